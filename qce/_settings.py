"""One check for each kind of setting: numbers, integers, seeds, memory, choices.

The package imports them from `_checks`.
"""

from __future__ import annotations

import errno
import inspect
import math
import operator
import os
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from qce._concrete import Abstract, concrete, error, machine_memory, shown
from qce.errors import ArgumentError

# The largest integer that a generator of NumPy, a key of JAX and TOML all hold.
_LARGEST = 2**63 - 1
# Missing files and broken links are allowed here; the user of the path checks them.
_TO_COME = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
_EXPONENT = 900  # of 2: an estimate beyond it would be no float


def number(
    name: str,
    x: Any,
    remedy: str,
    *,
    least: float = -math.inf,
    most: float = math.inf,
    above: float = -math.inf,
    below: float = math.inf,
    infinite: bool = False,
) -> float:
    """One finite real number in [least, most] and (above, below); no text, no truth value.

    Also +∞ where it may be `infinite`.
    """
    if (a := _scalar(x)) is None:
        raise error(name, "be a number", f"it is {shown(x)}", remedy, TypeError)
    value = float(a)
    if not math.isfinite(value) and not (infinite and value == math.inf):
        raise error(name, "be finite", f"it is {value}", remedy)
    under = value < below or below == math.inf  # where +∞ may be, it is no bound
    if not (least <= value <= most and above < value and under):
        must = _range(max(least, above), min(most, below), above >= least, below <= most)
        raise error(name, must, f"it is {digits(value)}", remedy)
    return value


def share(name: str, x: Any, remedy: str) -> float:
    """One number in [0, 1]; values outside by rounding, up to √ε, become 0 or 1."""
    value = number(name, x, remedy)
    edge = min(max(value, 0.0), 1.0)
    if abs(value - edge) > tolerance(float):
        raise error(name, _range(0, 1, False, False), f"it is {digits(value)}", remedy)
    return edge


def digits(x: Any) -> str:
    """A number in a message: nine digits, or all if nine would make it look whole."""
    short = f"{x:.9g}"
    return repr(float(x)) if float(short) != x and float(short).is_integer() else short


def integer(
    name: str, x: Any, remedy: str, *, least: int | None = None, most: int | None = None
) -> int:
    """One whole number, of Python or of an array library; no truth value, no 2.0."""
    must = "be an integer"
    if least is not None:
        must += f" >= {least}" if most is None else f" from {least} to {most}"
    if isinstance(x, (bool, np.bool_)):
        raise error(name, must, f"it is {x}", remedy, TypeError)
    try:
        value = operator.index(x)
    except TypeError:
        raise error(name, must, f"it is {shown(x)}", remedy, TypeError) from None
    if value < (value if least is None else least) or value > (value if most is None else most):
        raise error(name, must, f"it is {shown(value)}", remedy)
    return value


def seed(name: str, x: Any, *, most: int = _LARGEST) -> Any:
    """A seed: an integer, None for draws that cannot be repeated, or a generator."""
    if x is None or isinstance(x, np.random.Generator):
        return x
    return integer(name, x, f"{name}=0, for example", least=0, most=most)


def rng(name: str, x: Any) -> np.random.Generator:
    """The generator of a checked seed."""
    return np.random.default_rng(seed(name, x))


def memory(
    names: str | tuple[str, ...],
    what: str,
    needed: float,
    limit: float | None = None,
    remedy: str = "something smaller",
) -> None:
    """Refuse more bytes than a checked `limit` in GiB, or than the machine has.

    `what` is the plural subject of "… need 16 GiB".
    """
    names = (names,) if isinstance(names, str) else names
    room = machine_memory()
    if limit is not None:
        room, names = limit, (*names, "memory")
        remedy = f"{remedy}, or memory= as much as the machine has"
    if needed > room * 2**30:
        much = f"{needed / 2**30:.3g}" if math.isfinite(needed) else "more than 1e300"
        raise ArgumentError(names, f"fit into {room:.3g} GiB", f"{what} need {much} GiB", remedy)


def memory_limit(limit: Any) -> float:
    """The argument `memory` of a function: GiB that it may use."""
    return number("memory", limit, "memory=4.0, in GiB", above=0)


def power(base: float, exponent: float) -> float:
    """A size that grows with the number of wires; +∞ where a float would overflow."""
    try:
        return float(base) ** float(exponent)
    except OverflowError:
        return math.inf


def outcomes(name: str, x: Any, *, least: int = 1) -> int:
    """A number of outcomes to draw, within the range of NumPy's generators."""
    value = integer(name, x, f"{name}=1000, for example", least=least)
    if value > _LARGEST:
        raise error(name, "be below 2**63", f"it is {value}", "fewer")
    return value


def wires_fit(name: str, wires: int, numbers: float = 1.0, power: int = 1) -> None:
    """Refuse wires whose state space d = 2^n is too large for arrays of d^power complex numbers.

    `numbers` is how many such arrays are alive at once.
    """
    what = f"arrays of {2**power}^{wires} numbers" if power > 1 else f"kets of {wires} wires"
    needed = 16.0 * numbers * 2.0 ** min(power * wires, _EXPONENT)
    memory(name, what, needed, None, "fewer wires")


def numbers_fit(name: str | tuple[str, ...], count: int, what: str, remedy: str) -> None:
    """Refuse more numbers of double precision than fit into memory."""
    needed = 8.0 * min(count, 2**_EXPONENT)
    memory(name, f"{shown(count)} {what}", needed, None, remedy)


def instance(name: str, x: Any, kind: Any, remedy: str) -> None:
    """An object of a type, or of one of several."""
    if not isinstance(x, kind):
        kinds = kind if isinstance(kind, tuple) else (kind,)
        must = f"be of type {' or '.join(k.__name__ for k in kinds)}"
        raise error(name, must, f"it is {shown(x)}", remedy, TypeError)


