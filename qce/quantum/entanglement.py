"""Entanglement of a state of two parts. Probabilities have none: there are no classical twins."""

from __future__ import annotations

from typing import Any

import numpy as np

from qce import _checks
from qce._arrays import Functional, adjoint, as_matrix, hermitian, library
from qce._checks import truth
from qce._spectral import decompose, trace
from qce._spectral.eigen import ZERO
from qce._spectral.pairs import spectrum
from qce._spectral.powers import Once, Step
from qce._wires import Dims, Wires, letters, select
from qce.quantum._arguments import check_state, checked, dense
from qce.quantum._pairs import MATRIX, sizes
from qce.quantum.information import layout_of
from qce.states import State
from qce.typing import Array


def negativity(x: State | Array, wires: Wires, *, dims: Dims = None, check: bool = True) -> Array:
    r"""Negativity $\frac12 (\|ρ^{T_A}\|_1 - 1)$: how far the partial transpose is below 0.

    Args:
        x: Density matrices `(..., d, d)`, of NumPy, autograd, JAX or PyTorch.
        wires: The wires A; the others are the other part.
        dims: What the wires are: None for qubits, dimensions, or a mapping from names to them.
        check: Whether to check the state; False for inner loops.

    Returns:
        Array `(...)` in [0, (min(d_A, d_B) − 1)/2]; 0 where the partial transpose is positive
            within rounding, as that of every separable state. On its kernel, where the negativity
            has a corner, the gradient is 0.

    Raises:
        ValueError: If `x` is no density matrix within √ε, or wires do not fit.

    Example:
        >>> bell = np.array([[1, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0], [1, 0, 0, 1]]) / 2
        >>> negativity(bell, 0).round(12).item()
        0.5

    Source:
        G. Vidal and R. Werner, Phys. Rev. A 65, 032314 (2002).
    """
    x = dense("x", x)
    with checked(check, x=x):
        return _NEGATIVITY(_transposed(x, wires, dims))


def logarithmic_negativity(
    x: State | Array,
    wires: Wires,
    *,
    dims: Dims = None,
    base: float | None = None,
    check: bool = True,
) -> Array:
    r"""Logarithmic negativity $\log \|ρ^{T_A}\|_1$, an upper bound on distillable entanglement.

    Args:
        x: Density matrices `(..., d, d)`, of NumPy, autograd, JAX or PyTorch.
        wires: The wires A; the others are the other part.
        dims: What the wires are: None for qubits, dimensions, or a mapping from names to them.
        base: Base of the logarithm; nats if None.
        check: Whether to check the state; False for inner loops.

    Returns:
        Array `(...)` in [0, log min(d_A, d_B)]: log(1 + 2N) with the negativity N, whose rules for
            0 and for gradients hold.

    Raises:
        ValueError: If `x` is no density matrix within √ε, or wires do not fit.

    Example:
        >>> bell = np.array([[1, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0], [1, 0, 0, 1]]) / 2
        >>> logarithmic_negativity(bell, 0, base=2).round(12).item()
        1.0

    Source:
        M. Plenio, Phys. Rev. Lett. 95, 090503 (2005).
    """
    unit = _checks.log_base(base)
    x = dense("x", x)
    with checked(check, x=x):
        return _checks.in_unit(_LOGARITHMIC(_transposed(x, wires, dims)), unit)


def concurrence(x: State | Array, *, check: bool = True) -> Array:
    r"""Concurrence $\max(0, λ_1 - λ_2 - λ_3 - λ_4)$ of two qubits.

    The λ are the singular values of $A^T (σ_y ⊗ σ_y) A$ with $ρ = A A^†$, in descending order. They
    equal the square roots of the eigenvalues of ρρ̃, but half of the digits are not lost by taking
    the root of rounding errors.

    Args:
        x: Density matrices `(..., 4, 4)`, of NumPy, autograd, JAX or PyTorch.
        check: Whether to check the state; False for inner loops.

    Returns:
        Array `(...)` in [0, 1]; 0 for separable states, to rounding. |2(ad − bc)| for a ket
            (a, b, c, d). Differentiable once, along the support; the gradient is 0 where C is 0.

    Raises:
        ValueError: If `x` is no density matrix of two qubits within √ε.
        NotImplementedError: If a second derivative is asked for.

    Example:
        >>> bell = np.array([[1, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0], [1, 0, 0, 1]]) / 2
        >>> concurrence(0.6 * bell + 0.4 * np.eye(4) / 4).round(12).item()
        0.4

    Source:
        W. Wootters, Phys. Rev. Lett. 80, 2245 (1998).
    """
    x = _two_qubits(x, check)
    return _CONCURRENCE(x)


