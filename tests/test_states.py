"""Factorised states: they agree with their dense form, and are exact where that cannot be."""

import math

import jax
import mpmath as mp
import numpy as np
import oracles
import pennylane as qml
import pytest
import scipy.sparse
import scipy.sparse.linalg
from hypothesis import given
from hypothesis import strategies as st
from strategies import FULL, KINDS, Spectral, random_spectrum, random_unitary, seeds, theorem

from qce import quantum
from qce.states import (
    Bracket,
    Dense,
    Diagonal,
    Ensemble,
    IsingChain,
    Product,
    Pure,
    Rotated,
    Thermal,
    lanczos_cross_entropy,
    random_density_matrix,
)

EPS = float(np.finfo(float).eps)


def ket(rng, d):
    x = rng.normal(size=d) + 1j * rng.normal(size=d)
    return x / np.linalg.norm(x)


def spectral(matrix):
    """Spectrum and basis of a small dense state, for the limits of float64 input."""
    p, v = np.linalg.eigh(matrix)
    return np.maximum(p, 0.0), v


# --- every kind of state agrees with its dense form -----------------------------------------------

FULL_RANK = ("diagonal", "rotated", "dense", "thermal", "product", "chain")
ANY_RANK = (*FULL_RANK, "pure", "ensemble", "deficient", "kron")


def build(kind, rng, spectrum_kind):
    """A factorised state of dimension 4 and its matrix, made without `qce`."""
    p, v = random_spectrum(rng, 4, spectrum_kind), random_unitary(rng, 4)
    if kind == "diagonal":
        return Diagonal(p), np.diag(p)
    if kind == "rotated":
        return Rotated(p, v), Spectral(p, v).matrix
    if kind == "dense":
        return Dense(Spectral(p, v).matrix), Spectral(p, v).matrix
    if kind == "deficient":
        p = random_spectrum(rng, 4, "deficient")
        return Rotated(p, v), Spectral(p, v).matrix
    if kind == "pure":
        return Pure(v[:, 0]), np.outer(v[:, 0], v[:, 0].conj())
    if kind == "ensemble":
        n = int(rng.integers(1, 6))
        kets, w = np.array([ket(rng, 4) for _ in range(n)]), rng.dirichlet(np.ones(n))
        return Ensemble(kets, w), np.einsum("k,ki,kj->ij", w, kets, kets.conj())
    if kind == "thermal":
        energies, beta = 3 * rng.normal(size=4), rng.normal()
        q = np.exp(-beta * energies)
        return Thermal((v * energies) @ v.conj().T, beta), Spectral(q / q.sum(), v).matrix
    if kind == "chain":
        coupling, field, beta = rng.normal(size=3)
        z, x, one = np.diag([1.0, -1.0]), np.array([[0.0, 1.0], [1.0, 0.0]]), np.eye(2)
        h = -coupling * np.kron(z, z) - field * (np.kron(x, one) + np.kron(one, x))
        energies, u = np.linalg.eigh(h)
        q = np.exp(-beta * energies)
        return Thermal(IsingChain(2, coupling, field), beta), Spectral(q / q.sum(), u).matrix
    a, b = random_spectrum(rng, 2, "generic"), random_spectrum(rng, 2, "generic")
    u, w = random_unitary(rng, 2), random_unitary(rng, 2)
    if kind == "kron":
        x = ket(rng, 2)
        matrix = np.kron(np.outer(x, x.conj()), Spectral(b, w).matrix)
        return Product(Pure(x), Rotated(b, w)), matrix
    matrix = np.kron(Spectral(a, u).matrix, np.diag(b))
    return Product(Rotated(a, u), Diagonal(b)), matrix


@theorem
@given(st.sampled_from(ANY_RANK), st.sampled_from(KINDS), seeds)
def test_a_state_is_its_matrix_and_has_its_entropy(kind, spectrum_kind, seed):
    state, matrix = build(kind, np.random.default_rng(seed), spectrum_kind)
    # Two roundings of entries of at most 1, summed over at most eight terms.
    np.testing.assert_allclose(np.asarray(state), matrix, atol=16 * EPS)
    limit = oracles.entropy_limit(spectral(matrix))
    assert abs(quantum.entropy(state) - quantum.entropy(matrix)) <= limit


