"""Probabilities from few counts: smoothing by name, and the bias of a likelihood with it."""

from __future__ import annotations

from dataclasses import dataclass

from qce import _checks
from qce.typing import Array


@dataclass(frozen=True)
class Smoothing:
    """Probabilities (count + β)/(N + βd) of d outcomes: Lidstone's rule, with β by name.

    Args:
        name: `"add-half"`, β = ½, as in hedged maximum likelihood: to first order the mean of −ln p
            is high by (d − 1)/2N for any p; `"hedged"`, β = √N/d: the least squared error in the
            worst case, and no probability below 1/d(√N + 1), but a bias of order 1/√N; `"none"`,
            β = 0: an outcome that was not drawn has probability 0.
        outcomes: number of outcomes d.
        shots: number of counts N; `None` for exact probabilities, which stay as they are.

    Source: R. Blume-Kohout, Phys. Rev. Lett. 105, 200504 (2010); for β = √N/d S. Trybuła, Ann.
    Math. Statist. 29 (1958).
    """

    name: str
    outcomes: int
    shots: int | None

    def __post_init__(self) -> None:
        _checks.one_of("smoothing", self.name, ("add-half", "hedged", "none"))

    @property
    def pseudocount(self) -> float:
        """β, added to every count."""
        if self.shots is None or self.name == "none":
            return 0.0
        return 0.5 if self.name == "add-half" else self.shots**0.5 / self.outcomes

    @property
    def slope(self) -> float:
        """Derivative of a probability with respect to the frequency."""
        if self.shots is None:
            return 1.0
        return self.shots / (self.shots + self.pseudocount * self.outcomes)

    def distribution(self, frequencies: Array) -> Array:
        """Return (count + β)/(N + βd), shape `(d,)`, from count/N."""
        if self.shots is None:
            return frequencies
        return (frequencies * self.shots + self.pseudocount) / (
            self.shots + self.pseudocount * self.outcomes
        )

    @property
    def bias(self) -> str:
        """The remark on the bias of a likelihood."""
        if self.shots is None:
            return ""
        if self.name == "none":
            return "biased: the logarithm of frequencies"
        if self.name == "hedged":
            return f"probabilities smoothed by {self.pseudocount:.2g} counts each"
        high = (self.outcomes - 1) / (2 * self.shots)
        return f"probabilities smoothed by half a count, high by about {high:.2g} nats"
