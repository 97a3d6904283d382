"""Labels and predictions of every kind, drawn once, for the tests of losses of predictions."""

import numpy as np
from oracles import EPS

RNG = np.random.default_rng(20)
N, K = 7, 4
NUMBERS = RNG.integers(0, K, size=N)
NUMBERS[:K] = np.arange(K)  # no class is empty
SOFT = RNG.dirichlet(np.ones(K), size=N)
LOGITS = RNG.normal(size=(N, K)) * 2
PROBABILITIES = np.exp(LOGITS) / np.exp(LOGITS).sum(axis=-1, keepdims=True)
BITS, BINARY_LOGITS = RNG.integers(0, 2, size=N) * 1.0, RNG.normal(size=N) * 2
SHARES, BINARY = RNG.uniform(size=N), 1 / (1 + np.exp(-BINARY_LOGITS))
SIGNS, SCORES = 2 * BITS - 1, RNG.normal(size=N) * 2
COUNTS, RATES = RNG.poisson(3, size=N) * 1.0, RNG.uniform(0.5, 5, size=N)
TARGETS, MEANS, WIDTHS = RNG.normal(size=N), RNG.normal(size=N), RNG.uniform(0.5, 2, size=N)
CLASS_WEIGHTS = np.array([0.5, 2.0, 1.0, 3.0])
WEIGHTS = RNG.integers(0, 4, size=N) * 1.0
ONE_HOT = np.eye(K)[NUMBERS]
CLASS_SCORES = LOGITS + 2 * ONE_HOT  # some right, some by less than 1, some wrong

# A loss of order one is the sum of fewer than ten rounded terms, each with a handful of roundings
# on either side.
LIMIT = 100 * EPS
