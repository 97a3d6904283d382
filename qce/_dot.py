"""Σ|a|² of NumPy arrays in the calling thread.

OpenBLAS computes dot products of more than ten thousand numbers in its threads, which then wait
for the next call by busy waiting: NumPy's threads take the processors from those of SciPy, which
does the decompositions (`qce._spectral.large`). `tests/test_blas_threads.py` measures that here
they sleep.
"""

from __future__ import annotations

import numpy as np

PART = 8192  # numbers at a time: below OpenBLAS's ten thousand


def squares(a: np.ndarray) -> float:
    """Σ|a|², to `a.size` ε relative to it; NaN or infinite where an entry or the sum is.

    Examples:
        >>> squares(np.array([[3.0, 4j]]))
        25.0
    """
    flat = a.reshape(-1)
    if len(flat) <= PART:
        return _dot(flat)
    return sum(_dot(flat[i : i + PART]) for i in range(0, len(flat), PART))


def _dot(part: np.ndarray) -> float:
    return float(np.vdot(part, part).real)
