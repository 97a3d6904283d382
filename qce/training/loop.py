"""The loop: everything that is trained in this library is trained here."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from qce._checks import error
from qce.objectives import Objective
from qce.results import FitResult, Status
from qce.training import optimizers
from qce.training.stepper import Limits, Pace, State, Trace, ending, start, stepper

Array = Any
Callback = Callable[[int, float, np.ndarray], None]


def fit(
    objective: Objective,
    params: Array | None = None,
    *,
    optimizer: str = "adam",
    learning_rate: float | None = None,
    steps: int = 1000,
    tolerance: float = 1e-8,
    seed: int = 0,
    progress: bool = True,
    callback: Callback | None = None,
) -> FitResult:
    """Minimise an objective.

    On a simulator loss, gradient and update are compiled together and many steps run in one call;
    on a device each step measures value and gradient with shots. Switches on JAX's 64-bit mode, for
    the whole process. Equal seeds give equal results bit for bit.

    Args:
        objective: what to minimise, from `qce.objectives`.
        params: starting point, shape `(size,)`; `None` for `objective.initial(seed)`.
        optimizer: `"adam"`, or `"lbfgs"` for exact gradients and many digits.
        learning_rate: of Adam, 0.05 unless given.
        steps: the most updates to make.
        tolerance: converged where the Euclidean norm of the gradient (nats) is at most this.
        seed: of the starting point.
        progress: show a bar with the loss and the remaining time.
        callback: called with step, loss and parameters of the last good point: after each step on a
            device, a few times a second on a simulator.

    Returns:
        Result with the last parameters at which loss and gradient were finite, and how it ended. A
        keyboard interrupt ends it early and keeps what there is.

    Raises:
        ValueError: an argument is out of range, or L-BFGS is asked for on a device.

    Example:
        >>> from qce import circuits, models, objectives
        >>> machine = models.BornMachine(circuits.rx(1))
        >>> objective = objectives.measured_likelihood(machine, np.array([0.25, 0.75]))
        >>> result = fit(objective, optimizer="lbfgs", progress=False)
        >>> result.status.name, bool(result.gap < 1e-12)
        ('CONVERGED', True)
    """
    jax.config.update("jax_enable_x64", True)
    method = optimizers.choose(optimizer, learning_rate)
    _check(objective, method, steps, tolerance)
    begun = time.perf_counter()
    state = start(_starting_point(objective, params, seed), method)
    advance, limits = stepper(objective, method), Limits(steps, tolerance)
    pace, history, status = Pace(), _History(begun), None
    with _bar(steps, progress) as bar:
        try:
            while (status := ending(state)) is None:
                state, trace, times = pace.run(advance, state, limits)
                history.add(trace, times)
                _show(bar, state, objective.floor, first=len(trace.loss) == len(history))
                if callback is not None:
                    kept = state.kept
                    callback(int(state.step), float(kept.value), np.asarray(kept.params))
        except KeyboardInterrupt:
            status = Status.INTERRUPTED
    return FitResult(
        params=np.asarray(state.kept.params),
        estimate=objective.estimate(state.kept.value, state.kept.stderr),
        history=history.arrays(),
        status=status,
        message=f"{status.value}, at step {int(state.step)}",
        steps=int(state.step),
        seconds=time.perf_counter() - begun,
        seed=seed,
        optimizer=method.settings,
        floor=objective.floor,
    )


class _History:
    """Traces put together."""

    def __init__(self, begun: float):
        self._begun = begun
        self._traces: list[tuple[np.ndarray, ...]] = []

    def add(self, trace: Trace, times: np.ndarray) -> None:
        self._traces.append((trace.loss, trace.grad_norm, times - self._begun))

    def __len__(self) -> int:
        return sum(len(loss) for loss, _, _ in self._traces)

    def arrays(self) -> dict[str, np.ndarray]:
        columns = zip(*self._traces, strict=True) if self._traces else [[np.zeros(0)]] * 3
        loss, grad_norm, seconds = (np.concatenate(list(column)) for column in columns)
        step = np.arange(len(loss))
        return {"step": step, "loss": loss, "grad_norm": grad_norm, "seconds": seconds}


def _starting_point(objective: Objective, params: Array | None, seed: int) -> np.ndarray:
    start = objective.initial(seed) if params is None else np.asarray(params, dtype=float)
    if start.shape != (objective.size,):
        must, but = f"have shape ({objective.size},)", f"its shape is {start.shape}"
        raise error("params", must, but, "one number a parameter, or None")
    return start


def _check(
    objective: Objective, method: optimizers.Optimizer, steps: int, tolerance: float
) -> None:
    if steps < 0:
        raise error("steps", "not be negative", f"it is {steps}", "for example steps=1000")
    if not tolerance >= 0:
        raise error("tolerance", "not be negative", f"it is {tolerance}", "0 to use up all steps")
    if method.searches and objective.evaluate is None:
        but = "its line search compares values that have sampling noise on a device"
        raise error("optimizer", 'be "adam" on a device', but, 'optimizer="adam"')


def _bar(steps: int, progress: bool) -> Any:
    from tqdm import tqdm

    bar = tqdm(total=steps, disable=not progress, unit="step", dynamic_ncols=True)
    bar.set_postfix_str("starting")
    return bar


def _show(bar: Any, state: State, floor: float | None, first: bool) -> None:
    if first:
        bar.unpause()  # the first stretch holds the compilation, which says nothing about the rest
    value = float(state.kept.value)
    gap = "" if floor is None else f", floor +{value - floor:.1e}"
    bar.set_postfix_str(f"loss {value:.6f}{gap}", refresh=False)
    bar.update(int(state.step) - bar.n)
