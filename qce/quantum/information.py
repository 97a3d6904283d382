"""Information between parts of one state: marginals, correlations, coherence.

Parts are named by wires. `dims` says what the wires are: None for qubits 0 … n−1, a sequence of
dimensions for wires 0, 1, …, or a mapping from names to dimensions, most significant first.
Correlations are relative entropies to a product of marginals whose logarithm is known part by part,
so they are never negative, and finite however small the product's eigenvalues.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from qce import _checks
from qce._arrays import Functional, adjoint, as_matrix, library, safe_log
from qce._spectral import LOG_PLUS_ONE, decompose, eigenvalues
from qce._wires import Dims, Wires, disjoint, layout, letters, select
from qce.classical.kernels import entropies as _kernels
from qce.quantum._arguments import checked, dense, value_of
from qce.quantum._pairs import MATRIX, TWO_DIGITS, by_bases, refined
from qce.quantum.entropies import entropy
from qce.states import State
from qce.typing import Array


def partial_trace(x: State | Array, keep: Wires, dims: Dims = None) -> Array:
    """Reduced state of some wires.

    Args:
        x: Matrices `(..., d, d)`, of NumPy, autograd, JAX or PyTorch.
        keep: Wires that stay, in the order in which they are wanted.
        dims: What the wires are, see above.

    Returns:
        Matrices `(..., k, k)`, with k the product of the kept dimensions.

    Raises:
        ValueError: If `dims` do not multiply to d, or a wire is unknown or named twice.

    Example:
        >>> import numpy as np
        >>> bell = np.array([1, 0, 0, 1]) / np.sqrt(2)
        >>> partial_trace(np.outer(bell, bell), keep=[1]).round(12)
        array([[0.5, 0. ],
               [0. , 0.5]])

    Source:
        M. Nielsen and I. Chuang, Quantum Computation and Quantum Information (2000).
    """
    x = dense("x", x)
    _checks.concrete("x", x)
    names = layout_of(x, dims)
    kept = select("keep", keep, names)
    module = library(x)
    matrix = as_matrix(module.xp, *module.convert((x,)))
    return _reduce(
        module.xp, matrix, list(names.values()), [list(names).index(wire) for wire in kept]
    )


def conditional_entropy(
    x: State | Array,
    wires: Wires,
    given: Wires,
    *,
    dims: Dims = None,
    base: float | None = None,
    check: bool = True,
) -> Array:
    r"""Conditional entropy $S(A|B) = S(ρ_{AB}) - S(ρ_B)$.

    Args:
        x: Density matrices `(..., d, d)`, of NumPy, autograd, JAX or PyTorch.
        wires: The wires A. Wires in neither part are traced out.
        given: The wires B.
        dims: What the wires are: None for qubits, dimensions, or a mapping from names to them.
        base: Base of the logarithm; nats if None.
        check: Whether to check the state; False for inner loops.

    Returns:
        Array `(...)` in [−log d_A, log d_A]; negative only where A and B are entangled.

    Raises:
        ValueError: If `x` is no density matrix within √ε, or wires do not fit.

    Example:
        >>> import numpy as np
        >>> bell = np.array([1, 0, 0, 1]) / np.sqrt(2)
        >>> conditional_entropy(np.outer(bell, bell), 0, 1, base=2).round(12).item()
        -1.0

    Source:
        N. Cerf and C. Adami, Phys. Rev. Lett. 79, 5194 (1997).
    """
    x = dense("x", x)
    with checked(check, x=x):
        of, other = disjoint({"wires": wires, "given": given}, layout_of(x, dims))
        joint = entropy(partial_trace(x, [*of, *other], dims), base=base, check=False)
        return joint - entropy(partial_trace(x, list(other), dims), base=base, check=False)


def mutual_information(
    x: State | Array,
    first: Wires,
    second: Wires,
    *,
    dims: Dims = None,
    base: float | None = None,
    check: bool = True,
) -> Array:
    r"""Mutual information $I(A:B) = D(ρ_{AB} \| ρ_A ⊗ ρ_B)$.

    Args:
        x: Density matrices `(..., d, d)`, of NumPy, autograd, JAX or PyTorch.
        first: The wires A. Wires in neither part are traced out.
        second: The wires B.
        dims: What the wires are: None for qubits, dimensions, or a mapping from names to them.
        base: Base of the logarithm; nats if None.
        check: Whether to check the state; False for inner loops.

    Returns:
        Array `(...)` in [0, 2 log min(d_A, d_B)], never negative, accurate for weak correlations.

    Raises:
        ValueError: If `x` is no density matrix within √ε, or wires do not fit.

    Example:
        >>> import numpy as np
        >>> bell = np.array([1, 0, 0, 1]) / np.sqrt(2)
        >>> mutual_information(np.outer(bell, bell), 0, 1, base=2).round(12).item()
        2.0

    Source:
        B. Groisman, S. Popescu and A. Winter, Phys. Rev. A 72, 032317 (2005).
    """
    unit = _checks.log_base(base)
    x = dense("x", x)
    with checked(check, x=x):
        parts = disjoint({"first": first, "second": second}, layout_of(x, dims))
        return _checks.in_unit(_correlation(x, parts, dims), unit)


def total_correlation(
    x: State | Array,
    *,
    dims: Dims = None,
    base: float | None = None,
    check: bool = True,
) -> Array:
    r"""Total correlation $D(ρ \| \bigotimes_i ρ_i) = \sum_i S(ρ_i) - S(ρ)$ between all wires.

    The least relative entropy to any product state.

    Args:
        x: Density matrices `(..., d, d)`, of NumPy, autograd, JAX or PyTorch.
        dims: What the wires are: None for qubits, dimensions, or a mapping from names to them.
        base: Base of the logarithm; nats if None.
        check: Whether to check the state; False for inner loops.

    Returns:
        Array `(...)`, never negative, accurate for weak correlations.

    Raises:
        ValueError: If `x` is no density matrix within √ε, or wires do not fit.

    Example:
        >>> import numpy as np
        >>> ghz = np.eye(8)[0] / np.sqrt(2) + np.eye(8)[7] / np.sqrt(2)
        >>> total_correlation(np.outer(ghz, ghz), base=2).round(12).item()
        3.0

    Source:
        K. Modi et al., Phys. Rev. Lett. 104, 080501 (2010).
    """
    unit = _checks.log_base(base)
    x = dense("x", x)
    with checked(check, x=x):
        parts = [(name,) for name in layout_of(x, dims)]
        return _checks.in_unit(_correlation(x, parts, dims), unit)


def coherence(x: State | Array, *, base: float | None = None, check: bool = True) -> Array:
    r"""Relative entropy of coherence $D(ρ \| Δρ) = S(Δρ) - S(ρ)$, with Δρ the diagonal of ρ.

    Args:
        x: Density matrices `(..., d, d)`, of NumPy, autograd, JAX or PyTorch, in the basis in which
            coherence is meant.
        base: Base of the logarithm; nats if None.
        check: Whether to check the state; False for inner loops.

    Returns:
        Array `(...)` in [0, log d], never negative, accurate for weak coherence.

    Raises:
        ValueError: If `x` is no density matrix within √ε, or `base` no base.

    Example:
        >>> coherence([[0.5, 0.5], [0.5, 0.5]], base=2).round(12).item()
        1.0

    Source:
        T. Baumgratz, M. Cramer and M. Plenio, Phys. Rev. Lett. 113, 140401 (2014).
    """
    unit = _checks.log_base(base)
    return _checks.in_unit(value_of(_COHERENCE, check, x=x), unit)


# --- wires -------------------------------------------------------------------------------------


def layout_of(x: Array, dims: Dims) -> dict[Hashable, int]:
    """Names and dimensions of the wires of an argument `x`."""
    shape = tuple(x.shape) if hasattr(x, "shape") else tuple(library().convert((x,))[0].shape)
    if len(shape) == 1 and shape[0]:
        return layout(shape[0], dims)  # a ket
    if len(shape) < 2 or shape[-1] != shape[-2]:
        raise _checks.error("x", "have shape (..., d, d)", f"its shape is {shape}", "matrices")
    return layout(shape[-1], dims)


# --- correlations ------------------------------------------------------------------------------


def _correlation(x: Array, parts: Sequence[tuple[Hashable, ...]], dims: Dims) -> Array:
    names = layout_of(x, dims)
    sizes = tuple(math.prod(names[name] for name in part) for part in parts)
    ordered = [name for part in parts for name in part]
    state = x if ordered == list(names) else partial_trace(x, ordered, dims)
    return _correlations(sizes)(state)


@functools.lru_cache(maxsize=256)
def _correlations(sizes: tuple[int, ...]) -> Functional:
    """D(ρ ‖ ⊗ρ_i) for parts of these dimensions."""
    count = len(sizes)

    def marginals(xp: Any, rho: Array) -> list[Array]:
        return [_reduce(xp, rho, list(sizes), [k]) for k in range(count)]

    def prepare(xp: Any, rho: Array) -> tuple[Array, ...]:
        return decompose(xp, rho, *marginals(xp, rho))

    def value_by_bases(xp: Any, rho: Array, p: Array, u: Array, *parts: Array) -> Array:
        q = _product(xp, [x[..., :, None] for x in parts[::2]])[..., 0]
        v = _product(xp, list(parts[1::2]))
        return _to_reference(xp, p, u, q, v)

    def plain(rho: np.ndarray) -> Array:
        """Σ S(ρ_i) − S(ρ), where these do not cancel."""
        apart = np.sum([_entropy(np.asarray(part)) for part in marginals(np, rho)], axis=0)
        value = apart - _entropy(rho)
        close = value < TWO_DIGITS * (1 + apart)
        return refined(value, close, by_bases(value_by_bases, prepare), rho)

    def gradient(ops: Any, rho: Array, p: Array, u: Array, *parts: Array) -> Array:
        slope = ops.frechet(LOG_PLUS_ONE, rho, p, u)
        for k, marginal in enumerate(marginals(ops.xp, rho)):
            log = ops.frechet(LOG_PLUS_ONE, marginal, parts[2 * k], parts[2 * k + 1])
            slope = slope - _embed(ops.xp, log, sizes, k)
        return slope

    return Functional(
        value=value_by_bases, gradients=(gradient,), axes=MATRIX, prepare=prepare, plain=plain
    )


def _entropy(rho: np.ndarray) -> Array:
    return _kernels.entropy(np, eigenvalues(np, rho))


def _to_reference(xp: Any, p: Array, u: Array, q: Array, v: Array) -> Array:
    """The classical relative entropy of pairs of eigenvectors, for a reference that covers ρ.

    The difference comes from the overlaps and not from matrices: q may be far smaller than the
    rounding of a matrix, as the product of small eigenvalues is.
    """
    p, q = p[..., :, None], q[..., None, :]
    delta = (p - q) * (adjoint(xp, u) @ v)
    return xp.sum(_kernels.relative_entropy(xp, delta, p, q), axis=-1)


def _reduce(xp: Any, x: Array, sizes: list[int], kept: list[int]) -> Array:
    """Trace over all wires but the kept ones, which come out in this order.

    But for NumPy it is written without a repeated index, which autograd cannot differentiate.
    """
    count, batch = len(sizes), x.shape[:-2]
    if xp is np:
        columns = [count + k if k in kept else k for k in range(count)]
        inputs = letters([*range(count), *columns])
        output = letters(kept + [count + k for k in kept])
        size = math.prod(sizes[k] for k in kept)
        traced = np.einsum(f"...{inputs}->...{output}", x.reshape(*batch, *sizes, *sizes))
        return traced.reshape(*batch, size, size)
    order = kept + [k for k in range(count) if k not in kept]
    inputs = letters(list(range(2 * count)))
    output = letters(order + [count + k for k in order])
    x = xp.einsum(f"...{inputs}->...{output}", xp.reshape(x, (*batch, *sizes, *sizes)))
    size, rest = (math.prod(sizes[k] for k in part) for part in (kept, order[len(kept) :]))
    x = xp.reshape(x, (*batch, size, rest, size, rest))
    return xp.einsum("...aibj,ij->...ab", x, xp.eye(rest, dtype=x.dtype))


def _embed(xp: Any, part: Array, sizes: tuple[int, ...], k: int) -> Array:
    before, after = math.prod(sizes[:k]), math.prod(sizes[k + 1 :])
    ones = [xp.eye(n, dtype=part.dtype) for n in (before, after)]
    return _kron(xp, _kron(xp, ones[0], part), ones[1])


def _product(xp: Any, parts: list[Array]) -> Array:
    return functools.reduce(functools.partial(_kron, xp), parts)


def _kron(xp: Any, a: Array, b: Array) -> Array:
    """Kronecker product of the last two axes."""
    product = xp.einsum("...ij,...kl->...ikjl", a, b)
    rows, columns = a.shape[-2] * b.shape[-2], a.shape[-1] * b.shape[-1]
    return xp.reshape(product, (*product.shape[:-4], rows, columns))


# --- coherence ---------------------------------------------------------------------------------


def _diagonal(xp: Any, rho: Array) -> Array:
    return xp.real(xp.sum(rho * xp.eye(rho.shape[-1], dtype=rho.dtype), axis=-1))


def _coherence(xp: Any, rho: Array, p: Array, u: Array) -> Array:
    a = _diagonal(xp, rho)
    a = xp.where(a > 0, a, 0.0)
    ones = xp.eye(a.shape[-1], dtype=rho.dtype)
    return _to_reference(xp, p, u, a, ones)


def _coherence_slope(ops: Any, rho: Array, p: Array, u: Array) -> Array:
    a = _diagonal(ops.xp, rho)
    log = safe_log(ops.xp, a) + ops.xp.where(a > 0, 1.0, 0.0)
    ones = ops.xp.eye(a.shape[-1], dtype=a.dtype)
    return ops.frechet(LOG_PLUS_ONE, rho, p, u) - ones * log[..., None, :]


_COHERENCE = Functional(
    value=_coherence, gradients=(_coherence_slope,), axes=MATRIX, prepare=decompose
)
