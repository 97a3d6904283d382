"""Devices from one line of text, their abilities, and what is missing for those not installed.

`"default.mixed noise=depolarizing:0.01"`: PennyLane's name of the device, then options. Shots
belong to the circuit, by `qml.set_shots`.
"""

from qce.devices.mitigation import Confusion, Part, Reading, Remedies, mixture_error
from qce.devices.noise import noise_model
from qce.devices.opening import HANDLING, installed, open, takes_seed
from qce.devices.retry import Retry
from qce.devices.text import read

__all__ = [
    "HANDLING",
    "Confusion",
    "Part",
    "Reading",
    "Remedies",
    "Retry",
    "installed",
    "mixture_error",
    "noise_model",
    "open",
    "read",
    "takes_seed",
]
