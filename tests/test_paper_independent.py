"""The second program of the paper: it finds what the oracle holds, with nothing of the first."""

import ast
import importlib.util
from functools import cache

import pytest

from qce.reproduce import paper

PATH = paper.folder() / "independent.py"


@cache
def rows():
    source = importlib.util.spec_from_file_location("qce_paper_independent", PATH)
    module = importlib.util.module_from_spec(source)
    source.loader.exec_module(module)
    return list(module.compared())


@pytest.mark.long
def test_what_it_finds_is_what_the_oracle_holds():
    wrong = [row for row in rows() if not abs(row[3] - row[4]) <= row[5]]
    assert wrong == []


@pytest.mark.long
def test_it_finds_values_of_ten_experiments():
    experiments = {row[0] for row in rows()}
    assert len(rows()) >= 95 and len(experiments) >= 10
    assert len({row[:3] for row in rows()}) == len(rows())


def test_it_shares_no_code_with_the_toolkit():
    found = set()
    for node in ast.walk(ast.parse(PATH.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").partition(".")[0])
    standard = {"math", "tomllib", "collections", "pathlib"}
    assert found == standard | {"numpy", "scipy", "sklearn"}
