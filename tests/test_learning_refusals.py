"""Bad labels, examples and settings: refused before anything is computed."""

import numpy as np
import pytest

from qce.learning import Online, predict, train
from qce.models import Classifier, Segmenter

MODEL = Classifier(wires=2, classes=3, layers=1, encoding="affine")
IMAGES = Segmenter(wires=4, classes=2, layers=1)
X, Y = np.linspace(-1, 1, 18).reshape(9, 2), np.arange(9) % 3
NAN = np.nan

BAD = {
    "a class out of range": ({"labels": np.arange(9) % 4}, "lie in 0 … 2"),
    "a negative class": ({"labels": Y - 1}, "lie in 0 … 2"),
    "too few labels": ({"labels": Y[:8]}, r"have shape \(9,\)"),
    "one-hot labels": ({"labels": np.eye(3)[Y]}, r"have shape \(9,\)"),
    "NaN among labels": ({"labels": np.where(Y == 1, NAN, Y)}, "it holds NaN"),
    "infinite labels": ({"labels": np.where(Y == 1, np.inf, Y)}, "it holds inf"),
    "ragged labels": ({"labels": [[0, 1], [2]]}, "`labels` must be an array"),
    "half a class": ({"labels": Y + 0.5}, "it holds 0.5"),
    "names of classes": ({"labels": np.array(["a", "b", "c"] * 3)}, "be whole numbers"),
    "an empty class": ({"labels": Y % 2}, "class 2 of 3 is empty"),
    "all one class": ({"labels": 0 * Y}, "all are of class 0"),
    "NaN among features": ({"features": X * NAN}, "holds NaN"),
    "infinite features": ({"features": np.where(X > 0, np.inf, X)}, "an infinity"),
    "no examples": ({"features": X[:0], "labels": Y[:0]}, "not empty"),
    "complex features": ({"features": X * 1j}, "be real numbers"),
    "a single row": ({"features": X[0]}, "have shape"),
    "too many features": ({"features": np.zeros((9, 4))}, "f in 1 … 3"),
    "no share": ({"validation": 1.0}, r"be a share in \(0, 1\)"),
    "a share that leaves a class out": ({"validation": 0.1}, "every class in both parts"),
    "validation labels out of range": ({"validation": (X, Y + 1)}, "labels of `validation`"),
    "validation with NaN": ({"validation": (X * NAN, Y)}, "features of `validation`"),
    "an unknown loss": ({"loss": "accuracy"}, "`loss` must be one of"),
    "states that nothing changes": ({"loss": "info_nce_loss"}, "depend on the parameters"),
    "no epochs": ({"epochs": -1}, "`epochs` must be an integer >= 0"),
    "empty batches": ({"batch_size": 0}, "`batch_size` must be an integer >= 1"),
    "no patience": ({"patience": 0, "validation": 0.4}, "`patience` must be an integer >= 1"),
    "patience for nothing": ({"patience": 3}, "be None without validation"),
    "no window": ({"window": 0}, "`window` must be an integer >= 1"),
    "batches of a float": ({"batch_size": 8.0}, "`batch_size` must be an integer"),
    "epochs of None": ({"epochs": None}, "`epochs` must be an integer"),
    "epochs by truth": ({"epochs": True}, "`epochs` must be an integer"),
    "half an epoch's patience": ({"patience": 2.5, "validation": 0.4}, "`patience` must be an int"),
    "half a window": ({"window": 1.5}, "`window` must be an integer"),
    "a seed of text": ({"seed": "a"}, "`seed` must be an integer"),
    "validation by truth": ({"validation": True}, "`validation` must be a number"),
    "validation of one part": ({"validation": [X]}, r"`validation` must be \(features, labels\)"),
    "a rate by truth": ({"learning_rate": True}, "`learning_rate` must be a number"),
    "a rate of NaN": ({"learning_rate": NAN}, "`learning_rate` must be finite"),
    "parameters of NaN": ({"params": np.full(6, NAN)}, "`params` must be finite"),
    "no function": ({"callback": 5}, "`callback` must be a function"),
    "a function of the epoch alone": (
        {"callback": lambda epoch: None},
        "`callback` must take epoch and history, but it takes",
    ),
    "an unknown optimiser": ({"optimizer": "lbfgs"}, "be one of 'adam'"),
    "no learning": ({"learning_rate": 0.0}, "be positive, but"),
    "weights of two classes": ({"class_weights": [1.0, 1.0]}, r"have shape \(3,\)"),
    "a class without weight": ({"class_weights": [0.0, 1.0, 1.0]}, "be positive"),
    "weights of whole regions": (
        {"class_weights": [1.0, 1.0, 1.0], "loss": "lovasz_softmax_loss"},
        "be None for this loss",
    ),
    "weights by a word": ({"class_weights": "equal"}, "be one of 'balanced'"),
    "another start": ({"params": np.zeros(2)}, r"have shape \(6,\)"),
}  # fmt: skip


@pytest.fixture
def nothing_is_computed(monkeypatch):
    def fail(*arguments):
        raise AssertionError("a program was run")

    for name in ("qce.learning.offline.program", "qce.learning.offline.score"):
        monkeypatch.setattr(name, fail)


@pytest.mark.parametrize("name", BAD)
def test_refused_in_the_one_grammar_before_anything_is_computed(name, nothing_is_computed):
    settings, words = BAD[name]
    with pytest.raises((ValueError, TypeError), match=words) as raised:
        train(MODEL, **{"features": X, "labels": Y, "progress": False, **settings})
    message = str(raised.value)
    assert message.startswith("Argument") and " must " in message
    assert ", but " in message and ". Pass " in message and message.endswith(".")


MASKS = {
    "one label an image": ([0, 1], r"have shape \(2, 4, 4\)"),
    "a mask of another size": (np.zeros((2, 4, 3)), r"have shape \(2, 4, 4\)"),
    "a class of pixels too many": (np.full((2, 4, 4), 2), "lie in 0 … 1"),
    "NaN in a mask": (np.full((2, 4, 4), NAN), "it holds NaN"),
    "no ink at all": (np.zeros((2, 4, 4), int), "all are of class 0"),
}


@pytest.mark.parametrize("name", MASKS)
def test_bad_masks_are_refused(name, nothing_is_computed):
    masks, words = MASKS[name]
    with pytest.raises(ValueError, match=words):
        train(IMAGES, np.zeros((2, 4, 4)), masks, progress=False)


@pytest.mark.parametrize(
    ("labels", "words"),
    [([3], "lie in 0 … 2"), ([NAN], "holds NaN"), ([0, 1], r"have shape \(1,\)")],
)
def test_a_stream_refuses_too_and_learns_nothing(labels, words):
    learner = Online(MODEL)
    before = learner.params
    with pytest.raises(ValueError, match=words):
        learner.update(X[:1], labels)
    np.testing.assert_array_equal(learner.params, before)
    assert learner.updates == 0


def test_a_stream_has_no_frequencies_to_balance():
    with pytest.raises(ValueError, match="be numbers on line"):
        Online(MODEL, class_weights="balanced")


def test_predictions_of_nothing_are_refused():
    with pytest.raises(ValueError, match="be finite, but it holds NaN"):
        predict(MODEL, MODEL.initial(0), X * NAN)
