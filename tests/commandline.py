"""The command line for its tests: as a process, and what it complains of."""

import subprocess
import sys
from pathlib import Path

QCE = Path(sys.executable).with_name("qce")


def qce(*words, cwd, status=0):
    """Run the command in a folder and return the finished process."""
    done = subprocess.run([QCE, *map(str, words)], cwd=cwd, capture_output=True, text=True)
    assert done.returncode == status, done.stderr
    return done


def complaint(done):
    """The one line on standard error, without a traceback."""
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith("qce: "), done.stderr
    return lines[0]
