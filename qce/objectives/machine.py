"""Outcome frequencies of circuits on a device, and their pull-back to parameters.

Circuits that are requested together are sent together: in one job where the device can.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
import pennylane as qml

from qce import _checks, devices
from qce._checks import error, one_of
from qce._concrete import called
from qce.devices import kinds
from qce.objectives.adjoint import slope, traced
from qce.results import Cost
from qce.typing import Array

Queue = Callable[[Any], None]
Pullback = Callable[[np.ndarray], np.ndarray]
About = Mapping[str, Any]
Compare = Callable[[str, About, About, str], None]  # argument, mine, stored, file


class Call(NamedTuple):
    """A circuit to run.

    Args:
        queue: `queue(params)` queues its gates.
        params: what it takes.
        shots: outcomes to draw; `None` for exact probabilities.
    """

    queue: Queue
    params: Array
    shots: int | None = None


@dataclass(frozen=True, eq=False)
class Machine:
    """A device that runs `params → outcome frequencies` for circuits on all its wires.

    Args:
        device: PennyLane device.
        wires: number of wires measured.
        retry: what is done about transient errors.
        remedies: error mitigation. It corrects frequencies, which may then be negative; counts are
            as they were drawn.
        gradient: `"shifts"`, two circuits an angle; or, for exact values on simulators that have
            it, `"adjoint"` or `"backprop"`; `None` for the last where possible, else the first.
    """

    device: Any
    wires: int
    retry: devices.Retry = field(default_factory=devices.Retry)
    remedies: devices.Remedies = field(default_factory=devices.Remedies)
    gradient: str | None = None
    _calibrations: dict[tuple[int, ...], devices.Confusion] = field(
        default_factory=dict, repr=False
    )
    _counts: list[Cost] = field(default_factory=lambda: [Cost()], repr=False)

    @property
    def spent(self) -> Cost:
        """What was sent so far; inside a rehearsal, what would have been."""
        return self._counts[-1]

    def spend(self, cost: Cost) -> None:
        """Count what was sent, or drawn in its place."""
        self._counts[-1] += cost

    @contextmanager
    def rehearsal(self) -> Iterator[None]:
        """Count circuits from 0 in the block and send none; all outcomes are equally frequent."""
        self._counts.append(Cost())
        try:
            yield
        finally:
            self._counts.pop()

    @contextmanager
    def trial(self) -> Iterator[None]:
        """Run circuits in the block without counting or recording them, or changing any state."""
        calibrations, spent = dict(self._calibrations), self.spent
        try:
            with kinds.untouched(self.device):
                yield
        finally:
            self._counts[-1] = spent
            self._calibrations.clear()
            self._calibrations.update(calibrations)

    def begin(self, identity: Callable[[], About], compare: Compare) -> None:
        """Assign the jobs that follow to a training, where the device keeps a journal of them."""
        if (journal := kinds.journal_of(self.device)) is not None:
            journal.begin(identity(), partial(compare, "journal"))

    def reseed(self, *key: int) -> None:
        """Let the outcomes drawn next depend on the key alone, where the device has a seed."""
        kinds.reseed(self.device, *key)

    def frequencies(self, queue: Queue, params: Array, shots: int | None) -> np.ndarray:
        """Return the relative frequencies of all outcomes; exact without shots.

        Args:
            queue: queues the circuit.
            params: shape `(size,)`, or `(k, size)` for k circuits sent together.
            shots: outcomes a circuit.

        Returns:
            Shape `(2^n,)` or `(k, 2^n)`.
        """
        if np.ndim(params) < 2:
            return self.all_frequencies([Call(queue, params, shots)])[0]
        return np.stack(self.all_frequencies([Call(queue, row, shots) for row in params]))

    def counts(self, queue: Queue, params: Array, shots: int) -> np.ndarray:
        """Return how often each outcome was drawn, integers of the shape of `frequencies`."""
        rows = np.atleast_2d(params)
        distributions = self._send([self._tape(queue, row, shots) for row in rows], self.device)
        counts = np.rint(np.stack(distributions) * shots).astype(int)
        return counts if np.ndim(params) == 2 else counts[0]

    def all_frequencies(self, calls: Sequence[Call]) -> list[np.ndarray]:
        """Return the frequencies `(2^n,)` of each of many circuits, sent together."""
        return [reading.distribution for reading, _ in self.readings(calls)]

    def vjp(self, queue: Queue, params: Array, shots: int | None) -> tuple[np.ndarray, Pullback]:
        """Return the frequencies and the map `c ↦ Σ_x c_x ∂p(x)/∂params`.

        By parameter shifts every shifted circuit takes `shots` outcomes of its own, so the gradient
        is unbiased and independent of the value. By the adjoint method the map runs a circuit.
        """
        return self.all_vjps([Call(queue, params, shots)])[0]

    def all_vjps(self, calls: Sequence[Call]) -> list[tuple[np.ndarray, Pullback]]:
        """Return what `vjp` does for each of many circuits, all shifts of all sent together."""
        return [
            (reading.distribution, pullback) for reading, pullback in self.readings(calls, True)
        ]

    def readings(
        self, calls: Sequence[Call], with_gradient: bool = False
    ) -> list[tuple[devices.Reading, Pullback]]:
        """Return the results of each circuit, before error mitigation, and its pull-back.

        Without `with_gradient` the pull-backs have no parameters.
        """
        if with_gradient and self.gradient == "adjoint":
            return self._adjoint(calls)
        if with_gradient and self._goes_back(calls):
            return [self._traced(call) for call in calls]
        plans = [self._shifts(c) if with_gradient else _Shifts([self._tape(*c)]) for c in calls]
        each = iter(self._run([tape for plan in plans for tape in plan.tapes]))
        results = []
        for plan in plans:
            reading, *shifted = (next(each) for _ in plan.tapes)
            results.append((reading, plan.pullback([r.distribution for r in shifted])))
        return results

    def _goes_back(self, calls: Sequence[Call]) -> bool:
        """Whether slopes come by backpropagation: where possible, unless `gradient` differs."""
        if self.gradient == "backprop":
            _check_exact(calls, self.gradient)
            return True
        exact = all(call.shots is None for call in calls) and not self.remedies
        return self.gradient is None and exact and kinds.backpropagates(self.device)

    def _traced(self, call: Call) -> tuple[devices.Reading, Pullback]:
        params = np.asarray(call.params, dtype=float)
        if params.size == 0 or self._rehearsing:
            (reading,) = self._run([self._tape(*call)])
            return reading, lambda cost: np.zeros(params.shape)
        self.spend(Cost(1, kinds.jobs(self.device, 1)))
        distribution, pull = self.retry(
            partial(traced, self.device, lambda x: self._tape(call.queue, x, None), params)
        )
        return devices.Reading(distribution[None], np.ones(1), (None,)), pull

    def _adjoint(self, calls: Sequence[Call]) -> list[tuple[devices.Reading, Pullback]]:
        _check_exact(calls, "adjoint")
        readings = self._run([self._tape(*call) for call in calls])
        return [(r, partial(self._slope, c)) for r, c in zip(readings, calls, strict=True)]

    def _slope(self, call: Call, cost: np.ndarray) -> np.ndarray:
        params = np.asarray(call.params, dtype=float)
        self.spend(Cost(1, kinds.jobs(self.device, 1)))
        if self._rehearsing:
            return np.zeros(params.shape)
        return self.retry(partial(slope, self.device, call.queue, params, cost))

    def _tape(self, queue: Queue, params: Any, shots: int | None) -> Any:
        def circuit() -> None:
            queue(params)
            qml.probs(wires=range(self.wires))

        return qml.tape.make_qscript(circuit, shots=shots)()

    def _shifts(self, call: Call) -> _Shifts:
        """Shift the angles of the gates; the chain rule from there to `params` is classical."""
        from autograd.core import make_vjp

        expanded = []

        def angles(params: Array) -> Array:
            tape = self._tape(call.queue, params, call.shots)
            (tape,), _ = qml.gradients.param_shift.expand_transform(tape)
            numbers = tape.get_parameters(trainable_only=False)
            traced = [i for i, x in enumerate(numbers) if qml.math.requires_grad(x)]
            tape.trainable_params = traced
            expanded.append(tape)
            return qml.math.stack([*tape.get_parameters(), *params[:0]])

        params = qml.numpy.array(call.params, dtype=float, requires_grad=True)
        if params.size == 0:
            return _Shifts([self._tape(*call)])
        pull, _ = make_vjp(angles, params)
        (tape,), _ = qml.transforms.convert_to_numpy_parameters(expanded[0])
        shifted, finish = qml.gradients.param_shift(tape)
        return _Shifts([tape, *shifted], finish, pull)

    def _run(self, tapes: list[Any]) -> list[devices.Reading]:
        """Send circuits, each at every scale of its noise."""
        folded = [copy for tape in tapes for copy in self.remedies.folded(tape)]
        distributions = self._send(folded, self.device)
        confusions = self._confusions(folded) if self.remedies.readout else [None] * len(folded)
        weights = self.remedies.weights
        n = len(weights)
        return [
            devices.Reading(
                np.array(distributions[k : k + n]), weights, tuple(confusions[k : k + n])
            )
            for k in range(0, len(folded), n)
        ]

    def _confusions(self, tapes: list[Any]) -> list[devices.Confusion | None]:
        """How each circuit is read, as calibrated on the qubits that it is read from."""
        places = [kinds.measured_qubits(self.device, tape) for tape in tapes]
        for qubits in set(places) - set(self._calibrations):
            shots = self.remedies.calibration_shots if tapes[0].shots else None
            circuits = [self._tape(_flip, wires, shots) for wires in ((), range(self.wires))]
            found = self._send(circuits, kinds.pinned(self.device, qubits))
            if not self._rehearsing:
                self._calibrations[qubits] = devices.Confusion.calibrated(found, shots)
        return [None if self._rehearsing else self._calibrations[q] for q in places]

    @property
    def _rehearsing(self) -> bool:
        return len(self._counts) > 1

    def _send(self, tapes: list[Any], device: Any) -> list[np.ndarray]:
        if not all(tape.shots for tape in tapes):
            kinds.check_analytic(device)
        groups = _groups(device, tapes)
        jobs = sum(kinds.jobs(device, len(group)) for group in groups)
        shots = sum(tape.shots.total_shots or 0 for tape in tapes)
        self.spend(Cost(len(tapes), jobs, shots))
        if self._rehearsing:
            return [np.full(2**self.wires, 0.5**self.wires) for _ in tapes]
        distributions: list[Any] = [None] * len(tapes)
        for group in groups:
            batch = [tapes[i] for i in group]
            found = self.retry(partial(qml.execute, batch, device))
            for i, distribution in zip(group, found, strict=True):
                distributions[i] = np.asarray(distribution, dtype=float)
        return distributions


def _check_exact(calls: Sequence[Call], gradient: str) -> None:
    for call in calls:
        if call.shots is not None:
            remedy = "shots=None, or gradient=shifts in the device's text"
            must = f"be None for gradient={gradient}"
            raise error("shots", must, f"it is {call.shots}", remedy)


class _Shifts(NamedTuple):
    """A circuit with its shifted copies, and how their results become a gradient."""

    tapes: list[Any]
    finish: Callable[[list[np.ndarray]], Any] | None = None
    pull: Callable[[np.ndarray], np.ndarray] | None = None

    def pullback(self, shifted: list[np.ndarray]) -> Pullback:
        if self.finish is None or self.pull is None:
            return lambda cost: np.zeros(0)
        slopes = self.finish(shifted)
        rows = np.stack(slopes if isinstance(slopes, (tuple, list)) else [slopes])
        pull = self.pull
        return lambda cost: np.asarray(pull(rows @ cost))


def _flip(wires: Sequence[int]) -> None:
    for wire in wires:
        qml.X(wire)


def _groups(device: Any, tapes: list[Any]) -> list[list[int]]:
    """Positions of circuits that may share a job.

    Devices of PennyLane's old interface give a whole batch the shots of its first circuit.
    """
    if not kinds.one_shot_number(device):
        return [list(range(len(tapes)))]
    order = sorted(range(len(tapes)), key=lambda i: tapes[i].shots.total_shots or 0)
    return [list(group) for _, group in groupby(order, lambda i: tapes[i].shots.total_shots)]


def open_machine(device: Any, wires: int, seed: int | None) -> Machine:
    """Open a device by a line of text, seeded where possible; a device that is open stays as it is.

    Besides the options of `qce.devices.open` the text may have `attempts` (for transient failures),
    `readout=true`, `zne=1,3` and `calibration_shots`, and may choose derivatives by
    `gradient=shifts`, `adjoint` or `backprop`. By default these are by backpropagation where values
    are exact and the device can, and by parameter shifts elsewhere.
    """
    seed = _checks.seed("seed", seed)
    if device is not None and not isinstance(device, str):
        kinds.check_open(device, wires)
        return Machine(device, wires)
    text = "default.qubit" if device is None else device
    with called(text="device", options="device"):
        return _open_text(text, wires, seed)


def _open_text(text: str, wires: int, seed: int | None) -> Machine:
    name, options = devices.read(text)
    handling = {key: options.pop(key) for key in devices.HANDLING & set(options)}
    gradient = handling.pop("gradient", None)
    if gradient is not None:
        one_of("gradient", gradient, ("shifts", "adjoint", "backprop"))
    retry = devices.Retry(handling.pop("attempts")) if "attempts" in handling else devices.Retry()
    remedies = devices.Remedies.read(**handling)
    if remedies.scales and name.startswith("qiskit."):
        options.setdefault("optimization_level", 0)  # a higher one undoes the folds
    with called(text="device"):
        seeded = seed if devices.takes_seed(name) else None
        opened = devices.open(name, wires, seed=seeded, **options)
    if remedies.readout:
        kinds.check_readable(opened)
    if gradient in ("adjoint", "backprop"):
        (kinds.check_adjoint if gradient == "adjoint" else kinds.check_backprop)(opened)
        if remedies:
            but = f"frequencies are corrected, and {gradient} slopes would not be"
            raise error("gradient", "be shifts beside readout and zne", but, "gradient=shifts")
    return Machine(opened, wires, retry, remedies, gradient)


def check_plain(machine: object, loss: str) -> None:
    """Refuse error mitigation: corrected frequencies may be negative, and the loss is nonlinear."""
    if isinstance(machine, Machine) and machine.remedies:
        must, but = "have no readout or zne here", f"a {loss} is not linear in the frequencies"
        raise error("device", must, but, "the text without them, or a deferred cross entropy")


def check_shots(shots: int | None) -> int | None:
    """A standard error needs two outcomes; None for exact values."""
    if shots is None:
        return None
    return _checks.outcomes("shots", shots, least=2)
