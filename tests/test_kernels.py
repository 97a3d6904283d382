"""The shipped default under every processor that this one can play, and that it plays them."""

import json
import subprocess
import sys

import pytest
from commandline import QCE
from kernels import KERNELS, NUMERICAL, ROOT, playable, run

PLAYED = list(playable())
FEW = [kernel for kernel in PLAYED if kernel.few]
each = pytest.mark.parametrize("kernel", PLAYED, ids=lambda kernel: kernel.blas)


def under(kernel, *command):
    return subprocess.run(command, env=kernel.environment, capture_output=True, text=True)


def python(kernel, code):
    done = under(kernel, sys.executable, "-c", code)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_kernel_is_an_older_processor_than_the_next():
    assert [kernel.needs for kernel in KERNELS] == ["sse4_2", "avx", "avx2", "avx512f"]
    assert PLAYED == list(KERNELS[: len(PLAYED)]), "a processor has what older ones had"


def test_the_numerical_tests_are_files():
    for name in NUMERICAL:
        assert (ROOT / "tests" / f"test_{name}.py").is_file()


WHAT_IS_TAKEN = """
import json, numpy, scipy.linalg, threadpoolctl
simd = numpy.show_config(mode="dicts")["SIMD Extensions"]
blas = [x["architecture"] for x in threadpoolctl.threadpool_info() if x["user_api"] == "blas"]
print(json.dumps({"blas": blas, "simd": simd.get("found", [])}))
"""


@each
def test_the_libraries_take_the_kernel(kernel):
    taken = json.loads(python(kernel, WHAT_IS_TAKEN))
    assert taken["blas"] and set(taken["blas"]) == {kernel.blas}
    assert not [name for name in taken["simd"] if name.startswith(kernel.newer)]


HOW_IT_ROUNDS = """
import hashlib, numpy as np
x = np.random.default_rng(0).random((20, 6, 6))
found = [x @ x, np.linalg.eigh(x + x.swapaxes(1, 2))[1], np.exp(x), np.log(x)]
print(hashlib.sha256(b"".join(a.tobytes() for a in found)).hexdigest())
"""


def test_the_few_kernels_round_differently():
    """Else settings are not heard, and one processor is tried over and over."""
    assert len({python(kernel, HOW_IT_ROUNDS) for kernel in FEW}) == len(FEW)


@pytest.mark.thinned(4)
@pytest.mark.parametrize("kernel", FEW, ids=lambda kernel: kernel.blas)
def test_the_shipped_default_holds(kernel):
    """`qce check` as it is typed, which is the check of `make quickstart` with its seed 0."""
    done = under(kernel, QCE, "check", "--quiet")
    assert done.returncode == 0, done.stdout
    assert "FAILS" not in done.stdout and "seed 0" in done.stdout, done.stdout


def test_a_command_that_fails_under_one_kernel_fails(capfd):
    told = "import os, sys; sys.exit(os.environ['OPENBLAS_CORETYPE'] == 'Nehalem')"
    assert not run([sys.executable, "-c", told], FEW)
    out = capfd.readouterr().out
    assert out.count("FAILS") == 1 and out.count("passes") == len(FEW) - 1
