"""States from counts: published ones, certificates that hold, errors that are met, refusals."""

import math

import numpy as np
import pennylane as qml
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq
from strategies import seeds, theorem

from qce import classical, quantum
from qce.data import Counts
from qce.states import random_density_matrix
from qce.tomography import (
    Povm,
    measure_pauli,
    mirror,
    multiplicative,
    projected,
    read_counts,
    reconstruct,
    simulate_pauli,
)
from qce.tomography.likelihood import Likelihood, certificate
from qce.tomography.track import Track

EPS = np.finfo(float).eps
QUBIT = [441, 195, 311, 53]
BELL = [85, 79, 0, 86, 86, 96, 79, 0, 0, 67, 96, 88, 66, 0, 96, 76]
METHODS = ["accelerated", "cover", "diluted"]


def random_povm(rng, m, d):
    """m effects S^{−½} A_k S^{−½} of random positive A_k with sum S."""
    a = np.stack([random_density_matrix(d, seed=rng) for _ in range(m)])
    w, v = np.linalg.eigh(a.sum(axis=0))
    root = (v / np.sqrt(w)) @ v.conj().T
    return root @ a @ root


def noisy_w(wires):
    """0.9 W + 0.1 · 1/2^n."""
    ket = np.zeros(2**wires)
    ket[[1 << k for k in range(wires)]] = wires**-0.5
    return 0.9 * np.outer(ket, ket) + 0.1 * np.eye(2**wires) / 2**wires


def loss_of(counts, povm, hedge=0.0, entropy=0.0):
    numbers = np.asarray(counts).reshape(povm.outcomes)
    return Likelihood(povm, numbers / numbers.sum(), hedge / numbers.sum(), entropy)


# --- published counts ----------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_the_published_qubit(method):
    """Four digits of the state and of the distance, twelve of the likelihood."""
    found = reconstruct(QUBIT, Povm.tetrahedron(1), method=method, tolerance=1e-11)
    assert found.converged
    state = [[0.7356, -0.0104 - 0.4365j], [-0.0104 + 0.4365j, 0.2644]]
    assert np.abs(found.state - state).max() < 1e-4 / math.sqrt(2)
    assert found.nll.value == pytest.approx(1.198750507884, abs=1e-11)
    true = (np.eye(2) + np.array([[0.5, -(0.75**0.5) * 1j], [0.75**0.5 * 1j, -0.5]])) / 2
    assert quantum.trace_distance(found.state, true) == pytest.approx(0.0181, abs=5e-5)


@pytest.mark.parametrize("method", METHODS)
def test_the_published_pair(method):
    found = reconstruct(BELL, Povm.tetrahedron(2), method=method, tolerance=1e-11)
    assert found.converged
    entries = found.state[[0, 0, 3], [0, 3, 3]]
    assert np.abs(entries - [0.4931, 0.4989 - 0.0219j, 0.5058]).max() < 1e-4 / math.sqrt(2)
    assert found.nll.value == pytest.approx(2.483532755137, abs=1e-11)
    assert found.entropy == pytest.approx(2.477704155384, abs=5.1e-13)
    assert found.divergence == pytest.approx(0.005829, abs=5e-7)
    bell = np.zeros((4, 4))
    bell[np.ix_([0, 3], [0, 3])] = 0.5
    assert quantum.trace_distance(found.state, bell) == pytest.approx(0.0410, abs=5e-5)


def test_covers_update_keeps_its_guarantee():
    """f_k − f* ≤ (ln d)/k at every step; the worst is 0.377 of it, computed independently."""
    found = reconstruct(BELL, Povm.tetrahedron(2), method="cover", tolerance=1e-12)
    step, loss = found.history["step"][1:], found.history["loss"][1:]
    worst = (step * (loss - 2.483532755137)).max() / math.log(4)
    assert worst == pytest.approx(0.377, abs=5e-4)


