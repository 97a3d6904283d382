"""The Jensen-Shannon divergence of an ensemble of distributions.

Read it beside `qce.quantum.ensembles`: same names, same order, same rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from qce import _checks
from qce._arrays import Functional, as_matrix, library, safe_log
from qce._checks import truth
from qce.classical.kernels import entropies as _kernels
from qce.typing import Array


def holevo_information(
    states: Array | Sequence[Array],
    weights: Array | None = None,
    *,
    base: float | None = None,
    check: bool = True,
) -> Array:
    r"""Mutual information $H(\sum_k w_k p_k) - \sum_k w_k H(p_k)$ of letter and outcome.

    The p_k are the rows of a channel and w its input distribution; also called the Jensen-Shannon
    divergence of the p_k with weights. It is $\sum_k w_k D(p_k \| \sum_l w_l p_l)$.

    Args:
        states: The distributions p_k, probabilities `(..., n, k)`, of NumPy, autograd, JAX or
            PyTorch; or a list of n of them, each `(..., k)`.
        weights: Probabilities w `(..., n)` of the letters, 1/n each if None.
        base: Base of the logarithm; nats if None.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)` in [0, min(H(w), log k)], relatively accurate for close p_k. The gradient by a
            weight is D(p_k‖p) − 1, also where the weight is 0.

    Raises:
        ValueError: If an argument is no probability vector within √ε, or there is not one weight a
            distribution.

    Example:
        >>> holevo_information([[1.0, 0.0], [0.0, 1.0]], [0.5, 0.5], base=2).item()
        1.0

    Source:
        J. Lin, IEEE Trans. Inf. Theory 37, 145 (1991).
    """
    unit = _checks.log_base(base)
    states, weights = ensemble(states, weights, _checks.probabilities, 1, truth("check", check))
    return _checks.in_unit(HOLEVO(states, weights[..., None]), unit)


def ensemble(
    states: Array | Sequence[Array], weights: Array | None, member: Any, axes: int, check: bool
) -> tuple[Array, Array]:
    """Members as one array, along the axis before their own, and their weights `(..., n)`."""
    given = _stacked(states, axes) if isinstance(states, (list, tuple)) else states
    if check:
        # One by one: each is checked in the precision that it has.
        if isinstance(states, (list, tuple)):
            for x in states:
                member("states", _matrix(x) if axes > 1 else x)
        else:
            member("states", given)
    (members,) = library(given).convert((given,))
    module = library(members, weights)
    if len(members.shape) <= axes:
        but = f"its shape is {tuple(members.shape)}"
        raise _checks.error("states", "hold several states", but, "a list of states")
    number = members.shape[-axes - 1]
    if weights is None:
        weights = module.xp.ones_like(module.xp.real(members[..., 0])) / number
        return members, weights if axes == 1 else weights[..., 0]
    if check:
        _checks.probabilities("weights", weights)
        if axes > 1 and getattr(weights, "dtype", None) == np.longdouble:
            must, but = "be of single or double precision", f"its dtype is {weights.dtype}"
            raise _checks.error("weights", must, but, "`weights.astype(float)`", TypeError)
    members, weights = module.convert((members, weights))
    if weights.shape[-1:] != (number,):
        must, but = f"have shape (..., {number})", f"its shape is {tuple(weights.shape)}"
        raise _checks.error("weights", must, but, "one weight a state")
    return members, weights


def _matrix(x: Array) -> Array:
    """A member as it is; a ket as its matrix."""
    module = library(x)
    (converted,) = module.convert((x,))
    return as_matrix(module.xp, converted)


def alike(first: str, x: Array, second: str, y: Array, kets: bool = False) -> None:
    """Members of one ensemble, which have one shape; a ket (d,) has that of its matrix."""
    shapes = [np.shape(_checks.concrete(name, z)) for name, z in ((first, x), (second, y))]
    if shapes[0] != shapes[1] and not (kets and {len(s) for s in shapes} == {1, 2}):
        but = f"their shapes are {shapes[0]} and {shapes[1]}"
        raise _checks.pair_error(first, second, "have one shape", but, "states of one size")


def _stacked(states: Any, axes: int) -> Array:
    if not states:
        raise _checks.error("states", "not be empty", "it is", "at least one state")
    module = library(*states)
    for x in states:
        _checks.concrete("states", x)
    members = module.convert(tuple(states))
    if axes > 1:
        members = tuple(as_matrix(module.xp, x) for x in members)  # kets among states
    if len({tuple(x.shape) for x in members}) > 1:
        but = f"their shapes are {[tuple(x.shape) for x in members]}"
        raise _checks.error("states", "hold states of one shape", but, "states of one size")
    if len(members[0].shape) < axes:
        but = f"the shape of one is {tuple(members[0].shape)}"
        raise _checks.error("states", "hold states", but, "a list of states")
    return module.xp.stack(members, -axes - 1)


def _mean(xp: Any, distributions: Array, weights: Array) -> Array:
    return xp.sum(weights * distributions, axis=-2)


def _holevo(xp: Any, distributions: Array, weights: Array) -> Array:
    """Σ w_k Σ p log(p/m) − p + m, of terms that are never negative."""
    mean = _mean(xp, distributions, weights)[..., None, :]
    terms = _kernels.relative_entropy(xp, distributions - mean, distributions, mean)
    weights = weights[..., 0]
    return xp.sum(weights * terms, axis=-1) + surplus(xp, weights, xp.sum(mean[..., 0, :], axis=-1))


def surplus(xp: Any, weights: Array, size: Array) -> Array:
    """The correction of the sum where the weights do not sum to 1; `size` is the mean's."""
    return (1 - _kernels.beside_one(xp, xp.sum(weights, axis=-1))) * size


def _by_states(ops: Any, distributions: Array, weights: Array) -> Array:
    mean = _mean(ops.xp, distributions, weights)[..., None, :]
    return weights * (safe_log(ops.xp, distributions) - safe_log(ops.xp, mean))


def _by_weights(ops: Any, distributions: Array, weights: Array) -> Array:
    xp = ops.xp
    mean = _mean(xp, distributions, weights)[..., None, :]
    logs = safe_log(xp, distributions) - safe_log(xp, mean) - xp.where(mean > 0, 1.0, 0.0)
    return xp.sum(distributions * logs, axis=-1)[..., None]


HOLEVO = Functional(value=_holevo, gradients=(_by_states, _by_weights), axes=(-2, -1))
