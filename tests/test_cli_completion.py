"""What a shell completes."""

import subprocess

import pytest
from commandline import qce
from test_runs import write

pytestmark = pytest.mark.usefixtures("signals")


# What Bash itself offers for a line, by the function that the script has told it of.
COMPLETE = """
source ./complete.bash
COMP_WORDS=({words} "") COMP_CWORD={count}
$(complete -p qce | sed 's/.*-F \\([^ ]*\\) .*/\\1/') qce
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.mark.parametrize(
    ("words", "offers"),
    [
        ("qce", {"run", "sweep", "show", "devices"}),
        ("qce run", {"quickstart"}),
        ("qce run quickstart", {"--seed", "--chain-steps", "--out", "--resume"}),
        ("qce sweep quickstart", {"--beta", "--engine"}),
    ],
)
def test_bash_completes_commands_experiments_and_settings(home, bash_script, words, offers):
    write(home / "complete.bash", bash_script)
    code = COMPLETE.format(words=words, count=len(words.split()))
    code = code.replace('"")', '"--")') if "quickstart" in words else code
    done = subprocess.run(["bash", "-c", code], cwd=home, capture_output=True, text=True)
    assert offers <= set(done.stdout.split()), done.stderr


@pytest.fixture(scope="module")
def bash_script(tmp_path_factory):
    return qce("completion", "bash", cwd=tmp_path_factory.mktemp("shell")).stdout


@pytest.mark.parametrize(("shell", "begins"), [("zsh", "#compdef qce"), ("fish", "")])
def test_other_shells_get_a_script_too(home, here, shell, begins):
    script = here("completion", shell).stdout
    assert script.startswith(begins) and "chain-steps" in script
