"""Every quantity of `qce.quantum` takes factorised states: by their factors, or as a matrix."""

import inspect
import math

import numpy as np
import pytest

from qce import classical, quantum
from qce.errors import ArgumentError
from qce.states import (
    Diagonal,
    Ensemble,
    IsingChain,
    Product,
    Pure,
    Rotated,
    Thermal,
    random_density_matrix,
)

STATES = {"data", "model", "x", "states", "state"}
SETTINGS = {
    "alpha": 0.7,
    "wires": 0,
    "given": 1,
    "first": 0,
    "second": 1,
    "keep": [0],
    "f": lambda t: (t - 1) ** 2,
    "channel": [np.diag([1.0, 1.0, 1.0, 1j])],
    "observable": np.diag([1.0, -1.0, -1.0, 1.0]) + np.eye(4)[::-1],
}
WIRES = 20
NAMES = [
    name
    for name in quantum.__all__
    if name != "expectation"  # beside a state it takes an observable: tests/test_expectation.py
    and STATES & set(inspect.signature(getattr(quantum, name)).parameters)
]


def call(name, first, second):
    """The quantity of one or both states."""
    function = getattr(quantum, name)
    keywords, states = {}, iter((first, second))
    for parameter, what in inspect.signature(function).parameters.items():
        if parameter == "states" and name != "expectation":
            keywords[parameter] = [first, second]
        elif parameter in STATES:
            keywords[parameter] = next(states)
        elif name == "conditional_mutual_information" and parameter in ("given", "dims"):
            keywords[parameter] = 2 if parameter == "given" else [2, 2, 1]
        elif parameter == "at_infinity":
            keywords[parameter] = math.inf  # of the f in SETTINGS
        elif parameter in SETTINGS and what.default is inspect.Parameter.empty:
            keywords[parameter] = SETTINGS[parameter]
    return function(**keywords)


def dense(x):
    return x.dense() if not isinstance(x, np.ndarray) else x


def qubits(seed, count=2):
    return Product(*(random_density_matrix(2, seed=100 * seed + k) for k in range(count)))


def rotated(seed):
    basis = np.linalg.eigh(random_density_matrix(4, seed=seed))[1]
    return Rotated([0.4, 0.3, 0.2, 0.1], basis)


def kets(seed, count):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, 4)) + 1j * rng.normal(size=(count, 4))
    return Ensemble(x / np.linalg.norm(x, axis=1, keepdims=True), None)


PAIRS = {
    "products": lambda: (qubits(1), qubits(2)),
    "diagonal": lambda: (Diagonal([0.4, 0.3, 0.2, 0.1]), Diagonal([0.1, 0.2, 0.3, 0.4])),
    "rotated": lambda: (rotated(1), rotated(2)),
    "data alone": lambda: (qubits(1), random_density_matrix(4, seed=5)),
    "model alone": lambda: (random_density_matrix(4, seed=5), qubits(1)),
    "kets beside a state": lambda: (kets(3, 3), rotated(2)),
    "one ket beside a state": lambda: (Pure(kets(4, 1).kets[0]), qubits(2)),
    "few kets": lambda: (kets(3, 1), kets(4, 2)),
    "a ket beside a diagonal": lambda: (Pure(kets(4, 1).kets[0]), Diagonal([0.4, 0.3, 0.2, 0.1])),
}


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("name", NAMES)
def test_a_state_is_worth_what_its_matrix_is(name, pair):
    """Within rounding of matrices: 1e-9 leaves room for measured quantities of pure data.

    The order 0.7 of kets that overlap with all of the model is as well conditioned as the rest.
    """
    first, second = PAIRS[pair]()
    found, expected = call(name, first, second), call(name, dense(first), dense(second))
    for x, y in zip(np.atleast_1d(found), np.atleast_1d(expected), strict=True):
        assert np.allclose(x, y, rtol=1e-9, atol=1e-9)


def test_one_matrix_and_a_stack_beside_a_state_go_the_same_way():
    stack = np.array([random_density_matrix(4, seed=k) for k in range(3)])
    model = rotated(1)
    for name in ("fidelity", "bures_angle", "hellinger_distance", "relative_entropy_variance"):
        function = getattr(quantum, name)
        for pair in ((stack, model), (model, stack)):
            expected = function(*map(dense, pair))
            assert np.allclose(function(*pair), expected, rtol=1e-10, atol=1e-12)


def of_one(name):
    return float(call(name, dense(qubits(1, 1)), dense(qubits(2, 1))))


def product_of(name):
    """What a quantity of products of equal factors is, from that of one factor."""
    alpha, root = SETTINGS["alpha"], math.sqrt(of_one("fidelity")) ** WIRES
    petz = WIRES * of_one("petz_renyi_divergence")
    renyi = WIRES * of_one("renyi_entropy")
    affinity = (1 - of_one("hellinger_distance") ** 2) ** WIRES
    return {
        "purity": lambda: of_one("purity") ** WIRES,
        "tsallis_entropy": lambda: math.expm1((1 - alpha) * renyi) / (1 - alpha),
        "alpha_divergence": lambda: math.expm1((alpha - 1) * petz) / (alpha * (alpha - 1)),
        "fidelity": lambda: root**2,
        "bures_distance": lambda: math.sqrt(2 - 2 * root),
        "bures_angle": lambda: math.acos(root),
        "hellinger_distance": lambda: math.sqrt(1 - affinity),
    }.get(name, lambda: WIRES * of_one(name))()


