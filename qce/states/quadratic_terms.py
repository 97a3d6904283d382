"""Terms of Hamiltonians as products of two Majorana operators; others are refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from qce import _checks
from qce._checks import error

Letters = dict[int, str]  # of a Pauli string, by the place of its wire

_EXCHANGED = {"X": "Z", "Y": "Y", "Z": "X"}
# X…X, X…Y, Y…X and Y…Y with Z on all wires between are ∓i γ_jγ_k. The table gives which two of the
# four Majorana operators of the ends these are, and the factor of i.
_ENDS = {"XX": (1, 0, -1), "XY": (1, 1, -1), "YX": (0, 0, 1), "YY": (0, 1, 1)}


def by_wires(
    sentence: Mapping[Any, Any], wires: Iterable[Any]
) -> tuple[list[tuple[Letters, Any]], int]:
    """Words of a Pauli sentence, each a mapping wire → letter, and the number of wires.

    `wires` are all wires of the operator, also those on which it acts as the identity.
    """
    place = _places({*wires, *(wire for word in sentence for wire in word)})
    return [({place[w]: s for w, s in word.items()}, c) for word, c in sentence.items()], len(place)


def _places(wires: set[Any]) -> dict[Any, int]:
    """The number of each wire in their order."""
    try:
        return {wire: k for k, wire in enumerate(sorted(wires))}
    except TypeError:
        but = f"they are {_checks.shown(sorted(wires, key=str))}"
        remedy = "an operator on wires 0, 1, …, as `qml.map_wires` makes one"
        raise error("hamiltonian", "act on wires that have an order", but, remedy) from None


def by_strings(sentence: Mapping[Any, Any]) -> tuple[list[tuple[Letters, Any]], int]:
    """Words written as strings of I, X, Y, Z, wire 0 first."""
    for word in sentence:
        if not isinstance(word, str) or not word or set(word) - set("IXYZ"):
            but = f"one is {_checks.shown(word)}"
            raise error("hamiltonian", "have Pauli strings as keys", but, '{"XX": -1.0}', TypeError)
    lengths = {len(word) for word in sentence}
    if len(lengths) != 1:
        but = f"their lengths are {sorted(lengths)}"
        raise error("hamiltonian", "have strings of one length", but, 'for example {"XX": -1.0}')
    words = [({k: s for k, s in enumerate(w) if s != "I"}, c) for w, c in sentence.items()]
    return words, lengths.pop()


def of_words(words: list[tuple[Letters, Any]], n: int) -> tuple[np.ndarray, str]:
    """A of a sum of Pauli strings, and the axis along which it is quadratic."""
    if n == 0:
        raise error("hamiltonian", "act on a wire", "it is a multiple of the identity", "one term")
    words = _present(words)
    bad = _first_other(words)
    if bad is None:
        return _sum(words, n), "Z"
    turned = [_exchanged(*word) for word in words]
    if _first_other(turned) is None:
        return _sum(turned, n), "X"
    text = " ".join(f"{letter}({wire})" for wire, letter in sorted(bad.items()))
    remedy = "Z, or two of X and Y with Z on all wires between, in each term; or `Thermal`"
    raise error("hamiltonian", "be quadratic in fermions", f"its term {text} is not", remedy)


def _sum(words: Iterable[tuple[Letters, float]], n: int) -> np.ndarray:
    a = np.zeros((2 * n, 2 * n))
    for word, coefficient in words:
        if (found := _majoranas(word)) is not None:
            j, k, sign = found
            a[j, k] += 2 * sign * coefficient
    return a - a.T


def _present(words: Iterable[tuple[Letters, Any]]) -> list[tuple[Letters, float]]:
    """Words with real coefficients other than 0."""
    numbers = [(word, _real(coefficient)) for word, coefficient in words]
    return [(word, number) for word, number in numbers if number]


def _first_other(words: Iterable[tuple[Letters, Any]]) -> Letters | None:
    return next((word for word, _ in words if word and _majoranas(word) is None), None)


def _majoranas(word: Letters) -> tuple[int, int, int] | None:
    """j, k and κ of a word κ i γ_jγ_k; None for the identity and all other words."""
    places = sorted(word)
    if len(places) == 1 and word[places[0]] == "Z":
        return 2 * places[0], 2 * places[0] + 1, -1
    if len(places) < 2:
        return None
    first, last = places[0], places[-1]
    between = [word[k] for k in places[1:-1]]
    ends = _ENDS.get(word[first] + word[last])
    if ends is None or len(between) != last - first - 1 or set(between) - {"Z"}:
        return None
    return 2 * first + ends[0], 2 * last + ends[1], ends[2]


def _exchanged(word: Letters, coefficient: Any) -> tuple[Letters, Any]:
    """X and Z change places, and Y its sign."""
    sign = (-1) ** list(word.values()).count("Y")
    return {k: _EXCHANGED[letter] for k, letter in word.items()}, sign * coefficient


def majoranas(string: str, axis: str) -> tuple[int, int, int]:
    """J, k and κ of a Pauli string κ i γ_jγ_k along an axis."""
    word = {k: letter for k, letter in enumerate(string) if letter != "I"}
    sign = 1
    if axis == "X":
        word, sign = _exchanged(word, 1)
    found = _majoranas(word) if not set(string) - set("IXYZ") else None
    if found is None:
        must, but = f"be quadratic in fermions along {axis}", f"{_checks.shown(string)} is not"
        remedy = "Z, or two of X and Y with Z on all wires between; or the other axis"
        raise error("strings", must, but, remedy)
    return found[0], found[1], sign * found[2]


def string_of(wires: int, j: int, k: int) -> str:
    """The Pauli string of γ_jγ_k, j < k, up to a factor."""
    if j // 2 == k // 2:
        return "I" * (j // 2) + "Z" + "I" * (wires - j // 2 - 1)
    ends = "YX"[j % 2], "XY"[k % 2]
    between = "Z" * (k // 2 - j // 2 - 1)
    return "I" * (j // 2) + ends[0] + between + ends[1] + "I" * (wires - k // 2 - 1)


def _number(coefficient: Any) -> complex:
    try:
        number = complex(coefficient)
    except (TypeError, ValueError):
        but = f"one is {_checks.shown(coefficient)}"
        raise error("hamiltonian", "have numbers as coefficients", but, "numbers") from None
    if not np.isfinite(number):
        but = f"one is {number:.6g}"
        raise error("hamiltonian", "have real, finite coefficients", but, "a Hermitian operator")
    return number


def _real(coefficient: Any) -> float:
    number = _number(coefficient)
    if abs(number.imag) > _checks.tolerance(np.float64) * abs(number):
        but = f"one is {number:.6g}"
        raise error("hamiltonian", "have real, finite coefficients", but, "a Hermitian operator")
    return number.real


# --- ladder operators ---------------------------------------------------------------------------


def is_fermionic(x: Any) -> bool:
    """Whether an object is a word of ladder operators, or a sum of them, as PennyLane's are."""
    if not isinstance(x, Mapping) or not hasattr(x, "wires"):
        return False
    if any(kind.__name__.startswith("Bose") for kind in type(x).__mro__):  # of the same form
        but, remedy = f"it is a {type(x).__name__}", "FermiSentence, or Pauli strings"
        raise error("hamiltonian", "be of fermions", but, remedy, TypeError)
    first = next(iter(x), None)
    return isinstance(first, tuple) or isinstance(first, Mapping) and hasattr(first, "sorted_dic")


