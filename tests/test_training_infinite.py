"""Infinite losses: the cure carries derivatives, and a training that meets one says so."""

import warnings

import autograd
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qce
from qce import circuits, models, objectives, quantum
from qce.regularise import depolarise
from qce.results import Status
from qce.training import fit_many

RHO = np.diag([0.7, 0.3])


def pure(xp, angle):
    """RX(angle)|0⟩ as a density matrix."""
    c, s = xp.cos(angle / 2), xp.sin(angle / 2)
    ket = xp.stack([c + 0j, -1j * s])
    return ket[:, None] * xp.conj(ket)[None, :]


def loss(xp, angle, check=True):
    return quantum.cross_entropy(RHO, depolarise(pure(xp, angle), 0.2).value, check=check)


def exact_slope(angle):
    """σ has eigenvalues .9 and .1 along the Bloch vector: S = c − ln(9)/2 · 0.4 cos(angle)."""
    return np.log(9) / 2 * 0.4 * np.sin(angle)


@pytest.mark.thinned(3)
@pytest.mark.parametrize("angle", [0.3, 1.0, 2.5])
def test_depolarised_states_carry_derivatives_in_every_library(angle):
    torch = pytest.importorskip("torch")
    wanted = pytest.approx(exact_slope(angle), abs=1e-13)
    with jax.enable_x64(True):
        assert float(jax.grad(lambda a: loss(jnp, a))(angle)) == wanted
        assert float(jax.jit(jax.grad(lambda a: loss(jnp, a)))(angle)) == wanted
    assert autograd.grad(lambda a: loss(autograd.numpy, a))(angle) == wanted
    x = torch.tensor(angle, dtype=torch.float64, requires_grad=True)
    loss(torch, x).backward()
    assert float(x.grad) == wanted


def test_depolarised_states_stay_of_their_library_and_precision():
    torch = pytest.importorskip("torch")
    for x in (
        jnp.eye(2, dtype=jnp.float32) / 2, np.eye(2, dtype=np.float32) / 2,
        torch.eye(2, dtype=torch.complex64) / 2, np.stack([RHO, RHO]), np.eye(2) * (0.5 + 0j),
    ):  # fmt: skip
        value = depolarise(x, np.float64(0.25)).value
        assert (type(value), value.dtype, value.shape) == (type(x), x.dtype, x.shape)
    np.testing.assert_allclose(depolarise([[1, 0], [0, 0]], 1).value, np.eye(2) / 2)


def relative(angle, p):
    sigma = depolarise(pure(jnp, angle[0]), p).value
    return quantum.relative_entropy(RHO, sigma, check=False)


def test_the_documented_cure_trains():
    result = qce.fit(lambda x: relative(x, 0.2), [1.0], optimizer="lbfgs", progress=False)
    assert result.status.converged
    assert np.cos(result.params[0]) == pytest.approx(1, abs=1e-12)


def test_an_infinite_loss_is_said():
    with pytest.warns(RuntimeWarning, match=r"loss is infinite at step 0.*regularise\.depolarise"):
        result = qce.fit(lambda x: relative(x, 0.0), [1.0], progress=False)
    assert result.status is Status.NON_FINITE


def test_an_outcome_that_the_model_excludes_is_said():
    objective = objectives.measured_likelihood(models.BornMachine(circuits.rx(1)), [0.5, 0.5])
    with pytest.warns(RuntimeWarning, match="the model excludes what the data hold"):
        qce.fit(objective, [0.0], progress=False)


def test_of_many_starts_each_is_told_and_finite_ones_say_nothing():
    one = objectives.Objective(
        "one", models.BornMachine(circuits.rx(1)),
        evaluate=lambda x: (jnp.where(x[0] > 0, jnp.inf, x[0] ** 2), jnp.zeros(())),
    )  # fmt: skip
    infinite = sum(one.initial(seed)[0] > 0 for seed in range(4))
    assert 0 < infinite < 4
    with pytest.warns(RuntimeWarning) as told:
        fit_many(one, range(4), steps=1)
    assert sum("loss is infinite" in str(w.message) for w in told) == infinite
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        qce.fit(lambda x: jnp.sum(x**2), [1.0], steps=3, progress=False)
