"""Sources of data: images, samples, counts, shadows, circuits, thermal states."""

from typing import Any

from qce._renamed import old_name
from qce.data.bases import Bases, PauliBases, random_bases
from qce.data.dictionaries import from_counts
from qce.data.images import bars_and_stripes, digits
from qce.data.labelled import Labelled, digit_masks, labelled
from qce.data.loading import Splits, load_bits
from qce.data.pairs import PairBases
from qce.data.pauli_outcomes import PauliOutcomes, random_settings
from qce.data.samples import Counts, empirical, outcome_index
from qce.data.shadows import Shadow, measured_state
from qce.data.states import Preparations
from qce.data.thermal import gibbs_state, transverse_field_ising
from qce.data.unbiased import UnbiasedBases
from qce.states import Ensemble

__all__ = [
    "Bases",
    "Counts",
    "Labelled",
    "PairBases",
    "PauliBases",
    "PauliOutcomes",
    "Preparations",
    "Shadow",
    "Splits",
    "UnbiasedBases",
    "bars_and_stripes",
    "digit_masks",
    "digits",
    "empirical",
    "from_counts",
    "gibbs_state",
    "labelled",
    "load_bits",
    "measured_state",
    "outcome_index",
    "random_bases",
    "random_settings",
    "transverse_field_ising",
]


def __getattr__(name: str) -> Any:
    return old_name(__name__, name, {"Kets": Ensemble})
