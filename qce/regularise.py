"""Regularisation by name: each function returns the regularised object and the size of the change.

`qce` never adds an ε by itself. To give a model full rank, or to project data to a model's support,
is an explicit step with a known size.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qce import _checks
from qce._arrays import library
from qce._checks import error, number
from qce._showing import Shown
from qce._spectral import decompose
from qce.states import Diagonal, Rotated, State
from qce.typing import Array, Scalar

__all__ = ["Regularised", "depolarise", "hedge", "project_to_support"]


@dataclass(frozen=True, repr=False)
class Regularised(Shown):
    """A regularised object and the change.

    Args:
        value: The regularised object, to be used in place of the original.
        added: Weight that was mixed in, or 0.
        removed: Weight that was removed, before normalisation, or 0.

    Example:
        >>> depolarise(np.diag([1.0, 0.0]), 0.1).added
        0.1
    """

    value: Array | State
    added: Scalar = 0.0
    removed: Scalar = 0.0


def depolarise(x: State | Array, p: float) -> Regularised:
    r"""Mix with the maximally mixed state: $(1-p)\,\rho + p\,\mathbb{1}/d$.

    Args:
        x: Density matrices `(..., d, d)`, or a state of `qce.states`.
        p: Weight of the maximally mixed state, in [0, 1].

    Returns:
        The mixture, of the kind of `x`: an array of the same library for an array, with
            derivatives in autograd, JAX and PyTorch; a `Diagonal` for a `Diagonal`; a
            `Rotated`, whose spectrum is known, for other states. `added` is p. The change is at
            most p in trace distance, and every eigenvalue at least p/d.

    Raises:
        ValueError: If p is not in [0, 1], or `x` no density matrix within √ε.

    Example:
        >>> depolarise(np.diag([1.0, 0.0]), 0.1).value.diagonal().round(3).tolist()
        [0.95, 0.05]

    Source:
        C. King, IEEE Trans. Inf. Theory 49, 221 (2003), for the channel.
    """
    p = _checks.share("p", p, "the weight of the maximally mixed state")
    if isinstance(x, State):
        return Regularised(_mixed(x, p), added=p)
    _checks.states("x", x)
    its = library(x)
    (rho,) = its.convert((x,))
    d = rho.shape[-1]
    identity = its.xp.eye(d, dtype=rho.dtype)
    identity = identity.to(rho.device) if hasattr(identity, "to") else identity  # PyTorch's
    return Regularised((1 - p) * rho + p / d * identity, added=p)


def hedge(counts: Array, beta: float = 0.5) -> Regularised:
    r"""Add β to every count: $p_k = (n_k + \beta) / (N + K \beta)$.

    Args:
        counts: Counts `(..., K)`, or probabilities, which are counts of N = 1.
        beta: What is added to each, at least 0. 1 is Laplace's rule, ½ that of Krichevsky and
            Trofimov.

    Returns:
        Probabilities `(..., K)`. `added` `(...)` is the weight Kβ/(N + Kβ) of the uniform one.

    Raises:
        ValueError: If a count is negative or not finite, if β is, or if all is 0.

    Example:
        >>> hedge([9, 0, 1], beta=1.0).value.round(4).tolist()
        [0.7692, 0.0769, 0.1538]

    Source:
        R. Blume-Kohout, Phys. Rev. Lett. 105, 200504 (2010).
    """
    n = _checks.numbers("counts", counts)
    if n.ndim < 1 or n.size == 0 or n.dtype.kind == "c" or n.min() < 0:
        must = "be non-negative, of shape (..., K) with K >= 1"
        but = f"its shape is {n.shape}" if n.ndim < 1 or n.size == 0 else "one is not"
        raise error("counts", must, but, "how often each outcome was seen")
    beta = number("beta", beta, "beta=0.5")
    if beta < 0:
        raise error("beta", "be finite and >= 0", f"it is {beta}", "beta=0.5")
    total = n.sum(axis=-1, keepdims=True) + n.shape[-1] * beta
    if not (total > 0).all():
        raise error("counts", "hold a count, where beta is 0", "all are 0", "beta > 0")
    added = (n.shape[-1] * beta / total)[..., 0]
    return Regularised((n + beta) / total, added=added[()])


def project_to_support(data: State | Array, of: State | Array) -> Regularised:
    r"""Project data to the support of a model: $P\rho P / \mathrm{Tr}\, P\rho P$.

    Args:
        data: Density matrices ρ `(..., d, d)`, or a state of `qce.states`.
        of: The model σ, of the same kind; P projects on its support. Batch axes broadcast.
            Eigenvalues count as zero by the rule of `qce.quantum.cross_entropy`.

    Returns:
        Density matrices `(..., d, d)`. `removed` `(...)` is the weight 1 − Tr Pρ outside, as the
            trace of the part that was cut away, so that a small one is accurate.

    Raises:
        ValueError: If no weight is left, or an argument is no density matrix within √ε.

    Example:
        >>> found = project_to_support(np.diag([0.75, 0.0, 0.25]), of=np.diag([0.5, 0.5, 0.0]))
        >>> found.value.diagonal().tolist(), found.removed.item()
        ([1.0, 0.0, 0.0], 0.25)

    Source:
        G. Lüders, Ann. Phys. 443, 322 (1950): the state after a measurement that found it inside.
    """
    rho, sigma = (np.asarray(x) if isinstance(x, State) else x for x in (data, of))
    _checks.states("data", rho)
    _checks.states("of", sigma)
    _checks.same_dimension("data", rho, "of", sigma)
    rho, sigma = _checks.numbers("data", rho), _checks.numbers("of", sigma)
    q, v = decompose(np, sigma)
    adjoint = np.conj(np.swapaxes(v, -1, -2))
    inside = adjoint @ rho @ v
    weights = np.diagonal(inside, axis1=-2, axis2=-1).real
    removed = np.where(q > 0, 0.0, weights).sum(axis=-1)
    kept = np.where(q > 0, weights, 0.0).sum(axis=-1)
    unit = np.finfo(weights.dtype).eps * weights.shape[-1]
    if not (kept > unit).all():
        remedy = "data that overlap with the model, or a depolarised model"
        raise error("data", "have weight in the support of `of`", "it has none", remedy)
    both = (q > 0)[..., :, None] & (q > 0)[..., None, :]
    projected = v @ np.where(both, inside, 0.0) @ adjoint / kept[..., None, None]
    projected = (projected + np.conj(np.swapaxes(projected, -1, -2))) / 2
    return Regularised(projected, removed=removed[()])


def _mixed(state: State, p: float) -> State:
    d = state.dimension
    if isinstance(state, Diagonal):
        return Diagonal((1 - p) * np.asarray(state.probabilities) + p / d)
    known = state.known()
    spectrum, vectors = np.exp(known.logs), known.vectors()
    if not known.complete:
        # The kernel is spanned by what a QR decomposition adds to the eigenvectors.
        rest = np.linalg.qr(vectors, mode="complete")[0][:, len(spectrum) :]
        vectors = np.hstack([vectors, rest])
        spectrum = np.append(spectrum, np.zeros(d - len(spectrum)))
    return Rotated((1 - p) * spectrum + p / d, vectors)
