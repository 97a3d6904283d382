"""Fidelities of channels against their definitions, and diamond norms against closed forms."""

import builtins
import math

import autograd
import autograd.numpy as anp
import jax
import jax.numpy as jnp
import numpy as np
import pennylane as qml
import pytest
import torch
from oracles import EPS
from strategies import random_unitary

from qce import quantum

X = np.array([[0.0, 1.0], [1.0, 0.0]])


def random_channel(d, n, seed):
    """n Kraus operators, the rows of an isometry."""
    rng = np.random.default_rng(seed)
    return random_unitary(rng, n * d)[:, :d].reshape(n, d, d)


def apply(kraus, rho):
    return sum(k @ rho @ k.conj().T for k in kraus)


@pytest.mark.parametrize("d", [2, 3])
def test_the_entanglement_fidelity_is_that_of_a_purification(d):
    """⟨ψ|(E ⊗ 1)(|ψ⟩⟨ψ|)|ψ⟩ with |ψ⟩ = Σ √p_i |i⟩|i⟩."""
    kraus = random_channel(d, 3, d)
    rng = np.random.default_rng(7)
    v, p = random_unitary(rng, d), rng.dirichlet(np.ones(d))
    psi = sum(math.sqrt(x) * np.kron(v[:, k], np.eye(d)[k]) for k, x in enumerate(p))
    rho = (v * p) @ v.conj().T
    whole = apply([np.kron(k, np.eye(d)) for k in kraus], np.outer(psi, psi.conj()))
    expected = (psi.conj() @ whole @ psi).real
    assert abs(quantum.entanglement_fidelity(kraus, rho) - expected) <= 64 * d * EPS
    found = quantum.entanglement_fidelity(list(kraus), np.stack([rho, np.eye(d) / d]))
    assert np.abs(found - [expected, quantum.entanglement_fidelity(kraus)]).max() <= 64 * d * EPS


def test_the_average_gate_fidelity_is_the_mean_over_kets():
    """Over the six eigenstates of Paulis, a 2-design, and over the gate turned back."""
    kraus, gate = random_channel(2, 2, 1), random_unitary(np.random.default_rng(2), 2)
    r = math.sqrt(0.5)
    kets = np.array([[1, 0], [0, 1], [r, r], [r, -r], [r, 1j * r], [r, -1j * r]])
    expected = np.mean(
        [
            (k.conj() @ gate.conj().T @ apply(kraus, np.outer(k, k.conj())) @ gate @ k).real
            for k in kets
        ]
    )
    assert abs(quantum.average_gate_fidelity(kraus, gate) - expected) <= 64 * EPS


def test_channels_of_pennylane_are_taken_as_they_are():
    p = 0.3
    depolarised = qml.DepolarizingChannel(p, wires=0)
    assert abs(quantum.entanglement_fidelity(depolarised) - (1 - p)) <= 1e-13  # its own rounding
    assert abs(quantum.average_gate_fidelity(qml.RZ(0.3, 0), qml.RZ(0.3, 0)) - 1) <= 8 * EPS


def test_fidelities_of_channels_carry_derivatives():
    """1 − p of a flip, and (2(1 − p) + 1)/3."""
    flip = lambda xp, p, one, x: [xp.sqrt(1 - p) * one, xp.sqrt(p) * x]  # noqa: E731
    for function, slope in (
        (quantum.entanglement_fidelity, -1.0),
        (quantum.average_gate_fidelity, -2 / 3),
    ):
        found = jax.grad(lambda p, f=function: f(flip(jnp, p, jnp.eye(2), jnp.asarray(X))))(0.1)
        assert abs(found - slope) <= 64 * EPS
        slope_of = autograd.grad(lambda p, f=function: f(flip(anp, p, np.eye(2), X)))
        assert abs(slope_of(0.1) - slope) <= 64 * EPS
        p = torch.tensor(0.1, dtype=torch.float64, requires_grad=True)
        function(flip(torch, p, torch.eye(2).double(), torch.as_tensor(X))).backward()
        assert abs(float(p.grad) - slope) <= 64 * EPS


SOLVED = 1e-6  # to what an interior-point method of tolerance 1e-8 finds a value of order one


def test_diamond_norms_have_their_closed_forms():
    """2p of depolarising noise and of a flip, 2 sin(θ/2) of a turn by θ, 2p of damping."""
    pytest.importorskip("cvxpy")
    p, theta, one = 0.3, 0.4, np.eye(2)
    cases = [
        (qml.DepolarizingChannel(p, wires=0), one, 2 * p),
        ([math.sqrt(1 - p) * one, math.sqrt(p) * X], one, 2 * p),
        (qml.RZ(theta, wires=0), one, 2 * math.sin(theta / 2)),
        (qml.AmplitudeDamping(p, wires=0), one, 2 * p),
        (one, X, 2.0),
        (one, None, 1.0),
    ]
    for first, second, expected in cases:
        assert abs(quantum.diamond_norm(first, second) - expected) <= SOLVED
    assert quantum.diamond_norm(one, one) == 0


def test_diamond_norms_are_what_an_input_reaches_and_no_less():
    """No random ket with an idle partner tells more, and the maximally entangled one half."""
    pytest.importorskip("cvxpy")
    first, second = random_channel(2, 2, 3), random_channel(2, 3, 4)
    norm = quantum.diamond_norm(first, second)
    rng = np.random.default_rng(5)
    reached = []
    for _ in range(200):
        psi = rng.normal(size=4) + 1j * rng.normal(size=4)
        rho = np.outer(psi, psi.conj()) / np.linalg.norm(psi) ** 2
        gap = [apply([np.kron(k, np.eye(2)) for k in c], rho) for c in (first, second)]
        reached.append(np.abs(np.linalg.eigvalsh(gap[0] - gap[1])).sum())
    assert 0.9 * norm <= max(reached) <= norm + SOLVED


def test_without_a_solver_the_extra_is_named(monkeypatch):
    real = builtins.__import__

    def without(name, *arguments, **settings):
        if name == "cvxpy":
            raise ModuleNotFoundError(name)
        return real(name, *arguments, **settings)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ModuleNotFoundError, match=r"qce\[sdp\]"):
        quantum.diamond_norm(X, np.eye(2))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: quantum.entanglement_fidelity([X, X]), "`channel` must keep the trace"),
        (lambda: quantum.entanglement_fidelity([X, np.eye(3)]), "`channel` must hold matrices of"),
        (lambda: quantum.entanglement_fidelity(np.ones(2)), r"`channel` must have shape \(n, d, d"),
        (lambda: quantum.entanglement_fidelity(X, np.eye(3) / 3), "`state` must have shape"),
        (lambda: quantum.average_gate_fidelity(X, [X, X]), "`gate` must keep the trace"),
        (lambda: quantum.average_gate_fidelity(X, np.eye(3)), "`gate` must be one matrix"),
        (lambda: quantum.diamond_norm(X, np.eye(3)), "`channel` and `other` must map"),
    ],
)
def test_what_is_no_channel_is_refused_by_name(call, words):
    with pytest.raises(ValueError, match=words):
        call()