@theorem
@given(st.sampled_from(ANY_RANK), st.sampled_from(FULL_RANK), st.sampled_from(FULL), seeds)
def test_cross_and_relative_entropy_agree_with_the_dense_ones(first, second, kind, seed):
    """State with state, array with state and state with array: all four are one value."""
    rng = np.random.default_rng(seed)
    (data, rho), (model, sigma) = build(first, rng, kind), build(second, rng, kind)
    for name in ("cross_entropy", "relative_entropy"):
        quantity = getattr(quantum, name)
        value = quantity(rho, sigma)
        limit = 2 * oracles.LIMITS[name](spectral(rho), spectral(sigma))
        for pair in ((data, model), (rho, model), (data, sigma)):
            assert abs(quantity(*pair) - value) <= limit, pair
    assert quantum.relative_entropy(data, model) >= 0


@theorem
@given(st.sampled_from(ANY_RANK), seeds)
def test_relative_entropy_of_a_state_to_itself_vanishes(kind, seed):
    rng = np.random.default_rng(seed)
    state, matrix = build(kind, rng, "generic")
    # Overlaps between different eigenvectors are rounding, ε d in amplitude, and enter squared.
    d = len(matrix)
    spread = 1 - np.log(EPS) * d
    if kind in ("dense", "kron", "product"):
        assert 0 <= quantum.relative_entropy(state, state) <= d**2 * EPS * spread
    else:
        assert 0 <= quantum.relative_entropy(state, state) <= 8 * EPS * d


def test_batches_of_dense_data_beside_a_factorised_model():
    rng = np.random.default_rng(5)
    stack = np.array([[random_density_matrix(4, seed=rng) for _ in range(3)] for _ in range(2)])
    models = [Rotated([0.4, 0.3, 0.2, 0.1], random_unitary(rng, 4)), Thermal(IsingChain(2))]
    models.append(Product(Diagonal([0.3, 0.7]), Diagonal([0.6, 0.4])))
    for model in models:
        for quantity in (quantum.cross_entropy, quantum.relative_entropy):
            value = quantity(stack, model)
            assert value.shape == (2, 3)
            # Well conditioned: eigenvalues of 1e-3 and more, sums of 16 terms.
            np.testing.assert_allclose(value, quantity(stack, model.dense()), atol=1e3 * EPS * 16)


def test_other_quantities_take_a_state_for_its_matrix_and_gradients_flow_beside_one():
    rng = np.random.default_rng(6)
    psi, sigma = Pure(ket(rng, 3)), random_density_matrix(3, seed=rng)
    overlap = (psi.ket.conj() @ sigma @ psi.ket).real
    assert math.isclose(quantum.fidelity(psi, sigma), overlap, rel_tol=1e-13)
    by_state = jax.grad(lambda model: quantum.cross_entropy(psi, model, check=False))
    by_matrix = jax.grad(lambda model: quantum.cross_entropy(psi.dense(), model, check=False))
    np.testing.assert_array_equal(by_state(sigma), by_matrix(sigma))


# --- exact where dense input cannot be ------------------------------------------------------------


