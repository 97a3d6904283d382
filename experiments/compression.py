"""Compress a quantum source with the code of another one: a step at the quantum cross entropy.

The code is made for σ; the letters come from ρ. A block of n letters fits into nR bits with a
probability that steps from 0 to 1 at R = S(ρ, σ), not at the entropy S(ρ), which the right code
reaches. Sums run over type classes: thousands of letters are exact.
"""

from dataclasses import dataclass

import numpy as np

from qce.coding import Source, code_dimension, mean_length, success_probability, typical_overlap
from qce.reproduce import drawn_by
from qce.runs import Outcome, setting


@dataclass(frozen=True)
class Spec:
    """All that decides the run."""

    data_length: float = setting(0.9, "Bloch vector of the data, along z", least=0, most=1)
    model_length: float = setting(0.6, "Bloch vector of the model", least=0, most=1)
    tilt: float = setting(0.5, "angle between them", unit="radian")
    blocks: tuple[int, ...] = setting((100, 400, 1000, 4000), "letters in a block", least=1)
    rates: int = setting(201, "rates around the step", least=2)
    offset: float = setting(0.05, "distance from the step in the table", unit="bits", above=0)
    words: tuple[int, ...] = setting((1, 2, 4, 8, 16, 32, 64), "letters in a code word", least=1)
    # With q = 1/5 the lengths of strings are a lattice, on which a band of 0.1 would end.
    band: float = setting(0.1003, "half width of the typical band", unit="bits", above=0)


def run(spec: Spec) -> Outcome:
    """Count what fits."""
    source = Source.schumacher(*pair(spec))
    right = Source.schumacher(pair(spec)[0])
    step = source.cross_entropy
    rate = np.linspace(max(0.0, step - 0.3), step + 0.3, spec.rates)
    blocks, words = np.array(spec.blocks), np.array(spec.words)
    history = {
        "rate": rate,
        "blocks": blocks,
        "success": np.array([success_probability(source, n, rate) for n in spec.blocks]),
        "success of the right code": success_probability(right, max(spec.blocks), rate),
        "words": words,
        "mean length": np.array([mean_length(source, n) for n in spec.words]),
        "typical overlap": np.array([typical_overlap(source, n, spec.band) for n in spec.blocks]),
    }
    report = {"Rates (bits a letter)": rates(source), "Success": success(source, spec)}
    report["Mean length (bits a letter)"] = {
        f"{n} letters": float(x) for n, x in zip(words, history["mean length"], strict=True)
    }
    report["Weight in the model's typical subspace"] = {
        f"{n} letters": float(x) for n, x in zip(blocks, history["typical overlap"], strict=True)
    }
    longest = max(spec.blocks)
    report["Size of the code (bits a letter)"] = {
        f"at the step, {longest} letters": float(code_dimension(source, longest, step)),
        "at the step, for long blocks": source.subspace_rate,
    }
    return Outcome(report, history=history)


def pair(spec: Spec) -> tuple[np.ndarray, np.ndarray]:
    """Data on the axis, and the model tilted in the xz plane."""
    s = spec.model_length
    return qubit(0, spec.data_length), qubit(s * np.sin(spec.tilt), s * np.cos(spec.tilt))


def qubit(x: float, z: float) -> np.ndarray:
    """The state with Bloch vector (x, 0, z)."""
    return np.array([[1 + z, x], [x, 1 - z]]) / 2


def rates(source: Source) -> dict[str, float]:
    """All rates of the source and its code; variance in bits²."""
    return {
        "entropy": source.entropy,
        "letter entropy": source.letter_entropy,
        "cross entropy": source.cross_entropy,
        "entropy of the model": source.model_entropy,
        "relative entropy": source.cross_entropy - source.entropy,
        "variance": source.variance,
    }


def success(source: Source, spec: Spec) -> dict[str, float]:
    """The step in numbers: below, at and above the cross entropy."""
    places = {"below": -spec.offset, "at": 0.0, "above": spec.offset}
    return {
        f"{n} letters, {where} the step": float(
            success_probability(source, n, source.cross_entropy + offset)
        )
        for n in spec.blocks
        for where, offset in places.items()
    }


draw = drawn_by("compression")
