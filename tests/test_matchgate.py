"""The matchgate Born machine against PennyLane's state vectors, its slopes, draws and edges."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pennylane as qml
import pytest
import scipy.linalg
from scipy.linalg import expm

import qce
from qce import circuits, models, objectives
from qce.typing import OutcomeModel

SHAPES = [(1, 1, None), (2, 0, None), (3, 1, None), (3, 1, 3), (2, 2, None)]


def strings(n):
    return np.array(list(itertools.product([0, 1], repeat=n)))


def params_of(machine, seed=0):
    return np.random.default_rng(seed).normal(size=machine.size)


def simulated(machine, params):
    """Probabilities of the visible wires by PennyLane, from the circuit."""

    @qml.qnode(qml.device("default.qubit", wires=machine.modes))
    def node():
        machine.circuit.queue(machine.angles(params))
        return qml.probs(wires=range(machine.wires))

    return node()


@pytest.mark.thinned(4)
@pytest.mark.parametrize(("wires", "hidden", "layers"), SHAPES)
def test_probabilities_are_those_of_the_circuit(wires, hidden, layers):
    machine = models.Matchgate(wires, hidden, layers)
    assert isinstance(machine, OutcomeModel)
    params = params_of(machine)
    p = np.exp(machine.log_prob(params, strings(wires)))
    np.testing.assert_allclose(p, simulated(machine, params), atol=1e-13)
    assert p.sum() == pytest.approx(1, abs=1e-13)
    diagonal = np.diagonal(machine.state(params).dense()).real
    np.testing.assert_allclose(diagonal, p, atol=1e-12)


@pytest.mark.parametrize("opened", [[0], [2], [0, 1], [1, 2], [0, 1, 2]])
def test_open_wires_are_summed_over(opened):
    machine = models.Matchgate(3)
    params, bits = params_of(machine), strings(3)
    p = np.exp(machine.log_prob(params, bits)).reshape(2, 2, 2)
    partial = bits.copy()
    partial[:, opened] = -1
    expected = np.broadcast_to(p.sum(axis=tuple(opened), keepdims=True), p.shape).ravel()
    np.testing.assert_allclose(np.exp(machine.log_prob(params, partial)), expected, atol=1e-13)
    floats = np.where(partial < 0, np.nan, partial)
    np.testing.assert_array_equal(
        machine.log_prob(params, floats), machine.log_prob(params, partial)
    )


@pytest.mark.thinned(2)
@pytest.mark.parametrize(("wires", "hidden", "layers"), [(1, 1, None), (3, 1, 3)])
def test_slopes_and_curvatures_are_those_of_the_ket(wires, hidden, layers):
    """Against the amplitudes of the circuit, differentiated by JAX on its own."""
    machine = models.Matchgate(wires, hidden, layers or 2 * (wires + hidden) - 1)
    params, step = params_of(machine), params_of(machine, 1)
    row = np.zeros(wires, dtype=int)
    born = qce.BornMachine(machine.circuit)

    def line(t):
        return machine.log_prob(params + t * step, row)

    def dense(t):
        p = born.probabilities(params + t * step).reshape((2,) * machine.modes)
        return jnp.log(p[(0,) * wires].sum())

    for order in (line, dense), (jax.grad(line), jax.grad(dense)):
        assert float(order[0](0.0)) == pytest.approx(float(order[1](0.0)), rel=1e-11)
    second = [jax.grad(jax.grad(f))(0.0) for f in (line, dense)]
    assert float(second[0]) == pytest.approx(float(second[1]), rel=1e-9, abs=1e-9)


def test_slope_of_the_rotation_generator_is_that_of_differences():
    machine = models.Matchgate(4)
    params, step, bits = params_of(machine), params_of(machine, 1), strings(4)
    slope = jax.grad(lambda x: machine.log_prob(x, bits).mean())(jnp.asarray(params)) @ step
    # (f(h) − f(−h))/2h with h = 1e-4: h²/6 times a third derivative of order 1e2, and ε/h.
    f = [float(machine.log_prob(params + h * step, bits).mean()) for h in (1e-4, -1e-4)]
    assert float(slope) == pytest.approx((f[0] - f[1]) / 2e-4, abs=1e-5)


@pytest.mark.parametrize("seed", range(20))
def test_draws_follow_the_probabilities(seed):
    machine = models.Matchgate(3, 1)
    params, shots = params_of(machine, seed), 4000
    drawn = machine.sample(params, shots, seed)
    assert drawn.shape == (shots, 3) and set(np.unique(drawn)) <= {0, 1}
    p = np.exp(machine.log_prob(params, strings(3)))
    counts = np.bincount(drawn @ [4, 2, 1], minlength=8)
    # Pearson's statistic of 7 degrees: above 40 by chance once in 1e6.
    assert ((counts - shots * p) ** 2 / (shots * p)).sum() < 40


@pytest.mark.parametrize(("wires", "shots"), [(1, 3), (16, 5), (17, 1), (40, 20)])
def test_draws_are_those_of_conditionals_one_wire_after_the_other(wires, shots):
    """The same numbers from 0 to 1, compared with Γ_kk − Γ_ks (Γ_ss + Γ_x)⁻¹ Γ_sk, no blocks."""
    machine = models.Matchgate(wires)
    params = 0.3 * params_of(machine)
    gamma = np.asarray(machine.covariance(params))
    uniform = np.random.default_rng(7).random((shots, wires))
    expected = np.zeros((shots, wires), dtype=int)
    for row, numbers in zip(expected, uniform, strict=True):
        known = np.zeros((0, 0))
        for k, number in enumerate(numbers):
            s, here = slice(0, 2 * k), slice(2 * k, 2 * k + 2)
            inverse = np.linalg.inv(gamma[s, s] + known)
            rest = gamma[here, here] - gamma[here, s] @ inverse @ gamma[s, here]
            row[k] = number < (1 + rest[0, 1]) / 2
            sign = 2 * row[k] - 1
            known = (
                scipy.linalg.block_diag(known, [[0, sign], [-sign, 0]])
                if k
                else np.array([[0, sign], [-sign, 0]])
            )
    np.testing.assert_array_equal(machine.sample(params, shots, 7), expected)


def test_draws_beyond_a_block_keep_their_moments():
    """Forty wires, so that later blocks are conditioned on earlier ones."""
    machine = models.Matchgate(40)
    params, shots = 0.3 * params_of(machine), 2000
    drawn = machine.sample(params, shots, 3)
    gamma = np.asarray(machine.covariance(params))
    z = 1 - 2 * drawn
    for j, k in [(0, 1), (3, 20), (15, 16), (17, 39), (38, 39)]:
        rows = np.ix_([2 * j, 2 * j + 1, 2 * k, 2 * k + 1], [2 * j, 2 * j + 1, 2 * k, 2 * k + 1])
        g = gamma[rows]
        # Wick: ⟨Z_j Z_k⟩ is the Pfaffian of the four Majorana operators.
        expected = g[0, 1] * g[2, 3] - g[0, 2] * g[1, 3] + g[0, 3] * g[1, 2]
        assert abs((z[:, j] * z[:, k]).mean() - expected) < 5 / np.sqrt(shots)
    mean = machine.log_prob(params, drawn[:200])
    assert np.isfinite(mean).all()


def test_a_product_start_is_exact():
    rng = np.random.default_rng(0)
    for n in (1, 2, 5):
        ones, bits = rng.uniform(size=n), strings(n)
        expected = np.prod(np.where(bits, ones, 1 - ones), axis=1)
        for machine in (
            models.Matchgate(n),
            models.Matchgate(n, 2),
            models.Matchgate(n, 1, 2 * n + 3),
        ):
            params = machine.product(ones)
            np.testing.assert_allclose(np.exp(machine.log_prob(params, bits)), expected, atol=1e-14)
    sure = models.Matchgate(3).product([0.0, 1.0, 0.25])
    found = models.Matchgate(3).log_prob(sure, [[0, 1, 1], [1, 1, 1], [0, 0, 0]])
    assert float(found[0]) == pytest.approx(np.log(0.25)) and np.isneginf(found[1:]).all()


def test_a_pure_model_has_a_parity():
    machine = models.Matchgate(3, hidden=0)
    params, odd = params_of(machine), np.array([1, 0, 0])
    assert np.isneginf(machine.log_prob(params, odd))
    assert np.isfinite(machine.log_prob(params, [1, 1, 0]))
    assert np.isfinite(machine.log_prob(params, [1, -1, 0]))
    slope = jax.grad(lambda x: machine.log_prob(x, odd))(jnp.asarray(params))
    assert not np.any(slope)
    value = objectives.measured_likelihood(machine, np.array([[1, 0, 0], [1, 1, 0]]))(params)
    assert np.isinf(value.value)


def test_training_ends_at_the_floor_of_data_that_the_model_can_make():
    machine = models.Matchgate(3)
    target = np.exp(machine.log_prob(params_of(machine, 5), strings(3)))
    objective = objectives.measured_likelihood(machine, target / target.sum())
    result = qce.fit(objective, optimizer="lbfgs", progress=False, params=machine.initial(0))
    assert result.gap < 1e-6


@pytest.mark.parametrize("layers", [None, 4])
def test_what_is_trained_on_batches_is_stored_and_read(layers, tmp_path):
    """Rows of a chain, a few bits not seen: by validation it ends far below where it began."""
    rng = np.random.default_rng(7)
    rows = np.cumsum(rng.random((400, 4)) < 0.15, axis=1) % 2
    rows[rng.random(rows.shape) < 0.05] = -1
    machine = models.Matchgate(4, 1, layers)
    train, apart = rows[:300], rows[300:]
    result = qce.fit(
        objectives.measured_likelihood(machine, train),
        optimizer="adam",
        learning_rate=0.03,
        batch=50,
        epochs=20,
        validation=apart,
        seed=0,
        progress=False,
    )
    found, begun = (
        -float(np.mean(machine.log_prob(params, apart)))
        for params in (result.params, machine.initial(0))
    )
    assert found < begun - 0.3
    path = qce.save(machine, result.params, tmp_path / "machine")
    again, params = qce.load(path)
    assert again == machine
    np.testing.assert_array_equal(params, result.params)
    np.testing.assert_array_equal(again.log_prob(params, rows), machine.log_prob(params, rows))
    models.check(again, params, shots=1000)


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_angles_make_any_rotation(n):
    k = np.random.default_rng(n).normal(size=(2 * n, 2 * n))
    rotation = expm(k - k.T)
    angles = circuits.matchgate_angles(rotation)
    machine = models.Matchgate(n, 0, layers=2 * n - 1)
    np.testing.assert_allclose(machine.rotation(angles), rotation, atol=1e-13)


def test_refusals():
    with pytest.raises(qce.ArgumentError, match="wires"):
        models.Matchgate(0)
    with pytest.raises(qce.ArgumentError, match="hidden"):
        models.Matchgate(2, -1)
    with pytest.raises(qce.ArgumentError, match="hidden"):
        models.Matchgate(2, 0).product([0.5, 0.5])
    with pytest.raises(qce.ArgumentError, match="ones"):
        models.Matchgate(2).product([0.5, 1.5])
    with pytest.raises(qce.ArgumentError, match="layers"):
        models.Matchgate(2, 1, layers=2).product([0.5, 0.5])
    with pytest.raises(qce.ArgumentError, match="bits"):
        models.Matchgate(2).log_prob(np.zeros(15), [0, 1, 0])
    with pytest.raises(qce.ArgumentError, match="params"):
        models.Matchgate(2).log_prob(np.zeros(3), [0, 1])
    with pytest.raises(qce.ArgumentError, match="orthogonal"):
        circuits.matchgate_angles(np.diag([1.0, -1.0]))
    with pytest.raises(qce.ArgumentError, match="params"):
        models.Matchgate(2).sample(np.full(15, np.nan), 10, 0)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint64, bool, np.int8, float])
def test_traced_bits_of_any_type_are_bits(dtype):
    machine = models.Matchgate(2)
    params = machine.initial(0)
    bits = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    found = jax.jit(machine.log_prob)(params, bits.astype(dtype))
    np.testing.assert_allclose(found, machine.log_prob(params, bits), rtol=1e-12)
    if dtype is float:  # NaN for a wire that was not seen
        seen = np.array([[np.nan, 1.0], [np.nan, np.nan]])
        expected = machine.log_prob(params, [[-1, 1], [-1, -1]])
        np.testing.assert_allclose(jax.jit(machine.log_prob)(params, seen), expected, atol=1e-12)


def test_means_that_round_to_beyond_their_range_make_a_product():
    machine = models.Matchgate(2)
    params = machine.product([-1e-17, 0.5])
    found = np.exp(machine.log_prob(params, [[0, 0], [1, 0]]))
    np.testing.assert_allclose(found, [0.5, 0.0], atol=1e-12)
    with pytest.raises(qce.ArgumentError, match="be probabilities"):
        machine.product([-1e-3, 0.5])


def test_likelihoods_never_leave_compiled_code():
    """A call back into Python waited for the very threads that waited for it: 60 wires hung."""
    machine = models.Matchgate(2)

    def mean(params):
        return machine.log_prob(params, strings(2)).mean()

    program = str(jax.make_jaxpr(jax.value_and_grad(mean))(params_of(machine)))
    assert "lu" in program and "callback" not in program
