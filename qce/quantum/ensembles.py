"""The Holevo information of an ensemble of states.

Read it beside `qce.classical.ensembles`: same names, same order, same rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from qce import _checks
from qce._arrays import Functional, adjoint, hermitian
from qce._checks import truth
from qce._spectral import LOG, SUPPORT, decompose, eigenvalues, trace_of_product
from qce.classical.ensembles import ensemble, surplus
from qce.classical.kernels import entropies as _kernels
from qce.quantum._arguments import dense
from qce.quantum._pairs import TWO_DIGITS, sizes
from qce.typing import Array


def holevo_information(
    states: Array | Sequence[Array],
    weights: Array | None = None,
    *,
    base: float | None = None,
    check: bool = True,
) -> Array:
    r"""Holevo information $χ = S(\sum_k w_k ρ_k) - \sum_k w_k S(ρ_k)$ of an ensemble.

    It bounds the information about the letter k that any measurement gives; also called the quantum
    Jensen-Shannon divergence of the ρ_k with weights. It is $\sum_k w_k D(ρ_k \| \sum_l w_l ρ_l)$.

    Args:
        states: The ρ_k, density matrices `(..., n, d, d)`, of NumPy, autograd, JAX or PyTorch; or a
            list of n of them, each `(..., d, d)`.
        weights: Probabilities w `(..., n)` of the letters, 1/n each if None.
        base: Base of the logarithm; nats if None.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)` in [0, min(H(w), log d)], relatively accurate for close ρ_k. The gradient by a
            weight is D(ρ_k‖ρ) − 1, also where the weight is 0.

    Raises:
        ValueError: If a state is no density matrix within √ε, or there is not one weight a state.

    Example:
        >>> zero, plus = [[1.0, 0.0], [0.0, 0.0]], [[0.5, 0.5], [0.5, 0.5]]
        >>> holevo_information([zero, plus], base=2).round(6).item()
        0.600876

    Source:
        A. Holevo, Probl. Inf. Transm. 9, 177 (1973).
    """
    unit = _checks.log_base(base)
    if isinstance(states, (list, tuple)):
        states = [dense("states", x) for x in states]
    members, weights = ensemble(states, weights, _checks.states, 2, truth("check", check))
    return _checks.in_unit(HOLEVO(members, weights[..., None, None]), unit)


def _mean(xp: Any, states: Array, weights: Array) -> Array:
    return xp.sum(weights * states, axis=-3)


def _bases(xp: Any, states: Array, weights: Array) -> tuple[Array, ...]:
    """Bases of the states, and of their mean."""
    return *decompose(xp, states), *decompose(xp, _mean(xp, states, weights))


def _holevo(
    xp: Any, states: Array, weights: Array, p: Array, u: Array, m: Array, v: Array
) -> Array:
    """Σ w_k Σ |⟨i|j⟩|² (p log(p/m) − p + m), of terms that are never negative."""
    mean = _mean(xp, states, weights)
    gap = hermitian(xp, states - mean[..., None, :, :])
    delta = adjoint(xp, u) @ (gap @ v[..., None, :, :])
    pair = p[..., :, None], m[..., None, None, :]
    terms = xp.sum(_kernels.relative_entropy(xp, delta, *pair), axis=-1)
    weights = xp.real(weights[..., 0, 0])
    return xp.sum(weights * terms, axis=-1) + surplus(xp, weights, sizes(xp, mean)[0])


def _holevo_array(states: np.ndarray, weights: np.ndarray) -> Array:
    """S(Σ w ρ) − Σ w S(ρ), where these do not cancel."""
    mixed = _kernels.entropy(np, eigenvalues(np, _mean(np, states, weights)))
    own = np.sum(weights[..., 0, 0] * _kernels.entropy(np, eigenvalues(np, states)), axis=-1)
    value = mixed - own
    close = value < TWO_DIGITS * (1 + np.abs(mixed))
    if not np.any(close):
        return value
    exact = _holevo(np, states, weights, *_bases(np, states, weights))
    return np.where(close, exact, value)[()]


def _logs(
    ops: Any, states: Array, weights: Array, p: Array, u: Array, m: Array, v: Array
) -> tuple[Array, Array]:
    """Log ρ_k − log ρ, and the projector on the support of the mean ρ."""
    mean = _mean(ops.xp, states, weights)
    log, support = (ops.frechet(f, mean, m, v)[..., None, :, :] for f in (LOG, SUPPORT))
    return ops.frechet(LOG, states, p, u) - log, support


def _by_states(ops: Any, states: Array, weights: Array, *bases: Array) -> Array:
    return weights * _logs(ops, states, weights, *bases)[0]


def _by_weights(ops: Any, states: Array, weights: Array, *bases: Array) -> Array:
    logs, support = _logs(ops, states, weights, *bases)
    return trace_of_product(ops.xp, states, logs - support)


HOLEVO = Functional(
    value=_holevo,
    gradients=(_by_states, _by_weights),
    axes=(-3, -2, -1),
    prepare=_bases,
    plain=_holevo_array,
)
