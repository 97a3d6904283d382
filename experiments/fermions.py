"""Free fermions at scale: couplings of a random chain against shots, and the critical chain.

Every coupling and field of a random Ising chain is learned from second moments, exact ones and
measured ones; errors fall as one over the root of the shots, as the Kubo-Mori metric says. Block
entropies of the critical chain rise with c/6 of the logarithm of the chord, c = 1/2.
"""

import math
from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

from qce import boltzmann, plots
from qce.runs import Outcome, setting
from qce.states import GaussianFermions, QuadraticHamiltonian


@dataclass(frozen=True)
class Spec:
    """All that decides the run."""

    sites: int = setting(100, "sites of the random chain", least=2)
    shots: tuple[int, ...] = setting((1000, 10_000, 100_000), "shots a coupling", least=1)
    critical: int = setting(400, "sites of the critical chain", least=20)
    blocks: int = setting(17, "blocks of it", least=3)
    seed: int = setting(1, "of couplings and outcomes", least=0)


def run(spec: Spec) -> Outcome:
    """Learn the chain from exact and from measured moments; cut the critical one."""
    chain = QuadraticHamiltonian.random_bonds(spec.sites, seed=spec.seed)
    machine = boltzmann.FermionMachine.ising(spec.sites)
    moments = machine.moments(GaussianFermions.thermal(chain))
    exact = boltzmann.learn(machine, boltzmann.Moments(moments), optimizer="lbfgs")
    missed = np.abs(machine.generator(exact.params) - chain.matrix).max() / 2
    found, expected = measured(spec, machine, moments, exact.params)
    sizes, entropies = cut(spec.critical, spec.blocks)
    slope = np.polyfit(chord(sizes, spec.critical), entropies, 1)[0]
    report = {
        "Random chain": {"couplings": machine.size, "largest error, exact moments": float(missed)},
        "Root mean square error of a coupling": dict(zip(names(spec), found, strict=True)),
        "The same, by the Kubo-Mori metric": dict(zip(names(spec), expected, strict=True)),
        "Critical chain": {"central charge": float(6 * slope)},
    }
    history = {
        "shots": np.array(spec.shots),
        "error": np.array(found),
        "expected": np.array(expected),
        "chord": chord(sizes, spec.critical),
        "entropy": entropies,
    }
    return Outcome(report, history=history, parameters={"couplings": exact.params})


def names(spec: Spec) -> list[str]:
    """Of the rows of the report."""
    return [f"{shots} shots" for shots in spec.shots]


def measured(
    spec: Spec, machine: boltzmann.FermionMachine, moments: np.ndarray, exact: np.ndarray
) -> tuple[list[float], list[float]]:
    """Errors of couplings learned from shots: as they are, and as they should be."""
    rng = np.random.default_rng(spec.seed)
    found, expected = [], []
    one = boltzmann.coupling_errors(machine, exact, 1 - moments**2)
    for shots in spec.shots:
        seen = 2 * rng.binomial(shots, (1 + moments) / 2) / shots - 1
        params = boltzmann.learn(
            machine, boltzmann.Moments(seen), exact, optimizer="lbfgs", tolerance=1e-7
        ).params
        found.append(float(np.sqrt(np.mean((params - exact) ** 2))))
        expected.append(float(np.sqrt(np.mean(one**2) / shots)))
    return found, expected


def cut(sites: int, blocks: int) -> tuple[np.ndarray, np.ndarray]:
    """Sizes of blocks at one end of the critical chain, and their entropies."""
    chain = QuadraticHamiltonian.ising(np.ones(sites - 1), np.ones(sites))
    sizes = np.linspace(sites // 10, sites - sites // 10, blocks).astype(int)
    return sizes, GaussianFermions.thermal(chain, math.inf).block_entropies(sizes)


def chord(sizes: np.ndarray, sites: int) -> np.ndarray:
    """Logarithm of the chord of a block at the end of an open chain."""
    return np.log(2 * sites / np.pi * np.sin(np.pi * sizes / sites))


def draw(outcome: Outcome) -> Any:
    """Draw errors against shots, and entropies against the chord."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(2 * plots.COLUMN, 0.8 * plots.COLUMN))
    history = outcome.history
    left.loglog(history["shots"], history["error"], "o", color=plots.BLUE, label="found")
    left.loglog(history["shots"], history["expected"], "-", color=plots.ORANGE, label="Kubo-Mori")
    left.set(xlabel="shots a coupling", ylabel="error of a coupling")
    left.legend()
    right.plot(history["chord"], history["entropy"], "o", color=plots.BLUE, markersize=3)
    fit = np.polyfit(history["chord"], history["entropy"], 1)
    line = np.sort(history["chord"])
    label = f"c = {6 * fit[0]:.3f}"
    right.plot(line, np.polyval(fit, line), color=plots.ORANGE, label=label)
    right.set(xlabel="logarithm of the chord", ylabel="block entropy (nats)")
    right.legend()
    return figure
