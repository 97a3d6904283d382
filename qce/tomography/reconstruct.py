"""The state of maximum likelihood of counts, with its certificate."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from qce import _checks
from qce._checks import error
from qce._renamed import renamed
from qce.data import Counts
from qce.results import Estimate
from qce.tomography import factor, mirror, multiplicative, projected
from qce.tomography._memory import check_reconstruction
from qce.tomography.counts import choice_of_basis, pauli_outcomes
from qce.tomography.likelihood import Likelihood
from qce.tomography.povm import Povm
from qce.tomography.result import Reconstruction
from qce.tomography.track import Track
from qce.typing import Array

METHODS = {
    "accelerated": "quasi-Newton on a factor, then accelerated projected gradient",
    "cover": "Cover's update exp(ln ρ + ln R)",
    "diluted": "diluted RρR",
}
_PENALISED = "quasi-Newton on a factor, then mirror descent"


@renamed(method="optimizer", max_steps="steps")
def reconstruct(
    counts: Array | Counts,
    povm: Povm | None = None,
    *,
    optimizer: str = "accelerated",
    hedge: float = 0.0,
    entropy: float = 0.0,
    tolerance: float = 1e-6,
    steps: int = 10_000,
    memory: float = 4.0,
) -> Reconstruction:
    r"""Find the state of maximum likelihood, with a bound on the distance from it.

    Over all states it minimises the convex function

    $$F(ρ) = -\sum_k f_k \ln \mathrm{Tr}\, ρ Π_k - \frac{β}{N} \ln \det ρ - λ S(ρ).$$

    Then $F(ρ) - \min F ≤ λ_{\max}(G) - \mathrm{Tr}\, ρ G$ with $G = -∇F$; for β = λ = 0 this is
    $λ_{\max}(R) - 1$ with $R = \sum_k (f_k/p_k) Π_k$.

    Args:
        counts: Number of times each outcome was seen, of shape `povm.outcomes` or flat; or
            `qce.data.Counts` in Pauli bases.
        povm: The measurement. For `Counts` it may be left out; a noisy one has the six outcomes
            X+, X−, Y+, Y−, Z+, Z− on each wire, as `Povm.pauli`.
        optimizer: "accelerated" for quasi-Newton steps on a factor, finished by accelerated
            projected gradient; "cover" for the parameter-free update exp(ln ρ + ln R), within
            (ln d)/k of the optimum after k steps; "diluted" for RρR with an adaptive step.
        hedge: β, exponent of det ρ in the likelihood: hedged likelihood, whose state has full rank;
            1/2 is the usual choice.
        entropy: λ (nats), weight of the entropy of the state: for λ → 0, the state of most entropy
            among all that fit the data equally.
        tolerance: Certificate (nats an outcome) at which to stop.
        steps: The most steps.
        memory: GiB that may be used.

    Returns:
        The state, its likelihood and the certificate. `converged` says whether the tolerance was
            reached.

    Raises:
        ValueError: If counts do not fit the measurement, or all are 0; if the measurement does not
            determine the state, and there is no penalty; or if the memory does not suffice.

    Example:
        >>> found = reconstruct([441, 195, 311, 53], Povm.tetrahedron(1))
        >>> found.state.round(4).tolist()[0]
        [(0.7356+0j), (-0.0104-0.4365j)]
        >>> round(found.nll.value, 6), found.certificate <= 1e-6
        (1.198751, True)

    Source:
        J. Shang, Z. Zhang and H. K. Ng, Phys. Rev. A 95, 062336 (2017); hedged: R. Blume-Kohout,
        Phys. Rev. Lett. 105, 200504 (2010); entropy: Y. S. Teo et al., Phys. Rev. Lett. 107, 020404
        (2011); certificate: S. Glancy, E. Knill and M. Girard, New J. Phys. 14, 095017 (2012).
    """
    _check_settings(optimizer, hedge, entropy, tolerance, steps)
    hedge, entropy = float(hedge), float(entropy)  # of any library
    choice = choice_of_basis(counts) if isinstance(counts, Counts) else 0.0
    numbers, povm = _data(counts, povm, _checks.memory_limit(memory))
    if not (povm.complete or hedge > 0 or entropy > 0):
        but = "many states have its probabilities"
        remedy = "entropy=1e-3 or hedge=0.5 to choose one, or counts of a complete measurement"
        raise error("povm", "determine the state", but, remedy)
    shots = int(numbers.sum())
    loss = Likelihood(povm, numbers / shots, hedge / shots, entropy)
    track = _run(loss, optimizer, Track(tolerance, steps))
    best = track.best
    assert best is not None  # the start has a certificate
    surprise = -np.log(best.probability)
    nll = float(loss.frequencies @ surprise)
    spread = float(loss.frequencies @ (surprise - nll) ** 2)
    return Reconstruction(
        state=best.rho,
        nll=Estimate(nll, math.sqrt(spread / shots), shots=shots),
        certificate=track.certificate,
        tolerance=tolerance,
        steps=track.steps,
        method=_PENALISED if loss.penalised else METHODS[optimizer],
        history=track.history,
        povm=povm,
        counts=numbers,
        choice=choice,
        learn=partial(
            _state,
            povm=povm,
            optimizer=optimizer,
            hedge=hedge,
            entropy=entropy,
            tolerance=tolerance,
            steps=steps,
            memory=memory,
        ),
    )


def _state(counts: np.ndarray, **settings: Any) -> np.ndarray:
    """A function from counts to a state, with these settings."""
    return reconstruct(counts, **settings).state


def _run(loss: Likelihood, optimizer: str, track: Track) -> Track:
    d = loss.povm.dimension
    start = np.eye(d, dtype=complex) / d
    track.judge(point := loss.at(start), loss.ascent(point))
    if track.done:
        return track
    if optimizer == "cover":
        multiplicative.cover(loss, start, track)
    elif optimizer == "diluted":
        multiplicative.diluted(loss, start, track)
    else:
        point = factor.descend(loss, start, track)
        finish = mirror.refine if loss.penalised else projected.refine
        finish(loss, point, track)
    return track


# --- checks --------------------------------------------------------------------------------------


def _check_settings(
    optimizer: str, hedge: float, entropy: float, tolerance: float, steps: int
) -> None:
    _checks.one_of("optimizer", optimizer, tuple(METHODS))
    for name, value in (("hedge", hedge), ("entropy", entropy)):
        value = _checks.number(name, value, f"{name}=0.0", least=0)
        if value > 0 and optimizer != "accelerated":
            but = f"the update {optimizer!r} knows no penalty"
            raise error("optimizer", "suit the penalties", but, 'optimizer="accelerated"')
    _checks.number("tolerance", tolerance, "tolerance=1e-6", above=0)
    _checks.integer("steps", steps, "steps=10_000", least=1)


def _data(counts: Array | Counts, povm: Povm | None, memory: float) -> tuple[np.ndarray, Povm]:
    """Counts of the shape of the outcomes, and the measurement; memory is checked first."""
    if povm is not None:
        _checks.instance("povm", povm, Povm, "Povm.pauli(wires), for example")
    if isinstance(counts, Counts):
        check_reconstruction(6.0**counts.wires, 2**counts.wires, memory)
        return pauli_outcomes(counts, povm)
    if isinstance(counts, Mapping):
        remedy = "qce.tomography.read_counts(counts) for a dictionary of each Pauli basis"
        raise error("counts", "be Counts or an array", "it is a dictionary", remedy, TypeError)
    if not _checks.counts("counts", counts).shape:  # before what is missing for them
        raise error("counts", "be Counts or an array", "it is a number", "one number an outcome")
    if povm is None:
        raise error("povm", "be given for an array of counts", "it is None", "the measurement")
    check_reconstruction(math.prod(povm.outcomes), povm.dimension, memory)
    return _check_counts(counts, povm), povm


def _check_counts(counts: Array, povm: Povm) -> np.ndarray:
    array = _checks.counts("counts", counts)
    size = math.prod(povm.outcomes)
    if array.shape not in (povm.outcomes, (size,)):
        must = f"have shape {povm.outcomes}, that of the measurement's outcomes, or ({size},)"
        raise error("counts", must, f"their shape is {array.shape}", "one number an outcome")
    numbers = array.reshape(povm.outcomes)
    mixed = np.eye(povm.dimension) / povm.dimension
    if (povm.probabilities(mixed)[numbers > 0] <= 0).any():
        but = "outcomes were seen that it never gives"
        raise error("counts", "be possible for the measurement", but, "the measurement of the data")
    return numbers
