"""Losses of states: their classical limit, their gradients, kets, and what they are made of."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pennylane as qml
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from libraries import AUTOGRAD, DIFFERENTIATING, hermitian_gradient
from oracles import EPS
from strategies import FULL, Spectral, full_pairs, random_unitary, seeds, spectra, states, theorem

from qce import losses, quantum
from qce.twins import TWINS

# Three states of dimension at most 6 whose spectra reach down to `least`: rounding moves them by
# about 8 d ε in operator norm (qce.limits), which moves a loss by that times its slopes.
ROUNDING = 8 * 6 * EPS

one_label = {name: partial(getattr(losses.quantum, name), -1.0) for name in (
    "hinge_loss", "squared_hinge_loss", "perceptron_loss", "logistic_loss", "exponential_loss",
)}  # fmt: skip


def pairs_of(side):
    """The losses of two distributions or states, as functions of them."""
    of_pairs = ("balanced_cross_entropy", "focal_cross_entropy", "dice_loss", "jaccard_loss",
                "tversky_loss", "focal_tversky_loss")  # fmt: skip
    found = {name: getattr(side, name) for name in of_pairs}
    # β = 1 is flat in data of full rank, and counts ranks; it has tests of its own.
    found["balanced_cross_entropy"] = partial(side.balanced_cross_entropy, power=0.5)
    found |= {name: partial(getattr(side, name), -1.0, reduction="none") for name in one_label}
    for same in (0.0, 1.0):
        loss = partial(side.contrastive_loss, same, reduction="none")
        found[f"contrastive_loss, {same:g}"] = loss
    return found


CLASSICAL, QUANTUM = pairs_of(losses.classical), pairs_of(losses.quantum)
every_pair = pytest.mark.parametrize("name", QUANTUM)
every_library = pytest.mark.parametrize("library", DIFFERENTIATING, ids=str)


def hermitian(rng, d):
    x = rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d))
    return (x + x.conj().T) / 2


def random_state(seed, d=3):
    """A state of full rank whose eigenvalues are at least a tenth of 1/d."""
    rng = np.random.default_rng(seed)
    spectrum = 0.9 * rng.dirichlet(np.ones(d)) + 0.1 / d
    return Spectral(spectrum, random_unitary(rng, d)).matrix


RHO, SIGMA, OMEGA = map(random_state, (1, 2, 3))


# --- the classical limit -----------------------------------------------------------------------


def test_both_modules_have_the_same_names():
    assert losses.classical.__all__ == losses.quantum.__all__


def test_every_loss_of_two_states_is_in_the_table():
    """So that `qce check` tries it."""

    def functions(twin):
        return {getattr(f, "func", f) for f in (twin.classical, twin.quantum)}

    for name in {*CLASSICAL, "contrastive_loss"}:
        function = name.partition(",")[0]
        pair = {getattr(losses.classical, function), getattr(losses.quantum, function)}
        assert any(functions(twin) == pair for twin in TWINS), function


THREE = {
    "weighted": lambda side, a, b, c, stack: side.weighted_cross_entropy((a, b), c, (3.0, 1.0)),
    "triplet": lambda side, a, b, c, stack: side.triplet_loss(a, b, c),
    "InfoNCE": lambda side, a, b, c, stack: side.info_nce_loss(stack(a, b), stack(b, c)),
    "NT-Xent": lambda side, a, b, c, stack: side.nt_xent_loss(stack(a, b), stack(b, c)),
    "supervised": lambda side, a, b, c, stack: side.supervised_contrastive_loss(
        [0, 0, 1], stack(a, b, c)
    ),
}


@pytest.mark.parametrize("name", THREE)
@theorem
@given(spectra(3), spectra(3, FULL), spectra(3, FULL), seeds)
def test_commuting_states_have_the_classical_loss(name, p, q, r, seed):
    """In a basis of any direction; the slopes of these losses are below 100/least."""
    basis = random_unitary(np.random.default_rng(seed), 3)
    diagonal = [p, q, r]
    turned = [Spectral(x, basis).matrix for x in diagonal]
    stack = lambda *x: np.stack(x)  # noqa: E731
    expected = THREE[name](losses.classical, *diagonal, stack)
    value = THREE[name](losses.quantum, *turned, stack)
    least = min(x[x > 0].min() for x in diagonal)
    # The Bures distance of states that differ by rounding e is √e.
    slack = np.sqrt(ROUNDING) if name == "triplet" else 0
    assert value == pytest.approx(float(expected), abs=slack + 100 * ROUNDING / least)


@every_pair
@theorem
@given(full_pairs(3), seeds)
def test_losses_do_not_depend_on_the_basis(name, pair, seed):
    turn = random_unitary(np.random.default_rng(seed), 3)
    given_pair = [state.matrix for state in pair]
    turned = [turn @ x @ turn.conj().T for x in given_pair]
    turned = [(x + x.conj().T) / 2 for x in turned]
    value, expected = (QUANTUM[name](*x) for x in (turned, given_pair))
    least = min(x.spectrum[x.spectrum > 0].min() for x in pair)
    power = 0.75 if "focal_tversky" in name else 1
    slack = (ROUNDING / least) ** (power / 2)  # distances of close states are roots
    assert value == pytest.approx(float(expected), abs=100 * slack)


# --- gradients ---------------------------------------------------------------------------------


def central(function, x, direction):
    """The derivative by Richardson's rule: truncation h⁴, rounding ε/h."""
    h = 1e-3
    coarse, fine = (
        (function(x + k * h * direction) - function(x - k * h * direction)) / (2 * k * h)
        for k in (2, 1)
    )
    return (4 * fine - coarse) / 3


