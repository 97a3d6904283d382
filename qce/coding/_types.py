"""Type classes: all strings of n letters, sorted by how often each letter occurs.

Of two letters there are 2^n strings and only n + 1 classes. Letters to which the code gives equal
lengths count as one letter with a degeneracy.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, xlogy

from qce import _checks
from qce._checks import error
from qce.coding.source import Source

MOST = 10_000_000  # classes: seconds, and the memory that the message states
ARRAYS = 8  # arrays of that length that are held at once, beside the counts

# Equal letters come out of an eigendecomposition with a relative error of a few ε·d.
_ALIKE = 64 * np.finfo(float).eps


@dataclass(frozen=True)
class TypeClasses:
    """Every type class, by ascending code length.

    Args:
        lengths: −log₂ of the model's probability of each string, `(t,)`; may end in +∞.
        probability: weight of the class in the data.
        log_size: ln of its number of strings.
        slack: the rounding error of a length.
    """

    lengths: np.ndarray
    probability: np.ndarray
    log_size: np.ndarray
    slack: float


def type_classes(source: Source, n: int) -> TypeClasses:
    """All classes of strings of n letters; refuses more than `MOST` of them."""
    _checks.instance("source", source, Source, "Source.shannon(…) or Source.schumacher(…)")
    distribution, model, alike = _letters(source)
    n = _checked_size(n, len(model))
    counts = _counts(n, len(model))
    log_factorial = gammaln(np.arange(n + 1) + 1.0)
    log_size = log_factorial[n] - log_factorial[counts].sum(axis=1) + counts @ np.log(alike)
    # The distribution is that of one string in the class: degenerate letters share their weight.
    log_distribution = xlogy(counts, distribution / alike).sum(axis=1)
    lengths = -xlogy(counts, model).sum(axis=1) / math.log(2)
    order = np.argsort(lengths, kind="stable")
    # Every term of the sum carries a relative ε, and so does the logarithm in it.
    finite = lengths[np.isfinite(lengths)]
    slack = 4 * np.finfo(float).eps * (len(model) + 1) * max(1.0, finite.max(initial=0.0))
    probability = np.exp(log_distribution + log_size)
    return TypeClasses(lengths[order], probability[order], log_size[order], slack)


def _letters(source: Source) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distribution, model and degeneracy of the letters with different code lengths."""
    order = np.argsort(source.model)
    distribution, model = source.distribution[order], source.model[order]
    starts = np.flatnonzero(np.r_[True, np.diff(model) > _ALIKE * model[1:]])
    return (
        np.add.reduceat(distribution, starts),
        model[starts],
        np.diff(np.r_[starts, len(model)]).astype(float),
    )


def _counts(n: int, k: int) -> np.ndarray:
    """All vectors of k counts that sum to n, `(t, k)`."""
    counts = np.zeros((1, 0), dtype=np.int64)
    left = np.array([n])
    for _ in range(k - 1):
        branches = left + 1
        starts = np.repeat(np.cumsum(branches) - branches, branches)
        taken = np.arange(branches.sum()) - starts
        counts = np.column_stack([np.repeat(counts, branches, axis=0), taken])
        left = np.repeat(left, branches) - taken
    return np.column_stack([counts, left])


def _checked_size(n: int, k: int) -> int:
    n = _checks.integer("n", n, "the number of letters in a block", least=1, most=MOST)
    # ln of (n + k − 1 choose k − 1): for large n the number itself takes long.
    logarithm = float(gammaln(n + k) - gammaln(k) - gammaln(n + 1))
    if logarithm > math.log(MOST):
        classes = math.exp(min(logarithm, 600.0))  # beyond that nobody reads the number
        memory = classes * (k + ARRAYS) * 8 / 2**30
        but = f"{k} different letters make {classes:.3g} ({memory:.3g} GiB)"
        raise error("n", f"leave at most {MOST:.0e} type classes", but, "a shorter block")
    return n