def test_diluted_updates_never_rise():
    found = reconstruct(BELL, Povm.tetrahedron(2), method="diluted", tolerance=1e-12)
    assert (np.diff(found.history["loss"]) <= 8 * EPS * 4).all()
    assert found.steps < 60  # 42 to 1e-13 in an independent program


def test_dilution_ends_the_cycle_of_rrr():
    """On a basis RρR is p → f²/p: from 1/2 to f² and back for ever."""
    povm = Povm.general([np.diag([1, 0]), np.diag([0, 1])])
    track = Track(1e-12, 200)
    multiplicative.diluted(loss_of([7, 3], povm), np.eye(2, dtype=complex) / 2, track)
    assert track.certificate <= 1e-12
    assert np.diag(track.best.rho).real == pytest.approx([0.7, 0.3], abs=2e-6)


@pytest.mark.parametrize("wires, known", [(4, 0.1146), (6, 0.1202)])
def test_the_noisy_w_state(wires, known):
    """N = 100 · 3^n. Over 40 and 6 seeds the distance scatters by 0.0067 and 0.0032."""
    state = noisy_w(wires)
    found = reconstruct(simulate_pauli(state, shots=100, seed=1), tolerance=1e-9)
    assert found.certificate <= 1e-9 and found.shots == 100 * 3**wires
    scatter = {4: 0.0067, 6: 0.0032}[wires]
    # Two draws differ: that of an independent program and ours.
    limit = 5 * math.sqrt(2) * scatter
    assert quantum.trace_distance(found.state, state) == pytest.approx(known, abs=limit)


def test_the_noisy_w_state_of_eight_wires():
    """656100 outcomes of 1.7 million kinds, to 1e-6; published 0.1162. Ten seconds."""
    state = noisy_w(8)
    found = reconstruct(simulate_pauli(state, shots=100, seed=1))
    assert found.certificate <= 1e-6
    # Over seeds 1 to 4 the distance scatters by 0.0012, and the published one is a draw as well.
    assert quantum.trace_distance(found.state, state) == pytest.approx(
        0.1162, abs=5 * math.sqrt(2) * 0.0012
    )


# --- the Born map --------------------------------------------------------------------------------


@theorem
@given(seeds, st.lists(st.integers(2, 3), min_size=1, max_size=3))
def test_the_contraction_is_the_list_of_effects(seed, dimensions):
    """Probabilities and operators against Kronecker products, qubits in pairs included."""
    rng = np.random.default_rng(seed)
    dimensions = [2, *dimensions]
    sites = tuple(random_povm(rng, int(rng.integers(2, 6)), d) for d in dimensions)
    povm = Povm(sites)
    effects = sites[0]
    for site in sites[1:]:
        effects = np.stack([np.kron(a, b) for a in effects for b in site])
    d = math.prod(dimensions)
    rho = random_density_matrix(d, seed=rng)
    expected = np.einsum("kij,ji->k", effects, rho).real
    assert povm.outcomes == tuple(len(site) for site in sites) and povm.dimension == d
    # Sums of d² products in each of the sites.
    limit = 16 * EPS * d * len(sites)
    assert povm.probabilities(rho).reshape(-1) == pytest.approx(expected, abs=limit)
    weights = rng.normal(size=povm.outcomes)
    operator = np.einsum("k,kij->ij", weights.reshape(-1), effects)
    assert np.abs(povm.operator(weights) - operator).max() <= limit * np.abs(weights).sum()


