"""Arrays of NumPy, autograd, JAX and PyTorch, for vectors, matrices and losses.

- `libraries`: one module for each library, with its registration of derivative rules;
- `functional`: a real quantity, written once as value and gradients, for all of them;
- `choices`: branches that are computed only where they are needed;
- `algebra`: products, adjoints and Hermitian parts, by the fastest way of each library;
- `differences`: differences of logarithms and powers, in which nothing cancels;
- `compiled`: operations inside programs that JAX compiles.
"""

from qce._arrays.algebra import (
    adjoint,
    hermitian,
    product,
    together,
)
from qce._arrays.choices import (
    certain,
    where_needed,
)
from qce._arrays.differences import (
    bregman,
    log_ratio,
    log_rise,
    power_bregman,
    power_gap,
    safe_log,
)
from qce._arrays.functional import (
    Functional,
    as_matrix,
    set_aside,
)
from qce._arrays.libraries import (
    library,
)

__all__ = [
    "Functional",
    "adjoint",
    "as_matrix",
    "bregman",
    "certain",
    "hermitian",
    "library",
    "log_ratio",
    "log_rise",
    "power_bregman",
    "power_gap",
    "product",
    "safe_log",
    "set_aside",
    "together",
    "where_needed",
]
