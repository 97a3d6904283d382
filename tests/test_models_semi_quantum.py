"""Semi-quantum machines: closed form, slopes, marginals, draws, edges, and the sum in parts."""

import itertools
from functools import reduce

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.linalg import expm
from scipy.stats import chi2

import qce
from qce import models, objectives
from qce.models import SemiQuantumBoltzmann, _hidden_units

PAULI = {
    "I": np.eye(2),
    "X": np.array([[0, 1], [1, 0]]),
    "Y": np.array([[0, -1j], [1j, 0]]),
    "Z": np.diag([1, -1]),
}
SHAPES = [(4, 3, "XYZ"), (4, 2, "XZ"), (3, 3, "Z"), (1, 2, "Y"), (2, 1, "ZX"), (3, 0, "XYZ")]


def strings(n):
    return np.array(list(itertools.product([0, 1], repeat=n)))


def params_of(model, seed=0, size=1.0):
    return np.random.default_rng(seed).normal(0.0, size, model.size)


def operator(wires, letters):
    return reduce(np.kron, [PAULI[letters.get(i, "I")] for i in range(wires)])


def by_matrices(model, params):
    """The diagonal of Tr_h e^{−H}/Z, from Kronecker products."""
    n, m = model.visible, model.hidden
    units = [(n + j, letter) for j in range(m) for letter in model.letters]
    terms = [{i: "Z"} for i in range(n)] + [{j: letter} for j, letter in units]
    terms += [{i: "Z", j: letter} for i in range(n) for j, letter in units]
    h = sum(c * operator(n + m, term) for c, term in zip(params, terms, strict=True))
    weights = np.diag(expm(-h)).real.reshape(2**n, 2**m).sum(1)
    return weights / weights.sum()


def by_formula(model, params, bits):
    """ln p by the closed form, of complex parameters too: nothing takes an absolute value."""
    n, unit = model.visible, (model.hidden, len(model.letters))
    a, b, w = np.split(params, [n, n + unit[0] * unit[1]])

    def log_weights(bits):
        s = 1 - 2 * bits
        fields = b.reshape(unit) + np.einsum("ri,ijc->rjc", s, w.reshape(n, *unit))
        size = np.sqrt((fields**2).sum(-1))
        return np.log(np.cosh(size) * 2).sum(-1) - s @ a

    every = log_weights(strings(n))
    top = every.real.max()
    return log_weights(bits) - top - np.log(np.exp(every - top).sum())


@pytest.mark.thinned(4)
@pytest.mark.parametrize(("visible", "hidden", "letters"), SHAPES)
def test_probabilities_are_those_of_the_gibbs_state(visible, hidden, letters):
    model = SemiQuantumBoltzmann(visible, hidden, letters)
    params, every = params_of(model), strings(visible)
    expected = by_matrices(model, params)
    np.testing.assert_allclose(np.exp(model.log_prob(params, every)), expected, atol=1e-13)
    np.testing.assert_allclose(model.probabilities(params), expected, atol=1e-13)
    np.testing.assert_allclose(
        model.log_prob_of_complete(params, every[::-1]), np.log(expected)[::-1], atol=1e-12
    )


def test_the_state_has_the_same_parameters():
    model = SemiQuantumBoltzmann(3, 2, "XZ")
    params = params_of(model)
    with jax.enable_x64(True):
        found = np.diagonal(model.machine.density_matrix(params))
        log_z = float(model.machine.log_partition(params))
    np.testing.assert_allclose(found, model.probabilities(params), atol=1e-13)
    assert float(model.log_partition(params)) == pytest.approx(log_z, abs=1e-12)


