"""Codes keep what they promise, the wrong one costs the cross entropy, and tests reach Stein."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given
from scipy.optimize import minimize_scalar
from strategies import random_unitary, seeds, theorem

from qce import classical, quantum
from qce.coding import (
    Source,
    code_dimension,
    fixed_length_success,
    mean_length,
    measured_stein_exponent,
    second_order_exponent,
    stein_exponent,
    success_probability,
    typical_overlap,
)
from qce.coding._schur import qubit_blocks
from qce.coding._types import type_classes
from qce.states import random_density_matrix

EPS = np.finfo(float).eps
TIGHT = {"xatol": 1e-9}


def bloch(x, y, z):
    return np.array([[1 + z, x - 1j * y], [x + 1j * y, 1 - z]]) / 2


# The pair of the reference run: data on the axis, model of length 0.6 tilted by half a radian.
RHO = bloch(0, 0, 0.9)
SIGMA = bloch(0.6 * math.sin(0.5), 0, 0.6 * math.cos(0.5))
WRONG = Source.schumacher(RHO, SIGMA)
P1 = bloch(0, 0, 0.9), bloch(0.5, 0, 0)


def strings(x, n):
    """The n-fold product of a matrix or of a vector."""
    out = np.asarray(x)
    for _ in range(n - 1):
        out = np.kron(out, x)
    return out


# --- the reference run ---------------------------------------------------------------------------


def test_the_rates_of_the_reference_run():
    """Given with six digits of bits."""
    found = [WRONG.entropy, WRONG.cross_entropy, WRONG.letter_entropy, WRONG.model_entropy]
    assert found == pytest.approx([0.286397, 0.532104, 0.484919, 0.721928], abs=5e-7)
    assert WRONG.variance == pytest.approx(0.376178, abs=5e-7)
    assert WRONG.cross_entropy - WRONG.entropy == pytest.approx(0.245707, abs=1e-6)


@pytest.mark.parametrize(
    "n, below, at, above",
    [
        (100, 0.2645, 0.5162, 0.8364),
        (400, 0.0560, 0.5387, 0.9526),
        (1000, 0.0044, 0.5224, 0.9946),
        (4000, 0.0000, 0.5058, 1.0000),
    ],
)
def test_success_is_a_step_at_the_cross_entropy(n, below, at, above):
    """Given with four digits."""
    rates = WRONG.cross_entropy + np.array([-0.05, 0.0, 0.05])
    assert success_probability(WRONG, n, rates) == pytest.approx([below, at, above], abs=5.1e-5)


@pytest.mark.parametrize("n, bits", [(1, 1.210176), (2, 0.710176), (8, 0.585176), (64, 0.538301)])
def test_the_mean_length_of_the_reference_run(n, bits):
    assert mean_length(WRONG, n) == pytest.approx(bits, abs=5.1e-7)


@pytest.mark.parametrize(
    # With q = 1/5 the band ends at k/n = 1/5 ± 1/20. Of 20 letters the classes k = 3 and 5 are on
    # its two edges, and both belong to it: 0.337942. The table has 0.3004, which is k = 3 and 4
    # alone: there rounding had left one edge out.
    "n, overlap",
    [(20, 0.3379), (100, 0.1004), (400, 3.27e-3), (1000, 6.8e-6)],
)
def test_the_typical_subspace_of_the_wrong_state_loses_the_data(n, overlap):
    """Given with three or four digits; the right state's keeps them."""
    assert typical_overlap(WRONG, n, 0.1) == pytest.approx(overlap, rel=2e-3)
    right = Source.schumacher(SIGMA)
    # Chebyshev: at most V/(nδ²) of the data lies outside.
    assert typical_overlap(right, n, 0.1) >= 1 - right.variance / (n * 0.1**2)


# --- against every string ------------------------------------------------------------------------


