"""The table of twins: each quantum quantity and the classical one that it becomes.

One line for a pair. The classical-limit check, the tests and the documentation all use it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from qce import classical, losses, quantum
from qce._arrays import library
from qce._showing import Shown

__all__ = ["TWINS", "Twin"]


@dataclass(frozen=True, repr=False)
class Twin(Shown):
    """A quantum quantity and its classical limit.

    Attributes:
        name: Of the pair.
        classical: The quantity of probability vectors `(..., k)`.
        quantum: The quantity of density matrices `(..., d, d)`.
        arguments: How many states both take.
        under_dephasing: Whether dephasing of all states never lowers it (+1), never raises it
            (-1), or may do either (0).
        kink: Whether it has a kink where the states are equal, so that the gradient of close states
            depends on rounding.
    """

    name: str
    classical: Callable[..., Any]
    quantum: Callable[..., Any]
    arguments: int = 2
    under_dephasing: int = 0
    kink: bool = False


def _divergence(
    name: str,
    function: Callable[..., Any],
    becomes: Callable[..., Any] | None = None,
    kink: bool = False,
) -> Twin:
    """A function of two states that data processing, such as dephasing, never raises.

    It becomes the function of the same name in `qce.classical` unless another is given.
    """
    twin = becomes or getattr(classical, function.__name__)
    return Twin(name, twin, function, under_dephasing=-1, kink=kink)


def _renyi(name: str, family: Callable[..., Any], alpha: float) -> Twin:
    """One order of a family that becomes Rényi's."""
    becomes, of_order = (
        partial(classical.renyi_divergence, alpha=alpha),
        partial(family, alpha=alpha),
    )
    return _divergence(f"{name} divergence, α = {alpha:g}", of_order, becomes)


def _order(name: str, function: str, alpha: float) -> Twin:
    """An entropy of one order, which no dephasing lowers."""
    becomes, of_order = (
        partial(getattr(side, function), alpha=alpha) for side in (classical, quantum)
    )
    return Twin(f"{name}, α = {alpha:g}", becomes, of_order, arguments=1, under_dephasing=+1)


def _loss(
    name: str,
    function: str,
    *labels: float,
    arguments: int = 2,
    under_dephasing: int = 0,
    kink: bool = False,
    **settings: Any,
) -> Twin:
    """A loss of `qce.losses.quantum` and the one of the same name in `qce.losses.classical`."""
    becomes, quantum_loss = (
        partial(getattr(side, function), *labels, reduction="none", **settings)
        for side in (losses.classical, losses.quantum)
    )
    return Twin(name, becomes, quantum_loss, arguments, under_dephasing, kink)


def _ensemble(loss: Callable[..., Any], *states: Any, **settings: Any) -> Any:
    """A loss of an ensemble of two classes, the first with three times the weight, and a model."""
    return loss(states[:-1], states[-1], (3.0, 1.0), **settings)


def _of_letters(function: Callable[..., Any], axis: int, *states: Any, **settings: Any) -> Any:
    """A quantity of an ensemble of three states, of unequal weights."""
    stacked = library(*states).xp.stack(states, axis)
    return function(stacked, (0.5, 0.3, 0.2), **settings)


def _batch(loss: Callable[..., Any], axis: int, *states: Any, **settings: Any) -> Any:
    """A contrastive loss of a batch, in which the last state is of another class."""
    stacked = library(*states).xp.stack(states, axis)
    labels = [0] * (len(states) - 1) + [1]
    return loss(labels, stacked, reduction="none", **settings).sum(-1)


def _views(loss: Callable[..., Any], axis: int, *states: Any, **settings: Any) -> Any:
    """A contrastive loss of two views, in which each state is followed by the next."""
    xp = library(*states).xp
    first, second = xp.stack(states[:-1], axis), xp.stack(states[1:], axis)
    return loss(first, second, reduction="none", **settings).sum(-1)


def _of_batch(name: str, takes: Callable[..., Any], function: str) -> Twin:
    """A contrastive loss of three states, which are stacked along the axis of a batch.

    At temperature 1: a lower one magnifies the rounding of similarities beyond the tolerance of the
    limit, which is for entropies of order one.
    """
    becomes, quantum_loss = (
        partial(takes, getattr(side, function), axis, temperature=1.0)
        for side, axis in ((losses.classical, -2), (losses.quantum, -3))
    )
    return Twin(name, becomes, quantum_loss, arguments=3)


