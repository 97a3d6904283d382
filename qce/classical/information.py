"""Information between parts of one joint distribution: marginals, correlations.

Read it beside `qce.quantum.information`: same names, same order, same rules. Joint probabilities
are vectors `(..., k)` over all wires, the most significant one first; `dims` says what these are.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence

from qce import _checks
from qce._arrays import library
from qce._checks import truth
from qce._wires import Dims, Wires, disjoint, layout, letters, select
from qce.classical.entropies import entropy, relative_entropy
from qce.typing import Array


def marginal(x: Array, keep: Wires, dims: Dims = None) -> Array:
    """Probabilities of some wires, the twin of `partial_trace`.

    Args:
        x: Probabilities `(..., k)`, of NumPy, autograd, JAX or PyTorch.
        keep: Wires that stay, in the order in which they are wanted.
        dims: What the wires are: None for bits, dimensions, or a mapping from names to them.

    Returns:
        Probabilities `(..., m)`, with m the product of the kept dimensions.

    Raises:
        ValueError: If `dims` do not multiply to k, or a wire is unknown or named twice.

    Example:
        >>> marginal([0.25, 0.5, 0.25, 0.0], keep=[1])
        array([0.5, 0.5])

    Source:
        A. Kolmogorov, Grundbegriffe der Wahrscheinlichkeitsrechnung (1933).
    """
    _checks.concrete("x", x)
    module = library(x)
    (x,) = module.convert((x,))
    names = layout_of(x, dims)
    kept = select("keep", keep, names)
    place = {name: k for k, name in enumerate(names)}
    inputs, output = letters(list(place.values())), letters([place[name] for name in kept])
    table = module.xp.reshape(x, (*x.shape[:-1], *names.values()))
    table = module.xp.einsum(f"...{inputs}->...{output}", table)
    return module.xp.reshape(table, (*x.shape[:-1], math.prod(names[name] for name in kept)))


def conditional_entropy(
    x: Array,
    wires: Wires,
    given: Wires,
    *,
    dims: Dims = None,
    base: float | None = None,
    check: bool = True,
) -> Array:
    r"""Conditional entropy $H(A|B) = H(p_{AB}) - H(p_B)$.

    Args:
        x: Joint probabilities `(..., k)`, of NumPy, autograd, JAX or PyTorch.
        wires: The wires A. Wires in neither part are summed over.
        given: The wires B.
        dims: What the wires are: None for bits, dimensions, or a mapping from names to them.
        base: Base of the logarithm; nats if None.
        check: Whether to check the argument; False for inner loops.

    Returns:
        Array `(...)` in [0, log k_A].

    Raises:
        ValueError: If `x` is no probability vector within √ε, or wires do not fit.

    Example:
        >>> conditional_entropy([0.25, 0.25, 0.25, 0.25], 0, 1, base=2).item()
        1.0

    Source:
        C. Shannon, Bell Syst. Tech. J. 27, 379 (1948).
    """
    if truth("check", check):
        _checks.probabilities("x", x)
    of, other = disjoint({"wires": wires, "given": given}, layout_of(x, dims))
    joint = entropy(marginal(x, [*of, *other], dims), base=base, check=False)
    return joint - entropy(marginal(x, list(other), dims), base=base, check=False)


def mutual_information(
    x: Array,
    first: Wires,
    second: Wires,
    *,
    dims: Dims = None,
    base: float | None = None,
    check: bool = True,
) -> Array:
    r"""Mutual information $I(A:B) = D(p_{AB} \| p_A p_B)$.

    Args:
        x: Joint probabilities `(..., k)`, of NumPy, autograd, JAX or PyTorch.
        first: The wires A. Wires in neither part are summed over.
        second: The wires B.
        dims: What the wires are: None for bits, dimensions, or a mapping from names to them.
        base: Base of the logarithm; nats if None.
        check: Whether to check the argument; False for inner loops.

    Returns:
        Array `(...)` in [0, log min(k_A, k_B)], never negative, accurate for weak correlations.

    Raises:
        ValueError: If `x` is no probability vector within √ε, or wires do not fit.

    Example:
        >>> mutual_information([0.5, 0.0, 0.0, 0.5], 0, 1, base=2).round(12).item()
        1.0

    Source:
        C. Shannon, Bell Syst. Tech. J. 27, 379 (1948).
    """
    if truth("check", check):
        _checks.probabilities("x", x)
    parts = disjoint({"first": first, "second": second}, layout_of(x, dims))
    return _correlation(x, parts, dims, base)


def total_correlation(
    x: Array, *, dims: Dims = None, base: float | None = None, check: bool = True
) -> Array:
    r"""Total correlation $D(p \| \prod_i p_i) = \sum_i H(p_i) - H(p)$ between all wires.

    Args:
        x: Joint probabilities `(..., k)`, of NumPy, autograd, JAX or PyTorch.
        dims: What the wires are: None for bits, dimensions, or a mapping from names to them.
        base: Base of the logarithm; nats if None.
        check: Whether to check the argument; False for inner loops.

    Returns:
        Array `(...)`, never negative, accurate for weak correlations.

    Raises:
        ValueError: If `x` is no probability vector within √ε, or wires do not fit.

    Example:
        >>> total_correlation([0.5, 0, 0, 0, 0, 0, 0, 0.5], base=2).round(12).item()
        2.0

    Source:
        S. Watanabe, IBM J. Res. Dev. 4, 66 (1960).
    """
    if truth("check", check):
        _checks.probabilities("x", x)
    return _correlation(x, [(name,) for name in layout_of(x, dims)], dims, base)


def layout_of(x: Array, dims: Dims) -> dict[Hashable, int]:
    """Names and dimensions of the wires of an argument `x`."""
    shape = tuple(library(x).convert((x,))[0].shape)
    if not shape:
        raise _checks.error("x", "have shape (..., k)", f"its shape is {shape}", "probabilities")
    return layout(shape[-1], dims)


def _correlation(
    x: Array, parts: Sequence[tuple[Hashable, ...]], dims: Dims, base: float | None
) -> Array:
    """Relative entropy to the product of the marginals, which covers the data."""
    xp = library(x).xp
    joint = marginal(x, [name for part in parts for name in part], dims)
    product = marginal(x, parts[0], dims)
    for part in parts[1:]:
        outer = product[..., :, None] * marginal(x, part, dims)[..., None, :]
        product = xp.reshape(outer, (*outer.shape[:-2], outer.shape[-2] * outer.shape[-1]))
    return relative_entropy(joint, product, base=base, check=False)
