"""Relative entropy from copies: an identity, its correction, error bars, and the bound."""

import numpy as np
import pennylane as qml
import pytest
from oracles import EPS

from qce import quantum
from qce.data import Counts
from qce.states import Diagonal, random_density_matrix
from qce.tomography import SecondStage, relative_entropy, simulate_pauli
from qce.tomography.copies import _pilot

R, S = 0.9 * np.array([1.0, 2.0, 2.0]) / 3, np.array([0.5, 0.0, 0.0])


def qubit(r):
    x, y, z = r
    return np.array([[1 + z, x - 1j * y], [x + 1j * y, 1 - z]]) / 2


RHO, SIGMA = qubit(R), qubit(S)
TRUE = float(quantum.relative_entropy(RHO, SIGMA))
BOUND = float(quantum.relative_entropy_variance(RHO, SIGMA))


def mixed(d, seed, noise=0.3):
    return (1 - noise) * random_density_matrix(d, seed=seed) + noise * np.eye(d) / d


# --- two stages -----------------------------------------------------------------------------------


@pytest.mark.parametrize("wires", [1, 2, 3])
def test_what_a_measurement_of_k_misses_is_the_relative_entropy_to_the_pilot(wires):
    """D(ρ‖σ) = Tr ρK + D(ρ‖ρ̂), whatever ρ̂ is."""
    rho, sigma = mixed(2**wires, 1), mixed(2**wires, 2)
    stage = SecondStage.after(simulate_pauli(rho, shots=20, seed=0), sigma)
    law = np.einsum("ij,ik,kj->j", stage.basis.conj(), rho, stage.basis).real
    missed = float(quantum.relative_entropy(rho, stage.pilot.state))
    whole = law @ stage.levels + missed
    # Logarithms of a few nats, whose matrices come with a few ε d of that.
    tolerance = 16 * EPS * 2**wires * (1 + np.abs(stage.levels).max())
    assert abs(whole - float(quantum.relative_entropy(rho, sigma))) < tolerance
    assert missed > 0.001  # the pilot was no good one


def test_the_correction_is_that_of_bloch_vectors():
    """Metric, information and hedge −½ ln det ρ of one qubit, by their own formulas."""
    counts = Counts({"X": np.array([320, 80]), "Y": np.array([150, 50]), "Z": np.array([90, 10])})
    stage = SecondStage.after(counts, SIGMA)
    state = stage.pilot.state
    r = np.array([2 * state[0, 1].real, -2 * state[0, 1].imag, (state[0, 0] - state[1, 1]).real])
    a = np.linalg.norm(r)
    along = np.outer(r, r) / a**2
    metric = along / (1 - a**2) + np.arctanh(a) / a * (np.eye(3) - along)
    hedge = np.eye(3) / (1 - a**2) + 2 * np.outer(r, r) / (1 - a**2) ** 2
    information = np.diag(np.array([400, 200, 100]) / (1 - r**2)) + hedge
    product = metric @ np.linalg.inv(information)
    expected = np.trace(product) / 2, np.sqrt(np.trace(product @ product) / 2)
    assert stage.correction == pytest.approx(expected, rel=1e-9)


def test_the_correction_is_what_pilots_miss_on_average():
    found = []
    for seed in range(30):
        stage = SecondStage.after(simulate_pauli(RHO, shots=5000, seed=seed), SIGMA)
        missed = float(quantum.relative_entropy(RHO, stage.pilot.state))
        found.append((missed - stage.correction[0], stage.correction[1], missed))
    errors, spreads, missed = np.array(found).T
    # Five standard errors fail once in a million; what is added is more than that.
    stderr = np.sqrt(np.mean(spreads**2) / len(errors))
    assert abs(errors.mean()) < 5 * stderr < missed.mean()


def test_values_lie_around_the_truth_with_the_error_they_state():
    """Of 20 seeds the mean lies within 5 standard errors, the sum of squares within those of χ²."""
    found = [relative_entropy(RHO, SIGMA, copies=3000, seed=seed) for seed in range(20)]
    pulls = np.array([(x.value - TRUE) / x.stderr for x in found])
    assert abs(pulls.mean()) < 5 / 20**0.5
    assert abs(np.mean(pulls**2) - 1) < 5 * (2 / 20) ** 0.5
    for x in found:
        assert x.counts.total + x.outcomes.sum() == x.shots == 3000


