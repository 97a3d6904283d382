r"""Maximum mean discrepancy of bit strings with Gaussian kernels.

For bits the squared distance is Hamming's, so that the kernel $e^{-h(x, y) / 2σ}$ is a product
over wires and diagonal in parities: with $p_σ = (1 - e^{-1/2σ}) / 2$ the discrepancy is the mean
square difference of the expectation values $⟨Z_A⟩$ for a random set A of wires, each in it with
probability p_σ.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from qce import _checks
from qce._arrays import library
from qce._arrays.libraries import of_namespace
from qce.losses import _arguments, _cube
from qce.losses._arrays import known, shares, together
from qce.typing import Array, Scalar

Bandwidths = Scalar | Sequence[Scalar] | None


def maximum_mean_discrepancy(
    data: Array, model: Array, *, bandwidths: Bandwidths = None, check: bool = True
) -> Array:
    r"""Squared discrepancy $\sum_{xy} (p - q)(x) K(x, y) (p - q)(y)$ of two distributions.

    $K(x, y)$ is the mean of $e^{-h(x, y) / 2σ}$ over the bandwidths σ, with the Hamming distance
    h. It is summed as $\sum_A w_A (⟨Z_A⟩_p - ⟨Z_A⟩_q)^2$, where no term is negative: relatively
    exact for distributions however close, at n·2^n.

    Args:
        data: Probabilities p `(..., 2^n)`, of NumPy, autograd, JAX or PyTorch.
        model: Probabilities q `(..., 2^n)`. Batch axes broadcast.
        bandwidths: One σ or several; n/4 if None.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)` in [0, 2), without unit. 0 if and only if p = q.

    Raises:
        ValueError: If an argument is no probability vector of bit strings within √ε, shapes do not
            fit, or a bandwidth is not positive.
        TypeError: If a bandwidth is no number.

    Example:
        >>> maximum_mean_discrepancy([1.0, 0.0], [0.0, 1.0], bandwidths=0.5).round(12).item()
        1.264241117657

    Source:
        J.-G. Liu and L. Wang, arXiv:1804.04168, Eq. 1; the form in parities: M. Rudolph et al.,
        arXiv:2305.02881v2, Props. 3, 4.
    """
    check = _arguments.given(check, data=data, model=model)
    wires = _cube.wires("model", model)
    if check:
        _arguments.pair(_checks.probabilities, data, model)
    xp, p, q, *chosen = together(data, model, numbers=widths(bandwidths, wires))
    parities = _cube.walsh_hadamard(xp, p - q)
    if all(map(known, chosen)):
        shares = of_namespace(xp).like(parity_shares(wires, tuple(chosen)), parities)
    else:
        inside = of_namespace(xp).like(np.arange(wires + 1.0), parities)
        shares = _shares(inside, chosen)[_cube.weights(wires).copy()]
    return xp.sum(parities**2 * shares, -1)


def maximum_mean_discrepancy_of_products(
    data: Array, model: Array, *, bandwidths: Bandwidths = None, check: bool = True
) -> Array:
    r"""`maximum_mean_discrepancy` of two products of independent bits, for thousands of wires.

    With $z_i = 1 - 2 p_i$ and $a_i = 1 - p_σ + p_σ z_i^2$, $c_i = 1 - p_σ + p_σ z_i'^2$, $b_i = 1 -
    p_σ + p_σ z_i z_i'$ it is $\prod a_i - 2 \prod b_i + \prod c_i$, evaluated as $(\sqrt{\prod
    a_i} - \sqrt{\prod c_i})^2 + 2 (\sqrt{\prod a_i c_i} - \prod b_i)$ from logarithms of ratios:
    relatively exact for distributions however close, at n.

    Args:
        data: Probability of 1 on each wire, p `(..., n)`, of NumPy, autograd, JAX or PyTorch.
        model: The same, q `(..., n)`. Batch axes broadcast.
        bandwidths, check: As in `maximum_mean_discrepancy`.

    Returns:
        Array `(...)` in [0, 2), without unit.

    Raises:
        ValueError: If an entry is not in [0, 1], shapes do not fit, or a bandwidth is not positive.
        TypeError: If a bandwidth is no number.

    Example:
        >>> maximum_mean_discrepancy_of_products([0.0], [1.0], bandwidths=0.5).round(12).item()
        1.264241117657

    Source:
        M. Rudolph et al., arXiv:2305.02881, supplement; the form without cancellation: here.
    """
    if _arguments.given(check, data=data, model=model):
        for name, x in {"data": data, "model": model}.items():
            _arguments.shares(name, x, "the probability of 1 on each wire")
        _checks.same_dimension("data", data, "model", model)
    xp, p, q, *chosen = together(data, model, numbers=widths(bandwidths, np.shape(model)[-1]))
    p, q = shares(xp, p), shares(xp, q)
    values = [_of_products(xp, p, q, flip(sigma)) for sigma in chosen]
    return sum(values[1:], values[0]) / len(chosen)


def widths(bandwidths: Bandwidths, wires: int) -> tuple[Scalar, ...]:
    """The bandwidths as a tuple of positive numbers; n/4 for None."""
    if bandwidths is None:
        return (wires / 4,)
    given: Any = bandwidths
    several = isinstance(given, (list, tuple)) or _checks.concrete("bandwidths", given).ndim
    chosen = tuple(given) if several else (given,)
    if not chosen:
        raise _checks.error("bandwidths", "hold one at least", "there is none", "for example n/4")
    return tuple(_arguments.above_zero("bandwidths", sigma) for sigma in chosen)


def flip(sigma: Scalar) -> Scalar:
    """p_σ = (1 − e^{−1/2σ}) / 2, the share of sets of wires that one wire is in."""
    if known(sigma):
        # Smaller ones, for which it is 1/2, count as 0 in threads in which XLA computes.
        return -math.expm1(-0.5 / max(sigma, np.finfo(float).tiny)) / 2
    return -library(sigma).xp.expm1(-0.5 / sigma) / 2


@lru_cache(maxsize=32)
def parity_shares(wires: int, chosen: tuple[float, ...]) -> np.ndarray:
    """The share w_A of every set of wires A, `(2^n,)`, with sum 1: eigenvalues of K / 2^n."""
    shares = _shares(np.arange(wires + 1), chosen)[_cube.weights(wires)]
    shares.setflags(write=False)
    return shares


def _shares(inside: Array, chosen: Sequence[Scalar]) -> Array:
    """The share of a set of k of n wires, for each k = 0 … n that is inside."""
    outside, flips = inside[-1] - inside, [flip(sigma) for sigma in chosen]
    parts = [(1 - share) ** outside * share**inside for share in flips]
    return sum(parts[1:], parts[0]) / len(flips)


def _of_products(xp: Any, p: Array, q: Array, share: Scalar) -> Array:
    z, w = 1 - 2 * p, 1 - 2 * q
    delta = 2 * (p - q)  # w − z
    a, b = 1 - share + share * z**2, 1 - share + share * z * w
    log_a = xp.sum(xp.log(a + 0 * delta), -1)  # every batch axis, also those of q alone
    # Logarithms of √(C/A) and of √(AC)/B, both without cancellation.
    tilt = xp.sum(xp.log1p(share * delta * (z + w) / a), -1) / 2
    angle = xp.sum(xp.log1p(share * (1 - share) * delta**2 / b**2), -1) / 2
    lengths = xp.exp(xp.where(tilt > 0, log_a + 2 * tilt, log_a)) * xp.expm1(-xp.abs(tilt)) ** 2
    return lengths - 2 * xp.exp(log_a + tilt) * xp.expm1(-angle)
