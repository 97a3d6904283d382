"""Models: spectra, thermal states, Born machines, and closed forms of the classical baselines."""

from itertools import product as every

import jax
import jax.numpy as jnp
import numpy as np
import pennylane as qml
import pytest

from qce import circuits, classical, data, models, states

EPS = np.finfo(float).eps
SPECTRA = [models.ProductSpectrum, models.PairwiseSpectrum, models.CategoricalSpectrum]


@pytest.fixture(params=SPECTRA, ids=lambda s: s.__name__)
def spectrum(request):
    return request.param(3)


def energy(spectrum, theta, x):
    """E(x) written out from its definition, for one bit string."""
    s = 1 - 2 * np.array(x)
    if isinstance(spectrum, models.CategoricalSpectrum):
        return -theta[int("".join(map(str, x)), 2)]
    fields = theta[:3] @ s
    if isinstance(spectrum, models.ProductSpectrum):
        return fields
    return fields + theta[3] * s[0] * s[1] + theta[4] * s[0] * s[2] + theta[5] * s[1] * s[2]


# --- spectra ---------------------------------------------------------------------------------


def test_a_spectrum_is_the_gibbs_distribution_of_its_energy(spectrum):
    theta = np.random.default_rng(0).normal(size=spectrum.size)
    weights = np.exp([-energy(spectrum, theta, x) for x in every([0, 1], repeat=3)])
    p = np.exp(spectrum.log_probabilities(theta))
    np.testing.assert_allclose(p, weights / weights.sum(), rtol=50 * EPS)


def test_logarithms_stay_finite_where_probabilities_underflow(spectrum):
    theta = 1e3 * np.random.default_rng(1).normal(size=spectrum.size)
    log_p = spectrum.log_probabilities(theta)
    gradient = jax.jacrev(spectrum.log_probabilities)(theta)
    assert np.isfinite(log_p).all() and np.isfinite(gradient).all()
    assert np.exp(log_p).min() == 0.0  # they do underflow here
    assert abs(np.exp(log_p).sum() - 1) < 1e-12  # eps × |θ| in the exponent


def test_the_product_normalises_by_two_cosh(spectrum):
    """theory §3.3: ln Z = Σ ln 2 cosh θ_i, so ln p(0…0) = −Σ θ_i − ln Z."""
    theta = np.array([0.3, -1.2, 2.0])
    log_p = models.ProductSpectrum(3).log_probabilities(theta)
    expected = -theta.sum() - np.log(2 * np.cosh(theta)).sum()
    assert abs(float(log_p[0]) - expected) < 20 * EPS * abs(expected)


# --- thermal model ---------------------------------------------------------------------------


@pytest.fixture
def thermal(spectrum):
    return models.ThermalModel(circuits.strongly_entangling(3, 2), spectrum)


def test_the_density_matrix_is_the_turned_spectrum(thermal):
    params = thermal.initial(2)
    theta, phi = thermal.split(params)
    unitary = qml.matrix(thermal.circuit.queue, range(3))(phi)
    p = np.exp(thermal.spectrum.log_probabilities(theta))
    expected = unitary @ np.diag(p) @ unitary.conj().T
    np.testing.assert_allclose(thermal.density_matrix(params), expected, atol=200 * EPS)


def test_weights_are_the_diagonal_in_the_models_eigenbasis(thermal):
    params = thermal.initial(3)
    rng = np.random.default_rng(4)
    kets = rng.normal(size=(5, 8)) + 1j * rng.normal(size=(5, 8))
    kets /= np.linalg.norm(kets, axis=1, keepdims=True)
    mixture = states.Ensemble(kets)
    unitary = qml.matrix(thermal.circuit.queue, range(3))(thermal.split(params)[1])
    expected = np.diag(unitary.conj().T @ mixture.dense() @ unitary).real
    seen = mixture.weights @ thermal.weights(kets, params)
    np.testing.assert_allclose(seen, expected, atol=200 * EPS)


def test_initial_parameters_repeat_with_the_seed(thermal):
    np.testing.assert_array_equal(thermal.initial(5), thermal.initial(5))
    assert np.abs(thermal.initial(5) - thermal.initial(6)).max() > 0.1
    assert thermal.initial(5).shape == (thermal.size,)


def test_spectrum_and_circuit_share_their_wires():
    with pytest.raises(ValueError, match="Argument `spectrum` must have the circuit's 2 wires"):
        models.ThermalModel(circuits.rx(2), models.ProductSpectrum(3))


# --- Born machine ----------------------------------------------------------------------------


