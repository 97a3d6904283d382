"""Gaussian fermions: sums over the modes, not over 2^n eigenvectors.

With C = (1 + iΓ)/2, of dimension 2n, S(ρ) = −Tr C log C and S(ρ, σ) = −Tr C_ρ log C_σ, as if C were
a state; the second holds for any ρ. With T = C/(1 − C), which is e^{−iA},

    Tr ρ^α σ^{1−α} = √det(1 + T_ρ^α T_σ^{1−α}) / (Z_ρ^α Z_σ^{1−α}),  Z = √det(1 + T),

and the sandwich has (T_σ^s T_ρ T_σ^s)^α in its place. Its eigenvalues come in pairs m and
1/m; those above 1 are squares of the singular values of T_ρ^{x/2} T_σ^{y/2}.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.linalg import lapack
from scipy.special import log_expit

from qce import _checks
from qce._concrete import namespace
from qce._spectral import ZERO
from qce._wires import all_bits
from qce.classical.kernels import logarithms as _logarithms
from qce.classical.kernels import orders as _order_kernels
from qce.quantum._factorised.gaussian_close import Modes, Path
from qce.states import GaussianFermions, State, majorana
from qce.states.known import Known, epsilon, overlaps, squared
from qce.states.views import ROUNDING, Matrices, Weights, outside
from qce.typing import Array, Scalar

_WIDE = 20.0  # a range e^20 of factors costs ordinary singular values nine digits
_RANGE = 700.0  # e^700 and its inverse are numbers
_FEW_DIGITS = 3e-4  # of the largest term: what is left has twelve digits
_ROUNDED = 2.0**10  # roundings of a mode that may have come together
_MODERATE = 12.0  # powers e^12 leave eleven digits
_VANISHED = 50.0  # e^−50 is below rounding, of a thousand of them as well


def pair(
    data: State | Array, model: State | Array
) -> tuple[GaussianFermions, GaussianFermions] | None:
    """Both where they are Gaussian fermions over the same Majorana operators."""
    if not (isinstance(data, GaussianFermions) and isinstance(model, GaussianFermions)):
        return None
    return (data, model) if data.axis == model.axis else None


def entropy(x: GaussianFermions) -> Scalar:
    """S(ρ)."""
    if x.differentiable:
        from qce.quantum._factorised import gaussian_jax

        return gaussian_jax.entropy(x)
    return float(_logarithms.entropy(x.modes().logs))


def renyi_entropy(x: GaussianFermions, alpha: float) -> Scalar:
    """S_α(ρ), which adds up over modes."""
    if x.differentiable:
        from qce.quantum._factorised import gaussian_jax

        return gaussian_jax.renyi_entropy(x, alpha)
    logs = x.modes().logs.reshape(2, -1).T  # of each mode, that it is full and empty
    return float(_order_kernels.renyi(np, logs, alpha).sum())


def cross_entropy(data: State | Array, model: GaussianFermions) -> Scalar:
    """S(ρ, σ) for any data; `(...)` for an array of data `(..., d, d)`."""
    both = pair(data, model)
    if both and (both[0].differentiable or model.differentiable):
        from qce.quantum._factorised import gaussian_jax

        return gaussian_jax.cross_entropy(*both)
    known = model.modes()
    weights, missing = _weights(data, model, known)
    return np.where(missing > 0, np.inf, _logarithms.cross_entropy(weights, known.logs))[()]


def relative_entropy(data: GaussianFermions, model: GaussianFermions) -> Scalar:
    """D(ρ‖σ), a sum of terms that are never negative."""
    if data.differentiable or model.differentiable:
        from qce.quantum._factorised import gaussian_jax

        return gaussian_jax.relative_entropy(data, model)
    p, q = data.modes(), model.modes()
    overlap = squared(overlaps(p, q))
    if _missing(p, q, overlap.T @ np.exp(p.logs)) > 0:
        return np.inf
    return _logarithms.relative_entropy(overlap, p.logs[:, None], q.logs[None, :])


def relative_entropy_variance(data: GaussianFermions, model: GaussianFermions) -> Scalar:
    """V(ρ‖σ) = ½ Σ_ij |h_ij|² (1 − p_i) p_j with h = log-odds of ρ less those of σ, by Wick."""
    if data.differentiable or model.differentiable:
        from qce.quantum._factorised import gaussian_jax

        return gaussian_jax.relative_entropy_variance(data, model)
    p, q = data.modes(), model.modes()
    overlap = overlaps(p, q)
    if _missing(p, q, squared(overlap).T @ np.exp(p.logs)) > 0:
        return np.inf
    own, other = (np.where(np.isfinite(x), x, 0.0) for x in (_log_odds(data), _log_odds(model)))
    h = np.diag(own) - (overlap * other) @ overlap.conj().T
    full = np.exp(p.logs)
    empty = np.roll(full, len(full) // 2)  # 1 − p belongs to the conjugate mode
    return float(empty @ squared(h) @ full) / 2


def petz(alpha: float, data: GaussianFermions, model: GaussianFermions) -> Scalar:
    """Petz' Rényi divergence of any order but 1 and ∞."""
    if data.differentiable or model.differentiable:
        from qce.quantum._factorised import gaussian_jax

        return gaussian_jax.petz(alpha, data, model)
    return _renyi(alpha, alpha, 1 - alpha, 1.0, data, model)


