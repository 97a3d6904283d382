"""Mixtures of outcome models beside sums of probabilities written out."""

import jax
import numpy as np
import pytest

import qce
from qce import circuits, models, objectives

WIRES = 4
EVERY = (np.arange(2**WIRES)[:, None] >> np.arange(WIRES)[::-1]) & 1


@pytest.fixture
def mixture():
    tree = models.TensorTree.chain(WIRES, 3, dtype="float64")
    iqp = models.IQP(WIRES, [(0,), (1, 2), (0, 3)])
    born = models.BornMachine(circuits.strongly_entangling(WIRES, 1))
    return models.Mixture((tree, iqp, born))


def params_of(mixture, seed=0):
    params = mixture.initial(seed)
    params[: len(mixture.models)] = np.random.default_rng(seed).normal(size=len(mixture.models))
    return params


def by_hand(mixture, params, bits):
    logits, rest = params[: len(mixture.models)], params[len(mixture.models) :]
    weights = np.exp(logits) / np.exp(logits).sum()
    total = 0.0
    for weight, model in zip(weights, mixture.models, strict=True):
        total = total + weight * np.exp(np.asarray(model.log_prob(rest[: model.size], bits)))
        rest = rest[model.size :]
    return total


def test_probabilities_are_the_weighted_sum_and_sum_to_one(mixture):
    params = params_of(mixture)
    with jax.enable_x64(True):
        found = np.exp(mixture.log_prob(params, EVERY))
        np.testing.assert_allclose(found, by_hand(mixture, params, EVERY), rtol=1e-12)
        assert abs(found.sum() - 1) < 1e-12


def test_open_wires_are_summed_over(mixture):
    params = params_of(mixture, 1)
    with jax.enable_x64(True):
        whole = np.exp(mixture.log_prob(params, EVERY)).reshape((2,) * WIRES)
        found = np.exp(mixture.log_prob(params, [[1, -1, 0, -1]]))
    np.testing.assert_allclose(found, [whole[1, :, 0, :].sum()], rtol=1e-12)


def test_gradient_is_that_of_differences(mixture):
    params, bits, step = params_of(mixture, 2), EVERY[[3, 9]], 1e-6

    def loss(params):
        return mixture.log_prob(params, bits).sum()

    with jax.enable_x64(True):
        slope = np.asarray(jax.grad(loss)(params))
        moves = step * np.eye(mixture.size)
        both = jax.jit(jax.vmap(loss))(np.concatenate([params + moves, params - moves]))
        there = (both[: mixture.size] - both[mixture.size :]) / (2 * step)
    # Rounding is ε/step, the third derivative's part step².
    np.testing.assert_allclose(slope, there, atol=1e-8)


def test_samples_follow_the_probabilities(mixture):
    params, shots = params_of(mixture, 3), 20_000
    expected = shots * by_hand(mixture, params, EVERY)
    bits = mixture.sample(params, shots, seed=0)
    counts = np.bincount(bits @ (1 << np.arange(WIRES)[::-1]), minlength=2**WIRES)
    # χ² of 15 degrees of freedom is above 44.3 once in ten thousand times.
    assert ((counts - expected) ** 2 / expected).sum() < 44.3
    halves = bits[:1000].mean(axis=0) - bits[-1000:].mean(axis=0)
    assert np.abs(halves).max() < 5 * (0.5 / 1000) ** 0.5  # not sorted by model


def test_what_is_filled_in_follows_the_conditional():
    chain = models.MatrixProduct(3, bond=2, dtype="float64")
    mixture = models.Mixture((chain, chain))
    params = mixture.joined([chain.initial(0) ** 3, chain.initial(1) ** 9])
    every = EVERY[:8, 1:]
    whole = by_hand(mixture, params, every).reshape(2, 2, 2)
    drawn = mixture.fill_in(params, np.tile([-1, 1, -1], (20_000, 1)), seed=0)
    assert (drawn[:, 1] == 1).all()
    expected = 20_000 * (whole[:, 1] / whole[:, 1].sum()).ravel()
    counts = np.bincount(2 * drawn[:, 0] + drawn[:, 2], minlength=4)
    # χ² of 3 degrees of freedom is above 21.1 once in ten thousand times.
    assert ((counts - expected) ** 2 / expected).sum() < 21.1


