"""Qiskit's devices: backends by name, seeds, and one job for all circuits of a batch.

Imported where such a device is opened, because Qiskit is slow to import.
"""

from __future__ import annotations

import copy
import difflib
import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
from pennylane.measurements import ExpectationMP, VarianceMP
from pennylane_qiskit import AerDevice, RemoteDevice
from pydantic import ValidationError
from qiskit.providers.exceptions import QiskitBackendNotFoundError
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel
from qiskit_ibm_runtime import QiskitRuntimeService, SamplerV2, fake_provider
from qiskit_ibm_runtime.accounts.exceptions import AccountsError
from qiskit_ibm_runtime.exceptions import (
    RuntimeInvalidStateError,
    RuntimeJobFailureError,
    RuntimeJobMaxTimeoutError,
)
from qiskit_ibm_runtime.fake_provider import fake_backend

from qce._checks import error
from qce.devices._pubs import Compiler, Pub, read_samples
from qce.devices.journal import Journal
from qce.devices.retry import Retry

_LOG = logging.getLogger(__name__)

# Errors of the client about a job that has ended without a result. An expired login, a server that
# is down or an account without the job say nothing about the state of the job.
_FINAL = (RuntimeJobFailureError, RuntimeJobMaxTimeoutError, RuntimeInvalidStateError)

_SEEDS = 2**31  # Aer takes seeds below this, and 0 for none


def remote(wires: int, seed: int | None, options: dict[str, Any]) -> BatchedRemote:
    """Open "qiskit.remote" on a backend."""
    name = options.pop("backend", None)
    if name is None:
        but = "qiskit.remote has none by itself"
        raise error("backend", "name a backend", but, '"qiskit.remote backend=FakeManilaV2"')
    backend = find_backend(name) if isinstance(name, str) else name
    _check_size(backend, wires)
    if isinstance(backend, fake_backend.FakeBackendV2):
        backend = _keeping_its_noise(backend)
    journal = Journal(options.pop("journal", None))
    try:
        return BatchedRemote(wires, backend=backend, journal=journal, seed=seed, **options)
    except ValidationError as problem:
        raise TypeError(problem.errors()[0]["msg"]) from problem


def aer(wires: int, seed: int | None, options: dict[str, Any]) -> Any:
    """Open "qiskit.aer", with the noise of a backend where one is named."""
    from pennylane.devices import LegacyDeviceFacade

    noise = options.pop("noise", None)
    if noise is not None:
        if options.get("method") in ("statevector", "unitary"):
            but = f"method={options['method']} has none"
            raise error("noise", "be for a method of mixed states", but, "no method, or no noise")
        backend = find_backend(noise) if isinstance(noise, str) else noise
        _check_size(backend, wires)
        # Errors belong to the gates and pairs of qubits that the backend has: compiled for it.
        options["noise_model"] = NoiseModel.from_backend(backend)
        options["compile_backend"] = backend
    return LegacyDeviceFacade(SeededAer(wires, seed=seed, **options))


def find_backend(name: str) -> Any:
    """A fake backend, Aer, or a real one, by the name of its class or of the service."""
    if name in ("aer", "aer_simulator"):
        return AerSimulator()
    fakes = {_plain(kind): kind for kind in dir(fake_provider) if kind.startswith("Fake")}
    fakes = {plain: kind for plain, kind in fakes.items() if kind[4:5].isupper()}
    if kind := fakes.get(_plain(name)):
        return getattr(fake_provider, kind)()
    if _plain(name).startswith("fake"):
        near = difflib.get_close_matches(_plain(name), fakes, n=3, cutoff=0)
        remedy = f"one of {', '.join(fakes[plain] for plain in near)}"
        raise error("backend", "be a fake backend that there is", f"it is {name!r}", remedy)
    return _real(name)


def _keeping_its_noise(backend: Any) -> Any:
    """A copy of a backend that is not copied again.

    Qiskit's local mode copies the backend for each job, and each new copy builds its noise model
    again, which takes longer than a few circuits.
    """
    own = copy.deepcopy(backend)
    own.__deepcopy__ = lambda memo: own
    return own


def _real(name: str) -> Any:
    try:
        service = QiskitRuntimeService()
    except AccountsError:
        but = f"no IBM account is saved here, and {name!r} is no fake backend"
        remedy = "backend=FakeManilaV2, or save one by `QiskitRuntimeService.save_account`"
        raise error("backend", "be one that you have access to", but, remedy) from None
    if name == "least_busy":
        return service.least_busy(operational=True, simulator=False)
    try:
        return service.backend(name)
    except QiskitBackendNotFoundError:
        remedy = "one that `QiskitRuntimeService().backends()` lists"
        but = f"your account has no {name!r}"
        raise error("backend", "be one that you have access to", but, remedy) from None


def _plain(name: str) -> str:
    return name.lower().replace("_", "").removesuffix("v2")


def _check_size(backend: Any, wires: int) -> None:
    if wires > backend.num_qubits:
        must = f"be at most {backend.num_qubits} on {backend.name}"
        raise error("wires", must, f"they are {wires}", "a larger backend, or fewer wires")


