"""Public functions meet wrong arguments: a right value, or an `ArgumentError` that names one.

`pytest -m long tests/test_fuzz_arguments.py` makes a million calls.
"""

import inspect

import jax
import numpy as np
import pytest
from fuzz_calls import LEFT_OUT, calls, module_of, public
from fuzzing import draw, every_single, judged, some_single

# Where every wrong argument is held to the rule. The other modules still let some of them through
# as raw errors, or in silence: `python tests/fuzzing.py MODULE` lists which.
HELD = (
    "boltzmann",
    "bounds",
    "callbacks",
    "circuits",
    "classical",
    "coding",
    "data",
    "devices",
    "laws",
    "learning",
    "losses",
    "losses.classical",
    "losses.quantum",
    "models",
    "objectives",
    "objectives.entropies",
    "plots",
    "quantum",
    "regularise",
    "results",
    "runs",
    "states",
    "tomography",
    "trainability",
    "training",
    "xeb",
)
# A thousandth of a second a call, most of them.
FAST = ("bounds", "classical", "coding", "objectives.entropies", "quantum", "regularise")
SOME = 2  # stand-ins for each argument; `pytest -m long` tries all
ROUNDS = 9

CALLS = sorted(calls())


NAMES = [name for name in CALLS if module_of(name) in HELD]
QUICK = [name for name in CALLS if module_of(name) in FAST]


def test_every_public_name_is_called_or_left_out_with_a_reason():
    names = {name for name, _ in public()}
    unnamed = names - LEFT_OUT.keys() - calls().keys()
    without = {name for name, value in public() if name in unnamed and _takes_nothing(value)}
    assert unnamed == without
    assert LEFT_OUT.keys() <= names


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """A text may be taken for a path, and what is written there is nobody's."""
    monkeypatch.chdir(tmp_path)


def _takes_nothing(value):
    return not inspect.signature(value).parameters


@pytest.mark.parametrize("name", CALLS)
def test_right_arguments_are_taken(name):
    call = calls()[name]
    assert not call.missing, f"give {call.missing} a right value for {name} in tests/fuzz_fill.py"
    call()


def _wrong(cases):
    return {str(case): why for case in cases if (why := judged(case))}


@pytest.mark.parametrize("name", NAMES)
def test_wrong_arguments_are_refused_by_name_or_give_a_right_value(name):
    told = "check each by `qce._checks` where it comes in: docs/how-to/add-to-qce.md, 'A model'"
    assert not (wrong := _wrong(some_single(name, SOME))), f"{wrong}: {told}"


@pytest.mark.parametrize("module", sorted({module_of(name) for name in NAMES}))
def test_rows_of_unequal_length_are_refused_by_name_everywhere(module):
    """NumPy refuses them itself, wherever an argument is first read."""
    cases = every_single([name for name in NAMES if module_of(name) == module])
    assert not _wrong(
        x for x in cases if {stand.label for stand in x.changed.values()} == {"ragged"}
    )


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_a_thousand_random_calls(seed):
    rng = np.random.default_rng(seed)
    assert not _wrong(draw(rng, QUICK) for _ in range(1000))


def test_these_are_ten_thousand_calls_and_reach_every_argument():
    singles = [case for name in NAMES for case in some_single(name, SOME)]
    reached = {(case.call.name, *case.changed) for case in singles}
    assert reached == {(name, argument) for name in NAMES for argument in calls()[name].varied}
    assert len(singles) + 1000 * ROUNDS >= 12_000


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_every_wrong_argument_is_refused_by_name_or_gives_a_right_value(name):
    assert not _wrong(every_single([name]))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 200))
def test_a_million_random_calls(seed):
    jax.clear_caches()  # what a million calls compile would not fit into memory
    rng = np.random.default_rng(seed)
    assert not _wrong(draw(rng, NAMES) for _ in range(10_000))
