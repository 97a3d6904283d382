"""Derivatives of the quantum entropies, with a witness that shares no formula with them.

The gradient cases A to J of the peers (and four more, K to N) as paths of constant rank: rotations
and moving spectra in a random complex basis, differentiated in sixty digits by central differences,
and by each array library through its own arithmetic.
"""

import jax
import jax.numpy as jnp
import numpy as np
import oracles
import pytest
import torch
from hypothesis import given
from libraries import AUTOGRAD, DIFFERENTIATING, JAX, TORCH, hermitian_gradient
from oracles import Path, state
from strategies import full_pairs, seeds, supported_pairs, theorem, unsupported_pairs

from qce import quantum


def generator(dimension, seed):
    """Return a Hermitian matrix of spectral norm one."""
    noise = np.random.default_rng(seed).normal(size=(2, dimension, dimension))
    matrix = noise[0] + 1j * noise[1]
    matrix += matrix.conj().T
    return matrix / np.linalg.norm(matrix, 2)


def inside(exact_state, seed):
    """Return a generator that rotates within the support of a state, to the rounding of float64.

    Its part that leaves the support is of size eps and turns the path by eps·t: nothing at t = 0.
    """
    spectrum, basis = oracles.decomposed(exact_state)
    support = basis[:, spectrum > 0]
    matrix = support @ generator(support.shape[1], seed) @ support.conj().T
    return (matrix + matrix.conj().T) / 2


FLAT, MILD, OTHER = (0.25,) * 4, (0.4, 0.3, 0.2, 0.1), (0.15, 0.2, 0.3, 0.35)
PURE, DEPOLARISED = (1, 0, 0, 0), (0.7, 0.1, 0.1, 0.1)
MOVE, BACK = (0.1, -0.2, 0.3, -0.2), (-0.3, 0.1, 0.1, 0.1)
K, L = generator(4, 31), generator(4, 32)
# The RY rotation of both qubits, as a generator: real states, |00⟩ at the start.
TURN = np.array([[0, -0.5j], [0.5j, 0]])
RY = np.kron(TURN, np.eye(2)) + np.kron(np.eye(2), TURN)
RANK3 = state((0.5, 0.3, 0.2, 0), 11)

CASES = {
    "A full rank": (Path(state(MILD, 11), MOVE, K), Path(state(OTHER, 12), BACK, L)),
    "B rho fully degenerate": (Path(state(FLAT, 11), MOVE), Path(state(OTHER, 12))),
    "C sigma fully degenerate": (Path(state(MILD, 11)), Path(state(FLAT, 12), MOVE)),
    "D twofold and threefold degenerate": (
        Path(state((0.3, 0.3, 0.25, 0.15), 11), MOVE, K),
        Path(state((0.2, 0.2, 0.2, 0.4), 12), BACK, L),
    ),
    "D2 the same, diagonal": (
        Path(state((0.3, 0.3, 0.25, 0.15)), MOVE, K),
        Path(state((0.2, 0.2, 0.2, 0.4)), BACK, L),
    ),
    "E pure rho": (Path(state(PURE, 11), (), K), Path(state(OTHER, 12))),
    "F rank 2 in rank 3": (
        Path(state((0.7, 0.3, 0, 0), 11), (0.2, -0.2, 0, 0), inside(RANK3, 33)),
        Path(RANK3, (0.1, -0.3, 0.2, 0)),
    ),
    "G both turn out of the old support": (
        Path(state((0.7, 0.3, 0, 0), 11), (0.2, -0.2, 0, 0), K),
        Path(RANK3, (0.1, -0.3, 0.2, 0), K),
    ),
    "H sigma depolarised pure": (Path(state(MILD, 11)), Path(state(DEPOLARISED, 12), (), L)),
    "H2 rho pure, sigma depolarised RY state": (
        Path(state(PURE)),
        Path(state(DEPOLARISED), BACK, RY),
    ),
    "I commuting diagonal": (Path(state(MILD), MOVE), Path(state(OTHER), BACK)),
    "J one-hot label": (Path(state(PURE)), Path(state((0.65, 0.15, 0.1, 0.1)), (0.5, -0.5, 0, 0))),
    "J2 one-hot label, rotated": (
        Path(state(PURE, 11)),
        Path(state((0.65, 0.15, 0.1, 0.1), 11), (0.5, -0.5, 0, 0)),
    ),
    "K eigenvalues 1e-13 apart": (
        Path(state(("0.3", "0.3000000000001", "rest", "0.15"), 11), MOVE, K),
        Path(state(("0.2", "0.2000000000001", "0.1999999999999", "rest"), 12), BACK, L),
    ),
    "L eigenvalues about a tenth apart": (  # where a series may take over from a quotient
        Path(state((0.3, 0.275, 0.265, 0.16), 11), MOVE, K),
        Path(state((0.26, 0.25, 0.235, 0.255), 12), BACK, L),
    ),
    "M rho equals sigma": (Path(state(MILD, 11), MOVE, K), Path(state(MILD, 11), BACK, L)),
    "N both rank 2, turning together": (
        Path(state((0.7, 0.3, 0, 0), 11), (0.2, -0.2, 0, 0), K),
        Path(state((0.4, 0.6, 0, 0), 11), (0.3, -0.3, 0, 0), K),
    ),
}
NAMES = ["cross_entropy", "relative_entropy"]

