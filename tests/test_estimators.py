"""Estimators from outcomes: how far off they are, what they say of it, and how often they cover."""

import math

import numpy as np
import pytest
from scipy import integrate, stats

from qce import circuits, classical, data, models, objectives, states
from qce.objectives import entropies
from qce.objectives.measured import _likelihood, _Observed, _shot_variance
from qce.objectives.sample import sample_mean
from qce.objectives.smoothing import Smoothing
from qce.results import Estimate

EPS = np.finfo(float).eps
UNEVEN = np.array([0.5, 0.3, 0.15, 0.05])
NAMES = ("plug-in", "miller-madow", "grassberger", "chao-shen")


# --- entropies of counts --------------------------------------------------------------------------


@pytest.mark.parametrize("total", [5, 20, 60])
@pytest.mark.parametrize("law", [[0.5, 0.3, 0.2], [0.9, 0.08, 0.02], [1 / 3, 1 / 3, 1 / 3]])
def test_the_bias_of_grassbergers_estimator_is_the_one_proved_for_it(law, total):
    """−Σ p ∫₀^(1−2p) t^(N−1)/(1−t) dt (Schürmann 2004), against the mean over all counts."""
    pairs = [(i, j) for i in range(total + 1) for j in range(total + 1 - i)]
    counts = np.array([[i, j, total - i - j] for i, j in pairs])
    mean = stats.multinomial.pmf(counts, total, law) @ entropies._grassberger(counts)
    bias = -sum(
        p * integrate.quad(lambda t: t ** (total - 1) / (1 - t), 0, 1 - 2 * p)[0] for p in law
    )
    # The integral is good to 1.5e-8, as quad states by default.
    assert abs(mean - classical.entropy(np.array(law)) - bias) < 1e-7


def test_estimators_are_their_formulas():
    n = np.array([20, 13, 5, 1, 1])
    p, c = n / 40, 0.95 * n / 40  # two of 40 were seen once
    plug_in = -sum(x * math.log(x) for x in p)
    by_hand = {
        "plug-in": plug_in,
        "miller-madow": plug_in + 4 / 80,
        "chao-shen": sum(-x * math.log(x) / (1 - (1 - x) ** 40) for x in c),
    }
    for estimator, value in by_hand.items():
        found = entropies.entropy(n, estimator=estimator)
        assert abs(found.value - value) < 50 * EPS and found.shots == 40
    slope = np.log(p) + plug_in
    assert found.stderr**2 == pytest.approx(p @ slope**2 / 40 + 4 / (2 * 40**2), rel=1e-13)


def test_outcomes_never_seen_change_nothing_but_chao_shen_allows_for_them():
    n = np.array([9, 7, 4, 1, 1, 1])
    padded = np.array([0, *n, 0, 0])
    for estimator in NAMES:
        one, other = (entropies.entropy(x, estimator=estimator) for x in (n, padded))
        assert abs(one.value - other.value) < 10 * EPS and abs(one.stderr - other.stderr) < EPS
    # Good and Turing: 3 of 23 outcomes were seen once.
    assert "13% of the distribution unseen" in entropies.entropy(n).bias
    values = {name: entropies.entropy(n, estimator=name).value for name in NAMES}
    assert values["chao-shen"] > values["miller-madow"] > values["plug-in"]


def test_all_counts_seen_once_give_a_finite_chao_shen():
    found = entropies.entropy(np.ones(5, dtype=int), estimator="chao-shen")
    assert math.isfinite(found.value) and found.value > math.log(5)
    alone = entropies.entropy(np.array([7, 0]), estimator="chao-shen")
    assert abs(alone.value) < 1e-14 and alone.stderr == 0


def test_relative_entropy_is_cross_entropy_less_entropy():
    n, q = np.array([20, 12, 5, 3]), np.array([0.4, 0.3, 0.2, 0.1])
    cross, own = entropies.cross_entropy(n, q), entropies.entropy(n)
    found = entropies.relative_entropy(n, q)
    assert abs(found.value - (cross.value - own.value)) < 10 * EPS
    assert "corrected" in found.bias and cross.bias == ""
    assert abs(cross.value - classical.cross_entropy(n / 40, q)) < 10 * EPS
    plug_in = entropies.relative_entropy(n, q, estimator="plug-in")
    assert abs(plug_in.value - classical.relative_entropy(n / 40, q)) < 20 * EPS
    assert "high by about 0.037" in plug_in.bias


