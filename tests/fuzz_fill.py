"""Right arguments of public functions: by parameter name in each module, and by function."""

from functools import cache
from typing import Any

import numpy as np
import pennylane as qml

import qce
from qce import circuits, data, models, objectives, quantum, states, tomography

RNG = np.random.default_rng(15)
P, Q = np.array([0.4, 0.3, 0.2, 0.1]), np.array([0.1, 0.2, 0.3, 0.4])
RHO, SIGMA = (
    np.asarray(states.random_density_matrix(4, seed=seed).astype(complex)) for seed in (1, 2)
)
LOGITS = RNG.normal(size=(3, 4))
SOFT = np.exp(LOGITS) / np.exp(LOGITS).sum(axis=-1, keepdims=True)
SIGNS, SCORES = np.array([1.0, -1.0, 1.0]), np.array([0.3, -2.0, 0.1])
VECTORS, OTHERS = RNG.normal(size=(4, 3)), RNG.normal(size=(4, 3))
LABELS, BITS = np.array([0, 2, 1]), np.array([0.0, 1.0, 1.0])
MASKS, MAPS = RNG.integers(0, 2, size=(2, 4, 4)) * 1.0, RNG.uniform(0.1, 0.9, size=(2, 4, 4))
CLASS_MAPS = np.moveaxis(RNG.dirichlet(np.ones(3), size=(1, 4, 4)), -1, 1)
CLASS_MASKS = RNG.integers(0, 3, size=(1, 4, 4))
STACK = np.stack([np.asarray(states.random_density_matrix(2, seed=s)) for s in range(4)])
DISTRIBUTIONS = RNG.dirichlet(np.ones(3), size=4)
SAMPLES = RNG.integers(0, 2, size=(20, 2))
COUNTS = np.array([20, 12, 5, 3])
X = qml.PauliX.compute_matrix()


@cache
def thermal() -> models.ThermalModel:
    return models.ThermalModel(circuits.strongly_entangling(2, 1), models.CategoricalSpectrum(2))


@cache
def born() -> models.BornMachine:
    return models.BornMachine(circuits.strongly_entangling(2, 1))


@cache
def machine() -> models.BoltzmannMachine:
    return models.BoltzmannMachine(models.PauliTerms(("ZZ", "XI", "IX", "ZI", "IZ")))


@cache
def likelihood() -> objectives.Objective:
    return objectives.measured_likelihood(born(), P)


@cache
def ising() -> Any:
    return data.transverse_field_ising(2)


def device() -> Any:
    return qml.device("default.qubit", wires=2)


def tape() -> Any:
    return qml.tape.QuantumScript([qml.Hadamard(0)], [qml.probs(wires=[0, 1])])


def pauli_counts() -> Any:
    return tomography.simulate_pauli(RHO, shots=100, seed=0)


def prepare() -> None:
    qml.Hadamard(0)
    qml.CNOT([0, 1])


