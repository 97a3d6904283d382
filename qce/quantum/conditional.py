"""Mutual information of two parts of a state, conditioned on a third.

Read it beside `qce.classical.conditional`.
"""

from __future__ import annotations

from qce import _checks
from qce._arrays import library
from qce._wires import Dims, Wires, disjoint
from qce.classical.kernels.entropies import never_negative
from qce.quantum._arguments import checked, dense
from qce.quantum.information import layout_of, mutual_information
from qce.states import State
from qce.typing import Array


def conditional_mutual_information(
    x: State | Array,
    first: Wires,
    second: Wires,
    given: Wires,
    *,
    dims: Dims = None,
    base: float | None = None,
    check: bool = True,
) -> Array:
    r"""Conditional mutual information $I(A:C|B) = I(A:BC) - I(A:B)$.

    Args:
        x: Density matrices `(..., d, d)`, of NumPy, autograd, JAX or PyTorch.
        first: The wires A. Wires in no part are traced out.
        second: The wires C.
        given: The wires B.
        dims: What the wires are: None for qubits, dimensions, or a mapping from names to them.
        base: Base of the logarithm; nats if None.
        check: Whether to check the state; False for inner loops.

    Returns:
        Array `(...)` in [0, 2 log min(d_A, d_C)], never negative. A difference of two relatively
            accurate numbers: its absolute error is the rounding of I(A:BC).

    Raises:
        ValueError: If `x` is no density matrix within √ε, or wires do not fit.

    Example:
        >>> import numpy as np
        >>> ghz = np.eye(8)[0] / np.sqrt(2) + np.eye(8)[7] / np.sqrt(2)
        >>> conditional_mutual_information(np.outer(ghz, ghz), 0, 2, 1, base=2).round(12).item()
        1.0

    Source:
        E. Lieb and M. Ruskai, J. Math. Phys. 14, 1938 (1973), that it is never negative.
    """
    unit = _checks.log_base(base)
    x = dense("x", x)
    with checked(check, x=x):
        names = layout_of(x, dims)
        a, c, b = disjoint({"first": first, "second": second, "given": given}, names)
        more = mutual_information(x, a, (*b, *c), dims=dims, check=False)
        less = mutual_information(x, a, b, dims=dims, check=False)
    return _checks.in_unit(never_negative(library(x).xp, more - less), unit)
