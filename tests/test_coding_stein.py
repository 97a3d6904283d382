"""Tests of hypotheses reach Stein's exponent: collective ones, and copy by copy."""

import math
import tracemalloc

import mpmath
import numpy as np
import pytest
from coding_cases import P1, strings
from hypothesis import given, settings
from scipy.optimize import minimize_scalar
from strategies import random_unitary, seeds, theorem

from qce import classical, quantum
from qce.coding import (
    best_measured_stein_exponent,
    measured_stein_exponent,
    second_order_exponent,
    stein_exponent,
)
from qce.coding._schur import qubit_blocks
from qce.states import random_density_matrix

TIGHT = {"xatol": 1e-9}


@pytest.mark.parametrize(
    "n, collective, second, measured",
    [
        (4, 0.47222, 0.11704, 0.43601),
        (8, 0.46047, 0.27720, 0.39513),
        (24, 0.49239, 0.42106, 0.44714),
        (32, 0.50216, 0.44700, 0.44960),
        (40, 0.51002, 0.46489, 0.45754),
    ],
)
def test_the_exponents_of_the_reference_pair(n, collective, second, measured):
    """Given with five digits, which all agree."""
    assert stein_exponent(*P1, n, 0.05) == pytest.approx(collective, abs=5.1e-6)
    with_logarithm = second_order_exponent(*P1, n, 0.05, third_order=True)
    assert with_logarithm == pytest.approx(second, abs=5.1e-6)
    assert measured_stein_exponent(*P1, n, 0.05) == pytest.approx(measured, abs=5.1e-6)


def test_the_logarithm_is_not_of_second_order():
    """0.4458 at 52 copies by the expansion of the references; (ln n)/2n more with the third."""
    second = second_order_exponent(*P1, 52, 0.05)
    assert second == pytest.approx(0.4458, abs=5.1e-5)
    third = second_order_exponent(*P1, 52, 0.05, third_order=True) - second
    assert third == pytest.approx(math.log(52) / 104, abs=1e-14)


@pytest.mark.parametrize("n, best", [(40, 0.4690), (52, 0.4772)])
def test_the_best_basis_depends_on_the_number_of_copies(n, best):
    """Given with four digits; the best basis of n → ∞ is a hundredth of a nat behind."""
    found = best_measured_stein_exponent(*P1, n, 0.05)
    assert found == pytest.approx(best, abs=5.1e-5)
    assert found - measured_stein_exponent(*P1, n, 0.05) > 0.01
    # Five thousand angles in the plane, and some hundreds of bases out of it, are no better.
    plane = [measured_stein_exponent(*P1, n, 0.05, basis=turn(x)) for x in fine(5000)]
    assert found - 1e-3 < max(plane) <= found + 1e-12
    rng = np.random.default_rng(n)
    every = [random_unitary(rng, 2) for _ in range(300)]
    assert max(measured_stein_exponent(*P1, n, 0.05, basis=u) for u in every) <= found + 1e-12


@settings(max_examples=10)  # a second each
@given(seeds)
def test_the_best_basis_is_found_wherever_the_plane_lies(seed):
    check_best_basis(seed)


@pytest.mark.long
@theorem
@given(seeds)
def test_the_best_basis_is_found_in_many_planes(seed):
    check_best_basis(seed)


def check_best_basis(seed):
    """Turning both states changes nothing; no random basis is better, no collective test worse."""
    rng = np.random.default_rng(seed)
    rho, sigma = (random_density_matrix(2, seed=rng) for _ in range(2))
    n, epsilon, u = 6, float(rng.uniform(0.05, 0.5)), random_unitary(rng, 2)
    if n * quantum.relative_entropy(rho, sigma) > 20:
        return
    found = best_measured_stein_exponent(rho, sigma, n, epsilon)
    turned = [u @ x @ u.conj().T for x in (rho, sigma)]
    # Each is a maximum over a grid of its own, refined: both miss the truth by little.
    assert best_measured_stein_exponent(*turned, n, epsilon) == pytest.approx(found, abs=1e-4)
    others = [random_unitary(rng, 2) for _ in range(20)]
    other = [measured_stein_exponent(rho, sigma, n, epsilon, basis=v) for v in others]
    assert max(other) <= found + 1e-4
    assert found <= stein_exponent(rho, sigma, n, epsilon) + 1e-9