def sequence(name: str, x: Any, remedy: str) -> tuple[Any, ...]:
    """Several items as a tuple; a text is refused."""
    try:
        if not isinstance(x, (str, bytes)):
            return tuple(x)
    except TypeError:  # asked this way, for boxes of autograd are no `Iterable`
        pass
    raise error(name, "be a list", f"it is {shown(x)}", remedy, TypeError)


def function(name: str, x: Any, remedy: str, takes: tuple[str, ...] = ()) -> None:
    """Something that can be called; with all that it `takes`, if these are named."""
    if not callable(x):
        raise error(name, "be a function", f"it is {shown(x)}", remedy, TypeError)
    if not takes:
        return
    try:
        found = inspect.signature(x)
    except (TypeError, ValueError):  # a built-in function without a signature
        return
    try:
        found.bind(*takes)
    except TypeError:
        listed = " and ".join(filter(None, (", ".join(takes[:-1]), takes[-1])))
        raise error(name, f"take {listed}", f"it takes {found}", remedy, TypeError) from None


def log_base(base: float | None) -> float:
    """The factor from nats to units of `base`, 1 for None."""
    if base is None:
        return 1.0
    if (found := _scalar(base)) is None:
        raise error("base", "be a number", f"it is {shown(base)}", "base=2 for bits", TypeError)
    base = float(found)
    if not (math.isfinite(base) and base > 0 and base != 1):
        remedy = "base=2 for bits, or None for nats"
        raise error("base", "be positive, finite and not 1", f"it is {base}", remedy)
    return 1.0 / math.log(base)


def in_unit(value: Any, unit: float) -> Any:
    """A value in nats in another unit; without a product by 1, which would slow derivatives."""
    return value if unit == 1 else value * unit


def truth(name: str, x: Any) -> bool:
    """True or False; also 0 and 1, None for False, and NumPy's; no text."""
    if x is None or x is True or x is False:
        return bool(x)
    logical = str(getattr(x, "dtype", "")).endswith("bool") and getattr(x, "shape", None) == ()
    if logical or (isinstance(x, int | np.integer) and x in (0, 1)):
        return bool(x)
    raise error(name, "be True or False", f"it is {shown(x)}", f"{name}=True", TypeError)


def path(name: str, x: Any, remedy: str | None = None) -> Path:
    """The path of a file or folder, which may not exist yet: text, or a path object."""
    text = os.fspath(x) if isinstance(x, (str, os.PathLike)) else None
    remedy = remedy or f'{name}="runs/here", for example'
    if not isinstance(text, str) or not text or "\0" in text or not _storable(text):
        raise error(name, "be a path", f"it is {shown(x)}", remedy, TypeError)
    for look in (os.lstat, os.stat):
        try:
            look(text)
        except OSError as problem:  # too long, in a circle of links, in a folder closed to others
            if problem.errno not in _TO_COME or (problem.errno == errno.ELOOP and look is os.lstat):
                but = f"{shown(text)} cannot be followed ({problem.strerror})"
                raise error(name, "be a path", but, remedy, OSError) from None
    return Path(text)


def new_file(name: str, x: Any, remedy: str | None = None) -> Path:
    """The path of a new file: it ends in a name, in an existing folder."""
    place = path(name, x, remedy)
    if place.name in ("", ".."):
        remedy = remedy or f'{name}="here", for example'
        raise error(name, "end in the name of a file", f"it is {shown(str(place))}", remedy)
    if not place.parent.is_dir():
        but, remedy = f"there is no folder {place.parent}", "a path in one that is there"
        raise error(name, "be in a folder", but, remedy, FileNotFoundError)
    return place


@contextmanager
def writing(name: str) -> Iterator[None]:
    """Turn errors of writing into errors about the argument that names the file."""
    try:
        yield
    except ArgumentError:
        raise
    except OSError as problem:
        if problem.errno is None:  # not the system's: somebody's own
            raise
        but = f"{problem.filename or 'it'} cannot be written ({problem.strerror})"
        raise error(name, "be a file", but, "another one", OSError) from None


def _storable(text: str) -> bool:
    try:
        os.fsencode(text)
    except UnicodeEncodeError:  # half of a character
        return False
    return True


def one_of(name: str, value: Any, choices: tuple[Any, ...], remedy: str | None = None) -> None:
    if not isinstance(value, Hashable) or value not in choices:
        listed = ", ".join(repr(c) for c in choices)
        remedy = remedy or f"{name}={choices[0]!r}"
        raise error(name, f"be one of {listed}", f"it is {shown(value)}", remedy)


def tolerance(dtype: Any) -> float:
    """√ε of the precision: how far input may be from Hermitian, positive and normalised."""
    return float(np.finfo(dtype).eps) ** 0.5


def _scalar(x: Any) -> np.ndarray | None:
    """One real number as NumPy sees it; None for anything else."""
    try:
        a = concrete("", x)
    except ArgumentError:
        return None
    real = not isinstance(a, Abstract) and a.ndim == 0 and a.dtype.kind in "iuf"
    return a if real else None


def _range(low: float, high: float, open_below: bool, open_above: bool) -> str:
    if low == 0 and math.isinf(high):
        return "be positive" if open_below else "not be negative"
    if math.isinf(high):
        return f"be {'above' if open_below else 'at least'} {low:g}"
    if math.isinf(low):
        return f"be {'below' if open_above else 'at most'} {high:g}"
    return f"lie in {'(' if open_below else '['}{low:g}, {high:g}{')' if open_above else ']'}"
