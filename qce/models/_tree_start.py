"""Tensors that represent a Chow-Liu tree exactly, with noise that does not change it."""

from __future__ import annotations

import numpy as np

from qce.models.baselines import ChowLiuTree

# Zero weights, whose slope is 0 as well, get amplitudes of this size, so that training can change
# them; ln p moves by n·D·1e-10.
_FAINT = 1e-5
# Size of entries where a conditional is 1. The factor of a tensor is free, and decides Adam's best
# rate: that in `qce.fit` for batches, 0.005, is eight thousandths of this size.
_SIZE = 0.6


def chow_liu_tensors(
    tree: ChowLiuTree,
    bond: int,
    coherence: float,
    purification: int,
    noise: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return K, shape `(n, purification, 2, D, D)`, of the distribution of a tree.

    Value b of a bond stands for bit b mod 2 of its node: K[x]_ab = √p(x | bit of a) u_b where b
    stands for x. Values that stand for the same bit are copies; u makes them weigh together as much
    as one, at this coherence. The message of a node then depends only on the bit of its bond, so
    that at coherence 1 noise which sums to 0 over the copies does not change it, but makes the
    copies different for training. Below 1 that noise is faint, and instead each copy has its own
    random share of the weight.

    Args:
        tree: the distribution.
        bond: D, at least 2.
        coherence: of the bonds.
        purification: number of values of the summed index.
        noise: relative size of what differs between copies; 0 for none.
        rng: of the noise.
    """
    n, stands_for = tree.wires, np.arange(bond) % 2
    copies = stands_for == np.arange(2)[:, None]  # (2, D)
    sqrt = np.sqrt(tree.conditionals)[:, stands_for, :].transpose(0, 2, 1)  # (n, x, a)
    shares = _shares(n, copies, coherence, purification, noise, rng)  # (n, k, x, b)
    shares *= _SIZE / np.sqrt((shares[:, :, copies] ** 2).mean((1, 2)))[:, None, None, None]
    tensors = sqrt[:, None, :, :, None] * shares[:, :, :, None, :]
    size = _SIZE * (noise if coherence == 1 else min(noise, _FAINT))
    wild = rng.normal(size=tensors.shape)
    for copy in copies:
        wild[..., copy] -= wild[..., copy].mean(-1, keepdims=True)
    if coherence < 1:  # where there is weight already, copies differ by their shares
        wild *= ~copies[:, None, :]
    return tensors + size * wild


def _shares(
    n: int,
    copies: np.ndarray,
    coherence: float,
    purification: int,
    noise: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """Amplitudes u_kb of the copies of each bit, shape `(n, purification, 2, D)`.

    Their weight Σ_k [c (Σ_b u_kb)² + (1 − c) Σ_b u_kb²] is 1 for each bit.
    """
    shares = np.ones((n, purification, 2, copies.shape[1]))
    if coherence < 1 or purification > 1:
        shares *= np.exp(0.5 * noise * rng.normal(size=shares.shape))
    shares *= copies
    together = coherence * shares.sum(-1) ** 2 + (1 - coherence) * (shares**2).sum(-1)
    return shares / np.sqrt(together.sum(1))[:, None, :, None]
