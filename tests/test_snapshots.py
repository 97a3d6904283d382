"""What a snapshot costs (theorem T11): for 3-designs in closed form, and where it does not hold."""

import math
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from strategies import random_unitary, seeds, theorem

from qce import data, quantum
from qce.states import random_density_matrix
from qce.trainability import snapshot_cross_entropy

EPS = np.finfo(float).eps
N = np.ones(3) / math.sqrt(3)


def bloch_state(r):
    x, y, z = r
    return np.array([[1 + z, x - 1j * y], [x + 1j * y, 1 - z]]) / 2


def energy(sigma):
    """−log σ, by its eigenvectors."""
    q, kets = np.linalg.eigh(sigma)
    return -(kets * np.log(q)) @ kets.conj().T


def variance_of(kets, rho, sigma):
    """Variance of one snapshot of a measurement {w|φ⟩⟨φ|} of equal weights w: no formula."""
    kets, (d, k) = np.asarray(kets), (len(rho), energy(sigma))
    law = d / len(kets) * np.einsum("xi,ij,xj->x", kets.conj(), rho, kets).real
    value = (d + 1) * np.einsum("xi,ij,xj->x", kets.conj(), k, kets).real - np.trace(k).real
    assert law.sum() == pytest.approx(1, abs=20 * EPS)
    assert law @ value == pytest.approx(quantum.cross_entropy(rho, sigma), abs=1e-12)
    return law @ value**2 - (law @ value) ** 2


def from_moments(rho, sigma):
    """The same from the third moment of Haar-random kets, a sum over all permutations."""
    d, k = len(rho), energy(sigma)
    traces = {}
    for order in permutations(range(3)):
        left, value = set(range(3)), 1.0
        while left:  # a cycle of the permutation is the trace of a product
            at = min(left)
            product = np.eye(d)
            while at in left:
                left.remove(at)
                product = product @ (rho, k, k)[at]
                at = order[at]
            value = value * np.trace(product)
        traces[order] = value.real
    third = sum(traces.values()) / (d * (d + 1) * (d + 2))
    second = (np.trace(k).real + np.trace(rho @ k).real) / (d * (d + 1))
    # E (a X − t)² with X = ⟨φ|K|φ⟩, each under the law d⟨φ|ρ|φ⟩.
    a, t = d + 1, np.trace(k).real
    square = a**2 * d * third - 2 * a * t * d * second + t**2
    return square - quantum.cross_entropy(rho, sigma) ** 2


@pytest.fixture(scope="module")
def pauli_kets():
    """The six eigenstates of X, Y and Z: the smallest 3-design of a qubit made of bases."""
    return data.random_bases("mub", 1).kets.reshape(-1, 2)


@pytest.fixture(scope="module")
def sic_kets():
    """The four kets of the tetrahedron, from the elements of the measurement."""
    corners = np.array([[1, 1, 1], [-1, -1, 1], [1, -1, -1], [-1, 1, -1]]) / math.sqrt(3)
    return [np.linalg.eigh(bloch_state(n))[1][:, 1] for n in corners]


@theorem
@given(seeds)
def test_the_law_is_that_of_haar_moments_and_never_below_its_bound(seed):
    rng = np.random.default_rng(seed)
    d = int(rng.integers(2, 9))
    rho = random_density_matrix(d, int(rng.integers(1, d + 1)), seed=rng)
    sigma = 0.9 * random_density_matrix(d, seed=rng) + 0.1 * np.eye(d) / d
    mean, variance = snapshot_cross_entropy(rho, sigma)
    assert mean == pytest.approx(quantum.cross_entropy(rho, sigma), abs=1e-12)
    # Sums of d⁴ products of logarithms below 5 ln 10.
    assert variance == pytest.approx(from_moments(rho, sigma), abs=d**4 * 150 * EPS)
    deferred = float(quantum.cross_entropy_variance(rho, sigma))
    assert variance >= 4 * (d + 1) / (d + 2) * deferred * (1 - 1e-12)


