"""Mutual information of two parts of a joint distribution, conditioned on a third.

Read it beside `qce.quantum.conditional`.
"""

from __future__ import annotations

import math

from qce import _checks
from qce._arrays import library
from qce._checks import truth
from qce._wires import Dims, Wires, disjoint
from qce.classical.entropies import relative_entropy
from qce.classical.information import layout_of, marginal
from qce.typing import Array


def conditional_mutual_information(
    x: Array,
    first: Wires,
    second: Wires,
    given: Wires,
    *,
    dims: Dims = None,
    base: float | None = None,
    check: bool = True,
) -> Array:
    r"""Conditional mutual information $I(A:C|B) = D(p_{ABC} \| p_{AB}\, p_{BC}/p_B)$.

    Args:
        x: Joint probabilities `(..., k)`, of NumPy, autograd, JAX or PyTorch.
        first: The wires A. Wires in no part are summed over.
        second: The wires C.
        given: The wires B.
        dims: What the wires are: None for bits, dimensions, or a mapping from names to them.
        base: Base of the logarithm; nats if None.
        check: Whether to check the argument; False for inner loops.

    Returns:
        Array `(...)` in [0, log min(k_A, k_C)], never negative, accurate for weak correlations.

    Raises:
        ValueError: If `x` is no probability vector within √ε, or wires do not fit.

    Example:
        >>> xor = [0.25, 0, 0, 0.25, 0, 0.25, 0.25, 0]
        >>> conditional_mutual_information(xor, 0, 2, 1, base=2).round(12).item()
        1.0

    Source:
        A. Wyner, Inf. Control 38, 51 (1978).
    """
    if truth("check", check):
        _checks.probabilities("x", x)
    names = layout_of(x, dims)
    a, c, b = disjoint({"first": first, "second": second, "given": given}, names)
    xp = library(x).xp
    left, right, middle = (marginal(x, part, dims) for part in ((*a, *b), (*b, *c), b))
    k, m, n = (math.prod(names[name] for name in part) for part in (a, b, c))
    batch = tuple(left.shape[:-1])
    left = xp.reshape(left, (*batch, k, m))[..., :, :, None]
    right = xp.reshape(right, (*batch, m, n))[..., None, :, :]
    middle = xp.reshape(middle, (*batch, m))[..., None, :, None]
    inside = middle > 0
    model = left * xp.where(inside, right / xp.where(inside, middle, 1.0), 0.0)
    joint = marginal(x, (*a, *b, *c), dims)
    return relative_entropy(joint, xp.reshape(model, joint.shape), base=base, check=False)
