"""Records of results: a value with its error bar, a training with its status."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from enum import Enum
from html import escape
from statistics import NormalDist
from typing import Any, Protocol

import numpy as np

from qce._checks import error, number
from qce._showing import columns, curve, line, table

__all__ = ["Cost", "Estimate", "FitResult", "LimitCheck", "LimitReport", "Sample", "Status"]


class Sample(Protocol):
    """The outcomes from which an estimate was made."""

    def interval(self, level: float) -> tuple[Any, Any]:
        """Return the ends of the interval that holds the true value with a probability."""


@dataclass(frozen=True)
class Estimate:
    """A number, in nats unless its unit says otherwise, with its standard error.

    An exact value has the error 0, so that all results have the same form.

    Args:
        value: the number; may be `+inf`.
        stderr: its standard error (one standard deviation of the estimator).
        shots: how many outcomes were drawn; `None` for an exact value.
        bias: a remark on the bias and its reason; empty for an unbiased estimate.
        unit: of the number; empty for none.
        sample: the outcomes, if they give a better interval than value and error; else `None`.

    Example:
        >>> print(Estimate(1.23456, 0.00123, shots=1000))
        1.2346 ± 0.0012 nats (1000 shots)
        >>> print(Estimate(1.2345))
        1.23450 nats (exact)
        >>> float(Estimate(1.2345))
        1.2345
        >>> print(f"{Estimate(1.23456, 0.00123):.3f} or {Estimate(1.23456, 0.00123):.3fS}")
        1.235 ± 0.001 or 1.235(1)
    """

    value: float
    stderr: float = 0.0
    shots: int | None = None
    bias: str = ""
    unit: str = "nats"
    sample: Sample | None = field(default=None, repr=False, compare=False)

    def __float__(self) -> float:
        return self.value

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return the interval that holds the true value with a probability.

        If the estimate has its outcomes (means of deferred measurement and of shadows, entropies of
        counts): Wilson's interval for any number of outcomes, of all values from which the estimate
        differs by at most z standard errors, where the error is that under the value. It allows for
        outcomes that were not seen, and need not be centred at the estimate. Otherwise from value
        and error, by Student's distribution with `shots` − 1 degrees of freedom.

        docs/devices.md has the coverage of 95 % intervals: 93 to 97 times in 100 from 100 outcomes
        on, if each is expected five times or more, and mostly from 30 on. Below that no rule can
        guarantee it: estimates from few outcomes take few values, and coverage jumps by the whole
        probability of one of them. A stated bias is not included.

        Args:
            level: the probability, above 0 and below 1.

        Returns:
            Its ends; both are the value where that is exact.

        Raises:
            ValueError: `level` is not between 0 and 1.

        Source: E. B. Wilson, J. Am. Stat. Assoc. 22, 209 (1927); B. Efron, Can. J. Stat. 9, 139
        (1981), for least favourable families.

        Example:
            >>> low, high = Estimate(1.0, 0.1, shots=100).interval()
            >>> round(low, 3), round(high, 3)
            (0.802, 1.198)
        """
        level = number("level", level, "level=0.95", above=0, below=1)
        if self.sample is not None:
            low, high = self.sample.interval(level)
            return float(low), float(high)
        half = _quantile((1 + level) / 2, self.shots) * self.stderr
        return self.value - half, self.value + half

    def __str__(self) -> str:
        source = "exact" if self.shots is None else f"{self.shots} shots"
        notes = f"{source}; {self.bias}" if self.bias else source
        return f"{self._digits()} {self.unit} ({notes})".replace("  ", " ")

    def _repr_html_(self) -> str:
        return f"<span>{escape(str(self))}</span>"

    def _digits(self) -> str:
        if not (self._has_error() and math.isfinite(self.stderr)):
            return f"{self.value:.5f}"
        return format(self, f".{self._places()}f")

    def _has_error(self) -> bool:
        rounding = 0.0 if math.isnan(self.value) else np.finfo(float).eps * abs(self.value)
        return not self.stderr <= rounding  # NaN is one

    def _places(self) -> int:
        """Decimal places that show two digits of the error."""
        finite = math.isfinite(self.stderr)
        return max(0, 1 - math.floor(math.log10(self.stderr))) if finite else 5

    def __format__(self, spec: str) -> str:
        """Return the number by a format specification, without unit and shots.

        The specification is that of a float and applies to value and error; fill, alignment and
        width apply to both together. A final `S` gives the short form, with the error in brackets
        in units of the last place; without a number of places it has two digits of the error. An
        exact number is shown without error. Without a specification it is `str`.

        Example:
            >>> e = Estimate(0.12345, 0.0042, shots=1000)
            >>> f"{e:.3f}", f"{e:.3fS}", f"{e:S}", f"{e:.1e}"
            ('0.123 ± 0.004', '0.123(4)', '0.1235(42)', '1.2e-01 ± 4.2e-03')
            >>> f"{e:>16.3f}|{Estimate(1.5):.3f}"
            '   0.123 ± 0.004|1.500'
        """
        if not spec:
            return str(self)
        found = _SPEC.fullmatch(spec)
        if found is None or (found["short"] and found["kind"] not in ("", "f")):
            remedy = 'f"{e:.3f}", or f"{e:.3fS}" for the error in brackets'
            raise error("spec", "be a format of real numbers", f"it is {spec!r}", remedy)
        number = f"{found['sign']}{found['places'] or ''}{found['kind']}"
        if not self._has_error():
            places = found["places"] or ".5"
            text = format(self.value, f"{found['sign']}{places}f" if found["short"] else number)
        elif found["short"]:
            places = int(found["places"][1:]) if found["places"] else self._places()
            text = f"{self.value:{found['sign']}.{places}f}({_in_last_place(self.stderr, places)})"
        else:
            text = f"{self.value:{number}} ± {format(self.stderr, number.lstrip('+ -'))}"
        return format(text, found["layout"])


