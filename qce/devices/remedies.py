"""Remedies against noise: readings corrected by their calibration, gates extrapolated to no noise.

Both are linear in the frequencies, so corrected frequencies sum to 1 and may be negative, and both
buy a smaller bias with a larger variance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from qce._checks import error


@dataclass(frozen=True)
class Remedies:
    """What is done about noise.

    Args:
        readout: correct readings by the confusion matrix of each wire. It is calibrated from two
            circuits, all wires in 0 and all in 1, with `calibration_shots` each; errors that wires
            have in common are not seen.
        scales: factors of the noise at which circuits run, by folding U to U (U†U)^k, for
            polynomial extrapolation to 0; empty for none. Each takes all the shots.
        calibration_shots: outcomes a calibration circuit.

    Example:
        >>> Remedies(scales=(1.0, 3.0)).weights.tolist()
        [1.5, -0.5]
    """

    readout: bool = False
    scales: tuple[float, ...] = ()
    calibration_shots: int = 10_000

    def __post_init__(self) -> None:
        if not isinstance(self.readout, bool):
            raise error("readout", "be true or false", f"it is {self.readout!r}", "readout=true")
        scales = self.scales
        if scales and (len(set(scales)) < max(2, len(scales)) or min(scales) < 1):
            must = "be two or more different factors from 1 on"
            raise error("zne", must, f"they are {list(scales)}", "zne=1,3, for example")

    @classmethod
    def read(cls, zne: Any = (), **options: Any) -> Remedies:
        """From the options of a line of text, where `zne` is scales with commas between."""
        try:
            scales = tuple(float(x) for x in (zne.split(",") if isinstance(zne, str) else zne))
        except (TypeError, ValueError):
            must = "be factors of the noise with commas between"
            raise error("zne", must, f"it is {zne!r}", "zne=1,3, for example") from None
        return cls(scales=scales, **options)

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


@dataclass(frozen=True)
class Confusion:
    """How often each wire is read wrongly.

    Args:
        ones: probability to read 1 where 0 was, shape `(n,)`.
        zeros: probability to read 0 where 1 was, shape `(n,)`.
    """

    ones: np.ndarray
    zeros: np.ndarray

    @classmethod
    def calibrated(cls, laws: list[np.ndarray]) -> Confusion:
        """From the frequencies of all outcomes with all wires in 0, and with all in 1."""
        wires = len(laws[0]).bit_length() - 1
        bits = (np.arange(len(laws[0]))[:, None] >> np.arange(wires)[::-1]) & 1
        found = cls(laws[0] @ bits, laws[1] @ (1 - bits))
        if (found.ones + found.zeros >= 1).any():
            wire = int(np.argmax(found.ones + found.zeros))
            but = f"wire {wire} reads {found.ones[wire]:.3g} and {found.zeros[wire]:.3g} wrongly"
            must = "be for wires that tell 0 from 1"
            raise error("readout", must, but, "readout=false, or other qubits")
        return found

    def correct(self, law: np.ndarray) -> np.ndarray:
        """Undo the wrong readings of frequencies, shape `(2^n,)`."""
        return _by_wire(np.linalg.inv(self._matrices), law)

    def confuse(self, law: np.ndarray) -> np.ndarray:
        """Return what is read where these are the probabilities, shape `(2^n,)`."""
        return _by_wire(self._matrices, law)

    def worth(self, cost: np.ndarray) -> np.ndarray:
        """Return costs `(2^n,)` whose mean over what is read is that of `cost` corrected."""
        return _by_wire(np.linalg.inv(self._matrices).swapaxes(-1, -2), cost)

    @property
    def _matrices(self) -> np.ndarray:
        """Probability to read i where j was, shape `(n, 2, 2)`."""
        return np.array([[1 - self.ones, self.zeros], [self.ones, 1 - self.zeros]]).transpose(
            2, 0, 1
        )


def _by_wire(matrices: np.ndarray, vector: np.ndarray) -> np.ndarray:
    table = vector.reshape((2,) * len(matrices))
    for wire, matrix in enumerate(matrices):
        table = np.moveaxis(np.tensordot(matrix, table, axes=(1, wire)), 0, wire)
    return table.reshape(-1)
