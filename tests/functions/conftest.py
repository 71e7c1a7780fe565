"""The TechStore sample on each database, filled once: these tests only read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from urllib.parse import quote

import pytest
from sqlalchemy import create_engine

from odata_service import Headers, ODataRequest, ODataService
from odata_service.protocol import V4
from odata_service.sample import sample_named
from tests.conftest import FreshDatabase

JSON = Headers({"Accept": "application/json"})


@dataclass
class Store:
    service: ODataService

    def answer(self, path: str, **options: str) -> tuple[int, dict]:
        query = "&".join(f"${name}={quote(value, safe='')}" for name, value in options.items())
        response = self.service.handle(ODataRequest(V4, "GET", path, query, JSON, root="http://localhost/"))
        return response.status, json.loads(response.body)

    def names(self, path: str = "Products", **options: str) -> list[str]:
        """Of all pages."""
        found: list[str] = []
        status, answer = self.answer(path, select="Name", **options)
        assert status == 200, answer
        found += [row["Name"] for row in answer["value"]]
        while "@odata.nextLink" in answer:
            link = answer["@odata.nextLink"].removeprefix("http://localhost/")
            path, _, query = link.partition("?")
            response = self.service.handle(ODataRequest(V4, "GET", path, query, JSON, root="http://localhost/"))
            assert response.status == 200, response.body
            answer = json.loads(response.body)
            found += [row["Name"] for row in answer["value"]]
        return found

    def refusal(self, condition: str) -> tuple[int, str]:
        status, answer = self.answer("Products", filter=condition)
        return status, answer["error"]["code"]


@pytest.fixture(scope="session")
def stores(fresh_databases: Mapping[str, FreshDatabase]) -> Iterator[list[Store]]:
    with ExitStack() as stack:
        engines = [create_engine(stack.enter_context(fresh())) for fresh in fresh_databases.values()]
        sample = sample_named("techstore")
        made = []
        for engine in engines:
            service = ODataService(sample.base, engine, namespace=sample.namespace, container=sample.container)
            sample.configure(service)
            service.page_size("Products", 2)
            sample.create(engine)
            made.append(Store(service))
        yield made
        for engine in engines:
            engine.dispose()
