"""Training: known optima from random starts, how runs end, repeatability, and compiling once."""

import os
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from torch import zeros
from torch.optim import AdamW

from qce import circuits, data, models, objectives, training
from qce.objectives import Objective
from qce.results import Status
from qce.training.stepper import stepper


def fit(objective, *args, **options):
    return training.fit(objective, *args, progress=False, **options)


def bars(layers, pairs):
    machine = models.BornMachine(circuits.rotations_xx(4, layers, pairs))
    return objectives.measured_likelihood(machine, data.bars_and_stripes(2, 2))


class Line:
    """A model of one parameter, for losses written by hand."""

    size = 1

    def initial(self, seed):
        return np.array([1.0])


def hand_made(loss):
    return Objective("hand-made", Line(), evaluate=lambda x: (loss(x[0]), jnp.zeros(())))


# --- known optima ----------------------------------------------------------------------------

# theory §3.5: relative entropy left between bars and stripes 2×2 and the best Born machine.
FLOORS = [
    (1, "chain", np.log(8 / 3)),
    (2, "chain", np.log(2) / 3),
    (2, "all", 0.0),
]


@pytest.mark.thinned(3)
@pytest.mark.parametrize(("layers", "pairs", "floor"), FLOORS)
def test_born_machines_reach_the_known_floors_from_random_starts(layers, pairs, floor):
    """Every start; at a gradient of 1e-8 the loss is quadratically closer, so rounding is left."""
    objective = bars(layers, pairs)
    for seed in range(8):
        result = fit(objective, optimizer="lbfgs", seed=seed)
        assert result.status.converged
        assert abs(result.gap - floor) < 1e-12


def test_adam_reaches_a_known_floor_as_well():
    result = fit(bars(2, "chain"), steps=2000)
    assert result.status is Status.CONVERGED
    assert abs(result.gap - np.log(2) / 3) < 1e-12


@pytest.mark.long
def test_the_thermal_ising_chain_is_learned_to_its_entropy():
    """theory §3.2: S(η) = 1.659185312773 for n = 4, J = 1, h = 1/2, β = 1."""
    model = models.ThermalModel(circuits.ising(4, 4), models.PairwiseSpectrum(4))
    eta = data.gibbs_state(data.transverse_field_ising(4))
    objective = objectives.exact_cross_entropy(model, eta)
    result = fit(objective, optimizer="lbfgs", seed=0)
    assert abs(objective.floor - 1.659185312773) < 1e-12
    assert -1e-12 < result.gap < 1e-10


def test_shots_train_too():
    """One wire; the exact loss at the end, so that only the training is judged."""
    model = models.ThermalModel(circuits.rx(1), models.ProductSpectrum(1))
    rho = np.diag([0.9, 0.1])
    exact = objectives.exact_cross_entropy(model, rho)
    objective = objectives.deferred_cross_entropy(model, rho, shots=200, seed=0)
    start = np.array([0.2, 1.0])
    result = fit(objective, start, steps=60, learning_rate=0.1)
    assert result.status is Status.STEP_LIMIT
    assert result.estimate.shots == 200 and result.estimate.stderr > 0
    gap = exact(result.params).value - exact.floor
    assert gap < 0.05 * (exact(start).value - exact.floor)


def test_a_born_machine_trains_on_a_device():
    machine = models.BornMachine(circuits.rx(1))
    objective = objectives.measured_likelihood(machine, np.array([0.3, 0.7]), shots=500, seed=1)
    result = fit(objective, np.array([0.5]), steps=50, learning_rate=0.1)
    p = np.asarray(machine.probabilities(result.params))
    # Frequencies of 500 shots scatter by 0.02; Adam's last steps average a few of them.
    assert abs(p[1] - 0.7) < 5 * 0.02


# --- the record of a run -----------------------------------------------------------------------


def test_the_history_holds_every_point_visited():
    objective = bars(2, "chain")
    result = fit(objective, steps=37, seed=1)
    assert result.status is Status.STEP_LIMIT and result.steps == 37
    assert {len(column) for column in result.history.values()} == {38}
    np.testing.assert_array_equal(result.history["step"], np.arange(38))
    assert result.history["loss"][0] == pytest.approx(
        objective(objective.initial(1)).value, abs=1e-14
    )
    assert result.history["loss"][-1] == result.estimate.value
    assert objective(result.params).value == pytest.approx(result.estimate.value, abs=1e-14)
    assert np.all(np.diff(result.history["seconds"]) > 0)
    assert result.history["seconds"][-1] <= result.seconds


def test_adam_is_adam():
    """Three steps against the formula: m, v averages, corrected, x −= η m̂ / (√v̂ + 1e-8)."""
    objective = bars(2, "chain")
    x, m, v = objective.initial(0), 0.0, 0.0
    for t in range(1, 4):
        gradient = objective.value_and_gradient(x)[1]
        m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
        x = x - 0.02 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    result = fit(objective, steps=3, learning_rate=0.02)
    # Three steps of size 0.02, each with a handful of rounded operations.
    np.testing.assert_allclose(result.params, x, atol=1e-13)


def test_simulated_and_measured_steps_are_the_same_steps():
    """The compiled loop against the device loop, on a device without sampling error."""
    model = models.ThermalModel(circuits.rx(2), models.ProductSpectrum(2))
    rho = np.diag([0.4, 0.3, 0.2, 0.1])
    compiled = fit(objectives.exact_cross_entropy(model, rho), steps=10)
    device = fit(objectives.deferred_cross_entropy(model, rho, device="default.qubit"), steps=10)
    np.testing.assert_allclose(compiled.history["loss"], device.history["loss"], atol=1e-12)
    np.testing.assert_allclose(compiled.params, device.params, atol=1e-12)


