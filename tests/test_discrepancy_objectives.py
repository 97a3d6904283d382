"""Discrepancy and transport as losses of Born machines: exact, from outcomes, and in training."""

from functools import lru_cache
from itertools import combinations

import numpy as np
import pennylane as qml
import pytest

import qce
from qce import circuits, models, objectives
from qce.circuits import blocks
from qce.data import bars_and_stripes
from qce.losses import maximum_mean_discrepancy, sinkhorn_divergence
from qce.objectives import measured_discrepancy, measured_transport, sampled_discrepancy
from qce.objectives._two_samples import Sample, discrepancy, on_cube

EPS = np.finfo(float).eps
BANDWIDTHS = (0.5, 2.0)
MACHINE = models.BornMachine(circuits.rotations_xx(2, 2))
POINT = MACHINE.initial(3)
LAW = np.array([0.4, 0.3, 0.2, 0.1])
BITS = np.array([[0, 0], [0, 1], [1, 1], [0, 0], [1, 0]])


@lru_cache
def exact(build, data="law"):
    """Value, gradient and the objective, each compiled once."""
    settings = {"bandwidths": BANDWIDTHS} if build is measured_discrepancy else {}
    objective = build(MACHINE, LAW if data == "law" else BITS, **settings)
    return objective, *objective.value_and_gradient(POINT)


def on_device(build, shots=None, seed=None, data=LAW):
    settings = {"bandwidths": BANDWIDTHS} if build is measured_discrepancy else {}
    return build(MACHINE, data, device="default.qubit", shots=shots, seed=seed, **settings)


def strings(wires, index):
    return (index[:, None] >> np.arange(wires)[::-1]) & 1


def kernel(x, y, bandwidths=BANDWIDTHS):
    return np.mean([np.exp(-np.sum(x != y) / (2 * s)) for s in bandwidths])


EVERY = pytest.mark.parametrize("build", [measured_discrepancy, measured_transport])


# --- exact ----------------------------------------------------------------------------------------


@EVERY
def test_without_outcomes_it_is_the_loss_of_the_laws(build):
    objective, estimate, _ = exact(build)
    q = np.asarray(MACHINE.probabilities(POINT))
    if build is measured_discrepancy:
        loss = maximum_mean_discrepancy(LAW, q, bandwidths=BANDWIDTHS)
    else:
        loss = sinkhorn_divergence(LAW, q)
    assert estimate.value == pytest.approx(loss, abs=1e3 * EPS)
    assert estimate.stderr == 0 and estimate.shots is None and objective.floor == 0


@EVERY
def test_the_gradient_on_a_device_is_the_compiled_one(build):
    """By the parameter-shift rule, no derivative through a simulator."""
    _, estimate, gradient = exact(build)
    there, slope = on_device(build).value_and_gradient(POINT)
    assert there.value == pytest.approx(estimate.value, abs=1e3 * EPS) and there.stderr == 0
    np.testing.assert_allclose(slope, gradient, atol=1e3 * EPS)
    assert np.abs(slope).max() > 0.01


# --- from outcomes --------------------------------------------------------------------------------


def test_value_and_gradient_from_outcomes_are_right_within_five_errors():
    _, estimate, gradient = exact(measured_discrepancy)
    objective = on_device(measured_discrepancy, shots=50, seed=5)
    runs = [objective.value_and_gradient(POINT) for _ in range(60)]
    values = np.array([found.value for found, _ in runs])
    slopes = np.array([slope for _, slope in runs])
    assert abs(values.mean() - estimate.value) < 5 * values.std(ddof=1) / np.sqrt(60)
    errors = slopes.std(axis=0, ddof=1) / np.sqrt(60)
    assert np.all(np.abs(slopes.mean(axis=0) - gradient) < 5 * errors + 1e-12)
    # The deviation of a deviation from 60 runs is 1/√118 = 9 %.
    stated = np.sqrt(np.mean([found.stderr**2 for found, _ in runs]))
    assert values.std(ddof=1) == pytest.approx(stated, rel=5 * 0.09)
    assert runs[0][0].shots == 50 and objective.floor == 0


def test_transport_of_outcomes_has_its_error_and_says_that_it_is_biased():
    _, estimate, _ = exact(measured_transport)
    objective = on_device(measured_transport, shots=400, seed=6)
    runs = [objective(POINT) for _ in range(60)]
    values = np.array([found.value for found in runs])
    stated = np.sqrt(np.mean([found.stderr**2 for found in runs]))
    assert values.std(ddof=1) == pytest.approx(stated, rel=5 * 0.09)
    # The bias is upwards, of order n²/2εN = 0.01.
    off, error = values.mean() - estimate.value, stated / np.sqrt(60)
    assert -5 * error < off < 5 * error + 0.01
    assert "frequencies in place of a distribution" in str(runs[0])


