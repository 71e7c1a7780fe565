"""``Prefer: count=…``: how exactly the rows of a large set are counted."""

from __future__ import annotations

import pytest
from odata_service.sample import sample_named
from odata_service.samples.people.models import Person

from odata_service.tracking import writing
from tests.delta.client import ClientV4

pytestmark = pytest.mark.every_database


@pytest.fixture
def people(client_of):
    found = client_of("people")
    return ClientV4(found.service, changing=found.changing)


@pytest.mark.parametrize("prefer, count, applied", [
    ("count=exact", 12, "count=exact"),
    ("count=capped=5", 5, "count=capped=5"),
    ('count="capped=5"', 5, 'count="capped=5"'),
    ("count=capped=1000", 12, "count=capped=1000"),
    ("count=estimated", 12, None),  # few rows are counted
    ("count=capped=0", 12, None),
    ("count=roughly", 12, None),
])  # fmt: skip
def test_ways_to_count(people, prefer, count, applied):
    for url, counted in (
        ("People?$count=true&$top=3&$skip=2", lambda answer: answer.json["@odata.count"]),
        ("People/$count", lambda answer: int(answer.text)),
    ):
        answer = people.get(url, Prefer=prefer)
        assert (counted(answer), answer.headers.get("Preference-Applied")) == (count, applied), url


def test_an_estimate(people):
    """Of so many rows that a database would rather guess than count; not where they are not all the caller's."""
    service, engine = people.service, people.service.engine
    people.changing()
    assert sum(sample_named("people").generate(engine, 1_500)) == 1_500
    dialect = engine.dialect.name
    if dialect != "sqlite":
        with writing(engine).begin() as connection:
            connection.exec_driver_sql("ANALYZE TABLE Person" if dialect == "mariadb" else 'ANALYZE "Person"')
    applied, tolerance = (None, 0) if dialect == "sqlite" else ("count=estimated", 0.3)
    for options in ("", "$filter=Name ne 'x'"):
        answer = people.get(f"People?$count=true&$top=1&{options}", Prefer="count=estimated")
        assert answer.headers.get("Preference-Applied") == applied, options
        assert answer.json["@odata.count"] == pytest.approx(1_512, rel=tolerance), options

    service.query_interceptor("People")(lambda context: Person.Name == "Nobody")
    answer = people.get("People/$count", Prefer="count=estimated")
    assert (answer.text, answer.headers.get("Preference-Applied")) == ("0", None)
