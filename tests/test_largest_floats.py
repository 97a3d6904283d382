"""Energies and couplings up to the largest float: right values, ∞, NaN or a refusal by name.

Products and sums of them overflow, and LAPACK, given what is infinite, raises, never ends, or
returns numbers.
"""

import math

import matplotlib.pyplot as plt
import mpmath
import numpy as np
import pytest
from fuzz_samples import RHO, SAMPLES, SIGMA, machine

from qce import ArgumentError, boltzmann, laws, models, objectives, plots, quantum
from qce.boltzmann import FermionMachine, Moments, coupling_errors
from qce.boltzmann._fermion_point import FermionPoint, _tanh_slope
from qce.results import Estimate, Status
from qce.states import (
    GaussianFermions,
    IsingChain,
    Pure,
    QuadraticHamiltonian,
    Thermal,
    lanczos_cross_entropy,
)

EPS = np.finfo(float).eps
VAST = 1.5e308  # a float, unlike its double
# A chain with couplings of both kinds, and one that needs complex eigenvectors.
MACHINES = {"chain": FermionMachine.ising(3), "any": FermionMachine.free(3)}


def couplings(kind, scale):
    return np.linspace(-0.75, 1.0, MACHINES[kind].size) * scale


@pytest.mark.parametrize("x", [0.0, 1e-9, 0.3, 7.0, 400.0, 1e5, 1e100, 1e300])
@pytest.mark.parametrize("y", [0.0, 1e-12, -0.3, 6.9, -1e5, 1.1e5, 1e100, 9e299])
def test_slopes_of_tanh_have_their_digits_at_any_size(x, y):
    """Differences of logarithms of cosh had the rounding of |x|, and overflowed.

    A product of six factors that are each within 2 ε; exponents here are exact.
    """
    with mpmath.workdps(40):
        p, q = mpmath.mpf(x), mpmath.mpf(y)
        if p == q:
            exact = 4 * mpmath.exp(-2 * p) / (1 + mpmath.exp(-2 * p)) ** 2
        else:
            signs = mpmath.sign(p) - mpmath.sign(q)
            exact = (signs - _off(p) + _off(q)) / (p - q)
    found = float(_tanh_slope(np.float64(x), np.float64(y)))
    assert found == pytest.approx(float(exact), rel=16 * EPS, abs=1e-300)


def _off(z):
    """sign z − tanh z, in which nothing cancels."""
    return mpmath.sign(z) * 2 * mpmath.exp(-2 * abs(z)) / (1 + mpmath.exp(-2 * abs(z)))


@pytest.mark.parametrize("kind", MACHINES)
@pytest.mark.parametrize("scale", [1e5, 1e100, 1e200, 1e300, 8e307, VAST])
def test_errors_of_couplings_that_moments_do_not_tell_are_refused(kind, scale):
    one = MACHINES[kind]
    with pytest.raises(ArgumentError) as refused:
        coupling_errors(one, couplings(kind, scale), np.full(one.size, 1e-4))
    assert refused.value.arguments == ("params",)


@pytest.mark.parametrize("kind", MACHINES)
@pytest.mark.parametrize("optimizer", ["newton", "lbfgs"])
@pytest.mark.parametrize("scale", [1e100, 1e300, 8e307, 8.9e307])
def test_learning_from_afar_ends_with_a_number_or_says_that_there_is_none(kind, optimizer, scale):
    one = MACHINES[kind]
    start = couplings(kind, scale)
    result = boltzmann.learn(one, Moments(np.full(one.size, 0.1)), start, optimizer=optimizer)
    if result.status is Status.NON_FINITE:
        assert len(result.history["loss"]) == 1 and scale > 1e307
    else:
        assert np.isfinite(result.history["loss"]).all()
        assert result.history["loss"][-1] <= result.history["loss"][0]
    assert str(result)


def test_a_point_beyond_all_numbers_has_none():
    for one in MACHINES.values():
        point = FermionPoint(one, np.full(one.size, VAST))
        for found in (point.log_partition, point.moments, point.metric):
            assert np.isnan(found).all()


@pytest.mark.parametrize("kind", MACHINES)
@pytest.mark.parametrize("scale", [1e300, 8e307])
def test_states_of_the_largest_energies_are_pure(kind, scale):
    """As those of half the couplings are; energies that are sums of them may be infinite."""
    one = MACHINES[kind]
    state, half = (one.state(couplings(kind, scale) * part) for part in (1.0, 2.0**-100))
    found = state.covariance
    # Γ is orthogonal where all modes are pure: products of six terms, of vectors within ten ε.
    np.testing.assert_allclose(found @ found.T, np.eye(6), atol=100 * EPS)
    np.testing.assert_allclose(found, half.covariance, atol=100 * EPS)
    assert quantum.entropy(state) == 0.0
    with np.errstate(over="ignore"):
        expected = half.energies * 2.0**100
    np.testing.assert_allclose(state.energies, expected, rtol=100 * EPS)


@pytest.mark.parametrize("kind", MACHINES)
def test_ground_states_of_the_largest_energies_know_their_zero_modes(kind):
    a = MACHINES[kind].generator(couplings(kind, 8e307))
    rest = np.zeros((8, 8))  # a wire beside it that nothing acts on
    rest[:6, :6] = a
    found = GaussianFermions.thermal(QuadraticHamiltonian(rest), math.inf)
    assert np.isinf(found.energies).sum() == 3
    assert quantum.entropy(found) == pytest.approx(math.log(2), abs=8 * EPS)


