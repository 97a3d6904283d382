"""Pictures of states: the entries of a density matrix, Bloch vectors, eigenvalues."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from qce import _checks
from qce._checks import error, shown
from qce._concrete import called
from qce.plots._style import BLUE, GREY, LINES, MARKS, ORANGE, panel
from qce.quantum import partial_trace
from qce.states import Dense, Pure, State
from qce.typing import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WRITTEN = 16  # entries whose bit strings can be read along an axis
_ARROWS = 8  # Bloch vectors that are told apart as arrows; more of them are a path
_PHASES = 0.05  # of the largest entry: of smaller ones the phase is not shown


def density_matrix(rho: State | Array, *, axes: Axes | None = None) -> Axes:
    r"""Draw a density matrix: the size of each entry as a shade, its phase as a needle.

    A needle points right for a positive entry, left for a negative one, up for i times a positive
    one. Entries on the diagonal, smaller ones than a twentieth of the largest, and matrices with
    more than 16 rows have none.

    Args:
        rho: A density matrix `(d, d)`, a ket `(d,)`, or a state of `qce.states`.
        axes: Where to draw; by default a new figure.

    Returns:
        The axes.

    Raises:
        ValueError: It is no state, or too large to be written out.

    Example:
        >>> axes = density_matrix([[0.5, -0.5j], [0.5j, 0.5]])
        >>> [label.get_text() for label in axes.get_yticklabels()]
        ['0', '1']
    """
    matrix = _matrices("rho", rho)
    if matrix.ndim != 2:
        raise error("rho", "be one state", f"its shape is {matrix.shape}", "shape (d, d)")
    sizes, d = np.abs(matrix), len(matrix)
    with panel(axes, 0.9, 0.75) as axes:
        image = axes.imshow(sizes, cmap="Blues", vmin=0, vmax=sizes.max())
        axes.figure.colorbar(image, ax=axes, label="size of the entry")
        if d <= _WRITTEN:
            names = _names(d)
            axes.set_xticks(range(d), names, rotation=90 if len(names[0]) > 2 else 0)
            axes.set_yticks(range(d), names)
            if _needles(axes, matrix / sizes.max()):
                axes.set_xlabel("needle: phase, right +1, up +i")
        axes.spines[:].set_visible(True)
    return axes


def _needles(axes: Any, matrix: np.ndarray) -> bool:
    """Draw the phases of what is off the diagonal; whether there are any."""
    sizes = np.abs(matrix)
    rows, columns = np.nonzero((sizes > _PHASES) & ~np.eye(len(matrix), dtype=bool))
    for i, j in zip(rows, columns, strict=True):
        # The axis of rows goes down.
        dx, dy = 0.36 * np.array([matrix[i, j].real, -matrix[i, j].imag]) / sizes[i, j]
        color = "white" if sizes[i, j] > 0.6 else "black"
        axes.plot([j, j + dx], [i, i + dy], color=color, linewidth=1)
        axes.plot(j, i, "o", color=color, markersize=2)
    return len(rows) > 0


def bloch(
    states: State | Array, *, labels: Sequence[str] | None = None, axes: Axes | None = None
) -> Axes:
    r"""Draw Bloch vectors $r$ with $\rho = (1 + r \cdot \sigma) / 2$, in the ball of all states.

    Up to eight are arrows with a name each; more of them are points along a path, in their order.

    Args:
        states: Qubits `(..., 2, 2)`; a ket; or one state of n qubits `(2^n, 2^n)`, of which the
            reduced state of each wire is drawn.
        labels: A name for each vector; by default its number, or its wire.
        axes: Where to draw, axes with the projection "3d"; by default a new figure.

    Returns:
        The axes.

    Raises:
        ValueError: They are no states, or none of qubits.

    Example:
        >>> axes = bloch([[[1, 0], [0, 0]], [[0.5, 0.5], [0.5, 0.5]]], labels=["zero", "plus"])
        >>> axes.name
        '3d'
    """
    vectors, names = _bloch_vectors(states)
    if labels is not None:
        names = [str(label) for label in _checks.sequence("labels", labels, "one name a vector")]
        if len(names) != len(vectors):
            but = f"there are {len(names)} for {len(vectors)} vectors"
            raise error("labels", "name every vector", but, "one name a vector")
    if axes is not None and not hasattr(axes, "zaxis"):
        remedy = '`plt.subplots(subplot_kw={"projection": "3d"})[1]`'
        raise error("axes", "have three dimensions", f"it is {shown(axes)}", remedy, TypeError)
    with panel(axes, 0.9, 0.9, projection="3d") as axes:
        _ball(axes)
        if len(vectors) > _ARROWS:
            axes.plot(*vectors.T, ".-", color=BLUE, markersize=4, linewidth=0.8)
            axes.plot(*vectors[-1:].T, "o", color=ORANGE, markersize=5, label="last")
            axes.legend()
        else:
            for k, (vector, name) in enumerate(zip(vectors, names, strict=True)):
                _arrow(axes, vector, name, *LINES[k], MARKS[k % len(MARKS)][1])
            if len(vectors) > 1 or labels is not None:
                axes.legend(loc="upper left")
    return axes


def _arrow(axes: Any, vector: np.ndarray, name: str, color: str, line: str, mark: str) -> None:
    """Draw a vector from the middle of the ball, and the foot of its tip on the equator."""
    x, y, z = vector
    axes.plot([0, x], [0, y], [0, z], color=color, linestyle=line, linewidth=1.5)
    axes.plot([x], [y], [z], mark, color=color, markersize=5, label=name)
    axes.plot([x, x], [y, y], [0, z], color=color, linestyle=":", linewidth=0.8)


def _ball(axes: Any) -> None:
    """Draw the sphere of pure states: three great circles, three axes, the names of the poles."""
    turn = np.linspace(0, 2 * np.pi, 100)
    flat, c, s = np.zeros_like(turn), np.cos(turn), np.sin(turn)
    for circle in ((c, s, flat), (c, flat, s), (flat, c, s)):
        axes.plot(*circle, color=GREY, linewidth=0.5, alpha=0.6)
    for axis in np.eye(3):
        axes.plot(*np.outer(axis, [-1, 1]), color=GREY, linewidth=0.4, linestyle=":")
    words = {"ha": "center", "va": "center", "fontsize": 8}
    for place, name in (((0, 0, 1.2), r"$|0\rangle$"), ((0, 0, -1.2), r"$|1\rangle$")):
        axes.text(*place, name, **words)
    axes.text(1.25, 0, 0, r"$x$", **words)
    axes.text(0, 1.25, 0, r"$y$", **words)
    axes.set_box_aspect((1, 1, 1), zoom=1.3)
    axes.set(xlim=(-1, 1), ylim=(-1, 1), zlim=(-1, 1))
    axes.view_init(elev=20, azim=30)
    axes.set_axis_off()


def _bloch_vectors(states: Any) -> tuple[np.ndarray, list[str]]:
    """Vectors `(k, 3)` with a name each."""
    matrices = _matrices("states", states)
    d = matrices.shape[-1]
    if d > 2 and matrices.ndim == 2 and d & (d - 1) == 0:
        wires = range(d.bit_length() - 1)
        matrices = np.stack([np.asarray(partial_trace(matrices, [wire])) for wire in wires])
        names = [f"wire {wire}" for wire in wires]
    else:
        names = [str(k) for k in range(matrices.size // max(d * d, 1))]
    if matrices.shape[-1] != 2:
        remedy = "shape (..., 2, 2), or one state (2^n, 2^n)"
        raise error("states", "be of qubits", f"their shape is {matrices.shape}", remedy)
    flat = matrices.reshape(-1, 2, 2)
    x, y = 2 * flat[:, 1, 0].real, 2 * flat[:, 1, 0].imag
    return np.stack([x, y, (flat[:, 0, 0] - flat[:, 1, 1]).real], axis=1), names


def spectrum(
    states: State | Array | Mapping[str, State | Array], *, axes: Axes | None = None
) -> Axes:
    r"""Draw the eigenvalues of states, from the largest down, on a logarithmic axis.

    Eigenvalues of an array have rounding errors; those within rounding of 0 count as zero, as
    everywhere in `qce`. Those of a state of `qce.states` are exact, however small. The number of
    zeros is given in the legend.

    Args:
        states: A density matrix `(d, d)`, a ket `(d,)` or a state of `qce.states`; a dictionary
            for several by name.
        axes: Where to draw; by default a new figure.

    Returns:
        The axes.

    Raises:
        ValueError: They are no states, or too large to be listed.

    Example:
        >>> from qce.states import Diagonal
        >>> axes = spectrum({"data": Diagonal([1.0, 1e-300]), "model": [[1.0, 0.0], [0.0, 0.0]]})
        >>> [text.get_text() for text in axes.get_legend().get_texts()]
        ['data', 'model (1 of 2 are zero)']
    """
    named = states if isinstance(states, Mapping) else {"": states}
    if not named or not all(isinstance(name, str) for name in named):
        remedy = '{"data": rho, "model": sigma}'
        raise error("states", "have a name each", f"it is {shown(states)}", remedy)
    levels = {name: _log_eigenvalues(state) for name, state in named.items()}
    with panel(axes) as axes:
        for k, (name, (logs, d)) in enumerate(levels.items()):
            color, line = LINES[k % len(LINES)]
            zero = d - len(logs)
            label = f"{name} ({zero} of {d} are zero)".strip() if zero else name
            mark, size = MARKS[k % len(MARKS)][1], 3 if d <= 64 else 0
            look: dict[str, Any] = {"marker": mark, "markersize": size}
            places = np.arange(1, len(logs) + 1)
            axes.plot(places, logs / np.log(10), color=color, linestyle=line, label=label, **look)
        _powers_of_ten(axes)
        axes.set(xlabel="eigenvalue by size", ylabel="eigenvalue")
        if any(axes.get_legend_handles_labels()[1]):
            axes.legend()
    return axes


def _log_eigenvalues(state: Any) -> tuple[np.ndarray, int]:
    """Logarithms of the eigenvalues that are not zero, the largest first, and the dimension."""
    if not isinstance(state, State):
        matrix = _checks.concrete("states", state)
        with called(matrix="states", ket="states"):
            state = Pure(state) if matrix.ndim == 1 else Dense(state)
    with called(state="states"):
        logs = np.asarray(state.known().logs)
    return -np.sort(-logs[np.isfinite(logs)]), state.dimension


def _powers_of_ten(axes: Any) -> None:
    """Write a linear axis of exponents as powers: they may go below what a float can hold."""
    axes.yaxis.get_major_locator().set_params(integer=True, nbins=6)
    axes.yaxis.set_major_formatter(lambda exponent, _place: rf"$10^{{{exponent:g}}}$")


def _matrices(name: str, x: Any) -> np.ndarray:
    """States as matrices `(..., d, d)`; of a ket the projector."""
    if not isinstance(x, State):
        _checks.states(name, x, kets=True)
    a = _checks.numbers(name, x)
    return np.outer(a, a.conj()) if a.ndim == 1 else a


def _names(d: int) -> list[str]:
    wires = (d - 1).bit_length()
    return [f"{k:0{wires}b}" if d == 2**wires and d > 1 else str(k) for k in range(d)]
