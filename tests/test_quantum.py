"""Entropies of density matrices: known answers, support, units, checks."""

import numpy as np
import pytest
from libraries import DIFFERENTIATING
from oracles import BACKWARD, EPS, entropy_limit, value_limit

from qce import quantum

EVERY = ["entropy", "cross_entropy", "relative_entropy"]
PAIRS = ["cross_entropy", "relative_entropy"]
every_divergence = pytest.mark.parametrize("name", PAIRS)

# Known values are given to 15 digits, and are below ten.
PRINTED = 5e-15

RHO = np.array([[0.7, 0.2 - 0.1j], [0.2 + 0.1j, 0.3]])
SIGMA = np.array([[0.4, 0.1j], [-0.1j, 0.6]])


def call(name, rho, sigma, **settings):
    arguments = (rho,) if name == "entropy" else (rho, sigma)
    return getattr(quantum, name)(*arguments, **settings)


def limit(*states):
    """Return the error that float64 input allows for any quantity of one or two states."""
    function = entropy_limit if len(states) == 1 else value_limit
    return function(*(np.linalg.eigh(state) for state in states))


# --- known answers -----------------------------------------------------------------------------


def bloch(x, y, z):
    return np.array([[1 + z, x - 1j * y], [x + 1j * y, 1 - z]]) / 2


REFERENCE = {  # S(ρ), S(ρ,σ), D(ρ‖σ), D(σ‖ρ)
    "P1": (
        (bloch(0, 0, 0.9), bloch(0.5, 0, 0)),
        (0.198515243345873, 0.836988216785836, 0.638472973439963, 0.961177639351962),
    ),
    "P3": (
        (bloch(0, 0, 0.3), bloch(0, 0, 0.7)),
        (0.647446639034632, 0.769629298883612, 0.122182659848980, 0.100929709547397),
    ),
}


@pytest.mark.parametrize("pair", REFERENCE)
def test_reference_pairs_have_the_printed_values(pair):
    (rho, sigma), expected = REFERENCE[pair]
    values = (
        quantum.entropy(rho),
        quantum.cross_entropy(rho, sigma),
        quantum.relative_entropy(rho, sigma),
        quantum.relative_entropy(sigma, rho),
    )
    tolerance = PRINTED + max(limit(rho, sigma), limit(sigma, rho))
    assert np.abs(np.subtract(values, expected)).max() <= tolerance


@pytest.mark.parametrize("seed", range(5))
def test_qubits_have_the_closed_form_of_their_bloch_vectors(seed):
    """S(ρ,σ) = −½ ln((1−a²)/4) − (r·s) artanh(a)/a."""
    rng = np.random.default_rng(seed)
    r, s = (v / np.linalg.norm(v) * rng.uniform(0.1, 0.95) for v in rng.normal(size=(2, 3)))
    a = np.linalg.norm(s)
    truth = -0.5 * np.log((1 - a**2) / 4) - r @ s * np.arctanh(a) / a
    rho, sigma = bloch(*r), bloch(*s)
    assert abs(quantum.cross_entropy(rho, sigma) - truth) <= limit(rho, sigma)


def thermal(hamiltonian, beta):
    """Return exp(−βH)/Z and log Z."""
    energies, basis = np.linalg.eigh(hamiltonian)
    boltzmann = np.exp(-beta * (energies - energies[0]))
    log_z = np.log(boltzmann.sum()) - beta * energies[0]
    return (basis * (boltzmann / boltzmann.sum())) @ basis.conj().T, log_z


@pytest.mark.parametrize(
    ("betas", "cross", "entropy"),
    [
        ((1, 0.5), 0.432464609540340, 0.365333855087208),
        ((2, 1), 0.162900430967156, 0.0900947677661761),
    ],
)
def test_single_spin_thermal_pairs_have_the_printed_values(betas, cross, entropy):
    rho, sigma = (thermal(np.diag([1.0, -1.0]), beta)[0] for beta in betas)
    assert abs(quantum.cross_entropy(rho, sigma) - cross) <= PRINTED + limit(rho, sigma)
    assert abs(quantum.entropy(rho) - entropy) <= PRINTED + limit(rho)


def ising(sites, coupling, field):
    """Return the dense open transverse-field Ising chain −JΣZZ − hΣX; site 0 most significant."""
    x, z = np.array([[0, 1], [1, 0]]), np.diag([1, -1])

    def chain(*operators):
        full = np.eye(1)
        for site in range(sites):
            full = np.kron(full, dict(operators).get(site, np.eye(2)))
        return full

    bonds = sum(chain((k, z), (k + 1, z)) for k in range(sites - 1))
    return -coupling * bonds - field * sum(chain((k, x)) for k in range(sites))


