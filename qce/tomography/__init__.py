"""Maximum-likelihood tomography: counts and the measurement they came from → a state.

The likelihood of a state is the classical cross entropy of the observed frequencies with its Born
probabilities. It is concave in the state, so that every result carries a proof of how far from the
best it can be.

- `povm`: measurements, their probabilities and operators as tensor contractions;
- `counts`: outcomes of all Pauli bases, from a PennyLane run, a dictionary or a simulation;
- `likelihood`: the function that is minimised, its gradient and its certificate;
- `factor`, `projected`, `mirror`, `multiplicative`: the ways to minimise it;
- `reconstruct`: checks, chooses and records.
"""

from qce.tomography.counts import measure_pauli, read_counts, simulate_pauli
from qce.tomography.povm import Povm
from qce.tomography.reconstruct import reconstruct
from qce.tomography.result import Expectation, Reconstruction

__all__ = [
    "Expectation",
    "Povm",
    "Reconstruction",
    "measure_pauli",
    "read_counts",
    "reconstruct",
    "simulate_pauli",
]
