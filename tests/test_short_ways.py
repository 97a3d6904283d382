"""The short ways of NumPy arrays beside the one through eigenvectors, and a quick check of states.

A short way may differ by what rounding of its input explains: `slack` of `divergence_tables`.
"""

import numpy as np
import pytest
from divergence_tables import DIVERGENCES, slack
from hypothesis import given
from oracles import EPS
from strategies import full_pairs, random_unitary, stacks, supported_pairs, theorem

from qce import quantum
from qce._spectral.factors import cholesky, factor
from qce.quantum import geometric, measured
from qce.quantum._renyi import ratios, sandwiched
from qce.states import Pure, random_density_matrix
from qce.states.lanczos import is_state

SHORT = {
    "fidelity": (quantum.fidelity, geometric._FIDELITY),
    "bures": (quantum.bures_distance, geometric._BURES),
    "trace distance": (quantum.trace_distance, geometric._TRACE_DISTANCE),
    "jensen shannon": (quantum.jensen_shannon_divergence, geometric._JENSEN_SHANNON),
    "max": (quantum.max_relative_entropy, ratios.MAX),
    "belavkin": (
        quantum.belavkin_staszewski_relative_entropy,
        measured._BELAVKIN_STASZEWSKI,
    ),
    **{
        f"sandwiched {a}": (
            DIVERGENCES[f"sandwiched {a}"],
            sandwiched.sandwiched_functional(float(a)),
        )
        for a in ("0.5", "0.8", "2", "4")
    },
}


@pytest.mark.thinned(4)
@pytest.mark.parametrize("name", SHORT)
@theorem
@given(pair=supported_pairs())
def test_a_short_way_has_the_value_of_eigenvectors(name, pair):
    function, functional = SHORT[name]
    rho, sigma = (x.matrix for x in pair)
    exact = functional.value(np, rho, sigma, *functional.prepare(np, rho, sigma))
    assert abs(function(rho, sigma) - exact) <= 8 * slack(function, rho, sigma)


@pytest.mark.thinned(4)
@pytest.mark.parametrize("name", SHORT)
@theorem
@given(pair=stacks())
def test_a_short_way_of_a_stack_replaces_its_close_pairs_alone(name, pair):
    function, _ = SHORT[name]
    rho, sigma = np.broadcast_arrays(*pair)
    mixed = np.concatenate([rho.reshape(-1, *rho.shape[-2:]), sigma.reshape(-1, *sigma.shape[-2:])])
    model = np.concatenate([sigma.reshape(-1, *sigma.shape[-2:])] * 2)
    values = function(mixed, model)
    one = 1.0 if name == "fidelity" else 0.0
    assert np.all(values[len(values) // 2 :] == one)  # the second half are equal pairs
    for value, *states in zip(values, mixed, model, strict=True):
        assert abs(value - function(*states)) <= slack(function, *states)


@theorem
@given(full_pairs())
def test_a_factor_has_the_matrix_as_its_square(pair):
    for x in pair:
        a = factor(x.matrix)
        assert np.linalg.norm(a @ a.conj().T - x.matrix, 2) <= 16 * EPS * x.dimension


def test_no_cholesky_factor_where_an_eigenvalue_may_be_zero():
    u = random_unitary(np.random.default_rng(3), 3)
    for least, safe in ((1e-2, True), (1e-13, False), (0.0, False)):
        spectrum = np.array([0.6, 0.4 - least, least])
        assert (cholesky((u * spectrum) @ u.conj().T) is not None) == safe


# --- the check of a large model ----------------------------------------------------------------


def large(spectrum, seed, real=False):
    rng = np.random.default_rng(seed)
    d = len(spectrum)
    u = np.linalg.qr(rng.normal(size=(d, d)))[0] if real else random_unitary(rng, d)
    x = (u * spectrum) @ u.conj().T
    return (x + x.conj().T) / 2


BULK = np.linspace(0.5, 1.5, 512) / 512


@pytest.mark.parametrize("real", [False, True])
def test_a_large_state_is_known_for_one(real):
    assert is_state(large(BULK, 1, real))


@pytest.mark.parametrize("real", [False, True])
@pytest.mark.parametrize("least", [-1e-6, -1e-3, -0.4])
@pytest.mark.parametrize("seed", range(4))
def test_a_negative_eigenvalue_is_never_overlooked(least, seed, real):
    spectrum = BULK.copy()
    spectrum[7] = least
    assert not is_state(large(spectrum / spectrum.sum(), seed, real))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda x: 1.001 * x,
        lambda x: x + 1e-6 * np.eye(len(x), k=3),
        lambda x: np.where(np.eye(len(x), k=400) > 0, np.nan, x),
        lambda x: np.where(np.eye(len(x)) > 0, np.inf, x),
    ],
    ids=["trace", "skew", "nan", "infinite"],
)
def test_what_is_no_state_is_never_taken_for_one(spoil):
    assert not is_state(spoil(large(BULK, 1)))


def test_in_doubt_the_whole_check_decides():
    """A model of condition 1e8: d/16 steps do not suffice, and Cholesky's factor does."""
    x = large(np.geomspace(1, 1e8, 512) / np.geomspace(1, 1e8, 512).sum(), 2)
    assert not is_state(x)
    psi = Pure(np.linalg.eigh(x)[1][:, -1])
    assert abs(quantum.cross_entropy(psi, x) + np.log(np.linalg.eigvalsh(x)[-1])) <= 1e-6
    with pytest.raises(ValueError, match="Argument `model` must be positive"):
        quantum.cross_entropy(psi, 2 * x - large(BULK, 2))


def test_a_checked_model_has_the_value_of_an_unchecked_one():
    sigma = (random_density_matrix(512, seed=4) + np.eye(512) / 512) / 2
    psi = Pure(np.ones(512) / np.sqrt(512))
    assert quantum.cross_entropy(psi, sigma) == quantum.cross_entropy(psi, sigma, check=False)
