"""The gallery: figures in the style of `qce.plots`, double precision, as the tests execute it."""

from __future__ import annotations

from typing import Any

import jax
import matplotlib

from qce.plots._style import STYLE


def in_house_style(_conf: dict[str, Any], _name: str) -> None:
    """Put settings right before a script of the gallery runs, whatever the one before has left."""
    matplotlib.rcParams.update({**STYLE, "savefig.dpi": 120})
    jax.config.update("jax_enable_x64", True)
