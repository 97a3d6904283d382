"""IQP circuits against state vectors, sums by hand, complex steps, and exact expectations."""

import pickle
from itertools import combinations

import jax
import jax.numpy as jnp
import networkx as nx
import numpy as np
import pennylane as qml
import pytest

import qce
from qce._walsh import walsh_at, walsh_hadamard, walsh_of
from qce.models import IQP

EPS = np.finfo(float).eps
GATES = {
    "all up to three": [c for k in (1, 2, 3) for c in combinations(range(4), k)],
    "a few": [(2,), (0, 3), (1, 2, 3), (0, 1, 2, 3)],
    "one": [(1,)],
}
every_case = pytest.mark.parametrize(
    ("gates", "spin_flip"), [(g, s) for g in GATES.values() for s in (False, True)]
)


def strings(wires):
    return (np.arange(2**wires)[:, None] >> np.arange(wires)[::-1]) & 1


def signs(wires, sets):
    """(−1)^{g·z} by sums of bits, `(2^n, k)`."""
    chosen = np.array([[w in one for w in range(wires)] for one in sets], dtype=int)
    return 1 - 2 * (strings(wires) @ chosen.T % 2)


def law(theta, wires, gates, spin_flip):
    """Probabilities by dense sums; analytic in θ, so that it takes complex steps."""
    phi = signs(wires, gates) @ theta
    every = signs(wires, [np.flatnonzero(z) for z in strings(wires)])
    start = (1 + (-1.0) ** strings(wires).sum(axis=1)) / 2**0.5 if spin_flip else 1.0
    real, imaginary = (every @ (start * wave(phi)) / 2**wires for wave in (np.cos, np.sin))
    return real**2 + imaginary**2


def angles(size, seed=0):
    return np.random.default_rng(seed).normal(size=size)


# --- the transforms -------------------------------------------------------------------------------


@pytest.mark.thinned(8)
@pytest.mark.parametrize("wires", [1, 2, 4, 5, 10])
@pytest.mark.parametrize("count", [1, 7, 300])
def test_transforms_are_sums_of_signs(wires, count):
    rng = np.random.default_rng(wires)
    x, values = rng.normal(size=(2, 2**wires)), rng.normal(size=count)
    chosen = rng.integers(0, 2**wires, count)
    every = signs(wires, [np.flatnonzero(z) for z in strings(wires)]).astype(float)
    # Sums of 2^n or of `count` numbers of order one, in another order.
    bound = 8 * EPS * max(2**wires, count)
    np.testing.assert_allclose(walsh_hadamard(jnp.asarray(x)), x @ every, atol=bound)
    np.testing.assert_allclose(
        walsh_at(jnp.asarray(x), jnp.asarray(chosen)), x @ every[:, chosen], atol=bound
    )
    found = walsh_of(jnp.asarray(values), jnp.asarray(chosen), wires)
    np.testing.assert_allclose(found, every[:, chosen] @ values, atol=bound)


# --- probabilities --------------------------------------------------------------------------------


@pytest.mark.thinned(3)
@every_case
def test_probabilities_are_those_of_a_state_vector(gates, spin_flip):
    model = IQP(4, gates, spin_flip)
    theta = angles(model.size)

    @qml.qnode(qml.device("default.qubit", wires=4))
    def node():
        model.circuit.queue(theta)
        return qml.probs(wires=range(4))

    found = model.probabilities(theta)
    np.testing.assert_allclose(found, node(), atol=64 * EPS)
    machine = qce.BornMachine(model.circuit)  # by the blocks that simulators get
    np.testing.assert_allclose(found, machine.probabilities(jnp.asarray(theta)), atol=64 * EPS)


@every_case
def test_likelihoods_are_sums_of_signs_and_add_up_to_one(gates, spin_flip):
    model = IQP(4, gates, spin_flip)
    theta = angles(model.size, 1)
    p = law(theta, 4, gates, spin_flip)
    found = np.exp(model.log_prob(theta, strings(4)))
    # An amplitude is a sum of 16 terms of size 1/16, and p its square.
    np.testing.assert_allclose(found, p, atol=32 * EPS)
    assert found.sum() == pytest.approx(1, abs=1e-12)
    few = np.exp(model.log_prob(theta, strings(4)[[3, 9]]))  # another way through the transform
    np.testing.assert_allclose(few, p[[3, 9]], atol=32 * EPS)