def sandwiched(alpha: float, data: GaussianFermions, model: GaussianFermions) -> Scalar:
    """The sandwiched Rényi divergence of any order but 1 and 0."""
    if data.differentiable or model.differentiable:
        from qce.quantum._factorised import gaussian_jax

        return gaussian_jax.sandwiched(alpha, data, model)
    if alpha == math.inf:
        return _renyi(alpha, 1.0, -1.0, math.inf, data, model)
    return _renyi(alpha, 1.0, (1 - alpha) / alpha, alpha, data, model)


def fidelity(data: GaussianFermions, model: GaussianFermions) -> Scalar:
    """F(ρ, σ) = exp(−D̃_½)."""
    value = sandwiched(0.5, data, model)
    return of_library(value).exp(-value)


def of_library(x: Scalar) -> Any:
    """`numpy`, or `jax.numpy` for what JAX follows."""
    return namespace(x) if hasattr(x, "aval") else np


# --- weights of the data in the modes of the model ----------------------------------------------


def _weights(
    data: State | Array, model: GaussianFermions, known: Known
) -> tuple[np.ndarray, Scalar]:
    """⟨j|C_ρ|j⟩ `(..., 2n)`, and their sum where the model has none."""
    if both := pair(data, model):
        own = both[0].modes()
        weights = squared(overlaps(own, known)).T @ np.exp(own.logs)
        return weights, _missing(own, known, weights)
    view = data.view() if isinstance(data, State) else Matrices(np.asarray(data))
    written = isinstance(view, Weights) and known.angles == 0 and model.axis == "Z"
    n = model.wires
    basis = known.vectors()
    if isinstance(view, Weights) and written:
        bits = all_bits(n)
        ones, zeros = bits.T @ view.p, (1 - bits).T @ view.p
        up = np.sum(basis[::2, :n].conj() * basis[1::2, :n], axis=0).imag < 0
        weights = np.concatenate([np.where(up, ones, zeros), np.where(up, zeros, ones)])
    else:
        moments = majorana.covariance(view, model.dimension, model.axis)
        upper = basis[:, :n]
        shift = np.sum(upper.conj() * (1j * moments @ upper), axis=-2).real
        weights = np.concatenate([1 + shift, 1 - shift], axis=-1) / 2
    rounding = 0.0 if written else ROUNDING * epsilon(basis)
    return weights, outside(known, weights, 0.0, rounding, bool(written))


def _missing(data: Known, model: Known, weights: np.ndarray) -> Scalar:
    exact = bool(np.all(data.angles == 0) and np.all(model.angles == 0))
    kernel = float(np.sum(weights[np.isneginf(model.logs)]))
    return (
        kernel if kernel > (0.0 if exact else (ROUNDING * epsilon(model.vectors())) ** 2) else 0.0
    )


def _log_odds(state: GaussianFermions) -> np.ndarray:
    """Log c/(1 − c) of the modes of C, `(2n,)`."""
    return np.concatenate([-state.energies, state.energies])


# --- Rényi divergences --------------------------------------------------------------------------


