"""The identity of a training: only the same training may resume from a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from qce._checks import error
from qce.objectives import Objective
from qce.training.digest import digest, digests
from qce.training.interface import Optimizer


def identity(
    objective: Objective,
    method: Optimizer,
    seed: int,
    batch: int | None = None,
    validation: Any = None,
) -> dict[str, Any]:
    """Return the identity of a training for JSON; limits on its length are not part of it."""
    about: dict[str, Any] = {
        "objective": objective.name,
        "size": objective.size,
        "shots": objective.shots,
        "batch": batch,
    }
    about |= {"outcomes": objective.seed, "optimizer": method.settings, "seed": seed}
    # Last, so that a difference in a setting is reported as such.
    about["digests"] = digests(objective)
    if validation is not None:
        about["digests"]["validation"] = digest(validation)
    found: dict[str, Any] = json.loads(json.dumps(about, default=lambda x: x.item()))
    return found


def compare(argument: str, mine: Mapping[str, Any], stored: Mapping[str, Any], path: str) -> None:
    """Refuse to resume from the file of another training, and say what differs.

    Args:
        argument: The argument that names the file.
        mine: Identity of this training.
        stored: Identity of that in the file.
        path: The file.
    """
    for name, value in mine.items():
        if name == "digests" or stored.get(name) == value:
            continue
        must = f"be of a training with the same {name}, {value!r}"
        but = f"that of {path} is {stored.get(name)!r}"
        remedy = "the settings it was begun with, or another path to begin anew"
        if name == "schema":
            remedy = "one of this version of qce, or begin anew, without `resume`"
        raise error(argument, must, but, remedy)
    now, then = mine["digests"], stored.get("digests", {})
    if changed := sorted(name for name in now | then if now.get(name) != then.get(name)):
        listed = " and ".join(changed)
        must = f"be of a training with the same {listed}"
        but = f"{path} was written with other {listed}"
        remedy = f"the {listed} it was begun with, or another path to begin anew"
        raise error(argument, must, but, remedy)
