"""Digests of what a training is of, and what a checkpoint does with them."""

import json
from functools import partial

import jax.numpy as jnp
import numpy as np
import pennylane as qml
import pytest

from qce import boltzmann, circuits, fit, models, objectives
from qce.circuits.circuit import Block, Circuit
from qce.data import Preparations
from qce.states import Ensemble
from qce.training.digest import digest, digests

LAW = np.array([0.4, 0.3, 0.2, 0.1])
MACHINE = models.BornMachine(circuits.rx(2))
THERMAL = models.ThermalModel(circuits.rx(1), models.ProductSpectrum(1))
SCALE = 1.0


def changed(one, other):
    """Names of the parts in which two objectives differ."""
    first, second = digests(one), digests(other)
    return sorted(name for name in first | second if first.get(name) != second.get(name))


def likelihood(law=LAW, model=MACHINE, **settings):
    return objectives.measured_likelihood(model, law, **settings)


PLAIN = likelihood()


def test_equal_objectives_have_equal_digests_however_they_are_written():
    assert changed(likelihood(), likelihood(LAW.tolist())) == []
    assert changed(likelihood(shots=10), likelihood(shots=np.int64(10))) == []
    assert changed(likelihood(), likelihood(np.asfortranarray(LAW))) == []

    def apply(params, on):
        for angle, wire in zip(params, on, strict=True):
            qml.RX(angle, wire)

    written = Circuit(2, ((Block("mine", 2, apply), 1),))
    found = changed(likelihood(), likelihood(model=models.BornMachine(written)))
    assert found == []  # the gates are the same


@pytest.mark.parametrize(
    ("other", "part"),
    [
        (likelihood(LAW[::-1]), "data"),
        (likelihood(np.nextafter(LAW, 1)), "data"),
        (likelihood(shots=100), "shots"),
        (likelihood(device="default.qubit"), "device"),
        (likelihood(seed=1), "seed"),
        (likelihood(smoothing="hedged"), "smoothing"),
        (likelihood(model=models.BornMachine(circuits.ising(2, 1))), "circuit"),
        (likelihood(model=models.ThermalModel(circuits.rx(2), models.ProductSpectrum(2))), "model"),
    ],
)  # fmt: skip
def test_each_change_is_named(other, part):
    assert changed(likelihood(), other) == [part]


def test_angles_wires_order_and_hidden_matrices_of_a_circuit_count():
    def machine(apply):
        return likelihood(model=models.BornMachine(Circuit(2, ((Block("mine", 2, apply), 1),))))

    def one(params, on):
        qml.RX(params[0], on[0])
        qml.RY(params[1], on[1])

    others = [
        lambda p, on: (qml.RX(2 * p[0], on[0]), qml.RY(p[1], on[1])),
        lambda p, on: (qml.RX(p[0], on[1]), qml.RY(p[1], on[0])),
        lambda p, on: (qml.RY(p[1], on[1]), qml.RX(p[0], on[0])),
        lambda p, on: (qml.RX(p[0], on[0]), qml.RY(p[1] + 1e-6, on[1])),
        lambda p, on: (qml.RX(p[0], on[0]), qml.RZ(p[1], on[1])),
    ]
    for other in others:
        assert changed(machine(one), machine(other)) == ["circuit"]
    turned = [circuits.fixed(np.diag([1, np.exp(1j * a)])) for a in (0.1, 0.2)]
    first, second = (models.ThermalModel(c, models.ProductSpectrum(1)) for c in turned)
    rho = np.diag([0.9, 0.1])
    exact = objectives.exact_cross_entropy
    assert changed(exact(first, rho), exact(second, rho)) == ["circuit"]


