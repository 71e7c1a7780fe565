"""Requests that may come again and are done once: ``Repeatability-Request-ID`` (OASIS Repeatable Requests) and
``Idempotency-Key``.

A client whose answer got lost sends the same request again. The record of a request is a row that its own transaction
claims first and fills last: it is there exactly where the change is, also after a crash, and two requests with one key
wait for each other.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from email.utils import parsedate_to_datetime

import orjson
from sqlalchemy import (
    BigInteger, Column, Connection, Engine, LargeBinary, MetaData, String, Table, bindparam, delete, insert, select, update,
)  # fmt: skip
from sqlalchemy.exc import IntegrityError

from odata_service.errors import BadRequest, ODataError, PreconditionFailed, ServiceUnavailable, UnprocessableContent
from odata_service.limits import Limits
from odata_service.message import Headers, ODataRequest, ODataResponse
from odata_service.tracking import create_missing, writing
from odata_service.values import frozen, mutable

REQUEST_ID, FIRST_SENT, CLIENT_ID = "Repeatability-Request-ID", "Repeatability-First-Sent", "Repeatability-Client-ID"
RESULT = "Repeatability-Result"
IDEMPOTENCY_KEY = "Idempotency-Key"
UNSAFE = ("POST", "PUT", "MERGE", "PATCH", "DELETE")
SECONDS_PER_HOUR = 3600
SECONDS_BETWEEN_SWEEPS = 600
_ID = re.compile(r"[!-~]{1,200}")
_FIXDATE = re.compile(r"[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT")

REPEATS = Table(
    "odata_repeats",
    MetaData(),
    Column("request", String(64), primary_key=True),  # who asked, and under which key, hashed
    Column("fingerprint", String(64), nullable=False),  # what was asked, hashed
    Column("done", BigInteger, nullable=False, index=True),  # seconds since the epoch
    Column("answers", LargeBinary),  # null only inside the transaction that is going to answer
)
Answers = Sequence[ODataResponse]


@frozen
class Repeatable:
    """A request that its sender may repeat: under which key, and what it asks. The same key with another question is a
    mistake of the client's."""

    key: str
    fingerprint: str
    header: str = IDEMPOTENCY_KEY  # the one that gave the key

    @classmethod
    def of(cls, request: ODataRequest, limits: Limits, asks: Iterable[object] = ()) -> Repeatable | None:
        """``None`` for a request that does not say so, or that can be repeated anyway. ``asks`` is what is asked where
        the body alone does not tell."""
        key = key_of(request, limits) if request.method in UNSAFE else None
        if key is None:
            return None
        asked = (request.method, request.headers.get("X-HTTP-Method"), request.target, request.query)
        fingerprint = _hashed(str(request.protocol), *asked, *(tuple(asks) or (_meant(request.body),)))
        return cls(key, fingerprint, REQUEST_ID if REQUEST_ID in request.headers else IDEMPOTENCY_KEY)

    @classmethod
    def operation(cls, who: str, id: str, asked: object) -> Repeatable:
        """One operation of a client's queue, by the id that it has there."""
        return cls(_hashed("operation", who, id), _hashed(asked), "id")

    @classmethod
    def together(cls, members: Sequence[Repeatable], asks: Iterable[object]) -> Repeatable:
        """Several requests that are done in one transaction, or not at all."""
        return cls(_hashed(*(each.key for each in members)), _hashed(*asks), members[0].header)


def key_of(request: ODataRequest, limits: Limits) -> str | None:
    """Who asks, and the id that they gave the request."""
    headers, who = request.headers, request.principal.name
    request_id = headers.get(REQUEST_ID)
    if request_id is not None:
        _demand_id(REQUEST_ID, request_id)
        _demand_recent(headers.get(FIRST_SENT), limits)
        return _hashed(REQUEST_ID, who, headers.get(CLIENT_ID), request_id)
    given = headers.get(IDEMPOTENCY_KEY)
    if given is None:
        return None
    plain = given[1:-1] if len(given) > 1 and given[0] == given[-1] == '"' else given  # a string of RFC 8941
    _demand_id(IDEMPOTENCY_KEY, plain)
    return _hashed(IDEMPOTENCY_KEY, who, plain)


