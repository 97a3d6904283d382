"""The variational classifier as scikit-learn knows classifiers."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from qce._checks import error, one_of
from qce.learning.loss import Loss, chosen
from qce.learning.nearest import by_fidelity, class_states
from qce.learning.offline import check_loss, train
from qce.learning.online import Online
from qce.learning.prediction import predict
from qce.models import Classifier
from qce.models.classifier import ENCODINGS

Array = Any


class CircuitClassifier(ClassifierMixin, BaseEstimator):
    """`models.Classifier`, trained by `train` or on line, in pipelines and cross-validation.

    Args:
        wires: Number of wires; None for the least that the features and classes need.
        layers: Repetitions of the circuit.
        encoding: How features enter, as for `models.Classifier`: "affine" takes the most features
            and any scale of them; angles (radians) and amplitudes want a scaler before them.
        loss: Name of a loss of `qce.losses`, or `Loss(name, …)` with its settings. A contrastive
            one needs encoding="reuploading"; classes are then read by fidelity with their states.
        epochs: The most epochs.
        batch_size: Examples for each update.
        optimizer: "adam", "adamw" or "sgd".
        learning_rate: Of the optimiser.
        class_weight: None, "balanced", or a dictionary of class and weight.
        validation_fraction: Share of the examples that is held back and chooses the best epoch; 0
            for none.
        patience: Epochs without a new least tendency of the validation loss, after which to stop.
        random_state: Of start, split and order; equal seeds give equal results bit for bit.
        progress: Show a bar.

    Attributes:
        classes_: The labels of classes, in the order of the columns of `predict_proba`.
        n_features_in_: Number of features.
        model_: The `models.Classifier`.
        params_: Its parameters.
        training_: The `Training` of the last `fit`; after `partial_fit` there is none.
        class_states_: Mean state of each class, after a contrastive loss.

    Example:
        >>> x = np.linspace(-1, 1, 20)[:, None]
        >>> classifier = CircuitClassifier(epochs=10).fit(x, np.where(x[:, 0] > 0, "up", "down"))
        >>> classifier.predict([[-0.5], [0.5]]).tolist()
        ['down', 'up']
    """

    def __init__(
        self,
        wires: int | None = None,
        *,
        layers: int = 3,
        encoding: str = "affine",
        loss: str | Loss = "cross_entropy",
        epochs: int = 50,
        batch_size: int = 32,
        optimizer: str = "adam",
        learning_rate: float = 0.05,
        class_weight: dict[Any, float] | str | None = None,
        validation_fraction: float = 0.0,
        patience: int | None = None,
        random_state: Any = 0,
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
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.random_state = random_state
        self.progress = progress

    def fit(self, X: Array, y: Array) -> Self:
        """Train from the start.

        Args:
            X: Features `(N, f)`.
            y: Labels `(N,)`, numbers or names, of two classes or more.

        Raises:
            ValueError: If there is only one class, or an argument or setting is not what it must
                be; nothing has been computed then.
        """
        X, y = validate_data(self, X, y, dtype=float)
        check_classification_targets(y)
        self.classes_, numbers = np.unique(y, return_inverse=True)
        self.model_ = self._model(X.shape[1])
        self.training_ = train(
            self.model_,
            X,
            numbers,
            validation=self.validation_fraction or None,
            loss=self.loss,
            epochs=self.epochs,
            batch_size=self.batch_size,
            optimizer=self.optimizer,
            learning_rate=self.learning_rate,
            class_weights=self._by_class(),
            patience=self.patience,
            seed=self._seed(),
            progress=self.progress,
        )
        self.params_ = self.training_.params
        self._online: Online | None = None
        if chosen(self.loss).of_states:
            self.class_states_ = class_states(self.model_, self.params_, X, numbers)
        return self

    def partial_fit(self, X: Array, y: Array, classes: Array | None = None) -> Self:
        """Go on from where the classifier is, by one step of the optimiser.

        Args:
            X: Features `(B, f)` of one batch.
            y: Its labels `(B,)`.
            classes: All labels there will be; needed in the first call.

        Raises:
            ValueError: If a label is none of the classes, the loss is contrastive (the states of
                classes move with every step), or weights are to be balanced on a stream.
        """
        first = not hasattr(self, "classes_")
        X, y = validate_data(self, X, y, dtype=float, reset=first)
        check_classification_targets(y)
        if first:
            self._begin(X.shape[1], classes)
        elif classes is not None and not np.array_equal(self.classes_, np.unique(classes)):
            but = f"they were {self.classes_.tolist()}"
            raise error("classes", "stay the same", but, "None after the first call")
        if not np.isin(y, self.classes_).all():
            but = f"a label is {y[~np.isin(y, self.classes_)].tolist()[0]!r}"
            raise error("y", "hold the known classes", but, f"labels in {self.classes_.tolist()}")
        if self._online is None:
            self._online = self._learner()
        self._online.update(X, np.searchsorted(self.classes_, y))
        self.params_ = self._online.params
        return self

    def predict_proba(self, X: Array) -> np.ndarray:
        """Return class probabilities, shape `(N, k)`, in the order of `classes_`."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=float, reset=False)
        if hasattr(self, "class_states_"):
            return by_fidelity(self.model_, self.params_, X, self.class_states_)
        return predict(self.model_, self.params_, X)

    def predict(self, X: Array) -> np.ndarray:
        """Return the likeliest class of each example, shape `(N,)`."""
        probabilities = self.predict_proba(X)
        return self.classes_[np.argmax(probabilities, axis=1)]

    def _model(self, features: int) -> Classifier:
        classes = len(self.classes_)
        if classes < 2:
            but = f"there is one class, {self.classes_.tolist()[0]!r}"
            raise error("y", "hold two classes or more", but, "examples of every class")
        one_of("encoding", self.encoding, ENCODINGS)
        by_amplitude = {"amplitude": features, "affine": features + 1}.get(self.encoding)
        needed = features if by_amplitude is None else (by_amplitude - 1).bit_length()
        least = max(needed, (classes - 1).bit_length(), 1)
        model = Classifier(
            least if self.wires is None else self.wires, classes, self.layers, self.encoding
        )
        if features > model.features:
            but = f"{self.wires} of them take {model.features} features, and there are {features}"
            remedy = "more wires, None for as many as are needed, or fewer features, as of a PCA"
            raise error("wires", "fit the features", but, remedy)
        check_loss(model, chosen(self.loss))
        return model

    def _by_class(self) -> Array | str | None:
        if self.class_weight is None or isinstance(self.class_weight, str):
            return self.class_weight
        unknown = set(self.class_weight) - set(self.classes_.tolist())
        if unknown:
            but = f"{unknown.pop()!r} is none"
            raise error("class_weight", "be of classes", but, f"keys in {self.classes_.tolist()}")
        return np.array([self.class_weight.get(c, 1.0) for c in self.classes_.tolist()])

    def _begin(self, features: int, classes: Array | None) -> None:
        if classes is None:
            but = "a first batch need not show them all"
            raise error("classes", "be given in the first call", but, "np.unique of all labels")
        self.classes_ = np.unique(classes)
        self.model_ = self._model(features)
        self.params_ = self.model_.initial(self._seed())
        self._online = None

    def _learner(self) -> Online:
        if chosen(self.loss).of_states:
            but = "the states of classes would move with every step"
            raise error("loss", "be one of predictions on line", but, "loss='cross_entropy'")
        return Online(
            self.model_,
            loss=self.loss,
            optimizer=self.optimizer,
            learning_rate=self.learning_rate,
            class_weights=self._by_class(),
            params=self.params_,
        )

    def _seed(self) -> int:
        if isinstance(self.random_state, (int, np.integer)):
            return int(self.random_state)
        return int(check_random_state(self.random_state).randint(2**31 - 1))
