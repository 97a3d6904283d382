"""Expectation values: formulas by hand, every library, factors, and losses of what is measured."""

import jax
import numpy as np
import pennylane as qml
import pytest
from hypothesis import given
from libraries import DIFFERENTIATING, hermitian_gradient
from oracles import EPS
from state_losses import OMEGA, RHO, SIGMA, hermitian, random_state
from strategies import seeds, theorem

from qce import classical, losses, quantum, states

P, NUMBERS = np.array([0.5, 0.3, 0.2]), np.array([2.0, -1.0, 0.5])
OBSERVABLE = hermitian(np.random.default_rng(3), 3)
every_library = pytest.mark.parametrize("library", DIFFERENTIATING, ids=str)
SIDES = {"classical": (classical, P, NUMBERS), "quantum": (quantum, RHO, OBSERVABLE)}
every_side = pytest.mark.parametrize("side", SIDES)

# Margin losses by their formulas, m = y f.
FORMULAS = {
    "hinge_loss": lambda m: max(0.0, 1 - m),
    "squared_hinge_loss": lambda m: max(0.0, 1 - m) ** 2,
    "perceptron_loss": lambda m: max(0.0, -m),
    "logistic_loss": lambda m: np.log(1 + np.exp(-m)),
    "exponential_loss": lambda m: np.exp(-m),
}


def by_hand(rho, o):
    """Tr ρO, element by element."""
    d = len(rho)
    return sum((rho[i, j] * o[j, i]).real for i in range(d) for j in range(d))


def by_eigenstates(rho, o):
    """Σ_k o_k ⟨k|ρ|k⟩ over the outcomes of the measurement."""
    values, kets = np.linalg.eigh(o)
    return sum(v * (k.conj() @ rho @ k).real for v, k in zip(values, kets.T, strict=True))


@theorem
@given(seeds)
def test_it_is_the_mean_of_the_outcomes(seed):
    rho, o = random_state(seed, 4), hermitian(np.random.default_rng(seed), 4)
    # Sixteen products of order one each; an eigensystem is right to a few d ε.
    assert quantum.expectation(rho, o) == pytest.approx(by_hand(rho, o), abs=50 * EPS)
    assert quantum.expectation(rho, o) == pytest.approx(by_eigenstates(rho, o), abs=500 * EPS)
    p, x = np.diagonal(rho).real, np.diagonal(o).real
    assert classical.expectation(p, x) == pytest.approx(sum(p * x), abs=10 * EPS)
    expected = classical.expectation(p, x)
    assert quantum.expectation(np.diag(p), np.diag(x)) == pytest.approx(expected, abs=10 * EPS)


def test_it_is_what_a_simulator_measures():
    observable, state = hermitian(np.random.default_rng(3), 4), random_state(4, 4)

    @qml.qnode(qml.device("default.mixed", wires=2))
    def measured():
        qml.QubitDensityMatrix(state, wires=[0, 1])
        return qml.expval(qml.Hermitian(observable, wires=[0, 1]))

    assert quantum.expectation(state, observable) == pytest.approx(float(measured()), abs=1e3 * EPS)


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("label", [-1.0, 1.0])
def test_losses_of_it_are_what_the_margin_twins_were(name, label):
    """One label for all; one each; and with the weights of a mean."""
    loss, formula = getattr(losses, name), FORMULAS[name]
    stack = np.stack([RHO, SIGMA, OMEGA])
    f = [by_hand(rho, OBSERVABLE) for rho in stack]
    scores = quantum.expectation(stack, OBSERVABLE)
    expected = [formula(label * x) for x in f]
    np.testing.assert_allclose(loss(label, scores, reduction="none"), expected, rtol=1e3 * EPS)
    signs = np.array([label, -label, label])
    expected = np.average(
        [formula(y * x) for y, x in zip(signs, f, strict=True)], weights=[3, 1, 2]
    )
    assert loss(signs, scores, weights=[3, 1, 2]) == pytest.approx(expected, rel=1e3 * EPS, abs=0)
    value = loss(label, classical.expectation(P, NUMBERS))
    assert value == pytest.approx(formula(label * 0.8), rel=1e3 * EPS, abs=0)  # 1 − 0.3 + 0.1


