"""Circuits: the scanned simulation, the unrolled gates and plain matrices are one unitary."""

import jax
import jax.numpy as jnp
import numpy as np
import pennylane as qml
import pytest

from qce import circuits
from qce.circuits import Block, Circuit

EPS = np.finfo(float).eps

CIRCUITS = {
    "entangling 1": circuits.strongly_entangling(1, 2),
    "entangling 2": circuits.strongly_entangling(2, 2),
    "entangling 3": circuits.strongly_entangling(3, 3),
    "entangling 5": circuits.strongly_entangling(5, 2),
    "xx 1 layer": circuits.rotations_xx(3, 1),
    "xx 2 layers": circuits.rotations_xx(3, 2, "all"),
    "xx 3 layers": circuits.rotations_xx(3, 3, "star"),
    "xx 6 layers": circuits.rotations_xx(3, 6, [(2, 0)]),
    "ising": circuits.ising(3, 3),
    "heisenberg": circuits.heisenberg(3, 2),
    "heisenberg 4": circuits.heisenberg(4, 2),
    "rx": circuits.rx(2),
    "basis": circuits.basis_change("XYZ"),
    "fixed": circuits.fixed(np.linalg.qr(np.random.default_rng(7).normal(size=(4, 4)))[0]),
}


@pytest.fixture(params=CIRCUITS)
def case(request):
    circuit = CIRCUITS[request.param]
    params = np.random.default_rng(3).uniform(-np.pi, np.pi, circuit.size)
    return circuit, params, qml.matrix(circuit.queue, range(circuit.wires))(params)


def rounding(circuit):
    """Each gate rounds a unit vector by a few eps; 10 gates a parameter is far above what runs."""
    return 10 * EPS * (circuit.size + circuit.wires + 10)


@pytest.mark.thinned(4)
def test_simulation_and_device_gates_are_the_same_unitary(case):
    circuit, params, unitary = case
    images = circuit.evolve(jnp.eye(circuit.dimension), params)
    np.testing.assert_allclose(images.T, unitary, atol=rounding(circuit), rtol=0)


@pytest.mark.thinned(4)
def test_the_adjoint_is_the_conjugate_transpose(case):
    circuit, params, unitary = case
    images = circuit.evolve(jnp.eye(circuit.dimension), params, adjoint=True)
    np.testing.assert_allclose(images.T, unitary.conj().T, atol=rounding(circuit), rtol=0)


@pytest.mark.thinned(4)
def test_one_ket_evolves_like_a_batch_of_one(case):
    circuit, params, _ = case
    ket = np.random.default_rng(5).normal(size=circuit.dimension)
    ket /= np.linalg.norm(ket)
    alone, batch = circuit.evolve(ket, params), circuit.evolve(ket[None], params)
    assert alone.shape == (circuit.dimension,) and batch.shape == (1, circuit.dimension)
    np.testing.assert_allclose(alone, batch[0], atol=rounding(circuit), rtol=0)


@pytest.mark.thinned(5)
@pytest.mark.parametrize("case", [k for k, c in CIRCUITS.items() if c.size], indirect=True)
def test_the_derivative_of_the_simulation_is_that_of_parameter_shifts(case):
    """Witness of the gradient through fused gates and the scan: PennyLane's rule on the gates."""
    circuit, params, _ = case

    def simulated(p):
        ket = circuit.evolve(jnp.zeros(circuit.dimension).at[1].set(1.0), p)
        return jnp.abs(ket[1]) ** 2

    @qml.qnode(qml.device("default.qubit", wires=circuit.wires), diff_method="parameter-shift")
    def measured(p):
        # Not from |0…0⟩, which circuits that conserve Σ Z leave alone.
        qml.X(circuit.wires - 1)
        circuit.queue(p)
        last = [0] * (circuit.wires - 1) + [1]
        return qml.expval(qml.Projector(last, wires=range(circuit.wires)))

    gradient = qml.grad(measured)(qml.numpy.array(params, requires_grad=True))
    assert np.abs(gradient).max() > 1e-3  # the comparison says something
    np.testing.assert_allclose(
        jax.grad(simulated)(params), gradient, atol=rounding(circuit), rtol=0
    )


