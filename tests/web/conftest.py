"""The People sample as an application, with any settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from odata_service.config import Settings
from odata_service.web.app import create_app

Make = Callable[..., FlaskClient]


class Client(FlaskClient):
    """Reads an answer to its end and closes it, as a server does."""

    def open(self, *args: Any, **how: Any) -> Any:
        return super().open(*args, **{"buffered": True} | how)


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """``make(trusted_proxies=1)`` is a client of an application with these settings, on one database for a file of tests."""
    url = f"sqlite:///{tmp_path_factory.mktemp('people')}/people.db"

    def client(**settings: Any) -> FlaskClient:
        app = create_app(Settings(sample="people", database_url=url, **settings))
        app.test_client_class = Client
        return app.test_client()

    return client
