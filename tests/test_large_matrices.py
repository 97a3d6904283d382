"""Single large matrices go through one library, and real ones through real arithmetic."""

import numpy as np
import pytest

from qce import data, quantum
from qce._arrays import product
from qce._arrays.algebra import LARGE
from qce._spectral import large, sectors
from qce._spectral.eigen import real_if_real
from qce.states import Thermal

EPS = np.finfo(float).eps


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


@pytest.mark.parametrize("dtype", [np.float32, np.complex64, float, complex])
@pytest.mark.parametrize("d", [64, 101, 256, 300, 520])
def test_the_decompositions_of_large_matrices_are_backward_stable(d, dtype):
    a, b = (_positive(d, dtype, seed) for seed in (0, 1))
    unit = d * np.finfo(dtype).eps * np.linalg.norm(b, 2)
    for decompose in (large.eigh, large.orthonormal):
        values, v = decompose(b)
        assert v.dtype == dtype
        assert np.abs(v.conj().T @ v - np.eye(d)).max() <= 8 * d * np.finfo(dtype).eps
        assert np.abs(b @ v - v * values).max() <= 4 * unit
        assert np.abs(large.eigvalsh(b) - values).max() <= 4 * unit
    found = large.weights(a, v)
    expected = np.einsum("ij,ij->j", v.conj(), a @ v).real
    # Two sums of d terms, each within d ε ‖a‖.
    assert np.abs(found - expected).max() <= 4 * d * np.finfo(dtype).eps * np.linalg.norm(a, 2)


@pytest.mark.parametrize("d", [80, 300])
def test_weights_of_pure_data_are_those_of_its_amplitudes(d):
    v = np.linalg.qr(np.random.default_rng(2).normal(size=(d, d)))[0]
    pure, full = np.outer(v[:, 0], v[:, 0]), _positive(d, float, 3)
    for phase in (1.0, np.exp(1j * np.arange(d))):  # real and complex
        q, basis = np.linalg.eigh(full * np.outer(phase, np.conj(phase)))
        ket = v[:, 0] * phase
        expected = -(np.abs(basis.conj().T @ ket) ** 2) @ np.log(q)
        data, model = pure * np.outer(phase, np.conj(phase)), full * np.outer(phase, np.conj(phase))
        found = quantum.cross_entropy(data, model)
        assert abs(found - expected) <= 8 * d * EPS * abs(np.log(q)).max()


@pytest.mark.parametrize("d", [70, 300, 520])
def test_weights_of_a_diagonal_matrix_are_what_is_written(d):
    """Also 1e-300, which nothing has rounded; beside the identity and in any order of memory."""
    p = np.geomspace(1e-300, 1, d)
    for vectors in (np.eye(d), np.asfortranarray(np.eye(d)[:, ::-1])):
        for dtype in (float, complex):
            found = large.weights(np.diag(p).astype(dtype), vectors.astype(dtype))
            assert (found == np.diagonal(vectors.T @ np.diag(p) @ vectors)).all()


@pytest.mark.parametrize("d", [64, 256, 520])
def test_weights_are_taken_of_matrices_and_vectors_of_any_precision_together(d):
    a, b = _positive(d, np.float32, 0), _positive(d, complex, 1)
    v = np.linalg.eigh(b)[1]
    found = large.weights(a, v)
    expected = np.einsum("ij,ij->j", v.conj(), a.astype(float) @ v).real
    assert found.dtype == float
    assert np.abs(found - expected).max() <= 4 * d * EPS * np.linalg.norm(a, 2)


def test_of_a_matrix_that_is_not_hermitian_the_hermitian_part_counts_in_every_dimension():
    for d in (5, 70, 260, 520):
        rho, sigma = (_positive(d, complex, seed) for seed in (4, 5))
        skew = 1e-3 * np.triu(rho, 1) - 1e-3 * np.triu(rho, 1).conj().T
        turned = quantum.relative_entropy(rho + skew, sigma - skew, check=False)
        assert turned == pytest.approx(quantum.relative_entropy(rho, sigma), rel=1e-12)


def _positive(d, dtype, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d))
    x = x if np.dtype(dtype).kind == "c" else x.real
    x = x @ x.conj().T
    return (x / np.trace(x).real).astype(dtype)


def _conserving(n):
    """A chain of n spins that conserves their sum: XX + YY + ZZ/2, in a field of its own."""
    h = np.zeros((2**n, 2**n))
    for i in range(2**n):
        for k in range(n - 1):
            up, down = i >> k & 1, i >> (k + 1) & 1
            h[i, i] += 0.5 * (1 if up == down else -1) + 0.3 * up * (k + 1)
            if up != down:
                h[i ^ (3 << k), i] += 2.0
    return h


SECTORS = {
    "parity": lambda: np.asarray(data.transverse_field_ising(7).matrix(wire_order=range(7))),
    "charge": lambda: _conserving(7),
    "complex charge": lambda: _phased(_conserving(7)),
    "odd and centred": lambda: _centred(131),
    "none": lambda: _positive(90, complex, 6),
    "all alone": lambda: np.diag(np.arange(70.0)[::-1]),
}


def _phased(h):
    phase = np.exp(1j * np.arange(len(h)))
    return phase[:, None] * h * phase.conj()


def _centred(d):
    x = _positive(d, complex, 7)
    return x + x[::-1, ::-1]


@pytest.mark.parametrize("kind", SECTORS)
def test_the_sectors_of_a_hamiltonian_make_its_whole_spectrum(kind):
    h = SECTORS[kind]()
    energies, v = sectors.eigh(h)
    d, size = len(h), np.linalg.norm(h, 2)
    assert (np.diff(energies) >= 0).all()
    assert np.abs(energies - np.linalg.eigvalsh(h)).max() <= 4 * d * EPS * size
    assert np.abs(v.conj().T @ v - np.eye(d)).max() <= 8 * d * EPS
    assert np.abs(h @ v - v * energies).max() <= 4 * d * EPS * size


@pytest.mark.parametrize(("kind", "largest"), [("parity", 64), ("charge", 35), ("none", 90)])
def test_no_more_than_the_largest_sector_is_diagonalised(kind, largest, monkeypatch):
    sizes = []
    for module, name in ((large, "orthonormal"), (np.linalg, "eigh")):
        original = getattr(module, name)
        monkeypatch.setattr(
            module, name, lambda h, original=original: sizes.append(len(h)) or original(h)
        )
    h = SECTORS[kind]()
    state = Thermal(h, 0.7)
    value = quantum.entropy(state)
    assert max(sizes) == largest
    assert np.abs(data.gibbs_state(h, 0.7) - state.dense()).max() <= 8 * len(h) * EPS
    energies = np.linalg.eigvalsh(h)
    p = np.exp(-0.7 * (energies - energies[0]))
    p /= p.sum()
    assert value == pytest.approx(-p @ np.log(p), abs=8 * len(h) * EPS * 0.7 * np.ptp(energies))
