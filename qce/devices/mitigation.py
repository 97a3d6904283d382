"""Error mitigation: calibrated readout correction, and extrapolation of gate noise to zero.

Both are linear in the frequencies, so corrected frequencies sum to 1 and may be negative. Both
reduce the bias but increase the variance, which is known: a mean over corrected frequencies equals
a mean of transformed costs over the measured ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from qce._checks import error, integer, sequence, shown, truth
from qce._showing import Shown
from qce._wires import all_bits


@dataclass(frozen=True, repr=False)
class Remedies(Shown):
    """The error mitigation of a device.

    Args:
        readout: correct readings by the confusion matrix of each wire. It is calibrated from two
            circuits, all wires in 0 and all in 1, with `calibration_shots` each; correlated errors
            of wires are not detected.
        scales: factors of the noise at which circuits run, by folding U to U (U†U)^k, for
            polynomial extrapolation to 0; empty for none. Each scale takes all the shots.
        calibration_shots: outcomes a calibration circuit.

    Example:
        >>> Remedies(scales=(1.0, 3.0)).weights.tolist()
        [1.5, -0.5]
    """

    readout: bool = False
    scales: tuple[float, ...] = ()
    calibration_shots: int = 10_000

    def __post_init__(self) -> None:
        truth("readout", self.readout)
        object.__setattr__(self, "scales", _factors("scales", self.scales))
        shots = integer("calibration_shots", self.calibration_shots, "10_000, for example", least=1)
        object.__setattr__(self, "calibration_shots", shots)

    @classmethod
    def read(cls, zne: Any = (), **options: Any) -> Remedies:
        """From the options of a line of text, where `zne` is scales with commas between."""
        scales = zne.split(",") if isinstance(zne, str) else zne
        return cls(scales=_factors("zne", scales), **options)

    def __bool__(self) -> bool:
        """Whether there is any."""
        return self.readout or bool(self.scales)

    @property
    def weights(self) -> np.ndarray:
        """Weights of the polynomial through all scales at 0, shape `(scales,)`; they sum to 1."""
        scales = np.array(self.scales or (1.0,))
        others = scales[None, :] - scales[:, None] + np.eye(len(scales))
        factors = np.where(np.eye(len(scales), dtype=bool), 1.0, scales[None, :] / others)
        return factors.prod(axis=1)

    def folded(self, tape: Any) -> list[Any]:
        """The circuit at each scale; preparations of states at its start stay as they are."""
        import pennylane as qml

        if not self.scales:
            return [tape]
        prepared = [isinstance(x, qml.operation.StatePrepBase) for x in tape.operations]
        start = prepared.index(False) if False in prepared else len(prepared)
        first, gates = tape.operations[:start], tape.copy(operations=tape.operations[start:])
        folds = [qml.noise.fold_global(gates, scale)[0][0] for scale in self.scales]
        return [tape.copy(operations=[*first, *fold.operations]) for fold in folds]


def _factors(name: str, scales: Any) -> tuple[float, ...]:
    """Factors of the noise: none, or two or more different ones from 1 on."""
    must, remedy = "be two or more different factors from 1 on", "zne=1,3, for example"
    listed = np.atleast_1d(scales) if isinstance(scales, (int, float)) else scales
    try:
        found = tuple(float(x) for x in sequence(name, listed, remedy))
    except (TypeError, ValueError):
        raise error(name, must, f"it is {shown(scales)}", remedy) from None
    if found and (
        len(set(found)) < max(2, len(found)) or not 1 <= min(found) <= max(found) < np.inf
    ):
        raise error(name, must, f"they are {list(found)}", remedy)
    return found


@dataclass(frozen=True, eq=False, repr=False)
class Confusion(Shown):
    """Readout errors of each wire.

    Args:
        ones: probability to read 1 for 0, shape `(n,)`.
        zeros: probability to read 0 for 1, shape `(n,)`.
        shots: outcomes from which each was estimated; `None` where they are exact.
    """

    ones: np.ndarray
    zeros: np.ndarray
    shots: int | None = None

    @classmethod
    def calibrated(cls, distributions: list[np.ndarray], shots: int | None = None) -> Confusion:
        """The errors from frequencies of all outcomes with all wires in 0, and with all in 1."""
        wires = len(distributions[0]).bit_length() - 1
        bits = all_bits(wires)
        found = cls(distributions[0] @ bits, distributions[1] @ (1 - bits), shots)
        if (found.ones + found.zeros >= 1).any():
            wire = int(np.argmax(found.ones + found.zeros))
            but = f"wire {wire} reads {found.ones[wire]:.3g} and {found.zeros[wire]:.3g} wrongly"
            must = "be for wires that tell 0 from 1"
            raise error("readout", must, but, "readout=false, or other qubits")
        return found

    def correct(self, distribution: np.ndarray) -> np.ndarray:
        """Return frequencies `(2^n,)` corrected for readout errors."""
        return _by_wire(np.linalg.inv(self._matrices), distribution)

    def confuse(self, distribution: np.ndarray) -> np.ndarray:
        """Return the probabilities of readings for these probabilities of outcomes, `(2^n,)`."""
        return _by_wire(self._matrices, distribution)

    def worth(self, cost: np.ndarray) -> np.ndarray:
        """Return costs `(2^n,)` whose mean over readings is the corrected mean of `cost`."""
        return _by_wire(np.linalg.inv(self._matrices).swapaxes(-1, -2), cost)

    def slopes(self, read: np.ndarray, cost: np.ndarray) -> np.ndarray:
        """Return derivatives of the corrected mean of `cost` by `ones` and `zeros`, `(2, n)`.

        By d(A⁻¹) = −A⁻¹ dA A⁻¹; the dA of a wire moves weight from 0 to 1, or from 1 to 0.
        """
        wires = len(self.ones)
        shape = (2,) * wires
        distribution, cost = self.correct(read).reshape(shape), cost.reshape(shape)
        found = np.zeros((2, wires))
        for wire, rate in enumerate(1 - self.ones - self.zeros):
            zero, one = np.moveaxis(distribution, wire, 0)
            gain = np.diff(np.moveaxis(cost, wire, 0), axis=0)[0] / rate
            found[:, wire] = -np.sum(zero * gain), np.sum(one * gain)
        return found

    def variance(self, slopes: np.ndarray) -> float:
        """Return the variance of a mean with these slopes due to the calibration."""
        if self.shots is None:
            return 0.0
        rates = np.array([self.ones, self.zeros])
        return float((slopes**2 * rates * (1 - rates)).sum() / self.shots)

    @cached_property
    def _matrices(self) -> np.ndarray:
        """Probability to read i for j, shape `(n, 2, 2)`."""
        return np.array([[1 - self.ones, self.zeros], [self.ones, 1 - self.zeros]]).transpose(
            2, 0, 1
        )


@dataclass(frozen=True, eq=False, repr=False)
class Reading(Shown):
    """The readings of a circuit, at every scale of its noise.

    Args:
        raw: measured frequencies, shape `(scales, 2^n)`.
        weights: of the scales, shape `(scales,)`.
        confusions: of the qubits measured at each scale; `None` without readout correction.
    """

    raw: np.ndarray
    weights: np.ndarray
    confusions: tuple[Confusion | None, ...]

    @property
    def distribution(self) -> np.ndarray:
        """Corrected frequencies, shape `(2^n,)`."""
        pairs = zip(self.raw, self.confusions, strict=True)
        return self.weights @ np.array(
            [distribution if c is None else c.correct(distribution) for distribution, c in pairs]
        )

    def moments(self, cost: np.ndarray) -> tuple[float, float]:
        """Return mean and variance of the cost `(2^n,)` of one outcome at each scale, weighted.

        The variance is that of the frequencies, without the factor N/(N − 1).
        """
        worth = np.array([cost if c is None else c.worth(cost) for c in self.confusions])
        means = (self.raw * worth).sum(axis=1)
        variances = (self.raw * (worth - means[:, None]) ** 2).sum(axis=1)
        return float(self.weights @ means), float(self.weights**2 @ variances)


class Part(NamedTuple):
    """A circuit of a mixture: its share of the outcomes, its readings, and costs of outcomes."""

    share: float
    reading: Reading
    cost: np.ndarray


def mixture_error(*mixtures: Sequence[Part], shots: int) -> float:
    """Return the standard error of a sum of mixtures, each with its own outcomes.

    The value of a mixture is Σ share · mean cost, where a circuit is drawn for every outcome. The
    outcomes of a circuit at its scales can be paired in any way to give `shots` independent ones of
    the mixture; their sample variance, averaged over all pairings, is the mean of the variances
    within the circuits plus the variance of their means, so that it is unbiased for any number of
    outcomes. The error of the calibration, which all circuits share, is added to first order.
    """
    variance, slopes = 0.0, dict[Confusion, np.ndarray]()
    for parts in mixtures:
        shares = np.array([part.share for part in parts])
        means, variances = np.array([part.reading.moments(part.cost) for part in parts]).T
        variance += shares @ (variances + (means - shares @ means) ** 2) / (shots - 1)
        for part in parts:
            reading = part.reading
            for raw, weight, c in zip(
                reading.raw, reading.weights, reading.confusions, strict=True
            ):
                if c is not None:
                    slope = part.share * weight * c.slopes(raw, part.cost)
                    slopes[c] = slopes.get(c, 0.0) + slope
    calibration = sum(c.variance(slope) for c, slope in slopes.items())
    return float((variance + calibration) ** 0.5)


def _by_wire(matrices: np.ndarray, vector: np.ndarray) -> np.ndarray:
    table = vector.reshape((2,) * len(matrices))
    for wire, matrix in enumerate(matrices):
        table = np.moveaxis(np.tensordot(matrix, table, axes=(1, wire)), 0, wire)
    return table.reshape(-1)
