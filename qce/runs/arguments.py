"""A spec on the command line and in a file, according to its fields."""

import argparse
import dataclasses
import tomllib
import typing
from argparse import BooleanOptionalAction
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from qce import _checks
from qce._checks import error
from qce.runs.spec import check_class, from_toml, make, nearest, optional, types_of


def add_fields(parser: Any, spec: type, *, lists: bool = False) -> None:
    """Add an option for each field of a spec: `steps: int = 100` becomes `--steps`.

    An option that is not given has no default, so that its value may come from a file.

    Args:
        parser: An argparse parser or group.
        spec: Frozen dataclass; its fields may be made by `qce.runs.setting`.
        lists: Whether an option takes several values, for a sweep over them.

    Raises:
        TypeError: A field has a type that is not allowed in a spec.
        ValueError: The parser already has an option of a field's name.
    """
    if not hasattr(parser, "add_argument"):
        but, remedy = f"it is {_checks.shown(parser)}", "`argparse.ArgumentParser()`"
        raise error("parser", "be a parser of argparse", but, remedy, TypeError)
    check_class(spec)
    types, lists = types_of(spec), _checks.truth("lists", lists)
    for item in dataclasses.fields(spec):
        option = "--" + item.name.replace("_", "-")
        about = _kind(item.name, types[item.name], lists)
        shown = _help(item, types[item.name]).replace("%", "%%")
        default = argparse.SUPPRESS
        try:
            parser.add_argument(option, dest=item.name, default=default, help=shown, **about)
        except argparse.ArgumentError:
            but = f"{option} is an option that every run has"
            raise error(item.name, "be no field of Spec", but, "another name for it") from None


