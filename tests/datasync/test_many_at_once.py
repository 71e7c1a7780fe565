"""Clients that change the same row at the same moment."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine, create_engine

from tests.datasync.client import Client
from tests.datasync.conftest import service_of
from tests.datasync.rows import added, panther, tag
from tests.service.client import Answer
from tests.service.databases import Databases

CLIENTS = 6


@pytest.fixture
def engines(databases: Databases, client: Client) -> Iterator[list[Engine]]:
    """One for each client, as if it were another process."""
    found = [create_engine(databases.url("datasync")) for _ in range(CLIENTS)]
    yield found
    for engine in found:
        engine.dispose()


def together(engines: list[Engine], work: Callable[[int, Client], Answer]) -> list[Answer]:
    answers: list[Answer] = []
    start = threading.Barrier(len(engines))

    def run(number: int, client: Client) -> None:
        start.wait()
        answers.append(work(number, client))

    threads = [threading.Thread(target=run, args=(n, Client(service_of(each)))) for n, each in enumerate(engines)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_one_change_of_a_version_is_made(client: Client, engines):
    row = added(client)
    answers = together(engines, lambda n, each: each.put("movies/panther", panther(title=f"{n}"), If_Match=tag(row)))
    assert Counter(answer.status for answer in answers) == {200: 1, 412: CLIENTS - 1}
    (made,) = [answer.json for answer in answers if answer.status == 200]
    assert client.get("movies/panther").json == made
    assert all(answer.json == made for answer in answers), "a conflict shows the row as it is"


def test_one_row_of_an_id_is_made(client: Client, engines):
    answers = together(engines, lambda n, each: each.post("movies", panther(title=f"{n}")))
    assert Counter(answer.status for answer in answers) == {201: 1, 409: CLIENTS - 1}
    assert len({answer.json["title"] for answer in answers}) == 1


def test_the_same_row_is_made_once(client: Client, engines):
    """A client that is impatient sends it again before the first answer comes."""
    answers = together(engines, lambda n, each: each.post("movies", panther()))
    assert {answer.status for answer in answers} <= {201, 409}
    assert len({answer.json["version"] for answer in answers}) == 1
