"""Entropies and divergences of density matrices: the quantum twins of `qce.classical`.

Functions that take density matrices `(..., d, d)` also take a ket `(d,)` of norm 1 or a state of
`qce.states`. Entropies, expectation values, cross and relative entropy, their variances, Rényi and
α-divergences, Belavkin-Staszewski's, fidelity and the distances of Bures and Hellinger use the
factors of a state; so do the trace distance of kets and, between two `Diagonal` states, trace
distance and the Chernoff, Jensen-Shannon and measured divergences. All else writes the state out
as a matrix of 16 d² bytes, and refuses dimensions above 2¹³ (1 GiB).

Unchecked (`check=False`), models and data may be positive matrices of any trace; the page on
notation gives the formulas and the gradients along the trace for these.
"""

from typing import Any

from qce._renamed import old_name
from qce.quantum.channels import average_gate_fidelity, diamond_norm, entanglement_fidelity
from qce.quantum.chernoff import chernoff, chernoff_order
from qce.quantum.conditional import conditional_mutual_information
from qce.quantum.ensembles import holevo_information
from qce.quantum.entanglement import (
    concurrence,
    entanglement_of_formation,
    logarithmic_negativity,
    negativity,
)
from qce.quantum.entropies import cross_entropy, entropy, relative_entropy
from qce.quantum.expectation import expectation
from qce.quantum.f_divergences import alpha_divergence, f_divergence
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
from qce.quantum.metrics import bures_angle, hellinger_distance, hilbert_schmidt_distance
from qce.quantum.orders import purity, renyi_entropy, tsallis_entropy
from qce.quantum.renyi import (
    max_relative_entropy,
    min_relative_entropy,
    petz_renyi_divergence,
    sandwiched_renyi_divergence,
)
from qce.quantum.variance import cross_entropy_variance, relative_entropy_variance

__all__ = [
    "alpha_divergence",
    "average_gate_fidelity",
    "bures_angle",
    "belavkin_staszewski_relative_entropy",
    "bures_distance",
    "chernoff",
    "chernoff_order",
    "coherence",
    "concurrence",
    "conditional_entropy",
    "conditional_mutual_information",
    "cross_entropy",
    "cross_entropy_variance",
    "diamond_norm",
    "entanglement_fidelity",
    "entanglement_of_formation",
    "entropy",
    "expectation",
    "f_divergence",
    "fidelity",
    "hellinger_distance",
    "hilbert_schmidt_distance",
    "holevo_information",
    "jensen_shannon_divergence",
    "logarithmic_negativity",
    "max_relative_entropy",
    "measured_relative_entropy",
    "measured_relative_entropy_bounds",
    "min_relative_entropy",
    "mutual_information",
    "negativity",
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


def __getattr__(name: str) -> Any:
    """`chernoff_exponent`, the old name of `chernoff_order`: elsewhere the rate is called so."""
    return old_name(__name__, name, {"chernoff_exponent": chernoff_order})