@pytest.mark.parametrize("name", FORMULAS)
@every_library
def test_slopes_of_losses_of_it_are_those_of_the_margin_twins(name, library):
    """dl/dρ = y l′(m) O: with a central difference of l of one number."""
    loss, y = getattr(losses, name), -1.0
    o = library.asarray(OBSERVABLE)

    def of(rho):
        return loss(y, quantum.expectation(rho, o, check=False), check=False)

    found = hermitian_gradient(library, of, RHO)
    m, h = y * by_hand(RHO, OBSERVABLE), 1e-4
    slope = (FORMULAS[name](m + h) - FORMULAS[name](m - h)) / (2 * h)
    # Truncation h²/6 times a third derivative of order one; rounding ε/h.
    np.testing.assert_allclose(found, y * slope * OBSERVABLE, atol=10 * h**2 + 100 * EPS / h)


@every_library
@every_side
def test_it_is_linear_in_both(side, library):
    """So that its slopes are the other argument, and mixed second ones a product."""
    module, x, o = SIDES[side]
    rng = np.random.default_rng(7)
    v, w = (hermitian(rng, 3) if side == "quantum" else rng.normal(size=3) for _ in "12")
    x, o, v, w = map(library.asarray, (x, o, v, w))

    def along(t):
        return module.expectation(x + t * v, o + t * w, check=False)

    pairs = [(v, o), (x, w), (v, w)]
    first, second, both = (float(module.expectation(*pair, check=False)) for pair in pairs)
    assert library.derivative(along) == pytest.approx(first + second, abs=100 * EPS)
    assert library.second_derivative(along) == pytest.approx(2 * both, abs=100 * EPS)


@every_library
@every_side
def test_slopes_of_stacks_have_the_shapes_of_the_arguments(side, library):
    module, x, o = SIDES[side]
    xs, one = np.stack([x] * 2)[None], np.stack([o] * 4)[:, None]

    def of(free):
        return module.expectation(library.asarray(xs), free).sum()

    found = np.asarray(library.gradient(of)(library.variable(one)))
    assert found.shape == one.shape
    # Each observable meets two states that are the same.
    expected = np.broadcast_to(2 * x, one.shape)
    np.testing.assert_allclose(found if library.name == "torch" else found.conj(), expected,
                               atol=100 * EPS)  # fmt: skip


@every_side
def test_batches_broadcast_and_precision_stays(side):
    module, x, o = SIDES[side]
    value = module.expectation(np.stack([x] * 2)[None], np.stack([o] * 4)[:, None])
    assert value.shape == (4, 2)
    np.testing.assert_allclose(value, module.expectation(x, o), atol=10 * EPS)
    single = [np.asarray(z, dtype=z.dtype.char.lower().replace("d", "f")) if side == "classical"
              else z.astype("c8") for z in (x, o)]  # fmt: skip
    assert module.expectation(*single).dtype == np.float32
    assert float(jax.jit(module.expectation)(x, o)) == pytest.approx(module.expectation(x, o))


@every_side
def test_nan_and_infinity_stay_nan_unchecked(side):
    module, x, o = SIDES[side]
    for odd in (np.nan, np.inf):
        assert np.isnan(module.expectation(x * odd, o, check=False))
        assert np.isnan(module.expectation(x, o * odd, check=False))
        with pytest.raises(ValueError, match="Argument `observable` must be finite"):
            module.expectation(x, o * odd)


def test_states_in_factors_and_kets_are_what_they_stand_for():
    ket = np.array([0.6, 0.8j, 0.0])
    expected = by_hand(np.outer(ket, ket.conj()), OBSERVABLE)
    assert quantum.expectation(ket, OBSERVABLE) == pytest.approx(expected, abs=20 * EPS)
    pure = states.Pure(ket)
    assert quantum.expectation(pure, OBSERVABLE) == pytest.approx(expected, abs=20 * EPS)
    product = states.Product(states.Diagonal([0.7, 0.3]), np.outer([0.6, 0.8], [0.6, 0.8]))
    o = hermitian(np.random.default_rng(1), 4)
    value = quantum.expectation(product, np.stack([o, 2 * o]))
    np.testing.assert_allclose(value, by_hand(product.dense(), o) * np.array([1, 2]), atol=50 * EPS)
    for x in (ket, pure):
        with pytest.raises(ValueError, match="same dimension"):
            quantum.expectation(x, np.eye(2))


def test_numbers_and_matrices_of_wrong_kinds_are_refused():
    for observable, words in (
        (1.0, "have shape"),
        (np.array([1j, 0, 0]), "be real"),
        (np.eye(2)[0], "same dimension"),
    ):
        with pytest.raises(ValueError, match=words):
            classical.expectation(P, observable)
    for observable, words in ((NUMBERS, "have shape"), (np.eye(3)[:2], "have shape")):
        with pytest.raises(ValueError, match=words):
            quantum.expectation(RHO, observable)
