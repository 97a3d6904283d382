"""What is masked is as if it were not there: values, gradients, NaN, every loss and library."""

import inspect

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from libraries import DIFFERENTIATING
from loss_cases import CHOICES, LOGITS, MAPS, NUMBERS, PIXELS, N, every_loss
from oracles import EPS

from qce import ArgumentError, losses

CASES = every_loss()
KEPT = np.array([True, True, False, True, True])  # both classes of 0, 1, 0, 0, 1 stay
LIMIT = 100 * EPS
# Weights of theirs are of one role of a sample, or of a class, and leave the rest of it in.
NOT_OF_SAMPLES = (
    "nt_xent_loss", "info_nce_loss", "supervised_contrastive_loss", "lovasz_softmax_loss",
)  # fmt: skip


def parts(name):
    """The function, its arguments in order, and keywords that are no samples."""
    function, arguments, words = CASES[name]
    arrays = {k: v for k, v in words.items() if k == "probabilities"}
    rest = {k: v for k, v in words.items() if k not in arrays}

    def loss(*given, **more):
        positional, named = given[: len(arguments)], given[len(arguments) :]
        return function(*positional, **dict(zip(arrays, named, strict=True)), **rest, **more)

    return loss, [*arguments, *arrays.values()]


def spoiled(x):
    """With what is no data at all where nobody looks: NaN, or a class that is none."""
    x = np.array(x)
    x[~KEPT] = -100 if x.dtype.kind == "i" else np.nan
    return x


def mask(name):
    if name.endswith("nt_xent_loss"):
        return np.tile(KEPT, 2)
    return KEPT[:, None] if name in REGIONS else KEPT


REGIONS = ("dice_loss", "jaccard_loss", "tversky_loss", "focal_tversky_loss", "lovasz_softmax_loss")


def test_every_loss_that_reduces_is_here():
    modules = {"": losses, "classical.": losses.classical, "quantum.": losses.quantum}
    named = {p + n: getattr(module, n) for p, module in modules.items() for n in module.__all__}
    words = {n: inspect.signature(f).parameters for n, f in named.items() if callable(f)}
    reducing = {n for n in words if "reduction" in words[n]}
    assert reducing == set(CASES)
    assert all("where" in words[n] for n in reducing)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_a_mask_is_the_loss_of_what_is_left(name, reduction):
    loss, arrays = parts(name)
    expected = loss(*(x[KEPT] for x in arrays), reduction=reduction)
    found = loss(*map(spoiled, arrays), where=mask(name), reduction=reduction)
    if reduction == "none":
        here = np.tile(KEPT, 2) if name.endswith("nt_xent_loss") else KEPT
        assert not np.any(found[~here])
        found = found[here]
    np.testing.assert_allclose(found, expected, rtol=LIMIT, atol=LIMIT)


@pytest.mark.parametrize("name", [n for n in CASES if n.split(".")[-1] not in NOT_OF_SAMPLES])
def test_weights_of_zero_leave_out_whatever_is_there(name):
    loss, arrays = parts(name)
    weights = 2.0 * KEPT
    expected = loss(*(x[KEPT] for x in arrays), reduction="mean")
    found = loss(*map(spoiled, arrays), weights=weights, reduction="mean")
    np.testing.assert_allclose(found, expected, rtol=LIMIT, atol=LIMIT)


@pytest.mark.thinned(12, only="jax")
@pytest.mark.parametrize("library", DIFFERENTIATING, ids=str)
@pytest.mark.parametrize("name", CASES)
def test_masked_entries_have_no_gradient_and_change_none(name, library):
    """By the last argument that is real, in each library; NaN under the mask does not leak."""
    loss, arrays = parts(name)
    where = mask(name)
    *labels, last = arrays

    def of(x, *given, **words):
        return loss(*given, x, reduction="sum", **words)

    fixed = [library.asarray(x[KEPT]) for x in labels]
    expected = library.gradient(lambda x: of(x, *fixed))(library.variable(last[KEPT]))
    rough = [library.asarray(spoiled(x)) for x in labels]
    found = library.gradient(lambda x: of(x, *rough, where=where))(library.variable(spoiled(last)))
    found, expected = np.asarray(found), np.asarray(expected)
    np.testing.assert_array_equal(found[~KEPT], 0)
    np.testing.assert_allclose(found[KEPT], expected, rtol=LIMIT, atol=LIMIT)


