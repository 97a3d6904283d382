"""Boltzmann machine: the Gibbs state of a sum of Pauli terms, quantum or classical."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qce import _checks
from qce._checks import error
from qce._concrete import called
from qce._showing import Shown
from qce._spectral.exponential import exp_slope
from qce.circuits.circuit import parameters
from qce.models.pauli import PauliTerms
from qce.typing import Array


@dataclass(frozen=True, repr=False)
class BoltzmannMachine(Shown):
    r"""The state $\sigma_\theta = \operatorname{Tr}_{\text{hidden}} e^{-H_\theta} / Z$.

    $H_\theta = \sum_i \theta_i P_i$ with Pauli strings P_i. Where all of them are of I and Z the
    machine is the classical Boltzmann machine: all is done on diagonals, and no matrix is made.
    Without hidden wires its cross entropy is convex in θ.

    Args:
        terms: the P_i.
        hidden: number of hidden wires, the last ones, which are traced out.

    Source: M. H. Amin et al., Phys. Rev. X 8, 021050 (2018).

    Example:
        >>> machine = BoltzmannMachine(PauliTerms.chain(2, "X", ["ZZ"]))
        >>> machine.size
        3
        >>> machine.density_matrix(jnp.zeros(3)).diagonal().tolist()
        [0.25, 0.25, 0.25, 0.25]
    """

    terms: PauliTerms
    hidden: int = 0

    def __post_init__(self) -> None:
        _checks.instance("terms", self.terms, PauliTerms, 'PauliTerms(("XI", "ZZ"))')
        hidden = _checks.integer("hidden", self.hidden, "hidden=0", least=0)
        object.__setattr__(self, "hidden", hidden)
        if not 0 <= self.hidden < self.terms.wires:
            must = f"leave a visible wire of {self.terms.wires}"
            raise error("hidden", must, f"it is {self.hidden}", "hidden=0, or a little more")

    @property
    def wires(self) -> int:
        """Number of visible wires: those the data live on."""
        return self.terms.wires - self.hidden

    @property
    def size(self) -> int:
        """Number of parameters, one a term."""
        return len(self.terms.strings)

    @property
    def classical(self) -> bool:
        """Whether all terms are diagonal."""
        return self.terms.diagonal

    def initial(self, seed: int) -> np.ndarray:
        """Return a random start near the maximally mixed state, shape `(size,)`."""
        return _checks.rng("seed", seed).normal(0.0, 0.1, self.size)

    def hamiltonian(self, params: Array) -> Array:
        """Return H of all wires, shape `(D, D)`; its diagonal, `(D,)`, of a classical machine."""
        terms, params = self.terms, parameters("params", params, self.size)
        with called(coefficients="params"):
            return terms.stripes(params)[1][0] if terms.diagonal else terms.matrix(params)

    def log_partition(self, params: Array) -> Array:
        """Return ln Z, in nats."""
        return self._gibbs(params)[1]

    def state(self, params: Array) -> Array:
        """Return the visible state, `(d, d)`; of a classical machine its distribution, `(d,)`."""
        return self.visible(self._gibbs(params)[0])

    def density_matrix(self, params: Array) -> Array:
        """Return the visible state as a matrix, shape `(d, d)`."""
        _checks.wires_fit("terms", self.wires, numbers=2, power=2)
        state = self.state(params)
        return jnp.diag(state) if self.classical else state

    def visible(self, state: Array) -> Array:
        """Return the partial trace over the hidden wires of a matrix, or of a diagonal."""
        if not self.hidden:
            return state
        split = (2**self.wires, 2**self.hidden)
        if state.ndim == 1:
            return state.reshape(split).sum(axis=1)
        return state.reshape(*split, *split).trace(axis1=1, axis2=3)

    def _gibbs(self, params: Array) -> tuple[Array, Array]:
        h = self.hamiltonian(params)
        if self.classical:
            return jax.nn.softmax(-h), jax.nn.logsumexp(-h)
        return gibbs(h)


@jax.custom_jvp
def gibbs(h: Array) -> tuple[Array, Array]:
    """Return $e^{-H}/Z$ and ln Z of a Hermitian H, differentiable also where H is degenerate."""
    return _decomposed(h)[:2]


@gibbs.defjvp
def _derivative(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Any, Any]:
    """Derivatives: of e^{−H} by divided differences of exp; of ln Z by ρ, differentiable again."""
    (h,), (change,) = primals, tangents
    rho, log_z = gibbs(h)
    _, _, logs, v = _decomposed(h)
    mean = jnp.sum(rho * jnp.conj(change)).real
    kernel = exp_slope(jnp, logs[:, None], logs[None, :])
    turned = v.conj().T @ change @ v
    return (rho, log_z), (rho * mean - v @ (kernel * turned) @ v.conj().T, -mean)


def _decomposed(h: Array) -> tuple[Array, Array, Array, Array]:
    energies, v = jnp.linalg.eigh(h, symmetrize_input=False)
    log_z = jax.nn.logsumexp(-energies)
    logs = -energies - log_z
    return (v * jnp.exp(logs)) @ v.conj().T, log_z, logs, v
