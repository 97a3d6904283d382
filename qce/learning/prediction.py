"""Predictions of a trained model for many examples, batch by batch."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import cast

import jax
import numpy as np

from qce import _checks
from qce._forks import computes
from qce.learning import labels
from qce.learning.batches import Batch, batched, one_by_one, over_examples, together
from qce.learning.contracts import ClassModel, Device, EmbeddingModel, Measured, Traceable
from qce.learning.program import Program, Score
from qce.models import Regressor
from qce.objectives.objective import own_generator
from qce.typing import Array


def predict(
    model: ClassModel,
    params: Array,
    features: Array,
    *,
    device: Device = None,
    shots: int | None = None,
    seed: int = 0,
) -> np.ndarray:
    """Return class probabilities of examples, in double precision.

    Args:
        model: `models.Classifier`, `models.Segmenter`, or a model with their methods.
        params: Shape `(size,)`.
        features: Shape `(N, f)`, or `(N, H, W)` for a segmenter.
        device: PennyLane device or its line of text, on which every example is a circuit; None for
            a simulation compiled by JAX.
        shots: Outcomes a circuit; None for exact values. Without a device JAX draws them.
        seed: Of the outcomes, drawn by JAX or by devices opened by name.

    Returns:
        Probabilities, shape `(N, k)`, or `(N, k, H, W)`.

    Raises:
        ValueError: If features are empty or not finite, or the model cannot take them.
        TypeError: If they are no real numbers, or it is no model of classes.

    Example:
        >>> from qce.models import Classifier
        >>> model = Classifier(wires=2, classes=2, layers=1)
        >>> predict(model, model.initial(seed=0), np.zeros((5, 2))).shape
        (5, 2)
    """
    labels.model_of_classes(model)
    seed = _checks.seed("seed", seed)
    angles = _checks.concrete("params", _checks.vector("params", params, model.size)).astype(float)
    x = labels.examples(features)
    model.check(x)
    if device is None and shots is None:
        return over_examples(_probabilities(model), angles, x)
    return _measured(cast(Measured, model), angles, x, device, shots, seed)


def _measured(
    model: Measured,
    params: np.ndarray,
    x: np.ndarray,
    device: Device,
    shots: int | None,
    seed: int,
) -> np.ndarray:
    from qce.learning import measured, sampled  # which load what devices need

    if sampled.drawn_here(model, device, shots):
        known, number = cast(Traceable, model), cast(int, shots)
        distributions = sampled.sampled_distributions(known, params, x, number, own_generator(seed))
    else:
        machine = measured.machine_for(model, device, shots, seed)
        distributions = measured.distributions(machine, model, params, x, shots)
    computes()
    with jax.enable_x64(True):
        return np.asarray(model.read(params, distributions))


def means(
    model: Regressor,
    params: np.ndarray,
    x: np.ndarray,
    *,
    device: Device = None,
    shots: int | None = None,
    seed: int = 0,
) -> np.ndarray:
    """Return f(x) of a regressor, `(N,)`, in double precision."""
    model.check(x)
    if device is not None or shots is not None:
        return _measured(model, params, x, device, shots, seed)
    return over_examples(_means(model), params, x)


def score(program: Program, params: Array, examples: Batch, size: int, whole: bool) -> Score:
    """Loss and accuracy of examples, as the mean of their batches."""
    size = size if whole else together(len(examples.labels))
    batches = batched(examples, np.arange(len(examples.labels)), size, whole=whole)
    judged = [program.judge(params, batch) for batch in one_by_one(batches)]
    found, shares = (np.array(jax.device_get(part)) for part in zip(*judged, strict=True))
    return Score(*((found * shares).sum(axis=0) / shares.sum(axis=0)).tolist())


@lru_cache(maxsize=16)
def _probabilities(model: ClassModel) -> Callable[..., Array]:
    return jax.jit(model.probabilities)


@lru_cache(maxsize=16)
def _means(model: Regressor) -> Callable[..., Array]:
    return jax.jit(model.means)


@lru_cache(maxsize=16)
def kets(model: EmbeddingModel) -> Callable[..., Array]:
    """The compiled states before the measurement."""
    return jax.jit(model.kets)
