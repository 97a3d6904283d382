"""Hidden wires: the exact gradient by its integrals, expectation maximisation, and on a device."""

import subprocess
import sys

import numpy as np
import pytest
from scipy.integrate import quad_vec
from scipy.linalg import expm, fractional_matrix_power, logm
from scipy.stats import norm

import qce
from qce import circuits, models, objectives, quantum
from qce.boltzmann import Moments, learn, sampled_gradient
from qce.boltzmann.device import HadamardTest
from qce.boltzmann.moments import target
from qce.boltzmann.point import at, loss
from qce.models import BoltzmannMachine, PauliTerms
from qce.states import Diagonal, random_density_matrix

WORDS = ("XII", "IXI", "ZZI", "IZZ", "IIX", "IXZ", "YIY")
MIXING = BoltzmannMachine(PauliTerms(WORDS), hidden=1)
FLAT = BoltzmannMachine(PauliTerms.restricted(2, 1, "XYZ"), hidden=1)
APART = BoltzmannMachine(PauliTerms(("XII", "IXI", "ZZI", "IIX", "IIZ")), hidden=1)
RHO = random_density_matrix(4, seed=5)


def theta_of(machine, seed=1, size=0.5):
    return np.random.default_rng(seed).normal(0.0, size, machine.size)


def gradients(machine, theta, rho):
    """Of the loss, and of the bound of expectation maximisation."""
    point, state = at(machine, theta), target(machine, rho).state
    exact = loss(point, theta, None, state)[1]
    return exact, machine.terms.expectations(point.recovered(state)) - point.moments


def partial_trace(x):
    return np.einsum("ahbh->ab", x.reshape(4, 2, 4, 2))


# --- the exact gradient --------------------------------------------------------------------------


def test_the_exact_gradient_is_that_of_the_modular_flow():
    """Both integrals by quadrature, powers and exponentials by scipy: nothing of ours inside.

    Their kernels fall as e^{−πt}: cut at 14, where e^{−44} is left.
    """
    theta = theta_of(MIXING)
    h = MIXING.terms.matrix(theta)
    sigma = expm(-h) / np.trace(expm(-h))
    visible = partial_trace(sigma)
    root, generator = fractional_matrix_power(visible, -0.5), logm(visible)
    inner = root @ RHO @ root

    def flowed(s):
        turn = expm(0.5j * s * generator)
        return np.pi / (2 * np.cosh(np.pi * s) + 2) * turn.conj().T @ inner @ turn

    def turned(t):  # at ±t; the logarithm at 0 is integrable
        u = expm(-1j * h * t)
        kernel = 2 / np.pi * np.log(1 / np.tanh(np.pi * t / 2))
        return [kernel * (u @ p @ u.conj().T + u.conj().T @ p @ u) for p in terms]

    terms = [PauliTerms((word,)).matrix(np.ones(1)) for word in WORDS]
    a = np.kron(quad_vec(flowed, -14, 14, epsabs=1e-11)[0], np.eye(2))
    averaged = quad_vec(lambda t: np.array(turned(t)), 0, 14, epsabs=1e-11)[0]
    expected = [
        np.trace((x @ sigma + sigma @ x) @ a).real / 2 - np.trace(p @ sigma).real
        for x, p in zip(averaged, terms, strict=True)
    ]
    np.testing.assert_allclose(gradients(MIXING, theta, RHO)[0], expected, atol=1e-9)


def test_hidden_wires_can_be_told_to_learn():
    whole = BoltzmannMachine(MIXING.terms)
    told = learn(whole, RHO, theta_of(MIXING), hidden=1, steps=5)
    same = learn(MIXING, RHO, theta_of(MIXING), optimizer="natural", steps=5)
    np.testing.assert_array_equal(told.params, same.params)
    assert told.optimizer["name"] == "natural"
    chain = qce.boltzmann.FermionMachine.ising(3)
    with pytest.raises(qce.ArgumentError, match="`hidden` must be None here"):
        learn(chain, Moments(np.zeros(chain.size)), hidden=1)