def given(spec: type, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a spec among parsed options."""
    check_class(spec)
    _checks.instance("options", options, Mapping, "`vars(parser.parse_args())`")
    names = (item.name for item in dataclasses.fields(spec))
    return {name: options[name] for name in names if name in options}


def spec_from(spec: type, options: Mapping[str, Any], base: Mapping[str, Any] = {}) -> Any:
    """Make a spec from parsed options, then `base`, then defaults; ignore other options."""
    _checks.instance("base", base, Mapping, "what `read_file` returns")
    return make(spec, {**base, **given(spec, options)})


def read_file(path: str | Path, experiment: str) -> dict[str, Any]:
    """Read the values of a spec from a TOML file, such as the `config.toml` of a run.

    Args:
        path: File with a table `[spec]`; it may name its `experiment`.
        experiment: Name of the experiment that the values are for.

    Raises:
        OSError: The file cannot be read, or is none.
        ValueError: It is no TOML, has no table `[spec]`, or is for another experiment.
    """
    place = _checks.path("path", path, "the config.toml of a run")
    _checks.instance("experiment", experiment, str, "its name")
    must, remedy = "be a TOML file", "the config.toml of a run"
    if place.exists() and not place.is_file():  # a pipe would block without end
        raise error("path", must, f"{path} cannot be read (it is no file)", remedy, OSError)
    try:
        content = tomllib.loads(place.read_text(encoding="utf-8"))
    except OSError as problem:
        but = f"{path} cannot be read ({problem.strerror})"
        raise error("path", must, but, remedy, OSError) from None
    except (ValueError, RecursionError) as problem:
        remedy = "a file like the config.toml of a run"
        raise error("path", must, f"{path} is none: {problem}", remedy) from None
    if not isinstance(content.get("spec"), dict):
        but = f"{path} has no such table"
        raise error("path", "be a TOML file with a table [spec]", but, remedy)
    # Its code and data may differ from those of this run, and are not read.
    known = ("experiment", "none", "spec", "code", "data", "begun_with")
    if unknown := sorted(set(content) - set(known)):
        but = f"{path} also has {unknown[0]!r}" + nearest(unknown[0], ["experiment", "spec"])
        raise error("path", "hold `experiment` and [spec] only", but, "fields below [spec]")
    if content.get("experiment", experiment) != experiment:
        but = f"{path} is for {content['experiment']!r} and not for {experiment!r}"
        names = ("path", "experiment")
        raise error(names, "be of one experiment", but, "the file of such a run")
    return from_toml(content)


def _kind(name: str, kind: Any, lists: bool) -> dict[str, Any]:
    """The arguments of argparse for a type."""
    several: dict[str, Any] = {"nargs": "+"} if lists else {}
    if optional(kind)[1]:
        return {"type": _reader(name, kind), "metavar": _metavar(kind), **several}
    if kind is bool and not lists:
        return {"action": BooleanOptionalAction}
    if typing.get_origin(kind) is Literal:
        choices = typing.get_args(kind)
        return {"choices": choices, "type": _reader(name, kind), **several}
    return {"type": _reader(name, kind), "metavar": _metavar(kind), **several}


def _reader(name: str, kind: Any) -> Callable[[str], Any]:
    """Return a function from a word to a value of that type."""
    kind, may_be_none = optional(kind)
    if may_be_none:
        return _or_none(_reader(name, kind))
    if kind in (int, float, str):
        return kind
    if kind is bool:
        return _bool
    if typing.get_origin(kind) is Literal:
        return _literal(typing.get_args(kind))
    if typing.get_origin(kind) is tuple:
        (*entries,) = (_reader(name, entry) for entry in typing.get_args(kind) if entry is not ...)

        def several(word: str) -> tuple[Any, ...]:
            words = [part for part in word.split(",") if part]
            readers = entries if len(entries) == len(words) else entries[:1] * len(words)
            return tuple(read(part) for read, part in zip(readers, words, strict=True))

        several.__name__ = _metavar(kind)  # argparse names it when the word cannot be read
        return several
    must = "be an int, float, str, bool, Literal, tuple of these or None to be set by an option"
    raise error(name, must, f"it is {kind}", "a field of one of these types", TypeError)


def _or_none(read: Callable[[str], Any]) -> Callable[[str], Any]:
    def read_or_none(word: str) -> Any:
        return None if word == "none" else read(word)

    read_or_none.__name__ = read.__name__  # argparse names it when the word cannot be read
    return read_or_none


def _literal(choices: tuple[Any, ...]) -> Callable[[str], Any]:
    words = {str(choice): choice for choice in choices}

    def read(word: str) -> Any:
        if word not in words:
            raise argparse.ArgumentTypeError(f"{word!r} is none of {', '.join(words)}")
        return words[word]

    return read


def _bool(word: str) -> bool:
    if word not in ("true", "false"):
        raise argparse.ArgumentTypeError(f"{word!r} is neither true nor false")
    return word == "true"


def _metavar(kind: Any) -> str:
    kind, may_be_none = optional(kind)
    if may_be_none:
        return f"{_metavar(kind)}|none"
    if typing.get_origin(kind) is tuple:
        entries = [_metavar(entry) for entry in typing.get_args(kind) if entry is not ...]
        return ",".join(entries) if len(entries) > 1 else f"{entries[0]},…"
    if typing.get_origin(kind) is Literal:
        return "|".join(map(str, typing.get_args(kind)))
    return "true|false" if kind is bool else kind.__name__.upper()


def _help(item: dataclasses.Field[Any], kind: Any) -> str:
    about = item.metadata
    signs = {"least": "≥", "above": ">", "most": "≤"}
    notes = [str(about["unit"])] if "unit" in about else []
    notes += [f"{sign} {about[bound]}" for bound, sign in signs.items() if bound in about]
    if item.default is not dataclasses.MISSING:
        notes.append(f"default {_default(item.default)}")
    return f"{about.get('help', '')} ({'; '.join(notes)})" if notes else about.get("help", "")


def _default(value: Any) -> str:
    if value is None:
        return "none"
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
