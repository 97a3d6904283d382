"""Theorems of quantum cross entropy on random states.

Each slack is the error of the float64 input (`oracles.value_limit`) of the values compared.
"""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from oracles import BACKWARD, EPS, entropy_limit, value_limit
from strategies import (
    FULL,
    Spectral,
    full_pairs,
    random_unitary,
    seeds,
    spectra,
    stacks,
    states,
    supported_pairs,
    theorem,
    unsupported_pairs,
)

from qce import classical, quantum

fractions = st.floats(0, 1)


def dephased(rho, sigma):
    """Return ⟨j|ρ|j⟩ in the known eigenbasis of σ; outside its support only rounding is lost."""
    law = np.einsum("ij,ik,kj->j", sigma.basis.conj(), rho.matrix, sigma.basis).real
    return np.where(sigma.spectrum > 0, np.maximum(law, 0), 0.0)


def fidelity(rho, sigma):
    return np.linalg.norm(rho.sqrt() @ sigma.sqrt(), "nuc") ** 2


# --- T0: the classical limit -------------------------------------------------------------------


@theorem
@given(spectra(4), spectra(4, FULL), seeds)
def test_commuting_states_have_the_classical_values_in_every_basis(p, q, seed):
    basis = random_unitary(np.random.default_rng(seed), 4)
    rho, sigma = Spectral(p, basis), Spectral(q, basis)
    for name in ("cross_entropy", "relative_entropy"):
        twin = getattr(classical, name)(p, q)
        value = getattr(quantum, name)(rho.matrix, sigma.matrix)
        assert abs(value - twin) <= value_limit(rho.pair, sigma.pair)
    assert abs(quantum.entropy(rho.matrix) - classical.entropy(p)) <= entropy_limit(rho.pair)


@theorem
@given(spectra(), seeds)
def test_diagonal_matrices_have_exactly_the_classical_values(p, seed):
    """Nothing is rounded in a diagonal matrix: only the order of the sum may differ."""
    q = np.random.default_rng(seed).dirichlet(np.ones(len(p)))
    for name in ("cross_entropy", "relative_entropy"):
        twin = getattr(classical, name)(p, q)
        value = getattr(quantum, name)(np.diag(p), np.diag(q))
        size = np.sum(p * np.abs(np.log(q))) + np.sum(np.abs(p - q))
        assert abs(value - twin) <= len(p) * EPS * size


@theorem
@given(full_pairs())
def test_relative_entropy_falls_along_the_path_of_dephasing_to_the_classical_value(pair):
    rho, sigma = pair
    limit = value_limit(rho.pair, sigma.pair)
    values = []
    for strength in np.linspace(0, 1, 6):
        mix = [
            (1 - strength) * x + strength * np.diag(np.diag(x)) for x in (rho.matrix, sigma.matrix)
        ]
        values.append(quantum.relative_entropy(*mix))
    p, q = np.diag(rho.matrix).real, np.diag(sigma.matrix).real
    assert np.all(np.diff(values) <= limit)
    assert abs(values[-1] - classical.relative_entropy(p, q)) <= limit


# --- T1 to T4: bounds --------------------------------------------------------------------------


@theorem
@given(supported_pairs())
def test_klein_cross_entropy_is_at_least_the_entropy_of_the_data(pair):
    rho, sigma = pair
    gap = quantum.cross_entropy(rho.matrix, sigma.matrix) - quantum.entropy(rho.matrix)
    assert gap >= -value_limit(rho.pair, sigma.pair)


@theorem
@given(supported_pairs())
def test_relative_entropy_is_never_negative(pair):
    rho, sigma = pair
    assert quantum.relative_entropy(rho.matrix, sigma.matrix) >= 0


@theorem
@given(states())
def test_relative_entropy_of_a_state_to_itself_is_zero(rho):
    assert quantum.relative_entropy(rho.matrix, rho.matrix) == 0


@theorem
@given(supported_pairs())
def test_relative_entropy_is_cross_entropy_minus_entropy(pair):
    rho, sigma = pair
    difference = quantum.cross_entropy(rho.matrix, sigma.matrix) - quantum.entropy(rho.matrix)
    value = quantum.relative_entropy(rho.matrix, sigma.matrix)
    assert abs(value - difference) <= 2 * value_limit(rho.pair, sigma.pair)


