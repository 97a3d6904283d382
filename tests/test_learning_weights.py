"""Labels that count more, less or not at all: weights, masks, labels that stand for none."""

import jax
import numpy as np
import pytest
from oracles import EPS

from qce.learning import Loss, Online, predict, train
from qce.models import Classifier, Regressor, Segmenter

RNG = np.random.default_rng(82)
X = RNG.normal(size=(12, 2))
Y = np.arange(12) % 3
MODEL = Classifier(wires=2, classes=3, layers=1, encoding="affine")
IMAGES = RNG.uniform(size=(4, 3, 3))
MASKS = (IMAGES > 0.5).astype(int)
PIXELS = Segmenter(wires=1, classes=2, layers=1, patch=1)
SETTINGS = {"epochs": 4, "batch_size": 64, "learning_rate": 0.1, "seed": 7, "progress": False}
KEPT = np.arange(12) != 5


def learned(model, *data, **settings):
    return train(model, *data, **{**SETTINGS, **settings}).last_params


def nearly(found, expected):
    # Sums in another order; Adam divides by roots of second moments, as small as 1e-3 here.
    np.testing.assert_allclose(found, expected, atol=1e4 * EPS)


def spoiled(x, value):
    x = x.astype(float)
    x[~KEPT] = value
    return x


def test_whole_weights_are_repetitions():
    times = np.array([2, 1, 1, 3, 1, 1, 0, 1, 1, 1, 1, 4])
    nearly(learned(MODEL, X, Y, weights=times), learned(MODEL, X.repeat(times, 0), Y.repeat(times)))


@pytest.mark.parametrize("model", [Regressor(2, 1, "affine"), MODEL], ids=["numbers", "classes"])
def test_rounding_does_not_grow_with_the_epochs(model):
    """Slopes vanish at the end of a fit, and rounding of 1e-16 in them may move parameters.

    By at most 0.1 · 1e-16/1e-5 an epoch, 300 times; with Adam's own 1e-8 it was 1e-8 in all.
    """
    times = np.array([2, 1, 1, 3, 1, 1, 0, 1, 1, 1, 1, 4])
    labels = Y if model is MODEL else RNG.normal(size=12)
    found = learned(model, X, labels, weights=times, epochs=300)
    expected = learned(model, X.repeat(times, 0), labels.repeat(times), epochs=300)
    np.testing.assert_allclose(found, expected, atol=1e-9)


@pytest.mark.thinned(3)
@pytest.mark.parametrize("scale", [1e-200, 3.0, 1e200])
def test_only_ratios_of_weights_count_off_line(scale):
    weights = RNG.uniform(0.5, 2, size=12)
    for size in (4, 64):
        expected = learned(MODEL, X, Y, weights=weights, batch_size=size)
        nearly(learned(MODEL, X, Y, weights=scale * weights, batch_size=size), expected)


@pytest.mark.parametrize("size", [1, 5, 64])
def test_what_is_left_out_is_as_if_it_were_not_there(size):
    """Bit for bit, whatever stands there."""
    expected = learned(MODEL, X[KEPT], Y[KEPT], batch_size=size)
    features, labels = spoiled(X, np.nan), spoiled(Y, np.nan)
    ways = [{"where": KEPT}, {"weights": 1.0 * KEPT}]
    for words in ways:
        found = learned(MODEL, features, labels, batch_size=size, **words)
        np.testing.assert_array_equal(found, expected)
    none = np.where(KEPT, Y, -1)
    found = learned(MODEL, features, none, batch_size=size, ignore_index=-1)
    np.testing.assert_array_equal(found, expected)


def test_single_examples_count_by_their_weight():
    """Alone in its batch an example of weight 2 moves the parameters twice as far."""
    steps = []
    for weight in (1.0, 2.0):
        learner = Online(MODEL, optimizer="sgd", learning_rate=0.1)
        start = learner.params
        learner.update(X[:1], Y[:1], weights=[weight])
        steps.append(learner.params - start)
    nearly(steps[1], 2 * steps[0])
    learner = Online(MODEL, optimizer="sgd", learning_rate=0.1, class_weights={0: 2.0})
    learner.update(X[:1], Y[:1])
    nearly(learner.params - start, steps[1])


def test_batches_of_one_follow_the_slope_of_the_weighted_loss():
    """To first order in the rate, an epoch one by one is one step along Σ w ∇ / mean w."""
    weights, rate = RNG.uniform(0.2, 3, size=12), 1e-6
    words = {"optimizer": "sgd", "learning_rate": rate, "epochs": 1}
    start = MODEL.initial(7)
    found = learned(MODEL, X, Y, weights=weights, batch_size=1, **words) - start
    whole = learned(MODEL, X, Y, weights=weights, batch_size=12, **words) - start
    # The slope of a later example is taken at parameters that moved by 12 · rate · 3 / 0.2 at most.
    np.testing.assert_allclose(found, 12 * whole, rtol=2e-3, atol=1e-3 * np.abs(found).max())


def test_a_dictionary_and_an_array_of_class_weights_agree():
    expected = learned(MODEL, X, Y, class_weights=[1.0, 5.0, 1.0])
    np.testing.assert_array_equal(learned(MODEL, X, Y, class_weights={1: 5}), expected)


