"""The losses of two and of three states by name, and states to try them on."""

from functools import partial

import numpy as np
import pytest
from libraries import DIFFERENTIATING
from oracles import EPS
from strategies import Spectral, random_unitary

from qce import losses

# Three states of dimension at most 6 whose spectra reach down to `least`: rounding moves them by
# about 8 d ε in operator norm (qce.limits), which moves a loss by that times its slopes.
ROUNDING = 8 * 6 * EPS


def pairs_of(side):
    """The losses of two distributions or states, as functions of them."""
    of_pairs = (
        "balanced_cross_entropy", "focal_cross_entropy", "fidelity_dice_loss",
        "fidelity_jaccard_loss", "fidelity_tversky_loss", "fidelity_focal_tversky_loss",
    )  # fmt: skip
    found = {name: partial(getattr(side, name), reduction="none") for name in of_pairs}
    # β = 1 is flat in data of full rank, and counts ranks; it has tests of its own.
    found["balanced_cross_entropy"] = partial(
        side.balanced_cross_entropy, power=0.5, reduction="none"
    )
    for same in (0.0, 1.0):
        loss = partial(side.contrastive_loss, same, reduction="none")
        found[f"contrastive_loss, {same:g}"] = loss
    return found


CLASSICAL, QUANTUM = pairs_of(losses.classical), pairs_of(losses.quantum)
every_pair = pytest.mark.parametrize("name", QUANTUM)
every_library = pytest.mark.parametrize("library", DIFFERENTIATING, ids=str)

THREE = {
    "weighted": lambda side, a, b, c, stack: side.weighted_cross_entropy((a, b), c, (3.0, 1.0)),
    "triplet": lambda side, a, b, c, stack: side.triplet_loss(a, b, c),
    "InfoNCE": lambda side, a, b, c, stack: side.info_nce_loss(stack(a, b), stack(b, c)),
    "NT-Xent": lambda side, a, b, c, stack: side.nt_xent_loss(stack(a, b), stack(b, c)),
    "supervised": lambda side, a, b, c, stack: side.supervised_contrastive_loss(
        [0, 0, 1], stack(a, b, c)
    ),
}


def hermitian(rng, d):
    x = rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d))
    return (x + x.conj().T) / 2


def random_state(seed, d=3):
    """A state of full rank whose eigenvalues are at least a tenth of 1/d."""
    rng = np.random.default_rng(seed)
    spectrum = 0.9 * rng.dirichlet(np.ones(d)) + 0.1 / d
    return Spectral(spectrum, random_unitary(rng, d)).matrix


RHO, SIGMA, OMEGA = map(random_state, (1, 2, 3))


def central(function, x, direction):
    """The derivative by Richardson's rule: truncation h⁴, rounding ε/h."""
    h = 1e-3
    coarse, fine = (
        (function(x + k * h * direction) - function(x - k * h * direction)) / (2 * k * h)
        for k in (2, 1)
    )
    return (4 * fine - coarse) / 3