@pytest.mark.parametrize(
    ("sites", "cross", "entropy", "relative"),
    [
        (2, 1.298955912862, 0.956009009886, 0.342946902976),
        (4, 2.367007093859, 1.659185312773, 0.707821781086),
        (8, 4.500901494868, 3.063974792620, 1.436926702248),
    ],
)
def test_ising_chains_have_the_free_fermion_values(sites, cross, entropy, relative):
    """Theory.md §6.2, printed to twelve digits after the point.

    The smallest Boltzmann weight exp(−2βE) decides how much of the input's rounding is seen.
    """
    rho, _ = thermal(ising(sites, 1, 0.5), 1)
    sigma, _ = thermal(ising(sites, 1, 1.5), 0.8)
    tolerance = 1e-12 + limit(rho, sigma)
    assert abs(quantum.cross_entropy(rho, sigma) - cross) <= tolerance
    assert abs(quantum.entropy(rho) - entropy) <= 1e-12 + limit(rho)
    assert abs(quantum.relative_entropy(rho, sigma) - relative) <= tolerance


@pytest.mark.parametrize("seed", range(3))
def test_thermal_model_gives_energy_and_free_energy(seed):
    """S(ρ, e^{−βH}/Z) = β⟨H⟩ + ln Z for any ρ."""
    hamiltonian = np.random.default_rng(seed).normal(size=(2, 4, 4)).T @ [1, 1j]
    hamiltonian = (hamiltonian + hamiltonian.conj().T) / 4
    rho, _ = thermal(ising(2, 1, 0.3), 0.4)
    sigma, log_z = thermal(hamiltonian, 0.7)
    truth = 0.7 * np.trace(rho @ hamiltonian).real + log_z
    assert abs(quantum.cross_entropy(rho, sigma) - truth) <= limit(rho, sigma)


def random_ket(rng, dimension):
    ket = rng.normal(size=dimension) + 1j * rng.normal(size=dimension)
    return ket / np.linalg.norm(ket)


def depolarised(ket, purity):
    d = len(ket)
    return purity * np.outer(ket, ket.conj()) + (1 - purity) * np.eye(d) / d


@pytest.mark.parametrize(
    ("dimension", "purity", "entropy"),
    [(4, 0.8, 0.587500931106), (8, 0.5, 1.536649897488), (16, 0.3, 2.420649497493)],
)
def test_depolarised_states_have_the_printed_entropy(dimension, purity, entropy):
    """Theory.md §6.3: eigenvalues A once and B of multiplicity d−1. Seed of the ket: 5."""
    rho = depolarised(random_ket(np.random.default_rng(5), dimension), purity)
    assert abs(quantum.entropy(rho) - entropy) <= 1e-12 + limit(rho)
    psi = depolarised(random_ket(np.random.default_rng(5), dimension), 1)
    largest = purity + (1 - purity) / dimension
    assert abs(quantum.cross_entropy(psi, rho) + np.log(largest)) <= limit(rho, rho)


def test_two_depolarised_states_have_the_printed_cross_entropy():
    """d=4, p=0.8, q=0.6, overlap ¼, in a random basis, seed 6."""
    rng = np.random.default_rng(6)
    basis, _ = np.linalg.qr(rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4)))
    first = basis[:, 0]
    second = 0.5 * basis[:, 0] + np.sqrt(0.75) * basis[:, 1]
    rho, sigma = depolarised(first, 0.8), depolarised(second, 0.6)
    assert abs(quantum.cross_entropy(rho, sigma) - 1.816107555730) <= 1e-12 + limit(rho, sigma)


def test_classical_and_quantum_units_agree():
    for name in EVERY:
        nats = call(name, RHO, SIGMA)
        assert call(name, RHO, SIGMA, base=2) == pytest.approx(nats / np.log(2), rel=4 * EPS)


# --- support -----------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)], ids=str)
def test_a_diagonal_eigenvalue_of_1e_minus_40_is_support(order):
    """Nothing has rounded a diagonal matrix, in whatever order its entries stand."""
    p, q = np.array([0.5, 0.25, 0.25])[[*order]], np.array([1.0, 1e-40, 1e-20])[[*order]]
    truth = 0.25 * np.log(10) * (40 + 20)
    for dtype in (float, complex):
        rho, sigma = np.diag(p).astype(dtype), np.diag(q).astype(dtype)
        assert quantum.cross_entropy(rho, sigma) == pytest.approx(truth, rel=8 * EPS)
        difference = truth - 1.5 * np.log(2)
        assert quantum.relative_entropy(rho, sigma) == pytest.approx(difference, rel=8 * EPS)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)], ids=str)
