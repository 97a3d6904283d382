"""The documentation: its code runs, its commands exist, its numbers are those of today."""

import doctest
import importlib.metadata
import importlib.util
import inspect
import pkgutil
import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from qce import cli, runs, twins

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def name(page):
    return str(page.relative_to(DOCS))


def blocks(page, *languages):
    """Return the bodies of the fenced blocks in these languages."""
    return [body for language, body in FENCE.findall(page.read_text()) if language in languages]


def load(path):
    """Import a script of the documentation."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def tables():
    return load(DOCS / "_ext" / "tables.py")


def tried(page):
    """Run the examples of a page."""
    return doctest.testfile(str(page), module_relative=False, optionflags=doctest.FAIL_FAST)


NEEDS = {
    "qiskit": "(import|from) qiskit",
    "tensorboardX": "from tensorboardX",
    "h5py": r"qml\.data\.Dataset\(",
}
EXECUTED = [page for page in PAGES if re.search(r"^>>> ", page.read_text(), re.MULTILINE)]


def test_the_start_and_the_five_tutorials_have_examples():
    assert {"start.md"} | {f"tutorials/{k}" for k in ("1-cross-entropy.md", "3-shots.md")} <= set(
        map(name, EXECUTED)
    )
    assert sum("tutorials" in name(page) for page in EXECUTED) == 5


def test_how_to_learn_from_data_of_ones_own_is_executed_and_linked():
    own = ["counts", "csv", "hundred-wires", "likelihood-to-device", "hidden-units"]
    own += ["from-scikit-learn", "from-qutip", "from-qiskit", "which-loss", "how-many-shots"]
    own += ["infinite-loss", "zero", "trust", "from-pytorch"]
    pages = {f"how-to/{page}.md" for page in own}
    assert pages <= set(map(name, EXECUTED))
    assert all(page in (DOCS / "index.md").read_text() for page in pages)
    assert all(f"docs/{page}" in (ROOT / "README.md").read_text() for page in pages)


def test_the_table_of_the_readme_says_what_was_measured():
    readme, stored = (ROOT / "README.md").read_text(), tables().load
    rows = stored("accuracy")["values"].values()
    wrong = {
        library: sum(
            row["found"][library][0].isupper()  # the name of an error
            or tables().is_wrong(row["exact"], row["found"][library])
            for row in rows
        )
        for library in ("PennyLane", "toqito", "CVXPY", "SciPy logm", "QuTiP", "qce")
    }
    said = ", ".join(f"{library} {n}" for library, n in wrong.items() if n)
    assert f"{len(rows)} pairs of states" in readme and wrong["qce"] == 0
    assert f"| {said.replace('logm', '`logm`')} | 0 |" in readme
    slopes = [tables().wrong_count("gradients", word) for word in ("PennyLane", "qce")]
    assert f"| PennyLane {slopes[0]} | {slopes[1]} |" in readme
    assert f"| {stored('training')['ratios']['plain over']['1000']['qce']:.1f} × as long" in readme
    slower = stored("boltzmann")["ratios"]["6"]["qbmkit natural 0.3"]
    assert f"natural gradient: {slower:.1f} × as long" in readme
    cut = [row for row in stored("record")["rows"] if "damage" not in row["what"]]
    assert f"in {sum(row['tried'] for row in cut)} trials" in readme
    assert sum(row["lost"] for row in cut) == 0


def test_the_questions_that_come_first_have_pages_that_are_linked():
    named = ["how-to/gpu", "cluster", "how-to/ibm", "how-to/braket-job", "how-to/own-training"]
    named += ["how-to/hamiltonian", "how-to/from-pennylane", "paper", "references"]
    index, readme = (DOCS / "index.md").read_text(), (ROOT / "README.md").read_text()
    for page in named:
        assert (DOCS / f"{page}.md").is_file() and page in index
    assert all(f"docs/{page}.md" in readme for page in named if page != "references")


@pytest.mark.parametrize("page", EXECUTED, ids=name)
def test_the_code_of_a_page_prints_what_it_says(page, monkeypatch):
    for package, used in NEEDS.items():
        if re.search(used, page.read_text()):
            pytest.importorskip(package, reason="needs qce[test]")
    monkeypatch.chdir(ROOT)
    results = tried(page)
    assert results.attempted > 8 and results.failed == 0


def test_a_broken_example_fails(tmp_path):
    page = tmp_path / "page.md"
    broken = (DOCS / "tutorials" / "1-cross-entropy.md").read_text().replace("0.836988", "0.836989")
    page.write_text(broken)
    assert tried(page).failed == 1


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_python_on_a_page_is_executed_or_a_script_that_compiles(page):
    """Scripts, such as those for a cluster, are on pages without examples."""
    for body in blocks(page, "python"):
        if page in EXECUTED:
            assert body.startswith(">>>")
        else:
            compile(body, name(page), "exec")


def commands():
    """Return page and words of each line `qce …` in a block of shell or plain text."""
    for page in PAGES:
        for body in blocks(page, "", "bash", "console"):
            for line in body.splitlines():
                words = shlex.split(re.split(r" {2,}|…", line)[0])
                if words[:1] == ["qce"] and words[1:]:
                    yield name(page), words[1:]


@pytest.mark.parametrize(("page", "words"), list(commands()))
def test_a_command_is_one_that_exists(page, words):
    if words[0] == "--help":
        return
    options = cli._parser().parse_args(words)
    if words[0] in ("run", "sweep") and "my_experiment" not in words[1]:
        assert runs.find(str(ROOT / words[1]) if words[1].endswith(".py") else words[1]).is_file()
    assert callable(options.command)


def test_the_experiment_of_the_tutorial_runs_from_the_command_line(tmp_path):
    path = str(DOCS / "tutorials" / "gap.py")
    assert cli.main(["run", path, "--tilts", "3", "--out", str(tmp_path), "--quiet"]) == 0
    (folder,) = tmp_path.iterdir()
    assert (folder / "figure.png").is_file()


def test_the_experiment_finds_the_gap_in_closed_form():
    """−½ ln((1−a²)/4) − r cosθ artanh a less the cross entropy of (1±r)/2 and (1±a cosθ)/2.

    At a right angle the two are −½ ln((1−a²)/4) and ln 2; each is a sum of a few terms of order
    one, rounded to ε.
    """
    experiment = runs.load_experiment(DOCS / "tutorials" / "gap.py")
    rows = experiment.run(experiment.spec(tilts=2)).report["Measuring early (nats)"]
    assert abs(rows["largest gap"] - 0.143841036225890) < 20 * sys.float_info.epsilon
    assert abs(rows["least gap"]) < 20 * sys.float_info.epsilon


# --- tables ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("exact", "found", "shown"),
    [
        ("1.0", "1.0", "exact"),
        ("2.0", "2.0000002", "1e\N{NON-BREAKING HYPHEN}07"),
        ("0.0", "-3e-16", "3e\N{NON-BREAKING HYPHEN}16"),
        ("1.0", "1.001", "**1.001**"),
        ("1.0", "nan", "**NaN**"),
        ("inf", "inf", "exact"),
        ("inf", "13.8", "**13.8**"),
        ("1.0", "inf", "**+∞**"),
        ("inf", "ValueError", "raises"),
    ],
)
def test_a_cell_shows_the_error_or_in_bold_what_is_wrong(exact, found, shown):
    assert tables().cell(exact, found) == shown


def test_wrong_is_what_is_shown_in_bold():
    for section in ("values", "gradients"):
        for row in tables().load("accuracy")[section].values():
            for found in row["found"].values():
                bold = tables().cell(row["exact"], found).startswith("**")
                assert bold == tables().is_wrong(row["exact"], found)


def test_the_table_of_twins_links_every_pair():
    text = tables().twin_table()
    links = re.findall(r"`(\w+) <([\w.]+)\.(\w+)>`", text)
    assert len(links) == 2 * len(twins.TWINS)
    for shown, module, function in links:
        assert shown == function and callable(pkgutil.resolve_name(f"{module}:{function}"))


# --- measurements ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def compare():
    return load(DOCS / "compare.py")


def verdicts(cases):
    """Return case → library → whether it is wrong there."""
    return {
        case: {name: tables().is_wrong(row["exact"], text) for name, text in row["found"].items()}
        for case, row in cases.items()
    }


def check_same(stored, found):
    """Exact values, and who is wrong, are those that are stored."""
    assert all(row["exact"] == stored[case]["exact"] for case, row in found.items())
    before = verdicts(stored)
    for case, wrong in verdicts(found).items():
        assert wrong == {name: before[case][name] for name in wrong}, case


def check_mine(stored, found):
    """What is stored of `qce` is what it finds today, and right."""
    check_same(stored, found)
    assert not any(wrong for row in verdicts(found).values() for wrong in row.values())


def test_the_values_that_are_shown_are_those_of_today(compare):
    stored, pairs = tables().load("accuracy")["values"], compare.pairs()
    mine = {name: compare.VALUES[name] for name in ("qce", "qce.states")}
    assert list(stored) == list(pairs)
    check_mine(stored, compare.measured(compare.oracles.relative_entropy, pairs, mine))


def test_the_gradients_that_are_shown_are_those_of_today(compare):
    """On the paths that do not turn: a rotation with sixty digits takes a second."""
    stored, paths = tables().load("accuracy")["gradients"], compare.paths()
    assert list(stored) == list(paths)
    straight = {
        case: pair for case, pair in paths.items() if all(path.generator is None for path in pair)
    }
    assert len(straight) == 3
    mine = {"qce, autograd": compare.GRADIENTS["qce, autograd"]}
    check_mine(stored, compare.measured(compare.exact_slope, straight, mine))


@pytest.mark.long
def test_every_library_still_finds_what_is_shown(compare):
    """Where the same versions are installed."""
    stored, found = tables().load("accuracy"), compare.compare()
    if stored["versions"] != found["versions"]:
        pytest.skip("other versions are installed than those that were compared")
    for section in ("values", "gradients"):
        check_same(stored[section], found[section])


def test_a_training_is_shown_as_its_benchmark_writes_it():
    """Of made-up times: the ratios of what is stored, by the same names."""
    benchmark, stored = load(ROOT / "benchmarks" / "training.py"), tables().load("training")
    ways = {"plain": 8.0, "qce": 4.0, "qce, cached": 2.0}
    race = [{"plain step": step, "wall": ways} for step in benchmark.MILESTONES]
    made = benchmark.ratios({"gate by gate": 3.0, "fused": 2.0, "qce": 3.0}, race)
    assert made["step over hand-written"] == 1.5
    assert made["plain over"]["100"] == {"qce": 2.0, "qce, cached": 4.0}
    assert {way: list(row) for way, row in made["plain over"].items()} == {
        way: list(row) for way, row in stored["ratios"]["plain over"].items()
    }
    assert set(stored["versions"]) == set(benchmark.versions())


def test_a_boltzmann_learning_is_shown_as_its_benchmark_writes_it(monkeypatch, capsys):
    benchmark, stored = load(ROOT / "benchmarks" / "boltzmann.py"), tables().load("boltzmann")
    assert all(set(row) <= set(benchmark.WAYS) for row in stored["ratios"].values())
    ours = benchmark.WAYS["qce Newton"]
    still = {"qce Newton": ours, "still": lambda terms, *_: (0, np.zeros(len(terms.strings)))}
    monkeypatch.setattr(benchmark, "WAYS", still)
    ratios = benchmark.compare(2, 60)
    assert ratios == {"qce Newton": 1.0, "still": "inf"}
    monkeypatch.setattr(tables(), "load", lambda _: {"ratios": {"2": ratios, "3": {"still": 2.5}}})
    assert tables().boltzmann_table().splitlines()[2:] == [
        "| 2 | 1 | does not get there |",
        "| 3 | – | 2.5 |",
    ]


# --- the whole ------------------------------------------------------------------------------------


def reference():
    """Return the names of the modules in the reference."""
    text = "".join(page.read_text() for page in (DOCS / "api").glob("*.md"))
    return re.findall(r"automodule:: (qce[\w.]*)", text)


def test_every_module_has_its_place_in_the_reference():
    found = [p for p in (ROOT / "qce").iterdir() if p.name[0] not in "_."]
    modules = {p.stem for p in found if p.is_dir() or p.suffix == ".py"}
    assert {f"qce.{module}" for module in modules} <= set(reference())


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_link_into_the_reference_names_something(page):
    targets = re.findall(r"\{py:\w+\}`(?:[^`<]*<|~)?(qce[\w.]*)>?`", page.read_text())
    assert len(targets) == page.read_text().count("{py:")
    assert all(pkgutil.resolve_name(target) is not None for target in targets)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_figures_and_links_lead_somewhere(page):
    links = re.findall(r"\]\(([^)#\s]+)", FENCE.sub("", page.read_text()))
    local = [link for link in links if not link.startswith("http")]
    assert all((page.parent / link).is_file() for link in local)


def test_figures_are_small():
    assert all(figure.stat().st_size < 60_000 for figure in (DOCS / "_static").iterdir())


@pytest.mark.long
def test_figures_are_drawn_to_the_same_bytes(tmp_path):
    """With the matplotlib that drew them; fonts and compression are its own."""
    figures = load(DOCS / "figures.py")
    pinned = f"matplotlib=={importlib.metadata.version('matplotlib')}"
    if pinned not in (ROOT / "constraints.txt").read_text():
        pytest.skip("another matplotlib than the one that drew them")
    figures.draw_all(tmp_path)
    for name in figures.FIGURES:
        stored = (DOCS / "_static" / f"{name}.png").read_bytes()
        assert (tmp_path / f"{name}.png").read_bytes() == stored, name


@pytest.mark.long
def test_the_documentation_builds_without_a_warning(tmp_path):
    pytest.importorskip("sphinx", reason="needs the extra `docs`")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html"]
    done = subprocess.run(
        [*command, "-d", str(tmp_path / "trees"), str(DOCS), str(tmp_path / "html")],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    html = "".join(page.read_text() for page in (tmp_path / "html" / "api").glob("*.html"))
    assert "_cross_entropy_plain" not in html
    missing = [
        f"{module}.{public}"
        for module in reference()
        for public in getattr(pkgutil.resolve_name(module), "__all__", ())
        if callable(x := getattr(pkgutil.resolve_name(module), public))
        and inspect.getdoc(x)
        and f'id="{module}.{public}"' not in html
    ]
    assert not missing