def test_a_basis_that_excludes_the_model_is_the_best():
    """The data reach an outcome that the model does not: the error of the second kind is 0."""
    rho, sigma = np.diag([0.0, 1.0]), np.diag([1.0, 0.0])
    assert best_measured_stein_exponent(rho, sigma, 3, 0.1) == math.inf


def turn(angle):
    """Real basis in columns, turned by an angle of the Bloch sphere."""
    c, s = math.cos(angle / 2), math.sin(angle / 2)
    return np.array([[c, -s], [s, c]])


def fine(count):
    return np.arange(count) * math.pi / count


@theorem
@given(seeds)
def test_the_collective_exponent_is_that_of_all_of_the_space(seed):
    """Primal and dual of the semidefinite programme on the 2^4 dimensions, by matrices alone."""
    rng = np.random.default_rng(seed)
    rho, sigma = (random_density_matrix(2, seed=rng) for _ in range(2))
    n, epsilon = 4, float(rng.uniform(0.05, 0.5))
    if n * quantum.relative_entropy(rho, sigma) > 20:
        return
    beta = math.exp(-n * stein_exponent(rho, sigma, n, epsilon))
    big, small = strings(rho, n), strings(sigma, n)

    def dual(log_t):
        """Every t bounds β from below; concave in t, and so with one maximum in ln t."""
        values = np.linalg.eigvalsh(math.exp(log_t) * big - small)
        return math.exp(log_t) * (1 - epsilon) - values[values > 0].sum()

    grid = np.linspace(-20, 20, 81)
    start = grid[np.argmax([dual(x) for x in grid])]
    best = minimize_scalar(lambda x: -dual(x), bounds=(start - 0.5, start + 0.5), options=TIGHT)
    # The slopes at the kink are t(1 − ε) at most, 1e-9 to either side.
    assert dual(best.x) == pytest.approx(beta, rel=1e-6)


def test_blocks_hold_all_of_the_spectrum():
    """Both traces are 1, and powers of the states have the traces of n copies."""
    rho, sigma = (random_density_matrix(2, seed=seed) for seed in (1, 2))
    n = 9
    found, tiny = {}, 1e-12
    for which, x in ((0, rho), (1, sigma)):
        blocks = qubit_blocks(rho, sigma, n)
        found[which] = sum(np.trace(np.diag(b[1]) if which else b[0]) for b in blocks)
        assert found[which] == pytest.approx(np.trace(x).real, abs=tiny)
    # Tr (ρσ)^{⊗n} = (Tr ρσ)^n, multiplicities taken out of one of the two factors.
    total = 0.0
    for r, s in qubit_blocks(rho, sigma, n):
        pairs = (n - len(s) + 1) // 2
        copies = math.comb(n, pairs) * len(s) / (n - pairs + 1)
        total += np.sum(np.diag(r) * s) / copies
    assert total == pytest.approx(np.trace(rho @ sigma).real ** n, rel=tiny)


def test_commuting_states_need_no_collective_measurement():
    """Neyman and Pearson on binomials, from blocks and from type classes; and all strings."""
    p, q = np.array([0.8, 0.2]), np.array([0.4, 0.6])
    for n in (1, 5, 12):
        quantum_ = stein_exponent(np.diag(p), np.diag(q), n, 0.1)
        assert quantum_ == pytest.approx(
            measured_stein_exponent(np.diag(p), np.diag(q), n, 0.1), rel=1e-9
        )
        assert quantum_ == pytest.approx(-math.log(neyman_pearson(p, q, n, 0.1)) / n, rel=1e-9)


def neyman_pearson(p, q, n, epsilon):
    """β over all strings, one by one, by descending ratio."""
    pairs = sorted(zip(strings(q, n), strings(p, n), strict=True), key=lambda x: x[0] / x[1])
    left, beta = 1 - epsilon, 0.0
    for model, data in pairs:
        share = min(1.0, left / data)
        beta += share * model
        left -= share * data
        if left <= 0:
            break
    return beta


def test_measuring_early_loses_and_each_goes_to_its_divergence():
    """Collective beats copy by copy, which stays below its own limit D_M in the long run."""
    divergence, measured = quantum.relative_entropy(*P1), quantum.measured_relative_entropy(*P1)
    n = 20_000
    found = measured_stein_exponent(*P1, n, 0.05)
    # Strassen: D_M + √(V/n)Φ⁻¹(ε) + (ln n)/2n, up to a few 1/n.
    turned = binary_laws(*P1)
    spread = float(classical.relative_entropy_variance(*turned))
    expansion = measured - 1.6448536269514722 * math.sqrt(spread / n) + math.log(n) / (2 * n)
    assert found == pytest.approx(expansion, abs=5 / n)
    for n in (1, 8, 40):
        assert measured_stein_exponent(*P1, n, 0.05) <= stein_exponent(*P1, n, 0.05) + 1e-9
    assert stein_exponent(*P1, 50, 0.05) < divergence