every_case = pytest.mark.parametrize("case", CASES)
every_library = pytest.mark.parametrize("library", DIFFERENTIATING, ids=str)
every_divergence = pytest.mark.parametrize("name", NAMES)


def along(name, library, *paths):
    """Return t ↦ quantity of the paths at t, computed by `qce` in a library's own arithmetic."""
    curves = [path.curve(library) for path in paths]
    return lambda t: getattr(quantum, name)(*(curve(t) for curve in curves), check=False)


@every_case
@every_library
@every_divergence
def test_first_derivative_along_a_path_of_constant_rank(case, library, name):
    paths = CASES[case]
    truth = float(oracles.derivative(getattr(oracles, name), *paths))
    value = library.derivative(along(name, library, *paths))
    assert abs(value - truth) <= oracles.derivative_limit(1, *paths)


@every_case
@every_library
@every_divergence
def test_second_derivative_along_a_path_of_constant_rank(case, library, name):
    paths = CASES[case]
    truth = float(oracles.second_derivative(getattr(oracles, name), *paths))
    value = library.second_derivative(along(name, library, *paths))
    assert abs(value - truth) <= oracles.derivative_limit(2, *paths)


@every_case
@every_library
def test_derivatives_of_entropy_along_a_path_of_constant_rank(case, library):
    for path in CASES[case]:
        value = along("entropy", library, path)
        first = float(oracles.derivative(oracles.entropy, path))
        assert abs(library.derivative(value) - first) <= oracles.derivative_limit(1, path)
        second = float(oracles.second_derivative(oracles.entropy, path))
        assert abs(library.second_derivative(value) - second) <= oracles.derivative_limit(2, path)


@every_case
def test_forward_mode_and_jit_agree_with_reverse_mode_in_jax(case):
    paths = CASES[case]
    value = along("relative_entropy", JAX, *paths)
    _, forward = jax.jvp(value, (0.0,), (1.0,))
    compiled = jax.jit(jax.grad(value))(0.0)
    truth = float(oracles.derivative(oracles.relative_entropy, *paths))
    limit = oracles.derivative_limit(1, *paths)
    assert abs(float(forward) - truth) <= limit
    assert abs(float(compiled) - truth) <= limit


def test_the_one_hot_case_has_the_derivative_found_by_hand():
    """J: −q̇₀/q₀ = −0.5/0.65, the number in the peers' table."""
    truth = float(oracles.derivative(oracles.relative_entropy, *CASES["J one-hot label"]))
    assert abs(truth + 0.5 / 0.65) <= 8 * oracles.EPS


# --- gradients as matrices ---------------------------------------------------------------------


def quantities(rho, sigma):
    """Yield a label, a function of one matrix, and the matrix: all five gradients there are."""
    for name in NAMES:
        function = getattr(quantum, name)
        yield f"{name} by rho", (lambda x, f=function: f(x, sigma, check=False)), rho
        yield f"{name} by sigma", (lambda x, f=function: f(rho, x, check=False)), sigma
    yield "entropy", (lambda x: quantum.entropy(x, check=False)), rho


@every_case
@every_library
def test_gradient_is_a_finite_hermitian_matrix(case, library):
    rho, sigma = (library.asarray(path.state.array) for path in CASES[case])
    for label, function, x in quantities(rho, sigma):
        gradient = hermitian_gradient(library, function, x)
        assert np.isfinite(gradient).all(), label
        # The two triangles come from the same products, rounded apart.
        gap = np.abs(gradient - gradient.conj().T).max()
        assert gap <= 16 * oracles.EPS * np.abs(gradient).max(), label


