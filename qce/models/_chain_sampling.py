"""Exact draws from a purified chain: each bit given those on its left, the rest traced out."""

from __future__ import annotations

import numpy as np

_NUMBERS = 2**22  # in messages at a time; more rows are drawn in parts


def draw(steps: np.ndarray, letters: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return outcomes, integers 0 or 1, shape `(rows, n)`.

    Args:
        steps: real steps along the chain for each of the six effects, shape `(n, 6, D², D²)`.
        letters: how each wire is measured, 0, 1, 2 for X, Y, Z, shape `(rows, n)`.
        rng: of the draws.
    """
    part = max(1, _NUMBERS // (6 * steps.shape[-1]))
    after = _right(steps)
    parts = range(0, len(letters), part)
    return np.concatenate([_rows(steps, after, letters[k : k + part], rng) for k in parts])


def _right(steps: np.ndarray) -> list[np.ndarray]:
    """What is to the right of each wire when all of it is traced out, up to a factor."""
    found = [np.ones(steps.shape[-1])]
    for step in steps[:0:-1]:
        found.append(_scaled(found[-1] @ (step[4] + step[5])))
    return found[::-1]


def _rows(
    steps: np.ndarray, after: list[np.ndarray], letters: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    rows, n = letters.shape
    index = np.arange(rows)
    left = np.zeros((steps.shape[-1], rows))
    left[0] = 1
    bits = np.empty((rows, n), dtype=int)
    for wire in range(n):
        moved = np.einsum("eij,jr->eir", steps[wire], left, optimize=True)
        zero, one = (moved[2 * letters[:, wire] + bit, :, index].T for bit in (0, 1))
        weights = np.maximum([after[wire] @ zero, after[wire] @ one], 0.0)  # below 0 is rounding
        bits[:, wire] = found = rng.random(rows) * weights.sum(axis=0) >= weights[0]
        left = _scaled(np.where(found, one, zero))
    return bits


def _scaled(x: np.ndarray) -> np.ndarray:
    """The same with largest entry 1 in each column."""
    largest = np.abs(x).max(axis=0)
    return x / np.where(largest > 0, largest, 1)
