"""Paths of constant rank, the gradient cases A to J of the peers and four more, K to N.

Rotations and moving spectra in a random complex basis, for a witness in sixty digits and for each
array library in its own arithmetic.
"""

import numpy as np
import oracles
import pytest
from libraries import DIFFERENTIATING
from oracles import Path, state

from qce import quantum


def generator(dimension, seed):
    """Return a Hermitian matrix of spectral norm one."""
    noise = np.random.default_rng(seed).normal(size=(2, dimension, dimension))
    matrix = noise[0] + 1j * noise[1]
    matrix += matrix.conj().T
    return matrix / np.linalg.norm(matrix, 2)


def inside(exact_state, seed):
    """Return a generator that rotates within the support of a state, to the rounding of float64.

    Its part that leaves the support is of size eps and turns the path by eps·t: nothing at t = 0.
    """
    spectrum, basis = oracles.decomposed(exact_state)
    support = basis[:, spectrum > 0]
    matrix = support @ generator(support.shape[1], seed) @ support.conj().T
    return (matrix + matrix.conj().T) / 2


FLAT, MILD, OTHER = (0.25,) * 4, (0.4, 0.3, 0.2, 0.1), (0.15, 0.2, 0.3, 0.35)
PURE, DEPOLARISED = (1, 0, 0, 0), (0.7, 0.1, 0.1, 0.1)
MOVE, BACK = (0.1, -0.2, 0.3, -0.2), (-0.3, 0.1, 0.1, 0.1)
K, L = generator(4, 31), generator(4, 32)
# The RY rotation of both qubits, as a generator: real states, |00⟩ at the start.
TURN = np.array([[0, -0.5j], [0.5j, 0]])
RY = np.kron(TURN, np.eye(2)) + np.kron(np.eye(2), TURN)
RANK3 = state((0.5, 0.3, 0.2, 0), 11)

CASES = {
    "A full rank": (Path(state(MILD, 11), MOVE, K), Path(state(OTHER, 12), BACK, L)),
    "B rho fully degenerate": (Path(state(FLAT, 11), MOVE), Path(state(OTHER, 12))),
    "C sigma fully degenerate": (Path(state(MILD, 11)), Path(state(FLAT, 12), MOVE)),
    "D twofold and threefold degenerate": (
        Path(state((0.3, 0.3, 0.25, 0.15), 11), MOVE, K),
        Path(state((0.2, 0.2, 0.2, 0.4), 12), BACK, L),
    ),
    "D2 the same, diagonal": (
        Path(state((0.3, 0.3, 0.25, 0.15)), MOVE, K),
        Path(state((0.2, 0.2, 0.2, 0.4)), BACK, L),
    ),
    "E pure rho": (Path(state(PURE, 11), (), K), Path(state(OTHER, 12))),
    "F rank 2 in rank 3": (
        Path(state((0.7, 0.3, 0, 0), 11), (0.2, -0.2, 0, 0), inside(RANK3, 33)),
        Path(RANK3, (0.1, -0.3, 0.2, 0)),
    ),
    "G both turn out of the old support": (
        Path(state((0.7, 0.3, 0, 0), 11), (0.2, -0.2, 0, 0), K),
        Path(RANK3, (0.1, -0.3, 0.2, 0), K),
    ),
    "H sigma depolarised pure": (Path(state(MILD, 11)), Path(state(DEPOLARISED, 12), (), L)),
    "H2 rho pure, sigma depolarised RY state": (
        Path(state(PURE)),
        Path(state(DEPOLARISED), BACK, RY),
    ),
    "I commuting diagonal": (Path(state(MILD), MOVE), Path(state(OTHER), BACK)),
    "J one-hot label": (Path(state(PURE)), Path(state((0.65, 0.15, 0.1, 0.1)), (0.5, -0.5, 0, 0))),
    "J2 one-hot label, rotated": (
        Path(state(PURE, 11)),
        Path(state((0.65, 0.15, 0.1, 0.1), 11), (0.5, -0.5, 0, 0)),
    ),
    "K eigenvalues 1e-13 apart": (
        Path(state(("0.3", "0.3000000000001", "rest", "0.15"), 11), MOVE, K),
        Path(state(("0.2", "0.2000000000001", "0.1999999999999", "rest"), 12), BACK, L),
    ),
    "L eigenvalues about a tenth apart": (  # where a series may take over from a quotient
        Path(state((0.3, 0.275, 0.265, 0.16), 11), MOVE, K),
        Path(state((0.26, 0.25, 0.235, 0.255), 12), BACK, L),
    ),
    "M rho equals sigma": (Path(state(MILD, 11), MOVE, K), Path(state(MILD, 11), BACK, L)),
    "N both rank 2, turning together": (
        Path(state((0.7, 0.3, 0, 0), 11), (0.2, -0.2, 0, 0), K),
        Path(state((0.4, 0.6, 0, 0), 11), (0.3, -0.3, 0, 0), K),
    ),
}
NAMES = ["cross_entropy", "relative_entropy"]

every_case = pytest.mark.parametrize("case", CASES)
every_library = pytest.mark.parametrize("library", DIFFERENTIATING, ids=str)
every_divergence = pytest.mark.parametrize("name", NAMES)


def along(name, library, *paths):
    """Return t ↦ quantity of the paths at t, computed by `qce` in a library's own arithmetic."""
    curves = [path.curve(library) for path in paths]
    return lambda t: getattr(quantum, name)(*(curve(t) for curve in curves), check=False)


def five_point(function, t=0.0, step=1e-3):
    """Fourth-order difference: truncation step⁴·f⁽⁵⁾/30, rounding 1.5·eps·|f|/step."""
    near = function(t + step) - function(t - step)
    far = function(t + 2 * step) - function(t - 2 * step)
    return (8 * near - far) / (12 * step)
