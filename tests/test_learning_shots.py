"""Learning from simulated outcomes: the laws of PennyLane's, an epoch at a time."""

import pickle

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from oracles import EPS
from scipy import stats

from qce.learning import CircuitClassifier, CircuitRegressor, Online, predict, train
from qce.learning.batches import Batch
from qce.learning.likelihood import likelihood
from qce.learning.loss import Loss
from qce.learning.measured import machine_for, measured_program
from qce.learning.offline import starting_point
from qce.learning.sampled import drawn_here, outcomes, sampled_program
from qce.models import Classifier, Regressor, Segmenter
from qce.models.classifier import ENCODINGS

RNG = np.random.default_rng(84)
X = RNG.normal(size=(5, 2))
Y = np.arange(5) % 2
WEIGHTS = RNG.uniform(0.5, 2, size=5)
SETTINGS = {"epochs": 2, "batch_size": 3, "learning_rate": 0.1, "progress": False}
PENNYLANE = "default.qubit gradient=shifts"


def classifier(encoding="angle"):
    return Classifier(2, 2, 1, encoding, 2 if encoding == "projected" else None)


MODELS = [*map(classifier, ENCODINGS), Regressor(2, 1, "reuploading")]


def names(model):
    return f"{type(model).__name__} {getattr(model, 'encoding', '')}"


@pytest.mark.thinned(3)
@pytest.mark.parametrize("model", MODELS, ids=names)
def test_frequencies_and_slopes_are_unbiased(model):
    """Means over many keys, against exact probabilities and JAX's derivative of them."""
    params, costs = model.initial(0), np.random.default_rng(1).normal(size=(5, 4))

    def exact(params):
        kets, angles = model.prepared(params, jnp.asarray(X))
        each = jnp.broadcast_to(angles, (len(X), model.circuit.size))
        laws = jnp.abs(jax.vmap(model.circuit.evolve)(kets, each)) ** 2
        return jnp.sum(laws * costs), laws

    def drawn(key):
        seen, pull = outcomes(model, params, jnp.asarray(X), 30, key)
        return jnp.concatenate([seen.ravel(), pull(jnp.asarray(costs))])

    with jax.enable_x64(True):
        slope, laws = jax.grad(exact, has_aux=True)(jnp.asarray(params))
        keys = jax.random.split(jax.random.key(0), 2000)
        found = np.asarray(jax.jit(lambda keys: jax.lax.map(drawn, keys))(keys))
        if isinstance(model, Classifier):
            expected = model.read(params, laws)
            np.testing.assert_allclose(model.probabilities(params, X), expected, atol=64 * EPS)
    error = found.std(axis=0) / len(found) ** 0.5
    off = np.abs(found.mean(axis=0) - np.concatenate([np.ravel(laws), slope]))
    # 5.5 standard errors: once in 2e7 entries; what never moves is left with rounding.
    np.testing.assert_array_less(off, 5.5 * error + 256 * EPS)
    np.testing.assert_allclose(found[:, :20].reshape(-1, 5, 4).sum(axis=2), 1, atol=8 * EPS)


@pytest.mark.parametrize(
    ("model", "loss"),
    [(classifier("projected"), Loss()), (Regressor(2, 1), likelihood("gaussian_nll"))],
    ids=["classifier", "regressor"],
)
def test_a_step_has_the_law_of_one_through_pennylane(model, loss):
    """Loss, accuracy and where one step of plain gradient descent leads."""
    shots, labels = 20, Y if isinstance(model, Classifier) else X[:, 0]
    batch = Batch(X[None], labels[None], WEIGHTS[None])
    rng = np.random.default_rng(0)
    start = starting_point(model, None, 3)
    machine = machine_for(model, PENNYLANE, shots, 5)
    ways = {
        400: sampled_program(model, loss, "sgd", 0.1, shots, rng),
        60: measured_program(machine, shots, model, loss, "sgd", 0.1),
    }
    rows = []
    with jax.enable_x64(True):
        for count, way in ways.items():
            each = [way.epoch(way.start(start), batch) for _ in range(count)]
            rows.append(np.array([[float(s.loss[0]), *np.asarray(x.params)] for x, s in each]))
    for one, two in zip(*(found.T for found in rows), strict=True):
        error = np.hypot(one.std() / len(one) ** 0.5, two.std() / len(two) ** 0.5)
        rounding = 64 * EPS * (1 + np.abs(one).max())
        assert abs(one.mean() - two.mean()) <= 5.5 * error + rounding
        assert stats.ks_2samp(one.round(12), two.round(12)).pvalue > 1e-7


