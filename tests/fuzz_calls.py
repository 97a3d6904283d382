"""One right call of every public function; the fuzz harness makes wrong ones of it.

A parameter is filled by its function's own entry, else by its name in its module, else by its
default. What is not called stands in `LEFT_OUT` with the reason.
"""

import importlib
import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from fuzz_files import made
from fuzz_fill import MODULE_FILL, OWN_FILL
from fuzz_fill_files import FILES_FILL, FILES_USED, VARIANTS
from fuzz_methods import METHODS_FILL, METHODS_LEFT_OUT, OBJECTS, called, methods

import qce
from qce.data import Labelled
from qce.learning import CircuitClassifier, CircuitRegressor, train

MODULES = (
    *(m for m in qce._MODULES if m not in ("errors", "limits", "reproduce", "twins")),
    "losses.classical",
    "losses.quantum",
    "objectives.entropies",
)

_RECORD = "a record that the package fills in and users read"
_PROTOCOL = "a protocol or base class, nothing to call"
_TRAINS = "compiles a training at each call: tests of chains and of settings call it"
_WARNING = "a warning or an exception, which the package raises"
LEFT_OUT: dict[str, str] = {
    **dict.fromkeys(
        (
            "boltzmann.SampledGradient",
            "bounds.CrossEntropyBounds",
            "laws.Integral",
            "laws.LawReport",
            "learning.Training",
            "results.Cost",
            "results.Estimate",
            "results.FitResult",
            "results.LimitCheck",
            "results.LimitReport",
            "results.Status",
            "regularise.Regularised",
            "states.Bracket",
            "tomography.ChainReconstruction",
            "tomography.ErrorBar",
            "tomography.Expectation",
            "tomography.FromCopies",
            "tomography.Reconstruction",
            "tomography.SecondStage",
            "trainability.Landscape",
            "trainability.Moments",
            "trainability.Spread",
            "training.ErrorBars",
            "training.Plan",
            "training.Progress",
            "xeb.Decay",
            "xeb.Fidelity",
            "xeb.Moments",
            "devices.Part",
            "devices.Reading",
            "devices.Confusion",
            "devices.Confusion.calibrated",
            "data.Shadow",
            "data.Splits",
            "objectives.DeploymentGap",
            "models.Expectations",
            "devices.mixture_error",
            "objectives.Objective",
            "runs.Experiment",
            "runs.Sight",
            "runs.SweepReport",
            "runs.Table",
            "runs.Training",
            "runs.Verdict",
        ),
        _RECORD,
    ),
    "tomography.reconstruct_chain": _TRAINS,
    **dict.fromkeys(
        (
            "data.Bases",
            "models.Spectrum",
            "results.Sample",
            "states.State",
            "training.Follower",
        ),
        _PROTOCOL,
    ),
    **dict.fromkeys(
        ("runs.DamagedRun", "runs.DamagedRunWarning", "runs.OlderRunWarning", "runs.RunInProgress"),
        _WARNING,
    ),
    "callbacks.MLflow": "needs MLflow: tests of callbacks",
    "runs.refuse_existing": "says whether something is there: tests of run folders",
    "training.distribute": "needs workers of another process: tests of parallel training",
    "states.Dense": "takes what a state function has checked",
    **METHODS_LEFT_OUT,
}

_X, _Y = MODULE_FILL["learning"]["features"], MODULE_FILL["learning"]["labels"]
# What is called in place of a public name: estimators keep settings as they are given, and check
# them when they learn; and of a training what does not depend on the clock.
USED: dict[str, Callable[..., Any]] = {
    "learning.CircuitClassifier": lambda **s: CircuitClassifier(**s).fit(_X, _Y).params_,
    "learning.CircuitRegressor": lambda **s: CircuitRegressor(**s).fit(_X, _Y).params_,
    "learning.train": lambda **s: train(**s).params,
    "data.Labelled": lambda **s: Labelled(**s).features,
    **FILES_USED,
}


