"""Features and targets of mean 0 and variance 1, whatever their units."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True, eq=False)
class Scaling:
    """x ↦ (x − c) / s, column by column.

    Args:
        centre: Means c, `(f,)`.
        spread: Standard deviations s, `(f,)`; 1 for a column that is constant to within rounding.
    """

    centre: np.ndarray = field(repr=False)
    spread: np.ndarray = field(repr=False)

    @classmethod
    def of(cls, x: np.ndarray, weights: np.ndarray) -> Scaling:
        """The scaling of rows with weights, also where squares over- or underflow."""
        size = np.abs(x).max(axis=0)
        unit = np.where(size > 0, size, 1.0)
        share = weights / weights.max()
        share = share / share.sum()
        y = x / unit
        centre = share @ y
        spread = np.sqrt(share @ (y - centre) ** 2)
        constant = spread <= len(x) * np.finfo(float).eps
        return cls(centre * unit, np.where(constant, 1.0, spread * unit))

    @classmethod
    def none(cls, columns: int) -> Scaling:
        """The identity."""
        return cls(np.zeros(columns), np.ones(columns))

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Scaled rows; overflow becomes the largest number, NaN stays NaN."""
        largest = np.finfo(float).max
        with np.errstate(over="ignore"):
            return np.clip((x - self.centre) / self.spread, -largest, largest)

    def undone(self, x: np.ndarray) -> np.ndarray:
        """Rows in the original units."""
        return x * self.spread + self.centre
