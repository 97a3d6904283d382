r"""Boltzmann machines of free fermions: quadratic Hamiltonians learned from second moments.

$H = \sum_i θ_i P_i$ with $P_i = \pm i γ_j γ_k$, the Pauli strings that are products of two Majorana
operators. The loss $\sum_i θ_i ⟨P_i⟩_ρ + \sum_k \ln 2\cosh(ε_k/2)$ is convex, its slope
$⟨P_i⟩_ρ - ⟨P_i⟩_σ$ an entry of Γ, and its Hessian, the Kubo-Mori metric, the divided differences of
tanh on the spectrum of A. The cost is O(n³), although the dimension is 2^n.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.optimize
import scipy.sparse.linalg

from qce import _checks, quantum
from qce._checks import error
from qce.boltzmann._fermion_point import FermionMachine, FermionPoint
from qce.boltzmann.moments import Moments
from qce.data import Counts, PauliOutcomes
from qce.results import Estimate, FitResult, Status
from qce.typing import Array

METHODS = ("newton", "lbfgs")
DENSE = 512  # couplings up to which Newton's method writes the metric down
_REMEMBERED = 30  # steps that L-BFGS keeps
_SOLVED, _PRODUCTS = 1e-3, 100  # of a step of Newton's method by conjugate gradients
_ROUNDING = 8 * np.finfo(float).eps
_FAR = 4.0  # times the largest coupling: a step along the slope, away from pure states
_FLAT = 4.0  # changes of the loss below so many roundings cannot be seen


def learn(
    model: FermionMachine,
    data: Any,
    params: Array | None,
    *,
    optimizer: str,
    steps: int,
    tolerance: float,
    callback: Callable[[int, float, np.ndarray], None] | None,
) -> FitResult:
    """`boltzmann.learn` for fermions."""
    _checks.one_of("optimizer", optimizer, METHODS)
    target = model.moments(data)
    start = np.zeros(model.size)
    if params is not None:
        model.generator(params)
        start = np.array(params, dtype=float)
    trace = _Trace(model, target, callback)
    dense = optimizer == "newton" and model.size <= DENSE
    run = _newton if dense else _lbfgs
    try:
        status = run(trace, start, steps, tolerance)
    except KeyboardInterrupt:
        status = Status.INTERRUPTED
    rows = np.array(trace.rows)
    return FitResult(
        params=trace.params,
        estimate=Estimate(float(rows[-1, 0])),
        history={"step": np.arange(len(rows)), **dict(zip(_COLUMNS, rows.T, strict=True))},
        status=status,
        message=f"{status.value}, at step {len(rows) - 1}",
        steps=len(rows) - 1,
        seconds=trace.elapsed(),
        seed=0,
        optimizer={"name": "newton" if dense else "lbfgs"},
        floor=_floor(data),
    )


_COLUMNS = ("loss", "grad_norm", "seconds")


def _floor(data: Any) -> float | None:
    if isinstance(data, Counts | PauliOutcomes):
        return None
    return data.entropy if isinstance(data, Moments) else float(quantum.entropy(data))


class _Trace:
    """The loss, and each point that was accepted."""

    def __init__(self, model: FermionMachine, target: np.ndarray, callback: Any):
        self.model, self.target, self._callback = model, target, callback
        self._begun = time.perf_counter()
        self.rows: list[tuple[float, float, float]] = []
        self.params = np.zeros(model.size)
        self._last: tuple[np.ndarray, FermionPoint] | None = None

    def point(self, params: np.ndarray) -> FermionPoint:
        if self._last is None or not np.array_equal(self._last[0], params):
            self._last = (params.copy(), FermionPoint(self.model, params))
        return self._last[1]

    def loss(self, params: np.ndarray) -> tuple[float, np.ndarray]:
        point = self.point(params)
        value = float(params @ self.target) + point.log_partition
        size = float(np.abs(params) @ np.abs(self.target))
        # No cross entropy of a state is negative: then it would fall without end.
        if value < -_checks.tolerance(np.float64) * max(1.0, size):
            but = f"their cross entropy with a thermal state is {value:.3g}"
            remedy = "moments a little nearer to 0, or of more shots"
            raise error("data", "be moments of a state", but, remedy)
        return value, self.target - point.moments

    def accept(self, params: np.ndarray) -> float:
        value, slope = self.loss(params)
        norm = float(np.linalg.norm(slope))
        self.params = params.copy()
        self.rows.append((value, norm, self.elapsed()))
        if self._callback is not None:
            self._callback(len(self.rows) - 1, value, self.params)
        return norm

    def elapsed(self) -> float:
        return time.perf_counter() - self._begun


def _newton(trace: _Trace, params: np.ndarray, steps: int, tolerance: float) -> Status:
    """Newton's method, with steps halved until the loss falls."""
    norm = trace.accept(params)
    if not np.isfinite(trace.rows[-1][0]):
        return Status.NON_FINITE
    while norm > tolerance:
        if len(trace.rows) > steps:
            return Status.STEP_LIMIT
        value, slope = trace.loss(params)
        metric = trace.point(params).metric
        # Where all modes are nearly pure the metric is lost to rounding, but not the slope.
        shorter = None
        if np.isfinite(metric).all():
            shorter = _shorter(trace, params, np.linalg.lstsq(metric, slope, rcond=None)[0])
        if shorter is None:
            far = _FAR * max(1.0, float(np.abs(params).max())) * slope / norm
            shorter = _shorter(trace, params, far)
        if shorter is None:
            return Status.STALLED
        params = shorter
        norm = trace.accept(params)
    return Status.CONVERGED


