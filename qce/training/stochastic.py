"""Optimisers for noisy values: few evaluations a step, however many parameters there are.

What they draw depends only on the seed and the step.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array

from qce._checks import error
from qce.objectives import Objective
from qce.training.interface import Optimizer, Oracle, Reading, Values, random_key
from qce.training.settings import checked

# Exponents of Spall's gains: the slowest decay for which convergence is proved.
_ALPHA, _GAMMA = 0.602, 0.101


@checked
def spsa(
    learning_rate: float = 0.4, perturbation: float = 0.2, stability: float = 10.0
) -> Optimizer:
    r"""Simultaneous perturbation: two values a step, at $x \pm c_k \Delta$ with random signs Δ.

    The gradient is read as $\frac{L(x + c_k\Delta) - L(x - c_k\Delta)}{2 c_k} \Delta$, the value as
    the mean of the two (off by O(c²)). Gains are $a_k = a_0 ((A + 1)/(A + k + 1))^{0.602}$ and
    $c_k = c/(k + 1)^{0.101}$.

    Args:
        learning_rate: $a_0$, the first gain.
        perturbation: c.
        stability: A, the steps over which gains stay large.

    Source: J. C. Spall, IEEE Trans. Automat. Control 37, 332 (1992); gains as in IEEE Trans.
    Aerosp. Electron. Syst. 34, 817 (1998).
    """
    method = optax.sgd(_falling(learning_rate, stability))

    def read(oracle: Oracle, params: Array, memory: Any, seed: Array, step: Array) -> Reading:
        del memory
        size = perturbation / (step + 1) ** _GAMMA
        return _along(oracle, params, _signs(random_key(seed, step), params), size)

    settings = {"name": "spsa", "learning_rate": learning_rate, "perturbation": perturbation}
    settings |= {"stability": stability}
    return Optimizer(settings, method.init, _follow(method), read, exact=False)


@checked
def coordinate(learning_rate: float = 1.0, perturbation: float = 0.5) -> Optimizer:
    r"""Random coordinate descent: two values a step, along one coordinate drawn at random.

    Its partial derivative is the central difference $\frac{L(x + ce_i) - L(x - ce_i)}{2\sin c}$:
    exact for any c where the loss is a sinusoid of $x_i$, as it is of an angle that one rotation
    takes, with error O(c²) elsewhere.

    Args:
        learning_rate: of the step along the coordinate.
        perturbation: c, in radians; below π.

    Source: Z. Ding, T. Ko, J. Yao, L. Lin and X. Li, arXiv:2311.00088.
    """
    if not perturbation < np.pi:
        but = f"it is {perturbation:g}"
        raise error("perturbation", "be below π", but, "perturbation=0.5, for example")
    method = optax.sgd(learning_rate)

    def read(oracle: Oracle, params: Array, memory: Any, seed: Array, step: Array) -> Reading:
        del memory
        i = jax.random.randint(random_key(seed, step), (), 0, len(params))
        reading = _along(oracle, params, jnp.zeros(len(params)).at[i].set(1.0), perturbation)
        return reading._replace(gradient=reading.gradient * perturbation / np.sin(perturbation))

    settings = {"name": "coordinate", "learning_rate": learning_rate, "perturbation": perturbation}
    return Optimizer(settings, method.init, _follow(method), read, exact=False)


class _Metric(NamedTuple):
    """Running mean of the sampled metric."""

    mean: Array
    count: Array


@checked
def qnspsa(
    learning_rate: float = 0.4,
    perturbation: float = 0.2,
    damping: float = 0.1,
    stability: float = 10.0,
) -> Optimizer:
    r"""SPSA along the natural gradient: the metric too is sampled, from four overlaps a step.

    The quantum Fisher information, four times the Fubini-Study metric, is the second difference of
    $-2\,|\langle\psi|\psi'\rangle|^2$ along two random directions, averaged over the steps; a step
    solves
    $(\sqrt{\bar g^2} + \lambda 1)\,\delta = -a_k \nabla L$. For a thermal model the overlaps are
    those of one eigenstate drawn from p_θ, and the block of θ is the Fisher information of p_θ,
    which needs no circuit. On a device an overlap is one circuit U(φ)†U(φ'); else it is simulated.

    Args:
        learning_rate: $a_0$, the first gain.
        perturbation: c, of values and overlaps.
        damping: λ of Tikhonov's regularisation.
        stability: A, the steps over which gains stay large.

    Source: J. Gacon, C. Zoufal, G. Carleo and S. Woerner, arXiv:2103.09232.
    """
    gains = _falling(learning_rate, stability)

    def init(params: Array) -> _Metric:
        # The identity counts as one reading: the first steps are those of SPSA.
        return _Metric(jnp.eye(len(params)), jnp.ones((), int))

    def read(oracle: Oracle, params: Array, memory: _Metric, seed: Array, step: Array) -> Reading:
        del memory
        keys = jax.random.split(random_key(seed, step), 4)
        size = perturbation / (step + 1) ** _GAMMA
        direction, one, other = (_signs(key, params) for key in keys[:3])
        moves = size * jnp.stack([one + other, one, other - one, -one])
        values, overlaps = oracle.with_overlaps(
            _ends(params, direction, size), params, params + moves, keys[3]
        )
        reading, (both, first, second, back) = _difference(values, direction, size), overlaps
        bend = -(both - first - second + back) / (2 * size**2)
        plane = jnp.outer(one, other)
        return reading._replace(extra=bend * (plane + plane.T))

    def update(
        params: Array, memory: _Metric, reading: Reading, objective: Objective
    ) -> tuple[Array, _Metric]:
        count = memory.count
        sample = _with_spectrum(reading.extra, objective.model.spectrum_information(params))
        mean = memory.mean + (sample - memory.mean) / (count + 1)
        values, vectors = jnp.linalg.eigh(mean)
        scaled = (vectors.T @ reading.gradient) / (jnp.abs(values) + damping)
        return params - gains(count - 1) * vectors @ scaled, _Metric(mean, count + 1)

    settings = {"name": "qnspsa", "learning_rate": learning_rate, "perturbation": perturbation}
    settings |= {"damping": damping, "stability": stability}
    return Optimizer(settings, init, update, read, exact=False, metric=True)


class _Signal(NamedTuple):
    """Running means of the gradient and of its variance."""

    gradient: Array
    variance: Array
    weight: Array
    repeats: Array


@checked
def cans(
    learning_rate: float = 0.3, memory: float = 0.99, most: int = 64, lipschitz: float | None = None
) -> Optimizer:
    r"""Gradient descent in which the number of measurements of a gradient follows its noise.

    After each step the next number of measurements is
    $r = \frac{2 L \eta}{2 - L \eta} \cdot \frac{\operatorname{tr} S}{\|g\|^2}$, with g and S the
    running means of the gradient and of the covariance of one measurement: few far from the
    minimum and many close to it, for the largest gain per shot; 2 at least, to estimate S.

    Args:
        learning_rate: η.
        memory: of the running means, μ.
        most: measurements a step.
        lipschitz: L, of the gradient; below 2/η, and 1/η unless given.

    Source: J. M. Kübler, A. Arrasmith, L. Cincio and P. J. Coles, arXiv:1909.09083 (CANS, the rule
    before it is split among the parameters).
    """
    if lipschitz is not None and not lipschitz * learning_rate < 2:
        but = f"it is {lipschitz:g} at a rate of {learning_rate:g}"
        remedy = "a smaller learning_rate, or lipschitz=None for 1/η"
        raise error("lipschitz", "be below 2/learning_rate", but, remedy)
    slope = (1 / learning_rate if lipschitz is None else lipschitz) * learning_rate
    factor = 2 * slope / (2 - slope)

    def init(params: Array) -> _Signal:
        return _Signal(jnp.zeros(len(params)), jnp.zeros(()), jnp.zeros(()), jnp.asarray(2))

    def read(oracle: Oracle, params: Array, signal: _Signal, seed: Array, step: Array) -> Reading:
        del seed, step
        taken = oracle.gradients([params] * int(signal.repeats))
        values, stderrs, gradients = (np.array(column) for column in zip(*taken, strict=True))
        variance = gradients.var(axis=0, ddof=1).sum()
        stderr = float(np.linalg.norm(stderrs)) / len(taken)
        return Reading(values.mean(), stderr, gradients.mean(axis=0), len(taken), variance)

    def update(
        params: Array, signal: _Signal, reading: Reading, objective: Objective
    ) -> tuple[Array, _Signal]:
        del objective

        def mixed(old: Array, new: Array) -> Array:
            return memory * old + (1 - memory) * new

        weight = mixed(signal.weight, 1.0)
        gradient = mixed(signal.gradient, reading.gradient)
        variance = mixed(signal.variance, reading.extra)
        strength = jnp.sum((gradient / weight) ** 2)
        wish = jnp.ceil(factor * (variance / weight) / jnp.where(strength > 0, strength, jnp.inf))
        repeats = jnp.clip(wish, 2, most).astype(signal.repeats.dtype)
        after = _Signal(gradient, variance, weight, repeats)
        return params - learning_rate * reading.gradient, after

    settings = {"name": "cans", "learning_rate": learning_rate, "memory": memory, "most": most}
    settings |= {"lipschitz": slope / learning_rate}
    return Optimizer(settings, init, update, read, exact=False, repeats=True)


# --- parts of these ------------------------------------------------------------------------------


def _along(oracle: Oracle, params: Array, direction: Array, size: Array) -> Reading:
    """Central difference of the loss along a direction of entries 0 and ±1."""
    return _difference(oracle.values(_ends(params, direction, size)), direction, size)


def _ends(params: Array, direction: Array, size: Array) -> list[Array]:
    """The two points whose values make a central difference."""
    move = size * direction
    return [params + move, params - move]


def _difference(values: Values, direction: Array, size: Array) -> Reading:
    """The reading from the values at both ends."""
    (up, up_error), (down, down_error) = values
    stderr = jnp.hypot(up_error, down_error) / 2
    return Reading((up + down) / 2, stderr, (up - down) / (2 * size) * direction, 2)


def _signs(key: Array, params: Array) -> Array:
    return jax.random.rademacher(key, (len(params),), dtype=float)


def _falling(first: float, stability: float) -> Any:
    return lambda k: first * ((stability + 1) / (stability + k + 1)) ** _ALPHA


def _follow(method: Any) -> Any:
    def update(
        params: Array, memory: Any, reading: Reading, objective: Objective
    ) -> tuple[Array, Any]:
        del objective
        change, memory = method.update(reading.gradient, memory, params)
        return optax.apply_updates(params, change), memory

    return update


def _with_spectrum(sampled: Array, fisher: Array) -> Array:
    """Insert the exact block of θ, on which the overlaps do not depend."""
    size = len(fisher)
    clean = sampled.at[:size].set(0.0).at[:, :size].set(0.0)
    return clean.at[:size, :size].set(fisher)
