"""What a training visited, point by point."""

from __future__ import annotations

import numpy as np

from qce.training.stepper import Trace

COLUMNS = ("loss", "stderr", "grad_norm", "seconds", "shots")


class History:
    """Columns that grow by stretches of points.

    Args:
        columns: those of an earlier part of the training.
    """

    def __init__(self, columns: dict[str, np.ndarray] | None = None):
        earlier = columns or {name: np.zeros(0) for name in COLUMNS}
        self._stretches = [tuple(earlier[name] for name in COLUMNS)]

    def add(self, trace: Trace, seconds: np.ndarray, shots: int = 0) -> None:
        """Append a stretch; `seconds` since the beginning, `shots` sent up to its end."""
        sent = np.full(len(trace.loss), float(shots))
        self._stretches.append((trace.loss, trace.stderr, trace.grad_norm, seconds, sent))

    def __len__(self) -> int:
        return sum(len(loss) for loss, *_ in self._stretches)

    @property
    def seconds(self) -> float:
        """Time of the last point."""
        times = [seconds[-1] for _, _, _, seconds, _ in self._stretches if len(seconds)]
        return float(times[-1]) if times else 0.0

    def drop_last(self) -> None:
        """Forget the last point."""
        self._stretches = [tuple(column[:-1] for column in self._whole())]

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the columns, and the `step` of each point."""
        self._stretches = [self._whole()]
        return {"step": np.arange(len(self)), **dict(zip(COLUMNS, *self._stretches, strict=True))}

    def _whole(self) -> tuple[np.ndarray, ...]:
        return tuple(np.concatenate(column) for column in zip(*self._stretches, strict=True))
