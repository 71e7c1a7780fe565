"""Tables whose rows continue those of another one, as the file of settings says: derived types."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Column, Engine, ForeignKey, Integer, MetaData, String, Table, insert

from odata_service.config import ConfigurationError, Settings, TableSettings
from odata_service.reflect.service import reflected
from tests.databases.harbour import Harbour

SAID = {
    "vehicle": TableSettings(discriminator="kind"),
    "car": TableSettings(inherits="vehicle"),
    "ship": TableSettings(inherits="vehicle", value="S"),
}


@pytest.fixture
def url(database: Engine) -> str:
    metadata = MetaData()
    owner = Table("owner", metadata, Column("id", Integer, primary_key=True), Column("name", String(20)))
    vehicle = Table(
        "vehicle", metadata, Column("id", Integer, primary_key=True, autoincrement=False), Column("kind", String(10), nullable=False),
        Column("weight", Integer), Column("owner_id", ForeignKey("owner.id")),
    )  # fmt: skip
    car = Table(
        "car", metadata, Column("vehicle_id", ForeignKey("vehicle.id"), primary_key=True), Column("doors", Integer)
    )
    ship = Table(
        "ship", metadata, Column("vehicle_id", ForeignKey("vehicle.id"), primary_key=True), Column("masts", Integer),
        Column("captain_id", ForeignKey("owner.id")),
    )  # fmt: skip
    metadata.create_all(database)
    with database.begin() as connection:
        connection.execute(insert(owner), [{"id": 1, "name": "Ada"}])
        kinds = ["car", "S", "vehicle"]
        rows = [{"id": at, "kind": kind, "weight": at * 10, "owner_id": 1} for at, kind in enumerate(kinds, 1)]
        connection.execute(insert(vehicle), rows)
        connection.execute(insert(car), [{"vehicle_id": 1, "doors": 4}])
        connection.execute(insert(ship), [{"vehicle_id": 2, "masts": 3, "captain_id": 1}])
    return database.url.render_as_string(hide_password=False)


@pytest.fixture
def vehicles(url: str) -> Iterator[Harbour]:
    found = reflected(Settings(database_url=url, tables=SAID, writable=True, only=("owner", "vehicle", "car", "ship")))
    yield Harbour(found)
    found.service.engine.dispose()


def test_types_and_sets(vehicles: Harbour) -> None:
    document = vehicles.ask("$metadata", accept="application/xml").text
    assert document.count("<EntitySet ") == 2
    for each in ("car", "ship"):
        assert f'<EntityType Name="{each}" BaseType="' in document
    assert 'BaseType="' in vehicles.ask("$metadata", version="v2", accept="application/xml").text


@pytest.mark.parametrize(
    "asked, wanted",
    [
        ("vehicles?$select=id,weight", [{"id": 1, "weight": 10}, {"id": 2, "weight": 20}, {"id": 3, "weight": 30}]),
        ("vehicles/{ns}.car", [{"id": 1, "kind": "car", "weight": 10, "owner_id": 1, "doors": 4}]),
        ("vehicles?$filter={ns}.ship/masts gt 2&$select=id", [{"id": 2}]),
        ("vehicles?$filter=isof({ns}.car)&$select=id", [{"id": 1}]),
        ("owners(1)/vehicles?$select=id&$filter=kind ne 'S'", [{"id": 1}, {"id": 3}]),
    ],
)
def test_reads(vehicles: Harbour, asked: str, wanted: list[dict[str, Any]]) -> None:
    namespace = vehicles.published.service.model.namespace
    rows = vehicles.rows(asked.format(ns=namespace))
    assert [{name: value for name, value in row.items() if "@" not in name} for row in rows] == wanted


def test_changes(vehicles: Harbour) -> None:
    namespace = vehicles.published.service.model.namespace
    made = {"@odata.type": f"#{namespace}.car", "id": 7, "weight": 5, "doors": 2}
    answer = vehicles.ask("vehicles", method="POST", body=json.dumps(made).encode())
    assert answer.status == 201, answer.text
    assert (answer.json["kind"], answer.json["doors"]) == ("car", 2)
    body = json.dumps({"@odata.type": f"#{namespace}.car", "doors": 3, "weight": 6}).encode()
    assert vehicles.ask("vehicles(7)", method="PATCH", body=body).status in (200, 204)
    found = vehicles.ask(f"vehicles(7)/{namespace}.car").json
    assert (found["doors"], found["weight"]) == (3, 6)
    assert vehicles.ask("vehicles(7)", method="DELETE").status == 204
    assert vehicles.ask("vehicles(7)").status == 404


@pytest.mark.parametrize(
    "said, line",
    [
        (
            {"car": TableSettings(inherits="vehicel")},
            "tables.'car': it cannot inherit from 'vehicel'; did you mean 'vehicle'?",
        ),
        (
            {"car": TableSettings(inherits="vehicle")},
            "tables.'vehicle': discriminator = \"…\" has to name the column that says of which table the rest of a row is",
        ),
        (
            {"vehicle": TableSettings(inherits="owner"), "owner": TableSettings(discriminator="name")},
            "tables.'vehicle': its key is no foreign key to that of owner, from which it is to inherit",
        ),
    ],
)
def test_what_cannot_be(url: str, said: dict[str, TableSettings], line: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        reflected(Settings(database_url=url, tables=said))
    assert str(error.value) == line