def digits(value: float, stderr: float) -> str:
    """Return a value with its standard error, both to two digits of the error.

    >>> digits(0.84541, 0.00976), digits(0.5, 0.0), digits(0.5, math.inf)
    ('0.8454 ± 0.0098', '0.50000', '0.50000 ± inf')
    """
    if not math.isfinite(stderr):
        return f"{value:.5f} ± {stderr}"
    return Estimate(value, stderr)._digits()


_SPEC = re.compile(
    r"(?P<layout>(?:.?[<>^])?(?:[1-9]\d*)?)(?P<sign>[-+ ]?)"
    r"(?P<places>\.\d+)?(?P<kind>[eEfFgG]?)(?P<short>S?)"
)


def _in_last_place(stderr: float, places: int) -> str:
    """An error in units of the last of some decimal places; as it is where it is 1 or more."""
    if not math.isfinite(stderr):
        return str(stderr)
    rounded = round(stderr, places)
    return f"{rounded:.{places}f}" if places and rounded >= 1 else str(round(stderr * 10**places))


def _quantile(probability: float, shots: int | None) -> float:
    """Of Student's law, or of the normal one where it is not known how many outcomes there were."""
    if shots is None or shots < 2:
        return NormalDist().inv_cdf(probability)
    from scipy.special import stdtrit

    return float(stdtrit(shots - 1, probability))


@dataclass(frozen=True)
class Cost:
    """What is sent to a device: circuits, the jobs they go out in, and their shots.

    Args:
        circuits: how many circuits; each shifted copy for a gradient counts.
        jobs: how many times something waits in a queue.
        shots: outcomes drawn, of all circuits together; 0 for exact values.

    Example:
        >>> Cost(2, 1, 200) + 3 * Cost(1, 1, 100)
        Cost(circuits=5, jobs=4, shots=500)
    """

    circuits: int = 0
    jobs: int = 0
    shots: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.circuits + other.circuits, self.jobs + other.jobs, self.shots + other.shots
        )

    def __sub__(self, other: Cost) -> Cost:
        return self + -1 * other

    def __rmul__(self, times: int) -> Cost:
        return Cost(times * self.circuits, times * self.jobs, times * self.shots)


class Status(Enum):
    """How a training run ended; the value is the message for people."""

    CONVERGED = "converged: the gradient norm fell to the tolerance"
    STALLED = "converged: no step lowers the loss any more in the arithmetic at hand"
    STEP_LIMIT = "step limit reached before the gradient norm fell to the tolerance"
    EPOCHS = "all epochs done"
    NON_FINITE = "loss or gradient became non-finite: kept what was found before that"
    INTERRUPTED = "interrupted: kept what was found so far"
    EARLY = "stopped early: the loss of the validation rows fell no more: kept the best parameters"
    STOPPED = "stopped by the callback: kept the last parameters that were evaluated"
    OUT_OF_BUDGET = "budget used up: the next step would have cost more than was left"
    FAILED = "the device failed for good: kept the last parameters that were evaluated"

    @property
    def converged(self) -> bool:
        """Whether the run ended because there was nothing left to gain."""
        return self in (Status.CONVERGED, Status.STALLED)


