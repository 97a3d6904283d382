"""What a training step of a tensor tree costs, beside the matrix products it cannot do without.

    python benchmarks/trees.py                  # about two minutes; no data are needed
    python benchmarks/trees.py --data nltcs.npz # and the time to a likelihood, beside torch

One thread each. Steps are timed in turns, by least processor time, so that a busy machine slows all
alike. The data of the first tables are random bits: what they cost does not depend on them.

1. A step (loss, gradient, Adam) in single precision; the products alone, NumPy on BLAS: for each
   node one of its tensor with the messages of all rows, and two on the way back; and those of the
   sum over all bit strings. Once as the step does them, both symbols for each row; once for the
   symbol of each row only, as if rows came sorted for every node at no cost.
2. The first step, compilation included; memory; a chain of 1058 wires.
3. The same likelihood by hand in torch: a matrix product state, rescaled element by element, Adam.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

from platforms import PLATFORM

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
os.environ.setdefault("NPROC", "1")

import jax
import jax.numpy as jnp
import numpy as np
import optax

from qce.models import TensorTree

SIZES = ((69, 16), (69, 32), (100, 32), (180, 16), (180, 32))  # wires, bond
ROWS = 250
SEED = 2021
TIMES = 20
PRODUCTS_AT_MOST = 3.0  # a step, in products as it does them, at 69 wires and bond 32
FIRST_AT_MOST = 15.0  # seconds to the first step at 180 wires


def random_tree(wires: int) -> tuple[int, ...]:
    """Branched about as trees of data are."""
    rng = np.random.default_rng(SEED)
    return (-1, *(int(rng.integers(max(0, i - 6), i)) for i in range(1, wires)))


def least(work: Callable[[], object], times: int = TIMES) -> float:
    """Least processor time, in ms."""
    found = []
    for _ in range(times):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return 1e3 * min(found)


class Training:
    """Adam on rows of bits, compiled as one call a step."""

    def __init__(self, model: TensorTree, rows: np.ndarray, rate: float = 5e-3):
        self.method = optax.chain(optax.clip_by_global_norm(10.0), optax.adam(rate))
        self.params = jnp.asarray(model.initial(SEED), jnp.float32)
        self.memory, self.rows = self.method.init(self.params), rows
        self.step = jax.jit(lambda p, m, r: self._step(model, p, m, r))

    def _step(self, model: TensorTree, params, memory, rows):
        loss, slope = jax.value_and_grad(lambda p: -model.log_prob_of_complete(p, rows).mean())(
            params
        )
        change, memory = self.method.update(slope, memory)
        return optax.apply_updates(params, change), memory, loss

    def __call__(self) -> None:
        """Do a step."""
        found = self.step(self.params, self.memory, self.rows)
        self.params, self.memory, self.loss = jax.block_until_ready(found)


def products(wires: int, bond: int, symbols: int) -> Callable[[], None]:
    """The matrix products of a step alone: of messages, and of the sum over all bit strings."""
    rng = np.random.default_rng(SEED)
    draw = lambda *shape: rng.normal(size=shape).astype(np.float32)  # noqa: E731
    tensors, messages = draw(wires, symbols * bond, bond), draw(wires, bond, ROWS)
    slopes, norms = draw(wires, symbols * bond, ROWS), draw(wires, bond, bond)
    both = draw(wires, 2 * bond, bond)

    def work() -> None:
        for k, v, g, n, b in zip(tensors, messages, slopes, norms, both, strict=True):
            k @ v  # a message
            k.T @ g  # slope of the messages below
            g @ v.T  # slope of the tensor
            left = b @ n  # K N for both symbols
            left.T @ b  # Σ K N K†
            left @ n, left @ n  # slopes of both factors K; the message of their sum is even
            left.T @ b

    return work


def steps() -> bool:
    """Table 1."""
    print(f"\na step of {ROWS} rows in single precision, ms of processor time")
    names = ("wires", "bond", "step", "products", "ratio", "own bit", "ratio")
    print("".join(f"{name:>10}" for name in names))
    held = True
    for wires, bond in SIZES:
        rows = np.random.default_rng(SEED).integers(0, 2, (ROWS, wires)).astype(np.int8)
        train = Training(TensorTree(random_tree(wires), bond), rows)
        train()
        both, own = products(wires, bond, 2), products(wires, bond, 1)
        found = [least(work) for work in (train, both, own)]
        ratio, single = found[0] / found[1], found[0] / found[2]
        shown = (found[0], found[1], ratio, found[2], single)
        print(f"{wires:10}{bond:10}" + "".join(f"{number:10.2f}" for number in shown))
        if (wires, bond) == (69, 32):
            held = ratio <= PRODUCTS_AT_MOST
    return held


def first_steps() -> bool:
    """Table 2: wall time to the end of the first step, compilation included, and memory."""
    print("\nthe first step, compilation included, seconds; memory of the process")
    names = ("wires", "bond", "shape", "clock", "processor", "GiB")
    print("".join(f"{name:>10}" for name in names))
    held = True
    for wires, bond, shape in ((180, 32, "tree"), (180, 16, "chain"), (1058, 16, "chain")):
        parents = random_tree(wires) if shape == "tree" else tuple(range(-1, wires - 1))
        rows = np.random.default_rng(SEED).integers(0, 2, (ROWS, wires)).astype(np.int8)
        start = time.perf_counter(), time.process_time()
        train = Training(TensorTree(parents, bond), rows)
        train()
        clock, spent = time.perf_counter() - start[0], time.process_time() - start[1]
        before = float(train.loss)
        for _ in range(5):
            train()
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(f"{wires:10}{bond:10}{shape:>10}{clock:10.2f}{spent:10.2f}{memory:10.2f}")
        held &= wires != 180 or clock <= FIRST_AT_MOST
        held &= float(train.loss) < before
    return held


class TorchChain:
    """A matrix product state as it is usually trained: element by element, rescaled, Adam."""

    def __init__(self, wires: int, bond: int, rate: float):
        import torch

        torch.set_num_threads(1)
        self.torch, self.bond = torch, bond
        generator = torch.Generator().manual_seed(SEED)
        near = torch.eye(bond).expand(wires, 2, bond, bond) / 2**0.5
        noise = 0.05 * torch.randn(near.shape, generator=generator)
        self.tensors = (near + noise).clone().requires_grad_()
        self.adam = torch.optim.Adam([self.tensors], lr=rate)

    def loss(self, rows):
        """−ln p of each row."""
        torch, total = self.torch, 0.0
        message = torch.ones(len(rows), self.bond)
        norm = torch.ones(self.bond, self.bond)
        for k, bits in zip(self.tensors, rows.T, strict=True):
            both = torch.einsum("ra,xab->xrb", message, k)
            message = torch.where(bits[:, None] == 1, both[1], both[0])
            scale = message.abs().amax(1, keepdim=True).detach()
            message, total = message / scale, total + 2 * scale[:, 0].log()
            norm = torch.einsum("xab,ac,xcd->bd", k, norm, k)
            scale = norm.abs().max().detach()
            norm, total = norm / scale, total - scale.log()
        return -(total + 2 * message[:, 0].abs().log() - norm[0, 0].log())

    def step(self, rows) -> float:
        """Do a step, and return the loss before it."""
        self.adam.zero_grad()
        loss = self.loss(rows).mean()
        loss.backward()
        self.adam.step()
        return float(loss.detach())


def against_torch(path: Path | None) -> None:
    """Table 3: a step of a chain; with data, the time to the same validation likelihood."""
    import torch

    wires, bond = 69, 32
    rows = np.random.default_rng(SEED).integers(0, 2, (ROWS, wires)).astype(np.int8)
    train, peer = Training(TensorTree.chain(wires, bond), rows), TorchChain(wires, bond, 5e-3)
    train()
    given = torch.tensor(rows)
    ours, theirs = least(train), least(lambda: peer.step(given), 5)
    print(
        f"\na step of a chain, {wires} wires, bond {bond}: {ours:.1f} ms here, {theirs:.1f} ms by "
        f"hand in torch, {theirs / ours:.1f} ×"
    )
    if path is not None:
        race(path)


def race(path: Path) -> None:
    """Processor time, compilation included, to what the torch chain reaches in ten epochs."""
    import torch

    from qce import data

    train, valid = (data.load_bits(path, part=part) for part in ("train", "valid"))
    wires = train.shape[1]
    rng = np.random.default_rng(SEED)
    peer, held = TorchChain(wires, 16, 5e-3), torch.tensor(valid)
    start, spent = time.process_time(), 0.0
    for _ in range(10):
        for part in np.array_split(rng.permutation(len(train)), len(train) // ROWS):
            peer.step(torch.tensor(train[part]))
    spent = time.process_time() - start
    with torch.no_grad():
        reached = float(peer.loss(held).mean())
    start = time.process_time()
    model, params = TensorTree.from_chow_liu(train, 16, dtype="float32", noise=1.0)
    ours = Training(model, train[:ROWS])
    ours.params = jnp.asarray(params, jnp.float32)
    value = jax.jit(lambda p: -model.log_prob(p, valid).mean())
    while (found := float(value(ours.params))) > reached:
        for _ in range(20):
            ours.rows = train[rng.integers(0, len(train), ROWS)]
            ours()
    took = time.process_time() - start
    print(
        f"{path.stem}: torch chain {reached:.3f} nats after {spent:.0f} s; tree from Chow-Liu "
        f"{found:.3f} after {took:.1f} s, {spent / took:.1f} ×"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], parents=[PLATFORM])
    parser.add_argument("--data", type=Path, help="a density-estimation set, an npz file")
    options = parser.parse_args()
    # In this order: the memory of a process only grows.
    held = [first_steps(), steps()]
    against_torch(options.data)
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
