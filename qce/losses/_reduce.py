"""From one loss a sample to what is trained: weights that mean repetition, and a reduction."""

from __future__ import annotations

from typing import Any, NamedTuple

from qce.losses import _arguments
from qce.losses._arrays import charge
from qce.typing import Array, Scalar


class Samples(NamedTuple):
    """Which samples count, how often, and what becomes of their losses: as every loss is told.

    Attributes:
        weights: How often each counts; broadcasts to the losses. None for once.
        where: Which are there at all; broadcasts to the losses. None for all.
        reduction: "mean", "sum" or "none".
        check: Whether to check arguments.
    """

    weights: Array | None
    where: Array | None
    reduction: str
    check: bool

    def checked(self, **arrays: Scalar) -> Samples:
        """The same, with `check` a truth value and the reduction known; arrays hold numbers."""
        _arguments.reduction(self.reduction)
        return self._replace(check=_arguments.given(self.check, **arrays))


def reduce(xp: Any, values: Array, weights: Array | None, reduction: str) -> Array:
    """Σ w l / Σ w, Σ w l, or w l; a sample of weight 0 is not there, whatever its loss is.

    Args:
        xp: Array namespace.
        values: Losses `(...)`, non-negative where they may be infinite.
        weights: How often each sample counts; broadcasts to the losses. None for once.
        reduction: "mean", "sum" or "none".
    """
    if weights is not None:
        values = charge(xp, weights + xp.zeros_like(values), xp.where(weights == 0, 0.0, values))
    if reduction == "none":
        return values
    total = xp.sum(values)
    if reduction == "sum":
        return total
    ones = xp.ones_like(values)
    return total / xp.sum(ones if weights is None else weights * ones)
