"""Commuting states: a quantum quantity and its gradient are the classical ones, rotated."""

from collections.abc import Callable
from typing import Any, NamedTuple

import autograd
import numpy as np

from qce.limits._states import (
    CLOSE,
    DIMENSIONS,
    adjoint,
    basis,
    rotated,
    rounding,
    slopes,
    spectra,
    worst,
)
from qce.results import LimitCheck
from qce.twins import Twin

_DRAWS = 3


class _Cases(NamedTuple):
    """Commuting states of one dimension: a spectrum of each argument, and their basis."""

    spectra: list[np.ndarray]  # (cases, d)
    bases: np.ndarray  # (cases, d, d)
    close: np.ndarray  # (cases,), whether data and model differ by little


def check_commuting(twin: Twin, rng: np.random.Generator) -> tuple[LimitCheck, LimitCheck]:
    """Compare value and gradient on commuting states in random bases.

    Args:
        twin: A pair of the table; both take batches.
        rng: Draws spectra and bases.

    Returns:
        The check of values and the check of gradients, each with its worst case. Gradients are
        compared where the value is finite, and away from kinks.
    """
    values: list[tuple[float, float]] = []
    gradients: list[tuple[float, float]] = []
    for p, v, close in _cases(twin, rng):
        states = [rotated(spectrum, v) for spectrum in p]
        value, classical_slopes = twin.classical(*p), slopes(twin.classical, p)
        tolerance, slope_tolerance = _tolerances(twin, p, value, classical_slopes)
        values += zip(_distance(twin.quantum(*states), value), tolerance, strict=True)
        gaps = _gap(slopes(twin.quantum, states), classical_slopes, v)
        smooth = np.isfinite(value) & ~(twin.kink & close)
        gradients += zip(gaps[smooth], slope_tolerance[smooth], strict=True)
    return (
        LimitCheck(twin.name, "value on commuting states", **worst(values)),
        LimitCheck(twin.name, "gradient on commuting states", **worst(gradients)),
    )


def _cases(twin: Twin, rng: np.random.Generator) -> list[_Cases]:
    """Draw all kinds of spectra several times over in each dimension, as one batch for each."""
    found = []
    for d in DIMENSIONS:
        kinds, states, bases = [], [], []
        for _ in range(_DRAWS):
            for kind, drawn in spectra(rng, d).items():
                kinds.append(kind)
                states.append(drawn[: twin.arguments])
                bases.append(basis(rng, d))
        each = [np.array(spectrum) for spectrum in zip(*states, strict=True)]
        found.append(_Cases(each, np.array(bases), np.isin(kinds, CLOSE)))
    return found


def _gap(
    quantum: tuple[np.ndarray, ...], classical: tuple[np.ndarray, ...], v: np.ndarray
) -> np.ndarray:
    """Return the largest entries by which V† G V differ from the diagonal classical gradients.

    autograd returns the complex conjugate of the Hermitian G in dS = Tr G dX.
    """
    eye = np.eye(v.shape[-1])
    apart = [
        np.abs(adjoint(v) @ g.conj() @ v - eye * c[..., None, :]).max(axis=(-2, -1))
        for g, c in zip(quantum, classical, strict=True)
    ]
    return np.maximum.reduce(apart)


def _distance(quantum: np.ndarray, classical: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        return np.where(quantum == classical, 0.0, np.abs(quantum - classical))  # +inf equals +inf


def _tolerances(
    twin: Twin, p: list[np.ndarray], value: np.ndarray, slopes: tuple[np.ndarray, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Return tolerances for rounding, to first order: derivatives times the shift of the states.

    A shift e of the eigenvalues moves the value by e ‖∇‖₁, and rounding in the sum moves it by
    e (1 + |value|), since probabilities sum to one. The gradient moves by e times the second
    derivatives: divided differences of the gradient in the eigenbasis, which the Hessian bounds
    inside the support and 2 max|∇| / λ_min between support and kernel. A Hessian may jump where a
    quantity changes its rule (the squared hinge at margin 1), and rounding decides on which side
    the states are: the largest of the spectra, and of those that are 1 − e and 1 + e times as
    large, bounds both.
    """
    e = rounding(p[0].shape[-1])
    each, slope = np.concatenate(p, axis=-1), np.abs(np.concatenate(slopes, axis=-1))
    steepest = slope.max(axis=-1)
    least = np.where(each > 0, each, np.inf).min(axis=-1)
    size = np.where(np.isfinite(value), np.abs(value), 0.0)
    curvature = _curvature(twin, np.stack([each, (1 - e) * each, (1 + e) * each])).max(axis=0)
    curvature = curvature + 2 * steepest / least
    return e * (1 + size + slope.sum(axis=-1)), e * (1 + steepest + curvature)


def _curvature(twin: Twin, z: np.ndarray) -> np.ndarray:
    """Return the row-sum norm of the Hessian of the classical twin in all its arguments, z."""

    def joint(z: Any) -> Any:
        return twin.classical(*autograd.numpy.split(z, twin.arguments, axis=-1), check=False)

    return np.abs(_hessian(joint, z)).sum(axis=-1).max(axis=-1)


def _hessian(function: Callable[[Any], Any], z: np.ndarray) -> np.ndarray:
    """Return the second derivatives `(..., n, n)` of values `(...)`, each of its own z `(n,)`."""
    backwards, slope = autograd.make_vjp(autograd.elementwise_grad(function))(z)
    units = np.eye(z.shape[-1])
    return np.stack([backwards(np.broadcast_to(unit, slope.shape)) for unit in units], axis=-2)
