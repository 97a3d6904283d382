"""The accuracy of states from measured copies: Fisher information and the Kubo-Mori metric.

Close to the truth the relative entropy is ½ δᵀGδ with the Kubo-Mori metric G. The likeliest state
of N copies, measured with the Fisher information F each, has the mean ½ Tr G/F /N. Here are G, F of
measurements in bases, the shares of bases for which this is least, and bounds on it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from scipy.linalg import block_diag, solve


def coordinates(matrices: np.ndarray) -> np.ndarray:
    """Orthonormal coordinates of Hermitian matrices without trace, `(..., d, d)` → `(..., d² − 1)`.

    First √2 times real and imaginary parts of the coherences, then those of the diagonal.
    """
    d = matrices.shape[-1]
    above = matrices[(..., *np.triu_indices(d, 1))] * 2**0.5
    levels = np.diagonal(matrices, axis1=-2, axis2=-1).real @ steps(d).T
    return np.concatenate([above.real, above.imag, levels], axis=-1)


@cache
def steps(d: int) -> np.ndarray:
    """Orthonormal directions of d numbers with a fixed sum, `(d − 1, d)`."""
    found = np.zeros((d - 1, d))
    for k in range(1, d):
        found[k - 1, : k + 1] = np.append(np.ones(k), -k) / np.sqrt(k * (k + 1))
    return found


def slope(r: np.ndarray) -> np.ndarray:
    """Return artanh(r)/r."""
    small = np.abs(r) < 1e-8
    return np.where(small, 1.0, np.arctanh(r) / np.where(small, 1.0, r))


def metric(p: np.ndarray) -> np.ndarray:
    """Kubo-Mori metric in the eigenbasis, of eigenvalues p: D(ρ‖ρ + δ) = ½ δᵀGδ + O(δ³)."""
    i, j = np.triu_indices(len(p), 1)
    across = 2 / (p[i] + p[j]) * slope((p[i] - p[j]) / (p[i] + p[j]))
    return block_diag(np.diag(np.tile(across, 2)), steps(len(p)) / p @ steps(len(p)).T)


def scores(kets: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Derivatives of √p of outcomes, kets `(k, d)` in the eigenbasis: Fisher information is RᵀR."""
    probabilities = (kets.real**2 + kets.imag**2) @ p
    projectors = kets[:, :, None] * kets[:, None].conj()
    return coordinates(projectors) / np.sqrt(probabilities)[:, None]


