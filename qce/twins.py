"""The table of twins: each quantum quantity next to the classical one it becomes.

One line for a pair. The classical-limit check, the tests and the documentation all read it.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from qce import classical, quantum


@dataclass(frozen=True)
class Twin:
    """A quantum quantity and its classical limit.

    Attributes:
        name: What both are called, in `qce.classical` and in `qce.quantum`.
        arguments: How many states it takes.
        under_dephasing: Whether dephasing of all states never lowers it (+1), never raises it
            (-1), or does either (0).
        becomes: The name of the classical one, where it is another.
        alpha: The order, for families of divergences.
    """

    name: str
    arguments: int
    under_dephasing: int
    becomes: str = ""
    alpha: float | None = None

    @property
    def classical(self) -> Callable[..., Any]:
        """The quantity of probability vectors `(..., k)`."""
        return self._of_order(getattr(classical, self.becomes or self.name))

    @property
    def quantum(self) -> Callable[..., Any]:
        """The quantity of density matrices `(..., d, d)`."""
        return self._of_order(getattr(quantum, self.name))

    def _of_order(self, function: Callable[..., Any]) -> Callable[..., Any]:
        return function if self.alpha is None else functools.partial(function, alpha=self.alpha)


def _divergence(name: str, becomes: str = "", alpha: float | None = None) -> Twin:
    """A function of two states that data processing, of which dephasing is a kind, never raises."""
    return Twin(name, arguments=2, under_dephasing=-1, becomes=becomes, alpha=alpha)


TWINS = (
    Twin("entropy", arguments=1, under_dephasing=+1),
    Twin("cross_entropy", arguments=2, under_dephasing=0),
    _divergence("relative_entropy"),
    _divergence("petz_renyi_divergence", becomes="renyi_divergence", alpha=0.5),
    _divergence("petz_renyi_divergence", becomes="renyi_divergence", alpha=2.0),
    _divergence("sandwiched_renyi_divergence", becomes="renyi_divergence", alpha=0.5),
    _divergence("sandwiched_renyi_divergence", becomes="renyi_divergence", alpha=2.0),
    _divergence("min_relative_entropy"),
    _divergence("max_relative_entropy"),
    _divergence("belavkin_staszewski_relative_entropy", becomes="relative_entropy"),
    _divergence("measured_relative_entropy", becomes="relative_entropy"),
    _divergence("jensen_shannon_divergence"),
    _divergence("chernoff"),
    Twin("relative_entropy_variance", arguments=2, under_dephasing=0),
    Twin("cross_entropy_variance", arguments=2, under_dephasing=0),
    Twin("fidelity", arguments=2, under_dephasing=+1),
    _divergence("bures_distance"),
    _divergence("trace_distance", becomes="total_variation"),
)
