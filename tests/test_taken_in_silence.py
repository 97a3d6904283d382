"""Settings that are no such numbers were taken as they came; each is refused by its name."""

import math

import numpy as np
import pytest

from qce import ArgumentError, circuits, classical, coding, data, objectives, quantum, states
from qce import tomography as tomo
from qce.models import BornMachine

P = np.array([0.4, 0.6])
RHO = np.diag(P)
KET, COUNTS, POVM = states.Pure([1, 0]), [441, 195, 311, 53], tomo.Povm.tetrahedron(1)


def lanczos(**settings):
    return states.lanczos_cross_entropy(KET, RHO, **{"least": 0.1, **settings})


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("tolerance", lambda: lanczos(tolerance=math.nan)),
        ("least", lambda: lanczos(least=math.nan)),
        ("steps", lambda: tomo.reconstruct(COUNTS, POVM, steps=1.5)),
        ("memory", lambda: tomo.reconstruct(COUNTS, POVM, memory=math.nan)),
        ("memory", lambda: tomo.reconstruct(COUNTS, POVM, memory=None)),
        ("tolerance", lambda: tomo.reconstruct(COUNTS, POVM, tolerance=math.nan)),
        ("beta", lambda: data.gibbs_state({"Z": 1.0}, beta=math.nan)),
        ("wires", lambda: circuits.rx(1.5)),
        ("wires", lambda: circuits.rx(True)),
        ("sites", lambda: states.IsingChain(True)),
        ("distribution", lambda: coding.Source([2, -1], [0.5, 0.5], 0.1)),
        ("data", lambda: coding.Source.shannon([2, -1])),
        ("rate", lambda: coding.success_probability(coding.Source.shannon(P), 3, True)),
    ],
)
def test_no_such_setting(name, call):
    with pytest.raises(ArgumentError) as caught:
        call()
    assert name in caught.value.arguments


@pytest.mark.parametrize(
    "call",
    [
        lambda p, rho: classical.entropy(p),
        lambda p, rho: classical.relative_entropy(P, p),
        lambda p, rho: quantum.entropy(rho),
        lambda p, rho: quantum.cross_entropy(RHO, rho),
        lambda p, rho: states.Diagonal(p),
        lambda p, rho: coding.Source.shannon(p),
        lambda p, rho: objectives.measured_likelihood(BornMachine(circuits.rx(1)), p),
        lambda p, rho: tomo.simulate_pauli(rho, shots=5, seed=0),
    ],
)
def test_masks_are_not_ignored(call):
    plain = np.ma.masked_array(P), np.ma.masked_array(RHO)
    call(*plain)  # nothing is masked
    masked = np.ma.masked_array(P, [True, False]), np.ma.masked_array(RHO, [[1, 0], [0, 0]])
    with pytest.raises(ArgumentError, match="hold no masked entries"):
        call(*masked)
