"""Training and prediction on devices: the same as in simulation, but for noise and shots."""

import numpy as np
import pennylane as qml
import pytest
from oracles import EPS

from qce.learning import CircuitClassifier, CircuitRegressor, predict, train
from qce.models import Classifier, Regressor, Segmenter
from qce.models.classifier import ENCODINGS

RNG = np.random.default_rng(84)
X = RNG.normal(size=(5, 2))
Y = np.arange(5) % 2
SETTINGS = {"epochs": 2, "batch_size": 3, "learning_rate": 0.1, "progress": False}

FEW = ("angle", "reuploading")


def classifier(encoding):
    return Classifier(2, 2, 1, encoding, 2 if encoding == "projected" else None)


# The simplest, and the one with the most gates; the others take a minute.
ALL = [e if e in FEW else pytest.param(e, marks=pytest.mark.long) for e in ENCODINGS]


@pytest.mark.thinned(4)
@pytest.mark.parametrize("encoding", ALL)
def test_a_device_without_noise_is_the_simulation(encoding):
    """Parameter shifts are exact, and the last batch is an incomplete one."""
    model, weights = classifier(encoding), RNG.uniform(0.5, 2, size=5)
    found, expected = (
        train(model, X, Y, weights=weights, device=device, **SETTINGS)
        for device in ("default.qubit", None)
    )
    # Adam divides by roots of second moments, as small as 1e-3 here.
    np.testing.assert_allclose(found.params, expected.params, atol=1e4 * EPS)
    np.testing.assert_allclose(found.history["loss"], expected.history["loss"], atol=1e4 * EPS)
    p = predict(model, found.params, X, device="default.qubit")
    np.testing.assert_allclose(p, predict(model, found.params, X), atol=100 * EPS)


def test_other_slopes_and_an_open_device_too():
    model = classifier("projected")
    expected = train(model, X, Y, **SETTINGS).params
    for device in (
        "lightning.qubit gradient=adjoint",
        "default.qubit gradient=backprop",
        qml.device("default.qubit", wires=2),
    ):
        found = train(model, X, Y, device=device, **SETTINGS).params
        np.testing.assert_allclose(found, expected, atol=1e4 * EPS)


def test_a_regressor_on_a_device():
    model = Regressor(2, 1)
    found, expected = (
        train(model, X, X[:, 0], device=device, **SETTINGS) for device in ("default.qubit", None)
    )
    np.testing.assert_allclose(found.params, expected.params, atol=1e4 * EPS)


def test_noise_washes_probabilities_out():
    """Every wire fully depolarised: all outcomes alike, whatever the example."""
    model = classifier("angle")
    p = predict(model, model.initial(0), X, device="default.mixed noise=depolarizing:0.75")
    np.testing.assert_allclose(p, 0.5, atol=1e-12)


def test_shots_scatter_about_what_is_exact():
    model = classifier("angle")
    params = model.initial(0)
    exact = predict(model, params, X)
    found = [predict(model, params, X, shots=400, seed=seed) for seed in range(10)]
    error = np.sqrt(exact * (1 - exact) / 4000)
    assert (np.abs(np.mean(found, axis=0) - exact) < 5 * error).all() and np.std(found) > 0
    np.testing.assert_array_equal(found[3], predict(model, params, X, shots=400, seed=3))


def test_few_shots_leave_the_loss_finite():
    result = train(classifier("angle"), X, Y, shots=2, **SETTINGS)
    assert np.isfinite(result.history["loss"]).all() and len(result.history["loss"]) == 3


def test_smoothed_frequencies_are_laws():
    model = Classifier(2, 3)
    law = np.array([[0.5, 0.5, 0.0, 0.0]])
    smooth = model.smoothed(law, 4)
    np.testing.assert_allclose(model.read(None, smooth), [[2.5 / 5.5, 2.5 / 5.5, 0.5 / 5.5]])
    assert model.smoothed(law, None) is law


@pytest.mark.parametrize("estimator", [CircuitClassifier, CircuitRegressor])
def test_estimators_run_on_a_device(estimator):
    settings = {"wires": 2, "layers": 1, "epochs": 2, "learning_rate": 0.1}
    here = estimator(**settings).fit(X, Y)
    there = estimator(**settings, device="default.qubit").fit(X, Y)
    np.testing.assert_allclose(there.predict(X), here.predict(X), atol=1e5 * EPS)
    noisy = there.set_params(device="default.mixed noise=depolarizing:0.2", shots=50)
    assert noisy.predict(X).shape == (5,)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"device": "no.such"}, "no.such"),
        ({"device": 5}, "device"),
        ({"shots": 1.5}, "`shots` must be an integer"),
        ({"device": "default.qubit", "loss": "info_nce_loss"}, "be one of outcomes on a device"),
        ({"device": "default.qubit readout=true"}, "`device` must have no readout"),
    ],
)
def test_what_no_device_does_is_refused(settings, words):
    with pytest.raises((ValueError, TypeError), match=words):
        train(classifier("projected"), X, Y, **SETTINGS, **settings)


def test_segmenters_and_streams_stay_at_home():
    images = RNG.uniform(size=(2, 3, 3))
    with pytest.raises(ValueError, match="be None for a segmenter"):
        predict(Segmenter(4), Segmenter(4).initial(0), images, device="default.qubit")
    with pytest.raises(ValueError, match="be None in partial_fit"):
        CircuitClassifier(device="default.qubit").partial_fit(X, Y, classes=[0, 1])
