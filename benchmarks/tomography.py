"""Maximum-likelihood tomography beside plain RρR and conic solvers, in one run.

    python benchmarks/tomography.py                      # 4, 6 and 8 wires; conic solvers at 4
    python benchmarks/tomography.py --wires 5 --conic 5  # one size, conic solvers included

The state is 0.9 W + 0.1 · 1/2^n, measured 100 times in each of the 3^n Pauli bases, seed 1, on one
thread. Each way has the same counts and goes on until its certificate λ_max(R) − 1 is 1e-6, or its
time is over; the certificate of what it returns is taken in the same way for all.

- plain: ρ ← RρR/Tr in NumPy, one `tensordot` a wire;
- Clarabel through CVXPY, and QICS with its relative-entropy cone: matrices of all effects, so that
  they end where memory does (`--conic`). Both are optional: `pip install cvxpy qics`.
"""

import argparse
import os
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np

from qce import quantum
from qce.tomography import Povm, reconstruct, simulate_pauli
from qce.tomography._contraction import hermitian_basis
from qce.tomography.counts import pauli_outcomes
from qce.tomography.likelihood import Likelihood, certificate

SEED, TOLERANCE = 1, 1e-6


def noisy_w(wires):
    ket = np.zeros(2**wires)
    ket[[1 << k for k in range(wires)]] = wires**-0.5
    return 0.9 * np.outer(ket, ket) + 0.1 * np.eye(2**wires) / 2**wires


# --- the ways ------------------------------------------------------------------------------------


def plain(frequencies, wires, seconds):
    """RρR with the effects of one wire, contracted one after the other."""
    effects = Povm.pauli(1).sites[0]
    d, start = 2**wires, time.perf_counter()
    rho = np.eye(d, dtype=complex) / d
    steps = 0
    while time.perf_counter() - start < seconds:
        p = rho.reshape((2,) * (2 * wires))
        for wire in range(wires):
            # Rows of the wire are always the first axis, columns the one after the rows that are
            # left; the outcome goes to the end.
            p = np.tensordot(p, effects, axes=([0, wires - wire], [2, 1]))
        ratio = np.divide(
            frequencies, p.real, out=np.zeros_like(frequencies), where=frequencies > 0
        )
        r = ratio.astype(complex)
        for _ in range(wires):
            r = np.tensordot(r, effects, axes=([0], [0]))
        order = [*range(0, 2 * wires, 2), *range(1, 2 * wires, 2)]
        r = r.transpose(order).reshape(d, d)
        if steps % 10 == 0 and np.linalg.eigvalsh(r)[-1] - 1 <= TOLERANCE:
            break
        rho = r @ rho @ r
        rho /= np.trace(rho).real
        steps += 1
    return rho, steps


def matrices(wires, frequencies):
    """Rows Tr Π_k B_a of the outcomes that were seen, and the basis B."""
    basis = hermitian_basis(2**wires)
    povm, seen = Povm.pauli(wires), frequencies.reshape(-1) > 0
    return np.stack([povm.probabilities(b).reshape(-1)[seen] for b in basis], axis=1), basis


def clarabel(frequencies, wires, seconds):
    import cvxpy as cp

    rows, basis = matrices(wires, frequencies)
    f = frequencies[frequencies > 0]
    d = 2**wires
    x = cp.Variable(d * d)
    real, imaginary = (
        cp.reshape(part.reshape(d * d, -1).T @ x, (d, d), order="C")
        for part in (basis.real, basis.imag)
    )
    positive = cp.bmat([[real, -imaginary], [imaginary, real]]) >> 0
    problem = cp.Problem(cp.Minimize(-f @ cp.log(rows @ x)), [positive, cp.trace(real) == 1])
    problem.solve(solver="CLARABEL", time_limit=seconds)
    return np.einsum("a,aij->ij", x.value, basis), problem.solver_stats.num_iters


def qics(frequencies, wires, seconds):
    import qics
    from qics.vectorize import mat_to_vec

    rows, basis = matrices(wires, frequencies)
    f = frequencies[frequencies > 0][:, None]
    d, m = 2**wires, len(f)
    state = np.hstack([mat_to_vec(np.ascontiguousarray(b)) for b in basis])
    g = np.zeros((1 + 2 * m + 2 * d * d, 1 + d * d))
    g[0, 0] = -1  # t
    g[1 + m : 1 + 2 * m, 1:] = -rows
    g[1 + 2 * m :, 1:] = -state
    h = np.vstack([np.zeros((1, 1)), f, np.zeros((m + 2 * d * d, 1))])
    c = np.eye(1 + d * d, 1)
    trace = np.r_[0.0, np.trace(basis, axis1=1, axis2=2).real][None, :]
    cones = [qics.cones.ClassRelEntr(m), qics.cones.PosSemidefinite(d, iscomplex=True)]
    model = qics.Model(c=c, A=trace, b=np.ones((1, 1)), G=g, h=h, cones=cones)
    info = qics.Solver(model, verbose=0, max_time=seconds).solve()
    x = np.asarray(info["x_opt"]).reshape(-1)[1:]
    return np.einsum("a,aij->ij", x, basis), info["num_iter"]


# --- side by side --------------------------------------------------------------------------------


def made_state(matrix):
    """Closest thing to a state: solvers leave traces and eigenvalues a little off."""
    w, v = np.linalg.eigh((matrix + matrix.conj().T) / 2)
    w = np.maximum(w, 0) / np.maximum(w, 0).sum()
    return (v * w) @ v.conj().T


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wires", type=int, nargs="+", default=[4, 6, 8])
    parser.add_argument("--conic", type=int, default=4, help="most wires for the conic solvers")
    parser.add_argument("--seconds", type=float, default=120, help="time of each way")
    options = parser.parse_args()
    for wires in options.wires:
        compare(wires, options)


def compare(wires, options):
    state = noisy_w(wires)
    counts = simulate_pauli(state, shots=100, seed=SEED)
    numbers, povm = pauli_outcomes(counts)
    frequencies = numbers / numbers.sum()
    loss = Likelihood(povm, frequencies, 0.0, 0.0)

    def ours(method):
        found = reconstruct(counts, optimizer=method, tolerance=TOLERANCE)
        return found.state, found.steps

    ways = {
        "qce accelerated": lambda: ours("accelerated"),
        "plain RρR": lambda: plain(frequencies, wires, options.seconds),
    }
    if wires <= 6:
        ways["qce diluted RρR"] = lambda: ours("diluted")
    if wires <= options.conic:
        ways["Clarabel (CVXPY)"] = lambda: clarabel(frequencies, wires, options.seconds)
        ways["QICS"] = lambda: qics(frequencies, wires, options.seconds)
    first = None
    for name, way in ways.items():
        start = time.perf_counter()
        try:
            rho, steps = way()
        except ImportError as missing:
            print(f"n = {wires}  {name:<18} left out: {missing}", flush=True)
            continue
        seconds = time.perf_counter() - start
        first = first or seconds
        rho = made_state(rho)
        point = loss.at(rho)
        gap = certificate(rho, loss.ascent(point))
        print(
            f"n = {wires}  {name:<18}{seconds:9.3g} s  x{seconds / first:<8.3g}"
            f"{steps:6d} steps  certificate {gap:.1e}"
            f"  distance {quantum.trace_distance(rho, state):.4f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
