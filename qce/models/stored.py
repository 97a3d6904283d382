"""Models and their parameters in one file: text and numbers, nothing that runs when it is read."""

from __future__ import annotations

import dataclasses
import importlib
import json
import math
import os
from pathlib import Path
from typing import Any

import numpy as np

from qce import _checks, _files, _npz
from qce._checks import error
from qce.circuits.circuit import Block
from qce.typing import Array

_SCHEMA = 1
_NUMBERS = (bool, int, float, str, type(None))


def save(model: Any, params: Array | None, path: str | os.PathLike[str]) -> Path:
    """Write a model and its parameters into one file, which `load` reads.

    The file is NumPy's `npz`: arrays, and one text (JSON) that says by name what the model is made
    of. No code is stored, so that a file of a stranger can be read.

    Args:
        model: of `qce.models`, with circuits of `qce.circuits`.
        params: shape `(size,)`; `None` for a distribution that has none, such as a `ChowLiuTree`.
        path: the file, which must not exist yet; `.npz` is added where no ending is given.

    Returns:
        The file.

    Raises:
        TypeError: the model holds something of one's own, such as a circuit of own blocks.
        ValueError: the parameters are not those of the model.
        FileExistsError: there is such a file.

    Example:
        >>> import tempfile
        >>> from qce import circuits, models
        >>> machine = models.BornMachine(circuits.strongly_entangling(2, 1))
        >>> path = save(machine, machine.initial(0), Path(tempfile.mkdtemp()) / "machine")
        >>> again, params = load(path)
        >>> again == machine, bool((params == machine.initial(0)).all())
        (True, True)
    """
    path = _checks.new_file("path", path, 'path="model.npz", for example')
    path = path if path.suffix else path.with_name(f"{path.name}.npz")
    if not (dataclasses.is_dataclass(type(model)) and type(model).__module__.startswith("qce.")):
        but = f"it is {_checks.shown(model)}"
        raise error("model", "be a model", but, "one of qce.models", TypeError)
    if path.exists():
        but = f"{path} is there already and is never overwritten"
        raise error("path", "not exist yet", but, "another name", FileExistsError)
    arrays: dict[str, np.ndarray] = {}
    about = {"schema": _SCHEMA, "model": _described(model, arrays)}
    if params is not None:
        given = _checks.vector("params", params, model.size)
        arrays["params"] = np.asarray(_checks.concrete("params", given), dtype=float)
    elif hasattr(model, "size"):
        but, remedy = "it is None", f"{model.size} numbers"
        raise error("params", "be those of the model", but, remedy)
    arrays["about"] = np.array(json.dumps(about))
    with _checks.writing("path"):
        _files.write(path, lambda file: _npz.dump(file, arrays))
    return path


def load(path: str | os.PathLike[str]) -> tuple[Any, np.ndarray | None]:
    """Read a model and its parameters from a file that `save` has written.

    Args:
        path: the file.

    Returns:
        The model, and its parameters, shape `(size,)`; `None` for a distribution that has none.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is damaged, or holds something else.
    """
    path = _checks.path("path", path, 'path="model.npz", for example')
    if not path.is_file():
        but = f"there is no file {path}"
        raise error("path", "name a file", but, "one that `save` has returned", FileNotFoundError)
    try:
        arrays = _npz.load(path)
        about = json.loads(str(arrays["about"]))
        if about["schema"] != _SCHEMA:
            raise ValueError(f"it is of schema {about['schema']}")
        model, params = _made(about["model"], arrays), arrays.get("params")
        if params is not None and params.shape != (model.size,):
            raise ValueError(f"it holds {params.size} parameters for {model.size}")
    except Exception as problem:  # a damaged file raises whatever it is read with
        but = f"{path} is none ({type(problem).__name__}: {problem})"
        raise error("path", "name a file of a model", but, "one that `save` wrote") from None
    return model, params


# --- writing ---------------------------------------------------------------------------------


def _described(x: Any, arrays: dict[str, np.ndarray]) -> Any:
    """What something is made of, as JSON holds it; arrays are put aside under numbers."""
    x = x.item() if isinstance(x, np.generic) else x
    if isinstance(x, float) and not math.isfinite(x):
        return {"float": repr(x)}
    if isinstance(x, _NUMBERS):
        return x
    if isinstance(x, (tuple, list)):
        return {"list": [_described(each, arrays) for each in x]}
    if isinstance(x, np.ndarray) or hasattr(x, "__array__"):
        arrays[name := f"array_{len(arrays)}"] = np.asarray(x)
        return {"array": name}
    if isinstance(x, Block) and x.recipe is not None:
        build, given = x.recipe
        return {"block": _name(build), "given": [_described(each, arrays) for each in given]}
    if dataclasses.is_dataclass(x) and type(x).__module__.startswith("qce."):
        values = {f.name: getattr(x, f.name) for f in dataclasses.fields(x) if f.init}
        fields = {name: _described(value, arrays) for name, value in values.items()}
        return {"class": _name(type(x)), "fields": fields}
    but = f"a part of it is {_checks.shown(x)}, whose code a file does not hold"
    remedy = "one of qce.models with a circuit of qce.circuits"
    raise error("model", "be made of what qce has", but, remedy, TypeError)


def _name(x: Any) -> str:
    return f"{x.__module__}:{x.__qualname__}"


# --- reading ---------------------------------------------------------------------------------


def _made(x: Any, arrays: dict[str, np.ndarray]) -> Any:
    """What a description describes."""
    if isinstance(x, _NUMBERS):
        return x
    if "float" in x:
        return float(x["float"])
    if "list" in x:
        return tuple(_made(each, arrays) for each in x["list"])
    if "array" in x:
        return arrays[x["array"]]
    if "block" in x:
        return _block(x["block"], [_made(each, arrays) for each in x["given"]])
    kind = _found(x["class"])
    if not (isinstance(kind, type) and dataclasses.is_dataclass(kind)):
        raise ValueError(f"{x['class']} is no class of a model")
    return kind(**{name: _made(value, arrays) for name, value in x["fields"].items()})


def _block(name: str, given: list[Any]) -> Block:
    build = _found(name)
    if not name.startswith("qce.circuits.") or isinstance(build, type):
        raise ValueError(f"{name} makes no block of a circuit")
    block = build(*given)
    if not isinstance(block, Block):
        raise ValueError(f"{name} makes no block of a circuit")
    return block


def _found(name: str) -> Any:
    """Something public of a module of models, circuits or states; nothing else is called."""
    module, _, qualname = name.partition(":")
    package = module.split(".")[:2]
    if package not in (["qce", "models"], ["qce", "circuits"], ["qce", "states"]):
        raise ValueError(f"{name} is no part of a model")
    if not qualname.isidentifier() or qualname.startswith("_"):
        raise ValueError(f"{name} is no name")
    found = getattr(importlib.import_module(module), qualname)
    if getattr(found, "__module__", None) != module:
        raise ValueError(f"{name} is of another module")
    return found
