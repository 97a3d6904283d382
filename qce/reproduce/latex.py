"""The PDF, from the manuscript and what was written for it, the same bytes for the same text."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qce._checks import error
from qce.reproduce import paper
from qce.reproduce._files import put

# No settings of the user or of the folder, and no program that the manuscript asks for.
_CALL = ["latexmk", "-norc", "-pdf", "-interaction=nonstopmode", "-halt-on-error"]
_CALL += ["-no-shell-escape"]
# Without the time of the build in it, and without warnings of over 79 columns cut in two.
_SETTINGS = {"SOURCE_DATE_EPOCH": "0", "FORCE_SOURCE_DATE": "1", "max_print_line": "1000"}
_CAPTURED: dict[str, Any] = {"capture_output": True, "text": True, "errors": "replace"}

# In this order: the supplement takes numbers of theorems from what LaTeX wrote for the first.
_DOCUMENTS = ("main", "supplement")

PACKAGES = ("texlive-latex-base", "texlive-publishers", "latexmk")


def missing() -> list[str]:
    """Return the Debian packages that have to be installed before a PDF can be made."""
    found = {
        "texlive-latex-base": shutil.which("pdflatex") is not None,
        "texlive-publishers": _knows("revtex4-2.cls"),
        "latexmk": shutil.which("latexmk") is not None,
    }
    return [package for package in PACKAGES if not found[package]]


def build(folder: Path, made: Mapping[str, bytes]) -> Path:
    """Make `main.pdf`, and `supplement.pdf` where there is a supplement, from what was made.

    LaTeX works in a fresh folder, which holds nothing else: latexmk would run what it finds in a
    `.latexmkrc`, and LaTeX take in whatever lies there, in a folder that others can write.

    Args:
        folder: Where the sources are put for whoever reads them, and the PDFs.
        made: The figures, `values.tex` and `comparison.tex`, by their names in the manuscript.

    Returns:
        The PDF of the manuscript; that of the supplement is beside it.

    Raises:
        ValueError: LaTeX refuses the manuscript; the message has its first complaint.
    """
    manuscript = {
        path.name: path.read_bytes()
        for path in sorted(paper.folder().iterdir())
        if path.suffix in (".tex", ".bib")
    }
    for name, content in manuscript.items():
        put(folder / name, content)
    with tempfile.TemporaryDirectory() as name:
        fresh = Path(name)
        for source, content in {**manuscript, **made}.items():
            put(fresh / source, content)
        for document in _DOCUMENTS:
            if f"{document}.tex" in manuscript:
                _typeset(document, fresh, folder)
    return folder / "main.pdf"


def _typeset(document: str, fresh: Path, folder: Path) -> None:
    """Run LaTeX on one document where its parts are, and keep its log and PDF."""
    call = [*_CALL, f"{document}.tex"]
    done = subprocess.run(call, cwd=fresh, env={**os.environ, **_SETTINGS}, **_CAPTURED)
    log = fresh / f"{document}.log"
    put(folder / log.name, log.read_bytes() if log.is_file() else done.stdout.encode())
    if not done.returncode:
        put(folder / f"{document}.pdf", (fresh / f"{document}.pdf").read_bytes())
        return
    said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    but = next((line for line in said if line.startswith("!")), said[-1] if said else "it does not")
    remedy = f"a mended one; see {folder / log.name}"
    raise error("paper", "be a manuscript that LaTeX accepts", but, remedy)


def _knows(file: str) -> bool:
    if shutil.which("kpsewhich") is None:
        return False
    return subprocess.run(["kpsewhich", file], capture_output=True).returncode == 0
