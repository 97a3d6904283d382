"""Rényi divergences of models whose small eigenvalues are written down."""

import math

import jax.numpy as jnp
import mpmath as mp
import numpy as np
import oracles
import pytest
import torch
from oracles import EPS, random_basis, state, to_complex128
from test_reverse_test import DATA

from qce import classical, quantum
from qce.quantum import petz_renyi_divergence as petz
from qce.quantum import sandwiched_renyi_divergence as sandwiched
from qce.states import Dense, Diagonal, Product, Pure, Rotated, Thermal

ORDERS = (0, 0.3, 0.5, 0.9, 1.5, 2, 10, math.inf)
DIGITS = 1000  # √ρ σ^{2s} √ρ spans 700 decades at α = 0.3
FAMILIES = pytest.mark.parametrize("family", [sandwiched, petz], ids=["sandwiched", "petz"])


def overlaps(rho, sigma):
    return mp.workdps(oracles.DIGITS)(lambda: rho.basis.transpose_conj() * sigma.basis)()


def sandwiched_witness(alpha, rho, sigma):
    """By mpmath's eigenvalues of √ρ σ^{2s} √ρ; a generic basis of the data makes the limit α → 0.

    There as many of the largest q count as ρ has rank.
    """
    o = overlaps(rho, sigma)
    with mp.workdps(DIGITS):
        p = [(i, mp.sqrt(x)) for i, x in enumerate(rho.spectrum) if x > 0]
        q = [(j, x) for j, x in enumerate(sigma.spectrum) if x > 0]
        if alpha == 0:
            return float(-mp.log(mp.fsum(sorted(x for _, x in q)[-len(p) :])))
        alpha = mp.mpf(alpha)
        q = [(j, x ** (-1 if alpha == mp.inf else 1 / alpha - 1)) for j, x in q]
        matrix = mp.matrix(len(p), len(p))
        for a, (i, x) in enumerate(p):
            for b, (k, y) in enumerate(p):
                matrix[a, b] = x * y * mp.fsum(o[i, j] * mp.conj(o[k, j]) * z for j, z in q)
        m = mp.eighe((matrix + matrix.transpose_conj()) / 2, eigvals_only=True)
        if alpha == mp.inf:
            return float(mp.log(max(m)))
        return float(mp.log(mp.fsum(x**alpha for x in m if x > 0)) / (alpha - 1))


def petz_witness(alpha, rho, sigma):
    """Tr ρ^α σ^{1−α} by overlaps; those of exact zeros are 1e-60 and below."""
    o = overlaps(rho, sigma)
    with mp.workdps(oracles.DIGITS):
        alpha = mp.mpf(alpha)
        pairs = [
            (abs(o[i, j]) ** 2, x, y)
            for i, x in enumerate(rho.spectrum)
            for j, y in enumerate(sigma.spectrum)
            if x > 0 and y > 0 and abs(o[i, j]) > mp.mpf(10) ** -40
        ]
        if alpha == mp.inf:
            return float(max(mp.log(x / y) for _, x, y in pairs))
        total = mp.fsum(w * x**alpha * y ** (1 - alpha) for w, x, y in pairs)
        return float(mp.log(total) / (alpha - 1))


WITNESS = {sandwiched: sandwiched_witness, petz: petz_witness}


def rotated(exact):
    return Rotated([float(x) for x in exact.spectrum], to_complex128(exact.basis))


@pytest.mark.parametrize("spectrum", [("0.5", "0.3", "rest", 1), ("0.5", "rest", 1, 1)])
@pytest.mark.parametrize("small", ["1e-10", "1e-120", "1e-300"])
@pytest.mark.parametrize("basis", [None, 12])
@FAMILIES
def test_small_eigenvalues_of_a_written_model_are_exact(family, basis, small, spectrum):
    """Amplitudes carry 4·ε·d; exponents log q, hundreds, ε of themselves."""
    sigma = state([small if x == 1 else x for x in spectrum], basis)
    model = rotated(sigma) if basis else Diagonal([float(x) for x in sigma.spectrum])
    for name, p in DATA.items():
        rho = state(p, 11)
        for alpha in ORDERS:
            expected = WITNESS[family](alpha, rho, sigma)
            value = family(rotated(rho), model, alpha)
            assert abs(value - expected) <= 16 * EPS * (1 + expected), (name, alpha)
            if name != "a small eigenvalue":  # dense data know p to ε, and p^α to ε α p^{α−1}
                assert abs(family(rho.array, model, alpha) - value) <= 64 * EPS * (1 + expected)


def test_the_end_points_have_names():
    rho, sigma = state((0.75, 0.25, 0), 3), state(("0.5", "rest", "1e-200"), 5)
    expected = sandwiched_witness(math.inf, rho, sigma), petz_witness(0, rho, sigma)
    names = quantum.max_relative_entropy, quantum.min_relative_entropy
    for name, value in zip(names, expected, strict=True):
        assert abs(name(rho.array, rotated(sigma)) - value) <= 16 * EPS * (1 + value)


@FAMILIES
def test_where_arrays_are_right_they_agree(family):
    """Dense eigenvalues q >= 0.1 carry ε·d/q; powers 1 − α of it are divided by α − 1."""
    rho, sigma = state((0.4, 0.3, 0.2, 0.1), 11), state((0.1, 0.2, 0.3, 0.4), 12)
    for alpha in (*ORDERS, 1 - 1e-9, 1 + 1e-9):
        dense = family(rho.array, sigma.array, alpha)
        for data in (rho.array, rotated(rho), jnp.asarray(rho.array), torch.as_tensor(rho.array)):
            assert abs(family(data, rotated(sigma), alpha) - dense) <= 4 * 4 * EPS * 4 / 0.1
        assert family(rotated(rho), sigma.array, alpha) == pytest.approx(dense, rel=1e-13)