@pytest.mark.parametrize("spin_flip", [False, True])
def test_likelihoods_of_twelve_wires_add_up_to_one(spin_flip):
    model = IQP.up_to(12, 3, spin_flip)
    theta = angles(model.size, 2)
    assert np.exp(model.log_prob(theta, strings(12))).sum() == pytest.approx(1, abs=1e-12)
    assert model.probabilities(theta).sum() == pytest.approx(1, abs=1e-12)


@pytest.mark.thinned(3)
@every_case
def test_gradients_are_those_of_complex_steps(gates, spin_flip):
    model = IQP(4, gates, spin_flip)
    theta, step = angles(model.size, 3), 1e-30
    chosen = np.repeat(np.flatnonzero(law(theta, 4, gates, spin_flip) > 0.01)[:3], 2)
    rows = strings(4)[chosen]
    found = jax.grad(lambda x: model.log_prob(x, rows).sum())(jnp.asarray(theta))
    moved = [law(theta + 1j * step * e, 4, gates, spin_flip) for e in np.eye(model.size)]
    exact = [(m.imag[chosen] / step / m.real[chosen]).sum() for m in moved]
    np.testing.assert_allclose(found, exact, rtol=1e4 * EPS, atol=1e4 * EPS)


@pytest.mark.parametrize("spin_flip", [False, True])
def test_the_gradient_with_wires_not_seen_is_that_of_differences(spin_flip):
    model = IQP.up_to(6, 2, spin_flip)
    theta, rng = angles(model.size, 4), np.random.default_rng(4)
    rows = np.where(rng.random((9, 6)) < 0.4, -1, rng.integers(0, 2, (9, 6)))
    loss = jax.jit(lambda x, rows: model.log_prob(x, rows).mean())
    with jax.enable_x64(True):
        found = jax.grad(loss)(jnp.asarray(theta), jnp.asarray(rows))
        step = 1e-5
        for k in range(0, model.size, 5):
            e = step * np.eye(model.size)[k]
            slope = (loss(theta + e, rows) - loss(theta - e, rows)) / (2 * step)
            # h²/6 times a third derivative of order 100, and rounding over h.
            assert found[k] == pytest.approx(float(slope), abs=100 * step**2 + 100 * EPS / step)


def test_wires_not_seen_are_summed_over():
    model = IQP.up_to(5, 2)
    theta, rng = angles(model.size, 5), np.random.default_rng(5)
    p = model.probabilities(theta)
    for _ in range(20):
        row = np.where(rng.random(5) < 0.5, -1, rng.integers(0, 2, 5))
        fits = ((row < 0) | (row == strings(5))).all(axis=1)
        assert np.exp(model.log_prob(theta, row)) == pytest.approx(p[fits].sum(), abs=64 * EPS)
    assert model.log_prob(theta, -np.ones(5, dtype=int)) == pytest.approx(0, abs=64 * EPS)


def test_rows_come_in_every_type_and_may_be_traced():
    model = IQP.up_to(3, 2)
    theta = angles(model.size, 6)
    rows = np.array([[0, 1, 1], [1, 0, -1]])
    right = model.log_prob(theta, rows)
    assert right.dtype == np.float64 and right.shape == (2,)
    missing = np.where(rows < 0, np.nan, rows.astype(float))
    np.testing.assert_array_equal(model.log_prob(theta, missing), right)
    np.testing.assert_array_equal(model.log_prob(theta.tolist(), rows.tolist()), right)
    assert model.log_prob(theta, rows[:1].astype(bool)) == pytest.approx(right[0], abs=64 * EPS)
    traced = jax.jit(model.log_prob)
    for given in (rows, missing, rows[:1]):
        again = traced(jnp.asarray(theta), jnp.asarray(given))
        np.testing.assert_allclose(again, model.log_prob(theta, given), atol=64 * EPS)
    each = jax.vmap(model.log_prob, (None, 0))(jnp.asarray(theta), jnp.asarray(rows))
    np.testing.assert_allclose(each, right, atol=64 * EPS)
    many = jax.vmap(model.log_prob, (0, None))(jnp.stack([theta, theta]), jnp.asarray(rows))
    np.testing.assert_allclose(many, [right, right], atol=64 * EPS)


