"""Qiskit's devices: one job for a batch, seeds, noise, lost connections, jobs fetched again."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pennylane as qml
import pytest

pytest.importorskip("pennylane_qiskit", reason="needs qce[qiskit]")

from fake_noise import noisy_law

import qce
from qce import circuits, devices, models, objectives
from qce.objectives.machine import Call, Machine, open_machine
from qce.results import Cost, Status

MANILA = "qiskit.remote backend=FakeManilaV2"
CIRCUIT = circuits.strongly_entangling(2, 1)
POINTS = np.random.default_rng(0).normal(size=(20, CIRCUIT.size))

# Qiskit's plugin manager at every transpilation.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def manila():
    return open_machine(MANILA, 2, seed=1)


@pytest.fixture
def sent(monkeypatch):
    """Batches that were given to Sampler."""
    from qce.devices import _qiskit

    batches, run = [], _qiskit.SamplerV2.run

    def spy(self, pubs, **options):
        batches.append(pubs)
        return run(self, pubs, **options)

    monkeypatch.setattr(_qiskit.SamplerV2, "run", spy)
    return batches


def test_twenty_circuits_are_one_job_of_one_compiled_circuit(manila, sent):
    before = manila.spent.jobs
    laws = manila.frequencies(CIRCUIT.queue, POINTS, 100)
    assert manila.spent.jobs == before + 1
    ((pub,),) = sent
    assert next(iter(pub[1].values())).shape[0] == 20
    assert laws.shape == (20, 4)
    np.testing.assert_allclose(laws.sum(axis=1), 1)
    manila.frequencies(CIRCUIT.queue, POINTS[:2], 10)
    assert len(manila.device._compiler._compiled) == 1


def test_frequencies_follow_the_noise_of_the_backend(manila):
    shots = 20_000
    seen = manila.frequencies(CIRCUIT.queue, POINTS[0], shots)
    law = noisy_law(manila.device, CIRCUIT.queue, POINTS[0])
    quiet = open_machine(None, 2, None).frequencies(CIRCUIT.queue, POINTS[0], None)
    # Five standard errors of each outcome; the noise itself is larger than that.
    stderr = np.sqrt(law * (1 - law) / shots)
    assert (np.abs(seen - law) < 5 * stderr).all()
    assert (np.abs(law - quiet) > 5 * stderr).any()


def test_a_fake_backend_makes_its_noise_once_for_all_jobs(monkeypatch):
    """Qiskit copies the backend for each job, and each fresh copy would make it again."""
    from qiskit_ibm_runtime.fake_provider import FakeManilaV2

    made, make = [], FakeManilaV2._get_noise_model_from_backend_v2

    def spy(self):
        made.append(1)
        return make(self)

    monkeypatch.setattr(FakeManilaV2, "_get_noise_model_from_backend_v2", spy)
    given = FakeManilaV2()
    machine = Machine(devices.open("qiskit.remote", 2, seed=1, backend=given), 2)
    for _ in range(3):
        machine.counts(CIRCUIT.queue, POINTS[:2], 10)
    assert len(made) == 1
    assert given.sim is None  # the caller's own is as it was


def test_circuits_of_several_structures_and_shots_come_back_in_order(sent):
    machine = open_machine("qiskit.remote backend=aer", 3, seed=1)
    flips = [(0,), (), (0, 2), (1,), (0,)]

    def queue(wires):
        def gates(params):
            qml.RZ(0.3, wires=2)  # without effect: compilation drops its angle
            for wire in wires:
                qml.RX(np.pi, wires=wire)

        return gates

    shots = [10, 20, 30, 10, 20]
    calls = [Call(queue(w), np.zeros(0), s) for w, s in zip(flips, shots, strict=True)]
    laws = machine.all_frequencies(calls)
    assert [int(np.argmax(law)) for law in laws] == [4, 0, 5, 2, 4]
    assert all(law.max() == 1 for law in laws)
    assert [len(batch) for batch in sent] == [5]


def test_value_and_gradient_are_one_job_within_five_standard_errors():
    machine = open_machine("qiskit.remote backend=aer", 2, seed=3)
    exact = open_machine(None, 2, None)
    cost, shots = np.arange(4.0), 10_000
    law, pullback = machine.vjp(CIRCUIT.queue, POINTS[0], shots)
    truth, slope = exact.vjp(CIRCUIT.queue, POINTS[0], None)
    assert machine.spent.jobs == 1
    assert (np.abs(law - truth) < 5 * np.sqrt(truth * (1 - truth) / shots)).all()
    # Half a difference of two means of costs within [0, 3]: their variances are at most 9/4.
    assert np.abs(pullback(cost) - slope(cost)).max() < 5 * np.sqrt(9 / 4 / 2 / shots)


def test_equal_seeds_repeat_and_jobs_of_one_device_differ():
    def draw(seed):
        machine = open_machine("qiskit.remote backend=aer", 2, seed=seed)
        return [machine.counts(CIRCUIT.queue, POINTS[:2], 500).tolist() for _ in range(2)]

    one, two = draw(5)
    assert one != two
    assert one == draw(5)[0] != draw(6)[0]


def test_expectation_values_still_go_through_estimator():
    device = devices.open("qiskit.remote backend=aer", 1)
    node = qml.set_shots(qml.QNode(lambda: qml.expval(qml.Z(0)), device), 100)
    assert node() == pytest.approx(1)


# --- Aer -------------------------------------------------------------------------------------


def test_aer_has_exact_values_where_its_method_has():
    law = open_machine("qiskit.aer method=statevector", 2, 1)
    law.frequencies(CIRCUIT.queue, POINTS[0], 10)  # shots that its plugin would remember
    exact = open_machine(None, 2, None).frequencies(CIRCUIT.queue, POINTS[0], None)
    np.testing.assert_allclose(law.frequencies(CIRCUIT.queue, POINTS[0], None), exact, atol=1e-14)
    for text in ("qiskit.aer", MANILA, "qiskit.basicsim"):
        with pytest.raises(ValueError, match="gives no exact values. Pass shots"):
            open_machine(text, 2, None).frequencies(CIRCUIT.queue, POINTS[0], None)


def test_aer_gives_every_circuit_its_shots_and_every_job_its_outcomes():
    machine = open_machine("qiskit.aer", 1, seed=1)
    calls = [Call(lambda params: qml.H(0), np.zeros(0), shots) for shots in (30, 7, 30, 500)]
    counts = [law * call.shots for law, call in zip(machine.all_frequencies(calls), calls)]  # noqa: B905
    assert [c.sum() for c in counts] == pytest.approx([30, 7, 30, 500])
    assert machine.spent.jobs == 3  # its plugin has one number of shots a job
    again = machine.all_frequencies(calls)[3]
    assert again.tolist() != (counts[3] / 500).tolist()


def test_aer_has_the_noise_of_a_backend_between_wires_that_it_does_not_couple():
    shots, pairs = 4000, 40
    machine = open_machine("qiskit.aer noise=FakeManilaV2", 3, seed=1)

    def queue(repeats):
        qml.RX(np.pi, wires=0)
        for _ in range(int(repeats[0])):
            qml.CNOT([0, 2])
            qml.Barrier(wires=[0, 2])  # so that no two cancel

    calls = [Call(queue, np.array([repeats]), shots) for repeats in (0, pairs)]
    wrong = [1 - law[4] for law in machine.all_frequencies(calls)]
    # Forty gates of an error of a few 1e-3 each: more than five standard errors.
    assert wrong[1] - wrong[0] > 5 * np.sqrt(2 * wrong[1] * (1 - wrong[1]) / shots)


# --- errors, before anything is sent ---------------------------------------------------------


@pytest.mark.parametrize(
    "text, wires, says",
    [
        ("qiskit.remote", 2, "must name a backend"),
        ("qiskit.remote backend=FakeManila7", 2, "Pass one of FakeManilaV2"),
        (MANILA, 6, "must be at most 5 on fake_manila"),
        ("qiskit.aer noise=FakeManilaV2", 6, "must be at most 5 on fake_manila"),
        ("qiskit.aer noise=FakeManilaV2 method=statevector", 2, "statevector has none"),
        (f"{MANILA} resilience_level=1", 2, "resilience_level"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_with_a_remedy(text, wires, says):
    with pytest.raises((ValueError, TypeError), match=rf"^Argument .*{says}.*") as info:
        devices.open(text, wires)
    assert "\n" not in str(info.value)
    assert ". Pass " in str(info.value)


@pytest.mark.parametrize("backend", ["ibm_nowhere", "least_busy"])
def test_a_real_backend_needs_an_account(backend, monkeypatch, tmp_path):
    for name in ("QISKIT_IBM_TOKEN", "QISKIT_IBM_CHANNEL", "QISKIT_IBM_INSTANCE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(
        "qiskit_ibm_runtime.accounts.management._DEFAULT_ACCOUNT_CONFIG_JSON_FILE",
        str(tmp_path / "none.json"),
    )
    with pytest.raises(ValueError, match="no IBM account is saved here.*save_account"):
        devices.open(f"qiskit.remote backend={backend}", 2)


# --- jobs by identifier ----------------------------------------------------------------------


def breaks_once(device, monkeypatch, problem):
    """The first look at a result fails."""
    find, looks = device.job, []

    def job(identifier):
        looks.append(identifier)
        if len(looks) == 1:
            raise problem
        return find(identifier)

    monkeypatch.setattr(device, "job", job)
    return looks


def test_a_job_whose_result_was_lost_on_the_way_is_not_sent_again(sent, monkeypatch):
    device = devices.open("qiskit.remote backend=aer", 2, seed=1)
    looks = breaks_once(device, monkeypatch, ConnectionError("reset"))
    machine = Machine(device, 2, retry=devices.Retry(wait=0))
    counts = machine.counts(CIRCUIT.queue, POINTS[:3], 100)
    assert counts.sum() == 300
    assert len(sent) == 1
    assert looks == [looks[0]] * 2


def test_a_job_that_failed_for_good_is_sent_again_only_by_the_next_call(sent, monkeypatch):
    device = devices.open("qiskit.remote backend=aer", 2, seed=1)
    breaks_once(device, monkeypatch, RuntimeError("calibration failed"))
    machine = Machine(device, 2)
    with pytest.raises(RuntimeError, match="calibration"):
        machine.counts(CIRCUIT.queue, POINTS[0], 100)
    assert len(sent) == 1
    assert machine.counts(CIRCUIT.queue, POINTS[0], 100).sum() == 100
    assert len(sent) == 2


def test_a_run_that_goes_on_fetches_what_was_sent_by_its_identifier(sent, monkeypatch, tmp_path):
    text = f"qiskit.remote backend=aer journal={tmp_path / 'jobs.jsonl'}"
    first = devices.open(text, 2, seed=1)
    kept = {}

    def cut(identifier):
        kept[identifier] = first._local[identifier]
        raise KeyboardInterrupt

    monkeypatch.setattr(first, "job", cut)
    with pytest.raises(KeyboardInterrupt):
        Machine(first, 2).counts(CIRCUIT.queue, POINTS, 100)
    _, entry = map(json.loads, (tmp_path / "jobs.jsonl").read_text().splitlines())
    assert entry["job"] in kept

    second = devices.open(text, 2, seed=2)
    # Stands for IBM's service, which keeps jobs: here, that of the first device.
    second._service = SimpleNamespace(job=kept.__getitem__)
    counts = Machine(second, 2).counts(CIRCUIT.queue, POINTS, 100)
    assert len(sent) == 1
    bits = kept[entry["job"]].result()[0].data
    assert counts[0].max() == max(next(iter(bits.values())).get_counts(0).values())


KILLED = """
import sys
import os, signal
from test_devices_qiskit import likelihood
import qce
from qce.devices.journal import Journal
noted, sent = [], Journal.sent
def note(self, *args):
    sent(self, *args)
    noted.append(args)
    if len(noted) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
