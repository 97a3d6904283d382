"""Arrays of one library beside those of another, and beside what only NumPy has."""

import jax.numpy as jnp
import numpy as np
import pytest
import torch

import qce
from qce import classical, losses, quantum, states

P, Q = np.array([0.4, 0.6]), np.array([0.3, 0.7])
RHO, SIGMA = (np.asarray(states.random_density_matrix(2, seed=s)).astype(complex) for s in (1, 2))
STACK = np.stack([RHO, SIGMA])
FLIP = np.stack([np.sqrt(0.9) * np.eye(2), np.sqrt(0.1) * np.eye(2)[::-1]]).astype(complex)
CALLS = {
    "classical": lambda x, y: classical.relative_entropy(x(P), y(Q)),
    "quantum": lambda x, y: quantum.relative_entropy(x(RHO), y(SIGMA)),
    "many states": lambda x, y: quantum.holevo_information(x(STACK), y(P)),
    "a channel": lambda x, y: quantum.entanglement_fidelity(x(FLIP), y(RHO)),
    "losses": lambda x, y: losses.squared_error(x(P), y(Q), weights=x(P)),
    "a setting": lambda x, y: losses.huber_loss(x(P), x(Q), delta=y(np.array(0.05))),
    "weights of states": lambda x, y: losses.quantum.balanced_cross_entropy(
        y(STACK), y(STACK[::-1].copy()), weights=x(P)
    ),
}

OF_STATES = ("quantum", "many states", "a channel", "weights of states")


def long_double(a):
    return a.astype(np.clongdouble if a.dtype.kind == "c" else np.longdouble)


ODD = {
    "big endian": lambda a: a.astype(a.dtype.newbyteorder(">")),
    "long double": long_double,
    "a mask of nothing": np.ma.masked_array,
}


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("library", [jnp.asarray, torch.tensor], ids=["jax", "torch"])
@pytest.mark.parametrize("name", CALLS)
def test_what_only_numpy_has_is_taken_beside_other_libraries(name, library, odd):
    call = CALLS[name]
    if odd == "long double" and name in OF_STATES:  # LAPACK has no such precision
        with pytest.raises(qce.ArgumentError, match="single or double precision"):
            call(ODD[odd], ODD[odd])
        return
    expected = np.asarray(call(np.asarray, np.asarray))
    for value in (call(library, ODD[odd]), call(ODD[odd], library)):
        assert np.allclose(np.asarray(value), expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("call", "names"),
    [
        (lambda x, y: quantum.relative_entropy(x(RHO), y(SIGMA)), ("data", "model")),
        (lambda x, y: quantum.fidelity(x(RHO), y(SIGMA)), ("data", "model")),
        (lambda x, y: classical.jensen_shannon_divergence(x(P), y(Q)), ("data", "model")),
        (lambda x, y: losses.squared_error(x(P), y(Q)), ("targets", "predictions")),
        (lambda x, y: losses.huber_loss(P, x(Q), delta=y(np.array(0.5))), ("predictions", "delta")),
        (lambda x, y: losses.squared_error(P, x(Q), weights=y(P)), ("predictions", "weights")),
    ],
)
def test_two_libraries_are_refused_by_the_names_of_the_arguments(call, names):
    says = "belong to one array library, but these mix jax and torch"
    with pytest.raises(qce.ArgumentError, match=says) as refused:
        call(jnp.asarray, torch.tensor)
    assert set(names) <= set(refused.value.arguments)
    assert isinstance(refused.value, TypeError)
