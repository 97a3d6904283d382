"""What every command shares: how arguments are read, what is said, how the process is set up."""

import argparse
import sys
from typing import Any, NoReturn

from qce import _process


class Parser(argparse.ArgumentParser):
    """A parser that complains in one line, as the rest of the command line does."""

    def __init__(self, **settings: Any):
        # Examples keep their lines. A shortened option would change its meaning when an
        # experiment gains a field.
        shown = argparse.RawDescriptionHelpFormatter
        super().__init__(formatter_class=shown, allow_abbrev=False, **settings)

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse, and name the option that an unknown one looks like."""
        options, unknown = self.parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}{self._nearest(unknown[0])}")
        return options

    def error(self, message: str) -> NoReturn:
        """End with one line and status 2."""
        sys.exit(complain(f"{message}. See `{self.prog} --help`.", status=2))

    def _nearest(self, word: str) -> str:
        from qce.runs.spec import nearest

        return nearest(word.partition("=")[0], self._option_string_actions)


def add_talk(parser: argparse.ArgumentParser, *, json: str) -> None:
    """Add the options of how much is said, and how."""
    parser.add_argument("--quiet", action="store_true", help="no progress, only the result")
    parser.add_argument("--json", action="store_true", help=json)
    parser.add_argument("--debug", action="store_true", help="show where an error came from")


def prepare(*, quiet: bool) -> None:
    """Switch on what the command line promises of JAX, and say so."""
    cache = _process.prepare()
    told = f"qce: BLAS and XLA on one thread, JAX in 64 bit, compiled code kept in {cache}"
    say(told, quiet=quiet)


def say(text: str, *, quiet: bool) -> None:
    """Print beside the result, unless nothing but the result is wanted."""
    if not quiet:
        print(text, file=sys.stderr)


def complain(text: str, *, status: int) -> int:
    """Print what went wrong, and return the exit status."""
    print(f"qce: {text}", file=sys.stderr)
    return status
