"""Where peers are wrong or undefined: impossible classes, certain predictions, corners."""

import numpy as np
import optax
import pytest
import sklearn.metrics
import torch
import torch.nn.functional as F
from libraries import DIFFERENTIATING
from loss_samples import LIMIT
from oracles import EPS

from qce import losses

every_library = pytest.mark.parametrize("library", DIFFERENTIATING, ids=str)


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


@pytest.mark.thinned(3)
@every_library
def test_certain_logits_have_finite_slopes(library):
    labels = library.asarray(np.array([1.0, 0.0, 1.0]))
    logits = library.variable(np.array([np.inf, -np.inf, -np.inf]))
    for loss in (losses.sigmoid_binary_cross_entropy, losses.sigmoid_focal_loss):
        found = library.gradient(lambda x, loss=loss: loss(labels, x, reduction="sum"))(logits)
        np.testing.assert_array_equal(np.asarray(found), 0)


@pytest.mark.thinned(3)
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
