"""Transformations of JAX, and the libraries' own conventions."""

import jax
import jax.numpy as jnp
import numpy as np
import oracles
import pennylane as qml
import pytest
import torch
from interface_calls import (
    OTHER,
    PAIRS,
    RHO,
    SIGMA,
    SINGLE,
    TWINS,
    batch,
    both_twins,
    call,
    every_divergence,
    every_library,
    every_quantity,
)
from libraries import AUTOGRAD, JAX, TORCH
from oracles import state
from pennylane import numpy as pnp

from qce import quantum

# --- JAX transformations -----------------------------------------------------------------------


@both_twins
@every_quantity
def test_jit_gives_the_value_with_checks_left_on(side, name):
    """Under tracing there are no values to check: only shapes are, and nothing fails."""
    module, data, model = TWINS[side]
    arguments = (data,) if name == "entropy" else (data, model)
    value = jax.jit(getattr(module, name))(*arguments)
    assert abs(float(value) - float(call(side, name, np.asarray))) <= 64 * oracles.EPS


@both_twins
@every_divergence
def test_jit_checks_shapes(side, name):
    module, data, model = TWINS[side]
    wrong = np.array([0.5, 0.5]) if side == "classical" else np.eye(2) / 2
    with pytest.raises(ValueError, match="`data` and `model` must"):
        jax.jit(getattr(module, name))(data, wrong)


@both_twins
@every_divergence
def test_support_raise_is_refused_where_no_value_is_known(side, name):
    """Under tracing an error cannot depend on a value: say so, and do not stay silent."""
    module, data, model = TWINS[side]
    with pytest.raises(ValueError, match="Argument `support` must"):
        jax.jit(lambda x: getattr(module, name)(x, model, support="raise"))(data)


@every_library
def test_support_raise_sees_the_values_of_every_library(library):
    rho, foreign = library.asarray(RHO.array), library.asarray(state((1, 0, 0, 0), 12).array)
    with pytest.raises(ValueError, match="Argument `model` must contain the data in its support"):
        quantum.cross_entropy(rho, foreign, support="raise")


@every_divergence
def test_vmap_equals_the_batch_axis(name):
    rho, sigma = batch(3, seed=50), batch(3, seed=70)
    function = getattr(quantum, name)
    mapped = jax.vmap(function)(rho, sigma)
    np.testing.assert_allclose(mapped, function(rho, sigma), rtol=1e-13)
    one = jax.vmap(function, in_axes=(0, None))(rho, sigma[0])
    np.testing.assert_allclose(one, function(rho, sigma[0]), rtol=1e-13)


@every_divergence
def test_vmap_of_grad_equals_grad_of_each(name):
    rho, sigma = batch(3, seed=50), batch(3, seed=70)
    gradient = jax.grad(getattr(quantum, name), argnums=1)
    mapped = jax.jit(jax.vmap(gradient))(rho, sigma)
    each = np.stack([gradient(r, s) for r, s in zip(rho, sigma, strict=True)])
    np.testing.assert_allclose(mapped, each, rtol=1e-11, atol=1e-12)


@pytest.mark.thinned(2)
@every_divergence
def test_real_hessian_is_symmetric_and_agrees_between_modes(name):
    """Of two real parameters, forward over reverse and reverse over reverse."""
    rho, sigma = jnp.asarray(RHO.array), jnp.asarray(SIGMA.array)
    first = jnp.diag(jnp.array([0.1, -0.1, 0.1, -0.1]))
    second = (rho - sigma) / 4

    def value(x):
        return getattr(quantum, name)(rho, sigma + x[0] * first + x[1] * second)

    hessian = np.array(jax.hessian(value)(jnp.zeros(2)))
    reverse = np.array(jax.jacrev(jax.jacrev(value))(jnp.zeros(2)))
    limit = 64 * oracles.EPS / 0.1**2
    assert np.abs(hessian - hessian.T).max() <= limit
    assert np.abs(hessian - reverse).max() <= limit


def test_jax_keeps_single_precision_under_jit():
    convert, expected = SINGLE["jax"]
    value = jax.jit(quantum.relative_entropy)(convert(RHO.array), convert(SIGMA.array))
    assert value.dtype == expected


# --- the libraries' own conventions ------------------------------------------------------------


@every_divergence
def test_jax_and_autograd_give_the_conjugate_of_the_torch_gradient(name):
    def gradient(library):
        rho = library.asarray(RHO.array)
        function = library.gradient(lambda x: getattr(quantum, name)(rho, x, check=False))
        return np.asarray(function(library.variable(SIGMA.array)))

    by_torch = gradient(TORCH)
    assert np.abs(by_torch.imag).max() > 0.01  # else conjugation would not be seen
    for library in (JAX, AUTOGRAD):
        assert np.abs(gradient(library) - by_torch.conj()).max() <= 64 * oracles.EPS / 0.15


@every_library
def test_gradients_go_through_the_check_of_arguments(library):
    """check=True looks at values and leaves the derivative as it is."""
    rho = library.asarray(RHO.array)
    checked = library.gradient(lambda x: quantum.relative_entropy(rho, x))
    bare = library.gradient(lambda x: quantum.relative_entropy(rho, x, check=False))
    x = SIGMA.array
    np.testing.assert_array_equal(
        np.asarray(checked(library.variable(x))), np.asarray(bare(library.variable(x)))
    )


