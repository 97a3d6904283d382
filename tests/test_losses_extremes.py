"""Second derivatives of losses at extreme predictions, where powers and factors leave all bounds.

The witness is mpmath, which differentiates with eight hundred digits.
"""

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
import torch
from oracles import EPS

from qce import losses

LOGITS = [-700.0, -600.0, -480.0, -75.0, -30.0, -1.0, 0.0, 1e-3, 2.0, 40.0, 75.0, 600.0]
GAMMAS = [0.0, 0.3, 0.5, 1.0, 1.5, 2.0]
# A second derivative is a sum of a dozen terms no larger than (1 + γ)² (1 + |x|) times its factors,
# and a factor e^{γ x} is known to γ |x| ε.
ROUNDING = 100


def close(found, expected, x, gamma, dtype):
    """Within rounding of the terms, and of the numbers that there are."""
    eps, least = float(np.finfo(dtype).eps), float(np.finfo(dtype).tiny)
    room = ROUNDING * eps * (1 + gamma) ** 2 * (1 + abs(x)) * abs(expected)
    return abs(found - expected) <= room + (1 + gamma) ** 2 * (1 + abs(x)) * least


def focal(q, gamma):
    return -((1 - q) ** gamma) * mpmath.log(q)


def curvature(function, x):
    with mpmath.workdps(800):
        return float(mpmath.diff(function, mpmath.mpf(x), 2, h=mpmath.mpf(10) ** -100))


def of_sigmoid(x, label, gamma):
    sign = 1 if label else -1
    return curvature(lambda z: focal(1 / (1 + mpmath.exp(-sign * z)), gamma), x)


def torch_curvature(function, x, dtype):
    z = torch.tensor(x, dtype=dtype, requires_grad=True)
    (slope,) = torch.autograd.grad(function(z), z, create_graph=True)
    return float(torch.autograd.grad(slope, z)[0])


SIGMOID = [(losses.sigmoid_focal_loss, {"gamma": g}, g) for g in GAMMAS]
SIGMOID.append((losses.sigmoid_binary_cross_entropy, {}, 0.0))


@pytest.mark.thinned(13)
@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64])
@pytest.mark.parametrize("x", LOGITS)
def test_curvature_of_two_classes_in_jax(x, dtype):
    for loss, settings, gamma in SIGMOID:
        for label in (0.0, 1.0):
            y = dtype(label)
            found = jax.hessian(lambda z: loss(y, z, **settings))(dtype(x))  # noqa: B023
            at = float(dtype(x))
            assert close(float(found), of_sigmoid(at, label, gamma), x, gamma, dtype), (
                gamma,
                label,
            )


@pytest.mark.thinned(5)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("x", LOGITS)
def test_curvature_of_two_classes_in_torch(x, dtype):
    kind = np.float32 if dtype is torch.float32 else np.float64
    for loss, settings, gamma in SIGMOID:
        for label in (0.0, 1.0):
            y = torch.tensor(label, dtype=dtype)
            found = torch_curvature(lambda z: loss(y, z, **settings), x, dtype)  # noqa: B023
            assert close(found, of_sigmoid(float(kind(x)), label, gamma), x, gamma, kind)


@pytest.mark.thinned(13)
@pytest.mark.parametrize("gamma", GAMMAS)
@pytest.mark.parametrize("x", LOGITS)
def test_curvature_of_three_classes(x, gamma):
    """Along the first logit, for labels of each class; the others are 2 and −1."""
    for label in range(3):

        def exact(z):
            terms = [mpmath.exp(z), mpmath.exp(2), mpmath.exp(-1)]
            return focal(terms[label] / sum(terms), gamma)  # noqa: B023

        def loss(z, stack):
            return losses.softmax_focal_loss([label], stack(z), gamma=gamma)  # noqa: B023

        expected = curvature(exact, x)
        in_jax = jax.hessian(lambda z: loss(z, lambda z: jnp.stack([z, 2.0, -1.0])[None]))(x)
        assert close(float(in_jax), expected, x, gamma, np.float64)
        rest = torch.tensor([2.0, -1.0], dtype=torch.float64)
        in_torch = torch_curvature(
            lambda z: loss(z, lambda z: torch.cat([z[None], rest])[None]),  # noqa: B023
            x, torch.float64,
        )  # fmt: skip
        assert close(in_torch, expected, x, gamma, np.float64)


