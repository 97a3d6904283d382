"""What is compared: vectors, distributions, density matrices or kets, with distance and similarity.

Bures' distance and fidelities are those of distributions and of states; Euclid's distance and
cosines those of vectors.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from qce import _checks, classical, quantum
from qce.losses import _arguments
from qce.losses._arrays import all_pairs, length, root, together, unit
from qce.losses._masks import Part
from qce.typing import Array


@dataclass(frozen=True)
class Space:
    """What data and model, or embeddings, are.

    Attributes:
        called: Several of them, in words.
        axes: How many axes one has.
        form: The shape of a batch of them, in words.
        harmless: One that does no harm, from its length along an axis.
        check: (name, points) refuses what is none.
        distance: Of two, `(...)`.
        similarities: Of all pairs of two batches, `(..., n, n)`.
        check_direction: Refuses what has a place and no direction, where similarity is an angle.
    """

    called: str
    axes: int
    form: str
    harmless: Callable[[int], Any]
    check: Callable[[str, Array], object]
    distance: Callable[[Array, Array], Array]
    similarities: Callable[[Array, Array], Array]
    check_direction: Callable[[str, Array], object] = lambda name, x: None

    def part(self, x: Array) -> Part:
        """An argument with its axes and a harmless entry."""
        entries = np.shape(x)[-1] if np.ndim(x) else 1
        return Part(x, self.harmless(max(entries, 1)), tuple(range(-self.axes, 0)))

    def batch(self, x: Array) -> tuple[int, ...]:
        """The shape without the axes of one point."""
        return np.shape(x)[: -self.axes]

    def check_all(self, **named: Array) -> None:
        """Points of one shape."""
        (first, x), *_ = named.items()
        for name, y in named.items():
            self.check(name, y)
            _arguments.same_shape(first, x, name, y)

    def check_batch(self, **named: Array) -> None:
        """Two points or more, of one shape."""
        self.check_all(**named)
        for name, x in named.items():
            if not self.batch(x) or self.batch(x)[-1] < 2:
                but = f"its shape is {_checks.shape_of(x)}"
                raise _checks.error(name, f"have shape {self.form} with n >= 2", but, "a batch")
            self.check_direction(name, x)


def _euclidean(x: Array, y: Array) -> Array:
    xp, x, y = together(x, y)
    return length(xp, x - y)


def _cosines(x: Array, y: Array) -> Array:
    xp, x, y = together(x, y)
    return unit(xp, x) @ xp.swapaxes(unit(xp, y), -1, -2)


def _check_vectors(name: str, x: Array) -> None:
    _arguments.finite(name, x)
    if np.ndim(x) < 1:
        raise _checks.error(name, "have shape (..., f)", "it is a number", "vectors")


def _check_direction(name: str, x: Array) -> None:
    a = _arguments.values(name, x)
    if a is not None and (a == 0).all(axis=-1).any():
        but = "a cosine with one is undefined"
        raise _checks.error(name, "be free of zero vectors", but, "others")


def _distance_of_kets(x: Array, y: Array) -> Array:
    """Turned until ⟨x|y⟩ >= 0, close kets are close vectors: their difference cancels nothing."""
    xp, x, y = together(x, y)
    overlap = xp.sum(xp.conj(x) * y, axis=-1)
    size = root(xp, _squared(xp, overlap))
    phase = xp.where(size > 0, xp.conj(overlap) / xp.where(size > 0, size, 1.0), 1.0)
    return root(xp, xp.sum(_squared(xp, x - phase[..., None] * y), axis=-1))


def _fidelities_of_kets(x: Array, y: Array) -> Array:
    xp, x, y = together(x, y)
    x, y = all_pairs(xp, x, y)
    return _squared(xp, xp.sum(xp.conj(x) * y, axis=-1))


def _squared(xp: Any, z: Array) -> Array:
    return xp.real(z * xp.conj(z))


def _every(x: Array, y: Array, axes: int) -> tuple[Array, Array]:
    xp, x, y = together(x, y)
    return all_pairs(xp, x, y, axes)


VECTORS = Space(
    called="vectors",
    axes=1,
    form="(..., n, f)",
    harmless=lambda f: 1.0,
    check=_check_vectors,
    distance=_euclidean,
    similarities=_cosines,
    check_direction=_check_direction,
)
DISTRIBUTIONS = Space(
    called="probabilities",
    axes=1,
    form="(..., n, k)",
    harmless=lambda k: 1 / k,
    check=_checks.probabilities,
    distance=lambda x, y: classical.bures_distance(x, y, check=False),
    similarities=lambda x, y: classical.fidelity(*_every(x, y, 1), check=False),
)
STATES = Space(
    called="states",
    axes=2,
    form="(..., n, d, d)",
    harmless=lambda d: np.eye(d) / d,
    check=_checks.states,
    distance=lambda x, y: quantum.bures_distance(x, y, check=False),
    similarities=lambda x, y: quantum.fidelity(*_every(x, y, 2), check=False),
)
KETS = Space(
    called="kets",
    axes=1,
    form="(..., n, d)",
    harmless=lambda d: np.eye(d)[0],
    check=_arguments.kets,
    distance=_distance_of_kets,
    similarities=_fidelities_of_kets,
)
