"""Distances, ensembles and correlations: against sixty digits, edges, derivatives, twins."""

import math
from functools import partial

import divergence_oracles as truth
import jax
import jax.numpy as jnp
import numpy as np
import oracles
import pytest
from gradient_cases import generator
from libraries import DIFFERENTIATING
from oracles import BACKWARD, EPS, Path, state
from strategies import random_unitary
from test_divergence_gradients import CASES

from qce import classical, quantum

every_library = pytest.mark.parametrize("library", DIFFERENTIATING, ids=str)

# --- distances -----------------------------------------------------------------------------------

LARGEST = {
    "hilbert_schmidt_distance": math.sqrt(2),
    "hellinger_distance": 1.0,
    "bures_angle": math.pi / 2,
}
every_distance = pytest.mark.parametrize("name", LARGEST)


@every_distance
def test_distances_at_their_ends(name):
    """Exactly 0 for the same, the largest for orthogonal ones, in both twins; +0 and no more."""
    for module, x, y in (
        (quantum, np.diag([1.0, 0, 0]), np.diag([0, 0.25, 0.75])),
        (classical, np.array([1.0, 0, 0]), np.array([0, 0.25, 0.75])),
    ):
        function = getattr(module, name)
        for z in (x, y):
            assert function(z, z) == 0 and not np.signbit(function(z, z))
        far = function(x, np.roll(x, 1, axis=tuple(range(x.ndim))))
        assert LARGEST[name] - 4 * EPS <= far <= LARGEST[name]
    u = random_unitary(np.random.default_rng(3), 4)
    left, right = ((u * p) @ u.conj().T for p in ([0.5, 0.5, 0, 0], [0, 0, 0.5, 0.5]))
    expected = 1.0 if name == "hilbert_schmidt_distance" else LARGEST[name]
    assert abs(getattr(quantum, name)(left, right) - expected) <= 4 * BACKWARD * EPS * 4


@every_distance
def test_tiny_probabilities_count(name):
    """√q of q = 1e-40 and 1e-300, which nothing has rounded: (1, 0) against (1, q)."""
    for tiny in (1e-40, 1e-300):
        p, q = np.array([1.0, 0.0]), np.array([1.0, tiny])
        expected = {
            "hilbert_schmidt_distance": tiny,
            "hellinger_distance": math.sqrt(tiny / 2),
            "bures_angle": math.sqrt(tiny),
        }[name]
        assert abs(getattr(classical, name)(p, q) / expected - 1) <= 4 * EPS
        if name != "bures_angle":
            assert abs(getattr(quantum, name)(np.diag(p), np.diag(q)) / expected - 1) <= 4 * EPS


# --- ensembles -----------------------------------------------------------------------------------

WEIGHTS = (0.5, 0.125, 0.375)
MEMBERS = {
    "full rank": (
        state((0.4, 0.3, 0.2, 0.1), 11),
        state((0.15, 0.2, 0.3, 0.35), 12),
        state((0.25,) * 4, 13),
    ),
    "pure": tuple(state((1, 0, 0, 0), seed) for seed in (11, 12, 13)),
    "of two levels": tuple(state((0.75, 0.25, 0, 0), seed) for seed in (11, 12, 13)),
    "the same": (state((0.4, 0.3, 0.2, 0.1), 11),) * 3,
    "orthogonal": tuple(state(row) for row in np.eye(4)[:3].tolist()),
}


@pytest.mark.parametrize("case", MEMBERS)
@pytest.mark.parametrize("library", [None, *DIFFERENTIATING], ids=str)
def test_holevo_information_is_that_of_sixty_digits(case, library):
    expected = float(truth.holevo(WEIGHTS, *MEMBERS[case]))
    arrays = [x.array for x in MEMBERS[case]]
    make = library.asarray if library else np.asarray
    value = float(quantum.holevo_information([make(x) for x in arrays], make(np.array(WEIGHTS))))
    room = sum(oracles.entropy_limit(oracles.decomposed(x)) for x in MEMBERS[case])
    assert abs(value - expected) <= room + oracles.entropy_limit(
        oracles.spectral(np.einsum("k,kij->ij", WEIGHTS, arrays))
    )
    assert value >= 0
    if case == "orthogonal":
        assert abs(value - classical.entropy(WEIGHTS)) <= 8 * EPS


