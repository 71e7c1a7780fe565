"""What is said otherwise for MariaDB: sessions, columns, collations, indexes, time and locks."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from decimal import Decimal
from urllib.parse import quote

import pymysql
import pytest
from sqlalchemy import Engine, String, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from odata_service import EntitySetRights, ODataRequest, ODataService
from odata_service.config import ConfigurationError
from odata_service.dialects import database_named
from odata_service.errors import ODataError
from odata_service.limits import Limits
from odata_service.protocol import V4
from tests.conftest import FreshDatabase
from tests.delta.client import ClientV4


class Base(DeclarativeBase):
    pass


class Word(Base):
    __tablename__ = "word"
    __odata__ = {"set": "Words"}
    Id: Mapped[int] = mapped_column(primary_key=True)
    Name: Mapped[str] = mapped_column(String(60), index=True)
    Size: Mapped[int | None] = mapped_column(index=True)


class Plain(Base):
    """Columns of SQLAlchemy's general types, without a length or a precision."""

    __tablename__ = "plain"
    __odata__ = {"set": "Plain"}
    Code: Mapped[str] = mapped_column(primary_key=True)
    Text: Mapped[str]
    Octets: Mapped[bytes]
    Moment: Mapped[datetime]
    Ratio: Mapped[float]
    Price: Mapped[Decimal]


class Scales(DeclarativeBase):
    pass


class Scale(Scales):
    __tablename__ = "scale"
    __odata__ = {"set": "Scales"}
    Id: Mapped[int] = mapped_column(primary_key=True)
    Weight: Mapped[float]


@pytest.fixture(scope="module")
def engine(mariadb_database: FreshDatabase) -> Iterator[Engine]:
    with ExitStack() as stack:
        made = create_engine(stack.enter_context(mariadb_database()), pool_size=1, max_overflow=4)
        stack.callback(made.dispose)
        Base.metadata.create_all(made)
        with made.begin() as connection:
            connection.execute(text("INSERT INTO word SELECT seq, concat('n', seq), nullif(seq % 7, 0) FROM seq_1_to_4000"))
            connection.execute(text("ANALYZE TABLE word"))
        yield made


@pytest.fixture
def client(engine: Engine) -> ClientV4:
    return ClientV4(service_on(engine))


def service_on(engine: Engine, limits: Limits | None = None) -> ODataService:
    service = ODataService(Base, engine, namespace="Words", limits=limits)
    service.rights("*", EntitySetRights.ALL)
    return service


def touched(engine: Engine, client: ClientV4, url: str, **headers: str) -> int:
    """How many rows and entries of indexes the database looks at for an answer."""
    with engine.connect() as connection:
        connection.execute(text("FLUSH STATUS"))
    assert client.get(url, **headers).status == 200
    with engine.connect() as connection:
        counts = connection.execute(text("SHOW SESSION STATUS LIKE 'Handler_read%'")).all()
    return sum(int(count) for _, count in counts)


@pytest.mark.parametrize("url, most", [
    ("Words?$filter=Name eq 'n77'", 5),
    ("Words?$filter=Id in (" + ",".join(map(str, range(1, 200))) + ")", 500),
    ("Words?$filter=Name gt 'n3990'&$orderby=Name&$top=5", 20),
])  # fmt: skip
def test_an_index_serves(engine: Engine, client: ClientV4, url: str, most: int) -> None:
    assert touched(engine, client, url) <= most


@pytest.mark.parametrize("order, most", [("Name", 50), ("Id desc", 50), ("Size", 1_300)])
def test_a_late_page_costs_what_the_first_does(engine: Engine, client: ClientV4, order: str, most: int) -> None:
    """Among the sizes, of which one in seven is null, the place is found up to equal ones."""
    first = client.get(f"Words?$orderby={order}", Prefer="maxpagesize=3300").json
    assert touched(engine, client, first["@odata.nextLink"], Prefer="maxpagesize=10") <= most


def test_pages_have_every_row_once(client: ClientV4) -> None:
    pages = list(client.pages("Words?$orderby=Size desc&$select=Id,Size", Prefer="maxpagesize=900"))
    words = [word for page in pages for word in page["value"]]
    assert [word["Size"] for word in words[:571]] == [6] * 571 and words[-1]["Size"] is None
    assert len({word["Id"] for word in words}) == len(words) == 4_000


def test_what_takes_too_long(engine: Engine) -> None:
    condition = " and ".join(f"matchesPattern(concat(Name,'{number}'),'^n(1|2|[0-9])*$')" for number in range(40))
    own = create_engine(engine.url)
    service = service_on(own, Limits(statement_timeout_ms=50))
    answer = service.handle(ODataRequest(V4, "GET", "Words/$count", f"$filter={quote(condition)}"))
    assert (answer.status, b"StatementTimeout" in answer.body) == (503, True), answer.body
    assert service.handle(ODataRequest(V4, "GET", "Words/$count", "")).status == 200
    own.dispose()


