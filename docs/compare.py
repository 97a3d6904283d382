"""Relative entropies and their gradients in several libraries, against sixty digits.

    python docs/compare.py            # print what each library finds
    python docs/compare.py --write    # and write docs/_data/accuracy.json, which the pages show

States are written down as spectra and bases. From these the exact values come, with sixty digits
(`tests/oracles.py`), and the matrices that the libraries are given, each entry rounded once. A
library that is not installed is left out. Seeds: 1 to 5 for bases, 2021 for directions.
"""
# ruff: noqa: E402 (threads are limited before NumPy is imported)

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NPROC"):
    os.environ.setdefault(_name, "1")

import numpy as np

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

import oracles

DATA = HERE / "_data" / "accuracy.json"
Pair = tuple[oracles.ExactState, oracles.ExactState]


# --- values ---------------------------------------------------------------------------------------


def pairs() -> dict[str, Pair]:
    """Return states (data, model) by what is difficult about them."""
    state = oracles.state
    full, other = state([4, 3, 2, 1], 1), state([1, 2, 3, 5], 2)
    sixteen = state(range(1, 17), 3), state(range(2, 50, 3), 4)
    rank2, rank3 = state([2, 1, 0, 0], 1), state([3, 2, 1, 0], 2)
    oscillators = [state([ratio**k for k in range(32)]) for ratio in (0.5 / 1.5, 0.05 / 1.05)]
    return {
        "full rank, d = 4": (full, other),
        "full rank, d = 16": sixteen,
        "pure data, model of full rank": (state([1, 0, 0, 0], 1), other),
        "data of rank 2 in a model of rank 3": (state([2, 1, 0, 0], within(rank3.basis)), rank3),
        "a state of rank 2 with itself": (rank2, rank2),
        "two orthogonal pure states": (state([1, 0, 0, 0], 1), state([0, 1, 0, 0], 1)),
        "data of full rank, model of rank 3": (full, rank3),
        "a weight of 1e-6 outside the support": (
            state([1, 1, 0, "2e-6"], 2),
            state([2, 1, 1, 0], 2),
        ),
        "diagonal, an empty level in both": (state([1, 3, 0, 0]), state([2, 1, 1, 0])),
        "two thermal oscillators, 32 levels": (oscillators[0], oscillators[1]),
        "model with an eigenvalue of 1e-12": (full, state([1, 1, 1, "3e-12"], 2)),
    }


@oracles.exact
def within(basis: Any) -> Any:
    """Return another basis whose first three kets span the same space."""
    turned = basis.copy()
    turned[:, :3] = basis[:, :3] * oracles.random_basis(3, 5)
    return turned


def _qce(rho: Any, sigma: Any) -> Any:
    from qce import quantum

    return quantum.relative_entropy(rho.array, sigma.array)


def _qce_states(rho: Any, sigma: Any) -> Any:
    from qce import quantum, states

    return quantum.relative_entropy(*(states.Rotated(*oracles.decomposed(x)) for x in (rho, sigma)))


def _pennylane(rho: Any, sigma: Any) -> Any:
    import pennylane as qml

    return qml.math.relative_entropy(rho.array, sigma.array)


def _qutip(rho: Any, sigma: Any) -> Any:
    import qutip

    return qutip.entropy_relative(qutip.Qobj(rho.array), qutip.Qobj(sigma.array))


def _toqito(rho: Any, sigma: Any) -> Any:
    from toqito.state_props import quantum_relative_entropy

    return quantum_relative_entropy(rho.array, sigma.array)


def _cvxpy(rho: Any, sigma: Any) -> Any:
    import cvxpy

    return cvxpy.quantum_rel_entr(rho.array, sigma.array).value


def _logm(rho: Any, sigma: Any) -> Any:
    from scipy.linalg import logm

    return np.trace(rho.array @ (logm(rho.array) - logm(sigma.array)))


VALUES = {
    "qce": ("qce", _qce),
    "qce.states": ("qce", _qce_states),
    "PennyLane": ("pennylane", _pennylane),
    "QuTiP": ("qutip", _qutip),
    "toqito": ("toqito", _toqito),
    "CVXPY": ("cvxpy", _cvxpy),
    "SciPy logm": ("scipy", _logm),
}


# --- gradients ------------------------------------------------------------------------------------


