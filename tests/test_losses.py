"""Losses of predictions against optax, PyTorch, scikit-learn and SciPy: values and gradients."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import scipy.stats
import sklearn.metrics
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from libraries import DIFFERENTIATING, JAX, TORCH
from oracles import EPS
from strategies import seeds, spectra, theorem

from qce import classical, losses

RNG = np.random.default_rng(20)
N, K = 7, 4
NUMBERS = RNG.integers(0, K, size=N)
NUMBERS[:K] = np.arange(K)  # no class is empty
SOFT = RNG.dirichlet(np.ones(K), size=N)
LOGITS = RNG.normal(size=(N, K)) * 2
PROBABILITIES = np.exp(LOGITS) / np.exp(LOGITS).sum(axis=-1, keepdims=True)
BITS, BINARY_LOGITS = RNG.integers(0, 2, size=N) * 1.0, RNG.normal(size=N) * 2
SHARES, BINARY = RNG.uniform(size=N), 1 / (1 + np.exp(-BINARY_LOGITS))
SIGNS, SCORES = 2 * BITS - 1, RNG.normal(size=N) * 2
COUNTS, RATES = RNG.poisson(3, size=N) * 1.0, RNG.uniform(0.5, 5, size=N)
TARGETS, MEANS, WIDTHS = RNG.normal(size=N), RNG.normal(size=N), RNG.uniform(0.5, 2, size=N)
CLASS_WEIGHTS = np.array([0.5, 2.0, 1.0, 3.0])
WEIGHTS = RNG.integers(0, 4, size=N) * 1.0
ONE_HOT = np.eye(K)[NUMBERS]
CLASS_SCORES = LOGITS + 2 * ONE_HOT  # some right, some by less than 1, some wrong

# A loss of order one is the sum of fewer than ten rounded terms, each with a handful of roundings
# on either side.
LIMIT = 100 * EPS


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


@every_peer
def test_values_are_those_of_the_peer(case):
    loss, labels, predictions, (peer, convert, _) = PEERS[case]
    expected = np.asarray(peer(convert(labels), convert(predictions)))
    value = loss(labels, predictions, reduction="none")
    assert value.shape == (N,)
    np.testing.assert_allclose(value, expected, atol=LIMIT, rtol=LIMIT)


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


# --- where peers are wrong or undefined --------------------------------------------------------


def test_an_impossible_class_costs_infinity_and_not_the_size_of_an_epsilon():
    q = np.array([[1.0, 0.0]])
    assert losses.cross_entropy([1], q) == np.inf
    assert losses.binary_cross_entropy([1.0], [0.0]) == np.inf
    assert losses.kl_divergence([[0.5, 0.5]], q) == np.inf
    assert losses.focal_loss([1], q) == np.inf
    assert losses.poisson_nll([1], [0.0]) == np.inf
    # scikit-learn 36, PyTorch 100
    assert sklearn.metrics.log_loss([1], q, labels=[0, 1]) < 40
    assert F.binary_cross_entropy(torch.tensor([0.0]), torch.tensor([1.0])) == 100


@every_library
def test_a_class_that_is_ruled_out_and_not_asked_for_costs_nothing(library):
    """PyTorch and optax give NaN for a soft label 0 at a logit of −∞."""
    labels, logits = np.array([[0.5, 0.5, 0.0]]), np.array([[1.0, 2.0, -np.inf]])
    value = losses.softmax_cross_entropy(labels, logits)
    assert value == pytest.approx(np.log1p(np.exp(-1)) + 0.5, rel=LIMIT, abs=LIMIT)
    gradient = library.gradient(lambda x: losses.softmax_cross_entropy(library.asarray(labels), x))
    sigma = 1 / (1 + np.exp(-1))
    np.testing.assert_allclose(
        np.asarray(gradient(library.variable(logits))), [[0.5 - sigma, sigma - 0.5, 0]], atol=LIMIT
    )
    assert torch.isnan(F.cross_entropy(torch.as_tensor(logits), torch.as_tensor(labels)))
    assert np.isnan(optax.softmax_cross_entropy(logits, labels)).all()


@every_library
@pytest.mark.parametrize("name", ["cross_entropy", "softmax_cross_entropy", "focal_loss"])
def test_the_slope_by_a_label_of_zero_is_the_cost_of_the_class(name, library):
    """The loss is linear in the labels; PyTorch's kl_div has NaN there."""
    labels, q = np.array([[1.0, 0.0]]), np.array([[0.75, 0.25]])
    predictions = library.asarray(np.log(q) if "softmax" in name else q)
    gradient = library.gradient(lambda p: getattr(losses, name)(p, predictions, check=False))
    cost = -np.log(q) * ((1 - q) ** 2 if name == "focal_loss" else 1)
    found = np.asarray(gradient(library.variable(labels)))
    np.testing.assert_allclose(found, cost, rtol=LIMIT)


