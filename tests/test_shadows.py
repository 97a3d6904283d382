"""Shadows: bases that determine a state, snapshots without bias, and what measuring early costs."""

import jax
import numpy as np
import pennylane as qml
import pytest

from qce import circuits, data, models, objectives, quantum, states

EPS = np.finfo(float).eps
BASES = [(name, wires) for name in ("pauli", "mub") for wires in (1, 2, 3)]


def random_state(wires, rank, seed):
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(2**wires, rank)) + 1j * rng.normal(size=(2**wires, rank))
    return a @ a.conj().T / np.linalg.norm(a) ** 2


def bloch_state(x, y, z):
    return np.array([[1 + z, x - 1j * y], [x + 1j * y, 1 - z]]) / 2


@pytest.fixture(scope="module")
def model():
    return models.ThermalModel(circuits.rotations_xx(2, 2), models.PairwiseSpectrum(2))


@pytest.fixture(scope="module")
def params(model):
    start = model.initial(1)
    start[: model.spectrum.size] *= 8  # far from maximally mixed
    return start


@pytest.fixture(scope="module")
def rho():
    return random_state(2, 2, seed=0)


@pytest.fixture(scope="module")
def exact(model, rho, params):
    """Value and gradient without sampling error, by another road."""
    return objectives.exact_cross_entropy(model, rho).value_and_gradient(params)


# --- bases ------------------------------------------------------------------------------------


@pytest.mark.parametrize("wires", [1, 2, 3, 4])
@pytest.mark.parametrize("kind", [data.PauliBases, data.UnbiasedBases, data.PairBases])
def test_tables_are_those_of_the_kets_one_by_one(kind, wires):
    bases, operator = kind(wires), random_state(wires, 2, seed=3)
    d = 2**wires
    kets = bases.outcome_kets(np.arange(bases.count * d))
    law = np.einsum("ri,ij,rj->r", kets.conj(), operator, kets).real
    np.testing.assert_allclose(bases.overlaps(operator).ravel(), law, atol=8 * d * EPS)
    table = np.random.default_rng(0).normal(size=(bases.count, d))
    mean = np.einsum("r,ri,rj->ij", table.ravel(), kets, kets.conj())
    np.testing.assert_allclose(bases.empirical(table), mean, atol=table.size * EPS)


@pytest.mark.parametrize(("name", "wires"), BASES)
def test_the_mean_snapshot_is_the_state(name, wires):
    bases, rho = data.random_bases(name, wires), random_state(wires, 2, seed=wires)
    law = bases.overlaps(rho) / bases.count
    assert law.min() > -EPS and abs(law.sum() - 1) < 10 * EPS
    # Sums of 4^n terms, each at most 3^n.
    assert np.abs(bases.inverted(law) - rho).max() < 12**wires * EPS
    operator = random_state(wires, 3, seed=7)
    mean = (law * bases.snapshots(operator)).sum()
    assert abs(mean - np.trace(rho @ operator).real) < 12**wires * EPS


@pytest.mark.parametrize(("name", "wires"), BASES)
def test_the_circuit_of_a_basis_turns_it_into_the_computational_one(name, wires):
    bases, rho = data.random_bases(name, wires), random_state(wires, 2, seed=wires)
    table = bases.overlaps(rho)
    for index in range(bases.count):
        circuit = bases.circuit(index)
        turn = np.eye(2**wires)  # the computational basis needs no gate
        if circuit.parts:
            turn = qml.matrix(circuit.queue, range(wires))(np.zeros(0))
        assert np.abs(np.diag(turn @ rho @ turn.conj().T).real - table[index]).max() < 50 * EPS


@pytest.mark.parametrize("wires", [1, 2, 3, 4, 5, 7])
def test_unbiased_bases_are_mutually_unbiased(wires):
    kets, d = data.UnbiasedBases(wires).kets, 2**wires
    for a in range(min(d, 8)):
        overlaps = np.abs(kets[a].conj() @ kets[a + 1 :].swapaxes(1, 2)) ** 2
        assert np.abs(overlaps - 1 / d).max() < 10 * EPS
        assert np.abs(kets[a] @ kets[a].conj().T - np.eye(d)).max() < d * EPS


