"""Circuits as repeated blocks: traced once and scanned on simulators, unrolled on devices.

A circuit does not simulate itself. On a simulator each block is one PennyLane QNode
`state, params → state` on `default.qubit`, driven by `jax.lax.scan`, so that compilation time does
not grow with depth. On a device the same blocks queue their gates inside any QNode.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial, wraps
from inspect import signature
from typing import Any, ParamSpec

import jax
import jax.numpy as jnp
import numpy as np
import pennylane as qml

from qce import _checks
from qce._checks import error
from qce._concrete import portable
from qce._forks import computes
from qce._showing import Shown, brief, columns, line
from qce.typing import Array

MOST_WIRES = 2**12  # several times as many as a quantum processor has
Queue = Callable[[Array, Sequence[int]], None]
Arguments = ParamSpec("Arguments")


@dataclass(frozen=True, repr=False)
class Block(Shown):
    """One repetition of a circuit.

    Args:
        name: a name for messages.
        size: number of its parameters.
        apply: `apply(params, wires)` queues the gates a device runs; `params` has shape `(size,)`.
        fused: the same unitary in fewer, larger gates, for simulators, where run and compilation
            time depend on the number of gates, not on their width. `None` to simulate `apply`.
        recipe: function of a module and its arguments, which build the block again, because
            functions inside others cannot be pickled. `None` where `apply` can be.
    """

    name: str
    size: int
    apply: Queue = field(repr=False)
    fused: Queue | None = field(default=None, repr=False)
    recipe: tuple[Callable[..., Block], tuple[Any, ...]] | None = field(
        default=None, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        _checks.instance("name", self.name, str, 'a word, such as "kick"')
        remedy = "the number of parameters of one repetition"
        object.__setattr__(self, "size", _checks.integer("size", self.size, remedy, least=0))
        for name in ("apply", "fused"):
            if name == "apply" or self.fused is not None:
                _checks.function(name, getattr(self, name), "a function `(params, wires)`")
        if self.recipe is not None:
            recipe = _checks.sequence("recipe", self.recipe, "`(function, arguments)`")
            if len(recipe) != 2 or not callable(recipe[0]) or not isinstance(recipe[1], tuple):
                must, but = "be a function and its arguments", f"it is {_checks.shown(self.recipe)}"
                raise error("recipe", must, but, "`(function, arguments)`, or None")

    def __reduce__(self) -> tuple[Any, ...]:
        return self.recipe or (Block, (self.name, self.size, self.apply, self.fused))


def remade(build: Callable[Arguments, Block]) -> Callable[Arguments, Block]:
    """Return one block for equal arguments, so that circuits are equal, and let it be pickled."""
    make: Callable[..., Block] = build

    @cache
    def once(*args: Any) -> Block:
        return replace(make(*args), recipe=(made, args))

    @wraps(build)
    def made(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Block:
        return once(*signature(build).bind(*args, **kwargs).args)

    return made


@dataclass(frozen=True, repr=False)
class Circuit(Shown):
    """A parametrised unitary U(φ): blocks one after the other, each repeated with new parameters.

    Parameters are one flat vector of length `size`: first part first, within a part repetition by
    repetition. Wire 0 is the most significant bit.

    Args:
        wires: number of wires.
        parts: `(block, repeats)` in the order of application.

    Example:
        >>> from qce.circuits import strongly_entangling
        >>> circuit = strongly_entangling(wires=3, layers=2)
        >>> circuit.size
        18
        >>> ket = jnp.zeros(8).at[0].set(1.0)
        >>> circuit.evolve(ket, jnp.zeros(18)).shape
        (8,)
    """

    wires: int
    parts: tuple[tuple[Block, int], ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "wires", check_wires(self.wires))
        parts = _checks.sequence("parts", self.parts, "`((block, repeats), …)`")
        object.__setattr__(self, "parts", tuple(_part(part) for part in parts))

    @property
    def size(self) -> int:
        """Number of parameters."""
        return sum(block.size * repeats for block, repeats in self.parts)

    def __repr__(self) -> str:
        parts = [("", f"{repeats} × {brief(block.name)}") for block, repeats in self.parts]
        return line("Circuit", [("wires", str(self.wires)), ("size", str(self.size)), *parts])

    def _repr_html_(self) -> str:
        rows = [
            (block.name, str(repeats), str(block.size * repeats)) for block, repeats in self.parts
        ]
        caption = f"a circuit on {self.wires} wires with {self.size} parameters"
        return columns(caption, ("block", "repeated", "parameters"), rows)

    @property
    def dimension(self) -> int:
        """Dimension of the state space, `2^wires`."""
        return 2**self.wires

    def then(self, other: Circuit) -> Circuit:
        """Return this circuit followed by another one on the same wires.

        Args:
            other: the circuit applied after this one; its parameters follow those of this one.

        Example:
            >>> from qce.circuits import basis_change, rx
            >>> basis_change("XX").then(rx(2)).size
            2
        """
        _checks.instance("other", other, Circuit, "one of qce.circuits")
        if other.wires != self.wires:
            must, but = f"be on {self.wires} wires", f"it is on {other.wires}"
            raise error("other", must, but, "a circuit on the same wires")
        return Circuit(self.wires, self.parts + other.parts)

    def queue(self, params: Array) -> None:
        """Queue every gate of U(φ), unrolled, on the QNode at hand.

        Wrap it in `qml.adjoint` for U(φ)†.

        Args:
            params: shape `(size,)`, of any array library PennyLane differentiates.
        """
        wires = range(self.wires)
        for block, rows in self._split(params):
            for row in rows:
                block.apply(row, wires)

    def evolve(self, state: Array, params: Array, adjoint: bool = False) -> Array:
        """Return U(φ)|ψ⟩, or U(φ)†|ψ⟩, on PennyLane's `default.qubit` under JAX.

        Args:
            state: kets, shape `(2^n,)` or `(B, 2^n)`.
            params: shape `(size,)`.
            adjoint: apply U† instead of U.

        Returns:
            Evolved kets, complex, of the shape of `state`.

        Raises:
            ValueError: the shapes are others.
        """
        kets = self._kets(state)
        return self._evolve(
            kets, parameters("params", params, self.size), _checks.truth("adjoint", adjoint)
        )

    @partial(jax.jit, static_argnames=("self", "adjoint"))
    def _evolve(self, state: Array, params: Array, adjoint: bool) -> Array:
        # A scan needs a fixed type of its carry; the type of integers depends on JAX's mode.
        inexact = jnp.issubdtype(state.dtype, jnp.inexact)
        kind = state.dtype if inexact else jnp.result_type(complex)
        state = state.astype(jnp.result_type(kind, params, jnp.complex64))
        if not state.size:
            return state
        parts = self._split(params)
        for block, rows in reversed(parts) if adjoint else parts:
            step = _simulated(block, self.wires, adjoint)
            state, _ = jax.lax.scan(step, state, rows, reverse=adjoint)
        return state

    def _kets(self, state: Array) -> Array:
        """Kets of the circuit's dimension, `(d,)` or `(B, d)`."""
        kets = jax_array("state", state)
        if kets.ndim not in (1, 2) or kets.shape[-1] != self.dimension:
            must = f"have shape ({self.dimension},) or (B, {self.dimension})"
            raise error("state", must, f"its shape is {kets.shape}", "kets on the circuit's wires")
        return kets

    def _split(self, params: Array) -> list[tuple[Block, Array]]:
        """Parameters of each part, shape `(repeats, block.size)`."""
        params = _checks.vector("params", params, self.size)
        start, parts = 0, []
        for block, repeats in self.parts:
            stop = start + block.size * repeats
            parts.append((block, params[start:stop].reshape(repeats, block.size)))
            start = stop
        return parts


