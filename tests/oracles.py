"""Witnesses in sixty digits: states built exactly, rounded once to float64, and their entropies.

A state is kept as spectrum and basis, so that a zero eigenvalue is a zero and never has to be
recognised. Derivatives are central differences in sixty digits: no formula is shared with `qce`.
"""

from dataclasses import dataclass
from functools import cached_property

import mpmath as mp
import numpy as np

DIGITS = 60
# Weight below this is what sixty digits leave of an exact zero.
NOTHING = mp.mpf(10) ** -(DIGITS // 2)

EPS = float(np.finfo(np.float64).eps)
# Backward error of a Hermitian eigendecomposition in units of eps·d·λmax: the constant of the
# support rule, and four times what LAPACK shows.
BACKWARD = 4.0


def exact(function):
    """Run `function` in sixty digits."""
    return mp.workdps(DIGITS)(function)


@dataclass(frozen=True)
class ExactState:
    """A density matrix Σ p_i |i⟩⟨i| in sixty digits; the columns of `basis` are the |i⟩."""

    spectrum: tuple
    basis: mp.matrix

    @property
    def dimension(self):
        return len(self.spectrum)

    @exact
    def matrix(self):
        weighted = self.basis * mp.diag(list(self.spectrum))
        return weighted * self.basis.transpose_conj()

    @cached_property
    def array(self):
        """The matrix as complex128, each entry rounded once; exactly Hermitian."""
        rounded = to_complex128(self.matrix())
        return np.triu(rounded, 1) + np.triu(rounded, 1).conj().T + np.diag(rounded.diagonal().real)


def to_complex128(matrix):
    return np.array(
        [[complex(matrix[i, j]) for j in range(matrix.cols)] for i in range(matrix.rows)]
    )


def to_exact(array):
    return mp.matrix(np.asarray(array).tolist())


@exact
def random_basis(dimension, seed):
    """Return a complex basis without structure, orthonormal to sixty digits."""
    rng = np.random.default_rng(seed)
    shape = (dimension, dimension)
    basis, _ = mp.qr(to_exact(rng.normal(size=shape) + 1j * rng.normal(size=shape)))
    return basis


@exact
def state(spectrum, basis=None):
    """Return the state with this spectrum; numbers may be strings, `"rest"` fills up to trace one.

    `basis` is a unitary in sixty digits, a seed of a random one, or None for the computational one.
    """
    known = mp.fsum(mp.mpf(p) for p in spectrum if p != "rest")
    if "rest" in spectrum:
        spectrum = [1 - known if p == "rest" else mp.mpf(p) for p in spectrum]
    else:
        spectrum = [mp.mpf(p) / known for p in spectrum]
    if basis is None:
        basis = mp.eye(len(spectrum))
    elif isinstance(basis, int):
        basis = random_basis(len(spectrum), basis)
    return ExactState(tuple(spectrum), basis)


@exact
def nearest_state(array):
    """Return the exact eigendecomposition of a float matrix, made Hermitian and of unit trace."""
    matrix = to_exact(array)
    matrix = (matrix + matrix.transpose_conj()) / 2
    matrix /= mp.fsum(mp.re(matrix[i, i]) for i in range(matrix.rows))
    spectrum, basis = mp.eighe(matrix)
    return ExactState(tuple(spectrum), basis)


# --- values ------------------------------------------------------------------------------------


@exact
def entropy(rho):
    return -mp.fsum(p * mp.log(p) for p in rho.spectrum if p > 0)


@exact
def weights(rho, sigma):
    """Return ⟨j|ρ|j⟩ for the eigenvectors |j⟩ of σ."""
    overlaps = sigma.basis.transpose_conj() * rho.basis
    return [
        mp.fsum(p * abs(overlaps[j, i]) ** 2 for i, p in enumerate(rho.spectrum))
        for j in range(sigma.dimension)
    ]


@exact
def cross_entropy(rho, sigma, finite_part=False):
    """Return −Tr ρ log σ; with `finite_part`, log 0 is taken as 0."""
    terms = []
    for weight, q in zip(weights(rho, sigma), sigma.spectrum, strict=True):
        if q > 0:
            terms.append(-weight * mp.log(q))
        elif weight > NOTHING and not finite_part:
            return mp.inf
    return mp.fsum(terms)


@exact
def relative_entropy(rho, sigma, finite_part=False):
    return cross_entropy(rho, sigma, finite_part) - entropy(rho)


# --- paths and derivatives ---------------------------------------------------------------------


@dataclass(frozen=True)
class Path:
    """States exp(−iKt) V diag(p + t v) V† exp(iKt): any path that keeps the rank.

    `state` holds p and V; `velocity` is v, summing to zero; `generator` is K, complex128.
    """

    state: ExactState
    velocity: tuple = ()
    generator: np.ndarray | None = None

    @exact
    def at(self, t):
        spectrum, basis = list(self.state.spectrum), self.state.basis
        if self.velocity:
            spectrum = [p + t * mp.mpf(v) for p, v in zip(spectrum, self.velocity, strict=True)]
        if self.generator is not None:
            basis = mp.expm(mp.mpc(0, -1) * t * to_exact(self.generator)) * basis
        return ExactState(tuple(spectrum), basis)

    @exact
    def tangent(self):
        """Return dX/dt at zero as complex128."""
        h = mp.mpf(10) ** -20
        return to_complex128((self.at(h).matrix() - self.at(-h).matrix()) / (2 * h))

    def curve(self, library):
        """Return t ↦ state in `library`: the same path in its own arithmetic."""
        start = library.asarray(self.state.array)
        spectral = ExactState(tuple(self.velocity), self.state.basis) if self.velocity else None
        motion = library.asarray(spectral.array if spectral else np.zeros_like(self.state.array))
        if self.generator is None:
            return lambda t: start + t * motion
        frequencies, modes = np.linalg.eigh(self.generator)
        frequencies, modes = library.asarray(-1j * frequencies), library.asarray(modes)

        def at(t):
            rotation = (modes * library.exp(frequencies * t)) @ library.adjoint(modes)
            return rotation @ (start + t * motion) @ library.adjoint(rotation)

        return at


@exact
def derivative(function, *paths):
    """Return d/dt function(paths at t) at zero: truncation 1e-40, rounding 1e-40."""
    h = mp.mpf(10) ** -20
    forward, backward = (function(*(path.at(t) for path in paths)) for t in (h, -h))
    return (forward - backward) / (2 * h)


@exact
def second_derivative(function, *paths):
    """Return d²/dt² at zero: truncation 1e-30, rounding 1e-30."""
    h = mp.mpf(10) ** -15
    forward, here, backward = (function(*(path.at(t) for path in paths)) for t in (h, 0, -h))
    return (forward - 2 * here + backward) / h**2


# --- what float64 input allows -----------------------------------------------------------------


def log_slope(spectrum):
    """Return the divided differences of log on the support, with log 0 replaced by 0."""
    q = np.asarray(spectrum, dtype=float)
    positive = q > 0
    log = np.log(np.where(positive, q, 1.0))
    gap = q[:, None] - q[None, :]
    middle = (q[:, None] + q[None, :]) / 2
    close = np.abs(gap) <= 1e-6 * middle  # one digit is enough in a tolerance
    return np.where(
        close,
        (positive[:, None] & positive[None, :]) / np.where(middle > 0, middle, 1.0),
        (log[:, None] - log[None, :]) / np.where(close, 1.0, gap),
    )


# Rounding a matrix and decomposing it moves it by E with ‖E‖ ≤ 4·eps·d·λmax, and a value by no more
# than ‖E‖ times the trace norm of its gradient. To this come the rounding of a sum of d terms, and
# the eigenvalues that the support rule takes away, each with its −λ log λ. States are given as
# (spectrum, basis) pairs of float arrays.


def _log(spectrum, basis):
    return (basis * np.log(np.where(spectrum > 0, spectrum, 1.0))) @ basis.conj().T


def _slope_norm(rho, sigma):
    """Return the trace norm of the gradient by σ, times λmax(σ)."""
    (p, v), (q, u) = rho, sigma
    in_model_basis = u.conj().T @ (v * p) @ v.conj().T @ u
    return np.linalg.norm(log_slope(q) * in_model_basis, "nuc") * q.max()


def _lost(spectrum, shift):
    return np.count_nonzero(spectrum < 2 * shift) * shift * abs(np.log(shift))


def entropy_limit(rho, eps=EPS):
    """Return the error of S(ρ) that input in floating point allows."""
    shift = BACKWARD * eps * len(rho[0])
    return shift * (1 + np.linalg.norm(_log(*rho), "nuc")) + _lost(rho[0], shift)


def cross_limit(rho, sigma, eps=EPS):
    """Return the error of S(ρ,σ) that input in floating point allows."""
    shift = BACKWARD * eps * len(rho[0])
    return shift * (1 + np.linalg.norm(_log(*sigma), "nuc") + _slope_norm(rho, sigma))


def relative_limit(rho, sigma, eps=EPS):
    """Return the error of D(ρ‖σ) that input in floating point allows.

    The gradient by ρ is log ρ − log σ: what the two have in common costs nothing.
    """
    shift = BACKWARD * eps * len(rho[0])
    by_data = np.linalg.norm(_log(*rho) - _log(*sigma), "nuc")
    return shift * (by_data + _slope_norm(rho, sigma)) + _lost(rho[0], shift)


def value_limit(rho, sigma, eps=EPS):
    """Return the error of a difference of cross entropy and entropy, and of either."""
    return cross_limit(rho, sigma, eps) + entropy_limit(rho, eps)


LIMITS = {
    "entropy": entropy_limit,
    "cross_entropy": cross_limit,
    "relative_entropy": relative_limit,
}


def spectral(matrix):
    """Spectrum and basis of a small dense state, for the limits of float64 input."""
    p, v = np.linalg.eigh(matrix)
    return np.maximum(p, 0.0), v


def decomposed(exact_state):
    """Return spectrum and basis of an exact state as float arrays."""
    return np.array([float(p) for p in exact_state.spectrum]), to_complex128(exact_state.basis)


def derivative_limit(order, *paths):
    """Return the error that float64 input allows for the derivative of this order along paths.

    One more derivative of log costs one more 1/λ of the smallest eigenvalue in the support, so the
    shift 4·eps·d of the input is multiplied by order!·‖Ẋ‖^order/λ^(order+1), summed over the paths
    with the trace norm of Ẋ (of which spectral norms are a part).
    """
    total = 0.0
    for path in paths:
        spectrum, _ = decomposed(path.state)
        speed = np.linalg.norm(path.tangent(), "nuc")
        speed += np.linalg.norm(path.generator, 2) if path.generator is not None else 0.0
        smallest = spectrum[spectrum > 0].min()
        total += (1 + speed) ** order / smallest ** (order + 1)
    return BACKWARD * EPS * paths[0].state.dimension * order * total


# --- the support rule, in sixty digits ---------------------------------------------------------


@exact
def supported(array, eps=EPS):
    """Return the exact state of a float matrix without what rounding could have put into it.

    Eigenvalues up to 4·eps·d·λmax become 0, exactly zero ones of a matrix that is written
    diagonal, and the rest has unit trace. None where an eigenvalue lies so near this limit, within
    a factor of 4 below and 2 above, that its own rounding decides.
    """
    state = nearest_state(array)
    written = np.count_nonzero(array - np.diag(np.diag(array))) == 0
    limit = 0 if written else BACKWARD * eps * state.dimension * max(state.spectrum)
    if any(limit / 4 < p < 2 * limit for p in state.spectrum):
        return None
    kept = [p if p > limit else mp.mpf(0) for p in state.spectrum]
    total = mp.fsum(kept)
    return ExactState(tuple(p / total for p in kept), state.basis)


@exact
def weight_outside(array, sigma):
    """Return the weight of a float matrix on the kernel of an exact state."""
    pairs = zip(weights(nearest_state(array), sigma), sigma.spectrum, strict=True)
    return float(mp.fsum(weight for weight, q in pairs if q == 0))