def test_chosen_weights_are_the_best():
    chain = models.MatrixProduct(3, bond=2, dtype="float64")
    mixture, rng = models.Mixture((chain, chain, chain)), np.random.default_rng(0)
    parts = [chain.initial(seed) ** 5 for seed in range(3)]
    bits = rng.integers(0, 2, (200, 3))
    best = mixture.joined(parts, bits)
    value = float(mixture.log_prob(best, bits).mean())
    for shares in rng.dirichlet(np.ones(3), size=200):
        other = np.concatenate([np.log(shares), best[3:]])
        assert float(mixture.log_prob(other, bits).mean()) <= value + 1e-7


def test_no_worse_than_the_models_on_average():
    chain = models.MatrixProduct(4, bond=3)
    parts = [chain.initial(seed) for seed in range(5)]
    mixture = models.Mixture((chain,) * 5)
    mean = np.mean([chain.log_prob(x, EVERY) for x in parts], axis=0)
    assert (mixture.log_prob(mixture.joined(parts), EVERY) >= mean - 1e-6).all()


def test_mixtures_train_and_are_saved(tmp_path):
    bits = np.random.default_rng(1).integers(0, 2, (60, 3))
    bits[:, 2] = bits[:, 0]
    mixture = models.Mixture((models.MatrixProduct(3, 2), models.MatrixProduct(3, 2)))
    objective = objectives.measured_likelihood(mixture, bits)
    before = objective(mixture.initial(0)).value
    result = qce.fit(objective, seed=0, batch=20, epochs=200, progress=False)
    assert objective(result.params).value < before - 0.1
    again, params = qce.load(qce.save(mixture, result.params, tmp_path / "mixture"))
    assert again == mixture and (params == result.params).all()


def test_a_row_that_one_model_excludes_costs_only_its_weight():
    bits = np.array([[0, 0], [1, 1]])
    sure, params = models.TensorTree.from_chow_liu(bits, bond=2, smoothing=0)
    other = models.MatrixProduct(2, bond=2)
    mixture = models.Mixture((sure, other))
    both = mixture.joined([params, other.initial(0)])
    expected = np.log(0.5) + np.asarray(other.log_prob(other.initial(0), [[0, 1]]))
    np.testing.assert_allclose(mixture.log_prob(both, [[0, 1]]), expected, rtol=1e-6)
    only = models.Mixture((sure,))
    assert np.isneginf(only.log_prob(only.joined([params]), [[0, 1]])).all()
    with pytest.raises(qce.ArgumentError, match="a row has probability 0"):
        only.joined([params], [[0, 1]])


def test_refusals_say_what_to_pass():
    chain = models.MatrixProduct(2, bond=2)
    for given, words in [
        ((), "Argument `models` must not be empty"),
        ((chain, 3), "one is 3"),
        ((chain, models.MatrixProduct(3, bond=2)), "they have 2 and 3"),
        (chain, "Argument `models` must be a list"),
    ]:
        with pytest.raises(qce.ArgumentError, match=words):
            models.Mixture(given)
    mixture = models.Mixture((chain, chain))
    with pytest.raises(qce.ArgumentError, match="there are 1 for 2 models"):
        mixture.joined([chain.initial(0)])
    with pytest.raises(qce.ArgumentError, match="BornMachine has no `fill_in`"):
        born = models.BornMachine(circuits.strongly_entangling(2, 1))
        models.Mixture((born,)).fill_in(np.zeros(1 + born.size), [[0, -1]], seed=0)
