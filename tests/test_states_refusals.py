"""What is no state is refused by its name, with what was found and what to do."""

import jax
import numpy as np
import pytest

from qce import quantum
from qce.states import (
    Dense,
    Diagonal,
    Ensemble,
    IsingChain,
    Product,
    Pure,
    Rotated,
    Thermal,
    lanczos_cross_entropy,
    random_density_matrix,
)


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: Pure([1.0, 1.0]), "`ket` must be normalised, but a norm is off by 0.414"),
        (lambda: Pure(np.eye(2)), r"`ket` must have shape \(d,\)"),
        (lambda: Pure([np.nan, 1.0]), "`ket` must be finite"),
        (lambda: Ensemble([1.0, 0.0]), r"`kets` must have shape \(N, d\)"),
        (lambda: Ensemble(np.eye(2), [0.5, 0.6]), "`weights` must sum to 1"),
        (lambda: Ensemble(np.eye(2), [1.0]), r"`weights` must have shape \(2,\)"),
        (lambda: Diagonal([0.5, 0.6]), "`probabilities` must sum to 1"),
        (lambda: Diagonal(np.eye(2)), r"`probabilities` must have shape \(d,\)"),
        (lambda: Rotated([0.5, 0.5], [[1.0, 1.0], [0.0, 1.0]]), "`basis` must be unitary"),
        (lambda: Rotated([0.5, 0.5], np.eye(3)), r"`basis` must have shape \(2, 2\)"),
        (lambda: Dense(np.diag([1.0, 1.0])), "`matrix` must have trace 1"),
        (lambda: Dense([np.eye(2) / 2]), "`matrix` must be one state"),
        (lambda: Product(), "`factors` must hold at least one state"),
        (lambda: Thermal([[0.0, 1.0], [0.0, 0.0]]), "`hamiltonian` must be Hermitian"),
        (lambda: Thermal([1.0, 2.0]), r"`hamiltonian` must have shape \(d, d\)"),
        (lambda: Thermal(np.eye(2), np.inf), "`beta` must be finite"),
        (lambda: IsingChain(0), "`sites` must be an integer >= 1"),
        (lambda: IsingChain(2, J=np.nan), "`J` must be finite"),
        (lambda: random_density_matrix(0), "`d` must be an integer >= 1"),
        (lambda: random_density_matrix(2, rank=3), "`rank` must be an integer from 1 to 2"),
        (lambda: lanczos_cross_entropy([1.0, 0.0], np.eye(3)), r"`model` must have shape \(2, 2\)"),
        (lambda: lanczos_cross_entropy(Diagonal([1.0]), np.eye(1)), "`data` must be kets"),
        (
            lambda: quantum.cross_entropy(Pure([1.0, 0.0]), np.eye(3) / 3),
            "`data` and `model` must have the same dimension, but they have 2 and 3",
        ),
        (
            lambda: quantum.cross_entropy(np.diag([0.5, 0.6]), Diagonal([1.0, 0.0])),
            "`data` must have trace 1",
        ),
        (
            lambda: jax.grad(lambda x: quantum.entropy(Rotated([0.5, 0.5], x)))(np.eye(2)),
            "`basis` must be plain numbers, but it carries a derivative",
        ),
    ],
)
def test_errors_name_what_holds_what_was_found_and_what_to_do(make, message):
    with pytest.raises(ValueError, match=message) as caught:
        make()
    assert "Pass " in str(caught.value)
