"""Whether matrices are density matrices, at small cost compared with quantities of them.

A valid state is accepted by a few sums over all entries; only for others it is found which entry is
wrong, and by how much. That no eigenvalue is negative follows from the eigenvalues or the factor
that the quantity itself needs, if any, and from Cholesky's decomposition elsewhere.
"""

from __future__ import annotations

from contextvars import ContextVar, Token
from functools import cache
from types import TracebackType
from typing import Any

import numpy as np

from qce._concrete import Abstract, concrete, error
from qce._dot import squares
from qce.typing import Array

SMALL = 32  # below this dimension the cost is that of calls, not of arithmetic
WIDE = 128  # from this dimension on a matrix exceeds a processor's first cache


_TRACE = "np.trace(x)"
NORMALISED = f"`x / {_TRACE}`"  # what to pass where a trace is not 1


def states(name: str, x: Array, *, kets: bool = False, remedy: str = NORMALISED) -> None:
    """Square, finite, Hermitian, positive, trace 1 over the last two axes, (..., d, d).

    Args:
        name: Name of the argument.
        x: The argument.
        kets: Whether a vector (d,) of norm 1 is accepted as a pure state.
        remedy: What to pass where a trace is not 1.
    """
    state = _State.of(name, x, kets, remedy)
    if state is not None:
        state.settle()