def test_of_one_wire_the_unbiased_bases_are_those_of_pauli():
    rho = random_state(1, 2, seed=3)
    one, other = (data.random_bases(name, 1) for name in ("pauli", "mub"))
    assert np.abs(one.overlaps(rho) - other.overlaps(rho)).max() < 10 * EPS


def test_tables_of_one_library_stay_in_it():
    rho = random_state(2, 2, seed=4)
    for name in ("pauli", "mub"):
        bases = data.random_bases(name, 2)
        table = bases.snapshots(jax.numpy.asarray(rho))
        assert isinstance(table, jax.Array)
        assert np.abs(np.asarray(table) - bases.snapshots(rho)).max() < 50 * EPS


# --- bias law -----------------------------------------------------------------------------------


@pytest.mark.parametrize("rank", [1, 3])
def test_unbiased_bases_leave_the_state_mixed_with_the_identity(rank):
    rho = random_state(3, rank, seed=rank)
    seen = data.measured_state(rho, data.random_bases("mub", 3))
    assert np.abs(seen - (rho + np.eye(8)) / 9).max() < 20 * EPS


@pytest.mark.parametrize(
    ("wires", "floor"), [(1, 0.636514168294813), (2, 1.332179), (3, 2.043192), (4, 2.751667)]
)
def test_the_floor_of_what_was_measured_early(wires, floor):
    """S((ψ + 1)/(d + 1)) of a pure state: one eigenvalue 2/(d+1), d − 1 of 1/(d+1)."""
    ket = random_state(wires, 1, seed=wires)
    seen = data.measured_state(ket, data.random_bases("mub", wires))
    printed = 5e-7 if wires > 1 else 1e-14
    assert abs(quantum.entropy(seen) - floor) < printed


def test_in_pauli_bases_every_wire_of_a_product_pays_for_itself():
    ket = np.kron(np.kron([1, 0], [0.6, 0.8j]), [1, 1] / np.sqrt(2))
    seen = data.measured_state(np.outer(ket, ket.conj()), data.random_bases("pauli", 3))
    assert abs(quantum.entropy(seen) - 3 * 0.636514168294813) < 100 * EPS


def test_the_floor_of_the_empirical_cross_entropy_is_reached_by_the_measured_state():
    model = models.ThermalModel(circuits.fixed(np.eye(4)), models.CategoricalSpectrum(2))
    objective = objectives.empirical_cross_entropy(model, np.eye(4)[0], ensemble="mub")
    best = np.log([0.4, 0.2, 0.2, 0.2])
    assert abs(objective(best).value - objective.floor) < 20 * EPS
    assert objective(best + [0.1, 0, 0, 0]).value > objective.floor + 1e-3
    assert objective(best).stderr == 0 and "(ρ + 1)/(d + 1)" in objective(best).bias


# --- variance: theory T11 -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("r", "s"), [((0, 0, 0.9), (0.5, 0, 0)), ((0.2, -0.5, 0.6), (0.3, 0.4, 0.7))]
)
def test_the_variance_of_one_shot_is_the_closed_form_of_a_qubit(r, s):
    """3 atanh²a − (atanh a · r·ŝ)² for shadows, atanh²a (1 − (r·ŝ)²) for deferred measurement."""
    length = np.linalg.norm(s)
    along, scale = np.dot(r, s) / length, np.arctanh(length)
    bases, rho, sigma = data.random_bases("pauli", 1), bloch_state(*r), bloch_state(*s)
    q, kets = np.linalg.eigh(sigma)
    energy = -(kets * np.log(q)) @ kets.conj().T
    law, table = bases.overlaps(rho) / 3, bases.snapshots(energy)
    variance = (law * table**2).sum() - (law * table).sum() ** 2
    assert abs(variance - (3 * scale**2 - (scale * along) ** 2)) < 100 * EPS
    weights = np.einsum("ix,ij,jx->x", kets.conj(), rho, kets).real
    deferred = weights @ np.log(q) ** 2 - (weights @ np.log(q)) ** 2
    assert abs(deferred - scale**2 * (1 - along**2)) < 100 * EPS
    if r == (0, 0, 0.9):
        assert variance == pytest.approx(0.905212, abs=5e-7)
        assert deferred == pytest.approx(0.301737240203145, abs=1e-14)


