"""What the record of runs survives: kills, power cuts and damage, tried and counted.

    python tests/record_trials.py
    python tests/record_trials.py --json docs/_data/record.json    # for the documentation

1. Kills: SIGKILL at random moments, of a run that is begun anew each time, and of a training with
   shots that is resumed each time. Survived: every line and checkpoint that was written is there;
   the resumed run ends with the arrays and the metrics of one that nobody killed.
2. Power cuts: `powercut` keeps what was synced, and five kinds of what was not, at every file
   operation of a run. Survived: there is no finished run, or a finished one whose every byte is
   right; and a run that is resumed from what is left ends as if there had been no cut.
3. Damage: bits, lengths, files, structures. Survived: `qce verify` names it, every reader answers
   in one line, and the runs beside it are read.
"""

import argparse
import dataclasses
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
from powercut import distinct, watching, write
from test_power_cut import LONG, judged
from test_record import RESUME, TRAINS, told
from test_run_kills import COUNTING, EXECUTE
from test_runs import TINY
from test_verify import FILES, STRANGE, behaves, changed, places_in, reseal

from qce import runs

KINDS = {
    "one bit of a file flipped": "flip",
    "a file cut short": "cut",
    "a file missing": "missing",
    "a folder, pipe or link in place of a file": "strange",
    "a file or link that the run has not written": "extra",
    "a manifest of another structure, its checksum right": "manifest",
    "a report of another structure, all checksums right": "report",
}


def main():
    """Try everything, print the table, and write it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=40, help="of each kind (default 40)")
    parser.add_argument("--seed", type=int, default=0, help="of all random moments (default 0)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the table there")
    options = parser.parse_args()
    warnings.simplefilter("ignore", runs.DamagedRunWarning)
    rows = []
    with tempfile.TemporaryDirectory() as place:
        for trial in (anew, resumed, power, power_training, damage):
            inside = Path(place) / trial.__name__
            inside.mkdir()
            rows += trial(inside, options.kills, random.Random(options.seed))
    for row in rows:
        print("  ".join(f"{name} {value}" for name, value in row.items()))
    if options.json:
        options.json.write_text(json.dumps({"rows": rows}, indent=1) + "\n", encoding="utf-8")
    return 1 if any(row["lost"] for row in rows) else 0


def row(what, tried, survived):
    """One line of the table."""
    return {"what": what, "tried": tried, "survived": survived, "lost": tried - survived}


def started(code, *words, cwd=None):
    """Start Python on some code, and wait until it has loaded its experiment."""
    command = [sys.executable, "-c", code, *map(str, words)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=cwd)
    process.stdout.readline()
    return process


def killed(process, seconds):
    """Kill it after so long, unless it has ended before."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
    process.stdout.close()
    return process.wait() == -signal.SIGKILL


# --- kills ---------------------------------------------------------------------------------------


def anew(place, kills, rng):
    """Kill a run that writes metrics and checkpoints, and begin it anew."""
    (place / "counting.py").write_text(COUNTING)
    done = right = finished = kept = 0
    while done < kills:
        done += killed(started(EXECUTE, "counting.py", cwd=place), rng.uniform(0, 1.0))
        verdicts = runs.verify(place / "runs") if (place / "runs").exists() else []
        right += all(verdict.sound for verdict in verdicts)
        for whole in [v.folder for v in verdicts if v.state == "finished"]:
            finished, kept = finished + 1, kept + (len(runs.metrics(whole)) == 60)
            shutil.rmtree(whole)
    tried = max(done, right)  # the runs that ended before they were killed count too
    return [
        row("SIGKILL of a run, begun anew: what it left is read", tried, right),
        row("finished runs found whole between these kills", finished, kept),
    ]


def resumed(place, kills, rng):
    """Kill a training with shots, and resume it, until it has ended; again and again."""
    (place / "trains.py").write_text(TRAINS)
    experiment = runs.load_experiment(place / "trains.py")
    spec = experiment.spec(steps=60)
    whole, _ = runs.execute(experiment, spec, place / "whole", progress=False)
    done = right = number = 0
    while done < kills:
        out = place / f"out{number}"
        folder = runs.folder_of(experiment, spec, out)
        before, number = done, number + 1
        while not folder.exists():
            process = started(RESUME, experiment.path, out)
            # A third of the time nobody kills it, or it might never end.
            seconds = 600 if done >= kills or rng.random() < 0.3 else rng.uniform(0, 6)
            done += killed(process, seconds)
        same = told(folder) == told(whole) and _bytes(folder) == _bytes(whole)
        right += (done - before) * (same and runs.verify(folder)[0].sound)
    return [row("SIGKILL of a training with shots, resumed: ends bit for bit", done, right)]


def _bytes(folder):
    return [(folder / name).read_bytes() for name in ("report.json", "parameters.npz")]


# --- power cuts ----------------------------------------------------------------------------------


