"""Random states for the limits, and the effect of rounding on them."""

from collections.abc import Callable, Sequence
from typing import Any

import autograd
import numpy as np

DIMENSIONS = (2, 3, 6)

CLOSE = ("nearly degenerate", "close states")
"""Kinds of spectra in which data and model are close but not equal."""


def basis(rng: np.random.Generator, d: int) -> np.ndarray:
    """Return a unitary `(d, d)`, its columns a Haar-random orthonormal basis."""
    z = rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d))
    q, r = np.linalg.qr(z)
    return q * (np.diag(r) / np.abs(np.diag(r)))


def rotated(p: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Return Σ p_j |v_j⟩⟨v_j| for spectra `(..., d)` and bases `(..., d, d)`, exactly Hermitian."""
    rho = (v * p[..., None, :]) @ adjoint(v)
    return (rho + adjoint(rho)) / 2


def adjoint(x: np.ndarray) -> np.ndarray:
    """Return X† of matrices `(..., d, d)`."""
    return x.conj().swapaxes(-1, -2)


def rounding(d: int) -> float:
    """Bound how far, in operator norm, rounding moves a state of dimension d.

    A rotation into a basis and back is two products of d terms in complex arithmetic, the basis
    is orthonormal to about d ε, and an eigendecomposition is backward stable to about d ε: with
    a factor of two for each of the four, 8 d ε.
    """
    return 8 * d * float(np.finfo(float).eps)


def spectra(rng: np.random.Generator, d: int) -> dict[str, tuple[np.ndarray, ...]]:
    """Return spectra of data, model and a third, each of a kind where an entropy may go wrong.

    No eigenvalue but 0 is below a tenth of 1/d, so that conditioning is good and tolerances are
    small: a failure is a fault and not chance.
    """
    p, q, other = (_spectrum(rng, d) for _ in range(3))
    kept = np.arange(d) < max(1, d - 1)
    equal = np.full(d, 1 / d)
    split = 1e-9 * (np.arange(d) - (d - 1) / 2)
    return {
        "generic": (p, q, other),
        "rank-deficient": (_normal(p * kept), _normal(q * kept), _normal(other * kept)),
        "pure data": (np.eye(d)[0], q, other),
        "degenerate": (equal, equal, equal),
        "nearly degenerate": (equal + split, equal - 2 * split, equal + split),
        "close states": (p, p + 1e-6 * (q - p), p + 1e-6 * (other - p)),
        "outside the support": (p, _normal(q * kept), _normal(other * kept)),
    }


def _spectrum(rng: np.random.Generator, d: int) -> np.ndarray:
    return 0.9 * rng.dirichlet(np.ones(d)) + 0.1 / d


def _normal(p: np.ndarray) -> np.ndarray:
    return p / p.sum()


def slopes(function: Callable[..., Any], states: Sequence[np.ndarray]) -> tuple[Any, ...]:
    """Return the derivatives of the values `(...)` of a batch by each of its arguments.

    A value depends on its own states only, so that one pass backwards brings them all.
    """
    return autograd.elementwise_grad(function, tuple(range(len(states))))(*states)


def worst(cases: list[tuple[float, float]]) -> dict[str, Any]:
    """Return deviation and tolerance of the case that comes closest to failing, NaN first."""

    def share(case: tuple[float, float]) -> float:
        deviation, tolerance = case
        return np.inf if np.isnan(deviation) else deviation / tolerance

    deviation, tolerance = max(cases, key=share)
    return {"deviation": float(deviation), "tolerance": float(tolerance)}
