"""Settings of every public function: whole numbers, real ones, seeds, and what would not fit."""

import inspect
import math

import jax.numpy as jnp
import numpy as np
import pennylane as qml
import pytest
import torch

from qce import (
    ArgumentError,
    boltzmann,
    circuits,
    coding,
    data,
    models,
    objectives,
    states,
    tomography,
    trainability,
    xeb,
)

PLUS = np.array([1.0, 1.0]) / 2**0.5


def queued(*wires):
    qml.X(0)


# --- F: settings ---

RHO, SIGMA = np.diag([0.75, 0.25]), np.eye(2) / 2
BORN = models.BornMachine(circuits.rx(1))
THERMAL = models.ThermalModel(circuits.rx(1), models.ProductSpectrum(1))
POVM = tomography.Povm.tetrahedron(1)
SOURCE = coding.Source.shannon([0.9, 0.1])
TERMS = models.PauliTerms(("X", "Z"))
MACHINE = models.BoltzmannMachine(TERMS)
LABELLED = data.labelled("iris")
LAW = [0.5, 0.5]
TURNED = models.Matchgate(2, 0, 1)  # of three angles

# Of each public function a call that is right, and which of its settings are of which kind.
# One entry a function: settings that are whole numbers, that are real, and seeds.
CALLS = {
    "random_bases": (data.random_bases, {"ensemble": "mub", "wires": 1}, "wires", "", ""),
    "PauliBases": (data.PauliBases, {"wires": 1}, "wires", "", ""),
    "PairBases": (data.PairBases, {"wires": 1}, "wires", "", ""),
    "UnbiasedBases": (data.UnbiasedBases, {"wires": 1}, "wires", "", ""),
    "label": (data.PauliBases(1).label, {"index": 1}, "index", "", ""),
    "bars_and_stripes": (data.bars_and_stripes, {"rows": 2, "columns": 2}, "rows columns", "", ""),
    "gibbs_state": (data.gibbs_state, {"hamiltonian": RHO, "beta": 1.0}, "", "beta", ""),
    "transverse_field_ising": (
        data.transverse_field_ising, {"wires": 2, "J": 1.0, "h": 1.0}, "wires", "J h", "",
    ),
    "digit_masks": (
        data.digit_masks, {"clutter": 0.1, "noise": 0.1, "seed": 0}, "", "clutter noise", "seed",
    ),
    "split": (LABELLED.split, {"share": 0.5, "seed": 0}, "", "share", "seed"),
    "stream": (LABELLED.stream, {"seed": 0, "batch_size": 2}, "batch_size", "", "seed"),
    "strongly_entangling": (
        circuits.strongly_entangling, {"wires": 2, "layers": 1}, "wires layers", "", "",
    ),
    "rotations_xx": (circuits.rotations_xx, {"wires": 2, "layers": 1}, "wires layers", "", ""),
    "ising": (circuits.ising, {"wires": 2, "layers": 1}, "wires layers", "", ""),
    "heisenberg": (circuits.heisenberg, {"wires": 2, "layers": 1}, "wires layers", "", ""),
    "rx": (circuits.rx, {"wires": 2}, "wires", "", ""),
    "ProductSpectrum": (models.ProductSpectrum, {"wires": 2}, "wires", "", ""),
    "PairwiseSpectrum": (models.PairwiseSpectrum, {"wires": 2}, "wires", "", ""),
    "CategoricalSpectrum": (models.CategoricalSpectrum, {"wires": 2}, "wires", "", ""),
    "Classifier": (
        models.Classifier, {"wires": 2, "classes": 2, "layers": 1}, "wires classes layers", "", "",
    ),
    "Regressor": (models.Regressor, {"wires": 2, "layers": 1}, "wires layers", "", ""),
    "Segmenter": (
        models.Segmenter,
        {"wires": 4, "classes": 2, "layers": 1, "patch": 3},
        "wires classes layers patch", "", "",
    ),
    "BoltzmannMachine": (models.BoltzmannMachine, {"terms": TERMS, "hidden": 0}, "hidden", "", ""),
    "chain": (models.PauliTerms.chain, {"wires": 2, "fields": "X"}, "wires", "", ""),
    "local": (models.PauliTerms.local, {"wires": 2, "body": 1}, "wires body", "", ""),
    "SemiQuantumBoltzmann": (
        models.SemiQuantumBoltzmann, {"visible": 2, "hidden": 1}, "visible hidden", "", "",
    ),
    "restricted": (
        models.PauliTerms.restricted, {"visible": 1, "hidden": 1}, "visible hidden", "", "",
    ),
    "initial, born": (BORN.initial, {"seed": 0}, "", "", "seed"),
    "initial, thermal": (THERMAL.initial, {"seed": 0}, "", "", "seed"),
    "initial, boltzmann": (MACHINE.initial, {"seed": 0}, "", "", "seed"),
    "initial, classifier": (models.Classifier(2, 2).initial, {"seed": 0}, "", "", "seed"),
    "sample, born": (BORN.sample, {"params": [0.1], "shots": 3, "seed": 0}, "shots", "", "seed"),
    "sample, tree": (
        models.chow_liu(np.eye(2)).sample, {"shots": 3, "seed": 0}, "shots", "", "seed",
    ),
    "sample, product": (
        models.product(np.eye(2)).sample, {"shots": 3, "seed": 0}, "shots", "", "seed",
    ),
    "IsingChain": (states.IsingChain, {"sites": 2, "J": 1.0, "h": 1.0}, "sites", "J h", ""),
    "Thermal": (
        states.Thermal,
        {"hamiltonian": RHO, "beta": 1.0, "log_partition": 1.0},
        "", "beta log_partition", "",
    ),
    "random_density_matrix": (
        states.random_density_matrix, {"d": 2, "rank": 1, "seed": 0}, "d rank", "", "seed",
    ),
    "lanczos": (
        states.lanczos_cross_entropy,
        {"data": PLUS, "model": SIGMA, "least": 0.1, "tolerance": 1e-6, "steps": 2},
        "steps", "least tolerance", "",
    ),
    "matchgate": (circuits.matchgate, {"wires": 3, "layers": 2}, "wires layers", "", ""),
    "orthogonal": (circuits.orthogonal, {"wires": 3, "layers": 2}, "wires layers", "", ""),
    "IQP": (models.IQP, {"wires": 2, "gates": [(0,), (0, 1)]}, "wires", "", ""),
    "Matchgate": (
        models.Matchgate, {"wires": 2, "hidden": 1, "layers": 2}, "wires hidden layers", "", "",
    ),
    "MatrixProduct": (models.MatrixProduct, {"wires": 3, "bond": 2}, "wires bond", "", ""),
    "PurifiedChain": (
        models.PurifiedChain,
        {"wires": 3, "bond": 2, "purification": 2},
        "wires bond purification", "", "",
    ),
    "cluster": (models.PurifiedChain.cluster, {"wires": 3, "beta": 1.0}, "wires", "beta", ""),
    "random_settings": (
        data.random_settings, {"wires": 2, "shots": 3, "seed": 0}, "wires shots", "", "seed",
    ),
    "reconstruct_chain": (
        tomography.reconstruct_chain,
        {
            "outcomes": {"X": {"0": 3, "1": 1}}, "bond": 1, "purification": 1, "apart": 0.5,
            "epochs": 1, "batch": 2, "learning_rate": 0.1, "seed": 0, "progress": False,
        },
        "bond purification epochs batch", "apart learning_rate", "seed",
    ),
    "hidden_tree": (
        models.hidden_tree, {"bits": [[0, 1], [1, 1], [0, 0]], "bond": 2, "seed": 0},
        "bond", "", "seed",
    ),
    "deploy": (
        objectives.deploy,
        {"circuit": circuits.rx(1), "params": [0.3], "shots": 5, "seed": 0}, "shots", "", "seed",
    ),
    "deployment_gap": (
        objectives.deployment_gap,
        {"model": BORN, "params": [0.3] * BORN.size, "outcomes": [[0], [1]], "seed": 0},
        "", "", "seed",
    ),
    "moment_discrepancy": (
        objectives.moment_discrepancy,
        {"expectations": models.IQP(1, [(0,)]), "data": [[0], [1]], "seed": 0}, "", "", "seed",
    ),
    "adaptive": (
        objectives.adaptive_likelihood,
        {"model": THERMAL, "data": PLUS, "shots": 5, "rounds": 2, "every": 3, "seed": 0},
        "shots rounds every", "", "seed",
    ),
    "deferred": (
        objectives.deferred_cross_entropy,
        {"model": THERMAL, "data": PLUS, "shots": 5, "seed": 0}, "shots", "", "seed",
    ),
    "shadow": (
        objectives.shadow_cross_entropy,
        {"model": THERMAL, "data": PLUS, "shots": 5, "seed": 0}, "shots", "", "seed",
    ),
    "empirical": (
        objectives.empirical_cross_entropy,
        {"model": THERMAL, "data": PLUS, "shots": 5, "seed": 0}, "shots", "", "seed",
    ),
    "likelihood": (
        objectives.measured_likelihood,
        {"model": BORN, "data": LAW, "shots": 5, "seed": 0}, "shots", "", "seed",
    ),
    "discrepancy": (
        objectives.measured_discrepancy,
        {"model": BORN, "data": LAW, "shots": 5, "seed": 0}, "shots", "", "seed",
    ),
    "transport": (
        objectives.measured_transport,
        {"model": BORN, "data": LAW, "epsilon": 0.5, "shots": 5, "seed": 0},
        "shots", "epsilon", "seed",
    ),
    "thermalisation": (
        objectives.thermalisation,
        {
            "model": THERMAL, "hamiltonian": {"Z": 1.0}, "beta": 1.0, "log_partition": 0.1,
            "shots": 5, "seed": 0, "memory": 1.0,
        },
        "shots", "beta log_partition memory", "seed",
    ),
    "measure_shadow": (
        objectives.measure_shadow, {"data": PLUS, "shots": 5, "seed": 0}, "shots", "", "seed",
    ),
    "measure_pauli": (
        tomography.measure_pauli,
        {"prepare": queued, "wires": 1, "shots": 2, "seed": 0, "memory": 1.0},
        "wires shots", "memory", "seed",
    ),
    "simulate_pauli": (
        tomography.simulate_pauli,
        {"state": SIGMA, "shots": 2, "seed": 0, "memory": 1.0}, "shots", "memory", "seed",
    ),
    "reconstruct": (
        tomography.reconstruct,
        {
            "counts": [4, 3, 2, 1], "povm": POVM, "hedge": 0.5, "entropy": 0.1,
            "tolerance": 1e-3, "steps": 5, "memory": 1.0,
        },
        "steps", "hedge entropy tolerance memory", "",
    ),
    "Povm.pauli": (tomography.Povm.pauli, {"wires": 1}, "wires", "", ""),
    "success": (
        coding.success_probability, {"source": SOURCE, "n": 3, "rate": 0.5}, "n", "", "",
    ),
    "code_dimension": (coding.code_dimension, {"source": SOURCE, "n": 3, "rate": 0.5}, "n", "", ""),
    "fixed_length": (
        coding.fixed_length_success, {"source": SOURCE, "n": 3, "rate": 0.5}, "n", "", "",
    ),
    "typical": (coding.typical_overlap, {"source": SOURCE, "n": 3, "delta": 0.1}, "n", "delta", ""),
    "mean_length": (coding.mean_length, {"source": SOURCE, "n": 3}, "n", "", ""),
    "stein": (
        coding.stein_exponent,
        {"data": RHO, "model": SIGMA, "n": 3, "epsilon": 0.1}, "n", "epsilon", "",
    ),
    "measured stein": (
        coding.measured_stein_exponent,
        {"data": RHO, "model": SIGMA, "n": 3, "epsilon": 0.1}, "n", "epsilon", "",
    ),
    "best measured stein": (
        coding.best_measured_stein_exponent,
        {"data": RHO, "model": SIGMA, "n": 3, "epsilon": 0.1}, "n", "epsilon", "",
    ),
    "second order": (
        coding.second_order_exponent,
        {"data": RHO, "model": SIGMA, "n": 3, "epsilon": 0.1}, "n", "epsilon", "",
    ),
    "copies": (
        tomography.relative_entropy, {"data": RHO, "model": SIGMA, "copies": 2000, "seed": 0},
        "copies", "", "seed",
    ),
    "models.check": (
        models.check,
        {"model": models.IQP(1, [(0,)]), "shots": 100, "seed": 0}, "shots", "", "seed",
    ),
    "Source": (
        coding.Source, {"distribution": LAW, "model": LAW, "entropy": 1.0}, "", "entropy", "",
    ),
    "random_circuit": (
        xeb.random_circuit, {"wires": 2, "depth": 1, "seed": 0}, "wires depth", "", "seed",
    ),
    "xeb.measure": (
        xeb.measure,
        {"circuit": queued, "wires": 1, "shots": 2, "seed": 0, "memory": 1.0},
        "wires shots", "memory", "seed",
    ),
    "moments": (xeb.moments, {"estimator": "log", "dimension": 4}, "dimension", "", ""),
    "matchgate_moments": (
        xeb.matchgate_moments, {"estimator": "log", "wires": 4}, "wires", "", "",
    ),
    "random_matchgates": (
        xeb.random_matchgates, {"wires": 2, "seed": 0, "layers": 1}, "wires layers", "", "seed",
    ),
    "depolarised": (
        xeb.depolarised,
        {"machine": TURNED, "params": [0.1] * 3, "fidelity": 0.5, "shots": 2, "seed": 0},
        "shots", "fidelity", "seed",
    ),
    "matchgate_fidelity": (
        xeb.matchgate_fidelity,
        {
            "machine": TURNED, "params": [0.1] * 3, "data": [[0, 0], [1, 1]],
            "reference": "circuits", "samples": 2, "seed": 0,
        },
        "samples", "", "seed",
    ),
    "shot_variance": (
        xeb.shot_variance, {"estimator": "log", "fidelity": 0.5}, "", "fidelity", "",
    ),
    "pauli_error": (
        xeb.Decay(0.9, 0.1, 1.0, 0.1, 1.0).pauli_error, {"dimension": 4}, "dimension", "", "",
    ),
    "learn": (
        boltzmann.learn,
        {
            "model": MACHINE, "data": SIGMA, "optimizer": "gradient", "learning_rate": 0.1,
            "steps": 1, "tolerance": 1e-3, "seed": 0, "memory": 1.0, "hidden": 0,
        },
        "steps hidden", "learning_rate tolerance memory", "seed",
    ),
    "sampled_gradient": (
        boltzmann.sampled_gradient,
        {
            "model": MACHINE, "data": SIGMA, "params": np.full(MACHINE.size, 0.1),
            "draws": 2, "shots": 2, "seed": 0,
        },
        "draws shots", "", "seed",
    ),
    "gibbs_cross_entropy": (
        boltzmann.gibbs_cross_entropy,
        {"model": MACHINE, "data": SIGMA, "memory": 1.0}, "", "memory", "",
    ),
    "Moments": (boltzmann.Moments, {"values": [0.1, 0.2], "entropy": 0.1}, "", "entropy", ""),
    "miss": (trainability.miss_probability, {"wires": 2, "shots": 5}, "wires shots", "", ""),
    "sampled": (
        trainability.sampled_likelihood,
        {"wires": 2, "shots": 5, "clip": 0.1}, "wires shots", "clip", "",
    ),
}  # fmt: skip

