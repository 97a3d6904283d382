"""Quadratic Hamiltonians learned from moments, against dense machines, and their error bars."""

import numpy as np
import pytest
from fermion_oracles import antisymmetric, random_state, thermal

import qce
from qce import boltzmann, quantum
from qce.boltzmann import FermionMachine, Moments, coupling_errors
from qce.boltzmann._fermion_point import FermionPoint
from qce.models import BoltzmannMachine, PauliTerms
from qce.results import Status
from qce.states import GaussianFermions, IsingChain, QuadraticHamiltonian, Thermal


@pytest.mark.parametrize("method", ["newton", "lbfgs"])
@pytest.mark.parametrize("seed", range(3))
def test_any_generator_is_found_again(seed, method):
    a = antisymmetric(seed, 3, 0.4)
    machine = FermionMachine.free(3)
    result = boltzmann.learn(machine, GaussianFermions(generator=a), optimizer=method)
    assert result.status.converged and abs(result.gap) < 1e-12
    np.testing.assert_allclose(machine.generator(result.params), a, atol=1e-8)


@pytest.mark.parametrize("seed", range(3))
def test_data_of_any_kind_are_learned_as_the_dense_machine_learns_them(seed):
    rho = random_state(seed, 3)
    machine = FermionMachine.ising(3)
    dense = BoltzmannMachine(PauliTerms(machine.strings))
    expected, found = (boltzmann.learn(m, rho, tolerance=1e-11) for m in (dense, machine))
    np.testing.assert_allclose(found.params, expected.params, atol=1e-9)
    assert found.estimate.value == pytest.approx(expected.estimate.value, abs=1e-12)
    assert found.gap == pytest.approx(expected.gap, abs=1e-11)
    told = boltzmann.learn(machine, Moments(machine.moments(rho)), tolerance=1e-11)
    np.testing.assert_allclose(told.params, found.params, atol=1e-9)
    assert told.gap is None
    value = quantum.cross_entropy(rho, machine.state(found.params))
    assert value == pytest.approx(found.estimate.value, abs=1e-12)


@pytest.mark.parametrize("kind", ["ising", "free"])
@pytest.mark.parametrize("scale", [0.0, 0.3, 3.0])
def test_moments_and_metric_are_derivatives_of_the_partition_function(kind, scale):
    """Complex steps are no witness through SVD: the dense metric is, and central differences."""
    machine = getattr(FermionMachine, kind)(3)
    params = scale * np.random.default_rng(1).normal(size=machine.size)
    point = FermionPoint(machine, params)
    state = thermal(machine.generator(params))
    terms = PauliTerms(machine.strings)
    np.testing.assert_allclose(point.moments, terms.expectations(state), atol=1e-12)
    from qce.boltzmann.point import at

    expected = at(BoltzmannMachine(terms), params).covariance(10**6)
    np.testing.assert_allclose(point.metric, expected, atol=1e-12)


def words(wires, *pieces):
    """The pieces at every place where they fit."""
    return tuple(
        "I" * k + piece + "I" * (wires - k - len(piece))
        for piece in pieces
        for k in range(wires - len(piece) + 1)
    )


@pytest.mark.parametrize("scale", [0.0, 1.0, 5.0])
@pytest.mark.parametrize("pieces", [("Z", "XX"), ("YY", "Z", "XX"), ("XZX", "YY")])
def test_the_metric_of_few_terms_is_that_of_steps_one_by_one(pieces, scale):
    """Entries are below one, and sums of as many products as sites: rounding, times a few."""
    wires = 30
    machine = FermionMachine(words(wires, *pieces))
    params = scale * np.random.default_rng(2).normal(size=machine.size)
    point = FermionPoint(machine, params)
    assert point.chain and machine.size <= 4 * wires
    expected = np.stack([point.curvature(row) for row in np.eye(machine.size)])
    np.testing.assert_allclose(point.metric, expected, atol=1e3 * np.finfo(float).eps)
    found = np.linalg.eigvalsh(point.metric)
    assert found[0] > -1e-14


def test_the_random_chain_is_learned_to_rounding():
    n = 60
    chain = QuadraticHamiltonian.random_bonds(n, seed=1)
    machine = FermionMachine.ising(n)
    result = boltzmann.learn(machine, GaussianFermions.thermal(chain), optimizer="lbfgs")
    assert result.status.converged
    # The gradient is known to some ε, and the least curvature is above 1e-3.
    assert np.abs(machine.generator(result.params) - chain.matrix).max() < 1e-8


def test_the_other_axis_is_the_chain_of_zz_and_x():
    machine = FermionMachine(("XI", "IX", "ZZ"), axis="X")
    data = Thermal(IsingChain(2, J=0.7, h=0.4), 1.0)
    np.testing.assert_allclose(boltzmann.learn(machine, data).params, [-0.4, -0.4, -0.7], atol=1e-9)


