"""Standard errors of couplings from measured moments."""

from __future__ import annotations

import numpy as np

from qce import _checks
from qce._checks import error
from qce._concrete import called
from qce.boltzmann import _memory
from qce.boltzmann._fermion_point import FermionMachine, FermionPoint
from qce.boltzmann.moments import Moments
from qce.boltzmann.point import at
from qce.circuits.circuit import parameters
from qce.models import BoltzmannMachine
from qce.typing import Array

_GIB = 4.0


def coupling_errors(
    machine: BoltzmannMachine | FermionMachine, params: Array, variances: Array | Moments
) -> np.ndarray:
    r"""Standard errors of learned couplings, from those of the moments.

    $\mathrm{cov}\, θ = M^{-1} C M^{-1}$ with the Kubo-Mori metric M at θ and the covariance C of
    the measured moments: to first order in the errors.

    Args:
        machine: `BoltzmannMachine` without hidden wires, or `FermionMachine`.
        params: θ, `(J,)`.
        variances: Of the moments, `(J,)`: (1 − ⟨P⟩²)/N for each moment that has N shots to itself;
            or their covariance matrix `(J, J)`; or `Moments` with a covariance.

    Returns:
        One standard error a coupling, `(J,)`, by J products of n³ for fermions.

    Raises:
        ValueError: If shapes do not fit, a covariance matrix is not symmetric and positive, or the
            couplings are not determined by the moments.

    Example:
        >>> machine = FermionMachine.ising(2)
        >>> coupling_errors(machine, np.zeros(3), np.full(3, 1e-4)).round(6).tolist()
        [0.01, 0.01, 0.01]

    Source: R. A. Fisher, Phil. Trans. R. Soc. A 222, 309 (1922); H. Mori, Prog. Theor. Phys. 33,
    423 (1965).
    """
    kinds = (BoltzmannMachine, FermionMachine)
    _checks.instance("machine", machine, kinds, "`FermionMachine.ising(3)`, for example")
    spread = _spread(variances, machine.size)
    metric = _metric(machine, params)
    finite = bool(np.isfinite(metric).all())
    values = np.linalg.eigvalsh(metric) if finite else np.array([np.nan])
    if not values[0] > np.finfo(float).eps * len(values) * values[-1]:
        but = f"the metric has the eigenvalue {values[0]:.3g}"
        raise error(
            "params", "be determined by the moments", but, "couplings that are not so large"
        )
    inverse = np.linalg.inv(metric)
    if spread.ndim == 1:
        return np.sqrt(inverse**2 @ spread)
    squared = np.diagonal(inverse @ spread @ inverse)
    return np.sqrt(np.maximum(squared, 0.0))  # below 0 by rounding, where there is no error


def _spread(variances: Array | Moments, size: int) -> np.ndarray:
    remedy = "one a term, or their covariance matrix"
    if isinstance(variances, Moments):
        if variances.covariance is None:
            but = "these moments do not say how well they are known"
            raise error("variances", "be known", but, remedy + ", or Moments.from_outcomes(…)")
        variances = variances.covariance
    spread = _checks.reals("variances", variances, remedy)
    if spread.shape not in ((size,), (size, size)):
        must, but = f"be variances, shape ({size},)", f"their shape is {spread.shape}"
        raise error("variances", must, but, remedy)
    if spread.ndim == 1:
        if spread.min() < 0:
            raise error("variances", "not be negative", f"one is {spread.min():.6g}", remedy)
        return spread
    scale = np.abs(spread).max()
    slack = _checks.tolerance(spread.dtype) * scale
    if (gap := np.abs(spread - spread.T).max()) > slack:
        but = f"entries differ from those across the diagonal by up to {gap:.6g}"
        raise error("variances", "be symmetric as a covariance matrix", but, remedy)
    if (least := np.linalg.eigvalsh(spread / 2 + spread.T / 2)[0]) < -slack:
        must, but = "have no negative eigenvalues as a covariance matrix", f"one is {least:.6g}"
        raise error("variances", must, but, remedy)
    return spread


def _metric(machine: BoltzmannMachine | FermionMachine, params: Array) -> np.ndarray:
    """The Kubo-Mori metric at θ, `(J, J)`."""
    if isinstance(machine, FermionMachine):
        machine.generator(params)  # checks them
        return FermionPoint(machine, np.asarray(params, dtype=float)).metric
    if machine.hidden:
        but = f"{machine.hidden} are hidden"
        raise error("machine", "have visible wires only", but, "a machine of what was measured")
    with called(model="machine"):
        numbers = _memory.check(machine, _GIB)
    point = at(machine, np.asarray(parameters("params", params, machine.size)))
    return point.covariance(numbers)