@every_library
def test_infinite_losses_have_finite_gradients(library):
    """That of the finite part, as in `qce.classical`."""
    labels, q = library.asarray(np.array([[0.5, 0.5]])), np.array([[1.0, 0.0]])
    for loss in (losses.cross_entropy, losses.focal_loss):
        found = np.asarray(library.gradient(lambda x, f=loss: f(labels, x))(library.variable(q)))
        np.testing.assert_allclose(found, [[-0.5 if loss is losses.cross_entropy else 0, 0]])


@pytest.mark.parametrize("x", [1.0, 20.0, 36.0, 40.0, 300.0, 1e6])
def test_certain_predictions_keep_relative_accuracy(x):
    """log(1 + e^−x) to a few ε however small, where a log-sum-exp next to 1 rounds it away."""
    truth = np.log1p(np.exp(-x))
    softmax = losses.softmax_cross_entropy([0, 1], [[x, 0.0], [0.0, x]])
    assert softmax == pytest.approx(truth, rel=4 * EPS, abs=0)
    for loss in (losses.sigmoid_binary_cross_entropy, losses.sigmoid_focal_loss):
        both = loss([1.0, 0.0], [x, -x], reduction="none")
        sharp = np.exp(-truth) if loss is losses.sigmoid_focal_loss else 0
        expected = truth * (np.exp(-x) * sharp) ** 2 if sharp else truth
        np.testing.assert_allclose(both, expected, rtol=16 * EPS, atol=0)
    tiny = losses.binary_cross_entropy([0.0], [np.exp(-x)])
    assert tiny == pytest.approx(-np.log1p(-np.exp(-x)), rel=4 * EPS, abs=0)


def test_certain_logits_are_exact():
    labels, logits = [1.0, 0.0, 1.0], [np.inf, -np.inf, -np.inf]
    value = losses.sigmoid_binary_cross_entropy(labels, logits, reduction="none")
    assert value.tolist() == [0, 0, np.inf]
    focal = losses.sigmoid_focal_loss(labels, logits, reduction="none")
    assert focal.tolist() == [0, 0, np.inf]


@every_library
def test_certain_logits_have_finite_slopes(library):
    labels = library.asarray(np.array([1.0, 0.0, 1.0]))
    logits = library.variable(np.array([np.inf, -np.inf, -np.inf]))
    for loss in (losses.sigmoid_binary_cross_entropy, losses.sigmoid_focal_loss):
        found = library.gradient(lambda x, loss=loss: loss(labels, x, reduction="sum"))(logits)
        np.testing.assert_array_equal(np.asarray(found), 0)


@every_library
def test_a_sample_of_weight_zero_is_not_there_even_if_it_is_impossible(library):
    def loss(q):
        return losses.cross_entropy(np.array([0, 1]), q, weights=np.array([1.0, 0.0]))

    q = np.array([[0.5, 0.5], [1.0, 0.0]])
    assert float(loss(library.asarray(q))) == pytest.approx(np.log(2), rel=LIMIT, abs=LIMIT)
    gradient = np.asarray(library.gradient(loss)(library.variable(q)))
    np.testing.assert_allclose(gradient, [[-2, 0], [0, 0]], rtol=LIMIT)


@every_library
def test_slopes_at_corners_are_the_same_in_every_library(library):
    zero = library.asarray(np.zeros(1))
    for loss in (losses.absolute_error, losses.laplace_nll):
        slope = library.gradient(lambda f, loss=loss: loss(zero, f))(library.variable(np.zeros(1)))
        assert float(slope[0]) == 0
    one = library.asarray(np.ones(1))
    for loss, corner in ((losses.hinge_loss, 1.0), (losses.perceptron_loss, 0.0)):
        at = library.variable(np.array([corner]))
        assert float(library.gradient(lambda f, loss=loss: loss(one, f))(at)[0]) == 0


