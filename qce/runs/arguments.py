"""A spec on the command line: one option for each field."""

import dataclasses
import typing
from argparse import BooleanOptionalAction
from collections.abc import Mapping
from typing import Any

from qce._checks import error


def add_fields(parser: Any, spec: type) -> None:
    """Add an option for each field of a spec: `steps: int = 100` becomes `--steps`.

    Args:
        parser: An argparse parser or group.
        spec: Frozen dataclass; its fields are int, float, str or bool, and the help text of a
            field is its `metadata["help"]`.

    Raises:
        TypeError: A field has another type.
    """
    types = typing.get_type_hints(spec)
    for item in dataclasses.fields(spec):
        parser.add_argument(
            "--" + item.name.replace("_", "-"),
            dest=item.name,
            help=_help(item),
            **_kind(item.name, types[item.name]),
            **_default(item),
        )


def spec_from(spec: type, values: Mapping[str, Any]) -> Any:
    """Make a spec from parsed options, passing over those that are not its fields."""
    return spec(**{item.name: values[item.name] for item in dataclasses.fields(spec)})


def _kind(name: str, kind: Any) -> dict[str, Any]:
    if kind is bool:
        return {"action": BooleanOptionalAction}
    if kind in (int, float, str):
        return {"type": kind, "metavar": kind.__name__.upper()}
    must = "be an int, float, str or bool to be set on the command line"
    raise error(name, must, f"it is {kind}", "a field of one of these types", TypeError)


def _default(item: dataclasses.Field[Any]) -> dict[str, Any]:
    if item.default is not dataclasses.MISSING:
        return {"default": item.default}
    return {"required": True}


def _help(item: dataclasses.Field[Any]) -> str:
    text = item.metadata.get("help", "")
    return text if item.default is dataclasses.MISSING else f"{text} (default {item.default})"