TWINS = {
    "x": P,
    "data": P,
    "model": Q,
    "alpha": 0.7,
    "wires": 0,
    "given": 1,
    "first": 0,
    "second": 1,
    "keep": 0,
    "dims": (2, 2),
    "base": 2.0,
    "basis": np.eye(4),
    "third": (),
}
STATES = {**TWINS, "x": RHO, "data": RHO, "model": SIGMA}
MODULE_FILL: dict[str, dict[str, Any]] = {
    "classical": TWINS,
    "quantum": STATES,
    "bounds": {**STATES, "distance": 0.1, "dimension": 4},
    "boltzmann": {"memory": 4.0, "data": RHO, "steps": 3, "params": np.zeros(5)},
    "circuits": {"wires": 2, "layers": 1, "basis": X, "unitary": X},
    "coding": {
        "data": np.diag([0.8, 0.2]),
        "model": np.diag([0.4, 0.6]),
        "n": 4,
        "epsilon": 0.1,
        "rate": 0.5,
        "delta": 0.1,
        "basis": np.eye(2),
    },
    "data": {"wires": 2, "samples": SAMPLES, "beta": 1.0, "rho": RHO},
    "devices": {"wires": 2, "text": "default.qubit"},
    "learning": {
        "params": np.zeros(9),
        "features": VECTORS,
        "labels": np.array([0, 1, 0, 1]),
        "epochs": 1,
    },
    "losses": {
        "labels": LABELS,
        "probabilities": SOFT,
        "logits": LOGITS,
        "targets": SCORES,
        "class_weights": np.ones(4),
        "predictions": SIGNS,
        "means": SIGNS,
        "weights": np.array([1.0, 2.0, 0.5]),
        "scores": SCORES,
        "first": VECTORS[:3],
        "second": OTHERS[:3],
        "queries": VECTORS,
        "keys": OTHERS,
        "classes": 3,
        "anchors": VECTORS[:3],
        "positives": OTHERS[:3],
        "negatives": VECTORS[:3] + 1,
        "data": VECTORS,
        "model": OTHERS,
        "bandwidths": np.array([1.0]),
        "embeddings": VECTORS,
    },
    "models": {"wires": 2, "data": P, "circuit": circuits.strongly_entangling(2, 1)},
    "objectives": {"data": RHO, "shots": 10, "seed": 0, "wires": 2},
    "objectives.entropies": {"counts": COUNTS, "model": P},
    "regularise": {"x": RHO, "p": 0.1, "counts": COUNTS},
    "states": {"data": RHO, "model": SIGMA, "kets": np.eye(2), "matrix": RHO, "probabilities": P},
    "tomography": {"shots": 100, "wires": 2, "seed": 0},
    "trainability": {"wires": 2, "shots": 10, "data": P, "values": SCORES},
    "training": {"steps": 2, "params": np.full(6, 0.1), "seed": 0, "progress": False},
    "xeb": {
        "wires": 2,
        "shots": 10,
        "depth": 2,
        "seed": 0,
        "ideal": P[None],
        "counts": COUNTS[None],
    },
}
MODULE_FILL["losses.classical"] = {
    **MODULE_FILL["losses"],
    "data": P,
    "model": Q,
    "first": DISTRIBUTIONS,
    "second": DISTRIBUTIONS[::-1],
    "anchors": DISTRIBUTIONS,
    "positives": DISTRIBUTIONS[::-1],
    "negatives": DISTRIBUTIONS[[1, 0, 3, 2]],
    "queries": DISTRIBUTIONS,
    "keys": DISTRIBUTIONS[::-1],
    "labels": np.array([0, 0, 1, 1]),
    "embeddings": DISTRIBUTIONS,
    "weights": np.ones(4),
    "states": DISTRIBUTIONS,
    "values": np.array([1.0, -1, 0]),
    "observable": np.array([1.0, -1, 0]),
    "members": (P, Q),
    "class_weights": np.ones(2),
}
_MARGINS = (
    "hinge_loss",
    "squared_hinge_loss",
    "perceptron_loss",
    "logistic_loss",
    "exponential_loss",
)
MODULE_FILL["losses.quantum"] = {
    **MODULE_FILL["losses.classical"],
    "data": RHO,
    "model": SIGMA,
    "first": STACK,
    "second": STACK[::-1],
    "anchors": STACK,
    "positives": STACK[::-1],
    "negatives": STACK[[1, 0, 3, 2]],
    "queries": STACK,
    "keys": STACK[::-1],
    "embeddings": STACK,
    "states": STACK,
    "observable": np.diag([1.0, -1]),
    "members": (RHO, SIGMA),
}

