"""Error bars of what was trained: known answers, both methods, directions without curvature."""

import jax
import jax.numpy as jnp
import numpy as np
import pennylane as qml
import pytest
from scipy import stats

import qce
from qce import ArgumentError, circuits, data, models, objectives, plots
from qce.training import error_bars

PLUS_Z = np.diag([1.0, -1.0])


def trained(model, counts, **options):
    objective = objectives.measured_likelihood(model, counts)
    return qce.fit(objective, optimizer="lbfgs", progress=False, **options), objective


@pytest.fixture(scope="module")
def coin():
    """One angle: p(1) = sin²(φ/2), so that each outcome has the information 1 at every angle."""
    return trained(models.BornMachine(circuits.rx(1)), {"0": 300, "1": 100})


def test_the_error_of_one_angle_is_one_over_the_root_of_the_outcomes(coin):
    bars = error_bars(*coin, {"Z": qml.Z(0), "twice": lambda p: 2 * p[0]})
    # Curvature by derivatives of a sum of two terms, at a gradient of at most 1e-8.
    assert bars.stderr[0] == pytest.approx(400**-0.5, rel=1e-7)
    z = bars.observables["Z"]
    assert z.value == pytest.approx(0.5, abs=1e-7)
    assert z.stderr == pytest.approx(2 * (0.75 * 0.25 / 400) ** 0.5, rel=1e-7)
    assert bars.observables["twice"].stderr == pytest.approx(2 * 400**-0.5, rel=1e-7)
    np.testing.assert_allclose(bars.probabilities[1], (0.75 * 0.25 / 400) ** 0.5, rtol=1e-7)
    assert bars.frequencies.tolist() == [0.75, 0.25] and bars.outcomes == 400
    assert bars.undetermined == 0 and "params[0]" in str(bars)
    assert "1 of 1 directions are determined by 400 outcomes" in str(bars)


def test_the_bootstrap_says_the_same(coin):
    samples = 200
    bars = error_bars(*coin, {"Z": PLUS_Z}, method="bootstrap", samples=samples, seed=4)
    error = 5 / (2 * samples) ** 0.5  # five standard errors of a standard deviation
    assert bars.stderr[0] == pytest.approx(400**-0.5, rel=error)
    assert bars.observables["Z"].stderr == pytest.approx(2 * (0.1875 / 400) ** 0.5, rel=error)
    again = error_bars(*coin, {"Z": PLUS_Z}, method="bootstrap", samples=samples, seed=4)
    assert again.stderr.tolist() == bars.stderr.tolist()
    other = error_bars(*coin, method="bootstrap", samples=samples, seed=5)
    assert other.stderr.tolist() != bars.stderr.tolist()


def test_a_set_of_data_is_the_same_however_many_there_are(coin):
    from qce.objectives.likelihood import Likelihood
    from qce.training.resampling import resampled

    likelihood = Likelihood.of(coin[1])
    few, _ = resampled(likelihood, coin[0].params, 3, 1, progress=False)
    many, _ = resampled(likelihood, coin[0].params, 30, 1, progress=False)
    assert many[:3].tolist() == few.tolist() and len(many) == 30


def test_information_is_minus_the_second_derivative_by_differences():
    machine = models.BornMachine(circuits.strongly_entangling(2, 1))
    rng = np.random.default_rng(1)
    counts = dict(zip(["00", "01", "10", "11"], rng.integers(50, 200, 4), strict=True))
    result, objective = trained(machine, counts, seed=2)
    number = sum(counts.values())
    h = 1e-4  # central differences: h²/12 of a fourth derivative of order one, 4ε/h² of rounding
    basis = np.eye(machine.size) * h

    def loss(x):
        return float(objective.loss(jnp.asarray(x)))

    x = result.params
    hessian = np.array(
        [
            [loss(x + a + b) - loss(x + a - b) - loss(x - a + b) + loss(x - a - b) for a in basis]
            for b in basis
        ]
    ) / (4 * h * h)
    observable = qml.Z(0) @ qml.Z(1)
    bars = error_bars(result, objective, {"ZZ": observable})

    def zz(x):
        p = np.asarray(machine.probabilities(x))
        return float(p @ [1, -1, -1, 1])

    slope = np.array([(zz(x + a) - zz(x - a)) / (2 * h) for a in basis])
    # Two angles are seen by the outcomes; the inverse on their space.
    values, vectors = np.linalg.eigh(hessian)
    seen = values > 1e-4
    expected = np.sqrt(((slope @ vectors[:, seen]) ** 2 / values[seen]).sum() / number)
    assert seen.sum() == machine.size - bars.undetermined == 2
    assert bars.observables["ZZ"].stderr == pytest.approx(expected, rel=1e-4)


