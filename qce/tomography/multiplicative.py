"""Multiplicative updates of the literature, without a step size: slow but reliable."""

from __future__ import annotations

import numpy as np

from qce.tomography.likelihood import Likelihood
from qce.tomography.mirror import exponential
from qce.tomography.track import Track

_FIRST_DILUTION = 2.0


def cover(loss: Likelihood, start: np.ndarray, track: Track) -> None:
    """Iterate ρ ← exp(ln ρ + ln R)/Tr, the quantum form of Cover's and of the EM update.

    From the maximally mixed state the loss is within (ln d)/k of its least value after k steps.

    Source: C.-M. Lin, H.-C. Cheng and Y.-H. Li, arXiv:2110.00747.
    """
    w, v = np.linalg.eigh(start)
    exponent = (v * np.log(w)) @ v.conj().T
    point = loss.at(start)
    ascent = loss.ascent(point)
    while not track.done:
        w, v = np.linalg.eigh(ascent)
        # R may lack full rank; the state then stays 0 on its kernel.
        exponent = exponent + (v * np.log(np.maximum(w, np.finfo(float).tiny))) @ v.conj().T
        rho, exponent = exponential(exponent)
        point = loss.at(rho)
        ascent = loss.ascent(point)
        track.step(1, lambda: (point, ascent))  # noqa: B023


def diluted(loss: Likelihood, start: np.ndarray, track: Track) -> None:
    """Iterate ρ ← (1 + εR) ρ (1 + εR)/Tr, from ε = ∞ (RρR) on; ε halves where the loss would rise.

    Source: J. Řeháček, Z. Hradil, E. Knill and A. Lvovsky, Phys. Rev. A 75, 042108 (2007).
    """
    point, share = loss.at(start), 1.0  # of R in the factor, ε/(1 + ε)
    ascent = loss.ascent(point)
    identity = np.eye(len(start))
    while not track.done:
        while share > np.finfo(float).eps:
            factor = share * ascent + (1 - share) * identity
            rho = factor @ point.rho @ factor
            trial = loss.at((rho + rho.conj().T) / (2 * np.trace(rho).real))
            if trial.value <= point.value + 8 * np.finfo(float).eps * (1 + abs(point.value)):
                break
            share = _FIRST_DILUTION / (1 + _FIRST_DILUTION) if share == 1 else share / 2
        else:
            return
        point = trial
        ascent = loss.ascent(point)
        track.step(1, lambda: (point, ascent))  # noqa: B023
