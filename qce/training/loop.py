"""The loop: everything that is trained in this library is trained here."""

from __future__ import annotations

import inspect
import os
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import jax
import numpy as np
import optax

from qce._checks import (
    concrete,
    error,
    function,
    instance,
    integer,
    number,
    truth,
    vector,
)
from qce._forks import computes
from qce.objectives import Objective
from qce.results import Cost, Estimate, FitResult, Status
from qce.training import optimizers
from qce.training.budget import Budget, Purse
from qce.training.checkpoint import Checkpoint
from qce.training.free import Loss, as_objective
from qce.training.history import History
from qce.training.identity import compare, identity
from qce.training.optimizers import Optimizer
from qce.training.stepper import (
    CHUNK,
    Limits,
    Pace,
    Point,
    State,
    ending,
    pricing,
    reopened,
    start,
    stepper,
)
from qce.typing import Array

Callback = Callable[[int, float, np.ndarray], None]


def fit(
    objective: Objective | Loss,
    params: Array | None = None,
    *,
    optimizer: str | Optimizer | optax.GradientTransformation = "adam",
    learning_rate: float | None = None,
    steps: int = 1000,
    tolerance: float = 1e-8,
    seed: int = 0,
    budget: Budget | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    resume: bool = False,
    progress: bool = True,
    callback: Callback | None = None,
    callback_every: int | None = None,
) -> FitResult:
    """Minimise an objective.

    On a simulator loss, gradient and update are compiled together and many steps run in one call;
    on a device each step measures with shots what its optimiser asks for. Switches on JAX's 64-bit
    mode, for the whole process. Equal seeds give equal results bit for bit, those of shots too
    where the objective has a seed: the outcomes of a step depend on both seeds and its number.

    Args:
        objective: what to minimise: from `qce.objectives`, or a function of the parameters that
            returns the loss and that JAX can trace.
        params: starting point, shape `(size,)`; `None` for `objective.initial(seed)`. A function
            has as many parameters as its starting point.
        optimizer: `"adam"`; `"lbfgs"` for exact gradients and many digits; `"natural"` for the
            model's own metric, `"marquardt"` for the same with a damping that finds itself, to the
            last digits; `"spsa"`, `"qnspsa"` and `"coordinate"` for noisy values, two or six
            circuits a step; `"cans"` for as many shots as the noise asks for. With other settings
            than its learning rate: one made by `qce.training.optimizers`, or any transformation
            of optax, such as `optax.adamw(1e-2)`.
        learning_rate: of the first step, above 0; the optimiser's own unless given.
        steps: the most updates to make.
        tolerance: converged where the Euclidean norm of the gradient (nats) is at most this.
        seed: of the starting point, of random directions, and, with the objective's, of outcomes.
        budget: circuits, jobs and shots that may be sent, on devices.
        checkpoint: file to keep after each step (a few times a second on a simulator), to go on
            from; `None` for none.
        resume: go on from that file where it exists, bit for bit as if the run had not been cut;
            with more steps or a larger budget, also where it had come to an end for lack of them.
        progress: show a bar with the loss and the remaining time.
        callback: called with step, loss and parameters of the last good point: after each step on a
            device, a few times a second on a simulator; where a training goes on from a file, first
            with where that had left it. To end the training it raises `StopIteration`.
        callback_every: call it after every so many steps instead, and at the end: at the same steps
            each time, so that what it stops can be repeated bit for bit.

    Returns:
        Result with the last parameters at which loss and gradient were finite, and how it ended. A
        keyboard interrupt ends it early and keeps what there is, and so do a callback that raises
        `StopIteration` and a device that fails after the first step, which the status says.

    Warns:
        RuntimeWarning: the loss is infinite where the training ends; no gradient leads on from it.

    Raises:
        ValueError: an argument is out of range, L-BFGS is asked for with shots, the budget does
            not cover a step, or the checkpoint is of another training.
        FileExistsError: the checkpoint is there already, and `resume` is not asked for.
        Exception: what the device raises at the first step, where there is nothing to keep.

    Example:
        >>> from qce import circuits, models, objectives
        >>> machine = models.BornMachine(circuits.rx(1))
        >>> objective = objectives.measured_likelihood(machine, np.array([0.25, 0.75]))
        >>> result = fit(objective, optimizer="lbfgs", progress=False)
        >>> result.status.name, bool(result.gap < 1e-12)
        ('CONVERGED', True)
        >>> result = fit(lambda p: (p[0] - 3) ** 2, [0.0], optimizer=optax.sgd(0.4), progress=False)
        >>> round(float(result.params[0]), 6)
        3.0
    """
    computes()
    jax.config.update("jax_enable_x64", True)
    objective = as_objective(objective, params)
    seed, steps = check_seed(seed), check_steps(steps)
    method = optimizers.choose(optimizer, learning_rate, objective.size)
    tolerance = check(objective, method, tolerance)
    check_budget(budget, objective, method)
    if callback is not None:
        check_callback(callback)
    if callback_every is not None:
        callback_every = integer("callback_every", callback_every, "for example 10", least=1)
    fresh = start(starting_point(objective, params, seed), method, seed)
    file = None if checkpoint is None else Checkpoint(checkpoint, objective, method, seed)
    if not truth("resume", resume) and file is not None:
        file.refuse_existing()
    training = _Training(objective, method, file, budget, fresh, steps)
    if objective.machine is not None:
        objective.machine.begin(partial(identity, objective, method, seed), compare)
    training.every = callback_every
    with _bar(steps, truth("progress", progress), int(training.state.step)) as bar:

        def tell() -> None:
            _show(bar, training.state, objective.floor, training.stretches == 1)
            if callback is not None and training.is_due:
                kept = training.state.kept
                try:
                    callback(int(training.state.step), float(kept.value), np.asarray(kept.params))
                except StopIteration:
                    training.stopped = True

        if training.goes_on:
            tell()  # a process that was killed may have saved this point, and told nobody
        status = training.run(Limits(steps, tolerance), tell)
    warn_infinite(training.history)
    return training.result(status)


