"""Where a state of `qce.states` stands in the place of an array."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import numpy as np

from qce import _checks
from qce._arrays import Functional, as_matrix
from qce._checks import truth
from qce.quantum import _pairs
from qce.states import Pure, State
from qce.states import _pairs as _known_pairs
from qce.states.lanczos import certified, is_state
from qce.typing import Array

LARGE = 512  # from this dimension on Lanczos beats `eigh` by more than it costs to try


def among(*arguments: State | Array) -> bool:
    """Whether one of the arguments is a factorised state."""
    return any([isinstance(x, State) for x in arguments])


def check_states(**arguments: State | Array) -> None:
    """Check the arrays among the arguments, and dimensions; states were checked when made."""
    for name, x in arguments.items():
        if not (isinstance(x, State) or _is_large(x) and is_state(x)):
            _checks.states(name, x, kets=True, remedy=_pairs.ANY_TRACE)
    first, *others = arguments
    for other in others:
        a, b = (_dimension(arguments[name]) for name in (first, other))
        if a != b:
            must, but = "have the same dimension", f"they have {a} and {b}"
            raise _checks.pair_error(first, other, must, but, "two of one size")


def checked(check: bool, **arguments: State | Array) -> AbstractContextManager[None]:
    """The check around what is computed from the arguments, as of `_pairs` where all are arrays."""
    if not among(*arguments.values()):
        return _pairs.checked(check, **arguments)
    if truth("check", check):
        check_states(**arguments)
    return nullcontext()


def entropy(x: State) -> Array:
    """S(ρ)."""
    return np.float64(_known_pairs.entropy(x))


def renyi_entropy(x: State, alpha: float) -> Array:
    """S_α(ρ)."""
    return np.float64(_known_pairs.renyi_entropy(x, alpha))


def tsallis_entropy(x: State, alpha: float) -> Array:
    """T_α(ρ), from the Rényi entropy, which adds up over factors."""
    if alpha == np.inf:
        return np.float64(0.0)
    value = _known_pairs.renyi_entropy(x, alpha)
    return np.float64(value if alpha == 1 else np.expm1((1 - alpha) * value) / (1 - alpha))


def cross_entropy(data: State | Array, model: State | Array) -> Array | None:
    """S(ρ, σ), or None where it is best computed from arrays."""
    if not isinstance(model, State):
        return _by_lanczos(data, model)
    return np.asarray(_known_pairs.cross_entropy(_plain(data), model))[()]


def relative_entropy(data: State | Array, model: State | Array) -> Array | None:
    """D(ρ‖σ), or None where it is best computed from arrays."""
    if not isinstance(model, State):
        return _by_lanczos(data, model) if isinstance(data, Pure) else None
    return np.asarray(_known_pairs.relative_entropy(_plain(data), model))[()]


def divergence(
    functional: Functional,
    written: Callable[[State | Array, State], Array],
    data: State | Array,
    model: State | Array,
    *,
    base: float | None,
    support: str,
    check: bool,
) -> Array:
    """The functional of arrays; beside a factorised model what `written` makes of its logarithm."""
    unit = _checks.log_base(base)
    if among(data, model):
        if truth("check", check):
            check_states(data=data, model=model)
        check = False
    if isinstance(model, State):
        return _pairs.finished(np.asarray(written(_plain(data), model))[()], unit, support)
    return _pairs.divergence(functional, data, model, base=base, support=support, check=check)


def _by_lanczos(data: State, model: Array) -> Array | None:
    value = certified(data.view(), model) if _is_large(model) else None
    return None if value is None else np.float64(value)


def _is_large(x: Array) -> bool:
    square = isinstance(x, np.ndarray) and x.ndim == 2 and x.shape[0] == x.shape[1]
    return square and x.dtype.kind in "fc" and len(x) >= LARGE


def _plain(data: State | Array) -> State | Array:
    return data if isinstance(data, State) else as_matrix(np, _checks.numbers("data", data))


def _dimension(x: State | Array) -> int:
    return x.dimension if isinstance(x, State) else np.shape(x)[-1]
