"""The argument of commands that look at runs: one run folder, or the folder that runs are in."""

import argparse
from pathlib import Path


def add_place(parser: argparse.ArgumentParser) -> None:
    """Let a command take a folder; `runs` where none is given."""
    parser.add_argument(
        "place",
        nargs="?",
        type=Path,
        default=Path("runs"),
        metavar="FOLDER",
        help="a run folder, or the folder that the runs are in (default runs)",
    )