class _Training:
    """One training while it goes on, from its first step or from where a file has left it."""

    def __init__(
        self,
        objective: Objective,
        method: Optimizer,
        file: Checkpoint | None,
        budget: Budget | None,
        fresh: State,
        steps: int,
    ):
        self.objective, self.method, self.file = objective, method, file
        left = None if file is None else file.load(fresh)
        self.goes_on = left is not None
        nothing = (fresh, History(), Cost(), objective.bias)
        self.state, self.history, earlier, self.bias = left or nothing
        if ending(self.state) is Status.STEP_LIMIT and steps > self.state.step:
            # The last point waits for its update; it is read again, and reads the same.
            self.state = reopened(self.state)
            self.history.drop_last()
        self.purse = Purse(objective, pricing(objective, method), budget, earlier)
        if ending(self.state) is None:
            self.purse.refuse_empty(self.state)
        self.stretches = 0
        self.every: int | None = None  # steps from one callback to the next
        self.stopped = False
        self._problem: Exception | None = None
        self._begun = time.perf_counter() - self.history.seconds

    @property
    def is_due(self) -> bool:
        """Whether the callback is called where the training is."""
        return self.every is None or self._to_go == self.every or ending(self.state) is not None

    @property
    def _to_go(self) -> int:
        """Steps to the next callback."""
        return CHUNK if self.every is None else self.every - int(self.state.step) % self.every

    def run(self, limits: Limits, tell: Callable[[], None]) -> Status:
        """Go on until there is a reason to end, and return it."""
        advance, pace = stepper(self.objective, self.method), Pace()
        try:
            while (status := self._ending()) is None:
                try:
                    self.state, trace, bias, times = pace.run(
                        advance, self.state, limits, self._to_go
                    )
                except Exception as problem:
                    if self.objective.evaluate is not None or len(self.history) == 0:
                        raise  # it is no device that fails, or there is nothing to keep
                    self._problem = problem
                    continue
                self.stretches += 1
                if ending(self.state) is not Status.NON_FINITE:
                    self.bias = bias  # of the point that is kept
                self.history.add(trace, times - self._begun, self.purse.spent.shots)
                if self.file is not None:
                    self.file.save(self.state, self.history, self.purse.spent, self.bias)
                tell()
        except KeyboardInterrupt:
            return Status.INTERRUPTED
        return status

    def _ending(self) -> Status | None:
        if self._problem is not None:
            return Status.FAILED
        if (status := ending(self.state)) is not None:
            return status
        if self.stopped:
            return Status.STOPPED
        return None if self.purse.covers(self.state) else Status.OUT_OF_BUDGET

    def result(self, status: Status) -> FitResult:
        """Return what was reached."""
        state, problem = self.state, self._problem
        # What is drawn next is the same whether the training was taken up again or not.
        self.objective.reseed(int(state.seed), int(state.step), 1)
        because = "" if problem is None else f": {_said(problem)}"
        return FitResult(
            params=np.asarray(state.kept.params),
            estimate=estimate(self.objective, state.kept, self.bias),
            history=self.history.arrays(),
            status=status,
            message=f"{status.value}, at step {int(state.step)}{because}",
            steps=int(state.step),
            seconds=time.perf_counter() - self._begun,
            seed=int(state.seed),
            optimizer=self.method.settings,
            floor=self.objective.floor,
            spent=self.purse.spent,
            problem=problem,
        )


