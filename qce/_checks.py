"""Every check of an argument, with one form of error messages.

"Argument `x` must …, but …. Pass …": the rule, what was found, a remedy. Checks of values skip
traced arrays, which have none (under `jax.jit`, in transformations of JAX, PyTorch).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from qce._concrete import Abstract as Abstract
from qce._concrete import classical
from qce._concrete import concrete as concrete
from qce._concrete import error as error
from qce._concrete import machine_memory as machine_memory
from qce._concrete import shape_of as shape_of
from qce._concrete import shown as shown
from qce._density import finite, not_empty, worst
from qce._density import states as states
from qce._forks import computes
from qce._settings import digits as digits
from qce._settings import function as function
from qce._settings import in_unit as in_unit
from qce._settings import instance as instance
from qce._settings import integer as integer
from qce._settings import log_base as log_base
from qce._settings import memory as memory
from qce._settings import memory_limit as memory_limit
from qce._settings import new_file as new_file
from qce._settings import number as number
from qce._settings import numbers_fit as numbers_fit
from qce._settings import one_of as one_of
from qce._settings import outcomes as outcomes
from qce._settings import path as path
from qce._settings import power as power
from qce._settings import rng as rng
from qce._settings import seed as seed
from qce._settings import sequence as sequence
from qce._settings import share as share
from qce._settings import tolerance as tolerance
from qce._settings import truth as truth
from qce._settings import wires_fit as wires_fit
from qce._settings import writing as writing
from qce.errors import ArgumentError
from qce.typing import Array


def vector(name: str, x: Any, size: int, what: str = "one number a parameter") -> Any:
    """Numbers of shape `(size,)`; a list or tuple becomes an array, an array stays as it is."""
    a = concrete(name, x)
    if a.shape != (size,):
        raise error(name, f"have shape ({size},)", f"its shape is {a.shape}", what)
    return _kept(x, a)


def array(name: str, x: Any) -> Any:
    """Numbers of any shape; a list or tuple becomes an array, an array stays as it is."""
    return _kept(x, concrete(name, x))


def _kept(x: Any, a: Any) -> Any:
    """An array of a library as it is; anything else as NumPy reads it, in floats."""
    if hasattr(x, "aval"):
        computes()
    boxed = hasattr(x, "_value") and hasattr(x, "_node")  # autograd's
    if isinstance(x, np.ndarray) or hasattr(x, "aval") or hasattr(x, "detach") or boxed:
        return x
    return a if a.dtype.kind in "fc" else a.astype(float)


def counts(name: str, x: Any, *, least: int = 1) -> np.ndarray:
    """How often each outcome was seen, as int64, before anything is added up.

    Truth values, unsigned and short integers, and whole floats are converted. The total is at least
    `least`.
    """
    a = whole(name, x, "how often each outcome was seen, not frequencies")
    if a.size and a.min() < 0:
        remedy = "how often each outcome was seen"
        raise error(name, "not be negative", f"one is {a.min()}", remedy)
    if (total := int(a.sum(dtype=object)) if a.size else 0) < least or total >= 2**63:
        must = f"be {least} or more in all" if total < least else "be below 2**63 in all"
        raise error(name, must, f"there are {total}", "counts of outcomes that were seen")
    return a


def bits(name: str, x: Any) -> np.ndarray:
    """Bits as int64; truth values, and the floats 0.0 and 1.0, are converted."""
    must, remedy = "be integers 0 or 1", "bits, not ±1 or probabilities"
    a = whole(name, x, remedy, must)
    if a.size and (a.min() < 0 or a.max() > 1):
        raise error(name, must, f"one is {a.min() if a.min() < 0 else a.max()}", remedy)
    return a


def whole(name: str, x: Any, remedy: str, must: str = "be integers") -> np.ndarray:
    """Whole numbers as int64, whatever their type was."""
    classical(name, x)
    a = concrete(name, x)
    if isinstance(a, Abstract) or a.dtype.kind == "c":
        but = "they are traced" if isinstance(a, Abstract) else f"their dtype is {a.dtype}"
        raise error(name, must, but, remedy, TypeError)
    if a.dtype.kind == "f" and a.size and not (np.isfinite(a) & (a == np.rint(a))).all():
        odd = a[~(np.isfinite(a) & (a == np.rint(a)))].flat[0]
        raise error(name, must, f"one is {odd:.6g}", remedy)
    if a.size and a.dtype.kind in "uf" and np.abs(a).max() >= 2**63:
        raise error(name, "be below 2**63", f"one is {a.max():.6g}", remedy)
    return a.astype(np.int64)


def rounding(a: np.ndarray) -> float:
    """The tolerance for entries of an array: √ε of its precision."""
    return tolerance(_inexact(a).dtype)


def probabilities(name: str, x: Array, remedy: str = "`x / x.sum(axis=-1, keepdims=True)`") -> None:
    """Real, finite, non-negative, sum 1 over the last axis, (..., k); `remedy` is for the sum."""
    classical(name, x)
    p = concrete(name, x)
    if p.ndim < 1 or p.shape[-1] == 0:
        but = f"its shape is {p.shape}"
        raise error(
            name, "have shape (..., k) with k >= 1", but, "probabilities along the last axis"
        )
    if isinstance(p, Abstract):
        return
    not_empty(name, p)
    if p.dtype.kind == "c":
        advice = "`.real`, or use qce.quantum for density matrices"
        raise error(name, "be real", f"its dtype is {p.dtype}", advice)
    finite(name, p)
    slack = rounding(p)
    if p.min() < -slack:
        but = f"its least entry is {p.min():.6g}"
        raise error(name, "be non-negative", but, "probabilities, not logarithms or logits")
    off = worst(p.sum(axis=-1) - 1)
    if abs(off) > slack:
        raise error(name, "sum to 1 along the last axis", f"a sum is {1 + off:.9g}", remedy)


def reals(name: str, x: Array, remedy: str) -> np.ndarray:
    """A finite NumPy array of one or more real numbers in double precision; no truth values."""
    a = numbers(name, x)
    if a.dtype.kind == "c" or concrete(name, x).dtype.kind == "b":
        but = f"their dtype is {'complex' if a.dtype.kind == 'c' else 'bool'}"
        raise error(name, "be real numbers", but, remedy, TypeError)
    not_empty(name, a)
    return a.astype(float)


def numbers(name: str, x: Array) -> np.ndarray:
    """A finite NumPy array of floats, for code without derivatives."""
    derived = hasattr(x, "_node") or getattr(x, "requires_grad", False)
    a = concrete(name, x)
    if derived or isinstance(a, Abstract):
        but = "it carries a derivative, and factorised states do not"
        raise error(name, "be plain numbers", but, "density matrices to be differentiated")
    a = _inexact(a)
    finite(name, a)
    return a


def within_support(value: Array, support: str) -> None:
    """For support="raise": no value is infinite."""
    one_of("support", support, ("inf", "raise"))
    if support == "inf":
        return
    v = concrete("value", value)
    if isinstance(v, Abstract):
        but = "under a transformation no value is known yet"
        raise error("support", 'be "inf" where values are traced', but, 'support="inf"')
    if np.isinf(v).any():
        but = f"{np.isinf(v).sum()} of {v.size} value(s) have data outside it"
        remedy = 'support="inf" for the value +inf, or a model that covers the data'
        raise error("model", "contain the data in its support", but, remedy)


def same_dimension(first: str, x: Array, second: str, y: Array) -> None:
    """Equal last axes, and batch axes that broadcast."""
    a, b = np.shape(x), np.shape(y)
    if a == b and a:
        return
    if a[-1:] != b[-1:] or not a:
        but = f"their last axes are {a[-1:]} and {b[-1:]} long" if a and b else "one has no axis"
        raise pair_error(first, second, "have the same dimension", but, "two of one size")
    try:
        np.broadcast_shapes(a, b)
    except ValueError:
        but = f"their shapes are {a} and {b}"
        remedy = "batch axes that broadcast"
        raise pair_error(first, second, "have batch axes that fit", but, remedy) from None


def pair_error(first: str, second: str, must: str, but: str, remedy: str) -> ArgumentError:
    """An exception about two arguments, in the common form."""
    return ArgumentError((first, second), must, but, remedy)


def _inexact(a: np.ndarray) -> np.ndarray:
    return a if a.dtype.kind in "fc" else a.astype(float)
