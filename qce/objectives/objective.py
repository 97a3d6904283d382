"""Objectives: functions of the parameters with value, error bar and gradient."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np

from qce import _checks
from qce._checks import error
from qce._forks import computes
from qce._showing import Shown
from qce.results import Cost, Estimate, Sample
from qce.typing import Array, Scalar

if TYPE_CHECKING:
    from qce.circuits import Circuit
    from qce.objectives.rounds import Rounds

Evaluate = Callable[[Array], tuple[Array, Array]]


class Remark(Protocol):
    """A remark on the bias of an evaluation: a text, or numbers that make one."""

    def __str__(self) -> str: ...


def own_generator(seed: int | None, *key: int) -> np.random.Generator:
    """A generator for what an objective draws itself, independent of the device's.

    A device of the same seed draws its outcomes from `default_rng(seed)`. If both used one stream,
    the choice of circuits would be correlated with their outcomes, and estimates biased.
    """
    whole = None if seed is None else (seed, *key)
    return np.random.default_rng(np.random.SeedSequence(whole, spawn_key=(1,)))


@jax.tree_util.register_dataclass
@dataclass(frozen=True, eq=False)
class Measurement:
    """The result of one evaluation from outcomes; traced by JAX where these are simulated.

    Args:
        value: of the loss.
        stderr: its standard error.
        gradient: shape `(size,)`; `None` where it was not wanted.
        bias: a remark on the bias of this evaluation; `None` for that of the objective.
        sample: the outcomes, where they give a better interval than value and error do.
    """

    value: Scalar
    stderr: Scalar
    gradient: Array | None = None
    bias: Remark | None = None
    sample: Sample | None = None

    def settled(self) -> Measurement:
        """Return the same in plain numbers."""
        gradient = None if self.gradient is None else np.asarray(self.gradient, dtype=float)
        bias, sample = jax.tree.map(_plain, (self.bias, self.sample))
        return Measurement(float(self.value), float(self.stderr), gradient, bias, sample)

    def where(self, finite: Array) -> Measurement:
        """Return the same with NaN for value, error and gradient unless a condition holds."""
        gradient = None if self.gradient is None else jnp.where(finite, self.gradient, jnp.nan)
        value, stderr = (jnp.where(finite, x, jnp.nan) for x in (self.value, self.stderr))
        return replace(self, value=value, stderr=stderr, gradient=gradient)


def _plain(x: Any) -> Any:
    return np.asarray(x) if isinstance(x, jax.Array) else x


class Measure(Protocol):
    """An evaluation on a device, at one or several points."""

    def __call__(self, points: Sequence[np.ndarray], with_gradient: bool, /) -> list[Measurement]:
        """Return the measurement at each point; all circuits are sent together."""


class Overlaps(NamedTuple):
    """Overlaps |⟨x|U(φ)†U(φ')|x⟩|², estimated as the share of outcomes x.

    Args:
        circuit: U.
        x: the state of the computational basis.
        params: φ.
        others: the φ', shape `(k, size)`.
        shots: outcomes of each; `None` for exact values.
    """

    circuit: Circuit
    x: int
    params: Array
    others: Array
    shots: int | None


@runtime_checkable
class OverlapMeasure(Measure, Protocol):
    """An evaluation on a machine that also measures overlaps of the model's states."""

    def with_overlaps(
        self, points: Sequence[np.ndarray], asked: Overlaps, /
    ) -> tuple[list[Measurement], np.ndarray]:
        """Return the measurement at each point, without gradients, and the overlaps `(k,)`.

        All circuits are sent together.
        """


@runtime_checkable
class TracedMeasure(Measure, Protocol):
    """An evaluation whose outcomes are simulated, so that JAX can compile it."""

    @property
    def simulator(self) -> Drawing:
        """The simulation, which counts outcomes and holds their key."""

    def traced(self, params: Array, key: Array, with_gradient: bool) -> tuple[Measurement, Array]:
        """Return the measurement at a point, and circuits, jobs and shots that it takes."""


class Drawing(Protocol):
    """The random key and the counts of a simulation."""

    @property
    def base(self) -> Array:
        """The key of its seed."""

    def next_key(self) -> Array:
        """Return a key for what is drawn next."""

    def spend(self, cost: Cost) -> None:
        """Count what was drawn."""


class Sender(Protocol):
    """The interface of the machine through which an objective sends circuits."""

    @property
    def spent(self) -> Cost:
        """What was sent so far; inside a rehearsal, what would have been."""

    def reseed(self, *key: int) -> None:
        """Let the outcomes that are drawn next depend on the key alone, where they can."""

    def rehearsal(self) -> AbstractContextManager[None]:
        """Count circuits from 0 inside the block, and send none."""

    def trial(self) -> AbstractContextManager[None]:
        """Run circuits inside the block without counting them or changing any state."""

    def begin(
        self,
        identity: Callable[[], Mapping[str, Any]],
        compare: Callable[[str, Mapping[str, Any], Mapping[str, Any], str], None],
    ) -> None:
        """Assign the jobs that follow to a training, where they are recorded."""


class RowLoss(Protocol):
    """A loss that is a mean over entries of the data."""

    @property
    def entries(self) -> int:
        """How many there are."""

    def batch(self, params: Array, entries: Array) -> tuple[Array, Array]:
        """Return the mean over some of them, −1 for none, and its standard error; traceable."""


class Remake(Protocol):
    """How an objective was made."""

    @property
    def build(self) -> Callable[..., Objective]:
        """The builder."""

    @property
    def arguments(self) -> dict[str, Any]:
        """Its arguments, by name."""

    def __call__(self) -> Objective:
        """Make it anew."""


@dataclass(frozen=True, eq=False, repr=False)
class Objective(Shown):
    """A loss of the parameters of a model, in nats.

    Called with parameters it returns an `Estimate`, in double precision in both modes of JAX. It
    has either `evaluate`, on simulators, where whole training steps are compiled, or `measure`,
    where outcomes come from a device.

    Args:
        name: of the loss.
        model: whose parameters it takes.
        floor: the least value it can take (entropy of the data), `None` where unknown.
        shots: outcomes behind each estimate; `None` for an exact one.
        bias: why an estimate is biased; empty where it is not.
        evaluate: JAX-traceable, `params → (value, stderr)`.
        measure: `points, gradient wanted →` a `Measurement` of each.
        machine: sends the circuits of `measure`, and counts them.
        seed: of what is drawn; `None` where nothing is drawn, or draws cannot be repeated.
        rng: generator of what `measure` draws itself.
        unit: of the loss.
        recipe: makes the objective anew, so that it can be pickled; `None` for one made by hand.
        rows: the same loss for some rows of the data, for mini-batches; `None` where it is no mean
            over rows.
        rounds: copies that are measured during a training; `None` where data are given, or measured
            anew at each point.
    """

    name: str
    model: Any
    floor: float | None = None
    shots: int | None = None
    bias: str = ""
    evaluate: Evaluate | None = field(default=None, repr=False)
    measure: Measure | None = field(default=None, repr=False)
    machine: Sender | None = field(default=None, repr=False)
    seed: int | None = None
    rng: np.random.Generator | None = field(default=None, repr=False)
    unit: str = "nats"
    recipe: Remake | None = field(default=None, repr=False)
    rows: RowLoss | None = field(default=None, repr=False)
    rounds: Rounds | None = field(default=None, repr=False)

    @property
    def size(self) -> int:
        """Number of parameters."""
        return self.model.size

    def initial(self, seed: int) -> np.ndarray:
        """Return a random start, shape `(size,)`."""
        return self.model.initial(seed)

    def __call__(self, params: Array) -> Estimate:
        """Return the loss at `params`, shape `(size,)`, with its standard error."""
        computes()
        with jax.enable_x64(True):
            params = self._parameters(params)
            if self.measure is None:
                return self.estimate(*self._value(params))
            (found,) = self.measure([params], False)
            return self.measured(found)

    def loss(self, params: Array) -> Array:
        """Return the loss as a scalar that JAX can differentiate and compile; simulators only."""
        if self.evaluate is None:
            remedy = "`objective.value_and_gradient`, or leave out `device` and `shots`"
            but = self.apart
            raise error("objective", "be simulated to be traced by JAX", but, remedy)
        computes()
        return self.evaluate(_checks.vector("params", params, self.size))[0]

    def value_and_gradient(self, params: Array) -> tuple[Estimate, np.ndarray]:
        """Return the loss and its gradient, shape `(size,)`, at `params`."""
        computes()
        with jax.enable_x64(True):
            params = self._parameters(params)
            if self.measure is None:
                (value, stderr), gradient = self._value_and_gradient(params)
                return self.estimate(value, stderr), np.asarray(gradient)
            (found,) = self.measure([params], True)
            return self.measured(found), np.asarray(found.gradient)

    def _parameters(self, params: Array) -> np.ndarray:
        """Parameters as floats in double precision; NaN is allowed, and gives NaN."""
        found = _checks.concrete("params", _checks.vector("params", params, self.size))
        if isinstance(found, _checks.Abstract):
            but = "they are traced by JAX"
            raise error("params", "be numbers", but, "`objective.loss` to be transformed")
        return np.asarray(found, dtype=float)

    @property
    def by_circuits(self) -> bool:
        """Whether each evaluation runs circuits."""
        return self.evaluate is None and self.rounds is None

    @property
    def apart(self) -> str:
        """Why it is no function of its parameters alone, in words."""
        grows = "its outcomes are measured as a training goes on"
        return "it is measured on a device" if self.rounds is None else grows

    @property
    def spent(self) -> Cost:
        """What was sent to the device so far."""
        return Cost() if self.machine is None else self.machine.spent

    def cost(self, with_gradient: bool = False) -> Cost:
        """Return what one evaluation would send, without sending anything.

        Raises:
            ValueError: the machine of the objective does not count circuits.
        """
        with_gradient = _checks.truth("with_gradient", with_gradient)
        if self.measure is None:
            return Cost()
        measure, params = self.measure, np.zeros(self.size)
        return self.rehearse(lambda: measure([params], with_gradient))

    def rehearse(self, action: Callable[[], Any]) -> Cost:
        """Return what an action would send through the machine, without sending anything.

        Raises:
            ValueError: the machine of the objective does not count circuits.
        """
        if self.machine is None:
            but = "it is measured by something that does not count"
            raise error("objective", "count its circuits", but, "one made by qce.objectives")
        computes()
        with jax.enable_x64(True), self._undrawn(), self.machine.rehearsal():
            action()
            return self.machine.spent

    @contextmanager
    def trial(self) -> Iterator[None]:
        """Measure inside the block without counting it as spent or recording it in a journal."""
        with self._undrawn():
            if self.machine is None:
                yield
            else:
                with self.machine.trial():
                    yield

    @contextmanager
    def _undrawn(self) -> Iterator[None]:
        """Restore the generator, and the outcomes measured, to their state before the block."""
        drawn = None if self.rng is None else self.rng.bit_generator.state
        measured = () if self.rounds is None else self.rounds.measured
        try:
            yield
        finally:
            if self.rounds is not None:
                self.rounds.back_to(measured)
            if self.rng is not None and drawn is not None:
                self.rng.bit_generator.state = drawn

    def reseed(self, *key: int) -> None:
        """Let what is drawn next depend only on the seed and the key, not on earlier draws.

        So a step of a training draws the same outcomes whatever was drawn before it: a run resumed
        at its k-th step repeats one without interruption. Without a seed nothing happens.
        """
        if self.seed is None:
            return
        if self.rng is not None:
            fresh = own_generator(self.seed, *key)
            self.rng.bit_generator.state = fresh.bit_generator.state
        if self.machine is not None:
            self.machine.reseed(self.seed, *key)

    def estimate(self, value: Scalar, stderr: Scalar, bias: str | None = None) -> Estimate:
        """Return a value and its error as the record of this objective."""
        return self.measured(Measurement(float(value), float(stderr), bias=bias))

    def measured(self, found: Measurement) -> Estimate:
        """Return a measurement as the record of this objective."""
        bias = self.bias if found.bias is None else str(found.bias)
        value, stderr = float(found.value), float(found.stderr)
        shots = self.shots if self.rounds is None else self.rounds.outcomes
        return Estimate(value, stderr, shots, bias, self.unit, found.sample)

    def __reduce__(self) -> tuple[Any, ...]:
        if self.recipe is None:
            values = tuple(getattr(self, one.name) for one in fields(self))
            return type(self), values  # works if `measure` and `machine` can be pickled
        return self.recipe, ()

    @cached_property
    def _value(self) -> Evaluate:
        return jax.jit(self.evaluate)

    @cached_property
    def _value_and_gradient(self) -> Callable[[Array], tuple[tuple[Array, Array], Array]]:
        return jax.jit(jax.value_and_grad(self.evaluate, has_aux=True))