@pytest.mark.parametrize("mass", [1e-6, 1e-17, 1e-300])
@every_divergence
def test_any_diagonal_mass_where_the_model_has_none_is_infinite(order, mass, name):
    p, q = np.array([0.5, 0.5 - mass, mass])[[*order]], np.array([0.4, 0.6, 0.0])[[*order]]
    assert getattr(quantum, name)(np.diag(p), np.diag(q)) == np.inf


def test_one_diagonal_matrix_in_a_batch_keeps_its_own_rule():
    """A diagonal and a rotated model side by side: 1e-40 is support of the first alone."""
    turned = np.array([[1, 1], [1, 1]]) / 2
    models = np.stack([np.diag([1.0, 1e-40]), turned])
    values = quantum.cross_entropy(np.eye(2) / 2, models)
    assert values[0] == pytest.approx(20 * np.log(10), rel=4 * EPS)
    assert values[1] == np.inf


def test_an_eigenvalue_that_rounding_could_have_made_is_none():
    """1e-17 in a rotated basis is below 4·eps·d·λmax: data on it make the value infinite."""
    turn = np.array([[1, -1], [1, 1]]) / np.sqrt(2)
    sigma = turn @ np.diag([1, 1e-17]) @ turn.T
    assert quantum.cross_entropy(np.eye(2) / 2, sigma) == np.inf
    sigma = turn @ np.diag([1 - 1e-13, 1e-13]) @ turn.T
    assert np.isfinite(quantum.cross_entropy(np.eye(2) / 2, sigma))


@every_divergence
def test_support_raise_names_the_remedy(name):
    pure = np.array([[0.5, 0.5j], [-0.5j, 0.5]])
    with pytest.raises(ValueError, match=r"support"):
        getattr(quantum, name)(RHO, pure, support="raise")


@every_divergence
def test_support_raise_is_silent_where_the_value_is_finite(name):
    function = getattr(quantum, name)
    assert function(RHO, SIGMA, support="raise") == function(RHO, SIGMA)


@pytest.mark.parametrize("library", DIFFERENTIATING, ids=str)
def test_traces_that_differ_are_taken_as_they_are_without_checks(library):
    """Tr ρ(log ρ − log cσ) = D − log c, and D(cρ‖cσ) = c·D."""
    for scale in (0.5, 1.7):
        model = quantum.relative_entropy(
            library.asarray(RHO), library.asarray(scale * SIGMA), check=False
        )
        plain = quantum.relative_entropy(RHO, SIGMA)
        assert abs(float(model) - (plain - np.log(scale))) <= 2 * limit(RHO, SIGMA)
        both = quantum.relative_entropy(
            library.asarray(scale * RHO), library.asarray(scale * SIGMA), check=False
        )
        assert abs(float(both) - scale * plain) <= 2 * limit(RHO, SIGMA)


@pytest.mark.parametrize("copies", [1, 64], ids=["matrix", "stack in closed form"])
@pytest.mark.parametrize("scale", [1e-3, 1e3, 1e6])
@pytest.mark.parametrize("distance", [1e-3, 1e-6])
@pytest.mark.parametrize("name", ["relative_entropy", "jensen_shannon_divergence"])
def test_close_states_of_any_trace_stay_relatively_accurate(name, scale, distance, copies):
    """D(cρ‖cσ) = c·D, without checks; that the traces agree is known to ε/distance."""
    other = (1 - distance) * RHO + distance * SIGMA
    pair = [np.broadcast_to(scale * x, (copies, 2, 2)) for x in (RHO, other)]
    values = getattr(quantum, name)(*pair, check=False)
    expected = scale * getattr(quantum, name)(RHO, other)
    assert np.abs(values / expected - 1).max() <= 100 * EPS / distance


# --- bad input ---------------------------------------------------------------------------------

