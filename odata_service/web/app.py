"""The Flask application of a sample: its service at each of its roots, and a page that names them."""

from __future__ import annotations

import os

from flask import Flask

from odata_service.config import ConfigurationError, Settings
from odata_service.database import is_in_memory
from odata_service.sample import Sample, sample_named
from odata_service.start import started
from odata_service.web.auth import bearer_of
from odata_service.web.client_files import client_files


def create_app(settings: Settings | None = None) -> Flask:
    """The application, configured by the environment where no settings are given. ::

        gunicorn wsgi:app
        gunicorn "odata_service.web.app:create_app()"

    Several processes may do this at the same moment on an empty database.
    """
    settings = settings or Settings.from_environment(os.environ)
    sample, service = sample_named(settings.sample), started(settings)
    if is_in_memory(service.engine):
        raise ConfigurationError("a database in memory is another one in each thread; name a file: sqlite:///people.db")
    app = Flask("odata_service", static_folder=None)
    who = bearer_of(settings)
    for prefix, protocol in sample.roots.items():
        app.register_blueprint(service.blueprint(protocol, principal=who), url_prefix=prefix)
    app.register_blueprint(client_files(), url_prefix="/-/client")
    page = _front_page(sample)
    app.add_url_rule("/", endpoint="roots", view_func=lambda: page)
    return app


def _front_page(sample: Sample) -> str:
    """Something to click on for who opens the host's root in a browser. The links are relative: a proxy may add to them."""
    links = "".join(
        f'<li><a href=".{_shown(sample, root)}">{root}/</a> {_NAMES[sample.roots[root]]}\n' for root in sample.roots
    )
    return f"<!doctype html>\n<title>{sample.namespace}</title>\n<h1>{sample.namespace}</h1>\n<ul>\n{links}</ul>\n"


def _shown(sample: Sample, root: str) -> str:
    """What there is to see below a root: tables have no document that names them all."""
    return f"{root}/{sample.main.__name__.lower()}" if sample.roots[root] in ("tables", "zumo") else f"{root}/"


_NAMES = {
    "v2": "OData V2",
    "v4": "OData V4",
    "tables": "tables for the Datasync Toolkit",
    "zumo": "tables for Azure Mobile Apps",
    "sync": "Sync API",
}
