"""`torch.vmap` of every function of states: its values are those of the batch, or an error says."""

import inspect

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs qce[torch]")

import torch

from qce import ArgumentError, quantum
from qce.states import random_density_matrix

COUNT = 3
RHO, SIGMA = (
    np.stack([random_density_matrix(4, seed=seed) for seed in range(first, first + COUNT)])
    for first in (0, 10)
)
# What stands beside the states.
SETTINGS = {
    "alpha": 0.7,
    "wires": [0],
    "given": [1],
    "first": [0],
    "second": [1],
    "keep": [0],
    "dims": (2, 2),
    "k": 1,
    "weights": None,
}
STATES = ("data", "model", "x", "rho", "sigma", "state")
NO_TENSORS = {"measured_relative_entropy_bounds"}  # gives arrays of NumPy back
PLAIN = {"f_divergence"}  # values alone, which the message says
CHANNELS = {"average_gate_fidelity", "diamond_norm", "entanglement_fidelity"}  # one at a time
SPECIAL = {
    "expectation": quantum.expectation,
    "holevo_information": lambda x, y: quantum.holevo_information([x, y], [0.4, 0.6]),
    "conditional_mutual_information": lambda x, y: quantum.conditional_mutual_information(
        torch.kron(x, y[:2, :2] / torch.trace(y[:2, :2])) if x.ndim == 2 else _krons(x, y),
        [0], [1], [2],
    ),
}  # fmt: skip


def _krons(x, y):
    return torch.stack(
        [torch.kron(a, b[:2, :2] / torch.trace(b[:2, :2])) for a, b in zip(x, y, strict=True)]
    )


def call(name):
    """The function with settings filled in, and the states that it takes."""
    if name in SPECIAL:
        return SPECIAL[name], [torch.tensor(RHO), torch.tensor(SIGMA)]
    function = getattr(quantum, name)
    needed = [
        p.name
        for p in inspect.signature(function).parameters.values()
        if p.default is p.empty and p.kind in (p.POSITIONAL_OR_KEYWORD, p.POSITIONAL_ONLY)
    ]
    states = [one for one in needed if one in STATES]
    settings = [SETTINGS[one] for one in needed if one not in STATES]
    given = [torch.tensor(RHO), torch.tensor(SIGMA)][: len(states)]
    return (lambda *arrays: function(*arrays, *settings)), given


FUNCTIONS = sorted(
    name for name in quantum.__all__ if inspect.isfunction(getattr(quantum, name, None))
)


@pytest.mark.parametrize(
    "name", [name for name in FUNCTIONS if name not in NO_TENSORS | CHANNELS | PLAIN]
)
def test_values_are_those_of_the_batch(name):
    function, given = call(name)
    assert given, f"say what {name} takes"
    mapped, batch = torch.vmap(function)(*given), function(*given)
    # The same arithmetic in the same order, but for sums in another library: some ε·d.
    np.testing.assert_allclose(mapped.numpy(), batch.numpy(), rtol=0, atol=1e-13)


@pytest.mark.parametrize("name", sorted(NO_TENSORS))
def test_what_cannot_be_mapped_says_what_to_pass(name):
    function, given = call(name)
    with pytest.raises(ArgumentError, match="^Argument `data` must hold numbers.*whole batch"):
        torch.vmap(function)(*given)


def test_one_state_beside_many_and_batches_inside():
    rho, sigma = torch.tensor(RHO), torch.tensor(SIGMA)
    measured = quantum.measured_relative_entropy
    every = measured(rho[:, None], sigma)
    one = torch.vmap(measured, in_dims=(0, None))(rho, sigma)
    np.testing.assert_allclose(one, every, atol=1e-13)
    nested = torch.vmap(lambda r: torch.vmap(lambda s: measured(r, s))(sigma))(rho)
    np.testing.assert_allclose(nested, every, atol=1e-13)
    last = torch.vmap(measured, in_dims=(2, 0))(rho.movedim(0, 2), sigma)
    np.testing.assert_allclose(last, every.diagonal(), atol=1e-13)


def test_slopes_of_a_measured_relative_entropy_are_mapped_too():
    rho, sigma = torch.tensor(RHO), torch.tensor(SIGMA)
    slopes = torch.vmap(torch.func.grad(quantum.measured_relative_entropy, argnums=(0, 1)))
    each = [x.clone().requires_grad_() for x in (rho, sigma)]
    quantum.measured_relative_entropy(*each).sum().backward()
    for mapped, x in zip(slopes(rho, sigma), each, strict=True):
        np.testing.assert_allclose(mapped, x.grad, atol=1e-12)


def test_a_function_of_plain_numbers_says_so():
    with pytest.raises(ArgumentError, match="^Argument `data` must be plain numbers"):
        torch.vmap(lambda x, y: quantum.f_divergence(x, y, lambda t: t * t - 1))(
            torch.tensor(RHO), torch.tensor(SIGMA)
        )
