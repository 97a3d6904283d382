"""The paper's pipeline on a paper of two figures: what is run, drawn, compared and typeset."""

import csv
import json
import os
import shutil

import numpy as np
import pytest

from qce import cli, runs
from qce.reproduce import Check, catalogue, choose, compare, latex, paper, reproduce
from qce.reproduce.text import comparison

EXPERIMENT = '''
"""Squares."""
from dataclasses import dataclass
import numpy as np
from qce.runs import Outcome, setting

@dataclass(frozen=True)
class Spec:
    count: int = setting(3, "of squares", least=1)

def run(spec):
    if spec.count == 13:
        raise RuntimeError("thirteen squares")
    squares = np.arange(spec.count) ** 2.0
    report = {"Squares": {"last": float(squares[-1]), "last, error": 0.1, "none": float("nan")}}
    if spec.count > 3:
        report["Squares"]["many"] = True
    return Outcome(report, history={"square": squares / 3})
'''
SCRIPT = '''
"""Squares."""
from . import style

def panels(outcome):
    return {"all": {"square": outcome.history["square"]}}

def draw(panels):
    figure, (axes,) = style.column(1)
    axes.plot(panels["all"]["square"], marker="o")
    return figure

def values(run):
    return {"last": f"{run('Squ', 'last'):.2f}", "count": str(run.spec["count"])}
'''
STYLE = '''
"""Style."""
import matplotlib.pyplot as plt

def column(panels):
    figure, axes = plt.subplots()
    return figure, [axes]
'''
MAIN = r"""\documentclass[aps,pra]{revtex4-2}
\usepackage{graphicx}
\pdfinfoomitdate=1 \pdftrailerid{} \pdfsuppressptexinfo=-1
\newcommand{\defval}[2]{\expandafter\gdef\csname val:#1\endcsname{#2}}
\newcommand{\val}[1]{\csname val:#1\endcsname}
\input{values}
\begin{document}
\val{squares:last} of \val{more:count}. \includegraphics{figures/squares} \cite{a}
\begin{tabular}{lrrr}
\input{comparison}
\end{tabular}
\bibliography{references}
\end{document}
"""
BIBLIOGRAPHY = "@misc{a, author = {A. Author}, title = {A title}, year = {2020}}\n"
ORACLE = """
[[check]]
experiment = "squares"
section = "Squares"
source = "arithmetic"
error = 1e-12
values = { "last" = 4.0 }

[[check]]
experiment = "more"
section = "Squares"
source = "arithmetic of more"
error = 1.0
stderr = ", error"
run = "quick"
values = { "last" = 14.6 }
"""


