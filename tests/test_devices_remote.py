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

from qce import circuits, devices
from qce.objectives.machine import Machine

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
    (entry,) = map(json.loads, (tmp_path / "jobs.jsonl").read_text().splitlines())
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
    journal = tmp_path / "jobs.jsonl"
    runtime.ready.set()
    text = f"qiskit.remote backend={BACKEND} journal={journal}"
    Machine(devices.open(text, 2), 2).counts(CIRCUIT.queue, POINTS, SHOTS)
    (key,) = {json.loads(line)["batch"] for line in journal.read_text().splitlines()}
    journal.write_text(json.dumps({"batch": key, "job": "gone"}) + "\n")
    with pytest.raises(Exception, match="gone"):
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
        while not (journal.exists() and journal.read_text().endswith("\n")):
            assert client.poll() is None and time.monotonic() - begun < 120
            time.sleep(0.05)
    finally:
        client.kill()
        client.wait()
    runtime.ready.set()
    counts = Machine(devices.open(text, 2), 2).counts(CIRCUIT.queue, POINTS, SHOTS)
    assert counts.sum(axis=1).tolist() == [SHOTS] * 3 and len(runtime.results) == 1