def test_the_standard_error_of_an_estimate_is_that_variance_over_the_shots():
    """Pair P1: the sample variance of 20 000 shots is off by 1 % or so (kurtosis of order one)."""
    model = models.ThermalModel(
        circuits.fixed(np.array([[1, 1], [1, -1]]) / np.sqrt(2)), models.CategoricalSpectrum(1)
    )
    q = np.log([0.75, 0.25])  # Bloch vector (0.5, 0, 0) after the Hadamard gate
    rho = bloch_state(0, 0, 0.9)
    shadow = objectives.shadow_cross_entropy(model, rho, shots=20_000, seed=0)(q)
    assert abs(shadow.value - 0.836988216785836) < 5 * shadow.stderr
    assert shadow.stderr**2 * 20_000 == pytest.approx(0.905212, rel=0.05)
    deferred = objectives.deferred_cross_entropy(model, rho, shots=20_000, seed=0)(q)
    assert deferred.stderr**2 * 20_000 == pytest.approx(0.301737, rel=0.05)


# --- objectives -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["pauli", "mub"])
def test_value_and_gradient_are_right_within_five_errors(name, model, params, rho, exact):
    objective = objectives.shadow_cross_entropy(model, rho, ensemble=name, shots=500, seed=2)
    runs = [objective.value_and_gradient(params) for _ in range(60)]
    values = np.array([estimate.value for estimate, _ in runs])
    stated = np.mean([estimate.stderr for estimate, _ in runs])
    assert abs(values.mean() - exact[0].value) < 5 * stated / np.sqrt(60)
    # The deviation of a deviation from 60 runs is 1/√118 = 9 %.
    assert abs(values.std(ddof=1) / stated - 1) < 5 * 0.09
    gradients = np.array([gradient for _, gradient in runs])
    errors = gradients.std(axis=0, ddof=1) / np.sqrt(60)
    assert np.all(np.abs(gradients.mean(axis=0) - exact[1]) < 5 * errors)
    assert objective.floor == pytest.approx(quantum.entropy(rho), abs=1e-12)


@pytest.mark.parametrize("name", ["pauli", "mub"])
def test_a_device_without_sampling_error_gives_the_exact_value_and_gradient(
    name, model, params, rho, exact
):
    objective = objectives.shadow_cross_entropy(model, rho, ensemble=name, device="default.qubit")
    estimate, gradient = objective.value_and_gradient(params)
    assert abs(estimate.value - exact[0].value) < 2000 * EPS and estimate.stderr == 0
    assert np.abs(gradient - exact[1]).max() < 2000 * EPS


def test_neither_device_nor_shots_is_the_exact_cross_entropy(model, params, rho, exact):
    estimate = objectives.shadow_cross_entropy(model, rho)(params)
    assert abs(estimate.value - exact[0].value) < 200 * EPS and estimate.shots is None


def test_circuits_that_prepare_are_measured_on_a_device(model, params):
    def bell(wires):
        qml.H(wires[0])
        qml.CNOT(wires)

    def tilted(wires):
        qml.RY(0.4, wires=wires[0])

    prepared = data.Preparations([bell, tilted], [0.4, 0.6])
    kets = [qml.matrix(f, range(2))(range(2))[:, 0] for f in (bell, tilted)]
    mixture = states.Ensemble(np.array(kets), [0.4, 0.6])
    exact = objectives.exact_cross_entropy(model, mixture)(params)
    objective = objectives.shadow_cross_entropy(
        model, prepared, device="lightning.qubit", shots=3000, seed=1
    )
    estimate = objective(params)
    assert abs(estimate.value - exact.value) < 5 * estimate.stderr and objective.floor is None
    assert objective.spent.shots == 3000 and 9 <= objective.spent.circuits <= 18


