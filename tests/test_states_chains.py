"""Thermal states of chains: free fermions at any length, matrices, PennyLane's operators."""

import mpmath as mp
import numpy as np
import oracles
import pennylane as qml
import pytest
from oracles import EPS, spectral
from strategies import ket

from qce import quantum
from qce.states import IsingChain, Pure, Thermal

CHAINS = {
    2: (1.298955912862, 0.956009009886, 0.342946902976),
    4: (2.367007093859, 1.659185312773, 0.707821781086),
    8: (4.500901494868, 3.063974792620, 1.436926702248),
    10: (5.567848564212, 3.766369274134, 1.801479290078),
    256: (136.8023380940, 90.1608905003, 46.6414475937),
}


@pytest.mark.parametrize("sites", CHAINS)
def test_thermal_states_of_the_ising_chain_at_any_length(sites):
    data = Thermal(IsingChain(sites, 1.0, 0.5), 1.0)
    model = Thermal(IsingChain(sites, 1.0, 1.5), 0.8)
    cross, entropy, relative = CHAINS[sites]
    places = 1e-12 if sites < 256 else 1e-10  # decimals of the reference values
    assert quantum.cross_entropy(data, model) == pytest.approx(cross, abs=places)
    assert quantum.entropy(data) == pytest.approx(entropy, abs=places)
    assert quantum.relative_entropy(data, model) == pytest.approx(relative, abs=places)


@pytest.mark.parametrize("sites", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("beta", [1.0, -0.6])
def test_the_chain_agrees_with_its_matrix(sites, beta):
    """⟨H⟩ is right to ε‖H‖ ≤ 20 ε; the dense values to what float64 input allows."""
    data, model = Thermal(IsingChain(sites, 1.0, 0.5), beta), Thermal(IsingChain(sites, 0.7, 1.2))
    psi = Pure(ket(np.random.default_rng(sites), 2**sites))
    rho, sigma, phi = data.dense(), model.dense(), psi.dense()
    for name in ("cross_entropy", "relative_entropy"):
        quantity, value = getattr(quantum, name), getattr(quantum, name)(data, model)
        limit = 20 * EPS + oracles.LIMITS[name](spectral(rho), spectral(sigma))
        for pair in ((rho, sigma), (rho, model), (data, sigma)):
            assert abs(quantity(*pair) - value) <= limit
    limit = 20 * EPS + oracles.cross_limit(spectral(phi), spectral(sigma))
    value = quantum.cross_entropy(psi, model)
    assert abs(value - quantum.cross_entropy(phi, sigma)) <= limit


@pytest.mark.parametrize(
    "parameters, beta, value",
    [
        ((1, 0.5), 1.0, 9.209650802018),
        ((1, 1), 0.7, 8.602756265628),
        ((0.8, 1.6), 1.3, 17.779258054278),
    ],
)
def test_the_partition_function_of_the_chain(parameters, beta, value):
    assert IsingChain(8, *parameters).log_partition(beta) == pytest.approx(value, abs=1e-12)


def test_close_chains_keep_relative_accuracy():
    """Without coupling the chain is n spins: the exact value is n binary relative entropies."""
    sites, beta, step = 100, 1.0, 1e-6
    with mp.workdps(40):
        p, q = (1 / (1 + mp.e ** (2 * mp.mpf(b))) for b in (beta, beta + step))
        exact = sites * (p * mp.log(p / q) + (1 - p) * mp.log((1 - p) / (1 - q)))
    data, model = (Thermal(IsingChain(sites, 0.0, 1.0), b) for b in (beta, beta + step))
    # Logs of at most 2β are right to ε, their differences 2·step to 4 ε β/step, squares twice.
    relative = 8 * EPS * beta / step + 16 * EPS / step
    assert quantum.relative_entropy(data, model) == pytest.approx(float(exact), rel=relative, abs=0)
    assert quantum.relative_entropy(data, data) == pytest.approx(0.0, abs=sites * EPS**2 * 1e4)


def test_the_chain_is_the_operator_of_pennylane():
    h = qml.sum(-1.0 * qml.Z(0) @ qml.Z(1), -1.0 * qml.Z(1) @ qml.Z(2))
    h = qml.sum(h, *(-0.5 * qml.X(i) for i in range(3)))
    chain = IsingChain(3, 1.0, 0.5)
    np.testing.assert_allclose(chain.sparse_matrix().toarray(), qml.matrix(h), atol=1e-15)
    value = quantum.entropy(Thermal(chain, 0.9))
    for operator in (h, chain.sparse_matrix(), chain.sparse_matrix().toarray()):
        assert quantum.entropy(Thermal(operator, 0.9)) == pytest.approx(value, abs=1e-13)


def test_wire_zero_is_the_most_significant():
    h = qml.sum(qml.Z(0), 0.3 * qml.X(1))
    x, z = np.array([[0.0, 1.0], [1.0, 0.0]]), np.diag([1.0, -1.0])
    matrix = np.kron(z, np.eye(2)) + 0.3 * np.kron(np.eye(2), x)
    np.testing.assert_allclose(Thermal(h).dense(), Thermal(matrix).dense(), atol=8 * EPS)


def test_a_large_sparse_hamiltonian_needs_the_partition_function_only():
    chain = IsingChain(14, 1.0, 0.7)
    psi = Pure(ket(np.random.default_rng(3), chain.dimension))
    value = quantum.cross_entropy(psi, Thermal(chain, 0.8))
    known = Thermal(chain.sparse_matrix(), 0.8, log_partition=chain.log_partition(0.8))
    assert quantum.cross_entropy(psi, known) == value
    with pytest.raises(ValueError, match="`log_partition` must be known"):
        quantum.cross_entropy(psi, Thermal(chain.sparse_matrix(), 0.8))
