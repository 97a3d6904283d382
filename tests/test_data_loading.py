"""Bits from files and from other tools: every form gives the same rows, others a clear error."""

import numpy as np
import pandas as pd
import pennylane as qml
import pytest

from qce import data

BITS = np.array([[0, 1, 1], [1, 0, 0], [1, 1, 1], [0, 0, 1]])
HOLES = np.array([[0, -1, 1], [1, 0, -1]])


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


TABLES = {
    "a.csv": "0,1,1\n1,0,0\n1,1,1\n0,0,1\n",
    "names.csv": "a,b,c\n0,1,1\n1,0,0\n1,1,1\n0,0,1\n",
    "bom.csv": "\ufeffa,b,c\r\n0,1,1\r\n1,0,0\r\n1,1,1\r\n0,0,1\r\n",
    "floats.csv": '"x 1";y;z\n0.0;1.0;1.0\n1.0;0.0;0.0\n1.0;1.0;1.0\n0.0;0.0;1.0\n',
    "truth.tsv": "False\tTrue\tTrue\nTrue\tFalse\tFalse\nTrue\tTrue\tTrue\nFalse\tFalse\tTrue\n",
    "spaces.txt": "0 1 1\n1 0 0\n\n1 1 1\n0 0 1",
    "strings.txt": "011\n100\n111\n001\n",
    "set.data": "0,1,1\n1,0,0\n1,1,1\n0,0,1\n",
}


@pytest.mark.parametrize("name", TABLES)
def test_tables_in_every_form(name, tmp_path):
    found = data.load_bits(write(tmp_path / name, TABLES[name]))
    assert found.dtype == np.int8
    np.testing.assert_array_equal(found, BITS)


@pytest.mark.parametrize(
    "text", ["a,b,c\n0,,1\n1,0,NA\n", "0,?,1\n1,0,nan\n", "0?1\n10?\n", "0;;1\n1;0;None\n"]
)
def test_holes_in_tables(text, tmp_path):
    np.testing.assert_array_equal(data.load_bits(write(tmp_path / "x.csv", text)), HOLES)


@pytest.mark.parametrize("kind", [np.uint8, np.int64, bool, float, np.float32])
def test_arrays_of_any_type(kind, tmp_path):
    np.testing.assert_array_equal(data.load_bits(BITS.astype(kind)), BITS)
    np.save(tmp_path / "x.npy", BITS.astype(kind))
    np.savez(tmp_path / "x.npz", rows=BITS.astype(kind))
    for name in ("x.npy", "x.npz"):
        np.testing.assert_array_equal(data.load_bits(str(tmp_path / name)), BITS)


def test_sets_in_three_parts_by_file_and_by_name(tmp_path):
    rng = np.random.default_rng(0)
    parts = {
        part: rng.integers(0, 2, (k, 19))
        for part, k in zip(data.loading.PARTS, (7, 3, 5), strict=True)
    }
    packed = {part: np.packbits(x, axis=1) for part, x in parts.items()}
    np.savez(tmp_path / "packed.npz", **packed, wires=19)
    np.savez_compressed(tmp_path / "plain.npz", **parts)
    for part, rows in parts.items():
        lines = (",".join(map(str, row)) for row in rows)
        write(tmp_path / f"tables.{part}.data", "\n".join(lines))
    for name in ("packed.npz", "packed", "plain", "tables"):
        found = data.load_bits(tmp_path / name)
        train, valid, test = found
        for part, rows in parts.items():
            np.testing.assert_array_equal(getattr(found, part), rows)
            np.testing.assert_array_equal(data.load_bits(tmp_path / name, part=part), rows)
        assert (len(train), len(valid), len(test)) == (7, 3, 5)


def test_what_pandas_pennylane_and_qiskit_hand_over():
    frame = pd.DataFrame({"a": [0, 1], "b": [np.nan, 0], "c": [1, None]})
    np.testing.assert_array_equal(data.load_bits(frame), HOLES)
    nullable = pd.DataFrame({"a": [False, True], "b": [True, pd.NA]}, dtype="boolean")
    np.testing.assert_array_equal(data.load_bits(nullable), [[0, 1], [1, -1]])

    @qml.qnode(qml.device("default.qubit", seed=0), shots=20)
    def circuit(kind):
        qml.X(2)
        return (qml.sample if kind == "sample" else qml.counts)(wires=range(3))

    expected = np.tile([0, 0, 1], (20, 1))
    np.testing.assert_array_equal(data.load_bits(circuit("sample")), expected)
    np.testing.assert_array_equal(data.load_bits(circuit("counts")), expected)
    from qiskit.result import Counts

    np.testing.assert_array_equal(data.load_bits(Counts({"0x4": 2})), [[0, 0, 1]] * 2)
    np.testing.assert_array_equal(data.load_bits({"100": 2}, order="qiskit"), [[0, 0, 1]] * 2)
    wide = data.load_bits({"01" * 50: 3})
    assert wide.shape == (3, 100)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("x.csv", "0,1\n1\n", "line 2 of .* has 1 cells and line 1 has 2"),
        ("x.csv", "a,b\n0,1\n2,1\n", "line 3 of .* has '2'"),
        ("x.csv", "0,1\n0,0.5\n", "line 2 of .* has '0.5'"),
        ("x.csv", "a,b\n", "a line of names alone"),
        ("x.csv", "", "is empty"),
        ("x.txt", "011\n01\n", "row 1 has 2 characters and row 0 has 3"),
    ],
)
def test_damaged_tables_say_where(name, text, message, tmp_path):
    with pytest.raises(ValueError, match=f"Argument `source` must .*{message}"):
        data.load_bits(write(tmp_path / name, text))


def test_other_mistakes_are_named(tmp_path):
    write(tmp_path / "here.csv", "0,1")
    write(tmp_path / ".hidden", "")
    write(tmp_path / "notes.md", "no table")
    with pytest.raises(FileNotFoundError, match=r"that folder holds here\. Pass"):
        data.load_bits(tmp_path / "there")
    with pytest.raises(ValueError, match="`part` must be None"):
        data.load_bits(tmp_path / "here.csv", part="train")
    with pytest.raises(ValueError, match="`part` must be one of"):
        data.load_bits(tmp_path / "here.csv", part="all")
    np.savez(tmp_path / "two.npz", a=BITS, b=BITS)
    with pytest.raises(ValueError, match="holds a, b"):
        data.load_bits(tmp_path / "two.npz")
    np.savez(tmp_path / "packed.npz", train=BITS, valid=BITS, test=BITS, wires=19)
    with pytest.raises(ValueError, match="for 19 wires"):
        data.load_bits(tmp_path / "packed.npz")
    whole = (tmp_path / "two.npz").read_bytes()
    for cut in (0, 3, 40, len(whole) - 3):
        (tmp_path / "cut.npz").write_bytes(whole[:cut])
        with pytest.raises(ValueError, match="is damaged"):
            data.load_bits(tmp_path / "cut.npz")
    np.save(tmp_path / "objects.npy", np.array([None]), allow_pickle=True)
    with pytest.raises(ValueError, match="is damaged"):
        data.load_bits(tmp_path / "objects.npy")
    np.savez(tmp_path / "odd.npz", train=BITS, valid=BITS[:, :2], test=BITS)
    with pytest.raises(ValueError, match="2 and 3 columns"):
        data.load_bits(tmp_path / "odd.npz")
    for bad in (np.full((2, 2), 2), np.zeros((0, 3)), np.zeros(3), ["01", "0x"], []):
        with pytest.raises(ValueError, match="Argument `source` must"):
            data.load_bits(bad)
