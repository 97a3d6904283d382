"""Settings of losses may be arrays of one number, traced or trained: the same, and with a slope."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from libraries import DIFFERENTIATING
from loss_cases import (
    BITS,
    CHOICES,
    EMBEDDED,
    LOGITS,
    MAPS,
    MORE,
    NUMBERS,
    PARTNERS,
    PIXELS,
    SHARES,
    SIGNS,
    STATES,
    THIRD,
    P,
    Q,
    X,
    Y,
)
from oracles import EPS

from qce import losses
from qce.learning import Loss

L, CL, QU = losses, losses.classical, losses.quantum
CUBE = np.array([[0.5, 0.25, 0.125, 0.125], [0.1, 0.2, 0.3, 0.4]])

# name: (the loss of one setting, a value of it)
SETTINGS = {
    "gaussian_nll variances": (lambda s: L.gaussian_nll(X, Y, s), 0.5),
    "laplace_nll scales": (lambda s: L.laplace_nll(X, Y, s), 0.5),
    "gaussian_nll means": (lambda s: L.gaussian_nll(X, s), 0.5),
    "poisson_nll rates": (lambda s: L.poisson_nll(NUMBERS * 1.0, s), 0.5),
    "squared_error predictions": (lambda s: L.squared_error(X, s), 0.5),
    "huber_loss": (lambda s: L.huber_loss(X, Y, delta=s), 0.3),
    "softmax_focal_loss": (lambda s: L.softmax_focal_loss(NUMBERS, LOGITS, gamma=s), 1.3),
    "focal_loss": (lambda s: L.focal_loss(NUMBERS, Q, gamma=s), 1.3),
    "sigmoid_focal_loss": (lambda s: L.sigmoid_focal_loss(BITS, X, gamma=s), 1.3),
    "binary_focal_loss": (lambda s: L.binary_focal_loss(BITS, SHARES[:, 0], gamma=s), 1.3),
    "label smoothing": (lambda s: L.softmax_cross_entropy(NUMBERS, LOGITS, label_smoothing=s), 0.2),
    "binary smoothing": (
        lambda s: L.binary_cross_entropy(BITS, SHARES[:, 0], label_smoothing=s), 0.2,
    ),
    "tversky alpha": (lambda s: L.tversky_loss(*MAPS, alpha=s, axis=-1), 0.3),
    "tversky beta": (lambda s: L.tversky_loss(*MAPS, beta=s, axis=-1), 0.3),
    "focal_tversky gamma": (lambda s: L.focal_tversky_loss(*MAPS, gamma=s, axis=-1), 1.3),
    "balance": (
        lambda s: L.cross_entropy_dice_loss(PIXELS, CHOICES, balance=s, class_axis=1, axis=-1), 0.3,
    ),
    "margin of pairs": (lambda s: L.contrastive_loss(BITS, EMBEDDED, PARTNERS, margin=s), 4.0),
    "margin of triplets": (
        lambda s: L.triplet_loss(EMBEDDED, PARTNERS, EMBEDDED[::-1].copy(), margin=s), 4.0,
    ),
    "temperature of keys": (lambda s: L.info_nce_loss(EMBEDDED, PARTNERS, temperature=s), 0.3),
    "temperature of views": (lambda s: L.nt_xent_loss(EMBEDDED, PARTNERS, temperature=s), 0.3),
    "temperature of classes": (
        lambda s: L.supervised_contrastive_loss(NUMBERS % 2, EMBEDDED, temperature=s), 0.3,
    ),
    "bandwidth": (lambda s: L.maximum_mean_discrepancy(*CUBE, bandwidths=s), 0.7),
    "one bandwidth of two": (
        lambda s: L.maximum_mean_discrepancy(*CUBE, bandwidths=[s, 0.4]), 0.7,
    ),
    "bandwidth of products": (
        lambda s: L.maximum_mean_discrepancy_of_products(*CUBE, bandwidths=s), 0.7,
    ),
    "classical margin": (lambda s: CL.contrastive_loss(BITS, P, Q, margin=s), 1.4),
    "classical triplets": (lambda s: CL.triplet_loss(P, Q, Q[::-1].copy(), margin=s), 1.4),
    "classical temperature": (lambda s: CL.info_nce_loss(P, Q, temperature=s), 0.3),
    "classical views": (lambda s: CL.nt_xent_loss(P, Q, temperature=s), 0.3),
    "classical gamma": (lambda s: CL.focal_cross_entropy(P, Q, gamma=s, reduction="sum"), 1.3),
    "classical power": (lambda s: CL.balanced_cross_entropy(P, Q, power=s, reduction="sum"), 0.3),
    "classical alpha": (lambda s: CL.fidelity_tversky_loss(P, Q, alpha=s, reduction="sum"), 0.3),
    "classical focal Tversky": (
        lambda s: CL.fidelity_focal_tversky_loss(P, Q, gamma=s, reduction="sum"), 1.3,
    ),
    "quantum margin": (lambda s: QU.contrastive_loss(BITS, STATES, MORE, margin=s), 1.4),
    "quantum triplets": (lambda s: QU.triplet_loss(STATES, MORE, THIRD, margin=s), 1.4),
    "quantum temperature": (lambda s: QU.info_nce_loss(STATES, MORE, temperature=s), 0.3),
    "quantum classes": (
        lambda s: QU.supervised_contrastive_loss(NUMBERS % 2, STATES, temperature=s), 0.3,
    ),
    "quantum alpha": (
        lambda s: QU.fidelity_tversky_loss(STATES, MORE, alpha=s, reduction="sum"), 0.3,
    ),
    "quantum focal Tversky": (
        lambda s: QU.fidelity_focal_tversky_loss(STATES, MORE, gamma=s, reduction="sum"), 1.3,
    ),
}  # fmt: skip


def slope(function, s):
    """Richardson's central difference: an error of h⁴ f⁗′/30 and of a few ε f/h."""
    h = 1e-3 * s
    first, second = ((function(s + k) - function(s - k)) / (2 * k) for k in (h, 2 * h))
    return (4 * first - second) / 3


