"""Region losses: coverage of hard and soft regions, and what their labels have to be."""

import itertools

import jax.numpy as jnp
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from libraries import DIFFERENTIATING, TORCH
from oracles import EPS
from strategies import seeds, theorem

from qce import losses

RNG = np.random.default_rng(31)
NUMBERS = RNG.integers(0, 3, size=(2, 4, 5))
MASKS = np.moveaxis(np.eye(3)[NUMBERS], -1, 1)
PREDICTED = RNG.dirichlet(np.ones(3), size=(2, 4, 5)).transpose(0, 3, 1, 2)

# Sums of twenty pixels of order one and a quotient.
LIMIT = 100 * EPS
every_library = pytest.mark.parametrize("library", DIFFERENTIATING, ids=str)


def product_form(p, q, alpha, beta):
    """The usual Tversky loss with Σ pq, as MONAI has it at smooth=0."""
    hit = (p * q).sum((-2, -1))
    return 1 - hit / (
        hit + alpha * ((1 - p) * q).sum((-2, -1)) + beta * (p * (1 - q)).sum((-2, -1))
    )


CASES = {
    "dice_loss": (0.5, 0.5, 1.0),
    "jaccard_loss": (1.0, 1.0, 1.0),
    "tversky_loss": (0.3, 0.7, 1.0),
    "focal_tversky_loss": (0.3, 0.7, 0.75),
}
every_case = pytest.mark.parametrize("name", CASES)


@every_case
def test_hard_labels_give_the_usual_values(name):
    *prices, power = CASES[name]
    value = getattr(losses, name)(MASKS, PREDICTED, reduction="none")
    assert value.shape == (2, 3)
    expected = product_form(MASKS, PREDICTED, *prices) ** power
    np.testing.assert_allclose(value, expected, rtol=LIMIT)


@pytest.mark.thinned(5)
@every_library
@every_case
def test_hard_labels_give_the_usual_gradients(name, library):
    *prices, power = CASES[name]
    p = torch.as_tensor(MASKS)
    expected = TORCH.gradient(lambda q: (product_form(p, q, *prices) ** power).mean())(PREDICTED)
    masks = library.asarray(MASKS)
    found = library.gradient(lambda q: getattr(losses, name)(masks, q))
    np.testing.assert_allclose(
        np.asarray(found(library.variable(PREDICTED))), expected, atol=LIMIT, rtol=LIMIT
    )


@every_case
@theorem
@given(seed=seeds)
def test_soft_labels_are_met_best_by_themselves(name, seed):
    """Zero at equality and positive elsewhere; Σ pq has 0.5 at equality, and less beside it."""
    rng = np.random.default_rng(seed)
    p, q = rng.uniform(size=(2, 3, 4))
    loss = getattr(losses, name)
    assert loss(p, p) == 0
    assert loss(p, q) > 0


def test_the_usual_form_is_not_least_at_equality():
    half = np.full((2, 2), 0.5)
    assert product_form(half, half, 0.5, 0.5) == 0.5
    assert product_form(half, np.ones((2, 2)), 0.5, 0.5) < 0.5
    assert losses.dice_loss(half, half) == 0


@every_library
@every_case
def test_an_empty_region_that_is_left_empty_costs_nothing(name, library):
    empty = np.zeros((2, 2))
    assert getattr(losses, name)(empty, empty) == 0
    assert getattr(losses, name)(empty, empty + 0.5) == 1
    zeros = library.asarray(empty)
    gradient = library.gradient(lambda q: getattr(losses, name)(zeros, q))(library.variable(empty))
    np.testing.assert_array_equal(np.asarray(gradient), empty)


@theorem
@given(seed=seeds)
def test_dice_and_jaccard_are_one_number(seed):
    p, q = np.random.default_rng(seed).uniform(size=(2, 3, 4))
    dice, jaccard = losses.dice_loss(p, q), losses.jaccard_loss(p, q)
    assert jaccard == pytest.approx(2 * dice / (1 + dice), rel=LIMIT, abs=LIMIT)


