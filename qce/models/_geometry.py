"""Metrics of models: how far apart two settings of the parameters are as distributions."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp

from qce._checks import error
from qce.circuits import Circuit
from qce.circuits.reversible import Reversible
from qce.typing import Array

Function = Callable[[Array], Array]

_MEMORY = 8 * 2**30  # bytes of the derivatives of all kets by all angles, and as many of a product


def refuse_reversible(circuit: Circuit) -> None:
    """A metric takes forward-mode derivatives, which a reversible circuit does not have."""
    if isinstance(circuit, Reversible):
        but = "it is reversible, and the metric takes d × P numbers at once anyway"
        raise error("circuit", "have forward-mode derivatives here", but, "the circuit itself")


def fisher_of_probabilities(probabilities: Function, params: Array) -> Array:
    r"""$F_{ij} = \sum_x \partial_i p\, \partial_j p / p$ over outcomes that occur."""
    p = probabilities(params)
    slopes = jax.jacfwd(probabilities)(params)
    # Where p = 0 it is least, so that ∂p = 0 as well; their ratio is dropped, as in the loss.
    weights = jnp.where(p > 0, 1 / jnp.where(p > 0, p, 1.0), 0.0)
    return slopes.T @ (weights[:, None] * slopes)


def fisher_of_logarithms(log_probabilities: Function, params: Array) -> Array:
    r"""$F_{ij} = \sum_x p\, \partial_i \ln p\, \partial_j \ln p$ where no outcome is impossible."""
    logs = log_probabilities(params)
    scores = jax.jacfwd(log_probabilities)(params)
    return scores.T @ (jnp.exp(logs)[:, None] * scores)


def kubo_mori_of_angles(circuit: Circuit, logs: Array, phi: Array) -> Array:
    r"""Bogoliubov-Kubo-Mori metric of U(φ) diag(p) U(φ)† in the angles, shape `(P, P)`.

    $\sum_{xy} (p_x - p_y)(\ln p_x - \ln p_y) \bar A^i_{xy} A^j_{xy}$ with $A^i = U^† \partial_i U$.

    Args:
        circuit: U.
        logs: ln p, shape `(d,)`.
        phi: angles.
    """
    _refuse_large(circuit)
    p = jnp.exp(logs)
    basis = jnp.eye(circuit.dimension)
    kets = circuit.evolve(basis, phi)
    moved = jax.jacfwd(lambda phi: circuit.evolve(basis, phi))(phi)
    turns = jnp.einsum("xk,ykj->xyj", kets.conj(), moved)
    gaps = (p[:, None] - p) * (logs[:, None] - logs)
    return jnp.einsum("xy,xyi,xyj->ij", gaps, turns.conj(), turns).real


def _refuse_large(circuit: Circuit) -> None:
    needed = 2 * 16 * circuit.dimension**2 * circuit.size
    if needed > _MEMORY:
        but = f"{circuit.size} angles on {circuit.wires} wires need {needed / 2**30:.3g} GiB"
        must = f"have a metric that fits into {_MEMORY / 2**30:.3g} GiB"
        raise error("optimizer", must, but, 'optimizer="lbfgs", which has none')
