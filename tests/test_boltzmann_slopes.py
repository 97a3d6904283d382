"""Boltzmann machines: every derivative beside a witness, `qce.fit`, endings and refusals."""

import math

import jax
import numpy as np
import pytest
from scipy.linalg import expm

import qce
from qce import quantum
from qce._spectral.exponential import exp_slope
from qce.boltzmann import Moments, gibbs_cross_entropy, learn
from qce.boltzmann.moments import target
from qce.boltzmann.point import at, loss
from qce.models import BoltzmannMachine, PauliTerms, pauli_sum
from qce.results import Status
from qce.states import Diagonal, random_density_matrix

EPS = np.finfo(float).eps
MACHINES = {
    "complex": BoltzmannMachine(PauliTerms.local(2)),
    "real": BoltzmannMachine(PauliTerms.chain(2, "XZ", ["YY"])),
    "classical": BoltzmannMachine(PauliTerms.local(2, letters="Z")),
    "hidden, complex": BoltzmannMachine(PauliTerms.local(3), hidden=1),
    "hidden, real": BoltzmannMachine(PauliTerms.restricted(2, 1), hidden=1),
    "hidden, classical": BoltzmannMachine(PauliTerms.restricted(2, 1, "Z"), hidden=1),
}
# Central differences of step h: truncation h² f‴/6 and rounding ε f/h, f and f‴ of order one.
STEP = 1e-5
WITNESS = 10 * (STEP**2 + 8 * EPS / STEP)


@pytest.fixture(params=MACHINES, ids=lambda name: name.replace(", ", "-"))
def machine(request):
    return MACHINES[request.param]


@pytest.fixture
def theta(machine):
    return 5 * machine.initial(1)


def slope(function, theta):
    """Central differences of a function of θ, one row a parameter."""
    shifts = STEP * np.eye(len(theta))
    return np.array([(function(theta + s) - function(theta - s)) / (2 * STEP) for s in shifts])


def loss_at(machine, seen):
    return lambda params: loss(at(machine, params), params, seen.moments, seen.state)


# --- derivatives ---------------------------------------------------------------------------------


def test_the_gradient_agrees_with_finite_differences(machine, theta):
    seen = target(machine, random_density_matrix(4, seed=2))
    value = loss_at(machine, seen)
    gradient = value(theta)[1]
    np.testing.assert_allclose(gradient, slope(lambda x: value(x)[0], theta), atol=WITNESS)
    assert np.abs(gradient).max() > 0.1  # not zero everywhere


def exponential(machine, theta):
    """The visible state by another road: the matrix exponential, and a partial trace."""
    gibbs = expm(-machine.terms.matrix(theta))
    split = (4, 2**machine.hidden)
    return np.einsum("ahbh->ab", (gibbs / gibbs.trace()).reshape(*split, *split))


def test_the_loss_is_the_dense_cross_entropy(machine, theta):
    rho = random_density_matrix(4, seed=3)
    value, _ = loss_at(machine, target(machine, rho))(theta)
    dense = quantum.cross_entropy(rho, exponential(machine, theta))
    # The dense path loses ε/λ_min; the energies stay within 10 here, λ_min above e^-10.
    assert value == pytest.approx(float(dense), abs=1e-10)


def test_the_density_matrix_is_the_exponential():
    for name in ("hidden, complex", "hidden, classical"):
        machine = MACHINES[name]
        theta = 5 * machine.initial(13)
        np.testing.assert_allclose(
            jax.jit(machine.density_matrix)(theta), exponential(machine, theta), atol=100 * EPS
        )


def test_against_itself_the_gradient_vanishes_and_the_curvature_is_the_metric(machine, theta):
    """D(σ_θ‖σ_θ′) = ½ δθ M δθ + …, so M is the slope of its gradient at θ′ = θ."""
    itself = target(machine, exponential(machine, theta))
    value = loss_at(machine, itself)
    assert np.abs(value(theta)[1]).max() < 1000 * EPS
    point = at(machine, theta)
    metric = point.visible_metric() if machine.hidden else point.covariance(10**6)
    np.testing.assert_allclose(metric, slope(lambda x: value(x)[1], theta), atol=WITNESS)
    assert np.linalg.eigvalsh(metric)[0] > -100 * EPS


def test_the_metric_of_visible_machines_is_the_covariance_in_blocks_of_any_size():
    for name in ("complex", "real", "classical"):
        machine = MACHINES[name]
        point = at(machine, 5 * machine.initial(4))
        whole = point.covariance(10**6)
        np.testing.assert_allclose(point.covariance(1), whole, atol=20 * EPS)
        np.testing.assert_allclose(point.visible_metric(), whole, atol=100 * EPS)


