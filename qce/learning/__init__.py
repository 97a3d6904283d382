"""Learning from labelled data: mini-batches, streams, early stopping, scikit-learn's interface.

Names are imported when they are used, since scikit-learn is slow to load.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qce.learning.estimator import CircuitClassifier
    from qce.learning.live import LivePlot
    from qce.learning.loss import LOSSES, Loss
    from qce.learning.offline import train
    from qce.learning.online import Online
    from qce.learning.prediction import predict
    from qce.learning.regressor import CircuitRegressor
    from qce.learning.result import Training

__all__ = [
    "LOSSES",
    "CircuitClassifier",
    "CircuitRegressor",
    "LivePlot",
    "Loss",
    "Online",
    "Training",
    "predict",
    "train",
]

_NAMES = {
    "LOSSES": "loss",
    "CircuitClassifier": "estimator",
    "CircuitRegressor": "regressor",
    "LivePlot": "live",
    "Loss": "loss",
    "Online": "online",
    "Training": "result",
    "predict": "prediction",
    "train": "offline",
}


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(importlib.import_module(f"qce.learning.{_NAMES[name]}"), name)
    raise AttributeError(f"module 'qce.learning' has no attribute {name!r}")
