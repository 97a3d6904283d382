"""Intervals from outcomes: Wilson's for two, how often they cover, and where they cannot.

`QCE_WRITE_TABLES=1 pytest -m "long or not long" tests/test_intervals.py` writes the table in
docs/devices.md.
"""

import os
import re
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from qce import circuits, classical, models, objectives
from qce.objectives import entropies
from qce.objectives._wilson import Divergence, Mean
from qce.results import Estimate

DOCS = Path(__file__).parents[1] / "docs" / "devices.md"
TABLE = re.compile(r"(?<=<!-- coverage -->\n).*?(?=<!-- end of coverage -->)", re.DOTALL)

Z = stats.norm.ppf(0.975)

# 64 halvings of 80 in arsinh τ: what is left is the rounding of sums over a few outcomes.
ROUNDING = 1e-13


def wilson(ones, total):
    """Both ends, by the formula of 1927."""
    p = ones / total
    middle = (p + Z**2 / (2 * total)) / (1 + Z**2 / total)
    half = Z / (1 + Z**2 / total) * np.sqrt(p * (1 - p) / total + Z**2 / (4 * total**2))
    return middle - half, middle + half


@pytest.mark.parametrize("ones", [0, 1, 7, 19, 20])
def test_for_two_outcomes_it_is_wilsons(ones):
    low, high = Mean(np.array([20 - ones, ones]), np.array([0.0, 1.0])).interval(0.95)
    assert (low, high) == pytest.approx(wilson(ones, 20), abs=ROUNDING)


def test_an_end_is_as_far_from_the_estimate_as_its_own_error_says():
    counts, values = np.array([4, 0, 9, 3]), np.array([0.3, 6.0, 1.0, 2.0])
    start = np.log((counts + 0.25) / 17)
    for end, side in zip(Mean(counts, values).interval(0.9), (1, -1), strict=True):
        # The law of the path with that mean, found in another way: by Newton's rule.
        tilt = 0.0
        for _ in range(50):
            law = np.exp(start + tilt * values)
            law /= law.sum()
            spread = law @ (values - law @ values) ** 2
            tilt += (end - law @ values) / spread
        distance = side * (counts @ values / 16 - end)
        assert distance == pytest.approx(stats.norm.ppf(0.95) * np.sqrt(spread / 16), abs=1e-9)


def test_what_was_not_seen_is_allowed_for():
    estimate = entropies.cross_entropy(np.array([12, 0]), np.array([0.99, 0.01]))
    assert estimate.stderr == 0
    low, high = estimate.interval()
    assert low == pytest.approx(-np.log(0.99), abs=ROUNDING)
    share = wilson(0, 12)[1]
    assert high == pytest.approx(-np.log(0.99) + share * np.log(99), abs=ROUNDING)
    # A value that all outcomes have is known.
    sure = entropies.cross_entropy(np.array([5, 3]), np.array([0.5, 0.5])).interval()
    assert sure == pytest.approx((np.log(2), np.log(2)), abs=ROUNDING)


def test_intervals_of_entropies_end_where_entropies_do():
    even, nearly = (entropies.entropy(np.array(n)).interval() for n in ([50] * 4, [50, 50, 51, 49]))
    assert even[1] == nearly[1] == pytest.approx(np.log(4), abs=ROUNDING)
    # A law of entropy g below ln 4 has Var ln p = 2g to leading order, and the next one is √g times
    # that: g + 3/2N = z √(2g/N + 3/2N²), with √g = 0.17.
    a, b = Z**2 / 200 - 3 / 400, 1.5 * Z**2 / 200**2 - (3 / 400) ** 2
    gap = a + np.sqrt(a**2 + b)
    for interval in (even, nearly):
        assert np.log(4) - interval[0] == pytest.approx(gap, rel=0.17)
    certain = entropies.entropy(np.array([30, 0, 0])).interval()
    assert certain[0] == pytest.approx(0, abs=ROUNDING) and certain[1] > 0.05
    q = np.array([0.1, 0.2, 0.3, 0.4])
    fits = entropies.relative_entropy(np.array([10, 20, 30, 40]), q).interval()
    assert fits[0] == pytest.approx(0, abs=ROUNDING) and fits[1] > 0
    far = entropies.relative_entropy(np.array([40, 30, 20, 10]), q).interval()
    assert 0 < far[0] < classical.relative_entropy([0.4, 0.3, 0.2, 0.1], q) < far[1]


def test_an_entropy_is_minus_a_divergence_and_levels_nest():
    counts = np.array([8, 5, 2, 0])
    plain = Divergence(counts, np.ones(4)).interval(0.8)
    turned = Divergence(counts, np.ones(4), sign=-1).interval(0.8)
    assert turned == (-plain[1], -plain[0])
    wide = Divergence(counts, np.ones(4), sign=-1).interval(0.99)
    assert wide[0] < turned[0] < turned[1] < wide[1]


def test_without_outcomes_it_is_students():
    low, high = Estimate(2.0, 0.5, shots=10).interval()
    assert low == pytest.approx(2 - 0.5 * stats.t.ppf(0.975, 9), abs=1e-12)
    assert high == pytest.approx(2 + 0.5 * stats.t.ppf(0.975, 9), abs=1e-12)
    assert Estimate(2.0, 0.5).interval()[1] == pytest.approx(2 + 0.5 * Z, abs=1e-12)
    assert Estimate(2.0).interval() == (2.0, 2.0)


