"""Losses of a regressor: the likelihood of numbers that scatter about its means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from qce import losses
from qce._checks import one_of
from qce.models import Regressor
from qce.typing import Array, Scalar

LIKELIHOODS = ("gaussian_nll", "laplace_nll")


@dataclass(frozen=True)
class Likelihood:
    """−log p(y|x) with the mean f(x) and the spread of a `Regressor`, in nats.

    Args:
        name: "gaussian_nll", or "laplace_nll", on which outliers have less effect.
    """

    name: str
    of_states: ClassVar[bool] = False
    of_labels: ClassVar[bool] = True

    def of_batch(
        self, model: Regressor, params: Array, features: Array, targets: Array, weights: Array
    ) -> tuple[Array, Scalar]:
        """Return the mean over a batch with the weights of its targets, and no accuracy."""
        return self._of(model.means(params, features), model.spread(params), targets, weights)

    def of_laws(
        self, model: Regressor, params: Array, distributions: Array, targets: Array, weights: Array
    ) -> tuple[Array, Scalar]:
        """Return the same of distributions of outcomes `(B, 2^n)`, as a device measures them."""
        return self._of(model.read(params, distributions), model.spread(params), targets, weights)

    def _of(
        self, means: Array, spread: Array, targets: Array, weights: Array
    ) -> tuple[Array, Scalar]:
        words: dict[str, Any] = {"weights": weights, "check": False}
        if self.name == "laplace_nll":
            return losses.laplace_nll(targets, means, spread + 0 * means, **words), np.nan
        return losses.gaussian_nll(targets, means, spread**2 + 0 * means, **words), np.nan

    def deviation(self, spread: float) -> float:
        """Return the standard deviation; the scale of a Laplace distribution is 1/√2 of it."""
        return float(2**0.5 * spread if self.name == "laplace_nll" else spread)


def likelihood(loss: object) -> Likelihood:
    """Return the likelihood of that name."""
    if isinstance(loss, Likelihood):
        return loss
    one_of("loss", loss, LIKELIHOODS)
    return Likelihood(str(loss))