HALF = np.eye(2) / 2
BAD = {
    "not square": (np.ones((2, 3)) / 6, ValueError, "shape"),
    "vector": (np.array([0.5, 0.5]), ValueError, "outer"),
    "empty": (np.ones((0, 0)), ValueError, "d >= 1"),
    "scalar": (1.0, ValueError, "shape"),
    "not Hermitian": (np.array([[0.5, 0.3], [0.1, 0.5]]), ValueError, "Hermitian"),
    "imaginary diagonal": (np.diag([0.5 + 0.1j, 0.5 - 0.1j]), ValueError, "Hermitian"),
    "trace": (np.eye(2), ValueError, "trace 1"),
    "negative eigenvalue": (np.array([[0.5, 0.6], [0.6, 0.5]]), ValueError, "positive"),
    "nan": (np.array([[0.5, np.nan], [np.nan, 0.5]]), ValueError, "finite"),
    "infinite": (np.array([[0.5, np.inf], [np.inf, 0.5]]), ValueError, "finite"),
    "string": (np.array([["a", "b"], ["c", "d"]]), TypeError, "numeric"),
    "object": (np.array([[0.5, None], [None, 0.5]]), TypeError, "numeric"),
    "ragged": ([[0.5, 0.0], [0.5]], TypeError, "array"),
    "one bad of a batch": (np.stack([HALF, np.eye(2)]), ValueError, "trace 1"),
}


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("name", EVERY)
def test_bad_data_is_refused_in_the_one_grammar(kind, name):
    bad, error, words = BAD[kind]
    with pytest.raises(error, match=words) as raised:
        call(name, bad, HALF)
    message = str(raised.value)
    argument = "x" if name == "entropy" else "data"
    assert message.startswith(f"Argument `{argument}` must ")
    assert ", but " in message and ". Pass " in message


@pytest.mark.parametrize("kind", BAD)
@every_divergence
def test_a_bad_model_is_refused_by_its_name(kind, name):
    bad, error, words = BAD[kind]
    with pytest.raises(error, match=words) as raised:
        getattr(quantum, name)(HALF, bad)
    assert str(raised.value).startswith("Argument `model` must ")


@every_divergence
@pytest.mark.parametrize("dimensions", [((), 2, (), 4), ((2,), 2, (3,), 2), ((4, 2), 2, (2, 4), 2)])
def test_shapes_that_do_not_fit_are_refused(name, dimensions):
    first, d, second, e = dimensions
    rho = np.broadcast_to(np.eye(d) / d, (*first, d, d))
    sigma = np.broadcast_to(np.eye(e) / e, (*second, e, e))
    with pytest.raises(ValueError, match="`data` and `model` must"):
        getattr(quantum, name)(rho, sigma)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("base", [0, 1, -2, np.inf, np.nan])
def test_a_base_that_is_none_is_refused(name, base):
    with pytest.raises(ValueError, match="Argument `base` must"):
        call(name, RHO, SIGMA, base=base)


@every_divergence
def test_an_unknown_support_rule_is_refused(name):
    with pytest.raises(ValueError, match="Argument `support` must"):
        getattr(quantum, name)(RHO, SIGMA, support="clip")


@every_divergence
def test_settings_are_keyword_only(name):
    with pytest.raises(TypeError):
        getattr(quantum, name)(RHO, SIGMA, 2)


def test_rounding_of_size_sqrt_eps_is_let_pass_and_more_is_not():
    slack = np.sqrt(EPS)
    skew = np.array([[0, 1], [0, 0]])
    for passing, wrong, words in [
        (HALF * (1 + slack / 2), HALF * (1 + 2 * slack), "trace 1"),
        (HALF + skew * slack / 2, HALF + skew * 2 * slack, "Hermitian"),
        (np.diag([1 + slack / 2, -slack / 2]), np.diag([1 + 2 * slack, -2 * slack]), "positive"),
    ]:
        quantum.entropy(passing)
        with pytest.raises(ValueError, match=words):
            quantum.entropy(wrong)


def test_a_one_dimensional_space_holds_one_state_of_no_entropy():
    one = np.ones((1, 1))
    assert quantum.entropy(one) == 0
    assert quantum.cross_entropy(one, one) == 0
    assert quantum.relative_entropy(one, one) == 0


@pytest.mark.parametrize("dimension", [3, 5, 520])
def test_dimensions_need_not_be_powers_of_two(dimension):
    """520 lies above the size from which another LAPACK driver may be chosen."""
    rng = np.random.default_rng(8)
    p, q = rng.dirichlet(np.ones(dimension), size=2)
    basis, _ = np.linalg.qr(rng.normal(size=(dimension, dimension)))
    rho, sigma = ((basis * x) @ basis.T for x in (p, q))
    tolerance = value_limit((p, basis), (q, basis))
    assert abs(quantum.cross_entropy(rho, sigma) + p @ np.log(q)) <= tolerance
    assert abs(quantum.relative_entropy(rho, sigma) - p @ np.log(p / q)) <= tolerance
    assert BACKWARD * EPS * dimension < q.min()  # else the support rule would apply
