"""Train on what devices give: exact values, shots, noise of a fake backend, noisy density matrices.

(a) A thermal model of two wires learns a Gibbs state by quantum cross entropy, its data rotated
and measured on the device. (b) A Born machine learns a distribution by maximum likelihood. Both by
simultaneous perturbation, two evaluations a step, along the same directions on every device. How
low the noise lets the loss fall is computed apart, from density matrices under the noise of each
device, and so is what the parameters learned under noise are worth there. The curves are what the
optimiser reads: means of two points beside its own, a little above the loss at that point.

Braket's simulator needs the extra `braket`, in an environment of its own (`--backend ""` there).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import matplotlib.pyplot as plt
import numpy as np
import pennylane as qml
from scipy.optimize import minimize

from qce import classical, devices, plots, quantum, training
from qce.circuits import ising, rotations_xx
from qce.data import gibbs_state, transverse_field_ising
from qce.models import BornMachine, ProductSpectrum, ThermalModel
from qce.objectives import (
    Objective,
    deferred_cross_entropy,
    exact_cross_entropy,
    measured_likelihood,
)
from qce.results import Cost
from qce.runs import Outcome, Record, setting

WIRES = 2
LAW = (0.4, 0.1, 0.2, 0.3)


@dataclass(frozen=True)
class Spec:
    """All that decides the run."""

    seed: int = setting(0, "of starting points, directions and outcomes", least=0)
    steps: int = setting(74, "of each training, two evaluations a step", least=1)
    shots: int = setting(1000, "outcomes an evaluation", least=2)
    backend: str = setting("FakeManilaV2", "fake backend whose noise is taken; empty for none")
    channels: str = setting("depolarizing:0.01", "noise of Braket's simulator; empty for none")
    coupling: float = setting(1.0, "J of the Ising chain", unit="energy")
    transverse: float = setting(0.5, "field h of the Ising chain", unit="energy")
    beta: float = setting(1.0, "inverse temperature of the chain", unit="1/energy", above=0)
    layers: int = setting(3, "layers of both circuits", least=1)
    polish: int = setting(30, "most steps to the best that the noise allows", least=1)


def run(spec: Spec, *, record: Record) -> Outcome:
    """Train both models on every device, and say how far from the best they end."""
    report: dict[str, dict[str, Any]] = {}
    parameters, history, spent = {}, {}, Cost()
    for part in (Thermal(spec), Born(spec)):
        for source, device in sources(spec).items():
            objective = part.objective(device)
            name = f"{part.name}/{source}"
            result = record.fit(objective, part=name, **settings(spec))
            exact = part.exact(result.params)
            spent = spent + result.spent
            report[name] = {
                "learned, above the floor": exact - part.floor,
                "measured last, above the floor": result.estimate.value - part.floor,
                "standard error of that": result.estimate.stderr,
                "evaluations": 2 * len(result.history["loss"]),
                "circuits": result.spent.circuits,
                "jobs": result.spent.jobs,
                "shots": result.spent.shots,
            }
            if laws := noisy_laws(spec, source):
                report[name] |= under_noise(spec, laws, part, result.params)
            parameters[name] = result.params
            history |= {f"{name}/{key}": result.history[key] for key in ("loss", "stderr")}
        report[f"{part.name}, floor"] = {"entropy of the data": part.floor}
    if "braket" not in sources(spec):
        report["left out"] = {"braket": "amazon-braket-pennylane-plugin is not installed"}
    device = ", ".join(sorted({text for text in sources(spec).values() if text}))
    return Outcome(report, parameters, history, device, spent.circuits, spent.shots)


def plan(spec: Spec) -> dict[str, training.Plan]:
    """Say what each training will cost."""
    return {
        f"{part.name}/{source}": training.plan(part.objective(device), **settings(spec))
        for part in (Thermal(spec), Born(spec))
        for source, device in sources(spec).items()
    }


def sources(spec: Spec) -> dict[str, str | None]:
    """Return where values come from, as devices; None for exact values."""
    found: dict[str, str | None] = {"exact": None, "shots": "default.qubit"}
    if spec.backend:
        found["noise"] = f"qiskit.remote backend={spec.backend}"
    if "braket.local.qubit" in devices.installed():
        noise = f" noise={spec.channels}" if spec.channels else ""
        found["braket"] = f"braket.local.qubit backend=braket_dm{noise}"
    return found


def settings(spec: Spec) -> dict[str, Any]:
    """Return the settings of every training."""
    return {"optimizer": "spsa", "steps": spec.steps, "seed": spec.seed}


# --- what is learned --------------------------------------------------------------------------


class Thermal:
    """A Gibbs state of the Ising chain and its thermal model."""

    name = "thermal"

    def __init__(self, spec: Spec):
        self.spec = spec
        chain = transverse_field_ising(WIRES, spec.coupling, spec.transverse)
        self.data = gibbs_state(chain, spec.beta)
        self.model = ThermalModel(ising(WIRES, spec.layers), ProductSpectrum(WIRES))
        self.floor = float(quantum.entropy(self.data))

    def objective(self, device: str | None) -> Objective:
        """Return the loss, exact or as a device measures it."""
        if device is None:
            return exact_cross_entropy(self.model, self.data)
        seed = seed_of(device, self.spec)
        return deferred_cross_entropy(
            self.model, self.data, device=device, shots=self.spec.shots, seed=seed
        )

    def exact(self, params: np.ndarray) -> float:
        """Return the loss of ideal circuits."""
        return float(exact_cross_entropy(self.model, self.data)(params))

    def circuits(self) -> tuple[np.ndarray, list[Callable[[np.ndarray], None]]]:
        """Return weights and circuits whose outcomes make up the loss: data, then U†."""
        weights, vectors = np.linalg.eigh(self.data)

        def prepared(ket: np.ndarray) -> Callable[[np.ndarray], None]:
            def queue(phi: np.ndarray) -> None:
                qml.StatePrep(ket, wires=range(WIRES))
                qml.adjoint(self.model.circuit.queue)(phi)

            return queue

        return weights, [prepared(ket) for ket in vectors.T]

    def loss(self, law: np.ndarray, params: np.ndarray) -> float:
        """Return the loss for outcomes of a law."""
        return float(-law @ np.asarray(self.model.log_probabilities(params)))

    def best_loss(self, law: np.ndarray) -> float:
        """Return the least loss for that law: of a product, the entropies of its marginals."""
        return float(sum(classical.entropy(m) for m in marginals(law)))

    def angles(self, params: np.ndarray) -> np.ndarray:
        """Return the parameters of the circuit."""
        return np.asarray(self.model.split(params)[1])


class Born:
    """A distribution and its Born machine."""

    name = "Born machine"

    def __init__(self, spec: Spec):
        self.spec = spec
        self.data = np.array(LAW)
        self.model = BornMachine(rotations_xx(WIRES, spec.layers))
        self.floor = float(classical.entropy(self.data))

    def objective(self, device: str | None) -> Objective:
        """Return the loss, exact or as a device measures it."""
        if device is None:
            return measured_likelihood(self.model, self.data)
        seed = seed_of(device, self.spec)
        return measured_likelihood(
            self.model, self.data, device=device, shots=self.spec.shots, seed=seed
        )

    def exact(self, params: np.ndarray) -> float:
        """Return the loss of ideal circuits."""
        return float(measured_likelihood(self.model, self.data)(params))

    def circuits(self) -> tuple[np.ndarray, list[Callable[[np.ndarray], None]]]:
        """Return weights and circuits whose outcomes make up the loss."""
        return np.ones(1), [self.model.circuit.queue]

    def loss(self, law: np.ndarray, params: np.ndarray) -> float:
        """Return the loss for outcomes of a law."""
        del params
        return float(classical.cross_entropy(self.data, law))

    def best_loss(self, law: np.ndarray) -> float:
        """Return the least loss for that law: there is nothing else to choose."""
        return self.loss(law, law)

    def angles(self, params: np.ndarray) -> np.ndarray:
        """Return the parameters of the circuit."""
        return params


def seed_of(device: str, spec: Spec) -> int | None:
    """Return the seed of the outcomes; Braket's simulators take none."""
    return None if device.startswith("braket") else spec.seed


