"""What every objective is: a function of the parameters with value, error bar and gradient."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import jax
import numpy as np

from qce.results import Estimate

Array = Any
Evaluate = Callable[[Array], tuple[Array, Array]]
Measure = Callable[[np.ndarray, bool], tuple[float, float, np.ndarray | None]]


@dataclass(frozen=True, eq=False)
class Objective:
    """A loss of the parameters of a model, in nats.

    Call it for an `Estimate`, in double precision whatever JAX's global mode. One of `evaluate`
    and `measure` is there: the first on simulators, where whole training steps are compiled, the
    second where outcomes come from a device.

    Args:
        name: which loss.
        model: whose parameters it takes.
        floor: the least value it can take (entropy of the data), `None` where unknown.
        shots: outcomes behind each estimate; `None` for an exact one.
        bias: why an estimate is biased; empty where it is not.
        evaluate: JAX-traceable, `params → (value, stderr)`.
        measure: `params, gradient wanted → (value, stderr, gradient or None)`.
    """

    name: str
    model: Any
    floor: float | None = None
    shots: int | None = None
    bias: str = ""
    evaluate: Evaluate | None = field(default=None, repr=False)
    measure: Measure | None = field(default=None, repr=False)

    @property
    def size(self) -> int:
        """Number of parameters."""
        return self.model.size

    def initial(self, seed: int) -> np.ndarray:
        """Return a random start, shape `(size,)`."""
        return self.model.initial(seed)

    def __call__(self, params: Array) -> Estimate:
        """Return the loss at `params`, shape `(size,)`, with its standard error."""
        with jax.enable_x64(True):
            if self.measure is None:
                return self.estimate(*self._value(params))
            value, stderr, _ = self.measure(np.asarray(params), False)
            return self.estimate(value, stderr)

    def loss(self, params: Array) -> Array:
        """Return the loss as a JAX scalar to transform and compile; simulators only."""
        if self.evaluate is None:
            raise ValueError(
                "Argument `objective` must be simulated to be traced by JAX, but it is measured on "
                "a device. Pass `objective.value_and_gradient`, or leave out `device` and `shots`."
            )
        return self.evaluate(params)[0]

    def value_and_gradient(self, params: Array) -> tuple[Estimate, np.ndarray]:
        """Return the loss and its gradient, shape `(size,)`, at `params`."""
        with jax.enable_x64(True):
            if self.measure is None:
                (value, stderr), gradient = self._value_and_gradient(params)
            else:
                value, stderr, gradient = self.measure(np.asarray(params), True)
            return self.estimate(value, stderr), np.asarray(gradient)

    def estimate(self, value: Array, stderr: Array) -> Estimate:
        """Return a value and its error as the record of this objective."""
        return Estimate(float(value), float(stderr), self.shots, self.bias)

    @cached_property
    def _value(self) -> Evaluate:
        return jax.jit(self.evaluate)

    @cached_property
    def _value_and_gradient(self) -> Callable[[Array], tuple[tuple[Array, Array], Array]]:
        return jax.jit(jax.value_and_grad(self.evaluate, has_aux=True))
