"""Functions as objectives and transformations of optax as optimisers, against closed forms."""

import jax.numpy as jnp
import numpy as np
import optax
import pennylane as qml
import pytest

import qce
from qce import circuits, models, objectives, quantum, training
from qce.results import Status
from qce.training import optimizers, plan

MACHINE = models.BornMachine(circuits.rx(1))
OBJECTIVE = objectives.measured_likelihood(MACHINE, [0.25, 0.75])
SENT = objectives.measured_likelihood(MACHINE, [0.25, 0.75], shots=100, seed=0)


def fit(*args, **options):
    return qce.fit(*args, **{"progress": False, **options})


def rosenbrock(p):
    return (1 - p[0]) ** 2 + 100 * (p[1] - p[0] ** 2) ** 2


# --- functions -----------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs", "spsa", "coordinate"])
def test_a_function_is_trained_by_every_optimizer_that_needs_no_model(optimizer):
    """At the minimum of a square from 1: Adam and L-BFGS by the gradient, the others by values."""
    result = fit(lambda p: jnp.sum((p - 3) ** 2) / 4, np.ones(2), optimizer=optimizer, steps=600)
    assert result.params == pytest.approx([3, 3], abs=1e-6 if optimizer != "spsa" else 0.1)
    assert (result.floor, result.estimate.unit, result.estimate.shots) == (None, "", None)


def test_the_minimum_of_a_function_is_found_to_rounding():
    result = fit(rosenbrock, [-1.2, 1.0], optimizer="lbfgs", tolerance=1e-10)
    assert result.status.converged
    np.testing.assert_allclose(result.params, [1, 1], rtol=0, atol=1e-10)


def test_a_quantity_of_the_library_trains_by_a_function():
    """D(ρ‖σ) has its minimum 0 where diag(sigmoid) is ρ."""
    rho = np.diag([0.8, 0.2])

    def loss(p):
        q = 1 / (1 + jnp.exp(-p[0]))
        return quantum.relative_entropy(rho, jnp.diag(jnp.stack([q, 1 - q])), check=False)

    result = fit(loss, [0.0], optimizer="lbfgs")
    assert result.params[0] == pytest.approx(np.log(4), abs=1e-7)


def test_a_circuit_of_pennylane_is_a_function():
    @qml.qnode(qml.device("default.qubit", wires=1), interface="jax")
    def energy(p):
        qml.RX(p[0], wires=0)
        return qml.expval(qml.Z(0))

    assert fit(energy, [0.3], optimizer="lbfgs").estimate.value == pytest.approx(-1, abs=1e-12)


def test_a_function_is_compiled_once_and_goes_on_from_a_file(tmp_path):
    traces = []

    def loss(p):
        traces.append(1)
        return jnp.sum(p**2)

    whole = fit(loss, [1.0], steps=9, tolerance=0)
    once = len(traces)
    fit(loss, [1.0], steps=4, tolerance=0, checkpoint=tmp_path / "file")
    rest = fit(loss, [1.0], steps=9, tolerance=0, checkpoint=tmp_path / "file", resume=True)
    np.testing.assert_array_equal(whole.params, rest.params)
    assert len(traces) == once
    with pytest.raises(qce.ArgumentError, match="`checkpoint` must be of a training with the same"):
        fit(lambda p: jnp.sum(p**4), [1.0], checkpoint=tmp_path / "file", resume=True)


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (lambda p: p, r"return one real number, but it returns shape \(2,\)"),
        (lambda p: p[0] + 1j, "return one real number"),
        (lambda p: None, "return one real number, but it returns None"),
        (lambda p: float(p[0]), "be a function of JAX, but JAX cannot trace it"),
        (lambda p: np.sin(np.asarray(p)).sum(), "be a function of JAX"),
        (lambda p, q: p, "be a function of JAX"),
    ],
)
def test_a_function_that_cannot_be_trained_is_refused(loss, message):
    with pytest.raises(qce.ArgumentError, match=f"`objective` must {message}.*Pass"):
        fit(loss, np.ones(2))


def test_a_function_needs_a_start_and_has_no_metric():
    with pytest.raises(qce.ArgumentError, match="`params` must be given for a function.*Pass"):
        fit(rosenbrock)
    with pytest.raises(qce.ArgumentError, match=r"`params` must have shape \(P,\)"):
        fit(rosenbrock, np.ones((2, 2)))
    for name in ("natural", "marquardt", "qnspsa"):
        with pytest.raises(qce.ArgumentError, match="`optimizer` must be .* metric"):
            fit(rosenbrock, np.ones(2), optimizer=name)


# --- transformations of optax ---------------------------------------------------------------------

