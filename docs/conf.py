"""How the documentation is built: `task docs`.

Nothing is fetched, and no number is written here: tables come from `qce` itself and from `_data/`.
"""

import os
import sys
from pathlib import Path

# One thread, double precision, no display: as the command line and the tests compute.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NPROC"):
    os.environ.setdefault(_name, "1")

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import qce  # noqa: E402

project = "qce"
author = copyright = "The qce developers"
version = release = qce.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.mathjax",
    "_ext.docstrings",
    "_ext.tables",
]
exclude_patterns = ["_data", "_ext"]

myst_enable_extensions = ["dollarmath", "substitution", "deflist"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "none"
autodoc_class_signature = "mixed"
napoleon_numpy_docstring = False
napoleon_use_rtype = False
napoleon_custom_sections = ["Source"]
# What stands in single backticks is code, and a link where it names something documented.
default_role = "py:obj"

html_theme = "furo"
html_title = f"qce {release}"
html_static_path = ["_static"]
html_show_sphinx = False
html_copy_source = False
pygments_style = "friendly"
