"""The tree along which the bits of a model depend on each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from qce import _checks
from qce._checks import error, shown
from qce.classical import mutual_information
from qce.data.rows import OPEN, seen_bits, wires_of
from qce.plots._style import BLUE, COLUMN, GREY, ORANGE, panel
from qce.typing import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NAMED = 60  # nodes whose names can be read
_APART = 0.9  # of nodes of one ring, where rings are 1 apart or more
_REMEDY = "a TensorTree, or what qce.models.chow_liu returns"


class Rooted(Protocol):
    """A model whose wires are the nodes of a tree."""

    @property
    def parents(self) -> tuple[int, ...]:
        """The parent of each wire, −1 for a root."""


def tree(
    model: Rooted,
    data: Array | None = None,
    *,
    names: Sequence[str] | None = None,
    axes: Axes | None = None,
) -> Axes:
    """Draw the dependency tree of a model: a node for each wire, a line to its parent.

    The middle of the tree is in the middle of the picture, each branch in a sector of its own, so
    that no two lines cross; trees that are independent stand beside each other. A root is a square.

    Args:
        model: `TensorTree`, `ChowLiuTree`, `HiddenTree`, or another model with `parents`.
        data: Rows of bits `(N, n)`, −1 or NaN where not seen: then a line is the wider, the larger
            the mutual information of its two bits in the rows that show both.
        names: Of the wires; their numbers by default. They are written where there are at most 60.
        axes: Where to draw; by default a new figure.

    Returns:
        The axes.

    Raises:
        ValueError: The model has no tree, or data or names are of other wires.

    Example:
        >>> from qce import models
        >>> axes = tree(models.TensorTree((-1, 0, 0, 1), bond=2), names=list("abcd"))
        >>> [text.get_text() for text in axes.texts]
        ['a', 'b', 'c', 'd']
    """
    parents = getattr(model, "parents", None)
    if not isinstance(parents, tuple) or not parents:
        raise error("model", "have a tree of wires", f"it is {shown(model)}", _REMEDY, TypeError)
    names = _names(names, len(parents))
    shared = None if data is None else _shared(data, parents)
    places = _layout(parents)
    across, down = np.ptp(places, axis=0) + 1.0
    width = float(np.clip(0.13 * across, 1.0, 2.0))
    with panel(axes, width, width * float(np.clip(down / across, 0.25, 1.0))) as axes:
        widths = np.ones(len(parents)) if shared is None else 0.4 + 4 * shared / np.log(2)
        for wire, parent in enumerate(parents):
            if parent >= 0:
                ends = places[[wire, parent]].T
                axes.plot(*ends, color=GREY, linewidth=widths[wire], zorder=1)
        _nodes(axes, places, parents, names, 0.75 * 72 * COLUMN * width / across)
        axes.set(xlim=_limits(places[:, 0]), ylim=_limits(places[:, 1]))
        if shared is not None:
            axes.set_title(f"line width: mutual information, up to {shared.max():.2g} nats")
        axes.set_aspect("equal")
        axes.set_axis_off()
    return axes


def _limits(x: np.ndarray) -> tuple[float, float]:
    return x.min() - 0.6, x.max() + 0.6


def _nodes(
    axes: Axes, places: np.ndarray, parents: tuple[int, ...], names: list[str], room: float
) -> None:
    """Draw nodes, with their names where these can be read."""
    root, named = np.array(parents) < 0, len(parents) <= _NAMED
    size = min(room, 11.0) ** 2 if named else min(room**2, 1500 / len(parents))
    for mark, chosen, color in (("o", ~root, BLUE), ("s", root, ORANGE)):
        x, y = places[chosen].T
        face = "white" if named else color
        axes.scatter(x, y, size, face, marker=mark, edgecolors=color, linewidths=1.0, zorder=2)
    for (x, y), name in zip(places, names, strict=True) if named else ():
        axes.text(x, y, name, ha="center", va="center_baseline", fontsize=6)


def _names(names: Sequence[str] | None, wires: int) -> list[str]:
    if names is None:
        return [str(wire) for wire in range(wires)]
    found = [str(name) for name in _checks.sequence("names", names, "one name a wire")]
    if len(found) != wires:
        but = f"there are {len(found)} for {wires} wires"
        raise error("names", "name every wire", but, "one name a wire")
    return found


def _shared(data: Array, parents: tuple[int, ...]) -> np.ndarray:
    """Mutual information of each bit and its parent's, in nats; 0 of a root."""
    bits = seen_bits("data", data)
    wires_of("data", bits, len(parents))
    rows = bits.reshape(-1, len(parents))
    found = np.zeros(len(parents))
    for wire, parent in enumerate(parents):
        pair = rows[:, [parent, wire]]
        pair = pair[(pair != OPEN).all(axis=1)]
        if parent >= 0 and len(pair):
            joint = np.bincount(2 * pair[:, 0] + pair[:, 1], minlength=4) / len(pair)
            found[wire] = mutual_information(joint, 0, 1)
    return found


