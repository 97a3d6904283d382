"""Tensor trees against state vectors, density matrices and hidden Markov trees written out here."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tree_oracles import (
    BRANCHED,
    SHAPES,
    drawn,
    each_kind,
    split,
    strings,
    weights_and_slope,
    written_out,
)

import qce
from qce.models import ChowLiuTree, TensorTree, chow_liu


@pytest.mark.thinned(5)
@pytest.mark.parametrize("parents", SHAPES)
def test_a_tree_is_what_the_sum_over_all_bonds_gives(parents):
    for model in each_kind(parents)[:: 1 if parents == BRANCHED else 3]:
        params = drawn(model)
        tensors = split(model, params)
        weights = written_out(model, tensors, tensors).real
        found = np.exp(model.log_prob(params, strings(model.wires)))
        # Relative rounding of Σ|terms| ≤ |K| contracted; no bit string of these draws cancels by
        # more than 1e3.
        np.testing.assert_allclose(found, weights / weights.sum(), rtol=1e-11, atol=1e-14)


@pytest.mark.thinned(3)
@pytest.mark.parametrize(("wires", "seed"), [(1, 0), (5, 1), (9, 2), (12, 3)])
def test_probabilities_of_all_bit_strings_sum_to_one(wires, seed):
    rng = np.random.default_rng(seed)
    parents = (-1, *(int(rng.integers(i)) for i in range(1, wires)))
    for model in each_kind(parents, bond=3)[seed % 2 :: 2]:
        p = np.exp(model.log_prob(drawn(model, seed), strings(wires)))
        assert abs(p.sum() - 1) < 1e-12


def test_a_born_tree_is_a_ket_made_of_tensors():
    model = TensorTree(BRANCHED, 3, complex=True)
    params = drawn(model)
    k = split(model, params)[:, 0]
    # Kets of subtrees, from the leaves: (bond to the parent, 2^wires below), wires in `order`.
    kets, order = {}, {}
    for i in reversed(range(8)):
        ket, below = np.ones((3, 1)), []
        for c in [c for c in range(8) if BRANCHED[c] == i]:
            ket = np.einsum("bs,bt->bst", ket, kets[c]).reshape(3, -1)
            below += order[c]
        kets[i] = np.einsum("xab,bs->axs", k[i], ket).reshape(3, -1)
        order[i] = [i, *below]
    ket = kets[0][0].reshape((2,) * 8).transpose(np.argsort(order[0])).ravel()
    p = np.abs(ket) ** 2
    found = np.exp(model.log_prob(params, strings(8)))
    np.testing.assert_allclose(found, p / p.sum(), rtol=1e-10, atol=1e-15)


def hidden_markov(params: np.ndarray, model: TensorTree, bits: np.ndarray) -> np.ndarray:
    """ln p of a hidden Markov tree with the squares of real tensors; takes complex steps."""
    squares = params.reshape(model.wires, 2, model.bond, model.bond) ** 2

    def upward(i: int, x: np.ndarray | None) -> np.ndarray:
        table = squares[i].sum(0) if x is None else squares[i, x[i]]
        below = np.ones(model.bond, dtype=squares.dtype)
        for c in [c for c, parent in enumerate(model.parents) if parent == i]:
            below = below * upward(c, x)
        return table @ below

    norm = np.log(upward(0, None)[0])
    return np.array([np.log(upward(0, x)[0]) - norm for x in bits])


def test_at_coherence_zero_value_and_gradient_are_those_of_a_hidden_markov_tree():
    model = TensorTree(BRANCHED, 4, coherence=0)
    params, bits = drawn(model), strings(8)[::17]
    expected = hidden_markov(params, model, bits)
    np.testing.assert_allclose(model.log_prob(params, bits), expected, rtol=0, atol=1e-13)
    found = jax.grad(lambda t: model.log_prob(t, bits).mean())(params)
    step = 1e-30j * np.eye(model.size)
    slope = [hidden_markov(params + s, model, bits).mean().imag / 1e-30 for s in step]
    np.testing.assert_allclose(found, slope, rtol=0, atol=1e-13)


def test_between_the_ends_nothing_jumps():
    # The three ways of computing meet where coherence does.
    params, bits = drawn(TensorTree(BRANCHED, 3)), strings(8)
    for end, near in ((0.0, 1e-14), (1.0, 1 - 1e-14)):
        exact = TensorTree(BRANCHED, 3, coherence=end).log_prob(params, bits)
        close = TensorTree(BRANCHED, 3, coherence=near).log_prob(params, bits)
        np.testing.assert_allclose(np.exp(close), np.exp(exact), rtol=1e-9, atol=1e-13)


@pytest.mark.thinned(3)
@pytest.mark.parametrize("kind", range(7))
def test_gradients_are_slopes(kind):
    model = each_kind(BRANCHED, bond=3)[kind]
    params, direction = drawn(model), drawn(model, seed=1)
    weights, slope = (w.reshape((2,) * 8) for w in weights_and_slope(model, params, direction))
    gradient = jax.jit(jax.grad(lambda t, rows: model.log_prob(t, rows).mean()))
    complete = strings(8)[::37]
    # Rows are traced, so that one program does both kinds.
    for rows in (complete, np.where(np.arange(8) % 3 == 1, -1, complete)):
        at = [tuple(slice(None) if b < 0 else b for b in row) for row in rows]
        expected = np.mean([slope[i].sum() / weights[i].sum() for i in at])
        expected -= slope.sum() / weights.sum()
        # Rounding of a slope is that of its terms; those of different sign cancel to 1e-3 at worst.
        np.testing.assert_allclose(gradient(params, rows) @ direction, expected, rtol=1e-10)


def test_open_wires_are_summed_over():
    for model in each_kind(BRANCHED, bond=3)[1::2]:
        params = drawn(model)
        p = np.exp(model.log_prob(params, strings(8))).reshape((2,) * 8)
        rng = np.random.default_rng(3)
        rows = rng.integers(0, 2, (20, 8))
        rows[rng.random(rows.shape) < 0.4] = -1
        expected = [p[tuple(slice(None) if b < 0 else b for b in row)].sum() for row in rows]
        np.testing.assert_allclose(np.exp(model.log_prob(params, rows)), expected, rtol=1e-11)
        missing = np.where(rows < 0, np.nan, rows)
        np.testing.assert_allclose(np.exp(model.log_prob(params, missing)), expected, rtol=1e-11)


def test_rows_that_are_traced_give_what_known_rows_give():
    model = TensorTree(BRANCHED, 3)
    params, rows = drawn(model), strings(8)[:10].copy()
    traced = jax.jit(model.log_prob)
    slopes = jax.grad(lambda t, r: model.log_prob(t, r).sum())
    traced_slopes = jax.jit(slopes)
    for opened in (rows, np.where(np.arange(8) == 2, -1, rows)):
        known = model.log_prob(params, opened)
        np.testing.assert_allclose(traced(params, opened), known, rtol=1e-13)
        np.testing.assert_allclose(
            traced_slopes(params, opened), slopes(params, opened), rtol=1e-11, atol=1e-12
        )


def test_rows_known_to_be_complete_take_the_shorter_way():
    model = TensorTree(BRANCHED, 3)
    params, rows = drawn(model), strings(8)[::9]
    expected = model.log_prob(params, rows)
    assert (model.log_prob_of_complete(params, rows) == expected).all()
    assert "cond" in str(jax.make_jaxpr(model.log_prob)(params, rows))
    assert "cond" not in str(jax.make_jaxpr(model.log_prob_of_complete)(params, rows))
    with pytest.raises(qce.ArgumentError, match="was not seen"):
        model.log_prob_of_complete(params, [0, 1, -1, 0, 1, 1, 0, 0])


def test_shapes_lead_and_parameters_are_mapped_over():
    model = TensorTree(BRANCHED, 2)
    many = np.stack([drawn(model, seed) for seed in range(3)])
    rows = strings(8).reshape(4, 64, 8)
    each = np.stack([model.log_prob(params, rows) for params in many])
    assert each.shape == (3, 4, 64)
    mapped = jax.vmap(model.log_prob, (0, None))(jnp.asarray(many), rows)
    np.testing.assert_allclose(mapped, each, rtol=1e-12)
    assert model.log_prob(many[0], rows[0, 0]).shape == ()
    assert model.log_prob(many[0], rows[0, :0]).shape == (0,)


def test_a_wire_can_have_a_bond_of_its_own():
    bonds = (3, 1, 2, 3, 1, 1, 2, 1)
    model = TensorTree(BRANCHED, bonds)
    params = drawn(model)
    kept = np.array(split(model, params))
    for i, parent in enumerate(BRANCHED):
        kept[i, ..., bonds[i] :] = 0
        if parent >= 0:
            kept[i, :, :, bonds[parent] :] = 0
    full = TensorTree(BRANCHED, 3).log_prob(kept.ravel(), strings(8))
    np.testing.assert_allclose(model.log_prob(params, strings(8)), full, rtol=1e-12)
    idle = jax.grad(lambda t: model.log_prob(t, strings(8)[:5]).sum())(params)
    assert (split(model, np.asarray(idle))[1, ..., 1:] == 0).all()


@pytest.mark.thinned(6)
@pytest.mark.parametrize("coherence", [1.0, 0.5, 0.0])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_nothing_under_or_overflows_at_1500_wires(coherence, dtype):
    rng = np.random.default_rng(0)
    trees = ((-1, *range(1499)), (-1, *(int(rng.integers(i)) for i in range(1, 1500))))
    for parents in (*trees, (-1,) + (0,) * 1499):
        model = TensorTree(parents, 3, coherence=coherence, dtype=dtype)
        rows = rng.integers(0, 2, (2, 1500))
        both = jax.jit(jax.value_and_grad(lambda t, m=model, r=rows: m.log_prob(t, r).sum()))
        for scale in (1e-3, 1.0, 1e3):
            value, slope = both(scale * (1 + rng.normal(size=model.size)))
            assert value.dtype == dtype and np.isfinite(value) and value < 0
            assert np.isfinite(slope).all()
        everything = model.log_prob(rng.normal(size=model.size), np.full(1500, -1))
        assert abs(everything) < 1500 * 20 * np.finfo(dtype).eps


def test_single_precision_is_as_right_as_it_allows():
    for model in each_kind(BRANCHED, bond=4)[::2]:
        params = 1 + 0.3 * drawn(model)  # no cancellation: sums of terms of one sign
        rows = strings(8)
        double = model.log_prob(params, rows)
        single = model.log_prob(params.astype(np.float32), rows)
        assert single.dtype == np.float32
        # Each of n nodes rounds its tensor, a sum of 2kD products twice, and the product with its
        # sibling: at most 2 (2kD + 4) ε each, in the row and in the norm; the logarithm ε |ln p|.
        bound = np.finfo(np.float32).eps * (8 * 2 * 2 * (4 * 4 + 4) + np.abs(double))
        assert (np.abs(single - double) < bound).all()


def test_what_is_nan_stays_nan():
    for model in each_kind(BRANCHED):
        params = drawn(model)
        params[5] = np.nan
        assert np.isnan(model.log_prob(params, strings(8))).all()


def test_what_is_impossible_is_minus_infinity():
    tree = ChowLiuTree((-1, 0), [[[0.5, 0.5]] * 2, [[1.0, 0.0], [0.0, 1.0]]])
    rows = [[0, 0], [1, 1]] * 50
    model, params = TensorTree.from_chow_liu(rows, bond=2, smoothing=0)
    found = model.log_prob(params, [[0, 1], [0, 0]])
    assert found[0] == -np.inf and abs(found[1] - math.log(0.5)) < 1e-12
    assert tree.log_prob([0, 1]) == -np.inf


@pytest.mark.thinned(5)
@pytest.mark.parametrize("settings", [{}, {"purification": 2}, {"complex": True},
    {"coherence": 0.5}, {"coherence": 0.0}, {"coherence": 0.5, "purification": 2}])  # fmt: skip
@pytest.mark.parametrize("bond", [2, 7])
def test_a_start_from_chow_liu_is_the_tree_of_chow_liu(settings, bond):
    rng = np.random.default_rng(5)
    hidden = rng.random((400, 1))
    bits = (rng.random((400, 9)) < 0.15 + 0.7 * (hidden < rng.random(9))).astype(int)
    for smoothing in (0.0, 0.3):
        tree = chow_liu(bits, smoothing=smoothing)
        model, params = TensorTree.from_chow_liu(bits, bond, smoothing=smoothing, **settings)
        assert model.parents == tree.parents and params.shape == (model.size,)
        expected = tree.log_prob(strings(9))
        found = model.log_prob(params, strings(9))
        possible = np.isfinite(expected)
        np.testing.assert_allclose(found[possible], expected[possible], rtol=0, atol=1e-6)
        assert (np.exp(found[~possible]) < 1e-6).all()


def test_a_start_excludes_no_row_that_is_set_apart():
    """Bits that are always equal in the data: a row in which they differ has a finite loss."""
    rows = np.repeat([[0, 0], [1, 1]], 50, axis=0)
    model, params = TensorTree.from_chow_liu(rows, bond=2)
    assert np.isfinite(model.log_prob(params, [[0, 1], [1, 0]])).all()
    expected = chow_liu(rows, smoothing=0.1).log_prob(strings(2))
    np.testing.assert_allclose(model.log_prob(params, strings(2)), expected, atol=1e-6)
    varied = strings(2).repeat(5, axis=0)
    model, params = TensorTree.from_chow_liu(varied, bond=2)
    expected = chow_liu(varied).log_prob(strings(2))
    np.testing.assert_allclose(model.log_prob(params, strings(2)), expected, atol=1e-6)


def test_copies_of_a_start_from_chow_liu_are_told_apart():
    bits = np.random.default_rng(0).integers(0, 2, (50, 4))
    for coherence in (1.0, 0.5, 0.0):
        model, params = TensorTree.from_chow_liu(bits, 8, coherence=coherence)
        _, other = TensorTree.from_chow_liu(bits, 8, seed=1, coherence=coherence)
        _, equal = TensorTree.from_chow_liu(bits, 8, coherence=coherence, noise=0)
        slopes = jax.grad(lambda t, m=model: m.log_prob(t, bits).mean())
        slope, still = (split(model, np.asarray(slopes(p))) for p in (params, equal))
        for i in np.flatnonzero(np.array(model.parents) >= 0):
            # Rows 0 and 2 belong to one bit of the parent.
            np.testing.assert_allclose(still[i, ..., 0, :], still[i, ..., 2, :], atol=1e-14)
            # Chow-Liu is where entries that are not 0 have no slope: at coherence 0 little is left.
            assert np.abs(slope[i, ..., 0, :] - slope[i, ..., 2, :]).max() > 1e-12
        assert np.abs(params - other).max() > 1e-3
