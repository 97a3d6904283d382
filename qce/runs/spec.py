"""A spec as text: the file that records it, and the digest that names its run."""

import dataclasses
import hashlib
import json
import math
from typing import Any

from qce._checks import error


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
    fields = dataclasses.fields(spec)
    lines += [f"{f.name} = {_literal(f.name, getattr(spec, f.name))}" for f in fields]
    return "\n".join(lines) + "\n"


def digest(name: str, spec: Any) -> str:
    """Return ten hexadecimal digits that tell this spec from every other.

    Equal specs have equal digests in every process and on every machine.
    """
    return hashlib.sha256(to_toml(name, spec).encode()).hexdigest()[:10]


def _literal(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        # Python writes a float in the fewest digits that give it back; TOML reads them all.
        return repr(value) if math.isfinite(value) else str(value)
    if isinstance(value, str):
        # A JSON string is a TOML basic string, as long as nothing is split into surrogates.
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, (tuple, list)):
        return "[" + ", ".join(_literal(name, item) for item in value) + "]"
    must = "be a number, a text, a truth value or a sequence of these"
    but = f"it is of type {type(value).__name__}"
    raise error(name, must, but, "something that config.toml can hold", TypeError)
