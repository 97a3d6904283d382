"""Gaussian fermions against dense matrices, and the edges of what a state can be."""

import math

import numpy as np
import pytest
from fermion_oracles import (
    antisymmetric,
    close,
    moments,
    random_state,
    thermal,
)
from scipy.linalg import logm

import qce
from qce import quantum
from qce.states import (
    Diagonal,
    GaussianFermions,
    Pure,
    QuadraticHamiltonian,
)

ORDERS = [0.3, 0.5, 0.9, 1, 1.4, 2, 5]
SEEDS = range(4)


def pair(seed, n):
    """Two random Gaussian states, and their matrices written out by hand."""
    a, b = antisymmetric(seed, n, 0.4), antisymmetric(seed + 100, n, 0.3)
    return GaussianFermions(generator=a), GaussianFermions(generator=b), thermal(a), thermal(b)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 6])
@pytest.mark.parametrize("seed", SEEDS)
def test_states_are_those_of_their_hamiltonian(n, seed):
    a = antisymmetric(seed, n)
    state, rho = GaussianFermions(generator=a), thermal(a)
    np.testing.assert_allclose(state.dense(), rho, atol=1e-13)
    np.testing.assert_allclose(state.covariance, moments(rho), atol=1e-13)
    again = GaussianFermions(state.covariance)
    np.testing.assert_allclose(again.generator, a, atol=1e-9)  # ε e^ε of what the moments tell
    np.testing.assert_allclose(again.dense(), rho, atol=1e-13)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 6])
@pytest.mark.parametrize("seed", SEEDS)
def test_quantities_are_those_of_the_matrices(n, seed):
    if n == 6 and seed:
        return
    rho, sigma, r, s = pair(seed, n)
    log_r, log_s = logm(r), logm(s)
    k = log_r - log_s
    mean = np.trace(r @ k).real
    close(quantum.entropy(rho), -np.trace(r @ log_r).real)
    close(quantum.cross_entropy(rho, sigma), -np.trace(r @ log_s).real)
    close(quantum.relative_entropy(rho, sigma), mean)
    close(quantum.relative_entropy_variance(rho, sigma), np.trace(r @ k @ k).real - mean**2)
    close(quantum.fidelity(rho, sigma), quantum.fidelity(r, s))
    for alpha in (0.5, 2, 3):
        close(quantum.renyi_entropy(rho, alpha), quantum.renyi_entropy(r, alpha))
    for alpha in ORDERS:
        for name in ("petz_renyi_divergence", "sandwiched_renyi_divergence"):
            divergence = getattr(quantum, name)
            close(divergence(rho, sigma, alpha), divergence(r, s, alpha))
    for alpha in (0.2, math.inf):
        dense = quantum.sandwiched_renyi_divergence(r, s, alpha)
        close(quantum.sandwiched_renyi_divergence(rho, sigma, alpha), dense)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("axis", ["Z", "X"])