BAD = {
    "integer": [1.5, "2", True, math.nan, -7, [2], {}, 2 + 1j],
    "number": ["a", math.nan, math.inf, True, [0.1, 0.2], {}, 1j],
    "seed": ["a", -1, 1.5, 2**65, True, {}],
}


def bad_settings():
    for name, (function, settings, *kinds) in CALLS.items():
        for kind, words in zip(("integer", "number", "seed"), kinds, strict=True):
            for setting in words.split():
                yield pytest.param(function, settings, setting, BAD[kind], id=f"{name}, {setting}")


@pytest.mark.parametrize(("function", "settings", "setting", "bad"), list(bad_settings()))
def test_a_bad_setting_is_refused_by_its_name(function, settings, setting, bad):
    for value in bad:
        with pytest.raises(ArgumentError) as caught:
            function(**{**settings, setting: value})
        assert caught.value.argument == setting, value


NUMBERS = {
    "NumPy": (np.int64, np.float64, np.uint32),
    "PyTorch": (torch.tensor,) * 3,
    "JAX": (jnp.asarray,) * 3,
}


@pytest.mark.thinned(3)
@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("library", NUMBERS)
def test_numbers_of_array_libraries_are_numbers(library, name):
    function, settings, *named = CALLS[name]
    kinds = {
        k: kind for kind, names in zip(NUMBERS[library], named, strict=True) for k in names.split()
    }
    function(**{k: kinds[k](v) if k in kinds else v for k, v in settings.items()})


