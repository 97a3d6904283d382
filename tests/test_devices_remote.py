"""Jobs on a server: sent once, lost sight of, and fetched by their identifier over HTTP."""

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pennylane_qiskit", reason="needs qce[qiskit]")

from qiskit_ibm_runtime import runtime_job_v2
from runtime_server import BACKEND, logged_in, serving

import qce
from qce import circuits, devices, models, objectives
from qce.devices.journal import Journal
from qce.objectives.machine import Machine
from qce.results import Status

CIRCUIT = circuits.strongly_entangling(2, 1)
POINTS = np.random.default_rng(0).normal(size=(3, CIRCUIT.size))
SHOTS = 200

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture
def address():
    with serving() as served:
        yield served


@pytest.fixture
def runtime(address, monkeypatch):
    logged_in(monkeypatch, address[1])
    return address[0]


class Cut(BaseException):
    """The process ends here."""


def test_a_job_that_was_sent_over_http_is_fetched_by_the_next_process(
    runtime, tmp_path, monkeypatch
):
    text = f"qiskit.remote backend={BACKEND} journal={tmp_path / 'jobs.jsonl'}"
    first = devices.open(text, 2)
    assert first.service is not None

    def cut(seconds):
        raise Cut

    with monkeypatch.context() as patch:
        # While it waits for the job, which runs.
        patch.setattr(runtime_job_v2.time, "sleep", cut)
        with pytest.raises(Cut):
            Machine(first, 2).counts(CIRCUIT.queue, POINTS, SHOTS)
    _, entry = map(json.loads, (tmp_path / "jobs.jsonl").read_text().splitlines())
    assert list(runtime.results) == [entry["job"]]

    runtime.ready.set()
    runtime.requests.clear()
    # All that the first one knew is in the file: a new client, backend, and compilation.
    second = devices.open(text, 2)
    assert second.service is not first.service
    counts = Machine(second, 2).counts(CIRCUIT.queue, POINTS, SHOTS)
    assert not [line for line in runtime.requests if line.startswith("POST")]
    assert f"GET /experimental/jobs/{entry['job']}/results" in runtime.requests
    assert counts.sum(axis=1).tolist() == [SHOTS] * 3
    # Outcomes of the copy: wire 0 first, near the ideal law, and one result answers once.
    ideal = Machine(devices.open("default.qubit", 2), 2).frequencies(CIRCUIT.queue, POINTS, None)
    # Five standard errors of 200 outcomes, and 0.1 for the noise of the copy.
    assert np.abs(counts / SHOTS - ideal).max() < 5 * 0.5 / SHOTS**0.5 + 0.1
    Machine(second, 2).counts(CIRCUIT.queue, POINTS, SHOTS)
    assert len(runtime.results) == 2


def test_a_job_that_the_server_does_not_know_is_not_sent_silently(runtime, tmp_path):
    runtime.ready.set()
    text = f"qiskit.remote backend={BACKEND} journal={tmp_path / 'jobs.jsonl'}"
    Machine(devices.open(text, 2), 2).counts(CIRCUIT.queue, POINTS, SHOTS)
    runtime.results.clear()
    for _ in range(2):  # nor by the second try
        with pytest.raises(Exception, match="job0") as info:
            Machine(devices.open(text, 2), 2).counts(CIRCUIT.queue, POINTS, SHOTS)
        assert "take the lines of this job out" in info.value.__notes__[0]
    assert len(runtime.tags) == 1


@pytest.mark.parametrize("status", [401, 403])
def test_a_login_that_expired_leaves_a_paid_job_to_be_fetched(runtime, tmp_path, status):
    runtime.ready.set()
    text = f"qiskit.remote backend={BACKEND} journal={tmp_path / 'jobs.jsonl'}"
    Machine(devices.open(text, 2), 2).counts(CIRCUIT.queue, POINTS, SHOTS)
    device = devices.open(text, 2)
    runtime.refusal = status
    with pytest.raises(Exception, match=str(status)) as info:
        Machine(device, 2).counts(CIRCUIT.queue, POINTS, SHOTS)
    assert "Job job0 was sent, and stays noted" in info.value.__notes__[0]
    assert "after a new login" in info.value.__notes__[0]
    runtime.refusal = 0
    counts = Machine(devices.open(text, 2), 2).counts(CIRCUIT.queue, POINTS, SHOTS)
    assert counts.sum(axis=1).tolist() == [SHOTS] * 3 and len(runtime.results) == 1


