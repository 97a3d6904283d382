"""The experiment on copies of several wires: its bases, its estimates, and what it finds."""

import inspect

import numpy as np
import pytest
from legibility import illegible

import qce
from qce import plots, quantum, runs
from qce.reproduce import catalogue, compare

EXPERIMENT = runs.load_experiment(runs.find("copies_wires"))
CODE = inspect.unwrap(EXPERIMENT.run).__globals__
NAME = "copies_wires"


@pytest.fixture(scope="module")
def outcome():
    (figure,) = [figure for figure in catalogue() if figure.name == NAME]
    return EXPERIMENT.run(figure.pair(quick=True)[1], record=runs.Record())


def states(wires, length=0.9, count=3):
    return CODE["drawn_states"](wires, length, count, 1)


def test_the_relative_entropy_is_that_of_the_library():
    rho, sigma, _ = states(2)
    assert CODE["relative_entropy"](rho, sigma) == pytest.approx(
        float(quantum.relative_entropy(rho, sigma)), abs=1e-12
    )


def test_turned_wires_diagonalise_products():
    """Of a product of states its Pauli bases hold the eigenbasis: basis ZZ sees p as it is."""
    one, other, _ = states(1, 0.7)
    rho = np.kron(one, other)
    kets = CODE["all_kets"](CODE["PauliBases"](2))[-1] @ CODE["diagonal_wires"](rho).T
    seen = np.einsum("xi,ij,xj->x", kets.conj(), rho, kets).real
    np.testing.assert_allclose(np.sort(seen), np.linalg.eigvalsh(rho), atol=1e-15)


def test_each_way_keeps_its_outcomes_where_others_are_added():
    """Each way has a stream of its own: what is known of older ones stays."""
    assert list(CODE["WAYS"])[-1] == "shadows"


def test_shadows_come_to_the_state_and_need_no_copy_in_every_basis():
    """10⁸ copies in 9 bases: matrix elements have errors below 3/√10⁸ each; six of them."""
    found = CODE["shadows"](states(2), 10**8, np.random.default_rng(0))
    assert np.abs(found - states(2)).max() < 18e-4
    few = CODE["shadows"](states(2), 5, np.random.default_rng(0))
    assert np.linalg.eigvalsh(few).min() > 0
    np.testing.assert_allclose(np.trace(few, axis1=1, axis2=2), 1, atol=1e-12)


def test_five_wires_leave_out_what_needs_a_long_search_or_has_too_few_copies():
    spec = EXPERIMENT.spec(
        wires=(5,), lengths=(0.9,), copies=(1000, 2000), repeats=2, impurities=(0.1,)
    )
    found = EXPERIMENT.run(spec, record=runs.Record())
    learned, more = (
        {name.split("/")[2] for name in found.history if name.endswith(f"/{n}")}
        for n in (1000, 2000)
    )
    assert more == set(CODE["WAYS"]) - {"turned wires", "Pauli letters"}
    # Thirty steps of Adam in 63 bases are more copies than there are.
    assert learned == more - {"fresh, Adam"}
    rows = found.report["Copies times relative entropy, 5 wires, |r| = 0.9 (nats)"]
    assert rows["collective bound"] < rows["bound"] < rows["pairs, predicted"]
    assert rows["pairs, predicted"] < rows["unbiased, predicted"] < rows["fixed, predicted"]
    assert found.shots == 2 * (1000 * len(learned) + 2000 * len(more))
    with plots.style():
        assert illegible(EXPERIMENT.draw(found)) == []


def test_states_with_eigenvalues_of_the_size_of_rounding_are_refused():
    spec = EXPERIMENT.spec(wires=(6,), lengths=(0.999,))
    with pytest.raises(qce.ArgumentError, match=r"`lengths` must leave .* on 6 wires, but 0.999"):
        EXPERIMENT.run(spec, record=runs.Record())
    assert CODE["least"](6, 0.99) >= CODE["_TOLD"] > CODE["least"](6, 0.995)
    (smallest,) = {np.linalg.eigvalsh(x)[0].round(9) for x in states(2, 0.9)}
    assert smallest == pytest.approx(CODE["least"](2, 0.9), abs=1e-9)


def test_estimates_from_pairs_are_unbiased():
    """Mean of 2000 estimates: six standard errors of 1/√n."""
    rho = states(2)[0]
    u = np.linalg.qr(np.random.default_rng(0).normal(size=(4, 4)))[0]
    many = np.broadcast_to(rho, (2000, 4, 4))
    found = CODE["inverted"](many, np.broadcast_to(u, many.shape), 10, np.random.default_rng(1))
    assert np.abs(found.mean(axis=0) - rho).max() < 6 / np.sqrt(2000 * 10)
    turned = [np.trace(x).real for x in found]
    np.testing.assert_allclose(turned, 1, atol=1e-12)


def test_what_is_known_is_found_and_the_figure_drawn(outcome):
    checks = compare({NAME: outcome}, quick=True)
    assert [c for c in checks if c.verdict == "OUTSIDE"] == []
    with plots.style():
        assert illegible(EXPERIMENT.draw(outcome)) == []


def test_pairs_leave_least_and_come_to_their_prediction(outcome):
    """20 states of two qubits, |r| = 0.9, 10⁵ copies: five standard errors, and the first tenth."""
    rows = outcome.report["Copies times relative entropy, 2 wires, |r| = 0.9 (nats)"]
    left, error = (rows[f"pairs, 100000 copies{x}"] for x in ("", ", standard error"))
    assert rows["bound"] - 5 * error < left < 1.15 * rows["pairs, predicted"] + 5 * error
    for way in ("fixed", "turned wires", "unbiased", "fresh, Adam", "shadows"):
        assert rows[f"{way}, 100000 copies"] > left + 3 * error