@every_library
@pytest.mark.parametrize("argument", [0, 1])
@every_pair
def test_gradients_are_central_differences(name, argument, library):
    """Spectra are above 0.03, so that a step of 1e-3 is well inside."""
    loss = partial(QUANTUM[name], check=False)
    pair = [RHO, SIGMA]

    def of_one(x, convert):
        arguments = [x if k == argument else convert(pair[k]) for k in range(2)]
        return loss(*arguments)

    found = hermitian_gradient(library, lambda x: of_one(x, library.asarray), pair[argument])
    np.testing.assert_allclose(found, found.conj().T, atol=1e3 * EPS)
    direction = hermitian(np.random.default_rng(7), 3) / 3
    expected = central(lambda x: of_one(x, np.asarray), pair[argument], direction)
    # Fifth derivatives of logarithms at 0.03 are 4!/0.03⁵ = 1e9, times h⁴ = 1e-12 and h⁴/5!·4.
    assert np.trace(found @ direction).real == pytest.approx(expected, abs=1e-4, rel=1e-4)
    slope = np.trace(found @ direction).real
    assert abs(slope) > 1e-3  # there is something to agree on


@pytest.mark.parametrize("gamma", [0.0, 2.5])
@every_library
def test_gradients_and_curvature_of_focal_losses_along_a_line(gamma, library):
    """Against the classical loss in the common basis, exact to rounding; γ not an integer too."""
    basis = random_unitary(np.random.default_rng(5), 3)
    p, q, v = np.array([0.2, 0.3, 0.5]), np.array([0.5, 0.35, 0.15]), np.array([0.1, 0.2, -0.3])
    rho, sigma, motion = (library.asarray(Spectral(x, basis).matrix) for x in (p, q, v))

    def along(t):
        return losses.quantum.focal_cross_entropy(rho, sigma + t * motion, gamma=gamma, check=False)

    def classical(t):
        return losses.classical.focal_cross_entropy(p, q + t * v, gamma=gamma, check=False)

    first = AUTOGRAD.derivative(classical)
    second = AUTOGRAD.second_derivative(classical)
    # Curvatures are below 1/0.15² = 44.
    assert library.derivative(along) == pytest.approx(first, abs=100 * ROUNDING)
    assert library.second_derivative(along) == pytest.approx(second, abs=1000 * ROUNDING)


@pytest.mark.parametrize("power", [0.5, 1.0])
@every_library
def test_gradients_and_curvature_of_balanced_losses_along_a_line(power, library):
    basis = random_unitary(np.random.default_rng(6), 3)
    p, q, v = np.array([0.2, 0.3, 0.5]), np.array([0.5, 0.35, 0.15]), np.array([0.1, 0.2, -0.3])
    rho, sigma, motion = (library.asarray(Spectral(x, basis).matrix) for x in (p, q, v))

    def along(t):
        moved = (rho + t * motion, sigma + t * motion)
        return losses.quantum.balanced_cross_entropy(*moved, power=power, check=False)

    def classical(t):
        moved = (p + t * v, q + t * v)
        return losses.classical.balanced_cross_entropy(*moved, power=power, check=False)

    first, second = AUTOGRAD.derivative(classical), AUTOGRAD.second_derivative(classical)
    assert library.derivative(along) == pytest.approx(first, abs=100 * ROUNDING)
    assert library.second_derivative(along) == pytest.approx(second, abs=1000 * ROUNDING)


