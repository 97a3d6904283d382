"""States given by kets: `Pure` and `Ensemble`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from qce import _checks
from qce._checks import error
from qce._renamed import old_member
from qce._spectral.eigen import ZERO
from qce.states._state import State
from qce.states.known import Known, epsilon, own
from qce.states.views import Factor
from qce.typing import Array


@dataclass(frozen=True, eq=False, repr=False)
class Pure(State):
    r"""The pure state $|\psi\rangle\langle\psi|$.

    Its entropy is exactly 0, and its weight on an eigenvector of a model is one squared overlap,
    relatively accurate however small. As a model its cross entropy is infinite for all other data.

    Args:
        ket: Amplitudes `(d,)`, of norm 1 within √ε.

    Raises:
        ValueError: If `ket` is no normalised vector.

    Example:
        >>> from qce import quantum
        >>> from qce.states import Diagonal
        >>> plus = Pure(np.array([1.0, 1.0]) / np.sqrt(2))
        >>> quantum.cross_entropy(plus, Diagonal([1.0, 1e-300])).round(6).item()
        345.387764
    """

    ket: Array

    def __post_init__(self) -> None:
        ket = _checks.numbers("ket", self.ket)
        if ket.ndim != 1 or ket.size == 0:
            remedy = "one ket; for several of them see Ensemble"
            raise error("ket", "have shape (d,) with d >= 1", f"its shape is {ket.shape}", remedy)
        _normalised("ket", ket)
        object.__setattr__(self, "ket", own(ket))

    @property
    def dimension(self) -> int:
        """Dimension d of the state space."""
        return len(self.ket)

    def view(self) -> Factor:
        """The ket, as data."""
        return Factor(self.ket[:, None])

    def known(self) -> Known:
        """Log 1 = 0 on the ket, and nothing else."""
        return Known(np.zeros(1), self.ket[:, None], ZERO * epsilon(self.ket[:, None]))


@dataclass(frozen=True, eq=False, repr=False)
class Ensemble(State):
    r"""The mixture $\rho = \sum_k w_k |\psi_k\rangle\langle\psi_k|$: a batch of data.

    Cross entropy is linear in the data: that of an ensemble is the weighted mean over its kets.
    Kets need not be orthogonal; where they are, the weights are the spectrum, exactly. Else it
    comes from singular values, accurate down to (4 ε d)² of the largest eigenvalue.

    Args:
        kets: One ket a row, `(N, d)`, each of norm 1 within √ε.
        weights: Probabilities `(N,)`; equal ones if None.

    Raises:
        ValueError: If a ket is not normalised, or the weights are no probabilities `(N,)`.

    Example:
        >>> data = Ensemble([[1.0, 0.0], [0.0, 1.0]], weights=[0.25, 0.75])
        >>> data.dense().round(12).tolist()
        [[0.25, 0.0], [0.0, 0.75]]
    """

    kets: Array
    weights: Array | None = None

    def __post_init__(self) -> None:
        kets = _checks.numbers("kets", self.kets)
        if kets.ndim != 2 or kets.size == 0:
            must = "have shape (N, d) with N, d >= 1"
            raise error("kets", must, f"its shape is {kets.shape}", "one ket in each row")
        _normalised("kets", kets)
        equal = np.full(len(kets), 1 / len(kets))
        weights = equal if self.weights is None else _checks.numbers("weights", self.weights)
        if weights.shape != (len(kets),):
            must, but = f"have shape ({len(kets)},)", f"its shape is {weights.shape}"
            raise error("weights", must, but, "one weight a ket, or None for equal ones")
        _checks.probabilities("weights", weights)
        object.__setattr__(self, "kets", own(kets))
        object.__setattr__(self, "weights", own(np.maximum(weights, 0.0)))  # below 0 is rounding

    @property
    def dimension(self) -> int:
        """Dimension d of the state space."""
        return self.kets.shape[1]

    def __getattr__(self, name: str) -> Any:
        return old_member(self, name, {"vectors": "kets", "density_matrix": "dense"})

    def view(self) -> Factor:
        """The weighted kets, as data."""
        return Factor(self.kets.T * np.sqrt(np.asarray(self.weights)))

    def known(self) -> Known:
        """Logarithms of the non-zero eigenvalues, and their eigenvectors."""
        return self._known

    @cached_property
    def _known(self) -> Known:
        weights = np.asarray(self.weights)
        kets, weights = self.kets[weights > 0].T, weights[weights > 0]
        unit = ZERO * np.finfo(kets.dtype).eps * max(kets.shape)
        gram = kets.conj().T @ kets
        if np.abs(gram - np.eye(len(weights))).max() <= unit:
            return Known(np.log(weights), kets, unit)
        vectors, values, _ = np.linalg.svd(kets * np.sqrt(weights), full_matrices=False)
        kept = values > unit * values[0]
        values = values[kept]
        return Known(2 * np.log(values), vectors[:, kept], unit * values[0] / values)


def _normalised(name: str, kets: np.ndarray) -> None:
    norms = np.linalg.norm(kets, axis=-1)
    deviation = np.abs(norms - 1).max()
    if not deviation <= _checks.tolerance(kets.dtype):
        remedy = "`x / np.linalg.norm(x, axis=-1, keepdims=True)`"
        raise error(name, "be normalised", f"a norm is off by {deviation:.3g}", remedy)
