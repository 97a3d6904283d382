"""How closely a device reproduces a model that was trained by exact likelihood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from scipy import special

from qce import _checks
from qce._checks import error
from qce._showing import Shown
from qce._wires import all_bits
from qce.circuits import Circuit
from qce.data.rows import Rows, as_rows
from qce.models.checking import require
from qce.objectives.machine import check_plain, check_shots, open_machine
from qce.results import Estimate
from qce.typing import Array, OutcomeModel

# Up to this number all strings are listed; beyond, the trained model draws some.
_LISTED = 2**16
# From this many expected counts on, the bias of an outcome's logarithm is below 5e-6.
_OFTEN = 10


@dataclass(frozen=True, repr=False)
class DeploymentGap(Shown):
    """How far the distribution of a device is from the trained model; nats throughout.

    Args:
        gap: relative entropy D(trained‖deployed).
        surprise: −ln p of the trained model, a mean over outcomes of the device, unbiased; it is
            the cross entropy of deployed and trained distribution, at any number of wires.
        deployed: negative log-likelihood of the data under the device; `None` without data.
        trained: the same under the trained model, exactly.
        rare: share of the trained distribution on outcomes that the device gave less than ten
            times, whose logarithms are biased; 0 for a distribution that is known.
    """

    gap: Estimate
    surprise: Estimate
    deployed: Estimate | None
    trained: Estimate | None
    rare: float

    def __str__(self) -> str:
        lines = {
            "D(trained‖deployed)": self.gap,
            "trained model on the device's outcomes": self.surprise,
            "data under the device": self.deployed,
            "data under the trained model": self.trained,
        }
        return "\n".join(f"{name}: {x}" for name, x in lines.items() if x is not None)


def deploy(
    circuit: Circuit,
    params: Array | tuple[()] = (),
    *,
    device: Any = None,
    shots: int | None = None,
    seed: int | None = None,
) -> np.ndarray:
    """Run a circuit on a device and return its counts, or probabilities.

    Args:
        circuit: from `qce.circuits`, such as `from_tree(model, params)` or `model.circuit`.
        params: its parameters, shape `(size,)`.
        device: PennyLane device or its name; `None` for a simulator without noise.
        shots: outcomes to draw; `None` for exact probabilities, where the device has them.
        seed: of the outcomes, for devices opened by name.

    Returns:
        Counts of all outcomes, integers `(2^n,)`; probabilities without shots.

    Example:
        >>> from qce import circuits
        >>> deploy(circuits.rx(2), [np.pi, 0.0], shots=100).tolist()
        [0, 0, 100, 0]
    """
    _checks.instance("circuit", circuit, Circuit, "one of qce.circuits")
    shots = check_shots(shots)
    given = np.asarray(_checks.vector("params", params, circuit.size), dtype=float)
    machine = open_machine(device, circuit.wires, seed)
    check_plain(machine, "table of outcomes")
    distribution = machine.frequencies(circuit.queue, given, shots)
    return np.asarray(distribution) if shots is None else np.rint(distribution * shots).astype(int)


def deployment_gap(
    model: OutcomeModel,
    params: Array,
    outcomes: Any,
    data: Any = None,
    *,
    samples: int = 10_000,
    seed: int = 0,
) -> DeploymentGap:
    r"""Compare a trained model with the outcomes of a device.

    The device's distribution q is known only from N outcomes, of which k are x. The estimate of
    ln q(x) is $H_k - H_N$, with harmonic numbers: its mean is $\ln q + \sum_{j>N} (1-q)^j/j$, so
    that it is high by less than $e^{-Nq}/Nq$ and finite where x was never seen. So `gap` and
    `deployed` are low: slightly if every outcome that matters is seen ten times or more, by any
    amount if outcomes are missing, where q may be 0. `rare` and the bias of the estimates say
    which. With many wires no number of outcomes is enough; `surprise` is unbiased even there, and
    its excess over the entropy of the trained model shows the noise.

    Args:
        model: gives ln p(x) exactly, such as `models.TensorTree` or `models.IQP`.
        params: its parameters.
        outcomes: those of the device: counts of all outcomes, integers `(2^n,)`, bit strings
            `(N, n)`, a dictionary of counts, or probabilities `(2^n,)`, for which all is exact.
        data: outcomes whose likelihood is computed under both; as `outcomes`.
        samples: strings drawn from the trained model where there are more than 65536 in all.
        seed: of these.

    Returns:
        Estimates with standard errors: of the device's outcomes, of the data, and of the strings
        drawn from the model.

    Raises:
        ValueError: wires differ, or bits were not seen.

    Source: arXiv:2511.01845, for the question; P. Grassberger, arXiv:physics/0307138, for
    logarithms of counts.

    Example:
        >>> from qce import circuits, models
        >>> machine = models.BornMachine(circuits.rx(1))
        >>> found = deployment_gap(machine, [np.pi / 2], np.array([600, 400]), np.array([1, 1]))
        >>> print(found.gap)
        0.0199 ± 0.0064 nats (1000 shots)
    """
    require(model, "log_prob", "sample")
    seed = _checks.seed("seed", seed)
    device = _complete("outcomes", outcomes, model.wires)
    known = None if data is None else _complete("data", data, model.wires)
    remedy = "samples=10000, for example"
    samples = _checks.integer("samples", samples, remedy, least=2)
    distribution = _Deployed(device)
    with jax.enable_x64(True):
        own, drawn = _own(model, params, samples, seed)
        gap, rare = _excess(distribution, own, drawn, _log_prob(model, params, own.bits))
        surprise = _mean(device, -_log_prob(model, params, device.bits))
        if known is None:
            return DeploymentGap(gap, surprise, None, None, rare)
        deployed, _ = _excess(distribution, known, known.total, np.zeros(len(known.bits)))
        trained = _mean(known, -_log_prob(model, params, known.bits))
    return DeploymentGap(gap, surprise, deployed, trained, rare)


class _Deployed:
    """Logarithms of a distribution that is known from outcomes, or exactly."""

    def __init__(self, rows: Rows):
        self.total = rows.total
        self._found = dict(zip(_keys(rows.bits), rows.frequencies.tolist(), strict=True))

    def logarithms(self, bits: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return ln q of each row, its variance, and whether it was seen less than ten times."""
        share = np.array([self._found.get(key, 0.0) for key in _keys(bits)])
        if self.total is None:
            with np.errstate(divide="ignore"):
                return np.log(share), np.zeros(len(bits)), np.zeros(len(bits), dtype=bool)
        counts = np.rint(share * self.total)
        value = special.digamma(counts + 1) - special.digamma(self.total + 1)
        return value, special.polygamma(1, counts + 1), counts < _OFTEN