def test_outcomes_repeat_with_the_seed():
    first, again, other = (on_device(measured_discrepancy, 50, seed)(POINT) for seed in (1, 1, 2))
    assert first == again and first != other


def test_data_that_are_outcomes_have_their_own_pairs_left_out():
    """The mean over pairs of different strings, by loops, and the law of the model."""
    objective, estimate, _ = exact(measured_discrepancy, "bits")
    q, every = np.asarray(MACHINE.probabilities(POINT)), strings(2, np.arange(4))
    within = np.mean([kernel(x, y) for x, y in combinations(BITS, 2)])
    across = np.mean([[kernel(x, y) for y in every] for x in BITS], axis=0) @ q
    model = q @ np.array([[kernel(x, y) for y in every] for x in every]) @ q
    assert estimate.value == pytest.approx(within - 2 * across + model, abs=16 * EPS)
    assert estimate.shots == 5 and estimate.stderr > 0 and objective.floor is None
    there = on_device(measured_discrepancy, data=BITS)(POINT)
    assert there.value == pytest.approx(estimate.value, abs=16 * EPS)
    assert there.stderr == pytest.approx(estimate.stderr, rel=1e-12)


@pytest.mark.parametrize("most", [8, 7])
def test_two_samples_are_compared_by_pairs_of_different_strings(monkeypatch, most):
    """By all strings of three wires, and by those that occur."""
    monkeypatch.setattr("qce.objectives.discrepancy._MOST", most)
    rng = np.random.default_rng(7)
    x, y = np.eye(3, dtype=int)[rng.integers(0, 3, size=(2, 7))]
    y = 1 - y[:5]
    found = sampled_discrepancy(x, y, bandwidths=BANDWIDTHS)
    value = np.mean([kernel(a, b) for a, b in combinations(x, 2)])
    value += np.mean([kernel(a, b) for a, b in combinations(y, 2)])
    value -= 2 * np.mean([[kernel(a, b) for b in y] for a in x])
    assert found.value == pytest.approx(value, abs=16 * EPS) and found.shots == 12


def test_the_variance_is_that_of_dense_covariances():
    """The covariance of features x under p and y under q, squared: the kernel, centred twice."""
    (p, q), (n, m) = np.random.default_rng(11).dirichlet(np.ones(8), size=2), (20, 30)
    every = strings(3, np.arange(8))
    dense = np.array([[kernel(x, y) for y in every] for x in every])

    def centred(of_x, of_y):
        return dense - (dense @ of_y)[:, None] - of_x @ dense + of_x @ dense @ of_y

    def within(law, count):
        square = centred(law, law) ** 2
        return (count * law @ square @ law - law @ np.diag(square)) / (count - 1)

    across, witness = p @ centred(p, q) ** 2 @ q, dense @ (p - q)
    expected = 4 * across / (n * m)
    for law, count, other in ((p, n, m), (q, m, n)):
        own = within(law, count)
        linear = law @ witness**2 - (law @ witness) ** 2 - own / count - across / other
        expected += 4 * max(linear, 0) / count + 2 * own / (count * (count - 1))
    cube = on_cube(np, 3, BANDWIDTHS)
    found = discrepancy(np, cube, Sample(p, n), Sample(q, m))[1]
    assert found == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("apart", [True, False])
@pytest.mark.parametrize("bandwidths", [0.3, BANDWIDTHS])
def test_the_error_of_two_samples_is_their_spread(apart, bandwidths):
    """600 pairs of samples; where the laws agree the error is too large, by a third at most."""
    rng = np.random.default_rng(8)
    p, q = rng.dirichlet(np.ones(8), size=2)
    q = q if apart else p
    found = [
        sampled_discrepancy(
            strings(3, rng.choice(8, 60, p=p)),
            strings(3, rng.choice(8, 90, p=q)),
            bandwidths=bandwidths,
        )
        for _ in range(600)
    ]
    values = np.array([estimate.value for estimate in found])
    stated = np.sqrt(np.mean([estimate.stderr**2 for estimate in found]))
    expected = maximum_mean_discrepancy(p, q, bandwidths=bandwidths)
    assert abs(values.mean() - expected) < 5 * values.std(ddof=1) / np.sqrt(600)
    # Deviation of a deviation from 600: 3 % for normal numbers; squares of them spread more.
    ratio = stated / values.std(ddof=1)
    assert (0.85 < ratio < 1.15) if apart else (0.85 < ratio < 1.5)


def test_two_samples_may_have_a_thousand_wires():
    rng = np.random.default_rng(9)
    draws = [(rng.uniform(size=(200, 1000)) < one).astype(int) for one in (0.1, 0.2)]
    found = sampled_discrepancy(*draws, bandwidths=250.0)
    ones = [np.full(1000, one) for one in (0.1, 0.2)]
    law = qce.losses.maximum_mean_discrepancy_of_products(*ones, bandwidths=250.0)
    assert abs(found.value - law) < 5 * found.stderr and found.stderr < law / 10