def test_a_model_that_excludes_what_was_seen_is_infinitely_far():
    n, q = np.array([3, 2]), np.array([1.0, 0.0])
    certain = Estimate(math.inf, 0.0, 5)
    assert entropies.cross_entropy(n, q) == certain == entropies.relative_entropy(n, q)
    assert entropies.cross_entropy(np.array([5, 0]), q) == Estimate(0.0, 0.0, 5)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: entropies.entropy(np.array([0.5, 0.5])), "`counts` must be integers"),
        (lambda: entropies.entropy(np.array([1, 0])), "`counts` must be 2 or more"),
        (
            lambda: entropies.entropy(np.array([3, 4]), estimator="nsb"),
            "`estimator` must be one of",
        ),
        (lambda: entropies.cross_entropy(np.array([3, 4]), np.full(3, 1 / 3)), "`model` must have"),
        (lambda: entropies.cross_entropy(np.array([3, 4]), np.full(2, 0.4)), "`model` must sum"),
        (lambda: Smoothing("add-one", 4, 10), "`smoothing` must be one of"),
        (lambda: Estimate(1.0, 0.1).interval(1.0), "`level` must lie in \\(0, 1\\)"),
    ],
)
def test_bad_input_is_refused_with_a_remedy(make, message):
    with pytest.raises(ValueError, match=f"Argument {message}.* Pass "):
        make()


# --- smoothing ------------------------------------------------------------------------------------


def test_smoothing_adds_to_every_count():
    frequencies = np.array([0.75, 0.25, 0.0, 0.0])
    half, hedged, none = (Smoothing(n, 4, 16) for n in ("add-half", "hedged", "none"))
    np.testing.assert_allclose(half.distribution(frequencies), np.array([12.5, 4.5, 0.5, 0.5]) / 18)
    np.testing.assert_allclose(hedged.distribution(frequencies), np.array([13, 5, 1, 1]) / 20)
    np.testing.assert_array_equal(none.distribution(frequencies), frequencies)
    assert [rule.slope for rule in (half, hedged, none)] == [16 / 18, 16 / 20, 1.0]


def test_the_bias_that_add_half_states_is_right_to_first_order():
    """(d − 1)/2N whatever model and data are; what is left is of order 1/N² p²."""
    rng, shots = np.random.default_rng(4), 2000
    p, q = rng.dirichlet(np.ones(8)), rng.dirichlet(8 * np.ones(8))
    rule, counts = Smoothing("add-half", 8, shots), np.arange(shots + 1)
    rest = np.repeat((shots - counts)[:, None] / 7, 7, axis=1)
    surprise = -np.log(rule.distribution(np.column_stack([counts, rest]) / shots)[:, 0])
    laws = stats.binom.pmf(counts, shots, q[:, None])
    bias = p @ (laws @ surprise) - classical.cross_entropy(p, q)
    assert abs(bias - 7 / (2 * shots)) < p @ (1 / (shots * q) ** 2)
    assert "high by about 0.0018 nats" in rule.bias


@pytest.fixture(scope="module")
def implicit():
    """A Born machine on a simulator with shots, once for each smoothing."""
    machine = models.BornMachine(circuits.rx(2))
    p = np.array([0.4, 0.3, 0.2, 0.1])
    rules = ("add-half", "hedged", "none")
    return {
        rule: objectives.measured_likelihood(machine, p, shots=200, smoothing=rule, seed=1)
        for rule in rules
    }


def test_outcomes_never_drawn_are_said_aloud(implicit):
    estimates = {rule: objective(np.zeros(2)) for rule, objective in implicit.items()}
    for estimate in estimates.values():
        assert "3 of 4 outcomes in the data never drawn" in str(estimate)
    assert estimates["none"].value == math.inf
    half = -(0.4 * np.log(200.5 / 202) + 0.6 * np.log(0.5 / 202))
    hedge = 200**0.5 / 4
    hedged = -(0.4 * np.log((200 + hedge) / (200 + 4 * hedge)))
    hedged -= 0.6 * np.log(hedge / (200 + 4 * hedge))
    assert abs(estimates["add-half"].value - half) < 20 * EPS
    assert abs(estimates["hedged"].value - hedged) < 20 * EPS


