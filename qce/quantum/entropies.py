"""Entropy, cross entropy and relative entropy of density matrices.

Read it beside `qce.classical.entropies`: same names, same order, same rules. Each value is the
classical kernel on spectra and on the data's weights in the model's eigenbasis.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from qce import _checks
from qce.quantum._arguments import divergence, is_large, plain, value_of
from qce.quantum._entropies import CROSS_ENTROPY, ENTROPY, RELATIVE_ENTROPY
from qce.quantum._factorised import entropies as _factorised
from qce.states import Pure, State
from qce.typing import Array, Scalar


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
    return _checks.in_unit(value_of(ENTROPY, check, _factorised.entropy, x=x), unit)


def cross_entropy(
    data: State | Array,
    model: State | Array,
    *,
    base: float | None = None,
    support: str = "inf",
    check: bool = True,
) -> Array:
    r"""Quantum cross entropy $S(\rho, \sigma) = -\mathrm{Tr}\, \rho \log \sigma$.

    With $σ = \sum_j q_j |j⟩⟨j|$ it is the classical cross entropy of the weights $⟨j|ρ|j⟩$ and q:
    the negative log-likelihood of measuring the data in the model's eigenbasis. It takes one
    eigendecomposition; none where the model is a factorised state, or where it is an array of 512
    dimensions or more, the data are `Pure` or an `Ensemble` of few kets, and Lanczos quadrature
    bounds the value to within rounding.

    Args:
        data: Density matrices ρ `(..., d, d)`: what is observed; or a state of `qce.states`.
        model: Density matrices σ `(..., d, d)`: what explains it; or a state of `qce.states`.
            Batch axes broadcast.
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
    return divergence(CROSS_ENTROPY, data, model, factorised=_cross_of_states, **settings)


def relative_entropy(
    data: State | Array,
    model: State | Array,
    *,
    base: float | None = None,
    support: str = "inf",
    check: bool = True,
) -> Array:
    r"""Quantum relative entropy $D(\rho\|\sigma) = \mathrm{Tr}\, \rho (\log \rho - \log \sigma)$.

    Wherever S(ρ, σ) − S(ρ) would cancel, it is computed as a sum of terms that are not negative,
    $|⟨i|ρ-σ|j⟩|^2 (p \log(p/q) - p + q)/(p - q)^2$ with eigenvectors i of ρ and j of σ. Traces
    that agree within √ε count as equal; others (`check=False`) add their difference.

    Args:
        data: Density matrices ρ `(..., d, d)`, or a state of `qce.states`.
        model: Density matrices σ `(..., d, d)`, or a state of `qce.states`. Batch axes broadcast.
        base: Base of the logarithm; nats if None.
        support: "inf" for +∞ where ρ has weight outside the support of σ, "raise" for an error
            there.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)` in [0, ∞], never negative, relatively accurate however close ρ and σ are.
            Support and gradients as in `cross_entropy` and `entropy`.

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