def _renyi(
    alpha: float, x: float, y: float, power: float, data: GaussianFermions, model: GaussianFermions
) -> Scalar:
    """Log Tr (T_ρ^x T_σ^y)^power, normalised, over α − 1."""
    if np.isinf(model.energies).any():
        inside = bool(np.isfinite(relative_entropy(data, model)))
        if alpha > 1 and not inside:
            return np.inf
        if inside and np.isinf(model.energies).all():
            return 0.0
        if inside:
            data, model = _beside_pure(data, model)
    # Modes of more than this are as good as pure, where others have any weight.
    most = [float(state.energies.max()) for state in (data, model)]
    limit = 2 * _RANGE / (x + abs(y))
    if x * most[0] + abs(y) * most[1] <= 2 * _RANGE:
        limit = math.inf
    pure = [energy > limit for energy in most]
    if (all(pure) and not _meet(data, model, limit)) or (alpha > 1 and pure[1]):
        return _far_apart(alpha, data, model)
    exponents = [size for size, is_pure in zip((x, abs(y)), pure, strict=True) if is_pure]
    if min(exponents, default=math.inf) * limit < _VANISHED:
        if power != 1:  # what is cut off below would still be seen
            return _too_cold(alpha, data, model)
        return max(0.0, _by_projectors(x, y, data, model) / (alpha - 1))
    t, u = (np.clip(_log_odds(state), -limit, limit) for state in (data, model))
    overlap = overlaps(data.modes(), model.modes())
    if alpha > 1:
        # Large powers would make a value of what rounding has left of 0.
        overlap = np.where(np.abs(overlap) <= ZERO * epsilon(overlap), 0.0, overlap)
    mu = 2 * _largest_logs(x * t / 2, overlap, y * u / 2)
    if alpha == math.inf:
        log_trace = float(mu.sum()) / 2 - _log_partition(t) + _log_partition(u)
        return max(0.0, log_trace)
    terms = (
        float(np.sum(power * mu / 2 - log_expit(power * mu))),
        -alpha * _log_partition(t),
        -(1 - alpha) * _log_partition(u),
    )
    value, size = sum(terms) / (alpha - 1), max(map(abs, terms))
    if abs(alpha - 1) * value <= _FEW_DIGITS * size:
        better = _refined(alpha, power, (t, u), data, model)
        # No more than what rounding may have done.
        if abs(better - value) * abs(alpha - 1) <= _ROUNDED * epsilon(overlap) * max(1.0, size):
            value = better
    return max(0.0, value)


def _refined(
    alpha: float,
    power: float,
    log_odds: tuple[np.ndarray, np.ndarray],
    data: GaussianFermions,
    model: GaussianFermions,
) -> float:
    """The same by a way on which nothing cancels; NaN where there is none."""
    t, u = log_odds
    rate = 1.0 if power == 1 else 1 / alpha
    most = (rate * max(alpha, 1.0) - 1) * np.abs(u).max()  # of the negative powers of C_σ
    if most > _MODERATE or np.isinf(relative_entropy(data, model)):
        return math.nan
    offset = _log_partition(u) - _log_partition(t)
    second = Modes(u, model.modes().vectors())
    try:
        if power == 1:
            path = Path(Modes(t, data.modes().vectors()), second, rate, offset)
            return path.renyi(alpha, lambda: float(relative_entropy(data, model)))
        path = Path(_sandwich(alpha, t, u, data, model), second, rate, offset)
        return path.renyi(alpha, path.slope)
    except np.linalg.LinAlgError:  # no weight in common, as far as numbers tell
        return math.nan


def _sandwich(
    alpha: float, t: np.ndarray, u: np.ndarray, data: GaussianFermions, model: GaussianFermions
) -> Modes:
    """The modes of σ^s ρ σ^s, a Gaussian operator: those of its generator."""
    overlap = overlaps(data.modes(), model.modes())
    upper = _upper_logarithm(t / 2, overlap, (1 - alpha) / alpha * u / 2)
    vectors = model.modes().vectors()
    upper = vectors @ upper @ vectors.conj().T
    generator = -2 * upper.imag  # log T = −iA is the upper half less its conjugate
    energies, modes = majorana.modes((generator - generator.T) / 2)
    both = np.concatenate([modes, modes.conj()], axis=1)
    return Modes(np.concatenate([-energies, energies]), both)


def _log_partition(log_odds: np.ndarray) -> float:
    energies = np.abs(log_odds)
    return float(np.sum(energies / 2 - log_expit(energies))) / 2


