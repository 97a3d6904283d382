"""Theorems of losses of predictions: minima, convexity, symmetry under names and axes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from loss_samples import LIMIT, PROBABILITIES, SOFT, K
from strategies import seeds, spectra, theorem

from qce import classical, losses


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
