"""The file that a training goes on from: one that is always whole, written after each step."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qce._checks import error
from qce.objectives import Objective
from qce.results import Cost
from qce.training.history import COLUMNS, History
from qce.training.interface import Optimizer
from qce.training.stepper import State

_SCHEMA = 2


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
        about = {"objective": objective.name, "size": objective.size, "shots": objective.shots}
        about |= {"outcomes": objective.seed, "optimizer": method.settings, "seed": seed}
        self._about = {"schema": _SCHEMA, **about}

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
        leaves, structure = jax.tree.flatten(fresh)
        state = structure.unflatten([jnp.asarray(stored[f"state_{k}"]) for k in range(len(leaves))])
        history = History({name: stored[f"history_{name}"] for name in COLUMNS})
        spent = Cost(*(int(number) for number in stored["spent"]))
        return state, history, spent, str(stored["bias"])

    def save(self, state: State, history: History, spent: Cost, bias: str) -> None:
        """Replace the file as a whole: a process killed at any instant leaves a whole one."""
        arrays = {f"state_{k}": np.asarray(x) for k, x in enumerate(jax.tree.leaves(state))}
        columns = history.arrays()
        arrays |= {f"history_{name}": columns[name] for name in COLUMNS}
        arrays["spent"] = np.array([spent.circuits, spent.jobs, spent.shots])
        arrays["bias"] = np.array(bias)
        arrays["about"] = np.array(json.dumps(self._about))
        aside = self._path.with_name(self._path.name + ".tmp")
        with open(aside, "wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
        os.replace(aside, self._path)

    def _read(self) -> dict[str, np.ndarray]:
        try:
            with np.load(self._path, allow_pickle=False) as file:
                stored = dict(file)
            about = json.loads(str(stored["about"]))
        except (ValueError, KeyError, EOFError, zipfile.BadZipFile) as problem:
            but, remedy = f"{self._path} is none ({problem})", "one that `fit` has written"
            raise error("checkpoint", "be a checkpoint", but, remedy) from None
        mine: dict[str, Any] = json.loads(json.dumps(self._about))
        for name, value in mine.items():
            if about.get(name) != value:
                must = f"be of a training with the same {name}, {value!r}"
                but = f"that of {self._path} is {about.get(name)!r}"
                remedy = "the settings it was begun with"
                if name == "schema":
                    remedy = "one of this version of qce, or begin anew, without `resume`"
                raise error("checkpoint", must, but, remedy)
        return stored
