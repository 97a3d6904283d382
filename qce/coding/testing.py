"""Stein's lemma at finite length: how fast the error of the second kind falls.

n copies are either $ρ^{⊗n}$ (the data) or $σ^{⊗n}$ (the model). Among tests that mistake the data
for the model with probability at most ε, β_n is the least probability of mistaking the model for
the data; the exponent −(1/n) ln β_n tends to D(ρ‖σ) for collective measurements.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import bdtr, bdtrc, gammaln, logsumexp, ndtri, xlogy
from scipy.stats import binom

from qce import _checks, quantum
from qce._checks import error
from qce._spectral.eigen import ZERO, is_diagonal
from qce.coding._schur import Blocks, qubit_blocks
from qce.quantum._measurement import best_basis
from qce.typing import Array

# β is a sum of numbers up to 1, and loses its digits beyond this many nats. At 35 lower and upper
# bounds still agree to 1e-6 of β.
NATS = 35.0

# The most copies: the blocks take n⁴ steps, some seconds for this many; beyond the second number
# logarithms of factorials lose digits.
_BLOCKS, _CLASSES = 200, 10_000_000

# Bases that are tried, and how many of the best are refined.
_ANGLES, _REFINED = 720, 5


def stein_exponent(data: Array, model: Array, n: int, epsilon: float) -> float:
    r"""Best exponent $-\frac1n \ln β_n$ of a collective measurement on n qubits.

    The Neyman-Pearson test, the projector on $ρ^{⊗n} - t σ^{⊗n} > 0$, is block diagonal by Schur
    and Weyl, with blocks of size n + 1 at most. Between the two tests that enclose ε it randomises.

    Args:
        data: Density matrix ρ of a qubit, `(2, 2)`.
        model: Density matrix σ of a qubit, `(2, 2)`.
        n: Number of copies.
        epsilon: Bound ε on the error of the first kind, in (0, 1).

    Returns:
        The exponent in nats a copy.

    Raises:
        ValueError: If the arguments are no qubits, the data are not in the model's support, ε is
            not in (0, 1), n is above 200, or n·D(ρ‖σ) is so large that β loses all its digits.

    Example:
        >>> rho, sigma = [[0.95, 0.0], [0.0, 0.05]], [[0.5, 0.25], [0.25, 0.5]]
        >>> [round(stein_exponent(rho, sigma, n, 0.05), 5) for n in (8, 24)]
        [0.46047, 0.49239]

    Source:
        F. Hiai and D. Petz, Commun. Math. Phys. 143, 99 (1991); T. Ogawa and H. Nagaoka, IEEE
        Trans. Inf. Theory 46, 2428 (2000).
    """
    rho, sigma = _qubits(data, model)
    n, epsilon = _checked_test(n, epsilon, most=_BLOCKS)
    divergence = float(quantum.relative_entropy(rho, sigma))
    if not math.isfinite(divergence):
        but = "D(ρ‖σ) is infinite"
        raise error("model", "contain the data in its support", but, "a model that covers the data")
    if n * divergence > NATS:
        must = f"be at most {int(NATS / divergence)} for these states in double precision"
        raise error("n", must, f"it is {n}", "fewer copies")
    return -math.log(_least_error(qubit_blocks(rho, sigma, n), 1 - epsilon)) / n


def measured_stein_exponent(
    data: Array, model: Array, n: int, epsilon: float, *, basis: Array | None = None
) -> float:
    r"""Best exponent $-\frac1n \ln β_n$ when each copy is measured alone, in one fixed basis.

    Args:
        data: Density matrix ρ of a qubit, `(2, 2)`.
        model: Density matrix σ of a qubit, `(2, 2)`.
        n: Number of copies.
        epsilon: Bound ε on the error of the first kind, in (0, 1).
        basis: Unitary `(2, 2)` with the basis in its columns; if None, the one that reaches the
            measured relative entropy, which is the best for n → ∞.

    Returns:
        The exponent in nats a copy; +∞ where the test never mistakes the model for the data. It
            tends to the relative entropy of the outcomes. An outcome whose probability is within
            rounding of 0, 4·ε·d of the largest, counts as impossible.

    Raises:
        ValueError: If the arguments are no qubits, ε is not in (0, 1), or `basis` is not unitary.

    Example:
        >>> rho, sigma = [[0.95, 0.0], [0.0, 0.05]], [[0.5, 0.25], [0.25, 0.5]]
        >>> round(measured_stein_exponent(rho, sigma, 24, 0.05, basis=[[1, 0], [0, 1]]), 5)
        0.37969

    Source:
        H. Chernoff, Ann. Math. Stat. 27, 1 (1956), for the outcomes of one measurement.
    """
    rho, sigma = _qubits(data, model)
    n, epsilon = _checked_test(n, epsilon, most=_CLASSES)
    columns = best_basis(rho, sigma) if basis is None else _unitary(basis)
    p, q = (_distribution(x, columns) for x in (rho, sigma))
    return -_log_least_error(p, q, n, epsilon) / n


def best_measured_stein_exponent(data: Array, model: Array, n: int, epsilon: float) -> float:
    r"""Best exponent $-\frac1n \ln β_n$ of n copies that are all measured in the same basis.

    The best basis depends on n, and tends to that of `measured_stein_exponent`. It lies in the
    plane of both Bloch vectors: any other basis gives the outcomes of one in the plane, flipped
    with some probability. The exponent has many local maxima over that plane; it is computed at 720
    angles, and refined at the best of them.

    Args:
        data: Density matrix ρ of a qubit, `(2, 2)`.
        model: Density matrix σ of a qubit, `(2, 2)`.
        n: Number of copies.
        epsilon: Bound ε on the error of the first kind, in (0, 1).

    Returns:
        The exponent in nats a copy, never below that of `measured_stein_exponent`; +∞ where a
            basis excludes the model. It is reached by a basis, so it is a lower bound on the best.

    Raises:
        ValueError: If the arguments are no qubits, or ε is not in (0, 1).

    Example:
        >>> rho, sigma = [[0.95, 0.0], [0.0, 0.05]], [[0.5, 0.25], [0.25, 0.5]]
        >>> round(best_measured_stein_exponent(rho, sigma, 40, 0.05), 4)
        0.469

    Source:
        H. Chernoff, Ann. Math. Stat. 27, 1 (1956), for the outcomes of one measurement.
    """
    rho, sigma = _qubits(data, model)
    n, epsilon = _checked_test(n, epsilon, most=_CLASSES)

    def exponent(angle: float) -> float:
        p, q = (_distribution(x, _in_plane(*axes, angle)) for x in (rho, sigma))
        return -_log_least_error(p, q, n, epsilon) / n

    axes = _plane(rho, sigma)
    angles = np.arange(_ANGLES) * math.pi / _ANGLES
    found = np.array([exponent(angle) for angle in angles])
    best = max(found.max(), measured_stein_exponent(rho, sigma, n, epsilon))
    if math.isinf(best):
        return math.inf
    for angle in angles[np.argsort(found)[-_REFINED:]]:
        bounds = angle - math.pi / _ANGLES, angle + math.pi / _ANGLES
        peak = minimize_scalar(lambda x: -exponent(x), bounds=bounds, options={"xatol": 1e-9})
        best = max(best, -peak.fun)
    return float(best)


def second_order_exponent(
    data: Array, model: Array, n: int, epsilon: float, *, third_order: bool = False
) -> float:
    r"""Expansion $D + \sqrt{V/n}\,Φ^{-1}(ε)$ of the collective exponent, up to order (ln n)/n.

    Args:
        data: Density matrix ρ `(d, d)`.
        model: Density matrix σ `(d, d)`.
        n: Number of copies.
        epsilon: Bound ε on the error of the first kind, in (0, 1).
        third_order: Whether to add (ln n)/(2n), the next term for commuting states whose likelihood
            ratios lie on no lattice. For other states this term is not proved: the sources bound
            the remainder by a constant times (ln n)/n.

    Returns:
        The expansion in nats a copy.

    Raises:
        ValueError: If the arguments are no density matrices, or ε is not in (0, 1).

    Example:
        >>> rho, sigma = [[0.95, 0.0], [0.0, 0.05]], [[0.5, 0.25], [0.25, 0.5]]
        >>> round(second_order_exponent(rho, sigma, 40, 0.05), 5)
        0.41878
        >>> round(second_order_exponent(rho, sigma, 40, 0.05, third_order=True), 5)
        0.46489

    Source:
        M. Tomamichel and M. Hayashi, IEEE Trans. Inf. Theory 59, 7693 (2013); K. Li, Ann. Stat. 42,
        171 (2014); the logarithm: V. Strassen (1962), for probabilities.
    """
    n, epsilon = _checked_test(n, epsilon)
    for name, x in (("data", data), ("model", model)):
        _checks.states(name, x)
        if np.ndim(x) != 2:
            raise error(name, "be one state", f"its shape is {np.shape(x)}", "one at a time")
    divergence = float(quantum.relative_entropy(data, model))
    spread = float(quantum.relative_entropy_variance(data, model, check=False))
    third = math.log(n) / (2 * n) if _checks.truth("third_order", third_order) else 0.0
    return divergence + math.sqrt(spread / n) * float(ndtri(epsilon)) + third


# --- collective ------------------------------------------------------------------------------


def _least_error(blocks: Blocks, power: float) -> float:
    """β of the optimal test with Tr ρT = `power`: bisection on ln t, then a coin."""
    low, high = -1.0, 1.0
    while _errors(blocks, low)[0] < power:
        low *= 2
    while _errors(blocks, high)[0] >= power:
        high *= 2
    while high - low > 4 * np.finfo(float).eps * max(1.0, abs(low)):
        middle = (low + high) / 2
        low, high = (middle, high) if _errors(blocks, middle)[0] >= power else (low, middle)
    (more, much), (less, little) = _errors(blocks, low), _errors(blocks, high)
    coin = (power - less) / (more - less)
    return coin * much + (1 - coin) * little


def _errors(blocks: Blocks, log_threshold: float) -> tuple[float, float]:
    """Tr ρT and Tr σT of the projector T on ρ − tσ > 0."""
    power = error_ = 0.0
    for rho, sigma in blocks:
        values, vectors = np.linalg.eigh(rho - math.exp(log_threshold) * np.diag(sigma))
        taken = vectors[:, values > 0]
        power += float(np.sum(taken * (rho @ taken)))
        error_ += float(np.sum(sigma @ taken**2))
    return power, error_


# --- copy by copy ------------------------------------------------------------------------------


def _log_least_error(p: np.ndarray, q: np.ndarray, n: int, epsilon: float) -> float:
    """Ln β of Neyman and Pearson for n outcomes of two kinds, by type classes.

    The likelihood ratio is monotone in the number of outcomes of a kind, so the test takes all
    classes on one side of a quantile. Their weights in the model are log-concave, and by Pinsker's
    inequality those further than j from the largest are below exp(−2j²/n) of it: few are summed.
    """
    if p[0] * q[1] < p[1] * q[0]:  # so that more outcomes of the first kind speak for the data
        p, q = p[::-1], q[::-1]
    few = epsilon < 0.5  # counted from the nearer end, no digits of ε are lost
    edge = int(binom.ppf(epsilon, n, p[0]) if few else binom.isf(1 - epsilon, n, p[0]))
    near = max(edge + 1, round(n * q[0]))
    k = np.r_[edge, max(edge + 1, near - _reach(n)) : min(n, near + _reach(n)) + 1]
    log_size = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    log_p, log_q = (log_size + xlogy(k, x[0]) + xlogy(n - k, x[1]) for x in (p, q))
    if few:
        refused = (epsilon - (bdtr(edge - 1, n, p[0]) if edge else 0)) / math.exp(log_p[0])
        coin = 1 - refused
    else:
        coin = (1 - epsilon - bdtrc(edge, n, p[0])) / math.exp(log_p[0])
    log_q[0] += math.log(coin) if coin > 0 else -math.inf
    return float(logsumexp(log_q))


def _reach(n: int) -> int:
    """The distance from the largest class beyond which the sum of classes is below 1e-50 of it."""
    return math.ceil(8 * math.sqrt(n)) + 20


def _distribution(state: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Probabilities of the outcomes, exactly 0 where rounding could have made them.

    They are the eigenvalues of the measured state, and follow the rule for eigenvalues: those of a
    diagonal matrix are exact.
    """
    p = np.einsum("ij,ik,kj->j", columns.conj(), state, columns).real
    eps = max(np.finfo(np.result_type(x, np.float16)).eps for x in (state, columns))
    written = is_diagonal(np, state) and np.count_nonzero(columns) == len(columns)
    return np.where(p > (0.0 if written else ZERO * eps * len(p) * p.max()), p, 0.0)


