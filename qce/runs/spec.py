"""Specs: their fields, the values allowed, and the digest that names a run."""

import dataclasses
import difflib
import hashlib
import json
import math
import numbers
import re
import types
import typing
from collections.abc import Hashable, Iterable, Mapping
from functools import cache
from typing import Any, Literal

import numpy as np

from qce import _checks
from qce._checks import error, shown

_FIELDS = "an int, float, str, bool, Literal, tuple of these, or one of them | None"


def setting(
    default: Any = dataclasses.MISSING,
    help: str = "",
    *,
    unit: str = "",
    least: float | None = None,
    most: float | None = None,
    above: float | None = None,
) -> Any:
    """Make a field of a `Spec`: default, help, unit and bounds in one place.

    The command line, spec files and `execute` all use it.

    Args:
        default: Default value; left out for a field that has to be given.
        help: One phrase of description.
        unit: Unit of the number, for the description.
        least: Least value that is allowed; for each entry, if the field is a tuple.
        most: Largest value that is allowed.
        above: Bound that the value has to exceed.

    Returns:
        A dataclass field.

    Raises:
        TypeError: A field cannot hold the default, or a bound is no number.

    Example:
        >>> @dataclasses.dataclass(frozen=True)
        ... class Spec:
        ...     beta: float = setting(1.0, "inverse temperature", unit="1/J", above=0)
        >>> checked(Spec(beta=2))
        Spec(beta=2.0)
        >>> checked(Spec(beta=0.0))
        Traceback (most recent call last):
        qce.errors.ArgumentError: Argument `beta` must be above 0, but it is 0.0. \
Pass a larger number.
    """
    if default is not dataclasses.MISSING:
        default = _default(default)
    for name, text in (("help", help), ("unit", unit)):
        _checks.instance(name, text, str, "a phrase for people")
    for name, bound in (("least", least), ("most", most), ("above", above)):
        if bound is not None:
            _checks.number(name, bound, "a number, or None for no bound")
    about = {"help": help, "unit": unit, "least": least, "most": most, "above": above}
    said = {name: value for name, value in about.items() if value not in ("", None)}
    return dataclasses.field(default=default, metadata=said)


def _default(default: Any) -> Any:
    """A value that a field of a spec can hold."""
    if isinstance(default, np.ndarray) and not default.ndim:
        default = default.item()
    for value in default if isinstance(default, tuple) else (default,):
        if value is not None and not isinstance(value, (bool, np.bool_, numbers.Real, str)):
            must = "be a number, a text, a truth value, None or a tuple of these"
            but = f"it is of type {type(value).__name__}"
            remedy = "a tuple for a list, and no default for anything else"
            raise error("default", must, but, remedy, TypeError)
    return default


def checked(spec: Any) -> Any:
    """Return a spec whose fields have their declared types and are within their bounds.

    An int for a float, a NumPy scalar and a list for a tuple are converted, so that equal settings
    name the same run.

    Raises:
        TypeError: A value is not of its field's type, or that type is not allowed in a spec.
        ValueError: A value is outside the bounds or choices of its field.
    """
    if not dataclasses.is_dataclass(spec) or isinstance(spec, type):
        but = f"it is {shown(spec)}"
        raise error("spec", "be an instance of the experiment's Spec", but, "`Spec()`", TypeError)
    types = types_of(type(spec))
    values = {}
    for item in dataclasses.fields(spec):
        value = _typed(item.name, types[item.name], getattr(spec, item.name))
        for number in value if isinstance(value, tuple) else (value,):
            if number is not None:
                _within(item.name, item.metadata, number)
        values[item.name] = value
    return dataclasses.replace(spec, **values)


def types_of(spec: type) -> dict[str, Any]:
    """Return the declared type of each field.

    Raises:
        TypeError: One is a text that names no type.
    """
    try:
        declared = _hints(spec)
    except NameError as problem:
        but = f"of a field it is not: {problem}"
        remedy = "types that are defined when the file is imported"
        raise error("Spec", "declare types that are known", but, remedy, TypeError) from None
    return {item.name: declared[item.name] for item in dataclasses.fields(spec)}


