"""A likelihood row by row, for models that give ln p(x) of single outcomes and for mini-batches."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from qce import classical
from qce._concrete import constant
from qce.data.rows import Rows
from qce.typing import Array, OutcomeModel

# Rows whose messages are held at once; the backward pass computes those of a batch again. A model
# whose rows share work has its own number, `rows_at_once`.
_PART = 1024


@dataclass(frozen=True, eq=False)
class RowLikelihood:
    """Mean of −ln p(x) over rows of data, in nats.

    Args:
        model: gives ln p(x).
        rows: distinct rows with their frequencies.
        shards: devices of JAX that rows are split over.
        choice: entropy in nats of the measurement settings in the rows, which are given.
    """

    model: OutcomeModel
    rows: Rows
    shards: int = 1
    choice: float = 0.0

    @property
    def floor(self) -> float | None:
        """The least value: the entropy of the frequencies, `None` where some bits are open."""
        if not self.rows.complete:
            return None
        return float(classical.entropy(self.rows.frequencies)) - self.choice

    def __call__(self, params: Array) -> tuple[Array, Array]:
        """Return the mean over all rows and its standard error; traceable by JAX.

        The error is that of the data sample, 0 for probabilities.
        """
        losses = self._all(params)
        frequencies = constant(self.rows.frequencies)
        mean = frequencies @ losses
        if self.rows.total is None:
            return mean, jnp.zeros(())
        finite = jnp.isfinite(mean)
        deviations = jnp.where(finite, losses - mean, 0.0)
        spread = (frequencies @ deviations**2) / max(self.rows.total - 1, 1)
        # √ has no finite slope at 0, and the error needs no derivative.
        return mean, jnp.sqrt(jax.lax.stop_gradient(spread))

    def batch(self, params: Array, entries: Array) -> tuple[Array, Array]:
        """Return the mean over some entries of the data, and its standard error.

        Args:
            params: shape `(size,)`.
            entries: which, integers below `entries`, shape `(B,)`; −1 for none.
        """
        held = (self._index, self._scale, self.rows.bits)
        index, scale, bits = (jnp.asarray(constant(x)) for x in held)
        there = (entries >= 0).astype(float)
        weights = there * scale[entries]
        losses = -self._log_prob(params, bits[index[entries]])
        count = jnp.maximum(there.sum(), 1.0)
        terms = jnp.where(there > 0, weights * losses, 0.0)
        mean = terms.sum() / count
        spread = (there * (jax.lax.stop_gradient(terms - mean)) ** 2).sum()
        return mean, jnp.sqrt(spread / count / jnp.maximum(count - 1, 1.0))

    @property
    def entries(self) -> int:
        """How many entries the data have: outcomes, or rows of probabilities."""
        return len(self._index)

    @cached_property
    def _index(self) -> np.ndarray:
        """The row of each entry."""
        rows = self.rows
        if rows.total is None:
            return np.arange(len(rows.bits))
        return np.repeat(
            np.arange(len(rows.bits)), np.rint(rows.frequencies * rows.total).astype(int)
        )

    @cached_property
    def _scale(self) -> np.ndarray:
        """The weight of each entry, 1 on average."""
        rows = self.rows
        if rows.total is None:
            return rows.frequencies * len(rows.bits)
        return np.ones(len(self._index))

    def _log_prob(self, params: Array, bits: Array) -> Array:
        # A model may have a shorter way where no bit is open, which traced ones do not tell it.
        way = "log_prob_of_complete" if self.rows.complete else "log_prob"
        log_prob = getattr(self.model, way, self.model.log_prob)
        if self.shards == 1:
            return log_prob(params, bits).astype(float)
        count = len(bits)
        # As many rows on each device: what is added repeats the first one, and is left out again.
        padded = jnp.concatenate([jnp.asarray(bits), jnp.repeat(bits[:1], -count % self.shards, 0)])
        split = jax.lax.with_sharding_constraint(padded, self._by_rows)
        return log_prob(params, split).astype(float)[:count]

    @cached_property
    def _by_rows(self) -> NamedSharding:
        mesh = Mesh(np.array(jax.devices()[: self.shards]), ("rows",))
        return NamedSharding(mesh, PartitionSpec("rows"))

    def _all(self, params: Array) -> Array:
        """−ln p of every row, in batches."""
        bits, size = self.rows.bits, getattr(self.model, "rows_at_once", _PART)
        if len(bits) <= size:
            return -self._log_prob(params, constant(bits))
        short = -len(bits) % size
        parts = np.concatenate([bits, np.repeat(bits[:1], short, axis=0)])
        shaped = constant(parts.reshape(-1, size, bits.shape[1]))
        part = jax.checkpoint(lambda rows: self._log_prob(params, rows))
        return -jax.lax.map(part, shaped).reshape(-1)[: len(bits)]
