"""The filters that the .NET client makes of LINQ (protocol, LINQ → OData literals the client emits)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine

from tests.datasync.client import Client
from tests.datasync.conftest import service_of
from tests.datasync.models import Base
from tests.service.databases import Databases, emptied

ROW = {
    "id": "a", "booleanValue": True, "byteValue": 42, "charValue": "C", "dateOnlyValue": "2023-12-15",
    "dateTimeValue": "1977-05-04T10:37:45.876Z", "dateTimeOffsetValue": "1977-05-04T18:30:45.107Z", "decimalValue": 42.5,
    "doubleValue": 42.75, "enumValue": "Completed", "floatValue": 4.2, "guidValue": "29386779-34b1-464a-bb5b-4053c2ee61b3",
    "intValue": 42, "longValue": 42_000_000_000, "stringValue": "O'Neil & Sons", "timeOnlyValue": "18:33:45.876",
}  # fmt: skip


@pytest.fixture(scope="module")
def sink(databases: Databases) -> Iterator[Client]:
    engine = create_engine(databases.url("datasync-linq"))
    emptied(Base.metadata, engine)
    client = Client(service_of(engine))
    assert client.post("kitchensink", ROW).status == 201
    yield client
    engine.dispose()


@pytest.mark.parametrize(
    "condition",
    [
        "booleanValue",
        "(booleanValue eq true)",
        "not(booleanValue eq false)",
        "(byteValue eq 42)",
        "(charValue eq 'C')",
        "(dateOnlyValue eq cast(2023-12-15,Edm.Date))",
        "(dateOnlyValue lt 2023-12-16)",
        "(dateTimeValue eq cast(1977-05-04T10:37:45.876Z,Edm.DateTimeOffset))",
        "(dateTimeOffsetValue ge cast(1977-05-04T18:30:45.107Z,Edm.DateTimeOffset))",
        "(dateTimeOffsetValue gt cast(1977-05-04T20:30:45.106+02:00,Edm.DateTimeOffset))",
        "(decimalValue eq 42.5M)",
        "((decimalValue add 1.0M) eq 43.5M)",
        "(doubleValue gt 42.0)",
        "(doubleValue lt 1e3)",
        "(enumValue eq 'Completed')",
        "(enumValue ne 'Unknown')",
        "(floatValue le 4.2f)",
        "(guidValue eq cast(29386779-34b1-464a-bb5b-4053c2ee61b3,Edm.Guid))",
        "(intValue eq 42)",
        "(intValue eq 42L)",
        "((intValue sub 1900) lt 0)",
        "((intValue mod 5) eq 2)",
        "(longValue eq 42000000000L)",
        "(nullableDouble eq null)",
        "(stringValue eq 'O''Neil & Sons')",
        "stringValue in ('A','O''Neil & Sons')",
        "(timeOnlyValue eq cast(18:33:45.876,Edm.TimeOfDay))",
        "(timeOnlyValue gt cast(02:14:00,Edm.TimeOfDay))",
        "(tolower(stringValue) eq tolower('O''NEIL & Sons'))",
        "(toupper(stringValue) eq 'O''NEIL & SONS')",
        "startswith(stringValue,'O')",
        "startswith(tolower(stringValue),tolower('O'''))",
        "endswith(stringValue,'Sons')",
        "contains(stringValue,'& S')",
        "(indexof(stringValue,'Neil') eq 2)",
        "(length(stringValue) eq 13)",
        "(substring(stringValue,2) eq 'Neil & Sons')",
        "(substring(stringValue,2,4) eq 'Neil')",
        "(trim(concat(' ',stringValue)) eq stringValue)",
        "(ceiling(doubleValue) eq 43.0)",
        "(floor(doubleValue) eq 42.0)",
        "(round(doubleValue) eq 43.0)",
        "(year(dateOnlyValue) eq 2023)",
        "((month(dateTimeOffsetValue) eq 5) and (day(dateTimeOffsetValue) eq 4))",
        "(((hour(timeOnlyValue) eq 18) and (minute(timeOnlyValue) eq 33)) and (second(timeOnlyValue) eq 45))",
        "((booleanValue and (intValue gt 1)) or (stringValue eq null))",
    ],
)
def test_it_finds_the_row(sink: Client, condition):
    asked = f"kitchensink?$filter={condition.replace('&', '%26')}"
    assert [row["id"] for row in sink.items(asked)] == ["a"]
    assert sink.items(f"kitchensink?$filter=not({condition.replace('&', '%26')})") == []
