"""Outcomes that are drawn inside compiled programs: the same as PennyLane's, a step at a time."""

import inspect
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pennylane as qml
import pytest
from scipy import stats

import qce
from qce import circuits, data, models, objectives
from qce.circuits import Block, Circuit
from qce.circuits.shifted import shifted
from qce.models.thermal import born
from qce.objectives.objective import TracedMeasure
from qce.objectives.outcomes import base_key, chosen, draw, folded
from qce.training import Budget, optimizers
from qce.training.state import Limits, start
from qce.training.stepper import stepper

EPS = np.finfo(float).eps
PENNYLANE = "default.qubit gradient=shifts"

MACHINE = models.BornMachine(circuits.strongly_entangling(2, 1))
THERMAL = models.ThermalModel(circuits.strongly_entangling(1, 1), models.ProductSpectrum(1))
LAW = np.array([0.4, 0.3, 0.2, 0.1])
RHO = np.array([[0.7, 0.2 - 0.1j], [0.2 + 0.1j, 0.3]])
ISING = {"Z": 0.7, "X": 0.4}


def plus(wires):
    qml.RY(1.0, wires=wires[0])


LOSSES = {
    "likelihood": (objectives.measured_likelihood, MACHINE, (LAW,)),
    "discrepancy": (objectives.measured_discrepancy, MACHINE, (LAW,)),
    "transport": (objectives.measured_transport, MACHINE, (LAW,)),
    "deferred": (objectives.deferred_cross_entropy, THERMAL, (RHO,)),
    "thermalisation": (objectives.thermalisation, THERMAL, (ISING,)),
    "shadow": (objectives.shadow_cross_entropy, THERMAL, (RHO,)),
    "empirical": (objectives.empirical_cross_entropy, THERMAL, (RHO,)),
    "prepared": (objectives.deferred_cross_entropy, THERMAL, (data.Preparations([plus]),)),
}
ONCE = ("measure_shadow", "deploy")  # draw once, and belong to no training
# Means that are those of the loss itself; the others take functions of frequencies that are convex.
UNBIASED = ("discrepancy", "deferred", "thermalisation", "shadow", "empirical")


def built(name, **options):
    build, model, given = LOSSES[name]
    return build(model, *given, **options)


def drawn(objective, params, count):
    """Value, error and gradient of that many evaluations, one row each."""
    keys = jax.random.split(jax.random.key(7), count)

    def one(key):
        found, _ = objective.measure.traced(jnp.asarray(params), key, True)
        return jnp.concatenate([jnp.stack([found.value, found.stderr]), found.gradient])

    with jax.enable_x64(True):
        return np.asarray(jax.jit(lambda keys: jax.lax.map(one, keys))(keys))


def sent(objective, params, count):
    """The same through PennyLane, one evaluation after the other."""
    rows = []
    for k in range(count):
        objective.reseed(k)
        found, gradient = objective.value_and_gradient(params)
        rows.append([found.value, found.stderr, *gradient])
    return np.array(rows)


@pytest.mark.thinned(8)
@pytest.mark.parametrize("name", LOSSES)
def test_estimates_have_the_law_of_those_through_pennylane(name):
    objective, other = (built(name, shots=60, seed=3, device=d) for d in (None, PENNYLANE))
    params = objective.initial(1)
    one, two = drawn(objective, params, 1000), sent(other, params, 200)
    for a, b in zip(one.T, two.T, strict=True):
        # Means: normal to good approximation, 5.5 standard errors are passed once in 2e7 columns;
        # a column that never moves is one of rounding errors.
        rounding = 64 * EPS * (1 + np.abs(a).max())
        error = np.hypot(a.std() / len(a) ** 0.5, b.std() / len(b) ** 0.5)
        assert abs(a.mean() - b.mean()) <= 5.5 * error + rounding
        # The whole law: Kolmogorov and Smirnov's test errs less often still where values repeat.
        assert stats.ks_2samp(a.round(12), b.round(12)).pvalue > 1e-7


@pytest.mark.thinned(4)
@pytest.mark.parametrize("name", UNBIASED)
def test_means_are_those_of_the_exact_loss(name):
    objective, exact = built(name, shots=60, seed=3), built(name)
    params = objective.initial(1)
    found = drawn(objective, params, 4000)
    value, gradient = exact.value_and_gradient(params)
    error = found.std(axis=0) / len(found) ** 0.5
    off = found.mean(axis=0) - np.array([value.value, 0.0, *gradient])
    off[1] = 0.0
    # 5.5 standard errors: once in 2e7 entries.
    np.testing.assert_array_less(np.abs(off), 5.5 * error + 64 * EPS)


