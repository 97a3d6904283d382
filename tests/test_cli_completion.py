"""What a shell completes."""

import argparse
import io
import os
import pty
import select
import shutil
import subprocess
import time
from contextlib import redirect_stdout

import pytest
from commandline import qce
from test_runs import write

from qce.cli.completion import complete

pytestmark = pytest.mark.usefixtures("signals")


# What Bash itself offers for a line, by the function that the script has told it of.
COMPLETE = """
source {script}
compopt() {{ :; }}  # which only a line that is being typed has
COMP_WORDS=({words}) COMP_CWORD={last}
$(complete -p qce | sed 's/.*-F \\([^ ]*\\) .*/\\1/') qce
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory):
    place = tmp_path_factory.mktemp("shell")
    write(place / "bash", qce("completion", "bash", cwd=place).stdout)
    for shell in ("zsh", "fish"):  # in this process, which has loaded what experiments need
        with redirect_stdout(io.StringIO()) as said:
            assert complete(argparse.Namespace(shell=shell)) == 0
        write(place / shell, said.getvalue())
    return place


@pytest.fixture
def bash(home, script):
    def offers(*words):
        typed = " ".join(f"'{word}'" for word in words)
        code = COMPLETE.format(script=script / "bash", words=typed, last=len(words) - 1)
        done = subprocess.run(["bash", "-c", code], cwd=home, capture_output=True, text=True)
        assert not done.stderr
        return set(done.stdout.splitlines())

    return offers


@pytest.mark.thinned(9)
@pytest.mark.parametrize(
    ("words", "offers"),
    [
        ("qce |", {"run", "sweep", "show", "devices"}),
        ("qce run |", {"quickstart"}),
        ("qce run quickstart --|", {"--seed", "--chain-steps", "--out", "--resume"}),
        ("qce run --quiet quickstart --chain|", {"--chain-steps"}),
        ("qce sweep quickstart --|", {"--beta", "--engine"}),
        ("qce run --|", {"--quiet", "--out"}),
        ("qce run ./tiny.py --|", {"--quiet", "--out", "--resume"}),
        ("qce sweep ./tiny.py --en|", {"--engine"}),
    ],
)
def test_bash_completes_commands_experiments_and_settings(bash, words, offers):
    assert offers <= bash(*words.replace("|", "").split(" "))


@pytest.mark.parametrize("command", ["run", "sweep"])
def test_bash_completes_the_path_of_an_experiment(home, bash, command):
    (home / "mine sub").mkdir()
    (home / "mine sub" / "deep one.py").touch()
    (home / "quick.py").touch()
    assert bash("qce", command, "./ti") == {"./tiny.py"}
    assert bash("qce", command, "ti") == {"tiny.py"}
    assert bash("qce", command, "--quiet", "./ti") == {"./tiny.py"}
    assert bash("qce", command, "mine sub/") == {"mine sub/deep one.py"}
    assert bash("qce", command, "quick") == {"quick.py", "quickstart"}
    assert bash("qce", command, "./tiny.py", "--out", "./m") == {"./mine sub"}


@pytest.mark.skipif(shutil.which("fish") is None, reason="needs fish")
def test_fish_completes_names_paths_and_settings(home, script):
    def offers(line):
        code = f"source {script / 'fish'}; complete -C '{line}'"
        done = subprocess.run(["fish", "-N", "-c", code], cwd=home, capture_output=True, text=True)
        return {line.partition("\t")[0] for line in done.stdout.splitlines()}

    assert offers("qce run ./ti") == offers("qce run --quiet ./ti") == {"./tiny.py"}
    assert "tiny.py" in offers("qce sweep ti")
    assert "quickstart" in offers("qce run qui")
    assert "--out" in offers("qce run ./tiny.py --o")
    assert "--chain-steps" in offers("qce run quickstart --chain")


def typed_in(home, words, *, ready, typed, until):
    """What a shell shows on a terminal of its own when something is typed."""
    environment = {**os.environ, "HOME": str(home), "ZDOTDIR": str(home), "TERM": "dumb"}
    ours, theirs = pty.openpty()
    streams = {"stdin": theirs, "stdout": theirs, "stderr": theirs}
    shell = subprocess.Popen(words, cwd=home, env=environment, start_new_session=True, **streams)
    os.close(theirs)
    shown, end = "", time.monotonic() + 60
    try:
        for given, awaited in (("", ready), (typed, until)):
            os.write(ours, given.encode())
            shown = ""
            while awaited not in shown and time.monotonic() < end:
                if select.select([ours], [], [], 1)[0]:
                    shown += os.read(ours, 4096).decode(errors="replace")
        return shown
    finally:
        shell.kill()
        shell.wait()
        os.close(ours)


@pytest.mark.thinned(3)
@pytest.mark.skipif(shutil.which("zsh") is None, reason="needs zsh")
@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("qce run ./ti", "qce run ./tiny.py "),
        ("qce sweep ti", "qce sweep tiny.py "),
        ("qce run --quiet ./ti", "qce run --quiet ./tiny.py "),
        ("qce run quickst", "qce run quickstart "),
        ("qce run ./tiny.py --resu", "qce run ./tiny.py --resume "),
        ("qce run ./tiny.py --out ./ti", "qce run ./tiny.py --out ./tiny.py "),
        ("qce run quickstart --chain-st", "qce run quickstart --chain-steps "),
    ],
)
def test_zsh_completes_names_paths_and_settings(home, script, typed, completed):
    """In a terminal of its own, as zsh completes nowhere else."""
    write(
        home / ".zshrc",
        f"PS1='> '; autoload -Uz compinit; compinit -u; eval \"$(<{script / 'zsh'})\"",
    )
    assert completed in typed_in(
        home, ["zsh", "-i"], ready="> ", typed=f"{typed}\t", until=completed
    )


@pytest.mark.parametrize(("shell", "begins"), [("zsh", "#compdef qce"), ("fish", "#")])
def test_every_shell_gets_all_settings(script, shell, begins):
    content = (script / shell).read_text()
    assert content.startswith(begins) and "chain-steps" in content
