"""Reads a built site and tells what is wrong with it, page by page, also in a browser."""

import functools
import html
import http.server
import json
import queue
import re
import shutil
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BROWSER = next(filter(None, map(shutil.which, BROWSERS)), "")
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
NOT_READ = {"script", "style", "pre", "code", "title", "noscript"}
RAW = re.compile(r"\\\(|\\\)|\\\[|\\\]|\$[^$\s][^$]*\$|:math:|\\operatorname|\\rho\b")
"""Mathematics as it is written for a computer."""


@dataclass
class Page(HTMLParser):
    """What a page holds: anchors, links, what it loads, formulas, and text that is read."""

    path: Path
    anchors: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    formulas: int = 0
    text: str = ""

    def __post_init__(self):
        super().__init__(convert_charrefs=True)
        self._open = []
        self.feed(self.path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        classes = (values.get("class") or "").split()
        self.anchors |= {values[key] for key in ("id", "name") if values.get(key)}
        if tag == "a" and values.get("href") is not None:
            self.links.append(values["href"])
        if tag in ("script", "img", "iframe", "source") and values.get("src"):
            self.loads.append(values["src"])
        if tag == "link" and (values.get("rel") or "") in ("stylesheet", "icon", "preload"):
            self.loads.append(values["href"])
        self.formulas += "math" in classes
        if tag not in VOID:
            self._open.append((tag, tag in NOT_READ or "math" in classes))

    def handle_endtag(self, tag):
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        if not any(hidden for _, hidden in self._open):
            self.text += data


def read(folder):
    """Return the pages of a site by their paths."""
    return {path: Page(path) for path in sorted(folder.resolve().rglob("*.html"))}


def problems(folder):
    """Return what is wrong with a site, one line each."""
    pages = read(folder)
    return [
        f"{path.relative_to(folder.resolve())}: {problem}"
        for path, page in pages.items()
        for problem in (*hosts(page), *formulas(page), *defaults(page), *broken(page, pages))
    ]


def hosts(page):
    """Yield what the page loads from another machine."""
    for address in page.loads:
        if urlsplit(address).netloc:
            yield f"loads {address}"
        elif not (page.path.parent / unquote(urlsplit(address).path)).is_file():
            yield f"loads {address}, which is not there"


def formulas(page):
    """Yield formulas that nothing renders."""
    for found in RAW.findall(page.text):
        yield f"shows {found} as it is written"
    if page.formulas and not any("mathjax" in address for address in page.loads):
        yield f"has {page.formulas} formulas, and nothing that renders them"


def defaults(page):
    """Yield default values in signatures that are no plain text: tables, addresses."""
    text = page.path.read_text(encoding="utf-8")
    for found in re.findall(r'class="default_value">(.*?)</em>', text, re.DOTALL):
        value = re.sub(r"<[^>]+>", "", found)
        if len(value) > 60 or " at 0x" in html.unescape(value):
            yield f"has a default that nobody reads: {value[:40]}"


def broken(page, pages):
    """Yield links within the site that lead nowhere."""
    for address in page.links:
        parts = urlsplit(address)
        if parts.scheme or parts.netloc or address == "#":
            continue
        place = (page.path.parent / unquote(parts.path)).resolve() if parts.path else page.path
        if place in pages:
            if parts.fragment and unquote(parts.fragment) not in pages[place].anchors:
                yield f"links to {address}, an anchor that is not there"
        elif not place.is_file():
            yield f"links to {address}, which is not there"


# --- in a browser ---------------------------------------------------------------------------------

LEAST = 4.5
"""Contrast of text and ground, as level AA of the Web Content Accessibility Guidelines asks."""
WATCH = (Path(__file__).parent / "site_watch.html").read_text(encoding="utf-8")


@contextmanager
def served(folder, watch):
    """Serve a folder to this machine, with a page that looks at the others and reports."""
    found, missing = queue.Queue(), []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_request(self, code="-", size="-"):
            if int(code) >= 400 and self.path != "/favicon.ico":
                missing.append(f"{self.path}: {int(code)}")

        def log_error(self, *_about):
            pass

        def do_GET(self):
            if self.path != "/watch":
                return super().do_GET()
            self._answer(watch.encode())

        def do_POST(self):
            found.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self._answer(b"")

        def _answer(self, body):
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(body)

    handler = functools.partial(Handler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", found, missing
        finally:
            server.shutdown()


def seen_in_browser(folder, width, profile, patience=300):
    """Return what a browser finds wrong with the pages of a site in a window of this width.

    Formulas that are not rendered, pages that overflow, scripts that fail; in the light and in the
    dark, text that is hard to read and figures that let the page through. No other machine can be
    reached.
    """
    folder = folder.resolve()
    names = [str(path.relative_to(folder)) for path in sorted(folder.rglob("*.html"))]
    names = [name for name in names if not name.startswith(("_modules", "_static"))]
    watch = WATCH.replace("PAGES", json.dumps(names))
    watch = watch.replace("WIDTH", str(width)).replace("LEAST", str(LEAST))
    with served(folder, watch) as (address, found, missing), open(profile / "log", "w+") as log:
        browser = subprocess.Popen(
            [
                *(BROWSER, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"),
                *("--disable-background-networking", "--enable-logging=stderr"),
                *(f"--user-data-dir={profile}", "--remote-debugging-port=0"),
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
                f"{address}/watch",
            ],
            stdout=log,
            stderr=log,
        )
        try:
            lines = found.get(timeout=patience)
        except queue.Empty:
            log.seek(0)
            return [f"the browser did not finish: {log.read()[-1000:]}"]
        finally:
            browser.terminate()
            browser.wait(30)
        log.seek(0)
        said = re.findall(r"CONSOLE.*?\] (.*)", log.read())
    return lines + missing + [line for line in said if re.search(r"Error|Failed|Refused", line)]