def _shorter(trace: _Trace, params: np.ndarray, step: np.ndarray) -> np.ndarray | None:
    """The first of θ − s, θ − s/2, … that lowers the loss, or the slope where it is flat."""
    value, slope = trace.loss(params)
    norm = np.linalg.norm(slope)
    scale, least = 1.0, value + _ROUNDING * max(1.0, abs(value))
    while scale > 1e-10:
        there, slope_there = trace.loss(params - scale * step)
        lower = there < value - 1e-4 * scale * float(slope @ step)
        if lower or there <= least and np.linalg.norm(slope_there) < norm:
            return params - scale * step
        scale /= 2
    return None


def _lbfgs(trace: _Trace, params: np.ndarray, steps: int, tolerance: float) -> Status:
    """L-BFGS while changes of the loss exceed rounding, then Newton's method by the slope."""
    norm = trace.accept(params)
    if not np.isfinite(trace.rows[-1][0]):
        return Status.NON_FINITE
    if norm <= tolerance:
        return Status.CONVERGED
    if steps == 0:
        return Status.STEP_LIMIT
    found = scipy.optimize.minimize(
        trace.loss,
        params,
        jac=True,
        method="L-BFGS-B",
        callback=lambda x: _stop(trace, x, tolerance),
        options={
            "maxcor": _REMEMBERED,
            "maxiter": steps,
            "maxfun": 20 * steps,
            "ftol": np.finfo(float).eps,
            "gtol": 0.0,
        },
    )
    while trace.rows[-1][1] > tolerance:
        if found.nit >= steps or len(trace.rows) > steps:
            return Status.STEP_LIMIT
        slope = trace.loss(trace.params)[1]
        there = trace.params - _solved(trace.point(trace.params), slope)
        value, slope = trace.loss(there)
        if not (np.isfinite(value) and np.linalg.norm(slope) < trace.rows[-1][1] / 2):
            return Status.STALLED
        trace.accept(there)
    return Status.CONVERGED


def _solved(point: FermionPoint, slope: np.ndarray) -> np.ndarray:
    """M⁻¹ g by conjugate gradients, from products with M alone."""
    size = len(slope)
    metric = scipy.sparse.linalg.LinearOperator((size, size), matvec=point.curvature, dtype=float)
    return scipy.sparse.linalg.cg(metric, slope, rtol=_SOLVED, maxiter=_PRODUCTS)[0]


def _stop(trace: _Trace, params: np.ndarray, tolerance: float) -> None:
    """Stop where the loss is flat to rounding, which a line search could not resolve."""
    if not np.isfinite(trace.loss(params)[0]):  # by steps that left all numbers
        raise StopIteration
    norm = trace.accept(params)
    # With a metric of about 1, as at θ = 0, the best step lowers the loss by norm²/2.
    flat = _FLAT * _ROUNDING * max(1.0, abs(trace.rows[-1][0]))
    if norm <= tolerance or norm**2 / 2 <= flat:
        raise StopIteration
