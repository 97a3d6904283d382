"""Circuits of trained chains against the chains: every amplitude's square, on devices too."""

import pickle

import jax.numpy as jnp
import numpy as np
import pennylane as qml
import pytest

import qce
from qce.circuits import from_tree, orthogonal, rotations_xx
from qce.models import MatrixProduct, TensorTree

EPS = np.finfo(float).eps


def strings(wires):
    return (np.arange(2**wires)[:, None] >> np.arange(wires)[::-1]) & 1


def point(model, seed=0):
    """Tensors of random numbers, not only near independent bits."""
    return np.random.default_rng(seed).normal(size=model.size)


def law(circuit, params=()):
    ket = jnp.zeros(circuit.dimension).at[0].set(1.0)
    return np.abs(np.asarray(circuit.evolve(ket, jnp.asarray(params, dtype=float)))) ** 2


CHAINS = {
    "one wire": MatrixProduct(1, 2),
    "two wires, wide bond": MatrixProduct(2, 8),
    "product": MatrixProduct(4, 1),
    "bond 2": MatrixProduct(6, 2),
    "bond 3": MatrixProduct(6, 3),
    "bond 4, complex": MatrixProduct(6, 4, complex=True),
    "bond 5 of few wires": MatrixProduct(3, 5, complex=True),
    "in another order": MatrixProduct(6, 2, order=[3, 0, 5, 1, 4, 2], complex=True),
    "root in the middle": TensorTree((1, 2, -1, 2, 3), 3, complex=True),
    "root at the end": TensorTree((1, 2, -1), 2),
    "a bond of each": TensorTree((-1, 0, 1, 2, 3), (2, 3, 4, 2, 1)),
    "side by side": TensorTree((-1, 0, -1, 2, 3), 2, complex=True),
}


@pytest.mark.thinned(5)
@pytest.mark.parametrize("name", CHAINS)
def test_the_circuit_has_the_law_of_the_chain(name):
    model = CHAINS[name]
    params = point(model)
    circuit = from_tree(model, params)
    exact = np.exp(model.log_prob(params, strings(model.wires)))
    # n unitaries of dimension at most 16, each right to a few rounding errors of its size.
    np.testing.assert_allclose(law(circuit), exact, atol=model.wires * 64 * EPS)
    assert circuit.size == 0


def test_devices_run_it_as_unitaries_on_neighbours():
    model = MatrixProduct(5, 4)
    params = point(model, 1)
    circuit = from_tree(model, params)

    @qml.qnode(qml.device("default.qubit", wires=5))
    def node():
        circuit.queue(np.zeros(0))
        return qml.probs(wires=range(5))

    exact = np.exp(model.log_prob(params, strings(5)))
    np.testing.assert_allclose(node(), exact, atol=5 * 64 * EPS)
    tape = qml.workflow.construct_tape(node)()
    assert [list(op.wires) for op in tape.operations] == [[0, 1, 2], [1, 2, 3], [2, 3, 4]]
    for op in tape.operations:
        u = op.matrix()
        np.testing.assert_allclose(u @ u.conj().T, np.eye(8), atol=64 * EPS)


def test_values_of_a_bond_that_play_no_part_cost_no_wires():
    """A Chow-Liu chain is of bond 2, however many copies of it the start makes."""
    flips = np.random.default_rng(0).random((400, 5)) < [0.5, 0.1, 0.1, 0.1, 0.1]
    bits = np.cumsum(flips, axis=1) % 2
    tree = qce.models.chow_liu(bits)
    assert tree.parents == (-1, 0, 1, 2, 3)
    model, params = TensorTree.from_chow_liu(bits, bond=8, noise=0.0, dtype="float64")
    circuit = from_tree(model, params)
    ((block, _),) = circuit.parts
    assert max(len(on) for on, _ in block.apply.gates) == 2
    np.testing.assert_allclose(law(circuit), tree.probabilities(), atol=5 * 64 * EPS)


def test_blocks_behind_it_begin_as_nothing_and_train():
    model = MatrixProduct(4, 2)
    params = point(model, 2)
    circuit = from_tree(model, params).then(orthogonal(4, 2))
    exact = np.exp(model.log_prob(params, strings(4)))
    np.testing.assert_allclose(law(circuit, np.zeros(circuit.size)), exact, atol=4 * 64 * EPS)
    data = np.random.default_rng(3).dirichlet(np.ones(16))
    objective = qce.objectives.measured_likelihood(qce.BornMachine(circuit), data)
    before = objective(np.zeros(circuit.size)).value
    result = qce.fit(objective, np.zeros(circuit.size), steps=30, progress=False)
    assert result.estimate.value < before - 0.01


def test_hundreds_of_wires_are_unitary():
    model = MatrixProduct(300, 4, complex=True)
    ((block, _),) = from_tree(model, point(model, 4)).parts
    assert len(block.apply.gates) == 298
    off = [np.abs(u @ u.conj().T - np.eye(8)).max() for _, u in block.apply.gates]
    assert max(off) < 64 * EPS


def test_it_goes_through_a_pickle():
    model = MatrixProduct(3, 2)
    circuit = from_tree(model, point(model))
    again = pickle.loads(pickle.dumps(circuit))
    np.testing.assert_array_equal(law(again), law(circuit))


@pytest.mark.parametrize(
    ("model", "params", "named", "said"),
    [
        (TensorTree((-1, 0, 0, 0), 2), None, "model", "3 neighbours"),
        (MatrixProduct(3, 2, coherence=0.5), None, "model", "pure state"),
        (MatrixProduct(3, 2, purification=2), None, "model", "pure state"),
        (qce.models.IQP.up_to(3, 1), np.zeros(3), "model", "tree of tensors"),
        (MatrixProduct(3, 2), np.zeros(24), "params", "amplitudes"),
        (MatrixProduct(3, 2), np.full(24, np.nan), "params", "finite"),
        (MatrixProduct(3, 2), np.zeros(5), "params", "shape"),
    ],
)
def test_what_is_no_pure_chain_is_refused(model, params, named, said):
    with pytest.raises(qce.ArgumentError, match=said) as refused:
        from_tree(model, point(model) if params is None else params)
    assert refused.value.arguments == (named,)


def test_circuits_on_other_wires_do_not_follow():
    with pytest.raises(qce.ArgumentError, match="3 wires"):
        rotations_xx(3, 1).then(rotations_xx(2, 1))
