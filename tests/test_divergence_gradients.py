"""Derivatives of the divergences along paths of constant rank, in all three libraries.

The witness is a central difference in sixty digits of the definition (`divergence_oracles`).
"""

from functools import partial

import divergence_oracles as truth
import numpy as np
import oracles
import pytest
from libraries import AUTOGRAD, DIFFERENTIATING
from oracles import Path, state

from qce import quantum

ORDERS = (0.3, 0.5, 0.9, 1 + 1e-7, 1 - 1e-7, 1.2, 2, 5)

PAIRS = {
    **{
        f"petz {a}": (partial(truth.petz, a), lambda r, s, a=a, **k: petz(r, s, a, **k))
        for a in (0, *ORDERS)
    },
    **{
        f"sandwiched {a}": (
            partial(truth.sandwiched, a),
            lambda r, s, a=a, **k: sandwiched(r, s, a, **k),
        )
        for a in ORDERS
    },
    "max": (truth.max_relative_entropy, quantum.max_relative_entropy),
    "belavkin staszewski": (
        truth.belavkin_staszewski,
        quantum.belavkin_staszewski_relative_entropy,
    ),
    "jensen shannon": (truth.jensen_shannon, quantum.jensen_shannon_divergence),
    "variance": (truth.relative_entropy_variance, quantum.relative_entropy_variance),
    "cross variance": (truth.cross_entropy_variance, quantum.cross_entropy_variance),
    "fidelity": (truth.fidelity, quantum.fidelity),
    "bures": (truth.bures_distance, quantum.bures_distance),
    "trace distance": (truth.trace_distance, quantum.trace_distance),
    "chernoff": (truth.chernoff, quantum.chernoff),
}
petz, sandwiched = quantum.petz_renyi_divergence, quantum.sandwiched_renyi_divergence


def generator(dimension, seed):
    """Return a Hermitian matrix of spectral norm one."""
    noise = np.random.default_rng(seed).normal(size=(2, dimension, dimension))
    matrix = noise[0] + 1j * noise[1]
    matrix += matrix.conj().T
    return matrix / np.linalg.norm(matrix, 2)


FLAT, MILD, OTHER = (0.25,) * 4, (0.4, 0.3, 0.2, 0.1), (0.15, 0.2, 0.3, 0.35)
# Sums that are exactly 0, binary fractions: Rényi divergences magnify a trace by 1/(α−1).
MOVE, BACK = (0.125, -0.25, 0.375, -0.25), (-0.375, 0.125, 0.125, 0.125)
K, L = generator(4, 31), generator(4, 32)
RANK3 = state((0.5, 0.25, 0.25, 0), 11)

CASES = {
    "full rank": (Path(state(MILD, 11), MOVE, K), Path(state(OTHER, 12), BACK, L)),
    "degenerate data": (Path(state(FLAT, 11), MOVE), Path(state(OTHER, 12))),
    "degenerate model": (Path(state(MILD, 11)), Path(state(FLAT, 12), MOVE)),
    "both degenerate, diagonal": (
        Path(state((0.3, 0.3, 0.25, 0.15)), MOVE, K),
        Path(state((0.2, 0.2, 0.2, 0.4)), BACK, L),
    ),
    "pure data": (Path(state((1, 0, 0, 0), 11), (), K), Path(state(OTHER, 12), BACK, L)),
    "both turn out of the old support": (
        Path(state((0.7, 0.3, 0, 0), 11), (0.25, -0.25, 0, 0), K),
        Path(RANK3, (0.125, -0.375, 0.25, 0), K),
    ),
    "depolarised model": (Path(state(MILD, 11)), Path(state((0.7, 0.1, 0.1, 0.1), 12), (), L)),
    "commuting diagonal": (Path(state(MILD), MOVE), Path(state(OTHER), BACK)),
}
# Data partly outside the model's support: finite where α < 1, and for what is always finite.
LOOSE = (
    Path(state((0.7, 0.3, 0, 0), 11), (0.25, -0.25, 0, 0), K),
    Path(state((0.5, 0.3, 0.2, 0), 12), (0.125, -0.375, 0.25, 0), L),
)
ALWAYS = [
    *(f"{family} {a}" for family in ("petz", "sandwiched") for a in (0.3, 0.5, 0.9)),
    "petz 0",
    "jensen shannon",
    "fidelity",
    "bures",
    "trace distance",
    "chernoff",
]


