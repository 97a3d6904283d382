"""Named arrays in one file, the format of NumPy's `npz`, as `numpy.load` reads it.

Written and read here for three reasons: names of arrays may clash with arguments of `numpy.savez`
(`file`, `allow_pickle`), `numpy.load` allocates any size that a header claims, and neither reports
damaged files by one exception.
"""

from __future__ import annotations

import math
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from qce._checks import error
from qce._files import no_link

_ENDING = ".npy"


_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


class DamagedArrays(ValueError):
    """A file that holds no arrays, or less than it claims."""


def dump(file: BinaryIO, arrays: Mapping[str, Any]) -> None:
    """Write named arrays into an open file; names are any texts, values never objects.

    Raises:
        TypeError: A name is no text, or an array holds objects, which only pickling could store.
        ValueError: The format cannot hold a name.
    """
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, array in numeric(arrays).items():
            # A fixed date, so that equal arrays are equal bytes.
            member = zipfile.ZipInfo(name + _ENDING)
            with archive.open(member, "w", force_zip64=True) as stream:
                np.lib.format.write_array(stream, array, allow_pickle=False)


def numeric(arrays: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Return NumPy arrays that a file can hold without pickling, which is unsafe to read."""
    named: dict[str, np.ndarray] = {}
    for name, array in arrays.items():
        named |= storable(name, array)
    return named


def storable(name: str, array: Any) -> dict[str, np.ndarray]:
    """Return name and NumPy array, from an array of any library, in a form for the file.

    Raises:
        TypeError: The name is no text, or the array holds objects.
        ValueError: The name is one that the format has no room for.
    """
    if hasattr(array, "detach"):  # PyTorch's, which may be part of a graph or on another device
        array = array.detach().cpu()
    try:
        held = np.asarray(array)
    except Exception as problem:  # rows of unequal length; an array that is traced
        but = f"NumPy takes it for none ({' '.join(str(problem).split())})"
        remedy = "one of equal rows, computed outside of compiled functions"
        raise error(str(name), "be an array of numbers", but, remedy, TypeError) from problem
    if held.dtype.hasobject:
        remedy = "one without None and of equal rows"
        raise error(str(name), "be an array of numbers", "it holds objects", remedy, TypeError)
    return {_checked(name): held}


def load(path: str | Path, begins: str = "") -> dict[str, np.ndarray]:
    """Read all arrays, without allocating more memory than the length of the file.

    Args:
        path: The file.
        begins: Read only those whose name starts with this.

    Raises:
        DamagedArrays: The file is damaged, compressed, or holds objects.
        OSError: It cannot be read, or is a link.
    """
    with open(path, "rb", opener=no_link) as file:
        try:
            with zipfile.ZipFile(file) as archive:
                _check(archive, os.fstat(file.fileno()).st_size)
                return {
                    member.filename.removesuffix(_ENDING): _array(archive, member)
                    for member in archive.infolist()
                    if member.filename.startswith(begins)
                }
        except Exception as problem:  # whatever zipfile and NumPy stumble over
            said = str(problem).strip() or type(problem).__name__
            raise DamagedArrays(said) from None


def _check(archive: zipfile.ZipFile, length: int) -> None:
    """Refuse arrays larger than the file, before memory is allocated."""
    names = archive.namelist()
    claimed = sum(max(member.file_size, member.compress_size) for member in archive.infolist())
    if claimed > length:
        raise DamagedArrays(f"it claims {claimed:,} bytes and has {length:,}")
    if len(set(names)) != len(names):
        raise DamagedArrays("two arrays have one name")
    if other := [name for name in names if not name.endswith(_ENDING)]:
        raise DamagedArrays(f"{other[0]!r} is no array")


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    if member.compress_type != zipfile.ZIP_STORED:
        raise DamagedArrays(f"{member.filename!r} is compressed")
    with archive.open(member) as file:
        version = np.lib.format.read_magic(file)
        if version not in _HEADERS:
            raise DamagedArrays(f"{member.filename!r} has an unknown format")
        shape, by_columns, dtype = _HEADERS[version](file)
        if dtype.hasobject:
            raise DamagedArrays(f"{member.filename!r} holds objects")
        claimed, left = math.prod(shape) * dtype.itemsize, member.file_size - file.tell()
        if claimed != left or min(shape, default=0) < 0:
            but = f"claims {claimed:,} bytes and has {left:,}"
            raise DamagedArrays(f"{member.filename!r} {but}")
        content = bytearray(file.read())  # to the end: there its checksum is compared
    if len(content) != claimed:
        raise DamagedArrays(f"{member.filename!r} claims {claimed:,} bytes and ends before")
    array = np.frombuffer(content, dtype) if dtype.itemsize else np.empty(math.prod(shape), dtype)
    if by_columns:
        return array.reshape(shape[::-1]).T
    return array.reshape(shape)


def _checked(name: Any) -> str:
    if not isinstance(name, str):
        but = f"{name!r} is of type {type(name).__name__}"
        raise error("arrays", "be named by texts", but, "a text as its name", TypeError)
    try:
        name.encode()
    except UnicodeEncodeError:
        but = f"{name!r} cannot be written"
        raise error("arrays", "be named by texts", but, "another name") from None
    if "\0" in name or len(name.encode()) > 60_000:
        but = f"{name[:40]!r} holds a zero or is too long"
        raise error("arrays", "have names that a file can hold", but, "another name")
    return name
