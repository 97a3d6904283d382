"""The best measurement to tell two states apart: maximise Tr ρ log ω + 1 − Tr σω over ω > 0.

NumPy, one pair at a time. Newton's method in the eigenbasis of ω, whose eigenvalues there are best
as ⟨k|ρ|k⟩/⟨k|σ|k⟩: the gradient is Dlog_ω[ρ] − σ, the second derivative D²log_ω[ρ, ·], solved by
preconditioned conjugate gradients at O(d³) a turn. Directions X are relative, ω → ω + ω^½ X ω^½, so
that ω stays positive and small eigenvalues count.

For data of low rank ω is nearly singular: its eigenvalues fall off geometrically, below 1e-20 for
pure data in a dozen dimensions. Three things make that harmless:

- States are turned as factors, ρ = RR†. A weight of 1e-20 is lost in ⟨k|ρ|k⟩ but not in ‖⟨k|R‖²,
  where errors of ε in ⟨k|R leave it right to ε/‖⟨k|R‖.
- From far away the way leads over ρ + tσ with falling t, whose ω is never below t.
- A step is a triangular factor, (1 + X's upper part) ω^½ for ω in descending order: large
  eigenvalues are then never disturbed by what is of the order of small ones.

A pair that is written diagonal is measured in the basis it is written in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from qce._spectral import LOG, adjoint, decompose, hermitian
from qce._spectral.eigen import is_diagonal

_NEWTON = 200
_DONE = 1e-30  # a gain of ε² an entry is the square of a step of ε, all that is known of ⟨k|R
_LOCAL = 1e-12  # gains below this are Newton's own, and a value is too rough to see them
_SOLVED = 1e-24  # squared residual of conjugate gradients, relative
_ROUGHLY = 1e-4  # the same for a step that is far from the last
_LONGEST = 4.0  # a step may change an eigenvalue of ω by this power of e
_HALVINGS = 40
_TURNS = 1000  # of conjugate gradients: a step that is not quite Newton's leads upwards as well
_FAR = 1e-20  # so far apart eigenvalues of σ are not mixed: q log² q of it would be gained
_LEAST = 1e-30  # the last t, in place of weights that rounding by ε makes of nothing
_FALL = 0.1  # of t after a step that was short
_CLEAR = 100.0  # eigenvalues that t no longer moves, in its units


def best_basis(rho: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """Orthonormal bases (..., d, d), in columns: the eigenvectors of the best ω.

    Outside the support of σ, where nothing can be gained, they are those of σ, and come last.
    """
    kind = np.result_type(rho, sigma, np.complex64)
    return each(_basis, rho, sigma, axes=2).astype(kind)


def each(function: Callable[..., Any], *stacks: np.ndarray, axes: int) -> np.ndarray:
    """The function of each group of matrices, in complex128; batch axes broadcast.

    Its values have as many axes: 0 for a number, 2 for a matrix.
    """
    shape = np.broadcast_shapes(*(x.shape for x in stacks))
    flat = [np.broadcast_to(x, shape).reshape(-1, *shape[-2:]) for x in stacks]
    found = [
        function(*(x.astype(np.complex128) for x in group)) for group in zip(*flat, strict=True)
    ]
    if not found:
        return np.zeros(shape[: len(shape) - 2 + axes])
    return np.reshape(found, shape[:-2] + np.shape(found[0]))


def factor(rho: np.ndarray) -> np.ndarray:
    """R (d, rank) with ρ = RR†."""
    p, u = decompose(np, rho)
    return (u * np.sqrt(p))[:, p > 0]


def is_split(q: np.ndarray) -> bool:
    """Whether the support of σ, with eigenvalues in descending order, is taken in parts."""
    return len(list(_blocks(q))) > 1


def descending(sigma: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues of σ, the largest first, and its eigenvectors."""
    q, v = decompose(np, sigma)
    return q[::-1], v[:, ::-1]


