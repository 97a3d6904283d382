"""Objects show themselves: in a short line without addresses, and as sound HTML."""

import dataclasses
import functools
import importlib
import inspect
import math
from xml.etree import ElementTree

import jax.numpy as jnp
import numpy as np
import pytest

import qce
from qce import circuits, data, models, objectives, results, runs, states, twins
from qce._showing import LINE, brief, columns, curve, heat, line, table

RHO = np.diag([0.75, 0.25])
ROWS = np.random.default_rng(0).integers(0, 2, (100, 40))


def thermal():
    return models.ThermalModel(circuits.strongly_entangling(1, layers=1), models.ProductSpectrum(1))


@functools.cache
def objects():
    """One of each kind, small and large."""
    objective = objectives.exact_cross_entropy(thermal(), RHO)
    measured = objectives.deferred_cross_entropy(thermal(), RHO, shots=10, seed=0)
    checks = tuple(results.LimitCheck(f"twin <{k}>", "value", 0.0, 1.0) for k in range(200))
    tree, _ = models.TensorTree.from_chow_liu(ROWS, bond=2, seed=0)
    wide = {f"column {k}": np.arange(1000) for k in range(100)}
    return [
        results.Estimate(1.0),
        results.Estimate(math.nan, math.inf, shots=3, bias="a < b & c"),
        results.Cost(1, 2, 3),
        qce.fit(objective, optimizer="lbfgs", progress=False, steps=2),
        qce.fit(measured, progress=False, steps=2),
        results.LimitReport(checks, 0, {}, {}),
        *(states.Diagonal(RHO.diagonal()), states.Pure([1, 0]), states.IsingChain(4)),
        states.Product(*[states.Diagonal([0.5, 0.5])] * 2000),
        states.Product(*[states.Pure([0.6, 0.8j])] * 3),
        states.Thermal(RHO, beta=1.0),
        states.Thermal(states.IsingChain(300), beta=1.0),
        *(circuits.strongly_entangling(3, layers=2), circuits.ising(50, layers=3)),
        circuits.Circuit(2, tuple((circuits.rx(2).parts[0][0], 1) for _ in range(100))),
        circuits.strongly_entangling(3, layers=2).parts[0][0],
        circuits.Block("kick", 1, lambda params, wires: None),
        *(thermal(), models.BornMachine(circuits.rx(2)), models.CategoricalSpectrum(2)),
        *(models.chow_liu(ROWS), models.product(ROWS), tree, models.Matchgate(4)),
        models.Mixture((tree,) * 50),
        models.SemiQuantumBoltzmann(20, 5),
        models.PauliTerms([letter * 10 for letter in "XYZ"]),
        *(models.Classifier(wires=2, classes=2), models.Segmenter(wires=1, layers=2, patch=1)),
        *(objective, measured, objectives.measured_likelihood(tree, ROWS)),
        objectives.Objective("<mine>", thermal(), evaluate=lambda params: (0.0, 0.0)),
        qce.learning.Online(models.Classifier(wires=1, classes=2)),
        qce.regularise.depolarise(np.eye(64) / 64, 0.1),
        data.labelled("iris"),
        qce.tomography.read_counts({letter: {"0": 3, "1": 4} for letter in "XYZ"}),
        twins.TWINS[0],
        *(runs.Table({}), runs.Table({"loss": np.array([0.5, None])}), runs.Table(wide)),
    ]


def kind(x):
    return type(x).__name__


def test_objects_show_themselves_in_a_short_line_without_an_address():
    assert len(objects()) > 40
    for x in objects():
        shown = repr(x)
        assert " at 0x" not in shown and "\n" not in shown and len(shown) < 300, shown
        assert shown.startswith(kind(x))


def test_what_a_notebook_shows_is_sound_html():
    pages = [(kind(x), x._repr_html_()) for x in objects() if hasattr(x, "_repr_html_")]
    assert {"FitResult", "Estimate", "LimitReport", "Pure", "Circuit", "Table"} <= dict(
        pages
    ).keys()
    assert {"BornMachine", "ThermalModel", "Objective", "TensorTree"} <= dict(pages).keys()
    for name, page in pages:
        ElementTree.fromstring(page)
        assert " at 0x" not in page and len(page) < 100_000, name


def public_records():
    for module in qce._MODULES:
        names = importlib.import_module(f"qce.{module}")
        for name in getattr(names, "__all__", ()):
            x = getattr(names, name)
            if inspect.isclass(x) and dataclasses.is_dataclass(x):
                yield f"{module}.{name}", x


@pytest.mark.parametrize(("name", "record"), list(public_records()))
def test_a_public_record_shows_itself_or_holds_nothing_long(name, record):
    """Either it has a line of its own, or all its fields are numbers and short texts."""
    generated = "__repr__" in vars(record) and hasattr(record.__repr__, "__wrapped__")
    if generated:
        kinds = {f.type for f in dataclasses.fields(record) if f.repr}
        plain = {"int", "float", "bool", "str", "int | None", "float | None", "Status", "Cost"}
        assert kinds <= plain, f"{name} has {kinds - plain}"


