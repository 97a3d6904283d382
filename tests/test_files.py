"""Files that are replaced as a whole, durably, and never through a link."""

import errno
import os
import stat
import subprocess
import sys

import numpy as np
import pytest

from qce import _files


def test_text_bytes_and_what_a_function_writes(tmp_path):
    path = tmp_path / "x"
    for content, stored in (("σ\n", "σ\n".encode()), (b"\x00\xff", b"\x00\xff")):
        _files.write(path, content)
        assert path.read_bytes() == stored
    _files.write(path, lambda file: np.savez(file, x=np.arange(3)))
    with np.load(path) as arrays:
        assert arrays["x"].tolist() == [0, 1, 2]
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("problem", [KeyError, KeyboardInterrupt, SystemExit])
def test_what_cannot_be_finished_leaves_the_old_file_and_nothing_beside_it(tmp_path, problem):
    path = tmp_path / "x"
    path.write_text("old")

    def fail(file):
        file.write(b"half")
        raise problem

    with pytest.raises(problem):
        _files.write(path, fail)
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_a_text_that_cannot_be_stored_makes_no_file(tmp_path):
    with pytest.raises(UnicodeEncodeError):
        _files.write(tmp_path / "x", "\ud800")
    assert not list(tmp_path.iterdir())


def test_file_then_name_then_folder_are_synced_in_this_order(tmp_path, monkeypatch):
    """What a power cut must not reorder: contents, rename, folder."""
    done = []
    fsync, replace = os.fsync, os.replace

    def synced(descriptor):
        kind = "folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file"
        done.append((kind, os.fstat(descriptor).st_size if kind == "file" else None))
        fsync(descriptor)

    def replaced(source, target):
        done.append(("rename", None))
        replace(source, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", replaced)
    _files.write(tmp_path / "x", b"four")
    assert done == [("file", 4), ("rename", None), ("folder", None)]


def test_a_link_is_replaced_and_what_it_points_to_stays(tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("mine")
    link = tmp_path / "link"
    link.symlink_to(victim)
    _files.write(link, "new")
    assert victim.read_text() == "mine" and link.read_text() == "new" and not link.is_symlink()


def test_names_of_what_is_written_aside_cannot_be_foreseen_and_links_there_are_not_followed(
    tmp_path, monkeypatch
):
    seen = set()
    for _ in range(20):
        with _files.replacing(tmp_path / "x"):
            seen |= {path.name for path in tmp_path.iterdir()} - {"x"}
    assert len(seen) == 20 and all(len(name) > 16 for name in seen)
    # Should it be foreseen all the same: a file that is there already, a link too, is refused.
    monkeypatch.setattr(_files.secrets, "token_hex", lambda _: "foreseen")
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (tmp_path / ".foreseen.aside").symlink_to(victim)
    with pytest.raises(FileExistsError):
        _files.write(tmp_path / "x", "stolen")
    assert victim.read_text() == "mine" and (tmp_path / ".foreseen.aside").is_symlink()


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_what_is_no_plain_file_is_not_replaced(tmp_path, make):
    path = tmp_path / "special"
    make(path)
    with pytest.raises(OSError, match="no plain file"):
        _files.write(path, "x")
    assert not path.is_file() and list(tmp_path.iterdir()) == [path]


def test_a_file_is_opened_through_no_link_and_no_pipe(tmp_path):
    path, link, pipe = (tmp_path / name for name in ("path", "link", "pipe"))
    with open(path, "a", opener=_files.no_link) as file:
        file.write("line\n")
    link.symlink_to(path)
    os.mkfifo(pipe)
    for planted in (link, pipe):
        with pytest.raises(OSError), open(planted, "a", opener=_files.no_link) as file:
            file.write("through")
    assert path.read_text() == "line\n"


def test_a_long_name_is_written_too(tmp_path):
    path = tmp_path / ("n" * 255)
    _files.write(path, "x")
    assert path.read_text() == "x"


def test_permissions_are_those_of_any_new_file(tmp_path):
    (tmp_path / "plain").touch()
    _files.write(tmp_path / "x", "x")
    modes = {path.stat().st_mode for path in tmp_path.iterdir()}
    assert len(modes) == 1


def test_what_a_killed_process_was_writing_is_forgotten(tmp_path):
    code = (
        "import os, signal, sys\nfrom qce import _files\n"
        "with _files.replacing(sys.argv[1] + '/x') as file:\n"
        "    file.write(b'half'); file.flush(); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", code, tmp_path])
    (left,) = tmp_path.iterdir()
    assert left.read_bytes() == b"half"
    _files.forget_asides(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_synced_is_no_reason_to_fail(tmp_path, monkeypatch):
    fsync = os.fsync

    def refuse_folders(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", refuse_folders)
    _files.write(tmp_path / "x", "x")
    assert (tmp_path / "x").read_text() == "x"


def test_a_disk_that_fills_up_is_said_and_leaves_the_old_file(tmp_path, monkeypatch):
    """Some file systems say so only when they are asked to sync."""
    (tmp_path / "x").write_text("old")

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        _files.write(tmp_path / "x", "new")
    assert (tmp_path / "x").read_text() == "old" and len(list(tmp_path.iterdir())) == 1
