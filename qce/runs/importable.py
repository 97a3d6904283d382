"""Whether workers can import the program that starts them, as each of them does first.

A program from standard input is no file to import. A call outside of `if __name__ == "__main__":`
would start workers again in each worker, and a program that raises or exits when it is imported
ends all of them. Each worker would print a traceback; this module raises one error before.
"""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Sequence
from types import FrameType, ModuleType

from qce._checks import error
from qce.errors import ArgumentError
from qce.runs.syntax import parsed

# The value of `__name__` in a worker.
_ASKED = ("__name__", "parent_process", "current_process")
_EXITS = ("exit", "quit", "_exit", "abort")


def program() -> str | None:
    """The file that workers import; None if there is none, as in a notebook or `python -c`."""
    return getattr(sys.modules["__main__"], "__file__", None)


def require_importable_main() -> None:
    """Raise ValueError where workers cannot import the program that starts them."""
    path = program()
    if path is None:
        return
    if not os.path.isfile(path):
        raise refusal(f"that is no file ({path})", "run the program from a file")
    line = _line_of(sys.modules["__main__"])
    tree = None if line is None else _parsed(path)
    if line is None or tree is None:
        return
    reached = _Worker(line).reads(tree.body)
    if reached == line:
        but = f'line {line} of {path} starts them without `if __name__ == "__main__":` around it'
        raise refusal(but, "put the call below that line")
    if reached is not None:
        but = f"line {reached} of {path} ends whoever imports it"
        raise refusal(but, 'put the call below `if __name__ == "__main__":` instead')


def refuse_failed(problem: Exception | None = None) -> None:
    """Raise ValueError because no worker has finished its imports."""
    if path := program():
        but = f"each has ended while it imported {path}"
        raise refusal(but, "let importing it raise nothing") from problem


def refusal(but: str, remedy: str) -> ArgumentError:
    """An exception about a program that workers cannot import."""
    must = "be one whose workers can import the program that starts them"
    return error("engine", must, but, f'"serial", or {remedy}')


def _line_of(main: ModuleType) -> int | None:
    """The current line of a program; None where it is imported or run by a debugger."""
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        if frame.f_globals is main.__dict__ and frame.f_code.co_name == "<module>":
            return frame.f_lineno
        frame = frame.f_back
    return None


def _parsed(path: str) -> ast.Module | None:
    try:
        with open(path, "rb") as file:
            return parsed(file.read())
    except (OSError, SyntaxError, ValueError):  # compiled, or in no language of Python's
        return None


class _Worker:
    """How far a worker gets when it imports a program; `line` starts the workers."""

    def __init__(self, line: int):
        self.line = line

    def reads(self, statements: Sequence[ast.stmt]) -> int | None:
        """The line that starts workers again or ends this one; None where neither is certain."""
        for statement in statements:
            reached = self._meets(statement)
            if reached is not None:
                return reached
        return None

    def _meets(self, statement: ast.stmt) -> int | None:
        if isinstance(statement, ast.If):
            return self._branches(statement)
        if _ends(statement):
            return statement.lineno
        if not statement.lineno <= self.line <= (statement.end_lineno or 0):
            return None
        blocks = _blocks(statement)
        if not blocks:
            return self.line
        if _asks(*_heads(statement)):  # `match __name__:`
            return None
        inside = [block for block in blocks if self._holds(block)]
        return self.reads(inside[0]) if inside else self.line

    def _branches(self, statement: ast.If) -> int | None:
        taken = _truth(statement.test)
        if taken is not None:
            return self.reads(statement.body if taken else statement.orelse)
        if _asks(statement.test):  # some other test of `__name__`, which is not understood
            return None
        ends = [self.reads(statement.body), self.reads(statement.orelse)]
        if self.line in ends:
            return self.line
        return ends[0] if None not in ends else None

    def _holds(self, block: Sequence[ast.stmt]) -> bool:
        return bool(block) and block[0].lineno <= self.line <= (block[-1].end_lineno or 0)


def _truth(test: ast.expr) -> bool | None:
    """The value of a test in a worker; None where it depends on more than `__name__`."""
    if isinstance(test, ast.Constant):
        return bool(test.value)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = _truth(test.operand)
        return None if inner is None else not inner
    if isinstance(test, ast.BoolOp):
        parts, decides = [_truth(part) for part in test.values], isinstance(test.op, ast.Or)
        if decides in parts:
            return decides
        return None if None in parts else not decides
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        return _compared(test.left, test.ops[0], test.comparators[0])
    return None


def _compared(left: ast.expr, sign: ast.cmpop, right: ast.expr) -> bool | None:
    sides = {ast.unparse(left), ast.unparse(right)}
    is_main = sides == {"__name__", "'__main__'"}
    is_parent = "None" in sides and _asks(left, right) and "__name__" not in sides
    if not (is_main or is_parent):
        return None
    if isinstance(sign, (ast.Eq, ast.Is)):
        return False
    return True if isinstance(sign, (ast.NotEq, ast.IsNot)) else None


def _asks(*nodes: ast.AST) -> bool:
    """Whether code uses `__name__`."""
    inner = (part for node in nodes for part in ast.walk(node))
    return any(getattr(part, "id", getattr(part, "attr", None)) in _ASKED for part in inner)


def _ends(statement: ast.stmt) -> bool:
    """Whether a statement ends a program that reaches it."""
    if isinstance(statement, ast.Raise):
        return True
    called = statement.value if isinstance(statement, ast.Expr) else None
    name = called.func if isinstance(called, ast.Call) else None
    return getattr(name, "id", getattr(name, "attr", None)) in _EXITS


def _blocks(statement: ast.stmt) -> list[list[ast.stmt]]:
    """The blocks of a loop, a `with`, a `try` or a `match`, in which a program may be."""
    own = [getattr(statement, name, []) for name in ("body", "orelse", "finalbody")]
    parts = [*getattr(statement, "handlers", []), *getattr(statement, "cases", [])]
    return [block for block in [*own, *(part.body for part in parts)] if block]


def _heads(statement: ast.stmt) -> list[ast.expr]:
    """The expressions that a compound statement evaluates before it enters a block."""
    heads = (getattr(statement, name, None) for name in ("test", "iter", "subject"))
    return [head for head in heads if head is not None]
