"""What labels, predictions and weights must be; refused before anything is computed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from qce import _checks
from qce.losses._arrays import together
from qce.typing import Array, Scalar

_LABELS = "integer labels without the class axis, or probabilities (one-hot or soft) along it"


def values(name: str, x: Scalar | Sequence[float]) -> np.ndarray | None:
    """The values of a real, non-empty array free of NaN; None under tracing."""
    a = _checks.concrete(name, x)
    if isinstance(a, _checks.Abstract):
        return None
    if a.dtype.kind == "c":
        raise _checks.error(name, "be real", f"its dtype is {a.dtype}", "real numbers")
    if a.size == 0:
        raise _checks.error(name, "not be empty", f"its shape is {a.shape}", "at least one sample")
    if np.isnan(a).any():
        raise _checks.error(name, "be free of NaN", "it holds NaN", "numbers")
    return a


def given(check: bool, **arrays: Scalar) -> bool:
    """Whether to check; if so, arguments are arrays of numbers to begin with."""
    checked = _checks.truth("check", check)
    if checked:
        for name, x in arrays.items():
            _checks.concrete(name, x)
    return checked


def finite(name: str, x: Scalar | Sequence[float]) -> np.ndarray | None:
    a = values(name, x)
    if a is not None and np.isinf(a).any():
        raise _checks.error(name, "be finite", "it holds an infinity", "finite numbers")
    return a


def shares(name: str, x: Array, remedy: str) -> None:
    """Numbers in [0, 1], as far as rounding allows: `_arrays.shares` takes them as such."""
    a = values(name, x)
    if a is not None and (a.min() < -_checks.rounding(a) or a.max() > 1 + _checks.rounding(a)):
        but = f"it reaches from {_checks.digits(a.min())} to {_checks.digits(a.max())}"
        raise _checks.error(name, "lie in [0, 1]", but, remedy)


def positive(name: str, x: Scalar, *, or_zero: bool = False) -> None:
    a = finite(name, x)
    if a is not None and (a.min() < 0 or (a.min() == 0 and not or_zero)):
        must = "be non-negative" if or_zero else "be positive"
        raise _checks.error(name, must, f"its least entry is {a.min():.6g}", "numbers above 0")


def number(name: str, x: Scalar, low: float, high: float = np.inf) -> Scalar:
    """A setting: a number in [low, high], or an array of one, which may be traced."""
    value = real(name, x)
    if value is not None and not low <= value <= high:
        but = f"it is {_checks.digits(value)}"
        raise _checks.error(name, f"lie in [{low:g}, {high:g}]", but, "a number there")
    return settled(x)


def settled(x: Scalar) -> Scalar:
    """A number as a float, or as the array of one for which a derivative may be asked."""
    if isinstance(x, (int, float)) or hasattr(x, "_node") or hasattr(x, "detach"):
        return x
    a = _checks.concrete("", x)
    return x if isinstance(a, _checks.Abstract) else float(a)


def fixed(name: str, x: Scalar) -> float:
    """A setting on which compiled code depends: known, and not to be differentiated."""
    carries = hasattr(x, "_node") or getattr(x, "requires_grad", False)
    value = real(name, x)
    if value is None or carries:
        but = "it is traced" if value is None else "it carries a derivative"
        raise _checks.error(name, "be a known number here", but, "a float", TypeError)
    return value


def above_zero(name: str, x: Scalar) -> Scalar:
    """A setting > 0."""
    found = number(name, x, 0.0)
    if real(name, x) == 0:
        raise _checks.error(name, "be above 0", "it is 0", "a positive number")
    return found


def real(name: str, x: Scalar) -> float | None:
    """The value of one number that is no truth value; None under tracing."""
    try:
        a = _checks.concrete(name, x)
    except TypeError:
        a = np.array("")
    traced = isinstance(a, _checks.Abstract)
    if a.ndim or not (traced or a.dtype.kind in "iuf"):
        but = f"its shape is {a.shape}" if a.ndim else f"it is {x!r}"
        raise _checks.error(name, "be a number", but, "a float", TypeError)
    return None if traced else float(a)


def prices(alpha: Scalar, beta: Scalar) -> tuple[Scalar, Scalar]:
    """Of what is predicted and not there, and of what is there and not predicted."""
    found = number("alpha", alpha, 0.0), number("beta", beta, 0.0)
    if real("alpha", alpha) == 0 == real("beta", beta):
        raise _checks.pair_error("alpha", "beta", "not both be 0", "they are", "one above 0")
    return found


def one_given(first: str, x: Array | None, second: str, y: Array | None) -> tuple[str, Array]:
    """Name and value of the one of two arguments that is there."""
    if y is None and x is not None:
        return first, x
    if x is None and y is not None:
        return second, y
    but = "both are" if x is not None else "none is"
    raise _checks.pair_error(first, second, "be given one at a time", but, "one of them")


def same_shape(first: str, x: Scalar, second: str, y: Scalar) -> None:
    """Equal shapes: a column next to a row would broadcast to a table that nobody meant."""
    if np.shape(x) != np.shape(y):
        but = f"their shapes are {_checks.shape_of(x)} and {_checks.shape_of(y)}"
        remedy = "one label a prediction"
        raise _checks.pair_error(first, second, "have the same shape", but, remedy)


def one_each(name: str, x: Scalar, shape: tuple[int, ...]) -> None:
    if np.shape(x) != shape:
        but = f"its shape is {_checks.shape_of(x)} and that of the samples {shape}"
        raise _checks.error(name, "hold one entry a sample", but, f"an array of shape {shape}")


def class_axis(name: str, x: Array, axis: int, argument: str = "axis") -> int:
    """The axis, counted from the end."""
    dimensions = _checks.concrete(name, x).ndim
    if not dimensions:
        but = f"it is {_checks.shown(x)}"
        raise _checks.error(name, "have a class axis", but, "one prediction a class", TypeError)
    last = f"{argument}=-1 for classes last"
    axis = _checks.integer(argument, axis, last)
    if not -dimensions <= axis < dimensions:
        but = f"it is {axis} and the shape is {_checks.shape_of(x)}"
        raise _checks.error(argument, f"be an axis of `{name}`", but, last)
    if np.shape(x)[axis] < 2:
        but = f"its shape is {_checks.shape_of(x)}, with one class along axis {axis}"
        raise _checks.error(name, "tell at least two classes apart", but, "two columns")
    return axis if axis < 0 else axis - dimensions


def countable(name: str, x: Array, classes: int) -> None:
    """Classes are counted in the precision of predictions: half of it ends at 2048."""
    a = _checks.concrete(name, x)
    if isinstance(a, _checks.Abstract) or a.dtype.kind != "f":
        return
    largest = int(2 / np.finfo(a.dtype).eps)
    if classes > largest:
        must, but = "tell its classes apart", f"{a.dtype} counts to {largest}, not to {classes}"
        raise _checks.error(name, must, but, "single precision")


def logits(x: Array, axis: int) -> None:
    a = values("logits", x)
    if a is None:
        return
    if (a == np.inf).any():
        remedy = "finite logits, or -inf for classes that are ruled out"
        raise _checks.error("logits", "be below +inf", "it holds +inf", remedy)
    if (a.max(axis=axis) == -np.inf).any():
        but = "all are -inf in one of the samples"
        raise _checks.error("logits", "leave a class possible", but, "a finite logit a sample")


def probabilities(name: str, x: Array, axis: int) -> None:
    if axis != -1:
        xp, x = together(x)
        x = xp.moveaxis(x, axis, -1)
    _checks.probabilities(name, x)


def labels(x: Array, predictions: Array, axis: int) -> None:
    """Class numbers in range, or probabilities along the class axis."""
    one_label_each(x, predictions, axis)
    if np.ndim(x) < np.ndim(predictions):
        indices("labels", x, np.shape(predictions)[axis])
    else:
        probabilities("labels", x, axis)


def class_numbers(x: Array, predictions: Array, axis: int) -> None:
    """One class number in range for each prediction."""
    if np.ndim(x) >= np.ndim(predictions):
        given, shape = _checks.shape_of(x), _checks.shape_of(predictions)
        remedy = fitting(given, shape, otherwise="integer labels without the class axis")
        but = f"its shape is {given} beside {shape}"
        raise _checks.error("labels", "hold one label a prediction", but, remedy)
    labels(x, predictions, axis)


def one_label_each(x: Array, predictions: Array, axis: int, argument: str = "axis") -> None:
    """Labels of the shape of the predictions, with the class axis or without."""
    given, shape = _checks.shape_of(x), _checks.shape_of(predictions)
    but, remedy = f"its shape is {given} beside {shape}", fitting(given, shape, argument)
    if len(given) == len(shape) - 1 and given != samples(shape, axis):
        raise _checks.error("labels", "hold one label a prediction", but, remedy)
    if len(given) != len(shape) - 1 and given != shape:
        raise _checks.error("labels", "fit the predictions", but, remedy)


def fitting(
    given: tuple[int, ...], shape: tuple[int, ...], argument: str = "axis", otherwise: str = _LABELS
) -> str:
    """What to pass where labels do not fit: another class axis, the two in order, or others."""
    for axis in range(len(shape)):
        if given == shape[:axis] + shape[axis + 1 :]:
            return f"{argument}={axis} if the classes are there"
    if shape and given[:-1] == shape:
        return "labels first and predictions second"
    return otherwise


def samples(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    """The shape without its class axis."""
    return shape[:axis] + shape[axis:][1:]


def indices(name: str, x: Array, classes: int | None = None) -> None:
    """Class numbers 0 … classes − 1."""
    a = values(name, x)
    if a is None:
        return
    if a.dtype.kind not in "iu":
        but = f"its dtype is {a.dtype}"
        raise _checks.error(name, "be integers where they are class numbers", but, _LABELS)
    if a.min() < 0 or (classes is not None and a.max() >= classes):
        must = "be at least 0" if classes is None else f"lie in 0 … {classes - 1}"
        but = f"it reaches from {a.min()} to {a.max()}"
        raise _checks.error(name, must, but, "class numbers; weights=0 for samples to leave out")


def hard(name: str, x: Scalar) -> None:
    """Labels 0 and 1, as far as rounding allows."""
    a = values(name, x)
    if a is not None and (odd := np.minimum(abs(a), abs(a - 1.0)) > _checks.rounding(a)).any():
        but = f"it holds {_checks.digits(a[odd].flat[0])}"
        raise _checks.error(name, "be 0 or 1", but, "hard labels")


def signs(name: str, x: Scalar) -> None:
    a = values(name, x)
    if a is not None and (np.abs(a) != 1).any():
        but = f"it holds {_checks.digits(a[np.abs(a) != 1].flat[0])}"
        raise _checks.error(name, "be -1 or +1", but, "`2 * labels - 1` for labels 0 and 1")


def kets(name: str, x: Array) -> None:
    """State vectors `(..., d)` of norm 1 within √ε."""
    a = _checks.concrete(name, x)
    if a.ndim < 1 or a.shape[-1] == 0:
        but = f"its shape is {a.shape}"
        raise _checks.error(name, "have shape (..., d) with d >= 1", but, "state vectors")
    if isinstance(a, _checks.Abstract):
        return
    if a.size == 0 or not np.isfinite(a).all():
        but = "it is empty" if a.size == 0 else "it holds NaN or an infinity"
        raise _checks.error(name, "be finite and not empty", but, "state vectors")
    worst = np.abs(np.sum(np.abs(a) ** 2, axis=-1) - 1).max()
    if worst > _checks.tolerance(np.result_type(a, np.float32)):
        but = f"a squared norm is off by {worst:.3g}"
        raise _checks.error(name, "have norm 1", but, "`x / np.linalg.norm(x)`, or pure=False")


def pair(proof: Callable[[str, Array], object], data: Array, model: Array) -> None:
    """Two distributions or two states, as `proof` has it, of one dimension."""
    proof("data", data)
    proof("model", model)
    _checks.same_dimension("data", data, "model", model)


def sample_weights(weights: Array | None, shape: tuple[int, ...], name: str = "weights") -> None:
    """Non-negative, not all zero, and no larger than the losses they weigh."""
    if weights is None:
        return
    a = finite(name, weights)
    fitting_weights(weights, shape, name)
    _all_positive(name, a)


def fits(shape: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Whether an array of a shape broadcasts to the wanted one."""
    try:
        return np.broadcast_shapes(shape, wanted) == wanted
    except ValueError:
        return False