def test_the_same_seed_gives_the_same_bits_and_another_seed_others():
    runs = []
    for seed in (5, 5, 6):
        stepper.cache_clear()
        jax.clear_caches()
        runs.append(fit(bars(2, "all"), steps=50, seed=seed))
    assert runs[0].params.tobytes() == runs[1].params.tobytes()
    assert runs[0].history["loss"].tobytes() == runs[1].history["loss"].tobytes()
    assert np.abs(runs[0].params - runs[2].params).max() > 0.1


# --- how runs end --------------------------------------------------------------------------------


def test_convergence_is_reported_at_its_step():
    """L = x²/2 under Adam: stops at the first gradient within the tolerance."""
    result = fit(hand_made(lambda x: x**2 / 2), tolerance=0.1, learning_rate=0.01, steps=5000)
    assert result.status is Status.CONVERGED
    norms = result.history["grad_norm"]
    assert norms[-1] <= 0.1 < norms[-2]
    assert result.steps == len(norms) - 1
    assert f"at step {result.steps}" in result.message


def test_no_steps_evaluate_the_start():
    result = fit(hand_made(lambda x: (x - 3) ** 2), steps=0)
    assert (result.status, result.steps, result.estimate.value) == (Status.STEP_LIMIT, 0, 4.0)


def test_a_non_finite_loss_keeps_the_last_good_point():
    """L = −√x has its derivative at x > 0 only, and Adam walks x = 1 − 0.3 k below 0."""
    result = fit(hand_made(jnp.sqrt), learning_rate=0.3)
    assert result.status is Status.NON_FINITE
    assert result.steps == 4
    assert 0 < result.params[0] < 0.2
    assert result.estimate.value == pytest.approx(np.sqrt(result.params[0]), rel=1e-12)
    assert np.isnan(result.history["loss"][-1])


def test_an_infinite_start_is_reported_and_returned():
    machine = models.BornMachine(circuits.rx(1))
    objective = objectives.measured_likelihood(machine, np.array([0.5, 0.5]))
    result = fit(objective, np.zeros(1))
    assert (result.status, result.steps) == (Status.NON_FINITE, 0)
    np.testing.assert_array_equal(result.params, [0.0])


def test_a_search_without_progress_ends_the_run():
    result = fit(bars(1, "chain"), optimizer="lbfgs", tolerance=0.0, steps=10_000)
    assert result.status is Status.STALLED
    assert result.steps < 10_000


def test_an_interrupt_keeps_what_there_is():
    calls = []

    def callback(step, loss, params):
        calls.append((step, loss, params.copy()))
        if step >= 11:
            raise KeyboardInterrupt

    result = fit(bars(2, "chain"), steps=10_000, tolerance=0.0, callback=callback)
    assert result.status is Status.INTERRUPTED
    assert result.estimate.value == calls[-1][1]
    np.testing.assert_array_equal(result.params, calls[-1][2])
    assert len(result.history["loss"]) == result.steps >= 11


def test_the_bar_shows_loss_gap_and_time(capsys):
    training.fit(bars(1, "chain"), steps=20)
    shown = capsys.readouterr().err
    assert "loss " in shown and ", gap " in shown and "20/20" in shown


# --- speed by construction -----------------------------------------------------------------------


def test_many_fits_of_one_objective_compile_once():
    traces = []

    def loss(x):
        traces.append(1)  # Python runs this while JAX traces, and never again
        return (x - 3) ** 2

    objective = hand_made(loss)
    fit(objective, steps=5)
    once = len(traces)
    for k in (1, 2):
        fit(objective, np.array([float(k)]), steps=300 + k, tolerance=1e-3 * k)
    assert len(traces) == once == 1


def test_the_compilation_cache_fills_its_directory(tmp_path):
    script = (
        "import sys, numpy as np\n"
        "from qce import circuits, models, objectives, training\n"
        "print(training.enable_compilation_cache())\n"
        "machine = models.BornMachine(circuits.rx(1))\n"
        "objective = objectives.measured_likelihood(machine, np.array([0.3, 0.7]))\n"
        "training.fit(objective, steps=2, progress=False)\n"
    )
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    command = [sys.executable, "-c", script]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert Path(run.stdout.strip()) == tmp_path / "qce" / "jax"
    assert any((tmp_path / "qce" / "jax").iterdir())


# --- refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"optimizer": "sgd"}, "`optimizer` must be one of 'adam', 'soap', 'lbfgs'"),
        (
            {"optimizer": "adamw"},
            r"(?=.*`optax.adamw\(1e-2\)`)`optimizer` must be one of",
        ),
        (
            {"optimizer": AdamW([zeros(1)])},
            r"`optimizer` must .* it is AdamW \( Parameter .{,60}…\.",
        ),
        ({"optimizer": "lbfgs", "learning_rate": 0.1}, "`learning_rate` must be left out"),
        ({"params": np.zeros(3)}, r"`params` must have shape \(8,\)"),
        ({"steps": -1}, "`steps` must be an integer from 0"),
        ({"tolerance": np.nan}, "`tolerance` must be finite"),
    ],
)
def test_bad_settings_are_refused_with_a_remedy(options, message):
    with pytest.raises(ValueError, match=f"Argument {message}.* Pass "):
        fit(bars(1, "chain"), **options)


def test_a_line_search_is_refused_on_a_device():
    model = models.ThermalModel(circuits.rx(1), models.ProductSpectrum(1))
    objective = objectives.deferred_cross_entropy(model, np.eye(2) / 2, shots=10)
    with pytest.raises(ValueError, match='must be "adam" on a device.*Pass'):
        fit(objective, optimizer="lbfgs")