@pytest.mark.thinned(4)
@pytest.mark.parametrize(("visible", "hidden", "letters"), SHAPES)
def test_slopes_are_those_of_complex_steps(visible, hidden, letters):
    model = SemiQuantumBoltzmann(visible, hidden, letters)
    params, bits = params_of(model, seed=1), strings(visible)[::-2]
    step = 1e-30j * np.eye(model.size)
    expected = [by_formula(model, params + e, bits).imag.sum() / 1e-30 for e in step]
    with jax.enable_x64(True):
        found = jax.grad(lambda p: model.log_prob(p, bits).sum())(jnp.asarray(params))
        forward = jax.jacfwd(lambda p: model.log_prob(p, bits).sum())(jnp.asarray(params))
    # Sums of up to 16 rows and 16 strings of slopes of order one.
    np.testing.assert_allclose(found, expected, atol=1e-13)
    np.testing.assert_allclose(forward, expected, atol=1e-13)


@pytest.mark.thinned(4)
@pytest.mark.parametrize("size", [0.0, 1e-9, 1e-3, 0.02, 1.0])
def test_second_slopes_hold_at_small_fields_and_at_none(size):
    """Differences of first slopes: h² for the formula, ε/h for rounding, at h = 1e-4."""
    model = SemiQuantumBoltzmann(2, 1, "XZ")
    params, bits = params_of(model, seed=2, size=size), np.array([[0, 1], [1, 1]])

    def loss(p):
        return model.log_prob(p, bits).sum()

    with jax.enable_x64(True):
        found = np.asarray(jax.hessian(loss)(jnp.asarray(params)))
        slope = jax.jit(jax.grad(loss))
        steps = 1e-4 * np.eye(model.size)
        differences = [(slope(params + e) - slope(params - e)) / 2e-4 for e in steps]
    np.testing.assert_allclose(found, differences, atol=3e-7)
    np.testing.assert_allclose(found, found.T, atol=1e-12)


def test_a_sum_in_parts_is_the_sum(monkeypatch):
    model, params = SemiQuantumBoltzmann(7, 2, "XY"), params_of(SemiQuantumBoltzmann(7, 2, "XY"))
    with jax.enable_x64(True):
        params = jnp.asarray(params)
        whole = jax.value_and_grad(model.log_partition)(params)
        monkeypatch.setattr(_hidden_units, "_AT_ONCE", 50)  # a row of 16 strings at a time
        jax.clear_caches()
        parts = jax.value_and_grad(model.log_partition)(params)
        table = np.asarray(model.probabilities(params))
    jax.clear_caches()
    np.testing.assert_allclose(parts[0], whole[0], rtol=1e-14)
    np.testing.assert_allclose(parts[1], whole[1], atol=1e-13)
    np.testing.assert_allclose(
        table, np.exp(by_formula(model, np.asarray(params), strings(7))), atol=1e-14
    )


@pytest.mark.thinned(4)
@pytest.mark.parametrize("opened", [[0], [2], [0, 3], [1, 2, 3], [0, 1, 2, 3]])
def test_open_wires_are_summed_over(opened):
    model = SemiQuantumBoltzmann(4, 2)
    params, bits = params_of(model), strings(4)
    p = np.exp(by_formula(model, params, bits)).reshape(2, 2, 2, 2)
    partial = bits.copy()
    partial[:, opened] = -1
    expected = np.broadcast_to(p.sum(axis=tuple(opened), keepdims=True), p.shape).ravel()
    found = model.log_prob(params, partial)
    np.testing.assert_allclose(np.exp(found), expected, atol=1e-14)
    floats = np.where(partial < 0, np.nan, partial)
    np.testing.assert_array_equal(model.log_prob(params, floats), found)
    with jax.enable_x64(True):  # bits that JAX traces do not say whether one is open
        traced = jax.jit(model.log_prob)(jnp.asarray(params), partial)
        slope = jax.grad(lambda q: model.log_prob(q, partial).sum())(jnp.asarray(params))
    np.testing.assert_allclose(traced, found, atol=1e-14)

    def total(q):
        p = np.exp(by_formula(model, q, bits)).reshape(2, 2, 2, 2)
        sums = np.broadcast_to(p.sum(axis=tuple(opened), keepdims=True), p.shape)
        return np.log(sums).sum()

    steps = [total(params + e).imag / 1e-30 for e in 1e-30j * np.eye(model.size)]
    np.testing.assert_allclose(slope, steps, atol=1e-12)


