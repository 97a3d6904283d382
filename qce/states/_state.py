"""The interface of factorised states: dimension, a view as data, and the logarithm as a model."""

from __future__ import annotations

from typing import Any

import numpy as np

from qce._showing import heat, table
from qce.states.known import Known, writable
from qce.states.views import Factor, Matrices, View, Weights

_PICTURED = 16  # the largest dimension whose entries are visible in a small picture
_WRITTEN = 10**9


class State:
    """A density matrix stored in factors, or by the logarithms of its eigenvalues.

    `qce.quantum` takes it wherever it takes an array. A subclass defines `dimension` and `known()`,
    its logarithm as a model; and `view()`, unless its data are given by eigenvectors.
    """

    @property
    def dimension(self) -> int:
        """Dimension d of the state space."""
        raise NotImplementedError

    def view(self) -> View:
        """The state as data, by its weighted eigenvectors."""
        known = self.known()
        if known.basis is None:
            return Weights(np.exp(known.logs))
        return Factor(known.basis * np.exp(known.logs / 2))

    def known(self) -> Known:
        """Logarithms of the eigenvalues, and their basis."""
        raise NotImplementedError

    def dense(self) -> np.ndarray:
        """The density matrix, shape `(d, d)`, rounded as any matrix is.

        Raises:
            ValueError: if it is too large to write down.
        """
        writable(self.dimension)
        view = self.view()
        if isinstance(view, Weights):
            return np.diag(view.p)
        return view.rho.copy() if isinstance(view, Matrices) else _hermitian(view)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self.dense(), dtype=dtype)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(d={self.dimension})"

    def _repr_html_(self) -> str:
        picture = heat(self.dense()) if self.dimension <= _PICTURED else ""
        d = self.dimension
        size = str(d) if d < _WRITTEN else f"about 2^{d.bit_length() - 1}"
        return table(repr(self), [("dimension", size)], picture)


def _hermitian(view: Factor) -> np.ndarray:
    rho = view.a @ view.a.conj().T
    return (rho + rho.conj().T) / 2
