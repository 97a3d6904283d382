"""Bounds hold, the reference pairs are met, and laws find what breaks them."""

import itertools
import math

import numpy as np
import oracles
import pytest
from hypothesis import given
from scipy.linalg import logm
from strategies import full_pairs, random_unitary, seeds, theorem

from qce import laws, quantum
from qce.bounds import cross_entropy_bounds, fannes_audenaert
from qce.states import Diagonal, Pure, Rotated, Thermal

X, Z = np.array([[0, 1], [1, 0]]), np.diag([1, -1])
P1 = (np.eye(2) + 0.9 * Z) / 2, (np.eye(2) + 0.5 * X) / 2
P3 = (np.eye(2) + 0.3 * Z) / 2, (np.eye(2) + 0.7 * Z) / 2


@pytest.mark.parametrize(
    "pair, lower, tightest",
    [
        (
            P1,
            {
                "klein": 0.198515243345873,
                "overlap": 0.693147180559945,
                "fidelity": 0.372882928142118,
                "entropy_fidelity": 0.571398171487990,
                "pinsker": 0.728515243345873,
                "largest_eigenvalue": -math.log(0.75),
                "measured": 0.693147180559945,
            },
            "pinsker",
        ),
        (
            P3,
            {
                "klein": 0.647446639034632,
                "overlap": 0.502526820951296,
                "fidelity": 0.0559098008058372,
                "entropy_fidelity": 0.703356439840470,
                "pinsker": 0.727446639034632,
                "largest_eigenvalue": -math.log(0.85),
                "measured": 0.769629298883612,
            },
            "measured",
        ),
    ],
)
def test_the_reference_pairs(pair, lower, tightest):
    """To the 15 digits that they are given with."""
    found = cross_entropy_bounds(*pair)
    assert found.lower == pytest.approx(lower, abs=2e-15 * 8)
    assert found.tightest == tightest and found.greatest == found.lower[tightest]
    bits = cross_entropy_bounds(*pair, base=2)
    assert bits.greatest == pytest.approx(found.greatest / math.log(2), rel=1e-15, abs=0)
    assert set(lower) < set(str(found).split()) and tightest in str(found).splitlines()[-1]


@theorem
@given(full_pairs(), seeds)
def test_the_cross_entropy_lies_between_its_bounds(pair, seed):
    """In any basis; the likelihood measured in the data's own basis beats Klein and overlap."""
    rho, sigma = pair
    limit = 2 * oracles.value_limit(rho.pair, sigma.pair)
    value = quantum.cross_entropy(rho.matrix, sigma.matrix)
    basis = random_unitary(np.random.default_rng(seed), rho.dimension)
    for measured in (None, basis):
        found = cross_entropy_bounds(rho.matrix, sigma.matrix, basis=measured)
        assert found.greatest <= value + limit
        assert value <= found.upper["smallest_eigenvalue"] + limit
    found = cross_entropy_bounds(rho.matrix, sigma.matrix).lower
    assert found["measured"] >= max(found["klein"], found["overlap"]) - limit
    # A basis in which ρ is diagonal gives the likelihood.
    given_basis = cross_entropy_bounds(rho.matrix, sigma.matrix, basis=rho.basis).lower
    likelihood = -sum(
        p * math.log((v.conj() @ sigma.matrix @ v).real)
        for p, v in zip(rho.spectrum, rho.basis.T, strict=True)
    )
    assert given_basis["measured"] == pytest.approx(likelihood, abs=limit)


def test_bounds_are_met_where_theory_says():
    """All but the fidelity, which is 1, are sharp for equal flat states."""
    flat = np.eye(4) / 4
    found = cross_entropy_bounds(flat, flat)
    sharp = {name: bound for name, bound in found.lower.items() if name != "fidelity"}
    assert sharp == pytest.approx(dict.fromkeys(sharp, math.log(4)), rel=1e-14, abs=0)
    assert found.lower["fidelity"] == pytest.approx(0.0, abs=1e-14)
    assert found.upper["smallest_eigenvalue"] == pytest.approx(math.log(4), rel=1e-14, abs=0)


