"""Entropy, cross entropy and relative entropy of density matrices.

Read it beside `qce.classical.entropies`: same names, same order, same rules. Each value is the
classical kernel on spectra and on the data's weights in the model's eigenbasis.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from qce import _checks
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
from qce.quantum._arguments import divergence, is_large, plain, value_of
from qce.quantum._factorised import entropies as _factorised
from qce.states import Pure, State
from qce.typing import Array, Scalar

_MATRIX = (-2, -1)


def _entropy(xp: Any, p: Array) -> Array:
    return _kernels.never_negative(xp, _kernels.entropy(xp, p))


_ENTROPY = Functional(
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


_CROSS_ENTROPY = Functional(
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


# S(ρ, σ) and S(ρ) are each right to some ε (1 + S): where their difference is this part of that, it
# is right to some ε/0.03. The exact way begins earlier than `TWO_DIGITS`, for two sums are rounded.
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
    """The same; eigenvectors of the data only where they are needed."""
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
    """The same where a decomposition in closed form costs less than to carry one along."""
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


def entropy(x: State | Array, *, base: float | None = None, check: bool = True) -> Array:
    r"""Von Neumann entropy $S(\rho) = -\mathrm{Tr}\, \rho \log \rho$.

    Args:
        x: Density matrices `(..., d, d)`, of NumPy, autograd, JAX or PyTorch; or a state of
            `qce.states`.
        base: Base of the logarithm; nats if None.
        check: Whether to check the argument; False for inner loops.

    Returns:
        Array `(...)` in [0, log d]. 0 log 0 = 0. On the kernel of ρ, where the derivative is
            infinite, the gradient is the one along the support, 0.

    Raises:
        ValueError: If `x` is not a density matrix within √ε, or `base` no base.

    Example:
        >>> entropy([[0.5, 0.0], [0.0, 0.5]], base=2).item()
        1.0

    Source:
        J. von Neumann, Mathematische Grundlagen der Quantenmechanik (1932).
    """
    unit = _checks.log_base(base)
    return _checks.in_unit(value_of(_ENTROPY, check, _factorised.entropy, x=x), unit)


def cross_entropy(
    data: State | Array,
    model: State | Array,
    *,
    base: float | None = None,
    support: str = "inf",
    check: bool = True,
) -> Array:
    r"""Quantum cross entropy $S(\rho, \sigma) = -\mathrm{Tr}\, \rho \log \sigma$.

    With σ = Σ_j q_j |j⟩⟨j| it is the classical cross entropy of the weights ⟨j|ρ|j⟩ and q: the
    negative log-likelihood of measuring the data in the model's eigenbasis. One eigendecomposition;
    none where the model is a state that knows its spectrum, or where it is a large array, the data
    `Pure` or an `Ensemble` of few kets, and Lanczos quadrature proves its value to rounding.

    Args:
        data: Density matrices ρ `(..., d, d)`: what is observed; or a state of `qce.states`.
        model: Density matrices σ `(..., d, d)`: what explains it; or a state of `qce.states`,
            which knows its logarithm. Batch axes broadcast.
        base: Base of the logarithm; nats if None.
        support: "inf" for +∞ where ρ has weight outside the support of σ, "raise" for an error
            there.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)` in [S(ρ), ∞]. An eigenvalue of σ counts as zero up to 4 ε d λ_max(σ), where
            rounding could have made it; for a diagonal σ only 0 is 0. Weight outside the support
            beyond rounding makes the value infinite; the gradient is then that of the finite part.

    Raises:
        ValueError: If an argument is no density matrix within √ε, or shapes do not fit.

    Example:
        >>> rho, sigma = [[0.95, 0.0], [0.0, 0.05]], [[0.5, 0.25], [0.25, 0.5]]
        >>> cross_entropy(rho, sigma).round(12).item()
        0.836988216786

    Source:
        arXiv:2102.11887.
    """
    settings: dict[str, Any] = {"base": base, "support": support, "check": check}
    return divergence(_CROSS_ENTROPY, data, model, factorised=_cross_of_states, **settings)


def relative_entropy(
    data: State | Array,
    model: State | Array,
    *,
    base: float | None = None,
    support: str = "inf",
    check: bool = True,
) -> Array:
    r"""Quantum relative entropy $D(\rho\|\sigma) = \mathrm{Tr}\, \rho (\log \rho - \log \sigma)$.

    Args:
        data: Density matrices ρ `(..., d, d)`, or a state of `qce.states`.
        model: Density matrices σ `(..., d, d)`, or a state of `qce.states`. Batch axes broadcast.
        base: Base of the logarithm; nats if None.
        support: "inf" for +∞ where ρ has weight outside the support of σ, "raise" for an error
            there.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)` in [0, ∞], never negative, relatively accurate however close ρ and σ are: with
            eigenvectors i of ρ and j of σ, Σ |⟨i|ρ−σ|j⟩|² (p log(p/q) − p + q)/(p − q)² is summed,
            whose terms are non-negative, wherever S(ρ, σ) − S(ρ) would cancel. Traces that agree
            within √ε count as equal; others (`check=False`) add their difference. Support and
            gradients as in `cross_entropy` and `entropy`.

    Raises:
        ValueError: If an argument is no density matrix within √ε, or shapes do not fit.

    Example:
        >>> rho, sigma = [[0.95, 0.0], [0.0, 0.05]], [[0.5, 0.25], [0.25, 0.5]]
        >>> relative_entropy(rho, sigma).round(12).item()
        0.63847297344

    Source:
        Umegaki's relative entropy; D(ρ‖σ) = S(ρ, σ) − S(ρ), arXiv:2102.11887.
    """
    settings: dict[str, Any] = {"base": base, "support": support, "check": check}
    return divergence(RELATIVE_ENTROPY, data, model, factorised=_relative_of_states, **settings)


# --- factorised states -------------------------------------------------------------------------


def _cross_of_states(data: State | Array, model: State | Array) -> Scalar | None:
    if not isinstance(model, State):
        return _factorised.beside_large(data, np.asarray(model)) if is_large(model) else None
    return _factorised.cross_entropy(plain("data", data), model)


def _relative_of_states(data: State | Array, model: State | Array) -> Scalar | None:
    if not isinstance(model, State):  # the entropy of pure data is 0
        return _cross_of_states(data, model) if isinstance(data, Pure) else None
    return _factorised.relative_entropy(plain("data", data), model)
