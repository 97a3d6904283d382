"""The experiments on models of outcomes, run small, and what they say held against theorems."""

import dataclasses
import inspect

import jax
import numpy as np
import pytest
from legibility import illegible

from qce import plots, runs


def small(tmp_path, name, **settings):
    """What a small run found; its figure can be read."""
    experiment = runs.load_experiment(runs.find(name))
    spec = runs.checked(experiment.spec(**settings))
    folder, outcome = runs.execute(experiment, spec, tmp_path, progress=False)
    with plots.style():
        assert illegible(experiment.draw(runs.read(folder))) == []
    return outcome


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """Rows of four wires in which neighbours mostly agree, as a file of one's own."""
    flips = np.random.default_rng(0).random((400, 4)) < [0.5, 0.2, 0.2, 0.2]
    path = tmp_path_factory.mktemp("data") / "mine.csv"
    np.savetxt(path, np.cumsum(flips, axis=1) % 2, fmt="%d", delimiter=",")
    return str(path)


@pytest.mark.long
def test_two_losses_of_one_circuit_are_judged_by_one_likelihood(tmp_path, table):
    settings = {"data": table, "weight": 2, "steps": 60, "tries": 1, "seeds": 3, "widths": (0.25,)}
    outcome = small(tmp_path, "likelihood_or_discrepancy", **settings)
    rows = outcome.report["Test rows, −ln p (nats)"]
    assert outcome.report["Circuit"] == {
        "wires": 4, "gates": 10, "kept": 240, "held": 27, "test": 133,
    }  # fmt: skip
    apart, found = outcome.report["Above exact likelihood (nats)"], outcome.history
    names = ("IQP, discrepancy, 0.25 n", "independent bits", "Chow-Liu tree", "Boltzmann machine")
    assert set(found) == {"IQP, likelihood", *names}
    for name in names:
        # Means of 3 and 133 differences, in another order.
        assert apart[name] == pytest.approx(rows[name] - rows["IQP, likelihood"], abs=1e-12)
        assert apart[f"{name}, share of seeds worse"] == np.mean(
            found[name] > found["IQP, likelihood"]
        )
    # A chain is a tree, and a tree of pairs a Boltzmann machine: the fits differ by their noise.
    assert abs(rows["Boltzmann machine"] - rows["Chow-Liu tree"]) < 0.1
    assert rows["Chow-Liu tree"] < rows["independent bits"] - 0.1
    for name in ("IQP, likelihood", names[0]):
        assert rows[name] < rows["independent bits"] - 0.05


@pytest.fixture(scope="module")
def two_losses():
    return inspect.unwrap(
        runs.load_experiment(runs.find("likelihood_or_discrepancy")).run
    ).__globals__


def test_rings_are_drawn_from_their_law(two_losses):
    """Every bond agrees with the probability that the transfer matrix gives."""
    spec = two_losses["Spec"](wires=5, rows=4000, temperature=1.5)
    kept, held, test = two_losses["split"](spec, 0)
    assert (len(kept), len(held), len(test)) == (3600, 400, 4000)
    t = np.tanh(1 / 1.5)
    agree = (t + t**4) / (1 + t**5)
    law, spins = two_losses["law"](spec), 1 - 2 * two_losses["every"](5)
    assert law @ (spins[:, 0] * spins[:, 4]) == pytest.approx(agree, abs=1e-14)
    drawn = 1 - 2 * np.concatenate([kept, held, test])
    means = (drawn * np.roll(drawn, 1, axis=1)).mean(axis=0)
    assert np.abs(means - agree).max() < 5 * ((1 - agree**2) / 8000) ** 0.5


