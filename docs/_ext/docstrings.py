r"""Docstrings of `qce` are plain text with `code` and $mathematics$; this makes them reST.

Kets, norms and stars stand there as people write them: |ψ⟩, ‖x‖, p*. In reST a bar begins a
substitution and a star an emphasis, so they are escaped before napoleon reads the sections.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from types import ModuleType
from typing import Any

import qce

_SPAN = re.compile(
    r"(?P<role>:[\w:]+:`[^`]+`|``.+?``|`[^`]+ <[^`]+>`__)"
    r"|`(?P<code>[^`]+)`"
    r"|\$(?P<math>[^$]+)\$"
    r"|(?P<emphasis>(?<![\w*`])\*\w[^*\n]*\*(?![\w*]))"
    r"|(?P<special>[|*\\]|_(?!\w))",
    re.DOTALL,
)


_DISPLAY = re.compile(r"(?P<before>(?:.*\n)*)(?P<indent> *)\$\$(?P<math>[^$]+)\$\$\s*")


def paragraph(text: str) -> str:
    """Return a paragraph in reST; one that is a formula by itself stands by itself."""
    if (formula := _DISPLAY.fullmatch(text)) and not formula["before"].strip():
        indent = formula["indent"]
        return f"{formula['before']}{indent}.. math::\n\n{indent}   {_one_line(formula['math'])}"
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
    paragraphs = re.split(r"\n(?=[ \t]*(?:\n|$))", sources("\n".join(lines)))
    return "\n".join(p if ">>>" in p else paragraph(p) for p in paragraphs).split("\n")


def sources(text: str) -> str:
    """Return a docstring with its section `Source` as a field, and papers on arXiv as links."""
    text = re.sub(r"(?m)^( *)Source:\n+((?:\1 .*(?:\n|$))+)", _field, text)
    text = re.sub(r"(?m)^( *)Source: (\S.*\n(?:\1\S.*(?:\n|$))*)", _field, text)
    return re.sub(_ARXIV, r"`arXiv:\1 <https://arxiv.org/abs/\1>`__", text)


_ARXIV = r"(?<![`/\w])arXiv:((?:[a-z-]+/\d{7}|\d{4}\.\d{4,5})(?:v\d+)?)"


def _field(found: re.Match[str]) -> str:
    indent, body = found.groups()
    lines = [line.strip() for line in body.splitlines()]
    return f"{indent}:Source: " + f"\n{indent}    ".join(lines) + "\n"


def summary(module: ModuleType, members: object = None) -> list[str]:
    """Return a table of the names of a module, each with its first sentence, in reST."""
    names = getattr(module, "__all__", None) or [
        name
        for name, x in vars(module).items()
        if not name.startswith("_") and getattr(x, "__module__", None) == module.__name__
    ]
    if isinstance(members, list):
        names = members
    described = [name for name in names if _is_described(getattr(module, name))]
    if not described:
        return []
    lines = ["", ".. list-table::", "   :class: summary", "   :widths: auto", ""]
    for name in described:
        lines += [
            f"   * - :py:obj:`{name} <{module.__name__}.{name}>`",
            f"     - {first_sentence(inspect.getdoc(getattr(module, name)) or '')}",
        ]
    return [*lines, ""]


def _is_described(x: object) -> bool:
    return (inspect.isclass(x) or inspect.isroutine(x)) and bool(inspect.getdoc(x))


def first_sentence(text: str) -> str:
    """Return the first sentence of a docstring, in reST."""
    head = " ".join(text.split("\n\n")[0].split())
    return paragraph(re.split(r"(?<=[.?!]) (?=[A-Z`])", head)[0])


_LONGEST = 60  # characters of a default value in a signature


def short(documented: Any, signature: str) -> str:
    """Return a signature with `...` for defaults that nobody reads."""
    try:
        parameters = inspect.signature(documented).parameters.values()
    except (TypeError, ValueError):
        return signature
    for text in (repr(parameter.default) for parameter in parameters):
        if len(text) > _LONGEST or " at 0x" in text:
            signature = signature.replace(text, "...")
    return signature


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
        _app, what, _name, documented, options, lines = about
        lines[:] = convert(lines)
        if what == "module":
            lines.extend(summary(documented, options.get("members")))

    def sign(*about: Any) -> tuple[str, str | None] | None:
        _app, _what, _name, documented, _options, signature, returns = about
        return (short(documented, signature), returns) if signature else None

    def skip(*about: Any) -> bool | None:
        """Leave out methods that scikit-learn writes into its estimators."""
        member = about[3]
        return True if str(getattr(member, "__module__", "")).startswith("sklearn.") else None

    app.connect("builder-inited", resolve_lazy_names)
    app.connect("autodoc-skip-member", skip)
    app.connect("autodoc-process-signature", sign)
    app.connect("autodoc-process-docstring", process, priority=400)
    return {"parallel_read_safe": True}
