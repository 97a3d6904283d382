"""Training on labelled data: mini-batches, early stopping, streams, and what is refused."""

import pickle

import jax
import numpy as np
import optax
import pytest
from oracles import EPS

from qce import losses
from qce.learning import LivePlot, Loss, Online, predict, prediction, train
from qce.learning.batches import Batch, batched, power_of_four, power_of_two
from qce.learning.program import program
from qce.learning.tendency import Tendency
from qce.models import Classifier, Segmenter
from qce.results import Status

RNG = np.random.default_rng(81)
X = RNG.normal(size=(22, 2))
Y = (X[:, 0] * X[:, 1] > 0).astype(int)
MODEL = Classifier(wires=2, classes=2, layers=1, encoding="affine")
SETTINGS = {"batch_size": 8, "learning_rate": 0.1, "progress": False}


@pytest.fixture(scope="module")
def trained():
    return train(MODEL, X, Y, validation=0.25, epochs=6, seed=3, **SETTINGS)


def test_batches_hold_every_example_once_and_fill_up_with_what_does_not_count():
    order = RNG.permutation(22)
    batches = batched(Batch(X, Y, np.ones(22)), order, 8)
    assert batches.features.shape == (3, 8, 2) and batches.weights.sum() == 22
    counted = batches.features[batches.weights > 0]
    np.testing.assert_array_equal(counted, X[order])
    whole = batched(Batch(X, Y, np.ones(22)), order, 8, whole=True)
    assert whole.labels.shape == (2, 8) and whole.weights.all()


def test_an_epoch_is_optax_step_by_step():
    """Three batches of eight, the last of six, by a loop that knows nothing of padding."""
    found = train(MODEL, X, Y, epochs=1, seed=5, **SETTINGS).last_params
    order = np.random.default_rng(5).permutation(22)
    params, method = MODEL.initial(5), optax.adam(0.1, eps=1e-5)
    state = method.init(params)

    @jax.jit
    def slope(params, counts):
        def loss(params):
            p = MODEL.probabilities(params, X)[np.arange(22), Y]
            return -counts @ jax.numpy.log(p) / counts.sum()

        return jax.grad(loss)(params)

    for rows in (order[:8], order[8:16], order[16:]):
        change, state = method.update(slope(params, np.isin(np.arange(22), rows) * 1.0), state)
        params = optax.apply_updates(params, change)
    # Adam divides by the root of its second moment: errors of a gradient of 0.1 grow tenfold.
    np.testing.assert_allclose(found, params, atol=1000 * EPS)


def test_history_has_both_sets_epoch_by_epoch(trained):
    history = trained.history
    assert set(history) == {
        "epoch", "loss", "accuracy", "validation_loss", "validation_accuracy", "tendency",
        "seconds",
    }  # fmt: skip
    np.testing.assert_array_equal(history["epoch"], np.arange(7))
    assert history["loss"][-1] < history["loss"][0]
    assert trained.status is Status.EPOCHS and "epoch" in str(trained)


def test_history_is_what_the_model_says(trained):
    """Of a training without validation: the last parameters, all examples."""
    result = train(MODEL, X, Y, epochs=2, seed=3, **SETTINGS)
    p = predict(MODEL, result.params, X)
    expected = losses.cross_entropy(Y, p), np.mean(p.argmax(axis=1) == Y)
    found = result.history["loss"][-1], result.history["accuracy"][-1]
    np.testing.assert_allclose(found, expected, atol=100 * EPS)


def test_equal_seeds_are_equal_bit_for_bit_and_others_are_not(trained):
    again = train(MODEL, X, Y, validation=0.25, epochs=6, seed=3, **SETTINGS)
    np.testing.assert_array_equal(again.last_params, trained.last_params)
    for name in set(again.history) - {"seconds"}:
        np.testing.assert_array_equal(again.history[name], trained.history[name])
    other = train(MODEL, X, Y, validation=0.25, epochs=6, seed=4, **SETTINGS)
    assert not np.array_equal(other.last_params, trained.last_params)


def test_the_split_keeps_the_share_of_every_class():
    y = (np.arange(22) < 8).astype(int)
    sizes = []
    train(
        MODEL, X, y, validation=0.5, epochs=0, seed=1, **SETTINGS,
        callback=lambda epoch, history: sizes.append(history["validation_accuracy"][-1] * 11),
    )  # fmt: skip
    assert sizes[0] == pytest.approx(round(sizes[0]))  # of eleven that were held back


