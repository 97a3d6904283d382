"""The experiments on Boltzmann machines and thermal states, run small."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from qce import runs


@pytest.fixture(scope="module")
def boltzmann(tmp_path_factory):
    experiment = runs.load_experiment(runs.find("boltzmann"))
    spec = experiment.spec(bits=3, starts=1)
    folder, _ = runs.execute(experiment, spec, tmp_path_factory.mktemp("runs"), progress=False)
    return experiment, runs.read(folder)


@pytest.fixture(scope="module")
def thermalise(tmp_path_factory):
    experiment = runs.load_experiment(runs.find("thermalise"))
    settings = {"layers": 2, "exchange_layers": 1, "steps": 30, "kets": 8, "large_steps": 30}
    spec = experiment.spec(sites=2, large=3, draws=3, repeats=5, **settings)
    folder, _ = runs.execute(experiment, spec, tmp_path_factory.mktemp("runs"), progress=False)
    return experiment, runs.read(folder)


def section(outcome, start):
    (found,) = [rows for title, rows in outcome.report.items() if title.startswith(start)]
    return found


def test_the_table_of_the_chain_is_reproduced(boltzmann):
    rows = section(boltzmann[1], "Thermal state")
    # Printed with ten decimals, or twelve.
    known = {0: 1.1134034095, 1: 0.6983992052, 5: 0.1677745198, 10: 0.0476766273}
    for step, value in known.items():
        assert rows[f"gradient, after {step}"] == pytest.approx(value, abs=5e-11)
    assert rows["newton, after 1"] == pytest.approx(0.0719693625, abs=5e-11)
    assert (rows["gradient, steps"], rows["newton, steps"]) == (227, 5)
    assert rows["floor without couplings"] == pytest.approx(0.888729082705, abs=5e-13)
    assert rows["steps without couplings"] == 72
    assert rows["largest error of a coupling, newton"] < 1e-8


def test_parity_is_what_it_is(boltzmann):
    rows = section(boltzmann[1], "Relative entropy of even parity")
    # Gradients below 1e-6 at optima that lie at infinity, where the loss left is of their order.
    assert rows["quantum"] == pytest.approx(np.log(2), abs=1e-5)
    assert rows["classical"] == pytest.approx(np.log(2), abs=1e-14)
    assert abs(rows["quantum, all bits"]) < 1e-5 and abs(rows["classical, all bits"]) < 1e-5
    assert rows["fidelity, quantum"] == pytest.approx(0.5, abs=1e-5)


def test_hidden_units_reach_their_closed_forms(boltzmann):
    rows = section(boltzmann[1], "Bars and stripes")
    assert rows["classical, 1"] == pytest.approx(np.log(9 / 4), abs=1e-8)
    assert rows["classical, 2"] == pytest.approx(2 / 3 * np.log(2), abs=1e-8)
    assert rows["quantum, 1"] == pytest.approx(2 / 3 * np.log(2), abs=1e-3)
    assert abs(rows["quantum, 2"]) < 1e-8


def test_machines_of_as_many_parameters_stand_side_by_side(boltzmann):
    """One quantum unit has the 14 parameters of two classical ones, and reaches no more."""
    rows = section(boltzmann[1], "Bars and stripes")
    sizes = [rows[f"classical, {n}, parameters"] for n in (1, 2, 3)]
    assert sizes == [9, 14, 19]
    assert [rows[f"quantum, {n}, parameters"] for n in (1, 2)] == [14, 24]
    assert rows["quantum, 1"] == pytest.approx(rows["classical, 2"], abs=1e-3)
    assert boltzmann[1].history["hidden/quantum, 1"].shape == (1,)


@pytest.mark.long
def test_both_ways_end_at_the_states(thermalise):
    for name in ("Ising", "Heisenberg"):
        rows = section(thermalise[1], f"{name} chain of 2 sites (")
        # Where the damped natural gradient has converged, the distance is the square of 1e-8.
        assert rows["D(state‖model), from data"] < 1e-14
        assert rows["D(model‖state), from the Hamiltonian"] < 1e-14


@pytest.mark.long
def test_the_curves_are_the_relative_entropies(thermalise):
    """The last point of each loss above its floor, against dense matrices."""
    outcome = thermalise[1]
    rows = section(outcome, "Heisenberg chain of 2 sites (")
    for way, name in {"from data": "state‖model", "from the Hamiltonian": "model‖state"}.items():
        last = outcome.history[f"Heisenberg, {way}"][-1]
        assert last == pytest.approx(rows[f"D({name}), {way}"], abs=1e-12)
        assert last < outcome.history[f"Heisenberg, {way}"][0]


@pytest.mark.long
def test_kets_tell_of_the_whole_state(thermalise):
    """8 kets span 3 sites: what is learned is near the state, and no cross entropy below it is."""
    for name, way in {"Ising": "free fermions", "Heisenberg": "blocks of Σ Z"}.items():
        rows = section(thermalise[1], f"{name} chain of 3 sites from 8 kets")
        assert 0 <= rows["D(model‖state)"] < 0.3
        # The kets' own state differs from the thermal one by about 1/√8 of a nat's deviation.
        assert rows["cross entropy of its kets"] > rows[f"entropy of the state, by {way}"] - 0.5


@pytest.mark.long
def test_the_exact_state_stands_beside_what_was_learned(thermalise):
    """On the same kets, whose state is the thermal one on average: its entropy, and no more."""
    _, outcome = thermalise
    for name, way in {"Ising": "free fermions", "Heisenberg": "blocks of Σ Z"}.items():
        rows = section(outcome, f"{name} chain of 3 sites from 8 kets")
        exact = outcome.history[f"kets, {name}, the same of other kets, exact state"]
        others = outcome.history[f"kets, {name}, cross entropy of as many other kets"]
        assert exact.shape == others.shape == (3,)
        assert rows["other kets: model less exact state"] == pytest.approx((others - exact).mean())
        # Three draws of eight kets with energies up to 6: the error of the mean is below 0.5.
        assert abs(exact.mean() - rows[f"entropy of the state, by {way}"]) < 5 * 0.5


@pytest.mark.long
def test_the_errors_of_couplings_are_the_foretold_ones(thermalise):
    outcome = thermalise[1]
    rows = section(outcome, "Root mean square error")
    for name, count in {"Ising": 3, "Heisenberg": 3}.items():
        foretold, found = outcome.history[f"{name}/foretold"], outcome.history[f"{name}/error"]
        # 5 × 3 errors: their mean square is known to √(2/15), its root to half of that; five
        # times it, where terms do not share their errors; 10⁷ shots are far in the linear range.
        assert abs(found[-1] / foretold[-1] - 1) < 5 * 0.5 * np.sqrt(2 / (5 * count))
        assert rows[f"{name}, data that no Gibbs state fits"] == 0


@pytest.mark.parametrize("name", ["boltzmann", pytest.param("thermalise", marks=pytest.mark.long)])
def test_the_figures_are_drawn_from_what_was_saved(name, request):
    experiment, outcome = request.getfixturevalue(name)
    figure = experiment.draw(outcome)
    assert len(figure.axes) == 3
    plt.close(figure)


@pytest.mark.parametrize("name", ["boltzmann", pytest.param("thermalise", marks=pytest.mark.long)])
def test_the_figures_of_the_paper_are_drawn_from_what_was_saved(name, request):
    from qce.reproduce import paper

    script, (_, outcome) = paper.script(name), request.getfixturevalue(name)
    figure = script.draw(script.panels(outcome))
    assert all(axes.get_xlabel() for axes in figure.axes)
    plt.close(figure)
