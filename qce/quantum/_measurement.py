"""The best measurement to tell two states apart: maximise Tr ρ log ω + 1 − Tr σω over ω > 0.

NumPy, one pair at a time. Newton's method in the eigenbasis of ω: the gradient is Dlog_ω[ρ] − σ,
the second derivative D²log_ω[ρ, ·], solved by preconditioned conjugate gradients at O(d³) a turn.
Directions X are relative, ω → ω^½ e^X ω^½, so that ω stays positive and small eigenvalues count.
A pair that is written diagonal is measured in the basis it is written in.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from qce._spectral import LOG, adjoint, decompose, hermitian
from qce._spectral.eigen import is_diagonal

_NEWTON = 100
_DONE = 1e-30  # the gain is the square of the step, and the gradient is as exact as that
_LOCAL = 1e-8  # gains below this are Newton's own, and a value is too rough to see them
_SOLVED = 1e-24  # squared residual of conjugate gradients, relative
_LONGEST = 4.0  # a step may change an eigenvalue of ω by this power of e
_HALVINGS = 40
_TURNS = 1000  # of conjugate gradients: a step that is not quite Newton's leads upwards as well
_FAR = 1e-20  # so far apart eigenvalues of σ are not mixed: q log² q of it would be gained
_NOTHING = 1e-17  # less than rounding leaves of a weight of the data: ω has to stay positive


def best_basis(rho: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """Orthonormal bases (..., d, d), in columns: the eigenvectors of the best ω.

    Outside the support of σ, where nothing can be gained, they are those of σ.
    """
    return _each(_basis, rho, sigma, matrices=True)


def upper_bound(rho: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """Upper bounds (...) on the measured relative entropy, by concavity."""
    return _each(_upper, rho, sigma, matrices=False)


def _each(function: Any, rho: np.ndarray, sigma: np.ndarray, *, matrices: bool) -> Any:
    shape = np.broadcast_shapes(rho.shape, sigma.shape)
    pairs = [np.broadcast_to(x, shape).reshape(-1, *shape[-2:]) for x in (rho, sigma)]
    results = [
        function(r.astype(np.complex128), s.astype(np.complex128))
        for r, s in zip(*pairs, strict=True)
    ]
    kind = np.result_type(rho, sigma, np.complex64) if matrices else np.float64
    return np.array(results, dtype=kind).reshape(shape if matrices else shape[:-2])


def _basis(rho: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    if is_diagonal(np, rho) and is_diagonal(np, sigma):
        return np.eye(len(sigma))[:, np.argsort(-np.diag(sigma).real, kind="stable")]
    q, v = _descending(sigma)
    parts = [_inside(rho, q[block], v[:, block])[1] for block in _blocks(q)]
    return np.hstack([*parts, v[:, q <= 0]])


def _descending(sigma: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    q, v = decompose(np, sigma)
    return q[::-1], v[:, ::-1]


def _blocks(q: np.ndarray) -> Iterator[slice]:
    """Parts of the support in which eigenvalues, in descending order, are not too far apart."""
    start, rank = 0, int(np.count_nonzero(q))
    while start < rank:
        stop = int(np.count_nonzero(q > _FAR * q[start]))
        yield slice(start, stop)
        start = stop


def _inside(rho: np.ndarray, q: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues of the best ω on one part of the support, times the largest q; its vectors."""
    inner = _hermitian(adjoint(np, v) @ rho @ v)
    omega, basis = _maximise(inner, np.diag(q / q[0]))
    return omega, v @ basis


def _upper(rho: np.ndarray, sigma: np.ndarray) -> float:
    """f(ω) + max {Tr ∇f(ω) (ω′ − ω) : Tr σω′ = 1}, an eigenvalue of σ^{−½} ∇f σ^{−½}.

    For a diagonal pair, and where the support is taken in parts, D(ρ‖σ) has to be the bound.
    """
    q, v = _descending(sigma)
    first, *others = _blocks(q)
    if others or is_diagonal(np, rho) and is_diagonal(np, sigma):
        return np.inf
    omega, w = _inside(rho, q[first], v[:, first])
    omega = omega / q[0]
    data, model = _turned(w, rho, sigma)
    gradient = _gradient(omega, data, model)
    root = np.linalg.cholesky(model)
    half = np.linalg.solve(root, gradient)
    steepest = np.linalg.eigvalsh(_hermitian(np.linalg.solve(root, adjoint(np, half))))[-1]
    return _value(omega, data, model) + steepest - float(np.diag(gradient).real @ omega)