BY_FACTORS = {
    "alpha_divergence",
    "belavkin_staszewski_relative_entropy",
    "bures_angle",
    "bures_distance",
    "cross_entropy",
    "cross_entropy_variance",
    "entropy",
    "fidelity",
    "hellinger_distance",
    "max_relative_entropy",
    "min_relative_entropy",
    "petz_renyi_divergence",
    "purity",
    "relative_entropy",
    "relative_entropy_variance",
    "renyi_entropy",
    "sandwiched_renyi_divergence",
    "tsallis_entropy",
}


@pytest.mark.parametrize("name", sorted({*NAMES} - {"expectation"}))  # it asks for a matrix itself
def test_twenty_wires_go_by_their_factors_or_are_refused_with_the_memory_they_take(name):
    first, second = (Product(*qubits(seed, 1).factors * WIRES) for seed in (1, 2))
    if name in BY_FACTORS:
        # Sums of 20 terms of order one, each right to some ε; functions of them a few more.
        assert call(name, first, second) == pytest.approx(product_of(name), rel=1e-12)
        return
    try:  # what is made of those above goes by their factors as well
        assert np.isfinite(call(name, first, second)).all()
    except ArgumentError:
        refused_by_name(name, first, second)


def refused_by_name(name, first, second):
    with pytest.raises(ArgumentError, match="16 TiB") as caught:
        call(name, first, second)
    assert set(caught.value.arguments) <= set(inspect.signature(getattr(quantum, name)).parameters)


@pytest.mark.parametrize("name", sorted({*NAMES} - {"expectation"}))
def test_a_long_chain_beside_a_product_is_refused_as_well(name):
    """Their eigenvectors have no factors in common; an entropy needs one of the two alone."""
    chain, product = Thermal(IsingChain(WIRES, J=1.0, h=0.5), 1.0), qubits(1, WIRES)
    if name in ("entropy", "renyi_entropy", "tsallis_entropy", "purity"):
        assert np.isfinite(call(name, chain, product))
        return
    refused_by_name(name, chain, product)


DIAGONAL = {
    "trace_distance": classical.total_variation,
    "jensen_shannon_divergence": classical.jensen_shannon_divergence,
    "chernoff": classical.chernoff,
    "measured_relative_entropy": classical.relative_entropy,
    "relative_entropy_variance": classical.relative_entropy_variance,
    "cross_entropy_variance": classical.cross_entropy_variance,
}


@pytest.mark.parametrize("name", DIAGONAL)
def test_diagonal_states_of_any_size_are_the_classical_twin(name):
    p, q = np.random.default_rng(0).dirichlet(np.ones(2**16), size=2)
    found = getattr(quantum, name)(Diagonal(p), Diagonal(q))
    assert found == pytest.approx(DIAGONAL[name](p, q), rel=1e-14)


def test_the_trace_distance_of_kets_needs_no_matrix():
    rng = np.random.default_rng(1)
    kets = rng.normal(size=(2, 2**16)) + 1j * rng.normal(size=(2, 2**16))
    psi, phi = kets / np.linalg.norm(kets, axis=1, keepdims=True)
    expected = math.sqrt(1 - abs(np.vdot(psi, phi)) ** 2)
    assert quantum.trace_distance(Pure(psi), Pure(phi)) == pytest.approx(expected, rel=1e-13)


def test_variances_know_eigenvalues_that_a_matrix_loses():
    """V = Σ p (log p/q)² − D² of a model with an eigenvalue 1e-300, in a basis of its own."""
    basis = np.linalg.qr(np.random.default_rng(2).normal(size=(3, 3)))[0]
    p, q = np.array([0.5, 0.3, 0.2]), np.array([0.6, 0.4 - 1e-300, 1e-300])
    model, data = Rotated(q, basis), Rotated(p, basis)
    logs = np.log(p) - np.log(q)
    expected = p @ (logs - p @ logs) ** 2
    assert quantum.relative_entropy_variance(data, model) == pytest.approx(expected, rel=1e-10)
    logs = np.log(q)
    expected = p @ (logs - p @ logs) ** 2
    assert quantum.cross_entropy_variance(data, model) == pytest.approx(expected, rel=1e-10)
    outside = Rotated([0.5, 0.5, 0.0], basis)
    assert quantum.cross_entropy_variance(data, outside) == np.inf
    assert quantum.relative_entropy_variance(data, outside) == np.inf


def test_the_old_name_of_the_chernoff_order_warns():
    for side, pair in (
        (classical, ([0.75, 0.25], [0.25, 0.75])),
        (quantum, (np.diag([0.75, 0.25]), np.diag([0.25, 0.75]))),
    ):
        with pytest.warns(DeprecationWarning, match="chernoff_order"):
            found = side.chernoff_exponent(*pair)
        assert found == pytest.approx(0.5, abs=1e-9)