@theorem
@given(supported_pairs())
def test_cross_entropy_is_the_defining_trace(pair):
    rho, sigma = pair
    truth = -np.trace(rho.matrix @ sigma.log()).real
    value = quantum.cross_entropy(rho.matrix, sigma.matrix)
    assert abs(value - truth) <= value_limit(rho.pair, sigma.pair)


@theorem
@given(supported_pairs())
def test_cross_entropy_is_at_least_minus_log_of_the_overlap(pair):
    """T2; the overlap itself carries eps·d, relative to its own size."""
    rho, sigma = pair
    overlap = np.trace(rho.matrix @ sigma.matrix).real
    slack = value_limit(rho.pair, sigma.pair) + BACKWARD * EPS * rho.dimension / overlap
    assert quantum.cross_entropy(rho.matrix, sigma.matrix) >= -np.log(overlap) - slack


@theorem
@given(supported_pairs())
def test_cross_entropy_is_at_least_entropy_minus_log_fidelity(pair):
    """The strong form of T3."""
    rho, sigma = pair
    f = fidelity(rho, sigma)
    slack = 2 * value_limit(rho.pair, sigma.pair) + 2 * BACKWARD * EPS * rho.dimension / f
    bound = quantum.entropy(rho.matrix) - np.log(f)
    assert quantum.cross_entropy(rho.matrix, sigma.matrix) >= bound - slack


@theorem
@given(supported_pairs())
def test_pinsker_cross_entropy_exceeds_entropy_by_twice_the_squared_trace_distance(pair):
    rho, sigma = pair
    distance = np.linalg.norm(rho.matrix - sigma.matrix, "nuc") / 2
    bound = quantum.entropy(rho.matrix) + 2 * distance**2
    slack = 2 * value_limit(rho.pair, sigma.pair)
    assert quantum.cross_entropy(rho.matrix, sigma.matrix) >= bound - slack


@theorem
@given(full_pairs())
def test_cross_entropy_lies_between_the_logarithms_of_the_extreme_eigenvalues(pair):
    rho, sigma = pair
    value, slack = (
        quantum.cross_entropy(rho.matrix, sigma.matrix),
        value_limit(rho.pair, sigma.pair),
    )
    assert value >= -np.log(sigma.spectrum.max()) - slack
    assert value <= -np.log(sigma.spectrum.min()) + slack


@theorem
@given(states())
def test_entropy_lies_between_zero_and_log_of_the_rank(rho):
    value, slack = quantum.entropy(rho.matrix), entropy_limit(rho.pair)
    assert -slack <= value <= np.log(np.count_nonzero(rho.spectrum)) + slack


# --- support -----------------------------------------------------------------------------------


@theorem
@given(unsupported_pairs())
def test_data_outside_the_support_of_the_model_makes_both_infinite(pair):
    rho, sigma = (x.matrix for x in pair)
    assert quantum.cross_entropy(rho, sigma) == np.inf
    assert quantum.relative_entropy(rho, sigma) == np.inf


# --- T5: Pythagoras ----------------------------------------------------------------------------


@theorem
@given(supported_pairs())
def test_relative_entropy_is_coherence_plus_spectral_mismatch(pair):
    rho, sigma = pair
    law = dephased(rho, sigma)
    coherence = classical.entropy(law, check=False) - quantum.entropy(rho.matrix)
    mismatch = classical.relative_entropy(law, sigma.spectrum, check=False)
    value = quantum.relative_entropy(rho.matrix, sigma.matrix)
    assert abs(value - coherence - mismatch) <= 3 * value_limit(rho.pair, sigma.pair)


def test_pythagoras_has_the_numbers_of_the_theory_for_reference_pair_one():
    """σ lies along x, so ρ along z is maximally mixed after dephasing."""
    rho = np.diag([0.95, 0.05])
    sigma = np.array([[0.5, 0.25], [0.25, 0.5]])
    coherence = np.log(2) - classical.entropy([0.95, 0.05])
    mismatch = classical.relative_entropy([0.5, 0.5], [0.75, 0.25])
    value = quantum.relative_entropy(rho, sigma)
    assert abs(value - coherence - mismatch) <= BACKWARD * EPS * 2 * 8
    assert abs(value - 0.638472973439963) <= 1e-15 + BACKWARD * EPS * 2 * 8


# --- T6: extensivity ---------------------------------------------------------------------------


