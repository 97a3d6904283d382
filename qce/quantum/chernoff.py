"""The Chernoff information of two states: how fast errors of telling them apart die out.

Read it beside `qce.classical.divergences`.
"""

from __future__ import annotations

from typing import Any

from qce._spectral import (
    ONCE,
    Functional,
    adjoint,
    meets,
)
from qce._spectral.frechet import frechet
from qce._spectral.functions import SpectralFunction
from qce.classical import _divergence_kernels as _kernels
from qce.quantum._pairs import MATRIX, both, check_pair, difference, divergence, model_weights

Array = Any
