"""Arguments that are states: their checks, and the choice of how a quantity is computed from them.

Arrays of every library and kets go through a `Functional`; states of `qce.states` through a
function of `qce.quantum._factorised` where there is one, and are written out as matrices otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import numpy as np

from qce import _checks
from qce._arrays import as_matrix
from qce._checks import truth
from qce._concrete import called
from qce._density import Checked
from qce.errors import ArgumentError
from qce.states import Dense, Diagonal, State
from qce.states.lanczos import is_state
from qce.typing import Array, Scalar

LARGE = 512  # from this dimension on Lanczos beats `eigh` by more than it costs to try
ANY_TRACE = "`x / np.trace(x)`; or check=False for a positive model of any trace"
_UNCHECKED: AbstractContextManager[None] = nullcontext()

Factorised = Callable[..., Scalar | None]


def among(*arguments: State | Array) -> bool:
    """Whether one of the arguments is a factorised state.

    A `Dense` does not count: it holds only its matrix, and close states need the difference of two
    matrices, which cannot be recovered from their logarithms.
    """
    return any([isinstance(x, State) and not isinstance(x, Dense) for x in arguments])


def check_state(name: str, x: State | Array) -> None:
    """Check density matrices, or a ket; a factorised state was checked when it was made."""
    if not isinstance(x, State):
        _checks.states(name, x, kets=True)


def checked(check: bool, **arguments: State | Array) -> AbstractContextManager[None]:
    """A context that checks one or two states while a quantity is computed, if `check` is true."""
    if not truth("check", check):
        return _UNCHECKED
    arrays = {name: x for name, x in arguments.items() if not isinstance(x, State)}
    if len(arrays) < len(arguments):
        check_states(**arguments)
        return _UNCHECKED
    found = Checked(ANY_TRACE, **arrays)
    if len(arrays) == 2:
        (first, x), (second, y) = arrays.items()
        _checks.same_dimension(first, x, second, y)
    return found


def value_of(
    functional: Callable[..., Array],
    check: bool,
    factorised: Factorised | None = None,
    **states: State | Array,
) -> Array:
    """A quantity of one or two states: from factors where there is a formula, else from arrays.

    Args:
        functional: The quantity of arrays. The check reuses the eigenvalues that it computes.
        check: Whether to check the states.
        factorised: The same where a state is factorised; if it is None, or returns None, arrays are
            used.
        states: The arguments by their names.
    """
    with checked(check, **states):
        if factorised is not None and among(*states.values()):
            with _naming(states):
                value = factorised(*states.values())
            if value is not None:
                return as_it_comes(value)
        return functional(*(dense(name, x) for name, x in states.items()))


def as_it_comes(value: Any) -> Array:
    """A value as NumPy's, except that arrays of JAX, from Gaussian fermions, stay as they are."""
    return value if hasattr(value, "aval") else np.asarray(value)[()]


@contextmanager
def _naming(states: dict[str, State | Array]) -> Iterator[None]:
    """Put the names of the arguments into the error about a state too large to be written out."""
    try:
        yield
    except ArgumentError as problem:
        if problem.arguments != ("state",):
            raise
        names = tuple(name for name, x in states.items() if isinstance(x, State))
        raise type(problem)(names, problem.rule, problem.found, problem.remedy) from None


def divergence(
    functional: Callable[..., Array],
    data: State | Array,
    model: State | Array,
    *,
    base: float | None,
    support: str,
    check: bool,
    factorised: Factorised | None = None,
    power: int = 1,
) -> Array:
    """Check, compute and convert the unit; `power` is 2 for squares of logarithms."""
    unit = _checks.log_base(base) ** power
    value = value_of(functional, check, factorised, data=data, model=model)
    _checks.within_support(value, support)
    return _checks.in_unit(value, unit)


def beside_model(factorised: Callable[[State | Array, State], Scalar]) -> Factorised:
    """A quantity that needs exact log-eigenvalues of the model; None where that is an array."""

    def of_both(data: State | Array, model: State | Array) -> Scalar | None:
        return factorised(plain("data", data), model) if isinstance(model, State) else None

    return of_both


def beside_either(factorised: Callable[[State | Array, State], Scalar]) -> Factorised:
    """A symmetric quantity: one of the two is factorised, and is passed as the second."""

    def of_both(data: State | Array, model: State | Array) -> Scalar:
        if isinstance(model, State):
            return factorised(plain("data", data), model)
        assert isinstance(data, State)
        return factorised(plain("model", model), data)

    return of_both


def of_diagonals(twin: Callable[..., Array]) -> Factorised:
    """The classical twin where all states are `Diagonal`, else None."""

    def of_all(*states: State | Array) -> Array | None:
        spectra = [x.probabilities for x in states if isinstance(x, Diagonal)]
        return twin(*spectra, check=False) if len(spectra) == len(states) else None

    return of_all


def dense(name: str, x: State | Array) -> Array:
    """An array as it is; a factorised state as the matrix it writes out, of 16 d² bytes at most.

    Refused for dimensions above 2¹³, where that is 1 GiB.
    """
    if isinstance(x, Dense):
        return np.array(x.matrix)
    if not isinstance(x, State):
        return x
    with called(state=name):
        return x.dense()


def plain(name: str, x: State | Array) -> State | Array:
    """A state as it is; an array of any library, or a ket, as a matrix of NumPy."""
    return x if isinstance(x, State) else as_matrix(np, _checks.numbers(name, x))


def is_large(x: State | Array) -> bool:
    """Whether x is one NumPy matrix of dimension `LARGE` or more."""
    if not isinstance(x, np.ndarray) or x.dtype.kind not in "fc":
        return False
    return x.ndim == 2 and x.shape[0] == x.shape[1] >= LARGE


def check_states(**arguments: State | Array) -> None:
    """Check the arrays among the arguments, and dimensions; states were checked when made."""
    for name, x in arguments.items():
        if not (isinstance(x, State) or is_large(x) and is_state(np.asarray(x))):
            remedy = {"remedy": ANY_TRACE} if name == "model" else {}
            _checks.states(name, x, kets=True, **remedy)
    first, *others = arguments
    for other in others:
        a, b = (_dimension(arguments[name]) for name in (first, other))
        if a != b:
            must, but = "have the same dimension", f"they have {a} and {b}"
            raise _checks.pair_error(first, other, must, but, "two of one size")


def _dimension(x: State | Array) -> int:
    return x.dimension if isinstance(x, State) else np.shape(x)[-1]
