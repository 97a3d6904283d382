"""The package as it is installed: what it needs, how light it is, what its records say."""

import doctest
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = SETTINGS["project"]
TASKS = SETTINGS["tool"]["taskipy"]["tasks"]
PINNED = dict(
    re.match(r"([A-Za-z0-9._-]+)==(\S+)", line).groups()
    for line in (ROOT / "constraints.txt").read_text().splitlines()
    if not line.startswith("#") and ("python_full_version < '3.12'" in line or ";" not in line)
)

SOURCES_OF_THE_PAPER = (
    "catalogue.toml", "hardware.tex", "main.tex", "oracle.toml", "preamble.tex", "references.bib",
    "stored.toml", "supplement.tex",
)  # fmt: skip


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def test_importing_the_package_takes_no_array_library_of_others():
    code = "import sys, qce; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"pennylane", "jax", "optax", "matplotlib", "sklearn", "torch", "autograd", "tqdm"}
    assert "qce" in done.stdout.split()
    assert not heavy & set(done.stdout.split())


def test_every_public_name_is_there():
    import qce

    assert all(getattr(qce, name) is not None for name in qce.__all__)


def test_an_unknown_public_name_is_an_attribute_error():
    import qce

    with pytest.raises(AttributeError, match="no attribute 'entropies'"):
        qce.entropies  # noqa: B018


def test_jax_stays_below_the_version_that_breaks_pennylane():
    (jax,) = [need for need in PROJECT["dependencies"] if need.startswith("jax")]
    assert jax == "jax>=0.8,<0.11"
    assert tuple(map(int, metadata.version("jax").split(".")[:2])) < (0, 11)


def test_constraints_hold_no_addresses():
    text = (ROOT / "constraints.txt").read_text()
    assert not re.search(r"https?:|file:|@|--index|--find-links", text)


def test_everything_that_tests_need_is_pinned():
    """The closure of the dependencies, tests included, as installed here."""
    extras = ["torch", "test", "dev"]
    wanted, seen = [("qce", extras)], set()
    while wanted:
        name, active = wanted.pop()
        for line in metadata.requires(name) or []:
            need = line.split(";")[0]
            extra = re.search(r"extra == ['\"](.+?)['\"]", line)
            platform = re.search(r"(sys_platform|platform_system|os_name|implementation)", line)
            if platform or (extra and extra[1] not in active):
                continue
            other = canonical(re.match(r"[A-Za-z0-9._-]+", need)[0])
            if other in seen or other == "qce" or not installed(other):
                continue
            seen.add(other)
            wanted.append((other, []))
    assert {"numpy", "jaxlib", "pytest", "torch"} <= seen
    assert seen <= {canonical(name) for name in PINNED}


def installed(name):
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def test_the_lines_of_the_readme_print_what_it_says():
    tried = doctest.testfile(str(ROOT / "README.md"), module_relative=False)
    assert tried.attempted > 8 and tried.failed == 0


def test_the_map_for_contributors_names_every_module():
    guide = (ROOT / "CONTRIBUTING.md").read_text()
    here = [path for path in (ROOT / "qce").iterdir() if path.name[0] not in "_."]
    modules = {path.stem for path in here if path.is_dir() or path.suffix == ".py"}
    assert all(f"`{module}`" in guide for module in modules)


def test_a_wheel_carries_all_modules_and_the_experiments_and_nothing_else(tmp_path):
    from hatchling.builders.wheel import WheelBuilder

    (made,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path))
    names = zipfile.ZipFile(made).namelist()
    modules = {str(path.relative_to(ROOT)) for path in (ROOT / "qce").rglob("*.py")}
    assert modules | {"qce/_experiments/quickstart.py"} <= set(names)
    assert all(name.startswith(("qce/", "qce-")) for name in names)
    others = {name for name in names if name.startswith("qce/") and not name.endswith(".py")}
    assert others == {"qce/py.typed", *(f"qce/_paper/{name}" for name in SOURCES_OF_THE_PAPER)}
    assert not [name for name in names if "__pycache__" in name]


def test_the_workflows_of_hosted_ci_name_what_is_there():
    import yaml

    for path in sorted((ROOT / ".github/workflows").glob("*.yml")):
        jobs = yaml.safe_load(path.read_text())["jobs"]
        lines = "\n".join(step.get("run", "") for job in jobs.values() for step in job["steps"])
        named = re.findall(r"(?:tests/\S+\.py|\.ci/run)", lines)
        assert all((ROOT / name).exists() for name in named)
        tasks = re.findall(r"\btask (\w+)", lines)
        assert set(tasks) <= set(TASKS)


def test_contributors_and_hosted_ci_find_every_python_that_is_promised():
    import yaml

    jobs = yaml.safe_load((ROOT / ".github/workflows/tests.yml").read_text())["jobs"]
    tried = jobs["versions"]["strategy"]["matrix"]["python"]
    assert ">=" + tried[0] == PROJECT["requires-python"]
