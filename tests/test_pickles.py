"""What is made here goes to other processes, and comes back as what it was."""

import copy
import pickle
import subprocess
import sys

import jax.numpy as jnp
import numpy as np
import pytest

import qce
from qce import circuits, data, models, objectives
from qce.circuits import blocks
from qce.training import digest

HADAMARD = np.array([[1, 1], [1, -1]]) / np.sqrt(2)
CIRCUITS = {
    "rx": circuits.rx(2),
    "strongly entangling": circuits.strongly_entangling(3, 2),
    "rotations and couplings": circuits.rotations_xx(3, 6, "all"),
    "ising": circuits.ising(3, 2),
    "heisenberg": circuits.heisenberg(4, 2),
    "basis change": circuits.basis_change("XYZ"),
    "fixed": circuits.fixed(np.kron(HADAMARD, HADAMARD)),
    "reversible": circuits.reversible(circuits.strongly_entangling(2, 2)),
    "unbiased": data.UnbiasedBases(2).circuit(3),
    "together": circuits.Circuit(2, ((blocks.both(blocks.rx(2), blocks.zz_rx(2)), 3),)),
}


def sent(x):
    return pickle.loads(pickle.dumps(x))


@pytest.mark.parametrize("name", CIRCUITS)
def test_circuits_come_back_as_the_same_unitary(name):
    circuit = CIRCUITS[name]
    for other in (sent(circuit), copy.deepcopy(circuit)):
        assert type(other) is type(circuit)
        assert name == "fixed" or (other == circuit and hash(other) == hash(circuit))
        params = np.linspace(0.1, 2, circuit.size)
        ket = jnp.zeros(circuit.dimension).at[1].set(1.0)
        np.testing.assert_array_equal(other.evolve(ket, params), circuit.evolve(ket, params))
        assert digest.digest(other) == digest.digest(circuit)


MODELS = {
    "Born": models.BornMachine(circuits.strongly_entangling(2, 1)),
    "thermal": models.ThermalModel(circuits.ising(2, 2), models.ProductSpectrum(2)),
}
RHO = np.diag([0.4, 0.3, 0.2, 0.1])
OBJECTIVES = {
    "likelihood": objectives.measured_likelihood(MODELS["Born"], [0.4, 0.3, 0.2, 0.1]),
    "likelihood of counts": objectives.measured_likelihood(
        MODELS["Born"], data.Counts({"XZ": [1, 2, 3, 4], "ZZ": [4, 3, 2, 1]})
    ),
    "cross entropy": objectives.exact_cross_entropy(MODELS["thermal"], RHO),
}


@pytest.mark.parametrize("name", MODELS)
def test_models_come_back_equal(name):
    model = MODELS[name]
    assert sent(model) == model == copy.deepcopy(model)
    params = model.initial(3)
    one, other = model.mixture(params), sent(model).mixture(params)
    assert all((a == b).all() for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("name", OBJECTIVES)
def test_exact_objectives_come_back_as_the_same_function(name):
    objective = OBJECTIVES[name]
    other, params = sent(objective), objective.initial(1)
    (one, slope), (two, other_slope) = (x.value_and_gradient(params) for x in (objective, other))
    assert one == two and objective.floor == other.floor
    np.testing.assert_array_equal(slope, other_slope)
    assert digest.digests(other) == digest.digests(objective)


def test_another_process_finds_the_same_value(tmp_path):
    objective = OBJECTIVES["cross entropy"]
    params = objective.initial(0)
    (tmp_path / "file").write_bytes(pickle.dumps((objective, params)))
    script = "import pickle, sys; f, x = pickle.load(open(sys.argv[1], 'rb')); print(f(x).value)"
    command = [sys.executable, "-c", script, str(tmp_path / "file")]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert float(found) == objective(params).value


def test_a_result_comes_back():
    result = qce.fit(OBJECTIVES["likelihood"], steps=2, progress=False)
    assert str(sent(result)) == str(result)


def test_a_block_of_ones_own_comes_back():
    mine = circuits.Circuit(1, ((circuits.Block("mine", 1, apply_mine), 2),))
    assert sent(mine) == mine


def apply_mine(params, wires):
    import pennylane as qml

    qml.RY(params[0], wires=wires[0])
