"""Options before the experiment: `qce run --quiet ./mine.py` is `qce run ./mine.py --quiet`."""

from qce.cli import run, sweep
from qce.cli.shell import Parser


def experiment_first(words: list[str]) -> list[str]:
    """Move the experiment right after `run` or `sweep`, from anywhere among the options.

    Args:
        words: After the program's name.

    Example:
        >>> experiment_first(["run", "--out", "here", "quickstart", "--seed", "1"])
        ['run', 'quickstart', '--out', 'here', '--seed', '1']
    """
    add_common = {"run": run.add_common, "sweep": sweep.add_common}.get("".join(words[:1]))
    if add_common is None:
        return words
    common = Parser()
    add_common(common)
    at = _place(words, {o: a.nargs is None for o, a in common._option_string_actions.items()})
    if at is None:
        return words
    return [words[0], words[at], *words[1:at], *words[at + 1 :]]


def _place(words: list[str], common: dict[str, bool]) -> int | None:
    """The position of the experiment, None if it is not certain.

    Args:
        words: After the program's name.
        common: Options that all runs have, and whether a value follows.
    """
    known, value, named = True, False, []
    for at, word in enumerate(words[1:], 1):
        if value:
            value = False
        elif word.startswith("-"):
            value = common.get(word, False)
            known = known and word.partition("=")[0] in common
        elif known:  # no word before it is of a setting that only the experiment can explain
            return at
        elif _names_experiment(word):
            named.append(at)
    return named[0] if len(named) == 1 else None


def _names_experiment(word: str) -> bool:
    from qce import runs

    try:
        runs.find(word)
    except ValueError:
        return False
    return True