def test_examples_that_do_not_count_move_nothing():
    """An incomplete batch is filled up: the fillers are drawn, and weigh nothing."""
    model, loss = classifier("reuploading"), Loss()
    labels, weights = np.r_[Y, 0, 0, 0][None], np.r_[WEIGHTS, 0, 0, 0][None]
    found = []
    for fill in (7.0, 8.0):
        batch = Batch(np.concatenate([X, np.full((3, 2), fill)])[None], labels, weights)
        program = sampled_program(model, loss, "sgd", 0.1, 15, np.random.default_rng(0))
        with jax.enable_x64(True):
            state, score = program.epoch(program.start(model.initial(0)), batch)
        found.append(np.r_[np.asarray(state.params), float(score.loss[0])])
    np.testing.assert_array_equal(*found)


@pytest.mark.parametrize("device", [None, "default.qubit"])
def test_equal_seeds_give_equal_trainings(device):
    options = {"shots": 20, "device": device, **SETTINGS}
    one, same, other = (train(classifier(), X, Y, seed=s, **options) for s in (3, 3, 4))
    np.testing.assert_array_equal(one.last_params, same.last_params)
    np.testing.assert_array_equal(one.history["loss"], same.history["loss"])
    assert (one.last_params != other.last_params).any()
    assert len(np.unique(one.history["loss"])) == 3


@pytest.mark.long
def test_many_shots_lead_where_exact_values_do():
    """With N outcomes a circuit gradients are known to about 1/√N, and so is each of few steps."""
    model, shots = classifier("projected"), 400_000
    options = {**SETTINGS, "optimizer": "sgd"}
    exact = train(model, X, Y, **options)
    found = train(model, X, Y, shots=shots, **options)
    # Four steps of a tenth of a mean slope, whose terms are below 1/p; half a count moves p by 1/N.
    np.testing.assert_allclose(found.last_params, exact.last_params, atol=20 * 0.4 / shots**0.5)
    p = predict(model, exact.params, X, shots=shots, seed=1)
    np.testing.assert_allclose(p, predict(model, exact.params, X), atol=5 * 0.5 / shots**0.5)


def test_what_is_drawn_here_and_what_goes_through_pennylane():
    model = classifier()
    given = (None, "default.qubit", PENNYLANE, "lightning.qubit")
    assert [drawn_here(model, device, 5) for device in given] == [True, True, False, False]
    assert not drawn_here(model, None, None) and not drawn_here(Segmenter(4), None, 5)


def test_a_stream_draws_by_the_number_of_its_update():
    """A learner that was stored goes on to the bits of the one that was not."""
    options = {"learning_rate": 0.1, "shots": 20, "seed": 5}
    whole, first = (Online(classifier(), **options) for _ in range(2))
    scores = [whole.update(X[k : k + 1], Y[k : k + 1]).loss for k in range(5)]
    for k in range(5):
        first = pickle.loads(pickle.dumps(first))
        assert first.update(X[k : k + 1], Y[k : k + 1]).loss == scores[k]
    np.testing.assert_array_equal(first.params, whole.params)
    other = Online(classifier(), **{**options, "seed": 6}, params=classifier().initial(5))
    assert other.update(X, Y).loss != Online(classifier(), **options).update(X, Y).loss
    exact = Online(classifier(), learning_rate=0.1, seed=5)
    assert exact.update(X[:1], Y[:1]).loss != scores[0]


@pytest.mark.parametrize("estimator", [CircuitClassifier, CircuitRegressor])
def test_estimators_learn_from_shots(estimator):
    found = estimator(wires=2, layers=1, epochs=1, shots=30).fit(X, Y)
    assert found.predict(X).shape == (5,)


def test_an_estimator_takes_a_stream_of_shots():
    one, same = (
        CircuitClassifier(wires=2, layers=1, shots=30).partial_fit(X, Y, classes=[0, 1])
        for _ in range(2)
    )
    np.testing.assert_array_equal(one.params_, same.params_)
    exact = CircuitClassifier(wires=2, layers=1).partial_fit(X, Y, classes=[0, 1])
    assert (one.params_ != exact.params_).any()


@pytest.mark.parametrize("shots", [0, -1, 1.5, True])
def test_impossible_numbers_of_outcomes_are_refused(shots):
    for call in (
        lambda: train(classifier(), X, Y, shots=shots, **SETTINGS),
        lambda: Online(classifier(), shots=shots),
        lambda: predict(classifier(), classifier().initial(0), X, shots=shots),
    ):
        with pytest.raises((ValueError, TypeError), match="`shots` must be"):
            call()


def test_what_has_no_outcomes_is_refused():
    with pytest.raises(ValueError, match="be one of outcomes"):
        train(classifier("projected"), X, Y, shots=5, loss="info_nce_loss", **SETTINGS)
    with pytest.raises(ValueError, match="be None for"):
        Online(Segmenter(4), shots=5)
