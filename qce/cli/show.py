"""`qce show`: a run or many of them, from their files only."""

import argparse
import warnings
from pathlib import Path
from typing import Any

from qce import _process
from qce.cli.place import add_place
from qce.cli.shell import put_json, refuse_unwritable, say

_EXAMPLES = """examples:
  qce show                            the runs under runs/, unfinished ones too
  qce show runs/quickstart-0123456789-01234567    one run: its report, or its progress
  qce show --csv table.csv            all columns, with all digits
  qce show --figure beta.pdf --x beta --y "chain/distance left"
  qce show runs/quickstart-0123456789-01234567 --figure loss.pdf    its metrics, step by step
"""


def add(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "show",
        help="show one run or many as a table and a figure",
        description="Show a run, or all runs in a folder, from their files.",
        epilog=_EXAMPLES,
    )
    add_place(parser)
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    parser.add_argument("--quiet", action="store_true", help="print only the table")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write the table to a file")
    parser.add_argument("--figure", type=Path, metavar="FILE", help="draw a figure (pdf, png)")
    parser.add_argument("--x", metavar="COLUMN", help="horizontal axis of the figure; a spec field")
    parser.add_argument("--y", metavar="COLUMN", nargs="+", help="quantities that the figure shows")
    parser.set_defaults(command=show)


def show(options: argparse.Namespace) -> int:
    """Show a run or many."""
    _process.limit_threads()
    refuse_unwritable(figure=options.figure, csv=options.csv)
    from qce.runs.folder import CONFIG

    return (_one if (options.place / CONFIG).is_file() else _many)(options)


def _many(options: argparse.Namespace) -> int:
    from qce import runs

    left = runs.unfinished(options.place)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", runs.DamagedRunWarning)  # they are listed below
            table = runs.load(options.place)
    except FileNotFoundError:
        if not left:
            raise
        table = runs.Table({})
    damaged = [{"folder": name, "problem": p.found} for name, p in table.damaged.items()]
    if options.json:
        about = {"runs": table.rows(), "unfinished": left.rows(), "damaged": damaged}
        put_json(about)
    elif len(table) > 1:
        print(table.varying())
    elif len(table) == 1:  # one row of all its columns would be wider than any screen
        print(runs.table(runs.describe(table.rows()[0]["folder"])))
    if left and not options.json:
        say(f"\nnot finished:\n{left}", quiet=options.quiet)
    for one in damaged:
        say(f"qce: {one['problem']}; `qce sweep` does it again", quiet=options.json)
    if options.csv:
        table.to_csv(options.csv)
    if options.figure:
        runs.draw_table(table, options.figure, x=options.x, y=options.y)
    return 2 if damaged and not len(table) else 0  # there is nothing to show


def _one(options: argparse.Namespace) -> int:
    from qce import runs

    about = runs.describe(options.place)
    put_json(about) if options.json else print(runs.table(about))
    if options.csv:
        runs.load(options.place).to_csv(options.csv)
    if options.figure:
        runs.draw_metrics(options.place, options.figure, x=options.x, y=options.y)
    return 0
