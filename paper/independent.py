"""Known values by a second program: NumPy and SciPy, and nothing of qce.

    python paper/independent.py

prints each value beside the one of `oracle.toml` that the paper is compared with. Matrices are
written out, laws are summed, and trees are grown here once more, by other ways than in the toolkit
wherever there is another. What is not here is from where `oracle.toml` says.
"""

import math
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from scipy import linalg, optimize, special, stats
from sklearn.datasets import load_digits

Array = np.ndarray
Rows = dict[str, float]
Values = dict[tuple[str, str], Rows]  # by experiment and section

X, Y, Z = np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.diag([1, -1])
LN2 = math.log(2)


def qubit(x: float, y: float, z: float) -> Array:
    """State of a Bloch vector."""
    return (np.eye(2) + x * X + y * Y + z * Z) / 2


def log(rho: Array) -> Array:
    """Logarithm of a matrix of full rank."""
    p, u = np.linalg.eigh(rho)
    return (u * np.log(p)) @ u.conj().T


def mean(rho: Array, a: Array) -> float:
    """Tr ρA."""
    return float(np.trace(rho @ a).real)


def shannon(p: Array) -> float:
    """Entropy of a law, or of the eigenvalues of a state."""
    p = np.asarray(p)
    return -float(p[p > 1e-300] @ np.log(p[p > 1e-300]))


# --- measuring early, and copies ------------------------------------------------------------------


def measuring_early() -> Values:
    """Gap, floors, and the three estimates of a qubit, outcome by outcome."""
    sigma, p = log(qubit(0.5, 0, 0)), np.array([0.95, 0.05])
    gap = -float(p @ np.diag(sigma).real) - LN2
    floors = {}
    for n in (3, 4):
        d = 2**n
        floors[f"{n} wires, mub bases"] = shannon(np.array([2] + (d - 1) * [1]) / (d + 1))
        floors[f"{n} wires, pauli bases"] = n * shannon(np.array([1, 2]) / 3)
    rho, minus = qubit(0, 0, 0.9), -log(qubit(0.5 * math.sqrt(3) / 2, 0, 0.25))
    exact = mean(rho, minus)
    chances, seen = [], []
    for axis in (X, Y, Z):
        for outcome in ((np.eye(2) + axis) / 2, (np.eye(2) - axis) / 2):
            chances.append(mean(rho, outcome) / 3)
            seen.append((mean(3 * outcome - np.eye(2), minus), mean(outcome, minus)))
    repaired, plain = np.array(seen).T
    spread = float(np.array(chances) @ repaired**2) - exact**2
    estimates = {
        "exact": exact,
        "shadows: variance, theory": spread,
        "deferred: variance, theory": mean(rho, minus @ minus) - exact**2,
        "empirical state: bias, theory": float(np.array(chances) @ plain) - exact,
    }
    return {
        ("measuring_early", "Cross entropy above"): {"gap at 90°, |s| = 0.5": gap},
        ("measuring_early", "Least cross entropy"): floors,
        ("measuring_early", "Three estimates"): estimates,
    }


def copies() -> Values:
    """Bound and fixed axes: the metric by second differences of the relative entropy."""
    found: Values = {}
    for a in (0.9, 0.99):
        r = a * np.array([1, 2, 2]) / 3
        step = 1e-3 * (1 - a)
        metric = np.zeros((3, 3))
        for i in range(3):
            for j in range(3):
                e, f = step * np.eye(3)[i], step * np.eye(3)[j]
                ends = [cross(r, r + e + f), cross(r, r - e - f)]
                sides = [cross(r, r + e - f), cross(r, r - e + f)]
                metric[i, j] = (sum(ends) - sum(sides)) / (4 * step**2)
        fixed = 1.5 * float(np.diag(metric) @ (1 - r**2))
        bures = np.linalg.inv(np.eye(3) - np.outer(r, r))
        root = linalg.sqrtm(np.linalg.inv(bures))
        bound = 0.5 * float(np.trace(linalg.sqrtm(root @ metric @ root)).real) ** 2
        title = f"Copies times relative entropy, |r| = {a} "
        found["copies", title] = {"bound": bound, "fixed, predicted": fixed}
    return found


