"""Training of models: one loop, its optimisers, and the compilation cache.

Names are imported when they are used: a process that needs only the compilation cache does not load
PennyLane.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qce.training.budget import Budget
    from qce.training.cache import enable_compilation_cache
    from qce.training.errorbars import ErrorBars, error_bars
    from qce.training.loop import fit
    from qce.training.many import fit_many
    from qce.training.parallel import distribute
    from qce.training.planning import Plan, plan
    from qce.training.progress import Follower, Progress

__all__ = [
    "Budget", "ErrorBars", "Follower", "Plan", "Progress", "distribute",
    "enable_compilation_cache", "error_bars", "fit", "fit_many", "plan",
]  # fmt: skip

_NAMES = {
    "Budget": "budget",
    "ErrorBars": "errorbars",
    "Follower": "progress",
    "Plan": "planning",
    "Progress": "progress",
    "distribute": "parallel",
    "enable_compilation_cache": "cache",
    "error_bars": "errorbars",
    "fit": "loop",
    "fit_many": "many",
    "plan": "planning",
}


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(importlib.import_module(f"qce.training.{_NAMES[name]}"), name)
    raise AttributeError(f"module 'qce.training' has no attribute {name!r}")
