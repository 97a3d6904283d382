"""What is passed around, by what it can do; and the package where nobody has installed it."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
import torch
from pennylane import numpy as pnp

import qce
from qce import circuits, errors, models, typing

BORN = models.BornMachine(circuits.rx(2))
THERMAL = models.ThermalModel(circuits.rx(2), models.ProductSpectrum(2))
TREE = models.TensorTree.chain(3, 2)
CHOW_LIU = models.chow_liu([[0, 1], [1, 1]])

KINDS = {
    typing.OutcomeModel: [
        *(BORN, THERMAL, TREE, models.IQP.up_to(3, 2)),
        models.SemiQuantumBoltzmann(3, 1),
    ],
    typing.StateModel: [BORN, THERMAL],
    typing.CircuitModel: [BORN, THERMAL],
    typing.MixedModel: [THERMAL],
    typing.Distribution: [CHOW_LIU, models.product([[0, 1], [1, 1]])],
}
EVERY = [BORN, THERMAL, TREE, CHOW_LIU]


@pytest.mark.parametrize("kind", [typing.OutcomeModel, typing.StateModel, typing.MixedModel])
def test_models_are_known_by_what_they_can_do(kind):
    for model in EVERY:
        # `log_prob` of a distribution takes no parameters, which only a type checker sees.
        expected = model in KINDS[kind] or (kind is typing.OutcomeModel and model is CHOW_LIU)
        assert isinstance(model, kind) == (expected and hasattr(model, "size"))
    assert all(isinstance(model, kind) for model in KINDS[kind])


def test_arrays_of_every_library_have_the_members_of_one():
    members = [
        name for name in dir(typing.Array) if not name.startswith("_") or name in ("__getitem__",)
    ]
    kinds = [type(x) for x in (np.ones(2), pnp.ones(2), jnp.ones(2), torch.ones(2))]
    missing = {
        (kind.__name__, name) for kind in kinds for name in members if not hasattr(kind, name)
    }
    assert missing <= {("Tensor", "astype")}


def test_types_of_the_package_are_for_others_too():
    assert (Path(qce.__file__).parent / "py.typed").is_file()


ROOT = Path(qce.__file__).parent.parent


def bare(*words):
    """Python without site-packages, beside the checkout."""
    command = [sys.executable, "-S", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)


def test_a_checkout_that_nobody_has_installed_can_be_imported():
    """Without site-packages there is no metadata of `qce`; its version says so."""
    found = bare("-c", "import qce; print(qce.__version__)")
    assert found.stdout == "0+uninstalled\n", found.stderr


@pytest.mark.parametrize("name", ["qce.quantum", "qce.fit", "qce.load"])
def test_what_is_not_installed_is_named_with_what_to_do(name):
    found = bare("-c", f"import qce; {name}")
    last = found.stderr.strip().rpartition("\n")[2]
    package = "jax" if name == "qce.fit" else "numpy"
    assert last == (
        f"qce.errors.NotInstalledError: `{name}` needs {package}, which is not installed here: "
        "run `pip install .` where qce is"
    )


@pytest.mark.parametrize("words", [["list"], ["run", "quickstart"], ["devices"]])
def test_the_command_says_so_in_one_line(words):
    found = bare("-m", "qce", *words)
    assert found.returncode == 2
    assert found.stderr.startswith("qce: `qce") and found.stderr.count("\n") == 1, found.stderr
    assert "run `pip install .` where qce is" in found.stderr


def test_a_package_of_somebody_elses_is_not_ours():
    problem = ModuleNotFoundError("No module named 'mine'", name="mine")
    assert errors.not_installed("qce.fit", problem) is problem


def test_all_that_is_needed_is_known_by_the_name_of_its_module():
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    names = {re.match(r"[\w-]+", line)[0].replace("scikit-learn", "sklearn") for line in listed}
    assert names | {"autograd", "jaxlib"} == errors._NEEDED
