"""What random calls have found of paths and files: loops, pipes, links to nothing, damage."""

import os
import subprocess
import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest
from fuzz_fill_files import experiment, spec
from fuzz_samples import SAMPLES, born, likelihood

import qce
from qce import ArgumentError, data, plots, runs


def looped(folder):
    """A path through a link that leads to itself."""
    (folder / "loop").symlink_to("loop")
    return folder / "loop" / "inside"


HARD = {
    "long": lambda folder: folder / ("x" * 300),
    "deep": lambda folder: "y/" * 3000,
    "in a loop": looped,
}
# Each takes a path, by the name of its argument.
WITH_PATHS = {
    "plots.save": ("stem", lambda path: plots.save(plt.figure(), path)),
    "plots.write": ("path", lambda path: plots.write(plt.figure(), f"{path}.pdf")),
    "qce.save": ("path", lambda path: qce.save(born(), np.full(6, 0.1), path)),
    "qce.load": ("path", qce.load),
    "data.load_bits": ("source", data.load_bits),
    "runs.describe": ("folder", runs.describe),
    "runs.execute": ("out", lambda path: runs.execute(experiment(), spec(), path)),
    "runs.find": ("experiment", lambda path: runs.find(f"{path}.py")),
    "runs.load": ("places", runs.load),
    "runs.load_experiment": ("path", runs.load_experiment),
    "runs.metrics": ("folder", runs.metrics),
    "runs.read": ("folder", runs.read),
    "runs.read_file": ("path", lambda path: runs.read_file(path, "tiny")),
    "runs.unfinished": ("place", runs.unfinished),
    "runs.verify": ("places", runs.verify),
    "qce.fit": (
        "checkpoint",
        lambda path: qce.fit(likelihood(), steps=1, checkpoint=path, progress=False),
    ),
}


@pytest.mark.parametrize("how", HARD)
@pytest.mark.parametrize("name", WITH_PATHS)
def test_a_path_that_cannot_be_followed_is_refused_by_name(name, how, tmp_path):
    argument, call = WITH_PATHS[name]
    with pytest.raises(ArgumentError) as refused:
        call(HARD[how](tmp_path))
    plt.close("all")
    assert refused.value.arguments == (argument,)
    assert isinstance(refused.value, OSError)


@pytest.mark.parametrize("ending", ["..", ".", "/"])
@pytest.mark.parametrize("name", ["plots.save", "qce.save", "qce.fit"])
def test_a_file_has_a_name(name, ending, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    argument, call = WITH_PATHS[name]
    with pytest.raises(ArgumentError, match="name of a file") as refused:
        call(ending)
    plt.close("all")
    assert refused.value.arguments == (argument,) and not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "name", ["qce.load", "data.load_bits", "runs.load_experiment", "runs.read_file"]
)
def test_a_pipe_in_place_of_a_file_blocks_nobody(name, tmp_path):
    pipe = tmp_path / "pipe.py"
    os.mkfifo(pipe)
    with pytest.raises(ArgumentError) as refused:
        WITH_PATHS[name][1](pipe)
    assert refused.value.arguments == (WITH_PATHS[name][0],)


DANGLING = """
import sys
sys.path.insert(0, sys.argv[1])
from fuzz_fill_files import experiment, spec
from qce import runs
try:
    runs.execute(experiment(), spec(), "runs", progress=False)
except OSError as refused:
    print(refused)
"""


def test_a_link_to_nothing_in_place_of_the_runs_ends(tmp_path):
    """It was tried again without end, as if another process had moved the folder on."""
    (tmp_path / "runs").symlink_to("nothing")
    command = [sys.executable, "-c", DANGLING, os.path.dirname(__file__)]
    done = subprocess.run(command, cwd=tmp_path, timeout=100, capture_output=True, text=True)
    assert done.stdout.startswith("Argument `out` must be a folder that can be written"), (
        done.stderr
    )


BITS = {
    "packed.npz": {"x": np.packbits(SAMPLES, axis=1), "wires": np.array("a")},
    "wide.npz": {"x": np.packbits(SAMPLES, axis=1), "wires": np.array([1, 2])},
    "negative.npz": {"x": np.packbits(SAMPLES, axis=1), "wires": np.array(-1)},
}


@pytest.mark.parametrize("name", BITS)
def test_a_width_that_is_none_is_refused(name, tmp_path):
    np.savez(tmp_path / name, **BITS[name])
    with pytest.raises(ArgumentError, match="one whole number `wires`"):
        data.load_bits(tmp_path / name)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b'"' + b"1" * 200_000, b"0,1\n\x000,1\n"])
def test_a_table_that_is_no_text_is_refused(content, tmp_path):
    (tmp_path / "bits.csv").write_bytes(content)
    with pytest.raises(ArgumentError) as refused:
        data.load_bits(tmp_path / "bits.csv")
    assert refused.value.arguments == ("source",)


def test_a_header_that_claims_more_than_there_is_memory_is_damage(tmp_path):
    header = {"descr": "|u1", "fortran_order": False, "shape": (2**43, 2)}
    with open(tmp_path / "bits.npy", "wb") as stream:
        np.lib.format.write_array_header_1_0(stream, header)
    with pytest.raises(ArgumentError, match="damaged"):
        data.load_bits(tmp_path / "bits.npy")
