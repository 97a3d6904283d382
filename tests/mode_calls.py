"""Public calls that compile, each in one mode of JAX and then in the other; prints what broke.

Run as a program, because what JAX keeps lasts as long as the process: with the mode to begin with,
and which of how many parts of the calls to do.
"""

import sys
import traceback
from itertools import islice

import jax
import jax.numpy as jnp
import numpy as np

from qce import boltzmann, circuits, classical, data, learning, losses, models, objectives, quantum

READY = {
    "strongly_entangling": lambda: circuits.strongly_entangling(4, 2),
    "rotations_xx": lambda: circuits.rotations_xx(3, 4),
    "ising": lambda: circuits.ising(3, 2),
    "heisenberg": lambda: circuits.heisenberg(4, 2),
    "rx": lambda: circuits.rx(2),
    "fixed": lambda: circuits.fixed(np.array([[0.6, 0.8], [0.8, -0.6]])),
    "fixed, complex": lambda: circuits.fixed(np.array([[0.6, 0.8j], [0.8j, 0.6]])),
    "basis_change": lambda: circuits.basis_change("XYZ"),
    "unbiased": lambda: data.random_bases("mub", 2).circuit(1),
    "reversible": lambda: circuits.reversible(circuits.strongly_entangling(4, 2)),
}
SPECTRA = [models.ProductSpectrum, models.PairwiseSpectrum, models.CategoricalSpectrum]
RHO = np.array([[0.7, 0.2 + 0.1j], [0.2 - 0.1j, 0.3]])
KET = np.array([0.6, 0.8j])