def _largest_logs(rows: np.ndarray, unitary: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Logarithms of the larger half of the singular values of X = e^rows U e^columns, from 0 on."""
    n = len(rows) // 2
    x = np.exp(rows)[:, None] * unitary * np.exp(columns)
    if np.ptp(rows) + np.ptp(columns) < _WIDE:
        singular = np.linalg.svd(x, compute_uv=False)[:n]
    else:
        singular = _jacobi(x)[0][: 2 * n : 2]
    return np.maximum(np.log(singular), 0.0)


def _upper_logarithm(rows: np.ndarray, unitary: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """The part of log X†X that has the larger half of the singular values."""
    n = len(rows) // 2
    x = np.exp(rows)[:, None] * unitary * np.exp(columns)
    if np.ptp(rows) + np.ptp(columns) < _WIDE:
        _, singular, adjoint = np.linalg.svd(x)
        right = adjoint[:n].conj().T
        return (right * (2 * np.maximum(np.log(singular[:n]), 0.0))) @ right.conj().T
    singular, right = _jacobi(x, vectors=True)
    logs = 2 * np.maximum(np.log(singular[: 2 * n]), 0.0)
    real = (right[:, : 2 * n] * logs) @ right[:, : 2 * n].T
    return real[: 2 * n, : 2 * n] + 1j * real[2 * n :, : 2 * n]


def _jacobi(x: np.ndarray, vectors: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Singular values of a complex matrix as a real one, each twice, in falling order; and V.

    Jacobi's method knows each to a few digits less than its own, whatever the range.
    """
    real = np.block([[x.real, -x.imag], [x.imag, x.real]])
    order = np.argsort(-np.abs(real).max(axis=1))
    found, _, right, work, _, info = lapack.dgejsv(
        np.asfortranarray(real[order]), joba=2, jobu=3, jobv=0 if vectors else 3, jobr=0, jobp=0
    )
    if info:
        raise np.linalg.LinAlgError("Singular values did not converge")
    singular = found * (work[0] / work[1])
    place = np.argsort(-singular)
    return singular[place], right[:, place] if vectors else right


def _power(state: GaussianFermions, exponent: float, limit: float = math.inf) -> np.ndarray:
    """C^exponent on the support, or on that of e^−limit."""
    known = state.modes()
    inside = np.isfinite(known.logs) & (known.logs >= -limit)
    scale = np.where(inside, np.exp(exponent * np.where(inside, known.logs, 0.0)), 0.0)
    return (known.vectors() * scale) @ known.vectors().conj().T


def _meet(data: GaussianFermions, model: GaussianFermions, limit: float) -> bool:
    """Whether the supports are not orthogonal, beyond rounding."""
    matrix = 2 * (_power(data, 0.0, limit) @ _power(model, 0.0, limit)).real
    least = np.linalg.svd(matrix, compute_uv=False)[-1]
    return bool(least > ZERO * np.finfo(float).eps * len(matrix))


def _far_apart(alpha: float, data: GaussianFermions, model: GaussianFermions) -> float:
    """Of states that meet in weights below any number: +∞ where they are 0."""
    if alpha < 1 and np.isinf(data.energies).any() and np.isinf(model.energies).any():
        if not _meet(data, model, math.inf):
            return math.inf
    most = max(float(x.energies[np.isfinite(x.energies)].max(initial=0)) for x in (data, model))
    must, but = "be at moderate energies", f"one mode has a weight of e^−{most:.4g}"
    raise _checks.pair_error("data", "model", must, but, "states of smaller beta")


def _too_cold(alpha: float, data: GaussianFermions, model: GaussianFermions) -> float:
    """Of a sandwich that no range of numbers holds: refused, for its limit is not known here."""
    most = max(float(x.energies.max()) for x in (data, model))
    must = f"be at moderate energies at alpha = {alpha:.4g}"
    but = f"one mode has a weight of e^−{most:.4g}"
    remedy = "states of smaller beta, or petz_renyi_divergence"
    raise _checks.pair_error("data", "model", must, but, remedy)


def _by_projectors(x: float, y: float, data: GaussianFermions, model: GaussianFermions) -> float:
    """½ log det 2 Re(C_ρ^x C_σ^y), which divides by nothing: for pure modes, x and y ≥ 0."""
    _, log = np.linalg.slogdet(2 * (_power(data, x) @ _power(model, y)).real)
    return float(log) / 2


def _beside_pure(
    data: GaussianFermions, model: GaussianFermions
) -> tuple[GaussianFermions, GaussianFermions]:
    """Both on the modes that are mixed in the model; the others are the same pure ones in both."""
    mixed = np.isfinite(model.energies)
    vectors = model.modes().vectors()[:, : model.wires][:, mixed]
    real = np.stack([vectors.real, vectors.imag], axis=2).reshape(len(vectors), -1) * math.sqrt(2)
    energies = model.energies[mixed]
    generator = np.zeros((2 * len(energies), 2 * len(energies)))
    place = 2 * np.arange(len(energies))
    # iAw = εw for w = (u + iv)/√2 is Au = εv and Av = −εu.
    generator[place + 1, place], generator[place, place + 1] = energies, -energies
    covariance = real.T @ data.covariance @ real
    return (
        _rounded((covariance - covariance.T) / 2, len(vectors)),
        GaussianFermions(generator=generator),
    )


def _rounded(covariance: np.ndarray, rows: int) -> GaussianFermions:
    """The state of moments that a product of matrices of so many rows has rounded."""
    sizes, vectors = majorana.modes(covariance)
    pure = (1 - sizes) / 2 <= (ZERO * np.finfo(float).eps * rows) * ZERO
    with np.errstate(divide="ignore"):
        energies = 2 * np.arctanh(np.where(pure, 1.0, sizes))
    state = GaussianFermions(np.zeros_like(covariance))
    state.__dict__.update(_covariance=None, _modes=(energies, vectors.conj()))
    return state
