"""The rules that every model keeps, and what is said of one that breaks one of them."""

import math
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from model_table import TRAINED, named

from qce import models, objectives
from qce.errors import ArgumentError

# To compile all of them takes half a minute; their own tests hold each to its values.
FEW, REST = TRAINED[:2], [pytest.param(model, marks=pytest.mark.long) for model in TRAINED[2:]]


@pytest.mark.parametrize("model", [*FEW, *REST], ids=named)
def test_every_model_of_qce_keeps_the_rules(model):
    models.check(model)


OF_OUTCOMES = [model for model in TRAINED if hasattr(model, "log_prob")]


@pytest.mark.parametrize("model", OF_OUTCOMES, ids=named)
def test_no_rows_have_no_log_probabilities_and_hide_no_wrong_parameters(model):
    none = np.zeros((0, model.wires), int)
    assert model.log_prob(model.initial(0), none).shape == (0,)
    for wrong in (np.full(model.size, None), np.zeros(model.size + 1)):
        with pytest.raises(ArgumentError, match="`params` must"):
            model.log_prob(wrong, none)


def test_the_table_holds_every_class_that_is_trained():
    """A class that is missing takes one line in tests/model_table.py."""
    public = (getattr(models, name) for name in models.__all__)
    trained = {
        kind
        for kind in public
        if isinstance(kind, type)
        and hasattr(kind, "initial")
        and (hasattr(kind, "log_prob") or hasattr(kind, "mixture"))
    }
    assert trained == {type(model) for model in TRAINED}


# --- models of one's own --------------------------------------------------------------------------


class Bits:
    """Independent bits, on any number of wires."""

    def __init__(self, wires=3):
        self.wires = self.size = wires

    def initial(self, seed):
        return np.random.default_rng(seed).normal(size=self.size)

    def log_prob(self, params, bits):
        bits = jnp.asarray(bits)
        ones, zeros = jax.nn.log_sigmoid(params), jax.nn.log_sigmoid(-params)
        return jnp.where(bits == 1, ones, jnp.where(bits == 0, zeros, 0.0)).sum(-1)

    def sample(self, params, shots, seed):
        draws = np.random.default_rng(seed).random((shots, self.wires))
        return (draws < 1 / (1 + np.exp(-params))).astype(int)


class Pure:
    """Two real amplitudes, as a state alone."""

    wires, size = 1, 1

    def initial(self, seed):
        return np.array([0.3])

    def mixture(self, params):
        ket = jnp.stack([jnp.cos(params[0]), jnp.sin(params[0])])
        return jnp.ones(1), ket[None]


@pytest.mark.parametrize("model", [Bits(1), Bits(40), Pure()])
def test_what_keeps_the_rules_passes(model):
    models.check(model, np.linspace(-0.9, 0.9, model.size), shots=500, seed=7)


class SamplesIndependent(Bits):
    """The right bits one by one, but neighbours of the model are equal."""

    def log_prob(self, params, bits):
        bits = jnp.asarray(bits)
        one, other = bits[..., 0], bits[..., 1]
        first = jnp.where(one >= 0, one, other)
        clash = (one >= 0) & (other >= 0) & (one != other)
        log = jnp.where(first < 0, 0.0, math.log(0.5)) + 0 * params.sum()
        return jnp.where(clash, -jnp.inf, log)

    def initial(self, seed):
        return np.zeros(self.size)


def broken(name, method, base=Bits):
    return type(name, (base,), {method.__name__: method})


def initial(self, seed):
    return np.zeros(self.size + 1)


def changed(change):
    def log_prob(self, params, bits):
        return change(Bits.log_prob(self, params, bits), params, bits)

    return log_prob


def sampled(change):
    def sample(self, params, shots, seed):
        return change(Bits.sample(self, params, shots, seed), seed)

    return sample


def complete(log, params, bits):
    """An open bit counts as 0."""
    return (bits * params - jnp.logaddexp(0.0, params)).sum(-1)


def shifted(log, params, bits):
    """Normalised on few wires only: by the number of bits that were seen."""
    return log + 0.01 * (jnp.asarray(bits) >= 0).sum(-1)


def slope_of_nothing(log, p, b):
    """A term of weight 0, as a position that what was seen excludes."""
    never = jnp.where(jnp.asarray(b)[..., :1] > 1, 0.0, -jnp.inf)
    return jnp.logaddexp(log, jax.nn.logsumexp(p[:1] + never, axis=-1))


