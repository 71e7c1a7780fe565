"""Entities that refer to themselves, or to one another: a root whose parent it is itself."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from odata_service import EntitySetRights, ODataService
from tests.delta.client import ClientV4


class Base(DeclarativeBase):
    pass


class Node(Base):
    __tablename__ = "node"

    Id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    ParentId: Mapped[int | None] = mapped_column(ForeignKey("node.Id"))

    Parent: Mapped[Node | None] = relationship(back_populates="Children", remote_side="Node.Id")
    Children: Mapped[list[Node]] = relationship(back_populates="Parent")


@pytest.fixture
def nodes(database: Engine) -> ClientV4:
    Base.metadata.create_all(database)
    with Session(database) as session, session.begin():
        session.add_all(Node(Id=number) for number in (1, 2, 3))
    service = ODataService(Base, database, namespace="Tree", secret="s")
    service.rights("*", EntitySetRights.ALL)
    return ClientV4(service, newest=True)


def parents(nodes: ClientV4) -> dict[int, int | None]:
    return {each["Id"]: each["ParentId"] for each in nodes.get("Nodes?$orderby=Id").json["value"]}


@pytest.mark.parametrize("method, url, body", [
    ("PATCH", "Nodes(1)",              {"Parent@odata.bind": "Nodes(1)"}),
    ("PATCH", "Nodes(1)",              {"ParentId": 1}),
    ("PATCH", "Nodes(1)",              {"Children@odata.bind": ["Nodes(1)"]}),
    ("PUT",   "Nodes(1)/Parent/$ref",  {"@odata.id": "Nodes(1)"}),
    ("POST",  "Nodes(1)/Children/$ref", {"@odata.id": "Nodes(1)"}),
    ("PUT",   "Nodes(1)/Children/$ref", {"value": [{"@odata.id": "Nodes(1)"}]}),
])  # fmt: skip
@pytest.mark.parametrize("way_back, url_back, body_back, left", [
    ("PATCH",  "Nodes(1)",                           {"Parent@odata.bind": None}, {1: None, 2: None, 3: None}),
    ("PATCH",  "Nodes(1)",                           {"Parent@odata.bind": "Nodes(2)"}, {1: 2, 2: None, 3: None}),
    ("DELETE", "Nodes(1)/Parent/$ref",               None, {1: None, 2: None, 3: None}),
    ("DELETE", "Nodes(1)/Children/$ref?$id=Nodes(1)", None, {1: None, 2: None, 3: None}),
    ("DELETE", "Nodes(1)",                           None, {2: None, 3: None}),
])  # fmt: skip
def test_to_itself_and_back(nodes, method, url, body, way_back, url_back, body_back, left):
    assert nodes.send(method, url, body).status == 204
    assert parents(nodes) == {1: 1, 2: None, 3: None}
    assert nodes.get("Nodes(1)/Parent/Parent/Id/$value").text == "1"
    answer = nodes.send(way_back, url_back, body_back)
    assert answer.status == 204, answer.text
    assert parents(nodes) == left


def test_in_a_circle(nodes):
    """One after the other; two rows of which each has to be written first are refused."""
    assert nodes.send("PATCH", "Nodes(1)", {"Parent@odata.bind": "Nodes(2)"}).status == 204
    assert nodes.send("PATCH", "Nodes(2)", {"Parent@odata.bind": "Nodes(1)"}).status == 204
    assert parents(nodes) == {1: 2, 2: 1, 3: None}
    both = {"Parent": {"Id": 3, "Parent@odata.bind": "Nodes(2)"}}
    answer = nodes.send("PATCH", "Nodes(2)", both, OData_Version="4.01")
    assert answer.error == (400, "CircularReference"), answer.text
    assert parents(nodes) == {1: 2, 2: 1, 3: None}
