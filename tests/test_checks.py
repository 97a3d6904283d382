"""The checks of settings, one for each kind: what they take as what, and what they refuse."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.sparse
import torch
from pennylane import numpy as pnp

from qce import ArgumentError, _checks, _concrete

NUMBERS = [2, 2.0, np.float32(2), np.int8(2), np.array(2.0), jnp.array(2.0), pnp.array(2.0)]
NUMBERS += [torch.tensor(2.0), torch.tensor(2.0, requires_grad=True)]
NO_NUMBERS = [True, np.True_, "2", b"2", None, [2.0], np.array([2.0]), 2j, {}, object]
WHOLE = [2, np.int64(2), np.uint8(2), np.array(2), jnp.array(2), torch.tensor(2)]
NOT_WHOLE = [2.0, 1.5, np.float64(2), True, np.False_, "2", None, [2], np.array([2]), math.nan]


def refusal(check, *args, **settings):
    with pytest.raises(ArgumentError) as caught:
        check("x", *args, **settings)
    assert caught.value.argument == "x"
    return str(caught.value)


@pytest.mark.parametrize("x", NUMBERS, ids=repr)
def test_a_number_may_come_from_any_library(x):
    assert _checks.number("x", x, "a number") == 2.0


@pytest.mark.parametrize("x", NO_NUMBERS, ids=repr)
def test_what_is_no_number_is_refused_as_a_type(x):
    assert "be a number" in refusal(_checks.number, x, "a number")
    with pytest.raises(TypeError):
        _checks.number("x", x, "a number")


@pytest.mark.parametrize("x", [math.nan, math.inf, -math.inf, np.float32("nan")])
def test_a_number_is_finite(x):
    assert "be finite" in refusal(_checks.number, x, "a number")


@pytest.mark.parametrize(
    ("range_", "inside", "outside", "words"),
    [
        ({"above": 0}, [1e-300, 5], [0, -1], "be positive"),
        ({"least": 0}, [0, 5], [-1e-300], "not be negative"),
        ({"least": 0, "most": 1}, [0, 1], [-0.1, 1.1], "lie in [0, 1]"),
        ({"above": 0, "below": 1}, [0.5], [0, 1], "lie in (0, 1)"),
        ({"above": 0, "most": 1}, [1], [0], "lie in (0, 1]"),
        ({"least": 2}, [2], [1], "be at least 2"),
        ({"most": 2}, [2], [3], "be at most 2"),
    ],
)
def test_a_number_lies_in_its_range_and_the_words_say_which(range_, inside, outside, words):
    for x in inside:
        assert _checks.number("x", x, "a number", **range_) == x
    for x in outside:
        assert words in refusal(_checks.number, x, "a number", **range_)


@pytest.mark.parametrize("x", WHOLE, ids=repr)
def test_an_integer_may_come_from_any_library(x):
    found = _checks.integer("x", x, "one", least=2, most=2)
    assert found == 2 and type(found) is int


@pytest.mark.parametrize("x", NOT_WHOLE, ids=repr)
def test_what_is_no_integer_is_refused(x):
    assert "be an integer >= 1" in refusal(_checks.integer, x, "one", least=1)


@pytest.mark.parametrize("x", [0, 4, -1, 10**400])
def test_an_integer_lies_in_its_range(x):
    assert "be an integer from 1 to 3" in refusal(_checks.integer, x, "one", least=1, most=3)


@pytest.mark.parametrize("x", [None, 0, 7, np.uint32(7), 2**63 - 1])
def test_seeds(x):
    assert _checks.seed("x", x) == x


def test_a_generator_goes_on_as_it_is():
    generator = np.random.default_rng(1)
    assert _checks.rng("x", generator) is generator
    assert _checks.rng("x", 1).random() == np.random.default_rng(1).random()


@pytest.mark.parametrize("x", ["a", -1, 1.5, 2**65, 2**63, True, [1], math.nan, {}], ids=repr)
def test_no_seeds(x):
    assert "be an integer from 0 to" in refusal(_checks.seed, x)


def test_memory_is_refused_with_the_estimate_and_the_remedy():
    _checks.memory("x", "states", 2**31, 4.0)
    message = refusal(_checks.memory, "states", 2**34, 4.0, "fewer wires")
    assert message == (
        "Arguments `x` and `memory` must fit into 4 GiB, but states need 16 GiB. "
        "Pass fewer wires, or memory= as much as the machine has."
    )
    assert "states need 9.31e+10 GiB" in refusal(_checks.memory, "states", 1e20)


@pytest.mark.parametrize("limit", [math.nan, math.inf, 0, -1, "4", True, None])
def test_memory_itself_is_a_positive_number_of_gib(limit):
    with pytest.raises(ArgumentError, match="`memory`"):
        _checks.memory_limit(limit)


@pytest.mark.parametrize("exponent", [2000, 2**65, 10**400])
def test_sizes_beyond_all_floats_are_refused_as_such(exponent):
    assert _checks.power(3, 2) == 9
    message = refusal(_checks.memory, "states", 16 * _checks.power(2, exponent))
    assert "states need more than 1e300 GiB" in message


@pytest.mark.parametrize("x", [True, np.array([True]), 1j, [1j], [], [[]], math.nan, "1"], ids=repr)
def test_no_real_numbers(x):
    refusal(_checks.reals, x, "numbers")


def test_errors_from_within_name_the_argument_that_was_passed():
    with pytest.raises(ArgumentError, match="^Argument `device` must be a number") as caught:
        with _concrete.called(text="device", other="device"):
            _checks.number("text", "a", "1.0")
    assert caught.value.arguments == ("device",) and isinstance(caught.value, TypeError)


def test_a_view_that_claims_more_than_the_machine_has_is_not_read():
    rows = np.broadcast_to(np.array([0.5, 0.5]), (10**10, 2))
    assert "takes 149 GiB" in refusal(_checks.concrete, rows)


@pytest.mark.parametrize(
    "x", [np.array([200, 100], np.uint8), [200.0, 100.0], np.array([200, 100], np.uint64)]
)
def test_counts_are_added_up_as_int64(x):
    found = _checks.counts("x", x)
    assert found.dtype == np.int64 and found.sum() == 300


@pytest.mark.parametrize(
    ("x", "words"),
    [
        ([1.5, 2], "be integers, but one is 1.5"),
        ([math.nan, 2], "be integers, but one is nan"),
        ([1e300], "be below 2**63"),
        (np.array([2**63], np.uint64), "be below 2**63"),
        ([2**62, 2**62], "be below 2**63 in all"),
        ([-1, 2], "not be negative"),
        ([0, 0], "be 1 or more in all"),
        ([], "be 1 or more in all"),
        ([1j], "be integers"),
        (["a"], "be numeric"),
        ({"0": 3}, "qce.data.from_counts"),
    ],
)
def test_what_are_no_counts(x, words):
    assert words in refusal(_checks.counts, x)


@pytest.mark.parametrize("x", [[0, 1], [False, True], [0.0, 1.0], np.array([0, 1], np.int8)])
def test_bits_are_read_from_any_type(x):
    found = _checks.bits("x", x)
    assert found.dtype == np.int64 and found.tolist() == [0, 1]


@pytest.mark.parametrize("x", [[2], [-1], [0.5], [math.nan], ["0"], np.array([255], np.uint8)])
def test_what_are_no_bits(x):
    refusal(_checks.bits, x)


@pytest.mark.parametrize("x", [[1, 2], (1.0, 2.0), np.array([1, 2])])
def test_a_vector_is_an_array_whatever_it_was(x):
    assert _checks.vector("x", x, 2).tolist() == [1, 2]


@pytest.mark.parametrize("x", [[], [1.0], [[1.0, 2.0]], np.zeros(3), jnp.zeros(1), 1.0])
def test_a_vector_has_the_shape_that_is_asked_for(x):
    assert "have shape (2,), but its shape is" in refusal(_checks.vector, x, 2)


def test_a_traced_vector_is_checked_by_its_shape():
    found = jax.jit(lambda x: _checks.vector("x", x, 2) * 2)(jnp.ones(2))
    assert found.tolist() == [2, 2]
    with pytest.raises(ArgumentError, match="its shape is"):
        jax.jit(lambda x: _checks.vector("x", x, 3))(jnp.ones(2))


class Qobj:
    """As QuTiP has it: no array of NumPy's protocol for arrays, and a conversion by name."""

    def full(self):
        return np.eye(2) / 2


@pytest.mark.parametrize(
    ("x", "conversion"),
    [
        (scipy.sparse.eye_array(2) / 2, "x.toarray()"),
        (scipy.sparse.csr_matrix(np.eye(2)), "x.toarray()"),
        (Qobj(), "x.full()"),
        (np.ma.array([1.0, 2.0], mask=[True, False]), "x.filled(0)"),
    ],
)
def test_what_holds_numbers_and_is_no_array_is_told_its_conversion(x, conversion):
    assert conversion in refusal(_checks.concrete, x)


def test_an_array_with_a_mask_that_hides_nothing_is_an_array():
    assert _checks.concrete("x", np.ma.array([1.0, 2.0])).tolist() == [1, 2]
