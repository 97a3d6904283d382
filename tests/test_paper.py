"""The paper's own files fit together: catalogue, scripts, values, manuscript, references."""

import ast
import dataclasses
import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from qce import runs
from qce.reproduce import catalogue, compare, paper, reproduce
from qce.reproduce.text import Found
from qce.tomography import fisher

FOLDER = paper.folder()
WRITTEN = ("values", "comparison")  # by the command


def whole(name):
    """The text of the manuscript, with what it takes in where it takes it in."""
    text = (FOLDER / f"{name}.tex").read_text(encoding="utf-8")
    parts = re.split(r"\\input\{([^}]+)\}", text)
    taken = [whole(part) if part not in WRITTEN else "" for part in parts[1::2]]
    return "".join(x for pair in zip(parts[::2], [*taken, ""], strict=True) for x in pair)


MAIN, SUPPLEMENT = whole("main"), whole("supplement")
BOTH = MAIN + SUPPLEMENT
FIGURES = catalogue()
names = pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.name)


# --- the catalogue -------------------------------------------------------------------------------


@names
def test_a_figure_has_a_script_an_experiment_and_two_valid_specs(figure):
    assert callable(paper.script(figure.name).panels) and callable(paper.script(figure.name).draw)
    (experiment, full), (_, quick) = figure.pair(quick=False), figure.pair(quick=True)
    assert isinstance(full, experiment.spec) and runs.checked(quick) == quick
    assert experiment.name == figure.experiment
    assert 0 < figure.seconds[1] <= figure.seconds[0]


def test_an_experiment_is_run_once():
    """Values of the text are found by experiment: two figures of it show the same run."""
    settings = defaultdict(set)
    for figure in FIGURES:
        settings[figure.experiment].add((str(figure.full), str(figure.quick)))
    assert all(len(each) == 1 for each in settings.values())


def test_the_manuscript_shows_all_figures_in_the_order_of_the_catalogue():
    for text, there in ((MAIN, False), (SUPPLEMENT, True)):
        shown = re.findall(r"\\includegraphics(?:\[[^]]*\])?\{figures/([^}]+)\}", text)
        assert shown == [figure.name for figure in FIGURES if figure.supplement == there]
    labels = [figure.label for figure in FIGURES]
    assert labels[0] == "fig1" and "figS1" in labels and len(labels) == len(set(labels))


def test_the_documentation_lists_the_figures_of_the_catalogue():
    page = (Path(__file__).parents[1] / "docs/paper.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| (S?\d+) \| `(\w+)` \| \S", page, re.M)
    assert listed == [(figure.label.removeprefix("fig"), figure.name) for figure in FIGURES]


def test_what_is_known_is_of_experiments_of_the_catalogue():
    groups = tomllib.loads((FOLDER / "oracle.toml").read_text(encoding="utf-8"))["check"]
    assert {group["experiment"] for group in groups} <= {f.experiment for f in FIGURES}
    needed = {"experiment", "section", "source", "error", "values"}
    assert all(needed <= set(group) <= needed | {"stderr", "run"} for group in groups)
    assert all(group.get("run", "full") in ("full", "quick") for group in groups)


def test_what_is_random_has_twenty_seeds_in_the_full_run():
    """A setting that counts repetitions, in every experiment that has one."""
    counts = {"seeds", "starts", "shot_starts", "draws", "repeats", "pairs", "circuits"}
    found = {}
    for figure in FIGURES:
        _, spec = figure.pair(quick=False)
        settings = dataclasses.asdict(spec)
        found |= {(figure.name, key): settings[key] for key in counts & set(settings)}
    assert {name for name, _ in found} >= {
        "classical_limit", "measuring_early", "copies", "tomography", "boltzmann", "thermalise",
        "bars_and_stripes", "trainability", "against_classical", "benchmarking",
    }  # fmt: skip
    assert {key: n for key, n in found.items() if n < 20} == {}


def test_the_catalogue_takes_less_than_three_quarters_of_an_hour_on_two_cores():
    """And ten minutes for the quick runs; the longest run alone, or half of all."""
    for place, most in ((0, 45 * 60), (1, 10 * 60)):
        seconds = [figure.seconds[place] for figure in FIGURES]
        assert max(max(seconds), sum(seconds) / 2) < most


# --- figures only plot ---------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted((FOLDER / "figures").glob("*.py")), ids=lambda p: p.stem)
def test_a_script_imports_nothing_that_computes(path):
    drawing = {"matplotlib", "matplotlib.pyplot", "matplotlib.ticker", "qce.plots", "."}
    reading_and_writing = {"pathlib", "tomllib", "qce.reproduce.written"}
    allowed = {"typing", "string", "numpy"} | drawing | reading_and_writing
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("." * node.level + (node.module or ""))
    assert found <= allowed