def copies_wires() -> Values:
    """Bounds from matrices: the metrics of the state in a basis of matrices, and their quotients.

    That of all copies together is Holevo's, which for a model of all states is that of the right
    logarithmic derivative.
    """
    found: Values = {}
    for n in (2, 3):
        p = np.ones(1)
        for _ in range(n):
            p = np.kron(p, [0.95, 0.05])
        d = len(p)
        basis = traceless(d)
        i, j = np.meshgrid(p, p, indexing="ij")
        apart = np.abs(i - j) > 1e-12
        slopes = np.where(apart, np.log(i / j) / np.where(apart, i - j, 1), 1 / i)
        kubo, least, right = (
            np.einsum("aij,ij,bij->ab", basis.conj(), x, basis)
            for x in (slopes, 2 / (i + j), 1 / i)
        )
        quotients = linalg.eigvals(linalg.solve(least.real, kubo.real)).real
        root = linalg.sqrtm(kubo.real / 2).real
        cost = root @ linalg.inv(right) @ root
        incompatible = float(np.abs(linalg.eigvalsh(1j * cost.imag)).sum())
        found["copies_wires", f"Copies times relative entropy, {n} wires, |r| = 0.9 "] = {
            "bound": float(np.sqrt(quotients).sum()) ** 2 / 2 / (d - 1),
            "collective bound": float(np.trace(cost).real) + incompatible,
        }
    return found


def traceless(d: int) -> Array:
    """Orthonormal Hermitian matrices without trace."""
    found = [np.diag([1.0] * k + [-k] + [0.0] * (d - k - 1)).astype(complex) for k in range(1, d)]
    for i in range(d):
        for j in range(i):
            for z in (1, 1j):
                a = np.zeros((d, d), dtype=complex)
                a[i, j], a[j, i] = z, np.conj(z)
                found.append(a)
    return np.array([a / np.linalg.norm(a) for a in found])


def cross(r: Array, s: Array) -> float:
    """S(ρ, σ) of Bloch vectors."""
    return -mean(qubit(*r), log(qubit(*s)))


# --- compression and hypothesis testing -----------------------------------------------------------


def compression() -> Values:
    """Rates, and binomial sums."""
    q, a = np.array([0.8, 0.2]), (1 + 0.9 * math.cos(0.5)) / 2
    weights, bits = np.array([a, 1 - a]), -np.log2(q)
    rate, entropy = float(weights @ bits), shannon(np.array([0.95, 0.05])) / LN2
    rates = {
        "entropy": entropy,
        "cross entropy": rate,
        "relative entropy": rate - entropy,
        "letter entropy": shannon(weights) / LN2,
        "entropy of the model": shannon(q) / LN2,
        "variance": float(weights @ bits**2) - rate**2,
    }
    success, typical, lengths = {}, {}, {}
    for n in (100, 400, 1000, 4000):
        k = np.arange(n + 1)
        law, each = stats.binom.pmf(k, n, weights[1]), (k * bits[1] + (n - k) * bits[0]) / n
        for name, shift in {"below": -0.05, "at": 0, "above": 0.05}.items():
            success[f"{n} letters, {name} the step"] = float(law[each <= rate + shift].sum())
        near = np.abs(each - shannon(q) / LN2) <= 0.1003
        typical[f"{n} letters"] = float(law[near].sum())
    for n in (1, 2, 8, 64):
        k = np.arange(n + 1)
        words = np.ceil(k * bits[1] + (n - k) * bits[0] - 1e-9)
        lengths[f"{n} letters"] = float(stats.binom.pmf(k, n, weights[1]) @ words) / n
    del typical["4000 letters"]
    return {
        ("compression", "Rates"): rates,
        ("compression", "Success"): success,
        ("compression", "Mean length"): lengths,
        ("compression", "Weight"): typical,
    }


