"""Any function of the parameters as an objective of the loop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qce._checks import concrete, error, function, shown
from qce.errors import ArgumentError
from qce.objectives import Objective
from qce.training.pytrees import Params, Tree, tree_of
from qce.typing import Array

Loss = Callable[[Any], Array]


@dataclass(frozen=True)
class Parameters:
    """The model of a mere function: only the number of its parameters is known.

    Args:
        size: Number of parameters.
        tree: Their structure, where they are no vector.
    """

    size: int
    tree: Tree | None = None

    def initial(self, seed: int) -> np.ndarray:
        """Refuse: the caller has to give the starting point."""
        del seed
        remedy = "params= to `fit`, the point where it begins"
        raise error("params", "be given for a function", "they are None", remedy)


def as_objective(x: Objective | Loss, params: Params | None) -> Objective:
    """Return an objective as it is, and the objective of a function that JAX can trace.

    Args:
        x: An objective or a function.
        params: Starting point; a function takes as many parameters, in the same dict or list of
            arrays.
    """
    if isinstance(x, Objective):
        return x
    function("objective", x, "one of qce.objectives, or a function of the parameters")
    if params is None:
        Parameters(0).initial(0)
    assert params is not None
    tree = tree_of("params", params)
    parameters = Parameters(_length(params), None) if tree is None else Parameters(tree.size, tree)
    try:
        hash(x)
    except TypeError:
        return _of_function(x, parameters)
    return _cached(x, parameters)


def _length(params: Any) -> int:
    start = concrete("params", params)
    if start.ndim != 1:
        but, remedy = f"its shape is {start.shape}", "a flat vector, or a dict of arrays"
        raise error("params", "have shape (P,)", but, remedy)
    return len(start)


def flattened(objective: Objective, params: Any) -> Any:
    """Return the numbers of a dict or list of arrays that a function takes; others as they are."""
    tree = _tree(objective)
    return params if tree is None else tree.flat("params", params)


def unflattened(objective: Objective, flat: np.ndarray) -> Any:
    """Return a vector as the function takes it: as a dict or list of arrays, or as it is."""
    tree = _tree(objective)
    return flat if tree is None else tree.arrays(flat)


def _tree(objective: Objective) -> Tree | None:
    return objective.model.tree if isinstance(objective.model, Parameters) else None


def _of_function(function: Loss, parameters: Parameters) -> Objective:
    tree, size = parameters.tree, parameters.size
    loss = function if tree is None else lambda flat: function(tree.arrays(flat))
    _check_traceable(loss, size)

    def evaluate(params: Array) -> tuple[Array, Array]:
        return jnp.asarray(loss(params), float), jnp.zeros(())

    name = str(getattr(function, "__name__", type(function).__name__)).replace("<lambda>", "loss")
    return Objective(name, parameters, evaluate=evaluate, unit="")


_cached = lru_cache(maxsize=8)(_of_function)  # so that a function is compiled once


def _check_traceable(loss: Loss, size: int) -> None:
    """Trace a function, which computes nothing, and see that it returns one real number."""
    try:
        found = jax.eval_shape(loss, jax.ShapeDtypeStruct((size,), float))
    except ArgumentError:
        raise
    except Exception as problem:
        but = f"JAX cannot trace it ({type(problem).__name__}: {first_line(problem)})"
        remedy = "a function written with jax.numpy, or a QNode with interface='jax'"
        raise error("objective", "be a function of JAX", but, remedy, TypeError) from problem
    real = hasattr(found, "shape") and jnp.issubdtype(found.dtype, jnp.floating)
    if not real or found.shape != ():
        kind = f"shape {found.shape}, {found.dtype}" if hasattr(found, "shape") else shown(found)
        remedy = "a function that returns the loss alone"
        raise error("objective", "return one real number", f"it returns {kind}", remedy, TypeError)


def first_line(problem: Exception) -> str:
    """The first line of an error message."""
    return (str(problem).splitlines() or [""])[0]
