"""Fidelities from random circuits: moments, error bars, noise that is drawn, and decays."""

import math

import numpy as np
import pennylane as qml
import pytest
from scipy.stats import chi2

from qce import classical
from qce.xeb import (
    Decay,
    digital_fidelity,
    fidelity,
    fit_decay,
    heavy_output_probability,
    measure,
    moments,
    random_circuit,
    shot_variance,
)
from qce.xeb.moments import of_circuits

EPS = np.finfo(float).eps
ESTIMATORS = ["linear", "log", "heavy"]


def haar(rng, count, d):
    """Outcome probabilities of Haar-random states, `(count, d)`: normalised exponentials."""
    x = rng.exponential(size=(count, d))
    return x / x.sum(axis=1, keepdims=True)


def run(rng, p, f, shots):
    """Counts of a device with the fidelity f."""
    return np.stack([rng.multinomial(shots, f * row + (1 - f) / len(row)) for row in p])


def depolarising(p):
    gates = qml.noise.op_in([qml.Rot])
    return qml.NoiseModel({gates: qml.noise.partial_wires(qml.DepolarizingChannel, p)})


# --- moments -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wires, ideal, limit, chance, chance_limit, difference, linear",
    [
        (1, 0.500000, 0.270363, 1.000000, 1.270363, 0.5, 0.333333),
        (2, 1.083333, 0.963510, 1.833333, 1.963510, 0.75, 0.600000),
        (3, 1.717857, 1.656657, 2.592857, 2.656657, 0.875, 0.777778),
        (5, 3.058495, 3.042952, 4.027245, 4.042952, 0.96875, 0.939394),
        (8, 5.124345, 5.122393, 6.120439, 6.122393, 0.996094, 0.992218),
        (10, 6.509176, 6.508687, 7.508199, 7.508687, 0.999023, 0.998049),
    ],
)
def test_the_cross_entropies_of_haar_states(
    wires, ideal, limit, chance, chance_limit, difference, linear
):
    """Given with six digits."""
    d = 2**wires
    exact, infinite = moments("log", d), moments("log", d, reference="porter_thomas")
    found = [-exact.ideal, -infinite.ideal, -exact.uniform, -infinite.uniform]
    assert found == pytest.approx([ideal, limit, chance, chance_limit], abs=5.1e-7)
    assert exact.ideal - exact.uniform == pytest.approx(1 - 1 / d, abs=32 * EPS)
    assert difference == pytest.approx(1 - 1 / d, abs=5.1e-7)
    assert moments("linear", d).ideal - 1 == pytest.approx(linear, abs=5.1e-7)
    assert sum(1 / k for k in range(1, d)) == pytest.approx(-exact.uniform, rel=64 * EPS)


@pytest.mark.parametrize("d", [2, 8, 64])
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_the_moments_are_means_over_haar_states(estimator, d):
    """20000 random kets, five standard errors."""
    rng = np.random.default_rng(31)
    z = rng.normal(size=(20_000, d)) + 1j * rng.normal(size=(20_000, d))
    p = np.abs(z) ** 2
    p /= p.sum(axis=1, keepdims=True)
    expected = moments(estimator, d)
    for found, exact in zip(of_circuits(estimator, p), expected, strict=True):
        error = np.std(found) / math.sqrt(len(p))
        assert abs(np.mean(found) - exact) <= 5 * error + 8 * EPS


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_the_limit_is_what_dimension_leads_to(estimator):
    """The rest is of order 1/D."""
    d = 2**20
    exact, limit = moments(estimator, d), moments(estimator, d, reference="porter_thomas")
    assert exact == pytest.approx(limit, abs=2 / d)
    assert (
        abs(moments(estimator, 4)[0] - moments(estimator, 4, reference="porter_thomas")[0]) > 0.01
    )


def test_heavy_outputs_of_an_ideal_device():
    assert moments("heavy", 2, reference="porter_thomas").ideal == pytest.approx(0.846574, abs=5e-7)
    rng = np.random.default_rng(2)
    p = haar(rng, 200, 64)
    found = heavy_output_probability(p, run(rng, p, 1.0, 2000))
    assert found == pytest.approx(0.8466, abs=5 * 0.02 / math.sqrt(200) + 1 / 64)


# --- estimators ----------------------------------------------------------------------------------