def test_the_best_epoch_is_that_of_the_least_tendency_and_patience_ends():
    """Labels of the validation set are turned round: what is learned there is wrong."""
    result = train(
        MODEL, X, Y, validation=(X, 1 - Y), epochs=60, patience=4, window=2, seed=3, **SETTINGS
    )
    tendency = result.history["tendency"]
    losses_ = result.history["validation_loss"]
    np.testing.assert_allclose(tendency[1:], (losses_[1:] + losses_[:-1]) / 2)
    assert result.status is Status.EARLY and len(tendency) < 60
    assert result.best_epoch == np.argmin(tendency) == len(tendency) - 1 - 4
    kept = losses.cross_entropy(1 - Y, predict(MODEL, result.params, X))
    assert kept == pytest.approx(losses_[result.best_epoch])


def test_a_lucky_epoch_does_not_win():
    lucky, steady = Tendency(window=3), [0.9, 0.8, 0.1, 0.8, 0.9, 0.9]
    assert [lucky.add(loss) for loss in steady] == [True, True, True, True, False, False]
    assert lucky.waited == 2


def test_class_weights_are_repetition_and_balance():
    """Whole epochs in one batch: the weight 2 of a class is to have its examples twice."""
    one = {"batch_size": 64, "epochs": 3, "learning_rate": 0.1, "progress": False, "seed": 2}
    twice = np.concatenate([np.arange(22), np.flatnonzero(Y == 1)])
    found = train(MODEL, X, Y, class_weights=[1.0, 2.0], **one)
    expected = train(MODEL, X[twice], Y[twice], **one)
    np.testing.assert_allclose(found.last_params, expected.last_params, atol=1000 * EPS)
    counts = np.bincount(Y)
    balanced = train(MODEL, X, Y, class_weights="balanced", **one)
    spelt_out = train(MODEL, X, Y, class_weights=22 / (2 * counts), **one)
    np.testing.assert_array_equal(balanced.last_params, spelt_out.last_params)


def test_an_infinite_loss_ends_the_training_with_what_was_good():
    model = Classifier(wires=1, classes=2, layers=1, encoding="amplitude")
    basis = np.eye(2)  # at angle 0 the circuit does nothing, and both are certain
    result = train(model, basis, [1, 0], epochs=3, params=np.zeros(model.size), **SETTINGS)
    assert result.status is Status.NON_FINITE and not len(result.history)
    np.testing.assert_array_equal(result.params, np.zeros(model.size))


def test_an_interrupt_keeps_what_there_is():
    def interrupt(epoch, history):
        if epoch == 2:
            raise KeyboardInterrupt

    result = train(MODEL, X, Y, epochs=6, seed=3, callback=interrupt, **SETTINGS)
    assert result.status is Status.INTERRUPTED and len(result.history["epoch"]) == 3
    expected = train(MODEL, X, Y, epochs=2, seed=3, **SETTINGS)
    np.testing.assert_array_equal(result.params, expected.params)


def test_the_bar_shows_both_sets(capsys):
    train(MODEL, X, Y, validation=0.25, epochs=2, seed=3, **{**SETTINGS, "progress": True})
    shown = capsys.readouterr().err
    assert "2/2" in shown and "loss 0." in shown and " / 0." in shown and "accuracy" in shown


def test_the_live_plot_grows():
    plot = LivePlot(every=2)
    train(MODEL, X, Y, validation=0.25, epochs=3, seed=3, callback=plot, **SETTINGS)
    lines = plot.figure.axes[0].get_lines()
    assert [len(line.get_xdata()) for line in lines] == [3, 3]  # epochs 0, 1, 2


def test_a_stream_is_learned_step_by_step():
    """One batch on line is one update of an epoch; what is returned is what was known before."""
    learner = Online(MODEL, learning_rate=0.1, seed=5)
    before = losses.cross_entropy(Y[:8], predict(MODEL, learner.params, X[:8]))
    assert learner.update(X[:8], Y[:8]).loss == pytest.approx(float(before))
    whole = train(MODEL, X[:8], Y[:8], epochs=1, seed=5, **SETTINGS)
    # The order of eight terms of a sum is another.
    np.testing.assert_allclose(learner.params, whole.last_params, atol=1000 * EPS)


