"""The classifier as an estimator: scikit-learn's own checks, pipelines, and its own rules."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris, make_moons
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_checks

from qce.learning import CircuitClassifier, CircuitRegressor

X, Y = make_moons(60, noise=0.1, random_state=91)
NAMES = np.array(["down", "up"])[Y]
QUICK = {"layers": 1, "epochs": 5, "learning_rate": 0.2, "encoding": "affine"}

# Those that compile least; all of them are in the long test.
CHECKS = (
    "check_no_attributes_set_in_init",
    "check_estimators_nan_inf",
    "check_classifiers_one_label",
    "check_classifiers_regression_target",
    "check_fit2d_1sample",
    "check_estimators_unfitted",
    "check_estimators_pickle",
    "check_fit_idempotent",
)


@pytest.fixture(scope="module")
def fitted():
    return CircuitClassifier(**QUICK).fit(X, NAMES)


@pytest.mark.thinned(3)
@pytest.mark.parametrize("name", CHECKS)
def test_a_check_of_scikit_learn(name):
    words = {"readonly_memmap": False} if name == "check_estimators_pickle" else {}
    check = getattr(estimator_checks, name)
    check("CircuitClassifier", CircuitClassifier(layers=1, epochs=2), **words)


@pytest.mark.long
@pytest.mark.parametrize("estimator", [CircuitClassifier(), CircuitRegressor()])
def test_every_check_of_scikit_learn(estimator):
    """With the defaults: one batch holds their small sets, so that weights are repetitions."""
    found = estimator_checks.check_estimator(estimator, on_skip=None)
    by_status = {r["status"]: [] for r in found}
    for result in found:
        by_status[result["status"]].append(result["check_name"])
    # Skipped by scikit-learn itself, where an option or pandas is not there.
    skips = {
        "check_array_api_input",
        "check_classifier_data_not_an_array",
        "check_regressor_data_not_an_array",
    }
    assert set(by_status) <= {"passed", "skipped"} and len(by_status["passed"]) > 50
    assert set(by_status.get("skipped", [])) <= skips


def test_classes_keep_their_names(fitted):
    assert fitted.classes_.tolist() == ["down", "up"] and fitted.n_features_in_ == 2
    p = fitted.predict_proba(X)
    assert set(fitted.predict(X)) <= {"down", "up"}
    np.testing.assert_array_equal(fitted.predict(X) == "up", p[:, 1] > p[:, 0])
    assert fitted.score(X, NAMES) > 0.7  # half by chance


def test_it_works_in_pipelines_and_cross_validation():
    """Folds of 133 and 134 flowers share one compiled program."""
    x, y = load_iris(return_X_y=True)
    pipeline = make_pipeline(StandardScaler(), PCA(3), CircuitClassifier(epochs=30))
    folds = StratifiedKFold(3, shuffle=True, random_state=0)
    scores = cross_val_score(pipeline, x, y, cv=folds)
    # By chance a third of the 50 flowers of a fold; five standard errors above that.
    assert scores.min() > 1 / 3 + 5 * (2 / 9 / 50) ** 0.5


def test_grids_search_over_it():
    search = GridSearchCV(CircuitClassifier(**QUICK), {"epochs": [0, 5]}, cv=2)
    search.fit(X, NAMES)
    assert search.best_params_ == {"epochs": 5}


def test_partial_fit_goes_on_from_fit_and_through_pickle():
    classifier = CircuitClassifier(**QUICK)
    for k in range(0, 60, 20):
        classifier.partial_fit(X[k : k + 20], NAMES[k : k + 20], classes=["down", "up"])
    first = classifier.params_
    other = pickle.loads(pickle.dumps(classifier))
    for one in (classifier, other):
        one.partial_fit(X[:20], NAMES[:20])
    assert not np.array_equal(classifier.params_, first)
    np.testing.assert_array_equal(classifier.params_, other.params_)
    np.testing.assert_array_equal(classifier.predict_proba(X), other.predict_proba(X))


def test_a_generator_as_seed_gives_another_start_each_time():
    """And a whole number the same: bit for bit."""
    state = np.random.RandomState(0)
    one, two = (CircuitClassifier(**QUICK, random_state=state).fit(X, Y).params_ for _ in "12")
    assert not np.array_equal(one, two)
    same = [CircuitClassifier(**QUICK).fit(X, Y).params_ for _ in "12"]
    np.testing.assert_array_equal(*same)


def test_validation_chooses_the_best_epoch():
    classifier = CircuitClassifier(**{**QUICK, "epochs": 30}, validation_fraction=0.25, patience=3)
    classifier.fit(X, Y)
    history = classifier.training_.history
    assert classifier.training_.best_epoch == np.argmin(history["tendency"])


def test_class_weights_pull_towards_their_class():
    heavy = CircuitClassifier(**QUICK, class_weight={"up": 50.0}).fit(X, NAMES)
    plain = CircuitClassifier(**QUICK).fit(X, NAMES)
    assert np.sum(heavy.predict(X) == "up") > np.sum(plain.predict(X) == "up")


@pytest.mark.long
def test_a_contrastive_loss_is_read_by_fidelity():
    settings = {"encoding": "reuploading", "loss": "supervised_contrastive_loss"}
    classifier = CircuitClassifier(2, layers=2, epochs=8, learning_rate=0.1, **settings)
    classifier.fit(StandardScaler().fit_transform(X), NAMES)
    p = classifier.predict_proba(StandardScaler().fit_transform(X))
    np.testing.assert_allclose(p.sum(axis=1), 1)
    assert classifier.score(StandardScaler().fit_transform(X), NAMES) > 0.7  # half by chance
    with pytest.raises(ValueError, match="be one of predictions on line"):
        classifier.partial_fit(X[:4], NAMES[:4])


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"wires": 1, "encoding": "affine"}, "1 of them take 1 features, and there are 2"),
        ({"encoding": "basis"}, "`encoding` must be one of"),
        ({"class_weight": {"left": 2.0}}, "'left' is none"),
        ({"loss": "info_nce_loss", "encoding": "angle"}, "depend on the parameters"),
        ({"patience": 2}, "None without validation"),
        ({"class_weight": [1.0, 2.0]}, "`class_weight` must be of type Mapping"),
        ({"validation_fraction": True}, "`validation_fraction` must be a number"),
        ({"random_state": 1.5}, "`random_state` must be an integer"),
    ],
)
def test_bad_settings_are_refused(settings, words):
    with pytest.raises(ValueError, match=words):
        CircuitClassifier(**settings).fit(X, NAMES)


def test_one_class_and_unknown_classes_are_refused():
    with pytest.raises(ValueError, match="there is one class, 'up'"):
        CircuitClassifier().fit(X, ["up"] * 60)
    with pytest.raises(ValueError, match="be given in the first call"):
        CircuitClassifier().partial_fit(X, NAMES)
    classifier = CircuitClassifier(**QUICK)
    with pytest.raises(ValueError, match="a label is 'up'"):
        classifier.partial_fit(X, NAMES, classes=["down", "left"])
    classifier.partial_fit(X, NAMES, classes=["down", "up"])  # what was refused left nothing
    with pytest.raises(ValueError, match="stay the same"):
        classifier.partial_fit(X, NAMES, classes=["down", "left"])
    with pytest.raises(NotFittedError):
        clone(classifier).predict(X)
