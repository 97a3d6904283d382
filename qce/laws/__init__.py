"""Laws of information measures, to be tried on a quantity of one's own.

Each law takes a quantity, a function of density matrices `(d, d)`, tries it on random states, and
reports the worst case together with the states it was found on. A law that holds here is not
proved; one that fails is refuted by its witness.

Two laws are integrals that know the relative entropy and the derivative of the logarithm without
taking a logarithm of a matrix: `frenkel_integral` and `layer_cake_integral` give their values, with
a bound on the error, as witnesses of their own.
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
