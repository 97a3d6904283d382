"""The measured relative entropy in sixty digits, with a proof that no measurement does better.

Newton's method on the condition that no rotation of the basis raises Σ a log(a/b), with its
Jacobian from differences. `qce` is only asked for a basis to start from. The proof is the dual
bound Tr ρ log ω + log λmax(σ^{−½} Dlog_ω[ρ] σ^{−½}), with mpmath's own eigenvalues.
"""

import mpmath as mp
import oracles
from oracles import exact

from qce.quantum._measurement import best_basis

STEP = mp.mpf(10) ** -30
ENOUGH = mp.mpf(10) ** -45


@exact
def measured(rho, sigma):
    """D_M of exact states, of data in the support of the model."""
    a, b, basis = best(rho, sigma)
    value = mp.fsum(x * mp.log(x / y) for x, y in zip(a, b, strict=True))
    assert bound(rho, sigma, a, b, basis) - value < mp.mpf(10) ** -25
    return value


@exact
def best(rho, sigma):
    """Outcomes of data and model in the best basis of the support of σ, and that basis."""
    support = [k for k, q in enumerate(sigma.spectrum) if q > 0]
    inside = mp.matrix([[sigma.basis[i, k] for k in support] for i in range(sigma.dimension)])
    start = oracles.to_exact(best_basis(rho.array, sigma.array)[:, : len(support)])
    basis, _ = mp.qr(inside.transpose_conj() * start)
    pair = [inside.transpose_conj() * x.matrix() * inside for x in (rho, sigma)]
    pair = turned(basis, *pair)
    pairs = [(i, j) for j in range(len(support)) for i in range(j)]
    for _ in range(20):
        here = torque(*pair, pairs)
        if max(abs(x) for x in here) < ENOUGH:
            return *([mp.re(x[k, k]) for k in range(x.rows)] for x in pair), inside * basis
        jacobian = mp.matrix(len(here), len(here))
        for column in range(len(here)):
            angles = [STEP * (k == column) for k in range(len(here))]
            there = torque(*turned(rotation(angles, pairs), *pair), pairs)
            for row in range(len(here)):
                jacobian[row, column] = (there[row] - here[row]) / STEP
        turn = rotation([-x for x in mp.lu_solve(jacobian, mp.matrix(here))], pairs)
        basis, pair = basis * turn, turned(turn, *pair)
    raise AssertionError("Newton's method has not converged")


def turned(basis, *matrices):
    return [basis.transpose_conj() * x * basis for x in matrices]


def torque(rho, sigma, pairs):
    """How Σ a log(a/b) rises with each angle."""
    omega = [mp.re(rho[k, k]) / mp.re(sigma[k, k]) for k in range(rho.rows)]
    rises = [
        rho[i, j] * mp.log(omega[i] / omega[j]) - (omega[i] - omega[j]) * sigma[i, j]
        for i, j in pairs
    ]
    return [part(x) for part in (mp.re, mp.im) for x in rises]


def rotation(angles, pairs):
    """The orthonormal columns of 1 + L, with L strictly lower triangular.

    The kets with much weight come first, and keep those with little from turning into them: so
    steps that are small beside the least weight are not asked for.
    """
    lower = mp.eye(pairs[-1][1] + 1)
    for k, (i, j) in enumerate(pairs):
        lower[j, i] = mp.mpc(angles[k], angles[k + len(pairs)])
    columns, upper = mp.qr(lower)
    return columns * mp.diag([mp.sign(upper[k, k]) for k in range(upper.rows)])


def bound(rho, sigma, a, b, basis):
    """The dual bound at ω = a/b."""
    omega = [x / y for x, y in zip(a, b, strict=True)]
    data, model = turned(basis, rho.matrix(), sigma.matrix())
    slope = mp.matrix(data.rows, data.cols)
    for i, x in enumerate(omega):
        for j, y in enumerate(omega):
            slope[i, j] = data[i, j] * (1 / x if i == j else mp.log(x / y) / (x - y))
    half = mp.inverse(mp.cholesky((model + model.transpose_conj()) / 2))
    inner = half * slope * half.transpose_conj()
    values = mp.eighe((inner + inner.transpose_conj()) / 2, eigvals_only=True)
    largest = max(mp.re(x) for x in values)
    return mp.fsum(x * mp.log(y) for x, y in zip(a, omega, strict=True)) + mp.log(largest)
