"""The way from a trained model to a device: values, errors and bias against exact laws."""

import numpy as np
import pytest

import qce
from qce import classical
from qce.circuits import from_tree
from qce.models import IQP, MatrixProduct
from qce.objectives import deploy, deployment_gap

MODEL = IQP.up_to(3, 2)
POINT = np.random.default_rng(0).normal(size=MODEL.size)
P = MODEL.probabilities(POINT)
Q = 0.9 * P + 0.1 / 8
EPS = np.finfo(float).eps


def test_of_a_known_law_everything_is_exact():
    data = np.random.default_rng(1).dirichlet(np.ones(8))
    found = deployment_gap(MODEL, POINT, Q, data)
    assert found.gap.value == pytest.approx(classical.relative_entropy(P, Q), abs=64 * EPS)
    assert found.surprise.value == pytest.approx(classical.cross_entropy(Q, P), rel=64 * EPS)
    assert found.deployed.value == pytest.approx(classical.cross_entropy(data, Q), rel=64 * EPS)
    assert found.trained.value == pytest.approx(classical.cross_entropy(data, P), rel=64 * EPS)
    assert found.rare == 0 and found.gap.stderr == found.deployed.stderr == 0
    assert deployment_gap(MODEL, POINT, P).gap.value == pytest.approx(0, abs=64 * EPS)
    nothing = np.where(np.arange(8) == P.argmax(), 0, Q)
    assert deployment_gap(MODEL, POINT, nothing / nothing.sum()).gap.value == np.inf


def test_values_of_counts_have_the_stated_errors():
    """200 runs of 2000 outcomes: no outcome is expected less than ten times."""
    rng, data = np.random.default_rng(2), np.random.default_rng(3).multinomial(300, P)
    assert Q.min() * 2000 > 20
    runs = [deployment_gap(MODEL, POINT, rng.multinomial(2000, Q), data) for _ in range(200)]
    truths = {"gap": classical.relative_entropy(P, Q), "surprise": classical.cross_entropy(Q, P)}
    for name, truth in truths.items():
        values = np.array([getattr(run, name).value for run in runs])
        stated = np.sqrt(np.mean([getattr(run, name).stderr ** 2 for run in runs]))
        # What is left of the bias is below e^{−20}/20; a deviation of 200 is known to 1/√398.
        assert abs(values.mean() - truth) < 4 * stated / np.sqrt(200)
        assert stated == pytest.approx(values.std(ddof=1), rel=4 / np.sqrt(398))
    # The data do not vary from run to run: only the device's part of that error is seen.
    deployed = np.array([run.deployed.value for run in runs])
    exact = classical.cross_entropy(data / 300, Q)
    assert abs(deployed.mean() - exact) < 4 * deployed.std(ddof=1) / np.sqrt(200)
    assert deployed.std(ddof=1) < np.mean([run.deployed.stderr for run in runs])
    assert {run.rare for run in runs} == {0.0} and runs[0].gap.bias == ""


@pytest.mark.parametrize("shots", [5, 30, 200])
def test_the_bias_is_the_series_that_is_stated(shots):
    """The mean over all numbers of times that an outcome is seen, by the binomial law."""
    from scipy.stats import binom

    from qce.data.rows import as_rows
    from qce.objectives.deployment import _Deployed

    for q in (0.02, 0.3, 0.9):
        mean = 0.0
        for k in range(shots + 1):
            rows = as_rows("outcomes", np.array([k, shots - k]))
            mean += binom.pmf(k, shots, q) * _Deployed(rows).logarithms(np.array([[0]]))[0][0]
        j = np.arange(shots + 1, shots + 20000)
        assert mean == pytest.approx(np.log(q) + ((1 - q) ** j / j).sum(), abs=1e-11)


def test_what_was_never_seen_is_said():
    counts = np.array([1000, 0, 0, 0, 0, 0, 0, 3])
    found = deployment_gap(MODEL, POINT, counts)
    assert found.rare == pytest.approx(P[1:].sum())
    assert "outcomes seen less than 10 times" in found.gap.bias and np.isfinite(found.gap.value)