def _plane(rho: np.ndarray, sigma: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two orthonormal vectors that span both Bloch vectors."""
    vectors = [
        np.array([2 * x[0, 1].real, -2 * x[0, 1].imag, (x[0, 0] - x[1, 1]).real])
        for x in (rho, sigma)
    ]
    left, _, _ = np.linalg.svd(np.column_stack(vectors))
    return left[:, 0], left[:, 1]


def _in_plane(first: np.ndarray, second: np.ndarray, angle: float) -> np.ndarray:
    """Basis, in columns, of the direction at an angle from the first of two axes."""
    x, y, z = math.cos(angle) * first + math.sin(angle) * second
    return np.linalg.eigh(np.array([[z, x - 1j * y], [x + 1j * y, -z]]))[1]


def _unitary(basis: Array) -> np.ndarray:
    columns = _checks.numbers("basis", basis)
    columns = columns.astype(complex if columns.dtype.kind == "c" else float)
    slack = _checks.tolerance(float)
    if columns.shape != (2, 2) or np.abs(columns.conj().T @ columns - np.eye(2)).max() > slack:
        must = "be unitary, of shape (2, 2)"
        raise error("basis", must, "it is not", "a basis in columns, or None for the best one")
    return columns


# --- checks --------------------------------------------------------------------------------------


def _qubits(data: Array, model: Array) -> tuple[np.ndarray, np.ndarray]:
    for name, x in (("data", data), ("model", model)):
        _checks.states(name, x)
        if np.shape(x) != (2, 2):
            remedy = "a qubit; blocks of larger systems are not written down here"
            raise error(name, "have shape (2, 2)", f"its shape is {np.shape(x)}", remedy)
    return _checks.concrete("data", data), _checks.concrete("model", model)


def _checked_test(n: int, epsilon: float, most: int | None = None) -> tuple[int, float]:
    n = _checks.integer("n", n, "the number of copies", least=1, most=most)
    return n, _checks.number("epsilon", epsilon, "epsilon=0.05", above=0, below=1)