def slope_of_a_branch(log, params, bits):
    """The root of 0, in a branch that is not taken."""
    return log + jnp.where(log < 1, 0.0, jnp.sqrt(params[0] * 0))


class Unseeded(Bits):
    calls = 0

    def sample(self, params, shots, seed):
        self.calls += 1
        return Bits.sample(self, params, shots, seed + self.calls)


class Half(Pure):
    def mixture(self, params):
        weights, kets = super().mixture(params)
        return weights / 2, kets


class Long(Pure):
    def mixture(self, params):
        weights, kets = super().mixture(params)
        return weights, 2 * kets


class Flat(Pure):
    def mixture(self, params):
        return jnp.ones(1), jnp.ones(2)


class TwoStories(Pure):
    """Outcomes of another state."""

    def log_prob(self, params, bits):
        return Bits.log_prob(self, params, bits)

    def sample(self, params, shots, seed):
        return Bits.sample(self, params, shots, seed)


class Nameless(Bits):
    sample = None


WRONG = {
    "a class": (Bits, "must be a model, but it is the class Bits"),
    "no sample": (Nameless(), "Nameless has no `sample`"),
    "nothing": (object(), "object has no `wires`, `size`, `initial`, `log_prob`, `sample`"),
    "no wire": (Bits(0), "must have one wire or more"),
    "start": (broken("x", initial)(), "what `initial` returns has shape (4,)"),
    "numpy": (broken("x", changed(lambda log, p, b: np.log(p)))(), "must be traceable by JAX"),
    "one number": (broken("x", changed(lambda log, p, b: log.sum()))(), "one logarithm a row"),
    "complex": (broken("x", changed(lambda log, p, b: log + 0j))(), "returns real numbers"),
    "probability": (broken("x", changed(lambda log, p, b: jnp.exp(log)))(), "must be normalised"),
    "a factor": (broken("x", changed(lambda log, p, b: log + 1e-6))(), "must be normalised"),
    "open bits": (broken("x", changed(complete))(), "ln 1 = 0 where nothing was seen"),
    "many wires": (broken("x", changed(shifted))(40), "have p(0) + p(1) = p(open)"),
    "slope": (broken("x", changed(slope_of_a_branch))(), "must have a finite gradient"),
    "excluded": (broken("x", changed(slope_of_nothing))(), "`logsumexp` of nothing but −inf"),
    "NaN": (broken("x", changed(lambda log, p, b: jnp.nan_to_num(log)))(), "must keep NaN"),
    "signs": (broken("x", sampled(lambda x, s: 2 * x - 1))(), "draw bits, 0 or 1"),
    "floats": (broken("x", sampled(lambda x, s: x + 0.0))(), "draw integers of shape (10000, 3)"),
    "seed": (Unseeded(), "draw the same for the same seed"),
    "reversed": (broken("x", sampled(lambda x, s: x[:, ::-1]))(), "must draw what it says"),
    "pairs": (SamplesIndependent(2), "must draw what it says"),
    "weights": (Half(), "weights that are probabilities"),
    "kets": (Long(), "must have kets of length 1"),
    "flat kets": (Flat(), "kets (K, 2)"),
    "two stories": (TwoStories(), "must have one probability a string"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_breaks_a_rule_is_told_which(case):
    model, expected = WRONG[case]
    with pytest.raises(ArgumentError, match=re.escape(expected)) as caught:
        models.check(model)
    assert caught.value.argument == "model"


# --- before training ------------------------------------------------------------------------------

ROWS = np.array([[0, 1, 1], [1, 1, 0]])
AT_ONCE = ["a class", "no sample", "start", "numpy", "one number", "probability"]


@pytest.mark.parametrize("case", AT_ONCE)
def test_what_cannot_be_trained_is_refused_before_training(case):
    model, expected = WRONG[case]
    expected = "probabilities of at most 1" if case == "probability" else expected
    with pytest.raises(ArgumentError, match=re.escape(expected)):
        objectives.measured_likelihood(model, ROWS)


def test_open_bits_need_a_model_that_sums_over_them():
    """Else a loss far below 0 is reported, and no error."""
    model, expected = WRONG["open bits"]
    assert objectives.measured_likelihood(model, ROWS)(np.zeros(3)).value > 0
    with pytest.raises(ArgumentError, match=re.escape(expected)):
        objectives.measured_likelihood(model, np.array([[0, -1, 1], [1, 1, 0]]))
