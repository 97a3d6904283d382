"""What is printed undoes no work, whatever the streams are."""

import errno
import io
import json
import os
import subprocess
import sys

import pytest
from commandline import QCE
from test_runs import TINY, write

from qce import runs
from qce._streams import Patient

GREEK = TINY.replace('"draws": {"mean"', '"σ": {"⟨ρ⟩"').replace("of the numbers", "of σ ≥ ρ")
WROTE = "qce: wrote runs/tiny-"


@pytest.fixture
def greek(home):
    write(home / "tiny.py", GREEK)
    return home


def run(words, redirection="", *, cwd, status, **environment):
    """Run the command as a shell does, with streams as they are said to be."""
    line = f'exec "{QCE}" {words} {redirection}'
    environment = {**os.environ, **environment}
    done = subprocess.run(["bash", "-c", line], cwd=cwd, env=environment, capture_output=True)
    assert done.returncode == status, done.stderr
    assert b"Traceback" not in done.stderr
    return done.stdout, done.stderr.decode()


@pytest.mark.thinned(7)
@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437", "utf-16-le"])
def test_an_encoding_that_lacks_characters_stops_no_run(greek, encoding):
    out, err = run("run tiny.py", cwd=greek, status=0, PYTHONIOENCODING=encoding)
    shown = out.decode(encoding)
    assert ("σ" if encoding in ("cp437", "utf-16-le") else r"\u03c3") in shown
    assert WROTE in err.replace("\0", "")
    assert len(runs.load(greek / "runs")) == 1


def test_a_locale_without_unicode_stops_no_command(greek):
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    run("run tiny.py", cwd=greek, status=0, **plain)
    out, _ = run("show runs --json", cwd=greek, status=0, **plain)
    assert json.loads(out)["runs"][0]["σ/ceiling"] == "inf"
    out, _ = run("run ./tiny.py --help", cwd=greek, status=0, **plain)
    assert rb"of \u03c3 \u2265 \u03c1" in out


def test_help_needs_no_unicode(greek):
    out, _ = run("--help", cwd=greek, status=0, PYTHONIOENCODING="ascii")
    assert b"qce run quickstart" in out


@pytest.mark.thinned(7)
@pytest.mark.parametrize(
    ("streams", "status", "says"),
    [
        (">&-", 0, WROTE),
        ("> /dev/full", 3, "could not be printed (No space left on device)"),
        ("2> /dev/full", 0, ""),
        ("<&- >&- 2>&-", 0, ""),
        ("| true", 0, WROTE),  # of a reader who has gone
    ],
)
def test_a_stream_that_cannot_be_written_undoes_no_run(greek, streams, status, says):
    _, err = run("run tiny.py", streams, cwd=greek, status=status)
    assert says in err and "nothing was done" not in err
    assert all(verdict.sound for verdict in runs.verify(greek / "runs"))
    assert [row["seed"] for row in runs.load(greek / "runs").rows()] == [0]


def test_what_is_written_beside_the_table_is_written_though_nobody_reads_it(home, here):
    here("run", "tiny.py", "--quiet")
    run("show --csv table.csv", "> /dev/full", cwd=home, status=3)
    assert (home / "table.csv").read_text().startswith("experiment,")


def test_an_experiment_may_print_to_a_full_disk(home):
    loud = TINY.replace("x = np", "print('x' * 10**6, flush=True); x = np")
    write(home / "loud.py", loud)
    _, err = run("run loud.py", "> /dev/full", cwd=home, status=3)
    assert "qce: wrote runs/loud-" in err
    run("sweep loud.py --seed 1 --workers 1 --quiet", "2> /dev/full", cwd=home, status=0)
    run("sweep loud.py --seed 2 --workers 1 --quiet", "> /dev/full", cwd=home, status=3)
    assert runs.load(home / "runs")["seed"].tolist() == [0, 1, 2]


@pytest.mark.parametrize("words", ["--help", "run --help", "run tiny.py --help"])
def test_help_that_cannot_be_printed_is_no_success(home, words):
    _, err = run(words, "> /dev/full", cwd=home, status=3)
    assert "could not be printed" in err


def test_the_first_file_that_is_opened_gets_no_output(home):
    """As it would where its number is that of standard output, which was closed."""
    code = "import os, sys; from qce._streams import fill_closed; fill_closed(); "
    code += "file = open('data', 'w'); os.write(1, b'words'); os.write(2, b'words')"
    line = f'exec "{sys.executable}" -c "{code}" <&- >&- 2>&-'
    subprocess.run(["bash", "-c", line], cwd=home, check=True)
    assert (home / "data").read_bytes() == b""


class Broken(io.TextIOBase):
    """A stream of which nothing comes out."""

    encoding = "utf-8"

    def write(self, text):
        raise OSError(errno.EIO, "Input/output error")


def test_a_patient_stream_remembers_why_it_lost_something():
    stream = Patient(Broken())
    print("words", file=stream)
    stream.writelines(["more", "words"])
    assert stream.problem.errno == errno.EIO
    closed = io.StringIO()
    closed.close()
    stream = Patient(closed)
    print("words", file=stream)
    assert isinstance(stream.problem, ValueError)


def test_a_patient_stream_is_closed_by_nobody():
    stream = Patient(io.StringIO())
    stream.close()
    print("σ \udcff", file=stream)
    assert stream.getvalue() == "σ \\udcff\n" and stream.problem is None
