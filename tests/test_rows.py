"""Likelihoods row by row: bits that were not seen, weights, models that answer for rows alone."""

import os
import subprocess
import sys
from itertools import product as every

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

from qce import circuits, data, models, objectives

EPS = np.finfo(float).eps


def all_bits(wires):
    return np.array(list(every([0, 1], repeat=wires)))


def machine(wires=3):
    return models.BornMachine(circuits.strongly_entangling(wires, 2))


@pytest.fixture(params=["born", "thermal", "product", "tree"])
def distribution(request):
    """A function of bits, and the probabilities of all outcomes."""
    rng = np.random.default_rng(5)
    if request.param in ("born", "thermal"):
        circuit = circuits.strongly_entangling(3, 2)
        born = request.param == "born"
        model = (
            models.BornMachine(circuit)
            if born
            else models.ThermalModel(circuit, models.ProductSpectrum(3))
        )
        params = model.initial(3)
        return (lambda bits: model.log_prob(params, bits)), np.asarray(model.probabilities(params))
    fit = models.product if request.param == "product" else models.chow_liu
    model = fit(rng.dirichlet(np.full(8, 0.4)))
    return model.log_prob, model.probabilities()


def test_logarithms_of_rows_are_those_of_all_outcomes(distribution):
    log_prob, p = distribution
    np.testing.assert_allclose(np.exp(log_prob(all_bits(3))), p, atol=30 * EPS)


@pytest.mark.parametrize("open_wires", [(0,), (1,), (2,), (0, 2), (0, 1, 2)])
def test_a_wire_that_was_not_seen_is_summed_over(distribution, open_wires):
    log_prob, p = distribution
    rows = all_bits(3)
    rows[:, open_wires] = -1
    marginal = p.reshape(2, 2, 2).sum(axis=open_wires, keepdims=True)
    expected = np.broadcast_to(marginal, (2, 2, 2)).ravel()
    np.testing.assert_allclose(np.exp(log_prob(rows)), expected, atol=30 * EPS)
    floats = np.where(rows < 0, np.nan, rows)
    np.testing.assert_array_equal(log_prob(floats), log_prob(rows))


def test_rows_keep_their_leading_axes(distribution):
    log_prob, _ = distribution
    rows = np.random.default_rng(0).integers(-1, 2, (4, 5, 3))
    flat = np.asarray(log_prob(rows.reshape(20, 3)))
    assert np.shape(log_prob(rows)) == (4, 5)
    np.testing.assert_array_equal(np.ravel(log_prob(rows)), flat)
    assert np.shape(log_prob(rows[0, 0])) == ()


def test_impossible_rows_are_minus_infinity():
    p = np.array([0.5, 0.5, 0.0, 0.0])
    for fit in (models.product, models.chow_liu):
        assert fit(p).log_prob([[1, 0], [1, -1]]).tolist() == [-np.inf, -np.inf]
    born = models.BornMachine(circuits.rx(1))
    assert float(born.log_prob(np.zeros(1), [1])) == -np.inf


@pytest.mark.parametrize("rows", [all_bits(3), np.array([[0, -1, 1], [1, 1, 1], [-1, -1, 0]])])
def test_traced_rows_give_the_same(rows):
    model = machine()
    params = model.initial(0)
    found = jax.jit(model.log_prob)(params, jnp.asarray(rows))
    np.testing.assert_allclose(found, model.log_prob(params, rows), rtol=50 * EPS)


# --- baselines from pairs ------------------------------------------------------------------------


def test_weights_are_repetitions():
    rng = np.random.default_rng(1)
    rows, counts = all_bits(4), rng.integers(0, 9, 16)
    repeated = np.repeat(rows, counts, axis=0)
    for fit in (models.product, models.chow_liu):
        weighted = fit(rows, weights=counts, smoothing=0.5)
        np.testing.assert_array_equal(
            weighted.log_prob(rows), fit(repeated, smoothing=0.5).log_prob(rows)
        )


def test_smoothing_adds_to_each_count():
    """By hand: of 4 rows 3 have a 1 on wire 1; of the pairs (1, 1) 2, (0, 1) 1, (0, 0) 1."""
    rows = np.array([[0, 0], [0, 1], [1, 1], [1, 1]])
    assert models.product(rows, smoothing=1).ones.tolist() == [0.5, 4 / 6]
    tree = models.chow_liu(rows, smoothing=1)
    np.testing.assert_allclose(tree.conditionals[1], [[2 / 4, 2 / 4], [1 / 4, 3 / 4]], rtol=4 * EPS)
    np.testing.assert_allclose(tree.conditionals[0][0], [0.5, 0.5], rtol=4 * EPS)


