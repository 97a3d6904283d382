"""What random calls have found, one test a kind: raw errors, silence, names of other arguments."""

import math
import os
import tracemalloc

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from fuzz_fill_files import experiment, run, spec
from fuzz_samples import SAMPLES, likelihood, machine, thermal

import qce
from qce import (
    ArgumentError,
    boltzmann,
    classical,
    data,
    learning,
    losses,
    models,
    objectives,
    plots,
    quantum,
    runs,
    states,
    tomography,
)

LAW = np.array([0.1, 0.2, 0.3, 0.4])
PAULIS = {"ZI": 0.4, "XX": -0.7}


def two_masks(**settings):
    return losses.tversky_loss(np.ones((2, 4, 4)), np.full((2, 4, 4), 0.5), **settings)


def unlike(params, operators, key):
    return params


# By kind: a call, and the arguments that have to be named.
REFUSED = {
    "an array where a number decides which way is taken": (
        lambda: states.GaussianFermions.thermal(PAULIS, np.zeros(3)),
        ("beta",),
    ),
    "an empty array there": (
        lambda: states.GaussianFermions.thermal(PAULIS, np.zeros(0)),
        ("beta",),
    ),
    "an array where None means something": (
        lambda: models.TensorTree.from_chow_liu(SAMPLES, 2, smoothing=np.zeros(3)),
        ("smoothing",),
    ),
    "what is refused inside, under the name inside": (
        lambda: machine().state(np.full(5, 0.1j)),
        ("params",),
    ),
    "a size, before the array of it is made": (
        lambda: states.QuadraticHamiltonian.ssh(10**6, 1.0, 0.5),
        ("cells",),
    ),
    "a size beyond all arrays": (
        lambda: states.QuadraticHamiltonian.ssh(2**65, 1.0, 0.5),
        ("cells",),
    ),
    "a text where it is masked before it is checked": (
        lambda: two_masks(pixel_weights="", where=True),
        ("pixel_weights",),
    ),
    "a shape that does not fit, where it is masked before it is checked": (
        lambda: losses.softmax_cross_entropy([0, 1, 2], np.eye(3), weights=np.ones(6), where=True),
        ("weights",),
    ),
    "terms of which there are none": (
        lambda: models.PauliTerms.chain(2),
        ("fields", "couplings"),
    ),
    "couplings of one wire": (lambda: models.PauliTerms.chain(1, couplings=["ZZ"]), ("wires",)),
    "couplings whose metric is no number": (
        lambda: boltzmann.coupling_errors(
            boltzmann.FermionMachine.ising(2), np.full(3, 1e200), np.ones(3)
        ),
        ("params",),
    ),
    "hidden wires beyond all integers of NumPy": (
        lambda: models.Matchgate(np.int64(2), hidden=2**65),
        ("wires",),
    ),
    "truth values where 0, 1 and 2 are letters": (
        lambda: data.PauliOutcomes(True, [[0, 1]]),
        ("settings",),
    ),
    "too many wires for a bond that is given": (
        lambda: models.PurifiedChain.ghz(10**9),
        ("wires", "bond"),
    ),
    "shots that a trial of a model has no room for": (
        lambda: models.check(models.IQP(1, [(0,)]), shots=10**9),
        ("shots",),
    ),
    "a truth value for an axis": (lambda: two_masks(axis=True), ("axis",)),
    "a seed that exact values do not need": (
        lambda: objectives.deferred_cross_entropy(thermal(), np.eye(4) / 4, seed="a"),
        ("seed",),
    ),
    "a seed that is not needed": (
        lambda: objectives.shadow_cross_entropy(thermal(), np.eye(4) / 4, seed=True),
        ("seed",),
    ),
    "two that rule each other out": (
        lambda: qce.fit(likelihood(), steps=2, epochs=5, progress=False),
        ("steps", "epochs"),
    ),
    "two in the wrong order": (
        lambda: states.QuadraticHamiltonian.random_bonds(3, 0, low=2.0, high=1.0),
        ("low", "high"),
    ),
    "two that make a class empty": (
        lambda: losses.balanced_class_weights([0, 1], 2, weights=[1, 0]),
        ("labels", "weights"),
    ),
    "one that is needed beside another": (
        lambda: objectives.moment_discrepancy(unlike, SAMPLES, bandwidths=np.ones(1)),
        ("initial", "expectations"),
    ),
    "an array for the name of an engine": (
        lambda: runs.sweep(experiment(), [spec()], engine=np.zeros(3)),
        ("engine",),
    ),
    "an array for the name of a loss": (
        lambda: learning.Online(models.Classifier(3, 2, 1), loss=np.zeros(3)),
        ("loss",),
    ),
    "members of two shapes": (
        lambda: classical.jensen_shannon_divergence(LAW, LAW[None], weights=[0.5, 0.5]),
        ("data", "model"),
    ),
    "no place at all": (runs.load, ("places",)),
    "a callback of the step alone": (
        lambda: boltzmann.learn(machine(), np.eye(4) / 4, callback=lambda step: None),
        ("callback",),
    ),
    "a callback of the step alone, beside a record": (
        lambda: runs.Record().fit(likelihood(), callback=lambda step: None),
        ("callback",),
    ),
    "a model that is none": (lambda: qce.save(5, [0.1], "model.npz"), ("model",)),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_was_a_raw_error_or_another_name_is_refused_by_name(kind, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    call, names = REFUSED[kind]
    with pytest.raises(ArgumentError) as refused:
        call()
    assert refused.value.arguments == names
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("off", [0, 1e-12, 1e-9, -1e-8])
def test_laws_whose_sums_differ_by_what_is_allowed_are_transported(off):
    """Marginals of sums 1 and 1 + δ cannot meet to 64 ε: the iteration never ended well."""
    p, q = np.array([0.4, 0.3, 0.2, 0.1]), np.array([0.1, 0.2, 0.3, 0.4])
    exact = losses.sinkhorn_divergence(p, q)
    assert exact > 0
    # Potentials are at most 2n + ε = 4.5 here, and the value is their mean under both laws.
    assert abs(losses.sinkhorn_divergence(p, q * (1 + off)) - exact) <= 4.5 * abs(off) + 1e-13


def test_a_law_of_single_precision_is_transported_to_one_of_double():
    p, q = np.array([0.4, 0.3, 0.2, 0.1]), np.array([0.1, 0.2, 0.3, 0.4])
    value = losses.sinkhorn_divergence(p, q.astype(np.float32))
    # q is known to ε/2 of its entries, whose sum is 1: 4.5 ε/2 as above.
    assert abs(value - losses.sinkhorn_divergence(p, q)) <= 4.5 * np.finfo(np.float32).eps / 2


def test_many_shots_of_a_tree_are_drawn_in_parts():
    """A matrix of 16 × 16 in each of 2^16 rows takes 128 MiB, and a walk holds ten of them."""
    tree = models.hidden_tree(SAMPLES)
    tracemalloc.start()
    assert tree.sample(2**16, 0).shape == (2**16, 2)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**30


def test_a_penalty_may_be_a_number_of_another_library():
    counts = data.Counts.from_counts({"Z": {"0": 3, "1": 1}, "X": {"0": 2, "1": 2}})
    found, other = (
        tomography.reconstruct(counts, hedge=hedge, steps=5).state
        for hedge in (0.5, torch.tensor(0.5))
    )
    np.testing.assert_array_equal(found, other)


@pytest.mark.parametrize("twin", [classical, quantum])
def test_members_of_two_precisions_are_one_ensemble(twin):
    """Each is checked by its own ε: as doubles, laws of single precision sum to 1 + 2e-8."""
    p, q = np.array([0.4, 0.3, 0.2, 0.1]), LAW.astype(np.float32)
    written = np.asarray if twin is classical else np.diag
    value = twin.holevo_information((written(p), written(q)), [0.5, 0.5])
    assert value == twin.jensen_shannon_divergence(written(p), written(q), weights=[0.5, 0.5])
    exact = twin.holevo_information((written(p), written(LAW)), [0.5, 0.5])
    # Slopes ln(q/m) are below 1 here, and entries are known to ε/2 of themselves.
    assert abs(value - exact) <= np.finfo(np.float32).eps / 2


@pytest.mark.parametrize("twin", [losses.classical, losses.quantum])
def test_weights_of_classes_may_be_an_array_of_another_library(twin):
    p, q = np.array([0.4, 0.6]), np.array([0.3, 0.7])
    if twin is losses.quantum:
        p, q = np.diag(p), np.diag(q)
    expected = twin.weighted_cross_entropy((p, q), q, (1.0, 3.0))
    found = twin.weighted_cross_entropy((p, q), q, torch.tensor([1.0, 3.0], dtype=torch.float64))
    assert float(found) == pytest.approx(float(expected), abs=4 * np.finfo(float).eps)


@pytest.mark.parametrize("name", ["metrics.jsonl", "checkpoint.npz"])
@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_a_record_is_written_into_files_of_its_own(name, make, tmp_path):
    make(tmp_path / name)
    record = runs.Record(tmp_path)
    with pytest.raises(ArgumentError, match="files of the run alone") as refused:
        record.metrics(loss=0.5)
        record.checkpoint(x=LAW)
    assert refused.value.arguments == ("folder",)


# --- figures -----------------------------------------------------------------------------------

LOSS = np.array([0.9, 0.5, 0.3])
PATH = {"strength": LOSS, "entropy": LOSS}
DRAWN = {
    "steps of another length": (
        lambda axes: plots.history(axes, [0, 1], LOSS, label="a"),
        ("steps", "loss"),
    ),
    "a table for a row": (
        lambda axes: plots.history(axes, LOSS, [LOSS] * 3, label="a"),
        ("loss",),
    ),
    "complex losses": (
        lambda axes: plots.excess(axes, LOSS, LOSS * 1j, 0.1, label="a"),
        ("loss",),
    ),
    "no axes": (lambda axes: plots.history(axes.figure, LOSS, LOSS, label="a"), ("axes",)),
    "a floor that is a word": (
        lambda axes: plots.excess(axes, LOSS, LOSS, "0", label="a"),
        ("floor",),
    ),
    "a quantity that is not there": (
        lambda axes: plots.dephasing(axes, PATH, ["purity"]),
        ("names",),
    ),
    "more than four": (lambda axes: plots.dephasing(axes, PATH, ["entropy"] * 5), ("names",)),
    "a path without strength": (lambda axes: plots.dephasing(axes, {}, ["entropy"]), ("path",)),
    "a run without floor": (
        lambda axes: plots.twin_training(axes, {"quantum": LOSS, "classical": LOSS}),
        ("training",),
    ),
    "a column that is not there": (
        lambda axes: runs.draw_metrics(run(), "metrics.pdf", y=["loss"]),
        ("y",),
    ),
    "a word for columns": (lambda axes: runs.draw_metrics(run(), "metrics.pdf", y="value"), ("y",)),
}


@pytest.mark.parametrize("kind", DRAWN)
def test_what_cannot_be_drawn_is_refused_by_name(kind, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    call, names = DRAWN[kind]
    with pytest.raises(ArgumentError) as refused:
        call(plt.figure().add_subplot())
    plt.close("all")
    assert refused.value.arguments == names


def test_losses_that_are_nan_leave_a_gap():
    axes = plt.figure().add_subplot()
    plots.history(axes, [0, 1, 2], [0.5, math.nan, 0.3], label="loss")
    assert np.isnan(axes.lines[0].get_ydata()).tolist() == [False, True, False]
    plt.close("all")
