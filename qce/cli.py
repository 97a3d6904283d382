"""The command line: `qce run`, `qce list`, `qce check`.

Nothing heavy is imported before the arguments are read: `qce --help` answers at once.
"""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, NoReturn

_EXAMPLES = """examples:
  qce run quickstart                  learn a thermal state and images, check the classical limit
  qce run quickstart --seed 1 --out /tmp/runs
  qce run ./my_experiment.py --help   the settings of one's own experiment
  qce list                            what `qce run` knows by name
  qce check --json limits.json        the classical limit of every pair of twins
"""

_RUN_EXAMPLES = """examples:
  qce run quickstart                  the main job, about a minute
  qce run quickstart --help           its settings
  qce run quickstart --seed 1 --out /tmp/runs --quiet
  qce run ./my_experiment.py          a file with a frozen dataclass `Spec` and `run(spec)`
"""

_CHECK_EXAMPLES = """examples:
  qce check                           a table; exit status 1 where a limit fails
  qce check --json limits.json --figure limits.pdf
"""

_LIST_EXAMPLES = """example:
  qce list
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: Words after the program's name; those of the process by default.

    Returns:
        Exit status: 0 done, 1 a limit failed, 2 a mistake in what was asked for, 130 interrupted.
    """
    # A scheduler's polite stop unwinds like an error, so that nothing half-written stays.
    signal.signal(signal.SIGTERM, _terminate)
    words = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser().parse_args(words)
    try:
        return options.command(options)
    except KeyboardInterrupt:
        return _complain("interrupted; nothing was written.", status=130)
    except (ValueError, TypeError, OSError, argparse.ArgumentError) as error:
        if getattr(options, "debug", False):
            raise
        return _complain(" ".join(str(error).split()), status=2)


class _Parser(argparse.ArgumentParser):
    """A parser that complains in one line, as the rest of the command line does."""

    def __init__(self, **settings: Any):
        # Examples keep their lines. A shortened option would change its meaning when an
        # experiment gains a field.
        shown = argparse.RawDescriptionHelpFormatter
        super().__init__(formatter_class=shown, allow_abbrev=False, **settings)

    def error(self, message: str) -> NoReturn:
        sys.exit(_complain(f"{message}. See `{self.prog} --help`.", status=2))


def _parser() -> argparse.ArgumentParser:
    description = "Cross entropy on both sides of the quantum-classical border."
    parser = _Parser(prog="qce", description=description, epilog=_EXAMPLES)
    parser.add_argument("--version", action="version", version=f"qce {metadata.version('qce')}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    run = commands.add_parser(
        "run",
        help="run an experiment and write its folder",
        description="Run an experiment, by name or by path, and write its folder.",
        epilog=_RUN_EXAMPLES,
    )
    run.add_argument("experiment", metavar="NAME|PATH", help="see `qce list`, or a Python file")
    run.add_argument(
        "settings", nargs=argparse.REMAINDER, metavar="SETTINGS", help="see `qce run NAME --help`"
    )
    run.set_defaults(command=_run)

    listing = commands.add_parser(
        "list",
        help="list the experiments that `qce run` knows by name",
        description="List the experiments that `qce run` knows by name.",
        epilog=_LIST_EXAMPLES,
    )
    listing.set_defaults(command=_list)

    check = commands.add_parser(
        "check",
        help="check the classical limit of every pair of twins",
        description="Check that each quantum quantity becomes its classical twin: values, "
        "gradients, the path of dephasing, and training step for step.",
        epilog=_CHECK_EXAMPLES,
    )
    check.add_argument("--seed", type=int, default=0, help="seed of the random states (default 0)")
    check.add_argument("--json", type=Path, metavar="FILE", help="write the report there")
    check.add_argument("--figure", type=Path, metavar="FILE", help="draw the report (pdf, png)")
    check.set_defaults(command=_check)
    return parser


def _run(options: argparse.Namespace) -> int:
    _limit_threads()
    from qce import runs

    experiment = runs.load(runs.find(options.experiment))
    settings = _settings_parser(experiment, options.experiment).parse_args(options.settings)
    options.debug = settings.debug
    spec = runs.spec_from(experiment.spec, vars(settings))
    runs.refuse_existing(runs.folder_of(experiment, spec, settings.out))
    _prepare(quiet=settings.quiet)
    folder, outcome = runs.execute(experiment, spec, settings.out, progress=not settings.quiet)
    if settings.json:
        print(runs.to_json(outcome.report), end="")
    else:
        print(runs.table(outcome.report))
    _say(f"qce: wrote {folder}", quiet=settings.quiet)
    return 0


def _settings_parser(experiment: Any, called: str) -> argparse.ArgumentParser:
    """Make a parser of an experiment's own settings: one option for each field of its Spec."""
    from qce import runs

    example = f"example:\n  qce run {called} --out /tmp/runs --quiet"
    parser = _Parser(prog=f"qce run {called}", description=experiment.summary, epilog=example)
    runs.add_fields(parser.add_argument_group("settings of the experiment"), experiment.spec)
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("runs"),
        metavar="DIR",
        help="folder that takes the run folder (default runs)",
    )
    parser.add_argument("--quiet", action="store_true", help="no progress, only the result")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--debug", action="store_true", help="show where an error came from")
    return parser


def _list(options: argparse.Namespace) -> int:
    del options
    from qce import runs

    known = runs.names()
    width = max(map(len, known))
    for name, summary in known.items():
        print(f"{name:<{width}}  {summary}")
    return 0


def _check(options: argparse.Namespace) -> int:
    _limit_threads()
    _prepare(quiet=False)
    from qce import limits, plots, runs

    report = limits.check(seed=options.seed)
    print(report)
    if options.json:
        options.json.write_text(runs.to_json(report.as_dict()), encoding="utf-8")
    if options.figure:
        with plots.style():
            plots.limits(report).savefig(options.figure)
    return 0 if report.passed else 1


def _limit_threads() -> None:
    """Hold BLAS to one thread, before NumPy is loaded and reads these.

    With two threads on a busy machine OpenBLAS slows down up to 400 times. JAX wants at least four
    in its pool: with two, batched decompositions in one program can wait for each other for ever.
    """
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = "1"
    if (os.cpu_count() or 1) < 4:
        os.environ.setdefault("NPROC", "4")


def _prepare(*, quiet: bool) -> None:
    """Switch on what the command line promises of JAX, and say so."""
    import jax
    from threadpoolctl import threadpool_limits

    from qce import training

    threadpool_limits(1, "blas")  # where NumPy was loaded before the environment was set
    jax.config.update("jax_enable_x64", True)
    cache = training.enable_compilation_cache()
    _say(f"qce: BLAS on one thread, JAX in 64 bit, compiled code kept in {cache}", quiet=quiet)


def _say(text: str, *, quiet: bool) -> None:
    if not quiet:
        print(text, file=sys.stderr)


def _complain(text: str, *, status: int) -> int:
    print(f"qce: {text}", file=sys.stderr)
    return status


def _terminate(signum: int, frame: Any) -> NoReturn:
    del frame
    sys.exit(128 + signum)
