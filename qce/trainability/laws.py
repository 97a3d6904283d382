r"""Mean and variance of a loss over an ensemble of random states, in closed form.

Two ensembles: "Haar" for kets drawn uniformly from the whole space of d = 2^n dimensions, which
deep circuits approach, and products of single wires, which circuits without entanglement make. The
probability of 0 has the distribution Beta(1, 1) for a wire uniform on the Bloch sphere ("haar"),
and Beta(½, ½) for one turned by RY alone, by a uniform angle ("ry"). ψ₁ is the trigamma function.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import digamma, polygamma

from qce import _checks
from qce._checks import error
from qce.losses import _arguments
from qce.losses.discrepancy import Bandwidths, flip, widths
from qce.typing import Array

ENSEMBLES = {"haar": 1.0, "ry": 0.5}


class Moments(NamedTuple):
    """Mean of a loss over an ensemble, and its variance.

    Args:
        mean: in the unit of the loss.
        variance: in its square.

    Example:
        >>> round(haar_likelihood([0.5, 0.5]).mean, 12)
        1.0
    """

    mean: float
    variance: float


def haar_likelihood(data: Array) -> Moments:
    r"""Moments of the exact negative log-likelihood $-\sum_x p(x) \ln q(x)$ over Haar-random kets.

    Mean $H_{d-1}$, the harmonic number; variance $\frac{π^2}{6} \sum_x p(x)^2 - ψ_1(d)$. The second
    term comes from the sum of q being 1. The published formula lacks it; it is right for p on few
    strings, and too large by a factor of 2.55 for uniform p on many wires.

    Args:
        data: Probabilities p `(d,)`, d ≥ 2.

    Returns:
        Mean (nats) and variance (nats²).

    Raises:
        ValueError: If `data` is no probability vector of two outcomes or more.

    Example:
        >>> print("{:.4f} {:.6f}".format(*haar_likelihood(np.full(1024, 1 / 1024))))
        7.5082 0.000629

    Source:
        Moments of the Dirichlet law (1, …, 1); without −ψ₁(d): M. Rudolph et al.,
        arXiv:2305.02881v2, Eq. 20.
    """
    p = _law("data", data)
    mean = digamma(len(p)) - digamma(1)
    return Moments(float(mean), float(polygamma(1, 1) * (p @ p) - polygamma(1, len(p))))


def product_likelihood(data: Array, *, ensemble: str = "haar") -> Moments:
    r"""Moments of the exact negative log-likelihood over products of random wires.

    With the probability $m_i$ of 1 in the data's i-th marginal, the mean is n and the variance
    $n - \frac{π^2}{3} \sum_i m_i (1 - m_i)$ for Haar-random wires. In general, for Beta(a, a): $n
    (ψ(2a) - ψ(a))$ and $n (ψ_1(a) - ψ_1(2a)) - 2 ψ_1(a) \sum_i m_i (1 - m_i)$.

    Args:
        data: Probability of 1 on each wire, `(n,)`: no more of the data matters.
        ensemble: "haar" or "ry", of each wire.

    Returns:
        Mean (nats) and variance (nats²).

    Raises:
        ValueError: If an entry is not in [0, 1], or the ensemble is unknown.

    Example:
        >>> print("{:.4f} {:.4f}".format(*product_likelihood(np.full(12, 0.5))))  # as of GHZ
        12.0000 2.1304

    Source:
        M. Rudolph et al., arXiv:2305.02881v2, Eq. 21; "ry": the same with another Beta law.
    """
    a, m = _ensemble(ensemble), _ones("data", data)
    own, joint = polygamma(1, a), polygamma(1, 2 * a)  # of ln q; −joint of ln q and ln(1 − q)
    mean = len(m) * (digamma(2 * a) - digamma(a))
    variance = len(m) * (own - joint) - 2 * own * (m @ (1 - m))
    return Moments(float(mean), float(variance))


def haar_cross_entropy(data: Array, model: Array) -> Moments:
    r"""Moments of the quantum cross entropy $S(ρ, U σ U^†)$ over Haar-random U.

    With K = −log σ: mean $\mathrm{Tr} K / d$, variance $(\mathrm{Tr} K^2 - (\mathrm{Tr} K)^2 / d)
    (\mathrm{Tr} ρ^2 - 1/d) / (d^2 - 1)$. Exact for any 2-design. A pure state mixed with noise is a
    model like any other.

    Args:
        data: Spectrum of ρ `(d,)`, d ≥ 2; for pure data one 1 and zeros.
        model: Spectrum of σ `(d,)`, positive.

    Returns:
        Mean (nats) and variance (nats²).

    Raises:
        ValueError: If a spectrum is no probability vector, the lengths differ, or a model
            eigenvalue is 0: the cross entropy is infinite then.

    Example:
        >>> print("{:.4f} {:.4f}".format(*haar_cross_entropy([1.0, 0.0], [0.75, 0.25])))
        0.8370 0.1006

    Source:
        Second moments of the Haar measure; quantum Hamiltonian-based models: G. Verdon et al.,
        arXiv:1910.02071.
    """
    impurity, energies = _spectra(data, model)
    d = len(energies)
    return Moments(float(energies.mean()), float(_square(energies) * impurity / (d**2 - 1)))


def haar_cross_entropy_slope(data: Array, model: Array) -> Moments:
    r"""Moments of the derivative of $S(ρ, U σ U^†)$ by an angle φ inside a deep circuit.

    The gate is $e^{-iφP/2}$ with P² = 1 and Tr P = 0; the parts of the circuit before and after it
    are 2-designs of their own. Mean 0, variance $d^2 (\mathrm{Tr} K^2 - (\mathrm{Tr} K)^2 / d)
    (\mathrm{Tr} ρ^2 - 1/d) / 2 (d^2 - 1)^2$, K = −log σ.

    Args:
        data: Spectrum of ρ `(d,)`, d ≥ 2.
        model: Spectrum of σ `(d,)`, positive.

    Returns:
        Mean and variance (nats²).

    Raises:
        ValueError: As `haar_cross_entropy`.

    Example:
        >>> print("{:.0f} {:.4f}".format(*haar_cross_entropy_slope([1.0, 0.0], [0.75, 0.25])))
        0 0.0671

    Source:
        Second moments of the Haar measure, twice; for pure data and $K = \sum_i θ_i Z_i$ it
        is $d^2 \sum_i θ_i^2 / 2(d^2 - 1)(d + 1)$. The setting: J. McClean et al., arXiv:1803.11173.
    """
    impurity, energies = _spectra(data, model)
    square = len(energies) ** 2
    variance = square * _square(energies) * impurity / (2 * (square - 1) ** 2)
    return Moments(0.0, float(variance))


def product_discrepancy(
    data: Array, *, bandwidths: Bandwidths = None, ensemble: str = "haar"
) -> Moments:
    r"""Moments of the squared maximum mean discrepancy over products of random wires.

    Data are a product too, with $z_i = 1 - 2 p_i$. With the moments $μ_2, μ_4$ of ⟨Z⟩ over the
    ensemble (⅓, ⅕ for "haar"; ½, ⅜ for "ry") the variance for one bandwidth is B + 4C,
    $B = E[(1 - p_σ + p_σ z^2)^2]^n - E[1 - p_σ + p_σ z^2]^{2n}$,
    $C = \prod_i ((1 - p_σ)^2 + p_σ^2 μ_2 z_i^2) - (1 - p_σ)^{2n}$. Both differences are taken
    without cancellation: they are right where they are 1e-100. Several bandwidths: the mean over
    all pairs.

    Args:
        data: Probability of 1 on each wire, `(n,)`.
        bandwidths: One σ or several of the kernel $e^{-h/2σ}$; n/4 if None.
        ensemble: "haar" or "ry", of each wire.

    Returns:
        Mean and variance, without unit.

    Raises:
        ValueError: If an entry is not in [0, 1], a bandwidth is not positive, or the ensemble is
            unknown.

    Example:
        >>> f"{product_discrepancy(np.zeros(1000)).variance:.3g}"
        '0.000204'

    Source:
        M. Rudolph et al., arXiv:2305.02881v2, supplement, Eqs. 235-237, for "haar".
    """
    a, z = _ensemble(ensemble), 1 - 2 * _ones("data", data)
    second, fourth = 1 / (2 * a + 1), 3 / ((2 * a + 1) * (2 * a + 3))
    flips = [float(flip(sigma)) for sigma in widths(bandwidths, len(z))]
    mean = np.mean([_mean_discrepancy(p, z, second) for p in flips])
    pairs = [_discrepancy_covariance(p, r, z, second, fourth) for p in flips for r in flips]
    return Moments(float(mean), float(np.mean(pairs)))


def _mean_discrepancy(p: float, z: np.ndarray, second: float) -> float:
    model = (1 - p + p * second) ** len(z)
    return float(model - 2 * (1 - p) ** len(z) + np.prod(1 - p + p * z**2))


def _discrepancy_covariance(
    p: float, r: float, z: np.ndarray, second: float, fourth: float
) -> float:
    """B + 4C for two kernels; X^n − Y^n is Y^n (e^{n ln(X/Y)} − 1)."""
    apart = (1 - p + p * second) * (1 - r + r * second)
    own = np.full(len(z), p * r * (fourth - second**2) / apart)
    none = (1 - p) * (1 - r)
    cross = p * r * second * z**2 / none
    return sum(
        weight * float(np.exp(len(z) * np.log(base)) * np.expm1(np.log1p(excess).sum()))
        for weight, base, excess in ((1, apart, own), (4, none, cross))
    )


def _law(name: str, x: Array) -> np.ndarray:
    p = _checks.numbers(name, x)
    _checks.probabilities(name, p)
    if p.ndim != 1 or len(p) < 2:
        raise error(name, "have shape (d,), d >= 2", f"its shape is {p.shape}", "one law")
    return p


def _ones(name: str, x: Array) -> np.ndarray:
    m = _checks.numbers(name, x)
    if m.ndim != 1 or len(m) == 0:
        raise error(name, "have shape (n,), n >= 1", f"its shape is {m.shape}", "one entry a wire")
    _arguments.shares(name, m, "the probability of 1 on each wire")
    return m.clip(0, 1)


def _ensemble(name: str) -> float:
    _checks.one_of("ensemble", name, tuple(ENSEMBLES))
    return ENSEMBLES[name]


def _spectra(data: Array, model: Array) -> tuple[float, np.ndarray]:
    """Tr ρ² − 1/d as a sum of squares, and the eigenvalues of −log σ."""
    p, q = _law("data", data), _law("model", model)
    _checks.same_dimension("data", p, "model", q)
    if q.min() <= 0:
        remedy = "a model of full rank"
        raise error("model", "have positive eigenvalues", f"one is {q.min():g}", remedy)
    return float(((p - 1 / len(p)) ** 2).sum()), -np.log(q)


def _square(energies: np.ndarray) -> float:
    """Tr K² − (Tr K)²/d, of the traceless part of K."""
    return float(((energies - energies.mean()) ** 2).sum())
