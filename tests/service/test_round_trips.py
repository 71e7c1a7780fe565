"""How often PostgreSQL is waited for: a proxy between driver and server counts."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import URL

from odata_service import ODataService
from odata_service.config import Settings
from odata_service.start import published
from tests.conftest import FreshDatabase
from tests.delta.client import ClientV4
from tests.service.client import Client

ADA = "0d3b3f0e-6f61-4a27-9a35-64d2a1f0c001"
SOCKET = ".s.PGSQL.5432"


class Proxy:
    """Passes on what one connection says. The server answers when it was asked, so that what the client says first after
    an answer begins another round trip."""

    def __init__(self, server: Path) -> None:
        self.rounds = 0
        self._server = server

    @contextmanager
    def listening(self) -> Iterator[Path]:
        with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listener:
            listener.bind(f"{folder}/{SOCKET}")
            listener.listen()
            Thread(target=self._serve, args=(listener,), daemon=True).start()
            yield Path(folder)
            listener.shutdown(socket.SHUT_RDWR)

    def _serve(self, listener: socket.socket) -> None:
        try:
            while True:
                client, server = listener.accept()[0], socket.socket(socket.AF_UNIX)
                server.connect(str(self._server / SOCKET))
                self._answered = True
                Thread(target=self._pass_on, args=(client, server, False), daemon=True).start()
                Thread(target=self._pass_on, args=(server, client, True), daemon=True).start()
        except OSError:
            return  # the test is over

    def _pass_on(self, source: socket.socket, target: socket.socket, is_answer: bool) -> None:
        with closing(target), suppress(OSError):  # either side may leave first
            while said := source.recv(65536):
                self.rounds += self._answered and not is_answer
                self._answered = is_answer
                target.sendall(said)


@pytest.fixture(scope="module")
def proxied(postgresql_database: FreshDatabase) -> Iterator[tuple[Proxy, ODataService]]:
    with postgresql_database() as url, _proxied(url) as (proxy, near):
        service = published(Settings(sample="people", database_url=near.render_as_string(False))).service
        yield proxy, service
        service.engine.dispose()


@contextmanager
def _proxied(url: URL) -> Iterator[tuple[Proxy, URL]]:
    proxy = Proxy(Path(str(url.query["host"])))
    with proxy.listening() as folder:
        yield proxy, url.update_query_dict({"host": str(folder)})


@pytest.mark.parametrize("client, url, rounds", [
    (Client, f"People(guid'{ADA}')", 1),
    (ClientV4, f"People({ADA})", 1),
    (ClientV4, f"People({ADA})/Name", 1),
    (Client, "People?$filter=Name ge 'B'&$orderby=Name&$top=10", 1),
    (ClientV4, "People?$filter=Name ge 'B'&$orderby=Name&$top=10", 1),
    (Client, "People/$count?$filter=Name ge 'B'", 1),
    (ClientV4, "People/$count?$filter=Name ge 'B'", 1),
    (ClientV4, "People?$orderby=Name&$top=10&$expand=Addresses", 4),  # two statements in a transaction
])  # fmt: skip
def test_reads(proxied: tuple[Proxy, ODataService], client: Any, url: str, rounds: int) -> None:
    """(Any: the clients of both versions share no type.)"""
    proxy, service = proxied
    asking = client(service)
    for _ in range(8):  # the driver has prepared the statement by then
        before = proxy.rounds
        assert asking.get(url).status == 200
    assert proxy.rounds - before == rounds