def test_data_of_every_kind_count():
    rho, other = np.diag([0.9, 0.1]), np.diag([0.8, 0.2])
    exact = objectives.exact_cross_entropy
    assert changed(exact(THERMAL, rho), exact(THERMAL, other)) == ["data"]
    kets = [Ensemble(np.eye(2), np.array(w)) for w in ([0.5, 0.5], [0.6, 0.4])]
    assert changed(*(exact(THERMAL, k) for k in kets)) == ["data"]

    def prepared(angle):
        return Preparations([lambda wires: qml.RX(angle, wires=wires)], np.array([1.0]))

    deferred = partial(objectives.deferred_cross_entropy, THERMAL, shots=10)
    assert changed(deferred(prepared(0.1)), deferred(prepared(0.1))) == []
    assert changed(deferred(prepared(0.1)), deferred(prepared(0.2))) == ["data"]
    machine = models.BoltzmannMachine(models.PauliTerms(("X", "Z")))
    gibbs = boltzmann.gibbs_cross_entropy
    assert changed(gibbs(machine, rho), gibbs(machine, other)) == ["data"]
    assert changed(gibbs(machine, rho), gibbs(machine, rho, memory=2.0)) == []


def test_functions_count_by_code_closures_defaults_and_globals_of_their_module(monkeypatch):
    def scaled(factor):
        return lambda p: factor * p

    assert digest(scaled(1.0)) == digest(scaled(1.0)) != digest(scaled(2.0))
    assert digest(lambda p: p + 1) != digest(lambda p: p + 2)
    assert digest(lambda p, a=1: p + a) != digest(lambda p, a=2: p + a)
    assert digest(partial(max, 1)) != digest(partial(max, 2))
    assert digest(lambda p: jnp.sin(p)) != digest(lambda p: jnp.cos(p))

    def loss(p):
        return SCALE * p

    before = digest(loss)
    monkeypatch.setitem(globals(), "SCALE", 2.0)
    assert digest(loss) != before


def test_an_objective_made_by_hand_counts_by_its_function():
    def of(law):
        return objectives.Objective("mine", MACHINE, evaluate=lambda p: (p @ p + law[0], 0.0))

    assert changed(of(LAW), of(LAW)) == []
    assert changed(of(LAW), of(LAW[::-1])) == ["loss"]


def test_what_holds_itself_and_what_is_no_number_have_digests():
    loop = {}
    loop["self"] = loop
    found = [
        digest(x)
        for x in (loop, {1, 2}, None, "a", b"a", Block, np, np.array(["a"]), [[1], [1, 2]])
    ]
    assert len(set(found)) == len(found)
    assert digest({1, 2}) == digest({2, 1})


# --- checkpoints ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("other", "part"),
    [
        (likelihood(LAW[::-1]), "data"),
        (likelihood(model=models.BornMachine(circuits.basis_change("XX"))), "size"),
        (likelihood(model=models.BornMachine(circuits.rotations_xx(2, 0))), "size"),
    ],
)
def test_resume_refuses_a_checkpoint_of_other_data(tmp_path, other, part):
    path = tmp_path / "x.npz"
    fit(PLAIN, steps=2, checkpoint=path, progress=False)
    before = path.read_bytes()
    with pytest.raises(
        ValueError, match=f"`checkpoint` must be of a training with the same {part}"
    ):
        fit(other, steps=4, checkpoint=path, resume=True, progress=False)
    assert path.read_bytes() == before


def test_resume_refuses_a_checkpoint_of_another_circuit_and_data_and_names_both(tmp_path):
    path = tmp_path / "x.npz"
    fit(PLAIN, steps=2, checkpoint=path, progress=False)
    block = Block("RY", 2, lambda p, on: [qml.RY(a, w) for a, w in zip(p, on, strict=True)])
    other = likelihood(LAW[::-1], model=models.BornMachine(Circuit(2, ((block, 1),))))
    with pytest.raises(ValueError, match="the same circuit and data, but .*x.npz was written with"):
        fit(other, steps=4, checkpoint=path, resume=True, progress=False)


def test_a_checkpoint_is_in_a_folder_that_is_there(tmp_path):
    with pytest.raises(
        FileNotFoundError, match="`checkpoint` must be in a folder, but there is no"
    ):
        fit(PLAIN, checkpoint=tmp_path / "none" / "x.npz")


