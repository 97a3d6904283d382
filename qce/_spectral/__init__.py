"""Spectra of Hermitian matrices: eigenvalues, support, and derivatives where they are degenerate.

All code above this package is plain algebra. Its parts, bottom up:

- `large`: single large NumPy matrices, by one LAPACK and one BLAS;
- `qubit`: stacks of 2×2 matrices in closed form;
- `eigen`: eigendecomposition, the support rule, weights of one matrix in the eigenbasis of another;
- `frechet`: derivatives of any function of a Hermitian matrix (Daleckii-Krein);
- `functions`: such functions by their divided differences, accurate for equal, close and far
  eigenvalues;
- `powers`: those of Rényi divergences, accurate for exponents near 0 as well;
- `exponential`: divided differences of the exponential;
- `factors`, `pairs`: Cholesky's factors; overlaps of eigenvectors, singular values of √ρ σ^s;
- `sectors`: eigendecomposition in the sectors of symmetries that a matrix has exactly.
"""

from qce._spectral.eigen import (
    ZERO,
    data_weights,
    decompose,
    eigenvalues,
    is_diagonal,
    real_if_real,
    weighted,
    weights,
)
from qce._spectral.frechet import (
    Derivatives,
)
from qce._spectral.functions import (
    LOG,
    LOG_PLUS_ONE,
    SURPRISAL,
    SpectralFunction,
)
from qce._spectral.pairs import (
    identity,
    kernel,
    meets,
    sandwich,
    signed,
    trace,
    trace_of_product,
)
from qce._spectral.powers import (
    ONCE,
    SIGN,
    SUPPORT,
    X_LOG_X,
    deformed_log,
    power,
    power_difference,
    safe_power,
)
from qce._spectral.qubit import (
    in_blocks,
    is_stack,
)

__all__ = [
    "Derivatives",
    "LOG",
    "LOG_PLUS_ONE",
    "ONCE",
    "SIGN",
    "SUPPORT",
    "SURPRISAL",
    "SpectralFunction",
    "X_LOG_X",
    "ZERO",
    "data_weights",
    "decompose",
    "deformed_log",
    "eigenvalues",
    "identity",
    "in_blocks",
    "is_diagonal",
    "is_stack",
    "kernel",
    "meets",
    "power",
    "power_difference",
    "real_if_real",
    "safe_power",
    "sandwich",
    "signed",
    "trace",
    "trace_of_product",
    "weighted",
    "weights",
]
