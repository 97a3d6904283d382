"""JAX's two modes of precision in one process: what was compiled in one works in the other."""

import subprocess
import sys
from pathlib import Path

import pytest

CALLS = Path(__file__).parent / "mode_calls.py"


PARTS = 24


@pytest.mark.thinned(25)
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("first", ["64", "32"])
def test_every_public_call_works_in_both_orders_of_mode(first, part):
    command = [sys.executable, CALLS, first, f"{part}", f"{PARTS}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert " 0 broken" in done.stdout
