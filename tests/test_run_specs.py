"""A spec: what its fields may hold, in Python, on the command line and in a file."""

import argparse
import dataclasses
import re
import tomllib
from typing import Literal, Optional

import numpy as np
import pytest
from test_runs import TINY, write

from qce import runs
from qce.runs.spec import digest, to_toml


@pytest.fixture
def tiny(tmp_path):
    """A loaded experiment of one's own."""
    return runs.load_experiment(write(tmp_path / "tiny.py", TINY))


@dataclasses.dataclass(frozen=True)
class Everything:
    """A spec with a field of each kind."""

    whole: int = 3
    real: float = 0.1 + 0.2  # needs all its seventeen digits
    small: float = 1e-7
    text: str = 'a "quoted" \\ ünïcode\nline'
    flag: bool = True
    many: tuple[float, ...] = (0.1, float("inf"), 1e22)


@dataclasses.dataclass(frozen=True)
class Bounded:
    """A spec with bounds, choices and a field that has to be given."""

    shots: int = runs.setting(help="of a circuit", least=1)
    beta: float = runs.setting(1.0, "inverse temperature", unit="1/J", above=0, most=10)
    optimizer: Literal["adam", "lbfgs"] = "adam"
    sizes: tuple[int, ...] = runs.setting((2, 4), least=1)
    span: tuple[float, float] = (0.0, 1.0)
    kinds: tuple[Literal["a", "b"], ...] = ()
    few: Literal[1, "many"] = 1


@pytest.mark.parametrize(
    ("values", "problem", "says"),
    [
        ({"shots": 0}, ValueError, "`shots` must be at least 1, but it is 0"),
        ({"shots": 1.0}, TypeError, "`shots` must be of type int, but it is 1.0"),
        ({"shots": True}, TypeError, "`shots` must be of type int, but it is True"),
        ({"beta": 0.0}, ValueError, "`beta` must be above 0, but it is 0.0"),
        ({"beta": 11}, ValueError, "`beta` must be at most 10, but it is 11.0"),
        ({"beta": float("nan")}, ValueError, "`beta` must be above 0, but it is nan"),
        ({"beta": "1"}, TypeError, "`beta` must be of type float, but it is '1'"),
        ({"optimizer": "sgd"}, ValueError, "`optimizer` must be one of 'adam', 'lbfgs'"),
        ({"sizes": (2, 0)}, ValueError, "`sizes` must be at least 1, but it is 0"),
        ({"sizes": 2}, TypeError, "`sizes` must be a tuple, but it is 2"),
        ({"kinds": ("a", "c")}, ValueError, "`kinds` must be one of 'a', 'b', but it is 'c'"),
        ({"span": (1.0,)}, ValueError, "`span` must have 2 entries, but it has 1"),
    ],
)
def test_a_spec_is_checked_before_any_work(tiny, tmp_path, values, problem, says):
    def work(spec):
        pytest.fail("the experiment was run")

    spec = dataclasses.replace(Bounded(shots=5), **values)
    with pytest.raises(problem, match=re.escape(f"Argument {says}")):
        runs.execute(dataclasses.replace(tiny, run=work), spec, tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_a_type_that_no_spec_can_have_is_named():
    spec = dataclasses.make_dataclass("Spec", [("x", complex, 1j)], frozen=True)
    with pytest.raises(TypeError, match="`x` must be declared as an int, float, str, bool, Lit"):
        runs.checked(spec())


def test_values_that_mean_the_same_name_the_same_run(tiny):
    plain = Bounded(shots=5, beta=2.0, sizes=(1, 2))
    other = Bounded(shots=np.int64(5), beta=2, sizes=[1, 2])  # type: ignore[arg-type]
    assert runs.folder_of(tiny, other) == runs.folder_of(tiny, plain)
    checked = runs.checked(other)
    assert checked == plain and type(checked.shots) is int and type(checked.beta) is float
    assert runs.folder_of(tiny, Bounded(shots=5, beta=3.0)) != runs.folder_of(tiny, plain)


def test_a_stored_configuration_makes_the_same_spec(tiny, tmp_path):
    folder, _ = runs.execute(tiny, tiny.spec(seed=7), tmp_path, progress=False)
    values = runs.read_file(folder / "config.toml", "tiny")
    assert runs.spec_from(tiny.spec, {}, values) == tiny.spec(seed=7)
    assert runs.spec_from(tiny.spec, {"count": 1, "out": "x"}, values) == tiny.spec(7, 1)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("seed = 1", "has no such table. Pass the config.toml of a run"),
        ("[spec]\nsede = 1", "'sede' is none (did you mean 'seed'?). Pass only these: seed, count"),
        ("[spec]\nzzz = 1", "'zzz' is none. Pass only these: seed, count"),
        ("[spec]\nseed = '1'", "`seed` must be of type int, but it is '1'"),
        ("experiments = 'tiny'\n[spec]", "'experiments' (did you mean 'experiment'?)"),
        (
            "experiment = 'other'\n[spec]",
            " is for 'other' and not for 'tiny'. Pass",
        ),
        ("[spec", "must be a TOML file, but"),
    ],
)
def test_a_spec_file_that_does_not_fit_says_why(tiny, tmp_path, text, says):
    path = write(tmp_path / "spec.toml", text)
    with pytest.raises((ValueError, TypeError), match=re.escape(says)):
        runs.spec_from(tiny.spec, {}, runs.read_file(path, "tiny"))


