"""Rényi divergences of Gaussian states by many digits, with two derivatives along a line."""

from __future__ import annotations

import mpmath as mp
import numpy as np
from fermion_oracles import majoranas

STEP = mp.mpf(10) ** -12  # its square costs 24 of the digits, and is what the quotients leave out
DIGITS = 120  # half of them where an eigenvalue e^−600 is rounded, and its root is asked for


def witness(kind, alpha, line):
    """Value, slope and curvature at t = 0 of D_α, "petz" or "sandwiched"; `line(t)` → A, B."""
    with mp.workdps(DIGITS):
        low, here, high = (divergence(kind, alpha, *line(t)) for t in (-STEP, mp.mpf(0), STEP))
        return [
            float(here),
            float((high - low) / (2 * STEP)),
            float((high - 2 * here + low) / STEP**2),
        ]


def straight(a, da, b, db):
    """The line (a + t da, b + t db) of generators."""

    def line(t):
        return exact(a) + t * exact(da), exact(b) + t * exact(db)

    return line


def turned(a, da, b):
    """A turned by 1 + t da + t² da²/2, orthogonal to second order, beside b."""

    def line(t):
        x = exact(da)
        turn = mp.eye(len(a)) + t * x + t**2 / 2 * x * x
        return turn * exact(a) * turn.T, exact(b)

    return line


def exact(a):
    return mp.matrix(np.asarray(a).tolist())


def divergence(kind, alpha, a, b):
    alpha = mp.mpf(alpha)
    (e, u), (f, v) = (mp.eighe(hamiltonian(x)) for x in (a, b))
    e, f = ([x + log_sum(y) for x in y] for y in (e, f))
    if kind == "petz":
        left, right = function(e, u, alpha), function(f, v, 1 - alpha)
        return mp.log(mp.re(trace(left * right))) / (alpha - 1)
    side = function(f, v, (1 - alpha) / (2 * alpha))
    found = mp.eighe(hermitian(side * function(e, u, 1) * side), eigvals_only=True)
    return mp.log(mp.fsum(abs(m) ** alpha for m in found)) / (alpha - 1)


def hamiltonian(a):
    """(i/4) Σ A_jk γ_j γ_k."""
    gammas = majoranas(a.rows // 2)
    found = mp.matrix(gammas.shape[1], gammas.shape[1])
    for j in range(a.rows):
        for k in range(a.rows):
            product = gammas[j] @ gammas[k]
            for x, y in zip(*map(np.ndarray.tolist, np.nonzero(product)), strict=True):
                found[x, y] += mp.mpc(0, 0.25) * a[j, k] * mp.mpc(complex(product[x, y]))
    return hermitian(found)


def hermitian(x):
    return (x + x.transpose_conj()) / 2


def log_sum(energies):
    return mp.log(mp.fsum(mp.exp(-x) for x in energies))


def function(energies, vectors, power):
    """The power of e^{−H} with these energies."""
    return vectors * mp.diag([mp.exp(-power * x) for x in energies]) * vectors.transpose_conj()


def trace(x):
    return mp.fsum(x[k, k] for k in range(x.rows))