def limit(name, paths):
    """Return what float64 input allows.

    `derivative_limit` holds for the logarithm. The derivatives of Tr ρ^a σ^b of any order are
    larger by (p/q)^max(α−1, 0) and, on the way through σ^{-½} ρ σ^{-½}, by another 1/λmin. For
    α > 1 the gradient on the kernel of ρ is 1/(α−1), which meets the rounding of a path there.
    """
    least = float(min(min(p for p in path.state.spectrum if p > 0) for path in paths))
    order = float(name.split()[1]) if name.split()[0] in ("petz", "sandwiched") else 2.0
    value = oracles.derivative_limit(1, *paths) * (1 / least) ** max(order - 1, 0)
    on_kernel = min(paths[0].state.spectrum) == 0 and order > 1
    return value + on_kernel * oracles.BACKWARD * oracles.EPS * 4 / (order - 1 if on_kernel else 1)


def check(name, paths, library):
    witness, function = PAIRS[name]
    expected = float(oracles.derivative(witness, *paths))
    curves = [path.curve(library) for path in paths]
    value = library.derivative(lambda t: function(*(c(t) for c in curves), check=False))
    assert np.isfinite(value)
    assert abs(value - expected) <= limit(name, paths), (value, expected)


# The libraries share every formula: the plumbing of each is seen in two cases, autograd's in all.
FEW = ("full rank", "both turn out of the old support")
RUNS = [
    (library, case)
    for library in DIFFERENTIATING
    for case in CASES
    if library is AUTOGRAD or case in FEW
]


@pytest.mark.thinned(9, only="jax")
@pytest.mark.parametrize(("library", "case"), RUNS, ids=lambda x: str(x))
@pytest.mark.parametrize("name", PAIRS)
def test_derivative_along_a_path(name, library, case):
    check(name, CASES[case], library)


@pytest.mark.thinned(4)
@pytest.mark.parametrize("library", DIFFERENTIATING, ids=str)
@pytest.mark.parametrize("name", ALWAYS)
def test_derivative_where_the_data_leave_the_support_of_the_model(name, library):
    check(name, LOOSE, library)


# --- quantities of one state, and second derivatives --------------------------------------------

SINGLE = {
    "coherence": (truth.coherence, quantum.coherence),
    "mutual information": (
        partial(truth.correlation, (2, 2)),
        lambda x, **k: quantum.mutual_information(x, 0, 1, **k),
    ),
    "total correlation": (partial(truth.correlation, (2, 2)), quantum.total_correlation),
}


@pytest.mark.thinned(5)
@pytest.mark.parametrize("library", DIFFERENTIATING, ids=str)
@pytest.mark.parametrize("case", ["full rank", "pure data", "both turn out of the old support"])
@pytest.mark.parametrize("name", SINGLE)
def test_derivative_of_an_information_along_a_path(name, case, library):
    witness, function = SINGLE[name]
    path = CASES[case][0]
    expected = float(oracles.derivative(witness, path))
    curve = path.curve(library)
    value = library.derivative(lambda t: function(curve(t), check=False))
    # The marginals of these states have no eigenvalue below a tenth.
    assert abs(value - expected) <= 4 * oracles.derivative_limit(1, path)


@pytest.mark.thinned(7, only="jax")
@pytest.mark.parametrize(
    "name", ["petz 2", "sandwiched 0.5", "jensen shannon", "variance", "fidelity"]
)
@pytest.mark.parametrize("library", DIFFERENTIATING, ids=str)
def test_second_derivative_along_a_path(name, library):
    paths = CASES["full rank"]
    witness, function = PAIRS[name]
    expected = float(oracles.second_derivative(witness, *paths))
    curves = [path.curve(library) for path in paths]
    value = library.second_derivative(lambda t: function(*(c(t) for c in curves), check=False))
    assert abs(value - expected) <= 100 * oracles.derivative_limit(2, *paths)


@pytest.mark.parametrize("library", DIFFERENTIATING, ids=str)
def test_a_second_derivative_of_the_measured_relative_entropy_is_refused(library):
    curves = [path.curve(library) for path in CASES["full rank"]]
    with pytest.raises(NotImplementedError, match="differentiable once"):
        library.second_derivative(
            lambda t: quantum.measured_relative_entropy(*(c(t) for c in curves), check=False)
        )
