"""The variational regressor as an estimator of scikit-learn."""

from __future__ import annotations

from typing import Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from qce import _checks
from qce.learning import labels as checks
from qce.learning.base import CircuitEstimator
from qce.learning.contracts import Device, RandomState
from qce.learning.likelihood import Likelihood, likelihood
from qce.learning.prediction import means
from qce.learning.scaling import Scaling
from qce.models import Regressor
from qce.typing import Array


class CircuitRegressor(RegressorMixin, CircuitEstimator):
    """`models.Regressor`, trained by maximum likelihood, in pipelines and cross-validation.

    The distribution p(y|x) has the circuit's expectation as its mean and one spread for all x,
    which is learned too, so that predictions have error bars.

    Args:
        wires: Number of wires; None for the least that the features need, three for projections.
        layers: Repetitions of the circuit.
        encoding: How features enter, as for `models.Classifier`.
        loss: "gaussian_nll", or "laplace_nll", on which outliers have less effect.
        epochs: The most epochs.
        batch_size: Examples for each update.
        optimizer: "adam", "adamw" or "sgd".
        learning_rate: Of the optimiser.
        standardise: Whether features are brought to mean 0 and variance 1; targets always are.
        validation_fraction: Share of the examples that is held out to choose the best epoch; 0 for
            none.
        patience: Epochs without a new minimum of the averaged validation loss, after which to stop.
        warm_start: Whether `fit` continues from the parameters and scales of the last one.
        device: PennyLane device or its line of text, such as "default.mixed
            noise=depolarizing:0.01", on which `fit` and predictions run, every example as a
            circuit; None for a simulation compiled by JAX.
        shots: Outcomes a circuit; None for exact values.
        random_state: Of start, split and order; equal seeds give equal results bit for bit.
        progress: Show a bar.

    Attributes:
        n_features_in_: Number of features.
        model_: The `models.Regressor`.
        params_: Its parameters.
        scaling_: The scaling of features: `centre` and `spread`.
        target_scaling_: The same of targets.
        deviation_: Standard deviation of targets about the mean, in their units.
        training_: The `Training` of the last `fit`, its losses in nats per standardised target.

    Example:
        >>> x = np.linspace(-1, 1, 40)[:, None]
        >>> regressor = CircuitRegressor(epochs=60).fit(x, np.sin(3 * x[:, 0]))
        >>> regressor.score(x, np.sin(3 * x[:, 0])) > 0.95
        True
        >>> mean, spread = regressor.predict([[0.5]], return_std=True)
        >>> mean.shape, spread.shape
        ((1,), (1,))
    """

    target_scaling_: Scaling
    deviation_: float

    def __init__(
        self,
        wires: int | None = None,
        *,
        layers: int = 3,
        encoding: str = "projected",
        loss: str | Likelihood = "gaussian_nll",
        epochs: int = 100,
        batch_size: int = 64,
        optimizer: str = "adam",
        learning_rate: float = 0.1,
        standardise: bool = True,
        validation_fraction: float = 0.0,
        patience: int | None = None,
        warm_start: bool = False,
        device: Device = None,
        shots: int | None = None,
        random_state: RandomState = 0,
        progress: bool = False,
    ):
        self.wires = wires
        self.layers = layers
        self.encoding = encoding
        self.loss = loss
        self.epochs = epochs
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.standardise = standardise
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.warm_start = warm_start
        self.device = device
        self.shots = shots
        self.random_state = random_state
        self.progress = progress

    def fit(self, X: Array, y: Array, sample_weight: Array | None = None) -> Self:
        """Train from the start, or with `warm_start` from the last fit.

        Args:
            X: Features `(N, f)`.
            y: Numbers `(N,)`.
            sample_weight: How often each example counts, `(N,)`; None for once.

        Raises:
            ValueError: If an argument or setting is invalid; raised before anything is computed.
        """
        with self._anew() as earlier:
            x, y = validate_data(self, X, y, dtype=float, y_numeric=True)
            w = self._counting(sample_weight, x)
            x, y, w = x[w > 0], checks.real("y", y)[w > 0, None], w[w > 0]
            params = self._start(earlier, self._model(x.shape[1]), x, w)
            warm = params is not None
            self.target_scaling_ = earlier["target_scaling_"] if warm else Scaling.of(y, w)
            self._train(self.scaling_(x), self.target_scaling_(y)[:, 0], w, params)
            distribution = likelihood(self.loss)
            self.deviation_ = self.target_scaling_.spread[0] * distribution.deviation(
                np.exp(self.params_[2**self.model_.wires])
            )
        return self

    def predict(
        self, X: Array, return_std: bool = False
    ) -> np.ndarray | tuple[np.ndarray, np.ndarray]:
        """Return the mean of p(y|x) of each example, `(N,)`.

        Args:
            X: Features `(N, f)`.
            return_std: Return its standard deviation too, `(N,)`; that of targets about the mean,
                not that of the mean.
        """
        check_is_fitted(self, "params_")
        X = self.scaling_(validate_data(self, X, dtype=float, reset=False))
        found = means(self.model_, self.params_, X, **self._running())
        mean = self.target_scaling_.undone(found[:, None])[:, 0]
        if not _checks.truth("return_std", return_std):
            return mean
        return mean, np.full(len(X), self.deviation_)

    def _model(self, features: int) -> Regressor:
        least = self._least_wires(features, 2)
        inputs = features if self.encoding == "projected" else None
        wires = least if self.wires is None else self.wires
        model = Regressor(wires, self.layers, self.encoding, inputs)
        self._check_room(model, features)
        return model
