"""The command line: `qce run`, `qce sweep`, `qce show`, and the other commands.

Nothing heavy is imported before the arguments are read: `qce --help` answers at once.
"""

import argparse
import signal
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from qce import __version__, _process, _streams
from qce.cli import (
    check,
    completion,
    devices,
    listing,
    report,
    reproduce,
    run,
    show,
    sweep,
    verify,
    watch,
)
from qce.cli.order import experiment_first
from qce.cli.shell import Parser, complain
from qce.errors import ArgumentError, NotInstalledError, kept_in, not_installed

_EXAMPLES = """examples:
  qce run quickstart                  learn a thermal state and images, check the classical limit
  qce run quickstart --seed 1 --out /tmp/runs
  qce run ./my_experiment.py --help   the settings of your own experiment
  qce sweep quickstart --seed 0 1 2   one run for each seed
  qce show                            the runs under runs/, as a table
  qce watch                           trainings in progress: loss, gap, remaining time
  qce report                          the runs as a page of HTML, with curves and errors
  qce verify                          whether the files of the runs are unchanged
  qce list                            the experiments that have a name
  qce check --json limits.json        the classical limit of every pair of twins
  qce reproduce --quick               the paper at smaller size

exit status:
  0    done
  1    a run failed or is damaged, or a limit does not hold
  2    a mistake in the command; nothing was done
  3    done, but the result could not be printed
  130  interrupted by Ctrl-C; 143 by SIGTERM
"""

_COMMANDS = (
    run,
    sweep,
    watch,
    show,
    report,
    verify,
    listing,
    check,
    reproduce,
    devices,
    completion,
)
_MISTAKES = (ArgumentError, OSError, NotInstalledError)
_OURS = "This is a fault of qce, not of what was asked for: please report it with this traceback."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: Words after the program's name; those of the process by default.

    Returns:
        Exit status: 0 done, 1 a run failed or is damaged, or a limit does not hold, 2 a mistake in
        the command, 3 done but not printed, 130 interrupted.
    """
    if arguments is not None:
        return _answer(list(arguments))
    with _process.ending_whole() as ended:
        ended.status = _answer(sys.argv[1:])
        return ended.status


def _answer(words: list[str]) -> int:
    """Run a command with signals and streams prepared, and return its exit status."""
    # A scheduler's SIGTERM is raised like an error, so that nothing half-written stays.
    signal.signal(signal.SIGTERM, _terminate)
    with _process.interrupted_once(), _streams.patient() as out:
        try:
            status = _status(words)
        except SystemExit as ended:  # a help, a mistake in the words, a polite stop
            out.flush()
            if ended.code or not out.problem:
                raise
            status = 0
        out.flush()
        return status or _printed(out.problem)


def _status(words: list[str]) -> int:
    """Run a command, and return its exit status."""
    options = argparse.Namespace()
    try:
        options = _parser().parse_args(experiment_first(words))
        status: int = options.command(options)
        return status
    except KeyboardInterrupt as interrupt:
        left = getattr(options, "interrupted", "Nothing was written.")
        return complain(f"interrupted. {_kept(interrupt) or left}", status=130)
    except Exception as caught:
        error = not_installed("qce", caught)
        kept = _kept(error)
        mistake = isinstance(error, _MISTAKES)
        if not (kept or mistake):
            error.add_note(_OURS)
            raise
        if getattr(options, "debug", False):
            raise
        named = str(error) if mistake else f"{type(error).__name__}: {error}"
        said = f"{named.rstrip('.')}. {kept}" if kept else named
        return complain(" ".join(said.split()), status=1 if kept else 2)


def _printed(problem: Exception | None) -> int:
    """Return 0 if all was printed, otherwise a status that does not concern runs."""
    if problem is None:
        return 0
    if isinstance(problem, BrokenPipeError):  # who reads it, `head` perhaps, has seen enough
        return 128 + getattr(signal, "SIGPIPE", 13)
    why = getattr(problem, "strerror", None) or problem
    return complain(f"all is done, but its result could not be printed ({why})", status=3)


def _parser() -> Parser:
    description = "Cross entropy on both sides of the quantum-classical border."
    parser = Parser(prog="qce", description=description, epilog=_EXAMPLES)
    parser.add_argument("--version", action="version", version=f"qce {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for module in _COMMANDS:
        module.add(commands)
    return parser


def _kept(problem: BaseException) -> str:
    """Where an exception says that a run's folder is kept."""
    folder = kept_in(problem)
    return f"What the run left is kept in {folder}." if folder else ""


def _terminate(signum: int, frame: Any) -> NoReturn:
    del frame
    sys.exit(128 + signum)
