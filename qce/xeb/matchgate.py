r"""Benchmarking by matchgate circuits, whose ideal probabilities are known on hundreds of wires.

Free fermions do not scramble as Haar-random states do. All outcomes have an even number of ones,
their probabilities are products of beta-distributed numbers and not exponentially distributed, and
the linear score of an ideal device is about $\sqrt{πn}$ instead of 2. `moments` and
"porter_thomas" do not apply to them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy.special import digamma, poch

from qce import _checks
from qce._checks import error
from qce.data.rows import Rows, as_rows
from qce.typing import Array
from qce.xeb.estimators import Fidelity
from qce.xeb.moments import Moments

if TYPE_CHECKING:
    from qce.models import Matchgate

ESTIMATORS = ("linear", "log")
REFERENCES = ("haar", "circuits")
_OUTCOME = 8 * 3  # bytes for a bit of an outcome, with the random number that decides it


def matchgate_moments(estimator: str, wires: int) -> Moments:
    r"""Mean scores over Haar-random rotations of the 2n Majorana operators, exactly.

    An outcome x of an even number of ones has $p(x) = \prod_{j<r} b_j$ with r = ⌊n/2⌋ independent
    $b_j \sim \mathrm{Beta}(1 + 2j, b)$, b = n − 1 for even n and n for odd n: the Jacobi ensemble
    of SO(2n)/U(n), by Selberg's integral. So the linear score $2^n p$ has the mean
    $4^n / \binom{2n}{n} ≈ \sqrt{πn}$ on an ideal device, and 1 for uniform outcomes. The score ln p
    has the means $\sum_j ψ(2 + 2j) - ψ(2 + 2j + b)$ on an ideal device, and
    $\sum_j ψ(1 + 2j) - ψ(1 + 2j + b)$ for uniform even outcomes.

    Args:
        estimator: "linear" for 2^n p, "log" for ln p.
        wires: Number of wires n.

    Returns:
        Mean score of an ideal device, and of uniform outcomes; of even ones for the logarithm.

    Raises:
        ValueError: If the estimator is unknown, or n < 1.

    Example:
        >>> [round(x, 6) for x in matchgate_moments("linear", 3)]
        [3.2, 1.0]
        >>> ideal, uniform = matchgate_moments("log", 100)
        >>> round(ideal - uniform, 6)
        2.588689

    Source:
        A. Selberg, Norsk Mat. Tidsskr. 26, 71 (1944); M. Zirnbauer, J. Math. Phys. 37, 4986 (1996),
        class DIII; second moments: K. Wan et al., Commun. Math. Phys. 404, 629 (2023).
    """
    _checks.one_of("estimator", estimator, ESTIMATORS)
    n = _checks.integer("wires", wires, "the number of wires", least=1)
    if estimator == "linear":
        return Moments(math.sqrt(math.pi) * float(poch(n + 0.5, 0.5)), 1.0)
    _checks.memory("wires", f"moments of {n} wires", 8 * 8.0 * n, None, "fewer wires")
    first, second = 1.0 + 2 * np.arange(n // 2), n - 1 + n % 2
    ideal, uniform = (float(np.sum(digamma(a) - digamma(a + second))) for a in (first + 1, first))
    return Moments(ideal, uniform)


def random_matchgates(
    wires: int, seed: int | np.random.Generator, *, layers: int | None = None
) -> tuple[Matchgate, np.ndarray]:
    """Return a random circuit of nearest-neighbour matchgates, from |0…0⟩.

    Args:
        wires: Number of wires n.
        seed: Seed, or a `numpy.random.Generator`.
        layers: `None` for a rotation that is Haar-random in SO(2n), in 2n − 1 layers; or a number
            of layers of uniform angles, which come close to that from about n layers on.

    Returns:
        A `models.Matchgate` of n wires without hidden ones, and its parameters `(size,)`: the
            angles of its `circuit`, for a device.

    Raises:
        ValueError: If n or the number of layers is below 1.

    Example:
        >>> machine, params = random_matchgates(4, seed=0)
        >>> machine.circuit.size == params.size
        True
    """
    from qce.circuits.matchgate import random_matchgate_angles
    from qce.models import Matchgate

    rng = _checks.rng("seed", seed)
    if layers is not None:
        machine = Matchgate(wires, 0, layers)
        return machine, machine.initial(int(rng.integers(2**31)))
    machine = Matchgate(wires, 0)
    machine = Matchgate(wires, 0, 2 * machine.wires - 1)
    return machine, random_matchgate_angles(machine.wires, rng)


def depolarised(
    machine: Matchgate,
    params: Array,
    *,
    fidelity: float,
    shots: int,
    seed: int | np.random.Generator,
) -> np.ndarray:
    """Draw outcomes of f p + (1 − f)/2^n: a matchgate device that is depolarised as a whole.

    Args:
        machine: The circuit, as of `random_matchgates`.
        params: Its parameters `(size,)`.
        fidelity: f in [0, 1].
        shots: How many.
        seed: Seed, or a `numpy.random.Generator`.

    Returns:
        Bits `(shots, n)`.

    Raises:
        ValueError: If f is not in [0, 1], or there are no shots.

    Example:
        >>> machine, params = random_matchgates(100, seed=0)
        >>> depolarised(machine, params, fidelity=0.5, shots=3, seed=1).shape
        (3, 100)
    """
    _check_machine(machine)
    fidelity = _checks.share("fidelity", fidelity, "a fidelity")
    shots = _checks.integer("shots", shots, "shots=1000, for example", least=1)
    rng = _checks.rng("seed", seed)
    what = f"{shots} outcomes of {machine.wires} wires"
    _checks.memory("shots", what, _OUTCOME * shots * machine.wires, None, "fewer")
    found = rng.integers(0, 2, (shots, machine.wires))
    ideal = rng.random(shots) < fidelity
    if ideal.any():
        found[ideal] = _drawn(machine, params, int(ideal.sum()), rng)
    return found


def matchgate_fidelity(
    machine: Matchgate,
    params: Array,
    data: Any,
    *,
    estimator: str = "log",
    reference: str = "haar",
    samples: int = 1000,
    seed: int | np.random.Generator = 0,
) -> Fidelity:
    r"""Estimate f from outcomes q ≈ f p + (1 − f)/2^n of matchgate circuits.

    With the mean score m of the outcomes, e of the ideal device and u of a uniform one, $f = \sum
    (m - u) / \sum (e - u)$ over circuits. Outcomes of odd parity, which an ideal device never has,
    score 2^n p = 0, or u in place of ln p = −∞.

    Args:
        machine: The circuit, as of `random_matchgates`; no wire of it is hidden.
        params: Parameters of the circuits `(c, size)`, or of one `(size,)`.
        data: Outcomes of each circuit, a sequence of c, or those of the one: bits `(shots, n)`, a
            dictionary of counts, or counts `(2^n,)` as of `measure`.
        estimator: "linear" for 2^n p, "log" for ln p, which has the smaller error except near
            f = 0.
        reference: "haar" for e and u by `matchgate_moments`, which are right on average over
            Haar-random rotations, so that `scatter` is the error, best from thirty circuits on;
            "circuits" for those of these circuits, which is right for any.
        samples: With "circuits", e and u are means over this number of ideal and of uniform
            outcomes of each circuit, and their error is part of `stderr`; they are exact if there
            are no more even outcomes than that.
        seed: Of these samples; a seed, or a `numpy.random.Generator`.

    Returns:
        The estimate with both errors.

    Raises:
        ValueError: If shapes differ, a wire is hidden or not seen, or an ideal device scores no
            more than chance.

    Example:
        >>> machine, params = random_matchgates(20, seed=0)
        >>> seen = depolarised(machine, params, fidelity=0.5, shots=500, seed=1)
        >>> print(matchgate_fidelity(machine, params, seen, reference="circuits"))
        0.466 ± 0.037 (log, 1 circuit, 500 shots)

    Source:
        F. Arute et al., Nature 574, 505 (2019), supplement, for the estimators; for the reference
        `matchgate_moments`.
    """
    _check_machine(machine)
    _checks.one_of("estimator", estimator, ESTIMATORS)
    _checks.one_of("reference", reference, REFERENCES)
    samples = _checks.integer("samples", samples, "samples=1000, for example", least=2)
    what = f"{samples} outcomes of {machine.wires} wires"
    _checks.memory("samples", what, _OUTCOME * samples * machine.wires, None, "fewer")
    rng = _checks.rng("seed", seed)
    rows, seen = _circuits(machine, params, data)
    if reference == "haar":
        known = [_of_ensemble(estimator, machine.wires)] * len(rows)
    else:
        known = [_of_circuit(estimator, machine, row, samples, rng) for row in rows]
    ideal, ideal_error, chance, chance_error = np.array(known).T
    each = zip(rows, seen, chance, strict=True)
    above, shot_error = np.array([_above(estimator, machine, *x) for x in each]).T
    gap = ideal - chance
    if not np.sum(gap) > _checks.tolerance(float) * len(gap):
        but = "an ideal device scores no more than chance"
        raise error("params", "be of circuits that are random", but, "`random_matchgates`")
    c, total = len(gap), float(gap.sum())
    value = float(above.sum()) / total
    # An error of u moves the half of uniform outcomes that is even, and the gap.
    moved = (1 - value) / 2 * chance_error
    misfit = np.sum((above - value * gap) ** 2)
    return Fidelity(
        value=value,
        stderr=math.sqrt(np.sum(shot_error**2 + (value * ideal_error) ** 2 + moved**2)) / total,
        scatter=math.sqrt(misfit * c / (c - 1)) / total if c > 1 else math.nan,
        shots=sum(x.total or 0 for x in seen),
        circuits=c,
        estimator=estimator,
        reference=reference,
    )


class _Reference(NamedTuple):
    """Mean scores with their standard errors."""

    ideal: float
    ideal_error: float
    chance: float
    chance_error: float


def _of_ensemble(estimator: str, wires: int) -> _Reference:
    ideal, chance = matchgate_moments(estimator, wires)
    return _Reference(float(ideal), 0.0, float(chance), 0.0)


def _of_circuit(
    estimator: str, machine: Matchgate, params: np.ndarray, samples: int, rng: np.random.Generator
) -> _Reference:
    """Of one circuit: over all even outcomes where these are few, or over samples."""
    n = machine.wires
    if n - 1 <= math.log2(samples):
        every = (np.arange(2**n)[:, None] >> np.arange(n)[::-1]) & 1
        logs = _log_prob(machine, params, every[every.sum(axis=1) % 2 == 0])
        score = _score(estimator, logs, n)
        chance = 1.0 if estimator == "linear" else float(_finite(score).mean())
        return _Reference(float(np.exp(logs) @ score), 0.0, chance, 0.0)
    drawn = _drawn(machine, params, samples, rng)
    ideal, ideal_error = _mean(_score(estimator, _log_prob(machine, params, drawn), n))
    if estimator == "linear":
        return _Reference(ideal, ideal_error, 1.0, 0.0)
    uniform = rng.integers(0, 2, (samples, n))
    uniform[:, -1] = uniform[:, :-1].sum(axis=1) % 2
    chance, chance_error = _mean(_finite(_log_prob(machine, params, uniform)))
    return _Reference(ideal, ideal_error, chance, chance_error)


def _above(
    estimator: str, machine: Matchgate, params: np.ndarray, seen: Rows, chance: float
) -> tuple[float, float]:
    """Mean score of the outcomes above chance, and its standard error."""
    logs = _log_prob(machine, params, seen.bits)
    if estimator == "linear":
        above = _score(estimator, logs, machine.wires) - chance
    else:
        odd = seen.bits.sum(axis=1) % 2 == 1
        above = np.where(odd, 0.0, _finite(np.where(odd, 0.0, logs)) - chance)
    mean = float(seen.frequencies @ above)
    spread = float(seen.frequencies @ (above - mean) ** 2)
    shots = seen.total or 1
    return mean, math.sqrt(spread / (shots - 1)) if shots > 1 else math.nan


def _score(estimator: str, logs: np.ndarray, wires: int) -> np.ndarray:
    return logs if estimator == "log" else np.exp(wires * math.log(2) + logs)


def _mean(scores: np.ndarray) -> tuple[float, float]:
    return float(scores.mean()), float(scores.std(ddof=1) / math.sqrt(len(scores)))


def _finite(logs: np.ndarray) -> np.ndarray:
    """Refuse even outcomes that a circuit cannot have."""
    if np.isneginf(logs).any():
        but = "some have none, and no logarithm"
        raise error("params", "give every even outcome weight", but, 'estimator="linear"')
    return logs


def _log_prob(machine: Matchgate, params: np.ndarray, bits: np.ndarray) -> np.ndarray:
    """In double precision, whatever JAX is set to."""
    import jax

    with jax.enable_x64(True):
        return np.asarray(machine.log_prob(params, bits))


def _drawn(machine: Matchgate, params: Array, shots: int, rng: np.random.Generator) -> np.ndarray:
    import jax

    with jax.enable_x64(True):
        return machine.sample(params, shots, int(rng.integers(2**31)))


def _circuits(machine: Matchgate, params: Array, data: Any) -> tuple[np.ndarray, list[Rows]]:
    """Parameters `(c, size)`, and outcomes of each circuit."""
    found = _checks.reals("params", params, "one row of angles a circuit")
    if found.ndim not in (1, 2) or found.shape[-1] != machine.size:
        must, but = f"have shape (c, {machine.size})", f"its shape is {found.shape}"
        raise error("params", must, but, "one row of angles a circuit")
    rows = np.atleast_2d(found)
    each = (data,) if found.ndim == 1 else _checks.sequence("data", data, "one item a circuit")
    if len(each) != len(rows):
        must, but = f"hold outcomes of {len(rows)} circuits", f"there are {len(each)}"
        raise error("data", must, but, "one item a circuit")
    return rows, [_outcomes(x, machine.wires) for x in each]


def _outcomes(data: Any, wires: int) -> Rows:
    seen = as_rows("data", data, wires=wires)
    but = f"they are of {seen.wires}" if seen.wires != wires else ""
    but = but or ("some were not seen" if not seen.complete else "")
    but = but or ("they are probabilities" if seen.total is None else "")
    if but:
        must = f"be outcomes of all {wires} wires"
        raise error("data", must, but, "bits `(shots, n)`, or counts")
    return seen


def _check_machine(machine: Any) -> None:
    from qce.models import Matchgate

    _checks.instance("machine", machine, Matchgate, "`random_matchgates(4, seed=0)[0]`")
    if machine.hidden:
        but = f"{machine.hidden} of its wires are hidden"
        raise error("machine", "have no hidden wires", but, "`random_matchgates`, for example")
