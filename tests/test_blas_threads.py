"""NumPy's threads stay asleep: awake, they keep the processors from SciPy's decompositions."""

import subprocess
import sys

import pytest

PROGRAM = """
import sys
import time

import numpy as np

from qce import _density, classical

p = np.full(100_000, 1e-5)
rho = np.eye(320, dtype=complex) / 320
work = {
    "dot": lambda: np.vdot(p, p),
    "distributions": lambda: classical.cross_entropy(p, p),
    "states": lambda: _density._is_regular(rho, 1e-8),
}[sys.argv[1]]
work()
time.sleep(1)  # until threads that importing may have woken sleep
all_threads, this_thread = time.process_time(), time.thread_time()
for _ in range(30):
    work()
    time.sleep(0.01)
this_thread = time.thread_time() - this_thread
print((time.process_time() - all_threads - this_thread) / this_thread)
"""


def beside(work):
    """Time of other threads of the process, relative to the one that calls."""
    environment = {"OPENBLAS_NUM_THREADS": "2", "OMP_NUM_THREADS": "2", "PATH": ""}
    line = [sys.executable, "-c", PROGRAM, work]
    done = subprocess.run(line, env=environment, capture_output=True, text=True, timeout=100)
    return float(done.stdout), done.stderr


@pytest.mark.parametrize("work", ["distributions", "states"])
def test_checks_compute_in_the_calling_thread(work):
    others, errors = beside(work)
    assert others < 0.5, errors
