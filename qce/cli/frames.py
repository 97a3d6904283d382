"""The display of `qce watch`: one frame of the terminal, of one run or of many.

The contents of runs are shown as text only: markup and escape sequences have no effect.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from qce._text import legible
from qce.runs.live import Sight, Training, detailed, glance

_COLOURS = {"running": "green", "failed": "red", "damaged": "red", "stopped": "yellow"}
_BARS = "▁▂▃▄▅▆▇█"
_CURVE = 16  # characters of a curve
_NAME = 12  # characters of a run's name, at least


class Line(NamedTuple):
    """A line of the table: a run, and the training of it that is shown."""

    sight: Sight
    training: Training | None
    name: str
    goes_on: bool


class Column(NamedTuple):
    """A column: its text for a line, and its width."""

    head: str
    width: int
    cell: Callable[[Line, float], str]


def frame(place: Path, limit: int, width: int, now: float) -> RenderableType:
    """Return one frame for a run or a folder of runs.

    Args:
        place: The folder; that of a run may have been renamed meanwhile.
        limit: The most runs, or trainings of one run, that are shown.
        width: Of the terminal, in characters.
        now: Seconds since 1970.
    """
    place = renamed(place)
    try:
        seen = glance(place)
    except FileNotFoundError:  # renamed just now, or not there at all
        seen = glance(place := renamed(place))
    if len(seen) == 1 and seen[0].folder == place:
        return _one(detailed(seen[0]), limit, width, now)
    shown = [detailed(sight) for sight in seen[:limit]]
    lines = [_line(sight) for sight in shown]
    parts: list[RenderableType] = [_text(f"{place}: {_counted(seen)}")]
    if lines:
        parts.append(_table(lines, width, now))
    if left := seen[limit:]:
        parts.append(_text(f"… {len(left)} more: {_counted(left)}"))
    return Group(*parts, *_notes(shown))


def renamed(place: Path) -> Path:
    """The present folder of a run: NAME.partial, NAME if finished, or such as NAME.failed-1."""
    if place.exists() or not place.parent.is_dir():
        return place
    base = place.name.removesuffix(".partial")
    same = [base, f"{base}.partial"]
    found = [place.with_name(name) for name in same if place.with_name(name).is_dir()]
    kept = (f for how in ("failed", "stopped") for f in place.parent.glob(f"*.{how}-*"))
    aside = [folder for folder in kept if folder.name.rpartition(".")[0] == base]
    found += sorted(aside, key=lambda folder: folder.lstat().st_mtime, reverse=True)
    return found[0] if found else place


def _one(sight: Sight, limit: int, width: int, now: float) -> RenderableType:
    head = f"{sight.folder}: {sight.state}, written {_span(now - sight.written)} ago"
    goes_on = sight.state == "running"
    last = sight.trainings[-1:]
    lines = [
        Line(sight, one, one.part or "training", goes_on and one in last)
        for one in sight.trainings[-limit:]
    ]
    parts: list[RenderableType] = [_text(head)]
    if lines:
        parts.append(_table(lines, width, now, of_one=True))
    elif goes_on:
        parts.append(_text("no training has made a step yet"))
    if sight.numbers:
        told = "  ".join(f"{name} {_number(x)}" for name, x in sight.numbers.items() if x != "")
        parts.append(_text(f"last metrics: {told}"))
    return Group(*parts, *_notes([sight]))


def _line(sight: Sight) -> Line:
    training = sight.trainings[-1] if sight.trainings else None
    name = sight.folder.name
    if sight.state != "foreign":
        name = name.removesuffix(".partial")
    if training is not None and training.part:
        name = f"{name} · {training.part}"
    return Line(sight, training, name, sight.state == "running")


def _notes(sights: Iterable[Sight]) -> list[RenderableType]:
    told = [sight for sight in sights if sight.problem and sight.problem != "killed"]
    return [_text(f"{sight.folder.name}: {sight.problem}") for sight in told]


def _counted(sights: Sequence[Sight]) -> str:
    counts = Counter(sight.state for sight in sights)
    return ", ".join(f"{number} {how}" for how, number in counts.items()) or "no runs"


# --- the table ------------------------------------------------------------------------------------


def _table(lines: list[Line], width: int, now: float, of_one: bool = False) -> Table:
    """The columns that are not empty, as many as fit; the name has the rest of the width."""
    first = [] if of_one else [_STATE]
    room = width - _NAME - sum(column.width + 2 for column in first)
    chosen = []
    for column in _COLUMNS:
        says = any(column.cell(line, now) for line in lines)
        if says and column.width + 2 <= room:
            chosen.append(column)
            room -= column.width + 2
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in first:
        table.add_column(column.head, width=column.width, no_wrap=True)
    name = "training" if of_one else "run"
    fitting = min(room + _NAME, max(cell_len(legible(line.name)) for line in lines))
    table.add_column(name, width=max(fitting, _NAME), no_wrap=True, overflow="ellipsis")
    for column in sorted(chosen, key=_ORDER.index):
        table.add_column(column.head, width=column.width, no_wrap=True, justify="right")
    for line in lines:
        style = _COLOURS.get(line.sight.state, "")
        cells = [_text(column.cell(line, now), style) for column in first]
        cells.append(_text(line.name))
        cells += [_text(c.cell(line, now)) for c in sorted(chosen, key=_ORDER.index)]
        table.add_row(*cells)
    return table


def _state(line: Line, now: float) -> str:
    return line.sight.state


def _step(line: Line, now: float) -> str:
    if line.training is None:
        step = line.sight.numbers.get("step", "")
        return _number(step)
    of = "" if line.training.steps is None else f"/{_short(line.training.steps)}"
    return f"{_short(line.training.step)}{of}"


def _loss(line: Line, now: float) -> str:
    if line.training is None:
        return _number(line.sight.numbers.get("loss", ""))
    return f"{line.training.loss:.6g}"


def _gap(line: Line, now: float) -> str:
    gap = None if line.training is None else line.training.gap
    return "" if gap is None else f"{gap:.2e}"


def _validation(line: Line, now: float) -> str:
    found = None if line.training is None else line.training.validation
    return "" if found is None else f"{found:.6g}"


def _left(line: Line, now: float) -> str:
    if not line.goes_on or line.training is None or (left := line.training.left) is None:
        return ""
    return _span(left)


def _shots(line: Line, now: float) -> str:
    """Spending and its bound: of shots, or of circuits or jobs if their bound is nearer."""
    if line.training is None:
        return ""
    spent, budget = vars(line.training.spent), line.training.budget
    name = max(budget, key=lambda k: spent[k] / max(budget[k], 1), default="shots")
    if not spent[name] and name not in budget:
        return ""
    unit = "" if name == "shots" else f" {name}"
    return f"{_short(spent[name])}{f'/{_short(budget[name])}' if name in budget else ''}{unit}"


def _written(line: Line, now: float) -> str:
    return f"{_span(now - line.sight.written)} ago"


def _curve(line: Line, now: float) -> str:
    """The losses so far as little bars, each the mean of its share of the steps."""
    losses = np.zeros(0) if line.training is None else line.training.losses
    losses = losses[np.isfinite(losses)]
    if len(losses) < 2:
        return ""
    shares = [part.mean() for part in np.array_split(losses, min(_CURVE, len(losses)))]
    least, most = min(shares), max(shares)
    scale = (len(_BARS) - 1) / (most - least) if most > least else 0.0
    return "".join(_BARS[round((share - least) * scale)] for share in shares)


_STATE = Column("state", 8, _state)
_COLUMNS = (
    Column("loss", 10, _loss),
    Column("step", 11, _step),
    Column("left", 6, _left),
    Column("gap", 9, _gap),
    Column("shots", 14, _shots),
    Column("validation", 10, _validation),
    Column("written", 10, _written),
    Column("curve", _CURVE, _curve),
)
"""By importance: the last go first where a terminal is narrow."""
_ORDER = [_COLUMNS[k] for k in (1, 0, 3, 5, 2, 4, 6, 7)]


# --- words ----------------------------------------------------------------------------------------


def _text(said: str, style: str = "") -> Text:
    return Text(legible(said), style=style, overflow="fold")


def _number(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(value)[:40]


def _short(count: int) -> str:
    """A number of steps or shots in at most five characters.

    >>> _short(999), _short(12_345), _short(1_000_000), _short(2_500_000_000)
    ('999', '12345', '1M', '2.5G')
    """
    for unit, size in (("G", 10**9), ("M", 10**6), ("k", 10**3)):
        if count >= max(size, 10**5):
            return f"{count / size:.3g}{unit}"
    return str(count)


def _span(seconds: float) -> str:
    """A time in one or two units.

    >>> [_span(t) for t in (0.4, 75, 7300, 200_000, float("inf"))]
    ['0 s', '1m15s', '2h01m', '2d07h', 'inf']
    """
    if not math.isfinite(seconds):
        return str(seconds)
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    for unit, size, part, small in (("d", 86400, "h", 3600), ("h", 3600, "m", 60)):
        if whole >= size:
            return f"{whole // size}{unit}{whole % size // small:02d}{part}"
    return f"{whole // 60}m{whole % 60:02d}s"