@every_case
@every_library
@every_divergence
def test_gradient_matrix_times_tangent_is_the_derivative(case, library, name):
    """dS = Re Tr(G dX): the convention for Hermitian input, in each library's own storage."""
    paths = CASES[case]
    rho, sigma = (library.asarray(path.state.array) for path in paths)
    function = getattr(quantum, name)
    by_rho = hermitian_gradient(library, lambda x: function(x, sigma, check=False), rho)
    by_sigma = hermitian_gradient(library, lambda x: function(rho, x, check=False), sigma)
    total = sum(
        np.trace(gradient @ path.tangent()).real
        for gradient, path in zip((by_rho, by_sigma), paths, strict=True)
    )
    truth = float(oracles.derivative(getattr(oracles, name), *paths))
    assert abs(total - truth) <= oracles.derivative_limit(1, *paths)


@every_library
def test_gradient_by_rho_of_the_cross_entropy_is_minus_log_sigma(library):
    rho, sigma = state(MILD, 11), state(OTHER, 12)
    values, basis = oracles.decomposed(sigma)
    truth = -(basis * np.log(values)) @ basis.conj().T
    model = library.asarray(sigma.array)
    gradient = hermitian_gradient(
        library, lambda x: quantum.cross_entropy(x, model, check=False), rho.array
    )
    # log moves by ‖E‖/λmin for an error E = 4·eps·d of the matrix.
    limit = oracles.BACKWARD * oracles.EPS * 4 / min(values)
    assert np.abs(gradient - truth).max() <= limit


@theorem
@given(supported_pairs() | unsupported_pairs() | full_pairs(4), seeds)
def test_turning_random_states_changes_the_value_as_the_commutator_says(pair, seed):
    """d/dt S(ρ, e^{−iKt} σ e^{iKt}) = i Tr ρ [K, log σ], whatever the ranks, with log 0 = 0.

    Also where the value itself is infinite: of the finite part. The logarithm of σ is known to
    4·eps·d·λmax/λmin on the support.
    """
    rho, sigma = pair
    k, log = generator(rho.dimension, seed), sigma.log()
    truth = (1j * np.trace(rho.matrix @ (k @ log - log @ k))).real
    tangent = -1j * (k @ sigma.matrix - sigma.matrix @ k)
    condition = sigma.spectrum.max() / sigma.spectrum[sigma.spectrum > 0].min()
    shift = oracles.BACKWARD * oracles.EPS * rho.dimension
    limit = 4 * shift * (rho.dimension * condition + np.abs(np.linalg.eigvalsh(log)).max())
    for library in (AUTOGRAD, TORCH):
        data = library.asarray(rho.matrix)
        for function in (quantum.cross_entropy, quantum.relative_entropy):
            gradient = hermitian_gradient(
                library, lambda x, f=function, d=data: f(d, x, check=False), sigma.matrix
            )
            assert abs(np.trace(gradient @ tangent).real - truth) <= limit, (library, function)


@theorem
@given(supported_pairs() | unsupported_pairs(), seeds)
def test_turning_the_data_leaves_its_entropy_and_moves_only_the_cross_term(pair, seed):
    """d/dt D(e^{−iKt} ρ e^{iKt}‖σ) = i Tr [K, ρ] log σ, whatever the rank of ρ."""
    rho, sigma = pair
    k, log = generator(rho.dimension, seed), sigma.log()
    tangent = -1j * (k @ rho.matrix - rho.matrix @ k)
    truth = -np.trace(tangent @ log).real
    condition = sum(x.spectrum.max() / x.spectrum[x.spectrum > 0].min() for x in pair)
    shift = oracles.BACKWARD * oracles.EPS * rho.dimension
    limit = 4 * shift * (rho.dimension * condition + np.abs(np.linalg.eigvalsh(log)).max())
    for library in (AUTOGRAD, TORCH):
        model = library.asarray(sigma.matrix)
        gradient = hermitian_gradient(
            library, lambda x, m=model: quantum.relative_entropy(x, m, check=False), rho.matrix
        )
        assert abs(np.trace(gradient @ tangent).real - truth) <= limit, library


VIOLATIONS = {
    "full rank against rank 3": (state(MILD, 11), RANK3),
    "pure against pure": (state(PURE, 11), state(PURE, 12)),
    "rank 2 against rank 3": (state((0.7, 0.3, 0, 0), 12), RANK3),
    "diagonal": (state(MILD), state((0.5, 0.3, 0.2, 0))),
}


