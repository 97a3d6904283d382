"""How often intervals hold the true value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import numpy as np
from scipy.stats import binom

from qce import _checks
from qce._checks import error
from qce.plots._style import BLUE, GREY, panel
from qce.results import Estimate
from qce.typing import Array, Scalar

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LEVELS = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99])


def calibration(estimates: Sequence[Estimate], truth: Scalar, *, axes: Axes | None = None) -> Axes:
    """Draw how often the intervals of estimates hold the true value, against their level.

    Correct error bars lie on the diagonal; below it they are too small, above it too large. The
    grey band holds the share of this many correct intervals 95 times in 100, at each level.

    Args:
        estimates: Independent estimates, each with its `interval`.
        truth: What they estimate: one number, or one for each, shape `(k,)`.
        axes: Where to draw; by default a new figure.

    Returns:
        The axes.

    Raises:
        ValueError: There is no estimate, or not one true value for each.

    Example:
        >>> import numpy as np
        >>> from qce import Estimate
        >>> found = [Estimate(x, 1.0) for x in np.random.default_rng(0).normal(size=200)]
        >>> axes = calibration(found, 0.0)
        >>> level, share = axes.lines[-1].get_xydata()[-1]
        >>> float(level), float(share)
        (0.99, 1.0)
    """
    found = _checks.sequence("estimates", estimates, "a list of estimates")
    for one in found:
        _checks.instance("estimates", one, Estimate, "a list of estimates")
    if not found:
        raise error("estimates", "not be empty", "there is none", "a list of estimates")
    true = _checks.reals("truth", cast("Array", truth), "the true value of each")
    if true.shape not in ((), (len(found),)):
        but = f"it has shape {true.shape}, and there are {len(found)} estimates"
        raise error("truth", "be one number, or one for each", but, "the true values, shape (k,)")
    ends = np.array([[one.interval(level) for one in found] for level in _LEVELS])
    shares = ((ends[..., 0] <= true) & (true <= ends[..., 1])).mean(axis=1)
    levels = np.linspace(0, 1, 101)
    low, high = (binom.ppf(edge, len(found), levels) / len(found) for edge in (0.025, 0.975))
    with panel(axes, 0.8, 0.8) as axes:
        axes.fill_between(levels, low, high, color=GREY, alpha=0.2, linewidth=0, label="by chance")
        axes.plot([0, 1], [0, 1], color=GREY, linestyle=":", label="right")
        axes.plot(_LEVELS, shares, "o-", color=BLUE, markersize=3, label=f"{len(found)} estimates")
        axes.set(xlabel="level of the interval", ylabel="share that holds the true value")
        axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
        axes.legend(loc="upper left")
    return axes