def _basis(rho: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    if is_diagonal(np, rho) and is_diagonal(np, sigma):
        return np.eye(len(sigma))[:, np.argsort(-np.diag(sigma).real, kind="stable")]
    q, v = descending(sigma)
    root = adjoint(np, v) @ factor(rho)
    parts = [v[:, s] @ _maximise(root[s], q[s] / q[s.start]) for s in _blocks(q)]
    return np.hstack([*parts, v[:, q <= 0]])


def _blocks(q: np.ndarray) -> Iterator[slice]:
    """Parts of the support in which eigenvalues, in descending order, are not too far apart."""
    start, rank = 0, int(np.count_nonzero(q))
    while start < rank:
        stop = int(np.count_nonzero(q > _FAR * q[start]))
        yield slice(start, stop)
        start = stop


class _Pair(NamedTuple):
    """Data ρ = RR† + tσ and model σ = SS† in some basis: R, S and t."""

    data: np.ndarray
    model: np.ndarray
    t: float

    def turned(self, basis: np.ndarray) -> _Pair:
        return _Pair(adjoint(np, basis) @ self.data, adjoint(np, basis) @ self.model, self.t)

    @property
    def weights(self) -> np.ndarray:
        return _squares(self.data) + self.t * _squares(self.model)

    @property
    def omega(self) -> np.ndarray:
        """The best eigenvalues of ω in this basis."""
        return _squares(self.data) / _squares(self.model) + self.t

    @property
    def value(self) -> float:
        """Tr ρ log ω; the rest is constant, for Tr σω is the trace of the data."""
        return float(np.sum(self.weights * np.log(self.omega)))


def _maximise(root: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Eigenvectors of the best ω, its largest eigenvalue first, for σ = diag(q) of full rank."""
    pair = _Pair(root, np.diag(np.sqrt(q)).astype(np.complex128), _LEAST)
    basis, before, straight = _start(pair), np.inf, True
    for _ in range(_NEWTON):
        here = pair.turned(basis)
        step, gain = _newton_step(here)
        longest, done = np.abs(step).max(), gain <= _DONE * len(q) ** 2
        if straight and longest > _LONGEST:  # too far away; t costs as much as a step promises
            straight, pair = False, pair._replace(t=max(min(gain, here.omega[0]), _LEAST))
            continue
        if pair.t == _LEAST:
            if done or before / 2 < gain < _LOCAL:  # the rest is rounding
                break
            before = gain
        basis = basis @ _line_search(here, step, gain)
        if longest < 1 or done:
            pair = pair._replace(t=_lower(here))
    return basis


def _start(pair: _Pair) -> np.ndarray:
    """The best of three bases: of log ρ − log σ, where ω commutes, of σ, and of σ^{−½} ρ σ^{−½}."""
    rho, q = _square(pair.data), _squares(pair.model)
    p, u = np.linalg.eigh(0.9 * rho + 0.1 * np.diag(q))
    exponent = (u * np.log(np.maximum(p, _FAR))) @ adjoint(np, u) - np.diag(np.log(q))
    ratio = rho / np.sqrt(q[:, None] * q)
    bases = (np.linalg.eigh(exponent)[1], np.eye(len(q)), np.linalg.eigh(ratio)[1])
    return _best(pair, *bases)[1]


def _best(pair: _Pair, *bases: np.ndarray) -> tuple[float, np.ndarray]:
    """The largest value, and the basis that has it, in descending order of ω."""
    there = [pair.turned(basis) for basis in bases]
    k = max(range(len(bases)), key=lambda k: there[k].value)
    return there[k].value, bases[k][:, np.argsort(-there[k].omega)]


def _lower(pair: _Pair) -> float:
    clear = (pair.omega > (1 + _CLEAR) * pair.t).all()
    return _LEAST if clear else max(_FALL * pair.t, _LEAST)


def _newton_step(pair: _Pair) -> tuple[np.ndarray, float]:
    """The relative direction X of Newton's step, and how much it promises, Tr X∇."""
    omega, sigma = pair.omega, _square(pair.model)
    rho = _square(pair.data) + pair.t * sigma
    scale = np.sqrt(omega[:, None] * omega)
    # E ↦ Σ_k log[ω_i, ω_k, ω_j] ρ_ik E_kj and its adjoint; as (j, i, k), in relative directions.
    half = -(_second_difference(omega) * rho) * scale[:, :, None] * scale[:, None, :]

    def curvature(x: np.ndarray) -> np.ndarray:
        image = np.matmul(half, x.T[:, :, None])[..., 0].T
        return image + adjoint(np, image)

    diagonal = np.einsum("jii->ij", half).real
    slope = LOG.first_difference(np, omega[:, None], omega[None, :]) * rho - sigma
    gradient = hermitian(np, scale * slope)
    step = _conjugate_gradients(curvature, gradient, diagonal + diagonal.T)
    return step, _inner(step, gradient)


def _second_difference(omega: np.ndarray) -> np.ndarray:
    """log[x, y, z] of all triples, by its homogeneity: powers of 1e-30 would overflow."""
    x, y, z = omega[:, None, None], omega[None, :, None], omega[None, None, :]
    unit = np.maximum(np.maximum(x, y), z)
    return LOG.second_difference(np, x / unit, y / unit, z / unit) / unit**2


def _conjugate_gradients(
    curvature: Callable[[np.ndarray], np.ndarray], right: np.ndarray, diagonal: np.ndarray
) -> np.ndarray:
    """Solve curvature(x) = right on Hermitian matrices, preconditioned by its diagonal."""
    x, residual = np.zeros_like(right), right
    direction = z = residual / diagonal
    size = first = _inner(residual, z)
    enough = first * max(_SOLVED, min(_ROUGHLY, first))  # a gain of `first` squares in Newton's way
    for _ in range(min(4 * right.size, _TURNS)):
        if size <= enough:
            break
        image = curvature(direction)
        bend = _inner(direction, image)
        if bend <= 0:  # rounding: the curvature is positive
            break
        x, residual = x + size / bend * direction, residual - size / bend * image
        z = residual / diagonal
        size, last = _inner(residual, z), size
        direction = z + size / last * direction
    return x if x.any() else right / diagonal


def _line_search(pair: _Pair, step: np.ndarray, gain: float) -> np.ndarray:
    """Half the step until the value rises; near the end it is too rough to be compared."""
    here = pair.value
    if gain < _LOCAL:
        step = step / max(1.0, np.abs(step).max())
    for _ in range(_HALVINGS):
        value, turn = _best(pair, _turn(pair.omega, step))
        if gain < _LOCAL or value >= here:
            break
        step = step / 2
    return turn


def _turn(omega: np.ndarray, step: np.ndarray) -> np.ndarray:
    """Eigenvectors of F†F ≈ ω + ω^½ X ω^½, as singular vectors, with F upper triangular.

    That of ω^½ e^X ω^½ would not do: its term ω_1 |X_1k|² is not small beside ω_1, however small
    ω_k is.
    """
    x = np.clip(np.diag(step).real, -_LONGEST, _LONGEST)
    upper = np.exp(x / 2)[:, None] * (np.eye(len(x)) + np.triu(step, 1)) * np.sqrt(omega)
    return adjoint(np, np.linalg.svd(upper)[2])


def _square(root: np.ndarray) -> np.ndarray:
    return root @ adjoint(np, root)


def _squares(root: np.ndarray) -> np.ndarray:
    """The diagonal of that."""
    return np.sum(root.real**2 + root.imag**2, axis=1)


def _inner(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.sum(a.conj() * b).real)
