"""The built documentation: nothing from elsewhere, no raw formula, no link that leads nowhere."""

import importlib.util
import inspect
import subprocess
import sys
from pathlib import Path

import pytest
import site_pages

import qce

CLEAR = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAYAAABytg0kAAAAC0lEQVR4nGNgQAcAABIA"
    "AXfx+gAAAAAASUVORK5CYII="
)
"""An image of two by two points that are all transparent."""
DOCS = Path(__file__).parent.parent / "docs"

SOUND = """<html><head><script src="mathjax.js"></script></head><body>
<h1 id="top">Title</h1><p>At <span class="math">\\(\\rho\\)</span>: <code>\\(x\\)</code>, 3 $.</p>
<a href="#top">up</a> <a href="other.html#%CF%83">on</a> <a href="https://example.org/">away</a>
<img src="dot.png"></body></html>"""


def extension(name):
    """Import an extension of the documentation."""
    spec = importlib.util.spec_from_file_location(name, DOCS / "_ext" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def small_site(folder, page=SOUND):
    """A site of two pages; the first is given."""
    (folder / "index.html").write_text(page, encoding="utf-8")
    (folder / "other.html").write_text('<p id="σ">Here.</p>', encoding="utf-8")
    for name in ("mathjax.js", "dot.png"):
        (folder / name).write_bytes(b"")
    return folder


def test_a_sound_site_has_no_problems(tmp_path):
    assert site_pages.problems(small_site(tmp_path)) == []


FAULTS = [
    ('src="mathjax.js"', 'src="https://cdn.example.org/mathjax.js"', "loads https://cdn"),
    ('src="mathjax.js"', 'src="//cdn.example.org/mathjax.js"', "loads //cdn"),
    ("</head>", '<link rel="stylesheet" href="https://a.org/a.css"></head>', "loads https://a"),
    ("dot.png", "gone.png", "loads gone.png, which is not there"),
    ("<script", '<img alt="mathjax"><x', "nothing that renders them"),
    ("Title", r"Title \(\rho\)", r"shows \( as it is written"),
    ("Title", r"Title $S(\rho)$", r"shows $S(\rho)$ as it is written"),
    ("Title", "Title :math:", "shows :math: as it is written"),
    ("<h1", f'<em><i class="default_value">{"(1, 2), " * 20}</i></em><h1', "nobody reads: (1"),
    (
        "<h1",
        '<em><i class="default_value">&lt;f at 0x7f0&gt;</i></em><h1',
        "nobody reads: &lt;f",
    ),
    ("#top", "#bottom", "an anchor that is not there"),
    ("%CF%83", "s", "an anchor that is not there"),
    ("other.html", "gone.html", "links to gone.html#%CF%83, which is not there"),
]


@pytest.mark.parametrize(("before", "after", "said"), FAULTS, ids=range(len(FAULTS)))
def test_each_fault_of_a_page_is_found(tmp_path, before, after, said):
    assert before in SOUND
    (problem, *_) = site_pages.problems(small_site(tmp_path, SOUND.replace(before, after)))
    assert problem.startswith("index.html: ") and said in problem


def test_what_formulas_load_is_in_the_site(tmp_path):
    """The script, and every font and extension that it can ask for without a menu."""
    pytest.importorskip("sphinx_copybutton", reason="needs the extra `docs`")
    formulas = extension("formulas")
    formulas.copy(tmp_path)
    assert (tmp_path / "tex-chtml.js").stat().st_size > 1_000_000
    fonts = list((tmp_path / "output/chtml/fonts/woff-v2").glob("*.woff"))
    assert len(fonts) == len(list(formulas.bundle().rglob("*.woff"))) > 20
    assert sum(file.stat().st_size for file in tmp_path.rglob("*") if file.is_file()) < 4_000_000


@pytest.mark.parametrize(
    ("plain", "rest"),
    [
        ("At $\\rho$ it is.", "At :math:`\\rho` it is."),
        ("\n    $$x\n    = 1$$", "\n    .. math::\n\n       x = 1"),
        ("|ψ⟩ and `d`", "\\|ψ⟩ and `d`"),
        (
            "Source:\n    A, B 1, 2 (3);\n    arXiv:2102.11887.\n",
            ":Source: A, B 1, 2 (3);\n    "
            "`arXiv:2102.11887 <https://arxiv.org/abs/2102.11887>`__.\n",
        ),
    ],
    ids=["inline", "display", "ket", "source"],
)
def test_a_docstring_becomes_rest(plain, rest):
    assert "\n".join(extension("docstrings").convert(plain.split("\n"))) == rest


def test_a_signature_leaves_out_defaults_that_nobody_reads():
    def call(few=(1, 2), many=tuple(range(50))):
        pass

    written = str(inspect.signature(call))
    assert extension("docstrings").short(call, written) == "(few=(1, 2), many=...)"


def test_the_first_sentence_is_the_summary():
    first = extension("docstrings").first_sentence
    assert first("The $S$ of `x`, i.e. a number. Another one.\n\nMore.") == (
        "The :math:`S` of `x`, i.e. a number."
    )
    table = "\n".join(extension("docstrings").summary(qce.regularise))
    assert ":py:obj:`hedge <qce.regularise.hedge>`" in table and "Mix with" in table


def test_a_block_of_code_ends_where_its_text_ends():
    nodes = pytest.importorskip("docutils.nodes", reason="needs the extra `docs`")
    utils = pytest.importorskip("docutils.utils")
    tree = utils.new_document("page")
    tree += nodes.literal_block("", ">>> 1\n1\n\n")
    extension("blocks").trim(None, tree)
    assert [block.astext() for block in tree.children] == [">>> 1\n1"]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    pytest.importorskip("sphinx_copybutton", reason="needs the extra `docs`")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html"]
    done = subprocess.run(
        [*command, "-d", str(folder / "trees"), str(DOCS), str(folder / "html")],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return folder / "html"


@pytest.mark.long
def test_the_site_has_no_problems(site):
    assert site_pages.problems(site) == []
    pages = site_pages.read(site)
    assert len(pages) > 60 and sum(page.formulas for page in pages.values()) > 300


@pytest.mark.long
@pytest.mark.parametrize("width", [1300, 390])
def test_a_browser_shows_all_of_every_page_by_day_and_by_night(site, tmp_path, width):
    if not site_pages.BROWSER:
        pytest.skip("needs Chromium")
    assert site_pages.seen_in_browser(site, width, tmp_path) == []


@pytest.mark.skipif(not site_pages.BROWSER, reason="needs Chromium")
@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ('<p class="math">\\(x\\)</p>', "raw"),
        ('<p style="width:2000px">wide</p>', "px wider than the window"),
        (
            '<div style="overflow:auto"><table class="summary" style="width:1000px"><tr><td>name'
            "</td></tr></table></div>",
            "a table of names has",
        ),
        ('<p style="color:#888">faint</p>', "light: contrast 3.54"),
        (
            '<style>body[data-theme="dark"] {background:#000; color:#666}</style>faint',
            "dark: contrast 3.66",
        ),
        (
            f'<style>body[data-theme="dark"] {{background:#111}}</style><img src="{CLEAR}">',
            "see-through",
        ),
        ("<script>undefined_name()</script>", "ReferenceError"),
        ('<script src="gone.js"></script>', "/gone.js: 404"),
        ('<script src="https://example.org/x.js"></script>', "loads https://example.org/x.js"),
    ],
)
def test_a_browser_finds_each_fault_of_a_page(tmp_path, fault, said):
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "index.html").write_text(f"<!doctype html><body>{fault}</body>", encoding="utf-8")
    found = site_pages.seen_in_browser(folder, 800, tmp_path, patience=120)
    assert any(said in line for line in found), found