def _demand_id(name: str, text: str) -> None:
    if not _ID.fullmatch(text):
        raise BadRequest("BadHeader", f"{name} is 1 to 200 visible characters, such as a GUID", target=name)


def _demand_recent(first_sent: str | None, limits: Limits) -> None:
    """A request whose answer may be forgotten already must not be done again."""
    try:
        if not _FIXDATE.fullmatch(first_sent or ""):
            raise ValueError(first_sent)
        sent = parsedate_to_datetime(first_sent or "").timestamp()
    except ValueError:
        message = f"{REQUEST_ID} goes with {FIRST_SENT}, a date like Tue, 15 Nov 1994 08:12:31 GMT"
        raise BadRequest("BadHeader", message, target=FIRST_SENT) from None
    if time.time() - sent > limits.max_repeat_age_hours * SECONDS_PER_HOUR:
        message = (
            f"the request was first sent more than {limits.max_repeat_age_hours} hours ago (max_repeat_age_hours), and "
            "whether it was done is forgotten"
        )
        raise PreconditionFailed("TooLateToRepeat", message, target=FIRST_SENT)


def result_header(method: str, headers: Headers, error: ODataError | None = None) -> dict[str, str]:
    """Whether the request was taken as a repeatable one; every answer to such a request says so."""
    if method not in UNSAFE or REQUEST_ID not in headers:
        return {}
    return {RESULT: "rejected" if error is not None and error.target in (REQUEST_ID, FIRST_SENT) else "accepted"}


