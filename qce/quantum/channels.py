r"""How well a channel keeps states: fidelities of a channel and the distance of two channels.

A channel is given by its Kraus operators K_i, $ρ \mapsto \sum_i K_i ρ K_i^†$: as an array `(n, d,
e)`, a list of matrices `(d, e)`, one matrix for a unitary, or anything with a method
`kraus_matrices()` or `matrix()`, as PennyLane's channels and gates have.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from qce import _checks
from qce._arrays import as_matrix, library
from qce._checks import truth
from qce.quantum._arguments import check_state, dense
from qce.states import State
from qce.typing import Array


class Gate(Protocol):
    """What has a unitary matrix, such as a gate of PennyLane."""

    def matrix(self) -> Array:
        """The matrix `(d, d)`."""


class Kraus(Protocol):
    """What has Kraus operators, such as a channel of PennyLane."""

    def kraus_matrices(self) -> Sequence[Array]:
        """Matrices `(d, e)`."""


Channel = Array | Sequence[Array] | Kraus | Gate


def entanglement_fidelity(
    channel: Channel, state: State | Array | None = None, *, check: bool = True
) -> Array:
    r"""Entanglement fidelity $\sum_i |\mathrm{Tr}\, K_i ρ|^2$ of a channel.

    The fidelity of a purification of ρ with what the channel on its half leaves of it.

    Args:
        channel: Kraus operators `(n, d, d)`, see above.
        state: Density matrices ρ `(..., d, d)`; the maximally mixed state if None.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        Array `(...)` in [0, 1].

    Raises:
        ValueError: If the operators do not keep the trace within √ε, or the state is none.

    Example:
        >>> flip = [np.sqrt(0.9) * np.eye(2), np.sqrt(0.1) * np.array([[0, 1], [1, 0]])]
        >>> entanglement_fidelity(flip).round(12).item()
        0.9

    Source:
        B. Schumacher, Phys. Rev. A 54, 2614 (1996).
    """
    kraus = _operators("channel", channel, truth("check", check), square=True)
    d = kraus.shape[-1]
    if state is None:
        xp = library(kraus).xp
        traces = xp.sum(xp.tril(xp.triu(kraus)), axis=(-2, -1)) / d
        return xp.sum(xp.abs(traces) ** 2, axis=-1)
    given = dense("state", state)
    if check:
        check_state("state", given)
    module = library(kraus, given)
    kraus, given = module.convert((kraus, given))
    matrix = as_matrix(module.xp, given)
    if matrix.shape[-1] != d:
        must, but = f"have shape (..., {d}, {d})", f"its shape is {tuple(matrix.shape)}"
        raise _checks.error("state", must, but, "a state of the channel's dimension")
    traces = module.xp.sum(kraus * matrix.swapaxes(-1, -2)[..., None, :, :], axis=(-2, -1))
    return module.xp.sum(module.xp.abs(traces) ** 2, axis=-1)


def average_gate_fidelity(
    channel: Channel, gate: Array | Gate | None = None, *, check: bool = True
) -> Array:
    r"""Average gate fidelity $\frac{d F_e + 1}{d + 1}$ of a channel that is to be a gate U.

    The mean of $⟨ψ|U^† E(|ψ⟩⟨ψ|) U|ψ⟩$ over all kets; F_e is the entanglement fidelity of U†E(·)U.

    Args:
        channel: Kraus operators `(n, d, d)`, see above.
        gate: The unitary U `(d, d)`; the identity if None.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        A number in [1/(d+1), 1].

    Raises:
        ValueError: If the operators do not keep the trace within √ε, or the gate is not unitary.

    Example:
        >>> flip = [np.sqrt(0.9) * np.eye(2), np.sqrt(0.1) * np.array([[0, 1], [1, 0]])]
        >>> average_gate_fidelity(flip).round(12).item()
        0.933333333333

    Source:
        M. Nielsen, Phys. Lett. A 303, 249 (2002); M., P. and R. Horodecki, Phys. Rev. A 60, 1888
        (1999).
    """
    kraus = _operators("channel", channel, truth("check", check), square=True)
    d = kraus.shape[-1]
    if gate is not None:
        unitary = _operators("gate", gate, bool(check), square=True)
        if unitary.shape != (1, d, d):
            must, but = f"be one matrix ({d}, {d})", f"its shape is {tuple(unitary.shape)}"
            raise _checks.error("gate", must, but, "a unitary of the channel's dimension")
        module = library(kraus, unitary)
        kraus, unitary = module.convert((kraus, unitary))
        kraus = module.xp.conj(unitary.swapaxes(-1, -2)) @ kraus
    return (d * entanglement_fidelity(kraus, check=False) + 1) / (d + 1)


def diamond_norm(channel: Channel, other: Channel | None = None, *, check: bool = True) -> float:
    r"""Diamond norm $\|E - F\|_⋄$ of the difference of two channels, by a semidefinite program.

    $\max \|(E - F) ⊗ 1 (ρ)\|_1$ over all ρ: a quarter of it and a half is the best chance to tell
    by one use which of the two equally likely channels it was. The program is solved by CVXPY with
    Clarabel: `pip install "qce[sdp]"`.

    Args:
        channel: Kraus operators `(n, d, e)` of E, see above.
        other: Those of F; the norm of E alone if None, which is 1.
        check: Whether to check the arguments; False for inner loops.

    Returns:
        A number in [0, 2], to 1e-7 or so; without derivatives.

    Raises:
        ValueError: If the operators do not keep the trace within √ε, or dimensions differ.
        ModuleNotFoundError: If CVXPY is not installed.

    Example:
        >>> flip = [np.sqrt(0.9) * np.eye(2), np.sqrt(0.1) * np.array([[0, 1], [1, 0]])]
        >>> round(diamond_norm(flip, np.eye(2)), 6)
        0.2

    Source:
        J. Watrous, Chicago J. Theor. Comput. Sci. 2013, 8.
    """
    first = _choi("channel", channel, truth("check", check))
    if other is None:
        return _norm(*first)
    second = _choi("other", other, bool(check))
    if first[1:] != second[1:]:
        but = f"they map dimensions {first[1:]} and {second[1:]}"
        raise _checks.pair_error("channel", "other", "map the same dimensions", but, "two alike")
    return _norm(first[0] - second[0], *first[1:])


# --- Kraus operators ---------------------------------------------------------------------------

_REMEDY = "Kraus operators, a list of matrices with Σ K†K = 1"


def _operators(name: str, channel: Any, check: bool, square: bool = False) -> Array:
    """Kraus operators `(n, d, e)` as an array of their library."""
    for method in ("kraus_matrices", "matrix"):
        found = getattr(channel, method, None)
        if callable(found):
            channel = found()
            break
    if isinstance(channel, (list, tuple)) and len(channel) and np.ndim(channel[0]) == 2:
        for part in channel:
            _checks.concrete(name, part)
        module = library(*channel)
        parts = module.convert(tuple(channel))
        if len({tuple(x.shape) for x in parts}) > 1:
            but = f"shapes are {[tuple(x.shape) for x in parts]}"
            raise _checks.error(name, "hold matrices of one shape", but, _REMEDY)
        kraus = module.xp.stack(parts, 0)
    else:
        _checks.concrete(name, channel)
        (kraus,) = library(channel).convert((channel,))
    kraus = kraus[None] if len(kraus.shape) == 2 else kraus
    shape = tuple(kraus.shape)
    if len(shape) != 3 or 0 in shape or square and shape[1] != shape[2]:
        must = f"have shape (n, {'d, d' if square else 'd, e'})"
        raise _checks.error(name, must, f"its shape is {shape}", _REMEDY)
    if check:
        _keeps_trace(name, _checks.concrete(name, kraus))
    return kraus


def _keeps_trace(name: str, kraus: Any) -> None:
    if not isinstance(kraus, np.ndarray):
        return
    if not np.isfinite(kraus).all():
        raise _checks.error(name, "be finite", "it holds NaN or an infinity", _REMEDY)
    total = np.einsum("nij,nik->jk", kraus.conj(), kraus)
    off = float(np.abs(total - np.eye(len(total))).max())
    if off > _checks.tolerance(kraus.dtype if kraus.dtype.kind in "fc" else float):
        must, but = "keep the trace, Σ K†K = 1", f"it is off by {off:.3g}"
        raise _checks.error(name, must, but, _REMEDY)


# --- diamond norm ------------------------------------------------------------------------------


def _choi(name: str, channel: Any, check: bool) -> tuple[np.ndarray, int, int]:
    """Σ |K_i⟩⟩⟨⟨K_i| with rows (out, in), and both dimensions."""
    kraus = _checks.numbers(name, _operators(name, channel, check))
    n, out, into = kraus.shape
    rows = kraus.reshape(n, out * into)
    return rows.T @ rows.conj(), out, into


def _norm(choi: np.ndarray, out: int, into: int) -> float:
    """Max Re Tr J†X with [[1⊗ρ, X], [X†, 1⊗σ]] ≥ 0 for states ρ and σ of the input.

    J of a difference of channels is Hermitian, so that ρ = σ and X = X† lose nothing: it is
    max Tr J X with −1⊗ρ ≤ X ≤ 1⊗ρ.
    """
    try:
        import cvxpy
    except ModuleNotFoundError:
        must, but = "meet a solver of semidefinite programs", "CVXPY is not installed"
        remedy = """the extra to pip: `pip install "qce[sdp]"`"""
        raise _checks.error("channel", must, but, remedy, ModuleNotFoundError) from None
    size = float(np.abs(choi).max())
    if size == 0:
        return 0.0
    x = cvxpy.Variable((out * into, out * into), hermitian=True)
    rho = cvxpy.Variable((into, into), hermitian=True)
    room = cvxpy.kron(np.eye(out), rho)
    held = [room - x >> 0, room + x >> 0, cvxpy.real(cvxpy.trace(rho)) == 1]
    goal = cvxpy.Maximize(cvxpy.real(cvxpy.trace(choi / size @ x)))
    return float(size * cvxpy.Problem(goal, held).solve(solver=cvxpy.CLARABEL))
