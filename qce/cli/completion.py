"""`qce completion`: what a shell needs to complete commands, experiments and settings."""

import argparse
from pathlib import Path
from typing import Any

from qce.cli import run, sweep
from qce.cli.shell import Parser

_SHELLS = ("bash", "zsh", "fish")
_RUNNING = ("run", "sweep")
_EXAMPLES = """examples:
  eval "$(qce completion bash)"       in ~/.bashrc
  eval "$(qce completion zsh)"        in ~/.zshrc, after compinit
  qce completion fish > ~/.config/fish/completions/qce.fish
"""


def add(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "completion",
        help="print a script that completes commands and settings in a shell",
        description="Print a script that completes commands, experiments and their settings.",
        epilog=_EXAMPLES,
    )
    parser.add_argument("shell", choices=_SHELLS, help="the shell that reads the script")
    parser.set_defaults(command=complete)


def complete(options: argparse.Namespace) -> int:
    """Print the script, made from the parsers themselves."""
    import shtab

    from qce import cli, runs

    parser = cli._parser()
    commands = _subparsers(parser)
    for module in (run, sweep):
        command = commands[module.__name__.rpartition(".")[2]]
        # In place of the words that are read later: what each experiment will read them as.
        _forget_positionals(command)
        module.add_common(command)  # before the experiment, and behind the path of one's own
        known = command.add_subparsers(parser_class=Parser)
        for name, summary in runs.names().items():
            experiment = runs.load_experiment(runs.find(name))
            settings = known.add_parser(name, help=summary)
            module.add_options(settings, experiment)
    _complete_files(parser, shtab.FILE)
    script: str = shtab.complete(parser, shell=options.shell)
    print(_WITH_PATHS[options.shell](script))
    return 0


# An experiment is a name or a path, and shtab knows choices or files. These add the files, and the
# options behind a path; each to what shtab writes for `qce run` and `qce sweep`.


def _bash(script: str) -> str:
    script = script.replace("compgen -f -- $1", 'compgen -f -- "$1"')  # names with spaces
    ours = [f"_shtab_qce_{name}_pos_0_COMPGEN=_shtab_compgen_files" for name in _RUNNING]
    return "\n".join([script.rstrip(), *ours])


def _zsh(script: str) -> str:
    for name in _RUNNING:
        names = f"  _describe 'qce {name} commands' _commands\n"
        script = script.replace(names, f"{names}  _files\n")
        # Without the last two, which complete the experiment.
        options = f"*) _arguments -C -s ${{_shtab_qce_{name}_options[1,-3]}} ;;\n      "
        begin, case, rest = script.partition(f"    {name})\n      words=($line[1]")
        script = begin + case + rest.replace("esac", f"  {options}esac", 1)
    return script


def _fish(script: str) -> str:
    ours = [
        f"complete -c qce -n '_shtab_qce_using {name}; and test $_shtab_qce_npos -eq 0'"
        ' -ka "(__fish_complete_path (commandline -ct))"'
        for name in _RUNNING
    ]
    return "\n".join([script.rstrip(), *ours])


_WITH_PATHS = {"bash": _bash, "zsh": _zsh, "fish": _fish}


def _subparsers(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


def _forget_positionals(parser: argparse.ArgumentParser) -> None:
    for action in list(parser._actions):
        if not action.option_strings:
            parser._remove_action(action)


def _complete_files(parser: argparse.ArgumentParser, files: Any) -> None:
    """Options that take a path are completed with files."""
    for action in parser._actions:
        if action.type is Path:
            action.complete = files  # type: ignore[attr-defined]
    for command in _subparsers(parser).values():
        _complete_files(command, files)
