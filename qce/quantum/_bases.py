"""Eigendecompositions that a value and its gradients share, as named tuples.

Array libraries pass these arrays on in order, without names: `Pair(*bases)` names them again.
"""

from __future__ import annotations

from typing import NamedTuple

from qce.typing import Array


class Pair(NamedTuple):
    """Both eigendecompositions: ρ = U diag(p) U† and σ = V diag(q) V†."""

    p: Array
    u: Array
    q: Array
    v: Array


class Overlapping(NamedTuple):
    """Both, and the data's weight outside the model's support."""

    p: Array
    u: Array
    q: Array
    v: Array
    missing: Array

    @property
    def pair(self) -> Pair:
        """Both eigendecompositions alone."""
        return Pair(*self[:4])


class Sandwich(NamedTuple):
    """The same, and M = σ^s ρ σ^s = W diag(m) W†."""

    p: Array
    u: Array
    q: Array
    v: Array
    missing: Array
    m: Array
    w: Array


class Ratios(NamedTuple):
    """σ = V diag(q) V†, and σ^{−½} ρ σ^{−½} = W diag(m) W†."""

    q: Array
    v: Array
    m: Array
    w: Array


class ReverseTest(NamedTuple):
    """Both, σ^{−½} ρ σ^{−½} = W diag(m) W†, and the data's weights m_k ⟨k|σ|k⟩."""

    p: Array
    u: Array
    q: Array
    v: Array
    m: Array
    w: Array
    data: Array

    @property
    def of_model(self) -> tuple[Array, ...]:
        """All but the data's own eigendecomposition."""
        return self[2:]


class Optimum(NamedTuple):
    """Both, the s at which Tr ρ^s σ^{1−s} is least, and its mobility: one over the bend there."""

    p: Array
    u: Array
    q: Array
    v: Array
    s: Array
    mobility: Array

    @property
    def pair(self) -> Pair:
        """Both eigendecompositions alone."""
        return Pair(*self[:4])
