"""The file that a training goes on from: one that is always whole, written after each step."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qce import _files, _npz
from qce._checks import error
from qce.errors import ArgumentError
from qce.objectives import Objective
from qce.results import Cost
from qce.training.digest import digests
from qce.training.history import COLUMNS, History
from qce.training.interface import Optimizer
from qce.training.stepper import State

_SCHEMA = 3


class Checkpoint:
    """State, history and spending of one training on disk.

    Random numbers need no state of their own: what a step draws depends on the seeds and on the
    number of the step, which are here.

    Args:
        path: File, by its own name whatever its ending.
        objective: What is trained.
        method: How.
        seed: Of the training.
    """

    def __init__(
        self, path: str | os.PathLike[str], objective: Objective, method: Optimizer, seed: int
    ):
        self._path = Path(path)
        if not self._path.parent.is_dir():
            but = f"there is no folder {self._path.parent}"
            remedy = "a path in one that is there"
            raise error("checkpoint", "be in a folder", but, remedy, FileNotFoundError)
        about = {"objective": objective.name, "size": objective.size, "shots": objective.shots}
        about |= {"outcomes": objective.seed, "optimizer": method.settings, "seed": seed}
        # Last, for what is a setting as well is named as one where it differs.
        self._about = {"schema": _SCHEMA, **about, "digests": digests(objective)}

    def refuse_existing(self) -> None:
        """Raise FileExistsError where there is one: it may be all that is left of another run."""
        if self._path.exists():
            but = f"{self._path} is there already and is never overwritten"
            remedy = "resume=True to go on from it, or another path"
            raise error("checkpoint", "not exist yet", but, remedy, FileExistsError)

    def load(self, fresh: State) -> tuple[State, History, Cost, str] | None:
        """Return where the training was left, None where there is no file.

        The last is what the kept point says of its bias.

        Args:
            fresh: State before the first step, whose structure the stored one has.

        Raises:
            ValueError: The file is damaged, or of another training.
        """
        if not self._path.exists():
            return None
        stored = self._read()
        try:
            return _state(stored, fresh), _history(stored), _spent(stored), str(stored["bias"])
        except (KeyError, ValueError, TypeError) as problem:
            raise self._damaged(problem) from None

    def save(self, state: State, history: History, spent: Cost, bias: str) -> None:
        """Replace the file as a whole: a process killed at any instant leaves a whole one."""
        arrays = {f"state_{k}": np.asarray(x) for k, x in enumerate(jax.tree.leaves(state))}
        columns = history.arrays()
        arrays |= {f"history_{name}": columns[name] for name in COLUMNS}
        arrays["spent"] = np.array([spent.circuits, spent.jobs, spent.shots])
        arrays["bias"] = np.array(bias)
        arrays["about"] = np.array(_written(self._about))
        _files.write(self._path, lambda file: _npz.dump(file, arrays))

    def _read(self) -> dict[str, np.ndarray]:
        try:
            stored = _npz.load(self._path)
            about = dict(json.loads(str(stored["about"])))
            about["digests"] = dict(about.get("digests", {}))
        except Exception as problem:  # a damaged archive raises whatever it is read with
            raise self._damaged(problem) from None
        self._compare(json.loads(_written(self._about)), about)
        return stored

    def _damaged(self, problem: Exception) -> ArgumentError:
        but, remedy = f"{self._path} is none ({problem})", "one that `fit` has written"
        return error("checkpoint", "be a checkpoint", but, remedy)

    def _compare(self, mine: dict[str, Any], stored: dict[str, Any]) -> None:
        """Refuse to go on with the parameters of another training, and say what changed."""
        for name, value in mine.items():
            if name == "digests" or stored.get(name) == value:
                continue
            must = f"be of a training with the same {name}, {value!r}"
            but = f"that of {self._path} is {stored.get(name)!r}"
            remedy = "the settings it was begun with"
            if name == "schema":
                remedy = "one of this version of qce, or begin anew, without `resume`"
            raise error("checkpoint", must, but, remedy)
        now, then = mine["digests"], stored["digests"]
        if changed := sorted(name for name in now | then if now.get(name) != then.get(name)):
            listed = " and ".join(changed)
            must = f"be of a training with the same {listed}"
            but = f"{self._path} was written with other {listed}"
            remedy = f"the {listed} it was begun with, or another path to begin anew"
            raise error("checkpoint", must, but, remedy)


def _written(about: dict[str, Any]) -> str:
    """Settings as JSON; numbers of NumPy are numbers."""
    return json.dumps(about, default=lambda x: x.item())


def _state(stored: dict[str, np.ndarray], fresh: State) -> State:
    leaves, structure = jax.tree.flatten(fresh)
    found = [stored[f"state_{k}"] for k in range(len(leaves))]
    for k, (here, wanted) in enumerate(zip(found, leaves, strict=True)):
        if (here.shape, here.dtype) != (wanted.shape, wanted.dtype):
            raise ValueError(f"state_{k} has shape {here.shape} and type {here.dtype}")
    return structure.unflatten([jnp.asarray(x) for x in found])


def _history(stored: dict[str, np.ndarray]) -> History:
    columns = {name: np.asarray(stored[f"history_{name}"], dtype=float) for name in COLUMNS}
    if len({column.shape for column in columns.values()}) != 1 or columns["loss"].ndim != 1:
        raise ValueError("the columns of the history differ in length")
    return History(columns)


def _spent(stored: dict[str, np.ndarray]) -> Cost:
    circuits, jobs, shots = (int(number) for number in stored["spent"])
    return Cost(circuits, jobs, shots)
