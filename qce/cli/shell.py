"""Common parts of all commands: parsing of arguments, messages, set-up of the process."""

import argparse
import contextlib
import os
import re
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from qce import _process
from qce._text import ascii_json, legible


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, as in the rest of the command line."""

    def __init__(self, **settings: Any):
        # Examples keep their lines. A shortened option would change its meaning when an
        # experiment gains a field.
        shown = argparse.RawDescriptionHelpFormatter
        super().__init__(formatter_class=shown, allow_abbrev=False, **settings)
        # `-1e-3` and `-0.1,0.2` are values, as `-1` is to argparse: all options but -h are long.
        self._negative_number_matcher = re.compile("-(?!-)")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse; the error about an unknown word names the command and a similar word."""
        options, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}{self._meant(unknown[0])}")
        return options, unknown

    def _get_option_tuples(self, option_string: str) -> list[Any]:
        """Only `-h` itself means -h: `-hot` is a value."""
        return []

    def error(self, message: str) -> NoReturn:
        """End with one line and status 2."""
        if message.endswith("expected one argument"):
            message += " (one that begins with -- stands behind a =)"
        sys.exit(complain(f"{message}. See `{self.prog} --help`.", status=2))

    def _meant(self, word: str) -> str:
        from qce.runs.spec import nearest

        places = [x for x in self._actions if not x.option_strings and x.metavar == "FOLDER"]
        if places and word.partition("=")[0] == "--out":  # as the commands that make runs call it
            return f" (a folder is given without an option here: `{self.prog} FOLDER`)"
        if word.startswith("-"):  # without dashes, in which all options look alike
            options = (x.removeprefix("--") for x in self._option_string_actions)
            return nearest(word.partition("=")[0].lstrip("-"), options).replace("'", "'--", 1)
        tuples = any(str(action.metavar).endswith("…") for action in self._actions)
        return " (values of one setting are joined by commas: 1,2)" if tuples else ""


def add_talk(parser: argparse.ArgumentParser, *, json: str) -> None:
    """Add the options for the amount and form of output."""
    parser.add_argument("--quiet", action="store_true", help="print only the result, no progress")
    parser.add_argument("--json", action="store_true", help=json)
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")


def prepare(*, quiet: bool) -> None:
    """Apply the command line's settings of threads and JAX, and print them."""
    kept = _process.prepare()
    say(f"qce: BLAS and XLA on one thread, JAX in 64 bit, {kept}", quiet=quiet)


def refuse_unwritable(figure: Path | None = None, **files: Path | None) -> None:
    """Raise, before any work is done, where an option names a file that cannot be written.

    Args:
        figure: File whose ending has to be a format that matplotlib writes.
        **files: Other files, by their options.
    """
    from qce._checks import error  # brings NumPy, which `qce --help` does without

    for option, path in {"figure": figure, **files}.items():
        if path is None:
            continue
        folder = path.parent
        if path.is_dir() or not (folder.is_dir() and os.access(folder, os.W_OK)):
            must, but = "name a file that can be written", f"{path} is a folder"
            if not path.is_dir():
                but = f"{folder} is no folder that can be written"
            raise error(f"--{option}", must, but, "a file in a folder that is there", OSError)
    if figure is not None:
        from matplotlib.backend_bases import FigureCanvasBase

        endings = sorted(FigureCanvasBase.get_supported_filetypes())
        if figure.suffix.removeprefix(".").lower() not in endings:
            but, remedy = f"{figure} is none", f"one that ends in .{', .'.join(endings)}"
            raise error("--figure", "be a figure file", but, remedy)


def put_json(value: Any) -> None:
    """Print a result as JSON, which is the same in every encoding."""
    from qce import runs

    print(ascii_json(runs.to_json(value)).rstrip())


def say(text: str, *, quiet: bool) -> None:
    """Print a message besides the result, unless `quiet`."""
    if not quiet:
        print(legible(text, lines=True), file=sys.stderr)


@contextlib.contextmanager
def saying_warnings(*, quiet: bool) -> Iterator[None]:
    """Print warnings about the record like other messages: in one line, without a place in code."""
    with warnings.catch_warnings():
        plain = warnings.showwarning

        def show(message: Any, category: type, *place: Any) -> None:
            if category.__module__.startswith("qce.runs."):
                say(f"qce: {message}", quiet=quiet)
            else:
                plain(message, category, *place)

        warnings.showwarning = show  # type: ignore[assignment]
        yield


def complain(text: str, *, status: int) -> int:
    """Print what went wrong, and return the exit status."""
    print(f"qce: {legible(text)}", file=sys.stderr)
    return status
