"""Copies measured in the eigenbasis of the model as it is learned, and the likelihood of all."""

import pickle

import numpy as np
import pennylane as qml
import pytest
from scipy import stats

import qce
from qce import circuits, data, models, objectives, quantum
from qce.results import Cost, Status
from qce.training import Budget

EPS = np.finfo(float).eps
RX = models.ThermalModel(circuits.rx(1), models.ProductSpectrum(1))
TWO = models.ThermalModel(circuits.strongly_entangling(2, 3), models.CategoricalSpectrum(2))
TURNED = np.array([[0.5, 0.4j], [-0.4j, 0.5]])
ISING = data.gibbs_state(data.transverse_field_ising(2, J=1.0, h=0.5), beta=1.0)


def prepare(wires):
    qml.RY(0.7, wires=wires[0])
    qml.CNOT(wires=wires)


def flipped(wires):
    qml.X(wires[1])


PREPARED = data.Preparations([prepare, flipped], weights=[0.7, 0.3])


def built(model=RX, rho=TURNED, **options):
    given = {"shots": 600, "rounds": 3, "every": 4, "seed": 1, **options}
    return objectives.adaptive_likelihood(model, rho, **given)


def fit(objective, **options):
    given = {"optimizer": "natural", "steps": 12, "progress": False, **options}
    return qce.fit(objective, **given)


# --- what the likelihood is ----------------------------------------------------------------------


def axes_of(phi):
    """X, Y and Z behind RX(φ)†, as Bloch vectors before it."""
    c, s = np.cos(phi), np.sin(phi)
    return np.array([[1, 0, 0], [0, c, s], [0, -s, c]])


def by_hand(params, rounds):
    """Of one qubit and RX, in closed form; holomorphic, so that a complex step gives the slope."""
    theta, phi = params
    bloch = -np.tanh(theta) * np.array([0 * phi, -np.sin(phi), np.cos(phi)])
    total = 0.0
    for one in rounds.measured:
        basis, bit = np.divmod(one.outcomes, 2)
        signs = (1 - 2 * bit) * (axes_of(one.params[1])[basis] @ bloch)
        total = total - one.counts @ np.log((1 + signs) / 2)
    return total / rounds.outcomes


def test_value_and_slope_are_those_of_a_closed_form():
    """Slopes by complex steps of 1e-30, which round as the function does: some tens of ε."""
    objective = built()
    result = fit(objective)
    rounds = objective.rounds
    assert [one.counts.sum() for one in rounds.measured] == [200, 200, 200]
    for params in (result.params, np.array([0.3, -1.1]), np.array([-3.0, 2.0])):
        estimate, gradient = objective.value_and_gradient(params)
        assert float(estimate) == pytest.approx(by_hand(params, rounds), abs=1e-13)
        slopes = [by_hand(params + h, rounds).imag / 1e-30 for h in 1e-30j * np.eye(2)]
        np.testing.assert_allclose(gradient, slopes, atol=1e-12)


def unitary(circuit, params):
    wires = range(circuit.wires)
    return qml.matrix(lambda: circuit.queue(params), wire_order=wires)()


@pytest.mark.thinned(2)
@pytest.mark.parametrize("ensemble", ["pauli", "mub", "pairs"])
def test_every_outcome_counts_by_the_projector_that_was_measured(ensemble):
    """Matrices of PennyLane's gates: the circuit backwards, then that of the basis."""
    objective = built(TWO, ISING, shots=90, ensemble=ensemble)
    params = fit(objective, optimizer="adam").params
    rounds, sigma = objective.rounds, np.asarray(TWO.density_matrix(params))
    surprise = []
    for one in rounds.measured:
        back = unitary(TWO.circuit, TWO.angles(one.params)).conj().T
        seen = [0.0]
        for number, count in zip(one.outcomes, one.counts, strict=True):
            basis, x = divmod(int(number), 4)
            turn = unitary(rounds.bases.circuit(basis), np.zeros(0)) @ back
            seen += count * [-np.log((turn @ sigma @ turn.conj().T)[x, x].real)]
        surprise.append(np.array(seen[1:]))
    found = objective(params)
    assert float(found) == pytest.approx(np.concatenate(surprise).mean(), abs=1e-12)
    squares = sum(((s - s.mean()) ** 2).sum() for s in surprise)
    assert found.stderr == pytest.approx(np.sqrt(squares / (90 - 3) / 90), abs=1e-12)
    assert found.shots == 90


