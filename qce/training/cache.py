"""JAX's compilation cache on disk, so that a second run does not compile again."""

from __future__ import annotations

import os
from pathlib import Path


def enable_compilation_cache(directory: str | os.PathLike[str] | None = None) -> Path:
    """Keep compiled programs on disk for the next process.

    Process-wide, like all of JAX's settings. Programs are found again by their content, so an
    entry is never wrong, only unused.

    Args:
        directory: where; `None` for `$XDG_CACHE_HOME/qce`, `~/.cache/qce` where that is not set.

    Returns:
        The directory, made where it was missing.
    """
    import jax

    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    path = Path(directory) if directory is not None else home / "qce"
    path.mkdir(parents=True, exist_ok=True)
    jax.config.update("jax_compilation_cache_dir", str(path))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", 0)
    return path
