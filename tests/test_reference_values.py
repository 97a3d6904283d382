"""Values that follow from a formula nobody tunes to, beyond those in the tests of each module.

Oscillators on truncated spaces, with the error of the truncation; partition functions; what
measuring costs; qubits and their metrics. Random bases, seeds stated.
"""

import math
from functools import partial

import numpy as np
import pytest
from oracles import BACKWARD, EPS, cross_limit, entropy_limit
from strategies import random_unitary

from qce import classical, quantum
from qce.states import Diagonal, Thermal

petz, sandwiched = quantum.petz_renyi_divergence, quantum.sandwiched_renyi_divergence

# --- oscillators -------------------------------------------------------------------------------

MEANS = [(1, 2), (0.5, 3), (2, 0.5), (0.5, 0.05)]
ORDERS = {
    **{f"petz {a}": (a, partial(petz, alpha=a)) for a in (0.3, 0.5, 0.99, 1.3, 2)},
    **{f"sandwiched {a}": (a, partial(sandwiched, alpha=a)) for a in (0.5, 0.8, 1.3, 2, 5)},
    "fidelity": (0.5, lambda r, s: -np.log(quantum.fidelity(r, s))),
}
RELATIVE = {
    "umegaki": quantum.relative_entropy,
    "measured": quantum.measured_relative_entropy,
    "belavkin staszewski": quantum.belavkin_staszewski_relative_entropy,
}


def ratio(mean):
    """Boltzmann factor x of a mean photon number n̄ on infinitely many levels."""
    return mean / (mean + 1)


def levels(x, count):
    """Occupations x^k of so many levels, normalised."""
    return x ** np.arange(count) * (1 - x) / (1 - x**count)


def renyi(x, y, alpha, count):
    """D_α of two thermal states on so many levels: three geometric series."""
    r = x**alpha * y ** (1 - alpha)
    if r > 1:  # without end the series diverges
        series = count * math.log(r) + math.log1p(-(r**-count)) - math.log(r - 1)
    else:
        series = math.log((1 - r**count) / (1 - r))
    norms = alpha * math.log((1 - x) / (1 - x**count))
    norms += (1 - alpha) * math.log((1 - y) / (1 - y**count))
    return (norms + series) / (alpha - 1)


def mean(x, count):
    """Mean number on so many levels."""
    return x / (1 - x) - (count * x**count / (1 - x**count) if count < math.inf else 0.0)


def relative(x, y, count):
    """D = n̄ ln(x/y) + ln of the ratio of the partition functions."""
    partition = math.log((1 - x) / (1 - x**count)) - math.log((1 - y) / (1 - y**count))
    return mean(x, count) * math.log(x / y) + partition


@pytest.mark.parametrize("means", MEANS[:3], ids=str)
@pytest.mark.parametrize("name", [*ORDERS, *RELATIVE])
def test_oscillators_of_six_levels_in_a_random_basis_have_the_sum_of_three_series(name, means):
    """Eigenvalues are 1e-3 and more: a value moves by at most 1/q times the rounding 4·ε·d."""
    x, y = map(ratio, means)
    u = random_unitary(np.random.default_rng(6), 6)
    rho, sigma = ((u * levels(z, 6)) @ u.conj().T for z in (x, y))
    alpha, function = ORDERS.get(name, (1.0, RELATIVE.get(name)))
    expected = renyi(x, y, alpha, 6) if name in ORDERS else relative(x, y, 6)
    condition = 1 / levels(y, 6).min() + 1 / levels(x, 6).min()
    steepness = (levels(x, 6) / levels(y, 6)).max() ** max(alpha - 1, 0)
    assert abs(function(rho, sigma) - expected) <= BACKWARD * EPS * 6 * condition * steepness


