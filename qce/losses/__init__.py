"""Losses of predictions, under the names practitioners know, and their quantum twins.

`qce.losses.classical` and `qce.losses.quantum` hold the losses of whole distributions and of
states, which are twins of each other. A name means one quantity: "fidelity" is in the names of
region losses whose intersection is a fidelity. Contrastive losses are the same functions of a
distance and of similarities in each: Euclid's and cosines here, Bures' and fidelities there. A loss
of what is measured is one of an expectation value: `hinge_loss(y, quantum.expectation(rho, o))`.

Rules that hold for every loss:

Labels come first, predictions second: class numbers, without the class axis of the predictions, or
probabilities along it; probabilities of the positive class where there is one; ±1 for margins;
memberships for regions. Where a loss is of single numbers, one number stands for all samples.

- `weights`: how often each sample counts, broadcast to the losses that `reduction="none"` gives.
- `where`: mask of the samples, of the same shape, as NumPy has it: what is False is as if it were
  not there, whatever it holds. The same is true of weights of 0.
- `reduction`: "mean" over the samples that count, weighted, unless another is asked for; "sum", or
  "none" for one loss a sample.
- `check`: whether to check the arguments; False for inner loops.

What is refused raises a `qce.ArgumentError`, which is a `ValueError`, and a `TypeError` where an
argument is no array of numbers at all.
"""

from typing import Any

from qce._renamed import old_name
from qce.losses import classical, quantum
from qce.losses.classification import (
    balanced_class_weights,
    binary_cross_entropy,
    cross_entropy,
    jensen_shannon_divergence,
    kl_divergence,
    sigmoid_binary_cross_entropy,
    softmax_cross_entropy,
)
from qce.losses.contrastive import (
    contrastive_loss,
    info_nce_loss,
    nt_xent_loss,
    supervised_contrastive_loss,
    triplet_loss,
)
from qce.losses.discrepancy import maximum_mean_discrepancy, maximum_mean_discrepancy_of_products
from qce.losses.focal import binary_focal_loss, focal_loss, sigmoid_focal_loss, softmax_focal_loss
from qce.losses.likelihood import (
    bernoulli_nll,
    categorical_nll,
    gaussian_nll,
    laplace_nll,
    poisson_nll,
)
from qce.losses.margin import (
    exponential_loss,
    hinge_loss,
    logistic_loss,
    multiclass_hinge_loss,
    perceptron_loss,
    squared_hinge_loss,
)
from qce.losses.region import (
    cross_entropy_dice_loss,
    dice_loss,
    focal_tversky_loss,
    jaccard_loss,
    lovasz_softmax_loss,
    tversky_loss,
)
from qce.losses.regression import absolute_error, huber_loss, squared_error
from qce.losses.transport import sinkhorn_divergence

__all__ = [
    "absolute_error",
    "balanced_class_weights",
    "bernoulli_nll",
    "binary_cross_entropy",
    "binary_focal_loss",
    "categorical_nll",
    "classical",
    "contrastive_loss",
    "cross_entropy",
    "cross_entropy_dice_loss",
    "dice_loss",
    "exponential_loss",
    "focal_loss",
    "focal_tversky_loss",
    "gaussian_nll",
    "hinge_loss",
    "huber_loss",
    "info_nce_loss",
    "jaccard_loss",
    "jensen_shannon_divergence",
    "kl_divergence",
    "laplace_nll",
    "logistic_loss",
    "lovasz_softmax_loss",
    "maximum_mean_discrepancy",
    "maximum_mean_discrepancy_of_products",
    "multiclass_hinge_loss",
    "nt_xent_loss",
    "perceptron_loss",
    "poisson_nll",
    "quantum",
    "sigmoid_binary_cross_entropy",
    "sigmoid_focal_loss",
    "sinkhorn_divergence",
    "softmax_cross_entropy",
    "softmax_focal_loss",
    "squared_error",
    "squared_hinge_loss",
    "supervised_contrastive_loss",
    "triplet_loss",
    "tversky_loss",
]


def __getattr__(name: str) -> Any:
    return old_name(__name__, name, {"triplet_margin_loss": triplet_loss})
