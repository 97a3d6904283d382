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
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
    "sphinxcontrib.bibtex",
    "_ext.blocks",
    "_ext.docstrings",
    "_ext.formulas",
    "_ext.tables",
]
# Links into the documentation of others are looked up on their sites: only where one asks for them.
if os.environ.get("QCE_DOCS_LINKS"):
    extensions.append("sphinx.ext.intersphinx")
    intersphinx_mapping = {
        "python": ("https://docs.python.org/3", None),
        "numpy": ("https://numpy.org/doc/stable", None),
        "jax": ("https://docs.jax.dev/en/latest", None),
        "pennylane": ("https://docs.pennylane.ai/en/stable", None),
        "sklearn": ("https://scikit-learn.org/stable", None),
    }
bibtex_bibfiles = [str(HERE.parent / "paper" / "references.bib")]
exclude_patterns = ["_data", "_ext", "examples"]

# Scripts of `examples` become pages of `gallery`, with what they print and draw, and notebooks. One
# that has not changed since the last build is not executed again.
sphinx_gallery_conf = {
    "examples_dirs": "examples",
    "gallery_dirs": "gallery",
    "filename_pattern": r"\.py$",
    "subsection_order": [
        f"examples/{name}" for name in ("data", "states", "training", "devices", "models", "theory")
    ],
    "within_subsection_order": "FileNameSortKey",
    "nested_sections": False,
    "abort_on_example_error": True,
    "capture_repr": (),
    "image_srcset": ["2x"],
    "reset_modules": ("matplotlib", "_ext.gallery.in_house_style"),
    "thumbnail_size": (440, 320),
    "show_signature": False,
    "min_reported_time": 3600,
    "remove_config_comments": True,
    "write_computation_times": False,
    "reference_url": {"qce": None},
}
# Settings above hold functions, which cannot be compared with those of the last build.
suppress_warnings = ["config.cache"]

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath", "substitution"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "none"
# Defaults come from signatures: decorators may add to them what the source of a function has not.
# `_ext.docstrings` leaves out those that nobody reads. Long signatures take several lines.
autodoc_preserve_defaults = False
maximum_signature_line_length = 80
autodoc_class_signature = "mixed"
napoleon_numpy_docstring = False
napoleon_use_rtype = False
# What is copied is the code of an example, without its prompts and its answers.
copybutton_prompt_text = r">>> |\.\.\. "
copybutton_prompt_is_regexp = True
# What stands in single backticks is code, and a link where it names something documented.
default_role = "py:obj"

html_theme = "furo"
html_title = f"qce {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_copy_source = False
# It comes with furo; the browser test asks for the contrast that its colours have.
pygments_style = "a11y-light"
# A block that names no language is what a terminal shows, not Python.
highlight_language = "text"
