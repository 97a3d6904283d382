"""Find an experiment by name or path, and load it."""

import ast
import contextlib
import dataclasses
import importlib.util
import inspect
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import qce
from qce import _checks
from qce._checks import error
from qce._concrete import called
from qce._showing import Shown
from qce.runs.beside import Neighbours
from qce.runs.origin import code_of
from qce.runs.spec import nearest, types_of
from qce.runs.syntax import parsed


@dataclass(frozen=True, repr=False)
class Outcome(Shown):
    """The result of an experiment, before it is written.

    Attributes:
        report: Sections of named numbers and texts, `{"section": {"quantity": value}}`.
        parameters: Named arrays: the parameters that were learned.
        history: Named arrays: numbers of each step.
        device: The device on which circuits ran.
        circuits: How many circuits were sent to it; 0 where states are computed.
        shots: How many shots they took; 0 for exact values. If these three are left out, they are
            those of the trainings of `record.fit`.
    """

    report: dict[str, dict[str, Any]]
    parameters: dict[str, Any] = field(default_factory=dict)
    history: dict[str, Any] = field(default_factory=dict)
    device: str = ""
    circuits: int = 0
    shots: int = 0


@dataclass(frozen=True, repr=False)
class Experiment(Shown):
    """An experiment file, loaded.

    Attributes:
        name: File name without its ending; the first half of a run folder's name.
        path: The file.
        spec: The file's frozen dataclass `Spec`.
        run: The file's `run(spec)`, or `run(spec, *, record)` if it writes during the run.
        draw: The file's `draw(outcome)`, which returns a matplotlib figure, or None.
        plan: The file's `plan(spec)`, which returns a `qce.training.Plan` for each training of the
            run, by its name, and sends nothing; or None.
        summary: The file's docstring.
        code: Digests of the file and of what it imports from its folder, when it was loaded.
    """

    name: str
    path: Path
    spec: type
    run: Callable[..., Outcome]
    draw: Callable[[Outcome], Any] | None
    summary: str
    plan: Callable[[Any], dict[str, Any]] | None = None
    code: Mapping[str, str] = field(default_factory=dict)


def shelf() -> Path:
    """Return the folder of the experiments that come with the package.

    A wheel has them inside the package; a clone next to it.
    """
    package = Path(qce.__file__).parent
    inside = package / "_experiments"
    return inside if inside.is_dir() else package.parent / "experiments"


def names() -> dict[str, str]:
    """Return name and first docstring line of each experiment that comes with the package.

    The files are parsed, not imported, to be quick.

    >>> "quickstart" in names()
    True
    """
    files = sorted(path for path in shelf().glob("*.py") if not path.name.startswith("_"))
    return {path.stem: _docstring(path).partition("\n")[0] for path in files}


def find(experiment: str | os.PathLike[str]) -> Path:
    """Return the file of an experiment.

    Args:
        experiment: Name of an experiment that comes with the package, or the path of a
            Python file (anything with a path separator or the ending `.py`).

    Raises:
        TypeError: It is neither a text nor a path.
        ValueError: No such experiment.
    """
    remedy = '"quickstart", or the path of a file'
    _checks.instance("experiment", experiment, (str, os.PathLike), remedy)
    if os.fspath(experiment):
        _checks.path("experiment", experiment, remedy)
    name = os.fspath(experiment)
    is_path = Path(name).suffix == ".py" or Path(name).name != name
    path = Path(name) if is_path else shelf() / f"{name}.py"
    if path.is_file():
        return path.resolve()
    own = Path(f"{name}.py").is_file()
    meant = f" (did you mean './{name}.py'?)" if own else nearest(name, names())
    raise error(
        "experiment",
        "name an experiment or a Python file",
        f"there is no {name!r}{meant}",
        f"one of {', '.join(names())}, or the path of your own, such as ./my_experiment.py",
    )


