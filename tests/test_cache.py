"""The cache of compiled code: a place of one's own, and nothing that a run needs."""

import os
import stat
import subprocess

import jax
import pytest
from commandline import QCE
from test_runs import write

from qce import runs, training

pytestmark = pytest.mark.skipif(os.name != "posix", reason="owners and modes are POSIX's")

COMPILES = """
from dataclasses import dataclass

import jax

from qce.runs import Outcome


@dataclass(frozen=True)
class Spec:
    seed: int = 0


def run(spec):
    return Outcome({"it": {"is": float(jax.jit(lambda x: 3 * x + spec.seed)(2.0))}})
"""


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Where the cache will be; JAX's settings are as before afterwards."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    names = ("dir", "min_compile_time_secs", "min_entry_size_bytes")
    long = [
        f"jax_{'persistent_cache' if k else 'compilation_cache'}_{n}" for k, n in enumerate(names)
    ]
    before = {name: getattr(jax.config, name) for name in long}
    yield tmp_path / "caches" / "qce" / "jax"
    for name, value in before.items():
        jax.config.update(name, value)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def refused(directory=None):
    before = jax.config.jax_compilation_cache_dir
    with pytest.raises(OSError, match="Argument `directory` must be") as problem:
        training.enable_compilation_cache(directory)
    assert jax.config.jax_compilation_cache_dir == before
    return problem.value.found


@pytest.mark.parametrize("umask", [0o022, 0o000, 0o077])
def test_the_cache_is_its_owners_alone(cache, umask):
    before = os.umask(umask)
    try:
        assert training.enable_compilation_cache() == cache
        assert training.enable_compilation_cache() == cache
    finally:
        os.umask(before)
    assert [mode(place) for place in (cache, cache.parent, cache.parent.parent)] == [0o700] * 3


def test_a_folder_that_others_can_read_is_closed(cache):
    cache.mkdir(parents=True)
    cache.chmod(0o755)
    training.enable_compilation_cache()
    assert mode(cache) == 0o700


@pytest.mark.parametrize("bits", [0o777, 0o770, 0o1777, 0o702])
def test_a_folder_that_others_can_write_is_not_used(cache, bits):
    cache.mkdir(parents=True)
    cache.chmod(bits)
    assert refused() == f"other users can write in {cache}"
    assert mode(cache) == bits


@pytest.mark.parametrize("above", [1, 2])
def test_a_folder_that_others_could_replace_is_not_used(cache, above):
    cache.mkdir(parents=True)
    place = cache.parents[above - 1]
    place.chmod(0o777)
    assert refused() == f"all users can write in {place}, which it is in"
    place.chmod(0o1777)  # as /tmp is: there only the owner can
    training.enable_compilation_cache()


def test_a_folder_of_another_user_is_not_used(cache, monkeypatch):
    cache.mkdir(parents=True)
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    assert refused() == f"{cache} is another user's"


def test_a_folder_in_that_of_another_user_is_not_used(cache):
    if os.getuid():
        pytest.skip("only root can give a folder away")
    cache.mkdir(parents=True)
    os.chown(cache.parent, 12345, 12345)
    assert refused() == f"{cache.parent}, which it is in, is another user's"
    os.chown(cache.parent, 0, 0)
    os.chown(cache, 12345, 12345)
    assert refused() == f"{cache} is another user's"


def test_a_link_is_judged_by_where_it_leads(cache, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    cache.parent.mkdir(parents=True)
    cache.symlink_to(elsewhere)
    training.enable_compilation_cache()  # a user's own, to a larger disk
    elsewhere.chmod(0o777)
    assert refused() == f"other users can write in {elsewhere}"


@pytest.mark.parametrize("caches", ["/proc/nowhere", "/dev/null", "/dev/null/here"])
def test_a_place_that_cannot_be_made_is_named(cache, monkeypatch, caches):
    monkeypatch.setenv("XDG_CACHE_HOME", caches)
    assert f"{caches}/qce/jax cannot be made (" in refused()


def test_a_file_in_its_place_is_named(cache):
    cache.parent.mkdir(parents=True)
    cache.touch()
    assert refused() == f"{cache} is no folder"
    assert "cannot be made" in refused(cache / "inside")


def test_a_relative_place_is_passed_over_as_its_standard_says(cache, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "caches")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert training.enable_compilation_cache() == tmp_path / "home" / ".cache" / "qce" / "jax"


@pytest.mark.thinned(4)
@pytest.mark.parametrize(
    "words", ["run mine.py", "sweep mine.py --workers 1", "run mine.py --quiet"]
)
@pytest.mark.parametrize("place", ["/proc/nohome", "/dev/null", "shared"])
def test_without_a_place_for_it_everything_runs_and_one_line_says_so(home, words, place):
    write(home / "mine.py", COMPILES)
    if place == "shared":
        place = home / "shared"
        place.mkdir()
        place.chmod(0o777)
    environment = {
        **os.environ,
        "HOME": str(place),
        "XDG_CACHE_HOME": "",
        "PYTHONWARNINGS": "error",
    }
    line = [QCE, *words.split()]
    done = subprocess.run(line, cwd=home, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("compiled code is not kept: ") == ("--quiet" not in words)
    assert "Traceback" not in done.stderr
    assert runs.load(home / "runs")["it/is"].tolist() == [6]


def test_a_cache_that_can_no_longer_be_written_fails_no_run(home, tmp_path):
    """As on a disk that is full, where warnings are made errors; the cache is one of its own."""
    gone = "import shutil; shutil.rmtree(jax.config.jax_compilation_cache_dir); "
    gone += "open(jax.config.jax_compilation_cache_dir, 'w').close(); return"
    write(home / "mine.py", COMPILES.replace("return", gone))
    own = {"XDG_CACHE_HOME": str(tmp_path / "caches")}
    environment = {**os.environ, **own, "PYTHONWARNINGS": "error::UserWarning"}
    line = [QCE, "run", "mine.py"]
    done = subprocess.run(line, cwd=home, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "persistent compilation cache entry for" in done.stderr
