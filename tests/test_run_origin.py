"""Code and data in the name of a run: what was edited is not answered with old numbers."""

import dataclasses
import json
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from test_runs import TINY, write

from qce import runs
from qce.runs.origin import Origin, code_of

READS = '''
"""Add up numbers in a file."""
from dataclasses import dataclass
import numpy as np
from qce.runs import Outcome

@dataclass(frozen=True)
class Spec:
    numbers: str = "numbers.txt"
    others: tuple[str, ...] = ()
    seed: int = 0

def run(spec, *, record):
    record.metrics(step=0)
    if spec.seed == 13:
        raise RuntimeError("out of luck")
    found = [np.loadtxt(name).sum() for name in (spec.numbers, *spec.others)]
    return Outcome({"all": {"sum": float(sum(found))}})
'''


@pytest.fixture
def reads(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "numbers.txt", "1 2 3")
    return write(tmp_path / "reads.py", READS)


def execute(path, out="runs", **options):
    experiment = runs.load_experiment(path)
    values = {k: options.pop(k) for k in ("seed", "others", "numbers") if k in options}
    return runs.execute(experiment, experiment.spec(**values), out, progress=False, **options)


def sweep(path, **options):
    experiment = runs.load_experiment(path)
    specs = runs.grid(experiment.spec, seed=[0, 1])
    return runs.sweep(experiment, specs, "runs", engine="serial", progress=False, **options)


def test_an_edited_experiment_is_another_run(reads):
    old, _ = execute(reads)
    reads.write_text(READS.replace("float(sum(found))", "2 * float(sum(found))"))
    with pytest.warns(runs.OlderRunWarning, match=f"{old} is of the same .* reads.py has changed"):
        new, outcome = execute(reads)
    assert outcome.report["all"]["sum"] == 12 and runs.read(old).report["all"]["sum"] == 6
    assert new.name[:-8] == old.name[:-8] and new != old


def test_edited_data_are_another_run(reads, tmp_path):
    old, _ = execute(reads)
    write(tmp_path / "numbers.txt", "1 2 4")
    with pytest.warns(runs.OlderRunWarning, match="the file of `numbers` has changed"):
        _, outcome = execute(reads)
    assert outcome.report["all"]["sum"] == 7
    manifest = json.loads((old / "manifest.json").read_text())
    assert set(manifest["data"]) == {"numbers"} and len(manifest["data"]["numbers"]) == 64


def test_files_in_tuples_and_beside_the_experiment_count(reads, tmp_path, monkeypatch):
    experiment = runs.load_experiment(reads)
    write(tmp_path / "more.txt", "1")
    spec = experiment.spec(others=("more.txt", "none.txt"))
    before = runs.folder_of(experiment, spec)
    write(tmp_path / "more.txt", "2")
    assert runs.folder_of(experiment, spec) != before
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")  # found beside the experiment
    beside = runs.folder_of(experiment, spec)
    monkeypatch.chdir(tmp_path)
    assert runs.folder_of(experiment, spec) == beside != before


def test_another_file_of_the_same_name_is_another_run_and_a_copy_is_the_same(tmp_path):
    texts = {"a": TINY, "b": TINY.replace("x.mean()", "x.sum()"), "c": TINY}
    folders = {}
    for place, text in texts.items():
        (tmp_path / place).mkdir()
        experiment = runs.load_experiment(write(tmp_path / place / "exp.py", text))
        folders[place] = runs.folder_of(experiment, experiment.spec())
    assert folders["a"] == folders["c"] != folders["b"]


PACKAGE = {
    "exp.py": "import near\nfrom pack import part\n\ndef f():\n    import late\n",
    "near.py": "import further, json\nfrom elsewhere import nothing\n",
    "further.py": "",
    "late.py": "",
    "pack/__init__.py": "",
    "pack/part.py": "from . import sibling\nfrom .deep.down import x\n",
    "pack/sibling.py": "from ... import outside\n",
    "pack/deep/__init__.py": "",
    "pack/deep/down.py": "from ..sibling import *\nimport near\n",
    "pack/unused.py": "",
    "unused.py": "",
}


def test_modules_beside_the_experiment_count_where_they_are_imported(tmp_path):
    for name, text in PACKAGE.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    digests = code_of(tmp_path / "exp.py")
    assert set(digests) == {"qce", *PACKAGE} - {"unused.py", "pack/unused.py"}
    for name in PACKAGE:
        (tmp_path / name).write_text(PACKAGE[name] + "# edited\n")
        counts = name in digests
        assert (code_of(tmp_path / "exp.py") != digests) is counts, name
        (tmp_path / name).write_text(PACKAGE[name])


def test_what_changed_is_said():
    old = Origin({"qce": "1", "a.py": "x", "b.py": "x"}, {"data": "x"})
    new = Origin({"qce": "2", "a.py": "y", "c.py": "x"}, {"data": "y"})
    said = "qce was 1 and is 2, a.py has changed, b.py has gone, the file of `data` has changed, "
    assert new.changes(old) == said + "c.py has come"
    assert new.changes(new) == "" and "did not note" in new.changes(Origin())
    assert new.digest != old.digest and len(new.digest) == 8


def test_another_version_of_qce_is_another_run(reads, monkeypatch):
    import qce

    old, _ = execute(reads)
    monkeypatch.setattr(qce, "__version__", "99.0")
    with pytest.warns(runs.OlderRunWarning, match="qce was .* and is 99.0"):
        new, _ = execute(reads)
    assert new != old


