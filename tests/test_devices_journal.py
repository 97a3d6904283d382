"""The journal of jobs: who answers whom, and what damage, kills and other processes do to it."""

import copy
import json
import multiprocessing
import os
import subprocess
import sys
import warnings

import numpy as np
import pytest

import qce
from qce import ArgumentError, circuits, devices, models, objectives
from qce.devices._lines import Lines
from qce.devices.journal import Journal


def send(journal, key, job):
    """Note a job as a device does."""
    tag, _ = journal.sending(key)
    journal.sent(key, tag, job)


def waiting(journal, *keys):
    """All identifiers that a journal would fetch, by batch."""
    found = {}
    for key in keys:
        while (job := journal.waiting(key)) is not None:
            found.setdefault(key, []).append(job)
            journal.fetched(key)
    return found


@pytest.fixture
def path(tmp_path):
    return tmp_path / "new" / "jobs.jsonl"


# --- who answers whom ----------------------------------------------------------------------------


def test_a_job_answers_once_and_only_for_its_batch():
    journal = Journal()
    send(journal, "batch", "first")
    send(journal, "batch", "second")
    assert journal.waiting("other") is None
    assert journal.waiting("batch") == journal.waiting("batch") == "first"
    journal.fetched("batch")
    assert journal.waiting("batch") == "second"
    journal.fetched("batch")
    assert journal.waiting("batch") is None


def test_a_job_that_failed_is_not_asked_again(path):
    journal = Journal(path)
    for job in ("bad", "good"):
        send(journal, "batch", job)
    journal.failed("batch")
    assert journal.waiting("batch") == Journal(path).waiting("batch") == "good"


def test_a_batch_whose_job_never_got_its_identifier_keeps_its_tag(path):
    tag, may_be_sent = Journal(path).sending("batch")
    assert not may_be_sent
    journal = Journal(path)
    assert journal.sending("batch") == (tag, True)
    journal.sent("batch", tag, "found")
    assert Journal(path).sending("batch")[1] is False


def test_nothing_is_written_before_there_is_something_to_note(path):
    devices.Retry()
    Journal(path)
    assert not path.parent.exists()


# --- one training --------------------------------------------------------------------------------


def refused(mine, stored, path):
    raise ValueError(f"{mine} is not {stored} of {path}")


def test_a_journal_goes_on_only_with_its_own_training(path):
    first = Journal(path)
    first.begin({"seed": 0}, refused)
    send(first, "batch", "mine")
    with pytest.raises(ValueError, match="'seed': 1.* is not .*'seed': 0.*jobs.jsonl"):
        Journal(path).begin({"seed": 1}, refused)
    again = Journal(path)
    again.begin({"seed": 0}, refused)
    assert again.waiting("batch") == "mine"


def test_two_trainings_of_one_program_do_not_answer_each_other(path):
    for jobs in (["one", "two"], None):
        journal = Journal(path)
        for seed in range(2):
            journal.begin({"seed": seed}, refused)
            assert journal.waiting("batch") == (None if jobs else ["one", "two"][seed])
            if jobs:
                send(journal, "batch", jobs[seed])


# --- damage --------------------------------------------------------------------------------------

KEYS = ["a", "b", "c"]


def written(path):
    journal = Journal(path)
    journal.begin({"seed": 0, "digests": {"data": "0f"}}, refused)
    for k in range(9):
        send(journal, KEYS[k % 3], f"job-{k}")
    journal.failed("b")
    whole = path.read_bytes()
    return whole, waiting(reread(path), *KEYS)


def reread(path):
    journal = Journal(path)
    journal.begin({"seed": 0, "digests": {"data": "0f"}}, refused)
    return journal