# --- what is not determined ----------------------------------------------------------------------


@pytest.mark.long
def test_parameters_along_which_nothing_changes_have_no_small_error():
    """RZ before a measurement of Z, or on |0⟩, changes nothing: two of six angles are seen."""
    machine = models.BornMachine(circuits.strongly_entangling(2, 1))
    counts = {"00": 400, "01": 150, "10": 250, "11": 200}
    result, objective = trained(machine, counts)
    for method in ("fisher", "bootstrap"):
        bars = error_bars(result, objective, {"Z": qml.Z(0)}, method=method, samples=25)
        assert bars.undetermined == 4
        assert "the loss does not change along the other 4" in bars.message
        assert np.isinf(bars.stderr).tolist() == [True, False, True, True, False, True]
        # An angle by itself has the information 1; 25 sets give an error of it to 1/√50.
        rel = 1e-6 if method == "fisher" else 5 / 50**0.5
        np.testing.assert_allclose(bars.stderr[[1, 4]], 1000**-0.5, rtol=rel)
        assert np.isfinite(bars.observables["Z"].stderr) and np.isfinite(bars.probabilities).all()


def test_an_observable_that_the_data_do_not_determine_has_infinite_error():
    """Outcomes of Z alone say nothing of Y, whose sign they cannot see."""
    model = models.ThermalModel(circuits.strongly_entangling(1, 1), models.ProductSpectrum(1))
    result, objective = trained(model, {"0": 70, "1": 30})
    bars = error_bars(result, objective, {"Y": qml.Y(0), "Z": qml.Z(0)})
    assert bars.observables["Y"].stderr == np.inf and "± inf" in str(bars)
    assert bars.observables["Z"].stderr == pytest.approx(2 * (0.21 / 100) ** 0.5, rel=1e-4)


def test_what_is_no_minimum_gives_nan_and_a_warning():
    objective = objectives.measured_likelihood(models.BornMachine(circuits.rx(1)), {"1": 9, "0": 1})
    with pytest.warns(RuntimeWarning, match="still falls: train on"):
        # At a maximum, near φ = 0 where p(1) = 0 in place of 0.9.
        bars = error_bars(
            np.array([0.0, 1.0]),
            lambda p: -(p[0] ** 2) + p[1] ** 2 - 2 * p[1],
            {"first": lambda p: p[0], "second": lambda p: p[1]},
            outcomes=10,
        )
    assert np.isnan(bars.stderr[0]) and bars.stderr[1] == pytest.approx(20**-0.5)
    assert np.isnan(bars.observables["first"].stderr)
    with pytest.warns(RuntimeWarning, match="no finite curvature"):
        assert np.isnan(error_bars([np.nan], objective).stderr).all()


def test_a_training_that_ended_early_is_said(coin):
    bars = error_bars([1.5], coin[1])
    # Newton's step from 1.5: slope (¾ tan ¾ − ¼ cot ¾), information 1 in units of 1/N at the end.
    assert "standard errors from the minimum" in bars.message
    assert "standard errors" not in error_bars(*coin).message


# --- coverage ------------------------------------------------------------------------------------


def zscores(model, truth, bases, shots, observable, seeds, method):
    """(estimate − truth)/error of an observable over sets of data of the true model."""
    weights, kets = model.mixture(jnp.asarray(truth))
    rho = np.einsum("x,xi,xj->ij", weights, kets, np.conj(kets))
    exact = float(np.vdot(qml.matrix(observable, wire_order=range(model.wires)), rho).real)
    scores = []
    for seed in seeds:
        rng = np.random.default_rng([77, seed])
        tables = {}
        for basis in bases:
            turned = circuits.basis_change(basis).evolve(kets, jnp.zeros(0))
            law = np.asarray(weights @ (np.abs(turned) ** 2), dtype=float)
            tables[basis] = rng.multinomial(shots, law / law.sum())
        objective = objectives.measured_likelihood(model, data.Counts(tables))
        start = truth + rng.normal(0, 0.05, model.size)
        result = qce.fit(objective, start, optimizer="lbfgs", progress=False)
        bars = error_bars(result, objective, {"o": observable}, method=method, samples=50)
        found = bars.observables["o"]
        scores.append((found.value - exact) / found.stderr)
    return np.array(scores)


