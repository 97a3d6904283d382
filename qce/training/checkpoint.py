"""The file from which a training resumes: complete at any time, and written after each step."""

from __future__ import annotations

import json
import os
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qce import _checks, _files, _npz
from qce._checks import error
from qce.errors import ArgumentError
from qce.objectives.rounds import Rounds
from qce.results import Cost
from qce.training.history import COLUMNS, History
from qce.training.identity import compare
from qce.training.selection import Selection
from qce.training.state import State

_SCHEMA = 3


class Checkpoint:
    """State, history and spending of one training on disk.

    Random numbers need no state: what a step draws depends on the seeds and the number of the step,
    which are stored.

    Args:
        path: File; no ending is added.
        about: Identity of the training.
        chosen: The best parameters so far, where they are chosen by validation rows.
        rounds: The outcomes measured, where that is a part of the training.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        about: dict[str, Any],
        chosen: Selection | None = None,
        rounds: Rounds | None = None,
    ):
        self._kept = [part for part in (chosen, rounds) if part is not None]
        self._path = _checks.new_file("checkpoint", path)
        self._about = {"schema": _SCHEMA, **about}

    def refuse_existing(self) -> None:
        """Raise FileExistsError if there is a file: it may be all that is left of another run."""
        if self._path.exists():
            but = f"{self._path} is there already and is never overwritten"
            remedy = "resume=True to go on from it, or another path"
            raise error("checkpoint", "not exist yet", but, remedy, FileExistsError)

    def load(self, fresh: State) -> tuple[State, History, Cost, str] | None:
        """Return state, history, spending and bias of the kept point; None where there is no file.

        Args:
            fresh: State before the first step, whose structure the stored one has.

        Raises:
            ValueError: The file is damaged, or of another training.
        """
        if not self._path.exists():
            return None
        stored = self._read()
        try:
            for part in self._kept:
                part.restore(stored)
            return _state(stored, fresh), _history(stored), _spent(stored), str(stored["bias"])
        except (KeyError, ValueError, TypeError) as problem:
            raise self._damaged(problem) from None

    def save(self, state: State, history: History, spent: Cost, bias: str) -> None:
        """Replace the file as a whole: a process killed at any instant leaves a complete one."""
        arrays = {f"state_{k}": np.asarray(x) for k, x in enumerate(jax.tree.leaves(state))}
        columns = history.arrays()
        arrays |= {
            f"history_{name}": columns[name] for name in (*COLUMNS, "validation") if name in columns
        }
        for part in self._kept:
            arrays |= part.arrays()
        arrays["spent"] = np.array([spent.circuits, spent.jobs, spent.shots])
        arrays["bias"] = np.array(bias)
        arrays["about"] = np.array(json.dumps(self._about))
        with _checks.writing("checkpoint"):
            _files.write(self._path, lambda file: _npz.dump(file, arrays))

    def _read(self) -> dict[str, np.ndarray]:
        try:
            stored = _npz.load(self._path)
            about = dict(json.loads(str(stored["about"])))
            about["digests"] = dict(about.get("digests", {}))
        except Exception as problem:  # a damaged archive raises whatever it is read with
            raise self._damaged(problem) from None
        compare("checkpoint", self._about, about, str(self._path))
        return stored

    def _damaged(self, problem: Exception) -> ArgumentError:
        but, remedy = f"{self._path} is none ({problem})", "one that `fit` has written"
        return error("checkpoint", "be a checkpoint", but, remedy)


def _state(stored: dict[str, np.ndarray], fresh: State) -> State:
    leaves, structure = jax.tree.flatten(fresh)
    found = [stored[f"state_{k}"] for k in range(len(leaves))]
    for k, (here, wanted) in enumerate(zip(found, leaves, strict=True)):
        if (here.shape, here.dtype) != (wanted.shape, wanted.dtype):
            raise ValueError(f"state_{k} has shape {here.shape} and type {here.dtype}")
    return structure.unflatten([jnp.asarray(x) for x in found])


def _history(stored: dict[str, np.ndarray]) -> History:
    names = [*COLUMNS, *(["validation"] if "history_validation" in stored else [])]
    columns = {name: np.asarray(stored[f"history_{name}"], dtype=float) for name in names}
    if len({column.shape for column in columns.values()}) != 1 or columns["loss"].ndim != 1:
        raise ValueError("the columns of the history differ in length")
    return History(columns)


def _spent(stored: dict[str, np.ndarray]) -> Cost:
    circuits, jobs, shots = (int(number) for number in stored["spent"])
    return Cost(circuits, jobs, shots)
