"""The Flask application of what is published: its service at each of its roots, and a page that names them."""

from __future__ import annotations

import os
from collections.abc import Iterator

from flask import Flask

from odata_service.auth.from_settings import authentication_of
from odata_service.config import ConfigurationError, Settings
from odata_service.database import is_in_memory
from odata_service.settings_file import gathered
from odata_service.start import Published, published
from odata_service.web.client_files import client_files, static_files
from odata_service.web.documents import connections, openapi
from odata_service.web.explorer import Link, explorer_files, front_page
from odata_service.web.layers import stand_before


def create_app(settings: Settings | None = None) -> Flask:
    """The application, configured by the environment where no settings are given. ::

        gunicorn wsgi:app
        gunicorn "odata_service.web.app:create_app()"

    Several processes may do this at the same moment on an empty database.
    """
    settings = settings or gathered(os.environ, {})
    return application(published(settings), settings)


def application(what: Published, settings: Settings) -> Flask:
    """What is published already, as an application."""
    if is_in_memory(what.service.engine):
        raise ConfigurationError("a database in memory is another one in each thread; name a file: sqlite:///people.db")
    app = Flask("odata_service", static_folder=None)
    who = authentication_of(settings, what.service.engine)
    for prefix, protocol in what.roots.items():
        app.register_blueprint(what.service.blueprint(protocol, principal=who), url_prefix=prefix)
    app.register_blueprint(client_files(), url_prefix="/-/client")
    if what.pages is not None:
        app.register_blueprint(static_files(what.pages), url_prefix="/app")
    app.register_blueprint(explorer_files(), url_prefix="/-/explorer")
    by_protocol = {protocol: root for root, protocol in reversed(tuple(what.roots.items()))}
    v4 = by_protocol.get("v4")
    if v4 is not None:
        app.add_url_rule("/openapi.json", endpoint="openapi", view_func=lambda: openapi(app, v4))
    app.register_blueprint(connections(by_protocol.get("v2"), v4), url_prefix="/-/connect")
    links = tuple(_links(what))
    app.add_url_rule("/", endpoint="roots", view_func=lambda: front_page(what.service.model.namespace, links))
    stand_before(app, what, settings)
    return app


def _links(what: Published) -> Iterator[Link]:
    for root, protocol in what.roots.items():
        asked = protocol if protocol in EXPLORED else ""
        yield Link(f".{_shown(what, root)}", f"{root}/", _NAMES[protocol], asked)
    if what.pages is not None:
        yield Link("./app/", "app/", "the application, which works offline")


def _shown(what: Published, root: str) -> str:
    """What there is to see below a root: tables have no document that names them all."""
    return f"{root}/{what.main.lower()}" if what.roots[root] in ("tables", "zumo") else f"{root}/"


EXPLORED = ("v2", "v4")
_NAMES = {
    "v2": "OData V2",
    "v4": "OData V4",
    "tables": "tables for the Datasync Toolkit",
    "zumo": "tables for Azure Mobile Apps",
    "sync": "Sync API",
}
