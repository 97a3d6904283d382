"""Second derivatives where batch axes broadcast are sums of those of single pairs."""

import itertools
from functools import partial

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
import torch
from oracles import EPS

from qce import classical, quantum

SHAPES = [((2,), ()), ((), (2,)), ((2, 1), (3,)), ((1, 3), (2, 1))]
CLASSICAL = {
    "relative_entropy": classical.relative_entropy,
    "relative_entropy_variance": classical.relative_entropy_variance,
    "renyi_divergence, 0.7": partial(classical.renyi_divergence, alpha=0.7),
    "renyi_divergence, 2": partial(classical.renyi_divergence, alpha=2),
    "fidelity": classical.fidelity,
    "bures_distance": classical.bures_distance,
    "jensen_shannon_divergence": classical.jensen_shannon_divergence,
    "max_relative_entropy": classical.max_relative_entropy,
    "min_relative_entropy": classical.min_relative_entropy,
}
QUANTUM = {
    "relative_entropy": quantum.relative_entropy,
    "fidelity": quantum.fidelity,
    "sandwiched_renyi_divergence, 2": partial(quantum.sandwiched_renyi_divergence, alpha=2),
}
DIMENSION = 3


def autograd_hessian(function, *directions):
    def along(t, *pair):
        return anp.sum(function(*(x + t[k] * directions[k] for k, x in enumerate(pair))))

    return lambda *pair: autograd.hessian(lambda t: along(t, *pair))(np.zeros(2))


def torch_hessian(function, *directions):
    steps = [torch.as_tensor(direction) for direction in directions]

    def along(t, *pair):
        moved = (torch.as_tensor(x) + t[k] * steps[k] for k, x in enumerate(pair))
        return function(*moved).sum()

    zero = torch.zeros(2, dtype=torch.float64)
    hessian = torch.autograd.functional.hessian
    return lambda *pair: hessian(lambda t: along(t, *pair), zero).numpy()


def laws(rng, shape):
    """Probabilities of at least a tenth, which keeps the conditioning mild."""
    return 0.7 * rng.dirichlet(np.ones(DIMENSION), size=shape) + 0.1


def states(rng, shape):
    z = rng.normal(size=(*shape, DIMENSION, DIMENSION, 2)) @ [1, 1j]
    rho = z @ np.conj(np.swapaxes(z, -1, -2))
    trace = np.trace(rho, axis1=-2, axis2=-1)[..., None, None]
    return 0.7 * rho / trace + 0.1 * np.eye(DIMENSION)


def pairs(x, y, axes):
    """All single pairs of two batches that broadcast."""
    batch = np.broadcast_shapes(x.shape[:-axes], y.shape[:-axes])
    x, y = (np.array(np.broadcast_to(z, (*batch, *z.shape[-axes:]))) for z in (x, y))
    return [(x[k], y[k]) for k in itertools.product(*map(range, batch))]


def check(hessian, draw, difference, axes, shapes):
    rng = np.random.default_rng(17)
    x, y = (draw(rng, shape) for shape in shapes)
    a, b = (difference(rng) for _ in range(2))
    each = [hessian(a, b)(*pair) for pair in pairs(x, y, axes)]
    # Sums of at most six terms; second derivatives amplify rounding by 1/0.1² and d² entries.
    tolerance = 1e3 * DIMENSION**2 * EPS * (1 + np.abs(each).sum(axis=0).max())
    assert np.abs(hessian(a, b)(x, y) - np.sum(each, axis=0)).max() <= tolerance


def step(rng):
    law = laws(rng, ())
    return law - laws(rng, ())


def turn(rng):
    return states(rng, ()) - states(rng, ())


@pytest.mark.parametrize("shapes", SHAPES, ids=str)
@pytest.mark.parametrize("library", [autograd_hessian, torch_hessian])
@pytest.mark.parametrize("name", CLASSICAL)
def test_of_probabilities(name, library, shapes):
    check(partial(library, CLASSICAL[name]), laws, step, 1, shapes)


@pytest.mark.parametrize("shapes", SHAPES[-1:], ids=str)
@pytest.mark.parametrize("library", [autograd_hessian, torch_hessian])
@pytest.mark.parametrize("name", QUANTUM)
def test_of_states(name, library, shapes):
    check(partial(library, QUANTUM[name]), states, turn, 2, shapes)
