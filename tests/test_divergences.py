"""Known values and theorems of the divergences, on random states of every kind.

Slacks: a value moves by no more than the trace norm of its gradients times the rounding of its
input, 4·ε·d in operator norm (`slack`); gradients are those of `qce`, which
`test_divergence_gradients` holds to sixty digits.
"""

import math
import warnings

import autograd
import divergence_oracles as truth
import numpy as np
import oracles
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from oracles import BACKWARD, EPS, state
from strategies import (
    full_pairs,
    random_unitary,
    seeds,
    spectra,
    stacks,
    states,
    supported_pairs,
    theorem,
)

from qce import classical, quantum
from qce.quantum import petz_renyi_divergence as petz
from qce.quantum import sandwiched_renyi_divergence as sandwiched

DIVERGENCES = {
    "petz 0.3": lambda r, s, **k: petz(r, s, 0.3, **k),
    "petz 1.5": lambda r, s, **k: petz(r, s, 1.5, **k),
    "petz 2": lambda r, s, **k: petz(r, s, 2, **k),
    "sandwiched 0.5": lambda r, s, **k: sandwiched(r, s, 0.5, **k),
    "sandwiched 0.8": lambda r, s, **k: sandwiched(r, s, 0.8, **k),
    "sandwiched 2": lambda r, s, **k: sandwiched(r, s, 2, **k),
    "sandwiched 4": lambda r, s, **k: sandwiched(r, s, 4, **k),
    "max": quantum.max_relative_entropy,
    "min": quantum.min_relative_entropy,
    "belavkin": quantum.belavkin_staszewski_relative_entropy,
    "measured": quantum.measured_relative_entropy,
    "jensen shannon": quantum.jensen_shannon_divergence,
    "chernoff": quantum.chernoff,
    "bures": quantum.bures_distance,
    "trace distance": quantum.trace_distance,
}
every_divergence = pytest.mark.parametrize("name", DIVERGENCES)
ADDITIVE = [
    n for n in DIVERGENCES if n.split()[0] in ("petz", "sandwiched", "max", "min", "belavkin")
]
# Away from tiny eigenvalues, where rounding of dense input alone moves a value by percents.
MILD = ("generic", "degenerate", "flat")


