"""Interrupts and polite stops: what was found is kept, and nothing goes on."""

import os
import signal
import subprocess
import time

import pytest
from commandline import QCE
from test_runs import TINY, write

from qce import runs

pytestmark = pytest.mark.usefixtures("signals")


@pytest.mark.thinned(3)
@pytest.mark.parametrize(("sent", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("found", [False, True])
def test_an_interrupted_run_leaves_what_it_had_found(home, sent, status, found):
    work = "record.metrics(step=0); " * found + "print('started', flush=True); time.sleep(60)"
    slow = TINY.replace("x = np", f"import time; {work}; x = np")
    write(home / "slow.py", slow)
    process = subprocess.Popen(
        [QCE, "run", "slow.py", "--quiet"], cwd=home, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None and process.stdout.readline() == b"started\n"
    time.sleep(0.1)
    os.kill(process.pid, sent)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == status
    assert b"Traceback" not in errors
    assert [folder.name.split(".")[1] for folder in (home / "runs").iterdir()] == [
        "stopped-1"
    ] * found
    if sent == signal.SIGINT:
        said = b"What the run left is kept in runs/slow-" if found else b"Nothing was written."
        assert errors.startswith(b"qce: interrupted. " + said)


def test_an_interrupted_sweep_keeps_the_runs_that_are_finished(home):
    slow = TINY.replace(
        "x = np",
        "import time; spec.seed and (print('started', flush=True), time.sleep(60)); x = np",
    )
    write(home / "slow.py", slow)
    words = ["sweep", "slow.py", "--seed", "0", "1", "--engine", "serial", "--quiet"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen([QCE, *words], cwd=home, **pipes)
    assert process.stdout.readline() == "started\n"
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130 and errors.startswith("qce: interrupted. Finished runs are")
    assert runs.load(home / "runs")["seed"].tolist() == [0]


def test_an_interrupt_ends_a_run_whose_training_would_answer_it(home):
    """`qce.fit` returns what it has; the run must not go on and be recorded as finished."""
    write(
        home / "trains.py",
        """
        from dataclasses import dataclass

        import numpy as np

        import qce
        from qce import circuits, models, objectives


        @dataclass(frozen=True)
        class Spec: ...


        def run(spec, *, record):
            machine = models.BornMachine(circuits.rx(1))
            objective = objectives.measured_likelihood(machine, np.array([0.25, 0.75]))
            def tell(step, loss, params):
                record.following()(step, loss, params)
                print("started", flush=True)
            qce.fit(objective, steps=10**9, tolerance=0, progress=False, callback=tell)
            return qce.runs.Outcome({})
        """,
    )
    process = subprocess.Popen(
        [QCE, "run", "trains.py", "--quiet"], cwd=home, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdout.readline() == "started\n"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    (kept,) = (home / "runs").iterdir()
    assert kept.name.endswith(".stopped-1") and runs.metrics(kept)[0]["step"] == 1


CALLBACK = """import gc, time
    def callback(phase, about):
        if phase == "start":
            print("started", flush=True)
            time.sleep(2)
    gc.callbacks.append(callback)
    gc.collect()
    time.sleep(60)
"""
SLEEP = "import time; print('started', flush=True); time.sleep(60)"


@pytest.mark.thinned(4)
@pytest.mark.parametrize("work", [SLEEP, CALLBACK], ids=["asleep", "in a callback"])
@pytest.mark.parametrize(
    ("sent", "times", "status"), [("SIGINT", 1, 130), ("SIGINT", 3, 130), ("SIGTERM", 1, 143)]
)
def test_a_signal_is_answered_once_wherever_it_comes_and_however_often(
    home, work, sent, times, status
):
    """Python drops what is raised in a callback, as in that of JAX at each garbage collection."""
    write(home / "slow.py", TINY.replace("    x = np", f"    {work}\n    x = np"))
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen([QCE, "run", "slow.py", "--quiet"], cwd=home, **pipes)
    assert process.stdout.readline() == "started\n"
    for _ in range(times):
        process.send_signal(getattr(signal, sent))
        time.sleep(0.02)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == status
    said = "qce: interrupted. Nothing was written.\n" if sent == "SIGINT" else ""
    assert errors == said and not any((home / "runs").iterdir())


def test_interrupts_while_an_experiment_is_imported_are_one_line(home):
    write(home / "slow.py", f"{SLEEP}\n{TINY}")
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen([QCE, "run", "slow.py"], cwd=home, **pipes)
    assert process.stdout.readline() == "started\n"
    for _ in range(3):
        process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (130, "qce: interrupted. Nothing was written.\n")


COMPILES = """
    import jax, jax.numpy as jnp, os, threading
    def long(x):
        for k in range(400):
            x = jnp.sin(x @ x) + k
        return x.sum()
    jax.config.update("jax_enable_compilation_cache", False)
    lowered = jax.jit(jax.grad(long)).lower(jnp.ones((7, 7)))
    threading.Timer(0.2, os.kill, (os.getpid(), SENT)).start()
    lowered.compile()
"""


@pytest.mark.parametrize(("sent", "status"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_stop_amid_a_compilation_does_not_end_as_a_crash(home, sent, status):
    """XLA compiles in a thread, which goes on when the interpreter is taken apart."""
    work = COMPILES.replace("SENT", str(int(getattr(signal, sent))))
    write(home / "slow.py", TINY.replace("    x = np", f"{work}\n    x = np"))
    done = subprocess.run([QCE, "run", "slow.py", "--quiet"], cwd=home, capture_output=True)
    assert done.returncode == status, done.stderr


def test_an_interrupt_that_a_shell_lets_a_background_job_ignore_is_ignored(home):
    interrupts = "import os, signal; os.kill(os.getpid(), signal.SIGINT)"
    write(home / "slow.py", TINY.replace("    x = np", f"    {interrupts}\n    x = np"))
    line = f'trap "" INT; exec {QCE} run slow.py --quiet'
    done = subprocess.run(["sh", "-c", line], cwd=home, capture_output=True)
    assert done.returncode == 0 and b"mean" in done.stdout, done.stderr