@pytest.mark.parametrize("reference", ["circuits", "haar"])
@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("wires", [2, 6])
def test_estimates_are_right_and_so_are_their_errors(estimator, reference, wires):
    """300 experiments of 10 circuits: mean within five errors, deviation as the error says.

    The Haar reference is right for the mean over circuits, so that the scatter is its error.
    """
    rng = np.random.default_rng(wires)
    f, runs = 0.6, 300
    found = []
    for _ in range(runs):
        p = haar(rng, 10, 2**wires)
        counts = run(rng, p, f, 500)
        found.append(fidelity(p, counts, estimator=estimator, reference=reference))
    values = np.array([x.value for x in found])
    assert abs(values.mean() - f) <= 5 * values.std() / math.sqrt(runs)
    errors = [x.stderr if reference == "circuits" else x.scatter for x in found]
    said = math.sqrt(np.mean(np.square(errors)))
    # The deviation is known to 1/√600 of itself; for the heavy tails of the Haar scatter twice it.
    assert values.std() == pytest.approx(
        said, rel=5 * (1 if reference == "circuits" else 2) / 600**0.5
    )


def test_the_limit_is_biased_in_small_dimension_and_haar_is_not():
    """At D = 4 the linear estimate of an ideal device is 0.6 without the correction."""
    rng = np.random.default_rng(5)
    p = haar(rng, 4000, 4)
    counts = run(rng, p, 1.0, 100)
    biased = fidelity(p, counts, reference="porter_thomas")
    right = fidelity(p, counts, reference="haar")
    assert abs(biased.value - 0.6) <= 5 * biased.scatter
    assert abs(right.value - 1.0) <= 5 * right.scatter
    assert biased.value < 1 - 50 * biased.scatter


@pytest.mark.parametrize("f", [0.0, 0.2, 0.5, 0.9])
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_the_variance_of_a_shot(estimator, f):
    """D = 2¹² and 10⁶ shots: the Porter-Thomas law up to 1/√D, the share of one circuit."""
    rng = np.random.default_rng(8)
    p = haar(rng, 1, 2**12)
    found = fidelity(p, run(rng, p, f, 10**6), estimator=estimator, reference="porter_thomas")
    assert found.stderr**2 * 10**6 == pytest.approx(shot_variance(estimator, f), rel=6 / 64)


def test_the_better_estimator_changes_at_one_fidelity():
    at = (math.pi**2 / 6 - 1) / 2
    assert at == pytest.approx(0.322467, abs=5e-7)
    for f, better, worse in ((at - 0.01, "linear", "log"), (at + 0.01, "log", "linear")):
        assert shot_variance(better, f) < shot_variance(worse, f) < shot_variance("heavy", f)


def test_the_linear_one_is_the_least_squares_of_the_circuits():
    """f = Σ(m − u)(e − u)/Σ(e − u)² with e = Σp², u = 1/D and m = Σqp, written out."""
    rng = np.random.default_rng(3)
    p = haar(rng, 5, 8)
    n = run(rng, p, 0.7, 300)
    above = below = 0.0
    for row, seen in zip(p, n, strict=True):
        e, u, m = (row**2).sum(), 1 / 8, (seen / seen.sum()) @ row
        above, below = above + (m - u) * (e - u), below + (e - u) ** 2
    assert fidelity(p, n).value == pytest.approx(above / below, rel=64 * EPS)


def test_the_logarithmic_one_is_a_difference_of_cross_entropies():
    rng = np.random.default_rng(4)
    p = haar(rng, 1, 16)
    n = run(rng, p, 0.7, 300)
    uniform, q = np.full(16, 1 / 16), n / 300
    by_chance = classical.cross_entropy(uniform, p[0])
    expected = (by_chance - classical.cross_entropy(q[0], p[0])) / (
        by_chance - classical.entropy(p[0])
    )
    assert fidelity(p, n, estimator="log").value == pytest.approx(expected, rel=64 * EPS)


# --- circuits ------------------------------------------------------------------------------------


def test_random_circuits_are_random_states():
    """Ideal scores of 30 deep circuits on 5 wires against Haar, five standard errors."""
    ideal = np.stack([measure(random_circuit(5, 14, seed), 5, shots=1)[0] for seed in range(30)])
    for estimator in ESTIMATORS:
        expected = moments(estimator, 32)
        for found, exact in zip(of_circuits(estimator, ideal), expected, strict=True):
            assert abs(np.mean(found) - exact) <= 5 * np.std(found) / math.sqrt(30) + 8 * EPS


