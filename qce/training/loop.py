"""The training loop."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import jax
import numpy as np
import optax

from qce._checks import integer, truth
from qce._forks import computes
from qce._warned import warn
from qce.objectives import Objective
from qce.results import Cost, Estimate, FitResult, Status
from qce.training.arguments import (
    Callback,
    Schedule,
    check,
    check_budget,
    check_callback,
    check_seed,
    inform,
    scheduled,
    starting_point,
)
from qce.training.averaging import mean_of
from qce.training.budget import Budget, Purse
from qce.training.checkpoint import Checkpoint
from qce.training.free import Loss, as_objective, unflattened
from qce.training.history import History
from qce.training.identity import compare, identity
from qce.training.optimizers import Optimizer
from qce.training.progress import Follower, Progress
from qce.training.pytrees import Params
from qce.training.selection import Selection, selection
from qce.training.state import Limits, Point, State, ending, reopened, start
from qce.training.stepper import Pace, pricing, stepper


def fit(
    objective: Objective | Loss,
    params: Params | None = None,
    *,
    optimizer: str | Optimizer | optax.GradientTransformation | None = None,
    learning_rate: float | None = None,
    steps: int | None = None,
    batch: int | None = None,
    epochs: int | None = None,
    average: float | None = None,
    validation: Any = None,
    patience: int | None = 10,
    tolerance: float = 1e-8,
    seed: int = 0,
    budget: Budget | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    resume: bool = False,
    progress: bool = True,
    callback: Callback | Follower | None = None,
    callback_every: int | None = None,
) -> FitResult:
    """Minimise an objective.

    On a simulator loss, gradient, update and simulated outcomes are compiled together, and many
    steps run in one call; on a device each step measures what its optimiser needs. JAX's 64-bit
    mode is switched on, for the whole process. Equal seeds give equal results bit for bit, also
    with shots if the objective has a seed: the outcomes of a step depend on both seeds and its
    number.

    Args:
        objective: what to minimise: from `qce.objectives`, or a function of the parameters that
            returns the loss and that JAX can trace.
        params: starting point, shape `(size,)`; `None` for `objective.initial(seed)`. A function
            takes its parameters in the form of the starting point: one vector, or a dict or list
            of arrays, a tuple or any other pytree of JAX. Result and callbacks have the same form.
        optimizer: `"adam"`; `"soap"` for tensor trees, Adam in adapted bases of the bonds; `None`
            for SOAP where a tree is trained in mini-batches, and for Adam elsewhere; `"lbfgs"` for
            exact gradients and many digits; `"natural"` for the model's own metric, `"marquardt"`
            for the same with adaptive damping, to the last digits; `"spsa"`, `"qnspsa"` and
            `"coordinate"` for noisy values, two or six circuits a step; `"cans"` for a number of
            shots that follows the noise. For settings other than the learning rate: one made by
            `qce.training.optimizers`, or any transformation of optax, such as `optax.adamw(1e-2)`.
        learning_rate: of the first step, above 0; the optimiser's own unless given.
        steps: the most updates to make; `None` for 1000, or those of `epochs`.
        batch: entries of the data in a step, each once an epoch, for a simulated likelihood of bit
            strings; `None` for all. With it `"adam"` starts with a rate of 0.005 and `"soap"` with
            0.01; the rate falls to 0 as a cosine, and gradients are shortened to a norm of 4.
        epochs: how often to go through the data, in place of `steps`; 30 with `batch`.
        average: number of epochs over which parameters are averaged, with `batch`: an exponential
            moving average, in which the weight of a step falls to 1/e in this time. Steps are the
            same. The result has the average, or, with `validation`, the average or the parameters
            of a step, whichever has the lower loss there; callbacks get the parameters of steps.
            `None` for no average; about 3 is good where a model overfits.
        validation: held-out data, of the kind of the objective's. Their loss is evaluated after
            each epoch (every ten steps without `batch`), and the parameters of the result are those
            at which it was least.
        patience: how many such evaluations without a lower loss end the training; `None` for none.
        tolerance: converged where the Euclidean norm of the gradient (nats) is at most this. With
            shots or mini-batches, where a gradient may be small by chance, this does not apply:
            `budget`, `validation` or a callback may end the training before its last step.
        seed: of the starting point, of random directions, and, with the objective's, of outcomes.
        budget: circuits, jobs and shots that may be sent, on devices.
        checkpoint: file to write after each step (a few times a second on a simulator), from which
            the training can be resumed; `None` for none.
        resume: continue from that file if it exists, bit for bit as without interruption; with more
            steps or a larger budget, also if it had ended for lack of them.
        progress: show a bar with the loss and the remaining time.
        callback: called with step, loss and parameters of the last finite point: after each step
            with shots or on a device, a few times a second on a simulator; a resumed training first
            calls it with the point in the file. To end the training it raises `StopIteration`. An
            object with a method `follow`, such as those of `qce.callbacks`, gets a
            `qce.training.Progress` instead.
        callback_every: number of steps from one call to the next; it is also called at the end.
            A run that the callback ends can then be repeated bit for bit.

    Returns:
        Result with the last parameters at which loss and gradient were finite, or, with
        `validation`, the best ones, and how it ended; its estimate is of all data. A keyboard
        interrupt, a callback that raises `StopIteration` and a device that fails after the first
        step end the training early; the result has what was reached, and its status says why.

    Warns:
        RuntimeWarning: the loss is infinite where the training ends, so that its gradient is of no
            use.

    Raises:
        ValueError: an argument is out of range, L-BFGS is chosen with shots, the budget does not
            cover a step, or the checkpoint is of another training.
        FileExistsError: the checkpoint exists already, and `resume` is False.
        Exception: what the device raises at the first step, when there is no result to keep.

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
        >>> line = {"slope": 0.0, "offset": np.zeros(1)}
        >>> x, y = np.arange(3.0), np.array([1.0, 3.0, 5.0])
        >>> def loss(line):
        ...     return ((line["slope"] * x + line["offset"] - y) ** 2).mean()
        >>> result = fit(loss, line, optimizer="lbfgs", progress=False)
        >>> {name: float(found.sum().round(6)) for name, found in result.params.items()}
        {'offset': 1.0, 'slope': 2.0}
    """
    computes()
    jax.config.update("jax_enable_x64", True)
    objective = as_objective(objective, params)
    seed = check_seed(seed)
    plan = scheduled(objective, optimizer, learning_rate, batch, epochs, steps, average)
    method, steps = plan.method, plan.steps
    tolerance = check(objective, method, tolerance)
    check_budget(budget, objective, method)
    if callback is not None:
        check_callback(callback)
    if callback_every is not None:
        callback_every = integer("callback_every", callback_every, "for example 10", least=1)
    fresh = start(starting_point(objective, params, seed), method, seed)
    chosen = selection(objective, validation, plan.looks, patience)
    about = partial(identity, objective, method, seed, batch, validation)
    file = None if checkpoint is None else Checkpoint(checkpoint, about(), chosen, objective.rounds)
    if not truth("resume", resume) and file is not None:
        file.refuse_existing()
    training = _Training(objective, plan, file, budget, fresh, chosen)
    if objective.machine is not None:
        objective.machine.begin(about, compare)
    by_outcomes = callback is not None and objective.by_circuits
    training.every = 1 if callback_every is None and by_outcomes else callback_every
    with _bar(steps, truth("progress", progress), int(training.state.step)) as bar:

        def tell() -> None:
            _show(bar, training.state, objective.floor, chosen, training.stretches == 1)
            if callback is not None and training.is_due:
                try:
                    inform(callback, training.progress(steps))
                except StopIteration:
                    training.stopped = True

        if training.goes_on:
            tell()  # a process may have been killed after saving this point, before the callback
        status = training.run(Limits(steps, tolerance), tell)
    warn_infinite(training.history)
    return training.result(status)


class _Training:
    """One training in progress, from its first step or resumed from a file."""

    def __init__(
        self,
        objective: Objective,
        plan: Schedule,
        file: Checkpoint | None,
        budget: Budget | None,
        fresh: State,
        chosen: Selection | None,
    ):
        method, steps = plan.method, plan.steps
        self.objective, self.method, self.file, self.chosen = objective, method, file, chosen
        self.batches = plan.batches
        if objective.rounds is not None:
            objective.rounds.forget()
        left = None if file is None else file.load(fresh)
        self.goes_on = left is not None
        nothing = (fresh, History(), Cost(), objective.bias)
        self.state, self.history, earlier, self.bias = left or nothing
        if ending(self.state) is Status.STEP_LIMIT and steps > self.state.step:
            # The last point has not been updated yet; evaluating it again gives the same.
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
        """Whether the callback is called at this step."""
        if self.every is None or ending(self.state) is not None:
            return True
        return int(self.state.step) % self.every == 0

    @property
    def _to_go(self) -> int:
        """Steps to the next callback, or to the next evaluation of the validation rows."""
        stops = [self.every, None if self.chosen is None else self.chosen.every]
        step = int(self.state.step)
        until = [every - step % every for every in stops if every is not None]
        return min([self.purse.steps(self.state), *until])

    def progress(self, steps: int) -> Progress:
        """The progress of the training, which takes at most `steps`."""
        kept, last = self.state.kept, self.history.last
        return Progress(
            step=int(self.state.step),
            steps=steps,
            loss=float(kept.value),
            stderr=float(kept.stderr),
            grad_norm=last["grad_norm"],
            params=unflattened(self.objective, np.asarray(kept.params)),
            seconds=last["seconds"],
            floor=self.objective.floor,
            validation=self.history.last_validation,
            spent=self.purse.spent,
            budget=self.purse.budget,
        )

    def run(self, limits: Limits, tell: Callable[[], None]) -> Status:
        """Train until there is a reason to end, and return it."""
        advance, pace = stepper(self.objective, self.method, self.batches), Pace()
        if self.chosen is not None and self.chosen.is_due(0) and int(self.state.step) == 0:
            self.chosen.judge(0, np.asarray(self.state.params))
        try:
            while (status := self._ending()) is None:
                before = self.purse.spent.shots
                try:
                    self.state, trace, bias, times = pace.run(
                        advance, self.state, limits, self._to_go
                    )
                except Exception as problem:
                    if self.objective.evaluate is not None or len(self.history) == 0:
                        raise  # not a failure of a device, or no result to keep
                    self._problem = problem
                    continue
                self.stretches += 1
                if ending(self.state) is not Status.NON_FINITE:
                    self.bias = bias  # of the point that is kept
                spent = self.purse.spent.shots
                # A round is measured before the steps that follow, and all of these use it.
                first = before if self.objective.rounds is None else spent
                shots = np.linspace(first, spent, len(times) + 1)[1:]
                self.history.add(trace, times - self._begun, shots)
                self._judge()
                if self.file is not None:
                    self.file.save(self.state, self.history, self.purse.spent, self.bias)
                tell()
        except KeyboardInterrupt:
            return Status.INTERRUPTED
        return status

    def _judge(self) -> None:
        """Evaluate the validation rows, where they are due."""
        step = int(self.state.step)
        if self.chosen is not None and self.chosen.is_due(step):
            params, mean = np.asarray(self.state.params), mean_of(self.state)
            self.history.judged(self.chosen.judge(step, params, mean))

    def _ending(self) -> Status | None:
        if self._problem is not None:
            return Status.FAILED
        if (status := ending(self.state)) is not None:
            return status
        if self.stopped:
            return Status.STOPPED
        if self.chosen is not None and self.chosen.exhausted:
            return Status.EARLY
        return None if self.purse.covers(self.state) else Status.OUT_OF_BUDGET

    def result(self, status: Status) -> FitResult:
        """Return what was reached."""
        state, problem = self.state, self._problem
        # What is drawn next does not depend on whether the training was resumed.
        self.objective.reseed(int(state.seed), int(state.step), 1)
        because = "" if problem is None else f": {_said(problem)}"
        chosen = None if self.chosen is None or np.isinf(self.chosen.value) else self.chosen
        params = self._last() if chosen is None else chosen.params
        whole = self.batches is None and chosen is None
        return FitResult(
            params=unflattened(self.objective, params),
            estimate=estimate(self.objective, state.kept, self.bias)
            if whole
            else self.objective(params),
            validation=None if chosen is None else chosen.estimate,
            history=self.history.arrays(),
            status=status,
            message=f"{self._ended(status)}, at step {int(state.step)}{because}",
            steps=int(state.step),
            seconds=time.perf_counter() - self._begun,
            seed=int(state.seed),
            optimizer=self.method.settings,
            floor=self.objective.floor,
            spent=self.purse.spent,
            problem=problem,
        )

    def _last(self) -> np.ndarray:
        """The average of the parameters, if wanted, or the last finite ones."""
        mean = mean_of(self.state)
        return np.asarray(self.state.kept.params) if mean is None else mean

    def _ended(self, status: Status) -> str:
        """How it ended, in words."""
        words, step = status.value, int(self.state.step)
        limited = status is Status.STEP_LIMIT
        if limited and self.batches is not None and step % self.batches.steps == 0:
            words = Status.EPOCHS.value
        if self.chosen is None or np.isinf(self.chosen.value):
            return words
        words = words.partition(": kept ")[0]  # however it ended, that is what is returned
        what = "the average up to" if self.chosen.averaged else "of"
        return f"{words}; kept the best for the validation rows, {what} step {self.chosen.step}"


def _said(problem: Exception) -> str:
    """An error with its notes, such as where the results of a paid job can be fetched."""
    return "; ".join([f"{type(problem).__name__}: {problem}", *getattr(problem, "__notes__", [])])


def warn_infinite(history: History) -> None:
    """Warn that a training ends at a loss of +inf, where its gradient is of no use."""
    seen = history.arrays()
    if len(history) and seen["loss"][-1] == np.inf:
        warn(
            f"The loss is infinite at step {len(history) - 1}, and its gradient there (norm "
            f"{seen['grad_norm'][-1]:.2g}) leads nowhere: the model excludes what the data hold. "
            "Start elsewhere, or give the model full rank with qce.regularise.depolarise.",
            RuntimeWarning,
        )


def estimate(objective: Objective, point: Point, bias: str | None = None) -> Estimate:
    """Return the estimate at a point, with the shots of all its evaluations together."""
    single = objective.estimate(point.value, point.stderr, bias)
    if single.shots is None:
        return single
    return replace(single, shots=single.shots * int(point.evaluations))


def _bar(steps: int, progress: bool, done: int) -> Any:
    from tqdm import tqdm

    bar = tqdm(total=steps, initial=done, disable=not progress, unit="step", dynamic_ncols=True)
    bar.set_postfix_str("starting")
    return bar


def _show(
    bar: Any, state: State, floor: float | None, chosen: Selection | None, first: bool
) -> None:
    if first:
        bar.unpause()  # leave compilation out of the predicted time
    value = float(state.kept.value)
    gap = "" if floor is None else f", gap {value - floor:.1e}"
    best = "" if chosen is None or np.isinf(chosen.value) else f", validation {chosen.value:.6f}"
    bar.set_postfix_str(f"loss {value:.6f}{gap}{best}", refresh=False)
    bar.update(int(state.step) - bar.n)
