"""`qce check`: the classical limit of every pair of twins."""

import argparse
from pathlib import Path
from typing import Any

from qce import _files, _process
from qce.cli.shell import prepare, refuse_unwritable

_EXAMPLES = """examples:
  qce check                           a table; exit status 1 where a limit fails
  qce check --json limits.json --figure limits.pdf
"""


def add(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "check",
        help="check the classical limit of every pair of twins",
        description="Check that each quantum quantity becomes its classical twin: values, "
        "gradients, the path of dephasing, and each step of a training.",
        epilog=_EXAMPLES,
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of the random states (default 0)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report there")
    parser.add_argument("--figure", type=Path, metavar="FILE", help="draw the report (pdf, png)")
    parser.add_argument("--quiet", action="store_true", help="print only the table")
    parser.set_defaults(command=check)


def check(options: argparse.Namespace) -> int:
    """Check every pair of twins."""
    _process.limit_threads()
    refuse_unwritable(figure=options.figure, json=options.json)
    prepare(quiet=options.quiet)
    from qce import limits, plots, runs

    report = limits.check(seed=options.seed)
    print(report)
    if options.json:
        _files.write(options.json, runs.to_json(report.as_dict()))
    if options.figure:
        with plots.style():
            plots.write(plots.limits(report), options.figure)
    return 0 if report.passed else 1
