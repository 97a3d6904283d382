"""Stacks of 2×2 matrices in closed form: as right as LAPACK, by the same rules."""

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import EPS
from strategies import KINDS, random_spectrum, random_unitary, seeds, theorem

from qce import quantum
from qce._spectral import qubit

STACK = 2 * qubit.STACK


def stack(rng, kinds):
    """States of every kind of spectrum in random bases, and diagonal ones."""
    out = np.empty((STACK, 2, 2), dtype=complex)
    for i in range(STACK):
        p = random_spectrum(rng, 2, kinds[i % len(kinds)])
        v = np.eye(2) if i % 5 == 0 else random_unitary(rng, 2)
        rho = (v * p) @ v.conj().T
        out[i] = (rho + rho.conj().T) / 2
    return out


@theorem
@given(seeds, st.sampled_from(KINDS), st.booleans())
def test_eigenvalues_and_eigenvectors(seed, kind, real):
    """To 4 ε of the largest eigenvalue, like a backward stable decomposition of dimension 2."""
    a = stack(np.random.default_rng(seed), (kind,))
    a = a.real.copy() if real else a
    values, vectors = qubit.decompose(a)
    assert (values[..., 0] <= values[..., 1]).all() and vectors.dtype == a.dtype
    np.testing.assert_array_equal(values, qubit.eigenvalues(a))
    np.testing.assert_allclose(values, np.linalg.eigvalsh(a), atol=4 * EPS)
    np.testing.assert_allclose(a @ vectors, vectors * values[..., None, :], atol=8 * EPS)
    unit = np.conj(np.swapaxes(vectors, -1, -2)) @ vectors
    np.testing.assert_allclose(unit, np.broadcast_to(np.eye(2), unit.shape), atol=8 * EPS)


def test_matrices_of_either_sign():
    rng = np.random.default_rng(1)
    a = rng.normal(size=(STACK, 2, 2)) + 1j * rng.normal(size=(STACK, 2, 2))
    a = (a + np.conj(np.swapaxes(a, -1, -2))) / 2
    a[0], a[1] = 0.0, -np.eye(2)
    np.testing.assert_allclose(qubit.eigenvalues(a), np.linalg.eigvalsh(a), atol=16 * EPS)


@mp.workdps(700)
def exact_least(a, b, c):
    a, b, c = mp.mpf(a), mp.mpf(b), mp.mpf(c)
    return float((a + b) / 2 - mp.sqrt(((a - b) / 2) ** 2 + c**2))


@pytest.mark.parametrize("entries", [(1.0, 1e-20, 1e-12), (1e-30, 0.7, 1e-18), (1.0, 1e-300, 0.0)])
def test_a_graded_matrix_keeps_its_small_eigenvalue(entries):
    """Four operations, none of which cancels: 4 ε of the small eigenvalue itself."""
    a, b, c = entries
    matrices = np.broadcast_to([[a, c], [c, b]], (STACK, 2, 2))
    assert -qubit.eigenvalues(-matrices)[0, 1] == pytest.approx(
        exact_least(a, b, c), rel=4 * EPS, abs=0
    )
    assert qubit.eigenvalues(matrices)[0, 0] == pytest.approx(
        exact_least(a, b, c), rel=4 * EPS, abs=0
    )


@theorem
@given(seeds, st.permutations(KINDS), st.permutations(KINDS))
def test_values_of_stacks_are_those_of_single_pairs(seed, first, second):
    """The support rule included: infinite where a single pair is.

    Both are backward stable, and log q moves by at most 1 for an error of q in q: where 1/q is
    large that is what the pair allows, 16 ε times the ratio of the eigenvalues of the model.
    """
    rng = np.random.default_rng(seed)
    rho, sigma = stack(rng, first), stack(rng, second)
    q = np.linalg.eigvalsh(sigma)
    support = np.where(q > 16 * EPS, q, 1.0).min(axis=-1)
    for quantity in (quantum.cross_entropy, quantum.relative_entropy):
        value = quantity(rho, sigma, check=False)
        single = np.array([quantity(*pair, check=False) for pair in zip(rho, sigma, strict=True)])
        np.testing.assert_array_equal(np.isinf(value), np.isinf(single))
        finite = np.isfinite(single)
        error = np.abs(value[finite] - single[finite])
        # To this comes what eigenvalues of the data near 0 move −p ln p by.
        assert (error <= 16 * EPS * (40 + 1 / support[finite])).all()


@pytest.mark.parametrize("shapes", [((5, 4000), (4000,)), ((9001,), ()), ((), (20000,))])
def test_large_stacks_broadcast_and_are_cut_into_blocks(shapes):
    rng = np.random.default_rng(7)
    rho, sigma = (np.resize(stack(rng, ("generic",)), (*shape, 2, 2)) for shape in shapes)
    for quantity in (quantum.cross_entropy, quantum.relative_entropy):
        value = quantity(rho, sigma, check=False)
        assert value.shape == np.broadcast_shapes(*shapes)
        pairs = zip(*(np.broadcast_to(x, (*value.shape, 2, 2)).reshape(-1, 2, 2)[::997]
                      for x in (rho, sigma)), strict=True)  # fmt: skip
        single = [quantity(*pair, check=False) for pair in pairs]
        q = np.linalg.eigvalsh(sigma).min()
        np.testing.assert_allclose(value.ravel()[::997], single, atol=16 * EPS * (40 + 1 / q))


def test_single_precision_stays():
    a = stack(np.random.default_rng(2), ("generic",)).astype(np.complex64)
    values, vectors = qubit.decompose(a)
    assert values.dtype == np.float32 and vectors.dtype == np.complex64
    assert quantum.cross_entropy(a, a).dtype == np.float32


@pytest.mark.parametrize("shape", [(), (STACK,)])
def test_only_what_is_written_diagonal_is_free_of_rounding(shape):
    """The classical rule for diagonal pairs; else a weight of rounding's size is rounding."""

    def many(matrix):
        return np.broadcast_to(matrix, (*shape, 2, 2)).astype(float)

    pure, turned = many([[1, 0], [0, 0]]), many([[1, 1e-17], [1e-17, 0]])
    assert (quantum.cross_entropy(many([[1, 0], [0, 1e-40]]), pure) == np.inf).all()
    assert (quantum.cross_entropy(pure, turned) <= 4 * EPS).all()
