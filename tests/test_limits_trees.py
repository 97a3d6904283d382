"""The limit of tensor trees holds, and its check notices where it does not."""

import dataclasses

import numpy as np
import pytest

from qce import models
from qce.limits import trees


@pytest.mark.parametrize("seed", [0, 7])
def test_a_tree_without_coherence_is_a_hidden_markov_tree(seed):
    checks = trees.check_trees(seed)
    assert [check.limit.split()[0] for check in checks] == ["value", "gradient", "training,"]
    assert all(check.passed for check in checks)


def test_a_little_coherence_is_noticed(monkeypatch):
    def coherent(*args, **settings):
        return dataclasses.replace(models.TensorTree(*args, **settings), coherence=1e-6)

    monkeypatch.setattr(trees, "TensorTree", coherent)
    assert not any(check.passed for check in trees.check_trees(0))


def test_the_hidden_markov_tree_has_the_slopes_of_its_value():
    # Complex steps: exact to rounding, and nothing here takes an absolute value.
    rng = np.random.default_rng(0)
    parents, bits = (-1, 0, 0, 1, 1), rng.integers(0, 2, (3, 5))
    at = rng.normal(size=(5, 2, 2, 2))

    def value(amplitudes):
        weights = amplitudes**2
        shown = weights[np.arange(5), bits]

        def root(tables):
            below = np.ones((5, len(tables), 2), dtype=complex)
            for i in (4, 3, 2, 1):
                below[parents[i]] *= np.einsum("rab,rb->ra", tables[:, i], below[i])
            return np.einsum("rab,rb->ra", tables[:, 0], below[0])[:, 0]

        return (np.log(root(weights.sum(1)[None])) - np.log(root(shown))).mean()

    found = trees._hidden_markov(parents, bits, at)
    assert abs(found.value - value(at).real) < 1e-14
    for index in np.ndindex(at.shape):
        step = np.zeros(at.shape, dtype=complex)
        step[index] = 1e-30j
        assert abs(found.slope[index] - value(at + step).imag / 1e-30) < 1e-13
