"""A self-contained page of HTML: no other file, nothing from another machine.

All text is escaped here and nowhere else. In addition the page forbids a browser to load anything,
and to run any script but the one below.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any, NewType

from qce._text import legible

Html = NewType("Html", str)
"""HTML in which all text from elsewhere is escaped."""

_STYLE = """
:root { color-scheme: light dark; --line: #8886; --faint: #8881; --good: #007a55; --bad: #c03a00 }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem; overflow-wrap: anywhere } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem }
.wide { overflow-x: auto } table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { padding: .2rem .8rem .2rem 0; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--line); overflow-wrap: anywhere; max-width: 32rem }
thead th { white-space: nowrap } thead button { all: unset; cursor: pointer; font-weight: 600 }
thead button:focus-visible { outline: 2px solid }
thead [aria-sort=ascending] button::after { content: " ▲" }
thead [aria-sort=descending] button::after { content: " ▼" }
img { max-width: 100%; height: auto; background: #fff; border-radius: 4px; margin: .5rem 0 }
code { font-size: .9em } .good { color: var(--good) } .bad { color: var(--bad) }
@media (prefers-color-scheme: dark) { :root { --good: #3ecf9b; --bad: #ff9d6b } }
"""

# Rows by the value of a cell: numbers by size, others by their text, what is empty at the end.
_SCRIPT = """
for (const button of document.querySelectorAll("thead button")) button.onclick = () => {
  const head = button.parentElement, body = head.closest("table").tBodies[0];
  const up = head.ariaSort !== "ascending", at = head.cellIndex;
  for (const other of head.parentElement.cells) other.ariaSort = null;
  head.ariaSort = up ? "ascending" : "descending";
  const key = row => row.cells[at].dataset.key ?? row.cells[at].textContent;
  const order = (a, b) => a === "" ? 1 : b === "" ? -1 : (up ? 1 : -1) *
    (isNaN(a) || isNaN(b) ? a.localeCompare(b) : a - b);
  body.append(...[...body.rows].sort((a, b) => order(key(a), key(b))));
};
"""


def page(title: str, parts: Iterable[Html]) -> str:
    """Return the whole page."""
    digest = base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; "
    policy += f"form-action 'none'; script-src 'sha256-{digest}'"
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{text(title)}</title>\n<style>{_STYLE}</style></head><body>",
            f"<h1>{text(title)}</h1>",
            *parts,
            f"<script>{_SCRIPT}</script></body></html>\n",
        ]
    )


def text(value: Any) -> Html:
    """Return a value as text that a browser shows literally.

    >>> text('<script>"mine"</script>')
    '&lt;script&gt;&quot;mine&quot;&lt;/script&gt;'
    """
    return Html(escape(legible(value)))


def section(title: str, *parts: Html) -> Html:
    """Return parts under a heading; nothing where there are none."""
    inside = "\n".join(filter(None, parts))
    return Html(f"<h2>{text(title)}</h2>\n{inside}" if inside else "")


def paragraph(said: str, look: str = "") -> Html:
    """Return a paragraph; `look` is "good" or "bad"."""
    of = f' class="{look}"' if look else ""
    return Html(f"<p{of}>{text(said)}</p>")


def listed(lines: Iterable[str], look: str = "") -> Html:
    """Return a list of lines, nothing for none."""
    of = f' class="{look}"' if look else ""
    inside = "".join(f"<li{of}>{text(line)}</li>" for line in lines)
    return Html(f"<ul>{inside}</ul>" if inside else "")


def table(head: Sequence[str], rows: Iterable[Sequence[Any]], *, sortable: bool = False) -> Html:
    """Return a table; numbers are shown with six digits, and sorted by all of them."""
    lines = [f"<tr>{''.join(_cell(value) for value in row)}</tr>" for row in rows]
    if not lines:
        return Html("")
    heads = "".join(
        f"<th><button>{text(h)}</button></th>" if sortable else f"<th>{text(h)}</th>" for h in head
    )
    top = f"<thead><tr>{heads}</tr></thead>" if head else ""
    return Html(f'<div class="wide"><table>{top}<tbody>{"".join(lines)}</tbody></table></div>')


def _cell(value: Any) -> str:
    if value is None:
        return '<td data-key=""></td>'
    if isinstance(value, bool):
        return f"<td>{'yes' if value else 'no'}</td>"
    if isinstance(value, int | float):
        key = {"inf": "Infinity", "-inf": "-Infinity", "nan": ""}.get(str(value), str(value))
        shown = f"{value:.6g}" if isinstance(value, float) else str(value)
        return f'<td data-key="{key}">{text(shown)}</td>'
    return f"<td>{text(value)}</td>"


def image(content: bytes, kind: str, says: str) -> Html:
    """Return a picture inside the page, with its description; scripts in it do not run."""
    data = base64.b64encode(content).decode()
    return Html(f'<img alt="{text(says)}" src="data:image/{kind};base64,{data}">')