def entanglement_of_formation(
    x: State | Array, *, base: float | None = None, check: bool = True
) -> Array:
    r"""Entanglement of formation $h(\frac{1 + \sqrt{1 - C^2}}{2})$ of two qubits.

    The least mean entropy of a part over all ensembles of kets that make the state, with the
    concurrence C and $h(p) = -p \log p - (1-p) \log(1-p)$.

    Args:
        x: Density matrices `(..., 4, 4)`, of NumPy, autograd, JAX or PyTorch.
        base: Base of the logarithm; nats if None.
        check: Whether to check the state; False for inner loops.

    Returns:
        Array `(...)` in [0, log 2], relatively accurate in C. Differentiable as `concurrence`.

    Raises:
        ValueError: If `x` is no density matrix of two qubits within √ε.
        NotImplementedError: If a second derivative is asked for.

    Example:
        >>> bell = np.array([[1, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0], [1, 0, 0, 1]]) / 2
        >>> entanglement_of_formation(bell, base=2).round(12).item()
        1.0

    Source:
        W. Wootters, Phys. Rev. Lett. 80, 2245 (1998).
    """
    unit = _checks.log_base(base)
    x = _two_qubits(x, check)
    return _checks.in_unit(_FORMATION(x), unit)


# --- partial transpose -------------------------------------------------------------------------


def _transposed(x: Array, wires: Wires, dims: Dims) -> Array:
    """The partial transpose by some wires."""
    names = layout_of(x, dims)
    turned = select("wires", wires, names)
    places, count = list(names), len(names)
    rows, columns = list(range(count)), list(range(count, 2 * count))
    for k in map(places.index, turned):
        rows[k], columns[k] = columns[k], rows[k]
    module = library(x)
    x = as_matrix(module.xp, *module.convert((x,)))
    table = module.xp.reshape(x, (*x.shape[:-2], *names.values(), *names.values()))
    before, after = letters(list(range(2 * count))), letters(rows + columns)
    return module.xp.reshape(module.xp.einsum(f"...{before}->...{after}", table), x.shape)


_BELOW = Step(below=-1.0, above=0.0)
_SIGNS = Step(below=-1.0, above=1.0, at=1.0)


def _cleaned(xp: Any, matrix: Array, values: Array) -> Array:
    """Eigenvalues of either sign, 0 where rounding could have made them."""
    largest = xp.amax(xp.abs(values), axis=-1)[..., None]
    rounding = ZERO * xp.finfo(values.dtype).eps * values.shape[-1] * largest
    return xp.where(xp.abs(values) > rounding, values, 0.0)


def _bases(xp: Any, matrix: Array) -> tuple[Array, Array]:
    values, vectors = xp.linalg.eigh(hermitian(xp, matrix))
    return _cleaned(xp, matrix, values), vectors


def _negative(xp: Any, values: Array) -> Array:
    return xp.sum(xp.where(values < 0, -values, 0.0), axis=-1)


def _alone(xp: Any, matrix: Array) -> Array:
    return _negative(xp, _cleaned(xp, matrix, spectrum(xp, matrix)))


_NEGATIVITY = Functional(
    value=lambda xp, matrix, values, vectors: _negative(xp, values),
    gradients=(lambda ops, matrix, values, vectors: ops.frechet(_BELOW, matrix, values, vectors),),
    axes=MATRIX,
    prepare=_bases,
    plain=lambda matrix: _alone(np, matrix),
)


def _log_norm(xp: Any, matrix: Array, negative: Array) -> Array:
    return xp.log1p(2 * negative + (sizes(xp, matrix)[0] - 1))


def _log_slope(ops: Any, matrix: Array, values: Array, vectors: Array) -> Array:
    """Sign(X)/‖X‖₁, where 0 counts as above 0."""
    sign = ops.frechet(_SIGNS, matrix, values, vectors)
    below = ops.again(_NEGATIVITY, (matrix,), (values, vectors))
    return sign / (trace(ops, matrix) + 2 * below[..., None, None])


_LOGARITHMIC = Functional(
    value=lambda xp, matrix, values, vectors: _log_norm(xp, matrix, _negative(xp, values)),
    gradients=(_log_slope,),
    axes=MATRIX,
    prepare=_bases,
    plain=lambda matrix: _log_norm(np, matrix, _alone(np, matrix)),
)


# --- two qubits --------------------------------------------------------------------------------

