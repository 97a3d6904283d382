"""States that are stored by exact logarithms of their eigenvalues, or as a product of small ones.

The eigenvalues of a dense σ have an absolute error of ε times the largest; those of a `Thermal`,
`Rotated`, `Diagonal` or `Product` are relatively accurate, 1e-12 and 1e-300 alike. `qce.quantum`
takes states wherever it takes arrays, and returns values of NumPy without derivatives (except for
`GaussianFermions` of JAX).
"""

from qce.states._state import State
from qce.states.fermions import GaussianFermions
from qce.states.ising import IsingChain
from qce.states.kets import Ensemble, Pure
from qce.states.lanczos import Bracket, lanczos_cross_entropy
from qce.states.product import Product
from qce.states.quadratic import QuadraticHamiltonian
from qce.states.random import random_density_matrix
from qce.states.spectra import Dense, Diagonal, Rotated
from qce.states.thermal import Thermal

__all__ = [
    "Bracket",
    "Dense",
    "Diagonal",
    "Ensemble",
    "GaussianFermions",
    "IsingChain",
    "Product",
    "Pure",
    "QuadraticHamiltonian",
    "Rotated",
    "State",
    "Thermal",
    "lanczos_cross_entropy",
    "random_density_matrix",
]
