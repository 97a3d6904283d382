"""Models in files: read back as they were, never code, never over another file."""

import json

import numpy as np
import pytest

import qce
from qce import _npz, circuits, models

MODELS = [
    models.BornMachine(circuits.strongly_entangling(3, 2)),
    models.BornMachine(circuits.ising(2, 3)),
    models.BornMachine(circuits.rotations_xx(4, 4, [(0, 3), (1, 2)])),
    models.ThermalModel(circuits.rotations_xx(3, 2), models.PairwiseSpectrum(3)),
    models.ThermalModel(circuits.rx(2), models.ProductSpectrum(2)),
]


@pytest.mark.parametrize("model", MODELS, ids=lambda m: type(m).__name__)
def test_a_model_and_its_parameters_come_back(model, tmp_path):
    params = model.initial(3)
    path = qce.save(model, params, tmp_path / "model")
    again, stored = qce.load(path)
    assert path.name == "model.npz" and again == model
    np.testing.assert_array_equal(stored, params)
    bits = model.sample(params, 5, seed=0)
    np.testing.assert_array_equal(again.log_prob(stored, bits), model.log_prob(params, bits))


def test_a_distribution_has_no_parameters(tmp_path):
    rows = np.random.default_rng(0).integers(0, 2, (50, 6))
    tree = models.chow_liu(rows, smoothing=0.5)
    again, params = qce.load(qce.save(tree, None, tmp_path / "tree.npz"))
    assert params is None
    np.testing.assert_array_equal(again.log_prob(rows), tree.log_prob(rows))


def test_nothing_is_overwritten_and_nothing_is_guessed(tmp_path):
    model = MODELS[0]
    path = qce.save(model, model.initial(0), tmp_path / "x")
    with pytest.raises(FileExistsError, match="never overwritten"):
        qce.save(model, model.initial(1), tmp_path / "x")
    with pytest.raises(ValueError, match=r"`params` must have shape \(18,\)"):
        qce.save(model, np.zeros(3), tmp_path / "y")
    with pytest.raises(ValueError, match="`params` must be those of the model"):
        qce.save(model, None, tmp_path / "y")
    with pytest.raises(FileNotFoundError, match="`path` must be in a folder"):
        qce.save(model, model.initial(0), tmp_path / "none" / "y")
    with pytest.raises(FileNotFoundError, match="`path` must name a file"):
        qce.load(tmp_path / "none")
    assert sorted(p.name for p in tmp_path.iterdir()) == [path.name]


def test_blocks_of_ones_own_are_refused(tmp_path):
    block = circuits.Block("mine", 1, lambda params, wires: None)
    model = models.BornMachine(circuits.Circuit(2, ((block, 1),)))
    with pytest.raises(TypeError, match="whose code a file does not hold"):
        qce.save(model, np.zeros(1), tmp_path / "x")


@pytest.mark.parametrize(
    "model",
    [
        {"class": "os:system", "fields": {"command": "true"}},
        {"class": "qce.models.stored:Path", "fields": {}},
        {"class": "qce.runs.record:Record", "fields": {}},
        {"class": "qce.models.born:np", "fields": {}},
        {"block": "os:system", "given": ["true"]},
        {"block": "qce.models.stored:load", "given": ["/etc/passwd"]},
        {"block": "qce.circuits.ready:rx", "given": [2]},
        {"class": "qce.models.stored:save.__globals__", "fields": {}},
    ],
)
def test_a_file_of_a_stranger_calls_nothing_else(model, tmp_path):
    about = np.array(json.dumps({"schema": 1, "model": model}))
    path = tmp_path / "x.npz"
    with open(path, "wb") as file:
        _npz.dump(file, {"about": about})
    with pytest.raises(ValueError, match="must name a file of a model"):
        qce.load(path)


def test_damaged_files_are_named(tmp_path):
    model = MODELS[0]
    path = qce.save(model, model.initial(0), tmp_path / "x")
    whole = path.read_bytes()
    for cut in (0, 10, len(whole) // 2, len(whole) - 3):
        path.write_bytes(whole[:cut])
        with pytest.raises(ValueError, match="must name a file of a model"):
            qce.load(path)
