"""Derivatives of a simulated circuit by applying its inverse, without stored states."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from qce import _checks
from qce.circuits.circuit import Circuit, parameters
from qce.typing import Array


def reversible(circuit: Circuit) -> Circuit:
    """Return the same circuit with derivatives by the adjoint method, for many wires and layers.

    Backpropagation stores the state after each gate. Since a circuit is unitary, its inverse
    restores these states on the way back: memory is that of a few states at any depth, and time
    about the same. It is for simulations (objectives without a device), with the same gradients up
    to rounding; forward-mode derivatives, as for the metric of the natural gradient, need the
    circuit itself.

    Args:
        circuit: U(φ).

    Returns:
        Circuit for a model: `BornMachine(reversible(strongly_entangling(20, 40)))`.

    Source: T. Jones and J. Gacon, arXiv:2009.02823.

    Example:
        >>> from qce.circuits import rx
        >>> circuit, zero = reversible(rx(1)), jnp.array([1.0, 0.0])
        >>> one = lambda angles: jnp.abs(circuit.evolve(zero, angles)[1]) ** 2
        >>> round(float(jax.grad(one)(jnp.array([jnp.pi / 2]))[0]), 6)  # of sin²(φ/2): sin(φ)/2
        0.5
    """
    _checks.instance("circuit", circuit, Circuit, "`strongly_entangling(20, 40)`")
    return Reversible(circuit.wires, circuit.parts)


@dataclass(frozen=True)
class Reversible(Circuit):
    """A circuit whose simulation is differentiated by applying its inverse."""

    def evolve(self, state: Array, params: Array, adjoint: bool = False) -> Array:
        """As `Circuit.evolve`, with reverse-mode derivatives only."""
        plain = Circuit(self.wires, self.parts)
        kets = self._kets(state) + 0j
        return _evolved(
            plain, kets, parameters("params", params, self.size), _checks.truth("adjoint", adjoint)
        )


@partial(jax.custom_vjp, nondiff_argnums=(0, 3))
def _evolved(circuit: Circuit, state: Array, params: Array, adjoint: bool) -> Array:
    return circuit.evolve(state, params, adjoint)


def _forth(circuit: Circuit, state: Array, params: Array, adjoint: bool) -> Any:
    after = _evolved(circuit, state, params, adjoint)
    return after, (after, params)


def _back(circuit: Circuit, adjoint: bool, kept: tuple[Array, Array], slope: Array) -> Any:
    """Undo one repetition after the other; each is differentiated at its initial state."""
    state, params = kept
    parts, found = circuit._split(params), []
    for block, rows in parts if adjoint else reversed(parts):
        once = Circuit(circuit.wires, ((block, 1),))

        def undo(after: tuple[Array, Array], row: Array, once: Circuit = once) -> Any:
            state, slope = after
            before = once.evolve(state, row, not adjoint)
            _, pull = jax.vjp(lambda s, r: once.evolve(s, r, adjoint), before, row)
            slope, of_row = pull(slope)
            return (before, slope), of_row

        (state, slope), slopes = jax.lax.scan(undo, (state, slope), rows, reverse=not adjoint)
        found.append(slopes.ravel())
    return slope, jnp.concatenate([*(found if adjoint else reversed(found)), params[:0]])


_evolved.defvjp(_forth, _back)
