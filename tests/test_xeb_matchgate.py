"""Benchmarking by matchgates: the law of ideal probabilities, error bars, devices, refusals."""

import math
from fractions import Fraction

import jax
import numpy as np
import pennylane as qml
import pytest
from scipy.stats import ks_2samp, special_ortho_group, t

import qce
from qce import models, xeb
from qce.xeb import depolarised, matchgate_fidelity, matchgate_moments, random_matchgates

EPS = np.finfo(float).eps


def strings(n):
    return (np.arange(2**n)[:, None] >> np.arange(n)[::-1]) & 1


def haar(n, count, seed):
    """Probabilities of all even outcomes for random rotations, by determinants of Γ + Γ_x."""
    rng = np.random.default_rng(seed)
    turn = special_ortho_group.rvs(2 * n, size=count, random_state=rng)
    unit = np.kron(np.eye(n), [[0.0, 1.0], [-1.0, 0.0]])
    gamma = -turn @ unit @ turn.swapaxes(1, 2)
    bits = strings(n)[strings(n).sum(axis=1) % 2 == 0]
    signs = np.repeat(2.0 * bits - 1, 2, axis=1)
    return np.stack(
        [np.sqrt(np.abs(np.linalg.det(gamma + unit * s))) / 2**n for s in signs], axis=1
    )


# --- the ensemble --------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [2, 3])
def test_up_to_three_wires_even_states_are_haar_random(n):
    """SO(4) acts on one qubit, and SO(6) as SU(4) on two."""
    half = 2 ** (n - 1)
    assert matchgate_moments("log", n) == pytest.approx(xeb.moments("log", half), abs=32 * EPS)
    ideal = xeb.moments("linear", half).ideal
    assert matchgate_moments("linear", n).ideal == pytest.approx(2 * ideal, rel=32 * EPS)


@pytest.mark.parametrize("n", [1, 2, 5, 20, 100])
def test_the_linear_moment_is_a_sum_over_degrees(n):
    """Averages of two copies: each degree 2l of Majorana operators is an irreducible space."""
    exact = sum(Fraction(math.comb(n, k) ** 2, math.comb(2 * n, 2 * k)) for k in range(n + 1))
    assert matchgate_moments("linear", n).ideal == pytest.approx(float(exact), rel=64 * EPS * n)
    # √(πn) (1 + 1/8n + …)
    limit = math.sqrt(math.pi * n) * (1 + 1 / (8 * n))
    assert float(exact) == pytest.approx(limit, rel=1 / n**2)


@pytest.mark.parametrize("n", [2, 3, 4, 5, 6])
def test_moments_are_means_over_random_rotations(n):
    """2000 rotations, five standard errors."""
    p = haar(n, 2000, seed=n)
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-12)
    for estimator, g in (("linear", 2**n * p), ("log", np.log(p))):
        ideal, uniform = matchgate_moments(estimator, n)
        chance = g.mean(axis=1) / (2 if estimator == "linear" else 1)
        for found, exact in (((p * g).sum(axis=1), ideal), (chance, uniform)):
            error = found.std() / math.sqrt(len(found))
            assert abs(found.mean() - exact) <= 5 * error + 64 * EPS