@pytest.mark.parametrize("means", MEANS, ids=str)
@pytest.mark.parametrize("name", [*ORDERS, "umegaki", "belavkin staszewski"])
def test_oscillators_cut_at_a_level_differ_from_the_whole_by_the_tails(name, means):
    """Written diagonal, nothing is rounded away: the only error is the one of the cut.

    ΔD_α = (α ln(1−x^N) + (1−α) ln(1−y^N) − ln(1−r^N))/(α−1), r = x^α y^{1−α}; and
    ΔD = N x^N/(1−x^N) ln(x/y) + ln((1−x^N)/(1−y^N)). N = 64 shows them, N = 150 has none left.
    """
    x, y = map(ratio, means)
    for count in (64, 150):
        rho, sigma = np.diag(levels(x, count)), np.diag(levels(y, count))
        if name in ORDERS:
            alpha, function = ORDERS[name]
            whole = renyi(x, y, alpha, math.inf)
            if whole == math.inf:  # and the cut says how far it got
                whole, cut = renyi(x, y, alpha, count), 0.0
            else:
                logs = alpha * math.log1p(-(x**count)) + (1 - alpha) * math.log1p(-(y**count))
                r = x**alpha * y ** (1 - alpha)
                cut = abs(logs - math.log1p(-(r**count))) / abs(alpha - 1)
        else:
            alpha, function, whole = 2.0, RELATIVE[name], relative(x, y, math.inf)
            rest = count * x**count / (1 - x**count) * abs(math.log(x / y))
            cut = rest + abs(math.log1p(-(x**count)) - math.log1p(-(y**count)))
        # N terms with logs of up to N ln(1/y), and division by α − 1.
        room = 8 * EPS * (1 + abs(whole) + count * -math.log(y)) / min(1, abs(alpha - 1))
        assert abs(function(rho, sigma) - whole) <= cut + room


@pytest.mark.parametrize("levels_kept", [24, 32, 64, 150])
def test_measured_oscillators(levels_kept):
    """n̄ = 0.5 against 0.05: D_M = D = 0.6163, with outcomes down to 1e-200 as they are written."""
    x, y = map(ratio, MEANS[3])
    rho, sigma = (np.diag(levels(z, levels_kept)) for z in (x, y))
    expected = relative(x, y, levels_kept)
    room = 8 * EPS * (1 + expected + levels_kept * math.log(x / y))  # logs of up to N ln(x/y)
    assert abs(quantum.measured_relative_entropy(rho, sigma) - expected) <= room


@pytest.mark.parametrize("means", MEANS[:3], ids=str)
def test_the_spread_of_oscillators_is_the_one_of_their_number(means):
    """V = n̄(n̄+1) ln²(x/y) and V_CE = n̄(n̄+1) ln² y; a cut at N = 150 leaves N² x^N < 1e-21."""
    x, y = map(ratio, means)
    rho, sigma = (np.diag(levels(z, 150)) for z in (x, y))
    spread = means[0] * (means[0] + 1)
    for value, slope in (
        (quantum.relative_entropy_variance(rho, sigma), math.log(x / y)),
        (quantum.cross_entropy_variance(rho, sigma), math.log(y)),
    ):
        assert value == pytest.approx(spread * slope**2, rel=150 * EPS, abs=0)


# --- partition functions -----------------------------------------------------------------------


def ising(sites, coupling, field, *, periodic):
    """Return −JΣZZ − hΣX as a matrix, made from the spins of each basis state."""
    index = np.arange(2**sites)
    spins = 1 - 2 * ((index[:, None] >> np.arange(sites)) & 1)
    bonds = spins * np.roll(spins, 1, axis=1)
    h = np.diag(-coupling * bonds[:, 0 if periodic else 1 :].sum(axis=1)).astype(float)
    for site in range(sites):
        h[index, index ^ (1 << site)] -= field
    return h


LOG_Z = {  # n = 8: (J, h, β), open chain, ring
    (1, 0.5, 1): (9.209650802018, 9.684319868945),
    (1, 1, 0.7): (8.602756265628, 8.791167872352),
    (0.8, 1.6, 1.3): (17.779258054278, 17.934180693918),
}


@pytest.mark.parametrize("parameters", LOG_Z, ids=str)
@pytest.mark.parametrize("periodic", [False, True])
def test_the_flat_state_costs_the_partition_function(parameters, periodic):
    """Tr H = 0, so that S(I/d, σ) = ln Z: by the factorised state, and by a matrix that can."""
    coupling, field, beta = parameters
    h = ising(8, coupling, field, periodic=periodic)
    model, flat = Thermal(h, beta), np.full(256, 1 / 256)
    expected = LOG_Z[parameters][periodic]
    printed = 1e-12
    assert abs(quantum.cross_entropy(Diagonal(flat), model) - expected) <= printed
    energies, basis = np.linalg.eigh(h)
    q = np.exp(-beta * (energies - energies[0]))
    q = q / q.sum()
    dense = quantum.cross_entropy(np.diag(flat), model.dense())
    if q.min() <= BACKWARD * EPS * 256 * q.max():  # a matrix of floats does not know it from 0
        assert dense == np.inf
    else:
        assert abs(dense - expected) <= printed + cross_limit((flat, np.eye(256)), (q, basis))


# --- what measuring costs ----------------------------------------------------------------------


def bloch(r):
    x, y, z = r
    return np.array([[1 + z, x - 1j * y], [x + 1j * y, 1 - z]]) / 2


def direction(rng):
    v = rng.normal(size=3)
    return v / np.linalg.norm(v)