METHODS = {
    "adamw": optax.adamw(1e-1, weight_decay=0),
    "sgd": optax.sgd(0.3),
    "momentum": optax.sgd(0.05, momentum=0.9, nesterov=True),
    "lion": optax.lion(optax.exponential_decay(0.1, 10, 0.8)),
    "chain": optax.chain(optax.clip_by_global_norm(1.0), optax.rmsprop(0.02)),
    "polyak": optax.polyak_sgd(max_learning_rate=1.0),
    "lbfgs": optax.lbfgs(),
    "schedule": optax.inject_hyperparams(optax.adam)(learning_rate=0.1),
}


@pytest.mark.parametrize("name", METHODS)
def test_every_kind_of_transformation_trains(name):
    result = fit(lambda p: jnp.sum((p - 3) ** 2), np.ones(2), optimizer=METHODS[name], steps=400)
    assert result.params == pytest.approx([3, 3], abs=1e-2)
    assert result.optimizer["name"] == "optax"


def test_its_adam_is_ours():
    ours = fit(OBJECTIVE, [0.3], learning_rate=0.05, steps=30, tolerance=0)
    theirs = fit(OBJECTIVE, [0.3], optimizer=optax.adam(0.05), steps=30, tolerance=0)
    np.testing.assert_allclose(theirs.history["loss"], ours.history["loss"], rtol=0, atol=1e-14)


def test_it_follows_gradients_of_a_device():
    result = fit(SENT, [0.5], optimizer=optax.sgd(0.3), steps=20)
    assert result.status is Status.STEP_LIMIT and result.spent.circuits == 21 * 3
    assert result.params[0] == pytest.approx(2 * np.pi / 3, abs=0.3)  # sin²(φ/2) = 3/4
    assert plan(SENT, optimizer=optax.sgd(0.3), steps=20).total == result.spent


def test_one_that_searches_is_known_as_such():
    assert optimizers.choose(METHODS["lbfgs"], None, 2).searches
    assert not optimizers.choose(METHODS["chain"], None, 2).searches
    with pytest.raises(qce.ArgumentError, match='`optimizer` must be "adam" on a device'):
        fit(SENT, [0.5], optimizer=METHODS["lbfgs"])


def test_another_setting_is_another_training(tmp_path):
    fit(OBJECTIVE, [0.3], optimizer=optax.adamw(1e-2), steps=2, checkpoint=tmp_path / "file")
    settings = {"checkpoint": tmp_path / "file", "resume": True, "steps": 4}
    assert fit(OBJECTIVE, [0.3], optimizer=optax.adamw(1e-2), **settings).steps == 4
    with pytest.raises(qce.ArgumentError, match="a training with the same optimizer"):
        fit(OBJECTIVE, [0.3], optimizer=optax.adamw(1e-3), **settings)


def test_what_is_not_for_a_vector_is_refused():
    tree = optax.multi_transform({"a": optax.sgd(0.1)}, {"x": "a"})
    with pytest.raises(
        qce.ArgumentError, match="`optimizer` must take a vector of parameters, .*Pass"
    ):
        fit(OBJECTIVE, [0.3], optimizer=tree)
    with pytest.raises(qce.ArgumentError, match="`learning_rate` must be left out"):
        fit(OBJECTIVE, [0.3], optimizer=optax.sgd(0.1), learning_rate=0.1)


# --- many starts, and plans ----------------------------------------------------------------------


def hill(p):
    return (p[0] - 3) ** 2 + p[1] ** 2


def test_many_starts_of_a_function_end_where_each_alone_does():
    starts = np.array([[0.0, 1.0], [5.0, -2.0]])
    many = training.fit_many(hill, [4, 5], starts, steps=50)
    for seed, start, result in zip([4, 5], starts, many, strict=True):
        alone = fit(hill, start, steps=50, seed=seed)
        assert result.seed == seed
        np.testing.assert_allclose(result.params, alone.params, rtol=1e-12)


def test_a_function_is_planned_from_its_starting_point():
    found = plan(hill, [0.0, 1.0], steps=7)
    assert (found.points, found.total.circuits) == (8, 0) and found.seconds > 0
    assert plan(hill, [0.0, 1.0], optimizer=optax.sgd(0.1), steps=7).points == 8


@pytest.mark.parametrize(
    "call, says",
    [
        (lambda: training.fit_many(hill, [0]), "`params` must be given for a function"),
        (lambda: training.fit_many(hill, [0], [1.0, 2.0]), r"`params` must have shape \(1, P\)"),
        (lambda: training.fit_many(hill, [0], [[1j, 2.0]]), "`params` must be real"),
        (lambda: training.fit_many("loss", [0], [[1.0]]), "`objective` must"),
        (lambda: plan(hill), "`params` must be given for a function"),
        (lambda: plan("loss", [0.0]), "`objective` must"),
    ],
)
def test_what_is_wrong_with_many_and_plans_is_said(call, says):
    with pytest.raises(qce.ArgumentError, match=says):
        call()
