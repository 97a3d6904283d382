"""Pairs of qubits of the reference runs, and products of many copies."""

import math

import numpy as np

from qce.coding import Source


def bloch(x, y, z):
    return np.array([[1 + z, x - 1j * y], [x + 1j * y, 1 - z]]) / 2


# The pair of the reference run: data on the axis, model of length 0.6 tilted by half a radian.
RHO = bloch(0, 0, 0.9)
SIGMA = bloch(0.6 * math.sin(0.5), 0, 0.6 * math.cos(0.5))
WRONG = Source.schumacher(RHO, SIGMA)
P1 = bloch(0, 0, 0.9), bloch(0.5, 0, 0)


def strings(x, n):
    """The n-fold product of a matrix or of a vector."""
    out = np.asarray(x)
    for _ in range(n - 1):
        out = np.kron(out, x)
    return out