def test_basis_change_diagonalises_each_pauli():
    """U P U† = Z on every wire."""
    pauli = {"X": [[0, 1], [1, 0]], "Y": [[0, -1j], [1j, 0]], "Z": [[1, 0], [0, -1]]}
    for letter, matrix in pauli.items():
        turn = np.asarray(circuits.basis_change(letter).evolve(jnp.eye(2), jnp.zeros(0))).T
        np.testing.assert_allclose(turn @ matrix @ turn.conj().T, pauli["Z"], atol=8 * EPS)


def test_rotations_xx_is_the_published_circuit():
    """Gate by gate, for the three-layer star on three wires."""
    circuit = circuits.rotations_xx(3, 3, "star")
    tape = qml.tape.make_qscript(circuit.queue)(np.arange(circuit.size) * 1.0)
    gates = [(op.name, tuple(op.wires), float(op.parameters[0])) for op in tape.operations]
    first = [(g, (w,), float(2 * w + k)) for w in range(3) for k, g in enumerate(["RX", "RZ"])]
    couple = [("IsingXX", (0, 1), 6.0), ("IsingXX", (0, 2), 7.0)]
    last = [
        (g, (w,), float(8 + 3 * w + k)) for w in range(3) for k, g in enumerate(["RZ", "RX", "RZ"])
    ]
    assert gates == first + couple + last


@pytest.mark.parametrize(("layers", "chain", "everyone"), [(1, 8, 8), (2, 11, 14), (4, 26, 32)])
def test_rotations_xx_has_the_published_number_of_parameters(layers, chain, everyone):
    assert circuits.rotations_xx(4, layers).size == chain
    assert circuits.rotations_xx(4, layers, "star").size == chain
    assert circuits.rotations_xx(4, layers, "all").size == everyone


def test_the_ring_joins_every_wire_to_the_next():
    tape = qml.tape.make_qscript(circuits.strongly_entangling(7, 1).queue)(np.zeros(21))
    pairs = {tuple(op.wires) for op in tape.operations if op.name == "CNOT"}
    assert pairs == {(i, (i + 1) % 7) for i in range(7)}


def test_circuits_built_alike_are_equal_and_compile_once():
    assert circuits.ising(3, 2) == circuits.ising(3, 2)
    assert hash(circuits.rotations_xx(4, 4)) == hash(circuits.rotations_xx(4, 4))
    assert circuits.ising(3, 2) != circuits.ising(3, 3)


def test_a_block_is_traced_once_for_any_number_of_repeats():
    traces = []

    def apply(params, wires):
        traces.append(len(params))
        qml.RX(params[0], wires=wires[0])

    for repeats in (2, 50):
        traces.clear()
        circuit = Circuit(1, ((Block("counted", 1, apply), repeats),))
        circuit.evolve(jnp.array([1.0, 0.0]), jnp.zeros(repeats))
        assert len(traces) <= 2  # JAX may look at a scan's body twice, never once a repeat


def test_single_precision_stays_single():
    circuit = circuits.strongly_entangling(2, 1)
    ket = np.array([1, 0, 0, 0], dtype=np.complex64)
    evolved = circuit.evolve(ket, np.zeros(circuit.size, dtype=np.float32))
    assert evolved.dtype == np.complex64


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: circuits.rx(0), "`wires` must be an integer from 1"),
        (lambda: circuits.ising(2, -1), "`layers` must be an integer >= 0"),
        (lambda: circuits.rotations_xx(3, 2, "ring"), "`pairs` must be one of 'chain'"),
        (lambda: circuits.rotations_xx(3, 2, [(0, 3)]), "`pairs` must join two different wires"),
        (lambda: circuits.rotations_xx(3, 2, [(1, 1)]), "`pairs` must join two different wires"),
        (lambda: circuits.fixed(np.eye(3)), r"`unitary` must have shape \(2\^n, 2\^n\)"),
        (lambda: circuits.fixed(np.ones((2, 2))), "`unitary` must be unitary"),
        (lambda: circuits.basis_change("ZQ"), "`basis` must be letters X, Y, Z"),
        (lambda: circuits.rx(2).evolve(np.eye(4), np.zeros(3)), r"`params` must have shape \(2,\)"),
    ],
)
def test_bad_input_is_refused_with_a_remedy(make, message):
    with pytest.raises(ValueError, match=f"Argument {message}.* Pass "):
        make()
