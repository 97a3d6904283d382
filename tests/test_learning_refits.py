"""Fits one after the other: nothing of an earlier one is left, unless it is asked to go on."""

import pickle

import jax
import numpy as np
import pytest
from sklearn.datasets import load_iris, make_moons
from sklearn.ensemble import AdaBoostClassifier
from sklearn.exceptions import NotFittedError

from qce.learning import CircuitClassifier, CircuitRegressor
from qce.learning.scaling import Scaling

X, Y = make_moons(40, noise=0.1, random_state=91)
FLOWERS, KINDS = load_iris(return_X_y=True)
NAMES = np.array(["down", "up"])[Y]
QUICK = {"layers": 1, "epochs": 3, "wires": 2}
CONTRASTIVE = {"loss": "supervised_contrastive_loss", "encoding": "projected"}


def fitted(data=(X, NAMES), **settings):
    return CircuitClassifier(**{**QUICK, **settings}).fit(*data)


def same(one, other, x):
    """All that a fit has left, and what is predicted."""
    assert vars(one).keys() == vars(other).keys()
    np.testing.assert_array_equal(one.params_, other.params_)
    np.testing.assert_array_equal(one.predict_proba(x), other.predict_proba(x))
    np.testing.assert_array_equal(one.classes_, other.classes_)


KINDS_OF_FIT = {
    "contrastive": ({**CONTRASTIVE}, (X, NAMES)),
    "of predictions": ({"loss": "cross_entropy", "encoding": "projected"}, (X, NAMES)),
    "of three classes": ({"loss": "cross_entropy", "encoding": "projected"}, (FLOWERS, KINDS)),
    "by amplitudes": ({"loss": "cross_entropy", "encoding": "amplitude"}, (X, NAMES)),
}


# Each before its next, and after it; all pairs take a minute.
_KINDS = list(KINDS_OF_FIT)
ROUND = list(zip(_KINDS, _KINDS[1:] + _KINDS[:1], strict=True))
PAIRS = [
    (a, b) if (a, b) in ROUND else pytest.param(a, b, marks=pytest.mark.long)
    for a in _KINDS
    for b in _KINDS
]


@pytest.mark.thinned(5)
@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_a_fit_after_another_is_a_fresh_one(first, second):
    """Whatever was fitted before: loss, classes, features, encoding."""
    (settings, data), (others, rest) = KINDS_OF_FIT[first], KINDS_OF_FIT[second]
    refitted = fitted(data, **settings).set_params(**others).fit(*rest)
    same(refitted, fitted(rest, **others), rest[0])


def test_a_fit_after_a_stream_is_a_fresh_one():
    classifier = CircuitClassifier(**QUICK, encoding="projected")
    classifier.partial_fit(X, NAMES, classes=["down", "up"])
    same(classifier.fit(X, NAMES), fitted(), X)


def test_a_stream_after_a_contrastive_fit_is_read_by_predictions():
    classifier = fitted(**CONTRASTIVE).set_params(loss="cross_entropy")
    classifier.partial_fit(X, NAMES)
    assert classifier.class_states_ is None and classifier.training_ is None


def test_settings_changed_after_a_fit_change_no_prediction():
    classifier = fitted(**CONTRASTIVE)
    before = classifier.predict_proba(X)
    classifier.set_params(loss="cross_entropy", layers=5, encoding="affine", standardise=False)
    np.testing.assert_array_equal(classifier.predict_proba(X), before)
    regressor = CircuitRegressor(**QUICK, loss="laplace_nll").fit(X, Y)
    before = regressor.predict(X, return_std=True)
    after = regressor.set_params(loss="gaussian_nll").predict(X, return_std=True)
    np.testing.assert_array_equal(before, after)


def test_a_fit_that_fails_leaves_the_last_one():
    classifier = fitted()
    before = classifier.predict_proba(X)
    for bad in ((FLOWERS, np.zeros(150)), (FLOWERS, KINDS[:3]), (X * np.nan, NAMES)):
        with pytest.raises(ValueError):
            classifier.fit(*bad)
    with pytest.raises(TypeError):
        classifier.set_params(epochs=None).fit(FLOWERS, KINDS)
    np.testing.assert_array_equal(classifier.predict_proba(X), before)
    new = CircuitClassifier()
    with pytest.raises(ValueError):
        new.fit(X, np.zeros(40))
    with pytest.raises(NotFittedError):
        new.predict(X)


def test_a_warm_start_goes_on():
    settings = {"encoding": "projected", "warm_start": True}
    classifier = fitted(**settings)
    first = classifier.params_
    classifier.set_params(epochs=0).fit(X[:30], NAMES[:30])
    np.testing.assert_array_equal(classifier.params_, first)
    losses = [classifier.set_params(epochs=20).fit(X, NAMES).training_.history["loss"]]
    losses.append(classifier.fit(X, NAMES).training_.history["loss"])
    assert losses[1][0] == losses[0][-1] > losses[1][-1]
    with pytest.raises(ValueError, match="go on with the same model"):
        classifier.set_params(layers=2).fit(X, NAMES)
    with pytest.raises(ValueError, match="hold the same classes in a warm start"):
        classifier.set_params(layers=1).fit(X, Y)
    regressor = CircuitRegressor(**QUICK, warm_start=True).fit(X, Y)
    before = regressor.predict(X)
    np.testing.assert_array_equal(regressor.set_params(epochs=0).fit(X, 5.0 + Y).predict(X), before)


