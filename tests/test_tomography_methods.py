"""The ways to maximise a likelihood: guarantees, projections, steps that run out."""

import math

import numpy as np
import pytest
from hypothesis import given
from oracles import EPS
from strategies import seeds, theorem
from tomography_data import BELL, QUBIT, loss_of

from qce.data import Counts
from qce.states import random_density_matrix
from qce.tomography import Povm, mirror, multiplicative, projected, reconstruct
from qce.tomography.track import Track

PAULIS = (np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.diag([1, -1]))


def test_covers_update_keeps_its_guarantee():
    """f_k − f* ≤ (ln d)/k at every step; the worst is 0.377 of it, computed independently."""
    found = reconstruct(BELL, Povm.tetrahedron(2), optimizer="cover", tolerance=1e-12)
    step, loss = found.history["step"][1:], found.history["loss"][1:]
    worst = (step * (loss - 2.483532755137)).max() / math.log(4)
    assert worst == pytest.approx(0.377, abs=5e-4)


def test_diluted_updates_never_rise():
    found = reconstruct(BELL, Povm.tetrahedron(2), optimizer="diluted", tolerance=1e-12)
    assert (np.diff(found.history["loss"]) <= 8 * EPS * 4).all()
    assert found.steps < 60  # 42 to 1e-13 in an independent program


def test_dilution_ends_the_cycle_of_rrr():
    """On a basis RρR is p → f²/p: from 1/2 to f² and back for ever."""
    povm = Povm.general([np.diag([1, 0]), np.diag([0, 1])])
    track = Track(1e-12, 200)
    multiplicative.diluted(loss_of([7, 3], povm), np.eye(2, dtype=complex) / 2, track)
    assert track.certificate <= 1e-12
    assert np.diag(track.best.rho).real == pytest.approx([0.7, 0.3], abs=2e-6)


@theorem
@given(seeds)
def test_the_projection_is_the_closest_state(seed):
    """⟨X − P, τ − P⟩ ≤ 0 for every state τ: what makes P closest."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
    x = (x + x.conj().T) * rng.uniform(0.05, 1)
    p = projected.project(x)
    assert np.trace(p).real == pytest.approx(1, abs=32 * EPS)
    assert np.linalg.eigvalsh(p)[0] >= -16 * EPS
    for rank in (1, 4):
        tau = random_density_matrix(4, rank=rank, seed=rng)
        assert np.vdot(x - p, tau - p).real <= 64 * EPS * np.abs(x).sum()


def test_projected_gradient_finds_the_state_alone():
    """From the maximally mixed state, without the factor's help."""
    povm = Povm.tetrahedron(2)
    loss = loss_of(BELL, povm)
    track = Track(1e-10, 5000)
    projected.refine(loss, loss.at(np.eye(4, dtype=complex) / 4), track)
    assert track.certificate <= 1e-10
    assert track.best.value == pytest.approx(2.483532755137, abs=1e-10)


def test_mirror_descent_finds_the_state_alone():
    loss = loss_of(BELL, Povm.tetrahedron(2), hedge=0.5)
    track = Track(1e-10, 5000)
    mirror.refine(loss, loss.at(np.eye(4, dtype=complex) / 4), track)
    assert track.certificate <= 1e-10
    both = reconstruct(BELL, Povm.tetrahedron(2), hedge=0.5, tolerance=1e-10)
    # Twice 1e-10 in the loss, whose curvature is 1 at least: √ of it in the state.
    assert np.abs(both.state - track.best.rho).max() < 2e-5


def test_steps_run_out_and_it_says_so():
    found = reconstruct(BELL, Povm.tetrahedron(2), optimizer="cover", steps=3)
    assert not found.converged and found.steps == 3 and "asked for 1.0e-06" in str(found)
    assert found.certificate == found.history["certificate"].min()


def test_the_best_state_is_kept():
    """Certificates need not fall at every step."""
    loss, track = loss_of(QUBIT, Povm.tetrahedron(1)), Track(1e-12, 10)
    good = loss.at(reconstruct(QUBIT, Povm.tetrahedron(1)).state)
    for point in (good, loss.at(np.eye(2, dtype=complex) / 2)):
        track.judge(point, loss.ascent(point))
    assert track.best is good and track.certificate == track.history["certificate"].min()


def test_uniform_counts_need_no_step():
    found = reconstruct([10] * 4, Povm.tetrahedron(1))
    assert found.steps == 0 and np.abs(found.state - np.eye(2) / 2).max() <= 4 * EPS


@pytest.mark.parametrize("hedge", [0.0, 0.5])
def test_where_no_step_leads_on_the_last_point_counts(hedge):
    """Quasi-Newton steps end at rounding before their first certificate; the start was returned."""
    counts = {"X": [1246, 909], "Y": [1465, 690], "Z": [1443, 712]}
    data = Counts({basis: np.array(row) for basis, row in counts.items()})
    found = reconstruct(data, hedge=hedge, tolerance=1e-9)
    assert found.converged and found.steps < 20
    means = [(up - down) / (up + down) for up, down in counts.values()]
    seen = np.array([np.trace(found.state @ pauli).real for pauli in PAULIS])
    # Half a count of 2155 draws the means in by less than their share of it.
    assert np.abs(seen - means).max() <= 2 * hedge / 2155 + 1e-4
