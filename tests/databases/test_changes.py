"""With ``--writable`` every table with a key takes new entities, changes and deletions, and gives back what it was given."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import UniqueConstraint

from odata_service.edm.model import EntitySet, Property
from tests.databases.harbour import Harbour, address

# Where not any value will do.
FREE: dict[str, dict[str, Any]] = {
    "Crews": {"Imo": 9000003, "PersonID": 1},
    "crews": {"imo": 9000003, "person_id": 1},
    "Pilots": {"PersonID": 1},
    "pilots": {"person_id": 1},
    "Call_x0020_Lines": {"CallID": 3, "call_id": 3, "LineNo": 9, "line_no": 9},
    "signals": {"colour": "Choppy"},
    "Signals": {"colour": "Choppy"},
    "hosts": {"address": "10.9.9.9"},
    "Countries": {"Code": "XX"},
    "countries": {"code": "XX"},
    "measureds": {"at": "2024-07-01T00:00:00Z"},
    "People": {"Email": "new@harbour.example"},
}
OTHER = {
    "Edm.Guid": "0d3b3f0e-6f61-4a27-9a35-64d2a1f0c001",
    "Edm.DateTimeOffset": "2031-01-01T00:00:00Z",
    "Edm.Date": "2031-01-01",
}


def other(value: Any, declared: Property) -> Any:
    if declared.type.name in OTHER:
        return OTHER[declared.type.name]
    return f"{value}~" if isinstance(value, str) else value + 1000


def new_row(entity_set: EntitySet, row: dict[str, Any]) -> dict[str, Any]:
    """The same but for what has to differ; what the database gives itself is left out."""
    table, given = entity_set.type.mapper.local_table, FREE.get(entity_set.name, {})
    unique = {column for each in table.constraints if isinstance(each, UniqueConstraint) for column in each.columns}  # type: ignore[attr-defined]
    found = {}
    for declared in entity_set.type.properties.values():
        value = row[declared.name]
        if declared.server_set or (declared.is_key and declared.generated):
            continue
        if declared.column in unique and declared.nullable:
            value = None
        elif declared.is_key or declared.column in unique:
            value = other(value, declared)
        found[declared.name] = given.get(declared.name, value)
    return {**found, **{name: row[name] for name in entity_set.type.collections}}


def test_every_table(open_harbour: Harbour) -> None:
    changed = 0
    for entity_set in open_harbour.sets:
        table = next(
            each for each in open_harbour.published.draft.entities.values() if each.set_name == entity_set.name
        )
        rows = open_harbour.rows(f"{entity_set.name}?$top=1")
        if table.facts.kind != "table" or table.is_keyless:
            assert open_harbour.ask(entity_set.name, method="POST", body=b"{}").status == 403
            continue
        if rows:
            changes(open_harbour, entity_set, rows[0])
            changed += 1
    assert changed >= 20


def changes(harbour: Harbour, entity_set: EntitySet, row: dict[str, Any]) -> None:
    asked = new_row(entity_set, row)
    made = harbour.ask(entity_set.name, method="POST", body=json.dumps(asked).encode())
    if made.status == 409 and made.json["error"]["code"] == "SchemaBroken":
        return
    assert made.status == 201, (entity_set, asked, made.text)
    assert {name: made.json[name] for name in asked} == asked
    here = address(entity_set, made.json)
    changed = {name: value for name, value in asked.items() if name not in {part.name for part in entity_set.type.key}}
    answer = harbour.ask(here, method="PATCH", body=json.dumps(changed).encode())
    assert answer.status in (200, 204), (here, answer.text)
    for name in changed:
        declared = entity_set.type.properties.get(name)
        if declared is not None and declared.nullable:
            answer = harbour.ask(here, method="PATCH", body=json.dumps({name: None}).encode())
            assert answer.status in (200, 204), (here, name, answer.text)
    emptied = harbour.ask(here).json
    assert all(
        emptied[name] is None
        for name in changed
        if name in entity_set.type.properties and entity_set.type.properties[name].nullable
    )
    deleted = harbour.ask(here, method="DELETE")
    if deleted.status == 409:  # SQLite lets nobody delete what a broken foreign key refers to
        assert deleted.json["error"]["code"] == "SchemaBroken"
        return
    assert deleted.status == 204, (here, deleted.text)
    assert harbour.ask(here).status == 404


def test_what_is_referred_to_stays(open_harbour: Harbour) -> None:
    """The database's own rules hold: who is referred to is not deleted, and nobody refers to nothing."""
    ships = next(each for each in open_harbour.sets if each.name.lower() == "ships")
    first = open_harbour.rows(f"{ships.name}?$top=1")[0]
    refused = open_harbour.ask(address(ships, first), method="DELETE")
    assert refused.status == 409, refused.text
    assert open_harbour.ask(address(ships, first)).status == 200
    calls = next(each for each in open_harbour.sets if each.name.lower() == "calls")
    call = open_harbour.rows(f"{calls.name}?$top=1")[0]
    way = "Imo" if "Imo" in call else "imo"
    answer = open_harbour.ask(address(calls, call), method="PATCH", body=json.dumps({way: 1}).encode())
    assert answer.status == 409, answer.text


def test_pairs_are_links(open_harbour: Harbour) -> None:
    """A pure link table is a way both ways: a pair is made and unmade by ``$ref``."""
    certificates = next(each for each in open_harbour.sets if each.name.lower() == "certificates")
    way = next(each.name for each in certificates.type.navigation.values() if each.link_near)
    here, before = f"{certificates.name}(3)/{way}", open_harbour.count(f"{certificates.name}(3)/{way}/$count")
    linked = open_harbour.ask(
        f"{here}/$ref", method="POST", body=json.dumps({"@odata.id": "http://harbour.example/People(1)"}).encode()
    )
    assert linked.status == 204, linked.text
    assert open_harbour.count(f"{here}/$count") == before + 1
    assert open_harbour.ask(f"{here}(1)/$ref", method="DELETE").status == 204
    assert open_harbour.count(f"{here}/$count") == before
