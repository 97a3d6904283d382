"""Adam in the eigenbases of gradients, against a loop of its own and what defines it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qce
from qce import circuits, models, objectives
from qce.training import optimizers
from qce.training.interface import Reading

EPS = float(np.finfo(float).eps)
SHAPE = (2, 3, 2, 2, 4, 4)
SIZE = int(np.prod(SHAPE))


def rows(seed, count=300):
    """Three kinds of rows, and noise."""
    rng = np.random.default_rng(seed)
    kinds = np.array([[0, 0, 0, 1, 1, 1], [0, 1, 0, 1, 0, 1], [1, 1, 1, 1, 0, 0]], bool)
    return (kinds[rng.integers(0, 3, count)] ^ (rng.random((count, 6)) < 0.1)).astype(int)


def fit(objective, *args, **options):
    return qce.fit(objective, *args, **{"progress": False, **options})


def steps(optimizer, gradients):
    """Where the gradients lead from 0, after each."""
    params, memory, places = jnp.zeros(gradients[0].size), None, []
    memory = optimizer.init(params)
    for gradient in gradients:
        reading = Reading(0.0, 0.0, jnp.asarray(gradient.ravel()))
        params, memory = optimizer.update(params, memory, reading, None)
        places.append(np.asarray(params))
    return places


def by_hand(gradients, rate):
    """In double precision, moments and gradients kept in the bases of bits, one node at a time."""
    place, places = np.zeros(SHAPE), []
    for node in range(SHAPE[-5]):
        left = right = np.zeros((4, 4))
        mean, square = np.zeros((2, 2, 2, 4, 4)), np.zeros((2, 2, 2, 4, 4))
        for t, gradient in enumerate(gradients, start=1):
            own = gradient[:, node]
            left = 0.95 * left + 0.05 * sum(g @ g.T for g in own.reshape(-1, 4, 4))
            right = 0.95 * right + 0.05 * sum(g.T @ g for g in own.reshape(-1, 4, 4))
            if t % 20 == 1:
                rows, columns = np.linalg.eigh(left)[1], np.linalg.eigh(right)[1]
            mean = 0.9 * mean + 0.1 * own
            square = 0.99 * square + 0.01 * (rows.T @ own @ columns) ** 2
            turned = rows.T @ mean @ columns / (1 - 0.9**t)
            change = turned / (np.sqrt(square / (1 - 0.99**t)) + 1e-8)
            place[:, node] -= rate * rows @ change @ columns.T
            if node == 0:
                places.append(place.copy())
            else:
                places[t - 1][:, node] = place[:, node]
    return places


def test_its_steps_are_those_of_the_definition():
    """25 steps, new axes in two of them; gradients of a few scales, so that axes are plain."""
    rng = np.random.default_rng(0)
    scale = np.geomspace(1, 8, 4)
    mixing = np.linalg.qr(rng.normal(size=(4, 4)))[0]
    drawn = rng.normal(size=(25, *SHAPE)) + 0.5
    gradients = list(mixing @ (scale[:, None] * drawn * scale[::-1]) @ mixing.T)
    found = steps(optimizers.soap(SHAPE, 0.01), gradients)
    for mine, theirs in zip(found, by_hand(gradients, 0.01), strict=True):
        # Each step is of order the rate; axes are as far apart as the moments, of relative 0.1.
        assert np.abs(mine - theirs.ravel()).max() < 25 * 0.01 * 1e4 * EPS


def test_a_change_of_basis_on_the_bonds_turns_its_steps():
    """What Adam, entry by entry, does not have: steps of turned gradients are turned steps."""
    rng = np.random.default_rng(1)
    left, right = (np.linalg.qr(rng.normal(size=(4, 4)))[0] for _ in range(2))
    gradients = [rng.normal(size=SHAPE) * np.geomspace(1, 8, 4) for _ in range(25)]
    turned = [left @ g @ right for g in gradients]
    apart = []
    for optimizer in (optimizers.soap(SHAPE, 0.01), optimizers.adam(0.01)):
        plain, other = steps(optimizer, gradients)[-1], steps(optimizer, turned)[-1]
        apart.append(np.abs(left @ plain.reshape(SHAPE) @ right - other.reshape(SHAPE)).max())
    assert apart[0] < 25 * 0.01 * 1e4 * EPS and apart[1] > 0.01


@pytest.mark.parametrize("settings", [{"complex": True}, {"coherence": 0.0, "bond": (2, 4) * 3}])
def test_a_tree_in_mini_batches_has_it_without_asking(settings):
    train, valid = rows(0), rows(1)
    model = models.TensorTree((-1, 0, 1, 1, 3, 3), **{"bond": 4, **settings})
    assert np.prod(model.tensor_shape) == model.size
    objective = objectives.measured_likelihood(model, train)
    start = model.initial(0)
    runs = [
        fit(objective, start, optimizer=name, batch=100, epochs=5, validation=valid)
        for name in (None, "soap", "adam")
    ]
    assert [run.optimizer["name"] for run in runs] == ["soap", "soap", "adam"]
    assert runs[0].optimizer == {"name": "soap", "learning_rate": 0.01, "decay": 15, "clip": 4.0}
    np.testing.assert_array_equal(runs[0].params, runs[1].params)
    assert runs[0].estimate.value < objective(start).value - 0.05
    assert fit(objective, start, steps=1).optimizer["name"] == "adam"


def test_a_training_that_was_cut_goes_on_to_the_same_bits(tmp_path):
    """Also where axes are chosen anew, at steps 1 and 21."""
    model, start = models.TensorTree.from_chow_liu(rows(0), bond=4)
    objective = objectives.measured_likelihood(model, rows(0))
    method = optimizers.soap(model.tensor_shape)
    settings = {"batch": 100, "validation": rows(1), "optimizer": method}
    whole = fit(objective, start, steps=30, **settings)
    for cut in (1, 19, 20, 21, 25):
        file = {"checkpoint": tmp_path / f"{cut}", "resume": True}
        fit(objective, start, steps=cut, **settings, **file)
        rest = fit(objective, start, steps=30, **settings, **file)
        np.testing.assert_array_equal(rest.params, whole.params)
        np.testing.assert_array_equal(rest.history["loss"], whole.history["loss"])


def test_many_starts_side_by_side_are_each_of_them():
    model, start = models.TensorTree.from_chow_liu(rows(0), bond=4)
    objective = objectives.measured_likelihood(model, rows(0))
    many = qce.fit_many(objective, [0, 1], [start, 2 * start], optimizer="soap", steps=5)
    one = fit(objective, 2 * start, optimizer="soap", steps=5)
    np.testing.assert_allclose(many[1].history["loss"], one.history["loss"], rtol=0, atol=1e-9)


def test_numbers_that_are_none_end_the_training():
    model, start = models.TensorTree.from_chow_liu(rows(0), bond=4)
    start[3] = np.nan
    result = fit(objectives.measured_likelihood(model, rows(0)), start, batch=100, epochs=2)
    assert result.status.name == "NON_FINITE"


def test_it_is_for_trees():
    machine = qce.BornMachine(circuits.rx(1))
    with pytest.raises(qce.ArgumentError, match='`optimizer` must be "adam" here.*no|none'):
        fit(objectives.measured_likelihood(machine, [0.25, 0.75]), optimizer="soap")
    for shape in ((3, 4), (2, 1, 2, 4, 3), (2, 1, 2, 0, 0), (2.5, 1, 2, 4, 4), "x"):
        with pytest.raises(qce.ArgumentError, match="`shape` must"):
            optimizers.soap(shape)
    assert jax.tree.leaves(optimizers.soap(SHAPE).init(jnp.zeros(SIZE)))[0].shape == (3, 4, 4)
