"""Fidelity and distances of probability vectors.

Read it beside `qce.quantum.geometric`: same order, same rules. The trace distance becomes the
`total_variation`, the Bures distance √2 times Hellinger's.
"""

from __future__ import annotations

from typing import Any

from qce import _checks
from qce._arrays import Functional, log_ratio, safe_log
from qce._checks import truth
from qce.classical._pairs import VECTOR, check_pair, sizes
from qce.classical.ensembles import alike, holevo_information
from qce.classical.kernels import entropies as _kernels
from qce.classical.renyi import renyi_functional
from qce.typing import Array

_HALF = renyi_functional(0.5)


def fidelity(data: Array, model: Array, *, check: bool = True) -> Array:
    r"""Fidelity $F(p, q) = (\sum_i \sqrt{p_i q_i})^2$, the squared Bhattacharyya coefficient.

    Args:
        data: Probabilities p `(..., k)`, of NumPy, autograd, JAX or PyTorch.
        model: Probabilities q `(..., k)`. Batch axes broadcast.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)` in [0, 1]. Gradients along the supports.

    Raises:
        ValueError: If an argument is no probability vector within √ε, or shapes do not fit.

    Example:
        >>> fidelity([0.5, 0.5], [0.5, 0.5]).item(), fidelity([1.0, 0.0], [0.0, 1.0]).item()
        (1.0, 0.0)

    Source:
        A. Bhattacharyya, Bull. Calcutta Math. Soc. 35, 99 (1943), for its root.
    """
    if truth("check", check):
        check_pair(data, model)
    return _FIDELITY(data, model)


def total_variation(data: Array, model: Array, *, check: bool = True) -> Array:
    r"""Total variation distance $\frac12 \sum_i |p_i - q_i|$, the twin of the trace distance.

    Args:
        data: Probabilities p `(..., k)`, of NumPy, autograd, JAX or PyTorch.
        model: Probabilities q `(..., k)`. Batch axes broadcast.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)` in [0, 1]. At p_i = q_i, where it has a corner, the gradient is 0.

    Raises:
        ValueError: If an argument is no probability vector within √ε, or shapes do not fit.

    Example:
        >>> total_variation([1.0, 0.0], [0.25, 0.75]).item()
        0.75

    Source:
        T. Cover and J. Thomas, Elements of Information Theory (2006).
    """
    if truth("check", check):
        check_pair(data, model)
    return _TOTAL_VARIATION(data, model)


def bures_distance(data: Array, model: Array, *, check: bool = True) -> Array:
    r"""Bures distance $\sqrt{2 - 2 \sum_i \sqrt{p_i q_i}}$, √2 times the Hellinger distance.

    Args:
        data: Probabilities p `(..., k)`, of NumPy, autograd, JAX or PyTorch.
        model: Probabilities q `(..., k)`. Batch axes broadcast.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)` in [0, √2], relatively accurate for close p and q. At p = q, where it has a
            corner, the gradient is 0.

    Raises:
        ValueError: If an argument is no probability vector within √ε, or shapes do not fit.

    Example:
        >>> bures_distance([1.0, 0.0], [0.0, 1.0]).round(12).item()
        1.414213562373

    Source:
        E. Hellinger, J. Reine Angew. Math. 136, 210 (1909), up to √2.
    """
    if truth("check", check):
        check_pair(data, model)
    return _BURES(data, model)