@every_library
def test_second_derivatives_of_a_logit(library):
    """σ′(x) = σ(1 − σ), also at 0 and from either side of the softmax."""
    for x in (0.0, 1.3):
        sigma = 1 / (1 + np.exp(-x))

        def binary(t, x=x):
            return losses.logistic_loss(1.0 + 0 * t, x + t, check=False)

        found = library.second_derivative(binary)
        assert found == pytest.approx(sigma * (1 - sigma), rel=LIMIT, abs=LIMIT)


# --- loss = likelihood -------------------------------------------------------------------------

LIKELIHOODS = {
    "gaussian": (
        losses.gaussian_nll(TARGETS, MEANS, WIDTHS, reduction="none"),
        scipy.stats.norm.logpdf(TARGETS, MEANS, np.sqrt(WIDTHS)),
    ),
    "laplace": (
        losses.laplace_nll(TARGETS, MEANS, WIDTHS, reduction="none"),
        scipy.stats.laplace.logpdf(TARGETS, MEANS, WIDTHS),
    ),
    "poisson": (
        losses.poisson_nll(COUNTS, RATES, reduction="none"),
        scipy.stats.poisson.logpmf(COUNTS, RATES),
    ),
    "bernoulli": (
        losses.bernoulli_nll(BITS, probabilities=BINARY, reduction="none"),
        scipy.stats.bernoulli.logpmf(BITS, BINARY),
    ),
    "bernoulli of logits": (
        losses.bernoulli_nll(BITS, logits=BINARY_LOGITS, reduction="none"),
        scipy.stats.bernoulli.logpmf(BITS, BINARY),
    ),
    "categorical": (
        losses.categorical_nll(NUMBERS, probabilities=PROBABILITIES, reduction="none"),
        scipy.stats.multinomial.logpmf(ONE_HOT, 1, PROBABILITIES),
    ),
    "categorical of logits": (
        losses.categorical_nll(NUMBERS, logits=LOGITS, reduction="none"),
        scipy.stats.multinomial.logpmf(ONE_HOT, 1, PROBABILITIES),
    ),
}


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_a_likelihood_is_the_logarithm_of_a_probability(name):
    loss, log_probability = LIKELIHOODS[name]
    np.testing.assert_allclose(loss, -log_probability, atol=LIMIT, rtol=LIMIT)


def test_losses_are_likelihoods():
    """Each loss is a negative log-likelihood, but for a constant."""
    squared = losses.squared_error(TARGETS, MEANS, reduction="none")
    gauss = losses.gaussian_nll(TARGETS, MEANS, 0.5, reduction="none")
    np.testing.assert_allclose(gauss - squared, np.log(np.pi) / 2, rtol=LIMIT)
    absolute = losses.absolute_error(TARGETS, MEANS, reduction="none")
    laplace = losses.laplace_nll(TARGETS, MEANS, reduction="none")
    np.testing.assert_allclose(laplace - absolute, np.log(2), rtol=LIMIT)
    binary = losses.sigmoid_binary_cross_entropy(BITS, SCORES, reduction="none")
    logistic = losses.logistic_loss(SIGNS, SCORES, reduction="none")
    np.testing.assert_allclose(binary, logistic, rtol=LIMIT, atol=LIMIT)


def test_the_cross_entropy_of_a_sample_is_that_of_its_frequencies():
    """The mean over the sample is H(p̂, q) of `qce.classical`: arXiv:2102.11887, classical side."""
    q = PROBABILITIES[0]
    frequencies = np.bincount(NUMBERS, minlength=K) / N
    value = losses.categorical_nll(NUMBERS, probabilities=np.tile(q, (N, 1)))
    assert value == pytest.approx(classical.cross_entropy(frequencies, q), rel=LIMIT, abs=LIMIT)


# --- theorems ----------------------------------------------------------------------------------


@theorem
@given(spectra(4), spectra(4))
def test_losses_of_distributions_are_least_at_equality(p, q):
    for loss in (losses.kl_divergence, losses.jensen_shannon_divergence):
        assert loss(p[None], p[None]) == 0
        assert loss(p[None], q[None]) >= 0
    least = losses.cross_entropy(p[None], p[None])
    assert losses.cross_entropy(p[None], q[None]) >= least * (1 - LIMIT) - LIMIT


