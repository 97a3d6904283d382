"""Settings of every test: one BLAS thread, double precision in JAX; places to give commands in."""

import os
import signal
import subprocess

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")
os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("NPROC", "1")  # XLA too; on a pool of two threads it can wait for ever
# A shell's background job ignores interrupts, and so would all that a test starts.
signal.signal(signal.SIGINT, signal.default_int_handler)

import jax
import pytest
from hypothesis import HealthCheck, settings

jax.config.update("jax_enable_x64", True)
settings.register_profile(
    "qce", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("qce")


def pytest_collection_modifyitems(items):
    """Refuse names that hold an address: they differ between the processes of pytest-xdist."""
    named = [item.nodeid for item in items if " at 0x" in item.nodeid]
    if named:
        raise pytest.UsageError(f"Tests must be named alike in every process, not {named[0]}")


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A working directory with an experiment in it, and a cache of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "work"
    folder.mkdir()
    from test_runs import TINY, write

    write(folder / "tiny.py", TINY)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def here(home, monkeypatch, capsys):
    """Run the command in this process, which is set up already: seconds less of imports."""
    from qce import _process
    from qce.cli import main

    monkeypatch.setattr(_process, "prepare", lambda: "compiled code not kept")

    def qce_here(*words, status=0):
        try:
            returned = main([str(word) for word in words])
        except SystemExit as ended:  # argparse's way
            returned = ended.code
        done = subprocess.CompletedProcess(words, returned, *capsys.readouterr())
        assert returned == status, done.stderr
        return done

    return qce_here


@pytest.fixture
def signals():
    """`main` answers SIGTERM, which is the test runner's again afterwards."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)