def _maximise(rho: np.ndarray, sigma: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues (descending) and eigenvectors of the best ω, for σ of full rank."""
    omega, basis = _start(rho, sigma)
    previous, before = np.inf, (omega, basis)
    for _ in range(_NEWTON):
        data, model = _turned(basis, rho, sigma)
        step, gain = _newton_step(omega, data, model)
        if gain < _LOCAL and gain > previous / 2:  # the rest is rounding, maybe the last step too
            return before if gain > previous else (omega, basis)
        if gain <= _DONE:
            break
        previous, before = gain, (omega, basis)
        omega, turn = _line_search(omega, step, gain, data, model)
        basis = basis @ turn
    return omega, basis


def _start(rho: np.ndarray, sigma: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The best of three bases: of log ρ − log σ, where ω commutes, of σ, and of σ^{−½} ρ σ^{−½}."""
    q = np.diag(sigma).real
    p, u = np.linalg.eigh(0.9 * rho + 0.1 * sigma)
    exponent = (u * np.log(np.maximum(p, _FAR))) @ adjoint(np, u) - np.diag(np.log(q))
    ratio = rho / np.sqrt(q[:, None] * q)
    bases = [np.linalg.eigh(exponent)[1], np.eye(len(q)), np.linalg.eigh(ratio)[1]]
    pairs = [_turned(basis, rho, sigma) for basis in bases]
    best = max(range(len(bases)), key=lambda k: _value(_ratios(*pairs[k]), *pairs[k]))
    return _sorted(_ratios(*pairs[best]), bases[best])


def _turned(basis: np.ndarray, *matrices: np.ndarray) -> tuple[np.ndarray, ...]:
    return tuple(_hermitian(adjoint(np, basis) @ x @ basis) for x in matrices)


def _ratios(rho: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """The best eigenvalues of ω in a given basis, ⟨k|ρ|k⟩/⟨k|σ|k⟩, kept above 0."""
    a, b = np.diag(rho).real, np.diag(sigma).real
    return np.maximum(a, _NOTHING) / b


def _sorted(omega: np.ndarray, basis: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    order = np.argsort(-omega)
    return omega[order], basis[:, order]


def _newton_step(omega: np.ndarray, rho: np.ndarray, sigma: np.ndarray) -> tuple[np.ndarray, float]:
    """The relative direction X of Newton's step, and how much it promises, Tr X∇.

    None among vectors on which the data have no weight: what is gained there is all rounding.
    """
    empty = np.diag(rho).real <= 2 * np.finfo(float).eps * len(rho)
    scale = np.where(empty[:, None] & empty, 0.0, np.sqrt(omega[:, None] * omega))
    table = LOG.second_difference(
        np, omega[:, None, None], omega[None, :, None], omega[None, None, :]
    )
    left, right = table * rho[:, :, None], table * rho[None, :, :]

    def curvature(x: np.ndarray) -> np.ndarray:
        e = scale * x
        return -scale * (np.einsum("ikj,kj->ij", left, e) + np.einsum("ikj,ik->ij", right, e))

    diagonal = -(scale**2) * (np.einsum("iij->ij", left) + np.einsum("ijj->ij", right)).real
    gradient = scale * _gradient(omega, rho, sigma)
    floor = np.finfo(float).tiny + np.finfo(float).eps * diagonal.max()
    step = _conjugate_gradients(curvature, gradient, np.maximum(diagonal, floor))
    return _hermitian(step), _inner(step, gradient)


def _conjugate_gradients(curvature: Any, right: np.ndarray, diagonal: np.ndarray) -> np.ndarray:
    """Solve curvature(x) = right on Hermitian matrices, preconditioned by its diagonal."""
    x, residual = np.zeros_like(right), right
    direction = z = residual / diagonal
    size = first = _inner(residual, z)
    for _ in range(min(4 * right.size, _TURNS)):
        if size <= _SOLVED * first:
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


def _line_search(
    omega: np.ndarray, step: np.ndarray, gain: float, rho: np.ndarray, sigma: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Half the step until the value rises; near the end it is too rough to be compared."""
    here = _value(omega, rho, sigma)
    for _ in range(_HALVINGS):
        value, trial, turn = max(
            (_score(turn, rho, sigma) for turn in _turns(omega, step)), key=lambda found: found[0]
        )
        if gain < _LOCAL or value >= here:
            break
        step = step / 2
    return _sorted(trial, turn)


def _score(turn: np.ndarray, rho: np.ndarray, sigma: np.ndarray) -> tuple[float, Any, Any]:
    pair = _turned(turn, rho, sigma)
    omega = _ratios(*pair)
    return _value(omega, *pair), omega, turn


def _turns(omega: np.ndarray, step: np.ndarray) -> list[np.ndarray]:
    """Bases that the step may lead to.

    The eigenvectors of ω^½ e^X ω^½, as singular vectors, are right for the smallest eigenvalues
    too. A long step that turns far apart eigenvalues is better taken as ω + ω^½ X ω^½, which need
    not be positive: only its eigenvectors count.
    """
    x, u = np.linalg.eigh(step)
    root = np.sqrt(omega)
    factor = (u * np.exp(np.clip(x, -_LONGEST, _LONGEST) / 2)) @ adjoint(np, u) * root
    turns = [adjoint(np, np.linalg.svd(factor)[2])]
    if np.abs(step).max() > 1:
        turns.append(np.linalg.eigh(np.diag(omega) + step * root[:, None] * root)[1])
    return turns


def _value(omega: np.ndarray, rho: np.ndarray, sigma: np.ndarray) -> float:
    a, b = np.diag(rho).real, np.diag(sigma).real
    return float(np.sum(a * np.log(omega)) + 1 - np.sum(b * omega))


def _gradient(omega: np.ndarray, rho: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    return LOG.first_difference(np, omega[:, None], omega[None, :]) * rho - sigma


def _inner(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.sum(a.conj() * b).real)


def _hermitian(x: np.ndarray) -> np.ndarray:
    return hermitian(np, x)