def test_close_members_tell_little_and_that_exactly():
    """By ρ_k = ρ + s_k A: the input says s to ε/distance."""
    base = state((0.4, 0.3, 0.2, 0.1), 11).array
    noise = generator(4, 3) - np.eye(4) * np.trace(generator(4, 3)) / 4
    for distance in (1e-3, 1e-6):
        arrays = [base + distance * s * noise for s in (1, -0.5, 0.25)]
        exact = [oracles.nearest_state(x) for x in arrays]
        expected = float(truth.holevo(WEIGHTS, *exact))
        value = quantum.holevo_information(arrays, WEIGHTS)
        assert abs(value - expected) <= 256 * EPS / distance * expected
        laws = [np.diag(x).real for x in arrays]
        exact = [state([oracles.mp.mpf(float(p)) for p in law]) for law in laws]
        expected = float(truth.holevo(WEIGHTS, *exact))
        value = classical.holevo_information(laws, WEIGHTS)
        assert abs(value - expected) <= 256 * EPS / distance * expected


def test_jensen_shannon_of_many_is_the_holevo_information():
    arrays = [x.array for x in MEMBERS["full rank"]]
    laws = [np.diag(x).real for x in arrays]
    for module, members in ((quantum, arrays), (classical, laws)):
        holevo, shannon = module.holevo_information, module.jensen_shannon_divergence
        assert shannon(*members, weights=WEIGHTS) == holevo(members, WEIGHTS)
        assert shannon(*members) == holevo(np.stack(members))
        two = holevo(members[:2])
        assert abs(shannon(*members[:2]) - two) <= 8 * EPS
        assert abs(shannon(*members[:2], weights=[0.5, 0.5]) - two) <= 8 * EPS
        assert abs(holevo(members, WEIGHTS, base=2) * math.log(2) - holevo(members, WEIGHTS)) <= EPS


@pytest.mark.parametrize("weights", [WEIGHTS, (0.0, 0.5, 0.5)], ids=str)
@every_library
def test_slopes_of_the_holevo_information_by_weights(weights, library):
    """D(ρ_k‖ρ) − 1, where a letter has no weight too; eigenvalues are a tenth and more."""
    members = MEMBERS["full rank"]
    mean = truth.mean_state(weights, *members)
    expected = [float(oracles.relative_entropy(x, mean)) - 1 for x in members]
    arrays = library.asarray(np.stack([x.array for x in members]))
    slope = library.gradient(lambda w: quantum.holevo_information(arrays, w, check=False))
    found = np.asarray(slope(library.variable(np.array(weights))))
    assert np.abs(found - expected).max() <= 4 * BACKWARD * EPS * 4 * 10
    laws = [np.array([float(p) for p in x.spectrum]) for x in members]
    mean = np.einsum("k,ki->i", weights, laws)
    expected = [classical.relative_entropy(p, mean) - 1 for p in laws]
    laws = library.asarray(np.stack(laws))
    slope = library.gradient(lambda w: classical.holevo_information(laws, w, check=False))
    found = np.asarray(slope(library.variable(np.array(weights))))
    assert np.abs(found - expected).max() <= 64 * EPS


@every_library
@pytest.mark.parametrize("case", ["full rank", "pure data", "both turn out of the old support"])
def test_slopes_of_the_holevo_information_along_paths(case, library):
    paths = CASES[case]
    expected = float(oracles.derivative(partial(truth.holevo, (0.25, 0.75)), *paths))
    curves = [path.curve(library) for path in paths]
    weights = library.asarray(np.array([0.25, 0.75]))
    value = library.derivative(
        lambda t: quantum.holevo_information([c(t) for c in curves], weights, check=False)
    )
    assert abs(value - expected) <= 4 * oracles.derivative_limit(1, *paths)


def test_nan_in_one_ensemble_stays_there():
    arrays = np.stack([[x.array for x in MEMBERS["full rank"]]] * 2)
    arrays[1, 0, 0, 1] = np.nan
    for make in (np.asarray, jnp.asarray):
        value = np.asarray(quantum.holevo_information(make(arrays), make(WEIGHTS), check=False))
        assert np.isnan(value).tolist() == [False, True]
    both = jax.jit(jax.grad(lambda w: quantum.holevo_information(arrays[0], w, check=False)))
    plain = jax.grad(lambda w: quantum.holevo_information(jnp.asarray(arrays[0]), w, check=False))
    np.testing.assert_allclose(both(jnp.asarray(WEIGHTS)), plain(jnp.asarray(WEIGHTS)), rtol=1e-14)


