"""Models in files: read back as they were, never code, never over another file."""

import json
from dataclasses import dataclass

import numpy as np
import pennylane as qml
import pytest
from model_table import TRAINED, named

import qce
from qce import _npz, circuits, models
from qce.errors import ArgumentError
from qce.learning import CircuitClassifier

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
    again, stored = qce.load(tmp_path / "model")  # as it was named
    assert path.name == "model.npz" and again == model == qce.load(path)[0]
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
    with pytest.raises(TypeError, match="`model_` and `params_`; `pickle` keeps the scale"):
        qce.save(CircuitClassifier(), np.zeros(3), tmp_path / "y")
    assert sorted(p.name for p in tmp_path.iterdir()) == [path.name]


@pytest.mark.parametrize("model", TRAINED, ids=named)
def test_every_class_that_is_trained_comes_back(model, tmp_path):
    params = np.linspace(-1, 1, model.size)
    again, stored = qce.load(qce.save(model, params, tmp_path / "x"))
    assert again == model
    np.testing.assert_array_equal(stored, params)


# --- classes and functions of one's own -----------------------------------------------------------


@dataclass(frozen=True)
class Own:
    """A model as somebody else may write it."""

    wires: int
    biases: tuple
    inner: object = None

    @property
    def size(self):
        return self.wires


def kick(params, wires):
    qml.RY(params[0], wires=wires[0])


def kicks(size):
    """A builder of blocks, as one's own circuits may have."""
    return circuits.Block("kicks", size, kick, recipe=(kicks, (size,)))


@dataclass(frozen=True)
class Flat:
    wires: int
    size: int = 1


def test_a_model_of_ones_own_comes_back_to_those_who_have_its_class(tmp_path):
    machine = models.BornMachine(circuits.Circuit(2, ((circuits.Block("kick", 1, kick), 2),)))
    model = Own(3, (0.5, float("inf")), machine)
    path = qce.save(model, [1.0, 2.0, 3.0], tmp_path / "x")
    again, params = qce.load(path, own=[Own, kick])
    assert again == model and params.tolist() == [1.0, 2.0, 3.0]
    for own, lacking in (((), "Own"), ((Own,), "kick"), ((kick,), "Own")):
        with pytest.raises(ArgumentError, match=f"names `{lacking}`.*Pass own=.{lacking}.") as told:
            qce.load(path, own=own)
        assert told.value.argument == "own"
    with pytest.raises(TypeError, match="`own` must hold classes and functions"):
        qce.load(path, own=["Own"])


def test_spectra_and_builders_of_ones_own_come_back(tmp_path):
    spectral = models.ThermalModel(circuits.rx(2), models.ProductSpectrum(2))
    built = models.BornMachine(circuits.Circuit(2, ((kicks(1), 3),)))
    for model, own in ((spectral, ()), (built, (kicks,)), (Own(1, (), Flat(1)), (Own, Flat))):
        again, _ = qce.load(qce.save(model, np.zeros(model.size), tmp_path / "x"), own=own)
        assert again == model
        (tmp_path / "x.npz").unlink()


def test_what_has_no_name_is_refused(tmp_path):
    def inside(params, wires):
        pass

    @dataclass(frozen=True)
    class Inside:
        size: int = 1

    class Plain:
        size = 1

    blocks = [circuits.Block("mine", 1, f) for f in (lambda params, wires: None, inside)]
    machines = [models.BornMachine(circuits.Circuit(2, ((block, 1),))) for block in blocks]
    for model in (*machines, Inside(), Own(1, (), {1})):
        with pytest.raises(TypeError, match="`model` must be made of what"):
            qce.save(model, np.zeros(model.size), tmp_path / "x")
    with pytest.raises(TypeError, match="`model` must be a dataclass"):
        qce.save(Plain(), np.zeros(1), tmp_path / "x")
    assert not list(tmp_path.iterdir())


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
        {"function": "os:system"},
        {"function": "qce.models.stored:load"},
        {"class": "own:kick", "fields": {"params": [], "wires": []}},
        {"block": "own:Own", "given": [1, {"list": []}]},
        {"block": "qce.models.born:BornMachine", "given": [1]},
    ],
)
def test_a_file_of_a_stranger_calls_nothing_else(model, tmp_path):
    about = np.array(json.dumps({"schema": 1, "model": model}))
    path = tmp_path / "x.npz"
    with open(path, "wb") as file:
        _npz.dump(file, {"about": about})
    with pytest.raises(ValueError, match="must name a file of a model"):
        qce.load(path, own=[kick, Own])


def test_damaged_files_are_named(tmp_path):
    model = MODELS[0]
    path = qce.save(model, model.initial(0), tmp_path / "x")
    whole = path.read_bytes()
    for cut in (0, 10, len(whole) // 2, len(whole) - 3):
        path.write_bytes(whole[:cut])
        with pytest.raises(ValueError, match="must name a file of a model"):
            qce.load(path)
