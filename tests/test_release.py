"""What is published together says the same: version, licence, needs, and what has changed."""

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
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
    assert CITATION["version"] == PROJECT["version"]
    assert CITATION["license"] == PROJECT["license"] == "Apache-2.0"
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