def test_learning_is_in_double_precision_in_either_mode_of_jax():
    """Single precision missed the couplings by 2e-5, and called it converged."""
    code = (
        "from qce import boltzmann, data, models\n"
        "eta = data.gibbs_state(data.transverse_field_ising(3, J=1.0, h=0.5))\n"
        "for letters in ('XZ', 'Z'):\n"
        "    terms = models.PauliTerms.chain(3, letters, ['ZZ'])\n"
        "    found = boltzmann.learn(models.BoltzmannMachine(terms), eta)\n"
        "    print(found.history['grad_norm'][-1] < 1e-9)\n"
    )
    line = [sys.executable, "-c", code]
    done = subprocess.run(line, capture_output=True, text=True, timeout=200)
    assert done.stdout.split() == ["True", "True"], done.stderr


# --- expectation maximisation --------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_the_bound_is_tight_where_nothing_is_entangled(seed):
    """Machine and data diagonal on visible wires, or hidden wires on their own."""
    p = np.random.default_rng(seed).dirichlet(np.ones(4))
    rho = random_density_matrix(4, seed=seed)
    for machine, state in ((FLAT, np.diag(p)), (APART, rho)):
        exact, bound = gradients(machine, theta_of(machine, seed), state)
        # Roots and inverse roots of states with weights above 1e-2.
        np.testing.assert_allclose(bound, exact, atol=1e-12)
        assert np.abs(exact).max() > 0.05


@pytest.mark.parametrize("seed", range(5))
def test_elsewhere_it_is_not(seed):
    theta = theta_of(MIXING, seed, size=1.0)
    rho = random_density_matrix(4, seed=seed)
    exact, bound = gradients(MIXING, theta, rho)
    assert np.linalg.norm(exact - bound) > 1e-3 * np.linalg.norm(exact)
    recovered = at(MIXING, theta).recovered(rho)
    assert np.trace(recovered).real == pytest.approx(1, abs=1e-12)
    assert np.linalg.eigvalsh(recovered)[0] > -1e-14
    assert np.abs(partial_trace(recovered) - rho).max() > 1e-3


def test_the_recovered_state_is_the_petz_map():
    theta = theta_of(MIXING)
    gibbs = expm(-MIXING.terms.matrix(theta))
    sigma = gibbs / gibbs.trace()
    root = fractional_matrix_power(partial_trace(sigma), -0.5)
    half = fractional_matrix_power(sigma, 0.5)
    expected = half @ np.kron(root @ RHO @ root, np.eye(2)) @ half
    np.testing.assert_allclose(at(MIXING, theta).recovered(RHO), expected, atol=1e-12)


def test_a_step_gives_the_machine_the_moments_of_the_recovered_data():
    for machine, state in ((MIXING, RHO), (FLAT, RHO)):
        theta = theta_of(machine)
        wanted = machine.terms.expectations(at(machine, theta).recovered(RHO))
        found = learn(machine, state, theta, optimizer="em", steps=1)
        np.testing.assert_allclose(at(machine, found.params).moments, wanted, atol=2e-6)


def test_diagonal_machines_go_downhill_to_where_the_slope_vanishes():
    p = 0.8 * np.random.default_rng(3).dirichlet(np.ones(4)) + 0.05
    classical = BoltzmannMachine(PauliTerms.restricted(2, 1, "Z"), hidden=1)
    for machine in (FLAT, classical):
        found = learn(machine, Diagonal(p), optimizer="em", steps=300, tolerance=1e-6)
        assert np.diff(found.history["loss"]).max() < 1e-12
        exact, _ = gradients(machine, found.params, Diagonal(p))
        assert np.linalg.norm(exact) < 1e-3
        # A restricted machine of two bits and a unit holds every distribution with such weights.
        assert found.gap < 1e-3


