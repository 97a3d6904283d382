"""Tensor trees, Born machines to hidden Markov trees: exact likelihoods on hundreds of wires."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qce import _checks
from qce._checks import error
from qce._concrete import called
from qce._showing import Shown
from qce.circuits.circuit import parameters
from qce.data.rows import OPEN, seen_bits, wires_of
from qce.models import _outcomes
from qce.models import _tree_messages as messages
from qce.models import _tree_sampling as sampling
from qce.models._tree_order import check_parents, rooted
from qce.models._tree_start import chow_liu_tensors
from qce.models.baselines import chow_liu
from qce.typing import Array

_LOG2 = float(np.log(2.0))


@dataclass(frozen=True, repr=False)
class TensorTree(Shown):
    r"""A distribution of bits whose wires are the nodes of a tree of tensors.

    Node i has two matrices K_i[x], one for each bit, rows: the bond to its parent, columns: its own
    bond, where its children meet. The amplitude of a subtree is the vector
    m_i(x) = K_i[x_i] (⊙_c m_c(x)) over the children c, with ones at a leaf, and

    $$p(x) = |m_{root}(x)_0|^2 / N$$

    with N the sum over all x. At `coherence` 1 that is a Born machine; a chain is a matrix product
    state. Below 1 a dephasing channel on each bond multiplies what is off the diagonal by
    `coherence`; at 0 it becomes $p(x) \propto \sum_z \prod_i |K_i[x_i]|^2$ with the values z of the
    bonds: a hidden Markov tree, the classical twin.

    Parameters are one flat real vector: K of wire 0, of wire 1 …, each `(purification, 2, D, D)`;
    with `complex`, all real parts before all imaginary ones. Rows of a root other than the first
    play no part.

    Cost: O(n D²) a row at coherence 1 or 0, and O(n D³) once for N at coherence 1; O(n D³) a row
    where the coherence is between, with a purifying index, and for rows with wires not seen.

    Args:
        parents: parent of each wire, −1 for a root, shape `(n,)`. Several roots are independent.
        bond: D, for all wires or one for each.
        coherence: from 0 to 1.
        purification: number of values of an index of each node over which squares are summed.
        complex: whether tensors are complex.
        dtype: "float32" or "float64"; that of the parameters by default.

    Source: S. Cheng et al., arXiv:1901.02217, for the trees; I. Glasser et al., arXiv:1907.03741,
    for what Born machines, purifications and hidden Markov models have in common.

    Example:
        >>> model = TensorTree((-1, 0, 0), bond=2)
        >>> model.size
        24
        >>> every = np.array([[a, b, c] for a in (0, 1) for b in (0, 1) for c in (0, 1)])
        >>> bool(abs(np.exp(model.log_prob(model.initial(0), every)).sum() - 1) < 1e-6)
        True
    """

    parents: tuple[int, ...]
    bond: int | tuple[int, ...]
    _: KW_ONLY
    coherence: float = 1.0
    purification: int = 1
    complex: bool = False
    dtype: str | None = None

    def __post_init__(self) -> None:
        put = partial(object.__setattr__, self)
        put("parents", check_parents(self.parents))
        put("bond", _check_bond(self.bond, len(self.parents)))
        put("coherence", _checks.share("coherence", self.coherence, "1.0: a Born machine"))
        remedy = "purification=1: none"
        put("purification", _checks.integer("purification", self.purification, remedy, least=1))
        put("complex", _checks.truth("complex", self.complex))
        _checks.one_of("dtype", self.dtype, (None, "float32", "float64"))
        _checks.numbers_fit("bond", 3 * self.size, "parameters with slopes", "a smaller bond")

    @classmethod
    def chain(
        cls, wires: int, bond: int, order: Sequence[int] | None = None, **settings: Any
    ) -> TensorTree:
        """Return a matrix product state: each wire's parent is the one before it.

        Args:
            wires: how many.
            bond: D.
            order: the wires along the chain, the root first; 0, 1, … by default.
            **settings: of the tree.

        Example:
            >>> TensorTree.chain(3, bond=2, order=[2, 0, 1]).parents
            (2, 0, -1)
        """
        wires = _checks.integer("wires", wires, "wires=10", least=1)
        _checks.memory("wires", f"{wires} of them", 100.0 * wires, None, "fewer")
        remedy = "each wire once, order=[2, 0, 1] for example"
        along = _checks.whole("order", range(wires) if order is None else order, remedy)
        if along.shape != (wires,) or sorted(along.tolist()) != list(range(wires)):
            must = f"hold each of 0 to {wires - 1} once"
            raise error("order", must, f"it is {_checks.shown(order)}", remedy)
        parents = np.full(wires, -1)
        parents[along[1:]] = along[:-1]
        return cls(tuple(parents.tolist()), bond, **settings)

    @classmethod
    def from_graph(cls, graph: Any, bond: int, root: int = 0, **settings: Any) -> TensorTree:
        """Return the tree of a graph without circles.

        Args:
            graph: of networkx, with nodes 0, 1, …, or a list of edges.
            bond: D.
            root: the root wire. Each other component of the graph has its least wire as root.
            **settings: of the tree.

        Example:
            >>> TensorTree.from_graph([(0, 1), (1, 2)], bond=2, root=1).parents
            (1, -1, 1)
        """
        return cls(rooted(graph, root), bond, **settings)

    @classmethod
    def from_chow_liu(
        cls,
        bits: Any,
        bond: int,
        seed: int = 0,
        *,
        smoothing: float | None = None,
        noise: float = 0.1,
        **settings: Any,
    ) -> tuple[TensorTree, np.ndarray]:
        """Return a tree with parameters that give the Chow-Liu distribution of data.

        At coherence 1 the distribution is that of `chow_liu` to rounding, whatever the noise; below
        1 noise changes ln p by n·D·1e-10.

        Args:
            bits: data, as `qce.models.chow_liu` reads it.
            bond: D, at least 2.
            seed: of the noise.
            smoothing: added to the count of each of the four values of a pair; `None` for 0, or
                0.1 where two values of a pair along the tree never occur together: held-out rows
                with them would have an infinite loss.
            noise: relative size of the noise that makes copies in the tensors different; at 0 they
                stay equal in training. With little noise a tree generalises better, if it is
                trained as `qce.fit` does by default; Adam needs about 1.
            **settings: of the tree.

        Returns:
            The model and its parameters, shape `(size,)`.

        Example:
            >>> bits = np.array([[0, 0], [0, 0], [1, 1], [1, 0]])
            >>> model, params = TensorTree.from_chow_liu(bits, bond=4, smoothing=0)
            >>> np.exp(model.log_prob(params, [[0, 0], [0, 1]])).round(6).tolist()
            [0.5, 0.0]
        """
        bond = _checks.integer("bond", bond, "bond=16", least=2)
        noise = _checks.number("noise", noise, "noise=0.1", least=0)
        with called(data="bits"):
            tree = chow_liu(bits, smoothing=0.0 if smoothing is None else smoothing)
            if smoothing is None and (tree.conditionals == 0).any() and np.ndim(bits) == 2:
                tree = chow_liu(bits, smoothing=_SMOOTHING)
        model = cls(tree.parents, bond, **settings)
        rng = _checks.rng("seed", seed)
        tensors = chow_liu_tensors(
            tree, bond, model.coherence, model.purification, noise, rng
        ).ravel()
        return model, np.pad(tensors, (0, model.size - tensors.size))

    @property
    def wires(self) -> int:
        """Number of wires."""
        return len(self.parents)

    @property
    def size(self) -> int:
        """Number of parameters."""
        return int(np.prod(self._shape)) * (2 if self.complex else 1)

    @property
    def tensor_shape(self) -> tuple[int, ...]:
        """Shape of the parameters as tensors: (n, purification, 2, D, D), 2 of them if complex."""
        return (2, *self._shape) if self.complex else self._shape

    @property
    def _shape(self) -> tuple[int, ...]:
        widest = self.bond if isinstance(self.bond, int) else max(self.bond)
        return (self.wires, self.purification, 2, widest, widest)

    def initial(self, seed: int) -> np.ndarray:
        """Return a random start near independent fair bits, shape `(size,)`.

        All entries are near 1/D; each differs by a tenth of that.
        """
        rng = _checks.rng("seed", seed)
        entries = rng.normal(1.0, 0.1, self._shape) / self._shape[-1]
        if not self.complex:
            return entries.ravel()
        turned = entries * np.exp(1j * rng.normal(0.0, 0.1, self._shape))
        return np.concatenate([turned.real.ravel(), turned.imag.ravel()])

    def tensors(self, params: Array) -> Array:
        """Return K, shape `(n, purification, 2, D, D)`; 0 beyond the bonds of a node."""
        flat = parameters("params", params, self.size)
        if self.dtype is not None:
            flat = flat.astype(self.dtype)
        parts = flat.reshape(-1, *self._shape)
        tensors = jax.lax.complex(parts[0], parts[1]) if self.complex else parts[0]
        if isinstance(self.bond, int):
            return tensors
        inside = np.arange(self._shape[-1]) < np.array([*self.bond, 1])[:, None]  # (n + 1, D)
        mask = inside[list(self.parents), :, None] & inside[:-1, None, :]
        return jnp.where(mask[:, None, None], tensors, 0)

    def log_prob(self, params: Array, bits: Array) -> Array:
        """Return ln p(x), in nats, exact and normalised; of the marginal where wires are open.

        Args:
            params: shape `(size,)`.
            bits: 0 or 1, shape `(..., n)`; a wire that was not seen is −1, or NaN among floats.

        Returns:
            Shape `(...)`; −inf where p(x) = 0. In double precision right to about n·1e-16, in
            single precision to n·1e-7.

        Raises:
            ValueError: a bit is another number, or the shapes are others.

        Example:
            >>> model = TensorTree.chain(200, bond=2)
            >>> unseen = np.full(200, -1)
            >>> bool(abs(model.log_prob(model.initial(0), unseen)) < 1e-4)
            True
        """
        params = parameters("params", params, self.size)
        rows, complete = _rows(bits, self.wires)
        if not rows.size:
            return jnp.zeros(rows.shape[:-1])
        return self._log_prob(params, rows, complete)

    def log_prob_of_complete(self, params: Array, bits: Array) -> Array:
        """Return `log_prob` of rows in which every wire was seen.

        Where bits are traced by JAX, `log_prob` has to allow for wires that were not seen.

        Args:
            params: shape `(size,)`.
            bits: 0 or 1, shape `(..., n)`; not checked where they are traced.

        Raises:
            ValueError: a wire was not seen.
        """
        rows, complete = _rows(bits, self.wires)
        if complete is False:
            raise error("bits", "be complete", "a bit was not seen", "such rows to `log_prob`")
        return self._log_prob(parameters("params", params, self.size), rows, True)

    def sample(self, params: Array, shots: int, seed: int) -> np.ndarray:
        """Draw independent bit strings, exactly.

        Args:
            params: shape `(size,)`.
            shots: how many.
            seed: of the random numbers.

        Returns:
            Integers 0 or 1, shape `(shots, n)`.

        Example:
            >>> model = TensorTree.chain(3, bond=2)
            >>> model.sample(model.initial(0), shots=5, seed=0).shape
            (5, 3)
        """
        shots = _outcomes.read_shots(shots, self.wires)
        return self.fill_in(params, np.full((shots, self.wires), OPEN, dtype=np.int8), seed)

    def fill_in(self, params: Array, bits: Array, seed: int) -> np.ndarray:
        """Draw the wires that were not seen, given those that were, exactly.

        Args:
            params: shape `(size,)`.
            bits: 0 or 1, shape `(..., n)`; −1, or NaN among floats, where to draw.
            seed: of the random numbers.

        Returns:
            Integers 0 or 1, of the shape of `bits`.

        Raises:
            ValueError: a row has probability 0 under the model.

        Example:
            >>> bits = np.array([[0, 0], [1, 1]])
            >>> model, params = TensorTree.from_chow_liu(bits, bond=2, smoothing=0)
            >>> model.fill_in(params, [[1, -1], [-1, 0]], seed=0).tolist()
            [[1, 1], [0, 0]]
        """
        known = seen_bits("bits", bits)
        wires_of("bits", known, self.wires)
        rng = _checks.rng("seed", seed)
        tensors = np.asarray(self.tensors(params))
        if not np.isfinite(tensors).all():
            raise error("params", "be finite", "one is infinite or NaN", "finite numbers")
        rows = known.reshape(-1, self.wires)
        found = sampling.fill_in(self.parents, self.coherence, tensors, rows, rng)
        return found.astype(int).reshape(known.shape)

    @partial(jax.jit, static_argnames=("self", "complete"))
    def _log_prob(self, params: Array, bits: Array, complete: bool | None) -> Array:
        tensors = self.tensors(params)
        seen = messages.allowed(bits.reshape(-1, self.wires), tensors.real.dtype)
        every = jnp.ones((self.wires, 2, 1), seen.dtype)
        if self.coherence == 1 and self.purification == 1:
            value = self._born(tensors, seen, self._weights(tensors, every), complete)
        else:  # one walk for the rows, with the sum over all strings as one more row
            found = self._weights(tensors, jnp.concatenate([seen, every], axis=-1))
            value = _difference([x[:-1] for x in found], [x[-1] for x in found])
        return value.reshape(jnp.shape(bits)[:-1])

    def _born(self, tensors: Array, seen: Array, norm: Any, complete: bool | None) -> Array:
        """Coherence 1: squares of amplitudes where all wires are seen; densities where not."""

        def pure(tensors: Array) -> Array:
            mantissa, exponent = messages.amplitudes(self.parents, tensors, seen)
            square = mantissa.real**2 + mantissa.imag**2
            return _difference((square, 2 * exponent), norm)

        def open_wires(tensors: Array) -> Array:
            return _difference(self._weights(tensors, seen), norm)

        if complete is not None:
            return pure(tensors) if complete else open_wires(tensors)
        # Branches would return what the backward pass of both needs: recomputing it is cheaper.
        ways = (jax.checkpoint(pure), jax.checkpoint(open_wires))
        return jax.lax.cond((seen.sum(1) == 1).all(), *ways, tensors)

    def _weights(self, tensors: Array, seen: Array) -> tuple[Array, Array]:
        """Weights of rows, with any wires open."""
        if self.coherence == 0:
            return messages.weights(self.parents, tensors, seen)
        return messages.densities(self.parents, self.coherence, tensors, seen)


def MatrixProduct(
    wires: int, bond: int, order: Sequence[int] | None = None, **settings: Any
) -> TensorTree:
    """Return a matrix product state, the tensor tree that is a chain: see `TensorTree.chain`.

    Example:
        >>> MatrixProduct(4, bond=2).parents
        (-1, 0, 1, 2)
    """
    return TensorTree.chain(wires, bond, order, **settings)


# Added to the count of a pair that never occurs; results of training do not depend on it.
_SMOOTHING = 0.1


def _rows(bits: Any, wires: int) -> tuple[Array, bool | None]:
    """Rows of bits `(..., n)`, and whether all wires were seen; `None` where bits are traced."""
    if isinstance(bits, jax.core.Tracer):
        wires_of("bits", bits, wires)
        return bits, None
    known = seen_bits("bits", bits)
    wires_of("bits", known, wires)
    return known, bool((known != OPEN).all())


def _difference(data: Sequence[Array], norm: Sequence[Array]) -> Array:
    """Logarithm of a weight over their sum; exponents of two subtract without rounding."""
    return jnp.log(data[0]) - jnp.log(norm[0]) + (data[1] - norm[1]) * _LOG2


def _check_bond(bond: Any, wires: int) -> int | tuple[int, ...]:
    """One bond dimension for all wires, or one for each."""
    if np.ndim(bond) == 0:
        return _checks.integer("bond", bond, "bond=16", least=1)
    each = _checks.whole("bond", bond, "one for all, or one for each wire")
    if each.shape != (wires,) or each.min() < 1:
        must, but = f"be {wires} numbers of at least 1", f"it is {_checks.shown(bond)}"
        raise error("bond", must, but, "bond=16, or one for each wire")
    return tuple(each.tolist())
