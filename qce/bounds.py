"""Bounds on the quantum cross entropy, all at once, and on differences of entropies."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from qce import _checks, classical, quantum
from qce._checks import error, truth
from qce._showing import Shown
from qce._spectral.eigen import ZERO
from qce.quantum import _arguments
from qce.states import State
from qce.states.known import Known, epsilon, overlaps, squared
from qce.states.spectra import decomposed, unitary
from qce.states.views import Matrices, View
from qce.typing import Array

__all__ = ["CrossEntropyBounds", "cross_entropy_bounds", "fannes_audenaert"]


@dataclass(frozen=True, repr=False)
class CrossEntropyBounds(Shown):
    r"""Lower and upper bounds on S(ρ, σ), by name.

    Args:
        lower: Lower bounds. `klein`: S(ρ); `overlap`: $-\ln \mathrm{Tr}\, ρσ$; `fidelity`: −ln F;
            `entropy_fidelity`: S(ρ) − ln F; `pinsker`: S(ρ) + 2 T²; `largest_eigenvalue`:
            $-\ln λ_{\max}(σ)$; `measured`: S(ρ) plus the relative entropy of outcomes in a basis.
        upper: Upper bounds. `smallest_eigenvalue`: −ln λ_min(σ).

    Example:
        >>> found = cross_entropy_bounds(np.diag([0.65, 0.35]), np.diag([0.85, 0.15]))
        >>> found.tightest, round(found.greatest, 6)
        ('measured', 0.769629)
    """

    lower: dict[str, float]
    upper: dict[str, float]

    @property
    def tightest(self) -> str:
        """Name of the greatest lower bound."""
        return max(self.lower, key=lambda name: self.lower[name])

    @property
    def greatest(self) -> float:
        """The greatest lower bound."""
        return self.lower[self.tightest]

    def __str__(self) -> str:
        # Adding 0 after rounding: no bound reads −0.000000.
        lower, upper = (
            {name: f"{round(bound, 6) + 0.0:.6f}" for name, bound in side.items()}
            for side in (self.lower, self.upper)
        )
        lines = [f"S(ρ, σ) ≥ {bound}  {name}" for name, bound in lower.items()]
        lines += [f"S(ρ, σ) ≤ {bound}  {name}" for name, bound in upper.items()]
        return "\n".join([*lines, f"tightest from below: {self.tightest}"])


def cross_entropy_bounds(
    data: State | Array,
    model: State | Array,
    *,
    basis: Array | None = None,
    base: float | None = None,
    check: bool = True,
) -> CrossEntropyBounds:
    r"""Return every bound on $S(\rho, \sigma) = -\mathrm{Tr}\, \rho \log \sigma$.

    No bound is the tightest for all pairs. `measured` is S(ρ) + D(p‖q) with the outcome
    distributions p, q of ρ and σ in a basis. In the data's eigenbasis, and wherever ρ is diagonal
    in the basis, it is the negative log-likelihood $-\sum_x p(x) \ln ⟨x|σ|x⟩$ of measured data, and
    at least `klein` and `overlap`.

    Args:
        data: ρ, a density matrix `(d, d)` or a state of `qce.states`.
        model: σ, the same.
        basis: Orthonormal basis that is measured, in columns `(d, d)`; eigenvectors of ρ if None.
        base: Base of the logarithm, above 1; nats if None.
        check: Whether to check the arguments.

    Returns:
        The bounds. +∞ where an overlap is 0, and for `smallest_eigenvalue` of a deficient σ.

    Raises:
        ValueError: If an argument is no single density matrix, shapes do not fit, the basis is
            not orthonormal within √ε, or the base is not above 1.

    Example:
        >>> rho, sigma = [[0.95, 0.0], [0.0, 0.05]], [[0.5, 0.25], [0.25, 0.5]]
        >>> print(cross_entropy_bounds(rho, sigma))
        S(ρ, σ) ≥ 0.198515  klein
        S(ρ, σ) ≥ 0.693147  overlap
        S(ρ, σ) ≥ 0.372883  fidelity
        S(ρ, σ) ≥ 0.571398  entropy_fidelity
        S(ρ, σ) ≥ 0.728515  pinsker
        S(ρ, σ) ≥ 0.287682  largest_eigenvalue
        S(ρ, σ) ≥ 0.693147  measured
        S(ρ, σ) ≤ 1.386294  smallest_eigenvalue
        tightest from below: pinsker

    Source:
        Lower bounds and the measured one: arXiv:2102.11887; S(ρ) − ln F is D ≥ D̃_½, and
        S(ρ) + 2T² the inequality of Pinsker.
    """
    unit = _unit(base)
    if truth("check", check):
        _arguments.check_states(data=data, model=model)
    rho, sigma = _single("data", data), _single("model", model)
    if basis is not None:
        basis = unitary(basis, rho.dimension if isinstance(rho, State) else len(rho))
    known = _known(sigma)
    entropy = float(quantum.entropy(rho, check=False))
    weights, _ = _view(rho).resolve(known)
    overlap = -_log_sum(known.logs, np.maximum(weights, 0.0))
    fidelity = _fidelity(_known(rho), known, float(overlap)) if overlap < math.inf else math.inf
    distance = float(quantum.trace_distance(rho, sigma, check=False))
    lower = {
        "klein": entropy,
        "overlap": float(overlap),
        "fidelity": fidelity,
        "entropy_fidelity": entropy + fidelity,
        "pinsker": entropy + 2 * distance**2,
        "largest_eigenvalue": float(-known.logs.max()),
        "measured": _measured(rho, sigma, entropy, basis),
    }
    least = -known.logs.min() if known.complete else math.inf
    return CrossEntropyBounds(
        {name: bound * unit for name, bound in lower.items()},
        {"smallest_eigenvalue": float(least) * unit},
    )


def fannes_audenaert(distance: float, dimension: int, *, base: float | None = None) -> float:
    r"""The largest difference of entropies, $|S(\rho) - S(\sigma)| \le T \ln(d-1) + h(T)$.

    It is sharp: a pure state and diag(1 − T, T/(d−1), …) reach it.

    Args:
        distance: Trace distance T in [0, 1].
        dimension: d ≥ 2.
        base: Base of the logarithm, above 1; nats if None.

    Returns:
        The bound. h(T) = −T ln T − (1−T) ln(1−T), with 0 ln 0 = 0.

    Raises:
        ValueError: If T is not in [0, 1], d no integer of at least 2, or the base not above 1.

    Example:
        >>> round(fannes_audenaert(0.2, 4), 12)
        0.720124881272

    Source:
        K. Audenaert, J. Phys. A 40, 8127 (2007).
    """
    unit, remedy = _unit(base), "a trace distance, ½‖ρ − σ‖₁"
    distance = _checks.share("distance", distance, remedy)
    if not (isinstance(dimension, (int, np.integer)) and dimension >= 2):
        must = "be at least 2, an integer"
        raise error("dimension", must, f"it is {dimension!r}", "that of the state space")
    binary = classical.entropy(np.array([distance, 1 - distance]), check=False)
    return float(distance * math.log(dimension - 1) + binary) * unit


def _unit(base: float | None) -> float:
    """As `_checks.log_base`, above 1: other bases would turn a lower bound into an upper one."""
    unit = _checks.log_base(base)
    if unit < 0:
        raise error("base", "be above 1", f"it is {base}", "base=2 for bits, or None for nats")
    return unit


def _fidelity(rho: Known, sigma: Known, overlap: float) -> float:
    """−ln F; less by rounding, so never more, where √F = ‖√ρ√σ‖₁ is computed."""
    if len(rho.logs) == 1:  # F = ⟨ψ|σ|ψ⟩ for a pure state
        return overlap
    if rho.basis is None and sigma.basis is None:
        return max(0.0, -2 * float(_log_sum((rho.logs + sigma.logs) / 2, np.ones(len(rho.logs)))))
    roots = np.exp(rho.logs[:, None] / 2) * overlaps(rho, sigma) * np.exp(sigma.logs / 2)
    rounding = ZERO * epsilon(roots) * max(1.0, roots.shape[1] / roots.shape[0])
    return max(0.0, -2 * math.log(np.linalg.norm(roots, "nuc") + rounding))


def _measured(
    rho: State | np.ndarray, sigma: State | np.ndarray, entropy: float, basis: Any
) -> float:
    """S(ρ) + D(p‖q) for the outcomes in a basis, by default of ρ."""
    if basis is None:
        known = _known(rho)
        p, log_q = np.exp(known.logs), _log_outcomes(known, _known(sigma))
        terms = np.where(p > 0, p * -np.where(p > 0, log_q, 0.0), 0.0)
        return float(terms.sum())
    known = Known(np.zeros(len(basis)), basis)
    p, q = (np.maximum(_view(x).resolve(known)[0], 0.0) for x in (rho, sigma))
    return entropy + float(classical.relative_entropy(p, q))


def _log_outcomes(outcomes: Known, model: Known) -> np.ndarray:
    """Ln⟨i|σ|i⟩, which does not underflow."""
    if outcomes.basis is None and model.basis is None:
        return model.logs
    return _log_sum(model.logs, squared(overlaps(outcomes, model)))


def _log_sum(logs: np.ndarray, weights: np.ndarray) -> Any:
    """Ln Σ w e^l over the last axis."""
    from scipy.special import logsumexp

    return logsumexp(np.broadcast_to(logs, weights.shape), b=weights, axis=-1)


def _single(name: str, x: State | Array) -> State | np.ndarray:
    if isinstance(x, State):
        return x
    a = _checks.numbers(name, x)
    if a.ndim != 2:
        raise error(name, "be one state", f"its shape is {a.shape}", "shape (d, d)")
    return a


def _view(x: State | np.ndarray) -> View:
    return x.view() if isinstance(x, State) else Matrices(x)


def _known(x: State | np.ndarray) -> Known:
    return x.known() if isinstance(x, State) else decomposed(x)
