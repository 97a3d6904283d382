"""The experiment on devices with Braket's density matrices: what needs the extra `braket`."""

import inspect

import matplotlib.pyplot as plt
import numpy as np
import pytest

pytest.importorskip("braket", reason="needs qce[braket], in an environment of its own")

from qce import plots, runs
from qce.objectives.machine import Call, open_machine

EXPERIMENT = runs.load_experiment(runs.find("hardware"))
CODE = inspect.unwrap(EXPERIMENT.run).__globals__
SPEC = EXPERIMENT.spec(steps=3, shots=200, backend="", layers=1, polish=2)


@pytest.fixture(scope="module")
def outcome():
    return EXPERIMENT.run(SPEC, record=runs.Record())


def test_the_laws_under_channels_are_those_of_braket():
    text = CODE["sources"](SPEC)["braket"]
    assert text.endswith("braket_dm noise=depolarizing:0.01")
    machine = open_machine(text, CODE["WIRES"], None)
    for part in (CODE["Thermal"](SPEC), CODE["Born"](SPEC)):
        _, queues = part.circuits()
        phi = np.random.default_rng(1).normal(size=len(part.angles(part.model.initial(0))))
        laws = CODE["ChannelLaws"](text)([(queue, phi) for queue in queues])
        exact = machine.all_frequencies([Call(queue, phi, None) for queue in queues])
        # PennyLane adds 1e-14 below each of four square roots of a channel: some fifty of them.
        np.testing.assert_allclose(laws, exact, atol=50 * 4e-14)


def test_training_on_braket_ends_between_its_start_and_the_best_under_the_noise(outcome):
    assert "left out" not in outcome.report and "braket_dm" in outcome.device
    for name in ("thermal", "Born machine"):
        found = outcome.report[f"{name}/braket"]
        assert found["evaluations"] == 2 * len(outcome.history[f"{name}/braket/loss"])
        assert found["shots"] == SPEC.shots * found["evaluations"]
        # The best is found from what was learned, and from the ideal optimum.
        assert found["above the best under the noise"] >= 0
        # A mixed Gibbs state is out of reach of noisy gates, a law with no zeros is not.
        floor = outcome.report[f"{name}, floor"]["entropy of the data"]
        assert found["best under the noise"] >= floor
        assert found["standard error of that"] > 0


def test_the_figure_has_a_band_and_a_line_for_braket(outcome):
    with plots.style():
        figure = EXPERIMENT.draw(outcome)
        labels = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
        assert {"Braket noise", "best under Braket noise"} <= set(labels)
        plt.close(figure)