def test_a_field_without_default_has_to_be_given():
    with pytest.raises(ValueError, match="`shots` must be given, but it has no default"):
        runs.spec_from(Bounded, {"beta": 1.0})


def test_options_are_made_from_the_fields():
    parser = argparse.ArgumentParser()
    runs.add_fields(parser, Bounded)
    runs.add_fields(parser, Everything)
    words = "--shots 3 --beta 2 --sizes 1,2,3 --optimizer lbfgs --no-flag --span=-1,2"
    words += " --kinds b,a --few 1"
    given = runs.given(Bounded, vars(parser.parse_args(words.split())))
    expected = {"shots": 3, "beta": 2.0, "optimizer": "lbfgs", "sizes": (1, 2, 3)}
    assert given == {**expected, "span": (-1.0, 2.0), "kinds": ("b", "a"), "few": 1}
    shown = " ".join(parser.format_help().split())
    assert "--beta FLOAT inverse temperature (1/J; > 0; ≤ 10; default 1.0)" in shown
    assert "--sizes INT,… (≥ 1; default 2,4)" in shown and "--optimizer {adam,lbfgs}" in shown


def test_options_of_a_sweep_take_lists():
    parser = argparse.ArgumentParser()
    runs.add_fields(parser, Bounded, lists=True)
    words = "--shots 3 4 --sizes 1,2 3 --optimizer lbfgs adam"
    given = runs.given(Bounded, vars(parser.parse_args(words.split())))
    assert given == {"shots": [3, 4], "sizes": [(1, 2), (3,)], "optimizer": ["lbfgs", "adam"]}
    runs.add_fields(flags := argparse.ArgumentParser(), Everything, lists=True)
    assert flags.parse_args(["--flag", "true", "false"]).flag == [True, False]
    with pytest.raises(SystemExit):
        flags.parse_args(["--flag", "perhaps"])


def test_config_toml_gives_the_spec_back():
    spec = tomllib.loads(to_toml("all", Everything()))["spec"]
    spec["many"] = tuple(spec["many"])
    assert Everything(**spec) == Everything()


def test_the_digest_tells_specs_apart_and_knows_them_again():
    assert digest("a", Everything()) == digest("a", Everything())
    others = [digest("a", Everything(whole=4)), digest("b", Everything())]
    assert len({digest("a", Everything()), *others}) == 3


def test_a_field_that_toml_cannot_hold_is_refused():
    with pytest.raises(TypeError, match="Argument `text` must be a number, a text"):
        to_toml("all", Everything(text=b"bytes"))


@dataclasses.dataclass(frozen=True)
class Optionals:
    """A spec whose fields may be None, in every spelling."""

    shots: int | None = runs.setting(None, least=1)
    beta: Optional[float] = 1.0  # noqa: UP045
    flag: bool | None = True
    angles: tuple[float, ...] | None = (0.5,)
    kind: Literal["a", "b"] | None = "a"
    other: Literal["a", None] = "a"
    label: str | None = "x"


def options_of(spec, *words, lists=False):
    parser = argparse.ArgumentParser()
    runs.add_fields(parser, spec, lists=lists)
    return vars(parser.parse_args(words))


NOTHING = dict.fromkeys(field.name for field in dataclasses.fields(Optionals))
SOMETHING = {
    "shots": 10,
    "beta": -0.5,
    "flag": False,
    "angles": (-1.0, 2.0),
    "kind": "b",
    "other": "a",
    "label": "none of these",
}


