"""The PDF, from the manuscript and what was written for it, the same bytes for the same text."""

import os
import shutil
import subprocess
from pathlib import Path

from qce._checks import error
from qce.reproduce import paper
from qce.reproduce._files import put

PACKAGES = ("texlive-latex-base", "texlive-publishers", "latexmk")


def missing() -> list[str]:
    """Return the Debian packages that have to be installed before a PDF can be made."""
    found = {
        "texlive-latex-base": shutil.which("pdflatex") is not None,
        "texlive-publishers": _knows("revtex4-2.cls"),
        "latexmk": shutil.which("latexmk") is not None,
    }
    return [package for package in PACKAGES if not found[package]]


def build(folder: Path) -> Path:
    """Make `main.pdf` in a folder that holds the figures, `values.tex` and `comparison.tex`.

    Args:
        folder: Where the sources are put and the PDF comes to be.

    Returns:
        The PDF.

    Raises:
        ValueError: LaTeX refuses the manuscript; the message has its first complaint.
    """
    for path in sorted(paper.folder().iterdir()):
        if path.suffix in (".tex", ".bib"):
            put(folder / path.name, path.read_bytes())
    # Without the time of the build in it, and without warnings of over 79 columns cut in two.
    settings = {"SOURCE_DATE_EPOCH": "0", "FORCE_SOURCE_DATE": "1", "max_print_line": "1000"}
    call = ["latexmk", "-pdf", "-interaction=nonstopmode", "-halt-on-error", "main.tex"]
    done = subprocess.run(
        call, cwd=folder, env={**os.environ, **settings}, capture_output=True, text=True
    )
    if done.returncode:
        log = folder / "main.log"
        said = [line for line in done.stdout.splitlines() if line.startswith("!")]
        but = said[0] if said else done.stderr.strip().splitlines()[-1]
        raise error("paper", "be a manuscript that LaTeX accepts", but, f"a mended one; see {log}")
    return folder / "main.pdf"


def _knows(file: str) -> bool:
    if shutil.which("kpsewhich") is None:
        return False
    return subprocess.run(["kpsewhich", file], capture_output=True).returncode == 0
