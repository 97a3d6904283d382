"""The variational classifier as an estimator of scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from qce import _checks
from qce._checks import error
from qce.learning.base import CircuitEstimator
from qce.learning.contracts import Device, RandomState
from qce.learning.loss import Loss, chosen
from qce.learning.nearest import by_fidelity, class_states
from qce.learning.offline import check_loss
from qce.learning.prediction import predict
from qce.models import Classifier
from qce.typing import Array


class CircuitClassifier(ClassifierMixin, CircuitEstimator):
    """`models.Classifier`, trained by `train` or on line, in pipelines and cross-validation.

    Args:
        wires: Number of wires; None for the least that the features and classes need, and three
            for projections.
        layers: Repetitions of the circuit.
        encoding: How features enter, as for `models.Classifier`: "projected" takes any number of
            them.
        loss: Name of a loss of `qce.losses`, or `Loss(name, …)` with its settings. A contrastive
            one needs a trained encoding, "projected" or "reuploading"; classes are then predicted
            by fidelity with their states.
        epochs: The most epochs.
        batch_size: Examples for each update.
        optimizer: "adam", "adamw" or "sgd".
        learning_rate: Of the optimiser.
        class_weight: None, "balanced", or a dictionary of class and weight.
        standardise: Whether `fit` shifts and scales features to mean 0 and variance 1, so that
            their units do not matter. Amplitudes, which are directions, and streams that begin with
            `partial_fit` stay as they are.
        validation_fraction: Share of the examples that is held out to choose the best epoch; 0 for
            none.
        patience: Epochs without a new minimum of the averaged validation loss, after which to stop.
        warm_start: Whether `fit` continues from the parameters and the scale of features of the
            last one, with a new optimiser state.
        device: PennyLane device or its line of text, such as "default.mixed
            noise=depolarizing:0.01", on which `fit` and predictions run, every example as a
            circuit; None for a simulation compiled by JAX.
        shots: Outcomes a circuit; None for exact values.
        random_state: Of start, split and order; equal seeds give equal results bit for bit.
        progress: Show a bar.

    Attributes:
        classes_: The labels of classes, in the order of the columns of `predict_proba`.
        n_features_in_: Number of features.
        model_: The `models.Classifier`.
        params_: Its parameters.
        scaling_: The scaling of features: their means `centre` and deviations `spread`.
        training_: The `Training` of the last `fit`; None after `partial_fit`.
        class_states_: Mean state of each class after a contrastive loss, else None.

    Example:
        >>> x = np.linspace(-1, 1, 20)[:, None]
        >>> classifier = CircuitClassifier(epochs=20).fit(x, np.where(x[:, 0] > 0, "up", "down"))
        >>> classifier.predict([[-0.5], [0.5]]).tolist()
        ['down', 'up']
    """

    loss: str | Loss
    classes_: np.ndarray
    class_states_: np.ndarray | None

    def __init__(
        self,
        wires: int | None = None,
        *,
        layers: int = 3,
        encoding: str = "projected",
        loss: str | Loss = "cross_entropy",
        epochs: int = 100,
        batch_size: int = 64,
        optimizer: str = "adam",
        learning_rate: float = 0.1,
        class_weight: Mapping[Any, float] | str | None = None,
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
        self.class_weight = class_weight
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
            y: Labels `(N,)`, numbers or names, of two classes or more.
            sample_weight: How often each example counts, `(N,)`; None for once.

        Raises:
            ValueError: If there is only one class, or an argument or setting is invalid; raised
                before anything is computed.
        """
        with self._anew() as earlier:
            x, y = validate_data(self, X, y, dtype=float)
            check_classification_targets(y)
            w = self._counting(sample_weight, x)
            x, y, w = x[w > 0], y[w > 0], w[w > 0]
            self.classes_, numbers = np.unique(y, return_inverse=True)
            params = self._start(earlier, self._model(x.shape[1], self.classes_), x, w)
            if params is not None and not np.array_equal(earlier["classes_"], self.classes_):
                but = f"they were {earlier['classes_'].tolist()}"
                raise error("y", "hold the same classes in a warm start", but, "warm_start=False")
            x = self.scaling_(x)
            self._train(x, numbers, w, params, self._by_class(self.classes_))
            self.class_states_ = None
            if chosen(self.loss).of_states:
                self.class_states_ = class_states(self.model_, self.params_, x, numbers, w)
        return self

    def partial_fit(
        self,
        X: Array,
        y: Array,
        classes: Array | None = None,
        sample_weight: Array | None = None,
    ) -> Self:
        """Make one step of the optimiser from the present parameters.

        Args:
            X: Features `(B, f)` of one batch.
            y: Its labels `(B,)`.
            classes: All labels there will be; needed in the first call.
            sample_weight: How often each example counts, `(B,)`; None for once.

        Raises:
            ValueError: If a label is none of the classes, the loss is contrastive (the states of
                classes change with every step), `class_weight` is "balanced", or settings that
                change the circuit differ.
        """
        first = not hasattr(self, "params_")
        x, y = validate_data(self, X, y, dtype=float, reset=first)
        check_classification_targets(y)
        w = self._counting(sample_weight, x)
        known = self._known_classes(classes, first)
        if not np.isin(y, known).all():
            but = f"a label is {y[~np.isin(y, known)].tolist()[0]!r}"
            raise error("y", "hold the known classes", but, f"labels in {known.tolist()}")
        if self.device is not None:
            but = "steps of a stream are simulated"
            raise error("device", "be None in partial_fit", but, "device=None, or fit")
        if chosen(self.loss).of_states:
            but = "the states of classes would move with every step"
            raise error("loss", "be one of predictions on line", but, "loss='cross_entropy'")
        model, by_class = self._model(x.shape[1], known), self._by_class(known)
        if not first and model != self.model_:
            but = f"it was {self.model_} and would be {model}"
            raise error("wires", "leave the circuit as it is in a stream", but, "a new fit")
        if isinstance(by_class, str):
            but = "a stream has no class frequencies"
            raise error("class_weight", "be numbers on line", but, "a weight for each class")
        if first:
            self.classes_, self.model_ = known, model
            self._begin_stream(x)
        self._step(x, np.asarray(np.searchsorted(known, y)), w, by_class)
        self.class_states_ = None
        return self

    def predict_proba(self, X: Array) -> np.ndarray:
        """Return class probabilities, shape `(N, k)`, in the order of `classes_`."""
        check_is_fitted(self, "params_")
        X = self.scaling_(validate_data(self, X, dtype=float, reset=False))
        if self.class_states_ is not None:
            return by_fidelity(self.model_, self.params_, X, self.class_states_)
        return predict(self.model_, self.params_, X, **self._running())

    def predict(self, X: Array) -> np.ndarray:
        """Return the likeliest class of each example, shape `(N,)`."""
        probabilities = self.predict_proba(X)
        return self.classes_[np.argmax(probabilities, axis=1)]

    def _model(self, features: int, classes: np.ndarray) -> Classifier:
        if len(classes) < 2:
            but = f"there is one class, {classes.tolist()[0]!r}"
            raise error("y", "hold two classes or more", but, "examples of every class")
        least = self._least_wires(features, len(classes))
        inputs = features if self.encoding == "projected" else None
        wires = least if self.wires is None else self.wires
        model = Classifier(wires, len(classes), self.layers, self.encoding, inputs)
        self._check_room(model, features)
        check_loss(model, chosen(self.loss))
        return model

    def _known_classes(self, classes: Array | None, first: bool) -> np.ndarray:
        if first:
            if classes is None:
                but = "a first batch need not show them all"
                raise error("classes", "be given in the first call", but, "np.unique of all labels")
            return np.unique(classes)
        if classes is not None and not np.array_equal(self.classes_, np.unique(classes)):
            but = f"they were {self.classes_.tolist()}"
            raise error("classes", "stay the same", but, "None after the first call")
        return self.classes_

    def _by_class(self, classes: np.ndarray) -> dict[int, float] | str | None:
        """Weights of classes by their numbers."""
        given = self.class_weight
        if given is None or isinstance(given, str):
            return given
        _checks.instance("class_weight", given, Mapping, "None, 'balanced' or {label: weight}")
        number = {label: c for c, label in enumerate(classes.tolist())}
        unknown = set(given) - set(number)
        if unknown:
            but = f"{unknown.pop()!r} is none"
            raise error("class_weight", "be of classes", but, f"keys in {classes.tolist()}")
        remedy = "a positive number for each class"
        return {
            number[label]: _checks.number("class_weight", weight, remedy, above=0)
            for label, weight in given.items()
        }
