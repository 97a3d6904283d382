"""Learning of Boltzmann machines: checks, steps and records."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from qce import _checks
from qce._checks import error
from qce._renamed import renamed
from qce.boltzmann import _memory, fermions
from qce.boltzmann._fermion_point import FermionMachine
from qce.boltzmann.descent import Descent, Place
from qce.boltzmann.moments import Moments, target
from qce.data import Counts, PauliOutcomes
from qce.data.states import StateData
from qce.models import BoltzmannMachine
from qce.results import Estimate, FitResult, Status
from qce.typing import Array

Callback = Callable[[int, float, np.ndarray], None]

METHODS = ("newton", "natural", "gradient", "em")


@renamed(method="optimizer")
def learn(
    model: BoltzmannMachine | FermionMachine,
    data: StateData | Moments | Counts | PauliOutcomes,
    params: Array | None = None,
    *,
    hidden: int | None = None,
    optimizer: str | None = None,
    learning_rate: float | None = None,
    steps: int = 1000,
    tolerance: float = 1e-9,
    seed: int = 0,
    memory: float = 4.0,
    callback: Callback | None = None,
) -> FitResult:
    r"""Minimise the quantum cross entropy of data and a Boltzmann machine.

    - "gradient": $-\eta g$.
    - "natural": $-\eta M^{-1} g$ with the Bogoliubov-Kubo-Mori metric M of the visible state.
    - "newton": the same with $\eta = 1$, which converges from any start, for visible machines:
      their loss is convex, and M, the Kubo-Mori covariance, its Hessian.
    - "em": expectation maximisation for hidden wires: the Petz map of the data to all wires, then
      the Gibbs state with its moments. Where machine and data are diagonal on the visible wires, or
      visible and hidden wires do not interact, its gradient is that of the loss; elsewhere it
      differs: the loss may rise, and the result misses the optimum.

    Gradients g of "natural" and "gradient" are exact with hidden wires too, by the Fréchet
    derivatives of ln and exp. Newton steps, and natural ones where wires are hidden, are damped
    where they would not lower the loss: a multiple of 1 is added to M, increased tenfold until they
    do (Levenberg-Marquardt). Steps have no part along directions in which M and g vanish, as for
    terms that depend on each other.

    A `FermionMachine` takes "newton", with the full metric up to 512 couplings and L-BFGS beyond,
    or "lbfgs"; its data may be any state, or `Moments`, and a rate, seed and memory are not used.

    Args:
        model: `BoltzmannMachine` or `FermionMachine`.
        data: density matrix `(d, d)`, a state of `qce.states`, or, without hidden
            wires, `Moments`, or `Counts` and `PauliOutcomes` of `qce.data`, which are averaged.
        params: starting point, shape `(size,)`; `None` for zeros, the maximally mixed state, or
            with hidden wires, where that is a saddle, for `model.initial(seed)`.
        hidden: number of hidden wires, the machine's last ones; `None` for the machine's own.
        optimizer: method; `None` for "newton", or "natural" where wires are hidden.
        learning_rate: η; `None` for 1/2 with "natural" (1 where wires are hidden) and 1/J with
            "gradient" and J terms: no curvature of a visible machine is above J, so that the loss
            always decreases. Newton's method and "em" have none.
        steps: the most updates to make.
        tolerance: converged where the Euclidean norm of the gradient (nats) is at most this; of
            "em" that of its bound.
        seed: of the starting point.
        memory: GiB that may be used; it bounds the blocks in which the metric is summed.
        callback: called with step, loss and parameters of each point.

    Returns:
        Result as of `qce.fit`, with history. Its gap is the relative entropy that remains.

    Raises:
        ValueError: The data do not fit the machine, an argument is out of range, or the memory
            does not suffice; raised before anything is computed.

    Example:
        >>> from qce import data, models
        >>> eta = data.gibbs_state(data.transverse_field_ising(3, J=1.0, h=0.5))
        >>> machine = models.BoltzmannMachine(models.PauliTerms.chain(3, "X", ["ZZ"]))
        >>> learn(machine, eta).params.round(6).tolist()
        [-0.5, -0.5, -0.5, -1.0, -1.0]
        >>> two = data.gibbs_state(data.transverse_field_ising(2, J=1.0, h=0.5))
        >>> abs(learn(machine, two, hidden=1).gap) < 1e-9  # with a third wire, hidden
        True
    """
    if isinstance(model, FermionMachine):
        _none_hidden(hidden)
        _check_settings(steps, tolerance, callback)
        return fermions.learn(
            model,
            data,
            params,
            optimizer="newton" if optimizer is None else optimizer,
            steps=steps,
            tolerance=tolerance,
            callback=callback,
        )
    model = _with_hidden(model, hidden)
    optimizer = _check(model, optimizer, learning_rate)
    _check_settings(steps, tolerance, callback)
    seed = _checks.seed("seed", seed)
    numbers = _memory.check(model, memory)
    descent = Descent(model, target(model, data), optimizer, numbers)
    start = _start(model, params, seed)
    rate = _rate(model, optimizer, learning_rate)
    history = _History(callback)
    here = descent.at(start)
    history.add(here)
    try:
        while (status := _ending(here, history.steps, steps, tolerance)) is None:
            there = descent.step(here, rate)
            if there is None or not there.finite:
                status = Status.STALLED if there is None else Status.NON_FINITE
                break
            here = there
            history.add(here)
    except KeyboardInterrupt:
        status = Status.INTERRUPTED
    return FitResult(
        params=here.params,
        estimate=Estimate(here.value),
        history=history.arrays(),
        status=status,
        message=f"{status.value}, at step {history.steps}",
        steps=history.steps,
        seconds=history.elapsed(),
        seed=seed,
        optimizer={"name": optimizer, "learning_rate": rate},
        floor=descent.target.floor,
    )


class _History:
    """The record of each point."""

    def __init__(self, callback: Callback | None):
        self._begun = time.perf_counter()
        self._callback = callback
        self._rows: list[tuple[float, float, float]] = []

    def add(self, place: Place) -> None:
        norm = float(np.linalg.norm(place.gradient))
        self._rows.append((place.value, norm, self.elapsed()))
        if self._callback is not None:
            self._callback(self.steps, place.value, place.params)

    @property
    def steps(self) -> int:
        return len(self._rows) - 1

    def elapsed(self) -> float:
        return time.perf_counter() - self._begun

    def arrays(self) -> dict[str, np.ndarray]:
        loss, norms, seconds = np.array(self._rows).T
        step = np.arange(len(loss))
        return {"step": step, "loss": loss, "grad_norm": norms, "seconds": seconds}


def _ending(here: Place, step: int, steps: int, tolerance: float) -> Status | None:
    if not here.finite:
        return Status.NON_FINITE
    if np.linalg.norm(here.gradient) <= tolerance:
        return Status.CONVERGED
    return Status.STEP_LIMIT if step >= steps else None


def _start(model: BoltzmannMachine, params: Array | None, seed: int) -> np.ndarray:
    if params is None:
        return model.initial(seed) if model.hidden else np.zeros(model.size)
    start = _checks.reals("params", params, "one number a term, or None")
    if start.shape != (model.size,):
        must, but = f"have shape ({model.size},)", f"its shape is {start.shape}"
        raise error("params", must, but, "one number a term, or None")
    return start


def _rate(model: BoltzmannMachine, optimizer: str, learning_rate: float | None) -> float:
    natural = 1.0 if model.hidden else 0.5
    defaults = {"newton": 1.0, "em": 1.0, "natural": natural, "gradient": 1 / model.size}
    return defaults[optimizer] if learning_rate is None else float(learning_rate)


def _check_settings(steps: int, tolerance: float, callback: Callback | None) -> None:
    _checks.integer("steps", steps, "for example steps=1000", least=0)
    _checks.number("tolerance", tolerance, "0 to use up all steps", least=0)
    if callback is not None:
        remedy = "a function of step, loss and parameters, or None"
        _checks.function("callback", callback, remedy, ("step", "loss", "parameters"))


def _none_hidden(hidden: int | None) -> None:
    if hidden is not None:
        but = "no wire of a FermionMachine is hidden"
        raise error("hidden", "be None here", but, "a BoltzmannMachine, or leave it out")


def _with_hidden(model: Any, hidden: int | None) -> BoltzmannMachine:
    if not isinstance(model, BoltzmannMachine):
        but = f"it is {type(model).__name__}"
        raise error("model", "be a BoltzmannMachine", but, "terms to learn", TypeError)
    return model if hidden is None else replace(model, hidden=hidden)


def _check(model: BoltzmannMachine, optimizer: str | None, learning_rate: float | None) -> str:
    if optimizer is None:
        optimizer = "natural" if model.hidden else "newton"
    _checks.one_of("optimizer", optimizer, METHODS)
    if optimizer == "newton" and model.hidden:
        but = "with hidden wires the loss is not convex"
        raise error("optimizer", 'be "natural", "gradient" or "em"', but, 'optimizer="natural"')
    if optimizer == "em" and not model.hidden:
        but = "no wire is hidden"
        raise error("optimizer", 'be "newton", "natural" or "gradient"', but, "hidden=1, or None")
    if optimizer in ("newton", "em") and learning_rate is not None:
        but = "each step is that of a convex problem, solved by a search"
        must = f"be left out for optimizer={optimizer!r}"
        raise error("learning_rate", must, but, "learning_rate=None")
    if learning_rate is not None:
        _checks.number("learning_rate", learning_rate, "for example learning_rate=0.25", above=0)
    return optimizer
