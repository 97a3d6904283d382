"""Right arguments of what draws, reads and writes: figures, runs, stored models, files of bits."""

from __future__ import annotations

import argparse
import io
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from fuzz_files import FILE, Fresh, copy, file, place, target
from fuzz_samples import SAMPLES, born, likelihood
from test_runs import TINY

import qce
from qce import models, plots, results, runs
from qce.runs.store import write

_STEPS, _LOSS = np.arange(4), np.array([0.9, 0.5, 0.3, 0.2])


@cache
def experiment() -> runs.Experiment:
    home = Path(tempfile.mkdtemp())
    (home / "tiny.py").write_text(TINY, encoding="utf-8")
    return runs.load_experiment(home / "tiny.py")


def spec(seed: int = 0) -> Any:
    return experiment().spec(seed=seed)


@cache
def run() -> Path:
    return runs.execute(experiment(), spec(), tempfile.mkdtemp(), progress=False)[0]


@cache
def _table() -> runs.Table:
    return runs.Table({"seed": np.arange(3), "loss/value": np.array([0.5, 0.25, 0.125])})


@cache
def _bars() -> qce.training.ErrorBars:
    return qce.error_bars(np.full(6, 0.1), likelihood(), outcomes=100)


@cache
def _model() -> bytes:
    path = Path(tempfile.mkdtemp()) / "model.npz"
    return models.save(born(), np.full(6, 0.1), path).read_bytes()


@cache
def _checkpoint() -> bytes:
    path = Path(tempfile.mkdtemp()) / "checkpoint.npz"
    qce.fit(likelihood(), np.full(6, 0.1), steps=1, checkpoint=path, progress=False)
    return path.read_bytes()


def _config() -> bytes:
    return (run() / "config.toml").read_bytes()


def _packed() -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, train=SAMPLES, valid=SAMPLES[:3], test=SAMPLES[:2])
    return stream.getvalue()


def _held(content: Callable[[], bytes], name: str) -> Fresh:
    return Fresh(lambda here: file(name, content()).make(here), FILE)


def _report() -> results.LimitReport:
    path = {"strength": np.linspace(0, 1, 4)}
    path |= dict.fromkeys(("entropy", "cross entropy", "relative entropy"), _LOSS)
    return results.LimitReport((), 0, path, _training())


def _training() -> dict[str, Any]:
    return {"quantum": _LOSS, "classical": _LOSS, "floor": 0.1}


_AXES = Fresh(lambda here: plt.subplots()[1])
_FIGURE = Fresh(lambda here: plt.subplots()[0])
_TABLE_OF_BITS = "\n".join(",".join(map(str, row)) for row in SAMPLES)

_BITS = np.array([[0, 1, -1, 0], [1, -1, -1, 1]])


def _trained() -> Any:
    floor = {"history": {"step": _STEPS, "loss": _LOSS}, "floor": 0.1}
    return {"one": SimpleNamespace(**floor), "two": [SimpleNamespace(**floor)] * 2}