@pytest.mark.parametrize(
    "bases", [data.PauliBases(3), data.UnbiasedBases(3), data.PairBases(3)], ids=repr
)
def test_kets_of_outcomes_are_those_that_tables_are_of(bases):
    kets = bases.outcome_kets(np.arange(bases.count * 8))
    rho = qce.states.random_density_matrix(8, seed=0)
    table = np.einsum("ki,ij,kj->k", kets.conj(), rho, kets).real
    np.testing.assert_allclose(table, bases.overlaps(rho).ravel(), atol=8 * EPS)


@pytest.mark.parametrize("wires", [1, 2, 3])
def test_pairs_are_turned_into_bit_strings_by_their_circuits(wires):
    """Also each of two kets is of equal weights, or of one, and all bases determine a state."""
    bases, d = data.PairBases(wires), 2**wires
    kets = bases.kets
    for index in range(bases.count):
        turn = unitary(bases.circuit(index), np.zeros(0))
        np.testing.assert_allclose(np.abs(turn @ kets[index].T), np.eye(d), atol=4 * EPS)
    weights = np.sort(np.abs(kets) ** 2, axis=2)
    np.testing.assert_allclose(weights[1:, :, -2:], 0.5, atol=2 * EPS)
    projectors = np.einsum("bxi,bxj->bxij", kets, kets.conj()).reshape(-1, d * d)
    assert np.linalg.matrix_rank(projectors) == d * d


def test_likelihoods_of_rare_outcomes_keep_their_digits():
    """An outcome of probability 1e-30, which the matrix of the state holds beside 1."""
    objective = built(shots=4, rounds=1)
    params = np.array([np.log(1e30) / 2, 0.0])  # p(0) = 1e-30
    objective(params)
    rounds = objective.rounds
    rounds.back_to((rounds.measured[0]._replace(outcomes=np.array([4]), counts=np.array([4])),))
    assert float(objective(params)) == pytest.approx(30 * np.log(10), rel=1e-12)


# --- where outcomes come from --------------------------------------------------------------------


@pytest.mark.parametrize("device", [None, "default.qubit gradient=shifts"])
@pytest.mark.parametrize("source", [ISING, PREPARED], ids=["state", "preparations"])
def test_outcomes_follow_born_s_rule_behind_the_circuit_backwards(source, device):
    """Drawn in NumPy, and by circuits on a device; by chance one in ten thousand fails."""
    objective = built(TWO, source, shots=4000, rounds=1, device=device)
    params = TWO.initial(3)
    objective(params)
    rho = np.asarray(ISING if source is ISING else prepared_state())
    back = unitary(TWO.circuit, TWO.angles(params)).conj().T
    law = objective.rounds.bases.overlaps(back @ rho @ back.conj().T).ravel() / 9
    counts = np.zeros(36)
    (one,) = objective.rounds.measured
    counts[one.outcomes] = one.counts
    assert stats.chisquare(counts, law * counts.sum()).pvalue > 1e-4
    assert objective.spent.shots == 4000 and objective.spent.jobs == 1


def prepared_state():
    zero = np.eye(4)[0]
    kets = [qml.matrix(f, wire_order=[0, 1])([0, 1]) @ zero for f in (prepare, flipped)]
    return sum(w * np.outer(k, k.conj()) for w, k in zip([0.7, 0.3], kets, strict=True))


