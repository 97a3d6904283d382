"""Divergences in sixty digits, each from its definition by matrix functions of exact states.

No formula is shared with `qce`: powers are matrices, spectra of products come from mpmath's own
eigensolver, and the best exponent or ω is not needed where a derivative by states is taken.
"""

import mpmath as mp
import oracles
from oracles import exact

NOTHING = mp.mpf(10) ** -50  # what sixty digits leave of an exact zero


def function(state, f):
    """Return V diag(f(p)) V†, with f = 0 where p = 0."""
    values = [f(p) if p > 0 else mp.mpf(0) for p in state.spectrum]
    return state.basis * mp.diag(values) * state.basis.transpose_conj()


def trace(*factors):
    product = factors[0]
    for factor in factors[1:]:
        product = product * factor
    return mp.re(mp.fsum(product[k, k] for k in range(product.rows)))


def spectrum(matrix):
    """Return the eigenvalues of a Hermitian matrix that are not zero in sixty digits."""
    values = mp.eighe((matrix + matrix.transpose_conj()) / 2, eigvals_only=True)
    return [x for x in values if abs(x) > NOTHING]


def log(state):
    return function(state, mp.log)


def power(state, a):
    return function(state, lambda p: p ** mp.mpf(a))


@exact
def petz(alpha, rho, sigma):
    return mp.log(trace(power(rho, alpha), power(sigma, 1 - mp.mpf(alpha)))) / (mp.mpf(alpha) - 1)


def sandwich(s, rho, sigma):
    root = power(sigma, s)
    return root * rho.matrix() * root


@exact
def sandwiched(alpha, rho, sigma):
    alpha = mp.mpf(alpha)
    values = spectrum(sandwich((1 - alpha) / (2 * alpha), rho, sigma))
    return mp.log(mp.fsum(m**alpha for m in values)) / (alpha - 1)


def sandwiched_of_small_order(alpha, rho, sigma):
    """Return log Tr N^α/(α−1) with N = √ρ σ^{2s} √ρ, in as many digits as N spans decades.

    Sixty digits of the overlaps are enough: each entry of a product of graded matrices is a sum
    of theirs.
    """
    overlaps = mp.workdps(oracles.DIGITS)(lambda: rho.basis.transpose_conj() * sigma.basis)()
    with mp.workdps(oracles.DIGITS + round(20 / alpha)):
        alpha = mp.mpf(alpha)
        p = [(i, mp.sqrt(x)) for i, x in enumerate(rho.spectrum) if x > 0]
        q = [(j, x ** ((1 - alpha) / alpha)) for j, x in enumerate(sigma.spectrum) if x > 0]
        matrix = mp.matrix(len(p), len(p))
        for a, (i, x) in enumerate(p):
            for b, (k, y) in enumerate(p):
                terms = (overlaps[i, j] * mp.conj(overlaps[k, j]) * z for j, z in q)
                matrix[a, b] = x * y * mp.fsum(terms)
        values = mp.eighe((matrix + matrix.transpose_conj()) / 2, eigvals_only=True)
        largest = sorted(values)[-min(len(p), len(q)) :]
        return mp.log(mp.fsum(m**alpha for m in largest)) / (alpha - 1)


@exact
def max_relative_entropy(rho, sigma):
    return mp.log(max(spectrum(sandwich(mp.mpf(-1) / 2, rho, sigma))))


@exact
def belavkin_staszewski(rho, sigma):
    root, inverse = power(rho, mp.mpf(1) / 2), power(sigma, -1)
    values, vectors = mp.eighe(root * inverse * root)
    weights = vectors.transpose_conj() * rho.matrix() * vectors
    terms = (mp.re(weights[k, k]) * mp.log(m) for k, m in enumerate(values) if m > NOTHING)
    return mp.fsum(terms)


@exact
def jensen_shannon(rho, sigma):
    def entropy(values):
        return -mp.fsum(p * mp.log(p) for p in values if p > 0)

    mixed = entropy(spectrum((rho.matrix() + sigma.matrix()) / 2))
    return mixed - (entropy(rho.spectrum) + entropy(sigma.spectrum)) / 2


@exact
def relative_entropy_variance(rho, sigma):
    k = log(rho) - log(sigma)
    return trace(rho.matrix(), k, k) - trace(rho.matrix(), k) ** 2


@exact
def cross_entropy_variance(rho, sigma):
    k = log(sigma)
    return trace(rho.matrix(), k, k) - trace(rho.matrix(), k) ** 2


@exact
def fidelity(rho, sigma):
    return mp.fsum(mp.sqrt(abs(m)) for m in spectrum(sandwich(mp.mpf(1) / 2, rho, sigma))) ** 2


@exact
def bures_distance(rho, sigma):
    return mp.sqrt(2 - 2 * mp.sqrt(fidelity(rho, sigma)))


@exact
def trace_distance(rho, sigma):
    return mp.fsum(abs(x) for x in spectrum(rho.matrix() - sigma.matrix())) / 2


