"""Fisher information of measured bases beside the Kubo-Mori metric, the best shares, and bounds."""

import numpy as np
import pytest
from scipy.linalg import sqrtm
from scipy.stats import unitary_group

from qce import quantum
from qce.data import PairBases, PauliBases, UnbiasedBases
from qce.tomography import fisher
from qce.tomography.rounds import all_kets


def spectrum(wires, length):
    """Of equal qubits of this Bloch length, in ascending order."""
    p = np.ones(1)
    for _ in range(wires):
        p = np.kron(p, [(1 - length) / 2, (1 + length) / 2])
    return np.sort(p)


def turned(p, seed=0):
    u = unitary_group.rvs(len(p), random_state=np.random.default_rng(seed))
    return (u * p) @ u.conj().T


def directions(d):
    """Hermitian matrices without trace whose coordinates are unit vectors, `(d² − 1, d, d)`."""
    found = []
    for factor in (1, 1j):
        for i, j in zip(*np.triu_indices(d, 1), strict=True):
            matrix = np.zeros((d, d), dtype=complex)
            matrix[i, j], matrix[j, i] = factor / 2**0.5, np.conj(factor) / 2**0.5
            found.append(matrix)
    for k in range(1, d):
        levels = np.append(np.ones(k), -k) / np.sqrt(k * (k + 1))
        found.append(np.diag(np.append(levels, np.zeros(d - k - 1))).astype(complex))
    return np.stack(found)


def hermitian(d, seed):
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d))
    matrix = matrix + matrix.conj().T
    return matrix - np.eye(d) * np.trace(matrix) / d


def second_derivative(function, h):
    """By differences of fourth order."""
    outer, inner = function(2 * h) + function(-2 * h), function(h) + function(-h)
    return (-outer + 16 * inner - 30 * function(0)) / (12 * h**2)


@pytest.mark.parametrize("d", [2, 4, 8])
def test_coordinates_are_orthonormal(d):
    np.testing.assert_allclose(fisher.coordinates(directions(d)), np.eye(d * d - 1), atol=1e-14)
    one, other = hermitian(d, 1), hermitian(d, 2)
    x, y = fisher.coordinates(np.stack([one, other]))
    assert x @ y == pytest.approx(np.trace(one @ other).real, rel=1e-12)


@pytest.mark.parametrize("wires", [1, 2])
def test_the_metric_is_the_second_derivative_of_the_relative_entropy(wires):
    """By differences of fourth order: h⁴ times sixth derivatives over p⁵, and rounding over h²."""
    p = spectrum(wires, 0.5)
    v = np.random.default_rng(0).normal(size=len(p) ** 2 - 1)
    v /= np.linalg.norm(v)

    def left(t):
        sigma = np.diag(p) + t * np.tensordot(v, directions(len(p)), axes=1)
        return float(quantum.relative_entropy(np.diag(p), sigma))

    assert v @ fisher.metric(p) @ v == pytest.approx(second_derivative(left, 1e-3), rel=1e-6)


def test_fisher_information_is_the_curvature_of_the_mean_likelihood():
    p = spectrum(2, 0.5)
    kets = all_kets(PauliBases(2))[4]
    v = np.random.default_rng(1).normal(size=15)
    v /= np.linalg.norm(v)
    seen = np.einsum("xi,i,xi->x", kets.conj(), p, kets).real
    matrix = np.tensordot(v, directions(4), axes=1)
    change = np.einsum("xi,ij,xj->x", kets.conj(), matrix, kets).real
    rows = fisher.scores(kets, p)
    found = second_derivative(lambda t: -seen @ np.log(seen + t * change), 1e-3)
    assert v @ rows.T @ rows @ v == pytest.approx(found, rel=1e-6)


def test_equal_shares_are_the_mean_information_in_any_coordinates():
    """½ Tr G/F with F put together from probabilities of single directions, basis by basis."""
    p = spectrum(2, 0.9)
    rho = turned(p)
    u = np.linalg.eigh(rho)[1]
    unit = u @ directions(4) @ u.conj().T
    seen = PauliBases(2).overlaps(rho)
    change = np.stack([PauliBases(2).overlaps(each) for each in unit])
    information = np.einsum("ibx,jbx->ij", change / seen, change) / 9
    known = np.trace(np.linalg.inv(information) @ fisher.metric(p)) / 2
    assert fisher.equal(all_kets(PauliBases(2)), rho) == pytest.approx(known, rel=1e-10)


