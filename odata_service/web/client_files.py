"""The offline client for browsers: the modules of ``odata_service/browser``, served as they are. ::

    app.register_blueprint(client_files(), url_prefix="/-/client")

A page then says ``import { OfflineClient } from "/-/client/offline.js"``.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable

from flask import Blueprint, Response, abort, request

from odata_service.values import frozen

TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".ts": "text/plain; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}
_numbers = itertools.count(1)  # Flask wants a name of its own for each blueprint


@frozen
class StaticFile:
    """The bytes of a file, and what a client is told of them. It asks each time whether they have changed, and is told 304:
    the modules of one version fit together, and a service worker keeps them for the time without a network."""

    content: bytes
    media_type: str
    tag: str

    def response(self) -> Response:
        response = Response(self.content, content_type=self.media_type)
        response.set_etag(self.tag, weak=True)  # it is the same compressed, too
        response.headers["Cache-Control"] = "no-cache"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.make_conditional(request)
        return response


def client_files() -> Blueprint:
    """The modules of the offline client."""
    return static_files(resources.files("odata_service") / "browser")


def static_files(folder: Traversable) -> Blueprint:
    """Every file below a folder that a browser knows what to do with; ``index.html`` for the folder itself."""
    routes = Blueprint(f"files_{next(_numbers)}", __name__)
    files = dict(_files(folder))

    @routes.get("/", defaults={"name": "index.html"})
    @routes.get("/<path:name>")
    def file(name: str) -> Response:
        if name not in files:
            abort(404)
        return _read(files[name]).response()

    return routes


def _files(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, Traversable]]:
    """By their names in addresses, which are looked up here and never in the file system."""
    for each in folder.iterdir():
        if each.is_dir():
            yield from _files(each, f"{prefix}{each.name}/")
        elif _suffix(each.name) in TYPES:
            yield f"{prefix}{each.name}", each


def _suffix(name: str) -> str:
    """
    >>> _suffix("offline.d.ts"), _suffix("README")
    ('.ts', '')
    """
    return f".{name.rpartition('.')[2]}" if "." in name else ""


def _read(file: Traversable) -> StaticFile:
    return _static_file(file.read_bytes(), TYPES[_suffix(file.name)])


@lru_cache(maxsize=256)
def _static_file(content: bytes, media_type: str) -> StaticFile:
    return StaticFile(content, media_type, hashlib.sha256(content).hexdigest()[:32])
