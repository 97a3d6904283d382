"""Generated wrong arguments against every public function, and a judge of what comes of them.

Allowed are a right value, or an `ArgumentError` with the argument's name, within a limit of time
and of memory.

`python tests/fuzzing.py losses xeb` tries every stand-in for every argument of these modules, and
lists what is neither.
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import resource
import signal
import sys
import time
import warnings
import zlib
from collections.abc import Iterator
from functools import cache
from typing import Any

import jax
import numpy as np
from fuzz_calls import Call, calls, module_of
from fuzz_values import LONG_TOGETHER, StandIn, stand_ins

import qce

SECONDS = 10.0  # of this process, so that a busy machine fails nothing
WAITING = 300.0  # of the clock: a call that computes nothing and does not end
MEMORY = 2 * 2**30  # beyond what the process holds
# "Same" is the same numbers by another way through memory: sums may be in another order.
SAME = 1e-9
CLOCKS = ("seconds",)  # no part of a value that has to come again


class TooSlow(BaseException):
    """A call took longer than `SECONDS` of its process, or than `WAITING` of the clock."""


@dataclasses.dataclass(frozen=True)
class Case:
    """A call with one or two arguments replaced."""

    call: Call
    changed: dict[str, StandIn]
    seed: int

    def __str__(self) -> str:
        given = ", ".join(f"{name}={stand.label}" for name, stand in self.changed.items())
        return f"{self.call.name}({given})"


def draw(rng: np.random.Generator, names: list[str]) -> Case:
    """A function, and stand-ins for one of its arguments, in one call of five for two."""
    while True:
        call = calls()[names[rng.integers(len(names))]]
        parameters = call.varied
        count = min(1 + (rng.random() < 0.2), len(parameters))
        changed = {}
        for i in rng.permutation(len(parameters))[:count]:
            pool = _pool(call, parameters[i])
            changed[parameters[i]] = pool[rng.integers(len(pool))]
        if len(changed) > 1:
            changed.pop("check", None)  # without checks nothing is promised of a wrong argument
        case = Case(call, changed, int(rng.integers(2**31)))
        labels = {(call.name, parameter, stand.label) for parameter, stand in changed.items()}
        if _given(case) is not None and labels not in LONG_TOGETHER:
            return case


def every_single(names: list[str]) -> Iterator[Case]:
    """Every stand-in for every argument, one at a time."""
    for name in names:
        call = calls()[name]
        for parameter in call.varied:
            for stand in _pool(call, parameter):
                case = Case(call, {parameter: stand}, 0)
                if _given(case) is not None:
                    yield case


def some_single(name: str, count: int) -> list[Case]:
    """So many stand-ins for each argument of a function, always the same ones."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    cases: dict[str, list[Case]] = {}
    for case in every_single([name]):
        cases.setdefault(*case.changed, []).append(case)
    return [of_one[i] for of_one in cases.values() for i in rng.permutation(len(of_one))[:count]]


def _pool(call: Call, parameter: str) -> tuple[StandIn, ...]:
    return stand_ins(call.name, parameter, call.arguments[parameter], parameter in call.optional)


def _given(case: Case) -> dict[str, Any] | None:
    """The arguments that are replaced; None where a right value has no such stand-in."""
    rng = np.random.default_rng(case.seed)
    try:
        return {
            name: stand.make(case.call.arguments[name], rng) for name, stand in case.changed.items()
        }
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def judged(case: Case) -> str | None:
    """What is wrong with the outcome of a case, `None` if nothing is."""
    given = _given(case)
    assert given is not None
    began = time.process_time()
    try:
        with _limits():
            value = case.call(**given)
    except qce.ArgumentError as refused:
        wrong = _refusal(case, refused)
    except TooSlow as slow:
        return str(slow)
    except KeyboardInterrupt:
        raise
    except BaseException as raw:
        return f"{type(raw).__name__}: {' '.join(str(raw).split())[:150]}"
    else:
        wrong = _value(case, value)
    # Compiled code hears the alarm only when it is done, and some callbacks swallow it.
    taken = time.process_time() - began
    return wrong or (f"took {taken:.1f} s" if taken > SECONDS else None)


