"""Losses of one number against another, sample by sample: check, convert, call, reduce."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from qce.losses import _arguments, _masks
from qce.losses._arrays import together
from qce.losses._reduce import Options, Settings, reduce, told
from qce.typing import Array, Scalar

Checks = Mapping[str, Callable[[str, Scalar], object]]


def each(
    loss: Callable[..., Array],
    named: Mapping[str, Scalar],
    options: Options,
    *,
    spread: tuple[str, ...] = (),
    proofs: Checks | None = None,
    settings: Settings = (),
) -> Array:
    """Reduce loss(xp, *arrays, *settings) `(...)` over samples, for finite arrays of one shape.

    Args:
        loss: Of arrays in the namespace xp.
        named: The arguments by their names, data first; a number stands for all samples.
        options: Which samples count, how often, and the reduction.
        spread: Names of those that may broadcast to the samples.
        proofs: What more is checked of an argument that counts, by its name.
        settings: Numbers, which may be traced.
    """
    weights, where, reduction, check = told(options, **named)
    leading = [name for name in named if name not in spread]
    first = next((name for name in leading if np.ndim(named[name])), leading[0])
    data = named[first]
    shape = np.shape(data)
    if check:
        for name, x in named.items():
            if np.ndim(x) and not (name in spread and _arguments.fits(np.shape(x), shape)):
                _arguments.same_shape(first, data, name, x)
    weights, counts = _masks.counting(shape, weights, where, check=check)
    named = {
        name: _masks.keep(counts, name, x, 1) if np.ndim(x) or name == first else x
        for name, x in named.items()
    }
    if check:
        for name, x in named.items():
            _arguments.finite(name, x)
            (proofs or {}).get(name, _arguments.values)(name, x)
            if name != first and not np.ndim(x):
                _arguments.real(name, x)
    numbers = [n for n, x in named.items() if n != first and not np.ndim(x)]
    arrays = [n for n in named if n not in numbers]
    settled = (*(_arguments.settled(named[n]) for n in numbers), *settings)
    xp, *found = together(*(named[n] for n in arrays), weights, numbers=settled)
    values = dict(zip((*arrays, "weights", *numbers), found, strict=False))
    zero = xp.zeros_like(values[first])  # in the shape and the precision of the data
    losses = loss(xp, *(zero + values[n] for n in named), *found[len(values) :])
    return reduce(xp, losses, values["weights"], reduction)
