"""Expectation values of observables.

Read it beside `qce.classical.expectation`: same names, same order, same rules. On a device it is
what `qml.expval` returns.
"""

from __future__ import annotations

import numpy as np

from qce import _checks
from qce._arrays import Functional, hermitian
from qce._checks import truth
from qce.quantum._arguments import check_state
from qce.quantum._pairs import MATRIX
from qce.states import State
from qce.typing import Array


def expectation(states: State | Array, observable: Array, *, check: bool = True) -> Array:
    r"""Expectation value $\mathrm{Tr}\, ρ O$ of an observable.

    It serves as a score in losses of predictions: `losses.hinge_loss(labels, expectation(rho, o))`.

    Args:
        states: Density matrices ρ `(..., d, d)`, of NumPy, autograd, JAX or PyTorch; a ket `(d,)`;
            or a state of `qce.states`, whose weighted kets are used as they are.
        observable: Hermitian matrices O `(..., d, d)`. Batch axes broadcast.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)` between the least and the largest eigenvalue of O, in its unit.

    Raises:
        ValueError: If `states` are no density matrices within √ε, `observable` is not finite and
            Hermitian, or shapes do not fit.

    Example:
        >>> expectation([[0.75, 0.25], [0.25, 0.25]], [[1.0, 0.0], [0.0, -1.0]]).item()
        0.5

    Source:
        J. von Neumann, Mathematische Grundlagen der Quantenmechanik (1932).
    """
    if truth("check", check):
        _check_hermitian("observable", observable)
        check_state("states", states)
        _check_sizes(states, observable)
    if isinstance(states, State):
        return _of_factors(states, _checks.numbers("observable", observable))
    return _EXPECTATION(states, observable)


def _check_hermitian(name: str, x: Array) -> None:
    """Finite Hermitian matrices `(..., d, d)`."""
    a = _checks.concrete(name, x)
    if a.ndim < 2 or a.shape[-1] != a.shape[-2] or a.shape[-1] == 0:
        but = f"its shape is {a.shape}"
        raise _checks.error(name, "have shape (..., d, d)", but, "a square matrix")
    if isinstance(a, _checks.Abstract):
        return
    if not np.isfinite(a).all():
        raise _checks.error(name, "be finite", "it holds NaN or an infinity", "finite numbers")
    skew = np.abs(a - np.conj(np.swapaxes(a, -1, -2))).max(initial=0.0)
    if skew > _checks.tolerance(np.result_type(a, np.float32)) * (1 + np.abs(a).max(initial=0.0)):
        but = f"it differs from its adjoint by {skew:.3g}"
        raise _checks.error(name, "be Hermitian", but, "`(x + x.conj().T) / 2` if that is rounding")


def _check_sizes(states: State | Array, observable: Array) -> None:
    if not isinstance(states, State) and np.ndim(states) > 1:
        _checks.same_dimension("states", states, "observable", observable)
        return
    d = states.dimension if isinstance(states, State) else len(states)
    if np.shape(observable)[-1] != d:
        but = f"they have {d} and {np.shape(observable)[-1]}"
        must = "have the same dimension"
        raise _checks.pair_error("states", "observable", must, but, "two of one size")


def _of_factors(state: State, observables: np.ndarray) -> Array:
    view, d = state.view(), state.dimension
    values = [view.expectation(o) for o in observables.reshape(-1, d, d)]
    return np.array(values).reshape(observables.shape[:-2])[()]


_EXPECTATION = Functional(
    value=lambda xp, rho, o: xp.real(xp.sum(rho * xp.conj(o), axis=MATRIX)),
    gradients=(
        lambda ops, rho, o: hermitian(ops.xp, o),
        lambda ops, rho, o: hermitian(ops.xp, rho),
    ),
    axes=MATRIX,
)
