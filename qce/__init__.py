"""Cross entropy on both sides of the quantum-classical border.

Modules and names below are imported when they are first used, so that `import qce` takes neither
PennyLane nor JAX.
"""

from __future__ import annotations

import importlib
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from qce.errors import not_installed

try:
    __version__ = version("qce")
except PackageNotFoundError:  # a checkout that nobody has installed
    __version__ = "0+uninstalled"

_MODULES = (
    "boltzmann", "bounds", "callbacks", "circuits", "classical", "coding", "data", "devices",
    "errors", "laws", "learning", "limits", "losses", "models", "objectives", "plots", "quantum",
    "regularise", "reproduce", "results", "runs", "states", "tomography", "trainability",
    "training", "twins", "xeb",
)  # fmt: skip
_NAMES = {
    "ArgumentError": "qce.errors",
    "BornMachine": "qce.models",
    "Estimate": "qce.results",
    "ThermalModel": "qce.models",
    "error_bars": "qce.training",
    "fit": "qce.training",
    "fit_many": "qce.training",
    "load": "qce.models",
    "save": "qce.models",
}

__all__ = [*_MODULES, *_NAMES, "__version__"]


def __getattr__(name: str) -> Any:
    if name not in _MODULES and name not in _NAMES:
        raise AttributeError(f"module 'qce' has no attribute {name!r}")
    try:
        home = importlib.import_module(_NAMES.get(name, f"qce.{name}"))
        return home if name in _MODULES else getattr(home, name)
    except ModuleNotFoundError as problem:
        told = not_installed(f"qce.{name}", problem)
        if told is problem:
            raise
        raise told from problem


def __dir__() -> list[str]:
    return sorted(__all__)
