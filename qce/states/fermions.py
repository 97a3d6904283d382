"""Gaussian states of fermions: n modes by matrices of 2n rows."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cached_property
from typing import Any

import numpy as np

from qce import _checks
from qce._checks import error
from qce._concrete import Abstract, namespace
from qce._spectral import ZERO
from qce.states import majorana
from qce.states._state import State
from qce.states.known import Known, own, writable
from qce.states.quadratic import QuadraticHamiltonian, antisymmetric, shape
from qce.typing import Array

_LARGEST = 2**12  # dimension up to which all eigenvectors are written out


class GaussianFermions(State):
    r"""The Gaussian state $σ = e^{-H}/Z$, $H = \frac{i}{4} \sum_{jk} A_{jk} γ_j γ_k$, of n modes.

    It is determined by the second moments $Γ_{jk} = \frac{i}{2} \mathrm{Tr}\, σ [γ_j, γ_k]$ of the
    2n Majorana operators of `QuadraticHamiltonian`: $Γ = -\tan(A/2)$. The cross entropy of any data
    with it depends only on the second moments of the data, which may therefore be given as the
    `GaussianFermions` with these moments. `qce.quantum` takes it in entropies, Rényi entropies and
    divergences, relative entropy variance and fidelity at any n; in all other quantities while n is
    small.

    With a generator, eigenvalues may be as small as 1e-300. With a covariance they count as 0
    within 4ε·2n, where rounding could have made them; where every mode is one wire, only 0 is 0.
    Arrays of JAX give values that JAX differentiates, pure states too; where powers of a generator
    are between 0 and 1, as in all divergences of order below 1, they know its small eigenvalues.
    Those of an order above 1 are NaN where rounding could change them by more than 1e-6, as it can
    where data and model share modes of energies above 20, and in Petz' divergences 18/(α − 1). Else
    the rules are those of dense arrays. Sandwiched divergences of orders below 0.4 lose digits of
    energies around 20, to 1e-11 at order 0.3 and 4e-8 at 0.2. All is NaN from energies of 2^20 on.

    Args:
        covariance: Γ `(2n, 2n)`, real and antisymmetric, of norm 1 at most, each within √ε.
        generator: A `(2n, 2n)`, real and antisymmetric, instead of Γ.
        axis: "Z", or "X" where X and Z have changed places.

    Raises:
        ValueError: If not exactly one of both is given, or it is no such matrix.

    Example:
        >>> from qce import quantum
        >>> from qce.states import QuadraticHamiltonian
        >>> chain = QuadraticHamiltonian.ising(np.ones(255), np.full(256, 0.5))
        >>> other = QuadraticHamiltonian.ising(np.ones(255), np.full(256, 1.5))
        >>> data = GaussianFermions.thermal(chain, beta=1.0)
        >>> model = GaussianFermions.thermal(other, beta=0.8)
        >>> quantum.cross_entropy(data, model).round(9)
        np.float64(136.802338094)

    Source:
        S. Bravyi, Quantum Inf. Comput. 5, 216 (2005); M. Fagotti and P. Calabrese, J. Stat. Mech.
        P04016 (2010).
    """

    def __init__(
        self,
        covariance: Array | None = None,
        *,
        generator: Array | None = None,
        axis: str = "Z",
    ):
        _checks.one_of("axis", axis, majorana.AXES)
        if (covariance is None) == (generator is None):
            but = "both are" if covariance is not None else "none is"
            raise _checks.pair_error(
                "covariance", "generator", "be given one at a time", but, "one of both"
            )
        self.axis = axis
        self._generator, self._covariance = generator, covariance
        name, x = ("generator", generator) if covariance is None else ("covariance", covariance)
        self.differentiable = hasattr(x, "aval")
        found = _checks.concrete(name, x)
        shape(name, found.shape)
        self.wires = found.shape[0] // 2
        if isinstance(found, Abstract):
            return
        matrix = antisymmetric(name, found)
        if name == "covariance":
            self._take_covariance(
                matrix, _checks.tolerance(np.result_type(found.dtype, np.float32))
            )
        elif not self.differentiable:
            self._generator = own(matrix)

    def _take_covariance(self, matrix: np.ndarray, slack: float) -> None:
        largest = np.linalg.norm(matrix, 2) if matrix.any() else 0.0
        if not largest <= 1 + slack:
            remedy = "moments of a state; measured ones divided by their norm, for example"
            raise error("covariance", "have norm 1 at most", f"its norm is {largest:.9g}", remedy)
        if not self.differentiable:
            self._covariance = own(matrix)

    @classmethod
    def thermal(cls, hamiltonian: Any, beta: float = 1.0) -> GaussianFermions:
        """The thermal state $e^{-βH}/Z$ of a quadratic Hamiltonian.

        Args:
            hamiltonian: Whatever `QuadraticHamiltonian.read` recognises.
            beta: Inverse temperature; ∞ for the ground state, with its zero modes mixed.

        Raises:
            ValueError: If H is not quadratic in fermions, by its first term that is not.
        """
        h = QuadraticHamiltonian.read(hamiltonian)
        beta = _checks.number("beta", beta, "an inverse temperature, or math.inf", infinite=True)
        if beta != math.inf:
            with np.errstate(over="ignore"):
                generator = beta * h.matrix
            if isinstance(beta, float) and not np.isfinite(generator).all():
                but, remedy = f"it is {beta:g}, and β H leaves floating point", "math.inf"
                raise error("beta", "be moderate", but, remedy)
            return cls(generator=generator, axis=h.axis)
        energies, vectors = majorana.modes(majorana.moderate(np.asarray(h.matrix))[0])
        zero = majorana.zero_modes(energies)
        state = cls(covariance=np.zeros_like(h.matrix), axis=h.axis)
        state.__dict__["_modes"] = (np.where(zero, 0.0, np.inf), vectors)
        state._covariance = None
        return state

    # --- matrices of it --------------------------------------------------------------------------

    @property
    def dimension(self) -> int:
        """Dimension 2^n."""
        return 2**self.wires

    @property
    def covariance(self) -> Array:
        """Γ `(2n, 2n)`; of JAX where the state is."""
        if self._covariance is not None:
            return self._covariance
        if self.differentiable:
            from qce.states.fermions_jax import covariance

            return covariance(self._generator)
        energies, vectors = self._modes
        return own(2 * ((1j * vectors * np.tanh(energies / 2)) @ vectors.conj().T).real)

    @property
    def generator(self) -> Array:
        """A `(2n, 2n)`; of JAX where the state is.

        Raises:
            ValueError: If it is infinite: for modes that are pure.
        """
        if self._generator is not None:
            return self._generator
        if self.differentiable:
            from qce.states.fermions_jax import generator

            return generator(self._covariance)
        energies, vectors = self._modes
        if not np.isfinite(energies).all():
            but = f"{np.isinf(energies).sum()} of {self.wires} modes are pure"
            remedy = "the state itself to `qce.quantum`"
            raise error("state", "be mixed where its generator is asked for", but, remedy)
        return own(2 * ((-1j * vectors * energies) @ vectors.conj().T).real)

    @property
    def energies(self) -> np.ndarray:
        """One-particle energies ε ≥ 0 `(n,)`; of the covariance the singular values tanh(ε/2)."""
        return self._modes[0]

    def modes(self) -> Known:
        """The matrix C = (1 + iΓ)/2, a state of dimension 2n up to its trace n, by its modes."""
        return self._occupations

    @cached_property
    def _occupations(self) -> Known:
        return majorana.occupations(*self._modes, self._written)

    @cached_property
    def _written(self) -> bool:
        if self._generator is None and self._covariance is None:
            return majorana.is_written(np.abs(self.covariance) > 0)
        return majorana.is_written(self._numbers())

    @cached_property
    def _modes(self) -> tuple[np.ndarray, np.ndarray]:
        sizes, vectors = majorana.modes(self._numbers())
        if self._generator is not None:
            return sizes, vectors
        if not self._written:
            rounding = ZERO * np.finfo(float).eps * 2 * self.wires
            sizes = np.where((1 - sizes) / 2 <= rounding, 1.0, sizes)
        with np.errstate(divide="ignore"):
            return 2 * np.arctanh(np.minimum(sizes, 1.0)), vectors.conj()

    def _numbers(self) -> np.ndarray:
        name = "generator" if self._generator is not None else "covariance"
        found = _checks.concrete(name, getattr(self, f"_{name}"))
        if isinstance(found, Abstract):
            must = "have values where its modes are asked for"
            remedy = "entropies and Rényi divergences, which JAX follows; or no transformation"
            raise error("state", must, "it is traced by JAX", remedy)
        found = np.asarray(found, dtype=float)
        return found / 2 - found.T / 2

    def known(self) -> Known:
        """Logarithms of all 2^n eigenvalues, and eigenvectors; small ones only."""
        return self._known

    @cached_property
    def _known(self) -> Known:
        if self.dimension > _LARGEST:
            writable(max(self.dimension, 2**14))
        return majorana.many_body(*self._modes, self.axis)

    # --- parts of it -----------------------------------------------------------------------------

    def marginal(self, modes: Iterable[int]) -> GaussianFermions:
        """The state of some modes: of these wires, where they are neighbours.

        Args:
            modes: Which, from 0.

        Returns:
            The Gaussian state of the block of Γ. For wires that are not neighbours it is the state
            of their fermions, whose strings of Z include the wires in between.

        Raises:
            ValueError: If one is not a mode of the state, or occurs twice.
        """
        remedy = f"numbers from 0 to {self.wires - 1}"
        modes = _checks.sequence("modes", modes, remedy)
        if any(isinstance(mode, bool | np.bool_) for mode in modes):
            raise error("modes", "be numbers", "they are a mask", "`np.flatnonzero` of it")
        places = _checks.whole("modes", list(modes), remedy)
        fit = places.ndim == 1 and places.size and 0 <= places.min() <= places.max() < self.wires
        if not fit or len(set(places.tolist())) < len(places):
            but = f"they are {_checks.shown(places.tolist())}"
            raise error("modes", "be different modes of the state", but, "for example range(2)")
        rows = np.stack([2 * places, 2 * places + 1], axis=1).ravel()
        if self.differentiable:
            return GaussianFermions(self.covariance[rows][:, rows], axis=self.axis)
        return GaussianFermions(self.covariance[np.ix_(rows, rows)], axis=self.axis)

    def block_entropies(self, sizes: Iterable[int], *, base: float | None = None) -> Array:
        """Entropies of the first wires, with all others traced out.

        Args:
            sizes: How many wires, of each block.
            base: Base of the logarithm; nats if None.

        Returns:
            S of each block, `(len(sizes),)`; of JAX where the state is.
        """
        from qce import quantum

        covariance, found = self.covariance, []
        for size in _checks.sequence("sizes", sizes, "numbers of wires, for example range(1, 5)"):
            size = _checks.integer("sizes", size, "numbers of wires", least=1, most=self.wires)
            block = GaussianFermions(covariance[: 2 * size, : 2 * size], axis=self.axis)
            found.append(quantum.entropy(block, base=base))
        if self.differentiable:
            return namespace(covariance).stack(found) if found else np.zeros(0)
        return np.array(found, dtype=float)

    def __repr__(self) -> str:
        return f"GaussianFermions(n={self.wires})"