@theorem
@given(seed=seeds, hard=st.booleans())
def test_the_jaccard_loss_is_a_metric(seed, hard):
    maps = np.random.default_rng(seed).uniform(size=(3, 2, 3))
    maps = maps.round() if hard else maps
    for a, b, c in itertools.permutations(maps):
        direct = losses.jaccard_loss(a, c)
        assert direct <= losses.jaccard_loss(a, b) + losses.jaccard_loss(b, c) + LIMIT
        assert direct == pytest.approx(losses.jaccard_loss(c, a), abs=LIMIT)


def test_prices_are_paid_for_what_they_are_for():
    label, more, less = np.eye(1, 4), np.ones((1, 4)), np.zeros((1, 4))
    assert losses.tversky_loss(label, more, alpha=0.0, beta=1.0) == 0
    assert losses.tversky_loss(label, more, alpha=1.0, beta=0.0) == 0.75
    assert losses.tversky_loss(label, less, alpha=0.0, beta=1.0) == 1


def test_axes_and_weights_of_regions():
    each = losses.dice_loss(MASKS, PREDICTED, reduction="none")
    moved = (np.moveaxis(x, 1, -1) for x in (MASKS, PREDICTED))
    np.testing.assert_allclose(
        losses.dice_loss(*moved, axis=(1, 2), reduction="none"), each, rtol=LIMIT
    )
    flat = (x.reshape(2, 3, 20) for x in (MASKS, PREDICTED))
    np.testing.assert_allclose(losses.dice_loss(*flat, axis=-1, reduction="none"), each, rtol=LIMIT)
    weights = np.array([1.0, 0.0, 2.0])
    expected = (each * weights).sum() / (2 * weights.sum())
    assert losses.dice_loss(MASKS, PREDICTED, weights=weights) == pytest.approx(
        expected, rel=LIMIT, abs=LIMIT
    )


# --- Lovász ------------------------------------------------------------------------------------


def by_definition(mask, q):
    """Σ_i e_i (Δ({1 … i}) − Δ({1 … i−1})) with the Jaccard loss Δ of a set of wrong pixels."""
    errors = np.abs(mask - q)
    order, wrong, value, before = np.argsort(-errors), set(), 0.0, 0.0
    for pixel in order:
        wrong.add(int(pixel))
        truth = {k for k, m in enumerate(mask) if m}
        predicted = truth ^ wrong
        now = 1 - len(truth & predicted) / len(truth | predicted)
        value, before = value + errors[pixel] * (now - before), now
    return value


def test_lovasz_is_the_extension_of_the_jaccard_loss():
    value = losses.lovasz_softmax_loss(NUMBERS, PREDICTED, reduction="none")
    expected = [
        [by_definition(m.ravel(), q.ravel()) for m, q in zip(*pair, strict=True)]
        for pair in zip(MASKS, PREDICTED, strict=True)
    ]
    np.testing.assert_allclose(value, expected, rtol=LIMIT)
    np.testing.assert_array_equal(losses.lovasz_softmax_loss(MASKS, PREDICTED), np.mean(value))


@theorem
@given(seed=seeds)
def test_at_hard_predictions_lovasz_is_the_jaccard_loss(seed):
    rng = np.random.default_rng(seed)
    numbers, predicted = rng.integers(0, 2, size=(2, 3, 4))
    numbers.flat[:2] = 0, 1
    masks, q = (np.moveaxis(np.eye(2)[x], -1, 0) for x in (numbers, predicted))
    value = losses.lovasz_softmax_loss(numbers, q, reduction="none")
    jaccard = losses.jaccard_loss(masks, q, reduction="none")
    np.testing.assert_allclose(value, jaccard, atol=LIMIT)


