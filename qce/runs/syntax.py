"""Python's parser, one thread at a time.

All syntax trees share one counter of their depth, which two threads confuse (Python 3.11):
`SystemError: AST constructor recursion depth mismatch`, see
https://github.com/python/cpython/issues/106905.
"""

from __future__ import annotations

import ast
import threading

_one_thread = threading.Lock()


def parsed(source: str | bytes) -> ast.Module:
    """The syntax tree of a module; raises what `ast.parse` raises."""
    with _one_thread:
        return ast.parse(source)
