"""Losses of kets: those of their projectors, whatever the phase, close and orthogonal ones."""

from functools import partial

import numpy as np
import pytest
from oracles import EPS
from state_losses import central, every_library

from qce import losses


def projectors(kets):
    return np.einsum("...i,...j->...ij", kets, kets.conj())


KETS = np.random.default_rng(21).normal(size=(2, 3, 3, 2)) @ [1, 1j]
KETS = KETS / np.linalg.norm(KETS, axis=-1, keepdims=True)
OF_KETS = {
    "contrastive_loss": lambda f, x, y: f([1, 0, 0], x, y),
    "triplet_loss": lambda f, x, y: f(x, y, y[::-1] if isinstance(y, np.ndarray) else y.flip(0)),
    "info_nce_loss": lambda f, x, y: f(x, y),
    "nt_xent_loss": lambda f, x, y: f(x, y),
    "supervised_contrastive_loss": lambda f, x, y: f([0, 0, 1], x),
}


@pytest.mark.parametrize("name", OF_KETS)
def test_kets_are_density_matrices_and_their_phases_do_not_count(name):
    call, loss = OF_KETS[name], getattr(losses.quantum, name)
    x, y = KETS
    expected = call(loss, projectors(x), projectors(y))
    of_kets = partial(loss, pure=True)
    # The Bures distance of density matrices of rank one is good to √ε only where they are close.
    assert call(of_kets, x, y) == pytest.approx(expected, abs=1e4 * EPS)
    phases = np.exp(1j * np.array([[0.3], [2.0], [-1.0]]))
    assert call(of_kets, phases * x, y) == pytest.approx(call(of_kets, x, y), abs=1e3 * EPS)


@pytest.mark.thinned(5)
@every_library
@pytest.mark.parametrize("name", [name for name in OF_KETS if name != "triplet_loss"])
def test_gradients_of_kets_are_central_differences(name, library):
    """By a real parameter: the library's convention for complex input plays no part."""
    call, loss = OF_KETS[name], partial(getattr(losses.quantum, name), pure=True, check=False)
    x, y = KETS
    motion = np.random.default_rng(9).normal(size=x.shape) * (1 + 0.5j)
    rows = [library.asarray(z) for z in (x, y, motion)]
    found = library.derivative(lambda t: call(loss, rows[0] + t * rows[2], rows[1]))
    expected = central(lambda t: call(loss, x + t * motion, y), 0.0, 1.0)
    assert abs(expected) > 1e-3
    # Fidelities over a temperature of 0.1 change by 10 t: (10 h)⁴ of the truncation.
    assert found == pytest.approx(expected, rel=1e-5, abs=1e-6)


@pytest.mark.thinned(3)
@every_library
def test_orthogonal_and_equal_kets_have_finite_slopes(library):
    x = np.eye(2) + 0j
    for y in (x, x[::-1].copy()):
        gradient = library.gradient(
            lambda z, y=y: losses.quantum.contrastive_loss(
                np.array([1.0, 0.0]), z, library.asarray(y), pure=True
            )
        )
        assert np.isfinite(np.asarray(gradient(library.variable(x)))).all()


@pytest.mark.parametrize("delta", [1e-3, 1e-6, 1e-9])
def test_close_kets_keep_relative_accuracy(delta):
    """B² = 2 − 2 cos δ = 4 sin²(δ/2), where 2 − 2|⟨x|y⟩| keeps nothing of δ = 1e-9."""
    x, y = np.array([1.0, 0.0]), np.array([np.cos(delta), np.sin(delta)])
    value = losses.quantum.contrastive_loss(1.0, x, y, pure=True)
    assert value == pytest.approx(4 * np.sin(delta / 2) ** 2, rel=4 * EPS / delta, abs=0)