def test_many_copies_come_near_the_bound():
    """N · Var of a single estimate, by its own error bar, falls to V(ρ‖σ) and not below."""
    ratios = []
    for copies in (10**3, 10**5, 10**7):
        found = relative_entropy(RHO, SIGMA, copies=copies, seed=1)
        ratios.append(copies * found.stderr**2 / BOUND)
    # Of the share of N^{-1/3} that the pilot takes, 0.12 at 1e5, two percent are left.
    assert ratios[0] > ratios[1] > ratios[2] > 0.99
    assert ratios[1] < 1.4 and ratios[2] < 1.1


def test_the_pilot_grows_as_copies_to_two_thirds():
    look = SecondStage.after(simulate_pauli(RHO, shots=1000, seed=0), SIGMA)
    sizes = [_pilot(look, copies, 3) for copies in (10**6, 10**9)]
    assert sizes[1] / sizes[0] == pytest.approx(100, rel=0.2)  # copies left of 10^6 are fewer


def test_equal_states_are_at_no_distance():
    """V = 0: what is left falls as 1/N times, not as its root."""
    found = relative_entropy(SIGMA, SIGMA, copies=100_000, seed=0)
    assert abs(found.value) < 5 * found.stderr < 1e-3


@pytest.mark.parametrize("wires, copies", [(2, 20_000), (3, 200_000)])
def test_more_wires(wires, copies):
    rho, sigma = mixed(2**wires, 3), mixed(2**wires, 4)
    found = relative_entropy(rho, sigma, copies=copies, seed=0)
    assert abs(found.value - float(quantum.relative_entropy(rho, sigma))) < 5 * found.stderr < 0.2


def test_stages_by_hand_are_the_same():
    counts = simulate_pauli(RHO, shots=100, seed=0)
    stage = SecondStage.after(counts, SIGMA)
    forms = [70, 30], np.array([70.0, 30.0]).astype(int), {"0": 70, "1": 30}
    values = {str(stage.estimate(outcomes)) for outcomes in forms}
    bits = np.repeat([[0], [1]], [70, 30], axis=0)
    assert values == {str(stage.estimate(bits))} and stage.estimate(bits).shots == 400
    found = relative_entropy(RHO, Diagonal([0.5, 0.5]), copies=1000, pilot=50, seed=0)
    assert found.counts.total == 150 and found.outcomes.sum() == 850


def test_a_state_on_the_boundary_is_told():
    """No error bar of second order holds where an eigenvalue may be 0."""
    pure = relative_entropy(np.array([1.0, 0.0]), SIGMA, copies=1000, seed=0)
    assert "an eigenvalue of the state from 0" in pure.bias
    assert "from 0" not in relative_entropy(RHO, SIGMA, copies=10_000, seed=0).bias


# --- fixed bases ----------------------------------------------------------------------------------


@pytest.mark.parametrize("estimator", ["likelihood", "inversion"])
def test_error_bars_of_fixed_bases_are_those_of_many_copies(estimator):
    """With κ the Bloch vector of K: Σ 3 κ_k²(1 − r_k²), and 3|κ|² − (κ·r)² of snapshots."""
    copies = 3_000_000
    found = relative_entropy(RHO, SIGMA, copies=copies, estimator=estimator, seed=0)
    kappa = np.arctanh(0.9) * R / 0.9 - np.arctanh(0.5) * S / 0.5
    likelihood = 3 * kappa**2 @ (1 - R**2)
    law = {"likelihood": likelihood, "inversion": 3 * kappa @ kappa - (kappa @ R) ** 2}
    # The state that is put in is right to a thousandth.
    assert copies * found.stderr**2 == pytest.approx(law[estimator], rel=0.02)
    # Bases that are used in equal numbers, and not at random, make inversion as good.
    assert abs(found.value - TRUE) < 5 * (likelihood / copies) ** 0.5
    assert found.stage is None and "biased by" in found.bias and law[estimator] > 2 * BOUND


