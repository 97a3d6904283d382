"""Maximum-likelihood tomography: a state from counts and their measurement.

The negative log-likelihood of a state is the classical cross entropy of the observed frequencies
with its Born probabilities. It is convex in the state, so that every result has a bound on its
distance from the best.

- `povm`: measurements, their probabilities and operators as tensor contractions;
- `counts`: outcomes of all Pauli bases, from a PennyLane run, a dictionary or a simulation;
- `likelihood`: the function that is minimised, its gradient and its certificate;
- `factor`, `projected`, `mirror`, `multiplicative`: algorithms that minimise it;
- `reconstruct`: checks, choice of algorithms, records;
- `bootstrap`: error bars of functions of the state;
- `second_stage`, `copies`: the relative entropy to a known state, by a measurement that a first
  reconstruction chooses;
- `chain`: the same for chains of any number of wires, with `chain_pieces` for their start,
  `chain_learning` for their training, and `chain_result`. They need JAX, and are imported when they
  are first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from qce.tomography.bootstrap import ErrorBar
from qce.tomography.copies import FromCopies, relative_entropy
from qce.tomography.counts import measure_pauli, read_counts, simulate_pauli
from qce.tomography.povm import Povm
from qce.tomography.reconstruct import reconstruct
from qce.tomography.result import Expectation, Reconstruction
from qce.tomography.second_stage import SecondStage

if TYPE_CHECKING:
    from qce.tomography.chain import reconstruct_chain
    from qce.tomography.chain_result import ChainReconstruction

__all__ = [
    "ChainReconstruction",
    "ErrorBar",
    "Expectation",
    "FromCopies",
    "Povm",
    "Reconstruction",
    "SecondStage",
    "measure_pauli",
    "read_counts",
    "reconstruct",
    "reconstruct_chain",
    "relative_entropy",
    "simulate_pauli",
]

_LATER = {
    "ChainReconstruction": "chain_result",
    "reconstruct_chain": "chain",
}


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(importlib.import_module(f"qce.tomography.{_LATER[name]}"), name)
    raise AttributeError(f"module 'qce.tomography' has no attribute {name!r}")