def test_bounds_of_factorised_states_know_tiny_eigenvalues():
    model = Thermal(np.diag([0.0, 1.0, 2.0]), beta=1000.0)
    found = cross_entropy_bounds(Diagonal([0.5, 0.25, 0.25]), model)
    assert found.upper["smallest_eigenvalue"] == pytest.approx(2000.0, rel=1e-14, abs=0)
    assert found.lower["measured"] == pytest.approx(
        750.0, rel=1e-14, abs=0
    )  # they commute: the value
    # Overlaps below the smallest float, and fidelities lost to rounding, make no bound infinite.
    far = cross_entropy_bounds(Diagonal([0.0, 0.0, 1.0]), model)
    assert far.lower["overlap"] == far.lower["measured"] == pytest.approx(2000.0, rel=1e-14, abs=0)
    assert 60 < far.lower["fidelity"] <= 2000
    basis = random_unitary(np.random.default_rng(2), 3)
    near = Rotated([1 - 2e-22, 1e-22, 1e-22], basis)
    assert cross_entropy_bounds(Pure(basis[:, 1]), near).greatest <= 22 * math.log(10) + 1e-12
    deficient = cross_entropy_bounds(Diagonal([0.5, 0.5]), Pure([1.0, 0.0]))
    assert deficient.upper["smallest_eigenvalue"] == np.inf
    basis = random_unitary(np.random.default_rng(1), 2)
    low = cross_entropy_bounds(Pure(basis[:, 0]), Rotated([0.9, 0.1], basis))
    assert low.lower["measured"] == pytest.approx(-math.log(0.9), abs=1e-14)


@pytest.mark.parametrize("base", [0.5, np.float64(1e-3)])
def test_bounds_refuse_a_base_that_turns_them_round(base):
    """The logarithm to a base below 1 falls: a lower bound would be an upper one."""
    with pytest.raises(ValueError, match="`base` must be above 1"):
        cross_entropy_bounds(*P1, base=base)
    with pytest.raises(ValueError, match="`base` must be above 1"):
        fannes_audenaert(0.1, 2, base=base)


@pytest.mark.parametrize(
    "d, distance, value",
    [(2, 0.1, 0.325082973391), (4, 0.2, 0.720124881272), (16, 0.3, 1.423279362386)],
)
def test_fannes_audenaert_is_saturated(d, distance, value):
    assert fannes_audenaert(distance, d) == pytest.approx(value, abs=1e-12)
    reached = Diagonal([1 - distance, *[distance / (d - 1)] * (d - 1)])
    assert quantum.entropy(reached) == pytest.approx(
        fannes_audenaert(distance, d), rel=1e-14, abs=0
    )
    assert quantum.trace_distance(reached, Diagonal(np.eye(d)[0])) == pytest.approx(distance)


@theorem
@given(full_pairs())
def test_fannes_audenaert_holds(pair):
    rho, sigma = (x.matrix for x in pair)
    gap = abs(quantum.entropy(rho) - quantum.entropy(sigma))
    limit = oracles.entropy_limit(pair[0].pair) + oracles.entropy_limit(pair[1].pair)
    distance = min(1.0, float(quantum.trace_distance(rho, sigma)))
    # The bound's slope by T is at most ln((d − 1)/T), and T is known to 16 ε d.
    slack = 16 * 6 * oracles.EPS * (40 + math.log(6))
    assert gap <= fannes_audenaert(distance, len(rho)) + limit + slack


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: fannes_audenaert(1.5, 2), r"`distance` must lie in \[0, 1\]"),
        (lambda: fannes_audenaert(0.5, 1), "`dimension` must be at least 2"),
        (lambda: cross_entropy_bounds([P1[0]], [P1[1]]), "`data` must be one state"),
        (lambda: cross_entropy_bounds(np.eye(2), P1[1]), "`data` must have trace 1"),
        (lambda: cross_entropy_bounds(P1[0], np.eye(3) / 3), "must have the same dimension"),
    ],
)
def test_errors(make, message):
    with pytest.raises(ValueError, match=message) as caught:
        make()
    assert "Pass " in str(caught.value)


# --- laws -----------------------------------------------------------------------------------------