@every_library
@pytest.mark.parametrize("name", THREE)
def test_gradients_of_losses_of_three_states(name, library):
    stacks = {"autograd": np.stack, "jax": jnp.stack, "torch": torch.stack}

    def loss(x, convert, stack):
        return THREE[name](Unchecked, x, convert(SIGMA), convert(OMEGA), lambda *s: stack(s))

    if library.name == "autograd":
        import autograd.numpy as anp

        stacks["autograd"] = anp.stack
    found = hermitian_gradient(
        library, lambda x: loss(x, library.asarray, stacks[library.name]), RHO
    )
    direction = hermitian(np.random.default_rng(8), 3) / 3
    expected = central(lambda x: loss(x, np.asarray, np.stack), RHO, direction)
    assert np.trace(found @ direction).real == pytest.approx(expected, abs=1e-4, rel=1e-4)


class Unchecked:
    """The losses without their checks: a step off the trace is no state."""

    def __getattr__(self, name):
        return partial(getattr(losses.quantum, name), check=False)


Unchecked = Unchecked()


# --- what they are made of ---------------------------------------------------------------------


@theorem
@given(full_pairs(4), states(4))
def test_a_weighted_ensemble_has_the_weighted_mean_of_its_cross_entropies(pair, other):
    rho, sigma, omega = pair[0].matrix, pair[1].matrix, other.matrix
    value = losses.quantum.weighted_cross_entropy((rho, omega), sigma, (3, 1))
    parts = quantum.cross_entropy(rho, sigma), quantum.cross_entropy(omega, sigma)
    # Both sides have the same logarithm of σ, at most log 1e10 = 23; the mixture rounds by ε.
    assert value == pytest.approx((3 * parts[0] + parts[1]) / 4, rel=1e3 * EPS, abs=1e3 * EPS)


@theorem
@given(full_pairs(4))
def test_ends_of_the_families_are_the_cross_entropy(pair):
    rho, sigma = pair[0].matrix, pair[1].matrix
    least = pair[1].spectrum.min()
    expected = quantum.cross_entropy(rho, sigma)
    limit = 10 * ROUNDING / least
    assert losses.quantum.focal_cross_entropy(rho, sigma, gamma=0) == pytest.approx(
        expected, abs=limit
    )
    assert losses.quantum.balanced_cross_entropy(rho, sigma, power=0) == pytest.approx(
        expected, abs=limit
    )


@pytest.mark.parametrize("rank", [1, 2, 3, 4])
def test_fully_balanced_data_is_the_projector_on_its_support(rank):
    rng = np.random.default_rng(rank)
    spectrum = np.pad(rng.dirichlet(np.ones(rank)), (0, 4 - rank))
    state = Spectral(spectrum, random_unitary(rng, 4))
    flat = state.function((spectrum > 0) / rank)
    sigma = random_state(9, 4)
    value = losses.quantum.balanced_cross_entropy(state.matrix, sigma)
    # A tenth of ¼ is the least eigenvalue of σ, that of ρ turns its support by ROUNDING over it.
    limit = 100 * ROUNDING / spectrum[:rank].min()
    assert value == pytest.approx(quantum.cross_entropy(flat, sigma), abs=limit)


@theorem
@given(spectra(4), seeds)
def test_focal_losses_are_the_classical_ones_of_the_weights_in_the_models_basis(p, seed):
    sigma = Spectral(np.array([0.1, 0.2, 0.3, 0.4]), random_unitary(np.random.default_rng(seed), 4))
    rho = Spectral(p, random_unitary(np.random.default_rng(seed + 1), 4)).matrix
    weights = np.einsum("ji,jk,ki->i", sigma.basis.conj(), rho, sigma.basis).real
    value = losses.quantum.focal_cross_entropy(rho, sigma.matrix)
    expected = losses.classical.focal_cross_entropy(weights, sigma.spectrum, check=False)
    assert value == pytest.approx(expected, abs=100 * ROUNDING)