def test_the_curvature_at_infinite_temperature_is_one():
    """Pauli strings are orthogonal: the Hessian is the identity, for any number of wires."""
    for wires in (2, 4):
        machine = BoltzmannMachine(PauliTerms.local(wires))
        metric = at(machine, np.zeros(machine.size)).covariance(10**6)
        np.testing.assert_allclose(metric, np.eye(machine.size), atol=50 * EPS)


def test_the_lifted_data_of_a_classical_machine_are_the_data_with_the_hidden_law():
    machine = MACHINES["hidden, classical"]
    theta, p = machine.initial(5) * 5, np.random.default_rng(6).dirichlet(np.ones(4))
    point = at(machine, theta)
    joint = point.state.reshape(4, 2)
    expected = p[:, None] * joint / joint.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(point.lifted(p).reshape(4, 2), expected, rtol=50 * EPS)


def test_exponents_neither_overflow_nor_cancel():
    x = np.array([0.0, -1e-9, -1.0, -700.0, -1e6])
    slopes = exp_slope(np, x[:, None], x[None, :])
    np.testing.assert_array_equal(np.diag(slopes), np.exp(x))
    np.testing.assert_array_equal(slopes, slopes.T)
    assert slopes[0, 1] == pytest.approx(1 - 0.5e-9, rel=4 * EPS)
    assert slopes[0, 2] == pytest.approx(1 - math.exp(-1), rel=4 * EPS)
    assert slopes[0, 4] == pytest.approx(1e-6, rel=4 * EPS)


def test_the_coldest_states_have_finite_values_and_metrics():
    machine = MACHINES["complex"]
    theta = 1e4 * machine.initial(7)
    point = at(machine, theta)
    assert np.exp(point.logs).min() == 0.0  # they do underflow
    assert np.isfinite(point.covariance(10**6)).all() and np.isfinite(point.log_partition)


# --- in qce.fit ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def fitted():
    """Objectives with one compilation each: convex, classical with hidden wires, hidden."""
    rho = random_density_matrix(4, seed=8)
    names = ("complex", "hidden, classical", "hidden, real")
    return {name: (MACHINES[name], rho, gibbs_cross_entropy(MACHINES[name], rho)) for name in names}


def test_value_and_gradient_under_jax_are_those_of_learning(fitted):
    for machine, rho, objective in fitted.values():
        theta = 5 * machine.initial(9)
        estimate, gradient = objective.value_and_gradient(theta)
        value, expected = loss_at(machine, target(machine, rho))(theta)
        assert estimate.value == pytest.approx(value, abs=100 * EPS)
        np.testing.assert_allclose(gradient, expected, atol=1000 * EPS)


def test_at_infinite_temperature_where_all_is_degenerate_the_gradient_is_exact(fitted):
    machine, rho, objective = fitted["complex"]
    estimate, gradient = objective.value_and_gradient(np.zeros(machine.size))
    assert estimate.value == pytest.approx(2 * math.log(2), abs=4 * EPS)
    np.testing.assert_allclose(gradient, machine.terms.expectations(rho), atol=20 * EPS)


def test_second_derivatives_of_the_partition_function_are_the_covariance():
    machine = MACHINES["real"]
    theta = 5 * machine.initial(10)
    hessian = jax.jit(jax.hessian(machine.log_partition))(theta)
    np.testing.assert_allclose(hessian, at(machine, theta).covariance(10**6), atol=200 * EPS)


def test_fit_and_learn_find_the_same_optimum(fitted):
    machine, rho, objective = fitted["complex"]
    fit = qce.fit(objective, np.zeros(machine.size), optimizer="lbfgs", progress=False)
    newton = learn(machine, rho)
    assert fit.status.converged and newton.status is Status.CONVERGED
    assert abs(fit.gap) < 1e-12 and abs(newton.gap) < 1e-12  # a full set of terms


# --- endings -------------------------------------------------------------------------------------


def test_every_ending_says_itself():
    machine, rho = MACHINES["complex"], random_density_matrix(4, seed=11)
    assert learn(machine, rho, steps=2).status is Status.STEP_LIMIT
    assert learn(machine, rho, steps=2).steps == 2
    assert learn(machine, rho, tolerance=0.0).status is Status.STALLED
    leap = learn(machine, rho, optimizer="gradient", learning_rate=1e308, steps=9)
    assert leap.status is Status.NON_FINITE and np.isfinite(leap.params).all()


def test_an_interrupt_keeps_what_there_is():
    visited = []

    def stop(step, value, params):
        visited.append((step, value, params))
        if step == 2:
            raise KeyboardInterrupt

    machine, rho = MACHINES["complex"], random_density_matrix(4, seed=12)
    result = learn(machine, rho, callback=stop)
    assert result.status is Status.INTERRUPTED and result.steps == 2
    assert [step for step, _, _ in visited] == [0, 1, 2]
    np.testing.assert_array_equal(result.history["loss"], [value for _, value, _ in visited])
    # The step after which it came is in the history, its parameters are not adopted yet or are.
    assert result.estimate.value in result.history["loss"]


