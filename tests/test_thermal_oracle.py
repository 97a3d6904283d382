"""Variational thermalisation against its closed form, and against free fermions."""

import numpy as np
import pennylane as qml
import pytest

import qce
from qce import circuits, data, models, quantum
from qce.objectives import thermalisation
from qce.states import IsingChain, Thermal

EPS = np.finfo(float).eps

# --- closed form: product spectrum, RX circuit, H = Σ Y -----------------------------------------
#
# σ = ⊗ RX(φ_i) diag(p_θi) RX(φ_i)†. Wire by wire ⟨Z⟩ before the rotation is −tanh θ, and RX(φ)
# turns Y into cos φ Y + sin φ Z seen backwards, so that ⟨Y⟩ = tanh θ sin φ. Hence
#   F = β Σ tanh θ_i sin φ_i − Σ (ln 2cosh θ_i − θ_i tanh θ_i),
#   ∂θ_i = (1 − tanh² θ_i)(β sin φ_i + θ_i),   ∂φ_i = β tanh θ_i cos φ_i.

THETA, PHI, BETA = np.array([0.7, -1.1, 0.4]), np.array([0.3, 1.9, -0.8]), 1.3
PARAMS = np.concatenate([THETA, PHI])
FIELD = {"YII": 1.0, "IYI": 1.0, "IIY": 1.0}


def closed_form():
    polarised = np.tanh(THETA)
    value = BETA * polarised @ np.sin(PHI)
    value -= (np.log(2 * np.cosh(THETA)) - THETA * polarised).sum()
    slopes = [(1 - polarised**2) * (BETA * np.sin(PHI) + THETA), BETA * polarised * np.cos(PHI)]
    return value, np.concatenate(slopes)


@pytest.fixture(scope="module")
def model():
    return models.ThermalModel(circuits.rx(3), models.ProductSpectrum(3))


@pytest.mark.parametrize("device", [None, "default.qubit", "lightning.qubit"])
def test_exact_value_and_gradient_are_the_closed_form(model, device):
    objective = thermalisation(model, FIELD, BETA, device=device)
    estimate, gradient = objective.value_and_gradient(PARAMS)
    value, slope = closed_form()
    # Sums of 8 × 8 products of numbers of order one, after three gates.
    assert abs(estimate.value - value) < 100 * EPS
    assert np.abs(gradient - slope).max() < 100 * EPS
    assert estimate.stderr == 0 and estimate.shots is None


def test_kets_in_batches_give_the_same(model, monkeypatch):
    monkeypatch.setitem(thermalisation.__globals__, "_AMPLITUDES", 16)  # two of eight at once
    estimate, gradient = thermalisation(model, FIELD, BETA).value_and_gradient(PARAMS)
    value, slope = closed_form()
    assert abs(estimate.value - value) < 100 * EPS
    assert np.abs(gradient - slope).max() < 100 * EPS


def test_sampled_value_and_gradient_are_the_closed_form_within_five_errors(model):
    objective = thermalisation(model, FIELD, BETA, shots=400, seed=3)
    runs = [objective.value_and_gradient(PARAMS) for _ in range(20)]
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


def test_equal_seeds_draw_equal_outcomes(model):
    first, second = (thermalisation(model, FIELD, BETA, shots=50, seed=4) for _ in range(2))
    assert first(PARAMS) == second(PARAMS)
    assert thermalisation(model, FIELD, BETA, shots=50, seed=5)(PARAMS) != first(PARAMS)


def test_shots_are_counted_in_every_basis(model):
    """YII, IYI and IIY commute wire by wire; XII with the last two of them."""
    one = thermalisation(model, FIELD, BETA, shots=50, seed=6)
    two = thermalisation(model, {**FIELD, "XII": 1.0}, BETA, shots=50, seed=6)
    assert one(PARAMS).shots == 50 and two(PARAMS).shots == 100
    assert one.cost().shots == 50 and two.cost().shots == 100


# --- known states --------------------------------------------------------------------------------


def matrix(model, params):
    """The state by another road: PennyLane's own matrix of the circuit."""
    theta, phi = model.split(params)
    unitary = qml.matrix(model.circuit.queue, range(model.wires))(phi)
    return (unitary * np.exp(model.spectrum.log_probabilities(theta))) @ unitary.conj().T


