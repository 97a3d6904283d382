"""The machine, software and code of a run, so that it can be repeated."""

import contextlib
import dataclasses
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import threadpoolctl

from qce.runs.experiment import Experiment

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NPROC", "XLA_FLAGS")


def surroundings(experiment: Experiment) -> dict[str, Any]:
    """Return the machine, software and code of a run.

    Args:
        experiment: Of the run.

    Returns:
        Python, platform, all installed packages with their versions; the processor's name, BLAS
        libraries with their thread counts and the kernel that each has chosen for this processor,
        XLA's device and precision where JAX is loaded; the settings of threads; the experiment
        file's checksum, and its git commit where it has one. Results are equal to the last bit if
        kernels and XLA's device are.
    """
    return {
        **_of_the_process(),
        "blas": _found(lambda: [_blas(library) for library in threadpoolctl.threadpool_info()]),
        "xla": _found(_xla),
        "threads": {name: os.environ[name] for name in _THREADS if name in os.environ},
        "experiment_sha256": experiment.code.get(experiment.path.name),
        "git": _git_of(experiment.path),
    }


def seeds(spec: Any) -> dict[str, Any]:
    """Return the fields of a spec that are seeds, by their names."""
    names = (field.name for field in dataclasses.fields(spec))
    return {name: getattr(spec, name) for name in names if name.split("_")[-1].startswith("seed")}


def _found(look: Callable[[], Any]) -> Any:
    """The result of a look, or its error as text, which must not end a run that is done."""
    try:
        return look()
    except Exception as problem:
        return f"unknown ({type(problem).__name__}: {problem})"


@cache
def _of_the_process() -> dict[str, Any]:
    return {
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "processor": _processor(),
        "packages": _found(_packages),
    }


@cache
def _git_of(experiment: Path) -> dict[str, Any] | None:
    """The state when it was first read: this process has not loaded later changes."""
    return git_state(experiment)


def git_state(file: Path) -> dict[str, Any] | None:
    """Return commit and cleanliness of the working tree that tracks a file, None without one.

    A file inside a working tree that does not track it, such as an installed package, is not
    described by the commit of that tree.
    """
    if _git(file, "ls-files", "--error-unmatch", file.name) is None:
        return None
    changes = _git(file, "status", "--porcelain")
    return {"commit": _git(file, "rev-parse", "HEAD"), "clean": changes == ""}


def _git(file: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(file.parent), *arguments], capture_output=True, text=True, timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):  # no git here, or one that hangs
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _packages() -> dict[str, str]:
    """Installed packages, without remains of interrupted installations."""
    installed: dict[str, str] = {}
    for one in metadata.distributions():
        with contextlib.suppress(Exception):  # its metadata are missing, or cannot be read
            installed |= {str(one.metadata["Name"]): str(one.version)}
    return dict(sorted(installed.items(), key=lambda item: item[0].lower()))


def _blas(library: dict[str, Any]) -> dict[str, Any]:
    kept = ("user_api", "internal_api", "version", "architecture", "num_threads")
    return {key: library.get(key) for key in kept}


def _processor() -> str:
    """The processor's name, which Python itself does not know on Linux."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())


def _xla() -> dict[str, Any] | None:
    """The device of XLA; None if XLA is not loaded, since loading takes its time."""
    jax = sys.modules.get("jax")
    if jax is None:
        return None
    devices = jax.devices()
    return {
        "platform": devices[0].platform,
        "device": devices[0].device_kind,
        "devices": len(devices),
        "x64": bool(jax.config.jax_enable_x64),
        "matmul_precision": jax.config.jax_default_matmul_precision,
    }