def test_the_gates_are_haar_random():
    """Of 4000 gates: cos θ uniform in [−1, 1], both phases uniform on the circle, independent."""
    script = qml.tape.make_qscript(random_circuit(4000, 0, seed=3))()
    first, middle, last = np.array([op.parameters for op in script.operations]).T
    cosine = np.cos(middle)
    samples = [(cosine, 0), (cosine**2, 1 / 3), (cosine * np.cos(first), 0)]
    samples += [
        (np.cos(k * x + shift), 0) for x in (first, last) for k in (1, 2) for shift in (0, 1)
    ]
    samples += [(np.cos(first - last), 0), (np.cos(first + last), 0)]
    for values, mean in samples:
        assert abs(values.mean() - mean) <= 5 * values.std() / math.sqrt(4000)


def test_noise_that_is_drawn_is_the_noisy_law():
    """Draws against the density matrix, by χ² at one in a million; wires are not alike."""
    circuit, noise, shots = random_circuit(3, 2, seed=7), depolarising(0.15), 4000
    _, drawn = measure(circuit, 3, shots=shots, noise=noise, seed=1)
    noisy = qml.add_noise(
        qml.qnode(qml.device("default.mixed", wires=3))(
            lambda: circuit() or qml.probs(wires=range(3))
        ),
        noise,
    )
    law = np.asarray(noisy())
    statistic = np.sum((drawn - shots * law) ** 2 / (shots * law))
    assert statistic < chi2.isf(1e-6, 7)
    ideal, clean = measure(circuit, 3, shots=shots, seed=1)
    assert np.sum((clean - shots * ideal) ** 2 / (shots * ideal)) < chi2.isf(1e-6, 7)
    assert np.sum((drawn - shots * ideal) ** 2 / (shots * ideal)) > chi2.isf(1e-6, 7)
    _, mixed = measure(circuit, 3, shots=shots, noise=noise, device="default.mixed", seed=1)
    assert np.sum((mixed - shots * law) ** 2 / (shots * law)) < chi2.isf(1e-6, 7)


def test_fidelity_decays_with_depth_as_the_gates_predict():
    """An error deep in the circuit leaves 1/D² of the score; what the ends add is the amplitude."""
    wires, e, depths = 5, 0.01, [4, 8, 16, 24]
    found = []
    for depth in depths:
        circuits = [random_circuit(wires, depth, seed=100 * depth + k) for k in range(4)]
        runs = [
            measure(c, wires, shots=500, noise=depolarising(e), seed=depth + k)
            for k, c in enumerate(circuits)
        ]
        found.append(fidelity(*(np.stack(x) for x in zip(*runs, strict=True))))
    decay = fit_decay(depths, [x.value for x in found], [x.stderr for x in found])
    # e²: two errors may undo each other.
    expected = digital_fidelity([(e, wires)])
    assert decay.layer == pytest.approx(expected, abs=5 * decay.layer_stderr + wires * e / 32**2)
    # χ² of two degrees of freedom: above 2 · 8 three times in 10⁴.
    assert decay.layer_stderr < 0.1 * (1 - expected) and decay.chi_squared < 8


def test_twelve_wires_with_noise():
    ideal, counts = measure(
        random_circuit(12, 6, seed=1), 12, shots=200, noise=depolarising(0.002), seed=2
    )
    assert ideal.shape == (4096,) and counts.sum() == 200
    found = fidelity(ideal, counts)
    assert abs(found.value - digital_fidelity([(0.002, 84)])) <= 5 * found.stderr


# --- decays --------------------------------------------------------------------------------------


def test_a_decay_is_found_within_its_errors():
    """500 sets of fidelities: both parameters right in the mean, errors as said, χ² about 1."""
    rng = np.random.default_rng(6)
    depths, error = np.array([2, 4, 8, 16, 32]), 0.01
    fits = [
        fit_decay(depths, 0.95 * 0.97**depths + error * rng.normal(size=5), np.full(5, error))
        for _ in range(500)
    ]
    for name, truth in (("layer", 0.97), ("amplitude", 0.95)):
        values = np.array([getattr(x, name) for x in fits])
        said = np.array([getattr(x, f"{name}_stderr") for x in fits])
        assert abs(values.mean() - truth) <= 5 * values.std() / math.sqrt(500) + 1e-4
        assert values.std() == pytest.approx(said.mean(), rel=5 / math.sqrt(1000))
        # Errors come from those of the fidelities and not from the misfit, which scatters by 60 %.
        assert said.std() < 0.1 * said.mean()
    misfits = np.array([x.chi_squared for x in fits])
    assert abs(misfits.mean() - 1) <= 5 * math.sqrt(2 / 3 / 500)


