"""The patch-wise segmenter: every pixel is the classifier's prediction of the patch around it."""

import jax
import numpy as np
import pytest
from oracles import EPS

from qce.models import Classifier, Segmenter

IMAGES = np.random.default_rng(61).uniform(0, 1, size=(2, 4, 5))


@pytest.fixture(scope="module")
def model():
    return Segmenter(wires=4, classes=3, layers=2)


def test_every_pixel_is_the_prediction_of_its_patch(model):
    """Cut out one by one by NumPy, and given to the classifier alone."""
    params = model.initial(seed=1)
    found = np.asarray(model.probabilities(params, IMAGES))
    assert found.shape == (2, 3, 4, 5)
    padded = np.pad(IMAGES, ((0, 0), (1, 1), (1, 1)))
    patches = np.array(
        [padded[n, i : i + 3, j : j + 3].ravel() for n, i, j in np.ndindex(IMAGES.shape)]
    )
    one = Classifier(wires=4, classes=3, layers=2, encoding="affine")
    expected = np.asarray(one.probabilities(params, patches)).reshape(2, 4, 5, 3)
    # Thirty gates on sixteen amplitudes.
    np.testing.assert_allclose(found, np.moveaxis(expected, -1, 1), atol=30 * 16 * EPS)


def test_a_pixel_sees_its_patch_and_nothing_else(model):
    params = model.initial(seed=2)
    image = np.zeros((1, 5, 5))
    before = np.asarray(model.probabilities(params, image))
    image[0, 2, 2] = 1.0
    changed = np.abs(np.asarray(model.probabilities(params, image)) - before).max(axis=(0, 1))
    seen = np.zeros((5, 5), bool)
    seen[1:4, 1:4] = True
    assert (changed[seen] > 1e-6).all() and (changed[~seen] < 1e-14).all()


def test_data_and_patches_are_one_traced_call(model):
    """The circuit is in the program as often for two images as for one, and for any size."""
    params = model.initial(seed=3)

    def equations(images):
        return str(jax.make_jaxpr(model.probabilities)(params, images)).count(" = ")

    assert equations(IMAGES[:1]) == equations(IMAGES) == equations(np.zeros((7, 9, 9)))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"wires": 4, "patch": 2}, "odd and positive"),
        ({"wires": 4, "patch": -3}, "odd and positive"),
        ({"wires": 3}, "9 pixels for 7 features on 3 wires"),
        ({"wires": 2, "classes": 5}, "lie in 2 … 4"),
    ],
)
def test_bad_settings_are_refused(settings, words):
    with pytest.raises(ValueError, match=words):
        Segmenter(**settings)


@pytest.mark.parametrize("images", [np.zeros((4, 4)), np.zeros((1, 2, 4, 4)), np.zeros((1, 0, 4))])
def test_what_is_no_batch_of_images_is_refused(model, images):
    with pytest.raises(ValueError, match=r"have shape \(N, H, W\)"):
        model.probabilities(model.initial(0), images)