def test_scripts_load_no_simulator():
    code = (
        "import importlib.util, sys\n"
        "from pathlib import Path\n"
        f"place = Path({str(FOLDER / 'figures')!r})\n"
        "sys.path.insert(0, str(place.parent))\n"
        "import importlib\n"
        "for path in sorted(place.glob('*.py')): importlib.import_module(f'figures.{path.stem}')\n"
        "print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "figures.style" in done.stdout.split()
    assert not {"pennylane", "jax", "optax"} & set(done.stdout.split())


LABEL = r"\\(?:label|fact)\{(\w[^}]*)\}"


# --- the text ------------------------------------------------------------------------------------


HISTORY = defaultdict(lambda: [0.5])


class AnyRun(Found):
    """The settings of a run, and a number for whatever is asked of its report or history."""

    def __call__(self, section, row):
        return 0.5


def keys():
    found = set()
    for figure in FIGURES:
        _, spec = figure.pair(quick=True)
        outcome = runs.Outcome({}, {}, HISTORY)
        run = AnyRun(figure.name, dataclasses.asdict(spec), outcome)
        found |= {f"{figure.experiment}:{key}" for key in paper.script(figure.name).values(run)}
    return found


def test_the_text_calls_every_value_and_no_other():
    called = set(re.findall(r"\\val\{([^}]+)\}", BOTH))
    assert called == keys()


def test_no_number_of_the_text_is_typed_by_hand():
    abstract = MAIN.partition(r"\begin{abstract}")[2].partition(r"\end{abstract}")[0]
    for text in (
        abstract,
        MAIN.partition(r"\maketitle")[2],
        SUPPLEMENT.partition(r"\maketitle")[2],
    ):
        assert len(text) > 500
        widths = re.sub(r"p\{\d+\.\d+\\textwidth\}", "", text)
        assert re.findall(r"\d+\.\d+", widths) == []


ACRONYM = r"(?<![\w\\\\-])(?:L-)?[A-Z][A-Za-z]?[A-Z]{1,4}\b"


@pytest.mark.parametrize("text", [MAIN, SUPPLEMENT], ids=["manuscript", "supplement"])
def test_what_is_written_in_capitals_is_said_in_words(text):
    """Where it first occurs, in brackets after the words or before them: (NLL), or L-BFGS (a …)."""
    body = text.partition(r"\maketitle")[2]
    for pattern in (
        r"%.*",
        r"\$[^$]*\$",
        r"\\(?:val|ref|cite|label|includegraphics|texttt)\{[^}]*\}",
    ):
        body = re.sub(pattern, " ", body)
    body = re.sub(r"\\begin\{(equation|align)\*?\}.*?\\end\{\1\*?\}", " ", body, flags=re.S)
    found = {match.group() for match in re.finditer(ACRONYM, body)}
    assert found
    for name in found:
        first = body.index(name)
        around = body[first - 1 : first + len(name) + 4]
        assert re.match(rf"\({name}\b|.{name},? \(?an? ", around), (name, around)


def test_stored_values_say_what_gives_them():
    """Their data are not here: the command is one that the experiment takes, values are rows."""
    stored = tomllib.loads((FOLDER / "stored.toml").read_text(encoding="utf-8"))
    assert set(stored) == {
        "ising", "blobs", "digits_adam", "digits_soap", "copies_5", "copies_6",
    }  # fmt: skip
    experiment = runs.load_experiment(runs.find("likelihood_or_discrepancy"))
    names = {field.name for field in dataclasses.fields(experiment.spec)}
    for name in ("ising", "blobs"):
        found = stored[name]
        words = found["command"].split()
        assert words[:3] == ["qce", "run", "likelihood_or_discrepancy"]
        settings = dict(zip(words[3::2], words[4::2], strict=True))
        assert {key.removeprefix("--") for key in settings} <= names
        assert settings["--data"] == settings["--published"] == f"{name}.npz"
        assert int(settings["--seeds"]) == found["seeds"]
        rows = found["rows"]
        assert rows["Boltzmann machine"] < rows["IQP, likelihood"] < rows["IQP, published angles"]


@pytest.mark.parametrize("name", ["digits_adam", "digits_soap"])
def test_stored_trainings_of_trees_say_what_gives_them(name):
    """A command that the experiment takes, for fewer steps than the figure, and its means."""
    found = tomllib.loads((FOLDER / "stored.toml").read_text(encoding="utf-8"))[name]
    words = found["command"].split()
    assert words[:3] == ["qce", "run", "coherence"]
    settings = dict(zip(words[3::2], words[4::2], strict=True))
    default = runs.load_experiment(runs.find("coherence")).spec()
    assert {key.removeprefix("--") for key in settings} <= set(dataclasses.asdict(default))
    assert int(settings["--seeds"]) == found["seeds"]
    assert int(settings["--epochs"]) == found["epochs"] < default.epochs
    assert int(settings["--batch"]) > default.batch
    rows = found["rows"]
    # Three numbers of six decimals.
    apart = rows["coherence 0"] - rows["coherence 1"]
    assert rows["coherence 0 less 1"] == pytest.approx(apart, abs=1.5e-6)


@pytest.mark.parametrize("wires", [5, 6])
def test_stored_copies_of_many_wires_say_what_gives_them(wires):
    """A command that the experiment takes; twenty states; the bounds, which need no run."""
    found = tomllib.loads((FOLDER / "stored.toml").read_text(encoding="utf-8"))[f"copies_{wires}"]
    words = found["command"].split()
    assert words[:3] == ["qce", "run", "copies_wires"]
    settings = dict(zip(words[3::2], words[4::2], strict=True))
    default = runs.load_experiment(runs.find("copies_wires")).spec()
    assert {key.removeprefix("--") for key in settings} <= set(dataclasses.asdict(default))
    assert settings["--wires"] == str(wires)
    assert found["repeats"] == default.repeats >= 20
    rows, (length,) = found["rows"], settings["--lengths"].split(",")
    p = np.ones(1)
    for _ in range(wires):
        p = np.kron(p, [(1 - float(length)) / 2, (1 + float(length)) / 2])
    rho = np.diag(p)
    # Six digits are stored.
    assert rows["bound"] == pytest.approx(fisher.gill_massar(rho), rel=1e-5)
    assert rows["collective bound"] == pytest.approx(fisher.holevo(rho), rel=1e-5)
    assert rows["pairs, predicted"] == pytest.approx(fisher.pair_shares(np.sort(p))[1], rel=1e-5)
    for copies in settings["--copies"].split(","):
        for way in ("shadows", "fixed", "unbiased", "pairs", "fresh, averaged", "fresh, Adam"):
            left, error = (rows[f"{way}, {copies} copies{x}"] for x in ("", ", standard error"))
            assert 0 < error < 0.2 * left


def test_references_are_cited_and_citations_have_references():
    oracle = (FOLDER / "oracle.toml").read_text(encoding="utf-8")
    cited = {
        key.strip()
        for keys_ in re.findall(r"\\cite\{([^}]+)\}", BOTH + oracle)
        for key in keys_.split(",")
    }
    entries = re.findall(
        r"^@\w+\{([^,]+),", (FOLDER / "references.bib").read_text(encoding="utf-8"), re.M
    )
    assert len(entries) == len(set(entries)) and set(entries) == cited


def test_what_may_be_left_out_is_asked_for_first():
    for figure in FIGURES:
        asked = rf"\ifcsname val:made:{figure.experiment}\endcsname\input{{{figure.name}}}\fi"
        document = "supplement.tex" if figure.supplement else "main.tex"
        assert (asked in (FOLDER / document).read_text(encoding="utf-8")) == bool(figure.needs)


def test_labels_and_references_of_the_text_are_the_same():
    """The supplement calls those of the manuscript by main: and their names."""
    known = set()
    for text, prefix in ((MAIN, "main:"), (SUPPLEMENT, "")):
        labels = re.findall(LABEL, text)
        assert len(labels) == len(set(labels))
        called = set(re.findall(r"\\(?:eq)?ref\{([^}]+)\}", text))
        assert called <= known | set(labels)
        known = {prefix + label for label in labels}


def test_every_theorem_has_a_proof():
    """Short ones are rows of a table, with their proofs in the supplement."""
    assert MAIN.count(r"\begin{theorem}") == MAIN.count(r"\begin{proof}") == 6
    rows = re.findall(r"\\fact\{(t\d)\}", MAIN)
    proofs = re.findall(r"\\begin\{proof\}\[Proof of Theorem~\\ref\{main:(t\d)\}\]", SUPPLEMENT)
    assert rows == proofs == [f"t{k}" for k in range(8)]


# --- all of it -----------------------------------------------------------------------------------


@pytest.mark.long
def test_the_quick_paper_is_made_within_its_errors_and_again_to_the_byte(tmp_path):
    made = reproduce(tmp_path, quick=True, progress=False)
    assert made.passed, str(made)
    assert not made.sweep.failed and len(made.sweep.done) == len({f.experiment for f in FIGURES})
    before = {path: path.read_bytes() for path in made.figures}
    again = reproduce(tmp_path, quick=True, progress=False)
    assert not again.sweep.done and {p: p.read_bytes() for p in again.figures} == before
    if made.pdf:
        for document in ("main", "supplement"):
            text = (made.folder / f"{document}.log").read_text(errors="replace")
            for fault in ("undefined", "multiply", "Overfull \\hbox", "Float too large"):
                assert fault not in text, (document, fault)


def test_compare_reads_the_real_file():
    """A row that is wrong by more than its error is found."""
    report = {"Rates (bits a letter)": {"entropy": 0.286397, "cross entropy": 0.54}}
    checks = compare({"compression": runs.Outcome(report)})
    found = {check.quantity.partition("/")[2]: check.verdict for check in checks}
    assert found["entropy"] == "ok" and found["cross entropy"] == "OUTSIDE"
