"""The classical limit holds, and its check notices where it does not."""

import dataclasses
from functools import partial

import autograd
import autograd.numpy as anp
import numpy as np
import pytest

from qce import classical, limits, losses, quantum
from qce.limits._states import basis, rotated, rounding, slopes, spectra, worst
from qce.limits.commuting import _curvature, _gap, _tolerances, check_commuting
from qce.limits.dephasing import check_dephasing, dephase
from qce.limits.training import check_training
from qce.results import LimitCheck, LimitReport
from qce.twins import TWINS, Twin


@pytest.fixture(scope="module")
def report():
    return limits.check(seed=7)


def twin_with(name, **changes):
    """A line of the table with something in it replaced."""
    (right,) = [twin for twin in TWINS if twin.name == name]
    return dataclasses.replace(right, **changes)


def test_every_limit_of_every_pair_holds(report):
    assert report.passed, str(report)
    for twin in TWINS:
        named = [check.limit for check in report.checks if check.twin == twin.name]
        assert {"value on commuting states", "gradient on commuting states"} <= set(named)
        assert any("dephasing" in limit for limit in named)
    assert any("training" in check.limit for check in report.checks)


def test_the_shipped_default_holds():
    """Seed 0, as `qce check` and `make quickstart` have it."""
    shipped = limits.check()
    assert shipped.seed == 0 and shipped.passed, str(shipped)


def test_the_table_pairs_public_functions_of_both_modules():
    def public(*modules):
        return {getattr(module, name) for module in modules for name in module.__all__}

    def parts(function):  # a partial of a public function, or of what hands it several states
        return {function, getattr(function, "func", None), *getattr(function, "args", ())}

    for twin in TWINS:
        assert parts(twin.classical) & public(classical, losses.classical)
        assert parts(twin.quantum) & public(quantum, losses.quantum)
    assert len({twin.name for twin in TWINS}) == len(TWINS)


@pytest.mark.long
def test_the_report_is_the_same_for_the_same_seed():
    first, again, other = (limits.check(TWINS[:3], seed=seed) for seed in (7, 7, 8))
    assert again.checks == first.checks
    assert other.passed, str(other)
    assert not np.array_equal(other.dephasing["entropy"], first.dephasing["entropy"])
    assert not np.array_equal(other.training["quantum"], first.training["quantum"])


def test_the_curves_belong_to_the_same_states(report):
    path = report.dephasing
    difference = path["cross entropy"] - path["entropy"]
    # Values of order one, from sums of two terms each.
    np.testing.assert_allclose(path["relative entropy"], difference, atol=1e-13)


def test_a_wrong_value_is_noticed():
    off = twin_with("entropy", quantum=lambda x: quantum.entropy(x) * (1 + 1e-12))
    value, _ = check_commuting(off, np.random.default_rng(0))
    assert not value.passed


def test_a_wrong_gradient_is_noticed_though_the_values_are_right():
    def flat(x):  # the value of the entropy, with the gradient of its diagonal's
        copy = anp.real(anp.sum(x, axis=(-2, -1))) * 0
        return quantum.entropy(np.asarray(getattr(x, "_value", x))) + copy

    value, gradient = check_commuting(twin_with("entropy", quantum=flat), np.random.default_rng(0))
    assert value.passed and not gradient.passed


def test_states_of_one_dimension_are_tried_in_one_call():
    """Small gradients one by one took 53 s for all pairs; together they take a sixth of it."""
    tried = []

    def counted(rho, sigma):
        tried.append(rho.shape)
        return quantum.cross_entropy(rho, sigma)

    twin = twin_with("cross entropy", quantum=counted)
    for check, batch in ((check_commuting, (21,)), (check_dephasing, (8, 21))):
        tried.clear()
        check(twin, np.random.default_rng(0))
        # A value and all gradients for each dimension.
        assert sorted(tried) == [(*batch, d, d) for d in (2, 3, 6) for _ in range(2)]