def test_cross_entropy_is_exact_for_data_of_any_kind(seed, axis):
    n = 3
    model = GaussianFermions(generator=antisymmetric(seed, n), axis=axis)
    sigma = model.dense()
    rho, ket = random_state(seed, n), np.linalg.qr(random_state(seed, n))[0][:, 0]
    p = np.random.default_rng(seed).dirichlet(np.ones(2**n))
    for data in (rho, Pure(ket), Diagonal(p), random_state(seed + 9, n, rank=2)):
        matrix = data if isinstance(data, np.ndarray) else data.dense()
        close(quantum.cross_entropy(data, model), -np.trace(matrix @ logm(sigma)).real)
        expected = quantum.relative_entropy(matrix, sigma)
        close(quantum.relative_entropy(data, model), expected)
    stack = np.stack([rho, random_state(seed + 1, n)])
    values = quantum.cross_entropy(stack, model)
    np.testing.assert_allclose(values, [quantum.cross_entropy(x, model) for x in stack], rtol=1e-14)
    # All that data tell are their second moments.
    if axis == "Z":
        told = GaussianFermions(moments(rho))
        close(quantum.cross_entropy(told, model), quantum.cross_entropy(rho, model))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_gaussian_state_beside_another_kind_is_a_matrix(seed):
    state = GaussianFermions(generator=antisymmetric(seed, 2))
    rho, sigma = random_state(seed, 2), state.dense()
    close(quantum.cross_entropy(state, rho), quantum.cross_entropy(sigma, rho))
    close(quantum.relative_entropy(state, rho), quantum.relative_entropy(sigma, rho))
    close(quantum.trace_distance(state, rho), quantum.trace_distance(sigma, rho))
    turned = GaussianFermions(generator=antisymmetric(seed + 1, 2), axis="X")
    close(quantum.cross_entropy(turned, state), quantum.cross_entropy(turned.dense(), sigma))
    close(quantum.fidelity(turned, state), quantum.fidelity(turned.dense(), sigma))
    values = quantum.petz_renyi_divergence(turned, state, [0.5, 2])
    np.testing.assert_allclose(
        values, quantum.petz_renyi_divergence(turned.dense(), sigma, [0.5, 2]), atol=1e-12
    )


# --- pure, nearly pure, singular ----------------------------------------------------------------


def test_eigenvalues_of_1e_300_count():
    a = np.array([[0.0, -690.0], [690.0, 0.0]])  # of |1⟩ e^-690
    model = GaussianFermions(generator=a)
    tiny = math.exp(-690.0)
    assert quantum.entropy(model) == pytest.approx(691 * tiny, rel=1e-12)
    data = GaussianFermions(generator=-a)
    assert quantum.cross_entropy(data, model) == pytest.approx(690.0, rel=1e-14)
    assert quantum.relative_entropy(data, model) == pytest.approx(690.0, rel=1e-14)
    # √F = 2 √(p (1 − p)).
    assert quantum.fidelity(data, model) == pytest.approx(4 * tiny, rel=1e-11)
    value = quantum.sandwiched_renyi_divergence(data, model, math.inf)
    assert value == pytest.approx(690.0, rel=1e-13)
    exact = Diagonal([1.0, tiny])
    for alpha in (0.5, 2, 3):
        expected = quantum.petz_renyi_divergence(Diagonal([0.5, 0.5]), exact, alpha)
        mixed = GaussianFermions(np.zeros((2, 2)))
        found = quantum.petz_renyi_divergence(mixed, model, alpha)
        assert found == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_eigenvalues_of_1e_300_count_in_any_basis(seed):
    """Against sixty digits: two modes of energies near 600 that share no eigenvector."""
    mpmath = pytest.importorskip("mpmath")
    rng = np.random.default_rng(seed)
    generators = []
    for energies in ((650.0, 40.0), (600.0, 3.0)):
        q = np.linalg.qr(rng.normal(size=(4, 4)))[0]
        block = np.zeros((4, 4))
        block[0, 1], block[2, 3] = energies
        a = q @ (block - block.T) @ q.T
        generators.append((a - a.T) / 2)
    with mpmath.workdps(700):
        t = [mpmath.expm(mpmath.matrix((-1j * a).tolist())) for a in generators]
        identity = mpmath.eye(4)
        norms = [mpmath.log(mpmath.re(mpmath.det(identity + x))) / 2 for x in t]
        roots = [mpmath.expm(mpmath.matrix((-0.5j * a).tolist())) for a in generators]
        product = roots[0] * roots[1]  # order ½ of Petz
        log_trace = mpmath.log(mpmath.re(mpmath.det(identity + product))) / 2
        petz = float(-2 * (log_trace - (norms[0] + norms[1]) / 2))
        cs = [x * mpmath.inverse(identity + x) for x in t]
        log_q = [mpmath.matrix((-1j * a).tolist()) for a in generators]
        mean = -mpmath.re(sum((cs[0] * log_q[1])[i, i] for i in range(4))) / 2 + norms[1]
    rho, sigma = (GaussianFermions(generator=a) for a in generators)
    assert quantum.petz_renyi_divergence(rho, sigma, 0.5) == pytest.approx(petz, rel=1e-11)
    assert quantum.cross_entropy(rho, sigma) == pytest.approx(float(mean), rel=1e-11)


