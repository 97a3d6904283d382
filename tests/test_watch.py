"""The live view: what it sees of runs, which it neither changes nor disturbs, and how it looks."""

import fcntl
import hashlib
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import threading
import time

import numpy as np
import pytest
from commandline import QCE, complaint
from rich.console import Console
from test_runs import write

import qce
from qce import circuits, models, objectives, runs
from qce._npz import dump
from qce.cli import frames
from qce.results import Cost
from qce.runs import locks
from qce.runs.live import Training

pytestmark = pytest.mark.usefixtures("signals")

CONFIG = 'experiment = "tiny"\n\n[spec]\nseed = 0\n'


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder in which two trainings were recorded, and their results."""
    folder = tmp_path_factory.mktemp("place") / "tiny-0123456789-01234567.partial"
    folder.mkdir()
    write(folder / "config.toml", CONFIG)
    record = runs.Record(folder)
    rows = np.array([[0], [1], [1], [1]])
    exact = objectives.measured_likelihood(models.BornMachine(circuits.rx(1)), rows)
    result = record.fit(exact, part="rows", steps=20, tolerance=0, validation=rows[1:])
    steps = np.arange(11.0)
    sent = history(loss=np.exp(-steps), seconds=steps, spent=[20, 20, 200])
    (folder / "sent.training.npz").write_bytes(sent)
    os.utime(folder / "sent.training.npz", (0, 0))
    write(folder / "sent.plan.json", '{"steps": 40, "floor": null, "budget": {"shots": 200}}')
    return folder, result


@pytest.fixture
def place(trained, tmp_path):
    """A folder of runs of one's own, with the recorded one in it."""
    shutil.copytree(trained[0], tmp_path / "runs" / trained[0].name)
    return tmp_path / "runs"


def new_run(place, name, **files):
    folder = place / name
    folder.mkdir(parents=True)
    write(folder / "config.toml", CONFIG)
    for file, content in files.items():
        (folder / file.replace("_", ".")).write_bytes(content)
    return folder


def history(spent=(0, 0, 0), **columns):
    """A checkpoint of a training, as far as it is looked at."""
    import io

    file = io.BytesIO()
    arrays = {f"history_{name}": np.asarray(column) for name, column in columns.items()}
    dump(file, {**arrays, "spent": np.array(spent)})
    return file.getvalue()


def drawn(place, width=120, limit=40):
    console = Console(width=width, force_terminal=False, highlight=False)
    with console.capture() as shown:
        console.print(frames.frame(place, limit, width, time.time()))
    return shown.get()


def contents(place):
    """Digest and time of every file, and what else there is."""
    return {
        str(path.relative_to(place)): (
            path.lstat().st_mtime_ns,
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
        )
        for path in place.rglob("*")
    }


# --- what is seen ---------------------------------------------------------------------------------


def test_a_training_is_seen_as_its_result_has_it(trained):
    folder, result = trained
    (sight,) = runs.watch(folder)
    sent, rows = sight.trainings
    assert (rows.part, rows.step, rows.steps) == ("rows", 20, 20) and rows.budget == {}
    np.testing.assert_array_equal(rows.losses, result.history["loss"])
    assert rows.gap == rows.loss - result.floor and rows.spent == Cost()
    assert rows.stderr == result.history["stderr"][-1]
    looks = result.history["validation"]
    assert rows.validation == looks[~np.isnan(looks)][-1]
    assert (sent.part, sent.step, sent.steps, sent.gap) == ("sent", 11, 40, None)
    assert sent.spent == Cost(20, 20, 200) and dict(sent.budget) == {"shots": 200}


@pytest.mark.parametrize(
    ("steps", "budget", "left"),
    [(110, {}, 50.0), (110, {"shots": 120}, 1.0), (10, {}, 0.0), (None, {}, None)],
)
def test_the_time_left_is_that_of_the_steps_left_or_of_the_budget(steps, budget, left):
    """Ten points of half a second and ten shots each."""
    seconds = 3.0 + 0.5 * np.arange(10)
    one = Training("", 10, np.ones(10), 0.0, None, Cost(shots=100), seconds, steps, None, budget)
    assert one.left == (None if left is None else pytest.approx(left))


def test_one_point_tells_no_time():
    assert Training("", 1, np.ones(1), 0.0, None, Cost(), np.ones(1), 100).left is None


def test_a_killed_run_is_stopped_and_a_locked_one_runs(place):
    (killed,) = runs.watch(place)
    assert killed.state == "stopped" and killed.problem == "killed"
    with open(place / killed.folder.name / "config.toml", "a") as config:
        fcntl.flock(config, fcntl.LOCK_EX)
        assert [sight.state for sight in runs.watch(place)] == ["running"]
    assert [sight.state for sight in runs.watch(place)] == ["stopped"]


