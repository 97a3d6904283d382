"""Settings of every test: one BLAS thread, double precision in JAX; places to give commands in."""

import atexit
import os
import shutil
import signal
import subprocess
import tempfile
from collections import Counter

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")
os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("NPROC", "1")  # XLA too; on a pool of two threads it can wait for ever


def _share_caches() -> None:
    """One folder for all that a session compiles, in its workers and in the commands they start.

    What is in the user's own caches plays no part, and matplotlib looks for fonts once.
    """
    if "QCE_TESTS_CACHE" in os.environ:  # a worker, or a command of one
        return
    home, owner = tempfile.mkdtemp(prefix="qce-tests-"), os.getpid()
    os.makedirs(compiled := os.path.join(home, "qce", "jax"), mode=0o700)
    os.environ["QCE_TESTS_CACHE"] = os.environ["XDG_CACHE_HOME"] = home
    os.environ["JAX_COMPILATION_CACHE_DIR"] = compiled
    os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
    os.environ["JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES"] = "0"

    def forget() -> None:
        if os.getpid() == owner:  # no fork of it
            shutil.rmtree(home, ignore_errors=True)

    atexit.register(forget)


_share_caches()
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


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses
def pytest_collection_modifyitems(items):
    """Thin out, and refuse names that hold an address: they differ between xdist's processes."""
    _thin_out(items)
    named = [item.nodeid for item in items if " at 0x" in item.nodeid]
    if named:
        raise pytest.UsageError(f"Tests must be named alike in every process, not {named[0]}")


def _thin_out(items):
    """Mark as long what `thinned` leaves out: of each test all cases but one of so many."""
    seen = Counter()
    for item in items:
        mark = item.get_closest_marker("thinned")
        if mark is None or mark.kwargs.get("only", "") not in item.name:
            continue
        test = item.nodeid.partition("[")[0]
        if seen[test] % mark.args[0]:
            item.add_marker(pytest.mark.long)
        seen[test] += 1


@pytest.fixture(autouse=True, scope="session")
def _shared_caches_last():
    """No test, and no command that one starts, takes away what all of them share."""
    yield
    compiled = os.environ["JAX_COMPILATION_CACHE_DIR"]
    assert os.path.isdir(compiled), f"some test has taken away {compiled}"


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A working directory with an experiment in it."""
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