# --- devices --------------------------------------------------------------------------------------


def test_circuits_on_a_device_give_what_their_state_gives():
    def prepare():
        qml.RY(0.7, wires=0)
        qml.CNOT(wires=[0, 1])
        qml.RX(0.4, wires=1)
        for wire in range(2):
            qml.DepolarizingChannel(0.3, wires=wire)

    prepared = qml.QNode(lambda: (prepare(), qml.density_matrix([0, 1]))[1], _mixed())()
    sigma = mixed(4, 4)
    found = relative_entropy(prepare, sigma, copies=20_000, device="default.mixed", seed=0)
    truth = float(quantum.relative_entropy(np.asarray(prepared), sigma))
    assert abs(found.value - truth) < 5 * found.stderr < 0.2
    again = relative_entropy(prepare, sigma, copies=20_000, device="default.mixed", seed=0)
    assert again.value == found.value


def _mixed():
    return qml.device("default.mixed", wires=2)


# --- refusals -------------------------------------------------------------------------------------

KET = np.array([[1.0, 0.0], [0.0, 0.0]])


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: relative_entropy(RHO, KET, copies=100), "`model` must have full rank.*infinite"),
        (lambda: relative_entropy(RHO, SIGMA, copies=11), "`copies` must be an integer >= 12"),
        (lambda: relative_entropy(RHO, np.eye(4) / 4, copies=100), "the same dimension"),
        (lambda: relative_entropy(RHO, np.eye(3) / 3, copies=100), "`model` must be one state of"),
        (lambda: relative_entropy(RHO, SIGMA, copies=100, pilot=33), "`pilot` must be an integer"),
        (
            lambda: relative_entropy(RHO, SIGMA, copies=100, pilot=3, estimator="inversion"),
            "`pilot` must be None",
        ),
        (lambda: relative_entropy(RHO, SIGMA, copies=100, estimator="best"), "`estimator` must be"),
        (
            lambda: relative_entropy(RHO, SIGMA, copies=100, device="default.qubit"),
            "must be None for a state",
        ),
        (lambda: relative_entropy(lambda: None, SIGMA, copies=100), "`data` must queue"),
        (lambda: _stage().estimate([0.5, 0.5]), "`outcomes` must be 2 or more"),
        (lambda: _stage().estimate([1, 2, 3]), "`outcomes` must be 2 or more"),
        (
            lambda: SecondStage.after(Counts({"X": np.array([3, 4])}), SIGMA),
            "`counts` must determine the state",
        ),
        (
            lambda: SecondStage.after(simulate_pauli(RHO, shots=5, seed=0), np.eye(4) / 4),
            "`model` must be of the 1 wires",
        ),
    ],
)
def test_errors(make, message):
    with pytest.raises(ValueError, match=message) as caught:
        make()
    assert "Pass " in str(caught.value)


def _stage():
    return SecondStage.after(simulate_pauli(RHO, shots=50, seed=0), SIGMA)


# --- in the long run ------------------------------------------------------------------------------


@pytest.mark.long
@pytest.mark.parametrize("copies", [100, 1000, 10_000, 100_000])
@pytest.mark.parametrize("wires", [1, 2])
def test_intervals_hold_the_truth(copies, wires):
    """Of 2000, 93 to 97 in 100; that of a share of 95 fails by chance 4 times in 100,000."""
    if wires == 2 and copies < 1000:
        pytest.skip("two counts for each of 36 outcomes")
    rho, sigma = (RHO, SIGMA) if wires == 1 else (mixed(4, 1), mixed(4, 2))
    truth = float(quantum.relative_entropy(rho, sigma))
    bound = float(quantum.relative_entropy_variance(rho, sigma))
    found = [relative_entropy(rho, sigma, copies=copies, seed=seed) for seed in range(2000)]
    ends = np.array([x.interval() for x in found])
    inside = np.mean((ends[:, 0] <= truth) & (truth <= ends[:, 1]))
    assert 0.93 <= inside <= 0.97
    values = np.array([x.value for x in found])
    assert copies * np.var(values) > 0.84 * bound  # five standard errors of a variance
