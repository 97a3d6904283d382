"""Expectation values of numbers that belong to outcomes.

Read it beside `qce.quantum.expectation`: same names, same order, same rules.
"""

from __future__ import annotations

import numpy as np

from qce import _checks
from qce._arrays import Functional
from qce._checks import truth
from qce.classical._pairs import VECTOR
from qce.typing import Array


def expectation(states: Array, observable: Array, *, check: bool = True) -> Array:
    r"""Expectation value $\sum_i p_i o_i$ of numbers in a distribution.

    It serves as a score in losses of predictions: `losses.hinge_loss(labels, expectation(p, o))`.

    Args:
        states: Probabilities p `(..., k)`, of NumPy, autograd, JAX or PyTorch.
        observable: Real numbers o `(..., k)`, one for each outcome. Batch axes broadcast.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)` between the least and the largest of the numbers, in their unit.

    Raises:
        ValueError: If `states` are no probability vectors within √ε, the numbers are not real and
            finite, or shapes do not fit.

    Example:
        >>> expectation([0.75, 0.25], [1.0, -1.0]).item()
        0.5

    Source:
        C. Huygens, De ratiociniis in ludo aleae (1657).
    """
    if truth("check", check):
        _checks.probabilities("states", states)
        _check_numbers("observable", observable)
        _checks.same_dimension("states", states, "observable", observable)
    return _EXPECTATION(states, observable)


def _check_numbers(name: str, x: Array) -> None:
    """Finite real numbers `(..., k)`."""
    a = _checks.concrete(name, x)
    if a.ndim < 1 or a.shape[-1] == 0:
        but = f"its shape is {a.shape}"
        raise _checks.error(name, "have shape (..., k)", but, "one number an outcome")
    if isinstance(a, _checks.Abstract):
        return
    if a.dtype.kind == "c":
        raise _checks.error(name, "be real", f"its dtype is {a.dtype}", "real numbers")
    if not np.isfinite(a).all():
        raise _checks.error(name, "be finite", "it holds NaN or an infinity", "finite numbers")


_EXPECTATION = Functional(
    value=lambda xp, p, o: xp.sum(p * o, axis=-1),
    gradients=(lambda ops, p, o: o, lambda ops, p, o: p),
    axes=VECTOR,
)
