"""Mini-batches: which entries of the data a step uses."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from qce._checks import error, integer
from qce.objectives import Objective
from qce.objectives.objective import RowLoss
from qce.training.interface import Optimizer


class Batches(NamedTuple):
    """Every entry once an epoch, in an order drawn anew for each.

    The entries of a step depend only on the seed and its number, so that a run can be resumed at
    any step.

    Args:
        entries: how many there are.
        size: how many a step uses; the last step of an epoch uses the rest.
    """

    entries: int
    size: int

    @property
    def steps(self) -> int:
        """How many make an epoch."""
        return -(-self.entries // self.size)

    def order(self, seed: Array, epoch: Array) -> Array:
        """Return the entries in the order of an epoch, −1 after the last."""
        key = jax.random.fold_in(jax.random.PRNGKey(seed), epoch)
        drawn = jax.random.permutation(key, self.entries)
        return jnp.pad(drawn, (0, self.steps * self.size - self.entries), constant_values=-1)

    def of(self, order: Array, step: Array) -> Array:
        """Return the entries of a step, shape `(size,)`."""
        return jax.lax.dynamic_slice(order, (step % self.steps * self.size,), (self.size,))


def batches(objective: Objective, method: Optimizer, batch: int | None) -> Batches | None:
    """Return the mini-batches of a training; None where every step uses all data."""
    if batch is None:
        return None
    size = integer("batch", batch, "batch=250, for example", least=1)
    if objective.rows is None:
        but, remedy = f"{objective.name} is no mean over rows", "a `measured_likelihood` of bits"
        raise error("batch", "be None here", but, f"{remedy}, simulated; or batch=None")
    if method.searches:
        but = "its line search compares values of one loss"
        raise error("optimizer", "take noisy gradients with `batch`", but, 'optimizer="adam"')
    entries = rows_of(objective).entries
    return Batches(entries, min(size, entries))


def rows_of(objective: Objective) -> RowLoss:
    """The loss for some rows of the data."""
    assert objective.rows is not None
    return objective.rows
