"""Information between parts of a state: marginals, correlations, coherence."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracles import BACKWARD, EPS, entropy_limit
from strategies import FULL, Spectral, random_unitary, seeds, spectra, states, theorem

from qce import classical, quantum

DIMS = {"A": 2, "B": 3}
BELL = np.outer([1, 0, 0, 1], [1, 0, 0, 1]) / 2


def limit(rho):
    """Return the rounding of the entropies of a state and of two marginals of it."""
    return 4 * entropy_limit(rho.pair)


@theorem
@given(states(6), seeds)
def test_partial_trace_of_products_gives_the_factors(rho, seed):
    second = random_unitary(np.random.default_rng(seed), 3) * np.array([0.5, 0.3, 0.2]) @ np.eye(3)
    both = np.kron(rho.matrix, second)
    dims = {"a": 6, "b": 3}
    room = 18 * EPS
    first = quantum.partial_trace(both, "a", dims) - rho.matrix * np.trace(second)
    assert np.abs(first).max() <= room
    assert np.abs(quantum.partial_trace(both, ["b"], dims) - second).max() <= room
    swapped = quantum.partial_trace(both, ["b", "a"], dims)
    assert np.abs(swapped - np.kron(second, rho.matrix)).max() <= room


def test_partial_trace_keeps_any_wires_in_any_order():
    """Against the sum over basis states of the others, for four qubits."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 16, 16)) + 1j * rng.normal(size=(2, 16, 16))
    tensor = x.reshape(2, *(2,) * 8)
    expected = np.zeros((2, 4, 4), complex)
    for a, b in np.ndindex(2, 2):  # wires 0 and 2 in the basis state (a, b)
        part = tensor[:, a, :, b, :, a, :, b, :]
        expected += part.transpose(0, 2, 1, 4, 3).reshape(2, 4, 4)
    assert np.abs(quantum.partial_trace(x, [3, 1]) - expected).max() <= 16 * EPS * 4


@theorem
@given(spectra(6))
def test_diagonal_states_have_the_classical_information(p):
    rho = np.diag(p)
    room = 64 * EPS
    law = quantum.partial_trace(rho, "B", DIMS).diagonal()
    assert np.abs(law - classical.marginal(p, "B", DIMS)).max() <= room
    for name in ("mutual_information", "conditional_entropy"):
        value, twin = (
            getattr(m, name)(x, "A", "B", dims=DIMS) for m, x in ((quantum, rho), (classical, p))
        )
        assert abs(value - twin) <= room
    value = quantum.total_correlation(rho, dims=DIMS)
    assert abs(value - classical.total_correlation(p, dims=DIMS)) <= room
    assert quantum.coherence(rho) == 0


@theorem
@given(states(6))
def test_information_is_made_of_entropies(rho):
    a, b = (quantum.entropy(quantum.partial_trace(rho.matrix, w, DIMS)) for w in "AB")
    whole, room = quantum.entropy(rho.matrix), limit(rho)
    mutual = quantum.mutual_information(rho.matrix, "A", "B", dims=DIMS)
    assert mutual >= 0
    assert abs(mutual - (a + b - whole)) <= room
    assert abs(quantum.total_correlation(rho.matrix, dims=DIMS) - mutual) <= room
    given_b = quantum.conditional_entropy(rho.matrix, "A", "B", dims=DIMS)
    assert abs(given_b - (whole - b)) <= room
    assert -math.log(2) - room <= given_b <= math.log(2) + room
    law = np.maximum(np.diag(rho.matrix).real, 0)
    coherence = quantum.coherence(rho.matrix)
    assert coherence >= 0
    assert abs(coherence - (classical.entropy(law, check=False) - whole)) <= room


@theorem
@given(states(8, FULL))
def test_strong_subadditivity(rho):
    """I(A : BC) >= I(A : B), for three qubits."""
    less = quantum.mutual_information(rho.matrix, 0, 1)
    assert quantum.mutual_information(rho.matrix, 0, [1, 2]) >= less - limit(rho)


