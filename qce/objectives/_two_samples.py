r"""The kernel discrepancy of two samples: unbiased value and standard error, from frequencies.

With means μ, ν and covariances Σ, T of the kernel's features and Δ = μ − ν, the unbiased estimate
from N and M outcomes has variance 4 ΔΣΔ/N + 4 ΔTΔ/M + 2 Tr Σ²/N(N−1) + 2 Tr T²/M(M−1) + 4 Tr ΣT/NM:
the first two terms vanish where the distributions agree, the others do not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from qce._concrete import constant
from qce.losses import _cube
from qce.losses.discrepancy import parity_shares
from qce.typing import Array


@dataclass(frozen=True)
class Kernel:
    """A kernel with K(x, x) = 1 over a list of outcomes.

    Args:
        smooth: measure μ over the outcomes → Σ_y K(x, y) μ(y).
        smooth_squared: the same for K².
    """

    smooth: Callable[[Array], Array]
    smooth_squared: Callable[[Array], Array]


def on_cube(xp: Any, wires: int, widths: tuple[float, ...]) -> Kernel:
    """The kernel over all bit strings, `(2^n,)`, by Walsh-Hadamard transforms."""
    # A product of two Gaussians is one: 1/σ adds.
    pairs = tuple(1 / (1 / a + 1 / b) for a in widths for b in widths)

    def by(shares: np.ndarray) -> Callable[[Array], Array]:
        transform = _cube.walsh_hadamard
        return lambda measure: transform(xp, constant(shares) * transform(xp, measure))

    return Kernel(by(parity_shares(wires, widths)), by(parity_shares(wires, pairs)))


def on_points(bits: np.ndarray, widths: tuple[float, ...]) -> Kernel:
    """The kernel over listed bit strings `(k, n)`, as a matrix."""
    x = bits.astype(float)
    ones = x.sum(axis=1)
    distances = ones[:, None] + ones - 2 * (x @ x.T)
    matrix = np.mean([np.exp(-distances / (2 * sigma)) for sigma in widths], axis=0)
    return Kernel(lambda measure: matrix @ measure, lambda measure: matrix**2 @ measure)


@dataclass(frozen=True)
class Sample:
    """Relative frequencies of listed outcomes, from `count` draws; None where they are exact."""

    frequencies: Array
    count: int | None


def discrepancy(xp: Any, kernel: Kernel, data: Sample, model: Sample) -> tuple[Array, Array]:
    """Unbiased squared discrepancy, and its variance to leading order in 1/N and 1/M."""
    p, q = data.frequencies, model.frequencies
    of_data, of_model = kernel.smooth(p), kernel.smooth(q)
    witness = of_data - of_model
    value = (p - q) @ witness
    across = p @ kernel.smooth_squared(q) - p @ of_model**2 - q @ of_data**2 + (p @ of_model) ** 2
    variance = xp.zeros(())
    for one, smooth, other in ((data, of_data, model), (model, of_model, data)):
        if one.count is None:
            continue
        distribution, n = one.frequencies, one.count
        value = value - (1 - distribution @ smooth) / (n - 1)
        within = _squared_covariance(kernel, distribution, smooth, n)
        linear = distribution @ (witness - distribution @ witness) ** 2 - within / n
        if other.count is not None:
            # The noise of the other sample adds to Δ; that gives half of the last term.
            linear = linear - across / other.count
            variance = variance + 2 * across / (n * other.count)
        variance = variance + 4 * xp.maximum(linear, 0.0) / n + 2 * within / (n * (n - 1))
    return value, variance


def _squared_covariance(kernel: Kernel, distribution: Array, smooth: Array, n: int) -> Array:
    """Tr Σ² from pairs of different draws: pairs of a draw with itself would add 1/N."""
    mean = distribution @ smooth
    pairs = (
        distribution @ kernel.smooth_squared(distribution)
        - 2 * (distribution @ smooth**2)
        + mean**2
    )
    itself = distribution @ (1 - 2 * smooth + mean) ** 2
    return (n * pairs - itself) / (n - 1)
