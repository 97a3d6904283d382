"""Bits from files, and from objects of other libraries."""

from __future__ import annotations

import csv
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from qce import _checks
from qce._checks import error
from qce.data.dictionaries import ORDERS, rows_of_counts
from qce.data.rows import OPEN, seen_bits
from qce.errors import ArgumentError

PARTS = ("train", "valid", "test")

_CELLS = {
    "0": 0, "1": 1, "0.0": 0, "1.0": 1, "false": 0, "true": 1,
    "": OPEN, "?": OPEN, "na": OPEN, "nan": OPEN, "none": OPEN, "null": OPEN, "-1": OPEN,
}  # fmt: skip
_TABLES = (".csv", ".tsv", ".txt", ".data", ".dat")
_KNOWN = (*_TABLES, ".npz", ".npy")


class Splits(NamedTuple):
    """A set of bit strings in its three parts, each of shape `(N, n)`.

    Args:
        train: rows for training.
        valid: rows for the choice of settings.
        test: rows for the reported result.
    """

    train: np.ndarray
    valid: np.ndarray
    test: np.ndarray


def load_bits(
    source: Any, *, part: str | None = None, order: str | None = None
) -> np.ndarray | Splits:
    r"""Return bit strings, one a row, from a file or an object of another library.

    Nothing is downloaded. Sets of the public density-estimation benchmark (16 to 1556 binary
    columns, in three parts each) come with the papers named below and in repositories of tractable
    models; both forms are read.

    Args:
        source: one of

            - a path of a table (`.csv`, `.tsv`, `.txt`, `.data`): a row a line, with a line of
              names or without, or one string such as `0110` a line; an empty cell, `?`, `NA` or
              `nan` is a bit that was not seen;
            - a path of `.npy` or `.npz`: bits `(N, n)`, or rows packed by
              `numpy.packbits(x, axis=1)` with a number `wires`; or arrays `train`, `valid`, `test`;
            - a path without ending, of a set by its name: `folder/nltcs` for `folder/nltcs.npz`,
              or for the three tables `folder/nltcs.train.data`, `.valid.data`, `.test.data`;
            - an array of bits, a table of pandas, a list of strings, or a dictionary of counts, as
              Qiskit and PennyLane return them, each outcome as often as it was counted.
        part: `"train"`, `"valid"` or `"test"` of a set in three parts; `None` for all three.
        order: of the bits in strings and dictionaries: `"qiskit"` if wire 0 is the last character,
            `"wires"` if it is the first; `None` for `"wires"`, unless a dictionary is recognised as
            Qiskit's.

    Returns:
        Bits 0 or 1, −1 where not seen, int8, shape `(N, n)`; of a set in three parts `Splits`.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: a value is no bit, rows differ in length, or there are no rows.

    Source: D. Lowd and J. Davis, ICDM (2010); J. Van Haaren and J. Davis, AAAI (2012), for the
    benchmark.

    Example:
        >>> load_bits(["011", "110"], order="qiskit").tolist()
        [[1, 1, 0], [0, 1, 1]]
        >>> load_bits({"00": 2, "01": 1}).tolist()
        [[0, 0], [0, 0], [0, 1]]
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "table.csv"
        >>> _ = path.write_text("smokes,drinks\n1,0\n,1\n")
        >>> load_bits(path).tolist()
        [[1, 0], [-1, 1]]
    """
    if part is not None:
        _checks.one_of("part", part, PARTS)
    if order is not None:
        _checks.one_of("order", order, ORDERS)
    if isinstance(source, (str, os.PathLike)):
        found = _file(_checks.path("source", source, "the path of a file of bits"), order)
    else:
        found = _handed_over(source, order)
    if part is None:
        return found
    if not isinstance(found, Splits):
        raise error("part", "be None here", "the source is one table", "part=None")
    return np.asarray(getattr(found, part))


# --- what is handed over ---------------------------------------------------------------------


def _handed_over(source: Any, order: str | None) -> np.ndarray:
    if isinstance(source, Mapping):
        bits, counts = rows_of_counts("source", source, order=order)
        return np.repeat(bits, counts, axis=0).astype(np.int8)
    if isinstance(source, (list, tuple)) and source and isinstance(source[0], str):
        return _strings(source, order)
    if hasattr(source, "isna") and hasattr(source, "to_numpy"):  # of pandas
        missing = np.asarray(source.isna())
        source = source.to_numpy(dtype=object)
        source = np.where(missing, OPEN, source).astype(float)
    return _table("source", seen_bits("source", source))


def _strings(rows: Any, order: str | None) -> np.ndarray:
    texts = [str(row).replace(" ", "") for row in rows]
    for k, text in enumerate(texts):
        if len(text) != len(texts[0]):
            but = f"row {k} has {len(text)} characters and row 0 has {len(texts[0])}"
            raise error("source", "have rows of one length", but, "one character for each wire")
        if set(text) - set("01?"):
            but = f"row {k} is {_checks.shown(text)}"
            raise error("source", "be strings of 0 and 1", but, "? for a bit that was not seen")
    bits = np.array([[_CELLS[c] for c in text] for text in texts], dtype=np.int8)
    return _table("source", bits[:, ::-1] if order == "qiskit" else bits)


def _table(name: str, bits: np.ndarray) -> np.ndarray:
    if bits.ndim != 2 or bits.size == 0:
        but = f"its shape is {bits.shape}"
        raise error(name, "have shape (N, n), N, n >= 1", but, "one row for each outcome")
    return bits


# --- files -----------------------------------------------------------------------------------


