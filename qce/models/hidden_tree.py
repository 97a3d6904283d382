"""Hidden Chow-Liu tree, trained by expectation maximisation: a classical model to compare with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qce import _checks
from qce._checks import error
from qce._showing import Shown
from qce.data.rows import Rows, as_rows, wires_of
from qce.models import _tree_messages as messages
from qce.models._tree_order import check_parents
from qce.models.tree import TensorTree
from qce.typing import Array

_VAST = 1e300  # of counts: sums of larger ones may overflow


@dataclass(frozen=True, eq=False, repr=False)
class HiddenTree(Shown):
    """A hidden Markov tree: each wire has a hidden value, which depends on that of its parent.

    Args:
        parents: parent of each wire, −1 for a root.
        tables: `tables[i, x, a, b]` = probability that wire i shows bit x and has hidden value b,
            where the hidden value of its parent is a, shape `(n, 2, D, D)`. For a root only a = 0
            is used.

    Example:
        >>> tree = HiddenTree((-1, 0), np.full((2, 2, 2, 2), 0.25))
        >>> np.exp(tree.log_prob([[0, 1], [-1, 1]])).round(12).tolist()
        [0.25, 0.5]
    """

    parents: tuple[int, ...]
    tables: np.ndarray

    def __post_init__(self) -> None:
        parents = check_parents(self.parents)
        tables = _checks.numbers("tables", self.tables).astype(float)
        n, bond = len(parents), tables.shape[-1] if tables.ndim == 4 else 0
        if tables.shape != (n, 2, bond, bond) or not bond:
            must, but = f"have shape ({n}, 2, D, D)", f"its shape is {tables.shape}"
            raise error("tables", must, but, "p(bit, hidden value | hidden value of the parent)")
        flat = tables.transpose(0, 2, 1, 3).reshape(n, bond, 2 * bond)
        _checks.probabilities("tables", flat, "tables that sum to 1 over bits and hidden values")
        object.__setattr__(self, "parents", parents)
        object.__setattr__(self, "tables", tables)

    @property
    def wires(self) -> int:
        """Number of wires."""
        return len(self.parents)

    @property
    def _model(self) -> TensorTree:
        return TensorTree(self.parents, self.tables.shape[-1], coherence=0.0, dtype="float64")

    @property
    def _params(self) -> np.ndarray:
        return np.sqrt(self.tables).ravel()

    def log_prob(self, bits: Array) -> np.ndarray:
        """Return ln p(x) in nats, −inf where p(x) = 0, summed over what was not seen.

        Args:
            bits: 0 or 1, shape `(..., n)`; −1, or NaN among floats, for a wire that was not seen.

        Returns:
            Shape `(...)`.
        """
        return np.asarray(self._model.log_prob(self._params, bits))

    def sample(self, shots: int, seed: int) -> np.ndarray:
        """Draw bit strings, exactly: integers 0 or 1, shape `(shots, n)`.

        Args:
            shots: how many.
            seed: of the random numbers.
        """
        return self._model.sample(self._params, shots, seed)


def hidden_tree(
    bits: Any,
    bond: int = 16,
    *,
    validation: Any = None,
    epochs: int = 50,
    batch: int = 250,
    smoothing: float = 0.01,
    seed: int = 0,
) -> HiddenTree:
    """Fit a hidden Markov tree to data by expectation maximisation on mini-batches.

    It starts at the Chow-Liu tree of the data, with D/2 hidden values for each bit. Each step
    computes how often every entry of a table is expected to be used, given a batch of rows, mixes
    these counts with the earlier ones with a weight that falls as t^-0.6, and sets the tables to
    their frequencies. Where all rows are one batch that is the usual algorithm.

    Args:
        bits: data, as `qce.models.chow_liu` reads it.
        bond: D, number of hidden values of a wire, at least 2.
        validation: held-out rows: the tables with the best likelihood of these are kept.
        epochs: passes through the data.
        batch: rows of a step.
        smoothing: added to the expected count of each entry of a table over a whole pass.
        seed: of start and order.

    Returns:
        The fitted distribution.

    Raises:
        ValueError: the data are none of these.

    Source: A. Liu and G. Van den Broeck, arXiv:2106.02264, for the structure; O. Cappé and
    E. Moulines, arXiv:0712.4273, for expectation maximisation on batches.

    Example:
        >>> rows = np.array([[0, 0, 0], [1, 1, 1]] * 20)
        >>> tree = hidden_tree(rows, bond=2, epochs=2, batch=20)
        >>> bool(tree.log_prob([0, 0, 0]) > -0.8)
        True
    """
    rows = as_rows("bits", bits)
    bond = _checks.integer("bond", bond, "bond=16", least=2)
    epochs = _checks.integer("epochs", epochs, "epochs=50", least=1)
    batch = _checks.integer("batch", batch, "batch=250", least=1)
    smoothing = _checks.number("smoothing", smoothing, "smoothing=0.01", least=0)
    held = rows if validation is None else as_rows("validation", validation)
    wires_of("validation", held.bits, rows.wires)
    model, params = TensorTree.from_chow_liu(
        rows, bond, seed, coherence=0.0, smoothing=1e-3, noise=1.0
    )
    # No entry starts at 0: expectation maximisation would leave it there.
    tables = _frequencies(params.reshape(model.wires, 2, bond, bond) ** 2 + 1e-3 / bond)
    added = smoothing / len(rows.bits)
    parts = -(-len(rows.bits) // batch)
    counts = sum(_expected(model.parents, tables, b, p) for b, p in _batches(rows, parts, None))
    best, kept, rng, step = -np.inf, tables, _checks.rng("seed", seed), 0
    for _ in range(epochs):
        for part, weights in _batches(rows, parts, rng):
            found = _expected(model.parents, tables, part, weights / weights.sum())
            step += 1
            share = (parts + step) ** -0.6 if parts > 1 else 1.0
            counts = (1 - share) * counts + share * found
            tables = _frequencies(counts + added)
        value = held.frequencies @ HiddenTree(model.parents, tables).log_prob(held.bits)
        if value > best:
            best, kept = value, tables
    return HiddenTree(model.parents, kept)


def _batches(rows: Rows, parts: int, rng: np.random.Generator | None) -> Iterator[tuple[Any, Any]]:
    """Bits and frequencies of each part, in a new order where there is a generator."""
    order = np.arange(len(rows.bits)) if rng is None else rng.permutation(len(rows.bits))
    for part in np.array_split(order, parts):
        yield rows.bits[part], rows.frequencies[part]


def _frequencies(counts: Array) -> np.ndarray:
    """Counts `(n, 2, D, D)` over their sum for each value of the parent; equal where that is 0."""
    counts = np.asarray(counts, dtype=float)
    if (most := counts.max()) > _VAST:
        counts = counts / most
    total = counts.sum((1, 3), keepdims=True)
    equal = np.full(counts.shape, 0.5 / counts.shape[-1])
    return np.divide(counts, total, out=equal, where=total > 0)


@partial(jax.jit, static_argnums=0)
def _expected(parents: tuple[int, ...], tables: Array, bits: Array, weights: Array) -> Array:
    """How often each entry of each table is expected to be used, given rows and their weights.

    That is the entry times the slope of ln Σ_z Π tables, the logarithm of a polynomial in which
    each term uses one entry of each table.
    """

    def value(tables: Array) -> Array:
        mantissa, _ = messages.hidden_weights(parents, tables, messages.allowed(bits, tables.dtype))
        return weights @ jnp.log(mantissa)

    return tables * jax.grad(value)(tables)
