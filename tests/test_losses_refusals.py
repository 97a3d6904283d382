"""Bad labels, predictions, weights and settings: refused before anything is computed."""

import inspect

import jax
import numpy as np
import pytest
import torch
from libraries import DIFFERENTIATING

from qce import losses, quantum

LOGITS, Q = np.zeros((2, 3)), np.full((2, 3), 1 / 3)
NAN = np.nan
KETS = np.eye(2)
STATES = np.stack([np.diag(ket) for ket in KETS])

# (what is called, with what, which words the message has)
BAD = {
    "class out of range": (losses.softmax_cross_entropy, ([0, 3], LOGITS), "lie in 0 … 2"),
    "negative class": (losses.softmax_cross_entropy, ([0, -1], LOGITS), "lie in 0 … 2"),
    "floats for classes": (losses.softmax_cross_entropy, ([0.0, 1.0], LOGITS), "integers"),
    "too few labels": (losses.softmax_cross_entropy, ([0], LOGITS), "one label a prediction"),
    "labels of another shape": (losses.cross_entropy, (np.eye(2), Q), "fit the predictions"),
    "labels that do not sum to one": (losses.cross_entropy, (Q / 2, Q), "sum to 1"),
    "negative labels": (losses.kl_divergence, ([[1.5, -0.5, 0]] * 2, Q), "non-negative"),
    "NaN among labels": (losses.focal_loss, ([[NAN, 0.5, 0.5]] * 2, Q), "finite"),
    "NaN among logits": (losses.softmax_cross_entropy, ([0, 1], LOGITS * NAN), "free of NaN"),
    "infinite logits": (losses.softmax_cross_entropy, ([0, 1], LOGITS + np.inf), r"below \+inf"),
    "all classes ruled out": (losses.softmax_cross_entropy, ([0, 1], LOGITS - np.inf), "possible"),
    "complex logits": (losses.softmax_cross_entropy, ([0, 1], LOGITS * 1j), "real"),
    "logits for probabilities": (losses.cross_entropy, ([0, 1], LOGITS), "sum to 1"),
    "logits along an axis": (
        lambda y, q: losses.cross_entropy(y, q, axis=0), ([0, 1, 1], LOGITS), "sum to 1",
    ),
    "one class": (losses.cross_entropy, ([0], [[1.0]]), "two classes"),
    "no samples": (losses.softmax_cross_entropy, ([], np.zeros((0, 3))), "not be empty"),
    "words": (losses.softmax_cross_entropy, (["a", "b"], LOGITS), "numeric.*return_inverse=True"),
    "an empty class, balanced": (
        lambda y, x: losses.softmax_cross_entropy(y, x, class_weights="balanced"),
        ([0, 1], LOGITS), "every class",
    ),
    "an empty class, weights": (losses.balanced_class_weights, ([0, 0, 2], 3), "every class"),
    "class weights of another length": (
        lambda y, x: losses.softmax_cross_entropy(y, x, class_weights=[1.0, 2.0]),
        ([0, 1], LOGITS), "one weight a class",
    ),
    "negative class weights": (
        lambda y, x: losses.softmax_cross_entropy(y, x, class_weights=[1.0, -2.0, 1]),
        ([0, 1], LOGITS), "non-negative",
    ),
    "unknown class weights": (
        lambda y, x: losses.softmax_cross_entropy(y, x, class_weights="equal"),
        ([0, 1], LOGITS), "one of",
    ),
    "weights that are all zero": (
        lambda y, x: losses.softmax_cross_entropy(y, x, weights=[0.0, 0.0]),
        ([0, 1], LOGITS), "not all 0",
    ),
    "weights of another shape": (
        lambda y, x: losses.softmax_cross_entropy(y, x, weights=np.ones((3, 2))),
        ([0, 1], LOGITS), "broadcast to the losses",
    ),
    "unknown reduction": (
        lambda y, x: losses.softmax_cross_entropy(y, x, reduction="average"),
        ([0, 1], LOGITS), "one of",
    ),
    "too much smoothing": (
        lambda y, x: losses.softmax_cross_entropy(y, x, label_smoothing=1.5),
        ([0, 1], LOGITS), r"lie in \[0, 1\]",
    ),
    "an axis that is not there": (
        lambda y, x: losses.softmax_cross_entropy(y, x, axis=2), ([0, 1], LOGITS), "an axis of",
    ),
    "binary labels of two": (losses.sigmoid_binary_cross_entropy, ([2.0], [0.0]), r"\[0, 1\]"),
    "signs for binary labels": (losses.binary_cross_entropy, ([-1.0], [0.5]), r"\[0, 1\]"),
    "logits for binary": (losses.binary_cross_entropy, ([1.0], [3.0]), r"\[0, 1\]"),
    "a row beside a column": (
        losses.sigmoid_binary_cross_entropy, (np.ones((2, 1)), np.ones(2)), "same shape",
    ),
    "negative focus": (
        lambda y, x: losses.softmax_focal_loss(y, x, gamma=-1), ([0, 1], LOGITS), "lie in",
    ),
    "a focus that is a word": (
        lambda y, x: losses.focal_loss(y, x, gamma="2"), ([0, 1], Q), "be a number",
    ),
    "targets beside a column": (losses.squared_error, (np.ones(2), np.ones((2, 1))), "same shape"),
    "NaN among targets": (losses.absolute_error, ([NAN], [0.0]), "free of NaN"),
    "infinite predictions": (losses.huber_loss, ([0.0], [np.inf]), "finite"),
    "Huber without width": (
        lambda y, f: losses.huber_loss(y, f, delta=0.0), ([0.0], [0.0]), "above 0",
    ),
    "variance zero": (losses.gaussian_nll, ([0.0], [0.0], 0.0), "positive"),
    "negative scale": (losses.laplace_nll, ([0.0], [0.0], [-1.0]), "positive"),
    "negative counts": (losses.poisson_nll, ([-1], [1.0]), "non-negative"),
    "negative rates": (losses.poisson_nll, ([1], [-1.0]), "non-negative"),
    "soft outcomes": (
        lambda y: losses.bernoulli_nll(y, probabilities=[0.5]), ([0.5],), "be 0 or 1",
    ),
    "both kinds of predictions": (
        lambda y: losses.bernoulli_nll(y, probabilities=[0.5], logits=[0.0]),
        ([1],), "one at a time",
    ),
    "no predictions": (losses.categorical_nll, ([1],), "one at a time"),
    "soft categories": (
        lambda y: losses.categorical_nll(y, probabilities=Q), (Q,), "integers",
    ),
    "labels 0 and 1 for signs": (losses.hinge_loss, ([0, 1], [0.0, 0.0]), r"-1 or \+1"),
    "NaN among scores": (losses.logistic_loss, ([1], [NAN]), "free of NaN"),
    "one-hot labels for a class": (losses.multiclass_hinge_loss, (Q, LOGITS), "one label"),
    "memberships above one": (losses.dice_loss, (np.ones((2, 2)), 2 * np.ones((2, 2))), "lie in"),
    "maps of two shapes": (losses.dice_loss, (np.ones((2, 2)), np.ones((2, 3))), "same shape"),
    "an axis of pixels too many": (losses.dice_loss, (np.ones(2), np.ones(2)), "name axes"),
    "an axis of pixels twice": (
        lambda p, q: losses.dice_loss(p, q, axis=(-1, 1)), (np.eye(2), np.eye(2)), "each once",
    ),
    "an axis of pixels that is none": (
        lambda p, q: losses.dice_loss(p, q, axis=None), (np.eye(2), np.eye(2)), "name axes",
    ),
    "classes among the pixels": (
        lambda p, q: losses.lovasz_softmax_loss(p, q, class_axis=-1),
        (np.eye(3), np.eye(3)), "different axes",
    ),
    "classes among the pixels of two terms": (
        lambda p, q: losses.cross_entropy_dice_loss(p, q, class_axis=-1),
        (np.eye(3), np.eye(3)), "different axes",
    ),
    "weights of absent classes alone": (
        lambda p, q: losses.lovasz_softmax_loss(p, q, class_axis=-1, axis=0, weights=[0.0, 0, 1]),
        ([0, 1], Q), "mean",
    ),
    "class weights of absent classes alone": (
        lambda y, x: losses.softmax_cross_entropy(y, x, class_weights=[0.0, 0.0, 1.0]),
        ([0, 1], LOGITS), "mean",
    ),
    "binary class weights of the absent class": (
        lambda y, q: losses.binary_cross_entropy(y, q, class_weights=[0.0, 1.0]),
        ([0.0], [0.5]), "mean",
    ),
    "weights of samples without a partner alone": (
        lambda y, x: losses.supervised_contrastive_loss(y, x, weights=[0.0, 0.0, 1.0]),
        ([0, 0, 1], np.eye(3)), "mean",
    ),
    "more classes than half precision counts": (
        losses.softmax_cross_entropy, ([3000], np.zeros((1, 5000), np.float16)), "tell its classes",
    ),
    "negative price": (
        lambda p, q: losses.tversky_loss(p, q, alpha=-1.0), (np.eye(2), np.eye(2)), "lie in",
    ),
    "soft labels for Lovász": (
        lambda p, q: losses.lovasz_softmax_loss(p, q, class_axis=-1, axis=0), (Q, Q), "be 0 or 1",
    ),
    "classes out of range of a map": (
        lambda p, q: losses.cross_entropy_dice_loss(p, q, class_axis=-1, axis=0),
        ([0, 3], Q), "lie in 0 … 2",
    ),
    "pairs that are half alike": (
        losses.contrastive_loss, ([0.5], [[0.0]], [[1.0]]), "be 0 or 1",
    ),
    "pairs without labels": (
        losses.contrastive_loss, ([1], np.zeros((2, 1)), np.ones((2, 1))), "one entry a sample",
    ),
    "embeddings of two sizes": (
        losses.triplet_loss,
        (np.ones((2, 1)), np.ones((2, 1)), np.ones((2, 2))), "same shape",
    ),
    "a single query": (losses.info_nce_loss, ([[1.0]], [[1.0]]), "n >= 2"),
    "an embedding of zero": (
        losses.nt_xent_loss, (np.zeros((2, 2)), np.ones((2, 2))), "zero vectors",
    ),
    "all of one class": (
        losses.supervised_contrastive_loss, ([1, 1], np.eye(2)), "all are of one class",
    ),
    "each of its own class": (
        losses.supervised_contrastive_loss, ([0, 1], np.eye(2)), "no class holds two",
    ),
    "temperature zero": (
        lambda x, y: losses.info_nce_loss(x, y, temperature=0.0), (np.eye(2), np.eye(2)), "above 0",
    ),
    "a ket of norm two": (
        lambda x, y: losses.quantum.info_nce_loss(x, y, pure=True), (2 * KETS, KETS), "norm 1",
    ),
    "kets for density matrices": (losses.quantum.info_nce_loss, (KETS / 2, KETS / 2), "n >= 2"),
    "states that are not": (losses.quantum.fidelity_dice_loss, (2 * STATES, STATES), "trace 1"),
    "an observable that is not Hermitian": (
        quantum.expectation, (STATES, [[0.0, 1.0], [0.0, 0.0]]), "Hermitian",
    ),
    "an observable of another size": (
        quantum.expectation, (STATES, np.eye(3)), "same dimension",
    ),
    "two members and one weight": (
        losses.quantum.weighted_cross_entropy, (STATES, STATES[0], (1.0,)), "one weight a class",
    ),
    "balance beyond one": (
        lambda x, y: losses.quantum.balanced_cross_entropy(x, y, power=2.0),
        (STATES, STATES), "lie in",
    ),
    "negative probabilities": (
        losses.classical.fidelity_dice_loss, ([1.5, -0.5], [0.5, 0.5]), "non-negative",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_refused_in_the_one_grammar(name):
    function, arguments, words = BAD[name]
    with pytest.raises((ValueError, TypeError), match=words) as raised:
        function(*arguments)
    message = str(raised.value)
    assert message.startswith("Argument") and " must " in message
    assert ", but " in message and ". Pass " in message and message.endswith(".")


@pytest.mark.parametrize("library", DIFFERENTIATING, ids=str)
def test_refused_for_every_library(library):
    """Also while a derivative is taken, but not under tracing, where there are no values."""
    labels = library.asarray(np.array([0, 3]))
    gradient = library.gradient(lambda x: losses.softmax_cross_entropy(labels, x))
    with pytest.raises(ValueError, match="lie in 0 … 2"):
        gradient(library.variable(LOGITS))


def test_tracing_has_shapes_and_no_values():
    traced = jax.jit(losses.softmax_cross_entropy)
    assert np.isfinite(traced(np.array([0, 1]), LOGITS))
    with pytest.raises(ValueError, match="one label a prediction"):
        traced(np.array([0]), LOGITS)


def test_nothing_is_computed_before_it_is_refused(monkeypatch):
    """The arguments are not even converted."""

    def fail(*arrays):
        raise AssertionError("converted")

    monkeypatch.setattr("qce.losses._arrays.library", fail)
    with pytest.raises(ValueError, match="lie in 0 … 2"):
        losses.softmax_cross_entropy([0, 3], LOGITS)
    with pytest.raises(ValueError, match=r"-1 or \+1"):
        losses.hinge_loss([0, 1], [0.0, 0.0])


def test_libraries_do_not_mix():
    with pytest.raises(TypeError, match="one array library"):
        losses.squared_error(torch.ones(2), jax.numpy.ones(2))


def test_a_switched_off_check_is_off():
    value = losses.cross_entropy([[0.5, 0.2, 0.1]], [[0.2, 0.2, 0.2]], check=False)
    assert value == pytest.approx(0.8 * np.log(5))


def of_many_samples():
    """Every loss that reduces, by the name of its module."""
    modules = (losses, losses.classical, losses.quantum)
    named = [getattr(module, name) for module in modules for name in module.__all__]
    return [f for f in named if callable(f) and "reduction" in inspect.signature(f).parameters]


def positional(function):
    kinds = [p.kind for p in inspect.signature(function).parameters.values()]
    return kinds.count(inspect.Parameter.POSITIONAL_OR_KEYWORD)


def in_full(function):
    return f"{function.__module__}.{function.__name__}"


@pytest.mark.parametrize("function", of_many_samples(), ids=in_full)
def test_an_unknown_reduction_is_refused_before_anything_is_looked_at(function):
    """`object()` has no values: whoever looks at it says so, and not what the reduction must be."""
    with pytest.raises(ValueError, match="`reduction` must be one of 'mean', 'sum', 'none'"):
        function(*[object()] * positional(function), reduction="average")


PRICED = [f for f in of_many_samples() if "alpha" in inspect.signature(f).parameters]


@pytest.mark.parametrize("function", PRICED, ids=in_full)
@pytest.mark.parametrize("prices", [{"alpha": -1.0}, {"beta": np.nan}, {"alpha": 0, "beta": 0}])
def test_prices_are_refused_before_anything_is_looked_at(function, prices):
    with pytest.raises(ValueError, match="lie in|both be 0"):
        function(*[object()] * positional(function), **prices)


CONTRASTS = {
    "pairs": ("contrastive_loss", ([1, 0], "two", "two")),
    "triplets": ("triplet_loss", ("two", "two", "two")),
    "keys": ("info_nce_loss", ("two", "two")),
    "classes": ("supervised_contrastive_loss", ([0, 0, 1], "three")),
    "views": ("nt_xent_loss", ("two", "two")),
}


def twin(kind, name, arguments, **words):
    """A contrastive twin of distributions, or of states, with three samples or two."""
    points = np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]])
    if kind == "quantum":
        points = np.array([np.diag(p) for p in points])
    chosen = {"two": points[:2], "three": points}
    given = [chosen[x] if isinstance(x, str) else x for x in arguments]
    return getattr(getattr(losses, kind), name)(*given, **words)


