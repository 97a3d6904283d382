"""A thousand couplings: random Ising chains learned from second moments, exact and measured ones.

The thermal state of an open chain in a transverse field is one of free fermions, and its 2n − 1
couplings and fields are determined by as many moments. (a) From N outcomes of each moment: the
error of a coupling, beside the one of first order, M⁻¹ times the error of the moments with the
Kubo-Mori metric M, whose mean square is what Fisher information predicts. Each draw has couplings
and outcomes of its own. (b) From exact moments: the relative entropy left, step by step, from zero
couplings.
"""

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse.linalg import LinearOperator, cg

from qce import quantum
from qce.boltzmann import FermionMachine, Moments, coupling_errors, learn
from qce.boltzmann.fermions import FermionPoint
from qce.reproduce import drawn_by
from qce.reproduce.statistics import scatter
from qce.runs import Outcome, Record, setting


@dataclass(frozen=True)
class Spec:
    """All that decides the run."""

    seed: int = setting(0, "of couplings and outcomes", least=0)
    sites: tuple[int, ...] = setting((50, 100, 200, 500, 1000), "of the chains", least=2)
    shots: int = setting(100_000, "outcomes of each moment", least=10)
    draws: int = setting(20, "of couplings and outcomes, for each number of sites", least=2)
    summed: int = setting(1000, "most sites where the prediction is summed as well", least=0)


def run(spec: Spec, *, record: Record) -> Outcome:
    """Learn chains of every length from exact moments, and from measured ones."""
    report: dict[str, dict[str, Any]] = {}
    history: dict[str, np.ndarray] = {"sites": np.array(spec.sites)}
    for n in spec.sites:
        if record.progress:
            print(f"couplings: {n} sites", file=sys.stderr)
        machine = FermionMachine.ising(n)
        rows, curve = exact(machine, drawn(machine, spec.seed, 0))
        found = np.array([measured(machine, spec, draw) for draw in range(spec.draws)])
        errors = dict(zip(("found", "first order"), found.T, strict=True))
        for name, values in errors.items():
            rows |= scatter(f"error of a coupling, {name}", values)
        rows |= scatter("found over first order", found[:, 0] / found[:, 1])
        if n <= spec.summed:
            sums = np.array([summed(machine, spec, draw) for draw in range(spec.draws)])
            rows |= scatter("squares, found over predicted", (found[:, 0] / sums) ** 2)
        report[f"Chain of {n} sites, {machine.size} couplings"] = rows
        history |= {f"{n}/{name}": values for name, values in errors.items()}
        history[f"{n}/left"] = curve
    shots = spec.draws * spec.shots * sum(2 * n - 1 for n in spec.sites)
    return Outcome(report, {}, history, "NumPy (64 bit)", shots=shots)


def drawn(machine: FermionMachine, seed: int, draw: int) -> np.ndarray:
    """Fields, then bonds, of a chain at temperature 1: uniform from 1/2 to 3/2."""
    rng = np.random.default_rng([seed, machine.wires, draw, 0])
    return -rng.uniform(0.5, 1.5, machine.size)


def exact(machine: FermionMachine, truth: np.ndarray) -> tuple[dict[str, Any], np.ndarray]:
    """Learn from exact moments: what is left of the relative entropy at each step."""
    state = machine.state(truth)
    entropy = float(quantum.entropy(state))
    result = learn(machine, state, optimizer="lbfgs")
    rows = {
        "exact moments: largest error of a coupling": float(np.abs(result.params - truth).max()),
        "exact moments: steps": result.steps,
        "entropy": entropy,
    }
    return rows, result.history["loss"] - entropy


def measured(machine: FermionMachine, spec: Spec, draw: int) -> tuple[float, float]:
    """Root mean square error of the couplings that N outcomes a moment give; and to first order.

    The loss is convex: where its minimum is does not depend on where the search for it begins.
    """
    truth = drawn(machine, spec.seed, draw)
    point = FermionPoint(machine, truth)
    rng = np.random.default_rng([spec.seed, machine.wires, draw, 1])
    ups = rng.binomial(spec.shots, (1 + point.moments) / 2)
    seen = 2 * ups / spec.shots - 1
    metric = LinearOperator((machine.size,) * 2, matvec=point.curvature, dtype=float)
    first, failed = cg(metric, point.moments - seen, rtol=1e-4)
    if failed:
        raise RuntimeError("conjugate gradients did not converge")
    found = learn(machine, Moments(seen), truth + first, optimizer="lbfgs", tolerance=1e-6)
    return rms(found.params - truth), rms(first)


def summed(machine: FermionMachine, spec: Spec, draw: int) -> float:
    """The root of the mean of what Fisher information predicts for the squares of the errors."""
    truth = drawn(machine, spec.seed, draw)
    variances = (1 - FermionPoint(machine, truth).moments ** 2) / spec.shots
    return rms(coupling_errors(machine, truth, variances))


def rms(errors: np.ndarray) -> float:
    """Return the root of the mean square."""
    return float(np.sqrt(np.mean(errors**2)))


draw = drawn_by("couplings")
