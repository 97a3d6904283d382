"""Hidden Markov trees by expectation maximisation, against the textbook's sums."""

import itertools

import numpy as np
import pytest

import qce
from qce import models
from qce.models.hidden_tree import _expected, _frequencies

PARENTS = (-1, 0, 0, 1, 1)


def strings(wires):
    return np.array(list(itertools.product((0, 1), repeat=wires)))


def tables(bond=2, seed=0):
    return _frequencies(np.random.default_rng(seed).random((5, 2, bond, bond)))


def joint(tables, bits):
    """p(x, z) of one row for all z, written out."""
    bond = tables.shape[-1]
    found = {}
    for z in itertools.product(range(bond), repeat=5):
        found[z] = np.prod(
            [tables[i, bits[i], z[p] if p >= 0 else 0, z[i]] for i, p in enumerate(PARENTS)]
        )
    return found


def test_log_prob_sums_over_hidden_values():
    tree = models.HiddenTree(PARENTS, tables())
    expected = [sum(joint(tree.tables, x).values()) for x in strings(5)]
    np.testing.assert_allclose(np.exp(tree.log_prob(strings(5))), expected, rtol=1e-13)
    assert isinstance(tree, qce.typing.Distribution)
    assert abs(tree.log_prob(np.full(5, -1))) < 1e-14


def test_expected_counts_are_those_of_the_posterior():
    t, rows, weights = tables(), strings(5)[[3, 17, 30]], np.array([0.5, 0.2, 0.3])
    expected = np.zeros_like(t)
    for x, w in zip(rows, weights, strict=True):
        p = joint(t, x)
        for z, value in p.items():
            for i, parent in enumerate(PARENTS):
                above = z[parent] if parent >= 0 else 0
                expected[i, x[i], above, z[i]] += w * value / sum(p.values())
    np.testing.assert_allclose(_expected(PARENTS, t, rows, weights), expected, atol=1e-14)


def mixture(rows, seed):
    """Rows of two kinds, each with independent bits."""
    rng = np.random.default_rng(seed)
    kind = rng.random((rows, 1)) < 0.4
    return (rng.random((rows, 8)) < np.where(kind, 0.85, 0.2)).astype(int)


def test_with_all_rows_in_one_batch_the_likelihood_never_falls():
    rows = mixture(300, seed=0)
    values = [
        models.hidden_tree(rows, 4, epochs=k, batch=300, smoothing=0).log_prob(rows).mean()
        for k in (1, 2, 4, 8, 16)
    ]
    assert (np.diff(values) > -1e-12).all()
    assert values[-1] > models.chow_liu(rows).log_prob(rows).mean()


def test_a_hidden_tree_learns_what_a_tree_of_pairs_cannot():
    train, valid, test = (mixture(n, seed) for seed, n in enumerate((2000, 500, 5000)))
    tree = models.hidden_tree(train, 4, validation=valid, epochs=15)
    pairs = models.chow_liu(train, smoothing=1.0)
    # 0.09 nats apart; the standard error of the difference over 5000 rows is 0.007.
    assert tree.log_prob(test).mean() > pairs.log_prob(test).mean() + 0.04
    again = models.hidden_tree(train, 4, validation=valid, epochs=15)
    assert (again.tables == tree.tables).all()


def test_rows_with_holes_and_weights_of_counts_are_taken():
    rows = mixture(300, seed=3).astype(float)
    rows[np.random.default_rng(0).random(rows.shape) < 0.3] = np.nan
    tree = models.hidden_tree(rows, 2, epochs=3)
    assert np.isfinite(tree.log_prob(rows)).all()
    assert models.hidden_tree({"00": 3, "11": 5}, 2, epochs=1).wires == 2


def test_samples_have_the_marginals():
    tree = models.HiddenTree(PARENTS, tables())
    drawn = tree.sample(20_000, seed=0)
    single = np.exp([tree.log_prob(np.where(np.arange(5) == i, 1, -1)) for i in range(5)])
    # Five standard errors of a frequency.
    assert (np.abs(drawn.mean(0) - single) < 5 * np.sqrt(0.25 / 20_000)).all()


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: models.HiddenTree((-1, 0), np.ones((2, 2, 2))), "tables"),
        (lambda: models.HiddenTree((-1, 0), np.ones((2, 2, 2, 2))), "tables"),
        (lambda: models.HiddenTree((1, 0), np.full((2, 2, 2, 2), 0.25)), "parents"),
        (lambda: models.hidden_tree([[0, 1]], bond=1), "bond"),
        (lambda: models.hidden_tree([[0, 1]], epochs=0), "epochs"),
        (lambda: models.hidden_tree([[0, 2]]), "bits"),
        (lambda: models.hidden_tree([[0, 1]], validation=[[0, 1, 1]]), "validation"),
    ],
)
def test_what_is_refused_is_named(make, name):
    with pytest.raises(qce.ArgumentError) as refused:
        make()
    assert name in refused.value.arguments
