"""Blocks of examples end where their text ends: doctest wants an empty line before the fence."""

from __future__ import annotations

from typing import Any

from docutils import nodes


def trim(_app: Any, tree: nodes.document) -> None:
    """Take empty lines from the ends of blocks of code."""
    for block in tree.findall(nodes.literal_block):
        if isinstance(block.children[0], nodes.Text) and len(block.children) == 1:
            block.rawsource = text = block.astext().rstrip()
            block[:] = [nodes.Text(text)]


def setup(app: Any) -> dict[str, bool]:
    """Trim each page as it was read."""
    app.connect("doctree-read", trim)
    return {"parallel_read_safe": True}