def test_estimates_of_devices_hold_their_outcomes():
    model = models.ThermalModel(circuits.fixed(np.eye(2)), models.CategoricalSpectrum(1))
    params = np.log([0.9, 0.1])
    deferred = objectives.deferred_cross_entropy(model, np.diag([1.0, 0.0]), shots=40, seed=1)
    # All outcomes are 0, and 1 may have up to Wilson's share of them.
    expected = -np.log(0.9) + np.array([0.0, wilson(0, 40)[1] * np.log(9)])
    for estimate in (deferred(params), deferred.value_and_gradient(params)[0]):
        assert estimate.interval() == pytest.approx(tuple(expected), abs=ROUNDING)
    shadow = objectives.shadow_cross_entropy(model, np.diag([1.0, 0.0]), shots=40, seed=1)
    estimate = shadow(params)
    low, high = estimate.interval()
    assert low < estimate.value < high
    assert high - low == pytest.approx(2 * Z * estimate.stderr, rel=0.1)


# --- coverage -------------------------------------------------------------------------------------
#
# Shares of 4000 repetitions have a standard deviation of 0.35 %; of 5000, 0.31 %: 93 to 97 % is six
# of them on either side.


def laws(k):
    one = np.append(np.full(k - 1, 0.99 / (k - 1)), 0.01)
    return [np.full(k, 1 / k), np.array(_normalised(1 / np.arange(1, k + 1))), one] + [
        _normalised(0.5 ** np.arange(k))
    ]


def _normalised(x):
    return x / x.sum()


def covers(rule, counts, truth):
    """How often the interval of a rule holds the truth."""
    rows, times = np.unique(counts, axis=0, return_counts=True)
    low, high = rule(rows).interval(0.95)
    # A law at the edge of what there is has its value at the end, up to rounding.
    return times @ ((low <= truth + 1e-9) & (truth <= high + 1e-9)) / times.sum()


def cases(total, outcomes, repetitions):
    """What is wanted, the law, and how often the interval from that many counts holds it."""
    rng = np.random.default_rng(total)
    for k in outcomes:
        for p in laws(k):
            counts = rng.multinomial(total, p, size=repetitions)
            q = 0.8 * p[::-1] + 0.2 / k
            for model in (q, rng.dirichlet(np.full(k, 2.0))):
                v = -np.log(model)
                if np.ptp(v) < 1e-9:  # known without counting
                    continue
                yield "mean", p, covers(lambda n, v=v: Mean(n, v), counts, p @ v)
            own = classical.entropy(p)
            yield (
                "entropy",
                p,
                covers(lambda n: Divergence(n, np.ones(n.shape[1]), -1), counts, own),
            )
            apart = classical.relative_entropy(p, q)
            yield "entropy", p, covers(lambda n, q=q: Divergence(n, q), counts, apart)


def test_intervals_cover_where_all_is_seen():
    """From 100 counts of four outcomes on, each expected five times or more."""
    shares = [
        (kind, share)
        for kind, p, share in cases(200, (2, 4), repetitions=5000)
        if 200 * p.min() >= 5
    ]
    assert len(shares) > 20
    assert [(kind, share) for kind, share in shares if not 0.93 <= share <= 0.97] == []


def test_ten_shots_cover_too():
    """The normal rule holds 0.91; so does Wilson's 0.95 of a mean of four outcomes."""
    p, v = np.array([0.5, 0.3, 0.15, 0.05]), np.array([0.36, 1.6, 2.5, 3.9])
    counts = np.random.default_rng(6).multinomial(10, p, size=20_000)
    assert 0.93 <= covers(lambda n: Mean(n, v), counts, p @ v) <= 0.97


HEAD = ["counts", "means", "means, all seen", "entropies", "entropies, all seen"]


def rows():
    yield HEAD
    yield ["---"] * len(HEAD)
    for total in (10, 30, 100, 1000, 10_000):
        found = list(cases(total, (2, 4, 8, 16), repetitions=4000))
        line = [str(total)]
        for kind in ("mean", "entropy"):
            for least in (0, 5):
                chosen = [s for k, p, s in found if k == kind and total * p.min() >= least]
                within = np.mean([0.93 <= s <= 0.97 for s in chosen]) if chosen else 0
                text = f"{min(chosen):.3f} to {max(chosen):.3f}, {within:.0%}" if chosen else "none"
                line.append(text)
        yield line


@pytest.mark.long
def test_the_table_of_coverage_is_what_is_found():
    lines = list(rows())
    text = DOCS.read_text(encoding="utf-8")
    if os.environ.get("QCE_WRITE_TABLES"):
        table = "".join(f"| {' | '.join(line)} |\n" for line in lines)
        text = TABLE.sub(lambda _: table, text)
        DOCS.write_text(text, encoding="utf-8")
    stored = [x.strip("| ").split(" | ") for x in TABLE.search(text).group().splitlines()]
    assert [line[:1] for line in stored] == [line[:1] for line in lines]
    for old, new in zip(stored[2:], lines[2:], strict=True):
        for a, b in zip(old[1:], new[1:], strict=True):
            ends = [[float(x) for x in re.findall(r"0\.\d+|1\.0+", cell)] for cell in (a, b)]
            # Five standard deviations of 4000 repetitions, for other releases of the generator.
            assert ends[0] == pytest.approx(ends[1], abs=0.018)
