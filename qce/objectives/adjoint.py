"""Slopes of mean costs in one pass back, whatever the number of parameters: on simulators.

By the adjoint method, or through everything that a device computed, where it can be differentiated.

For any loss of the probabilities p(x) the gradient is that of the mean of the diagonal observable
∂L/∂p, held fixed: −p̂/p for a likelihood. A table of the slopes of 2^n probabilities is never made.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pennylane as qml
from scipy.sparse import csr_matrix

from qce.typing import Array


def traced(
    device: Any, tape: Callable[[Array], Any], params: np.ndarray
) -> tuple[np.ndarray, Callable[[np.ndarray], np.ndarray]]:
    """Return exact probabilities and the map `c ↦ Σ_x c_x ∂p(x)/∂params`, by backpropagation.

    Args:
        device: PennyLane device that can be differentiated.
        tape: returns the circuit that measures them.
        params: shape `(P,)`.
    """
    from autograd.core import make_vjp

    def distribution(params: Array) -> Array:
        options = {"diff_method": "backprop", "interface": "autograd"}
        (found,) = qml.execute([tape(params)], device, **options)
        return found

    pull, found = make_vjp(distribution, qml.numpy.array(params, dtype=float, requires_grad=True))
    return np.asarray(found, dtype=float), lambda cost: np.asarray(pull(cost))


def slope(
    device: Any, queue: Callable[[Array], None], params: np.ndarray, cost: np.ndarray
) -> np.ndarray:
    """Return Σ_x c_x ∂p(x)/∂params, exactly.

    Args:
        device: PennyLane device with adjoint derivatives.
        queue: queues the circuit.
        params: shape `(P,)`.
        cost: c, shape `(2^n,)`; only what is not 0 is stored.

    Returns:
        Shape `(P,)`.

    Source: T. Jones and J. Gacon, arXiv:2009.02823.
    """
    # A constant adds nothing to the slope; without any entry there would be no observable.
    if params.size == 0 or not cost.any():
        return np.zeros(params.shape)
    (seen,) = np.nonzero(cost)
    diagonal = csr_matrix((cost[seen], (seen, seen)), shape=(len(cost), len(cost)))
    observable = qml.SparseHamiltonian(diagonal, wires=range(len(cost).bit_length() - 1))

    @qml.qnode(device, interface="autograd", diff_method="adjoint")
    def mean(params: Array) -> Any:
        queue(params)
        return qml.expval(observable)

    return np.asarray(qml.grad(mean)(qml.numpy.array(params, dtype=float, requires_grad=True)))
