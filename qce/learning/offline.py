"""Off-line training: epochs of mini-batches over a stored set, with a validation set."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, cast

import jax
import numpy as np

from qce import _checks
from qce._checks import error
from qce._forks import computes
from qce.learning import labels as checks
from qce.learning.batches import Batch, batched
from qce.learning.contracts import Device, Measured, Traceable, TrainedModel, Validation
from qce.learning.likelihood import Likelihood, likelihood
from qce.learning.loss import Loss, chosen
from qce.learning.prediction import score
from qce.learning.program import Program, State, check_optimizer, program
from qce.learning.result import Training
from qce.learning.sets import Counting, training_sets
from qce.learning.tendency import Tendency
from qce.models import Regressor
from qce.models.classifier import TRAINED
from qce.objectives.objective import own_generator
from qce.results import Status
from qce.typing import Array

History = dict[str, list[float]]
Callback = Callable[[int, History], None]


def train(
    model: TrainedModel,
    features: Array,
    labels: Array,
    *,
    validation: Validation = None,
    loss: str | Loss | Likelihood | None = None,
    epochs: int = 50,
    batch_size: int = 32,
    optimizer: str = "adam",
    learning_rate: float = 0.05,
    class_weights: Array | Mapping[int, float] | str | None = None,
    weights: Array | None = None,
    where: Array | None = None,
    ignore_index: int | None = None,
    device: Device = None,
    shots: int | None = None,
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
    equal results bit for bit. It computes in double precision and does not change JAX's mode.

    Args:
        model: `models.Classifier`, `models.Segmenter` or `models.Regressor`.
        features: Examples `(N, f)`, or images `(N, H, W)` for a segmenter.
        labels: Class numbers in 0 … k − 1, `(N,)`, or `(N, H, W)` for a segmenter; every class.
            Any numbers `(N,)` for a regressor.
        validation: Share of the examples to hold out, with the same share of every class; or
            separate examples and labels, and perhaps weights; None to train without.
        loss: Name of a loss of `qce.losses`, or `Loss(name, …)` with its settings; None for
            "cross_entropy". For a regressor "gaussian_nll" (if None) or "laplace_nll".
        epochs: The most epochs.
        batch_size: Examples for each update.
        optimizer: "adam", "adamw" or "sgd".
        learning_rate: Of the optimiser.
        class_weights: One weight a class, by which its labels count in the loss (of training and
            validation), as an array or by class number; "balanced" for N / (k N_c).
        weights: How often each label counts, of the shape of the labels, or `(N,)` for whole
            images: a label of weight 2 is equal to two of weight 1, and one of weight 0 is ignored.
            Losses of regions use weights relative to the largest in the image, which is the weight
            of the image.
        where: True for labels that count, of the same shapes. Other labels may be anything, also
            NaN; an example without a label that counts is ignored.
        ignore_index: The label of entries to ignore, such as −1 for unlabelled pixels.
        device: PennyLane device or its line of text, on which every example is a circuit; None for
            a simulation compiled by JAX, much faster.
        shots: Outcomes a circuit, also of parameter shifts; None for exact values. Half a count is
            added to each class. Without a device they are drawn inside the compiled epochs.
        patience: Stop after this many epochs without a new minimum of the validation loss, averaged
            over `window` epochs (its tendency); None to go through all.
        window: Epochs in that average.
        params: Starting point, shape `(size,)`; None for `model.initial(seed)`.
        seed: Of the start, the split, the order of examples, and outcomes.
        progress: Show a bar with loss and accuracy, training / validation.
        callback: Called with epoch and history after every epoch, and before the first; see
            `LivePlot`.

    Returns:
        Parameters of the best epoch and the record of the training. After a keyboard interrupt, the
        result so far.

    Raises:
        ValueError: If labels are out of range, NaN, of the wrong shape, or lack a class; if
            features are not finite; or a setting is out of range. Raised before any computation.
        TypeError: If features or labels are no real numbers.

    Example:
        >>> from qce.models import Classifier
        >>> x = np.linspace(-1, 1, 20)[:, None]
        >>> model = Classifier(wires=1, classes=2, layers=1)
        >>> result = train(model, x, x[:, 0] > 0, epochs=30, learning_rate=0.2, progress=False)
        >>> result.history["accuracy"][-1].item()
        1.0
    """
    taken = the_loss(model, loss)
    check_loss(model, taken)
    how = Counting(weights, where, ignore_index, class_weights)
    check_weighing(taken, how)
    _check(taken, epochs, batch_size, patience, validation is not None)
    window = _checks.integer("window", window, "window=3, for example", least=1)
    learning_rate = check_optimizer(optimizer, learning_rate)
    seed = _checks.integer("seed", seed, "seed=0, for example", least=0, most=2**63 - 1)
    progress = _checks.truth("progress", progress)
    if callback is not None:
        remedy = "a function of epoch and history"
        _checks.function("callback", callback, remedy, ("epoch", "history"))
    start = starting_point(model, params, seed)
    rng = np.random.default_rng(seed)
    training, held = training_sets(model, features, labels, validation, how, rng)
    size = min(batch_size, len(training.labels))
    made = _made(model, taken, optimizer, learning_rate, device, shots, seed)
    course = _Course(made, training, held, size, taken.of_states, window)
    computes()
    with jax.enable_x64(True), _bar(epochs, progress) as bar:
        status = course.run(made.start(start), epochs, patience, rng, _teller(bar, callback))
    return Training(
        params=course.best,
        best_epoch=course.best_epoch,
        last_params=course.last,
        history=_arrays(course.history),
        status=status,
        seconds=time.perf_counter() - course.begun,
        seed=seed,
        optimizer={"name": optimizer, "learning_rate": learning_rate, "batch_size": size},
    )