@exact
def chernoff(rho, sigma):
    """Return the maximum over s of −log Tr ρ^s σ^{1−s}, by bisection of the derivative."""
    overlaps = rho.basis.transpose_conj() * sigma.basis
    terms = [
        (abs(overlaps[i, j]) ** 2 * q, mp.log(p / q))
        for i, p in enumerate(rho.spectrum)
        for j, q in enumerate(sigma.spectrum)
        if p > 0 and q > 0
    ]

    def slope(s):
        return mp.fsum(w * x * mp.exp(s * x) for w, x in terms)

    low, high = mp.mpf(0), mp.mpf(1)
    for _ in range(150):
        middle = (low + high) / 2
        low, high = (middle, high) if slope(middle) < 0 else (low, middle)
    return -mp.log(mp.fsum(w * mp.exp(low * x) for w, x in terms))


@exact
def correlation(sizes, rho):
    """Return Σ S(ρ_i) − S(ρ) for two parts of these dimensions."""
    matrix, (left, right) = rho.matrix(), sizes

    def entropy(values):
        return -mp.fsum(p * mp.log(p) for p in values if p > NOTHING)

    first, second = mp.matrix(left, left), mp.matrix(right, right)
    for i in range(left):
        for j in range(left):
            first[i, j] = mp.fsum(matrix[i * right + k, j * right + k] for k in range(right))
    for i in range(right):
        for j in range(right):
            second[i, j] = mp.fsum(matrix[k * right + i, k * right + j] for k in range(left))
    return entropy(spectrum(first)) + entropy(spectrum(second)) - entropy(rho.spectrum)


@exact
def coherence(rho):
    matrix = rho.matrix()
    diagonal = [mp.re(matrix[k, k]) for k in range(matrix.rows)]
    parts = (
        -mp.fsum(p * mp.log(p) for p in law if p > NOTHING) for law in (diagonal, rho.spectrum)
    )
    return next(parts) - next(parts)


@exact
def hilbert_schmidt_distance(rho, sigma):
    gap = rho.matrix() - sigma.matrix()
    return mp.sqrt(trace(gap, gap))


@exact
def hellinger_distance(rho, sigma):
    return mp.sqrt(1 - trace(power(rho, mp.mpf(1) / 2), power(sigma, mp.mpf(1) / 2)))


@exact
def bures_angle(rho, sigma):
    return mp.acos(mp.sqrt(fidelity(rho, sigma)))


def entropy_of(matrix):
    return -mp.fsum(p * mp.log(p) for p in spectrum(matrix) if p > NOTHING)


@exact
def mean_state(weights, *states):
    """Return Σ w ρ as an exact state."""
    mean = mp.matrix(states[0].dimension, states[0].dimension)
    for weight, member in zip(weights, states, strict=True):
        mean += mp.mpf(weight) * member.matrix()
    values, vectors = mp.eighe((mean + mean.transpose_conj()) / 2)
    return oracles.ExactState(tuple(x if abs(x) > NOTHING else mp.mpf(0) for x in values), vectors)


@exact
def holevo(weights, *states):
    """Return S(Σ w ρ) − Σ w S(ρ) of exact states."""
    own = (mp.mpf(w) * oracles.entropy(x) for w, x in zip(weights, states, strict=True))
    return oracles.entropy(mean_state(weights, *states)) - mp.fsum(own)


def reduced(matrix, keep, wires=3):
    """Return the partial trace of qubits, by their bits."""
    places = [wires - 1 - k for k in keep]
    others = [k for k in range(wires) if k not in places]
    result = mp.matrix(2 ** len(keep), 2 ** len(keep))

    def index(number):
        return sum(((number >> k) & 1) << n for n, k in enumerate(reversed(places)))

    for i in range(matrix.rows):
        for j in range(matrix.cols):
            if all((i >> k) & 1 == (j >> k) & 1 for k in others):
                result[index(i), index(j)] += matrix[i, j]
    return result


@exact
def conditional_mutual_information(rho):
    """Return S(AB) + S(BC) − S(ABC) − S(B) of the qubits A, B, C."""
    matrix = rho.matrix()
    ab, bc, b = (entropy_of(reduced(matrix, keep)) for keep in ((0, 1), (1, 2), (1,)))
    return ab + bc - entropy_of(matrix) - b


@exact
def negativity(rho):
    """Return the sum of what is below 0 in the spectrum of ρ with its first qubit transposed."""
    matrix = rho.matrix()
    half = matrix.rows // 2
    turned = mp.matrix(matrix.rows, matrix.rows)
    for i in range(matrix.rows):
        for j in range(matrix.rows):
            k, m = (j - j % half) + i % half, (i - i % half) + j % half
            turned[k, m] = matrix[i, j]
    return mp.fsum(-x for x in spectrum(turned) if x < 0)


@exact
def concurrence(rho):
    """Return λ₁ − λ₂ − λ₃ − λ₄, square roots of the eigenvalues of √ρ ρ̃ √ρ, or 0."""
    flip = mp.matrix([[0, 0, 0, -1], [0, 0, 1, 0], [0, 1, 0, 0], [-1, 0, 0, 0]])
    root = power(rho, mp.mpf(1) / 2)
    values = spectrum(root * flip * rho.matrix().conjugate() * flip * root)
    *rest, largest = sorted(mp.sqrt(abs(x)) for x in values)
    return max(mp.mpf(0), largest - mp.fsum(rest))


@exact
def entanglement_of_formation(rho):
    c = concurrence(rho)
    p = (1 + mp.sqrt(1 - c**2)) / 2
    return -mp.fsum(x * mp.log(x) for x in (p, 1 - p) if x > 0)
