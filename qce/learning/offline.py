"""Off-line training: epochs of mini-batches over a stored set, judged by a set held back."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from qce._checks import error
from qce.learning import labels as checks
from qce.learning.batches import Batch, batched, weighted
from qce.learning.loss import Loss, chosen
from qce.learning.prediction import score
from qce.learning.program import Program, State, check_optimizer, program
from qce.learning.result import Ending, Training
from qce.learning.tendency import Tendency

Array = Any
History = dict[str, list[float]]
Callback = Callable[[int, History], None]


def train(
    model: Any,
    features: Array,
    labels: Array,
    *,
    validation: float | tuple[Array, Array] | None = None,
    loss: str | Loss = "cross_entropy",
    epochs: int = 50,
    batch_size: int = 32,
    optimizer: str = "adam",
    learning_rate: float = 0.05,
    class_weights: Array | str | None = None,
    patience: int | None = None,
    window: int = 3,
    params: Array | None = None,
    seed: int = 0,
    progress: bool = True,
    callback: Callback | None = None,
) -> Training:
    """Train a model on labelled examples by mini-batches.

    Every epoch goes through all examples once, in a new order, as one compiled program; loss and
    accuracy of the training set and of the validation set are taken after it. Equal seeds give
    equal results bit for bit. Computes in double precision and leaves JAX's own mode alone.

    Args:
        model: `models.Classifier` or `models.Segmenter`.
        features: Examples `(N, f)`, or images `(N, H, W)` for a segmenter.
        labels: Class numbers in 0 … k − 1, `(N,)`, or `(N, H, W)` for a segmenter; every class.
        validation: Share of the examples to hold back, with the same share of every class; or
            examples and labels of their own; None to train without.
        loss: Name of a loss of `qce.losses`, or `Loss(name, …)` with its settings.
        epochs: The most epochs.
        batch_size: Examples for each update.
        optimizer: "adam", "adamw" or "sgd".
        learning_rate: Of the optimiser.
        class_weights: One weight a class, by which its labels count in the loss (of training and
            validation); "balanced" for N / (k N_c).
        patience: Stop where the tendency of the validation loss has had no new least value for so
            many epochs; None to go through all.
        window: Epochs in the mean of the validation loss that is its tendency.
        params: Starting point, shape `(size,)`; None for `model.initial(seed)`.
        seed: Of the start, the split and the order of examples.
        progress: Show a bar with loss and accuracy, training / validation.
        callback: Called with epoch and history after every epoch, and before the first; see
            `LivePlot`.

    Returns:
        Parameters of the best epoch and how they were found. A keyboard interrupt ends a training
        early and keeps what there is.

    Raises:
        ValueError: If labels are out of range, NaN, of the wrong shape, or lack a class; if
            features are not finite; or a setting is out of range. Nothing has been computed then.
        TypeError: If features or labels are no real numbers.

    Example:
        >>> from qce.models import Classifier
        >>> x = np.linspace(-1, 1, 20)[:, None]
        >>> model = Classifier(wires=1, classes=2, layers=1)
        >>> result = train(model, x, x[:, 0] > 0, epochs=30, learning_rate=0.2, progress=False)
        >>> result.history["accuracy"][-1].item()
        1.0
    """
    loss = chosen(loss)
    check_loss(model, loss)
    check_weighing(loss, class_weights)
    _check(loss, epochs, batch_size, patience, window, validation is not None)
    check_optimizer(optimizer, learning_rate)
    start = starting_point(model, params, seed)
    rng = np.random.default_rng(seed)
    training, held = _sets(model, features, labels, validation, class_weights, rng)
    size = min(batch_size, len(training.labels))
    made = program(model, loss, optimizer, learning_rate)
    course = _Course(made, training, held, size, loss.of_states, window)
    with jax.enable_x64(True), _bar(epochs, progress) as bar:
        ending = course.run(made.start(start), epochs, patience, rng, _teller(bar, callback))
    return Training(
        params=course.best,
        best_epoch=course.best_epoch,
        last_params=course.last,
        history={name: np.array(column) for name, column in course.history.items()},
        ending=ending,
        seconds=time.perf_counter() - course.begun,
        seed=seed,
        optimizer={"name": optimizer, "learning_rate": learning_rate, "batch_size": size},
    )


class _Course:
    """The epochs of one training: what was seen so far, and the best of it."""

    def __init__(
        self,
        made: Program,
        training: Batch,
        held: Batch | None,
        size: int,
        whole: bool,
        window: int,
    ):
        self._made, self._training, self._held = made, training, held
        self._size, self._whole = size, whole
        self._tendency = Tendency(window)
        self.begun = time.perf_counter()
        self.history: History = {}
        self.best = self.last = np.zeros(0)
        self.best_epoch = 0

    def run(
        self,
        state: State,
        epochs: int,
        patience: int | None,
        rng: np.random.Generator,
        tell: Callback,
    ) -> Ending:
        """Train until the end, or until an interrupt."""
        self.best = self.last = np.asarray(state.params)
        try:
            for epoch in range(epochs + 1):
                if epoch > 0:
                    state, _ = self._made.epoch(state, self._shuffled(rng))
                if not self._judge(epoch, np.asarray(state.params)):
                    return Ending.NON_FINITE
                tell(epoch, self.history)
                if patience is not None and self._tendency.waited >= patience:
                    return Ending.PATIENCE
        except KeyboardInterrupt:
            return Ending.INTERRUPTED
        return Ending.EPOCHS

    def _shuffled(self, rng: np.random.Generator) -> Batch:
        order = rng.permutation(len(self._training.labels))
        return batched(self._training, order, self._size, whole=self._whole)

    def _judge(self, epoch: int, params: np.ndarray) -> bool:
        """Record what parameters are worth; return whether that is finite."""
        row: dict[str, float] = {"epoch": epoch}
        row["loss"], row["accuracy"] = self._score(params, self._training)
        better = True
        if self._held is not None:
            row["validation_loss"], row["validation_accuracy"] = self._score(params, self._held)
            better = self._tendency.add(row["validation_loss"])
            row["tendency"] = self._tendency.value
        row["seconds"] = time.perf_counter() - self.begun
        finite = bool(np.isfinite(row["loss"] + row.get("validation_loss", 0.0)))
        if not (finite and np.isfinite(params).all()):
            return False
        for name, value in row.items():
            self.history.setdefault(name, []).append(value)
        self.last = params
        if better:
            self.best, self.best_epoch = params, epoch
        return True

    def _score(self, params: np.ndarray, examples: Batch) -> Any:
        size = min(self._size, len(examples.labels))
        return score(self._made, params, examples, size, self._whole)


def _sets(
    model: Any,
    features: Array,
    labels: Array,
    validation: float | tuple[Array, Array] | None,
    class_weights: Array | str | None,
    rng: np.random.Generator,
) -> tuple[Batch, Batch | None]:
    """The training set and the validation set, checked; the first decides the class weights."""
    x = checks.examples(features)
    model.check(x)
    y = checks.class_numbers(labels, x, model.classes)
    checks.every_class(y, model.classes)
    held: tuple[np.ndarray, np.ndarray] | None = None
    if isinstance(validation, tuple):
        names = "features of `validation`", "labels of `validation`"
        held_x = checks.examples(validation[0], names[0])
        model.check(held_x)
        held = held_x, checks.class_numbers(validation[1], held_x, model.classes, names[1])
    elif validation is not None:
        x, y, *held = _split(x, y, validation, rng)  # type: ignore[assignment]
    by_class = checks.weights_of_classes(class_weights, y, model.classes)
    return weighted(x, y, by_class), None if held is None else weighted(*held, by_class)


def _split(x: np.ndarray, y: np.ndarray, share: float, rng: np.random.Generator) -> list[Any]:
    """Both parts with examples of every class where an example has one class."""
    from sklearn.model_selection import train_test_split

    if not 0 < share < 1:
        but = f"it is {share}"
        raise error("validation", "be a share in (0, 1)", but, "0.2, or (features, labels)")
    kept = len(y) - int(np.ceil(share * len(y)))
    by_class = y if y.ndim == 1 else None
    if y.ndim == 1:
        counts = np.bincount(y)
        if counts.min() < 2 or min(kept, len(y) - kept) < len(counts):
            but = f"class {np.argmin(counts)} has {counts.min()} of {len(y)} examples"
            remedy = "more examples, or a validation set of their own"
            raise error("validation", "leave every class in both parts", but, remedy)
    elif min(kept, len(y) - kept) < 1:
        but = f"it is {share} of {len(y)} images"
        raise error("validation", "leave images in both parts", but, "more images")
    state = int(rng.integers(2**31))
    x, held_x, y, held_y = train_test_split(
        x, y, test_size=share, stratify=by_class, random_state=state
    )
    return [x, y, held_x, held_y]


def check_loss(model: Any, loss: Loss) -> None:
    """A contrastive loss needs states that training can bring together."""
    if loss.of_states and getattr(model, "encoding", "") != "reuploading":
        but = f"{loss.name!r} is one of fidelities, which no circuit after the encoding changes"
        remedy = "a Classifier with encoding='reuploading', or another loss"
        raise error("loss", "depend on the parameters", but, remedy)


def check_weighing(loss: Loss, class_weights: Array | str | None) -> None:
    """Whole regions have no single labels that could count more or less."""
    if class_weights is not None and loss.name == "lovasz_softmax_loss":
        but = f"{loss.name!r} has no weights of single labels"
        raise error("class_weights", "be None for this loss", but, "None, or loss='dice_loss'")


def starting_point(model: Any, params: Array | None, seed: int) -> np.ndarray:
    """The parameters to start from."""
    start = model.initial(seed) if params is None else np.asarray(params, dtype=float)
    if start.shape != (model.size,):
        but = f"its shape is {start.shape}"
        raise error("params", f"have shape ({model.size},)", but, "one number a parameter, or None")
    return start


def _check(
    loss: Loss, epochs: int, batch_size: int, patience: int | None, window: int, judged: bool
) -> None:
    least = {"epochs": (epochs, 0), "batch_size": (batch_size, 2 if loss.of_states else 1)}
    least["window"] = window, 1
    least["patience"] = (1 if patience is None else patience), 1
    for name, (value, bound) in least.items():
        if value < bound:
            raise error(name, f"be at least {bound}", f"it is {value}", "a larger number")
    if patience is not None and not judged:
        but = "there is no validation set whose loss could stop falling"
        raise error("patience", "be None without validation", but, "validation=0.2")


def _bar(epochs: int, progress: bool) -> Any:
    from tqdm import tqdm

    bar = tqdm(total=epochs, disable=not progress, unit="epoch", dynamic_ncols=True)
    bar.set_postfix_str("starting")
    return bar


def _teller(bar: Any, callback: Callback | None) -> Callback:
    """Tell the bar, and whoever else wants to hear."""

    def tell(epoch: int, history: History) -> None:
        last = {name: column[-1] for name, column in history.items()}
        shown = []
        for name in ("loss", "accuracy"):
            both = [last[n] for n in (name, f"validation_{name}") if n in last]
            shown.append(f"{name} {' / '.join(f'{value:.3f}' for value in both)}")
        bar.set_postfix_str(", ".join(shown), refresh=False)
        bar.update(epoch - bar.n)
        if callback is not None:
            callback(epoch, history)

    return tell
