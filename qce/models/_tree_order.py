"""The order in which a tree is walked: children before parents, one sibling after the other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from qce import _checks
from qce._checks import error

_TREE = "the parent of each wire, −1 for a root: (-1, 0, 1) for a chain"


@dataclass(frozen=True, eq=False)
class Order:
    """A tree as a list of products of two messages each, however many children a node has.

    The message of a node is multiplied by that of the sibling before it, which holds those of all
    earlier siblings already; the last sibling hands the product of all to the parent. Roots are
    siblings of each other. Slot k holds what step k makes, and slot n holds ones.

    Attributes:
        nodes: Wires in the order of the steps, shape `(n,)`.
        child: Slot of the last child of each, n where it has none.
        sibling: Slot of the sibling before it, n where there is none.
    """

    nodes: np.ndarray
    child: np.ndarray
    sibling: np.ndarray


@cache
def order_of(parents: tuple[int, ...]) -> Order:
    """Return the order of steps of a tree whose parents were checked."""
    n = len(parents)
    nodes = _preorder(parents)[::-1]
    child, sibling = np.full(n + 1, n), np.full(n, n)
    for slot, node in enumerate(nodes):
        parent = parents[node]  # −1, the last entry of `child`: what all roots are children of
        sibling[node], child[parent] = child[parent], slot
    return Order(np.array(nodes), child[nodes], sibling[nodes])


def children_of(parents: tuple[int, ...]) -> list[list[int]]:
    """Return the children of each wire, and, as the last entry, the roots."""
    children: list[list[int]] = [[] for _ in range(len(parents) + 1)]
    for wire, parent in enumerate(parents):
        children[parent].append(wire)
    return children


def _preorder(parents: tuple[int, ...]) -> list[int]:
    """Wires that can be reached from a root, each after its parent."""
    children, found = children_of(parents), []
    waiting = children[-1][::-1]
    while waiting:
        found.append(waiting.pop())
        waiting += children[found[-1]][::-1]
    return found


def check_parents(parents: Any) -> tuple[int, ...]:
    """Return the parents of one or several trees as whole numbers."""
    whole = _checks.whole("parents", parents, _TREE)
    if whole.ndim != 1 or not whole.size:
        raise error("parents", "have shape (n,)", f"their shape is {whole.shape}", _TREE)
    if whole.min() < -1 or whole.max() >= whole.size:
        odd = whole[(whole < -1) | (whole >= whole.size)][0]
        must = f"be wires from 0 to {whole.size - 1}, or −1"
        raise error("parents", must, f"one is {odd}", _TREE)
    found = tuple(whole.tolist())
    if len(reached := _preorder(found)) < len(found):
        wire = min(set(range(len(found))) - set(reached))
        raise error("parents", "make a tree", f"wire {wire} is its own ancestor", _TREE)
    return found


def rooted(graph: Any, root: int) -> tuple[int, ...]:
    """Return the parents of a graph without circles: of networkx, or a list of its edges."""
    wires, edges = _wires_and_edges(graph)
    root = _checks.integer("root", root, "root=0", least=0, most=wires - 1)
    neighbours: list[list[int]] = [[] for _ in range(wires)]
    for a, b in edges:
        neighbours[a].append(b)
        neighbours[b].append(a)
    parents = np.full(wires, -2)
    for start in (root, *range(wires)):
        if parents[start] > -2:
            continue
        parents[start], waiting = -1, [start]
        while waiting:
            wire = waiting.pop()
            for other in neighbours[wire]:
                if parents[other] == -2:
                    parents[other] = wire
                    waiting.append(other)
    if len(edges) != np.count_nonzero(parents >= 0):
        remedy = "a spanning tree of it, such as networkx.maximum_spanning_tree"
        raise error("graph", "have no circles", f"it has {len(edges)} edges", remedy)
    return tuple(parents.tolist())


def _wires_and_edges(graph: Any) -> tuple[int, list[tuple[int, int]]]:
    """Number of wires and pairs of them."""
    named = hasattr(graph, "nodes") and hasattr(graph, "edges")
    pairs: Iterable[Any] = graph.edges() if named else graph
    remedy = "a graph of the wires 0, 1, …, or their edges, [(0, 1), (1, 2)]"
    edges = _checks.whole("graph", [tuple(pair)[:2] for pair in pairs], remedy).reshape(-1, 2)
    wires = sorted(graph.nodes()) if named else list(range(int(edges.max(initial=0)) + 1))
    if wires != list(range(len(wires))) or not wires or edges.min(initial=0) < 0:
        but = f"its nodes are {_checks.shown(wires)}"
        raise error("graph", "have the wires 0, 1, … as nodes", but, remedy)
    return len(wires), [(int(a), int(b)) for a, b in edges]
