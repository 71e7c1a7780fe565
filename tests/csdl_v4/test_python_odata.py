"""``python-odata`` makes its classes of the document."""

from __future__ import annotations

from typing import Any

import pytest
from lxml import etree

from odata_service.formats.csdl_xml_v4 import write_xml
from tests.csdl_v4.shop import OFFER

odata = pytest.importorskip("odata")
metadata = pytest.importorskip("odata.metadata")


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(metadata.MetaData, "load_document", lambda self: etree.fromstring(write_xml(OFFER)))
    return odata.ODataService("http://localhost/v4/", reflect_entities=True, quiet_progress=True)


def test_sets_and_singletons(client: Any) -> None:
    assert set(client.entities) == {"Articles", "Letters", "TheOwner", "Payments", "People", "Pictures", "Shelves"}
    assert client.entities["TheOwner"].__odata_singleton__ is True


def test_properties(client: Any) -> None:
    article = client.entities["Articles"]
    assert article.Id.primary_key
    assert article.CreatedAt.is_computed_value
    assert not article.Name.is_computed_value
    shelf = client.entities["Shelves"]
    assert (shelf.Hall.primary_key, shelf.Number.primary_key) == (True, True)


def test_inheritance_and_enumerations(client: Any) -> None:
    bundle, article = client.types["Shop.Bundle"], client.types["Shop.Article"]
    assert issubclass(bundle, article)
    assert client.types["Shop.Colours"].Blue.value == 4


def test_navigation(client: Any) -> None:
    boss = client.types["Shop.Person"].__dict__["Boss"]
    assert (boss.is_collection, boss.foreign_key) == (False, "BossName")
    assert client.types["Shop.Person"].__dict__["Team"].is_collection


def test_operations(client: Any) -> None:
    assert set(client.functions) == {"Find"}
    assert set(client.actions) == {"Close"}
    assert {"Cheapest", "Tint", "Praise"} <= set(dir(client.types["Shop.Article"]))