def test_intervals_of_couplings_cover():
    """Two standard errors hold each of 7 couplings in 95.4 %; 1400 trials are within 2.2 % of it.

    400 of them are of one machine, and 2.2 % are four standard deviations of 1400 independent ones.
    """
    n, shots, repetitions = 4, 20000, 200
    chain = QuadraticHamiltonian.random_bonds(n, seed=2)
    machine = FermionMachine.ising(n)
    exact = boltzmann.learn(machine, GaussianFermions.thermal(chain)).params
    moments = machine.moments(GaussianFermions.thermal(chain))
    rng, inside = np.random.default_rng(0), []
    for _ in range(repetitions):
        seen = 2 * rng.binomial(shots, (1 + moments) / 2) / shots - 1
        params = boltzmann.learn(machine, Moments(seen)).params
        errors = coupling_errors(machine, params, (1 - seen**2) / shots)
        inside.append(np.abs(params - exact) < 2 * errors)
    assert abs(np.mean(inside) - 0.954) < 0.022


def test_errors_from_variances_and_from_their_matrix_agree():
    machine = FermionMachine.ising(3)
    params, variances = np.linspace(-1, 0.5, 5), np.linspace(1e-4, 2e-4, 5)
    first = coupling_errors(machine, params, variances)
    np.testing.assert_allclose(first, coupling_errors(machine, params, np.diag(variances)))


def test_refusals():
    machine = FermionMachine.ising(2)
    with pytest.raises(qce.ArgumentError, match="quadratic"):
        FermionMachine(("ZZ",))
    with pytest.raises(qce.ArgumentError, match="differ"):
        FermionMachine(("ZI", "ZI"))
    with pytest.raises(qce.ArgumentError, match="3 values"):
        boltzmann.learn(machine, Moments([0.1]))
    with pytest.raises(qce.ArgumentError, match="optimizer"):
        boltzmann.learn(machine, Moments([0.1, 0.1, 0.1]), optimizer="gradient")
    with pytest.raises(qce.ArgumentError, match="dimension 4"):
        boltzmann.learn(machine, np.eye(2) / 2)
    with pytest.raises(qce.ArgumentError, match="axis"):
        boltzmann.learn(machine, GaussianFermions.thermal(IsingChain(2)))
    with pytest.raises(qce.ArgumentError, match="wires"):
        boltzmann.learn(machine, GaussianFermions(np.zeros((2, 2))))
    with pytest.raises(qce.ArgumentError, match="params"):
        boltzmann.learn(machine, Moments([0.1, 0.1, 0.1]), [0.0])
    with pytest.raises(qce.ArgumentError, match="variances"):
        coupling_errors(machine, np.zeros(3), np.zeros(2))
    for spread, problem in (
        (np.array([1e-4, -1e-4, 1e-4]), "must not be negative"),
        (np.diag([1e-4] * 3) + np.triu(np.full((3, 3), 5e-5), 1), "must be symmetric"),
        (np.full((3, 3), 2e-4) - np.diag([1e-4] * 3), "no negative eigenvalues"),
        (np.diag([1e-4, np.nan, 1e-4]), "variances"),
    ):
        with pytest.raises(qce.ArgumentError, match=problem):
            coupling_errors(machine, np.zeros(3), spread)
    assert not coupling_errors(machine, np.zeros(3), np.zeros((3, 3))).any()
    with pytest.raises(qce.ArgumentError, match="determined"):
        coupling_errors(machine, np.full(3, 400.0), np.full(3, 1e-4))
    limited = boltzmann.learn(machine, Moments([0.5, 0.1, 0.1]), steps=1)
    assert limited.status is Status.STEP_LIMIT and limited.steps == 1


def test_no_step_is_looked_for_where_the_loss_is_flat(monkeypatch):
    """Line searches on rounding took as many decompositions as all steps before."""
    from qce.boltzmann import fermions

    chain, machine = QuadraticHamiltonian.random_bonds(60, seed=1), FermionMachine.ising(60)
    moments = boltzmann.Moments(machine.moments(GaussianFermions.thermal(chain)))
    looked = []

    class Counted(fermions.FermionPoint):
        def __post_init__(self):
            looked.append(self.params)
            super().__post_init__()

    monkeypatch.setattr(fermions, "FermionPoint", Counted)
    result = boltzmann.learn(machine, moments, optimizer="lbfgs", tolerance=1e-9)
    assert np.abs(machine.generator(result.params) - chain.matrix).max() < 2e-8
    assert len(looked) <= result.steps + 8


@pytest.mark.parametrize("method", ["newton", "lbfgs"])
def test_moments_of_no_state_are_refused(method):
    """X₀X₁ and Z₀ anticommute: both cannot be 1, and the loss falls without end."""
    machine = FermionMachine.ising(4)
    with pytest.raises(qce.ArgumentError, match="be moments of a state"):
        boltzmann.learn(machine, Moments(np.ones(machine.size)), optimizer=method)


@pytest.mark.parametrize("seed", range(3))
def test_newton_finds_back_from_nearly_pure_states(seed):
    """At couplings of 1e4 all modes are pure, and the metric is 0 in double precision."""
    machine = FermionMachine.ising(4)
    truth = QuadraticHamiltonian.random_bonds(4, seed)
    start = 1e4 * np.random.default_rng(seed).normal(size=machine.size)
    found = boltzmann.learn(machine, GaussianFermions.thermal(truth), start)
    assert found.status is Status.CONVERGED
    np.testing.assert_allclose(machine.generator(found.params), truth.matrix, atol=1e-7)
