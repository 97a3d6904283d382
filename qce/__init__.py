"""Cross entropy on both sides of the quantum-classical border.

Modules and names below are imported when they are first used, so that `import qce` takes neither
PennyLane nor JAX.
"""

from __future__ import annotations

import importlib
from importlib.metadata import PackageNotFoundError, version
from typing import Any

try:
    __version__ = version("qce")
except PackageNotFoundError:  # a checkout that nobody has installed
    __version__ = "0+uninstalled"

_MODULES = (
    "boltzmann", "bounds", "circuits", "classical", "coding", "data", "devices", "errors", "laws",
    "learning", "limits", "losses", "models", "objectives", "plots", "quantum", "regularise",
    "reproduce", "results", "runs", "states", "tomography", "trainability", "training", "twins",
    "xeb",
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
    if name in _MODULES:
        return importlib.import_module(f"qce.{name}")
    if name in _NAMES:
        return getattr(importlib.import_module(_NAMES[name]), name)
    raise AttributeError(f"module 'qce' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