def test_effects_are_the_ones_that_are_named():
    """Index 2 × letter + bit, and the tetrahedron in its published order."""
    plus, zero = np.full((2, 2), 0.5), np.diag([1.0, 0.0])
    right = np.array([[0.5, -0.5j], [0.5j, 0.5]])
    for letter, state in enumerate((plus, right, zero)):
        p = Povm.pauli(1).probabilities(state)
        others = np.full(6, 1 / 6)
        others[2 * letter : 2 * letter + 2] = [1 / 3, 0]
        assert p == pytest.approx(others, abs=4 * EPS)
    p = Povm.tetrahedron(1).probabilities(zero)
    assert p == pytest.approx([(1 + s / 3**0.5) / 4 for s in (1, 1, -1, -1)], abs=4 * EPS)
    p = Povm.tetrahedron(1).probabilities(plus)
    assert p == pytest.approx([(1 + s / 3**0.5) / 4 for s in (1, -1, -1, 1)], abs=4 * EPS)


def test_what_determines_a_state():
    assert Povm.pauli(3).complete and Povm.tetrahedron(2).complete
    assert not Povm.general([np.diag([1, 0]), np.diag([0, 1])]).complete
    rng = np.random.default_rng(3)
    assert Povm.general(random_povm(rng, 9, 3)).complete
    assert not Povm.general(random_povm(rng, 8, 3)).complete


# --- the loss ------------------------------------------------------------------------------------


@theorem
@given(seeds, st.sampled_from([(0.0, 0.0), (0.5, 0.0), (0.0, 0.1), (2.0, 0.3)]))
def test_the_gradient_is_the_slope_of_the_loss(seed, penalties):
    """Central differences of step h: error h² times the third derivative, and ε/h."""
    rng = np.random.default_rng(seed)
    d = 3
    povm = Povm.general(random_povm(rng, 10, d))
    loss = loss_of(rng.integers(1, 50, size=10), povm, *penalties)
    rho = 0.5 * random_density_matrix(d, seed=rng) + 0.5 * np.eye(d) / d
    move = random_density_matrix(d, seed=rng) - np.eye(d) / d
    h = 1e-5
    difference = (loss.at(rho + h * move).value - loss.at(rho - h * move).value) / (2 * h)
    slope = -np.vdot(loss.ascent(loss.at(rho)), move).real
    # Eigenvalues are 1/6 and more, third derivatives below 2·6³ of the slope's unit.
    assert slope == pytest.approx(difference, abs=1e3 * h**2 * 6 + 8 * EPS * 10 / h)


@theorem
@given(seeds, st.sampled_from([(0.0, 0.0), (0.5, 0.0), (0.0, 0.05)]))
def test_no_state_is_further_below_than_the_certificate(seed, penalties):
    """From any state to any other, of the optimum's neighbourhood above all."""
    rng = np.random.default_rng(seed)
    povm = Povm.pauli(2)
    numbers = rng.multinomial(300, povm.probabilities(random_density_matrix(4, seed=rng)).ravel())
    loss = loss_of(numbers, povm, *penalties)
    hedge, entropy = penalties
    best = reconstruct(numbers, povm, hedge=hedge, entropy=entropy, tolerance=1e-7)
    least = loss.at(best.state).value
    for mix in (0.0, 0.5, 0.99):
        rho = mix * best.state + (1 - mix) * random_density_matrix(4, seed=rng)
        point = loss.at(rho)
        gap = certificate(rho, loss.ascent(point))
        assert -1e-7 <= point.value - least <= gap + 1e-12


def test_the_likelihood_splits_into_entropy_and_divergence():
    found = reconstruct(BELL, Povm.tetrahedron(2))
    assert found.nll.value == pytest.approx(found.entropy + found.divergence, abs=16 * EPS * 3)
    f = np.array(BELL) / 1000
    p = Povm.tetrahedron(2).probabilities(found.state).ravel()
    assert found.nll.value == pytest.approx(classical.cross_entropy(f, p), abs=16 * EPS * 3)
    surprise = -np.log(p)
    spread = f @ surprise**2 - (f @ surprise) ** 2
    assert found.nll.stderr == pytest.approx(math.sqrt(spread / 1000), rel=1e-9)


# --- the ways to minimise it ---------------------------------------------------------------------