def test_data_outside_the_support_is_infinite_and_its_gradient_finite():
    up, down = np.diag([1.0, 0.0]) + 0j, np.diag([0.0, 1.0]) + 0j
    for name in ("focal_cross_entropy", "balanced_cross_entropy"):
        assert QUANTUM[name](up, down) == np.inf
        gradient = AUTOGRAD.gradient(lambda x, n=name: QUANTUM[n](up, x))(AUTOGRAD.variable(down))
        assert np.isfinite(gradient).all()


@theorem
@given(states(3), seeds)
def test_overlap_losses_of_pure_data_are_the_part_outside(sigma, seed):
    psi = random_unitary(np.random.default_rng(seed), 3)[:, 0]
    rho, inside = np.outer(psi, psi.conj()), (psi.conj() @ sigma.matrix @ psi).real
    limit = 100 * ROUNDING
    assert losses.quantum.dice_loss(rho, sigma.matrix) == pytest.approx(1 - inside, abs=limit)
    jaccard = losses.quantum.jaccard_loss(rho, sigma.matrix)
    assert jaccard == pytest.approx(1 - inside / (2 - inside), abs=limit)


@pytest.mark.parametrize("delta", [1e-3, 1e-6, 1e-9])
def test_overlap_losses_of_close_distributions_keep_relative_accuracy(delta):
    """1 − F = δ²/4 Σ v²/p to leading order, of relative error δ; ε/δ comes from p + δv."""
    p, v = np.array([0.5, 0.25, 0.25]), np.array([0.5, -0.25, -0.25])
    value = losses.classical.dice_loss(p, p + delta * v)
    assert value == pytest.approx(
        delta**2 / 4 * np.sum(v**2 / p), rel=2 * delta + 10 * EPS / delta, abs=0
    )


@theorem
@given(states(3), states(3))
def test_overlap_losses_are_least_at_equality_and_ordered(rho, sigma):
    pair = rho.matrix, sigma.matrix
    dice, jaccard = losses.quantum.dice_loss(*pair), losses.quantum.jaccard_loss(*pair)
    assert 0 <= dice <= jaccard + 10 * EPS and jaccard <= 1 + 10 * EPS
    assert losses.quantum.dice_loss(pair[0], pair[0]) == pytest.approx(0, abs=ROUNDING)


@pytest.mark.parametrize("name", one_label)
def test_margin_losses_are_those_of_the_measured_expectation(name):
    """What PennyLane measures on the state, put into the loss of predictions."""
    observable, state = hermitian(np.random.default_rng(3), 4), random_state(4, 4)

    @qml.qnode(qml.device("default.mixed", wires=2))
    def expectation():
        qml.QubitDensityMatrix(state, wires=[0, 1])
        return qml.expval(qml.Hermitian(observable, wires=[0, 1]))

    expected = getattr(losses, name)([-1], [float(expectation())])
    value = one_label[name](state, observable)
    assert value == pytest.approx(expected, rel=1e3 * EPS, abs=0)


# --- kets --------------------------------------------------------------------------------------


def projectors(kets):
    return np.einsum("...i,...j->...ij", kets, kets.conj())


KETS = np.random.default_rng(21).normal(size=(2, 3, 3, 2)) @ [1, 1j]
KETS = KETS / np.linalg.norm(KETS, axis=-1, keepdims=True)
OF_KETS = {
    "contrastive_loss": lambda f, x, y: f([1, 0, 0], x, y),
    "triplet_loss": lambda f, x, y: f(x, y, y[::-1] if isinstance(y, np.ndarray) else y.flip(0)),
    "info_nce_loss": lambda f, x, y: f(x, y),
    "nt_xent_loss": lambda f, x, y: f(x, y),
    "supervised_contrastive_loss": lambda f, x, y: f([0, 0, 1], x),
}


@pytest.mark.parametrize("name", OF_KETS)
def test_kets_are_density_matrices_and_their_phases_do_not_count(name):
    call, loss = OF_KETS[name], getattr(losses.quantum, name)
    x, y = KETS
    expected = call(loss, projectors(x), projectors(y))
    of_kets = partial(loss, pure=True)
    # The Bures distance of density matrices of rank one is good to √ε only where they are close.
    assert call(of_kets, x, y) == pytest.approx(expected, abs=1e4 * EPS)
    phases = np.exp(1j * np.array([[0.3], [2.0], [-1.0]]))
    assert call(of_kets, phases * x, y) == pytest.approx(call(of_kets, x, y), abs=1e3 * EPS)


