"""Tensor trees against state vectors, density matrices and hidden Markov trees written out here."""

import itertools
import math

import jax
import jax.numpy as jnp
import networkx
import numpy as np
import pytest
from scipy.special import logsumexp

import qce
from qce.models import ChowLiuTree, MatrixProduct, TensorTree, chow_liu

# A root with three children, one of them with two, a chain, and a second root.
BRANCHED = (-1, 0, 0, 0, 1, 1, 3, 6)
FOREST = (2, 2, -1, -1, 3)
SHAPES = (BRANCHED, FOREST, (1, 2, 3, 4, -1), (-1,), (-1, 0, 0, 0, 0, 0))
EPS = np.finfo(float).eps


def strings(wires: int) -> np.ndarray:
    return np.array(list(itertools.product((0, 1), repeat=wires)))


def drawn(model: TensorTree, seed: int = 0) -> np.ndarray:
    """Parameters all over the place: of both signs, none small."""
    return np.random.default_rng(seed).normal(size=model.size)


def split(model: TensorTree, params: np.ndarray) -> np.ndarray:
    """Tensors from the flat vector as the docstring of the model says, without its code."""
    bond = model.bond if isinstance(model.bond, int) else max(model.bond)
    shape = (model.wires, model.purification, 2, bond, bond)
    if not model.complex:
        return params.reshape(shape)
    real, imaginary = params.reshape(2, *shape)
    return real + 1j * imaginary


def written_out(model: TensorTree, kets: np.ndarray, bras: np.ndarray) -> np.ndarray:
    """Weights of all bit strings, by sums over two copies of all bonds: kets and bras.

    Σ_{k,z,z'} Π_i K_i[x_i]_{z_p z_i} K_i[x_i]*_{z'_p z'_i} c^{number of bonds with z ≠ z'}.
    """
    n, c = model.wires, model.coherence
    operands, fresh = [], itertools.count(3 * n)
    for i, parent in enumerate(model.parents):
        ket, bra = (a[i] if parent >= 0 else a[i, :, :, :1] for a in (kets, bras))
        up = (2 * parent, 2 * parent + 1) if parent >= 0 else (next(fresh), next(fresh))
        x, summed, size = 2 * n + i, next(fresh), ket.shape[-1]
        operands += [ket, [summed, x, up[0], 2 * i], bra.conj(), [summed, x, up[1], 2 * i + 1]]
        operands += [c * np.ones((size, size)) + (1 - c) * np.eye(size), [2 * i, 2 * i + 1]]
    return np.einsum(*operands, list(range(2 * n, 3 * n)), optimize="greedy").ravel()