@theorem
@given(seed=seeds, share=st.floats(0, 1))
def test_lovasz_is_convex_in_the_predictions(seed, share):
    rng = np.random.default_rng(seed)
    x, y = (rng.dirichlet(np.ones(3), size=(2, 3)).transpose(2, 0, 1) for _ in range(2))
    numbers = rng.integers(0, 3, size=(2, 3))
    between = losses.lovasz_softmax_loss(numbers, share * x + (1 - share) * y)
    ends = [losses.lovasz_softmax_loss(numbers, z) for z in (x, y)]
    assert between <= share * ends[0] + (1 - share) * ends[1] + LIMIT


@pytest.mark.thinned(3)
@every_library
def test_the_gradient_of_lovasz_is_that_of_its_piece(library):
    """Linear between changes of order: central differences are exact to ε/h."""
    h = 1e-7  # no two of these errors are closer than 1e-6
    errors = np.sort(np.abs(MASKS - PREDICTED).reshape(2, 3, -1), axis=-1)
    assert np.diff(errors).min() > 1e-6
    gradient = library.gradient(
        lambda q: losses.lovasz_softmax_loss(library.asarray(NUMBERS), q, check=False)
    )
    found = np.asarray(gradient(library.variable(PREDICTED)))
    for place in [(0, 0, 1, 2), (1, 2, 3, 4), (0, 1, 0, 0)]:
        step = np.zeros_like(PREDICTED)
        step[place] = h
        both = [
            losses.lovasz_softmax_loss(NUMBERS, PREDICTED + s * step, check=False) for s in (1, -1)
        ]
        assert found[place] == pytest.approx((both[0] - both[1]) / (2 * h), abs=10 * EPS / h)


def test_an_absent_class_does_not_count():
    numbers = np.zeros((2, 2), dtype=int)
    q = np.stack([np.full((2, 2), 0.75), np.full((2, 2), 0.25)])
    assert losses.lovasz_softmax_loss(numbers, q) == pytest.approx(0.25, rel=LIMIT, abs=LIMIT)


# --- cross entropy and Dice --------------------------------------------------------------------


@pytest.mark.parametrize("labels", [NUMBERS, MASKS], ids=["numbers", "masks"])
def test_the_sum_is_the_sum(labels):
    entropy = losses.cross_entropy(NUMBERS, PREDICTED, axis=1)
    dice = losses.dice_loss(MASKS, PREDICTED)
    value = losses.cross_entropy_dice_loss(labels, PREDICTED, balance=0.3)
    assert value == pytest.approx(0.7 * entropy + 0.3 * dice, rel=LIMIT, abs=LIMIT)


def test_class_weights_count_in_both_terms():
    weights = np.array([1.0, 0.0, 2.0])
    entropy = losses.cross_entropy(NUMBERS, PREDICTED, axis=1, class_weights=weights)
    dice = losses.dice_loss(MASKS, PREDICTED, weights=weights)
    value = losses.cross_entropy_dice_loss(NUMBERS, PREDICTED, class_weights=weights)
    assert value == pytest.approx((entropy + dice) / 2, rel=LIMIT, abs=LIMIT)
    last = np.moveaxis(PREDICTED, 1, -1)
    again = losses.cross_entropy_dice_loss(
        NUMBERS, last, class_axis=-1, axis=(1, 2), class_weights=weights
    )
    assert again == pytest.approx(value, rel=LIMIT, abs=LIMIT)


def test_every_library_returns_its_own():
    for convert, kind in ((jnp.asarray, jnp.ndarray), (torch.as_tensor, torch.Tensor)):
        numbers, predicted = convert(NUMBERS), convert(PREDICTED)
        for loss in (losses.cross_entropy_dice_loss, losses.lovasz_softmax_loss):
            value = loss(numbers, predicted)
            assert isinstance(value, kind)
            assert float(value) == pytest.approx(
                float(loss(NUMBERS, PREDICTED)), rel=LIMIT, abs=LIMIT
            )
