"""Formulas that render without a network: MathJax and its fonts are part of the site.

The files are those of the package `sphinx-mathjax-offline` (MathJax 3, Apache-2.0). Only what a
page of formulas loads is copied; what other input, output and speech need stays behind.
"""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from typing import Any

_PACKAGE = "sphinx-mathjax-offline"
_LOADED = ("tex-chtml.js", "output/chtml/fonts", "input/tex/extensions")


def bundle() -> Path:
    """Return the folder in which MathJax is installed."""
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(f"formulas need {_PACKAGE}: pip install 'qce[docs]'")
    return Path(found.origin).parent / "static" / "mathjax"


def copy(target: Path) -> None:
    """Copy what pages load."""
    for name in _LOADED:
        source, place = bundle() / name, target / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, place, dirs_exist_ok=True)
        else:
            shutil.copyfile(source, place)


def setup(app: Any) -> dict[str, bool]:
    """Point the pages of HTML at the copy."""

    def finish(_app: Any, problem: Exception | None) -> None:
        if problem is None and app.builder.format == "html":
            copy(Path(app.outdir) / "_static" / "mathjax")

    app.setup_extension("sphinx.ext.mathjax")
    app.config.mathjax_path = "mathjax/tex-chtml.js"
    # The menu would load more scripts, on a right click.
    app.config.mathjax3_config = {"options": {"enableMenu": False}}
    app.connect("build-finished", finish)
    return {"parallel_read_safe": True}
