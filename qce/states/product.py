"""Product states: everything is additive, and no large matrix is ever formed."""

from __future__ import annotations

import functools
import math

import numpy as np

from qce._checks import error
from qce._concrete import called
from qce._showing import line
from qce.states._state import State
from qce.states.known import Known, writable
from qce.states.spectra import Dense
from qce.states.views import Factor, View, Weights
from qce.typing import Array


class Product(State):
    r"""The state $\rho_1 \otimes \rho_2 \otimes \dots$ of any number of factors.

    Entropies of products are sums over factors. The cross entropy with a product model depends only
    on marginals: $S(\rho, \sigma_A \otimes \sigma_B) = S(\rho_A, \sigma_A) + S(\rho_B, \sigma_B)$.

    Args:
        *factors: States, or density matrices `(d_k, d_k)`. The first one is the most significant.

    Raises:
        ValueError: If there is no factor, or one is no state.

    Example:
        >>> from qce import quantum
        >>> from qce.states import Diagonal
        >>> spins = Product(*[Diagonal([0.9, 0.1])] * 100)
        >>> quantum.entropy(spins).round(6)
        np.float64(32.508297)
    """

    def __init__(self, *factors: State | Array):
        if not factors:
            raise error("factors", "hold at least one state", "there is none", "`Product(a, b)`")
        with called(matrix="factors"):
            self.factors = tuple(x for factor in factors for x in _flat(factor))

    @property
    def dimensions(self) -> tuple[int, ...]:
        """Dimensions of the factors."""
        return tuple(factor.dimension for factor in self.factors)

    @property
    def dimension(self) -> int:
        """Dimension d of the state space, the product of all."""
        return math.prod(self.dimensions)

    def view(self) -> View:
        """The whole state as data; small ones only."""
        writable(self.dimension)
        views = [factor.view() for factor in self.factors]
        diagonal = [view.p for view in views if isinstance(view, Weights)]
        if len(diagonal) == len(views):
            return Weights(_kron(diagonal))
        return Factor(_kron([_factor(factor) for factor in self.factors]))

    def known(self) -> Known:
        """Logarithms, which add, in the product basis; small ones only."""
        writable(self.dimension)
        parts = [factor.known() for factor in self.factors]
        logs = functools.reduce(lambda x, y: np.add.outer(x, y).ravel(), [k.logs for k in parts])
        if all(k.basis is None for k in parts):
            return Known(logs)
        angles = [np.broadcast_to(k.angles, k.logs.shape) for k in parts]
        turned = functools.reduce(lambda x, y: np.add.outer(x, y).ravel(), angles)
        return Known(logs, _kron([k.vectors() for k in parts]), turned)

    def __repr__(self) -> str:
        return line("Product", [("", repr(factor)) for factor in self.factors])


def _flat(factor: State | Array) -> tuple[State, ...]:
    if isinstance(factor, Product):
        return factor.factors
    return (factor if isinstance(factor, State) else Dense(factor),)


def _factor(state: State) -> np.ndarray:
    view = state.view()
    if isinstance(view, Factor):
        return view.a
    known = state.known()
    return known.vectors() * np.exp(known.logs / 2)


def _kron(arrays: list[np.ndarray]) -> np.ndarray:
    return functools.reduce(np.kron, arrays)