def test_running_ones_come_first_and_what_is_no_run_last(place):
    for number, name in enumerate(
        ["a-0123456789", "b-0123456789.failed-1", "notes", "c.stopped-1"]
    ):
        folder = place / name
        folder.mkdir()
        os.utime(folder, (10**9 + number,) * 2)
    (running,) = place.glob("*.partial")
    os.utime(running, (0, 0))
    with open(running / "config.toml", "a") as config:
        fcntl.flock(config, fcntl.LOCK_EX)
        states = [sight.state for sight in runs.watch(place)]
    assert states == ["running", "stopped", "failed", "finished", "foreign"]


# --- what is damaged, foreign or made up ----------------------------------------------------------

ROW = np.arange(3.0)
STRANGE = {
    "cut short": ("x.training.npz", history(loss=ROW)[:-30]),
    "no archive": ("x.training.npz", b"PK nothing"),
    "lengths": ("x.training.npz", history(loss=ROW, seconds=ROW[:2])),
    "no losses": ("x.training.npz", history(seconds=ROW)),
    "lines": ("metrics.jsonl", b'{"step": 1}\n[1]\n'),
    "no text": ("metrics.jsonl", b"\xff\xfe\n"),
    "deep": ("metrics.jsonl", b"[" * 50_000 + b"\n"),
}
PLANS = [b"", b"[]", b'{"steps": "10"}', b'{"steps": 1, "floor": []}', b'{"steps": 1, "budget": 3}']
PLANS += [b'{"steps": 1, "budget": {"shots": "many"}}', b'{"steps": true}', b"\xff"]
STRANGE |= {f"plan {k}": ("x.plan.json", content) for k, content in enumerate(PLANS)}


@pytest.mark.parametrize("fault", STRANGE)
def test_what_is_damaged_is_named_and_hides_nothing(place, fault):
    name, content = STRANGE[fault]
    folder = new_run(place, "bad-0123456789.partial")
    (folder / "x.training.npz").write_bytes(history(loss=ROW, seconds=ROW))
    (folder / name).write_bytes(content)
    bad, good = sorted(runs.watch(place), key=lambda sight: sight.folder.name)
    assert name in bad.problem and "damaged" in bad.problem
    assert len(good.trainings) == 2
    assert "bad-0123456789" in drawn(place) and name in drawn(place)


@pytest.mark.parametrize("plan", ["", "[]", "{", "[" * 50_000])
def test_a_damaged_plan_is_found_by_verify(tmp_path, plan):
    folder = new_run(tmp_path, "bad-0123456789.stopped-1")
    write(folder / "x.plan.json", '{"steps": 1}')
    assert runs.verify(folder)[0].sound
    write(folder / "x.plan.json", plan)
    (problem,) = runs.verify(folder)[0].problems
    assert "x.plan.json" in problem


@pytest.mark.parametrize("name", ["x.training.npz", "x.plan.json", "metrics.jsonl", "config.toml"])
@pytest.mark.parametrize(
    "make", [os.mkfifo, os.mkdir, lambda path: os.symlink("/etc/passwd", path)]
)
def test_links_pipes_and_folders_in_place_of_files_are_not_opened(tmp_path, name, make):
    folder = new_run(tmp_path / "runs", "bad-0123456789.partial")
    (folder / "x.training.npz").write_bytes(history(loss=ROW, seconds=ROW))
    (folder / name).unlink(missing_ok=True)
    make(folder / name)
    (sight,) = runs.watch(tmp_path / "runs")
    assert name in sight.problem and "root:" not in drawn(tmp_path / "runs")


def test_foreign_folders_are_named_and_files_passed_over(tmp_path):
    place = tmp_path / "runs"
    (place / "notes").mkdir(parents=True)
    write(place / "readme.txt", "hello")
    (place / "elsewhere").symlink_to(tmp_path)
    shown = drawn(place)
    assert "2 foreign" in shown and "notes holds no run" in shown and "elsewhere is a link" in shown


def test_what_a_stranger_wrote_is_text_and_nothing_else(tmp_path):
    part = "[red]σ[/red]\x1b[2J[link=http://x]"
    folder = new_run(
        tmp_path, "evil-0123456789.partial", metrics_jsonl=b'{"[bold]": "\\u001b]0;"}\n'
    )
    (folder / f"{runs.record.stem(part)}.training.npz").write_bytes(history(loss=ROW, seconds=ROW))
    for shown in (drawn(tmp_path), drawn(folder)):
        assert "[red]σ[/red]\\x1b[2J" in shown and "\x1b" not in shown
    assert "[bold] \\x1b]0;" in shown


def test_no_folder_and_an_empty_one(here, tmp_path):
    assert (
        "name" not in (said := complaint(here("watch", "nowhere", status=2))) and "nowhere" in said
    )
    (tmp_path / "work" / "runs").mkdir()
    assert "no runs" in here("watch").stdout


# --- nothing is changed, nobody is disturbed ------------------------------------------------------


def test_a_look_changes_nothing(place, here):
    before = contents(place)
    assert "1 stopped" in " ".join(here("watch", place, "--once").stdout.split())
    assert "sent" in here("watch", next(place.iterdir())).stdout
    assert contents(place) == before