def test_a_sweep_does_edited_runs_again_or_keeps_the_old(reads, tmp_path):
    first = sweep(reads)
    assert len(first.done) == 2 and len(sweep(reads).skipped) == 2
    write(tmp_path / "numbers.txt", "5")
    kept = sweep(reads, keep_old=True)
    assert set(kept.skipped) == set(first.done) and "taken as it is, though" in str(kept)
    assert kept.table()["all/sum"].tolist() == [6, 6]
    with pytest.warns(runs.OlderRunWarning, match=r"and 1 more are .*--keep-old"):
        again = sweep(reads)
    assert len(again.done) == 2 and set(again.older) == set(first.done)
    assert again.table()["all/sum"].tolist() == [5, 5]
    assert "done again, for the file of `numbers` has changed" in str(again)


def test_a_file_that_is_edited_while_a_sweep_goes_on_does_no_other_run(reads):
    """The second run of the sweep finds another file than the first."""
    reads.write_text(READS + "\nopen(__file__, 'a').write('#')\n")
    report = sweep(reads)
    reasons = [why.reason for why in report.failed.values()]
    assert len(reasons) == 2 and all("must be the same for the whole sweep" in r for r in reasons)


def test_data_that_change_during_the_run_are_noted(reads):
    source = READS.replace(
        "    return Outcome", "    open(spec.numbers, 'a').write(' 9')\n    return Outcome"
    )
    folder, _ = execute(write(reads, source))
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["changed_during_the_run"] == "the file of `numbers` has changed"


# --- going on ------------------------------------------------------------------------------------


def stopped(reads, **values):
    with pytest.raises(RuntimeError):
        execute(reads, seed=13, **values)
    (left,) = (reads.parent / "runs").iterdir()
    return left


def edit(reads, what):
    if what == "code":
        reads.write_text(READS.replace("spec.seed == 13", "False"))
        return "reads.py has changed"
    reads.write_text(READS)
    (reads.parent / "numbers.txt").write_text("7")
    return "the file of `numbers` has changed"


@pytest.mark.parametrize("what", ["code", "data"])
def test_a_run_does_not_go_on_with_other_code_or_data_unless_told_to(reads, what):
    left = stopped(reads)
    before = {path: path.read_bytes() for path in left.iterdir()}
    said = edit(reads, what)
    says = f"`resume` must .*{left.name} was begun: {said}.*keep-old"
    with pytest.raises(ValueError, match=says):
        execute(reads, seed=13, resume=True)
    assert {path: path.read_bytes() for path in left.iterdir()} == before
    if what == "data":
        with pytest.raises(RuntimeError):  # as the experiment does
            execute(reads, seed=13, resume=True, keep_old=True)
        edit(reads, "code")
    folder, _ = execute(reads, seed=13, resume=True, keep_old=True)
    manifest = json.loads((folder / "manifest.json").read_text())
    config = tomllib.loads((folder / "config.toml").read_text())
    begun = tomllib.loads(before[left / "config.toml"].decode())
    # Taken over twice in the second case: what it was begun with is what was noted first.
    for noted in (manifest, config):
        assert noted["begun_with"] == {"code": begun["code"], "data": begun["data"]}
        assert noted["code"] == runs.load_experiment(reads).code
    assert runs.verify(folder)[0].sound and len(list(folder.parent.iterdir())) == 1


def test_a_run_that_is_edited_back_goes_on(reads):
    stopped(reads)
    source = reads.read_text()
    edit(reads, "code")
    with pytest.raises(ValueError):
        execute(reads, seed=13, resume=True)
    reads.write_text(source)
    with pytest.raises(RuntimeError):
        execute(reads, seed=13, resume=True)


def test_a_run_of_other_code_that_goes_on_elsewhere_is_not_taken_over(reads):
    experiment = runs.load_experiment(reads)

    def work(spec, *, record):
        record.metrics(step=0)
        edit(reads, "code")
        with pytest.raises(runs.RunInProgress):
            execute(reads, resume=True, keep_old=True)
        return runs.Outcome({"it": {"is": 1}})

    busy = dataclasses.replace(experiment, run=work)
    folder, _ = runs.execute(busy, busy.spec(), "runs", progress=False)
    assert runs.verify(folder)[0].sound


def test_the_command_says_what_changed_and_keeps_the_old(here, home):
    here("sweep", "tiny.py", "--seed", "0", "1", "--engine", "serial", "--quiet")
    (home / "tiny.py").write_text(TINY + "# edited\n")
    kept = here("sweep", "tiny.py", "--seed", "0", "1", "--engine", "serial", "--keep-old")
    assert "2 there already" in kept.stderr and "tiny.py has changed" in kept.stderr
    done = here("run", "tiny.py")
    assert "since then tiny.py has changed. It is run anew beside it" in done.stderr
    assert len(list((home / "runs").iterdir())) == 3


def test_a_run_of_an_older_version_is_known_by_its_settings(reads):
    """Its name has no digest of code and data, and its files say nothing of them."""
    folder, _ = execute(reads)
    old = folder.rename(folder.with_name(folder.name[:-9]))
    config = (old / "config.toml").read_text().partition("\n[code]\n")[0]
    (old / "config.toml").write_text(config)
    with pytest.warns(runs.OlderRunWarning, match="an older qce did not note its code and data"):
        new, _ = execute(reads)
    assert new == folder


def test_arrays_are_compared_to_the_last_bit(reads):
    """The digest knows nothing of where a run happened."""
    one, _ = execute(reads, out="one")
    two, _ = execute(reads, out="two")
    assert one.name == two.name
    np.testing.assert_array_equal(*(runs.read(f).report["all"]["sum"] for f in (one, two)))


def test_threads_read_the_code_of_one_experiment_at_once(tmp_path):
    """Python's own parser confuses them: a run failed before it began."""
    path = write(tmp_path / "reads.py", READS * 20)
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda _: code_of(path), range(200)))
    finally:
        sys.setswitchinterval(before)
    assert found == [code_of(path)] * 200
