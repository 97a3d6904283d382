"""The limit of hidden units holds, and its check notices where it does not."""

import numpy as np
import pytest

from qce.limits import units


@pytest.mark.parametrize("seed", [0, 7])
def test_fields_along_one_axis_are_a_restricted_machine(seed):
    checks = units.check_units(seed)
    assert [check.limit.split()[0] for check in checks] == ["value", "gradient", "training,"]
    assert all(check.passed for check in checks)


def test_a_field_across_is_noticed(monkeypatch):
    along = units._along_z

    class Across(units.SemiQuantumBoltzmann):
        def _split(self, params):
            a, b, w = super()._split(params)
            return a, b.at[:, 0].add(1e-5), w

    monkeypatch.setattr(units, "SemiQuantumBoltzmann", Across)
    monkeypatch.setattr(units, "_along_z", along)
    assert not any(check.passed for check in units.check_units(0))


def test_the_restricted_machine_has_the_slopes_of_its_value():
    """Complex steps, exact to rounding, through a sum over all spins by brute force."""
    rng = np.random.default_rng(0)
    bits = rng.integers(0, 2, (4, units._VISIBLE))
    at = rng.normal(size=27)

    def value(params):
        a, b, w = np.split(params, [6, 9])
        h, every = units._spins(3), units._spins(6)

        def log_sum(v):
            energy = (v @ a)[:, None] + h @ b + v @ w.reshape(6, 3) @ h.T
            return np.log(np.exp(-energy).sum(1))

        return np.log(np.exp(log_sum(every)).sum()) - log_sum(1.0 - 2 * bits).mean()

    found = units._restricted(bits, at)
    assert abs(found.value - value(at)) < 1e-13
    steps = [value(at + e).imag / 1e-30 for e in 1e-30j * np.eye(27)]
    np.testing.assert_allclose(found.slope, steps, atol=1e-13)