def product(first, second):
    return Spectral(np.kron(first.spectrum, second.spectrum), np.kron(first.basis, second.basis))


def partial_trace(matrix, kept, left, right):
    blocks = matrix.reshape(left, right, left, right)
    return np.einsum("ijkj->ik" if kept == 0 else "ijil->jl", blocks)


@theorem
@given(full_pairs(2), full_pairs(3))
def test_cross_entropy_of_product_states_is_the_sum(first, second):
    rho, sigma = (product(a, b) for a, b in zip(first, second, strict=True))
    parts = sum(quantum.cross_entropy(r.matrix, s.matrix) for r, s in (first, second))
    value = quantum.cross_entropy(rho.matrix, sigma.matrix)
    assert abs(value - parts) <= 3 * value_limit(rho.pair, sigma.pair)


@theorem
@given(states(6), states(2, FULL), states(3, FULL))
def test_cross_entropy_against_a_product_model_needs_the_marginals_only(rho, left, right):
    """And this holds for any ρ_AB, entangled or not."""
    sigma = product(left, right)
    parts = quantum.cross_entropy(partial_trace(rho.matrix, 0, 2, 3), left.matrix)
    parts += quantum.cross_entropy(partial_trace(rho.matrix, 1, 2, 3), right.matrix)
    value = quantum.cross_entropy(rho.matrix, sigma.matrix)
    assert abs(value - parts) <= 3 * value_limit(rho.pair, sigma.pair)


@theorem
@given(full_pairs(2), full_pairs(2), spectra(2, FULL), spectra(2, FULL))
def test_classical_quantum_states_obey_the_chain_rule(first, second, p, q):
    def block(pair, law):
        rest = np.zeros((2, 2))
        basis = np.block([[pair[0].basis, rest], [rest, pair[1].basis]])
        spectrum = np.concatenate([w * x.spectrum for w, x in zip(law, pair, strict=True)])
        return Spectral(spectrum, basis)

    (rho0, sigma0), (rho1, sigma1) = first, second
    rho, sigma = block((rho0, rho1), p), block((sigma0, sigma1), q)
    parts = [quantum.cross_entropy(r.matrix, s.matrix) for r, s in (first, second)]
    value = quantum.cross_entropy(rho.matrix, sigma.matrix)
    expected = classical.cross_entropy(p, q) + p @ parts
    assert abs(value - expected) <= 3 * value_limit(rho.pair, sigma.pair)


@theorem
@given(full_pairs(6))
def test_partial_trace_never_increases_relative_entropy(pair):
    rho, sigma = pair
    part = [partial_trace(x.matrix, 0, 2, 3) for x in pair]
    whole = quantum.relative_entropy(rho.matrix, sigma.matrix)
    assert quantum.relative_entropy(*part) <= whole + 2 * value_limit(rho.pair, sigma.pair)


# --- T7: linear, convex, invariant -------------------------------------------------------------


@theorem
@given(full_pairs(4), states(4), fractions)
def test_cross_entropy_is_linear_in_the_data(pair, other, weight):
    rho, sigma = pair
    mixed = weight * rho.matrix + (1 - weight) * other.matrix
    parts = [quantum.cross_entropy(x.matrix, sigma.matrix) for x in (rho, other)]
    slack = sum(value_limit(x.pair, sigma.pair) for x in (rho, other))
    value = quantum.cross_entropy(mixed, sigma.matrix)
    assert abs(value - weight * parts[0] - (1 - weight) * parts[1]) <= 2 * slack


@theorem
@given(states(4, FULL), seeds)
def test_mean_over_a_mini_batch_of_kets_is_the_cross_entropy_of_their_mixture(sigma, seed):
    kets = np.random.default_rng(seed).normal(size=(2, 8, 4)).T @ [1, 1j]
    kets = kets.T / np.linalg.norm(kets.T, axis=-1, keepdims=True)
    projectors = kets[:, :, None] * kets[:, None, :].conj()
    each = quantum.cross_entropy(projectors, sigma.matrix)
    whole = quantum.cross_entropy(projectors.mean(axis=0), sigma.matrix)
    pure = Spectral(np.eye(4)[0], np.eye(4))
    slack = value_limit(pure.pair, sigma.pair) / sigma.spectrum.min()
    direct = -np.einsum("ni,ij,nj->n", kets.conj(), sigma.log(), kets).real
    assert np.abs(each - direct).max() <= slack
    assert abs(each.mean() - whole) <= slack