def test_elsewhere_it_ends_beside_the_optimum_and_may_go_uphill():
    """The exact slope is not 0 where that of the bound nearly is, and leads much lower."""
    theta, rho = theta_of(MIXING, 3), random_density_matrix(4, seed=3)
    ended = learn(MIXING, rho, theta, optimizer="em", steps=100)
    exact, bound = gradients(MIXING, ended.params, rho)
    assert np.linalg.norm(exact) > 5 * np.linalg.norm(bound)
    assert ended.history["grad_norm"][-1] == pytest.approx(np.linalg.norm(bound), abs=1e-10)
    assert learn(MIXING, rho, theta, hidden=1, steps=100).gap < ended.gap - 0.1
    theta, rho = theta_of(MIXING, 1), random_density_matrix(4, seed=1)
    climbed = learn(MIXING, rho, theta, optimizer="em", steps=100).history["loss"]
    assert climbed[-1] > climbed.min() + 1e-4


# --- on a device ---------------------------------------------------------------------------------


def test_the_mean_of_all_circuits_is_the_gradient():
    """Without shots, and over a net of times in place of draws: no chance left.

    Midpoints of 40 equally likely times each: an error of 1e-2 of terms of order one, where a wrong
    sign, kernel or order of rotations makes one of order one.
    """
    theta = theta_of(MIXING)
    test = HadamardTest.of(at(MIXING, theta), theta, RHO, None, None)
    machine = objectives.machine.open_machine(None, 4, 0)
    share = (np.arange(40) + 0.5) / 40
    flows = np.log(share / (1 - share)) / np.pi
    rng = np.random.default_rng(0)
    times = np.quantile([t for t, _, _ in test.draw(rng, 40_000)], share)
    exact = gradients(MIXING, theta, RHO)[0]
    for term in (0, 3, 6):
        value = 0.0
        for t, s in zip(times, rng.permutation(flows), strict=True):
            for ket, weight in enumerate(test.prepared.weights):
                call = objectives.machine.Call(
                    lambda x, t=t, s=s, ket=ket, term=term: test.queue(term, t, s, ket, x),
                    np.zeros(0),
                )
                value += weight * (machine.all_frequencies([call])[0] @ test.outcomes) / 40
        assert value == pytest.approx(exact[term], abs=0.03)


def test_times_have_the_kernel_that_they_should():
    """E cos Δt = tanh(Δ/2)/(Δ/2), and of the flow Δ/sinh Δ: within five standard errors."""
    theta = theta_of(MIXING)
    test = HadamardTest.of(at(MIXING, theta), theta, RHO, None, None)
    t, s, _ = np.array(test.draw(np.random.default_rng(1), 200_000)).T
    for gap in (0.5, 2.0, 6.0):
        five = 5 / np.sqrt(2 * 200_000)
        assert np.cos(gap * t).mean() == pytest.approx(np.tanh(gap / 2) / (gap / 2), abs=five)
        assert np.cos(gap * s).mean() == pytest.approx(gap / np.sinh(gap), abs=five)


def test_a_measured_gradient_is_unbiased_within_its_error():
    """20 seeds at 2 + 1 wires: each mean within three of its standard errors.

    With right errors one of seven terms fails by chance in 2 of 100 choices of the seeds.
    """
    theta = theta_of(MIXING)
    exact = gradients(MIXING, theta, RHO)[0]
    runs = [sampled_gradient(MIXING, RHO, theta, draws=20, shots=5, seed=s) for s in range(20)]
    mean = np.mean([run.value for run in runs], axis=0)
    error = np.sqrt(np.sum([run.stderr**2 for run in runs], axis=0)) / 20
    assert (np.abs(mean - exact) < 3 * error).all()
    assert (error < 0.3).all() and np.abs(exact).max() > 0.3
    assert runs[0].cost == qce.results.Cost(circuits=140, jobs=runs[0].cost.jobs, shots=700)
    again = sampled_gradient(MIXING, RHO, theta, draws=20, shots=5, seed=0)
    np.testing.assert_array_equal(again.value, runs[0].value)


