"""Chains of Gaussian fermions: known ones, what is read from Pauli sums, and what is refused."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from fermion_oracles import (
    antisymmetric,
    close,
    hamiltonian,
    thermal,
    word,
)

import qce
from qce import quantum
from qce.states import (
    GaussianFermions,
    IsingChain,
    QuadraticHamiltonian,
    Thermal,
)

SEEDS = range(4)

# --- chains -------------------------------------------------------------------------------------


def test_chains_agree_with_the_table_and_with_the_uniform_chain():
    data, model = IsingChain(8, J=1.0, h=0.5), IsingChain(8, J=1.0, h=1.5)
    rho, sigma = GaussianFermions.thermal(data, 1.0), GaussianFermions.thermal(model, 0.8)
    assert rho.axis == "X"
    close(quantum.cross_entropy(rho, sigma), 4.500901494868)
    close(quantum.entropy(rho), 3.063974792620)
    close(quantum.relative_entropy(rho, sigma), 1.436926702248)
    np.testing.assert_allclose(rho.dense(), Thermal(data, 1.0).dense(), atol=1e-13)


def test_constructors_are_the_hamiltonians_they_say():
    n, rng = 4, np.random.default_rng(1)
    j, h, g = rng.normal(size=n - 1), rng.normal(size=n), 0.3

    def at(letters, i):
        return word("I" * i + letters + "I" * (n - i - len(letters)))

    expected = -sum(h[i] * at("Z", i) for i in range(n)) - sum(
        j[i] / 2 * ((1 + g) * at("XX", i) + (1 - g) * at("YY", i)) for i in range(n - 1)
    )
    np.testing.assert_allclose(hamiltonian(QuadraticHamiltonian.xy(j, h, g).matrix), expected)
    ising = -sum(h[i] * at("Z", i) for i in range(n)) - sum(
        j[i] * at("XX", i) for i in range(n - 1)
    )
    np.testing.assert_allclose(hamiltonian(QuadraticHamiltonian.ising(j, h).matrix), ising)
    hopping = -sum(t / 2 * (at("XX", i) + at("YY", i)) for i, t in enumerate((0.3, 1.2, 0.3)))
    ssh = QuadraticHamiltonian.ssh(2, inside=0.3, between=1.2)
    np.testing.assert_allclose(hamiltonian(ssh.matrix), hopping, atol=1e-15)


def test_pauli_sums_of_two_majoranas_are_read():
    import pennylane as qml

    rng = np.random.default_rng(0)
    words = ["ZII", "IZI", "XXI", "XYI", "YXI", "YYI", "XZX", "XZY", "YZX", "YZY", "IXX"]
    terms = {w: rng.normal() for w in words}
    dense = sum(c * word(w) for w, c in terms.items())
    np.testing.assert_allclose(
        hamiltonian(QuadraticHamiltonian.read(terms).matrix), dense, atol=1e-14
    )
    operator = sum(c * qml.pauli.string_to_pauli_word(w) for w, c in terms.items()) + 0.3 * qml.I(0)
    read = QuadraticHamiltonian.read(operator)
    np.testing.assert_allclose(hamiltonian(read.matrix), dense, atol=1e-14)
    turned = -1.0 * qml.Z(0) @ qml.Z(1) - 0.5 * qml.X(0) - 0.2 * qml.X(1)
    state = GaussianFermions.thermal(turned, 0.7)
    np.testing.assert_allclose(state.dense(), Thermal(turned, 0.7).dense(), atol=1e-13)
    ladder = {"+-": 0.3 - 0.4j, "-+": -0.3 - 0.4j}  # a†₀a₁ and a₀a†₁ = −a†₁a₀
    sentence = qml.FermiSentence(
        {qml.FermiWord({(0, 0): first, (1, 1): second}): c for (first, second), c in ladder.items()}
        | {qml.FermiWord({(0, 0): "+", (1, 0): "-"}): 0.7, qml.FermiWord({}): 5.0}
        | {
            qml.FermiWord({(0, 0): "+", (1, 1): "+"}): 0.2,
            qml.FermiWord({(0, 1): "-", (1, 0): "-"}): 0.2,
        }
    )
    matrix = qml.matrix(qml.jordan_wigner(sentence), wire_order=[0, 1])
    weights = thermal(QuadraticHamiltonian.read(sentence).matrix)
    np.testing.assert_allclose(weights, Thermal(matrix, 1.0).dense(), atol=1e-13)


def test_what_is_not_quadratic_is_refused_by_its_first_term():
    import pennylane as qml

    for bad, term in [
        (qml.Z(0) @ qml.Z(1) + qml.X(0) + qml.Z(0), r"Z\(0\) Z\(1\)"),
        ({"ZI": 1.0, "XIX"[:2]: 0.1}, r"X\(0\)"),
        ({"XIX": 1.0, "ZII": 1.0}, r"X\(0\) X\(2\)"),
        (qml.FermiWord({(0, 0): "+", (1, 1): "-", (2, 0): "+", (3, 1): "-"}), r"a\+\(0\) a-\(1\)"),
        (qml.FermiWord({(0, 0): "+"}), r"a\+\(0\) is not"),
    ]:
        with pytest.raises(qce.ArgumentError, match=term):
            GaussianFermions.thermal(bad)
    with pytest.raises(qce.ArgumentError, match="adjoint"):
        QuadraticHamiltonian.read(qml.FermiWord({(0, 0): "+", (1, 1): "-"}))
    with pytest.raises(qce.ArgumentError, match="real"):
        QuadraticHamiltonian.read({"Z": 1j})


def test_terms_of_weight_zero_and_wires_without_a_term():
    chain = {"XXI": -1.0, "IXX": 0.4, "ZII": 0.3}
    expected = QuadraticHamiltonian.read(chain).matrix
    found = QuadraticHamiltonian.read({**chain, "ZZI": 0.0, "XII": 0.0})
    np.testing.assert_array_equal(found.matrix, expected)
    qml = pytest.importorskip("pennylane")
    # The operator acts on wire 1 as the identity: it is a wire of the state.
    assert QuadraticHamiltonian.read(0.3 * qml.Z(0) @ qml.I(1)).wires == 2
    number = qml.FermiWord({(0, 0): "+", (1, 0): "-"})
    four = qml.FermiWord({(0, 0): "+", (1, 1): "+", (2, 0): "-", (3, 1): "-"})
    found = QuadraticHamiltonian.read(qml.FermiSentence({number: 0.7, four: 0.0})).matrix
    # a†a = (1 + iγ_0γ_1)/2, and A_01 is 4/i times half of that coefficient.
    np.testing.assert_allclose(found[:2, :2], [[0, 0.7], [-0.7, 0]])
    assert not found[2:].any()


def test_coefficients_that_are_no_energies_are_refused():
    for bad, why in [
        ({"Z": 1.0, "I": math.nan}, "real, finite"),
        ({"Z": 1.0, "I": 1j}, "real, finite"),
        ({"Z": "a"}, "numbers as coefficients"),
        ({"Z": np.ones(2)}, "numbers as coefficients"),
    ]:
        with pytest.raises(qce.ArgumentError, match=why):
            QuadraticHamiltonian.read(bad)
    qml = pytest.importorskip("pennylane")
    number = qml.FermiWord({(0, 0): "+", (1, 0): "-"})
    for value in (math.nan, math.inf):
        for which in (number, qml.FermiWord({})):
            with pytest.raises(qce.ArgumentError, match="real, finite"):
                QuadraticHamiltonian.read(qml.FermiSentence({number: 1.0, which: value}))
    with pytest.raises(qce.ArgumentError, match="be of fermions, but it is a BoseWord"):
        QuadraticHamiltonian.read(qml.BoseWord({(0, 0): "+", (1, 0): "-"}))
    with pytest.raises(qce.ArgumentError, match="wires that have an order"):
        QuadraticHamiltonian.read(0.3 * qml.X("b") @ qml.X(1))


def test_what_was_a_raw_error_names_its_argument():
    state = GaussianFermions.thermal({"XXI": -1.0, "IXX": 0.4, "ZII": 0.3})
    for ask, name in [
        (lambda: state.marginal(1), "modes"),
        (lambda: state.marginal([True, False, True]), "modes"),
        (lambda: state.block_entropies(2), "sizes"),
        (lambda: QuadraticHamiltonian.random_bonds(3, 1, low=-1e308, high=1e308), "low"),
        (lambda: QuadraticHamiltonian.ising(np.ones(10**6), np.ones(10**6 + 1)), "fields"),
        (lambda: GaussianFermions.thermal({"Z": 2.0}, 1e308), "beta"),
    ]:
        with pytest.raises(qce.ArgumentError, match=f"`{name}`"):
            ask()


def test_matrices_that_are_no_state_are_refused():
    for bad, match in [
        (np.eye(2), "antisymmetric"),
        (np.zeros((3, 3)), "2n, 2n"),
        (np.zeros((2, 4)), "2n, 2n"),
        (np.array([[0, 1.1], [-1.1, 0]]), "norm 1"),
        (np.array([[0, np.nan], [0, 0]]), "finite"),
        (np.array([[0, 1j], [-1j, 0]]), "real"),
    ]:
        with pytest.raises(qce.ArgumentError, match=match):
            GaussianFermions(bad)
    with pytest.raises(qce.ArgumentError, match="one at a time"):
        GaussianFermions()
    with pytest.raises(qce.ArgumentError, match="axis"):
        GaussianFermions(np.zeros((2, 2)), axis="Y")
    with pytest.raises(qce.ArgumentError, match="dimension"):
        GaussianFermions(np.zeros((80, 80))).dense()
    with pytest.raises(qce.ArgumentError, match="modes"):
        GaussianFermions(np.zeros((4, 4))).marginal([0, 2])
    with pytest.raises(qce.ArgumentError, match="same dimension"):
        quantum.fidelity(GaussianFermions(np.zeros((4, 4))), GaussianFermions(np.zeros((2, 2))))


@pytest.mark.parametrize("seed", SEEDS)
def test_marginals_of_neighbours_are_partial_traces(seed):
    state = GaussianFermions(generator=antisymmetric(seed, 3))
    whole = state.dense().reshape([2] * 6)
    first = np.einsum("abcdec->abde", whole).reshape(4, 4)
    np.testing.assert_allclose(state.marginal([0, 1]).dense(), first, atol=1e-13)
    last = np.einsum("abcaef->bcef", whole).reshape(4, 4)
    np.testing.assert_allclose(state.marginal([1, 2]).dense(), last, atol=1e-13)
    found = state.block_entropies([1, 2, 3])
    np.testing.assert_allclose(found[1], quantum.entropy(first), atol=1e-12)
    np.testing.assert_allclose(found[2], quantum.entropy(state), atol=1e-12)


def test_blocks_of_the_critical_chain_have_central_charge_one_half():
    """S(ℓ) = (c/6) ln[(2n/π) sin(πℓ/n)] + constant of an open chain; n = 1000 is in benchmarks."""
    n = 200
    ground = GaussianFermions.thermal(
        QuadraticHamiltonian.ising(np.ones(n - 1), np.ones(n)), math.inf
    )
    sizes = np.arange(n // 5, 4 * n // 5 + 1, 10)
    chord = np.log(2 * n / np.pi * np.sin(np.pi * sizes / n))
    slope = np.polyfit(chord, ground.block_entropies(sizes), 1)[0]
    assert abs(6 * slope - 0.5) < 0.005  # of what it converges to as 1/n


def test_complex_data_and_traced_parameters_pass_through_jit():
    a = antisymmetric(0, 2)
    f = jax.jit(
        lambda x: quantum.fidelity(GaussianFermions(generator=x), GaussianFermions(generator=2 * x))
    )
    expected = quantum.fidelity(GaussianFermions(generator=a), GaussianFermions(generator=2 * a))
    assert float(f(jnp.asarray(a))) == pytest.approx(float(expected), rel=1e-12)
