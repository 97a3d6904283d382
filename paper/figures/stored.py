"""What is stored of runs whose data are not here."""

import tomllib
from pathlib import Path
from typing import Any

_FILE = Path(__file__).parents[1] / "stored.toml"


def found() -> dict[str, Any]:
    """Return it, by name."""
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))