def paths() -> dict[str, tuple[oracles.Path, oracles.Path]]:
    """Return paths of states (data, model), by what is difficult about them at t = 0."""
    rng = np.random.default_rng(2021)
    state, path = oracles.state, oracles.Path
    velocities = [tuple(v - v.mean()) for v in rng.normal(0.0, 0.1, (2, 4))]
    x = rng.normal(size=(2, 4, 4)) + 1j * rng.normal(size=(2, 4, 4))
    generators = (x + x.conj().swapaxes(-1, -2)) / 10
    full, other = state([4, 3, 2, 1], 1), state([1, 2, 3, 5], 2)
    still, moving = path(full), path(other, velocities[1], generators[1])
    depolarised = state(["0.925", "0.025", "0.025", "0.025"], 2)
    return {
        "both generic": (path(full, velocities[0], generators[0]), moving),
        "data maximally mixed": (path(state([1] * 4, 1), velocities[0]), path(other)),
        "model maximally mixed": (still, path(state([1] * 4, 2), velocities[1])),
        "model a pure state, 10 % depolarised": (still, path(depolarised, (), generators[1])),
        "pure data, model generic": (path(state([1, 0, 0, 0], 1), (), generators[0]), moving),
        "a label, model diagonal": (
            path(state([1, 0, 0, 0])),
            path(state([1, 2, 3, 5]), velocities[1]),
        ),
    }


def slope(function: Callable[..., Any], interface: str) -> Callable[..., Any]:
    """Return the derivative at t = 0 of a function of two states along their paths."""

    def of(rho: oracles.Path, sigma: oracles.Path) -> Any:
        start, end = (np.array([x.state.array, x.tangent()]) for x in (rho, sigma))
        return _DERIVATIVES[interface](function, *start, *end)

    return of


def _by_autograd(function: Any, rho: Any, a: Any, sigma: Any, b: Any) -> Any:
    import autograd

    return autograd.grad(lambda t: function(rho + t * a, sigma + t * b))(0.0)


def _by_jax(function: Any, *arrays: Any) -> Any:
    import jax

    with jax.enable_x64(True):
        rho, a, sigma, b = map(jax.numpy.asarray, arrays)
        return jax.grad(lambda t: function(rho + t * a, sigma + t * b))(0.0)


def _by_torch(function: Any, *arrays: Any) -> Any:
    import torch

    rho, a, sigma, b = map(torch.as_tensor, arrays)
    t = torch.tensor(0.0, dtype=torch.float64, requires_grad=True)
    return torch.autograd.grad(function(rho + t * a, sigma + t * b), t)[0]


_DERIVATIVES = {"autograd": _by_autograd, "JAX": _by_jax, "PyTorch": _by_torch}


def _qce_arrays(rho: Any, sigma: Any) -> Any:
    from qce import quantum

    # A step along a tangent leaves the states at second order, which a check would refuse.
    return quantum.relative_entropy(rho, sigma, check=False)


def _pennylane_arrays(rho: Any, sigma: Any) -> Any:
    import pennylane as qml

    return qml.math.relative_entropy(rho, sigma)


GRADIENTS = {
    f"{library}, {interface}": (package, slope(function, interface))
    for library, package, function in (
        ("qce", "qce", _qce_arrays),
        ("PennyLane", "pennylane", _pennylane_arrays),
    )
    for interface in _DERIVATIVES
}


def exact_slope(rho: oracles.Path, sigma: oracles.Path) -> Any:
    """Return the derivative of D(ρ‖σ) with sixty digits."""
    return oracles.derivative(oracles.relative_entropy, rho, sigma)


# --- the record -----------------------------------------------------------------------------------


def tried(function: Callable[..., Any], *arguments: Any) -> str:
    """Return what a library says, a number or the error it raises, as text."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return repr(float(np.real(np.asarray(function(*arguments)))))
        except Exception as problem:
            return type(problem).__name__


def version(package: str) -> str | None:
    """Return the version that is installed, or None."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def measured(exact: Callable[..., Any], cases: dict[str, Any], table: dict[str, Any]) -> Any:
    """Return case → what is exact, and what each library that is installed finds."""
    here = {name: call for name, (package, call) in table.items() if version(package)}
    return {
        case: {
            "exact": repr(float(exact(*states))),
            "found": {name: tried(call, *states) for name, call in here.items()},
        }
        for case, states in cases.items()
    }


def compare() -> dict[str, Any]:
    """Return all values and gradients, and the versions they are of."""
    packages = {package for package, _ in VALUES.values()} | {"autograd", "jax", "numpy", "torch"}
    return {
        "values": measured(oracles.relative_entropy, pairs(), VALUES),
        "gradients": measured(exact_slope, paths(), GRADIENTS),
        "versions": {name: found for name in sorted(packages) if (found := version(name))},
    }


def main() -> None:
    """Print the comparison, and write it if asked to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--write", action="store_true", help=f"write {DATA.name} as well")
    write = parser.parse_args().write
    text = json.dumps(compare(), indent=1, ensure_ascii=False) + "\n"
    print(text, end="")
    if write:
        aside = DATA.with_suffix(".part")
        aside.write_text(text, encoding="utf-8")
        aside.replace(DATA)
        print(f"wrote {DATA}", file=sys.stderr)


if __name__ == "__main__":
    main()
