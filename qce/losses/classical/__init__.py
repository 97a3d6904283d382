"""Losses of probability vectors: the classical twins of `qce.losses.quantum`."""

from qce.losses import _renamed
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
from qce.losses.classical.overlaps import (
    fidelity_dice_loss,
    fidelity_focal_tversky_loss,
    fidelity_jaccard_loss,
    fidelity_tversky_loss,
)

__all__ = [
    "balanced_cross_entropy",
    "contrastive_loss",
    "fidelity_dice_loss",
    "fidelity_focal_tversky_loss",
    "fidelity_jaccard_loss",
    "fidelity_tversky_loss",
    "focal_cross_entropy",
    "info_nce_loss",
    "nt_xent_loss",
    "supervised_contrastive_loss",
    "triplet_loss",
    "weighted_cross_entropy",
]

__getattr__ = _renamed.names_before(
    __name__,
    fidelity_dice_loss,
    fidelity_jaccard_loss,
    fidelity_tversky_loss,
    fidelity_focal_tversky_loss,
)