@theorem
@given(seeds)
def test_the_projection_is_the_closest_state(seed):
    """⟨X − P, τ − P⟩ ≤ 0 for every state τ: what makes P closest."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
    x = (x + x.conj().T) * rng.uniform(0.05, 1)
    p = projected.project(x)
    assert np.trace(p).real == pytest.approx(1, abs=32 * EPS)
    assert np.linalg.eigvalsh(p)[0] >= -16 * EPS
    for rank in (1, 4):
        tau = random_density_matrix(4, rank=rank, seed=rng)
        assert np.vdot(x - p, tau - p).real <= 64 * EPS * np.abs(x).sum()


def test_projected_gradient_finds_the_state_alone():
    """From the maximally mixed state, without the factor's help."""
    povm = Povm.tetrahedron(2)
    loss = loss_of(BELL, povm)
    track = Track(1e-10, 5000)
    projected.refine(loss, loss.at(np.eye(4, dtype=complex) / 4), track)
    assert track.certificate <= 1e-10
    assert track.best.value == pytest.approx(2.483532755137, abs=1e-10)


def test_mirror_descent_finds_the_state_alone():
    loss = loss_of(BELL, Povm.tetrahedron(2), hedge=0.5)
    track = Track(1e-10, 5000)
    mirror.refine(loss, loss.at(np.eye(4, dtype=complex) / 4), track)
    assert track.certificate <= 1e-10
    both = reconstruct(BELL, Povm.tetrahedron(2), hedge=0.5, tolerance=1e-10)
    # Twice 1e-10 in the loss, whose curvature is 1 at least: √ of it in the state.
    assert np.abs(both.state - track.best.rho).max() < 2e-5


def test_steps_run_out_and_it_says_so():
    found = reconstruct(BELL, Povm.tetrahedron(2), method="cover", max_steps=3)
    assert not found.converged and found.steps == 3 and "asked for 1.0e-06" in str(found)
    assert found.certificate == found.history["certificate"].min()


def test_the_best_state_is_kept():
    """Certificates need not fall at every step."""
    loss, track = loss_of(QUBIT, Povm.tetrahedron(1)), Track(1e-12, 10)
    good = loss.at(reconstruct(QUBIT, Povm.tetrahedron(1)).state)
    for point in (good, loss.at(np.eye(2, dtype=complex) / 2)):
        track.judge(point, loss.ascent(point))
    assert track.best is good and track.certificate == track.history["certificate"].min()


def test_uniform_counts_need_no_step():
    found = reconstruct([10] * 4, Povm.tetrahedron(1))
    assert found.steps == 0 and np.abs(found.state - np.eye(2) / 2).max() <= 4 * EPS


# --- penalties -----------------------------------------------------------------------------------


def test_the_hedge_adds_its_counts_where_effects_commute():
    """On a basis: p_k = (n_k + β)/(N + dβ), the rule of Lidstone, and no coherence."""
    counts = np.array([7, 0, 2, 1])
    povm = Povm.general([np.diag(row) for row in np.eye(4)])
    found = reconstruct(counts, povm, hedge=0.5, tolerance=1e-12)
    # A certificate of 1e-12 holds p to √(2·1e-12·p), the curvature being f/p² ≥ 1/p.
    expected = np.diag((counts + 0.5) / 12)
    assert np.abs(found.state - expected).max() < 2e-6
    assert np.linalg.eigvalsh(found.state)[0] > 0.5 / 12 - 2e-6


def test_the_entropy_chooses_among_states_that_the_data_do_not_tell_apart():
    """On a basis f_k/p_k − λ ln p_k is the same for all k; solved by bisection instead."""
    f, weight = np.array([0.7, 0.2, 0.1]), 0.05
    povm = Povm.general([np.diag(row) for row in np.eye(3)])
    found = reconstruct((10 * f).astype(int), povm, entropy=weight, tolerance=1e-12)

    def weights(level):
        return [
            brentq(lambda x, a=a: a / x - weight * math.log(x) - level, 1e-9, 5, xtol=1e-15)
            for a in f
        ]

    level = brentq(lambda c: sum(weights(c)) - 1, 0.5, 2, xtol=1e-15)
    assert np.abs(found.state - np.diag(weights(level))).max() < 2e-6


