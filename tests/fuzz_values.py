"""What users pass in place of a right argument, by the kind of the right one.

Each stand-in has a verdict. "same" must give the right call's value; "like" must give it too, or be
refused; "nan" must be refused or give NaN; "refuse" must be refused; "open" may give any value. A
refusal names the argument that was replaced. Only where a stand-in is a right argument of another
size, "other", it may name the argument that does not fit to it.
"""

from __future__ import annotations

import decimal
import fractions
import pathlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import jax.numpy as jnp
import numpy as np
import scipy.sparse
import torch
from fuzz_files import Fresh, changes

Make = Callable[[Any, np.random.Generator], Any]


@dataclass(frozen=True)
class StandIn:
    """Something to pass in place of a right argument, and what has to come of it."""

    label: str
    verdict: str
    make: Make


def _constant(verdict: str, *values: Any) -> tuple[StandIn, ...]:
    return tuple(
        StandIn(repr(value)[:40], verdict, lambda good, rng, v=value: v) for value in values
    )


class Nameless:
    """An object that is nothing to anyone."""


def _entries(a: np.ndarray, rng: np.random.Generator, value: float) -> np.ndarray:
    changed = a.astype(complex if a.dtype.kind == "c" else float)
    changed.flat[rng.integers(changed.size)] = value
    return changed


def _strided(a: np.ndarray) -> np.ndarray:
    """The same values in every other place of a larger array, the last axis backwards."""
    room = np.empty(tuple(2 * n for n in a.shape), a.dtype)
    view = room[tuple(slice(None, None, 2) for _ in a.shape)][..., ::-1]
    view[...] = a
    return view


def _read_only(a: np.ndarray) -> np.ndarray:
    copy = a.copy()
    copy.flags.writeable = False
    return copy


def _ragged(a: np.ndarray) -> list[Any]:
    return [a.ravel().tolist(), a.ravel().tolist()[:-1]]


NOT_NUMBERS = _constant(
    "refuse", "a", "", "3", np.str_("1"), b"0.5", {}, {"a": 1}, Nameless(), float, ..., {1.0}
)
SIZES = _constant("other", 0, -1, 1, 2, 3, 7, 64, 1000, 10**6, 10**9, 2**63, 2**65, -(2**65))
ODD_NUMBERS = _constant(
    "open",
    0,
    -1,
    -0.0,
    1,
    0.5,
    1e-300,
    5e-324,
    -1e-16,
    1e300,
    np.inf,
    -np.inf,
    1 + 1e-15,
    np.float32(0.5),
    np.int8(1),
    np.uint8(1),
    fractions.Fraction(1, 2),
    decimal.Decimal("0.5"),
)

