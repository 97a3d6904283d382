"""Data as they come: any integer type, floats that are whole, dictionaries of both conventions."""

import numpy as np
import pennylane as qml
import pytest

from qce import ArgumentError, data, tomography
from qce.data import Counts, Shadow, from_counts

TYPES = [np.uint8, np.uint16, np.uint64, np.int8, np.int64, np.float32, float]
RNG = np.random.default_rng(14)


@pytest.mark.parametrize("dtype", [*TYPES, bool])
def test_bits_of_any_type_are_the_same_bits(dtype):
    bits = RNG.integers(0, 2, size=(300, 9))
    assert (data.outcome_index(bits.astype(dtype)) == data.outcome_index(bits)).all()
    assert (data.empirical(bits.astype(dtype)) == data.empirical(bits)).all()
    found = Counts.from_samples({"X" * 9: bits.astype(dtype)})
    assert found.total == 300


@pytest.mark.parametrize("dtype", TYPES)
def test_counts_of_any_type_are_the_same_counts(dtype):
    """100 + 100 + 100 wraps around in 8 bits."""
    table = [100, 100, 100, 27]
    counts = Counts({"ZX": np.array(table, dtype)})
    assert counts.total == 327 and counts.by_basis["ZX"].dtype == np.int64
    shadow = Shadow(data.random_bases("pauli", 1), np.array([table[:2]] * 3, dtype))
    assert shadow.total == 600
    assert np.trace(shadow.density_matrix()) == pytest.approx(1)


def test_a_mask_of_samples_is_not_passed_over():
    with pytest.raises(ArgumentError, match="`samples` must hold no masked entries"):
        data.empirical(np.ma.array([[0, 1]], mask=[[0, 1]]))


# --- dictionaries ---------------------------------------------------------------------------------


class QiskitCounts(dict):
    """A dictionary of a type that Qiskit defines."""

    __module__ = "qiskit.result.counts"


ASYMMETRIC = [5, 3, 0, 2]  # 00, 01, 10, 11 with wire 0 first


@pytest.mark.parametrize(
    ("counts", "settings"),
    [
        ({"00": 5, "01": 3, "11": 2}, {}),
        ({"00": 5.0, "01": np.uint8(3), "11": np.int64(2)}, {}),
        ({"00": 5, "10": 3, "11": 2}, {"order": "qiskit"}),
        (QiskitCounts({"00": 5, "10": 3, "11": 2}), {}),
        ({"0 0": 5, "1 0": 3, "1 1": 2}, {}),
        ({"0x0": 5, "0x2": 3, "0x3": 2}, {"wires": 2}),
        ({0: 5, 2: 3, 3: 2}, {"wires": 2, "order": "qiskit"}),
        ({0: 5, 1: 3, 3: 2}, {"wires": 2, "order": "wires"}),
        ({"0 0": 2, "00": 3, "1 0": 3, "1 1": 2}, {}),
    ],
)
def test_dictionaries_are_read_in_their_own_order(counts, settings):
    assert from_counts(counts, **settings).tolist() == ASYMMETRIC


def test_registers_of_qiskit_stand_from_right_to_left():
    """Key "01 1": register 0 holds 1; register 1 holds bit 0 = 1 and bit 1 = 0."""
    assert np.flatnonzero(from_counts({"01 1": 4})).tolist() == [0b110]


@pytest.mark.parametrize(
    ("counts", "settings", "argument", "words"),
    [
        ({}, {}, "counts", "empty"),
        ([3, 2], {}, "counts", "dictionary"),
        ({"0": 449.9, "1": 62.9}, {}, "counts", "one is 449.9"),
        ({"0": -0.4, "1": 3}, {}, "counts", "one is -0.4"),
        ({"0": -1, "1": 3}, {}, "counts", "not be negative"),
        ({"0": np.nan, "1": 3}, {}, "counts", "one is nan"),
        ({"0": "a"}, {}, "counts", "numeric"),
        ({"0": 0, "1": 0}, {}, "counts", "1 or more in all"),
        ({"0": 3, "11": 1}, {}, "counts", "bit strings"),
        ({"0": 3, "2": 1}, {}, "counts", "bit strings"),
        ({"0x7": 3}, {"wires": 2}, "counts", "bit strings"),
        ({"0xg": 3}, {"wires": 2}, "counts", "bit strings"),
        ({(0, 1): 3}, {"wires": 2}, "counts", "bit strings"),
        ({0: 3}, {}, "wires", "be given"),
        ({0: 3}, {"wires": 2}, "order", 'order="qiskit"'),
        ({-1: 3}, {"wires": 2, "order": "wires"}, "counts", "bit strings"),
        ({"0": 3}, {"order": "little"}, "order", "be one of"),
        ({"0" * 60: 3}, {}, "counts", "GiB"),
    ],
)
def test_dictionaries_that_are_no_counts(counts, settings, argument, words):
    with pytest.raises(ArgumentError, match=words) as caught:
        from_counts(counts, **settings)
    assert caught.value.argument == argument


