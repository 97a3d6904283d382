"""The likelihood of outcomes in product Pauli bases, row by row: any number of wires and bases."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qce._checks import error
from qce.data import PauliOutcomes
from qce.data.rows import as_distinct
from qce.objectives.objective import Objective
from qce.objectives.rows import RowLikelihood
from qce.typing import Array, PauliModel


def in_pauli_bases(model: PauliModel, outcomes: PauliOutcomes, shards: int) -> Objective:
    """Return the mean of −ln p over outcomes, each in the basis that it was measured in."""
    if outcomes.wires != model.wires:
        but, remedy = f"they are of {outcomes.wires}", "outcomes on the wires of the model"
        raise error("data", f"be of the model's {model.wires} wires", but, remedy)
    effects = outcomes.effects
    rows = as_distinct(effects, np.ones(len(effects)), len(effects))
    loss = RowLikelihood(_OfEffects(model), rows, shards, outcomes.choice)
    return Objective("measured likelihood", model, loss.floor, rows.total, evaluate=loss, rows=loss)


@dataclass(frozen=True)
class _OfEffects:
    """A model whose rows hold effects instead of bits."""

    model: PauliModel

    @property
    def wires(self) -> int:
        return self.model.wires

    @property
    def size(self) -> int:
        return self.model.size

    def initial(self, seed: int) -> np.ndarray:
        return self.model.initial(seed)

    def log_prob(self, params: Array, bits: Array) -> Array:
        return self.model.log_prob_of_effects(params, bits)

    def sample(self, params: Array, shots: int, seed: int) -> np.ndarray:
        return self.model.sample(params, shots, seed)
