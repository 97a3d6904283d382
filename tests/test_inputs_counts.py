"""Counts as data wherever outcomes of one basis are taken: dictionaries, arrays, bit strings."""

from functools import cache

import numpy as np
import pytest

from qce import ArgumentError, circuits, data, models, objectives, tomography

BORN = models.BornMachine(circuits.rotations_xx(2, 2))
PARAMS = BORN.initial(3)
BITS = np.array([[0, 1]] * 5 + [[1, 0]] * 3 + [[1, 1]] * 2)
FORMS = {
    "counts": np.array([0, 5, 3, 2]),
    "unsigned": np.array([0, 5, 3, 2], np.uint8),
    "list": [0, 5, 3, 2],
    "dictionary": {"01": 5, "10": 3, "11": 2},
    "hexadecimal, of Qiskit": {"0x2": 5, "0x1": 3, "0x3": 2},
    "spaced, of Qiskit": {"1 0": 5, "0 1": 3, "1 1": 2},
    "from_counts": data.from_counts({"10": 5, "01": 3, "11": 2}, order="qiskit"),
    "truth values": BITS.astype(bool),
}
TAKING = {
    "likelihood": lambda x: objectives.measured_likelihood(BORN, x)(PARAMS),
    "discrepancy": lambda x: objectives.measured_discrepancy(BORN, x)(PARAMS),
    "transport": lambda x: objectives.measured_transport(BORN, x)(PARAMS),
    "product": lambda x: models.product(x).probabilities(),
    "tree": lambda x: models.chow_liu(x).probabilities(),
}


def numbers(found):
    if hasattr(found, "stderr"):
        return np.array([found.value, found.stderr, found.shots or 0])
    return np.asarray(found)


# The baselines know no number of wires, and hexadecimal keys tell none: see below.
PAIRS = [(t, f) for t in TAKING for f in FORMS if t not in ("product", "tree") or "hexa" not in f]


@cache
def of_bits(taking):
    return numbers(TAKING[taking](BITS))


@pytest.mark.thinned(5)
@pytest.mark.parametrize(("taking", "form"), PAIRS)
def test_counts_of_every_form_are_the_bit_strings_they_count(taking, form):
    found = numbers(TAKING[taking](FORMS[form]))
    assert np.allclose(found, of_bits(taking), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("taking", TAKING)
@pytest.mark.parametrize(
    "bad",
    [
        {},
        {"0": 3.5, "1": 2},
        {"00": -1, "01": 3},
        {0: 3, 1: 4},
        {"02": 1},
        {"00": 1, "0": 2},
        [3, -1, 2, 2],
        [0.5, 5.0, 3.0, 2.0],
        [3, 4, 5],
        [[0, 2], [1, 1]],
    ],
    ids=repr,
)
def test_what_counts_nothing_is_refused_by_the_users_name(taking, bad):
    with pytest.raises(ArgumentError) as caught:
        TAKING[taking](bad)
    assert caught.value.arguments == ("data",)


def test_keys_without_a_length_need_from_counts():
    for taking in ("product", "tree"):
        for keys in ({"0x2": 5}, {2: 5}):
            with pytest.raises(ArgumentError, match="qce.data.from_counts") as caught:
                TAKING[taking](keys)
            assert caught.value.argument == "data"
            counts = data.from_counts(keys, wires=2, order="qiskit")
            assert np.allclose(TAKING[taking](counts), [0, 1, 0, 0])


def test_probabilities_that_are_integers_are_no_counts():
    """A sum of 1 is certainty, of no number of outcomes."""
    assert objectives.measured_likelihood(BORN, [0, 1, 0, 0])(PARAMS).shots is None
    assert objectives.measured_likelihood(BORN, [0, 2, 0, 0])(PARAMS).shots == 2


def test_one_outcome_has_no_error_bar_in_a_discrepancy():
    for make in (objectives.measured_discrepancy, objectives.measured_transport):
        with pytest.raises(ArgumentError, match="two outcomes or more") as caught:
            make(BORN, {"01": 1})
        assert caught.value.argument == "data"


def test_a_table_of_counts_by_basis_names_the_data():
    for bad in ({"ZZ": [1, 2]}, {"ZZ": {"0": 1}}, {"ab": [1, 2, 3, 4]}):
        with pytest.raises(ArgumentError) as caught:
            objectives.measured_likelihood(BORN, bad)
        assert caught.value.argument == "data"


def test_the_order_of_bits_decides_the_state():
    """Qubit 0 in |1⟩: Qiskit writes it last, PennyLane first."""
    tables = {"ZZ": {"01": 100}, "XX": {"00": 25, "01": 25, "10": 25, "11": 25}}
    for order, place in (("qiskit", 2), ("wires", 1), (None, 1)):
        counts = tomography.read_counts(tables, order=order)
        state = tomography.reconstruct(counts, hedge=0.5).state
        assert state[place, place].real > 0.9