def catalogue_of(place, more=5):
    squares = {"name": "squares", "experiment": str(place / "squares.py")}
    more = {"name": "more", "experiment": str(place / "more.py"), "full": {"count": more}}
    lines = [{**squares, "seconds": [1, 1]}, {**more, "seconds": [2, 1], "quick": more["full"]}]
    text = ", ".join(json.dumps(line).replace('": ', '" = ') for line in lines)
    return f"figures = [{text}]\n"


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A paper with two figures, of two experiments with the same code."""
    place = tmp_path / "paper"
    (place / "figures").mkdir(parents=True)
    for name in ("squares", "more"):
        (place / f"{name}.py").write_text(EXPERIMENT)
        (place / "figures" / f"{name}.py").write_text(SCRIPT)
    files = {"figures/__init__.py": '"""."""\n', "figures/style.py": STYLE}
    files |= {"main.tex": MAIN, "references.bib": BIBLIOGRAPHY, "oracle.toml": ORACLE}
    files["catalogue.toml"] = catalogue_of(place)
    for name, text in files.items():
        (place / name).write_text(text)
    monkeypatch.setattr(paper, "folder", lambda: place)
    return place


def make(tmp_path, **settings):
    return reproduce(tmp_path / "runs", engine="serial", progress=False, **settings)


def files_in(place):
    return {
        str(path.relative_to(place)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(place.rglob("*"))
        if path.is_file()
    }


needs_latex = pytest.mark.skipif(bool(latex.missing()), reason=f"needs {latex.missing()}")


# --- all of it -----------------------------------------------------------------------------------


def test_everything_is_made_from_the_runs(small, tmp_path):
    made = make(tmp_path)
    assert made.passed and len(made.sweep.done) == 2 and made.folder.name == "paper"
    drawn = {path.name for path in made.figures}
    assert drawn == {f"{n}{e}" for n in ("squares", "more") for e in (".pdf", ".png", "-all.csv")}
    with open(made.folder / "figures" / "more-all.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    # All digits: thirds are the same numbers again.
    assert [float(row["square"]) for row in rows] == (np.arange(5) ** 2.0 / 3).tolist()
    text = (made.folder / "values.tex").read_text()
    assert r"\defval{squares:last}{4.00}" in text and r"\defval{more:count}{5}" in text
    assert "arithmetic & 1 & $0$" in (made.folder / "comparison.tex").read_text()
    kept = json.loads((made.folder / "comparison.json").read_text())
    assert [row["verdict"] for row in kept] == ["ok"]


def test_a_second_time_runs_nothing_and_changes_no_byte(small, tmp_path):
    made = make(tmp_path)
    before = files_in(tmp_path / "runs")
    again = make(tmp_path)
    assert len(again.sweep.skipped) == 2 and not again.sweep.done
    after = files_in(tmp_path / "runs")
    # LaTeX keeps its own log and lists; what people read stays, time stamps included.
    read = {name for name in before if not name.startswith("paper/main.")}
    read |= {"paper/main.tex"} if made.pdf else set()
    assert len(read) >= 19 and {n: before[n] for n in read} == {n: after[n] for n in read}
    if made.pdf:
        assert before["paper/main.pdf"][0] == after["paper/main.pdf"][0]


def test_a_run_of_an_older_experiment_file_is_kept_and_named(small, tmp_path):
    assert make(tmp_path).older == ()
    (small / "more.py").write_text(EXPERIMENT + "\n# changed\n")
    again = make(tmp_path)
    assert [folder.name.split("-")[0] for folder in again.older] == ["more"]
    assert len(again.sweep.skipped) == len(again.sweep.done) == 1
    assert again.older[0].is_dir() and "has changed since" in str(again)


@needs_latex
def test_the_pdf_has_the_values_and_the_same_bytes_elsewhere(small, tmp_path):
    first = make(tmp_path)
    shutil.move(tmp_path / "runs" / "paper", tmp_path / "elsewhere")
    again = make(tmp_path)
    assert first.pdf == again.pdf == tmp_path / "runs" / "paper" / "main.pdf"
    assert again.pdf.read_bytes() == (tmp_path / "elsewhere" / "main.pdf").read_bytes()
    assert again.pdf.read_bytes().startswith(b"%PDF")


@needs_latex
def test_the_supplement_is_made_beside_it_with_the_numbers_of_the_manuscript(small, tmp_path):
    """Its references are resolved from what LaTeX wrote for the first, in the same call."""
    cls, rest = MAIN.split("\n", 1)
    (small / "main.tex").write_text(MAIN.replace(r"\cite{a}", r"\cite{a}\section{One}\label{one}"))
    head = f"{cls}\n\\usepackage{{xr-hyper}}\n\\externaldocument[main:][nocite]{{main}}\n"
    (small / "supplement.tex").write_text(
        head + rest.replace(r"\cite{a}", r"\cite{a} in Section \ref{main:one}")
    )
    made = make(tmp_path)
    supplement = made.folder / "supplement.pdf"
    assert supplement.read_bytes().startswith(b"%PDF")
    log = (made.folder / "supplement.log").read_text(errors="replace")
    assert "undefined" not in log and "multiply" not in log
    before = supplement.read_bytes()
    supplement.unlink()
    make(tmp_path)
    assert supplement.read_bytes() == before


@needs_latex
def test_nothing_that_lies_in_the_papers_folder_is_run_or_read(small, tmp_path):
    """As in a folder that others can write."""
    first = make(tmp_path).pdf.read_bytes()
    folder = tmp_path / "runs" / "paper"
    planted = f"system('touch {tmp_path}/planted');"
    (folder / ".latexmkrc").write_text(planted)
    (folder / "latexmkrc").write_text(planted)
    (folder / "graphicx.sty").write_text(r"\message{read}\undefined")
    (folder / "main.aux").write_text(r"\undefined")
    (folder / "main.bbl").write_text(r"\undefined")
    assert make(tmp_path).pdf.read_bytes() == first
    assert not (tmp_path / "planted").exists()


@pytest.mark.parametrize("place", ["paper", "paper/figures"])
def test_a_link_in_place_of_the_paper_is_not_written_through(small, tmp_path, place):
    (tmp_path / "mine").mkdir()
    link = tmp_path / "runs" / place
    link.parent.mkdir(parents=True)
    link.symlink_to(tmp_path / "mine")
    with pytest.raises(OSError, match="must hold no links in place of the paper"):
        make(tmp_path)
    assert not list((tmp_path / "mine").iterdir())


@needs_latex
def test_what_latex_refuses_is_said(small, tmp_path):
    (small / "main.tex").write_text(MAIN.replace(r"\cite{a}", r"\nosuchcommand"))
    with pytest.raises(ValueError, match="LaTeX accepts, but ! Undefined control sequence"):
        make(tmp_path)


def test_without_latex_the_rest_is_made_and_its_packages_are_named(small, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    made = make(tmp_path)
    assert made.pdf is None and made.passed and (made.folder / "values.tex").is_file()
    assert all(name in made.why for name in ("texlive-latex-base", "texlive-publishers", "latexmk"))


# --- part of it ----------------------------------------------------------------------------------


def test_one_figure_alone_runs_one_experiment(small, tmp_path):
    made = make(tmp_path, only=["fig2"])
    assert [folder.name.split("-")[0] for folder in made.sweep.done] == ["more"]
    assert {path.stem.split("-")[0] for path in made.figures} == {"more"}
    assert made.pdf is None and "all figures" in made.why


def test_a_figure_has_a_label_and_a_name(small):
    figures = catalogue()
    by_label, by_name = (choose(figures, [x])[0] for x in ("fig2", "more"))
    assert by_label is by_name is figures[1] and choose(figures, None) == figures
    # In the order of the paper, each once.
    assert choose(figures, ["more", "fig1", "fig2"]) == figures
    with pytest.raises(ValueError, match="'xmore' is none .did you mean 'more'"):
        choose(figures, ["xmore"])


def test_a_figure_whose_modules_are_not_there_is_left_out_and_named(small, tmp_path):
    lines = (
        (small / "catalogue.toml")
        .read_text()
        .replace('"name" = "more"', '"needs" = ["numpy", "no_such_module"], "name" = "more"')
    )
    (small / "catalogue.toml").write_text(lines)
    made = make(tmp_path)
    assert made.passed and made.left_out == {"fig2": ("no_such_module",)}
    assert "left out: fig2 needs no_such_module" in str(made)
    text = (made.folder / "values.tex").read_text()
    assert "made:squares" in text and "made:more" not in text


def test_a_run_that_fails_leaves_the_others_and_no_pdf(small, tmp_path):
    (small / "catalogue.toml").write_text(catalogue_of(small, more=13))
    made = make(tmp_path)
    assert not made.passed and "thirteen squares" in str(made)
    assert {path.stem.split("-")[0] for path in made.figures} == {"squares"}
    assert made.pdf is None and "a run failed" in made.why


# --- against what is known -----------------------------------------------------------------------


def test_a_value_outside_its_error_is_flagged(small, tmp_path):
    (small / "oracle.toml").write_text(ORACLE.replace('"last" = 4.0', '"last" = 4.1'))
    made = make(tmp_path)
    assert not made.passed and [check.known for check in made.wrong] == [4.1]
    assert "OUTSIDE: squares: Squares/last is 4.0, known 4.1" in str(made)


def test_an_absent_value_is_wrong_in_the_full_paper_only(small, tmp_path):
    (small / "oracle.toml").write_text(ORACLE.replace('"last" = 4.0', '"many" = 1.0'))
    assert [check.verdict for check in make(tmp_path).wrong] == ["absent"]
    quick = make(tmp_path, quick=True)
    assert quick.passed and "1 not in runs of this size" in str(quick)


def test_a_group_is_of_its_size_of_run_and_has_five_standard_errors(small):
    report = {"Squares": {"last": 16.0, "last, error": 0.1}}
    outcomes = {"more": runs.Outcome(report)}
    assert compare(outcomes) == []
    (check,) = compare(outcomes, quick=True)
    # 1.4 away; 1 and five times 0.1 are allowed.
    assert check.error == pytest.approx(1.5) and check.verdict == "ok"
    report["Squares"]["last, error"] = 0.05
    assert compare(outcomes, quick=True)[0].verdict == "OUTSIDE"


def test_the_table_shows_the_worst_of_a_group_also_where_no_error_is_allowed():
    checks = [Check("a", "b/c", 1.0, found, 0.0, "exact") for found in (1.0, 1.25, 1.0)]
    checks += [Check("a", "b/c", 1.0, found, 1.0, "loose") for found in (1.5, None, 1.2)]
    _, exact, loose = comparison(checks).splitlines()
    assert exact == r"exact & 3 & $2.5\times10^{-1}$ & $0$ \\"
    assert loose == r"loose & 2 & $5.0\times10^{-1}$ & $1.0\times10^{0}$ \\"


def test_nan_is_outside():
    assert Check("a", "b/c", 1.0, float("nan"), 1e9, "").verdict == "OUTSIDE"
    assert Check("a", "b/c", 1.0, None, 1e9, "").verdict == "absent"


# --- the command ---------------------------------------------------------------------------------


def command(tmp_path, *words):
    place = ["--out", str(tmp_path / "runs"), "--engine", "serial", "--quiet"]
    return cli.main(["reproduce", *words, *place])


def test_the_command_says_what_it_made(small, tmp_path, capsys):
    assert command(tmp_path, "--json", "--only", "squares") == 0
    said = json.loads(capsys.readouterr().out)
    assert said["passed"] and len(said["done"]) == 1 and said["checks"][0]["found"] == 4.0


def test_the_command_ends_with_1_where_a_value_is_wrong(small, tmp_path, capsys):
    (small / "oracle.toml").write_text(ORACLE.replace('"last" = 4.0', '"last" = 5'))
    assert command(tmp_path, "--only", "squares") == 1
    assert "OUTSIDE" in capsys.readouterr().out


def test_the_command_refuses_an_unknown_figure_before_any_run(small, tmp_path, capsys):
    assert command(tmp_path, "--only", "fig9") == 2
    assert "fig9" in capsys.readouterr().err and not (tmp_path / "runs").exists()


def test_the_list_runs_nothing(small, tmp_path, capsys):
    assert command(tmp_path, "--list") == 0
    shown = capsys.readouterr().out
    assert "fig1" in shown and "more" in shown and not os.path.exists(tmp_path / "runs")
    assert command(tmp_path, "--list", "--json", "--only", "fig2") == 0
    assert [row["seconds"] for row in json.loads(capsys.readouterr().out)] == [2]


def test_an_installation_without_the_paper_says_so(tmp_path, monkeypatch):
    import qce

    monkeypatch.setattr(qce, "__file__", str(tmp_path / "qce" / "__init__.py"))
    with pytest.raises(FileNotFoundError, match="installation came without it. Pass the command"):
        paper.folder()
