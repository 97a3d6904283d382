"""Experiments and the record of their runs.

An experiment is a Python file with a frozen dataclass `Spec` (all settings of the run, with
defaults) and a function `run(spec) -> Outcome`, or `run(spec, *, record)` if it writes during the
run; it may have a function `draw(outcome)` that returns a figure. A run writes one folder, once.
"""

from qce.runs.arguments import add_fields, given, read_file, spec_from
from qce.runs.experiment import Experiment, Outcome, find, load_experiment, names
from qce.runs.figures import draw_metrics, draw_table
from qce.runs.folder import RunInProgress, refuse_existing
from qce.runs.lineage import OlderRunWarning
from qce.runs.live import Sight, Training, watch
from qce.runs.loading import DamagedRunWarning, load
from qce.runs.plain import to_json
from qce.runs.record import Record
from qce.runs.reporting import report
from qce.runs.run import execute, folder_of
from qce.runs.spec import checked, setting
from qce.runs.store import DamagedRun, read
from qce.runs.sweeps import SweepReport, grid, sweep, sweep_all
from qce.runs.table import Table, table
from qce.runs.unfinished_runs import describe, metrics, unfinished
from qce.runs.verifying import Verdict, as_table, verify

__all__ = [
    "DamagedRun",
    "DamagedRunWarning",
    "Experiment",
    "OlderRunWarning",
    "Outcome",
    "Record",
    "RunInProgress",
    "Sight",
    "SweepReport",
    "Table",
    "Training",
    "Verdict",
    "add_fields",
    "as_table",
    "checked",
    "describe",
    "draw_metrics",
    "draw_table",
    "execute",
    "find",
    "folder_of",
    "given",
    "grid",
    "load",
    "load_experiment",
    "metrics",
    "names",
    "read",
    "read_file",
    "refuse_existing",
    "report",
    "setting",
    "spec_from",
    "sweep",
    "sweep_all",
    "table",
    "to_json",
    "unfinished",
    "verify",
    "watch",
]
