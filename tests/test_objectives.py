"""Objectives: three ways to one number, their gradients and errors, and the theorems between."""

import jax
import numpy as np
import pennylane as qml
import pytest

from qce import circuits, classical, data, models, objectives, quantum, states

EPS = np.finfo(float).eps


def random_state(wires, rank, seed):
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(2**wires, rank)) + 1j * rng.normal(size=(2**wires, rank))
    return a @ a.conj().T / np.linalg.norm(a) ** 2


def thermal(wires=3, spectrum=models.PairwiseSpectrum):
    return models.ThermalModel(circuits.strongly_entangling(wires, 2), spectrum(wires))


# --- closed form: theory §3.3, product spectrum, RX circuit, RY-turned Bernoulli data -----------
#
# σ = ⊗ RX(φ_i) diag(p_θi) RX(φ_i)†, ρ = ⊗ RY(α_i) diag(b_i, 1−b_i) RY(α_i)†. Wire by wire
# ⟨Z⟩ of the data after RX(φ)† is (2b−1) cos α cos φ, hence
#   S = Σ θ_i (2b_i−1) cos α_i cos φ_i + Σ ln 2cosh θ_i,
#   ∂θ_i = (2b_i−1) cos α_i cos φ_i + tanh θ_i,   ∂φ_i = −θ_i (2b_i−1) cos α_i sin φ_i.

THETA, PHI = np.array([0.7, -1.1, 0.4]), np.array([0.3, 1.9, -0.8])
ALPHA, ONE_SIDED = np.array([0.5, -0.9, 2.2]), np.array([0.8, 0.35, 0.6])


def closed_form():
    bias = (2 * ONE_SIDED - 1) * np.cos(ALPHA)
    value = THETA @ (bias * np.cos(PHI)) + np.log(2 * np.cosh(THETA)).sum()
    gradient = [bias * np.cos(PHI) + np.tanh(THETA), -THETA * bias * np.sin(PHI)]
    return value, np.concatenate(gradient)


def closed_form_case():
    model = models.ThermalModel(circuits.rx(3), models.ProductSpectrum(3))
    rho = np.eye(1)
    for alpha, b in zip(ALPHA, ONE_SIDED, strict=True):
        turn = qml.RY(alpha, wires=0).matrix()
        rho = np.kron(rho, turn @ np.diag([b, 1 - b]) @ turn.conj().T)
    return model, rho, np.concatenate([THETA, PHI])


def test_exact_value_and_gradient_are_the_closed_form():
    model, rho, params = closed_form_case()
    estimate, gradient = objectives.exact_cross_entropy(model, rho).value_and_gradient(params)
    value, slope = closed_form()
    # A sum of 8 × 8 products of numbers of order one, after six gates.
    assert abs(estimate.value - value) < 100 * EPS
    assert np.abs(gradient - slope).max() < 100 * EPS
    assert estimate.stderr == 0 and estimate.shots is None


def test_sampled_value_and_gradient_are_the_closed_form_within_five_errors():
    model, rho, params = closed_form_case()
    objective = objectives.deferred_cross_entropy(model, rho, shots=2000, seed=11)
    runs = [objective.value_and_gradient(params) for _ in range(20)]
    value, slope = closed_form()
    values = np.array([estimate.value for estimate, _ in runs])
    stderr = np.mean([estimate.stderr for estimate, _ in runs])
    assert abs(values.mean() - value) < 5 * stderr / np.sqrt(20)
    # The stated error is the spread: the deviation of a deviation from 20 runs is 1/√38 = 16 %.
    assert abs(values.std(ddof=1) / stderr - 1) < 5 * 0.16
    gradients = np.array([gradient for _, gradient in runs])
    errors = gradients.std(axis=0, ddof=1) / np.sqrt(20)
    assert np.all(errors > 0)
    assert np.all(np.abs(gradients.mean(axis=0) - slope) < 5 * errors)


# --- exact -----------------------------------------------------------------------------------


@pytest.mark.parametrize("rank", [1, 3, 8])
def test_exact_equals_the_dense_twin(rank):
    model, rho = thermal(), random_state(3, rank, seed=rank)
    params = model.initial(rank)
    objective = objectives.exact_cross_entropy(model, rho)
    dense = quantum.cross_entropy(rho, np.asarray(model.density_matrix(params)))
    # The dense path loses eps / λ_min(σ); the energies here stay below 6, λ_min above e^-6/8.
    assert abs(objective(params).value - dense) < 1e-11
    assert abs(objective.floor - quantum.entropy(rho)) < 1e-13


