"""Cross entropies by Lanczos: brackets that hold and close, and when `eigh` takes over."""

import math

import numpy as np
import pytest
import scipy.linalg
import scipy.sparse
import scipy.sparse.linalg
from oracles import EPS
from strategies import Spectral, ket, random_unitary

from qce import quantum
from qce.states import Bracket, Ensemble, Pure, lanczos_cross_entropy


def model_of_condition(rng, d, condition):
    q = np.exp(rng.uniform(0, math.log(condition), d))
    q, u = q / q.sum(), random_unitary(rng, d)
    return q, u, Spectral(q, u).matrix


@pytest.mark.parametrize("condition", [2, 20, 2000])
def test_the_bracket_holds_the_value_and_closes(condition):
    rng = np.random.default_rng(11)
    q, u, sigma = model_of_condition(rng, 200, condition)
    psi = ket(rng, 200)
    exact = -(np.abs(u.conj().T @ psi) ** 2) @ np.log(q)
    widths = []
    for steps in (8, 16, 200):
        found = lanczos_cross_entropy(psi, sigma, steps=steps)
        assert isinstance(found, Bracket) and found.steps <= steps
        assert found.lower <= exact <= found.upper
        widths.append(found.error)
    # Rounding, ε √d λ_max ⟨1/σ⟩, is what is left.
    assert widths[2] <= 4 * EPS * math.sqrt(200) * (1 + exact + condition)
    assert widths[0] >= widths[1] >= widths[2]


def test_any_operator_with_a_product_will_do():
    rng = np.random.default_rng(12)
    q = rng.uniform(1, 3, 300)
    q /= q.sum()
    data = Ensemble(np.array([ket(rng, 300) for _ in range(2)]), weights=[0.25, 0.75])
    exact = -(data.weights @ np.abs(data.kets) ** 2) @ np.log(q)
    sparse = scipy.sparse.diags_array(q).tocsr()
    for model in (sparse, scipy.sparse.linalg.aslinearoperator(sparse), np.diag(q)):
        found = lanczos_cross_entropy(data, model, least=q.min())
        assert found.lower <= exact <= found.upper and found.error <= 1e-13
    assert lanczos_cross_entropy(data, np.diag(np.r_[0.0, q[1:]])).upper == np.inf


def test_a_value_that_rounding_dominates_is_left_to_eigh():
    """One eigenvalue 3e-12 of the others: bounds meet at once, at 1e-5 of rounding."""
    rng = np.random.default_rng(14)
    q, u = np.r_[3e-12, np.ones(519)] / 519, random_unitary(rng, 520)
    sigma, psi = Spectral(q, u).matrix, Pure(ket(rng, 520))
    found = lanczos_cross_entropy(psi, sigma)
    exact = -(np.abs(u.conj().T @ psi.ket) ** 2) @ np.log(q)
    assert found.steps <= 16 and 1e-9 < found.error and found.lower <= exact <= found.upper
    assert quantum.cross_entropy(psi, sigma) == quantum.cross_entropy(psi.dense(), sigma)


def test_a_large_model_is_met_by_lanczos_and_else_by_eigh(monkeypatch):
    rng = np.random.default_rng(13)
    q, u, sigma = model_of_condition(rng, 520, 5)
    psi = Pure(ket(rng, 520))
    exact = -(np.abs(u.conj().T @ psi.ket) ** 2) @ np.log(q)
    _, _, stiff = model_of_condition(rng, 520, 1e5)
    dense = quantum.cross_entropy(psi.dense(), stiff)
    assert quantum.cross_entropy(psi, stiff) == dense

    def refused(*arguments, **options):
        raise AssertionError("eigh was called")

    monkeypatch.setattr(scipy.linalg, "eigh", refused)
    for quantity in (quantum.cross_entropy, quantum.relative_entropy):
        # Rounding of 5·ε√d·λ_max/λ at most, for either.
        assert quantity(psi, sigma) == pytest.approx(exact, rel=5 * EPS * math.sqrt(520), abs=0)
    with pytest.raises(AssertionError, match="eigh was called"):
        quantum.cross_entropy(psi, stiff)


@pytest.mark.parametrize("least", [1e-150, 1e-155, 1e-170, 1e-200, 1e-300])
def test_squares_of_small_eigenvalues_do_not_underflow(least):
    """Data in three directions of nearly none of the model's weight."""
    small = least * np.array([1.0, 3.0, 7.0])
    weights = np.append(small, np.full(13, 1 / 13))
    data = np.append(np.full(3, 3**-0.5), np.zeros(13))
    found = lanczos_cross_entropy(data, np.diag(weights))
    # Logarithms near 700, of numbers that are right to a few digits of their last place.
    np.testing.assert_allclose(found.value, -np.log(small).mean(), rtol=100 * EPS)
    assert found.steps == 3
