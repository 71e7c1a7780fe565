"""SQL for the databases that nobody has here, compiled and compared: every function, cast and operator, and the statements of reads.

``python -m tests.dialects.test_compiled`` writes the files anew, for somebody who reads what has changed.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, MetaData, Select, Table, select

from odata_service.dialects import database_named
from odata_service.edm.primitive import PrimitiveType
from odata_service.errors import NotImplementedByService
from odata_service.functions import CASTS, FUNCTIONS, TEMPORAL_ARITHMETIC
from odata_service.plan.sql_types import SQL_TYPES
from tests.dialects.listening import ROOT, answer, listening, statements

GOLDEN = Path(__file__).parent / "golden"
PRODUCTS = {
    "mssql": ("mssql+pyodbc", "qmark", (15,)),
    "oracle": ("oracle+oracledb", "named", (19,)),
}
BOOK = (1, "Emma", None, 0.5, 1, None, "Jane")
# What the driver's row has to be, so that something comes after it: none, a book, or a book of an author.
URLS: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("Books", ()),
    ("Books(1)", ()),
    ("Authors('Jane')", ()),
    ("Books/$count", ()),
    ("Books?$top=2&$skip=4&$count=true&$select=Title", ()),
    ("Books?$orderby=Title desc,Price&$top=2", ()),
    ("Books?$filter=Title eq 'Emma' or AuthorName ne 'Jane' or Price eq null", ()),
    ("Books?$filter=not (Title gt 'E' and Sold)", ()),
    ("Books?$filter=Sold eq contains(Title,'a')", ()),
    ("Books?$filter=contains(Title,'100%25_') or startswith(Title,'E') or endswith(Title,'a')", ()),
    ("Books?$filter=(Price gt 5) eq (Weight lt 1)", ()),
    ("Books?$filter=Id in (1,2,3)", ()),
    ("Books?$filter=Author/Name eq 'Jane' or Author eq null", ()),
    ("Authors?$filter=Books/any(b:b/Sold) and Books/all(b:b/Price gt 5) and Books/$count gt 1", ()),
    ("Books?$compute=Price mul 2 as Twice,Price gt 5 as Dear&$select=Twice,Dear&$orderby=Dear", ()),
    ("Books?$filter=year(Printed) eq 1815 and date(Printed) lt 2024-01-01 and Printed lt now()", ()),
    ("Books?$expand=Author", BOOK),
    ("Authors?$expand=Books($top=2;$orderby=Title)", ("Jane",)),
    ("Authors?$expand=Books/$count", ("Jane",)),
    ("Books?$apply=filter(Sold)/groupby((AuthorName),aggregate(Price with sum as Total,$count as Number))&$orderby=Total desc", ()),
    ("Books?$apply=aggregate(Price with max as Most,Title with countdistinct as Titles)", ()),
)  # fmt: skip


def columns(*kinds: PrimitiveType) -> list[Column[Any]]:
    table = Table("t", MetaData(), *(Column(f"c{at}", SQL_TYPES[kind]) for at, kind in enumerate(kinds)))
    return list(table.c)


def formulas() -> Iterator[tuple[str, Callable[[], Select[Any]]]]:
    """What is compiled, by a name such as ``cast(Edm.Date → Edm.String)``."""
    for row in FUNCTIONS:
        taken = ", ".join(map(str, row.takes))
        yield (
            f"{row.name}({taken}){f' of {row.only}' if row.only else ''}",
            lambda row=row: select(row.sql(*columns(*row.takes))),
        )
    for (kind, wanted), cast in CASTS.items():
        yield f"cast({kind} → {wanted})", lambda kind=kind, cast=cast: select(cast(*columns(kind)))
    for (operator, left, right), (_, made) in TEMPORAL_ARITHMETIC.items():
        yield (
            f"{left} {operator} {right}",
            lambda made=made, left=left, right=right: select(made(*columns(left, right))),
        )


def compiled(product: str) -> Iterator[str]:
    service, driver = listening(*PRODUCTS[product])
    dialect, database = service.engine.dialect, database_named(product)
    for name, made in formulas():
        try:
            text = (
                str(database.compiled(made(), dialect))
                .removeprefix("SELECT ")
                .removesuffix(" FROM DUAL")
                .replace(" \nFROM t", "")
            )
        except NotImplementedByService:
            text = "-- refused with 501"
        yield f"{name}\n    {' '.join(text.split())}\n"
    statements(service, driver, "Books")  # the first one makes the connection fit
    for url, row in URLS:
        driver.row = row
        yield "\n".join([url, *(f"    {each}" for each in statements(service, driver, url))]) + "\n"


@pytest.mark.parametrize("named", PRODUCTS)
def test_sql(named: str) -> None:
    wanted, found = (GOLDEN / f"{named}.txt").read_text(), "".join(compiled(named))
    assert found == wanted, "\n".join(difflib.unified_diff(wanted.splitlines(), found.splitlines(), lineterm=""))


@pytest.mark.parametrize("named", PRODUCTS)
def test_keys_are_one_parameter(named: str) -> None:
    """However many parents there are: SQL Server has room for 2,100 parameters, a list of Oracle's for 1,000 items."""
    service, driver = listening(*PRODUCTS[named])
    driver.row = ("Jane",)
    *_, children, _ = statements(service, driver, "Authors?$expand=Books($filter=Sold)")
    assert children.count("?") + children.count(":keys") <= 3
    assert {"mssql": "OPENJSON(", "oracle": "JSON_TABLE(:keys"}[named] in children


@pytest.mark.parametrize("named", PRODUCTS)
def test_next_pages_start_after_a_row(named: str) -> None:
    """Rows are compared column by column: neither database has an order of rows."""
    service, driver = listening(*PRODUCTS[named])
    service.page_size("Books", 1)
    driver.row, driver.times = BOOK, 2
    link = json.loads(answer(service, "Books?$orderby=Sold").body)["@odata.nextLink"]
    asked = statements(service, driver, link.removeprefix(ROOT))[-1]
    condition = asked.partition(" WHERE ")[2].partition(" ORDER BY ")[0]
    sold, key, first, second = {
        "mssql": ("book_1.[Sold]", "book_1.[Id]", "?", "?"),
        "oracle": ('book_1."Sold"', 'book_1."Id"', ":after_0", ":after_1"),
    }[named]
    assert condition == f"({sold} >= {first} AND ({sold} > {first} OR {sold} = {first} AND {key} > {second}))"


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for each in PRODUCTS:
        (GOLDEN / f"{each}.txt").write_text("".join(compiled(each)))