def test_a_tree_of_many_wires_needs_no_list_of_outcomes():
    rng = np.random.default_rng(2)
    true = models.ChowLiuTree(
        (-1, *range(199)),
        np.concatenate([[[[0.5, 0.5]] * 2], rng.dirichlet([0.3, 0.3], size=(199, 2))]),
    )
    rows = true.sample(4000, seed=3)
    tree, flat = models.chow_liu(rows, smoothing=0.5), models.product(rows, smoothing=0.5)
    fresh = true.sample(4000, seed=4)
    entropy = -true.log_prob(fresh).mean()
    assert entropy < -tree.log_prob(fresh).mean() < entropy + 1.0
    assert -flat.log_prob(fresh).mean() > entropy + 5.0


def test_pairs_are_judged_by_the_rows_that_show_both():
    rng = np.random.default_rng(3)
    first = rng.integers(0, 2, 2000)
    rows = np.stack([first, first ^ (rng.random(2000) < 0.1), rng.integers(0, 2, 2000)], axis=1)
    holes = np.where(rng.random(rows.shape) < 0.3, -1, rows)
    tree = models.chow_liu(holes)
    assert tree.parents[1] == 0
    both = (holes[:, 0] >= 0) & (holes[:, 1] >= 0)
    shown = holes[both]
    expected = shown[shown[:, 0] == 1, 1].mean()
    assert abs(tree.conditionals[1][1, 1] - expected) < 10 * EPS


# --- the objective -------------------------------------------------------------------------------


class Coins:
    """Independent coins by their log-odds: all that an objective asks of a model."""

    def __init__(self, wires):
        self.wires = self.size = wires

    def initial(self, seed):
        return np.random.default_rng(seed).normal(0, 0.1, self.size)

    def log_prob(self, params, bits):
        bits = jnp.asarray(bits)
        logs = jnp.where(bits == 1, jax.nn.log_sigmoid(params), jax.nn.log_sigmoid(-params))
        return jnp.where(bits < 0, 0.0, logs).sum(axis=-1)

    def sample(self, params, shots, seed):
        ones = 1 / (1 + np.exp(-np.asarray(params)))
        return (np.random.default_rng(seed).random((shots, self.wires)) < ones).astype(int)


def test_a_model_on_many_wires_trains_by_its_rows_alone():
    """At the minimum the coins are the marginals, which need no 2^70 numbers."""
    import qce

    rng = np.random.default_rng(0)
    rows = (rng.random((300, 70)) < rng.uniform(0.2, 0.8, 70)).astype(int)
    objective = objectives.measured_likelihood(Coins(70), rows)
    result = qce.fit(objective, optimizer="lbfgs", progress=False)
    flat = models.product(rows)
    assert abs(result.estimate.value + flat.log_prob(rows).mean()) < 1e-9
    assert result.estimate.shots == 300
    surprise = -flat.log_prob(rows)
    assert abs(result.estimate.stderr - surprise.std(ddof=1) / 300**0.5) < 1e-6


def test_parts_of_many_rows_give_the_loss_and_the_gradient_of_all():
    rows = all_bits(12)[np.random.default_rng(0).permutation(4096)[:3000]]
    objective = objectives.measured_likelihood(Coins(12), rows)
    params = np.random.default_rng(1).normal(size=12)
    found, gradient = objective.value_and_gradient(params)
    by_hand = jax.value_and_grad(lambda p: -Coins(12).log_prob(p, rows).mean())
    value, slope = by_hand(jnp.asarray(params))
    assert abs(found.value - value) < 100 * EPS * abs(value)
    np.testing.assert_allclose(gradient, slope, atol=1e-13)


def test_both_ways_to_a_born_machine_agree():
    model, rows = machine(), all_bits(3)[[0, 3, 3, 5, 7, 7, 7]]
    params = model.initial(1)
    objective = objectives.measured_likelihood(model, rows)
    whole, by_row = objective(params), objective.rows(params)
    assert abs(whole.value - by_row[0]) < 50 * EPS and abs(whole.stderr - by_row[1]) < 50 * EPS