def _order(factor: tuple[tuple[int, Any], str]) -> int:
    """The place of a ladder operator in its product."""
    return factor[0][0]


def of_ladder(x: Any) -> np.ndarray:
    """A of a sum of products of two ladder operators, and of multiples of the identity."""
    sentence = x if not isinstance(next(iter(x)), tuple) else {x: 1.0}
    place = _places({*x.wires, *(wire for word in sentence for _, wire in word)})
    if not place:
        raise error("hamiltonian", "act on a wire", "it is a multiple of the identity", "one term")
    wires = list(place)
    pairs = np.zeros((2 * len(wires), 2 * len(wires)), dtype=complex)
    for word, coefficient in sentence.items():
        number = _number(coefficient)
        factors = [(place[wire], kind) for (_, wire), kind in sorted(word.items(), key=_order)]
        if not factors:
            _real(number)
        if not factors or number == 0:
            continue
        if len(factors) != 2:
            text = " ".join(f"a{kind}({wires[k]})" for k, kind in factors)
            remedy = "products of two ladder operators; or `Thermal` of its matrix"
            raise error(
                "hamiltonian", "be quadratic in fermions", f"its term {text} is not", remedy
            )
        (i, first), (j, second) = factors
        left = np.array([0.5, -0.5j if first == "+" else 0.5j])
        right = np.array([0.5, -0.5j if second == "+" else 0.5j])
        pairs[2 * i : 2 * i + 2, 2 * j : 2 * j + 2] += number * np.outer(left, right)
    a = -2j * (pairs - pairs.T)
    if not np.abs(a.imag).max() <= _checks.tolerance(np.float64) * max(np.abs(a).max(), 1e-300):
        but = "it differs from its adjoint"
        raise error("hamiltonian", "be Hermitian", but, "each term with its adjoint")
    return a.real
