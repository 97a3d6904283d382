"""`qce verify`: whether runs are as they were written."""

import argparse
from pathlib import Path
from typing import Any

from qce import _process
from qce.cli.shell import put_json, say

_EXAMPLES = """examples:
  qce verify                          all runs under runs/
  qce verify runs/quickstart-0123456789-01234567
  qce verify runs old/runs --json     several places; every problem as JSON

For a finished run every file is compared with its checksum, the manifest with its own, and the
folder's name with settings, code and data; files that the run has not written are named. An
unfinished run is sound if its files can be read. The exit status is 1 if anything is wrong.
"""


def add(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "verify",
        help="compare every file of the runs with its checksum",
        description="Read all files of the runs, and compare them with their checksums.",
        epilog=_EXAMPLES,
    )
    parser.add_argument(
        "places",
        nargs="*",
        type=Path,
        default=[Path("runs")],
        metavar="FOLDER",
        help="run folders, or folders that runs are in (default runs)",
    )
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    parser.add_argument("--quiet", action="store_true", help="print only the table")
    parser.set_defaults(command=verify)


def verify(options: argparse.Namespace) -> int:
    """Verify runs, and say of each what is wrong with it."""
    _process.limit_threads()
    from qce import runs

    verdicts = runs.verify(*options.places)
    table = runs.as_table(verdicts)
    put_json(table.rows()) if options.json else print(table)
    wrong = sum(not verdict.sound for verdict in verdicts)
    counts = f"{len(verdicts) - wrong} sound, {wrong} damaged"
    say(f"qce: {counts}", quiet=options.quiet or options.json)
    return 1 if wrong else 0
