"""`qce list`: the experiments that have a name."""

import argparse
from typing import Any

from qce.cli.shell import put_json

_EXAMPLES = """examples:
  qce list
  qce list --json
"""


def add(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "list",
        help="list the experiments that `qce run` knows by name",
        description="List the experiments that `qce run` knows by name.",
        epilog=_EXAMPLES,
    )
    parser.add_argument("--json", action="store_true", help="print names and summaries as JSON")
    parser.set_defaults(command=list_experiments)


def list_experiments(options: argparse.Namespace) -> int:
    """Print name and summary of each experiment."""
    from qce import runs

    known = runs.names()
    if options.json:
        put_json(known)
        return 0
    width = max(map(len, known))
    for name, summary in known.items():
        print(f"{name:<{width}}  {summary}")
    return 0
