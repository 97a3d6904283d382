"""`qce run`: one experiment, one folder."""

import argparse
from pathlib import Path
from typing import Any

from qce import _process
from qce.cli.shell import Parser, add_talk, prepare, put_json, say, saying_warnings

_EXAMPLES = """examples:
  qce run quickstart                  the main job, half a minute
  qce run quickstart --help           its settings
  qce run quickstart --seed 1 --out /tmp/runs --quiet
  qce run quickstart --spec runs/quickstart-0123456789-01234567/config.toml --out /tmp/again
  qce run hardware --dry-run          circuits, jobs, shots and time; nothing is sent or written
  qce run hardware --resume           continue a run that was killed, stopped, or failed
  qce run ./my_experiment.py          a file with a frozen dataclass `Spec` and `run(spec)`
"""


def add(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "run",
        help="run an experiment and write its folder",
        description="Run an experiment, by name or by path, and write its folder.",
        epilog=_EXAMPLES,
    )
    add_experiment(parser, "qce run NAME --help")
    parser.set_defaults(command=run)


def add_experiment(parser: argparse.ArgumentParser, help: str) -> None:
    """Add the experiment; the rest is read when its settings are known."""
    parser.add_argument("experiment", metavar="NAME|PATH", help="see `qce list`, or a Python file")
    parser.add_argument(
        "settings", nargs=argparse.REMAINDER, metavar="SETTINGS", help=f"see `{help}`"
    )


def add_record(parser: argparse.ArgumentParser) -> None:
    """Add the options of settings from a file, of where the record goes, and of what is said."""
    parser.add_argument(
        "--spec", type=Path, metavar="FILE", help="settings from FILE, such as a run's config.toml"
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("runs"),
        metavar="DIR",
        help="folder that takes the run folder (default runs)",
    )
    parser.add_argument(
        "--keep-old",
        action="store_true",
        help="use an existing run of these settings even if code or data have changed since",
    )
    add_talk(parser, json="print the report as JSON")


def add_settings(parser: argparse.ArgumentParser, experiment: Any, *, lists: bool = False) -> None:
    """Add an option for each field of an experiment's Spec."""
    from qce import runs

    # Last: a field of the same name as an option of all runs is the one that is refused.
    group = parser.add_argument_group("settings of the experiment")
    runs.add_fields(group, experiment.spec, lists=lists)


def add_common(parser: argparse.ArgumentParser) -> None:
    """Add the options that `qce run` has for every experiment."""
    parser.add_argument(
        "--dry-run", action="store_true", help="print the cost of the run; send and write nothing"
    )
    parser.add_argument(
        "--resume", action="store_true", help="continue an interrupted run of the same settings"
    )
    add_record(parser)


def add_options(parser: argparse.ArgumentParser, experiment: Any) -> None:
    """Add all options of `qce run NAME`."""
    add_common(parser)
    add_settings(parser, experiment)


def from_file(settings: argparse.Namespace, experiment: Any) -> dict[str, Any]:
    """Return the values that `--spec` names, none without it."""
    from qce import _concrete, runs

    if not settings.spec:
        return {}
    with _concrete.called(path="spec"):
        return runs.read_file(settings.spec, experiment.name)


def run(options: argparse.Namespace) -> int:
    """Run an experiment."""
    _process.limit_threads()
    from qce import _concrete, runs
    from qce.runs import locks

    options.debug = "--debug" in options.settings
    with _concrete.called(path="experiment"):
        experiment = runs.load_experiment(runs.find(options.experiment))
    settings = _parser(experiment, options.experiment).parse_args(options.settings)
    spec = runs.spec_from(experiment.spec, vars(settings), from_file(settings, experiment))
    if settings.dry_run:
        return _say_cost(experiment, spec, settings)
    locks.require()
    runs.refuse_existing(runs.folder_of(experiment, spec, settings.out))
    prepare(quiet=settings.quiet)
    # `qce.fit` would answer a KeyboardInterrupt with what it has, and the run go on with that.
    with saying_warnings(quiet=settings.quiet), _process.stopping_on_interrupt():
        folder, outcome = runs.execute(
            experiment,
            spec,
            settings.out,
            progress=not settings.quiet,
            resume=settings.resume,
            keep_old=settings.keep_old,
        )
    put_json(outcome.report) if settings.json else print(runs.table(outcome.report))
    say(f"qce: wrote {folder}", quiet=settings.quiet)
    return 0


def _say_cost(experiment: Any, spec: Any, settings: argparse.Namespace) -> int:
    """Print what the trainings of a run would cost."""
    from qce import runs
    from qce._checks import error

    if experiment.plan is None:
        but = f"{experiment.name} does not say what it costs: its file has no `plan(spec)`"
        remedy = "it to one that does, such as hardware, or add `plan(spec)` to the file,"
        remedy += ' which returns {"name": training.plan(objective, …)}, one plan a training'
        raise error("--dry-run", "be for an experiment with a plan", but, remedy)
    prepare(quiet=settings.quiet)
    plans = {name: plan.rows() for name, plan in experiment.plan(runs.checked(spec)).items()}
    added = ("circuits", "jobs", "shots")
    whole: dict[str, Any] = {name: sum(rows[name] for rows in plans.values()) for name in added}
    times = [rows["seconds"] for rows in plans.values()]
    whole["seconds"] = None if None in times else sum(times)
    about = {**plans, "all": whole}
    put_json(about) if settings.json else print(runs.table(about))
    return 0


def _parser(experiment: Any, called: str) -> Parser:
    example = f"example:\n  qce run {called} --out /tmp/runs --quiet"
    parser = Parser(prog=f"qce run {called}", description=experiment.summary, epilog=example)
    add_options(parser, experiment)
    return parser