@pytest.mark.parametrize("d", range(2, 9))
def test_the_bound_is_reached(d):
    """Two levels at ±κ that the data are in equally, all others midway between them."""
    kappa, turn = 0.7, random_unitary(np.random.default_rng(d), d)
    weights = np.exp([kappa, -kappa] + [0.0] * (d - 2))
    sigma = (turn * (weights / weights.sum())) @ turn.conj().T
    rho = (turn * np.array([0.5, 0.5] + [0.0] * (d - 2))) @ turn.conj().T
    ratio = snapshot_cross_entropy(rho, sigma).variance / quantum.cross_entropy_variance(rho, sigma)
    assert ratio == pytest.approx(4 * (d + 1) / (d + 2), rel=1e-12)


@theorem
@given(seeds)
def test_six_pauli_states_have_the_variance_of_a_3_design(pauli_kets, seed):
    rng = np.random.default_rng(seed)
    rho, sigma = (random_density_matrix(2, seed=rng) for _ in range(2))
    law = snapshot_cross_entropy(rho, sigma).variance
    assert variance_of(pauli_kets, rho, sigma) == pytest.approx(law, rel=1e-9)


def test_four_states_that_are_a_2_design_only_do_not(sic_kets):
    """Without bias, but 0.1177 where a 3-design has 0.66, and 2.05 times deferred measurement."""
    rho, sigma = bloch_state(-0.9 * N), bloch_state(0.5 * N)
    deferred = float(quantum.cross_entropy_variance(rho, sigma))
    found = variance_of(sic_kets, rho, sigma)
    assert found == pytest.approx(0.1177, abs=5e-5)
    assert found / deferred == pytest.approx(2.05, abs=5e-3)
    assert snapshot_cross_entropy(rho, sigma).variance == pytest.approx(0.6608, abs=5e-5)


def test_unbiased_bases_of_two_wires_are_a_2_design_only():
    """In one of their own bases they may be cheaper than any 3-design, or dearer."""
    kets, q = data.random_bases("mub", 2).kets, np.array([0.7, 0.1, 0.1, 0.1])
    sigma = (kets[3].T * q) @ kets[3].conj()
    for p, sign in ((q[::-1], -1), (q, 1)):
        rho = (kets[3].T * p) @ kets[3].conj()
        found = variance_of(kets.reshape(-1, 4), rho, sigma)
        assert sign * (found - snapshot_cross_entropy(rho, sigma).variance) > 0.9


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_pauli_bases_wire_by_wire_can_come_near_to_deferred_measurement(n):
    """Equal products as model, all wires alike in the data: 1 + 2/n."""
    q = np.array([0.3, 0.7])
    law, sigma = np.zeros(2**n), np.ones(1)
    law[[0, -1]] = 0.5
    for _ in range(n):
        sigma = np.kron(sigma, q)
    rho, sigma = np.diag(law), np.diag(sigma)
    bases = data.random_bases("pauli", n)
    chance, value = bases.overlaps(rho) / bases.count, bases.snapshots(energy(sigma))
    variance = (chance * value**2).sum() - (chance * value).sum() ** 2
    ratio = variance / float(quantum.cross_entropy_variance(rho, sigma))
    assert ratio == pytest.approx(1 + 2 / n, rel=1e-10)


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        ((np.eye(2) / 2, np.diag([1.0, 0.0])), "`model` must have full rank"),
        ((np.eye(2) / 2, np.eye(3) / 3), "`data` and `model` must have the same dimension"),
        ((np.eye(2), np.eye(2) / 2), "`data` must"),
        (([np.eye(2) / 2], np.eye(2) / 2), "`data` must be one density matrix"),
        ((np.eye(1), np.eye(1)), "`data` must be one density matrix of two levels"),
    ],
)
def test_what_has_no_such_law_is_refused(pair, message):
    with pytest.raises(ValueError, match=message):
        snapshot_cross_entropy(*pair)
