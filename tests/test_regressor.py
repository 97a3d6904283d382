"""The variational regressor: its mean on PennyLane, its likelihood by SciPy, and that it learns."""

import jax
import numpy as np
import pennylane as qml
import pytest
from oracles import EPS
from scipy import stats
from sklearn.datasets import make_friedman1
from sklearn.linear_model import LinearRegression

from qce.learning import CircuitRegressor, train
from qce.models import Regressor

RNG = np.random.default_rng(83)
X = RNG.uniform(-1, 1, size=(60, 2))
Y = np.sin(3 * X[:, 0]) * X[:, 1] + 0.1 * RNG.normal(size=60)
MODEL = Regressor(wires=2, layers=2, encoding="angle")
SETTINGS = {"epochs": 5, "learning_rate": 0.1, "progress": False}


def test_the_mean_is_an_expectation_gate_by_gate():
    params = MODEL.initial(1)
    params[:4] = [0.3, -0.7, 1.1, 0.2]

    @qml.qnode(qml.device("default.qubit", wires=2))
    def expectation(x):
        qml.AngleEmbedding(x, wires=range(2), rotation="Y")
        MODEL.embedding.circuit.queue(params[5:])
        return qml.expval(qml.Hermitian(np.diag(params[:4]), wires=range(2)))

    with jax.enable_x64(True):
        found = MODEL.means(params, X[:5])
    np.testing.assert_allclose(found, [expectation(x) for x in X[:5]], atol=30 * 4 * EPS)


@pytest.mark.parametrize(
    ("loss", "law"), [("gaussian_nll", stats.norm), ("laplace_nll", stats.laplace)]
)
def test_the_loss_is_the_likelihood_of_scipy(loss, law):
    result = train(MODEL, X, Y, loss=loss, **SETTINGS)
    params = result.params
    assert "accuracy" not in result.history and result.history["loss"][-1] < 2
    with jax.enable_x64(True):
        mean = np.asarray(MODEL.means(params, X))
    expected = -law.logpdf(Y, mean, np.exp(params[4])).mean()
    # The spread is the exponential of a parameter, and residuals are of order one beside it.
    np.testing.assert_allclose(result.history["loss"][-1], expected, rtol=1000 * EPS)


def test_the_slope_is_that_of_differences():
    params = MODEL.initial(2)
    from qce.learning.likelihood import Likelihood

    def loss(p):
        return Likelihood("gaussian_nll").of_batch(MODEL, p, X, Y, np.ones(60))[0]

    with jax.enable_x64(True):
        slope = np.asarray(jax.grad(loss)(params))
        h = EPS ** (1 / 3)  # where rounding EPS / h and the third derivative h² are alike
        for k, step in enumerate(h * np.eye(len(params))):
            difference = (loss(params + step) - loss(params - step)) / (2 * h)
            assert abs(difference - slope[k]) < 100 * h**2 * (1 + abs(slope[k]))


@pytest.mark.long
def test_it_learns_what_is_not_linear():
    x, y = make_friedman1(400, n_features=5, noise=1.0, random_state=0)
    regressor = CircuitRegressor().fit(x[:300], y[:300])
    linear = LinearRegression().fit(x[:300], y[:300]).score(x[300:], y[300:])
    assert regressor.score(x[300:], y[300:]) > linear
    mean, spread = regressor.predict(x[300:], return_std=True)
    # The noise has deviation 1; what is learned of 300 examples is not better than that.
    within = np.abs(mean - y[300:]) < 2 * spread
    assert within.mean() > 0.8 and (spread == regressor.deviation_).all()
    assert 0.5 < regressor.deviation_ < 2


@pytest.mark.parametrize("loss", ["gaussian_nll", "laplace_nll"])
def test_the_spread_is_that_of_the_noise(loss):
    """A constant with noise of deviation 3 about 7: three standard errors, and the mean learned."""
    law = stats.norm if loss == "gaussian_nll" else stats.laplace
    y = 7 + 3 / law.std() * law.rvs(size=400, random_state=1)
    regressor = CircuitRegressor(wires=1, layers=1, loss=loss, epochs=80).fit(np.zeros((400, 1)), y)
    mean, spread = regressor.predict([[0.0]], return_std=True)
    assert abs(mean[0] - 7) < 5 * 3 / 20 and abs(spread[0] / 3 - 1) < 5 / 20


@pytest.mark.long
def test_outliers_matter_less_to_the_laplace_law():
    x = np.linspace(-1, 1, 60)[:, None]
    y = x[:, 0].copy()
    y[::10] += 10
    errors = [
        np.abs(CircuitRegressor(wires=1, loss=loss).fit(x, y).predict(x) - x[:, 0]).mean()
        for loss in ("laplace_nll", "gaussian_nll")
    ]
    assert errors[0] < errors[1] / 2


@pytest.mark.parametrize("unit", [1e-160, 1e155])
def test_units_of_targets_do_not_matter(unit):
    one, other = (CircuitRegressor(layers=1, epochs=3).fit(X, s * Y) for s in (1.0, unit))
    np.testing.assert_allclose(other.predict(X) / unit, one.predict(X), atol=1e-9)
    np.testing.assert_allclose(other.deviation_ / unit, one.deviation_, rtol=1e-9)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"loss": "cross_entropy"}, "`loss` must be one of 'gaussian_nll'"),
        ({"class_weights": [1.0]}, "be None for this model"),
        ({"epochs": None}, "`epochs` must be an integer"),
    ],
)
def test_bad_settings_are_refused(settings, words):
    with pytest.raises((ValueError, TypeError), match=words):
        train(MODEL, X, Y, **{**SETTINGS, **settings})
