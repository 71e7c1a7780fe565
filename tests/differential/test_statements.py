"""``$expand`` asks the database once per level, however many entities there are on each."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from sqlalchemy import Engine, ForeignKey, insert
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from odata_service import EntitySetRights, Headers, ODataRequest, ODataService
from odata_service.protocol import V2

WIDTH = 1_000


class Base(DeclarativeBase):
    pass


class River(Base):
    __tablename__ = "river"
    Id: Mapped[int] = mapped_column(primary_key=True)
    Mouth: Mapped[int | None]
    Arms = relationship("Arm", back_populates="River")


class Arm(Base):
    __tablename__ = "arm"
    Id: Mapped[int] = mapped_column(primary_key=True)
    RiverId: Mapped[int] = mapped_column(ForeignKey("river.Id"), index=True)
    River = relationship("River", back_populates="Arms")
    Brooks = relationship("Brook", back_populates="Arm")


class Brook(Base):
    __tablename__ = "brook"
    Id: Mapped[int] = mapped_column(primary_key=True)
    ArmId: Mapped[int | None] = mapped_column(ForeignKey("arm.Id"), index=True)
    Arm = relationship("Arm", back_populates="Brooks")


@pytest.fixture
def service(database: Engine) -> ODataService:
    """Each river has two arms, each arm a brook, and every tenth river nothing."""
    Base.metadata.create_all(database)
    numbers = range(1, WIDTH + 1)
    arms = [{"Id": 2 * number + side, "RiverId": number} for number in numbers if number % 10 for side in (0, 1)]
    with database.begin() as connection:
        connection.execute(insert(River), [{"Id": number} for number in numbers])
        connection.execute(insert(Arm), arms)
        connection.execute(insert(Brook), [{"Id": arm["Id"], "ArmId": arm["Id"]} for arm in arms])
    service = ODataService(Base, database, namespace="R")
    service.rights("*", EntitySetRights.ALL)
    return service


LEVELS = {
    "": 0, "Arms": 1, "Arms/Brooks": 2, "Arms/River": 2, "Arms/Brooks,Arms/River": 3, "Arms/Brooks/Arm": 3,
}  # fmt: skip


def test_one_statement_per_level(service: ODataService) -> None:
    for expand, levels in LEVELS.items():
        for top in (0, 1, 9, WIDTH):
            query = f"$top={top}" + (f"&$expand={expand}" if expand else "")
            rivers, statements = asked(service, query)
            assert (len(rivers), statements) == (top, levels + 1 if top else 1), query


def asked(service: ODataService, query: str) -> tuple[list[Any], int]:
    """The rivers in the answer, and how many statements they took."""
    response = service.handle(ODataRequest(V2, "GET", "Rivers", query, Headers({"Accept": "application/json"})))
    assert response.status == 200, response.body
    counted = re.search(r"statements=(\d+)", response.headers["Server-Timing"])
    assert counted is not None
    return json.loads(response.body)["d"]["results"], int(counted[1])


def test_every_entity_is_with_its_parent(service: ODataService) -> None:
    for river in asked(service, "$expand=Arms/Brooks")[0]:
        arms = river["Arms"]["results"]
        assert [arm["Id"] for arm in arms] == ([2 * river["Id"], 2 * river["Id"] + 1] if river["Id"] % 10 else [])
        assert all([brook["Id"] for brook in arm["Brooks"]["results"]] == [arm["Id"]] for arm in arms)
