"""Classes as mean states after a contrastive training, with predictions by fidelity."""

from __future__ import annotations

import numpy as np

from qce.learning.batches import over_examples
from qce.learning.contracts import EmbeddingModel
from qce.learning.prediction import kets
from qce.typing import Array


def class_states(
    model: EmbeddingModel,
    params: Array,
    features: np.ndarray,
    labels: np.ndarray,
    weights: np.ndarray,
) -> np.ndarray:
    """Return the mean state of each class, `(k, d, d)`, over examples with weights."""
    vectors = over_examples(kets(model), params, features)
    share = weights / weights.max() * (labels == np.arange(model.classes)[:, None])
    share = share / share.sum(axis=1, keepdims=True)
    return np.einsum("cn,ni,nj->cij", share, vectors, vectors.conj())


def by_fidelity(
    model: EmbeddingModel, params: Array, features: np.ndarray, states: np.ndarray
) -> np.ndarray:
    r"""Return $P(c|x) = F_c / \sum_b F_b$, F_c the fidelity of x and the state of c, `(N, k)`.

    Source: S. Lloyd et al. (2020), arXiv:2001.03622, the fidelity classifier.
    """
    vectors = over_examples(kets(model), params, features)
    fidelities = np.einsum("ni,cij,nj->nc", vectors.conj(), states, vectors).real
    return fidelities / fidelities.sum(axis=1, keepdims=True)