@pytest.mark.thinned(5)
@pytest.mark.parametrize("name", CASES)
def test_masks_may_be_traced(name):
    loss, arrays = parts(name)
    where = mask(name)
    arrays = [np.nan_to_num(spoiled(x)) if x.dtype.kind == "f" else x for x in arrays]
    traced = jax.jit(lambda m: loss(*map(jnp.asarray, arrays), where=m, reduction="mean"))
    expected = loss(*arrays, where=where, reduction="mean")
    np.testing.assert_allclose(traced(where), expected, rtol=LIMIT, atol=LIMIT)


def test_the_issue():
    x = np.array([[2.0, 1.0], [1.0, 0.0], [1.0, 1.5]])
    found = losses.softmax_cross_entropy([0, -100, 1], x, weights=[1, 0, 1])
    assert found == pytest.approx((np.log1p(np.exp(-1)) + np.log1p(np.exp(-0.5))) / 2, rel=LIMIT)
    again = losses.softmax_cross_entropy([0, -100, 1], x, ignore_index=-100)
    nan = losses.softmax_cross_entropy([0, np.nan, 1], x, where=[True, False, True])
    assert found == again == nan


IGNORING = ("softmax_cross_entropy", "cross_entropy", "softmax_focal_loss", "focal_loss")


@pytest.mark.parametrize("name", [*IGNORING, "categorical_nll"])
def test_an_index_is_ignored_as_pytorch_ignores_it(name):
    labels = np.where(KEPT, NUMBERS, -100)
    words = {"ignore_index": -100}
    q = np.exp(LOGITS) / np.exp(LOGITS).sum(axis=1, keepdims=True)
    if name == "categorical_nll":
        found = losses.categorical_nll(labels, logits=LOGITS, **words)
    else:
        found = getattr(losses, name)(labels, LOGITS if "softmax" in name else q, **words)
    if "focal" in name:
        own = q[KEPT, NUMBERS[KEPT]]
        expected = np.mean(-((1 - own) ** 2) * np.log(own))
    else:
        expected = F.cross_entropy(torch.as_tensor(LOGITS), torch.as_tensor(labels)).item()
    assert found == pytest.approx(expected, rel=LIMIT)


def test_balanced_weights_count_what_is_looked_at():
    labels = np.array([0, 0, 1, 0, 1])
    x = LOGITS[:, :2]
    where = np.array([True, True, False, True, True])
    words = {"class_weights": "balanced"}
    expected = losses.softmax_cross_entropy(labels[where], x[where], **words)
    assert losses.softmax_cross_entropy(labels, x, where=where, **words) == pytest.approx(expected)


SEEN = np.array([True, True, True, True, False, True])


@pytest.mark.parametrize("name", REGIONS[:4])
def test_pixels_are_masked_and_weighed(name):
    """A mask is the region without them; a pixel of weight 2 is the pixel twice."""
    loss, (p, q) = getattr(losses, name), MAPS
    gone = np.where(SEEN, q, np.nan)
    expected = loss(p[:, SEEN], q[:, SEEN], axis=-1)
    assert loss(p, gone, axis=-1, where=SEEN) == pytest.approx(expected, rel=LIMIT)
    weights = np.array([2, 1, 1, 1, 0, 3])
    assert loss(p, gone, axis=-1, pixel_weights=weights) == pytest.approx(
        loss(*(np.repeat(x, weights, axis=-1) for x in (p, q)), axis=-1), rel=LIMIT
    )


def test_a_region_of_which_nothing_is_seen_does_not_count():
    where = np.ones((N, 6), dtype=bool)
    where[2] = False
    expected = losses.dice_loss(*(x[KEPT] for x in MAPS), axis=-1)
    assert losses.dice_loss(*MAPS, axis=-1, where=where) == pytest.approx(expected, rel=LIMIT)


