"""Every loss that reduces over samples, with arguments of five samples, and all its settings."""

import inspect

import numpy as np

from qce import losses
from qce.states import random_density_matrix

RNG = np.random.default_rng(14)
N, K = 5, 3
NUMBERS = np.array([0, 1, 2, 0, 1])
LOGITS = RNG.normal(size=(N, K))
Q, P = (RNG.dirichlet(np.ones(K), size=N) for _ in "12")
SHARES = RNG.uniform(0.1, 0.9, size=(N, 2))
BITS = np.array([0.0, 1.0, 1.0, 0.0, 1.0])
SIGNS = 2 * BITS - 1
X, Y = RNG.normal(size=N), RNG.normal(size=N)
EMBEDDED, PARTNERS, FARTHER = RNG.normal(size=(3, N, 4))
STATES, MORE, THIRD = (
    np.array([random_density_matrix(K, seed=10 * k + j) for j in range(N)]) for k in range(3)
)
MAPS = RNG.uniform(0.05, 0.95, size=(2, N, 6))
CHOICES = np.moveaxis(RNG.dirichlet(np.ones(K), size=(N, 6)), -1, 1)
PIXELS = RNG.integers(0, K, size=(N, 6))
PIXELS[:, :K] = np.arange(K)

# name in full: (arguments with five samples each, keywords)
CASES = {
    "softmax_cross_entropy": ((NUMBERS, LOGITS), {}),
    "cross_entropy": ((NUMBERS, Q), {}),
    "kl_divergence": ((P, Q), {}),
    "jensen_shannon_divergence": ((P, Q), {}),
    "softmax_focal_loss": ((NUMBERS, LOGITS), {}),
    "focal_loss": ((P, Q), {}),
    "categorical_nll": ((NUMBERS,), {"probabilities": Q}),
    "sigmoid_binary_cross_entropy": ((SHARES[:, 0], LOGITS[:, 0]), {}),
    "binary_cross_entropy": ((SHARES[:, 0], SHARES[:, 1]), {}),
    "sigmoid_focal_loss": ((SHARES[:, 0], LOGITS[:, 0]), {}),
    "binary_focal_loss": ((SHARES[:, 0], SHARES[:, 1]), {}),
    "bernoulli_nll": ((BITS,), {"probabilities": SHARES[:, 0]}),
    "squared_error": ((X, Y), {}),
    "absolute_error": ((X, Y), {}),
    "huber_loss": ((X, Y), {}),
    "gaussian_nll": ((X, Y, SHARES[:, 0]), {}),
    "laplace_nll": ((X, Y, SHARES[:, 0]), {}),
    "poisson_nll": ((NUMBERS * 1.0, SHARES[:, 0]), {}),
    "hinge_loss": ((SIGNS, X), {}),
    "squared_hinge_loss": ((SIGNS, X), {}),
    "perceptron_loss": ((SIGNS, X), {}),
    "logistic_loss": ((SIGNS, X), {}),
    "exponential_loss": ((SIGNS, X), {}),
    "multiclass_hinge_loss": ((NUMBERS, LOGITS), {}),
    "dice_loss": (tuple(MAPS), {"axis": -1}),
    "jaccard_loss": (tuple(MAPS), {"axis": -1}),
    "tversky_loss": (tuple(MAPS), {"axis": -1}),
    "focal_tversky_loss": (tuple(MAPS), {"axis": -1}),
    "lovasz_softmax_loss": ((PIXELS, CHOICES), {"class_axis": 1, "axis": -1}),
    "contrastive_loss": ((BITS, EMBEDDED, PARTNERS), {"margin": 9.0}),
    "triplet_loss": ((EMBEDDED, PARTNERS, FARTHER), {"margin": 9.0}),
    "info_nce_loss": ((EMBEDDED, PARTNERS), {}),
    "nt_xent_loss": ((EMBEDDED, PARTNERS), {}),
    "supervised_contrastive_loss": ((NUMBERS % 2, EMBEDDED), {}),
}
TWINS = {
    "weighted_cross_entropy": (("one", "two"), {"class_weights": [3.0, 1.0]}),
    "balanced_cross_entropy": (("one", "two"), {"power": 0.5}),
    "focal_cross_entropy": (("one", "two"), {}),
    "fidelity_dice_loss": (("one", "two"), {}),
    "fidelity_jaccard_loss": (("one", "two"), {}),
    "fidelity_tversky_loss": (("one", "two"), {}),
    "fidelity_focal_tversky_loss": (("one", "two"), {}),
    "contrastive_loss": ((BITS, "one", "two"), {}),
    "triplet_loss": (("one", "two", "three"), {}),
    "info_nce_loss": (("one", "two"), {}),
    "nt_xent_loss": (("one", "two"), {}),
    "supervised_contrastive_loss": ((NUMBERS % 2, "one"), {}),
}
_POINTS = {
    "classical": {"one": P, "two": Q, "three": P[::-1].copy()},
    "quantum": {"one": STATES, "two": MORE, "three": THIRD},
}


def _twin(kind, name):
    arguments, words = TWINS[name]
    return tuple(_POINTS[kind][x] if isinstance(x, str) else x for x in arguments), words


def every_loss():
    """{name in full: (function, arguments, keywords)}."""
    cases = {name: (getattr(losses, name), *case) for name, case in CASES.items()}
    for kind in ("classical", "quantum"):
        module = getattr(losses, kind)
        cases |= {f"{kind}.{n}": (getattr(module, n), *_twin(kind, n)) for n in module.__all__}
    for name, case in cases.items():
        if name.endswith("weighted_cross_entropy"):
            function, (data, model), words = case
            cases[name] = _weighted(function), (data, model), words
    return cases


def _weighted(function):
    """With the states of both classes as one argument of samples."""

    def loss(data, model, *, class_weights, **words):
        return function([data, model], model, class_weights, **words)

    loss.__signature__ = inspect.signature(function)
    return loss