@theorem
@given(seeds)
def test_a_quantum_code_is_what_its_operators_say(seed):
    """Length observable and projectors on all 3^4 dimensions, from matrices alone."""
    rng = np.random.default_rng(seed)
    n, d = 4, 3
    rho, sigma = (random_density_matrix(d, seed=rng) for _ in range(2))
    source = Source.schumacher(rho, sigma)
    q, v = np.linalg.eigh(sigma)
    words = strings(v, n)
    weight = np.einsum("ij,ik,kj->j", words.conj(), strings(rho, n), words).real
    lengths = -np.log2(strings(q, n))
    assert mean_length(source, n) == pytest.approx(weight @ np.ceil(lengths) / n, abs=1e-11)
    assert weight @ lengths / n == pytest.approx(source.cross_entropy, abs=1e-11)
    # Between two lengths, where rounding cannot decide.
    ladder = np.sort(lengths)
    gaps = np.flatnonzero(np.diff(ladder) > 1e-6)
    cut = gaps[len(gaps) // 2]
    rate = (ladder[cut] + ladder[cut + 1]) / (2 * n)
    kept = lengths <= n * rate
    assert success_probability(source, n, rate) == pytest.approx(weight[kept].sum(), abs=1e-12)
    assert code_dimension(source, n, rate) == pytest.approx(math.log2(kept.sum()) / n, abs=1e-12)
    band = np.abs(lengths / n - source.model_entropy) <= 0.3
    assert typical_overlap(source, n, 0.3) == pytest.approx(weight[band].sum(), abs=1e-12)


@theorem
@given(seeds)
def test_fixed_length_takes_the_strings_that_the_model_likes_best(seed):
    """Whole classes exactly; a class that fits in part, in proportion."""
    rng = np.random.default_rng(seed)
    p, q = rng.dirichlet([1, 1, 1], size=2)
    n = 5
    source = Source.shannon(p, q)
    order = np.argsort(-strings(q, n), kind="stable")
    weight, likelihood = strings(p, n)[order], strings(q, n)[order]
    ends = np.flatnonzero(np.r_[np.diff(likelihood) < -1e-12 * likelihood[:-1], True])
    for end in ends[:: max(1, len(ends) // 7)]:
        rate = math.log2(end + 1) / n
        # A count of strings from its logarithm is off by ε·nR, of which one class takes its share.
        assert fixed_length_success(source, n, rate) == pytest.approx(
            weight[: end + 1].sum(), abs=1e-11
        )
    first = ends[0] + 1  # strings of the likeliest class
    half = fixed_length_success(source, n, math.log2(first / 2) / n)
    assert half == pytest.approx(weight[:first].sum() / 2, abs=1e-12)


def test_thousands_of_letters_are_summed_to_rounding():
    """Against binomials of 50 digits. ln 4000! ≈ 3e4 carries ε, and so do the probabilities."""
    n, rates = 4000, WRONG.cross_entropy + np.array([-0.02, 0.0, 0.01])
    with mpmath.workdps(50):
        a, q = ([mpmath.mpf(float(x)) for x in v] for v in (WRONG.law, WRONG.model))
        bits = [-mpmath.log(x, 2) for x in q]
        exact = [mpmath.mpf(0)] * 3
        for k in range(n + 1):
            length = k * bits[0] + (n - k) * bits[1]
            weight = mpmath.binomial(n, k) * a[0] ** k * a[1] ** (n - k)
            for i, rate in enumerate(rates):
                exact[i] += weight if length <= n * mpmath.mpf(float(rate)) else 0
    limit = 4 * EPS * n * math.log(n)
    assert success_probability(WRONG, n, rates) == pytest.approx(
        [float(x) for x in exact], rel=limit
    )
    total = type_classes(WRONG, n).probability.sum()
    assert total == pytest.approx(1, abs=limit)


# --- theorems ------------------------------------------------------------------------------------


@theorem
@given(seeds)
def test_rates_are_in_order_and_lengths_are_within_a_bit(seed):
    rng = np.random.default_rng(seed)
    d, n = int(rng.integers(2, 5)), int(rng.integers(1, 9))
    rho = random_density_matrix(d, rank=int(rng.integers(1, d + 1)), seed=rng)
    source = Source.schumacher(rho, random_density_matrix(d, seed=rng))
    slack = 64 * EPS * d * (1 + source.cross_entropy)
    assert source.entropy <= source.letter_entropy + slack
    assert source.letter_entropy <= source.cross_entropy + slack
    mean = mean_length(source, n)
    assert source.cross_entropy - slack <= mean < source.cross_entropy + 1 / n + slack


@theorem
@given(seeds)
def test_the_lengths_fulfil_krafts_inequality(seed):
    q = np.random.default_rng(seed).dirichlet(np.ones(3))
    classes = type_classes(Source.shannon(q), 6)
    lengths = np.ceil(classes.lengths - classes.slack)
    assert np.sum(np.exp(classes.log_size) * 2.0**-lengths) <= 1 + 1e-12


@theorem
@given(seeds)
def test_the_right_code_is_the_best_and_commuting_states_are_classical(seed):
    rng = np.random.default_rng(seed)
    p, q = rng.dirichlet([1, 1], size=2)
    quantum_, classical_ = Source.schumacher(np.diag(p), np.diag(q)), Source.shannon(p, q)
    rates = np.linspace(0.05, 1, 7)
    limit = 4 * EPS * 30 * math.log(30) + 1e-13
    for n in (1, 30):
        wrong = fixed_length_success(classical_, n, rates)
        assert fixed_length_success(quantum_, n, rates) == pytest.approx(wrong, abs=limit)
        assert mean_length(quantum_, n) == pytest.approx(mean_length(classical_, n), abs=1e-12)
        assert (wrong <= fixed_length_success(Source.shannon(p), n, rates) + limit).all()


def test_the_right_fixed_length_code_steps_at_the_entropy():
    right = Source.schumacher(RHO)
    for n, margin in ((1000, 0.1), (4000, 0.05)):
        low, high = fixed_length_success(right, n, right.entropy + np.array([-margin, margin]))
        # Chebyshev on −log p, the n-th root of the number of classes for the order within them.
        outside = right.variance / (n * (margin - math.log2(n + 1) / n) ** 2)
        assert low <= outside and high >= 1 - outside


def test_the_cross_entropy_is_the_rate_of_words_and_not_of_subspaces():
    """At R = S(ρ, σ) the space has H(a), below the rate: to the order (log n)/n."""
    n = 4000
    found = code_dimension(WRONG, n, WRONG.cross_entropy)
    assert abs(found - WRONG.letter_entropy) < 2 * math.log2(n) / n
    assert found < WRONG.cross_entropy - 0.04


def test_letters_that_the_code_treats_alike_are_one():
    """Uniform model on 6 letters: one class, whatever the law."""
    p = np.random.default_rng(5).dirichlet(np.ones(6))
    source = Source.shannon(p, np.full(6, 1 / 6))
    assert len(type_classes(source, 1000).lengths) == 1
    assert mean_length(source, 1) == 3
    assert success_probability(source, 50, math.log2(6)) == pytest.approx(1, abs=1e-13)


def test_what_the_model_excludes_is_never_kept():
    source = Source.shannon([0.5, 0.25, 0.25], [0.5, 0.5, 0.0])
    assert source.cross_entropy == math.inf and mean_length(source, 3) == math.inf
    assert success_probability(source, 3, 50.0) == pytest.approx(0.75**3, abs=1e-15)
    assert mean_length(Source.shannon([0.5, 0.5, 0.0], [0.5, 0.5, 0.0]), 3) == 1


def test_a_length_that_is_whole_is_not_rounded_up():
    """Dyadic models, for which every −log₂ q is an integer."""
    assert mean_length(Source.shannon([0.5, 0.25, 0.125, 0.125]), 7) == pytest.approx(
        1.75, abs=1e-14
    )
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    sigma = turn @ np.diag([0.5, 0.5]) @ turn.T
    assert mean_length(Source.schumacher(RHO, sigma), 5) == pytest.approx(1, abs=1e-14)


# --- hypothesis testing --------------------------------------------------------------------------


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
    assert second_order_exponent(*P1, n, 0.05) == pytest.approx(second, abs=5.1e-6)
    assert measured_stein_exponent(*P1, n, 0.05) == pytest.approx(measured, abs=5.1e-6)


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


# --- refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: Source.shannon([0.5, 0.6]), "`data` must sum to 1"),
        (lambda: Source.shannon([0.5, 0.5], [1.0]), "must have the same dimension"),
        (lambda: Source.shannon([[0.5, 0.5]]), "`data` must be one source"),
        (lambda: Source.schumacher(np.eye(2)), "`data` must have trace 1"),
        (lambda: mean_length(WRONG, 0), "`n` must be an integer >= 1"),
        (lambda: mean_length(WRONG, 2.0), "`n` must be an integer >= 1"),
        (lambda: success_probability(WRONG, 3, math.nan), "`rate` must be finite"),
        (lambda: typical_overlap(WRONG, 3, 0.0), "`delta` must be positive"),
        (
            lambda: mean_length(Source.shannon([0.4, 0.3, 0.2, 0.1]), 4000),
            r"at most 1e\+07 type classes, but 4 different letters make 1.07e\+10 \(955 GiB\)",
        ),
        (lambda: stein_exponent(np.eye(4) / 4, np.eye(4) / 4, 2, 0.1), r"`data` must have shape"),
        (lambda: stein_exponent(*P1, 8, 1.0), "`epsilon` must lie between 0 and 1"),
        (lambda: stein_exponent(*P1, 0, 0.1), "`n` must be an integer >= 1"),
        (lambda: stein_exponent(*P1, 55, 0.1), "`n` must be at most 54 for these states"),
        (
            lambda: stein_exponent(P1[0], np.diag([1.0, 0.0]), 2, 0.1),
            "`model` must contain the data in its support",
        ),
        (
            lambda: measured_stein_exponent(*P1, 2, 0.1, basis=np.ones((2, 2))),
            "`basis` must be unitary",
        ),
    ],
)
def test_what_cannot_be_done_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