def hypothesis() -> Values:
    """Limits; best tests of few copies by matrices of all of them; and of one basis by sums."""
    rho, sigma = qubit(0, 0, 0.9), qubit(0.5, 0, 0)
    ratio = log(rho) - log(sigma)
    d = mean(rho, ratio)
    v = mean(rho, ratio @ ratio) - d**2

    def measured(turn: float) -> float:
        p, q = outcome_laws(turn)
        return -float(p @ np.log(p / q))

    starts = np.linspace(0, math.pi, 181)
    start = min(starts, key=measured)
    best = optimize.minimize_scalar(
        measured, bounds=(start - 0.02, start + 0.02), method="bounded", options={"xatol": 1e-9}
    )
    rows = {f"together, {n} copies": together(rho, sigma, n) for n in (4, 8)}
    for n in (4, 8, 24, 32, 40, 52):
        second = d + math.sqrt(v / n) * float(stats.norm.ppf(0.05))
        rows[f"second order and (ln n)/2n, {n} copies"] = second + math.log(n) / (2 * n)
        rows[f"second order, {n} copies"] = second
        rows[f"one by one, basis of n → ∞, {n} copies"] = singly(float(best.x), n)
    for n in (40, 52):
        turns = np.linspace(0, math.pi, 721)
        near = max(turns, key=lambda turn, n=n: singly(float(turn), n))
        fine = np.linspace(near - 0.005, near + 0.005, 201)
        rows[f"one by one, {n} copies"] = max(singly(float(turn), n) for turn in fine)
    limits = {"relative entropy": d, "measured relative entropy": -float(best.fun)}
    return {
        ("hypothesis", "Limits"): limits,
        ("hypothesis", "Exponents"): rows,
    }


def outcome_laws(turn: float) -> tuple[Array, Array]:
    """Of both states, along an axis in the plane of x and z."""
    signs = np.array([1, -1])
    return (1 + 0.9 * math.cos(turn) * signs) / 2, (1 + 0.5 * math.sin(turn) * signs) / 2


def singly(turn: float, n: int) -> float:
    """Exponent of the best test on outcomes of one basis, with an error of 0.05."""
    p, q = outcome_laws(turn)
    k = np.arange(n + 1)
    first, second = stats.binom.pmf(k, n, p[0]), stats.binom.pmf(k, n, q[0])
    order = np.argsort(-(k * math.log(p[0] / q[0]) + (n - k) * math.log(p[1] / q[1])))
    kept = np.clip((0.95 - (np.cumsum(first[order]) - first[order])) / first[order], 0, 1)
    return -math.log(float(kept @ second[order])) / n


def together(rho: Array, sigma: Array, n: int) -> float:
    """Exponent of the best test on all copies: the dual, max over x of 0.95 x − Tr(xρ − σ)₊."""
    many, others = np.eye(1), np.eye(1)
    for _ in range(n):
        many, others = np.kron(many, rho), np.kron(others, sigma)

    def dual(x: float) -> float:
        gains = np.linalg.eigvalsh(x * many - others)
        return -(0.95 * x - float(gains[gains > 0].sum()))

    best = optimize.minimize_scalar(dual, bounds=(0, 20), method="bounded", options={"xatol": 1e-9})
    return -math.log(-float(best.fun)) / n


# --- chains ---------------------------------------------------------------------------------------


def chains() -> Values:
    """The Ising chain by singular values of a bidiagonal matrix, and by matrices of all levels."""
    rows = {}
    for n in (2, 4, 8, 10, 256):
        one, two = (
            chain_cross(n, (1, 0.5, 1), (1, 0.5, 1)),
            chain_cross(n, (1, 0.5, 1), (1, 1.5, 0.8)),
        )
        rows[f"entropy, {n} sites"] = one
        rows[f"cross entropy, {n} sites"] = two
        rows[f"relative entropy, {n} sites"] = two - one
    four, six = dense_chain(4), dense_chain(6)
    entropy = shannon(np.linalg.eigvalsh(four))
    parts = [shannon(np.linalg.eigvalsh(one_site(four, 4, i))) for i in range(4)]
    thermal = "entropy of the state, by free fermions"
    return {
        ("classical_limit", "Ising chain"): rows,
        ("boltzmann", "Thermal state"): {
            "entropy": entropy, "floor without couplings": sum(parts) - entropy,
        },
        ("thermalise", "Ising chain of 4"): {"entropy": entropy},
        ("thermalise", "Ising chain of 6"): {thermal: shannon(np.linalg.eigvalsh(six))},
    }  # fmt: skip