ARRAY = (
    StandIn("nested lists", "same", lambda a, rng: a.tolist()),
    StandIn("nested tuples", "same", lambda a, rng: _tuples(a.tolist())),
    StandIn("Fortran order", "same", lambda a, rng: np.asfortranarray(a)),
    StandIn("strided backwards", "same", lambda a, rng: _strided(a)),
    StandIn("read only", "same", lambda a, rng: _read_only(a)),
    StandIn("big endian", "same", lambda a, rng: a.astype(a.dtype.newbyteorder(">"))),
    StandIn("subclass", "same", lambda a, rng: a.view(_Subclass)),
    StandIn("masked, none masked", "like", lambda a, rng: np.ma.masked_array(a)),
    StandIn("masked", "refuse", lambda a, rng: np.ma.masked_array(a, np.ones(a.shape, bool))),
    StandIn("JAX", "like", lambda a, rng: jnp.asarray(a)),
    StandIn("PyTorch", "like", lambda a, rng: torch.tensor(a)),
    StandIn(
        "single precision",
        "open",
        lambda a, rng: a.astype(np.float32) if a.dtype.kind == "f" else a,
    ),
    StandIn("half precision", "open", lambda a, rng: a.real.astype(np.float16)),
    StandIn(
        "long double",
        "like",
        lambda a, rng: a.astype(np.clongdouble if a.dtype.kind == "c" else np.longdouble),
    ),
    StandIn("complex", "like", lambda a, rng: a.astype(complex)),
    StandIn("imaginary", "open", lambda a, rng: a * 1j),
    StandIn("truth values", "open", lambda a, rng: a.astype(bool)),
    StandIn("8 bit", "open", lambda a, rng: a.real.astype(np.int8)),
    StandIn("unsigned", "open", lambda a, rng: a.real.astype(np.uint64)),
    StandIn("one NaN", "nan", lambda a, rng: _entries(a, rng, np.nan)),
    StandIn("all NaN", "nan", lambda a, rng: np.full(a.shape, np.nan)),
    StandIn("one infinity", "open", lambda a, rng: _entries(a, rng, np.inf)),
    StandIn("one less infinity", "open", lambda a, rng: _entries(a, rng, -np.inf)),
    StandIn("a negative entry", "open", lambda a, rng: _entries(a, rng, -0.5)),
    StandIn("a tiny negative entry", "open", lambda a, rng: _entries(a, rng, -1e-17)),
    StandIn("a large entry", "open", lambda a, rng: _entries(a, rng, 1e300)),
    StandIn("zeros", "open", lambda a, rng: np.zeros_like(a)),
    StandIn("negated", "open", lambda a, rng: -a),
    StandIn("scaled up", "open", lambda a, rng: a * 1e200),
    StandIn("scaled down", "open", lambda a, rng: a * 1e-200),
    StandIn("noise", "open", lambda a, rng: rng.normal(size=a.shape)),
    StandIn("one row less", "other", lambda a, rng: a[:-1]),
    StandIn("one column less", "other", lambda a, rng: a[..., :-1]),
    StandIn("one axis less", "other", lambda a, rng: a[0]),
    StandIn("one axis more", "other", lambda a, rng: a[None]),
    StandIn("a column", "other", lambda a, rng: a[..., None]),
    StandIn("flat", "other", lambda a, rng: a.ravel()),
    StandIn("transposed", "other", lambda a, rng: a.T),
    StandIn("doubled", "other", lambda a, rng: np.concatenate([a, a])),
    StandIn("batch of none", "other", lambda a, rng: np.zeros((0, *a.shape))),
    StandIn("empty", "refuse", lambda a, rng: np.zeros(0)),
    StandIn("empty rows", "refuse", lambda a, rng: np.zeros((3, 0))),
    StandIn("ten milliard rows", "refuse", lambda a, rng: np.broadcast_to(a, (10**10, *a.shape))),
    StandIn("ragged", "refuse", lambda a, rng: _ragged(a)),
    StandIn("objects", "refuse", lambda a, rng: np.full(a.shape, Nameless())),
    StandIn("words", "refuse", lambda a, rng: np.full(a.shape, "a")),
    StandIn("dates", "refuse", lambda a, rng: np.full(a.shape, np.datetime64("2020-01-01"))),
    StandIn("Nones", "refuse", lambda a, rng: np.full(a.shape, None)),
    StandIn(
        "a sparse matrix",
        "refuse",
        lambda a, rng: scipy.sparse.csr_matrix(np.atleast_2d(a.reshape(len(a), -1))),
    ),
    StandIn("a generator", "refuse", lambda a, rng: (x for x in a)),
    StandIn("a number", "other", lambda a, rng: float(np.real(a.flat[0]))),
    StandIn("0-d", "other", lambda a, rng: np.array(np.real(a.flat[0]))),
    *_constant("refuse", "a", "", b"ab", {}, Nameless(), float, ...),
)
NUMBER = (
    StandIn("NumPy", "same", lambda x, rng: np.float64(x)),
    StandIn("0-d", "same", lambda x, rng: np.array(x)),
    StandIn("JAX", "like", lambda x, rng: jnp.asarray(x)),
    StandIn("PyTorch", "like", lambda x, rng: torch.tensor(x, dtype=torch.float64)),
    *ODD_NUMBERS,
    *_constant("nan", float("nan"), np.float32("nan")),
    *_constant("open", [0.5], (0.5, 0.5), np.zeros(3), np.zeros(0)),
    *_constant("refuse", 1j, True, np.True_, [], [[]]),
    *NOT_NUMBERS,
)
WHOLE = (
    StandIn("NumPy", "same", lambda x, rng: np.int64(x)),
    StandIn("NumPy, 8 bit", "same", lambda x, rng: np.int8(x)),
    StandIn("a float", "like", lambda x, rng: float(x)),
    *SIZES,
    *_constant("refuse", 1.5, float("nan"), float("inf"), 1j, True, [], [[]], np.zeros(3)),
    *NOT_NUMBERS,
)
SEED = (
    StandIn("NumPy", "same", lambda x, rng: np.int64(x)),
    *_constant("open", 0, 1, 2**31, 2**32, 2**63, 2**65),
    *_constant("refuse", -1, -(2**65), 1.5, float("nan"), 1j, True, [], {}, "a", b"1", Nameless()),
    *_constant("refuse", np.zeros(3), np.zeros(0), ...),
)
# A name that the user gives: any text, nothing else.
WORD = (
    *_constant("open", "", " ", "no such thing", "ä\x00\n", "\ud800"),
    *_constant("refuse", 5, 1.5, True, b"linear", [], {}, Nameless(), ...),
)
TEXT = (
    StandIn("an array", "refuse", lambda x, rng: rng.normal(size=3)),
    *_constant(
        "refuse",
        "no such thing",
        "",
        " ",
        5,
        1.5,
        True,
        b"linear",
        [],
        {},
        Nameless(),
        ...,
        "ä\x00\n",
        "\ud800",
    ),
)
FLAG = (
    *_constant("other", True, False, 0, 1, None, np.True_),
    *_constant("refuse", "yes", "no", "", [], 2, 0.5, np.ones(3), Nameless()),
)
THING = (
    *_constant("refuse", Nameless(), ...),
    *_constant("open", 5, "a", "", 1.5, float("nan"), True, b"", float, print),
    *_constant("other", {}, [], (), [[]]),
    StandIn("an array", "other", lambda x, rng: rng.normal(size=3)),
    StandIn("a lambda", "open", lambda x, rng: lambda *a, **k: None),
    StandIn("a path", "open", lambda x, rng: pathlib.Path("no/such/folder")),
)
NONE = _constant("refuse", None)
NONE_ALLOWED = _constant("other", None)


