"""Exact quantum cross entropy of a state and a thermal model."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from qce import quantum
from qce._checks import error
from qce._concrete import constant
from qce.data.states import StateData, as_kets, compact
from qce.models.checking import require
from qce.objectives.objective import Evaluate, Objective
from qce.objectives.recipe import remembered
from qce.states import Ensemble
from qce.typing import Array, MixedModel


@remembered
def exact_cross_entropy(model: MixedModel, data: StateData) -> Objective:
    r"""Quantum cross entropy $S(\rho, \sigma) = -\operatorname{Tr} \rho \log \sigma$, exactly.

    The eigenbasis of the model $σ = U\,\mathrm{diag}(p_θ)\,U^†$ is known: the value is the mean of
    $-\ln p_θ$ over the diagonal of $U^†ρU$, without an eigendecomposition or a derivative of one.

    Args:
        model: `ThermalModel`.
        data: density matrix `(d, d)`, one ket `(d,)`, or a state of `qce.states`.

    Returns:
        Objective with standard error 0; its floor is the entropy of the data S(ρ).

    Raises:
        ValueError: the model is pure, or the dimensions differ.

    Example:
        >>> from qce import circuits, models
        >>> model = models.ThermalModel(circuits.rx(1), models.ProductSpectrum(1))
        >>> objective = exact_cross_entropy(model, np.diag([0.9, 0.1]))
        >>> print(objective(np.zeros(2)))
        0.69315 nats (exact)
    """
    refuse_pure(model)
    source = as_kets(data)
    check_dimension(source.dimension, model)
    return Objective("exact cross entropy", model, entropy(source), evaluate=loss(model, source))


def loss(model: Any, data: Ensemble) -> Evaluate:
    """JAX-traceable `params → (S(ρ, σ), 0)`; linear in ρ, so that only d kets need to evolve."""
    data = compact(data)

    def evaluate(params: Array) -> tuple[Array, Array]:
        seen = constant(np.asarray(data.weights)) @ model.weights(constant(data.kets), params)
        value = -(seen @ model.log_probabilities(params))
        return value, jnp.zeros_like(value)

    return evaluate


def entropy(data: Ensemble) -> float:
    """S(ρ) of a mixture, from its Gram matrix where that is smaller than ρ."""
    rows = np.sqrt(np.asarray(data.weights))[:, None] * data.kets
    small = rows @ rows.conj().T if len(rows) < data.dimension else rows.T @ rows.conj()
    return float(quantum.entropy(small))


def refuse_pure(model: Any) -> None:
    """Refuse a pure model: its cross entropy with every other state is infinite."""
    if getattr(model, "is_pure", False):
        but = "it is one ket: S(ρ, |φ⟩⟨φ|) is infinite unless ρ = |φ⟩⟨φ|"
        remedy = "the model to `measured_likelihood`, or a `ThermalModel` here"
        raise error("model", "have full rank", but, remedy)
    require(model, "mixture", "log_probabilities")


def check_dimension(dimension: int, model: Any) -> None:
    """Refuse data and models on different numbers of wires."""
    if dimension != 2**model.wires:
        must = f"have dimension {2**model.wires}, that of the model's {model.wires} wires"
        raise error("data", must, f"it has {dimension}", "a state on the wires of the model")
