"""Rows that tests send, and what they look at in rows that come back."""

from __future__ import annotations

from typing import Any

from tests.datasync.client import Client
from tests.service.client import Answer

Row = dict[str, Any]
PANTHER: Row = {
    "id": "panther", "title": "Black Panther", "duration": 134, "rating": "PG13", "releaseDate": "2018-02-16", "year": 2018,
}  # fmt: skip


def panther(**values: object) -> Row:
    """What a client sends: what has its type's default, here that it won nothing, is left out."""
    return PANTHER | values


def added(client: Client, table: str = "movies", **values: object) -> Row:
    """A row that is there now, as the service has answered it."""
    answer = client.post(table, panther(**values))
    assert answer.status == 201, answer.body
    row: Row = answer.json
    return row


def deleted(client: Client, table: str = "movies", **values: object) -> Row:
    """A row that was added and deleted."""
    row = added(client, table, **values)
    assert client.delete(f"{table}/{row['id']}").status == 204
    return client.items(f"{table}?$filter=id eq '{row['id']}'&__includedeleted=true")[0]


def tag(row: Row) -> str:
    return f'"{row["version"]}"'


def outcome(answer: Answer) -> tuple[int, str]:
    """``(412, "Black Panther")``: the status, and the title of the row in the body, if there is one."""
    return answer.status, answer.json["title"] if answer.body.startswith(b"{") else answer.text