def test_the_loss_of_a_model_against_itself_is_its_entropy_with_zero_gradient():
    model = thermal()
    params = model.initial(1)
    objective = objectives.exact_cross_entropy(model, np.asarray(model.density_matrix(params)))
    estimate, gradient = objective.value_and_gradient(params)
    assert abs(estimate.value - objective.floor) < 1000 * EPS
    assert np.abs(gradient).max() < 1000 * EPS
    elsewhere = objective.value_and_gradient(model.initial(2))[1]
    assert np.abs(elsewhere).max() > 0.1  # not zero everywhere


def test_exact_gradient_agrees_with_finite_differences():
    """Fourth-order stencil: truncation h⁴·f⁽⁵⁾/30 and rounding 1.5 eps/h balance near h = 1e-3."""
    model = thermal()
    objective = objectives.exact_cross_entropy(model, random_state(3, 4, seed=9))
    params, h = model.initial(4), 1e-3
    gradient = objective.value_and_gradient(params)[1]
    rng = np.random.default_rng(0)
    for _ in range(3):
        step = rng.normal(size=model.size)
        step /= np.linalg.norm(step)
        f = [objective(params + k * h * step).value for k in (-2, -1, 1, 2)]
        slope = (f[0] - 8 * f[1] + 8 * f[2] - f[3]) / (12 * h)
        assert abs(gradient @ step - slope) < 1e-10


def test_kets_and_their_density_matrix_are_the_same_data():
    rng = np.random.default_rng(5)
    kets = rng.normal(size=(20, 8)) + 1j * rng.normal(size=(20, 8))
    kets /= np.linalg.norm(kets, axis=1, keepdims=True)
    mixture, model = states.Ensemble(kets, rng.dirichlet(np.ones(20))), thermal()
    params = model.initial(0)
    of_kets = objectives.exact_cross_entropy(model, mixture)
    of_matrix = objectives.exact_cross_entropy(model, mixture.dense())
    assert abs(of_kets(params).value - of_matrix(params).value) < 500 * EPS
    assert abs(of_kets.floor - of_matrix.floor) < 500 * EPS


def test_a_pure_state_has_floor_zero():
    model = thermal()
    assert abs(objectives.exact_cross_entropy(model, np.eye(8)[3]).floor) < 10 * EPS


# --- theorems between the three ---------------------------------------------------------------


@pytest.mark.thinned(3)
@pytest.mark.parametrize("seed", range(4))
def test_deferred_measurement_is_the_quantum_cross_entropy(seed):
    """T8: exact = deferred = likelihood of outcomes in the model's eigenbasis."""
    model, rho = thermal(), random_state(3, 1 + seed, seed)
    params = model.initial(seed)
    exact = objectives.exact_cross_entropy(model, rho)(params).value
    compiled = objectives.deferred_cross_entropy(model, rho)(params).value
    on_device = objectives.deferred_cross_entropy(model, rho, device="lightning.qubit")
    unitary = qml.matrix(model.circuit.queue, range(3))(model.split(params)[1])
    law = np.diag(unitary.conj().T @ rho @ unitary).real.clip(0)
    likelihood = classical.cross_entropy(law, np.exp(model.log_probabilities(params)))
    for other in (compiled, on_device(params).value, likelihood):
        assert abs(other - exact) < 1000 * EPS


@pytest.mark.thinned(3)
@pytest.mark.parametrize("seed", range(4))
def test_likelihood_bounds_the_cross_entropy_of_the_empirical_state(seed):
    """T9, with several bases: ρ_emp = Σ_b f_b Σ_x p̂_b(x) V_b†|x⟩⟨x|V_b."""
    rng = np.random.default_rng(seed)
    draws = {"ZZZ": 40, "XYZ": 25, "YYX": 10}
    samples = {basis: rng.integers(0, 2, size=(n, 3)) for basis, n in draws.items()}
    counts, rho = data.Counts.from_samples(samples), np.zeros((8, 8), dtype=complex)
    for basis, seen in counts.by_basis.items():
        turn = qml.matrix(circuits.basis_change(basis).queue, range(3))(np.zeros(0))
        rho += turn.conj().T @ np.diag(seen / counts.total) @ turn
    model = thermal()
    params = model.initial(seed)
    params[: model.spectrum.size] *= 10  # far from maximally mixed, where the two would meet
    likelihood = objectives.measured_likelihood(model, counts)(params).value
    cross_entropy = objectives.exact_cross_entropy(model, rho)(params).value
    assert likelihood < cross_entropy - 1e-3


def test_likelihood_meets_the_cross_entropy_in_the_models_eigenbasis():
    """T9, equality: every outcome seen is an eigenvector of the model."""
    model = models.ThermalModel(circuits.fixed(np.eye(8)), models.CategoricalSpectrum(3))
    params, p = model.initial(0) * 10, np.random.default_rng(1).dirichlet(np.ones(8))
    likelihood = objectives.measured_likelihood(model, p)(params).value
    cross_entropy = objectives.exact_cross_entropy(model, np.diag(p))(params).value
    assert abs(likelihood - cross_entropy) < 20 * EPS * cross_entropy


