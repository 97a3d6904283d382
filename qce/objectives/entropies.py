"""Entropies of the distribution behind counts of outcomes, corrected for the bias of small samples.

Frequencies are less uniform than the distribution, so that their entropy is too low, by about
(k − 1)/2N for k outcomes and N counts. The outcomes of a state in any one basis have at least its
entropy; in the eigenbasis of a model their relative entropy to the model's spectrum is at most that
of the states.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import special

from qce import _checks
from qce._checks import error
from qce.objectives._wilson import Divergence, Mean
from qce.objectives.sample import sample_mean
from qce.results import Estimate
from qce.typing import Array

__all__ = ["cross_entropy", "entropy", "relative_entropy"]


def entropy(counts: Array, *, estimator: str = "grassberger") -> Estimate:
    r"""Entropy of the distribution that counts were drawn from, $-\sum_x p(x) \ln p(x)$.

    Args:
        counts: how often each outcome was seen, integers, shape `(k,)`, 2 or more in all.
        estimator: `"plug-in"`, the entropy of the frequencies; `"miller-madow"`, plus
            (outcomes seen − 1)/2N; `"grassberger"`, whose bias falls exponentially with the least
            N p(x); `"chao-shen"`, which allows for outcomes never seen, for distributions with many
            of them.

    Returns:
        Estimate in nats. Its standard error is √(Var ln p̂ / N + (outcomes seen − 1)/2N²), to second
        order because the first vanishes for a uniform distribution; `bias` states the bias that
        remains. Its interval is that of the Miller-Madow estimate over all k outcomes, seen or not;
        it is too low where `bias` says that much of the distribution is unseen.

    Raises:
        ValueError: `counts` are no counts, or there is no such estimator.

    Source: A. Chao and T.-J. Shen, Environ. Ecol. Stat. 10, 429 (2003); G. A. Miller (1955);
    P. Grassberger, arXiv:physics/0307138; T. Schürmann, J. Phys. A 37, L295 (2004).

    Example:
        >>> counts = np.array([20, 12, 5, 3])
        >>> print(entropy(counts))
        1.20 ± 0.10 nats (40 shots; corrected for the size of the sample)
        >>> print(entropy(counts, estimator="plug-in"))
        1.16 ± 0.10 nats (40 shots; low by about 0.037 nats)
    """
    _checks.one_of("estimator", estimator, tuple(_ESTIMATORS))
    n = _counts(counts)
    value, variance = float(_ESTIMATORS[estimator](n)), float(_variance(n, np.ones(len(n))))
    sample = Divergence(n, np.ones(len(n)), sign=-1)
    return Estimate(value, variance**0.5, int(n.sum()), _bias(estimator, n, -1), sample=sample)


def cross_entropy(counts: Array, model: Array) -> Estimate:
    r"""Cross entropy of the distribution that counts were drawn from with a model, $-\sum p \ln q$.

    Args:
        counts: how often each outcome was seen, integers, shape `(k,)`, 2 or more in all.
        model: probabilities q, shape `(k,)`.

    Returns:
        Unbiased estimate in nats: the negative log-likelihood per count; `+inf` where the model
        excludes an outcome that was seen. Its interval is over distributions that the model does
        not exclude.

    Raises:
        ValueError: `counts` are no counts, or `model` holds no probabilities of the same outcomes.

    Example:
        >>> print(cross_entropy(np.array([20, 12, 5, 3]), np.full(4, 0.25)))
        1.38629 nats (40 shots)
    """
    n = _counts(counts)
    q = _model(model, len(n))
    if (n[q == 0] > 0).any():
        return Estimate(np.inf, 0.0, int(n.sum()))
    surprise = -np.log(np.where(n > 0, q, 1.0))
    value, stderr = sample_mean(n / n.sum(), surprise, n.sum())
    sample = Mean(n[q > 0], -np.log(q[q > 0]))
    return Estimate(float(value), float(stderr), int(n.sum()), sample=sample)


def relative_entropy(counts: Array, model: Array, *, estimator: str = "grassberger") -> Estimate:
    r"""Relative entropy $\sum_x p(x) \ln(p(x)/q(x))$ of the distribution behind counts.

    The cross entropy, which is unbiased, less the entropy, which is corrected.

    Args:
        counts: how often each outcome was seen, integers, shape `(k,)`, 2 or more in all.
        model: probabilities q, shape `(k,)`.
        estimator: of the entropy, as there.

    Returns:
        Estimate in nats; noise may put it below 0, and it is `+inf` where the model excludes an
        outcome that was seen. Standard error to second order: √(Var ln(p̂/q) / N + (outcomes seen
        − 1)/2N²). Its interval, of the Miller-Madow estimate, is over distributions that the model
        does not exclude.

    Raises:
        ValueError: `counts` are no counts, there is no such estimator, or `model` holds no
            probabilities of the same outcomes.

    Example:
        >>> print(relative_entropy(np.array([20, 12, 5, 3]), np.full(4, 0.25)))
        0.18 ± 0.10 nats (40 shots; corrected for the size of the sample)
    """
    _checks.one_of("estimator", estimator, tuple(_ESTIMATORS))
    n = _counts(counts)
    q = _model(model, len(n))
    cross = cross_entropy(n, q)
    if np.isinf(cross.value):
        return cross
    value = cross.value - float(_ESTIMATORS[estimator](n))
    stderr, sample = float(_variance(n, q)) ** 0.5, Divergence(n[q > 0], q[q > 0])
    return Estimate(value, stderr, cross.shots, _bias(estimator, n, 1), sample=sample)


# --- estimators: counts (..., k) → (...) ----------------------------------------------------------


def _plug_in(n: np.ndarray) -> np.ndarray:
    return special.entr(n / n.sum(axis=-1, keepdims=True)).sum(axis=-1)


def _miller_madow(n: np.ndarray) -> np.ndarray:
    return _plug_in(n) + ((n > 0).sum(axis=-1) - 1) / (2 * n.sum(axis=-1))


def _grassberger(n: np.ndarray) -> np.ndarray:
    """ψ(N) − Σ n G(n)/N with G(n) = ψ(n) + (−1)^n ∫₀¹ t^(n−1)/(1 + t) dt."""
    total, seen = n.sum(axis=-1), np.maximum(n, 1)
    integral = (special.digamma((seen + 1) / 2) - special.digamma(seen / 2)) / 2
    digammas = special.digamma(seen) + (1 - 2 * (seen % 2)) * integral
    return special.digamma(total) - (n * digammas).sum(axis=-1) / total


def _chao_shen(n: np.ndarray) -> np.ndarray:
    """Each term over its outcome's probability of being seen, less a share for unseen outcomes.

    The share seen, 1 − (outcomes seen once)/N, must not be 0.
    """
    total = n.sum(axis=-1, keepdims=True)
    once = np.minimum((n == 1).sum(axis=-1, keepdims=True), total - 1)
    p = (1 - once / total) * n / total
    inclusion = -np.expm1(total * np.log1p(-np.where(n > 0, np.minimum(p, 1 - 1e-16), 0.5)))
    return (special.entr(p) / inclusion).sum(axis=-1)


_ESTIMATORS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "grassberger": _grassberger,
    "miller-madow": _miller_madow,
    "chao-shen": _chao_shen,
    "plug-in": _plug_in,
}


def _variance(n: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Variance of Σ p̂ ln(p̂/q) to second order in 1/N."""
    total = n.sum(axis=-1, keepdims=True)
    p = n / total
    ratio = np.log(np.where(n > 0, p, 1.0) / np.where(n > 0, q, 1.0))
    mean = (p * ratio).sum(axis=-1, keepdims=True)
    first = (p * (ratio - mean) ** 2).sum(axis=-1) / total[..., 0]
    return first + ((n > 0).sum(axis=-1) - 1) / (2 * total[..., 0] ** 2)


def _bias(estimator: str, n: np.ndarray, sign: int) -> str:
    """The bias that remains, and whether the sample is too small to estimate it."""
    total, once = int(n.sum()), int((n == 1).sum())
    if estimator == "plug-in":
        size = ((n > 0).sum() - 1) / (2 * total)
        bias = f"{'low' if sign < 0 else 'high'} by about {size:.2g} nats"
    else:
        bias = "corrected for the size of the sample"
    # Good and Turing: the probability of unseen outcomes is about the share of those seen once.
    return f"{bias}; {once / total:.0%} of the distribution unseen" if 10 * once > total else bias


# --- arguments ------------------------------------------------------------------------------------


def _counts(counts: Array) -> np.ndarray:
    n = _checks.counts("counts", counts, least=2)
    if n.ndim != 1:
        remedy = "how often each outcome was seen"
        raise error("counts", "have shape (k,)", f"its shape is {n.shape}", remedy)
    return n


def _model(model: Array, outcomes: int) -> np.ndarray:
    q = _checks.numbers("model", model)
    _checks.probabilities("model", q)
    if q.shape != (outcomes,):
        but = f"its shape is {q.shape}"
        raise error("model", f"have shape ({outcomes},)", but, "a probability for each count")
    return q