@pytest.mark.parametrize("pair", VIOLATIONS)
@every_library
@every_divergence
def test_where_the_value_is_infinite_the_gradient_is_that_of_the_finite_part(pair, library, name):
    """The finite part has log 0 = 0; σ moves on a path of constant rank, ρ in its own support."""
    rho, sigma = VIOLATIONS[pair]
    paths = Path(rho, (), inside(rho, 34)), Path(sigma, (), L)
    witness = getattr(oracles, name)
    truth = float(oracles.derivative(lambda r, s: witness(r, s, finite_part=True), *paths))
    function = along(name, library, *paths)
    assert float(function(library.variable(0.0))) == np.inf
    assert abs(library.derivative(function) - truth) <= oracles.derivative_limit(1, *paths)


@pytest.mark.parametrize("pair", VIOLATIONS)
@every_library
@every_divergence
def test_second_derivatives_are_never_nan_where_the_value_is_infinite(pair, library, name):
    rho, sigma = VIOLATIONS[pair]
    function = along(name, library, Path(rho, (), K), Path(sigma, (), L))
    assert np.isfinite(library.second_derivative(function))


# --- second derivatives against finite differences ---------------------------------------------


def five_point(function, t=0.0, step=1e-3):
    """Fourth-order difference: truncation step⁴·f⁽⁵⁾/30, rounding 1.5·eps·|f|/step."""
    near = function(t + step) - function(t - step)
    far = function(t + 2 * step) - function(t - 2 * step)
    return (8 * near - far) / (12 * step)


@every_library
@every_divergence
@pytest.mark.parametrize("case", ["A full rank", "D twofold and threefold degenerate"])
def test_second_derivative_agrees_with_a_difference_of_first_derivatives(case, library, name):
    paths = CASES[case]
    function = along(name, library, *paths)
    difference = five_point(lambda t: library.derivative(function, t))
    # step⁴/30·f⁽⁶⁾: the derivative of order six of log on [0.15, 1] is below 5!/0.15⁶ ~ 1e7.
    limit = 1e-12 / 30 * 1e7 + oracles.derivative_limit(1, *paths) / 1e-3
    assert abs(library.second_derivative(function) - difference) <= limit


@every_divergence
@pytest.mark.parametrize("case", ["A full rank", "B rho fully degenerate", "M rho equals sigma"])
def test_hessian_vector_product_is_the_difference_of_gradient_matrices(case, name):
    """In JAX, forward over reverse, in both arguments at once and in any Hermitian direction."""
    rho, sigma = (path.state.array for path in CASES[case])
    function = getattr(quantum, name)
    gradient = jax.grad(lambda x, y: function(x, y, check=False), argnums=(0, 1))
    direction = (jnp.asarray(generator(4, 35)), jnp.asarray(generator(4, 36)))
    direction = tuple(h - jnp.eye(4) * jnp.trace(h) / 4 for h in direction)
    _, product = jax.jvp(gradient, (rho, sigma), direction)

    def moved(t):
        return np.array(gradient(rho + t * direction[0], sigma + t * direction[1]))

    step = 1e-4  # well below the smallest eigenvalue, 0.1
    difference = five_point(moved, step=step)
    smallest = 0.1
    truncation = step**4 / 30 * 24 / smallest**5
    rounding = 1.5 * oracles.BACKWARD * oracles.EPS * 4 / smallest**2 / step
    assert np.abs(np.array(product) - difference).max() <= truncation + rounding


def test_hessian_of_the_relative_entropy_at_equality_is_the_bkm_metric():
    """D(σ+tΔ‖σ) = ½t² Tr Δ dlog_σ[Δ] (theory.md §6.7), on a spectrum with an equal pair."""
    spectrum, basis = oracles.decomposed(state((0.4, 0.25, 0.25, 0.1), 11))
    sigma = jnp.asarray((basis * spectrum) @ basis.conj().T)
    delta = generator(4, 35)
    delta -= np.eye(4) * np.trace(delta).real / 4
    value = jax.hessian(lambda t: quantum.relative_entropy(sigma + t * delta, sigma, check=False))
    rotated = basis.conj().T @ delta @ basis
    truth = np.sum(oracles.log_slope(spectrum) * np.abs(rotated) ** 2)
    limit = oracles.derivative_limit(2, Path(state((0.4, 0.25, 0.25, 0.1), 11)))
    assert abs(float(value(0.0)) - truth) <= limit


def test_torch_gradgradcheck_passes_on_a_hermitian_parametrisation():
    rho, sigma = (torch.as_tensor(path.state.array) for path in CASES["A full rank"])

    def value(x, y):
        x, y = ((z + z.mH) / 2 for z in (x, y))
        return quantum.relative_entropy(rho + x, sigma + y, check=False)

    zero = torch.zeros(4, 4, dtype=torch.complex128)
    zeros = tuple(zero.clone().requires_grad_() for _ in range(2))
    assert torch.autograd.gradcheck(value, zeros)
    assert torch.autograd.gradgradcheck(value, zeros)