def test_no_link_is_written_through(tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    folder = tmp_path / "run"
    folder.mkdir()
    for name in ("x.npz.tmp", "x.tmp"):
        (folder / name).symlink_to(victim)
    fit(PLAIN, steps=3, checkpoint=folder / "x.npz", progress=False)
    assert victim.read_text() == "precious"
    left = {path.name for path in folder.iterdir()}
    assert left == {"x.npz", "x.npz.tmp", "x.tmp"}


def damages():
    """What may be wrong inside a file that is an archive of arrays."""
    yield "no state", lambda stored: stored.pop("state_0")
    yield "other shape", lambda stored: stored.update(state_0=np.zeros(7))
    yield "other type", lambda stored: stored.update(state_0=np.array(["a", "b"]))
    yield "no history", lambda stored: stored.pop("history_loss")
    yield "a short history", lambda stored: stored.update(history_loss=stored["history_loss"][:1])
    yield "a flat history", lambda stored: stored.update(history_loss=np.array(1.0))
    yield "no spending", lambda stored: stored.update(spent=np.array([1]))
    yield "spent words", lambda stored: stored.update(spent=np.array(["a", "b", "c"]))
    yield "about is a list", lambda stored: stored.update(about=np.array("[1]"))
    yield "about is no JSON", lambda stored: stored.update(about=np.array("{"))
    yield "digests are a number", _spoilt_digests
    yield "no bias", lambda stored: stored.pop("bias")


def _spoilt_digests(stored):
    about = json.loads(str(stored["about"])) | {"digests": 3}
    stored["about"] = np.array(json.dumps(about))


@pytest.mark.parametrize("damage", [pytest.param(act, id=name) for name, act in damages()])
def test_a_damaged_checkpoint_is_refused_in_words(tmp_path, damage):
    path = tmp_path / "x.npz"
    fit(PLAIN, steps=3, checkpoint=path, progress=False)
    with np.load(path) as file:
        stored = dict(file)
    damage(stored)
    np.savez(path, **stored)
    with pytest.raises(ValueError, match="`checkpoint` must be"):
        fit(PLAIN, steps=4, checkpoint=path, resume=True, progress=False)


def test_bits_that_flip_are_refused_or_change_nothing(tmp_path):
    path, rng = tmp_path / "x.npz", np.random.default_rng(0)
    fit(PLAIN, steps=3, checkpoint=path, progress=False)
    whole = path.read_bytes()
    expected = fit(PLAIN, steps=4, progress=False).params
    refused = 0
    for _ in range(100):
        flipped = bytearray(whole)
        flipped[rng.integers(len(whole))] ^= 1 << rng.integers(8)
        path.write_bytes(flipped)
        try:
            found = fit(PLAIN, steps=4, checkpoint=path, resume=True, progress=False)
        except ValueError as problem:
            assert "`checkpoint` must be" in str(problem)
            refused += 1
        else:  # a date or another field of the archive that nobody reads
            np.testing.assert_array_equal(found.params, expected)
    assert refused > 50


def test_every_builder_of_objectives_says_what_it_was_made_of():
    made = [
        likelihood(),
        objectives.exact_cross_entropy(THERMAL, np.eye(2) / 2),
        objectives.adaptive_likelihood(THERMAL, np.eye(2) / 2, shots=20),
        objectives.deferred_cross_entropy(THERMAL, np.eye(2) / 2, shots=10),
        objectives.shadow_cross_entropy(THERMAL, np.eye(2) / 2),
        objectives.empirical_cross_entropy(THERMAL, np.eye(2) / 2),
        objectives.measured_discrepancy(MACHINE, LAW),
        objectives.measured_transport(MACHINE, LAW),
        objectives.moment_discrepancy(models.IQP.up_to(2, 2), np.array([[0, 1], [1, 1]])),
        objectives.thermalisation(THERMAL, qml.Z(0), 1.0),
    ]  # fmt: skip
    others = {"Objective", "entropies", "measure_shadow", "sampled_discrepancy"}
    others |= {"DeploymentGap", "deploy", "deployment_gap"}
    assert {one.recipe.build.__name__ for one in made} == set(objectives.__all__) - others
    for objective in made:
        assert objective.recipe is not None and len(digests(objective)) > 3
        assert changed(objective, objective.recipe()) == []
