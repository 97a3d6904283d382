"""Input as it comes: any layout, type and shape is either right or refused in the one grammar.

Every public function of data and model is found by its signature, in both twins, so that a new one
is held to the same.
"""

import inspect
import warnings
from functools import partial

import jax.numpy as jnp
import numpy as np
import pytest
import torch
from oracles import EPS
from pennylane import numpy as pnp
from strategies import random_unitary

from qce import classical, quantum
from qce.bounds import cross_entropy_bounds, fannes_audenaert
from qce.laws import positivity
from qce.regularise import depolarise, hedge
from qce.states import Ensemble, IsingChain, Thermal

RENYI = {"alpha": 0.7}, {"alpha": 2.0}


def squared(t):
    """The convex function of χ²."""
    return (t - 1) ** 2


def functions(module):
    """Functions of `data` and `model`; those of an order twice, below and above 1."""
    for name in module.__all__:
        function = getattr(module, name)
        parameters = inspect.signature(function).parameters
        if list(parameters)[:2] != ["data", "model"]:
            continue
        settings = [{"f": squared}] if "f" in parameters else [{}]
        for order in RENYI if "alpha" in parameters else settings:
            label = " ".join([name, *(str(x) for x in order.values() if x is not squared)])
            yield label, partial(function, **order), set(parameters)


QUANTUM = {name: (function, takes) for name, function, takes in functions(quantum)}
CLASSICAL = {name: (function, takes) for name, function, takes in functions(classical)}
every = pytest.mark.parametrize("name", QUANTUM)
every_classical = pytest.mark.parametrize("name", CLASSICAL)

RNG = np.random.default_rng(20)


def draw(d, real=False):
    """A state with eigenvalues of a tenth and more, so that rounding is a few ε."""
    p = RNG.uniform(1, 3, size=d)
    v = np.linalg.qr(RNG.normal(size=(d, d)))[0] if real else random_unitary(RNG, d)
    a = (v * (p / p.sum())) @ v.conj().T
    return (a + a.conj().T) / 2


RHO, SIGMA = draw(3), draw(3)
REAL = draw(3, real=True), draw(3, real=True)
P, Q = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.2, 0.6])
ROOM = 1e3 * EPS  # values of order one, logs and powers of ratios below 4


def number(value):
    """One number, or the two of a pair of bounds."""
    parts = value if isinstance(value, tuple) else (value,)
    return np.array([float(np.asarray(x)) for x in parts])


def same(found, expected, room=ROOM):
    assert np.abs(number(found) - number(expected)).max() <= room


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


@in_libraries
def test_precisions_and_real_with_complex_mix_in_the_libraries(name, convert):
    check_mixed(QUANTUM[name][0], convert)


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


# --- what is refused ---------------------------------------------------------------------------

BAD = {
    "a number": 1.0,
    "a vector": np.ones(3) / 3,
    "not square": np.ones((3, 2)),
    "no dimension": np.zeros((0, 0)),
    "ragged": [[1.0, 0.0], [0.0]],
    "text": "rho",
    "nothing": None,
    "objects": RHO.astype(object),
    "nan": np.where(np.eye(3) > 0, np.nan, RHO),
    "infinity": np.where(np.eye(3) > 0, np.inf, RHO),
    "not hermitian": RHO + np.triu(np.ones((3, 3)), 1),
    "negative": np.diag([1.5, -0.5, 0.0]),
    "twice": 2 * RHO,
}


@pytest.mark.parametrize("kind", BAD)
@every
def test_what_is_no_state_is_refused_by_its_name(name, kind):
    function, _ = QUANTUM[name]
    for argument, pair in (("data", (BAD[kind], SIGMA)), ("model", (RHO, BAD[kind]))):
        with pytest.raises((ValueError, TypeError), match=f"Argument `{argument}` must") as caught:
            function(*pair)
        assert "Pass " in str(caught.value)


@pytest.mark.parametrize("kind", [np.float16, np.longdouble])
@pytest.mark.parametrize("name", ["relative_entropy", "fidelity"])
def test_precisions_that_no_library_decomposes_are_refused_by_name(name, kind):
    with pytest.raises(TypeError, match="Argument `data` must"):
        QUANTUM[name][0](*(x.astype(kind) for x in REAL))


@every
def test_sizes_that_do_not_fit_are_refused(name):
    function, _ = QUANTUM[name]
    for pair in ((RHO, np.eye(2) / 2), (np.stack([RHO] * 2), np.stack([SIGMA] * 3))):
        with pytest.raises(ValueError, match="Arguments `data` and `model` must"):
            function(*pair)


