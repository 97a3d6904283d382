"""IQP circuits: exact likelihoods by Walsh-Hadamard transforms, expectations at any size."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from itertools import chain, combinations
from math import comb
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from qce import _checks
from qce._checks import error
from qce._concrete import constant
from qce._showing import Shown
from qce._walsh import walsh_at, walsh_hadamard, walsh_of
from qce._wires import bits_of
from qce.circuits.circuit import Circuit, check_wires, parameters
from qce.circuits.iqp import Gates, iqp, masks
from qce.models import _outcomes
from qce.results import Estimate
from qce.typing import Array

# Signs of gates that are alive at once in an expectation: 32 MiB.
_SIGNS = 2**22


@dataclass(frozen=True, repr=False)
class IQP(Shown):
    r"""The outcomes of an IQP circuit, $H^{⊗n} \exp(-i \sum_g θ_g Z^g) H^{⊗n}$.

    Instantaneous quantum polynomial: the gates commute. Z^g is the product of Z over the wires of
    gate g. Two Walsh-Hadamard transforms give all amplitudes, from the angles of any number of
    gates,

    $$\phi(z) = \sum_g \theta_g (-1)^{g\cdot z}, \qquad
      \langle x|\psi\rangle = 2^{-n} \sum_z (-1)^{x\cdot z} e^{-i\phi(z)},$$

    and two more the gradient. Likelihoods take 2^n numbers, so that memory limits n;
    `expectation` and `circuit` are for any number of wires.

    NumPy arrays are computed with in double precision; arrays of JAX keep their precision.

    Args:
        wires: number of wires n.
        gates: the wires of each gate, such as `[(0,), (0, 1)]`; an array of integers, whose bits
            are the wires, wire 0 the most significant; an array `(k, n)` of 0 and 1; or a networkx
            graph of the wires, for one gate a wire and one an edge, in this order.
        spin_flip: start from $(|0…0⟩ + |1…1⟩)/\sqrt 2$ in place of |0…0⟩: x and its complement are
            then equally likely.

    Raises:
        ValueError: two gates are the same, or one has no wire, a wire twice, or an unknown wire.

    Source: M. J. Bremner, R. Jozsa and D. J. Shepherd, Proc. R. Soc. A 467, 459 (2011);
    E. Recio-Armengol, S. Ahmed and J. Bowles, arXiv:2503.02934.

    Example:
        >>> model = IQP(2, [(0,), (0, 1)])
        >>> theta = np.array([np.pi / 4, 0.0])  # wire 0 is turned half the way over
        >>> np.exp(model.log_prob(theta, [[0, 0], [1, 0], [-1, 0]])).round(12).tolist()
        [0.5, 0.5, 1.0]
        >>> IQP.up_to(16, 6).size
        14892
    """

    wires: int
    gates: Gates
    spin_flip: bool = False

    # All rows share the transforms, which a likelihood in batches would compute for each batch.
    rows_at_once: ClassVar[int] = 2**20

    def __post_init__(self) -> None:
        object.__setattr__(self, "wires", check_wires(self.wires))
        object.__setattr__(self, "gates", _gates(self.gates, self.wires))
        object.__setattr__(self, "spin_flip", _checks.truth("spin_flip", self.spin_flip))

    @classmethod
    def up_to(cls, wires: int, weight: int, spin_flip: bool = False) -> IQP:
        """Make the circuit of all gates on one wire, then on two, …, on `weight` wires.

        Args:
            wires: number of wires n.
            weight: most wires of a gate, from 1 to n.
            spin_flip: as above.

        Returns:
            Model; gates of equal weight are in the order of `itertools.combinations`.
        """
        wires = check_wires(wires)
        weight = _checks.integer("weight", weight, "weight=2, for example", least=1, most=wires)
        count = sum(comb(wires, k) * (k + 8) for k in range(1, weight + 1))
        _checks.numbers_fit("weight", count, "wires of gates", "a smaller one")
        sets = (combinations(range(wires), k) for k in range(1, weight + 1))
        return cls(wires, tuple(chain.from_iterable(sets)), spin_flip)

    @property
    def size(self) -> int:
        """Number of parameters, one a gate."""
        return len(self.gates)

    @property
    def circuit(self) -> Circuit:
        """The circuit for devices: one `MultiRZ` of angle 2θ_g a gate."""
        return iqp(self.wires, self.gates, self.spin_flip)

    def initial(self, seed: int) -> np.ndarray:
        """Return a start close to the uniform distribution, shape `(size,)`.

        Gates of one wire have the angle π/4, which makes all strings equally likely; all angles get
        normal deviates of size 0.01, which break the symmetry.
        """
        noise = 0.01 * _checks.rng("seed", seed).normal(size=self.size)
        return noise + np.where([len(gate) == 1 for gate in self.gates], np.pi / 4, 0.0)

    def probabilities(self, params: Array) -> Array:
        """Return $p(x) = |⟨x|ψ⟩|^2$, shape `(2^n,)`."""
        self._fits()
        return _outcomes.as_given(self._probabilities, params)

    def log_prob(self, params: Array, bits: Array) -> Array:
        """Return ln p(x), exactly.

        Args:
            params: angles θ, shape `(size,)`.
            bits: 0 or 1, and −1 (NaN among floats) for a wire that was not seen, `(..., n)`.

        Returns:
            Shape `(...)`, of the marginal of the wires that were seen; −inf where it is 0, to the
            precision of the amplitudes, 1e-16 √n.

        Raises:
            ValueError: a bit is another number, or 2^n amplitudes do not fit into memory.
        """
        self._fits()
        rows = _outcomes.read_bits(bits, self.wires)
        return _outcomes.as_given(partial(self._log_prob, rows=rows), params)

    def sample(self, params: Array, shots: int, seed: int) -> np.ndarray:
        """Draw bit strings, exactly: integers 0 or 1, shape `(shots, n)`."""
        params = _checks.concrete("params", _checks.vector("params", params, self.size))
        p = self.probabilities(np.asarray(params, dtype=float))
        return _outcomes.sample(p, self.wires, shots, seed)

    def expectation(
        self, params: Array, operators: Any, shots: int = 1000, seed: int = 0
    ) -> Expectations:
        r"""Estimate expectations of products of Z, on any number of wires.

        $\langle Z^a\rangle$ is the mean over uniform z of
        $\cos\bigl(2 \sum_{g:\,|g\cap a|\ \text{odd}} \theta_g (-1)^{g\cdot z}\bigr)$, over z of
        even weight for `spin_flip`, and 0 there where a has an odd number of wires.

        Args:
            params: angles θ, shape `(size,)`.
            operators: wires of each product, such as `[(0,), (0, 1)]`, or an array `(m, n)` of 0
                and 1.
            shots: strings z, the same for all products; 2 or more.
            seed: of the strings.

        Returns:
            Unbiased estimates of the ⟨Z^a⟩, with standard errors.

        Source: M. Van den Nest, arXiv:0911.1624; arXiv:2503.02934.

        Example:
            >>> model = IQP.up_to(1000, 1)
            >>> found = model.expectation(np.full(1000, np.pi / 8), [(0,), (0, 999)])
            >>> print(found[0])  # of one wire: cos 2θ, whatever z is
            0.70711 (1000 shots)
        """
        shots = _checks.outcomes("shots", shots, least=2)
        rows = self._operators(operators)
        rng = _checks.rng("seed", seed)
        with jax.enable_x64(True):
            theta = jnp.asarray(np.asarray(parameters("params", params, self.size), dtype=float))
            total, squares = np.zeros(len(rows)), np.zeros(len(rows))
            for count in _portions(shots, max(self.size, len(rows))):
                z = rng.integers(0, 2, size=(count, self.wires), dtype=np.int8)
                cosines = np.asarray(self._cosines(theta, rows, z))
                total += cosines.sum(axis=0)
                squares += (cosines**2).sum(axis=0)
        mean = total / shots
        variance = np.maximum(squares - shots * mean**2, 0.0) / (shots - 1)
        return Expectations(mean, (variance / shots) ** 0.5, shots)

    def moments(self, params: Array, operators: Array, key: Array, shots: int = 100) -> Array:
        """Return unbiased estimates of $⟨Z^a⟩$ that JAX can trace and differentiate, `(m,)`.

        Args:
            params: angles θ, shape `(size,)`.
            operators: 0 or 1 for each wire, `(m, n)`.
            key: of `jax.random`.
            shots: strings z.
        """
        z = jax.random.bernoulli(key, 0.5, (shots, self.wires)).astype(jnp.int8)
        return self._cosines(jnp.asarray(params), operators, z).mean(axis=0)

    def _cosines(self, theta: Array, operators: Array, z: Array) -> Array:
        """The cosine of every string z and every product, shape `(S, m)`."""
        return _cosines(theta, self._padded, operators, z, self.spin_flip)

    def _probabilities(self, params: Array) -> Array:
        return _probabilities(self._phases(params), self.spin_flip)

    def _log_prob(self, params: Array, rows: Array) -> Array:
        phi = self._phases(params)
        found = _outcomes.by_rows(
            rows.reshape(-1, self.wires),
            lambda x: _probabilities_at(phi, x, self.spin_flip),
            lambda x: _outcomes.marginals(_probabilities(phi, self.spin_flip), x),
        )
        return _outcomes.logarithm(found).reshape(rows.shape[:-1])

    def _phases(self, params: Array) -> Array:
        """φ(z) of every string z."""
        theta = parameters("params", params, self.size)
        return _phases(theta, constant(self._masks), self.wires)

    def _operators(self, operators: Any) -> np.ndarray:
        """Rows of 0 and 1; the empty product is 1."""
        if hasattr(operators, "shape"):
            rows = _checks.bits("operators", operators)
            if rows.ndim != 2 or rows.shape[1] != self.wires:
                must, but = f"have shape (m, {self.wires})", f"its shape is {rows.shape}"
                raise error("operators", must, but, "0 or 1 for each wire")
            return rows
        sets = _sets("operators", operators, self.wires)
        listed = [[w in one for w in range(self.wires)] for one in sets]
        return np.array(listed, dtype=int).reshape(-1, self.wires)

    def _fits(self) -> None:
        # Phases, cosines, sines and both parts of the amplitudes, with what the transform moves.
        _checks.wires_fit("wires", self.wires, numbers=4)

    @property
    def _masks(self) -> np.ndarray:
        return masks(self.gates, self.wires)

    @property
    def _padded(self) -> np.ndarray:
        """Wires of each gate, `(k, most)`; n where there is none."""
        most = max(map(len, self.gates))
        return np.array([[*gate, *[self.wires] * (most - len(gate))] for gate in self.gates])


@dataclass(frozen=True, eq=False, repr=False)
class Expectations(Shown):
    """Means of several quantities over the same sample.

    Args:
        value: means, shape `(m,)`.
        stderr: their standard errors, `(m,)`.
        shots: how many were averaged.
    """

    value: np.ndarray
    stderr: np.ndarray
    shots: int

    def __len__(self) -> int:
        return len(self.value)

    def __getitem__(self, which: int) -> Estimate:
        return Estimate(float(self.value[which]), float(self.stderr[which]), self.shots, unit="")


# --- by transforms --------------------------------------------------------------------------------


@partial(jax.jit, static_argnames="wires")
def _phases(theta: Array, masks: Array, wires: int) -> Array:
    return walsh_of(theta, masks, wires)


@partial(jax.jit, static_argnames="spin_flip")
def _probabilities(phi: Array, spin_flip: bool) -> Array:
    parts = [walsh_hadamard(wave) for wave in (jnp.cos(phi), jnp.sin(phi))]
    if spin_flip:  # X⊗…⊗X commutes with the circuit: it reverses the list of strings
        parts = [(part + part[::-1]) / 2**0.5 for part in parts]
    return _squares(parts, phi.size)


@partial(jax.jit, static_argnames="spin_flip")
def _probabilities_at(phi: Array, rows: Array, spin_flip: bool) -> Array:
    """Of rows of bits, `(N, n)`."""
    strings = _outcomes.strings(rows)
    if spin_flip:
        strings = jnp.concatenate([strings, phi.size - 1 - strings])
    parts = [walsh_at(wave, strings) for wave in (jnp.cos(phi), jnp.sin(phi))]
    if spin_flip:
        parts = [part.reshape(2, -1).sum(axis=0) / 2**0.5 for part in parts]
    return _squares(parts, phi.size)


def _squares(parts: list[Array], size: int) -> Array:
    """|⟨x|ψ⟩|² from the sums of 2^n cosines and sines."""
    real, imaginary = (part / size for part in parts)
    return real**2 + imaginary**2


# --- by sampling ----------------------------------------------------------------------------------


@partial(jax.jit, static_argnames=("spin_flip",))
def _cosines(theta: Array, gates: Array, operators: Array, z: Array, spin_flip: bool) -> Array:
    if spin_flip:  # strings of even weight: the last bit makes it even
        z = jnp.concatenate([z[:, :-1], z[:, :-1].sum(axis=1, keepdims=True, dtype=z.dtype) % 2], 1)
    signs, crossed = _parities(z, gates), _parities(operators, gates)
    # 2 θ_g where gate and product share an odd number of wires, 0 elsewhere.
    weighted = theta * (1 - crossed.astype(theta.dtype))
    cosines = jnp.cos(signs.astype(theta.dtype) @ weighted.T)
    odd = operators.sum(axis=1) % 2 == 1
    return jnp.where(odd, 0.0, cosines) if spin_flip else cosines


def _parities(rows: Array, gates: Array) -> Array:
    """(−1)^{|g∩a|} of every row a and gate g, as int8."""
    signs = 1 - 2 * jnp.pad(rows.astype(jnp.int8), ((0, 0), (0, 1)))
    found = signs[:, gates[:, 0]]
    for place in range(1, gates.shape[1]):
        found = found * signs[:, gates[:, place]]
    return found


def _portions(shots: int, width: int) -> list[int]:
    """Sizes of the batches of strings, which limit how many signs are held at once."""
    most = max(1, _SIGNS // max(width, 1))
    whole, rest = divmod(shots, most)
    return [most] * whole + ([rest] if rest else [])


# --- gates ----------------------------------------------------------------------------------------


def _gates(gates: Any, wires: int) -> Gates:
    if hasattr(gates, "edges") and hasattr(gates, "nodes"):  # a graph of networkx
        edges = sorted(tuple(sorted(edge)) for edge in gates.edges)
        gates = [*((node,) for node in sorted(gates.nodes)), *edges]
    elif hasattr(gates, "shape"):
        gates = _from_array(gates, wires)
    sets = _sets("gates", gates, wires)
    if not sets:
        raise error("gates", "hold a gate or more", "there is none", "`IQP.up_to(n, 2)`")
    if empty := [one for one in sets if not one]:
        raise error("gates", "act on a wire each", f"one is {empty[0]}", "gates such as (0, 1)")
    (most, times), *_ = Counter(sets).most_common(1)
    if times > 1:
        raise error("gates", "differ from each other", f"{most} is there {times} times", "it once")
    return sets


def _from_array(gates: Any, wires: int) -> list[tuple[int, ...]]:
    table = _checks.whole("gates", gates, "integers whose bits are the wires")
    if table.ndim == 1:
        if table.size and (table.min() < 0 or int(table.max()) >= 2 ** min(wires, 63)):
            but = f"one is {table.min() if table.min() < 0 else table.max()}"
            raise error("gates", f"be below 2^{wires}", but, "bits of the wires, wire 0 first")
        table = bits_of(table, wires)
    if table.ndim != 2 or table.shape[1] != wires or (table.size and not 0 <= table.min()):
        but = f"its shape is {table.shape}"
        must = f"be integers (k,) or rows of 0 and 1 (k, {wires})"
        raise error("gates", must, but, "a list of tuples for the wires of each gate")
    if table.size and table.max() > 1:
        but = f"one entry is {table.max()}"
        remedy = "a list of tuples for the wires of each gate"
        raise error("gates", f"be rows of 0 and 1 (k, {wires})", but, remedy)
    return [tuple(np.flatnonzero(row).tolist()) for row in table]


def _sets(name: str, given: Any, wires: int) -> Gates:
    """Sets of wires, each in increasing order."""
    remedy = f"tuples of wires from 0 to {wires - 1}, such as [(0,), (0, 1)]"
    sets = []
    for one in _checks.sequence(name, given, remedy):
        listed = _checks.sequence(name, one, remedy)
        whole = [_checks.integer(name, w, remedy, least=0, most=wires - 1) for w in listed]
        if len(set(whole)) < len(whole):
            raise error(name, "name a wire once each", f"one is {tuple(whole)}", remedy)
        sets.append(tuple(sorted(whole)))
    return tuple(sets)