def binary_laws(rho, sigma):
    """Outcomes of the best measurement, found by brute force over the plane of both states."""
    angles = np.linspace(0, math.pi, 2001)
    kets = np.stack([np.cos(angles / 2), np.sin(angles / 2)], axis=1)
    p, q = (np.einsum("ai,ij,aj->a", kets, x, kets).real for x in (rho, sigma))
    best = np.argmax(
        [classical.relative_entropy([a, 1 - a], [b, 1 - b]) for a, b in zip(p, q, strict=True)]
    )
    return [p[best], 1 - p[best]], [q[best], 1 - q[best]]


def test_a_test_that_never_errs_has_an_infinite_exponent():
    sure = measured_stein_exponent(np.diag([1.0, 0.0]), np.diag([0.0, 1.0]), 3, 0.1)
    assert sure == math.inf


@pytest.mark.parametrize("best", [False, True], ids=["the model's basis", "the best basis"])
@pytest.mark.parametrize("seed", range(40))
def test_an_outcome_that_the_model_never_has_is_one_in_any_basis(seed, best):
    """σ = |u⟩⟨u| never gives u⊥; data that give it more often than ε are never taken for σ.

    Rounding leaves ⟨u⊥|σ|u⊥⟩ at ±1e-17 in most bases, which would be a finite exponent.
    """
    rng = np.random.default_rng(seed)
    u, v = (random_unitary(rng, 2) for _ in range(2))
    sigma = np.outer(u[:, 0], u[:, 0].conj())
    # ⟨u⊥|ρ|u⊥⟩ ≥ 0.4, the least eigenvalue: of 50 copies none gives u⊥ in 0.6⁵⁰ of all cases.
    rho = (v * [0.6, 0.4]) @ v.conj().T
    basis = None if best else u
    assert measured_stein_exponent(rho, sigma, 50, 0.05, basis=basis) == math.inf


def test_an_outcome_that_is_written_counts_however_rare():
    """(1 − q, q) with q = 1e-300, which no rounding has made: of one copy β = q/2 at ε = ½."""
    q = 1e-300
    found = measured_stein_exponent(np.diag([0.0, 1.0]), np.diag([1.0 - q, q]), 1, 0.5)
    assert found == pytest.approx(-math.log(q / 2), rel=4e-16)


@pytest.mark.parametrize("epsilon", [1e-6, 0.05, 0.5, 1 - 1e-6])
@pytest.mark.parametrize("n", [1, 7, 40, 200])
def test_copy_by_copy_it_is_the_sum_over_all_classes(n, epsilon):
    """Class by class, in fifty digits, from the most telling one on, and of the last a part."""
    p, q = (0.75, 0.25), (0.125, 0.875)
    with mpmath.workdps(50):
        left, beta = 1 - mpmath.mpf(epsilon), mpmath.mpf(0)
        for k in range(n, -1, -1):
            weight = mpmath.binomial(n, k) * mpmath.mpf(p[0]) ** k * mpmath.mpf(p[1]) ** (n - k)
            taken = min(weight, left)
            left -= taken
            beta += taken * (q[0] / mpmath.mpf(p[0])) ** k * (q[1] / mpmath.mpf(p[1])) ** (n - k)
        exact = float(-mpmath.log(beta) / n)
    for first, second in ((0, 1), (1, 0)):
        rho, sigma = (np.diag([x[first], x[second]]) for x in (p, q))
        found = measured_stein_exponent(rho, sigma, n, epsilon, basis=np.eye(2))
        assert found == pytest.approx(exact, rel=1e-12)


def test_ten_million_copies_need_no_list_of_classes():
    """The expansion's error is O(1/n); with every class in an array these took gigabytes."""
    rho, sigma = np.diag([0.75, 0.25]), np.diag([0.125, 0.875])
    tracemalloc.start()
    found = best_measured_stein_exponent(rho, sigma, 10_000_000, 0.05)
    memory = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    with_logarithm = second_order_exponent(rho, sigma, 10_000_000, 0.05, third_order=True)
    assert abs(found - with_logarithm) < 1e-6
    assert memory < 50e6
