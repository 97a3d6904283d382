"""The numerical tests, or any command, under every processor that this one can play.

    python tests/kernels.py                               # the numerical tests, once for each
    python tests/kernels.py --few                         # as CI does beside `make test`
    python tests/kernels.py pytest -q tests/test_limits.py
    python tests/kernels.py --limits 200 --json docs/_data/kernels.json   # for the documentation

OpenBLAS, MKL, XLA, PyTorch, NumPy and the C library choose their arithmetic by the processor they
find, and each choice rounds in another way. Settings in the environment make them take that of an
older one. What is right on one of them only is not right. Exit status 1 if anything fails.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parent.parent

NUMERICAL = (
    "limits",
    "gradients_matrices",
    "gradients_curvature",
    "theorems",
    "losses_theorems",
    "losses_twins",
    "losses_twins_gradients",
    "divergence_values",
    "divergence_gradients",
    "witnesses",
    "never_negative",
    "rounded_shares",
    "nan",
    "measured",
    "chernoff",
    "spectral",
    "gradients",
    "matchgate",
    "fermions",
    "fermions_gradients",
    "fermions_jax",
    "fermions_chains",
    "accuracy_cases",
)
"""Files of tests that compare numbers to the last digits, the quick ones first."""


@dataclass(frozen=True)
class Kernel:
    """One choice of arithmetic: its name in OpenBLAS, and what the other libraries take with it."""

    blas: str
    xla: str
    torch: str
    needs: str
    newer: tuple[str, ...] = ()  # beginnings of what NumPy calls instructions it does without
    libm: str = ""  # what the C library does without
    mkl: str = ""
    few: bool = True  # whether its arithmetic differs much from its neighbours'

    @property
    def environment(self) -> dict[str, str]:
        """Settings under which the libraries take it, on one thread each."""
        given = dict(os.environ)
        given |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NPROC"), "1")
        given |= {"OPENBLAS_CORETYPE": self.blas, "ATEN_CPU_CAPABILITY": self.torch}
        given["XLA_FLAGS"] = f"{given.get('XLA_FLAGS', '')} --xla_cpu_max_isa={self.xla}".strip()
        found = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
        if without := [name for name in found if name.startswith(self.newer)]:
            given["NPY_DISABLE_CPU_FEATURES"] = " ".join(without)
        if self.libm:
            given["GLIBC_TUNABLES"] = f"glibc.cpu.hwcaps={self.libm}"
        if self.mkl:
            given["MKL_CBWR"] = self.mkl
        return given


_FUSED = ("AVX2", "AVX512", "FMA", "X86_V3", "X86_V4")
KERNELS = (
    Kernel("Nehalem", "SSE4_2", "default", "sse4_2", ("AVX", *_FUSED), "-AVX2,-FMA", "COMPATIBLE"),
    Kernel("Sandybridge", "AVX", "default", "avx", _FUSED, "-AVX2,-FMA", few=False),
    Kernel("Haswell", "AVX2", "avx2", "avx2", ("AVX512", "X86_V4")),
    # Zen is Haswell: the OpenBLAS of NumPy's and SciPy's wheels takes the one for the other.
    Kernel("SkylakeX", "AVX512", "avx512", "avx512f"),
)


def playable() -> Iterator[Kernel]:
    """Kernels whose instructions this processor has; none are known where it does not tell."""
    cpuinfo = Path("/proc/cpuinfo")
    words = set(cpuinfo.read_text().split()) if cpuinfo.exists() else set()
    return (kernel for kernel in KERNELS if kernel.needs in words)


def run(command: list[str], kernels: list[Kernel]) -> bool:
    """Run a command under each kernel, with a line for each and the output of those that fail."""
    passed = True
    for kernel in kernels:
        begun = time.monotonic()
        done = subprocess.run(
            command, env=kernel.environment, cwd=ROOT, capture_output=True, text=True
        )
        passed &= done.returncode == 0
        lines = (done.stdout + done.stderr).strip().splitlines()
        word = "FAILS" if done.returncode else "passes"
        last, seconds = lines[-1] if lines else "", time.monotonic() - begun
        print(f"{kernel.blas:12} {word:6} {seconds:4.0f} s  {last}", flush=True)
        if done.returncode:
            print("\n".join(lines[-80:]), flush=True)
    return passed


def limits(seeds: range, kernels: list[Kernel]) -> list[dict[str, Any]]:
    """The worst shares of the tolerances under each kernel, and where they were met."""
    command = [sys.executable, __file__, "--here", str(seeds.start), str(seeds.stop)]
    text = "{0:12} {1[held]} of {1[checks]} held, worst {2:.2f}: {3}, {4}, seed {5}"

    def row(kernel: Kernel) -> dict[str, Any]:
        done = subprocess.run(command, env=kernel.environment, check=True, stdout=subprocess.PIPE)
        found = json.loads(done.stdout)
        limit, case = max(found["worst"].items(), key=lambda item: item[1]["share"])
        where = (case["share"], case["twin"], limit, case["seed"])
        print(text.format(kernel.blas, found, *where), flush=True)
        return {"kernel": kernel.blas, **found}

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(row, kernels))


def here(seeds: range) -> dict[str, Any]:
    """The same under the kernel of this process: every limit, as `qce check --seed` tries it."""
    import qce.limits

    found, checks, held = defaultdict(list), 0, 0
    for seed in seeds:
        for check in qce.limits.check(seed=seed).checks:
            checks, held = checks + 1, held + check.passed
            share = check.deviation / check.tolerance
            case = {"share": share, "deviation": check.deviation, "twin": check.twin, "seed": seed}
            found[check.limit].append(case)
            if not check.passed:
                print(f"FAILS  {check.twin}, {check.limit}, seed {seed}: {case}", file=sys.stderr)
    by_share = lambda case: np.inf if np.isnan(case["share"]) else case["share"]  # noqa: E731
    worst = {limit: max(cases, key=by_share) for limit, cases in found.items()}
    return {"seeds": len(seeds), "checks": checks, "held": held, "worst": worst}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--few", action="store_true", help="only what differs most from others")
    parser.add_argument("--limits", type=int, metavar="SEEDS", help="try the classical limits")
    parser.add_argument("--first", type=int, default=0, metavar="SEED", help="the first of them")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was found there")
    parser.add_argument("--here", type=int, nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("command", nargs=argparse.REMAINDER, help="a command to run under each")
    given = parser.parse_args()
    if given.here:
        print(json.dumps(here(range(*given.here))))
        return 0
    kernels = list(playable())
    if given.few:  # the last is this processor's own, under which `make test` runs everything
        kernels = [kernel for kernel in kernels[:-1] if kernel.few]
    if given.limits is None:
        files = [f"tests/test_{name}.py" for name in NUMERICAL]
        tests = [sys.executable, "-m", "pytest", "-q", "-n", "2", *files]
        return 0 if run(given.command or tests, kernels) else 1
    rows = limits(range(given.first, given.first + given.limits), kernels)
    if given.json:
        versions = {name: version(name) for name in ("numpy", "scipy", "jax", "torch")}
        written = {"kernels": rows, "versions": versions}
        given.json.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")
    return 0 if all(row["held"] == row["checks"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
