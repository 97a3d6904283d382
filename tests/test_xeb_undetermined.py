"""Fits of a decay that determine nothing, and say so."""

import math

import numpy as np
import pytest

from qce import (
    xeb,
)

# --- B9: fits that determine nothing --------------------------------------------------------------

RNG = np.random.default_rng(9)
DEPTHS = np.array([5, 10, 20, 40])


@pytest.mark.parametrize(
    ("fidelities", "words"),
    [
        (np.zeros(4), "above the noise"),
        (0.005 * RNG.normal(size=4), "above the noise"),
        (-0.3 * 1.01**DEPTHS, "negative"),
        (-0.3 * 0.97**DEPTHS, "negative"),
        (0.1 * 1.05**DEPTHS, "grow"),
        (np.array([0.9, 0, 0, 0]), "apart"),
    ],
)
def test_a_fit_without_a_decay_says_so(fidelities, words):
    found = xeb.fit_decay(DEPTHS, fidelities, [0.01] * 4)
    assert words in found.undetermined and words in str(found)
    assert math.isnan(found.layer) and found.layer_stderr == math.inf
    assert math.isnan(found.amplitude) and math.isnan(found.pauli_error(4))


def test_a_decay_is_found_within_its_errors():
    """200 draws: the share within two errors is 95 % ± 3 × 1.5 %."""
    law, stderr = 0.9 * 0.97**DEPTHS, 0.01
    inside = 0
    for _ in range(200):
        found = xeb.fit_decay(DEPTHS, law + stderr * RNG.normal(size=4), [stderr] * 4)
        assert not found.undetermined
        inside += abs(found.layer - 0.97) < 1.96 * found.layer_stderr
    assert inside / 200 > 0.95 - 3 * (0.95 * 0.05 / 200) ** 0.5


def test_no_signal_is_rarely_taken_for_a_decay():
    """Once in 370 times χ² of four degrees of freedom is above: 5 of 300 once in 600 times."""
    noise = 0.01 * RNG.normal(size=(300, 4))
    said = [xeb.fit_decay(DEPTHS, f, [0.01] * 4).undetermined for f in noise]
    assert sum("above the noise" not in words for words in said) <= 4


def test_a_flat_line_is_a_decay_of_one_within_its_error():
    found = xeb.fit_decay(DEPTHS, [0.9, 0.905, 0.895, 0.9], [0.01] * 4)
    assert not found.undetermined and abs(found.layer - 1) < 3 * found.layer_stderr