def _file(path: Path, order: str | None) -> np.ndarray | Splits:
    if path.is_file():
        if path.suffix in (".npz", ".npy"):
            return _arrays(path)
        return _lines(path, order)
    packed = Path(f"{path}.npz")
    if packed.is_file():
        return _arrays(packed)
    for ending in ("data", "csv", "txt"):
        files = [Path(f"{path}.{part}.{ending}") for part in PARTS]
        if all(file.is_file() for file in files):
            return _splits(path, [_lines(file, order) for file in files])
    near = [p for p in path.parent.glob("[!.]*") if p.suffix in _KNOWN and p.is_file()]
    known = sorted({p.name.split(".")[0] for p in near})
    but = f"there is no {path}"
    if known and path.parent.is_dir():
        but += f"; that folder holds {', '.join(known[:8])}"
    raise error("source", "name a file of bits", but, "its path", FileNotFoundError)


def _arrays(path: Path) -> np.ndarray | Splits:
    try:
        found = np.load(path, allow_pickle=False)
        if isinstance(found, np.ndarray):
            return _table("source", seen_bits("source", found))
        with found, zipfile.ZipFile(path) as archive:
            size = float(sum(member.file_size for member in archive.infolist()))
            _checks.memory("source", f"arrays of {path}", size, None, "a smaller file")
            stored = dict(found)
    except ArgumentError:
        raise
    except Exception as problem:  # a damaged file raises whatever it is read with
        raise _damaged(path, problem) from None
    wires = _width(path, stored.pop("wires")) if "wires" in stored else None
    if all(part in stored for part in PARTS):
        return _splits(path, [_unpacked(stored[part], wires) for part in PARTS])
    if len(stored) != 1:
        but = f"{path} holds {', '.join(sorted(stored)) or 'none'}"
        raise error("source", "hold one array, or train, valid and test", but, "such a file")
    return _unpacked(next(iter(stored.values())), wires)


def _width(path: Path, wires: np.ndarray) -> int:
    if wires.size != 1 or wires.dtype.kind not in "iu" or wires.flat[0] < 1:
        but = f"that of {path} is {_checks.shown(wires.tolist())}"
        raise error("source", "hold one whole number `wires`", but, "how wide the rows are")
    return int(wires.flat[0])


def _damaged(path: Path, problem: Exception) -> ArgumentError:
    but = f"{path} is damaged ({str(problem).strip() or type(problem).__name__})"
    return error("source", "be a file of arrays", but, "one that is whole")


def _unpacked(array: np.ndarray, wires: int | None) -> np.ndarray:
    """Bits of an array; packed ones, eight in a byte, have to fit the number of wires."""
    if wires is not None and array.ndim == 2 and array.shape[1] != wires:
        if array.dtype != np.uint8 or array.shape[1] != -(-wires // 8):
            but = f"its shape is {array.shape} and its type {array.dtype}, for {wires} wires"
            raise error(
                "source", "hold bits, or bits packed in rows", but, "numpy.packbits(axis=1)"
            )
        array = np.unpackbits(array, axis=1, count=wires)
    return _table("source", seen_bits("source", array))


def _splits(path: Path, parts: list[np.ndarray]) -> Splits:
    widths = sorted({part.shape[1] for part in parts})
    if len(widths) > 1:
        but = f"those of {path} have {' and '.join(map(str, widths))} columns"
        raise error("source", "have parts of as many columns", but, "three parts of one set")
    return Splits(*parts)


def _lines(path: Path, order: str | None) -> np.ndarray:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as problem:
        but = f"{path} cannot be read ({problem.strerror})"
        raise error("source", "name a file of bits", but, "its path", OSError) from None
    except UnicodeDecodeError:
        but, remedy = f"{path} is no text", "a table as text, or .npy and .npz for arrays"
        raise error("source", "hold rows of bits", but, remedy) from None
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise error("source", "hold rows of bits", f"{path} is empty", "a row a line")
    dialect = next((c for c in ",;\t" if c in lines[0]), " " if " " in lines[0].strip() else None)
    if dialect is None and len(lines[0].strip()) > 1 and not set(lines[-1].strip()) - set("01?"):
        return _strings([line.strip() for line in lines], order)
    rows = _rows(path, lines, dialect or ",")
    first = 0 if all(cell.strip().lower() in _CELLS for cell in rows[0]) else 1
    return _cells(path, rows[first:], first)


def _rows(path: Path, lines: list[str], delimiter: str) -> list[list[str]]:
    if delimiter == " ":
        return [line.split() for line in lines]
    try:
        return list(csv.reader(lines, delimiter=delimiter))
    except csv.Error as problem:  # cells without end
        but, remedy = f"{path} has cells that are none ({problem})", "a row a line"
        raise error("source", "hold rows of bits", but, remedy) from None


def _cells(path: Path, rows: list[list[str]], first: int) -> np.ndarray:
    if not rows:
        but = f"{path} holds a line of names alone"
        raise error("source", "hold rows of bits", but, "a row a line")
    found = []
    for k, row in enumerate(rows, first + 1):
        if len(row) != len(rows[0]):
            but = f"line {k} of {path} has {len(row)} cells and line {first + 1} has {len(rows[0])}"
            raise error("source", "have rows of one length", but, "as many cells in every row")
        try:
            found.append([_CELLS[cell.strip().lower()] for cell in row])
        except KeyError as problem:
            but = f"line {k} of {path} has {problem.args[0]!r}"
            remedy = "0 or 1, an empty cell for a bit that was not seen"
            raise error("source", "hold bits", but, remedy) from None
    return _table("source", np.array(found, dtype=np.int8))
