"""Probabilities that rounding has pushed out of [0, 1] are 0 and 1: no function refuses them.

A circuit gives 1 + 7e-16 where it means 1, and −3e-16 where it means 0. Every public function that
`test_nan` finds gets such in each of its arguments in turn.
"""

import jax.numpy as jnp
import numpy as np
import pytest
from libraries import DIFFERENTIATING
from test_nan import FUNCTIONS, LINEAR, MASK, PIXELS

from qce import bounds, losses, regularise, xeb
from qce.trainability import product_likelihood

ABOVE, BELOW = 1 + 7e-16, -3e-16
SLACK = np.finfo(float).eps ** 0.5
LABELS = {"labels", "outcomes"}  # class numbers, beside what has an axis more
NO_SHARES = {"counts", "rates", "variances", "scales"}


def of_states(x):
    return x.shape[-2:] == (4, 4)


def at_the_edge(x):
    """Certain probabilities and pure states in place of others; None for what is neither."""
    if of_states(x):
        return np.broadcast_to(np.diag([1.0, 0, 0, 0]), x.shape).copy()
    if x is PIXELS or x is MASK:
        return MASK
    if x.min() < 0 or x.max() > 1:
        return None
    if x.ndim and x.shape[-1] > 1 and np.allclose(x.sum(-1), 1):
        return np.broadcast_to(np.eye(x.shape[-1])[0], x.shape).copy()
    return np.where(x == x.flat[0], 1.0, np.where(x == x.flat[1 % x.size], 0.0, x))


def pushed(x):
    if of_states(x):
        return x + np.diag([7e-16, -3e-16, -3e-16, -1e-16])
    return np.where(x == 1, ABOVE, np.where(x == 0, BELOW, x))


def whole(arguments):
    """The same with integers for class numbers, which are no probabilities."""
    points = next((x for x in arguments.values() if isinstance(x, np.ndarray) and x.ndim > 1), None)
    return {
        k: x.astype(int) if k in LABELS and points is not None and x.ndim < points.ndim else x
        for k, x in arguments.items()
    }


CALLS = {label: (function, whole(arguments)) for label, (function, arguments) in FUNCTIONS.items()}
# Data outside the model's support are worth what the user says.
CALLS["classical.f_divergence"][1]["at_infinity"] = np.inf
CASES = [
    (label, name)
    for label, (_, arguments) in CALLS.items()
    for name, x in arguments.items()
    if isinstance(x, np.ndarray)
    and x.dtype.kind == "f"
    and name not in NO_SHARES
    and at_the_edge(x) is not None
]


def test_binary_and_region_losses_are_among_them():
    tried = {label for label, _ in CASES}
    for name in ("binary_cross_entropy", "binary_focal_loss", "bernoulli_nll", "dice_loss",
                 "jaccard_loss", "tversky_loss", "lovasz_softmax_loss", "cross_entropy",
                 "maximum_mean_discrepancy"):  # fmt: skip
        assert f"losses.{name}" in tried


@pytest.mark.parametrize(("label", "name"), CASES)
def test_no_function_refuses_them(label, name):
    function, arguments = CALLS[label]
    edge = at_the_edge(arguments[name])
    expected = np.asarray(function(**arguments | {name: edge}))
    found = np.asarray(function(**arguments | {name: pushed(edge)}))
    # A few shifts of 1e-15, times slopes of order one.
    np.testing.assert_allclose(found, expected, rtol=1e-14, atol=1e-14)
    if (expected >= 0).all() and (label, name) not in LINEAR:
        assert (found >= 0).all()