@pytest.mark.parametrize("name", ["lovasz_softmax_loss", "cross_entropy_dice_loss"])
def test_pixels_of_class_maps_are_masked(name):
    loss, words = getattr(losses, name), {"class_axis": 1, "axis": -1}
    expected = loss(PIXELS[:, SEEN], CHOICES[..., SEEN], **words)
    labels = np.where(SEEN, PIXELS, 255)
    q = np.where(SEEN, CHOICES, np.nan)
    assert loss(labels, q, where=SEEN, **words) == pytest.approx(expected, rel=LIMIT)
    ignored = loss(labels, CHOICES, ignore_index=255, **words)
    assert ignored == pytest.approx(expected, rel=LIMIT)


def test_pixels_of_both_terms_are_weighed():
    words, weights = {"class_axis": 1, "axis": -1}, np.array([2, 1, 1, 1, 0, 3])
    repeated = (np.repeat(PIXELS, weights, axis=-1), np.repeat(CHOICES, weights, axis=-1))
    expected = losses.cross_entropy_dice_loss(*repeated, **words)
    found = losses.cross_entropy_dice_loss(PIXELS, CHOICES, weights=weights, **words)
    assert found == pytest.approx(expected, rel=LIMIT)


def test_pixel_weights_of_a_map_of_classes():
    weights = np.array([1, 0, 1, 1, 2, 1])
    labels = np.where(weights > 0, PIXELS, 99)
    found = losses.cross_entropy(labels, CHOICES, axis=1, weights=weights)
    own = np.take_along_axis(CHOICES, PIXELS[:, None], 1)[:, 0]
    expected = -(weights * np.log(own)).sum() / (N * weights.sum())
    assert found == pytest.approx(expected, rel=LIMIT)


def test_axes_of_a_region_are_one_or_several():
    p, q = (x.reshape(N, 2, 3) for x in MAPS)
    assert losses.dice_loss(p, q, axis=(-2, -1)) == losses.dice_loss(*MAPS, axis=-1)


BAD = {
    "nothing left": ({"where": [False] * 5}, "`where` must leave a sample"),
    "no mask": ({"where": [0.5] * 5}, "`where` must be a mask"),
    "another shape": ({"where": [True] * 4}, "`where` must broadcast to the samples"),
    "words": ({"where": ["yes"] * 5}, "`where` must be numeric"),
    "a kept class that is none": ({"where": ~KEPT}, "`labels` must lie in 0 … 2"),
    "an index that is none": ({"ignore_index": 1.5}, "`ignore_index` must be an integer"),
    "an index that is all": ({"ignore_index": 7}, "`where` must leave a sample"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_masks_are_refused(name):
    words, message = BAD[name]
    labels = np.full(5, 7) if "all" in name else np.where(KEPT, NUMBERS, 5)
    with pytest.raises((ValueError, TypeError), match=message):
        losses.softmax_cross_entropy(labels, LOGITS, **words)


def test_soft_labels_have_no_index():
    with pytest.raises(ValueError, match="`ignore_index` must be None beside them"):
        losses.cross_entropy(np.full((2, 2), 0.5), np.full((2, 2), 0.5), ignore_index=0)


def test_a_traced_mask_that_leaves_nothing_gives_nan():
    nothing = jax.jit(lambda m: losses.squared_error(jnp.ones(2), jnp.zeros(2), where=m))
    assert np.isnan(nothing(np.zeros(2, bool)))


WITHOUT_SAMPLES = (np.float64(1.0), np.ones(3) / 3, np.eye(2) / 2, np.ones(0), np.ones((0, 2)))


@pytest.mark.parametrize("where", [(), True, [True, False]], ids=repr)
@pytest.mark.parametrize("module", [losses, losses.classical, losses.quantum])
def test_a_mask_hides_no_missing_axis_of_samples(module, where):
    """With a mask or without: a value, or an error that names an argument."""
    masked = [getattr(module, name) for name in module.__all__ if name.endswith("_loss")]
    assert len(masked) > 8
    for loss in masked:
        needed = [p for p in inspect.signature(loss).parameters.values() if p.default is p.empty]
        count = sum(p.kind is p.POSITIONAL_OR_KEYWORD for p in needed)
        for x in WITHOUT_SAMPLES:
            try:
                loss(*[x] * count, where=where)
            except ArgumentError:
                continue