@pytest.mark.thinned(5)
@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("library", DIFFERENTIATING, ids=str)
def test_a_setting_has_a_slope_in_every_library(name, library):
    function, s = SETTINGS[name]
    found = library.gradient(function)(library.variable(s))
    # With h = 1e-3 s: (h/s)⁴ = 1e-12 of derivatives of order one in s/10, and ε/1e-3.
    np.testing.assert_allclose(float(found), slope(function, s), rtol=1e-8, atol=1e-9)


@pytest.mark.thinned(4)
@pytest.mark.parametrize("name", SETTINGS)
def test_arrays_of_one_number_are_the_number(name):
    function, s = SETTINGS[name]
    expected = function(s)
    kinds = [np.array(s), np.float64(s), jnp.asarray(s), torch.tensor(s, dtype=torch.float64)]
    for given in kinds:
        np.testing.assert_allclose(np.asarray(function(given)), expected, rtol=100 * EPS)
    np.testing.assert_allclose(jax.jit(function)(s), expected, rtol=100 * EPS)


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64])
def test_the_data_decide_about_the_precision(dtype):
    y = jnp.asarray(X, dtype=dtype)
    found = jax.jit(lambda s: L.huber_loss(y, y + 1, delta=s))(jnp.asarray(0.5, dtype=jnp.float64))
    assert found.dtype == dtype
    kinds = {jnp.float32: torch.float32, jnp.float64: torch.float64}
    t = torch.as_tensor(np.array(y))
    assert L.huber_loss(t, t + 1, delta=torch.tensor(0.5)).dtype == kinds[dtype]


def test_variances_broadcast_to_the_targets_and_no_further():
    y, mean = np.arange(12.0).reshape(4, 3), np.zeros((4, 3))
    rows = np.array([[0.5], [1.0], [2.0], [4.0]])
    found = L.gaussian_nll(y, mean, rows, reduction="none")
    for k, v in enumerate(rows[:, 0]):
        np.testing.assert_array_equal(found[k], L.gaussian_nll(y[k], mean[k], v, reduction="none"))
    with pytest.raises(ValueError, match="have the same shape"):
        L.gaussian_nll(y[:, 0], mean[:, 0], rows)
    with pytest.raises(ValueError, match="have the same shape"):
        L.gaussian_nll(y, mean[:, :1])


@pytest.mark.parametrize("bad", [np.ones(1), "a", None, True, [1.0, 2.0]])
def test_what_is_no_number_is_refused(bad):
    with pytest.raises(TypeError, match="`delta` must be a number"):
        L.huber_loss(X, Y, delta=bad)


@pytest.mark.parametrize("bad", [-1.0, np.nan, np.array(-1.0), torch.tensor(-1.0)])
def test_what_is_out_of_range_is_refused(bad):
    with pytest.raises(ValueError, match="`gamma` must lie in"):
        L.focal_loss(NUMBERS, Q, gamma=bad)


def test_settings_that_compiled_code_is_made_for_are_known_numbers():
    """The derivative by them is not there, and never silently 0."""
    for function in (
        lambda s: QU.focal_cross_entropy(STATES, MORE, gamma=s, reduction="sum"),
        lambda s: QU.balanced_cross_entropy(STATES, MORE, power=s, reduction="sum"),
        lambda s: L.sinkhorn_divergence(*CUBE, epsilon=s),
    ):
        assert function(np.array(0.5)) == function(0.5)
        with pytest.raises(TypeError, match="be a known number here"):
            jax.grad(function)(0.5)
        with pytest.raises(TypeError, match="be a known number here"):
            function(torch.tensor(0.5, requires_grad=True))


def test_losses_by_name_take_them_as_numbers():
    assert Loss("focal_loss", gamma=np.array(2.0)) == Loss("focal_loss", gamma=2.0)
    assert hash(Loss("focal_loss", gamma=jnp.asarray(2.0))) == hash(Loss("focal_loss", gamma=2.0))


def test_signs_of_one_margin_are_kept():
    np.testing.assert_allclose(L.hinge_loss(SIGNS, 0.0), 1.0)