def _refusal(case: Case, refused: qce.ArgumentError) -> str | None:
    verdicts = {stand.verdict for stand in case.changed.values()}
    if verdicts == {"same"}:
        return f"refused what is the same: {refused}"
    # An empty array may be told apart from a full one of another argument only together with it.
    fitting = "other" in verdicts or any(s.label.startswith("empty") for s in case.changed.values())
    known = set(case.call.arguments) if fitting else set(case.changed)
    if not known & set(refused.arguments):
        return f"names {refused.arguments}, not {sorted(case.changed)}: {refused}"
    return None


def _value(case: Case, value: Any) -> str | None:
    verdicts = {stand.verdict for stand in case.changed.values()}
    emptied = any(s.label.startswith("empty") for s in case.changed.values())
    if "refuse" in verdicts and not (emptied and len(case.changed) > 1):  # with it, it may fit
        return f"was taken: {_short(value)}"
    if verdicts == {"nan"}:
        found = numbers(value)
        lost = found is None or not any(np.isnan(x).any() for x in found)
        return f"lost NaN: {_short(value)}" if lost else None
    if verdicts <= {"same", "like"}:
        right, found = _right(case.call.name), numbers(value)
        if right is not None and found is not None and not _equal(right, found):
            return f"gives another value: {_short(value)}"
    return None


@cache
def _right(name: str) -> list[np.ndarray] | None:
    with _limits():
        return numbers(calls()[name]())


def _short(value: Any) -> str:
    return " ".join(str(value).split())[:60]


def _equal(right: list[np.ndarray], found: list[np.ndarray]) -> bool:
    return len(right) == len(found) and all(
        a.shape == b.shape and np.allclose(a, b, rtol=SAME, atol=SAME, equal_nan=True)
        for a, b in zip(right, found, strict=True)
    )


def numbers(value: Any) -> list[np.ndarray] | None:
    """All numbers in a value, `None` where it holds something that has none."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = [f for f in dataclasses.fields(value) if f.name not in CLOCKS]
        shown = [f for f in fields if f.repr] or fields
        parts = [getattr(value, f.name) for f in shown]
    elif isinstance(value, dict):
        parts = [part for key, part in value.items() if key not in CLOCKS]
    elif isinstance(value, (tuple, list)):
        parts = list(value)
    elif hasattr(value, "detach"):
        return [value.detach().numpy()]
    else:
        try:
            array = np.asarray(value)
        except Exception:
            return None
        return [array] if array.dtype.kind in "biufc" else None
    found = [numbers(part) for part in parts]
    known = [part for part in found if part is not None]
    return [x for part in known for x in part] if known else None


@contextlib.contextmanager
def _limits() -> Iterator[None]:
    """Hold a call to its time and memory, and keep it from printing."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    ceiling = _address_space() + MEMORY
    before = [(name, signal.signal(name, _ring)) for name in (signal.SIGPROF, signal.SIGALRM)]
    try:
        resource.setrlimit(resource.RLIMIT_AS, (ceiling if hard < 0 else min(ceiling, hard), hard))
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        signal.setitimer(signal.ITIMER_REAL, WAITING)
        quiet = contextlib.redirect_stdout(io.StringIO())
        with warnings.catch_warnings(), quiet, contextlib.redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        for name, answer in before:
            signal.signal(name, answer)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _ring(signum: int, frame: Any) -> None:
    waited = signum == signal.SIGALRM
    raise TooSlow(f"waited {WAITING:g} s" if waited else f"took more than {SECONDS:g} s")


def _address_space() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


def main(modules: list[str]) -> int:
    """List the cases of these modules, or of all, that end in neither allowed way."""
    chosen = [n for n in calls() if not modules or n in modules or module_of(n) in modules]
    tried = wrong = 0
    for case in every_single(chosen):
        tried += 1
        if why := judged(case):
            wrong += 1
            print(f"{case}: {why}", flush=True)
    print(f"{wrong} of {tried} cases")
    return min(wrong, 1)


if __name__ == "__main__":
    jax.config.update("jax_enable_x64", True)  # as in the tests
    sys.exit(main(sys.argv[1:]))