@cache  # found once, where all that its names stand for is loaded
def _hints(spec: Any) -> dict[str, Any]:
    return typing.get_type_hints(spec)


def optional(kind: Any) -> tuple[Any, bool]:
    """Return a field's type without its None, and whether it had one: `int | None` is int.

    >>> optional(int | None), optional(float)
    ((<class 'int'>, True), (<class 'float'>, False))
    """
    members = typing.get_args(kind)
    if typing.get_origin(kind) in (typing.Union, types.UnionType) and type(None) in members:
        others = tuple(member for member in members if member is not type(None))
        return typing.Union[others], True  # noqa: UP007
    if typing.get_origin(kind) is Literal and None in members:
        return Literal[tuple(member for member in members if member is not None)], True
    return kind, False


def make(spec: type, values: Mapping[str, Any]) -> Any:
    """Make a checked spec from named values, defaults for the rest.

    Raises:
        ValueError: A name is no field of the spec, or a field without default is missing.
    """
    check_class(spec)
    fields = {item.name: item for item in dataclasses.fields(spec)}
    for name in values:
        if name not in fields:
            but = f"{name!r} is none" + nearest(name, fields)
            raise error("spec", "hold fields of the experiment's Spec only", but, _one_of(fields))
    for name, item in fields.items():
        no_default = item.default is dataclasses.MISSING
        if name not in values and no_default and item.default_factory is dataclasses.MISSING:
            raise error(name, "be given", "it has no default", f"a value for {name!r}")
    return checked(spec(**values))


def check_class(spec: Any) -> None:
    """A dataclass, not one of its instances."""
    if not (isinstance(spec, type) and dataclasses.is_dataclass(spec)):
        but, remedy = f"it is {shown(spec)}", "the class, without parentheses"
        raise error("spec", "be the experiment's dataclass Spec", but, remedy, TypeError)


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a question with the known name most similar to this one, "" where none is."""
    known = list(known)
    same = [other for other in known if other.casefold() == name.casefold()]
    found = same or difflib.get_close_matches(name, known, n=1)
    return f" (did you mean {found[0]!r}?)" if found else ""


def to_toml(name: str, spec: Any) -> str:
    """Write the name and all fields of a spec, defaults included, as TOML.

    Args:
        name: Name of the experiment.
        spec: Instance of the experiment's `Spec`; fields are numbers, texts, truth values, or
            sequences of these.

    Returns:
        The text of `config.toml`.

    Raises:
        TypeError: A field holds something that TOML cannot.
    """
    lines = [f"experiment = {_literal('experiment', name)}", "", "[spec]"]
    values = {field.name: getattr(spec, field.name) for field in dataclasses.fields(spec)}
    nothing = [name for name, value in values.items() if value is None]
    if nothing:  # for which TOML has no word
        lines.insert(1, f"none = {_literal('none', nothing)}")
    lines += [f"{_key(n)} = {_literal(n, v)}" for n, v in values.items() if v is not None]
    return "\n".join(lines) + "\n"


def from_toml(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a spec in a parsed `config.toml`, with those that are None."""
    none = config.get("none")
    names = [name for name in none if isinstance(name, str)] if isinstance(none, list) else []
    return {**config["spec"], **dict.fromkeys(names)}


def digest(name: str, spec: Any) -> str:
    """Return ten hexadecimal digits that identify this spec.

    Equal specs have equal digests in every process and on every machine.
    """
    return digest_of(to_toml(name, spec))


def digest_of(config: str) -> str:
    """Return the digest of the settings in a `config.toml`, without the tables below them."""
    settings, _, _ = config.partition("\n[code]\n")
    return hashlib.sha256(settings.encode()).hexdigest()[:10]


