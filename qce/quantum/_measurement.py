"""The best measurement to tell two states apart: maximise Tr ρ log ω + 1 − Tr σω over ω > 0.

NumPy, for many pairs of one shape at once, each iterated on its own. Newton's method in the
eigenbasis of ω, where the best eigenvalues are ⟨k|ρ|k⟩/⟨k|σ|k⟩: the gradient is Dlog_ω[ρ] − σ, the
second derivative D²log_ω[ρ, ·], solved by preconditioned conjugate gradients at O(d³) a turn.
Directions X are relative, ω → ω + ω^½ X ω^½, so that ω stays positive and small eigenvalues count.

For data of low rank ω is nearly singular: its eigenvalues fall off geometrically, below 1e-20 for
pure data in a dozen dimensions. Three things make that harmless:

- States are rotated as factors, ρ = RR†. A weight of 1e-20 is lost in ⟨k|ρ|k⟩ but not in ‖⟨k|R‖²,
  where errors of ε in ⟨k|R leave it right to ε/‖⟨k|R‖.
- From far away the optimum of ρ + tσ is followed as t falls: its ω is never below t.
- A step is a triangular factor, (1 + X's upper part) ω^½ for ω in descending order, so that small
  eigenvalues never disturb large ones.

A pair that is written diagonal is measured in the basis it is written in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from qce._arrays import adjoint, hermitian
from qce._spectral import LOG, decompose
from qce._spectral.eigen import is_diagonal

_NEWTON = 200
_DONE = 1e-30  # a gain of ε² an entry is the square of a step of ε, the accuracy of ⟨k|R
_LOCAL = 1e-12  # gains below this are not checked: values are rounded too coarsely to show them
_SOLVED = 1e-24  # squared residual of conjugate gradients, relative
_ROUGHLY = 1e-4  # the same for a step that is far from the last
_LONGEST = 4.0  # a step may change an eigenvalue of ω by this power of e
_HALVINGS = 40
_TURNS = 1000  # of conjugate gradients: a step that is not quite Newton's raises the value as well
_FAR = 1e-20  # eigenvalues of σ with ratios below this are not mixed: that would gain q log² q
_LEAST = 1e-30  # the last t, in place of zero weights, which rounding would make ε
_FALL = 0.1  # of t after a step that was short
_CLEAR = 100.0  # eigenvalues that t no longer moves, in its units
_ENTRIES = 2**21  # of the second derivatives of pairs side by side: 32 MiB


def best_basis(rho: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """Orthonormal bases (..., d, d), in columns: the eigenvectors of the best ω.

    Outside the support of σ, where nothing can be gained, they are those of σ, and come last.
    """
    kind = np.result_type(rho, sigma, np.complex64)
    shape = np.broadcast_shapes(rho.shape, sigma.shape)
    pairs = [np.broadcast_to(x, shape).reshape(-1, *shape[-2:]) for x in (rho, sigma)]
    bases = _bases(*(x.astype(np.complex128) for x in pairs))
    return bases.reshape(shape).astype(kind)


def each(function: Callable[..., Any], *stacks: np.ndarray, axes: int) -> np.ndarray:
    """The function of each group of matrices, in complex128; batch axes broadcast.

    `axes` is the number of axes of its values: 0 for a number, 2 for a matrix.
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