@pytest.mark.parametrize("wires", [1, 2, 3])
@pytest.mark.parametrize("length", [0.3, 0.9])
@pytest.mark.parametrize(
    ("bases", "short"),
    [(PairBases, fisher.pair_shares), (UnbiasedBases, fisher.unbiased_shares)],
)
def test_the_shares_of_bases_in_the_eigenbasis_are_those_of_the_long_search(
    wires, length, bases, short
):
    """Both are within a ten-thousandth of the least value; shares, where it is flat, its root."""
    rho = turned(spectrum(wires, length))
    p, u = np.linalg.eigh(rho)
    w, left = short(p)
    known_w, known = fisher.searched(all_kets(bases(wires)) @ u.T, rho)
    assert left == pytest.approx(known, rel=1.01e-4)
    np.testing.assert_allclose(w, known_w, atol=0.01)
    assert w.sum() == pytest.approx(1, abs=1e-12)


def test_no_shares_that_are_near_or_drawn_are_better_than_the_best():
    """Up to the ten-thousandth at which the search ends: 300 drawn by Dirichlet's law."""
    rho = turned(spectrum(2, 0.9))
    kets = all_kets(PauliBases(2))
    w, left = fisher.searched(kets, rho)
    p, u = np.linalg.eigh(rho)
    parts = [rows.T @ rows for rows in (fisher.scores(basis @ u.conj(), p) for basis in kets)]
    rng = np.random.default_rng(0)
    for alike in (1.0, 30.0, 1000.0):
        for drawn in rng.dirichlet(1e-9 + alike * w, size=100):
            information = np.tensordot(drawn, parts, axes=1)
            if np.linalg.cond(information) < 1e12:
                found = np.trace(np.linalg.solve(information, fisher.metric(p))) / 2
                assert found >= left * (1 - 1e-4)
    assert fisher.gill_massar(rho) <= left <= fisher.equal(kets, rho)


@pytest.mark.parametrize("wires", [2, 3])
def test_pairs_lie_between_the_bound_and_a_logarithm(wires):
    """At most ½ [√(d−1) + 2 Σ_m (Σ g)^½]², whatever the eigenbasis, also next to pure states."""
    for length in (0.3, 0.9, 0.999):
        p = spectrum(wires, length)
        r = (p[:, None] - p) / (p[:, None] + p)
        g, d = fisher.slope(r), len(p)
        sums = [sum(g[x, x ^ m] for x in range(d) if x < x ^ m) for m in range(1, d)]
        most = 0.5 * (np.sqrt(d - 1) + 2 * np.sqrt(sums).sum()) ** 2
        assert fisher.gill_massar(np.diag(p)) <= fisher.pair_shares(p)[1] <= most * (1 + 1e-4)


@pytest.mark.parametrize(("length", "known"), [(0.9, 6.33), (0.99, 9.12)])
def test_one_qubit_is_that_of_the_experiment_on_one(length, known):
    """Pairs are the eigenbasis and two across it, which reach the bound."""
    rho = turned(spectrum(1, length))
    assert fisher.gill_massar(rho) == pytest.approx(known, abs=6e-3)
    assert fisher.pair_shares(spectrum(1, length))[1] == pytest.approx(known, abs=6e-3)


@pytest.mark.parametrize("wires", [1, 2])
@pytest.mark.parametrize("length", [0.0, 0.5, 0.9])
def test_the_collective_bound_is_that_of_its_definition(wires, length):
    """Tr G Re Z + Tr |√G Im Z √G| of Z = Tr ρ B B' less means, with matrices of all directions."""
    p = spectrum(wires, length)
    unit = directions(len(p))
    means = np.einsum("i,kii->k", p, unit).real
    z = np.einsum("i,kij,lji->kl", p, unit, unit) - np.outer(means, means)
    root = sqrtm(fisher.metric(p)).real
    across = np.linalg.svd(root @ z.imag @ root, compute_uv=False).sum()
    known = (np.trace(fisher.metric(p) @ z.real) + across) / 2
    rho = turned(p)
    assert fisher.holevo(rho) == pytest.approx(known, rel=1e-10)
    assert fisher.holevo(rho) <= fisher.gill_massar(rho) * (1 + 1e-12)


def test_the_collective_bound_of_a_qubit():
    """½ + (1 + a) artanh(a)/a."""
    assert fisher.holevo(np.diag([0.95, 0.05])) == pytest.approx(
        0.5 + 1.9 * np.arctanh(0.9) / 0.9, rel=1e-12
    )


def test_a_search_that_does_not_end_says_so():
    with pytest.raises(RuntimeError, match="did not converge"):
        fisher.best_shares(lambda w: np.full(len(w), np.nan), np.ones(3))