@mutable
class Repeats:
    """The records of the requests that were done."""

    engine: Engine
    limits: Limits
    _has_table: bool = False
    _next_sweep: float = field(default_factory=lambda: time.monotonic() + SECONDS_BETWEEN_SWEEPS)

    def create_table(self) -> None:
        if not self._has_table:
            create_missing(self.engine, REPEATS)
            self._has_table = True

    def remembered(self, repeatable: Repeatable, answer: Callable[[], tuple[ODataResponse, bool]]) -> ODataResponse:
        """The answer to what is done in many transactions, each of which is itself repeatable; kept if all was done, so
        that what was refused is tried again."""
        self.create_table()
        with self.engine.connect() as connection:
            known = self._known(connection, repeatable)
        if known is not None:
            return known[0]
        response, is_whole = answer()
        if not is_whole:
            return response
        with writing(self.engine).begin() as connection:
            known = self.claim(connection, repeatable)
            if known is None:
                self.keep(connection, repeatable, [response])
        return response if known is None else known[0]

    def claim(self, connection: Connection, repeatable: Repeatable) -> Answers | None:
        """The answers that were given before; else the key belongs to this transaction until it ends. Whoever claims it
        meanwhile waits."""
        if self._claimed(connection, repeatable):
            return None
        known = self._known(connection, repeatable)
        if known is not None:
            return known
        connection.execute(delete(REPEATS).where(REPEATS.c.request == repeatable.key, REPEATS.c.done < self._oldest))
        if not self._claimed(connection, repeatable):
            raise ServiceUnavailable("TryAgain", "the same request is under way; try again")
        return None

    def claim_all(
        self, connection: Connection, repeatables: Iterable[Repeatable]
    ) -> dict[Repeatable, Answers | ODataError]:
        """The same for many, each with a key of its own: those that were answered before, or may not be asked again."""
        wanted = sorted(repeatables, key=lambda each: each.key)  # so that two who want the same wait in one order
        if not wanted or self._claimed(connection, *wanted):
            return {}
        known: dict[Repeatable, Answers | ODataError] = {}
        for each in wanted:
            try:
                answers = self.claim(connection, each)
            except UnprocessableContent as error:
                known[each] = error
            else:
                known |= {} if answers is None else {each: answers}
        return known

    def _claimed(self, connection: Connection, *repeatables: Repeatable) -> bool:
        """All of them, or none."""
        done = int(time.time())
        rows = [{"request": each.key, "fingerprint": each.fingerprint, "done": done} for each in repeatables]
        try:
            with connection.begin_nested():
                connection.execute(insert(REPEATS), rows)
        except IntegrityError:
            return False
        return True

    def release(self, connection: Connection, repeatables: Iterable[Repeatable]) -> None:
        """What was claimed and not done."""
        rows = [{"key": each.key} for each in repeatables]
        if rows:
            connection.execute(delete(REPEATS).where(REPEATS.c.request == bindparam("key")), rows)

    def keep(self, connection: Connection, repeatable: Repeatable, answers: Answers) -> None:
        """Fill the record that :meth:`claim` made."""
        self.keep_all(connection, {repeatable: answers})

    def keep_all(self, connection: Connection, answers: Mapping[Repeatable, Answers]) -> None:
        rows = [{"key": repeatable.key, "packed": _packed(each)} for repeatable, each in answers.items()]
        filled = update(REPEATS).where(REPEATS.c.request == bindparam("key")).values(answers=bindparam("packed"))
        if rows:
            connection.execute(filled, rows)

    def sweep(self) -> None:
        """Forget what is old, now and then."""
        if time.monotonic() > self._next_sweep:
            self._next_sweep = time.monotonic() + SECONDS_BETWEEN_SWEEPS
            self.forget_old()

    def forget_old(self) -> None:
        self.create_table()
        with writing(self.engine).begin() as connection:
            connection.execute(delete(REPEATS).where(REPEATS.c.done < self._oldest))

    @property
    def _oldest(self) -> int:
        return int(time.time()) - self.limits.max_repeat_age_hours * SECONDS_PER_HOUR

    def _known(self, connection: Connection, repeatable: Repeatable) -> Answers | None:
        mine = REPEATS.c.request == repeatable.key
        row = connection.execute(select(REPEATS).where(mine, REPEATS.c.done >= self._oldest)).first()
        if row is None or row.answers is None:
            return None
        if row.fingerprint != repeatable.fingerprint:
            message = "this key was used for another request before; a new request needs a new key"
            raise UnprocessableContent("KeyReused", message, target=repeatable.header)
        return _unpacked(row.answers)


def _meant(body: bytes) -> bytes:
    """What a body says, however it is written: a JSON batch writes it anew, and the request may have come alone before.

    >>> _meant(b'{"b": [1, "2"], "a": 0.50}') == _meant(b'{"a":0.5,"b":[1,"2"]}') != _meant(b'{"a":0.5,"b":[1,2]}')
    True
    """
    try:
        return orjson.dumps(orjson.loads(body), option=orjson.OPT_SORT_KEYS)
    except (ValueError, TypeError):  # no JSON, or deeper than it goes
        return body


def _hashed(*parts: object) -> str:
    """One text for several, which no others give.

    >>> _hashed("ab", "c") == _hashed("a", "bc")
    False
    """
    digest = hashlib.sha256()
    for part in parts:
        octets = part if isinstance(part, bytes) else repr(part).encode(errors="surrogatepass")
        digest.update(b"%d:%b" % (len(octets), octets))
    return digest.hexdigest()


def _packed(answers: Answers) -> bytes:
    """Latin-1 makes text of any bytes."""
    return orjson.dumps([[each.status, each.headers, each.body.decode("latin-1")] for each in answers])


def _unpacked(packed: bytes) -> Answers:
    answers = orjson.loads(packed)
    return [ODataResponse(status, headers, body.encode("latin-1")) for status, headers, body in answers]