def test_a_chain_of_the_largest_energies_has_its_states():
    chain = IsingChain(3, J=VAST, h=VAST)  # whose modes have energies up to twice these
    assert quantum.entropy(Thermal(chain, beta=0.0)) == pytest.approx(3 * math.log(2), abs=8 * EPS)
    assert quantum.entropy(Thermal(chain, beta=1.0)) == 0.0
    small, same = IsingChain(3, J=1.0, h=1.0), Thermal(chain, beta=0.5 / VAST)
    exact = quantum.entropy(Thermal(small, beta=0.5))
    assert quantum.entropy(same) == pytest.approx(float(exact), abs=100 * EPS)
    assert chain.log_partition(0.0) == pytest.approx(3 * math.log(2), abs=8 * EPS)


def drawn(steps, loss):
    try:
        plots.history(plt.figure().add_subplot(), steps, loss, label="loss")
    finally:
        plt.close("all")


NAMED = {
    "fields": (lambda: QuadraticHamiltonian.ising([0.5], [VAST, 0]), ("couplings", "fields")),
    "couplings": (lambda: QuadraticHamiltonian.ising([VAST], [0, 0]), ("couplings", "fields")),
    "a range": (
        lambda: QuadraticHamiltonian.random_bonds(3, 0, low=VAST, high=1.6e308),
        ("low", "high"),
    ),
    "a chain": (lambda: QuadraticHamiltonian.read(IsingChain(2, J=VAST)), ("hamiltonian",)),
    "words": (lambda: QuadraticHamiltonian.read({"XX": VAST}), ("hamiltonian",)),
    "a machine": (lambda: MACHINES["chain"].state(couplings("chain", VAST)), ("params",)),
    "circuits": (
        lambda: boltzmann.sampled_gradient(
            machine(), RHO, np.full(5, VAST), draws=2, shots=2, seed=0
        ),
        ("params",),
    ),
}

NAMED |= {
    f"{name} of a figure": (lambda given=given: drawn(*given), (name,))
    for name, given in {"steps": ([0.0, VAST], [0.5, 0.3]), "loss": ([0, 1], [-VAST, 0.3])}.items()
}
# Its exponential is a rotation up to 1e14 ε = 0.02 or so.
NAMED["angles of a machine"] = (
    lambda: models.Matchgate(2, hidden=0).angles([0.1, 1e14, 0.1, 0.1, 0.1, 0.1]),
    ("params",),
)


@pytest.mark.parametrize("kind", NAMED)
def test_what_overflows_inside_is_refused_by_its_name(kind):
    call, names = NAMED[kind]
    with pytest.raises(ArgumentError) as refused:
        call()
    assert refused.value.arguments == names


@pytest.mark.parametrize("scale", [1e308, VAST])
def test_a_dense_machine_of_infinite_energies_has_no_loss(scale):
    """Of an infinite matrix LAPACK found finite energies, and a loss of 3e307 nats."""
    start = np.linspace(-1.0, 0.6, 5) * scale
    result = boltzmann.learn(machine(), RHO, start)
    assert result.status is Status.NON_FINITE
    assert str(result).startswith("nan nats")


@pytest.mark.parametrize("scale", [1e-300, 1e300, 1e307])
def test_derivatives_of_logarithms_are_linear_at_any_size(scale):
    state, direction = np.diag([0.4, 0.6]), np.array([[0.0, 1.0], [1.0, 0.0]])
    value, error = laws.layer_cake_integral(state, direction * scale)
    expected = math.log(0.6 / 0.4) / 0.2 * scale  # the divided difference of log
    assert abs(value[0, 1] - expected) <= error <= 1e-10 * scale


def test_a_derivative_that_leaves_floating_point_is_infinite():
    value, _ = laws.layer_cake_integral(np.diag([0.4, 0.6]), [[0.0, 1.6e308], [1.6e308, 0.0]])
    assert value[0, 1].real == value[1, 0].real == math.inf


def test_a_covariance_of_the_largest_floats_is_one():
    spread = np.full((3, 3), VAST)
    found = coupling_errors(FermionMachine.ising(2), np.zeros(3), spread)
    # At θ = 0 the metric is 1.
    np.testing.assert_allclose(found, math.sqrt(VAST), rtol=16 * EPS)


def test_smoothing_by_the_largest_floats_makes_all_alike():
    found, same = (models.hidden_tree(SAMPLES, 16, smoothing=s, epochs=1) for s in (VAST, 1e290))
    np.testing.assert_array_equal(found.tables, same.tables)
    assert found.tables[1] == pytest.approx(np.full((2, 16, 16), 1 / 32))


def test_bandwidths_below_the_normal_floats_are_narrow():
    """XLA sets its threads to take such numbers for 0, by which Python does not divide."""
    few = SAMPLES[:7]
    found, same = (
        objectives.sampled_discrepancy(few, SAMPLES, bandwidths=width) for width in (1e-320, 1e-300)
    )
    assert found.value == same.value


def test_a_model_below_the_normal_floats_has_bounds():
    """Its second step was a ratio of two numbers that count as 0."""
    found = lanczos_cross_entropy(Pure([1, 0, 0, 0]), SIGMA * 1e-320, least=1e-3)
    assert (found.lower, found.upper) == (0.0, math.inf)  # the eigenvalues are below `least`


def test_a_value_that_is_nan_is_written_as_such():
    assert str(Estimate(math.nan)) == "nan nats (exact)"
    assert f"{Estimate(math.nan):.3f}" == "nan"
    assert str(Estimate(math.nan, 0.5, 10)) == "nan ± 0.50 nats (10 shots)"
