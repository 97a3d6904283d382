"""What is said of repeated runs: mean, scatter, and paired tests of one against another."""

import math

import numpy as np
from scipy.stats import wilcoxon


def scatter(name: str, values: np.ndarray) -> dict[str, float]:
    """Return rows of a report: mean, standard error of the mean, least, median and largest.

    Args:
        name: Row of the mean; the others are named after it.
        values: One value for each seed `(n,)`. Of one value the standard error is NaN.

    >>> rows = scatter("loss", np.array([1.0, 2.0, 3.0, 6.0]))
    >>> rows["loss"], round(rows["loss, standard error"], 4), rows["loss, median"]
    (3.0, 1.0801, 2.5)
    """
    return {
        name: float(np.mean(values)),
        f"{name}, standard error": standard_error(values),
        f"{name}, least": float(np.min(values)),
        f"{name}, median": float(np.median(values)),
        f"{name}, largest": float(np.max(values)),
    }


def compared(name: str, first: np.ndarray, second: np.ndarray) -> dict[str, float]:
    """Return rows of a report on `first` less `second`, seed by seed.

    The test is Wilcoxon's of signed ranks, of both sides: no law of the differences is assumed.
    Seeds that differ by nothing are left out of it; where none is left, p is 1.

    Args:
        name: Row of the mean difference; its error and p are named after it.
        first: One value for each seed `(n,)`.
        second: The same seeds by the other way `(n,)`.

    >>> rows = compared("a less b", np.arange(8.0), np.zeros(8))
    >>> rows["a less b"], rows["a less b, p (Wilcoxon)"]
    (3.5, 0.015625)
    """
    difference = np.asarray(first) - np.asarray(second)
    moved = difference[difference != 0]
    p = float(wilcoxon(moved).pvalue) if len(moved) else 1.0
    return {
        name: float(np.mean(difference)),
        f"{name}, standard error": standard_error(difference),
        f"{name}, p (Wilcoxon)": p,
    }


def standard_error(values: np.ndarray) -> float:
    """Standard error of a mean; NaN for one value."""
    return float(np.std(values, ddof=1) / math.sqrt(len(values))) if len(values) > 1 else math.nan
