"""Theorems of the divergences on random states of every kind, to the slack of their input."""

import math

import numpy as np
import pytest
from divergence_tables import DIVERGENCES, MILD, every_divergence, slack, turned
from hypothesis import assume, given
from hypothesis import strategies as st
from oracles import EPS
from strategies import (
    full_pairs,
    random_unitary,
    seeds,
    spectra,
    stacks,
    states,
    supported_pairs,
    theorem,
)

from qce import classical, quantum
from qce.quantum import petz_renyi_divergence as petz
from qce.quantum import sandwiched_renyi_divergence as sandwiched

ADDITIVE = [
    n for n in DIVERGENCES if n.split()[0] in ("petz", "sandwiched", "max", "min", "belavkin")
]


# --- orders ------------------------------------------------------------------------------------


@theorem
@given(supported_pairs())
def test_measured_below_umegaki_below_belavkin_staszewski(pair):
    rho, sigma = (x.matrix for x in pair)
    room = sum(
        slack(f, rho, sigma)
        for f in (quantum.relative_entropy, quantum.belavkin_staszewski_relative_entropy)
    )
    middle = quantum.relative_entropy(rho, sigma)
    assert quantum.measured_relative_entropy(rho, sigma) <= middle + room
    assert middle <= quantum.belavkin_staszewski_relative_entropy(rho, sigma) + room


@theorem
@given(supported_pairs())
def test_sandwiched_orders_rise_from_fidelity_over_umegaki_to_max(pair):
    rho, sigma = (x.matrix for x in pair)
    functions = [lambda r, s, a=a, **k: sandwiched(r, s, a, **k) for a in (0.5, 0.8, 1, 1.2, 2, 9)]
    functions.append(quantum.max_relative_entropy)
    values = np.array([f(rho, sigma) for f in functions])
    room = sum(slack(f, rho, sigma) for f in functions)
    assert np.all(np.diff(values) >= -room)


@theorem
@given(full_pairs())
def test_petz_orders_rise_and_are_never_below_the_sandwiched_ones(pair):
    rho, sigma = (x.matrix for x in pair)
    orders = (0.1, 0.5, 0.8, 1, 1.2, 2)
    values = np.array([petz(rho, sigma, a) for a in orders])
    below = np.array([sandwiched(rho, sigma, a) for a in orders])
    room = sum(slack(lambda r, s, a=a, **k: petz(r, s, a, **k), rho, sigma) for a in orders)
    assert np.all(np.diff(values) >= -room)
    assert np.all(values >= below - room)


# --- invariance, data processing, additivity ---------------------------------------------------


@pytest.mark.thinned(4)
@every_divergence
@theorem
@given(pair=full_pairs(kinds=("generic", "degenerate", "deficient", "pure")), seed=seeds)
def test_a_common_unitary_changes_nothing(name, pair, seed):
    function, (rho, sigma) = DIVERGENCES[name], (x.matrix for x in pair)
    u = random_unitary(np.random.default_rng(seed), len(rho))
    turned = [u @ x @ u.conj().T for x in (rho, sigma)]
    room = 8 * slack(function, rho, sigma)
    assert abs(function(rho, sigma) - function(*turned)) <= room


def channel(seed, dimension, out):
    """Return a random channel from a Haar isometry into out × environment."""
    rng = np.random.default_rng(seed)
    shape = (2, dimension, dimension * out)
    isometry, _ = np.linalg.qr(rng.normal(size=shape).T @ [1, 1j])

    def act(x):
        blocks = (isometry @ x @ isometry.conj().T).reshape(out, dimension, out, dimension)
        return np.einsum("ikjk->ij", blocks)

    return act


@pytest.mark.thinned(4)
@every_divergence
@theorem
@given(pair=supported_pairs(), seed=seeds, out=st.integers(1, 4))
def test_no_channel_makes_states_easier_to_tell_apart(name, pair, seed, out):
    function, (rho, sigma) = DIVERGENCES[name], (x.matrix for x in pair)
    act = channel(seed, len(rho), out)
    before, after = function(rho, sigma), function(act(rho), act(sigma))
    room = slack(function, rho, sigma) + slack(function, act(rho), act(sigma))
    assert after <= before + 2 * room