def _said(problem: Exception) -> str:
    """An error with what was noted on it on the way, such as where a paid job can be fetched."""
    return "; ".join([f"{type(problem).__name__}: {problem}", *getattr(problem, "__notes__", [])])


def warn_infinite(history: History) -> None:
    """Say what ends a training at a loss of +inf: from there no gradient leads on."""
    seen = history.arrays()
    if len(history) and seen["loss"][-1] == np.inf:
        warnings.warn(
            f"The loss is infinite at step {len(history) - 1}, and its gradient there (norm "
            f"{seen['grad_norm'][-1]:.2g}) leads nowhere: the model excludes what the data hold. "
            "Start elsewhere, or give the model full rank with qce.regularise.depolarise.",
            RuntimeWarning,
            stacklevel=3,
        )


def estimate(objective: Objective, point: Point, bias: str | None = None) -> Estimate:
    """Return the value of a point; of so many shots as all its evaluations together."""
    single = objective.estimate(point.value, point.stderr, bias)
    if single.shots is None:
        return single
    return replace(single, shots=single.shots * int(point.evaluations))


def starting_point(objective: Objective, params: Array | None, seed: int) -> np.ndarray:
    """Where a training begins: parameters that are given, or a random start."""
    if params is None:
        return objective.initial(seed)
    point = vector("params", params, objective.size, "one number a parameter, or None")
    if (found := concrete("params", point)).dtype.kind == "c":
        raise error("params", "be real", f"its dtype is {found.dtype}", "`params.real`", TypeError)
    return np.asarray(found, dtype=float)


def check_callback(callback: Callback) -> None:
    """A function of three things, as far as it says what it takes."""
    remedy = "a function of step, loss and parameters"
    function("callback", callback, remedy)
    try:
        takes = inspect.signature(callback)
    except (TypeError, ValueError):  # a built-in one that does not say
        return
    try:
        takes.bind(0, 0.0, np.zeros(0))
    except TypeError:
        but = f"it takes {takes}"
        raise error("callback", "take step, loss and parameters", but, remedy, TypeError) from None


def check_seed(seed: int) -> int:
    """A seed that keys of JAX, generators of NumPy and records hold."""
    return integer("seed", seed, "seed=0, for example", least=0, most=2**63 - 1)


def check_steps(steps: int) -> int:
    """A number of updates."""
    return integer("steps", steps, "steps=1000, for example", least=0, most=2**62)


def check(objective: Objective, method: Optimizer, tolerance: float) -> float:
    """Return the tolerance; refuse an optimiser that does not go with the objective."""
    tolerance = number("tolerance", tolerance, "0 to use up all steps", least=0)
    if method.metric and not hasattr(objective.model, "circuit"):
        but = f"it takes the metric of a model, and {objective.name} has none"
        raise error("optimizer", 'be "adam" or "lbfgs" here', but, 'optimizer="lbfgs"')
    if method.searches and objective.evaluate is None and not _is_exact(objective):
        but = "its line search compares values, and these have sampling noise"
        raise error("optimizer", 'be "adam" on a device with shots', but, 'optimizer="adam"')
    if method.repeats and objective.evaluate is not None:
        but = "exact gradients have no noise that asks for more of them"
        raise error("optimizer", 'be "adam" on a simulator', but, 'optimizer="adam"')
    return tolerance


def _is_exact(objective: Objective) -> bool:
    """Whether a device gives values without sampling noise: a simulator that is asked for none."""
    return objective.machine is not None and objective.cost().shots == 0


def check_budget(budget: Budget | None, objective: Objective, method: Optimizer) -> None:
    """A bound on what is sent, where it is known before each step what that will be."""
    if budget is None:
        return
    instance("budget", budget, Budget, "qce.training.Budget(shots=10_000)")
    if method.searches and objective.evaluate is None:
        but = "its line search asks for as many circuits as it needs"
        raise error("budget", "be None for this optimizer", but, 'budget=None, or optimizer="adam"')


def _bar(steps: int, progress: bool, done: int) -> Any:
    from tqdm import tqdm

    bar = tqdm(total=steps, initial=done, disable=not progress, unit="step", dynamic_ncols=True)
    bar.set_postfix_str("starting")
    return bar


def _show(bar: Any, state: State, floor: float | None, first: bool) -> None:
    if first:
        bar.unpause()  # the first stretch holds the compilation, which says nothing about the rest
    value = float(state.kept.value)
    gap = "" if floor is None else f", floor {value - floor:+.1e}"
    bar.set_postfix_str(f"loss {value:.6f}{gap}", refresh=False)
    bar.update(int(state.step) - bar.n)