@theorem
@given(full_pairs(4), states(4, FULL), fractions)
def test_cross_entropy_is_convex_in_the_model(pair, other, weight):
    rho, sigma = pair
    mixed = weight * sigma.matrix + (1 - weight) * other.matrix
    ends = [quantum.cross_entropy(rho.matrix, x.matrix) for x in (sigma, other)]
    slack = sum(value_limit(rho.pair, x.pair) for x in (sigma, other))
    bound = weight * ends[0] + (1 - weight) * ends[1]
    assert quantum.cross_entropy(rho.matrix, mixed) <= bound + 2 * slack


@theorem
@given(supported_pairs(), seeds)
def test_a_common_unitary_changes_nothing(pair, seed):
    unitary = random_unitary(np.random.default_rng(seed), pair[0].dimension)
    turned = [Spectral(x.spectrum, unitary @ x.basis) for x in pair]
    slack = 2 * value_limit(*(x.pair for x in pair))
    for name in ("cross_entropy", "relative_entropy"):
        function = getattr(quantum, name)
        before, after = (function(*(x.matrix for x in xs)) for xs in (pair, turned))
        assert abs(before - after) <= slack


# --- T8, T9: likelihood ------------------------------------------------------------------------


@theorem
@given(supported_pairs())
def test_undisturbed_data_have_the_likelihood_of_the_quantum_cross_entropy(pair):
    rho, sigma = pair
    likelihood = classical.cross_entropy(dephased(rho, sigma), sigma.spectrum, check=False)
    value = quantum.cross_entropy(rho.matrix, sigma.matrix)
    assert abs(value - likelihood) <= value_limit(rho.pair, sigma.pair)


@theorem
@given(spectra(4), states(4, FULL))
def test_measured_data_have_a_likelihood_below_the_cross_entropy_of_the_empirical_state(law, sigma):
    empirical = Spectral(law, np.eye(4))
    likelihood = classical.cross_entropy(law, np.diag(sigma.matrix).real)
    value = quantum.cross_entropy(empirical.matrix, sigma.matrix)
    assert value >= likelihood - value_limit(empirical.pair, sigma.pair)


def test_where_both_are_infinite_measured_data_need_no_eigenvectors():
    """An outcome that the model excludes is enough for equality; two others are no eigenvectors."""
    sigma = np.zeros((3, 3))
    sigma[:2, :2] = [[0.6, 0.2], [0.2, 0.4]]
    seen = np.array([0.5, 0.3, 0.2])
    assert quantum.cross_entropy(np.diag(seen), sigma) == np.inf
    assert classical.cross_entropy(seen, np.diag(sigma)) == np.inf
    # Finite on both sides, the same two outcomes leave a gap; infinite on one side alone as well.
    likelihood = classical.cross_entropy([5 / 8, 3 / 8], np.diag(sigma)[:2])
    assert quantum.cross_entropy(np.diag([5 / 8, 3 / 8]), sigma[:2, :2]) > likelihood + 0.01
    pure = np.full((2, 2), 0.5)
    assert quantum.cross_entropy(np.diag([1.0, 0.0]), pure) == np.inf
    assert classical.cross_entropy([1.0, 0.0], np.diag(pure)) < 1


# --- batch axes --------------------------------------------------------------------------------


@theorem
@given(stacks())
def test_a_batch_is_the_stack_of_its_members(stack):
    rho, sigma = stack
    shape = np.broadcast_shapes(rho.shape, sigma.shape)
    singles = zip(*(np.broadcast_to(x, shape).reshape(-1, *shape[-2:]) for x in stack), strict=True)
    singles = list(singles)
    for name in ("cross_entropy", "relative_entropy"):
        function = getattr(quantum, name)
        values = function(rho, sigma)
        expected = np.array([function(*single) for single in singles])
        assert values.shape == shape[:-2]
        # LAPACK sees the same matrices; only sums of d products may be ordered otherwise, and the
        # weights of the smallest model eigenvalue (1e-10 at least) carry them into the logarithm.
        size = shape[-1] * EPS * -np.log(1e-12)
        assert np.abs(values.ravel() - expected).max() <= BACKWARD * size
    assert np.shape(quantum.entropy(rho)) == rho.shape[:-2]
