"""Text from elsewhere, made safe to show: on a terminal, in JSON, in a spreadsheet.

File names, reports, settings and messages may hold anything. A terminal obeys escape sequences,
text direction can be reversed, and a spreadsheet computes text that starts like a formula.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

# Controls (C0, C1, DEL), invisible formats (direction, joiners), halves of pairs, line separators.
_UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


def legible(text: Any, *, lines: bool = False) -> str:
    r"""Return a text with control and invisible characters escaped.

    Args:
        text: Any object, of which `str` is used.
        lines: Whether line breaks stay, as in a complete table.

    Example:
        >>> print(legible("loss\x1b]0;mine\a \u202eσ"))
        loss\x1b]0;mine\x07 \u202eσ
    """
    text = str(text)
    if text.isprintable():
        return text
    kept = "\n" if lines else ""
    return "".join(
        c.encode("unicode_escape").decode("ascii")
        if unicodedata.category(c) in _UNSEEN and c not in kept
        else c
        for c in text
    )


def ascii_json(text: str) -> str:
    r"""Return JSON with everything outside of printable ASCII escaped: the same values.

    >>> print(ascii_json('{"σ": "\x9b2J"}'))
    {"\u03c3": "\u009b2J"}
    """

    def escaped(found: re.Match[str]) -> str:
        pairs = found[0].encode("utf-16-be", "surrogatepass").hex()
        return "".join(f"\\u{pairs[k : k + 4]}" for k in range(0, len(pairs), 4))

    return re.sub(r"[^\n -~]", escaped, text)


def cell(value: Any) -> Any:
    """Return a value for a CSV file: a text that a spreadsheet would compute gets a leading '.

    >>> cell("=1+1"), cell("-1.5"), cell(-1.5), cell("plain")
    ("'=1+1", '-1.5', -1.5, 'plain')
    """
    if not isinstance(value, str):
        return value
    shown = legible(value)
    return f"'{shown}" if shown.lstrip().startswith(_FORMULA) and not _is_number(shown) else shown


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