# --- training -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "build", [measured_discrepancy, pytest.param(measured_transport, marks=pytest.mark.long)]
)
def test_a_machine_learns_bars_and_stripes_without_a_likelihood(build):
    """The all-to-all circuit of two layers contains the law; other starts end in local minima."""
    machine, data = models.BornMachine(circuits.rotations_xx(4, 2, "all")), bars_and_stripes(2, 2)
    result = qce.fit(build(machine, data), optimizer="lbfgs", steps=300, seed=0, progress=False)
    q = np.asarray(machine.probabilities(result.params))
    assert result.status.converged and result.estimate.value < 1e-9
    assert q[data > 0].sum() > 1 - 1e-3
    # Pinsker's other side: chi-squared bounds the relative entropy.
    assert np.sum(data[data > 0] * np.log(data[data > 0] / q[data > 0])) < 1e-3


def test_training_on_a_device_goes_down():
    objective = on_device(measured_discrepancy, shots=200, seed=10)
    result = qce.fit(objective, steps=20, learning_rate=0.1, seed=2, progress=False)
    loss = exact(measured_discrepancy)[0]
    assert loss(result.params).value < loss(MACHINE.initial(2)).value / 4


def tree_circuit(data, layers):
    """RZ RX RZ on every wire and CNOTs on the data's Chow-Liu tree, as published."""
    pairs = [pair for pair in enumerate(models.chow_liu(data).parents) if pair[1] >= 0]
    rotations = blocks.rotate_zxz(9)

    def entangled(rotate):
        def apply(params, wires):
            for child, parent in pairs:
                qml.CNOT([wires[parent], wires[child]])
            rotate(params, wires)

        return apply

    layer = circuits.Block("tree", 27, entangled(rotations.apply), entangled(rotations.fused))
    return circuits.Circuit(9, ((blocks.rotate_xz(9), 1), (layer, layers)))


@pytest.mark.long
def test_nine_pixels_reach_the_published_discrepancy():
    """Exact discrepancy 2.4e-7 and 99.9 % valid images, with ten layers and four bandwidths."""
    data = bars_and_stripes(3, 3)
    machine = models.BornMachine(tree_circuit(data, 10))
    objective = measured_discrepancy(machine, data, bandwidths=(0.5, 1, 2, 4))
    result = qce.fit(objective, optimizer="lbfgs", steps=1500, seed=0, progress=False)
    q = np.asarray(machine.probabilities(result.params))
    assert result.estimate.value < 2.4e-7
    assert q[data > 0].sum() > 0.999


# --- refusals -------------------------------------------------------------------------------------

THERMAL = models.ThermalModel(circuits.rx(2), models.ProductSpectrum(2))
BAD = {
    "law of three wires": (measured_discrepancy, (MACHINE, np.full(8, 1 / 8)), {}, r"shape \(4,\)"),
    "bits of three wires": (measured_transport, (MACHINE, np.eye(3, dtype=int)), {}, r"\(N, 2\)"),
    "no law": (measured_transport, (MACHINE, LAW * 2), {}, "sum to 1"),
    "one string": (measured_discrepancy, (MACHINE, BITS[:1]), {}, "two outcomes or more"),
    "signs": (measured_discrepancy, (MACHINE, 1 - 2 * BITS), {}, "integers 0 or 1"),
    "one shot": (measured_discrepancy, (MACHINE, LAW), {"shots": 1}, "integer >= 2"),
    "no bandwidth": (measured_discrepancy, (MACHINE, LAW), {"bandwidths": -1.0}, "lie in"),
    "epsilon 0": (measured_transport, (MACHINE, LAW), {"epsilon": 0.0}, "be positive"),
    "a mixed state": (measured_discrepancy, (THERMAL, LAW), {"shots": 9}, "Born machine"),
    "a mixed state too": (measured_transport, (THERMAL, LAW), {"shots": 9}, "Born machine"),
    "other wires": (sampled_discrepancy, (BITS, BITS[:, :1]), {}, "equally many wires"),
    "a row": (sampled_discrepancy, (BITS, BITS[0]), {}, "N >= 2"),
    "letters": (sampled_discrepancy, (np.array([["a"], ["b"]]), BITS), {}, "numeric"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_cannot_be_compared_is_refused(what):
    build, arguments, settings, words = BAD[what]
    with pytest.raises(ValueError, match=words):
        build(*arguments, **settings)


def test_more_strings_than_memory_holds_are_refused(monkeypatch):
    monkeypatch.setattr("qce.objectives.discrepancy._MOST", 7)
    every = strings(3, np.arange(8))
    with pytest.raises(ValueError, match="at most 7 different strings of 3 wires, but there are 8"):
        sampled_discrepancy(every, every)


def test_the_names_are_public():
    assert {"measured_discrepancy", "measured_transport", "sampled_discrepancy"} <= set(
        objectives.__all__
    )