def test_a_model_that_is_right_sees_its_spectrum_in_its_eigenbasis():
    """In basis ZZ behind U(φ)†, whatever the circuit; one in ten thousand fails by chance."""
    params = TWO.initial(5)
    rho = np.asarray(TWO.density_matrix(params))
    objective = built(TWO, rho, shots=9000, rounds=1)
    objective(params)
    (one,) = objective.rounds.measured
    own = one.outcomes >= 4 * 8
    counts = np.zeros(4)
    counts[one.outcomes[own] - 4 * 8] = one.counts[own]
    p = np.exp(np.asarray(TWO.log_probabilities(params)))
    assert stats.chisquare(counts, p / p.sum() * counts.sum()).pvalue > 1e-4


def test_a_device_trains_as_the_simulation_does():
    """Both near the state: of 2000 copies N·D is about 4, its law that of χ² of two directions."""
    for device in ("default.qubit gradient=shifts", "default.mixed"):
        objective = built(shots=2000, device=device)
        result = fit(objective, steps=100)
        sigma = np.asarray(RX.density_matrix(result.params))
        assert quantum.relative_entropy(TURNED, sigma) < 40 / 2000
        assert result.spent == objective.spent and result.spent.shots == 2000


# --- error bars ----------------------------------------------------------------------------------


def test_the_standard_error_is_right_although_bases_were_chosen_by_outcomes():
    """z of the likelihood at fixed parameters, whose mean is known given the bases.

    The second and third basis go where the first outcomes point. Of 400 repetitions the mean square
    of z is 1 ± 0.07 and its mean 0 ± 0.05; five of these.
    """
    at = np.array([0.8, 0.5])
    sigma = np.asarray(RX.density_matrix(at))
    objective, z = built(shots=150), []
    rounds = objective.rounds
    for repetition in range(400):
        rounds.forget()
        objective.reseed(repetition)
        rounds.measure(np.array([0.0, 0.3]))
        for _ in range(2):
            number = rounds.measured[-1].outcomes @ rounds.measured[-1].counts
            rounds.measure(np.array([0.0, number / 20]))
        found = objective(at)
        mean = np.mean([mean_surprise(one.params[1], TURNED, sigma) for one in rounds.measured])
        z.append((float(found) - mean) / found.stderr)
    assert abs(np.mean(z)) < 0.25
    assert abs(np.mean(np.square(z)) - 1) < 5 * np.sqrt(2 / 400)


def mean_surprise(phi, rho, sigma):
    """Of all outcomes behind RX(φ)†."""
    paulis = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
    r, s = (np.einsum("kij,ji->k", paulis, x).real for x in (rho, sigma))
    p, q = ((1 + np.array([[1], [-1]]) * (axes_of(phi) @ v)) / 2 for v in (r, s))
    return -np.sum(p * np.log(q)) / 3


def test_parameters_get_error_bars_from_the_outcomes_that_were_kept():
    """Within five standard errors of the truth, and as large as the Fisher information says."""
    objective = built(shots=4000)
    with pytest.raises(ValueError, match="hold outcomes, but none has been measured yet"):
        qce.error_bars(np.zeros(2), objective)
    result = fit(objective, steps=200)
    bars = qce.error_bars(result, objective, {"Y": [[0, -1j], [1j, 0]]})
    y = bars.observables["Y"]
    assert bars.outcomes == 4000
    assert abs(y.value - np.trace(TURNED @ [[0, -1j], [1j, 0]]).real) < 5 * y.stderr
    # Between one third of the copies along Y, and all of them: √((1 − y²)/n).
    assert np.sqrt((1 - 0.8**2) / 4000) < y.stderr < np.sqrt(1 / 1000)


# --- a training ----------------------------------------------------------------------------------


