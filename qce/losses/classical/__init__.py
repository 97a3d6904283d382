"""Losses of probability vectors: the classical twins of `qce.losses.quantum`."""

from qce.losses.classical.contrasts import (
    contrastive_loss,
    info_nce_loss,
    nt_xent_loss,
    supervised_contrastive_loss,
    triplet_loss,
)
from qce.losses.classical.entropies import (
    balanced_cross_entropy,
    focal_cross_entropy,
    weighted_cross_entropy,
)
from qce.losses.classical.margins import (
    exponential_loss,
    hinge_loss,
    logistic_loss,
    perceptron_loss,
    squared_hinge_loss,
)
from qce.losses.classical.overlaps import (
    dice_loss,
    focal_tversky_loss,
    jaccard_loss,
    tversky_loss,
)

__all__ = [
    "balanced_cross_entropy",
    "contrastive_loss",
    "dice_loss",
    "exponential_loss",
    "focal_cross_entropy",
    "focal_tversky_loss",
    "hinge_loss",
    "info_nce_loss",
    "jaccard_loss",
    "logistic_loss",
    "nt_xent_loss",
    "perceptron_loss",
    "squared_hinge_loss",
    "supervised_contrastive_loss",
    "triplet_loss",
    "tversky_loss",
    "weighted_cross_entropy",
]
