"""The history of a training, point by point."""

from __future__ import annotations

import numpy as np

from qce.training.state import Trace

COLUMNS = ("loss", "stderr", "grad_norm", "seconds", "shots")


class History:
    """Columns of numbers, to which points are appended.

    Args:
        columns: those of an earlier part of the training.
    """

    def __init__(self, columns: dict[str, np.ndarray] | None = None):
        earlier = columns or {name: np.zeros(0) for name in COLUMNS}
        self._stretches = [tuple(earlier[name] for name in COLUMNS)]
        seen = (columns or {}).get("validation", np.zeros(0))
        self._validation = {k: float(x) for k, x in enumerate(seen) if not np.isnan(x)}

    def add(self, trace: Trace, seconds: np.ndarray, shots: np.ndarray | int = 0) -> None:
        """Append points; `seconds` since the beginning, `shots` drawn up to each point."""
        sent = np.broadcast_to(np.asarray(shots, dtype=float), len(trace.loss))
        self._stretches.append((trace.loss, trace.stderr, trace.grad_norm, seconds, sent))

    def judged(self, value: float) -> None:
        """Record the loss of validation rows after the last point's step."""
        self._validation[len(self) - 1] = value

    def __len__(self) -> int:
        return sum(len(loss) for loss, *_ in self._stretches)

    @property
    def seconds(self) -> float:
        """Time of the last point."""
        times = [seconds[-1] for _, _, _, seconds, _ in self._stretches if len(seconds)]
        return float(times[-1]) if times else 0.0

    @property
    def last(self) -> dict[str, float]:
        """The last point, by column; NaN before the first."""
        ends = [stretch for stretch in self._stretches if len(stretch[0])]
        point = [column[-1] for column in ends[-1]] if ends else [np.nan] * len(COLUMNS)
        return {name: float(x) for name, x in zip(COLUMNS, point, strict=True)}

    @property
    def last_validation(self) -> float | None:
        """Loss of the validation rows when last evaluated, None before that."""
        return self._validation[max(self._validation)] if self._validation else None

    def drop_last(self) -> None:
        """Remove the last point."""
        self._stretches = [tuple(column[:-1] for column in self._whole())]

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the columns, and the `step` of each point.

        With validation rows there is a column `validation`, NaN where they were not evaluated.
        """
        self._stretches = [self._whole()]
        found = {"step": np.arange(len(self)), **dict(zip(COLUMNS, *self._stretches, strict=True))}
        if self._validation:
            found["validation"] = np.full(len(self), np.nan)
            for k, value in self._validation.items():
                if k < len(self):
                    found["validation"][k] = value
        return found

    def _whole(self) -> tuple[np.ndarray, ...]:
        return tuple(np.concatenate(column) for column in zip(*self._stretches, strict=True))
