"""Sweeps under a SLURM of this test's own: one node, started here, gone afterwards.

Needs root, and Debian's packages slurmctld, slurmd, slurm-client and munge.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from sweeping import SCRIPT, SEEDS, TRAINING, arrays, eventually, experiment, quiet, starts

from qce import runs

pytestmark = pytest.mark.slurm

CONFIG = """\
ClusterName=one
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
MpiDefault=none
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory=8000 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP OverSubscribe=FORCE:2
"""


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


@pytest.fixture(scope="module")
def slurm(tmp_path_factory):
    """Environment in which `sbatch` reaches a SLURM that runs."""
    daemons = {name: shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin") for name in NEEDED}
    if missing := [name for name, path in daemons.items() if path is None]:
        pytest.skip(f"not installed: {', '.join(missing)}")
    if os.geteuid() != 0:
        pytest.skip("slurmd starts jobs as root only")
    folder = tmp_path_factory.mktemp("slurm")
    for parent in (folder, *folder.parents):  # munge trusts no path that others may write
        if parent != Path("/tmp") and parent != Path("/"):
            parent.chmod(0o755)
    (folder / "state").mkdir()
    (folder / "spool").mkdir()
    key = folder / "munge.key"
    key.write_bytes(os.urandom(128))
    key.chmod(0o400)
    names = {"host": socket.gethostname().split(".")[0], "cpus": os.cpu_count()}
    text = CONFIG.format(folder=folder, ports=free_ports(2), **names)
    (folder / "slurm.conf").write_text(text)
    environment = {**os.environ, "SLURM_CONF": str(folder / "slurm.conf")}
    files = {"socket": "socket", "key-file": "key", "pid-file": "pid", "log-file": "log"}
    files |= {"seed-file": "seed"}
    munge = [f"--{option}={folder}/munge.{ending}" for option, ending in files.items()]
    commands = [
        [daemons["munged"], "--foreground", "--force", *munge],
        [daemons["slurmctld"], "-D"],
        [daemons["slurmd"], "-D"],
    ]
    with open(folder / "log", "w") as log:
        running = []
        for command in commands:
            running.append(subprocess.Popen(command, env=environment, stdout=log, stderr=log))
            time.sleep(1.0)
        try:
            eventually(lambda: "idle" in asked(environment, "sinfo", "-h", "-o", "%t"))
            yield environment
        finally:
            asked(environment, "scancel", "--user=root")
            for process in reversed(running):
                process.terminate()
            for process in running:
                process.wait(20)


NEEDED = ("munged", "slurmctld", "slurmd", "sbatch", "sinfo", "scancel")


def asked(environment, *command):
    return subprocess.run(command, env=environment, capture_output=True, text=True).stdout


def batch(environment, folder, text, *options):
    """Run a batch script to its end; return what it printed."""
    script, printed = folder / "job.sh", folder / "printed"
    script.write_text("#!/bin/bash\n" + text, encoding="utf-8")
    words = ["sbatch", "--wait", f"--output={printed}", f"--chdir={folder}", *options, str(script)]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr + printed.read_text()
    return printed.read_text()


def command(tmp_path, name, engine, workers, count=6, seconds="-"):
    (tmp_path / "script.py").write_text(SCRIPT, encoding="utf-8")
    words = [sys.executable, tmp_path / "script.py", tmp_path / f"{name}.py", tmp_path / "out"]
    return " ".join(str(word) for word in [*words, engine, workers, count, seconds])


def specs(made, **more):
    return runs.grid(made.spec, seed=range(6), **more)


@pytest.mark.parametrize(
    ("engine", "workers", "prefix"),
    [
        ("processes", "2", ""),
        ("mpi", "-", "{bin}/mpiexec -n 3"),
        ("mpi", "-", "srun --mpi=pmi2 --overlap --oversubscribe -n 2"),
    ],
)
def test_a_job_gives_the_same_bytes_as_this_process(slurm, tmp_path, engine, workers, prefix):
    if engine == "mpi":
        pytest.importorskip("mpi4py")
    made = experiment(tmp_path / "training.py", TRAINING)
    prefix = prefix.format(bin=Path(sys.executable).parent)
    line = f"{prefix} {command(tmp_path, 'training', engine, workers)}"
    printed = batch(slurm, tmp_path, line, "--ntasks=2")
    assert printed.split()[-3:] == ["6", "0", "0"], printed
    quiet(made, specs(made), tmp_path / "here", engine="serial")
    assert arrays(tmp_path / "out") == arrays(tmp_path / "here")


def test_ranks_that_do_not_see_each_other_are_refused(slurm, tmp_path):
    """`srun` without the right `--mpi` starts singletons, which would all do everything."""
    pytest.importorskip("mpi4py")
    experiment(tmp_path / "seeds.py", SEEDS)
    line = (
        f"srun --mpi=none --overlap --oversubscribe -n 2 {command(tmp_path, 'seeds', 'mpi', '-')}"
    )
    printed = batch(slurm, tmp_path, f"{line} || true", "--ntasks=2")
    assert printed.count("2 started by SLURM, 1 seen by MPI") == 2, printed
    assert starts(tmp_path) == []


def test_jobs_that_share_a_folder_share_the_work(slurm, tmp_path):
    experiment(tmp_path / "seeds.py", SEEDS)
    line = command(tmp_path, "seeds", "serial", "-", count=30, seconds=0.2)
    batch(slurm, tmp_path, line, "--array=0-1", "--ntasks=1")
    assert sorted(starts(tmp_path)) == list(range(30))
    assert len(runs.loading.load(tmp_path / "out")) == 30


def test_jobs_that_slurm_refuses_end_the_sweep(slurm, tmp_path):
    pytest.importorskip("dask_jobqueue")
    experiment(tmp_path / "seeds.py", SEEDS)
    line = command(tmp_path, "seeds", "slurm", "2")
    site = {"DASK_JOBQUEUE__SLURM__INTERFACE": "lo", "DASK_JOBQUEUE__SLURM__QUEUE": "nowhere"}
    ended = subprocess.run(
        line.split(), env={**slurm, **site}, cwd=tmp_path, capture_output=True, text=True
    )
    assert ended.returncode == 1
    said = ended.stderr.strip().splitlines()[-1]
    assert said.startswith(
        "OSError: Argument `engine` must get its jobs into the queue, but sbatch"
    )
    assert starts(tmp_path) == []


def test_dask_workers_as_jobs_survive_a_cancelled_one(slurm, tmp_path, monkeypatch):
    pytest.importorskip("dask_jobqueue")
    made = experiment(tmp_path / "seeds.py", SEEDS)
    for name, value in slurm.items():
        monkeypatch.setenv(name, value)
    line = command(tmp_path, "seeds", "slurm", "2", count=12, seconds=1.0)
    site = {"DASK_JOBQUEUE__SLURM__INTERFACE": "lo"}
    sweep = subprocess.Popen(
        line.split(), env={**slurm, **site}, cwd=tmp_path, stdout=subprocess.PIPE, text=True
    )
    eventually(lambda: len(starts(tmp_path)) >= 3 or sweep.poll() is not None, 120)
    first = asked(slurm, "squeue", "-h", "-o", "%A").split()[0]
    asked(slurm, "scancel", first)
    output, _ = sweep.communicate(timeout=200)
    done, skipped, failed = map(int, output.split())
    assert (done + skipped, failed) == (12, 0)
    table = runs.loading.load(tmp_path / "out")
    assert sorted(table["seed"]) == list(range(12))
    means = [np.random.default_rng(seed).random(3).mean() for seed in table["seed"]]
    np.testing.assert_array_equal(table["draws/mean"], means)
    eventually(lambda: asked(slurm, "squeue", "-h") == "", 60)  # no job is left behind
    assert made.name == "seeds"
