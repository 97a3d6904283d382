"""Entropies and divergences of density matrices: the quantum twins of `qce.classical`."""

from qce.quantum.chernoff import chernoff, chernoff_exponent
from qce.quantum.entropies import cross_entropy, entropy, relative_entropy
from qce.quantum.geometric import (
    bures_distance,
    fidelity,
    jensen_shannon_divergence,
    trace_distance,
)
from qce.quantum.information import (
    coherence,
    conditional_entropy,
    mutual_information,
    partial_trace,
    total_correlation,
)
from qce.quantum.measured import (
    belavkin_staszewski_relative_entropy,
    measured_relative_entropy,
    measured_relative_entropy_bounds,
)
from qce.quantum.orders import purity, renyi_entropy, tsallis_entropy
from qce.quantum.renyi import (
    max_relative_entropy,
    min_relative_entropy,
    petz_renyi_divergence,
    sandwiched_renyi_divergence,
)
from qce.quantum.variance import cross_entropy_variance, relative_entropy_variance

__all__ = [
    "belavkin_staszewski_relative_entropy",
    "bures_distance",
    "chernoff",
    "chernoff_exponent",
    "coherence",
    "conditional_entropy",
    "cross_entropy",
    "cross_entropy_variance",
    "entropy",
    "fidelity",
    "jensen_shannon_divergence",
    "max_relative_entropy",
    "measured_relative_entropy",
    "measured_relative_entropy_bounds",
    "min_relative_entropy",
    "mutual_information",
    "partial_trace",
    "petz_renyi_divergence",
    "purity",
    "relative_entropy",
    "relative_entropy_variance",
    "renyi_entropy",
    "sandwiched_renyi_divergence",
    "total_correlation",
    "trace_distance",
    "tsallis_entropy",
]
