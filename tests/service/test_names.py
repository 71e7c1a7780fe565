"""Names that SQL, Python or OData use themselves are names like any other."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from odata_service import EntitySetRights, ODataService
from tests.service.client import Client
from tests.service.databases import EngineOf, emptied


class Base(DeclarativeBase):
    pass


class Order(Base):
    """The attribute names the property, whatever the column is called."""

    __tablename__ = "order"
    __odata__: ClassVar = {"set": "Orders"}

    id: Mapped[int] = mapped_column(primary_key=True)
    select: Mapped[str | None] = mapped_column(String(50))
    group: Mapped[int | None] = mapped_column("group by")
    a_b: Mapped[str | None] = mapped_column("a b", String(50))
    quoted: Mapped[str | None] = mapped_column('say "hi"; --', String(50))
    percent: Mapped[int | None] = mapped_column("100%(s)s :x")
    table: Mapped[str | None] = mapped_column(String(50))
    eq: Mapped[int | None]
    datetime: Mapped[int | None]
    top: Mapped[int | None] = mapped_column("$top")
    Größe: Mapped[int | None]
    where_key: Mapped[int | None] = mapped_column("where", ForeignKey("order.id"))

    where = relationship("Order", remote_side=[id], back_populates="values")
    values: Mapped[list[Order]] = relationship(back_populates="where")


@pytest.fixture
def client(engine_of: EngineOf) -> Client:
    engine = engine_of("names")
    emptied(Base.metadata, engine)
    service = ODataService(Base, engine, namespace="Names")
    service.rights("*", EntitySetRights.ALL)
    client = Client(service)
    for number in range(1, 6):
        row: dict[str, Any] = {"id": number, "select": f"s{number}", "group": number % 2, "a_b": f"b {number}"}
        row |= {"quoted": "'\"", "percent": number, "eq": number, "datetime": number, "top": number, "Größe": number}
        assert client.post("Orders", row | {"where_key": 1 if number > 1 else None}).status == 201
    return client


@pytest.mark.parametrize(
    "url, found",
    [
        ("Orders?$filter=select eq 's2'", [2]),
        ("Orders?$filter=group eq 1 and a_b ne 'b 3'", [1, 5]),
        ("Orders?$orderby=group desc,select desc", [5, 3, 1, 4, 2]),
        ("Orders?$filter=percent mod 2 eq 0&$orderby=percent desc", [4, 2]),
        ("Orders?$filter=eq eq 3", [3]),
        ("Orders?$filter=datetime ge 4", [4, 5]),
        ("Orders?$filter=top lt 3", [1, 2]),
        ("Orders?$filter=Größe eq 2", [2]),
        ("Orders?$filter=Gr%C3%B6%C3%9Fe eq 2", [2]),
        ("Orders?$filter=quoted eq '''\"'", [1, 2, 3, 4, 5]),
        ("Orders?$filter=where/select eq 's1' and where/where/id eq null", [2, 3, 4, 5]),
        ("Orders(1)/values?$orderby=a_b desc", [5, 4, 3, 2]),
    ],
)
def test_queries(client: Client, url: str, found: list[int]):
    assert [order["id"] for order in client.all(url)] == found
    client.service.page_size("*", 2)
    assert [order["id"] for order in client.all(url)] == found


def test_changes_and_values(client: Client):
    assert client.merge("Orders(2)", {"select": "select", "quoted": '; drop table "order"; --'}).status == 204
    assert client.get("Orders(2)/select/$value").text == "select"
    assert client.get("Orders(2)/quoted/$value").text == '; drop table "order"; --'
    assert client.get("Orders(2)/Größe").d == {"Größe": 2}
    (order,) = client.all("Orders?$filter=id eq 2&$expand=where/values&$select=select,where/select,where/values/top")
    assert (order["select"], order["where"]["select"]) == ("select", "s1")
    assert [value["top"] for value in order["where"]["values"]["results"]] == [2, 3, 4, 5]
    assert client.delete("Orders(5)").status == 204
    assert client.get("Orders/$count").text == "4"


@pytest.mark.parametrize(
    "name", ["__class__", "metadata", "registry", "where_key__", "a b", "group by", "_sa_class_manager", "Select"]
)
def test_names_of_columns_and_of_python_are_none(client: Client, name: str):
    for url in (
        f"Orders?$select={name}",
        f"Orders?$filter={name} eq null",
        f"Orders?$orderby={name}/x",
        f"Orders?$expand={name}x",
    ):
        assert client.get(url).status == 400, url
    assert client.get(f"Orders(1)/{name}x").status in (400, 404)
    assert client.merge("Orders(1)", {f"{name}x": 1}).status == 400
