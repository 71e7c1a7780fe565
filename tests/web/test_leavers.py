"""The database does not go on for a client that has left."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from sqlalchemy import create_engine

from odata_service.sample import sample_named
from tests.conftest import FreshDatabase
from tests.serving import Serving

FOR_EVER = b"GET /v4/$crossjoin(People,Addresses,PhoneNumbers)/$count HTTP/1.1\r\nHost: localhost\r\n\r\n"
STOPPED = "a statement was stopped, because its client has left"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell of a client that closes its end")
@pytest.mark.every_database
def test_a_statement_is_stopped(fresh_database: FreshDatabase, serve: Callable[..., Serving]) -> None:
    with fresh_database() as url:
        engine, people = create_engine(url), sample_named("people")
        people.create(engine)
        list(people.generate(engine, 1_000))
        engine.dispose()
        serving = serve(
            "--workers", "1", "--sample", "people", url.render_as_string(hide_password=False),
            "--set", "cancel_seconds=1", "--set", "log=text", "--set", "max_crossed_sets=4",
        )  # fmt: skip
        address = urlsplit(serving.root)
        with socket.create_connection((address.hostname or "", address.port or 0)) as connection:
            connection.sendall(FOR_EVER)
        assert serving.process.stderr is not None
        said = [serving.process.stderr.readline()]
        while "crossjoin" not in said[-1]:
            said.append(serving.process.stderr.readline())
            assert said[-1], said
        assert [line for line in said if STOPPED in line], said
        assert "status=503" in said[-1]
        assert serving.get("AddressTypes(1)/Name/$value") == b"Home"
        serving.stop()
