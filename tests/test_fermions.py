"""Gaussian fermions against dense matrices, known chains, and the edges of what a state can be."""

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from fermion_oracles import (
    antisymmetric,
    hamiltonian,
    majoranas,
    moments,
    random_state,
    thermal,
    word,
)
from scipy.linalg import logm

import qce
from qce import quantum
from qce.states import (
    Diagonal,
    GaussianFermions,
    IsingChain,
    Pure,
    QuadraticHamiltonian,
    Thermal,
)

ORDERS = [0.3, 0.5, 0.9, 1, 1.4, 2, 5]
SEEDS = range(4)


def pair(seed, n):
    """Two random Gaussian states, and their matrices written out by hand."""
    a, b = antisymmetric(seed, n, 0.4), antisymmetric(seed + 100, n, 0.3)
    return GaussianFermions(generator=a), GaussianFermions(generator=b), thermal(a), thermal(b)


def close(value, expected, scale=1.0):
    # Dense eigenvalues are known to a few ε of the largest one, and here none is below 1e-4 of it.
    assert abs(value - expected) <= 1e-12 * max(1.0, abs(expected), scale), value - expected


@pytest.mark.parametrize("n", [1, 2, 3, 4, 6])
@pytest.mark.parametrize("seed", SEEDS)
def test_states_are_those_of_their_hamiltonian(n, seed):
    a = antisymmetric(seed, n)
    state, rho = GaussianFermions(generator=a), thermal(a)
    np.testing.assert_allclose(state.dense(), rho, atol=1e-13)
    np.testing.assert_allclose(state.covariance, moments(rho), atol=1e-13)
    again = GaussianFermions(state.covariance)
    np.testing.assert_allclose(again.generator, a, atol=1e-9)  # ε e^ε of what the moments tell
    np.testing.assert_allclose(again.dense(), rho, atol=1e-13)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 6])
@pytest.mark.parametrize("seed", SEEDS)
def test_quantities_are_those_of_the_matrices(n, seed):
    if n == 6 and seed:
        return
    rho, sigma, r, s = pair(seed, n)
    log_r, log_s = logm(r), logm(s)
    k = log_r - log_s
    mean = np.trace(r @ k).real
    close(quantum.entropy(rho), -np.trace(r @ log_r).real)
    close(quantum.cross_entropy(rho, sigma), -np.trace(r @ log_s).real)
    close(quantum.relative_entropy(rho, sigma), mean)
    close(quantum.relative_entropy_variance(rho, sigma), np.trace(r @ k @ k).real - mean**2)
    close(quantum.fidelity(rho, sigma), quantum.fidelity(r, s))
    for alpha in (0.5, 2, 3):
        close(quantum.renyi_entropy(rho, alpha), quantum.renyi_entropy(r, alpha))
    for alpha in ORDERS:
        for name in ("petz_renyi_divergence", "sandwiched_renyi_divergence"):
            divergence = getattr(quantum, name)
            close(divergence(rho, sigma, alpha), divergence(r, s, alpha))
    for alpha in (0.2, math.inf):
        dense = quantum.sandwiched_renyi_divergence(r, s, alpha)
        close(quantum.sandwiched_renyi_divergence(rho, sigma, alpha), dense)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("axis", ["Z", "X"])
