"""Entropies of probability vectors: values, support, units, checks, gradients."""

from functools import partial

import autograd
import mpmath as mp
import numpy as np
import oracles
import pytest
import scipy.special
from hypothesis import given
from libraries import DIFFERENTIATING
from oracles import EPS
from strategies import FULL, spectra, theorem

from qce import classical

EVERY = ["entropy", "cross_entropy", "relative_entropy"]
PAIRS = ["cross_entropy", "relative_entropy"]
every_library = pytest.mark.parametrize("library", DIFFERENTIATING, ids=str)
every_divergence = pytest.mark.parametrize("name", PAIRS)

P, Q = np.array([0.5, 0.25, 0.25, 0.0]), np.array([0.25, 0.25, 0.25, 0.25])


def call(name, p, q, **settings):
    arguments = (p,) if name == "entropy" else (p, q)
    return getattr(classical, name)(*arguments, **settings)


# --- values ------------------------------------------------------------------------------------


def test_values_by_hand_in_bits():
    """Powers of two: every logarithm is an integer, 1.5 bits against 2 bits."""
    assert classical.entropy(P, base=2) == pytest.approx(1.5, abs=4 * EPS)
    assert classical.cross_entropy(P, Q, base=2) == pytest.approx(2.0, abs=4 * EPS)
    assert classical.relative_entropy(P, Q, base=2) == pytest.approx(0.5, abs=4 * EPS)


@theorem
@given(spectra(5), spectra(5, FULL))
def test_values_agree_with_scipy(p, q):
    size = 5 * EPS * (1 + np.sum(p * np.abs(np.log(q))) + np.sum(p + q))
    assert abs(classical.entropy(p) - scipy.special.entr(p).sum()) <= size
    assert abs(classical.cross_entropy(p, q) + scipy.special.xlogy(p, q).sum()) <= size
    truth = scipy.special.rel_entr(p, q).sum() - (p.sum() - q.sum())
    assert abs(classical.relative_entropy(p, q) - truth) <= size


@theorem
@given(spectra(5), spectra(5, FULL))
def test_relative_entropy_is_never_negative_and_is_the_difference(p, q):
    value = classical.relative_entropy(p, q)
    assert value >= 0
    difference = classical.cross_entropy(p, q) - classical.entropy(p)
    assert abs(value - difference) <= 5 * EPS * (2 + np.sum(p * np.abs(np.log(q))))


@pytest.mark.parametrize("delta", [10.0**-k for k in range(2, 15)])
def test_relative_entropy_of_close_vectors_keeps_relative_accuracy(delta):
    """Entries are multiples of 2^-53, so that both sums are exactly one."""
    grid = 2.0**-53
    q = grid * np.rint(np.array([0.4, 0.3, 0.2, 0.1]) / grid)
    q[-1] = 1 - q[:-1].sum()
    p = q + grid * np.rint(delta * np.array([0.1, -0.07, -0.05, 0.02]) / grid)
    p[-1] = 1 - p[:-1].sum()
    with mp.workdps(oracles.DIGITS):
        pairs = [(mp.mpf(float(a)), mp.mpf(float(b))) for a, b in zip(p, q, strict=True)]
        truth = float(mp.fsum(a * mp.log(a / b) for a, b in pairs))
    # p − q is exact; a handful of roundings remain in each non-negative term.
    assert abs(classical.relative_entropy(p, q) / truth - 1) <= 16 * EPS


def test_a_vector_against_itself_has_relative_entropy_zero():
    assert classical.relative_entropy(P, P) == 0


def test_a_probability_of_1e_minus_40_is_support():
    """Only 0 is 0: cross entropy ½ log 2 + ½·40 log 10."""
    p, q = np.array([0.5, 0.5]), np.array([1.0, 1e-40])
    truth = 0.5 * 40 * np.log(10)
    assert classical.cross_entropy(p, q) == pytest.approx(truth, rel=4 * EPS)
    assert classical.relative_entropy(p, q) == pytest.approx(truth - np.log(2), rel=4 * EPS)


@every_divergence
@pytest.mark.parametrize("mass", [1.0, 1e-17, 1e-300])
def test_any_mass_where_the_model_has_none_is_infinite(name, mass):
    p, q = np.array([1 - mass, mass]), np.array([1.0, 0.0])
    assert getattr(classical, name)(p, q) == np.inf


@every_divergence
def test_a_common_zero_costs_nothing(name):
    p, q = np.array([0.5, 0.5, 0.0]), np.array([0.25, 0.75, 0.0])
    assert getattr(classical, name)(p, q) == getattr(classical, name)(p[:2], q[:2])


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("base", [2, 10, np.float64(np.e), 0.5])
def test_base_divides_by_its_logarithm(name, base):
    nats = call(name, P, Q)
    assert call(name, P, Q, base=base) == pytest.approx(nats / np.log(base), rel=4 * EPS)


