"""The experiments, run small, and what they say held against known values."""

import inspect
import json

import numpy as np
import pytest
from legibility import illegible

from qce import circuits, plots, runs
from qce.data import gibbs_state, transverse_field_ising

# Numbers of the table of the open chain are printed with twelve decimals.
PRINTED = 5e-13


@pytest.fixture(scope="module")
def quickstart():
    return runs.load_experiment(runs.find("quickstart"))


@pytest.fixture(scope="module")
def run(quickstart, tmp_path_factory):
    """Folder and outcome of a short run: the images are only begun."""
    spec = quickstart.spec(image_layers=2, image_steps=60, image_starts=2)
    return runs.execute(quickstart, spec, tmp_path_factory.mktemp("runs"), progress=False)


@pytest.fixture(scope="module")
def report(run):
    return run[1].report


def section(report, start):
    (found,) = [rows for title, rows in report.items() if title.startswith(start)]
    return found


@pytest.mark.long
def test_the_thermal_state_is_learned_down_to_its_entropy(report):
    learned = section(report, "Thermal state")
    # The loss and its floor are sums of 16 terms of order one.
    assert abs(learned["distance left"]) < 1e-12
    assert learned["cross entropy reached"] == pytest.approx(1.659185312773, abs=1e-12)


def test_the_exact_values_are_those_of_the_open_chain(report):
    exact, learned = section(report, "Exact values"), section(report, "Thermal state")
    assert exact["entropy"] == pytest.approx(1.659185312773, abs=PRINTED)
    (cross,) = [value for name, value in exact.items() if name.startswith("cross entropy")]
    assert cross == pytest.approx(2.367007093859, abs=PRINTED)
    assert learned["distance of the best product state"] == pytest.approx(
        0.888729082705, abs=PRINTED
    )
    # Dense matrices of dimension 16 with logarithms up to about 5.
    assert exact["largest deviation from free fermions"] < 16 * 16 * 5 * np.finfo(float).eps


def test_every_number_of_the_images_is_above_what_bounds_it(report):
    rows = section(report, "Handwritten digits")
    entropy = rows["entropy, training"]
    assert rows["training images"] + rows["test images"] == 1797
    # The maximum of a likelihood over a larger family is larger: tree over product.
    assert entropy < rows["tree, training"] < rows["product, training"]
    assert entropy < rows["Born machine, training"] < rows["product, training"] + 1


def test_the_gain_over_the_tree_is_the_difference_of_the_likelihoods(report):
    rows = section(report, "Handwritten digits")
    difference = rows["tree, test"] - rows["Born machine, test"]
    # The mean of 450 differences of logarithms below 100, in any order.
    rounding = 450 * 100 * np.finfo(float).eps
    assert rows["gain over the tree, test"] == pytest.approx(difference, abs=rounding)
    assert 0 < rows["its standard error"] < 1


def test_the_standard_error_of_the_gain_is_that_of_a_sample(quickstart):
    gain = inspect.unwrap(quickstart.run).__globals__["gain"]
    laws = {"Born machine": np.array([0.5, 0.5]), "tree": np.array([0.25, 0.75])}
    bits = np.array([0, 0, 1, 1, 1])
    each = np.log(laws["Born machine"][bits] / laws["tree"][bits])
    mean, error = gain(laws, np.array([0.4, 0.6]), 5)
    assert mean == pytest.approx(each.mean(), rel=1e-14)
    assert error == pytest.approx(each.std(ddof=1) / np.sqrt(5), rel=1e-14)


def test_the_better_of_two_starts_stays(quickstart, report):
    images = inspect.unwrap(quickstart.run).__globals__["images"]
    spec = quickstart.spec(image_layers=2, image_steps=60, image_starts=1)
    ((first,), both) = (
        images(spec, runs.Record()).report.values(),
        section(report, "Handwritten digits"),
    )
    assert both["Born machine, training"] <= first["Born machine, training"]


def test_the_classical_limit_holds(report):
    assert section(report, "Classical limit")["passed"] is True


def test_the_run_leaves_parameters_history_and_seed(run):
    folder, _ = run
    saved = runs.read(folder)
    assert saved.parameters["images/Born machine"].shape == (512,)
    assert saved.history["chain/loss"].shape == saved.history["chain/step"].shape
    assert json.loads((folder / "manifest.json").read_text())["spec"]["seed"] == 0
    assert saved.device.startswith("default.qubit")
    # Each training left its last point; the history has all of them.
    last = {line["part"]: line["loss"] for line in runs.metrics(folder)}
    assert set(last) == {"chain", "images/0", "images/1"}
    assert last["chain"] == saved.history["chain/loss"][-1]
    with np.load(folder / "checkpoint.npz") as kept:
        assert kept["part"] == "images/1"


def test_the_figure_is_drawn_from_what_was_saved(quickstart, run):
    with plots.style():
        figure = quickstart.draw(runs.read(run[0]))
        assert len(figure.subfigs) == 4
        assert illegible(figure) == []


def test_the_circuit_of_the_chain_reaches_its_eigenbasis_from_a_product_spectrum(run):
    from qce.models import ProductSpectrum, ThermalModel

    sigma = ThermalModel(circuits.ising(4, 6), ProductSpectrum(4)).density_matrix(
        run[1].parameters["chain/params"]
    )
    eta = gibbs_state(transverse_field_ising(4))
    # Pinsker: the trace norm squared is at most twice the distance left, itself below 1e-12.
    assert np.abs(np.linalg.eigvalsh(np.asarray(sigma) - eta)).sum() < np.sqrt(2e-12)


def test_an_interrupted_training_leaves_no_run(quickstart, tmp_path, monkeypatch):
    import qce
    from qce.results import Estimate, FitResult, Status

    stopped = FitResult(np.zeros(1), Estimate(1.0), {}, Status.INTERRUPTED, "", 0, 0.0, 0, {})
    monkeypatch.setattr(qce, "fit", lambda *_, **__: stopped, raising=False)
    with pytest.raises(KeyboardInterrupt):
        runs.execute(quickstart, quickstart.spec(), tmp_path, progress=False)
    assert list(tmp_path.iterdir()) == []
