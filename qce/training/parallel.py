"""One large likelihood on many processes: a sum over data, so its gradient is one too."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from qce._checks import error
from qce.objectives import Objective
from qce.objectives.objective import Measurement
from qce.objectives.recipe import remembered

Part = Callable[[int, int], tuple[Objective, float]]
Values = tuple[float, float, np.ndarray | None]


@remembered
def distribute(
    part: Part, parts: int, executor: Executor, *, floor: float | None = None
) -> Objective:
    r"""Split an objective over the data into parts that an executor's workers evaluate.

    For data in shares $w_k$ a likelihood, like every loss that is linear in the data, is
    $L = \sum_k w_k L_k / \sum_k w_k$, and likewise its gradient. A worker builds a part when it
    first needs it, and keeps it: only parameters and gradients are sent, no data. The sum is taken
    in the order of the parts, so that a result does not depend on which worker finishes first.

    Args:
        part: `k, parts → (objective, weight)` of the k-th part: its objective, and how much of the
            data it holds (outcomes, or the weight of its states). It is sent to the workers, so for
            processes and MPI a function of a module, or a `functools.partial` of one.
        parts: How many; the number of workers, or a small multiple of it.
        executor: From `qce.runs.engines`, or any other; the caller has to shut it down.
        floor: Least value of the whole loss, which the parts do not determine.

    Returns:
        Objective for `qce.fit` with Adam: equal to that of all data up to rounding. Where the parts
        are samples its standard error is that of all outcomes together.

    Raises:
        ValueError: `parts` is not positive, or the weights are not.

    Example:
        >>> from concurrent.futures import ThreadPoolExecutor
        >>> from qce import circuits, models, objectives
        >>> outcomes = np.array([[0], [1], [1], [1]])
        >>> def half(k, parts):
        ...     machine = models.BornMachine(circuits.rx(1))
        ...     return objectives.measured_likelihood(machine, outcomes[k::parts]), 2
        >>> with ThreadPoolExecutor(2) as executor:
        ...     print(distribute(half, 2, executor)(np.array([np.pi / 3])))
        1.11 ± 0.27 nats (4 shots)
    """
    if parts < 1:
        raise error("parts", "be positive", f"it is {parts}", "the number of workers")
    recipe = _Recipe(part)
    whole = _built(recipe, 0, parts)[0]
    asked = [executor.submit(_describe, recipe, k, parts) for k in range(parts)]
    weights, shots = zip(*(answer.result() for answer in asked), strict=True)
    if min(weights) <= 0:
        but = f"the weights are {weights}"
        raise error("part", "return positive weights", but, "the data in no more parts than points")

    def measure(points: Sequence[np.ndarray], with_gradient: bool) -> list[Measurement]:
        return [at(params, with_gradient) for params in points]

    def at(params: np.ndarray, with_gradient: bool) -> Measurement:
        tasks = [(recipe, k, parts, np.asarray(params), with_gradient) for k in range(parts)]
        answers = [executor.submit(_evaluate, *task) for task in tasks]
        values, stderrs, gradients = zip(*(answer.result() for answer in answers), strict=True)
        shares = np.array(weights) / sum(weights)
        value = float(shares @ values)
        sampled = whole.evaluate is not None and whole.shots is not None
        stderr = _of_sample(shares, shots, values, stderrs) if sampled else _of(shares, stderrs)
        return Measurement(value, stderr, shares @ gradients if with_gradient else None)

    total = None if whole.shots is None else sum(shots)
    return Objective(whole.name, whole.model, floor, total, whole.bias, measure=measure)


# --- in the workers ------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Recipe:
    """How to build a part, identified by its token however often it is sent."""

    part: Part = field(compare=False)
    token: str = field(default_factory=lambda: uuid.uuid4().hex)


@lru_cache(maxsize=128)
def _built(recipe: _Recipe, k: int, parts: int) -> tuple[Objective, float]:
    return recipe.part(k, parts)


def _describe(recipe: _Recipe, k: int, parts: int) -> tuple[float, int | None]:
    objective, weight = _built(recipe, k, parts)
    return float(weight), objective.shots


def _evaluate(
    recipe: _Recipe, k: int, parts: int, params: np.ndarray, with_gradient: bool
) -> Values:
    objective, _ = _built(recipe, k, parts)
    if with_gradient:
        estimate, gradient = objective.value_and_gradient(params)
        return estimate.value, estimate.stderr, gradient
    estimate = objective(params)
    return estimate.value, estimate.stderr, None


# --- put together --------------------------------------------------------------------------------


def _of(shares: np.ndarray, stderrs: Any) -> float:
    """Standard error of a sum of estimates that are independent of each other."""
    return float(np.linalg.norm(shares * stderrs))


def _of_sample(shares: np.ndarray, counts: Any, values: Any, stderrs: Any) -> float:
    """Standard error of the mean over all outcomes, from the means and errors of its parts."""
    means, sizes = np.array(values), np.array(counts)
    within = np.array(stderrs) ** 2 * (sizes - 1)
    variance = shares @ (within + (means - shares @ means) ** 2)
    return float(np.sqrt(variance / (sizes.sum() - 1)))
