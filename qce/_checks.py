"""Every check of an argument, and one grammar for what is wrong with it.

"Argument `x` must …, but …. Pass …": what holds, what was found, what to do. Checks look at values,
so they pass over arrays that have none yet (under `jax.jit`, in transformations of JAX, PyTorch).
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import Any

import numpy as np

from qce.errors import ArgumentError, argument_error

Array = Any


def error(
    name: str, must: str, but: str, remedy: str, kind: type[Exception] = ValueError
) -> ArgumentError:
    """An exception in the one grammar, which `except kind` catches too."""
    return argument_error(kind)(name, must, but, remedy)


def log_base(base: float | None) -> float:
    """The factor that turns nats into `base`, 1 for None."""
    if base is None:
        return 1.0
    if not isinstance(base, (int, float, np.integer, np.floating)) or isinstance(base, bool):
        raise error("base", "be a number", f"it is {base!r}", "base=2 for bits", TypeError)
    if not (math.isfinite(base) and base > 0 and base != 1):
        remedy = "base=2 for bits, or None for nats"
        raise error("base", "be positive, finite and not 1", f"it is {base}", remedy)
    return 1.0 / math.log(base)


def in_unit(value: Any, unit: float) -> Any:
    """A value in nats in another unit; as it is in nats, for derivatives pay for a product by 1."""
    return value if unit == 1 else value * unit


def number(name: str, x: Any, remedy: str) -> float:
    """One finite real number; not text, None, a truth value or several."""
    kind = np.asarray(x).dtype.kind if np.ndim(x) == 0 else ""
    if kind not in ("i", "u", "f"):
        raise error(name, "be a number", f"it is {x!r}", remedy, TypeError)
    if not math.isfinite(x):
        raise error(name, "be finite", f"it is {x}", remedy)
    return float(x)


def one_of(name: str, value: Any, choices: tuple[Any, ...]) -> None:
    if not isinstance(value, Hashable) or value not in choices:
        listed = ", ".join(repr(c) for c in choices)
        raise error(name, f"be one of {listed}", f"it is {value!r}", f"{name}={choices[0]!r}")


def tolerance(dtype: Any) -> float:
    """√ε of the precision: how far input may be from Hermitian, positive and normalised."""
    return float(np.finfo(dtype).eps) ** 0.5


def probabilities(name: str, x: Array) -> None:
    """Real, finite, non-negative, sum 1 over the last axis, (..., k)."""
    p = concrete(name, x)
    if p.ndim < 1 or p.shape[-1] == 0:
        but = f"its shape is {p.shape}"
        raise error(
            name, "have shape (..., k) with k >= 1", but, "probabilities along the last axis"
        )
    if isinstance(p, Abstract):
        return
    _not_empty(name, p)
    if p.dtype.kind == "c":
        remedy = "`.real`, or use qce.quantum for density matrices"
        raise error(name, "be real", f"its dtype is {p.dtype}", remedy)
    _finite(name, p)
    slack = tolerance(_inexact(p).dtype)
    if p.min() < -slack:
        but = f"its least entry is {p.min():.6g}"
        raise error(name, "be non-negative", but, "probabilities, not logarithms or logits")
    worst = _worst(p.sum(axis=-1) - 1)
    if abs(worst) > slack:
        remedy = "`x / x.sum(axis=-1, keepdims=True)`"
        raise error(name, "sum to 1 along the last axis", f"a sum is {1 + worst:.9g}", remedy)


def states(name: str, x: Array) -> None:
    """Square, finite, Hermitian, positive, trace 1 over the last two axes, (..., d, d)."""
    a = concrete(name, x)
    if a.ndim < 2 or a.shape[-1] != a.shape[-2] or a.shape[-1] == 0:
        remedy = "density matrices; for a ket `psi` that is `np.outer(psi, psi.conj())`"
        raise error(name, "have shape (..., d, d) with d >= 1", f"its shape is {a.shape}", remedy)
    if isinstance(a, Abstract):
        return
    _not_empty(name, a)
    a = _inexact(a)
    if a.dtype.char not in "fdFD":
        must, but = "be of single or double precision", f"its dtype is {a.dtype}"
        raise error(name, must, but, "`x.astype(complex)`: LAPACK has no other", TypeError)
    _finite(name, a)
    slack = tolerance(a.dtype)
    skew = np.abs(a - np.conj(np.swapaxes(a, -1, -2))).max(initial=0.0)
    if skew > slack:
        but = f"it differs from its adjoint by {skew:.3g}"
        raise error(name, "be Hermitian", but, "`(x + x.conj().T) / 2` if that is rounding")
    worst = _worst(np.trace(a, axis1=-2, axis2=-1).real - 1)
    if abs(worst) > slack:
        raise error(name, "have trace 1", f"a trace is {1 + worst:.9g}", "`x / np.trace(x)`")
    _positive(name, a, slack)


def numbers(name: str, x: Array) -> np.ndarray:
    """A finite NumPy array of floats, for code that passes no derivatives on."""
    derived = hasattr(x, "_node") or getattr(x, "requires_grad", False)
    a = concrete(name, x)
    if derived or isinstance(a, Abstract):
        but = "it carries a derivative, and factorised states do not"
        raise error(name, "be plain numbers", but, "density matrices to be differentiated")
    a = _inexact(a)
    _finite(name, a)
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
    if a[-1:] != b[-1:]:
        but = f"their last axes are {a[-1:]} and {b[-1:]} long" if a and b else "one has no axis"
        raise pair_error(first, second, "have the same dimension", but, "two of one size")
    try:
        np.broadcast_shapes(a, b)
    except ValueError:
        but = f"their shapes are {a} and {b}"
        remedy = "batch axes that broadcast"
        raise pair_error(first, second, "have batch axes that fit", but, remedy) from None


def pair_error(first: str, second: str, must: str, but: str, remedy: str) -> ArgumentError:
    """An exception about two arguments, in the one grammar."""
    return ArgumentError((first, second), must, but, remedy)


class Abstract:
    """An array under tracing: a shape and no values."""

    def __init__(self, shape: tuple[int, ...]):
        self.shape = shape
        self.ndim = len(shape)


def concrete(name: str, x: Array) -> Any:
    """The values behind an array of any library, or its shape where there are none."""
    if hasattr(x, "aval") and not hasattr(x, "__array_interface__") and _is_tracer(x):
        return Abstract(tuple(x.shape))
    while hasattr(x, "_value") and hasattr(x, "_node"):  # autograd's boxes
        x = x._value
    if hasattr(x, "detach"):  # PyTorch
        try:
            x = x.detach().cpu().resolve_conj().resolve_neg().numpy()
        except RuntimeError:  # inside a transformation of `torch.func`
            return Abstract(tuple(x.shape))
        except TypeError as refused:  # half precision, sparse
            but, remedy = f"it cannot be read ({refused})", "`x.to_dense().double()`"
            raise error(name, "be a dense tensor NumPy knows", but, remedy, TypeError) from None
    try:
        a = np.asarray(x)
    except ValueError as ragged:
        raise error(name, "be an array", str(ragged), "rows of equal length", TypeError) from None
    if a.dtype.kind not in "biufc":
        remedy = "numbers; for a state object see qce.states"
        raise error(name, "be numeric", f"its dtype is {a.dtype}", remedy, TypeError)
    return a


def _is_tracer(x: Array) -> bool:
    from jax.core import Tracer

    return isinstance(x, Tracer)


def _inexact(a: np.ndarray) -> np.ndarray:
    return a if a.dtype.kind in "fc" else a.astype(float)


def _not_empty(name: str, a: np.ndarray) -> None:
    if a.size == 0:
        raise error(name, "not be empty", f"its shape is {a.shape}", "at least one state")


def _finite(name: str, a: np.ndarray) -> None:
    if not np.isfinite(a).all():
        what = "NaN" if np.isnan(a).any() else "an infinity"
        raise error(name, "be finite", f"it holds {what}", "finite numbers")


def _worst(deviations: np.ndarray) -> float:
    flat = np.ravel(deviations)
    return float(flat[np.argmax(np.abs(flat))]) if flat.size else 0.0


def _positive(name: str, a: np.ndarray, slack: float) -> None:
    """Cholesky of a + slack·1 exists if and only if no eigenvalue is below −slack, at d³/3."""
    try:
        np.linalg.cholesky(a + slack * np.eye(a.shape[-1], dtype=a.dtype))
    except np.linalg.LinAlgError:
        least = np.linalg.eigvalsh(a).min()
        but = f"its least eigenvalue is {least:.6g}"
        remedy = "a density matrix; set small negative eigenvalues to 0 and renormalise"
        raise error(name, "be positive semi-definite", but, remedy) from None
