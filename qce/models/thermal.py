"""Thermal model: a latent spectrum turned by a circuit."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from qce import _checks
from qce._checks import error
from qce._concrete import called
from qce._forks import computes
from qce._showing import Shown
from qce.circuits import Circuit
from qce.circuits.circuit import random_angles
from qce.models import _geometry, _outcomes
from qce.models.spectra import Spectrum
from qce.typing import Array


@dataclass(frozen=True, repr=False)
class ThermalModel(Shown):
    r"""The state $\sigma = U(\varphi) \operatorname{diag}(p_\theta)\, U(\varphi)^\dagger$.

    It has full rank, and its logarithm needs no eigendecomposition:
    $\log σ = U\,\mathrm{diag}(\ln p_θ)\,U^†$. Parameters are one flat vector, θ first, then φ.

    Args:
        circuit: U(φ).
        spectrum: p_θ, on as many wires.

    Source: G. Verdon et al., arXiv:1910.02071 (quantum Hamiltonian-based models).

    Example:
        >>> from qce import circuits
        >>> from qce.models import ProductSpectrum
        >>> model = ThermalModel(circuits.rx(2), ProductSpectrum(2))
        >>> model.size
        4
        >>> sigma = model.density_matrix(jnp.zeros(4))
        >>> bool(jnp.allclose(sigma, jnp.eye(4) / 4))
        True
    """

    circuit: Circuit
    spectrum: Spectrum

    def __post_init__(self) -> None:
        _checks.instance("circuit", self.circuit, Circuit, "one of qce.circuits")
        _checks.instance("spectrum", self.spectrum, Spectrum, "one of qce.models")
        if self.spectrum.wires != self.circuit.wires:
            but = f"it has {self.spectrum.wires}"
            remedy = f"a spectrum on {self.circuit.wires} wires"
            raise error("spectrum", f"have the circuit's {self.circuit.wires} wires", but, remedy)

    @property
    def wires(self) -> int:
        """Number of wires."""
        return self.circuit.wires

    @property
    def size(self) -> int:
        """Number of parameters."""
        return self.spectrum.size + self.circuit.size

    def split(self, params: Array) -> tuple[Array, Array]:
        """Return θ, shape `(spectrum.size,)`, and φ, shape `(circuit.size,)`."""
        params = _checks.vector("params", params, self.size)
        return params[: self.spectrum.size], params[self.spectrum.size :]

    def initial(self, seed: int) -> np.ndarray:
        """Return a random start, shape `(size,)`: nearly maximally mixed, with random angles."""
        rng = _checks.rng("seed", seed)
        _checks.numbers_fit("spectrum", self.spectrum.size, "parameters", "fewer wires")
        theta = rng.normal(0.0, 0.1, self.spectrum.size)
        return np.concatenate([theta, random_angles(self.circuit.size, rng)])

    def log_probabilities(self, params: Array) -> Array:
        """Return the logarithm of the spectrum, ln p_θ(x), shape `(d,)`."""
        return self.spectrum.log_probabilities(self.split(params)[0])

    def mixture(self, params: Array) -> tuple[Array, Array]:
        """Return p_θ, shape `(d,)`, and the kets U|x⟩ it weighs, one a row, shape `(d, d)`."""
        _, phi = self.split(params)
        _checks.wires_fit("circuit", self.wires, numbers=4, power=2)
        computes()
        kets = self.circuit.evolve(jnp.eye(self.circuit.dimension), phi)
        return jnp.exp(self.log_probabilities(params)), kets

    def density_matrix(self, params: Array) -> Array:
        """Return σ, shape `(d, d)`."""
        weights, kets = self.mixture(params)
        return jnp.einsum("x,xi,xj->ij", weights, kets, kets.conj())

    @property
    def is_pure(self) -> bool:
        """Whether the state is one ket: False, because no p_θ(x) is 0."""
        return False

    def angles(self, params: Array) -> Array:
        """Return φ, the parameters of the circuit, shape `(circuit.size,)`."""
        return self.split(params)[1]

    def eigenstate(self, params: Array, key: Array) -> Array:
        """Return a basis state drawn from p_θ: the circuit turns it into an eigenstate of σ.

        Args:
            params: shape `(size,)`.
            key: of JAX's random numbers.
        """
        return jax.random.categorical(key, self.log_probabilities(params))

    def metric(self, params: Array) -> Array:
        r"""Return the Bogoliubov-Kubo-Mori metric, shape `(P, P)`, by simulation.

        The Hessian of the relative entropy $D(\sigma_\vartheta \| \sigma_{\vartheta'})$ at
        $\vartheta' = \vartheta$. In the eigenbasis of σ derivatives by θ are diagonal, and those by
        φ have no diagonal, so that mixed entries are 0. It takes d² × P numbers in memory.

        Raises:
            ValueError: the circuit is reversible, and so has no forward-mode derivatives; or the
                metric does not fit into 8 GiB. Raised while tracing, before anything is computed.
        """
        _geometry.refuse_reversible(self.circuit)
        phi, logs = self.angles(params), self.log_probabilities(params)
        angles = _geometry.kubo_mori_of_angles(self.circuit, logs, phi)
        return jax.scipy.linalg.block_diag(self.spectrum_information(params), angles)

    def spectrum_information(self, params: Array) -> Array:
        """Return the Fisher information of p_θ, shape `(T, T)`; no circuit is needed for it."""
        theta, _ = self.split(params)
        return _geometry.fisher_of_logarithms(self.spectrum.log_probabilities, theta)

    def weights(self, kets: Array, params: Array) -> Array:
        """Return $|⟨x|U^†|ψ⟩|^2$, the distribution of outcomes in the model's eigenbasis.

        Averaged over the kets of a mixture ρ it is the diagonal of $U^†ρU$.

        Args:
            kets: shape `(d,)` or `(N, d)`.
            params: shape `(size,)`.

        Returns:
            Probabilities, of the shape of `kets`.
        """
        _, phi = self.split(params)
        with called(state="kets"):
            return born(self.circuit.evolve(kets, phi, adjoint=True))

    def probabilities(self, params: Array) -> Array:
        """Return $p(x) = ⟨x|σ|x⟩$ of the computational basis, shape `(2^n,)`."""
        weights, kets = self.mixture(params)
        return weights @ born(kets)

    def log_prob(self, params: Array, bits: Array) -> Array:
        """Return ln p(x) of outcomes in the computational basis, in nats; traceable by JAX.

        Args:
            params: shape `(size,)`.
            bits: 0 or 1, shape `(..., n)`; −1, or NaN among floats, for a wire that was not seen,
                which is then summed over.

        Returns:
            Logarithms, shape `(...)`.
        """
        return _outcomes.log_prob(self.probabilities(params), bits, self.wires)

    def sample(self, params: Array, shots: int, seed: int) -> np.ndarray:
        """Draw outcomes in the computational basis: integers 0 or 1, shape `(shots, n)`."""
        return _outcomes.sample(self.probabilities(params), self.wires, shots, seed)


def born(kets: Array) -> Array:
    """Return the Born probabilities |⟨x|ψ⟩|², of the shape of `kets`."""
    return kets.real**2 + kets.imag**2