@theorem
@given(st.floats(1e-14, 1e-3), seeds)
def test_rare_correlations_are_finite_and_right(weight, seed):
    """(1−w)|00⟩⟨00| + w|11⟩⟨11| in local bases: I = H(w), though the product has the eigenvalue w².

    Dense input says w to ε, and so w log w to ε log w.
    """
    rng = np.random.default_rng(seed)
    basis = np.kron(random_unitary(rng, 2), random_unitary(rng, 2))
    rho = Spectral(np.array([1 - weight, 0, 0, weight]), basis).matrix
    expected = -weight * math.log(weight) - (1 - weight) * math.log1p(-weight)
    assert abs(quantum.mutual_information(rho, 0, 1) - expected) <= 4 * BACKWARD * EPS * 36


@pytest.mark.parametrize("strength", [1e-2, 1e-5, 1e-7])
def test_weak_correlations_are_relatively_accurate(strength):
    """(1 + s Z⊗Z)/4 has I = Σ (1±s)/2 log(1±s) = s²/2 + s⁴/12 + O(s⁶); input says s to ε/s."""
    zz = np.diag([1, -1, -1, 1])
    u = np.kron(*(random_unitary(np.random.default_rng(k), 2) for k in (1, 2)))
    rho = u @ (np.eye(4) + strength * zz) @ u.conj().T / 4
    expected = strength**2 / 2 + strength**4 / 12
    value = quantum.mutual_information(rho, 0, 1)
    assert abs(value - expected) <= (strength**4 + 64 * EPS / strength) * expected


def test_bell_state():
    assert abs(quantum.mutual_information(BELL, 0, 1, base=2) - 2) <= 16 * EPS
    assert abs(quantum.conditional_entropy(BELL, 0, 1, base=2) + 1) <= 16 * EPS
    assert abs(quantum.coherence(BELL, base=2) - 1) <= 16 * EPS


def test_one_dimension_is_one_wire_without_correlations():
    assert quantum.total_correlation(np.eye(1)) == classical.total_correlation([1.0]) == 0
    assert quantum.partial_trace(np.eye(1), 0).shape == (1, 1)


def test_wires_may_come_as_an_array():
    swapped = quantum.partial_trace(BELL, np.array([1, 0]))
    assert np.array_equal(swapped, quantum.partial_trace(BELL, [1, 0]))


@pytest.mark.parametrize("dims", [4, "22"])
def test_dimensions_that_are_no_sequence_are_refused(dims):
    with pytest.raises(TypeError, match="`dims` must be a sequence or a mapping"):
        quantum.partial_trace(np.eye(4), 0, dims)


def test_batch_axes_and_torch():
    rng = np.random.default_rng(2)
    stack = np.stack(
        [Spectral(rng.dirichlet(np.ones(4)), random_unitary(rng, 4)).matrix for _ in range(6)]
    ).reshape(2, 3, 4, 4)
    for name in ("coherence", "total_correlation"):
        function = getattr(quantum, name)
        values = function(stack)
        assert values.shape == (2, 3)
        assert abs(values[1, 2] - function(stack[1, 2])) <= 16 * EPS
        assert torch.allclose(function(torch.as_tensor(stack)), torch.as_tensor(values), rtol=1e-13)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: quantum.partial_trace(np.eye(6), 0), "`dims` must multiply to the dimension 6"),
        (lambda: quantum.partial_trace(np.eye(4), 0, [-2, -2]), "`dims` must multiply to"),
        (lambda: classical.marginal(np.ones(4) / 4, 0, [2.0, 2.0]), "whole numbers"),
        (lambda: quantum.partial_trace(np.eye(4), {0, 1}), "`keep` must name wires of"),
        (lambda: classical.marginal(1.0, 0), r"have shape \(..., k\)"),
        (lambda: quantum.partial_trace(np.eye(4), 2), "`keep` must name wires of"),
        (lambda: quantum.partial_trace(np.eye(4), [0, 0]), "each once"),
        (lambda: quantum.mutual_information(BELL, 0, [0, 1]), "no wire in common"),
        (lambda: quantum.coherence(2 * BELL), "trace 1"),
        (lambda: classical.marginal([0.5, 0.5], "A"), "`keep` must name wires of"),
        (lambda: classical.mutual_information([0.5, 0.5, 0, 0], 0, 0), "no wire in common"),
    ],
)
def test_bad_arguments_are_named_with_the_remedy(call, message):
    with pytest.raises(ValueError, match=message):
        call()
