"""PennyLane's datasets, written here: their attributes go where what they hold goes."""

import numpy as np
import pennylane as qml
import pytest

import qce
from qce import circuits, data, models, objectives, quantum

pytest.importorskip("h5py", reason="needs h5py, which qml.data asks for")

HAMILTONIAN = data.transverse_field_ising(2, J=1.0, h=0.7)
GROUND = np.linalg.eigh(qml.matrix(HAMILTONIAN, wire_order=[0, 1]))[1][:, 0]
BITS, RECIPES = np.array([[0, 1], [1, 0], [0, 0]]), np.array([[2, 0], [1, 1], [0, 2]])
COUNTS = {"00": 3, "11": 4}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "chain.h5"
    held = {"hamiltonian": HAMILTONIAN, "ground_state": GROUND, "samples": BITS, "counts": COUNTS}
    qml.data.Dataset(**held, shadow=(BITS, RECIPES), states=[GROUND, GROUND[::-1]]).write(path)
    return qml.data.Dataset.open(path)


def test_a_hamiltonian_is_one(dataset):
    found = data.gibbs_state(dataset.hamiltonian, beta=0.8)
    np.testing.assert_array_equal(found, data.gibbs_state(HAMILTONIAN, beta=0.8))


def test_a_state_is_one(dataset):
    sigma = data.gibbs_state(dataset.hamiltonian)
    wanted = quantum.cross_entropy(GROUND, sigma)
    assert quantum.cross_entropy(dataset.ground_state, sigma) == wanted
    model = models.ThermalModel(circuits.rx(2), models.CategoricalSpectrum(2))
    assert objectives.exact_cross_entropy(model, dataset.ground_state).floor == 0


def test_a_list_of_states_is_stacked_as_the_page_says(dataset):
    kets = np.array(dataset.states)
    stack = np.einsum("ki,kj->kij", kets, np.conj(kets))
    wanted = [quantum.entropy(np.outer(ket, ket.conj())) for ket in (GROUND, GROUND[::-1])]
    assert quantum.entropy(stack).tolist() == wanted


def test_samples_and_counts_are_data(dataset):
    machine = qce.BornMachine(circuits.rx(2))
    for held, given in ((dataset.samples, BITS), (dataset.counts, COUNTS)):
        found, wanted = (objectives.measured_likelihood(machine, x) for x in (held, given))
        assert (found.shots, found.floor) == (wanted.shots, wanted.floor) != (None, None)


def test_a_shadow_is_one(dataset):
    found = data.Shadow.from_pennylane(*dataset.shadow)
    wanted = data.Shadow.from_pennylane(BITS, RECIPES)
    np.testing.assert_array_equal(found.counts, wanted.counts)


@pytest.mark.parametrize(
    "call",
    [
        quantum.entropy,
        data.gibbs_state,
        lambda x: quantum.cross_entropy(np.eye(4) / 4, x),
        lambda x: objectives.measured_likelihood(qce.BornMachine(circuits.rx(2)), x),
    ],
    ids=["entropy", "gibbs_state", "cross_entropy", "measured_likelihood"],
)
def test_a_whole_dataset_is_refused_with_the_names_of_what_it_holds(dataset, call):
    with pytest.raises(qce.ArgumentError, match=r"Dataset of hamiltonian, .*`x\.hamiltonian`"):
        call(dataset)


def test_an_empty_dataset_is_refused_too():
    with pytest.raises(qce.ArgumentError, match="Dataset of nothing"):
        quantum.entropy(qml.data.Dataset())
