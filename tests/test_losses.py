"""Losses of predictions against optax, PyTorch and scikit-learn: values and gradients."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import sklearn.metrics
import torch
import torch.nn.functional as F
from libraries import DIFFERENTIATING, JAX, TORCH
from loss_samples import (
    BINARY,
    BINARY_LOGITS,
    BITS,
    CLASS_SCORES,
    CLASS_WEIGHTS,
    COUNTS,
    LIMIT,
    LOGITS,
    MEANS,
    NUMBERS,
    ONE_HOT,
    PROBABILITIES,
    RATES,
    SCORES,
    SHARES,
    SIGNS,
    SOFT,
    TARGETS,
    WEIGHTS,
    K,
    N,
)

from qce import losses


def of_optax(function):
    return function, jnp.asarray, lambda f: jax.grad(f)


def of_torch(function):
    return function, torch.as_tensor, TORCH.gradient


# name: (the loss, labels, predictions, the same by somebody else, all without reduction)
PEERS = {
    "softmax of numbers, optax": (
        losses.softmax_cross_entropy, NUMBERS, LOGITS,
        of_optax(lambda y, x: optax.softmax_cross_entropy_with_integer_labels(x, y)),
    ),
    "softmax of numbers, torch": (
        losses.softmax_cross_entropy, NUMBERS, LOGITS,
        of_torch(lambda y, x: F.cross_entropy(x, y, reduction="none")),
    ),
    "softmax of soft labels, optax": (
        losses.softmax_cross_entropy, SOFT, LOGITS,
        of_optax(lambda p, x: optax.softmax_cross_entropy(x, p)),
    ),
    "softmax of soft labels, torch": (
        losses.softmax_cross_entropy, SOFT, LOGITS,
        of_torch(lambda p, x: F.cross_entropy(x, p, reduction="none")),
    ),
    "class weights, torch": (
        lambda y, x, **s: losses.softmax_cross_entropy(y, x, class_weights=CLASS_WEIGHTS, **s),
        SOFT, LOGITS,
        of_torch(lambda p, x: F.cross_entropy(
            x, p, weight=torch.as_tensor(CLASS_WEIGHTS), reduction="none")),
    ),
    "smoothed, torch": (
        lambda y, x, **s: losses.softmax_cross_entropy(
            y, x, label_smoothing=0.2, class_weights=CLASS_WEIGHTS, **s),
        NUMBERS, LOGITS,
        of_torch(lambda y, x: F.cross_entropy(
            x, y, label_smoothing=0.2, weight=torch.as_tensor(CLASS_WEIGHTS), reduction="none")),
    ),
    "smoothed, optax": (
        lambda y, x, **s: losses.softmax_cross_entropy(y, x, label_smoothing=0.2, **s),
        NUMBERS, LOGITS,
        of_optax(lambda y, x: optax.softmax_cross_entropy(
            x, optax.smooth_labels(jax.nn.one_hot(y, K), 0.2))),
    ),
    "from probabilities, torch": (
        losses.cross_entropy, NUMBERS, PROBABILITIES,
        of_torch(lambda y, q: F.nll_loss(torch.log(q), y, reduction="none")),
    ),
    "sigmoid, optax": (
        losses.sigmoid_binary_cross_entropy, SHARES, BINARY_LOGITS,
        of_optax(lambda p, x: optax.sigmoid_binary_cross_entropy(x, p)),
    ),
    "sigmoid, torch": (
        losses.sigmoid_binary_cross_entropy, SHARES, BINARY_LOGITS,
        of_torch(lambda p, x: F.binary_cross_entropy_with_logits(x, p, reduction="none")),
    ),
    "weight of the positive class, torch": (
        lambda p, x, **s: losses.sigmoid_binary_cross_entropy(p, x, class_weights=(1, 3), **s),
        SHARES, BINARY_LOGITS,
        of_torch(lambda p, x: F.binary_cross_entropy_with_logits(
            x, p, pos_weight=torch.tensor(3.0), reduction="none")),
    ),
    "binary, torch": (
        losses.binary_cross_entropy, SHARES, BINARY,
        of_torch(lambda p, q: F.binary_cross_entropy(q, p, reduction="none")),
    ),
    "Kullback-Leibler, torch": (
        losses.kl_divergence, SOFT, PROBABILITIES,
        of_torch(lambda p, q: F.kl_div(torch.log(q), p, reduction="none").sum(-1)),
    ),
    "Kullback-Leibler, optax": (
        losses.kl_divergence, SOFT, PROBABILITIES,
        of_optax(lambda p, q: optax.kl_divergence(jnp.log(q), p)),
    ),
    "focal, optax": (
        lambda p, x, **s: losses.sigmoid_focal_loss(p, x, class_weights=(0.75, 0.25), **s),
        BITS, BINARY_LOGITS,
        of_optax(lambda p, x: optax.sigmoid_focal_loss(x, p, alpha=0.25, gamma=2.0)),
    ),
    "focal of classes, by its formula": (
        lambda y, x, **s: losses.softmax_focal_loss(y, x, gamma=1.5, **s), SOFT, LOGITS,
        of_torch(lambda p, x: -(
            p * (1 - torch.softmax(x, -1)) ** 1.5 * torch.log_softmax(x, -1)).sum(-1)),
    ),
    "focal from probabilities, by its formula": (
        losses.focal_loss, SOFT, PROBABILITIES,
        of_torch(lambda p, q: -(p * (1 - q) ** 2 * torch.log(q)).sum(-1)),
    ),
    "binary focal, by its formula": (
        losses.binary_focal_loss, SHARES, BINARY,
        of_torch(lambda p, q: -p * (1 - q) ** 2 * q.log() - (1 - p) * q**2 * (1 - q).log()),
    ),
    "squared, optax": (
        losses.squared_error, TARGETS, MEANS, of_optax(lambda y, f: optax.squared_error(f, y)),
    ),
    "absolute, torch": (
        losses.absolute_error, TARGETS, MEANS,
        of_torch(lambda y, f: F.l1_loss(f, y, reduction="none")),
    ),
    "Huber, optax": (
        lambda y, f, **s: losses.huber_loss(y, f, delta=0.5, **s), TARGETS, MEANS,
        of_optax(lambda y, f: optax.huber_loss(f, y, delta=0.5)),
    ),
    "Huber, torch": (
        losses.huber_loss, TARGETS, MEANS,
        of_torch(lambda y, f: F.huber_loss(f, y, reduction="none")),
    ),
    "Gauss, torch": (
        lambda y, f, **s: losses.gaussian_nll(y, f, 0.7, **s), TARGETS, MEANS,
        of_torch(lambda y, f: F.gaussian_nll_loss(
            f, y, torch.full_like(f, 0.7), full=True, eps=0.0, reduction="none")),
    ),
    "Poisson, optax-like": (
        lambda n, x, **s: losses.poisson_nll(n, x, log_input=True, **s), COUNTS, np.log(RATES),
        of_torch(lambda n, x: F.poisson_nll_loss(x, n, log_input=True, reduction="none")
                 + torch.lgamma(n + 1)),
    ),
    "hinge, optax": (
        losses.hinge_loss, SIGNS, SCORES, of_optax(lambda y, f: optax.hinge_loss(f, y)),
    ),
    "perceptron, optax": (
        losses.perceptron_loss, SIGNS, SCORES,
        of_optax(lambda y, f: optax.losses.perceptron_loss(f, y)),
    ),
    "logistic, torch": (
        losses.logistic_loss, SIGNS, SCORES,
        of_torch(lambda y, f: F.soft_margin_loss(f, y, reduction="none")),
    ),
    "multiclass hinge, optax": (
        losses.multiclass_hinge_loss, NUMBERS, CLASS_SCORES,
        of_optax(lambda y, f: optax.losses.multiclass_hinge_loss(f, y)),
    ),
    "squared hinge, by its formula": (
        losses.squared_hinge_loss, SIGNS, SCORES,
        of_torch(lambda y, f: torch.relu(1 - y * f) ** 2),
    ),
    "exponential, by its formula": (
        losses.exponential_loss, SIGNS, SCORES, of_torch(lambda y, f: torch.exp(-y * f)),
    ),
}  # fmt: skip
every_peer = pytest.mark.parametrize("case", PEERS)
every_library = pytest.mark.parametrize("library", DIFFERENTIATING, ids=str)


@pytest.mark.thinned(4)
@every_peer
def test_values_are_those_of_the_peer(case):
    loss, labels, predictions, (peer, convert, _) = PEERS[case]
    expected = np.asarray(peer(convert(labels), convert(predictions)))
    value = loss(labels, predictions, reduction="none")
    assert value.shape == (N,)
    np.testing.assert_allclose(value, expected, atol=LIMIT, rtol=LIMIT)


@pytest.mark.thinned(11)
@every_library
@every_peer
def test_gradients_are_those_of_the_peer(case, library):
    loss, labels, predictions, (peer, convert, gradient) = PEERS[case]
    expected = gradient(lambda x: peer(convert(labels), x).sum())(convert(predictions))
    mine = library.gradient(lambda x: loss(library.asarray(labels), x, reduction="sum"))
    mine = jax.jit(mine) if library is JAX else mine
    value = np.asarray(mine(library.variable(predictions)))
    np.testing.assert_allclose(value, np.asarray(expected), atol=LIMIT, rtol=LIMIT)


@every_peer
def test_reductions_and_weights_that_mean_repetition(case):
    """Weights 0 … 3 are the same as that many copies of a sample."""
    loss, labels, predictions, _ = PEERS[case]
    each = loss(labels, predictions, reduction="none")
    balanced_by_class = "weight" in case or case in ("focal, optax", "smoothed, torch")
    if not balanced_by_class:  # these have a mean of their own
        assert loss(labels, predictions) == pytest.approx(each.mean(), rel=LIMIT, abs=LIMIT)
    assert loss(labels, predictions, reduction="sum") == pytest.approx(
        each.sum(), rel=LIMIT, abs=LIMIT
    )
    copies = WEIGHTS.astype(int)
    repeated = np.repeat(labels, copies, axis=0), np.repeat(predictions, copies, axis=0)
    for reduction in ("mean", "sum"):
        weighted = loss(labels, predictions, weights=WEIGHTS, reduction=reduction)
        assert weighted == pytest.approx(loss(*repeated, reduction=reduction), rel=LIMIT, abs=LIMIT)


@pytest.mark.thinned(3)
@pytest.mark.parametrize("kind", ["jit", "vmap", "torch.func", "float32"])
def test_transformations_and_precision_of_a_loss(kind):
    expected = losses.softmax_cross_entropy(NUMBERS, LOGITS, weights=WEIGHTS)
    if kind == "jit":
        value = jax.jit(losses.softmax_cross_entropy)(NUMBERS, LOGITS, weights=WEIGHTS)
    elif kind == "vmap":
        each = jax.vmap(lambda y, x: losses.softmax_cross_entropy(y[None], x[None]))
        value = (each(NUMBERS, LOGITS) * WEIGHTS).sum() / WEIGHTS.sum()
    elif kind == "torch.func":
        each = torch.func.vmap(lambda y, x: losses.cross_entropy(y[None], x[None], check=False))
        given = torch.as_tensor(NUMBERS), torch.as_tensor(PROBABILITIES)
        value = (each(*given).numpy() * WEIGHTS).sum() / WEIGHTS.sum()
    else:
        for convert, dtype in (
            (np.asarray, np.float32),
            (jnp.asarray, jnp.float32),
            (torch.as_tensor, torch.float32),
        ):
            given = convert(NUMBERS), convert(LOGITS.astype("f4"))
            value = losses.softmax_cross_entropy(*given, weights=convert(WEIGHTS.astype("f4")))
            assert value.dtype == dtype
            assert float(value) == pytest.approx(expected, rel=100 * 2.0**-23)
        return
    assert float(value) == pytest.approx(float(expected), rel=LIMIT, abs=LIMIT)


# --- scikit-learn ------------------------------------------------------------------------------


def test_scikit_learn_has_the_same_weighted_means():
    log_loss = sklearn.metrics.log_loss
    value = losses.cross_entropy(NUMBERS, PROBABILITIES, weights=WEIGHTS)
    expected = log_loss(NUMBERS, PROBABILITIES, sample_weight=WEIGHTS)
    assert value == pytest.approx(expected, rel=LIMIT, abs=LIMIT)
    value = losses.hinge_loss(SIGNS, SCORES, weights=WEIGHTS)
    expected = sklearn.metrics.hinge_loss(SIGNS, SCORES, sample_weight=WEIGHTS)
    assert value == pytest.approx(expected, rel=LIMIT, abs=LIMIT)
    value = losses.multiclass_hinge_loss(NUMBERS, CLASS_SCORES)
    expected = sklearn.metrics.hinge_loss(NUMBERS, CLASS_SCORES, labels=np.arange(K))
    assert value == pytest.approx(expected, rel=LIMIT, abs=LIMIT)


def test_balanced_weights_are_scikit_learns():
    from sklearn.utils.class_weight import compute_class_weight

    expected = compute_class_weight("balanced", classes=np.arange(K), y=NUMBERS)
    weights = losses.balanced_class_weights(NUMBERS, K)
    np.testing.assert_allclose(weights, expected, rtol=LIMIT)
    value = losses.softmax_cross_entropy(NUMBERS, LOGITS, class_weights="balanced")
    each = losses.softmax_cross_entropy(NUMBERS, LOGITS, reduction="none")
    by_class = np.mean([each[NUMBERS == c].mean() for c in range(K)])
    assert value == pytest.approx(by_class, rel=LIMIT, abs=LIMIT)


def test_the_mean_with_class_weights_is_pytorchs_for_class_numbers():
    expected = F.cross_entropy(
        *map(torch.as_tensor, (LOGITS, NUMBERS)), torch.tensor(CLASS_WEIGHTS)
    )
    value = losses.softmax_cross_entropy(NUMBERS, LOGITS, class_weights=CLASS_WEIGHTS)
    assert value == pytest.approx(float(expected), rel=LIMIT, abs=LIMIT)
    one_hot = losses.softmax_cross_entropy(ONE_HOT, LOGITS, class_weights=CLASS_WEIGHTS)
    assert one_hot == pytest.approx(float(expected), rel=LIMIT, abs=LIMIT)
    # PyTorch divides by the samples once labels are one-hot: the same data, another loss.
    other = F.cross_entropy(*map(torch.as_tensor, (LOGITS, ONE_HOT)), torch.tensor(CLASS_WEIGHTS))
    assert abs(float(other) - value) > 0.01


@pytest.mark.parametrize("name", ["binary_cross_entropy", "binary_focal_loss"])
def test_two_classes_are_balanced_as_several_are(name):
    """Of one label of each kind, and of five: masked ones do not count."""
    labels, q = np.array([1.0, 0, 0, 0, 1.0]), np.array([0.3, 0.4, 0.2, 0.6, 0.9])
    where = np.array([True, True, True, True, False])
    found = getattr(losses, name)(labels, q, class_weights="balanced", where=where)
    both = np.stack([1 - q, q], -1)
    several = getattr(losses, name.removeprefix("binary_"))
    expected = several(labels.astype(int), both, class_weights="balanced", where=where)
    assert found == pytest.approx(expected, rel=LIMIT, abs=0)
    by_hand = getattr(losses, name)(labels, q, class_weights=[4 / 6, 4 / 2], where=where)
    assert found == pytest.approx(by_hand, rel=LIMIT, abs=0)
    with pytest.raises(ValueError, match="hold every class to be balanced"):
        getattr(losses, name)(0 * labels, q, class_weights="balanced")
