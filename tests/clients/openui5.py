"""Pages with OpenUI5, made of its sources from npm."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Blueprint, Response, abort, send_file

from tests.npm import Packages

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
    """``products`` is the page that runs ``pages/products.js``; OpenUI5 itself is below ``resources/``."""
    routes = Blueprint("openui5", __name__)
    sources = sorted((packages.modules / "@openui5").glob("*/src"))

    @routes.get("/<name>")
    def page(name: str) -> str | Response:
        return send_file(PAGES / name) if name.endswith(".js") else PAGE.format(name=name)

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


_REQUEST_LINE = re.compile(rb"^([A-Z]+ \S+) HTTP/1\.1\r$", re.MULTILINE)


@dataclass
class Listening:
    """Keeps what is asked of an application, below a path, with what is inside of batches."""

    app: WSGIApplication
    below: str
    requests: list[str] = field(default_factory=list)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith(self.below):
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            environ["wsgi.input"] = BytesIO(body)
            self.requests.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO'].removeprefix(self.below)}")
            self.requests += (line.decode() for line in _REQUEST_LINE.findall(body))
        return self.app(environ, start_response)