def test_a_stream_takes_new_settings_and_keeps_its_circuit():
    one, other = (
        CircuitClassifier(**QUICK, optimizer="sgd").partial_fit(X, NAMES, classes=np.unique(NAMES))
        for _ in range(2)
    )
    start = one.params_
    one.partial_fit(X, NAMES)
    other.set_params(learning_rate=0.2).partial_fit(X, NAMES)
    np.testing.assert_allclose(other.params_ - start, 2 * (one.params_ - start), atol=1e-15)
    with pytest.raises(ValueError, match="leave the circuit as it is"):
        one.set_params(layers=2).partial_fit(X, NAMES)


def test_a_classifier_on_line_comes_back_from_a_pickle_bit_for_bit():
    """In a process that computes in single precision elsewhere."""
    classifier = CircuitClassifier(**QUICK, class_weight={"up": 2.0})
    for k in range(3):
        classifier.partial_fit(X[k : k + 8], NAMES[k : k + 8], classes=["down", "up"])
    with jax.enable_x64(False):
        other = pickle.loads(pickle.dumps(classifier))
    for k in range(20):
        for one in (classifier, other):
            one.partial_fit(X[k : k + 8], NAMES[k : k + 8])
    same(classifier, other, X)


def test_a_stream_out_of_scale_is_warned_of():
    with pytest.warns(UserWarning, match="a stream is not standardised"):
        CircuitClassifier(**QUICK).partial_fit(100 * X, NAMES, classes=["down", "up"])


@pytest.mark.thinned(3)
@pytest.mark.parametrize("unit", [1e-3, 1e155, 1e-160])
def test_units_do_not_matter(unit):
    """Features are standardised, and amplitudes are directions; rounding grows while it learns."""
    for encoding in ("projected", "amplitude", "reuploading"):
        one = fitted(encoding=encoding)
        other = fitted((unit * X, NAMES), encoding=encoding)
        np.testing.assert_allclose(
            other.predict_proba(unit * X), one.predict_proba(X), rtol=0, atol=1e-9
        )


def test_what_is_far_off_is_still_a_probability():
    classifier = fitted((FLOWERS, KINDS))
    for x in ([[1e200, 0, 0, 0]], [[1e308, -1e308, 1e308, 0]], [[1e-300] * 4]):
        np.testing.assert_allclose(classifier.predict_proba(x).sum(axis=1), 1, atol=1e-13)


def test_a_constant_feature_is_no_trouble():
    constant = np.column_stack([X, np.full(40, 0.1)])
    assert np.isfinite(fitted((constant, NAMES)).predict_proba(constant)).all()


def test_weights_are_repetitions_and_zero_is_absence():
    times = np.arange(40) % 3
    one = CircuitClassifier(**QUICK).fit(X, NAMES, sample_weight=times)
    other = fitted((X.repeat(times, 0), NAMES.repeat(times)))
    np.testing.assert_allclose(one.predict_proba(X), other.predict_proba(X), rtol=0, atol=1e-9)
    only = (NAMES == "up") * 1.0
    with pytest.raises(ValueError, match="there is one class, 'up'"):
        CircuitClassifier(**QUICK).fit(X, NAMES, sample_weight=only)


def test_boosting_works():
    weak = CircuitClassifier(**{**QUICK, "epochs": 20})
    boosted = AdaBoostClassifier(weak, n_estimators=3, random_state=0)
    assert boosted.fit(X, NAMES).score(X, NAMES) > 0.7  # half by chance


@pytest.mark.parametrize(
    ("weight", "words"),
    [
        (np.ones(39), r"have shape \(40,\)"),
        (-np.ones(40), "not be negative"),
        (np.full(40, np.nan), "be finite"),
        (np.zeros(40), "not be zero everywhere"),
        (["a"] * 40, "be numeric"),
    ],
)
def test_bad_weights_are_refused(weight, words):
    with pytest.raises((ValueError, TypeError), match=f"`sample_weight` must {words}"):
        CircuitClassifier(**QUICK).fit(X, NAMES, sample_weight=weight)


def test_scaling_keeps_nan_and_makes_no_infinity():
    scaling = Scaling(np.zeros(3), np.array([1.0, 1e-300, 1e-300]))
    scaled = scaling(np.array([[np.nan, 1e300, -1e300]]))
    largest = np.finfo(float).max
    np.testing.assert_array_equal(scaled, [[np.nan, largest, -largest]])
