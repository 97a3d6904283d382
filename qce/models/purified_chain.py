"""Locally purified chains: mixed states of hundreds of wires, measured in product Pauli bases."""

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
from qce._showing import Shown
from qce.circuits.circuit import parameters
from qce.data.pauli_outcomes import read_settings
from qce.data.rows import OPEN, seen_bits, wires_of
from qce.models import _chain_messages as messages
from qce.models._chain_sampling import draw
from qce.typing import Array

_WRITTEN_OUT = 10  # wires whose density matrix is written out: 4^n expectation values


@dataclass(frozen=True, repr=False)
class PurifiedChain(Shown):
    r"""A state of a chain of any number of wires, with ρ ≥ 0 by construction.

    Wire i has a tensor A_i[k, x, l, r]: k a purifying value, x the bit, l and r the bonds to its
    neighbours. With ψ_k(x) the product of the matrices A_i[k_i, x_i] along the chain,

    $$\rho = \frac{1}{N} \sum_k |\psi_k\rangle\langle\psi_k|, \quad N = \sum_k \|\psi_k\|^2.$$

    At `purification` 1 the state is pure, a matrix product state. One pass along the chain gives
    the probability of an outcome in a product Pauli basis.

    Parameters are one flat real vector, all real parts before all imaginary ones: A of wire 0, of
    wire 1 …, each `(purification, 2, D, D)`. Rows of wire 0 other than the first play no part, and
    the last wire ends in the vector of ones: `MatrixProduct(wires, bond, purification=…,
    complex=True)` has the same parameters, and gives outcomes in the computational basis the same
    probabilities.

    Cost: O(n D⁴) a row, whatever the purification, in real numbers.

    Args:
        wires: how many.
        bond: D.
        purification: number of purifying values of each wire.
        dtype: "float32" or "float64"; that of the parameters by default.

    Source: F. Verstraete, J. J. García-Ripoll and J. I. Cirac, Phys. Rev. Lett. 93, 207204 (2004);
    in tomography: T. Baumgratz et al., Phys. Rev. Lett. 111, 020401 (2013).

    Example:
        >>> model, params = PurifiedChain.ghz(3)
        >>> np.exp(model.log_prob(params, [[0, 0, 0], [1, 1, 0]], "XXX")).round(6).tolist()
        [0.25, 0.25]
        >>> model.expectation(params, ["XXX", "ZZI"]).round(6).tolist()
        [1.0, 1.0]
    """

    wires: int
    bond: int = 2
    _: KW_ONLY
    purification: int = 1
    dtype: str | None = None

    def __post_init__(self) -> None:
        put = partial(object.__setattr__, self)
        put("wires", _checks.integer("wires", self.wires, "wires=64, for example", least=1))
        put("bond", _checks.integer("bond", self.bond, "bond=2, for example", least=1))
        remedy = "purification=1: a pure state"
        put("purification", _checks.integer("purification", self.purification, remedy, least=1))
        _checks.one_of("dtype", self.dtype, (None, "float32", "float64"))
        both = ("wires", "bond")
        _checks.numbers_fit(both, 3 * self.size, "parameters with slopes", "a smaller bond")
        steps = 18 * self.wires * self.bond**4
        _checks.numbers_fit(both, steps, "steps along the chain", "a smaller bond")

    @classmethod
    def ghz(cls, wires: int, **settings: Any) -> tuple[PurifiedChain, np.ndarray]:
        r"""Return $(|0…0⟩ + |1…1⟩)/\sqrt 2$, exactly, as model and parameters.

        Example:
            >>> model, params = PurifiedChain.ghz(100)
            >>> round(float(model.expectation(params, "X" * 100)), 4)
            1.0
        """
        model = cls(wires, 2, **settings)
        tensors = np.zeros(model._shape)
        for bit in (0, 1):
            tensors[0, 0, bit, 0, bit] = tensors[1:, 0, bit, bit, bit] = 1
        return model, model._flat(tensors)

    @classmethod
    def cluster(
        cls, wires: int, beta: float | None = None, **settings: Any
    ) -> tuple[PurifiedChain, np.ndarray]:
        r"""Return the thermal state of $H = -\sum_i Z_{i-1} X_i Z_{i+1}$, exactly.

        The terms commute, and CZ gates on all pairs of neighbours turn them into the X_i: the state
        is that circuit applied to wires in the state (1 + X tanh β)/2. At the ends the missing Z is
        left out. At β = ∞ it is the cluster state, which is pure.

        Args:
            wires: how many.
            beta: inverse temperature β; `None` for the cluster state.
            **settings: of the chain.

        Returns:
            Model and parameters; of purification 2, and 1 for the cluster state.

        Source: R. Raussendorf, S. Bravyi and J. Harrington, Phys. Rev. A 71, 062313 (2005).

        Example:
            >>> model, params = PurifiedChain.cluster(100, beta=1.0)
            >>> round(float(model.expectation(params, "ZXZ" + "I" * 97)), 4)  # tanh β
            0.7616
        """
        mean = 1.0
        if beta is not None:
            mean = np.tanh(_checks.number("beta", beta, "beta=1.0, or None", least=0))
        share = np.array([1 + mean, 1 - mean]) / 2
        model = cls(wires, 2, purification=1 if beta is None else 2, **settings)
        sign = np.array([[1.0, 1.0], [1.0, -1.0]])
        tensors = np.zeros(model._shape)
        for k in range(model.purification):
            for bit in (0, 1):  # Z^k before the gates, CZ with the left neighbour's bit
                entry = (share[k] / 2) ** 0.5 * sign[k, bit]
                tensors[:, k, bit, :, bit] = entry * sign[:, bit]
        return model, model._flat(tensors)

    @property
    def size(self) -> int:
        """Number of parameters."""
        return 2 * int(np.prod(self._shape))

    @property
    def _shape(self) -> tuple[int, ...]:
        return (self.wires, self.purification, 2, self.bond, self.bond)

    def _flat(self, tensors: np.ndarray) -> np.ndarray:
        return np.concatenate([tensors.real.ravel(), tensors.imag.ravel()])

    def initial(self, seed: int) -> np.ndarray:
        """Return a random start, shape `(size,)`: near a pure product state, each wire near |+⟩.

        Amplitudes of the other purifying values are a tenth as large, so that coherence over many
        wires is not lost at the start.
        """
        rng = _checks.rng("seed", seed)
        shape = self._shape
        entries = rng.normal(0, 0.3, shape) + 1j * rng.normal(0, 0.3, shape)
        entries[:, 1:] *= 0.1
        entries[:, 0] += np.eye(self.bond)
        return self._flat(entries / 2**0.5)

    def tensors(self, params: Array) -> Array:
        """Return A, complex, shape `(n, purification, 2, D, D)`."""
        flat = self._read("params", params)
        if self.dtype is not None:
            flat = flat.astype(self.dtype)
        parts = flat.reshape(2, *self._shape)
        return jax.lax.complex(parts[0], parts[1])

    def _read(self, name: str, params: Array) -> Array:
        """Parameters, real and of their shape."""
        flat = parameters(name, params, self.size)
        if jnp.iscomplexobj(flat):
            but = f"its dtype is {flat.dtype}"
            raise error(name, "be real", but, "all real parts before all imaginary ones", TypeError)
        return flat

    def log_prob(self, params: Array, bits: Array, settings: Any = None) -> Array:
        """Return ln p of outcomes in product Pauli bases, in nats, exact and normalised.

        Args:
            params: shape `(size,)`.
            bits: 0 for the eigenvalue +1, or 1, shape `(..., n)`; a wire that was not seen is −1,
                or NaN among floats.
            settings: letters X, Y, Z, one string for all rows or one a row, or numbers 0, 1, 2 of
                the shape of the bits; `None` for Z on all wires.

        Returns:
            Shape `(...)`; −∞ where p = 0. The error is about n ε over the least conditional
            probability of a bit given those on its left; one below ε is lost in rounding.

        Raises:
            ValueError: A bit or a letter is not one of these, or shapes do not fit.

        Example:
            >>> model = PurifiedChain(200, bond=3, purification=2)
            >>> params = model.initial(0)
            >>> bool(abs(model.log_prob(params, np.full(200, -1))) < 1e-4)
            True
        """
        if isinstance(bits, jax.core.Tracer):
            wires_of("bits", bits, self.wires)
            letters = 2 if settings is None else jnp.asarray(settings)
            effects = jnp.where(bits == OPEN, OPEN, 2 * letters + bits)
            return self.log_prob_of_effects(params, effects)
        rows = seen_bits("bits", bits)
        wires_of("bits", rows, self.wires)
        if settings is None:
            settings = "Z" * self.wires
        letters = read_settings("settings", settings, rows.shape)
        return self.log_prob_of_effects(params, np.where(rows == OPEN, OPEN, 2 * letters + rows))

    def log_prob_of_effects(self, params: Array, effects: Array) -> Array:
        """Return `log_prob` of effects X+, X−, Y+, Y−, Z+, Z−, given as numbers 0 … 5.

        Args:
            params: shape `(size,)`.
            effects: shape `(..., n)`, as `qce.data.PauliOutcomes.effects`; −1 where not seen.
        """
        wires_of("effects", effects, self.wires)
        return self._log_prob(self._read("params", params), jnp.asarray(effects))

    @partial(jax.jit, static_argnames=("self",))
    def _log_prob(self, params: Array, effects: Array) -> Array:
        rows = effects.reshape(-1, self.wires).T.astype(jnp.int8)
        both = jnp.concatenate([rows, jnp.full((self.wires, 1), OPEN, jnp.int8)], axis=1)
        mantissa, power = messages.walk(self._steps(params), both)
        norm = messages.logarithm(mantissa[-1], jnp.zeros(()))
        found = messages.logarithm(mantissa[:-1], power[:-1] - power[-1]) - norm
        return found.reshape(effects.shape[:-1])

    def _steps(self, params: Array) -> Array:
        return messages.transfers(self.tensors(params))

    def expectation(self, params: Array, paulis: str | Sequence[str]) -> Array:
        r"""Return $\mathrm{Tr}\, ρP$ of products of Pauli matrices; JAX traces it.

        Args:
            params: shape `(size,)`.
            paulis: letters I, X, Y, Z, wire 0 first, such as "ZXZII"; or several of them, `(k,)`.

        Returns:
            One number, or shape `(k,)`.

        Raises:
            ValueError: A string has another length, or other letters.
        """
        remedy = f"{'Z' * self.wires!r}, for example"
        several = (paulis,) if isinstance(paulis, str) else paulis
        listed = _checks.sequence("paulis", several, remedy)
        if not listed:
            raise error("paulis", "hold one string at least", "it is empty", remedy)
        for text in listed:
            if not isinstance(text, str) or len(text) != self.wires or set(text) - set("IXYZ"):
                but = f"one is {_checks.shown(text)}"
                must = f"be {self.wires} letters I, X, Y, Z"
                raise error("paulis", must, but, remedy)
        letters = np.array([["IXYZ".index(x) for x in text] for text in listed]).reshape(
            len(listed), self.wires
        )
        found = self._expectation(self._read("params", params), letters)
        return found[0] if isinstance(paulis, str) else found

    @partial(jax.jit, static_argnames=("self",))
    def _expectation(self, params: Array, letters: Array) -> Array:
        steps = self._steps(params)
        both = jnp.concatenate([letters, jnp.zeros((1, self.wires), letters.dtype)])
        mantissa, power = messages.walk(steps, messages.on_wires(both, steps.dtype))
        ratio = mantissa[:-1] / mantissa[-1]
        return jnp.ldexp(ratio, power[:-1] - power[-1])

    def log_overlap(self, params: Array, other: PurifiedChain, other_params: Array) -> Array:
        r"""Return $\ln \mathrm{Tr}\, ρσ$ with another chain.

        Where one of the two is pure, Tr ρσ is their fidelity.

        Args:
            params: of ρ, shape `(size,)`.
            other: chain of as many wires, of any bond.
            other_params: its parameters.

        Example:
            >>> ghz, there = PurifiedChain.ghz(63)
            >>> cluster, here = PurifiedChain.cluster(63)
            >>> print(f"{float(ghz.log_overlap(there, cluster, here)) / np.log(2):.4f}")
            -62.0000
        """
        _checks.instance("other", other, PurifiedChain, "a chain of as many wires")
        if other.wires != self.wires:
            but = f"it has {other.wires}"
            raise error("other", f"have {self.wires} wires", but, "a chain of as many")
        theirs = other._steps(other._read("other_params", other_params))
        return _log_overlap(self._steps(self._read("params", params)), theirs)

    def purity(self, params: Array) -> Array:
        r"""Return $\mathrm{Tr}\, ρ^2$."""
        return jnp.exp(self._log_purity("params", params))

    def _log_purity(self, name: str, params: Array) -> Array:
        steps = self._steps(self._read(name, params))
        return _log_overlap(steps, steps)

    def similarity(self, params: Array, other: PurifiedChain, other_params: Array) -> Array:
        r"""Return $\mathrm{Tr}\, ρσ / \sqrt{\mathrm{Tr}\, ρ^2\; \mathrm{Tr}\, σ^2}$.

        The cosine of two density matrices as vectors, 1 only where both are equal. For two pure
        states it is the fidelity.
        """
        both = self.log_overlap(params, other, other_params)
        mine = self._log_purity("params", params)
        theirs = other._log_purity("other_params", other_params)
        return jnp.exp(both - (mine + theirs) / 2)

    def reduced(self, params: Array, wires: Sequence[int]) -> Array:
        """Return the density matrix of some wires, at most ten, in the order in which they stand.

        Args:
            params: shape `(size,)`.
            wires: which, each once.

        Returns:
            Complex, shape `(2^k, 2^k)`.

        Raises:
            ValueError: A wire is not there, or they are too many.

        Example:
            >>> model, params = PurifiedChain.ghz(30)
            >>> model.reduced(params, [3, 20]).real.round(6).diagonal().tolist()
            [0.5, 0.0, 0.0, 0.5]
        """
        remedy = f"[0, 1], for example, of {self.wires} wires"
        kept = _checks.whole("wires", wires, remedy)
        inside = kept.ndim == 1 and kept.size and kept.min() >= 0 and kept.max() < self.wires
        if not inside or len(set(kept.tolist())) < len(kept) or len(kept) > _WRITTEN_OUT:
            must = f"be at most {_WRITTEN_OUT} of 0 to {self.wires - 1}, each once"
            raise error("wires", must, f"it is {_checks.shown(wires)}", remedy)
        count = len(kept)
        letters = np.zeros((4**count, self.wires), dtype=np.int64)
        letters[:, kept] = np.indices((4,) * count).reshape(count, -1).T
        values = self._expectation(self._read("params", params), letters)
        matrix = values.reshape((4,) * count)
        for _ in range(count):  # Σ_P Tr(ρP) P / 2^k, one wire after the other
            matrix = jnp.tensordot(matrix, jnp.asarray(messages.PAULIS) / 2, axes=([0], [0]))
        order = [*range(0, 2 * count, 2), *range(1, 2 * count, 2)]
        return matrix.transpose(order).reshape(2**count, 2**count)

    def density_matrix(self, params: Array) -> Array:
        """Return ρ, shape `(2^n, 2^n)`, of at most ten wires."""
        if self.wires > _WRITTEN_OUT:
            but, remedy = f"there are {self.wires}", "`reduced` for the state of some of them"
            raise error("wires", f"be at most {_WRITTEN_OUT} to write ρ out", but, remedy)
        return self.reduced(params, range(self.wires))

    def sample(
        self, params: Array, shots: int, seed: int | np.random.Generator, settings: Any = None
    ) -> np.ndarray:
        """Draw independent outcomes in product Pauli bases, exactly.

        Args:
            params: shape `(size,)`.
            shots: how many.
            seed: of the random numbers.
            settings: as in `log_prob`, one string or one a shot.

        Returns:
            Integers 0 or 1, shape `(shots, n)`.

        Example:
            >>> model, params = PurifiedChain.ghz(64)
            >>> bits = model.sample(params, shots=3, seed=0, settings="Z" * 64)
            >>> bool((bits == bits[:, :1]).all())
            True
        """
        shots = _checks.integer("shots", shots, "shots=1000, for example", least=1)
        rng = _checks.rng("seed", seed)
        shape = (shots, self.wires)
        needed = 16.0 * shots * self.wires
        _checks.memory("shots", f"{shots} outcomes", needed, None, "fewer at a time")
        every = "Z" * self.wires if settings is None else settings
        letters = read_settings("settings", every, shape)
        steps = np.asarray(self._steps(self._read("params", params)), dtype=float)
        if not np.isfinite(steps).all():
            raise error("params", "be finite", "one is infinite or NaN", "finite numbers")
        return draw(steps, letters, rng)


@jax.jit
def _log_overlap(first: Array, second: Array) -> Array:
    def norm(steps: Array) -> Array:
        nothing = jnp.full((len(steps), 1), OPEN, jnp.int8)
        mantissa, power = messages.walk(steps, nothing)
        return messages.logarithm(mantissa[0], power[0])

    return messages.log_overlap(first, second) - norm(first) - norm(second)
