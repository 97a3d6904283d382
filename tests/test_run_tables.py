"""Runs read back: one table of many, one run in words, and figures from files only."""

import csv
import json

import numpy as np
import pytest
from test_runs import TINY, write

from qce import runs


@pytest.fixture
def tiny(tmp_path):
    """A loaded experiment of one's own."""
    return runs.load_experiment(write(tmp_path / "tiny.py", TINY))


@pytest.fixture
def place(tiny, tmp_path):
    """A folder with four runs, one that failed and one that was stopped."""

    def execute(**values):
        runs.execute(tiny, tiny.spec(**values), tmp_path / "runs", progress=False)

    for seed in (10, 9):  # digests have another order than the settings
        for count in (2, 3):
            execute(seed=seed, count=count)
    with pytest.raises(ValueError, match="negative dimensions"):
        execute(count=-1)
    (tmp_path / "runs" / "other").mkdir()
    return tmp_path / "runs"


def test_many_runs_are_one_table(place):
    table = runs.load(place)
    assert list(table.columns) == [
        "experiment",
        "seed",
        "count",
        "draws/mean",
        "draws/ceiling",
        "folder",
    ]
    assert table["seed"].tolist() == [9, 9, 10, 10] and table["count"].tolist() == [2, 3, 2, 3]
    means = [np.random.default_rng(s).random(c).mean() for s in (9, 10) for c in (2, 3)]
    assert table["draws/mean"].tolist() == means  # the same bits
    assert np.isposinf(table["draws/ceiling"]).all()
    assert table["seed"].dtype.kind == "i" and table["draws/mean"].dtype == float


def test_single_folders_and_places_go_together_once(place):
    table = runs.load(place)
    assert len(runs.load(table["folder"][0])) == 1
    assert len(runs.load(*table["folder"][:2], str(place))) == 4


def test_what_one_run_lacks_is_none(tmp_path):
    source = TINY.replace('{"draws": {', '{"draws": {f"of {spec.count}": 1.0, ')
    tiny = runs.load_experiment(write(tmp_path / "tiny.py", source))
    for count in (2, 3):
        runs.execute(tiny, tiny.spec(count=count), tmp_path / "runs", progress=False)
    assert runs.load(tmp_path / "runs")["draws/of 2"].tolist() == [1.0, None]


def test_a_table_goes_to_csv_with_all_digits(place, tmp_path):
    table = runs.load(place)
    table.to_csv(tmp_path / "table.csv")
    with open(tmp_path / "table.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["draws/mean"]) for row in rows] == table["draws/mean"].tolist()
    assert [row["folder"] for row in rows] == table["folder"].tolist()


def test_the_screen_shows_what_differs(place):
    lines = str(runs.load(place).varying()).splitlines()
    assert lines[0].split() == ["seed", "count", "draws/mean", "folder"] and len(lines) == 5


def test_a_damaged_run_is_named_and_hides_no_other(place):
    folder = runs.load(place)["folder"][2]
    with open(f"{folder}/report.json", "a") as file:
        file.write(" ")
    with pytest.warns(runs.DamagedRunWarning, match=f"{folder}/report.json is damaged"):
        table = runs.load(place)
    assert len(table) == 3 and folder not in table["folder"] and list(table.damaged) == [folder]
    with pytest.raises(ValueError, match=f"{folder}/report.json is damaged"):
        runs.load(folder)


@pytest.mark.parametrize("name", ["nowhere", "empty"])
def test_a_place_without_runs_is_said(tmp_path, name):
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match=f"but .*{name} holds none"):
        runs.load(tmp_path / name)


def test_what_did_not_finish_is_listed_apart(place):
    (row,) = runs.unfinished(place).rows()
    assert row["state"] == "failed" and row["metrics"] == 0
    assert row["problem"] == "ValueError: negative dimensions are not allowed"


def test_a_run_is_described_from_its_files(place):
    folder = runs.load(place)["folder"][0]
    about = runs.describe(folder)
    first, settings, draws = about.values()
    assert first["state"] == "finished" and first["device"] == "none" and first["seconds"] > 0
    assert settings == {"seed": 9, "count": 2}
    assert draws == json.loads(open(f"{folder}/report.json").read())["draws"]


