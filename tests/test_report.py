"""Pages about runs: whole by themselves, never over another file, and safe from what runs hold."""

import base64
import hashlib
import html.parser
import os
import re
import shutil
import socket
import subprocess
from pathlib import Path

import numpy as np
import pytest
import site_pages
from commandline import complaint
from test_runs import write
from test_watch import contents, history

from qce import runs
from qce.errors import ArgumentError
from qce.runs import record
from qce.runs.pairs import errors_of

pytestmark = pytest.mark.usefixtures("signals")

MEASURED = '''
"""Measure something."""

from dataclasses import dataclass

import numpy as np

from qce.runs import Outcome, setting


@dataclass(frozen=True)
class Spec:
    seed: int = setting(0, "of the numbers", least=0)
    label: str = setting("plain", "what it is called")
    rows: str = setting("", "file of data")


def run(spec, *, record):
    value = float(np.random.default_rng(spec.seed).random())
    record.metrics(step=0, loss=value)
    report = {"loss": {"best": value, "best, standard error": 0.125, "count": 3, "ceiling": np.inf}}
    return Outcome(report)
'''
EVIL = '"><script>alert(1)</script><img src=x onerror=alert(2)>$\\frac{'


class Elements(html.parser.HTMLParser):
    """What elements a page has, their attributes, and its text."""

    def __init__(self, text):
        super().__init__()
        self.found, self.text = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text += data


@pytest.fixture
def experiment(tmp_path):
    return runs.load_experiment(write(tmp_path / "measured.py", MEASURED))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder of three runs, made once."""
    place = tmp_path_factory.mktemp("made")
    measured = runs.load_experiment(write(place / "measured.py", MEASURED))
    for seed in range(3):
        runs.execute(measured, measured.spec(seed=seed), place / "runs", progress=False)
    return place / "runs"


@pytest.fixture
def swept(made, tmp_path):
    """A copy of one's own."""
    return Path(shutil.copytree(made, tmp_path / "runs"))


def page_of(place, tmp_path, **options):
    return runs.report(place, tmp_path / "page.html", **options).read_text(encoding="utf-8")


# --- what is on it --------------------------------------------------------------------------------


def test_a_page_about_a_run_says_all_of_it(experiment, tmp_path):
    data = write(tmp_path / "rows.csv", "0,1\n")
    folder, outcome = runs.execute(
        experiment, experiment.spec(seed=7, label="σ", rows=str(data)), tmp_path, progress=False
    )
    page = Elements(page_of(folder, tmp_path))
    best = outcome.report["loss"]["best"]
    manifest = runs.store.read_manifest(folder)
    for said in (folder.name, "finished", "as it was written", "σ", f"{best:.6g}", "0.125", "inf"):
        assert said in page.text
    for digest in (*manifest["code"].values(), *manifest["data"].values(), manifest["python"]):
        assert digest in page.text
    rows = re.search(r"best.*?standard", page.text, re.DOTALL)
    assert rows is None, "the error stands beside its value, in no row of its own"


def test_a_page_about_a_sweep_has_a_row_a_run_that_can_be_sorted(swept, tmp_path):
    text = page_of(swept, tmp_path)
    table = runs.load(swept)
    for row in table.rows():
        assert f'data-key="{row["loss/best"]}"' in text and row["folder"].split("/")[-1] in text
    heads = [tag for tag, _ in Elements(text).found if tag == "button"]
    assert len(heads) == 4  # seed, loss, run, verified: the others are the same in all
    assert text.count("<td>sound</td>") == 3 and "best against seed" in text
    assert '<td data-key="0.125">' in text.split("The same in all runs")[1]


def test_trainings_are_drawn_and_listed(swept, tmp_path):
    left = swept / "other-0123456789.partial"
    left.mkdir()
    write(left / "config.toml", 'experiment = "other"\n[spec]\n')
    steps = np.arange(40.0)
    (left / "fit.training.npz").write_bytes(history(loss=np.exp(-steps), seconds=steps))
    write(left / "fit.plan.json", '{"steps": 100, "floor": 0.0, "budget": null}')
    one = page_of(left, tmp_path)
    assert "stopped: killed" in one and "above the floor" in one and "loss against step" in one
    many = page_of(swept, tmp_path, force=True)
    assert "loss against step, 1 lines" in many and "stopped: killed" in many


def test_pages_are_the_same_bytes_and_change_no_folder(swept, tmp_path):
    before = contents(swept)
    pages = {page_of(swept, tmp_path, force=True) for _ in range(2)}
    assert len(pages) == 1 and contents(swept) == before


