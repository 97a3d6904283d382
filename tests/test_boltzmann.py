"""Boltzmann machines: Pauli sums, learning against known numbers, and the classical twin."""

from functools import reduce
from itertools import product

import numpy as np
import pytest
from scipy.linalg import expm

from qce import classical, data, models, quantum
from qce.boltzmann import Moments, learn
from qce.models import BoltzmannMachine, PauliTerms, pauli_sum
from qce.results import Status
from qce.states import Diagonal, Ensemble, IsingChain, Pure, Thermal, random_density_matrix

EPS = np.finfo(float).eps
# Numbers of the deterministic table are printed with ten or twelve decimals.
TEN, TWELVE = 5e-11, 5e-13
LETTERS = {
    "I": np.eye(2),
    "X": np.array([[0, 1], [1, 0]]),
    "Y": np.array([[0, -1j], [1j, 0]]),
    "Z": np.diag([1, -1]),
}


def dense(string):
    return reduce(np.kron, [LETTERS[a] for a in string])


@pytest.fixture(scope="module")
def eta():
    """The thermal state of the open Ising chain, n = 4, J = 1, h = 1/2, β = 1."""
    return data.gibbs_state(data.transverse_field_ising(4, J=1.0, h=0.5))


def marginal(rho, wire):
    split = (2**wire, 2, 2 ** (3 - wire))
    return np.einsum("aibajb->ij", rho.reshape(*split, *split))


def ising(wires):
    return BoltzmannMachine(PauliTerms.chain(wires, "X", ["ZZ"]))


# --- Pauli sums ----------------------------------------------------------------------------------


def test_sums_of_all_strings_on_three_wires_are_those_of_kronecker_products():
    strings = ["".join(s) for s in product("IXYZ", repeat=3)][1:]
    terms = PauliTerms(tuple(strings))
    rng = np.random.default_rng(0)
    coefficients, kets = rng.normal(size=63), rng.normal(size=(5, 8, 2)) @ [1, 1j]
    rho = random_density_matrix(8, seed=1)
    h = sum(c * dense(s) for c, s in zip(coefficients, strings, strict=True))
    # Sums of up to 63 numbers of order one.
    np.testing.assert_allclose(terms.matrix(coefficients), h, atol=63 * EPS)
    np.testing.assert_allclose(terms.apply(coefficients, kets), kets @ h.T, atol=500 * EPS)
    expected = [np.trace(rho @ dense(s)).real for s in strings]
    np.testing.assert_allclose(terms.expectations(rho), expected, atol=10 * EPS)
    np.testing.assert_allclose(
        terms.expectations(rho.diagonal().real),
        [np.trace(np.diag(np.diag(rho)) @ dense(s)).real for s in strings],
        atol=10 * EPS,
    )


@pytest.mark.parametrize("words", [("XX", "YY", "ZZ"), ("XX", "XY"), ("ZZ",)])
def test_energies_block_by_block_are_those_of_the_whole_matrix(words):
    """Blocks of Σ Z; blocks of parity, complex; every ket alone."""
    terms = PauliTerms.chain(4, "Z", words)
    coefficients = np.random.default_rng(2).normal(size=len(terms.strings))
    # The exchange of neighbours conserves Σ Z only where XX and YY have one coefficient.
    if "YY" in words:
        coefficients[7:10] = coefficients[4:7]
    whole = np.linalg.eigvalsh(terms.matrix(coefficients))
    # Norms up to the number of terms; eigenvalues come with some ten roundings of that.
    np.testing.assert_allclose(np.sort(terms.energies(coefficients)), whole, atol=200 * EPS)


def test_energies_of_twelve_sites_take_blocks_of_924():
    """A ferromagnet's multiplet of largest spin: 13 times the energy of all up, 11 bonds."""
    terms = PauliTerms.chain(12, couplings=["XX", "YY", "ZZ"])
    energies = np.sort(terms.energies(-np.ones(33)))
    np.testing.assert_allclose(energies[:13], -11.0, atol=1e3 * EPS)
    assert energies[13] > -10.99


def test_what_no_block_divides_is_refused_where_it_is_too_large():
    terms = PauliTerms.chain(14, "X", ["ZZ"])
    with pytest.raises(ValueError, match="`strings` must connect at most 8192 kets, but .* 16384"):
        terms.energies(np.ones(27))


def test_a_sum_is_real_where_it_can_be():
    assert PauliTerms(("XX", "YY", "ZI")).matrix(np.ones(3)).dtype == float
    assert PauliTerms(("XY", "ZI")).matrix(np.ones(2)).dtype == complex
    assert PauliTerms(("ZI", "ZZ")).diagonal and not PauliTerms(("ZI", "XX")).diagonal