def test_outcomes_measured_once_serve_every_evaluation(model, params, rho):
    shadow = objectives.measure_shadow(rho, shots=400, seed=5)
    objective = objectives.shadow_cross_entropy(model, shadow)
    dense = np.asarray(model.density_matrix(params))
    q, kets = np.linalg.eigh(dense)
    log_sigma = (kets * np.log(q)) @ kets.conj().T
    by_hand = -np.trace(shadow.density_matrix() @ log_sigma).real
    # Logarithms up to 10, whose eigenvalues the dense road takes from e^-10.
    assert abs(objective(params).value - by_hand) < 1e-10
    assert objective(params) == objective(params) and objective(params).shots == 400
    assert abs(np.trace(shadow.density_matrix()) - 1) < 10 * EPS


def test_the_floor_of_a_shadow_that_is_no_state_is_minus_infinity(model):
    few = objectives.measure_shadow(np.eye(4)[0], shots=20, seed=0)
    assert np.linalg.eigvalsh(few.density_matrix())[0] < -0.01
    assert objectives.shadow_cross_entropy(model, few).floor == -np.inf
    # Snapshots of the maximally mixed state in every basis and outcome: exactly that state.
    even = data.Shadow(data.random_bases("pauli", 2), np.ones((9, 4), dtype=int))
    floor = objectives.shadow_cross_entropy(model, even).floor
    assert floor == pytest.approx(np.log(4), abs=1e-14)


def test_letters_name_the_rows_of_pauli_bases():
    bases = data.PauliBases(3)
    labels = [bases.label(index) for index in range(bases.count)]
    assert labels[:4] == ["XXX", "XXY", "XXZ", "XYX"] and len(set(labels)) == 27
    assert [bases.index(label) for label in labels] == list(range(27))
    shadow = data.Shadow.from_counts(data.Counts({"XYZ": np.arange(8)}))
    np.testing.assert_array_equal(shadow.counts[labels.index("XYZ")], np.arange(8))
    assert shadow.total == 28


def test_counts_in_all_pauli_bases_are_a_shadow():
    counts = data.Counts({"X": np.array([3, 2]), "Y": np.array([2, 3]), "Z": np.array([4, 1])})
    shadow = data.Shadow.from_counts(counts)
    np.testing.assert_allclose(
        shadow.density_matrix(), bloch_state(*(3 * np.array([1, -1, 3]) / 15)), atol=10 * EPS
    )
    np.testing.assert_allclose(
        shadow.empirical_state(), bloch_state(*(np.array([1, -1, 3]) / 15)), atol=10 * EPS
    )


# --- the likelihood below it: theory T9 -----------------------------------------------------------


@pytest.mark.parametrize("name", ["pauli", "mub"])
def test_the_likelihood_is_below_the_empirical_cross_entropy(name, model, params, rho):
    shadow = objectives.measure_shadow(rho, shots=300, ensemble=name, seed=3)
    likelihood = objectives.measured_likelihood(model, shadow)(params)
    empirical = objectives.empirical_cross_entropy(model, shadow)(params)
    assert likelihood.value < empirical.value - 0.01
    sigma = np.asarray(model.density_matrix(params))
    law = shadow.bases.overlaps(sigma)[shadow.counts > 0]
    by_hand = -(shadow.counts[shadow.counts > 0] @ np.log(law)) / 300
    assert abs(likelihood.value - by_hand) < 1e-12
    dense = quantum.cross_entropy(shadow.empirical_state(), sigma)
    assert abs(empirical.value - dense) < 1e-10 and empirical.shots == 300
    assert ("every wire" if name == "pauli" else "(ρ + 1)") in empirical.bias