@pytest.mark.parametrize("value", [449.9, -0.4, np.nan, "7", None])
def test_read_counts_cuts_nothing_off(value):
    with pytest.raises(ArgumentError) as caught:
        tomography.read_counts({"Z": {"0": value, "1": 3}})
    assert caught.value.argument == "counts"


def test_read_counts_of_qiskit_gives_the_right_state():
    """An asymmetric state: read from the wrong end it is another one."""
    ket = np.array([0.9, 0.1, 0.4, 0.15j])
    ket /= np.linalg.norm(ket)
    rho = np.outer(ket, ket.conj())
    drawn = tomography.simulate_pauli(rho, shots=4000, seed=3)
    as_qiskit = {
        basis: {f"{x:02b}"[::-1]: n for x, n in enumerate(table.tolist()) if n}
        for basis, table in drawn.by_basis.items()
    }
    for counts in (
        tomography.read_counts(as_qiskit, order="qiskit"),
        tomography.read_counts({b: QiskitCounts(c) for b, c in as_qiskit.items()}),
    ):
        for basis, table in drawn.by_basis.items():
            assert (counts.by_basis[basis] == table).all()


# --- shadows of PennyLane ---


def test_a_shadow_of_pennylane_estimates_what_pennylane_does():
    device = qml.device("default.qubit", wires=2, seed=5)

    @qml.set_shots(shots=3000)
    @qml.qnode(device)
    def circuit():
        qml.RY(0.7, wires=0)
        qml.CNOT(wires=[0, 1])
        return qml.classical_shadow(wires=range(2), seed=3)

    bits, recipes = circuit()
    theirs = qml.ClassicalShadow(bits, recipes)
    shadow = Shadow.from_pennylane(bits, recipes)
    # Theirs is the mean over a median of one: the same linear function of the same outcomes.
    observable = qml.Z(0) @ qml.Z(1)
    ours = np.trace(shadow.density_matrix() @ qml.matrix(observable)).real
    assert ours == pytest.approx(theirs.expval(observable, k=1), abs=1e-12)


@pytest.mark.parametrize(
    ("bits", "recipes", "argument"),
    [
        ([[0], [2]], [[0], [0]], "bits"),
        ([[0]], [[0]], "bits"),
        ([0, 1], [0, 1], "bits"),
        ([[0], [1]], [[0], [3]], "recipes"),
        ([[0], [1]], [[0, 1]], "recipes"),
        ([[0], [1]], [[0], [0.5]], "recipes"),
    ],
)
def test_what_is_no_shadow_of_pennylane(bits, recipes, argument):
    with pytest.raises(ArgumentError) as caught:
        Shadow.from_pennylane(bits, recipes)
    assert caught.value.argument == argument


# --- what would not fit ---


@pytest.mark.parametrize(
    "call",
    [
        lambda: data.bars_and_stripes(8, 8),
        lambda: data.empirical(np.zeros((2, 60), int)),
        lambda: data.gibbs_state(data.transverse_field_ising(20)),
        lambda: data.empirical(np.broadcast_to(np.zeros(2), (10**10, 2))),
        lambda: Counts.from_samples({"Z" * 60: np.zeros((2, 60), int)}),
    ],
)
def test_what_would_not_fit_is_refused_with_the_estimate(call):
    with pytest.raises(ArgumentError, match="GiB"):
        call()


@pytest.mark.parametrize("beta", [np.nan, np.inf, "1", None, True, [1.0]])
def test_a_temperature_is_a_number(beta):
    with pytest.raises(ArgumentError, match="`beta`"):
        data.gibbs_state(np.eye(2), beta)