def test_it_is_the_relative_entropy_above_the_floor():
    """For a state and Hamiltonian that do not commute; H by PennyLane, with an identity."""
    model = models.ThermalModel(circuits.strongly_entangling(2, 1), models.PairwiseSpectrum(2))
    operator, beta, params = data.transverse_field_ising(2, 1.0, 0.7) + 0.4, 0.9, model.initial(7)
    gibbs = Thermal(operator, beta)
    log_z = np.log(np.exp(-beta * np.linalg.eigvalsh(operator.matrix())).sum())
    objective = thermalisation(model, operator, beta, log_partition=log_z)
    exact = float(quantum.relative_entropy(matrix(model, params), gibbs))
    estimate = objective(params)
    # The dense side takes the logarithm of a matrix with eigenvalues above 1e-2.
    assert estimate.value - objective.floor == pytest.approx(exact, abs=1e-13)
    assert exact > 0.1
    measured = thermalisation(model, operator, beta, device="default.qubit")
    assert measured(params).value == pytest.approx(estimate.value, abs=100 * EPS)


def test_against_its_own_modular_hamiltonian_it_is_minus_ln_z_with_no_slope(model):
    """H = Σ θ_i RX(φ_i) Z RX(φ_i)†, of which the model is the Gibbs state."""
    words = {}
    for wire, (theta, phi) in enumerate(zip(THETA, PHI, strict=True)):
        for letter, share in {"Z": np.cos(phi), "Y": -np.sin(phi)}.items():
            words["I" * wire + letter + "I" * (2 - wire)] = theta * share
    objective = thermalisation(model, words)
    estimate, gradient = objective.value_and_gradient(PARAMS)
    assert estimate.value == pytest.approx(-np.log(2 * np.cosh(THETA)).sum(), abs=100 * EPS)
    assert np.abs(gradient).max() < 100 * EPS


@pytest.mark.long
def test_the_ising_chain_is_thermalised_to_its_free_fermions():
    chain, beta = IsingChain(3, 1.0, 0.5), 1.0
    model = models.ThermalModel(circuits.ising(3, 4), models.ProductSpectrum(3))
    objective = thermalisation(
        model,
        data.transverse_field_ising(3, 1.0, 0.5),
        beta,
        log_partition=chain.log_partition(beta),
    )
    result = qce.fit(objective, optimizer="lbfgs", steps=400, seed=2, progress=False)
    # A loss of order one, and a gradient below 1e-8 where the run ended.
    assert abs(result.gap) < 1e-12
    # The mirror image has arrived with it.
    eta = data.gibbs_state(data.transverse_field_ising(3, 1.0, 0.5), beta)
    assert abs(float(quantum.relative_entropy(eta, matrix(model, result.params)))) < 1e-11


# --- refusals ------------------------------------------------------------------------------------

REFUSED = [
    (lambda m: thermalisation(m, {"ZZ": 1.0}), "`hamiltonian` must be on the model's 3 wires"),
    (lambda m: thermalisation(m, {"ZZZ": 1j}), "`hamiltonian` must have real coefficients"),
    (lambda m: thermalisation(m, FIELD, np.inf), "`beta` must be finite"),
    (lambda m: thermalisation(m, FIELD, shots=1), "`shots` must be an integer >= 2"),
    (
        lambda m: thermalisation(
            models.ThermalModel(circuits.ising(26, 2), models.ProductSpectrum(26)),
            {"Z" * 26: 1.0},
        ),
        "`model` and `memory` must fit into 4 GiB, but 102 angles on 26 wires need 122 GiB",
    ),
]


@pytest.mark.parametrize(("call", "message"), REFUSED)
def test_what_cannot_be_done_is_refused(model, call, message):
    with pytest.raises(ValueError, match="Arguments? " + message):
        call(model)


def test_a_born_machine_has_no_entropy_to_weigh():
    with pytest.raises(ValueError, match="`model` must have full rank, but it is one ket"):
        thermalisation(models.BornMachine(circuits.rx(1)), {"Z": 1.0})
