"""Losses and gradients of an objective at many points, with error bars."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qce import _checks
from qce._checks import error, numbers
from qce._forks import computes
from qce._showing import Shown
from qce.objectives import Objective
from qce.typing import Array, Scalar

# Points whose states are held in memory at once.
_TOGETHER = 32


@dataclass(frozen=True, repr=False)
class Spread(Shown):
    """Mean and variance of independent draws, each with its standard error.

    Args:
        mean: the mean, a number or `(...)`.
        mean_stderr: its standard error.
        variance: unbiased variance.
        variance_stderr: its standard error, from the fourth moment of the draws.
        count: number of draws.

    Example:
        >>> round(spread([1.0, 2.0, 3.0, 4.0, 5.0]).mean_stderr, 6)
        0.707107
    """

    mean: Scalar
    mean_stderr: Scalar
    variance: Scalar
    variance_stderr: Scalar
    count: int


@dataclass(frozen=True, eq=False, repr=False)
class Landscape(Shown):
    """An objective at many points.

    Args:
        losses: values `(points,)`.
        gradients: `(points, size)`.

    Example:
        >>> found = Landscape(np.arange(4.0), np.ones((4, 2)))
        >>> found.loss.mean, found.gradient.variance.tolist()
        (1.5, [0.0, 0.0])
    """

    losses: np.ndarray = field(repr=False)
    gradients: np.ndarray = field(repr=False)

    @property
    def loss(self) -> Spread:
        """Spread of the losses."""
        return spread(self.losses)

    @property
    def gradient(self) -> Spread:
        """Spread of each component of the gradient, `(size,)`."""
        return spread(self.gradients)


def spread(values: Array) -> Spread:
    """Mean and variance over the first axis, with standard errors.

    The variance of the unbiased variance s² of N draws is (m₄ − s⁴ (N − 3)/(N − 1)) / N.

    Args:
        values: Draws `(N, ...)`, N ≥ 4.

    Returns:
        The spread, of arrays `(...)`.

    Raises:
        ValueError: If there are fewer than four draws, or one is not finite.

    Example:
        >>> found = spread([1.0, 2.0, 3.0, 4.0, 5.0])
        >>> found.mean, found.variance
        (3.0, 2.5)

    Source:
        R. A. Fisher, Proc. London Math. Soc. 30, 199 (1929).
    """
    x = numbers("values", values)
    count = len(x) if x.ndim else 0
    if count < 4:
        raise error("values", "hold at least 4 draws", f"there are {count}", "more of them")
    mean, variance = x.mean(axis=0), x.var(axis=0, ddof=1)
    fourth = ((x - mean) ** 4).mean(axis=0)
    error_squared = (fourth - variance**2 * (count - 3) / (count - 1)) / count
    return Spread(
        mean=_plain(mean),
        mean_stderr=_plain(np.sqrt(variance / count)),
        variance=_plain(variance),
        variance_stderr=_plain(np.sqrt(np.maximum(error_squared, 0))),
        count=count,
    )


def _plain(x: Any) -> Any:
    return float(x) if np.ndim(x) == 0 else x


def landscape(objective: Objective, params: Array) -> Landscape:
    r"""Evaluate an objective L and its gradient $\nabla L$ at many points.

    Args:
        objective: Simulated ones in one compiled program; those on a device point by point.
        params: Points `(points, size)`; for random starts stack `objective.initial(seed)`.

    Returns:
        Losses and gradients.

    Raises:
        ValueError: If `params` has another shape.

    Example:
        >>> from qce import circuits, models, objectives
        >>> machine = models.BornMachine(circuits.rx(1))
        >>> objective = objectives.measured_likelihood(machine, np.array([1.0, 0.0]))
        >>> found = landscape(objective, np.linspace(-1, 1, 5)[:, None])
        >>> found.losses.shape, found.gradients.shape
        ((5,), (5, 1))

    Source:
        J. McClean et al., arXiv:1803.11173, for what it is good for.
    """
    _checks.instance("objective", objective, Objective, "one of qce.objectives")
    points = _checks.concrete("params", params)
    if points.ndim != 2 or points.shape[1] != objective.size or len(points) == 0:
        must = f"have shape (points, {objective.size})"
        raise error("params", must, f"its shape is {points.shape}", "one row a point")
    points = points.astype(float)
    if objective.evaluate is None:
        found = [objective.value_and_gradient(row) for row in points]
        losses, gradients = zip(*((estimate.value, g) for estimate, g in found), strict=True)
        return Landscape(np.array(losses), np.array(gradients))
    computes()
    with jax.enable_x64(True):
        # Whole batches, the last one filled up with points that come again: one shape to compile.
        batches = np.resize(points, (-(-len(points) // _TOGETHER), _TOGETHER, objective.size))
        evaluate = jax.vmap(jax.value_and_grad(objective.loss))
        losses, gradients = jax.jit(lambda rows: jax.lax.map(evaluate, rows))(jnp.asarray(batches))
        losses, gradients = np.ravel(losses), np.reshape(gradients, (-1, objective.size))
        return Landscape(losses[: len(points)], gradients[: len(points)])
