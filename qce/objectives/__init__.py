"""How a loss is obtained from a model and data: exactly, by deferred measurement, from outcomes.

Each builder returns an `Objective`, a function of the parameters with a value, an error bar and a
gradient; exact is the case of zero error.
"""

from qce.objectives.deferred import deferred_cross_entropy
from qce.objectives.exact import exact_cross_entropy
from qce.objectives.measured import measured_likelihood
from qce.objectives.objective import Objective

__all__ = ["Objective", "deferred_cross_entropy", "exact_cross_entropy", "measured_likelihood"]