def test_many_wires_are_judged_by_what_the_model_draws():
    """Twenty wires of few likely strings: a chain close to one string, read with flips."""
    model = MatrixProduct(20, 2, dtype="float64")
    tensors = np.zeros((20, 1, 2, 2, 2))
    tensors[:, 0, 0, :, 0], tensors[:, 0, 1, :, 0] = np.sqrt(0.98), np.sqrt(0.02)
    params = tensors.ravel()
    drawn = model.sample(params, 4000, seed=1)
    flipped = drawn ^ (np.random.default_rng(2).random(drawn.shape) < 0.01)
    found = deployment_gap(model, params, flipped, drawn[:500], samples=4000, seed=3)
    # Independent bits: 0.98 ln(0.98/q) + 0.02 ln(0.02/(1 − q)) a wire, 0 becoming 1 in 1 of 100.
    q = 0.98 * 0.99 + 0.02 * 0.01
    exact = 20 * (0.98 * np.log(0.98 / q) + 0.02 * np.log(0.02 / (1 - q)))
    assert found.gap.shots == 4000 and 0 < found.rare < 0.5
    cross = -20 * (q * np.log(0.98) + (1 - q) * np.log(0.02))
    assert abs(found.surprise.value - cross) < 5 * found.surprise.stderr
    assert found.gap.value < exact + 5 * found.gap.stderr and "low" in found.gap.bias
    assert "data under the device" in str(found)


@pytest.mark.parametrize("device", [None, "default.mixed noise=depolarizing:0.02"])
def test_a_chain_goes_to_a_simulator_with_or_without_noise(device):
    model = MatrixProduct(4, 2)
    params = np.random.default_rng(5).normal(size=model.size)
    law = deploy(from_tree(model, params), device=device)
    found = deployment_gap(model, params, law)
    if device is None:
        assert found.gap.value == pytest.approx(0, abs=1e3 * EPS)
    else:
        assert found.gap.value > 0.01
    counts = deploy(from_tree(model, params), device=device, shots=500, seed=1)
    assert counts.sum() == 500 and counts.dtype.kind == "i"
    np.testing.assert_array_equal(
        counts, deploy(from_tree(model, params), device=device, shots=500, seed=1)
    )


def test_an_iqp_circuit_goes_to_a_fake_backend():
    pytest.importorskip("qiskit_aer")
    counts = deploy(
        MODEL.circuit, POINT, device="qiskit.remote backend=FakeManilaV2", shots=4000, seed=1
    )
    found = deployment_gap(MODEL, POINT, counts, P)
    assert 3 * found.gap.stderr < found.gap.value < 1
    assert found.deployed.value > found.trained.value


@pytest.mark.parametrize(
    ("call", "named", "said"),
    [
        (lambda: deployment_gap(MODEL, POINT, np.ones(4, dtype=int)), "outcomes", "3 wires"),
        (lambda: deployment_gap(MODEL, POINT, [[0, 1, -1], [0, 0, 0]]), "outcomes", "every bit"),
        (lambda: deployment_gap(MODEL, POINT, [[0, 1, 1]]), "outcomes", "two outcomes"),
        (lambda: deployment_gap(MODEL, POINT, Q, [[0, 1]]), "data", "3 wires"),
        (lambda: deployment_gap(MODEL, POINT, Q, samples=1), "samples", ">= 2"),
        (lambda: deploy(MODEL, POINT), "circuit", "Circuit"),
        (lambda: deploy(MODEL.circuit, POINT[:2]), "params", "shape"),
        (lambda: deploy(MODEL.circuit, POINT, device="default.qubi"), "device", "installed"),
    ],
)
def test_what_does_not_fit_is_refused(call, named, said):
    with pytest.raises(qce.ArgumentError, match=said) as refused:
        call()
    assert refused.value.arguments == (named,)
