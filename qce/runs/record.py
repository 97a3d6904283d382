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

    def fit(self, objective: Any, params: Any = None, *, part: str = "", **settings: Any) -> Any:
        """Train on record: `qce.fit` with metrics, and a checkpoint for runs that are resumed.

        A training that was cut short is no result: where `fit` would return what it has, the run
        ends, and what it has is in its folder.

        Args:
            objective: What to minimise.
            params: Starting point.
            part: Name of the training, where a run has several.
            **settings: As for `qce.fit`.

        Returns:
            `FitResult`.

        Raises:
            KeyboardInterrupt: It was interrupted.
            Exception: What the device raised where it failed for good.
        """
        import qce  # what it needs takes its time, and not every experiment trains

        name = f"{part.replace('/', '-') or 'fit'}.training.npz"
        file = None if self.folder is None else self.folder / name
        result = qce.fit(
            objective,
            params,
            checkpoint=file,
            resume=True,
            progress=self.progress,
            callback=self.following(part),
            **settings,
        )
        if result.problem is not None:
            raise result.problem
        if result.status.name == "INTERRUPTED":
            raise KeyboardInterrupt
        return result

    def following(self, part: str = "") -> Callable[[int, float, np.ndarray], None]:
        """Return a `callback` for `qce.fit` that records step and loss, and the parameters.

        Args:
            part: Name of the training, where a run has several.
        """

        def follow(step: int, loss: float, params: np.ndarray) -> None:
            self.metrics(part=part, step=step, loss=loss)
            self.checkpoint(part=np.array(part), step=np.array(step), params=params)

        return follow
