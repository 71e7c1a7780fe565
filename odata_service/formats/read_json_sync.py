"""Bodies of pushes → operations. What is wrong with one of them is no reason to refuse the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from odata_service.bind.conflict import ConflictRule
from odata_service.bind.payload import EntityPayload
from odata_service.bind.sync import Action, Sync
from odata_service.edm.model import EntitySet
from odata_service.edm.names import camel_case
from odata_service.edm.sync_type import stamp_of
from odata_service.errors import BadRequest, ODataError
from odata_service.formats.read_json import read_json
from odata_service.formats.schema_sync import (
    DATED, OPERATION, PUSH, is_operation_id, load, read_base, read_record,
)  # fmt: skip
from odata_service.limits import Limits
from odata_service.values import frozen

SetNamed = Callable[[str | None], EntitySet]
RuleOf = Callable[[EntitySet], ConflictRule]
_PARTIAL: Mapping[str, bool] = {"add": False, "replace": False, "update": True, "delete": True}


@frozen
class Entry:
    """One operation of a push: the ``command`` that it means, or why it means none. ``data`` is the record as the client
    sent it."""

    id: str | None
    data: Mapping[str, object]
    meant: Sync | ODataError
    asked: object = None  # all of it, to tell whether two operations with one id are one

    @property
    def set_name(self) -> str | None:
        return self.meant.entity_set.name if isinstance(self.meant, Sync) else None


@frozen
class PushBody:
    """A push. ``named`` gives the set of a name, or that of the address; ``rule`` the rule for a set's conflicts."""

    content: bytes
    content_type: str | None
    limits: Limits
    named: SetNamed
    rule: RuleOf

    def operations(self) -> tuple[list[Entry], bool]:
        """``{"operations":[…],"atomic":true}``, or only the list; and whether all or nothing is to be done."""
        document = read_json(self.content, self.content_type, self.limits)
        if isinstance(document, list):
            document = {"operations": document}
        push = load(PUSH, document, 'a push: {"operations":[…]}')
        self.limits.check("max_sync_operations", len(push["operations"]))
        return [self._entry(each) for each in push["operations"]], push["atomic"]

    def records(self) -> list[Entry]:
        """``[{"localId":"…","customerName":"…","status":"…"},…]``: records as they are to be, as the article sends them. What
        else a client keeps of them for itself is put aside."""
        document = read_json(self.content, self.content_type, self.limits)
        if not isinstance(document, list):
            raise BadRequest("InvalidBody", "expected an array of records")
        self.limits.check("max_sync_operations", len(document))
        entity_set = self.named(None)
        return [self._record(each, entity_set) for each in document]

    def _entry(self, item: object) -> Entry:
        given = item if isinstance(item, dict) else {}
        id, data = given.get("id"), given.get("data")
        known = id if isinstance(id, str) and is_operation_id(id) else None
        meant: Sync | ODataError
        try:
            meant = self._operation(item)
        except ODataError as error:
            meant = error
        return Entry(known, data if isinstance(data, dict) else {}, meant, item)

    def _operation(self, item: object) -> Sync:
        said = load(OPERATION, item, 'an operation: {"id":"…","action":"add","data":{…}}')
        entity_set, action = self.named(said.get("set")), said["action"]
        data = said["data"] if action != "delete" else _key_of(said["data"], entity_set)
        values = read_record(data, entity_set.type, partial=_PARTIAL[action])
        base = None if said.get("base") is None else read_base(said["base"], entity_set.type)
        return self._sync(entity_set, action, values, base=base, version=said.get("version"), at=said.get("at"))

    def _record(self, item: object, entity_set: EntitySet) -> Entry:
        data = item if isinstance(item, dict) else {}
        meant: Sync | ODataError
        try:
            if not isinstance(item, dict):
                raise BadRequest("InvalidBody", "expected a record, which is an object")
            stamp = camel_case(stamp_of(entity_set.type).name).lower()
            at = next((value for name, value in item.items() if name.lower() == stamp), None)
            dated = load(DATED, {"at": at}, "a record with the moment of its change")
            values = read_record(item, entity_set.type, partial=False, lenient=True)
            meant = self._sync(entity_set, "upsert", values, at=dated.get("at"))
        except ODataError as error:
            meant = error
        return Entry(None, data, meant)

    def _sync(self, entity_set: EntitySet, action: Action, values: Mapping[str, object], **told: object) -> Sync:
        payload = EntityPayload(entity_set.type, values)
        return Sync(entity_set, action, payload, self.rule(entity_set), **told)  # type: ignore[arg-type]  # as the schema has read them


def _key_of(data: Mapping[str, object], entity_set: EntitySet) -> dict[str, object]:
    """What a deletion is about; the rest of the record comes along in some queues."""
    key = {part.name.lower() for part in entity_set.type.key}
    return {name: value for name, value in data.items() if name.lower() in key}
