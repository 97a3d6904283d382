"""Which way to the same likelihood of a chain is the shortest.

    python benchmarks/optimizers.py nltcs.npz    # some minutes; a set as `data.load_bits` reads it

One thread, single precision where nothing is solved. Of each way the processor time, compilation
included, until the likelihood of rows set apart is within `NEAR` of the best that Adam reaches:

- Adam on batches of rows, as `qce.fit` trains;
- L-BFGS on all rows at once (SciPy's);
- natural gradient: Fisher information of the rows of a batch, solved with damping;
- sweeps over pairs of neighbouring sites, gradient steps on the joined tensor and a singular value
  decomposition back to the bond, as for the ground states of chains (Z.-Y. Han et al., Phys. Rev. X
  8, 031012 (2018)).
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
os.environ.setdefault("NPROC", "1")

import jax
import jax.numpy as jnp
import numpy as np
import scipy.optimize
from trees import Training

from qce import data
from qce.models import MatrixProduct

BONDS = (4,)
SEEDS = (0, 1, 2)
EPOCHS = 40
NEAR = 0.01  # nats
SECONDS = 15.0  # at most for each way, of processor time

Curve = list[tuple[float, float]]  # processor time, negative log-likelihood of the rows set apart


def followed(states: Iterator[object], score: Callable[[object], float]) -> Curve:
    """Time and score of each state; the time of scoring is left out."""
    found: Curve = []
    spent, start = 0.0, time.process_time()
    for state in states:
        spent += time.process_time() - start
        found.append((spent, score(state)))
        if spent > SECONDS:
            break
        start = time.process_time()
    return found


def adam(model: MatrixProduct, rows: np.ndarray, seed: int) -> Iterator[object]:
    """After each epoch."""
    rng = np.random.default_rng(seed)
    training = Training(model, rows[:250])
    training.params = jnp.asarray(model.initial(seed), jnp.float32)
    for _ in range(EPOCHS):
        order = rng.permutation(len(rows))
        for k in range(len(rows) // 250):
            training.rows = rows[order[250 * k : 250 * (k + 1)]]
            training()
        yield training.params


def lbfgs(model: MatrixProduct, rows: np.ndarray, seed: int) -> Iterator[object]:
    """After each ten iterations, the same rows once with their weights."""
    kinds, counts = np.unique(rows, axis=0, return_counts=True)
    weights = jnp.asarray(counts / counts.sum())
    loss = jax.jit(jax.value_and_grad(lambda p: -weights @ model.log_prob_of_complete(p, kinds)))

    def both(p: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = loss(p)
        return float(value), np.asarray(slope, float)

    params = model.initial(seed)
    for _ in range(40):
        settings = {"maxiter": 25, "maxcor": 20}
        found = scipy.optimize.minimize(both, params, jac=True, method="L-BFGS-B", options=settings)
        params = found.x
        yield params
        if found.nit < 25:
            return


def natural(model: MatrixProduct, rows: np.ndarray, seed: int) -> Iterator[object]:
    """After each tenth of an epoch; damped, because parameters that change nothing are many."""
    rng = np.random.default_rng(seed)
    size = 1000

    @jax.jit
    def step(params, part, damping, rate):
        slopes = jax.vmap(jax.grad(lambda p, r: model.log_prob_of_complete(p, r)), (None, 0))(
            params, part
        )
        fisher = slopes.T @ slopes / size + damping * jnp.eye(params.size)
        change = jnp.linalg.solve(fisher, slopes.mean(0))
        return params + rate * change / jnp.maximum(1.0, jnp.linalg.norm(change))

    params = jnp.asarray(model.initial(seed))
    for k in range(50 * EPOCHS):
        part = rows[rng.choice(len(rows), size, replace=False)]
        params = step(params, part, max(3e-3, 0.3 * 0.99**k), 0.5 / (1 + k / 200))
        yield params


class Sweeps:
    """A chain in mixed canonical form, and what all rows make of the sites left and right."""

    def __init__(self, bits: np.ndarray, bond: int, seed: int):
        kinds, counts = np.unique(bits, axis=0, return_counts=True)
        self.bits, self.weights, self.bond = kinds, counts / counts.sum(), bond
        rng = np.random.default_rng(seed)
        self.wires = bits.shape[1]
        ends = [1, *(min(2 ** min(k, self.wires - k), bond) for k in range(1, self.wires)), 1]
        self.sites = [rng.normal(size=(a, 2, b)) for a, b in zip(ends, ends[1:], strict=False)]
        for k in range(self.wires - 1, 0, -1):  # all but the first: orthonormal rows
            a, _, b = self.sites[k].shape
            q, r = np.linalg.qr(self.sites[k].reshape(a, -1).T)
            self.sites[k] = q.T.reshape(-1, 2, b)
            self.sites[k - 1] = np.tensordot(self.sites[k - 1], r.T, 1)

    def messages(self, k: int, left: bool) -> np.ndarray:
        """Products of the sites of each row on one side of site k, scaled row by row."""
        found = np.ones((len(self.bits), 1))
        for j in range(k) if left else range(self.wires - 1, k, -1):
            chosen = self.sites[j][:, self.bits[:, j], :]
            found = np.einsum("na,anb->nb" if left else "nb,anb->na", found, chosen)
            found /= np.linalg.norm(found, axis=1, keepdims=True)
        return found

    def sweep(self, rate: float, steps: int) -> None:
        """From left to right and back."""
        pairs = [*range(self.wires - 1), *range(self.wires - 2, -1, -1)]
        rights = {k: self.messages(k, False) for k in range(1, self.wires)}
        lefts = {0: self.messages(0, True)}
        for turn, k in enumerate(pairs):
            forward = turn < self.wires - 1
            joined = np.tensordot(self.sites[k], self.sites[k + 1], 1)
            joined = self.improved(joined, k, lefts[k], rights[k + 1], rate, steps)
            a, _, _, b = joined.shape
            u, s, v = np.linalg.svd(joined.reshape(2 * a, 2 * b), full_matrices=False)
            kept = min(self.bond, int(np.sum(s > 1e-12 * s[0])))
            u, s, v = u[:, :kept], s[:kept] / np.linalg.norm(s[:kept]), v[:kept]
            u, v = (u, s[:, None] * v) if forward else (u * s, v)
            self.sites[k], self.sites[k + 1] = u.reshape(a, 2, -1), v.reshape(-1, 2, b)
            if forward:
                lefts[k + 1] = self.onward(lefts[k], k, "na,anb->nb")
            else:
                rights[k] = self.onward(rights[k + 1], k + 1, "nb,anb->na")

    def onward(self, message: np.ndarray, k: int, how: str) -> np.ndarray:
        """One site more."""
        found = np.einsum(how, message, self.sites[k][:, self.bits[:, k], :])
        return found / np.linalg.norm(found, axis=1, keepdims=True)

    def improved(self, joined, k, left, right, rate, steps):
        """Gradient steps of the negative log-likelihood; the norm is that of the joined tensor."""
        for _ in range(steps):
            slope = 2 * joined / np.sum(joined**2)
            for one in (0, 1):
                for two in (0, 1):
                    rows = (self.bits[:, k] == one) & (self.bits[:, k + 1] == two)
                    a, b = left[rows], right[rows]
                    psi = np.einsum("na,ab,nb->n", a, joined[:, one, two, :], b)
                    psi = np.where(psi == 0, 1e-30, psi)
                    pull = (self.weights[rows] / psi)[:, None] * a
                    slope[:, one, two, :] -= 2 * pull.T @ b
            size = np.linalg.norm(slope)
            joined = joined - rate * slope / max(1.0, size)
            joined = joined / np.linalg.norm(joined)
        return joined

    def score(self, bits: np.ndarray) -> float:
        """Negative log-likelihood, the chain being normalised."""
        message, log = np.ones((len(bits), 1)), np.zeros(len(bits))
        for k, site in enumerate(self.sites):
            message = np.einsum("na,anb->nb", message, site[:, bits[:, k], :])
            scale = np.abs(message).max(axis=1, keepdims=True)
            log, message = log + np.log(scale[:, 0]), message / scale
        return float(-2 * (log + np.log(np.abs(message[:, 0]))).mean())


def sweeps(rows: np.ndarray, bond: int, seed: int) -> Iterator[Sweeps]:
    """After each sweep; the step falls."""
    chain = Sweeps(rows, bond, seed)
    for k in range(200):
        chain.sweep(0.2 * 0.985**k, 2)
        yield chain


def reached(curve: Curve, goal: float) -> float:
    """Processor time to a score, infinite where it was never seen."""
    return next((spent for spent, score in curve if score <= goal), float("inf"))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", type=Path, help="a set of bits in three parts")
    jax.config.update("jax_enable_x64", True)
    train, held, _ = data.load_bits(parser.parse_args().path)
    print("negative log-likelihood of rows set apart, nats; processor time to it, s")
    print(f"{'bond':>5} {'seed':>5} {'way':>10} {'best':>8} {'time':>8} {'to goal':>8}")
    for bond in BONDS:
        model = MatrixProduct(train.shape[1], bond)
        log_prob = jax.jit(lambda p, model=model: model.log_prob_of_complete(p, held).mean())
        score = lambda p, f=log_prob: -float(f(jnp.asarray(p, float)))  # noqa: E731
        for seed in SEEDS:
            curves = {
                "Adam": followed(adam(model, train, seed), score),
                "L-BFGS": followed(lbfgs(model, train, seed), score),
                "natural": followed(natural(model, train, seed), score),
                "sweeps": followed(sweeps(train, bond, seed), lambda c: c.score(held)),
            }
            goal = min(score for _, score in curves["Adam"]) + NEAR
            for way, curve in curves.items():
                spent, best = min(curve, key=lambda found: found[1])
                to_goal = reached(curve, goal)
                print(f"{bond:5} {seed:5} {way:>10} {best:8.4f} {spent:8.1f} {to_goal:8.1f}")


if __name__ == "__main__":
    main()
