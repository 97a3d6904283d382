"""`qce report`: a run or a sweep as one page of HTML."""

import argparse
from pathlib import Path
from typing import Any

from qce import _process
from qce.cli.place import add_place
from qce.cli.shell import say

_EXAMPLES = """examples:
  qce report                                  the runs under runs/, as runs.html
  qce report runs/quickstart-0123456789-01234567
  qce report runs --out sweep.html --force    replace an existing file

The page is one file, which loads no scripts, fonts or pictures, and names no machine: it can be
sent, kept with a paper, or opened without a network. The contents of a run folder are shown as
text only, so that a page about a stranger's run is safe to open.
"""


def add(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "report",
        help="write a page of HTML about a run or a sweep",
        description="Write one page of HTML: results with errors, learning curves, settings, "
        "digests of code and data, and whether all files are unchanged.",
        epilog=_EXAMPLES,
    )
    add_place(parser)
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="the page (default: the folder's name, .html)"
    )
    parser.add_argument("--force", action="store_true", help="replace an existing file")
    parser.add_argument("--quiet", action="store_true", help="do not print the name of the page")
    parser.set_defaults(command=report)


def report(options: argparse.Namespace) -> int:
    """Write the page."""
    _process.limit_threads()
    _process.draw_to_files()
    from qce import _concrete, runs

    with _concrete.called(path="--out", force="--force", place="FOLDER"):
        written = runs.report(options.place, options.out, force=options.force)
    say(f"qce: wrote {written}", quiet=options.quiet)
    return 0
