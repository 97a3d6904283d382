"""Conversion of records to JSON, and the places of values that JSON cannot hold."""

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from qce._checks import error

_DEEP = 50  # levels of a record; more mean that it contains itself
_LONG = 14_000  # bits of a whole number: Python refuses to write out 4300 digits


def to_json(value: Any) -> str:
    """Write nested records as strict JSON; infinities and NaN as the texts `float` reads.

    >>> print(to_json({"value": float("inf")}))
    {
      "value": "inf"
    }
    <BLANKLINE>
    """
    text = json.dumps(plain(value, "value"), indent=2, allow_nan=False, ensure_ascii=False) + "\n"
    # Halves of surrogate pairs, as in names of files, are not valid UTF-8.
    return re.sub("[\ud800-\udfff]", lambda half: f"\\u{ord(half[0]):04x}", text)


def plain(value: Any, name: str = "report") -> Any:
    """Turn nested records into values that JSON can hold.

    Args:
        value: Mappings, sequences, arrays, numbers, texts, truth values, None.
        name: What to call it in an error.

    Raises:
        TypeError: It holds anything else; the first such value is named by its place.

    >>> try:
    ...     plain({"loss": {"last": 1 + 2j}})
    ... except TypeError as problem:
    ...     print(problem.found)
    'loss/last' is (1+2j)
    """
    found, strange = storable(value)
    refuse_strange(strange, name)
    return found


def refuse_strange(strange: Mapping[str, Any], name: str) -> None:
    """Raise TypeError where there is a value that JSON cannot hold."""
    for where, what in strange.items():
        shown = _repr(what) if len(_repr(what)) < 60 else f"of type {type(what).__name__}"
        remedy = "numbers and texts; arrays belong to `parameters` and `history`"
        if isinstance(what, complex):
            remedy = "real and imaginary part by themselves"
        must = "hold real numbers, texts, truth values or None"
        at = f"{where!r} is" if where else "it is"
        raise error(name, must, f"{at} {shown}", remedy, TypeError)


def storable(value: Any) -> tuple[Any, dict[str, Any]]:
    """Return a record for JSON, and the values that JSON cannot hold by their place.

    In the record these are replaced by their texts, so that nothing else is lost.
    """
    strange: dict[str, Any] = {}
    return _plain(value, (), strange), strange


def _plain(value: Any, at: tuple[str, ...], strange: dict[str, Any]) -> Any:
    if hasattr(value, "tolist"):  # arrays and scalars of every library
        try:
            value = value.tolist()
        except Exception:  # one that is traced, and has no value
            return _strange(value, at, strange)
    if isinstance(value, (Mapping, list, tuple)) and len(at) > _DEEP:
        return _strange(value, at[:3], strange)
    if isinstance(value, Mapping):
        named = {str(key): _plain(item, (*at, str(key)), strange) for key, item in value.items()}
        return named if len(named) == len(value) else _strange(value, at, strange)
    if isinstance(value, (list, tuple)):
        return [_plain(item, (*at, str(k)), strange) for k, item in enumerate(value)]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(value)
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int) and value.bit_length() < _LONG:
        return value
    return _strange(value, at, strange)


def _strange(value: Any, at: tuple[str, ...], strange: dict[str, Any]) -> str:
    strange.setdefault("/".join(at), value)
    return _repr(value)


def _repr(value: Any) -> str:
    try:
        return repr(value)
    except Exception as problem:  # a whole number of too many digits; an object that has no text
        return f"{type(value).__name__} ({problem})"
