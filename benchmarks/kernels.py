"""The classical limits, or any command, under every processor that this one can play.

    python benchmarks/kernels.py pytest -q tests/test_limits.py   # a command, once for each
    python benchmarks/kernels.py --limits 20                      # limits, seeds 0 … 19
    python benchmarks/kernels.py --limits 20 --write              # and docs/_data/kernels.json

OpenBLAS, XLA and PyTorch choose their arithmetic by the processor they find, and each choice rounds
in another way. Settings in the environment make them take that of an older one. A number that is
right on one of them only is not right. Exit status 1 if a command fails, or a limit does not hold.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DATA = Path(__file__).parent.parent / "docs" / "_data" / "kernels.json"


@dataclass(frozen=True)
class Kernel:
    """One choice of arithmetic: its names in OpenBLAS, XLA and PyTorch, and what it needs."""

    blas: str
    xla: str
    torch: str
    needs: str

    @property
    def environment(self) -> dict[str, str]:
        """Settings under which the libraries take it."""
        flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_cpu_max_isa={self.xla}".strip()
        chosen = {"OPENBLAS_CORETYPE": self.blas, "ATEN_CPU_CAPABILITY": self.torch}
        one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NPROC"), "1")
        return {**os.environ, **one, **chosen, "XLA_FLAGS": flags}


KERNELS = (
    Kernel("Nehalem", "SSE4_2", "default", "sse4_2"),
    Kernel("Sandybridge", "AVX", "default", "avx"),
    Kernel("Haswell", "AVX2", "avx2", "avx2"),
    Kernel("Zen", "AVX2", "avx2", "avx2"),
    Kernel("SkylakeX", "AVX512", "avx512", "avx512f"),
)


def playable() -> Iterator[Kernel]:
    """Kernels whose instructions this processor has; none are known where it does not tell."""
    cpuinfo = Path("/proc/cpuinfo")
    words = set(cpuinfo.read_text().split()) if cpuinfo.exists() else set()
    return (kernel for kernel in KERNELS if kernel.needs in words)


def run(command: list[str]) -> bool:
    """Run a command under each kernel, with a line for each and the output of those that fail."""
    passed = True
    for kernel in playable():
        done = subprocess.run(command, env=kernel.environment, capture_output=True, text=True)
        passed &= done.returncode == 0
        lines = (done.stdout + done.stderr).strip().splitlines()
        last = lines[-1] if lines else ""
        print(
            f"{kernel.blas:12} {'passes' if done.returncode == 0 else 'FAILS'}  {last}", flush=True
        )
        if done.returncode:
            print("\n".join(lines[-60:]))
    return passed


def limits(seeds: int) -> list[dict[str, object]]:
    """The worst ratio of deviation and tolerance under each kernel, and where it was met."""
    rows = []
    for kernel in playable():
        command = [sys.executable, __file__, "--here", str(seeds)]
        done = subprocess.run(command, env=kernel.environment, check=True, stdout=subprocess.PIPE)
        rows.append({"kernel": kernel.blas, **json.loads(done.stdout)})
        print("{kernel:12} {held} of {checks} held, worst {ratio:.2f}: {where}".format(**rows[-1]))
    return rows


def here(seeds: int) -> dict[str, object]:
    """The same under the kernel of this process: all twins, but not their training."""
    import numpy as np

    from qce.limits.commuting import check_commuting
    from qce.limits.dephasing import check_dephasing
    from qce.twins import TWINS

    found = []
    for seed in range(seeds):
        for twin in TWINS:
            checks = [*check_commuting(twin, np.random.default_rng(seed))]
            checks += check_dephasing(twin, np.random.default_rng(seed))[0]
            found += [(check.deviation / check.tolerance, seed, check) for check in checks]
    ratio, seed, worst = max(found, key=lambda x: np.inf if np.isnan(x[0]) else x[0])
    for _, seed_of, check in found:
        if not check.passed:
            print(f"FAILS  {check.twin}, {check.limit}, seed {seed_of}", file=sys.stderr)
    held = sum(check.passed for _, _, check in found)
    where = f"{worst.twin}, {worst.limit}, seed {seed}"
    return {"seeds": seeds, "checks": len(found), "held": held, "ratio": ratio, "where": where}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--limits", type=int, metavar="SEEDS", help="measure the classical limits")
    parser.add_argument("--write", action="store_true", help="write what was measured for the docs")
    parser.add_argument("--here", type=int, help=argparse.SUPPRESS)
    parser.add_argument("command", nargs=argparse.REMAINDER, help="a command to run under each")
    given = parser.parse_args()
    if given.here is not None:
        warnings.filterwarnings("ignore", message="Output seems independent of input")
        print(json.dumps(here(given.here)))
        return 0
    if given.limits is None:
        return 0 if run(given.command) else 1
    rows = limits(given.limits)
    if given.write:
        DATA.write_text(json.dumps(rows, indent=1) + "\n")
    return 0 if all(row["held"] == row["checks"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
