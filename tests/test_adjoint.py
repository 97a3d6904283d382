"""Gradients by the adjoint method, on devices and compiled: against backpropagation."""

from functools import lru_cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qce import circuits, data, models, objectives, training
from qce.circuits import Circuit
from qce.objectives.machine import open_machine
from qce.results import Cost
from qce.states import random_density_matrix

ADJOINT = "lightning.qubit gradient=adjoint"

# Rounding: 2^3 amplitudes through some fifty gates, times costs −p̂/p that are below 1e3 here.
ROUNDING = 1e3 * 50 * 8 * np.finfo(float).eps


@lru_cache
def born():
    return models.BornMachine(circuits.rotations_xx(3, 2))


@lru_cache
def thermal():
    return models.ThermalModel(circuits.ising(2, 2), models.ProductSpectrum(2))


LAW = np.random.default_rng(0).dirichlet(np.ones(8))
COUNTS = data.Counts({"ZZZ": np.arange(1, 9), "XYZ": np.array([3, 0, 0, 1, 0, 5, 0, 1])})

PAIRS = {
    "likelihood": lambda device: objectives.measured_likelihood(born(), LAW, device=device),
    "few outcomes": lambda device: objectives.measured_likelihood(
        born(), np.eye(3, dtype=int), device=device
    ),
    "several bases": lambda device: objectives.measured_likelihood(born(), COUNTS, device=device),
    "kets": lambda device: objectives.deferred_cross_entropy(
        thermal(), random_density_matrix(4, seed=1), device=device
    ),
    "discrepancy": lambda device: objectives.measured_discrepancy(born(), LAW, device=device),
    "free energy": lambda device: objectives.thermalisation(
        thermal(), {"ZZ": 1.0, "XI": 0.5}, device=device
    ),
}


@pytest.mark.thinned(4)
@pytest.mark.parametrize("name", PAIRS)
def test_one_adjoint_pass_is_the_gradient_of_backpropagation(name):
    compiled, adjoint = PAIRS[name](None), PAIRS[name](ADJOINT)
    x = np.random.default_rng(3).normal(size=compiled.size)
    (value, gradient), (same, slope) = (o.value_and_gradient(x) for o in (compiled, adjoint))
    assert same.value == pytest.approx(value.value, abs=ROUNDING)
    np.testing.assert_allclose(slope, gradient, atol=ROUNDING)
    assert np.abs(gradient).max() > 1e-3


def test_a_gradient_is_two_circuits_whatever_the_number_of_parameters():
    assert PAIRS["likelihood"](ADJOINT).cost(with_gradient=True) == Cost(2, 2, 0)
    shifts = PAIRS["likelihood"]("lightning.qubit").cost(with_gradient=True)
    assert shifts.circuits == 1 + 2 * born().size
    objective = PAIRS["likelihood"](ADJOINT)
    planned = objective.cost(with_gradient=True)
    objective.value_and_gradient(np.ones(objective.size))
    assert objective.spent == planned


def test_training_by_the_adjoint_method_is_training_by_backpropagation():
    """Adam divides by gradients: ten steps of size 0.05 carry their rounding on."""
    both = [
        training.fit(PAIRS["likelihood"](device), steps=10, progress=False)
        for device in (None, ADJOINT)
    ]
    np.testing.assert_allclose(both[0].params, both[1].params, atol=1e-8)
    assert both[1].history["grad_norm"][-1] < both[1].history["grad_norm"][0]


def test_costs_of_zero_and_circuits_without_parameters_have_slopes_of_zero():
    machine = open_machine(ADJOINT, 1, None)
    for circuit, cost in ((circuits.rx(1), np.zeros(2)), (circuits.basis_change("X"), np.ones(2))):
        _, pullback = machine.vjp(circuit.queue, np.zeros(circuit.size), None)
        assert pullback(cost).tolist() == [0.0] * circuit.size


@pytest.mark.parametrize(
    ("device", "shots", "says"),
    [
        ("default.qubit gradient=adjoint", None, "dense matrix of the costs"),
        ("default.mixed noise=bitflip:0.1 gradient=adjoint", None, "default.mixed has none"),
        ("null.qubit gradient=backwards", None, "one of 'shifts', 'adjoint', 'backprop'"),
        (f"{ADJOINT} zne=1,3", None, "shifts beside readout and zne"),
        (ADJOINT, 10, "`shots` must be None for gradient=adjoint"),
    ],
)
def test_where_there_is_no_adjoint_method_it_is_said_before_anything_is_sent(device, shots, says):
    with pytest.raises(ValueError, match=rf"^Argument .*{says}.*Pass .*shifts"):
        objective = objectives.measured_likelihood(born(), LAW, device=device, shots=shots)
        try:
            objective.value_and_gradient(np.zeros(born().size))
        finally:
            assert objective.spent == Cost()


# --- on a simulator under JAX ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "circuit",
    [circuits.ising(2, 2), pytest.param(circuits.rotations_xx(2, 5), marks=pytest.mark.long)],
)
def test_a_reversible_circuit_has_the_gradient_of_backpropagation(circuit):
    """Of data that are turned back by U† (exact), and of kets that U turns (free energy)."""
    spectrum = models.ProductSpectrum(2)
    both = [models.ThermalModel(c, spectrum) for c in (circuit, circuits.reversible(circuit))]
    x, rho = both[0].initial(1), random_density_matrix(4, seed=1)
    for build in (
        lambda model: objectives.exact_cross_entropy(model, rho),
        lambda model: objectives.thermalisation(model, {"ZZ": 1.0, "XI": 0.5}),
    ):
        (_, gradient), (_, slope) = (build(model).value_and_gradient(x) for model in both)
        np.testing.assert_allclose(slope, gradient, atol=ROUNDING)
        assert np.abs(gradient[2:]).max() > 1e-3


def test_a_reversible_circuit_stores_no_states():
    """Compiled memory beside arguments and result, for 4 and for 64 layers of two gates."""
    zero = jnp.zeros(4).at[0].set(1.0)

    def memory(circuit):
        def loss(x):
            return jnp.abs(circuit.evolve(zero, x)[1]) ** 2

        compiled = jax.jit(jax.grad(loss)).lower(jnp.zeros(circuit.size)).compile()
        return compiled.memory_analysis().temp_size_in_bytes

    state, ((layer, _),) = 4 * 16, circuits.rx(2).parts
    deep = [Circuit(2, ((layer, layers),)) for layers in (4, 64)]
    stored = np.diff([memory(circuit) for circuit in deep])
    undone = np.diff([memory(circuits.reversible(circuit)) for circuit in deep])
    # Backpropagation keeps a state after each gate; the other may hold the parameters once more.
    assert stored >= 60 * 2 * state
    assert undone <= 60 * 2 * 8


def test_the_metric_of_the_natural_gradient_needs_the_circuit_itself():
    machine = models.BornMachine(circuits.reversible(circuits.rx(1)))
    objective = objectives.measured_likelihood(machine, np.array([0.3, 0.7]))
    with pytest.raises(ValueError, match="forward-mode derivatives.*Pass the circuit itself"):
        training.fit(objective, optimizer="natural", steps=1, progress=False)
