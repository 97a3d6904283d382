"""Right arguments of the losses."""

from typing import Any

import numpy as np
from fuzz_samples import (
    BITS,
    CLASS_MAPS,
    CLASS_MASKS,
    DISTRIBUTIONS,
    LABELS,
    LOGITS,
    MAPS,
    MASKS,
    OTHERS,
    RHO,
    SCORES,
    SIGMA,
    SIGNS,
    SOFT,
    STACK,
    VECTORS,
    P,
    Q,
)

LOSSES: dict[str, Any] = {
    "labels": LABELS,
    "probabilities": SOFT,
    "logits": LOGITS,
    "targets": SCORES,
    "class_weights": np.ones(4),
    "predictions": SIGNS,
    "means": SIGNS,
    "weights": np.array([1.0, 2.0, 0.5]),
    "scores": SCORES,
    "first": VECTORS[:3],
    "second": OTHERS[:3],
    "queries": VECTORS,
    "keys": OTHERS,
    "classes": 3,
    "anchors": VECTORS[:3],
    "positives": OTHERS[:3],
    "negatives": VECTORS[:3] + 1,
    "data": VECTORS,
    "model": OTHERS,
    "bandwidths": np.array([1.0]),
    "embeddings": VECTORS,
}
CLASSICAL: dict[str, Any] = {
    **LOSSES,
    "data": DISTRIBUTIONS,
    "model": DISTRIBUTIONS[::-1],
    "first": DISTRIBUTIONS,
    "second": DISTRIBUTIONS[::-1],
    "anchors": DISTRIBUTIONS,
    "positives": DISTRIBUTIONS[::-1],
    "negatives": DISTRIBUTIONS[[1, 0, 3, 2]],
    "queries": DISTRIBUTIONS,
    "keys": DISTRIBUTIONS[::-1],
    "labels": np.array([0, 0, 1, 1]),
    "embeddings": DISTRIBUTIONS,
    "weights": np.ones(4),
    "members": (P, Q),
    "class_weights": np.ones(2),
}
QUANTUM: dict[str, Any] = {
    **CLASSICAL,
    "data": STACK,
    "model": STACK[::-1],
    "first": STACK,
    "second": STACK[::-1],
    "anchors": STACK,
    "positives": STACK[::-1],
    "negatives": STACK[[1, 0, 3, 2]],
    "queries": STACK,
    "keys": STACK[::-1],
    "embeddings": STACK,
    "members": (RHO, SIGMA),
}

_BINARY = {
    "labels": BITS,
    "probabilities": np.array([0.2, 0.7, 0.9]),
    "logits": SCORES,
    "class_weights": np.ones(2),
}
_REGIONS = {"labels": MASKS, "probabilities": MAPS, "weights": np.ones(2)}
_CLASS_REGIONS = {
    "labels": CLASS_MASKS,
    "probabilities": CLASS_MAPS,
    "weights": np.ones(1),
    "class_weights": np.ones(3),
}
OWN: dict[str, dict[str, Any]] = {
    "losses.bernoulli_nll": {**_BINARY, "outcomes": BITS, "logits": None},
    "losses.binary_cross_entropy": _BINARY,
    "losses.binary_focal_loss": _BINARY,
    "losses.sigmoid_binary_cross_entropy": _BINARY,
    "losses.sigmoid_focal_loss": _BINARY,
    "losses.categorical_nll": {"outcomes": LABELS, "logits": None},
    "losses.poisson_nll": {"counts": np.array([1.0, 0, 3]), "rates": np.array([0.5, 1, 2])},
    **dict.fromkeys(
        (
            "losses.hinge_loss",
            "losses.squared_hinge_loss",
            "losses.perceptron_loss",
            "losses.logistic_loss",
            "losses.exponential_loss",
        ),
        {"labels": SIGNS},
    ),
    **{f"losses.{twin}.nt_xent_loss": {"weights": np.ones(8)} for twin in ("classical", "quantum")},
    "losses.classical.weighted_cross_entropy": {
        "data": (P, Q),
        "model": Q,
        "class_weights": np.ones(2),
        "weights": None,
    },
    "losses.quantum.weighted_cross_entropy": {
        "data": (RHO, SIGMA),
        "model": SIGMA,
        "class_weights": np.ones(2),
        "weights": None,
    },
    "losses.multiclass_hinge_loss": {"scores": LOGITS},
    "losses.contrastive_loss": {"labels": BITS},
    "losses.supervised_contrastive_loss": {"labels": np.array([0, 0, 1, 1]), "weights": np.ones(4)},
    "losses.info_nce_loss": {"weights": np.ones(4)},
    "losses.nt_xent_loss": {"weights": np.ones(6)},
    **dict.fromkeys(
        (
            "losses.dice_loss",
            "losses.jaccard_loss",
            "losses.tversky_loss",
            "losses.focal_tversky_loss",
        ),
        _REGIONS,
    ),
    "losses.lovasz_softmax_loss": _CLASS_REGIONS,
    "losses.cross_entropy_dice_loss": _CLASS_REGIONS,
    "losses.maximum_mean_discrepancy_of_products": {
        "data": np.array([0.3, 0.6]),
        "model": np.array([0.2, 0.5]),
    },
    "losses.sinkhorn_divergence": {"data": P, "model": Q},
    "losses.maximum_mean_discrepancy": {"data": P, "model": Q},
}
