"""Entropy, cross entropy and relative entropy of arrays, with their derivatives.

Each value is the classical kernel on spectra and on the data's weights in the model's eigenbasis.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from qce._arrays import Functional, adjoint, hermitian, product, where_needed
from qce._spectral import (
    LOG_PLUS_ONE,
    SURPRISAL,
    data_weights,
    decompose,
    eigenvalues,
    in_blocks,
    is_stack,
    weighted,
    weights,
)
from qce.classical.kernels import entropies as _kernels
from qce.typing import Array

_MATRIX = (-2, -1)


def _entropy(xp: Any, p: Array) -> Array:
    return _kernels.never_negative(xp, _kernels.entropy(xp, p))


ENTROPY = Functional(
    value=lambda xp, rho, p, u: _entropy(xp, p),
    gradients=(lambda ops, rho, p, u: -ops.frechet(LOG_PLUS_ONE, rho, p, u),),
    axes=_MATRIX,
    prepare=decompose,
    plain=in_blocks(lambda rho: _entropy(np, eigenvalues(np, rho))),
)


def _model_basis(xp: Any, rho: Array, sigma: Array) -> tuple[Array, Array, Array]:
    """Spectrum q and eigenvectors V of the model, and the data's image ρV in them."""
    q, v = decompose(xp, sigma)
    return q, v, product(xp, rho, v)


def _cross_entropy(xp: Any, rho: Array, sigma: Array, q: Array, v: Array, image: Array) -> Array:
    return _kernels.cross_entropy(xp, weights(xp, rho, q, v, image), q)


def _surprisal(ops: Any, rho: Array, sigma: Array, q: Array, v: Array, image: Array) -> Array:
    return ops.frechet(SURPRISAL, sigma, q, v)


def _slope_at_model(ops: Any, rho: Array, sigma: Array, q: Array, v: Array, image: Array) -> Array:
    return ops.frechet(SURPRISAL, sigma, q, v, rho, image=image)


CROSS_ENTROPY = Functional(
    value=lambda *arguments: _kernels.never_negative(arguments[0], _cross_entropy(*arguments)),
    gradients=(_surprisal, _slope_at_model),
    axes=_MATRIX,
    prepare=_model_basis,
    plain=in_blocks(
        lambda rho, sigma: _kernels.never_negative(
            np, _kernels.cross_entropy(np, *weighted(np, rho, sigma))
        )
    ),
)


def _both_bases(xp: Any, rho: Array, sigma: Array) -> tuple[Array, ...]:
    q, v, p, u = decompose(xp, sigma, rho)
    return q, v, product(xp, rho, v), p, u


# S(ρ, σ) and S(ρ) are each right to about ε (1 + S): a difference of 0.03 (1 + S) is right to about
# ε/0.03. The exact way begins earlier than at `TWO_DIGITS`, because two sums are rounded.
_DIGIT_AND_A_HALF = 0.03


def _cancels(difference: Array, cross: Array) -> Array:
    return difference < _DIGIT_AND_A_HALF * (1 + abs(cross))


def _relative_entropy(
    xp: Any, rho: Array, sigma: Array, q: Array, v: Array, image: Array, p: Array, u: Array
) -> Array:
    """Cross entropy less entropy; where these cancel, a sum of terms that cannot."""
    a = weights(xp, rho, q, v, image)
    cross = _kernels.cross_entropy(xp, a, q)
    value = cross - _kernels.entropy(xp, p)

    def exact() -> Array:
        delta = product(xp, adjoint(xp, u), product(xp, hermitian(xp, rho - sigma), v))
        terms = _kernels.relative_entropy(xp, delta, p[..., :, None], q[..., None, :])
        return xp.sum(terms, axis=-1) + _kernels.trace_defect(xp, a, q) + _kernels.outside(xp, a, q)

    return where_needed(xp, _cancels(value, cross), exact, value)


def _relative_entropy_plain(rho: np.ndarray, sigma: np.ndarray) -> Array:
    """The same for NumPy; eigenvectors of the data are computed only where they are needed."""
    q, v = decompose(np, sigma)
    cross = np.asarray(_kernels.cross_entropy(np, data_weights(np, rho, q, v), q))
    value = np.asarray(cross - _kernels.entropy(np, eigenvalues(np, rho)))
    cancels = _cancels(value, cross)
    if cancels.any():
        shape = (*value.shape, *rho.shape[-2:])
        q = np.broadcast_to(q, shape[:-1])[cancels]
        x, y, v = (np.broadcast_to(z, shape)[cancels] for z in (rho, sigma, v))
        image = product(np, x, v)
        value[cancels] = _relative_entropy(np, x, y, q, v, image, *decompose(np, x))
    return value[()]


@in_blocks
def _relative_entropy_stack(rho: np.ndarray, sigma: np.ndarray) -> Array:
    """The same for stacks of qubits, whose closed form is cheaper to repeat than to pass on."""
    cross = _kernels.cross_entropy(np, *weighted(np, rho, sigma))
    value = cross - _kernels.entropy(np, eigenvalues(np, rho))
    cancels = _cancels(value, cross)
    if cancels.any():
        pair = [np.broadcast_to(x, (*value.shape, 2, 2))[cancels] for x in (rho, sigma)]
        value[cancels] = _relative_entropy(np, *pair, *_both_bases(np, *pair))
    return value


def _relative_entropy_array(rho: np.ndarray, sigma: np.ndarray) -> Array:
    stack = is_stack(np, rho) or is_stack(np, sigma)
    return (_relative_entropy_stack if stack else _relative_entropy_plain)(rho, sigma)


RELATIVE_ENTROPY = Functional(
    value=_relative_entropy,
    gradients=(
        lambda ops, rho, sigma, q, v, image, p, u: (
            ops.frechet(LOG_PLUS_ONE, rho, p, u) + _surprisal(ops, rho, sigma, q, v, image)
        ),
        lambda ops, rho, sigma, q, v, image, p, u: _slope_at_model(ops, rho, sigma, q, v, image),
    ),
    axes=_MATRIX,
    prepare=_both_bases,
    plain=_relative_entropy_array,
)