def test_a_training_says_that_its_login_expired_and_goes_on_after_a_new_one(runtime, tmp_path):
    runtime.ready.set()
    text = f"qiskit.remote backend={BACKEND} journal={tmp_path / 'jobs.jsonl'}"
    machine = models.BornMachine(CIRCUIT)

    def fit(callback=None):
        objective = objectives.measured_likelihood(
            machine, [0.4, 0.3, 0.2, 0.1], device=text, shots=SHOTS, seed=1
        )
        return qce.fit(
            objective, optimizer="spsa", steps=2, progress=False, callback=callback, seed=3
        )

    def expire(step, loss, params):
        runtime.refusal = 401 if step == 1 else 0

    first = fit(expire)
    runtime.refusal = 0
    assert first.status is Status.FAILED
    sent = list(runtime.results)
    again = fit()
    # What was sent is fetched, and each of the others is sent once.
    assert list(runtime.results)[: len(sent)] == sent and len(runtime.results) == 3
    assert again.history["loss"][:1].tolist() == first.history["loss"].tolist()


@pytest.mark.parametrize("where", ["between", "within"])
def test_a_job_whose_identifier_was_never_noted_is_found_by_its_tag(
    runtime, tmp_path, monkeypatch, where
):
    runtime.ready.set()
    path = tmp_path / "jobs.jsonl"
    text = f"qiskit.remote backend={BACKEND} journal={path}"

    def cut(*args):
        raise Cut

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "sent", cut)
        with pytest.raises(Cut):
            Machine(devices.open(text, 2), 2).counts(CIRCUIT.queue, POINTS, SHOTS)
    if where == "within":
        with path.open("a") as file:
            file.write('{"batch": "6f')
    (job,) = runtime.results
    runtime.requests.clear()
    Machine(devices.open(text, 2), 2).counts(CIRCUIT.queue, POINTS, SHOTS)
    assert not [line for line in runtime.requests if line.startswith("POST")]
    assert [json.loads(line).get("job") for line in path.read_text().splitlines()] == [None, job]


def test_a_batch_that_was_noted_and_never_sent_is_sent(runtime, tmp_path, monkeypatch):
    runtime.ready.set()
    text = f"qiskit.remote backend={BACKEND} journal={tmp_path / 'jobs.jsonl'}"

    def cut(*args):
        raise Cut

    with monkeypatch.context() as patch:
        patch.setattr(devices._qiskit.SamplerV2, "run", cut)
        with pytest.raises(Cut):
            Machine(devices.open(text, 2), 2).counts(CIRCUIT.queue, POINTS, SHOTS)
    Machine(devices.open(text, 2), 2).counts(CIRCUIT.queue, POINTS, SHOTS)
    assert len(runtime.results) == 1


CLIENT = """
import sys
import pytest
from runtime_server import logged_in
from test_devices_remote import CIRCUIT, POINTS, SHOTS
from qce import devices
from qce.objectives.machine import Machine
logged_in(pytest.MonkeyPatch(), sys.argv[1])
Machine(devices.open(sys.argv[2], 2), 2).counts(CIRCUIT.queue, POINTS, SHOTS)
"""


@pytest.mark.long
def test_a_client_that_is_killed_leaves_its_job_to_the_next(runtime, address, tmp_path):
    journal = tmp_path / "jobs.jsonl"
    text = f"qiskit.remote backend={BACKEND} journal={journal}"
    here = str(Path(__file__).parent)
    client = subprocess.Popen([sys.executable, "-c", CLIENT, address[1], text], cwd=here)
    try:
        begun = time.monotonic()
        while not (journal.exists() and journal.read_text().count("\n") == 2):
            assert client.poll() is None and time.monotonic() - begun < 120
            time.sleep(0.05)
    finally:
        client.kill()
        client.wait()
    runtime.ready.set()
    counts = Machine(devices.open(text, 2), 2).counts(CIRCUIT.queue, POINTS, SHOTS)
    assert counts.sum(axis=1).tolist() == [SHOTS] * 3 and len(runtime.results) == 1
