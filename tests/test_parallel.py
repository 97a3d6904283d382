"""One likelihood split over workers: the value, error and gradient of the whole, and its fit."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest

import qce
from qce import circuits, models, objectives, states
from qce.runs import engines
from qce.training.parallel import distribute

EPS = np.finfo(float).eps
WIRES = 3


def born(k, parts, *, sorted_first=False):
    """A share of outcomes, in the order of measurement or sorted."""
    bits = np.random.default_rng(3).integers(0, 2, size=(101, WIRES))
    bits = bits[np.lexsort(bits.T)] if sorted_first else bits
    machine = models.BornMachine(circuits.strongly_entangling(WIRES, 1))
    mine = np.array_split(bits, parts)[k]
    return objectives.measured_likelihood(machine, mine), len(mine)


def thermal(k, parts):
    """A share of an ensemble of kets, by its weight."""
    rng = np.random.default_rng(4)
    kets = rng.normal(size=(20, 2**WIRES)) + 1j * rng.normal(size=(20, 2**WIRES))
    kets /= np.linalg.norm(kets, axis=1, keepdims=True)
    weights = rng.dirichlet(np.ones(20))
    mine = np.array_split(np.arange(20), parts)[k]
    share = weights[mine].sum()
    circuit = circuits.strongly_entangling(WIRES, 1)
    model = models.ThermalModel(circuit, models.ProductSpectrum(WIRES))
    mixture = states.Ensemble(kets[mine], weights[mine] / share)
    return objectives.exact_cross_entropy(model, mixture), share


def measured(k, parts):
    """A share of an ensemble, measured with shots."""
    model = models.ThermalModel(circuits.rx(1), models.ProductSpectrum(1))
    ket = np.eye(2)[k % 2]
    return objectives.deferred_cross_entropy(model, ket, shots=1000, seed=k), 1.0


@pytest.fixture(scope="module")
def threads():
    with ThreadPoolExecutor(3) as executor:
        yield executor


def whole(part):
    return part(0, 1)[0]


@pytest.mark.thinned(3)
@pytest.mark.parametrize(
    ("part", "parts"), [(born, 2), (partial(born, sorted_first=True), 3), (thermal, 3)]
)
def test_value_error_and_gradient_are_those_of_all_data(threads, part, parts):
    both = distribute(part, parts, threads), whole(part)
    # Sums of a few hundred terms in another order, each −ln p of at most 50.
    rounding = 500 * 50 * EPS
    for seed in range(3):
        params = both[0].initial(seed)
        (split, slope), (single, gradient) = (o.value_and_gradient(params) for o in both)
        assert split.value == pytest.approx(single.value, abs=rounding)
        assert split.stderr == pytest.approx(single.stderr, abs=rounding)
        assert (split.stderr > 0) == (part is not thermal) and split.shots == single.shots
        # An outcome that was seen pulls with 1/p, here below 1000.
        np.testing.assert_allclose(slope, gradient, rtol=0, atol=1000 * rounding)
        assert both[0](params).value == pytest.approx(single.value, abs=rounding)


def test_errors_of_parts_measured_on_their_own_add_in_quadrature(threads):
    params = np.array([0.8, 0.7])
    split = distribute(measured, 4, threads)
    estimate = split(params)
    # Each outcome is one of two, with probabilities cos² and sin² of half the angle.
    spread = np.ptp(split.model.log_probabilities(params)) * np.sin(0.7) / 2
    # The deviation of 4000 such outcomes is known to 1/√8000, times a kurtosis below 4: 5 × 2 %.
    assert estimate.stderr == pytest.approx(spread / np.sqrt(4000), rel=0.1)
    assert estimate.shots == 4000


def test_a_fit_on_processes_is_that_of_one_process():
    """Twenty steps of Adam, which divides a gradient by its size plus 1e-8.

    A direction in which the loss is flat has a gradient of rounding size, a few dozen ε: there the
    two walk apart by up to 20 × 0.05 × 50 ε / 1e-8, and the loss does not notice.
    """
    options = {"steps": 20, "seed": 1, "progress": False}
    single = qce.fit(whole(thermal), **options)
    with engines.choose("processes", 2).open() as executor:
        split = qce.fit(distribute(thermal, 2, executor), **options)
    np.testing.assert_allclose(
        split.params, single.params, rtol=0, atol=20 * 0.05 * 50 * EPS / 1e-8
    )
    np.testing.assert_allclose(split.history["loss"], single.history["loss"], rtol=0, atol=1e-10)
    assert split.status is single.status


def test_a_part_is_built_once_where_it_is_needed():
    built = []

    def part(k, parts):
        built.append(k)
        return thermal(k, parts)

    with ThreadPoolExecutor(1) as executor:
        objective = distribute(part, 3, executor)
        for seed in range(4):
            objective.value_and_gradient(objective.initial(seed))
    assert sorted(built) == [0, 1, 2]


def test_a_failing_part_is_told_before_training(threads):
    def part(k, parts):
        if k == 1:
            raise ValueError("no such data")
        return thermal(k, parts)

    with pytest.raises(ValueError, match="no such data"):
        distribute(part, 2, threads)


@pytest.mark.parametrize(
    ("part", "parts", "message"),
    [
        (thermal, 0, "`parts` must be positive"),
        (lambda k, parts: (thermal(k, parts)[0], 0.0), 2, "`part` must return positive weights"),
    ],
)
def test_bad_parts_are_refused(threads, part, parts, message):
    with pytest.raises(ValueError, match=f"Argument {message}.*Pass"):
        distribute(part, parts, threads)