@pytest.mark.thinned(3)
@pytest.mark.parametrize("name", ["discrepancy", "deferred", "thermalisation", "shadow"])
def test_error_bars_hold_the_exact_loss_as_often_as_they_say(name):
    objective, exact = built(name, shots=400, seed=3), built(name)
    params = objective.initial(1)
    found = drawn(objective, params, 2000)
    value = exact(params).value
    inside = np.abs(found[:, 0] - value) <= stats.norm.ppf(0.975) * found[:, 1]
    # 2 points are four standard errors of 2000 trials at 95 %.
    assert 0.93 <= inside.mean() <= 0.97


@pytest.mark.thinned(3)
@pytest.mark.parametrize("name", ["likelihood", "discrepancy", "transport", "prepared"])
@pytest.mark.parametrize("with_gradient", [False, True])
def test_costs_are_those_of_pennylanes_way(name, with_gradient):
    objective, other = (built(name, shots=60, seed=3, device=d) for d in (None, PENNYLANE))
    assert objective.cost(with_gradient) == other.cost(with_gradient)


@pytest.mark.thinned(9)
@pytest.mark.parametrize("name", LOSSES)
def test_what_is_said_beforehand_is_spent(name):
    objective = built(name, shots=60, seed=3)
    said = objective.cost(True)
    assert said.shots > 0 and objective.spent == qce.results.Cost()
    objective.value_and_gradient(np.zeros(objective.size))
    assert objective.spent == said


@pytest.mark.thinned(3)
@pytest.mark.parametrize("optimizer", ["adam", "spsa", "qnspsa"])
def test_a_training_draws_what_its_steps_draw_one_by_one(optimizer):
    objective = built("deferred", shots=60, seed=3)
    result = qce.fit(objective, steps=6, seed=5, optimizer=optimizer, progress=False)
    seen, steps = result.history, []
    again = built("deferred", shots=60, seed=3)
    qce.fit(
        again,
        steps=6,
        seed=5,
        optimizer=optimizer,
        progress=False,
        callback=lambda step, loss, params: steps.append((step, loss, params)),
    )
    # One call a step, whose outcomes, loss and update are the same bits.
    assert [step for step, _, _ in steps] == [1, 2, 3, 4, 5, 6, 6]
    assert [loss for _, loss, _ in steps] == seen["loss"].tolist()
    assert (steps[-1][2] == result.params).all()
    assert result.spent == again.spent
    np.testing.assert_array_equal(np.diff(seen["shots"]), seen["shots"][0])


def test_one_evaluation_is_what_the_compiled_step_draws():
    objective = built("likelihood", shots=60, seed=3)
    visited = []
    qce.fit(
        objective,
        steps=3,
        seed=5,
        progress=False,
        callback=lambda step, loss, params: visited.append((loss, params)),
    )
    for step, (loss, params) in enumerate(visited[:-1]):
        objective.reseed(5, step)
        # Equal counts; sums in another order.
        assert objective.value_and_gradient(params)[0].value == pytest.approx(loss, abs=64 * EPS)


@pytest.mark.thinned(2)
@pytest.mark.parametrize("cut", [1, 7])
def test_a_training_that_was_cut_goes_on_bit_for_bit(tmp_path, cut):
    def stop(step, loss, params):
        if step == cut:
            raise StopIteration

    options = {"seed": 2, "steps": 12, "progress": False}
    whole = qce.fit(built("thermalisation", shots=50, seed=3), **options)
    options["checkpoint"] = tmp_path / "state.npz"
    first = qce.fit(built("thermalisation", shots=50, seed=3), callback=stop, **options)
    assert first.status is qce.results.Status.STOPPED and first.steps == cut
    found = qce.fit(built("thermalisation", shots=50, seed=3), resume=True, **options)
    assert (found.params == whole.params).all()
    for column in ("loss", "stderr", "grad_norm", "shots"):
        np.testing.assert_array_equal(found.history[column], whole.history[column])
    assert found.spent == whole.spent


@pytest.mark.thinned(8)
@pytest.mark.parametrize("bound", [{"shots": 4000}, {"circuits": 60}, {"jobs": 3}])
@pytest.mark.parametrize("name", ["likelihood", "deferred"])
def test_a_budget_ends_a_training_before_it_is_exceeded(name, bound):
    objective = built(name, shots=60, seed=3)
    result = qce.fit(objective, steps=50, budget=Budget(**bound), progress=False)
    assert result.status is qce.results.Status.OUT_OF_BUDGET
    ((kind, most),) = bound.items()
    left = most - getattr(result.spent, kind)
    # Every step takes the same jobs and shots; circuits of a mixture are those that are drawn.
    assert 0 <= left <= getattr(objective.cost(True), kind) + 13


