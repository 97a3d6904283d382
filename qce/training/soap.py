"""Adam along axes in which the gradients of tensors are uncorrelated."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax import Array

from qce.objectives import Objective
from qce.training.interface import Optimizer, Reading
from qce.training.settings import checked

_FORGET = 0.05  # share of a step in the second moments of rows and columns
_EVERY = 20  # steps from one choice of axes to the next
_SMALL = 1e-8  # as in Adam


class Axes(NamedTuple):
    """Moments of the gradients of each node, along its own axes.

    Attributes:
        rows: The axes of rows, one a column, shape `(nodes, D, D)`.
        columns: The axes of columns, shape `(nodes, D, D)`.
        of_rows: Second moments of rows, in these axes, shape `(nodes, D, D)`.
        of_columns: Second moments of columns, shape `(nodes, D, D)`.
        mean: Mean of the gradient in these axes, of the shape of the tensors.
        square: Mean of its square, of the shape of the tensors.
        step: Gradients seen.
    """

    rows: Array
    columns: Array
    of_rows: Array
    of_columns: Array
    mean: Array
    square: Array
    step: Array


@checked
def soap(
    shape: tuple[int, ...],
    learning_rate: float = 0.01,
    decay: int | None = None,
    clip: float | None = None,
    dtype: str = "float64",
) -> Optimizer:
    r"""Adam in the eigenbases of second moments of the gradient: for tensor trees.

    The distribution of a tree does not change with the basis of a bond, but Adam, which treats each
    entry by itself, depends on it. Here each node has the two bases in which its gradients G are
    least correlated, the eigenvectors of the means of $G G^T$ and of $G^T G$, and Adam with
    β = (0.9, 0.99) is applied in these. They are updated every 20 steps. Where second moments are
    degenerate, as after few steps, rounding decides on the bases, so that steps may differ between
    processors.

    Args:
        shape: of the parameters as tensors, `(..., nodes, k, x, D, D)`: `model.tensor_shape`.
        learning_rate: of the first step.
        decay: the number of steps over which it falls to 0 as a cosine; `None` for a constant rate.
        clip: the norm to which longer gradients are shortened; `None` for no bound.
        dtype: "float32" or "float64", of the computation; parameters keep theirs.

    Source: N. Vyas et al., arXiv:2409.11321.
    """
    rate = optax.constant_schedule(learning_rate)
    if decay is not None:
        rate = optax.cosine_decay_schedule(learning_rate, decay)
    cut = optax.identity() if clip is None else optax.clip_by_global_norm(clip)

    def init(params: Array) -> Axes:
        nodes, size = shape[-5], shape[-1]
        eye = jnp.broadcast_to(jnp.eye(size, dtype=dtype), (nodes, size, size))
        nothing = jnp.zeros(shape, dtype)
        return Axes(eye, eye, 0 * eye, 0 * eye, nothing, nothing, jnp.zeros((), int))

    def update(
        params: Array, memory: Any, reading: Reading, objective: Objective
    ) -> tuple[Array, Any]:
        del objective
        gradient, _ = cut.update(reading.gradient, cut.init(params))
        change, memory = _step(gradient.reshape(shape).astype(dtype), memory)
        return params - rate(memory.step - 1) * change.ravel(), memory

    chosen = {"decay": decay, "clip": clip}
    settings: dict[str, Any] = {"name": "soap", "learning_rate": learning_rate}
    settings |= {name: x for name, x in chosen.items() if x is not None}
    return Optimizer(settings, init, update)


def _step(gradient: Array, memory: Axes) -> tuple[Array, Axes]:
    """The step for a rate of 1, to be subtracted, and the new moments."""
    step = memory.step + 1
    turned = _turned(gradient, memory.rows, memory.columns)
    of_rows = _mixed(memory.of_rows, jnp.einsum("...nkxab,...nkxcb->nac", turned, turned), _FORGET)
    of_columns = _mixed(
        memory.of_columns, jnp.einsum("...nkxab,...nkxac->nbc", turned, turned), _FORGET
    )
    mean = _mixed(memory.mean, turned, 0.1)
    known = memory._replace(of_rows=of_rows, of_columns=of_columns, mean=mean, step=step)
    # The first gradient chooses the axes before its squares are stored in them.
    due = step % _EVERY == 1
    known, turned = jax.lax.cond(due, _rechosen, lambda *same: same, known, turned)
    known = known._replace(square=_mixed(known.square, turned**2, 0.01))
    share = jnp.asarray(step, gradient.dtype)
    mean, square = known.mean / (1 - 0.9**share), known.square / (1 - 0.99**share)
    change = mean / (jnp.sqrt(square) + _SMALL)
    return _turned(change, known.rows.mT, known.columns.mT), known


def _rechosen(memory: Axes, gradient: Array) -> tuple[Axes, Array]:
    """New axes, the eigenvectors of the moments, with all else transformed to them."""
    rows, columns = jnp.linalg.eigh(memory.of_rows)[1], jnp.linalg.eigh(memory.of_columns)[1]
    found = memory._replace(
        rows=memory.rows @ rows,
        columns=memory.columns @ columns,
        of_rows=rows.mT @ memory.of_rows @ rows,
        of_columns=columns.mT @ memory.of_columns @ columns,
        mean=_turned(memory.mean, rows, columns),
    )
    return found, _turned(gradient, rows, columns)


def _turned(tensors: Array, rows: Array, columns: Array) -> Array:
    """Tensors in other axes: Rᵀ T C of each node."""
    return rows.mT[:, None, None] @ tensors @ columns[:, None, None]


def _mixed(old: Array, new: Array, share: float) -> Array:
    return old + share * (new - old)