@pytest.mark.parametrize("arguments", [1, 2, 3])
def test_slopes_and_curvature_of_a_batch_are_those_of_each(arguments):
    def function(*x, check=True):
        return sum(anp.sum(y**3, axis=-1) for y in x) * anp.prod(x[0], axis=-1)

    states = list(np.random.default_rng(arguments).uniform(size=(arguments, 4, 3)))
    found = slopes(function, states)
    twin = dataclasses.replace(TWINS[0], classical=function, arguments=arguments)
    curvature = _curvature(twin, np.concatenate(states, axis=-1))
    for k, case in enumerate(zip(*states, strict=True)):
        for i in range(arguments):
            np.testing.assert_allclose(found[i][k], autograd.grad(function, i)(*case), rtol=1e-14)
        joint = lambda z: function(*anp.split(z, arguments))  # noqa: E731
        hessian = autograd.hessian(joint)(np.concatenate(case))
        assert curvature[k] == pytest.approx(np.abs(hessian).sum(axis=-1).max(), rel=1e-14)


def test_an_infinite_value_where_the_twin_is_finite_is_noticed():
    infinite = twin_with("entropy", quantum=lambda x: quantum.entropy(x) + np.inf)
    value, _ = check_commuting(infinite, np.random.default_rng(0))
    assert not value.passed


@pytest.mark.parametrize(("name", "wrong_way"), [("entropy", -1), ("relative entropy", +1)])
def test_a_path_that_goes_the_wrong_way_is_noticed(name, wrong_way):
    checks, _ = check_dephasing(
        twin_with(name, under_dephasing=wrong_way), np.random.default_rng(0)
    )
    assert [check.passed for check in checks] == [True, False]


def test_a_path_that_ends_elsewhere_is_noticed():
    def undephased(x, y):  # the states at the beginning of the path, throughout
        first = quantum.relative_entropy(x[..., :1, :, :], y[..., :1, :, :])
        return first + 0 * quantum.relative_entropy(x, y)

    ends, way = check_dephasing(
        twin_with("relative entropy", quantum=undephased), np.random.default_rng(0)
    )[0]
    assert not ends.passed and way.passed


def test_training_is_followed_for_every_step_and_learns():
    check, curves = check_training(seed=3)
    assert check.passed
    assert len(curves["quantum"]) == len(curves["classical"]) == 201
    # It would be easy to agree on not learning.
    assert curves["classical"][0] - curves["floor"] > 0.1
    assert 0 <= curves["classical"][-1] - curves["floor"] < 0.01


def test_training_in_another_basis_is_noticed(monkeypatch):
    from qce.limits import training

    # A basis off by an angle of 1e-6 shifts the weights by its square times the spectrum's width.
    def tilted(p, v):
        turn = np.eye(len(p), dtype=complex)
        turn[:2, :2] = [[np.cos(1e-6), -np.sin(1e-6)], [np.sin(1e-6), np.cos(1e-6)]]
        return rotated(p, v @ turn)

    monkeypatch.setattr(training, "rotated", tilted)
    assert not check_training(seed=3)[0].passed


def test_a_basis_is_unitary_and_complex():
    v = basis(np.random.default_rng(1), 5)
    np.testing.assert_allclose(v @ v.conj().T, np.eye(5), atol=5 * 5 * np.finfo(float).eps)
    assert np.abs(v.imag).max() > 0.1


def test_spectra_hold_what_their_names_say():
    kinds = spectra(np.random.default_rng(2), 4)
    assert all(np.isclose(p.sum(), 1) for states in kinds.values() for p in states)
    assert np.isinf(classical.relative_entropy(*kinds["outside the support"][:2]))
    assert (kinds["rank-deficient"][0] == 0).any()
    assert len(set(kinds["degenerate"][0])) == 1
    assert 0 < np.ptp(kinds["nearly degenerate"][0]) < 1e-8


def test_dephasing_twice_is_dephasing_more():
    rho = rotated(np.array([0.7, 0.2, 0.1]), basis(np.random.default_rng(3), 3))
    a, b = 0.3, 0.6
    twice = dephase(dephase(rho, np.array([a]))[0], np.array([b]))[0]
    once = dephase(rho, np.array([1 - (1 - a) * (1 - b)]))[0]
    np.testing.assert_allclose(twice, once, atol=4 * np.finfo(float).eps)


