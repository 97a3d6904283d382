"""What every public name tells its reader: formula, arguments, shapes, edges, errors, example.

The examples themselves are run by `--doctest-modules`.
"""

import doctest
import importlib
import inspect
import re

import pytest

import qce

MODULES = ("quantum", "classical", "states", "bounds", "laws", "regularise")


def public(module):
    """Public names of a module: those of `__all__`, or what it defines itself."""
    names = getattr(module, "__all__", None) or [
        name
        for name, x in vars(module).items()
        if not name.startswith("_") and getattr(x, "__module__", None) == module.__name__
    ]
    objects = {name: getattr(module, name) for name in names}
    return {n: x for n, x in objects.items() if inspect.isfunction(x) or inspect.isclass(x)}


PUBLIC = {
    f"{module}.{name}": x
    for module in MODULES
    for name, x in public(importlib.import_module(f"qce.{module}")).items()
}
FUNCTIONS = {name: x for name, x in PUBLIC.items() if inspect.isfunction(x)}
CLASSES = {name: x for name, x in PUBLIC.items() if inspect.isclass(x)}


def document(x):
    return inspect.getdoc(x) or ""


def section(text, title):
    """The indented body below a title, or ''."""
    found = re.search(rf"^{title}:\n((?:(?:[ ]+.*)?\n?)+)", text, flags=re.MULTILINE)
    return found[1] if found else ""


def test_the_public_names_are_found():
    assert len(FUNCTIONS) >= 50 and len(CLASSES) >= 10
    assert {"quantum.entropy", "laws.positivity", "regularise.hedge"} <= set(FUNCTIONS)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_has_every_section(name):
    text = document(FUNCTIONS[name])
    missing = [t for t in ("Args", "Returns", "Raises", "Example") if not section(text, t).strip()]
    assert not missing


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_argument_is_described_and_no_other(name):
    described = re.findall(r"^ {4}\*?(\w+):", section(document(FUNCTIONS[name]), "Args"), re.M)
    assert described == list(inspect.signature(FUNCTIONS[name]).parameters)


@pytest.mark.parametrize("name", PUBLIC)
def test_an_example_is_there_and_shows_a_result(name):
    if name == "states.State":  # an interface: its subclasses have the examples
        return
    examples = doctest.DocTestParser().get_examples(document(PUBLIC[name]))
    assert examples and any(example.want.strip() for example in examples)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_of_arrays_gives_the_shapes(name):
    """`(..., d, d)`, `(..., k)` and their like, of what comes in and what goes out."""
    if name == "bounds.fannes_audenaert":  # two numbers
        return
    text = document(FUNCTIONS[name])
    shape = r"`(\w+ )?\((\.\.\.|\w+)(, ?[^)`]+)*,?\)`"
    assert re.search(shape, section(text, "Args") + section(text, "Returns"))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_quantity_says_its_formula(name):
    head = document(FUNCTIONS[name]).split("Args:")[0]
    assert (
        "$" in head
        or re.search(r"[ρσψpsqΣ⟨][^.]*[=^−⟩]", head)
        or name.endswith(("partial_trace", "marginal", "_bounds"))
    )


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_logarithm_says_its_unit(name):
    """Whoever takes `base` says what it is without."""
    if "base" in inspect.signature(FUNCTIONS[name]).parameters:
        assert re.search(r"base: .*\bnats", section(document(FUNCTIONS[name]), "Args"))


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_describes_what_it_is_made_of(name):
    if name == "states.State":
        return
    text = document(CLASSES[name])
    assert section(text, "Args").strip() or section(text, "Attributes").strip()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_has_a_source(name):
    assert section(document(FUNCTIONS[name]), "Source").strip()


EVERYWHERE = {
    f"{module}.{name}": x
    for module in qce._MODULES
    for name, x in public(importlib.import_module(f"qce.{module}")).items()
}


@pytest.mark.parametrize("name", EVERYWHERE)
def test_sums_and_traces_in_the_first_lines_are_set_as_mathematics(name):
    """In text they stand as letters on the page: Σ p log q beside a rendered formula."""
    head = document(EVERYWHERE[name]).split("\n\n")[0]
    assert not re.search(r"[Σ∫]|\bTr\b|∏", re.sub(r"\$[^$]+\$|`[^`]+`", "", head))
