"""Parameters chosen by validation rows, which are not trained on."""

from __future__ import annotations

from numbers import Number
from typing import Any

import numpy as np

from qce._checks import error, integer
from qce._concrete import called
from qce.objectives import Objective
from qce.results import Estimate


class Selection:
    """The best parameters so far, by the loss of validation rows.

    Args:
        objective: the loss of those rows.
        every: steps from one evaluation to the next.
        patience: how many evaluations without a lower loss end the training; `None` for no end.
    """

    def __init__(self, objective: Objective, every: int, patience: int | None):
        self.objective, self.every, self.patience = objective, every, patience
        self.params = np.full(objective.size, np.nan)
        self.value = self.stderr = np.inf
        self.step, self.idle, self.last = 0, 0, -1
        self.averaged = False  # whether the best is a mean over steps

    def is_due(self, step: int) -> bool:
        """Whether parameters of this step are to be judged."""
        return step % self.every == 0 and step != self.last

    def judge(self, step: int, params: np.ndarray, mean: np.ndarray | None = None) -> float:
        """Return the loss of the validation rows, and keep the parameters if they are the best.

        Args:
            step: Of the training.
            params: Of this step.
            mean: Average over the steps so far, if any: the better of the two counts.
        """
        self.last = step
        found = self.objective(params)
        averaged = False
        if mean is not None and (other := self.objective(mean)).value < found.value:
            params, found, averaged = mean, other, True
        if found.value < self.value:
            self.params, self.value, self.stderr = np.asarray(params), found.value, found.stderr
            self.step, self.idle, self.averaged = step, 0, averaged
        elif step:
            self.idle += 1
        return found.value

    @property
    def exhausted(self) -> bool:
        """Whether the loss has not fallen during the last `patience` evaluations."""
        return self.patience is not None and self.idle >= self.patience

    @property
    def estimate(self) -> Estimate:
        """The loss of the validation rows at the best parameters."""
        return self.objective.estimate(self.value, self.stderr)

    def arrays(self) -> dict[str, np.ndarray]:
        """The arrays for a file."""
        numbers = [self.value, self.stderr, self.step, self.idle, self.last]
        kept = {"chosen_params": self.params, "chosen_numbers": np.array(numbers, dtype=float)}
        return kept | {"chosen_averaged": np.array(self.averaged)}

    def restore(self, stored: dict[str, np.ndarray]) -> None:
        """Continue from the arrays of a file."""
        if stored["chosen_params"].shape != self.params.shape:
            raise ValueError(f"chosen_params has shape {stored['chosen_params'].shape}")
        self.params = np.asarray(stored["chosen_params"], dtype=float)
        self.value, self.stderr, *counts = (float(x) for x in stored["chosen_numbers"])
        self.step, self.idle, self.last = (int(x) for x in counts)
        self.averaged = bool(stored.get("chosen_averaged", False))  # older files know no means


def selection(
    objective: Objective, validation: Any, every: int, patience: int | None
) -> Selection | None:
    """Return the selection by validation rows; None where there are none."""
    if patience is not None:
        patience = integer("patience", patience, "patience=10, or None for no end", least=1)
    if validation is None:
        return None
    if isinstance(validation, Number):
        but, remedy = f"it is {validation}", "rows that the objective was not made of: `rows[800:]`"
        raise error("validation", "be data set apart, not how many", but, remedy)
    made = objective.recipe
    if made is None or "data" not in made.arguments or objective.evaluate is None:
        but = f"{objective.name} is made of no data that others could replace"
        raise error("validation", "be None here", but, "an objective of qce.objectives, simulated")
    with called(data="validation"):
        other = made.build(**{**made.arguments, "data": validation})
    return Selection(other, every, patience)
