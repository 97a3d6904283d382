"""The mean of a sample given by its frequencies, with its standard error."""

from __future__ import annotations

from qce.typing import Array


def sample_mean(frequencies: Array, values: Array, total: float) -> tuple[Array, Array]:
    """Return Σ f v, and the sample deviation of v over √total.

    Args:
        frequencies: of the outcomes, sum 1 over the last axis, shape `(..., k)`.
        values: of the quantity in each outcome, shape `(k,)`.
        total: how many outcomes were drawn independently, at least 2.

    Returns:
        Mean and standard error, each of shape `(...)`.
    """
    mean = frequencies @ values
    # Not Σ f v² − mean², which would cancel for energies of 30 nats. A sum of rounding errors is no
    # variance.
    deviations = (values - mean[..., None]) ** 2
    return mean, ((frequencies * deviations).sum(axis=-1) / (total - 1)) ** 0.5