@pytest.mark.parametrize("kind", ["classical", "quantum"])
@pytest.mark.parametrize("name", CONTRASTS)
@pytest.mark.parametrize("weights", [np.ones(7), [NAN] * 7, np.zeros(1)])
def test_weights_of_contrastive_twins_are_refused(kind, name, weights):
    with pytest.raises(ValueError, match="Argument `weights` must .* Pass "):
        twin(kind, *CONTRASTS[name], weights=weights)


@pytest.mark.parametrize("kind", ["classical", "quantum"])
def test_labels_of_pairs_are_one_a_pair_or_one_for_all(kind):
    with pytest.raises(ValueError, match="Argument `labels` must hold one entry a sample"):
        twin(kind, "contrastive_loss", ([1, 0, 1], "two", "two"))
    assert twin(kind, "contrastive_loss", (1, "two", "two")) == 0.0


# Classes lie second, as PyTorch has them, or last: never where these losses look unless told.
ELSEWHERE = {
    **dict.fromkeys(["softmax_cross_entropy", "cross_entropy", "focal_loss"], ((2, 3, 4, 5), {})),
    **dict.fromkeys(["kl_divergence", "multiclass_hinge_loss"], ((2, 3, 4, 5), {})),
    "lovasz_softmax_loss": ((2, 4, 5, 3), {"axis": (1, 2)}),
    "cross_entropy_dice_loss": ((2, 4, 5, 3), {"axis": (1, 2)}),
}


