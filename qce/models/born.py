"""Born machine: the distribution of outcomes of a circuit."""

from __future__ import annotations

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np

from qce import _checks
from qce._forks import computes
from qce._showing import Shown
from qce.circuits import Circuit
from qce.circuits.circuit import random_angles
from qce.models import _geometry, _outcomes
from qce.models.thermal import born
from qce.typing import Array


@dataclass(frozen=True, repr=False)
class BornMachine(Shown):
    r"""The distribution $p_\varphi(x) = |\langle x|U(\varphi)|0\rangle|^2$.

    Args:
        circuit: U(φ).

    Source: J.-G. Liu and L. Wang, arXiv:1804.04168.

    Example:
        >>> from qce import circuits
        >>> machine = BornMachine(circuits.rx(2))
        >>> machine.probabilities(jnp.zeros(2)).tolist()
        [1.0, 0.0, 0.0, 0.0]
    """

    circuit: Circuit

    def __post_init__(self) -> None:
        _checks.instance("circuit", self.circuit, Circuit, "one of qce.circuits")

    @property
    def wires(self) -> int:
        """Number of wires."""
        return self.circuit.wires

    @property
    def size(self) -> int:
        """Number of parameters."""
        return self.circuit.size

    def initial(self, seed: int) -> np.ndarray:
        """Return a random start, angles uniform over the circle, shape `(size,)`."""
        return random_angles(self.size, seed)

    def mixture(self, params: Array) -> tuple[Array, Array]:
        """Return the state as a mixture of one: weight 1, shape `(1,)`, and U|0⟩, `(1, 2^n)`."""
        ket = self._ket(params)
        return jnp.ones(1), ket[None]

    def probabilities(self, params: Array) -> Array:
        """Return p_φ(x), shape `(2^n,)`."""
        return born(self._ket(params))

    def _ket(self, params: Array) -> Array:
        _checks.wires_fit("circuit", self.wires, numbers=4)
        computes()
        zero = jnp.zeros(self.circuit.dimension).at[0].set(1.0)
        return self.circuit.evolve(zero, params)

    @property
    def is_pure(self) -> bool:
        """Whether the state is one ket: it is."""
        return True

    def angles(self, params: Array) -> Array:
        """Return the parameters of the circuit: all of them."""
        return _checks.vector("params", params, self.size)

    def eigenstate(self, params: Array, key: Array) -> Array:
        """Return 0, the basis state that the circuit turns into the model's ket."""
        return jnp.asarray(0)

    def metric(self, params: Array) -> Array:
        r"""Return the Fisher information of the outcomes, shape `(P, P)`, by simulation.

        $F_{ij} = \sum_x \partial_i p\, \partial_j p / p$, the Hessian of the relative entropy
        $D(p_\varphi \| p_{\varphi'})$ at $\varphi' = \varphi$. It takes d × P numbers in memory.

        Raises:
            ValueError: the circuit is reversible, and so has no forward-mode derivatives.
        """
        _geometry.refuse_reversible(self.circuit)
        return _geometry.fisher_of_probabilities(self.probabilities, params)

    def spectrum_information(self, params: Array) -> Array:
        """Return the Fisher information of the spectrum, which has no parameters: `(0, 0)`."""
        return jnp.zeros((0, 0))

    def log_prob(self, params: Array, bits: Array) -> Array:
        """Return ln p_φ(x) in nats, −inf where p_φ(x) = 0; traceable by JAX.

        Args:
            params: shape `(size,)`.
            bits: 0 or 1, shape `(..., n)`; −1, or NaN among floats, for a wire that was not seen,
                which is then summed over.

        Returns:
            Logarithms, shape `(...)`.

        Example:
            >>> from qce import circuits
            >>> machine = BornMachine(circuits.rx(2))
            >>> angles = np.array([np.pi / 2, 0.0])
            >>> np.exp(machine.log_prob(angles, [[1, 0], [-1, 0], [1, 1]])).round(12).tolist()
            [0.5, 1.0, 0.0]
        """
        return _outcomes.log_prob(self.probabilities(params), bits, self.wires)

    def sample(self, params: Array, shots: int, seed: int) -> np.ndarray:
        """Draw bit strings from p_φ.

        Args:
            params: shape `(size,)`.
            shots: how many.
            seed: of the random numbers.

        Returns:
            Integers 0 or 1, shape `(shots, n)`.

        Raises:
            ValueError: a parameter is not finite, or there are no shots.
        """
        return _outcomes.sample(self.probabilities(params), self.wires, shots, seed)
