"""The open transverse-field Ising chain, whose thermal states are free fermions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from qce import _checks
from qce._checks import number, shown
from qce._wires import bits_of
from qce.states import majorana
from qce.states.known import Known, writable

_MATRICES = 8  # of n × n numbers: couplings, their factors, modes of two Majoranas a site
SPARSE = 20  # the most sites that are written out as a sparse matrix


@dataclass(frozen=True)
class IsingChain:
    r"""The Hamiltonian $H = -J \sum_i Z_i Z_{i+1} - h \sum_i X_i$ of an open chain.

    Its thermal states are Gaussian states of free fermions, whose entropies follow from the
    one-particle correlation matrix C: `Thermal(IsingChain(256))` costs as much as a matrix of
    dimension 512, O(n³).

    Args:
        sites: Number n of spins.
        J: Coupling.
        h: Transverse field.

    Raises:
        ValueError: If `sites` is below 1, or J or h not finite.

    Example:
        >>> from qce import quantum
        >>> from qce.states import Thermal
        >>> data = Thermal(IsingChain(256, J=1.0, h=0.5), beta=1.0)
        >>> model = Thermal(IsingChain(256, J=1.0, h=1.5), beta=0.8)
        >>> quantum.cross_entropy(data, model).round(9)
        np.float64(136.802338094)

    Source:
        E. Lieb, T. Schultz, D. Mattis, Ann. Phys. 16, 407 (1961); P. Pfeuty, Ann. Phys. 57, 79
        (1970).
    """

    sites: int
    J: float = 1.0
    h: float = 1.0

    def __post_init__(self) -> None:
        sites = _checks.integer("sites", self.sites, "the number of spins", least=1)
        needed = 8.0 * _MATRICES * sites * sites
        _checks.memory("sites", f"modes of {shown(sites)} sites", needed, None, "fewer sites")
        put = partial(object.__setattr__, self)
        put("sites", sites)
        for name, value in (("J", self.J), ("h", self.h)):
            put(name, number(name, value, "an energy"))

    @property
    def dimension(self) -> int:
        """Dimension 2^n."""
        return 2 ** int(self.sites)

    def modes(self, beta: float) -> Known:
        """C of the thermal state: 2n occupations 1/(1 + e^(∓2βs)) and their modes (u, ±v)/√2.

        H couples the two Majorana operators a_i, b_j of the sites by the bidiagonal matrix M with
        h on and J above the diagonal, M = U diag(s) Vᵀ; the modes are written in that basis.
        """
        beta = number("beta", beta, "for example beta=1.0")
        part, scale = majorana.moderate(self._coupling())
        u, s, v = np.linalg.svd(part)
        with np.errstate(over="ignore"):
            x = beta * np.concatenate([2 * s, -2 * s]) * scale
        basis = np.block([[u, u], [v.T, -v.T]]) / math.sqrt(2)
        return Known(-np.logaddexp(0.0, -x), basis)

    def log_partition(self, beta: float) -> float:
        """Return ln Z = Σ_k ln 2 cosh βs_k."""
        beta = number("beta", beta, "for example beta=1.0")
        part, scale = majorana.moderate(self._coupling())
        with np.errstate(over="ignore"):
            x = beta * np.linalg.svd(part, compute_uv=False) * scale
        return float(np.logaddexp(x, -x).sum())

    def _coupling(self) -> np.ndarray:
        return self.h * np.eye(self.sites) + self.J * np.eye(self.sites, k=1)

    def sparse_matrix(self) -> Any:
        """The Hamiltonian as a SciPy sparse matrix, `(2^n, 2^n)`."""
        from scipy.sparse import coo_array

        n, index = int(self.sites), np.arange(self._written())
        spins = 1 - 2 * bits_of(index, n)
        rows = [index] * (n + 1)
        columns = [index, *(index ^ (1 << i) for i in range(n))]
        bonds = -self.J * np.sum(spins[:, 1:] * spins[:, :-1], axis=1)
        entries = [bonds, *[np.full(len(index), -self.h)] * n]
        places = (np.concatenate(rows), np.concatenate(columns))
        return coo_array((np.concatenate(entries), places), shape=(len(index),) * 2).tocsr()

    def _written(self) -> int:
        # Vectors, not a full matrix, have to fit, with n + 1 entries for each amplitude.
        if self.sites > SPARSE:
            writable(self.dimension)
        return self.dimension