def test_rounds_are_measured_in_the_eigenbasis_that_the_training_has_reached():
    seen = []
    objective = built()
    result = fit(
        objective, callback=lambda step, loss, x: seen.append(np.copy(x)), callback_every=1
    )
    found = [one.params for one in objective.rounds.measured]
    np.testing.assert_array_equal(found[0], objective.initial(0))
    assert result.history["shots"].tolist() == 4 * [200] + 4 * [400] + 5 * [600]
    assert result.status is Status.STEP_LIMIT and result.steps == 12
    # Where the gradient was read last, one update of it before the basis of the next round.
    assert all(0 < np.linalg.norm(found[k] - seen[4 * k - 1]) < 1 for k in (1, 2))
    assert result.estimate.shots == result.spent.shots == 600
    assert result.spent == Cost(9, 3, 600)


@pytest.mark.thinned(3)
@pytest.mark.parametrize("optimizer", ["natural", "adam", "lbfgs", "marquardt", "spsa"])
def test_no_training_ends_before_all_copies_are_measured(optimizer):
    """Of a likelihood that is flat from the start: the state and the model are mixed fully."""
    objective = built(rho=np.eye(2) / 2, shots=60, every=30)
    result = fit(objective, params=np.zeros(2), optimizer=optimizer, steps=200, tolerance=1.0)
    assert result.spent.shots == 60 and result.steps >= 60
    assert np.isfinite(result.params).all()


@pytest.mark.parametrize(
    ("cut", "optimizer", "device"),
    [
        (3, "adam", None),
        (4, "adam", "default.qubit gradient=shifts"),
        (5, "adam", None),
        (5, "lbfgs", None),
    ],
)
def test_a_training_that_is_taken_up_ends_in_the_same_bits(tmp_path, cut, optimizer, device):
    """Cut before, at and behind a round; taken up by an objective that has measured nothing."""
    options = {"optimizer": optimizer}
    whole = fit(built(device=device), **options)

    def stop(step, loss, params):
        if step >= cut:
            raise StopIteration

    file = tmp_path / "training.npz"
    first = built(device=device)
    begun = fit(first, checkpoint=file, callback=stop, callback_every=1, **options)
    assert begun.status is Status.STOPPED and begun.steps == cut
    other = built(device=device)
    ended = fit(other, checkpoint=file, resume=True, **options)
    np.testing.assert_array_equal(ended.params, whole.params)
    np.testing.assert_array_equal(ended.history["loss"], whole.history["loss"])
    assert ended.estimate == whole.estimate and ended.spent == whole.spent
    assert other.spent == ended.spent - begun.spent  # nothing is measured twice


def test_a_file_of_other_copies_is_refused(tmp_path):
    file = tmp_path / "training.npz"
    fit(built(), checkpoint=file)
    for changed in ({"shots": 900}, {"every": 5}, {"ensemble": "mub"}, {"seed": 2}):
        with pytest.raises(ValueError, match="checkpoint"):
            fit(built(**changed), checkpoint=file, resume=True)
    stored = dict(np.load(file))
    stored["round_counts"] = stored["round_counts"] + 1
    with file.open("wb") as out:
        np.savez(out, **stored)
    with pytest.raises(ValueError, match="other numbers of copies"):
        fit(built(), checkpoint=file, resume=True)


def test_a_budget_ends_the_training_before_the_round_that_would_exceed_it():
    objective = built()
    result = fit(objective, budget=Budget(shots=500))
    assert result.status is Status.OUT_OF_BUDGET
    assert result.spent.shots == result.estimate.shots == objective.rounds.outcomes == 400
    assert len(result.history["loss"]) == 8
    with pytest.raises(ValueError, match="cover a step"):
        fit(objective, budget=Budget(shots=199))


def test_a_plan_is_what_is_then_spent_and_measures_nothing():
    objective = built(device="default.qubit gradient=shifts")
    for steps, shots in ((3, 200), (7, 400), (30, 600)):
        said = qce.training.plan(objective, steps=steps)
        assert objective.rounds.measured == () and objective.spent == Cost()
        assert said.total.shots == shots and said.points == steps + 1
    fit(objective)
    assert qce.training.plan(objective, steps=30).total.shots == 600
    limited = qce.training.plan(objective, steps=30, budget=Budget(shots=500))
    assert limited.total.shots == 400
    assert objective.rounds.outcomes == 600


