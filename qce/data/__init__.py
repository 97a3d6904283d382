"""Where data comes from: images, samples, counts, kets, preparation circuits, thermal states."""

from qce.data.images import bars_and_stripes, digits
from qce.data.samples import Counts, empirical, outcome_index
from qce.data.states import Kets, Preparations
from qce.data.thermal import gibbs_state, transverse_field_ising

__all__ = [
    "Counts",
    "Kets",
    "Preparations",
    "bars_and_stripes",
    "digits",
    "empirical",
    "gibbs_state",
    "outcome_index",
    "transverse_field_ising",
]
