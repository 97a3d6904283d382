"""Devices open by one line of text; what is wrong with it is said before anything runs."""

from types import SimpleNamespace

import numpy as np
import pennylane as qml
import pytest

from qce import devices
from qce.devices import kinds
from qce.devices.abilities import abilities, survey
from qce.devices.plugins import PLUGINS, is_remote


def law(device, *operations, wires=1, shots=None):
    tape = qml.tape.QuantumScript(operations, [qml.probs(wires=range(wires))], shots=shots)
    return qml.execute([tape], device)[0]


# --- text ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["default.qubit", "lightning.qubit"])
def test_an_installed_device_opens_with_its_wires(name):
    device = devices.open(name, wires=3)
    assert device.name == name
    assert len(device.wires) == 3


def test_options_in_the_text_are_numbers_words_and_truth_values():
    name, options = devices.read("a.b i=3 x=1e-3 yes=true no=False nothing=none s=FakeX q='a b'")
    assert name == "a.b"
    assert options == {
        "i": 3,
        "x": 1e-3,
        "yes": True,
        "no": False,
        "nothing": None,
        "s": "FakeX",
        "q": "a b",
    }


@pytest.mark.parametrize(
    "text, wires, options, kind, says",
    [
        ("no.such.device", 2, {}, ValueError, r"no\.such\.device.*Pass one of .*default\.qubit"),
        ("default.qubid", 2, {}, ValueError, r"Pass one of default\.qubit"),
        ("ionq.qpu", 2, {}, ValueError, r"not installed.*pip install pennylane-ionq"),
        ("default.qubit 100", 2, {}, ValueError, r"key=value.*'100'"),
        ("default.qubit c_dtype=a c_dtype=b", 2, {}, ValueError, "twice"),
        ("default.qubit name='", 2, {}, ValueError, "name a device"),
        ("", 2, {}, ValueError, "name a device"),
        (None, 2, {}, TypeError, "be one line"),
        ("default.qubit", 0, {}, ValueError, ">= 1.*it is 0"),
        ("default.qubit", 2.0, {}, ValueError, ">= 1"),
        ("default.qubit", 2, {"shots": 10}, ValueError, "hold no shots"),
        ("default.qubit", 2, {"no_such_option": 1}, TypeError, "no_such_option"),
        ("null.qubit", 2, {"seed": 1}, ValueError, "null.qubit takes none"),
        ("default.qubit noise=depolarizing:0.1", 2, {}, ValueError, "no density matrices"),
        ("default.mixed noise=depolarising:0.1", 2, {}, ValueError, "NAME:NUMBER"),
        ("default.mixed noise=depolarizing", 2, {}, ValueError, "from 0 to 1"),
        ("default.mixed noise=bitflip:1.5", 2, {}, ValueError, "from 0 to 1"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_with_a_remedy(text, wires, options, kind, says):
    with pytest.raises(kind, match=rf"^Argument `\w+` must .*{says}") as info:
        devices.open(text, wires, **options)
    assert "\n" not in str(info.value)
    assert ". Pass " in str(info.value)


def test_the_list_of_devices_is_what_pennylane_has():
    assert set(devices.installed()) == set(qml.plugin_devices)


def test_devices_behind_an_account_are_known_by_name():
    remote = [name for plugin in PLUGINS for name in plugin.devices if is_remote(name)]
    assert remote == ["braket.aws.qubit", "braket.aws.ahs", *PLUGINS[-2].devices, "aqt.sim",
                      "aqt.noisy_sim"]  # fmt: skip


def test_a_device_with_too_few_wires_is_refused():
    with pytest.raises(ValueError, match="wires 0 to 2.*Pass"):
        kinds.check_wires(qml.device("default.qubit", wires=2), 3)
    kinds.check_wires(qml.device("default.qubit"), 3)


# --- seeds -----------------------------------------------------------------------------------


def test_a_seed_repeats_a_device_and_two_jobs_of_one_device_differ():
    gates = [qml.Hadamard(0), qml.Hadamard(1)]

    def jobs(seed):
        device = devices.open("default.qubit", wires=2, seed=seed)
        return [law(device, *gates, wires=2, shots=100).tolist() for _ in range(2)]

    first, second = jobs(3)
    assert first != second
    assert jobs(3) == [first, second]
    assert jobs(4) != [first, second]


@pytest.mark.parametrize(
    "name", ["default.qubit", "lightning.qubit", "default.mixed noise=bitflip:0.1"]
)
def test_what_is_drawn_after_reseeding_depends_on_the_key_alone(name):
    device = devices.open(name, wires=1, seed=1)
    draws = []
    for key, before in (((7, 1), 0), ((7, 1), 3), ((7, 2), 0)):
        for _ in range(before):
            law(device, qml.Hadamard(0), shots=10)
        kinds.reseed(device, *key)
        draws.append([law(device, qml.Hadamard(0), shots=1000)[0] for _ in range(3)])
    assert draws[0] == draws[1] != draws[2]
    assert len(set(draws[0])) > 1


def test_which_devices_take_a_seed():
    assert devices.takes_seed("default.qubit")
    assert not devices.takes_seed("null.qubit")


# --- noise -----------------------------------------------------------------------------------

# PennyLane adds 1e-14 below the square roots of its channels; there are two at most, and readout.
CHANNEL = 1e-13

# Probability of the wrong outcome after one X: of the channel's own definition.
WRONG = {
    "depolarizing:0.3": 0.2,  # X and Y flip, a third each
    "bitflip:0.3": 0.3,
    "phaseflip:0.3": 0.0,
    "amplitude_damping:0.3": 0.3,
    "phase_damping:0.3": 0.0,
    "readout:0.3": 0.3,
    "bitflip:0.3,bitflip:0.3": 2 * 0.3 * 0.7,
    "bitflip:0.3,readout:0.1": 0.3 * 0.9 + 0.7 * 0.1,
}


@pytest.mark.parametrize("noise, wrong", WRONG.items())
def test_noise_follows_every_gate(noise, wrong):
    device = devices.open("default.mixed", wires=1, noise=noise)
    assert law(device, qml.X(0))[0] == pytest.approx(wrong, abs=CHANNEL)


def test_phase_noise_is_seen_between_two_hadamard_gates():
    for noise, wrong in (("phaseflip:0.3", 0.3), ("phase_damping:0.3", (1 - 0.7**0.5) / 2)):
        device = devices.open("default.mixed", wires=1, noise=noise)
        assert law(device, qml.H(0), qml.H(0))[1] == pytest.approx(wrong, abs=CHANNEL)


def test_noise_follows_no_preparation_and_both_wires_of_a_gate():
    device = devices.open("default.mixed noise=bitflip:0.25", wires=2)
    prepare = qml.StatePrep(np.array([0, 0, 0, 1.0]), wires=[0, 1])
    assert law(device, prepare, wires=2)[3] == pytest.approx(1)
    expected = np.kron([0.75, 0.25], [0.75, 0.25])
    np.testing.assert_allclose(law(device, qml.CNOT([0, 1]), wires=2), expected, atol=CHANNEL)


def test_a_noise_model_of_ones_own_is_taken():
    model = qml.NoiseModel({qml.noise.op_eq(qml.X): qml.noise.partial_wires(qml.BitFlip, 0.125)})
    device = devices.open("default.mixed", wires=1, noise=model)
    assert law(device, qml.X(0))[0] == pytest.approx(0.125)


# --- errors that pass ------------------------------------------------------------------------


def failing(*problems):
    """Work that fails with each of these, and then comes back."""
    left = list(problems)

    def work():
        if left:
            raise left.pop(0)
        return "done"

    return work


@pytest.fixture
def waits(monkeypatch):
    seconds = []
    monkeypatch.setattr("qce.devices.retry.time.sleep", seconds.append)
    return seconds


class ServerError(Exception):
    def __init__(self, status):
        super().__init__(f"{status}")
        self.status_code = status


@pytest.mark.parametrize(
    "problem", [ConnectionResetError("gone"), TimeoutError("late"), ServerError(503)]
)
def test_an_error_that_passes_is_waited_for_ever_longer(problem, waits):
    retry = devices.Retry(attempts=5, wait=1, longest=3)
    assert retry(failing(problem, problem, problem, problem)) == "done"
    assert waits == [1, 2, 3, 3]


def test_the_last_attempt_raises_what_went_wrong(waits):
    with pytest.raises(ConnectionError, match="third"):
        devices.Retry(attempts=3)(failing(*(ConnectionError(x) for x in ("1st", "2nd", "third"))))
    assert len(waits) == 2


@pytest.mark.parametrize("problem", [ValueError("wrong"), ServerError(401), KeyError("x")])
def test_an_error_that_stays_is_raised_at_once(problem, waits):
    with pytest.raises(type(problem)):
        devices.Retry()(failing(problem))
    assert waits == []


def test_what_passes_can_be_set(waits):
    retry = devices.Retry(transient=("builtins.ValueError",))
    assert retry(failing(ValueError("odd"))) == "done"
    with pytest.raises(ConnectionError):
        retry(failing(ConnectionError()))


def test_the_number_of_attempts_is_checked():
    with pytest.raises(ValueError, match="Argument `attempts` must"):
        devices.Retry(attempts=0)


# --- what each can do ------------------------------------------------------------------------


def test_what_a_device_can_do_is_tried():
    exact = abilities("default.qubit")
    assert exact == {
        "analytic": True,
        "shots": True,
        "batch": True,
        "mixed": True,
        "seed": True,
        "gradients": "backprop, adjoint",
    }
    idle = abilities("null.qubit")  # computes nothing
    assert not (idle["analytic"] or idle["shots"] or idle["batch"] or idle["seed"])


def test_a_device_that_does_not_open_says_why_in_a_line(monkeypatch):
    def broken(*args, **kwargs):
        raise ImportError("it needs a simulator:\n\npip install stim")

    monkeypatch.setattr("pennylane.device", broken)
    assert abilities("default.qubit") == {"remark": "pip install stim"}


def test_devices_behind_an_account_are_not_opened(monkeypatch):
    opened = []

    def look(text):
        opened.append(text)
        return {"remark": "seen"}

    def entry(name):
        package = SimpleNamespace(name="Some_Package", version="1")
        return SimpleNamespace(name=name, dist=package)

    found = [entry(name) for name in ("braket.aws.qubit", "ionq.qpu", "new.qpu", "default.qubit")]
    monkeypatch.setattr("qce.devices.abilities.entry_points", lambda group: found)
    monkeypatch.setattr("qce.devices.abilities.abilities", look)
    rows, missing = survey()
    assert opened == ["default.qubit"]
    remarks = {row["device"]: row["remark"] for row in rows}
    assert "an AWS account" in remarks["braket.aws.qubit"]
    assert "an IonQ account" in remarks["ionq.qpu"]
    assert "perhaps" in remarks["new.qpu"]
    assert {row["package"] for row in missing} == {plugin.package for plugin in PLUGINS}
