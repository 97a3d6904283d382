"""Public functions meet wrong arguments: a right value, or an `ArgumentError` that names one.

`pytest -m long tests/test_fuzz_arguments.py` makes a million calls.
"""

import inspect

import numpy as np
import pytest
from fuzz_calls import LEFT_OUT, calls, public
from fuzzing import draw, every_single, judged

# Where every wrong argument is held to the rule. The other modules still let some of them through
# as raw errors, or in silence: `python tests/fuzzing.py MODULE` lists which.
HELD = (
    "bounds",
    "circuits",
    "classical",
    "data",
    "devices",
    "laws",
    "losses",
    "losses.classical",
    "losses.quantum",
    "models",
    "objectives.entropies",
    "quantum",
    "regularise",
    "runs",
    "states",
    "training",
)
CALLS = sorted(calls())
NAMES = [name for name in CALLS if name.rpartition(".")[0] in HELD]


def test_every_public_name_is_called_or_left_out_with_a_reason():
    names = {name for name, _ in public()}
    unnamed = names - LEFT_OUT.keys() - calls().keys()
    without = {name for name, value in public() if name in unnamed and _takes_nothing(value)}
    assert unnamed == without
    assert LEFT_OUT.keys() <= names


def _takes_nothing(value):
    return not inspect.signature(value).parameters


@pytest.mark.parametrize("name", CALLS)
def test_right_arguments_are_taken(name):
    calls()[name]()


@pytest.mark.parametrize("name", NAMES)
def test_every_wrong_argument_is_refused_by_name_or_gives_a_right_value(name):
    wrong = {str(case): why for case in every_single([name]) if (why := judged(case))}
    assert not wrong


@pytest.mark.parametrize("seed", range(5))
def test_a_thousand_random_calls(seed):
    rng = np.random.default_rng(seed)
    cases = [draw(rng, NAMES) for _ in range(1000)]
    wrong = {str(case): why for case in cases if (why := judged(case))}
    assert not wrong


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 200))
def test_a_million_random_calls(seed):
    rng = np.random.default_rng(seed)
    wrong = {}
    for _ in range(10_000):
        case = draw(rng, NAMES)
        if why := judged(case):
            wrong[str(case)] = why
    assert not wrong
