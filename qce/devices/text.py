"""A device as one line of text: its name, then `key=value`."""

from __future__ import annotations

import shlex
from typing import Any

from qce._checks import error

_WORDS = {"true": True, "false": False, "none": None}


def read(text: str) -> tuple[str, dict[str, Any]]:
    """Return the name and the options in a line of text.

    Args:
        text: `"name key=value key=value"`; values are numbers, true, false, none, or words; a value
            with blanks needs quotes.

    Returns:
        Name and options.

    Raises:
        ValueError: the text is empty, or a word after the name is no `key=value`.

    Example:
        >>> read("qiskit.remote backend=FakeManilaV2 optimization_level=1")
        ('qiskit.remote', {'backend': 'FakeManilaV2', 'optimization_level': 1})
    """
    if not isinstance(text, str):
        raise error("text", "be one line", f"it is {text!r}", '"default.qubit"', TypeError)
    try:
        name, *words = shlex.split(text)
    except ValueError:
        remedy = '"default.qubit", or a name and key=value'
        raise error("text", "name a device", f"it is {text!r}", remedy) from None
    if not name.isprintable():
        raise error("text", "name a device", f"it is {text!r}", '"default.qubit"')
    options: dict[str, Any] = {}
    for word in words:
        key, separator, value = word.partition("=")
        if not (separator and key.isidentifier()):
            must = "have key=value after the name"
            raise error("text", must, f"{word!r} is none", f'"{name} key=value"')
        if key in options:
            but = f"{key!r} stands there twice"
            raise error("text", "give an option once", but, f"one {key}=")
        options[key] = _value(value)
    return name, options


def _value(word: str) -> Any:
    if word.lower() in _WORDS:
        return _WORDS[word.lower()]
    for kind in (int, float):
        try:
            return kind(word)
        except ValueError:
            continue
    return word
