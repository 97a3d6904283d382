"""`qce watch`: trainings in the terminal, while they go on and when they have ended."""

import argparse
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from qce import _process
from qce.cli.place import add_place

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

_EXAMPLES = """examples:
  qce watch                           the runs under runs/, updated until Ctrl-C
  qce watch runs/quickstart-0123456789-01234567    each training of one run
  qce watch --once                    a single frame, the default if the output is no terminal
  qce watch /scratch/runs --every 30 --limit 100

Running ones come first. A killed run is shown as stopped, since the lock of a running one ends with
its process. Nothing is written, and runs are not affected. `left` is the time for the remaining
steps, or for as many as the budget covers; a training that converges takes less.
"""

_LEAST, _MOST = 60, 200  # columns of a frame
_ROWS = 40  # where no terminal says how many fit
_AROUND = 6  # lines above and below the table


def add(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "watch",
        help="show running and finished trainings",
        description="Show loss, gap, validation, remaining time, shots and budget of trainings, "
        "from what their runs write.",
        epilog=_EXAMPLES,
    )
    add_place(parser)
    parser.add_argument("--once", action="store_true", help="print one frame, and end")
    parser.add_argument(
        "--every", type=_seconds, default=1.0, metavar="SECONDS", help="between updates (default 1)"
    )
    parser.add_argument(
        "--limit", type=_count, metavar="INT", help="number of runs (default: what fits)"
    )
    parser.set_defaults(command=watch)


def watch(options: argparse.Namespace) -> int:
    """Show what runs do, once or until Ctrl-C."""
    _process.limit_threads()
    from rich.console import Console
    from rich.constrain import Constrain

    from qce.cli import frames

    console = Console(file=sys.stdout, highlight=False, markup=False, emoji=False)

    def look() -> "RenderableType":
        width = min(max(console.width, _LEAST), _MOST)
        fits = console.height - _AROUND if console.is_terminal else _ROWS
        drawn = frames.frame(options.place, options.limit or max(fits, 1), width, time.time())
        return Constrain(drawn, width)

    if options.once or not console.is_terminal:
        console.print(look())
        return 0
    return _refreshed(console, look, options.every)


def _refreshed(console: "Console", look: Callable[[], "RenderableType"], every: float) -> int:
    """Show one frame in the place of the other; Ctrl-C leaves the last one there."""
    from rich.live import Live

    first = look()  # where there is nothing to watch, this says so
    with Live(first, console=console, auto_refresh=False, transient=False) as live:
        try:
            while True:
                live.refresh()
                time.sleep(every)
                live.update(look())
        except KeyboardInterrupt:  # the way to end it
            return 0


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0.1 <= seconds <= 86400:
        raise argparse.ArgumentTypeError(f"must be 0.1 to 86400 seconds, not {text}")
    return seconds


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more, not {text}")
    return count
