"""Gradients of the quantum entropies as matrices: Hermitian, and right in any direction."""

import numpy as np
import oracles
from gradient_cases import (
    CASES,
    MILD,
    NAMES,
    OTHER,
    every_case,
    every_divergence,
    every_library,
    generator,
)
from hypothesis import given
from libraries import AUTOGRAD, TORCH, hermitian_gradient
from oracles import state
from strategies import full_pairs, seeds, supported_pairs, theorem, unsupported_pairs

from qce import quantum


def quantities(rho, sigma):
    """Yield a label, a function of one matrix, and the matrix: all five gradients there are."""
    for name in NAMES:
        function = getattr(quantum, name)
        yield f"{name} by rho", (lambda x, f=function: f(x, sigma, check=False)), rho
        yield f"{name} by sigma", (lambda x, f=function: f(rho, x, check=False)), sigma
    yield "entropy", (lambda x: quantum.entropy(x, check=False)), rho


@every_case
@every_library
def test_gradient_is_a_finite_hermitian_matrix(case, library):
    rho, sigma = (library.asarray(path.state.array) for path in CASES[case])
    for label, function, x in quantities(rho, sigma):
        gradient = hermitian_gradient(library, function, x)
        assert np.isfinite(gradient).all(), label
        # The two triangles come from the same products, rounded apart.
        gap = np.abs(gradient - gradient.conj().T).max()
        assert gap <= 16 * oracles.EPS * np.abs(gradient).max(), label


@every_case
@every_library
@every_divergence
def test_gradient_matrix_times_tangent_is_the_derivative(case, library, name):
    """dS = Re Tr(G dX): the convention for Hermitian input, in each library's own storage."""
    paths = CASES[case]
    rho, sigma = (library.asarray(path.state.array) for path in paths)
    function = getattr(quantum, name)
    by_rho = hermitian_gradient(library, lambda x: function(x, sigma, check=False), rho)
    by_sigma = hermitian_gradient(library, lambda x: function(rho, x, check=False), sigma)
    total = sum(
        np.trace(gradient @ path.tangent()).real
        for gradient, path in zip((by_rho, by_sigma), paths, strict=True)
    )
    truth = float(oracles.derivative(getattr(oracles, name), *paths))
    assert abs(total - truth) <= oracles.derivative_limit(1, *paths)


@every_library
def test_gradient_by_rho_of_the_cross_entropy_is_minus_log_sigma(library):
    rho, sigma = state(MILD, 11), state(OTHER, 12)
    values, basis = oracles.decomposed(sigma)
    truth = -(basis * np.log(values)) @ basis.conj().T
    model = library.asarray(sigma.array)
    gradient = hermitian_gradient(
        library, lambda x: quantum.cross_entropy(x, model, check=False), rho.array
    )
    # log moves by ‖E‖/λmin for an error E = 4·eps·d of the matrix.
    limit = oracles.BACKWARD * oracles.EPS * 4 / min(values)
    assert np.abs(gradient - truth).max() <= limit


@theorem
@given(supported_pairs() | unsupported_pairs() | full_pairs(4), seeds)
def test_turning_random_states_changes_the_value_as_the_commutator_says(pair, seed):
    """d/dt S(ρ, e^{−iKt} σ e^{iKt}) = i Tr ρ [K, log σ], whatever the ranks, with log 0 = 0.

    Also where the value itself is infinite: of the finite part. The logarithm of σ is known to
    4·eps·d·λmax/λmin on the support.
    """
    rho, sigma = pair
    k, log = generator(rho.dimension, seed), sigma.log()
    truth = (1j * np.trace(rho.matrix @ (k @ log - log @ k))).real
    tangent = -1j * (k @ sigma.matrix - sigma.matrix @ k)
    condition = sigma.spectrum.max() / sigma.spectrum[sigma.spectrum > 0].min()
    shift = oracles.BACKWARD * oracles.EPS * rho.dimension
    limit = 4 * shift * (rho.dimension * condition + np.abs(np.linalg.eigvalsh(log)).max())
    for library in (AUTOGRAD, TORCH):
        data = library.asarray(rho.matrix)
        for function in (quantum.cross_entropy, quantum.relative_entropy):
            gradient = hermitian_gradient(
                library, lambda x, f=function, d=data: f(d, x, check=False), sigma.matrix
            )
            assert abs(np.trace(gradient @ tangent).real - truth) <= limit, (library, function)


@theorem
@given(supported_pairs() | unsupported_pairs(), seeds)
def test_turning_the_data_leaves_its_entropy_and_moves_only_the_cross_term(pair, seed):
    """d/dt D(e^{−iKt} ρ e^{iKt}‖σ) = i Tr [K, ρ] log σ, whatever the rank of ρ."""
    rho, sigma = pair
    k, log = generator(rho.dimension, seed), sigma.log()
    tangent = -1j * (k @ rho.matrix - rho.matrix @ k)
    truth = -np.trace(tangent @ log).real
    condition = sum(x.spectrum.max() / x.spectrum[x.spectrum > 0].min() for x in pair)
    shift = oracles.BACKWARD * oracles.EPS * rho.dimension
    limit = 4 * shift * (rho.dimension * condition + np.abs(np.linalg.eigvalsh(log)).max())
    for library in (AUTOGRAD, TORCH):
        model = library.asarray(sigma.matrix)
        gradient = hermitian_gradient(
            library, lambda x, m=model: quantum.relative_entropy(x, m, check=False), rho.matrix
        )
        assert abs(np.trace(gradient @ tangent).real - truth) <= limit, library


@every_library
def test_a_mixed_real_and_complex_pair_has_the_gradient_of_its_complex_twin(library):
    """A real σ gets a real gradient: the real part of the complex one."""
    rho = library.asarray(state(MILD, 11).array)
    sigma = np.diag([0.4, 0.3, 0.2, 0.1]) + 0.02 * np.ones((4, 4)) - 0.02 * np.eye(4)

    def value(x):
        return quantum.relative_entropy(rho, x, check=False)

    as_real = hermitian_gradient(library, value, sigma)
    as_complex = hermitian_gradient(library, value, sigma + 0j)
    assert as_real.dtype == np.float64
    assert np.abs(as_real - as_complex.real).max() <= 64 * oracles.EPS * np.abs(as_complex).max()
