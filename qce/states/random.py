"""Random density matrices."""

from __future__ import annotations

import numpy as np

from qce._checks import error


def random_density_matrix(
    d: int, rank: int | None = None, seed: int | np.random.Generator | None = None
) -> np.ndarray:
    r"""Return a random density matrix $G G^\dagger / \mathrm{Tr}\, G G^\dagger$.

    G is a complex Ginibre matrix `(d, rank)`, of independent normal entries. For full rank that is
    the Hilbert-Schmidt measure; for lower rank, the state of a part of a random pure state.

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
    if not (isinstance(d, (int, np.integer)) and d >= 1):
        raise error("d", "be an integer >= 1", f"it is {d!r}", "the dimension of the state space")
    rank = d if rank is None else rank
    if not (isinstance(rank, (int, np.integer)) and 1 <= rank <= d):
        raise error("rank", f"be an integer in 1 … {d}", f"it is {rank!r}", "None for full rank")
    rng = np.random.default_rng(seed)
    g = rng.normal(size=(d, rank)) + 1j * rng.normal(size=(d, rank))
    rho = g @ g.conj().T
    return (rho + rho.conj().T) / (2 * np.trace(rho).real)
