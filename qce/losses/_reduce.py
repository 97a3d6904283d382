"""From one loss a sample to what is trained: weights that mean repetition, and a reduction."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple, TypedDict, TypeVar

from qce.losses import _arguments
from qce.losses._arrays import charge
from qce.typing import Array, Scalar

Loss = TypeVar("Loss", bound=Callable[..., Array])


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
    samples = _samples(options)
    _arguments.reduction(samples.reduction)
    return samples._replace(check=_arguments.given(samples.check, **arrays))


def reduction_of(options: Options) -> str:
    """How losses of samples become one."""
    return _samples(options).reduction


def _samples(options: Options) -> Samples:
    if unknown := options.keys() - set(Samples._fields):
        raise TypeError(f"a loss got an unexpected keyword argument {min(unknown)!r}")
    return Samples(**options)


def per_sample(loss: Loss) -> Loss:
    """A loss `(…, **options: Unpack[Options])` whose signature shows each option, as help() does.

    >>> @per_sample
    ... def miss(labels: Array, predictions: Array, **options: Any) -> Array:
    ...     return told(options).reduction
    >>> inspect.signature(miss).parameters["reduction"], miss(0, 0)
    (<Parameter "reduction: 'str' = 'mean'">, 'mean')
    """
    shown = inspect.signature(loss)
    own = [x for x in shown.parameters.values() if x.kind is not x.VAR_KEYWORD]
    loss.__signature__ = shown.replace(parameters=[*own, *_OPTIONS])  # type: ignore[attr-defined]
    return loss


def _as_everywhere(
    *,
    weights: Array | None = None,
    where: Array | None = None,
    reduction: str = "mean",
    check: bool = True,
) -> None: ...


_OPTIONS = tuple(inspect.signature(_as_everywhere).parameters.values())


def reduce(xp: Any, values: Array, weights: Array | None, reduction: str) -> Array:
    """Σ w l / Σ w, Σ w l, or w l; a sample of weight 0 is not there, whatever its loss is.

    Args:
        xp: Array namespace.
        values: Losses `(...)`, non-negative where they may be infinite.
        weights: How often each sample counts; broadcasts to the losses. None for once.
        reduction: "mean", "sum" or "none".
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
