"""Collections of values, open types and contained entities; and a server that is somebody else's."""

from __future__ import annotations

import subprocess
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from odata_service import ODataService
from odata_service.client import Expand, NotFound, ODataClient
from tests.tools import program
from tests.types_v4 import orders, workshop


def client_of(model, folder: Path) -> ODataClient:
    engine = create_engine(f"sqlite:///{folder}/{model.__name__}.db")
    model.Base.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        model.fill(session)
    return ODataClient(model.configured(ODataService(model.Base, engine, namespace="Ns")))


@pytest.fixture
def tools(tmp_path) -> ODataClient:
    return client_of(workshop, tmp_path)


@pytest.fixture
def sales(tmp_path) -> ODataClient:
    return client_of(orders, tmp_path)


class TestCollections:
    def test_read(self, tools):
        hammer = tools.Tools.where("Name eq 'Hammer'").one()
        assert hammer.Prices == [Decimal("9.90"), Decimal("10.00")]
        assert hammer.Colours == [tools.types.Colour.Red, tools.types.Colour.Blue]
        assert [place.City for place in hammer.Places] == ["Bonn", "Berlin", "Bonn"]
        assert (hammer.Days[0], hammer.Notes, hammer.Checks[0].Data) == (date(2020, 2, 29), ["soft", None], b"\0\xff")

    def test_changed_in_place_and_as_a_whole(self, tools):
        hammer = tools.Tools.where("Name eq 'Hammer'").one()
        hammer.Tags.append("old")
        hammer.Places[0].City = "Köln"
        hammer.Prices = [Decimal("1.5"), 2]
        hammer.Colours = ["Green", 4]
        tools.save(hammer)
        read = tools.Tools[hammer.ID]
        assert (read.Tags[-1], read.Places[0].City, read.Places[0].Street) == ("old", "Köln", "Main St")
        assert read.Prices == [Decimal("1.5"), Decimal(2)]
        assert [colour.name for colour in read.Colours] == ["Green", "Blue"]

    def test_conditions_on_their_items(self, tools):
        found = tools.Tools.where(
            tools.Tools.Tags.any(lambda tag: tag == "heavy"), tools.Tools.Places.any(lambda p: p.Rating > 4)
        )
        assert [tool.Name for tool in found] == ["Hammer"]


class TestOpenTypes:
    def test_what_nobody_has_declared(self, tools):
        parts = tools.Parts
        made = parts.create(
            ID=90, Name="Odd", Kind="part", Colour="pink", Weight=0.5, Whole=2**62, Exact=Decimal("0.10"), When=date(2024, 1, 2),
            Moment=datetime(2024, 1, 2, 3, tzinfo=UTC), Code=uuid.UUID(int=7), Data=b"\xff", Endless=float("inf"), Nothing=None,
        )  # fmt: skip
        read = parts[90]
        assert (read.Colour, read.Weight, read.Whole, read.Exact) == ("pink", 0.5, 2**62, Decimal("0.10"))
        assert (read.When, read.Moment, read.Code) == (
            date(2024, 1, 2),
            datetime(2024, 1, 2, 3, tzinfo=UTC),
            uuid.UUID(int=7),
        )
        assert (read.Data, read.Endless) == (b"\xff", float("inf"))
        assert [part.ID for part in parts.where(parts.Colour == "pink", parts.Weight < 1)] == [90]
        read.Colour = "blue"
        tools.save(read)
        assert (parts[90].Colour, parts[90].Exact) == ("blue", Decimal("0.10"))
        with pytest.raises(AttributeError, match="has no property 'Colur'"):
            made.Colur  # noqa: B018


class TestContainment:
    def test_at_home_in_others(self, sales):
        order = sales.Orders[1]
        line = order.Lines[0]
        line.Amount = 77
        sales.save(line)
        assert [each.No for each in order.Lines.where(order.Lines.Amount == 77)] == [line.No]
        made = order.Lines.create(No=9, Amount=3)
        assert sales.reload(made).Amount == 3
        sales.delete(made)
        with pytest.raises(NotFound):
            sales.reload(made)
        note = sales.Orders.expand("Lines/Notes")[1].Lines[0].Notes[0]
        note.Text = "changed"
        sales.save(note)
        assert sales.Orders[1].Lines[0].Notes[0].Text == "changed"

    def test_the_only_one_in_its_place(self, sales):
        terms = sales.Orders.expand("Terms")[1].Terms
        assert terms._where == sales.Orders[1].Terms._where == "Orders(1)/Terms"
        assert sales.reload(terms)._where == "Orders(1)/Terms"