def _bases(rho: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """The best bases of many pairs, (B, d, d); those with factors of equal shapes together."""
    bases = np.zeros(sigma.shape, complex)
    alike: dict[Any, list[int]] = {}
    factors: dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]] = {}
    for k, (r, s) in enumerate(zip(rho, sigma, strict=True)):
        if is_diagonal(np, r) and is_diagonal(np, s):
            bases[k] = np.eye(len(s))[:, np.argsort(-np.diag(s).real, kind="stable")]
            continue
        q, v = descending(s)
        factors[k] = q, v, adjoint(np, v) @ factor(r)
        parts = tuple((part.start, part.stop) for part in _blocks(q))
        alike.setdefault((factors[k][2].shape, parts), []).append(k)
    for (_, parts), group in alike.items():
        most = max(1, _ENTRIES // sigma.shape[-1] ** 3)
        for chosen in (group[i : i + most] for i in range(0, len(group), most)):
            q, v, root = (np.stack(x) for x in zip(*(factors[k] for k in chosen), strict=True))
            bases[chosen] = v
            for part in (slice(*ends) for ends in parts):
                best = _maximise(root[:, part], q[:, part] / q[:, part][:, :1])
                bases[chosen, :, part] = v[:, :, part] @ best
    return bases


def _blocks(q: np.ndarray) -> Iterator[slice]:
    """Parts of the support in which eigenvalues, in descending order, are not too far apart."""
    start, rank = 0, int(np.count_nonzero(q))
    while start < rank:
        stop = int(np.count_nonzero(q > _FAR * q[start]))
        yield slice(start, stop)
        start = stop


class _Pairs(NamedTuple):
    """Data ρ = RR† + tσ and models σ = SS† in some bases: R, S and t of each pair."""

    data: np.ndarray
    model: np.ndarray
    t: np.ndarray

    def of(self, chosen: np.ndarray) -> _Pairs:
        return _Pairs(*(x[chosen] for x in self))

    def turned(self, bases: np.ndarray) -> _Pairs:
        return _Pairs(adjoint(np, bases) @ self.data, adjoint(np, bases) @ self.model, self.t)

    @property
    def weights(self) -> np.ndarray:
        return _squares(self.data) + self.t[:, None] * _squares(self.model)

    @property
    def omega(self) -> np.ndarray:
        """The best eigenvalues of ω in these bases."""
        return _squares(self.data) / _squares(self.model) + self.t[:, None]

    @property
    def value(self) -> np.ndarray:
        """Tr ρ log ω; the rest is constant, for Tr σω is the trace of the data."""
        return np.sum(self.weights * np.log(self.omega), axis=-1)


def _maximise(root: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Eigenvectors of each best ω, its largest eigenvalue first, for σ = diag(q) of full rank."""
    count, d = q.shape
    model = np.sqrt(q)[:, :, None] * np.eye(d)
    pairs = _Pairs(root, model.astype(np.complex128), np.full(count, _LEAST))
    bases, before, straight = _start(pairs), np.full(count, np.inf), np.full(count, True)
    going = np.arange(count)
    for _ in range(_NEWTON):
        here = pairs.of(going).turned(bases[going])
        step, gain = _newton_step(here)
        longest, done = np.abs(step).max(axis=(1, 2)), gain <= _DONE * d**2
        far = straight[going] & (longest > _LONGEST)  # t costs as much as a step promises
        straight[going[far]] = False
        promised = np.maximum(np.minimum(gain, here.omega[:, 0]), _LEAST)
        # Where t is the least already, what is left may be rounding.
        last = ~far & (pairs.t[going] == _LEAST)
        over = last & (done | ((before[going] / 2 < gain) & (gain < _LOCAL)))
        before[going[last]] = gain[last]
        near = ~far & ~over
        if near.any():
            moved = _line_search(here.of(near), step[near], gain[near])
            bases[going[near]] = bases[going[near]] @ moved
        pairs.t[going[far]] = promised[far]
        lower = near & ((longest < 1) | done)
        pairs.t[going[lower]] = _lower(here.of(lower))
        going = going[~over]
        if not len(going):
            break
    return bases


def _start(pairs: _Pairs) -> np.ndarray:
    """The best of three bases: of log ρ − log σ, where ω commutes, of σ, and of σ^{−½} ρ σ^{−½}."""
    rho, q = _square(pairs.data), _squares(pairs.model)
    unit = np.eye(q.shape[-1])
    p, u = np.linalg.eigh(0.9 * rho + 0.1 * q[:, :, None] * unit)
    exponent = (u * np.log(np.maximum(p, _FAR))[:, None, :]) @ adjoint(np, u)
    exponent = exponent - np.log(q)[:, :, None] * unit
    ratio = rho / np.sqrt(q[:, :, None] * q[:, None, :])
    identities = np.broadcast_to(unit, rho.shape).astype(complex)
    bases = (np.linalg.eigh(exponent)[1], identities, np.linalg.eigh(ratio)[1])
    return _best(pairs, *bases)[1]


def _best(pairs: _Pairs, *bases: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The largest value of each, and the basis that has it, in descending order of ω."""
    there = [pairs.turned(one) for one in bases]
    values = np.stack([each.value for each in there])
    # The first of equal ones; NaN, from weights that underflow, counts as the least.
    choice = np.argmax(np.where(np.isnan(values), -np.inf, values), axis=0)
    rows = np.arange(len(choice))
    omega = np.stack([each.omega for each in there])[choice, rows]
    order = np.argsort(-omega, axis=-1)
    chosen = np.stack(bases)[choice, rows]
    return values[choice, rows], np.take_along_axis(chosen, order[:, None, :], axis=-1)


def _lower(pairs: _Pairs) -> np.ndarray:
    clear = (pairs.omega > (1 + _CLEAR) * pairs.t[:, None]).all(axis=-1)
    return np.where(clear, _LEAST, np.maximum(_FALL * pairs.t, _LEAST))


def _newton_step(pairs: _Pairs) -> tuple[np.ndarray, np.ndarray]:
    """The relative direction X of each Newton's step, and how much it promises, Tr X∇."""
    omega, sigma = pairs.omega, _square(pairs.model)
    rho = _square(pairs.data) + pairs.t[:, None, None] * sigma
    scale = np.sqrt(omega[:, :, None] * omega[:, None, :])
    # E ↦ Σ_k log[ω_i, ω_k, ω_j] ρ_ik E_kj and its adjoint; as (j, i, k), in relative directions.
    half = -(_second_difference(omega) * rho[:, None])
    half = half * scale[:, :, :, None] * scale[:, :, None, :]

    def curvature(x: np.ndarray) -> np.ndarray:
        image = np.matmul(half, x.swapaxes(1, 2)[..., None])[..., 0].swapaxes(1, 2)
        return image + adjoint(np, image)

    diagonal = np.einsum("bjii->bij", half).real
    slope = LOG.first_difference(np, omega[:, :, None], omega[:, None, :]) * rho - sigma
    gradient = hermitian(np, scale * slope)
    step = _conjugate_gradients(curvature, gradient, diagonal + diagonal.swapaxes(1, 2))
    return step, _inner(step, gradient)


def _second_difference(omega: np.ndarray) -> np.ndarray:
    """log[x, y, z] of all triples, by its homogeneity: powers of 1e-30 would overflow."""
    x, y, z = omega[:, :, None, None], omega[:, None, :, None], omega[:, None, None, :]
    unit = np.maximum(np.maximum(x, y), z)
    return LOG.second_difference(np, x / unit, y / unit, z / unit) / unit**2


def _conjugate_gradients(
    curvature: Callable[[np.ndarray], np.ndarray], right: np.ndarray, diagonal: np.ndarray
) -> np.ndarray:
    """Solve curvature(x) = right on Hermitian matrices, preconditioned by its diagonal."""
    x, residual = np.zeros_like(right), right
    direction = z = residual / diagonal
    size = first = _inner(residual, z)
    # A gain of `first` squares in Newton's way.
    enough = first * np.maximum(_SOLVED, np.minimum(_ROUGHLY, first))
    going = ~(size <= enough)
    for _ in range(min(4 * right[0].size, _TURNS)):
        image = curvature(direction)
        bend = _inner(direction, image)
        going = going & ~(bend <= 0)  # rounding: the curvature is positive
        if not going.any():
            break
        share = np.where(going, size / np.where(going, bend, 1.0), 0.0)[:, None, None]
        x, residual = x + share * direction, residual - share * image
        z = residual / diagonal
        size, last = np.where(going, _inner(residual, z), size), size
        ratio = np.where(going, size / np.where(going, last, 1.0), 0.0)[:, None, None]
        direction = np.where(going[:, None, None], z + ratio * direction, direction)
        going = going & ~(size <= enough)
    return np.where(np.any(x, axis=(1, 2), keepdims=True), x, right / diagonal)


def _line_search(pairs: _Pairs, step: np.ndarray, gain: np.ndarray) -> np.ndarray:
    """Half each step until the value rises; near the end it is too rough to be compared."""
    here = pairs.value
    near: np.ndarray = gain < _LOCAL
    longest = np.where(near, np.maximum(1.0, np.abs(step).max(axis=(1, 2))), 1.0)
    step = step / longest[:, None, None]
    turns = np.zeros_like(step)
    going = np.arange(len(step))
    for _ in range(_HALVINGS):
        chosen = pairs.of(going)
        value, turns[going] = _best(chosen, _turn(chosen.omega, step[going]))
        going = going[~(near[going] | (value >= here[going]))]
        if not len(going):
            break
        step[going] /= 2
    return turns


def _turn(omega: np.ndarray, step: np.ndarray) -> np.ndarray:
    """Eigenvectors of F†F ≈ ω + ω^½ X ω^½, as singular vectors, with F upper triangular.

    That of ω^½ e^X ω^½ would not do: its term ω_1 |X_1k|² is not small beside ω_1, however small
    ω_k is.
    """
    x = np.clip(np.einsum("bii->bi", step).real, -_LONGEST, _LONGEST)
    upper = np.exp(x / 2)[:, :, None] * (np.eye(x.shape[-1]) + np.triu(step, 1))
    return adjoint(np, np.linalg.svd(upper * np.sqrt(omega)[:, None, :])[2])


def _square(root: np.ndarray) -> np.ndarray:
    return root @ adjoint(np, root)


def _squares(root: np.ndarray) -> np.ndarray:
    """The diagonal of that."""
    return np.sum(root.real**2 + root.imag**2, axis=-1)


def _inner(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.sum((a.conj() * b).real, axis=(-2, -1))
