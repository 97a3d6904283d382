"""What a training costs: said beforehand, counted, bounded; what a broken device leaves."""

import dataclasses

import numpy as np
import pennylane as qml
import pytest

from qce import circuits, models, objectives, training
from qce.objectives.batched import Batched
from qce.results import Cost, Status
from qce.training import Budget, oracles
from qce.training.interface import random_key

SENT = "default.qubit gradient=shifts"  # through PennyLane, circuit by circuit


def born(shots=100, **options):
    machine = models.BornMachine(circuits.rx(2))
    law = np.array([0.4, 0.3, 0.2, 0.1])
    return objectives.measured_likelihood(machine, law, shots=shots, seed=1, **options)


def fit(objective, **options):
    return training.fit(objective, np.array([0.4, 1.1]), progress=False, **options)


def test_a_plan_is_what_is_then_spent_and_sends_nothing():
    """Adam: a circuit and two shifts for each of two angles; SPSA: two circuits. Six points."""
    for optimizer, circuits_a_step in {"adam": 5, "spsa": 2}.items():
        objective = born()
        said = training.plan(objective, optimizer=optimizer, steps=5, seconds_a_job=2.0)
        assert objective.spent == Cost()
        result = fit(objective, optimizer=optimizer, steps=5)
        assert said.total == result.spent == objective.spent
        assert said.total.circuits == 6 * circuits_a_step
        assert said.total.shots == 100 * said.total.circuits
        assert said.seconds == 2.0 * said.total.jobs
        assert result.history["shots"][-1] == said.total.shots


def test_the_time_of_a_plan_is_measured_on_simulators():
    said = training.plan(born(), optimizer="spsa", steps=5)
    assert said.seconds > 0 and "measured" in said.source
    simulated = objectives.measured_likelihood(born().model, np.array([0.4, 0.3, 0.2, 0.1]))
    said = training.plan(simulated, steps=5)
    assert said.seconds > 0 and said.total == Cost()


@pytest.mark.thinned(7)
@pytest.mark.parametrize(
    ("bounds", "points"),
    [({"shots": 700}, 3), ({"circuits": 6}, 3), ({"jobs": 2}, 2), ({"shots": 800, "jobs": 1}, 1)],
)
def test_a_budget_ends_the_run_before_it_is_exceeded(bounds, points):
    """SPSA takes one job of two circuits with 100 shots each a point."""
    result = fit(born(), optimizer="spsa", steps=50, budget=Budget(**bounds))
    assert result.status is Status.OUT_OF_BUDGET and "budget" in result.message
    assert len(result.history["loss"]) == points
    assert result.spent == points * Cost(2, 1, 200)
    planned = training.plan(born(), optimizer="spsa", steps=50, budget=Budget(**bounds))
    assert planned.total == result.spent


def test_a_budget_that_covers_no_step_is_refused_before_anything_is_sent():
    objective = born()
    with pytest.raises(ValueError, match="`budget` must cover a step.*shots: 200.*Pass"):
        fit(objective, optimizer="spsa", budget=Budget(shots=199))
    assert objective.spent == Cost()
    with pytest.raises(ValueError, match="`shots` must be an integer >= 1.*Pass"):
        Budget(shots=0)
    simulated = objectives.measured_likelihood(born().model, np.array([0.4, 0.3, 0.2, 0.1]))
    with pytest.raises(ValueError, match="`budget` must be left out.*Pass"):
        fit(simulated, budget=Budget(shots=1000))


def test_to_ask_for_the_cost_changes_no_outcome():
    """The generator of a mixture's draws is put back, and rehearsals draw no outcomes."""
    model = models.ThermalModel(circuits.rx(1), models.ProductSpectrum(1))
    values = []
    for asks in (False, True):
        objective = objectives.deferred_cross_entropy(model, np.diag([0.7, 0.3]), shots=50, seed=2)
        if asks:
            assert objective.cost(with_gradient=True).shots == 3 * 50
        values.append(objective(np.array([0.5, 0.3])).value)
    assert values[0] == values[1]


def test_circuits_of_a_step_go_out_together_and_draw_what_they_would_alone():
    """Of a mixture: how many outcomes each ket gets is drawn before its circuits are sent."""
    model = models.ThermalModel(circuits.rx(1), models.ProductSpectrum(1))

    def mixture():
        return objectives.deferred_cross_entropy(model, np.diag([0.7, 0.3]), shots=50, seed=2)

    points = [np.array([0.5, 0.3]), np.array([-0.2, 1.0])]
    one, other = mixture(), mixture()
    together, apart = one.measure(points, False), [other.measure([x], False) for x in points]
    assert (together[1].value, together[1].stderr) == (apart[1][0].value, apart[1][0].stderr)
    assert (one.spent, other.spent) == (Cost(4, 1, 100), Cost(4, 2, 100))
    # A circuit and two shifts for each of two kets, twice; two kets twice, and four overlaps.
    for optimizer, each in {"cans": Cost(12, 1, 300), "qnspsa": Cost(8, 1, 300)}.items():
        objective = mixture()
        fit(objective, optimizer=optimizer, steps=0)
        assert objective.spent == each


def thermal():
    return models.ThermalModel(circuits.rx(1), models.ProductSpectrum(1))


