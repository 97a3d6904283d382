"""A line at a terminal where a decomposition takes long, and nothing anywhere else."""

import os
import pty
import re
import subprocess
import sys
import time
from contextlib import redirect_stderr

import numpy as np
import pytest

from qce import _waiting, quantum
from qce._spectral import large
from qce.states import Thermal


class Terminal:
    """A stream somebody looks at, which keeps what was written."""

    def __init__(self):
        self.text = ""

    def isatty(self):
        return True

    def write(self, text):
        self.text += text

    def flush(self):
        pass


def shown(text):
    """What is left on the line of a terminal."""
    line = ""
    for part in text.split("\r"):
        line = part + line[len(part) :]
    return line.rstrip()


def test_what_lasts_is_told_with_its_time_and_wiped_out():
    with (
        redirect_stderr(Terminal()) as terminal,
        _waiting.telling("dividing", patience=0.05),
    ):
        time.sleep(1.3)
    said = re.findall(r"dividing, \d+ s", terminal.text)
    assert len(said) >= 2 and shown(terminal.text) == ""


def test_what_is_quick_is_not_told():
    with redirect_stderr(Terminal()) as terminal, _waiting.telling("a moment"):
        pass
    assert terminal.text == ""


def test_what_fails_leaves_a_clean_line():
    with redirect_stderr(Terminal()) as terminal, pytest.raises(ZeroDivisionError):
        with _waiting.telling("dividing", patience=0.01):
            time.sleep(0.2)
            1 / 0  # noqa: B018
    assert "dividing" in terminal.text and shown(terminal.text) == ""


@pytest.mark.parametrize("stream", [None, object()])
def test_a_stream_that_is_none_fails_nothing(monkeypatch, stream):
    monkeypatch.setattr(sys, "stderr", stream)
    with _waiting.telling("a moment", patience=0.0):
        time.sleep(0.05)


def test_a_large_thermal_state_is_told_by_its_dimension(monkeypatch):
    """Without a symmetry; what is said after a millisecond is what is said after five seconds."""
    monkeypatch.setattr(large, "LONG", 256)
    monkeypatch.setattr(_waiting.telling.__wrapped__, "__defaults__", (0.001,))
    a = np.random.default_rng(0).normal(size=(600, 600))
    with redirect_stderr(Terminal()) as terminal:
        quantum.entropy(Thermal(a + a.T))
    assert "diagonalising 600 × 600" in terminal.text and shown(terminal.text) == ""


TELL = """
import time
from qce import _waiting
with _waiting.telling("diagonalising", patience=0.05):
    time.sleep(0.5)
"""


def test_a_terminal_is_told_and_a_pipe_is_not():
    piped = subprocess.run([sys.executable, "-c", TELL], capture_output=True, check=True)
    assert piped.stderr == b"" and piped.stdout == b""
    ours, theirs = pty.openpty()
    subprocess.run([sys.executable, "-c", TELL], stderr=theirs, check=True)
    assert b"diagonalising, 0 s" in os.read(ours, 1000)
    os.close(ours)
    os.close(theirs)