@every_library
@pytest.mark.parametrize("name", [name for name in OF_KETS if name != "triplet_loss"])
def test_gradients_of_kets_are_central_differences(name, library):
    """By a real parameter: the library's convention for complex input plays no part."""
    call, loss = OF_KETS[name], partial(getattr(losses.quantum, name), pure=True, check=False)
    x, y = KETS
    motion = np.random.default_rng(9).normal(size=x.shape) * (1 + 0.5j)
    rows = [library.asarray(z) for z in (x, y, motion)]
    found = library.derivative(lambda t: call(loss, rows[0] + t * rows[2], rows[1]))
    expected = central(lambda t: call(loss, x + t * motion, y), 0.0, 1.0)
    assert abs(expected) > 1e-3
    # Fidelities over a temperature of 0.1 change by 10 t: (10 h)⁴ of the truncation.
    assert found == pytest.approx(expected, rel=1e-5, abs=1e-6)


@every_library
def test_orthogonal_and_equal_kets_have_finite_slopes(library):
    x = np.eye(2) + 0j
    for y in (x, x[::-1].copy()):
        gradient = library.gradient(
            lambda z, y=y: losses.quantum.contrastive_loss(
                np.array([1.0, 0.0]), z, library.asarray(y), pure=True
            )
        )
        assert np.isfinite(np.asarray(gradient(library.variable(x)))).all()


@pytest.mark.parametrize("delta", [1e-3, 1e-6, 1e-9])
def test_close_kets_keep_relative_accuracy(delta):
    """B² = 2 − 2 cos δ = 4 sin²(δ/2), where 2 − 2|⟨x|y⟩| keeps nothing of δ = 1e-9."""
    x, y = np.array([1.0, 0.0]), np.array([np.cos(delta), np.sin(delta)])
    value = losses.quantum.contrastive_loss(1.0, x, y, pure=True)
    assert value == pytest.approx(4 * np.sin(delta / 2) ** 2, rel=4 * EPS / delta, abs=0)


# --- libraries ---------------------------------------------------------------------------------


@every_pair
def test_what_goes_in_comes_out(name):
    expected = float(QUANTUM[name](RHO, SIGMA))
    for convert, kind in ((jnp.asarray, jax.Array), (torch.as_tensor, torch.Tensor)):
        for precision, dtype in (("c16", "float64"), ("c8", "float32")):
            value = QUANTUM[name](*(convert(x.astype(precision)) for x in (RHO, SIGMA)))
            assert isinstance(value, kind) and dtype in str(value.dtype)
            # Least eigenvalues of 0.03 and slopes of order one over them.
            eps = EPS if precision == "c16" else 2.0**-23
            assert float(value) == pytest.approx(expected, abs=1e3 * eps / 0.03)
    assert float(jax.jit(QUANTUM[name])(RHO, SIGMA)) == pytest.approx(expected, abs=1e5 * EPS)


@every_pair
def test_batches_weights_and_reductions(name):
    batch = np.stack([RHO, OMEGA])
    loss = QUANTUM[name]
    each = np.array([loss(RHO, SIGMA), loss(OMEGA, SIGMA)])
    np.testing.assert_allclose(loss(batch, SIGMA[None] + 0 * batch), each, rtol=1e4 * EPS)
    weights, both = np.array([3.0, 1.0]), SIGMA[None] + 0 * batch
    mean = loss(batch, both, weights=weights, reduction="mean")
    assert mean == pytest.approx((3 * each[0] + each[1]) / 4, rel=1e4 * EPS, abs=0)


@pytest.mark.parametrize("count", [2, 5])
@given(data=st.data())
@theorem
def test_info_nce_of_indistinguishable_states_is_the_logarithm_of_their_number(count, data):
    rho = data.draw(states(3)).matrix
    same = np.stack([rho] * count)
    # Fidelities are 1 to rounding, over a temperature of 0.1.
    value = losses.quantum.info_nce_loss(same, same)
    assert value == pytest.approx(np.log(count), abs=10 * ROUNDING)
