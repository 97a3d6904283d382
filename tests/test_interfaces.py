"""What goes in comes out: types, precisions, batch axes, for every library."""

import jax
import jax.numpy as jnp
import numpy as np
import oracles
import pytest
import torch
from interface_calls import (
    MILD,
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
from libraries import DIFFERENTIATING, TORCH
from oracles import state
from pennylane import numpy as pnp

from qce import quantum

# --- types and precisions ----------------------------------------------------------------------


@both_twins
@every_quantity
def test_numpy_in_numpy_out(side, name):
    value = call(side, name, np.asarray)
    assert isinstance(value, (np.ndarray, np.floating))
    assert np.shape(value) == () and value.dtype == np.float64


@both_twins
@every_quantity
def test_lists_are_taken_as_numpy_arrays(side, name):
    assert call(side, name, np.ndarray.tolist) == call(side, name, np.asarray)


@both_twins
@every_quantity
def test_jax_in_jax_out(side, name):
    value = call(side, name, jnp.asarray)
    assert isinstance(value, jax.Array)
    assert value.shape == () and value.dtype == jnp.float64


@both_twins
@every_quantity
def test_torch_in_torch_out_and_the_graph_goes_on(side, name):
    value = call(side, name, torch.as_tensor)
    assert isinstance(value, torch.Tensor)
    assert value.shape == () and value.dtype == torch.float64
    assert call(side, name, lambda x: torch.tensor(x, requires_grad=True)).requires_grad


@both_twins
@every_quantity
def test_pennylane_numpy_tensors_are_taken(side, name):
    value = call(side, name, lambda x: pnp.array(x, requires_grad=True))
    assert float(value) == float(call(side, name, np.asarray))


@pytest.mark.thinned(5)
@both_twins
@every_quantity
@pytest.mark.parametrize("kind", SINGLE)
def test_single_precision_stays_and_is_right_to_its_own_epsilon(side, name, kind):
    convert, expected = SINGLE[kind]
    value = call(side, name, convert)
    assert value.dtype == expected
    states = [oracles.decomposed(x) for x in ((RHO,) if name == "entropy" else (RHO, SIGMA))]
    limit = oracles.LIMITS[name](*states, eps=float(np.finfo(np.float32).eps))
    assert abs(float(value) - float(call(side, name, np.asarray))) <= limit


DEFICIENT = state((0.7, 0.3, 0, 0), 11), state((0.5, 0.3, 0.2, 0), 11), state((1, 0, 0, 0), 12)


@pytest.mark.parametrize("kind", SINGLE)
def test_single_precision_knows_support_as_well(kind):
    """Where peers give NaN: rank 2 in rank 3 is finite, a foreign pure model infinite."""
    convert, _ = SINGLE[kind]
    rho, sigma, foreign = (convert(x.array) for x in DEFICIENT)
    truth = float(oracles.relative_entropy(*DEFICIENT[:2]))
    states = [oracles.decomposed(x) for x in DEFICIENT[:2]]
    limit = oracles.relative_limit(*states, eps=float(np.finfo(np.float32).eps))
    assert abs(float(quantum.relative_entropy(rho, sigma)) - truth) <= limit
    assert float(quantum.relative_entropy(rho, rho)) == 0
    assert float(quantum.relative_entropy(rho, foreign)) == np.inf
    assert float(quantum.cross_entropy(rho, foreign)) == np.inf


@pytest.mark.thinned(4)
@every_library
@every_divergence
def test_single_precision_gradients_stay_and_are_right(library, name):
    convert, _ = SINGLE[library.name]
    rho, sigma = convert(RHO.array), convert(SIGMA.array)
    gradient = library.gradient(lambda x: getattr(quantum, name)(rho, x, check=False))(sigma)
    assert gradient.dtype == (torch.complex64 if library.name == "torch" else np.complex64)
    model = library.asarray(RHO.array)
    double = library.gradient(lambda x: getattr(quantum, name)(model, x, check=False))
    double = np.asarray(double(library.variable(SIGMA.array)))
    # As for values, with one more 1/λmin, which is 0.15.
    limit = oracles.BACKWARD * float(np.finfo(np.float32).eps) * 4 / 0.15**2
    assert np.abs(np.asarray(gradient) - double).max() <= limit


@every_divergence
def test_real_and_complex_matrices_mix(name):
    real = np.diag(MILD) + 0.01 * (np.ones((4, 4)) - np.eye(4))
    for convert in (np.asarray, *(library.asarray for library in DIFFERENTIATING)):
        function = getattr(quantum, name)
        expected = function(real + 0j, SIGMA.array)
        value = float(function(convert(real), convert(SIGMA.array)))
        assert abs(value - expected) <= 32 * oracles.EPS
        expected = function(SIGMA.array, real + 0j)
        value = float(function(convert(SIGMA.array), convert(real)))
        assert abs(value - expected) <= 32 * oracles.EPS


@every_library
def test_numpy_arrays_may_stand_beside_arrays_of_a_library(library):
    value = quantum.relative_entropy(library.asarray(RHO.array), SIGMA.array)
    assert type(value) is type(quantum.relative_entropy(*map(library.asarray, (RHO.array,) * 2)))


def test_two_differentiating_libraries_do_not_mix():
    with pytest.raises(TypeError, match="one array library"):
        quantum.cross_entropy(jnp.asarray(RHO.array), torch.as_tensor(SIGMA.array))


@both_twins
def test_integers_are_taken_as_floats(side):
    module = TWINS[side][0]
    pure = np.array([1, 0]) if side == "classical" else np.array([[1, 0], [0, 0]])
    for convert in (np.asarray, jnp.asarray, torch.as_tensor):
        assert float(module.entropy(convert(pure))) == 0


@both_twins
@every_divergence
def test_arguments_are_never_written_to(side, name):
    module, data, model = TWINS[side]
    copies = data.copy(), model.copy()
    data.flags.writeable = model.flags.writeable = False
    getattr(module, name)(data, model)
    data.flags.writeable = model.flags.writeable = True
    assert (data == copies[0]).all() and (model == copies[1]).all()


# --- batch axes --------------------------------------------------------------------------------


@every_divergence
@pytest.mark.parametrize(
    "shapes",
    [
        ((2, 1), (3,)),
        *(pytest.param(s, marks=pytest.mark.long) for s in (((), (2,)), ((2, 3), (2, 3)))),
    ],
    ids=str,
)
def test_values_and_gradients_broadcast_alike_in_every_library(name, shapes):
    rho, sigma = batch(*shapes[0], seed=50), batch(*shapes[1], seed=70)
    expected = getattr(quantum, name)(rho, sigma)
    gradients = []
    for library in DIFFERENTIATING:
        function = getattr(quantum, name)
        data, model = library.asarray(rho), library.asarray(sigma)
        values = np.asarray(function(data, model))
        np.testing.assert_allclose(values, expected, rtol=1e-13)
        by_data = library.gradient(lambda x, f=function, m=model: f(x, m, check=False).sum())
        by_model = library.gradient(lambda x, f=function, d=data: f(d, x, check=False).sum())
        pair = by_data(library.variable(rho)), by_model(library.variable(sigma))
        assert pair[0].shape == rho.shape and pair[1].shape == sigma.shape
        pair = [np.asarray(x) for x in pair]
        gradients.append([x.conj() if library is TORCH else x for x in pair])
    for other in gradients[1:]:
        for first, second in zip(gradients[0], other, strict=True):
            np.testing.assert_allclose(first, second, rtol=1e-11, atol=1e-12)
