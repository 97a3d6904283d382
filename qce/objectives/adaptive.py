"""Likelihood of outcomes that are measured in the eigenbasis of the model as it is learned."""

from __future__ import annotations

from qce import _checks
from qce._checks import error
from qce._concrete import called
from qce.data import PairBases, Preparations, random_bases
from qce.data.bases import ENSEMBLES
from qce.data.states import StateData, as_kets
from qce.objectives.exact import check_dimension, refuse_pure
from qce.objectives.machine import check_plain
from qce.objectives.objective import Objective, own_generator
from qce.objectives.recipe import remembered
from qce.objectives.rounds import AtPoints, Frames, Rounds
from qce.objectives.sampling import open_sampler
from qce.states import Ensemble
from qce.typing import DeviceLike, MixedModel


@remembered
def adaptive_likelihood(
    model: MixedModel,
    data: StateData | Preparations,
    *,
    shots: int,
    rounds: int = 10,
    every: int = 50,
    ensemble: str = "pauli",
    device: DeviceLike = None,
    seed: int | None = None,
) -> Objective:
    r"""Negative log-likelihood of copies measured in the model's eigenbasis as it is learned.

    Every `every` steps of a training new copies are measured: the model's circuit runs backwards,
    U(φ)†, with the angles of that step, and then the copy is measured in a basis drawn at random
    from `ensemble`. Its computational basis is the eigenbasis of the model; the others show how to
    rotate it. All earlier outcomes are kept, and the loss is the likelihood of all of them,

    $$L = -\frac1N \sum_i \ln \langle b_i | U_i^\dagger\, \sigma\, U_i | b_i \rangle ,$$

    of outcomes $b_i$ measured after the circuit $U_i^\dagger$. For many copies of a state
    that the model can give, $N D(\rho\|\sigma) \to \frac12 \operatorname{Tr} F^{-1} G$ with the
    Fisher information F of an outcome and the Kubo-Mori metric G. In fixed bases that diverges as
    one over the least eigenvalues of ρ; with `"pairs"` (on one wire: with any) it grows as their
    logarithm. With `"pauli"` and `"mub"` on several wires, which lie in between, large eigenvalues
    add noise to coherences of small ones.

    The standard error is that of L at fixed parameters, from the variance within each round: given
    all earlier outcomes, those of a round are independent, so that deviations of −ln p from their
    means are uncorrelated although outcomes chose the bases. It does not include overfitting: after
    training, L lies about P/2N nats below its expectation at the true state, for P parameters.
    `qce.error_bars` gives the errors of the parameters, to leading order in 1/N those of outcomes
    in bases that were fixed beforehand.

    Args:
        model: `ThermalModel`, or any other of full rank whose circuit is known.
        data: density matrix `(d, d)`, one ket `(d,)`, a state of `qce.states`, or, for devices
            that prepare no given ket, `qce.data.Preparations`.
        shots: copies in all, at least two a round; they are shared equally by the rounds.
        rounds: how often new copies are measured.
        every: steps of a training from one round to the next; the first is before the first step.
            A training of fewer than `(rounds − 1) · every` steps leaves copies unmeasured, and
            none converges before the last round.
        ensemble: of bases after U(φ)†: `"pauli"`, letters X, Y, Z on each wire; `"pairs"`, the
            eigenbasis and superpositions of two eigenvectors each, 2d − 1 bases that take further
            CNOTs; or `"mub"`, the d + 1 mutually unbiased bases. On one wire they are the same.
        device: PennyLane device or its name; `None` for a simulation.
        seed: of bases and outcomes.

    Returns:
        Objective for `qce.fit` with any optimiser but `"cans"`. Its estimates are of the outcomes
        so far; the first evaluation, if there are none, measures the first round, in the eigenbasis
        at its parameters. Each training begins without outcomes.

    Raises:
        ValueError: the model is pure (it excludes all outcomes of its eigenbasis but one, so that
            no likelihood is finite), dimensions differ, copies are too few, the outcomes need more
            memory than there is, or there is no such device.

    Source: R. D. Gill and S. Massar, arXiv:quant-ph/9902063, for what measurements of single
    copies can reach; J. Acharya and M. Guţă, arXiv:1708.04941, for the eigenbasis under relative
    entropy.

    Example:
        >>> import numpy as np
        >>> import qce
        >>> from qce import circuits, models
        >>> model = models.ThermalModel(circuits.rx(1), models.ProductSpectrum(1))
        >>> rho = np.array([[0.5, 0.4j], [-0.4j, 0.5]])
        >>> objective = adaptive_likelihood(model, rho, shots=2000, rounds=4, seed=1)
        >>> result = qce.fit(objective, optimizer="natural", steps=300, progress=False)
        >>> print(result.estimate, result.spent.shots)
        0.5728 ± 0.0093 nats (2000 shots) 2000
        >>> sigma = model.density_matrix(result.params)
        >>> bool(qce.quantum.relative_entropy(rho, sigma) < 0.01)
        True
    """
    refuse_pure(model)
    rounds = _checks.integer("rounds", rounds, "rounds=10, for example", least=1)
    every = _checks.integer("every", every, "every=50, for example", least=1)
    seed = _checks.seed("seed", seed)
    shots = _checks.outcomes("shots", shots, least=2)
    if shots < 2 * rounds:
        must = f"be at least 2 a round, {2 * rounds}"
        raise error("shots", must, f"it is {shots}", "more of them, or fewer rounds")
    source: Ensemble | Preparations = data if isinstance(data, Preparations) else as_kets(data)
    if isinstance(source, Ensemble):
        check_dimension(source.dimension, model)
    bases = _frames(ensemble, model.wires)
    sizes = [shots // rounds + (k < shots % rounds) for k in range(rounds)]
    # Of each outcome its ket, three times: here, where it is compared, and its slope.
    rows = sum(min(size, bases.count * 2**model.wires) for size in sizes)
    remedy = "fewer shots, or fewer wires"
    _checks.memory("shots", f"{rows} kets", 3 * 16.0 * rows * 2**model.wires, None, remedy)
    sampler = open_sampler(device, model.wires, seed, shots)
    name = "adaptive likelihood"
    check_plain(sampler, name)
    rng = own_generator(seed)
    measured = Rounds(model, source, bases, sampler, sizes, every, seed, rng)
    return Objective(
        name,
        model,
        None,
        shots,
        measure=AtPoints(measured),
        machine=sampler,
        seed=seed,
        rng=rng,
        rounds=measured,
    )


def _frames(ensemble: str, wires: int) -> Frames:
    """Bases after the circuit, by name."""
    _checks.one_of("ensemble", ensemble, (*ENSEMBLES, "pairs"))
    with called(wires="model"):
        return PairBases(wires) if ensemble == "pairs" else random_bases(ensemble, wires)
