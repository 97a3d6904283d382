"""Checks of the arguments of a training, before it begins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import optax

from qce._checks import concrete, error, function, instance, integer, number, vector
from qce.objectives import Objective
from qce.training import optimizers
from qce.training.averaging import averaged
from qce.training.batches import Batches, batches
from qce.training.budget import Budget
from qce.training.free import flattened
from qce.training.optimizers import Optimizer
from qce.training.progress import Follower, Progress
from qce.training.pytrees import Params
from qce.typing import CircuitModel

Callback = Callable[[int, float, Any], None]

# For mini-batches; chosen on validation rows of five data sets of 16 to 180 wires.
_BATCH_RATES, _BATCH_CLIP = {"adam": 0.005, "soap": 0.01}, 4.0


def starting_point(objective: Objective, params: Params | None, seed: int) -> np.ndarray:
    """Where a training begins: parameters that are given, or a random start."""
    if params is None:
        return objective.initial(seed)
    flat = flattened(objective, params)
    point = vector("params", flat, objective.size, "one number a parameter, or None")
    if (found := concrete("params", point)).dtype.kind == "c":
        raise error("params", "be real", f"its dtype is {found.dtype}", "`params.real`", TypeError)
    return np.asarray(found, dtype=float)


def check_callback(callback: Callback | Follower) -> None:
    """Refuse a callback that is no function of three arguments and has no `follow`."""
    if isinstance(callback, Follower):
        remedy = "an object whose `follow` takes a Progress"
        function("callback", callback.follow, remedy, ("progress",))
        return
    remedy = "a function of step, loss and parameters"
    function("callback", callback, remedy, ("step", "loss", "parameters"))


def inform(callback: Callback | Follower, progress: Progress) -> None:
    """Call a callback with the progress of the training, in its own form."""
    if isinstance(callback, Follower):
        callback.follow(progress)
    else:
        callback(progress.step, progress.loss, progress.params)


def check_seed(seed: int) -> int:
    """A seed that JAX, NumPy and records can all hold."""
    return integer("seed", seed, "seed=0, for example", least=0, most=2**63 - 1)


def check_steps(steps: int) -> int:
    """A number of updates."""
    return integer("steps", steps, "steps=1000, for example", least=0, most=2**62)


def check(objective: Objective, method: Optimizer, tolerance: float) -> float:
    """Return the tolerance; refuse an optimiser that does not go with the objective."""
    tolerance = number("tolerance", tolerance, "0 to use up all steps", least=0)
    if method.metric and not isinstance(objective.model, CircuitModel):
        but = f"it takes the metric of a model, and {objective.name} has none"
        raise error("optimizer", 'be "adam" or "lbfgs" here', but, 'optimizer="lbfgs"')
    if method.searches and is_sampled(objective):
        but = "its line search compares values, and these have sampling noise"
        raise error("optimizer", 'be "adam" on a device with shots', but, 'optimizer="adam"')
    if method.repeats and not objective.by_circuits:
        but = "exact gradients have no noise that asks for more of them"
        raise error("optimizer", 'be "adam" on a simulator', but, 'optimizer="adam"')
    return tolerance


def is_sampled(objective: Objective) -> bool:
    """Whether values have sampling noise."""
    return objective.by_circuits and (objective.machine is None or objective.cost().shots > 0)


def check_budget(budget: Budget | None, objective: Objective, method: Optimizer) -> None:
    """Check a budget, which needs an optimiser whose circuits are known before each step."""
    if budget is None:
        return
    instance("budget", budget, Budget, "qce.training.Budget(shots=10_000)")
    if method.searches and objective.by_circuits:
        but = "its line search asks for as many circuits as it needs"
        raise error("budget", "be None for this optimizer", but, 'budget=None, or optimizer="adam"')


def tensors_of(objective: Objective) -> dict[str, Any] | None:
    """Return shape and precision of the tensors of a tree; `None` for other models."""
    shape = getattr(objective.model, "tensor_shape", None)
    if shape is None:
        return None
    return {"shape": shape, "dtype": getattr(objective.model, "dtype", None) or "float64"}


class Schedule(NamedTuple):
    """Steps and mini-batches of a training."""

    method: Optimizer
    steps: int
    batches: Batches | None
    looks: int  # steps from one look at the validation rows to the next


def scheduled(
    objective: Objective,
    optimizer: str | Optimizer | optax.GradientTransformation | None,
    learning_rate: float | None,
    batch: int | None,
    epochs: int | None,
    steps: int | None,
    average: float | None = None,
) -> Schedule:
    """Return steps and mini-batches; with these, Adam and SOAP get other learning rates."""
    tensors = tensors_of(objective)
    if optimizer is None:
        optimizer = "adam" if batch is None or tensors is None else "soap"
    method = optimizers.choose(optimizer, learning_rate, objective.size, tensors)
    seen = batches(objective, method, batch)
    an_epoch = 1 if seen is None else seen.steps
    if epochs is not None:
        epochs = integer("epochs", epochs, "epochs=30, for example", least=0, most=2**40)
        if steps is not None:
            steps = check_steps(steps)
            but = f"they are {steps} and {epochs}"
            raise error(("steps", "epochs"), "not both be given", but, "one of the two")
        steps = an_epoch * epochs
    elif steps is None:
        steps = 1000 if seen is None else 30 * an_epoch
    steps = check_steps(steps)
    if seen is not None and isinstance(optimizer, str) and optimizer in _BATCH_RATES:
        rate = _BATCH_RATES[optimizer] if learning_rate is None else learning_rate
        if optimizer == "adam":
            method = optimizers.adam(rate, decay=max(steps, 1), clip=_BATCH_CLIP)
        elif tensors is not None:
            method = optimizers.soap(
                **tensors, learning_rate=rate, decay=max(steps, 1), clip=_BATCH_CLIP
            )
    if average is not None:
        method = _averaged(method, average, seen)
    return Schedule(method, steps, seen, 10 if seen is None else an_epoch)


def _averaged(method: Optimizer, average: float, seen: Batches | None) -> Optimizer:
    """The optimiser with an average over epochs."""
    remedy = "average=3, a mean over about three epochs, or None"
    epochs = number("average", average, remedy, above=0)
    if seen is None:
        but = "without `batch` no step has noise that a mean would take away"
        raise error("average", "be None here", but, "batch=50, for example, or average=None")
    return averaged(method, epochs, seen.steps)