FILES_FILL: dict[str, dict[str, Any]] = {
    "plots.bloch": {
        "states": np.array([[[0.75, 0.25j], [-0.25j, 0.25]]] * 2),
        "labels": ["one", "two"],
        "axes": Fresh(lambda here: plt.subplots(subplot_kw={"projection": "3d"})[1]),
    },
    "plots.calibration": {
        "estimates": lambda: [results.Estimate(0.1 * k, 0.3) for k in range(9)],
        "truth": 0.4,
        "axes": _AXES,
    },
    "plots.density_matrix": {"rho": np.array([[0.75, 0.25j], [-0.25j, 0.25]]), "axes": _AXES},
    "plots.fill_ins": {
        "given": _BITS,
        "filled": np.abs(_BITS),
        "shape": (2, 2),
        "axes": _AXES,
    },
    "plots.learning_curves": {
        "results": _trained,
        "quantity": "loss",
        "along": "step",
        "floor": 0.1,
        "axes": _AXES,
    },
    "plots.outcomes": {
        "data": {"00": 48, "01": 2, "10": 3, "11": 47},
        "model": np.array([0.5, 0.0, 0.25, 0.25]),
        "axes": _AXES,
    },
    "plots.spectrum": {"states": np.diag([0.75, 0.25]), "axes": _AXES},
    "plots.tree": {
        "model": lambda: models.TensorTree((-1, 0, 0, 1), bond=2),
        "data": _BITS,
        "names": list("abcd"),
        "axes": _AXES,
    },
    "plots.dephasing": {"axes": _AXES, "path": lambda: _report().dephasing},
    "plots.excess": {"axes": _AXES, "steps": _STEPS, "loss": _LOSS, "floor": 0.1, "label": "loss"},
    "plots.history": {"axes": _AXES, "steps": _STEPS, "loss": _LOSS, "floor": 0.1, "label": "loss"},
    "plots.learned": {"bars": _bars, "axes": _AXES},
    "plots.limits": {"report": _report},
    "plots.save": {"figure": _FIGURE, "stem": target("loss")},
    "plots.twin_training": {"axes": _AXES, "training": _training},
    "plots.write": {"figure": _FIGURE, "path": target("loss.pdf")},
    "runs.Outcome": {
        "report": lambda: {"loss": {"last": 0.5}},
        "parameters": lambda: {"x": _LOSS},
        "history": lambda: {"loss": _LOSS},
    },
    "runs.Record": {"folder": copy(run), "progress": False, "resumed": False},
    "runs.Record.fit": {"objective": likelihood, "params": np.full(6, 0.1)},
    "runs.Record.following": {"part": "first"},
    "runs.add_fields": {
        "parser": Fresh(lambda here: argparse.ArgumentParser()),
        "spec": lambda: experiment().spec,
    },
    "runs.as_table": {"verdicts": lambda: runs.verify(run())},
    "runs.checked": {"spec": spec},
    "runs.describe": {"folder": copy(run)},
    "runs.draw_metrics": {"folder": copy(run), "path": target("metrics.pdf"), "x": "step"},
    "runs.draw_table": {"table": _table, "path": target("table.pdf"), "x": "seed"},
    "runs.execute": {
        "experiment": experiment,
        "spec": spec,
        "out": place("runs"),
        "progress": False,
    },
    "runs.find (file)": {"experiment": file("tiny.py", TINY)},
    "runs.folder_of": {"experiment": experiment, "spec": spec, "out": place("runs")},
    "runs.given": {"spec": lambda: experiment().spec, "options": lambda: {"seed": 1}},
    "runs.grid": {"spec": lambda: experiment().spec},
    "runs.load": {"places": copy(run)},
    "runs.load_experiment": {"path": file("tiny.py", TINY)},
    "runs.metrics": {"folder": copy(run)},
    "runs.read": {"folder": copy(run)},
    "runs.read_file": {"path": _held(_config, "config.toml"), "experiment": "tiny"},
    "runs.spec_from": {"spec": lambda: experiment().spec, "options": lambda: {"seed": 1}},
    "runs.sweep": {
        "experiment": experiment,
        "specs": lambda: [spec(), spec(1)],
        "out": place("runs"),
        "engine": "serial",
        "progress": False,
    },
    "runs.sweep_all": {
        "pairs": lambda: [(experiment(), spec())],
        "out": place("runs"),
        "engine": "serial",
        "progress": False,
    },
    "runs.table": {"report": lambda: {"loss": {"last": 0.5}}},
    "runs.Table.to_csv": {"path": target("table.csv")},
    "runs.unfinished": {"place": copy(run, inside=False)},
    "runs.report": {"place": copy(run), "path": target("report.html"), "force": False},
    "runs.verify": {"places": copy(run)},
    "runs.watch": {"place": copy(run)},
    "models.load": {"path": _held(_model, "model.npz")},
    "models.save": {"model": born, "params": np.full(6, 0.1), "path": target("model.npz")},
    "data.load_bits (table)": {"source": file("bits.csv", _TABLE_OF_BITS)},
    "data.load_bits (arrays)": {"source": _held(_packed, "bits.npz")},
    "training.fit (checkpoint)": {"checkpoint": target("training.npz")},
    "training.fit (resumed)": {"checkpoint": _held(_checkpoint, "training.npz"), "resume": True},
}

# A second right call of one function.
VARIANTS = {name: name.partition(" ")[0] for name in FILES_FILL if name.endswith(")")}


def drawn(draw: Callable[..., Any]) -> Callable[..., Any]:
    """A function that draws on axes, called for the numbers that it has drawn."""

    def call(axes: Any, **given: Any) -> Any:
        try:
            draw(axes, **given)
            return [line.get_xydata() for line in axes.lines]
        finally:
            plt.close("all")

    return call


def pictured(draw: Callable[..., Any]) -> Callable[..., Any]:
    """A function that returns its axes, called for the lines on them."""

    def call(**given: Any) -> Any:
        try:
            axes = draw(**given)
            return [line.get_data() for line in axes.lines]
        finally:
            plt.close("all")

    return call


def stored(**fields: Any) -> Any:
    """What comes back of an outcome that was written: its fields are checked there."""
    with tempfile.TemporaryDirectory() as name:
        write(Path(name), runs.Outcome(**fields))
    return runs.Outcome(**fields)


def saved(**given: Any) -> Any:
    """The parameters that come back of a file."""
    return models.load(models.save(**given))[1]


def recorded(**settings: Any) -> None:
    """An open record, written into: its folder is used there."""
    record = runs.Record(**settings)
    record.metrics(loss=0.5)
    record.checkpoint(x=_LOSS)


def closed(draw: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose figures are closed after the call."""

    def call(**given: Any) -> None:
        try:
            draw(**given)
        finally:
            plt.close("all")

    return call


FILES_USED: dict[str, Callable[..., Any]] = {
    **{
        f"plots.{name}": drawn(getattr(plots, name))
        for name in ("dephasing", "excess", "history", "twin_training")
    },
    **{
        f"plots.{name}": pictured(getattr(plots, name))
        for name in ("calibration", "density_matrix", "fill_ins", "learning_curves", "outcomes")
    },
    **{f"plots.{name}": pictured(getattr(plots, name)) for name in ("spectrum", "tree", "learned")},
    **{f"plots.{name}": closed(getattr(plots, name)) for name in ("bloch", "limits", "save")},
    "plots.write": closed(plots.write),
    "models.save": saved,
    "runs.Outcome": stored,
    "runs.Record": recorded,
    "runs.report": lambda **s: runs.report(**s).suffix,
    "runs.watch": lambda place: [sight.state for sight in runs.watch(place)],
    "runs.setting": lambda **s: runs.setting(**s).default,
    # A loaded experiment is another object each time, and its functions too.
    "runs.load_experiment": lambda path: runs.load_experiment(path).summary,
    "runs.Record.fit": lambda **s: runs.Record().fit(**s, optimizer="lbfgs").params,
}
