"""Forks of a process that has computed with JAX: an error in one line, where they would hang."""

import os
import subprocess
import sys

import pytest
from test_runs import write

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="only POSIX forks")

PROGRAM = """
import multiprocessing
import sys

import numpy as np

import qce
from qce import circuits, models, objectives

machine = models.BornMachine(circuits.rx(1))
objective = objectives.measured_likelihood(machine, np.array([0.25, 0.75]))


def work(how):
    if how == "fit":
        return qce.fit(objective, steps=2, progress=False).status.name
    if how == "loss":
        return float(objective.loss(np.array([0.5])))
    if how == "model":
        return machine.probabilities(np.array([0.5])).tolist()
    if how == "spectrum":
        return models.ProductSpectrum(1).log_probabilities([0.5]).tolist()
    if how == "classes":
        return models.Classifier(2, 2, 1).probabilities(np.zeros(6), np.zeros((1, 2))).tolist()
    if how == "matrix":
        thermal = models.ThermalModel(circuits.rx(1), models.ProductSpectrum(1))
        return thermal.density_matrix(np.zeros(2)).tolist()
    if how == "sample":
        return machine.sample(np.array([0.5]), shots=2, seed=0).tolist()
    return objective(np.array([0.5])).value


if __name__ == "__main__":
    method, before, *hows = sys.argv[1:]
    if before != "nothing":
        work(before)
    for how in hows:
        with multiprocessing.get_context(method).Pool(1) as pool:
            try:
                found = pool.map_async(work, [how]).get(timeout=100)
            except RuntimeError as told:
                found = f"RuntimeError: {told}"
        print(how, found, sep=": ", flush=True)
"""
HOWS = ("fit", "loss", "model", "spectrum", "classes", "matrix", "sample", "value")


@pytest.mark.parametrize("before", ["value", "model"])
def test_a_fork_of_a_process_that_has_computed_is_told_so(tmp_path, before):
    done = run(tmp_path, "fork", before, *HOWS)
    said = dict(line.split(": ", 1) for line in done.stdout.splitlines())
    assert list(said) == list(HOWS), done.stderr
    for line in said.values():
        assert line.startswith("RuntimeError: This process was forked from one that had computed")
        assert 'multiprocessing.get_context("spawn")' in line


@pytest.mark.parametrize(("method", "before"), [("spawn", "value"), ("fork", "nothing")])
def test_other_workers_compute(tmp_path, method, before):
    done = run(tmp_path, method, before, "value")
    assert done.returncode == 0, done.stderr
    assert float(done.stdout.removeprefix("value: ").strip("[]\n")) > 0


DESCRIBED = """
import numpy as np
from jax._src import xla_bridge

from qce import boltzmann, circuits, models, objectives

data, bits = np.array([0.1, 0.2, 0.3, 0.4]), np.array([[0, 1], [1, 1]])
circuit = circuits.strongly_entangling(2, 1)
pure = models.BornMachine(circuit)
mixed = models.ThermalModel(circuit, models.ProductSpectrum(2))
made = [
    objectives.measured_likelihood(pure, data),
    objectives.measured_likelihood(mixed, bits),
    objectives.exact_cross_entropy(mixed, np.diag(data)),
    objectives.measured_likelihood(models.MatrixProduct(2, 2), bits),
    models.Matchgate(3, 1),
    models.IQP(3, [(0,), (1, 2)]),
    models.SemiQuantumBoltzmann(3, 2),
    models.Classifier(2, 2, 1),
    circuits.matchgate(3, 1),
    boltzmann.FermionMachine(["ZI", "IZ", "XX"]),
]
print(len(xla_bridge._backends))
"""


def test_what_only_describes_starts_no_jax_and_can_be_forked(tmp_path):
    write(tmp_path / "program.py", DESCRIBED)
    line = [sys.executable, "program.py"]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "0", done.stderr


def run(folder, *words):
    write(folder / "program.py", PROGRAM)
    line = [sys.executable, "program.py", *words]
    return subprocess.run(line, cwd=folder, capture_output=True, text=True, timeout=120)
