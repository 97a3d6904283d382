"""Circuits that are asked for together go out together, and gradients agree with JAX."""

import jax
import jax.numpy as jnp
import numpy as np
import pennylane as qml
import pytest

from qce import circuits, devices
from qce.objectives.machine import Call, Machine, check_shots, open_machine

EPS = np.finfo(float).eps


@pytest.fixture
def machine():
    return open_machine("default.qubit", 2, seed=1)


def mixed_circuit(ket):
    """Constants and parameters, one of them twice and one through a sine, under an adjoint."""

    def gates(params):
        qml.RX(params[0], wires=0)
        qml.RY(0.3, wires=1)
        qml.CNOT(wires=[0, 1])
        qml.RZ(2 * params[0] + qml.math.sin(params[1]), wires=1)
        qml.IsingXX(params[1], wires=[0, 1])

    def queue(params):
        qml.StatePrep(ket, wires=[0, 1])
        qml.adjoint(gates)(params)

    return queue


def exact(queue):
    @qml.qnode(qml.device("default.qubit", wires=2), interface="jax", diff_method="backprop")
    def node(params):
        queue(params)
        return qml.probs(wires=[0, 1])

    return node


def test_many_pullbacks_together_agree_with_backpropagation(machine):
    rng = np.random.default_rng(0)
    kets = rng.normal(size=(3, 4)) + 1j * rng.normal(size=(3, 4))
    queues = [mixed_circuit(ket / np.linalg.norm(ket)) for ket in kets]
    params, cost = rng.normal(size=(3, 2)), rng.normal(size=4)
    found = machine.all_vjps([Call(q, x) for q, x in zip(queues, params, strict=True)])
    for queue, x, (law, pullback) in zip(queues, params, found, strict=True):
        probabilities, jacobian = exact(queue)(x), jax.jacobian(exact(queue))(jnp.asarray(x))
        # Probabilities of about ten gates, each exact to a few ε; costs are of order one.
        np.testing.assert_allclose(law, probabilities, atol=64 * EPS)
        np.testing.assert_allclose(pullback(cost), cost @ jacobian, atol=256 * EPS)


def test_a_circuit_without_parameters_has_an_empty_gradient(machine):
    law, pullback = machine.vjp(lambda params: qml.X(1), np.zeros(0), None)
    assert law.tolist() == [0, 1, 0, 0]
    assert pullback(np.ones(4)).shape == (0,)


def test_parameters_that_no_gate_uses_have_no_slope(machine):
    _, pullback = machine.vjp(lambda params: qml.RX(params[1], wires=0), np.array([1.0, 0.5]), None)
    gradient = pullback(np.array([0.0, 0.0, 1.0, 1.0]))
    assert gradient == pytest.approx([0, np.sin(0.5) / 2], abs=8 * EPS)


def test_a_stack_of_parameters_is_one_job(machine):
    circuit = circuits.rx(2)
    points = np.random.default_rng(1).normal(size=(5, circuit.size))
    stack = machine.frequencies(circuit.queue, points, None)
    assert machine.spent.circuits == 5
    assert machine.spent.jobs == 1
    for point, law in zip(points, stack, strict=True):
        np.testing.assert_allclose(law, machine.frequencies(circuit.queue, point, None), atol=EPS)


def test_each_circuit_takes_its_own_number_of_shots(machine):
    calls = [Call(lambda params: qml.H(0), np.zeros(0), shots) for shots in (10, 300, 7)]
    for call, law in zip(calls, machine.all_frequencies(calls), strict=True):
        counts = law * call.shots
        np.testing.assert_allclose(counts, np.rint(counts), atol=1e-9)
        assert counts.sum() == pytest.approx(call.shots)
    assert machine.spent.shots == 317


def test_counts_are_whole_numbers(machine):
    counts = machine.counts(lambda params: qml.H(0), np.zeros((3, 0)), 50)
    assert counts.dtype.kind == "i"
    assert counts.sum(axis=1).tolist() == [50] * 3
    assert np.ptp(counts[:, 0]) > 0


def test_shifted_circuits_of_a_gradient_are_counted(machine):
    circuit = circuits.rx(2)
    machine.vjp(circuit.queue, np.ones(circuit.size), 100)
    assert (machine.spent.circuits, machine.spent.jobs) == (1 + 2 * circuit.size, 1)
    assert machine.spent.shots == 100 * machine.spent.circuits


def test_a_rehearsal_counts_and_sends_nothing(machine, monkeypatch):
    def send(*args, **kwargs):
        raise AssertionError("a circuit was sent")

    circuit = circuits.rx(2)
    monkeypatch.setattr("pennylane.execute", send)
    with machine.rehearsal():
        law, pullback = machine.vjp(circuit.queue, np.ones(circuit.size), 100)
        assert machine.spent.circuits == 1 + 2 * circuit.size
    assert law.tolist() == [0.25] * 4
    assert pullback(np.arange(4.0)).shape == (circuit.size,)
    assert machine.spent.circuits == 0


def test_a_lost_connection_is_retried_and_the_outcomes_come(monkeypatch):
    device = qml.device("default.qubit", wires=1, seed=1)
    run, sent = device.execute, []

    def breaks_once(*args, **kwargs):
        sent.append(args)
        if len(sent) == 1:
            raise ConnectionError("reset by peer")
        return run(*args, **kwargs)

    monkeypatch.setattr(device, "execute", breaks_once)
    machine = Machine(device, 1, retry=devices.Retry(wait=0))
    assert machine.frequencies(lambda params: qml.X(0), np.zeros(0), None).tolist() == [0, 1]
    assert len(sent) == 2


def test_a_broken_circuit_is_not_retried(monkeypatch):
    machine = open_machine("default.qubit", 1, seed=1)
    monkeypatch.setattr("qce.devices.retry.time.sleep", lambda seconds: pytest.fail("waited"))
    with pytest.raises(Exception, match="wires"):
        machine.frequencies(lambda params: qml.X(3), np.zeros(0), None)


def test_a_seed_is_given_only_to_devices_that_take_one():
    assert open_machine("null.qubit", 1, seed=3).device.name == "null.qubit"
    one, two = (open_machine(None, 1, seed=3) for _ in range(2))
    draws = [m.counts(lambda params: qml.H(0), np.zeros(0), 1000).tolist() for m in (one, two)]
    assert draws[0] == draws[1]


def test_an_open_device_with_too_few_wires_is_refused():
    with pytest.raises(ValueError, match="Argument `device` must have the wires 0 to 2"):
        open_machine(qml.device("default.qubit", wires=2), 3, None)


@pytest.mark.parametrize("shots", [0, -5, 1, 2.5, "100"])
def test_shots_are_checked(shots):
    with pytest.raises(ValueError, match="Argument `shots` must .*Pass"):
        check_shots(shots)
