"""The order in which a tree is walked: children before parents, one sibling after the other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from qce import _checks
from qce._checks import error
from qce._concrete import constant

_TREE = "the parent of each wire, −1 for a root: (-1, 0, 1) for a chain"


@dataclass(frozen=True, eq=False)
class Order:
    """A tree as a list of steps on one register and a stack, for any number of children.

    Each step turns the product of the messages of a node's children, left by the step before, into
    the message of the node, and multiplies it by the product of the siblings before it. So the
    last sibling leaves the product of all for the parent. Roots are siblings of each other. A
    product needed later is put on a stack; since the branch that needs the highest stack goes
    first, that has at most log2(n) entries, and none for a chain.

    Attributes:
        nodes: Wires in the order of the steps, shape `(n,)`.
        leaf: Whether a step has no children, and starts from ones.
        first: Whether a step has no sibling before it.
        place: Entry of the stack that a step writes (a leaf that is first) or reads (a node that is
            neither); for the other steps the last entry, which is not used.
        height: Number of entries of the stack, that last one included.
    """

    nodes: np.ndarray
    leaf: np.ndarray
    first: np.ndarray
    place: np.ndarray
    height: int


def order_of(parents: tuple[int, ...]) -> Order:
    """Return the order of steps of a tree whose parents were checked, as constants for JAX."""
    kept = _order_of(parents)
    nodes, place = constant(kept.nodes), constant(kept.place)
    return Order(nodes, constant(kept.leaf), constant(kept.first), place, kept.height)


@cache
def _order_of(parents: tuple[int, ...]) -> Order:
    n = len(parents)
    children = _highest_first(parents)
    nodes = _preorder([own[::-1] for own in children])[::-1]
    leaf = np.array([not children[node] for node in nodes])
    first = np.array([children[parents[node]][0] == node for node in nodes])
    place, waiting, height = np.zeros(n, int), 0, 0
    for step in range(1, n):
        if leaf[step] and first[step]:
            place[step], waiting = waiting, waiting + 1
            height = max(height, waiting)
        elif not leaf[step] and not first[step]:
            waiting -= 1
            place[step] = waiting
        else:
            place[step] = -1
    place[0] = -1
    place[place < 0] = height
    return Order(np.array(nodes), leaf, first, place, height + 1)


def _highest_first(parents: tuple[int, ...]) -> list[list[int]]:
    """Children of each wire, and the roots: the branch that needs the highest stack first."""
    children = children_of(parents)
    needs = np.zeros(len(parents), int)
    for node in (*reversed(_preorder(children)), -1):
        own = children[node]
        own.sort(key=lambda child: -needs[child])
        if node >= 0:  # a leaf waits for nothing, and has nothing wait
            after = max((needs[child] + 1 for child in own[1:]), default=0)
            needs[node] = max(0, needs[own[0]], after) if own else -1
    return children


def children_of(parents: tuple[int, ...]) -> list[list[int]]:
    """Return the children of each wire, and, as the last entry, the roots."""
    children: list[list[int]] = [[] for _ in range(len(parents) + 1)]
    for wire, parent in enumerate(parents):
        children[parent].append(wire)
    return children


def _preorder(children: list[list[int]]) -> list[int]:
    """Wires that can be reached from a root, each after its parent."""
    found: list[int] = []
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
    if len(reached := _preorder(children_of(found))) < len(found):
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
    try:
        listed = [tuple(pair)[:2] for pair in pairs]
    except TypeError:
        but = f"it is {_checks.shown(graph)}"
        raise error("graph", "be a graph or a list of edges", but, remedy, TypeError) from None
    edges = _checks.whole("graph", listed, remedy).reshape(-1, 2)
    wires = sorted(graph.nodes()) if named else list(range(int(edges.max(initial=0)) + 1))
    if wires != list(range(len(wires))) or not wires or edges.min(initial=0) < 0:
        but = f"its nodes are {_checks.shown(wires)}"
        raise error("graph", "have the wires 0, 1, … as nodes", but, remedy)
    return len(wires), [(int(a), int(b)) for a, b in edges]
