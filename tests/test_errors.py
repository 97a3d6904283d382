"""Errors are types: what they carry, what catches them, and that they survive a process border."""

import pickle

import pytest

import qce
from qce import errors
from qce._checks import error, pair_error

KINDS = list(errors._OF)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_an_argument_error_and_the_built_in_one(kind):
    raised = error("x", "be 1", "it is 2", "x=1", kind)
    assert isinstance(raised, qce.ArgumentError) and isinstance(raised, kind)
    assert str(raised) == "Argument `x` must be 1, but it is 2. Pass x=1."
    assert (raised.argument, raised.rule, raised.found) == ("x", "be 1", "it is 2")
    assert raised.remedy == "x=1"


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_comes_back_from_another_process_as_it_was(kind):
    raised = error("x", "be 1", "it is 2", "x=1", kind)
    raised.add_note("kept")
    again = pickle.loads(pickle.dumps(raised))
    assert type(again) is type(raised) and str(again) == str(raised)
    assert again.__notes__ == ["kept"]


def test_an_error_about_two_arguments_names_both():
    raised = pair_error("data", "model", "fit", "they do not", "others")
    assert raised.arguments == ("data", "model") and raised.argument == "data"
    assert str(raised) == "Arguments `data` and `model` must fit, but they do not. Pass others."