class SeededAer(AerDevice):
    """Qiskit Aer, with a new seed for each job; with the same seed all outcomes would repeat."""

    def __init__(self, wires: Any, seed: int | None = None, **options: Any):
        super().__init__(wires, **options)
        self._rng = np.random.default_rng(seed)

    def batch_execute(self, circuits: Any, timeout: int | None = None) -> Any:
        """Run all circuits as one job."""
        self.run_args["seed_simulator"] = int(self._rng.integers(1, _SEEDS))
        return super().batch_execute(circuits, timeout=timeout)


class BatchedRemote(RemoteDevice):
    """PennyLane's "qiskit.remote" with one job for all circuits that are executed together.

    Circuits that differ only in angles are compiled once and sent as one array of parameters.

    Args:
        wires: as PennyLane's.
        backend: Qiskit backend.
        journal: identifiers of jobs.
        seed: of simulated backends.
        **options: as PennyLane's.
    """

    def __init__(
        self, wires: Any, backend: Any, journal: Journal, seed: int | None = None, **options: Any
    ):
        super().__init__(wires, backend, **options)
        self._sampler()  # refuses options that it does not know
        self.journal = journal
        self._rng = np.random.default_rng(seed)
        self._compiler = Compiler(self.num_wires, self.compile_backend, self._transpile_args)
        self._local: dict[str, Any] = {}

    def execute(self, circuits: Any, execution_config: Any = None) -> Any:
        """Run a batch; PennyLane runs expectation values of Pauli words, through Estimator."""
        if any(_is_estimated(circuit) for circuit in circuits):
            return super().execute(circuits, execution_config)
        pubs = self._compiler.pubs(circuits)
        results = self._fetch(self.journal.key(pubs), pubs)
        samples = read_samples(pubs, results, self.num_wires)
        return [
            tuple(m.process_samples(s, wire_order=self.wires) for m in circuit.measurements)
            for circuit, s in zip(circuits, samples, strict=True)
        ]

    def job(self, identifier: str) -> Any:
        """Return a job by its identifier; of a local backend, one that this device sent."""
        return self._local[identifier] if self.service is None else self.service.job(identifier)

    def measured_qubits(self, circuit: Any) -> tuple[int, ...]:
        """Return which qubit of the backend each wire of a circuit is read from."""
        (pub,) = self.compiled([circuit])
        return pub.qubits

    def compiled(self, circuits: Sequence[Any]) -> list[Pub]:
        """Return circuits as they would be sent, grouped by structure and shots."""
        program, _ = self.preprocess()
        tapes, _ = program(circuits)
        return self._compiler.pubs(tapes)

    def on(self, qubits: tuple[int, ...]) -> BatchedRemote:
        """Return the same device with its wires on these qubits."""
        other = copy.copy(self)
        options = {**self._transpile_args, "initial_layout": list(qubits)}
        other._compiler = Compiler(self.num_wires, self.compile_backend, options)
        return other

    def _fetch(self, key: str, pubs: Sequence[Any]) -> Any:
        """The result of the job sent earlier for this batch, or of a new one."""
        identifier = self.journal.waiting(key)
        while identifier is not None and self.service is None and identifier not in self._local:
            # A local backend keeps no jobs: this one is lost, and running it again costs nothing.
            _LOG.warning("Job %s ended with its process: it is run again", identifier)
            self.journal.failed(key)
            identifier = self.journal.waiting(key)
        if identifier is None:
            identifier = self._send(key, pubs)
        try:
            result = self.job(identifier).result()
        except Exception as problem:
            if self._is_final(problem):
                self.journal.failed(key)  # a resumed run sends the batch again
            else:
                problem.add_note(_pending(identifier, self.journal.name))
            raise
        self.journal.fetched(key)
        self._local.pop(identifier, None)
        return result

    def _send(self, key: str, pubs: Sequence[Any]) -> str:
        """Send a batch, unless it was sent before and its identifier was lost."""
        tag, may_be_sent = self.journal.sending(key)
        if may_be_sent and self.service is not None:
            if found := self.service.jobs(job_tags=[tag], limit=1):
                self.journal.sent(key, tag, identifier := found[0].job_id())
                return identifier
        sampler = self._seeded_sampler()
        if self.service is not None:
            environment = sampler.options.environment
            environment.job_tags = [*(environment.job_tags or []), tag]
        job = sampler.run([pub.as_tuple() for pub in pubs])
        identifier = job.job_id()
        if self.service is None:
            self._local[identifier] = job
        self.journal.sent(key, tag, identifier)
        return identifier

    def _is_final(self, problem: Exception) -> bool:
        """Whether the job itself has failed, and not the fetching of its result."""
        if self.service is None:
            return not Retry().passes(problem)
        return isinstance(problem, _FINAL)

    def _sampler(self) -> SamplerV2:
        sampler = SamplerV2(mode=self.session or self.backend)
        sampler.options.update(**self._kwargs)
        return sampler

    def _seeded_sampler(self) -> SamplerV2:
        sampler = self._sampler()
        if self.service is None:
            sampler.options.simulator.seed_simulator = int(self._rng.integers(1, _SEEDS))
        return sampler


def _pending(job: str, journal: str) -> str:
    return (
        f"Job {job} was sent, and stays noted in {journal}: run again, after a new login where it "
        "has expired, to fetch its result. To send its circuits again instead, and pay again, take "
        "the lines of this job out of the journal."
    )


def _is_estimated(circuit: Any) -> bool:
    measurement = circuit.measurements[0]
    expectation = isinstance(measurement, (ExpectationMP, VarianceMP))
    return expectation and bool(getattr(measurement.obs, "pauli_rep", None))
