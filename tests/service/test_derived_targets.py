"""Relationships to a derived class, whose entities are in the set of the class that it derives from."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from odata_service import EntitySetRights, ODataService
from tests.delta.client import ClientV4
from tests.service.client import Client
from tests.service.databases import EngineOf, emptied


class Base(DeclarativeBase):
    pass


class Region(Base):
    __tablename__ = "region"

    Id: Mapped[int] = mapped_column(primary_key=True)

    Bosses: Mapped[list[Manager]] = relationship(back_populates="Region")


class Staff(Base):
    __tablename__ = "staff"
    __odata__ = {"set": "Staff"}
    __mapper_args__ = {"polymorphic_on": "Kind", "polymorphic_identity": "staff"}

    Id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    Kind: Mapped[str] = mapped_column(String(10))
    Name: Mapped[str] = mapped_column(String(20))


class Manager(Staff):
    __mapper_args__ = {"polymorphic_identity": "manager"}

    Budget: Mapped[int | None]
    RegionId: Mapped[int | None] = mapped_column(ForeignKey("region.Id"))

    Teams: Mapped[list[Team]] = relationship(back_populates="Boss")
    Region: Mapped[Region | None] = relationship(back_populates="Bosses")


class Intern(Staff):
    __mapper_args__ = {"polymorphic_identity": "intern"}


class Team(Base):
    __tablename__ = "team"

    Id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    BossId: Mapped[int | None] = mapped_column(ForeignKey("staff.Id"))

    Boss: Mapped[Manager | None] = relationship(back_populates="Teams")


@pytest.fixture
def service(engine_of: EngineOf) -> ODataService:
    engine = engine_of("staff")
    emptied(Base.metadata, engine)
    with Session(engine) as session, session.begin():
        session.add_all([Staff(Id=2, Name="Bob"), Region(Id=1, Bosses=[Manager(Id=1, Name="Ann", Budget=5)])])
        session.flush()
        session.add_all([Team(Id=1, BossId=1), Team(Id=2), Team(Id=3, BossId=2)])
    made = ODataService(Base, engine, namespace="NS")
    made.rights("*", EntitySetRights.ALL)
    return made


def ids(rows: list[dict[str, Any]]) -> list[int]:
    return [row["Id"] for row in rows]


@pytest.mark.parametrize("url, found", [
    ("Teams?$filter=Boss/Budget eq 5", [1]), ("Teams?$filter=Boss ne null", [1]), ("Teams?$orderby=Boss/Budget desc,Id", [1, 2, 3]),
    ("Teams(1)/Boss/Teams", [1]), ("Staff/NS.Manager", [1]), ("Staff(1)/NS.Manager/Teams", [1]), ("Regions(1)/Bosses", [1]), ("Regions(1)/Bosses?$filter=Budget eq 5", [1]),
])  # fmt: skip
def test_reads(service: ODataService, url: str, found: list[int]) -> None:
    assert ids(Client(service).get(url).entities) == found
    assert ids(ClientV4(service).value(url)) == found


def test_one_that_is_not_of_the_type_is_none(service: ODataService) -> None:
    old, new = Client(service), ClientV4(service)
    assert [team["Boss"] and team["Boss"]["Name"] for team in old.get("Teams?$expand=Boss&$orderby=Id").entities] == ["Ann", None, None]
    assert [team["Boss"] and team["Boss"]["Name"] for team in new.value("Teams?$expand=Boss&$orderby=Id")] == ["Ann", None, None]
    assert new.get("Teams(3)/Boss").status == 204
    assert new.get("Teams(1)/Boss").json["@odata.context"].endswith("$metadata#Staff/NS.Manager/$entity")
    assert new.get("Regions?$filter=Bosses/any(b:b/Budget gt 4)").json["value"] == [{"Id": 1}]
    assert new.get("Regions(1)/Bosses(1)/Budget").json["value"] == 5
    assert old.get("Teams(1)/$links/Boss").d["uri"].endswith("/Staff(1)")


def test_changes(service: ODataService) -> None:
    old, new = Client(service), ClientV4(service)
    assert new.send("PUT", "Teams(2)/Boss/$ref", {"@odata.id": "Staff(2)"}).error[0] == 400
    assert new.send("PUT", "Teams(2)/Boss/$ref", {"@odata.id": "Staff(1)"}).status == 204
    assert old.put("Teams(3)/$links/Boss", {"uri": "Staff(2)"}).error == (400, "BadReference")
    assert old.put("Teams(3)/$links/Boss", {"uri": "Staff(1)"}).status == 204
    assert ids(new.value("Teams?$filter=Boss/Name eq 'Ann'&$orderby=Id")) == [1, 2, 3]
    assert new.send("POST", "Teams", {"Id": 4, "Boss": {"Id": 9, "Name": "New", "Budget": 1}}).status == 201
    assert new.get("Staff(9)").json["@odata.type"] == "#NS.Manager"
    assert old.post("Teams", {"Id": 5, "Boss": {"__metadata": {"uri": "Staff(2)"}}}).error == (400, "BadReference")
    assert new.send("POST", "Regions(1)/Bosses", {"Id": 10, "Name": "Eve"}).status == 201
    assert ids(new.value("Regions(1)/Bosses?$orderby=Id")) == [1, 10]


def test_metadata(service: ODataService) -> None:
    assert '<End Role="Manager" EntitySet="Staff" />' in Client(service).get("$metadata").text
    said = ClientV4(service).get("$metadata", Accept="application/xml").text
    assert '<NavigationProperty Name="Boss" Type="NS.Manager"' in said
    assert '<NavigationPropertyBinding Path="Boss" Target="Staff" />' in said


def test_a_class_without_the_one_it_derives_from_has_its_own_rows_alone(service: ODataService) -> None:
    with Session(service.engine) as session, session.begin():
        session.add(Intern(Id=7, Name="Ian"))
    alone = ODataService([Intern], service.engine, namespace="NS")
    alone.rights("*", EntitySetRights.ALL_READ)
    new = ClientV4(alone)
    (name,) = alone.model.sets
    assert ids(new.value(name)) == ids(new.value(f"{name}?$filter=Name ne 'x'")) == [7]
    assert new.get(f"{name}/$count").text == "1"
    assert new.get(f"{name}(1)").status == 404