_BINARY = {
    "labels": BITS,
    "probabilities": np.array([0.2, 0.7, 0.9]),
    "logits": SCORES,
    "class_weights": np.ones(2),
}
_REGIONS = {"labels": MASKS, "probabilities": MAPS, "weights": np.ones(2)}
_CLASS_REGIONS = {
    "labels": CLASS_MASKS,
    "probabilities": CLASS_MAPS,
    "weights": np.ones(1),
    "class_weights": np.ones(3),
}
OWN_FILL: dict[str, dict[str, Any]] = {
    "boltzmann.Moments": {"values": np.array([0.3, -0.2, 0.1])},
    "boltzmann.gibbs_cross_entropy": {"model": lambda: machine()},
    "boltzmann.learn": {"model": lambda: machine()},
    "circuits.Block": {"name": "rx", "size": 2, "apply": lambda: lambda params, wires: None},
    "circuits.Circuit": {"parts": lambda: ((1, circuits.rx(2).parts[0][1]),)},
    "circuits.basis_change": {"basis": "XZ"},
    "circuits.reversible": {"circuit": lambda: circuits.rx(2)},
    **dict.fromkeys(
        (
            "coding.code_dimension",
            "coding.fixed_length_success",
            "coding.mean_length",
            "coding.success_probability",
        ),
        {"source": lambda: qce.coding.Source.shannon([0.8, 0.2], [0.4, 0.6])},
    ),
    "coding.typical_overlap": {"source": lambda: qce.coding.Source.shannon([0.8, 0.2], [0.4, 0.6])},
    "coding.Source": {"law": np.array([0.8, 0.2]), "model": np.array([0.4, 0.6]), "entropy": 0.5},
    "data.Counts": {"by_basis": lambda: {"XZ": COUNTS}},
    "data.Kets": {"vectors": np.eye(2)},
    "data.Labelled": {"features": VECTORS, "labels": np.array([0, 1, 0, 1]), "classes": ("0", "1")},
    "data.Preparations": {"circuits": lambda: (prepare,)},
    "data.bars_and_stripes": {"rows": 2, "columns": 2},
    "data.digits": {"digits": (3, 8)},
    "data.gibbs_state": {"hamiltonian": ising},
    "data.labelled": {"name": "iris"},
    "data.measured_state": {"bases": lambda: data.PauliBases(2)},
    "data.random_bases": {"ensemble": "pauli"},
    "devices.noise_model": {"text": "depolarizing:0.01"},
    "devices.check_adjoint": {"device": lambda: qml.device("lightning.qubit", wires=2)},
    **dict.fromkeys(
        (
            "devices.check_analytic",
            "devices.check_readable",
            "devices.check_wires",
            "devices.is_analytic",
            "devices.one_shot_number",
            "devices.reseed",
        ),
        {"device": device},
    ),
    "devices.jobs": {"device": device, "circuits": 3},
    "devices.measured_qubits": {"device": device, "circuit": tape},
    "devices.pinned": {"device": device, "qubits": (0, 1)},
    **dict.fromkeys(
        ("laws.additivity", "laws.data_processing", "laws.unitary_invariance"),
        {"quantity": lambda: quantum.relative_entropy, "draws": 1},
    ),
    "laws.positivity": {"quantity": lambda: quantum.relative_entropy, "draws": 1},
    "laws.continuity": {
        "family": lambda: quantum.petz_renyi_divergence,
        "limit": lambda: quantum.relative_entropy,
        "draws": 1,
    },
    "learning.predict": {"model": lambda: models.Classifier(3, 2, 1)},
    "learning.train": {
        "model": lambda: models.Classifier(3, 2, 1),
        "progress": False,
        "batch_size": 4,
    },
    "learning.Online": {"model": lambda: models.Classifier(3, 2, 1), "params": None},
    "losses.bernoulli_nll": {**_BINARY, "outcomes": BITS, "logits": None},
    "losses.binary_cross_entropy": _BINARY,
    "losses.binary_focal_loss": _BINARY,
    "losses.sigmoid_binary_cross_entropy": _BINARY,
    "losses.sigmoid_focal_loss": _BINARY,
    "losses.categorical_nll": {"outcomes": LABELS, "logits": None},
    "losses.poisson_nll": {"counts": np.array([1.0, 0, 3]), "rates": np.array([0.5, 1, 2])},
    **dict.fromkeys(
        (
            "losses.hinge_loss",
            "losses.squared_hinge_loss",
            "losses.perceptron_loss",
            "losses.logistic_loss",
            "losses.exponential_loss",
        ),
        {"labels": SIGNS},
    ),
    **{
        f"losses.{twin}.{name}": {
            "labels": np.array([1, -1, 1, -1]),
            "weights": np.ones(4),
            "probabilities": DISTRIBUTIONS,
        }
        for twin in ("classical", "quantum")
        for name in _MARGINS
    },
    **{f"losses.{twin}.nt_xent_loss": {"weights": np.ones(8)} for twin in ("classical", "quantum")},
    "losses.classical.weighted_cross_entropy": {
        "data": (P, Q),
        "class_weights": np.ones(2),
        "weights": None,
    },
    "losses.quantum.weighted_cross_entropy": {
        "data": (RHO, SIGMA),
        "class_weights": np.ones(2),
        "weights": None,
    },
    "losses.multiclass_hinge_loss": {"scores": LOGITS},
    "losses.contrastive_loss": {"labels": BITS},
    "losses.supervised_contrastive_loss": {"labels": np.array([0, 0, 1, 1]), "weights": np.ones(4)},
    "losses.info_nce_loss": {"weights": np.ones(4)},
    "losses.nt_xent_loss": {"weights": np.ones(6)},
    **dict.fromkeys(
        (
            "losses.dice_loss",
            "losses.jaccard_loss",
            "losses.tversky_loss",
            "losses.focal_tversky_loss",
        ),
        _REGIONS,
    ),
    "losses.lovasz_softmax_loss": _CLASS_REGIONS,
    "losses.cross_entropy_dice_loss": _CLASS_REGIONS,
    "losses.maximum_mean_discrepancy_of_products": {
        "data": np.array([0.3, 0.6]),
        "model": np.array([0.2, 0.5]),
    },
    "losses.sinkhorn_divergence": {"data": P, "model": Q},
    "losses.maximum_mean_discrepancy": {"data": P, "model": Q},
    "models.BoltzmannMachine": {"terms": lambda: models.PauliTerms(("ZZ", "XI"))},
    "models.ChowLiuTree": {
        "parents": (-1, 0),
        "conditionals": np.array([[[0.4, 0.6]] * 2, [[0.3, 0.7], [0.5, 0.5]]]),
    },
    "models.PauliTerms": {"strings": ("ZZ", "XI")},
    "models.ProductDistribution": {"ones": np.array([0.3, 0.6])},
    "models.ThermalModel": {"spectrum": lambda: models.CategoricalSpectrum(2)},
    "models.pauli_sum": {"hamiltonian": ising},
    "models.Classifier": {"classes": 2},
    "models.Segmenter": {"wires": 4},
    "objectives.measure_shadow": {"wires": None},
    "objectives.measured_likelihood": {"model": born, "data": P},
    "objectives.measured_discrepancy": {"model": born, "data": P, "bandwidths": np.array([1.0])},
    "objectives.measured_transport": {"model": born, "data": P},
    "objectives.sampled_discrepancy": {
        "data": SAMPLES,
        "model": SAMPLES,
        "bandwidths": np.array([1.0]),
    },
    "objectives.thermalisation": {
        "model": thermal,
        "hamiltonian": ising,
        "shots": None,
        "seed": None,
    },
    **dict.fromkeys(
        (
            "objectives.deferred_cross_entropy",
            "objectives.empirical_cross_entropy",
            "objectives.exact_cross_entropy",
            "objectives.shadow_cross_entropy",
        ),
        {"model": thermal},
    ),
    "regularise.project_to_support": {"data": RHO, "of": SIGMA},
    "runs.find": {"name_or_path": "quickstart"},
    "runs.to_json": {"value": lambda: {"a": 1.0}},
    "runs.setting": {"default": 1.0},
    "states.Pure": {"ket": np.array([0.6, 0.8])},
    "states.Ensemble": {"weights": np.array([0.5, 0.5])},
    "states.IsingChain": {"sites": 3},
    "states.Product": {"factors": (states.Diagonal([0.4, 0.6]), states.Diagonal([0.1, 0.9]))},
    "states.Rotated": {"spectrum": P, "basis": np.eye(4)},
    "states.Thermal": {"hamiltonian": ising},
    "states.lanczos_cross_entropy": {
        "data": lambda: states.Pure([1, 0, 0, 0]),
        "least": 1e-3,
        "tolerance": 1e-8,
    },
    "states.random_density_matrix": {"d": 3, "rank": 2, "seed": 0},
    "tomography.Povm": {"sites": lambda: tomography.Povm.pauli(2).sites},
    "tomography.measure_pauli": {"prepare": lambda: prepare},
    "tomography.read_counts": {"counts": lambda: {"XX": {"00": 5, "11": 3}, "ZZ": {"01": 2}}},
    "tomography.reconstruct": {"counts": pauli_counts, "max_steps": 5},
    "tomography.simulate_pauli": {"state": RHO},
    "trainability.landscape": {"objective": likelihood, "params": np.full((2, 6), 0.1)},
    **dict.fromkeys(
        ("trainability.haar_cross_entropy", "trainability.haar_cross_entropy_slope"),
        {"data": P, "model": Q},
    ),
    "trainability.spread": {"values": P},
    "training.fit": {"objective": likelihood, "tolerance": 1e-8},
    "training.fit_many": {"objective": likelihood, "seeds": (0, 1)},
    "training.plan": {"objective": likelihood},
    "xeb.digital_fidelity": {"errors": ((0.01, 3), (0.02, 4))},
    "xeb.fit_decay": {
        "depths": np.array([2, 4, 8, 16]),
        "fidelities": np.array([0.9, 0.8, 0.6, 0.4]),
        "stderrs": np.full(4, 0.01),
    },
    "xeb.measure": {"circuit": lambda: prepare},
    "xeb.moments": {"estimator": "linear", "dimension": 4},
    "xeb.shot_variance": {"estimator": "linear", "fidelity": 0.5},
    "xeb.heavy_output_probability": {"ideal": P, "counts": COUNTS},
}
