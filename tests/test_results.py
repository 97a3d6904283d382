"""Records: how a number with an error bar reads, and what a run says about its end."""

import dataclasses
import math

import numpy as np
import pytest

from qce.results import Estimate, FitResult, Status


def result(value, floor):
    return FitResult(
        params=np.zeros(2),
        estimate=Estimate(value),
        history={},
        status=Status.CONVERGED,
        message="converged",
        steps=3,
        seconds=0.5,
        seed=0,
        optimizer={"name": "adam"},
        floor=floor,
    )


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (Estimate(1.23456, 0.00123, 1000), "1.2346 ± 0.0012 nats (1000 shots)"),
        (Estimate(123.456, 45.6, 10), "123 ± 46 nats (10 shots)"),
        (Estimate(0.5, 0.0, 10), "0.50000 nats (10 shots)"),
        (Estimate(0.5, 1e-17, 10), "0.50000 nats (10 shots)"),
        (Estimate(math.inf), "inf nats (exact)"),
        (Estimate(1.0, 0.1, 5, "smoothed"), "1.00 ± 0.10 nats (5 shots; smoothed)"),
    ],
)
def test_an_estimate_prints_two_digits_of_its_error(estimate, text):
    assert str(estimate) == text


def test_an_estimate_is_a_number():
    assert float(Estimate(1.5, 0.1, 7)) == 1.5


def test_records_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Estimate(1.0).value = 2.0


def test_the_gap_is_the_distance_to_the_floor():
    assert result(1.75, 1.5).gap == 0.25
    assert result(1.75, None).gap is None


def test_a_result_prints_value_gap_and_ending():
    assert str(result(1.75, 1.5)).startswith("1.75000 nats (exact), 2.50e-01 above the floor\n")


def test_only_two_endings_count_as_converged():
    assert [s.name for s in Status if s.converged] == ["CONVERGED", "STALLED"]


def test_an_estimate_says_its_unit():
    assert str(Estimate(1.5, unit="bits flipped")) == "1.50000 bits flipped (exact)"
    assert str(Estimate(1.5, unit="")) == "1.50000 (exact)"