@dataclass(frozen=True, eq=False)
class FitResult:
    """The result of `qce.fit`: the parameters, their loss, and a record of the training.

    Args:
        params: parameters of the last accepted point, shape `(size,)`; of a function of a dict or
            list of arrays that.
        estimate: the objective at `params`.
        history: arrays over the points visited, first point included: `step`, `loss` and its
            `stderr` (nats), `grad_norm` (Euclidean), `seconds` since the start, `shots` sent, and
            with validation rows their loss after the update there, `validation`, NaN between looks.
        status: how the run ended.
        message: `status` in words, with the step.
        steps: number of updates made.
        seconds: wall time, compilation included.
        seed: seed of the starting point.
        optimizer: name and settings of the optimiser.
        floor: least value the objective can take (nats), `None` where unknown.
        spent: cost of the circuits sent to a device.
        validation: the loss of validation rows at `params`, which were chosen by it.
        problem: what the device raised where it failed.
    """

    params: np.ndarray = field(repr=False)
    estimate: Estimate
    history: dict[str, np.ndarray] = field(repr=False)
    status: Status
    message: str
    steps: int
    seconds: float
    seed: int
    optimizer: dict[str, Any]
    floor: float | None = None
    spent: Cost = Cost()
    validation: Estimate | None = None
    problem: Exception | None = field(default=None, repr=False)

    @property
    def gap(self) -> float | None:
        """The loss less its floor (nats), `None` where the floor is unknown."""
        return None if self.floor is None else self.estimate.value - self.floor

    def __repr__(self) -> str:
        said = [("", str(self.estimate)), ("", self.status.name), ("steps", str(self.steps))]
        return line("FitResult", [*said, ("seed", str(self.seed))])

    def _repr_html_(self) -> str:
        rows = [("loss", str(self.estimate)), ("how it ended", self.message)]
        if self.gap is not None:
            rows.append(("above the floor", f"{self.gap:.2e} {self.estimate.unit}".rstrip()))
        if self.validation is not None:
            rows.append(("loss of validation rows", str(self.validation)))
        if self.spent != Cost():
            sent = ", ".join(f"{count} {kind}" for kind, count in vars(self.spent).items())
            rows.append(("sent to a device", sent))
        rows.append(("steps, seconds, seed", f"{self.steps}, {self.seconds:.1f}, {self.seed}"))
        return table("FitResult", rows, curve(self.history.get("loss", ())))

    def __str__(self) -> str:
        gap = "" if self.gap is None else f", {self.gap:.2e} above the floor"
        return f"{self.estimate}{gap}\n{self.message} ({self.seconds:.1f} s)"


@dataclass(frozen=True)
class LimitCheck:
    """One classical limit of one quantity.

    Args:
        twin: name of the quantity.
        limit: what was compared.
        deviation: how far the quantum side is from the classical one, in its worst case.
        tolerance: how far rounding may put it in that case.

    Example:
        >>> LimitCheck("entropy", "value", deviation=1e-16, tolerance=1e-14).passed
        True
    """

    twin: str
    limit: str
    deviation: float
    tolerance: float

    @property
    def passed(self) -> bool:
        """Whether the deviation is within the tolerance; NaN is not."""
        return self.deviation <= self.tolerance


@dataclass(frozen=True)
class LimitReport:
    """The result of `qce.limits.check`.

    Args:
        checks: every limit of every pair of twins.
        seed: of the random states.
        dephasing: `strength` and, for each quantity, its values along one path of dephasing.
        training: loss step by step of the `quantum` and the `classical` run (nats), and the
            `floor` they go to.
    """

    checks: tuple[LimitCheck, ...]
    seed: int
    dephasing: dict[str, np.ndarray] = field(repr=False)
    training: dict[str, np.ndarray] = field(repr=False)

    @property
    def passed(self) -> bool:
        """Whether every limit holds."""
        return all(check.passed for check in self.checks)

    def as_dict(self) -> dict[str, Any]:
        """Return the report as nested dictionaries, for JSON."""
        checks = [{**vars(check), "passed": check.passed} for check in self.checks]
        curves = {"dephasing": self.dephasing, "training": self.training}
        return {"passed": self.passed, "seed": self.seed, "checks": checks, **curves}

    def __repr__(self) -> str:
        return f"LimitReport({self._held()})"

    def _repr_html_(self) -> str:
        rows = [
            (c.twin, c.limit, f"{c.deviation:.1e}", f"{c.tolerance:.1e}", _verdict(c))
            for c in self.checks
        ]
        return columns(self._held(), ("twin", "limit", "deviation", "tolerance", ""), rows)

    def _held(self) -> str:
        held = sum(check.passed for check in self.checks)
        return f"{held} of {len(self.checks)} classical limits hold (seed {self.seed})"

    def __str__(self) -> str:
        twins = max(len(check.twin) for check in self.checks)
        limits = max(len(check.limit) for check in self.checks)
        lines = [f"{'twin':<{twins}}  {'limit':<{limits}}  deviation  tolerance"]
        for c in self.checks:
            row = f"{c.twin:<{twins}}  {c.limit:<{limits}}  {c.deviation:9.1e}  {c.tolerance:9.1e}"
            lines.append(f"{row}  {_verdict(c)}")
        lines.append(self._held())
        return "\n".join(lines)


def _verdict(check: LimitCheck) -> str:
    return "ok" if check.passed else "FAILS"
