"""Identifiers of the jobs that were sent, so that none is sent twice."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any


class Journal:
    """Which job answers which batch of circuits.

    A batch is known by its circuits, angles and shots to the last bit. One that was sent and whose
    result never came, in this process or in one that was cut off, is fetched by the identifier of
    its job. Every job answers once, so that equal batches of one run draw outcomes of their own.

    Args:
        path: file to keep the identifiers in, one line of JSON a job, or `None` for memory. A file
            that is there is continued: give every run its own.
    """

    def __init__(self, path: str | Path | None = None):
        self._path = None if path is None else Path(path)
        self._waiting: dict[str, list[str]] = {}
        self._break = ""
        if self._path is not None and self._path.exists():
            text = self._path.read_text(encoding="utf-8")
            self._break = "" if text.endswith("\n") else "\n"
            for entry in filter(None, map(_entry, text.splitlines())):
                self._note(**entry)

    @staticmethod
    def key(pubs: Sequence[Any]) -> str:
        """Return what a batch is known by."""
        digest = hashlib.sha256()
        for pub in pubs:
            digest.update(repr((pub.structure, pub.values.shape, pub.shots)).encode())
            digest.update(pub.values.tobytes())
        return digest.hexdigest()

    def waiting(self, key: str) -> str | None:
        """Return the identifier of the first job for a batch that has not answered yet."""
        return next(iter(self._waiting.get(key, [])), None)

    def sent(self, key: str, job: str) -> None:
        """Note a job before its result is waited for."""
        self._write({"batch": key, "job": job})

    def fetched(self, key: str) -> None:
        """The first job for a batch has answered."""
        self._waiting[key].pop(0)

    def failed(self, key: str) -> None:
        """The first job for a batch will never answer."""
        self._write({"batch": key, "job": self._waiting[key][0], "failed": True})

    def _note(self, batch: str, job: str, failed: bool = False) -> None:
        jobs = self._waiting.setdefault(batch, [])
        if failed:
            jobs.remove(job)
        else:
            jobs.append(job)

    def _write(self, entry: dict[str, Any]) -> None:
        self._note(**entry)
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(self._break + json.dumps(entry) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self._break = ""


def _entry(line: str) -> Any:
    """One line; `None` for the last one of a process that was killed while it wrote."""
    try:
        return json.loads(line)
    except ValueError:
        return None
