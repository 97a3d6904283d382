"""The power goes at any moment of a run: what was finished is whole, what was not goes on."""

import dataclasses
import itertools
import random

import numpy as np
import pytest
from powercut import distinct, watching, write
from test_record import TRAINS, told
from test_runs import TINY
from test_runs import write as write_text

from qce import _files, _npz, _often, runs
from qce.runs import record as records

LONG = TINY.replace(
    "    record.checkpoint(so_far=x)\n",
    """
    for step in range(40):
        record.metrics(step=step, part="long")
        record.checkpoint(step=np.full(50, step))
    (record.folder / "notes").mkdir(exist_ok=True)
    (record.folder / "notes" / "own.txt").write_text("of the experiment itself")
""",
)


class Clock:
    """Time that goes on by a third of a second whenever somebody looks at it."""

    def __init__(self):
        self._ticks = itertools.count()

    def monotonic(self):
        return next(self._ticks) / 3

    perf_counter = monotonic


@pytest.fixture
def clock(monkeypatch):
    """A run of a fraction of a second, as if it had taken a minute."""
    for module in (_often, records):
        monkeypatch.setattr(module, "time", Clock())


@pytest.fixture
def long(tmp_path):
    return runs.load_experiment(write_text(tmp_path / "long.py", LONG))


def watched(experiment, place):
    """Run an experiment and look at what it does; return the moments, and what it found."""
    place.mkdir()
    with watching(place) as disk:
        folder, outcome = runs.execute(
            experiment, experiment.spec(), place / "runs", progress=False
        )
    return disk.cuts, folder, outcome


def judged(place, folder):
    """Say what a cut has left of a run."""
    here = place / "runs" / folder.name
    if not here.exists():
        left = place / "runs"
        inside = [path.name for path in left.iterdir()] if left.exists() else []
        assert all(name.startswith(f"{folder.name}.") for name in inside)
        runs.unfinished(left)  # says what there is, whatever it is like
        return "no finished run"
    (verdict,) = runs.verify(here)
    return "finished and whole" if verdict.sound else "lost"


def test_a_power_cut_at_any_moment_leaves_a_whole_run_or_none(long, tmp_path, clock):
    cuts, folder, outcome = watched(long, tmp_path / "disk")
    found = {"no finished run": 0, "finished and whole": 0, "lost": 0}
    for number, (how, moment, tree) in enumerate(distinct(cuts)):
        place = tmp_path / str(number)
        write(tree, place)
        became = judged(place, folder)
        assert became != "lost", (how, moment)
        found[became] += 1
        if moment == len(cuts) - 1:  # when `execute` has returned, nothing can be lost any more
            assert became == "finished and whole", how
    assert len(cuts) > 300 and sum(found.values()) > 500 and min(found.values()) == 0, found
    assert found["finished and whole"] >= 1


def test_a_file_replaced_again_and_again_is_always_one_of_its_versions(tmp_path):
    """Also where the disk still has a name whose file is gone, and its inode another file's."""
    place, versions = tmp_path / "disk", [b"%d" % k * 9 for k in range(20)]
    place.mkdir()
    with watching(place) as disk:
        for version in versions:
            _files.write(place / "x", version)
    left = [tree.get("x") for _, _, tree in distinct(disk.cuts)]
    assert set(left) == {None, *versions}


def test_what_is_not_synced_would_be_lost(long, tmp_path, clock, monkeypatch):
    """The test before finds something, where there is something to find."""
    monkeypatch.setattr(_files, "sync", lambda what: None)
    cuts, folder, _ = watched(long, tmp_path / "disk")
    found = set()
    for number, (_, _, tree) in enumerate(distinct(cuts)):
        write(tree, tmp_path / str(number))
        found.add(judged(tmp_path / str(number), folder))
    assert "lost" in found


def test_a_run_goes_on_from_what_a_power_cut_has_left(long, tmp_path, clock):
    cuts, folder, outcome = watched(long, tmp_path / "disk")
    trees = [tree for _, _, tree in distinct(cuts)]
    for number, tree in enumerate(random.Random(0).sample(trees, 40)):
        place = tmp_path / str(number)
        write(tree, place)
        if judged(place, folder) == "no finished run":
            quiet = dataclasses.replace(long, draw=None)  # figures take a second each
            again, _ = runs.execute(
                quiet, quiet.spec(), place / "runs", progress=False, resume=True
            )
            assert runs.verify(again)[0].sound
            np.testing.assert_array_equal(runs.read(again).parameters["x"], outcome.parameters["x"])
            assert [line["step"] for line in runs.metrics(again)] == [0, 1, 2, *range(40)]


def test_trainings_go_on_bit_for_bit_from_what_a_power_cut_has_left(tmp_path):
    """Every line of a step that the checkpoint is beyond is there: it is not said again."""
    trains = runs.load_experiment(write_text(tmp_path / "trains.py", TRAINS))
    cuts, folder, _ = watched(trains, tmp_path / "disk")
    begun = [
        tree
        for _, _, tree in distinct(cuts)
        if f"{folder.name}.partial" in tree.get("runs", {}) and folder.name not in tree["runs"]
    ]
    one = runs.read(folder)
    for number, tree in enumerate(random.Random(0).sample(begun, 6)):
        write(tree, tmp_path / str(number))
        again, _ = runs.execute(
            trains, trains.spec(), tmp_path / str(number) / "runs", progress=False, resume=True
        )
        assert told(again) == told(folder)
        assert runs.read(again).report == one.report


def test_a_checkpoint_is_at_most_some_steps_old_after_a_power_cut(long, tmp_path, clock):
    """One second: three looks at the clock, of which a step takes one or two."""
    cuts, folder, _ = watched(long, tmp_path / "disk")
    seen = oldest = 0
    for number, cut in enumerate(cuts):
        now = _step(cut.all(), folder)
        for how, tree in cut.trees(random.Random(number)):
            kept = _step(tree, folder)
            if now is not None and now > 0 and how != "any of it":
                assert kept is not None, (how, number)
            if kept is not None and now is not None:
                seen, oldest = seen + 1, max(oldest, now - kept)
    assert seen > 500 and 0 < oldest <= 4


def _step(tree, folder):
    """The step in the checkpoint of a run, as whoever resumes it finds it."""
    inside = tree.get("runs", {}).get(f"{folder.name}.partial", {})
    for name in ("checkpoint.npz", ".checkpoint.npz.synced"):
        try:
            with _Named(inside.get(name)) as path:
                return int(_npz.load(path)["step"][0])
        except (_npz.DamagedArrays, TypeError):
            continue
    return None


class _Named:
    """Bytes as a file, for as long as it is needed."""

    def __init__(self, content):
        self._content = content

    def __enter__(self):
        import tempfile

        self._file = tempfile.NamedTemporaryFile()
        self._file.write(self._content)
        self._file.flush()
        return self._file.name

    def __exit__(self, *problem):
        self._file.close()