@pytest.mark.parametrize("base", [0, 1, -2, 1.0, -0.0, np.inf, np.nan])
def test_what_is_no_base_is_refused(base):
    for module in (QUANTUM, CLASSICAL):
        for function, takes in module.values():
            if "base" in takes:
                pair = (RHO, SIGMA) if module is QUANTUM else (P, Q)
                with pytest.raises(ValueError, match="Argument `base` must"):
                    function(*pair, base=base)


@pytest.mark.parametrize("base", ["2", True, 2j, [2], np.array([2.0, 3.0])])
def test_a_base_is_one_number(base):
    for function, takes in QUANTUM.values():
        if "base" in takes:
            with pytest.raises(TypeError, match="Argument `base` must be a number"):
                function(RHO, SIGMA, base=base)


@pytest.mark.parametrize("base", [2, np.float32(2), np.array(2), jnp.asarray(2.0)])
def test_a_base_may_be_an_array_of_one_number(base):
    for function, takes in QUANTUM.values():
        if "base" in takes:
            assert function(RHO, SIGMA, base=base) == function(RHO, SIGMA, base=2.0)


@pytest.mark.parametrize("support", ["clip", None, 1, ["inf"]])
def test_a_support_rule_has_one_of_two_names(support):
    for function, takes in QUANTUM.values():
        if "support" in takes:
            with pytest.raises(ValueError, match="Argument `support` must be one of"):
                function(RHO, SIGMA, support=support)


def test_a_support_rule_is_no_array():
    with pytest.raises((ValueError, TypeError), match="Argument `support` must be one of"):
        quantum.cross_entropy(RHO, SIGMA, support=np.array(["inf", "raise"]))


@every
def test_support_raise_raises_where_the_value_is_infinite_and_only_there(name):
    function, takes = QUANTUM[name]
    if "support" not in takes:
        return
    for model in (np.diag([1.0, 0.0, 0.0]), np.diag([0.5, 0.5, 0.0])):
        data = np.diag([0.0, 0.0, 1.0])
        assert function(data, model) == np.inf
        with pytest.raises(ValueError, match="Argument `model` must contain the data"):
            function(data, model, support="raise")
    same(function(RHO, SIGMA, support="raise"), function(RHO, SIGMA))


REFUSED = {
    "beta as text": (lambda: Thermal(np.eye(2), "1"), "`beta` must be a number"),
    "no beta": (lambda: Thermal(np.eye(2), None), "`beta` must be a number"),
    "complex beta": (lambda: Thermal(np.eye(2), 1j), "`beta` must be a number"),
    "infinite beta": (lambda: Thermal(np.eye(2), np.inf), "`beta` must be finite"),
    "beta beyond floats": (
        lambda: quantum.entropy(Thermal(np.diag([1e200, -1e200]), 1e200)),
        "`beta` must suit the energies",
    ),
    "coupling as text": (lambda: IsingChain(2, "1"), "`J` must be a number"),
    "basis of another size": (
        lambda: cross_entropy_bounds(RHO, SIGMA, basis=np.eye(2)),
        r"`basis` must have shape \(3, 3\)",
    ),
    "basis as a vector": (
        lambda: cross_entropy_bounds(RHO, SIGMA, basis=np.ones(3)),
        r"`basis` must have shape \(3, 3\)",
    ),
    "basis not orthonormal": (
        lambda: cross_entropy_bounds(RHO, SIGMA, basis=np.eye(3) * 2),
        "`basis` must be unitary",
    ),
    "distance as text": (lambda: fannes_audenaert("a", 2), "`distance` must be a number"),
    "half a dimension": (lambda: fannes_audenaert(0.5, 2.5), "`dimension` must be at least 2"),
    "endless dimension": (lambda: fannes_audenaert(0.5, np.inf), "`dimension` must be at least 2"),
    "several weights": (lambda: depolarise(RHO, np.array([0.1, 0.2])), "`p` must be a number"),
    "no weight": (lambda: depolarise(RHO, None), "`p` must be a number"),
    "complex counts": (lambda: hedge([1j, 1]), "`counts` must be non-negative"),
    "no counts": (lambda: hedge(np.zeros((0, 3))), "`counts` must be non-negative"),
    "no hedge": (lambda: hedge([1, 2], None), "`beta` must be a number"),
    "no draws": (
        lambda: positivity(quantum.fidelity, draws=0),
        "`draws` must be an integer from 1",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_settings_of_states_bounds_laws_and_regularisation_are_checked(case):
    call, message = REFUSED[case]
    with pytest.raises((ValueError, TypeError), match=message) as caught:
        call()
    assert "Pass " in str(caught.value)


def test_weights_below_zero_by_rounding_are_zero():
    data = Ensemble(np.eye(2), [1.0, -1e-17])
    assert data.weights.min() == 0 and quantum.entropy(data) == 0


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