def test_a_stream_does_not_grow_in_memory():
    """After every size of batch was seen, neither arrays nor compiled programs become more."""
    learner = Online(MODEL, learning_rate=0.1)

    def some(count):
        for size in RNG.integers(1, 9, size=count):
            learner.update(X[:size], Y[:size])

    for size in range(1, 9):
        learner.update(X[:size], Y[:size])
    compiled = program(MODEL, Loss(), "adam", 0.1).epoch._cache_size()
    arrays, state = len(jax.live_arrays()), len(pickle.dumps(learner))
    some(200)
    assert program(MODEL, Loss(), "adam", 0.1).epoch._cache_size() == compiled
    assert len(jax.live_arrays()) == arrays and len(pickle.dumps(learner)) == state


def test_a_pickled_learner_goes_on_bit_for_bit():
    learner = Online(MODEL, learning_rate=0.1)
    learner.update(X[:8], Y[:8])
    other = pickle.loads(pickle.dumps(learner))
    for one in (learner, other):
        one.update(X[8:16], Y[8:16])
    np.testing.assert_array_equal(learner.params, other.params)


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "sgd"])
def test_a_learner_in_double_precision_is_read_back_in_single_bit_for_bit(optimizer):
    """Pickles are read by a process that has not met 64 bit yet."""
    learner = Online(MODEL, optimizer=optimizer, learning_rate=0.1)
    for k in range(3):
        learner.update(X[k : k + 8], Y[k : k + 8])
    with jax.enable_x64(False):
        other = pickle.loads(pickle.dumps(learner))
    leaves = [jax.tree.leaves(one._state) for one in (learner, other)]
    assert [leaf.dtype for leaf in leaves[0]] == [leaf.dtype for leaf in leaves[1]]
    for k in range(20):
        for one in (learner, other):
            one.update(X[k % 4 : k % 4 + 8], Y[k % 4 : k % 4 + 8])
    np.testing.assert_array_equal(learner.params, other.params)


def test_nothing_of_jax_is_kept_between_calls():
    """Its arrays change their type with the mode of the process that reads a pickle."""
    learner = Online(MODEL)
    learner.update(X[:8], Y[:8])
    kept = [*jax.tree.leaves(vars(learner)), *jax.tree.leaves(vars(train(MODEL, X, Y, epochs=1)))]
    assert kept and not any(isinstance(x, jax.Array) for x in kept)


def test_sizes_of_batches_are_few():
    assert [power_of_two(count) for count in (1, 2, 3, 4, 5, 8, 9)] == [1, 2, 4, 4, 8, 8, 16]
    assert [power_of_four(count) for count in (1, 2, 4, 5, 16, 17)] == [1, 4, 4, 16, 16, 64]


def test_four_programs_predict_sets_of_all_sizes():
    model = Classifier(wires=1, classes=2, layers=1, encoding="affine")
    params = model.initial(0)
    whole = predict(model, params, X[:1].repeat(400, 0)[:, :1])
    compiled = prediction._probabilities(model)
    for count in range(1, 400, 7):
        found = predict(model, params, X[:1].repeat(count, 0)[:, :1])
        assert found.shape == (count, 2)
        np.testing.assert_allclose(found, whole[:count], atol=10 * EPS)
    assert compiled._cache_size() <= 4


def test_a_segmenter_learns_a_threshold():
    images = RNG.uniform(size=(12, 4, 4))
    masks = (images > 0.5).astype(int)
    model = Segmenter(wires=1, classes=2, layers=2, patch=1)
    settings = {**SETTINGS, "batch_size": 4, "learning_rate": 0.2, "loss": "dice_loss"}
    result = train(model, images, masks, validation=0.25, epochs=40, seed=0, **settings)
    assert result.history["validation_accuracy"][result.best_epoch] > 0.9  # half by chance


def test_training_leaves_the_mode_of_jax_alone():
    with jax.enable_x64(False):
        result = train(MODEL, X, Y, epochs=1, seed=3, **SETTINGS)
        assert result.params.dtype == np.float64
        assert jax.numpy.ones(1).dtype == np.float32
