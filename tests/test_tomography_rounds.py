"""The likeliest state of outcomes in several sets of bases, each behind a circuit of its own."""

import numpy as np
import pytest
from scipy.stats import unitary_group

from qce.data import PairBases, PauliBases, UnbiasedBases
from qce.tomography import rounds


def unitary(d, seed):
    return unitary_group.rvs(d, random_state=np.random.default_rng(seed))


def drawn(wires, seed=0):
    """A state with eigenvalues from 2^-n down to some thousandths of it."""
    d = 2**wires
    p = np.geomspace(1, 3e-3, d)
    u = unitary(d, seed)
    return (u * (p / p.sum())) @ u.conj().T


def three_rounds(wires, copies, seed=0):
    """Pauli bases, pairs and unbiased bases, the latter behind circuits."""
    rho, rng, d = drawn(wires), np.random.default_rng(seed), 2**wires
    circuits = np.eye(d), np.linalg.eigh(rho)[1], unitary(d, 5)
    bases = PauliBases(wires), PairBases(wires), UnbiasedBases(wires)
    return [
        rounds.measure(rho, b, u, np.full(b.count, copies // b.count), rng)
        for b, u in zip(bases, circuits, strict=True)
    ]


def equation(seen, sigma, hedge):
    """(Σ n/p |φ⟩⟨φ|)σ + h − (N + h d)σ, from the kets one by one: zero at the maximum."""
    d, total, mean = len(sigma), 0.0, 0
    for each in seen:
        kets = rounds.all_kets(each.bases).reshape(-1, d) @ each.circuit.T
        n = each.counts.ravel()
        p = np.einsum("ri,ij,rj->r", kets.conj(), sigma, kets).real
        mean = mean + np.einsum("r,ri,rj->ij", n / p, kets, kets.conj())
        total += n.sum()
    return mean @ sigma + hedge * np.eye(d) - (total + hedge * d) * sigma


@pytest.mark.parametrize("bases", [PauliBases(2), PairBases(3), UnbiasedBases(2)])
def test_outcomes_are_those_of_kets_behind_the_circuit(bases):
    """100 000 copies a basis: six standard errors of a frequency."""
    d = 2**bases.wires
    rho, u = drawn(bases.wires), unitary(d, 3)
    copies = np.full(bases.count, 100_000)
    seen = rounds.measure(rho, bases, u, copies, np.random.default_rng(0))
    kets = rounds.all_kets(bases) @ u.T
    p = np.einsum("bxi,ij,bxj->bx", kets.conj(), rho, kets).real
    assert (seen.counts.sum(axis=1) == 100_000).all()
    assert (np.abs(seen.counts / 1e5 - p) < 6 * np.sqrt(p * (1 - p) / 1e5) + 1e-9).all()
    np.testing.assert_allclose(seen.overlaps(rho), p, atol=1e-14)


@pytest.mark.parametrize("wires", [1, 2, 4])
@pytest.mark.parametrize("copies", [40, 10_000, 1_000_000])
def test_the_likeliest_state_is_where_the_slope_vanishes(wires, copies):
    """The last step begins below a squared Newton decrement of 1e-6 nats, and is solved to 1 %.

    What is left of λ², then, is below 1e-10; an entry of the slope times σ is below λ √(N + h d).
    """
    seen = three_rounds(wires, max(copies, 3 * 3**wires))
    sigma = rounds.likeliest(seen, 0.5)
    total = sum(each.counts.sum() for each in seen)
    assert np.trace(sigma).real == pytest.approx(1, abs=1e-10)
    left = np.abs(equation(seen, sigma, 0.5)).max()
    assert left < 1e-5 * np.sqrt(total + 0.5 * 2**wires)


def test_many_kets_are_simplified_in_the_search_and_not_in_what_is_found(monkeypatch):
    seen = three_rounds(3, 30_000)
    exact = rounds.likeliest(seen, 0.5)
    monkeypatch.setattr(rounds, "_MANY", 10)
    simpler = rounds.likeliest(seen, 0.5)
    assert 0 < np.abs(simpler - exact).max() < 1e-8


def test_outcomes_never_seen_do_not_matter_where_the_likelihood_is_infinite_without_them():
    """All of 50 copies in one outcome: the determinant alone keeps the state of full rank."""
    counts = np.zeros((9, 4))
    counts[:, 0] = 50
    seen = [rounds.Seen(PauliBases(2), np.eye(4), counts)]
    sigma = rounds.likeliest(seen, 0.5)
    assert np.linalg.eigvalsh(sigma)[0] > 1e-5
    assert np.abs(equation(seen, sigma, 0.5)).max() < 1e-5 * np.sqrt(452)


def test_the_curvature_is_the_second_derivative_of_the_loss():
    """Along drawn directions, by differences of fourth order."""
    seen = three_rounds(2, 3000)
    p = np.array([0.1, 0.2, 0.3, 0.4])
    tables = [each.overlaps(np.diag(p)) for each in seen]
    along, _ = rounds.curvature(p, seen, tables, 0.5)
    rng, h = np.random.default_rng(0), 1e-3
    for _ in range(5):
        v = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
        v = rounds.traceless(v + v.conj().T)
        v /= np.linalg.norm(v)
        value = [rounds.loss(np.diag(p) + k * h * v, seen, 0.5) for k in (-2, -1, 0, 1, 2)]
        second = np.dot([-1, 16, -30, 16, -1], value) / (12 * h**2)
        assert np.vdot(v, along(v)).real == pytest.approx(second, rel=1e-5)


def test_conjugate_gradients_solve_to_a_hundredth_in_the_norm_they_promise():
    rng = np.random.default_rng(0)
    root = rng.normal(size=(16, 16))
    matrix, scale = root @ root.T + np.eye(16), 1 + rng.random(16)
    right = rng.normal(size=(4, 4))

    def along(x):
        return (matrix @ x.ravel()).reshape(4, 4)

    def back(x):
        return x / scale.reshape(4, 4)

    rest = right - along(rounds.conjugate_gradients(along, back, right))
    assert np.vdot(rest, back(rest)) <= 1.001e-4 * np.vdot(right, back(right))