# --- refusals ------------------------------------------------------------------------------------

VISIBLE, HIDDEN = MACHINES["complex"], MACHINES["hidden, real"]
MIXED = np.eye(4) / 4
REFUSED = [
    (lambda: PauliTerms(()), "`strings` must be words of one length"),
    (lambda: PauliTerms(("XX", "Z")), "`strings` must be words of one length"),
    (lambda: PauliTerms(("XA",)), "`strings` must be of the letters I, X, Y, Z"),
    (lambda: PauliTerms(("XI", "II")), ".* not of I alone"),
    (lambda: PauliTerms(("XI", "ZZ", "XI")), "`strings` must differ, but 'XI' occurs twice"),
    (lambda: pauli_sum({"X": 1j}), "`hamiltonian` must have real coefficients"),
    (lambda: pauli_sum(3.0), "`hamiltonian` must be a sum of Pauli words"),
    (
        lambda: pauli_sum(qce.data.transverse_field_ising(2).map_wires({0: 5})),
        "`hamiltonian` must be on wires",
    ),
    (lambda: BoltzmannMachine(PauliTerms(("XX",)), hidden=2), "`hidden` must leave a visible wire"),
    (lambda: Moments(np.full(15, 1.1)), "`values` must have shape \\(J,\\) and lie between"),
    (lambda: learn(VISIBLE, Moments(np.zeros(3))), "`data` must have 15 values, one a term"),
    (
        lambda: learn(HIDDEN, Moments(np.zeros(8)), optimizer="natural"),
        "`data` must be a state where",
    ),
    (lambda: learn(VISIBLE, np.eye(2) / 2), "`data` must be one state of dimension 4"),
    (lambda: learn(VISIBLE, Diagonal([0.5, 0.5])), "`data` must be one state of dimension 4"),
    (lambda: learn(VISIBLE, np.stack([MIXED] * 2)), "`data` must be one state of dimension 4"),
    (lambda: learn(VISIBLE, 2 * MIXED), "`data` must have trace 1"),
    (lambda: learn(HIDDEN, MIXED, optimizer="newton"), '`optimizer` must be "natural", "gradient"'),
    (lambda: learn(VISIBLE, MIXED, optimizer="em"), '`optimizer` must be "newton", "natural"'),
    (
        lambda: learn(HIDDEN, MIXED, optimizer="em", learning_rate=0.1),
        "`learning_rate` must be left out",
    ),
    (lambda: learn(VISIBLE, MIXED, hidden=2), "`hidden` must leave a visible wire"),
    (lambda: learn(VISIBLE, MIXED, hidden=-1), "`hidden`"),
    (lambda: learn(VISIBLE, MIXED, optimizer="adam"), "`optimizer` must be one of"),
    (lambda: learn(VISIBLE, MIXED, learning_rate=0.1), "`learning_rate` must be left out"),
    (
        lambda: learn(VISIBLE, MIXED, optimizer="gradient", learning_rate=-1),
        "`learning_rate` must be positive",
    ),
    (lambda: learn(VISIBLE, MIXED, np.zeros(3)), "`params` must have shape \\(15,\\)"),
    (lambda: learn(VISIBLE, MIXED, steps=-1), "`steps` must be an integer >= 0"),
    (lambda: learn(VISIBLE, MIXED, tolerance=-1), "`tolerance` must not be negative"),
    (lambda: learn(VISIBLE, MIXED, tolerance=math.nan), "`tolerance` must be finite"),
]


@pytest.mark.parametrize(("call", "message"), REFUSED)
def test_what_cannot_be_done_is_refused(call, message):
    with pytest.raises(ValueError, match="Argument " + message):
        call()


def test_other_models_are_refused():
    with pytest.raises(TypeError, match="`model` must be a BoltzmannMachine"):
        learn(PauliTerms(("X",)), np.eye(2) / 2)


def test_too_many_wires_are_refused_with_the_memory_they_need():
    machine = BoltzmannMachine(PauliTerms.chain(14, "X", ["ZZ"]))
    for call in (learn, gibbs_cross_entropy):
        with pytest.raises(ValueError, match=r"fit into 4 GiB, but 27 terms on 14 wires need 18"):
            call(machine, Moments(np.zeros(machine.size)))
    # The classical machine on as many wires makes no matrix.
    flat = BoltzmannMachine(PauliTerms.chain(14, "Z", ["ZZ"]))
    assert learn(flat, Moments(np.zeros(flat.size))).steps == 0
