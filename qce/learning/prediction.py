"""What a trained model says of many examples, batch by batch."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import jax
import numpy as np

from qce import _checks
from qce.learning import labels
from qce.learning.batches import Batch, batched, one_by_one, power_of_two
from qce.learning.program import Program, Score

Array = Any

# Examples looked at together: many, and still little memory.
_MOST = 256


def predict(model: Any, params: Array, features: Array) -> np.ndarray:
    """Return class probabilities of examples, in double precision.

    Args:
        model: `models.Classifier`, `models.Segmenter`, or what has their methods.
        params: Shape `(size,)`.
        features: Shape `(N, f)`, or `(N, H, W)` for a segmenter.

    Returns:
        Probabilities, shape `(N, k)`, or `(N, k, H, W)`.

    Raises:
        ValueError: If features are empty or not finite, or the model cannot take them.
        TypeError: If they are no real numbers.

    Example:
        >>> from qce.models import Classifier
        >>> model = Classifier(wires=2, classes=2, layers=1)
        >>> predict(model, model.initial(seed=0), np.zeros((5, 2))).shape
        (5, 2)
    """
    params = _checks.vector("params", params, model.size)
    x = labels.examples(features)
    model.check(x)
    return over_examples(_probabilities(model), params, x)


def over_examples(of: Callable[..., Array], params: Array, x: np.ndarray) -> np.ndarray:
    """A compiled function `params, batch → (B, …)` of all examples."""
    all_ = Batch(x, np.zeros(len(x), int), np.ones(len(x)))
    batches = batched(all_, np.arange(len(x)), _size(len(x)))
    with jax.enable_x64(True):
        found = [np.asarray(of(params, batch.features)) for batch in one_by_one(batches)]
    return np.concatenate(found)[: len(x)]


def score(program: Program, params: Array, examples: Batch, size: int, whole: bool) -> Score:
    """Loss and accuracy of examples, as the mean of their batches."""
    size = size if whole else _size(len(examples.labels))
    batches = batched(examples, np.arange(len(examples.labels)), size, whole=whole)
    judged = [program.judge(params, batch) for batch in one_by_one(batches)]
    found, shares = (np.array(jax.device_get(part)) for part in zip(*judged, strict=True))
    return Score(*((found * shares).sum(axis=0) / shares.sum(axis=0)).tolist())


def _size(count: int) -> int:
    return min(power_of_two(count), _MOST)


@lru_cache(maxsize=16)
def _probabilities(model: Any) -> Callable[..., Array]:
    return jax.jit(model.probabilities)


@lru_cache(maxsize=16)
def kets(model: Any) -> Callable[..., Array]:
    """The compiled states before the measurement."""
    return jax.jit(model.kets)
