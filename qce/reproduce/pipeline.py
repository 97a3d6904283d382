"""From experiments to the PDF: stored runs are not repeated, derived files are made again."""

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qce import runs
from qce._checks import error
from qce._showing import Shown
from qce.reproduce import latex, text
from qce.reproduce._files import put
from qce.reproduce.drawing import write_figure
from qce.reproduce.oracle import Check, compare
from qce.reproduce.paper import catalogue, choose


@dataclass(frozen=True, repr=False)
class Reproduction(Shown):
    """The result of `reproduce`.

    Args:
        sweep: The report on the runs.
        folder: Where figures, values, report and PDF are.
        figures: Files of the figures.
        checks: Every known value beside the one that was found.
        left_out: Figures whose modules are not installed, with what they lack.
        older: Folders of runs by an experiment file that has changed since, which were done again.
        complete: Whether all of the full paper was asked for, so that no value may be absent.
        pdf: The PDF, None where it was not made.
        why: Why there is no PDF.
    """

    sweep: runs.SweepReport
    folder: Path
    figures: tuple[Path, ...]
    checks: tuple[Check, ...]
    left_out: dict[str, tuple[str, ...]]
    older: tuple[Path, ...]
    complete: bool
    pdf: Path | None
    why: str = ""

    @property
    def wrong(self) -> tuple[Check, ...]:
        """Values outside their error, and absent ones where none may be."""
        bad = {"OUTSIDE", "absent"} if self.complete else {"OUTSIDE"}
        return tuple(check for check in self.checks if check.verdict in bad)

    @property
    def passed(self) -> bool:
        """Whether every run ended well and every value is within its error."""
        return not self.sweep.failed and not self.wrong

    def as_dict(self) -> dict[str, Any]:
        """Return all of it as nested dictionaries, for JSON."""
        return {
            "passed": self.passed,
            "done": [str(folder) for folder in self.sweep.done],
            "skipped": [str(folder) for folder in self.sweep.skipped],
            "failed": {str(folder): why.reason for folder, why in self.sweep.failed.items()},
            "figures": [str(path) for path in self.figures],
            "left out": self.left_out,
            "older": [str(folder) for folder in self.older],
            "pdf": str(self.pdf) if self.pdf else None,
            "why": self.why,
            "checks": [check.as_dict() for check in self.checks],
        }

    def __str__(self) -> str:
        counts = {v: sum(c.verdict == v for c in self.checks) for v in ("ok", "OUTSIDE", "absent")}
        lines = [
            f"runs: {self.sweep}",
            f"figures: {len({path.stem for path in self.figures if path.suffix == '.pdf'})}",
            f"values: {counts['ok']} within their error, {counts['OUTSIDE']} outside"
            + (f", {counts['absent']} not in runs of this size" if counts["absent"] else ""),
        ]
        lines += [
            f"  older: {folder} is of an experiment that has changed since, and was done again"
            for folder in self.older
        ]
        lines += [f"  left out: {n} needs {', '.join(m)}" for n, m in self.left_out.items()]
        lines += [
            f"  {c.verdict}: {c.experiment}: {c.quantity} is {c.found}, known {c.known} ± {c.error}"
            for c in self.wrong
        ]
        return "\n".join([*lines, f"PDF: {self.pdf or self.why}"])


def reproduce(
    out: str | Path = "runs",
    *,
    quick: bool = False,
    only: Iterable[str] | None = None,
    engine: str = "processes",
    workers: int | None = None,
    progress: bool = True,
    say: Callable[[str], None] = lambda text: None,
) -> Reproduction:
    """Make the paper: run what is missing, draw, compare, and typeset.

    Runs that are in `out` already are not repeated. Figures, values and PDF are made from stored
    runs alone, and have the same bytes whenever they are made from the same runs.

    Args:
        out: Folder of the run folders. What is derived from them goes to `paper/` in it, of quick
            runs to `paper-quick/`.
        quick: Smaller runs, for the same figures.
        only: Labels or names of figures; None for all, with values and PDF.
        engine: Where to run, see `qce.runs.engines.choose`.
        workers: How many runs at once.
        progress: Show a bar.
        say: Called with a line of text at the beginning of each part.

    Returns:
        The result. If a run failed, there are the other figures, but no PDF.

    Raises:
        FileNotFoundError: This installation came without the paper.
        OSError: The folder of the paper is a link.
        ValueError: A figure is none of the catalogue, or LaTeX refuses the manuscript.
    """
    everything = catalogue()
    chosen = choose(everything, only)
    figures = [figure for figure in chosen if not figure.lacking]
    folder = Path(out) / ("paper-quick" if quick else "paper")
    _refuse_links(folder)
    say(f"{len(figures)} figure{'s' * (len(figures) != 1)} in {folder}")
    pairs = [figure.pair(quick) for figure in figures]
    sweep = runs.sweep_all(pairs, out, engine=engine, workers=workers, progress=progress)
    names = [figure.name for figure in figures]
    found = _found(names, pairs, Path(out))
    say("figures")
    drawn = [
        path
        for figure, (experiment, _) in zip(figures, pairs, strict=True)
        if experiment.name in found
        for path in write_figure(figure.name, found[experiment.name].outcome, folder / "figures")
    ]
    checks = compare({name: one.outcome for name, one in found.items()}, quick=quick)
    whole = len(chosen) == len(everything)
    left_out = {figure.label: figure.lacking for figure in chosen if figure.lacking}
    failed = bool(sweep.failed)
    pdf, why = _typeset(found, checks, folder, drawn, whole=whole, failed=failed, say=say)
    complete = whole and not quick
    result = Reproduction(
        sweep,
        folder,
        tuple(drawn),
        tuple(checks),
        left_out,
        tuple(sweep.older),
        complete,
        pdf,
        why,
    )
    rows = [check.as_dict() for check in checks]
    put(folder / "comparison.json", runs.to_json(rows).encode())
    return result


def _refuse_links(folder: Path) -> None:
    """Raise OSError where somebody has made the paper's folder lead elsewhere."""
    for place in (folder, folder / "figures"):
        if place.is_symlink():
            must, remedy = "hold no links in place of the paper", "another one, or remove the link"
            raise error("out", must, f"{place} is one", remedy, OSError)


def _found(
    figures: list[str], pairs: list[tuple[runs.Experiment, Any]], out: Path
) -> dict[str, text.Found]:
    """What the finished runs found, by experiment, as it is on disk."""
    found = {}
    for figure, (experiment, spec) in zip(figures, pairs, strict=True):
        folder = runs.folder_of(experiment, spec, out)
        if folder.is_dir():
            found[experiment.name] = text.Found(figure, dataclasses.asdict(spec), runs.read(folder))
    return found


def _typeset(
    found: dict[str, text.Found],
    checks: list[Check],
    folder: Path,
    drawn: list[Path],
    *,
    whole: bool,
    failed: bool,
    say: Callable[[str], None],
) -> tuple[Path | None, str]:
    """Write what the text takes in, and make the PDF, or say why not."""
    if failed:
        return None, "not made: a run failed, and the text needs its values"
    if not whole:
        return None, "not made: the text needs the values of all figures"
    words = {"values.tex": text.values(found), "comparison.tex": text.comparison(checks)}
    made = {name: content.encode() for name, content in words.items()}
    for name, content in made.items():
        put(folder / name, content)
    if lacking := latex.missing():
        return None, f"not made: it needs the Debian packages {' '.join(lacking)}"
    say("LaTeX")
    pages = [path for path in drawn if path.suffix == ".pdf"]
    made |= {f"figures/{path.name}": path.read_bytes() for path in pages}
    return latex.build(folder, made), ""
