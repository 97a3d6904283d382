"""Random pairs of every kind against sixty digits, in every array library, as stacks.

What is guaranteed. Let ρ and σ be the matrices of floats that are given, and let eigenvalues at or
below 4·ε·d·λ_max be 0 (`oracles.supported`; only 0 itself in a matrix that is written diagonal).
Then a value is right to the trace norm of its gradients times 4·ε·d·λ_max, the error of one
backward stable eigendecomposition; it is +∞ where the weight outside the support of the model
exceeds what rounding explains, and never NaN. Pairs in which an eigenvalue or this weight lies
within a small factor of its limit are left out: there rounding decides, and they are counted.

Spectra go down to 1e-18, bases are complex, real, diagonal, permuted, in blocks, nearly diagonal;
pairs are independent, commuting, 1e-1 … 1e-15 from each other, or one inside the support of the
other. Seeds are the parameters of the tests.
"""

import functools
import warnings
from dataclasses import dataclass
from functools import partial

import autograd
import autograd.numpy as anp
import divergence_oracles as truth
import mpmath as mp
import numpy as np
import oracles
import pytest
from libraries import DIFFERENTIATING
from oracles import BACKWARD, EPS
from strategies import random_unitary

from qce import quantum

KINDS = ("generic", "pure", "deficient", "degenerate", "close", "wide", "tiny", "flat", "near pure")
BASES = ("complex", "complex", "real", "diagonal", "nearly diagonal", "blocks", "permuted")
RELATIONS = ("independent", "independent", "commuting", "close", "inside")


# --- pairs -------------------------------------------------------------------------------------


