"""Block codes of Shannon and Schumacher, for the right and for a wrong model, exactly.

Sums run over type classes and not over strings, which are exponentially more.
"""

from __future__ import annotations

import math

import numpy as np

from qce import _checks
from qce.coding._types import type_classes
from qce.coding.source import Source
from qce.typing import Array


def success_probability(source: Source, n: int, rate: Array) -> np.ndarray:
    r"""Probability that a block's code word fits: $P(-\sum_i \log_2 q(x_i) \le nR)$.

    For states it is $\mathrm{Tr}\, ρ^{⊗n} Π$ with Π the projector on the eigenstrings of $σ^{⊗n}$
    whose code words have nR bits at most. It is a step at R = S(ρ, σ), of width $\sqrt{V/n}$.

    Args:
        source: The source and its code.
        n: Letters in a block.
        rate: Bits a letter, `(...)`.

    Returns:
        Array `(...)` in [0, 1]. A string that the model excludes never fits; one whose length is nR
            within rounding does.

    Raises:
        ValueError: If n < 1, a rate is not finite, or n is too large for the memory.

    Example:
        >>> source = Source.shannon([0.9, 0.1], [0.6, 0.4])
        >>> [success_probability(source, n, 0.9).round(4).item() for n in (10, 100, 1000)]
        [0.9298, 1.0, 1.0]

    Source:
        arXiv:2106.13823; weights of the eigenstrings, summed by type classes.
    """
    rates, classes = _rates(rate), type_classes(source, n)
    total = np.asarray(int(n) * rates, dtype=float)
    below = np.concatenate([[0.0], np.cumsum(classes.probability)])
    fits = np.searchsorted(classes.lengths, total + classes.slack, side="right")
    return np.minimum(below[fits], 1.0)[()]


def code_dimension(source: Source, n: int, rate: Array) -> np.ndarray:
    r"""Size of the same code in bits a letter, $\frac1n \log_2 \dim \Pi$.

    At R = S(ρ, σ) it tends to `source.subspace_rate`, which is at most S(ρ, σ): the cross entropy
    is the rate of the code words, not of the smallest subspace. For two letters that limit is H(a),
    unless the letter less likely in the model is the likelier one in the data; for three or more it
    is larger than H(a) in general.

    Args:
        source: The source and its code.
        n: Letters in a block.
        rate: Bits a letter, `(...)`.

    Returns:
        Array `(...)`; −∞ where nothing fits.

    Raises:
        ValueError: If n < 1, a rate is not finite, or n is too large for the memory.

    Example:
        >>> source = Source.shannon([0.5, 0.5])
        >>> code_dimension(source, 10, 1.0).round(12).item()
        1.0

    Source:
        arXiv:2106.13823v3, eq. (14), bounds that of a typical space; here that of the code.
    """
    rates, classes = _rates(rate), type_classes(source, n)
    total = np.asarray(int(n) * rates, dtype=float)
    sizes = np.concatenate([[-np.inf], np.logaddexp.accumulate(classes.log_size)])
    fits = np.searchsorted(classes.lengths, total + classes.slack, side="right")
    return (sizes[fits] / (int(n) * math.log(2)))[()]


def fixed_length_success(source: Source, n: int, rate: Array) -> np.ndarray:
    r"""Weight of the $2^{nR}$ strings that are likeliest in the model, $\mathrm{Tr}\,ρ^{⊗n}Π$.

    Compression to nR bits or qubits: Shannon's for probabilities, Schumacher's for states. For the
    right model it is optimal, and a step at R = S(ρ). The fidelity of a decoded state lies between
    the square of this number and the number itself.

    Args:
        source: The source and the model that orders its strings.
        n: Letters in a block.
        rate: Bits or qubits a letter, `(...)`.

    Returns:
        Array `(...)` in [0, 1]. From the class that fits only in part, strings are taken at random.

    Raises:
        ValueError: If n < 1, a rate is not finite, or n is too large for the memory.

    Example:
        >>> source = Source.shannon([0.9, 0.1])
        >>> [fixed_length_success(source, 1000, r).round(4).item() for r in (0.4, 0.469, 0.55)]
        [0.0194, 0.5754, 0.9986]

    Source:
        B. Schumacher, Phys. Rev. A 51, 2738 (1995).
    """
    rates, classes = _rates(rate), type_classes(source, n)
    room = np.asarray(int(n) * rates, dtype=float) * math.log(2)
    held = np.concatenate([[-np.inf], np.logaddexp.accumulate(classes.log_size)])
    below = np.concatenate([[0.0], np.cumsum(classes.probability)])
    whole = np.minimum(np.searchsorted(held, room, side="right") - 1, len(classes.lengths) - 1)
    part = np.minimum(
        np.exp(room - classes.log_size[whole]) - np.exp(held[whole] - classes.log_size[whole]), 1.0
    )
    return np.minimum(below[whole] + part * classes.probability[whole], 1.0)[()]


def typical_overlap(source: Source, n: int, delta: float) -> float:
    r"""Weight of the data in the model's typical subspace, $|-\frac1n \log_2 q(x) - S(σ)| \le δ$.

    It tends to 1 for the right model, and to 0 for one with S(ρ, σ) further than δ from S(σ):
    projection on the typical subspace of the wrong state loses the data. The band is closed:
    strings within rounding of its edge belong to it.

    Args:
        source: The source and its model.
        n: Letters in a block.
        delta: Half the width δ of the typical band, bits a letter.

    Returns:
        Probability in [0, 1].

    Raises:
        ValueError: If n < 1, δ is not positive, or n is too large for the memory.

    Example:
        >>> source = Source.shannon([0.9, 0.1], [0.6, 0.4])
        >>> [round(typical_overlap(source, n, 0.1), 4) for n in (10, 100, 1000)]
        [0.07, 0.0001, 0.0]

    Source:
        arXiv:2106.13823v3, eqs. (11) to (13), for strongly typical strings of the right model.
    """
    delta = _checks.number("delta", delta, "bits a letter", above=0)
    classes = type_classes(source, n)
    n = int(n)
    distance = np.abs(classes.lengths - n * source.model_entropy)
    return min(float(classes.probability[distance <= n * delta + classes.slack].sum()), 1.0)


def mean_length(source: Source, n: int = 1) -> float:
    r"""Mean length of the variable-length code, $\frac1n \sum_x p(x) \lceil -\log_2 q(x) \rceil$.

    The lengths satisfy Kraft's inequality, so that a prefix code with them exists; for states they
    are the eigenvalues of the length observable Λ, and the mean is $\mathrm{Tr}\, ρ^{⊗n} Λ$.

    Args:
        source: The source and its code.
        n: Letters that are coded together.

    Returns:
        Bits a letter, in [S(ρ, σ), S(ρ, σ) + 1/n); +∞ where the model excludes what occurs.

    Raises:
        ValueError: If n < 1, or too large for the memory.

    Example:
        >>> mean_length(Source.shannon([0.5, 0.25, 0.25], [0.25, 0.25, 0.5]))
        1.75

    Source:
        arXiv:2106.13823v3, eqs. (16) and (17).
    """
    classes = type_classes(source, n)
    occurs = classes.probability > 0
    lengths = np.ceil(classes.lengths[occurs] - classes.slack)
    return float(classes.probability[occurs] @ lengths / int(n))


def _rates(rate: Array) -> np.ndarray:
    return _checks.reals("rate", rate, "bits a letter")
