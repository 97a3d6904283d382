"""Warnings name the line of the user's own code, however deep in the package they arise."""

import functools
import inspect
import warnings
from pathlib import Path

import numpy as np
import pytest

import qce
from qce import data, learning, models, objectives, states

SIGNS = 1 - 2 * np.array([[0, 1, 0], [1, 1, 0], [0, 0, 1]])
TREE = models.TensorTree([-1, 0, 1], 2)


CALLS = {
    "rows of an objective": lambda: objectives.measured_likelihood(TREE, SIGNS),
    "rows of a start": lambda: models.chow_liu(SIGNS, smoothing=1),
    "old name": lambda: data.Kets(np.eye(2)),
    "old member": lambda: states.Ensemble(np.eye(2)).vectors,
    "old name of a loss": lambda: learning.Loss("triplet_margin_loss"),
    "wrapped": functools.partial(lambda: models.chow_liu(SIGNS, smoothing=1)),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_warning_names_the_line_that_called(call):
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        call()
    own = inspect.unwrap(getattr(call, "func", call)).__code__.co_firstlineno
    assert [(one.filename, one.lineno) for one in told] == [(__file__, own)]


def test_only_one_place_counts_how_deep_a_warning_is():
    calls = {
        path.name
        for path in Path(qce.__file__).parent.rglob("*.py")
        if "warnings.warn(" in path.read_text(encoding="utf-8")
    }
    assert calls == {"_warned.py"}