def test_pure_states_are_pure():
    chains = [QuadraticHamiltonian.random_bonds(4, seed) for seed in (1, 2)]
    p, q = (GaussianFermions.thermal(h, math.inf) for h in chains)
    assert quantum.entropy(p) == 0
    assert quantum.relative_entropy(p, p) < 1e-28
    assert np.isinf(quantum.relative_entropy(p, q)) and np.isinf(quantum.cross_entropy(p, q))
    kets = [np.linalg.eigh(x.dense())[1][:, -1] for x in (p, q)]
    close(quantum.fidelity(p, q), abs(kets[0].conj() @ kets[1]) ** 2)
    close(quantum.petz_renyi_divergence(p, q, 0.3), -math.log(quantum.fidelity(p, q)) / 0.7)
    assert quantum.petz_renyi_divergence(p, q, 1.5) == np.inf
    with pytest.raises(qce.ArgumentError, match="generator is asked for"):
        _ = p.generator
    by_moments = GaussianFermions(p.covariance)
    assert quantum.entropy(by_moments) == 0
    assert quantum.cross_entropy(p, by_moments) < 1e-12
    assert np.isinf(quantum.cross_entropy(q, by_moments))
    thermal_one = GaussianFermions.thermal(chains[1], 0.7)
    dense = [
        quantum.sandwiched_renyi_divergence(p.dense(), thermal_one.dense(), a) for a in (0.5, 2)
    ]
    found = [quantum.sandwiched_renyi_divergence(p, thermal_one, a) for a in (0.5, 2)]
    np.testing.assert_allclose(found, dense, rtol=1e-11)


def test_states_of_other_parity_are_orthogonal():
    even = GaussianFermions(np.array([[0, -1], [1, 0]]))
    odd = GaussianFermions(np.array([[0, 1], [-1, 0]]))
    assert quantum.fidelity(even, odd) == 0
    assert quantum.relative_entropy(even, odd) == np.inf
    assert quantum.cross_entropy(Diagonal([0.0, 1.0]), even) == np.inf
    assert quantum.cross_entropy(Diagonal([1.0, 0.0]), even) == 0
    with pytest.raises(qce.ArgumentError, match="support"):
        quantum.cross_entropy(odd, even, support="raise")
    # Where a mode is one wire nothing has rounded it.
    assert np.isinf(quantum.cross_entropy(Diagonal([1 - 1e-300, 1e-300]), even))
    model = GaussianFermions(generator=antisymmetric(1, 1, 0.7))
    for p in ([0.25, 0.75], [1.0, 0.0]):
        close(
            quantum.cross_entropy(Diagonal(p), model),
            quantum.cross_entropy(Diagonal(p), thermal(model.generator)),
        )


def test_partly_pure_states_share_their_pure_modes():
    mixed = antisymmetric(3, 2, 0.3)
    blocks = []
    for seed in (1, 2):
        gamma = np.zeros((6, 6))
        gamma[0, 1], gamma[1, 0] = 1, -1
        gamma[2:, 2:] = GaussianFermions(generator=mixed * seed).covariance
        blocks.append(GaussianFermions(gamma))
    rest = [GaussianFermions(generator=mixed * seed) for seed in (1, 2)]
    for name in ("petz_renyi_divergence", "sandwiched_renyi_divergence"):
        f = getattr(quantum, name)
        for alpha in (0.5, 1, 2):
            close(f(*blocks, alpha), f(*rest, alpha))
    close(quantum.fidelity(*blocks), quantum.fidelity(*rest))
