"""The divergences by name, pairs to compare, and what rounding of the input explains.

Slacks: a value moves by no more than the trace norm of its gradients times the rounding of its
input, 4·ε·d in operator norm (`slack`); gradients are those of `qce`, which
`test_divergence_gradients` holds to sixty digits.
"""

import warnings

import autograd
import numpy as np
import pytest
from oracles import BACKWARD, EPS
from strategies import random_unitary

from qce import quantum
from qce.quantum import petz_renyi_divergence as petz
from qce.quantum import sandwiched_renyi_divergence as sandwiched

DIVERGENCES = {
    "petz 0.3": lambda r, s, **k: petz(r, s, 0.3, **k),
    "petz 1.5": lambda r, s, **k: petz(r, s, 1.5, **k),
    "petz 2": lambda r, s, **k: petz(r, s, 2, **k),
    "sandwiched 0.5": lambda r, s, **k: sandwiched(r, s, 0.5, **k),
    "sandwiched 0.8": lambda r, s, **k: sandwiched(r, s, 0.8, **k),
    "sandwiched 2": lambda r, s, **k: sandwiched(r, s, 2, **k),
    "sandwiched 4": lambda r, s, **k: sandwiched(r, s, 4, **k),
    "max": quantum.max_relative_entropy,
    "min": quantum.min_relative_entropy,
    "belavkin": quantum.belavkin_staszewski_relative_entropy,
    "measured": quantum.measured_relative_entropy,
    "jensen shannon": quantum.jensen_shannon_divergence,
    "chernoff": quantum.chernoff,
    "bures": quantum.bures_distance,
    "trace distance": quantum.trace_distance,
}
every_divergence = pytest.mark.parametrize("name", DIVERGENCES)

# Away from tiny eigenvalues, where rounding of dense input alone moves a value by percents.
MILD = ("generic", "degenerate", "flat")


def slack(function, *matrices, eps=EPS):
    """Return what the rounding of the input explains, to first order."""
    d = matrices[0].shape[-1]
    total = 1.0
    for k in range(len(matrices)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # autograd speaks up where a gradient is 0
            slope = autograd.grad(lambda *x: function(*x, check=False), k)(
                *(m.astype(complex) for m in matrices)
            )
        total += np.linalg.norm(slope, "nuc")
    return BACKWARD * eps * d * total


Z, X = np.diag([1.0, -1.0]), np.array([[0.0, 1.0], [1.0, 0.0]])


def bloch(x, z):
    return (np.eye(2) + x * X + z * Z) / 2


P1, P3 = (bloch(0, 0.9), bloch(0.5, 0)), (bloch(0, 0.3), bloch(0, 0.7))


def turned(spectrum, seed):
    u = random_unitary(np.random.default_rng(seed), len(spectrum))
    return (u * np.array(spectrum)) @ u.conj().T
