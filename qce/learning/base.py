"""Common parts of the classifier and the regressor as estimators of scikit-learn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state

from qce import _checks
from qce._checks import error, one_of
from qce._concrete import called
from qce._warned import warn
from qce.learning import labels as checks
from qce.learning.contracts import Device, RandomState
from qce.learning.likelihood import Likelihood
from qce.learning.loss import Loss
from qce.learning.offline import train
from qce.learning.online import Online
from qce.learning.result import Training
from qce.learning.scaling import Scaling
from qce.models import Classifier, Regressor
from qce.models.classifier import ENCODINGS
from qce.typing import Array

# Angles beyond this suggest features without standardisation, which a stream does not get.
_FAR = 30.0


class CircuitEstimator(BaseEstimator):
    """Settings by scikit-learn's rules: stored as they are given, and checked by `fit`."""

    wires: int | None
    layers: int
    encoding: str
    loss: str | Loss | Likelihood
    epochs: int
    batch_size: int
    optimizer: str
    learning_rate: float
    standardise: bool
    validation_fraction: float
    patience: int | None
    warm_start: bool
    device: Device
    shots: int | None
    random_state: RandomState
    progress: bool

    model_: Any
    params_: np.ndarray
    scaling_: Scaling
    training_: Training | None
    _learner: tuple[dict[str, Any], Online] | None

    @contextmanager
    def _anew(self) -> Iterator[dict[str, Any]]:
        """Remove the results of an earlier fit, and restore them if this one fails."""
        earlier = self._forget()
        try:
            yield earlier
        except BaseException:
            self._forget()
            self.__dict__.update(earlier)
            raise

    def _forget(self) -> dict[str, Any]:
        fitted = [name for name in self.__dict__ if name.endswith("_") or name == "_learner"]
        return {name: self.__dict__.pop(name) for name in fitted}

    def _counting(self, sample_weight: Array | None, X: np.ndarray) -> np.ndarray:
        """How often each row counts."""
        if sample_weight is None:
            return np.ones(len(X))
        w = checks.real("sample_weight", sample_weight)
        if w.ndim == 0:
            w = np.full(len(X), w.item())
        if w.shape != (len(X),):
            but = f"its shape is {w.shape}"
            raise error("sample_weight", f"have shape ({len(X)},)", but, "one weight an example")
        if (w < 0).any():
            remedy = "how often each example counts"
            raise error("sample_weight", "not be negative", f"one is {w.min():g}", remedy)
        if not w.any():
            raise error("sample_weight", "not be zero everywhere", "it is", "a positive weight")
        return w

    def _least_wires(self, features: int, classes: int) -> int:
        """The least number that features and classes need; three if any number would do."""
        one_of("encoding", self.encoding, ENCODINGS)
        amplitudes = {"amplitude": features, "affine": features + 1}.get(self.encoding)
        needed = features if amplitudes is None else (amplitudes - 1).bit_length()
        needed = 3 if self.encoding == "projected" else needed
        return max(needed, (classes - 1).bit_length(), 1)

    def _check_room(self, model: Classifier | Regressor, features: int) -> None:
        if features > model.features:
            but = f"{model.wires} of them take {model.features} features, and there are {features}"
            remedy = "more wires, None for as many as are needed, or encoding='projected'"
            raise error("wires", "fit the features", but, remedy)

    def _scaling(self, X: np.ndarray, weights: np.ndarray) -> Scaling:
        """The scaling of features; none for amplitudes, which are directions."""
        if _checks.truth("standardise", self.standardise) and self.encoding != "amplitude":
            return Scaling.of(X, weights)
        return Scaling.none(X.shape[1])

    def _start(
        self,
        earlier: dict[str, Any],
        model: Classifier | Regressor,
        X: np.ndarray,
        weights: np.ndarray,
    ) -> np.ndarray | None:
        """Set model and scaling; return the parameters of a warm start, None for a new start."""
        warm = _checks.truth("warm_start", self.warm_start) and "params_" in earlier
        if warm and earlier["model_"] != model:
            but = f"it was {earlier['model_']} and would be {model}"
            raise error("warm_start", "go on with the same model", but, "False for a new start")
        self.model_ = model
        self.scaling_ = earlier["scaling_"] if warm else self._scaling(X, weights)
        return earlier["params_"] if warm else None

    def _train(
        self,
        X: np.ndarray,
        targets: np.ndarray,
        weights: np.ndarray,
        params: np.ndarray | None,
        class_weights: dict[int, float] | str | None = None,
    ) -> None:
        fraction = _checks.number(
            "validation_fraction", self.validation_fraction, "0 for none", least=0, below=1
        )
        with called(validation="validation_fraction", class_weights="class_weight"):
            self.training_ = train(
                self.model_,
                X,
                targets,
                validation=fraction or None,
                loss=self.loss,
                epochs=self.epochs,
                batch_size=self.batch_size,
                optimizer=self.optimizer,
                learning_rate=self.learning_rate,
                class_weights=class_weights,
                weights=weights,
                device=self.device,
                shots=self.shots,
                patience=self.patience,
                params=params,
                seed=self._seed(),
                progress=self.progress,
            )
        self.params_ = self.training_.params
        self._learner = None

    def _running(self) -> dict[str, Any]:
        """The device and shots of predictions."""
        if self.device is None and self.shots is None:
            return {}
        return {"device": self.device, "shots": self.shots, "seed": self._seed()}

    def _begin_stream(self, X: np.ndarray) -> None:
        """The start of a stream, in which the scale of examples is not known."""
        if np.abs(X).max() > _FAR and self.encoding != "amplitude":
            warn(
                f"features reach {np.abs(X).max():.3g}, and a stream is not standardised: the "
                "circuit sees them as angles in radians. Standardise them, or call fit first.",
            )
        self.params_ = self.model_.initial(self._seed())
        self.scaling_ = Scaling.none(X.shape[1])
        self._learner = None

    def _step(
        self,
        X: np.ndarray,
        targets: np.ndarray,
        weights: np.ndarray,
        class_weights: dict[int, float] | str | None = None,
    ) -> None:
        """One step of the optimiser, whose memory is kept until its settings change."""
        settings: dict[str, Any] = {
            "loss": self.loss,
            "optimizer": self.optimizer,
            "learning_rate": self.learning_rate,
        }
        settings |= {"class_weights": class_weights, "shots": self.shots}
        if self._learner is None or self._learner[0] != settings:
            learner = Online(self.model_, params=self.params_, seed=self._seed(), **settings)
            self._learner = settings, learner
        learner = self._learner[1]
        learner.update(self.scaling_(X), targets, weights=weights)
        self.params_ = learner.params
        self.training_ = None

    def _seed(self) -> int:
        state = self.random_state
        if state is None or isinstance(state, np.random.RandomState):
            return int(check_random_state(state).randint(2**31 - 1))
        return _checks.integer("random_state", state, "random_state=0", least=0, most=2**63 - 1)
