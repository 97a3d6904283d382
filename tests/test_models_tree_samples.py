"""Tensor trees: samples, rows filled in, structures by name, what is refused."""

import jax
import networkx
import numpy as np
import pytest
from scipy.special import logsumexp
from tree_oracles import BRANCHED, FOREST, drawn, each_kind, strings

import qce
from qce.models import MatrixProduct, TensorTree


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


@pytest.mark.thinned(3)
@pytest.mark.parametrize("parents", [BRANCHED, FOREST, (-1, 0, 0, 0, 0, 0)])
def test_samples_follow_the_probabilities(parents):
    # Thirteen tests of a nearly normal number, each beyond 5 with a chance of about 1e-6.
    for model in each_kind(parents, bond=3)[:: 1 if parents == BRANCHED else 3]:
        params = drawn(model)
        p = np.exp(model.log_prob(params, strings(model.wires)))
        found = model.sample(params, 20_000, seed=2)
        assert abs(chi_square(found, p)) < 5
        assert (model.sample(params, 5, seed=2) == model.sample(params, 5, seed=2)).all()


@pytest.mark.thinned(7)
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
