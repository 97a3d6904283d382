"""Small binary images, one pixel a wire, row by row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qce import _checks
from qce._checks import error
from qce._wires import bits_of
from qce.data.samples import empirical


def bars_and_stripes(rows: int, columns: int) -> np.ndarray:
    r"""Return the distribution of bars and stripes.

    A pattern is a bar if all its rows are equal and a stripe if all its columns are; the
    `2^rows + 2^columns − 2` patterns are equally likely (the empty and the full image are both).

    Args:
        rows: number of rows.
        columns: number of columns.

    Returns:
        Probabilities, shape `(2^(rows·columns),)`; pixel `(r, c)` is wire `r·columns + c`.

    Raises:
        ValueError: a number is below 1, or 2^(rows·columns) probabilities do not fit into memory.

    Example:
        >>> p = bars_and_stripes(2, 2)
        >>> [f"{x:04b}" for x in np.flatnonzero(p)]
        ['0000', '0011', '0101', '1010', '1100', '1111']
        >>> bool(np.isclose(p.max(), 1 / 6))
        True
    """
    rows = _checks.integer("rows", rows, "for example 2", least=1)
    columns = _checks.integer("columns", columns, "for example 2", least=1)
    pixels = rows * columns
    _checks.wires_fit("rows", pixels)
    stripes = [np.tile(bits_of(x, rows)[:, None], columns) for x in range(2**rows)]
    bars = [np.tile(bits_of(x, columns), (rows, 1)) for x in range(2**columns)]
    patterns = np.unique([image.ravel() for image in stripes + bars], axis=0)
    return empirical(patterns)


def digits(digits: Sequence[int] = range(10)) -> np.ndarray:
    """Return scikit-learn's handwritten digits as images of 3×3 binary pixels.

    The 8×8 grey-scale image loses its outermost columns, which are almost always empty; the rest
    is averaged over rows 0–2, 3–4, 5–7 and over pairs of columns, and a pixel is on where the
    average exceeds 0.3 of full ink. The nine bits still identify the digit in two of three images
    (a random guess is right in one of ten).

    Args:
        digits: which digits to keep.

    Returns:
        Images in the order of the data set, integers 0 or 1, shape `(N, 9)`; pixel `(r, c)` is
        column `3r + c`. All ten digits give N = 1797.

    Example:
        >>> images = digits([0])
        >>> images.shape
        (178, 9)
        >>> images[0].reshape(3, 3)
        array([[1, 1, 1],
               [1, 0, 1],
               [1, 1, 1]])
    """
    from sklearn.datasets import load_digits  # slow to import

    wanted = _checks.whole("digits", digits, "for example [0, 1]")
    if wanted.ndim != 1 or wanted.size == 0 or wanted.min() < 0 or wanted.max() > 9:
        but = f"it is {_checks.shown(digits)}"
        raise error("digits", "be digits 0…9, not none", but, "for example [0, 1]")
    grey, labels = load_digits(return_X_y=True)
    ink = grey.reshape(-1, 8, 8)[np.isin(labels, wanted), :, 1:7] / 16
    rows = np.stack([ink[:, :3].mean(1), ink[:, 3:5].mean(1), ink[:, 5:].mean(1)], axis=1)
    pooled = rows.reshape(-1, 3, 3, 2).mean(axis=-1)
    return (pooled > 0.3).astype(int).reshape(-1, 9)