def equal(kets: np.ndarray, rho: np.ndarray) -> float:
    """N·D of the likelihood of many copies, as many in each of these bases `(B, d, d)`."""
    p, u = np.linalg.eigh(rho)
    parts = np.array_split(kets.reshape(-1, len(p)) @ u.conj(), 1 + len(kets) * len(p) // 1024)
    fisher = sum(rows.T @ rows for rows in (scores(part, p) for part in parts)) / len(kets)
    return float(np.trace(solve(fisher, metric(p), assume_a="pos")) / 2)


def searched(kets: np.ndarray, rho: np.ndarray) -> tuple[np.ndarray, float]:
    """Shares of bases `(B, d, d)` for which the N·D of many copies is least; and what it is."""
    p, u = np.linalg.eigh(rho)
    g, rows = metric(p), scores(kets.reshape(-1, len(p)) @ u.conj(), p)

    def told(w: np.ndarray) -> np.ndarray:
        inverse = inverse_of(rows * np.sqrt(np.repeat(w, len(p)))[:, None])
        each = np.einsum("ri,ri->r", rows @ (inverse @ g @ inverse), rows)
        return each.reshape(-1, len(p)).sum(axis=1)

    return best_shares(told, np.full(len(kets), 1.0))


def inverse_of(rows: np.ndarray) -> np.ndarray:
    """(RᵀR)⁻¹."""
    return np.linalg.inv(rows.T @ rows)


def best_shares(
    told: Callable[[np.ndarray], np.ndarray], alike: np.ndarray
) -> tuple[np.ndarray, float]:
    """Return shares with the least ½ Tr G/F, to a relative error of 1e-4, and that value.

    The search is multiplicative. At the best shares Tr F⁻¹GF⁻¹F_b is the same for all bases that
    are used, and less for others. Tr G/F is convex in the shares: the largest of these numbers over
    their mean bounds the distance from the least value.

    Args:
        told: Tr F⁻¹GF⁻¹F_b of each basis b from shares.
        alike: how many bases each of them stands for.
    """
    w = np.full(len(alike), 1 / alike.sum())
    for _ in range(1000):
        slopes = told(w)
        value = (alike * w) @ slopes
        if slopes.max() <= (1 + 1e-4) * value:
            return w, float(value / 2)
        w = w * np.sqrt(slopes)
        w /= alike @ w
    raise RuntimeError("the search for shares did not converge")


def pair_shares(p: np.ndarray) -> tuple[np.ndarray, float]:
    """The best shares of pairs in the eigenbasis of eigenvalues p, and N·D, as `searched` has them.

    Only one basis has information on each of the two parts of a coherence, 2/(p + q). So matrices
    are needed for eigenvalues only, and the two bases of a pairing have equal shares.
    """
    d, g, blocks = len(p), np.zeros(len(p)), [steps(len(p)) / p @ steps(len(p)).T]
    for m in range(1, d):
        x = np.array([k for k in range(d) if k < k ^ m])
        q = p[x] + p[x ^ m]
        g[m] = slope((p[x] - p[x ^ m]) / q).sum()
        sums = steps(d)[:, x] + steps(d)[:, x ^ m]
        blocks.append(sums / q @ sums.T)
    fisher, alike = np.stack(blocks), np.where(np.arange(d) > 0, 2.0, 1.0)

    def told(w: np.ndarray) -> np.ndarray:
        inverse = np.linalg.inv(np.tensordot(alike * w, fisher, axes=1))
        return np.tensordot(fisher, inverse @ fisher[0] @ inverse, axes=2) + g / w**2

    w, left = best_shares(told, alike)
    return np.append(w[0], np.repeat(w[1:], 2)), left


def unbiased_shares(p: np.ndarray) -> tuple[np.ndarray, float]:
    """The best shares of unbiased bases in the eigenbasis of eigenvalues p, and N·D.

    All but the eigenbasis, which is the last, have equal shares: their outcomes have probability
    1/d, and together the information d on every coherence and none on eigenvalues.
    """
    d = len(p)
    across = np.trace(metric(p)[: d * (d - 1), : d * (d - 1)])
    roots = np.sqrt([d - 1, across])
    own, other = roots / roots.sum()
    return np.append(np.full(d, other / d), own), float(roots.sum() ** 2 / 2)


def quotients(p: np.ndarray) -> np.ndarray:
    """artanh(r)/r, r = (p − q)/(p + q), for all pairs of eigenvalues p and q."""
    i, j = np.triu_indices(len(p), 1)
    return slope((p[i] - p[j]) / (p[i] + p[j]))


def gill_massar(rho: np.ndarray) -> float:
    """Bound on the N·D of measurements of single copies, ½ (Tr √(J^-½ G J^-½))²/(d − 1).

    J is the information of symmetric logarithmic derivatives. In the eigenbasis both are diagonal,
    with the quotient artanh(r)/r for the two parts of the coherence of two eigenvalues, and 1 for
    the eigenvalues themselves.

    Source: R. D. Gill and S. Massar, Phys. Rev. A 61, 042312 (2000).
    """
    p = np.linalg.eigvalsh(rho)
    return float(0.5 * (len(p) - 1 + 2 * np.sqrt(quotients(p)).sum()) ** 2 / (len(p) - 1))


def holevo(rho: np.ndarray) -> float:
    """Bound on the N·D of measurements of all copies together, ½ (Tr GV + Tr |√G W √G|).

    V + iW is Tr ρBB′ less the means, for the directions B of the coordinates: the model holds all
    states, so that Holevo's bound needs no optimisation. For the two parts of the coherence of
    eigenvalues p > q, V is (p + q)/2 and W off the diagonal ±(p − q)/2: they add
    p ln(p/q)/(p − q) = (1 + r) artanh(r)/r.

    Source: Y. Yang, G. Chiribella and M. Hayashi, Commun. Math. Phys. 368, 223 (2019), who show
    that it is reached in the limit of many copies if no two eigenvalues are equal.
    """
    p = np.linalg.eigvalsh(rho)
    i, j = np.triu_indices(len(p), 1)
    r = np.abs(p[i] - p[j]) / (p[i] + p[j])
    return float((len(p) - 1) / 2 + ((1 + r) * quotients(p)).sum())