@pytest.mark.parametrize("width", [None, 1.0])
def test_both_losses_are_the_sums_they_stand_for(two_losses, width):
    """−Σ t ln p, and Σ (t − p)(x) e^(−h/2s) (t − p)(y), amplitudes from matrices; and slopes."""
    from scipy.linalg import hadamard

    model = two_losses["IQP"].up_to(3, 2)
    angles, goal = np.linspace(0.1, 0.9, 6), np.arange(1.0, 9.0) / 36
    strings = two_losses["every"](3)
    signs = 1 - 2 * np.array([strings[:, list(g)].sum(axis=1) % 2 for g in model.gates])

    def loss(angles):
        p = np.abs(hadamard(8) @ np.exp(-1j * angles @ signs)) ** 2 / 64
        if width is None:
            return -goal @ np.log(p)
        apart = (strings[:, None] != strings[None]).sum(axis=-1)
        return (goal - p) @ np.exp(-apart / (2 * width)) @ (goal - p)

    with jax.enable_x64(True):
        value, slope = two_losses["value_and_slope"](model, width, angles, goal)
    assert float(value) == pytest.approx(loss(angles), rel=1e-12)
    # Central differences: a third derivative below 100 makes 2e-9, rounding 1e-16 over 1e-5.
    steps = 1e-5 * np.eye(6)
    differences = [(loss(angles + e) - loss(angles - e)) / 2e-5 for e in steps]
    assert np.asarray(slope) == pytest.approx(differences, abs=1e-8)


def test_a_refit_takes_the_start_the_noise_and_the_steps_that_held_rows_chose(two_losses):
    """Every choice is made by hand, and the last training is of all rows, for exactly the steps."""
    spec = two_losses["Spec"](wires=4, rows=60, weight=2, steps=12, flips=(0.0, 0.05), refit=True)
    parts = kept, held, _ = two_losses["split"](spec, 8)
    model, train = two_losses["IQP"].up_to(4, 2), two_losses["train"]
    goals, rows = two_losses["empirical"](held), np.concatenate([kept, held])
    ways = [(None, share) for share in spec.flips]

    def trained(bits, share, kind, steps):
        begin = two_losses["start"](model, bits, 8, kind)
        return train(model, begin, None, two_losses["blurred"](bits, share), goals, steps)

    tried = {(s, k): trained(kept, s, k, spec.steps) for _, s in ways for k in range(spec.tries)}
    (share, kind), best = min(tried.items(), key=lambda item: item[1].held)
    # Rings of this seed choose none of the first: flips, the second start, a step in the middle.
    assert (share, kind) == (0.05, 1) and 0 < best.step < spec.steps
    found = two_losses["chosen"](spec, model, parts, 8, ways)
    assert found == pytest.approx(trained(rows, share, kind, best.step).last, abs=1e-12)
    apart = two_losses["chosen"](dataclasses.replace(spec, refit=False), model, parts, 8, ways)
    assert apart == pytest.approx(best.angles, abs=1e-12)
    # The held rows are a tenth of those that train: they move the angles.
    assert np.abs(found - apart).max() > 1e-3


def test_blurring_flips_each_bit_by_itself(two_losses):
    rows = np.array([[0, 0], [0, 0], [1, 0], [1, 1]])
    flip = np.array([[0.9, 0.1], [0.1, 0.9]])
    expected = np.kron(flip, flip) @ [0.5, 0.0, 0.25, 0.25]
    assert two_losses["blurred"](rows, 0.1) == pytest.approx(expected, abs=1e-15)


@pytest.mark.long
def test_noise_takes_from_a_deployed_chain_what_training_gave(tmp_path, table):
    settings = {"data": table, "epochs": 20, "steps": 20, "noise": (0.0, 0.02)}
    outcome = small(tmp_path, "train_here_run_there", **settings)
    ideal = outcome.report["Test rows, −ln p (nats), no noise"]
    assert ideal["chain, circuit"] == pytest.approx(
        ideal["chain, before it is a circuit"], abs=1e-9
    )
    for name in ("chain", "deeper"):
        clean, noisy = outcome.report[f"{name}, noise 0"], outcome.report[f"{name}, noise 0.02"]
        assert abs(clean["gap"]) < 1e-9 and clean["test"] == pytest.approx(
            ideal[f"{name}, circuit"], abs=1e-9
        )
        assert noisy["gap"] > 0
    # More gates under the same noise are further off.
    assert outcome.report["deeper, noise 0.02"]["gap"] > outcome.report["chain, noise 0.02"]["gap"]