def test_counts_of_some_bases_leave_the_rest_to_the_entropy():
    """X and Z of a qubit say nothing about Y."""
    counts = Counts({"X": np.array([60, 40]), "Z": np.array([80, 20])})
    found = reconstruct(counts, entropy=1e-4, tolerance=1e-10)
    bloch = [np.vdot(found.state, p).real for p in ([[0, 1], [1, 0]], [[0, -1j], [1j, 0]])]
    # The entropy draws by λ over the curvature of the likelihood, about 1.
    assert bloch == pytest.approx([0.2, 0.0], abs=1e-3)
    assert found.state[0, 0].real == pytest.approx(0.8, abs=1e-3)
    assert found.expectation([[0, -1j], [1j, 0]]).stderr == math.inf
    # Z alone was measured 100 times: √(1 − 0.6²)/10, up to the half counts.
    assert found.expectation([[1, 0], [0, -1]]).stderr == pytest.approx(0.08, rel=0.02)


# --- standard errors -----------------------------------------------------------------------------


def test_errors_of_a_minimal_measurement_are_those_of_its_frequencies():
    """Four outcomes, four parameters: O = Σ c_k Π_k, and the variance of Σ c_k f_k is known."""
    rng = np.random.default_rng(4)
    povm = Povm.tetrahedron(1)
    shots = 10**9
    rho = 0.6 * random_density_matrix(2, seed=rng) + 0.2 * np.eye(2)
    counts = np.rint(shots * povm.probabilities(rho)).astype(int)
    found = reconstruct(counts, povm, tolerance=1e-11)
    observable = np.array([[0.3, 0.2 - 0.5j], [0.2 + 0.5j, -1.0]])
    effects = povm.sites[0].reshape(4, 4)
    c = np.linalg.solve(effects.T, observable.reshape(-1)).real
    f = counts / counts.sum()
    expected = math.sqrt((f @ c**2 - (f @ c) ** 2) / counts.sum())
    value, stderr = found.expectation(observable)
    assert value == pytest.approx(np.vdot(observable, rho).real, abs=1e-5)
    assert stderr == pytest.approx(expected, rel=1e-5)


def test_repeated_experiments_scatter_as_the_error_says():
    """200 runs on a mixed pair of qubits: the deviation is known to 1/√400 of itself."""
    rng = np.random.default_rng(12)
    rho = 0.5 * random_density_matrix(4, seed=rng) + 0.5 * np.eye(4) / 4
    observable = np.kron([[1, 0], [0, -1]], [[0, 1], [1, 0]]) + np.diag([0.3, 0, 0, -0.2])
    found = [
        reconstruct(simulate_pauli(rho, shots=200, seed=rng)).expectation(observable)
        for _ in range(200)
    ]
    values, errors = np.array(found).T
    truth = np.vdot(observable, rho).real
    assert abs(values.mean() - truth) < 5 * values.std() / math.sqrt(200)
    assert values.std(ddof=1) == pytest.approx(errors.mean(), rel=5 / math.sqrt(400))


# --- PennyLane -----------------------------------------------------------------------------------


def prepare():
    qml.RY(0.7, wires=0)
    qml.RX(-1.1, wires=1)
    qml.CNOT(wires=[0, 1])
    qml.RZ(0.4, wires=1)
    qml.RX(0.9, wires=0)


def prepared():
    @qml.qnode(qml.device("default.qubit", wires=2))
    def node():
        prepare()
        return qml.density_matrix(wires=[0, 1])

    return np.asarray(node())


