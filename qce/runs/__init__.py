"""Experiments and the record of their runs.

An experiment is a Python file with a frozen dataclass `Spec` (all that decides the run, with
defaults) and a function `run(spec, *, progress) -> Outcome`; a function `draw(outcome)` that
returns a figure may come along. A run leaves one folder, written once.
"""

from qce.runs.arguments import add_fields, spec_from
from qce.runs.experiment import Experiment, Outcome, find, load, names
from qce.runs.run import execute, folder_of
from qce.runs.store import read, refuse_existing, to_json
from qce.runs.table import table

__all__ = [
    "Experiment",
    "Outcome",
    "add_fields",
    "execute",
    "find",
    "folder_of",
    "load",
    "names",
    "read",
    "refuse_existing",
    "spec_from",
    "table",
    "to_json",
]
