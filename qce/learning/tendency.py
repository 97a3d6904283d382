"""The tendency of the validation loss: its mean over a few epochs, which reduces chance."""

from __future__ import annotations

import sys
from collections import deque

import numpy as np


class Tendency:
    """The running mean of the last validation losses, its least value, and its age.

    Args:
        window: Epochs in the mean; fewer at the beginning.

    Example:
        >>> tendency = Tendency(window=2)
        >>> [tendency.add(loss) for loss in (1.0, 0.5, 0.9, 0.2)]
        [True, True, True, True]
        >>> tendency.add(0.6), tendency.add(0.1), tendency.waited, tendency.value
        (True, True, 0, 0.35)
    """

    def __init__(self, window: int):
        self._last: deque[float] = deque(maxlen=min(window, sys.maxsize))
        self.least = np.inf
        self.waited = 0

    @property
    def value(self) -> float:
        """The mean over the window."""
        return float(np.mean(self._last))

    def add(self, loss: float) -> bool:
        """Take the loss of the next epoch; return whether the tendency has a new least value."""
        self._last.append(loss)
        better = self.value < self.least
        self.least = min(self.least, self.value)
        self.waited = 0 if better else self.waited + 1
        return better