TWINS = (
    Twin("entropy", classical.entropy, quantum.entropy, arguments=1, under_dephasing=+1),
    Twin("cross entropy", classical.cross_entropy, quantum.cross_entropy),
    _divergence("relative entropy", quantum.relative_entropy),
    _order("Rényi entropy", "renyi_entropy", 0.5),
    _order("Rényi entropy", "renyi_entropy", 2.0),
    _order("Tsallis entropy", "tsallis_entropy", 3.0),
    Twin("purity", classical.purity, quantum.purity, arguments=1, under_dephasing=-1),
    _renyi("Petz-Rényi", quantum.petz_renyi_divergence, 0.5),
    _renyi("Petz-Rényi", quantum.petz_renyi_divergence, 2.0),
    _renyi("sandwiched Rényi", quantum.sandwiched_renyi_divergence, 0.5),
    _renyi("sandwiched Rényi", quantum.sandwiched_renyi_divergence, 2.0),
    _divergence("min-relative entropy", quantum.min_relative_entropy),
    _divergence("max-relative entropy", quantum.max_relative_entropy, kink=True),
    _divergence(
        "Belavkin-Staszewski relative entropy",
        quantum.belavkin_staszewski_relative_entropy,
        classical.relative_entropy,
    ),
    _divergence(
        "measured relative entropy", quantum.measured_relative_entropy, classical.relative_entropy
    ),
    _divergence("Jensen-Shannon divergence", quantum.jensen_shannon_divergence),
    _divergence("Chernoff information", quantum.chernoff),
    Twin(
        "variance of relative entropy",
        classical.relative_entropy_variance,
        quantum.relative_entropy_variance,
    ),
    Twin(
        "variance of cross entropy",
        classical.cross_entropy_variance,
        quantum.cross_entropy_variance,
    ),
    Twin("fidelity", classical.fidelity, quantum.fidelity, under_dephasing=+1),
    _divergence("Bures distance", quantum.bures_distance),
    _divergence("trace distance", quantum.trace_distance, classical.total_variation, kink=True),
    _divergence("Hellinger distance", quantum.hellinger_distance),
    _divergence("Hilbert-Schmidt distance", quantum.hilbert_schmidt_distance),
    _divergence(
        "α-divergence, α = 1.5",
        partial(quantum.alpha_divergence, alpha=1.5),
        partial(classical.alpha_divergence, alpha=1.5),
    ),
    Twin("expectation value", classical.expectation, quantum.expectation),
    Twin(
        "Holevo information",
        partial(_of_letters, classical.holevo_information, -2),
        partial(_of_letters, quantum.holevo_information, -3),
        arguments=3,
        under_dephasing=-1,
    ),
    _loss("balanced cross entropy, β = 1", "balanced_cross_entropy"),
    _loss("balanced cross entropy, β = 0.5", "balanced_cross_entropy", power=0.5),
    _loss("focal cross entropy, γ = 2", "focal_cross_entropy"),
    _loss("focal cross entropy, γ = 1", "focal_cross_entropy", gamma=1.0),
    _loss("fidelity Dice loss", "fidelity_dice_loss", under_dephasing=-1),
    _loss("fidelity Jaccard loss", "fidelity_jaccard_loss", under_dephasing=-1),
    _loss("fidelity Tversky loss", "fidelity_tversky_loss", beta=2.0, under_dephasing=-1),
    _loss(
        "fidelity focal Tversky loss", "fidelity_focal_tversky_loss", under_dephasing=-1, kink=True
    ),
    _loss("contrastive loss, alike", "contrastive_loss", 1.0, under_dephasing=-1),
    _loss("contrastive loss, apart", "contrastive_loss", 0.0, under_dephasing=+1, kink=True),
    _loss("triplet loss", "triplet_loss", arguments=3, kink=True),
    Twin(
        "weighted cross entropy",
        partial(_ensemble, losses.classical.weighted_cross_entropy, reduction="none"),
        partial(_ensemble, losses.quantum.weighted_cross_entropy, reduction="none"),
        arguments=3,
    ),
    _of_batch("supervised contrastive loss", _batch, "supervised_contrastive_loss"),
    _of_batch("InfoNCE loss", _views, "info_nce_loss"),
    _of_batch("NT-Xent loss", _views, "nt_xent_loss"),
)
