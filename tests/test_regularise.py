"""Regularisation: what comes out, and that the record says what was done."""

import math

import numpy as np
import pytest
from hypothesis import given
from strategies import random_unitary, states, supported_pairs, theorem, unsupported_pairs

from qce import quantum
from qce.regularise import depolarise, hedge, project_to_support
from qce.states import Diagonal, Pure, Rotated

EPS = float(np.finfo(float).eps)


@theorem
@given(states())
def test_depolarising_mixes_and_bounds_the_least_eigenvalue(rho):
    d, p = rho.dimension, 0.25
    for x in (rho.matrix, Rotated(rho.spectrum, rho.basis)):
        found = depolarise(x, p)
        mixed = 0.75 * rho.matrix + 0.25 * np.eye(d) / d
        np.testing.assert_allclose(np.asarray(found.value), mixed, atol=16 * EPS * d)
        assert (found.added, found.removed) == (p, 0.0)
        assert quantum.trace_distance(np.asarray(found.value), rho.matrix) <= p + 16 * EPS * d
        assert np.linalg.eigvalsh(np.asarray(found.value)).min() >= p / d - 16 * EPS * d


@pytest.mark.parametrize(
    "d, p, entropy", [(4, 0.8, 0.587500931106), (8, 0.5, 1.536649897488), (16, 0.3, 2.420649497493)]
)
def test_depolarised_pure_states(d, p, entropy):
    psi = Pure(random_unitary(np.random.default_rng(d), d)[:, 0])
    model = depolarise(psi, 1 - p).value
    assert isinstance(model, Rotated)
    assert quantum.entropy(model) == pytest.approx(entropy, abs=1e-12)  # twelve decimals
    assert quantum.cross_entropy(psi, model) == pytest.approx(
        -math.log(p + (1 - p) / d), rel=1e-13, abs=0
    )


def test_the_cross_entropy_of_two_depolarised_pure_states():
    """d = 4, p = 0.8, q = 0.6, squared overlap ¼: 1.816107555730."""
    u = random_unitary(np.random.default_rng(3), 4)
    data, model = Pure(u[:, 0]), Pure(u[:, 0] / 2 + u[:, 1] * math.sqrt(0.75))
    value = quantum.cross_entropy(depolarise(data, 0.2).value, depolarise(model, 0.4).value)
    assert value == pytest.approx(1.816107555730, abs=1e-12)


@pytest.mark.parametrize("strength", [1e-6, 1e-12, 1e-200])
def test_smoothing_of_a_pure_model_is_exact_however_small(strength):
    """−F ln(1 − ε + ε/d) − (1 − F) ln(ε/d), with F = ¼ and d = 3."""
    u = random_unitary(np.random.default_rng(4), 3)
    data, model = Pure(u[:, 0] / 2 + u[:, 1] * math.sqrt(0.75)), Pure(u[:, 0])
    value = quantum.cross_entropy(data, depolarise(model, strength).value)
    exact = -math.log1p(-strength * 2 / 3) / 4 - 0.75 * math.log(strength / 3)
    assert value == pytest.approx(exact, rel=32 * EPS, abs=0)


def test_a_diagonal_state_stays_diagonal():
    found = depolarise(Diagonal([1.0, 0.0]), 1e-300)
    assert isinstance(found.value, Diagonal) and found.value.probabilities[1] == 5e-301


def test_hedging_adds_to_each_count():
    found = hedge([[9, 0, 1], [0, 0, 0]], beta=1.0)
    np.testing.assert_allclose(found.value, [[10 / 13, 1 / 13, 2 / 13], [1 / 3] * 3], rtol=2 * EPS)
    np.testing.assert_allclose(found.added, [3 / 13, 1.0], rtol=2 * EPS)
    same = hedge([0.25, 0.75], beta=0.0)
    assert same.value.tolist() == [0.25, 0.75] and same.added == 0.0
    # A mixture of the frequencies with the uniform law, of the weight that is reported.
    mixed = (1 - found.added[0]) * np.array([0.9, 0.0, 0.1]) + found.added[0] / 3
    np.testing.assert_allclose(found.value[0], mixed, rtol=4 * EPS)


@theorem
@given(unsupported_pairs())
def test_projecting_makes_the_cross_entropy_finite_and_says_what_it_cost(pair):
    rho, sigma = pair
    inside = sigma.basis[:, sigma.spectrum > 0]
    kept = np.trace(inside.conj().T @ rho.matrix @ inside).real
    if kept < 1e-6:  # nothing is left to compare
        return
    found = project_to_support(rho.matrix, of=sigma.matrix)
    # The kernel of σ is known to an angle of 4 ε d λ_max/λ_min, of spectra within 1e-3.
    ratio = sigma.spectrum.max() / sigma.spectrum[sigma.spectrum > 0].min()
    unit = 16 * EPS * rho.dimension * ratio
    assert found.removed == pytest.approx(1 - kept, abs=unit) and found.added == 0.0
    projector = inside @ inside.conj().T
    np.testing.assert_allclose(
        found.value, projector @ rho.matrix @ projector / kept, atol=2 * unit / kept
    )
    assert np.isfinite(quantum.cross_entropy(found.value, sigma.matrix))


@theorem
@given(supported_pairs())
def test_projecting_leaves_data_in_the_support_alone(pair):
    rho, sigma = pair
    found = project_to_support(rho.matrix, of=sigma.matrix)
    ratio = sigma.spectrum.max() / sigma.spectrum[sigma.spectrum > 0].min()
    unit = 16 * EPS * rho.dimension * ratio
    np.testing.assert_allclose(found.value, rho.matrix, atol=unit)
    assert abs(found.removed) <= unit


def test_small_removed_weights_are_accurate():
    found = project_to_support(Diagonal([1.0, 1e-20]), of=Diagonal([1.0, 0.0]))
    assert found.removed == pytest.approx(1e-20, rel=4 * EPS, abs=0)


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: depolarise(np.eye(2) / 2, 1.5), r"`p` must lie in \[0, 1\]"),
        (lambda: depolarise(np.eye(2), 0.5), "`x` must have trace 1"),
        (lambda: hedge([1, -1]), "`counts` must be non-negative"),
        (lambda: hedge([]), "`counts` must be non-negative"),
        (lambda: hedge([1, 2], beta=-1), "`beta` must be finite and >= 0"),
        (lambda: hedge([0, 0], beta=0), "`counts` must hold a count"),
        (
            lambda: project_to_support(np.diag([1.0, 0.0]), of=np.diag([0.0, 1.0])),
            "`data` must have weight in the support of `of`",
        ),
        (
            lambda: project_to_support(np.eye(2) / 2, of=np.eye(3) / 3),
            "must have the same dimension",
        ),
    ],
)
def test_errors(make, message):
    with pytest.raises(ValueError, match=message) as caught:
        make()
    assert "Pass " in str(caught.value)
