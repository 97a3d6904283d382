"""Losses of one number against another, sample by sample: check, convert, call, reduce."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from qce.losses import _arguments
from qce.losses._arrays import together
from qce.losses._reduce import reduce

Array = Any


def each(
    loss: Callable[..., Array],
    named: dict[str, Array],
    weights: Array | None,
    reduction: str,
    check: bool,
) -> Array:
    """Reduce loss(xp, *arrays) over samples, for finite arrays of one shape.

    Args:
        loss: (xp, *arrays) → losses `(...)`.
        named: The arguments by their names, data first.
        weights: How often each sample counts.
        reduction: "mean", "sum" or "none".
        check: Whether to check the arguments.
    """
    _arguments.reduction(reduction)
    first = next(iter(named))
    if check:
        for name, x in named.items():
            _arguments.finite(name, x)
            if not _for_all(x):
                _arguments.same_shape(first, named[first], name, x)
        _arguments.sample_weights(weights, np.shape(named[first]))
    xp, weights, *arrays = together(weights, *(None if _for_all(x) else x for x in named.values()))
    spread = (
        xp.zeros_like(arrays[0]) + x if array is None else array  # in the precision of the data
        for array, x in zip(arrays, named.values(), strict=True)
    )
    return reduce(xp, loss(xp, *spread), weights, reduction)


def _for_all(x: Array) -> bool:
    """Whether it is one number for all samples."""
    return isinstance(x, (int, float))