@pytest.mark.parametrize("values", [NOTHING, SOMETHING, {}])
def test_a_field_that_may_be_none_is_kept_by_config_toml(tmp_path, values):
    spec = runs.checked(Optionals(**values))
    path = write(tmp_path / "config.toml", to_toml("own", spec))
    assert runs.spec_from(Optionals, {}, runs.read_file(path, "own")) == spec
    parsed = tomllib.loads(path.read_text())
    assert set(parsed.get("none", ())) == {n for n, v in vars(spec).items() if v is None}


def test_a_field_that_may_be_none_is_an_option():
    words = [f"--{name}=none" for name in NOTHING]
    assert options_of(Optionals, *words) == NOTHING
    given = ("--shots=10", "--beta=-0.5", "--flag=false", "--angles=-1,2", "--kind=b", "--other=a")
    assert options_of(Optionals, *given, "--label=none of these") == SOMETHING
    swept = options_of(Optionals, "--shots", "none", "10", "--flag", "true", "none", lists=True)
    assert swept == {"shots": [None, 10], "flag": [True, None]}
    parser = argparse.ArgumentParser()
    runs.add_fields(parser, Optionals)
    shown = " ".join(parser.format_help().split())
    assert "--shots INT|none (≥ 1; default none)" in shown and "--flag true|false|none" in shown


def test_none_and_a_value_name_different_runs_and_bounds_hold_for_the_value():
    named = {digest("a", runs.checked(Optionals(shots=n))) for n in (None, 1, 2)}
    assert len(named) == 3
    with pytest.raises(ValueError, match="`shots` must be at least 1"):
        runs.checked(Optionals(shots=0))
    with pytest.raises(TypeError, match="`flag` must be of type bool or None, but it is 1"):
        runs.checked(Optionals(flag=1))


@dataclasses.dataclass(frozen=True)
class Holes:
    """A spec that no file can hold."""

    x: tuple[int | None, ...] = (1, None)


def test_an_entry_of_a_tuple_cannot_be_none():
    with pytest.raises(TypeError, match="`x` must be declared as an int"):
        runs.checked(Holes())


def test_zero_has_one_run_whatever_its_sign():
    named = {digest("a", runs.checked(Bounded(shots=1, span=(zero, 1.0)))) for zero in (0.0, -0.0)}
    assert len(named) == 1


def test_a_choice_is_stored_as_it_is_declared():
    """1, 1.0, True and NumPy's 1 are equal; a file has to hold one of them."""
    specs = [runs.checked(Bounded(shots=1, few=one)) for one in (1, 1.0, np.int64(1))]
    assert {digest("a", spec) for spec in specs} == {digest("a", specs[0])}
    with pytest.raises(ValueError, match="`few` must be one of 1, 'many', but it is True"):
        runs.checked(Bounded(shots=1, few=True))


CONTROLS = "".join(map(chr, (*range(32), 0x7F, 0x85, 0x9B, 0x2028, 0x202E, 0xFEFF)))


@pytest.mark.parametrize("text", [CONTROLS, "a\x7fb", '\'"""\\', "σ\U0001f600", ""])
def test_any_text_gives_toml_that_readers_take(text):
    """Controls but the tab stand escaped, as TOML 1.0 wants: tomllib would refuse them."""
    spec = dataclasses.replace(Everything(), text=text)
    written = to_toml(f"name {text}", spec)
    parsed = tomllib.loads(written)
    assert parsed["spec"]["text"] == text and parsed["experiment"] == f"name {text}"


def test_a_text_that_no_file_can_hold_is_refused_by_its_name():
    with pytest.raises(ValueError, match="`text` must be text that UTF-8 can hold"):
        to_toml("all", Everything(text="a\udcff"))


def test_names_beyond_ascii_give_toml_that_readers_take():
    spec = dataclasses.make_dataclass("Spec", [("β", float, 1.0)], frozen=True)
    assert tomllib.loads(to_toml("own", spec()))["spec"] == {"β": 1.0}


def test_a_type_that_names_nothing_is_said():
    spec = dataclasses.make_dataclass("Spec", [("x", "Unknown", 1)], frozen=True)
    with pytest.raises(TypeError, match="`Spec` must declare types that are known.*Unknown"):
        runs.checked(spec())