# --- deferred, with shots ----------------------------------------------------------------------


def test_shots_repeat_with_the_seed():
    model, rho = thermal(2), random_state(2, 2, seed=0)
    params = model.initial(0)
    runs = []
    for seed in (3, 3, 4):
        objective = objectives.deferred_cross_entropy(model, rho, shots=50, seed=seed)
        runs.append(objective.value_and_gradient(params))
    assert runs[0][0] == runs[1][0] and runs[0][0] != runs[2][0]
    np.testing.assert_array_equal(runs[0][1], runs[1][1])


@pytest.mark.parametrize("circuit", [circuits.rotations_xx(2, 3), circuits.ising(2, 2)])
def test_the_gradient_on_a_device_is_the_exact_one_without_sampling_error(circuit):
    model = models.ThermalModel(circuit, models.ProductSpectrum(2))
    rho, params = random_state(2, 3, seed=1), model.initial(1)
    exact = objectives.exact_cross_entropy(model, rho).value_and_gradient(params)[1]
    device = objectives.deferred_cross_entropy(model, rho, device="default.qubit")
    np.testing.assert_allclose(device.value_and_gradient(params)[1], exact, atol=200 * EPS)


def test_preparation_circuits_are_the_states_they_prepare():
    def zero(wires):
        qml.RY(0.4, wires=wires[0])

    def bell(wires):
        qml.H(wires[0])
        qml.CNOT(wires)

    prepared = data.Preparations([zero, bell], [0.3, 0.7])
    kets = [qml.matrix(f, range(2))(range(2))[:, 0] for f in (zero, bell)]
    model = thermal(2)
    params = model.initial(0)
    mixture = states.Ensemble(np.array(kets), [0.3, 0.7])
    exact = objectives.exact_cross_entropy(model, mixture)(params)
    device = objectives.deferred_cross_entropy(model, prepared)
    assert abs(device(params).value - exact.value) < 200 * EPS
    assert device.floor is None
    sampled = objectives.deferred_cross_entropy(model, prepared, shots=5000, seed=0)(params)
    assert abs(sampled.value - exact.value) < 5 * sampled.stderr
    assert sampled.shots == 5000


def test_an_open_device_is_taken_as_it_is():
    model, rho = thermal(2), random_state(2, 2, seed=0)
    device = qml.device("default.qubit", wires=2, seed=1)
    estimate = objectives.deferred_cross_entropy(model, rho, device=device, shots=10)(
        model.initial(0)
    )
    assert estimate.shots == 10 and estimate.stderr > 0


# --- measured ----------------------------------------------------------------------------------


def born(wires=3):
    return models.BornMachine(circuits.strongly_entangling(wires, 2))


def test_the_likelihood_is_the_cross_entropy_with_born_probabilities():
    machine, p = born(), np.random.default_rng(0).dirichlet(np.ones(8))
    objective = objectives.measured_likelihood(machine, p)
    params = machine.initial(0)
    q = np.asarray(machine.probabilities(params))
    estimate = objective(params)
    assert abs(estimate.value - classical.cross_entropy(p, q)) < 50 * EPS * estimate.value
    assert (estimate.stderr, estimate.shots) == (0, None)
    assert abs(objective.floor - classical.entropy(p)) < 10 * EPS


def test_the_gradient_of_the_likelihood_agrees_on_simulator_and_device():
    machine, rng = born(), np.random.default_rng(1)
    samples = {basis: rng.integers(0, 2, size=(30, 3)) for basis in ("ZZZ", "XYX")}
    counts, params = data.Counts.from_samples(samples), machine.initial(1)
    compiled = objectives.measured_likelihood(machine, counts).value_and_gradient(params)
    device = objectives.measured_likelihood(machine, counts, device="lightning.qubit")
    measured = device.value_and_gradient(params)
    assert abs(compiled[0].value - measured[0].value) < 500 * EPS
    assert abs(compiled[0].stderr - measured[0].stderr) < 500 * EPS
    # Probabilities of 1e-3 amplify rounding by their inverse.
    np.testing.assert_allclose(compiled[1], measured[1], atol=1e5 * EPS)


def test_the_standard_error_is_that_of_the_data_sample():
    """It predicts the spread of the loss over data sets drawn from one distribution."""
    machine, truth = born(), np.random.default_rng(2).dirichlet(np.ones(8))
    params, rng = machine.initial(2), np.random.default_rng(3)
    estimates = []
    for _ in range(200):
        drawn = rng.choice(8, size=400, p=truth)
        bits = (drawn[:, None] >> np.arange(2, -1, -1)) & 1
        estimates.append(objectives.measured_likelihood(machine, bits).evaluate(params))
    values, errors = np.array(estimates).T
    # The deviation of a deviation from 200 runs is 1/√398 = 5 %.
    assert abs(values.std(ddof=1) / errors.mean() - 1) < 5 * 0.05


