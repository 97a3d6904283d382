"""Verification of runs: every checksum, every structure, every name."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qce import _checks
from qce._checks import error
from qce._showing import Shown
from qce.errors import ArgumentError
from qce.runs import store
from qce.runs.folder import CONFIG, state
from qce.runs.origin import noted
from qce.runs.record import METRICS, PLAN
from qce.runs.spec import digest_of
from qce.runs.table import Table, from_rows

# Names by `folder_of`: file stem, digest of the settings, digest of code and data.
_NAME = re.compile(r"(?P<stem>.+)-(?P<spec>[0-9a-f]{10})(-(?P<origin>[0-9a-f]{8}))?", re.DOTALL)


@dataclass(frozen=True, repr=False)
class Verdict(Shown):
    """The result of the verification of a run.

    Attributes:
        folder: Of the run.
        state: "finished", "partial", "failed", "stopped" or "damaged", by the folder's name.
        files: How many files were read.
        problems: One line each; empty if all files are intact.
    """

    folder: Path
    state: str
    files: int
    problems: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """Whether there is nothing wrong."""
        return not self.problems


def verify(*places: str | Path) -> list[Verdict]:
    """Read all files of runs, and compare them with their checksums and names.

    For a finished run: its manifest with the manifest's own checksum, every other file with the
    checksum in the manifest, the structure of each, the folder's name with settings, code and data,
    and whether there are files that the run has not written. For a run that did not finish, which
    has no checksums yet: whether its files can be read.

    Args:
        *places: Run folders, or folders of run folders.

    Returns:
        One verdict for each run, in the order of the places and of names.

    Raises:
        FileNotFoundError: A place holds no run.
    """
    return [verdict(folder) for place in paths_of(places) for folder in folders(place)]


def paths_of(places: tuple[str | Path, ...]) -> list[Path]:
    """Places as paths, one at least."""
    if not places:
        raise error("places", "name folders", "there are none", '"runs"')
    return [_checks.path("places", place, '"runs"') for place in places]


def verdict(folder: Path) -> Verdict:
    """Return what is wrong with one run."""
    how = state(folder)
    try:
        problems = list((_finished if how in ("finished", "damaged") else _unfinished)(folder))
        files = len(store.files_in(folder))
    except OSError as problem:  # a folder that may not be read, or is gone meanwhile
        problems, files = [f"{folder} cannot be read ({problem.strerror})"], 0
    return Verdict(folder, how, files, tuple(problems))


def as_table(verdicts: Iterable[Verdict]) -> Table:
    """Return verdicts as a table, one row for each problem."""
    rows = []
    for one in _checks.sequence("verdicts", verdicts, "what `verify` returns"):
        _checks.instance("verdicts", one, Verdict, "what `verify` returns")
        about = {"folder": str(one.folder), "state": one.state, "files": one.files}
        for problem in one.problems or ("",):
            short = problem.removeprefix(f"{one.folder}/")
            rows.append({**about, "verdict": "damaged" if problem else "sound", "problem": short})
    return from_rows(rows)


def folders(place: Path) -> list[Path]:
    """Return the runs in a place, finished or not: itself, or those directly in it.

    Runs that were set aside as damaged count only if they are named themselves.
    """
    if has_run_files(place):
        return [place]
    inside = sorted(place.iterdir()) if place.is_dir() else []
    found = [folder for folder in inside if is_run(folder) and state(folder) != "damaged"]
    if not found and is_run(place):
        return [place]
    if not found:
        remedy = "a run folder, or the folder that the runs are in"
        raise error("places", "hold runs", f"{place} holds none", remedy, FileNotFoundError)
    return found


def is_run(folder: Path) -> bool:
    """Whether a folder is a run's: by its name, or by what every run has."""
    if not folder.is_dir():
        return False
    named = _NAME.fullmatch(folder.name) is not None or state(folder) != "finished"
    return named or has_run_files(folder)


def has_run_files(folder: Path) -> bool:
    """Whether a folder holds what every run has, or has had."""
    return any(os.path.lexists(folder / name) for name in (store.MANIFEST, CONFIG))


def _finished(folder: Path) -> Iterator[str]:
    there = set(store.files_in(folder))
    if store.MANIFEST not in there:
        yield f"{folder / store.MANIFEST} is missing"
        return
    try:
        manifest = store.read_manifest(folder)
    except ArgumentError as problem:
        yield problem.found
        return
    written = manifest["files"]
    # Of a folder of older versions the same; each file is named once, for its first fault.
    wrong = {name: fault for name in written for fault in _fault(folder, manifest, name)}
    yield from wrong.values()
    for name in sorted(there - set(written) - {store.MANIFEST}):
        how = "is a file" if store.is_plain(folder / name) else "is a link or no file"
        yield f"{folder / name} {how} that the run has not written"
    for name in (CONFIG, store.REPORT):
        if name not in written:
            yield f"{folder / name} is in no checksum of {store.MANIFEST}"
    if not wrong:
        yield from _strange(folder, manifest)


def _fault(folder: Path, manifest: dict[str, Any], name: str) -> Iterator[str]:
    try:
        store.verify(folder, manifest, name)
        _read(folder, name)
    except ArgumentError as problem:
        yield problem.found


def _read(folder: Path, name: str) -> None:
    """Read one file of a run according to its name."""
    if name == CONFIG:
        store.read_config(folder)
    elif name == store.REPORT:
        store.report_of(folder)
    elif name == METRICS:
        store.read_lines(folder / name)
    elif name.endswith(PLAN):
        store.read_object(folder / name)
    elif name.endswith(".npz"):
        store.read_arrays(folder / name)


def _strange(folder: Path, manifest: dict[str, Any]) -> Iterator[str]:
    """Problems that checksums do not show: an intact run under the name of another."""
    config = store.read_config(folder)
    if config["experiment"] != manifest["experiment"]:
        yield f"{folder / CONFIG} is of another experiment than {store.MANIFEST}"
    named = _NAME.fullmatch(folder.name)
    if named is None or state(folder) == "damaged":  # renamed by a person, who knows what it is
        return
    text = (folder / CONFIG).read_text(encoding="utf-8")
    settings = digest_of(text)
    if named["stem"] != manifest["experiment"] or named["spec"] != settings:
        yield f"{folder} is of other settings than its name says"
    elif named["origin"] and named["origin"] != noted(manifest).digest:
        yield f"{folder} is of other code or data than its name says"


def _unfinished(folder: Path) -> Iterator[str]:
    for name in store.files_in(folder):
        if not store.is_plain(folder / name):
            yield f"{folder / name} is a link or no file, which no run writes"
            continue
        if name == CONFIG and not (folder / name).stat().st_size:
            continue  # killed before it was written
        try:
            _read(folder, name)
        except ArgumentError as problem:
            yield problem.found


def set_aside(folder: Path) -> Path | None:
    """Rename a damaged run, so that it can be done again; None if it is intact.

    Another process may do the same, and may have done the run again already.
    """
    before = folder.stat()
    if verdict(folder).sound:
        return None
    for number in itertools.count(1):
        aside = folder.with_name(f"{folder.name}.damaged-{number}")
        if not os.path.lexists(aside):
            break
    os.rename(folder, aside)
    if os.path.samestat(before, aside.stat()):
        return aside
    os.rename(aside, folder)  # what was looked at is gone, and this is another's new run
    return None