def marginals(law: np.ndarray) -> Sequence[np.ndarray]:
    """Return the law of each of two wires."""
    table = law.reshape(2, 2)
    return table.sum(axis=1), table.sum(axis=0)


# --- what the noise allows ----------------------------------------------------------------------


Laws = Callable[[Sequence[tuple[Any, np.ndarray]]], np.ndarray]


def noisy_laws(spec: Spec, source: str) -> Laws | None:
    """Return what computes exact laws of outcomes under the noise of a source; None without any."""
    if source == "noise":
        return NoisyLaws(spec.backend)
    if source == "braket" and spec.channels:
        return ChannelLaws(sources(spec)["braket"])
    return None


def under_noise(spec: Spec, laws: Laws, part: Any, params: np.ndarray) -> dict[str, float]:
    """Compare what was learned with the best under the noise, both without sampling error."""
    weights, queues = part.circuits()

    def law(phi: np.ndarray) -> np.ndarray:
        return weights @ laws([(queue, phi) for queue in queues])

    def slopes(phi: np.ndarray) -> np.ndarray:
        """Central differences, all in one job."""
        moved = [phi + s * e for e in 1e-4 * np.eye(len(phi)) for s in (1, -1)]
        table = laws([(queue, x) for x in moved for queue in queues])
        table = np.einsum("w,mwx->mx", weights, table.reshape(len(moved), len(weights), -1))
        values = np.array([part.best_loss(row) for row in table])
        return (values[::2] - values[1::2]) / 2e-4

    ideal = training.fit(part.objective(None), optimizer="natural", seed=spec.seed, progress=False)
    reached = part.loss(law(part.angles(params)), params)
    lowest = [
        minimize(
            lambda phi: part.best_loss(law(phi)),
            part.angles(begin),
            jac=slopes,
            method="BFGS",
            options={"maxiter": spec.polish, "gtol": 1e-4},
        ).fun
        for begin in (ideal.params, params)
    ]
    return {
        "best under the noise": min(lowest),
        "learned, under the noise": reached,
        "above the best under the noise": reached - min(lowest),
    }


