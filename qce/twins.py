"""The table of twins: each quantum quantity next to the classical one it becomes.

One line for a pair. The classical-limit check, the tests and the documentation all read it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from qce import classical, quantum


@dataclass(frozen=True)
class Twin:
    """A quantum quantity and its classical limit.

    Attributes:
        name: What to call the pair.
        classical: The quantity of probability vectors `(..., k)`.
        quantum: The quantity of density matrices `(..., d, d)`.
        arguments: How many states both take.
        under_dephasing: Whether dephasing of all states never lowers it (+1), never raises it
            (-1), or may do either (0).
        kink: Whether it has a kink where the states are equal, so that rounding decides about
            the gradient of close states.
    """

    name: str
    classical: Callable[..., Any]
    quantum: Callable[..., Any]
    arguments: int = 2
    under_dephasing: int = 0
    kink: bool = False


def _divergence(
    name: str, classical: Callable[..., Any], quantum: Callable[..., Any], kink: bool = False
) -> Twin:
    """A function of two states that data processing, of which dephasing is a kind, never raises."""
    return Twin(name, classical, quantum, under_dephasing=-1, kink=kink)


def _renyi(name: str, family: Callable[..., Any], alpha: float) -> Twin:
    """One order of a family that becomes Rényi's."""
    becomes, of_order = (
        partial(classical.renyi_divergence, alpha=alpha),
        partial(family, alpha=alpha),
    )
    return _divergence(f"{name} divergence, α = {alpha:g}", becomes, of_order)


TWINS = (
    Twin("entropy", classical.entropy, quantum.entropy, arguments=1, under_dephasing=+1),
    Twin("cross entropy", classical.cross_entropy, quantum.cross_entropy),
    _divergence("relative entropy", classical.relative_entropy, quantum.relative_entropy),
    _renyi("Petz-Rényi", quantum.petz_renyi_divergence, 0.5),
    _renyi("Petz-Rényi", quantum.petz_renyi_divergence, 2.0),
    _renyi("sandwiched Rényi", quantum.sandwiched_renyi_divergence, 0.5),
    _renyi("sandwiched Rényi", quantum.sandwiched_renyi_divergence, 2.0),
    _divergence(
        "min-relative entropy", classical.min_relative_entropy, quantum.min_relative_entropy
    ),
    _divergence(
        "max-relative entropy",
        classical.max_relative_entropy,
        quantum.max_relative_entropy,
        kink=True,
    ),
    _divergence(
        "Belavkin-Staszewski relative entropy",
        classical.relative_entropy,
        quantum.belavkin_staszewski_relative_entropy,
    ),
    _divergence(
        "measured relative entropy", classical.relative_entropy, quantum.measured_relative_entropy
    ),
    _divergence(
        "Jensen-Shannon divergence",
        classical.jensen_shannon_divergence,
        quantum.jensen_shannon_divergence,
    ),
    _divergence("Chernoff information", classical.chernoff, quantum.chernoff),
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
    _divergence("Bures distance", classical.bures_distance, quantum.bures_distance),
    _divergence("trace distance", classical.total_variation, quantum.trace_distance, kink=True),
)