def chain_cross(n: int, data: tuple[float, ...], model: tuple[float, ...]) -> float:
    """S(ρ, σ) of two chains by (J, h, β)."""
    (j, h, beta), (k, g, gamma) = data, model
    u, s, v = np.linalg.svd(h * np.eye(n) + j * np.eye(n, k=1))
    seen = (u * np.tanh(beta * s)) @ v
    levels = np.linalg.svd(g * np.eye(n) + k * np.eye(n, k=1), compute_uv=False)
    energy = -k * np.trace(seen, 1) - g * np.trace(seen)
    return float(gamma * energy + np.log(2 * np.cosh(gamma * levels)).sum())


def dense_chain(n: int) -> Array:
    """The thermal state of (1, 0.5, 1)."""
    h = np.zeros((2**n, 2**n))
    for i in range(n):
        h -= 0.5 * np.kron(np.kron(np.eye(2**i), X), np.eye(2 ** (n - i - 1)))
        if i:
            h -= np.kron(np.kron(np.eye(2 ** (i - 1)), np.kron(Z, Z)), np.eye(2 ** (n - i - 1)))
    rho = linalg.expm(-h)
    return rho / np.trace(rho)


def one_site(rho: Array, n: int, i: int) -> Array:
    """The state of one site."""
    parts = rho.reshape((2**i, 2, 2 ** (n - i - 1)) * 2)
    return np.einsum("abcadc->bd", parts)


# --- random states, images and rows ---------------------------------------------------------------


def closed_forms() -> Values:
    """Laws of random states and products, by sums and quadrature; what product and tree leave."""
    d = 2**16
    published = math.pi**2 / 6 / d
    ratio = published / (published - float(special.polygamma(1, d)))
    k = np.arange(101)
    law = stats.betabinom.pmf(k, 100, 1, 15)
    sampled = -np.log(np.maximum(k / 100, 1e-6))
    wide = {f"{n} wires, exact": discrepancy(n, n / 4) for n in (4, 8, 16)}
    images = np.array([i for i in range(16) if i in (0, 15, 3, 12, 5, 10)])
    bits = (images[:, None] >> np.arange(4)) & 1
    product = -float(np.log(np.where(bits, bits.mean(0), 1 - bits.mean(0))).sum(1).mean())
    tree = grow(bits, 0.0)
    linear = {f"linear, {n} wires, expected of it": (2**n - 1) / (2**n + 1) for n in (2, 3, 8, 10)}
    return {
        ("trainability", "In all"): {
            "published variance over exact one, uniform data, 16 wires": ratio,
        },
        ("trainability", "Variance of the likelihood of one string from 100"): {
            "4 wires, exact": float(law @ sampled**2 - (law @ sampled) ** 2),
        },
        ("trainability", "Variance of the discrepancy, σ = n/4"): wide,
        ("bars_and_stripes", "Relative entropy left"): {
            "best product": product - math.log(6),
            "best tree": surprise(tree, bits) - math.log(6),
        },
        ("benchmarking", "Fidelity of ideal"): linear,
    }  # fmt: skip


def discrepancy(n: int, width: float) -> float:
    """Variance of the maximum mean discrepancy of random products to 0…0, wire by wire."""
    nodes, weights = np.polynomial.legendre.leggauss(8)
    q, w, e = (nodes + 1) / 2, weights / 2, math.exp(-1 / (2 * width))
    same, zero = q**2 + (1 - q) ** 2 + 2 * q * (1 - q) * e, 1 - q + q * e

    def both(a: Array, b: Array) -> float:
        return float((w @ (a * b)) ** n - ((w @ a) * (w @ b)) ** n)

    return both(same, same) + 4 * both(zero, zero) - 4 * both(same, zero)


