"""Error bars of trained parameters and of observables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qce._checks import concrete, error, instance, integer, one_of, truth, vector
from qce._foreign import is_operator
from qce._forks import computes
from qce._observables import hermitian
from qce._showing import Shown
from qce._warned import warn
from qce.models.thermal import born
from qce.objectives import Objective
from qce.objectives.likelihood import Likelihood
from qce.objectives.rounds import kept
from qce.results import Estimate, FitResult, digits
from qce.training.arguments import check_seed
from qce.training.free import Loss, as_objective, flattened
from qce.training.resampling import resampled
from qce.typing import Array

Function = Callable[[Array], Array]

_ROUNDING = np.finfo(float).eps ** 0.5  # of curvatures, relative to the largest
_LEAK = 1e-4  # share of a slope in directions without curvature that counts as error of these
_AWAY = 0.1  # standard errors from the minimum beyond which the message says so
_LARGEST = 1024  # the most outcomes that are listed with their errors


@dataclass(frozen=True, eq=False, repr=False)
class ErrorBars(Shown):
    """Standard errors, as `error_bars` returns them: standard deviations over repeated data.

    `inf` means that the data do not determine a number at all, NaN that the training has not ended
    at a minimum.

    Args:
        params: the trained parameters, shape `(P,)`.
        stderr: their standard errors, shape `(P,)`.
        observables: value and error by name.
        probabilities: of all outcomes of the computational basis with their errors, shape
            `(2, 2^n)`; `None` for a mere function, and beyond 1024 outcomes.
        frequencies: of these outcomes in the data, `None` where there are none.
        outcomes: N, of the data.
        undetermined: number of directions of the parameters that the data do not determine.
        method: `"fisher"` or `"bootstrap"`.
        message: the result in words.
    """

    params: np.ndarray = field(repr=False)
    stderr: np.ndarray = field(repr=False)
    observables: dict[str, Estimate]
    probabilities: np.ndarray | None = field(repr=False)
    frequencies: np.ndarray | None = field(repr=False)
    outcomes: int
    undetermined: int
    method: str
    message: str

    def __str__(self) -> str:
        pairs = zip(self.params, self.stderr, strict=True)
        lines = [f"params[{k}]  {digits(x, s)}" for k, (x, s) in enumerate(pairs)]
        lines += [f"{name}  {digits(o.value, o.stderr)}" for name, o in self.observables.items()]
        return "\n".join([*lines, self.message])


def error_bars(
    result: FitResult | Array,
    objective: Objective | Loss,
    observables: Mapping[str, Any] | None = None,
    *,
    method: str = "fisher",
    outcomes: int | None = None,
    samples: int = 200,
    seed: int = 0,
    progress: bool = False,
) -> ErrorBars:
    r"""Return standard errors of the parameters of a model, and of observables.

    `"fisher"`: from the observed Fisher information $I = N\,\nabla^2 L$ of N outcomes at the
    likelihood's minimum, $\operatorname{Cov} = I^{-1}$, and for an observable g of the parameters
    $\sqrt{\nabla g^T I^{-1} \nabla g}$. `"bootstrap"`: the standard deviation over `samples` data
    sets of the same size, drawn from the trained model in the same bases; each is trained on anew,
    from the trained parameters. Both assume that the model can give the distribution of the data,
    and ignore other minima. The first is of leading order in 1/N; the second has a relative error
    of $1/\sqrt{2\,\mathrm{samples}}$.

    A curvature counts as zero up to √ε = 1.5e-8 times the largest plus the norm of the gradient
    that the training has left. Numbers that change along directions without curvature (by more than
    1e-4 of their slope) have the error `inf`, by both methods. Many circuits have such parameters,
    but expectation values and probabilities mostly do not change along them. Where a curvature is
    below zero by more than that there is no minimum: numbers that change along it have the error
    NaN, with a warning.

    Args:
        result: What `fit` returned, or the parameters themselves.
        objective: What was trained: a simulated `measured_likelihood` of outcomes; for `"fisher"`
            also any mean negative log-likelihood together with `outcomes`.
        observables: By name: a Hermitian matrix `(2^n, 2^n)` or a PennyLane operator on wires
            0 … n − 1, for its expectation value, or a function of the parameters that JAX can
            trace.
        method: `"fisher"` or `"bootstrap"`.
        outcomes: N, where the objective does not hold it.
        samples: Data sets of the bootstrap.
        seed: Of these; set k does not depend on their number.
        progress: Show a bar while they are trained on.

    Returns:
        Standard errors, also of the outcomes' probabilities. `qce.plots.learned` draws them.

    Raises:
        ValueError: The objective is no such likelihood, or an observable does not fit the model.

    Warns:
        RuntimeWarning: The parameters are at no minimum.

    Source: B. Efron and D. V. Hinkley, Biometrika 65, 457 (1978); B. Efron, Ann. Stat. 7, 1 (1979).

    Example:
        >>> import qce
        >>> from qce import circuits, models, objectives
        >>> machine = models.BornMachine(circuits.rx(1))
        >>> objective = objectives.measured_likelihood(machine, {"0": 300, "1": 100})
        >>> result = qce.fit(objective, optimizer="lbfgs", progress=False)
        >>> bars = error_bars(result, objective, {"Z": [[1, 0], [0, -1]]})
        >>> print(bars.observables["Z"], abs(bars.stderr[0] - 400**-0.5) < 1e-9)
        0.500 ± 0.043 (400 shots) True
    """
    computes()
    jax.config.update("jax_enable_x64", True)
    one_of("method", method, ("fisher", "bootstrap"))
    samples = integer("samples", samples, "samples=200, for example", least=2)
    seed = check_seed(seed)
    progress = truth("progress", progress)
    given = result.params if isinstance(result, FitResult) else concrete("result", result)
    objective, outcomes = _as_it_stands(as_objective(objective, given), outcomes)
    flat = flattened(objective, given)
    params = np.asarray(vector("result", flat, objective.size), dtype=float)
    likelihood = None
    if method == "bootstrap" or outcomes is None:
        likelihood = Likelihood.of(objective)
    if objective.evaluate is None:
        but, remedy = "it is measured on a device", "the same loss without device and shots"
        raise error("objective", "be simulated", but, remedy)
    number = _number(outcomes, likelihood)
    information = _Information(objective, params, number)
    wanted = _Wanted(objective.model, {} if observables is None else observables)
    values, slopes = wanted.with_slopes(params)
    found, stderr = information.stderr(slopes), information.stderr(np.eye(len(params)))
    message = information.message
    if method == "bootstrap":
        assert likelihood is not None
        drawn, lost = resampled(likelihood, params, samples, seed, progress)
        stderr, found = _spread(drawn, stderr), _spread(wanted.at(drawn), found)
        message = f"{message}; bootstrap of {samples} sets of data" + lost
    records = {
        name: Estimate(float(x), float(s), number, unit="")
        for name, x, s in zip(wanted.names, values, found, strict=False)
    }
    count = len(wanted.names)
    distribution = np.stack([values[count:], found[count:]]) if wanted.has_distribution else None
    frequencies = None if likelihood is None else likelihood.frequencies
    return ErrorBars(
        params,
        stderr,
        records,
        distribution,
        frequencies,
        number,
        information.undetermined,
        method,
        message,
    )


def _as_it_stands(objective: Objective, outcomes: int | None) -> tuple[Objective, int | None]:
    """An objective with fixed outcomes, and their number if it is known."""
    if objective.rounds is None:
        return objective, outcomes
    held = kept(objective)
    return held, held.shots if outcomes is None else outcomes


class _Information:
    """The observed Fisher information, and the directions that it does not determine."""

    def __init__(self, objective: Objective, params: np.ndarray, outcomes: int):
        slope, curvature = map(np.asarray, _derivatives(objective)(jnp.asarray(params)))
        self._known = bool(np.isfinite(curvature).all() and np.isfinite(slope).all())
        if not self._known:
            curvature = np.zeros_like(curvature)
        values, self._vectors = np.linalg.eigh((curvature + curvature.T) / 2)
        left = float(np.linalg.norm(slope)) if self._known else 0.0
        least = _ROUNDING * np.abs(values).max(initial=0.0) + left
        self._flat, self._down = np.abs(values) <= least, values < -least
        self._information = outcomes * np.where(self._flat | self._down, 1.0, values)
        self.undetermined = int(self._flat.sum()) if self._known else 0
        # The length of Newton's step in standard errors.
        good = ~(self._flat | self._down)
        squares = (self._vectors[:, good].T @ slope) ** 2 / values[good]
        self._away = float(np.sqrt(outcomes * squares.sum())) if self._known else 0.0
        self.message = self.digits(left, outcomes)
        if not self._known or self._down.any():
            warn(self.message, RuntimeWarning)

    def stderr(self, slopes: np.ndarray) -> np.ndarray:
        """Return the standard errors of numbers with these slopes, shape `(k, P)` → `(k,)`."""
        if not self._known:
            return np.full(len(slopes), np.nan)
        parts = slopes @ self._vectors
        good = ~(self._flat | self._down)
        found = np.sqrt((parts[:, good] ** 2 / self._information[good]).sum(axis=1))
        bound = _LEAK * np.linalg.norm(slopes, axis=1)
        found[np.linalg.norm(parts[:, self._flat], axis=1) > bound] = np.inf
        found[np.linalg.norm(parts[:, self._down], axis=1) > bound] = np.nan
        return np.where(np.isfinite(slopes).all(axis=1), found, np.nan)

    def digits(self, left: float, outcomes: int) -> str:
        size, flat, down = len(self._flat), int(self._flat.sum()), int(self._down.sum())
        if not self._known:
            return "The loss has no finite curvature at these parameters: no error can be given"
        said = f"{size - flat - down} of {size} directions are determined by {outcomes} outcomes"
        if flat:
            said += f"; the loss does not change along the other {flat}" if not down else ""
        if down:
            said += f"; along {down} it still falls: train on, these are at no minimum"
        if self._away > _AWAY:
            said += f"; the training ended {self._away:.2g} standard errors from the minimum"
        return said + f" (gradient norm {left:.1e})" * bool(flat or down)


@lru_cache(maxsize=8)
def _derivatives(objective: Objective) -> Callable[[Array], tuple[Array, Array]]:
    """Gradient and Hessian, compiled once."""
    slope = jax.grad(objective.loss)
    return jax.jit(lambda x: (slope(x), jax.jacfwd(slope)(x)))


def _number(outcomes: int | None, likelihood: Likelihood | None) -> int:
    if outcomes is not None:
        return integer("outcomes", outcomes, "the number of outcomes in the data", least=1)
    assert likelihood is not None
    return int(likelihood.counts.sum())


class _Wanted:
    """Observables, and the probabilities of all outcomes behind them, as one function."""

    def __init__(self, model: Any, observables: Mapping[str, Any]):
        instance("observables", observables, Mapping, '{"Z": qml.Z(0)}, for example')
        self.names = [str(name) for name in observables]
        functions = [_function(model, name, x) for name, x in observables.items()]
        distribution = _distribution(model)
        self.has_distribution = distribution is not None
        functions += [distribution] if distribution is not None else []

        def together(params: Array) -> Array:
            return jnp.concatenate([jnp.zeros(0), *(function(params) for function in functions)])

        self._together = together

    def with_slopes(self, params: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the values `(k,)` and their slopes `(k, P)`."""
        both = jax.jit(lambda x: (self._together(x), jax.jacrev(self._together)(x)))
        values, slopes = both(jnp.asarray(params))
        return np.asarray(values), np.asarray(slopes)

    def at(self, points: np.ndarray) -> np.ndarray:
        """Return the values at many points, shape `(m, k)`."""
        return np.asarray(jax.jit(jax.vmap(self._together))(jnp.asarray(points)))


def _function(model: Any, name: Any, observable: Any) -> Function:
    if callable(observable) and not is_operator(observable):
        return lambda params: jnp.asarray(observable(params)).reshape(1)
    if not hasattr(model, "mixture"):
        but = f"{name!r} is an operator, and the model is a mere function"
        raise error("observables", "be functions of the parameters", but, "lambda params: …")
    matrix = jnp.asarray(hermitian("observables", observable, 2**model.wires))

    def expectation(params: Array) -> Array:
        weights, kets = model.mixture(params)
        return jnp.real(jnp.einsum("x,xi,ij,xj->", weights, kets.conj(), matrix, kets))[None]

    return expectation


def _distribution(model: Any) -> Function | None:
    if not hasattr(model, "mixture") or 2**model.wires > _LARGEST:
        return None

    def distribution(params: Array) -> Array:
        weights, kets = model.mixture(params)
        return weights @ born(kets)

    return distribution


def _spread(drawn: np.ndarray, by_fisher: np.ndarray) -> np.ndarray:
    """Standard deviations of the draws; numbers that are not determined keep their `inf` or NaN."""
    spread = drawn.std(axis=0, ddof=1)
    return np.where(np.isfinite(by_fisher), spread, by_fisher)
