"""Service operations: declared once, called by V2 as WCF had them and by V4 as functions and actions."""

from __future__ import annotations

import datetime
import decimal
import enum
import uuid
from typing import Annotated, Any

import pytest
from pyodata.v2.model import Config, MetadataBuilder, PolicyFatal
from sqlalchemy import create_engine

from odata_service import ODataService
from odata_service.edm.primitive import DATE_TIME_OFFSET, INT16, SINGLE
from odata_service.operations import OperationContext
from tests.delta.client import ClientV4
from tests.service import market
from tests.service.client import Client


class Shade(enum.IntEnum):
    RED = 1
    BLUE = 2


@pytest.fixture(scope="module")
def service() -> ODataService:
    """Nothing is read from the database."""
    service = ODataService(market.Base, create_engine("sqlite://"), namespace="Market")

    @service.operation(name="Shown")
    def shown(
        context: OperationContext,
        flag: bool | None,
        small: Annotated[int, INT16] | None,
        big: int | None,
        money: decimal.Decimal | None,
        single: Annotated[float, SINGLE] | None,
        double: float | None,
        text: str | None,
        guid: uuid.UUID | None,
        octets: bytes | None,
        instant: datetime.datetime | None,
        day: datetime.date | None,
        clock: datetime.time | None,
        span: datetime.timedelta | None,
        shade: Shade | None,
        offset: Annotated[datetime.datetime, DATE_TIME_OFFSET] | None,
        usual: int | None = 5,
    ) -> list[str | None]:
        times = instant, day, clock, span
        values = flag, small, big, money, single, double, text, guid, octets, *times, shade, offset, usual
        return [None if value is None else repr(value) for value in values]

    return service


PARAMETERS = "flag small big money single double text guid octets instant day clock span shade offset usual".split()


@pytest.mark.parametrize(
    "literal, name, value",
    [
        ("true", "flag", "True"),
        ("-3", "small", "-3"),
        ("9007199254740993L", "big", "9007199254740993"),
        ("5", "big", "5"),
        ("1.50M", "money", "Decimal('1.50')"),
        ("2", "money", "Decimal('2')"),
        ("0.5f", "single", "0.5"),
        ("1E-3", "double", "0.001"),
        ("3", "double", "3.0"),
        ("'O''Neil & Söhne'", "text", '"O\'Neil & Söhne"'),
        ("guid'00000000-0000-0000-0000-000000000007'", "guid", "UUID('00000000-0000-0000-0000-000000000007')"),
        ("X'00FF'", "octets", r"b'\x00\xff'"),
        ("datetime'2024-05-06T07:08:09'", "day", "datetime.date(2024, 5, 6)"),
        ("datetime'2024-05-06T07:08:09'", "instant", "datetime.datetime(2024, 5, 6, 7, 8, 9, tzinfo=datetime.timezone.utc)"),
        ("datetimeoffset'2024-05-06T07:08:09Z'", "instant", "datetime.datetime(2024, 5, 6, 7, 8, 9, tzinfo=datetime.timezone.utc)"),
        ("datetimeoffset'2024-05-06T07:08:09Z'", "offset", "datetime.datetime(2024, 5, 6, 7, 8, 9, tzinfo=datetime.timezone.utc)"),
        ("time'PT1H2M3S'", "clock", "datetime.time(1, 2, 3)"),
        ("time'P1DT1S'", "span", "datetime.timedelta(days=1, seconds=1)"),
        ("2", "shade", "<Shade.BLUE: 2>"),
        ("null", "usual", None),
        ("7", "usual", "7"),
    ],
)
def test_literals_of_every_type(service: ODataService, literal: str, name: str, value: str | None) -> None:
    given = f"{name}={literal.replace('&', '%26')}"
    shown = Client(service).get(f"Shown?{given}").entities
    expected: list[Any] = [None] * (len(PARAMETERS) - 1) + ["5"]  # absent is null, but for a default of its own
    expected[PARAMETERS.index(name)] = value
    assert shown == expected


@pytest.mark.parametrize(
    "given",
    [
        "flag=1L",
        "small=99999",
        "big=1.5",
        "money='x'",
        "guid='x'",
        "octets='x'",
        "clock=time'P2D'",
        "shade=9",
        "text=5",
    ],
)
def test_values_of_another_type(service: ODataService, given: str) -> None:
    assert Client(service).get(f"Shown?{given}").error == (400, "InvalidParameter")


def test_metadata(service: ODataService) -> None:
    document = Client(service).send("GET", "$metadata").body
    schema = MetadataBuilder(document, config=Config(default_error_policy=PolicyFatal())).build()
    shown = schema.function_import("Shown")
    assert (shown.http_method, shown.return_type_info) == ("GET", (None, "Edm.String", True))
    assert [parameter.name for parameter in shown.parameters] == PARAMETERS
    types = {parameter.name: parameter.to_literal for parameter in shown.parameters}
    assert len(types) == len(PARAMETERS)
    assert b'<Parameter Name="shade" Type="Edm.Int32" Mode="In" />' in document
    assert b'<Parameter Name="instant" Type="Edm.DateTime" Mode="In" />' in document
    assert b'<Parameter Name="offset" Type="Edm.DateTimeOffset" Mode="In" />' in document
    assert b'<Parameter Name="clock" Type="Edm.Time" Mode="In" />' in document


def test_the_same_in_v4(client_of: Any) -> None:
    client = client_of("market")
    v4 = ClientV4(client.service, changing=client.changing)
    names = [each["CustomerID"] for each in v4.value("BestCustomers(count=2)?$select=CustomerID")]
    assert names == [each["CustomerID"] for each in client.get("BestCustomers?count=2").entities] == ["ADA", "O'NEIL"]
    assert v4.get("CustomerOf(order=3)").status == 204
    assert v4.get("Turnover(since=2030-01-01T00:00:00Z)").status == 204
    assert v4.send("POST", "Discount", {"percent": 50}).status == 204
    assert client.get("Orders(1)/Total").d == {"Total": "9.95"}


def test_an_operation_on_what_is_closed_does_not_exist(client_of: Any) -> None:
    from odata_service import EntitySetRights

    client = client_of("market")
    client.service.rights("Customers", EntitySetRights.NONE)
    assert client.get("BestCustomers").error == (404, "ResourceNotFound")
    assert client.get("Cities").status == 200
    document = client.send("GET", "$metadata").text
    assert 'FunctionImport Name="Cities"' in document and "BestCustomers" not in document
