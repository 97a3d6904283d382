"""On-line training: a stream, one example or batch at a time, in constant memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import jax
import numpy as np

from qce import _checks
from qce._checks import error
from qce._forks import computes
from qce._showing import brief, line
from qce.learning import labels as checks
from qce.learning.batches import Batch, batched, power_of_two
from qce.learning.contracts import ClassModel, Traceable, TrainedModel
from qce.learning.likelihood import Likelihood
from qce.learning.loss import Loss
from qce.learning.offline import check_loss, check_weighing, starting_point, the_loss
from qce.learning.prediction import predict
from qce.learning.program import Program, Score, check_optimizer, program
from qce.learning.sets import Counting, counted
from qce.objectives.objective import own_generator
from qce.typing import Array


class Online:
    """A model that learns from a stream without storing its examples.

    Args:
        model: `models.Classifier`, `models.Segmenter` or `models.Regressor`.
        loss: As for `train`.
        optimizer: "adam", "adamw" or "sgd".
        learning_rate: Of the optimiser.
        class_weights: One weight a class, by which its labels count, as an array or by class
            number; None for 1.
        ignore_index: The label of entries to ignore, such as −1 for unlabelled pixels.
        params: Starting point, shape `(size,)`; None for `model.initial(seed)`.
        shots: Outcomes a circuit, also of parameter shifts; None for exact values. They are drawn
            inside the compiled step, and depend only on the seed and the number of the update, so
            that a learner from a pickle continues bit for bit. Each update is a call: 5.0 ms for
            one example, 72 angles and 1000 outcomes (`docs/devices.md`).
        seed: Of the starting point and of outcomes.

    Raises:
        ValueError: If a setting is out of range, or the model's circuits cannot be simulated so.

    Example:
        >>> from qce.models import Classifier
        >>> learner = Online(Classifier(wires=1, classes=2, layers=1), learning_rate=0.2)
        >>> x = np.random.default_rng(0).uniform(-1, 1, size=(60, 1))
        >>> right = [learner.update(one[None], one > 0).accuracy for one in x]
        >>> sum(right[30:]) > 25  # of thirty, each predicted before it was learned
        True
    """

    def __init__(
        self,
        model: TrainedModel,
        *,
        loss: str | Loss | Likelihood | None = None,
        optimizer: str = "adam",
        learning_rate: float = 0.05,
        class_weights: Array | Mapping[int, float] | str | None = None,
        ignore_index: int | None = None,
        params: Array | None = None,
        shots: int | None = None,
        seed: int = 0,
    ):
        self.model, self._loss = model, the_loss(model, loss)
        check_loss(model, self._loss)
        check_weighing(self._loss, Counting(by_class=class_weights))
        self._optimizer = optimizer, check_optimizer(optimizer, learning_rate)
        if isinstance(class_weights, str):
            but = "a stream has no class frequencies"
            raise error("class_weights", "be numbers on line", but, "one weight a class, or None")
        self._by_class: np.ndarray | None = None
        if class_weights is not None:
            nothing = np.zeros(0, int)
            self._by_class = checks.weights_of_classes(
                class_weights, nothing, nothing, cast(ClassModel, model).classes
            )
        if ignore_index is not None:
            ignore_index = _checks.integer("ignore_index", ignore_index, "for example -1")
        self._ignored = ignore_index
        self._seed = _checks.seed("seed", seed)
        self.updates, self._shots = 0, shots
        computes()
        with jax.enable_x64(True):
            # NumPy's arrays: JAX's come back from a pickle in the precision of the mode then.
            self._state = jax.device_get(self._program.start(starting_point(model, params, seed)))

    def __repr__(self) -> str:
        return line("Online", [("", brief(self.model)), ("updates", str(self.updates))])

    @property
    def _program(self) -> Program:
        """The compiled program, which is looked up so that a learner can be pickled."""
        if self._shots is None:
            return program(self.model, self._loss, *self._optimizer)
        from qce.learning import sampled  # which loads what devices need

        if not sampled.drawn_here(cast(Traceable, self.model), None, self._shots):
            but, remedy = "its circuits are none that JAX traces", "None for exact values"
            raise error("shots", "be None for this model", but, remedy)
        drawn = own_generator(self._seed, self.updates)
        known = cast(Traceable, self.model)
        return sampled.sampled_program(known, self._loss, *self._optimizer, self._shots, drawn)

    @property
    def params(self) -> np.ndarray:
        """The parameters now, shape `(size,)`."""
        return np.array(self._state.params)

    def update(
        self,
        features: Array,
        labels: Array,
        *,
        weights: Array | None = None,
        where: Array | None = None,
    ) -> Score:
        """Learn from one batch: one step of the optimiser.

        Batches of all sizes between two powers of two share one compiled program.

        Args:
            features: Shape `(B, f)`, or `(B, H, W)` for a segmenter; B = 1 for one example.
            labels: Class numbers `(B,)`, or `(B, H, W)`; not every class has to be there. Any
                numbers `(B,)` for a regressor.
            weights: How often each label counts, of the shape of the labels, or `(B,)` for whole
                images: if all count twice, the step is twice as long.
            where: True for labels that count, of the same shapes; others may be anything.

        Returns:
            Loss and accuracy of the batch before the step.

        Raises:
            ValueError: If the model does not take these labels or features, or the loss is not
                finite; the model is unchanged then.
            TypeError: If they are no real numbers.
        """
        x, y, w = counted(self.model, features, labels, Counting(weights, where, self._ignored))
        if self._by_class is not None:
            w = w * self._by_class[y]
        whole = self._loss.of_states
        size = len(x) if whole else power_of_two(len(x))
        batches = batched(Batch(x, y, w), np.arange(len(x)), size, whole=whole)
        computes()
        with jax.enable_x64(True):
            state, scores = jax.device_get(self._program.epoch(self._state, batches))
        found = Score(*(float(column[0]) for column in scores))
        checks.finite_loss(found.loss, state.params)
        self._state = state
        self.updates += 1
        return found

    def probabilities(self, features: Array) -> np.ndarray:
        """Return class probabilities `(N, k)`, or `(N, k, H, W)` of pixels."""
        return predict(cast(ClassModel, self.model), self.params, features)
