"""The table of twins: each quantum quantity next to the classical one it becomes.

One line for a pair. The classical-limit check, the tests and the documentation all read it.
"""

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
    """

    name: str
    arguments: int
    under_dephasing: int

    @property
    def classical(self) -> Callable[..., Any]:
        """The quantity of probability vectors `(..., k)`."""
        return getattr(classical, self.name)

    @property
    def quantum(self) -> Callable[..., Any]:
        """The quantity of density matrices `(..., d, d)`."""
        return getattr(quantum, self.name)


TWINS = (
    Twin("entropy", arguments=1, under_dephasing=+1),
    Twin("cross_entropy", arguments=2, under_dephasing=0),
    Twin("relative_entropy", arguments=2, under_dephasing=-1),
)