def test_one_mode_of_jax_does_not_break_the_other():
    model = IQP.up_to(4, 2)
    theta, rows = angles(model.size), strings(4)
    first = model.log_prob(theta, rows)
    with jax.enable_x64(False):
        single = model.log_prob(jnp.asarray(theta), rows)
        assert single.dtype == jnp.float32
        np.testing.assert_array_equal(model.log_prob(theta, rows), first)
        assert np.abs(np.exp(single) - np.exp(first)).max() < 64 * np.finfo(np.float32).eps


def test_nan_stays_nan_and_what_cannot_happen_is_minus_infinity():
    model = IQP.up_to(3, 1)
    nowhere = np.full(3, np.nan)
    assert np.isnan(model.log_prob(nowhere, strings(3))).all()
    assert np.isnan(model.log_prob(nowhere, [[0, -1, 1]])).all()
    assert model.log_prob(np.zeros(3), [[0, 0, 0], [0, 1, 0]]).tolist() == [0, -np.inf]
    assert np.isnan(model.expectation(nowhere, [(0,)]).value).all()
    with pytest.raises(qce.ArgumentError, match="finite"):
        model.sample(nowhere, 10, seed=0)


def test_the_start_is_close_to_uniform():
    p = IQP.up_to(8, 2).probabilities(IQP.up_to(8, 2).initial(0))
    assert 0.1 < p.min() * 256 < p.max() * 256 < 10


def test_samples_have_the_law_of_the_model():
    model = IQP.up_to(4, 2)
    theta = angles(model.size, 7)
    p = model.probabilities(theta)
    drawn = model.sample(theta, 20000, seed=1)
    seen = np.bincount(drawn @ [8, 4, 2, 1], minlength=16)
    expected = 20000 * p
    # χ² of 15 degrees of freedom: above 50 once in 80000.
    assert expected.min() > 5 and ((seen - expected) ** 2 / expected).sum() < 50
    np.testing.assert_array_equal(drawn, model.sample(theta, 20000, seed=1))


# --- expectations ---------------------------------------------------------------------------------


@pytest.mark.parametrize("spin_flip", [False, True])
def test_expectations_are_unbiased_with_the_stated_errors(spin_flip):
    model = IQP.up_to(10, 2, spin_flip)
    theta, rng = 0.3 * angles(model.size, 8), np.random.default_rng(8)
    rows = rng.integers(0, 2, (12, 10))
    exact = model.probabilities(theta) @ (1 - 2 * (strings(10) @ rows.T % 2))
    found = [model.expectation(theta, rows, shots=500, seed=seed) for seed in range(20)]
    z = np.array([(f.value - exact) / np.where(f.stderr > 0, f.stderr, 1) for f in found])
    odd = rows.sum(axis=1) % 2 == 1
    if spin_flip:  # nothing is left to chance there
        assert np.abs(z[:, odd]).max() < 1e-12 and odd.any()
        z = z[:, ~odd]
    # The mean of 20 within 4 of its errors, for 12 products together once in 1000 not; squares of
    # all z are correlated within a seed, so that their mean is known to √(2/20) at worst.
    assert np.abs(z.mean(axis=0)).max() < 4 / np.sqrt(20)
    assert abs((z**2).mean() - 1) < 4 * np.sqrt(2 / 20)
    assert found[0].shots == 500 and found[0][1].value == found[0].value[1]


def test_expectations_of_a_thousand_wires_have_their_closed_form():
    """A field on one wire, and a coupling of it: cos 2θ cos 2θ' on average."""
    model = IQP(1000, [(0,), (0, 999), (5, 6)])
    found = model.expectation([0.3, 0.2, 0.7], [(0,), (5,), (999,), (5, 999), ()], 4000, seed=3)
    exact = np.cos(0.6) * np.cos(0.4), np.cos(1.4), np.cos(0.4), np.cos(0.4) * np.cos(1.4), 1.0
    assert (np.abs(found.value - exact) < 4 * found.stderr + 1e-12).all()


