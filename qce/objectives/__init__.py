"""How a loss is estimated: exactly, by deferred measurement, from shadows, from outcomes.

Each builder returns an `Objective`, a function of the parameters with a value, an error bar and a
gradient; exact values have the error 0.
"""

from qce.objectives import entropies
from qce.objectives.adaptive import adaptive_likelihood
from qce.objectives.deferred import deferred_cross_entropy
from qce.objectives.deployment import DeploymentGap, deploy, deployment_gap
from qce.objectives.discrepancy import (
    measured_discrepancy,
    measured_transport,
    sampled_discrepancy,
)
from qce.objectives.drawing import measure_shadow
from qce.objectives.exact import exact_cross_entropy
from qce.objectives.measured import measured_likelihood
from qce.objectives.moments import moment_discrepancy
from qce.objectives.objective import Objective
from qce.objectives.shadows import empirical_cross_entropy, shadow_cross_entropy
from qce.objectives.thermalisation import thermalisation

__all__ = [
    "DeploymentGap",
    "Objective",
    "adaptive_likelihood",
    "deferred_cross_entropy",
    "deploy",
    "deployment_gap",
    "empirical_cross_entropy",
    "entropies",
    "exact_cross_entropy",
    "measure_shadow",
    "measured_discrepancy",
    "measured_likelihood",
    "measured_transport",
    "moment_discrepancy",
    "sampled_discrepancy",
    "shadow_cross_entropy",
    "thermalisation",
]
