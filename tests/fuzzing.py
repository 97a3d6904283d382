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
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from fuzz_calls import Call, calls
from fuzz_values import StandIn, stand_ins

import qce

SECONDS = 5.0  # of this process, so that a busy machine fails nothing
MEMORY = 4 * 2**30  # beyond what the process holds
# "Same" is the same numbers by another way through memory: sums may be in another order.
SAME = 1e-9


class TooSlow(BaseException):
    """A call took longer than `SECONDS`."""


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
    call = calls()[names[rng.integers(len(names))]]
    parameters = list(call.arguments)
    count = min(1 + (rng.random() < 0.2), len(parameters))
    chosen = rng.permutation(len(parameters))[:count]
    changed = {}
    for i in chosen:
        name = parameters[i]
        pool = stand_ins(call.name, name, call.arguments[name], name in call.optional)
        changed[name] = pool[rng.integers(len(pool))]
    return Case(call, changed, int(rng.integers(2**31)))


def every_single(names: list[str]) -> Iterator[Case]:
    """Every stand-in for every argument, one at a time."""
    for name in names:
        call = calls()[name]
        for parameter, good in call.arguments.items():
            for stand in stand_ins(name, parameter, good, parameter in call.optional):
                yield Case(call, {parameter: stand}, 0)


def judged(case: Case) -> str | None:
    """What is wrong with the outcome of a case, `None` if nothing is."""
    rng = np.random.default_rng(case.seed)
    try:
        given = {
            name: stand.make(case.call.arguments[name], rng) for name, stand in case.changed.items()
        }
    except (ValueError, TypeError, IndexError, OverflowError):  # no such stand-in for this value
        return None
    try:
        with _limits():
            value = case.call(**given)
    except qce.ArgumentError as refused:
        return _refusal(case, refused)
    except TooSlow:
        return f"took more than {SECONDS:g} s"
    except BaseException as raw:
        if isinstance(raw, KeyboardInterrupt):
            raise
        return f"{type(raw).__name__}: {' '.join(str(raw).split())[:150]}"
    return _value(case, value)


def _refusal(case: Case, refused: qce.ArgumentError) -> str | None:
    verdicts = {stand.verdict for stand in case.changed.values()}
    if verdicts == {"same"}:
        return f"refused what is the same: {refused}"
    # An empty array may be told apart from a full one of another argument only together with it.
    empty = any(stand.label.startswith("empty") for stand in case.changed.values())
    strict = "refuse" in verdicts and len(case.changed) == 1 and not empty
    known = set(case.changed) if strict else set(case.call.arguments)
    if not known & set(refused.arguments):
        return f"names {refused.arguments}, which are not the user's: {refused}"
    return None


def _value(case: Case, value: Any) -> str | None:
    verdicts = [stand.verdict for stand in case.changed.values()]
    if "refuse" in verdicts and len(verdicts) == 1:
        return f"was taken: {str(value)[:60]}"
    if "nan" in verdicts and len(verdicts) == 1:
        found = numbers(value)
        lost = found is not None and not any(np.isnan(x).any() for x in found)
        return f"lost NaN: {str(value)[:60]}" if lost else None
    if set(verdicts) == {"same"}:
        with _limits():
            right = numbers(case.call())
        found = numbers(value)
        if right is not None and found is not None and not _equal(right, found):
            return f"gives another value: {str(value)[:60]}"
    return None


def _equal(right: list[np.ndarray], found: list[np.ndarray]) -> bool:
    return len(right) == len(found) and all(
        a.shape == b.shape and np.allclose(a, b, rtol=SAME, atol=SAME, equal_nan=True)
        for a, b in zip(right, found, strict=True)
    )


def numbers(value: Any) -> list[np.ndarray] | None:
    """All numbers in a value, `None` where it holds something that has none."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        named = [f.name for f in dataclasses.fields(value) if f.repr]
        parts = [getattr(value, name) for name in named if name != "seconds"]  # by the clock
    elif isinstance(value, dict):
        parts = list(value.values())
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
    before = signal.signal(signal.SIGPROF, _ring)
    try:
        resource.setrlimit(resource.RLIMIT_AS, (ceiling if hard < 0 else min(ceiling, hard), hard))
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        quiet = contextlib.redirect_stdout(io.StringIO())
        with warnings.catch_warnings(), quiet, contextlib.redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _ring(signum: int, frame: Any) -> None:
    raise TooSlow


def _address_space() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


def main(modules: list[str]) -> int:
    """List the cases of these modules, or of all, that end in neither allowed way."""
    chosen = [n for n in calls() if not modules or n.rpartition(".")[0] in modules]
    tried = wrong = 0
    for case in every_single(chosen):
        tried += 1
        if why := judged(case):
            wrong += 1
            print(f"{case}: {why}", flush=True)
    print(f"{wrong} of {tried} cases")
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
