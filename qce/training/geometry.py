"""Metrics of models: how far apart two settings of the parameters are as distributions."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from qce._checks import error
from qce.circuits.reversible import Reversible
from qce.models import BornMachine, ThermalModel
from qce.typing import Array

_MEMORY = 8 * 2**30  # bytes of the derivatives of all kets by all angles, and as many of a product


def metric(model: Any, params: Array) -> Array:
    r"""Return the metric that belongs to the likelihood loss of a model, shape `(P, P)`, exactly.

    The Hessian of the relative entropy $D(\sigma_\vartheta \| \sigma_{\vartheta'})$ where both
    meet: Fisher information of the outcomes for a Born machine, the Bogoliubov-Kubo-Mori metric
    for a thermal model. Where the model has learned the data it is the Hessian of the loss.
    By simulation, whatever the objective is measured on: it holds d × P numbers for a Born
    machine, d² × P for a thermal model.

    Raises:
        ValueError: The circuit is reversible, and so has no forward-mode derivatives; or those of
            a thermal model do not fit into 8 GiB. When it is traced, before any work is done.
    """
    if isinstance(model.circuit, Reversible):
        but = "it is reversible, and the metric takes d × P numbers at once anyway"
        raise error("circuit", "have forward-mode derivatives here", but, "the circuit itself")
    return (_fisher if isinstance(model, BornMachine) else _kubo_mori)(model, params)


def _fisher(model: BornMachine, params: Array) -> Array:
    r"""$F_{ij} = \sum_x \partial_i p\, \partial_j p / p$ over outcomes that occur."""
    law = model.probabilities(params)
    slopes = jax.jacfwd(model.probabilities)(params)
    # Where p = 0 it has a minimum, ∂p = 0 as well; their ratio is dropped, as in the loss.
    weights = jnp.where(law > 0, 1 / jnp.where(law > 0, law, 1.0), 0.0)
    return slopes.T @ (weights[:, None] * slopes)


def _kubo_mori(model: ThermalModel, params: Array) -> Array:
    r"""$\sum_{xy} w_{xy} (\partial_i\sigma)_{xy} (\partial_j\sigma)_{yx}$ in the eigenbasis of σ.

    With $w_{xy} = (\ln p_x - \ln p_y)/(p_x - p_y)$. There ∂σ/∂θ is diagonal and ∂σ/∂φ is not, so
    that the two blocks do not meet: the Fisher information of p_θ, and
    $\sum_{xy} (p_x - p_y)(\ln p_x - \ln p_y) \bar A^i_{xy} A^j_{xy}$ with $A^i = U^† \partial_i U$.
    """
    _refuse_large(model)
    _, phi = model.split(params)
    logs = model.log_probabilities(params)
    p = jnp.exp(logs)
    basis = jnp.eye(model.circuit.dimension)
    kets = model.circuit.evolve(basis, phi)
    moved = jax.jacfwd(lambda phi: model.circuit.evolve(basis, phi))(phi)
    turns = jnp.einsum("xk,ykj->xyj", kets.conj(), moved)
    gaps = (p[:, None] - p) * (logs[:, None] - logs)
    quantum = jnp.einsum("xy,xyi,xyj->ij", gaps, turns.conj(), turns).real
    return jax.scipy.linalg.block_diag(spectrum_fisher(model, params), quantum)


def _refuse_large(model: ThermalModel) -> None:
    needed = 2 * 16 * model.circuit.dimension**2 * model.circuit.size
    if needed > _MEMORY:
        but = f"{model.circuit.size} angles on {model.wires} wires need {needed / 2**30:.3g} GiB"
        must = f"have a metric that fits into {_MEMORY / 2**30:.3g} GiB"
        raise error("optimizer", must, but, 'optimizer="lbfgs", which has none')


def overlap(model: Any, params: Array, others: Array, x: Array) -> Array:
    """Return |⟨x|U(φ)†U(φ')|x⟩|², how much of a basis state one circuit brings back of another."""
    start = jnp.eye(model.circuit.dimension)[x]
    there = model.circuit.evolve(start, angles(model, others))
    back = model.circuit.evolve(there, angles(model, params), adjoint=True)
    return jnp.abs(back[x]) ** 2


def angles(model: Any, params: Array) -> Array:
    """Return the parameters of the circuit."""
    return params if isinstance(model, BornMachine) else model.split(params)[1]


def drawn_state(model: Any, params: Array, key: Array) -> Array:
    """Return the basis state whose circuit is compared: drawn from p_θ, 0 for a Born machine."""
    if isinstance(model, BornMachine):
        return jnp.asarray(0)
    return jax.random.categorical(key, model.log_probabilities(params))


def spectrum_fisher(model: Any, params: Array) -> Array:
    """Return the Fisher information of p_θ, shape `(T, T)`; no circuit is needed for it."""
    if isinstance(model, BornMachine):
        return jnp.zeros((0, 0))
    theta, _ = model.split(params)
    logs = model.spectrum.log_probabilities(theta)
    scores = jax.jacfwd(model.spectrum.log_probabilities)(theta)
    return scores.T @ (jnp.exp(logs)[:, None] * scores)