def test_born_probabilities_are_those_of_a_device():
    machine = models.BornMachine(circuits.strongly_entangling(4, 2))
    params = machine.initial(0)

    @qml.qnode(qml.device("lightning.qubit", wires=4))
    def device():
        machine.circuit.queue(params)
        return qml.probs(wires=range(4))

    np.testing.assert_allclose(machine.probabilities(params), device(), atol=200 * EPS)


def test_samples_follow_the_probabilities():
    machine = models.BornMachine(circuits.strongly_entangling(3, 2))
    params, shots = machine.initial(1), 20_000
    p = np.asarray(machine.probabilities(params))
    samples = machine.sample(params, shots, seed=2)
    assert samples.shape == (shots, 3)
    error = np.sqrt(p * (1 - p) / shots)
    assert np.all(np.abs(data.empirical(samples) - p) < 5 * error)
    np.testing.assert_array_equal(samples, machine.sample(params, shots, seed=2))


def test_a_born_machine_is_a_mixture_of_one_ket():
    machine = models.BornMachine(circuits.strongly_entangling(2, 1))
    params = machine.initial(3)
    weights, kets = machine.mixture(params)
    assert weights.tolist() == [1.0] and kets.shape == (1, 4)
    np.testing.assert_allclose(jnp.abs(kets[0]) ** 2, machine.probabilities(params), rtol=8 * EPS)


# --- classical baselines ---------------------------------------------------------------------

# theory §3.5: relative entropy of bars and stripes to the best product and the best tree.
FLOORS = [
    (2, 2, np.log(8 / 3), np.log(9 / 4), 4 * EPS),
    (2, 3, 1.856297990, 1.237792692, 5e-10),
    (3, 3, 3.599267295, 2.840246560, 5e-10),
    (4, 4, 7.689157507, 5.990677370, 5e-10),
]


@pytest.mark.parametrize(("rows", "columns", "product", "tree", "digits"), FLOORS)
def test_baselines_reach_their_closed_forms(rows, columns, product, tree, digits):
    p = data.bars_and_stripes(rows, columns)
    of_product = classical.relative_entropy(p, models.product(p).probabilities())
    of_tree = classical.relative_entropy(p, models.chow_liu(p).probabilities())
    # Rounding of a sum over the patterns, or the last digit of the reference.
    tolerance = max(digits, 100 * EPS)
    assert abs(of_product - product) < tolerance
    assert abs(of_tree - tree) < tolerance


def test_samples_and_their_frequencies_give_the_same_baselines():
    samples = data.digits()
    p = data.empirical(samples)
    for fit in (models.product, models.chow_liu):
        np.testing.assert_array_equal(fit(samples).probabilities(), fit(p).probabilities())


def test_baselines_are_distributions_with_the_marginals_of_the_data():
    p = np.random.default_rng(0).dirichlet(np.full(16, 0.3))
    for model in (models.product(p), models.chow_liu(p)):
        q = model.probabilities()
        assert abs(q.sum() - 1) < 20 * EPS
        for wire in range(4):
            marginal = [x.reshape((2,) * 4).sum(axis=tuple({0, 1, 2, 3} - {wire})) for x in (p, q)]
            np.testing.assert_allclose(*marginal, atol=20 * EPS)


@pytest.mark.parametrize("seed", range(5))
def test_no_tree_beats_chow_liu(seed):
    """All 16 labelled trees on four wires, rooted at wire 0, with the conditionals of the data."""
    p = np.random.default_rng(seed).dirichlet(np.full(16, 0.3))
    joint = p.reshape((2,) * 4)
    bits = np.array(list(every([0, 1], repeat=4)))

    def pair(i, j):
        table = np.zeros((2, 2))
        np.add.at(table, (bits[:, i], bits[:, j]), p)
        return table

    losses = []
    for parents in every(range(4), repeat=3):
        parents = (-1, *parents)
        if not _is_tree(parents):
            continue
        q = joint.sum(axis=(1, 2, 3))[bits[:, 0]]
        for i in (1, 2, 3):
            table = pair(parents[i], i)
            q = q * (table / table.sum(axis=1, keepdims=True))[bits[:, parents[i]], bits[:, i]]
        losses.append(classical.cross_entropy(p, q))
    assert len(losses) == 16
    best = classical.cross_entropy(p, models.chow_liu(p).probabilities())
    assert abs(best - min(losses)) < 50 * EPS


def _is_tree(parents):
    for wire in range(4):
        for _ in range(4):
            wire = parents[wire] if wire >= 0 else wire
        if wire >= 0:
            return False
    return True


def test_baselines_need_whole_wires():
    with pytest.raises(ValueError, match=r"Argument `data` must have shape .*Pass"):
        models.product(np.full(3, 1 / 3))
