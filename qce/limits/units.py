"""Hidden units along one axis: a semi-quantum machine is then the restricted Boltzmann machine.

The classical machine is written here as in textbooks, with spins ±1 of visible and hidden units and
a sum over all of both, and without vector fields or closed forms.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import product
from typing import NamedTuple

import jax
import numpy as np
from scipy.special import logsumexp

from qce.limits._states import worst
from qce.models import SemiQuantumBoltzmann
from qce.results import LimitCheck
from qce.typing import Array

_NAME = "semi-quantum and restricted Boltzmann machine"
_VISIBLE, _HIDDEN, _ROWS = 6, 3, 30
_STEPS, _RATE = 25, 0.05


class _Reading(NamedTuple):
    """Mean of −ln p over rows, its slope along a, b and W, and the size of the largest energy."""

    value: float
    slope: np.ndarray
    energy: float


def check_units(seed: int) -> tuple[LimitCheck, ...]:
    """Compare a semi-quantum machine whose fields are along Z with a restricted Boltzmann machine.

    Args:
        seed: Decides parameters and rows.

    Returns:
        The checks of value, gradient (that along X and Y is 0), and loss along a descent in which
        each side follows its own gradient.
    """
    rng = np.random.default_rng(seed)
    model = SemiQuantumBoltzmann(_VISIBLE, _HIDDEN, "XYZ")
    along = _along_z(model)
    bits = (rng.random((_ROWS, _VISIBLE)) < rng.random(_VISIBLE)).astype(np.int8)
    start = rng.normal(0.0, 0.5, int(along.sum()))
    embedded = np.zeros(model.size)
    embedded[along] = start
    with jax.enable_x64(True):
        slope = jax.jit(jax.value_and_grad(lambda params: -model.log_prob(params, bits).mean()))
        fields = _descent(partial(_read, slope), embedded)
    spins = _descent(partial(_restricted, bits), start)
    first, twin = fields[0], spins[0]
    e = _rounding(twin.energy)
    expected = np.zeros(model.size)
    expected[along] = twin.slope
    return (
        LimitCheck(_NAME, "value along one axis", **worst([(abs(first.value - twin.value), e)])),
        LimitCheck(
            _NAME,
            "gradient along one axis",
            **worst([(float(np.abs(first.slope - expected).max()), e)]),
        ),
        LimitCheck(_NAME, "training, step for step", **worst(_apart(fields, spins))),
    )


def _along_z(model: SemiQuantumBoltzmann) -> np.ndarray:
    """Which parameters are those of a, and of b and W along Z."""
    names = ("Z" * model.visible, *([model.letters] * model.hidden * (1 + model.visible)))
    return np.array([letter == "Z" for letter in "".join(names)])


def _restricted(bits: np.ndarray, params: np.ndarray) -> _Reading:
    """−ln p of a restricted Boltzmann machine, E(v, h) = a·v + b·h + v·W·h, and its slope."""
    a, b, w = np.split(params, [_VISIBLE, _VISIBLE + _HIDDEN])
    w = w.reshape(_VISIBLE, _HIDDEN)

    def energies(v: np.ndarray) -> np.ndarray:
        return (v @ a)[:, None] + h @ b + v @ w @ h.T

    def moments(v: np.ndarray, p: np.ndarray) -> np.ndarray:
        """Means of v, h and v h for weights p of the pairs, `(rows, 2^h)`."""
        pairs = np.einsum("rk,ri,kj->ij", p, v, h)
        return np.concatenate([p.sum(1) @ v, p.sum(0) @ h, pairs.ravel()])

    h, every = _spins(_HIDDEN), _spins(_VISIBLE)
    seen = 1.0 - 2 * bits
    held, free = -energies(seen), -energies(every)
    clamped, log_z = logsumexp(held, axis=1, keepdims=True), logsumexp(free)
    slope = moments(seen, np.exp(held - clamped) / len(seen)) - moments(every, np.exp(free - log_z))
    return _Reading(float(log_z - clamped.mean()), slope, float(np.abs(params).sum()))


def _spins(units: int) -> np.ndarray:
    return np.array(list(product((1.0, -1.0), repeat=units)))


def _read(slope: Callable[[Array], tuple[Array, Array]], at: np.ndarray) -> _Reading:
    value, found = slope(at)
    return _Reading(float(value), np.asarray(found), float(np.abs(at).sum()))


def _descent(loss: Callable[[np.ndarray], _Reading], start: np.ndarray) -> list[_Reading]:
    """Gradient descent: what is read at each point."""
    at, found = start, []
    for _ in range(_STEPS):
        found.append(loss(at))
        at = at - _RATE * found[-1].slope
    return found


def _rounding(energy: float) -> float:
    """Bound how far rounding moves ln p, or a slope.

    An energy is a sum of n m products, of at most the size given: off by n m ε of it, and weights
    relatively by as much. A sum of 2^{n+m} weights in any order adds 2^{n+m} ε; spins are ±1, so
    that moments, and slopes, are moved by no more. Both sides, rows and all: four times that.
    """
    units = (_VISIBLE + 1) * (_HIDDEN + 1)
    return float(np.finfo(float).eps * 4 * (2 ** (_VISIBLE + _HIDDEN) + units * (1 + energy)))


def _apart(left: list[_Reading], right: list[_Reading]) -> list[tuple[float, float]]:
    """Distance of the losses at each step, and its bound by rounding.

    Rounding e of a slope moves each parameter by the rate times e in a step, and the loss by its
    slope times the sum of these. In between neighbours may drift apart where the curvature is
    negative: it is a covariance of J = 27 moments, below J < 2/rate, less that of each hidden unit
    times (1, s), given s, which is n + 1 at most.
    """
    spread = (1 + _RATE * (_VISIBLE + 1)) ** _STEPS
    moved, found = 0.0, []
    for one, other in zip(left, right, strict=True):
        e = _rounding(other.energy)
        found.append((abs(one.value - other.value), e + np.abs(other.slope).sum() * moved * spread))
        moved += _RATE * e
    return found