@pytest.mark.parametrize("alpha", [1 - 1e-9, 1 + 1e-9])
@FAMILIES
def test_continuous_through_one_where_eigenvalues_are_small(family, alpha):
    rho, sigma = state((0.4, 0.3, 0.2, 0.1), 11), state(("0.5", "0.3", "rest", "1e-300"), 12)
    expected = WITNESS[family](alpha, rho, sigma)
    assert abs(family(rotated(rho), rotated(sigma), alpha) - expected) <= 16 * EPS * (1 + expected)


@pytest.mark.parametrize("distance", [1e-3, 1e-6])
@pytest.mark.parametrize("alpha", [0.5, 0.9, 1.5, 2, 10, math.inf])
@FAMILIES
def test_close_states_are_relatively_accurate(family, alpha, distance):
    """Log m carries a few ε·d, relative to itself ε/distance, and the value is its square."""
    rho = state((0.4, 0.3, 0.2, 0.1), 11)
    with mp.workdps(oracles.DIGITS):
        steps = zip(rho.spectrum, (1, -1, 0.5, -0.5), strict=True)
        sigma = oracles.ExactState(tuple(p + distance * v for p, v in steps), rho.basis)
    expected = WITNESS[family](alpha, rho, sigma)
    value = family(rho.array, rotated(sigma), alpha)
    assert abs(value - expected) <= 2 * 16 * EPS * 4 / (0.1 * distance) * expected
    assert 0 <= family(rotated(rho), rotated(rho), alpha) <= 16 * EPS * 4


@pytest.mark.parametrize("alpha", ORDERS)
@FAMILIES
def test_logarithms_beyond_floating_point(family, alpha):
    """σ = e^{−βH}/Z with β = 10⁴ against I/d, which commute: log Σ d^{−α} q^{1−α}/(α−1)."""
    log_q = -1e4 * np.array([0.0, 0.5, 1.0, 2.0])
    if alpha == math.inf:
        expected = -np.log(4) + 2e4
    else:
        expected = (np.logaddexp.reduce((1 - alpha) * log_q) - alpha * np.log(4)) / (alpha - 1)
    value = family(np.eye(4) / 4, Thermal(np.diag([0.0, 0.5, 1.0, 2.0]), 1e4), alpha)
    assert abs(value - expected) <= 16 * EPS * (1 + expected)


@pytest.mark.parametrize("alpha", [0.3, 0.5, 2, math.inf])
@FAMILIES
def test_products_add_and_a_million_levels_commute(family, alpha):
    pair = np.diag([0.75, 0.25]), state((0.625, 0.375), 5).array
    # One factor as a product: beside another `Dense` a `Dense` is its matrix, rounded elsewhere.
    one, many = (family(*(Product(*[Dense(x)] * n) for x in pair), alpha) for n in (1, 40))
    assert abs(many - 40 * one) <= 64 * EPS * 40 * one
    p = np.full(10**6, 1e-6)
    q = np.where(np.arange(10**6) < 5 * 10**5, 1.5e-6, 0.5e-6)
    expected = classical.renyi_divergence(p, q, alpha)
    assert family(Diagonal(p), Diagonal(q), alpha) == expected > 0.01


@FAMILIES
def test_pure_data_that_commute_meet_no_small_eigenvalue(family):
    """Rounding makes amplitudes ε, and 1e-32/1e-300 would be infinite for all that counts."""
    v = to_complex128(random_basis(4, 2))
    model = Rotated([0.5, 0.3, 0.2, 1e-300], v)
    for alpha in ORDERS:
        for data in (Pure(v[:, 0]), np.outer(v[:, 0], v[:, 0].conj())):
            assert abs(family(data, model, alpha) - np.log(2)) <= 16 * EPS * 4


@FAMILIES
def test_batches_bases_and_supports(family):
    u = to_complex128(random_basis(3, 2))
    model = Rotated([0.75, 0.25, 0.0], u)
    inside, outside, beyond = (
        (u * np.array(p)) @ u.conj().T for p in ([0.25, 0.75, 0], [0.5, 0, 0.5], [0, 0, 1])
    )
    batch = np.array([[inside, outside, beyond]] * 2)
    for alpha in ORDERS:
        values = family(batch, model, alpha)
        assert values.shape == (2, 3)
        classical_values = [
            classical.renyi_divergence(p, [0.75, 0.25, 0.0], alpha)
            for p in ([0.25, 0.75, 0], [0.5, 0, 0.5], [0, 0, 1])
        ]
        assert np.allclose(values, classical_values, rtol=1e-13, atol=0)
        bits = family(inside, model, alpha, base=2)
        assert abs(bits * np.log(2) - values[0, 0]) <= 4 * EPS * bits
        with pytest.raises(ValueError, match="Argument `model` must contain the data"):
            family(beyond, model, alpha, support="raise")
        with pytest.raises(ValueError, match="same dimension"):
            family(np.eye(2) / 2, model, alpha)
        with pytest.raises(ValueError, match="Argument `data` must be plain numbers"):
            family(torch.tensor(inside, requires_grad=True), model, alpha)
