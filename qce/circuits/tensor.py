"""Chains of tensors as circuits: trained by exact likelihood, prepared on a device exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pennylane as qml

from qce import _checks
from qce._checks import error
from qce._concrete import constant
from qce.circuits.circuit import Block, Circuit, check_wires
from qce.typing import Array

_CHAIN = "a chain such as models.MatrixProduct(wires, bond)"


def from_tree(model: Any, params: Array) -> Circuit:
    r"""The circuit that prepares a chain of tensors, a matrix product state, exactly.

    A staircase of n − k unitaries, each on k + 1 neighbours of the chain, with 2^k the least power
    of 2 that is at least the bond: the wires that follow hold the bond. It has no parameters;
    `then` appends trainable blocks, such as those of `orthogonal`, which are the identity at angles
    0.

    Args:
        model: a `models.TensorTree` of coherence 1 without purification in which no wire has more
            than two neighbours, with any root; several chains are prepared side by side.
        params: shape `(size,)`.

    Returns:
        Circuit of size 0 from |0…0⟩ to $\sum_x ψ(x)|x⟩$ up to a phase, to about n·1e-16.

    Raises:
        ValueError: the tree has branches, it is no pure state, or all its amplitudes are 0.

    Source: C. Schön et al., Phys. Rev. Lett. 95, 110503 (2005), for states made one wire after the
    other; S.-J. Ran, Phys. Rev. A 101, 032310 (2020), for the staircase.

    Example:
        >>> from qce.models import MatrixProduct
        >>> model = MatrixProduct(4, bond=2)
        >>> params = model.initial(0)
        >>> circuit = from_tree(model, params)
        >>> ket = np.eye(16)[0]
        >>> p = np.abs(np.asarray(circuit.evolve(ket, np.zeros(0)))) ** 2
        >>> bool(abs(p[3] - np.exp(model.log_prob(params, [0, 0, 1, 1]))) < 1e-6)
        True
    """
    _check_pure(model)
    tensors = np.asarray(model.tensors(params))[:, 0].astype(complex)
    if not np.isfinite(tensors).all():
        raise error("params", "be finite", "one is not", "parameters of a trained model")
    gates = [gate for path in _paths(model.parents) for gate in _prepared(path, model, tensors)]
    block = Block("matrix product state", 0, _Staircase(tuple(gates)))
    return Circuit(check_wires(model.wires), ((block, 1),))


@dataclass(frozen=True, eq=False)
class _Staircase:
    """Unitaries on some wires each, as the `apply` of a block."""

    gates: tuple[tuple[tuple[int, ...], np.ndarray], ...]

    def __call__(self, params: Array, wires: Sequence[int]) -> None:
        del params
        for on, unitary in self.gates:
            qml.QubitUnitary(constant(unitary), wires=[wires[wire] for wire in on])


def _prepared(
    path: list[int], model: Any, tensors: np.ndarray
) -> list[tuple[tuple[int, ...], np.ndarray]]:
    """The gates of one chain, in the order of application, with the wires each acts on."""
    sites = _canonical([_matrices(wire, path, model.parents, tensors) for wire in path])
    widest = max(site.shape[0] for site in sites)
    beside = min((widest - 1).bit_length(), len(path) - 1)
    gates = []
    for first in range(len(path) - beside):
        isometry = sites[first]
        if first == len(path) - 1 - beside:  # what is left of the bond is the last wires themselves
            for site in sites[first + 1 :]:
                isometry = np.tensordot(isometry, site, axes=1)
        gates.append((tuple(path[first : first + beside + 1]), _unitary(isometry, beside)))
    return gates


def _unitary(isometry: np.ndarray, beside: int) -> np.ndarray:
    """A unitary that acts as this isometry on the bond on the first wires, with the last in |0⟩.

    `isometry` is (bond, bits and next bond …); each of its rows is the image of one value.
    """
    bond = isometry.shape[0]
    images = np.zeros((bond, 2, 2**beside), dtype=complex)
    flat = isometry.reshape(bond, 2, -1)
    images[:, :, : flat.shape[2]] = flat
    images = images.reshape(bond, -1).T
    rest = np.linalg.qr(images, mode="complete")[0][:, bond:]
    unitary = np.zeros((2 ** (beside + 1),) * 2, dtype=complex)
    given = 2 * np.arange(bond)
    unitary[:, given] = images
    unitary[:, np.setdiff1d(np.arange(len(unitary)), given)] = rest
    return unitary


def _canonical(matrices: list[np.ndarray]) -> list[np.ndarray]:
    """Tensors (bond, bit, next bond) of the same state whose rows are orthonormal, norm 1.

    From the last wire to the first, the triangular factor is passed on; the first bond is 1.
    """
    carried = np.ones((matrices[-1].shape[2], 1), dtype=complex)
    sites = []
    for wire in reversed(matrices):
        joined = np.moveaxis(wire @ carried, 0, 1)  # (bond, bit, next bond)
        if wire is matrices[0]:
            joined = joined.sum(axis=0, keepdims=True)
        left, size, rows = np.linalg.svd(joined.reshape(len(joined), -1), full_matrices=False)
        if size[0] == 0:
            but = "all of them are 0"
            raise error("params", "give amplitudes", but, "parameters of a trained model")
        # Equal or unused values of a bond would cost wires on the device; here they are rounding.
        kept = size > np.finfo(float).eps * joined.size * size[0]
        sites.append(rows[kept].reshape(-1, *joined.shape[1:]))
        carried = left[:, kept] * (size[kept] / size[0])
    sites[-1] = sites[-1] * carried[0, 0]
    return sites[::-1]


def _matrices(
    wire: int, path: list[int], parents: Sequence[int], tensors: np.ndarray
) -> np.ndarray:
    """K of a wire as matrices from left to right along the path, `(2, D, D)`."""
    tensor, place = tensors[wire], path.index(wire)
    if parents[wire] < 0:  # both neighbours are joined at its own bond
        return np.einsum("xb,bc->xbc", tensor[:, 0], np.eye(tensor.shape[2]))
    from_left = place > 0 and path[place - 1] == parents[wire]
    return tensor if from_left else tensor.swapaxes(1, 2)


def _paths(parents: Sequence[int]) -> list[list[int]]:
    """The wires of each chain from one end to the other, from the end with the lower number."""
    joined: list[list[int]] = [[] for _ in parents]
    for wire, parent in enumerate(parents):
        if parent >= 0:
            joined[wire].append(parent)
            joined[parent].append(wire)
    if (most := max(map(len, joined))) > 2:
        but = f"a wire has {most} neighbours"
        raise error("model", "be a chain, two neighbours a wire at most", but, _CHAIN)
    paths: list[list[int]] = []
    done: set[int] = set()
    for wire, neighbours in enumerate(joined):
        if wire in done or len(neighbours) == 2:
            continue
        path = [wire]
        while more := [w for w in joined[path[-1]] if w not in path[-2:]]:
            path += more
        paths.append(path)
        done.update(path)
    return paths


def _check_pure(model: Any) -> None:
    if not (hasattr(model, "tensors") and hasattr(model, "parents")):
        but = f"it is {_checks.shown(model)}"
        raise error("model", "be a tree of tensors", but, _CHAIN, TypeError)
    if model.coherence != 1 or model.purification != 1:
        what = f"coherence {model.coherence}, purification {model.purification}"
        remedy = "a model with coherence=1 and purification=1"
        raise error("model", "be a pure state", f"it has {what}", remedy)
