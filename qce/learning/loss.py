"""Losses by name: each loss of `qce.losses` as a function of labels and predictions."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, cast

import numpy as np

from qce import losses
from qce._checks import error, one_of, share
from qce._warned import warn
from qce.learning import pairs, views
from qce.learning.contracts import ClassModel, EmbeddingModel, Measured
from qce.losses import _arguments
from qce.losses._arrays import together
from qce.typing import Array, Scalar

# How labels and probabilities become the arguments of a loss.
_VIEWS: dict[str, Callable[..., Any]] = {
    "cross_entropy": views.choices,
    "focal_loss": views.choices,
    "kl_divergence": views.choices,
    "jensen_shannon_divergence": views.choices,
    "multiclass_hinge_loss": views.choices,
    "categorical_nll": views.outcomes,
    "softmax_cross_entropy": views.logits,
    "softmax_focal_loss": views.logits,
    "binary_cross_entropy": views.each,
    "binary_focal_loss": views.each,
    "bernoulli_nll": views.each_outcome,
    "sigmoid_binary_cross_entropy": views.log_odds,
    "sigmoid_focal_loss": views.log_odds,
    "squared_error": views.each,
    "absolute_error": views.each,
    "huber_loss": views.each,
    "gaussian_nll": views.each,
    "laplace_nll": views.each,
    "poisson_nll": views.each,
    "hinge_loss": views.signs,
    "squared_hinge_loss": views.signs,
    "perceptron_loss": views.signs,
    "logistic_loss": views.signs,
    "exponential_loss": views.signs,
    "dice_loss": views.regions,
    "jaccard_loss": views.regions,
    "tversky_loss": views.regions,
    "focal_tversky_loss": views.regions,
    "lovasz_softmax_loss": views.whole_regions,
}
_DEFAULTS = {"gaussian_nll": {"variances": 1.0}, "laplace_nll": {"scales": 1.0}}

LOSSES = (*_VIEWS, "cross_entropy_dice_loss", *pairs.LOSSES)
"""Names of the losses that a model can be trained with: all of `qce.losses`."""

# Keywords of losses that the training itself decides.
_TAKEN = {
    "axis", "check", "class_axis", "class_weights", "ignore_index", "logits", "pixel_weights",
    "probabilities", "reduction", "weights", "where",
}  # fmt: skip


class Loss:
    """A loss of class labels, predictions and weights; equal ones compile once.

    Weights mean repetition: the mean is over Σ w. Binary losses are computed for each class against
    the rest; margin losses from 2P − 1, the expectation of the observable that is +1 on outcomes of
    the class; losses of logits from log P, or log odds if they are binary; region losses for each
    image of a segmenter, or the whole batch of a classifier; contrastive losses from fidelities of
    the states before the measurement.

    Args:
        name: One of `LOSSES`.
        settings: Settings of the loss of that name in `qce.losses`, such as `gamma`.

    Raises:
        ValueError: There is no such loss, it has no such setting, or one is out of range.

    Example:
        >>> loss = Loss("focal_loss", gamma=2.0)
        >>> loss([0], [[0.5, 0.5]], [1.0]).round(6).item()
        0.173287
    """

    def __init__(self, name: str = "cross_entropy", **settings: Scalar):
        name = str(_current(name)) if isinstance(name, str) else name
        one_of("name", name, LOSSES)
        _check_settings(name, settings)
        given = {**_DEFAULTS.get(name, {}), **settings}
        self.name, self.settings = name, {word: _settled(word, x) for word, x in given.items()}
        # The loss itself refuses a setting out of range, here and not during a training.
        self(np.array([0, 0, 1, 1]), np.array([[0.75, 0.25], [0.25, 0.75]] * 2), np.ones(4))

    @property
    def of_states(self) -> bool:
        """Whether it is a contrastive loss of states and not one of class probabilities."""
        return self.name in pairs.LOSSES

    @property
    def of_labels(self) -> bool:
        """Whether it is a mean over single labels, and not one of pairs or of whole regions."""
        return self.name in _VIEWS and _VIEWS[self.name] not in (views.regions, views.whole_regions)

    def of_batch(
        self, model: ClassModel, params: Array, features: Array, labels: Array, weights: Array
    ) -> tuple[Array, Scalar]:
        """Return the loss of a batch, and the share of right labels among those that count."""
        if self.of_states:
            kets = cast(EmbeddingModel, model).kets(params, features)
            return self(labels, kets, weights), np.nan
        return self._of(model.probabilities(params, features), labels, weights)

    def of_laws(
        self, model: Measured, params: Array, distributions: Array, labels: Array, weights: Array
    ) -> tuple[Array, Scalar]:
        """Return the same of distributions of outcomes `(B, 2^n)`, as a device measures them."""
        return self._of(model.read(params, distributions), labels, weights)

    def _of(self, predictions: Array, labels: Array, weights: Array) -> tuple[Array, Scalar]:
        return self(labels, predictions, weights), _accuracy(labels, predictions, weights)

    def __call__(self, labels: Array, predictions: Array, weights: Array) -> Array:
        """Return the mean over samples, a number (nats, where the loss has them).

        Args:
            labels: Class numbers `(M,)`, or `(N, H, W)` of pixels.
            predictions: Probabilities `(M, k)` or `(N, k, H, W)`; kets `(M, d)` for a contrastive
                loss.
            weights: How often each label counts, not all 0, of the shape of the labels.
        """
        xp, y, q, w = together(labels, predictions, weights)
        if self.of_states:
            return pairs.mean(self.name, xp, y, q, w, self.settings)
        if self.name == "cross_entropy_dice_loss":
            return _cross_entropy_dice(xp, y, q, w, **self.settings)
        return _mean(self.name, xp, y, q, w, self.settings)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Loss) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        settings = [f"{name}={value}" for name, value in self._key()[1]]
        return f"Loss({', '.join([repr(self.name), *settings])})"

    def _key(self) -> tuple[str, tuple[tuple[str, float], ...]]:
        return self.name, tuple(sorted(self.settings.items()))


def chosen(loss: object) -> Loss:
    """Return the loss of that name, or the one that is given with settings of its own."""
    if isinstance(loss, Loss):
        return loss
    name = _current(loss)
    one_of("loss", name, LOSSES)
    return Loss(str(name))


def _current(name: object) -> object:
    """The name of a loss that had another one before version 0.2."""
    if isinstance(name, str) and name == "triplet_margin_loss":
        warn(f"`{name}` is `triplet_loss`", DeprecationWarning)
        return "triplet_loss"
    return name


def _accuracy(labels: Array, predictions: Any, weights: Array) -> Array:
    """Share of correct predictions among labels that count, each once for any weight."""
    right = (predictions.argmax(axis=1) == labels) & (weights > 0)
    return right.sum() / (weights > 0).sum()


def _settled(name: str, x: Scalar) -> float | bool:
    """A setting as a number that can be compared: a compiled training is kept for it."""
    return x if isinstance(x, bool) else _arguments.fixed(name, x)


def _mean(name: str, xp: Any, y: Array, q: Array, w: Array, settings: dict[str, float]) -> Array:
    arguments, words = _VIEWS[name](xp, y, q, w)
    return getattr(losses, name)(*arguments, **words, **settings, check=False)


def _cross_entropy_dice(xp: Any, y: Array, q: Array, w: Array, balance: float = 0.5) -> Array:
    balance = share("balance", balance, "a number there")
    both = [_mean(name, xp, y, q, w, {}) for name in ("cross_entropy", "dice_loss")]
    return (1 - balance) * both[0] + balance * both[1]


def _check_settings(name: str, settings: Mapping[str, Scalar]) -> None:
    words = inspect.signature(getattr(losses, name)).parameters.values()
    known = [word.name for word in words if word.kind is word.KEYWORD_ONLY]
    known = [word for word in known if word not in _TAKEN] + [*_DEFAULTS.get(name, ())]
    for setting in settings:
        if setting not in known:
            but = f"`{name}` has no setting {setting!r}"
            remedy = f"one of {', '.join(known)}" if known else "none"
            raise error("settings", "be settings of the loss", but, remedy)
