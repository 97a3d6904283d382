"""A run, or a sweep of runs, as one self-contained page of HTML."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from qce import _checks, _files
from qce._checks import error
from qce.errors import ArgumentError
from qce.runs import store, webpage
from qce.runs.live import Sight, Training, detailed, glance
from qce.runs.loading import load_folders
from qce.runs.pairs import errors_of, with_errors
from qce.runs.table import Table
from qce.runs.verifying import Verdict, has_run_files, verdict
from qce.runs.webpage import Html

_FIGURE, _LARGEST = "figure.png", 20_000_000  # bytes of a picture that is included
_PNG = b"\x89PNG\r\n\x1a\n"
_CURVES, _PANELS = 24, 6
_PACKAGES = ("qce", "numpy", "scipy", "jax", "jaxlib", "PennyLane", "torch")


def report(place: str | Path, path: str | Path | None = None, *, force: bool = False) -> Path:
    """Write a page of HTML about a run or a sweep: one file that needs no other, and no network.

    For a run: results with their standard errors, learning curves, settings, digests of code and
    data, where it ran, and whether its files are intact. For a folder of runs: a sortable table,
    quantities against the first setting that varies, and all learning curves.

    The contents of a run folder are shown as text, so that no script in them runs. The page names
    no machine, and equal folders give equal pages.

    Args:
        place: A run folder, finished or not, or the folder that runs are in.
        path: File to write; `NAME.html` in the working directory unless given.
        force: Whether to replace an existing file.

    Returns:
        The file.

    Raises:
        FileNotFoundError: There is no run in that place.
        FileExistsError: The file exists already.
        ValueError: The file would be in a run folder.
        OSError: The file cannot be written.
    """
    place = _checks.path("place", place, '"runs"')
    default = f"{Path(os.path.abspath(place)).name}.html"
    path = _checks.new_file("path", default if path is None else path, '"report.html"')
    if not _checks.truth("force", force) and os.path.lexists(path):
        but, remedy = f"{path} is there already", "another one, or `force`"
        raise error("path", "not exist yet", but, remedy, FileExistsError)
    if has_run_files(path.parent):
        but = f"{path.parent} is one, and holds what its run has written"
        raise error("path", "be outside of a run folder", but, '"report.html"')
    seen = [detailed(sight) for sight in glance(place)]
    runs_ = [sight for sight in seen if sight.state != "foreign"]
    if not runs_:
        remedy = "a run folder, or the folder that the runs are in"
        raise error("place", "hold runs", f"{place} holds none", remedy, FileNotFoundError)
    whole = len(runs_) == 1 and runs_[0].folder == place
    content = _of_one(runs_[0]) if whole else _of_many(place, seen, runs_)
    with _checks.writing("path"):
        _files.write(path, content)
    return path


# --- one run --------------------------------------------------------------------------------------


def _of_one(sight: Sight) -> str:
    folder, read = sight.folder, _Reading(sight.folder)
    config = read.of(lambda: store.read_config(folder))
    manifest = read.of(lambda: store.read_manifest(folder)) if sight.state == "finished" else {}
    found = read.of(lambda: store.report_of(folder)) if (folder / store.REPORT).exists() else {}
    parts = [
        webpage.paragraph(_state(sight), "" if sight.state in ("finished", "running") else "bad"),
        _soundness([verdict(folder)]),
        webpage.listed(read.problems, "bad"),
        webpage.section("Results", *(_section(name, rows) for name, rows in found.items())),
        webpage.section("Trainings", _trainings(sight), _learning(sight.trainings)),
        webpage.section("Figure", _figure(folder)),
        webpage.section("Settings", _named(config.get("spec", {}))),
        webpage.section("Code and data", _origin(config, manifest)),
        webpage.section("Where and when", _named(_surroundings(manifest))),
    ]
    return webpage.page(_name(folder), parts)


class _Reading:
    """Reads the files of a run, and collects reading errors as lines."""

    def __init__(self, folder: Path):
        self._folder, self.problems = folder, list[str]()

    def of(self, read: Any) -> dict[str, Any]:
        """Return the result of a reading function, empty where the file is damaged."""
        try:
            found: dict[str, Any] = read()
        except (ArgumentError, OSError) as problem:
            said = getattr(problem, "found", "") or str(problem)
            self.problems.append(_inside(said, self._folder))
            return {}
        return found


def _state(sight: Sight) -> str:
    why = f": {_inside(sight.problem, sight.folder)}" if sight.problem else ""
    return f"{sight.state}{why}"


def _soundness(verdicts: Sequence[Verdict]) -> Html:
    wrong = [one for one in verdicts if not one.sound]
    if not wrong:
        files = sum(one.files for one in verdicts)
        finished = all(one.state == "finished" for one in verdicts)
        how = "is as it was written" if finished else "can be read"
        return webpage.paragraph(f"Verified: every one of {files} files {how}.", "good")
    problems = [_inside(said, one.folder) for one in wrong for said in one.problems]
    return Html(webpage.paragraph("Damaged:", "bad") + webpage.listed(problems, "bad"))


def _section(name: str, rows: Mapping[str, Any]) -> Html:
    shown = with_errors(rows)
    if any(stderr is not None for *_, stderr in shown):
        return webpage.table([name, "value", "standard error"], shown)
    return webpage.table([name, "value"], [row[:2] for row in shown])


def _trainings(sight: Sight) -> Html:
    head = ("training", "steps", "of", "loss", "standard error", "above the floor", "validation")
    rows = [
        (t.part or "training", t.step, t.steps, t.loss, t.stderr or None, t.gap, t.validation)
        + (t.spent.circuits or None, t.spent.shots or None)
        for t in sight.trainings
    ]
    heads = (*head, "circuits", "shots")
    said = [k for k in range(len(heads)) if any(row[k] is not None for row in rows)]
    return webpage.table([heads[k] for k in said], [[row[k] for k in said] for row in rows])


def _learning(trainings: Sequence[Training]) -> Html:
    drawn = [t for t in trainings if len(t.losses) > 1]
    return _curves([(t.part or "training", t) for t in drawn])


def _curves(named: Sequence[tuple[str, Training]]) -> Html:
    from qce.runs import curves  # matplotlib takes its time

    if not named:
        return Html("")
    said = f"loss against step, {len(named)} lines"
    picture = webpage.image(curves.learning(named[:_CURVES]), "svg+xml", said)
    more = len(named) - _CURVES
    return Html(picture + (webpage.paragraph(f"{more} more are not drawn.") if more > 0 else ""))


def _figure(folder: Path) -> Html:
    """The picture that the experiment drew, if it is one."""
    try:
        with open(folder / _FIGURE, "rb", opener=_files.no_link) as file:
            content = file.read(_LARGEST + 1)
    except OSError:
        return Html("")
    if not content.startswith(_PNG) or len(content) > _LARGEST:
        return webpage.paragraph(f"{_FIGURE} is no picture, or too large.", "bad")
    return webpage.image(content, "png", "the figure of the experiment")


def _named(rows: Mapping[str, Any]) -> Html:
    return webpage.table([], [(name, _said(value)) for name, value in rows.items()])


def _said(value: Any) -> Any:
    """A setting in one cell: an empty text in quotes, a list in a line."""
    if value is None or value == "":
        return "none" if value is None else '""'
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else value


def _origin(config: Mapping[str, Any], manifest: Mapping[str, Any]) -> Html:
    """Digests from the manifest, or from the configuration if there is no manifest yet."""
    known = manifest or config
    parts = []
    for what in ("code", "data"):
        digests = known.get(what, {})
        rows = digests.items() if isinstance(digests, dict) else ()
        parts.append(webpage.table([what, "SHA-256, or version"], rows))
    git = manifest.get("git")
    if isinstance(git, dict):
        clean = "clean" if git.get("clean") else "with changes that are not committed"
        parts.append(webpage.paragraph(f"git commit {git.get('commit')}, {clean}"))
    return Html("".join(parts))


def _surroundings(manifest: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("started", "seconds", "device", "circuits", "shots", "python", "platform")
    rows = {name: manifest[name] for name in (*kept, "processor") if manifest.get(name)}
    packages = manifest.get("packages")
    if isinstance(packages, dict):
        rows |= {name: packages[name] for name in _PACKAGES if name in packages}
    return rows


# --- many runs ------------------------------------------------------------------------------------


def _of_many(place: Path, seen: Sequence[Sight], runs_: Sequence[Sight]) -> str:
    finished = [sight.folder for sight in runs_ if sight.state == "finished"]
    verdicts = {folder: verdict(folder) for folder in finished}
    table = load_folders(finished)
    sound = {str(folder): one.sound for folder, one in verdicts.items()}
    varying, common = _split(table)
    rest = [sight for sight in seen if sight.state != "finished"]
    parts = [
        webpage.paragraph(f"{len(finished)} finished runs, {len(rest)} other folders"),
        _soundness(list(verdicts.values())) if finished else Html(""),
        webpage.section("Runs", _sortable(varying, table["folder"] if len(table) else (), sound)),
        webpage.section("Quantities", _quantities(table)),
        webpage.section(
            "Learning curves",
            _curves([c for s in runs_ for c in _named_curves(s)]),
        ),
        webpage.section("The same in all runs", _named(common)),
        webpage.section(
            "Not finished, or no runs",
            webpage.table(["folder", "state"], [(s.folder.name, _state(s)) for s in rest]),
        ),
    ]
    return webpage.page(_name(place), parts)


def _named_curves(sight: Sight) -> Iterable[tuple[str, Training]]:
    for training in sight.trainings:
        if len(training.losses) > 1:
            yield " ".join(filter(None, (sight.folder.name, training.part))), training


def _split(table: Table) -> tuple[Table, dict[str, Any]]:
    """Columns that vary, and values common to all runs; for a single run all columns vary."""
    if len(table) < 2:
        return table, {}
    varying = table.varying()
    first = table.rows()[0]
    return varying, {name: first[name] for name in table.columns if name not in varying.columns}


def _sortable(table: Table, folders: Iterable[str], sound: Mapping[str, bool]) -> Html:
    names = [name for name in table.columns if name != "folder"]
    rows = [
        (*(_said(row[name]) for name in names), Path(folder).name, _verified(sound, folder))
        for row, folder in zip(table.rows(), folders, strict=True)
    ]
    return webpage.table([*names, "run", "verified"], rows, sortable=True)


def _verified(sound: Mapping[str, bool], folder: str) -> str:
    return "sound" if sound.get(folder) else "damaged"


def _quantities(table: Table) -> Html:
    """Quantities that vary, against the first setting that does."""
    from qce.runs import curves
    from qce.runs.figures import varies

    numbers = [name for name, column in table.columns.items() if varies(column)]
    errors = set(errors_of(table.columns).values())
    along = [name for name in numbers if "/" not in name]
    names = [name for name in numbers if "/" in name and name not in errors][:_PANELS]
    if not along or not names:
        return Html("")
    drawn = curves.found(table, along[0], names)
    return webpage.image(drawn, "svg+xml", f"{', '.join(names)} against {along[0]}")


# --- names ----------------------------------------------------------------------------------------


def _name(folder: Path) -> str:
    return Path(os.path.abspath(folder)).name


def _inside(said: str, folder: Path) -> str:
    """A message without the path of the folder, which means nothing to readers elsewhere."""
    return said.replace(f"{folder}/", "").replace(str(folder), folder.name)