@pytest.mark.thinned(4)
@pytest.mark.parametrize("name", ADDITIVE)
@theorem
@given(first=full_pairs(2, kinds=MILD), second=full_pairs(3, kinds=MILD))
def test_additive_on_product_states(name, first, second):
    function = DIVERGENCES[name]
    # The support rule of a dense product: 1e-15 of it is as good as 0.
    assume(
        min(np.kron(a.spectrum, b.spectrum).min() for a, b in zip(first, second, strict=True))
        > 1e-8
    )
    rho, sigma = (np.kron(a.matrix, b.matrix) for a, b in zip(first, second, strict=True))
    parts = sum(function(r.matrix, s.matrix) for r, s in (first, second))
    assert abs(function(rho, sigma) - parts) <= 8 * slack(function, rho, sigma)


@pytest.mark.thinned(4)
@every_divergence
@theorem
@given(pair=supported_pairs())
def test_never_negative_and_zero_for_equal_states(name, pair):
    rho, sigma = (x.matrix for x in pair)
    assert DIVERGENCES[name](rho, sigma) >= 0
    assert DIVERGENCES[name](rho, rho) == 0


@theorem
@given(states(kinds=("generic", "deficient", "pure", "degenerate")), seeds)
def test_fidelity_and_distances_obey_fuchs_and_van_de_graaf(rho, seed):
    sigma = turned(np.random.default_rng(seed).dirichlet(np.ones(rho.dimension)), seed)
    f, t = quantum.fidelity(rho.matrix, sigma), quantum.trace_distance(rho.matrix, sigma)
    room = 64 * EPS * rho.dimension
    assert 1 - math.sqrt(f) <= t + room and t <= math.sqrt(1 - f) + room
    assert abs(quantum.bures_distance(rho.matrix, sigma) ** 2 - (2 - 2 * math.sqrt(f))) <= room
    assert abs(-math.log(f) - sandwiched(rho.matrix, sigma, 0.5)) <= room / f


# --- twins and batch axes ----------------------------------------------------------------------

CLASSICAL = {
    "petz 0.3": lambda p, q: classical.renyi_divergence(p, q, 0.3),
    "petz 2": lambda p, q: classical.renyi_divergence(p, q, 2),
    "sandwiched 0.5": lambda p, q: classical.renyi_divergence(p, q, 0.5),
    "sandwiched 4": lambda p, q: classical.renyi_divergence(p, q, 4),
    "max": classical.max_relative_entropy,
    "min": classical.min_relative_entropy,
    "belavkin": classical.relative_entropy,
    "measured": classical.relative_entropy,
    "jensen shannon": classical.jensen_shannon_divergence,
    "chernoff": classical.chernoff,
    "bures": classical.bures_distance,
    "trace distance": classical.total_variation,
}


@pytest.mark.thinned(5)
@pytest.mark.parametrize("name", CLASSICAL)
@theorem
@given(p=spectra(4, MILD + ("deficient", "pure")), q=spectra(4, MILD), seed=seeds)
def test_commuting_states_have_the_classical_values(name, p, q, seed):
    u = random_unitary(np.random.default_rng(seed), 4)
    rho, sigma = ((u * x) @ u.conj().T for x in (p, q))
    value, twin = DIVERGENCES[name](rho, sigma), CLASSICAL[name](p, q)
    assert abs(value - twin) <= 8 * slack(DIVERGENCES[name], rho, sigma)


@pytest.mark.thinned(4)
@every_divergence
@theorem
@given(stack=stacks())
def test_a_batch_is_the_stack_of_its_members(name, stack):
    function, (rho, sigma) = DIVERGENCES[name], stack
    shape = np.broadcast_shapes(rho.shape, sigma.shape)
    values = function(rho, sigma)
    pairs = zip(*(np.broadcast_to(x, shape).reshape(-1, *shape[-2:]) for x in stack), strict=True)
    assert values.shape == shape[:-2]
    for value, pair in zip(values.ravel(), pairs, strict=True):
        assert abs(value - function(*pair)) <= slack(function, *pair)