def test_without_a_seed_every_training_draws_anew():
    objective = built("likelihood", shots=60)
    one, two = (qce.fit(objective, steps=3, progress=False) for _ in range(2))
    assert (one.params != two.params).any()
    assert objective(one.params).value != objective(one.params).value


@pytest.mark.thinned(9)
@pytest.mark.parametrize("seed", range(20))
def test_seeds_decide_what_is_drawn(seed):
    objective, same, other = (built("likelihood", shots=60, seed=s) for s in (seed, seed, seed + 1))
    params = objective.initial(0)
    first = objective(params).value
    assert first == same(params).value
    # 60 outcomes of four: equal counts by chance once in hundreds; of two evaluations rarely both.
    assert (first, objective(params).value) != (other(params).value, other(params).value)


def test_parameters_that_are_no_numbers_draw_nothing():
    objective = built("likelihood", shots=60, seed=3)
    bad = np.full(objective.size, np.nan)
    found, gradient = objective.value_and_gradient(bad)
    assert np.isnan(found.value) and np.isnan(gradient).all()
    assert objective.spent == qce.results.Cost()
    result = qce.fit(objective, bad, steps=3, progress=False)
    assert result.status is qce.results.Status.NON_FINITE
    assert result.spent == qce.results.Cost()


@pytest.mark.parametrize("options", [{}, {"shots": 60, "seed": 3}])
def test_a_compiled_stretch_moves_nothing_but_its_record(options):
    jax.config.update("jax_enable_x64", True)
    objective, method = built("deferred", **options), optimizers.adam()
    advance, limits = stepper(objective, method), Limits(20, 0.0)
    state, *_ = advance(start(objective.initial(0), method, 0), 5, limits)
    with jax.transfer_guard("disallow"):
        state, trace, _ = advance(state, 5, limits)
    assert int(state.step) == 10 and len(trace.loss) == 5


# --- the parts -----------------------------------------------------------------------------------


@pytest.mark.thinned(4)
@pytest.mark.parametrize("seed", range(20))
def test_outcomes_follow_their_laws(seed):
    rng = np.random.default_rng(seed)
    laws = rng.dirichlet(np.full(8, 0.5), size=2) * 3.0  # up to a factor
    laws[:, [0, 5]] = 0.0
    laws[0, 7] = 0.0
    with jax.enable_x64(True):
        rows = jnp.repeat(jnp.arange(2), 5000)
        found = np.asarray(draw(jnp.asarray(laws), rows, jax.random.key(seed)))
    for law, some in zip(laws, found.reshape(2, -1), strict=True):
        counts = np.bincount(some, minlength=8)
        assert (counts[law == 0] == 0).all()
        kept = law > 1e-3 * law.sum()
        expected = law[kept] / law[kept].sum() * counts[kept].sum()
        assert stats.chisquare(counts[kept], expected).pvalue > 1e-7


@pytest.mark.thinned(3)
@pytest.mark.parametrize(("count", "shots"), [(1, 5), (3, 50), (50, 7), (64, 64)])
def test_states_are_chosen_by_their_weights(count, shots):
    weights = np.random.default_rng(0).dirichlet(np.ones(count))
    total, times = np.zeros(count), 400
    with jax.enable_x64(True):
        run = jax.jit(lambda key: chosen(jnp.asarray(weights), shots, key))
        for key in jax.random.split(jax.random.key(1), times):
            which, numbers, rows = map(np.asarray, run(key))
            assert len(which) == min(count, shots) and numbers.sum() == shots
            np.testing.assert_array_equal(np.bincount(rows, minlength=len(which)), numbers)
            np.add.at(total, which, numbers)
    expected = weights * shots * times
    # Each count is binomial; Bernstein's bound with 25 nats: once in 1e10.
    assert (np.abs(total - expected) <= (50 * expected) ** 0.5 + 25).all()


def test_keys_hold_all_bits_of_a_number():
    key = base_key(0)
    numbers = [0, 1, 2**32, 2**32 + 1, 2**63 - 1]
    with jax.enable_x64(True):
        words = [tuple(np.asarray(jax.random.key_data(folded(key, n)))) for n in numbers]
        seeds = [tuple(np.asarray(jax.random.key_data(base_key(s)))) for s in (0, 1, 2**80)]
    assert len(set(words)) == len(numbers)
    assert len(set(seeds)) == len(seeds)


