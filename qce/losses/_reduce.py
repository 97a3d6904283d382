"""From one loss a sample to what is trained: weights that mean repetition, and a reduction."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypedDict, TypeVar

from qce import _checks
from qce.losses import _arguments
from qce.losses._arrays import charge
from qce.typing import Array, Scalar

Loss = TypeVar("Loss", bound=Callable[..., Array])
Settings = tuple[Scalar, ...]  # numbers, which may be traced
Own = TypeVar("Own", bound=NamedTuple)


class Options(TypedDict, total=False):
    """Which samples count, how often, and what becomes of their losses: as every loss is told.

    Attributes:
        weights: How often each counts; broadcasts to the losses. None for once.
        where: Which are there at all; broadcasts to the losses. None for all.
        reduction: "mean", "sum" or "none"; "mean" unless another is asked for.
        check: Whether to check arguments; True unless in inner loops.
    """

    weights: Array | None
    where: Array | None
    reduction: str
    check: bool


class Samples(NamedTuple):
    """Options that were checked, those that were not given as they are by default."""

    weights: Array | None = None
    where: Array | None = None
    reduction: str = "mean"
    check: bool = True


def told(options: Options, **arrays: Scalar) -> Samples:
    """The options of a loss, `check` a truth value and the reduction known; arrays hold numbers."""
    if unknown := options.keys() - set(Samples._fields):
        raise TypeError(f"a loss got an unexpected keyword argument {min(unknown)!r}")
    samples = Samples(**options)
    _checks.one_of("reduction", samples.reduction, ("mean", "sum", "none"))
    return samples._replace(check=_arguments.given(samples.check, **arrays))


def parted(default: Own, options: Mapping[str, object]) -> tuple[Own, Options]:
    """Options of some losses, those that were not given as they are by default, and the rest."""
    own = {name: x for name, x in options.items() if name in default._fields}
    rest: Any = {name: x for name, x in options.items() if name not in own}
    return default._replace(**own), rest


def showing(*kinds: type[NamedTuple]) -> Callable[[Loss], Loss]:
    """Let the signature of a loss `(…, **options)` show the fields of these, as help() does.

    >>> @showing(Samples)
    ... def miss(labels: Array, predictions: Array, **options: Any) -> Array:
    ...     return told(options).reduction
    >>> inspect.signature(miss).parameters["reduction"], miss(0, 0)
    (<Parameter "reduction: 'str' = 'mean'">, 'mean')
    """
    fields = [x for kind in kinds for x in inspect.signature(kind).parameters.values()]
    as_written = [getattr(x.annotation, "__forward_arg__", x.annotation) for x in fields]
    named = [
        x.replace(kind=x.KEYWORD_ONLY, annotation=text)
        for x, text in zip(fields, as_written, strict=True)
    ]

    def show(loss: Loss) -> Loss:
        shown = inspect.signature(loss)
        own = [x for x in shown.parameters.values() if x.kind is not x.VAR_KEYWORD]
        loss.__signature__ = shown.replace(parameters=[*own, *named])  # type: ignore[attr-defined]
        return loss

    return show


per_sample = showing(Samples)


def reduce(xp: Any, values: Array, weights: Array | None, reduction: str) -> Array:
    """Σ w l / Σ w, Σ w l, or w l; a sample of weight 0 is not there, whatever its loss is.

    Losses `(...)` are non-negative where they may be infinite; weights broadcast to them.
    """
    if weights is not None:
        values = charge(xp, weights + xp.zeros_like(values), xp.where(weights == 0, 0.0, values))
    if reduction == "none":
        return values
    total = xp.sum(values)
    if reduction == "sum":
        return total
    ones = xp.ones_like(values)
    return total / xp.sum(ones if weights is None else weights * ones)
