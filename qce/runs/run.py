"""From an experiment and a spec to one folder."""

import dataclasses
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from qce._checks import error
from qce._process import holding_signals
from qce.runs import manifest, store
from qce.runs.experiment import Experiment, Outcome, asks_for_record
from qce.runs.folder import CONFIG, new_folder
from qce.runs.record import Record
from qce.runs.spec import checked, digest, to_toml


def folder_of(experiment: Experiment, spec: Any, out: str | Path = "runs") -> Path:
    """Return the folder of a run, named by what is run and a digest of how."""
    return Path(out) / f"{experiment.name}-{digest(experiment.name, checked(spec))}"


def execute(
    experiment: Experiment,
    spec: Any,
    out: str | Path = "runs",
    *,
    progress: bool = True,
    resume: bool = False,
) -> tuple[Path, Outcome]:
    """Run an experiment and write its folder.

    Args:
        experiment: As `load_experiment` returns it.
        spec: Instance of the experiment's `Spec`.
        out: Folder that takes the run folder.
        progress: Whether the experiment shows how far it is.
        resume: Go on in what an earlier run of this spec left, killed, stopped or failed: every
            `record.fit` takes up its training where it was cut. From the start where none did.

    Returns:
        The run folder (configuration, metrics, report, parameters, history, checkpoint, figure,
        manifest), and what was found.

    Raises:
        TypeError: A field of the spec has the wrong type; nothing was done.
        ValueError: A field of the spec is out of its bounds; nothing was done.
        FileExistsError: The run folder is there already; nothing was done.
        RunInProgress: Another living process does this run; nothing was done.
        OSError: `out` cannot be written, or has no room left.
        Exception: What the experiment raises, with a note that names the folder in which its
            traceback and what it had found are kept.
    """
    spec = checked(spec)
    folder = folder_of(experiment, spec, out)
    with holding_signals() as release, new_folder(folder, resume=resume) as partial:
        release()  # from here on the folder is cleaned up
        started, clock = datetime.now(UTC), time.perf_counter()
        (partial / CONFIG).write_text(to_toml(experiment.name, spec), encoding="utf-8")
        outcome = _run(experiment, spec, Record(partial, progress))
        store.write(partial, outcome)
        if experiment.draw is not None:
            _write_figure(partial, experiment, outcome)
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
            **manifest.surroundings(experiment.path),
            "files": store.checksums(partial),
        }
        (partial / store.MANIFEST).write_text(store.to_json(about), encoding="utf-8")
    return folder, outcome


def _run(experiment: Experiment, spec: Any, record: Record) -> Outcome:
    """Hand the record to an experiment that asks for it."""
    words = {"record": record} if asks_for_record(experiment.run) else {}
    outcome: Any = experiment.run(spec, **words)
    if not isinstance(outcome, Outcome):
        but = f"that of {experiment.name} returns {type(outcome).__name__}"
        raise error("run", "return an Outcome", but, "`Outcome(report)`", TypeError)
    report: dict[str, Any] = outcome.report
    flat = [name for name, rows in report.items() if not isinstance(rows, Mapping)]
    if flat:
        but, remedy = f"{flat[0]!r} is {report[flat[0]]!r}", '`{"section": {"quantity": value}}`'
        raise error("report", "hold sections of named values", but, remedy, TypeError)
    return outcome


def _write_figure(folder: Path, experiment: Experiment, outcome: Outcome) -> None:
    from qce import plots  # matplotlib takes its time, and not every experiment draws

    assert experiment.draw is not None
    with plots.style():
        plots.save(experiment.draw(outcome), folder / "figure")