class Loud:
    def __repr__(self):
        return "loud\n" * 1000


@pytest.mark.parametrize(
    "value",
    [
        *(np.zeros((100, 100)), jnp.zeros(3), np.float64(0.1), None, 1j, object(), Loud(), Loud),
        *(lambda x: x, functools.partial(np.sum, axis=0), np.sum, "text" * 100, b"x" * 1000),
        *([[1] * 100] * 100, {k: object() for k in range(50)}, tuple(range(1000)), (), {}, set()),
    ],
    ids=lambda value: type(value).__name__,
)
def test_any_value_is_brief(value):
    shown = brief(value)
    assert len(shown) <= 100 and "\n" not in shown and " at 0x" not in shown
    assert len(line("Name", [("key", shown)] * 100)) <= LINE


def test_the_shape_and_the_name_are_what_is_shown():
    assert brief(np.zeros((2, 3))) == "array (2, 3)" and brief(functools.partial(np.sum)) == "sum"
    assert brief([1, 2]) == "[1, 2]" and brief((1,)) == "(1,)" and brief({"a": 0.5}) == "{'a': 0.5}"
    assert repr(twins.TWINS[0]).startswith("Twin(name='entropy', classical=entropy")


def test_names_and_values_are_escaped():
    for page in (table("<a>", [("<b>", "&c")]), columns("<a>", ["<b>"], [["&c"]])):
        assert "<a>" not in page and "<b>" not in page and "&c" not in page.replace("&amp;c", "")


def test_a_curve_leaves_out_what_is_not_finite():
    assert curve([]) == curve([1.0]) == curve([math.nan, 1.0]) == ""
    (points,) = ElementTree.fromstring(curve([2.0, math.inf, 1.0])).iterfind(".//*[@points]")
    assert points.get("points") == "2.0,2.0 238.0,58.0"
    assert curve([1.0, 1.0]).count(",2.0") == 2
    assert len(curve(np.arange(10**5))) < 5_000


def test_a_matrix_is_shown_by_the_sizes_of_its_entries():
    cells = ElementTree.fromstring(heat([[0.5, 0.25j], [-0.25j, 0.0]])).findall("{*}rect")
    shades = [cell.get("fill-opacity") for cell in cells[:4]]
    assert shades == ["1.000", "0.500", "0.500", "0.000"]
    ElementTree.fromstring(heat(np.zeros((2, 2))))


# --- numbers with their error ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("estimate", "spec", "shown"),
    [
        ((0.12345, 0.0042), ".3f", "0.123 ± 0.004"),
        ((0.12345, 0.0042), ".3fS", "0.123(4)"),
        ((0.12345, 0.0042), "S", "0.1235(42)"),
        ((12.345, 1.24), ".1fS", "12.3(1.2)"),
        ((1234.5, 56.7), ".0fS", "1234(57)"),
        ((1234.5, 56.7), "S", "1234(57)"),
        ((0.12345, 0.0042), "+.3f", "+0.123 ± 0.004"),
        ((-0.12345, 0.0042), ".2e", "-1.23e-01 ± 4.20e-03"),
        ((0.12345, 0.0042), ">16.3f", "   0.123 ± 0.004"),
        ((0.12345, 0.0042), "*<10.3fS", "0.123(4)**"),
        ((1.5, 0.0), ".3f", "1.500"),
        ((1.5, 0.0), "S", "1.50000"),
        ((math.inf, 0.0), ".3f", "inf"),
        ((math.nan, math.nan), ".3f", "nan ± nan"),
        ((0.5, math.inf), ".3fS", "0.500(inf)"),
    ],
)
def test_an_estimate_is_formatted_as_a_number_with_its_error(estimate, spec, shown):
    assert format(results.Estimate(*estimate), spec) == shown


def test_without_a_specification_an_estimate_is_its_text():
    estimate = results.Estimate(1.23456, 0.00123, shots=1000)
    assert f"{estimate}" == str(estimate) == "1.2346 ± 0.0012 nats (1000 shots)"


@pytest.mark.parametrize("spec", ["d", ".3x", "S.3f", ".3eS", ".3f%", "é"])
def test_another_specification_is_refused(spec):
    with pytest.raises(qce.ArgumentError, match="format of real numbers"):
        format(results.Estimate(1.0, 0.1), spec)


# --- tables ---------------------------------------------------------------------------------------


def test_a_table_becomes_a_frame():
    pytest.importorskip("pandas", reason="needs pandas")
    columns = {"name": np.array(["a", "b"]), "seed": np.array([0, 1])}
    columns |= {"loss": np.array([0.5, None], dtype=object), "good": np.array([True, False])}
    frame = runs.Table(columns).to_pandas()
    assert list(frame) == list(columns) and frame["seed"].dtype.kind == "i"
    assert frame["loss"].dtype.kind == "f" and frame["loss"].isna().tolist() == [False, True]
    assert frame["name"].tolist() == ["a", "b"] and frame["good"].dtype.kind == "b"
    assert len(runs.Table({}).to_pandas()) == 0
