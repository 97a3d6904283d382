"""States that are stored by exact logarithms of their eigenvalues, or as a product of small ones.

Of a dense σ eigenvalues are right to ε of the largest one; of a `Thermal`, `Rotated`, `Diagonal`,
`Ensemble` or `Product` all of them are, 1e-12 and 1e-300 alike. `qce.quantum` takes these
wherever it takes an array; with an array beside them they are values of NumPy, without derivatives.
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
