"""Pages with OpenUI5, made of its sources from npm."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import pytest
from flask import Blueprint, Flask, Response, abort, send_file
from sqlalchemy import Engine, create_engine

from odata_service.sample import sample_named
from tests.browser import Browser, new_device
from tests.clients.http import served_app
from tests.npm import Npm, Packages
from tests.service.databases import Databases, emptied, service_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser as Chromium

PACKAGES = (
    "@openui5/sap.ui.core@1.152.0", "@openui5/sap.m@1.152.0", "@openui5/themelib_sap_horizon@1.152.0", "less-openui5@0.12.0",
)  # fmt: skip
PAGES = Path(__file__).parent / "pages"
PAGE = """<!doctype html>
<meta charset="utf-8">
<title>{name}</title>
<script src="resources/sap-ui-core.js" id="sap-ui-bootstrap" data-sap-ui-async="true" data-sap-ui-compat-version="edge"
        data-sap-ui-language="en" data-sap-ui-libs="sap.m" data-sap-ui-theme="sap_horizon"></script>
<script>const page = import("./{name}.js")</script>
<body class="sapUiBody" id="content"></body>
"""
STYLE = """
const { Builder } = require("less-openui5")
const [library, ...rootPaths] = process.argv.slice(1)
new Builder().build({ lessInputPath: `${library}/themes/sap_horizon/library.source.less`, rootPaths })
  .then(({ css }) => process.stdout.write(css))
"""


def pages(packages: Packages) -> Blueprint:
    """``products.html`` is the page that runs ``pages/products.js``; OpenUI5 itself is below ``resources/``."""
    routes = Blueprint("openui5", __name__)
    sources = sorted((packages.modules / "@openui5").glob("*/src"))

    @routes.get("/<name>.html")
    def page(name: str) -> str:
        return PAGE.format(name=name)

    @routes.get("/<name>.js")
    def script(name: str) -> Response:
        return send_file(PAGES / f"{name}.js")

    @routes.get("/resources/<path:path>")
    def resource(path: str) -> Response:
        if path.endswith("/themes/sap_horizon/library.css"):
            return send_file(style(packages, path.partition("/themes/")[0], sources))
        file = next((source / path for source in sources if (source / path).is_file()), None)
        return abort(404) if file is None else send_file(file)

    return routes


def style(packages: Packages, library: str, sources: list[Path]) -> Path:
    """The style sheet of a library such as ``sap/m``; packages have the sources only, in Less."""
    made = packages.folder / "styles" / f"{library.replace('/', '.')}.css"
    if not made.exists():
        made.parent.mkdir(exist_ok=True)
        made.write_text(packages.node("-e", STYLE, library, *map(str, sources)))
    return made


SAMPLES = ("people", "techstore")
_REQUEST_LINE = re.compile(rb"^([A-Z]+ \S+) HTTP/1\.1\r$", re.MULTILINE)


@dataclass
class Listening:
    """Keeps what is asked of the services behind an application, with what is inside of batches."""

    app: WSGIApplication
    requests: list[str] = field(default_factory=list)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        _, sample, *rest = environ["PATH_INFO"].split("/", 3)
        if sample in SAMPLES:
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            environ["wsgi.input"] = BytesIO(body)
            self.requests.append(f"{environ['REQUEST_METHOD']} {rest[-1]}")
            self.requests += (line.decode() for line in _REQUEST_LINE.findall(body))
        return self.app(environ, start_response)


@dataclass(frozen=True)
class Stage:
    """A browser, and a server with the pages and ``/people/v2/``, ``/techstore/v2/`` and ``/techstore/v4/`` beside them:
    a page asks only the origin that it comes from. ``asked`` are the requests to services."""

    browser: Browser
    origin: str
    asked: list[str]
    engines: dict[str, Engine]

    def open(self, page: str, sample: str) -> None:
        """The page, with just the sample's first rows in the database."""
        base, engine = sample_named(sample), self.engines[sample]
        emptied(base.base.metadata, engine)
        base.create(engine)
        if self.browser.page.title() != page:
            self.browser.open(f"{self.origin}/{page}.html")
            self.browser.run("window.ui = await page")
        self.asked.clear()

    def run(self, script: str, *args: object) -> Any:
        return self.browser.run(script, *args)

    def see(self, look: str, expected: object) -> Any:
        """What a function of the page sees, as soon as it is what is expected, or after ten seconds."""
        return self.browser.run(f"return await ui.eventually(() => {look}, args[0])", expected)

    def type(self, row: int, column: int, text: str) -> None:
        """Somebody does, into the table, and leaves the field."""
        selector = (
            f"tbody tr:nth-child({row}) td:nth-child({column + 1}) input"  # the table puts a cell before all others
        )
        field = self.browser.page.locator(selector)
        field.fill(text)
        field.press("Enter")


@pytest.fixture(scope="session")
def openui5(databases: Databases, npm: Npm, chromium: Chromium) -> Iterator[Stage]:
    app = Flask("openui5", static_folder=None)
    app.register_blueprint(pages(npm("openui5", *PACKAGES)))
    engines = {name: create_engine(databases.url(f"openui5_{name}")) for name in SAMPLES}
    for name, engine in engines.items():
        service = service_of(sample_named(name), engine)
        for protocol in ("v2", "v4"):
            app.register_blueprint(service.blueprint(protocol), url_prefix=f"/{name}/{protocol}")
    listening = Listening(app.wsgi_app)
    app.wsgi_app = listening  # type: ignore[method-assign]
    with ExitStack() as stack:
        for engine in engines.values():
            stack.callback(engine.dispose)
        origin = stack.enter_context(served_app(app))
        browser = stack.enter_context(new_device(chromium))
        yield Stage(browser, origin, listening.requests, engines)
