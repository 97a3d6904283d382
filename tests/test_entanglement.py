"""Negativity, concurrence and entanglement of formation: sixty digits, edges, derivatives."""

import math

import divergence_oracles as truth
import jax
import jax.numpy as jnp
import numpy as np
import oracles
import pytest
from gradient_cases import generator
from libraries import DIFFERENTIATING
from oracles import BACKWARD, EPS, Path, state
from strategies import random_unitary

from qce import quantum

every_library = pytest.mark.parametrize("library", DIFFERENTIATING, ids=str)


BELL = np.array([[1, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0], [1, 0, 0, 1]]) / 2
ENTANGLED = {
    "pure": Path(state((1, 0, 0, 0), 11), (), generator(4, 31)),
    "rank 2": Path(state((0.875, 0.125, 0, 0), 12), (0.125, -0.125, 0, 0), generator(4, 32)),
    "full rank": Path(
        state((0.875, 0.0625, 0.03125, 0.03125), 11), (0.125, -0.125, 0.25, -0.25), generator(4, 33)
    ),
    "threefold degenerate": Path(state((0.8125, 0.0625, 0.0625, 0.0625), 12), (), generator(4, 34)),
}
OF_ENTANGLEMENT = {
    "negativity": (truth.negativity, lambda x, **k: quantum.negativity(x, 0, **k)),
    "logarithmic negativity": (
        oracles.exact(lambda x: oracles.mp.log(1 + 2 * truth.negativity(x))),
        lambda x, **k: quantum.logarithmic_negativity(x, 0, **k),
    ),
    "concurrence": (truth.concurrence, quantum.concurrence),
    "formation": (truth.entanglement_of_formation, quantum.entanglement_of_formation),
}
every_measure = pytest.mark.parametrize("name", OF_ENTANGLEMENT)


@every_measure
@pytest.mark.parametrize("case", ENTANGLED)
def test_entanglement_is_that_of_sixty_digits(name, case):
    witness, function = OF_ENTANGLEMENT[name]
    rho = ENTANGLED[case].state
    expected = float(witness(rho))
    assert expected > 1e-3
    # By what the value moves with the state: no slope here is above 4.
    assert abs(function(rho.array) - expected) <= 4 * BACKWARD * EPS * 4 * 4


@pytest.mark.thinned(7)
@every_measure
@pytest.mark.parametrize("case", ENTANGLED)
@every_library
def test_slopes_of_entanglement_along_a_path(name, case, library):
    witness, function = OF_ENTANGLEMENT[name]
    path = ENTANGLED[case]
    expected = float(oracles.derivative(witness, path))
    curve = path.curve(library)
    value = library.derivative(lambda t: function(curve(t), check=False))
    assert abs(value - expected) <= 16 * oracles.derivative_limit(1, path), (value, expected)


@pytest.mark.parametrize("angle", [1e-3, 1e-6, 1e-9])
def test_weak_entanglement_loses_no_half_of_its_digits(angle):
    """C = sin 2θ of cos θ|00⟩ + sin θ|11⟩ in local bases, to ε; by ρρ̃ it would be to √ε."""
    rng = np.random.default_rng(1)
    local = np.kron(random_unitary(rng, 2), random_unitary(rng, 2))
    psi = local @ np.array([math.cos(angle), 0, 0, math.sin(angle)])
    rho = np.outer(psi, psi.conj())
    assert abs(quantum.concurrence(rho) - math.sin(2 * angle)) <= 4 * BACKWARD * EPS * 4
    assert abs(quantum.negativity(rho, 0) - math.sin(2 * angle) / 2) <= 4 * BACKWARD * EPS * 4


def test_werner_states_have_the_values_of_theory():
    """p|Bell⟩⟨Bell| + (1 − p)/4: C = (3p − 1)/2 and N = C/2 above p = 1/3, nothing below."""
    for p in (0, 0.2, 1 / 3 - 1e-9, 0.5, 0.9, 1):
        rho = p * BELL + (1 - p) * np.eye(4) / 4
        c = max(0, (3 * p - 1) / 2)
        assert abs(quantum.concurrence(rho) - c) <= 64 * EPS
        assert abs(quantum.negativity(rho, 0) - c / 2) <= 64 * EPS
        if p < 1 / 3:
            for _, function in OF_ENTANGLEMENT.values():
                assert function(rho) == 0 and not np.signbit(function(rho))
    assert abs(quantum.entanglement_of_formation(BELL, base=2) - 1) <= 8 * EPS
    assert abs(quantum.logarithmic_negativity(BELL, 1, base=2) - 1) <= 8 * EPS


def test_negativity_of_larger_parts_is_that_of_schmidt_coefficients():
    """(Σ √s)² − 1 over 2, of a ket on 3 × 4 levels, by either part."""
    rng = np.random.default_rng(9)
    psi = rng.normal(size=(3, 4)) + 1j * rng.normal(size=(3, 4))
    psi /= np.linalg.norm(psi)
    expected = (np.linalg.svd(psi, compute_uv=False).sum() ** 2 - 1) / 2
    rho = np.outer(psi.ravel(), psi.ravel().conj())
    for wires in (0, 1):
        assert abs(quantum.negativity(rho, wires, dims=(3, 4)) - expected) <= 200 * EPS
    stack = np.stack([rho, np.eye(12) / 12])
    for library in (np.asarray, jnp.asarray):
        found = np.asarray(quantum.negativity(library(stack), 0, dims=(3, 4)))
        assert abs(found[0] - expected) <= 200 * EPS and found[1] == 0


@every_measure
def test_product_states_have_none_and_no_slope(name):
    _, function = OF_ENTANGLEMENT[name]
    rho = np.diag([1.0, 0, 0, 0])
    assert function(rho) == 0 and not np.signbit(function(rho))
    slope = np.asarray(jax.grad(lambda x: function(x, check=False))(jnp.asarray(rho)))
    assert np.isfinite(slope).all()
    assert np.isnan(function(np.full((4, 4), np.nan), check=False))


@pytest.mark.parametrize("library", DIFFERENTIATING, ids=str)
def test_a_second_derivative_of_the_concurrence_is_refused(library):
    curve = ENTANGLED["full rank"].curve(library)
    with pytest.raises(NotImplementedError, match="differentiable once"):
        library.second_derivative(lambda t: quantum.concurrence(curve(t), check=False))


@pytest.mark.parametrize("name", ["concurrence", "entanglement_of_formation"])
def test_other_systems_than_two_qubits_are_refused(name):
    with pytest.raises(ValueError, match="`x` must be of two qubits"):
        getattr(quantum, name)(np.eye(8) / 8)