def coherence() -> Values:
    """Digits in black and white: independent bits and the Chow-Liu tree, means over 20 splits."""
    images = load_digits().images
    rows = (images.reshape(len(images), -1) > images.mean()).astype(int)
    counts = (0.01, 0.1, 0.5, 1.0, 5.0)
    trees, products = [], []
    for seed in range(20):
        order = np.random.default_rng(seed).permutation(rows)
        train, valid, test = np.split(order, [len(rows) * 8 // 10, len(rows) * 9 // 10])
        grown = [grow(train, a) for a in counts]
        trees.append(surprise(min(grown, key=lambda t, v=valid: surprise(t, v)), test))
        laws = [(train.sum(0) + a) / (len(train) + 2 * a) for a in counts]
        law = min(laws, key=lambda p, v=valid: independent(p, v))
        products.append(independent(law, test))
    found = {"Chow-Liu tree": float(np.mean(trees)), "independent bits": float(np.mean(products))}
    return {("coherence", "Test rows"): found}


def independent(ones: Array, rows: Array) -> float:
    """Surprise of rows under independent bits."""
    return -float(np.log(np.where(rows, ones, 1 - ones)).sum(axis=1).mean())


def grow(rows: Array, added: float) -> tuple[Array, list[tuple[int, int]]]:
    """Laws of pairs with so much added to each count, and the heaviest tree (Prim's way)."""
    n, total = rows.shape[1], len(rows) + 4 * added
    letters = np.stack([1 - rows, rows], axis=-1)
    pairs = (np.einsum("ria,rjb->ijab", letters, letters) + added) / total
    single = (letters.sum(axis=0) + 2 * added) / total
    apart = single[:, None, :, None] * single[None, :, None, :]
    shared = np.sum(special.xlogy(pairs, pairs) - special.xlogy(pairs, apart), axis=(2, 3))
    reached, edges = [0], []
    while len(reached) < n:
        outside = [j for j in range(n) if j not in reached]
        block = shared[np.ix_(reached, outside)]
        i, j = np.unravel_index(int(block.argmax()), block.shape)
        edges.append((reached[i], outside[j]))
        reached.append(outside[j])
    return pairs, edges


def surprise(tree: tuple[Array, list[tuple[int, int]]], rows: Array) -> float:
    """Of rows under a tree: its first bit, then each edge."""
    pairs, edges = tree
    first = pairs[0, edges[0][1]].sum(axis=1)
    logs = np.log(first[rows[:, 0]])
    for i, j in edges:
        joint = pairs[i, j]
        logs = logs + np.log((joint / joint.sum(axis=1, keepdims=True))[rows[:, i], rows[:, j]])
    return -float(logs.mean())


def ring() -> Values:
    """The Ising ring at K = 1/2: entropy by the transfer matrix, and the best tree, a chain."""
    entropies, k = {}, 0.5
    for n in (6, 10):
        levels = np.linalg.eigvalsh(np.exp(k * np.array([[1, -1], [-1, 1]])))
        slopes = levels[::-1]  # of 2 sinh K and 2 cosh K: each is the slope of the other
        z = float(np.sum(levels**n))
        agree = float(np.sum(levels ** (n - 1) * slopes)) / z  # mean of two neighbours' product
        entropies[f"entropy, {n} wires"] = math.log(z) - n * k * agree
    shared = np.array([1 + agree, 1 - agree]) / 2
    rows = {
        "law of the ring": entropies["entropy, 10 wires"],
        "Chow-Liu tree": LN2 + 9 * shannon(shared),
    }
    return {
        ("likelihood_or_discrepancy", "Law of the ring"): entropies,
        ("likelihood_or_discrepancy", "Test rows"): rows,
    }


# --- beside the oracle ----------------------------------------------------------------------------

PARTS: tuple[Callable[[], Values], ...] = (
    measuring_early, copies, copies_wires, compression, hypothesis, chains, closed_forms, coherence,
    ring,
)  # fmt: skip


def compared() -> Iterator[tuple[str, str, str, float, float, float]]:
    """Experiment, section, row, the value found here, the one of the oracle, and its error."""
    values: Values = {}
    for part in PARTS:
        values |= part()
    oracle = Path(__file__).with_name("oracle.toml").read_text(encoding="utf-8")
    for group in tomllib.loads(oracle)["check"]:
        for (experiment, section), rows in values.items():
            if experiment == group["experiment"] and group["section"].startswith(section):
                for row, known in group["values"].items():
                    if row in rows:
                        yield experiment, section, row, rows[row], known, group["error"]


if __name__ == "__main__":
    for experiment, section, row, found, known, error in compared():
        verdict = "ok" if abs(found - known) <= error else "OUTSIDE"
        print(f"{verdict:7} {experiment}: {section}/{row}: {found:.12g}, known {known} ± {error}")
