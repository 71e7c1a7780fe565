"""Each database with the same rows, behind a service that answers whole and one that answers in pages of three."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from urllib.parse import quote

import pytest
from sqlalchemy import URL, create_engine, text

from odata_service import EntitySetRights, Headers, ODataRequest, ODataResponse, ODataService
from odata_service.protocol import V2
from tests.conftest import FreshDatabase
from tests.differential import model
from tests.pace import answered

ROOT = "http://localhost/"
JSON = Headers({"Accept": "application/json"})


class Client:
    """A database by its name, and what the service on it answers."""

    def __init__(self, name: str, url: URL, page_size: int | None = None) -> None:
        self.name = name
        self.seconds = 0.0  # that the last answer took
        self.engine = create_engine(url)
        self._service = ODataService(model.Base, self.engine, namespace="T")
        self._service.rights("*", EntitySetRights.ALL)
        if page_size is not None:
            self._service.page_size("*", page_size)

    def get(self, target: str, **options: str) -> ODataResponse:
        return self._answer(target, "&".join(f"${name}={quote(value, safe='')}" for name, value in options.items()))

    def _answer(self, target: str, query: str) -> ODataResponse:
        response, self.seconds = answered(self._service, ODataRequest(V2, "GET", target, query, JSON, root=ROOT))
        return response

    def keys(self, **options: str) -> list[int]:
        """The keys of the things in the answer, over all its pages."""
        response = self.get("Things", select="Id", **options)
        found: list[int] = []
        while True:
            assert response.status == 200, f"{self.name}: {response.status} {response.body.decode()[:500]}"
            answer = json.loads(response.body)["d"]
            found += [entity["Id"] for entity in answer["results"]]
            assert len(found) <= 1_000, "pages that never end"
            if "__next" not in answer:
                return found
            response = self._answer("Things", answer["__next"].partition("?")[2])


@pytest.fixture(scope="session")
def urls(fresh_databases: Mapping[str, FreshDatabase]) -> Iterator[dict[str, URL]]:
    with ExitStack() as stack:
        urls = {name: stack.enter_context(fresh()) for name, fresh in fresh_databases.items()}
        for name, url in urls.items():
            engine = create_engine(url)
            if name == "mariadb":
                with engine.begin() as connection:  # case and blanks at the end do not count, as in most that are found
                    connection.execute(text("ALTER DATABASE COLLATE utf8mb4_general_ci"))
            model.fill(engine)
            engine.dispose()
        yield urls


@pytest.fixture(scope="session")
def clients(urls: dict[str, URL]) -> Iterator[list[Client]]:
    made = [Client(name, url) for name, url in urls.items()]
    yield made
    for client in made:
        client.engine.dispose()


@pytest.fixture(scope="session")
def paging_clients(urls: dict[str, URL]) -> Iterator[list[Client]]:
    made = [Client(name, url, page_size=3) for name, url in urls.items()]
    yield made
    for client in made:
        client.engine.dispose()
