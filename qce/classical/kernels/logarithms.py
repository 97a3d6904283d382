"""The sums of `entropies` from logarithms of eigenvalues, which may be as small as one likes.

log 0 = −∞ is an eigenvalue outside the support; its terms are 0, and the caller adds the +∞ of data
outside the model's support.
"""

from __future__ import annotations

import numpy as np

# Around log p = log q the series is summed: a difference would lose up to one digit at its edge.
NEAR = 0.5
TERMS = 18  # 0.5^18/18! is below any machine epsilon


def entropy(log_p: np.ndarray) -> np.ndarray:
    """−Σ p log p."""
    return cross_entropy(np.exp(log_p), log_p)


def cross_entropy(p: np.ndarray, log_q: np.ndarray) -> np.ndarray:
    """−Σ p log q over the support of q."""
    return -np.sum(p * np.where(np.isfinite(log_q), log_q, 0.0), axis=-1) + 0.0


def relative_entropy(overlap: np.ndarray | float, log_p: np.ndarray, log_q: np.ndarray) -> float:
    """Σ o (p log(p/q) − p + q) for o ≥ 0, over the support of q: no term is negative.

    Args:
        overlap: The o, such as |⟨i|j⟩|² between eigenvectors.
        log_p: Logarithms that broadcast with it.
        log_q: The same of the model.
    """
    p, q = np.exp(log_p), np.exp(log_q)
    inside = (p > 0) & np.isfinite(log_q)  # q itself may underflow
    ratio = np.where(inside, log_p, 0.0) - np.where(inside, log_q, 0.0)
    near = np.abs(ratio) < NEAR
    terms = np.where(near, p * _exponential_rest(np.where(near, ratio, 0.0)), p * (ratio - 1) + q)
    terms = np.where(inside, terms, q)  # p = 0, to underflow
    return float(np.sum(overlap * np.where(np.isfinite(log_q), terms, 0.0)))


def _exponential_rest(x: np.ndarray) -> np.ndarray:
    """e^−x − 1 + x = x²/2 − x³/6 + …, relatively exact for small x."""
    series = np.zeros_like(x)
    for n in reversed(range(2, TERMS)):
        series = (1.0 - x * series) / n  # Horner: 1/2 (1 − x/3 (1 − x/4 (…)))
    return x * x * series