BINARY = {
    "cross entropy": losses.binary_cross_entropy,
    "focal": losses.binary_focal_loss,
    "Bernoulli": lambda y, q, **settings: losses.bernoulli_nll(y, probabilities=q, **settings),
    "Dice": lambda y, q, **settings: losses.dice_loss(y, q, axis=-1, **settings),
    "Jaccard": lambda y, q, **settings: losses.jaccard_loss(y, q, axis=-1, **settings),
    "Tversky": lambda y, q, **settings: losses.tversky_loss(y, q, axis=-1, **settings),
}
each_binary = pytest.mark.parametrize("loss", BINARY.values(), ids=BINARY)


@each_binary
@pytest.mark.parametrize("library", DIFFERENTIATING, ids=str)
def test_values_and_slopes_are_those_of_the_edge(loss, library):
    """Of the edge itself, to the bit: by the predictions, with the labels pushed too."""
    labels, edge = np.array([1.0, 0.0, 1.0]), np.array([1.0, 0.0, 0.7])

    def slope(y, q):
        y = library.asarray(y)
        return np.asarray(library.gradient(lambda z: loss(y, z))(library.variable(q)))

    expected = slope(labels, edge)
    assert np.isfinite(expected).all() and expected.any()
    np.testing.assert_array_equal(slope(pushed(labels), pushed(edge)), expected)
    assert loss(pushed(labels), pushed(edge)) == loss(labels, edge) >= 0


@each_binary
def test_single_precision_has_a_slack_of_its_own(loss):
    one = np.float32(1) + np.finfo(np.float32).eps
    q = np.array([one, -1e-7, 0.5], np.float32)
    found = loss(jnp.asarray([1, 0, 1], jnp.float32), jnp.asarray(q))
    assert found == loss(jnp.asarray([1, 0, 1], jnp.float32), jnp.asarray([1, 0, 0.5], jnp.float32))


@each_binary
def test_what_is_further_out_is_refused_with_enough_digits(loss):
    for wrong, shown in ((1 + 2 * SLACK, r"1\.0000000"), (-2 * SLACK, "-2.98023224e-08")):
        with pytest.raises(ValueError, match=rf"lie in \[0, 1\], but it reaches from .*{shown}"):
            loss([1.0, 0.0], [wrong, 0.5])


def test_hard_labels_are_what_they_were_before_rounding():
    certain = losses.bernoulli_nll([1 - 3e-16, 3e-16], probabilities=[1.0, 0.0])
    assert certain == 0  # soft labels there would cost 3e-16 · ∞
    x, y = [[0.0], [0.0]], [[0.5], [0.5]]
    assert losses.contrastive_loss([ABOVE, BELOW], x, y) == losses.contrastive_loss([1, 0], x, y)
    with pytest.raises(ValueError, match=r"be 0 or 1, but it holds 1\.0000000"):
        losses.bernoulli_nll([1 + 2 * SLACK], probabilities=[0.5])


SHARES = {
    "distance": lambda x: bounds.fannes_audenaert(x, 4),
    "p": lambda x: regularise.depolarise(np.diag([1.0, 0.0]), x).value[1, 1],
    "fidelity": lambda x: xeb.shot_variance("linear", x),
    "errors": lambda x: xeb.digital_fidelity([(x, 2)]),
    "data": lambda x: product_likelihood(np.array([x, 0.5])).variance,
}


@pytest.mark.parametrize("name", SHARES)
def test_so_it_is_with_single_numbers(name):
    call = SHARES[name]
    assert call(ABOVE) == call(1.0) and call(BELOW) == call(0.0)
    for wrong, shown in ((1 + 2 * SLACK, r"1\.0000000"), (-2 * SLACK, "-2.98023224e-08")):
        with pytest.raises(ValueError, match=rf"`{name}` must lie in \[0, 1\], but it .*{shown}"):
            call(wrong)


def test_a_setting_is_shown_as_it_is():
    """It is typed, and has no rounding to be forgiven: 1 + 1e-15 is not shown as 1."""
    with pytest.raises(ValueError, match="it is 1.000000000000001"):
        losses.cross_entropy([0], [[0.5, 0.5]], label_smoothing=1 + 1e-15)
