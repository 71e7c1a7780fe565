"""The modules of the offline client, as a browser gets them."""

from __future__ import annotations

import re
from importlib import resources

import pytest
from flask import Flask

from odata_service.web.client_files import client_files

MODULES = sorted(
    each.name for each in (resources.files("odata_service") / "browser").iterdir() if each.name.endswith(".js")
)


@pytest.fixture
def client():
    app = Flask("files")
    app.register_blueprint(client_files(), url_prefix="/-/client")
    return app.test_client()


@pytest.mark.parametrize("name", MODULES)
def test_each_module(client, name):
    answer = client.get(f"/-/client/{name}")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/javascript; charset=utf-8")
    assert (answer.headers["Cache-Control"], answer.headers["X-Content-Type-Options"]) == ("no-cache", "nosniff")
    again = client.get(f"/-/client/{name}", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("name", MODULES)
def test_it_imports_only_what_is_served_and_makes_no_code_of_text(client, name):
    """So that a strict Content-Security-Policy lets it run: ``script-src 'self'``."""
    source = client.get(f"/-/client/{name}").text
    assert set(re.findall(r'from "\./(.*?)"', source)) <= set(MODULES)
    assert not re.search(r"\beval\(|new Function\(|innerHTML|document\.write", source)
    assert not re.search(r'^(?:import|export|\}) .*from "(?!\./)', source, re.MULTILINE)


@pytest.mark.parametrize(
    "name", ["", "nothing.js", "../config.py", "%2e%2e/config.py", "..%2fconfig.py", "__init__.py"]
)
def test_nothing_else(client, name):
    assert client.get(f"/-/client/{name}").status_code == 404
