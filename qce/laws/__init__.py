"""Laws of information measures, as tests of your own quantities.

Each law takes a quantity, a function of density matrices `(d, d)`, tries it on random states, and
reports the worst case with its states. A law that holds here is not proved; one that fails is
refuted by its witness.

Two laws are integrals for the relative entropy and the derivative of the logarithm that need no
logarithm of a matrix: `frenkel_integral` and `layer_cake_integral` give their values with a bound
on the error.
"""

from qce.laws._pieces import Integral
from qce.laws._trials import LawReport
from qce.laws.axioms import (
    additivity,
    continuity,
    data_processing,
    positivity,
    unitary_invariance,
)
from qce.laws.integrals import (
    frenkel,
    frenkel_integral,
    layer_cake,
    layer_cake_integral,
)

__all__ = [
    "Integral",
    "LawReport",
    "additivity",
    "continuity",
    "data_processing",
    "frenkel",
    "frenkel_integral",
    "layer_cake",
    "layer_cake_integral",
    "positivity",
    "unitary_invariance",
]
