"""Functions that prepare a state, and devices, as every public entrance takes them."""

import math

import numpy as np
import pennylane as qml
import pytest

from qce import (
    ArgumentError,
    circuits,
    data,
    models,
    objectives,
    tomography,
    xeb,
)

PLUS = np.array([1.0, 1.0]) / 2**0.5


# --- B7: what a circuit function prepares ---------------------------------------------------------

FLIP = qml.X(0)


@qml.qnode(qml.device("default.qubit", wires=1))
def node(*wires):
    qml.X(0)
    return qml.state()


def returned(*wires):
    return FLIP


def listed(*wires):
    return [FLIP]


def queued(*wires):
    qml.X(0)


def both(*wires):
    return qml.X(0)


PREPARING = {f.__name__: f for f in (returned, listed, queued, both)} | {"node": node}


@pytest.mark.parametrize("prepare", PREPARING.values(), ids=PREPARING)
def test_what_a_function_returns_is_prepared_as_what_it_queues(prepare):
    counts = tomography.measure_pauli(prepare, 1, shots=20, seed=1)
    assert counts.by_basis["Z"].tolist() == [0, 20]
    ideal, seen = xeb.measure(prepare, 1, shots=20, seed=1)
    assert ideal.round(12).tolist() == [0, 1] and seen.tolist() == [0, 20]
    shadow = objectives.measure_shadow(data.Preparations([prepare]), shots=60, wires=1, seed=1)
    assert shadow.counts[2, 0] == 0
    model = models.ThermalModel(circuits.rx(1), models.ProductSpectrum(1))
    objective = objectives.deferred_cross_entropy(model, data.Preparations([prepare]))
    assert objective([0.5, 0.0]).value == pytest.approx(math.log1p(math.exp(-1)))


NOTHING = {
    "nothing": lambda *wires: None,
    "a number": lambda *wires: 3,
    "a measurement": lambda *wires: qml.expval(qml.Z(0)),
    "a name": "RX",
    "an operation": FLIP,
    "another wire": lambda *wires: qml.X(5),
    "other arguments": lambda a, b, c: qml.X(0),
}


@pytest.mark.parametrize("prepare", NOTHING.values(), ids=NOTHING)
def test_a_function_that_prepares_nothing_is_refused(prepare):
    model = models.ThermalModel(circuits.rx(1), models.ProductSpectrum(1))
    calls = {
        "prepare": lambda: tomography.measure_pauli(prepare, 1, shots=5),
        "circuit": lambda: xeb.measure(prepare, 1, shots=5),
        "circuits": lambda: objectives.deferred_cross_entropy(
            model, data.Preparations([prepare]), shots=5
        ),
    }
    for name, call in calls.items():
        with pytest.raises(ArgumentError) as caught:
            call()
        assert caught.value.argument == name


def test_the_state_zero_is_prepared_by_saying_so():
    counts = tomography.measure_pauli(lambda: qml.Identity(0), 1, shots=5, seed=1)
    assert counts.by_basis["Z"].tolist() == [5, 0]


# --- B10: devices ---------------------------------------------------------------------------------


def with_device(device):
    model = models.ThermalModel(circuits.rx(1), models.ProductSpectrum(1))
    born = models.BornMachine(circuits.rx(1))
    prepare = data.Preparations([queued])
    yield lambda: objectives.deferred_cross_entropy(model, PLUS, device=device)
    yield lambda: objectives.shadow_cross_entropy(model, prepare, device=device)
    yield lambda: objectives.empirical_cross_entropy(model, prepare, device=device)
    yield lambda: objectives.thermalisation(model, {"Z": 1.0}, device=device)
    yield lambda: objectives.measured_likelihood(born, [0.5, 0.5], device=device)
    yield lambda: objectives.measured_discrepancy(born, [0.5, 0.5], device=device)
    yield lambda: objectives.measured_transport(born, [0.5, 0.5], device=device)
    yield lambda: objectives.measure_shadow(PLUS, shots=5, device=device)
    yield lambda: tomography.measure_pauli(queued, 1, shots=5, device=device)
    yield lambda: xeb.measure(queued, 1, shots=5, device=device)


@pytest.mark.filterwarnings("ignore")
def test_shots_of_a_device_are_refused_wherever_one_is_taken():
    device = qml.device("default.qubit", wires=1, shots=100)
    for call in with_device(device):
        with pytest.raises(ArgumentError, match="shots=100") as caught:
            call()
        assert caught.value.argument == "device"


@pytest.mark.parametrize(
    "device",
    [
        5,
        1.5,
        ["default.qubit"],
        object,
        {},
        b"default.qubit",
        "",
        " ",
        "no.such",
        "default.qubit,x",
    ],
    ids=repr,
)
def test_what_is_no_device_is_refused_by_name(device):
    for call in with_device(device):
        with pytest.raises(ArgumentError) as caught:
            call()
        assert caught.value.argument == "device"