@pytest.mark.long
def test_error_bars_of_a_measured_gradient_cover():
    """Intervals of 1.96 standard errors, 200 runs of seven terms: 93 to 97 of 100 hold the truth.

    1400 intervals: the share of right ones has a deviation of 0.6 %.
    """
    theta = theta_of(MIXING)
    exact = gradients(MIXING, theta, RHO)[0]
    held = []
    for seed in range(200):
        run = sampled_gradient(MIXING, RHO, theta, draws=60, shots=2, seed=seed)
        held.append(np.abs(run.value - exact) < norm.ppf(0.975) * run.stderr)
    assert 0.93 < np.mean(held) < 0.97


def test_at_the_optimum_there_is_no_error():
    theta = theta_of(MIXING)
    visible = at(MIXING, theta).visible
    run = sampled_gradient(MIXING, visible, theta, draws=3, seed=0)
    np.testing.assert_allclose(run.value, 0.0, atol=1e-12)
    np.testing.assert_allclose(run.stderr, 0.0, atol=1e-12)


def test_a_thermal_circuit_is_a_state():
    """A circuit that holds the Gibbs state exactly: gates of one eigenbasis."""
    theta = theta_of(MIXING)
    point = at(MIXING, theta)
    spectrum = models.CategoricalSpectrum(3)
    model = models.ThermalModel(circuits.fixed(point.basis), spectrum)
    params = np.asarray(point.logs)[: spectrum.size]
    np.testing.assert_allclose(model.density_matrix(params), point.state, atol=1e-12)
    exact = gradients(MIXING, theta, RHO)[0]
    run = sampled_gradient(MIXING, RHO, theta, state=(model, params), draws=30, shots=4, seed=1)
    # Four standard errors of seven terms: 1 choice of the seed in 2000 fails.
    assert (np.abs(run.value - exact) < 4 * run.stderr).all()


def test_trotter_steps_go_the_way_of_the_matrix():
    import pennylane as qml

    theta = theta_of(MIXING)
    point = at(MIXING, theta)
    exact, steps = (HadamardTest.of(point, theta, RHO, None, n) for n in (None, 30))
    one, other = (qml.matrix(x._evolve, wire_order=range(3))(0.7) for x in (exact, steps))
    overlap = abs(np.trace(one.conj().T @ other)) / 8
    assert overlap == pytest.approx(1, abs=1e-5)  # a phase of all is not seen
    stepped = sampled_gradient(MIXING, RHO, theta, trotter=2, draws=2, shots=1, seed=0)
    assert np.isfinite(stepped.value).all()


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"draws": 1}, "draws"),
        ({"shots": 0}, "shots"),
        ({"trotter": 0}, "trotter"),
        ({"seed": -1}, "seed"),
        ({"params": np.zeros(3)}, "params"),
        ({"params": np.full(7, np.nan)}, "params"),
        ({"data": np.eye(2) / 2}, "data"),
        ({"state": "thermal"}, "state"),
        ({"state": (models.ThermalModel(circuits.rx(2), models.ProductSpectrum(2)), np.zeros(4))},
         "state"),
    ],
)  # fmt: skip
def test_what_cannot_be_measured_is_refused(settings, name):
    given = {"data": RHO, "params": np.zeros(7), "draws": 2, "shots": 1} | settings
    with pytest.raises(qce.ArgumentError, match=f"`{name}`"):
        sampled_gradient(MIXING, **given)


def test_moments_alone_do_not_tell_a_gradient():
    machine = BoltzmannMachine(PauliTerms(("X", "Z")))
    with pytest.raises(qce.ArgumentError, match="`data` must be a state"):
        sampled_gradient(machine, Moments(np.zeros(2)), np.zeros(2))


def test_the_gap_is_the_relative_entropy():
    found = learn(MIXING, RHO, theta_of(MIXING), steps=3)
    left = quantum.relative_entropy(RHO, at(MIXING, found.params).visible)
    assert found.gap == pytest.approx(float(left), abs=1e-12)
