"""The numerical corner: support, 0 log 0, degenerate spectra, and their derivatives.

Everything above this package is plain algebra. Its parts, bottom up:

- `eigen`: eigendecomposition, the support rule, weights of one matrix in the eigenbasis of another;
- `qubit`: the same in closed form for stacks of 2×2 matrices;
- `functions`: spectral functions and their divided differences, right for equal, close and far
  eigenvalues;
- `powers`: the spectral functions of Rényi divergences, right for exponents near 0 as well;
- `exponential`: divided differences of the exponential;
- `pairs`: two matrices at once, overlaps of eigenvectors and singular values of √ρ σ^s;
- `frechet`: derivatives of any spectral function of a Hermitian matrix (Daleckii-Krein);
- `compiled`: what programs that JAX compiles need;
- `functional`: a real quantity, written once as value and gradients, for every array library;
- `libraries`: what is particular to NumPy, autograd, JAX and PyTorch.
"""

from qce._spectral.eigen import (
    adjoint,
    data_weights,
    decompose,
    eigenvalues,
    hermitian,
    product,
    real_if_real,
    weighted,
    weights,
)
from qce._spectral.functional import Functional, as_matrix, set_aside
from qce._spectral.functions import (
    LOG,
    LOG_PLUS_ONE,
    SURPRISAL,
    SpectralFunction,
    bregman,
    certain,
    log_rise,
    safe_log,
    where_needed,
)
from qce._spectral.libraries import library
from qce._spectral.pairs import (
    identity,
    kernel,
    meets,
    sandwich,
    signed,
    trace_of_product,
)
from qce._spectral.powers import (
    ONCE,
    SIGN,
    SUPPORT,
    X_LOG_X,
    deformed_log,
    log_ratio,
    power,
    power_bregman,
    power_difference,
    power_gap,
    safe_power,
)
from qce._spectral.qubit import in_blocks, is_stack

__all__ = [
    "LOG",
    "LOG_PLUS_ONE",
    "ONCE",
    "SIGN",
    "SUPPORT",
    "SURPRISAL",
    "X_LOG_X",
    "Functional",
    "SpectralFunction",
    "adjoint",
    "as_matrix",
    "bregman",
    "certain",
    "data_weights",
    "decompose",
    "deformed_log",
    "eigenvalues",
    "hermitian",
    "identity",
    "in_blocks",
    "is_stack",
    "kernel",
    "library",
    "log_ratio",
    "log_rise",
    "meets",
    "power",
    "power_bregman",
    "power_difference",
    "power_gap",
    "product",
    "real_if_real",
    "safe_log",
    "safe_power",
    "set_aside",
    "sandwich",
    "signed",
    "trace_of_product",
    "weighted",
    "weights",
    "where_needed",
]