def test_each_training_begins_without_outcomes_and_equal_seeds_repeat_it():
    objective = built()
    first, second = fit(objective), fit(objective)
    np.testing.assert_array_equal(first.params, second.params)
    other = fit(pickle.loads(pickle.dumps(objective)))
    np.testing.assert_array_equal(first.params, other.params)
    assert (fit(objective, seed=1).params != first.params).any()
    assert objective.rounds.outcomes == 600 and objective.spent.shots == 1800


def test_an_objective_without_outcomes_measures_where_it_is_asked_first():
    objective = built()
    assert objective.cost().shots == 200 and objective.rounds.measured == ()
    found = objective(np.array([0.3, 0.2]))
    assert found.shots == 200 and objective.cost() == Cost()
    assert float(objective(np.array([0.3, 0.2]))) == float(found)
    assert objective.spent.shots == 200


def test_parameters_that_are_no_numbers_measure_nothing():
    objective = built()
    nan = np.array([np.nan, 0.0])
    estimate, gradient = objective.value_and_gradient(nan)
    assert np.isnan(float(estimate)) and np.isnan(gradient).all()
    result = fit(objective, params=nan)
    assert result.status is Status.NON_FINITE and objective.spent == Cost()


# --- what it is for ------------------------------------------------------------------------------


def test_a_nearly_pure_state_takes_few_copies():
    """|r| = 0.99 along (1, 2, 2): N·D is 51 in fixed axes, and at least 9.1 in any.

    Of 20 trainings the mean scatters by 1.7, so that 25 lies as far from either as nine of these.
    """
    model = models.ThermalModel(circuits.strongly_entangling(1, 1), models.ProductSpectrum(1))
    x, y, z = 0.99 * np.array([1, 2, 2]) / 3
    rho = np.array([[1 + z, x - 1j * y], [x + 1j * y, 1 - z]]) / 2
    objective, left = built(model, rho, shots=10_000, rounds=5, every=20), []
    for seed in range(20):
        result = fit(objective, optimizer="lbfgs", steps=200, seed=seed)
        sigma = np.asarray(model.density_matrix(result.params))
        left.append(10_000 * float(quantum.relative_entropy(rho, sigma)))
    assert 5 < np.mean(left) < 25


# --- refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"model": models.BornMachine(circuits.rx(1))}, "`model` must have full rank"),
        ({"rho": ISING}, "`data` must have dimension 2"),
        ({"shots": 5}, "`shots` must be at least 2 a round, 6, but it is 5"),
        ({"rounds": 0}, "`rounds` must"),
        ({"every": 0}, "`every` must"),
        ({"ensemble": "haar"}, "`ensemble` must"),
        ({"device": "default.qubit readout=true"}, "`device` must have no readout"),
        ({"seed": -1}, "`seed` must"),
    ],
)
def test_arguments_that_are_wrong_are_named(options, said):
    with pytest.raises(ValueError, match=said):
        built(**options)


def test_what_takes_a_fixed_loss_refuses_one_that_grows():
    objective = built()
    for action, said in (
        (lambda: fit(objective, optimizer="cans"), "`optimizer` must be"),
        (lambda: fit(objective, batch=10), "`batch` must be None"),
        (lambda: fit(objective, validation=TURNED), "`validation` must be None"),
        (lambda: qce.fit_many(objective, [0, 1]), "measured as a training goes on"),
        (lambda: objective.loss(np.zeros(2)), "measured as a training goes on"),
    ):
        with pytest.raises(ValueError, match=said):
            action()
    fit(objective)
    with pytest.raises(ValueError, match="`objective` must be a likelihood of measured outcomes"):
        qce.error_bars(np.zeros(2), objective, method="bootstrap")
