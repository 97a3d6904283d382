"""Repeated attempts after transient errors; all others are raised at once."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from qce._checks import error, integer, number, sequence, shown
from qce._showing import Shown

Result = TypeVar("Result")

# By name, so that no client library has to be imported. Subclasses count.
TRANSIENT = (
    "builtins.ConnectionError",
    "builtins.TimeoutError",
    "requests.exceptions.ConnectionError",
    "requests.exceptions.Timeout",
    "urllib3.exceptions.ProtocolError",
    "botocore.exceptions.ConnectionError",
    "botocore.exceptions.HTTPClientError",
)

# Statuses of a busy server or gateway.
_STATUS = (408, 425, 429, 500, 502, 503, 504)
_CODES = ("ThrottlingException", "TooManyRequestsException", "ServiceUnavailableException")

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, repr=False)
class Retry(Shown):
    """Repeat a call after transient errors, with waits that double.

    Transient errors are lost connections and timeouts (`transient`), and server responses with the
    status 408, 425, 429, 500, 502, 503 or 504. All others are raised at once.

    Args:
        attempts: the most attempts; 1 for no repetition.
        wait: seconds before the second attempt, doubled before each further one.
        longest: the longest wait, in seconds.
        transient: full names of transient exception classes.

    Example:
        >>> Retry(attempts=3)(lambda: 7)
        7
    """

    attempts: int = 5
    wait: float = 1.0
    longest: float = 60.0
    transient: tuple[str, ...] = TRANSIENT

    def __post_init__(self) -> None:
        attempts = integer("attempts", self.attempts, "1 to try only once", least=1)
        object.__setattr__(self, "attempts", attempts)
        for name in ("wait", "longest"):
            seconds = number(name, getattr(self, name), "seconds", least=0)
            object.__setattr__(self, name, seconds)
        names = sequence("transient", self.transient, "TRANSIENT of qce.devices.retry")
        if not all(type(name) is str for name in names):
            must, but = "hold names of exception classes", f"it is {shown(self.transient)}"
            raise error("transient", must, but, '("builtins.TimeoutError",)', TypeError)
        object.__setattr__(self, "transient", names)

    def __call__(self, work: Callable[[], Result]) -> Result:
        """Return what `work()` returns, in one of the attempts."""
        for attempt in range(1, self.attempts):
            try:
                return work()
            except Exception as problem:
                if not self.passes(problem):
                    raise
                pause = min(self.wait * 2 ** (attempt - 1), self.longest)
                _LOG.warning("%s: %s; again in %g s", type(problem).__name__, problem, pause)
                time.sleep(pause)
        return work()

    def passes(self, problem: BaseException) -> bool:
        """Whether an error is transient."""
        names = {f"{kind.__module__}.{kind.__qualname__}" for kind in type(problem).__mro__}
        if names & set(self.transient) or _status(problem) in _STATUS or _code(problem) in _CODES:
            return True
        # The IBM client wraps the error of the connection in one of its own.
        wrapped = problem.__cause__ or problem.__context__
        ours = type(problem).__module__.startswith("qiskit_ibm_runtime")
        return ours and wrapped is not None and self.passes(wrapped)


def _status(problem: BaseException) -> Any:
    response = getattr(problem, "response", None)
    return getattr(problem, "status_code", getattr(response, "status_code", None))


def _code(problem: BaseException) -> Any:
    response = getattr(problem, "response", None)
    return response.get("Error", {}).get("Code") if isinstance(response, dict) else None
