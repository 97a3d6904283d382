"""What is published together says the same: version, licence, needs, and what has changed."""

import importlib.util
import json
import re
import tarfile
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
ZENODO = json.loads((ROOT / ".zenodo.json").read_text(encoding="utf-8"))
RECIPE = yaml.safe_load((ROOT / "conda/recipe/recipe.yaml").read_text(encoding="utf-8"))
NOTE = (ROOT / "paper/software/paper.md").read_text(encoding="utf-8")
KINDS = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")


def releases():
    """The text under each heading of the changelog, newest first."""
    parts = re.split(r"^## \[(.+)$", CHANGELOG, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def bullets(text):
    """The items of a list, each with all its lines."""
    return [item.rstrip() for item in re.findall(r"^- .*\n(?:  .*\n)*", text, flags=re.MULTILINE)]


def newest():
    return next(text for title, text in releases().items() if not title.startswith("Unreleased"))


# --- one version ----------------------------------------------------------------------------------


def test_the_records_agree_on_version_day_and_licence():
    titles = list(releases())
    assert titles[0] == "Unreleased]"
    assert titles[1] == f"{PROJECT['version']}] - {CITATION['date-released']}"
    versions = (CITATION["version"], ZENODO["version"], RECIPE["context"]["version"])
    assert set(versions) == {PROJECT["version"]}
    assert ZENODO["publication_date"] == str(CITATION["date-released"])
    licences = (CITATION["license"], ZENODO["license"], RECIPE["about"]["license"])
    assert set(licences) == {PROJECT["license"]} == {"Apache-2.0"}
    assert "Version 2.0, January 2004" in (ROOT / "LICENSE").read_text(encoding="utf-8")


# --- the changelog --------------------------------------------------------------------------------


def test_releases_stand_newest_first_each_with_its_day():
    found = [re.fullmatch(r"(\d+(?:\.\d+){2})\] - (\d{4}-\d\d-\d\d)", t) for t in releases()][1:]
    assert len(found) >= 2 and all(found)
    versions = [tuple(map(int, title[1].split("."))) for title in found]
    days = [title[2] for title in found]
    assert versions == sorted(set(versions), reverse=True) and days == sorted(days, reverse=True)


def test_the_newest_release_is_sorted_by_kind():
    assert re.findall(r"^### (.+)$", newest(), flags=re.MULTILINE) == list(KINDS)
    summary, *kinds = re.split(r"^### ", newest(), flags=re.MULTILINE)
    assert len(summary.strip().splitlines()) == 3 and not bullets(summary)
    assert all(bullets(kind) for kind in kinds)


def test_lines_of_the_newest_release_are_short_and_stand_once():
    lines = bullets(newest())
    assert len(lines) > 100
    assert [line for line in lines if line.count("\n") > 1] == []
    everywhere = bullets(CHANGELOG)
    assert [line for line in lines if everywhere.count(line) > 1] == []


# --- archives and recipes -------------------------------------------------------------------------


def test_zenodo_gets_the_title_authors_and_words_of_the_citation():
    assert ZENODO["title"] == CITATION["title"]
    assert [one["name"] for one in ZENODO["creators"]] == [a["name"] for a in CITATION["authors"]]
    assert ZENODO["keywords"] == CITATION["keywords"]
    assert set(CITATION["keywords"]) <= set(PROJECT["keywords"])
    (paper,) = [found["value"] for found in CITATION["references"][0]["identifiers"]]
    assert [one["identifier"] for one in ZENODO["related_identifiers"]] == [paper]


def needs(lines):
    """Names and bounds of requirements, as pip and conda write them."""
    return {re.match(r"[\w-]+", line)[0]: re.sub(r"^[\w-]+", "", line).strip() for line in lines}


def test_the_recipe_for_conda_needs_what_the_package_needs():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    run = needs(RECIPE["requirements"]["run"])
    # conda's matplotlib brings a toolkit for windows, its matplotlib-base does not.
    run["matplotlib"] = run.pop("matplotlib-base")
    assert run.pop("python") == ">=${{ python_min }}"
    assert ">=" + RECIPE["context"]["python_min"] == PROJECT["requires-python"]
    assert run == needs(PROJECT["dependencies"])
    host = needs(RECIPE["requirements"]["host"])
    assert needs(settings["build-system"]["requires"]).items() <= host.items()
    scripts = [f"{name} = {what}" for name, what in PROJECT["scripts"].items()]
    assert RECIPE["build"]["python"]["entry_points"] == scripts


def test_classifiers_name_the_pythons_that_constraints_are_for():
    named = re.findall(r"3\.(\d+)$", "\n".join(PROJECT["classifiers"]), flags=re.MULTILINE)
    first, last = re.search(
        r"Python 3\.(\d+) to 3\.(\d+)", (ROOT / "constraints.txt").read_text(encoding="utf-8")
    ).groups()
    assert list(map(int, named)) == list(range(int(first), int(last) + 1))


def test_the_source_archive_holds_what_tests_documentation_and_releases_need(tmp_path):
    from hatchling.builders.sdist import SdistBuilder

    (made,) = SdistBuilder(str(ROOT)).build(directory=str(tmp_path))
    with tarfile.open(made) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    folders = ("qce", "tests", "experiments", "paper", "benchmarks", "docs", "conda", ".github")
    wanted = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
    wanted += [path for path in ROOT.iterdir() if path.suffix in {".md", ".toml", ".cff", ".txt"}]
    wanted += [ROOT / name for name in ("LICENSE", "Makefile", ".zenodo.json", ".ci/run")]
    names = {str(path.relative_to(ROOT)) for path in wanted if "__pycache__" not in path.parts}
    # What a build of the documentation leaves is made anew.
    made_anew = ("docs/gallery/", "docs/sg_execution_times.rst")
    names = {name for name in names if not name.startswith(made_anew)}
    assert len(names) > 500 and names <= held
    assert not any(name.startswith(made_anew) for name in held)


# --- the software note ----------------------------------------------------------------------------


def tables():
    """The module that makes the tables of the documentation."""
    place = ROOT / "docs/_ext/tables.py"
    spec = importlib.util.spec_from_file_location("tables_of_the_pages", place)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def cells(table, row):
    """The cells of one line of a Markdown table, by the head of their columns."""
    head, _, *lines = [re.split(r" *\| *", line.strip("| ")) for line in table.splitlines()]
    (found,) = [line for line in lines if line[0] == row]
    return dict(zip(head, found, strict=True))


def test_figures_of_the_note_are_those_that_were_measured():
    found, text = tables(), re.sub(r"\s+", " ", NOTE)
    wrong = found.wrong_count
    assert f"not a number in {wrong('values', 'PennyLane')}, CVXPY" in text
    assert wrong("values", "CVXPY") == wrong("values", "logm")
    assert f"matrix logarithm in {wrong('values', 'CVXPY')} each" in text
    assert f"QuTiP in {wrong('values', 'QuTiP')}; toqito" in text
    cases = found.load("accuracy")["values"].values()
    raised = sum(case["found"]["toqito"] == "ValueError" for case in cases)
    assert f"toqito raises an error in {raised};" in text
    assert wrong("values", "qce").startswith("0 of")
    assert f"not a number in {wrong('gradients', 'PennyLane')} entries" in text
    assert f"`qce` in {wrong('gradients', 'qce')} (" in text

    speed = found.speed_table()
    own, other, third = (
        cells(speed, f"relative, {way}")["64"] for way in ("check=True", "PennyLane", "QuTiP")
    )
    assert f"takes {own} times one" in text
    assert f"PennyLane's {other} and QuTiP's {third} (" in text

    race = cells(found.race_table(), "1000")
    assert f"takes {race['qce']} times as long as `qce`" in text
    assert f"{race['qce, cached']} times with compiled code kept" in text
    assert f"{found.step_ratio()} times as long as the fastest" in text
    four, six = (cells(found.boltzmann_table(), n)["qbmkit natural 0.3"] for n in ("4", "6"))
    assert f"takes {four} times as long on 4 wires, and {six} times on 6" in text


def entries(path):
    """The entries of a bibliography by their keys."""
    text = path.read_text(encoding="utf-8")
    return {found[1]: found[0] for found in re.finditer(r"@\w+\{(\w+),\n(?:  .*\n)*\}\n", text)}


def test_the_note_cites_what_its_bibliography_holds_as_the_paper_has_it():
    own, others = (
        entries(ROOT / name) for name in ("paper/software/paper.bib", "paper/references.bib")
    )
    _, settings, text = NOTE.split("---\n", 2)
    assert set(re.findall(r"@([a-z]+\d*)", text)) == set(own)
    assert {key: entry for key, entry in own.items() if others.get(key, entry) != entry} == {}
    assert len(own.keys() & others.keys()) > 10
    assert yaml.safe_load(settings)["bibliography"] == "paper.bib"
    assert yaml.safe_load(settings)["title"] == CITATION["title"]


def test_the_note_has_the_parts_that_are_asked_for_and_the_length():
    parts = re.findall(r"^# (.+)$", NOTE, flags=re.MULTILINE)
    asked = ("Summary", "Statement of need", "Functionality", "Comparison", "Acknowledgements")
    assert parts == [*asked, "References"]
    assert 250 < len(NOTE.split("---\n", 2)[2].split()) < 1750


def test_the_note_names_files_that_are_there():
    named = re.findall(r"`((?:docs|benchmarks)/[\w/]+\.py)`", NOTE)
    assert len(named) > 3 and all((ROOT / name).is_file() for name in named)
