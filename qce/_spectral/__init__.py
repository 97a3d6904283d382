"""The numerical corner: support, 0 log 0, degenerate spectra, and their derivatives.

Everything above this package is plain algebra. Its parts, bottom up:

- `eigen`: eigendecomposition, the support rule, weights of one matrix in the eigenbasis of another;
- `functions`: spectral functions and their divided differences, right for equal, close and far
  eigenvalues;
- `frechet`: derivatives of any spectral function of a Hermitian matrix (Daleckii-Krein);
- `functional`: a real quantity, written once as value and gradients, for every array library;
- `libraries`: what is particular to NumPy, autograd, JAX and PyTorch.
"""

from qce._spectral.eigen import adjoint, decompose, eigenvalues, hermitian, weights
from qce._spectral.functional import Functional
from qce._spectral.functions import (
    LOG,
    LOG_PLUS_ONE,
    SpectralFunction,
    bregman,
    certain,
    safe_log,
)
from qce._spectral.libraries import library

__all__ = [
    "LOG",
    "LOG_PLUS_ONE",
    "Functional",
    "SpectralFunction",
    "adjoint",
    "bregman",
    "certain",
    "decompose",
    "eigenvalues",
    "hermitian",
    "library",
    "safe_log",
    "weights",
]