def fitting_weights(weights: Array, shape: tuple[int, ...], name: str = "weights") -> None:
    """No larger than the losses they weigh."""
    if not fits(np.shape(weights), shape):
        but = f"its shape is {_checks.shape_of(weights)} and the losses have {tuple(shape)}"
        raise _checks.error(name, "broadcast to the losses", but, "one weight a sample")


def counted(name: str, counts: Array) -> None:
    """How often each sample counts in a mean: not all of them never."""
    a = values(name, counts)
    if a is not None and not (a > 0).any():
        but = "all that are there have weight 0"
        raise _checks.error(name, "leave a sample to take the mean of", but, "a positive weight")


def class_weights(weights: Array | str | None, classes: int) -> None:
    if weights is None or isinstance(weights, str):
        _checks.one_of("class_weights", weights, (None, "balanced"))
    else:
        one_a_class(weights, classes)


def one_a_class(weights: Array | Sequence[float], classes: int) -> None:
    if _checks.concrete("class_weights", weights).shape != (classes,):
        but = f"its shape is {_checks.shape_of(weights)} and there are {classes} classes"
        raise _checks.error("class_weights", "hold one weight a class", but, f"({classes},)")
    _all_positive("class_weights", finite("class_weights", weights))


def _all_positive(name: str, a: np.ndarray | None) -> None:
    if a is not None and (a.min() < 0 or a.max() == 0):
        but = f"it reaches from {a.min():.6g} to {a.max():.6g}"
        raise _checks.error(name, "be non-negative and not all 0", but, "positive weights")
