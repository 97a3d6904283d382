"""Purified chains: against dense matrices, in draws, at many wires, as data of a likelihood."""

import itertools

import jax
import numpy as np
import pytest

import qce
from qce import data, models, objectives
from qce.models import PurifiedChain

EPS = np.finfo(float).eps
PAULIS = {
    "I": np.eye(2),
    "X": np.array([[0, 1], [1, 0]]),
    "Y": np.array([[0, -1j], [1j, 0]]),
    "Z": np.diag([1, -1]),
}


def product(matrices):
    found = np.eye(1)
    for matrix in matrices:
        found = np.kron(found, matrix)
    return found


def dense(model, params):
    """The density matrix from the tensors, one path of purifying values and bonds at a time."""
    parts = np.asarray(params).reshape(
        2, model.wires, model.purification, 2, model.bond, model.bond
    )
    tensors = parts[0] + 1j * parts[1]
    n, kinds = model.wires, model.purification
    rho = np.zeros((2**n, 2**n), dtype=complex)
    for path in itertools.product(range(kinds), repeat=n):
        ket = np.zeros(2**n, dtype=complex)
        for x, bits in enumerate(itertools.product((0, 1), repeat=n)):
            row = np.eye(model.bond)[0]
            for wire in range(n):
                row = row @ tensors[wire, path[wire], bits[wire]]
            ket[x] = row.sum()
        rho += np.outer(ket, ket.conj())
    return rho / np.trace(rho).real


def effect(letter, bit):
    return (PAULIS["I"] + (1 - 2 * bit) * PAULIS[letter]) / 2


def strings(n):
    return np.array(list(itertools.product((0, 1), repeat=n)))


def ready(seed, n=3, bond=3, purification=2):
    model = PurifiedChain(n, bond, purification=purification)
    return model, np.random.default_rng(seed).normal(size=model.size)


@pytest.mark.parametrize("bond, purification", [(1, 1), (2, 1), (3, 2)])
def test_probabilities_of_all_bases_are_those_of_the_dense_matrix(bond, purification):
    model, params = ready(bond, 3, bond, purification)
    rho, bits = dense(model, params), strings(3)
    settings = ["".join(s) for s in itertools.product("XYZ", repeat=3)]
    found = np.stack([np.exp(model.log_prob(params, bits, s)) for s in settings])
    wanted = [[np.trace(rho @ product(map(effect, s, row))).real for row in bits] for s in settings]
    # A sum of some hundred products of order one.
    np.testing.assert_allclose(found, wanted, rtol=0, atol=500 * EPS)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=0, atol=500 * EPS)


def test_wires_that_were_not_seen_are_traced_out():
    model, params = ready(1)
    rho = dense(model, params)
    wanted = np.trace(rho @ product([effect("Y", 1), PAULIS["I"], effect("X", 0)])).real
    for bits in ([1, -1, 0], [1.0, np.nan, 0.0]):
        found = np.exp(model.log_prob(params, bits, "YZX"))
        assert abs(found - wanted) < 500 * EPS
    assert abs(model.log_prob(params, [-1, -1, -1])) < 500 * EPS


def test_in_the_computational_basis_it_is_the_tensor_tree_of_the_same_parameters():
    model, params = ready(2, 4)
    tree = models.MatrixProduct(4, 3, purification=2, complex=True)
    found, wanted = model.log_prob(params, strings(4)), tree.log_prob(params, strings(4))
    np.testing.assert_allclose(np.exp(found), np.exp(wanted), rtol=0, atol=500 * EPS)


def test_slopes_are_those_of_cauchys_integral():
    model, params = ready(3, 2, 2)
    bits, settings = np.array([[0, 1], [1, 1], [0, -1]]), ["XY", "ZZ", "YX"]

    def loss(point):
        """The mean of −ln p, continued to complex parameters: what is conjugated stands apart."""
        half = model.size // 2
        shape = (2, 2, 2, 2, 2)
        a = (point[:half] + 1j * point[half:]).reshape(shape)
        b = (point[:half] - 1j * point[half:]).reshape(shape)

        def weight(operators):
            message = np.zeros((2, 2), dtype=complex)
            message[0, 0] = 1
            for wire, op in enumerate(operators):
                message = np.einsum("lm,kplr,kqms,qp->rs", message, a[wire], b[wire], op)
            return message.sum()

        total = 0
        for row, letters in zip(bits, settings, strict=True):
            seen = [
                PAULIS["I"] if x < 0 else effect(s, x) for s, x in zip(letters, row, strict=True)
            ]
            total -= np.log(weight(seen) / weight([PAULIS["I"]] * 2))
        return total / len(bits)

    def along(k):
        # Cauchy's circle of 16 points: the function is analytic, and the error is the radius, in
        # units of the distance to the next pole, to the power of 16; rounding is ε over the radius.
        step = 0.05 * np.eye(model.size)[k]
        angles = np.exp(2j * np.pi * np.arange(16) / 16)
        return np.mean([loss(params + z * step) / z for z in angles]).real / 0.05

    slope = jax.grad(lambda x: -model.log_prob(x, bits, settings).mean())(jax.numpy.asarray(params))
    np.testing.assert_allclose(slope, [along(k) for k in range(model.size)], rtol=0, atol=1e-12)