@pytest.mark.parametrize("tiny", ["1e-12", "1e-40", "1e-300"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_tiny_eigenvalues_of_a_rotated_model_are_exact(tiny, seed):
    """Weights are 1/d in size, with d roundings of ε each; logs are right to ε."""
    sigma = oracles.state([tiny, "0.2", "0.3", "rest"], basis=seed)
    rho = oracles.state(["0.1", "0.15", "0.35", "rest"], basis=seed + 10)
    data, model = (Rotated(*oracles.decomposed(x)) for x in (rho, sigma))
    for name in ("cross_entropy", "relative_entropy"):
        exact = float(getattr(oracles, name)(rho, sigma))
        assert abs(getattr(quantum, name)(data, model) - exact) <= 16 * EPS * 4 * exact


def test_a_weight_far_below_epsilon_is_relatively_accurate():
    """S(ψ, σ) with |⟨2|ψ⟩|² = 1e-30 and −ln q₂ = 1e30 is a sum of two numbers of order one."""
    psi = Pure([math.sqrt(1 - 1e-30), 1e-15])
    model = Thermal(np.diag([0.0, 1.0]), beta=1e30)
    assert math.isclose(quantum.cross_entropy(psi, model), 1.0, rel_tol=8 * EPS)


def test_thermal_logarithms_never_underflow():
    """exp(−31000) is no float; the uniform state's cross entropy is the mean energy times β."""
    model = Thermal(np.diag(np.arange(32.0)), beta=1e3)
    assert quantum.cross_entropy(Diagonal(np.full(32, 1 / 32)), model) == pytest.approx(
        15.5e3, rel=32 * EPS, abs=0
    )
    cold = quantum.entropy(Thermal(np.diag([0.0, 1.0]), beta=500.0))
    assert cold == pytest.approx(
        501 * math.exp(-500), rel=1e-13, abs=0
    )  # −p ln p + p for p = e^−500


@mp.workdps(40)
def geometric(mean, levels):
    x = mp.mpf(mean) / (1 + mp.mpf(mean))
    weights = [x**k for k in range(levels)]
    return [w / mp.fsum(weights) for w in weights]


def oscillator(mean, levels):
    """The thermal state of mean photon number n̄ on a truncated space."""
    return Thermal(np.diag(np.arange(float(levels))), beta=math.log((mean + 1) / mean))


def test_two_thermal_states_on_32_levels_from_dense_and_factorised_input():
    p, q = geometric("0.5", 32), geometric("0.05", 32)
    exact = float(mp.fsum(a * mp.log(a / b) for a, b in zip(p, q, strict=True)))
    assert round(exact, 4) == 0.6163
    data, model = oscillator(0.5, 32), oscillator(0.05, 32)
    # A sum of 32 terms, with logs of up to 95 right to ε.
    for pair in ((data, model), (data.dense(), model.dense()), (data.dense(), model)):
        assert quantum.relative_entropy(*pair) == pytest.approx(exact, rel=32 * EPS, abs=0)
    u = random_unitary(np.random.default_rng(8), 32)
    rotated = [Rotated([float(x) for x in y], u) for y in (p, q)]
    # Overlaps between eigenvectors are rounding, (ε d)² each, times logs of at most 95.
    assert quantum.relative_entropy(*rotated) == pytest.approx(exact, rel=32 * 4 * EPS, abs=0)


@pytest.mark.parametrize(
    "first, second, cross, relative",
    [
        (1, 2, 1.504077396776, 0.117783035656),
        (0.5, 3, 1.530135397346, 0.575364144904),
        (2, 0.5, 2.602689685444, math.log(2)),
    ],
)
def test_gaussian_states_on_truncated_spaces(first, second, cross, relative):
    """The truncation error is known: Δ⟨n⟩ = N xᴺ/(1 − xᴺ), Δ ln Z = ln(1 − xᴺ)."""

    def truncation(levels):
        x, y = first / (first + 1), second / (second + 1)
        rest = x**levels / (1 - x**levels)
        entropy = math.log1p(1 / first) * levels * rest - math.log1p(-(x**levels))
        return -math.log(y) * levels * rest - math.log1p(-(y**levels)), entropy

    for levels in (40, 300):
        data, model = oscillator(first, levels), oscillator(second, levels)
        of_cross, of_entropy = truncation(levels)
        rounding = 1e-12  # of the reference values, which have twelve decimals
        assert abs(quantum.cross_entropy(data, model) - cross) <= of_cross + rounding
        error = abs(quantum.relative_entropy(data, model) - relative)
        assert error <= of_cross + of_entropy + rounding
    assert of_cross < 1e-13


def test_a_displaced_thermal_state_costs_the_displacement():
    """D(α) as exp of the truncated α(a† − a): levels that it mixes up carry 2^−60 of the weight."""
    levels, alpha = 120, 0.7
    a = np.diag(np.sqrt(np.arange(1.0, levels)), k=1)
    displacement = scipy.linalg.expm(alpha * (a.T - a))
    x = 0.5 ** np.arange(levels)
    data = Rotated(x / x.sum(), displacement)
    value = quantum.relative_entropy(data, oscillator(2, levels))
    assert value == pytest.approx(0.316460938629, abs=1e-12)  # twelve decimals


@pytest.mark.parametrize(
    "betas, cross, entropy",
    [
        ((1, 0.5), 0.432464609540340, 0.365333855087208),
        ((2, 1), 0.162900430967156, 0.0900947677661761),
    ],
)
def test_single_spins(betas, cross, entropy):
    data, model = (Thermal(np.diag([1.0, -1.0]), beta) for beta in betas)
    assert quantum.cross_entropy(data, model) == pytest.approx(cross, rel=1e-14, abs=0)
    assert quantum.entropy(data) == pytest.approx(entropy, rel=1e-14, abs=0)


# --- free fermions --------------------------------------------------------------------------------

CHAINS = {
    2: (1.298955912862, 0.956009009886, 0.342946902976),
    4: (2.367007093859, 1.659185312773, 0.707821781086),
    8: (4.500901494868, 3.063974792620, 1.436926702248),
    10: (5.567848564212, 3.766369274134, 1.801479290078),
    256: (136.8023380940, 90.1608905003, 46.6414475937),
}


@pytest.mark.parametrize("sites", CHAINS)
def test_thermal_states_of_the_ising_chain_at_any_length(sites):
    data = Thermal(IsingChain(sites, 1.0, 0.5), 1.0)
    model = Thermal(IsingChain(sites, 1.0, 1.5), 0.8)
    cross, entropy, relative = CHAINS[sites]
    places = 1e-12 if sites < 256 else 1e-10  # decimals of the reference values
    assert quantum.cross_entropy(data, model) == pytest.approx(cross, abs=places)
    assert quantum.entropy(data) == pytest.approx(entropy, abs=places)
    assert quantum.relative_entropy(data, model) == pytest.approx(relative, abs=places)


@pytest.mark.parametrize("sites", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("beta", [1.0, -0.6])
def test_the_chain_agrees_with_its_matrix(sites, beta):
    """⟨H⟩ is right to ε‖H‖ ≤ 20 ε; the dense values to what float64 input allows."""
    data, model = Thermal(IsingChain(sites, 1.0, 0.5), beta), Thermal(IsingChain(sites, 0.7, 1.2))
    psi = Pure(ket(np.random.default_rng(sites), 2**sites))
    rho, sigma, phi = data.dense(), model.dense(), psi.dense()
    for name in ("cross_entropy", "relative_entropy"):
        quantity, value = getattr(quantum, name), getattr(quantum, name)(data, model)
        limit = 20 * EPS + oracles.LIMITS[name](spectral(rho), spectral(sigma))
        for pair in ((rho, sigma), (rho, model), (data, sigma)):
            assert abs(quantity(*pair) - value) <= limit
    limit = 20 * EPS + oracles.cross_limit(spectral(phi), spectral(sigma))
    value = quantum.cross_entropy(psi, model)
    assert abs(value - quantum.cross_entropy(phi, sigma)) <= limit


@pytest.mark.parametrize(
    "parameters, beta, value",
    [
        ((1, 0.5), 1.0, 9.209650802018),
        ((1, 1), 0.7, 8.602756265628),
        ((0.8, 1.6), 1.3, 17.779258054278),
    ],
)
def test_the_partition_function_of_the_chain(parameters, beta, value):
    assert IsingChain(8, *parameters).log_partition(beta) == pytest.approx(value, abs=1e-12)


def test_close_chains_keep_relative_accuracy():
    """Without coupling the chain is n spins: the exact value is n binary relative entropies."""
    sites, beta, step = 100, 1.0, 1e-6
    with mp.workdps(40):
        p, q = (1 / (1 + mp.e ** (2 * mp.mpf(b))) for b in (beta, beta + step))
        exact = sites * (p * mp.log(p / q) + (1 - p) * mp.log((1 - p) / (1 - q)))
    data, model = (Thermal(IsingChain(sites, 0.0, 1.0), b) for b in (beta, beta + step))
    # Logs of at most 2β are right to ε, their differences 2·step to 4 ε β/step, squares twice.
    relative = 8 * EPS * beta / step + 16 * EPS / step
    assert quantum.relative_entropy(data, model) == pytest.approx(float(exact), rel=relative, abs=0)
    assert quantum.relative_entropy(data, data) == pytest.approx(0.0, abs=sites * EPS**2 * 1e4)


def test_the_chain_is_the_operator_of_pennylane():
    h = qml.sum(-1.0 * qml.Z(0) @ qml.Z(1), -1.0 * qml.Z(1) @ qml.Z(2))
    h = qml.sum(h, *(-0.5 * qml.X(i) for i in range(3)))
    chain = IsingChain(3, 1.0, 0.5)
    np.testing.assert_allclose(chain.sparse_matrix().toarray(), qml.matrix(h), atol=1e-15)
    value = quantum.entropy(Thermal(chain, 0.9))
    for operator in (h, chain.sparse_matrix(), chain.sparse_matrix().toarray()):
        assert quantum.entropy(Thermal(operator, 0.9)) == pytest.approx(value, abs=1e-13)


def test_wire_zero_is_the_most_significant():
    h = qml.sum(qml.Z(0), 0.3 * qml.X(1))
    x, z = np.array([[0.0, 1.0], [1.0, 0.0]]), np.diag([1.0, -1.0])
    matrix = np.kron(z, np.eye(2)) + 0.3 * np.kron(np.eye(2), x)
    np.testing.assert_allclose(Thermal(h).dense(), Thermal(matrix).dense(), atol=8 * EPS)


def test_a_large_sparse_hamiltonian_needs_the_partition_function_only():
    chain = IsingChain(14, 1.0, 0.7)
    psi = Pure(ket(np.random.default_rng(3), chain.dimension))
    value = quantum.cross_entropy(psi, Thermal(chain, 0.8))
    known = Thermal(chain.sparse_matrix(), 0.8, log_partition=chain.log_partition(0.8))
    assert quantum.cross_entropy(psi, known) == value
    with pytest.raises(ValueError, match="`log_partition` must be known"):
        quantum.cross_entropy(psi, Thermal(chain.sparse_matrix(), 0.8))


# --- products -------------------------------------------------------------------------------------


def test_a_hundred_factors_are_additive():
    rng = np.random.default_rng(4)
    pairs = [[random_density_matrix(2, seed=rng) for _ in range(2)] for _ in range(100)]
    data, model = (Product(*factors) for factors in zip(*pairs, strict=True))
    for quantity in (quantum.cross_entropy, quantum.relative_entropy):
        total = sum(quantity(rho, sigma) for rho, sigma in pairs)
        assert quantity(data, model) == pytest.approx(
            total, rel=1e-11, abs=0
        )  # eigenvalues above 1e-3
    with pytest.raises(ValueError, match=r"dimension <= 8192 .* but its dimension is 2\*\*100"):
        data.dense()


@theorem
@given(st.sampled_from(["array", "pure", "ensemble", "diagonal"]), seeds)
def test_a_product_model_needs_the_marginals_alone(kind, seed):
    rng = np.random.default_rng(seed)
    factors = [random_density_matrix(d, seed=rng) for d in (2, 3, 2)]
    data = {
        "array": lambda: random_density_matrix(12, seed=rng),
        "pure": lambda: Pure(ket(rng, 12)),
        "ensemble": lambda: Ensemble(np.array([ket(rng, 12) for _ in range(3)])),
        "diagonal": lambda: Diagonal(rng.dirichlet(np.ones(12))),
    }[kind]()
    sigma = np.kron(np.kron(factors[0], factors[1]), factors[2])
    limit = 2 * oracles.cross_limit(spectral(np.asarray(data)), spectral(sigma))
    value = quantum.cross_entropy(data, Product(*factors))
    assert abs(value - quantum.cross_entropy(np.asarray(data), sigma)) <= limit


def test_products_of_products_are_flat():
    a, b, c = (Diagonal([p, 1 - p]) for p in (0.1, 0.2, 0.3))
    assert Product(Product(a, b), c).factors == (a, b, c)
    assert Product(Product(a, b), c).dimensions == (2, 2, 2)


# --- support --------------------------------------------------------------------------------------


def test_the_support_rule():
    u = random_unitary(np.random.default_rng(9), 3)
    model = Rotated([0.5, 0.5, 0.0], u)
    inside = Pure((u[:, 0] + 1j * u[:, 1]) / math.sqrt(2))
    assert quantum.cross_entropy(inside, model) == pytest.approx(math.log(2), rel=8 * EPS, abs=0)
    grazing = u[:, 0] * math.sqrt(1 - 1e-24) + u[:, 2] * 1e-12
    for outside in (Pure(grazing), Pure(u[:, 2]), np.eye(3) / 3, Diagonal(np.full(3, 1 / 3))):
        for quantity in (quantum.cross_entropy, quantum.relative_entropy):
            assert quantity(outside, model) == np.inf
            with pytest.raises(ValueError, match="contain the data in its support"):
                quantity(outside, model, support="raise")
    dependent = Ensemble([u[:, 0], u[:, 1], (u[:, 0] + u[:, 1]) / math.sqrt(2)])
    assert quantum.cross_entropy(Pure(u[:, 2]), dependent) == np.inf
    assert quantum.entropy(dependent) <= math.log(2)
    low = Ensemble([u[:, 0], u[:, 1]])
    assert quantum.relative_entropy(low, model) == pytest.approx(0.0, abs=16 * EPS)
    assert quantum.cross_entropy(Pure(u[:, 0]), Pure(u[:, 0] * 1j)) <= 16 * EPS
    assert quantum.cross_entropy(Pure(u[:, 0]), Pure(u[:, 1])) == np.inf


def test_only_zero_is_zero_in_a_diagonal_state():
    tiny = 1e-200
    assert quantum.cross_entropy(Diagonal([1.0, tiny]), Diagonal([1.0, 0.0])) == np.inf
    value = quantum.relative_entropy(Diagonal([1.0, 0.0]), Diagonal([1.0, tiny]))
    # (ln 1 − ln 1) + the mass that the model puts elsewhere, by its logarithm of 460.
    assert value == pytest.approx(tiny, rel=460 * EPS, abs=0)


def test_a_diagonal_state_of_a_million_entries_is_no_matrix():
    p = np.random.default_rng(2).dirichlet(np.ones(10**6))
    uniform = Diagonal(np.full(10**6, 1e-6))
    assert quantum.cross_entropy(Diagonal(p), uniform) == pytest.approx(
        math.log(1e6), rel=1e-12, abs=0
    )
    gap = math.log(1e6) - quantum.entropy(Diagonal(p))
    # Two sums of 1e6 terms, each right to 1e-12 (pairwise, with logs of order 10).
    assert quantum.relative_entropy(Diagonal(p), uniform) == pytest.approx(gap, abs=1e-11)


def test_orthogonal_kets_keep_their_weights_as_spectrum():
    u = random_unitary(np.random.default_rng(1), 3)
    model = Ensemble(u.T, weights=[1.0, 1e-200, 1e-250])
    value = quantum.cross_entropy(Ensemble(u.T), model)
    assert value == pytest.approx((200 + 250) * math.log(10) / 3, rel=16 * EPS, abs=0)


# --- Lanczos --------------------------------------------------------------------------------------


def model_of_condition(rng, d, condition):
    q = np.exp(rng.uniform(0, math.log(condition), d))
    q, u = q / q.sum(), random_unitary(rng, d)
    return q, u, Spectral(q, u).matrix


@pytest.mark.parametrize("condition", [2, 20, 2000])
def test_the_bracket_holds_the_value_and_closes(condition):
    rng = np.random.default_rng(11)
    q, u, sigma = model_of_condition(rng, 200, condition)
    psi = ket(rng, 200)
    exact = -(np.abs(u.conj().T @ psi) ** 2) @ np.log(q)
    widths = []
    for steps in (8, 16, 200):
        found = lanczos_cross_entropy(psi, sigma, max_steps=steps)
        assert isinstance(found, Bracket) and found.steps <= steps
        assert found.lower <= exact <= found.upper
        widths.append(found.error)
    # Rounding, ε √d λ_max ⟨1/σ⟩, is what is left.
    assert widths[2] <= 4 * EPS * math.sqrt(200) * (1 + exact + condition)
    assert widths[0] >= widths[1] >= widths[2]


def test_any_operator_with_a_product_will_do():
    rng = np.random.default_rng(12)
    q = rng.uniform(1, 3, 300)
    q /= q.sum()
    data = Ensemble(np.array([ket(rng, 300) for _ in range(2)]), weights=[0.25, 0.75])
    exact = -(data.weights @ np.abs(data.kets) ** 2) @ np.log(q)
    sparse = scipy.sparse.diags_array(q).tocsr()
    for model in (sparse, scipy.sparse.linalg.aslinearoperator(sparse), np.diag(q)):
        found = lanczos_cross_entropy(data, model, least=q.min())
        assert found.lower <= exact <= found.upper and found.error <= 1e-13
    assert lanczos_cross_entropy(data, np.diag(np.r_[0.0, q[1:]])).upper == np.inf


def test_a_value_that_rounding_dominates_is_left_to_eigh():
    """One eigenvalue 3e-12 of the others: bounds meet at once, at 1e-5 of rounding."""
    rng = np.random.default_rng(14)
    q, u = np.r_[3e-12, np.ones(519)] / 519, random_unitary(rng, 520)
    sigma, psi = Spectral(q, u).matrix, Pure(ket(rng, 520))
    found = lanczos_cross_entropy(psi, sigma)
    exact = -(np.abs(u.conj().T @ psi.ket) ** 2) @ np.log(q)
    assert found.steps <= 16 and 1e-9 < found.error and found.lower <= exact <= found.upper
    assert quantum.cross_entropy(psi, sigma) == quantum.cross_entropy(psi.dense(), sigma)


def test_a_large_model_is_met_by_lanczos_and_else_by_eigh(monkeypatch):
    rng = np.random.default_rng(13)
    q, u, sigma = model_of_condition(rng, 520, 5)
    psi = Pure(ket(rng, 520))
    exact = -(np.abs(u.conj().T @ psi.ket) ** 2) @ np.log(q)
    _, _, stiff = model_of_condition(rng, 520, 1e5)
    dense = quantum.cross_entropy(psi.dense(), stiff)
    assert quantum.cross_entropy(psi, stiff) == dense

    def refused(*arguments, **options):
        raise AssertionError("eigh was called")

    monkeypatch.setattr(scipy.linalg, "eigh", refused)
    for quantity in (quantum.cross_entropy, quantum.relative_entropy):
        # Rounding of 5·ε√d·λ_max/λ at most, for either.
        assert quantity(psi, sigma) == pytest.approx(exact, rel=5 * EPS * math.sqrt(520), abs=0)
    with pytest.raises(AssertionError, match="eigh was called"):
        quantum.cross_entropy(psi, stiff)


# --- random states, and errors --------------------------------------------------------------------


@pytest.mark.parametrize("d, rank", [(4, None), (4, 2), (3, 1)])
def test_random_density_matrices_follow_the_induced_measure(d, rank):
    """E Tr ρ² = (d + K)/(dK + 1); within five standard errors over 2000 draws, seed 21."""
    rng, k = np.random.default_rng(21), rank or d
    draws = [random_density_matrix(d, rank, seed=rng) for _ in range(2000)]
    purity = np.array([np.sum(np.abs(rho) ** 2) for rho in draws])
    error = max(5 * purity.std() / math.sqrt(2000), 1e-12)
    assert abs(purity.mean() - (d + k) / (d * k + 1)) <= error
    assert np.linalg.matrix_rank(draws[0], tol=1e-10) == k
    np.testing.assert_array_equal(
        random_density_matrix(d, rank, seed=3), random_density_matrix(d, rank, seed=3)
    )


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: Pure([1.0, 1.0]), "`ket` must be normalised, but a norm is off by 0.414"),
        (lambda: Pure(np.eye(2)), r"`ket` must have shape \(d,\)"),
        (lambda: Pure([np.nan, 1.0]), "`ket` must be finite"),
        (lambda: Ensemble([1.0, 0.0]), r"`kets` must have shape \(N, d\)"),
        (lambda: Ensemble(np.eye(2), [0.5, 0.6]), "`weights` must sum to 1"),
        (lambda: Ensemble(np.eye(2), [1.0]), r"`weights` must have shape \(2,\)"),
        (lambda: Diagonal([0.5, 0.6]), "`probabilities` must sum to 1"),
        (lambda: Diagonal(np.eye(2)), r"`probabilities` must have shape \(d,\)"),
        (lambda: Rotated([0.5, 0.5], [[1.0, 1.0], [0.0, 1.0]]), "`basis` must be unitary"),
        (lambda: Rotated([0.5, 0.5], np.eye(3)), r"`basis` must have shape \(2, 2\)"),
        (lambda: Dense(np.diag([1.0, 1.0])), "`matrix` must have trace 1"),
        (lambda: Dense([np.eye(2) / 2]), "`matrix` must be one state"),
        (lambda: Product(), "`factors` must hold at least one state"),
        (lambda: Thermal([[0.0, 1.0], [0.0, 0.0]]), "`hamiltonian` must be Hermitian"),
        (lambda: Thermal([1.0, 2.0]), r"`hamiltonian` must have shape \(d, d\)"),
        (lambda: Thermal(np.eye(2), np.inf), "`beta` must be finite"),
        (lambda: IsingChain(0), "`sites` must be an integer >= 1"),
        (lambda: IsingChain(2, J=np.nan), "`J` must be finite"),
        (lambda: random_density_matrix(0), "`d` must be an integer >= 1"),
        (lambda: random_density_matrix(2, rank=3), "`rank` must be an integer in 1 … 2"),
        (lambda: lanczos_cross_entropy([1.0, 0.0], np.eye(3)), r"`model` must have shape \(2, 2\)"),
        (lambda: lanczos_cross_entropy(Diagonal([1.0]), np.eye(1)), "`data` must be kets"),
        (
            lambda: quantum.cross_entropy(Pure([1.0, 0.0]), np.eye(3) / 3),
            "`data` and `model` must have the same dimension, but they have 2 and 3",
        ),
        (
            lambda: quantum.cross_entropy(np.diag([0.5, 0.6]), Diagonal([1.0, 0.0])),
            "`data` must have trace 1",
        ),
        (
            lambda: jax.grad(lambda x: quantum.entropy(Rotated([0.5, 0.5], x)))(np.eye(2)),
            "`basis` must be plain numbers, but it carries a derivative",
        ),
    ],
)
def test_errors_name_what_holds_what_was_found_and_what_to_do(make, message):
    with pytest.raises(ValueError, match=message) as caught:
        make()
    assert "Pass " in str(caught.value)


@pytest.mark.parametrize(
    "state, text",
    [
        (Pure([1.0, 0.0]), "Pure(d=2)"),
        (Product(Diagonal([1.0]), Diagonal([0.5, 0.5])), "Product(Diagonal(d=1), Diagonal(d=2))"),
        (Thermal(np.eye(2), 0.5), "Thermal(d=2, beta=0.5)"),
        (Thermal(IsingChain(2)), "Thermal(IsingChain(sites=2, J=1.0, h=1.0), beta=1)"),
    ],
)
def test_states_are_short_to_read(state, text):
    assert repr(state) == text


def test_a_basis_is_taken_by_what_it_can_do():
    u = random_unitary(np.random.default_rng(3), 2)
    matrix = Rotated([0.8, 0.2], u).dense()
    gate = qml.QubitUnitary(u, wires=0)
    for basis in (gate, lambda kets: kets @ u.T):
        np.testing.assert_allclose(Rotated([0.8, 0.2], basis).dense(), matrix, atol=4 * EPS)
