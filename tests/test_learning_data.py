"""Labelled sets, masks, splits and streams."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from qce.data import Labelled, digit_masks, labelled


@pytest.mark.parametrize(
    ("name", "shape", "classes"),
    [
        ("iris", (150, 4), 3),
        ("wine", (178, 13), 3),
        ("breast_cancer", (569, 30), 2),
        ("digits", (1797, 64), 10),
    ],
)
def test_sets_are_those_of_scikit_learn(name, shape, classes):
    data = labelled(name)
    assert data.features.shape == shape and len(data.classes) == classes
    assert set(data.labels) == set(range(classes))


def test_classes_are_numbered_in_the_order_given():
    pixels, digit = load_digits(return_X_y=True)
    data = labelled("digits", [8, 3])
    np.testing.assert_array_equal(data.labels, np.where(digit[np.isin(digit, [3, 8])] == 3, 1, 0))
    np.testing.assert_array_equal(data.features, pixels[np.isin(digit, [3, 8])] / 16)
    assert data.classes == ("8", "3")


def test_a_split_keeps_shares_of_classes_and_loses_nothing():
    data = labelled("iris")
    first, second = data.split(0.3, seed=0)
    np.testing.assert_array_equal(np.bincount(first.labels), [35, 35, 35])
    np.testing.assert_array_equal(np.bincount(second.labels), [15, 15, 15])
    both = np.concatenate([first.features, second.features])
    np.testing.assert_array_equal(np.sort(both, axis=0), np.sort(data.features, axis=0))
    again, _ = data.split(0.3, seed=0)
    np.testing.assert_array_equal(first.features, again.features)


def test_a_stream_passes_everything_once():
    data = labelled("iris")
    batches = list(data.stream(seed=1, batch_size=40))
    assert [len(y) for _, y in batches] == [40, 40, 40, 30]
    seen = np.concatenate([x for x, _ in batches])
    np.testing.assert_array_equal(np.sort(seen, axis=0), np.sort(data.features, axis=0))
    assert not np.array_equal(seen, data.features)


def test_masks_are_the_ink_of_the_clean_image():
    clean = digit_masks(clutter=0.0, noise=0.0)
    np.testing.assert_array_equal(clean.labels, clean.features >= 0.5)
    data = digit_masks(clutter=0.7, noise=0.0, seed=3)
    np.testing.assert_array_equal(data.labels, clean.labels)
    slope = data.features - clean.features
    assert slope.min() >= 0 and slope.max() <= 0.7
    # A plane: second differences vanish, up to rounding of numbers below two.
    assert np.abs(np.diff(slope, n=2, axis=1)).max() < 1e-14
    images, masks = digit_masks().split(0.25, seed=0)
    assert images.features.shape == (1347, 8, 8) and masks.labels.shape == (450, 8, 8)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: labelled("mnist"), "be one of 'iris'"),
        (lambda: labelled("iris", [0, 3]), "different ones of 0 … 2"),
        (lambda: labelled("iris", [1, 1]), "different ones of 0 … 2"),
        (lambda: labelled("iris", []), "different ones of 0 … 2"),
        (lambda: labelled("iris").split(1.0, 0), r"lie in \(0, 1\)"),
        (lambda: next(labelled("iris").stream(0, 0)), "integer >= 1"),
        (lambda: digit_masks(noise=-1.0), "not be negative"),
        (lambda: Labelled(np.ones((2, 1)), np.array([0]), ("a", "b")), "belong to the features"),
        (lambda: Labelled(np.ones((1, 1)), np.array([2]), ("a", "b")), "lie in 0 … 1"),
        (lambda: Labelled(np.ones((1, 1)), np.array([np.nan]), ("a", "b")), "be integers"),
    ],
)
def test_bad_arguments_are_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()
