"""Record of a training on labelled data: parameters, how they were found, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from qce._showing import Shown
from qce.results import Status


@dataclass(frozen=True, eq=False, repr=False)
class Training(Shown):
    """The result of `qce.learning.train`.

    Args:
        params: Parameters of the best epoch, shape `(size,)`: with the least averaged validation
            loss (tendency); without validation, those of the last epoch.
        best_epoch: Which epoch that was.
        last_params: Parameters after the last epoch.
        history: Arrays over epochs, the start as epoch 0: `epoch`, `loss` and `accuracy` of the
            training set, `seconds` since the start; with validation also `validation_loss`,
            `validation_accuracy` and `tendency`.
        status: How it ended.
        seconds: Wall time, compilation included.
        seed: Of the start, the split and the order of examples.
        optimizer: Name and settings.
    """

    params: np.ndarray = field(repr=False)
    best_epoch: int
    last_params: np.ndarray = field(repr=False)
    history: dict[str, np.ndarray] = field(repr=False)
    status: Status
    seconds: float
    seed: int
    optimizer: dict[str, Any]

    def __str__(self) -> str:
        best = {name: column[self.best_epoch] for name, column in self.history.items()}
        names = [n for n in ("loss", "validation_loss", "accuracy", "validation_accuracy")]
        shown = [f"{n.replace('_', ' ')} {best[n]:.4f}" for n in names if n in best]
        return (
            f"{', '.join(shown)} (epoch {self.best_epoch})\n"
            f"{self.status.value} ({self.seconds:.1f} s)"
        )
