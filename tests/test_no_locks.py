"""Where files cannot be locked, as on Windows: everything is read, and no run is made."""

import json
import os
import subprocess
import sys

import pytest
from commandline import QCE, complaint
from test_runs import everything_under, write

pytestmark = pytest.mark.usefixtures("signals")


@pytest.fixture
def elsewhere(home, here):
    """Run the command where `import fcntl` fails, beside a run that was made before."""
    here("run", "tiny.py", "--quiet", "--seed", 7)
    (made,) = (home / "runs").iterdir()
    killed = made.with_name("tiny-0123456789-01234567.partial")
    killed.mkdir()
    (killed / "config.toml").write_bytes((made / "config.toml").read_bytes())
    (home / "lacking").mkdir()
    write(home / "lacking" / "fcntl.py", "raise ImportError('no fcntl on this system')")
    environment = {**os.environ, "PYTHONPATH": str(home / "lacking")}

    def run(*words, status=0):
        done = subprocess.run(words, cwd=home, env=environment, capture_output=True, text=True)
        assert done.returncode == status, done.stderr
        return done

    with pytest.raises(AssertionError, match="no fcntl on this system"):
        run(sys.executable, "-c", "import fcntl")
    return run


def test_without_locks_runs_can_be_read(elsewhere):
    found = json.loads(elsewhere(QCE, "show", "--json").stdout)
    assert found["runs"][0]["seed"] == 7 and found["unfinished"][0]["state"] == "partial"
    assert "sound" in elsewhere(QCE, "verify").stdout
    assert "quickstart" in elsewhere(QCE, "list").stdout
    assert "default.qubit" in elsewhere(QCE, "devices").stdout


@pytest.mark.parametrize("command", ["run", "sweep"])
def test_without_locks_no_run_is_made_and_one_line_says_why(home, elsewhere, command):
    before = everything_under(home / "runs")
    words = ("tiny.py", "--seed", "8", "--quiet")
    said = complaint(elsewhere(QCE, command, *words, status=2))
    assert "no module `fcntl`" in said and said.endswith("run folders can be read everywhere.")
    assert everything_under(home / "runs") == before
