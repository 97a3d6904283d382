"""Fidelity and distances of density matrices.

Read it beside `qce.classical.distances`. Fidelity and Bures distance are functions of the
sandwiched Rényi divergence of order ½, so that they are exact where states are equal, close or
orthogonal.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from qce import _checks, classical
from qce._arrays import Functional, adjoint, hermitian
from qce._spectral import LOG, SIGN, decompose, eigenvalues, in_blocks, power, signed, trace
from qce._spectral.eigen import ZERO
from qce._spectral.pairs import spectrum
from qce.classical.ensembles import alike
from qce.classical.kernels import entropies as _kernels
from qce.quantum._arguments import beside_either, check_state, dense, of_diagonals, value_of
from qce.quantum._bases import Sandwich
from qce.quantum._factorised import distances as _factorised
from qce.quantum._pairs import (
    MATRIX,
    TWO_DIGITS,
    by_bases,
    refined,
    sizes,
)
from qce.quantum._renyi.sandwiched import root_fidelity, sandwich_matrix, sandwiched_functional
from qce.quantum.ensembles import holevo_information
from qce.states import State
from qce.typing import Array, Scalar

HALF = sandwiched_functional(0.5)


def fidelity(data: State | Array, model: State | Array, *, check: bool = True) -> Array:
    r"""Fidelity $F(ρ, σ) = (\mathrm{Tr} \sqrt{\sqrt{ρ} σ \sqrt{ρ}})^2$, the squared convention.

    Args:
        data: Density matrices ρ `(..., d, d)`, of NumPy, autograd, JAX or PyTorch.
        model: Density matrices σ `(..., d, d)`. Batch axes broadcast.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)` in [0, 1], never above 1; 1 where ρ = σ, 0 where they are orthogonal within
            rounding. $|⟨ψ|φ⟩|^2$ for pure states. Gradients along the supports.

    Raises:
        ValueError: If an argument is no density matrix within √ε, or shapes do not fit.

    Example:
        >>> rho, sigma = [[0.95, 0.0], [0.0, 0.05]], [[0.5, 0.25], [0.25, 0.5]]
        >>> fidelity(rho, sigma).round(12).item()
        0.688745860882

    Source:
        A. Uhlmann, Rep. Math. Phys. 9, 273 (1976); R. Jozsa, J. Mod. Opt. 41, 2315 (1994).
    """
    return value_of(_FIDELITY, check, _FIDELITY_OF_STATES, data=data, model=model)


def trace_distance(data: State | Array, model: State | Array, *, check: bool = True) -> Array:
    r"""Trace distance $T(ρ, σ) = \frac12 \|ρ - σ\|_1$.

    Args:
        data: Density matrices ρ `(..., d, d)`, of NumPy, autograd, JAX or PyTorch.
        model: Density matrices σ `(..., d, d)`. Batch axes broadcast.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)` in [0, 1]. On the kernel of ρ − σ within rounding, where it has a
            corner, the gradient is 0.

    Raises:
        ValueError: If an argument is no density matrix within √ε, or shapes do not fit.

    Example:
        >>> trace_distance([[1.0, 0.0], [0.0, 0.0]], [[0.5, 0.0], [0.0, 0.5]]).item()
        0.5

    Source:
        C. Helstrom, Quantum Detection and Estimation Theory (1976): the best measurement tells
        two equally likely states apart with probability (1 + T)/2.
    """
    return value_of(_TRACE_DISTANCE, check, _distance_of_states, data=data, model=model)


def bures_distance(data: State | Array, model: State | Array, *, check: bool = True) -> Array:
    r"""Bures distance $B(ρ, σ) = \sqrt{2 - 2\sqrt{F(ρ, σ)}}$.

    Args:
        data: Density matrices ρ `(..., d, d)`, of NumPy, autograd, JAX or PyTorch.
        model: Density matrices σ `(..., d, d)`. Batch axes broadcast.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)` in [0, √2], relatively accurate for close states. At ρ = σ, where it has a
            corner, the gradient is 0.

    Raises:
        ValueError: If an argument is no density matrix within √ε, or shapes do not fit.

    Example:
        >>> rho, sigma = [[0.95, 0.0], [0.0, 0.05]], [[0.5, 0.25], [0.25, 0.5]]
        >>> bures_distance(rho, sigma).round(12).item()
        0.583254421475

    Source:
        D. Bures, Trans. Am. Math. Soc. 135, 199 (1969).
    """
    return value_of(_BURES, check, _BURES_OF_STATES, data=data, model=model)


def jensen_shannon_divergence(
    data: State | Array,
    model: State | Array,
    *others: State | Array,
    weights: Array | None = None,
    base: float | None = None,
    check: bool = True,
) -> Array:
    r"""Jensen-Shannon divergence $\frac12 D(ρ\|μ) + \frac12 D(σ\|μ)$ with $μ = (ρ + σ)/2$.

    Args:
        data: Density matrices ρ `(..., d, d)`, of NumPy, autograd, JAX or PyTorch.
        model: Density matrices σ `(..., d, d)`. Batch axes broadcast.
        others: More states, all of one shape: the result is then the `holevo_information` of all.
        weights: One weight a state `(..., n)`, 1/n each if None.
        base: Base of the logarithm; nats if None.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)` in [0, log n] for n states, symmetric, always finite, relatively accurate for
            close states. For two states its square root is a metric. Gradients along the supports.

    Raises:
        ValueError: If an argument is no density matrix within √ε, or shapes do not fit.

    Example:
        >>> jensen_shannon_divergence([[1.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 1.0]], base=2)
        np.float64(1.0)

    Source:
        A. Majtey, P. Lamberti and D. Prato, Phys. Rev. A 72, 052310 (2005).
    """
    unit = _checks.log_base(base)
    if others or weights is not None:
        return _of_many((data, model, *others), weights, base, check)
    of_states = of_diagonals(classical.jensen_shannon_divergence)
    value = value_of(_JENSEN_SHANNON, check, of_states, data=data, model=model)
    return _checks.in_unit(value, unit)


def _of_many(
    states: Sequence[State | Array], weights: Array | None, base: float | None, check: bool
) -> Array:
    names = ("data", "model", *("others" for _ in states[2:]))
    arrays = tuple(dense(name, x) for name, x in zip(names, states, strict=True))
    for name, x in zip(names, arrays, strict=True):
        check_state(name, x)
        alike("data", arrays[0], name, x, kets=True)
    return holevo_information(arrays, weights, base=base, check=check)


# --- fidelity and Bures distance ---------------------------------------------------------------


def half(xp: Any, rho: Array, sigma: Array, *bases: Array) -> Array:
    """−log F of the states that ρ and σ are multiples of."""
    size, other = sizes(xp, rho, sigma)
    return HALF.value(xp, rho, sigma, *bases) - xp.log(size) + xp.log(other)


def _fidelity(xp: Any, rho: Array, sigma: Array, *bases: Array) -> Array:
    (size,) = sizes(xp, rho)
    return xp.exp(-HALF.value(xp, rho, sigma, *bases)) * size**2


def _fidelity_array(rho: np.ndarray, sigma: np.ndarray) -> Array:
    """(Σ singular values of A†B)²; a number within rounding of 1 is 1."""
    root = root_fidelity(rho, sigma)
    rounding = ZERO * np.finfo(root.dtype).eps * rho.shape[-1]
    size, other = sizes(np, rho, sigma)
    full = (root > 1 - rounding) & (size == 1) & (other == 1)
    return np.where(full, 1.0, root**2)[()]


def root_by_data(ops: Any, rho: Array, sigma: Array, *bases: Array) -> tuple[Array, Array]:
    """√F = Tr M^½ with M = √σ ρ √σ, and its gradient ½ √σ M^{−½} √σ."""
    b = Sandwich(*bases)
    root, matrix = sandwich_matrix(ops, 0.5, rho, sigma, b.q, b.v)
    slope = root @ ops.frechet(power(-0.5), matrix, b.m, b.w) @ root / 2
    return trace(ops, ops.frechet(power(0.5), matrix, b.m, b.w)), slope


def root_by_model(ops: Any, rho: Array, sigma: Array, *bases: Array) -> tuple[Array, Array]:
    """√F and its gradient D(√σ)[ρ √σ M^{−½} + h.c.]/2."""
    b = Sandwich(*bases)
    root, matrix = sandwich_matrix(ops, 0.5, rho, sigma, b.q, b.v)
    inner = hermitian(ops.xp, rho @ root @ ops.frechet(power(-0.5), matrix, b.m, b.w))
    slope = ops.frechet(power(0.5), sigma, b.q, b.v, inner)
    return trace(ops, ops.frechet(power(0.5), matrix, b.m, b.w)), slope


def _of_fidelity(side: Any) -> Any:
    def gradient(*arguments: Array) -> Array:
        root, slope = side(*arguments)
        return 2 * root * slope

    return gradient


_FIDELITY = Functional(
    value=_fidelity,
    gradients=(_of_fidelity(root_by_data), _of_fidelity(root_by_model)),
    axes=MATRIX,
    prepare=HALF.prepare,
    plain=_fidelity_array,
)


def _chord(xp: Any, close: Array, size: Array, other: Array) -> Array:
    """√(2 − 2√F) from −log F of the normalised states; 0 where F is above 1, off the trace."""
    scale = xp.sqrt(size * other)
    square = -2 * xp.expm1(-close / 2) * scale + 2 * (1 - scale)
    return xp.sqrt(xp.where(square < 0, 0.0, square))


def _bures(xp: Any, rho: Array, sigma: Array, *bases: Array) -> Array:
    return _chord(xp, half(xp, rho, sigma, *bases), *sizes(xp, rho, sigma))


def _bures_array(rho: np.ndarray, sigma: np.ndarray) -> Array:
    size, other = sizes(np, rho, sigma)
    return _chord(np, HALF(rho, sigma) - np.log(size) + np.log(other), size, other)


def _of_bures(side: Any) -> Any:
    """d√(2 − 2√F) = −d√F/B, where B is the value itself and not recomputed from √F.

    So the 1/B here cancels exactly against a factor B of the chain rule.
    """

    def gradient(ops: Any, rho: Array, sigma: Array, *bases: Array) -> Array:
        _, slope = side(ops, rho, sigma, *bases)
        distance = ops.again(_BURES, (rho, sigma), bases)[..., None, None]
        apart = distance > 0
        return ops.xp.where(apart, -slope / ops.xp.where(apart, distance, 1.0), 0.0)

    return gradient


_BURES = Functional(
    value=_bures,
    gradients=(_of_bures(root_by_data), _of_bures(root_by_model)),
    axes=MATRIX,
    prepare=HALF.prepare,
    plain=_bures_array,
)


# --- trace distance ----------------------------------------------------------------------------


def _advantage(
    ops: Any, rho: Array, sigma: Array, raw: Array, values: Array, vectors: Array
) -> Array:
    return ops.frechet(SIGN, rho - sigma, values, vectors) / 2


_TRACE_DISTANCE = Functional(
    value=lambda xp, rho, sigma, raw, *rest: xp.sum(xp.abs(raw), axis=-1) / 2,
    gradients=(_advantage, lambda *arguments: -_advantage(*arguments)),
    axes=MATRIX,
    prepare=signed,
    plain=in_blocks(lambda rho, sigma: np.sum(np.abs(spectrum(np, rho - sigma)), axis=-1) / 2),
)


# --- Jensen-Shannon ----------------------------------------------------------------------------


def _with_mean(xp: Any, rho: Array, sigma: Array) -> tuple[Array, ...]:
    return decompose(xp, rho, sigma, (rho + sigma) / 2)


def _jensen_shannon(
    xp: Any,
    rho: Array,
    sigma: Array,
    p: Array,
    u: Array,
    q: Array,
    v: Array,
    middle: Array,
    basis: Array,
) -> Array:
    """The mean of two relative entropies; any weight outside the mean's support is rounding."""
    half = hermitian(xp, rho - sigma) / 2 @ basis
    first, second = (
        _kernels.relative_entropy(
            xp, adjoint(xp, vectors) @ half, values[..., :, None], middle[..., None, :]
        )
        for values, vectors in ((p, u), (q, v))
    )
    return xp.sum(first + second, axis=-1) / 2


