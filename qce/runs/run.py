"""From an experiment and a spec to one folder."""

import dataclasses
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from qce.runs import manifest, store
from qce.runs.experiment import Experiment, Outcome
from qce.runs.spec import digest, to_toml


def folder_of(experiment: Experiment, spec: Any, out: str | Path = "runs") -> Path:
    """Return the folder of a run, named by what is run and a digest of how."""
    return Path(out) / f"{experiment.name}-{digest(experiment.name, spec)}"


def execute(
    experiment: Experiment, spec: Any, out: str | Path = "runs", *, progress: bool = True
) -> tuple[Path, Outcome]:
    """Run an experiment and write its folder.

    Args:
        experiment: As `load` returns it.
        spec: Instance of the experiment's `Spec`.
        out: Folder that takes the run folder.
        progress: Whether the experiment shows how far it is.

    Returns:
        The run folder (config, report, parameters, history, figure, manifest), and what was
        found.

    Raises:
        FileExistsError: The run folder is there already; nothing was done.
        OSError: `out` cannot be written; nothing was done.
    """
    folder = folder_of(experiment, spec, out)
    with store.new_folder(folder) as partial:
        started, clock = datetime.now(UTC), time.perf_counter()
        (partial / "config.toml").write_text(to_toml(experiment.name, spec), encoding="utf-8")
        outcome = experiment.run(spec, progress=progress)
        store.write(partial, outcome)
        if experiment.draw is not None:
            _write_figure(partial, experiment, outcome)
        about = {
            "experiment": experiment.name,
            "spec": dataclasses.asdict(spec),
            "device": outcome.device,
            "started": started.isoformat(timespec="seconds"),
            "seconds": round(time.perf_counter() - clock, 3),
            **manifest.surroundings(experiment.path),
            "files": store.checksums(partial),
        }
        (partial / "manifest.json").write_text(store.to_json(about), encoding="utf-8")
    return folder, outcome


def _write_figure(folder: Path, experiment: Experiment, outcome: Outcome) -> None:
    from qce import plots  # matplotlib takes its time, and not every experiment draws

    assert experiment.draw is not None
    with plots.style():
        plots.save(experiment.draw(outcome), folder / "figure")