# --- real input, complex input ------------------------------------------------------------------


@every_library
def test_a_mixed_real_and_complex_pair_has_the_gradient_of_its_complex_twin(library):
    """A real σ gets a real gradient: the real part of the complex one."""
    rho = library.asarray(state(MILD, 11).array)
    sigma = np.diag([0.4, 0.3, 0.2, 0.1]) + 0.02 * np.ones((4, 4)) - 0.02 * np.eye(4)

    def value(x):
        return quantum.relative_entropy(rho, x, check=False)

    as_real = hermitian_gradient(library, value, sigma)
    as_complex = hermitian_gradient(library, value, sigma + 0j)
    assert as_real.dtype == np.float64
    assert np.abs(as_real - as_complex.real).max() <= 64 * oracles.EPS * np.abs(as_complex).max()


# --- through a circuit: where the peers' gradients are silently wrong ---------------------------


def depolarised_circuit(library):
    """Return θ ↦ 0.9·|ψ(θ)⟩⟨ψ(θ)| + 0.1·I/4 from a QNode: an exactly degenerate spectrum."""
    import pennylane as qml

    interface = {"autograd": "autograd", "jax": "jax", "torch": "torch"}[library.name]

    @qml.qnode(qml.device("default.qubit", wires=2), interface=interface, diff_method="backprop")
    def circuit(theta):
        for layer in range(2):
            for wire in range(2):
                qml.RY(theta[2 * layer + wire], wires=wire)
                qml.RZ(theta[2 * layer + wire], wires=wire)
            qml.CNOT(wires=[0, 1])
        return qml.density_matrix(wires=[0, 1])

    return lambda theta: 0.9 * circuit(theta) + 0.1 * library.asarray(np.eye(4) / 4)


@every_library
@pytest.mark.parametrize("seed", range(3))
def test_gradient_through_a_depolarised_circuit_agrees_with_finite_differences(library, seed):
    """PennyLane's own relative entropy is wrong here in 197 of 200 draws (peers.md §1.2)."""
    rng = np.random.default_rng(seed)
    theta, direction = rng.uniform(0, 2 * np.pi, 4), rng.normal(size=4)
    target = library.asarray(state(MILD, 11).array)
    circuit = depolarised_circuit(library)

    def loss(angles):
        return quantum.relative_entropy(target, circuit(angles), check=False)

    gradient = np.asarray(library.gradient(loss)(library.variable(theta)))
    difference = five_point(lambda t: float(loss(library.variable(theta + t * direction))))
    # The fifth derivative by the angles is below (2·|direction|₁)⁵·|log σ|; eps/step in the values.
    size = (2 * np.abs(direction).sum()) ** 5 * abs(np.log(0.025))
    limit = 1e-12 / 30 * size + oracles.BACKWARD * oracles.EPS * 4 / 0.025 / 1e-3
    assert abs(gradient @ direction - difference) <= limit


@every_library
def test_gradient_through_a_reduced_state_of_a_circuit_is_finite_and_right(library):
    """Two wires of a four-wire circuit entangled across one pair: rank 2, null space in no basis.

    Wires (0, 1) of RY-CNOT states; the model has the same support, rotated together.
    """
    import pennylane as qml

    @qml.qnode(qml.device("default.qubit", wires=3), interface=library.name, diff_method="backprop")
    def circuit(theta):
        qml.RY(theta[0], wires=2)
        qml.CNOT(wires=[2, 0])
        for wire in range(2):
            qml.RX(0.3 + wire, wires=wire)
        qml.CNOT(wires=[0, 1])
        return qml.density_matrix(wires=[0, 1])

    def loss(theta):
        return quantum.relative_entropy(circuit(theta), model, check=False)

    model = library.asarray(np.asarray(circuit(library.variable(np.array([1.0])))))
    gradient = np.asarray(library.gradient(loss)(library.variable(np.array([0.7]))))
    # The two non-zero eigenvalues are cos²(θ/2), sin²(θ/2) in one fixed basis: a classical KL.
    p, q = np.sin(0.35) ** 2, np.sin(0.5) ** 2
    truth = (np.log(p / q) - np.log((1 - p) / (1 - q))) * np.sin(0.7) / 2
    assert abs(gradient[0] - truth) <= oracles.BACKWARD * oracles.EPS * 4 / p**2