def test_balanced_weights_see_weights():
    """As if each label were repeated."""
    times = np.array([2, 1, 1, 3, 1, 1, 2, 1, 1, 1, 1, 4])
    found = learned(MODEL, X, Y, weights=times, class_weights="balanced")
    repeated = X.repeat(times, 0), Y.repeat(times)
    nearly(found, learned(MODEL, *repeated, class_weights="balanced"))


@pytest.mark.thinned(3)
@pytest.mark.parametrize("loss", ["cross_entropy", "dice_loss", "lovasz_softmax_loss"])
def test_pixels_that_nobody_labelled_teach_nothing(loss):
    where = RNG.uniform(size=IMAGES.shape) > 0.3
    expected = learned(PIXELS, IMAGES, np.where(where, MASKS, 1), where=where, loss=loss)
    for labels, words in ((MASKS, {"where": where}), (MASKS - 5 * ~where, {"where": where})):
        found = learned(PIXELS, IMAGES, labels, loss=loss, **words)
        np.testing.assert_array_equal(found, expected)
    found = learned(PIXELS, IMAGES, np.where(where, MASKS, 255), ignore_index=255, loss=loss)
    np.testing.assert_array_equal(found, expected)
    everything = learned(PIXELS, IMAGES, MASKS, loss=loss)
    assert not np.allclose(everything, expected)


@pytest.mark.parametrize("loss", ["cross_entropy", "dice_loss"])
def test_an_image_of_weight_two_is_there_twice(loss):
    twice = np.array([0, 1, 1, 2, 3])
    expected = learned(PIXELS, IMAGES[twice], MASKS[twice], loss=loss)
    nearly(learned(PIXELS, IMAGES, MASKS, weights=[1, 2, 1, 1], loss=loss), expected)


def test_validation_may_have_weights_and_labels_that_stand_for_none():
    held = X[:6], np.where(KEPT[:6], Y[:6], -1)
    words = {"ignore_index": -1, **SETTINGS}
    found = train(MODEL, X, Y, validation=list(held), **words).history
    expected = train(MODEL, X, Y, validation=(X[:5], Y[:5]), **words).history
    weighted = train(MODEL, X, Y, validation=(X[:6], Y[:6], KEPT[:6]), **SETTINGS).history
    for name in ("validation_loss", "validation_accuracy"):
        np.testing.assert_array_equal(found[name], expected[name])
        np.testing.assert_array_equal(weighted[name], expected[name])


def test_the_history_is_the_weighted_loss():
    weights = RNG.uniform(0.5, 2, size=12)
    result = train(MODEL, X, Y, weights=weights, **SETTINGS)
    p = predict(MODEL, result.params, X)[np.arange(12), Y]
    expected = -(weights * np.log(p)).sum() / weights.sum()
    np.testing.assert_allclose(result.history["loss"][-1], expected, rtol=100 * EPS)
    assert Loss().of_labels and not Loss("dice_loss").of_labels


def test_a_stream_leaves_out_too():
    learners = [Online(MODEL, ignore_index=-1), Online(MODEL), Online(MODEL)]
    learners[0].update(X, np.where(KEPT, Y, -1))
    learners[1].update(X[KEPT], Y[KEPT])
    learners[2].update(spoiled(X, np.nan), Y, where=KEPT)
    for learner in learners:
        np.testing.assert_array_equal(learner.params, learners[1].params)


BAD = {
    "negative": ({"weights": -np.ones(12)}, "`weights` must not be negative"),
    "NaN": ({"weights": np.full(12, np.nan)}, "`weights` must be finite"),
    "none": ({"weights": np.zeros(12)}, "`weights` must let something count"),
    "words": ({"weights": ["a"] * 12}, "`weights` must be numeric"),
    "complex": ({"weights": 1j * np.ones(12)}, "`weights` must be real"),
    "too few": ({"weights": np.ones(11)}, r"`weights` must have shape \(12,\)"),
    "no mask": ({"where": np.ones(12)}, "`where` must be True or False"),
    "a mask of all": ({"where": np.zeros(12, bool)}, "`where` must let something count"),
    "no class": ({"ignore_index": 0.5}, "`ignore_index` must be an integer"),
    "an empty class": ({"where": Y > 0}, "class 0 of 3 is empty"),
    "no such class": ({"class_weights": {3: 1.0}}, "3 is none"),
    "a negative class": ({"class_weights": {1: -1.0}}, "`class_weights` must be positive"),
    "regions": (
        {"weights": np.ones(12), "loss": "lovasz_softmax_loss"},
        "`weights` must be None for this loss",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_weights_are_refused(name):
    words, message = BAD[name]
    with pytest.raises((ValueError, TypeError), match=message):
        train(MODEL, X, Y, **{**SETTINGS, **words})


def test_in_single_precision_too():
    """Weights are made doubles, whatever mode JAX is in."""
    weights = RNG.uniform(0.5, 2, size=12)
    with jax.enable_x64(False):
        found = learned(MODEL, X, Y, weights=weights)
    np.testing.assert_array_equal(found, learned(MODEL, X, Y, weights=weights))