def derivative_of_log(b, h):
    """The upper right block of log(B ⊗ 1 + H ⊗ |0⟩⟨1|)."""
    return logm(np.block([[b, h], [0 * b, b]]))[: len(b), len(b) :]


HOLD = {
    "positivity of D": lambda: laws.positivity(quantum.relative_entropy),
    "invariance of S": lambda: laws.unitary_invariance(quantum.entropy, arguments=1),
    "invariance of QCE": lambda: laws.unitary_invariance(quantum.cross_entropy),
    "processing of D": lambda: laws.data_processing(quantum.relative_entropy),
    "processing of F": lambda: laws.data_processing(quantum.fidelity, increases=True),
    "additivity of S": lambda: laws.additivity(quantum.entropy, arguments=1),
    "additivity of D": lambda: laws.additivity(quantum.relative_entropy),
    "Frenkel's integral of D": lambda: laws.frenkel(quantum.relative_entropy),
    "layers of a derivative": lambda: laws.layer_cake(derivative_of_log),
    "limit of Petz": lambda: laws.continuity(
        quantum.petz_renyi_divergence, quantum.relative_entropy, draws=2
    ),
}


def naive_renyi(rho, sigma, alpha):
    """Right on paper; the rounding of a logarithm near 0 is divided by α − 1."""
    p, u = np.linalg.eigh(rho)
    q, v = np.linalg.eigh(sigma)
    overlaps = np.abs(u.conj().T @ v) ** 2
    return np.log(np.sum(overlaps * p[:, None] ** alpha * q[None, :] ** (1 - alpha))) / (alpha - 1)


BREAK = {
    "the cross entropy of a state to itself": lambda: laws.positivity(quantum.cross_entropy),
    "a sign": lambda: laws.positivity(lambda x, y: -quantum.trace_distance(x, y)),
    "dephasing": lambda: laws.unitary_invariance(
        lambda x: quantum.entropy(np.diag(np.diag(x))), arguments=1
    ),
    "cross entropy under processing": lambda: laws.data_processing(quantum.cross_entropy),
    "a fidelity taken for a distance": lambda: laws.data_processing(quantum.fidelity),
    "trace distance": lambda: laws.additivity(quantum.trace_distance),
    "cancellation": lambda: laws.continuity(naive_renyi, quantum.relative_entropy, draws=2),
    "a measured relative entropy": lambda: laws.frenkel(quantum.measured_relative_entropy),
    "a derivative of commuting matrices": lambda: laws.layer_cake(
        lambda b, h: np.linalg.solve(b, h)
    ),
    "another limit": lambda: laws.continuity(
        quantum.sandwiched_renyi_divergence, quantum.max_relative_entropy, draws=2
    ),
    "not a number": lambda: laws.positivity(lambda x, y: math.nan),
}


@pytest.mark.parametrize("law", HOLD)
def test_laws_that_hold(law):
    report = HOLD[law]()
    assert report.passed and "holds" in str(report)


@pytest.mark.parametrize("law", BREAK)
def test_laws_that_break_come_with_a_witness(law):
    report = BREAK[law]()
    assert not report.passed and "FAILS" in str(report) and len(report.witness) >= 1


NAN = {  # a law, and the values of a quantity in turn: distinct states, equal ones; before, after
    "positivity": (laws.positivity, (math.nan, 0.0)),
    "data processing": (laws.data_processing, (0.0, math.nan)),
    "continuity": (lambda family: laws.continuity(family, lambda *pair: 0.0), (math.nan,)),
}


@pytest.mark.parametrize("law", NAN)
def test_no_law_takes_nan_for_a_value_that_keeps_it(law):
    check, values = NAN[law]
    turn = itertools.cycle(values)
    report = check(lambda *states: next(turn))
    assert math.isnan(report.deviation) and not report.passed


@pytest.mark.parametrize("law", [laws.unitary_invariance, laws.additivity, laws.data_processing])
def test_infinite_on_both_sides_keeps_a_law(law):
    assert law(lambda rho, sigma: math.inf).passed


def test_a_bound_of_nothing_reads_as_nothing():
    pure = np.array([[0.5, 0.5], [0.5, 0.5]])
    assert "-0.000000" not in str(cross_entropy_bounds(pure, pure))
