"""Runs whose files are not as they were written: found, said in one line, never in others' way."""

import copy
import dataclasses
import hashlib
import json
import os
import random
import shutil
import tomllib
import warnings

import pytest
from test_runs import TINY, write

from qce import runs
from qce.errors import ArgumentError
from qce.runs.sealed import sealed

# What may stand where something else is expected.
STRANGE = [None, True, 0, -1, 2**70, 1.5, "text", "", [], [1], {}, {"a": 1}, {"a": {"b": []}}]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Folder with three sound runs, without figures."""
    place = tmp_path_factory.mktemp("whole")
    tiny = runs.load_experiment(write(place / "tiny.py", TINY))
    plain = dataclasses.replace(tiny, draw=None)
    for seed in range(3):
        runs.execute(plain, plain.spec(seed=seed), place / "runs", progress=False)
    return place / "runs"


@pytest.fixture
def place(whole, tmp_path):
    return shutil.copytree(whole, tmp_path / "runs")


@pytest.fixture
def victim(place):
    return next(f for f in sorted(place.iterdir()))


def problems(folder):
    (verdict,) = runs.verify(folder)
    return verdict.problems


def behaves(place, victim):
    """Every reader answers a damaged run by one line that names it; the others are there."""
    for read in (runs.read, runs.describe, runs.load, runs.metrics, runs.unfinished):
        try:
            read(victim)
        except (ArgumentError, FileNotFoundError) as problem:
            assert str(victim) in str(problem) and "\n" not in str(problem)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", runs.DamagedRunWarning)
        table = runs.load(place)
    assert {str(f) for f in place.iterdir() if f != victim} <= set(table["folder"].tolist())
    for problem in problems(victim):
        assert str(victim) in problem and "\n" not in problem


def test_what_is_whole_is_sound(place):
    verdicts = runs.verify(place)
    assert len(verdicts) == 3 and all(v.sound and v.files == 7 for v in verdicts)
    assert [row["verdict"] for row in runs.as_table(verdicts).rows()] == ["sound"] * 3


FILES = ["config.toml", "report.json", "parameters.npz", "history.npz", "metrics.jsonl"]
FILES += ["checkpoint.npz", "manifest.json"]


@pytest.mark.thinned(3)
@pytest.mark.parametrize("name", FILES)
def test_every_flipped_bit_is_found(place, victim, name):
    """All bits of small files, 300 of others, seed 0."""
    path = victim / name
    content = path.read_bytes()
    places = range(8 * len(content))
    for number, at in enumerate(random.Random(0).sample(places, min(300, len(places)))):
        broken = bytearray(content)
        broken[at // 8] ^= 1 << at % 8
        path.write_bytes(broken)
        assert problems(victim), (name, at)
        if number % 10 == 0:
            behaves(place, victim)


@pytest.mark.parametrize("name", FILES)
def test_every_cut_and_every_loss_is_found(place, victim, name):
    path = victim / name
    content = path.read_bytes()
    for length in sorted({0, 1, len(content) // 2, len(content) - 1}):
        path.write_bytes(content[:length])
        assert problems(victim), (name, length)
        behaves(place, victim)
    path.unlink()
    assert any("missing" in problem for problem in problems(victim))
    behaves(place, victim)


def link(path):
    path.symlink_to("/etc/passwd")


@pytest.mark.parametrize("kind", [os.mkdir, os.mkfifo, link, lambda path: path.write_bytes(b"")])
@pytest.mark.parametrize("name", [*FILES, ".latexmkrc"])
def test_what_is_none_of_the_runs_files_is_found_and_not_opened(place, victim, name, kind):
    """A folder, a pipe (which would wait for ever), a link, another file."""
    (victim / name).unlink(missing_ok=True)
    kind(victim / name)
    if kind is not os.mkdir or name in FILES:  # an empty folder is nothing
        assert problems(victim)
    behaves(place, victim)


def test_a_file_in_a_folder_of_the_run_is_checked_too(tmp_path):
    inside = '    (record.folder / "a").mkdir(); (record.folder / "a" / "b").write_text("x")\n'
    source = TINY.replace("    report =", f"{inside}    report =")
    tiny = runs.load_experiment(write(tmp_path / "tiny.py", source))
    folder, _ = runs.execute(dataclasses.replace(tiny, draw=None), tiny.spec(), tmp_path / "runs")
    assert not problems(folder)
    (folder / "a" / "b").write_text("y")
    assert "a/b is damaged: its checksum" in problems(folder)[0]


# --- written by somebody who keeps the checksums right --------------------------------------------


def reseal(folder, manifest=None):
    """Write a manifest with right checksums: what is wrong is not seen by them."""
    manifest = manifest or json.loads((folder / "manifest.json").read_text())
    manifest.pop("sha256", None)
    if isinstance(manifest.get("files"), dict):
        for name in manifest["files"]:
            if isinstance(name, str) and (folder / name).is_file():
                content = (folder / name).read_bytes()
                manifest["files"][name] = hashlib.sha256(content).hexdigest()
    text = json.dumps(manifest, indent=2) + "\n"
    (folder / "manifest.json").write_text(sealed(text))


def places_in(record, at=()):
    """Every place of a nested record."""
    yield at
    if isinstance(record, dict):
        for key, item in record.items():
            yield from places_in(item, (*at, key))


def changed(record, at, value):
    """A copy with something else at a place; nothing there, where the value is `...`."""
    if not at:
        return value
    record = copy.deepcopy(record)
    inside = record
    for key in at[:-1]:
        inside = inside[key]
    if value is ...:
        del inside[at[-1]]
    else:
        inside[at[-1]] = value
    return record


def test_a_manifest_of_any_structure_is_answered_in_one_line(place, victim):
    manifest = json.loads((victim / "manifest.json").read_text())
    manifest["packages"] = {}
    tried = 0
    for at in places_in(manifest):
        for value in [..., *STRANGE] if at else [{}]:
            if at == ("sha256",):
                continue
            reseal(victim, changed(manifest, at, value))
            behaves(place, victim)
            tried += 1
    assert tried > 400


@pytest.mark.parametrize("value", STRANGE)
def test_a_manifest_that_is_no_object_or_nests_without_end(place, victim, value):
    for text in (json.dumps(value), "[" * 100_000, '{"files": NaN}', "\0", "\ud800x"):
        (victim / "manifest.json").write_bytes(text.encode(errors="surrogatepass"))
        assert problems(victim)
        behaves(place, victim)


@pytest.mark.parametrize("name", ["/etc/passwd", "../../x", "a/../../b", "", ".", "a//b", "x\0"])
def test_a_manifest_that_names_files_elsewhere_is_refused(place, victim, name):
    manifest = json.loads((victim / "manifest.json").read_text())
    manifest["files"][name] = "0" * 64
    reseal(victim, manifest)
    assert "outside of the folder" in problems(victim)[0]
    behaves(place, victim)


def test_a_report_of_any_structure_is_answered_in_one_line(place, victim):
    report = json.loads((victim / "report.json").read_text())
    for at in places_in(report):
        for value in [..., *STRANGE] if at else STRANGE:
            (victim / "report.json").write_text(json.dumps(changed(report, at, value)))
            reseal(victim)
            behaves(place, victim)


CONFIGS = ["", "x", "spec = 1", "[spec]", "experiment = 1\n[spec]", "\0"]
CONFIGS += [f'none = {none}\nexperiment = "a"\n[spec]' for none in ("1", "[[1]]", '"x"')]


@pytest.mark.parametrize("text", CONFIGS)
def test_a_configuration_of_any_structure_is_answered_in_one_line(place, victim, text):
    (victim / "config.toml").write_text(text)
    reseal(victim)
    assert problems(victim)
    behaves(place, victim)


@pytest.mark.parametrize("value", ["1", "[1]", "null", '"x"', "{", "[" * 10_000, "\x00" * 50])
def test_a_damaged_line_of_metrics_is_named(place, victim, value):
    lines = (victim / "metrics.jsonl").read_text().splitlines()
    (victim / "metrics.jsonl").write_text("\n".join([lines[0], value, *lines[1:], ""]))
    reseal(victim)
    assert "metrics.jsonl is damaged: line 2 is no JSON object" in problems(victim)[0]
    behaves(place, victim)


def test_arrays_that_claim_eight_terabytes_are_refused(place, victim):
    from test_npz import archive, header

    archive(victim / "history.npz", "x.npy", header((10**12,)))
    reseal(victim)
    assert "claims 8,000,000,000,000 bytes and has 0" in problems(victim)[0]
    behaves(place, victim)


def test_a_run_under_the_name_of_another_is_found(place):
    """All checksums are right; a sweep would take one run for the other."""
    one, other, _ = sorted(place.iterdir())
    one.rename(place / "aside")
    other.rename(one)
    (place / "aside").rename(other)
    assert [bool(v.problems) for v in runs.verify(place)] == [True, True, False]
    assert "of other settings than its name says" in runs.verify(one)[0].problems[0]


def test_a_run_that_a_person_has_renamed_is_sound(place, victim):
    assert not problems(victim.rename(place / "the best one"))


# --- what did not finish ------------------------------------------------------------------------


def test_an_unfinished_run_is_read_as_far_as_it_goes(place, victim):
    left = victim.rename(place / f"{victim.name}.stopped-1")
    (left / "manifest.json").unlink()
    assert not problems(left)
    (left / "checkpoint.npz").write_bytes(b"PK")
    (left / "metrics.jsonl").write_text("{}\nx\n")
    assert [p.split("/")[-1].split(" is")[0] for p in problems(left)] == [
        "checkpoint.npz",
        "metrics.jsonl",
    ]
    (row,) = runs.unfinished(place).rows()
    assert row["metrics"] is None and "line 2 is no JSON object" in row["problem"]


@pytest.mark.parametrize("text", CONFIGS)
def test_an_unfinished_run_with_any_configuration_is_described_in_one_line(place, victim, text):
    left = victim.rename(place / f"{victim.name}.failed-1")
    (left / "config.toml").write_text(text)
    try:
        runs.describe(left)
    except ArgumentError as problem:
        assert f"{left}/config.toml is damaged" in str(problem)


# --- the command, and sweeps ---------------------------------------------------------------------


def test_the_command_says_what_is_wrong_by_its_status_too(here, home):
    for seed in (0, 1):
        here("run", "tiny.py", "--seed", seed, "--quiet")
    assert here("verify").stdout.count("sound") == 2
    folder = sorted((home / "runs").iterdir())[0]
    (folder / "metrics.jsonl").unlink()
    done = here("verify", status=1)
    assert "metrics.jsonl is damaged: it is missing" in done.stdout and "1 sound" in done.stderr
    found = json.loads(here("verify", "--json", folder, status=1).stdout)
    assert [(row["verdict"], row["state"]) for row in found] == [("damaged", "finished")]
    assert "examples:" in here("verify", "--help").stdout
    here("verify", "nowhere", status=2)


def test_show_lists_a_damaged_run_beside_the_others(here, home):
    for seed in range(3):
        here("run", "tiny.py", "--seed", seed, "--quiet")
    first, second, _ = sorted((home / "runs").iterdir())
    (first / "manifest.json").unlink()
    (second / "manifest.json").write_text("{")
    done = here("show", "--json")
    shown = json.loads(done.stdout)
    assert len(shown["runs"]) == 1
    assert [row["folder"] for row in shown["damaged"]] == [
        str(f.relative_to(home)) for f in (first, second)
    ]
    done = here("show")
    assert (
        str(first.name) in done.stderr and "manifest.json is damaged: it is missing" in done.stderr
    )


@pytest.mark.thinned(9)
@pytest.mark.parametrize("name", FILES)
def test_a_sweep_does_a_damaged_run_again_and_keeps_it(tmp_path, name):
    tiny = runs.load_experiment(write(tmp_path / "tiny.py", TINY.replace("def draw", "def _draw")))
    specs = runs.grid(tiny.spec, seed=[0, 1, 2])
    settings = {"engine": "serial", "progress": False}
    first = runs.sweep(tiny, specs, tmp_path / "runs", **settings)
    (first.done[1] / name).write_bytes(b"")
    again = runs.sweep(tiny, specs, tmp_path / "runs", **settings)
    assert again.done == (first.done[1],) and len(again.skipped) == 2
    ((kept, why),) = again.damaged.items()
    assert kept.name == f"{first.done[1].name}.damaged-1" and name in why and name in str(again)
    assert all(verdict.sound for verdict in runs.verify(tmp_path / "runs"))
    assert runs.unfinished(tmp_path / "runs").rows()[0]["state"] == "damaged"
    third = runs.sweep(tiny, specs, tmp_path / "runs", **settings)
    assert len(third.skipped) == 3 and not third.damaged


def test_the_last_line_of_a_manifest_is_checked_without_this_package(victim):
    import subprocess

    command = ["sh", "-c", f"head -n -2 '{victim}/manifest.json' | sha256sum"]
    said = subprocess.run(command, capture_output=True, text=True).stdout.split()[0]
    manifest = json.loads((victim / "manifest.json").read_text())
    assert said == manifest["sha256"]
    assert tomllib.loads((victim / "config.toml").read_text())["code"] == manifest["code"]
