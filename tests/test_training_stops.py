"""How trainings are stopped: by a callback, at steps that repeat, and where a loss is flat."""

import jax.numpy as jnp
import numpy as np
import pytest

import qce
from qce import circuits, models, objectives
from qce.results import Status

MACHINE = models.BornMachine(circuits.rx(2))
SIMULATED = objectives.measured_likelihood(MACHINE, [0.4, 0.3, 0.2, 0.1])
SENT = objectives.measured_likelihood(MACHINE, [0.4, 0.3, 0.2, 0.1], shots=100, seed=0)


def fit(objective, *args, **options):
    return qce.fit(objective, *args, **{"tolerance": 0, "progress": False, **options})


def stopping(at, calls):
    def callback(step, loss, params):
        calls.append((step, loss, params.copy()))
        if step >= at:
            raise StopIteration

    return callback


@pytest.mark.parametrize("objective", [SIMULATED, SENT], ids=["simulated", "sent"])
def test_a_callback_that_stops_keeps_the_result(objective):
    calls = []
    result = fit(objective, steps=2000, callback=stopping(7, calls))
    assert result.status is Status.STOPPED and not result.status.converged
    assert result.message == f"{Status.STOPPED.value}, at step {calls[-1][0]}"
    assert (result.steps, result.estimate.value) == calls[-1][:2]
    np.testing.assert_array_equal(result.params, calls[-1][2])
    assert len(result.history["loss"]) == result.steps >= 7


@pytest.mark.parametrize("objective", [SIMULATED, SENT], ids=["simulated", "sent"])
def test_what_is_stopped_at_a_step_is_stopped_there_again(objective):
    runs = []
    for _ in range(2):
        calls = []
        options = {"callback": stopping(20, calls), "callback_every": 5}
        runs.append((fit(objective, steps=2000, **options), calls))
    (one, first), (other, second) = runs
    assert [step for step, *_ in first] == [step for step, *_ in second] == [5, 10, 15, 20]
    assert one.steps == other.steps == 20
    np.testing.assert_array_equal(one.params, other.params)
    np.testing.assert_array_equal(one.history["loss"], other.history["loss"])


def test_callbacks_come_at_their_steps_and_at_the_end():
    """Longer than one compiled stretch, and an end between two of them."""
    steps = []
    fit(SIMULATED, steps=2503, callback=lambda step, *_: steps.append(step), callback_every=1200)
    assert steps == [1200, 2400, 2503]
    whole = fit(SIMULATED, steps=2503)
    apart = fit(SIMULATED, steps=2503, callback=lambda *_: None, callback_every=7)
    np.testing.assert_array_equal(whole.params, apart.params)


def test_an_end_that_was_reached_is_not_called_a_stop():
    def stop(*_):
        raise StopIteration

    result = fit(SIMULATED, steps=6, callback=stop, callback_every=6)
    assert (result.status, result.steps) == (Status.STOPPED, 6)
    result = fit(SIMULATED, steps=6, callback=stop, callback_every=100)
    assert (result.status, result.steps) == (Status.STEP_LIMIT, 6)


def test_a_training_that_was_stopped_goes_on(tmp_path):
    options = {"steps": 30, "callback_every": 10}
    file = tmp_path / "file"
    first = fit(SIMULATED, checkpoint=file, callback=stopping(10, []), **options)
    rest = fit(SIMULATED, checkpoint=file, resume=True, callback=stopping(99, []), **options)
    assert (first.status, rest.status) == (Status.STOPPED, Status.STEP_LIMIT)
    np.testing.assert_array_equal(rest.params, fit(SIMULATED, **options).params)


def test_other_errors_of_a_callback_are_raised():
    def fail(*_):
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        fit(SIMULATED, callback=fail)


@pytest.mark.parametrize("every", [0, -1, 1.5, "a", True])
def test_steps_between_callbacks_are_whole(every):
    with pytest.raises(qce.ArgumentError, match="`callback_every` must be an integer >= 1"):
        fit(SIMULATED, callback=print, callback_every=every)


# --- flat losses ----------------------------------------------------------------------------------

FLAT = {
    "a tail": (lambda p: jnp.log1p(jnp.exp(-p[0])), [0.0]),
    "a tail above 1": (lambda p: 7 + jnp.exp(-p).sum(), [0.0, 1.0, 2.0]),
    "a quartic bottom": (lambda p: 1 + jnp.sum(p**4), [1.0, -0.5]),
    "a power": (lambda p: 1 + 1 / (1 + p[0] ** 2), [1.0]),
    "a plateau": (lambda p: 1 + 1e-17 * p[0], [0.0]),
}


@pytest.mark.thinned(4)
@pytest.mark.parametrize("name", FLAT)
def test_a_line_search_stops_where_the_loss_is_flat(name):
    loss, start = FLAT[name]
    result = fit(loss, start, optimizer="lbfgs", steps=2000)
    assert result.status.converged and result.steps < 200
    # No step of the last ten gained more than rounding of the value, nor did all together.
    last = result.history["loss"][-10:]
    assert last.max() - last.min() <= 4 * np.finfo(float).eps * max(1, last.max())


def test_slow_progress_is_no_flat_loss():
    """In the valley of Rosenbrock's function steps are short, and the minimum is still found."""
    result = fit(
        lambda p: 1 + (1 - p[0]) ** 2 + 1e4 * (p[1] - p[0] ** 2) ** 2, [-1.2, 1.0],
        optimizer="lbfgs", steps=2000,
    )  # fmt: skip
    np.testing.assert_allclose(result.params, [1, 1], rtol=0, atol=1e-6)
