"""Optimisers that follow the gradient: Adam, L-BFGS, and the natural gradient."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import optax

from qce.objectives import Objective
from qce.training.interface import Optimizer, Reading
from qce.training.settings import checked
from qce.typing import Array


@checked
def adam(
    learning_rate: float = 0.05, decay: int | None = None, clip: float | None = None
) -> Optimizer:
    """Adam with β = (0.9, 0.999): for noisy gradients and rough landscapes.

    Args:
        learning_rate: of the first step.
        decay: the number of steps over which it falls to 0 as a cosine; `None` for a constant rate.
        clip: the norm to which longer gradients are shortened; `None` for no bound.

    Source: D. P. Kingma and J. Ba, arXiv:1412.6980; I. Loshchilov and F. Hutter, arXiv:1608.03983,
    for the cosine.
    """
    rate = learning_rate if decay is None else optax.cosine_decay_schedule(learning_rate, decay)
    method = optax.adam(rate)
    if clip is not None:
        method = optax.chain(optax.clip_by_global_norm(clip), method)

    def update(
        params: Array, memory: Any, reading: Reading, objective: Objective
    ) -> tuple[Array, Any]:
        del objective
        change, memory = method.update(reading.gradient, memory, params)
        return optax.apply_updates(params, change), memory

    chosen = {"decay": decay, "clip": clip}
    settings = {"name": "adam", "learning_rate": learning_rate}
    settings |= {name: x for name, x in chosen.items() if x is not None}
    return Optimizer(settings, method.init, update)


@checked
def lbfgs() -> Optimizer:
    """L-BFGS with a zoom line search: the choice for exact gradients and many digits."""
    method = optax.lbfgs()

    def update(
        params: Array, memory: Any, reading: Reading, objective: Objective
    ) -> tuple[Array, Any]:
        gradient = reading.gradient
        extra = {"value": reading.value, "grad": gradient, "value_fn": objective.loss}
        change, memory = method.update(gradient, memory, params, **extra)
        return optax.apply_updates(params, change), memory

    return Optimizer({"name": "lbfgs"}, method.init, update, searches=True)


@checked
def natural(learning_rate: float = 0.3, damping: float = 1e-3) -> Optimizer:
    r"""Natural gradient: steps $-\eta\,(g + \lambda 1)^{-1} \nabla L$ with the model's own metric.

    The metric g is the Fisher information of a Born machine's outcomes, or the
    Bogoliubov-Kubo-Mori metric of a thermal model, exact and by simulation (its `metric`);
    the gradient may come from a device. With η = 1, near data that the model fits, it is Newton's
    step.

    Args:
        learning_rate: η.
        damping: λ of Tikhonov's regularisation, for directions in which the model does not change.

    Source: S. Amari, Neural Computation 10, 251 (1998); the quantum metric as in
    F. Sbahi et al., arXiv:2206.04663, and D. Patel and M. M. Wilde, arXiv:2410.24058.
    """

    def update(
        params: Array, memory: Any, reading: Reading, objective: Objective
    ) -> tuple[Array, Any]:
        g = objective.model.metric(params) + damping * jnp.eye(len(params))
        return params - learning_rate * jnp.linalg.solve(g, reading.gradient), memory

    settings = {"name": "natural", "learning_rate": learning_rate, "damping": damping}
    return Optimizer(settings, lambda params: (), update, metric=True)