def weights_and_slope(
    model: TensorTree, params: np.ndarray, direction: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Weights of all bit strings and how they change: they are linear in each single tensor."""
    tensors, moved = split(model, params), split(model, direction)
    slope = np.zeros(2**model.wires)
    for i in range(model.wires):
        kets = tensors.copy()
        kets[i] = moved[i]
        slope += 2 * written_out(model, kets, tensors).real
    return written_out(model, tensors, tensors).real, slope


def each_kind(parents: tuple[int, ...], bond: object = 2) -> list[TensorTree]:
    kinds = itertools.product((1.0, 0.7, 0.0), (1, 2), (False, True))
    return [TensorTree(parents, bond, coherence=c, purification=k, complex=z) for c, k, z in kinds]


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


def chi_square(found: np.ndarray, p: np.ndarray) -> float:
    """Standardised χ² of draws (rows of bits) against probabilities of all bit strings."""
    wires = found.shape[1]
    counts = np.bincount(found @ (1 << np.arange(wires)[::-1]), minlength=2**wires)
    expected = p * len(found)
    few = expected < 10  # these together
    counts, expected = (np.append(a[~few], a[few].sum()) for a in (counts, expected))
    kept = expected > 10
    chi2 = ((counts - expected)[kept] ** 2 / expected[kept]).sum()
    return (chi2 - (kept.sum() - 1)) / np.sqrt(2 * (kept.sum() - 1))


@pytest.mark.parametrize("parents", [BRANCHED, FOREST, (-1, 0, 0, 0, 0, 0)])
def test_samples_follow_the_probabilities(parents):
    # Thirteen tests of a nearly normal number, each beyond 5 with a chance of about 1e-6.
    for model in each_kind(parents, bond=3)[:: 1 if parents == BRANCHED else 3]:
        params = drawn(model)
        p = np.exp(model.log_prob(params, strings(model.wires)))
        found = model.sample(params, 20_000, seed=2)
        assert abs(chi_square(found, p)) < 5
        assert (model.sample(params, 5, seed=2) == model.sample(params, 5, seed=2)).all()


@pytest.mark.parametrize("seen", [[0, 4], [5, 7], [2], [1, 3, 6]])
def test_open_wires_are_filled_in_from_their_conditional(seen):
    for model in each_kind(BRANCHED, bond=3):
        params = drawn(model)
        row = np.full(8, -1)
        row[seen] = [1, 0, 1][: len(seen)]
        every = strings(8)
        agree = (every[:, seen] == row[seen]).all(1)
        p = np.where(agree, np.exp(model.log_prob(params, every)), 0)
        mixed = np.stack([row, np.where(np.arange(8) == 0, 1, -1)] * 10_000)
        found = model.fill_in(params, mixed, seed=0)
        assert (found[::2, seen] == row[seen]).all() and (found[1::2, 0] == 1).all()
        assert abs(chi_square(found[::2], p / p.sum())) < 5


def test_rows_that_are_complete_stay_as_they_are():
    model = TensorTree(BRANCHED, 2)
    rows = strings(8)
    assert (model.fill_in(drawn(model), rows, seed=0) == rows).all()
    assert model.fill_in(drawn(model), rows[:0], seed=0).shape == (0, 8)


def test_long_chains_and_stars_are_sampled_too():
    for parents in ((-1, *range(999)), (-1,) + (0,) * 999):
        model = TensorTree(parents, 2)
        found = model.sample(model.initial(0), 3, seed=0)
        assert found.shape == (3, 1000) and 0.4 < found.mean() < 0.6


def test_structures_by_name():
    assert MatrixProduct(4, 2).parents == (-1, 0, 1, 2)
    assert TensorTree.chain(4, 2, order=[3, 1, 0, 2]).parents == (1, 3, 0, -1)
    graph = networkx.Graph([(0, 1), (1, 2), (1, 3), (4, 5)])
    assert TensorTree.from_graph(graph, 2, root=3).parents == (1, 3, 1, -1, -1, 4)
    assert TensorTree.from_graph(list(graph.edges), 2).parents == (-1, 0, 1, 1, -1, 4)
    alone = networkx.empty_graph(3)
    assert TensorTree.from_graph(alone, 2).parents == (-1, -1, -1)
    assert isinstance(MatrixProduct(2, 2), qce.models.TensorTree)
    assert isinstance(TensorTree((-1, 0), 2), qce.typing.OutcomeModel)
    assert hash(TensorTree([-1, 0], [2, 3])) == hash(TensorTree((-1, 0), (2, 3)))


def test_a_chain_does_not_depend_on_where_it_is_rooted():
    # The same bonds read from the other end: K transposed, and a last wire that becomes the root.
    rng = np.random.default_rng(0)
    forward = TensorTree((-1, 0), 2)
    params = rng.normal(size=forward.size)
    k = params.reshape(2, 2, 2, 2)
    ket = np.einsum("xb,ybc->xy", k[0][:, 0], k[1])
    p = ket.ravel() ** 2
    np.testing.assert_allclose(
        np.exp(forward.log_prob(params, strings(2))), p / p.sum(), rtol=1e-13
    )


@pytest.mark.parametrize(
    ("make", "name", "words"),
    [
        (lambda: TensorTree((-1, 2, 1), 2), "parents", "its own ancestor"),
        (lambda: TensorTree((-1, 3), 2), "parents", "one is 3"),
        (lambda: TensorTree((-1, -2), 2), "parents", "one is -2"),
        (lambda: TensorTree((), 2), "parents", "shape"),
        (lambda: TensorTree((-1, 0.5), 2), "parents", "0.5"),
        (lambda: TensorTree((-1, 0), 0), "bond", "it is 0"),
        (lambda: TensorTree((-1, 0), (2,)), "bond", "(2,)"),
        (lambda: TensorTree((-1, 0), 10**6), "bond", "GiB"),
        (lambda: TensorTree((-1, 0), 2, coherence=1.5), "coherence", "1.5"),
        (lambda: TensorTree((-1, 0), 2, coherence=np.nan), "coherence", "nan"),
        (lambda: TensorTree((-1, 0), 2, purification=0), "purification", "0"),
        (lambda: TensorTree((-1, 0), 2, dtype="float16"), "dtype", "float16"),
        (lambda: TensorTree.chain(3, 2, order=[0, 1, 1]), "order", "once"),
        (lambda: TensorTree.from_graph([(0, 1), (1, 2), (2, 0)], 2), "graph", "circles"),
        (lambda: TensorTree.from_graph([(0, 0)], 2), "graph", "circles"),
        (lambda: TensorTree.from_graph([(0, 1), (0, 1)], 2), "graph", "circles"),
        (lambda: TensorTree.from_graph([(0, 1)], 2, root=2), "root", "2"),
        (lambda: TensorTree.from_graph(networkx.path_graph([1, 2]), 2), "graph", "nodes"),
        (lambda: TensorTree.from_chow_liu([[0, 1]], bond=1), "bond", "it is 1"),
        (lambda: TensorTree.from_chow_liu([[0, 1]], bond=2, noise=-1), "noise", "-1"),
        (lambda: TensorTree((-1, 0), 2).log_prob(np.ones(16), [0, 1, 1]), "bits", "(3,)"),
        (lambda: TensorTree((-1, 0), 2).log_prob(np.ones(16), [0, 2]), "bits", "2"),
        (lambda: TensorTree((-1, 0), 2).log_prob(np.ones(16), [0, 0.5]), "bits", "0.5"),
        (lambda: TensorTree((-1, 0), 2).log_prob(np.ones(15), [0, 1]), "params", "(15,)"),
        (lambda: TensorTree((-1, 0), 2).sample(np.ones(16), 0, 0), "shots", "0"),
        (lambda: TensorTree((-1, 0), 2).sample(np.full(16, np.nan), 1, 0), "params", "NaN"),
    ],
)
def test_what_is_refused_is_named(make, name, words):
    with pytest.raises(qce.ArgumentError) as refused:
        make()
    assert name in refused.value.arguments and words in str(refused.value)
    assert "Pass" in str(refused.value)


def test_likelihood_of_rows_with_holes_trains():
    # A fifth of the bits removed: gradient ascent on what is left improves complete rows.
    rng = np.random.default_rng(0)
    source = (rng.random((500, 1)) < 0.5) ^ (rng.random((500, 6)) < 0.1)
    rows = np.where(rng.random(source.shape) < 0.2, -1, source.astype(int))
    model, params = TensorTree.from_chow_liu(rows, bond=4)
    value = jax.jit(jax.value_and_grad(lambda t: -model.log_prob(t, rows).mean()))
    start = -model.log_prob(params, source).mean()
    for _ in range(100):
        params = params - 0.02 * value(params)[1]
    assert -model.log_prob(params, source).mean() < start - 0.05
    everything = -logsumexp(model.log_prob(params, strings(6)))
    assert abs(everything) < 1e-12
