"""Input as it comes: any layout, type and shape, and zeros of every kind, give the right value."""

import warnings

import jax.numpy as jnp
import numpy as np
import pytest
import torch
from argument_calls import (
    CLASSICAL,
    QUANTUM,
    REAL,
    RHO,
    ROOM,
    SIGMA,
    P,
    Q,
    draw,
    every,
    every_classical,
    number,
    same,
)
from oracles import EPS
from pennylane import numpy as pnp

# --- layout ------------------------------------------------------------------------------------


def inside(stride):
    """A matrix as a view of every `stride`-th entry of a larger one."""

    def view(x):
        larger = np.full((*x.shape[:-1], x.shape[-1] * stride), np.nan, dtype=x.dtype)
        larger = np.repeat(larger, stride, axis=0) if x.ndim == 2 else larger
        place = (slice(None, None, stride),) * x.ndim
        larger[place] = x
        return larger[place]

    return view


def frozen(x):
    x = x.copy()
    x.flags.writeable = False
    return x


LAYOUTS = {
    "fortran": np.asfortranarray,
    "strided": inside(2),
    "reversed": lambda x: np.ascontiguousarray(x[::-1])[::-1],
    "readonly": frozen,
    "list": np.ndarray.tolist,
    "tuple": lambda x: tuple(map(tuple, x)) if x.ndim == 2 else tuple(x),
    "big endian": lambda x: x.astype(x.dtype.newbyteorder(">")),
    "masked": np.ma.array,
    "broadcast": lambda x: np.broadcast_to(x, (1, *x.shape))[0],
}


@pytest.mark.parametrize("layout", LAYOUTS)
@every
def test_the_layout_in_memory_does_not_matter(name, layout):
    function, _ = QUANTUM[name]
    same(function(*map(LAYOUTS[layout], (RHO, SIGMA))), function(RHO, SIGMA))


@pytest.mark.parametrize("layout", LAYOUTS)
@every_classical
def test_the_layout_of_probabilities_does_not_matter(name, layout):
    function, _ = CLASSICAL[name]
    same(function(*map(LAYOUTS[layout], (P, Q))), function(P, Q))


@every
def test_torch_tensors_that_are_views_are_taken(name):
    function, _ = QUANTUM[name]
    views = [torch.as_tensor(x.conj()).conj().mT.contiguous().mT for x in (RHO, SIGMA)]
    same(function(*views), function(RHO, SIGMA))


# --- types -------------------------------------------------------------------------------------

PURE = np.array([[1, 0], [0, 0]])


@pytest.mark.parametrize("kind", [bool, np.int8, np.uint8, np.int64, np.float32])
@every
def test_integers_and_booleans_are_numbers(name, kind):
    function, _ = QUANTUM[name]
    for model in (PURE.astype(kind), np.eye(2) / 2):
        same(function(PURE.astype(kind), model), function(PURE.astype(float), model.astype(float)))


# JAX compiles every quantity for every type: it goes through three of them.
FEW = ("relative_entropy", "sandwiched_renyi_divergence 0.7", "trace_distance")
RUNS = [
    (name, convert)
    for convert in (torch.as_tensor, pnp.array, jnp.asarray)
    for name in QUANTUM
    if convert is not jnp.asarray or name in FEW
]
in_libraries = pytest.mark.parametrize(("name", "convert"), RUNS)


def check_mixed(function, convert):
    single = 1e3 * float(np.finfo(np.float32).eps)
    for rho, sigma in ((REAL[0], SIGMA), (RHO, REAL[1]), REAL):
        same(function(convert(rho), convert(sigma)), function(rho + 0j, sigma + 0j))
    rough = [x.astype(np.complex64) for x in (RHO, SIGMA)]
    same(function(convert(rough[0]), convert(SIGMA)), function(RHO, SIGMA), single)
    same(function(convert(RHO), convert(rough[1])), function(RHO, SIGMA), single)


@every
def test_precisions_and_real_with_complex_mix(name):
    check_mixed(QUANTUM[name][0], np.asarray)


@pytest.mark.thinned(6)
@in_libraries
def test_precisions_and_real_with_complex_mix_in_the_libraries(name, convert):
    check_mixed(QUANTUM[name][0], convert)


