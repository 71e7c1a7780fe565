"""``$filter`` and ``$orderby`` of V4 on SQLite and on PostgreSQL against an evaluator in Python, over the same rows."""

from __future__ import annotations

import json
import os
from urllib.parse import quote

from hypothesis import given, settings

from odata_service import ODataRequest
from odata_service.protocol import V4
from tests.differential import generate, generate_v4
from tests.differential.conftest import JSON, ROOT, Client
from tests.differential.language import Node
from tests.differential.language_v4 import text, value
from tests.differential.model import rows
from tests.differential.test_filter import STABLE

EXAMPLES = int(os.environ.get("DIFFERENTIAL_EXAMPLES", "120"))
ROWS = rows()


def keys(client: Client, **options: str) -> list[int]:
    """The keys in the answer, over all its pages."""
    query = "&".join(f"${name}={quote(value, safe='')}" for name, value in {"select": "Id", **options}.items())
    found: list[int] = []
    while query:
        response = client._service.handle(ODataRequest(V4, "GET", "Things", query, JSON, root=ROOT))
        assert response.status == 200, f"{client.name}: {response.status} {response.body.decode()[:500]}"
        answer = json.loads(response.body)
        found += [entity["Id"] for entity in answer["value"]]
        query = answer.get("@odata.nextLink", "").partition("?")[2]
    return found


@settings(STABLE, max_examples=EXAMPLES)
@given(generate_v4.condition())
def test_databases_and_evaluator_agree(clients: list[Client], node: Node) -> None:
    expected = [row["Id"] for row in ROWS if value(node, row) is True]
    for client in clients:
        assert keys(client, filter=text(node)) == expected, f"{client.name}: {text(node)}"


@settings(STABLE, max_examples=EXAMPLES // 8)
@given(generate.order())
def test_pages_put_together(paging_clients: list[Client], items: list[tuple[Node, bool]]) -> None:
    ordered = sorted(ROWS, key=lambda row: row["Id"])
    written = [(generate_v4.in_v4(node), descending) for node, descending in items]
    for node, descending in reversed(written):
        found = {id(row): value(node, row) for row in ROWS}
        ordered.sort(key=lambda row: (False,) if found[id(row)] is None else (True, found[id(row)]), reverse=descending)
    orderby = ",".join(f"{text(node)} {'desc' if descending else 'asc'}" for node, descending in written)
    for client in paging_clients:
        assert keys(client, orderby=orderby) == [row["Id"] for row in ordered], f"{client.name}: {orderby}"
