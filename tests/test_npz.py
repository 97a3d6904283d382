"""Named arrays in a file: whatever they are called, and whatever is wrong with the file."""

import io
import pickle
import resource
import struct
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qce import _npz
from qce._npz import DamagedArrays

NAMES = [
    "file",
    "self",
    "arrays",
    "allow_pickle",
    "path",
    "",
    "a/b",
    "../up",
    "/root",
    "x.npy",
    "σ",
]
VALUES = [
    np.arange(6).reshape(2, 3),
    np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    np.array(1 + 2j),
    np.zeros((0, 3)),
    np.array("text"),
    np.array(["", ""]),
    np.array([True, False]),
    np.array([(1, 2.0)], dtype=[("n", "i4"), ("x", "f8")]),
]


def written(arrays):
    file = io.BytesIO()
    _npz.dump(file, arrays)
    return file.getvalue()


def stored(path, arrays):
    path.write_bytes(written(arrays))
    return path


def same(one, other):
    assert one.dtype == other.dtype and one.shape == other.shape
    assert one.tobytes() == other.tobytes()


@pytest.mark.parametrize("name", NAMES)
def test_names_are_never_taken_for_arguments(tmp_path, name):
    for value in VALUES:
        path = stored(tmp_path / "x.npz", {name: value, "other": np.arange(2)})
        back = _npz.load(path)
        assert set(back) == {name, "other"}
        same(back[name], value)


@given(st.dictionaries(st.text(st.characters(exclude_characters="\0", codec="utf-8")), st.floats()))
def test_any_text_names_an_array(arrays):
    file = io.BytesIO(written(arrays))
    with zipfile.ZipFile(file) as archive:
        assert {name.removesuffix(".npy") for name in archive.namelist()} == set(arrays)


def test_numpy_reads_what_is_written_and_the_other_way_round(tmp_path):
    arrays = {"file": np.arange(3), "x": np.ones((2, 2))}
    with np.load(stored(tmp_path / "x.npz", arrays)) as theirs:
        for name, value in arrays.items():
            same(theirs[name], value)
    np.savez(tmp_path / "y.npz", **{"x": arrays["x"]})
    same(_npz.load(tmp_path / "y.npz")["x"], arrays["x"])


def test_equal_arrays_are_equal_bytes_and_can_be_written_to(tmp_path):
    assert written({"x": np.arange(3)}) == written({"x": np.arange(3)})
    _npz.load(stored(tmp_path / "x.npz", {"x": np.arange(3)}))["x"][0] = 7


@pytest.mark.parametrize("name", [1, None, b"x", ("a",)])
def test_a_name_that_is_no_text_is_refused(name):
    with pytest.raises(TypeError, match="`arrays` must be named by texts.*Pass"):
        written({name: np.arange(2)})


@pytest.mark.parametrize("name", ["\ud800", "a\0b", "x" * 70_000])
def test_a_name_that_a_file_cannot_hold_is_refused(name):
    with pytest.raises(ValueError, match="`arrays` must .*Pass another name"):
        written({name: np.arange(2)})


def test_objects_are_refused_and_never_loaded(tmp_path):
    with pytest.raises(TypeError, match="`x` must be an array of numbers"):
        written({"x": np.array([None, 1])})

    class Bomb:
        def __reduce__(self):
            return (pytest.fail, ("unpickled",))

    np.savez(tmp_path / "x.npz", x=np.array([Bomb()], dtype=object))
    with pytest.raises(DamagedArrays, match="holds objects"):
        _npz.load(tmp_path / "x.npz")
    (tmp_path / "x.npz").write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(DamagedArrays, match="not a zip file"):
        _npz.load(tmp_path / "x.npz")


def archive(path, name, content, **settings):
    with zipfile.ZipFile(path, "w", **settings) as file:
        file.writestr(name, content)
    return path


def header(shape, dtype="<f8"):
    file = io.BytesIO()
    about = {"descr": dtype, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, about)
    return file.getvalue()


CLAIMS = [(10**12,), (2**62, 2**62), (0, 2**70), (-1,), (-2, -4), (2**31, 2**31, 2**31)]


@pytest.mark.parametrize("shape", CLAIMS)
def test_a_header_that_claims_more_than_there_is_gets_no_memory(tmp_path, shape):
    """Eight terabytes and more, in a process that may have two hundred megabytes more than now."""
    path = archive(tmp_path / "x.npz", "x.npy", header(shape) + b"\0" * 64)
    with open("/proc/self/statm") as file:
        used = int(file.read().split()[0]) * resource.getpagesize()
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (used + 200 * 2**20, before[1]))
    try:
        with pytest.raises(DamagedArrays):
            _npz.load(path)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def test_a_directory_that_claims_more_than_the_file_is_refused(tmp_path):
    """The size in the archive's own directory, 8 TB in its 64-bit field."""
    content = written({"x": np.arange(3)})
    entry = content.index(b"PK\x01\x02")
    huge = bytearray(content)
    for at in (entry + 20, entry + 24):  # compressed and plain size
        huge[at : at + 4] = struct.pack("<I", 0xFFFFFFF0)
    (tmp_path / "x.npz").write_bytes(huge)
    with pytest.raises(DamagedArrays, match="claims"):
        _npz.load(tmp_path / "x.npz")


def test_a_small_file_that_unpacks_to_a_large_one_is_refused(tmp_path):
    content = header((10**7,)) + b"\0" * 8 * 10**7
    path = archive(tmp_path / "x.npz", "x.npy", content, compression=zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 10**6
    with pytest.raises(DamagedArrays, match=r"claims|compressed"):
        _npz.load(path)


@pytest.mark.parametrize("text", ["{" * 9000, "(" * 9000, "1+1", "{'descr': __import__('os')}", ""])
def test_a_header_is_read_and_never_run(tmp_path, text):
    magic = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode()
    with pytest.raises(DamagedArrays):
        _npz.load(archive(tmp_path / "x.npz", "x.npy", magic))


def test_every_bit_that_is_flipped_gives_the_arrays_or_one_exception(tmp_path):
    arrays = {"loss": np.arange(3.0), "name": np.array("x")}
    content, path = written(arrays), tmp_path / "x.npz"
    refused = 0
    for at in range(8 * len(content)):
        broken = bytearray(content)
        broken[at // 8] ^= 1 << at % 8
        path.write_bytes(broken)
        try:
            back = _npz.load(path)
        except DamagedArrays:
            refused += 1
        else:  # a date, a flag: nothing of the arrays; or the name of one, outside of their sum
            for name in set(back) & set(arrays):
                same(back[name], arrays[name])
    assert refused > 4 * len(content)


def test_every_length_that_a_file_is_cut_to_is_refused(tmp_path):
    content, path = written({"x": np.arange(9.0)}), tmp_path / "x.npz"
    for length in range(len(content)):
        path.write_bytes(content[:length])
        with pytest.raises(DamagedArrays):
            _npz.load(path)


def test_a_link_is_not_followed(tmp_path):
    stored(tmp_path / "x.npz", {"x": np.arange(2)})
    (tmp_path / "y.npz").symlink_to(tmp_path / "x.npz")
    with pytest.raises(OSError):
        _npz.load(tmp_path / "y.npz")
