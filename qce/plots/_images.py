"""Images with unseen pixels, filled in by a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qce import _checks
from qce._checks import error
from qce.data.rows import OPEN, seen_bits
from qce.plots._style import panel
from qce.typing import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BLACK, _WHITE = np.array([0.0, 0.0, 0.0]), np.array([1.0, 1.0, 1.0])
_FULL, _EMPTY = np.array([0.0, 0.447, 0.698]), np.array([0.80, 0.88, 0.94])  # filled in
_UNSEEN, _GAP = np.array([0.72, 0.72, 0.72]), np.array([1.0, 1.0, 1.0])


def fill_ins(
    given: Array, filled: Array, shape: tuple[int, int], *, axes: Axes | None = None
) -> Axes:
    """Draw images of which pixels are missing, and below each what was filled in.

    Pixels that were seen are black and white, those filled in dark and light blue; unseen ones have
    a cross. A number between 0 and 1, such as the mean of many draws, is a shade in between.

    Args:
        given: Bits `(k, n)`, −1 or NaN where a pixel was not seen.
        filled: Bits, or probabilities, `(k, n)`: what `fill_in` of a model returns; of several
            draws `(m, k, n)`, one row of images each.
        shape: Rows and columns of an image, with n pixels, row by row.
        axes: Where to draw; by default a new figure.

    Returns:
        The axes.

    Raises:
        ValueError: The shapes do not fit, or there are other numbers.

    Example:
        >>> axes = fill_ins([[1, -1, 0, -1]], [[1, 1, 0, 0]], (2, 2))
        >>> [label.get_text() for label in axes.get_yticklabels()]
        ['seen', 'filled in']
    """
    seen = seen_bits("given", given)
    if seen.ndim != 2 or not seen.size:
        raise error("given", "have shape (k, n)", f"its shape is {seen.shape}", "one row an image")
    rows, columns = _shape(shape, seen.shape[1])
    draws = _checks.reals("filled", filled, "bits, or numbers from 0 to 1")
    draws = draws[None] if draws.ndim == 2 else draws
    if draws.ndim != 3 or draws.shape[1:] != seen.shape:
        but = f"their shapes are {seen.shape} and {np.shape(filled)}"
        raise _checks.pair_error("given", "filled", "be of the same images", but, "(k, n) for both")
    if draws.min() < 0 or draws.max() > 1:
        worst = draws.min() if draws.min() < 0 else draws.max()
        raise error("filled", "be from 0 to 1", f"one is {worst:g}", "bits, or probabilities")
    pictures = [_colors(seen, np.where(seen == OPEN, np.nan, seen))]
    pictures += [_colors(seen, draw) for draw in draws]
    mosaic = _mosaic(np.stack(pictures), rows, columns)
    height = min(mosaic.shape[0] / mosaic.shape[1], 2.0)
    with panel(axes, 1.0, 0.9 * height + 0.1) as axes:
        axes.imshow(mosaic, interpolation="nearest")
        _crosses(axes, seen, rows, columns)
        axes.set_xticks([])
        centres = (rows + 1) * np.arange(len(pictures)) + (rows - 1) / 2
        several = [f"draw {k + 1}" for k in range(len(draws))]
        axes.set_yticks(centres, ["seen", *(several if len(draws) > 1 else ["filled in"])])
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
    return axes


def _shape(shape: object, pixels: int) -> tuple[int, int]:
    remedy = "shape=(4, 4), for example"
    sides = [
        _checks.integer("shape", side, remedy, least=1)
        for side in _checks.sequence("shape", shape, remedy)
    ]
    if len(sides) != 2 or sides[0] * sides[1] != pixels:
        but = f"it is {tuple(sides)}"
        raise error("shape", f"be rows and columns of {pixels} pixels", but, remedy)
    return sides[0], sides[1]


def _colors(seen: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Colours `(k, n, 3)`: of what was seen, of what was not, of what was filled in there."""
    share = np.nan_to_num(values)[..., None]
    black = _WHITE + share * (_BLACK - _WHITE)
    blue = _EMPTY + share * (_FULL - _EMPTY)
    blue = np.where(np.isnan(values)[..., None], _UNSEEN, blue)
    return np.where((seen == OPEN)[..., None], blue, black)


def _mosaic(pictures: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Pictures `(m, k, n, 3)` as one, a gap of a pixel between any two."""
    m, k = pictures.shape[:2]
    whole = np.tile(_GAP, (m, rows + 1, k, columns + 1, 1))
    whole[:, :rows, :, :columns] = pictures.reshape(m, k, rows, columns, 3).swapaxes(1, 2)
    return whole.reshape(m * (rows + 1), k * (columns + 1), 3)[:-1, :-1]


def _crosses(axes: Axes, seen: np.ndarray, rows: int, columns: int) -> None:
    """Mark pixels that were not seen, and frame each image."""
    image, pixel = np.nonzero(seen == OPEN)
    x, y = image * (columns + 1) + pixel % columns, pixel // columns
    axes.plot(x, y, "x", color="white", markersize=3, markeredgewidth=0.8)
    tops = range(0, round(axes.get_ylim()[0] + 1.5), rows + 1)
    for top in tops:
        for k in range(len(seen)):
            left, right = k * (columns + 1) - 0.5, k * (columns + 1) + columns - 0.5
            frame = [left, right, right, left, left], top - 0.5 + rows * np.array([0, 0, 1, 1, 0])
            axes.plot(*frame, color="black", linewidth=0.5, clip_on=False)