def test_the_worst_case_is_the_one_closest_to_failing():
    assert worst([(1e-9, 1e-6), (1e-12, 1e-13)]) == {"deviation": 1e-12, "tolerance": 1e-13}
    assert np.isnan(worst([(2.0, 1.0), (np.nan, 1.0)])["deviation"])


def test_nan_does_not_pass():
    assert not LimitCheck("entropy", "value", np.nan, 1.0).passed


def test_one_failure_fails_the_report():
    good, bad = LimitCheck("a", "b", 0.0, 1.0), LimitCheck("a", "c", 2.0, 1.0)
    report = LimitReport((good, bad), 0, {}, {})
    assert not report.passed and dataclasses.replace(report, checks=(good,)).passed
    assert "1 of 2" in str(report) and "FAILS" in str(report)


@pytest.mark.parametrize("seed", range(70, 90))
def test_measured_gradients_of_pure_data_do_not_follow_rounding(seed):
    """Where the data have no weight, the best ω is all rounding: steps there led 1e-9 away."""
    (twin,) = (twin for twin in TWINS if twin.name == "measured relative entropy")
    rng = np.random.default_rng(seed)
    p, q = np.eye(3)[0], rng.dirichlet(4 * np.ones(3))
    v = np.linalg.qr(rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3)))[0]
    rho, sigma = ((v * x) @ v.conj().T for x in (p, q))
    for i, expected in enumerate(autograd.grad(twin.classical, k)(p, q) for k in (0, 1)):
        slope = v.conj().T @ np.conj(autograd.grad(twin.quantum, i)(rho, sigma)) @ v
        # Rounding of the states by ε d turns the best basis by that over the least weight of q.
        bound = 100 * np.finfo(float).eps * 3 / q.min() ** 2
        assert np.abs(slope - np.diag(expected)).max() <= bound


@pytest.mark.parametrize("seed", range(20))
def test_the_slope_of_a_squared_distance_meets_the_very_distance(seed):
    """B dB/dρ = −d√F/dρ: a B of another way of computing leaves a part of 1e-13 beside close ρ."""
    rng = np.random.default_rng(seed)
    p = 0.2 + rng.dirichlet(np.ones(3)) * 0.4
    q = p + 0.085 * np.array([1, -1, 0])  # just beyond where the way without eigenvectors gives up
    v = basis(rng, 3)
    rho, sigma = (rotated(x / x.sum(), v) for x in (p, q))
    for i in (0, 1):
        of_square = autograd.grad(lambda *s: quantum.bures_distance(*s) ** 2, i)(rho, sigma)
        of_fidelity = autograd.grad(quantum.fidelity, i)(rho, sigma)
        expected = -of_fidelity / np.sqrt(quantum.fidelity(rho, sigma))
        apart = of_square - expected
        apart = apart - np.trace(apart) / 3 * np.eye(3)  # B and F go on differently beyond states
        # A shift e of eigenvalues above 0.2 moves slopes and curvature of order one by 4 e.
        assert np.abs(apart).max() <= 4 * rounding(3)


def test_where_rounding_decides_about_the_side_of_a_corner_both_sides_are_allowed():
    """Pure data of margin 1: of 4000 bases four were beyond the curvature of the side that is flat.

    The slope −2 (1 − f) o of the squared hinge jumps in its derivative at f = 1; rounding moves f
    by two shifts of 8 d ε, one of the state and one of the observable.
    """

    def of(side, *states, check=True):
        score = side.expectation(*states, check=check)
        return losses.squared_hinge_loss(1.0, score, reduction="none", check=check)

    twin = Twin("squared hinge of an expectation", partial(of, classical), partial(of, quantum))
    rng, e = np.random.default_rng(5), rounding(2)
    v = np.array([basis(rng, 2) for _ in range(4000)])
    p = [np.broadcast_to([1.0, 0.0], (4000, 2))] * 2
    found, flat = slopes(twin.quantum, [rotated(x, v) for x in p]), slopes(twin.classical, p)
    assert not np.any(flat)
    value = twin.classical(*p)
    _, tolerance = _tolerances(twin, p, value, flat)
    gap = _gap(found, flat, v)
    assert gap.max() <= 4 * e < tolerance.min() <= 5 * e * (1 + 1e-12)