def test_where_all_are_drawn_nothing_is_said_of_it(implicit):
    params = np.array([1.2, 1.9])
    p, q = np.array([0.4, 0.3, 0.2, 0.1]), np.array([1.0])
    for angle in params:
        q = np.kron(q, [np.cos(angle / 2) ** 2, np.sin(angle / 2) ** 2])
    exact = classical.cross_entropy(p, q)
    for rule in ("add-half", "none"):
        estimate, gradient = implicit[rule].value_and_gradient(params)
        assert "never drawn" not in estimate.bias and estimate.bias
        assert abs(estimate.value - exact) < 5 * estimate.stderr
        assert np.isfinite(gradient).all()


# --- coverage -------------------------------------------------------------------------------------
#
# Of standard errors, by the normal law; of intervals, see tests/test_intervals.py. 95 % over 20 000
# repetitions: the share that covers has a standard deviation of 0.15 %,
# so that 93 to 97 % is thirteen of them on either side of the nominal level.

REPETITIONS = 20_000
WIDTH = stats.norm.ppf(0.975)


def covers(values, errors, truth):
    return float(np.mean(np.abs(values - truth) <= WIDTH * errors))


def assert_honest(values, errors, truth):
    share = covers(values, errors, truth)
    assert 0.93 <= share <= 0.97, share


@pytest.fixture(scope="module")
def quantum_case():
    """Laws of outcomes and values of each way to one cross entropy, and the exact one."""
    rng = np.random.default_rng(0)
    a = rng.normal(size=(4, 2)) + 1j * rng.normal(size=(4, 2))
    rho = a @ a.conj().T / np.linalg.norm(a) ** 2
    unitary = stats.unitary_group.rvs(4, random_state=rng)
    q = np.array([0.7, 0.2, 0.08, 0.02])
    energy = -(unitary * np.log(q)) @ unitary.conj().T
    own = np.einsum("ix,ij,jx->x", unitary.conj(), rho, unitary).real
    ways = {"deferred": (own, -np.log(q))}
    for name in ("pauli", "mub"):
        bases = data.random_bases(name, 2)
        law = bases.overlaps(rho).ravel() / bases.count
        ways[f"shadow, {name}"] = (law, bases.snapshots(energy).ravel())
    return ways, float(np.trace(rho @ energy).real)


@pytest.mark.parametrize("shots", [100, 1000])
@pytest.mark.parametrize("way", ["deferred", "shadow, pauli", "shadow, mub"])
def test_intervals_of_quantum_cross_entropies_cover(way, shots, quantum_case):
    ways, exact = quantum_case
    law, values = ways[way]
    drawn = np.random.default_rng(1).multinomial(shots, law / law.sum(), size=REPETITIONS)
    assert_honest(*sample_mean(drawn / shots, values, shots), exact)


def test_objectives_state_the_errors_that_cover(quantum_case):
    """What the objectives return is `sample_mean` of what they drew."""
    model = models.ThermalModel(circuits.fixed(np.eye(2)), models.CategoricalSpectrum(1))
    rho, params = np.diag([0.8, 0.2]), np.log([0.6, 0.4])
    how = {"device": "default.qubit gradient=shifts", "shots": 100, "seed": 3}
    objective = objectives.shadow_cross_entropy(model, rho, **how)
    estimate = objective(params)
    shadow = objectives.measure_shadow(rho, **how)
    table = shadow.bases.snapshots(-np.diag(params)).ravel()
    value, stderr = sample_mean(shadow.frequencies.ravel(), table, 100)
    assert estimate.value == pytest.approx(value, abs=20 * EPS)
    assert estimate.stderr == pytest.approx(stderr, abs=20 * EPS)
    seen = np.array([0.7, 0.3])
    mean, error = sample_mean(seen, np.array([1.0, 3.0]), 10)
    each = np.repeat([1.0, 3.0], [7, 3])
    assert mean == pytest.approx(each.mean(), abs=10 * EPS)
    assert error == pytest.approx(each.std(ddof=1) / np.sqrt(10), abs=10 * EPS)