def test_expectations_reduced_states_and_overlaps_are_those_of_dense_matrices():
    model, params = ready(4)
    other, others = ready(5)
    rho, sigma = dense(model, params), dense(other, others)
    labels = ["".join(p) for p in itertools.product("IXYZ", repeat=3)]
    wanted = [np.trace(rho @ product(PAULIS[x] for x in label)).real for label in labels]
    np.testing.assert_allclose(model.expectation(params, labels), wanted, rtol=0, atol=1e-12)
    np.testing.assert_allclose(model.density_matrix(params), rho, rtol=0, atol=1e-12)
    pair = np.einsum("ajbcjd->abcd", rho.reshape((2,) * 6)).reshape(4, 4)
    np.testing.assert_allclose(model.reduced(params, [0, 2]), pair, rtol=0, atol=1e-12)
    swapped = pair.reshape((2,) * 4).transpose(1, 0, 3, 2).reshape(4, 4)
    np.testing.assert_allclose(model.reduced(params, [2, 0]), swapped, rtol=0, atol=1e-12)
    both = np.trace(rho @ sigma).real
    assert abs(np.exp(model.log_overlap(params, other, others)) - both) < 1e-12
    assert abs(model.purity(params) - np.trace(rho @ rho).real) < 1e-12
    cosine = both / np.sqrt(np.trace(rho @ rho).real * np.trace(sigma @ sigma).real)
    assert abs(model.similarity(params, other, others) - cosine) < 1e-12


def test_known_states_are_what_they_are_called():
    model, params = PurifiedChain.ghz(3)
    ket = np.zeros(8)
    ket[[0, 7]] = 0.5**0.5
    np.testing.assert_allclose(dense(model, params), np.outer(ket, ket), atol=10 * EPS)
    terms = [product(PAULIS[x] for x in t) for t in ("XZII", "ZXZI", "IZXZ", "IIZX")]
    values, vectors = np.linalg.eigh(-sum(terms))
    gibbs = vectors * np.exp(-0.7 * (values - values[0])) @ vectors.conj().T
    found = dense(*PurifiedChain.cluster(4, beta=0.7))
    np.testing.assert_allclose(found, gibbs / np.trace(gibbs), rtol=0, atol=100 * EPS)
    ground = np.outer(vectors[:, 0], vectors[:, 0].conj())
    np.testing.assert_allclose(dense(*PurifiedChain.cluster(4)), ground, atol=100 * EPS)


@pytest.mark.parametrize("dtype, eps", [("float64", EPS), ("float32", 2.0**-23)])
def test_two_hundred_wires_neither_overflow_nor_vanish(dtype, eps):
    model, params = PurifiedChain.ghz(200, dtype=dtype)
    bits = np.zeros((4, 200), dtype=int)
    bits[1] = 1
    bits[2, 7] = 1
    settings = ["Z" * 200] * 3 + ["X" * 200]
    logs = np.asarray(model.log_prob(3e5 * params, bits, settings))
    # In X the 2^199 strings of even parity are equally likely; each wire rounds a few times.
    wanted = np.log([0.5, 0.5, 0.0, 0.5**199], where=[1, 1, 0, 1], out=np.full(4, -np.inf))
    np.testing.assert_allclose(logs, wanted, rtol=0, atol=2000 * eps)
    if dtype == "float64":
        return
    start = jax.numpy.asarray(model.initial(0))
    slope = jax.grad(lambda x: model.log_prob(x, bits, settings).sum())(start)
    assert np.isfinite(slope).all() and np.linalg.norm(slope) > 1
    assert abs(model.similarity(start, model, start) - 1) < 2000 * eps


def test_nan_stays_nan():
    model, params = ready(0)
    params[0] = np.nan
    assert np.isnan(model.log_prob(params, [0, 1, 1])).all()
    with pytest.raises(qce.ArgumentError, match="`params` must be finite"):
        model.sample(params, 1, 0)