def test_cross_entropy_is_exact_for_data_of_any_kind(seed, axis):
    n = 3
    model = GaussianFermions(generator=antisymmetric(seed, n), axis=axis)
    sigma = model.dense()
    rho, ket = random_state(seed, n), np.linalg.qr(random_state(seed, n))[0][:, 0]
    p = np.random.default_rng(seed).dirichlet(np.ones(2**n))
    for data in (rho, Pure(ket), Diagonal(p), random_state(seed + 9, n, rank=2)):
        matrix = data if isinstance(data, np.ndarray) else data.dense()
        close(quantum.cross_entropy(data, model), -np.trace(matrix @ logm(sigma)).real)
        expected = quantum.relative_entropy(matrix, sigma)
        close(quantum.relative_entropy(data, model), expected)
    stack = np.stack([rho, random_state(seed + 1, n)])
    values = quantum.cross_entropy(stack, model)
    np.testing.assert_allclose(values, [quantum.cross_entropy(x, model) for x in stack], rtol=1e-14)
    # All that data tell are their second moments.
    if axis == "Z":
        told = GaussianFermions(moments(rho))
        close(quantum.cross_entropy(told, model), quantum.cross_entropy(rho, model))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_gaussian_state_beside_another_kind_is_a_matrix(seed):
    state = GaussianFermions(generator=antisymmetric(seed, 2))
    rho, sigma = random_state(seed, 2), state.dense()
    close(quantum.cross_entropy(state, rho), quantum.cross_entropy(sigma, rho))
    close(quantum.relative_entropy(state, rho), quantum.relative_entropy(sigma, rho))
    close(quantum.trace_distance(state, rho), quantum.trace_distance(sigma, rho))
    turned = GaussianFermions(generator=antisymmetric(seed + 1, 2), axis="X")
    close(quantum.cross_entropy(turned, state), quantum.cross_entropy(turned.dense(), sigma))
    close(quantum.fidelity(turned, state), quantum.fidelity(turned.dense(), sigma))
    values = quantum.petz_renyi_divergence(turned, state, [0.5, 2])
    np.testing.assert_allclose(
        values, quantum.petz_renyi_divergence(turned.dense(), sigma, [0.5, 2]), atol=1e-12
    )


# --- derivatives --------------------------------------------------------------------------------


def dense_quantities(n):
    """The same quantities from 2^n × 2^n exponentials, which JAX differentiates by itself."""
    gammas = majoranas(n)
    pairs = jnp.asarray(0.25j * np.einsum("jab,kbc->jkac", gammas, gammas))

    def h(a):
        return jnp.einsum("jk,jkac->ac", a, pairs)

    def power(a, t):
        return jax.scipy.linalg.expm(-t * h(a))

    def trace(x):
        return jnp.real(jnp.trace(x))

    def log_z(a, t=1.0):
        return jnp.log(trace(power(a, t)))

    def state(a):
        return power(a, 1.0) / trace(power(a, 1.0))

    def cross(a, b):
        return trace(state(a) @ h(b)) + log_z(b)

    def variance(a, b):
        k = h(b) - h(a)
        return trace(state(a) @ k @ k) - trace(state(a) @ k) ** 2

    def petz(a, b, t):
        return (
            jnp.log(trace(power(a, t) @ power(b, 1 - t))) - t * log_z(a) - (1 - t) * log_z(b)
        ) / (t - 1)

    def sandwich(a, b):  # of order 2
        m = power(b, -0.25) @ power(a, 1.0) @ power(b, -0.25)
        return jnp.log(trace(m @ m)) - 2 * log_z(a) + log_z(b)

    return {
        "entropy": lambda a, b: cross(a, a),
        "cross_entropy": cross,
        "relative_entropy": lambda a, b: cross(a, b) - cross(a, a),
        "relative_entropy_variance": variance,
        "petz_renyi_divergence": lambda a, b: petz(a, b, 0.4),
        "sandwiched_renyi_divergence": sandwich,
        "renyi_entropy": lambda a, b: (log_z(a, 3.0) - 3 * log_z(a)) / -2,
    }


def gaussian_quantities(covariance=False):
    def states(a, b):
        sigma = GaussianFermions(generator=b)
        sigma = GaussianFermions(covariance=sigma.covariance) if covariance else sigma
        return GaussianFermions(generator=a), sigma

    return {
        "entropy": lambda a, b: quantum.entropy(states(a, b)[0]),
        "cross_entropy": lambda a, b: quantum.cross_entropy(*states(a, b)),
        "relative_entropy": lambda a, b: quantum.relative_entropy(*states(a, b)),
        "relative_entropy_variance": lambda a, b: quantum.relative_entropy_variance(*states(a, b)),
        "petz_renyi_divergence": lambda a, b: quantum.petz_renyi_divergence(*states(a, b), 0.4),
        "sandwiched_renyi_divergence": lambda a, b: quantum.sandwiched_renyi_divergence(
            *states(a, b), 2
        ),
        "renyi_entropy": lambda a, b: quantum.renyi_entropy(states(a, b)[0], 3.0),
    }


def twice(slope, t):
    return jax.jvp(slope, (t,), (1.0,))


