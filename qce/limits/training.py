r"""Training: with commuting data and a circuit fixed to their basis, two runs are equal.

The quantum run minimises the quantum cross entropy of $ρ = V\,\mathrm{diag}(p)\,V^†$ and
$σ = V\,\mathrm{diag}(q_θ)\,V^†$, the classical one the cross entropy of p and q_θ. Same q_θ, same
start, same optimiser.
"""

from typing import Any

import jax.numpy as jnp
import numpy as np

from qce import circuits, classical
from qce.limits._states import basis, rotated, rounding, worst
from qce.models import CategoricalSpectrum, ThermalModel
from qce.objectives import Objective, exact_cross_entropy
from qce.results import FitResult, LimitCheck
from qce.training import fit

_WIRES = 3
_STEPS = 200
_LEARNING_RATE = 0.05


def check_training(seed: int) -> tuple[LimitCheck, dict[str, np.ndarray]]:
    """Train the same spectrum as a quantum and as a classical model, and compare each step.

    Args:
        seed: Decides data, basis and start.

    Returns:
        The check, and the two curves with their floor (nats).
    """
    rng = np.random.default_rng(seed)
    v, p = basis(rng, 2**_WIRES), rng.dirichlet(np.ones(2**_WIRES))
    spectrum = CategoricalSpectrum(_WIRES)
    start = rng.normal(size=spectrum.size)
    model = ThermalModel(circuits.fixed(v), spectrum)
    in_basis = _run(exact_cross_entropy(model, rotated(p, v)), start)
    likelihood = _run(_likelihood(spectrum, p), start)
    curves = {"quantum": in_basis.history["loss"], "classical": likelihood.history["loss"]}
    apart = np.abs(curves["quantum"] - curves["classical"])
    steps = list(zip(apart, _tolerances(likelihood), strict=True))
    check = LimitCheck("cross entropy", "training, step for step", **worst(steps))
    return check, {**curves, "floor": np.asarray(likelihood.floor)}


def _likelihood(spectrum: CategoricalSpectrum, p: np.ndarray) -> Objective:
    """Return the classical negative log-likelihood of p, by the classical twin."""

    def evaluate(theta: Any) -> tuple[Any, Any]:
        q = jnp.exp(spectrum.log_probabilities(theta))
        value = classical.cross_entropy(p, q, check=False)
        return value, jnp.zeros_like(value)

    return Objective(
        "classical likelihood", spectrum, float(classical.entropy(p)), evaluate=evaluate
    )


def _run(objective: Objective, start: np.ndarray) -> FitResult:
    return fit(
        objective,
        start,
        optimizer="adam",
        learning_rate=_LEARNING_RATE,
        steps=_STEPS,
        tolerance=0.0,  # both runs make every step
        progress=False,
    )


def _tolerances(run: FitResult) -> np.ndarray:
    """Return, for each step, how far rounding may have separated two runs.

    Rounding e turns the gradient g by e √d / ‖g‖ at most, and Adam moves each of the d parameters
    by that share of the learning rate; after the sum of these shifts the loss differs by ‖g‖ times
    it, and by e itself. The sum assumes that steps do not drive neighbouring runs further apart,
    which holds for this convex loss below the stability limit of the learning rate.
    """
    slopes, d = run.history["grad_norm"], 2**_WIRES
    shifts = np.cumsum(_LEARNING_RATE * d * rounding(d) / slopes)
    return rounding(d) + slopes * shifts
