"""Variational thermalisation: the relative entropy of a model from a Gibbs state.

In learning from data the states are exchanged; here a Hamiltonian is given, and no data.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pennylane as qml

from qce import _checks, _concrete
from qce._checks import error, number
from qce.circuits import Circuit, basis_change
from qce.models import PauliTerms, pauli_sum
from qce.models.pauli import Hamiltonian
from qce.objectives.exact import refuse_pure
from qce.objectives.machine import check_shots
from qce.objectives.mixture import BasisStarts, Evaluation, Mixture, Steps
from qce.objectives.objective import Evaluate, Measurement, Objective, own_generator
from qce.objectives.recipe import remembered
from qce.objectives.sampling import measuring, open_sampler
from qce.typing import Array, DeviceLike, MixedModel

# Amplitudes that evolve at once: the backward pass keeps as many for each gate.
_AMPLITUDES = 2**16


@remembered
def thermalisation(
    model: MixedModel,
    hamiltonian: Hamiltonian,
    beta: float = 1.0,
    *,
    log_partition: float | None = None,
    device: DeviceLike = None,
    shots: int | None = None,
    seed: int | None = None,
    memory: float = 4.0,
) -> Objective:
    r"""Free energy of a thermal model, $\beta \langle H \rangle_\sigma - S(\sigma)$.

    It is $D(\sigma \| e^{-\beta H}/Z) - \ln Z$, and least, −ln Z, at the Gibbs state. In learning
    from data the arguments of D are exchanged. The entropy is that of the model's latent
    distribution, so only ⟨H⟩ is measured: bit strings x are drawn from p_θ, U(φ)|x⟩ is prepared,
    and Pauli strings of H that commute wire by wire are measured in one basis. The gradient is
    unbiased: in φ by the parameter-shift rule, in θ by the covariance of the measured energy and
    ∂ ln p_θ(x).

    Args:
        model: `ThermalModel`.
        hamiltonian: H, a PennyLane operator that is a sum of Pauli words, or a dictionary of
            strings and coefficients.
        beta: inverse temperature, in one over the unit of H.
        log_partition: ln Z if known; the floor of the objective is −ln Z.
        device: PennyLane device or its name; `None` for `default.qubit`.
        shots: outcomes in each basis; `None` for exact values.
        seed: of bit strings and outcomes.
        memory: GiB that an exact evaluation may use.

    Returns:
        Objective, in nats. With neither device nor shots it is compiled by JAX, evolves the basis
        kets in batches, and builds no matrix of H.

    Raises:
        ValueError: the Hamiltonian does not fit the model, there is no such device, or exact
            values need more than `memory`.

    Source: G. Verdon et al., arXiv:1910.02071, the loss of the variational quantum thermalizer.

    Example:
        >>> from qce import circuits, models
        >>> model = models.ThermalModel(circuits.rx(1), models.ProductSpectrum(1))
        >>> objective = thermalisation(model, {"Y": 1.0}, beta=2.0)
        >>> print(objective(np.array([-0.5, np.pi / 2])))
        -1.50644 nats (exact)
    """
    refuse_pure(model)
    beta = number("beta", beta, "an inverse temperature")
    if log_partition is not None:
        log_partition = number("log_partition", log_partition, "ln Z in nats, or None")
    memory, shots = _checks.memory_limit(memory), check_shots(shots)
    seed = _checks.seed("seed", seed)
    terms, coefficients, shift = pauli_sum(hamiltonian)
    if terms.wires != model.wires:
        but = f"it is on {terms.wires}"
        remedy = "as many; in a dictionary, I for wires that H leaves alone"
        raise error("hamiltonian", f"be on the model's {model.wires} wires", but, remedy)
    name, floor = "thermalisation", None if log_partition is None else -log_partition
    scaled, constant = beta * coefficients, beta * shift
    if device is None and shots is None:
        _refuse_large(model, terms, memory)
        evaluate = _free_energy(model, terms, scaled, constant)
        return Objective(name, model, floor, evaluate=evaluate)
    machine = open_sampler(device, model.wires, seed, shots)
    rng, bases = own_generator(seed), _bases(terms, scaled)
    measure = measuring(machine, _evaluation(model, bases, constant, shots), rng)
    total = None if shots is None else shots * len(bases)
    return Objective(
        name, model, floor, total, measure=measure, machine=machine, seed=seed, rng=rng
    )


# --- on a simulator ------------------------------------------------------------------------------


def _refuse_large(model: MixedModel, terms: PauliTerms, memory: float) -> None:
    """Refuse too much memory: phases of all terms, bits, p_θ and slopes; kets for each angle."""
    d = 2**model.wires
    needed = 8 * d * (len(terms.strings) + model.wires + 4)
    needed += 16 * max(d, _AMPLITUDES) * (model.circuit.size + 4)
    what = f"{model.circuit.size} angles on {model.wires} wires"
    _checks.memory("model", what, needed, memory, "fewer wires, shots=…")


def _free_energy(
    model: MixedModel, terms: PauliTerms, coefficients: np.ndarray, constant: float
) -> Evaluate:
    dimension = 2**model.wires
    batch = min(dimension, max(1, _AMPLITUDES // dimension))
    index = np.arange(dimension).reshape(-1, batch)

    def evaluate(params: Array) -> tuple[Array, Array]:
        logs = model.log_probabilities(params)
        p, phi = jnp.exp(logs), model.angles(params)

        @jax.checkpoint  # computed again on the way back: memory is that of one batch
        def energy(part: tuple[Array, Array]) -> Array:
            rows, weights = part
            kets = model.circuit.evolve(jax.nn.one_hot(rows, dimension), phi)
            return (
                weights
                @ jnp.sum(
                    kets.conj() * terms.apply(_concrete.constant(coefficients), kets), axis=-1
                ).real
            )

        mean = jnp.sum(jax.lax.map(energy, (_concrete.constant(index), p.reshape(index.shape))))
        value = mean + constant + p @ logs
        return value, jnp.zeros_like(value)

    return evaluate


# --- on a device ---------------------------------------------------------------------------------


class _Basis(NamedTuple):
    """Terms of H that commute wire by wire: their basis, and the energy of each outcome."""

    turn: Circuit
    energies: np.ndarray


def _bases(terms: PauliTerms, coefficients: np.ndarray) -> list[_Basis]:
    """Terms that commute wire by wire share a basis; β and coefficients are in the energies."""
    words = [qml.pauli.string_to_pauli_word(s) for s in terms.strings]
    found = []
    for group in qml.pauli.compute_partition_indices(words, grouping_type="qwc"):
        strings = [terms.strings[i] for i in group]
        letters = ["".join(set(column) - {"I"}) or "Z" for column in zip(*strings, strict=True)]
        diagonal = PauliTerms(tuple(s.translate(_TO_Z) for s in strings))
        energies = diagonal.stripes(coefficients[list(group)])[1][0]
        found.append(_Basis(basis_change("".join(letters)), energies))
    return found


_TO_Z = str.maketrans("XY", "ZZ")


def _evaluation(
    model: MixedModel, bases: list[_Basis], constant: float, shots: int | None
) -> Evaluation:
    # Compiled once: what changes from call to call are numbers.
    logs = jax.jit(model.log_probabilities)
    pull = jax.jit(lambda params, cotangent: jax.vjp(logs, params)[1](cotangent)[0])
    # A sample's covariance divides by N − 1.
    correction = 1.0 if shots is None else shots / (shots - 1)
    starts = BasisStarts(model.wires, 2**model.wires)

    def evaluation(xp: Any, params: Array, with_gradient: bool) -> Steps:
        log_p, phi = xp.asarray(logs(params), dtype=float), model.angles(params)
        p = xp.exp(log_p)
        found = yield [
            Mixture(starts, p, model.circuit, phi, shots, turn=basis.turn) for basis in bases
        ]
        value, slope = constant + p @ log_p, xp.zeros(len(phi))
        # −S(p) has the derivative ln p + 1 in p; the 1 adds nothing, as p stays normalised.
        cotangent = p * log_p
        for basis, seen in zip(bases, found.seen, strict=True):
            each, mean = seen.table @ basis.energies, seen.distribution @ basis.energies
            value = value + mean
            excess = correction * (each - seen.shares * mean)
            cotangent = cotangent + seen.spread(xp, excess, len(p))
            if with_gradient:
                slope = slope + seen.pull(basis.energies)
        stderr = found.error(*(basis.energies for basis in bases))
        if not with_gradient:
            return Measurement(value, stderr)
        gradient = xp.asarray(pull(params, cotangent), dtype=float)
        start = len(params) - len(phi)
        parts = [gradient[:start], gradient[start:] + slope]
        return Measurement(value, stderr, xp.concatenate(parts))

    return evaluation