def test_bit_flips_lose_no_job_in_silence(path):
    whole, jobs = written(path)
    assert sum(map(len, jobs.values())) == 8
    rng = np.random.default_rng(5)
    flips = [*rng.integers(0, 8 * len(whole), 400), *range(8 * len(whole) - 8, 8 * len(whole))]
    refusals = 0
    for flip in flips:
        damaged = bytearray(whole)
        damaged[flip // 8] ^= 1 << (flip % 8)
        path.write_bytes(damaged)
        try:
            found = waiting(reread(path), *KEYS)
        except ArgumentError as problem:
            refusals += 1
            line = 1 + whole[: flip // 8].count(b"\n")
            assert f"line {line} of {path} is damaged" in str(problem)
            assert "Pass a copy that is whole; or this one without that line" in str(problem)
            assert path.read_bytes() == damaged  # nothing is made worse
        else:
            assert found == jobs
    assert refusals > 350


def test_a_file_cut_anywhere_keeps_what_was_noted_before(path):
    whole, _ = written(path)
    for end in np.random.default_rng(2).choice(len(whole), 200, replace=False):
        path.write_bytes(whole[:end])
        journal = reread(path)
        tag, may_be_sent = journal.sending("a")
        journal.sent("a", tag, "next")
        # The file is whole again, and every line of it that was whole is there.
        text = path.read_bytes()
        assert text.endswith(b"\n")
        for line in whole[:end].splitlines(keepends=True)[:-1]:
            assert line in text
        assert "next" in waiting(reread(path), "a")["a"]


@pytest.mark.parametrize(
    "content",
    [
        b"\0" * 40 + b"\n",
        b"[]\n",
        b'{"batch": "a", "job": "of an older version"}\n',
        b"\xff\xfe\n",
        b"null\n",
        b'"text"\n\n',
    ],
)
def test_what_is_no_journal_is_refused_in_words(path, content):
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(ArgumentError, match="line 1 of .* is damaged or of another version"):
        Journal(path)


@pytest.mark.parametrize(
    "entries",
    [
        [{"batch": "a", "tag": "t", "job": "never announced"}],
        [{"batch": "a", "failed": "unknown"}],
        [{"batch": "a", "tag": "t", "unknown": 1}],
        [{"batch": ["a"], "tag": "t"}],
    ],
)
def test_lines_that_do_not_follow_from_each_other_are_refused(path, entries):
    lines = Lines(path)
    lines.hold()
    for entry in entries:
        lines.append(entry)
    with pytest.raises(ArgumentError, match="line 1 of"):
        Journal(path)


def test_a_folder_and_a_link_are_no_journal(tmp_path):
    with pytest.raises(OSError, match="^Argument `journal` must be a file"):
        Journal(tmp_path)
    (tmp_path / "link").symlink_to(tmp_path / "else")
    with pytest.raises(OSError, match="^Argument `journal` must be a file"):
        Journal(tmp_path / "link").waiting("a")
    assert not (tmp_path / "else").exists()


# --- other processes -----------------------------------------------------------------------------

OTHER = """
import sys
from qce.devices.journal import Journal
journal = Journal(sys.argv[1])
try:
    journal.waiting("batch")
except ValueError as problem:
    print(problem)
"""


def test_a_second_process_is_shut_out_until_the_first_has_ended(path):
    journal = Journal(path)
    send(journal, "batch", "job")
    asked = [sys.executable, "-c", OTHER, str(path)]
    said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    assert f"{path} is in use by another process" in said
    assert "Pass a file of its own to each run" in said
    journal._lines._give_up()
    assert subprocess.run(asked, capture_output=True, text=True, check=True).stdout == ""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_does_not_write_beside_its_parent(path):
    journal = Journal(path)
    send(journal, "batch", "job")
    ours, theirs = multiprocessing.Pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # JAX and threads: the child only writes to the pipe
        child = os.fork()
    if child == 0:
        try:
            journal.sending("other")
            theirs.send("written")
        except BaseException as problem:
            theirs.send(str(problem))
        os._exit(0)
    os.waitpid(child, 0)
    assert "in use by another process" in ours.recv()
    send(journal, "other", "mine")  # the parent has it still


def test_the_device_opened_last_has_the_journal(path):
    first, second = Journal(path), Journal(path)
    send(first, "batch", "job")
    assert second.waiting("batch") == "job"
    with pytest.raises(ArgumentError, match="opened once more in this process"):
        first.waiting("batch")


def test_a_journal_that_was_removed_meanwhile_is_not_written_to(path):
    journal = Journal(path)
    send(journal, "batch", "job")
    path.unlink()
    with pytest.raises(ArgumentError, match="removed or replaced"):
        journal.sending("batch")


def test_a_copied_journal_is_the_same_file(path):
    send(Journal(path), "batch", "job")
    assert copy.deepcopy(Journal(path)).waiting("batch") == "job"


# --- a training ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change, says",
    [
        ({"seed": 9}, "same seed, 9.*is 0"),
        ({"optimizer": "coordinate"}, "same optimizer"),
        ({"law": [0.1, 0.2, 0.3, 0.4]}, "same data.*written with other data"),
    ],
)
def test_a_training_refuses_the_journal_of_another(path, change, says):
    pytest.importorskip("pennylane_qiskit", reason="needs qce[qiskit]")

    def fit(law=(0.4, 0.3, 0.2, 0.1), seed=0, optimizer="spsa"):
        objective = objectives.measured_likelihood(
            models.BornMachine(circuits.rx(2)), law, shots=20, seed=1,
            device=f"qiskit.remote backend=aer journal={path}",
        )  # fmt: skip
        return qce.fit(objective, optimizer=optimizer, steps=1, seed=seed, progress=False)

    fit()
    before = path.read_bytes()
    with pytest.raises(ArgumentError, match=f"^Argument `journal` must .*{says}"):
        fit(**change)
    assert path.read_bytes() == before
    fit()


def test_every_line_has_the_checksum_of_what_stands_before_it(path):
    whole, _ = written(path)
    for line in map(json.loads, whole.splitlines()):
        assert len(line.pop("sum")) == 16 and line
