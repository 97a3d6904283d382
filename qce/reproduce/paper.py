"""The paper's folder, and its catalogue: which figure comes from which run."""

import importlib.util
import itertools
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import qce
from qce import runs
from qce._checks import error
from qce._showing import Shown
from qce.runs.spec import make, nearest

CATALOGUE = "catalogue.toml"
_SCRIPTS = "qce_paper_figures"  # the package that figure scripts are imported as


@dataclass(frozen=True, eq=False, repr=False)
class Figure(Shown):
    """A figure of the paper, and the run that it shows.

    Args:
        number: Its number in the manuscript, or in the supplement.
        name: Name of its script, `paper/figures/NAME.py`.
        experiment: Name of the experiment.
        device: What the experiment's circuits run on; "none" where states are computed.
        seconds: How long a run takes on two quiet cores, in full and quick.
        full: Settings of the full run that are not defaults.
        quick: Settings of the quick run that are not defaults.
        needs: Modules that an installation may lack; without them the figure is left out.
        supplement: Whether it is in the supplement.

    Example:
        >>> Figure(2, "compression", "compression", "none", (1.0, 1.0)).label
        'fig2'
    """

    number: int
    name: str
    experiment: str
    device: str
    seconds: tuple[float, float]
    full: Mapping[str, Any] = field(default_factory=dict)
    quick: Mapping[str, Any] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    supplement: bool = False

    @property
    def lacking(self) -> tuple[str, ...]:
        """Modules that it needs and that are not installed."""
        return tuple(name for name in self.needs if importlib.util.find_spec(name) is None)

    @property
    def label(self) -> str:
        """What `--only` calls it: fig1, and figS1 in the supplement."""
        return f"fig{'S' * self.supplement}{self.number}"

    def pair(self, quick: bool) -> tuple[runs.Experiment, Any]:
        """Return its experiment and the spec of its run."""
        experiment = runs.load_experiment(runs.find(self.experiment))
        return experiment, make(experiment.spec, self.quick if quick else self.full)


def folder() -> Path:
    """Return the folder of the paper.

    A wheel carries it inside the package, as it does the experiments; a clone has it beside them.

    Raises:
        FileNotFoundError: This installation came without it.
    """
    package = Path(qce.__file__).parent
    for place in (package / "_paper", package.parent / "paper"):
        if (place / CATALOGUE).is_file():
            return place
    must, but = "be there to be reproduced", "this installation came without it"
    raise error("paper", must, but, "the command in a clone of the project", FileNotFoundError)


def catalogue() -> list[Figure]:
    """Return all figures, in the order of the manuscript and of its supplement.

    Raises:
        FileNotFoundError: This installation came without the paper.

    >>> [figure.number for figure in catalogue()][:3]
    [1, 2, 3]
    """
    lines = tomllib.loads((folder() / CATALOGUE).read_text(encoding="utf-8"))["figures"]
    counters = {False: itertools.count(1), True: itertools.count(1)}
    return [_figure(next(counters[line.get("supplement", False)]), line) for line in lines]


def choose(figures: Iterable[Figure], names: Iterable[str] | None) -> list[Figure]:
    """Return the figures of these labels or names; all of them for None.

    Raises:
        ValueError: A name is none of the catalogue.

    >>> [figure.name for figure in choose(catalogue(), ["compression"])]
    ['compression']
    """
    figures = list(figures)
    if names is None:
        return figures
    known = {key: figure for figure in figures for key in (figure.label, figure.name)}
    for name in names:
        if name not in known:
            but = f"{name!r} is none" + nearest(name, known)
            remedy = ", ".join(f"{figure.label} ({figure.name})" for figure in figures)
            raise error("only", "name figures of the paper", but, f"some of {remedy}")
    wanted = {known[name].name for name in names}
    return [figure for figure in figures if figure.name in wanted]


def script(name: str) -> ModuleType:
    """Import a figure's script; scripts are one package, so that they share `style`.

    Raises:
        FileNotFoundError: There is no such script.
    """
    place = folder() / "figures"
    path = place / f"{name}.py"
    if not path.is_file():
        raise error("figure", "have a script", f"there is no {path}", "its file", FileNotFoundError)
    _imported(_SCRIPTS, place / "__init__.py", [str(place)])
    return _imported(f"{_SCRIPTS}.{name}", path)


def _imported(name: str, path: Path, searched: list[str] | None = None) -> ModuleType:
    """Import a file under a name of its own, once."""
    if getattr(sys.modules.get(name), "__file__", None) == str(path):
        return sys.modules[name]
    source = importlib.util.spec_from_file_location(name, path, submodule_search_locations=searched)
    assert source is not None and source.loader is not None  # both are .py files
    for stale in [other for other in sys.modules if other.startswith(f"{name}.")]:
        del sys.modules[stale]  # of another folder of this name
    module = importlib.util.module_from_spec(source)
    sys.modules[name] = module
    source.loader.exec_module(module)
    return module


def _figure(number: int, line: Mapping[str, Any]) -> Figure:
    name = line["name"]
    return Figure(
        number,
        name,
        line.get("experiment", name),
        line.get("device", "none"),
        tuple(line["seconds"]),
        line.get("full", {}),
        line.get("quick", {}),
        tuple(line.get("needs", ())),
        line.get("supplement", False),
    )
