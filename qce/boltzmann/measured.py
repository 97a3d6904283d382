"""Expectation values of Pauli strings from outcomes in product bases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from qce._checks import error
from qce.data import PauliOutcomes
from qce.data.rows import OPEN

_LETTERS = "XYZ"
_NUMBERS = 2**23  # of one block: outcomes times strings


def mean_and_covariance(
    strings: Sequence[str], outcomes: PauliOutcomes
) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean of each string over the outcomes that show it, and the covariance of these.

    An outcome shows a string if each wire with a letter was seen, in the basis of that letter: its
    value is the product of ±1 on these wires. Strings that the same outcomes show are correlated.

    Args:
        strings: letters I, X, Y, Z, wire 0 first.
        outcomes: on as many wires.

    Returns:
        Means `(J,)` and their covariance `(J, J)`, both plain averages.

    Raises:
        ValueError: A string is of another number of wires, or no outcome shows it.
    """
    for string in strings:
        if len(string) != outcomes.wires:
            must, but = f"be on {len(string)} wires", f"they are on {outcomes.wires}"
            raise error("outcomes", must, but, "outcomes of the wires of the terms")
    size = len(strings)
    # Values are ±1 and 0 where a string is not shown: sums of products are whole numbers, exact.
    products, one_sided, both = (np.zeros((size, size)) for _ in range(3))
    for values in _values(strings, outcomes):
        shown = np.abs(values)
        products += values.T @ values
        one_sided += values.T @ shown
        both += shown.T @ shown
    shots = np.diagonal(both)
    if (shots == 0).any():
        missing = strings[int(np.argmin(shots))]
        remedy = f"outcomes in a basis such as {missing.replace('I', 'Z')}"
        raise error("outcomes", f"show {missing}", "none does", remedy)
    mean = np.diagonal(one_sided) / shots
    crossed = one_sided * mean  # sums of x_i m_j where both are shown
    spread = products - crossed - crossed.T + both * np.outer(mean, mean)
    return mean, spread / np.outer(shots, shots)


def _values(strings: Sequence[str], outcomes: PauliOutcomes) -> Iterator[np.ndarray]:
    """Products of ±1 by blocks of outcomes, `(rows, J)`; 0 where one does not show the string."""
    wires = [np.array([k for k, x in enumerate(s) if x != "I"]) for s in strings]
    letters = [np.array([_LETTERS.index(x) for x in s if x != "I"]) for s in strings]
    height = max(_NUMBERS // len(strings), 1)
    for first in range(0, outcomes.total, height):
        rows = slice(first, first + height)
        settings, bits = outcomes.settings[rows], outcomes.bits[rows]
        values = np.empty((len(bits), len(strings)))
        for j, (where, basis) in enumerate(zip(wires, letters, strict=True)):
            seen = bits[:, where]
            shown = ((settings[:, where] == basis) & (seen != OPEN)).all(axis=1)
            values[:, j] = np.where(shown, 1 - 2 * (seen.sum(axis=1) % 2), 0)
        yield values