def test_a_run_that_did_not_finish_is_described_too(tiny, tmp_path):
    source = TINY.replace("report =", "1 / 0; report =")
    broken = runs.load_experiment(write(tmp_path / "broken.py", source))
    with pytest.raises(ZeroDivisionError):
        runs.execute(broken, broken.spec(seed=4), tmp_path / "runs")
    (folder,) = (tmp_path / "runs").iterdir()
    first, settings, last = runs.describe(folder).values()
    assert first["problem"] == "ZeroDivisionError: division by zero"
    assert settings == {"seed": 4, "count": 3}
    assert last["step"] == 2 and last["value"] == np.random.default_rng(4).random(3)[2]


def test_a_folder_that_is_none_of_a_run_is_said(tmp_path):
    with pytest.raises(FileNotFoundError, match="has no config.toml"):
        runs.describe(tmp_path)


def test_a_line_that_was_cut_short_is_left_out(tmp_path):
    (tmp_path / "metrics.jsonl").write_text('{"step": 0}\n{"step": 1}\n{"st')
    assert runs.metrics(tmp_path) == [{"step": 0}, {"step": 1}]


@pytest.fixture
def drawn(monkeypatch):
    """What is drawn: for each panel its axis, its quantity and its lines."""
    from matplotlib.figure import Figure

    panels = []
    plain = Figure.savefig

    def savefig(figure, *args, **settings):
        below = figure.axes[-1].get_xlabel()
        for axes in figure.axes:
            lines = {line.get_label(): line.get_xydata().T.tolist() for line in axes.lines}
            panels.append((below, axes.get_ylabel(), lines))
        plain(figure, *args, **settings)

    monkeypatch.setattr(Figure, "savefig", savefig)
    return panels


def test_a_table_is_drawn_against_the_setting_that_varies(place, tmp_path, drawn):
    table = runs.load(place)
    runs.draw_table(table, tmp_path / "table.pdf")
    ((below, quantity, lines),) = drawn
    assert (below, quantity) == ("seed", "draws/mean")
    (points,) = lines.values()
    assert points == [table["seed"].tolist(), table["draws/mean"].tolist()]
    assert (tmp_path / "table.pdf").read_bytes().startswith(b"%PDF")


def test_columns_are_chosen_by_name(place, tmp_path, drawn):
    table = runs.load(place)
    runs.draw_table(table, tmp_path / "table.png", x="count", y=["draws/mean", "seed"])
    assert [panel[:2] for panel in drawn] == [("count", "draws/mean"), ("count", "seed")]
    with pytest.raises(ValueError, match="there is no 'draws/men' \\(did you mean 'draws/mean'"):
        runs.draw_table(table, tmp_path / "other.png", y=["draws/men"])
    with pytest.raises(ValueError, match="there is no 'cuont' \\(did you mean 'count'"):
        runs.draw_table(table, tmp_path / "other.png", x="cuont")
    assert not (tmp_path / "other.png").exists()


def test_one_run_has_nothing_to_draw_against(place, tmp_path):
    with pytest.raises(ValueError, match="no setting is a number and varies"):
        runs.draw_table(runs.load(runs.load(place)["folder"][0]), tmp_path / "one.pdf")


def test_metrics_are_drawn_part_by_part(tmp_path, drawn):
    record = runs.Record(tmp_path)
    for part in "ab":
        for step in range(3):
            record.metrics(part=part, step=step, loss=step**2)
    runs.draw_metrics(tmp_path, tmp_path / "loss.png")
    ((below, quantity, lines),) = drawn
    assert (below, quantity) == ("step", "loss")
    assert lines == {part: [[0, 1, 2], [0, 1, 4]] for part in "ab"}


def test_a_run_without_metrics_has_none_to_draw(tmp_path):
    with pytest.raises(ValueError, match="`folder` must hold metrics"):
        runs.draw_metrics(tmp_path, tmp_path / "loss.png")


def test_what_cannot_be_drawn_is_not_laid_to_names_that_nobody_gave(place, tmp_path):
    runs.Record(tmp_path).metrics(step=1, loss="low")
    with pytest.raises(ValueError, match="`folder` must hold metrics that are numbers"):
        runs.draw_metrics(tmp_path, tmp_path / "loss.png")
    table = runs.load(place)
    settings = runs.Table({k: v for k, v in table.columns.items() if "/" not in k})
    with pytest.raises(ValueError, match="`table` must hold quantities that vary"):
        runs.draw_table(settings, tmp_path / "table.png", x="count")
    with pytest.raises(ValueError, match="`y` must name numbers to draw, but it is empty"):
        runs.draw_table(table, tmp_path / "table.png", x="count", y=[])
