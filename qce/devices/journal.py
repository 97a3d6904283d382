"""Identifiers of jobs that were sent, so that none is sent and paid for twice."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from qce.devices._lines import Entry, Lines

About = Mapping[str, Any]


class Journal:
    """The assignment of jobs to batches of circuits.

    A batch is identified by its circuits, angles and shots to the last bit, and by its training. If
    it was sent and its result did not arrive, in this process or an interrupted one, the result is
    fetched by the identifier of its job. Every job is used once, so that equal batches of one run
    get different outcomes.

    A batch is recorded before it is sent, and its job as soon as the identifier is known. Nothing
    is written, and no file locked, before the first training or the first batch.

    Args:
        path: file for the identifiers, one line of JSON each, or `None` for memory. An existing
            file is continued: use another one for every run.

    Raises:
        ValueError: a line of the file is damaged; later, another process or device has the file.
    """

    def __init__(self, path: str | Path | None = None):
        self._lines = None if path is None else Lines(path)
        self._salt = ""  # of the training that asks
        self._take([] if self._lines is None else self._lines.read())

    @staticmethod
    def key(pubs: Sequence[Any]) -> str:
        """Return the identity of a batch."""
        digest = hashlib.sha256()
        for pub in pubs:
            digest.update(repr((pub.structure, pub.values.shape, pub.shots)).encode())
            digest.update(pub.values.tobytes())
        return digest.hexdigest()

    @property
    def name(self) -> str:
        """The file, or that it is in memory."""
        return "memory" if self._lines is None else str(self._lines.path)

    def begin(self, about: About, compare: Callable[[About, About, str], None]) -> None:
        """Assign the batches that follow to a training, whose jobs are not used for others.

        If the file has trainings, the first one of a process has to be among them; more may follow,
        as in a program of two trainings.

        Args:
            about: Identity of the training, for JSON.
            compare: Called with that, the identity of the first training in the file and the name
                of the file where these differ; raises an error about the difference.
        """
        self._hold()
        about = json.loads(json.dumps(about))
        if about not in self._runs:
            if self._runs and not self._salt:
                compare(about, self._runs[0], self.name)
            self._write({"run": about})
        self._salt = json.dumps(about, sort_keys=True)

    def waiting(self, key: str) -> str | None:
        """Return the identifier of the first job for a batch whose result was not fetched yet."""
        self._hold()
        return next(iter(self._jobs.get(self._salted(key), {}).values()), None)

    def sending(self, key: str) -> tuple[str, bool]:
        """Record that a batch is about to be sent; return a unique tag for its job.

        The second result is whether a job with that tag may have been sent already: if a process or
        connection was interrupted before its identifier arrived.
        """
        self._hold()
        key = self._salted(key)
        if begun := self._begun.get(key):
            return begun[0], True
        tag = f"qce-{uuid.uuid4().hex}"
        self._write({"batch": key, "tag": tag})
        return tag, False

    def sent(self, key: str, tag: str, job: str) -> None:
        """Record a job before its result is waited for."""
        self._write({"batch": self._salted(key), "tag": tag, "job": job})

    def fetched(self, key: str) -> None:
        """Record that the result of the first job for a batch was fetched."""
        jobs = self._jobs[self._salted(key)]
        del jobs[next(iter(jobs))]

    def failed(self, key: str) -> None:
        """Record that the first job for a batch has failed."""
        key = self._salted(key)
        self._write({"batch": key, "failed": next(iter(self._jobs[key]))})

    def _salted(self, key: str) -> str:
        return hashlib.sha256((self._salt + key).encode()).hexdigest() if self._salt else key

    def _hold(self) -> None:
        if self._lines is not None and not self._lines.held:
            self._take(self._lines.hold())

    def _take(self, entries: Sequence[Entry]) -> None:
        """Read the entries of a file from the beginning."""
        self._runs: list[About] = []
        self._begun: dict[str, list[str]] = {}  # tags of jobs whose identifiers are not known
        self._jobs: dict[str, dict[str, str]] = {}  # that have not answered, by tag
        for number, entry in enumerate(entries, 1):
            try:
                self._note(**entry)
            except (KeyError, TypeError, ValueError):  # it does not follow from those before
                assert self._lines is not None
                raise self._lines.damaged(number, json.dumps(entry).encode()) from None

    def _note(
        self,
        batch: str = "",
        tag: str = "",
        job: str | None = None,
        failed: str | None = None,
        run: About | None = None,
    ) -> None:
        if run is not None:
            self._runs.append(run)
        elif failed is not None:
            del self._jobs[batch][failed]
        elif job is not None:
            self._begun[batch].remove(tag)
            self._jobs.setdefault(batch, {})[tag] = job
        else:
            self._begun.setdefault(batch, []).append(tag)

    def _write(self, entry: Entry) -> None:
        if self._lines is not None:
            self._lines.append(entry)
        self._note(**entry)
