"""Losses by name: what a training sees of each, against `qce.losses` spelt out."""

import jax
import numpy as np
import pytest
from oracles import EPS

from qce import losses
from qce.learning import LOSSES, Loss

RNG = np.random.default_rng(71)
Y = np.array([0, 1, 2, 0, 1, 2, 2])
Q = RNG.dirichlet(np.ones(3), size=7)
W = np.array([1.0, 2.0, 1.0, 1.0, 1.0, 3.0, 1.0])
ONE_HOT = np.eye(3)[Y]
KETS = RNG.normal(size=(7, 4)) + 1j * RNG.normal(size=(7, 4))
KETS /= np.linalg.norm(KETS, axis=1, keepdims=True)
OF_LABELS = [name for name in LOSSES if not Loss(name).of_states]
OF_STATES = [name for name in LOSSES if Loss(name).of_states]
# Sums of at most 42 terms of order one, through a few logarithms of slope at most 1/min(Q).
ATOL = 42 * EPS / Q.min()


def test_every_loss_of_the_package_can_be_trained_with():
    classification = {
        name for name in losses.__all__ if name.endswith(("_loss", "entropy", "_nll"))
    }
    classification |= {"kl_divergence", "jensen_shannon_divergence"}
    assert classification <= set(LOSSES) <= set(losses.__all__)


SPELT_OUT = {
    "focal_loss": losses.focal_loss(Y, Q, weights=W),
    "categorical_nll": losses.categorical_nll(Y, probabilities=Q, weights=W),
    "softmax_cross_entropy": losses.cross_entropy(Y, Q, weights=W),
    "softmax_focal_loss": losses.focal_loss(Y, Q, weights=W),
    "binary_cross_entropy": losses.binary_cross_entropy(ONE_HOT, Q, weights=W[:, None]),
    "sigmoid_binary_cross_entropy": losses.binary_cross_entropy(ONE_HOT, Q, weights=W[:, None]),
    "sigmoid_focal_loss": losses.binary_focal_loss(ONE_HOT, Q, weights=W[:, None]),
    "bernoulli_nll": losses.binary_cross_entropy(ONE_HOT, Q, weights=W[:, None]),
    "squared_error": np.average(((ONE_HOT - Q) ** 2).mean(1), weights=W),
    "hinge_loss": np.average(np.maximum(0, 1 - (2 * ONE_HOT - 1) * (2 * Q - 1)).mean(1), weights=W),
    "gaussian_nll": np.average(((ONE_HOT - Q) ** 2 / 2).mean(1), weights=W) + np.log(2 * np.pi) / 2,
    "multiclass_hinge_loss": losses.multiclass_hinge_loss(Y, Q, weights=W),
    "dice_loss": losses.dice_loss(W[:, None] / 3 * ONE_HOT, W[:, None] / 3 * Q, axis=0),
}


@pytest.mark.parametrize("name", SPELT_OUT)
def test_a_name_means_the_loss_spelt_out(name):
    np.testing.assert_allclose(Loss(name)(Y, Q, W), SPELT_OUT[name], atol=ATOL)


@pytest.mark.parametrize("name", [n for n in OF_LABELS if n != "lovasz_softmax_loss"])
def test_a_weight_is_repetition(name):
    repeated = np.repeat(np.arange(7), W.astype(int))
    plain = Loss(name)(Y[repeated], Q[repeated], np.ones(len(repeated)))
    np.testing.assert_allclose(Loss(name)(Y, Q, W), plain, atol=ATOL)


@pytest.mark.parametrize("name", OF_LABELS)
def test_what_does_not_count_is_not_there(name):
    """As the last batch of an epoch is filled up."""
    counts = np.array([1.0, 1, 1, 1, 1, 1, 0])
    np.testing.assert_allclose(
        Loss(name)(Y, Q, counts), Loss(name)(Y[:6], Q[:6], np.ones(6)), atol=ATOL
    )


@pytest.mark.parametrize("name", OF_LABELS)
def test_pixels_are_examples_but_for_regions(name):
    """One image is the batch of its pixels; of two images regions are the mean of each."""
    maps = np.moveaxis(Q[:6].reshape(2, 1, 3, 3), -1, 1)
    masks, counts = Y[:6].reshape(2, 1, 3), np.ones((2, 1, 3))
    found = Loss(name)(masks, maps, counts)
    if any(word in name for word in ("dice", "jaccard", "tversky", "lovasz")):
        images = [Loss(name)(Y[k : k + 3], Q[k : k + 3], np.ones(3)) for k in (0, 3)]
        expected = np.mean(images)
    else:
        expected = Loss(name)(Y[:6], Q[:6], np.ones(6))
    np.testing.assert_allclose(found, expected, atol=ATOL)