def test_a_deadlock_is_tried_again(engine: Engine, client: ClientV4) -> None:
    """A change set waits for what another transaction holds, which then asks for what the change set has."""
    change = {"method": "PATCH", "atomicityGroup": "g", "headers": {"Content-Type": "application/json"}}
    requests = [{**change, "id": str(id), "url": f"Words({id})", "body": {"Size": 70 + id}} for id in (1, 2)]
    answers = []
    with engine.connect() as other:
        other.execute(text("UPDATE word SET Size = 1 WHERE Id BETWEEN 100 AND 300"))  # so that it is not the victim
        other.execute(text("UPDATE word SET Size = 1 WHERE Id = 2"))
        batch = threading.Thread(target=lambda: answers.append(client.send("POST", "$batch", {"requests": requests})))
        batch.start()
        while batch.is_alive() and not _waits(engine):
            time.sleep(0.2)  # what the table says is kept for as long as it is asked more often than each 0.1 seconds
        other.execute(text("UPDATE word SET Size = 1 WHERE Id = 1"))
        other.commit()
    batch.join()
    assert [each["status"] for each in answers[0].json["responses"]] == [204, 204], answers[0].text
    assert [word["Size"] for word in client.value("Words?$filter=Id le 2&$orderby=Id")] == [71, 72]


def _waits(engine: Engine) -> bool:
    with engine.connect() as connection:
        waiting = text("SELECT count(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'")
        return bool(connection.scalar(waiting))


@pytest.mark.parametrize("number, said, status, code", [
    (1062, "Duplicate entry", 409, "KeyExists"), (1452, "foreign key", 409, "ReferenceMissing"),
    (1451, "foreign key", 409, "ReferenceMissing"), (1048, "cannot be null", 400, "ValueRequired"),
    (4025, "CONSTRAINT failed", 400, "ConstraintViolated"), (1406, "Data too long", 400, "ValueOutOfRange"),
    (1264, "Out of range", 400, "ValueOutOfRange"), (1139, "Regex error", 400, "InvalidPattern"),
    (1213, "Deadlock found", 503, "TryAgain"), (1205, "Lock wait timeout", 503, "DatabaseBusy"),
    (1305, "SAVEPOINT x does not exist", 503, "TryAgain"), (1969, "max_statement_time", 503, "StatementTimeout"),
    (2003, "Can't connect", 503, "DatabaseAway"), (1040, "Too many connections", 503, "DatabaseBusy"),
])  # fmt: skip
def test_refusals(number: int, said: str, status: int, code: str) -> None:
    refusal = database_named("mariadb").refusal(pymysql.err.OperationalError(number, said))
    assert isinstance(refusal, ODataError)
    assert (refusal.status, refusal.code) == (status, code)
    assert said not in refusal.message


def test_our_own_mistakes_are_none_of_the_client_s() -> None:
    for error in (pymysql.err.ProgrammingError(1064, "syntax"), pymysql.err.OperationalError(1305, "FUNCTION f does not exist")):
        assert database_named("mariadb").refusal(error) is None


def test_columns_keep_what_they_are_given(client: ClientV4) -> None:
    body = {
        "Code": "a ", "Text": "é" * 70_000, "Octets": "AP8A" * 30_000, "Moment": "2024-02-29T23:59:59.999999Z",
        "Ratio": 0.1 + 0.2, "Price": "12345678901234567890.000000000000000001",
    }  # fmt: skip
    made = client.send("POST", "Plain", body, Content_Type="application/json;IEEE754Compatible=true")
    assert made.status == 201, made.text
    read = client.get("Plain('a ')", Accept="application/json;IEEE754Compatible=true").json
    assert {name: read[name] for name in body} == body
    assert client.get("Plain('a')").status == 404


def test_floats_are_what_they_are(engine: Engine) -> None:
    """By itself MariaDB shows six digits of a number of four octets."""
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE scale (Id INT PRIMARY KEY, Weight FLOAT)"))
        connection.execute(text("INSERT INTO scale VALUES (1, 16777216), (2, 0.5)"))
    service = ODataService(Scales, engine, namespace="Scales")
    service.rights("*", EntitySetRights.ALL)
    (scale,) = ClientV4(service).value("Scales?$filter=Weight gt 1 and Weight eq 16777216")
    assert scale["Weight"] == 16777216
    (scale,) = ClientV4(service).value("Scales?$filter=cast(Weight,Edm.String) eq '16777216'&$orderby=Weight")
    assert scale["Id"] == 1


@pytest.mark.parametrize("name, wanted", [
    ("tx_isolation", "READ-COMMITTED"), ("time_zone", "+00:00"), ("collation_connection", "utf8mb4_nopad_bin"),
])  # fmt: skip
def test_sessions(engine: Engine, client: ClientV4, name: str, wanted: str) -> None:
    with engine.connect() as connection:
        assert connection.scalar(text(f"SELECT @@{name}")) == wanted


def test_what_is_no_mariadb_of_today_is_refused(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("odata_service.dialects.mariadb_compiler._OLDEST", (99,))
    with pytest.raises(ConfigurationError, match="MariaDB is served from 10.11 on"):
        service_on(engine)


def test_a_url_of_mysql(engine: Engine) -> None:
    own = create_engine(engine.url.set(drivername="mysql+pymysql"))
    client = ClientV4(service_on(own))
    (word,) = client.value("Words?$filter=tolower(Name) eq 'n5' and Size add 1 eq 6")
    assert (word["Id"], word["Name"]) == (5, "n5")
    own.dispose()