# --- where the nodes are --------------------------------------------------------------------------


def _layout(parents: tuple[int, ...]) -> np.ndarray:
    """Places `(n, 2)` of the nodes: each tree around its middle, one tree beside the other."""
    neighbours: list[list[int]] = [[] for _ in parents]
    for wire, parent in enumerate(parents):
        if parent >= 0:
            neighbours[wire].append(parent)
            neighbours[parent].append(wire)
    places, right = np.zeros((len(parents), 2)), 0.0
    for root in (wire for wire, parent in enumerate(parents) if parent < 0):
        middle = _middle(neighbours, root)
        nodes = _around(neighbours, middle, places)
        places[nodes, 0] += right - places[nodes, 0].min()
        right = places[nodes, 0].max() + 1.0
    return places


def _walk(neighbours: list[list[int]], start: int) -> list[tuple[int, int]]:
    """Nodes of a tree, each with the one it was reached from, those near the start first."""
    found = [(start, -1)]
    for node, before in found:
        found += [(other, node) for other in neighbours[node] if other != before]
    return found


def _middle(neighbours: list[list[int]], start: int) -> int:
    """The node half-way along a longest path."""
    one_end = _walk(neighbours, start)[-1][0]
    walked = _walk(neighbours, one_end)
    before, node = dict(walked), walked[-1][0]
    path = [node]
    while before[path[-1]] >= 0:
        path.append(before[path[-1]])
    return path[len(path) // 2]


def _around(neighbours: list[list[int]], middle: int, places: np.ndarray) -> list[int]:
    """Place a tree around its middle: a sector for each branch, as wide as it has leaves."""
    walked = _walk(neighbours, middle)
    leaves = dict.fromkeys((node for node, _ in walked), 0)
    for node, before in reversed(walked):
        leaves[node] = max(leaves[node], 1)
        if before >= 0:
            leaves[before] += leaves[node]
    # The first branch goes to the right: a chain lies.
    start, depth, angle = {middle: -np.pi / 2}, {middle: 0}, {}
    turn = 2 * np.pi / leaves[middle]
    for node, before in walked:
        angle[node] = start[node] + turn * leaves[node] / 2
        begin = start[node]
        for other in neighbours[node]:
            if other != before:
                start[other], depth[other] = begin, depth[node] + 1
                begin += turn * leaves[other]
    radius = _radii(depth, angle)
    for node, where in angle.items():
        places[node] = radius[depth[node]] * np.array([np.cos(where), np.sin(where)])
    return list(angle)


def _radii(depth: dict[int, int], angle: dict[int, float]) -> list[float]:
    """The radius of each ring: one more than that of the ring inside, and room for its nodes."""
    radii = [0.0]
    for ring in range(1, max(depth.values()) + 1):
        found = np.sort([angle[node] for node, at in depth.items() if at == ring])
        gaps = np.diff(np.append(found, found[0] + 2 * np.pi))
        radii.append(max(radii[-1] + 1.0, _APART / gaps.min()))
    return radii
