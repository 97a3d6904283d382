"""Settings of trainings: refused by name where they mean nothing, taken where they mean one."""

import jax.numpy as jnp
import numpy as np
import pytest

import qce
from qce import circuits, models, objectives
from qce.objectives import Objective
from qce.training import Budget, fit_many, plan
from qce.training import optimizers as methods

LAW = [0.4, 0.3, 0.2, 0.1]
MACHINE = models.BornMachine(circuits.rx(2))
OBJECTIVE = objectives.measured_likelihood(MACHINE, LAW)
WIDE = objectives.measured_likelihood(models.BornMachine(circuits.rx(12)), np.full(2**12, 2**-12))

NO_RATES = [-0.05, 0.0, np.nan, np.inf, "a", True, [0.1, 0.2], 1j]
NO_SEEDS = ["a", -1, 1.5, 2**65, True, [1]]
NO_NUMBERS = [-1.0, np.nan, np.inf, "a", None]


def fit(objective=OBJECTIVE, *args, **options):
    return qce.fit(objective, *args, **{"steps": 2, "progress": False, **options})


@pytest.mark.parametrize("rate", NO_RATES, ids=str)
@pytest.mark.parametrize("name", ["adam", "natural", "spsa", "qnspsa", "coordinate", "cans"])
def test_a_rate_that_leads_nowhere_is_refused(name, rate):
    refused = pytest.raises(qce.ArgumentError, match="`learning_rate` must be.*Pass")
    with refused:
        fit(optimizer=name, learning_rate=rate)
    with refused:
        getattr(methods, name)(learning_rate=rate)


@pytest.mark.parametrize(
    ("build", "setting"),
    [
        (methods.natural, "damping"), (methods.qnspsa, "damping"),
        (methods.spsa, "perturbation"), (methods.qnspsa, "perturbation"),
        (methods.coordinate, "perturbation"), (methods.spsa, "stability"),
        (methods.cans, "memory"), (methods.cans, "most"), (methods.cans, "lipschitz"),
    ],
)  # fmt: skip
def test_every_setting_of_an_optimizer_is_checked(build, setting):
    bad = NO_NUMBERS if setting != "lipschitz" else NO_NUMBERS[:-1]  # None is 1/η there
    for value in [*bad, *{"memory": [1.0], "most": [1, 2.0], "lipschitz": [7.0]}.get(setting, [])]:
        with pytest.raises(qce.ArgumentError, match=f"`{setting}` must "):
            build(**{setting: value})


@pytest.mark.parametrize("seed", NO_SEEDS, ids=str)
def test_what_is_no_seed_is_refused(seed):
    for run in (fit, plan):
        with pytest.raises(qce.ArgumentError, match="`seed` must be an integer.*Pass"):
            run(OBJECTIVE, seed=seed)
    with pytest.raises(qce.ArgumentError, match="`seeds` must be an integer.*Pass"):
        fit_many(OBJECTIVE, [0, seed], steps=2)


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"steps": 2.5}, "steps"), ({"steps": "a"}, "steps"), ({"steps": True}, "steps"),
        ({"tolerance": "a"}, "tolerance"), ({"tolerance": np.inf}, "tolerance"),
        ({"tolerance": -1e-9}, "tolerance"), ({"budget": 100}, "budget"),
        ({"callback": 3}, "callback"), ({"optimizer": 3}, "optimizer"),
        ({"optimizer": ["adam"]}, "optimizer"), ({"params": "ab"}, "params"),
        ({"params": [1j, 0.0]}, "params"), ({"params": [["a"], [1]]}, "params"),
        ({"params": {"a": 1}}, "params"), ({"params": 0.5}, "params"),
    ],
    ids=str,
)  # fmt: skip
def test_bad_settings_are_refused_by_name(options, name):
    with pytest.raises(
        qce.ArgumentError, match=f"^Argument `{name}` must .*, but .* Pass "
    ) as caught:
        fit(OBJECTIVE, **options)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("bound", ["circuits", "jobs", "shots"])
def test_a_budget_is_of_whole_numbers(bound):
    for value in (0, -1, 1.5, np.nan, "a"):
        with pytest.raises(qce.ArgumentError, match=f"`{bound}` must be an integer >= 1"):
            Budget(**{bound: value})
    assert getattr(Budget(**{bound: np.int64(3)}), bound) == 3


@pytest.mark.parametrize(
    "what", [None, "loss", 3, LAW, MACHINE.circuit], ids=lambda x: type(x).__name__
)
def test_what_cannot_be_minimised_is_refused(what):
    for run in (lambda x: fit(x, [0.0]), plan, lambda x: fit_many(x, [0])):
        with pytest.raises(qce.ArgumentError, match="`objective` must be a function, but it is"):
            run(what)


def test_a_wrong_length_is_said_with_both_shapes():
    with pytest.raises(
        qce.ArgumentError, match=r"must have shape \(12,\), but its shape is \(0,\)"
    ):
        fit(WIDE, [])


def test_a_checkpoint_is_in_a_folder_that_is_there(tmp_path):
    with pytest.raises(qce.ArgumentError, match="`checkpoint` must be in a folder.*Pass"):
        fit(checkpoint=tmp_path / "missing" / "file")


def test_numbers_of_array_libraries_are_numbers(tmp_path):
    sent = objectives.measured_likelihood(MACHINE, LAW, shots=np.int64(10), seed=np.uint8(1))
    for objective in (OBJECTIVE, sent):
        plain = fit(objective, [0.1, 0.2], learning_rate=0.25, seed=3, steps=2, tolerance=1e-9)
        settings = {"learning_rate": np.float32(0.25), "seed": np.int64(3), "steps": np.uint8(2)}
        file = tmp_path / objective.name / "file"
        file.parent.mkdir(exist_ok=True)
        file.unlink(missing_ok=True)
        start = jnp.array([0.1, 0.2])
        other = fit(objective, start, tolerance=jnp.array(1e-9), checkpoint=file, **settings)
        np.testing.assert_array_equal(plain.params, other.params)
        again = fit(objective, start, resume=True, checkpoint=file, **settings)
        np.testing.assert_array_equal(plain.params, again.params)
    assert methods.adam(0.05) is methods.adam(learning_rate=np.float64(0.05)) is methods.adam()


def test_an_objective_made_by_hand_is_one():
    by_hand = Objective("hand", MACHINE, evaluate=lambda x: (jnp.sum(x**2), jnp.zeros(())))
    assert fit(by_hand, [0.0, 0.0]).status.converged


def test_a_callback_of_other_arguments_is_refused_before_anything_runs():
    objective = objectives.measured_likelihood(models.BornMachine(circuits.rx(1)), [0.25, 0.75])
    for wrong in (lambda step: None, float):
        with pytest.raises(qce.ArgumentError, match="`callback` must take step, loss and param"):
            qce.fit(objective, callback=wrong, progress=False)