MEASURED = {
    "deferred": lambda **s: objectives.deferred_cross_entropy(thermal(), np.eye(2) / 2, **s),
    "shadow": lambda **s: objectives.shadow_cross_entropy(thermal(), np.eye(2) / 2, **s),
    "empirical": lambda **s: objectives.empirical_cross_entropy(thermal(), np.eye(2) / 2, **s),
    "thermalisation": lambda **s: objectives.thermalisation(thermal(), {"X": 1.0}, **s),
    "likelihood": lambda **s: objectives.measured_likelihood(
        models.BornMachine(circuits.rx(1)), np.array([0.3, 0.7]), **s
    ),
    "discrepancy": lambda **s: objectives.measured_discrepancy(
        models.BornMachine(circuits.rx(1)), np.array([0.3, 0.7]), **s
    ),
    "transport": lambda **s: objectives.measured_transport(
        models.BornMachine(circuits.rx(1)), np.array([0.3, 0.7]), **s
    ),
}


class Counting(qml.devices.DefaultQubit):
    """PennyLane's simulator, which counts the batches of circuits that reach it."""

    jobs = 0

    def execute(self, circuits, execution_config=None):
        self.jobs += 1
        return super().execute(circuits, execution_config)


ASKING = [("spsa", name) for name in MEASURED]
ASKING += [("qnspsa", name) for name in ("deferred", "likelihood", "thermalisation")]


@pytest.mark.thinned(11)
@pytest.mark.parametrize("device", [None, Counting])
@pytest.mark.parametrize(("optimizer", "name"), ASKING)
def test_every_objective_sends_what_a_step_asks_as_one_job(name, device, optimizer):
    """Both points of SPSA; with QNSPSA the four overlaps of its metric beside them."""
    device = device(wires=1, seed=1) if device is Counting else device
    objective = MEASURED[name](shots=20, seed=1, device=device)
    training.fit(objective, optimizer=optimizer, steps=3, progress=False)
    # Three steps and the last point, which is read by two of its neighbours as well.
    assert objective.spent.jobs == 4
    if isinstance(device, Counting):
        assert device.jobs == 4


@pytest.mark.parametrize("device", [None, "default.qubit gradient=shifts"])
def test_overlaps_beside_values_leave_the_outcomes_of_the_values_as_they_are(device):
    one, other = (MEASURED["deferred"](shots=20, seed=1, device=device) for _ in range(2))
    points = [np.array([0.5, 0.3]), np.array([-0.2, 1.0])]
    alone = oracles.measured(one).values(points)
    beside, overlaps = oracles.measured(other).with_overlaps(
        points, points[0], np.stack(points), random_key(0, 0)
    )
    assert beside == alone
    assert overlaps[0] == 1.0 and 0 <= overlaps[1] <= 1
    assert (one.spent, other.spent) == (Cost(4, 1, 40), Cost(6, 1, 80))
    _, nowhere = oracles.measured(other).with_overlaps(
        points, points[0], np.full((2, 2), np.nan), random_key(0, 0)
    )
    assert np.isnan(nowhere).all() and other.spent == Cost(10, 2, 120)


@pytest.mark.thinned(9)
@pytest.mark.parametrize("name", MEASURED)
def test_points_that_go_out_together_are_drawn_in_order(name):
    """One evaluation at two points is what two evaluations are, but for the number of jobs."""
    one, other = (MEASURED[name](shots=20, seed=1, device="default.qubit") for _ in range(2))
    points = [np.full(one.size, 0.3), np.full(one.size, -0.4)]
    both = one.measure(points, True)
    assert one.spent.jobs == 1
    apart = [other.measure([x], True)[0] for x in points]
    assert other.spent.jobs == 2 and other.spent.circuits == one.spent.circuits
    assert [x.value for x in both][:1] == [x.value for x in apart][:1]
    assert all(x.gradient.shape == (one.size,) for x in both)


def test_the_result_says_what_its_last_evaluations_say(tmp_path):
    """Twenty outcomes each: the rarest outcome of the data is never drawn in one of the two."""
    law = np.array([0.97, 0.01, 0.01, 0.01])
    machine = models.BornMachine(circuits.rx(2))
    objective = objectives.measured_likelihood(machine, law, shots=20, seed=1)
    settings = {"optimizer": "spsa", "steps": 2, "checkpoint": tmp_path / "x.npz"}
    result = fit(objective, **settings)
    assert "of 4 outcomes in the data never drawn" in result.estimate.bias
    assert result.estimate.bias.count("half a count") <= 2
    assert fit(objective, resume=True, **settings).estimate == result.estimate


def failing(objective, after, problem):
    """The objective on a device that breaks after so many evaluations."""
    calls, measure = [], objective.measure

    def evaluation(xp, params, with_gradient):
        calls.append(1)
        if len(calls) > after:
            raise problem
        return (yield from measure.evaluation(xp, params, with_gradient))

    return dataclasses.replace(objective, measure=Batched(measure.machine, evaluation, measure.rng))


def test_a_device_that_fails_ends_the_run_with_everything_kept(tmp_path):
    """And the training goes on from there, to what it would have been."""
    problem = RuntimeError("the account is closed")
    path, settings = tmp_path / "x.npz", {"optimizer": "spsa", "steps": 6}
    result = fit(failing(born(device=SENT), 7, problem), checkpoint=path, **settings)
    assert result.status is Status.FAILED and result.problem is problem
    assert "the account is closed" in result.message and len(result.history["loss"]) == 3
    whole = fit(born(device=SENT), **settings)
    again = fit(born(device=SENT), checkpoint=path, resume=True, **settings)
    assert again.params.tobytes() == whole.params.tobytes()
    assert again.spent == whole.spent


def test_a_device_that_fails_at_once_is_no_result():
    with pytest.raises(RuntimeError, match="no such account"):
        fit(failing(born(device=SENT), 0, RuntimeError("no such account")), steps=3)
