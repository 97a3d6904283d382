"""Parameters of a function in dicts and lists of arrays: the training of the same flat vector."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qce
from qce.training import error_bars, plan

START = {"scale": np.array([[0.5, 1.0], [2.0, -1.0]]), "shift": [0.25, np.array([3.0, 1.0, 2.0])]}
FLAT = np.array([0.5, 1.0, 2.0, -1.0, 0.25, 3.0, 1.0, 2.0])


def loss(tree):
    first, second = tree["shift"]
    bent = jnp.sum(jnp.cosh(tree["scale"] - 1))
    return bent + first**2 + jnp.sum((second - first) ** 4)


def flat_loss(x):
    return loss({"scale": x[:4].reshape(2, 2), "shift": [x[4], x[5:]]})


def fit(*args, **options):
    return qce.fit(*args, **{"progress": False, "tolerance": 0, "steps": 30, **options})


def same(tree, flat):
    """A dict like the start, with exactly the numbers of a vector."""
    assert jax.tree.structure(tree) == jax.tree.structure(START)
    leaves = jax.tree.leaves(tree)
    assert [type(leaf) for leaf in leaves] == [np.ndarray] * 3
    assert [leaf.shape for leaf in leaves] == [(2, 2), (), (3,)]
    np.testing.assert_array_equal(np.concatenate([leaf.ravel() for leaf in leaves]), flat)


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs", "spsa", "coordinate"])
def test_the_training_is_that_of_one_vector(optimizer):
    ours, flat = (
        fit(loss, START, optimizer=optimizer),
        fit(flat_loss, FLAT, optimizer=optimizer),
    )
    same(ours.params, flat.params)
    np.testing.assert_array_equal(ours.history["loss"], flat.history["loss"])
    assert ours.estimate == flat.estimate


def test_callbacks_and_followers_are_told_such_a_dict(tmp_path):
    seen = []

    class Follower:
        def follow(self, progress):
            seen.append(progress.params)

    for callback in (Follower(), lambda step, value, params: seen.append(params)):
        result = fit(loss, START, steps=4, callback=callback)
        same(seen[-1], np.concatenate([x.ravel() for x in jax.tree.leaves(result.params)]))


def test_a_cut_training_goes_on_to_the_same_bits(tmp_path):
    whole = fit(loss, START, steps=9)
    fit(loss, START, steps=4, checkpoint=tmp_path / "file")
    rest = fit(loss, START, steps=9, checkpoint=tmp_path / "file", resume=True)
    assert jax.tree.all(jax.tree.map(np.array_equal, whole.params, rest.params))


def test_a_file_is_of_arrays_of_the_same_names_and_shapes(tmp_path):
    def squares(tree):
        return sum(jnp.sum(leaf**2) for leaf in jax.tree.leaves(tree))

    fit(squares, {"a": np.ones(4)}, checkpoint=tmp_path / "file")
    for other in ({"b": np.ones(4)}, {"a": np.ones((2, 2))}, np.ones(4)):
        with pytest.raises(qce.ArgumentError, match="must be of a training with the same"):
            fit(squares, other, checkpoint=tmp_path / "file", resume=True)


class Line(NamedTuple):
    slope: float
    offset: float


@pytest.mark.parametrize(
    ("start", "read", "kind"),
    [
        (Line(0.0, 1.0), lambda p: (p.slope, p.offset), Line),
        ((np.zeros(()), np.ones(1)), lambda p: (p[0], p[1][0]), tuple),
        ([np.zeros(1), np.ones(1)], lambda p: (p[0][0], p[1][0]), list),
        ({"a": {"b": 0, "c": [True]}}, lambda p: (p["a"]["b"], p["a"]["c"][0]), dict),
        ([0.0, 1.0], lambda p: (p[0], p[1]), np.ndarray),
        ((np.float32(0), jnp.array(1)), lambda p: (p[0], p[1]), np.ndarray),
    ],
)
def test_any_container_is_handed_on_as_it_is(start, read, kind):
    """Numbers in one list are the vector they always were; float64 whatever came."""

    def square(p):
        a, b = read(p)
        assert a.dtype == b.dtype == float
        return (a - 2) ** 2 + (b + 1) ** 2

    result = fit(square, start, optimizer="lbfgs", tolerance=1e-10)
    np.testing.assert_allclose(read(result.params), [2, -1], atol=1e-9)
    assert type(result.params) is kind


def test_a_plan_and_error_bars_take_them_too():
    def square(p):
        return 4 * (p["a"][0] - 2) ** 2 / 2

    result = fit(square, {"a": [0.0]}, optimizer="lbfgs", tolerance=1e-10)
    assert error_bars(result, square, outcomes=100).stderr == pytest.approx([0.05])
    assert plan(square, {"a": [0.0]}, steps=2).points == 3


@pytest.mark.parametrize(
    ("start", "message"),
    [
        ({}, r"hold numbers, but it is \{\}"),
        ({"a": []}, r"hold numbers, but it is \{'a': \[\]\}"),
        ({"a": np.array([1j])}, r"hold real numbers, but params\['a'\] has dtype complex128"),
        ({"a": "x"}, "be numeric"),
        (np.ones((2, 2)), r"have shape \(P,\), but its shape is \(2, 2\)"),
        ([[1.0, 2.0], [3.0, 4.0]], r"have shape \(P,\), but its shape is \(2, 2\)"),
    ],
)
def test_what_holds_no_real_numbers_is_refused(start, message):
    with pytest.raises(qce.ArgumentError, match=f"`params` must {message}.*Pass"):
        fit(lambda p: jnp.zeros(()), start)


def test_objectives_of_the_library_keep_their_flat_vector():
    machine = qce.BornMachine(qce.circuits.rx(1))
    objective = qce.objectives.measured_likelihood(machine, [0.25, 0.75])
    with pytest.raises(qce.ArgumentError, match="`params` must"):
        fit(objective, {"angle": [0.3]})