def power(place, kills, rng):
    """Cut the power of a run with metrics, checkpoints, a figure and a file of its own."""
    del kills
    (place / "long.py").write_text(LONG)
    return _power(runs.load_experiment(place / "long.py"), place, rng, "a run with a figure", 60)


def power_training(place, kills, rng):
    """Cut the power of trainings with shots."""
    del kills
    (place / "trains.py").write_text(TRAINS)
    return _power(runs.load_experiment(place / "trains.py"), place, rng, "two trainings", 30)


def _power(experiment, place, rng, what, again):
    (place / "disk").mkdir()
    with watching(place / "disk") as disk:
        out = place / "disk" / "runs"
        folder, _ = runs.execute(experiment, experiment.spec(), out, progress=False)
    trees, good, left = 0, 0, []
    for _, _, tree in distinct(disk.cuts):
        with tempfile.TemporaryDirectory(dir=place) as here:
            write(tree, Path(here))
            became = judged(Path(here), folder)
        trees, good = trees + 1, good + (became != "lost")
        if became == "no finished run":
            left.append(tree)
    chosen = rng.sample(left, min(again, len(left)))
    quiet = dataclasses.replace(experiment, draw=None)
    same = 0
    for tree in chosen:
        with tempfile.TemporaryDirectory(dir=place) as here:
            write(tree, Path(here))
            resumed, _ = runs.execute(
                quiet, quiet.spec(), Path(here) / "runs", progress=False, resume=True
            )
            one, other = runs.read(folder), runs.read(resumed)
            equal = all(np.array_equal(x, other.parameters[n]) for n, x in one.parameters.items())
            same += equal and one.report == other.report and told(folder) == told(resumed)
    moments = len(disk.cuts)
    return [
        row(f"power cut in {what}: {moments} moments, what the disk may have", trees, good),
        row(f"power cut in {what}, resumed: ends bit for bit", len(chosen), same),
    ]


# --- damage --------------------------------------------------------------------------------------


def damage(place, kills, rng):
    """Damage one of three runs in every way, and look whether that is said, and hides no other."""
    del kills
    (place / "tiny.py").write_text(TINY)
    tiny = dataclasses.replace(runs.load_experiment(place / "tiny.py"), draw=None)
    for seed in range(3):
        runs.execute(tiny, tiny.spec(seed=seed), place / "sound", progress=False)
    rows = []
    for what, kind in KINDS.items():
        tried = found = 0
        for do in _ways(kind, rng):
            here = place / "runs"
            shutil.rmtree(here, ignore_errors=True)
            shutil.copytree(place / "sound", here)
            victim = sorted(here.iterdir())[1]
            do(victim)
            tried, found = tried + 1, found + _said(here, victim, kind)
        rows.append(row(f"damage: {what}", tried, found))
    return rows


def _said(place, victim, kind):
    try:
        behaves(place, victim)
    except Exception as problem:
        print(kind, repr(problem), file=sys.stderr)
        return False
    # Of a structure that is another one and still right there is nothing to say.
    return kind in ("manifest", "report") or not runs.verify(victim)[0].sound


def _ways(kind, rng):
    """Functions that each damage a run."""
    if kind in ("flip", "cut", "missing", "strange"):
        for name in FILES:
            for seed in range({"flip": 100, "cut": 20, "missing": 1, "strange": 3}[kind]):
                yield lambda f, name=name, seed=seed: _spoil(kind, f / name, random.Random(seed))
    elif kind == "extra":
        for name in (".latexmkrc", "conftest.py", "x.npz", ".hidden", "checkpoint.tmp"):
            yield lambda f, name=name: (f / name).write_text("x")
            yield lambda f, name=name: (f / name).symlink_to("/etc/passwd")
    else:
        yield from _structures(kind, rng)


def _spoil(kind, path, rng):
    content = path.read_bytes()
    if kind == "flip":
        at = rng.randrange(8 * len(content))
        broken = bytearray(content)
        broken[at // 8] ^= 1 << at % 8
        path.write_bytes(broken)
    elif kind == "cut":
        path.write_bytes(content[: rng.randrange(len(content))])
    else:
        path.unlink()
        if kind == "strange":
            make = rng.choice([os.mkdir, os.mkfifo, lambda p: p.symlink_to("/etc/passwd")])
            make(path)


def _structures(kind, rng):
    name = f"{kind}.json"

    def do(folder, number):
        record = json.loads((folder / name).read_text())
        record.pop("packages", None)
        places = [at for at in places_in(record) if at and at != ("sha256",)]
        draw = random.Random(number)
        other = changed(record, draw.choice(places), draw.choice([..., *STRANGE]))
        if kind == "manifest":
            reseal(folder, other)
        else:
            (folder / name).write_text(json.dumps(other))
            reseal(folder)

    for number in [rng.random() for _ in range(400)]:
        yield lambda folder, number=number: do(folder, number)


if __name__ == "__main__":
    sys.exit(main())
