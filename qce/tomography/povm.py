"""Measurements: their outcomes, probabilities, and whether they determine the state."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from qce import _checks
from qce._checks import error
from qce._concrete import called
from qce._showing import Shown
from qce.tomography._contraction import Chain, chain
from qce.typing import Array

_MOST_SITES = 1000
PAULIS = np.array([np.eye(2), [[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
"""1, X, Y, Z."""


@dataclass(frozen=True, eq=False, repr=False)
class Povm(Shown):
    r"""A measurement: one stack of effects a site; an outcome is one effect of each.

    A product measurement has a site for each wire, any other has one site. The effects on all wires
    are never written out.

    Args:
        sites: For each site its effects `(m, d, d)`, positive and with sum 1.
        share: How often the setting of each outcome was chosen, relative to the effects, of shape
            `outcomes`; None for 1 everywhere.

    Raises:
        ValueError: If effects are not Hermitian and positive, or their sum is not 1.

    Example:
        >>> povm = Povm.pauli(2)
        >>> povm.outcomes, povm.dimension
        ((6, 6), 4)
        >>> povm.probabilities(np.eye(4) / 4).sum().round(12).item()
        1.0
    """

    sites: tuple[np.ndarray, ...] = field(repr=False)
    share: np.ndarray | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        sites = _checks.sequence("sites", self.sites, "one stack of effects a site")
        if not sites:
            raise error("sites", "hold one stack of effects a site", "it is empty", "effects")
        for stack in {id(stack): stack for stack in sites}.values():  # often one for all wires
            _check_effects("sites", stack)
        object.__setattr__(self, "sites", tuple(_checks.concrete("sites", x) for x in sites))
        if self.share is not None:
            share = _checks.reals("share", self.share, "one number an outcome, or None")
            object.__setattr__(self, "share", share)
            self._check_share(share)

    @classmethod
    def general(cls, effects: Array) -> Povm:
        """Return the measurement with effects `(m, d, d)` on the whole system.

        Example:
            >>> Povm.general([[[1, 0], [0, 0]], [[0, 0], [0, 1]]]).complete
            False
        """
        with called(sites="effects"):
            return cls((_checks.numbers("effects", effects).astype(complex),))

    @classmethod
    def product(cls, effects: Array, wires: int) -> Povm:
        """Return the measurement that takes the same effects `(m, d, d)` on every wire.

        Example:
            >>> Povm.product([[[1, 0], [0, 0]], [[0, 0], [0, 1]]], wires=3).outcomes
            (2, 2, 2)
        """
        wires = _checks.integer("wires", wires, "the number of wires", least=1, most=_MOST_SITES)
        with called(sites="effects"):
            return cls((_checks.numbers("effects", effects).astype(complex),) * wires)

    @classmethod
    def pauli(cls, wires: int) -> Povm:
        """Return the six eigenvectors of X, Y, Z a wire, each with weight 1/3.

        The index of an outcome on a wire is 2 × letter + bit: X+, X−, Y+, Y−, Z+, Z−.

        Example:
            >>> Povm.pauli(1).probabilities([[1, 0], [0, 0]]).round(4).tolist()
            [0.1667, 0.1667, 0.1667, 0.1667, 0.3333, 0.0]
        """
        kets = [(np.eye(2) + sign * pauli) / 6 for pauli in PAULIS[1:] for sign in (1, -1)]
        return cls.product(np.array(kets), wires)

    @classmethod
    def tetrahedron(cls, wires: int) -> Povm:
        r"""Return the symmetric four-outcome measurement a wire, $(1 + n\cdot σ/\sqrt 3)/4$.

        n = (+++), (−−+), (−+−), (+−−), in this order.

        Example:
            >>> Povm.tetrahedron(1).probabilities([[1, 0], [0, 0]]).round(4).tolist()
            [0.3943, 0.3943, 0.1057, 0.1057]
        """
        corners = np.array([[1, 1, 1], [-1, -1, 1], [-1, 1, -1], [1, -1, -1]]) / 3**0.5
        return cls.product((np.eye(2) + np.einsum("ka,aij->kij", corners, PAULIS[1:])) / 4, wires)

    @property
    def outcomes(self) -> tuple[int, ...]:
        """Number of outcomes of each site: the shape of counts."""
        return tuple(len(stack) for stack in self.sites)

    @property
    def dimension(self) -> int:
        """Dimension d of the states."""
        return math.prod(stack.shape[1] for stack in self.sites)

    @cached_property
    def complete(self) -> bool:
        """Whether its probabilities determine the state (informational completeness)."""
        if self.share is not None and not (self.share > 0).all():
            return False
        flat = (stack.reshape(len(stack), -1) for stack in self.sites)
        return all(np.linalg.matrix_rank(x) == x.shape[1] for x in flat)

    def probabilities(self, rho: Array) -> np.ndarray:
        r"""Return $\mathrm{Tr}\, ρΠ_k$ for all outcomes, shape `outcomes`; ρ is `(d, d)`."""
        matrix = _checks.concrete("rho", rho).astype(complex)
        if matrix.shape != (self.dimension, self.dimension):
            must = f"have shape ({self.dimension}, {self.dimension})"
            raise error("rho", must, f"its shape is {matrix.shape}", "a matrix of this size")
        p = self._chain.born(matrix).reshape(self.outcomes)
        return p if self.share is None else p * self.share

    def operator(self, weights: Array) -> np.ndarray:
        r"""Return $\sum_k w_k Π_k$, `(d, d)`, from weights of shape `outcomes`."""
        w = _checks.numbers("weights", weights)
        if w.size != np.prod(self.outcomes):
            must, but = f"have shape {self.outcomes}", f"its shape is {w.shape}"
            raise error("weights", must, but, "one number an outcome")
        w = w.reshape(self.outcomes)
        w = w if self.share is None else w * self.share
        return self._chain.adjoint(w.reshape(-1))

    @cached_property
    def _chain(self) -> Chain:
        return chain(self.sites)

    def _check_share(self, share: np.ndarray) -> None:
        if share.shape != self.outcomes or share.min() < 0:
            but = f"its shape is {share.shape}"
            must = f"be non-negative, of shape {self.outcomes}"
            raise error("share", must, but, "one number an outcome, or None")
        gap = np.abs(self.operator(np.ones(self.outcomes)) - np.eye(self.dimension)).max()
        if gap > _checks.tolerance(float):
            but = f"they miss it by {gap:.3g}"
            raise error("share", "leave the sum of all effects 1", but, "shares with mean 1")


def _check_effects(name: str, effects: Array) -> None:
    stack = _checks.concrete(name, effects)
    if stack.ndim != 3 or stack.shape[1] != stack.shape[2] or 0 in stack.shape:
        but = f"a shape is {stack.shape}"
        raise error(name, "have shape (m, d, d)", but, "one matrix an outcome")
    slack = _checks.tolerance(float)
    if not np.isfinite(stack).all() or np.abs(stack - np.conj(stack.swapaxes(1, 2))).max() > slack:
        raise error(name, "be finite and Hermitian", "they are not", "E = E†")
    least = np.linalg.eigvalsh(stack).min()
    if least < -slack:
        raise error(name, "be positive", f"an eigenvalue is {least:.3g}", "a measurement")
    gap = np.abs(stack.sum(axis=0) - np.eye(stack.shape[1])).max()
    if gap > slack:
        but = f"their sum misses it by {gap:.3g}"
        remedy = "all outcomes, those that were never seen included"
        raise error(name, "sum to the identity", but, remedy)
