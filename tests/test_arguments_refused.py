"""Input that is none is refused in the one grammar, by the name of its argument."""

import jax.numpy as jnp
import numpy as np
import pytest
from argument_calls import CLASSICAL, QUANTUM, REAL, RHO, SIGMA, P, Q, every, same

from qce import quantum
from qce.bounds import cross_entropy_bounds, fannes_audenaert
from qce.laws import positivity
from qce.regularise import depolarise, hedge
from qce.states import Ensemble, IsingChain, Thermal

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