@pytest.mark.parametrize("library", [np, torch], ids=["numpy", "torch"])
@pytest.mark.parametrize("name", ELSEWHERE)
def test_the_axis_that_fits_the_labels_is_named_and_can_be_passed(name, library):
    loss, (shape, others) = getattr(losses, name), ELSEWHERE[name]
    labels, q = np.zeros((2, 4, 5), dtype=int), np.full(shape, 1 / 3)
    given = library.asarray(labels), library.asarray(q)
    with pytest.raises(ValueError, match=r"its shape is \(2, 4, 5\) beside \(2, ") as refused:
        loss(*given)
    argument, axis = refused.value.remedy.removesuffix(" if the classes are there").split("=")
    assert np.isfinite(float(loss(*given, **{argument: int(axis)}, **others)))


def test_the_axis_that_fits_outcomes_is_named():
    with pytest.raises(ValueError, match="Pass axis=1 if the classes are there"):
        losses.categorical_nll(np.zeros((2, 4), dtype=int), logits=np.zeros((2, 3, 4)))


@pytest.mark.parametrize("loss", [losses.softmax_cross_entropy, losses.softmax_focal_loss])
def test_predictions_before_labels_are_told(loss):
    with pytest.raises(ValueError, match="Pass labels first and predictions second"):
        loss(np.zeros((4, 3)), np.array([0, 1, 2, 1]))


TENSORS = {
    "labels": lambda: losses.softmax_cross_entropy(torch.tensor([0]), torch.zeros(2, 3)),
    "class weights": lambda: losses.softmax_cross_entropy(
        torch.tensor([0, 1]), torch.zeros(2, 3), class_weights=torch.ones(2)
    ),
    "weights": lambda: losses.squared_error(torch.ones(2), torch.ones(2), weights=torch.ones(3, 2)),
    "a column": lambda: losses.squared_error(torch.ones(2), torch.ones(2, 1)),
    "one class": lambda: losses.cross_entropy(torch.tensor([0]), torch.ones(1, 1)),
    "outcomes": lambda: losses.categorical_nll(torch.tensor([0]), logits=torch.zeros(2, 3)),
    "a mask": lambda: losses.squared_error(
        torch.ones(2), torch.ones(2), where=torch.ones(3, dtype=bool)
    ),
}


@pytest.mark.parametrize("call", TENSORS.values(), ids=TENSORS)
def test_shapes_of_tensors_are_written_as_those_of_arrays(call):
    with pytest.raises(ValueError, match=r"\(\d") as refused:
        call()
    assert "torch.Size" not in str(refused.value)
