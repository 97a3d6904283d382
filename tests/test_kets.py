"""Kets straight into `qce.quantum`: every function takes one for the pure state that it is.

Functions are found by their signature, so that a new one is held to the same.
"""

import inspect

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from oracles import EPS
from strategies import random_unitary

from qce import quantum
from qce.states import Diagonal

PSI, PHI = (random_unitary(np.random.default_rng(seed), 4)[:, 0] for seed in (1, 2))
PURE, OTHER = (np.outer(x, x.conj()) for x in (PSI, PHI))
MIXED = 0.75 * OTHER + np.eye(4) / 16
SETTINGS = {"alpha": 0.7, "keep": 0, "wires": 0, "given": 1, "first": 0, "second": 1}
SETTINGS["f"] = lambda t: (t - 1) ** 2
# These are in terms of several states, of three parts, or of channels.
ELSEWHERE = {"holevo_information", "conditional_mutual_information", "average_gate_fidelity"}
ELSEWHERE |= {"diamond_norm", "entanglement_fidelity"}


def functions(*first):
    for name in quantum.__all__:
        parameters = inspect.signature(getattr(quantum, name)).parameters
        if name not in ELSEWHERE and tuple(parameters)[: len(first)] == first:
            settings = {
                k: SETTINGS[k]
                for k, p in parameters.items()
                if k in SETTINGS and (p.default is p.empty or k == "given")
            }
            if "at_infinity" in parameters:
                settings |= {"at_infinity": np.inf}
            yield pytest.param(getattr(quantum, name), settings, id=name)


def same(found, expected):
    # The rounding of a pure state, whose infinite slopes at 0 no rule of support leaves.
    for x, y in zip(np.atleast_1d(found), np.atleast_1d(expected), strict=True):
        assert np.allclose(x, y, rtol=256 * EPS, atol=256 * EPS), (x, y)


@pytest.mark.parametrize(("function", "settings"), list(functions("data", "model")))
def test_kets_as_data_and_as_model(function, settings):
    for model, matrix in ((MIXED, MIXED), (PHI, OTHER)):
        same(function(PSI, model, **settings), function(PURE, matrix, **settings))
    same(function(MIXED, PSI, **settings), function(MIXED, PURE, **settings))
    stack = np.stack([MIXED, OTHER])
    same(function(stack, PSI, **settings), function(stack, PURE, **settings))


@pytest.mark.parametrize(("function", "settings"), list(functions("x")))
def test_kets_as_one_state(function, settings):
    same(function(PSI, **settings), function(PURE, **settings))


def test_kets_in_ensembles_and_beside_factorised_states():
    same(quantum.holevo_information([PSI, PHI]), quantum.holevo_information([PURE, OTHER]))
    same(quantum.holevo_information([PSI, MIXED]), quantum.holevo_information([PURE, MIXED]))
    model = Diagonal([0.1, 0.2, 0.3, 0.4])
    for name in ("cross_entropy", "relative_entropy", "max_relative_entropy"):
        function = getattr(quantum, name)
        same(function(PSI, model), function(PURE, model))


def test_kets_carry_derivatives():
    """dF = 2 Re ⟨dψ|σ|ψ⟩ of the fidelity with a mixed state."""
    expected = 2 * MIXED @ PSI
    found = jax.grad(lambda x: quantum.fidelity(x, MIXED))(jnp.asarray(PSI))
    assert np.abs(np.asarray(found).conj() - expected).max() <= 1e3 * EPS
    psi = torch.as_tensor(PSI).requires_grad_()
    quantum.fidelity(psi, torch.as_tensor(MIXED)).backward()
    assert np.abs(psi.grad.numpy() - expected).max() <= 1e3 * EPS
    assert abs(jax.jit(quantum.fidelity)(PSI, MIXED) - quantum.fidelity(PSI, MIXED)) <= 64 * EPS


@pytest.mark.parametrize(
    ("ket", "words"),
    [
        ([0.5, 0.5], "ket of norm 1, but its shape is \\(2,\\) and its norm 0.707"),
        ([np.nan, 1.0], "be finite"),
        ([], "d >= 1"),
        (["a", "b"], "be numeric"),
    ],
)
def test_vectors_that_are_no_kets_are_refused(ket, words):
    with pytest.raises((ValueError, TypeError), match=words):
        quantum.relative_entropy(ket, np.eye(2) / 2)