@pytest.mark.parametrize("n", [4, 5])
def test_a_probability_is_a_product_of_beta_variables(n):
    rng, b = np.random.default_rng(1), n - 1 + n % 2
    law = np.prod([rng.beta(1 + 2 * j, b, size=4000) for j in range(n // 2)], axis=0)
    # Kolmogorov and Smirnov; below 1e-4 by chance once in 10⁴.
    assert ks_2samp(haar(n, 4000, seed=7)[:, 0], law).pvalue > 1e-4


@pytest.mark.parametrize("wires", [1, 2, 3])
def test_a_random_circuit_has_a_random_rotation(wires):
    """Entries of a Haar-random rotation: mean 0, variance 1/N, fourth moment 3/(N(N + 2))."""
    machine, size = random_matchgates(wires, 0)[0], 2 * wires
    found = [machine.rotation(random_matchgates(wires, seed)[1]) for seed in range(400)]
    r = np.array(found)
    assert np.abs(r @ r.swapaxes(1, 2) - np.eye(size)).max() < 1e-13
    np.testing.assert_allclose(np.linalg.det(r), 1, atol=1e-13)
    for power, exact in ((1, 0), (2, 1 / size), (4, 3 / (size * (size + 2)))):
        each = (r**power).mean(axis=0)
        assert np.abs(each - exact).max() < 5 * (r**power).std() / math.sqrt(len(r))
    corner = r[:, 0, 0] * r[:, -1, -1]
    expected = 1 / 2 if wires == 1 else 0.0
    assert abs(corner.mean() - expected) < 5 * corner.std() / math.sqrt(len(r))


# --- estimates -----------------------------------------------------------------------------------


def covered(n, f, circuits, shots, repetitions, **options):
    """Share of repetitions whose error bar of 95 % holds f."""
    by_scatter = options.get("reference", "haar") == "haar"
    factor = t.ppf(0.975, circuits - 1) if by_scatter else 1.96
    rng = np.random.default_rng(3)
    hits = 0
    for _ in range(repetitions):
        made = [random_matchgates(n, rng) for _ in range(circuits)]
        machine = made[0][0]
        params = np.stack([p for _, p in made])
        seen = [depolarised(machine, p, fidelity=f, shots=shots, seed=rng) for p in params]
        found = matchgate_fidelity(machine, params, seen, seed=rng, **options)
        error = found.scatter if by_scatter else found.stderr
        hits += abs(found.value - f) <= factor * error
    return hits / repetitions


COVERAGE = [
    {"estimator": "log", "reference": "haar"},
    {"estimator": "linear", "reference": "haar"},
    {"estimator": "log", "reference": "circuits"},
    {"estimator": "linear", "reference": "circuits"},
]


@pytest.mark.long
@pytest.mark.parametrize("options", COVERAGE, ids=lambda x: "-".join(x.values()))
def test_error_bars_hold_the_fidelity_as_often_as_they_say(options):
    """400 repetitions: 95 ± 1.1 % hold it if the error bar is right.

    The linear score of a circuit is skewed: by its scatter over twelve of them 92.8 % held it.
    """
    skewed = options == {"estimator": "linear", "reference": "haar"}
    circuits, shots = (30, 100) if skewed else (12, 200)
    assert 0.93 <= covered(6, 0.6, circuits, shots, 400, **options) <= 0.97


@pytest.mark.long
@pytest.mark.parametrize("estimator", ["log", "linear"])
def test_error_bars_hold_the_fidelity_where_the_reference_is_sampled(estimator):
    """128 even outcomes, of which 100 samples are drawn."""
    options = {"estimator": estimator, "reference": "circuits", "samples": 100}
    assert 0.93 <= covered(8, 0.6, 4, 200, 400, **options) <= 0.97


@pytest.mark.thinned(3)
@pytest.mark.parametrize("options", COVERAGE, ids=lambda x: "-".join(x.values()))
def test_error_bars_hold_the_fidelity(options):
    """40 repetitions: 33 or fewer would be chance once in 10³, and 0 of 40 missed, too often."""
    assert covered(4, 0.6, 12, 100, 40, **options) >= 0.85


@pytest.mark.thinned(3)
@pytest.mark.parametrize("estimator", ["log", "linear"])
@pytest.mark.parametrize("reference", ["haar", "circuits"])
def test_sixty_wires(estimator, reference):
    machine, params = random_matchgates(60, seed=0)
    for f in (0.0, 0.5, 1.0):
        seen = depolarised(machine, params, fidelity=f, shots=200, seed=1)
        found = matchgate_fidelity(
            machine, params, seen, estimator=estimator, reference=reference, samples=200
        )
        # One circuit: by its scatter around the ensemble, √(1/12) or so, the reference is off.
        slack = 0.3 if reference == "haar" else 0.0
        assert abs(found.value - f) <= 5 * found.stderr + slack * f
        assert 0 < found.stderr < 0.5 and found.shots == 200 and math.isnan(found.scatter)


def test_exact_and_sampled_references_agree():
    machine, params = random_matchgates(8, seed=2)
    seen = depolarised(machine, params, fidelity=0.7, shots=500, seed=1)
    for estimator in ("log", "linear"):
        exact, sampled = (
            matchgate_fidelity(
                machine, params, seen, estimator=estimator, reference="circuits", samples=k
            )
            for k in (128, 127)
        )
        off = math.sqrt(sampled.stderr**2 - exact.stderr**2)
        assert off > 0 and abs(exact.value - sampled.value) <= 5 * off


def test_outcomes_are_taken_in_every_form():
    machine, params = random_matchgates(3, seed=0)
    bits = depolarised(machine, params, fidelity=0.5, shots=50, seed=1)
    counts = np.bincount(bits @ [4, 2, 1], minlength=8)
    words = {f"{k:03b}": int(c) for k, c in enumerate(counts) if c}
    found = [matchgate_fidelity(machine, params, x) for x in (bits, counts, words)]
    assert found[0] == found[1] == found[2]
    stacked = matchgate_fidelity(machine, [params, params], [bits, bits])
    assert stacked.value == pytest.approx(found[0].value)
    assert stacked.stderr == pytest.approx(found[0].stderr / math.sqrt(2))
    assert stacked.scatter == pytest.approx(0, abs=1e-12)


def test_an_estimate_is_the_ratio_of_differences_of_cross_entropies():
    machine, params = random_matchgates(4, seed=3)
    bits = strings(4)
    p = np.exp(machine.log_prob(params, bits))
    even = bits.sum(axis=1) % 2 == 0
    counts = np.where(even, 10, 3)
    logs, q = np.log(p[even]), counts / counts.sum()
    expected = q[even] @ (logs - logs.mean()) / (p[even] @ logs - logs.mean())
    found = matchgate_fidelity(machine, params, counts, reference="circuits")
    assert found.value == pytest.approx(expected, rel=1e-11)
    linear = matchgate_fidelity(machine, params, counts, reference="circuits", estimator="linear")
    assert linear.value == pytest.approx((16 * q @ p - 1) / (16 * p @ p - 1), rel=1e-11)


def test_a_device_with_noise():
    """Depolarising gates on PennyLane, against the exact law of the noisy circuit."""
    n, e = 3, 0.01
    noise = qml.NoiseModel(
        {qml.noise.op_in([qml.RZ]): qml.noise.partial_wires(qml.DepolarizingChannel, e)}
    )
    machine, params = random_matchgates(n, seed=4)

    @qml.qnode(qml.device("default.mixed", wires=n))
    def noisy():
        machine.circuit.queue(params)
        return qml.probs(wires=range(n))

    q = np.asarray(qml.add_noise(noisy, noise)())
    ideal, counts = xeb.measure(
        lambda: machine.circuit.queue(params), n, shots=20_000, noise=noise, seed=5
    )
    np.testing.assert_allclose(ideal, np.exp(machine.log_prob(params, strings(n))), atol=1e-12)
    found = matchgate_fidelity(
        machine, params, counts, estimator="linear", reference="circuits", samples=2**n
    )
    expected = (8 * q @ ideal - 1) / (8 * ideal @ ideal - 1)
    assert abs(found.value - expected) <= 5 * found.stderr
    assert 0.5 < found.value < 1 - 5 * found.stderr


def test_single_precision_of_jax_changes_nothing():
    machine, params = random_matchgates(6, seed=0)
    seen = depolarised(machine, params, fidelity=0.5, shots=50, seed=1)
    expected = matchgate_fidelity(machine, params, seen)
    with jax.enable_x64(False):
        assert matchgate_fidelity(machine, params, seen) == expected


# --- refusals ------------------------------------------------------------------------------------


def test_circuits_that_are_not_random():
    """|000⟩ alone: no logarithm of what cannot be; the linear score is 8 or 0."""
    machine = models.Matchgate(3, 0, 5)
    params, seen = np.zeros(25), np.array([[0, 0, 0], [1, 1, 0], [1, 0, 0], [0, 0, 0]])
    options = {"reference": "circuits"}
    with pytest.raises(qce.ArgumentError, match="give every even outcome weight"):
        matchgate_fidelity(machine, params, seen, **options)
    found = matchgate_fidelity(machine, params, seen, estimator="linear", **options)
    assert found.value == pytest.approx(3 / 7)
    one = models.Matchgate(1, 0, 1)
    with pytest.raises(qce.ArgumentError, match="scores no more than chance"):
        matchgate_fidelity(one, [0.3], [[0], [1]])


MACHINE = models.Matchgate(2, 0, 3)
ROW, BITS = np.full(9, 0.3), np.array([[0, 0], [1, 1]])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: matchgate_moments("heavy", 3), "`estimator` must be one of"),
        (lambda: matchgate_moments("log", 0), "`wires` must be an integer >= 1"),
        (lambda: random_matchgates(0, 0), "`wires` must be an integer >= 1"),
        (lambda: random_matchgates(2, 0, layers=0), "`layers` must be an integer >= 1"),
        (lambda: depolarised(3, ROW, fidelity=0.5, shots=1, seed=0), "`machine` must be of type"),
        (lambda: depolarised(MACHINE, ROW, fidelity=2, shots=1, seed=0), "`fidelity` must lie in"),
        (lambda: depolarised(MACHINE, ROW, fidelity=1, shots=0, seed=0), "`shots` must be"),
        (lambda: matchgate_fidelity(models.Matchgate(2), ROW, BITS), "have no hidden wires"),
        (lambda: matchgate_fidelity(MACHINE, ROW[:3], BITS), r"`params` must have shape \(c, 9\)"),
        (
            lambda: matchgate_fidelity(MACHINE, [ROW], [BITS, BITS]),
            "must hold outcomes of 1 ",
        ),
        (lambda: matchgate_fidelity(MACHINE, [ROW], 3), "`data` must be a list"),
        (lambda: matchgate_fidelity(MACHINE, ROW, [[0, -1]]), "some were not seen"),
        (lambda: matchgate_fidelity(MACHINE, ROW, [[0, 1, 1]]), "they are of 3"),
        (lambda: matchgate_fidelity(MACHINE, ROW, [0.5, 0, 0.5, 0]), "they are probabilities"),
        (lambda: matchgate_fidelity(MACHINE, ROW, BITS, samples=1), "`samples` must be"),
        (lambda: matchgate_fidelity(MACHINE, ROW, BITS, reference="porter_thomas"), "`reference`"),
        (lambda: matchgate_fidelity(MACHINE, ROW, BITS, estimator="heavy"), "`estimator`"),
    ],
)
def test_what_cannot_be_done_is_refused(call, message):
    with pytest.raises(qce.ArgumentError, match=message):
        call()


@pytest.mark.parametrize("estimator", ["linear", "log"])
def test_a_single_shot_has_no_error_bar(estimator):
    machine, params = random_matchgates(4, seed=0)
    seen = depolarised(machine, params, fidelity=0.5, shots=2, seed=1)
    settings = {"estimator": estimator, "reference": "circuits"}
    assert np.isnan(matchgate_fidelity(machine, params, seen[:1], **settings).stderr)
    assert np.isfinite(matchgate_fidelity(machine, params, seen, **settings).stderr)
    ideal = np.array([0.5, 0.3, 0.15, 0.05])
    assert np.isnan(xeb.fidelity(ideal, [0, 1, 0, 0], estimator=estimator).stderr)
    assert np.isfinite(xeb.fidelity(ideal, [0, 1, 1, 0], estimator=estimator).stderr)
