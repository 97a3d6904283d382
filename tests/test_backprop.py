"""Exact values of devices that can be differentiated: slopes by backpropagation, L-BFGS."""

import numpy as np
import pytest

import qce
from qce import circuits, devices, models, objectives
from qce.devices import kinds
from qce.results import Cost

LAW = np.random.default_rng(0).dirichlet(np.ones(4))
MACHINE = models.BornMachine(circuits.strongly_entangling(2, 1))
THERMAL = qce.ThermalModel(circuits.strongly_entangling(2, 1), models.ProductSpectrum(2))
RHO = qce.states.random_density_matrix(4, rank=2, seed=1)
MIXED = "default.mixed"
NOISY = "default.mixed noise=amplitude_damping:0.05"

MAKERS = {
    "likelihood": lambda text: objectives.measured_likelihood(MACHINE, LAW, device=text),
    "deferred": lambda text: objectives.deferred_cross_entropy(THERMAL, RHO, device=text),
}


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
@pytest.mark.parametrize("text", [MIXED, NOISY, "default.qubit"])
def test_slopes_are_those_of_shifts_and_differences_from_one_circuit_each(make, text):
    back, shifts = make(text), make(f"{text} gradient=shifts")
    params = back.initial(3)
    value, slope = back.value_and_gradient(params)
    expected, slow = shifts.value_and_gradient(params)
    # Both are sums of at most 2·9·4 terms of order one.
    assert value.value == pytest.approx(expected.value, abs=1e-13)
    np.testing.assert_allclose(slope, slow, atol=1e-13)
    step = 1e-5  # error of central differences: step²/6 times a third derivative, and ε/step
    ends = [[back(params + sign * step * e).value for sign in (1, -1)] for e in np.eye(back.size)]
    np.testing.assert_allclose(slope, [(a - b) / (2 * step) for a, b in ends], atol=1e-8)
    assert back.cost(with_gradient=True).circuits == back.cost().circuits
    assert shifts.cost(with_gradient=True).circuits > 2 * shifts.cost().circuits


def test_which_devices_can_is_asked_of_them():
    texts = {MIXED: True, NOISY: True, "default.qubit": True, "lightning.qubit": False}
    assert {text: kinds.backpropagates(devices.open(text, 2)) for text in texts} == texts


def test_values_with_shots_remedies_and_other_devices_keep_their_shifts():
    for text, shots in [(MIXED, 100), (f"{MIXED} zne=1,3", None), ("lightning.qubit", None)]:
        objective = objectives.deferred_cross_entropy(
            THERMAL, RHO, device=text, shots=shots, seed=0
        )
        assert objective.cost(True).circuits > 2 * objective.cost().circuits


def test_a_circuit_without_parameters_has_no_slope():
    fixed = models.BornMachine(circuits.fixed(np.eye(4)))
    objective = objectives.measured_likelihood(fixed, [1.0, 0, 0, 0], device=MIXED)
    value, slope = objective.value_and_gradient(np.zeros(0))
    assert (value.value, slope.shape) == (0.0, (0,))


@pytest.mark.parametrize(
    "text, shots, says",
    [
        ("lightning.qubit gradient=backprop", None, "lightning.qubit cannot"),
        (f"{MIXED} gradient=backprop readout=true", None, "backprop slopes would not be"),
        (f"{MIXED} gradient=backprop", 10, "`shots` must be None for gradient=backprop"),
    ],
)
def test_what_cannot_go_back_is_refused(text, shots, says):
    with pytest.raises(ValueError, match=says):
        objectives.deferred_cross_entropy(
            THERMAL, RHO, device=text, shots=shots, seed=0
        ).value_and_gradient(THERMAL.initial(0))


# --- L-BFGS --------------------------------------------------------------------------------------


@pytest.mark.thinned(2)
@pytest.mark.parametrize("text", [MIXED, "lightning.qubit gradient=adjoint"])
def test_lbfgs_is_taken_where_values_are_exact_and_goes_the_same_way(text):
    options = {"optimizer": "lbfgs", "steps": 6, "progress": False, "seed": 2}
    here = qce.fit(objectives.measured_likelihood(MACHINE, LAW), **options)
    there = qce.fit(objectives.measured_likelihood(MACHINE, LAW, device=text), **options)
    assert there.steps == here.steps
    # The same searches: rounding of 1e-16 grows by the curvature's inverse, less than 1e4 here.
    np.testing.assert_allclose(there.history["loss"], here.history["loss"], atol=1e-11)
    assert there.spent.circuits > here.steps and there.spent.shots == 0


def test_a_line_search_is_refused_with_shots_and_under_a_budget():
    sampled = objectives.measured_likelihood(MACHINE, LAW, device=MIXED, shots=100, seed=0)
    with pytest.raises(
        ValueError, match='^Argument `optimizer` must be "adam" on a device with shots'
    ):
        qce.fit(sampled, optimizer="lbfgs", progress=False)
    exact = objectives.measured_likelihood(MACHINE, LAW, device=MIXED)
    budget = qce.training.Budget(circuits=100)
    with pytest.raises(ValueError, match="^Argument `budget` must be None for this optimizer"):
        qce.fit(exact, optimizer="lbfgs", budget=budget, progress=False)
    assert exact.spent == Cost()
