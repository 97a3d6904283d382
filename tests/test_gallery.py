"""The gallery: every script runs from top to bottom, draws, and finds what its page says."""

import re
import runpy
import shutil
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest

from qce import quantum

EXAMPLES = Path(__file__).parent.parent / "docs" / "examples"
SLOW = {
    "calibration",
    "coherence",
    "error_bars",
    "hidden_units",
    "hypothesis_tests",
    "iqp",
    "many_seeds",
    "matchgates",
    "missing_values",
    "mixture_of_trees",
    "noise_and_mitigation",
    "pipeline",
}  # above two seconds
FIGURES = {"calibration": 2, "pictures": 3}  # one elsewhere
SCRIPTS = sorted(EXAMPLES.rglob("*.py"))


def spread(error, expected):
    """The root mean square of errors, in expected ones."""
    return np.sqrt(np.mean((error / expected) ** 2))


def inside(estimates, truth):
    """The share of 95 % intervals that hold the true value."""
    ends = np.array([e.interval(0.95) for e in estimates])
    return np.mean((ends[:, 0] <= truth) & (truth <= ends[:, 1]))


def least(results):
    return min(result.gap for result in results)


# What a page says of its example, of the names that the script leaves.
SAID = {
    "counts": lambda x: abs(x["result"].gap) < 1e-9,
    "table": lambda x: (
        x["tree"].log_prob(x["days"]).mean()
        > x["models"].product(x["days"]).log_prob(x["days"]).mean() + 0.5
    ),
    "missing_values": lambda x: all(
        (one == x["few"])[x["few"] != -1].all() and (one >= 0).all() for one in x["filled"]
    ),
    "tomography": lambda x: x["found"].certificate < 1e-6,
    "pictures": lambda x: quantum.entropy(x["cold"]) < quantum.entropy(x["rho"]),
    "thermal_state": lambda x: least(x["results"]) < 1e-6,
    "hamiltonian": lambda x: np.abs(x["found"].params - x["couplings"]).max() < 0.15,
    "thousand_couplings": lambda x: (
        x["machine"].size == 1035 and abs(spread(x["error"], x["expected"]) - 1) < 0.1
    ),
    "block_entropies": lambda x: abs(6 * x["slope"] - 0.5) < 0.02,
    "pennylane_loop": lambda x: 0 <= x["losses"][-1] - x["floor"] < 2e-3,
    "torch_loop": lambda x: 0 <= x["losses"][-1] - quantum.entropy(x["rho"]).mean().item() < 0.05,
    "jax_loop": lambda x: x["losses"][-1] < 1e-6,
    "pipeline": lambda x: x["scores"].mean() > 0.8,
    "many_seeds": lambda x: x["table"]["seed"].tolist() == list(range(12)),
    "noise_and_mitigation": lambda x: 0 < x["bias"]["both"] < x["bias"]["noise"] / 3,
    "benchmarking": lambda x: 0.9 < x["decay"].layer < 1 - 2 * x["decay"].layer_stderr,
    "error_bars": lambda x: round(x["bars"].observables["ZZ"].value, 3) == 0.76,
    "calibration": lambda x: (
        inside(x["estimates"], x["exact"]) > 0.9 > inside(x["small"], x["exact"])
    ),
    "mixture_of_trees": lambda x: x["means"][-1] <= np.mean(x["means"][2:-1]) < x["means"][1],
    "hidden_units": lambda x: (
        least(x["results"]["quantum unit"])
        < least(x["results"]["classical unit"]) - 0.05
        < np.log(2) - 0.05
    ),
    "coherence": lambda x: x["means"][1] < x["means"][0] < x["means"][2],
    "matchgates": lambda x: x["result"].gap < 0.01 < np.abs(x["pairs"] - x["learned"]).sum(),
    "iqp": lambda x: x["result"].gap < 0.01,
    "classical_limit": lambda x: x["report"].passed,
    "compression": lambda x: (
        np.interp(x["source"].cross_entropy + 0.1, x["rates"], x["success"])
        > 0.99
        > 0.01
        > np.interp(x["source"].cross_entropy - 0.1, x["rates"], x["success"])
    ),
    "hypothesis_tests": lambda x: (
        quantum.measured_relative_entropy(x["rho"], x["sigma"])
        < quantum.relative_entropy(x["rho"], x["sigma"])
    ),
}


def param(path):
    marks = [pytest.mark.long] if path.stem in SLOW else []
    return pytest.param(path, id=path.stem, marks=marks)


def test_there_are_twenty_examples_and_each_says_something_that_is_checked():
    assert len(SCRIPTS) >= 20
    assert {path.stem for path in SCRIPTS} == set(SAID)
    assert {path.parent for path in SCRIPTS} == {
        header.parent for header in EXAMPLES.glob("*/GALLERY_HEADER.rst")
    }


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_an_example_is_short_and_has_a_title_with_one_sentence(path):
    text = path.read_text(encoding="utf-8")
    title, rule, sentence = re.match(r'"""\n(.+)\n(=+)\n\n(.+\.|.+\?.*)\n\n', text).groups()
    assert len(title) == len(rule) and len(sentence) <= 95
    code = text.split('"""\n', 2)[2]
    lines = [line for line in code.splitlines() if line.strip() and not line.startswith("#")]
    assert len(lines) <= 50


@pytest.mark.filterwarnings("ignore:.*non-interactive")
@pytest.mark.parametrize("path", list(map(param, SCRIPTS)))
def test_an_example_runs_draws_and_finds_what_its_page_says(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plt.close("all")
    left = runpy.run_path(str(path), run_name="__main__")
    assert len(plt.get_fignums()) == FIGURES.get(path.stem, 1)
    plt.close("all")
    assert SAID[path.stem](left)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.long
@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_an_example_runs_as_a_notebook_and_shows_each_figure_once(path, tmp_path, monkeypatch):
    """Made by the command that makes the notebooks of the site."""
    nbformat = pytest.importorskip("nbformat", reason="needs the extra `docs`")
    from nbconvert.preprocessors import ExecutePreprocessor
    from sphinx_gallery.notebook import python_to_jupyter_cli

    monkeypatch.delenv("MPLBACKEND", raising=False)  # a kernel has its own
    copy = Path(shutil.copy(path, tmp_path))
    python_to_jupyter_cli([str(copy)])
    notebook = nbformat.read(copy.with_suffix(".ipynb"), as_version=4)
    ExecutePreprocessor(timeout=120).preprocess(notebook, {"metadata": {"path": tmp_path}})
    outputs = [out for cell in notebook.cells for out in cell.get("outputs", ())]
    pictures = [out.data["image/png"] for out in outputs if "image/png" in out.get("data", {})]
    assert len(pictures) == len(set(pictures)) == FIGURES.get(path.stem, 1)


def test_a_notebook_that_takes_qce_first_shows_its_figure(tmp_path, monkeypatch):
    """Whoever imports matplotlib first decides whether the backend of the kernel is heard of."""
    nbformat = pytest.importorskip("nbformat", reason="needs the extra `docs`")
    from nbconvert.preprocessors import ExecutePreprocessor

    monkeypatch.delenv("MPLBACKEND", raising=False)  # a kernel has its own
    code = "from qce import plots\naxes = plots.density_matrix([[0.5, 0], [0, 0.5]])"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    ExecutePreprocessor(timeout=120).preprocess(notebook, {"metadata": {"path": tmp_path}})
    (cell,) = notebook.cells
    shown = [out for out in cell.outputs if "image/png" in out.get("data", {})]
    assert len(shown) == 1
