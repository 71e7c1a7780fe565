"""Whatever a database holds can be read: every set, by every property, along every way."""

from __future__ import annotations

import operator
from typing import Any

import pytest
from lxml import etree
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from odata_service import EntitySetRights
from odata_service.edm.model import EntitySet
from tests.databases.harbour import Harbour, address, literal
from tests.npm import Packages

Row = dict[str, Any]
COMPARED = {"Edm.Binary", "Edm.Boolean"}  # types that have no order


def rows_of(harbour: Harbour, entity_set: EntitySet) -> list[Row]:
    return harbour.rows(entity_set.name)


def test_there_are_enough(harbour: Harbour) -> None:
    assert len(harbour.sets) >= 25


def test_all_rows_come_page_by_page(harbour: Harbour) -> None:
    """In both versions, as many as the database has."""
    quote = harbour.published.service.engine.dialect.identifier_preparer.format_table
    with harbour.published.service.engine.connect() as connection:
        for entity_set in harbour.sets:
            table = quote(entity_set.type.mapper.local_table)  # type: ignore[arg-type]
            there = connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
            assert len(rows_of(harbour, entity_set)) == harbour.count(f"{entity_set.name}/$count") == there, entity_set
            for accept in ("application/json", "application/atom+xml"):
                answer = harbour.ask(entity_set.name, version="v2", accept=accept)
                assert answer.status == 200, (entity_set, answer.text)


def test_each_entity_has_its_address(harbour: Harbour) -> None:
    for entity_set in harbour.sets:
        for row in rows_of(harbour, entity_set) if entity_set.type.key else ():
            found = harbour.ask(address(entity_set, row))
            assert found.status == 200, (address(entity_set, row), found.text)
            assert {**found.json, "@odata.context": 0} == {**row, "@odata.context": 0}


def test_every_property_is_a_filter(harbour: Harbour) -> None:
    """``eq``, ``ne`` and ``gt`` of each value, and of null, give what they give in Python."""
    for entity_set in harbour.sets:
        rows = rows_of(harbour, entity_set)
        for declared in entity_set.type.properties.values():
            values = [row[declared.name] for row in rows]
            for value in dict.fromkeys([*values, None]):
                for name, means in (("eq", operator.eq), ("ne", operator.ne)):
                    asked = f"{entity_set.name}/$count?$filter={declared.name} {name} {literal(value, declared)}"
                    assert harbour.count(asked) == sum(means(each, value) for each in values), asked
                if value is not None and declared.type.name not in COMPARED:
                    one = harbour.count(
                        f"{entity_set.name}/$count?$filter={declared.name} gt {literal(value, declared)}"
                    )
                    other = harbour.count(
                        f"{entity_set.name}/$count?$filter={declared.name} le {literal(value, declared)}"
                    )
                    assert one + other == sum(each is not None for each in values), (entity_set, declared)


def test_texts_are_searched_as_they_stand(harbour: Harbour) -> None:
    for entity_set in harbour.sets:
        rows = rows_of(harbour, entity_set)
        for declared in entity_set.type.properties.values():
            if declared.type.name != "Edm.String":
                continue
            values = [row[declared.name] for row in rows]
            for value in filter(None, dict.fromkeys(values)):
                part = literal(value[:3], declared)
                for function, means in (("contains", str.__contains__), ("startswith", str.startswith)):
                    asked = f"{entity_set.name}/$count?$filter={function}({declared.name},{part})"
                    assert harbour.count(asked) == sum(means(each, value[:3]) for each in values if each is not None), (
                        asked
                    )
                asked = f"{entity_set.name}/$count?$filter=length({declared.name}) eq {len(value)}"
                assert harbour.count(asked) == sum(each is not None and len(each) == len(value) for each in values), (
                    asked
                )


def test_every_property_is_an_order(harbour: Harbour) -> None:
    """Nulls come first ascending; descending is the same from its end; pages do not lose rows."""
    for entity_set in harbour.sets:
        there = len(rows_of(harbour, entity_set))
        for declared in entity_set.type.properties.values():
            up = [row[declared.name] for row in harbour.rows(f"{entity_set.name}?$orderby={declared.name}")]
            down = [row[declared.name] for row in harbour.rows(f"{entity_set.name}?$orderby={declared.name} desc")]
            assert len(up) == there and up == down[::-1], (entity_set, declared)
            assert None not in up[up.count(None) :]


