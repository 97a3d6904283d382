"""Labelled sets of scikit-learn: examples with classes, and images with masks; and streams."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from qce import _checks
from qce._checks import error, one_of
from qce._showing import Shown

SETS = ("iris", "wine", "breast_cancer", "digits")


@dataclass(frozen=True, eq=False, repr=False)
class Labelled(Shown):
    """Examples with class numbers.

    Args:
        features: Numbers `(N, f)`, or images `(N, H, W)`.
        labels: Class numbers in 0 … k − 1, `(N,)`, or `(N, H, W)` of pixels.
        classes: Names of the classes, k of them.
    """

    features: np.ndarray = field(repr=False)
    labels: np.ndarray = field(repr=False)
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        for name in ("features", "labels"):
            array = _checks.concrete(name, getattr(self, name))
            if array.ndim == 0:
                raise error(name, "have a row an example", "it is one number", "an array")
            object.__setattr__(self, name, array)
        names = _checks.sequence("classes", self.classes, '("no", "yes"), for example')
        for name in names:
            _checks.instance("classes", name, str, "the name of each class")
        object.__setattr__(self, "classes", names)
        labels = _checks.whole("labels", self.labels, "class numbers")
        object.__setattr__(self, "labels", labels)
        if len(self.features) != len(self.labels):
            but = f"there are {len(self.labels)} for {len(self.features)} examples"
            raise error("labels", "belong to the features", but, "one row of both an example")
        known = np.isin(self.labels, np.arange(len(self.classes)))
        if not known.all():
            but = f"one is {self.labels[~known].flat[0]!r}"
            raise error("labels", f"lie in 0 … {len(self.classes) - 1}", but, "class numbers")

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, rows: np.ndarray | slice) -> Labelled:
        return Labelled(self.features[rows], self.labels[rows], self.classes)

    def split(self, share: float, seed: int) -> tuple[Labelled, Labelled]:
        """Return random parts of 1 − share and of share, with classes in equal proportions.

        Images, whose pixels have several classes, are divided at random.
        """
        from sklearn.model_selection import train_test_split  # slow to import

        share = _checks.number("share", share, "for example 0.25", above=0, below=1)
        seed = _checks.integer("seed", seed, "seed=0, for example", least=0, most=2**32 - 1)
        by_class = self.labels if self.labels.ndim == 1 else None
        rows = np.arange(len(self))
        try:
            first, second = train_test_split(
                rows, test_size=share, stratify=by_class, random_state=seed
            )
        except ValueError as problem:  # too few examples, of all or of a class
            must = "leave examples of each class in both parts"
            raise error("share", must, str(problem).rstrip("."), "for example 0.25") from None
        return self[first], self[second]

    def stream(self, seed: int, batch_size: int = 1) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield features and labels batch by batch, once through in a random order."""
        batch_size = _checks.integer("batch_size", batch_size, "1 for one by one", least=1)
        order = _checks.rng("seed", seed).permutation(len(self))
        return self._batches(order, batch_size)

    def _batches(
        self, order: np.ndarray, batch_size: int
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for begin in range(0, len(order), batch_size):
            rows = order[begin : begin + batch_size]
            yield self.features[rows], self.labels[rows]


def labelled(name: str, classes: Sequence[int] | None = None) -> Labelled:
    """Return a set of scikit-learn, features as they are.

    Args:
        name: "iris" (150 flowers, 4 features, 3 classes), "wine" (178, 13, 3), "breast_cancer"
            (569, 30, 2), or "digits" (1797 images of 8×8 pixels, 64 features in [0, 1], 10).
        classes: Which classes to keep, renumbered in this order; None for all.

    Returns:
        The set, in the order in which scikit-learn has it.

    Raises:
        ValueError: If there is no such set, or it has no such class.

    Example:
        >>> data = labelled("digits", classes=[3, 8])
        >>> data.features.shape, data.classes
        ((357, 64), ('3', '8'))
    """
    from sklearn import datasets  # slow to import

    one_of("name", name, SETS)
    found = getattr(datasets, f"load_{name}")()
    features = found.data / 16 if name == "digits" else found.data
    names = tuple(str(c) for c in found.target_names)
    if classes is None:
        return Labelled(features, found.target, names)
    wanted = _checks.whole("classes", classes, "class numbers").ravel().tolist()
    if len(set(wanted)) != len(wanted) or not set(wanted) <= set(range(len(names))) or not wanted:
        but = f"they are {_checks.shown(classes)}"
        raise error("classes", f"be different ones of 0 … {len(names) - 1}", but, "class numbers")
    kept = np.isin(found.target, wanted)
    number = np.zeros(len(names), int)
    number[wanted] = np.arange(len(wanted))
    chosen = tuple(names[c] for c in wanted)
    return Labelled(features[kept], number[found.target[kept]], chosen)


def digit_masks(clutter: float = 0.5, noise: float = 0.1, seed: int = 0) -> Labelled:
    r"""Return images of digits under clutter, with the mask of the digit's ink.

    A pixel belongs to the mask if the clean image has at least half of full ink there. The image is
    the clean one in [0, 1] plus a linear gradient of brightness in a random direction, up to
    `clutter`, and Gaussian noise, so that the brightness of a single pixel does not identify ink.

    Args:
        clutter: Brightness that the gradient reaches at one border; it is 0 at the other.
        noise: Standard deviation of the noise of each pixel.
        seed: Of directions and noise.

    Returns:
        Images `(1797, 8, 8)` and masks of the same shape: 0 for the background, 1 for ink.

    Raises:
        ValueError: If a setting is negative.

    Example:
        >>> data = digit_masks(seed=0)
        >>> data.features.shape, data.labels.shape, data.classes
        ((1797, 8, 8), (1797, 8, 8), ('background', 'ink'))
        >>> round(data.labels.mean().item(), 3)
        0.323
    """
    clutter = _checks.number("clutter", clutter, "0 for none", least=0)
    noise = _checks.number("noise", noise, "0 for none", least=0)
    ink = labelled("digits").features.reshape(-1, 8, 8)
    rng = _checks.rng("seed", seed)
    angle = rng.uniform(0, 2 * np.pi, size=(len(ink), 1, 1))
    rows, columns = np.mgrid[-1:1:8j, -1:1:8j]
    along = (rows * np.cos(angle) + columns * np.sin(angle)) / np.sqrt(2)  # in [−1, 1]
    images = ink + clutter * (1 + along) / 2 + noise * rng.normal(size=ink.shape)
    return Labelled(images, (ink >= 0.5).astype(int), ("background", "ink"))