def test_a_page_is_whole_by_itself_and_names_no_machine(swept, tmp_path):
    for place in (swept, next(swept.iterdir())):
        text = page_of(place, tmp_path, force=True)
        page = Elements(text)
        for tag, attributes in page.found:
            assert tag not in ("link", "iframe", "object", "a", "base", "form")
            assert attributes.get("src", "data:").startswith("data:")
            assert not [name for name in attributes if name.startswith("on")]
        assert "http:" not in text and "https:" not in text and str(tmp_path) not in text
        assert not re.search(rf"\b{re.escape(socket.gethostname())}\b", page.text)


def test_only_the_script_of_the_page_may_run(swept, tmp_path):
    text = page_of(swept, tmp_path)
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', text)
    assert f"script-src 'sha256-{digest}'" in policy and "default-src 'none'" in policy


# --- what strangers write -------------------------------------------------------------------------


def test_nothing_that_a_run_holds_becomes_part_of_the_page(tmp_path):
    """Names of settings, sections, quantities, files, parts, folders; errors; pictures."""
    place = tmp_path / "runs"
    for name in ("a-0123456789.failed-1", "<script>alert(3)<b>-0123456789.partial"):
        folder = place / name.replace("/", "")
        folder.mkdir(parents=True)
        quoted = EVIL.replace("\\", "\\\\").replace('"', '\\"')
        config = f'experiment = "{quoted}"\n[code]\n"{quoted}" = "{quoted}"\n'
        write(folder / "config.toml", config + f'[spec]\n"{quoted}" = "{quoted}"\n')
        report = runs.to_json({EVIL: {EVIL: EVIL, "x": 1.0, "x, error": 0.1}})
        write(folder / "report.json", report)
        write(folder / "traceback.txt", EVIL)
        write(folder / "figure.png", "<svg onload=alert(4)></svg>")
        stem = record.stem(EVIL)
        (folder / f"{stem}.training.npz").write_bytes(history(loss=np.arange(3.0)))
        write(folder / f"{stem}.plan.json", EVIL)
        page = Elements(page_of(folder, tmp_path, force=True))
        assert [tag for tag, _ in page.found].count("script") == 1
        assert all(not a.get("src", "data:image").startswith("x") for _, a in page.found)
        assert EVIL in page.text and "figure.png is no picture" in page.text
    page = Elements(page_of(place, tmp_path, force=True))
    assert [tag for tag, _ in page.found].count("script") == 1
    assert "<script>alert(3)<b>" in page.text


def test_a_finished_run_of_strange_settings_is_shown_as_text(experiment, tmp_path):
    for seed in (0, 1):
        spec = experiment.spec(label=EVIL, seed=seed)
        folder, _ = runs.execute(experiment, spec, tmp_path / "runs", progress=False)
    for place in (folder, tmp_path / "runs"):
        page = Elements(page_of(place, tmp_path, force=True))
        assert [tag for tag, _ in page.found].count("script") == 1 and EVIL in page.text


@pytest.mark.parametrize("name", ["$\\frac{", "_hidden", "a$b$c", "\x1b[2J"])
def test_a_figure_takes_any_name(tmp_path, name):
    """matplotlib reads formulas in labels, and hides what begins with a line."""
    folder = tmp_path / "x-0123456789.partial"
    folder.mkdir()
    write(folder / "config.toml", 'experiment = "x"\n[spec]\n')
    opened = runs.Record(folder)
    for step in range(3):
        opened.metrics(part=name, step=step, **{name: step**0.5})
    runs.draw_metrics(folder, tmp_path / "figure.png", y=[name])
    assert (tmp_path / "figure.png").stat().st_size > 1000


def test_a_sweep_is_drawn_with_its_errors_as_bars(swept, tmp_path, monkeypatch):
    """And they have no panel of their own."""
    from qce import plots

    drawn = []
    monkeypatch.setattr(plots, "write", lambda figure, path: drawn.append(figure))
    table = runs.load(swept)
    varied = np.array([0.1, 0.2, 0.3])
    table.columns["loss/best, standard error"] = varied
    runs.draw_table(table, tmp_path / "figure.png")
    (panel,) = drawn[0].axes
    (bars,) = panel.containers
    lengths = [segment[1, 1] - segment[0, 1] for segment in bars.lines[2][0].get_segments()]
    np.testing.assert_allclose(lengths, 2 * varied, rtol=1e-12)


