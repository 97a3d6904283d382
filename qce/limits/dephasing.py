"""The path of dephasing, from a quantum pair of states to a classical one.

Δ_λ(X) = (1−λ) X + λ diag X. Two steps along the path are one longer step, so that a quantity which
dephasing never raises (a divergence, by data processing) falls along it to the classical value.
"""

from typing import Any

import numpy as np

from qce.limits._states import DIMENSIONS, basis, rotated, rounding, slopes, worst
from qce.results import LimitCheck
from qce.twins import Twin

LAMBDAS = np.linspace(0, 1, 21)
_PAIRS = 8


def dephase(x: np.ndarray, lambdas: np.ndarray) -> np.ndarray:
    """Return Δ_λ(X) for each λ.

    Args:
        x: Density matrices `(..., d, d)`.
        lambdas: Strengths `(k,)` in [0, 1]; at 1 the result is diagonal.

    Returns:
        Density matrices `(..., k, d, d)`.

    >>> dephase(np.array([[0.5, 0.5], [0.5, 0.5]]), np.array([0.0, 1.0]))[1]
    array([[0.5, 0. ],
           [0. , 0.5]])
    """
    keep = 1 - lambdas[:, None, None] * (1 - np.eye(x.shape[-1]))
    return x[..., None, :, :] * keep


def check_dephasing(twin: Twin, rng: np.random.Generator) -> tuple[list[LimitCheck], np.ndarray]:
    """Follow a quantity along the path of dephasing.

    Args:
        twin: A pair of the table.
        rng: Draws the pairs of states; data of every rank.

    Returns:
        The checks (that the end is classical, and that the path is monotone where theory says so),
        and the values along the first path `(21,)`.
    """
    ends, ways, shown = [], [], None
    for d in DIMENSIONS:
        states = _states(rng, d)[: twin.arguments]
        path = [dephase(x, LAMBDAS) for x in states]
        values = twin.quantum(*path)
        classical = twin.classical(*(np.einsum("...ii->...i", x).real for x in states))
        tolerance = _tolerance(twin, path, values)
        ends += list(zip(np.abs(values[:, -1] - classical), tolerance, strict=True))
        # How far the value moves against the expected direction.
        wrong = -twin.under_dephasing * np.diff(values)
        ways += list(zip(np.maximum(wrong, 0).max(axis=-1), tolerance, strict=True))
        shown = values[0] if shown is None else shown
    checks = [LimitCheck(twin.name, "end of dephasing", **worst(ends))]
    if twin.under_dephasing:
        way = "never falls" if twin.under_dephasing > 0 else "never rises"
        checks.append(LimitCheck(twin.name, f"{way} in dephasing", **worst(ways)))
    assert shown is not None
    return checks, shown


def _states(rng: np.random.Generator, d: int) -> tuple[np.ndarray, ...]:
    """Return data of ranks d, d−1, … in turn and two models, each in a basis of its own."""
    data: list[np.ndarray] = []
    model: list[np.ndarray] = []
    other: list[np.ndarray] = []
    for k in range(_PAIRS):
        rank = d - k % d
        data.append(rotated(np.pad(rng.dirichlet(np.ones(rank)), (0, d - rank)), basis(rng, d)))
        for states in (model, other):
            states.append(rotated(0.9 * rng.dirichlet(np.ones(d)) + 0.1 / d, basis(rng, d)))
    return np.array(data), np.array(model), np.array(other)


def _tolerance(twin: Twin, path: list[np.ndarray], values: np.ndarray) -> Any:
    """Return, for each path, the error of a value by rounding, to first order.

    A shift of the state by e in operator norm moves the value by e times the gradient's trace
    norm, rounding by e (1 + |value|); the largest on the path counts.
    """
    each = slopes(twin.quantum, path)
    norms = [np.abs(np.linalg.eigvalsh(slope)).sum(axis=-1) for slope in each]
    total = 1 + np.abs(values) + sum(norms)
    return rounding(path[0].shape[-1]) * total.max(axis=-1)