def test_draws_have_the_probabilities_of_the_model():
    model, params = ready(6)
    shots, bits = 4000, strings(3)
    for seed in range(20):
        settings = "".join(np.random.default_rng(seed).choice(list("XYZ"), 3))
        p = np.exp(model.log_prob(params, bits, settings))
        seen = np.bincount(model.sample(params, shots, seed, settings) @ [4, 2, 1], minlength=8)
        # Seven degrees of freedom: above 40 once in a million draws.
        assert ((seen - shots * p) ** 2 / (shots * p)).sum() < 40


def test_outcomes_are_read_from_all_that_holds_them():
    rows = data.PauliOutcomes([[0, 2], [0, 2], [1, 0]], [[0, 1], [1, 1], [1, 0]])
    counts = {"XZ": {"01": 1, "11": 1}, "YX": {"10": 1}}
    model, params = ready(7, 2)
    value = objectives.measured_likelihood(model, rows)(params).value
    pair = (np.array(rows.bits), np.array(rows.settings))
    kinds = [counts, data.Counts.from_counts(counts), rows.counts(), pair, np.array(pair)]
    kinds.append(data.Shadow.from_pennylane(*pair))
    for other in kinds:
        seen = objectives.measured_likelihood(model, other).rows.rows
        assert seen.bits.tolist() == [[0, 5], [1, 5], [3, 0]] and seen.total == 3
    logs = model.log_prob(params, rows.bits, ["XZ", "XZ", "YX"])
    assert abs(value + logs.mean()) < 1e-12
    # Two bases, the first with two outcomes that are equally frequent.
    assert abs(objectives.measured_likelihood(model, rows).floor - 2 / 3 * np.log(2)) < 1e-12


def test_other_models_take_the_same_outcomes_as_counts():
    rows = data.PauliOutcomes(["X", "X", "Z"], [[0], [1], [1]])
    machine = models.BornMachine(qce.circuits.rx(1))
    point = np.array([0.3])
    one = objectives.measured_likelihood(machine, rows)(point)
    assert one.value == objectives.measured_likelihood(machine, rows.counts())(point).value


@pytest.mark.parametrize(
    "call, said",
    [
        (lambda: data.PauliOutcomes("XW", [[0, 1]]), "`settings` must be 2 letters X, Y, Z"),
        (lambda: data.PauliOutcomes("X", [[0, 1]]), "`settings` must be 2 letters"),
        (lambda: data.PauliOutcomes([[0, 3]], [[0, 1]]), "one is 3"),
        (lambda: data.PauliOutcomes(["XX"] * 3, [[0, 1]] * 2), "`settings` must fit bits"),
        (lambda: data.PauliOutcomes("XX", [[0, 2]]), "`bits` must be bits 0 or 1"),
        (lambda: data.PauliOutcomes("XX", [0, 1]), r"`bits` must have shape \(N, n\)"),
        (lambda: data.PauliOutcomes("X", [[0]]).split(0.5, 0), "`share` must leave outcomes"),
        (lambda: data.PauliOutcomes("X", [[-1]]).counts(), "`bits` must be complete"),
        (lambda: PurifiedChain(0), "`wires` must"),
        (lambda: PurifiedChain(2, 0), "`bond` must"),
        (lambda: PurifiedChain(2, purification=0), "`purification` must"),
        (lambda: PurifiedChain.cluster(3, beta=-1), "`beta` must not be negative"),
        (lambda: PurifiedChain(12).density_matrix(PurifiedChain(12).initial(0)), "`wires` must be"),
        (lambda: on_two().reduced(here(), [0, 2]), "`wires` must be at most 10 of 0 to 1"),
        (lambda: on_two().expectation(here(), "XA"), "`paulis` must be 2 letters I, X, Y, Z"),
        (lambda: on_two().log_prob(here(), [0, 1], "XXX"), "`settings` must be 2 letters"),
        (lambda: on_two().log_prob(here(), [0, 1, 1]), "`bits` must have shape"),
        (lambda: on_two().log_prob(here()[1:], [0, 1]), "`params` must"),
        (lambda: on_two().log_overlap(here(), PurifiedChain(3), here()), "`other` must have 2"),
        (
            lambda: objectives.measured_likelihood(on_two(), data.PauliOutcomes("X", [[0]])),
            "`data` must be of the model's 2 wires",
        ),
        (
            lambda: objectives.measured_likelihood(on_two(), {"XX": {"00": 1}}, shots=10),
            "`shots` must be None here",
        ),
    ],
)
def test_what_cannot_be_is_refused(call, said):
    with pytest.raises(qce.ArgumentError, match=said):
        call()


def on_two():
    return PurifiedChain(2)


def here():
    return on_two().initial(0)