@pytest.fixture(scope="module")
def traced():
    """Value and gradient of all losses in one program, of probabilities `(7, 3)`."""

    def all_of_them(q):
        return {n: jax.value_and_grad(lambda q, n=n: Loss(n)(Y, q, W))(q) for n in OF_LABELS}

    return jax.jit(all_of_them)


@pytest.fixture(scope="module")
def at_q(traced):
    return traced(Q)


@pytest.fixture(scope="module")
def at_certainty(traced):
    return traced(ONE_HOT)


@pytest.mark.thinned(3)
@pytest.mark.parametrize("name", OF_LABELS)
def test_traced_it_has_the_same_value_and_falls_along_its_gradient(name, at_q):
    value, slope = at_q[name]
    np.testing.assert_allclose(value, Loss(name)(Y, Q, W), atol=ATOL)
    step = 1e-6 * np.asarray(slope) / np.linalg.norm(slope)
    expected = -1e-6 * np.linalg.norm(slope)
    # Second order: curvatures stay below 1/min(Q)² = 6e3, the third of the step's 1e-6 below that.
    np.testing.assert_allclose(Loss(name)(Y, Q - step, W) - value, expected, rtol=0.05)


@pytest.mark.parametrize("name", OF_LABELS)
def test_a_certain_prediction_has_a_finite_gradient(name, at_certainty):
    value, slope = at_certainty[name]
    assert np.isfinite(value) and np.isfinite(slope).all()


def test_log_odds_of_a_certain_class_do_not_cancel():
    """P = 1 − 1e-20: the loss of the other label is 46 nats, that of 1 − P would be ∞."""
    q = np.array([[1.0, 1e-20]])
    found = Loss("sigmoid_binary_cross_entropy")([1], q, [1.0])
    np.testing.assert_allclose(found, -np.log(1e-20), rtol=4 * EPS)


def pairs():
    return [(i, j) for i in range(7) for j in range(i + 1, 7)]


def test_contrastive_losses_are_those_of_states():
    ones = np.ones(7)
    found = Loss("supervised_contrastive_loss")(Y, KETS, ones)
    expected = losses.quantum.supervised_contrastive_loss(Y, KETS, pure=True)
    np.testing.assert_allclose(found, expected, atol=100 * EPS)
    i, j = np.transpose(pairs())
    expected = losses.quantum.contrastive_loss((Y[i] == Y[j]) * 1, KETS[i], KETS[j], pure=True)
    np.testing.assert_allclose(Loss("contrastive_loss")(Y, KETS, ones), expected, atol=100 * EPS)
    partner, opponent = [3, 4, 5, 0, 1, 6, 2], [1, 2, 3, 4, 5, 0, 0]  # the next in the circle
    expected = losses.quantum.triplet_loss(KETS, KETS[partner], KETS[opponent], pure=True)
    np.testing.assert_allclose(Loss("triplet_loss")(Y, KETS, ones), expected, atol=100 * EPS)
    expected = losses.quantum.info_nce_loss(KETS, KETS[partner], pure=True)
    np.testing.assert_allclose(Loss("info_nce_loss")(Y, KETS, ones), expected, atol=100 * EPS)
    expected = losses.quantum.nt_xent_loss(KETS, KETS[partner], pure=True)
    np.testing.assert_allclose(Loss("nt_xent_loss")(Y, KETS, ones), expected, atol=100 * EPS)


@pytest.mark.parametrize("name", [n for n in OF_STATES if n != "contrastive_loss"])
def test_a_batch_without_pairs_teaches_nothing(name):
    assert Loss(name)([0, 1], KETS[:2], np.ones(2)) == 0


def test_equal_losses_are_one():
    assert Loss("focal_loss", gamma=1.0) == Loss("focal_loss", gamma=1.0)
    assert hash(Loss("focal_loss", gamma=1.0)) == hash(Loss("focal_loss", gamma=1.0))
    assert Loss("focal_loss", gamma=1.0) != Loss("focal_loss", gamma=2.0)
    assert repr(Loss("focal_loss", gamma=1.0)) == "Loss('focal_loss', gamma=1.0)"


@pytest.mark.parametrize(
    ("name", "settings", "words"),
    [
        ("accuracy", {}, "`name` must be one of"),
        ("focal_loss", {"gama": 1.0}, "no setting 'gama'. Pass one of gamma, label_smoothing"),
        ("squared_error", {"weights": 1.0}, "no setting 'weights'. Pass none"),
        ("focal_loss", {"gamma": -1.0}, "`gamma` must lie in"),
        ("cross_entropy", {"label_smoothing": 2.0}, r"lie in \[0, 1\]"),
        ("cross_entropy_dice_loss", {"balance": 2.0}, r"lie in \[0, 1\]"),
        ("info_nce_loss", {"temperature": 0.0}, "above 0"),
    ],
)
def test_bad_names_and_settings_are_refused_at_once(name, settings, words):
    with pytest.raises(ValueError, match=words):
        Loss(name, **settings)
