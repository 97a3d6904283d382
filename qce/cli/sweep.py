"""`qce sweep`: one run for each combination of settings."""

import argparse
from typing import Any

from qce import _process
from qce.cli.run import add_experiment, add_record, add_settings, from_file
from qce.cli.shell import Parser, prepare, put_json, say, saying_warnings

_EXAMPLES = """examples:
  qce sweep quickstart --seed 0 1 2 --beta 0.5 1 2      nine runs
  qce sweep quickstart --seed 0 1 2 --engine serial
  qce sweep quickstart --help                           settings and engines

A second start does only runs that are missing or damaged. An edited experiment, or other data, make
another run; with --keep-old an older one is used instead. Failed runs are kept with their traceback
and do not stop the others; the exit status is then 1.
"""


def add(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "sweep",
        help="run an experiment for each combination of settings",
        description="Run an experiment for each combination of settings, one folder each.",
        epilog=_EXAMPLES,
    )
    add_experiment(parser, "qce sweep NAME --help")
    left = "Finished runs are kept; started again, the sweep does the others."
    parser.set_defaults(command=sweep, interrupted=left)


def add_engine(parser: argparse.ArgumentParser) -> None:
    """Add the options of where the runs go."""
    parser.add_argument(
        "--engine",
        default="processes",
        help="serial, processes, dask, dask://HOST:PORT, slurm or mpi (default processes)",
    )
    parser.add_argument("--workers", type=int, metavar="INT", help="number of runs at a time")


def add_common(parser: argparse.ArgumentParser) -> None:
    """Add the options that `qce sweep` has for every experiment."""
    add_engine(parser)
    add_record(parser)


def add_options(parser: argparse.ArgumentParser, experiment: Any) -> None:
    """Add all options of `qce sweep NAME`."""
    add_common(parser)
    add_settings(parser, experiment, lists=True)


def sweep(options: argparse.Namespace) -> int:
    """Run an experiment for each combination of settings."""
    _process.limit_threads()
    from qce import _concrete, runs
    from qce.runs import locks

    options.debug = "--debug" in options.settings
    with _concrete.called(path="experiment"):
        experiment = runs.load_experiment(runs.find(options.experiment))
    settings = _parser(experiment, options.experiment).parse_args(options.settings)
    fixed = {name: [value] for name, value in from_file(settings, experiment).items()}
    axes = {**fixed, **runs.given(experiment.spec, vars(settings))}
    locks.require()
    prepare(quiet=settings.quiet)
    with saying_warnings(quiet=settings.quiet):
        report = runs.sweep(
            experiment,
            runs.grid(experiment.spec, **axes),
            settings.out,
            engine=settings.engine,
            workers=settings.workers,
            progress=not settings.quiet,
            keep_old=settings.keep_old,
        )
    table = report.table()
    shown = table.varying() if len(table) > 1 else table
    put_json(table.rows()) if settings.json else print(shown)
    say(f"qce: {report}", quiet=settings.quiet and not report.failed)
    return 1 if report.failed else 0


def _parser(experiment: Any, called: str) -> Parser:
    example = f"example:\n  qce sweep {called} --out /tmp/runs --quiet"
    parser = Parser(prog=f"qce sweep {called}", description=experiment.summary, epilog=example)
    add_options(parser, experiment)
    return parser