def check_coverage(scores):
    """As often within two errors as a normal number, and χ² of all, at odds of 1 in 10⁴ each."""
    inside = int((np.abs(scores) < 1.96).sum())
    assert stats.binom.cdf(inside, len(scores), 0.95) > 1e-4
    low, high = stats.chi2.ppf([5e-5, 1 - 5e-5], len(scores))
    assert low < (scores**2).sum() < high


def test_intervals_hold_the_true_value_as_often_as_they_say(coin):
    """Data of an angle that is known: every set of them gives the error 1/√400."""
    from qce.objectives.likelihood import Likelihood
    from qce.training.resampling import resampled

    drawn, said = resampled(Likelihood.of(coin[1]), coin[0].params, 200, 9, progress=False)
    assert said == ""
    check_coverage((drawn[:, 0] - coin[0].params[0]) / error_bars(*coin).stderr[0])


@pytest.mark.long
def test_intervals_of_a_born_machine_trained_on_each_set():
    machine = models.BornMachine(circuits.rx(2))
    scores = zscores(machine, [1.1, 2.0], ["ZZ"], 500, qml.Z(0) @ qml.Z(1), range(20), "fisher")
    check_coverage(scores)


@pytest.mark.long
@pytest.mark.parametrize("method", ["fisher", "bootstrap"])
def test_intervals_of_a_thermal_model_in_three_bases(method):
    model = models.ThermalModel(circuits.strongly_entangling(1, 1), models.ProductSpectrum(1))
    truth = np.array([0.4, 0.3, 1.0, -0.7])
    bases = ["X", "Y", "Z"]
    check_coverage(zscores(model, truth, bases, 400, qml.X(0), range(24), method))


# --- arguments -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change, says",
    [
        ({"method": "jackknife"}, "`method` must be one of"),
        ({"samples": 1}, "`samples` must"),
        ({"outcomes": 0}, "`outcomes` must"),
        ({"seed": -1}, "`seed` must"),
        ({"observables": [PLUS_Z]}, "`observables` must"),
        ({"observables": {"Z": np.eye(4)}}, r"`observables` must have shape \(2, 2\)"),
        ({"observables": {"Z": [[0, 1], [0, 0]]}}, "`observables` must be finite and Hermitian"),
        ({"observables": {"Z": qml.Z(1)}}, "`observables` must be on wires"),
        ({"result": np.zeros(2)}, "`result` must"),
    ],
)
def test_what_is_wrong_is_said(coin, change, says):
    options = {"result": coin[0], "objective": coin[1], **change}
    with pytest.raises(ArgumentError, match=says):
        error_bars(**options)


@pytest.mark.parametrize(
    "objective, says",
    [
        (lambda m: objectives.measured_likelihood(m, [0.5, 0.5]), "outcomes that can be counted"),
        (lambda m: objectives.measured_likelihood(m, [[0], [1]], shots=9, seed=0), "be simulated"),
        (lambda m: lambda p: (p[0] - 1) ** 2, "be a likelihood of measured outcomes"),
    ],
)
def test_an_objective_without_outcomes_is_refused(objective, says):
    made = objective(models.BornMachine(circuits.rx(1)))
    for method in ("fisher", "bootstrap"):
        with pytest.raises(ArgumentError, match=says):
            error_bars(np.array([1.0]), made, method=method)


def test_a_likelihood_of_ones_own_takes_the_number_of_outcomes():
    counts = jnp.array([30.0, 70.0])

    def nll(p):
        return -(counts @ jax.nn.log_softmax(jnp.stack([p[0], 0.0]))) / 100

    result = qce.fit(nll, [0.0], optimizer="lbfgs", progress=False)
    bars = error_bars(result, nll, outcomes=100)
    assert bars.stderr[0] == pytest.approx((100 * 0.3 * 0.7) ** -0.5, rel=1e-6)
    assert bars.probabilities is None
    with pytest.raises(ArgumentError, match="hold probabilities of outcomes"):
        plots.learned(bars)


def test_probabilities_are_drawn_beside_the_data(coin, tmp_path):
    axes = plots.learned(error_bars(*coin))
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert sorted(labels) == ["data", "model"]
    plots.save(axes, tmp_path / "learned")
    assert (tmp_path / "learned.png").stat().st_size > 1000