EDMX = """<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>
<Schema Namespace="Shop" Alias="Self" xmlns="http://docs.oasis-open.org/odata/ns/edm">
<EntityType Name="Order"><Key><PropertyRef Name="ID"/></Key><Property Name="ID" Type="Edm.Int32" Nullable="false"/>
<Property Name="Name" Type="Edm.String"/><Property Name="Total" Type="Edm.Decimal" Precision="15" Scale="2"/>
<Property Name="Placed" Type="Edm.DateTimeOffset"/>
<NavigationProperty Name="_Items" Type="Collection(Self.Item)" Partner="_Order"/></EntityType>
<EntityType Name="Item"><Key><PropertyRef Name="ID"/></Key><Property Name="ID" Type="Edm.Guid" Nullable="false"/>
<Property Name="OrderID" Type="Edm.Int32"/><Property Name="Text" Type="Edm.String"/>
<NavigationProperty Name="_Order" Type="Self.Order" Partner="_Items">
<ReferentialConstraint Property="OrderID" ReferencedProperty="ID"/></NavigationProperty></EntityType>
<EntityContainer Name="Container"><EntitySet Name="Orders" EntityType="Self.Order">
<NavigationPropertyBinding Path="_Items" Target="Items"/></EntitySet>
<EntitySet Name="Items" EntityType="Self.Item"><NavigationPropertyBinding Path="_Order" Target="Orders"/></EntitySet>
</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>"""
ORDERS = """[{"ID":1,"Name":"Ada","Total":12.50,"Placed":"2024-01-15T10:30:00Z"},
{"ID":2,"Name":"ÖNeil","Total":0.10,"Placed":"2024-02-15T10:30:00Z"},
{"ID":3,"Name":"Eve","Total":99.99,"Placed":"2024-03-15T10:30:00Z"}]"""
ITEMS = """[{"ID":"0d3b3f0e-6f61-4a27-9a35-64d2a1f0c001","OrderID":1,"Text":"Spade"},
{"ID":"0d3b3f0e-6f61-4a27-9a35-64d2a1f0c002","OrderID":1,"Text":"Rake"}]"""
SERVER = """
const Mock = require('@sap-ux/fe-mockserver-core').default, http = require('http'), [folder] = process.argv.slice(1)
const mock = new Mock({services: [{urlPath: '/shop', metadataPath: folder + '/metadata.xml', mockdataPath: folder}]})
mock.isReady.then(() => {
  const unknown = response => () => { response.statusCode = 404; response.end() }
  const server = http.createServer((request, response) => mock.getRouter()(request, response, unknown(response)))
  server.listen(0, '127.0.0.1', () => console.log(server.address().port))
})
"""


@pytest.fixture(scope="module")
def foreign(npm, tmp_path_factory) -> Iterator[ODataClient]:
    """SAP's server for tests of Fiori applications, whose navigation properties begin with an underscore."""
    packages = npm("fe-mockserver", "@sap-ux/fe-mockserver-core@1.7.16")
    folder = tmp_path_factory.mktemp("foreign")
    for name, text in (("metadata.xml", EDMX), ("Orders.json", ORDERS), ("Items.json", ITEMS)):
        (folder / name).write_text(text)
    command = [program("node", "nodejs"), "-e", SERVER, str(folder)]
    process = subprocess.Popen(command, cwd=packages.folder, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    yield ODataClient(f"http://127.0.0.1:{process.stdout.readline().strip()}/shop/")
    process.terminate()
    process.communicate(timeout=20)


def test_somebody_else_s_server(foreign):
    orders = foreign.Orders
    assert [order.Name for order in orders.where(orders.Total > Decimal("1.5")).order_by(orders.Total.desc())] == [
        "Eve",
        "Ada",
    ]
    assert orders.where(orders.Name == "ÖNeil").one().Total == Decimal("0.1")
    assert orders.count() == 3
    ada = orders.expand("_Items")[1]
    assert [item.Text for item in ada._Items] == ["Spade", "Rake"]
    assert orders[1]._Items[1]._Order.Name == "Ada"
    assert orders.where(orders._Items.any(lambda item: item.Text == "Rake")).one().ID == 1
    sorted_items = orders.expand(Expand("_Items").order_by("Text").select("Text"))[1]._Items
    assert [item.Text for item in sorted_items] == ["Rake", "Spade"]
    made = orders.create(ID=4, Name="Grace", Total=Decimal("5.25"), Placed=datetime(2024, 4, 1, tzinfo=UTC))
    made.Name = "Grace H."
    foreign.save(made)
    assert (orders[4].Name, orders[4].Placed) == ("Grace H.", datetime(2024, 4, 1, tzinfo=UTC))
    foreign.delete(made)
    assert orders.get(4) is None
    with pytest.raises(AttributeError, match="did you mean '_Items'"):
        orders._Itms  # noqa: B018