def test_counts_of_one_basis_are_their_bit_strings():
    machine, bits = born(), np.random.default_rng(4).integers(0, 2, size=(60, 3))
    params = machine.initial(3)
    of_bits = objectives.measured_likelihood(machine, bits)(params)
    of_counts = objectives.measured_likelihood(machine, data.Counts.from_samples({"ZZZ": bits}))
    assert of_counts(params) == of_bits
    assert of_bits.shots == 60


def test_an_outcome_the_model_excludes_makes_the_likelihood_infinite():
    machine = models.BornMachine(circuits.rx(1))
    objective = objectives.measured_likelihood(machine, np.array([0.5, 0.5]))
    assert objective(np.zeros(1)).value == np.inf


def test_shots_give_the_likelihood_of_smoothed_frequencies_within_five_errors():
    machine, p = born(2), np.random.default_rng(5).dirichlet(np.ones(4))
    params = machine.initial(5)
    exact = objectives.measured_likelihood(machine, p)(params).value
    sampled = objectives.measured_likelihood(machine, p, shots=100_000, seed=0)(params)
    # The bias, of order d/N, is far below the error here.
    assert 0 < sampled.stderr < 0.05
    assert abs(sampled.value - exact) < 5 * sampled.stderr
    assert "smoothed" in sampled.bias and "smoothed" in str(sampled)


def test_the_sampled_gradient_of_the_likelihood_is_right_within_five_errors():
    machine, p = born(2), np.random.default_rng(6).dirichlet(np.ones(4))
    params = machine.initial(6)
    exact = objectives.measured_likelihood(machine, p).value_and_gradient(params)[1]
    objective = objectives.measured_likelihood(machine, p, shots=20_000, seed=1)
    gradients = np.array([objective.value_and_gradient(params)[1] for _ in range(10)])
    errors = gradients.std(axis=0, ddof=1) / np.sqrt(10)
    # Smoothing shifts probabilities by d/2N: its effect on the gradient is below 1e-3 here.
    assert np.all(np.abs(gradients.mean(axis=0) - exact) < 5 * errors + 1e-3)


# --- precision and refusals ----------------------------------------------------------------------


def test_values_are_double_precision_in_either_mode_of_jax():
    model, rho, params = closed_form_case()
    value, slope = closed_form()
    for mode in (False, True):
        with jax.enable_x64(mode):
            objective = objectives.exact_cross_entropy(model, rho)
            estimate, gradient = objective.value_and_gradient(params)
            assert abs(objective(params).value - value) < 100 * EPS
        assert abs(estimate.value - value) < 100 * EPS
        assert np.abs(gradient - slope).max() < 100 * EPS


@pytest.mark.parametrize(
    "build", [objectives.exact_cross_entropy, objectives.deferred_cross_entropy]
)
def test_a_pure_model_is_refused_where_its_cross_entropy_is_infinite(build):
    with pytest.raises(ValueError, match=r"infinite unless.*Pass .*measured_likelihood"):
        build(born(), np.eye(8) / 8)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: objectives.exact_cross_entropy(thermal(), np.eye(4) / 4), "`data` .*dimension 8"),
        (lambda: objectives.exact_cross_entropy(thermal(), np.eye(8)), "`data` must have trace 1"),
        (
            lambda: objectives.deferred_cross_entropy(thermal(), np.eye(8) / 8, shots=1),
            "`shots` must be an integer >= 2",
        ),
        (
            lambda: objectives.deferred_cross_entropy(thermal(), np.eye(8) / 8, device="no.such"),
            "`device` must name an installed device",
        ),
        (lambda: objectives.measured_likelihood(born(), np.full(4, 0.25)), "`data` .*8 outcomes"),
        (lambda: objectives.measured_likelihood(born(), np.full(8, 0.5)), "`data` must sum to 1"),
        (
            lambda: objectives.measured_likelihood(thermal(), np.full(8, 0.125), shots=10),
            "`model` must be a Born machine",
        ),
    ],
)
def test_bad_input_is_refused_with_a_remedy(make, message):
    with pytest.raises(ValueError, match=f"Argument {message}.* Pass "):
        make()


def test_a_measured_objective_is_not_traced():
    objective = objectives.deferred_cross_entropy(thermal(2), np.eye(4) / 4, shots=10)
    with pytest.raises(ValueError, match="must be simulated to be traced.*Pass"):
        objective.loss(objective.initial(0))
