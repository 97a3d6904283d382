"""Checks of states refuse whatever is none, whichever way is the cheapest for its size."""

import inspect

import jax.numpy as jnp
import numpy as np
import pytest
import torch
from pennylane import numpy as pnp

from qce import ArgumentError, _density, quantum

SHAPES = [(2, 2), (3, 3), (31, 31), (33, 33), (70, 70), (130, 130), (3, 2, 2), (3, 5, 5)]
EPS = np.finfo(float).eps
SLACK = EPS**0.5


def state(shape, dtype=complex, seed=0):
    """A density matrix, or a stack of them, none of whose eigenvalues is below 1/(2 d)."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=shape) + 1j * rng.normal(size=shape)
    x = x if np.dtype(dtype).kind == "c" else x.real
    x = x @ x.conj().swapaxes(-1, -2)
    x = x / np.trace(x, axis1=-2, axis2=-1)[..., None, None]
    return (0.5 * x + 0.5 * np.eye(shape[-1]) / shape[-1]).astype(dtype)


def negative(shape, by=0.01):
    """The same with an eigenvalue −by in place of its least, in a basis of its own."""
    rho = state(shape)
    p, v = np.linalg.eigh(rho)
    p[..., -1] += p[..., 0] + by
    p[..., 0] = -by
    found = (v * p[..., None, :]) @ v.conj().swapaxes(-1, -2)
    return (found + found.conj().swapaxes(-1, -2)) / 2


def spoiled(rho, entries):
    """The state, or the last of a stack, with some entries replaced."""
    bad = rho.copy()
    for entry, value in entries.items():
        bad.reshape(-1, *bad.shape[-2:])[-1][entry] = value
    return bad


FAULTS = {
    "NaN beside the diagonal": (lambda r: spoiled(r, {(0, 1): np.nan}), "holds NaN"),
    "NaN on both sides": (lambda r: spoiled(r, {(0, 1): np.nan, (1, 0): np.nan}), "holds NaN"),
    "NaN on the diagonal": (lambda r: spoiled(r, {(1, 1): np.nan}), "holds NaN"),
    "imaginary NaN": (lambda r: spoiled(r, {(1, 0): complex(0, np.nan)}), "holds NaN"),
    "infinite": (lambda r: spoiled(r, {(0, 1): np.inf, (1, 0): np.inf}), "holds an infinity"),
    "infinite diagonal": (lambda r: spoiled(r, {(0, 0): -np.inf}), "holds an infinity"),
    "huge": (lambda r: r * 1e300, "be Hermitian|have trace 1"),
    "huge and complex": (lambda r: r * (1e308 + 1e308j), "be Hermitian"),
    "skew": (lambda r: spoiled(r, {(0, 1): r[..., 0, 1].ravel()[-1] + 2 * SLACK}), "be Hermitian"),
    "imaginary diagonal": (lambda r: r + 2j * SLACK * np.eye(r.shape[-1]), "be Hermitian"),
    "trace": (lambda r: r * (1 + 2 * SLACK), "have trace 1"),
    "negative": (lambda r: negative(r.shape), "least eigenvalue is -0.01"),
    "barely negative": (lambda r: negative(r.shape, 2 * SLACK), "least eigenvalue is -2.98"),
}


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_what_is_no_state_is_refused_for_what_it_is(shape, fault):
    spoil, words = FAULTS[fault]
    with np.errstate(all="ignore"):
        bad = spoil(state(shape))
    with pytest.raises(ArgumentError, match=words):
        _density.states("x", bad)
    with pytest.raises(ArgumentError, match=words):
        quantum.entropy(bad)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("order", ["C", "F", "strided", "read-only"])
def test_states_pass_in_every_order_of_memory_and_stay_as_they_are(shape, order):
    rho = state(shape)
    views = {
        "C": lambda x: x,
        "F": lambda x: x.swapaxes(-1, -2).copy().swapaxes(-1, -2),
        "strided": lambda x: np.repeat(x, 2, axis=-1)[..., ::2],
        "read-only": lambda x: np.broadcast_to(x, x.shape),
    }
    given = views[order](rho)
    _density.states("x", given)
    quantum.entropy(given), quantum.cross_entropy(given, given), quantum.fidelity(given, given)
    assert np.array_equal(given, rho)


@pytest.mark.parametrize("dtype", [np.float32, np.complex64, float, complex])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_rounding_by_half_of_what_is_allowed_passes(shape, dtype):
    slack, d = float(np.finfo(dtype).eps) ** 0.5, shape[-1]
    rho = state(shape, dtype)
    _density.states("x", rho * (1 + slack / 2))
    skew = np.zeros((d, d), dtype)
    skew[0, 1] = slack / 2
    _density.states("x", rho + skew)
    pure = np.zeros(shape, dtype)
    pure[..., 0, 0], pure[..., 1, 1] = 1 + slack / 2, -slack / 2
    _density.states("x", pure)


def checked_functions():
    """Every public function of one state or two with `check`, and what else it asks for."""
    settings = {
        "alpha": 0.7,
        "wires": 0,
        "given": 1,
        "first": 0,
        "second": 1,
        "f": np.square,
    }
    names = {name: inspect.signature(getattr(quantum, name)).parameters for name in quantum.__all__}
    return [
        (name, {k: v for k, v in settings.items() if k in parameters})
        for name, parameters in names.items()
        if "check" in parameters and ({"x"} & {*parameters} or {"data", "model"} <= {*parameters})
    ]


@pytest.mark.parametrize("shape", [(4, 4), (64, 64), (3, 4, 4)], ids=str)
@pytest.mark.parametrize(("name", "settings"), checked_functions(), ids=lambda x: str(x)[:30])
def test_every_quantity_refuses_a_negative_eigenvalue_of_each_argument(name, settings, shape):
    """Whether a decomposition for the value tells of it or not."""
    function, good, bad = getattr(quantum, name), state(shape), negative(shape)
    one = "x" in inspect.signature(function).parameters
    calls = {"x": (bad,)} if one else {"data": (bad, good), "model": (good, bad)}
    for argument, states in calls.items():
        with pytest.raises(ArgumentError, match="least eigenvalue is -0.01") as caught:
            function(*states, **settings)
        assert caught.value.argument == argument


@pytest.mark.parametrize("asarray", [np.asarray, pnp.array, jnp.asarray, torch.as_tensor, list])
def test_arrays_of_every_library_are_looked_at(asarray):
    good, bad = state((4, 4)), negative((4, 4))
    rho, sigma = (asarray(x.tolist() if asarray is list else x) for x in (good, bad))
    with pytest.raises(ArgumentError, match="Argument `model` must be positive"):
        quantum.cross_entropy(rho, sigma)


@pytest.mark.parametrize("d", [4, 64, 128])
@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("entropy", 0),
        ("cross_entropy", 1),
        ("relative_entropy", 0),
        ("chernoff", 0),
        ("belavkin_staszewski_relative_entropy", 1),
        ("trace_distance", 2),
        ("fidelity", 0),
        ("bures_distance", 0),
        ("bures_angle", 0),
        ("hellinger_distance", 0),
        ("jensen_shannon_divergence", 0),
        ("chernoff_order", 0),
        ("coherence", 0),
        ("total_correlation", 0),
    ],
)
def test_a_decomposition_that_is_made_anyway_is_not_made_twice(name, left, d, monkeypatch):
    """Checks of all arguments by Cholesky cost up to nine tenths of the value."""
    made = []
    original = _density._is_positive
    monkeypatch.setattr(_density, "_is_positive", lambda a, s: made.append(a) or original(a, s))
    function = getattr(quantum, name)
    one = "x" in inspect.signature(function).parameters
    states = [state((2, d, d), seed=seed) for seed in range(1 if one else 2)]
    function(*states)
    assert len(made) <= left
    made.clear()
    function(*(x[0] for x in states))
    assert len(made) <= left


def test_what_is_known_of_a_state_is_forgotten_with_the_call():
    bad = negative((4, 4))
    with _density.Checked(x=state((40, 40))):
        _density.known(bad, 0.0)
    with pytest.raises(ArgumentError, match="positive"):
        quantum.entropy(bad)
    with pytest.raises(ArgumentError, match="positive"), _density.Checked(x=bad):
        quantum.entropy(state((4, 4)))


def test_what_is_no_state_is_refused_before_a_failure_that_it_caused():
    with pytest.raises(ArgumentError, match="positive"), _density.Checked(x=negative((40, 40))):
        raise np.linalg.LinAlgError("did not converge")
    with pytest.raises(np.linalg.LinAlgError), _density.Checked(x=state((40, 40))):
        raise np.linalg.LinAlgError("did not converge")


@pytest.mark.parametrize("library", [np, torch], ids=["numpy", "torch"])
@pytest.mark.parametrize("shape", [(2, 2), (3, 2, 2), (2, 3, 4, 4)], ids=str)
def test_what_is_advised_against_a_wrong_trace_can_be_passed(shape, library):
    good, scales = state(shape), np.linspace(0.5, 0.9, np.prod(shape[:-2], dtype=int))
    x = library.asarray(good * scales.reshape(*shape[:-2], 1, 1))
    with pytest.raises(ArgumentError, match="have trace 1") as refused:
        quantum.entropy(x)
    advice = refused.value.remedy.split("`")[1]
    names = {"np": np if len(shape) == 2 else library, "x": x}
    np.testing.assert_allclose(eval(advice, names), good, rtol=8 * EPS, atol=EPS)


@pytest.mark.parametrize("shape", [(4, 4), (3, 4, 4)], ids=str)
def test_states_of_single_precision_that_were_widened_are_named(shape):
    narrow = state(shape).astype(np.complex64)
    narrow[..., 0, 0] += np.float32(2**-22)  # beyond √ε of double precision, for certain
    quantum.entropy(narrow)
    with pytest.raises(ArgumentError, match="as rounding to single precision leaves it"):
        quantum.entropy(narrow.astype(complex))
    with pytest.raises(ArgumentError) as refused:
        quantum.entropy(0.9 * narrow.astype(complex))
    assert "single precision" not in str(refused.value)