def spectrum(rng, d, kind):
    p = rng.exponential(size=d)
    if kind == "flat":
        p = np.ones(d)
    elif kind == "pure":
        p = np.eye(d)[rng.integers(d)]
    elif kind == "deficient" and d > 1:
        p[rng.permutation(d)[: rng.integers(1, d)]] = 0.0
    elif kind == "degenerate":
        p = p[rng.integers(0, max(1, d // 2), size=d)]
    elif kind == "close":
        p = np.abs(1 + rng.normal(size=d) * 10.0 ** -rng.integers(2, 16))
    elif kind in ("wide", "tiny"):
        p = 10.0 ** rng.uniform(-10 if kind == "wide" else -18, 0, size=d)
    elif kind == "near pure":
        p = np.full(d, 10.0 ** -rng.uniform(3, 17))
        p[rng.integers(d)] = 1.0
    return p / p.sum()


def basis(rng, d, kind):
    u = random_unitary(rng, d)
    if kind == "real":
        return np.linalg.qr(rng.normal(size=(d, d)))[0]
    if kind == "diagonal":
        return np.eye(d)
    if kind == "permuted":
        return np.eye(d)[rng.permutation(d)]
    if kind == "nearly diagonal":
        return np.linalg.qr(np.eye(d) + 10.0 ** -rng.uniform(3, 17) * u)[0]
    if kind == "blocks" and d > 1:
        k = int(rng.integers(1, d))
        blocks = np.zeros((d, d), complex)
        blocks[:k, :k], blocks[k:, k:] = random_unitary(rng, k), random_unitary(rng, d - k)
        return blocks
    return u


def matrix(p, v):
    a = (v * p) @ v.conj().T
    a = np.triu(a, 1) + np.triu(a, 1).conj().T + np.diag(a.diagonal().real)
    return (a / np.trace(a).real).astype(complex)


def draw(rng, d):
    """Two states, as float matrices and nothing else."""
    p, q = (spectrum(rng, d, rng.choice(KINDS)) for _ in range(2))
    u, v = (basis(rng, d, rng.choice(BASES)) for _ in range(2))
    relation = rng.choice(RELATIONS)
    sigma = matrix(q, v)
    if relation == "commuting":
        return matrix(p, v), sigma
    if relation == "close":
        distance = 10.0 ** -rng.uniform(1, 15)
        return (1 - distance) * sigma + distance * matrix(p, u), sigma
    if relation == "inside":
        inside = q > 0
        small = matrix(spectrum(rng, inside.sum(), rng.choice(KINDS)), np.eye(inside.sum()))
        turned = v[:, inside] @ random_unitary(rng, inside.sum())
        rho = turned @ small @ turned.conj().T
        return (rho + rho.conj().T) / (2 * np.trace(rho).real), sigma
    return matrix(p, u), sigma


@dataclass(frozen=True)
class Cases:
    """Pairs of one dimension: stacks of floats, and what they mean in sixty digits."""

    rho: np.ndarray
    sigma: np.ndarray
    exact: list
    infinite: np.ndarray
    eps: float


def cases(seed, d, count, dtype=complex):
    """Draw pairs and leave out those in which rounding decides, at most every fifth."""
    rng, kept = np.random.default_rng([seed, d]), []
    eps = float(np.finfo(dtype).eps)
    for _ in range(count):
        rho, sigma = (x.astype(dtype) for x in draw(rng, d))
        exact = oracles.supported(rho, eps), oracles.supported(sigma, eps)
        if None in exact:
            continue
        outside = oracles.weight_outside(rho, exact[1])
        rounding = 2 * eps * d + leaked(rho, exact[1], eps)
        if written(rho) and written(sigma):
            rounding = 0.0
        if outside <= rounding / 8 or outside > 10 * rounding:
            kept.append((rho, sigma, exact, outside > rounding))
    assert len(kept) >= 0.8 * count
    rho, sigma, exact, infinite = zip(*kept, strict=True)
    return Cases(np.stack(rho), np.stack(sigma), list(exact), np.array(infinite), eps)


def written(a):
    return np.count_nonzero(a - np.diag(a.diagonal())) == 0


def leaked(rho, sigma, eps):
    """What a kernel known to the angles 4·ε·d·λ_max/λ_k may see of the weight on its complement."""
    q, v = oracles.decomposed(sigma)
    weights = np.einsum("ij,ik,kj->j", v.conj(), rho, v).real
    angles = BACKWARD * eps * len(q) * q.max() / np.where(q > 0, q, np.inf)
    return float(np.abs(weights) @ angles**2)


# --- entropies ---------------------------------------------------------------------------------


def check_entropies(found, entropy, cross, relative):
    """Compare three arrays of values with sixty digits."""
    for k, (rho, sigma) in enumerate(found.exact):
        pair = [oracles.decomposed(x) for x in (rho, sigma)]
        room = oracles.entropy_limit(pair[0], found.eps) + BACKWARD * found.eps * len(pair[0][0])
        assert abs(entropy[k] - float(oracles.entropy(rho))) <= room, k
        for name, value in (("cross_entropy", cross[k]), ("relative_entropy", relative[k])):
            if found.infinite[k]:
                assert value == np.inf, (k, name)
                continue
            expected = float(getattr(oracles, name)(rho, sigma, finite_part=True))
            room = oracles.LIMITS[name](*pair, found.eps)
            assert abs(value - expected) <= room, (k, name, value, expected, room)
        assert relative[k] >= 0, k


def entropies(rho, sigma):
    return (
        np.asarray(quantum.entropy(rho)),
        np.asarray(quantum.cross_entropy(rho, sigma)),
        np.asarray(quantum.relative_entropy(rho, sigma)),
    )


@pytest.mark.thinned(5)
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("d", [1, 2, 3, 4, 5, 6])
def test_entropies_of_random_pairs(d, seed):
    found = cases(seed, d, 60)
    check_entropies(found, *entropies(found.rho, found.sigma))
    singles = [entropies(*pair) for pair in zip(found.rho, found.sigma, strict=True)]
    check_entropies(found, *np.array(singles).T)


@pytest.mark.thinned(2, only="jax")
@pytest.mark.parametrize("library", DIFFERENTIATING, ids=str)
@pytest.mark.parametrize("d", [2, 4])
def test_entropies_of_random_pairs_in_the_libraries_that_differentiate(library, d):
    found = cases(3, d, 60)
    check_entropies(found, *entropies(*map(library.asarray, (found.rho, found.sigma))))


@pytest.mark.thinned(3)
@pytest.mark.parametrize("library", [None, *DIFFERENTIATING], ids=str)
@pytest.mark.parametrize("d", [2, 3])
def test_entropies_of_random_pairs_in_single_precision(library, d):
    """Spectra below 1e-7 are then 0; the guarantee is the same with its own ε."""
    found = cases(4, d, 60, np.complex64)
    convert = library.asarray if library else np.asarray
    values = entropies(convert(found.rho), convert(found.sigma))
    assert all(x.dtype == np.float32 for x in values)
    check_entropies(found, *values)


# --- divergences -------------------------------------------------------------------------------

petz, sandwiched = quantum.petz_renyi_divergence, quantum.sandwiched_renyi_divergence
# Above 2 powers of 1e-18 leave what sums of floats can hold, and below ½ eigenvalues of M at the
# level of rounding count by a small power: there only the tests of mild spectra hold.
ORDERS = (0.5, 0.9, 1 - 1e-6, 1 + 1e-6, 1.5, 2)
QUANTITIES = {
    **{
        f"petz {a}": (partial(truth.petz, a), lambda r, s, a=a, **k: petz(r, s, a, **k))
        for a in (0, 0.3, *ORDERS)
    },
    **{
        f"sandwiched {a}": (
            partial(truth.sandwiched, a),
            lambda r, s, a=a, **k: sandwiched(r, s, a, **k),
        )
        for a in ORDERS
    },
    "max": (truth.max_relative_entropy, quantum.max_relative_entropy),
    "belavkin": (truth.belavkin_staszewski, quantum.belavkin_staszewski_relative_entropy),
    "jensen shannon": (truth.jensen_shannon, quantum.jensen_shannon_divergence),
    "variance": (truth.relative_entropy_variance, quantum.relative_entropy_variance),
    "cross variance": (truth.cross_entropy_variance, quantum.cross_entropy_variance),
    "fidelity": (truth.fidelity, quantum.fidelity),
    "bures": (truth.bures_distance, quantum.bures_distance),
    "trace distance": (truth.trace_distance, quantum.trace_distance),
    "chernoff": (truth.chernoff, quantum.chernoff),
}
NEEDS_SUPPORT = ("max", "belavkin", "variance", "cross variance")


def order(name):
    family, _, alpha = name.partition(" ")
    return float(alpha) if family in ("petz", "sandwiched") else None


def slopes(function, rho, sigma):
    """Trace norms of both gradients, one a pair."""
    total = 1.0
    for k in (0, 1):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # autograd speaks up where a gradient is 0
            gradient = autograd.grad(lambda *x: anp.sum(function(*x, check=False)), k)(rho, sigma)
        total = total + np.linalg.norm(gradient, "nuc", axis=(-2, -1))
    return total


def expected_value(witness, pair):
    """The value in sixty digits; the logarithm of an empty sum is what makes it infinite."""
    try:
        with mp.workdps(oracles.DIGITS):
            return float(mp.re(witness(*pair)))
    except ValueError:
        return np.inf


def orthogonal(pair):
    """Whether supports meet in no more than rounding: there a value may be infinite."""
    (p, u), (q, v) = map(oracles.decomposed, pair)
    overlaps = np.abs(u[:, p > 0].conj().T @ v[:, q > 0])
    angle = BACKWARD * EPS * len(p) * (p.max() / p[p > 0][:, None] + q.max() / q[q > 0])
    return bool((overlaps <= 2 * angle).all())


def check_divergence(name, d, values):
    found, (expectations, slope) = divergence_cases(d), references(name, d)
    alpha = order(name)
    needs_support = name in NEEDS_SUPPORT or (alpha is not None and alpha > 1)
    unit = BACKWARD * found.eps * d
    assert not np.isnan(values).any()
    for k, pair in enumerate(found.exact):
        if needs_support and found.infinite[k]:
            assert values[k] == np.inf, k
            continue
        if orthogonal(pair) and values[k] == np.inf:
            continue
        expected, room = expectations[k], unit * slope[k]
        if alpha is not None:
            # A sum is divided by α − 1 where D (α−1) is above 0.05; it carries the trace's ε·d.
            room += unit * 40 * abs(expected)
        if alpha is not None and alpha < 1 and min(pair[1].spectrum) == 0:
            room += unit / (1 - alpha)  # weight outside the support is known to ε·d
        assert abs(values[k] - expected) <= room, (k, values[k], expected, room)


@functools.cache
def divergence_cases(d):
    """The same pairs for every divergence, decomposed once."""
    return cases(5, d, 40)


@functools.cache
def references(name, d):
    """Values in sixty digits, and trace norms of the gradients, of these pairs."""
    found, (witness, function) = divergence_cases(d), QUANTITIES[name]
    expected = [expected_value(witness, pair) for pair in found.exact]
    return expected, slopes(function, found.rho, found.sigma)


@pytest.mark.thinned(5)
@pytest.mark.parametrize("d", [2, 3, 4])
@pytest.mark.parametrize("name", QUANTITIES)
def test_divergences_of_random_pairs(name, d):
    found = divergence_cases(d)
    check_divergence(name, d, QUANTITIES[name][1](found.rho, found.sigma))


@pytest.mark.thinned(11, only="jax")
@pytest.mark.parametrize("library", DIFFERENTIATING, ids=str)
@pytest.mark.parametrize("name", QUANTITIES)
def test_divergences_of_random_pairs_in_the_libraries_that_differentiate(name, library):
    """JAX compiles each of them: three dimensions only."""
    found = divergence_cases(3)
    states = map(library.asarray, (found.rho, found.sigma))
    check_divergence(name, 3, np.asarray(QUANTITIES[name][1](*states)))


# --- what the fuzz has found -------------------------------------------------------------------


@pytest.mark.parametrize("tiny", [1e-25, 1e-40, 1e-60])
def test_noise_of_the_data_beside_a_model_that_is_written_diagonal(tiny):
    """Data carry 1e-16 where the model has `tiny`: that costs 1e-16 · ln(1e-16/tiny), and no more.

    The support rule takes that eigenvalue from ρ, whose matrix is not diagonal, and leaves the
    other to σ, whose matrix is.
    """
    sigma = np.diag([0.7, 0.3, tiny])
    rho = np.array([[0.7, 0.0, 1e-9], [0.0, 0.3, 0.0], [1e-9, 0.0, 1e-16 + 1e-18 / 0.7]])
    room = BACKWARD * EPS * 3 * (1 - np.log(tiny)) ** 2
    assert 0 <= quantum.relative_entropy(rho, sigma) <= room
    assert 0 <= quantum.relative_entropy_variance(rho, sigma) <= room
    assert 0 <= petz(rho, sigma, 0.3) <= room


def pure_against(least, fidelity):
    """|0⟩ and a model with one small eigenvalue: F = ⟨0|σ|0⟩, an entry of the matrix itself."""
    c, s = np.sqrt(fidelity), np.sqrt(1 - fidelity)
    return np.diag([1.0, 0.0]), matrix(np.array([1 - least, least]), np.array([[c, -s], [s, c]]))


@pytest.mark.parametrize("fidelity", [0.99, 0.9759, 0.95, 0.7])
@pytest.mark.parametrize("least", [1e-9, 1e-13, 1e-14])
def test_the_fidelity_of_a_pure_state_does_not_feel_small_eigenvalues(least, fidelity):
    rho, sigma = pure_against(least, fidelity)
    assert abs(quantum.fidelity(rho, sigma) - sigma[0, 0].real) <= BACKWARD * EPS * 2


def test_and_neither_does_the_sandwiched_divergence_of_order_one_half():
    rho, sigma = pure_against(1e-14, 0.9759)
    value = sandwiched(rho, sigma, 0.5)
    assert abs(value + np.log(sigma[0, 0].real)) <= BACKWARD * EPS * 2 / 0.95


def test_the_variance_of_the_cross_entropy_is_never_negative():
    """A pure state against a nearly pure one with the same eigenvectors; seed 0, two hundred."""
    rng, q = np.random.default_rng(0), np.array([1 - 4.5e-12, 4.5e-12])
    bases = [np.linalg.qr(rng.normal(size=(2, 2)))[0] for _ in range(200)]
    pairs = [(matrix(np.array([1.0, 0.0]), v), matrix(q, v)) for v in bases]
    assert min(quantum.cross_entropy_variance(*pair) for pair in pairs) >= 0