@pytest.mark.parametrize("name", EVERY)
def test_batch_axes_lead_and_broadcast(name):
    rng = np.random.default_rng(1)
    p, q = rng.dirichlet(np.ones(4), size=(3, 1)), rng.dirichlet(np.ones(4), size=(2,))
    values = call(name, p, q)
    if name == "entropy":
        assert values.shape == (3, 1)
        return
    expected = [[call(name, p[i, 0], q[j]) for j in range(2)] for i in range(3)]
    np.testing.assert_allclose(values, expected, rtol=8 * EPS)


# --- support="raise" ---------------------------------------------------------------------------


@every_divergence
def test_support_raise_names_the_remedy(name):
    with pytest.raises(ValueError, match=r"support"):
        getattr(classical, name)(np.array([0.5, 0.5]), np.array([1.0, 0.0]), support="raise")


@every_divergence
def test_support_raise_is_silent_where_the_value_is_finite(name):
    function = getattr(classical, name)
    assert function(P, Q, support="raise") == function(P, Q)


# --- bad input ---------------------------------------------------------------------------------

BAD = {
    "nan": ([0.5, np.nan, 0.5], ValueError, "finite"),
    "infinite": ([0.5, np.inf], ValueError, "finite"),
    "negative": ([1.1, -0.1], ValueError, "non-negative"),
    "sum": ([0.5, 0.4], ValueError, "sum to 1"),
    "logits": ([-0.7, -0.7], ValueError, "non-negative"),
    "complex": ([0.5 + 0j, 0.5], ValueError, "real"),
    "empty": ([], ValueError, "k >= 1"),
    "scalar": (1.0, ValueError, "k >= 1"),
    "string": (["a", "b"], TypeError, "numeric"),
    "object": (np.array([0.5, None]), TypeError, "numeric"),
    "ragged": ([[0.5, 0.5], [1.0]], TypeError, "array"),
}


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("name", EVERY)
def test_bad_data_is_refused_in_the_one_grammar(kind, name):
    bad, error, words = BAD[kind]
    with pytest.raises(error, match=words) as raised:
        call(name, bad, np.array([0.5, 0.5]))
    message = str(raised.value)
    argument = "x" if name == "entropy" else "data"
    assert message.startswith(f"Argument `{argument}` must ")
    assert ", but " in message and ". Pass " in message


@pytest.mark.parametrize("kind", BAD)
@every_divergence
def test_a_bad_model_is_refused_by_its_name(kind, name):
    bad, error, words = BAD[kind]
    with pytest.raises(error, match=words) as raised:
        getattr(classical, name)(np.array([0.5, 0.5]), bad)
    assert str(raised.value).startswith("Argument `model` must ")


@every_divergence
@pytest.mark.parametrize("shapes", [((3,), (4,)), ((2, 4), (3, 4)), ((5, 2), (2, 5))])
def test_shapes_that_do_not_fit_are_refused(name, shapes):
    p, q = (np.full(shape, 1 / shape[-1]) for shape in shapes)
    with pytest.raises(ValueError, match="`data` and `model` must"):
        getattr(classical, name)(p, q)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("base", [0, 1, -2, np.inf, np.nan])
def test_a_base_that_is_none_is_refused(name, base):
    with pytest.raises(ValueError, match="Argument `base` must"):
        call(name, P, Q, base=base)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("base", ["2", True, 2j])
def test_a_base_that_is_no_number_is_refused(name, base):
    with pytest.raises(TypeError, match="Argument `base` must"):
        call(name, P, Q, base=base)


@every_divergence
def test_an_unknown_support_rule_is_refused(name):
    with pytest.raises(ValueError, match="Argument `support` must"):
        getattr(classical, name)(P, Q, support="clip")


@every_divergence
def test_settings_are_keyword_only(name):
    with pytest.raises(TypeError):
        getattr(classical, name)(P, Q, 2)


def test_rounding_of_size_sqrt_eps_is_let_pass_and_more_is_not():
    slack = np.sqrt(EPS)
    classical.entropy(np.array([0.5, 0.5 + slack / 2]))
    with pytest.raises(ValueError, match="sum to 1"):
        classical.entropy(np.array([0.5, 0.5 + 2 * slack]))


# --- gradients ---------------------------------------------------------------------------------


@every_library
def test_gradients_of_cross_entropy_are_minus_log_q_and_minus_p_over_q(library):
    p, q = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.3, 0.5])

    def by_data(x):
        return classical.cross_entropy(x, library.asarray(q), check=False)

    def by_model(x):
        return classical.cross_entropy(library.asarray(p), x, check=False)

    gradient = np.asarray(library.gradient(by_data)(library.variable(p)))
    np.testing.assert_allclose(gradient, -np.log(q), rtol=4 * EPS)
    gradient = np.asarray(library.gradient(by_model)(library.variable(q)))
    np.testing.assert_allclose(gradient, -p / q, rtol=4 * EPS)