def _typed(name: str, kind: Any, value: Any) -> Any:
    kind, may_be_none = optional(kind)
    if value is None and may_be_none:
        return None
    if typing.get_origin(kind) is Literal:
        return _choice(name, typing.get_args(kind), value)
    if typing.get_origin(kind) is tuple:
        return _tuple(name, typing.get_args(kind), value)
    if kind not in _ACCEPTED:
        raise error(name, f"be declared as {_FIELDS}", f"it is {kind}", "such a type", TypeError)
    if not isinstance(value, _ACCEPTED[kind]) or (kind is not bool and isinstance(value, bool)):
        but = f"it is {value!r}"
        must = f"be of type {kind.__name__}{' or None' if may_be_none else ''}"
        raise error(name, must, but, f"such a {_WORDS[kind]}", TypeError)
    # 0.0 and -0.0 are equal, and so are the runs they name.
    return float(value) + 0.0 if kind is float else kind(value)


def _choice(name: str, choices: tuple[Any, ...], value: Any) -> Any:
    """The choice that equals a value and has its type, since 1 and True are equal."""
    if isinstance(value, Hashable):
        for choice in choices:
            if choice == value and isinstance(choice, bool) == isinstance(value, bool):
                return choice
    listed = ", ".join(map(repr, choices))
    raise error(name, f"be one of {listed}", f"it is {value!r}", "one of these")


_ACCEPTED: dict[Any, Any] = {
    bool: (bool, np.bool_),
    int: numbers.Integral,
    float: numbers.Real,
    str: str,
}
_WORDS = {bool: "truth value", int: "whole number", float: "number", str: "text"}


def _tuple(name: str, kinds: tuple[Any, ...], value: Any) -> tuple[Any, ...]:
    if not isinstance(value, (tuple, list, np.ndarray)):
        raise error(name, "be a tuple", f"it is {value!r}", "a sequence of values", TypeError)
    if kinds[-1:] == (Ellipsis,):
        kinds = kinds[:1] * len(value)
    if any(optional(kind)[1] for kind in kinds):
        but = "an entry of it may be None"
        raise error(name, f"be declared as {_FIELDS}", but, "a tuple of values only", TypeError)
    if len(kinds) != len(value):
        but = f"it has {len(value)}"
        raise error(name, f"have {len(kinds)} entries", but, "one value for each")
    return tuple(_typed(name, kind, item) for kind, item in zip(kinds, value, strict=True))


def _within(name: str, about: Mapping[str, Any], value: Any) -> None:
    """Compare so that NaN is outside of all bounds."""
    least, most, above = (about.get(bound) for bound in ("least", "most", "above"))
    if least is not None and not value >= least:
        raise error(name, f"be at least {least}", f"it is {value}", "a larger number")
    if above is not None and not value > above:
        raise error(name, f"be above {above}", f"it is {value}", "a larger number")
    if most is not None and not value <= most:
        raise error(name, f"be at most {most}", f"it is {value}", "a smaller number")


def _one_of(fields: Iterable[str]) -> str:
    known = ", ".join(fields)
    return f"only these: {known}" if known else "none: this Spec has no fields"


def _key(name: str) -> str:
    """A field's name in TOML, whose bare keys are ASCII; Python's names need not be."""
    return name if re.fullmatch("[A-Za-z0-9_-]+", name) else json.dumps(name, ensure_ascii=False)


def _literal(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        # Python writes a float in the fewest digits that give it back; TOML reads them all.
        return repr(value) if math.isfinite(value) else str(value)
    if isinstance(value, str):
        return _text(name, value)
    if isinstance(value, (tuple, list)):
        return "[" + ", ".join(_literal(name, item) for item in value) + "]"
    must = "be a number, a text, a truth value or a sequence of these"
    but = f"it is of type {type(value).__name__}"
    raise error(name, must, but, "something that config.toml can hold", TypeError)


def _text(name: str, value: str) -> str:
    """A JSON string is a TOML basic string, but for DEL; neither holds half of a surrogate pair."""
    try:
        value.encode()
    except UnicodeEncodeError:
        but = f"it is {value!r}, which is none"
        remedy = "characters, not bytes of another encoding"
        raise error(name, "be text that UTF-8 can hold", but, remedy) from None
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
