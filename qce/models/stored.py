"""Models and their parameters in one file of text and numbers, without code."""

from __future__ import annotations

import dataclasses
import importlib
import json
import math
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from qce import _checks, _files, _npz
from qce._checks import error
from qce.circuits.circuit import Block
from qce.typing import Array

_SCHEMA = 1
_OWN = "own"  # in place of a module, for what is not of qce
_NUMBERS = (bool, int, float, str, type(None))


def save(model: Any, params: Array | None, path: str | os.PathLike[str]) -> Path:
    """Write a model and its parameters into one file, which `load` reads.

    The file is NumPy's `npz`: arrays, and one text (JSON) that names the parts of the model. It
    holds no code, so that files from unknown sources can be read; your own classes and blocks are
    stored by name, and have to be passed to `load`.

    Args:
        model: of `qce.models`, or a dataclass of your own, defined at the top level of a module,
            whose fields are numbers, texts, arrays, tuples of these, circuits or models.
        params: shape `(size,)`; `None` for a distribution that has none, such as a `ChowLiuTree`.
        path: the file, which must not exist yet; `.npz` is added where no ending is given.

    Returns:
        The file.

    Raises:
        TypeError: the model holds what has no name: a lambda, or a class or function within a
            function.
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
    path = _ended(path)
    if not dataclasses.is_dataclass(type(model)):
        but = f"it is {_checks.shown(model)}"
        remedy = "one of qce.models, or a dataclass of your own"
        if hasattr(model, "get_params"):  # an estimator of scikit-learn
            remedy = "its `model_` and `params_`; `pickle` keeps the scale of its features too"
        raise error("model", "be a dataclass", but, remedy, TypeError)
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


def load(
    path: str | os.PathLike[str], *, own: Sequence[Callable[..., Any]] = ()
) -> tuple[Any, np.ndarray | None]:
    """Read a model and its parameters from a file that `save` has written.

    Args:
        path: the file, as `save` returned it or was given it.
        own: your own classes and functions that the file names; nothing else from outside qce is
            called.

    Returns:
        The model, and its parameters, shape `(size,)`; `None` for a distribution that has none.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is damaged, holds something else, or names what is not in `own`.
    """
    path = _checks.path("path", path, 'path="model.npz", for example')
    known = _by_name(own)
    path = path if path.is_file() else _ended(path)
    if not path.is_file():
        but = f"there is no file {path}"
        raise error("path", "name a file", but, "one that `save` has returned", FileNotFoundError)
    try:
        arrays = _npz.load(path)
        about = json.loads(str(arrays["about"]))
        if about["schema"] != _SCHEMA:
            raise ValueError(f"it is of schema {about['schema']}")
        model, params = _Reader(arrays, known).made(about["model"]), arrays.get("params")
        if params is not None and params.shape != (model.size,):
            raise ValueError(f"it holds {params.size} parameters for {model.size}")
    except _NotGiven as problem:
        but = f"{path} names `{problem}`, which is not of qce"
        raise error("own", "hold what the model is made of", but, f"own=[{problem}]") from None
    except Exception as problem:  # a damaged file raises whatever it is read with
        but = f"{path} is none ({type(problem).__name__}: {problem})"
        raise error("path", "name a file of a model", but, "one that `save` wrote") from None
    return model, params


def _ended(path: Path) -> Path:
    return path if path.suffix else path.with_name(f"{path.name}.npz")


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
    if isinstance(x, Block):
        build, given = x.recipe or (Block, (x.name, x.size, x.apply, x.fused))
        return {"block": _name(build), "given": [_described(each, arrays) for each in given]}
    if dataclasses.is_dataclass(x) and not isinstance(x, type):
        values = {f.name: getattr(x, f.name) for f in dataclasses.fields(x) if f.init}
        fields = {name: _described(value, arrays) for name, value in values.items()}
        return {"class": _name(type(x)), "fields": fields}
    if callable(x):
        return {"function": _own_name(x)}
    but = f"a part of it is {_checks.shown(x)}"
    remedy = "numbers, texts, arrays, tuples of these, circuits and models"
    raise error("model", "be made of what a file can hold", but, remedy, TypeError)


def _name(x: Any) -> str:
    """Where a class or a builder of blocks is defined."""
    ours = x.__module__.startswith("qce.")
    return f"{x.__module__}:{x.__qualname__}" if ours else _own_name(x)


def _own_name(x: Any) -> str:
    """The bare name of a user's class or function: its module's name may differ elsewhere."""
    module, name = getattr(x, "__module__", ""), getattr(x, "__qualname__", "")
    if module.startswith("qce.") or not name.isidentifier():
        but = f"a part of it is {_checks.shown(x)}, whose code a file does not hold"
        remedy = "classes and functions that are defined at the top level of a module"
        raise error("model", "be made of what has a name", but, remedy, TypeError)
    return f"{_OWN}:{name}"


# --- reading ---------------------------------------------------------------------------------


class _NotGiven(Exception):
    """A class or function that a file names and that is not in `own`."""


def _by_name(own: Sequence[Callable[..., Any]]) -> dict[str, Any]:
    given = _checks.sequence("own", own, "own=[MyModel], for example")
    if odd := [x for x in given if not (callable(x) and hasattr(x, "__qualname__"))]:
        but = f"one is {_checks.shown(odd[0])}"
        raise error("own", "hold classes and functions", but, "own=[MyModel]", TypeError)
    return {x.__qualname__: x for x in given}


@dataclasses.dataclass(frozen=True)
class _Reader:
    """Builds a model from its description.

    Args:
        arrays: those of the file.
        own: classes and functions of the user's, by name.
    """

    arrays: dict[str, np.ndarray]
    own: dict[str, Any]

    def made(self, x: Any) -> Any:
        if isinstance(x, _NUMBERS):
            return x
        if "float" in x:
            return float(x["float"])
        if "list" in x:
            return tuple(self.made(each) for each in x["list"])
        if "array" in x:
            return self.arrays[x["array"]]
        if "block" in x:
            return self._block(x["block"], [self.made(each) for each in x["given"]])
        if "function" in x:
            return self._own_function(x["function"])
        kind = self._found(x["class"])
        if not (isinstance(kind, type) and dataclasses.is_dataclass(kind)):
            raise ValueError(f"{x['class']} is no class of a model")
        return kind(**{name: self.made(value) for name, value in x["fields"].items()})

    def _block(self, name: str, given: list[Any]) -> Block:
        build = self._found(name)
        ours = name.startswith("qce.circuits.") and (build is Block or not isinstance(build, type))
        block = build(*given) if ours or name.startswith(_OWN) else None
        if not isinstance(block, Block):
            raise ValueError(f"{name} makes no block of a circuit")
        return block

    def _own_function(self, name: str) -> Any:
        """The gates of a block: functions of qce are not called under a name from a file."""
        if not name.startswith(_OWN):
            raise ValueError(f"{name} is no function of one's own")
        return self._found(name)

    def _found(self, name: str) -> Any:
        """A public name of models, circuits or states, or one that the user has passed."""
        module, _, qualname = name.partition(":")
        if module == _OWN:
            if qualname not in self.own:
                raise _NotGiven(qualname)
            return self.own[qualname]
        package = module.split(".")[:2]
        if package not in (["qce", "models"], ["qce", "circuits"], ["qce", "states"]):
            raise ValueError(f"{name} is no part of a model")
        if not qualname.isidentifier() or qualname.startswith("_"):
            raise ValueError(f"{name} is no name")
        found = getattr(importlib.import_module(module), qualname)
        if getattr(found, "__module__", None) != module:
            raise ValueError(f"{name} is of another module")
        return found
