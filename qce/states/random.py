"""Random density matrices."""

from __future__ import annotations

import numpy as np

from qce import _checks


def random_density_matrix(
    d: int, rank: int | None = None, seed: int | np.random.Generator | None = None
) -> np.ndarray:
    r"""Return a random density matrix $G G^\dagger / \mathrm{Tr}\, G G^\dagger$.

    G is a complex Ginibre matrix `(d, rank)`, of independent normal entries. For full rank this is
    the Hilbert-Schmidt measure; for lower rank, the reduced state of a random pure state.

    Args:
        d: Dimension.
        rank: Rank, d if None.
        seed: Seed, or a `numpy.random.Generator`.

    Returns:
        Array `(d, d)`, complex, exactly Hermitian.

    Raises:
        ValueError: If d < 1, or the rank is not in 1 … d.

    Example:
        >>> rho = random_density_matrix(4, rank=2, seed=7)
        >>> np.linalg.matrix_rank(rho).item(), np.trace(rho).real.round(12).item()
        (2, 1.0)

    Source:
        K. Życzkowski, H.-J. Sommers, J. Phys. A 34, 7111 (2001).
    """
    d = _checks.integer("d", d, "the dimension of the state space", least=1)
    rank = (
        d if rank is None else _checks.integer("rank", rank, "None for full rank", least=1, most=d)
    )
    # G with its real and imaginary part, its adjoint, and three matrices (d, d).
    needed = 16.0 * d * (3 * rank + 3 * d)
    _checks.memory("d", f"matrices of dimension {d}", needed, None, "a smaller dimension")
    rng = _checks.rng("seed", seed)
    g = rng.normal(size=(d, rank)) + 1j * rng.normal(size=(d, rank))
    rho = g @ g.conj().T
    return (rho + rho.conj().T) / (2 * np.trace(rho).real)
