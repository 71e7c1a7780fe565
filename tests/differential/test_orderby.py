"""``$orderby`` over pages: put together they are the evaluator's total order, nulls first ascending and last descending."""

from __future__ import annotations

import os

from hypothesis import given, settings

from tests.differential import generate
from tests.differential.conftest import Client
from tests.differential.language import Node, text, value
from tests.differential.model import Row, rows
from tests.differential.test_filter import STABLE

EXAMPLES = int(os.environ.get("DIFFERENTIAL_EXAMPLES", "250")) // 8
ROWS = rows()


def ordered(items: list[tuple[Node, bool]]) -> list[object]:
    result: list[Row] = sorted(ROWS, key=lambda row: row["Id"])  # type: ignore[arg-type, return-value]
    for node, descending in reversed(items):
        result.sort(key=lambda row, node=node: _null_first(value(node, row)), reverse=descending)  # type: ignore[misc]
    return [row["Id"] for row in result]


def _null_first(found: object) -> tuple[object, ...]:
    return (False,) if found is None else (True, found)


@settings(STABLE, max_examples=EXAMPLES)
@given(generate.order())
def test_pages_put_together(paging_clients: list[Client], items: list[tuple[Node, bool]]) -> None:
    orderby = ",".join(f"{text(node)} {'desc' if descending else 'asc'}" for node, descending in items)
    for client in paging_clients:
        assert client.keys(orderby=orderby) == ordered(items), f"{client.name}: {orderby}"
