"""From an experiment and a spec to one folder."""

import contextlib
import dataclasses
import time
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from qce import _checks, _files
from qce._checks import error
from qce._process import holding_signals
from qce._warned import warn
from qce.errors import ArgumentError
from qce.runs import lineage, locks, manifest, store
from qce.runs.experiment import Experiment, Outcome, asks_for_record
from qce.runs.folder import new_folder, put_config, refuse_existing, settle
from qce.runs.origin import Origin, data_of, noted
from qce.runs.record import Record
from qce.runs.spec import checked, digest, to_toml

_FIGURE, _UNDRAWN = "figure", "figure-traceback.txt"


class UndrawnFigureWarning(UserWarning):
    """A run has finished, but its `draw` raised an exception."""


def folder_of(experiment: Experiment, spec: Any, out: str | Path = "runs") -> Path:
    """Return the folder of a run: experiment, digest of settings, digest of code and data.

    The settings give the first ten digits. The last eight are from the experiment's file, the
    modules in its folder that it imports, the version of `qce`, and the files that the spec names:
    an edited experiment, or another of the same name, has another folder.
    """
    _checks.instance("experiment", experiment, Experiment, "what `load_experiment` returns")
    place, spec = _checks.path("out", out), checked(spec)
    origin = origin_of(experiment, spec).digest
    return place / f"{experiment.name}-{digest(experiment.name, spec)}-{origin}"


def origin_of(experiment: Experiment, spec: Any) -> Origin:
    """Return code and data of a run."""
    return Origin(experiment.code, data_of(spec, experiment.path.parent))


def execute(
    experiment: Experiment,
    spec: Any,
    out: str | Path = "runs",
    *,
    progress: bool = True,
    resume: bool = False,
    keep_old: bool = False,
) -> tuple[Path, Outcome]:
    """Run an experiment and write its folder.

    Args:
        experiment: As `load_experiment` returns it.
        spec: Instance of the experiment's `Spec`.
        out: Folder that takes the run folder.
        progress: Whether the experiment shows its progress.
        resume: Continue the folder of an earlier run of this spec that was killed, stopped or
            failed: every `record.fit` resumes its training. A new run if there is none.
        keep_old: Resume also where code or data have changed since that run was begun; the manifest
            then says what it was `begun_with`. Otherwise refused, with the changes.

    Returns:
        The run folder (configuration, metrics, report, parameters, history, checkpoint, figure,
        manifest), synced to disk, and the outcome.

    Raises:
        TypeError: A field of the spec has the wrong type; nothing was done.
        ValueError: A field of the spec is out of its bounds, or the run to be resumed has other
            code or data; nothing was done.
        FileExistsError: The run folder exists already; nothing was done.
        RunInProgress: Another living process does this run; nothing was done.
        OSError: `out` cannot be written, or the disk is full; or the folder to be resumed holds
            links; or this system has no POSIX locks.
        Exception: What the experiment raises, with a note that names the folder with its traceback
            and its files so far.
    """
    locks.require()
    progress, resume, keep_old = (
        _checks.truth(name, flag)
        for name, flag in (("progress", progress), ("resume", resume), ("keep_old", keep_old))
    )
    spec = checked(spec)
    folder, origin = folder_of(experiment, spec, out), origin_of(experiment, spec)
    with holding_signals() as release:
        refuse_existing(folder)
        begun = lineage.take_over(folder, origin, keep_old=keep_old) if resume else None
        older = lineage.finished_relatives(folder)[:1]
        lineage.warn_of_older({other: lineage.changes(other, origin) for other in older})
        with new_folder(folder, resume=resume) as partial:
            release()  # from here on the folder is cleaned up
            started, clock = datetime.now(UTC), time.perf_counter()
            begun = _begun_with(partial) or begun
            put_config(partial, _config(experiment, spec, origin, begun))
            outcome = _run(experiment, spec, Record(partial.absolute(), progress, resumed=resume))
            store.write(partial, outcome)
            undrawn = _write_figure(partial, experiment, outcome)
            about = {
                "schema": store.SCHEMA,
                "experiment": experiment.name,
                "spec": dataclasses.asdict(spec),
                "seeds": manifest.seeds(spec),
                "device": outcome.device,
                "circuits": outcome.circuits,
                "shots": outcome.shots,
                "started": started.isoformat(timespec="seconds"),
                "seconds": round(time.perf_counter() - clock, 3),
                "code": origin.code,
                "data": origin.data,
                **({"begun_with": begun} if begun else {}),
                **_changed_meanwhile(experiment, spec, origin),
                **manifest.surroundings(experiment),
            }
            settle(partial)
            store.write_manifest(partial, about)
    if undrawn:
        with contextlib.suppress(UndrawnFigureWarning):  # where warnings are made errors
            said = f"the run is finished, but its figure could not be drawn: {undrawn}"
            where = f"the traceback is in {folder / _UNDRAWN}"
            warn(f"{said}; {where}", UndrawnFigureWarning)
    return folder, outcome


def _config(experiment: Experiment, spec: Any, origin: Origin, begun: dict[str, Any] | None) -> str:
    text = to_toml(experiment.name, spec) + origin.as_tables()
    return text + (noted(begun).as_tables("begun_with.") if begun else "")


def _begun_with(partial: Path) -> dict[str, Any] | None:
    """The code and data before they changed, as recorded by a run that is resumed again."""
    try:
        found = store.read_config(partial).get("begun_with")
    except (ArgumentError, OSError):
        return None
    return found if isinstance(found, dict) else None


def _changed_meanwhile(experiment: Experiment, spec: Any, origin: Origin) -> dict[str, str]:
    """A remark on data that changed during the run, which may have read the old or the new."""
    try:
        said = origin_of(experiment, spec).changes(origin)
    except OSError as problem:
        said = f"its data can no longer be read ({problem})"
    return {"changed_during_the_run": said} if said and origin.code else {}


def _run(experiment: Experiment, spec: Any, record: Record) -> Outcome:
    """Pass the record to an experiment whose `run` takes it."""
    words = {"record": record} if asks_for_record(experiment.run) else {}
    with contextlib.chdir("."):  # whatever folder the experiment goes to, the run stays in its own
        outcome: Any = experiment.run(spec, **words)
    if not isinstance(outcome, Outcome):
        but = f"that of {experiment.name} returns {type(outcome).__name__}"
        raise error("run", "return an Outcome", but, "`Outcome(report)`", TypeError)
    if outcome.device or outcome.circuits or outcome.shots:
        return outcome
    circuits, shots = record.spent.circuits, record.spent.shots
    return dataclasses.replace(outcome, device=record.device, circuits=circuits, shots=shots)


def _write_figure(folder: Path, experiment: Experiment, outcome: Outcome) -> str:
    """Draw the outcome; return in a line why that failed, which does not fail the run."""
    if experiment.draw is None:
        return ""
    try:
        from qce import plots  # matplotlib takes its time, and not every experiment draws

        with plots.style():
            plots.save(experiment.draw(outcome), folder / _FIGURE)
    except Exception as problem:
        for half_drawn in folder.glob(f"{_FIGURE}.*"):
            half_drawn.unlink()
        told = "".join(traceback.format_exception(problem))
        _files.write(folder / _UNDRAWN, told.encode(errors="backslashreplace"))
        return "".join(traceback.format_exception_only(problem)).strip().splitlines()[-1]
    return ""