def test_ready_made_terms():
    assert PauliTerms.chain(3, "X", ["ZZ"]).strings == ("XII", "IXI", "IIX", "ZZI", "IZZ")
    ring = PauliTerms.chain(3, couplings=["XZ"], periodic=True)
    assert ring.strings == ("XZI", "IXZ", "ZIX")
    assert PauliTerms.chain(2, couplings=["ZZ"], periodic=True).strings == ("ZZ",)
    assert len(PauliTerms.local(4).strings) == 4 * 3 + 6 * 9
    assert PauliTerms.restricted(2, 1).strings == (
        *("ZII", "IZI", "IIX", "IIZ"),
        *("ZIX", "ZIZ", "IZX", "IZZ"),
    )


def test_the_sum_of_a_pennylane_operator_is_its_matrix():
    operator = data.transverse_field_ising(3, J=0.7, h=1.1) + 0.25
    terms, coefficients, shift = pauli_sum(operator)
    matrix = terms.matrix(coefficients) + shift * np.eye(8)
    np.testing.assert_allclose(matrix, operator.matrix(wire_order=range(3)), atol=8 * EPS)


# --- the deterministic table: n = 4, J = 1, h = 1/2, β = 1, from θ = 0 ---------------------------


def test_gradient_descent_takes_the_known_path(eta):
    result = learn(ising(4), eta, optimizer="gradient", learning_rate=0.25, tolerance=1e-8)
    distance = result.history["loss"] - result.floor
    assert result.floor == pytest.approx(1.659185312773, abs=TWELVE)
    known = {0: 1.1134034095, 1: 0.6983992052, 5: 0.1677745198, 10: 0.0476766273}
    for step, value in known.items():
        assert distance[step] == pytest.approx(value, abs=TEN)
    assert distance[0] == pytest.approx(4 * np.log(2) - result.floor, abs=10 * EPS)
    assert distance[100] == pytest.approx(3.00e-8, abs=5e-11)
    assert result.steps == 227 and result.status is Status.CONVERGED


@pytest.mark.parametrize("settings", [{}, {"optimizer": "natural", "learning_rate": 1.0}])
def test_newton_takes_the_known_path_and_is_the_natural_gradient_of_step_one(eta, settings):
    result = learn(ising(4), eta, tolerance=1e-9, **settings)
    distance = result.history["loss"] - result.floor
    assert distance[1] == pytest.approx(0.0719693625, abs=TEN)
    assert result.steps == 5 and result.history["grad_norm"][-1] < 1e-9
    # What was learned is the Hamiltonian: −h and −J. An error of the gradient of 1e-9 is divided
    # by the least eigenvalue of the metric, which is above 0.1 here.
    np.testing.assert_allclose(result.params, [-0.5] * 4 + [-1.0] * 3, atol=1e-8)


def test_the_mean_field_model_stops_at_the_total_correlation(eta):
    machine = BoltzmannMachine(PauliTerms.chain(4, "XZ"))
    result = learn(machine, eta, optimizer="gradient", learning_rate=0.25, tolerance=1e-8)
    assert result.gap == pytest.approx(0.888729082705, abs=TWELVE)
    assert result.steps == 72
    exact = quantum.relative_entropy(eta, reduce(np.kron, [marginal(eta, k) for k in range(4)]))
    # 72 steps to a gradient of 1e-8: the loss is off by its square over the curvature.
    assert result.gap == pytest.approx(exact, abs=1e-13)


# --- the parity counter-example ------------------------------------------------------------------


@pytest.mark.parametrize("bits", [3, 4])
def test_two_body_terms_cannot_tell_even_parity_from_a_coin(bits):
    """The square-root ket of even parity is (|+…+⟩ + |−…−⟩)/√2.

    Its one- and two-body statistics are those of the mixture of both, which is what the state of
    largest entropy with these statistics is: half the fidelity, and D = ln 2, as of the classical
    pairwise machine, which learns nothing at all.
    """
    parity = np.array([bin(x).count("1") % 2 for x in range(2**bits)])
    p = (1.0 - parity) / 2 ** (bits - 1)
    quantum_found = learn(BoltzmannMachine(PauliTerms.local(bits)), Pure(np.sqrt(p)))
    classical_machine = BoltzmannMachine(PauliTerms.local(bits, letters="Z"))
    classical_found = learn(classical_machine, Diagonal(p))
    # The optimum is at infinite couplings: what is left there is of the size of the gradient.
    assert quantum_found.status is Status.CONVERGED
    assert quantum_found.gap == pytest.approx(np.log(2), abs=1e-9)
    assert classical_found.gap == pytest.approx(np.log(2), abs=10 * EPS)
    assert np.abs(classical_found.params).max() < 10 * EPS
    sigma = expm(-PauliTerms.local(bits).matrix(quantum_found.params))
    sigma /= sigma.trace()
    assert (np.sqrt(p) @ sigma @ np.sqrt(p)).real == pytest.approx(0.5, abs=1e-8)


