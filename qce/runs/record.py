"""What an experiment writes down while it goes on, so that a killed run has it."""

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from qce.runs.store import numeric, plain

METRICS, CHECKPOINT = "metrics.jsonl", "checkpoint.npz"


@dataclass(frozen=True)
class Record:
    """The open record of a run.

    Args:
        folder: Where to write; None, as in a notebook, to write nothing.
        progress: Whether the experiment shows how far it is.

    Example:
        >>> record = Record()
        >>> record.metrics(step=1, loss=0.25)  # goes nowhere: there is no folder
    """

    folder: Path | None = None
    progress: bool = False
    _begun: float = field(default_factory=time.perf_counter, repr=False)

    def metrics(self, **numbers: Any) -> None:
        """Append one JSON line to `metrics.jsonl`, with the `seconds` since the start.

        The line is with the operating system when this returns: a process that is killed then
        has lost nothing.
        """
        if self.folder is None:
            return
        seconds = round(time.perf_counter() - self._begun, 3)
        line = json.dumps(plain({**numbers, "seconds": seconds}), allow_nan=False) + "\n"
        with open(self.folder / METRICS, "a", encoding="utf-8") as file:
            file.write(line)

    def checkpoint(self, **arrays: Any) -> None:
        """Replace `checkpoint.npz` as a whole: there is always a complete one, the last."""
        if self.folder is None:
            return
        path = self.folder / CHECKPOINT
        aside = path.with_suffix(".tmp")
        with open(aside, "wb") as file:
            np.savez(file, **numeric(arrays))
        os.replace(aside, path)

    def following(self, part: str = "") -> Callable[[int, float, np.ndarray], None]:
        """Return a `callback` for `qce.fit` that records step and loss, and the parameters.

        Args:
            part: Name of the training, where a run has several.
        """

        def follow(step: int, loss: float, params: np.ndarray) -> None:
            self.metrics(part=part, step=step, loss=loss)
            self.checkpoint(part=np.array(part), step=np.array(step), params=params)

        return follow
