"""Pushes to the Sync API: a client's queue, done in one transaction.

Each operation stands in a savepoint, so that what is wrong with one undoes just that one, unless all or nothing was asked
for. An operation with an id is done once: its record is part of the transaction, like those of repeatable requests. What a
client has to decide on, and what was refused, leaves no record, so that it may come again under the same id.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from decimal import Decimal
from typing import Any

import orjson

from odata_service.access import Caller
from odata_service.bind.query import Step
from odata_service.bind.sync import Sync
from odata_service.changes import Changes
from odata_service.edm.model import EntityModel, EntitySet
from odata_service.edm.temporal import in_utc, write_instant
from odata_service.errors import BadRequest, Conflict, FailedDependency, Gone, ODataError, UnprocessableContent
from odata_service.execute.connection import Timing
from odata_service.execute.find import among
from odata_service.execute.sync_change import Did, Synced
from odata_service.execute.write import Transaction
from odata_service.formats.json_sync import COMPLETE, error_member, is_exact, key_members, members, records
from odata_service.formats.read_json_sync import Entry, PushBody
from odata_service.message import ODataRequest, ODataResponse
from odata_service.parse.sync import place_of
from odata_service.parse.syntax import NO_OPTIONS
from odata_service.repeats import Repeatable
from odata_service.result import EntityCollection
from odata_service.spelling import Spelling
from odata_service.sync_log import log_model
from odata_service.sync_sets import OF_THE_ARTICLE, SyncSets
from odata_service.tracking.rows import chunks
from odata_service.values import mutable

JSON = {"Content-Type": "application/json"}
STATUS: Mapping[Did, int] = {"added": 201, "updated": 200, "deleted": 200, "unchanged": 200, "kept": 200, "open": 409}
GONE = 410
Subject = tuple[str, tuple[object, ...]]
Texts = Mapping[Subject, str]


@mutable
class Item:
    """One operation under way, and what came of it; ``said`` is the answer that was given before."""

    entry: Entry
    repeatable: Repeatable | None = None
    outcome: Synced | ODataError | None = None
    said: bytes | None = None
    words: dict[str, Any] = field(default_factory=dict)  # the same while it is new (Any: it becomes JSON)

    @property
    def command(self) -> Sync:
        assert isinstance(self.entry.meant, Sync), "what means nothing is not done"
        return self.entry.meant

    @property
    def subject(self) -> Subject:
        """The record that the operation is about."""
        return self.command.entity_set.name, self.command.key

    @property
    def is_done(self) -> bool:
        return self.said is not None or (isinstance(self.outcome, Synced) and self.outcome.did != "open")


class Undone(Exception):
    """All or nothing was asked for, and not all could be done."""

    def __init__(self, response: ODataResponse) -> None:
        super().__init__()
        self.response = response


@mutable
class Push:
    """One push under way."""

    request: ODataRequest
    spelling: Spelling
    sets: SyncSets
    changes: Changes
    timing: Timing
    caller: Caller = field(init=False)
    model: EntityModel = field(init=False)
    place: EntitySet | None = None  # the set of the address, where it names one

    def __post_init__(self) -> None:
        self.caller = self.changes.reads.access.caller(self.request)
        self.model = self.sets.seen(self.caller.model)

    def answer(self) -> ODataResponse:
        limits = self.changes.reads.limits
        place = place_of(self.request.target, limits)
        of_article = place.lower().startswith(OF_THE_ARTICLE)
        name = place[len(OF_THE_ARTICLE) :] if of_article else place
        self.place = self.sets.named(name, self.model) if name else None
        content_type = self.request.headers.get("Content-Type")
        body = PushBody(self.request.body, content_type, limits, self._named, self.sets.rule)
        entries, atomic = (body.records(), False) if of_article else body.operations()
        answered = _article_answer if of_article else _answer
        repeatable = Repeatable.of(self.request, limits)
        self.changes.repeats.create_table()
        try:
            (response,) = self.changes.answered(
                repeatable,
                lambda transaction: self._pushed(entries, atomic, transaction),
                lambda changes, items: [answered(items)],
                self.timing,
            )
        except Undone as undone:
            return undone.response
        return response

    def _named(self, name: str | None) -> EntitySet:
        """The set of an operation: its own, or that of the address."""
        if name is None and self.place is None:
            raise BadRequest("SetMissing", "the operation says no set, and neither does the address", target="set")
        found = self.place if name is None else self.sets.named(name, self.model)
        assert found is not None, "one of both is there"
        if self.place is not None and self.place is not found:
            raise BadRequest("OtherSet", f"the address is that of {self.place.name}, not of {found.name}", target="set")
        return found

    def _pushed(self, entries: Sequence[Entry], atomic: bool, transaction: Transaction) -> list[Item]:
        items = self._claimed([Item(entry) for entry in entries], transaction)
        self._do([item for item in items if item.outcome is None and item.said is None], transaction)
        if atomic and not all(item.is_done for item in items):
            raise Undone(self._undone(items, transaction))
        open_claims = [item.repeatable for item in items if item.repeatable and not item.is_done]
        self.changes.repeats.release(transaction.connection, open_claims)
        self._log(items, transaction)

        def say() -> None:
            fresh = [item for item in items if item.said is None]
            self._say(fresh, transaction)
            kept = {item.repeatable: _kept(item) for item in fresh if item.repeatable is not None and item.is_done}
            self.changes.repeats.keep_all(transaction.connection, kept)

        transaction.at_last(say)
        return items

    def _claimed(self, items: list[Item], transaction: Transaction) -> list[Item]:
        """Operations that were done before have their answers; two with one id are one, or a mistake."""
        first: dict[str, Item] = {}
        for item in items:
            entry = item.entry
            if isinstance(entry.meant, ODataError):
                item.outcome = entry.meant
            elif entry.id is not None and entry.id in first:
                message = "an operation with this id stands before it in the same push"
                item.outcome = UnprocessableContent("KeyReused", message, target="id")
            elif entry.id is not None:
                first[entry.id] = item
                asked = orjson.dumps([entry.set_name, entry.asked], default=_number, option=orjson.OPT_SORT_KEYS)
                item.repeatable = Repeatable.operation(self.request.principal.name, entry.id, asked)
        wanted = {item.repeatable: item for item in first.values() if item.repeatable is not None}
        for repeatable, known in self.changes.repeats.claim_all(transaction.connection, wanted).items():
            item = wanted[repeatable]
            item.repeatable = None  # it is not ours to fill
            if isinstance(known, ODataError):
                item.outcome = known
            else:
                item.said = known[0].body
        return items

    def _do(self, items: list[Item], transaction: Transaction) -> None:
        """All together where that is possible, else in the order of the queue; but what refers to something that is not there yet comes once more after it, and with
        it what else is to be done to the same record."""
        together = transaction.synchronise_together([item.command for item in items], self.caller) if items[1:] else None
        if together is not None:
            for item, synced in zip(items, together, strict=True):
                item.outcome = synced
            return
        waiting = items
        while waiting:
            again: list[Item] = []
            for item in waiting:
                if item.subject in {each.subject for each in again} or self._lacks_reference(item, transaction):
                    again.append(item)
            if len(again) == len(waiting):  # what is referred to does not come any more
                for item in again:
                    item.outcome = item.outcome or transaction.synchronise(item.command, self.caller)
                return
            waiting = again

    def _lacks_reference(self, item: Item, transaction: Transaction) -> bool:
        item.outcome = transaction.synchronise(item.command, self.caller)
        return isinstance(item.outcome, ODataError) and item.outcome.code == "ReferenceMissing"

    def _undone(self, items: list[Item], transaction: Transaction) -> ODataResponse:
        """What was in the way; what could have been done is told to have failed with it."""
        error = _hindrance(next(item for item in items if not item.is_done))
        for item in items:
            if item.is_done and item.said is None:
                item.outcome = FailedDependency("FailedDependency", "another operation of this push could not be done")
        self._say([item for item in items if item.said is None], transaction)
        body = {"error": error_member(error), "results": _results(items)}
        return ODataResponse(error.status, dict(JSON), _dumped(body))

    def _log(self, items: list[Item], transaction: Transaction) -> None:
        """A row for each set that something of it is new in this push."""
        model = log_model(self.sets.model)
        by_set: dict[str, list[Item]] = {}
        for item in items:
            entity_set = item.entry.meant.entity_set if isinstance(item.entry.meant, Sync) else self.place
            if item.said is None and entity_set is not None:
                by_set.setdefault(_table_name(entity_set), []).append(item)
        if model is None:
            return
        for table, some in by_set.items():
            log = model()
            log.TableName, log.SyncedBy = table, self.request.principal.name
            log.RecordsSynced = sum(item.is_done for item in some)
            log.Conflicts = sum(isinstance(item.outcome, Synced) and item.outcome.met is not None for item in some)
            log.Rejects = sum(isinstance(item.outcome, ODataError) for item in some)
            transaction.session.add(log)

    def _say(self, items: list[Item], transaction: Transaction) -> None:
        """Put what came of each operation in words, with the records as they are now."""
        texts = dict(self._texts(list(_with_record(items)), transaction))
        for item in items:
            item.words = _said(item, texts, self._exact)
            item.said = _dumped(item.words)

    def _texts(self, outcomes: Sequence[Synced], transaction: Transaction) -> Iterator[tuple[Subject, str]]:
        """The records as the caller sees them, if he may read them at all."""
        by_set: dict[str, list[Synced]] = {}
        for outcome in outcomes:
            by_set.setdefault(outcome.entity_set.name, []).append(outcome)
        reads = self.changes.within(transaction).reads
        for some in by_set.values():
            entity_set = some[0].entity_set
            if self.caller.allows(entity_set, many=True):
                for keys in chunks(dict.fromkeys(each.key for each in some)):
                    step = Step(entity_set, among=among(entity_set, keys))
                    found = reads.found(step, NO_OPTIONS, (), self.caller, self.spelling, self.timing)
                    assert isinstance(found, EntityCollection), "records are looked for by many keys"
                    yield from _keyed(entity_set, found, self._exact)

    @property
    def _exact(self) -> bool:
        return is_exact(self.request.headers)


def _with_record(items: Sequence[Item]) -> Iterator[Synced]:
    """The operations after which there is a record to show."""
    for item in items:
        outcome = item.outcome
        if isinstance(outcome, Synced) and outcome.did != "deleted":
            was_gone = item.command.action == "delete" and outcome.did == "unchanged"
            stays_gone = outcome.met is not None and outcome.met.is_gone and outcome.did != "added"
            if not (was_gone or stays_gone):
                yield outcome


def _hindrance(item: Item) -> ODataError:
    """Why a push as a whole could not be done."""
    if isinstance(item.outcome, ODataError):
        return item.outcome
    if _status(item.outcome) == GONE:
        return Gone("RecordDeleted", "a record was deleted by somebody else meanwhile", location="")
    return Conflict("RecordChanged", "a record was changed by somebody else meanwhile")


def _table_name(entity_set: EntitySet) -> str:
    return str(getattr(entity_set.type.mapper.local_table, "name", entity_set.name))


def _keyed(entity_set: EntitySet, found: EntityCollection, exact: bool) -> Iterator[tuple[Subject, str]]:
    shape, rows = found.level.shape, found.level.rows
    for row, text in zip(rows, records(shape, rows, exact), strict=True):
        yield (entity_set.name, tuple(shape.value(row, part) for part in entity_set.type.key)), text


def _status(outcome: Synced | ODataError | None) -> int:
    if isinstance(outcome, Synced):
        is_gone = outcome.did == "open" and outcome.met is not None and outcome.met.is_gone
        return GONE if is_gone else STATUS[outcome.did]
    assert outcome is not None, "every operation comes to something"
    return outcome.status


def _said(item: Item, texts: Texts, exact: bool) -> dict[str, Any]:
    """(Any: it becomes JSON.)"""
    outcome = item.outcome
    said: dict[str, Any] = {} if item.entry.id is None else {"id": item.entry.id}
    said["status"] = _status(outcome)
    if not isinstance(outcome, Synced):
        assert outcome is not None
        undone = isinstance(outcome, FailedDependency)
        known = isinstance(item.entry.meant, Sync)
        key = key_members(item.command.entity_set.type, item.subject[1], exact=exact) if known else {}
        said = _with_key(said | {"result": "undone" if undone else "rejected"}, key)
        return said | {"error": error_member(outcome)}
    said = _with_key(said | {"result": outcome.did}, key_members(outcome.entity_set.type, outcome.key, exact=exact))
    text = texts.get((outcome.entity_set.name, outcome.key))
    record = None if text is None else orjson.Fragment(text)
    if outcome.did not in ("deleted", "open"):
        said["record"] = record
    if outcome.met is not None:
        said["conflict"] = {
            "resolution": outcome.met.resolution.winner,
            "columns": sorted(outcome.met.contested),
            "client": None if item.command.action == "delete" else item.entry.data,
            "server": record if outcome.did in ("open", "kept") else None,
            "base": _base(item, outcome.met.base, exact),
        }
        if outcome.met.is_gone and outcome.met.stamp is not None:
            said["conflict"]["version"] = write_instant(in_utc(outcome.met.stamp))
    return said


def _with_key(said: dict[str, Any], key: Mapping[str, orjson.Fragment]) -> dict[str, Any]:
    """The record's key beside what is said of the operation, whose ``id`` and ``status`` keep their names: a key that is
    called like one of them stands in the record alone."""
    return said | {name: value for name, value in key.items() if name not in said}


def _base(item: Item, known: Mapping[str, object] | None, exact: bool) -> object:
    """What both sides have started from: as the client has said it, or as it is known here."""
    if item.command.base is not None or known is None:
        return item.entry.asked.get("base") if isinstance(item.entry.asked, dict) else None
    declared = item.command.entity_set.type.properties
    return members(((declared[name], value) for name, value in sorted(known.items())), exact=exact)


def _kept(item: Item) -> list[ODataResponse]:
    assert item.said is not None
    return [ODataResponse(_status(item.outcome), {}, item.said)]


def _results(items: Sequence[Item]) -> list[orjson.Fragment]:
    return [orjson.Fragment(item.said or b"null") for item in items]


def _answer(items: Sequence[Item]) -> ODataResponse:
    """What came of each operation, in the order of the queue."""
    return ODataResponse(200, dict(JSON), _dumped({"message": COMPLETE, "results": _results(items)}))


def _article_answer(items: Sequence[Item]) -> ODataResponse:
    """The message that the article's client waits for, and beside it what it may want to know more."""
    said = [item.words for item in items]
    stored = [each["record"] for each in said if each.get("record") is not None]
    conflicts = [each for each in said if "conflict" in each]
    rejects = [{"index": index, **each} for index, each in enumerate(said) if each["result"] == "rejected"]
    body = {"message": COMPLETE, "records": stored, "conflicts": conflicts, "rejects": rejects}
    return ODataResponse(200, dict(JSON), _dumped(body))


def _dumped(body: object) -> bytes:
    return orjson.dumps(body, default=_number)


def _number(value: object) -> orjson.Fragment:
    """A client's own numbers are given back digit by digit."""
    assert isinstance(value, Decimal), f"{value!r} is no part of JSON"
    return orjson.Fragment(str(value))
