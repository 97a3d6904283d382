"""Objects of other packages at every entrance of arrays: taken, or refused with their conversion.

The conversion that a message names is executed here, and has to give what was meant, wire 0 first.
"""

import re

import jax.numpy as jnp
import numpy as np
import pennylane as qml
import pytest
import scipy.sparse
import torch
from jax.experimental import sparse

from qce import (
    ArgumentError,
    circuits,
    classical,
    data,
    learning,
    losses,
    models,
    objectives,
    quantum,
    regularise,
    states,
    tomography,
    xeb,
)
from qce.objectives import entropies
from qce.states import IsingChain, QuadraticHamiltonian

RHO = np.diag([0.1, 0.2, 0.3, 0.4])  # of two qubits, so that the order of wires shows
REVERSED = np.diag([0.1, 0.3, 0.2, 0.4])
KET = np.array([0.6, 0.8, 0, 0])
MIXED = np.eye(4) / 4
BORN = models.BornMachine(circuits.rx(2))
THERMAL = models.ThermalModel(circuits.rx(2), models.ProductSpectrum(2))
CLASSIFIER = models.Classifier(2, 2, layers=1)

# Every kind of entrance that takes an array, and the name of its argument.
ENTRANCES = {
    "probabilities": ("x", classical.entropy),
    "model of probabilities": ("model", lambda x: classical.cross_entropy([0.5, 0.5], x)),
    "state": ("x", quantum.entropy),
    "data": ("data", lambda x: quantum.relative_entropy(x, MIXED)),
    "model": ("model", lambda x: quantum.cross_entropy(MIXED, x)),
    "loss": ("logits", lambda x: losses.softmax_cross_entropy([0], x)),
    "counts": ("counts", entropies.entropy),
    "samples": ("samples", data.empirical),
    "data of an objective": ("data", lambda x: objectives.exact_cross_entropy(THERMAL, x)),
    "parameters": ("params", BORN.probabilities),
    "a ket": ("ket", states.Pure),
    "a matrix": ("unitary", circuits.fixed),
    "a measured state": ("state", lambda x: tomography.simulate_pauli(x, shots=1, seed=0)),
    "features": ("features", lambda x: learning.predict(CLASSIFIER, CLASSIFIER.initial(0), x)),
    "ideal": ("ideal", lambda x: xeb.fidelity(x, [3, 4])),
    "regularised": ("x", lambda x: regularise.depolarise(x, 0.1)),
    "Gibbs": ("hamiltonian", data.gibbs_state),
    "tree": ("data", models.chow_liu),
}


@qml.qnode(qml.device("default.qubit", wires=2))
def node():
    qml.X(0)
    return qml.density_matrix(wires=[0, 1])


TAPE = qml.tape.QuantumScript([qml.X(0)], [qml.density_matrix(wires=[0, 1])])
TEN = np.diag([0.0, 0, 1, 0])

# Label, object, what its conversion has to give.
OBJECTS = [
    ("csr_array", scipy.sparse.csr_array(RHO), RHO),
    ("coo_matrix", scipy.sparse.coo_matrix(RHO), RHO),
    ("dia_array", scipy.sparse.dia_array(RHO), RHO),
    ("BCOO", sparse.BCOO.fromdense(jnp.asarray(RHO)), RHO),
    ("sparse tensor", torch.tensor(RHO).to_sparse(), RHO),
    ("bfloat16", jnp.full(4, 0.25, jnp.bfloat16), np.full(4, 0.25)),
    ("bfloat16 tensor", torch.full((4,), 0.25, dtype=torch.bfloat16), np.full(4, 0.25)),
    ("tape", TAPE, TEN),
    ("QNode", node, TEN),
    ("bit strings", ["00", "11"], [[0, 0], [1, 1]]),
    ("numerals", ["0.25", "0.75"], [0.25, 0.75]),
    ("values of a dictionary", {"a": 0.25, "b": 0.75}.values(), [0.25, 0.75]),
    ("list of sparse ones", [scipy.sparse.csr_array(RHO)] * 2, [RHO, RHO]),
]


def of_qiskit():
    info = pytest.importorskip("qiskit.quantum_info", reason="needs qce[qiskit]")
    circuit = pytest.importorskip("qiskit").QuantumCircuit(2)
    circuit.x(0)
    ket = info.Statevector([0.6, 0.8, 0, 0])
    yield "Statevector", ket, [0.6, 0, 0.8, 0]
    yield "DensityMatrix", info.DensityMatrix(RHO), REVERSED
    yield "Operator", info.Operator(np.diag([1, 2, 3, 4])), np.diag([1, 3, 2, 4])
    yield "SparsePauliOp", info.SparsePauliOp(["XI"]), qml.matrix(qml.X(1), wire_order=[0, 1])
    yield "QuantumCircuit", circuit, [0, 0, 1, 0]
    yield "list of Statevectors", [ket], [[0.6, 0, 0.8, 0]]


