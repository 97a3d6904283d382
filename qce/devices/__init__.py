"""Devices from one line of text, with what they can do and what is missing for the others.

`"default.mixed noise=depolarizing:0.01"`: PennyLane's name of the device, then options. Shots
belong to the circuit, by `qml.set_shots`.
"""

from qce.devices.kinds import (
    backpropagates,
    check_adjoint,
    check_analytic,
    check_backprop,
    check_open,
    check_readable,
    check_wires,
    is_analytic,
    jobs,
    journal_of,
    measured_qubits,
    one_shot_number,
    pinned,
    reseed,
    untouched,
)
from qce.devices.noise import noise_model
from qce.devices.opening import HANDLING, installed, open, takes_seed
from qce.devices.remedies import Confusion, Part, Reading, Remedies, mixture_error
from qce.devices.retry import Retry
from qce.devices.text import read

__all__ = [
    "HANDLING",
    "Confusion",
    "Part",
    "Reading",
    "Remedies",
    "Retry",
    "backpropagates",
    "check_adjoint",
    "check_analytic",
    "check_backprop",
    "check_open",
    "check_readable",
    "check_wires",
    "is_analytic",
    "installed",
    "jobs",
    "journal_of",
    "measured_qubits",
    "mixture_error",
    "noise_model",
    "one_shot_number",
    "open",
    "pinned",
    "read",
    "reseed",
    "takes_seed",
    "untouched",
]
