"""Entropies of two mild pairs, one a twin, for tests of what goes in and comes out."""

import jax.numpy as jnp
import numpy as np
import pytest
import torch
from libraries import DIFFERENTIATING
from oracles import state
from pennylane import numpy as pnp

from qce import classical, quantum

EVERY = ["entropy", "cross_entropy", "relative_entropy"]
PAIRS = ["cross_entropy", "relative_entropy"]
every_quantity = pytest.mark.parametrize("name", EVERY)
every_divergence = pytest.mark.parametrize("name", PAIRS)
every_library = pytest.mark.parametrize("library", DIFFERENTIATING, ids=str)

MILD, OTHER = (0.4, 0.3, 0.2, 0.1), (0.15, 0.2, 0.3, 0.35)
RHO, SIGMA = state(MILD, 11), state(OTHER, 12)
TWINS = {
    "classical": (classical, np.array(MILD), np.array([0.15, 0.2, 0.3, 0.35])),
    "quantum": (quantum, RHO.array, SIGMA.array),
}
both_twins = pytest.mark.parametrize("side", TWINS)


def call(side, name, convert, **settings):
    module, data, model = TWINS[side]
    arguments = (data,) if name == "entropy" else (data, model)
    return getattr(module, name)(*map(convert, arguments), **settings)


def batch(*shape, seed):
    """Return a stack of full-rank states in random bases."""
    count = int(np.prod(shape))
    members = [state(tuple(range(1, 4)), seed + k).array for k in range(count)]
    return np.stack(members).reshape(*shape, 3, 3)


def single(convert, real, imaginary):
    return lambda x: convert(np.asarray(x, dtype=imaginary if np.iscomplexobj(x) else real))


SINGLE = {
    "numpy": (single(np.asarray, "f4", "c8"), np.float32),
    "autograd": (single(lambda x: pnp.array(x, requires_grad=True), "f4", "c8"), np.float32),
    "jax": (single(jnp.asarray, "f4", "c8"), jnp.float32),
    "torch": (single(torch.as_tensor, "f4", "c8"), torch.float32),
}