_FLIP = np.array([[0, 0, 0, -1], [0, 0, 1, 0], [0, 1, 0, 0], [-1, 0, 0, 0]]) * 1.0  # σ_y ⊗ σ_y
_REFUSED = Once(
    "The concurrence is differentiable once, but a second derivative was asked for. Pass the "
    "negativity, whose spectrum moves smoothly."
)


def _two_qubits(x: State | Array, check: bool) -> Array:
    """A state of two qubits, as an array."""
    x = dense("x", x)
    if truth("check", check):
        check_state("x", x)
    shape = tuple(x.shape) if hasattr(x, "shape") else np.shape(x)
    if shape not in ((4,), (*shape[:-2], 4, 4)):
        must, but = "be of two qubits, (..., 4, 4)", f"its shape is {shape}"
        raise _checks.error("x", must, but, "a reduced state; for other parts see `negativity`")
    return x


def _wootters(xp: Any, rho: Array) -> tuple[Array, ...]:
    """C with its sign, its gradient Σ_k ± λ_k^{−1} |w_k⟩⟨w_k|, and ρ's basis.

    With A^TΣA = U λ V† and |w_k⟩ = ΣĀ|u_k⟩, dλ_k = ⟨w_k|dρ|w_k⟩/λ_k. Equal λ come with equal
    signs, and their sum is a projector that no choice of a basis moves.
    """
    p, u = decompose(xp, rho)
    root = u * xp.sqrt(p)[..., None, :]
    flip = _flip(xp, root)
    left, values, _ = xp.linalg.svd(root.swapaxes(-1, -2) @ (flip @ root), full_matrices=False)
    rounding = ZERO * xp.finfo(p.dtype).eps * 4 * p[..., -1:]
    values = xp.where(values > rounding, values, 0.0)
    signs = xp.stack([xp.ones_like(values[..., 0]), *[-xp.ones_like(values[..., 0])] * 3], -1)
    value = xp.sum(signs * values, axis=-1)
    value = xp.where(value > rounding[..., 0], value, 0.0)
    inside = (values > 0) & (value > 0)[..., None]
    over = xp.where(inside, signs / xp.where(inside, values, 1.0), 0.0)
    turned = flip @ xp.conj(root) @ left
    return value, (turned * over[..., None, :]) @ adjoint(xp, turned)


def _flip(xp: Any, like: Array) -> Array:
    """σ_y ⊗ σ_y in the library and precision of an array."""
    corner = xp.zeros_like(like[..., 0, 0])
    rows = [[corner + x for x in row] for row in _FLIP.tolist()]
    return xp.stack([xp.stack(row, -1) for row in rows], -2)


def _once(ops: Any, rho: Array, slope: Array) -> Array:
    """A gradient that holds at one point."""
    nothing = ops.xp.zeros_like(ops.xp.real(slope[..., 0]))
    return slope + ops.frechet(_REFUSED, rho, nothing, slope)


_CONCURRENCE = Functional(
    value=lambda xp, rho, value, slope: value,
    gradients=(lambda ops, rho, value, slope: _once(ops, rho, slope),),
    axes=MATRIX,
    prepare=_wootters,
)


def _formation(xp: Any, value: Array) -> Array:
    """H of the smaller probability, C²/2(1 + √(1 − C²)), which is no difference."""
    value = xp.where(value < 1, value, 1.0)
    less = value**2 / (2 * (1 + xp.sqrt((1 - value) * (1 + value))))
    some = less > 0
    small = xp.where(some, less, 0.5)
    entropy = -small * xp.log(small) - (1 - small) * xp.log1p(-small)
    return xp.where(some, entropy, 0.0)


def _formation_slope(ops: Any, rho: Array, value: Array, slope: Array) -> Array:
    """DE = C artanh(s)/s dC with s = √(1 − C²), which is C dC at s = 0."""
    xp = ops.xp
    some = value > 0
    c = xp.where(some, xp.where(value < 1, value, 1.0), 1.0)
    s = xp.sqrt((1 - c) * (1 + c))
    near = s < _FLAT
    far = xp.where(near, 0.5, s)
    rise = xp.where(near, 1 + s**2 / 3, (xp.log1p(far) - xp.log(c)) / far)
    return _once(ops, rho, xp.where(some, c * rise, 0.0)[..., None, None] * slope)


_FLAT = 1e-4  # the next term, s⁴/5, is below any machine epsilon

_FORMATION = Functional(
    value=lambda xp, rho, value, slope: _formation(xp, value),
    gradients=(_formation_slope,),
    axes=MATRIX,
    prepare=_wootters,
)
