"""Commuting states: a quantum quantity and its gradient are the classical ones, rotated."""

from collections.abc import Iterator
from typing import Any

import autograd
import numpy as np

from qce.limits._states import CLOSE, DIMENSIONS, basis, rotated, rounding, spectra, worst
from qce.results import LimitCheck
from qce.twins import Twin

_DRAWS = 3


def check_commuting(twin: Twin, rng: np.random.Generator) -> tuple[LimitCheck, LimitCheck]:
    """Compare value and gradient on commuting states in random bases.

    Args:
        twin: A pair of the table.
        rng: Draws spectra and bases.

    Returns:
        The check of values and the check of gradients, each with its worst case. Gradients are
        compared where the value is finite, and away from kinks.
    """
    values, gradients = [], []
    for kind, p, v in _cases(twin, rng):
        value, slopes = _classical(twin, p)
        quantum_value, quantum_slopes = _quantum(twin, p, v)
        tolerance, slope_tolerance = _tolerances(twin, p, value, slopes)
        values.append((_distance(quantum_value, value), tolerance))
        if np.isfinite(value) and not (twin.kink and kind in CLOSE):
            gradients.append((_gap(quantum_slopes, slopes, v), slope_tolerance))
    return (
        LimitCheck(twin.name, "value on commuting states", **worst(values)),
        LimitCheck(twin.name, "gradient on commuting states", **worst(gradients)),
    )


def _cases(
    twin: Twin, rng: np.random.Generator
) -> Iterator[tuple[str, list[np.ndarray], np.ndarray]]:
    for d in DIMENSIONS:
        for _ in range(_DRAWS):
            for kind, states in spectra(rng, d).items():
                yield kind, list(states[: twin.arguments]), basis(rng, d)


def _classical(twin: Twin, p: list[np.ndarray]) -> tuple[float, list[np.ndarray]]:
    each = range(twin.arguments)
    return float(twin.classical(*p)), [autograd.grad(twin.classical, i)(*p) for i in each]


def _quantum(twin: Twin, p: list[np.ndarray], v: np.ndarray) -> tuple[float, list[np.ndarray]]:
    states = [rotated(spectrum, v) for spectrum in p]
    # autograd returns the complex conjugate of the Hermitian G in dS = Tr G dX.
    slopes = [np.conj(autograd.grad(twin.quantum, i)(*states)) for i in range(twin.arguments)]
    return float(twin.quantum(*states)), slopes


def _gap(quantum: list[np.ndarray], classical: list[np.ndarray], v: np.ndarray) -> float:
    """Return the largest entry by which V† G V differs from the diagonal classical gradient."""
    pairs = zip(quantum, classical, strict=True)
    return max(float(np.abs(v.conj().T @ g @ v - np.diag(c)).max()) for g, c in pairs)


def _distance(quantum: float, classical: float) -> float:
    return 0.0 if quantum == classical else abs(quantum - classical)  # +inf equals +inf


def _tolerances(
    twin: Twin, p: list[np.ndarray], value: float, slopes: list[np.ndarray]
) -> tuple[float, float]:
    """Return what rounding explains, to first order: derivatives times the shift of the states.

    A shift e of the eigenvalues moves the value by e ‖∇‖₁, and rounding in the sum moves it by
    e (1 + |value|), since probabilities sum to one. The gradient moves by e times the second
    derivatives: divided differences of the gradient in the eigenbasis, which the Hessian bounds
    inside the support and 2 max|∇| / λ_min between support and kernel.
    """
    d = p[0].size
    e = rounding(d)
    steepest = max(float(np.abs(slope).max()) for slope in slopes)
    least = min(float(spectrum[spectrum > 0].min()) for spectrum in p)
    size = abs(value) if np.isfinite(value) else 0.0
    curvature = _curvature(twin, p) + 2 * steepest / least
    return (
        e * (1 + size + sum(float(np.abs(slope).sum()) for slope in slopes)),
        e * (1 + steepest + curvature),
    )


def _curvature(twin: Twin, p: list[np.ndarray]) -> float:
    """Return the row-sum norm of the Hessian of the classical twin in all its arguments."""

    def joint(z: Any) -> Any:
        return twin.classical(*np.split(z, twin.arguments), check=False)

    return float(np.abs(autograd.hessian(joint)(np.concatenate(p))).sum(axis=-1).max())