def of_qutip():
    qutip = pytest.importorskip("qutip", reason="needs qutip")
    ket = qutip.tensor(qutip.basis(2, 1), qutip.basis(2, 0))
    yield "ket", ket, [0, 0, 1, 0]
    yield "bra", ket.dag(), [0, 0, 1, 0]
    yield "state", qutip.ket2dm(ket), TEN
    yield "list of states", [qutip.ket2dm(ket)] * 2, [TEN, TEN]


def converted(remedy, x):
    """What the remedy in a message gives, as a user would type it."""
    each = remedy.startswith("a list of ")
    code = re.search(r"`(.*?)`", remedy)[1].replace("(…)", "()")
    names = {"np": np, "qml": qml}
    if "qiskit." in code:
        import qiskit.quantum_info

        names["qiskit"] = qiskit
    return [eval(code, {**names, "x": y}) for y in x] if each else eval(code, {**names, "x": x})


def refused(call, argument, x, expected):
    with pytest.raises(ArgumentError) as caught:
        call(x)
    assert isinstance(caught.value, TypeError) and caught.value.argument == argument
    found = converted(caught.value.remedy, x)
    assert np.allclose(np.asarray(found, dtype=complex), expected, atol=1e-7)


REFUSED = [
    pytest.param(entrance, x, expected, id=f"{entrance}-{label}")
    for entrance in ENTRANCES
    for label, x, expected in OBJECTS
    if not (entrance == "Gibbs" and scipy.sparse.issparse(x))  # a Hamiltonian may be sparse
]


@pytest.mark.parametrize(("entrance", "x", "expected"), REFUSED)
def test_what_is_no_array_is_refused_with_its_conversion(entrance, x, expected):
    argument, call = ENTRANCES[entrance]
    refused(call, argument, x, expected)


@pytest.mark.parametrize("entrance", ENTRANCES)
@pytest.mark.parametrize("family", [of_qiskit, of_qutip])
def test_states_of_other_packages_are_refused_with_their_conversion(family, entrance):
    argument, call = ENTRANCES[entrance]
    for _, x, expected in family():
        refused(call, argument, x, expected)


@pytest.mark.parametrize("entrance", ENTRANCES)
@pytest.mark.parametrize(
    ("x", "words"),
    [
        ({"00": 3, "11": 5}, "qce.data.from_counts"),
        ("0101", "numbers"),
        (lambda: 1, "what it returns"),
        ({0.5, 0.25}, "which has an order"),
        ((i for i in [1, 2]), "`list(x)`"),
        (np.array([(1, 2.0)], dtype=[("a", int), ("b", float)]), "structured_to_unstructured"),
        ([None, 1.0], "dtype=float"),
        (None, "numbers"),
        (IsingChain(2), "GaussianFermions.thermal(x, beta)"),
        (QuadraticHamiltonian(np.zeros((4, 4))), "GaussianFermions.thermal(x, beta)"),
        ([[0, 1], [1]], "rows of equal length"),
    ],
    ids=[
        *("dict", "text", "function", "set", "generator", "records", "Nones", "None"),
        *("chain", "quadratic", "ragged"),
    ],
)
def test_what_holds_no_numbers_is_refused_with_a_remedy(x, words, entrance):
    argument, call = ENTRANCES[entrance]
    if isinstance(x, dict) and entrance == "tree":  # which takes counts as they are
        np.testing.assert_allclose(call(x).probabilities(), [3 / 8, 0, 0, 5 / 8], atol=1e-15)
        return
    if isinstance(x, IsingChain) and entrance == "Gibbs":  # which takes Hamiltonians
        assert call(x).shape == (4, 4)
        return
    with pytest.raises(ArgumentError) as caught:
        call(x)
    assert caught.value.argument == argument and words in caught.value.remedy


@pytest.mark.parametrize("masked", [True, False])
def test_masked_arrays_are_refused_where_a_mask_would_be_lost(masked):
    x = np.ma.masked_array([[0.25, 0.75], [0.5, 0.5]], [[False] * 2, [masked] * 2])
    for call in (
        classical.entropy,
        lambda x: learning.predict(CLASSIFIER, CLASSIFIER.initial(0), x),
        lambda x: data.Labelled(x, [0, 1], ("a", "b")),
    ):
        if masked:
            with pytest.raises(ArgumentError, match="2 of its entries are masked"):
                call(x)
        else:
            call(x)


