"""A figure of a training that is updated during the training."""

from __future__ import annotations

import sys
from typing import Any

from qce import _checks


class LivePlot:
    """A `callback` for `train` that draws loss and accuracy epoch by epoch.

    In a notebook the figure is replaced in its place; in a window it is redrawn.

    Args:
        every: Epochs between two drawings.

    Attributes:
        figure: The matplotlib figure, None before the first drawing.

    Example:
        >>> import matplotlib
        >>> matplotlib.use("Agg")
        >>> plot = LivePlot()
        >>> plot(1, {"epoch": [0, 1], "loss": [0.7, 0.5], "accuracy": [0.5, 0.8]})
        >>> [axes.get_ylabel() for axes in plot.figure.axes]
        ['loss', 'accuracy']
    """

    def __init__(self, every: int = 1):
        self.every = _checks.integer("every", every, "every=1, for example", least=1)
        self.figure: Any = None
        self._display: Any = None

    def __call__(self, epoch: int, history: dict[str, list[float]]) -> None:
        """Draw the history so far."""
        if epoch % self.every:
            return
        import matplotlib.pyplot as plt

        if self.figure is None:
            self.figure, _ = plt.subplots(1, 2, figsize=(8, 3), layout="constrained")
        for axes, name in zip(self.figure.axes, ("loss", "accuracy"), strict=True):
            axes.clear()
            axes.plot(history["epoch"], history[name], label="training")
            if f"validation_{name}" in history:
                axes.plot(history["epoch"], history[f"validation_{name}"], "--", label="validation")
            axes.set(xlabel="epoch", ylabel=name)
        self.figure.axes[0].legend()
        self._show()

    def _show(self) -> None:
        if self._display is not None:
            self._display.update(self.figure)
        elif (shell := _notebook()) is not None:
            self._display = shell.display(self.figure, display_id=True)
        else:
            self.figure.canvas.draw_idle()
            self.figure.canvas.flush_events()


def _notebook() -> Any:
    """The display module of a notebook; None elsewhere."""
    ipython = sys.modules.get("IPython")  # a notebook has loaded it
    if ipython is None or not hasattr(ipython.get_ipython(), "kernel"):
        return None
    return ipython.display