def test_draws_are_from_the_distribution():
    """χ² of 16 cells over 20 seeds: the sum has 300 degrees; 1 in 1e6 fails by chance."""
    model = SemiQuantumBoltzmann(4, 2)
    params = params_of(model, size=0.3)
    expected = 1000 * np.exp(model.log_prob(params, strings(4)))
    total = 0.0
    for seed in range(20):
        drawn = model.sample(params, 1000, seed)
        counts = np.bincount(drawn @ [8, 4, 2, 1], minlength=16)
        total += ((counts - expected) ** 2 / expected).sum()
    assert chi2.ppf(1e-6, 300) < total < chi2.ppf(1 - 1e-6, 300)
    np.testing.assert_array_equal(model.sample(params, 5, 3), model.sample(params, 5, 3))


# --- the edges -----------------------------------------------------------------------------------


def test_without_units_bits_are_independent():
    model = SemiQuantumBoltzmann(3, 0)
    a = np.array([0.3, -1.0, 2.0])
    ones = 1 / (1 + np.exp(-2 * a))
    expected = np.where(strings(3) == 1, ones, 1 - ones).prod(1)
    np.testing.assert_allclose(model.probabilities(a), expected, rtol=1e-14)


def test_far_fields_neither_overflow_nor_cancel():
    """Fields of 1e4: p is 1 on the string that they favour, 0 to precision elsewhere."""
    model = SemiQuantumBoltzmann(3, 2)
    params = 1e4 * params_of(model)
    found = model.log_prob(params, strings(3))
    # Energies up to 1e5 are sums of ten numbers.
    np.testing.assert_allclose(found, by_formula_far(model, params), atol=1e-9)
    with jax.enable_x64(True):
        slope = jax.grad(lambda p: model.log_prob(p, strings(3)[0]))(jnp.asarray(params))
    assert np.isfinite(slope).all()


def by_formula_far(model, params):
    """The same with ln 2cosh r = r, of fields far from 0."""
    n, unit = model.visible, (model.hidden, len(model.letters))
    a, b, w = np.split(params, [n, n + unit[0] * unit[1]])
    s = 1 - 2 * strings(n)
    fields = b.reshape(unit) + np.einsum("ri,ijc->rjc", s, w.reshape(n, *unit))
    energy = np.linalg.norm(fields, axis=-1).sum(-1) - s @ a
    return energy - np.logaddexp.reduce(energy)


@pytest.mark.parametrize("precision", [np.float32, np.float64])
def test_many_units_do_not_overflow(precision):
    """1 + e^{−2r} = 2 of 1500 units without a field."""
    model = SemiQuantumBoltzmann(2, 1500, "XZ")
    with jax.enable_x64(precision is np.float64):
        zeros = jnp.zeros(model.size, precision)
        found = model.log_prob(zeros, strings(2))
        assert found.dtype == precision
        log_z = float(model.log_partition(zeros))
    ulp = 1500 * np.log(2) * np.finfo(precision).eps
    np.testing.assert_allclose(found, np.log(0.25), atol=50 * ulp)
    assert log_z == pytest.approx(1502 * np.log(2), abs=50 * ulp)


def test_single_precision_stays_single_in_either_mode():
    model = SemiQuantumBoltzmann(3, 2)
    rows = np.array([[0, 1, 1], [1, -1, 0]])
    for wide in (True, False):
        with jax.enable_x64(wide):
            params = jnp.asarray(model.initial(0), jnp.float32)
            found = model.log_prob(params, rows), model.log_prob(params, rows[:1])
            slope = jax.grad(lambda p: model.log_prob(p, rows[:1]).sum())(params)
            kinds = {x.dtype for x in (*found, slope, model.probabilities(params))}
        assert kinds == {np.dtype(np.float32)}
        np.testing.assert_allclose(found[0], model.log_prob(model.initial(0), rows), atol=1e-5)


