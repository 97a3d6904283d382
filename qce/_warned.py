"""Warnings that name the line of the user's code."""

import contextlib
import functools
import sys
import warnings

# Modules that may be between two functions of the package in a traceback.
_BETWEEN = {contextlib.__name__, functools.__name__}


def warn(text: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the line of the nearest caller outside the package.

    The number of functions of the package in between varies, and Python shows a warning once a
    line: at a line of the package, the warning for a second caller would be lost.
    """
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and _inside(frame.f_globals.get("__name__", "")):
        frame, level = frame.f_back, level + 1
    warnings.warn(text, category, stacklevel=level)


def _inside(module: str) -> bool:
    return module.partition(".")[0] == "qce" or module in _BETWEEN