@pytest.mark.parametrize(
    ("states", "weights", "words"),
    [
        ([], None, "`states` must not be empty"),
        ([np.eye(2) / 2, np.eye(3) / 3], None, "`states` must hold states of one shape"),
        ([np.eye(2)], None, "`states` must have trace 1"),
        ([np.eye(2) / 2] * 2, [0.5, 0.6], "`weights` must sum to 1"),
        ([np.eye(2) / 2] * 2, [0.5, 0.25, 0.25], r"`weights` must have shape \(..., 2\)"),
        (np.eye(2) / 2, None, "`states` must hold several states"),
    ],
)
def test_ensembles_that_are_none_are_refused_by_name(states, weights, words):
    with pytest.raises(ValueError, match=words):
        quantum.holevo_information(states, weights)


# --- conditional mutual information --------------------------------------------------------------


def of_three(function):
    return lambda x, **settings: function(x, 0, 2, 1, **settings)


THREE = {
    "full rank": state((0.2, 0.18, 0.15, 0.12, 0.11, 0.1, 0.08, 0.06), 21),
    "pure": state((1, 0, 0, 0, 0, 0, 0, 0), 21),
    "of two levels": state((0.75, 0.25, 0, 0, 0, 0, 0, 0), 21),
}


@pytest.mark.parametrize("case", THREE)
def test_conditional_mutual_information_is_that_of_sixty_digits(case):
    rho = THREE[case]
    function = of_three(quantum.conditional_mutual_information)
    expected = float(truth.conditional_mutual_information(rho))
    room = 8 * oracles.entropy_limit(oracles.decomposed(rho))
    assert abs(function(rho.array) - expected) <= room
    assert abs(function(rho.array, base=2) * math.log(2) - expected) <= room
    swapped = quantum.conditional_mutual_information(rho.array, 2, 0, 1)
    assert abs(swapped - expected) <= room


def test_markov_chains_have_none_and_parity_has_one_bit():
    rng = np.random.default_rng(4)
    middle, left, right = rng.dirichlet([1, 1]), rng.dirichlet([1, 1], 2), rng.dirichlet([1, 1], 2)
    chain = np.einsum("b,ba,bc->abc", middle, left, right).ravel()
    parity = np.array([0.25, 0, 0, 0.25, 0, 0.25, 0.25, 0])
    for module, turn in ((classical, np.asarray), (quantum, np.diag)):
        function = of_three(module.conditional_mutual_information)
        assert 0 <= function(turn(chain)) <= 64 * EPS and not np.signbit(function(turn(chain)))
        assert abs(function(turn(parity), base=2) - 1) <= 64 * EPS
    twins = [
        m.conditional_mutual_information(x, "A", "C", "B", dims={"A": 2, "B": 2, "C": 2})
        for m, x in ((classical, parity), (quantum, np.diag(parity)))
    ]
    assert abs(twins[0] - twins[1]) <= 64 * EPS


def test_weak_classical_correlations_are_relatively_accurate():
    """(1 + s z_A z_C)/8 has I = s²/2 + s⁴/12 + O(s⁶), whatever B is."""
    signs = np.array([1 if (k >> 2) & 1 == k & 1 else -1 for k in range(8)])
    for s in (1e-3, 1e-7):
        law = (1 + s * signs) / 8
        value = of_three(classical.conditional_mutual_information)(law)
        assert abs(value / (s**2 / 2 + s**4 / 12) - 1) <= s**4 + 64 * EPS / s


@pytest.mark.thinned(4)
@every_library
@pytest.mark.parametrize("case", ["full rank", "pure"])
def test_slopes_of_the_conditional_mutual_information(case, library):
    path = Path(THREE[case], (), generator(8, 7))
    expected = float(oracles.derivative(truth.conditional_mutual_information, path))
    curve, function = path.curve(library), of_three(quantum.conditional_mutual_information)
    value = library.derivative(lambda t: function(curve(t), check=False))
    assert abs(value - expected) <= 8 * oracles.derivative_limit(1, path)


def test_parts_of_three_that_overlap_are_refused():
    for module, x in ((classical, np.ones(8) / 8), (quantum, np.eye(8) / 8)):
        with pytest.raises(ValueError, match="`second` and `given` must have no wire in common"):
            module.conditional_mutual_information(x, 0, 1, 1)
