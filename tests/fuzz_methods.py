"""Right arguments of the methods of public objects, and the objects themselves."""

from __future__ import annotations

import contextlib
import inspect
import tempfile
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from fuzz_samples import (
    RHO,
    SIGMA,
    VECTORS,
    P,
    born,
    hidden,
    likelihood,
    machine,
    pauli_counts,
    thermal,
)
from model_table import TRAINED

import qce
from qce import circuits, data, devices, learning, models, results, runs, states, tomography, xeb

_HERE = tempfile.mkdtemp()
_BITS = np.array([[0, 1], [1, 1]])
_SIZES = {
    **{"BornMachine": 6, "ThermalModel": 10, "IQP": 2, "Mixture": 34, "TensorTree": 16},
    "SemiQuantumBoltzmann": 11,
}
_OUTCOMES = ("probabilities", "log_prob", "sample")
_IMAGES = np.linspace(0.1, 0.9, 32).reshape(2, 4, 4)
_WORDS = np.array([0, 1, 0, 1])
_TABLE = np.full((9, 4), 1 / 36)
_UNBIASED = np.full((5, 4), 1 / 20)


@cache
def _classifier() -> models.Classifier:
    return models.Classifier(3, 2, 1)


@cache
def _mixture() -> models.Mixture:
    return models.Mixture((models.TensorTree((-1, 0), 2),) * 2)


@cache
def _confusion() -> devices.Confusion:
    return devices.Confusion.calibrated(
        np.array([[90, 10], [95, 5]]), np.array([[20, 80], [4, 96]])
    )


@cache
def _reconstructed() -> tomography.Reconstruction:
    return tomography.reconstruct(pauli_counts(), steps=5)


@cache
def _chain() -> tomography.ChainReconstruction:
    outcomes = data.PauliOutcomes(["XZ", "ZZ"], _BITS)
    return tomography.reconstruct_chain(outcomes, bond=1, optimizer="lbfgs", progress=False)


@cache
def _decay() -> xeb.Decay:
    fidelities = np.array([0.9, 0.8, 0.6, 0.4])
    return xeb.fit_decay(np.array([2, 4, 8, 16]), fidelities, np.full(4, 0.01))


def _online() -> learning.Online:
    return learning.Online(_classifier())