@pytest.mark.parametrize("name", dense_quantities(1))
@pytest.mark.parametrize(("covariance", "same"), [(False, False), (True, True)])
def test_derivatives_are_those_of_the_matrices(name, covariance, same):
    """Value, slope and curvature along a line; at equal states too, where spectra degenerate."""
    n = 2
    a, da = antisymmetric(0, n, 0.3), antisymmetric(2, n)
    b, db = (a, antisymmetric(3, n)) if same else (antisymmetric(1, n, 0.3), antisymmetric(3, n))
    found = []
    for f in (gaussian_quantities(covariance)[name], dense_quantities(n)[name]):

        def line(t, f=f):
            return f(a + t * da, b + t * db)

        slope = jax.value_and_grad(line)
        (value, first), (_, second) = jax.jit(functools.partial(twice, slope))(0.0)
        found.append([value, first, second])
    # Matrix functions of order one and their first two derivatives, by sums of some 1e3 terms.
    np.testing.assert_allclose(found[0], found[1], atol=1e-12, rtol=1e-12)


def test_curvature_of_the_cross_entropy_is_the_kubo_mori_metric():
    a = antisymmetric(5, 2)
    hessian = jax.hessian(
        lambda x: quantum.cross_entropy(GaussianFermions(a * 0.1), GaussianFermions(generator=x))
    )
    e = antisymmetric(6, 2)
    value = np.einsum("ij,ijkl,kl->", e, hessian(jnp.asarray(a)), e)
    sigma, h = thermal(a), hamiltonian(e)
    p, v = np.linalg.eigh(sigma)
    mean = np.log(p)[:, None] - np.log(p)
    weights = np.where(np.eye(len(p)) > 0, p, (p[:, None] - p) / np.where(mean == 0, 1, mean))
    turned = v.conj().T @ h @ v
    expected = np.sum(weights * np.abs(turned) ** 2) - np.trace(sigma @ h).real ** 2
    close(value, expected)


# --- pure, nearly pure, singular ----------------------------------------------------------------


def test_eigenvalues_of_1e_300_count():
    a = np.array([[0.0, -690.0], [690.0, 0.0]])  # of |1⟩ e^-690
    model = GaussianFermions(generator=a)
    tiny = math.exp(-690.0)
    assert quantum.entropy(model) == pytest.approx(691 * tiny, rel=1e-12)
    data = GaussianFermions(generator=-a)
    assert quantum.cross_entropy(data, model) == pytest.approx(690.0, rel=1e-14)
    assert quantum.relative_entropy(data, model) == pytest.approx(690.0, rel=1e-14)
    # √F = 2 √(p (1 − p)).
    assert quantum.fidelity(data, model) == pytest.approx(4 * tiny, rel=1e-11)
    value = quantum.sandwiched_renyi_divergence(data, model, math.inf)
    assert value == pytest.approx(690.0, rel=1e-13)
    exact = Diagonal([1.0, tiny])
    for alpha in (0.5, 2, 3):
        expected = quantum.petz_renyi_divergence(Diagonal([0.5, 0.5]), exact, alpha)
        mixed = GaussianFermions(np.zeros((2, 2)))
        found = quantum.petz_renyi_divergence(mixed, model, alpha)
        assert found == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_eigenvalues_of_1e_300_count_in_any_basis(seed):
    """Against sixty digits: two modes of energies near 600 that share no eigenvector."""
    mpmath = pytest.importorskip("mpmath")
    rng = np.random.default_rng(seed)
    generators = []
    for energies in ((650.0, 40.0), (600.0, 3.0)):
        q = np.linalg.qr(rng.normal(size=(4, 4)))[0]
        block = np.zeros((4, 4))
        block[0, 1], block[2, 3] = energies
        a = q @ (block - block.T) @ q.T
        generators.append((a - a.T) / 2)
    with mpmath.workdps(700):
        t = [mpmath.expm(mpmath.matrix((-1j * a).tolist())) for a in generators]
        identity = mpmath.eye(4)
        norms = [mpmath.log(mpmath.re(mpmath.det(identity + x))) / 2 for x in t]
        roots = [mpmath.expm(mpmath.matrix((-0.5j * a).tolist())) for a in generators]
        product = roots[0] * roots[1]  # order ½ of Petz
        log_trace = mpmath.log(mpmath.re(mpmath.det(identity + product))) / 2
        petz = float(-2 * (log_trace - (norms[0] + norms[1]) / 2))
        cs = [x * mpmath.inverse(identity + x) for x in t]
        log_q = [mpmath.matrix((-1j * a).tolist()) for a in generators]
        mean = -mpmath.re(sum((cs[0] * log_q[1])[i, i] for i in range(4))) / 2 + norms[1]
    rho, sigma = (GaussianFermions(generator=a) for a in generators)
    assert quantum.petz_renyi_divergence(rho, sigma, 0.5) == pytest.approx(petz, rel=1e-11)
    assert quantum.cross_entropy(rho, sigma) == pytest.approx(float(mean), rel=1e-11)