def test_reference_pair_one_loses_its_gap_by_measuring():
    """QCE − NLL = 0.143841036225890 for σ along x, measured along z."""
    rho, sigma = bloch((0, 0, 0.9)), bloch((0.5, 0, 0))
    likelihood = classical.cross_entropy(np.diag(rho).real, np.diag(sigma).real)
    assert abs(likelihood - math.log(2)) <= 4 * EPS
    gap = quantum.cross_entropy(rho, sigma) - likelihood
    assert abs(gap - 0.143841036225890) <= 1e-15 + 8 * EPS


@pytest.mark.parametrize("seed", range(5))
def test_the_gap_of_a_qubit_measured_along_z_has_its_closed_form(seed):
    """Σ p_± [ln((1 ± a cos θ)/2) − ½ ln((1−a²)/4) ∓ cos θ artanh a]."""
    rng = np.random.default_rng(seed)
    r, a, axis = rng.uniform(-0.95, 0.95), rng.uniform(0.1, 0.95), direction(rng)
    rho, sigma, cosine = bloch((0, 0, r)), bloch(a * axis), axis[2]
    expected = sum(
        (1 + sign * r) / 2 * (
            math.log((1 + sign * a * cosine) / 2)
            - math.log((1 - a**2) / 4) / 2
            - sign * cosine * math.atanh(a)
        )
        for sign in (1, -1)
    )  # fmt: skip
    likelihood = classical.cross_entropy(np.diag(rho).real, np.diag(sigma).real)
    gap = quantum.cross_entropy(rho, sigma) - likelihood
    # Least eigenvalue (1 − a)/2 ≥ 1/40: logs of at most 4, known to 40 × 4·ε·d.
    assert abs(gap - expected) <= 40 * BACKWARD * EPS * 2 and gap >= 0


@pytest.mark.parametrize("seed", range(5))
def test_the_spread_of_the_cross_entropy_of_a_qubit(seed):
    """V_CE = artanh² a (1 − (r·ŝ)²)."""
    rng = np.random.default_rng(seed)
    r, axis, a = direction(rng) * rng.uniform(0, 0.95), direction(rng), rng.uniform(0.1, 0.95)
    expected = math.atanh(a) ** 2 * (1 - (r @ axis) ** 2)
    value = quantum.cross_entropy_variance(bloch(r), bloch(a * axis))
    assert abs(value - expected) <= 40 * BACKWARD * EPS * 2 * 4


@pytest.mark.parametrize(
    ("d", "floor"), [(2, 0.636514168294813), (4, 1.332179), (8, 2.043192), (16, 2.751667)]
)
def test_the_floor_of_data_measured_by_a_two_design(d, floor):
    """ρ_emp = (ψ + I)/(d + 1) costs at least S(ρ_emp) = ln(d+1) − 2 ln 2/(d+1) > S(ψ) = 0."""
    u = random_unitary(np.random.default_rng(d), d)
    psi = np.outer(u[:, 0], u[:, 0].conj())
    empirical = (psi + np.eye(d)) / (d + 1)
    formula = math.log(d + 1) - 2 * math.log(2) / (d + 1)
    assert abs(formula - floor) <= (1e-15 if d == 2 else 5e-7)  # the digits that are given
    p = np.full(d, 1 / (d + 1))
    p[0] *= 2
    limit = entropy_limit((p, u))
    assert abs(quantum.entropy(empirical) - formula) <= limit
    assert quantum.cross_entropy(empirical, 0.9 * psi + 0.1 * np.eye(d) / d) > formula + 0.01


# --- metrics -----------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [0.2, 0.6, 0.9])
def test_close_qubits_are_as_far_as_their_metrics_say(length):
    """D → ½ g_BKM δ² and B² → ¼ g_SLD δ²: radial 1/(1−a²) both, tangential artanh(a)/a and 1.

    At δ = 1e-6 the next order is δ·a/(1−a²) of that, and the input says δ to ε/δ.
    """
    delta = 1e-6
    sigma = bloch((0, 0, length))
    room = 4 * delta / (1 - length**2) + 8 * EPS / delta
    radial = 1 / (1 - length**2)
    for step, bkm, sld in (
        ((0, 0, length + delta), radial, radial),
        ((delta, 0, length), math.atanh(length) / length, 1.0),
    ):
        rho = bloch(step)
        relative_entropy = quantum.relative_entropy(rho, sigma)
        assert relative_entropy == pytest.approx(bkm * delta**2 / 2, rel=room, abs=0)
        squared = quantum.bures_distance(rho, sigma) ** 2
        assert squared == pytest.approx(sld * delta**2 / 4, rel=room, abs=0)
