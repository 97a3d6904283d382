"""What codes and tests of hypotheses cannot do is refused by name."""

import math

import numpy as np
import pytest
from coding_cases import P1, WRONG

from qce.coding import (
    Source,
    mean_length,
    measured_stein_exponent,
    second_order_exponent,
    stein_exponent,
    success_probability,
    typical_overlap,
)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: Source.shannon([0.5, 0.6]), "`data` must sum to 1"),
        (lambda: Source.shannon([0.5, 0.5], [1.0]), "must have the same dimension"),
        (lambda: Source.shannon([[0.5, 0.5]]), "`data` must be one source"),
        (lambda: Source.schumacher(np.eye(2)), "`data` must have trace 1"),
        (lambda: mean_length(WRONG, 0), "`n` must be an integer from 1 to"),
        (lambda: mean_length(WRONG, 2**65), "`n` must be an integer from 1 to"),
        (lambda: measured_stein_exponent(*P1, 10**9, 0.1), "`n` must be an integer from 1 to"),
        (lambda: stein_exponent(P1[0], P1[0], 10**4, 0.1), "`n` must be an integer from 1 to"),
        (lambda: success_probability(WRONG, 3, True), "`rate` must be real numbers"),
        (lambda: success_probability(WRONG, 3, 1j), "`rate` must be real numbers"),
        (lambda: success_probability(WRONG, 3, []), "`rate` must not be empty"),
        (lambda: second_order_exponent(P1[0], [P1[1]], 3, 0.1), "`model` must be one state"),
        (lambda: Source([0.5, 0.5], None, 0.1), "`model` must be given"),
        (lambda: Source([2, -1], [0.5, 0.5], 0.1), "`distribution` must be non-negative"),
        (lambda: Source([0.5, 0.5], [2, -1], 0.1), "`model` must be non-negative"),
        (lambda: Source.shannon([2, -1]), "`data` must be non-negative"),
        (lambda: mean_length(WRONG, 2.0), "`n` must be an integer from 1 to"),
        (lambda: success_probability(WRONG, 3, math.nan), "`rate` must be finite"),
        (lambda: typical_overlap(WRONG, 3, 0.0), "`delta` must be positive"),
        (
            lambda: mean_length(Source.shannon([0.4, 0.3, 0.2, 0.1]), 4000),
            r"at most 1e\+07 type classes, but 4 different letters make 1.07e\+10 \(955 GiB\)",
        ),
        (lambda: stein_exponent(np.eye(4) / 4, np.eye(4) / 4, 2, 0.1), r"`data` must have shape"),
        (lambda: stein_exponent(*P1, 8, 1.0), r"`epsilon` must lie in \(0, 1\)"),
        (lambda: stein_exponent(*P1, 0, 0.1), "`n` must be an integer from 1 to"),
        (lambda: stein_exponent(*P1, 55, 0.1), "`n` must be at most 54 for these states"),
        (
            lambda: stein_exponent(P1[0], np.diag([1.0, 0.0]), 2, 0.1),
            "`model` must contain the data in its support",
        ),
        (
            lambda: measured_stein_exponent(*P1, 2, 0.1, basis=np.ones((2, 2))),
            "`basis` must be unitary",
        ),
    ],
)
def test_what_cannot_be_done_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