@pytest.mark.parametrize("name", NAMES)
def test_intervals_of_entropies_cover(name):
    """From 300 counts of four outcomes on; with fewer, or for a uniform law, see below."""
    q = np.array([0.4, 0.2, 0.2, 0.2])
    drawn = np.random.default_rng(2).multinomial(300, UNEVEN, size=REPETITIONS)
    own = entropies._ESTIMATORS[name](drawn)
    assert_honest(own, entropies._variance(drawn, np.ones(4)) ** 0.5, classical.entropy(UNEVEN))
    cross, stderr = sample_mean(drawn / 300, -np.log(q), 300)
    assert_honest(cross, stderr, classical.cross_entropy(UNEVEN, q))
    relative = classical.relative_entropy(UNEVEN, q)
    assert_honest(cross - own, entropies._variance(drawn, q) ** 0.5, relative)


def test_where_intervals_of_entropies_fail():
    """Sixteen outcomes and 30 counts: the plug-in estimate is too low by more than its error.

    And a uniform law: the error of first order vanishes, the interval is too wide.
    """
    rng = np.random.default_rng(3)
    law = np.full(16, 1 / 16)
    few = rng.multinomial(30, law, size=REPETITIONS)
    errors = entropies._variance(few, np.ones(16)) ** 0.5
    shares = {n: covers(entropies._ESTIMATORS[n](few), errors, np.log(16)) for n in NAMES}
    assert shares["plug-in"] < 0.3 < 0.85 < shares["grassberger"]
    many = rng.multinomial(1000, law, size=REPETITIONS)
    errors = entropies._variance(many, np.ones(16)) ** 0.5
    assert covers(entropies._miller_madow(many), errors, np.log(16)) > 0.97


def test_intervals_of_an_implicit_likelihood_cover():
    """Probabilities from 2000 shots, add-half; 2000 repetitions, so that 2 % is four deviations."""
    rng, shots = np.random.default_rng(5), 2000
    p, q = rng.dirichlet(np.ones(8)), rng.dirichlet(4 * np.ones(8))
    rule, observed = Smoothing("add-half", 8, shots), [_Observed(None, p)]
    found = []
    for drawn in rng.multinomial(shots, q, size=2000):
        law = rule.distribution(drawn / shots)
        found.append(
            (_likelihood(observed, [law]), _shot_variance(np, observed, [law], shots) ** 0.5)
        )
    assert_honest(*np.array(found).T, classical.cross_entropy(p, q))


@pytest.mark.long
@pytest.mark.parametrize("way", ["deferred", "shadow", "likelihood"])
def test_intervals_of_objectives_on_a_device_cover(way):
    """From circuits to the interval, 2000 times: the share has a deviation of 0.5 %."""
    circuit, law = circuits.strongly_entangling(1, 1), np.array([0.7, 0.3])
    kets = states.Ensemble(np.eye(2), law)
    thermal = models.ThermalModel(circuit, models.ProductSpectrum(1))
    objective, exact = {
        "deferred": lambda: (
            objectives.deferred_cross_entropy(thermal, kets, shots=300, seed=1),
            objectives.exact_cross_entropy(thermal, kets),
        ),
        "shadow": lambda: (
            objectives.shadow_cross_entropy(
                thermal, kets, device="default.qubit", shots=300, seed=1
            ),
            objectives.exact_cross_entropy(thermal, kets),
        ),
        "likelihood": lambda: (
            objectives.measured_likelihood(models.BornMachine(circuit), law, shots=300, seed=1),
            objectives.measured_likelihood(models.BornMachine(circuit), law),
        ),
    }[way]()
    params = np.random.default_rng(0).uniform(0.5, 1.5, objective.size)
    truth = exact(params).value
    held = [
        low <= truth <= high for low, high in (objective(params).interval() for _ in range(2000))
    ]
    assert 0.93 <= np.mean(held) <= 0.97, np.mean(held)