def slack(function, *matrices, eps=EPS):
    """Return what the rounding of the input explains, to first order."""
    d = matrices[0].shape[-1]
    total = 1.0
    for k in range(len(matrices)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # autograd speaks up where a gradient is 0
            slope = autograd.grad(lambda *x: function(*x, check=False), k)(
                *(m.astype(complex) for m in matrices)
            )
        total += np.linalg.norm(slope, "nuc")
    return BACKWARD * eps * d * total


# --- known values ------------------------------------------------------------------------------

Z, X = np.diag([1.0, -1.0]), np.array([[0.0, 1.0], [1.0, 0.0]])


def bloch(x, z):
    return (np.eye(2) + x * X + z * Z) / 2


P1, P3 = (bloch(0, 0.9), bloch(0.5, 0)), (bloch(0, 0.3), bloch(0, 0.7))
# theory.md §1.4
TABLE = {
    "fidelity": (quantum.fidelity, 0.688745860881769, 0.945624426605022),
    "trace distance": (quantum.trace_distance, 0.51478150704935, 0.2),
    "petz ½": (lambda r, s: petz(r, s, 0.5), 0.400698852309584, 0.0559098008058372),
    "sandwiched ½": (lambda r, s: sandwiched(r, s, 0.5), 0.372882928142118, 0.0559098008058372),
    "petz 2": (lambda r, s: petz(r, s, 2), 0.881008917729515, 0.272866986666640),
    "sandwiched 2": (lambda r, s: sandwiched(r, s, 2), 0.819180872162021, 0.272866986666640),
    "max": (quantum.max_relative_entropy, 0.943134114191687, 0.847297860387204),
    "belavkin": (
        quantum.belavkin_staszewski_relative_entropy,
        0.738966857386653,
        0.122182659848980,
    ),
    "measured": (quantum.measured_relative_entropy, 0.583926035523780, 0.122182659848980),
    "variance": (quantum.relative_entropy_variance, 0.713548983049794, 0.283118798335471),
    "cross variance": (quantum.cross_entropy_variance, 0.301737240203145, 0.684511286857929),
    "chernoff": (quantum.chernoff, 0.202769990670961, 0.0280198934258822),
}


@pytest.mark.parametrize("name", TABLE)
@pytest.mark.parametrize("seed", [None, 0, 1])
def test_reference_pairs_have_the_values_of_the_theory(name, seed):
    """15 digits of the table, and 4·ε·d for a random basis; gradients here are below 10."""
    function, first, third = TABLE[name]
    u = np.eye(2) if seed is None else random_unitary(np.random.default_rng(seed), 2)
    for pair, expected in ((P1, first), (P3, third)):
        value = function(*(u @ x @ u.conj().T for x in pair))
        assert abs(value - expected) <= 1e-15 + 10 * BACKWARD * EPS * 2


def test_the_best_exponent_of_chernoff_is_the_one_of_the_theory():
    assert abs(quantum.chernoff_exponent(*P1) - 0.446326) <= 5e-7


def test_depolarised_pure_states_have_the_divergences_of_their_two_eigenvalues():
    """theory.md §6.3: ψ against pψ + (1−p)I/d commutes, and every D is −log A."""
    for d, p in ((4, 0.8), (8, 0.5), (16, 0.3)):
        u = random_unitary(np.random.default_rng(d), d)
        psi = np.outer(u[:, 0], u[:, 0].conj())
        sigma = p * psi + (1 - p) * np.eye(d) / d
        expected = -math.log(p + (1 - p) / d)
        for name in ("petz 0.3", "petz 2", "sandwiched 0.5", "sandwiched 4", "max", "belavkin"):
            assert abs(DIVERGENCES[name](psi, sigma) - expected) <= 1e-13, name


WITNESSES = {
    "petz 0.3": lambda r, s: truth.petz(0.3, r, s),
    "petz 2": lambda r, s: truth.petz(2, r, s),
    "sandwiched 0.5": lambda r, s: truth.sandwiched(0.5, r, s),
    "sandwiched 2": lambda r, s: truth.sandwiched(2, r, s),
    "max": truth.max_relative_entropy,
    "belavkin": truth.belavkin_staszewski,
    "jensen shannon": truth.jensen_shannon,
    "chernoff": truth.chernoff,
    "bures": truth.bures_distance,
}


@pytest.mark.parametrize("distance", [1e-3, 1e-6])
@pytest.mark.parametrize("name", WITNESSES)
def test_values_of_close_states_are_relatively_accurate(name, distance):
    """The input says ρ − σ to ε/distance, and so a value; a difference of logs is off by 1."""
    rho = state((0.4, 0.3, 0.2, 0.1), 11)
    noise = np.random.default_rng(5).normal(size=(4, 4))
    near = rho.array + distance * (np.diag([1, -1, 0, 0]) + (noise + noise.T) * (1 - np.eye(4)) / 8)
    exact = oracles.nearest_state(rho.array), oracles.nearest_state(near)
    expected = float(WITNESSES[name](*exact))
    value = DIVERGENCES[name](rho.array, near)
    assert abs(value - expected) <= 64 * EPS / distance * expected


@pytest.mark.parametrize("family", [petz, sandwiched])
@pytest.mark.parametrize("gap", [1e-4, 1e-8, 1e-12, 1e-15])
def test_orders_near_one_approach_the_relative_entropy_at_the_rate_of_its_variance(family, gap):
    """D_α = D + (α−1)V/2 + O((α−1)²), with nothing lost however near; third cumulants are < 10."""
    d, v = quantum.relative_entropy(*P1), quantum.relative_entropy_variance(*P1)
    for alpha in (1 + gap, 1 - gap):
        expected = d + (alpha - 1) * v / 2
        assert abs(family(*P1, alpha) - expected) <= 10 * gap**2 + 64 * EPS


@pytest.mark.parametrize("alpha", [0, 0.05, 0.3, 0.5, 0.99, 1, 1.01, 2, 7, 300, math.inf])
def test_classical_orders_have_the_definition(alpha):
    p, q = np.array([0.5, 0.3, 0.2, 0.0]), np.array([0.1, 0.2, 0.3, 0.4])
    expected = {
        0: -np.log(0.6),
        1: np.sum(p[:3] * np.log(p[:3] / q[:3])),
        math.inf: np.log(5),
    }.get(alpha)
    if expected is None:
        logs = alpha * np.log(p[:3]) + (1 - alpha) * np.log(q[:3])
        expected = (logs.max() + np.log(np.sum(np.exp(logs - logs.max())))) / (alpha - 1)
    # log Σ carries ε, which the definition divides by α − 1
    slack = 16 * EPS / min(1, abs(alpha - 1) or 1)
    assert abs(classical.renyi_divergence(p, q, alpha) - expected) <= slack


# --- support -----------------------------------------------------------------------------------


def turned(spectrum, seed):
    u = random_unitary(np.random.default_rng(seed), len(spectrum))
    return (u * np.array(spectrum)) @ u.conj().T


LEFT, RIGHT = turned([0.6, 0.4, 0, 0], 3), turned([0, 0, 0.3, 0.7], 3)
SHARED = turned([0, 0.5, 0.5, 0], 3)


@every_divergence
def test_orthogonal_states_are_infinitely_or_maximally_far(name):
    value = DIVERGENCES[name](LEFT, RIGHT)
    finite = {"jensen shannon": math.log(2), "bures": math.sqrt(2), "trace distance": 1.0}
    assert value == np.inf or abs(value - finite[name]) <= 8 * EPS
    assert (name in finite) == np.isfinite(value)


@every_divergence
def test_partly_outside_the_support_only_small_orders_are_finite(name):
    infinite = name in (
        "petz 1.5",
        "petz 2",
        "sandwiched 2",
        "sandwiched 4",
        "max",
        "belavkin",
        "measured",
    )
    assert np.isinf(DIVERGENCES[name](SHARED, RIGHT)) == infinite
    if infinite:
        with pytest.raises(ValueError, match="Argument `model` must contain the data"):
            DIVERGENCES[name](SHARED, RIGHT, support="raise")


@pytest.mark.parametrize("weight", [1e-2, 1e-5, 1e-8])
@pytest.mark.parametrize("alpha", [0.5, 0.9])
@pytest.mark.parametrize("family", [petz, sandwiched])
def test_a_small_weight_outside_the_support_costs_what_it_says(family, alpha, weight):
    """(1−w, w) against a pure state has D_α = α log(1−w)/(α−1); w is known to 4·ε·d."""
    rho, sigma = turned([1 - weight, weight, 0, 0], 5), turned([1, 0, 0, 0], 5)
    expected = alpha * math.log1p(-weight) / (alpha - 1)
    assert abs(family(rho, sigma, alpha) - expected) <= BACKWARD * EPS * 4 / (1 - alpha)


def test_the_chernoff_exponent_may_lie_at_an_end():
    """Tr ρ^s σ^{1−s} = 0.5^s 0.3^{1−s} is least where only 0.3 counts."""
    for pair, exponent in (((SHARED, RIGHT), 0), ((RIGHT, SHARED), 1)):
        assert quantum.chernoff_exponent(*pair) == exponent
        assert abs(quantum.chernoff(*pair) + math.log(0.3)) <= 16 * EPS


@pytest.mark.parametrize("alpha", [0.05, 0.1, 0.2, 0.4])
def test_small_sandwiched_orders_of_wide_spectra(alpha):
    """σ^s with s = 9.5 spreads over nine decades: the value is right to what the input says."""
    rho, sigma = state(("rest", "0.4"), 12), state(("rest", "0.1"), 11)
    expected = float(truth.sandwiched(alpha, rho, sigma))
    value = sandwiched(rho.array, sigma.array, alpha)
    assert abs(value - expected) <= slack(
        lambda r, s, **k: sandwiched(r, s, alpha, **k), rho.array, sigma.array
    )


@every_divergence
@pytest.mark.parametrize("pair", [(LEFT, RIGHT), (SHARED, RIGHT), (LEFT, LEFT), (P1[0], P1[0])])
def test_nothing_is_ever_nan(name, pair):
    function = DIVERGENCES[name]
    assert not np.isnan(function(*pair))
    for k in (0, 1):
        slope = autograd.grad(lambda *x: function(*x), k)(*(x.astype(complex) for x in pair))
        assert np.isfinite(slope).all()


def test_where_belavkin_staszewski_is_infinite_its_gradient_is_that_of_the_finite_part():
    """Tr σ M log M with M = σ^{−½} ρ σ^{−½} on the support of σ; h² of truncation, ε/h."""
    rho, sigma = turned([0.5, 0.3, 0.2], 3), turned([0.6, 0.4, 0], 5)
    q, v = np.linalg.eigh(sigma)
    q, v = q[1:], v[:, 1:]
    noise = np.random.default_rng(2).normal(size=(2, 2))
    move = v @ (noise + noise.T) @ v.conj().T

    def finite_part(x):
        inner = v.conj().T @ x @ v
        m, w = np.linalg.eigh(inner / np.sqrt(q[:, None] * q))
        return np.sum((np.abs(w) ** 2 * q[:, None]).sum(axis=0) * m * np.log(m))

    h = 1e-5
    expected = (finite_part(rho + h * move) - finite_part(rho - h * move)) / (2 * h)
    function = quantum.belavkin_staszewski_relative_entropy
    assert function(rho, sigma) == np.inf
    slope = autograd.grad(lambda x: function(x, sigma, check=False))(rho)
    # dS = Re Σ slope dX in autograd's convention
    assert abs(np.sum(slope * move).real - expected) <= 1e3 * h**2 + 100 * EPS / h


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: petz(*P1, -1), r"`alpha` must lie in \[0, ∞\]"),
        (lambda: petz(*P1, math.nan), "`alpha` must"),
        (lambda: sandwiched(*P1, -0.01), r"`alpha` must lie in \[0, ∞\]"),
        (lambda: classical.renyi_divergence([1.0], [1.0], -0.1), "`alpha` must"),
        (lambda: quantum.fidelity(P1[0], np.eye(3) / 3), "same dimension"),
        (lambda: quantum.chernoff(2 * P1[0], P1[1]), "trace 1"),
    ],
)
def test_bad_arguments_are_named_with_the_remedy(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_the_order_is_a_number():
    with pytest.raises(TypeError, match="`alpha` must be a number"):
        petz(*P1, [1, 2])


def test_base_turns_the_unit_and_its_square_that_of_a_variance():
    assert abs(petz(*P1, 2, base=2) * math.log(2) - petz(*P1, 2)) <= 4 * EPS
    bits = quantum.relative_entropy_variance(*P1, base=2)
    assert abs(bits * math.log(2) ** 2 - quantum.relative_entropy_variance(*P1)) <= 4 * EPS


# --- orders ------------------------------------------------------------------------------------


@theorem
@given(supported_pairs())
def test_measured_below_umegaki_below_belavkin_staszewski(pair):
    rho, sigma = (x.matrix for x in pair)
    room = sum(
        slack(f, rho, sigma)
        for f in (quantum.relative_entropy, quantum.belavkin_staszewski_relative_entropy)
    )
    middle = quantum.relative_entropy(rho, sigma)
    assert quantum.measured_relative_entropy(rho, sigma) <= middle + room
    assert middle <= quantum.belavkin_staszewski_relative_entropy(rho, sigma) + room


@theorem
@given(supported_pairs())
def test_sandwiched_orders_rise_from_fidelity_over_umegaki_to_max(pair):
    rho, sigma = (x.matrix for x in pair)
    functions = [lambda r, s, a=a, **k: sandwiched(r, s, a, **k) for a in (0.5, 0.8, 1, 1.2, 2, 9)]
    functions.append(quantum.max_relative_entropy)
    values = np.array([f(rho, sigma) for f in functions])
    room = sum(slack(f, rho, sigma) for f in functions)
    assert np.all(np.diff(values) >= -room)


@theorem
@given(full_pairs())
def test_petz_orders_rise_and_are_never_below_the_sandwiched_ones(pair):
    rho, sigma = (x.matrix for x in pair)
    orders = (0.1, 0.5, 0.8, 1, 1.2, 2)
    values = np.array([petz(rho, sigma, a) for a in orders])
    below = np.array([sandwiched(rho, sigma, a) for a in orders])
    room = sum(slack(lambda r, s, a=a, **k: petz(r, s, a, **k), rho, sigma) for a in orders)
    assert np.all(np.diff(values) >= -room)
    assert np.all(values >= below - room)


# --- invariance, data processing, additivity ---------------------------------------------------


@every_divergence
@theorem
@given(pair=full_pairs(kinds=("generic", "degenerate", "deficient", "pure")), seed=seeds)
def test_a_common_unitary_changes_nothing(name, pair, seed):
    function, (rho, sigma) = DIVERGENCES[name], (x.matrix for x in pair)
    u = random_unitary(np.random.default_rng(seed), len(rho))
    turned = [u @ x @ u.conj().T for x in (rho, sigma)]
    room = 8 * slack(function, rho, sigma)
    assert abs(function(rho, sigma) - function(*turned)) <= room


def channel(seed, dimension, out):
    """Return a random channel from a Haar isometry into out × environment."""
    rng = np.random.default_rng(seed)
    shape = (2, dimension, dimension * out)
    isometry, _ = np.linalg.qr(rng.normal(size=shape).T @ [1, 1j])

    def act(x):
        blocks = (isometry @ x @ isometry.conj().T).reshape(out, dimension, out, dimension)
        return np.einsum("ikjk->ij", blocks)

    return act


@every_divergence
@theorem
@given(pair=supported_pairs(), seed=seeds, out=st.integers(1, 4))
def test_no_channel_makes_states_easier_to_tell_apart(name, pair, seed, out):
    function, (rho, sigma) = DIVERGENCES[name], (x.matrix for x in pair)
    act = channel(seed, len(rho), out)
    before, after = function(rho, sigma), function(act(rho), act(sigma))
    room = slack(function, rho, sigma) + slack(function, act(rho), act(sigma))
    assert after <= before + 2 * room


@pytest.mark.parametrize("name", ADDITIVE)
@theorem
@given(first=full_pairs(2, kinds=MILD), second=full_pairs(3, kinds=MILD))
def test_additive_on_product_states(name, first, second):
    function = DIVERGENCES[name]
    # The support rule of a dense product: 1e-15 of it is as good as 0.
    assume(
        min(np.kron(a.spectrum, b.spectrum).min() for a, b in zip(first, second, strict=True))
        > 1e-8
    )
    rho, sigma = (np.kron(a.matrix, b.matrix) for a, b in zip(first, second, strict=True))
    parts = sum(function(r.matrix, s.matrix) for r, s in (first, second))
    assert abs(function(rho, sigma) - parts) <= 8 * slack(function, rho, sigma)


@every_divergence
@theorem
@given(pair=supported_pairs())
def test_never_negative_and_zero_for_equal_states(name, pair):
    rho, sigma = (x.matrix for x in pair)
    assert DIVERGENCES[name](rho, sigma) >= 0
    assert DIVERGENCES[name](rho, rho) == 0


@theorem
@given(states(kinds=("generic", "deficient", "pure", "degenerate")), seeds)
def test_fidelity_and_distances_obey_fuchs_and_van_de_graaf(rho, seed):
    sigma = turned(np.random.default_rng(seed).dirichlet(np.ones(rho.dimension)), seed)
    f, t = quantum.fidelity(rho.matrix, sigma), quantum.trace_distance(rho.matrix, sigma)
    room = 64 * EPS * rho.dimension
    assert 1 - math.sqrt(f) <= t + room and t <= math.sqrt(1 - f) + room
    assert abs(quantum.bures_distance(rho.matrix, sigma) ** 2 - (2 - 2 * math.sqrt(f))) <= room
    assert abs(-math.log(f) - sandwiched(rho.matrix, sigma, 0.5)) <= room / f


# --- twins and batch axes ----------------------------------------------------------------------

CLASSICAL = {
    "petz 0.3": lambda p, q: classical.renyi_divergence(p, q, 0.3),
    "petz 2": lambda p, q: classical.renyi_divergence(p, q, 2),
    "sandwiched 0.5": lambda p, q: classical.renyi_divergence(p, q, 0.5),
    "sandwiched 4": lambda p, q: classical.renyi_divergence(p, q, 4),
    "max": classical.max_relative_entropy,
    "min": classical.min_relative_entropy,
    "belavkin": classical.relative_entropy,
    "measured": classical.relative_entropy,
    "jensen shannon": classical.jensen_shannon_divergence,
    "chernoff": classical.chernoff,
    "bures": classical.bures_distance,
    "trace distance": classical.total_variation,
}


@pytest.mark.parametrize("name", CLASSICAL)
@theorem
@given(p=spectra(4, MILD + ("deficient", "pure")), q=spectra(4, MILD), seed=seeds)
def test_commuting_states_have_the_classical_values(name, p, q, seed):
    u = random_unitary(np.random.default_rng(seed), 4)
    rho, sigma = ((u * x) @ u.conj().T for x in (p, q))
    value, twin = DIVERGENCES[name](rho, sigma), CLASSICAL[name](p, q)
    assert abs(value - twin) <= 8 * slack(DIVERGENCES[name], rho, sigma)


@every_divergence
@theorem
@given(stack=stacks())
def test_a_batch_is_the_stack_of_its_members(name, stack):
    function, (rho, sigma) = DIVERGENCES[name], stack
    shape = np.broadcast_shapes(rho.shape, sigma.shape)
    values = function(rho, sigma)
    pairs = zip(*(np.broadcast_to(x, shape).reshape(-1, *shape[-2:]) for x in stack), strict=True)
    assert values.shape == shape[:-2]
    for value, pair in zip(values.ravel(), pairs, strict=True):
        assert abs(value - function(*pair)) <= slack(function, *pair)
