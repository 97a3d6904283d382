"""The average of parameters along a training: the same steps, with less of their noise."""

import numpy as np
import optax
import pytest
from test_rows import Coins
from test_training_batches import WIRES, fit, rows

import qce
from qce import objectives
from qce.results import Status
from qce.training.selection import Selection


@pytest.fixture
def objective():
    return objectives.measured_likelihood(Coins(WIRES), rows(0))


def visited(objective, **settings):
    """Parameters of each step that was followed by another."""
    points = {}

    def callback(step, loss, params):
        points.setdefault(step, params)

    result = fit(objective, callback=callback, callback_every=1, **settings)
    return np.array([points[k + 1] for k in range(result.steps)]), result


@pytest.mark.parametrize("average", [0.1, 2, 50])
def test_it_is_the_mean_of_points_whose_weights_fall_by_e_in_so_many_epochs(objective, average):
    points, result = visited(objective, batch=100, epochs=4, average=average)
    assert len(points) == 24  # six steps an epoch
    weights = np.exp(-np.arange(24)[::-1] / (6 * average))
    np.testing.assert_allclose(result.params, weights @ points / weights.sum(), atol=1e-14)
    assert result.estimate.value == objective(result.params).value
    assert result.optimizer["average"] == average


def test_steps_are_the_same(objective):
    settings = {"batch": 100, "epochs": 3, "seed": 2}
    plain, averaged = fit(objective, **settings), fit(objective, **settings, average=1)
    np.testing.assert_array_equal(plain.history["loss"], averaged.history["loss"])
    assert (plain.params != averaged.params).all()


def test_it_leaves_out_the_noise_of_steps_at_a_constant_rate(objective):
    """The optimum is known: independent bits with the frequencies of the data."""
    settings = {"batch": 20, "epochs": 20, "optimizer": optax.sgd(1.0)}
    gaps = [fit(objective, **settings, average=a).estimate.value for a in (None, 5)]
    chances = rows(0).mean(0)
    least = -(chances * np.log(chances) + (1 - chances) * np.log(1 - chances)).sum()
    plain, averaged = np.array(gaps) - least
    assert 0 < averaged < plain / 10


def test_validation_rows_choose_between_it_and_the_parameters_of_a_step(objective):
    """While there is far to go the last step is ahead; around the optimum the average is."""
    others = rows(1, 400)
    judge = objectives.measured_likelihood(Coins(WIRES), others)
    settings = {"batch": 50, "epochs": 8, "patience": None, "validation": others}
    for rate, kept in ((1e-3, "of"), (1.0, "the average up to")):
        settings["optimizer"] = optax.sgd(rate)
        plain, result = fit(objective, **settings), fit(objective, **settings, average=2)
        looks = ~np.isnan(plain.history["validation"])
        both = plain.history["validation"][looks], result.history["validation"][looks]
        assert len(both[0]) == 8 and (both[1] <= both[0]).all()
        assert f"rows, {kept} step " in result.message
        assert result.validation.value == judge(result.params).value == both[1].min()
    assert result.validation.value < plain.validation.value


@pytest.mark.parametrize(("validation", "cut"), [(None, 7), (rows(1, 100), 13)])
def test_a_training_that_was_cut_goes_on_to_the_same_bits(objective, tmp_path, validation, cut):
    settings = {"batch": 120, "learning_rate": 0.5, "average": 2, "validation": validation}
    whole = fit(objective, **settings, epochs=5)

    def stop(step, loss, params):
        if step >= cut:
            raise StopIteration

    path = tmp_path / "x.npz"
    settings |= {"epochs": 5, "checkpoint": path}
    first = fit(objective, **settings, callback=stop, callback_every=1)
    assert first.status is Status.STOPPED and first.steps == cut
    again = fit(objective, **settings, resume=True)
    np.testing.assert_array_equal(again.params, whole.params)
    assert (again.validation, again.message) == (whole.validation, whole.message)
    with pytest.raises(qce.ArgumentError, match="same optimizer"):
        fit(objective, **(settings | {"average": 3}), resume=True)


def test_files_from_before_there_was_an_average_are_read():
    chosen = Selection(objectives.measured_likelihood(Coins(WIRES), rows(1)), 5, None)
    value = chosen.judge(5, np.zeros(WIRES))
    stored = chosen.arrays()
    del stored["chosen_averaged"]
    again = Selection(chosen.objective, 5, None)
    again.restore(stored)
    assert (again.value, again.step, again.averaged) == (value, 5, False)


@pytest.mark.filterwarnings("ignore:The loss is infinite")
def test_numbers_that_are_none_are_not_averaged_in(objective):
    settings = {"batch": 100, "epochs": 2, "average": 2}
    start = np.full(WIRES, 0.5)
    result = fit(objective, params=start, optimizer=optax.sgd(np.inf), **settings)
    assert result.status is Status.NON_FINITE
    np.testing.assert_array_equal(result.params, start)
    result = fit(objective, params=start * np.nan, **settings)
    assert result.status is Status.NON_FINITE and np.isnan(result.params).all()


@pytest.mark.parametrize("average", [0, -1.0, np.inf, np.nan, "3"])
def test_a_length_that_is_none_is_refused(objective, average):
    with pytest.raises((ValueError, TypeError), match="`average` must be"):
        fit(objective, batch=100, epochs=1, average=average)


def test_without_batches_there_is_no_noise_of_them(objective):
    with pytest.raises(ValueError, match="`average` must be None here.*`batch`"):
        fit(objective, steps=3, average=2)