def test_torch_func_transformations_work():
    """functorch's grad and vmap are how PyTorch users batch per-sample gradients."""
    rho, sigma = (torch.as_tensor(batch(3, seed=seed)) for seed in (50, 70))
    weights = torch.linspace(0.1, 0.5, 3, dtype=torch.float64)

    def value(t, r, s):
        return quantum.relative_entropy(r, (1 - t) * s + t * r, check=False)

    each = torch.stack(
        [torch.func.grad(value)(t, r, s) for t, r, s in zip(weights, rho, sigma, strict=True)]
    )
    mapped = torch.func.vmap(torch.func.grad(value))(weights, rho, sigma)
    np.testing.assert_allclose(mapped, each, rtol=1e-11)


def test_torch_transforms_a_function_of_one_mapped_and_one_plain_tensor_with_a_gradient():
    rho = torch.as_tensor(batch(3, seed=50))
    sigma = torch.as_tensor(batch(3, seed=70)[0]).requires_grad_()
    values = torch.func.vmap(lambda r: quantum.cross_entropy(r, sigma, check=False))(rho)
    (mapped,) = torch.autograd.grad(values.sum(), sigma)
    (plain,) = torch.autograd.grad(quantum.cross_entropy(rho, sigma).sum(), sigma)
    np.testing.assert_allclose(mapped, plain, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("name", PAIRS)
def test_torch_transforms_with_checks_left_on(name):
    rho, sigma = (torch.as_tensor(batch(3, seed=k)) for k in (50, 70))
    function = getattr(quantum, name)
    expected = function(rho, sigma)
    np.testing.assert_allclose(torch.func.vmap(function)(rho, sigma), expected, rtol=1e-13)
    slope = torch.func.grad(lambda s: function(rho[0], s))(sigma[0])
    free = sigma[0].clone().requires_grad_()
    (plain,) = torch.autograd.grad(function(rho[0], free), free)
    np.testing.assert_allclose(slope, plain, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", PAIRS)
def test_lists_and_arrays_of_any_layout_beside_tensors_lose_no_digit(name):
    function = getattr(quantum, name)
    expected = function(RHO.array, SIGMA.array)
    swapped = RHO.array.astype(RHO.array.dtype.newbyteorder())
    turned = np.ascontiguousarray(RHO.array[::-1, ::-1])[::-1, ::-1]
    for data in (RHO.array.tolist(), swapped, turned):
        value = function(data, torch.as_tensor(SIGMA.array))
        assert value.dtype == torch.float64
        np.testing.assert_allclose(value, expected, rtol=4 * oracles.EPS)


@pytest.mark.parametrize("unread", ["half", "sparse"])
def test_tensors_that_numpy_cannot_read_are_refused_with_the_remedy(unread):
    sigma = torch.as_tensor(np.diag(OTHER))
    sigma = sigma.to(torch.bfloat16) if unread == "half" else sigma.to_sparse()
    remedy = {"half": r"`x.float\(\)`", "sparse": r"`x.to_dense\(\)`"}[unread]
    with pytest.raises(TypeError, match=rf"Argument `x` must .* Pass {remedy}"):
        quantum.entropy(sigma)


def test_torch_takes_many_cotangents_at_once():
    """What `torch.autograd.functional.jacobian(vectorize=True)` does."""
    rho = torch.as_tensor(batch(3, seed=50))
    sigma = torch.as_tensor(batch(3, seed=70))
    jacobian = torch.autograd.functional.jacobian
    rows = [
        jacobian(lambda s: quantum.relative_entropy(rho, s, check=False), sigma, vectorize=v)
        for v in (False, True)
    ]
    np.testing.assert_allclose(*rows, rtol=1e-12, atol=1e-14)


def test_torch_refuses_a_gradient_at_a_state_that_was_changed_since():
    sigma = torch.as_tensor(SIGMA.array).requires_grad_()
    changed = sigma * 1.0
    value = quantum.cross_entropy(RHO.array, changed, check=False)
    changed.mul_(2.0)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        value.backward()


def test_a_pennylane_optimiser_descends_to_the_entropy_floor():
    """The everyday loop: qml.grad through a QNode with the default interface."""
    target = state((0.9, 0.1), 11).array
    device = qml.device("default.mixed", wires=1)

    @qml.qnode(device)
    def circuit(theta):
        qml.RY(theta[0], wires=0)
        qml.PhaseDamping(0.3, wires=0)
        qml.RX(theta[1], wires=0)
        qml.DepolarizingChannel(0.15, wires=0)
        return qml.density_matrix(wires=0)

    def loss(theta):
        return quantum.relative_entropy(target, circuit(theta))

    theta, optimiser = pnp.array([0.3, 0.2], requires_grad=True), qml.AdamOptimizer(0.1)
    start = loss(theta)
    for _ in range(25):
        theta = optimiser.step(loss, theta)
    assert 0 <= loss(theta) < start
