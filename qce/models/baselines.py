"""Classical models of bit strings with a closed-form maximum of the likelihood.

The product of the marginals and the best tree of pairs are baselines for Born machines. Both are
fitted from counts of single wires and of pairs, for any number of wires.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qce import _checks
from qce._checks import error
from qce._showing import Shown
from qce._wires import all_bits
from qce.data.rows import OPEN, Rows, as_rows, seen_bits, wires_of
from qce.data.samples import OutcomeData
from qce.typing import Array


@dataclass(frozen=True, eq=False, repr=False)
class ProductDistribution(Shown):
    """Independent bits.

    Args:
        ones: probability of 1 on each wire, shape `(n,)`.
    """

    ones: np.ndarray

    def __post_init__(self) -> None:
        ones = _checks.numbers("ones", self.ones)
        if ones.ndim != 1 or ones.size == 0 or ones.min() < 0 or ones.max() > 1:
            but = f"they are {_checks.shown(self.ones)}"
            raise error("ones", "be probabilities, shape (n,)", but, "one number a wire")
        object.__setattr__(self, "ones", ones)

    @property
    def wires(self) -> int:
        """Number of wires."""
        return len(self.ones)

    def log_prob(self, bits: Array) -> np.ndarray:
        r"""Return $\ln p(x) = \sum_i \ln p_i(x_i)$ in nats, −inf where p(x) = 0.

        Args:
            bits: 0 or 1, shape `(..., n)`; −1, or NaN among floats, for a wire that was not seen,
                which is then summed over.

        Returns:
            Logarithms, shape `(...)`.

        Example:
            >>> bits = [[1, 0], [1, -1]]
            >>> np.exp(ProductDistribution([0.25, 0.5]).log_prob(bits)).round(12).tolist()
            [0.125, 0.25]
        """
        bits = seen_bits("bits", bits)
        wires_of("bits", bits, self.wires)
        with np.errstate(divide="ignore"):
            logs = np.log(np.stack([1 - self.ones, self.ones, np.ones(self.wires)]))
        return np.asarray(logs[bits, np.arange(self.wires)].sum(axis=-1))

    def sample(self, shots: int, seed: int) -> np.ndarray:
        """Draw bit strings, exactly: integers 0 or 1, shape `(shots, n)`.

        Args:
            shots: how many.
            seed: of the random numbers.

        Example:
            >>> ProductDistribution([0.0, 1.0]).sample(2, seed=0).tolist()
            [[0, 1], [0, 1]]
        """
        return (_uniform(shots, self.wires, seed) < self.ones).astype(int)

    def probabilities(self) -> np.ndarray:
        """Return p(x) = Π_i p_i(x_i), shape `(2^n,)`."""
        _room(self.wires)
        joint = np.ones(1)
        for one in self.ones:
            joint = np.outer(joint, [1 - one, one]).ravel()
        return joint


@dataclass(frozen=True, eq=False, repr=False)
class ChowLiuTree(Shown):
    """A distribution in which each bit depends on one other, its parent.

    Args:
        parents: parent of each wire, −1 for the root.
        conditionals: `conditionals[i, a, b]` = probability of bit b on wire i where its parent has
            bit a, shape `(n, 2, 2)`; the root has the same row twice.
    """

    parents: tuple[int, ...]
    conditionals: np.ndarray

    def __post_init__(self) -> None:
        parents = tuple(_checks.whole("parents", self.parents, "−1 for the root").ravel().tolist())
        if order(parents) is None:
            but = f"they are {_checks.shown(parents)}"
            raise error("parents", "make a tree of wires", but, "−1 for the root")
        tables = _checks.numbers("conditionals", self.conditionals)
        if tables.shape != (len(parents), 2, 2):
            must, but = f"have shape ({len(parents)}, 2, 2)", f"its shape is {tables.shape}"
            raise error("conditionals", must, but, "p(bit | bit of the parent) of each wire")
        _checks.probabilities("conditionals", tables)
        object.__setattr__(self, "parents", parents)
        object.__setattr__(self, "conditionals", tables)

    @property
    def wires(self) -> int:
        """Number of wires."""
        return len(self.parents)

    def log_prob(self, bits: Array) -> np.ndarray:
        r"""Return $\ln p(x) = \sum_i \ln p(x_i|x_{\mathrm{parent}(i)})$ in nats, −inf for p(x) = 0.

        Args:
            bits: 0 or 1, shape `(..., n)`; −1, or NaN among floats, for a wire that was not seen,
                which is then summed over, by messages from the leaves to the root.

        Returns:
            Logarithms, shape `(...)`.

        Example:
            >>> tree = chow_liu(np.array([[0, 0], [0, 1], [1, 1], [1, 1]]))
            >>> np.exp(tree.log_prob([[0, 1], [-1, 1], [-1, -1]])).round(12).tolist()
            [0.25, 0.75, 1.0]
        """
        bits = seen_bits("bits", bits)
        wires_of("bits", bits, self.wires)
        rows = bits.reshape(-1, self.wires)
        whole = (rows != OPEN).all(axis=1)
        logs = np.empty(len(rows))
        logs[whole] = self._of_complete(rows[whole])
        logs[~whole] = self._of_open(rows[~whole])
        return logs.reshape(bits.shape[:-1])

    def _of_complete(self, rows: np.ndarray) -> np.ndarray:
        # The root has the same row twice, so that any bit serves as that of its parent.
        given = rows[:, np.array(self.parents)]
        with np.errstate(divide="ignore"):
            logs = np.log(self.conditionals)
        return np.asarray(logs[np.arange(self.wires), given, rows].sum(axis=1))

    def _of_open(self, rows: np.ndarray) -> np.ndarray:
        """Messages from the leaves up: of each wire ln p(what was seen below it | its parent)."""
        with np.errstate(divide="ignore"):
            logs = np.log(self.conditionals)
        below = np.zeros((self.wires, len(rows), 2))  # by the wire's own bit
        total = np.zeros(len(rows))
        for wire in reversed(order(self.parents) or ()):
            unseen = (rows[:, wire, None] != OPEN) & (rows[:, wire, None] != np.arange(2))
            own = np.where(unseen, -np.inf, below[wire])
            message = np.logaddexp.reduce(logs[wire] + own[:, None, :], axis=-1)
            if self.parents[wire] < 0:
                total += message[:, 0]
            else:
                below[self.parents[wire]] += message
        return total

    def sample(self, shots: int, seed: int) -> np.ndarray:
        """Draw bit strings, exactly: each bit after that of its parent.

        Args:
            shots: how many.
            seed: of the random numbers.

        Returns:
            Integers 0 or 1, shape `(shots, n)`.

        Example:
            >>> tree = chow_liu(np.array([[0, 0], [1, 1]]))
            >>> bits = tree.sample(100, seed=0)
            >>> bool((bits[:, 0] == bits[:, 1]).all())
            True
        """
        numbers = _uniform(shots, self.wires, seed)
        bits = np.zeros(numbers.shape, dtype=int)
        for wire in order(self.parents) or ():
            given = bits[:, self.parents[wire]] if self.parents[wire] >= 0 else 0
            bits[:, wire] = numbers[:, wire] < self.conditionals[wire, given, 1]
        return bits

    def probabilities(self) -> np.ndarray:
        """Return p(x) = Π_i p(x_i | x_parent(i)), shape `(2^n,)`."""
        wires = self.wires
        _room(wires)
        bits = all_bits(wires)
        factors = [self.conditionals[i, bits[:, p], bits[:, i]] for i, p in enumerate(self.parents)]
        return np.prod(factors, axis=0)


def product(
    data: OutcomeData, *, weights: Array | None = None, smoothing: float = 0.0
) -> ProductDistribution:
    """Fit independent bits by maximum likelihood: the marginals of the data.

    Args:
        data: bit strings `(N, n)`, in which −1, or NaN among floats, is a bit that was not seen;
            probabilities `(2^n,)`, counts of all outcomes, integers `(2^n,)`, or a dictionary of
            counts, as `qce.data.from_counts` reads it.
        weights: how often each bit string was seen, shape `(N,)`; `None` for once.
        smoothing: added to the count of each of the two values of a wire; of outcomes only.

    Returns:
        The distribution that minimises the cross entropy of the data among all products. A wire
        that was never seen is 0 or 1 with equal probability.

    Raises:
        ValueError: the data are none of these, or smoothing is asked for probabilities.

    Example:
        >>> product(np.array([[0, 1], [1, 1]])).probabilities().tolist()
        [0.0, 0.5, 0.0, 0.5]
    """
    rows = as_rows("data", data, weights)
    added = _smoothing(smoothing, rows)
    ones, zeros = (rows.frequencies @ (rows.bits == bit) + added for bit in (1, 0))
    seen = ones + zeros
    return ProductDistribution(np.divide(ones, seen, out=np.full(rows.wires, 0.5), where=seen > 0))


def chow_liu(
    data: OutcomeData, *, weights: Array | None = None, smoothing: float = 0.0
) -> ChowLiuTree:
    """Fit the best tree of pairs by maximum likelihood.

    The maximum spanning tree of the mutual information of all pairs, with the conditionals of the
    data. Given a bit value that the data never show, the conditional is uniform. Where bits were
    not seen, each pair is counted over the rows that show both.

    Args:
        data: bit strings `(N, n)`, in which −1, or NaN among floats, is a bit that was not seen;
            probabilities `(2^n,)`, counts of all outcomes, integers `(2^n,)`, or a dictionary of
            counts, as `qce.data.from_counts` reads it.
        weights: how often each bit string was seen, shape `(N,)`; `None` for once.
        smoothing: added to the count of each of the four values of a pair; of outcomes only. Above
            0 no bit string is impossible. Choose 0.01 to 5 by the likelihood of held-out rows.

    Returns:
        The distribution that minimises the cross entropy of the data among all trees.

    Raises:
        ValueError: the data are none of these, or smoothing is asked for probabilities.

    Source: C. Chow and C. Liu, IEEE Trans. Inf. Theory 14, 462 (1968).

    Example:
        >>> tree = chow_liu(np.array([[0, 0], [1, 1]]))
        >>> tree.parents
        (-1, 0)
        >>> tree.probabilities().tolist()
        [0.5, 0.0, 0.0, 0.5]
    """
    rows = as_rows("data", data, weights)
    pairs = _pairs(rows, _smoothing(smoothing, rows))
    parents = _spanning_tree(_mutual_information(pairs))
    conditionals = [_conditional(pairs, i, parent) for i, parent in enumerate(parents)]
    return ChowLiuTree(parents, np.array(conditionals))


def order(parents: tuple[int, ...]) -> list[int] | None:
    """Wires, each after its parent; None where the parents make no forest."""
    children: dict[int, list[int]] = {}
    for wire, parent in enumerate(parents):
        children.setdefault(parent, []).append(wire)
    found: list[int] = list(children.get(-1, ()))
    for wire in found:  # grows while it is read
        found += children.get(wire, ())
    return found if found and len(found) == len(parents) else None


def _uniform(shots: int, wires: int, seed: int) -> np.ndarray:
    """A number of [0, 1) for each bit."""
    shots = _checks.integer("shots", shots, "shots=1000, for example", least=1)
    _checks.memory("shots", f"{shots} bit strings", 24.0 * shots * wires, None, "fewer at a time")
    return _checks.rng("seed", seed).random((shots, wires))


def _room(wires: int) -> None:
    """Probabilities of all bit strings, with the bits of each."""
    _checks.wires_fit("wires", wires, numbers=wires)


def _smoothing(smoothing: float, rows: Rows) -> float:
    """What is added to each count, as a share of the data."""
    added = _checks.number("smoothing", smoothing, "smoothing=0.5, for example", least=0)
    if added and rows.total is None:
        but = "the data are probabilities, of no number of outcomes"
        raise error("smoothing", "be 0 here", but, "bit strings or counts, or smoothing=0")
    return added / rows.total if rows.total else 0.0


def _pairs(rows: Rows, added: float) -> np.ndarray:
    """Shares of the data in which wire i shows a and wire j shows b, shape `(n, n, 2, 2)`."""
    n = rows.wires
    _checks.memory("data", f"pairs of {n} wires", 8.0 * 12 * n**2, None, "fewer wires")
    # Nothing is subtracted: what never occurs is 0, not rounding.
    shown = [(rows.bits == bit).astype(float) for bit in (0, 1)]
    table = np.empty((n, n, 2, 2))
    for a in (0, 1):
        for b in (0, 1):
            table[:, :, a, b] = (shown[a] * rows.frequencies[:, None]).T @ shown[b]
    table += added
    wires = np.arange(n)
    table[wires, wires] = 0.0
    for bit in (0, 1):  # a wire with itself: its own counts, smoothed like those of pairs
        table[wires, wires, bit, bit] = rows.frequencies @ shown[bit] + 2 * added
    return table


def _mutual_information(pairs: np.ndarray) -> np.ndarray:
    """Of all pairs, in nats, shape `(n, n)`; 0 for wires that were never seen together."""
    from qce.classical import relative_entropy

    n = len(pairs)
    above = np.triu_indices(n, 1)
    found = pairs[above]
    total = found.sum(axis=(1, 2), keepdims=True)
    seen = total[:, 0, 0] > 0
    joint = np.divide(found, total, out=np.full_like(found, 0.25), where=total > 0)
    apart = joint.sum(axis=2, keepdims=True) * joint.sum(axis=1, keepdims=True)
    information = np.zeros((n, n))
    if len(joint):
        values = relative_entropy(joint.reshape(-1, 4), apart.reshape(-1, 4), check=False)
        information[above] = np.where(seen, values, 0.0)
    return information + information.T


def _spanning_tree(information: np.ndarray) -> tuple[int, ...]:
    """Parents in the maximum spanning tree by Prim's algorithm, wire 0 the root."""
    wires = len(information)
    parents = np.full(wires, -1)
    nearest, best = np.zeros(wires, dtype=int), information[0].copy()
    best[0] = -np.inf
    for _ in range(wires - 1):
        child = int(np.argmax(best))
        parents[child] = nearest[child]
        best[child] = -np.inf
        outside = best > -np.inf
        closer = outside & (information[child] > best)
        best[closer], nearest[closer] = information[child][closer], child
    return tuple(parents.tolist())


def _conditional(pairs: np.ndarray, i: int, parent: int) -> np.ndarray:
    """p(x_i | x_parent), shape (2, 2), parent first; the marginal twice for the root."""
    table = pairs[parent, i] if parent >= 0 else np.tile(np.diag(pairs[i, i]), (2, 1))
    total = table.sum(axis=1, keepdims=True)
    return np.divide(table, total, out=np.full((2, 2), 0.5), where=total > 0)