def test_moments_are_differentiable_and_unbiased():
    model = IQP.up_to(6, 2)
    theta, rows = angles(model.size, 9), strings(6)[[1, 9, 48]]
    exact = jax.jacobian(lambda x: model.probabilities(x) @ (1 - 2 * (strings(6) @ rows.T % 2)))(
        jnp.asarray(theta)
    )
    one = jax.jit(jax.jacobian(lambda x, key: model.moments(x, rows, key, shots=50)))
    found = np.array([one(theta, jax.random.key(seed)) for seed in range(100)])
    errors = found.std(axis=0, ddof=1) / 10
    # 63 slopes: each beyond 5 errors (Student, 99) once in 400000.
    assert (np.abs(found.mean(axis=0) - exact) < 5 * errors + 1e-12).all()


# --- gates ----------------------------------------------------------------------------------------


def test_gates_come_as_lists_masks_rows_and_graphs():
    gates = ((0,), (1, 2), (0, 1, 2))
    assert IQP(3, [[0], [2, 1], (0, 1, 2)]).gates == gates
    assert IQP(3, np.array([4, 3, 7])).gates == gates
    assert IQP(3, np.array([[1, 0, 0], [0, 1, 1], [1, 1, 1]])).gates == gates
    assert IQP(3, nx.path_graph(3)).gates == ((0,), (1,), (2,), (0, 1), (1, 2))
    assert IQP.up_to(3, 2).gates == ((0,), (1,), (2,), (0, 1), (0, 2), (1, 2))
    model = IQP(3, gates, spin_flip=True)
    assert pickle.loads(pickle.dumps(model)) == model
    assert pickle.loads(pickle.dumps(model.circuit)) == model.circuit
    assert model.circuit is not None and model.circuit.size == model.size == 3


@pytest.mark.parametrize(
    ("gates", "said"),
    [
        ([(0,), (0,)], "is there 2 times"),
        ([(0, 0)], "once each"),
        ([()], "act on a wire"),
        ([(3,)], "from 0 to 2"),
        ([], "there is none"),
        ([0, 1], "list"),
        (np.array([8]), "below 2"),
        (np.array([0]), "act on a wire"),
        (np.array([[0, 1]]), "shape"),
        (np.array([[0, 1, 2]]), "rows of 0 and 1"),
        (np.array([0.5]), "integers"),
        (nx.path_graph(4), "from 0 to 2"),
    ],
)
def test_other_gates_are_refused(gates, said):
    with pytest.raises(qce.ArgumentError, match=said) as refused:
        IQP(3, gates)
    assert refused.value.arguments == ("gates",)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda m, x: m.log_prob(x, [[0, 1]]), "shape"),
        (lambda m, x: m.log_prob(x, [[0, 1, 2]]), "bits 0 or 1"),
        (lambda m, x: m.log_prob(x, [[0, 1, 0.5]]), "bits 0 or 1"),
        (lambda m, x: m.log_prob(x[:2], [[0, 1, 1]]), "shape"),
        (lambda m, x: m.sample(x, 0, seed=0), "shots"),
        (lambda m, x: m.expectation(x, [(0, 3)]), "operators"),
        (lambda m, x: m.expectation(x, np.array([[1, 0]])), "shape"),
        (lambda m, x: m.expectation(x, [(0,)], shots=1), "shots"),
        (lambda m, x: IQP.up_to(3, 4), "weight"),
        (lambda m, x: IQP.up_to(200, 1).log_prob(np.zeros(200), np.zeros((1, 200))), "fit into"),
    ],
)
def test_what_does_not_fit_is_refused(call, said):
    model = IQP.up_to(3, 2)
    with pytest.raises(qce.ArgumentError, match=said):
        call(model, np.zeros(6))


def test_it_trains_in_mini_batches_with_rows_not_seen_and_goes_through_a_file(tmp_path):
    model = IQP.up_to(4, 2, spin_flip=True)
    bits = model.sample(angles(model.size, 10), 300, seed=0)
    missing = np.where(np.random.default_rng(0).random(bits.shape) < 0.2, -1, bits)
    objective = qce.objectives.measured_likelihood(model, missing)
    before = objective(model.initial(1)).value
    result = qce.fit(
        objective, seed=1, batch=100, epochs=10, learning_rate=0.05, validation=bits, progress=False
    )
    assert objective(result.params).value < before
    again, params = qce.load(qce.save(model, result.params, tmp_path / "iqp"))
    assert again == model
    np.testing.assert_array_equal(params, result.params)