def check_wires(wires: Any) -> int:
    """A number of wires."""
    return _checks.integer("wires", wires, "for example wires=2", least=1, most=MOST_WIRES)


def random_angles(size: int, seed: Any) -> np.ndarray:
    """Random angles in [−π, π], if they fit into memory."""
    _checks.numbers_fit("layers", size, "parameters", "fewer layers")
    return _checks.rng("seed", seed).uniform(-np.pi, np.pi, size)


def parameters(name: str, x: Any, size: int) -> Array:
    """Parameters of shape `(size,)` as floats of JAX."""
    array = jax_array(name, _checks.vector(name, x, size))
    return array if jnp.issubdtype(array.dtype, jnp.inexact) else array.astype(float)


def jax_array(name: str, x: Any) -> Array:
    """An array of JAX; arrays with derivatives of other libraries are refused."""
    computes()
    return jnp.asarray(_known(name, x))


def real_array(name: str, x: Any) -> Array:
    """Real floats: of JAX if x is one of its arrays, else of NumPy."""
    array = _known(name, x)
    if jnp.issubdtype(array.dtype, jnp.complexfloating):
        but = f"its dtype is {array.dtype}"
        raise error(name, "be real numbers", but, "real and imaginary parts apart", TypeError)
    return array if jnp.issubdtype(array.dtype, jnp.floating) else array.astype(float)


def _known(name: str, x: Any) -> Array:
    """An array of JAX or of NumPy, without derivatives of other libraries."""
    if isinstance(x, jax.Array):
        computes()
        return x
    if hasattr(x, "_node") or getattr(x, "requires_grad", None) is True and hasattr(x, "detach"):
        but = "it carries a derivative of another library"
        raise error(name, "be of JAX or plain numbers", but, "`jax.grad` for derivatives")
    found = portable(_checks.concrete(name, x))
    return found.astype(float) if getattr(found, "dtype", None) == np.float16 else found


def _part(part: Any) -> tuple[Block, int]:
    """A block and how often it is repeated."""
    pair = _checks.sequence("parts", part, "`(block, repeats)`")
    if len(pair) != 2 or not isinstance(pair[0], Block):
        but = f"one is {_checks.shown(part)}"
        raise error("parts", "be pairs of a Block and a number", but, "`(block, repeats)`")
    return pair[0], _checks.integer("layers", pair[1], "for example layers=2", least=0)


def _simulated(block: Block, wires: int, adjoint: bool) -> Callable[[Array, Array], Any]:
    """One repetition of a block as a QNode `state, params → state` that a scan takes."""
    gates = block.fused or block.apply
    gates = qml.adjoint(gates) if adjoint else gates

    @qml.qnode(qml.device("default.qubit", wires=wires), interface="jax", diff_method="backprop")
    def node(state: Array, params: Array) -> Any:
        qml.StatePrep(state, wires=range(wires))
        gates(params, range(wires))
        return qml.state()

    return lambda state, params: (node(state, params), None)
