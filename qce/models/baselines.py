"""Classical models of bit strings with a closed-form maximum of the likelihood.

The product of the marginals and the best tree of pairs are what a Born machine has to beat.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from qce import _checks
from qce._checks import error
from qce.data.samples import frequencies
from qce.typing import Array


@dataclass(frozen=True, eq=False)
class ProductDistribution:
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


@dataclass(frozen=True, eq=False)
class ChowLiuTree:
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
        if _order(parents) is None:
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
        for wire in _order(self.parents) or ():
            given = bits[:, self.parents[wire]] if self.parents[wire] >= 0 else 0
            bits[:, wire] = numbers[:, wire] < self.conditionals[wire, given, 1]
        return bits

    def probabilities(self) -> np.ndarray:
        """Return p(x) = Π_i p(x_i | x_parent(i)), shape `(2^n,)`."""
        wires = self.wires
        _room(wires)
        bits = (np.arange(2**wires)[:, None] >> np.arange(wires)[::-1]) & 1
        factors = [self.conditionals[i, bits[:, p], bits[:, i]] for i, p in enumerate(self.parents)]
        return np.prod(factors, axis=0)


def product(data: Array) -> ProductDistribution:
    """Fit independent bits by maximum likelihood: the marginals of the data.

    Args:
        data: bit strings `(N, n)`, probabilities `(2^n,)`, counts of all outcomes, integers
            `(2^n,)`, or a dictionary of counts, as `qce.data.from_counts` reads it.

    Returns:
        The distribution that minimises the cross entropy of the data among all products.

    Example:
        >>> product(np.array([[0, 1], [1, 1]])).probabilities().tolist()
        [0.0, 0.5, 0.0, 0.5]
    """
    joint = _joint(data)
    return ProductDistribution(np.array([_marginal(joint, [i])[1] for i in range(joint.ndim)]))


def chow_liu(data: Array) -> ChowLiuTree:
    """Fit the best tree of pairs by maximum likelihood.

    The maximum spanning tree of the mutual information of all pairs, with the conditionals of the
    data. A bit value that the data never show has a uniform conditional.

    Args:
        data: bit strings `(N, n)`, probabilities `(2^n,)`, counts of all outcomes, integers
            `(2^n,)`, or a dictionary of counts, as `qce.data.from_counts` reads it.

    Returns:
        The distribution that minimises the cross entropy of the data among all trees.

    Source: C. Chow and C. Liu, IEEE Trans. Inf. Theory 14, 462 (1968).

    Example:
        >>> tree = chow_liu(np.array([[0, 0], [1, 1]]))
        >>> tree.parents
        (-1, 0)
        >>> tree.probabilities().tolist()
        [0.5, 0.0, 0.0, 0.5]
    """
    joint = _joint(data)
    parents = _spanning_tree(joint)
    conditionals = [_conditional(joint, i, parent) for i, parent in enumerate(parents)]
    return ChowLiuTree(parents, np.array(conditionals))


def _uniform(shots: int, wires: int, seed: int) -> np.ndarray:
    """A number of [0, 1) for each bit."""
    shots = _checks.integer("shots", shots, "shots=1000, for example", least=1)
    _checks.memory("shots", f"{shots} bit strings", 24.0 * shots * wires, None, "fewer at a time")
    return _checks.rng("seed", seed).random((shots, wires))


def _room(wires: int) -> None:
    """Probabilities of all bit strings, with the bits of each."""
    _checks.wires_fit("wires", wires, numbers=wires)


def _order(parents: tuple[int, ...]) -> list[int] | None:
    """Wires, each after its parent; None where the parents make no forest."""
    order: list[int] = []
    done = {-1}
    while len(order) < len(parents):
        ready = [i for i, p in enumerate(parents) if i not in done and p in done]
        if not ready:
            return None
        order += ready
        done.update(ready)
    return order if order else None


def _joint(data: Array) -> np.ndarray:
    """Probabilities of the data with one axis for each wire."""
    p = np.maximum(frequencies("data", data)[0], 0.0)  # below 0 is rounding
    p /= p.sum()
    wires = p.size.bit_length() - 1
    if p.shape != (2**wires,) or wires == 0:
        must, but = "have shape (N, n) or (2^n,) with n >= 1", f"its shape is {p.shape}"
        raise error("data", must, but, "samples or probabilities")
    return p.reshape((2,) * wires)


def _marginal(joint: np.ndarray, wires: list[int]) -> np.ndarray:
    """Marginal over `wires` (in increasing order)."""
    return joint.sum(axis=tuple(i for i in range(joint.ndim) if i not in wires))


def _mutual_information(joint: np.ndarray, i: int, j: int) -> float:
    from qce.classical import relative_entropy

    pair = _marginal(joint, [i, j])
    independent = np.outer(pair.sum(axis=1), pair.sum(axis=0))
    return float(relative_entropy(pair.ravel(), independent.ravel(), check=False))


def _spanning_tree(joint: np.ndarray) -> tuple[int, ...]:
    """Parents in the maximum spanning tree by Prim's algorithm, wire 0 the root."""
    wires = joint.ndim
    information = np.zeros((wires, wires))
    for i, j in combinations(range(wires), 2):
        information[i, j] = information[j, i] = _mutual_information(joint, i, j)
    parents, inside = [-1] * wires, [0]
    while len(inside) < wires:
        outside = [i for i in range(wires) if i not in inside]
        parent, child = max(((a, b) for a in inside for b in outside), key=lambda e: information[e])
        parents[child] = parent
        inside.append(child)
    return tuple(parents)


def _conditional(joint: np.ndarray, i: int, parent: int) -> np.ndarray:
    """p(x_i | x_parent), shape (2, 2), parent first; the marginal twice for the root."""
    if parent < 0:
        return np.tile(_marginal(joint, [i]), (2, 1))
    pair = _marginal(joint, sorted([i, parent]))
    pair = pair if parent < i else pair.T
    total = pair.sum(axis=1, keepdims=True)
    return np.divide(pair, total, out=np.full((2, 2), 0.5), where=total > 0)