def test_a_three_body_term_tells_parity():
    p = np.array([1.0, 0, 0, 1, 0, 1, 1, 0]) / 4
    terms = PauliTerms((*PauliTerms.local(3).strings, "ZZZ"))
    result = learn(BoltzmannMachine(terms), Pure(np.sqrt(p)), tolerance=1e-6)
    assert abs(result.gap) < 1e-5


# --- Golden and Thompson -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("a", "together", "apart"),
    [(1.0, 4.356367113217, 4.762195691084), (2.0, 9.463346942262, 11.610742630593)],
)
def test_golden_thompson_bounds_the_partition_function(a, together, apart):
    machine = BoltzmannMachine(PauliTerms(("X", "Z")))
    z = np.exp(float(machine.log_partition(np.array([-a, -1.0]))))
    product_of_exponentials = np.trace(expm(a * LETTERS["X"]) @ expm(LETTERS["Z"]))
    assert z == pytest.approx(together, abs=TWELVE)
    assert product_of_exponentials == pytest.approx(apart, abs=TWELVE)
    assert z < product_of_exponentials


def test_training_by_the_golden_thompson_bound_switches_transverse_fields_off():
    """The bound of Amin et al. is the cross entropy of the diagonal state.

    −ln ⟨v|e^{−H}|v⟩/Z ≤ ⟨v|H|v⟩ + ln Z, and the mean over data on the right is S(diag p, σ). It
    asks for ⟨X⟩ = 0, and what is learned is the classical machine.
    """
    p = np.random.default_rng(3).dirichlet(np.ones(8))
    machine = BoltzmannMachine(
        PauliTerms((*PauliTerms.local(3, letters="Z").strings, "XII", "IXI"))
    )
    bound = learn(machine, Diagonal(p))
    twin = learn(BoltzmannMachine(PauliTerms.local(3, letters="Z")), Diagonal(p))
    # Gradients below 1e-9 over eigenvalues of the metric above 0.01.
    np.testing.assert_allclose(bound.params, [*twin.params, 0.0, 0.0], atol=1e-7)
    params = np.append(twin.params, [0.3, -0.2])
    h = machine.hamiltonian(params)
    likelihood = -p @ np.log(np.diag(expm(-h)) / np.trace(expm(-h)))
    assert likelihood < p @ np.diag(h) + float(machine.log_partition(params)) - 1e-3


# --- the classical twin --------------------------------------------------------------------------


def test_the_classical_machine_is_the_pairwise_distribution():
    machine = BoltzmannMachine(PauliTerms.local(3, letters="Z"))
    theta = machine.initial(1) * 10
    expected = np.exp(models.PairwiseSpectrum(3).log_probabilities(theta))
    np.testing.assert_allclose(machine.state(theta), expected, rtol=50 * EPS)


def test_commuting_terms_in_a_turned_basis_take_the_classical_path():
    """Terms of X alone run through eigenvectors and metric blocks, those of Z through diagonals."""
    p = np.random.default_rng(4).dirichlet(np.ones(8))
    hadamard = reduce(np.kron, [np.array([[1, 1], [1, -1]]) / np.sqrt(2)] * 3)
    flat = learn(BoltzmannMachine(PauliTerms.local(3, letters="Z")), Diagonal(p))
    turned = learn(
        BoltzmannMachine(PauliTerms.local(3, letters="X")), hadamard @ np.diag(p) @ hadamard
    )
    assert flat.steps == turned.steps
    np.testing.assert_allclose(turned.history["loss"], flat.history["loss"], atol=100 * EPS)
    np.testing.assert_allclose(turned.params, flat.params, atol=1e4 * EPS)


def test_the_classical_floor_is_that_of_iterated_pair_marginals():
    """At the optimum all pair marginals are those of the data: nothing more is asked."""
    p = np.random.default_rng(5).dirichlet(np.ones(16))
    machine = BoltzmannMachine(PauliTerms.local(4, letters="Z"))
    result = learn(machine, Diagonal(p))
    q = np.asarray(machine.state(result.params))
    for axes in ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)):
        pair = [x.reshape((2,) * 4).sum(axis=axes) for x in (p, q)]
        np.testing.assert_allclose(*pair, atol=1e-9)  # the tolerance of the gradient
    assert result.gap == pytest.approx(float(classical.relative_entropy(p, q)), abs=100 * EPS)
    assert result.gap > 0.01


