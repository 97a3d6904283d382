"""Figures of the code: `python benchmarks/house.py` prints them, `--limits` holds them to limits.

Lines, public names, parameters typed `Any`, private imports across packages, circles of modules and
the longest function. What a duplicate is, is a matter of opinion and is left to other tools.
"""

import ast
import importlib
import inspect
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import grimp
import networkx as nx

import qce

ROOT = Path(qce.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))

# What `--limits` holds the code to.
LIMITS = {
    "public parameters typed Any (%)": 4.0,
    "private imports across packages": 8,
    "longest function": 46,
    "circles": 0,
}


def public_modules() -> Iterator[ModuleType]:
    """Modules that users import: no part of their name begins with an underscore."""
    for found in pkgutil.walk_packages([str(ROOT)], "qce."):
        if not any(part.startswith("_") for part in found.name.split(".")):
            yield importlib.import_module(found.name)


def public_names() -> dict[str, Any]:
    """Each public object once, under the shortest name that a module's `__all__` gives it."""
    named: dict[int, tuple[str, Any]] = {}
    for module in [qce, *sorted(public_modules(), key=lambda m: m.__name__.count("."))]:
        for name in getattr(module, "__all__", ()):
            value = getattr(module, name)
            if not inspect.ismodule(value):
                named.setdefault(id(value), (f"{module.__name__}.{name}", value))
    return dict(named.values())


def parameters() -> Iterator[tuple[str, Any]]:
    """Annotations of the parameters of public functions, and of public methods of classes."""
    for name, value in public_names().items():
        methods = [value]
        if inspect.isclass(value):
            own = [getattr(value, m) for m in vars(value) if not m.startswith("_")]
            made = [] if getattr(value, "_is_protocol", False) else [value.__init__]
            methods = [*made, *(m for m in own if inspect.isroutine(m))]
        for method in filter(inspect.isfunction, methods):
            for each in inspect.signature(method).parameters.values():
                if each.name not in ("self", "cls"):
                    yield f"{name}({each.name})", _resolved(each.annotation, method)


def _resolved(annotation: Any, function: Any) -> Any:
    if not isinstance(annotation, str):
        return annotation
    try:
        return eval(annotation, function.__globals__)
    except NameError:  # imported for type checkers alone
        return annotation


def untyped() -> tuple[int, int]:
    """How many public parameters are `Any`, and how many there are."""
    annotations = [annotation for _, annotation in parameters()]
    return sum(map(is_untyped, annotations)), len(annotations)


def is_untyped(annotation: Any) -> bool:
    """Whether it is `Any`, or not there."""
    return annotation is Any or annotation is inspect.Parameter.empty


def private_imports() -> list[str]:
    """Imports of a private module or name of one package of `qce` by another."""
    found = []
    for path in FILES:
        home = ("qce", *path.relative_to(ROOT).parts)[:2]
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("qce."):
                parts = node.module.split(".")
                elsewhere = tuple(parts[:2]) != home and not parts[1].startswith("_")
                names = [*parts[2:], *(alias.name for alias in node.names)]
                if elsewhere and any(name.startswith("_") for name in names):
                    found.append(f"{path.relative_to(ROOT)}: {node.module}")
    return found


def longest_function() -> tuple[int, str]:
    """Lines of the longest function, docstring apart, and where it is."""
    sizes = [(0, "")]
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                if body:
                    lines = (body[-1].end_lineno or 0) - body[0].lineno + 1
                    sizes.append((lines, f"{path.relative_to(ROOT)}:{node.name}"))
    return max(sizes)


def circles() -> list[list[str]]:
    """Groups of modules that import each other in a circle, type checking apart."""
    imports = grimp.build_graph("qce", exclude_type_checking_imports=True)
    graph = nx.DiGraph()
    for module in imports.modules:
        graph.add_edges_from(
            (module, other)
            for other in imports.find_modules_directly_imported_by(module)
            if not module.startswith(other + ".") and not other.startswith(module + ".")
        )
    return [sorted(group) for group in nx.strongly_connected_components(graph) if len(group) > 1]


def main() -> int:
    """Print the figures; the exit status says whether the limits hold."""
    unknown, of = untyped()
    lines, where = longest_function()
    figures = {
        "lines": sum(len(path.read_text().splitlines()) for path in FILES),
        "modules": len(FILES),
        "public names": len(public_names()),
        "public parameters typed Any (%)": round(100 * unknown / of, 1),
        "private imports across packages": len(private_imports()),
        "longest function": lines,
        "circles": len(circles()),
    }
    for name, value in figures.items():
        print(f"{name:34} {value}" + (f"  {where}" if name == "longest function" else ""))
    if "--details" in sys.argv:
        print(*private_imports(), *map(" -> ".join, circles()), sep="\n")
        print(*(name for name, a in parameters() if is_untyped(a)), sep="\n")
    missed = [name for name, most in LIMITS.items() if figures[name] > most]
    if "--limits" in sys.argv and missed:
        print("Above the limit:", ", ".join(f"{name} ({LIMITS[name]})" for name in missed))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
