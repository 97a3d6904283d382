"""
Many seeds in a sweep
=====================

One experiment, twelve seeds: a folder for each run, and a figure made from the stored runs.

An experiment is a file with a frozen dataclass `Spec` and a function `run`. A sweep does the
missing runs; started a second time it does nothing. On a cluster the same call uses SLURM or Dask.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt

from qce import plots, runs

EXPERIMENT = '''
from dataclasses import dataclass
import qce
from qce import circuits, data, objectives
from qce.runs import Outcome, setting


@dataclass(frozen=True)
class Spec:
    """All that decides the run."""

    seed: int = setting(0, "of the start", least=0)


def run(spec):
    """Learn bars and stripes of 2 x 2 pixels."""
    machine = qce.BornMachine(circuits.rotations_xx(4, 2, "all"))
    objective = objectives.measured_likelihood(machine, data.bars_and_stripes(2, 2))
    result = qce.fit(objective, seed=spec.seed, steps=150, learning_rate=0.1, progress=False)
    return Outcome({"Bars and stripes": {"gap": result.gap}}, history=result.history)
'''
folder = Path(tempfile.mkdtemp())
path = folder / "bars.py"  # your own file, beside your own runs
path.write_text(EXPERIMENT, encoding="utf-8")

experiment = runs.load_experiment(path)
specs = runs.grid(experiment.spec, seed=range(12))
report = runs.sweep(experiment, specs, folder / "runs", engine="serial", progress=False)
table = runs.load(folder / "runs")
print(len(table), "runs, best gap", f"{table['Bars and stripes/gap'].min():.3f} nats")

# %%
# The histories in the figure are read from the folders: nothing is computed again.

stored = [runs.read(place) for place in table["folder"]]
axes = plots.learning_curves({"Adam": stored})
plt.show()