def test_depolarising_and_pauli_errors():
    """f = 1 − e_depol, e_depol = e_Pauli/(1 − 1/D²); the channel of PennyLane on a qubit."""
    p = 0.03
    kraus = qml.DepolarizingChannel(p, wires=0).kraus_matrices()
    z = np.diag([1.0, -1.0])
    shrink = np.trace(sum(k @ z @ k.conj().T for k in kraus) @ z).real / 2
    layer = Decay(shrink, 0.0, 1.0, 0.0, 0.0)
    assert layer.pauli_error(2) == pytest.approx(p, rel=16 * EPS / p)


def test_the_digital_model_multiplies():
    gates = [(0.0016, 1113), (0.0062, 430), (0.038, 53)]
    assert digital_fidelity(gates) == pytest.approx(0.00149, abs=5e-6)
    assert digital_fidelity([]) == 1 and digital_fidelity([(1.0, 1)]) == 0
    assert digital_fidelity([(0.5, 0)]) == 1


# --- refusals ------------------------------------------------------------------------------------

P, N = [[0.7, 0.1, 0.1, 0.1]], [[7, 1, 1, 1]]


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: fidelity(P, N, estimator="best"), "`estimator` must be one of"),
        (lambda: fidelity(P, N, reference="none"), "`reference` must be one of"),
        (lambda: fidelity([[0.5, 0.4]], [[1, 1]]), "`ideal` must sum to 1"),
        (lambda: fidelity(P, [[1, 1]]), r"`counts` must have the shape \(1, 4\)"),
        (lambda: fidelity(P, [[0.7, 0.1, 0.1, 0.1]]), "`counts` must be integers"),
        (lambda: fidelity(P, [[0, 0, 0, 0]]), "`counts` must hold outcomes of every circuit"),
        (lambda: fidelity([[1.0, 0.0]], [[1, 1]], estimator="log"), "`ideal` must be positive"),
        (lambda: fidelity([[0.5, 0.5]], [[1, 1]]), "`ideal` must differ from uniform"),
        (lambda: moments("linear", 1), "`dimension` must be an integer >= 2"),
        (lambda: moments("linear", 4, reference="circuits"), "`reference` must be one of"),
        (lambda: shot_variance("linear", 1.5), r"`fidelity` must lie in \[0, 1\]"),
        (lambda: random_circuit(0, 1, seed=1), "`wires` must be an integer >= 1"),
        (lambda: random_circuit(1, -1, seed=1), "`depth` must be an integer >= 0"),
        (lambda: measure(lambda: None, 2, shots=0), "`shots` must be an integer >= 1"),
        (lambda: measure(lambda: None, 0, shots=1), "`wires` must be an integer >= 1"),
        (
            lambda: measure(lambda: None, 40, shots=1),
            r"must fit into 4 GiB, but states of 40 wires need 6.55e\+04 GiB",
        ),
        (
            lambda: measure(lambda: None, 14, shots=1, device="default.mixed"),
            "but states of 14 wires need 16 GiB",
        ),
        (
            # Enough for kets of two wires, 2.4e-7 GiB, and not for their density matrices.
            lambda: measure(
                lambda: None,
                2,
                shots=1,
                device="default.mixed noise=bitflip:0.1",
                memory=5e-7,
            ),
            "but states of 2 wires need 9.54e-07 GiB",
        ),
        (
            lambda: measure(
                random_circuit(1, 0, seed=1),
                1,
                shots=1,
                noise=qml.NoiseModel(
                    {qml.noise.op_in([qml.Rot]): qml.noise.partial_wires(qml.AmplitudeDamping, 0.1)}
                ),
            ),
            "`noise` must be made of unitaries, but AmplitudeDamping is not",
        ),
        (lambda: fit_decay([1, 2], [0.9, 0.8], [0.1, 0.1]), "`depths` must hold three"),
        (lambda: fit_decay([1, 2, 3], [0.9, 0.8, 0.7], [0.1, 0.0, 0.1]), "`stderrs` must be"),
        (lambda: digital_fidelity([(1.5, 1)]), "`errors` must lie in"),
    ],
)
def test_what_cannot_be_done_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