def test_without_rows_there_is_nothing_to_say():
    model = SemiQuantumBoltzmann(2, 1)
    assert model.log_prob(np.zeros(11), np.zeros((0, 2), int)).shape == (0,)
    assert model.log_prob(np.zeros(11), np.zeros((3, 0, 2), int)).shape == (3, 0)


def test_nan_stays_nan():
    model = SemiQuantumBoltzmann(3, 2)
    params = params_of(model)
    for place in (0, 4, model.size - 1):
        broken = params.copy()
        broken[place] = np.nan
        assert np.isnan(model.log_prob(broken, strings(3))).all()
        assert np.isnan(model.log_prob(broken, [-1, 0, 1]))
        with pytest.raises(qce.ArgumentError, match="`params` must be finite"):
            model.sample(broken, 3, 0)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ((0, 1), "visible"),
        ((2, -1), "hidden"),
        ((2, 1.5), "hidden"),
        ((2, 1, "XX"), "letters"),
        ((2, 1, "A"), "letters"),
        ((2, 1, ""), "letters"),
        ((2, 1, 3), "letters"),
        ((40, 1), "visible"),
        ((2, 10**12), "hidden"),
    ],
)
def test_wrong_shapes_are_refused(given, name):
    with pytest.raises(qce.ArgumentError, match=f"`{name}`"):
        SemiQuantumBoltzmann(*given)


def test_wrong_rows_are_refused():
    model = SemiQuantumBoltzmann(2, 1)
    with pytest.raises(qce.ArgumentError, match="`bits`"):
        model.log_prob(np.zeros(11), [[0, 2]])
    with pytest.raises(qce.ArgumentError, match="`bits` must be complete"):
        model.log_prob_of_complete(np.zeros(11), [[0, -1]])
    with pytest.raises(qce.ArgumentError, match="`params`"):
        model.log_prob(np.zeros(10), [[0, 1]])


# --- training ------------------------------------------------------------------------------------


def test_a_quantum_unit_learns_what_a_classical_one_cannot():
    """Bars and stripes: one classical unit ends ln 9/4 above the entropy, one quantum 2/3 ln 2."""
    p = qce.data.bars_and_stripes(2, 2)
    gaps = {}
    for letters in ("Z", "XZ"):
        likelihood = objectives.measured_likelihood(SemiQuantumBoltzmann(4, 1, letters), p)
        runs = [
            qce.fit(likelihood, optimizer="lbfgs", seed=seed, progress=False) for seed in range(3)
        ]
        gaps[letters] = min(result.gap for result in runs)
    # The optima are at infinite parameters: what is left falls with them as a power.
    assert gaps["Z"] == pytest.approx(np.log(9 / 4), abs=1e-3)
    assert 0 < gaps["XZ"] - 2 / 3 * np.log(2) < 0.05


def test_it_is_trained_in_batches_with_holes():
    rows = np.random.default_rng(0).integers(0, 2, (200, 1)).repeat(6, axis=1)
    holes = np.random.default_rng(1).random(rows.shape) < 0.2
    model = SemiQuantumBoltzmann(6, 1)
    likelihood = objectives.measured_likelihood(model, np.where(holes, -1, rows))
    result = qce.fit(likelihood, batch=50, epochs=20, learning_rate=0.05, progress=False)
    # Six bits that are one: ln 2, where independent bits would cost six times that.
    assert float(-model.log_prob(result.params, rows).mean()) < 2 * np.log(2)
    assert result.history["loss"][-1] < result.history["loss"][0]


def test_a_file_brings_it_back(tmp_path):
    model = SemiQuantumBoltzmann(3, 2, "XZ")
    path = models.save(model, model.initial(0), tmp_path / "machine")
    again, params = models.load(path)
    assert again == model
    np.testing.assert_array_equal(params, model.initial(0))
