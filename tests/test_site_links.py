"""Links of the documentation into that of others: asked for, they lead where inventories say.

Everything but the download: the inventories are files here, written as Sphinx writes them.
"""

import os
import runpy
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

pytest.importorskip("sphinx_copybutton", reason="needs the extra `docs`")

DOCS = Path(__file__).parent.parent / "docs"
NAMES = {
    "python": ("pathlib.Path", "class"),
    "numpy": ("numpy.linalg.eigh", "function"),
    "jax": ("jax.jit", "function"),
    "pennylane": ("pennylane.QNode", "class"),
    "sklearn": ("sklearn.linear_model.LogisticRegression", "class"),
}
# The settings of the documentation, with its inventories read from files beside them.
SETTINGS = f"""
from pathlib import Path
here, __file__ = Path(__file__).parent, {str(DOCS / "conf.py")!r}
exec(compile(Path(__file__).read_text(encoding="utf-8"), __file__, "exec"))
extensions.remove("sphinx_gallery.gen_gallery")  # its scripts are not here
html_static_path = html_css_files = []
intersphinx_mapping = {{
    name: (address, str(here / (name + ".inv")))
    for name, (address, _) in globals().get("intersphinx_mapping", {{}}).items()
}}
"""


def write_inventory(path, name, kind):
    """An inventory of one name, in version 2 of Sphinx' format."""
    head = f"# Sphinx inventory version 2\n# Project: {path.stem}\n# Version: 1\n"
    line = f"{name} py:{kind} 1 reference/{name}.html#$ -\n"
    text = head + "# The remainder of this file is compressed using zlib.\n"
    path.write_bytes(text.encode() + zlib.compress(line.encode()))


def build(folder):
    """A page that names something of every library, in the settings of the documentation."""
    (folder / "conf.py").write_text(SETTINGS, encoding="utf-8")
    for library, (name, kind) in NAMES.items():
        write_inventory(folder / f"{library}.inv", name, kind)
    words = "\n".join(f"- {{py:obj}}`{name}`" for name, _ in NAMES.values())
    (folder / "index.md").write_text(f"# Links\n\n{words}\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "-q", "-b", "html", str(folder), str(folder / "on")],
        env=os.environ | {"QCE_DOCS_LINKS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return (folder / "on/index.html").read_text(encoding="utf-8")


def test_links_lead_into_the_documentation_of_every_library_that_is_named(tmp_path):
    page = build(tmp_path)
    addresses = {
        "python": "https://docs.python.org/3",
        "numpy": "https://numpy.org/doc/stable",
        "jax": "https://docs.jax.dev/en/latest",
        "pennylane": "https://docs.pennylane.ai/en/stable",
        "sklearn": "https://scikit-learn.org/stable",
    }
    for library, (name, _) in NAMES.items():
        assert f'href="{addresses[library]}/reference/{name}.html#{name}"' in page


@pytest.mark.parametrize("asked", [False, True])
def test_inventories_are_looked_up_only_where_somebody_asks(monkeypatch, asked):
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("QCE_DOCS_LINKS", "1" if asked else "")
    settings = runpy.run_path(str(DOCS / "conf.py"))
    assert ("sphinx.ext.intersphinx" in settings["extensions"]) is asked
    assert ("intersphinx_mapping" in settings) is asked