def test_no_setting_of_a_public_function_is_forgotten():
    """Every keyword of these names, of every public function here, is in the list above."""
    watched = {"seed", "shots", "wires", "layers", "memory", "tolerance", "beta"}
    watched |= {"epsilon", "depth", "dimension", "hidden", "steps", "learning_rate", "n"}
    covered = {(f, s) for f, _, *kinds in CALLS.values() for k in kinds for s in k.split()}
    known = {(getattr(f, "__func__", f), s) for f, s in covered}
    forgotten = []
    modules = [boltzmann, circuits, coding, data, models, objectives, states, tomography]
    for module in [*modules, trainability, xeb]:
        for name in module.__all__:
            thing = getattr(module, name)
            if not callable(thing) or name in ("Bases", "Spectrum", "Objective", "Circuit"):
                continue
            if inspect.isclass(thing) and name in (
                "Fidelity",
                "Bracket",
                "Expectations",
                "FromCopies",
            ):
                continue  # records of results
            for parameter in inspect.signature(thing).parameters:
                if parameter in watched and (thing, parameter) not in known:
                    forgotten.append(f"{module.__name__}.{name}({parameter})")
    # Tables of data: counts by basis, wires that are counted by the data themselves.
    allowed = {"qce.data.from_counts(wires)", "qce.objectives.measure_shadow(wires)"}
    allowed |= {f"qce.tomography.Reconstruction({x})" for x in ("tolerance", "steps")}
    assert set(forgotten) <= allowed


@pytest.mark.parametrize(
    "call",
    [
        lambda: states.random_density_matrix(10**6),
        lambda: circuits.fixed(np.broadcast_to(np.eye(2), (10**10, 2, 2))),
        lambda: tomography.simulate_pauli(np.eye(2**9) / 2**9, shots=1, seed=1, memory=0.01),
        lambda: xeb.measure(queued, 60, shots=1),
        lambda: tomography.measure_pauli(queued, 60, shots=1),
        lambda: trainability.miss_probability(2, 10**12),
        lambda: models.product(np.eye(40)).probabilities(),
        lambda: boltzmann.gibbs_cross_entropy(MACHINE, SIGMA, memory=1e-9),
    ],
)
def test_what_would_not_fit_is_refused_with_the_estimate(call):
    with pytest.raises(ArgumentError, match="GiB"):
        call()


def test_a_source_is_of_probabilities():
    for law, model in (([2, -1], LAW), (LAW, [2, -1]), (LAW, [0.5, 0.25, 0.25]), ([LAW], [LAW])):
        with pytest.raises(ArgumentError):
            coding.Source(law, model, 1.0)