class _Subclass(np.ndarray):
    """An array that is more than one."""


def _tuples(x: Any) -> Any:
    return tuple(map(_tuples, x)) if isinstance(x, list) else x


# What is more than a wrong argument to one function: words of the user's, and sparse operators.
OWN_NAMES = {
    *((f"callbacks.{name}", "part") for name in ("Scalars", "TensorBoard", "WeightsAndBiases")),
    ("circuits.Block", "name"),
    *((f"plots.{name}", "label") for name in ("excess", "history")),
    ("runs.Outcome", "device"),
    ("runs.Record.fit", "part"),
    ("runs.Record.following", "part"),
    ("runs.setting", "help"),
    ("runs.setting", "unit"),
}
TAKEN = {
    ("states.lanczos_cross_entropy", "model", "a sparse matrix"),
    ("runs.to_json", "value", "None"),
    # The stem of a name is none itself.
    *(("plots.save", "stem", label) for label in ("a folder", "a pipe")),
    # The name of a file that is there is one; what is in it is not looked at.
    *(("runs.find (file)", "experiment", label) for label in ("empty", "noise", "nested")),
    # It is gone on with where it is there, and begun where it is not.
    *(
        ("training.fit (resumed)", "checkpoint", label)
        for label in ("missing", "a loop of links", "a link to nothing")
    ),
    # Several places may be given.
    *((f"runs.{name}", "places", "a list") for name in ("load", "verify")),
    # A field of a Spec is of any of these types.
    *(
        ("runs.setting", "default", label)
        for label in ("True", "np.True_", "'a'", "''", "'3'", "np.str_('1')", "None")
    ),
}
# Work that was asked for, and takes its time, or its memory.
LONG = {
    ("laws.continuity", "draws", "1000"),
    ("coding.stein_exponent", "n", "64"),
    ("boltzmann.FermionMachine.free", "wires", "1000"),
    ("boltzmann.sampled_gradient", "draws", "1000000"),
    ("models.HiddenTree.sample", "shots", "1000000"),
    ("models.TensorTree.sample", "shots", "1000000"),
    *(("models.IQP.expectation", "shots", label) for label in ("1000000", "1000000000")),
    *(
        (f"learning.{name}", "epochs", label)
        for name in ("CircuitClassifier", "CircuitRegressor", "train")
        for label in ("1000", "1000000", "1000000000", str(2**63), str(2**65))
    ),
    *(
        ("models.hidden_tree", "epochs", label)
        for label in ("1000", "1000000", "1000000000", str(2**63), str(2**65))
    ),
    ("models.hidden_tree", "bond", "1000"),  # 51 passes over 4 million entries
    ("learning.CircuitClassifier", "layers", "1000000"),
    ("learning.CircuitRegressor", "layers", "1000000"),
}
# The same of two arguments: 166 million gates.
LONG_TOGETHER = ({("models.IQP.up_to", "wires", "1000"), ("models.IQP.up_to", "weight", "3")},)
# Entries between two states of what is traced out are not in the partial trace.
UNREAD = {
    ("quantum.partial_trace", "x", "one NaN"),
    # Angles of the circuit play no part in the spectrum.
    ("models.ThermalModel.log_probabilities", "params", "one NaN"),
    # ... and the spectrum none in these.
    ("models.ThermalModel.weights", "params", "one NaN"),
    ("models.Regressor.means", "params", "one NaN"),
    ("models.Regressor.spread", "params", "one NaN"),
    ("models.Mixture.weights", "params", "one NaN"),
    # Rows of a root other than the first play no part.
    *(
        (f"models.{model}.{method}", "params", "one NaN")
        for model, methods in (
            ("TensorTree", ("log_prob", "log_prob_of_complete")),
            ("Mixture", ("log_prob", "log_prob_of_complete")),
            ("PurifiedChain", ("expectation", "log_overlap", "log_prob", "purity", "reduced")),
        )
        for method in methods
    ),
    # A bit that is NaN was not seen.
    *(("data.load_bits", "source", label) for label in ("one NaN", "all NaN")),
    *(("data.PauliOutcomes", "bits", label) for label in ("one NaN", "all NaN")),
    *(("plots.fill_ins", "given", label) for label in ("one NaN", "all NaN")),
    *(("plots.tree", "data", label) for label in ("one NaN", "all NaN")),
    *(
        (f"models.{method}", "bits", label)
        for label in ("one NaN", "all NaN")
        for method in (
            *(f"{m}.log_prob" for m in ("BornMachine", "IQP", "TensorTree", "ThermalModel")),
            *(
                f"{m}.log_prob"
                for m in ("ProductDistribution", "PurifiedChain", "SemiQuantumBoltzmann")
            ),
            *(f"{m}.log_prob" for m in ("ChowLiuTree", "HiddenTree", "Matchgate", "Mixture")),
            "Mixture.fill_in",
            "Mixture.joined",
            "TensorTree.fill_in",
            "TensorTree.from_chow_liu",
            "hidden_tree",
        )
    ),
}


def stand_ins(function: str, name: str, good: Any, optional: bool) -> tuple[StandIn, ...]:
    """What may stand in for a right argument of this name and value."""
    if (function, name) in OWN_NAMES:
        return WORD + NONE
    pool = _stand_ins(name, good, optional)
    return tuple(
        replace(stand, verdict="same") if (function, name, stand.label) in TAKEN else stand
        for stand in pool
        if (function, name, stand.label) not in LONG | UNREAD
    )


def _stand_ins(name: str, good: Any, optional: bool) -> tuple[StandIn, ...]:
    none = NONE_ALLOWED if optional or good is None else NONE
    if name in ("seed", "random_state"):
        return SEED + NONE_ALLOWED
    if isinstance(good, np.ndarray):
        return ARRAY + none
    if isinstance(good, Fresh) and good.kind:
        return tuple(StandIn(*one) for one in changes(good.kind)) + none
    for kind, pool in ((bool, FLAG), (int, WHOLE), (float, NUMBER), (str, TEXT)):
        if isinstance(good, kind):
            return pool + (NONE_ALLOWED if kind is bool else none)
    return THING + none
