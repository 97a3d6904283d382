r"""Docstrings of `qce` are plain text with `code` and $mathematics$; this makes them reST.

Kets, norms and stars stand there as people write them: |ψ⟩, ‖x‖, p*. In reST a bar begins a
substitution and a star an emphasis, so they are escaped before napoleon reads the sections.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from typing import Any

import qce

_SPAN = re.compile(
    r"(?P<role>:[\w:]+:`[^`]+`|``.+?``)"
    r"|`(?P<code>[^`]+)`"
    r"|\$(?P<math>[^$]+)\$"
    r"|(?P<emphasis>(?<![\w*`])\*\w[^*\n]*\*(?![\w*]))"
    r"|(?P<special>[|*\\]|_(?!\w))",
    re.DOTALL,
)


def paragraph(text: str) -> str:
    """Return a paragraph in reST."""
    return _SPAN.sub(_span, text)


def _span(found: re.Match[str]) -> str:
    if code := found["code"]:
        return f"`{_one_line(code)}`" if re.fullmatch(r"[\w.]+", code) else f"``{_one_line(code)}``"
    if math := found["math"]:
        return f":math:`{_one_line(math)}`"
    if special := found["special"]:
        return "\\" + special
    return found[0]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def convert(lines: list[str]) -> list[str]:
    """Return a docstring in reST; examples and literal blocks stay as they are."""
    paragraphs = re.split(r"\n(?=[ \t]*(?:\n|$))", "\n".join(lines))
    return "\n".join(p if ">>>" in p else paragraph(p) for p in paragraphs).split("\n")


def resolve_lazy_names(*_about: Any) -> None:
    """Import what a module of `qce` imports on demand: autodoc lists what is there already."""
    for module in pkgutil.walk_packages(qce.__path__, "qce."):
        if not any(part.startswith("_") for part in module.name.split(".")):
            found = importlib.import_module(module.name)
            for name in getattr(found, "__all__", ()):
                setattr(found, name, getattr(found, name))


def setup(app: Any) -> dict[str, bool]:
    """Go before napoleon, which listens to the same event."""

    def process(*about: Any) -> None:
        lines: list[str] = about[-1]
        lines[:] = convert(lines)

    def skip(*about: Any) -> bool | None:
        """Leave out methods that scikit-learn writes into its estimators."""
        member = about[3]
        return True if str(getattr(member, "__module__", "")).startswith("sklearn.") else None

    app.connect("builder-inited", resolve_lazy_names)
    app.connect("autodoc-skip-member", skip)
    app.connect("autodoc-process-docstring", process, priority=400)
    return {"parallel_read_safe": True}
