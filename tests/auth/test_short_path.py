"""Callers who are known by headers take the short path as others do, and two of them never share what they get."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import EnvironBuilder, run_wsgi_app

from odata_service import EntitySetRights
from odata_service.config import KeySettings
from odata_service.auth.keys import hash_key
from odata_service.start import published
from odata_service.web.app import application
from tests.auth.people import settings
from tests.web.test_short_path import Counted

KEYS = {role: {"X-API-Key": f"odata_{role}"} for role in ("clerk", "boss", "nobody")}


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    """Clerks read people; the boss reads telephones, too."""
    keys = {role: KeySettings(hash_key(said["X-API-Key"]), (role,)) for role, said in KEYS.items()}
    said = settings(tmp_path, users={}, keys=keys)
    what = published(said)
    what.service.rights("*", EntitySetRights.NONE)
    for name in what.service.model.sets:
        what.service.rights(name, EntitySetRights.NONE)
        what.service.rights(name, EntitySetRights.ALL_READ, role="boss")
    what.service.rights("People", EntitySetRights.ALL_READ, role="clerk")
    return application(what, said)


def test_without_flask(app: Flask) -> None:
    _status(app, KEYS["clerk"])  # the first is Flask's
    counted = Counted(app)
    app.wsgi_app.flask = counted  # type: ignore[attr-defined]
    for headers, status in ((KEYS["clerk"], 200), ({}, 401), ({"X-API-Key": "x"}, 401), (KEYS["nobody"], 404)):
        assert _status(app, headers) == status
    assert counted.times == 0


def test_each_gets_his_own(app: Flask) -> None:
    """By turns, so that each finds what the others have left."""
    for _ in range(3):
        assert [_status(app, headers) for headers in (*KEYS.values(), {})] == [200, 200, 404, 401]
        url = "/v4/People?$top=1&$expand=PhoneNumbers"
        assert [_status(app, headers, url) for headers in (*KEYS.values(), {})] == [400, 200, 404, 401]


def _status(app: Flask, headers: dict[str, str], url: str = "/v4/People?$top=1") -> int:
    path, _, query = url.partition("?")
    environ = EnvironBuilder(path, query_string=query, headers=headers).get_environ() | {"RAW_URI": url}
    _, status, _ = run_wsgi_app(app.wsgi_app, environ)
    return int(status.split()[0])