def test_the_case_that_was_found():
    logits = jnp.array([[-600.0, 2.0]])
    hessian = jax.hessian(lambda z: losses.softmax_focal_loss([0], z, gamma=0.5))(logits)[0, :, 0]
    # With t = −602 it is e^t (2 + t/2).
    expected = float(mpmath.exp(-602) * -299)
    np.testing.assert_allclose(hessian, [[expected, -expected], [-expected, expected]], rtol=1e-10)


@pytest.mark.thinned(2)
@pytest.mark.parametrize("q", [1e-24, 1e-20])
def test_improbable_classes_that_did_not_occur_have_no_curvature_in_single_precision(q):
    """1/q² overflows; nothing times it is nothing."""
    laws = jnp.array([[1.0, q]], dtype=jnp.float32)
    for loss in (losses.cross_entropy, losses.focal_loss):
        hessian = jax.hessian(lambda x: loss([0], x, check=False))(laws)  # noqa: B023
        assert np.isfinite(hessian).all()
    binary = jnp.array([q], dtype=jnp.float32)
    for loss in (losses.binary_cross_entropy, losses.binary_focal_loss):
        assert np.isfinite(jax.hessian(lambda x: loss([0.0], x))(binary)).all()  # noqa: B023
    hessian = jax.hessian(lambda x: losses.poisson_nll(jnp.zeros(1), x))(binary)
    assert (
        hessian[
            0,
            0,
        ]
        == 0
    )


@pytest.mark.parametrize("scale", [1e-15, 1e-10, 1.0])
def test_small_widths_have_the_curvature_of_their_logarithm(scale):
    """At the mean only log v/2, and log b, are left of them; the cube of a width underflows."""
    zero, v = jnp.zeros((), jnp.float32), jnp.float32(scale)
    gaussian = jax.hessian(lambda v: losses.gaussian_nll(zero, zero, v))(v)
    laplace = jax.hessian(lambda b: losses.laplace_nll(zero, zero, b))(v)
    eps = float(np.finfo(np.float32).eps)
    assert abs(float(gaussian) * scale**2 + 0.5) <= ROUNDING * eps
    assert abs(float(laplace) * scale**2 + 1) <= ROUNDING * eps


def test_values_keep_their_digits():
    """Of focal losses at certain predictions, to a few roundings of a power."""
    for x in (1e-3, 5.0, 30.0, 200.0):
        for gamma in GAMMAS:
            with mpmath.workdps(200):
                expected = focal(1 / (1 + mpmath.exp(-mpmath.mpf(x))), gamma)
            found = losses.sigmoid_focal_loss(1.0, x, gamma=gamma)
            assert abs(found / float(expected) - 1) <= 10 * (1 + gamma) * EPS
            with_two = losses.softmax_focal_loss([0], [[x, 0.0]], gamma=gamma)
            assert abs(with_two / float(expected) - 1) <= 10 * (1 + gamma) * EPS


def test_curvature_of_the_focal_loss_of_order_one_at_a_certain_prediction():
    """(1 − q)(−log q) has the second derivative 1/q + 1/q² = 2 at q = 1; it was 0."""
    one = jnp.ones(1)
    for call in (
        lambda q: losses.binary_focal_loss(one, q, gamma=1.0),
        lambda q: losses.focal_loss([0], jnp.stack([q, 1 - q], -1), gamma=1.0),
        lambda q: losses.classical.focal_cross_entropy(
            jnp.array([1.0, 0.0]), jnp.concatenate([q, 1 - q]), gamma=1.0
        ),
    ):
        assert jax.hessian(call)(one).item() == 2
