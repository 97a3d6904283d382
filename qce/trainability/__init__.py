"""Trainability: the variation of a loss and its gradient over random circuits.

- `laws`: mean and variance of losses over random states, exactly;
- `sampled`: of a likelihood from a finite number of outcomes;
- `snapshots`: of the cross entropy of one snapshot of a shadow;
- `landscape`: losses and gradients of a given objective at many points, with error bars.
"""

from qce.trainability.landscape import Landscape, Spread, landscape, spread
from qce.trainability.laws import (
    Moments,
    haar_cross_entropy,
    haar_cross_entropy_slope,
    haar_likelihood,
    product_discrepancy,
    product_likelihood,
)
from qce.trainability.sampled import miss_probability, sampled_likelihood
from qce.trainability.snapshots import snapshot_cross_entropy

__all__ = [
    "Landscape",
    "Moments",
    "Spread",
    "haar_cross_entropy",
    "haar_cross_entropy_slope",
    "haar_likelihood",
    "landscape",
    "miss_probability",
    "product_discrepancy",
    "product_likelihood",
    "sampled_likelihood",
    "snapshot_cross_entropy",
    "spread",
]
