"""The experiment on a thousand couplings, on few sites: dense matrices, laws, and a figure."""

import inspect
from functools import cache, reduce

import numpy as np
from legibility import illegible
from scipy.linalg import expm

from qce import runs
from qce.reproduce import catalogue, compare
from qce.reproduce.statistics import standard_error

PAULI = {"I": np.eye(2), "X": np.array([[0, 1], [1, 0]]), "Z": np.diag([1, -1])}


@cache
def outcome():
    (figure,) = [figure for figure in catalogue() if figure.name == "couplings"]
    experiment, spec = figure.pair(quick=True)
    return experiment.run(spec, record=runs.Record())


def functions():
    return inspect.unwrap(runs.load_experiment(runs.find("couplings")).run).__globals__


def expectations(machine, params):
    """Of the terms in e^(−H)/Z, by matrices of 2ⁿ rows."""
    terms = [reduce(np.kron, [PAULI[letter] for letter in word]) for word in machine.strings]
    state = expm(-sum(x * term for x, term in zip(params, terms, strict=True)))
    return np.array([np.trace(state @ term) for term in terms]) / np.trace(state)


def test_the_error_of_first_order_is_that_of_matrices():
    """The metric by central differences of dense expectation values, for the same outcomes."""
    code = functions()
    machine, shots = code["FermionMachine"].ising(3), 10**6
    spec = code["Spec"](sites=(3,), shots=shots)
    for draw in range(3):
        truth = code["drawn"](machine, 0, draw)
        step = 1e-5
        metric = [
            (expectations(machine, truth - x) - expectations(machine, truth + x)) / (2 * step)
            for x in step * np.eye(machine.size)
        ]
        moments = expectations(machine, truth)
        ups = np.random.default_rng([0, 3, draw, 1]).binomial(shots, (1 + moments) / 2)
        seen = 2 * ups / shots - 1
        first = np.linalg.solve(np.array(metric), moments - seen)
        found, ours = code["measured"](machine, spec, draw)
        # Conjugate gradients stop at 1e-4 of the right side, times the condition of the metric.
        condition = np.linalg.cond(metric)
        np.testing.assert_allclose(ours, code["rms"](first), rtol=1e-4 * condition)
        # The likeliest couplings have the moments seen.
        best = code["learn"](machine, code["Moments"](seen), optimizer="lbfgs").params
        np.testing.assert_allclose(expectations(machine, best), seen, atol=1e-6)
        np.testing.assert_allclose(found, code["rms"](best - truth), rtol=1e-3)
        variances = (1 - moments**2) / shots
        predicted = np.sqrt(np.mean(np.linalg.inv(metric) ** 2 @ variances))
        np.testing.assert_allclose(code["summed"](machine, spec, draw), predicted, rtol=1e-6)


def test_what_is_known_is_found():
    checks = compare({"couplings": outcome()}, quick=True)
    assert {check.verdict for check in checks} == {"ok"} and len(checks) >= 9


def test_chains_are_learned_to_rounding_and_errors_do_not_grow_with_them():
    found = outcome().history
    for n in found["sites"]:
        left = found[f"{n}/left"]
        # The loss is a sum of n terms of order one.
        assert left[0] > 0.1 * n and abs(left[-1]) < 64 * n * np.finfo(float).eps
        assert left.min() > -64 * n * np.finfo(float).eps
    errors = [found[f"{n}/found"] for n in found["sites"]]
    # Of chances of five standard errors there is none; a tenth is what the ends of a chain are.
    slack = 5 * np.hypot(*(standard_error(x) for x in (errors[0], errors[-1])))
    assert np.mean(errors[-1]) < 1.1 * np.mean(errors[0]) + slack


def test_the_figure_is_to_be_read():
    import matplotlib.pyplot as plt

    from qce import plots

    with plots.style():
        figure = runs.load_experiment(runs.find("couplings")).draw(outcome())
        assert illegible(figure) == []
        plt.close(figure)
