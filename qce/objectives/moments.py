"""Mean discrepancy from expectations of products of Z, on any number of wires.

It needs no outcomes and no probabilities of the model: for some circuits that are hard to sample,
IQP circuits among them, such expectations are cheap.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qce import _checks
from qce._checks import error
from qce._concrete import constant
from qce.data.rows import Rows, as_rows
from qce.losses.discrepancy import Bandwidths, flip, widths
from qce.objectives.objective import Measurement, Objective
from qce.objectives.recipe import remembered
from qce.objectives.simulator import Simulator, Traced
from qce.typing import Array

Expectations = Callable[[Array, Array, Array], Any]


@remembered
def moment_discrepancy(
    expectations: Any,
    data: Any,
    *,
    initial: Array | None = None,
    bandwidths: Bandwidths = None,
    operators: int = 1000,
    groups: int = 20,
    seed: int | None = None,
) -> Objective:
    r"""Squared maximum mean discrepancy of data and a model, from the model's ⟨Z…Z⟩ alone.

    With the kernel $e^{-h/2σ}$ of the Hamming distance h it is the mean of
    $(⟨Z^a⟩_\text{data} - ⟨Z^a⟩_\text{model})^2$ over random sets a of wires, each wire in it with
    probability $(1 - e^{-1/2σ})/2$. An evaluation draws sets, and for each the product

    $$\frac{N d^2 - 1}{N - 1} - d\,(m + m') + m\,m',$$

    d the mean of Z^a over N rows, m and m' two estimates from different keys. Value and gradient
    are unbiased where m is; a value may be negative. Each evaluation draws new sets, from the seed;
    a training runs many steps in one compiled program, which saves little: with 8 wires and 36
    gates a step takes 7.9 ms, or 9.0 as a call of its own (`docs/devices.md`).

    The standard error includes the deviation between groups of sets, each with its own keys, and
    the noise of the data, of single rows and of pairs.

    Args:
        expectations: `(params, operators, key) →` unbiased estimates of ⟨Z^a⟩, shape `(m,)`, or
            these first in a tuple: `operators` is `(m, n)`, 1 for the wires of each product, and
            `key` one of `jax.random`. It is traced by JAX. Or a model with such a function as
            `moments`, such as `models.IQP`.
        data: bit strings `(N, n)`, N ≥ 2, a dictionary of counts, or probabilities `(2^n,)`.
        initial: where training begins, shape `(size,)`; `None` for that of the model.
        bandwidths: one σ or several of the kernel; n/4 if None.
        operators: sets of wires an evaluation, a multiple of `groups`.
        groups: how many groups they are drawn in, 2 or more.
        seed: of sets and keys; `None` for different ones each time.

    Returns:
        Objective without unit; its estimates, ledgers and budgets count the sets as shots, and no
        circuits.

    Raises:
        ValueError: rows are not complete, numbers do not fit, or `initial` is missing.

    Source: M. Rudolph et al., arXiv:2305.02881, Props. 3, 4; E. Recio-Armengol, S. Ahmed and
    J. Bowles, arXiv:2503.02934.

    Example:
        >>> from qce.models import IQP
        >>> model = IQP.up_to(100, 1)
        >>> ones = np.ones((50, 100), dtype=int)
        >>> objective = moment_discrepancy(model, ones, seed=0)
        >>> abs(objective(np.full(100, np.pi / 2)).value) < 1e-12  # turns every wire over
        True
        >>> print(objective(np.full(100, np.pi / 4)))
        0.618 ± 0.013 (1000 shots)
    """
    rows = _rows(data)
    ask, model = _asked(expectations, rows.wires, initial)
    remedy = "a multiple of groups, such as operators=1000 and groups=20"
    groups = _checks.integer("groups", groups, remedy, least=2)
    operators = _checks.integer("operators", operators, remedy, least=groups)
    if operators % groups:
        raise error("operators", "be a multiple of groups", f"it is {operators}", remedy)
    shares = [float(flip(sigma)) for sigma in widths(bandwidths, rows.wires)]
    setting = _Setting(ask, rows, tuple(shares), operators // groups, groups)
    sets = Simulator(rows.wires, _checks.seed("seed", seed))
    return Objective(
        "moment discrepancy",
        model,
        shots=operators,
        measure=_Sets(sets, setting),
        machine=sets,
        seed=seed,
        unit="",
    )


@dataclass(frozen=True, eq=False)
class _Sets(Traced):
    """The measurement: sets of wires and keys, drawn as the outcomes of circuits are.

    Args:
        simulator: counts the sets.
        setting: the settings of an estimate.
    """

    setting: _Setting

    def drawn(
        self, params: Array, key: Array, with_gradient: bool, rehearse: bool
    ) -> tuple[Measurement, Array]:
        """Return the estimate at a point, and no circuits, no jobs and the number of sets."""
        cost = jnp.array([0, 0, self.setting.size * self.setting.groups])
        if rehearse:
            slope = jnp.zeros_like(params) if with_gradient else None
            return Measurement(jnp.zeros(()), jnp.zeros(()), slope), cost
        estimate = partial(_estimate, self.setting)
        if not with_gradient:
            return Measurement(*estimate(params, key)), cost
        (value, stderr), slope = jax.value_and_grad(estimate, has_aux=True)(params, key)
        return Measurement(value, stderr, slope), cost


@dataclass(frozen=True, eq=False)
class _Setting:
    """The settings of an estimate.

    Args:
        ask: `params, operators, key → ⟨Z^a⟩`.
        rows: the data.
        shares: probability of a wire to be in a set, for each bandwidth.
        size: sets in a group.
        groups: how many groups.
    """

    ask: Expectations
    rows: Rows
    shares: tuple[float, ...]
    size: int
    groups: int


@dataclass(frozen=True)
class _Parameters:
    """Takes the place of a model where only a function is given: where training begins."""

    wires: int
    start: tuple[float, ...]

    @property
    def size(self) -> int:
        return len(self.start)

    def initial(self, seed: int) -> np.ndarray:
        del seed
        return np.array(self.start)


def _estimate(setting: _Setting, params: Array, key: Array) -> tuple[Array, Array]:
    """The discrepancy and its standard error."""
    values, witness, pairs = jax.lax.map(
        partial(_group, setting, params), jax.random.split(key, setting.groups)
    )
    between = jnp.var(values, ddof=1) / setting.groups
    data = _data_variance(setting.rows, witness.mean(axis=0), pairs.mean())
    return values.mean(), jnp.sqrt(jax.lax.stop_gradient(between + data))


def _group(setting: _Setting, params: Array, key: Array) -> tuple[Array, Array, Array]:
    """The mean over one group of sets, and the contributions of rows and of pairs of rows to it."""
    which, inside, first, second = jax.random.split(key, 4)
    rows, shares = setting.rows, jnp.asarray(setting.shares)
    share = shares[jax.random.randint(which, (setting.size, 1), 0, len(setting.shares))]
    operators = jax.random.uniform(inside, (setting.size, rows.wires)) < share
    # Counts of wires up to 2^24 are exact in single precision, and fast.
    bits = jnp.asarray(constant(rows.bits), jnp.float32)
    signs = 1 - 2 * ((bits @ operators.T.astype(jnp.float32)) % 2).astype(params.dtype)
    means = constant(rows.frequencies) @ signs
    total = rows.total
    squares = means**2 if total is None else (total * means**2 - 1) / (total - 1)
    one, other = (setting.ask(params, operators.astype(int), k) for k in (first, second))
    terms = squares - means * (one + other) + one * other
    witness = signs @ (means - (one + other) / 2) / setting.size
    pairs = _squared_covariance(rows, signs - means)
    return terms.mean(), jax.lax.stop_gradient(witness), pairs


def _squared_covariance(rows: Rows, deviations: Array) -> Array:
    """The mean of Cov(Z^a, Z^b)² over different sets: the kernel between rows, centred, squared."""
    size, total = deviations.shape[1], rows.total
    if size < 2 or total is None:
        return jnp.zeros(())
    frequencies = constant(rows.frequencies)[:, None]
    squares = (deviations.T @ (frequencies * deviations)) ** 2
    # Less the contribution of each row paired with itself.
    own = (deviations**2).T @ (frequencies * deviations**2)
    squares = squares - (own - squares) / (total - 1)
    return (squares.sum() - jnp.trace(squares)) / (size * (size - 1))


def _data_variance(rows: Rows, witness: Array, pairs: Array) -> Array:
    """The variance of the discrepancy by the data: of the mean witness function, and of pairs."""
    if rows.total is None:
        return jnp.zeros(())
    frequencies, total = constant(rows.frequencies), rows.total
    linear = frequencies @ (witness - frequencies @ witness) ** 2
    single = jnp.maximum(linear - pairs / total, 0.0)  # less the noise of the rows themselves
    return 4 * single / (total - 1) + 2 * jnp.maximum(pairs, 0.0) / (total * (total - 1))


def _rows(data: Any) -> Rows:
    rows = as_rows("data", data)
    if not rows.complete:
        but = "some were not seen"
        raise error("data", "have every bit of every row", but, "complete rows alone")
    if rows.total is not None and rows.total < 2:
        raise error("data", "hold two outcomes or more", "there is one", "more of them")
    return rows


def _asked(expectations: Any, wires: int, initial: Array | None) -> tuple[Expectations, Any]:
    """The function for ⟨Z^a⟩, and the model whose parameters it takes."""
    if hasattr(expectations, "moments"):
        if expectations.wires != wires:
            but = f"they are of {wires}"
            must = f"be of the model's {expectations.wires} wires"
            raise error("data", must, but, "bit strings of shape (N, n)")
        if initial is None:
            return expectations.moments, expectations
        return expectations.moments, _started(wires, initial, expectations.size)
    remedy = "a function `(params, operators, key)`, or a model such as models.IQP"
    if isinstance(expectations, type):
        but = f"it is the class {expectations.__name__}"
        raise error("expectations", "be a function or a model", but, remedy, TypeError)
    _checks.function("expectations", expectations, remedy)
    if initial is None:
        but = "the number of parameters of a function is not known"
        names, must = ("initial", "expectations"), "go together"
        raise error(names, must, but, "parameters to begin with, shape (size,)")

    def ask(params: Array, operators: Array, key: Array) -> Array:
        found = expectations(params, operators, key)
        return found[0] if isinstance(found, tuple) else found

    return ask, _started(wires, initial, None)


def _started(wires: int, initial: Array, size: int | None) -> _Parameters:
    start = _checks.reals("initial", initial, "real numbers, shape (size,)")
    if start.ndim != 1 or size not in (None, len(start)):
        must = "have shape (size,)" if size is None else f"have shape ({size},)"
        raise error("initial", must, f"its shape is {start.shape}", "one number a parameter")
    return _Parameters(wires, tuple(start.tolist()))
