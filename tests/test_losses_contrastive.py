"""Contrastive losses: pairs, triplets and batches against optax, PyTorch and their definitions."""

import jax.numpy as jnp
import numpy as np
import optax
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from libraries import DIFFERENTIATING, TORCH
from oracles import EPS
from strategies import seeds, theorem

from qce import losses

RNG = np.random.default_rng(41)
X, Y, Z = RNG.normal(size=(3, 5, 3))
LABELS = np.array([0, 1, 0, 2, 1])

# Sums of a few terms of order ten (cosines over temperatures of 0.1) in two orders.
LIMIT = 1000 * EPS
every_library = pytest.mark.parametrize("library", DIFFERENTIATING, ids=str)


def cosines(x, y):
    return F.normalize(x, dim=-1) @ F.normalize(y, dim=-1).T


def supervised(x, labels, temperature):
    """Equation 2 of arXiv:2004.11362, sample by sample."""
    s = cosines(x, x) / temperature
    values = []
    for i in range(len(x)):
        others = [a for a in range(len(x)) if a != i]
        partners = [p for p in others if labels[p] == labels[i]]
        total = torch.stack([s[i, a] for a in others]).logsumexp(0)
        if partners:
            values.append(torch.stack([total - s[i, p] for p in partners]).mean())
    return torch.stack(values).mean()


CASES = {
    "contrastive": (
        lambda x, y: losses.contrastive_loss([1, 0, 1, 0, 0], x, y, margin=2.0),
        lambda x, y: (
            torch.tensor([1, 0, 1, 0, 0]) * ((x - y) ** 2).sum(-1)
            + torch.tensor([0, 1, 0, 1, 1]) * torch.relu(2 - (x - y).norm(dim=-1)) ** 2
        ).mean(),
    ),
    "triplet": (
        lambda x, y: losses.triplet_loss(x, y, Z, margin=0.5, check=False),
        lambda x, y: F.triplet_margin_loss(x, y, torch.as_tensor(Z), margin=0.5, eps=0),
    ),
    "InfoNCE": (
        losses.info_nce_loss,
        lambda x, y: F.cross_entropy(cosines(x, y) / 0.1, torch.arange(5)),
    ),
    "NT-Xent": (
        losses.nt_xent_loss,
        lambda x, y: supervised(torch.cat([x, y]), list(range(5)) * 2, 0.5),
    ),
    "supervised": (
        lambda x, y: losses.supervised_contrastive_loss(LABELS, x + y),
        lambda x, y: supervised(x + y, LABELS, 0.1),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_values_follow_the_definition(name):
    loss, peer = CASES[name]
    expected = float(peer(torch.as_tensor(X), torch.as_tensor(Y)))
    assert loss(X, Y) == pytest.approx(expected, rel=LIMIT, abs=LIMIT)


@pytest.mark.thinned(5)
@every_library
@pytest.mark.parametrize("name", CASES)
def test_gradients_follow_the_definition(name, library):
    loss, peer = CASES[name]
    y = library.asarray(Y)
    expected = TORCH.gradient(lambda x: peer(x, torch.as_tensor(Y)))(X)
    found = library.gradient(lambda x: loss(x, y))(library.variable(X))
    np.testing.assert_allclose(np.asarray(found), expected, rtol=LIMIT, atol=LIMIT)


def test_optax_agrees():
    """Its triplets have ε under the root, its NT-Xent needs classes of two."""
    value = losses.triplet_loss(X, Y, Z)
    assert value == pytest.approx(float(optax.losses.triplet_margin_loss(X, Y, Z, eps=0).mean()))
    views, labels = jnp.concatenate([X, Y]), jnp.tile(jnp.arange(5), 2)
    expected = optax.losses.ntxent(views, labels, temperature=0.5)
    assert losses.nt_xent_loss(X, Y) == pytest.approx(float(expected), rel=LIMIT, abs=LIMIT)


def test_optax_leaves_partners_out_of_the_sum_of_larger_classes():
    """Khosla's sum is over all other samples; optax's leaves the other partners out."""
    labels = np.array([0, 0, 0, 1, 1])
    value = losses.supervised_contrastive_loss(labels, X, temperature=0.5)
    assert value == pytest.approx(
        float(supervised(torch.as_tensor(X), labels, 0.5)), rel=LIMIT, abs=LIMIT
    )
    assert abs(float(optax.losses.ntxent(X, jnp.asarray(labels), temperature=0.5)) - value) > 0.1


@every_library
def test_equal_embeddings_have_finite_slopes(library):
    """PyTorch gives NaN for the slope of a distance of 0 (eps=0)."""
    x = library.asarray(X)
    for loss in (
        lambda y: losses.contrastive_loss([1, 0, 1, 0, 0], x, y),
        lambda y: losses.triplet_loss(x, y, Z, check=False),
    ):
        assert np.isfinite(np.asarray(library.gradient(loss)(library.variable(X)))).all()


@theorem
@given(seeds)
def test_the_length_of_embeddings_does_not_matter_to_cosines(seed):
    scale = np.random.default_rng(seed).uniform(0.1, 10, size=(5, 1))
    for loss in (losses.info_nce_loss, losses.nt_xent_loss):
        assert loss(scale * X, Y) == pytest.approx(loss(X, Y), rel=LIMIT, abs=LIMIT)


@theorem
@given(seeds)
def test_the_order_of_samples_and_the_names_of_classes_do_not_matter(seed):
    rng = np.random.default_rng(seed)
    order, names = rng.permutation(5), rng.permutation(3)
    given_loss = losses.supervised_contrastive_loss(LABELS, X)
    other = losses.supervised_contrastive_loss(names[LABELS][order], X[order])
    assert other == pytest.approx(given_loss, rel=LIMIT, abs=LIMIT)


def test_a_sample_without_partner_does_not_count():
    each = losses.supervised_contrastive_loss(LABELS, X, reduction="none")
    assert each[3] == 0 and (np.delete(each, 3) > 0).all()
    assert losses.supervised_contrastive_loss(LABELS, X) == pytest.approx(
        each.sum() / 4, rel=LIMIT, abs=LIMIT
    )
    # It still is an opponent of the others.
    without = losses.supervised_contrastive_loss(np.delete(LABELS, 3), np.delete(X, 3, axis=0))
    assert without != pytest.approx(each.sum() / 4, rel=1e-6)


def test_pairs_farther_than_the_margin_are_left_alone():
    far = losses.contrastive_loss([0], [[0.0]], [[3.0]], margin=2.0)
    assert far == 0 and losses.triplet_loss([[0.0]], [[0.0]], [[1.5]]) == 0