def entangled(params, wires):
    """One parameter in two gates, one through a sine, and rules of two and of four terms."""
    qml.RX(params[0], wires=wires[0])
    qml.RY(qml.math.sin(params[1]) + 0.3, wires=wires[1])
    qml.CRX(params[1], wires=[wires[0], wires[1]])
    qml.IsingXY(2 * params[0], wires=[wires[0], wires[1]])
    qml.Rot(0.1, params[2], 0.4, wires=wires[1])


RINGS = circuits.strongly_entangling(2, 1).parts[0][0]
MADE = Circuit(2, ((Block("made", 3, entangled), 2), (RINGS, 1)))


@pytest.mark.thinned(5)
@pytest.mark.parametrize("adjoint", [False, True])
@pytest.mark.parametrize(
    "circuit",
    [
        MADE,
        circuits.strongly_entangling(2, 2),
        Circuit(2, circuits.strongly_entangling(2, 1).parts),
    ],
)
def test_shifted_copies_give_the_gradient(circuit, adjoint):
    rng = np.random.default_rng(0)
    params, cost = rng.normal(size=circuit.size), rng.normal(size=4)
    ket = rng.normal(size=4) + 1j * rng.normal(size=4)
    with jax.enable_x64(True):
        copies = shifted(circuit)
        start = jnp.asarray(ket / np.linalg.norm(ket))

        def mean(angles):
            return cost @ born(copies.circuit.evolve(start, angles, adjoint=adjoint))

        def exact(params):
            return cost @ born(circuit.evolve(start, params, adjoint=adjoint))

        angles, back = jax.vjp(copies.angles, jnp.asarray(params))
        pairs = zip(copies.index, copies.shift, strict=True)
        moved = jnp.stack([angles.at[i].add(s) for i, s in pairs])
        slopes = jnp.zeros(len(angles)).at[copies.index].add(copies.weight * jax.vmap(mean)(moved))
        (found,) = back(slopes)
        # About 20 gates of rounding ε each, and rules of weights of order one.
        np.testing.assert_allclose(mean(angles), exact(params), atol=128 * EPS)
        np.testing.assert_allclose(found, jax.grad(exact)(params), atol=1024 * EPS)


def test_a_block_of_plain_numbers_is_refused_in_words():
    block = Block("plain", 1, lambda params, wires: qml.RX(float(params[0]), wires=wires[0]))
    machine = models.BornMachine(Circuit(1, ((block, 1),)))
    objective = objectives.measured_likelihood(machine, [0.5, 0.5], shots=10, seed=1)
    with pytest.raises(qce.ArgumentError, match=r"gradient=shifts"):
        objective(np.zeros(1))


def test_every_objective_that_samples_is_compiled_or_said_not_to_be():
    """Of all builders that take shots, and of what the documentation says of them."""
    known = {build.__name__: built(name, shots=10) for name, (build, *_) in LOSSES.items()}
    strings = np.array([[0, 0], [1, 1]])
    known["moment_discrepancy"] = objectives.moment_discrepancy(models.IQP.up_to(2, 2), strings)
    for objective in known.values():
        assert isinstance(objective.measure, TracedMeasure) and objective.rounds is None
    adaptive = objectives.adaptive_likelihood(THERMAL, RHO, shots=10, rounds=2)
    assert adaptive.rounds is not None  # one draw a round, compiled in between
    takers = {
        name
        for name in objectives.__all__
        if inspect.isfunction(build := getattr(objectives, name))
        and "shots" in inspect.signature(build).parameters
    }
    assert takers | {"moment_discrepancy"} == {*known, "adaptive_likelihood", *ONCE}
    text = (Path(__file__).parent.parent / "docs/devices.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    for name in objectives.__all__:
        if name not in ("Objective", "DeploymentGap"):
            (row,) = [row for row in rows if f"`{name}`" in row]
            assert ("many steps a call |" in row or "sets of wires" in row) == (name in known)


def test_what_is_not_none_or_plain_default_qubit_goes_through_pennylane():
    opened = qml.device("default.qubit", wires=2)
    for device in (None, "default.qubit", PENNYLANE, opened, "lightning.qubit"):
        objective = built("likelihood", shots=10, device=device)
        through = hasattr(objective.machine, "device")
        assert through is (device not in (None, "default.qubit"))
