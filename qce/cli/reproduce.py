"""`qce reproduce`: the paper, from its experiments to its PDF."""

import argparse
from pathlib import Path
from typing import Any

from qce import _process
from qce._text import legible
from qce.cli.shell import add_talk, prepare, put_json, say
from qce.cli.sweep import add_engine

_EXAMPLES = """examples:
  qce reproduce --quick               all figures at smaller size, in minutes
  qce reproduce                       the paper
  qce reproduce --only fig3 compression
  qce reproduce --list                figure, experiment, device and time

Runs that are already stored are not repeated. The exit status is 1 if a run failed or a value
differs from the known one by more than its error.
"""


def add(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "reproduce",
        help="make every figure and number of the paper, and its PDF",
        description="Run the paper's experiments, draw its figures, compare its values with known "
        "ones, and typeset it.",
        epilog=_EXAMPLES,
    )
    parser.add_argument("--quick", action="store_true", help="smaller runs for the same figures")
    parser.add_argument("--only", nargs="+", metavar="FIGURE", help="only these figures, no PDF")
    parser.add_argument("--list", action="store_true", help="list the figures, and run nothing")
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("runs"),
        metavar="DIR",
        help="folder of the runs; the paper goes to DIR/paper, or DIR/paper-quick (default runs)",
    )
    add_engine(parser)
    add_talk(parser, json="print files, comparisons and values as JSON")
    left = "Finished runs are kept; started again, the command does the others."
    parser.set_defaults(command=reproduce, interrupted=left)


def reproduce(options: argparse.Namespace) -> int:
    """Make the paper, or list its figures."""
    _process.limit_threads()
    from qce import reproduce as paper

    if options.list:
        return _list(paper.choose(paper.catalogue(), options.only), options)
    prepare(quiet=options.quiet)
    made = paper.reproduce(
        options.out,
        quick=options.quick,
        only=options.only,
        engine=options.engine,
        workers=options.workers,
        progress=not options.quiet,
        say=lambda line: say(f"qce: {line}", quiet=options.quiet),
    )
    put_json(made.as_dict()) if options.json else print(legible(made, lines=True))
    return 0 if made.passed else 1


def _list(figures: list[Any], options: argparse.Namespace) -> int:
    from qce.runs.table import from_rows

    rows = [
        {
            "figure": figure.label,
            "name": figure.name,
            "experiment": figure.experiment,
            "device": figure.device,
            "seconds": figure.seconds[0],
            "seconds, quick": figure.seconds[1],
        }
        for figure in figures
    ]
    put_json(rows) if options.json else print(from_rows(rows))
    return 0
