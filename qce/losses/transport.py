r"""Sinkhorn divergence of bit strings: entropic optimal transport, Hamming's distance its cost.

The Gibbs kernel $e^{-h(x, y) / ε}$ is a product over wires, so that one Sinkhorn update is n sums
of two exponentials a string, done on logarithms; no matrix of costs is ever made.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from qce import _checks
from qce._arrays import Functional
from qce._arrays.libraries import of_namespace
from qce.losses import _arguments, _cube
from qce.typing import Array, Scalar

# Updates after which a transport that still moves is given up.
_ROUNDS = 10_000


def sinkhorn_divergence(
    data: Array, model: Array, *, epsilon: Scalar = 0.5, check: bool = True
) -> Array:
    r"""Debiased entropic transport $T_ε(p, q) - \frac12 T_ε(p, p) - \frac12 T_ε(q, q)$.

    $T_ε(p, q) = \min_π \sum π h + ε D(π \| p ⊗ q)$ over joint distributions π of two bit strings
    with the marginals p and q; h is Hamming's distance. For ε → 0 it is the least mean number
    of bits to flip (Wasserstein's distance), for ε → ∞ $\sum_i (p_i(1) - q_i(1))^2$, which
    sees nothing but marginals.

    Args:
        data: Probabilities p `(..., 2^n)`, of NumPy, autograd, JAX or PyTorch.
        model: Probabilities q `(..., 2^n)`. Batch axes broadcast.
        epsilon: ε, in bits flipped. Rounds to convergence grow like e^{1/ε}: a tenth of a bit is
            about the least that is practical.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)` in [0, n], in bits flipped; 0 if and only if p = q. The gradient is that of
            the optimal potentials, whose part along (1, …, 1) is a choice: distributions keep their
            sum. It is not to be differentiated again. NaN, unchecked, where potentials do not
            converge.

    Raises:
        ValueError: If an argument is no probability vector of bit strings within √ε, shapes do not
            fit, ε is not positive, or potentials do not converge within 10⁴ rounds.
        TypeError: If ε is no number.

    Example:
        >>> sinkhorn_divergence([1.0, 0, 0, 0], [0, 0, 0, 1.0]).round(12).item()
        2.0

    Source:
        A. Genevay, G. Peyré and M. Cuturi, arXiv:1706.00292; gradient: J. Feydy et al.,
        arXiv:1810.08278; for Born machines: B. Coyle et al., arXiv:1904.02214.
    """
    check = _arguments.given(check, data=data, model=model)
    _cube.wires("model", model)
    bits = _arguments.fixed("epsilon", _arguments.above_zero("epsilon", epsilon))
    if check:
        _arguments.pair(_checks.probabilities, data, model)
    value = _divergence(bits)(data, model)
    found = _checks.concrete("value", value) if check else None
    if found is not None and not isinstance(found, _checks.Abstract) and (found != found).any():
        but = f"potentials for {bits:g} still move after {_ROUNDS} rounds"
        raise _checks.error("epsilon", "let potentials converge", but, "a larger one")
    return value


@lru_cache(maxsize=32)
def _divergence(epsilon: float) -> Functional:
    """With a = (f − f_pp), b = (g − g_qq) of optimal potentials it is Σ p a + Σ q b."""
    return Functional(
        value=lambda xp, p, q, a, b: xp.sum(p * a, -1) + xp.sum(q * b, -1),
        gradients=(lambda ops, p, q, a, b: a, lambda ops, p, q, a, b: b),
        axes=(-1,),
        prepare=lambda xp, p, q: potentials(xp, p, q, epsilon),
    )


def potentials(xp: Any, p: Array, q: Array, epsilon: float) -> tuple[Array, Array]:
    """The gradients a, b of the divergence with respect to p and q."""
    zero = xp.zeros_like(p + q)
    p, q = p + zero, q + zero  # one batch
    # Marginals can meet only where sums agree, and those given agree to √ε of their precision.
    p, q = (distribution / xp.sum(distribution, -1)[..., None] for distribution in (p, q))
    transform = _transform(xp, epsilon)
    log_p, log_q = _log(xp, p), _log(xp, q)

    def cross(f: Array) -> Array:
        return transform(log_q, transform(log_p, f))

    def within(log_law: Array) -> Callable[[Array], Array]:
        return lambda f: (f + transform(log_law, f)) / 2  # symmetric, and then it contracts fast

    rounding = 64 * xp.finfo(p.dtype).eps * (1 + p.shape[-1].bit_length() / epsilon)
    f, there = _fixed_point(xp, cross, zero, p, epsilon, rounding)
    of_p, here = _fixed_point(xp, within(log_p), zero, p, epsilon, rounding)
    of_q, too = _fixed_point(xp, within(log_q), zero, q, epsilon, rounding)
    a, b = f - of_p, transform(log_p, f) - of_q
    # (f + c, g − c) is as good: both sides get the same share of the value.
    shift = ((xp.sum(q * b, -1) - xp.sum(p * a, -1)) / 2)[..., None]
    settled = (there & here & too)[..., None]
    return xp.where(settled, a + shift, xp.nan), xp.where(settled, b - shift, xp.nan)


def _transform(xp: Any, epsilon: float) -> Callable[[Array, Array], Array]:
    """Map log μ, f → −ε log Σ_x μ(x) e^{(f(x) − h(x, y)) / ε}."""

    def step(zero: Array, one: Array) -> tuple[Array, Array]:
        there = xp.logaddexp(zero, one - 1 / epsilon)
        return there, xp.logaddexp(zero - 1 / epsilon, one)

    return lambda log_law, f: -epsilon * _cube.on_every_wire(xp, log_law + f / epsilon, step)


def _fixed_point(
    xp: Any, update: Any, start: Array, distribution: Array, epsilon: float, rounding: float
) -> tuple[Array, Array]:
    """Update until the distribution's marginal is right up to rounding; tell where it is."""

    def go_on(state: tuple[Array, Array, Any]) -> Any:
        _, off, rounds = state
        return (xp.max(off) > rounding) & (rounds < _ROUNDS)

    def turn(state: tuple[Array, Array, Any]) -> tuple[Array, Array, Any]:
        f, _, rounds = state
        new = update(f)
        return new, xp.sum(distribution * xp.abs(xp.expm1((f - new) / epsilon)), -1), rounds + 1

    state = of_namespace(xp).repeat(go_on, turn, (start, xp.sum(distribution, -1) + 1, 0))
    return state[0], state[1] <= rounding


def _log(xp: Any, distribution: Array) -> Array:
    inside = distribution > 0
    return xp.where(inside, xp.log(xp.where(inside, distribution, 1.0)), -xp.inf)
