"""Tests of models of your own against the interfaces of `qce.typing`."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qce import _checks
from qce._checks import error
from qce._concrete import shown
from qce._forks import computes
from qce._wires import all_bits
from qce.data.rows import OPEN
from qce.typing import Array

_ROOM = 2 * _checks.tolerance(float)  # twice √ε, the tolerance of sums of probabilities in qce
_OUTCOMES, _STATES = ("log_prob", "sample"), ("mixture",)
_SUM = "one whose `log_prob` sums over a bit that is −1, which was not seen"
_LOGARITHM = "one whose `log_prob` returns ln p(x) with Σ p(x) = 1"
_FEW = 6  # wires of which every string is compared
_ROWS = 64  # whose probabilities are computed at once
_CHANCE = 1e-9  # that a right model is refused for what it happened to draw


def check(model: Any, params: Array | None = None, *, shots: int = 10_000, seed: int = 0) -> None:
    r"""Check a model of your own, and say what is wrong with it.

    A model of outcomes (`qce.typing.OutcomeModel`) must give one logarithm a row, which JAX can
    trace and differentiate; must satisfy $\sum_x p(x) = 1$, tested as $p(0) + p(1) =
    p(\text{open})$ of one bit after another, which tests unseen bits too; and must draw samples
    with these probabilities. A model of states (`qce.typing.StateModel`) must give weights of sum 1
    and normalised kets; a model of both must give their outcomes.

    Args:
        model: Anything with `wires`, `size`, `initial(seed)`, and `log_prob(params, bits)` and
            `sample(params, shots, seed)`, or `mixture(params)`, or all three.
        params: Parameters to check it with, shape `(size,)`; `model.initial(seed)` if None.
        shots: How many strings to draw: frequencies may be off by Bernstein's bound, which a
            correct sampler exceeds less than once in 10⁹ trials.
        seed: Of the start, the strings and the bits left open.

    Raises:
        TypeError: The model lacks a member.
        ValueError: It breaks one of these rules; the message says which, and what to return.

    Example:
        >>> from qce import circuits, models
        >>> models.check(models.BornMachine(circuits.rx(2)))
        >>> class Coin:
        ...     wires, size = 1, 1
        ...     def initial(self, seed):
        ...         return np.zeros(1)
        ...     def log_prob(self, params, bits):
        ...         return params[0] * bits[..., 0]
        ...     def sample(self, params, shots, seed):
        ...         return np.random.default_rng(seed).integers(0, 2, (shots, 1))
        >>> try:
        ...     models.check(Coin())
        ... except ValueError as problem:
        ...     print(problem.rule, "|", problem.found)
        be normalised | the probabilities of all strings that its `log_prob` says sum to 2

    Source:
        Bernstein's inequality: S. Boucheron, G. Lugosi and P. Massart, Concentration Inequalities
        (2013), section 2.8.
    """
    computes()
    kinds = kinds_of(model)
    shots = _checks.outcomes("shots", shots)
    # Two draws, their places among all strings, and what sorts them: eight numbers a bit.
    needed = 64.0 * shots * int(model.wires)
    _checks.memory("shots", f"{shots} strings", needed, None, "shots=10_000")
    seed = _checks.integer("seed", seed, "seed=0, for example", least=0)
    with jax.enable_x64(True):
        start = started(model, seed)
        at = start if params is None else _checks.vector("params", params, model.size)
        at = np.asarray(_checks.concrete("params", at), dtype=float)
        says = None
        if "log_prob" in kinds:
            traced(model)
            says = _Says(model, at)
            _outcomes(model, at, says, shots, seed)
        if "mixture" in kinds:
            _states(model, at, says)


def require(model: Any, *methods: str) -> None:
    """Refuse a model without `wires`, `size` or one of these methods."""
    members = ("wires", "size", *methods)
    missing = [name for name in members if getattr(model, name, None) is None]
    if isinstance(model, type):
        but = f"it is the class {model.__name__}"
        raise error("model", "be a model", but, f"{model.__name__}(…)", TypeError)
    if missing:
        but = f"{type(model).__name__} has no {_listed(missing)}"
        remedy = "one of qce.models, or one of your own as qce.typing describes it"
        raise error("model", f"have {_listed(members)}", but, remedy, TypeError)


def kinds_of(model: Any) -> tuple[str, ...]:
    """The methods by which it is a model of outcomes, of states, or of both."""
    states, outcomes = (
        all(getattr(model, name, None) is not None for name in names)
        for names in (_STATES, _OUTCOMES)
    )
    outcomes = outcomes or not states
    methods = (*(_OUTCOMES if outcomes else ()), *(_STATES if states else ()))
    require(model, "initial", *methods)
    if not (isinstance(model.wires, (int, np.integer)) and model.wires >= 1):
        but = f"its `wires` is {shown(model.wires)}"
        raise error("model", "have one wire or more", but, "one whose `wires` is a whole number")
    return methods


def started(model: Any, seed: int) -> np.ndarray:
    """Where training begins: `size` finite numbers."""
    start = _checks.concrete("model", model.initial(seed))
    if start.shape != (model.size,):
        but = f"`size` is {model.size}, and what `initial` returns has shape {start.shape}"
        raise error("model", "begin with one number a parameter", but, "one in which both agree")
    if not np.isfinite(start).all():
        but = "`initial` returns what is not finite"
        raise error("model", "begin with finite numbers", but, "one whose `initial` does")
    return np.asarray(start, dtype=float)


def before_training(model: Any, rows: np.ndarray) -> None:
    """Refuse at once a model of the user's own class that cannot be trained on these rows.

    The tests of qce check its own classes, which are not checked again.
    """
    if type(model).__module__.startswith("qce."):
        return
    computes()
    start = started(model, seed=0)
    traced(model)
    with jax.enable_x64(True):
        says = _Says(model, start)
        if (rows == OPEN).any():
            _of_nothing(model.wires, says)
        largest = says(rows[:_ROWS]).max()
    if largest > 1 + _ROOM:
        but = f"the probability of a row of the data is {largest:.6g}"
        raise error("model", "say probabilities of at most 1", but, _LOGARITHM)


def traced(model: Any) -> None:
    """Refuse logarithms that JAX cannot trace, or that are not one a row."""
    params = jax.ShapeDtypeStruct((model.size,), jnp.result_type(float))
    for shape in ((model.wires,), (2, 1, model.wires)):
        bits = jax.ShapeDtypeStruct(shape, jnp.int8)
        try:
            found = jax.eval_shape(model.log_prob, params, bits)
        except Exception as problem:  # whatever the user's code raises
            said = str(problem).strip().partition("\n")[0]
            but = f"`log_prob` of bits of shape {shape} raises {type(problem).__name__}: {said}"
            remedy = "one that computes with jax.numpy, for bits of shape (..., n)"
            raise error("model", "be traceable by JAX", but, remedy) from problem
        if getattr(found, "shape", None) != shape[:-1] or found.dtype.kind != "f":
            but = f"`log_prob` of bits of shape {shape} is {_described(found)}"
            remedy = "one that sums over the last axis alone, and returns real numbers"
            raise error("model", "say one logarithm a row", but, remedy)


# --- outcomes -------------------------------------------------------------------------------------


class _Says:
    """The probabilities that a model gives rows, by one compiled function of a few rows."""

    def __init__(self, model: Any, params: np.ndarray):
        self._log_prob, self._params = jax.jit(model.log_prob), jnp.asarray(params)

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        count = len(rows)
        whole = np.concatenate([rows, np.repeat(rows[:1], -count % _ROWS, axis=0)])
        parts = whole.astype(np.int8).reshape(-1, _ROWS, rows.shape[1])
        logs = [np.asarray(self._log_prob(self._params, part)) for part in parts]
        return np.exp(np.concatenate(logs))[:count]


def _outcomes(model: Any, params: np.ndarray, says: _Says, shots: int, seed: int) -> None:
    rows = _drawn(model, params, shots, seed)
    if model.wires <= _FEW:
        total = float(says(all_bits(model.wires)).sum())
        if not _close(total, 1.0):
            but = f"the probabilities of all strings that its `log_prob` says sum to {total:.6g}"
            raise error("model", "be normalised", but, _LOGARITHM)
    _open_bits(model.wires, says, rows, seed)
    _frequencies(model.wires, says, rows)
    _slopes(model, params, rows)


def _drawn(model: Any, params: np.ndarray, shots: int, seed: int) -> np.ndarray:
    """Strings of the model: bits, and the same ones for the same seed."""
    rows, again = (np.asarray(model.sample(params, shots, seed)) for _ in range(2))
    if rows.shape != (shots, model.wires) or rows.dtype.kind not in "iub":
        but = f"`sample` returns {_described(rows)}"
        must = f"draw integers of shape ({shots}, {model.wires}) here"
        raise error("model", must, but, "one whose rows are bit strings")
    if not np.isin(rows, (0, 1)).all():
        but = f"`sample` returns {rows[~np.isin(rows, (0, 1))].flat[0]}"
        raise error("model", "draw bits, 0 or 1", but, "one whose rows are bit strings")
    if not np.array_equal(rows, again):
        but = f"`sample` with seed {seed} returns others when asked twice"
        raise error("model", "draw the same for the same seed", but, "one that uses `seed` alone")
    return rows.astype(np.int8)


def _open_bits(n: int, says: _Says, rows: np.ndarray, seed: int) -> None:
    """p(0) + p(1) = p(open), of each wire in turn beside others that were seen or not."""
    _of_nothing(n, says)
    rng = np.random.default_rng(seed)
    chosen = rows[np.arange(n) % len(rows)]
    hidden = np.where(rng.random((n, n)) < 0.5, OPEN, chosen)
    three = np.stack([hidden] * 3)
    for k, bit in enumerate((OPEN, 0, 1)):
        three[k, np.arange(n), np.arange(n)] = bit
    both, zero, one = says(three.reshape(-1, n)).reshape(3, n)
    for wire in range(n):
        if not _close(zero[wire] + one[wire], both[wire]):
            row = np.array2string(three[0, wire], separator=", ", threshold=12)
            but = f"of wire {wire} of {row} they are {zero[wire]:.6g} + {one[wire]:.6g}"
            but = f"{but} and {both[wire]:.6g}"
            raise error("model", "have p(0) + p(1) = p(open)", but, _SUM)


def _of_nothing(n: int, says: _Says) -> None:
    (found,) = says(np.full((1, n), OPEN))
    if not _close(found, 1.0):
        but = f"a row in which every bit is −1 has probability {found:.6g}"
        raise error("model", "say ln 1 = 0 where nothing was seen", but, _SUM)


def _frequencies(n: int, says: _Says, rows: np.ndarray) -> None:
    """Frequencies of bits, of neighbours and, on few wires, of whole strings, within the bound."""
    asked = _asked(n)
    p = says(asked)
    agrees = ((rows[:, row != OPEN] == row[row != OPEN]).all(axis=1) for row in asked)
    found = np.array([each.mean() for each in agrees])
    level = math.log(2 * len(asked) / _CHANCE)
    bound = np.sqrt(2 * p * (1 - p) * level / len(rows)) + 2 * level / (3 * len(rows))
    worst = int(np.argmax(np.abs(found - p) - bound))
    if abs(found[worst] - p[worst]) > bound[worst]:
        row = np.array2string(asked[worst], separator=", ", threshold=12)
        but = f"{row} (−1: any) is drawn with frequency {found[worst]:.4f}"
        but = f"{but}, and `log_prob` says {p[worst]:.4f}"
        raise error("model", "draw what it says", but, "one whose `sample` has these probabilities")


def _asked(wires: int) -> np.ndarray:
    """Rows whose probabilities are compared: −1 where any bit will do."""
    rows = [np.full((0, wires), OPEN)]
    for some in (*((k,) for k in range(wires)), *((k, k + 1) for k in range(wires - 1))):
        part = np.full((2 ** len(some), wires), OPEN)
        part[:, list(some)] = all_bits(len(some))
        rows.append(part)
    if wires <= _FEW:
        rows.append(all_bits(wires))
    return np.concatenate(rows).astype(np.int8)


def _slopes(model: Any, params: np.ndarray, rows: np.ndarray) -> None:
    """A finite gradient, and NaN where a parameter is NaN."""
    few = jnp.asarray(rows[:10])

    def mean(x: Array) -> Array:
        return jnp.mean(model.log_prob(x, few))

    followed = jax.jit(jax.value_and_grad(mean))
    value, slope = followed(jnp.asarray(params))
    if not np.isfinite(np.asarray(slope)).all():
        but = f"that of ln p of strings it has drawn, {float(value):.6g} on average, is not finite"
        remedy = "one without `log(0)` in the branch of a `where` that is not taken, and without"
        remedy += " `logsumexp` of nothing but −inf: −1e30 excludes as well, and has a slope"
        raise error("model", "have a finite gradient", but, remedy)
    if model.size and not np.isnan(float(followed(jnp.full(model.size, jnp.nan))[0])):
        but = "`log_prob` makes numbers of parameters that are NaN"
        raise error("model", "keep NaN", but, "one that does not replace it")


# --- states ---------------------------------------------------------------------------------------


def _states(model: Any, params: np.ndarray, says: _Says | None) -> None:
    weights, kets = (np.asarray(x) for x in model.mixture(jnp.asarray(params)))
    if weights.ndim != 1 or kets.shape != (len(weights), 2**model.wires):
        but = f"`mixture` returns shapes {weights.shape} and {kets.shape}"
        must = f"say weights (K,) and kets (K, {2**model.wires})"
        raise error("model", must, but, "one whose `mixture` has these shapes")
    lengths = np.sum(np.abs(kets) ** 2, axis=1)
    if not (_close(weights.sum(), 1.0) and (weights >= -_ROOM).all()):
        but = f"they sum to {weights.sum():.6g}, the least is {weights.min():.6g}"
        raise error("model", "have weights that are probabilities", but, "weights of sum 1")
    if not all(_close(x, 1.0) for x in lengths):
        but = f"the squares of their lengths are {lengths.min():.6g} to {lengths.max():.6g}"
        raise error("model", "have kets of length 1", but, "kets over their lengths")
    if says is not None and model.wires <= _FEW:
        expected, found = weights @ np.abs(kets) ** 2, says(all_bits(model.wires))
        if not np.allclose(found, expected, rtol=0, atol=_ROOM):
            k = int(np.argmax(np.abs(found - expected)))
            but = f"of string {k} it is {expected[k]:.6g}, and `log_prob` says {found[k]:.6g}"
            remedy = "one whose `log_prob` is that of its `mixture`"
            raise error("model", "have one probability a string", but, remedy)


# --- small things ---------------------------------------------------------------------------------


def _close(found: float, expected: float) -> bool:
    return bool(abs(found - expected) <= _ROOM * max(abs(expected), 1e-300))


def _described(x: Any) -> str:
    shape, kind = getattr(x, "shape", None), getattr(x, "dtype", None)
    return f"of shape {shape}, {kind}" if shape is not None else shown(x)


def _listed(names: Any) -> str:
    return ", ".join(f"`{name}`" for name in names)