def squared(circuit):
    start = np.zeros(circuit.dimension)
    start[0] = 1

    def loss(angles):
        return jnp.sum(jnp.abs(circuit.evolve(start, angles)[: circuit.dimension // 2]) ** 2)

    return loss


def calls():
    """Name and a function without arguments for each public call."""
    angles = np.random.default_rng(1).normal(size=100)
    for name, make in READY.items():
        circuit = make()
        loss, phi = squared(circuit), angles[: circuit.size]
        yield f"{name}, evolve", lambda f=loss, p=phi: f(p)
        yield f"{name}, slope", lambda f=loss, p=phi: jax.grad(f)(jnp.asarray(p))
    for spectrum in SPECTRA:
        model = models.ThermalModel(circuits.strongly_entangling(1, 1), spectrum(1))
        params = angles[: model.size]
        kind = f"thermal, {spectrum.__name__}"
        yield f"{kind}, log", lambda m=model, p=params: jax.jit(m.log_probabilities)(p)
        yield f"{kind}, mixture", lambda m=model, p=params: m.density_matrix(p)
        if spectrum is models.PairwiseSpectrum:
            yield from of_objectives(kind, model, params)
    yield from of_outcomes()
    born = models.BornMachine(circuits.strongly_entangling(2, 1))
    params = angles[: born.size]
    yield "born, probabilities", lambda: born.probabilities(params)
    yield "born, sample", lambda: born.sample(params, 5, 1)
    outcomes = np.array([[0, 1], [1, 1], [0, 0]])
    counts = data.Counts({"XZ": [3, 1, 0, 2], "ZY": [1, 1, 2, 2]})
    for kind, seen in {"law": np.full(4, 0.25), "bits": outcomes, "counts": counts}.items():
        objective = objectives.measured_likelihood(born, seen)
        yield from both(f"likelihood, {kind}", objective, params)
    for make in (objectives.measured_discrepancy, objectives.measured_transport):
        yield from both(make.__name__, make(born, outcomes), params)
    for strings in (("XI", "ZZ", "YY"), ("ZI", "ZZ")):
        for hidden in (0, 1):
            machine = models.BoltzmannMachine(models.PauliTerms(strings), hidden)
            start = angles[: machine.size]
            kind = f"boltzmann, {strings}, {hidden}"
            yield kind, lambda m=machine, p=start: jax.jit(m.density_matrix)(p)
            rho = np.kron(RHO, RHO) if not hidden else RHO
            yield from both(kind, boltzmann.gibbs_cross_entropy(machine, rho), start)
    x = np.random.default_rng(2).normal(size=(4, 2))
    for encoding in ("angle", "amplitude", "affine", "reuploading"):
        model = models.Classifier(2, 2, 1, encoding)
        params = angles[: model.size]
        yield f"classifier, {encoding}", lambda m=model, p=params: m.probabilities(p, x)
        yield f"predict, {encoding}", lambda m=model, p=params: learning.predict(m, p, x)
    segmenter = models.Segmenter(4, layers=1)
    images = np.random.default_rng(3).uniform(size=(1, 4, 4))
    yield "segmenter", lambda: segmenter.probabilities(angles[: segmenter.size], images)
    p, q = jnp.asarray([0.5, 0.25, 0.25, 0.0]), jnp.asarray([0.1, 0.2, 0.3, 0.4])
    for name in ("maximum_mean_discrepancy", "sinkhorn_divergence"):
        loss = getattr(losses, name)
        yield name, lambda f=loss: jax.jit(f)(p, q)
    for bases in (data.random_bases("pauli", 1), data.random_bases("mub", 1)):
        for table in (bases.overlaps, bases.snapshots):
            yield f"{bases}, {table.__name__}", lambda f=table: jax.jit(f)(jnp.asarray(RHO))
    yield "classical", lambda: jax.jit(classical.relative_entropy)(p, q)
    sigma = jnp.eye(2) / 2
    for name in ("entropy", "relative_entropy", "measured_relative_entropy", "fidelity"):
        pair = (jnp.asarray(RHO),) if name == "entropy" else (jnp.asarray(RHO), sigma)
        function = getattr(quantum, name)
        yield f"quantum, {name}", lambda f=function, s=pair: jax.jit(f)(*s)


def of_outcomes():
    """The same of models that answer for single bit strings."""
    rows = np.array([[0, 1, 1], [1, 1, 0], [0, 0, 1], [1, 1, 1]])
    holes = np.array([[0, -1, 1], [-1, 1, -1]])
    trees = {
        "tree": {},
        "twin": {"coherence": 0.0},
        "between": {"coherence": 0.5, "purification": 2},
        "complex": {"complex": True},
    }
    made = {name: models.TensorTree((-1, 0, 0), 2, **how) for name, how in trees.items()}
    made["mixture"] = models.Mixture((made["tree"], models.MatrixProduct(3, 2)))
    made["iqp"] = models.IQP(3, [(0,), (1, 2), (0, 2)])
    made["matchgate"] = models.Matchgate(3, 1)
    made["semi-quantum"] = models.SemiQuantumBoltzmann(3, 2)
    for kind, model in made.items():
        start = np.full(model.size, 0.3) if kind == "iqp" else model.initial(1)
        yield f"{kind}, log", lambda m=model, p=start: m.log_prob(p, rows)
        yield f"{kind}, open", lambda m=model, p=start: m.log_prob(p, holes)
        yield f"{kind}, traced", lambda m=model, p=start: jax.jit(m.log_prob)(p, rows)
        objective = objectives.measured_likelihood(model, rows)
        yield from both(f"{kind}, likelihood", objective, start)
        yield f"{kind}, sample", lambda m=model, p=start: m.sample(p, 4, seed=1).shape


def of_objectives(kind, model, params):
    for make in (objectives.exact_cross_entropy, objectives.deferred_cross_entropy):
        for data_kind, seen in {"state": RHO, "ket": KET}.items():
            yield from both(f"{kind}, {make.__name__}, {data_kind}", make(model, seen), params)
    shadow = objectives.measure_shadow(RHO, shots=30, seed=1)
    for make in (objectives.shadow_cross_entropy, objectives.empirical_cross_entropy):
        yield from both(f"{kind}, {make.__name__}", make(model, shadow), params)
    yield from both(f"{kind}, likelihood", objectives.measured_likelihood(model, shadow), params)
    free = objectives.thermalisation(model, {"X": 0.5, "Z": 1.0})
    yield from both(f"{kind}, thermalisation", free, params)


def both(name, objective, params):
    yield f"{name}, jit", lambda: jax.jit(objective.loss)(params)
    yield f"{name}, slope", lambda: jax.grad(objective.loss)(jnp.asarray(params))
    yield f"{name}, estimate", lambda: objective(params).value


def main(first, part, parts):
    broken = 0
    done = {}
    for name, call in islice(calls(), part, None, parts):
        for wide in (first, not first):
            try:
                with jax.enable_x64(wide):
                    done[name, wide] = np.asarray(call())
            except Exception:
                broken += 1
                print(f"{name} in {64 if wide else 32} bits: {traceback.format_exc()[-300:]}")
    for name, wide in done:
        if not wide or (name, False) not in done:
            continue
        if not np.allclose(done[name, True], done[name, False], rtol=1e-3, atol=1e-4):
            broken += 1
            print(f"{name}: {done[name, True]} in 64 bits, {done[name, False]} in 32")
    print(f"{len(done)} calls, {broken} broken")
    return min(broken, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] == "64", *map(int, sys.argv[2:])))
