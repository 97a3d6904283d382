"""Every public function of data and model, found by its signature, in both twins.

A new one is held to the same.
"""

import inspect
from functools import partial

import numpy as np
import pytest
from oracles import EPS
from strategies import random_unitary

from qce import classical, quantum

RENYI = {"alpha": 0.7}, {"alpha": 2.0}


def squared(t):
    """The convex function of χ²."""
    return (t - 1) ** 2


def functions(module):
    """Functions of `data` and `model`; those of an order twice, below and above 1."""
    for name in module.__all__:
        function = getattr(module, name)
        parameters = inspect.signature(function).parameters
        if list(parameters)[:2] != ["data", "model"]:
            continue
        settings = [{"f": squared}] if "f" in parameters else [{}]
        for order in RENYI if "alpha" in parameters else settings:
            label = " ".join([name, *(str(x) for x in order.values() if x is not squared)])
            yield label, partial(function, **order), set(parameters)


QUANTUM = {name: (function, takes) for name, function, takes in functions(quantum)}
CLASSICAL = {name: (function, takes) for name, function, takes in functions(classical)}
every = pytest.mark.parametrize("name", QUANTUM)
every_classical = pytest.mark.parametrize("name", CLASSICAL)

RNG = np.random.default_rng(20)


def draw(d, real=False):
    """A state with eigenvalues of a tenth and more, so that rounding is a few ε."""
    p = RNG.uniform(1, 3, size=d)
    v = np.linalg.qr(RNG.normal(size=(d, d)))[0] if real else random_unitary(RNG, d)
    a = (v * (p / p.sum())) @ v.conj().T
    return (a + a.conj().T) / 2


RHO, SIGMA = draw(3), draw(3)
REAL = draw(3, real=True), draw(3, real=True)
P, Q = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.2, 0.6])
ROOM = 1e3 * EPS  # values of order one, logs and powers of ratios below 4


def number(value):
    """One number, or the two of a pair of bounds."""
    parts = value if isinstance(value, tuple) else (value,)
    return np.array([float(np.asarray(x)) for x in parts])


def same(found, expected, room=ROOM):
    """Equal within rounding; infinite and NaN where the other is."""
    np.testing.assert_allclose(number(found), number(expected), rtol=0, atol=room)