class NoisyLaws:
    """Exact laws of outcomes on a fake backend, from density matrices under its noise model.

    Circuits are compiled as the device compiles them: noise comes with the gates.
    """

    def __init__(self, name: str):
        from qiskit_aer import AerSimulator
        from qiskit_aer.noise import NoiseModel

        self._device = devices.open(f"qiskit.remote backend={name}", WIRES)
        # As fake backends make their own; `from_backend` would make both readout errors alike.
        noise = NoiseModel.from_backend_properties(self._device.backend.properties())
        self._simulator = AerSimulator(method="density_matrix", noise_model=noise)
        errors = [e for e in noise.to_dict()["errors"] if e["type"] == "roerror"]
        # Probabilities are saved before they are read out.
        self._readout = {
            q: np.array(e["probabilities"]) for e in errors for (q,) in e["gate_qubits"]
        }

    def __call__(self, calls: Sequence[tuple[Any, np.ndarray]]) -> np.ndarray:
        """Return the law of each circuit, shape `(k, 4)`, wire 0 first."""
        pubs = self._device.compiled([_script(*call) for call in calls])
        laws = np.zeros((len(calls), 2**WIRES))
        for pub in pubs:
            circuit, qubits = _unmeasured(pub.circuit)
            circuit.save_probabilities(qubits[::-1])  # Qiskit's first qubit is the last bit
            ((names, columns),) = pub.bindings.items()
            bound = [
                circuit.assign_parameters(dict(zip(names, row, strict=True))) for row in columns
            ]
            result = self._simulator.run(bound).result()
            seen = [result.data(k)["probabilities"] for k in range(len(bound))]
            confusion = np.kron(*(self._readout[q] for q in qubits))
            laws[list(pub.members)] = np.array(seen) @ confusion
        return laws