def test_in_the_models_own_basis_the_two_are_equal():
    model = models.ThermalModel(circuits.fixed(np.eye(4)), models.CategoricalSpectrum(2))
    counts, params = data.Counts({"ZZ": np.array([5, 1, 0, 4])}), np.array([0.3, -1.0, 0.2, 0.5])
    likelihood = objectives.measured_likelihood(model, counts)(params)
    empirical = objectives.empirical_cross_entropy(model, counts)(params)
    assert abs(likelihood.value - empirical.value) < 20 * EPS
    assert "dephased" in empirical.bias and likelihood.bias == ""


def test_the_gap_of_a_qubit_is_the_closed_form():
    """QCE − NLL of z outcomes against the angle θ between the bases; zero at 0, most at π/2."""
    counts, a = data.Counts({"Z": np.array([95, 5])}), 0.5
    p = np.array([0.95, 0.05])
    model = models.ThermalModel(circuits.rx(1), models.CategoricalSpectrum(1))
    q = np.log([(1 + a) / 2, (1 - a) / 2])
    empirical = objectives.empirical_cross_entropy(model, counts)
    likelihood = objectives.measured_likelihood(model, counts)
    for angle in (0.0, 0.7, np.pi / 2):
        params, sign = np.array([*q, angle]), np.array([1, -1])
        gap = empirical(params).value - likelihood(params).value
        terms = np.log((1 + sign * a * np.cos(angle)) / 2) - 0.5 * np.log((1 - a**2) / 4)
        closed = p @ (terms - sign * np.cos(angle) * np.arctanh(a))
        assert abs(gap - closed) < 20 * EPS
    assert closed == pytest.approx(0.143841036225890, abs=1e-14)


# --- seeds and refusals ---------------------------------------------------------------------------


def test_outcomes_repeat_with_the_seed(model, params, rho):
    one, other = (
        objectives.shadow_cross_entropy(model, rho, shots=50, seed=seed) for seed in (3, 3)
    )
    values = [one(params), other(params), one(params)]
    assert values[0] == values[1] != values[2]
    for key in (1, 2, 1):
        one.reseed(key)
        values.append(one(params))
    assert values[3] == values[5] != values[4]
    assert one.cost().shots == 50 and one.spent.shots == 250
    before = objectives.measure_shadow(rho, shots=50, seed=3).counts
    np.testing.assert_array_equal(before, objectives.measure_shadow(rho, shots=50, seed=3).counts)
    assert (before != objectives.measure_shadow(rho, shots=50, seed=4).counts).any()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda m: objectives.shadow_cross_entropy(m, np.eye(4) / 4, ensemble="x"), "`ensemble`"),
        (lambda m: objectives.shadow_cross_entropy(m, np.eye(8) / 8), "`data` must have dimension"),
        (lambda m: objectives.shadow_cross_entropy(m, np.eye(4) / 4, shots=1), "`shots` must be"),
        (
            lambda m: objectives.shadow_cross_entropy(models.BornMachine(m.circuit), np.eye(4) / 4),
            "`model` must have full rank",
        ),
        (lambda m: data.random_bases("mub", 8), "`wires` must be an integer from 1 to 7"),
        (lambda m: objectives.measure_shadow(np.eye(3) / 3, shots=9), "`data` must be of qubits"),
        (
            lambda m: objectives.measure_shadow(data.Preparations([print]), shots=9),
            "`wires` must be given",
        ),
        (
            lambda m: data.Shadow(data.random_bases("pauli", 1), np.zeros((2, 2), dtype=int)),
            "`counts` must have shape",
        ),
        (
            lambda m: data.Shadow(data.random_bases("pauli", 1), np.zeros((3, 2), dtype=int)),
            "`counts` must be 2 or more in all",
        ),
    ],
)
def test_bad_input_is_refused_with_a_remedy(make, message, model):
    with pytest.raises(ValueError, match=f"Argument {message}.* Pass "):
        make(model)