@pytest.mark.parametrize("device", ["default.qubit", "lightning.qubit"])
def test_a_circuit_is_found_from_its_counts(device):
    """Wire order, letters and signs: all 36 counts within five deviations of the circuit's law."""
    shots = 4000
    counts = measure_pauli(prepare, 2, shots=shots, device=device, seed=5)
    exact = prepared()
    letters = {
        "X": [[0, 1], [1, 0]],
        "Y": [[0, -1j], [1j, 0]],
        "Z": [[1, 0], [0, -1]],
    }
    assert len(counts.by_basis) == 9 and counts.total == 9 * shots
    for basis, found in counts.by_basis.items():
        for index, count in enumerate(found):
            a, b = (
                (np.eye(2) + (1 - 2 * bit) * np.array(letters[letter])) / 2
                for bit, letter in zip(divmod(index, 2), basis, strict=True)
            )
            p = np.trace(np.kron(a, b) @ exact).real
            assert abs(count - shots * p) <= 5 * math.sqrt(shots * p * (1 - p)) + 1e-9
    found = reconstruct(counts)
    projector = found.expectation(exact)
    assert abs(projector.value - 1) <= 5 * projector.stderr


def test_a_noisy_device_is_found_mixed():
    def noisy():
        prepare()
        qml.DepolarizingChannel(0.3, wires=0)

    @qml.qnode(qml.device("default.mixed", wires=2))
    def node():
        noisy()
        return qml.density_matrix(wires=[0, 1])

    counts = measure_pauli(noisy, 2, shots=2000, device="default.mixed", seed=6)
    found, exact = reconstruct(counts), np.asarray(node())
    purity = found.expectation(2 * exact)  # the slope of Tr ρ²
    assert abs(purity.value - 2 * np.vdot(exact, exact).real) <= 5 * purity.stderr
    assert quantum.trace_distance(found.state, exact) < 0.1


def test_dictionaries_are_read_as_pennylane_writes_them():
    @qml.qnode(qml.device("default.qubit", wires=2, seed=1))
    def node():
        qml.PauliX(wires=0)
        return qml.counts(wires=[0, 1])

    table = qml.set_shots(node, 20)()
    assert read_counts({"ZZ": table}).by_basis["ZZ"].tolist() == [0, 0, 20, 0]


def test_unequal_bases_have_the_likelihood_of_all_their_outcomes():
    """−Σ (n_bx/N) ln (share_b p(x|b)), written out; and one basis is left out."""
    rng = np.random.default_rng(8)
    full = simulate_pauli(random_density_matrix(4, seed=rng), shots=50, seed=rng).by_basis
    kept = {basis: row * (k + 1) for k, (basis, row) in enumerate(full.items()) if basis != "YX"}
    found = reconstruct(Counts(kept), hedge=0.5)
    total = sum(row.sum() for row in kept.values())
    law = Povm.pauli(2).probabilities(found.state).reshape(3, 2, 3, 2)
    value = 0.0
    for basis, row in kept.items():
        a, b = ("XYZ".index(x) for x in basis)
        conditional = 9 * law[a, :, b, :].reshape(-1)
        seen = row > 0
        value -= (row[seen] / total) @ np.log(row.sum() / total * conditional[seen])
    assert found.nll.value == pytest.approx(value, abs=1e-13)
    assert found.nll.value == pytest.approx(found.entropy + found.divergence, abs=1e-13)


# --- refusals ------------------------------------------------------------------------------------

