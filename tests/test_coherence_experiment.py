"""What coherence buys, on four bits: the start is the best of all trees."""

import inspect
from functools import cache
from itertools import combinations

import numpy as np
import pytest
from legibility import illegible

import qce
from qce import models, objectives, runs

SETTINGS = {"pixels": 2, "seeds": 2, "bond": 2, "epochs": 1, "batch": 2000, "em_epochs": 1}


@cache
def outcome(**settings):
    experiment = runs.load_experiment(runs.find("coherence"))
    return experiment.run(experiment.spec(**SETTINGS | settings), record=runs.Record())


def functions():
    return inspect.unwrap(runs.load_experiment(runs.find("coherence")).run).__globals__


def best_tree(train, test, smoothing):
    """Surprise of test rows under the likeliest of all trees of four bits, by trying every one."""
    n = train.shape[1]
    pairs = list(combinations(range(n), 2))
    single = [(np.bincount(x, minlength=2) + 2 * smoothing) for x in train.T]
    joint = {
        (i, j): np.bincount(2 * train[:, i] + train[:, j], minlength=4).reshape(2, 2) + smoothing
        for i, j in pairs
    }
    total = len(train) + 4 * smoothing
    gain = {
        (i, j): float(np.sum(joint[i, j] / total * np.log(
            joint[i, j] * total / np.outer(joint[i, j].sum(1), joint[i, j].sum(0)))))
        for i, j in pairs
    }  # fmt: skip
    trees = [edges for edges in combinations(pairs, n - 1) if spans(edges, n)]
    edges = max(trees, key=lambda tree: sum(gain[e] for e in tree))
    logs = sum(np.log(single[i] / total)[test[:, i]] for i in range(n))
    for i, j in edges:
        ratio = joint[i, j] * total / np.outer(joint[i, j].sum(1), joint[i, j].sum(0))
        logs = logs + np.log(ratio)[test[:, i], test[:, j]]
    return -float(logs.mean())


def spans(edges, n):
    reached = {0}
    for _ in range(n):
        reached |= {x for edge in edges if reached & set(edge) for x in edge}
    return len(reached) == n


@pytest.mark.long
def test_the_chow_liu_tree_is_the_best_of_all_trees():
    code = functions()
    rows = code["table"](code["Spec"](**SETTINGS))
    train, valid, test = code["split"](rows, 0)
    assert rows.shape == (1797, 4) and len(valid) == len(test) == 180
    surprise = {a: best_tree(train, valid, a) for a in code["SMOOTHINGS"]}
    chosen = min(surprise, key=surprise.get)
    found = outcome().history["Chow-Liu tree"][0]
    assert found == pytest.approx(best_tree(train, test, chosen), abs=1e-12)


def test_a_single_step_leaves_every_coherence_near_the_tree():
    """One step changes each parameter by its rate at most, 0.01, but for a change of axes."""
    found = outcome().history
    assert found["tree"].shape == (2, 3)
    above = found["tree"] - found["Chow-Liu tree"][:, None]
    assert np.abs(above).max() < 0.1 and np.ptp(above, axis=1).max() > 0


@pytest.mark.long
def test_trees_are_trained_as_the_settings_say():
    """The parts that no tree is in stay as they are; the library trains by SOAP from noise 0.1."""
    default, adam = outcome().history, outcome(optimizer="adam", noise=1.0).history
    for name in ("Chow-Liu tree", "independent bits", "hidden tree by EM"):
        np.testing.assert_array_equal(default[name], adam[name])
    assert (default["tree"][:, -1] != adam["tree"][:, -1]).all()
    code = functions()
    spec = code["Spec"](**SETTINGS)
    parts = code["split"](code["table"](spec), 0)
    model, start = models.TensorTree.from_chow_liu(parts[0], 2, 0, dtype="float32")
    likelihood = objectives.measured_likelihood(model, parts[0])
    fitted = qce.fit(likelihood, start, batch=2000, epochs=1, validation=parts[1], progress=False)
    found = -float(np.mean(model.log_prob(fitted.params, parts[2])))
    assert default["tree"][0, -1] == pytest.approx(found, abs=1e-5)  # float32


def test_differences_are_those_of_the_same_splits():
    rows, found = outcome().report["Test rows (nats)"], outcome().history["tree"]
    gain = found[:, 0] - found[:, -1]
    assert rows["coherence 0 less 1"] == pytest.approx(gain.mean(), rel=1e-12)
    assert rows["coherence 0 less 1, share of splits"] == np.mean(gain > 0)


def test_between_the_ends_it_is_compared_with_the_last_in_pairs():
    rows, found = outcome().report["Test rows (nats)"], outcome().history["tree"]
    more = found[:, -1] - found[:, 1]
    assert rows["coherence 1 less 0.9"] == pytest.approx(more.mean(), rel=1e-12)
    assert rows["coherence 1 less 0.9, share of splits"] == np.mean(more > 0)
    assert 0 < rows["coherence 1 less 0.9, p (Wilcoxon)"] <= 1


def test_the_best_epoch_is_the_one_that_the_validation_rows_like_best():
    """Of three; by a training of its own."""
    code = functions()
    spec = code["Spec"](**SETTINGS | {"epochs": 3})
    train, valid, test = code["split"](code["table"](spec), 0)
    model, start = models.TensorTree.from_chow_liu(train, 2, 0, dtype="float32")
    likelihood = objectives.measured_likelihood(model, train)
    settings = {"batch": 2000, "epochs": 3, "progress": False}
    seen = qce.fit(likelihood, start, validation=valid, **settings).history["validation"]
    _, best = code["trained"](spec, (train, valid, test), 1.0, 0)
    assert best == np.flatnonzero(~np.isnan(seen)).tolist().index(np.nanargmin(seen)) + 1


def test_best_epochs_are_compared_in_pairs():
    code = functions()
    best = np.array([[3.0, 5.0, 7.0], [4.0, 5.0, 9.0], [5.0, 6.0, 8.0]])
    rows = code["chosen"](code["Spec"](**SETTINGS), best)
    assert rows["coherence 0"] == 4 and rows["coherence 0.9"] == pytest.approx(16 / 3)
    assert rows["coherence 0 less 1"] == -4
    assert rows["coherence 0 less 1, p (Wilcoxon)"] == 0.25  # of 2³ signs the two extreme ones


def test_the_figure_is_to_be_read():
    import matplotlib.pyplot as plt

    from qce import plots

    with plots.style():
        figure = runs.load_experiment(runs.find("coherence")).draw(outcome())
        assert illegible(figure) == []
        plt.close(figure)
