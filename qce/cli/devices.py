"""`qce devices`: what is installed, what it can do, and what is missing for the rest."""

import argparse
from typing import Any

from qce import _process
from qce.cli.shell import put_json

_EXAMPLES = """examples:
  qce devices
  qce devices --json

analytic: exact values; shots: samples; batch: parameters with a batch axis; mixed: density
matrices of a part of the wires (channels need default.mixed or braket_dm); seed: outcomes can be
repeated; gradients: methods besides parameter shifts.
The last table lists the processors on which JAX runs compiled trainings, the default first.
"""


def add(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "devices",
        help="list devices, what they can do, and what is missing for others",
        description="List the installed PennyLane devices and what each can do on this machine.",
        epilog=_EXAMPLES,
    )
    parser.add_argument("--json", action="store_true", help="print the list as JSON")
    parser.set_defaults(command=devices)


def devices(options: argparse.Namespace) -> int:
    """Print what is installed and what is missing."""
    _process.limit_threads()
    from qce.devices.abilities import processors, survey
    from qce.runs.table import from_rows

    installed, missing = survey()
    if options.json:
        put_json({"installed": installed, "missing": missing, "jax": processors()})
        return 0
    print(from_rows(installed))
    if missing:
        print(f"\nnot installed\n{from_rows(missing)}")
    print(f"\nJAX runs on\n{from_rows(processors())}")
    return 0