def jensen_shannon_divergence(
    data: Array,
    model: Array,
    *others: Array,
    weights: Array | None = None,
    base: float | None = None,
    check: bool = True,
) -> Array:
    r"""Jensen-Shannon divergence $\frac12 D(p\|m) + \frac12 D(q\|m)$ with $m = (p + q)/2$.

    Args:
        data: Probabilities p `(..., k)`, of NumPy, autograd, JAX or PyTorch.
        model: Probabilities q `(..., k)`. Batch axes broadcast.
        others: More distributions, all of one shape: the result is the `holevo_information` of all.
        weights: One weight a distribution `(..., n)`, 1/n each if None.
        base: Base of the logarithm; nats if None.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)` in [0, log n] for n distributions, symmetric, always finite, relatively
            accurate for close ones. For two its square root is a metric.

    Raises:
        ValueError: If an argument is no probability vector within √ε, or shapes do not fit.

    Example:
        >>> jensen_shannon_divergence([1.0, 0.0], [0.0, 1.0], base=2).item()
        1.0

    Source:
        J. Lin, IEEE Trans. Inf. Theory 37, 145 (1991).
    """
    unit = _checks.log_base(base)
    if truth("check", check):
        check_pair(data, model)
    if others or weights is not None:
        for name, x in (("model", model), *(("others", x) for x in others)):
            _checks.probabilities(name, x)
            alike("data", data, name, x)
        return holevo_information((data, model, *others), weights, base=base, check=check)
    return _checks.in_unit(_JENSEN_SHANNON(data, model), unit)


def root_and_slope(ops: Any, p: Array, q: Array) -> tuple[Array, Array]:
    """√F = Σ √(pq), and its gradient ½ √(q/p) on the support."""
    xp = ops.xp
    inside = (p > 0) & (q > 0)
    half = log_ratio(xp, xp.where(inside, q, 1.0), xp.where(inside, p, 1.0)) / 2
    ratio = xp.where(inside, xp.exp(half), 0.0)
    return xp.sum(p * ratio, axis=-1)[..., None], ratio / 2


def _fidelity_slope(ops: Any, p: Array, q: Array) -> Array:
    root, slope = root_and_slope(ops, p, q)
    return 2 * root * slope


def _fidelity(xp: Any, p: Array, q: Array) -> Array:
    (size,) = sizes(xp, p)
    return xp.exp(-_HALF.value(xp, p, q)) * size**2


_FIDELITY = Functional(
    value=_fidelity,
    gradients=(_fidelity_slope, lambda ops, p, q: _fidelity_slope(ops, q, p)),
    axes=VECTOR,
)


def _bures(xp: Any, p: Array, q: Array) -> Array:
    """√(2 − 2√F); 0 where F is above 1, off the sum."""
    size, other = sizes(xp, p, q)
    square = 2 * _kernels.hellinger(xp, xp.abs(p - q), p, q, VECTOR) + (2 - size - other)
    return xp.sqrt(xp.where(square < 0, 0.0, square))


def _bures_slope(ops: Any, p: Array, q: Array) -> Array:
    """D√(2 − 2√F) = −d√F/B, where B is the value itself and not recomputed from √F."""
    distance = ops.apply(_BURES, (p, q))[..., None]
    apart = distance > 0
    _, slope = root_and_slope(ops, p, q)
    return ops.xp.where(apart, -slope / ops.xp.where(apart, distance, 1.0), 0.0)


_BURES = Functional(
    value=_bures,
    gradients=(_bures_slope, lambda ops, p, q: _bures_slope(ops, q, p)),
    axes=VECTOR,
)

_TOTAL_VARIATION = Functional(
    value=lambda xp, p, q: xp.sum(xp.abs(p - q), axis=-1) / 2,
    gradients=(
        lambda ops, p, q: ops.xp.sign(p - q) / 2,
        lambda ops, p, q: ops.xp.sign(q - p) / 2,
    ),
    axes=VECTOR,
)


def _jensen_shannon(xp: Any, p: Array, q: Array) -> Array:
    middle, half = (p + q) / 2, (p - q) / 2
    first, second = (_kernels.relative_entropy(xp, half, x, middle) for x in (p, q))
    return (first + second) / 2


_JENSEN_SHANNON = Functional(
    value=_jensen_shannon,
    gradients=(
        lambda ops, p, q: (safe_log(ops.xp, p) - safe_log(ops.xp, (p + q) / 2)) / 2,
        lambda ops, p, q: (safe_log(ops.xp, q) - safe_log(ops.xp, (p + q) / 2)) / 2,
    ),
    axes=VECTOR,
)
