r"""The variance of one snapshot of a classical shadow, compared with deferred measurement.

A measurement in random bases gives the projectors |φ⟩⟨φ|, and from them the unbiased snapshot
$\hat\rho = (d + 1) |\varphi\rangle\langle\varphi| - 1$. Its mean needs the first two moments of φ
only (a 2-design), its variance the third (a 3-design).
"""

from __future__ import annotations

import numpy as np

from qce import _checks, quantum
from qce._checks import error
from qce.trainability.laws import Moments
from qce.typing import Array


def snapshot_cross_entropy(data: Array, model: Array) -> Moments:
    r"""Moments of $-\mathrm{Tr}\,\hat\rho \log σ$ of one snapshot, for any 3-design.

    The mean is S(ρ, σ). With L the traceless part of −log σ, $m = \mathrm{Tr}\, ρL$ and
    $A = (d + 1)/(d + 2)$, the variance is $A (\mathrm{Tr} L^2 + 2\, \mathrm{Tr} ρ L^2) - m^2$. That
    is at least 4A times the variance V of deferred measurement, `quantum.cross_entropy_variance`,
    with equality if ρ has equal weight on two eigenvalues of σ and all others lie midway between
    these (in their logarithm). Random Clifford circuits on all qubits together are 3-designs, and
    so are the six eigenstates of X, Y and Z of one qubit. A symmetric informationally complete
    measurement and mutually unbiased bases of several qubits are only 2-designs: also unbiased, but
    with another variance, which may be smaller. For Pauli bases on several wires see the note.

    Note:
        In Pauli bases wire by wire there is no such factor: for the data (|0…0⟩⟨0…0| +
        |1…1⟩⟨1…1|)/2 and a product of n equal models exp(−θZ)/Z it is 1 + 2/n.

    Args:
        data: Density matrix ρ `(d, d)`, d ≥ 2.
        model: Density matrix σ `(d, d)`, of full rank.

    Returns:
        Mean (nats) and variance (nats²).

    Raises:
        ValueError: If an argument is no density matrix, the dimensions differ, or the model has no
            full rank: the cross entropy of a snapshot is infinite then.

    Example:
        >>> rho, sigma = [[0.95, 0.0], [0.0, 0.05]], [[0.5, 0.25], [0.25, 0.5]]
        >>> print("{:.6f} {:.6f}".format(*snapshot_cross_entropy(rho, sigma)))
        0.836988 0.905212

    Source:
        Third moment of the Haar measure, the projector on the symmetric space; shadows: H.-Y.
        Huang, R. Kueng, J. Preskill, Nature Physics 16, 1050 (2020).
    """
    for name, x in (("data", data), ("model", model)):
        _checks.states(name, x)
        if np.ndim(x) != 2 or np.shape(x)[0] < 2:
            must = "be one density matrix of two levels or more"
            raise error(name, must, f"its shape is {np.shape(x)}", "one at a time")
    _checks.same_dimension("data", data, "model", model)
    rho, sigma = _checks.concrete("data", data), _checks.concrete("model", model)
    q = np.linalg.eigvalsh(sigma)
    d = len(q)
    if not np.isfinite(quantum.cross_entropy(np.eye(d) / d, sigma, check=False)):
        raise error("model", "have full rank", "an eigenvalue is 0", "a model of full rank")
    energies = -np.log(q)
    mean = float(quantum.cross_entropy(rho, sigma, check=False))
    deferred = float(quantum.cross_entropy_variance(rho, sigma, check=False))
    m = mean - energies.mean()
    square = ((energies - energies.mean()) ** 2).sum()
    # Tr ρL² is V + m².
    variance = (d + 1) / (d + 2) * (square + 2 * (deferred + m**2)) - m**2
    return Moments(mean, float(variance))
