"""Circuits as functions of the angles of their gates, for the parameter-shift rule.

A parameter may enter several gates, through any function; the rule holds for the angle of one gate.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pennylane as qml

from qce._checks import error
from qce.circuits.circuit import Block, Circuit
from qce.typing import Array

_UNTRACEABLE = (
    jax.errors.TracerArrayConversionError,
    jax.errors.TracerIntegerConversionError,
    jax.errors.ConcretizationTypeError,
)


@dataclass(frozen=True, eq=False)
class Shifted:
    """A circuit U(φ) with the shifted copies that give its derivatives.

    Args:
        circuit: the same unitary as a circuit of its gates' angles.
        angles: φ → these angles, traceable by JAX.
        index: the angle that each copy shifts, shape `(S,)`.
        shift: by how much, shape `(S,)`.
        weight: of the copy's mean in the derivative by that angle, shape `(S,)`.
    """

    circuit: Circuit
    angles: Callable[[Array], Array]
    index: np.ndarray
    shift: np.ndarray
    weight: np.ndarray


@lru_cache(maxsize=64)
def shifted(circuit: Circuit) -> Shifted:
    """Return a circuit as a function of its gates' angles, with PennyLane's shift rules.

    Raises:
        ValueError: a block cannot be traced by JAX, or a gate has no shift rule.

    Example:
        >>> from qce.circuits import rx
        >>> copies = shifted(rx(2))
        >>> copies.index.tolist(), copies.weight.round(12).tolist()
        ([0, 0, 1, 1], [0.5, -0.5, 0.5, -0.5])
    """
    with jax.enable_x64(True):
        parts = [(_by_angles(block, circuit.wires), repeats) for block, repeats in circuit.parts]
    of_angles = Circuit(circuit.wires, tuple((part.block, repeats) for part, repeats in parts))

    def angles(params: Array) -> Array:
        rows = [rows for _, rows in circuit._split(params)]
        pairs = zip(parts, rows, strict=True)
        found = [jax.vmap(part.angles)(r).ravel() for (part, _), r in pairs if len(r)]
        return jnp.concatenate([*found, params[:0]])

    index, shift, weight, start = [], [], [], 0
    for part, repeats in parts:
        for _ in range(repeats):
            for k, rule in enumerate(part.rules):
                index += [start + k] * len(rule)
                weight += rule[:, 0].tolist()
                shift += rule[:, 1].tolist()
            start += part.block.size
    return Shifted(of_angles, angles, np.array(index, dtype=int), np.array(shift), np.array(weight))


@dataclass(frozen=True, eq=False)
class _ByAngles:
    """A block whose parameters are the angles of its gates.

    Args:
        block: the block.
        angles: parameters of the original block → angles.
        rules: of each angle, rows of weight and shift.
    """

    block: Block
    angles: Callable[[Array], Array]
    rules: list[np.ndarray]


@lru_cache(maxsize=64)
def _by_angles(block: Block, wires: int) -> _ByAngles:
    rules: list[np.ndarray] = []

    def angles(row: Array) -> Array:
        numbers = [op.data[i] for op in _expanded(block, row, wires) for i in _moving(op)]
        return jnp.stack([jnp.asarray(x, row.dtype) for x in numbers]) if numbers else row[:0]

    def read(row: Array) -> Array:
        rules[:] = [_rule(op, i) for op in _expanded(block, row, wires) for i in _moving(op)]
        return row

    jax.eval_shape(read, jax.ShapeDtypeStruct((block.size,), float))
    size = len(rules)
    if size == block.size and _changes_nothing(angles, size):
        # Its own parameters are the angles: the block is kept, with its larger gates.
        return _ByAngles(block, lambda row: row, rules)

    def apply(values: Array, on: Any) -> None:
        del on  # the wires that it was read on
        numbers = iter(values)
        # Any parameters that JAX traces: these show which numbers are angles.
        for op in _expanded(block, jnp.zeros(block.size) + 0 * values.sum(), wires):
            moving = _moving(op)
            data = [next(numbers) if i in moving else x for i, x in enumerate(op.data)]
            with qml.QueuingManager.stop_recording():
                gate = qml.ops.functions.bind_new_parameters(op, data) if moving else op
            qml.apply(gate)

    return _ByAngles(Block(f"{block.name} by angles", size, apply), angles, rules)


def _expanded(block: Block, row: Array, wires: int) -> list[Any]:
    """The gates of a block, decomposed into gates with a shift rule where they have parameters."""
    try:
        tape = qml.tape.make_qscript(block.apply)(row, range(wires))
        (tape,), _ = qml.gradients.param_shift.expand_transform(tape)
    except _UNTRACEABLE as problem:
        must = "queue gates of what JAX traces where outcomes are simulated"
        but = f"{block.name!r} makes plain numbers of its parameters"
        remedy = 'qml.math in place of numpy there, or device="default.qubit gradient=shifts"'
        raise error("apply", must, but, remedy) from problem
    return tape.operations


def _moving(op: Any) -> list[int]:
    """Which numbers of a gate depend on the parameters."""
    return [i for i, x in enumerate(op.data) if isinstance(x, jax.core.Tracer)]


def _rule(op: Any, i: int) -> np.ndarray:
    """Weights and shifts of the derivative by a number of a gate."""
    recipe = op.grad_recipe[i]
    if recipe is None:
        return np.asarray(qml.gradients.generate_shift_rule(op.parameter_frequencies[i]))
    recipe = np.asarray(recipe, dtype=float)
    if not np.all(recipe[:, 1] == 1):
        but = f"that of {op.name} scales its angle"
        remedy = 'device="default.qubit gradient=shifts"'
        raise error("circuit", "be of gates whose rules shift", but, remedy)
    return recipe[:, [0, 2]]


def _changes_nothing(angles: Callable[[Array], Array], size: int) -> bool:
    """Whether the angles are the parameters themselves, tested at irregular numbers."""
    rng = np.random.default_rng(0)
    trials = [scale * rng.normal(size=size) for scale in (1.0, 100.0)]
    with jax.ensure_compile_time_eval():  # numbers, also where what asks is being traced
        found = [np.asarray(jax.jit(angles)(x)) for x in trials]
    return all(np.array_equal(y, x) for y, x in zip(found, trials, strict=True))