def load_experiment(path: str | Path) -> Experiment:
    """Load the experiment in a Python file, which may import modules from its folder.

    Args:
        path: The file, as `find` returns it.

    Raises:
        FileNotFoundError: There is no such file.
        TypeError: Its `run` cannot be called with a spec.
        ValueError: The file cannot be imported, or lacks a frozen dataclass `Spec` or a `run`.
    """
    path = _checks.path("path", path, '"./my_experiment.py"')
    if not path.is_file() or path.suffix != ".py":
        but = f"{path} is none" if path.exists() else f"there is no {path}"
        remedy = "what `find` returns"
        raise error("path", "be a file of Python, .py", but, remedy, FileNotFoundError)
    with called(experiment="path"):
        return _loaded(path)


def _loaded(path: Path) -> Experiment:
    neighbours = Neighbours(path.parent)
    try:
        code = code_of(path)  # before it is imported: later changes are not part of the run
        with neighbours.found():
            module = _import(path)
    except (Exception, SystemExit) as problem:
        said = "".join(traceback.format_exception_only(problem)).strip().splitlines()[-1]
        but = f"{path} (line {_line(path, problem)}) raises {said.rstrip('.')}"
        remedy = "one that can; `--debug` shows where it fails"
        raise error("experiment", "be a file that can be imported", but, remedy) from problem
    spec: Any = getattr(module, "Spec", None)
    run: Any = getattr(module, "run", None)
    if not _is_frozen_dataclass(spec) or not callable(run):
        must = "define a frozen dataclass `Spec` and a function `run(spec)`"
        missing = "run" if _is_frozen_dataclass(spec) else "Spec"
        but = f"{path} has no such `{missing}`"
        raise error("experiment", must, but, "a file that has both, as experiments/quickstart.py")
    _check_signature(path, run)
    with neighbours.found(), contextlib.suppress(TypeError):  # where its types are known
        types_of(spec)
    draw, plan = (getattr(module, name, None) for name in ("draw", "plan"))
    return Experiment(
        name=path.stem,
        path=path,
        spec=spec,
        run=neighbours.wrapped(run),
        draw=draw and neighbours.wrapped(draw),
        summary=(module.__doc__ or "").strip(),
        plan=plan and neighbours.wrapped(plan),
        code=code,
    )


def asks_for_record(run: Callable[..., Any]) -> bool:
    """Whether an experiment's `run` takes `record`."""
    return "record" in inspect.signature(run).parameters


def _check_signature(path: Path, run: Callable[..., Any]) -> None:
    words = {"record": None} if asks_for_record(run) else {}
    try:
        inspect.signature(run).bind(None, **words)
    except TypeError as problem:
        must = "define `run(spec)` or `run(spec, *, record)`"
        but = f"that of {path} cannot be called so ({problem})"
        raise error("experiment", must, but, "a file with one of these", TypeError) from None


def _import(path: Path) -> ModuleType:
    """Import a file under a name that no installed package has."""
    name = f"qce_experiment_{path.stem}"
    source = importlib.util.spec_from_file_location(name, path)
    assert source is not None and source.loader is not None  # `find` returns only .py files
    module = importlib.util.module_from_spec(source)
    # Dataclasses look their module up by name while they are made.
    sys.modules[name] = module
    source.loader.exec_module(module)
    return module


def _line(path: Path, problem: BaseException) -> int | None:
    """Return the last line of the file that was reached."""
    if isinstance(problem, SyntaxError):
        return problem.lineno
    frames = traceback.extract_tb(problem.__traceback__)
    return next((f.lineno for f in reversed(frames) if f.filename == str(path)), None)


def _is_frozen_dataclass(thing: Any) -> bool:
    return (
        isinstance(thing, type)
        and dataclasses.is_dataclass(thing)
        and thing.__dataclass_params__.frozen  # type: ignore[attr-defined]
    )


def _docstring(path: Path) -> str:
    return ast.get_docstring(parsed(path.read_text(encoding="utf-8"))) or ""