@every_library
def test_gradients_of_relative_entropy_are_log_ratio_plus_one_and_minus_p_over_q(library):
    """Those of Σ p (log p − log q), along which no trace is held."""
    p, q = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.3, 0.5])

    def by_data(x):
        return classical.relative_entropy(x, library.asarray(q), check=False)

    def by_model(x):
        return classical.relative_entropy(library.asarray(p), x, check=False)

    gradient = np.asarray(library.gradient(by_data)(library.variable(p)))
    np.testing.assert_allclose(gradient, np.log(p / q) + 1, rtol=8 * EPS, atol=8 * EPS)
    gradient = np.asarray(library.gradient(by_model)(library.variable(q)))
    np.testing.assert_allclose(gradient, -p / q, rtol=4 * EPS)


@every_library
@pytest.mark.parametrize("target", [[0.0, 1.0, 0.0], [0.5, 0.5, 0.0]])
def test_zero_targets_have_finite_gradients(library, target):
    """The place where PyTorch's kl_div and optax return NaN."""
    p, q = library.asarray(np.array(target)), np.array([0.2, 0.3, 0.5])
    for name in PAIRS:
        function = getattr(classical, name)
        by_data = library.gradient(lambda x, f=function: f(x, library.asarray(q), check=False))
        assert np.isfinite(np.asarray(by_data(library.variable(np.array(target))))).all()
        by_model = library.gradient(lambda x, f=function: f(p, x, check=False))
        expected = -np.array(target) / q
        np.testing.assert_allclose(
            np.asarray(by_model(library.variable(q))), expected, rtol=4 * EPS
        )


@every_library
@every_divergence
def test_where_the_value_is_infinite_the_gradient_is_that_of_the_finite_part(library, name):
    p, q = np.array([0.5, 0.3, 0.2]), np.array([0.4, 0.6, 0.0])

    def value(x):
        return getattr(classical, name)(library.asarray(p), x, check=False)

    assert float(value(library.variable(q))) == np.inf
    gradient = np.asarray(library.gradient(value)(library.variable(q)))
    np.testing.assert_allclose(gradient, [-0.5 / 0.4, -0.3 / 0.6, 0], rtol=4 * EPS)


@every_library
@pytest.mark.parametrize("support", [slice(0, 4), slice(0, 2)], ids=["full", "rank 2 of 4"])
def test_second_derivatives_along_the_support_are_those_by_hand(library, support):
    """p(t), q(t) linear: D″ = Σ ṗ²/p − 2 ṗq̇/q + p q̇²/q², H″ = −Σ ṗ²/p."""
    p, q, v, w = (np.zeros(4) for _ in range(4))
    size = len(p[support])
    p[support] = np.arange(1, size + 1) / np.arange(1, size + 1).sum()
    q[support] = p[support][::-1]
    v[support], w[support] = np.linspace(-0.2, 0.2, size), np.linspace(0.1, -0.1, size)
    inside = support
    terms = v[inside] ** 2 / p[inside] - 2 * v[inside] * w[inside] / q[inside]
    truth = np.sum(terms + p[inside] * w[inside] ** 2 / q[inside] ** 2)
    a, b, da, db = map(library.asarray, (p, q, v, w))

    def divergence(t):
        return classical.relative_entropy(a + t * da, b + t * db, check=False)

    def entropy(t):
        return classical.entropy(a + t * da, check=False)

    scale = 16 * EPS / p[inside].min() ** 2
    assert abs(library.second_derivative(divergence) - truth) <= scale
    assert abs(library.second_derivative(entropy) + np.sum(v[inside] ** 2 / p[inside])) <= scale


@pytest.mark.parametrize("shapes", [((3,), (2, 3)), ((2, 1, 3), (2, 3)), ((1, 3), (2, 3))], ids=str)
@pytest.mark.parametrize("name", ["fidelity", "bures_distance", "chernoff"])
def test_second_derivatives_over_broadcast_batch_axes(name, shapes):
    """Those of a batch are the sums of its members', where an argument is one for all of them."""
    function = partial(getattr(classical, name), check=False)
    rng = np.random.default_rng(6)
    pair = [rng.dirichlet(np.ones(3), size=shape[:-1]) for shape in shapes]
    for k in (0, 1):
        move = rng.normal(size=pair[k].shape)

        def second(states, move, k=k):
            def line(t):
                moved = [x + t * move * (j == k) for j, x in enumerate(states)]
                return autograd.numpy.sum(function(*moved))

            return autograd.grad(autograd.grad(line))(0.0)

        full = np.broadcast_shapes(*shapes)
        rows = [np.broadcast_to(x, full).reshape(-1, 3) for x in (*pair, move)]
        alone = sum(second((p, q), v) for p, q, v in zip(*rows, strict=True))
        assert abs(second(pair, move) - alone) <= 256 * EPS * (1 + abs(alone))

        # by the gradient as an array too, whose shape has to be that of its argument
        slope = autograd.grad(lambda *x: autograd.numpy.sum(function(*x)), k)

        def inner(x, k=k, slope=slope, move=move):
            states = (x if j == k else y for j, y in enumerate(pair))
            return autograd.numpy.sum(slope(*states) * move)

        turned = autograd.grad(inner)(pair[k])
        assert turned.shape == pair[k].shape
        assert abs(np.sum(turned * move) - alone) <= 256 * EPS * (1 + abs(alone))
