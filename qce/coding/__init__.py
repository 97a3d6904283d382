"""Source coding and hypothesis testing, where cross and relative entropy are rates.

Compression counts in bits, of which code words are made; hypothesis testing in nats.
"""

from qce.coding.compression import (
    code_dimension,
    fixed_length_success,
    mean_length,
    success_probability,
    typical_overlap,
)
from qce.coding.source import Source
from qce.coding.testing import (
    best_measured_stein_exponent,
    measured_stein_exponent,
    second_order_exponent,
    stein_exponent,
)

__all__ = [
    "Source",
    "best_measured_stein_exponent",
    "code_dimension",
    "fixed_length_success",
    "mean_length",
    "measured_stein_exponent",
    "second_order_exponent",
    "stein_exponent",
    "success_probability",
    "typical_overlap",
]
