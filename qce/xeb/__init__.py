"""Cross-entropy benchmarking: the fidelity of a device from the outcomes of random circuits.

- `estimators`: linear, logarithmic and heavy-output fidelity with error bars;
- `moments`: their mean scores for random states, of finite and infinite dimension;
- `circuits`: random circuits on PennyLane, with and without noise;
- `decay`: fidelity against depth;
- `matchgate`: circuits of free fermions, whose ideal probabilities are known on hundreds of wires.
"""

from qce.xeb.circuits import measure, random_circuit
from qce.xeb.decay import Decay, digital_fidelity, fit_decay
from qce.xeb.estimators import Fidelity, fidelity, heavy_output_probability, shot_variance
from qce.xeb.matchgate import (
    depolarised,
    matchgate_fidelity,
    matchgate_moments,
    random_matchgates,
)
from qce.xeb.moments import Moments, moments

__all__ = [
    "Decay",
    "Fidelity",
    "Moments",
    "depolarised",
    "digital_fidelity",
    "fidelity",
    "fit_decay",
    "heavy_output_probability",
    "matchgate_fidelity",
    "matchgate_moments",
    "measure",
    "moments",
    "random_circuit",
    "random_matchgates",
    "shot_variance",
]
