"""Derivatives of every divergence in JAX and PyTorch, as stacks, by every mode of differentiation.

The cases and the witness, a central difference in sixty digits, are those of
`test_divergence_gradients`, which goes through them one by one and backwards. Here JAX goes
forwards, compiled and mapped over the whole stack of cases; PyTorch backwards through a batch axis,
and twice.
"""

import divergence_oracles as truth
import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import oracles
import pytest
import torch
from libraries import DIFFERENTIATING, TORCH
from test_divergence_gradients import ALWAYS, CASES, LOOSE, PAIRS, limit

from qce import quantum

# One order for each formula: the end 0, below ½, scaled powers, near 1 from both sides.
FORMULAS = [
    "petz 0",
    "petz 0.3",
    "petz 0.9",
    "petz 2",
    "sandwiched 0.3",
    "sandwiched 0.9",
    "sandwiched 1.2",
    "sandwiched 5",
    *(name for name in PAIRS if name.split()[0] not in ("petz", "sandwiched")),
]


def paths_of(name):
    """All cases in which the derivative exists, with data outside the model's support if it may."""
    return [*CASES.values(), *([LOOSE] if name in ALWAYS else [])]


def stacked(paths):
    """Matrices and tangents of data and model, (cases, 4, 4)."""
    sides = list(zip(*paths, strict=True))
    return [
        np.stack([f(path) for path in side])
        for f in (lambda path: path.state.array, lambda path: path.tangent())
        for side in sides
    ]


def check(name, paths, slopes):
    witness, _ = PAIRS[name]
    for slope, pair in zip(np.asarray(slopes), paths, strict=True):
        expected = float(oracles.derivative(witness, *pair))
        assert abs(slope - expected) <= limit(name, pair), (slope, expected)


@pytest.mark.thinned(9)
@pytest.mark.parametrize("name", FORMULAS)
def test_forward_mode_compiled_and_mapped_in_jax(name):
    function, paths = PAIRS[name][1], paths_of(name)
    rho, sigma, *tangents = map(jnp.asarray, stacked(paths))

    @jax.jit
    @jax.vmap
    def slope(r, s, dr, ds):
        return jax.jvp(lambda *x: function(*x, check=False), (r, s), (dr, ds))[1]

    check(name, paths, slope(rho, sigma, *tangents))


@pytest.mark.thinned(4)
@pytest.mark.parametrize("name", PAIRS)
def test_backward_mode_through_a_batch_axis_in_torch(name):
    function, paths = PAIRS[name][1], paths_of(name)
    rho, sigma, *tangents = map(torch.as_tensor, stacked(paths))
    states = [x.requires_grad_() for x in (rho, sigma)]
    gradients = torch.autograd.grad(function(*states, check=False).sum(), states)
    slopes = sum(
        (g.conj() * x).real.sum(dim=(-2, -1)) for g, x in zip(gradients, tangents, strict=True)
    )
    check(name, paths, slopes)


# At a tie of the two largest eigenvalues the maximum has a kink, and no second derivative.
KINKS = {("max", "both degenerate, diagonal")}
ONCE = ("chernoff",)


@pytest.mark.thinned(7)
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", [name for name in PAIRS if name not in ONCE])
def test_second_derivative_along_every_path_in_torch(name, case):
    """A hundred times the limit of one matrix function: sandwiches are made of up to five.

    Within 1e-7 of α = 1 the part on kernels is 1/(α−1) of what the path leaves there.
    """
    if (name, case) in KINKS:
        return
    (witness, function), paths = PAIRS[name], CASES[case]
    expected = float(oracles.second_derivative(witness, *paths))
    curves = [path.curve(TORCH) for path in paths]
    value = TORCH.second_derivative(lambda t: function(*(c(t) for c in curves), check=False))
    room = 100 * oracles.derivative_limit(2, *paths)
    family, _, alpha = name.partition(" ")
    if family in ("petz", "sandwiched") and min(paths[0].state.spectrum) == 0:
        room += oracles.BACKWARD * oracles.EPS * 4 / abs(float(alpha) - 1)
    assert abs(value - expected) <= room, (value, expected)


def test_the_measured_relative_entropy_compiled_and_forwards():
    """The optimisation runs on the host, called from compiled code; the mode does not matter."""
    rho, sigma, *tangents = map(
        jnp.asarray, stacked([CASES["full rank"], CASES["depolarised model"]])
    )

    def value(r, s):
        return quantum.measured_relative_entropy(r, s, check=False)

    forwards = jax.jit(lambda *x: jax.jvp(value, x[:2], x[2:])[1])(rho, sigma, *tangents)
    backwards = jax.grad(lambda *x: value(*x).sum(), argnums=(0, 1))(rho, sigma)
    pairs = zip(backwards, tangents, strict=True)
    slopes = sum(jnp.sum(g * x, axis=(-2, -1)).real for g, x in pairs)
    assert jnp.abs(forwards - slopes).max() <= 1e3 * oracles.EPS


@pytest.mark.parametrize("position", [0, 1])
def test_petz_gradients_of_order_three_beside_a_small_eigenvalue(position):
    """Two nearly pure states 3e-10 of a turn apart: q^{−2} = 1e18 meets an overlap of 1e-19.

    The overlap is the square of an angle that float64 input says to ε/3e-10, and so is the slope.
    """

    def turned(least, angle):
        c, s = np.cos(angle), np.sin(angle)
        v = np.array([[c, -s], [s, c]])
        a = (v * [1 - least, least]) @ v.T
        return (a + a.T) / (2 * np.trace(a))

    pair = [turned(2e-9, 0.7 + 3e-10), turned(1e-9, 0.7)]
    flip = np.array([[0.0, 1.0], [1.0, 0.0]])
    h = 10.0**-25

    @oracles.exact
    def witness(t):
        moved = [mp.matrix(x.tolist()) for x in pair]
        moved[position] += mp.mpf(t) * mp.matrix(flip.tolist())
        spectral = (mp.eighe(x) for x in moved)
        return truth.petz(3, *(oracles.ExactState(tuple(p), v) for p, v in spectral))

    with mp.workdps(oracles.DIGITS):
        expected = float((witness(h) - witness(-h)) / (2 * mp.mpf(h)))
    states = [torch.as_tensor(x).requires_grad_() for x in pair]
    value = quantum.petz_renyi_divergence(*states, 3, check=False)
    (gradient,) = torch.autograd.grad(value, states[position])
    slope = float((gradient * torch.as_tensor(flip)).sum())
    assert abs(slope - expected) <= 64 * oracles.EPS / 3e-10 * abs(expected), (slope, expected)


@pytest.mark.parametrize("library", DIFFERENTIATING, ids=str)
def test_belavkin_staszewski_of_far_oscillators_is_right_on_64_levels(library):
    """LAPACK's default driver loses small singular values above 25 dimensions: it would give 0."""
    rho, sigma = (np.diag(x ** np.arange(64) * (1 - x) / (1 - x**64)) for x in (1 / 3, 1 / 21))
    p, q = np.diag(rho), np.diag(sigma)
    value = quantum.belavkin_staszewski_relative_entropy(
        library.asarray(rho), library.asarray(sigma)
    )
    # 64 terms p log(p/q), of ratios up to 7^63, each with a few ε.
    assert abs(float(value) - p @ np.log(p / q)) <= 100 * oracles.EPS
