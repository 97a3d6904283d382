"""Mean discrepancy from expectations against the exact one, of other libraries' functions too."""

import pickle
from functools import partial

import jax
import jax.numpy as jnp
import networkx as nx
import numpy as np
import pennylane as qml
import pytest
from pennylane.labs import phox

import qce
from qce.models import IQP
from qce.objectives import measured_discrepancy, moment_discrepancy

MODEL = IQP.up_to(5, 2)
POINT = np.random.default_rng(0).normal(size=MODEL.size)
BITS = np.random.default_rng(1).integers(0, 2, (200, 5))
BITS[:, 1] = BITS[:, 0]
PATTERN = [[list(gate)] for gate in MODEL.gates]


def pennylane(params, operators, key):
    return qml.qnn.iqp_expval(operators, params, PATTERN, 5, 100, key)


def labs(params, operators, key):
    config = phox.CircuitConfig(
        gates=dict(enumerate(PATTERN)),
        observables=np.zeros((1, 5), dtype=int),
        n_samples=100,
        key=jax.random.PRNGKey(0),
        n_qubits=5,
    )
    ask = phox.build_expval_func(config)
    return ask(params, observables=3 * operators, key=key, n_samples=100)


def exact(data, bandwidths=None):
    machine = qce.BornMachine(MODEL.circuit)
    return measured_discrepancy(machine, data, bandwidths=bandwidths).value_and_gradient(POINT)


def asked(expectations, data, count, **settings):
    """Value, stated error and gradient of so many evaluations."""
    objective = moment_discrepancy(expectations, data, initial=POINT, seed=3, **settings)
    found = [objective.value_and_gradient(POINT) for _ in range(count)]
    values, errors = np.array([(e.value, e.stderr) for e, _ in found]).T
    return values, errors, np.array([slope for _, slope in found])


@pytest.mark.parametrize("expectations", [MODEL, MODEL.moments, pennylane, labs])
def test_value_and_gradient_are_unbiased_for_every_source_of_expectations(expectations):
    estimate, gradient = exact(BITS)
    values, _, slopes = asked(expectations, BITS, 64, operators=100, groups=5)
    assert abs(values.mean() - estimate.value) < 5 * values.std(ddof=1) / 8
    # 16 numbers in all, each beyond 5 errors (Student, 63) once in 200000; labs is in float32.
    off = np.abs(slopes.mean(axis=0) - gradient)
    assert (off < 5 * slopes.std(axis=0, ddof=1) / 8 + 1e-6).all()
    assert np.abs(gradient).max() > 3 * slopes.std(axis=0, ddof=1).max() / 8


@pytest.mark.thinned(2)
@pytest.mark.parametrize("bandwidths", [0.3, (0.3, 2.0)])
def test_probabilities_as_data_and_several_bandwidths(bandwidths):
    law = np.random.default_rng(2).dirichlet(np.ones(32))
    estimate, _ = exact(law, bandwidths)
    values, errors, _ = asked(MODEL, law, 100, operators=100, groups=5, bandwidths=bandwidths)
    assert abs(values.mean() - estimate.value) < 5 * values.std(ddof=1) / 10
    # The deviation of a deviation from 100 values is 1/√198 = 7 %.
    stated = np.sqrt(np.mean(errors**2))
    assert stated == pytest.approx(values.std(ddof=1), rel=5 * 0.07)


def test_the_error_holds_the_noise_of_the_data():
    """With so many sets and strings that nothing else is left."""
    estimate, _ = exact(BITS[:40])
    ask = partial(MODEL.moments, shots=2000)
    found = moment_discrepancy(ask, BITS[:40], initial=POINT, operators=4000, seed=5)(POINT)
    # Covariances from 40 rows are known to 1/√40 of their size, in both.
    assert found.stderr == pytest.approx(estimate.stderr, rel=0.1)
    assert abs(found.value - estimate.value) < 5 * found.stderr / 4


def test_a_thousand_wires_train():
    """Fields and couplings on a graph learn the marginals of data, step by step."""
    model = IQP(1000, nx.random_regular_graph(3, 1000, seed=0))
    bits = (np.random.default_rng(0).random((300, 1000)) < 0.2).astype(int)
    objective = moment_discrepancy(model, bits, operators=200, groups=4, seed=0)
    start = objective(model.initial(0))
    settings = {"steps": 12, "learning_rate": 0.1, "progress": False}
    result = qce.fit(objective, **settings)
    assert result.estimate.value + 2 * result.estimate.stderr < start.value
    again = qce.fit(moment_discrepancy(model, bits, operators=200, groups=4, seed=0), **settings)
    np.testing.assert_array_equal(result.params, again.params)


def test_it_repeats_with_its_seed_and_goes_through_a_pickle():
    one, other = (moment_discrepancy(MODEL, BITS, seed=seed) for seed in (1, 2))
    first = one(POINT)
    assert first != other(POINT) and first != one(POINT)
    assert pickle.loads(pickle.dumps(one))(POINT) == first
    assert str(first).endswith("(1000 shots)") and np.isnan(one(np.full(MODEL.size, np.nan)).value)


@pytest.mark.parametrize(
    ("arguments", "settings", "named", "said"),
    [
        ((MODEL, BITS[:, :4]), {}, ("data",), "5 wires"),
        ((MODEL, np.where(BITS == 1, -1, BITS)), {}, ("data",), "every bit"),
        ((MODEL, BITS[:1]), {}, ("data",), "two outcomes"),
        ((MODEL, BITS), {"operators": 30}, ("operators",), "multiple of groups"),
        ((MODEL, BITS), {"groups": 1}, ("groups",), ">= 2"),
        ((MODEL, BITS), {"bandwidths": 0.0}, ("bandwidths",), "positive"),
        ((MODEL, BITS), {"initial": np.zeros(3)}, ("initial",), "shape"),
        ((pennylane, BITS), {}, ("initial", "expectations"), "is not known"),
        (("iqp", BITS), {}, ("expectations",), "function"),
    ],
)
def test_what_does_not_fit_is_refused(arguments, settings, named, said):
    with pytest.raises(qce.ArgumentError, match=said) as refused:
        moment_discrepancy(*arguments, **settings)
    assert refused.value.arguments == named


def test_it_is_a_loss_of_a_compiled_function_of_the_parameters():
    """What is asked is traced once, however many evaluations follow."""
    calls = []

    def counted(params, operators, key):
        calls.append(operators.shape)
        return MODEL.moments(params, operators, key)

    objective = moment_discrepancy(counted, BITS, initial=POINT, operators=40, seed=0)
    for _ in range(3):
        objective(POINT)
    assert calls == [(2, 5), (2, 5)] and objective.size == MODEL.size
    assert isinstance(jnp.asarray(objective.initial(0)), jax.Array)
