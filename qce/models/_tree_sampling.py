"""Exact draws from a tensor tree: unseen wires, given those that were seen.

One walk up collects what was seen below each node; one walk down draws its bit, given all that was
drawn before and what was seen elsewhere. Plain NumPy, node by node, for all rows at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qce._checks import error
from qce.models._tree_order import children_of

_NUMBERS = 2**24  # in matrices of all nodes at a time; more rows are drawn in parts


def fill_in(
    parents: tuple[int, ...],
    coherence: float,
    tensors: np.ndarray,
    bits: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return the rows with every −1 replaced by a draw, given the rest of its row.

    Args:
        parents: of each wire.
        coherence: of the bonds.
        tensors: K, shape `(n, purification, 2, D, D)`.
        bits: 0, 1 or −1, shape `(rows, n)`.
        rng: of the draws.
    """
    rows = len(bits)
    part = max(1, _NUMBERS // (len(parents) * tensors.shape[-1] ** 2))
    parts = [bits[k : k + part] for k in range(0, rows, part)]
    drawn = [_Walk(parents, coherence, tensors, p, rng).draw() for p in parts]
    return np.concatenate([bits[:0], *drawn])


@dataclass(eq=False)
class _Walk:
    """One walk up and down; matrices have shape `(rows, D, D)`, or `(1, D, D)` for equal rows."""

    parents: tuple[int, ...]
    coherence: float
    tensors: np.ndarray
    bits: np.ndarray
    rng: np.random.Generator

    def draw(self) -> np.ndarray:
        n, size = len(self.parents), self.tensors.shape[-1]
        self.kept = np.where(np.eye(size, dtype=bool), 1.0, self.coherence)
        # Where no wire was seen, all rows have the same walk up.
        self.given = self.bits[:1] if (self.bits == -1).all() else self.bits
        self.found = self.bits.copy()
        self.children = children_of(self.parents)
        ones = np.ones((1, size, size))
        # By node: Π of what was seen below; what was seen below the siblings drawn later.
        self.below, self.later = [ones] * (n + 1), [ones] * n
        # By node: all that is outside its children, and Π of those drawn already.
        self.outside, self.drawn = [ones] * (n + 1), [ones] * (n + 1)
        self.outside[-1] = np.zeros((1, size, size))
        self.outside[-1][:, 0, 0] = 1.0  # a tree ends in entry 0 of its root
        self._up()
        waiting = self.children[-1][::-1]
        while waiting:
            node = waiting.pop()
            if node < 0:
                self._leave(~node)
            else:
                self._enter(node)
                waiting += [~node, *self.children[node][::-1]]
        return self.found

    def _up(self) -> None:
        order = list(self.children[-1])
        for node in order:  # grows while it is read
            order += self.children[node]
        for node in reversed(order):
            parent = self.parents[node]
            messages = [
                _allowed(self.given[:, node], x) * _above(self.tensors[node, :, x], self._own(node))
                for x in (0, 1)
            ]
            # Siblings come here in the reverse of the order in which they are drawn.
            self.later[node] = self.below[parent]
            self.below[parent] = _scaled(self.below[parent] * (messages[0] + messages[1]))

    def _own(self, node: int) -> np.ndarray:
        """The matrix at the bond of a node, where its children meet."""
        return self.below[node] * self.kept

    def _enter(self, node: int) -> None:
        """Draw the bit of a node, given all that was drawn and seen outside of it, and below."""
        around = self.outside[self.parents[node]] * self.later[node]
        bits, own = self.bits[:, node], self._own(node)
        inward = [_below(self.tensors[node, :, x], around) for x in (0, 1)]
        weight = np.stack([(matrix * own).sum((1, 2)).real for matrix in inward], axis=-1)
        weight = np.maximum(weight, 0.0)  # below 0 is rounding
        weight = weight * np.stack([bits != 1, bits != 0], axis=-1)
        total = weight.sum(-1)
        if not (total > 0).all():
            but = "a row has probability 0 under the model, or parameters are NaN"
            raise error(("bits", "params"), "be possible", but, "rows of the model's support")
        one = self.rng.random(len(bits)) * total >= weight[:, 0]
        self.found[:, node] = one
        chosen = np.where(one[:, None, None], inward[1], inward[0])
        self.outside[node] = _scaled(chosen * self.kept)

    def _leave(self, node: int) -> None:
        """Hand what was drawn at and below a node to its parent."""
        own, parent = self.drawn[node] * self.kept, self.parents[node]
        zero, one = (_above(self.tensors[node, :, x], own) for x in (0, 1))
        message = np.where(self.found[:, node, None, None] == 1, one, zero)
        self.drawn[parent] = _scaled(self.drawn[parent] * message)
        self.outside[parent] = _scaled(self.outside[parent] * message)
        self.outside[node] = self.drawn[node] = self.kept  # no longer needed


def _above(tensor: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Σ_k K_k M K_k†, for `(rows, D, D)` matrices."""
    return sum(k @ (matrix @ k.conj().T) for k in tensor)


def _below(tensor: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Σ_k K_kᵀ M K_k*, the adjoint of the map of `_above`."""
    return sum(k.T @ (matrix @ k.conj()) for k in tensor)


def _allowed(bits: np.ndarray, x: int) -> np.ndarray:
    """Whether a row may have bit x on a wire, shape `(rows, 1, 1)`."""
    return ((bits == x) | (bits == -1))[:, None, None]


def _scaled(matrices: np.ndarray) -> np.ndarray:
    """The same with largest entry 1: only ratios of weights are drawn from."""
    largest = np.abs(matrices).max((1, 2), keepdims=True)
    return matrices / np.where(largest > 0, largest, 1.0)