def _excess(
    distribution: _Deployed, rows: Rows, drawn: int | None, log_p: np.ndarray
) -> tuple[Estimate, float]:
    """The mean of ln p − ln q over rows, and the share of them whose ln q is biased."""
    log_q, variances, seldom = distribution.logarithms(rows.bits)
    weights = rows.frequencies
    terms = np.where(weights > 0, log_p - log_q, 0.0)
    value, rare = float(weights @ terms), float(weights @ seldom)
    # Counts of different outcomes share their total, so that common terms cancel.
    variance = float(weights**2 @ variances)
    if distribution.total is not None:
        variance = max(variance - float(special.polygamma(1, distribution.total + 1)), 0.0)
    if drawn is not None and np.isfinite(value):
        variance += float(weights @ (terms - value) ** 2) / (drawn - 1)
    bias = f"low: {rare:.2g} of it on outcomes seen less than {_OFTEN} times" if rare > 0 else ""
    return Estimate(
        value, variance**0.5, distribution.total if drawn is None else drawn, bias
    ), rare


def _mean(rows: Rows, values: np.ndarray) -> Estimate:
    """The mean over rows, with the error of so many outcomes."""
    value = float(rows.frequencies @ np.where(rows.frequencies > 0, values, 0.0))
    if rows.total is None or not np.isfinite(value):
        return Estimate(value, 0.0, rows.total)
    spread = float(rows.frequencies @ (values - value) ** 2) / (rows.total - 1)
    return Estimate(value, spread**0.5, rows.total)


def _own(model: OutcomeModel, params: Array, samples: int, seed: int) -> tuple[Rows, int | None]:
    """The trained distribution: all strings with their probabilities, or strings it draws."""
    if 2**model.wires > _LISTED:
        return as_rows("samples", model.sample(params, samples, seed)), samples
    every = all_bits(model.wires)
    p = np.exp(_log_prob(model, params, every))
    return Rows(every.astype(np.int8), p / p.sum(), None), None


def _log_prob(model: OutcomeModel, params: Array, bits: np.ndarray) -> np.ndarray:
    return np.asarray(model.log_prob(params, bits), dtype=float)


def _complete(name: str, given: Any, wires: int) -> Rows:
    rows = as_rows(name, given)
    if rows.wires != wires:
        must, but = f"be of the model's {wires} wires", f"they are of {rows.wires}"
        raise error(name, must, but, "what was measured on its circuit, wire 0 first")
    if not rows.complete:
        raise error(name, "have every bit of every row", "some were not seen", "complete rows")
    if rows.total is not None and rows.total < 2:
        raise error(name, "hold two outcomes or more", "there is one", "more of them")
    return rows


def _keys(bits: np.ndarray) -> list[bytes]:
    """Each row as the key of a dictionary."""
    return [row.tobytes() for row in np.ascontiguousarray(bits, dtype=np.int8)]
