"""Entropies and divergences of probability vectors: the classical twins of `qce.quantum`."""

from typing import Any

from qce._renamed import old_name
from qce.classical.chernoff import chernoff, chernoff_order
from qce.classical.conditional import conditional_mutual_information
from qce.classical.distances import (
    bures_distance,
    fidelity,
    jensen_shannon_divergence,
    total_variation,
)
from qce.classical.ensembles import holevo_information
from qce.classical.entropies import cross_entropy, entropy, relative_entropy
from qce.classical.expectation import expectation
from qce.classical.f_divergences import alpha_divergence, f_divergence
from qce.classical.information import (
    conditional_entropy,
    marginal,
    mutual_information,
    total_correlation,
)
from qce.classical.metrics import bures_angle, hellinger_distance, hilbert_schmidt_distance
from qce.classical.orders import purity, renyi_entropy, tsallis_entropy
from qce.classical.renyi import max_relative_entropy, min_relative_entropy, renyi_divergence
from qce.classical.variance import cross_entropy_variance, relative_entropy_variance

__all__ = [
    "alpha_divergence",
    "bures_angle",
    "bures_distance",
    "chernoff",
    "chernoff_order",
    "conditional_entropy",
    "conditional_mutual_information",
    "cross_entropy",
    "cross_entropy_variance",
    "entropy",
    "expectation",
    "f_divergence",
    "fidelity",
    "hellinger_distance",
    "hilbert_schmidt_distance",
    "holevo_information",
    "jensen_shannon_divergence",
    "marginal",
    "max_relative_entropy",
    "min_relative_entropy",
    "mutual_information",
    "purity",
    "relative_entropy",
    "relative_entropy_variance",
    "renyi_divergence",
    "renyi_entropy",
    "total_correlation",
    "total_variation",
    "tsallis_entropy",
]


def __getattr__(name: str) -> Any:
    """`chernoff_exponent`, the old name of `chernoff_order`: elsewhere the rate is called so."""
    return old_name(__name__, name, {"chernoff_exponent": chernoff_order})
