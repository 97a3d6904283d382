"""Bounds on what a training sends to a device, and its spending so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from qce._checks import error, integer
from qce.objectives import Objective
from qce.results import Cost
from qce.training.state import CHUNK, State


@dataclass(frozen=True)
class Budget:
    """The most a training may send, including earlier parts of a resumed one; `None` for no bound.

    It is checked before each step: a step that would exceed it is not begun.

    Args:
        circuits: how many circuits.
        jobs: how many jobs.
        shots: how many outcomes.

    Example:
        >>> Budget(shots=1000).covers(Cost(circuits=50, jobs=50, shots=1001))
        False
    """

    circuits: int | None = None
    jobs: int | None = None
    shots: int | None = None

    def __post_init__(self) -> None:
        for name, bound in tuple(vars(self).items()):
            if bound is not None:
                bound = integer(name, bound, "None for no bound", least=1)
                object.__setattr__(self, name, bound)

    def covers(self, cost: Cost) -> bool:
        """Whether a cost stays within every bound."""
        bounds = vars(self).items()
        return all(bound is None or getattr(cost, name) <= bound for name, bound in bounds)


class Purse:
    """The spending of one training, and the cost of its next step.

    Args:
        objective: Of the training.
        price: `state → cost` of the next step.
        budget: Bounds on the spending.
        earlier: Spending before it was resumed.
    """

    def __init__(
        self,
        objective: Objective,
        price: Callable[[State], Cost],
        budget: Budget | None,
        earlier: Cost,
    ):
        if budget is not None and objective.evaluate is not None:
            but, remedy = "its circuits are simulated and cost nothing", "budget=None"
            raise error("budget", "be left out for this objective", but, remedy)
        self._objective, self._price, self.budget = objective, price, budget
        self._before, self._earlier = objective.spent, earlier

    @property
    def spent(self) -> Cost:
        """Circuits, jobs and shots sent for this training."""
        return self._earlier + (self._objective.spent - self._before)

    def covers(self, state: State) -> bool:
        """Whether the budget covers the next step."""
        return self.budget is None or self.budget.covers(self.spent + self._price(state))

    def steps(self, state: State) -> int:
        """Return how many steps the budget covers for certain, one at least.

        Steps take equally many jobs and shots; the number of circuits depends on draws, and is at
        most the number of outcomes.
        """
        if self.budget is None:
            return CHUNK
        price, spent = self._price(state), self.spent
        prices = {"circuits": price.shots, "jobs": price.jobs, "shots": price.shots}
        bounds = [
            (bound - getattr(spent, name)) // max(prices[name], 1)
            for name, bound in vars(self.budget).items()
            if bound is not None
        ]
        return max(1, min([CHUNK, *bounds]))

    def refuse_empty(self, state: State) -> None:
        """Raise where the budget does not cover even one more step."""
        if not self.covers(state):
            but = f"a step takes {said(self._price(state))}"
            but += f" and {said(self.spent)} are spent" if self.spent != Cost() else ""
            raise error("budget", "cover a step", but, "a larger one, or fewer shots")


def said(cost: Cost) -> str:
    """Return a cost in words.

    >>> said(Cost(circuits=2, jobs=1, shots=1000))
    'circuits: 2, jobs: 1, shots: 1000'
    """
    return ", ".join(f"{name}: {number}" for name, number in vars(cost).items())