def test_rows_with_open_bits_are_judged_by_their_marginal():
    model = machine()
    params = model.initial(1)
    rows = np.array([[0, 1, 1], [1, -1, 0], [-1, -1, 1]])
    objective = objectives.measured_likelihood(model, rows)
    p = np.asarray(model.probabilities(params)).reshape(2, 2, 2)
    by_hand = -np.log([p[0, 1, 1], p[1, :, 0].sum(), p[:, :, 1].sum()]).mean()
    assert abs(objective(params).value - by_hand) < 50 * EPS
    assert objective.floor is None


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (np.array([[0, 2]]), "`data` must be bits 0 or 1"),
        (np.array([[0.5, 1]]), "`data` must be bits 0 or 1"),
        (np.zeros((0, 70)), "`data` must have shape"),
        (np.zeros((3, 71), dtype=int), "`data` must be of the model's 70 wires"),
        (pd.DataFrame({"a": [0, 1]}), "`data` must be of the model's 70 wires"),
        ({"0" * 71: 3}, "`data` must have bit strings as keys, one bit a wire"),
    ],
)
def test_other_rows_are_refused(rows, message):
    with pytest.raises(ValueError, match=message):
        objectives.measured_likelihood(Coins(70), rows)


SPLIT = """
import numpy as np, jax
jax.config.update("jax_enable_x64", True)
import qce
from qce import models, objectives
rows = np.random.default_rng(0).integers(0, 2, (203, 20))
model = models.TensorTree.chain(20, 3, dtype="float64")
params = model.initial(0)
one, split = (objectives.measured_likelihood(model, rows, shards=k) for k in (1, 8))
(a, slope), (b, other) = (x.value_and_gradient(params) for x in (one, split))
assert jax.device_count() == 8
text = jax.jit(lambda p: split.rows(p)[0]).lower(params).compile().as_text()
assert "all-reduce" in text or "all-gather" in text, "nothing was split"
np.testing.assert_allclose(b.value, a.value, rtol=1e-13)
np.testing.assert_allclose(other, slope, atol=1e-13)
same = {"optimizer": "adam", "batch": 50, "epochs": 2, "progress": False}
fits = [qce.fit(x, params, **same).params for x in (one, split)]
np.testing.assert_allclose(fits[1], fits[0], atol=1e-9)
print("the same")
"""


def test_rows_split_over_eight_devices_give_the_same_loss_to_rounding():
    """Eight devices of one processor, in a process of their own."""
    flags = os.environ.get("XLA_FLAGS", "")
    environment = os.environ | {
        "XLA_FLAGS": f"{flags} --xla_force_host_platform_device_count=8".strip()
    }
    command = [sys.executable, "-c", SPLIT]
    found = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert found.stdout == "the same\n", found.stderr


def test_no_more_devices_than_there_are():
    with pytest.raises(ValueError, match="`shards` must be at most"):
        objectives.measured_likelihood(Coins(70), np.zeros((3, 70), dtype=int), shards=1000)


def test_counts_of_many_wires_are_rows():
    counts = {"0" * 70: 3, "1" * 70: 1}
    objective = objectives.measured_likelihood(Coins(70), counts)
    expected = 70 * (0.75 * np.log(4 / 3) * 0 + np.log(2))
    assert abs(objective(np.zeros(70)).value - expected) < 1e-12
    assert data.from_counts({"01": 2}).tolist() == [0, 2, 0, 0]


@pytest.mark.parametrize("form", [np.asarray, pd.DataFrame, lambda x: x.astype(float)])
def test_signs_are_not_taken_for_ones_with_holes_in_silence(form):
    signs = 1 - 2 * all_bits(3)
    with pytest.warns(UserWarning, match=r"`data` holds -1 and 1 and no 0.*`\(x \+ 1\) // 2`"):
        objectives.measured_likelihood(Coins(3), form(signs))
    with pytest.warns(UserWarning, match="no 0"):
        models.chow_liu(form(signs), smoothing=1)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("rows", [[[1, 0], [-1, 1]], [[1.0, np.nan], [1.0, 1.0]], [[1, 1], [1, 1]]])
def test_rows_with_holes_or_of_ones_are_no_signs(rows):
    objectives.measured_likelihood(Coins(2), np.array(rows))