def _made(
    model: TrainedModel,
    loss: Loss | Likelihood,
    optimizer: str,
    learning_rate: float,
    device: Device,
    shots: int | None,
    seed: int,
) -> Program:
    """The training as a program, compiled or on a device."""
    if device is None and shots is None:
        return program(model, loss, optimizer, learning_rate)
    from qce.learning import measured, sampled  # which load what devices need

    runs = cast(Measured, model)  # or it is refused
    if sampled.drawn_here(runs, device, shots):
        rng = own_generator(seed)
        return sampled.sampled_program(
            cast(Traceable, model), loss, optimizer, learning_rate, cast(int, shots), rng
        )
    machine = measured.machine_for(runs, device, shots, seed)
    return measured.measured_program(machine, shots, runs, loss, optimizer, learning_rate)


class _Course:
    """The epochs of one training: its history, and the best parameters so far."""

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
    ) -> Status:
        """Train until the end, or until an interrupt."""
        self.best = self.last = np.asarray(state.params)
        try:
            for epoch in range(epochs + 1):
                if epoch > 0:
                    state, _ = self._made.epoch(state, self._shuffled(rng))
                if not self._judge(epoch, np.asarray(state.params)):
                    return Status.NON_FINITE
                tell(epoch, self.history)
                if patience is not None and self._tendency.waited >= patience:
                    return Status.EARLY
        except KeyboardInterrupt:
            return Status.INTERRUPTED
        return Status.EPOCHS

    def _shuffled(self, rng: np.random.Generator) -> Batch:
        order = rng.permutation(len(self._training.labels))
        return batched(self._training, order, self._size, whole=self._whole)

    def _judge(self, epoch: int, params: np.ndarray) -> bool:
        """Record loss and accuracy of parameters; return whether the loss is finite."""
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


def the_loss(model: TrainedModel, loss: str | Loss | Likelihood | None) -> Loss | Likelihood:
    """The loss of a training, by name."""
    if isinstance(model, Regressor):
        return likelihood("gaussian_nll" if loss is None else loss)
    checks.model_of_classes(model)
    return chosen("cross_entropy" if loss is None else loss)


def check_loss(model: TrainedModel, loss: Loss | Likelihood) -> None:
    """Refuse a contrastive loss where training does not change the fidelities of states."""
    if loss.of_states and getattr(model, "encoding", "") not in TRAINED:
        but = f"{loss.name!r} is one of fidelities, which no circuit after the encoding changes"
        remedy = "a Classifier with encoding='projected', or another loss"
        raise error("loss", "depend on the parameters", but, remedy)


def check_weighing(loss: Loss | Likelihood, how: Counting) -> None:
    """Refuse weights of labels for losses of regions, and of classes for a regressor."""
    if how.by_class is not None and isinstance(loss, Likelihood):
        but = "a regressor has no classes"
        raise error("class_weights", "be None for this model", but, "weights= for single targets")
    if loss.name == "lovasz_softmax_loss":
        for name, given in (("class_weights", how.by_class), ("weights", how.weights)):
            if given is not None:
                but = f"{loss.name!r} has no weights of single labels"
                remedy = "None, where= for those that count, or loss='dice_loss'"
                raise error(name, "be None for this loss", but, remedy)


def starting_point(model: TrainedModel, params: Array | None, seed: int) -> np.ndarray:
    """The parameters to start from."""
    if params is None:
        return np.asarray(model.initial(seed))
    start = checks.real("params", params)
    if start.shape != (model.size,):
        but = f"its shape is {start.shape}"
        raise error("params", f"have shape ({model.size},)", but, "one number a parameter, or None")
    return start


def _check(
    loss: Loss | Likelihood,
    epochs: int,
    batch_size: int,
    patience: int | None,
    judged: bool,
) -> None:
    _checks.integer("epochs", epochs, "epochs=50, for example", least=0)
    least = 2 if loss.of_states else 1
    _checks.integer("batch_size", batch_size, "batch_size=32, for example", least=least)
    if patience is None:
        return
    _checks.integer("patience", patience, "patience=10, for example, or None", least=1)
    if not judged:
        but = "there is no validation set whose loss could stop falling"
        raise error("patience", "be None without validation", but, "validation=0.2")


def _arrays(history: History) -> dict[str, np.ndarray]:
    """Columns over epochs; no accuracy where no classes are predicted."""
    columns = {name: np.array(column) for name, column in history.items()}
    return {name: c for name, c in columns.items() if not np.isnan(c).all()}


def _bar(epochs: int, progress: bool) -> Any:
    from tqdm import tqdm

    bar = tqdm(total=epochs, disable=not progress, unit="epoch", dynamic_ncols=True)
    bar.set_postfix_str("starting")
    return bar


def _teller(bar: Any, callback: Callback | None) -> Callback:
    """A function that updates the bar and calls the callback."""

    def tell(epoch: int, history: History) -> None:
        last = {name: column[-1] for name, column in history.items()}
        shown = []
        for name in ("loss", "accuracy"):
            both = [last[n] for n in (name, f"validation_{name}") if n in last]
            if np.isnan(both).all():
                continue
            shown.append(f"{name} {' / '.join(f'{value:.3f}' for value in both)}")
        bar.set_postfix_str(", ".join(shown), refresh=False)
        bar.update(epoch - bar.n)
        if callback is not None:
            callback(epoch, history)

    return tell