@theorem
@given(spectra(5), seeds)
def test_the_names_of_classes_do_not_matter(p, seed):
    rng = np.random.default_rng(seed)
    order, x = rng.permutation(5), rng.normal(size=(1, 5))
    for loss in (losses.softmax_cross_entropy, losses.softmax_focal_loss):
        given = loss(p[None], x, label_smoothing=0.1)
        permuted = loss(p[None, order], x[:, order], label_smoothing=0.1)
        assert permuted == pytest.approx(given, rel=LIMIT, abs=LIMIT)


CONVEX = {
    "softmax_cross_entropy": (0, lambda rng: rng.normal(size=(1, K)) * 5),
    "cross_entropy": (0, lambda rng: rng.dirichlet(np.ones(K), size=1)),
    "multiclass_hinge_loss": (0, lambda rng: rng.normal(size=(1, K)) * 5),
    "sigmoid_binary_cross_entropy": (1.0, lambda rng: rng.normal(size=1) * 5),
    "huber_loss": (1.0, lambda rng: rng.normal(size=1) * 5),
    "hinge_loss": (1.0, lambda rng: rng.normal(size=1) * 5),
    "squared_hinge_loss": (1.0, lambda rng: rng.normal(size=1) * 5),
    "perceptron_loss": (1.0, lambda rng: rng.normal(size=1) * 5),
    "logistic_loss": (1.0, lambda rng: rng.normal(size=1) * 5),
    "exponential_loss": (1.0, lambda rng: rng.normal(size=1) * 5),
}


@pytest.mark.parametrize("name", CONVEX)
@theorem
@given(seed=seeds, share=st.floats(0, 1))
def test_convex_losses_are_convex(name, seed, share):
    label, draw = CONVEX[name]
    rng = np.random.default_rng(seed)
    loss = getattr(losses, name)
    x, y = draw(rng), draw(rng)
    between = loss([label], share * x + (1 - share) * y)
    chord = share * loss([label], x) + (1 - share) * loss([label], y)
    assert between <= chord + LIMIT * (1 + abs(chord))


@theorem
@given(spectra(3), spectra(3))
def test_focal_losses_lie_below_cross_entropy_and_fall_with_the_focus(p, q):
    values = [float(losses.focal_loss(p[None], q[None], gamma=g)) for g in (0, 0.5, 1, 2, 5)]
    assert values[0] == losses.cross_entropy(p[None], q[None])
    assert all(a >= b * (1 - LIMIT) for a, b in zip(values, values[1:], strict=False))


def test_a_focal_loss_is_not_least_at_equality_for_soft_labels():
    p, q = np.array([[0.7, 0.3]]), np.array([[0.62, 0.38]])
    assert losses.focal_loss(p, q) < losses.focal_loss(p, p)


@pytest.mark.parametrize("axis", [1, -3, -2])
def test_classes_may_be_on_any_axis(axis):
    rng = np.random.default_rng(5)
    numbers, logits = rng.integers(0, 3, size=(2, 4, 5)), rng.normal(size=(2, 4, 5, 3))
    expected = losses.softmax_cross_entropy(numbers, logits, reduction="none")
    moved = np.moveaxis(logits, -1, axis)
    value = losses.softmax_cross_entropy(numbers, moved, axis=axis, reduction="none")
    np.testing.assert_allclose(value, expected, rtol=LIMIT)
    hot = np.moveaxis(np.eye(3)[numbers], -1, axis)
    value = losses.softmax_cross_entropy(hot, moved, axis=axis, reduction="none")
    np.testing.assert_allclose(value, expected, rtol=LIMIT)


def test_entropies_are_those_of_the_mathematics():
    rows = (SOFT, PROBABILITIES)
    for name, twin in (
        ("cross_entropy", classical.cross_entropy),
        ("kl_divergence", classical.relative_entropy),
        ("jensen_shannon_divergence", classical.jensen_shannon_divergence),
    ):
        value = getattr(losses, name)(*rows, reduction="none")
        np.testing.assert_allclose(value, twin(*rows), rtol=LIMIT)
