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
from qce.results import Cost, Status
from qce.training import Budget, optimizers
from qce.training.state import Limits, start
from qce.training.stepper import stepper

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


@pytest.mark.thinned(2)
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


# --- many steps in one program -------------------------------------------------------------------


def sets(count=40, groups=4, seed=3):
    return moment_discrepancy(MODEL, BITS, operators=count, groups=groups, seed=seed)


@pytest.mark.parametrize("optimizer", ["adam", "spsa"])
def test_a_training_draws_what_its_steps_draw_one_by_one(optimizer):
    options = {"steps": 6, "seed": 5, "optimizer": optimizer, "progress": False}
    whole, steps = qce.fit(sets(), **options), []
    qce.fit(sets(), callback=lambda *step: steps.append(step), **options)
    assert [loss for _, loss, _ in steps] == whole.history["loss"].tolist()
    assert (steps[-1][2] == whole.params).all()
    # As many sets a step as evaluations, of which SPSA has two.
    asked = 40 * (1 + (optimizer == "spsa"))
    assert whole.spent == Cost(0, 0, 7 * asked)
    np.testing.assert_array_equal(np.diff(whole.history["shots"]), asked)


def test_one_evaluation_is_what_the_compiled_step_draws():
    objective, visited = sets(), []
    qce.fit(objective, steps=3, seed=5, progress=False, callback=lambda *step: visited.append(step))
    for step, loss, params in visited[:-1]:
        objective.reseed(5, step - 1)
        # The same sets; sums in another order, of 40 terms of order one.
        assert objective.value_and_gradient(params)[0].value == pytest.approx(loss, abs=1e-13)


@pytest.mark.parametrize("cut", [1, 7])
def test_a_training_that_was_cut_goes_on_bit_for_bit(tmp_path, cut):
    def stop(step, loss, params):
        if step == cut:
            raise StopIteration

    options = {"seed": 2, "steps": 12, "progress": False}
    whole = qce.fit(sets(), **options)
    options["checkpoint"] = tmp_path / "state.npz"
    assert qce.fit(sets(), callback=stop, **options).steps == cut
    found = qce.fit(sets(), resume=True, **options)
    assert (found.params == whole.params).all() and found.spent == whole.spent
    for column in ("loss", "stderr", "grad_norm", "shots"):
        np.testing.assert_array_equal(found.history[column], whole.history[column])


def test_a_budget_is_one_of_sets():
    result = qce.fit(sets(), steps=50, budget=Budget(shots=170), progress=False)
    assert result.status is Status.OUT_OF_BUDGET and result.spent == Cost(0, 0, 160)
    assert sets().cost(True) == Cost(0, 0, 40)


def test_a_stretch_of_steps_copies_nothing():
    jax.config.update("jax_enable_x64", True)
    method = optimizers.adam()
    advance, limits = stepper(objective := sets(), method), Limits(20, 0.0)
    state, *_ = advance(start(objective.initial(0), method, 0), 5, limits)
    with jax.transfer_guard("disallow"):
        state, trace, _ = advance(state, 5, limits)
    assert int(state.step) == 10 and len(trace.loss) == 5