ONE = Povm.tetrahedron(1)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: reconstruct(QUBIT[:3], ONE), r"`counts` must have shape \(4,\)"),
        (lambda: reconstruct(QUBIT, Povm.tetrahedron(2)), r"`counts` must have shape \(4, 4\)"),
        (lambda: reconstruct([0, 0, 0, 0], ONE), "there are 0 shots"),
        (lambda: reconstruct([1, -1, 2, 3], ONE), "`counts` must be integers and not negative"),
        (lambda: reconstruct([0.25] * 4, ONE), "`counts` must be integers and not negative"),
        (lambda: reconstruct(QUBIT), "`povm` must be given"),
        (
            lambda: reconstruct(Counts({"Z": np.array([1, 2])}), ONE),
            "`povm` must be left out for Pauli counts",
        ),
        (
            lambda: reconstruct(Counts({"Z": np.array([1, 2])})),
            "`povm` must determine the state, but many states have its probabilities",
        ),
        (
            lambda: reconstruct([1], Povm.pauli(14)),
            r"`counts` must fit into 4 GiB, but 7.84e\+10 outcomes in 16384 dimensions need \d",
        ),
        (
            lambda: reconstruct(Counts({"Z" * 14: np.ones(2**14, dtype=int)})),
            "`counts` must fit into 4 GiB",
        ),
        (lambda: reconstruct(QUBIT, ONE, method="best"), "`method` must be one of"),
        (lambda: reconstruct(QUBIT, ONE, hedge=-1.0), "`hedge` must be finite and not negative"),
        (
            lambda: reconstruct(QUBIT, ONE, method="cover", hedge=0.5),
            "`method` must suit the penalties",
        ),
        (lambda: reconstruct(QUBIT, ONE, tolerance=0.0), "`tolerance` must be positive"),
        (lambda: reconstruct(QUBIT, ONE, max_steps=0), "`max_steps` must be at least 1"),
        (lambda: Povm.general([np.diag([1, 0])]), "`effects` must sum to the identity"),
        (lambda: Povm.general([np.diag([2, 0]), np.diag([-1, 1])]), "`effects` must be positive"),
        (lambda: Povm.general([[[1, 1], [0, 1]]]), "`effects` must be finite and Hermitian"),
        (lambda: Povm.general(np.eye(2)), "`effects` must have shape"),
        (lambda: Povm.pauli(0), "`wires` must be an integer >= 1"),
        (lambda: Povm(()), "`sites` must hold one stack"),
        (lambda: Povm(ONE.sites, np.ones(3)), "`share` must be non-negative, of shape"),
        (lambda: Povm(ONE.sites, np.array([1.0, 1, 1, 2])), "`share` must leave the sum"),
        (
            lambda: reconstruct(
                [1] * 6, Povm(Povm.pauli(1).sites, np.array([1.5, 1.5, 1.5, 1.5, 0, 0])), hedge=0.5
            ),
            "`counts` must be possible for the measurement",
        ),
        (lambda: measure_pauli(prepare, 2, shots=0), "`shots` must be an integer >= 1"),
        (lambda: measure_pauli(prepare, 2, shots=5, device="no.such"), "installed device"),
        (lambda: measure_pauli(prepare, 0, shots=5), "`wires` must be an integer >= 1"),
        (
            lambda: measure_pauli(prepare, 12, shots=5),
            r"`wires` must fit into 4 GiB, but 3\^12 bases with 5 shots need 130 GiB",
        ),
        (
            lambda: simulate_pauli(np.eye(2**9) / 2**9, shots=1, seed=1, memory=0.1),
            "`wires` must fit into 0.1 GiB",
        ),
        (lambda: Povm.pauli(2).probabilities(np.eye(2)), r"`rho` must have shape \(4, 4\)"),
        (lambda: simulate_pauli(np.eye(3) / 3, shots=5, seed=1), "`state` must be of qubits"),
        (lambda: read_counts({"XZ": {"0": 3}}), "`counts` must have bit strings as keys"),
        (
            lambda: reconstruct(QUBIT, ONE).expectation(np.eye(4)),
            r"`observable` must have shape \(2, 2\)",
        ),
        (
            lambda: reconstruct(QUBIT, ONE).expectation([[0, 1], [0, 0]]),
            "`observable` must be finite and Hermitian",
        ),
    ],
)
def test_what_cannot_be_done_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
