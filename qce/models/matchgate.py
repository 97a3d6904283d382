"""Matchgate Born machine: bit strings of free fermions, with exact likelihoods."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import scipy.linalg

from qce import _checks
from qce._checks import error
from qce._showing import Shown
from qce.circuits import Circuit
from qce.circuits.circuit import parameters, random_angles
from qce.circuits.matchgate import matchgate, matchgate_angles
from qce.data.rows import OPEN
from qce.models import _fermion_outcomes
from qce.models._outcomes import finite_params, read_bits
from qce.states import GaussianFermions
from qce.typing import Array

_JITTER = 0.1  # of the generator of a random start, around independent even bits


@dataclass(frozen=True, repr=False)
class Matchgate(Shown):
    r"""The distribution $p(x) = 2^{-n} \sqrt{\det(Γ + Γ_x)}$ of n measured free-fermion wires.

    A pure Gaussian state of n + h wires is made from |0…0⟩ by a rotation R in SO(2n + 2h) of its
    Majorana operators. Γ is the block of the n visible wires, and Γ_x that of the basis state x. A
    pure state has a parity: with h = 0 every string with an odd number of ones has p = 0, and its
    cross entropy is infinite. One hidden wire gives every string weight, and makes any product of
    independent bits; h = n makes every Gaussian state of the visible wires.

    Args:
        wires: Number of visible wires n.
        hidden: Number of hidden wires h; they stand last.
        layers: `None` to take R = e^K by the antisymmetric K above its diagonal, row by row; a
            number for the angles of `circuits.matchgate(n + h, layers)`.

    Raises:
        ValueError: If a number is out of range.

    Example:
        >>> machine = Matchgate(2, hidden=1)
        >>> machine.size
        15
        >>> start = machine.product([0.25, 0.5])
        >>> np.exp(machine.log_prob(start, [[1, 0], [1, -1]])).round(6).tolist()
        [0.125, 0.25]

    Source: B. Terhal and D. DiVincenzo, Phys. Rev. A 65, 032325 (2002).
    """

    wires: int
    hidden: int = 1
    layers: int | None = None

    def __post_init__(self) -> None:
        put = partial(object.__setattr__, self)
        put("wires", _checks.integer("wires", self.wires, "the number of visible wires", least=1))
        put("hidden", _checks.integer("hidden", self.hidden, "hidden=1, for example", least=0))
        if self.layers is not None:
            remedy = "for example layers=4, or None"
            put("layers", _checks.integer("layers", self.layers, remedy, least=1))
        rows = 2.0 * (self.wires + self.hidden)
        _checks.memory("wires", "rotations of them", 8 * 8 * rows**2, None, "fewer wires")

    @property
    def modes(self) -> int:
        """Number of wires, visible and hidden."""
        return self.wires + self.hidden

    @property
    def size(self) -> int:
        """Number of parameters."""
        if self.layers is None:
            return self.modes * (2 * self.modes - 1)
        return (2 * self.modes - 1) * self.layers

    @property
    def circuit(self) -> Circuit:
        """The circuit on all wires whose parameters are `angles`; measure the first n wires."""
        return matchgate(self.modes, self.layers)

    def initial(self, seed: int) -> np.ndarray:
        """Return a random start, `(size,)`: near independent even bits, or random angles."""
        rng = _checks.rng("seed", seed)
        if self.layers is not None:
            return random_angles(self.size, rng)
        start = self.product(np.full(self.wires, 0.5)) if self.hidden else np.zeros(self.size)
        return start + _JITTER * rng.normal(size=self.size)

    def product(self, ones: Array) -> np.ndarray:
        """Return parameters of independent bits, exactly.

        Args:
            ones: Probability of 1 on each wire, `(n,)`.

        Raises:
            ValueError: If there is no hidden wire, if R is made by a circuit of fewer than
                2(n + h) − 1 layers, or if `ones` are no probabilities.
        """
        p = _checks.reals("ones", ones, "one probability a wire")
        slack = _checks.tolerance(np.float64)  # a mean may round to beyond its range
        if p.shape != (self.wires,) or p.min() < -slack or p.max() > 1 + slack:
            must, but = (
                f"be probabilities, shape ({self.wires},)",
                f"they are {_checks.shown(ones)}",
            )
            raise error("ones", must, but, "one number a wire")
        if not self.hidden:
            but = "a state of one parity is no product"
            raise error("hidden", "be 1 or more for independent bits", but, "hidden=1")
        rotation = _fermion_outcomes.product_rotation(np.clip(p, 0.0, 1.0), self.modes)
        if self.layers is None:
            return _fermion_outcomes.logarithm(rotation)[np.triu_indices(2 * self.modes, 1)]
        angles, least = matchgate_angles(rotation), 2 * self.modes - 1
        if self.layers < least:
            but = f"they are {self.layers}"
            raise error("layers", f"be {least} or more for any rotation", but, "layers=None")
        return np.concatenate([np.zeros(self.size - angles.size), angles])

    def rotation(self, params: Array) -> Array:
        """R of the Majorana operators, `(2n + 2h, 2n + 2h)`; traceable by JAX."""
        return _rotation(self, parameters("params", params, self.size))

    def angles(self, params: Array) -> np.ndarray:
        """Parameters of `circuit` that prepare the state, `(circuit.size,)`."""
        flat = finite_params(params, self.size)
        if self.layers is not None:
            return flat
        generator = np.zeros((2 * self.modes,) * 2)
        generator[np.triu_indices(2 * self.modes, 1)] = flat
        rotation = _finite(scipy.linalg.expm(generator - generator.T))
        off = np.abs(rotation @ rotation.T - np.eye(len(rotation))).max()
        if off > _checks.tolerance(np.float64):
            but = f"what they make differs from a rotation by {off:.3g}, by rounding"
            raise error("params", "be of moderate size", but, "smaller ones")
        return matchgate_angles(rotation)

    def covariance(self, params: Array) -> Array:
        """Γ of the visible wires, `(2n, 2n)`; traceable by JAX."""
        visible = self.rotation(params)[: 2 * self.wires]
        even, odd = visible[:, ::2], visible[:, 1::2]
        return odd @ even.T - even @ odd.T  # Γ of |0⟩ is −1 above the diagonal

    def state(self, params: Array) -> GaussianFermions:
        """The state of the visible wires."""
        if isinstance(params, jax.core.Tracer):
            return GaussianFermions(self.covariance(params))
        finite_params(params, self.size)
        return GaussianFermions(_finite(self.covariance(params)))

    def log_prob(self, params: Array, bits: Array) -> Array:
        """Return ln p(x), exactly.

        Args:
            params: `(size,)`.
            bits: 0 or 1, `(..., n)`; −1, or NaN among floats, for a wire that was not seen, which
                is then summed over.

        Returns:
            `(...)` in nats, with the slope tr (Γ + Γ_x)^−1 dΓ / 2. −∞, with slope 0, where parity
                forbids x, or a wire's conditional probability is within rounding of 0, 4ε·2n.
        """
        bits = read_bits(bits, self.wires)
        found = _fermion_outcomes.log_prob(self.covariance(params), bits)
        if self.hidden:
            return found
        odd = (bits == 1).sum(axis=-1) % 2 == 1
        return jnp.where(odd & (bits != OPEN).all(axis=-1), -jnp.inf, found)

    def sample(self, params: Array, shots: int, seed: int) -> np.ndarray:
        """Draw independent bit strings, wire by wire from exact conditional probabilities.

        A string takes (2n)³/3 operations, since every wire is conditioned on the outcomes of all
        before it, which differ from string to string: 2.1e10 for 1000 strings of 200 wires, which
        take 1.8 s on one core (`benchmarks/fermions.py`). The time goes into products of blocks,
        the wires inside of blocks, and the inverses of blocks.

        Args:
            params: `(size,)`.
            shots: How many.
            seed: Of the random numbers.

        Returns:
            Integers 0 or 1, `(shots, n)`.
        """
        shots = _checks.integer("shots", shots, "shots=1000, for example", least=1)
        rng = _checks.rng("seed", seed)
        what = f"{shots} outcomes of {self.wires} wires"
        _checks.memory("shots", what, 8 * 2.0 * shots * self.wires, None, "fewer shots")
        covariance = np.asarray(_finite(self.covariance(params)), dtype=float)
        return _fermion_outcomes.sample(covariance, shots, rng)


def _finite(found: Array) -> Array:
    """Refuse results that are not finite: the exponential of large parameters overflows."""
    if not np.isfinite(np.asarray(found)).all():
        but = "what they make is infinite or NaN"
        raise error("params", "be finite and of moderate size", but, "finite numbers")
    return found


@partial(jax.jit, static_argnums=0)
def _rotation(machine: Matchgate, params: Array) -> Array:
    rows = 2 * machine.modes
    if machine.layers is not None:
        return _fermion_outcomes.turned(params.reshape(machine.layers, rows - 1))
    upper = jnp.zeros((rows, rows), params.dtype).at[np.triu_indices(rows, 1)].set(params)
    return jax.scipy.linalg.expm(upper - upper.T)
