"""A loss is a negative log-likelihood: SciPy's distributions, and frequencies of samples."""

import numpy as np
import pytest
import scipy.stats
from loss_samples import (
    BINARY,
    BINARY_LOGITS,
    BITS,
    COUNTS,
    LIMIT,
    LOGITS,
    MEANS,
    NUMBERS,
    ONE_HOT,
    PROBABILITIES,
    RATES,
    SCORES,
    SIGNS,
    TARGETS,
    WIDTHS,
    K,
    N,
)

from qce import classical, losses

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