def test_pure_states_are_pure():
    chains = [QuadraticHamiltonian.random_bonds(4, seed) for seed in (1, 2)]
    p, q = (GaussianFermions.thermal(h, math.inf) for h in chains)
    assert quantum.entropy(p) == 0
    assert quantum.relative_entropy(p, p) < 1e-28
    assert np.isinf(quantum.relative_entropy(p, q)) and np.isinf(quantum.cross_entropy(p, q))
    kets = [np.linalg.eigh(x.dense())[1][:, -1] for x in (p, q)]
    close(quantum.fidelity(p, q), abs(kets[0].conj() @ kets[1]) ** 2)
    close(quantum.petz_renyi_divergence(p, q, 0.3), -math.log(quantum.fidelity(p, q)) / 0.7)
    assert quantum.petz_renyi_divergence(p, q, 1.5) == np.inf
    with pytest.raises(qce.ArgumentError, match="generator is asked for"):
        _ = p.generator
    by_moments = GaussianFermions(p.covariance)
    assert quantum.entropy(by_moments) == 0
    assert quantum.cross_entropy(p, by_moments) < 1e-12
    assert np.isinf(quantum.cross_entropy(q, by_moments))
    thermal_one = GaussianFermions.thermal(chains[1], 0.7)
    dense = [
        quantum.sandwiched_renyi_divergence(p.dense(), thermal_one.dense(), a) for a in (0.5, 2)
    ]
    found = [quantum.sandwiched_renyi_divergence(p, thermal_one, a) for a in (0.5, 2)]
    np.testing.assert_allclose(found, dense, rtol=1e-11)


def test_states_of_other_parity_are_orthogonal():
    even = GaussianFermions(np.array([[0, -1], [1, 0]]))
    odd = GaussianFermions(np.array([[0, 1], [-1, 0]]))
    assert quantum.fidelity(even, odd) == 0
    assert quantum.relative_entropy(even, odd) == np.inf
    assert quantum.cross_entropy(Diagonal([0.0, 1.0]), even) == np.inf
    assert quantum.cross_entropy(Diagonal([1.0, 0.0]), even) == 0
    with pytest.raises(qce.ArgumentError, match="support"):
        quantum.cross_entropy(odd, even, support="raise")
    # Where a mode is one wire nothing has rounded it.
    assert np.isinf(quantum.cross_entropy(Diagonal([1 - 1e-300, 1e-300]), even))
    model = GaussianFermions(generator=antisymmetric(1, 1, 0.7))
    for p in ([0.25, 0.75], [1.0, 0.0]):
        close(
            quantum.cross_entropy(Diagonal(p), model),
            quantum.cross_entropy(Diagonal(p), thermal(model.generator)),
        )


def test_partly_pure_states_share_their_pure_modes():
    mixed = antisymmetric(3, 2, 0.3)
    blocks = []
    for seed in (1, 2):
        gamma = np.zeros((6, 6))
        gamma[0, 1], gamma[1, 0] = 1, -1
        gamma[2:, 2:] = GaussianFermions(generator=mixed * seed).covariance
        blocks.append(GaussianFermions(gamma))
    rest = [GaussianFermions(generator=mixed * seed) for seed in (1, 2)]
    for name in ("petz_renyi_divergence", "sandwiched_renyi_divergence"):
        f = getattr(quantum, name)
        for alpha in (0.5, 1, 2):
            close(f(*blocks, alpha), f(*rest, alpha))
    close(quantum.fidelity(*blocks), quantum.fidelity(*rest))


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