@pytest.mark.thinned(6)
@in_libraries
def test_numpy_stands_on_either_side_of_another_library(name, convert):
    function, _ = QUANTUM[name]
    same(function(convert(RHO), SIGMA), function(RHO, SIGMA))
    same(function(RHO, convert(SIGMA)), function(RHO, SIGMA))


# --- shapes ------------------------------------------------------------------------------------


@every
def test_one_dimension_holds_one_state(name):
    function, _ = QUANTUM[name]
    expected = {"fidelity": 1.0, "chernoff_order": 0.5}.get(name, 0.0)
    for shape in ((1, 1), (3, 1, 1)):
        value = function(np.ones(shape), np.ones((1, 1), complex))
        for part in value if isinstance(value, tuple) else (value,):
            assert np.shape(part) == shape[:-2] and np.abs(part - expected).max() <= 4 * EPS


@every
def test_any_number_of_batch_axes_broadcasts(name):
    function, _ = QUANTUM[name]
    rho = np.stack([draw(2) for _ in range(6)]).reshape(2, 1, 3, 1, 2, 2)
    sigma = np.stack([draw(2) for _ in range(4)]).reshape(1, 2, 1, 2, 2, 2)
    values = function(rho, sigma)
    values = np.stack(values if isinstance(values, tuple) else (values,), axis=-1)
    assert values.shape[:-1] == (2, 2, 3, 2)
    for index in np.ndindex(2, 2, 3, 2):
        single = function(rho[index[0], 0, index[2], 0], sigma[0, index[1], 0, index[3]])
        assert np.abs(values[index] - number(single)).max() <= ROOM


@pytest.mark.parametrize("d", [1, 2, 3])
@every
def test_an_empty_batch_is_refused_and_without_checks_is_empty(name, d):
    function, _ = QUANTUM[name]
    empty, one = np.zeros((0, d, d)), np.eye(d) / d
    with pytest.raises(ValueError, match="Argument `data` must not be empty"):
        function(empty, one)
    value = function(empty, one, check=False)
    for part in value if isinstance(value, tuple) else (value,):
        assert np.shape(part) == (0,)


# --- zeros of every kind -----------------------------------------------------------------------

# The least number, the least normal one, numbers whose square underflows.
TINY = (5e-324, 2.3e-308, 1e-200, 1e-160, 1e-40)


def allowed(value, name):
    """Never NaN, never negative, and bounded where the quantity is."""
    for part in value if isinstance(value, tuple) else (value,):
        assert part >= 0
        if name in ("fidelity", "trace_distance", "chernoff_order"):
            assert part <= 1 + 4 * EPS


@every
def test_a_negative_zero_is_a_zero(name):
    function, _ = QUANTUM[name]
    plus, minus = np.diag([1.0, 0.0]), np.diag([1.0, -0.0])
    for pair in ((minus, plus), (plus, minus), (minus, minus)):
        np.testing.assert_array_equal(number(function(*pair)), number(function(plus, plus)))


@pytest.mark.parametrize("tiny", TINY)
@pytest.mark.parametrize("name", [n for n in QUANTUM if not n.startswith("measured")])
def test_written_eigenvalues_as_small_as_they_come(name, tiny):
    function, _ = QUANTUM[name]
    small = np.diag([1.0, tiny, 0.0])
    for pair in ((small, np.eye(3) / 3), (np.diag([1.0, 0.0, 0.0]), small)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            allowed(function(*pair), name)


@pytest.mark.parametrize("name", CLASSICAL)
def test_equal_probabilities_as_small_as_they_come(name):
    """D(p‖p) = 0 for the least number there is."""
    function, takes = CLASSICAL[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        value = function([1.0, 5e-324], [1.0, 5e-324])
    allowed(value, name)
    if "base" in takes and name not in ("cross_entropy", "cross_entropy_variance"):
        assert value == 0


@pytest.mark.parametrize("tiny", TINY)
@pytest.mark.parametrize("name", [n for n in QUANTUM if not n.startswith("measured")])
def test_off_diagonal_entries_as_small_as_they_come(name, tiny):
    function, _ = QUANTUM[name]
    matrix = np.array([[1.0, tiny, 0.0], [tiny, 0.0, 0.0], [0.0, 0.0, 0.0]])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        allowed(function(matrix, np.eye(3) / 3), name)
        allowed(function(matrix, matrix), name)