def test_restricted_machines_reach_their_closed_forms_on_bars_and_stripes():
    """One classical unit: ln 9/4; two: 2/3 ln 2; one quantum unit: 2/3 ln 2; two: nothing left."""
    p = Diagonal(data.bars_and_stripes(2, 2))
    floors = {}
    for letters, hidden in product(("Z", "XZ"), (1, 2)):
        machine = BoltzmannMachine(PauliTerms.restricted(4, hidden, letters), hidden)
        floors[letters, hidden] = learn(machine, p, optimizer="natural", steps=200, seed=1).gap
    # Where the optimum is at infinity a loss is left of the order of the gradient, or where it
    # goes there as a power, of one over the parameters.
    assert floors["Z", 1] == pytest.approx(np.log(9 / 4), abs=1e-8)
    assert floors["Z", 2] == pytest.approx(2 / 3 * np.log(2), abs=1e-8)
    assert floors["XZ", 1] == pytest.approx(2 / 3 * np.log(2), abs=1e-3)
    assert abs(floors["XZ", 2]) < 1e-8


# --- what is learned -----------------------------------------------------------------------------


def test_expectation_values_are_all_that_data_have_to_tell(eta):
    machine = ising(4)
    told = Moments(machine.terms.expectations(eta))
    by_state, by_moments = learn(machine, eta), learn(machine, told)
    np.testing.assert_allclose(by_state.params, by_moments.params, atol=1e3 * EPS)
    assert by_moments.floor is None and by_moments.gap is None
    known = learn(machine, Moments(told.values, entropy=by_state.floor))
    assert known.gap == pytest.approx(by_state.gap, abs=20 * EPS)


def test_states_of_every_kind_are_data(eta):
    machine = ising(4)
    weights, vectors = np.linalg.eigh(eta)
    kinds = [Thermal(IsingChain(4, 1.0, 0.5)), Ensemble(vectors.T, weights)]
    expected = learn(machine, eta).params
    for kind in kinds:
        # Moments rounded anew, over eigenvalues of the metric above 0.1.
        np.testing.assert_allclose(learn(machine, kind).params, expected, atol=1e-8)


@pytest.mark.parametrize("beta", [0.5, 2.0])
def test_a_heisenberg_chain_with_a_field_is_learned(beta):
    terms = PauliTerms.chain(4, "XYZ", ["XX", "YY", "ZZ"])
    truth = np.random.default_rng(6).normal(size=21) * beta
    rho = Thermal(terms.matrix(truth))
    result = learn(BoltzmannMachine(terms), rho)
    assert result.status.converged and abs(result.gap) < 1e-12
    # The gradient is below 1e-9, and the least eigenvalue of the metric above 1e-3.
    np.testing.assert_allclose(result.params, truth, atol=1e-6)


def test_gradient_descent_with_its_own_rate_never_climbs():
    """The curvature is a covariance of J terms of norm one, below J: a step of 1/J descends."""
    rng = np.random.default_rng(7)
    machine = BoltzmannMachine(PauliTerms.local(2))
    for _ in range(5):
        rho = random_density_matrix(4, seed=rng)
        start = rng.normal(size=machine.size) * 3
        result = learn(machine, rho, start, optimizer="gradient", steps=50)
        assert np.diff(result.history["loss"]).max() < 10 * EPS


def test_newton_descends_from_far_away():
    rng = np.random.default_rng(8)
    machine = BoltzmannMachine(PauliTerms.local(2))
    rho = random_density_matrix(4, seed=rng)
    result = learn(machine, rho, 10 * rng.normal(size=machine.size))
    assert np.diff(result.history["loss"]).max() < 0
    assert result.status.converged and abs(result.gap) < 1e-13  # a full set of terms


def test_dependent_directions_are_left_alone():
    """Two hidden fields that nothing couples to: the metric does not know them."""
    p = np.random.default_rng(9).dirichlet(np.ones(4))
    machine = BoltzmannMachine(PauliTerms(("ZII", "IZI", "ZZI", "IIX")), hidden=1)
    start = np.array([0.1, 0.2, 0.3, 0.7])
    result = learn(machine, Diagonal(p), start, optimizer="natural")
    assert abs(result.gap) < 1e-12 and result.params[3] == pytest.approx(0.7, abs=1e-9)