class ChannelLaws:
    """Exact laws of outcomes on a device with a channel after each of its gates.

    Circuits are decomposed and get their channels as on the device; then they run on PennyLane's
    density matrices, compiled once for all angles.
    """

    def __init__(self, text: str | None):
        self._expand, _ = devices.open(str(text), WIRES).preprocess()
        self._simulator = qml.device("default.mixed", wires=WIRES)
        self._compiled: dict[Any, Any] = {}

    def __call__(self, calls: Sequence[tuple[Any, np.ndarray]]) -> np.ndarray:
        """Return the law of each circuit, shape `(k, 4)`, wire 0 first."""
        return np.array([self._law(queue)(phi) for queue, phi in calls])

    def _law(self, queue: Any) -> Any:
        def law(phi: Any) -> Any:
            scripts, _ = self._expand([_script(queue, phi, shots=None)])
            (found,) = qml.execute(
                scripts, self._simulator, diff_method="backprop", interface="jax"
            )
            return found

        if queue not in self._compiled:
            self._compiled[queue] = jax.jit(law)
        return self._compiled[queue]


def _script(queue: Callable[[np.ndarray], None], phi: np.ndarray, shots: int | None = 1) -> Any:
    def circuit() -> None:
        queue(phi)
        qml.probs(wires=range(WIRES))

    return qml.tape.make_qscript(circuit, shots=shots)()


def _unmeasured(compiled: Any) -> tuple[Any, list[int]]:
    """Return a circuit without its measurements, and the qubit behind each classical bit."""
    circuit, read = compiled.copy_empty_like(), {}
    for step in compiled.data:
        if step.operation.name == "measure":
            bit = compiled.find_bit(step.clbits[0]).index
            read[bit] = compiled.find_bit(step.qubits[0]).index
        elif step.operation.name != "barrier":
            circuit.append(step)
    return circuit, [read[bit] for bit in sorted(read)]


# --- figure -------------------------------------------------------------------------------------

STYLES = {
    "exact": ("exact", plots.GREY, "-"),
    "shots": ("shots", plots.BLUE, "-"),
    "noise": ("IBM noise", plots.ORANGE, "--"),
    "braket": ("Braket noise", plots.GREEN, "-."),
}


def draw(outcome: Outcome) -> Any:
    """Draw the losses, smoothed, with bands of two standard errors."""
    figure, panels = plt.subplots(2, 1, figsize=(plots.COLUMN, 1.5 * plots.COLUMN), sharex=True)
    titles = {"thermal": "(a) thermal model", "Born machine": "(b) Born machine"}
    for axes, (name, title) in zip(panels, titles.items(), strict=True):
        for source, (label, color, line) in STYLES.items():
            if f"{name}/{source}/loss" in outcome.history:
                loss, stderr = (outcome.history[f"{name}/{source}/{k}"] for k in ("loss", "stderr"))
                _band(axes, loss, stderr, label=label, color=color, linestyle=line)
        floor = outcome.report[f"{name}, floor"]["entropy of the data"]
        thin = {"linewidth": 0.8, "linestyle": ":"}
        axes.axhline(floor, color="black", label="entropy of the data", **thin)
        for source, (label, color, _) in STYLES.items():
            found = outcome.report.get(f"{name}/{source}", {})
            if best := found.get("best under the noise"):
                axes.axhline(best, color=color, label=f"best under {label}", **thin)
        axes.set(title=title, ylabel="loss (nats)")
    panels[0].legend()
    panels[-1].set_xlabel("step of SPSA, two evaluations each")
    return figure


def _band(axes: Any, loss: np.ndarray, stderr: np.ndarray, **line: Any) -> None:
    """Means of five steps in a row: one value of 1000 shots says little."""
    width = min(5, len(loss))
    window = np.full(width, 1 / width)
    mean = np.convolve(loss, window, "valid")
    error = np.sqrt(np.convolve(stderr**2, window**2, "valid"))
    steps = np.arange(len(mean)) + (width - 1) / 2
    axes.plot(steps, mean, **line)
    axes.fill_between(
        steps, mean - 2 * error, mean + 2 * error, color=line["color"], alpha=0.2, linewidth=0
    )
