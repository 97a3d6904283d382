"""Single large matrices go through one library, and real ones through real arithmetic."""

import numpy as np
import pytest

from qce import data, quantum
from qce._spectral.eigen import LARGE, product, real_if_real
from qce.states import Thermal


@pytest.mark.parametrize("turn", ["plain", "transposed", "adjoint", "strided"])
def test_a_large_product_is_that_of_numpy_in_every_order_of_memory(turn):
    rng = np.random.default_rng(0)
    d = LARGE + 3
    views = {
        "plain": lambda x: x,
        "transposed": lambda x: x.T,
        "adjoint": lambda x: x.conj().T,
        "strided": lambda x: x[::-1],
    }
    a = views[turn](rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d)))
    for b in (rng.normal(size=(d, d)), a, a.T, a.astype(np.complex64)):
        # Each entry is a sum of d products, each bounded by the sum of their sizes.
        bound = 4 * d * np.finfo(b.real.dtype).eps * (np.abs(a) @ np.abs(b))
        assert (np.abs(product(np, a, b) - a @ b) <= bound).all()


def test_a_large_matrix_with_a_negative_eigenvalue_is_refused():
    p = np.full(LARGE, 1.0 / (LARGE - 1))
    p[-1] = 0.0
    quantum.entropy(np.diag(p))
    p[0] += 1e-3
    p[-1] = -1e-3
    with pytest.raises(ValueError, match="least eigenvalue is -0.001"):
        quantum.entropy(np.diag(p))


def test_a_real_hamiltonian_is_diagonalised_as_real():
    h = np.asarray(data.transverse_field_ising(3).matrix(wire_order=[0, 1, 2]), dtype=complex)
    assert real_if_real(h).dtype == float
    assert real_if_real(h + 1j * np.eye(8, k=1)).dtype == complex
    assert Thermal(h).known().basis.dtype == float
    real, whole = data.gibbs_state(h.real), data.gibbs_state(h)
    assert whole.dtype == complex
    assert np.abs(real - whole).max() <= 8 * 8 * np.finfo(float).eps