def test_every_way_is_expanded(harbour: Harbour) -> None:
    """Inline, by its own address, and from its end in V2: always the same entities."""
    for entity_set in harbour.sets:
        for way in entity_set.type.navigation.values():
            for row in harbour.rows(
                f"{entity_set.name}?$expand={way.name}($top=100)"
                if way.collection
                else f"{entity_set.name}?$expand={way.name}"
            ):
                inline = row[way.name]
                found = harbour.ask(f"{address(entity_set, row)}/{way.name}")
                if way.collection:
                    assert harbour.rows(f"{address(entity_set, row)}/{way.name}")[: len(inline)] == inline
                elif inline is None:
                    assert found.status == 204, found.text
                else:
                    assert {**found.json, "@odata.context": 0} == {**inline, "@odata.context": 0}
            answer = harbour.ask(f"{entity_set.name}?$expand={way.name}", version="v2")
            assert answer.status == 200, answer.text


def test_ways_back_lead_home(harbour: Harbour) -> None:
    """As many pairs one way as the other: a composite key that came apart would make more."""
    for entity_set in harbour.sets:
        for way in entity_set.type.navigation.values():
            assert way.partner is not None
            target = harbour.published.service.model.target_set(way)
            there, back = (
                sum(
                    len(row[name]) if isinstance(row[name], list) else row[name] is not None
                    for row in harbour.rows(f"{each.name}?$expand={name}")
                )
                for each, name in ((entity_set, way.name), (target, way.partner))
            )
            assert there == back, (entity_set, way.name)


def test_metadata_v4_is_valid(harbour: Harbour, oasis: Packages) -> None:
    schema = etree.XMLSchema(etree.parse(oasis.modules / "odata-csdl" / "schemas" / "edmx.xsd"))
    schema.assertValid(etree.fromstring(harbour.ask("$metadata", accept="application/xml").body))


def test_metadata_v2_is_read(harbour: Harbour) -> None:
    pyodata = pytest.importorskip("pyodata.v2.model")
    schema = pyodata.MetadataBuilder(harbour.ask("$metadata", version="v2", accept="application/xml").body).build()
    assert {each.name for each in schema.entity_sets} == {each.name for each in harbour.sets}


def test_nothing_is_changed(harbour: Harbour) -> None:
    for entity_set in harbour.sets:
        assert harbour.ask(entity_set.name, method="POST", body=b"{}").status == 403


def test_metadata_comes_from_memory(harbour: Harbour) -> None:
    """It is written once, and anew when what the caller may do is another."""
    service, entity_set = harbour.published.service, harbour.sets[0]
    for version in ("v2", "v4"):
        once, again = (harbour.ask("$metadata", version=version, accept="application/xml").body for _ in range(2))
        assert once is again
        service.rights(entity_set.name, EntitySetRights.NONE)
        without = harbour.ask("$metadata", version=version, accept="application/xml").text
        service.rights(entity_set.name, EntitySetRights.ALL_READ)
        assert (
            f'EntitySet Name="{entity_set.name}"' in once.decode()
            and f'EntitySet Name="{entity_set.name}"' not in without
        )
        assert harbour.ask("$metadata", version=version, accept="application/xml").body == once


def test_connections_only_read(harbour: Harbour) -> None:
    """Whatever a request could ever say: the database itself refuses to change for this service."""
    entity_set = next(each for each in harbour.sets if each.name.lower() == "certificates")
    table = harbour.published.service.engine.dialect.identifier_preparer.format_table(
        entity_set.type.mapper.local_table
    )  # type: ignore[arg-type]
    before = harbour.count(f"{entity_set.name}/$count")
    for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET title = 'x'", "CREATE TABLE intruder (id integer)"):
        with pytest.raises(DBAPIError), harbour.published.service.engine.begin() as connection:
            connection.execute(text(statement))
    assert harbour.count(f"{entity_set.name}/$count") == before