@dataclass(frozen=True)
class Call:
    """A public function with right arguments, in the order of its signature."""

    name: str
    function: Callable[..., Any]
    arguments: dict[str, Any]
    optional: frozenset[str]  # they may be None
    starred: str | None  # *args
    before: tuple[str, ...] = ()  # what goes by position where there are any
    varied: tuple[str, ...] = ()  # what is replaced: in a second call what makes it another
    missing: tuple[str, ...] = ()  # what nobody has given a right value

    def __call__(self, **changed: Any) -> Any:
        with made({**self.arguments, **changed}) as given:
            stars = given.pop(self.starred) if self.starred else ()
            several = isinstance(stars, Iterable) and not isinstance(stars, (str, bytes))
            stars = tuple(stars) if several else (stars,)
            before = [given.pop(name) for name in self.before]
            return self.function(*before, *stars, **given)


def public() -> Iterator[tuple[str, Any]]:
    """Names and values of what is public and can be called."""
    for module in MODULES:
        home = importlib.import_module(f"qce.{module}")
        for name in home.__all__:
            value = getattr(home, name)
            if callable(value) and not inspect.ismodule(value):
                yield f"{module}.{name}", value
            if inspect.isclass(value):
                for other in _makers(value):
                    yield f"{module}.{name}.{other}", getattr(value, other)
                for other in methods(value):
                    if f"{module}.{name}" in OBJECTS:
                        yield f"{module}.{name}.{other}", getattr(value, other)


def module_of(name: str) -> str:
    """The module of a function, or of a class method's type."""
    module, _, last = name.rpartition(".")[0].rpartition(".")
    return module if last[:1].isupper() else name.rpartition(".")[0]


def _makers(home: type) -> list[str]:
    """Names of the class methods that make an object in another way."""
    return [
        name
        for name, value in vars(home).items()
        if isinstance(value, classmethod) and not name.startswith("_")
    ]


@cache
def calls() -> dict[str, Call]:
    """A right call by name, for all that is not left out and takes an argument."""
    found = {}
    known = dict(public())
    for name, function in (known | {name: known[base] for name, base in VARIANTS.items()}).items():
        if name in LEFT_OUT or not (parameters := _parameters(function)):
            continue
        arguments, starred = {}, None
        for parameter in parameters:
            value = _filled(name, parameter)
            if parameter.kind is parameter.VAR_POSITIONAL:
                starred, value = parameter.name, () if value is parameter.empty else value
            if value is not parameter.empty:
                arguments[parameter.name] = value
        listed = [p.name for p in parameters]
        before = tuple(listed[: listed.index(starred)]) if starred else ()
        before = before or tuple(p.name for p in parameters if p.kind is p.POSITIONAL_ONLY)
        optional = frozenset(p.name for p in parameters if _may_be_none(p))
        function = USED.get(name, function)
        if name.rpartition(".")[0] in OBJECTS and not inspect.ismethod(function):
            function = called(name)
        varied = tuple(FILES_FILL[name] if name in VARIANTS else arguments)
        missing = tuple(name for name in listed if name not in arguments)
        found[name] = Call(name, function, arguments, optional, starred, before, varied, missing)
    return found


def _parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    try:
        listed = inspect.signature(function).parameters.values()
    except ValueError:  # built in C, an Enum
        return []
    return [
        p
        for p in listed
        if p.kind is not p.VAR_KEYWORD and not p.name.startswith("_") and p.name != "self"
    ]


def _may_be_none(parameter: inspect.Parameter) -> bool:
    return parameter.default is None or "None" in str(parameter.annotation)


def _filled(name: str, parameter: inspect.Parameter) -> Any:
    module = module_of(name)
    base = VARIANTS.get(name, name)
    own = [table.get(key, {}) for key in (name, base) for table in (FILES_FILL, OWN_FILL)]
    for table in (*own, METHODS_FILL.get(base, {}), MODULE_FILL.get(module, {})):
        if parameter.name in table:
            value = table[parameter.name]
            factory = inspect.isfunction(value) or hasattr(value, "cache_info")
            return value() if factory else value
    return parameter.default