def test_a_look_keeps_no_run_from_its_lock(tmp_path):
    """Who looks whether a file is locked holds a lock on it for a moment."""
    path = write(tmp_path / "config.toml", "")
    with open(path, "rb") as looking, open(path, "a") as mine:
        fcntl.flock(looking, fcntl.LOCK_SH)
        threading.Timer(0.03, fcntl.flock, (looking, fcntl.LOCK_UN)).start()
        locks.lock(mine)
        assert locks.is_locked(path)
        with pytest.raises(BlockingIOError):  # a lock that stays is one
            locks.lock(looking)


def test_it_works_while_a_run_writes_and_gets_its_name(tmp_path):
    place, ended = tmp_path / "runs", threading.Event()
    place.mkdir()

    def work():
        for number in range(15):
            folder = new_run(place, f"tiny-{number:010d}.partial")
            record = runs.Record(folder)
            for step in range(5):
                record.metrics(part="x", step=step, loss=1.0)
                content = history(loss=np.ones(step), seconds=np.ones(step))
                qce._files.write(folder / "x.training.npz", content, durable=False)
            folder.rename(folder.with_suffix(""))
        ended.set()

    threading.Thread(target=work).start()
    while not ended.is_set():
        assert not [s.problem for s in runs.watch(place) if s.problem not in ("", "killed")]
    assert {sight.state for sight in runs.watch(place)} == {"finished"}


def test_a_run_that_gets_its_name_between_two_looks_is_not_damaged(place, monkeypatch):
    (sight,) = runs.live.glance(place)
    read = runs.live.read_arrays

    def read_later(path, begins):
        if path.exists():
            sight.folder.rename(sight.folder.with_suffix(""))
        return read(path, begins)

    monkeypatch.setattr(runs.live, "read_arrays", read_later)
    assert runs.live.detailed(sight).problem == "killed"
    monkeypatch.undo()
    (renamed,) = runs.watch(place)
    assert (renamed.state, renamed.problem, len(renamed.trainings)) == ("finished", "", 2)


def test_a_run_is_followed_to_its_new_name(tmp_path):
    name = "tiny-0123456789"
    partial = new_run(tmp_path, f"{name}.partial")
    assert frames.renamed(partial) == frames.renamed(tmp_path / name) == partial
    failed = partial.rename(tmp_path / f"{name}.failed-1")
    assert frames.renamed(partial) == frames.renamed(tmp_path / name) == failed
    done = failed.rename(tmp_path / name)
    assert frames.renamed(partial) == done
    assert frames.renamed(tmp_path / "other") == tmp_path / "other"


# --- how it is drawn ------------------------------------------------------------------------------


@pytest.mark.parametrize("width", range(60, 201, 10))
def test_a_frame_fits_its_width_and_shows_what_matters(place, width):
    for looked_at in (place, next(place.iterdir())):
        table = [line for line in drawn(looked_at, width).splitlines() if "tiny" not in line[:4]]
        assert max(map(len, table)) <= width
        assert all(head in "".join(table) for head in ("loss", "step"))
    if width >= 120:
        assert all(head in "".join(table) for head in ("gap", "validation", "shots", "curve"))
        assert "200/200" in "".join(table)


def test_of_many_runs_those_that_fit_are_shown_and_the_others_counted(place):
    for number in range(60):
        new_run(place, f"tiny-{number:010d}")
    shown = drawn(place, limit=5)
    assert len(shown.splitlines()) == 1 + 1 + 5 + 1
    assert "60 finished" in shown and "… 56 more: " in shown


def test_output_that_is_no_terminal_gets_one_frame(place, here):
    shown = " ".join(here("watch", place).stdout.split())  # a long path wraps
    assert shown.count("runs: 1 stopped") == 1


@pytest.mark.parametrize("words", [("--every", "0"), ("--every", "x"), ("--limit", "0")])
def test_a_wrong_word_is_one_line(here, words):
    assert words[0] in complaint(here("watch", *words, status=2))


def test_ctrl_c_ends_it_and_leaves_the_last_frame(place):
    inner, outer = pty.openpty()
    watcher = subprocess.Popen(
        [QCE, "watch", str(place), "--every", "0.2"], stdout=outer, stderr=outer, stdin=outer
    )
    os.close(outer)
    shown = b""
    while len(re.findall(rb"1\s+stopped", shown)) < 2:  # it has been drawn anew
        ready, _, _ = select.select([inner], [], [], 60)
        assert ready, shown
        shown += os.read(inner, 1000)
    watcher.send_signal(signal.SIGINT)
    try:
        while piece := os.read(inner, 1000):
            shown += piece
    except OSError:  # the other end is closed
        pass
    assert watcher.wait(20) == 0
    assert b"Traceback" not in shown and shown.rstrip().endswith(b"\x1b[?25h")  # the cursor is back