def test_a_broadcast_view_of_ten_milliard_examples_is_refused_with_the_estimate():
    rows = np.broadcast_to(np.array([0.5, 0.5]), (10**10, 2))
    for call in (
        lambda: learning.predict(CLASSIFIER, CLASSIFIER.initial(0), rows),
        lambda: data.Labelled(rows, np.broadcast_to(0, 10**10), ("a",)),
        lambda: losses.squared_error(rows, rows),
    ):
        with pytest.raises(ArgumentError, match="GiB"):
            call()


def test_frames_and_series_of_pandas_are_the_arrays_they_hold():
    pandas = pytest.importorskip("pandas", reason="needs pandas")
    frame, series = pandas.DataFrame(RHO), pandas.Series([0.5, 0.25, 0.25, 0.0])
    assert quantum.entropy(frame) == quantum.entropy(RHO)
    assert classical.entropy(series) == classical.entropy(series.to_numpy())
    assert entropies.entropy(pandas.Series([3, 4])) == entropies.entropy([3, 4])
    nullable = pandas.Series([3, 4], dtype="Int64")
    assert entropies.entropy(nullable) == entropies.entropy([3, 4])
    angles = pandas.Series([0.1, 0.2], index=["a", "b"])
    assert np.array_equal(BORN.probabilities(angles), BORN.probabilities([0.1, 0.2]))
    rows = pandas.DataFrame({"x": [0.1, 0.2], "y": [0.3, 0.4]})
    params = CLASSIFIER.initial(0)
    found = learning.predict(CLASSIFIER, params, rows)
    assert np.array_equal(found, learning.predict(CLASSIFIER, params, rows.to_numpy()))
    mixed = rows.assign(kind=["a", "b"])
    with pytest.raises(ArgumentError) as caught:
        learning.predict(CLASSIFIER, params, mixed)
    assert np.array_equal(converted(caught.value.remedy, mixed), rows)


def test_a_quantum_state_is_no_classical_data():
    """NumPy reads it as its density matrix, whose rows would be taken for samples or features."""
    state = states.Pure([0.0, 1.0])
    for argument, call in (ENTRANCES[k] for k in ("probabilities", "counts", "samples", "tree")):
        with pytest.raises(ArgumentError, match="not a quantum state") as caught:
            call(state)
        assert caught.value.argument == argument
    with pytest.raises(ArgumentError, match="not a quantum state"):
        learning.predict(CLASSIFIER, CLASSIFIER.initial(0), state)


# --- circuits and operators -----------------------------------------------------------------------

PREPARING = {
    "measure_pauli": ("prepare", lambda f: tomography.measure_pauli(f, 2, shots=5, seed=1)),
    "xeb": ("circuit", lambda f: xeb.measure(f, 2, shots=5, seed=1)),
    "Preparations": ("circuits", lambda f: data.Preparations([f])),
}


def prepared():
    yield "tape", TAPE
    yield "operator", qml.X(0)
    yield from (("Qiskit's", x) for label, x, _ in of_qiskit() if label == "QuantumCircuit")


@pytest.mark.parametrize("entrance", PREPARING)
def test_circuits_that_are_no_functions_are_refused_with_the_function(entrance):
    argument, call = PREPARING[entrance]
    for _, x in prepared():
        with pytest.raises(ArgumentError) as caught:
            call(x)
        assert caught.value.argument == argument
        function = converted(caught.value.remedy, x)
        call(function)  # and measures what was meant
        given = ([0, 1],) if entrance == "Preparations" else ()
        operations = qml.tape.make_qscript(function)(*given).operations or function(*given)
        listed = operations if isinstance(operations, list) else [operations]
        assert [op.name for op in listed] == ["PauliX"] and listed[0].wires.tolist() == [0]


def test_operators_of_qiskit_name_their_words_with_wire_0_first():
    info = pytest.importorskip("qiskit.quantum_info", reason="needs qce[qiskit]")
    operator = info.SparsePauliOp(["XI", "ZZ"], [0.5, 2.0])
    with pytest.raises(ArgumentError) as caught:
        models.pauli_sum(operator)
    terms, coefficients, _ = models.pauli_sum(converted(caught.value.remedy, operator))
    assert terms.strings == ("IX", "ZZ") and coefficients.tolist() == [0.5, 2.0]


@pytest.mark.parametrize("x", [TAPE, node, qml.device("default.qubit", wires=2)], ids=type)
def test_what_has_wires_and_is_no_operator_is_no_hamiltonian(x):
    for call in (data.gibbs_state, states.Thermal):
        with pytest.raises(ArgumentError) as caught:
            call(x)
        assert caught.value.argument == "hamiltonian"
