"""A delta is asked for once: what was made to write it goes when it is written, so that no worker grows by being asked."""

from __future__ import annotations

import gc
import json
from pathlib import Path

import pytest

from odata_service import Headers, ODataRequest, ODataService
from odata_service.config import Settings
from odata_service.plan.row import RowShape
from odata_service.protocol import SYNC, V4, Protocol
from odata_service.start import started


@pytest.fixture
def service(tmp_path: Path) -> ODataService:
    return started(Settings(sample="orders", database_url=f"sqlite:///{tmp_path}/orders.db"))


def ask(service: ODataService, protocol: Protocol, url: str, **headers: str) -> dict:
    target, _, query = url.partition("?")
    answer = service.handle(ODataRequest(protocol, "GET", target, query, Headers(headers), root="http://host/"))
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


def shapes() -> int:
    gc.collect()
    return sum(isinstance(each, RowShape) for each in gc.get_objects())


def test_of_a_delta(service: ODataService) -> None:
    def follow() -> str:
        page = ask(service, V4, link, Prefer="track-changes", Accept="application/json")
        return page["@odata.deltaLink"].removeprefix("http://host/")

    link = "Customers"
    link = follow()
    link = follow()
    before = shapes()
    for _ in range(10):
        link = follow()
    assert shapes() == before


def test_of_a_pull(service: ODataService) -> None:
    for _ in range(2):
        token = ask(service, SYNC, "Customers")["token"]
    before = shapes()
    for _ in range(10):
        token = ask(service, SYNC, f"Customers?since={token}")["token"]
        ask(service, SYNC, "Customers")
    assert shapes() == before