Journal.sent = note
qce.fit(likelihood(sys.argv[1]), optimizer="spsa", steps=3, progress=False)
"""


def likelihood(text):
    machine = models.BornMachine(CIRCUIT)
    law = [0.4, 0.3, 0.2, 0.1]
    return objectives.measured_likelihood(machine, law, device=text, shots=50, seed=1)


def test_jobs_of_a_local_backend_that_ended_with_their_process_are_run_again(sent, tmp_path):
    """Killed after two jobs; every rerun gets through, to the same values."""
    text = f"qiskit.remote backend=FakeManilaV2 journal={tmp_path / 'jobs.jsonl'}"
    here = str(Path(__file__).parent)
    killed = subprocess.run([sys.executable, "-c", KILLED, text], cwd=here, check=False)
    assert killed.returncode == -signal.SIGKILL
    noted = [json.loads(line) for line in (tmp_path / "jobs.jsonl").read_text().splitlines()]
    assert len([line for line in noted if "job" in line]) == 2
    losses = []
    for _ in range(2):
        result = qce.fit(likelihood(text), optimizer="spsa", steps=3, progress=False)
        assert result.status is Status.STEP_LIMIT, result.message
        losses.append(result.history["loss"].tolist())
    assert losses[0] == losses[1]
    assert len(sent) == 8  # all of both


def test_a_plan_leaves_journal_spending_and_calibrations_as_they_are(sent, tmp_path):
    journal = tmp_path / "jobs.jsonl"
    text = (
        f"qiskit.remote backend=FakeManilaV2 readout=true calibration_shots=100 journal={journal}"
    )
    model = qce.ThermalModel(CIRCUIT, models.CategoricalSpectrum(2))
    rho = np.diag([0.4, 0.3, 0.2, 0.1])
    objective = objectives.deferred_cross_entropy(model, rho, device=text, shots=50, seed=1)
    drawn = objective.machine.device._rng.bit_generator.state
    plan = qce.training.plan(objective, optimizer="spsa", steps=3)
    assert plan.seconds > 0 and len(sent) > 0  # a step was timed
    assert not journal.exists() and objective.spent == Cost()
    assert objective.machine.device._rng.bit_generator.state == drawn
    assert not objective.machine._calibrations  # the training makes and counts its own