def _jensen_shannon_array(rho: np.ndarray, sigma: np.ndarray) -> Array:
    """The entropy of the mean less the mean entropy, where these do not cancel."""

    def entropy(x: np.ndarray) -> Array:
        return _kernels.entropy(np, eigenvalues(np, x))

    mixed = entropy((rho + sigma) / 2)
    value = mixed - (entropy(rho) + entropy(sigma)) / 2
    exact = by_bases(_jensen_shannon, _with_mean)
    return refined(value, value < TWO_DIGITS * (1 + np.abs(mixed)), exact, rho, sigma)


def _log_to_mean(
    ops: Any, x: Array, own: tuple[Any, ...], mean: Array, middle: Array, basis: Array
) -> Array:
    return (ops.frechet(LOG, x, *own) - ops.frechet(LOG, mean, middle, basis)) / 2


_JENSEN_SHANNON = Functional(
    value=_jensen_shannon,
    gradients=(
        lambda ops, rho, sigma, p, u, q, v, *middle: _log_to_mean(
            ops, rho, (p, u), (rho + sigma) / 2, *middle
        ),
        lambda ops, rho, sigma, p, u, q, v, *middle: _log_to_mean(
            ops, sigma, (q, v), (rho + sigma) / 2, *middle
        ),
    ),
    axes=MATRIX,
    prepare=_with_mean,
    plain=_jensen_shannon_array,
)


# --- factorised states -------------------------------------------------------------------------

_FIDELITY_OF_STATES = beside_either(_factorised.fidelity)
_BURES_OF_STATES = beside_either(_factorised.bures_distance)
_TOTAL_VARIATION = of_diagonals(classical.total_variation)


def _distance_of_states(data: State | Array, model: State | Array) -> Scalar | None:
    value = _TOTAL_VARIATION(data, model)
    return _factorised.trace_distance(data, model) if value is None else value
