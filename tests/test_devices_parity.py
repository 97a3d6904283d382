"""All devices agree on one circuit, within their stated precision: the table in docs/devices.md.

`QCE_WRITE_TABLES=1 pytest tests/test_devices_parity.py` writes the rows of the devices that are
installed; those of the others stay as they are.
"""

import os
import re
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pennylane as qml
import pytest

from qce.objectives.machine import open_machine

DOCS = Path(__file__).parents[1] / "docs" / "devices.md"
TABLE = re.compile(r"(?<=<!-- parity -->\n).*?(?=<!-- end of parity -->)", re.DOTALL)
HEAD = ["device", "compared with", "exact values", "gradient", "10000 shots"]

SHOTS = 10_000
POINT = np.random.default_rng(5).normal(size=5)
COST = np.array([0.0, 1.0, -2.0, 3.0])

# Seven gates of complex numbers, each right to a few ε.
ROUNDING = 64 * np.finfo(float).eps

# PennyLane adds 1e-14 below each of the four square roots of a channel: nine of them.
CHANNELS = 9 * 4e-14

NEEDS = {"qiskit": "pennylane_qiskit", "braket": "braket"}

# Device, and the name of what it is compared with.
DEVICES = {
    "default.qubit": "matrices",
    "lightning.qubit": "matrices",
    "reference.qubit": "matrices",
    "default.mixed": "matrices",
    "qiskit.aer method=statevector": "matrices",
    "qiskit.aer": "matrices",
    "qiskit.basicsim": "matrices",
    "qiskit.remote backend=aer": "matrices",
    "braket.local.qubit": "matrices",
    "braket.local.qubit backend=braket_dm": "matrices",
    "default.mixed noise=depolarizing:0.01": "channels",
    "braket.local.qubit backend=braket_dm noise=depolarizing:0.01": "channels",
    "qiskit.remote backend=FakeManilaV2": "noise model",
}

GATES = [("RX", 0), ("RY", 1), ("CNOT", (0, 1)), ("RY", 0), ("RX", 1), ("CNOT", (1, 0)), ("RX", 0)]


def queue(params):
    angles = iter(params)
    for name, wires in GATES:
        gate = getattr(qml, name)
        gate(wires=wires) if name == "CNOT" else gate(next(angles), wires=wires)


# --- what they are compared with: matrices of four numbers, no device ------------------------

PAULI = {
    "I": np.eye(2),
    "X": np.array([[0, 1], [1, 0]]),
    "Y": np.array([[0, -1j], [1j, 0]]),
    "Z": np.diag([1, -1]),
}


def on(wire, matrix):
    return np.kron(matrix, np.eye(2)) if wire == 0 else np.kron(np.eye(2), matrix)


def unitary(name, wires, angle):
    if name == "CNOT":
        control, target = wires
        off, flip = on(control, np.diag([1, 0])), on(control, np.diag([0, 1]))
        return off + flip @ on(target, PAULI["X"])
    generator = PAULI[name[1]]
    return on(wires, np.cos(angle / 2) * np.eye(2) - 1j * np.sin(angle / 2) * generator)


def law(params, depolarizing=0.0):
    rho = np.zeros((4, 4), dtype=complex)
    rho[0, 0] = 1
    angles = iter(params)
    for name, wires in GATES:
        u = unitary(name, wires, None if name == "CNOT" else next(angles))
        rho = u @ rho @ u.conj().T
        for wire in np.atleast_1d(wires):
            errors = [on(wire, PAULI[letter]) for letter in "XYZ"]
            wrong = sum(e @ rho @ e.conj().T for e in errors) / 3
            rho = (1 - depolarizing) * rho + depolarizing * wrong
    return rho.diagonal().real


def slope(depolarizing):
    """Every angle once, in a rotation: the sine law is exact."""
    shifts = np.pi / 2 * np.eye(len(POINT))
    return [
        COST @ (law(POINT + s, depolarizing) - law(POINT - s, depolarizing)) / 2 for s in shifts
    ]


# --- what was measured -----------------------------------------------------------------------


def installed(text):
    module = NEEDS.get(text.partition(".")[0])
    return module is None or find_spec(module) is not None


@lru_cache
def deviations(text):
    """Largest deviation of exact values, of the gradient, and of shots in standard errors."""
    from qce.devices import kinds

    machine = open_machine(text, 2, seed=11)
    seen = machine.frequencies(queue, POINT, SHOTS)
    strength = 0.01 if DEVICES[text] == "channels" else 0.0
    if DEVICES[text] == "noise model":
        from fake_noise import noisy_law

        expected = noisy_law(machine.device, queue, POINT)
    else:
        expected = law(POINT, strength)
    sigmas = np.abs(seen - expected) / np.sqrt(expected * (1 - expected) / SHOTS)
    if not kinds.is_analytic(machine.device):
        return None, None, sigmas.max()
    exact, pullback = machine.vjp(queue, POINT, None)
    gradient = np.abs(pullback(COST) - slope(strength)).max()
    return np.abs(exact - expected).max(), gradient, sigmas.max()


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
@pytest.mark.parametrize("text", DEVICES)
def test_a_device_agrees_with_its_reference_within_its_precision(text):
    if not installed(text):
        pytest.skip(f"needs qce[{text.partition('.')[0]}]")
    exact, gradient, sigmas = deviations(text)
    precision = CHANNELS if DEVICES[text] == "channels" else ROUNDING
    assert sigmas < 5
    if exact is not None:
        assert exact < precision
        assert gradient < np.abs(COST).sum() * precision


# --- the table -------------------------------------------------------------------------------


def row(text):
    exact, gradient, sigmas = deviations(text)
    within = ["only shots" if x is None else f"{x:.0e}" for x in (exact, gradient)]
    return [f"`{text}`", DEVICES[text], *within, f"{sigmas:.1f} standard errors"]


def rows_of(table):
    lines = [line.strip("| ").split(" | ") for line in table.strip().splitlines()]
    return {line[0].strip("` "): [cell.strip() for cell in line] for line in lines[2:]}


def write(rows):
    lines = [HEAD, ["---"] * len(HEAD), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_the_table_of_the_documentation_is_what_the_devices_give():
    text = DOCS.read_text(encoding="utf-8")
    stored = rows_of(TABLE.search(text).group())
    if os.environ.get("QCE_WRITE_TABLES"):
        missing = ["not measured"] * 3
        fresh = {t: row(t) for t in DEVICES if installed(t)}
        old = {t: stored.get(t, [f"`{t}`", DEVICES[t], *missing]) for t in DEVICES}
        table = write([fresh.get(t, old[t]) for t in DEVICES])
        DOCS.write_text(TABLE.sub(lambda _: table, text), encoding="utf-8")
        stored = rows_of(table)
    assert list(stored) == list(DEVICES)
    for device, cells in stored.items():
        assert cells[1] == DEVICES[device]
        assert "not measured" not in cells
        if installed(device):
            # Rounding differs from processor to processor: what is exact has to be, and no more.
            assert [c == "only shots" for c in cells[2:4]] == [
                d is None for d in deviations(device)[:2]
            ]