# The object whose methods are called, by the name of its class; a new one where methods change it.
# Estimators are not here: scikit-learn's own checks answer there, as its conventions ask.
OBJECTS: dict[str, Callable[[], Any]] = {
    "circuits.Circuit": lambda: circuits.rx(2),
    "data.Labelled": lambda: data.Labelled(VECTORS, _WORDS, ("0", "1")),
    "data.PauliOutcomes": lambda: data.PauliOutcomes(["XZ", "ZZ"], _BITS),
    "data.PauliBases": lambda: data.PauliBases(2),
    "data.PairBases": lambda: data.PairBases(2),
    "data.UnbiasedBases": lambda: data.UnbiasedBases(2),
    "learning.Online": _online,
    "models.BoltzmannMachine": machine,
    "models.BornMachine": born,
    "models.CategoricalSpectrum": lambda: models.CategoricalSpectrum(2),
    "models.ChowLiuTree": lambda: models.chow_liu(P),
    "models.Classifier": _classifier,
    "models.HiddenTree": hidden,
    "models.IQP": lambda: models.IQP(2, [(0,), (0, 1)]),
    "models.Mixture": _mixture,
    "models.PairwiseSpectrum": lambda: models.PairwiseSpectrum(2),
    "models.PauliTerms": lambda: models.PauliTerms(("ZZ", "XI")),
    "models.ProductDistribution": lambda: models.product(P),
    "models.ProductSpectrum": lambda: models.ProductSpectrum(2),
    "models.PurifiedChain": lambda: models.PurifiedChain(2),
    "models.Regressor": lambda: models.Regressor(3, 1),
    "models.Segmenter": lambda: models.Segmenter(4, 2, 1),
    "models.SemiQuantumBoltzmann": lambda: models.SemiQuantumBoltzmann(2, 1),
    "models.TensorTree": lambda: models.TensorTree((-1, 0), 2),
    "models.ThermalModel": thermal,
    "objectives.Objective": likelihood,
    "results.Estimate": lambda: results.Estimate(1.0, 0.1, 100),
    "runs.Record": runs.Record,
    "runs.Table": lambda: runs.Table({"seed": np.array([0, 1])}),
    "states.IsingChain": lambda: states.IsingChain(3),
    "states.Thermal": lambda: states.Thermal(np.diag([0.0, 1, 2, 3])),
    "tomography.ChainReconstruction": _chain,
    "tomography.ErrorBar": lambda: tomography.ErrorBar(0.9, 0.01, 0.0, 50),
    "tomography.Povm": lambda: tomography.Povm.pauli(2),
    "tomography.Reconstruction": _reconstructed,
    "tomography.SecondStage": lambda: tomography.SecondStage.after(pauli_counts(), SIGMA),
    "training.Budget": lambda: qce.training.Budget(shots=10),
    "xeb.Decay": _decay,
}
# What no user calls, or what is not called here, with the reason.
_INNER = "called by objectives and trainers, with what they have made"
_NAMED = "takes names of the user's alone: tests of records"
_TRAINS = "compiles a training at each call: tests of chains call it"
_QUEUES = "queues operations: needs a QNode around it; tests of circuits"
METHODS_LEFT_OUT: dict[str, str] = {
    **dict.fromkeys(
        (
            "models.Classifier.check",
            "models.Regressor.check",
            "models.Segmenter.check",
            "models.Classifier.prepared",
            "models.Regressor.prepared",
            "models.Classifier.read",
            "models.Classifier.smoothed",
            "models.Regressor.read",
            "models.Regressor.smoothed",
            "models.PauliTerms.stripes",
            "models.PauliTerms.energies",
            "models.PauliTerms.apply",
            "models.PauliTerms.expectations",
            "models.BoltzmannMachine.visible",
            "models.ThermalModel.split",
            *(
                f"models.{model}.{name}"
                for model in ("BornMachine", "ThermalModel")
                for name in ("angles", "eigenstate", "metric", "spectrum_information")
            ),
            "objectives.Objective.measured",
            "states.Thermal.surprise",
            "models.IQP.moments",
            "models.TensorTree.tensors",
            "models.PurifiedChain.tensors",
            "models.PurifiedChain.log_prob_of_effects",
            "objectives.Objective.estimate",
            "objectives.Objective.rehearse",
            "objectives.Objective.reseed",
            "training.Budget.covers",
            *(
                f"data.{kind}Bases.{name}"
                for kind in ("Pauli", "Unbiased")
                for name in ("overlaps", "snapshots", "empirical", "inverted", "circuit")
            ),
            "data.PairBases.overlaps",
            "data.PairBases.empirical",
            "data.PairBases.circuit",
        ),
        _INNER,
    ),
    "tomography.ChainReconstruction.error_bars": _TRAINS,
    "tomography.Reconstruction.error_bars": "takes as long as it is asked to: its tests call it",
    **dict.fromkeys(("runs.Record.metrics", "runs.Record.checkpoint"), _NAMED),
    **dict.fromkeys(
        ("circuits.Circuit.queue", "models.Classifier.queue", "models.Regressor.queue"), _QUEUES
    ),
}
METHODS_FILL: dict[str, dict[str, Any]] = {
    "circuits.Circuit.then": {"other": circuits.rx(2)},
    **{f"{name}.{method}": {"seed": 0} for name in OBJECTS for method in ("initial", "sample")},
    "circuits.Circuit.evolve": {"state": np.array([1.0, 0, 0, 0]), "params": np.array([0.1, 0.2])},
    "data.Labelled.split": {"share": 0.5, "seed": 0},
    "data.Labelled.stream": {"batch_size": 2, "seed": 0},
    "data.PauliBases.label": {"index": 1},
    "data.PauliBases.index": {"label": "XZ"},
    **{
        f"data.{bases}.outcome_kets": {"outcomes": np.array([0, 1])}
        for bases in ("PauliBases", "PairBases", "UnbiasedBases")
    },
    "learning.Online.update": {"features": VECTORS, "labels": _WORDS},
    "learning.Online.probabilities": {"features": VECTORS},
    **{
        f"models.BoltzmannMachine.{name}": {"params": np.full(5, 0.1)}
        for name in ("density_matrix", "hamiltonian", "log_partition", "state")
    },
    **{
        f"models.{model}.{name}": {
            "params": np.full(size, 0.1),
            "bits": _BITS,
            "shots": 10,
            "seed": 0,
        }
        for model, size in _SIZES.items()
        for name in (*_OUTCOMES, "mixture", "log_prob_of_complete", "log_partition", "fill_in")
    },
    "models.Mixture.joined": {
        "params": lambda: (np.full(16, 0.1), np.full(16, 0.2)),
        "bits": _BITS,
    },
    "models.Mixture.weights": {"params": np.full(34, 0.1)},
    "models.Matchgate.product": {"ones": np.array([0.3, 0.6])},
    "models.ThermalModel.log_probabilities": {"params": np.full(10, 0.1)},
    "models.ThermalModel.density_matrix": {"params": np.full(10, 0.1)},
    "models.ThermalModel.weights": {"params": np.full(10, 0.1), "kets": np.eye(4)},
    **{
        f"models.{name}Spectrum.log_probabilities": {"theta": np.full(size, 0.1)}
        for name, size in (("Categorical", 4), ("Pairwise", 3), ("Product", 2))
    },
    "models.ChowLiuTree.log_prob": {"bits": _BITS},
    "models.HiddenTree.log_prob": {"bits": _BITS},
    "models.HiddenTree.sample": {"shots": 10, "seed": 0},
    "models.ChowLiuTree.sample": {"shots": 10, "seed": 0},
    "models.ProductDistribution.log_prob": {"bits": _BITS},
    "models.ProductDistribution.sample": {"shots": 10, "seed": 0},
    "models.Classifier.probabilities": {"params": np.full(9, 0.1), "features": VECTORS},
    "models.Classifier.kets": {"params": np.full(9, 0.1), "features": VECTORS},
    "models.IQP.expectation": {
        "params": np.array([0.1, 0.2]),
        "operators": [(0,), (0, 1)],
        "shots": 10,
    },
    **{
        f"models.PurifiedChain.{name}": {
            "params": np.full(32, 0.1),
            "bits": _BITS,
            "settings": "XZ",
            "paulis": "XZ",
            "wires": [0, 1],
            "other": models.PurifiedChain(2),
            "other_params": np.full(32, 0.2),
            "shots": 10,
            "seed": 0,
        }
        for name in (
            *("log_prob", "sample", "expectation", "reduced", "density_matrix"),
            *("log_overlap", "similarity", "purity"),
        )
    },
    "data.PauliOutcomes.split": {"share": 0.5, "seed": 0},
    "models.Regressor.means": {"params": np.full(18, 0.1), "features": VECTORS},
    "models.Regressor.spread": {"params": np.full(18, 0.1)},
    "models.Segmenter.probabilities": {"params": np.full(12, 0.1), "images": _IMAGES},
    "models.PauliTerms.matrix": {"coefficients": np.array([0.5, 0.2])},
    "objectives.Objective.loss": {"params": np.full(6, 0.1)},
    "objectives.Objective.value_and_gradient": {"params": np.full(6, 0.1)},
    "results.Estimate.interval": {"level": 0.9},
    "states.IsingChain.modes": {"beta": 0.5},
    "states.IsingChain.log_partition": {"beta": 0.5},
    "tomography.ChainReconstruction.expectation": {"paulis": "XZ"},
    "tomography.ErrorBar.interval": {"level": 0.9},
    "tomography.Povm.probabilities": {"rho": RHO},
    "tomography.Povm.operator": {"weights": np.full(36, 1 / 36)},
    "tomography.SecondStage.estimate": {"outcomes": np.array([5, 3, 2, 1])},
    "tomography.Reconstruction.expectation": {"observable": np.diag([1.0, -1, -1, 1])},
    "xeb.Decay.pauli_error": {"dimension": 4},
}


def _add(model: Any) -> None:
    """Call what every model of outcomes has, where its line in `model_table.py` is all there is."""
    name = f"models.{type(model).__name__}"
    if name in OBJECTS or not hasattr(model, "log_prob"):
        return
    OBJECTS[name] = lambda: model
    given = {"params": np.full(model.size, 0.1), "bits": np.zeros((2, model.wires), dtype=int)}
    given |= {"shots": 10, "seed": 0}
    for method in methods(type(model)):
        METHODS_FILL.setdefault(f"{name}.{method}", given)


def methods(home: type) -> list[str]:
    """Names of the methods of a class that take something."""
    return [
        name
        for name, value in vars(home).items()
        if inspect.isfunction(value)
        and not name.startswith("_")
        and len(inspect.signature(value).parameters) > 1
    ]


def called(name: str) -> Callable[..., Any]:
    """A method of its object, which is made when the method is called."""
    home, _, method = name.rpartition(".")

    def call(**given: Any) -> Any:
        with contextlib.chdir(_HERE):  # files that are written lie nowhere else
            return getattr(OBJECTS[home](), method)(**given)

    return call


for _model in TRAINED:
    _add(_model)
