"""The natural gradient with the adaptive damping of Levenberg and Marquardt."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from qce.objectives import Objective
from qce.training.interface import Optimizer, Reading
from qce.training.settings import checked
from qce.typing import Array

_FIRST, _LEAST, _STIFF = 1e-2, 1e-12, 1e12  # damping: of the first step, and its bounds
_SOFTER, _STIFFER = 1 / 5, 4.0
_FLAT = 1e-15  # of the largest curvature, added to all for directions that change no state


@checked
def marquardt() -> Optimizer:
    r"""Steps $-(g + \lambda \operatorname{diag} g)^{-1} \nabla L$ with the model's own metric g.

    The damping λ is raised until the loss does not grow, and lowered after each step: far from the
    minimum the step is short and downhill, and near data that the model fits it is Newton's. As λ
    multiplies each parameter's own curvature, outcomes and states of small weight, which hardly
    affect a gradient, are learned as fast as all others. Exact and by simulation; the metric holds
    d² × P numbers of a thermal model (d × P of a Born machine), and its equations cost P³.

    Source: D. W. Marquardt, J. Soc. Ind. Appl. Math. 11, 431 (1963); metric as in `natural`.
    """

    def update(
        params: Array, damping: Array, reading: Reading, objective: Objective
    ) -> tuple[Array, Any]:
        g = objective.model.metric(params)
        own = jnp.diag(g)
        flat = _FLAT * jnp.max(own)

        def moved(damping: Array) -> Array:
            stiffer = g + jnp.diag(damping * own + flat)
            return params - jnp.linalg.solve(stiffer, reading.gradient)

        # Growth by no more than rounding does not count.
        rounding = 8 * jnp.finfo(params.dtype).eps * jnp.maximum(1.0, jnp.abs(reading.value))

        def grows(damping: Array) -> Array:
            lower = objective.loss(moved(damping)) <= reading.value + rounding
            return ~lower & (damping < _STIFF)

        damping = jax.lax.while_loop(grows, lambda x: x * _STIFFER, damping)
        return moved(damping), jnp.maximum(damping * _SOFTER, _LEAST)

    settings = {"name": "marquardt"}
    return Optimizer(
        settings, lambda params: jnp.asarray(_FIRST), update, searches=True, metric=True
    )