class Checked:
    """`with Checked(data=rho, model=sigma): value = …` is `states` of each, around a computation.

    Kets are accepted too, and `remedy` is for a model. All but the signs of eigenvalues is checked
    before the computation, which may report these by `known`.
    """

    def __init__(self, remedy: str = NORMALISED, **arguments: Array):
        found = [
            _State.of(name, x, True, remedy if name == "model" else NORMALISED)
            for name, x in arguments.items()
        ]
        self._states = tuple([state for state in found if state is not None])

    def __enter__(self) -> None:
        self._token: Token[tuple[_State, ...]] = _SOUGHT.set(self._states)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        failure: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Refuse arguments that are no states first: they may be why the computation failed."""
        _SOUGHT.reset(self._token)
        for state in self._states:
            state.settle()


def known(matrix: Array, least: Array | float) -> None:
    """Report the least eigenvalues, or a lower bound on them, of matrices (..., d, d)."""
    for state in _SOUGHT.get():
        if state.matrix is matrix:
            state.least = least


@cache
def _tolerance(char: str) -> float:
    """√ε of the precision: how far input may be from Hermitian, positive and normalised."""
    return float(np.finfo(char).eps) ** 0.5


class _State:
    """An argument that is a density matrix, except that its eigenvalues may be negative.

    Attributes:
        name: Of the argument.
        matrix: What it holds, (..., d, d).
        least: Its least eigenvalues as far as they are known.
    """

    __slots__ = ("least", "matrix", "name", "slack")

    def __init__(self, name: str, matrix: np.ndarray, slack: float):
        self.name, self.matrix, self.slack = name, matrix, slack
        self.least: Array | float | None = None

    @classmethod
    def of(cls, name: str, x: Array, kets: bool, remedy: str) -> _State | None:
        """None for an array that is certainly a state, or is traced."""
        a = concrete(name, x)
        if _is_small_state(a):
            return None
        if kets and a.ndim == 1 and a.shape[0]:
            _ket(name, a)
            return None
        if a.ndim < 2 or a.shape[-1] != a.shape[-2] or a.shape[-1] == 0:
            advice = "density matrices; for a ket `psi` that is `np.outer(psi, psi.conj())`"
            must = "have shape (..., d, d) with d >= 1"
            raise error(name, must, f"its shape is {a.shape}", advice)
        if isinstance(a, Abstract):
            return None
        a = a if a.dtype.kind in "fc" else a.astype(float)
        if a.dtype.char not in "fdFD":
            must, but = "be of single or double precision", f"its dtype is {a.dtype}"
            raise error(name, must, but, "`x.astype(complex)`: LAPACK has no other", TypeError)
        slack = _tolerance(a.dtype.char)
        if not _is_regular(a, slack):
            _refuse_irregular(name, a, slack, remedy)
        return cls(name, a, slack)

    def settle(self) -> None:
        """Refuse a negative eigenvalue."""
        if self.least is None:
            positive = _is_positive(self.matrix, self.slack)
        else:
            least = self.least if isinstance(self.least, float) else self.least.min()
            positive = least >= -self.slack
        if not positive:
            least = np.linalg.eigvalsh(self.matrix).min()
            but = f"its least eigenvalue is {least:.6g}"
            remedy = "a density matrix; set small negative eigenvalues to 0 and renormalise"
            raise error(self.name, "be positive semi-definite", but, remedy)


_SOUGHT: ContextVar[tuple[_State, ...]] = ContextVar("eigenvalues sought", default=())


# --- a small matrix ------------------------------------------------------------------------------


def _is_small_state(a: np.ndarray | Abstract) -> bool:
    """Whether it is a single small matrix and certainly a state, by few calls."""
    rows, *columns = a.shape or (0,)
    if not 0 < rows < SMALL or columns != [rows] or isinstance(a, Abstract):
        return False
    char = a.dtype.char
    if char not in "fdFD":
        return False
    one, raise_by, slack = _multiples(rows, char)
    if rows == 2:
        return _is_qubit(a, slack)
    # The trace; 0 times NaN or an infinity off the diagonal makes it NaN.
    if not abs(np.vdot(one, a) - 1) <= slack:
        return False
    skew = a - a.conj().T
    if not squares(skew) <= slack * slack:
        return False
    return _has_cholesky(a + raise_by)


def _is_qubit(a: np.ndarray, slack: float) -> bool:
    """The same of a 2×2 matrix in Python's own numbers, which are faster than NumPy's calls."""
    (p, c), (lower, q) = a.tolist()
    try:
        # A sum, because NaN is in it.
        off = abs(p + q - 1) + abs(lower - c.conjugate()) + 2 * (abs(p.imag) + abs(q.imag))
        first, second, side = p.real + slack, q.real + slack, abs(lower)
    except OverflowError:  # the size of a complex number beyond 1e308
        return False
    return off <= slack and first > 0 and first * second > side * side


@cache
def _multiples(d: int, char: str) -> tuple[np.ndarray, np.ndarray, float]:
    """The identity, √ε times it, and √ε."""
    one, slack = np.eye(d, dtype=char), _tolerance(char)
    return one, (slack * one).astype(char), slack


# --- finite, Hermitian, of trace 1 ---------------------------------------------------------------


def _is_regular(a: np.ndarray, slack: float) -> bool:
    """Whether sums show it; they may reject a valid state, but never accept an invalid one.

    ‖ρ‖² = Tr ρ² is at most 1 for each state, and NaN or infinite where an entry is.
    """
    if not squares(a) < 2 * a.size:
        return False
    if a.shape[-1] == 2:
        return _are_qubits_regular(a, slack)
    if a.ndim == 2 and len(a) >= WIDE:
        skew = _skew_by_blocks(a)
    else:
        skew = squares(a - a.conj().swapaxes(-1, -2))
    off = np.einsum("...ii->...", a) - 1
    return skew <= slack**2 and squares(off) <= slack**2


def _are_qubits_regular(a: np.ndarray, slack: float) -> bool:
    """The same of 2×2 matrices by one product, which takes less time."""
    numbers = np.ascontiguousarray(a.reshape(-1, 4)).view(a.real.dtype)
    deviations = numbers @ _qubit_deviations(a.dtype.char)
    deviations[:, 0] -= 1
    return squares(deviations) <= slack**2


@cache
def _qubit_deviations(char: str) -> np.ndarray:
    """The linear map from the numbers in [[p, c], [l, q]] to its trace and to ρ − ρ†."""
    root = 2**0.5  # of an entry that is there twice
    of_real = np.array([[1, 0, 0, 1], [0, root, -root, 0]]).T
    if char in "fd":
        return of_real.astype(char)
    of_both = np.zeros((8, 5), dtype=char.lower())
    of_both[0::2, :2] = of_real
    of_both[1::2, 2:] = np.array([[2, 0, 0, 0], [0, root, root, 0], [0, 0, 0, 2]]).T
    return of_both


def _skew_by_blocks(a: np.ndarray, width: int = 64) -> float:
    """‖a − a†‖², by blocks of rows, each pair once: transposing the whole would miss the cache."""
    total = 0.0
    for i in range(0, len(a), width):
        total += 2 * squares(a[i : i + width, i:] - a[i:, i : i + width].conj().T)
    return total


def _refuse_irregular(name: str, a: np.ndarray, slack: float, remedy: str) -> None:
    """Raise an error about the first fault found entry by entry, if there is one."""
    not_empty(name, a)
    finite(name, a)
    skew = np.abs(a - np.conj(np.swapaxes(a, -1, -2))).max(initial=0.0)
    if skew > slack:
        but = f"it differs from its adjoint by {skew:.3g}"
        raise error(name, "be Hermitian", but, "`(x + x.conj().T) / 2` if that is rounding")
    off = worst(np.trace(a, axis1=-2, axis2=-1).real - 1)
    if abs(off) > slack:
        but = f"a trace is {1 + off:.9g}"
        if a.dtype.char in "dD" and abs(off) <= a.shape[-1] * np.finfo(np.float32).eps:
            but += ", as rounding to single precision leaves it"
        raise error(name, "have trace 1", but, remedy if a.ndim == 2 else _of_each(remedy))


def _of_each(remedy: str) -> str:
    """The same remedy for a stack of matrices, each with its own trace."""
    return remedy.replace(_TRACE, 'np.einsum("...ii->...", x)[..., None, None]')


def _ket(name: str, a: np.ndarray | Abstract) -> None:
    """A vector (d,) of norm 1."""
    if isinstance(a, Abstract):
        return
    finite(name, a)
    a = a if a.dtype.kind in "fc" else a.astype(float)
    squared = float(np.sum(np.abs(a) ** 2))
    if abs(squared - 1) > _tolerance(a.dtype.char):
        must = "have shape (..., d, d), or be a ket of norm 1"
        but = f"its shape is {a.shape} and its norm {squared**0.5:.9g}"
        remedy = "`psi / np.linalg.norm(psi)` or `np.outer(psi, psi.conj())`"
        raise error(name, must, but, remedy)


def not_empty(name: str, a: np.ndarray) -> None:
    """At least one entry."""
    if a.size == 0:
        raise error(name, "not be empty", f"its shape is {a.shape}", "at least one state")


def finite(name: str, a: np.ndarray) -> None:
    """No NaN and no infinity."""
    if not np.isfinite(a).all():
        what = "NaN" if np.isnan(a).any() else "an infinity"
        raise error(name, "be finite", f"it holds {what}", "finite numbers")


def worst(deviations: np.ndarray) -> float:
    """The deviation furthest from 0, with its sign."""
    flat = np.ravel(deviations)
    return float(flat[np.argmax(np.abs(flat))]) if flat.size else 0.0


# --- positive ------------------------------------------------------------------------------------


def _is_positive(a: np.ndarray, slack: float) -> bool:
    """Cholesky of a + slack·1 exists if and only if no eigenvalue is below −slack, at d³/3."""
    if a.shape[-1] == 2:
        return _are_qubits_positive(a, slack)
    raised = a.copy()
    diagonal = np.einsum("...ii->...i", raised)
    diagonal += slack
    if raised.ndim == 2:
        # In less than NumPy's time, and with the threads of SciPy's `eigh`.
        return _has_cholesky(raised)
    try:
        np.linalg.cholesky(raised)
    except np.linalg.LinAlgError:
        return False
    return True


def _are_qubits_positive(a: np.ndarray, slack: float) -> bool:
    """The same of 2×2 matrices from diagonal and determinant, in less time."""
    first, second, side = a[..., 0, 0].real + slack, a[..., 1, 1].real + slack, a[..., 1, 0]
    rest = first * second - (side.real**2 + side.imag**2)
    return bool(first.min() > 0 and rest.min() > 0)


def _has_cholesky(a: np.ndarray) -> bool:
    """Whether a single matrix, which is overwritten, is positive definite, by SciPy's LAPACK."""
    upper, clean, overwrite = 0, 0, 1
    return bool(_potrf(a.dtype.char)(a.T, upper, clean, overwrite)[1] == 0)


@cache
def _potrf(char: str) -> Any:
    from scipy.linalg.lapack import get_lapack_funcs

    return get_lapack_funcs("potrf", dtype=char)
