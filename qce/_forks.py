"""Forks of a process that has computed with JAX, which would deadlock."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass
class _Computing:
    """Which process has computed first; a fork has a copy of that."""

    process: int | None = None


_computing = _Computing()


def computes() -> None:
    """Record that this process computes with JAX.

    Raises:
        RuntimeError: It was forked from one that had, whose JAX threads it lacks but whose locks it
            has.
    """
    if _computing.process is None:
        _computing.process = os.getpid()
    elif _computing.process != os.getpid():
        raise RuntimeError(
            "This process was forked from one that had computed with JAX, and would deadlock. "
            'Start it by "spawn", as `multiprocessing.get_context("spawn")` does.'
        )