def test_a_damaged_run_is_named_and_hides_no_other(swept, tmp_path):
    damaged, *_ = sorted(swept.iterdir())
    report = damaged / "report.json"
    report.write_text(report.read_text().replace("0.125", "0.126"))
    many, one = page_of(swept, tmp_path), page_of(damaged, tmp_path, force=True)
    assert many.count("<td>sound</td>") == 2
    for text in (many, one):
        assert "report.json" in text and "checksum is not the one" in text
    report.write_text("[")
    manifest = damaged / "manifest.json"
    manifest.write_text("{")
    assert "is no JSON" in page_of(damaged, tmp_path, force=True)


def test_errors_are_found_beside_their_quantities():
    names = ["a/x", "a/x, standard error", "b/x", "b/standard error of that", "c", "c/stderr", "d"]
    wanted = {"a/x": names[1], "b/x": names[3], "c": "c/stderr"}
    assert errors_of(names) == wanted and errors_of([]) == {}
    assert errors_of(["standard error of that", "x, error"]) == {}


# --- the file -------------------------------------------------------------------------------------


def test_a_page_replaces_nothing_unless_it_is_told_to(swept, tmp_path, here):
    path = write(tmp_path / "page.html", "precious")
    with pytest.raises(FileExistsError, match="is there already"):
        runs.report(swept, path)
    said = complaint(here("report", swept, "--out", path, status=2))
    assert "`--out` must not exist yet" in said and path.read_text() == "precious"
    here("report", swept, "--out", path, "--force")
    assert "precious" not in path.read_text()


def test_a_page_goes_through_no_link(swept, tmp_path):
    victim = write(tmp_path / "victim", "precious")
    (tmp_path / "page.html").symlink_to(victim)
    with pytest.raises(FileExistsError):
        runs.report(swept, tmp_path / "page.html")
    runs.report(swept, tmp_path / "page.html", force=True)
    assert victim.read_text() == "precious" and not (tmp_path / "page.html").is_symlink()


def test_a_page_is_never_a_file_of_a_run(swept, tmp_path):
    folder = next(swept.iterdir())
    with pytest.raises(ArgumentError, match="outside of a run folder"):
        runs.report(folder, folder / "page.html")
    assert runs.verify(folder)[0].sound


@pytest.mark.parametrize("place", ["nowhere", "empty"])
def test_where_there_is_no_run_nothing_is_written(tmp_path, place, here):
    (tmp_path / "work" / "empty").mkdir()
    assert place in complaint(here("report", place, status=2))
    assert not (tmp_path / "work" / f"{place}.html").exists()


def test_the_page_is_called_as_its_folder_and_lies_here(swept, here):
    done = here("report", swept)
    assert "wrote runs.html" in done.stderr and os.path.isfile("runs.html")


# --- in a browser ---------------------------------------------------------------------------------

CLICK = """<script>const head = document.querySelectorAll("thead button")[1];
const rows = () => [...document.querySelector("tbody").rows];
const order = () => rows().map(row => row.cells[0].textContent).join();
head.click(); const up = order(); head.click();
document.body.insertAdjacentHTML("beforeend", `<p>up ${up} down ${order()}</p>`);</script></body>"""


@pytest.mark.long
@pytest.mark.skipif(not site_pages.BROWSER, reason="needs Chromium")
def test_a_browser_opens_the_pages_and_sorts_the_table(swept, tmp_path):
    site = tmp_path / "site"
    site.mkdir()
    runs.report(swept, site / "sweep.html")
    runs.report(next(swept.iterdir()), site / "run.html")
    for width in (1300, 400):
        profile = tmp_path / f"profile{width}"
        profile.mkdir()
        assert site_pages.seen_in_browser(site, width, profile) == []
    text = (site / "sweep.html").read_text()
    clicked = re.sub(r"<meta http-equiv.*?>", "", text).replace("</body>", CLICK)
    write(site / "clicked.html", clicked)
    browser = [site_pages.BROWSER, "--headless=new", "--no-sandbox", "--disable-gpu", "--dump-dom"]
    browser += [f"--user-data-dir={tmp_path / 'dump'}", f"file://{site / 'clicked.html'}"]
    shown = subprocess.run(browser, capture_output=True, text=True, timeout=120).stdout
    losses = runs.load(swept)["loss/best"]
    up = [str(k) for k in np.argsort(losses)]
    assert f"up {','.join(up)} down {','.join(reversed(up))}" in shown
